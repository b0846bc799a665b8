package syncrun_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestModel lives through some days of a company in which HR, runs, looks and administrators do what they like in any
// order, and holds after every step what must always be so; see clerk.check. SOAK draws many more days.
func TestModel(t *testing.T) {
	steps := 6
	if os.Getenv("SOAK") != "" {
		steps = 60
	}
	rapid.Check(t, func(rt *rapid.T) {
		tb := &scene{TB: t, t: rt}
		defer tb.end()
		c := newClerk(tb, rt)
		for range rapid.IntRange(steps/2, steps).Draw(rt, "steps") {
			c.step()
		}
	})
}

// scene is the test of one drawn company: it fails the draw and cleans up behind it.
type scene struct {
	testing.TB
	t    *rapid.T
	undo []func()
}

func (s *scene) Helper()                      {}
func (s *scene) Fatal(args ...any)            { s.t.Fatal(args...) }
func (s *scene) Fatalf(f string, args ...any) { s.t.Fatalf(f, args...) }
func (s *scene) Cleanup(f func())             { s.undo = append(s.undo, f) }
func (s *scene) TempDir() string {
	dir, err := os.MkdirTemp("", "model")
	if err != nil {
		s.t.Fatal(err)
	}
	s.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (s *scene) end() {
	for _, f := range slices.Backward(s.undo) {
		f()
	}
}

// fact is what HR says of an employee.
type fact struct {
	inactive, gone, sales bool
	end                   string
}

// over tells whether the last day has come anywhere.
func (f fact) over(now time.Time) bool {
	return f.end != "" && f.end <= now.Add(14*time.Hour).Format(time.DateOnly)
}

// leaves tells whether anything that HR says could be a reason to leave by now.
func (f fact) leaves(now time.Time) bool { return f.inactive || f.gone || f.over(now) || f.sales }

// drafted is a stored plan with what HR said when it was made.
type drafted struct {
	info  syncrun.PlanInfo
	facts map[int]fact
}

// clerk is everybody who works on some companies and their directory; the firm is the one at which something happens now.
type clerk struct {
	*firm
	firms []*firm
	t     *rapid.T
	tb    *scene
	mid   *moment // when somebody did something while the last run wrote
	calm  bool    // everybody was just read, and nothing is in doubt
	quiet bool    // and nothing waits either
	trace []string
}

// rules are the settings between which an administrator changes.
func rules() []string {
	return []string{"lifecycle: { initial: active }\n",
		"lifecycle: { initial: active }\nscope: { exclude: [{ field: department, in: [Sales] }] }\n",
		"lifecycle: { initial: provisioned, missing: deactivate_linked, combine: earliest, leaving: { missing: { grace_days: 1 }, status: { action: deactivate, grace_days: 1 } } }\n",
		"lifecycle: { initial: active, leaving: { status: { action: hold }, termination_date: { action: deactivate, grace_days: 1 } } }\n",
		"lifecycle: { initial: active, missing: deactivate_not_imported }\nmatch: [work_email]\nmapping: { manager: { from: supervisorEmail } }\n",
		"lifecycle: { initial: active, leaving: { status: { action: none }, termination_date: { action: none } } }\nscope: { exclude: [{ field: department, in: [Sales] }] }\n"}
}

const looseGuard = "changes: { every: 15m }\nguard: { deactivate: { people: 100 }, move_email: { people: 100 }, blank: { people: 100 }, id_churn_percent: 100 }\n"

// guards are what an administrator lets through.
func guards() []string {
	return []string{looseGuard, looseGuard, "changes: { every: 15m }\nguard: { deactivate: { people: 0 }, move_email: { people: 1 } }\n",
		"changes: { every: 15m }\nguard: { deactivate: { people: 100 }, blank: { people: 1, percent: 1 }, new_departments: 1, id_churn_percent: 100 }\n"}
}

func newClerk(tb *scene, t *rapid.T) *clerk {
	settings := rapid.SampledFrom(rules()).Draw(t, "settings") + rapid.SampledFrom(guards()).Draw(t, "guard")
	c := &clerk{firm: newFirm(tb, "Acme", settings, nil), t: t, tb: tb}
	c.firms = []*firm{c.firm}
	c.e.SetBatch(rapid.SampledFrom([]int{1, 2, 1000}).Draw(t, "batch"))
	c.start()
	if rapid.IntRange(0, 3).Draw(t, "connections") == 0 {
		c.second()
	}
	return c
}

func (c *clerk) ctx() context.Context { return context.Background() }

func (c *clerk) say(format string, a ...any) { c.trace = append(c.trace, fmt.Sprintf(format, a...)) }

func (c *clerk) fatalf(format string, a ...any) {
	c.t.Fatalf("%s\n\nwhat happened:\n%s", fmt.Sprintf(format, a...), strings.Join(c.trace, "\n"))
}

// learn notes that the company is read now; sure tells whether that can be relied on, and counts.
func (c *clerk) learn(sure bool) {
	if !sure {
		c.known, c.sure = append(c.known, maps.Clone(c.facts)), nil
		return
	}
	c.known, c.sure, c.at = []map[int]fact{maps.Clone(c.facts)}, maps.Clone(c.facts), c.clock
}

// step does one thing at one of the firms and holds the directory after it against the one before.
func (c *clerk) step() {
	acts := map[string]func(before []directory.Person){"hr": c.hr, "wait": c.pass, "sync": c.full, "look": c.some, "due": c.due, "preview": c.plan, "apply": c.old,
		"undo": c.back, "hold": func(all []directory.Person) { c.putHold(all) }, "release": c.release, "hand": func(all []directory.Person) { c.hand(all) },
		"decide": func(all []directory.Person) { c.decide(all) }, "settings": c.settings, "rights": c.rights,
		"freeze": func(all []directory.Person) { c.freeze(all) }, "thaw": c.thaw, "crash": c.crash}
	words := []string{"hr", "hr", "hr", "hr", "wait", "wait", "sync", "sync", "look", "look", "due", "due", "preview", "preview", "apply", "apply", "undo", "undo",
		"hold", "release", "hand", "decide", "settings", "rights", "freeze", "thaw", "crash", "crash"}
	c.firm = c.firms[0]
	if len(c.firms) > 1 && rapid.IntRange(0, 2).Draw(c.t, "firm") == 0 {
		c.firm = c.firms[1]
		c.say("at the second:")
	}
	what := rapid.SampledFrom(words).Draw(c.t, "act")
	if c.fault && rapid.Bool().Draw(c.t, "mended") {
		what = "rights"
	}
	c.mid, c.calm, c.quiet, c.store.between = nil, false, false, nil
	acts[what](c.everybody())
	c.check()
}

func (c *clerk) everybody() []directory.Person {
	var out []directory.Person
	for p, err := range c.e.Store.AllPeople(c.ctx()) {
		if err != nil {
			c.fatalf("%v", err)
		}
		out = append(out, *p)
	}
	return out
}

// hr is somebody in the company.
func (c *clerk) hr([]directory.Person) {
	ids := append(slices.Sorted(maps.Keys(c.facts)), 4, 5, 6, 6, 6, 6, 6, 7, 8)
	id := rapid.SampledFrom(ids).Draw(c.t, "id")
	f := c.facts[id]
	what := rapid.SampledFrom([]string{"title", "department", "address", "manager", "clear", "end", "end", "off", "back", "delete", "many", "new", "again"}).Draw(c.t, "edit")
	if f.gone {
		what = "return"
	}
	switch what {
	case "title":
		c.job(id, map[string]any{"jobTitle": rapid.SampledFrom([]string{"Baker", "Cook"}).Draw(c.t, "title")})
		f.sales = false
	case "department":
		name := rapid.SampledFrom([]string{"Sales", "Legal", "Quite New", "Newer", "Newest"}).Draw(c.t, "department")
		c.job(id, map[string]any{"department": name})
		f.sales = name == "Sales"
	case "address":
		c.put(id, map[string]any{"workEmail": rapid.SampledFrom([]string{"a@acme.test", "b@acme.test", ""}).Draw(c.t, "address")})
	case "manager":
		c.job(id, map[string]any{"reportsTo": strconv.Itoa(rapid.SampledFrom(ids).Draw(c.t, "manager"))})
		f.sales = false
	case "clear":
		c.put(id, map[string]any{"workPhone": ""})
	case "end":
		f.inactive = f.inactive || f.over(c.clock) // a later day does not make them active again
		f.end = c.clock.AddDate(0, 0, rapid.SampledFrom([]int{-1, 0, 1, 2, 3, 10, 40}).Draw(c.t, "days")).Format(time.DateOnly)
		c.control("POST", "/employees/"+strconv.Itoa(id)+"/terminate", map[string]any{"date": f.end})
	case "off":
		c.put(id, map[string]any{"status": "Inactive"})
		f.inactive = true
	case "back":
		c.put(id, map[string]any{"status": "Active", "terminationDate": ""})
		f.inactive, f.end = false, ""
	case "delete":
		c.control("DELETE", "/employees/"+strconv.Itoa(id), nil)
		f.gone = true
	case "many":
		for id := 8; id < 13; id++ {
			if f := c.facts[id]; !f.gone {
				c.control("DELETE", "/employees/"+strconv.Itoa(id), nil)
				f.gone = true
				c.facts[id] = f
			}
		}
		f = c.facts[id]
	case "return":
		again := map[string]any{"firstName": "Re", "lastName": "Turned", "workEmail": fmt.Sprintf("r%d@acme.test", id), "status": rapid.SampledFrom([]string{"Active", ""}).Draw(c.t, "status")}
		if p, err := c.e.Store.PersonBySource(c.ctx(), c.conn, strconv.Itoa(id)); err == nil {
			again["firstName"], again["lastName"], again["workEmail"] = p.Values.Get(directory.FirstName), p.Values.Get(directory.LastName), p.Values.Get(directory.Email)
		}
		c.put(id, again)
		f = fact{}
	default:
		c.newest++
		id, f = c.newest, fact{}
		mail := rapid.SampledFrom([]string{"a@acme.test", fmt.Sprintf("n%d@acme.test", id)}).Draw(c.t, "address")
		first := fmt.Sprintf("N%d", id)
		if all := c.everybody(); what == "again" && len(all) > 0 {
			p := rapid.SampledFrom(all).Draw(c.t, "who")
			mail, first = p.Values.Get(directory.Email), p.Values.Get(directory.FirstName)
		}
		c.put(id, map[string]any{"firstName": first, "lastName": "New", "hireDate": "2026-01-05", "workEmail": mail})
	}
	c.facts[id] = f
	c.say("hr: %s of %d: %s", what, id, f)
}

func (c *clerk) pass([]directory.Person) {
	d := rapid.SampledFrom([]time.Duration{time.Second, 15 * time.Minute, 5 * time.Hour, 13 * time.Hour, 27 * time.Hour, 75 * time.Hour, 33 * 24 * time.Hour}).Draw(c.t, "wait")
	for _, f := range c.firms {
		f.wait(d)
	}
	c.say("it is %s", c.clock.Format(time.DateTime))
}

func (c *clerk) full(before []directory.Person) {
	c.meddle()
	m := c.moment(before, "")
	r, err := c.e.Sync(c.ctx(), syncrun.PreviewOptions{Trigger: rapid.SampledFrom([]syncrun.Trigger{syncrun.TriggerSchedule, syncrun.TriggerManual}).Draw(c.t, "trigger")})
	c.done("sync", m, r, err, true)
	if err == nil && r.ReadErr == nil && !r.Doubt && c.mid == nil {
		c.left(r)
		c.calm, c.quiet = !c.fault, !c.fault && r.Waiting == 0
	}
}

func (c *clerk) some(before []directory.Person) {
	var hinted []int64
	if rapid.Bool().Draw(c.t, "hinted") {
		hinted = []int64{rapid.Int64Range(4, 9).Draw(c.t, "hint")}
	}
	c.meddle()
	m := c.moment(before, "")
	r, err := c.e.SyncChanges(c.ctx(), syncrun.ChangesOptions{Trigger: syncrun.TriggerWebhook, Hinted: hinted})
	c.done("look", m, r, err, r.Full != "" || c.sure != nil)
}

// done holds a run that read the company against what HR says now, or, where it could not be read, said before; whole tells
// whether what is known afterwards is of everybody.
func (c *clerk) done(what string, m *moment, r syncrun.SyncResult, err error, whole bool) {
	c.say("%s: %+v, full %q, nothing %v, waiting %d, %v, %v", what, r.Run.Counts, r.Full, r.Nothing, r.Waiting, r.ReadErr, err)
	c.ran = c.clock
	switch {
	case c.died(err), c.pressed(err):
		c.learn(false)
		c.caused(what, m.people, append(c.dated(), c.facts)...)
	case err != nil:
		c.fatalf("%s: %v", what, err)
	case r.ReadErr != nil && !c.fault:
		c.fatalf("%s: %v", what, r.ReadErr)
	case r.ReadErr != nil:
		c.caused(what, m.people, c.dated()...)
	case r.Doubt:
		c.caused(what, m.people, append(c.dated(), c.facts)...)
		c.doubt()
	case c.fault:
		c.caused(what, m.people, append(c.dated(), c.facts)...)
		c.known, c.sure = []map[int]fact{maps.Clone(c.facts)}, nil
	default:
		c.learn(whole)
		c.caused(what, m.people, c.facts)
		if !r.Nothing {
			c.told(r)
		}
	}
	c.kept(what, m)
	c.kept(what, c.mid)
	if r.Run.Counts.Changes() > 0 {
		c.runs = append(c.runs, r.Run.ID)
	}
}

// doubt notes that the company was read, and that nobody believes yet who is absent.
func (c *clerk) doubt() {
	facts := maps.Clone(c.facts)
	for id, f := range facts {
		if f.gone && !slices.ContainsFunc(c.known, func(k map[int]fact) bool { return k[id].gone }) {
			f.gone = false
			facts[id] = f
		}
	}
	c.known, c.sure = []map[int]fact{facts}, nil
}

func (c *clerk) due(before []directory.Person) {
	if c.clock.Sub(c.ran) > 26*time.Hour {
		c.full(before) // as the schedule does after a pause
		return
	}
	c.meddle()
	m := c.moment(before, "")
	r, err := c.e.ApplyDue(c.ctx(), syncrun.TriggerSchedule)
	c.say("due: %+v, waiting %d, %v", r.Run.Counts, r.Waiting, err)
	if err != nil && !c.died(err) && !c.pressed(err) {
		c.fatalf("due: %v", err)
	}
	c.caused("due", before, c.dated()...)
	c.kept("due", m)
	c.kept("due", c.mid)
	if err == nil && c.mid == nil {
		c.last(r)
	}
}

// dated is what HR said at the last reading, of those whom today's settings deactivate for it.
func (c *clerk) dated() []map[int]fact {
	var all []map[int]fact
	for _, known := range c.known {
		out := maps.Clone(known)
		maps.DeleteFunc(out, func(_ int, f fact) bool { return !c.believes(f) })
		all = append(all, out)
	}
	return all
}

func (c *clerk) plan([]directory.Person) {
	var only []int64
	if rapid.IntRange(0, 2).Draw(c.t, "person") == 0 {
		only = []int64{rapid.Int64Range(5, 7).Draw(c.t, "only")}
	}
	opt := syncrun.PreviewOptions{Trigger: syncrun.TriggerManual, Only: only}
	if only != nil {
		opt.Person = fmt.Sprint(only)
	}
	info, _, err := c.e.Preview(c.ctx(), opt)
	c.say("preview %s: %+v %v", info.ID, info.Header.Counts, err)
	if err == nil {
		c.plans = append(c.plans, drafted{info, maps.Clone(c.facts)})
	} else if !c.fault {
		c.fatalf("preview: %v", err)
	}
}

// old applies a plan of some time ago, with whatever it takes.
func (c *clerk) old(before []directory.Person) {
	if len(c.plans) == 0 {
		return
	}
	p := rapid.SampledFrom(c.plans[max(0, len(c.plans)-3):]).Draw(c.t, "plan")
	c.meddle()
	m := c.moment(before, "")
	r, err := c.applySome(p.info)
	c.say("apply %s: %+v, waiting %d, %v", p.info.ID, r.Run.Counts, r.Waiting, err)
	if _, stale := errors.AsType[*syncrun.StaleError](err); err != nil && !stale && !c.died(err) && !errors.Is(err, directory.ErrNotFound) { // after a month there is no plan any more
		c.fatalf("apply: %v", err)
	}
	c.caused("apply", before, p.facts)
	if c.sure != nil && c.at.After(p.info.CreatedAt) {
		c.caused("apply after a look", before, c.sure)
	}
	c.kept("apply", m)
	c.kept("apply", c.mid)
	if r.Run.Counts.Changes() > 0 {
		c.runs = append(c.runs, r.Run.ID)
	}
}

// applySome releases and approves all that waits, or some of it, or some changes alone.
func (c *clerk) applySome(info syncrun.PlanInfo) (syncrun.ApplyResult, error) {
	opt := c.all(info)
	for _, k := range slices.Clone(opt.Approve) {
		if rapid.IntRange(0, 3).Draw(c.t, "leave out") == 0 {
			opt.Approve = slices.DeleteFunc(opt.Approve, func(x plan.Kind) bool { return x == k })
		}
	}
	for _, k := range slices.Sorted(maps.Keys(opt.Release)) {
		if rapid.IntRange(0, 3).Draw(c.t, "leave out") == 0 {
			delete(opt.Release, k)
		}
	}
	if rapid.IntRange(0, 3).Draw(c.t, "alone") == 0 {
		for it, err := range c.e.Store.Items(c.ctx(), info.ID, 0, false) {
			if err == nil && it.Change != nil && rapid.Bool().Draw(c.t, "this") {
				opt.Only = append(opt.Only, it.Seq)
			}
		}
	}
	return c.e.Apply(c.ctx(), info.ID, opt)
}

// all is what releases and approves all that waits.
func (c *clerk) all(info syncrun.PlanInfo) syncrun.ApplyOptions {
	opt := syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Release: map[plan.Kind]int{}}
	for _, r := range info.Header.Reasons {
		switch {
		case r.Kind == plan.KindBaseline:
			opt.Release[r.Kind] = info.Header.Evidence.Employees
		case r.Waiting == plan.WaitingRefused:
			opt.Release[r.Kind] = info.Header.KindCounts[r.Kind]
		default:
			opt.Approve = append(opt.Approve, r.Kind)
		}
	}
	opt.Approve = slices.DeleteFunc(opt.Approve, func(k plan.Kind) bool { return opt.Release[k] > 0 })
	return opt
}

// back undoes a run, and looks whether the people are then as they were before it where the preview said so.
func (c *clerk) back(before []directory.Person) {
	if len(c.runs) == 0 {
		return
	}
	id := rapid.SampledFrom(c.runs[max(0, len(c.runs)-5):]).Draw(c.t, "run")
	u, err := c.e.PlanUndo(c.ctx(), id, syncrun.UndoOptions{})
	if err != nil {
		c.fatalf("undo: %v", err)
	}
	r, err := c.e.Apply(c.ctx(), u.Plan.ID, c.all(u.Plan))
	c.say("undo of %s: %s %+v, %v %v", id, r.Run.ID, r.Run.Counts, u.Result.Reverted, err)
	if r.Run.Counts.Changes() > 0 {
		c.runs = append(c.runs, r.Run.ID)
		c.undoes[r.Run.ID] = id
	}
	c.takenBack(id, r.Run.ID)
	if c.died(err) {
		return
	}
	if err != nil {
		c.fatalf("undo: %v", err)
	}
	after := map[string]directory.Person{}
	for _, p := range c.everybody() {
		after[p.ID] = p
	}
	for i := range u.Result.Plan.Items {
		x := u.Result.Plan.Items[i].Change
		p := after[x.PersonID]
		if x.StatusAfter != x.StatusBefore && c.held != nil {
			c.held[x.PersonID] = true
		}
		if p.Status != x.StatusAfter {
			c.fatalf("%s is %s after the undo, not %s", x.Name, p.Status, x.StatusAfter)
		}
		for _, f := range x.Fields {
			want := f.After
			if f.Field == directory.Manager {
				want = f.AfterID
			}
			if got := p.Values.Get(f.Field); f.Field != "status" && got != want {
				c.fatalf("%s of %s is %q after the undo, not %q", f.Field, x.Name, got, want)
			}
		}
	}
	for _, old := range before {
		if p := after[old.ID]; (p.Link == nil) != (old.Link == nil) || p.Link != nil && *p.Link != *old.Link {
			c.fatalf("%s was %+v and is %+v after the undo", p.Name(), old.Link, p.Link)
		}
	}
}

// takenBack holds that no hold stays of what a run took back of an undo.
func (c *clerk) takenBack(undo, by string) {
	first, ok := c.undoes[undo]
	if !ok {
		return
	}
	holds, err := c.by.Holds(c.ctx())
	if err != nil {
		c.fatalf("%v", err)
	}
	for it, err := range c.e.Store.AppliedItems(c.ctx(), by) {
		if err != nil {
			c.fatalf("%v", err)
		}
		for _, h := range holds {
			if h.Reason == "undo of run "+first && (h.Field != "" || it.Change.StatusAfter != it.Change.StatusBefore) && it.Change.HeldBy(&h) {
				c.fatalf("%+v is there although the undo was taken back", h)
			}
			if h.Reason == "undo of run "+undo {
				c.fatalf("%+v: who takes an undo back puts no holds", h)
			}
		}
	}
}

// somebody of the directory, often the one to whom most happens.
func (c *clerk) somebody(all []directory.Person) string {
	if p, err := c.e.Store.PersonBySource(c.ctx(), c.conn, "6"); err == nil && rapid.Bool().Draw(c.t, "the one") {
		return p.ID
	}
	return rapid.SampledFrom(all).Draw(c.t, "who").ID
}

func (c *clerk) putHold(before []directory.Person) string {
	f := rapid.SampledFrom([]directory.Field{"", "status", directory.JobTitle, directory.Email, directory.Manager, directory.Department}).Draw(c.t, "field")
	until := rapid.SampledFrom([]time.Time{{}, c.clock.Add(20 * time.Hour)}).Draw(c.t, "until")
	h, err := c.by.AddHold(c.ctx(), "id:"+c.somebody(before), f, until, "wait")
	c.say("hold %+v: %v", h, err)
	if err != nil {
		c.fatalf("hold: %v", err)
	}
	c.human(h.PersonID)
	return h.PersonID
}

// human notes that what becomes of somebody is no longer HR's alone.
func (c *clerk) human(id string) {
	for _, f := range c.firms {
		if f.held != nil {
			f.held[id] = true
		}
	}
}

func (c *clerk) release([]directory.Person) {
	holds, err := c.by.Holds(c.ctx())
	if err != nil || len(holds) == 0 {
		return
	}
	h := rapid.SampledFrom(holds).Draw(c.t, "hold")
	c.human(h.PersonID)
	c.say("release %+v: %v", h, c.by.RemoveHold(c.ctx(), h.ID))
}

// hand is an administrator at a person's page.
func (c *clerk) hand(before []directory.Person) string {
	id := c.somebody(before)
	who := "id:" + id
	var err error
	what := rapid.SampledFrom([]string{"off", "on", "title", "address", "manager", "manager"}).Draw(c.t, "by hand")
	edit := func(f directory.Field, text string) {
		_, err = c.by.Edit(c.ctx(), who, map[directory.Field]string{f: text})
	}
	switch what {
	case "off":
		_, err = c.by.Deactivate(c.ctx(), who)
	case "on":
		_, err = c.by.Reactivate(c.ctx(), who)
	case "title":
		edit(directory.JobTitle, "Head")
	case "address":
		edit(directory.Email, rapid.SampledFrom([]string{"a@acme.test", "h@acme.test"}).Draw(c.t, "address"))
	case "manager":
		edit(directory.Manager, "id:"+c.somebody(before))
	}
	c.human(id)
	c.say("by hand: %s %s: %v", what, who, err)
	old := slices.IndexFunc(before, func(p directory.Person) bool { return p.ID == id })
	if p, found := c.e.Store.Person(c.ctx(), id); err != nil || found != nil || p.Version == before[old].Version {
		return "" // as it was already
	}
	return id
}

// decide settles who an employee is, most often one who is held.
func (c *clerk) decide(before []directory.Person) string {
	if len(c.plans) == 0 {
		return ""
	}
	info := c.plans[len(c.plans)-1].info
	open := []int64{rapid.Int64Range(4, 1003).Draw(c.t, "any employee")}
	for it, err := range c.e.Store.Items(c.ctx(), info.ID, 0, false) {
		if err == nil && (it.Held != nil && it.Held.PersonID == "" && it.Held.SourceID != 0) {
			open = append(open, it.Held.SourceID)
		} else if err == nil && it.Change != nil && it.Change.Action == plan.Create {
			open = append(open, it.Change.SourceID)
		}
	}
	id := rapid.SampledFrom(open).Draw(c.t, "employee")
	kind := rapid.SampledFrom([]directory.DecisionKind{directory.DecideLink, directory.DecideNew, directory.DecideIgnore}).Draw(c.t, "decision")
	who := ""
	if kind == directory.DecideLink {
		who = c.somebody(before)
		c.human(who)
		who = "id:" + who
	}
	_, err := c.by.Decide(c.ctx(), fmt.Sprintf("employee:%d", id), kind, who)
	c.say("decide %d: %s %s %v", id, kind, who, err)
	return ""
}

func (c *clerk) settings([]directory.Person) {
	text := rapid.SampledFrom(rules()).Draw(c.t, "settings")
	conn, faults := policy.ParseSettings([]byte("name: Acme\nbamboohr: { subdomain: acme }\nchanges: { every: 15m }\n" + text))
	if len(faults) > 0 {
		c.fatalf("%v", faults)
	}
	conn.Guard, conn.Name = c.e.Policy.Guard, c.e.Policy.Name
	c.e.Policy, c.by.Policy = &conn, &conn
	c.sure = nil
	c.say("settings: %s", text)
}

// rights come and go.
func (c *clerk) rights([]directory.Person) {
	c.control("DELETE", "/faults", nil)
	if c.fault = !c.fault; c.fault {
		field := rapid.SampledFrom([]string{"status", "terminationDate", "department", "workEmail", "supervisorEId", "workPhone"}).Draw(c.t, "hidden")
		c.hide(field)
		c.say("the key may not see %s", field)
		return
	}
	c.say("the key sees everything")
}

// check holds what must be so after every step: addresses are one person's, reporting lines end, employees are one
// person's.
func (c *clerk) check() {
	all := c.everybody()
	boss, mails, links := map[string]string{}, map[string]string{}, map[directory.Link]string{}
	for _, p := range all {
		boss[p.ID] = p.Values.Get(directory.Manager)
		if key := directory.EmailKey(p.Values.Get(directory.Email)); key != "" && mails[key] != "" {
			c.fatalf("%s and %s have the address %s", p.ID, mails[key], key)
		} else {
			mails[key] = p.ID
		}
		if p.Link != nil && links[*p.Link] != "" {
			c.fatalf("%s and %s are employee %s", p.ID, links[*p.Link], p.Link.SourceID)
		} else if p.Link != nil {
			links[*p.Link] = p.ID
		}
	}
	for id := range boss {
		at := boss[id]
		for range len(boss) {
			at = boss[at]
		}
		if at != "" {
			c.fatalf("the reporting lines above %s form a loop", id)
		}
	}
	for _, f := range c.firms {
		at := c.firm
		c.firm = f
		c.skips(f == at)
		c.firm = at
	}
}

// skips holds that what a reading skips changes nothing, and that the run that just read everybody left nothing to do.
func (c *clerk) skips(here bool) {
	quick, slow := c.preview(false), c.preview(true)
	if quick.err == nil && quick.header.Hash != slow.header.Hash || (quick.err == nil) != (slow.err == nil) {
		c.fatalf("skipping gives another plan: %v and %v (-skipping +everything):\n%s", quick.err, slow.err, cmp.Diff(quick.items, slow.items))
	}
	if quick.err != nil {
		return
	}
	if !slices.Equal(quick.header.EndedHolds, slow.header.EndedHolds) {
		c.fatalf("skipping ends other holds: %v, not %v", quick.header.EndedHolds, slow.header.EndedHolds)
	}
	if here && c.calm && len(slow.header.EndedHolds) > 0 {
		c.fatalf("holds %v are over, and the run that read everybody left them", slow.header.EndedHolds)
	}
	for _, it := range slow.items {
		if x := it.Change; here && c.quiet && x != nil && slow.header.Waiting(x.Kinds) == plan.NotWaiting {
			c.fatalf("the run that read everybody, of which nothing waits, left %+v", x)
		}
	}
}
