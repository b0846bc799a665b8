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
	byhand "github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestModel lives through some days of a company in which HR, runs, looks and administrators do what they like in any
// order, and holds after every step what must always be so; see clerk.check. ROLLCALL_SOAK draws many more days.
func TestModel(t *testing.T) {
	steps := 6
	if os.Getenv("ROLLCALL_SOAK") != "" {
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

// leaves tells whether anything that HR says could be a reason to leave.
func (f fact) leaves() bool { return f.inactive || f.gone || f.end != "" || f.sales }

// drafted is a stored plan with what HR said when it was made.
type drafted struct {
	info  syncrun.PlanInfo
	facts map[int]fact
}

// clerk is a company, its directory, and everybody who works on both.
type clerk struct {
	*office
	t      *rapid.T
	e      *syncrun.Engine
	by     *byhand.Editor
	facts  map[int]fact
	known  map[int]fact // at the last reading
	plans  []drafted
	runs   []string
	newest int
	conn   string
	fault  bool
	trace  []string
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

func newClerk(tb *scene, t *rapid.T) *clerk {
	c := &clerk{office: newOffice(tb, generated(tb, 10)), t: t, facts: map[int]fact{}, newest: 1000}
	settings := rapid.SampledFrom(rules()).Draw(t, "settings")
	if rapid.IntRange(0, 3).Draw(t, "guard") > 0 {
		settings += looseGuard
	} else {
		settings += "changes: { every: 15m }\nguard: { deactivate: { people: 0 }, move_email: { people: 1 } }\n"
	}
	c.e = c.engine(settings)
	c.by = &byhand.Editor{Policy: c.e.Policy, Store: c.e.Store, Now: c.e.Now, NewID: c.e.NewID, Actor: "admin"}
	for id := 4; id < 14; id++ {
		c.job(id, nil)
	}
	c.learn()
	c.conn = c.office.sync(c.e).Run.Connection
	return c
}

func (c *clerk) ctx() context.Context { return context.Background() }

func (c *clerk) say(format string, a ...any) { c.trace = append(c.trace, fmt.Sprintf(format, a...)) }

func (c *clerk) fatalf(format string, a ...any) {
	c.t.Fatalf("%s\n\nwhat happened:\n%s", fmt.Sprintf(format, a...), strings.Join(c.trace, "\n"))
}

// learn notes that the company is read now.
func (c *clerk) learn() { c.known = maps.Clone(c.facts) }

// step does one thing and holds the directory after it against the one before.
func (c *clerk) step() {
	acts := map[string]func(before []directory.Person){"hr": c.hr, "wait": c.pass, "sync": c.full, "look": c.some, "due": c.due, "preview": c.plan, "apply": c.old,
		"undo": c.back, "hold": c.hold, "release": c.release, "hand": c.hand, "decide": c.decide, "settings": c.settings, "rights": c.rights}
	words := []string{"hr", "hr", "hr", "hr", "wait", "wait", "sync", "sync", "look", "look", "due", "due", "preview", "preview", "apply", "apply", "undo", "undo",
		"hold", "release", "hand", "decide", "settings", "rights"}
	what := rapid.SampledFrom(words).Draw(c.t, "act")
	if c.fault && rapid.Bool().Draw(c.t, "mended") {
		what = "rights"
	}
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
	if f.gone {
		return
	}
	what := rapid.SampledFrom([]string{"title", "department", "address", "manager", "clear", "end", "end", "off", "back", "delete", "new", "again"}).Draw(c.t, "edit")
	switch what {
	case "title":
		c.job(id, map[string]any{"jobTitle": rapid.SampledFrom([]string{"Baker", "Cook"}).Draw(c.t, "title")})
		f.sales = false
	case "department":
		name := rapid.SampledFrom([]string{"Sales", "Legal"}).Draw(c.t, "department")
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
		f.end = c.clock.AddDate(0, 0, rapid.IntRange(-1, 3).Draw(c.t, "days")).Format(time.DateOnly)
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
	c.say("hr: %s of %d: %+v", what, id, f)
}

func (c *clerk) pass([]directory.Person) {
	d := rapid.SampledFrom([]time.Duration{time.Second, 15 * time.Minute, 5 * time.Hour, 13 * time.Hour, 27 * time.Hour}).Draw(c.t, "wait")
	c.wait(d)
	c.say("it is %s", c.clock.Format(time.DateTime))
}

func (c *clerk) full(before []directory.Person) {
	r, err := c.e.Sync(c.ctx(), syncrun.PreviewOptions{Trigger: rapid.SampledFrom([]syncrun.Trigger{syncrun.TriggerSchedule, syncrun.TriggerManual}).Draw(c.t, "trigger")})
	c.done("sync", before, r, err)
	if err == nil && r.ReadErr == nil && r.Waiting == 0 && !r.Doubt {
		c.left(r)
	}
}

func (c *clerk) some(before []directory.Person) {
	var hinted []int64
	if rapid.Bool().Draw(c.t, "hinted") {
		hinted = []int64{rapid.Int64Range(4, 9).Draw(c.t, "hint")}
	}
	r, err := c.e.SyncChanges(c.ctx(), syncrun.ChangesOptions{Trigger: syncrun.TriggerWebhook, Hinted: hinted})
	c.done("look", before, r, err)
}

// done holds a run that read the company against what HR says now, or, where it could not be read, said before.
func (c *clerk) done(what string, before []directory.Person, r syncrun.SyncResult, err error) {
	c.say("%s: %+v, full %q, nothing %v, waiting %d, %v, %v", what, r.Run.Counts, r.Full, r.Nothing, r.Waiting, r.ReadErr, err)
	switch {
	case err != nil:
		c.fatalf("%s: %v", what, err)
	case r.ReadErr != nil && !c.fault:
		c.fatalf("%s: %v", what, r.ReadErr)
	case r.ReadErr != nil:
		c.caused(what, before, c.dated())
	default:
		c.learn()
		c.caused(what, before, c.facts)
	}
	if r.Run.Counts.Changes() > 0 {
		c.runs = append(c.runs, r.Run.ID)
	}
}

func (c *clerk) due(before []directory.Person) {
	r, err := c.e.ApplyDue(c.ctx(), syncrun.TriggerSchedule)
	c.say("due: %+v, %v", r.Run.Counts, err)
	if err != nil {
		c.fatalf("due: %v", err)
	}
	c.caused("due", before, c.dated())
}

// dated is what HR said at the last reading, of those whom today's settings deactivate for it.
func (c *clerk) dated() map[int]fact {
	life, out := &c.e.Policy.Lifecycle, maps.Clone(c.known)
	for id, f := range out {
		leaves := (f.inactive || f.end != "") && life.Leaving[policy.SignalStatus].Action == policy.LeaveDeactivate ||
			f.end != "" && life.Leaving[policy.SignalTermination].Action == policy.LeaveDeactivate ||
			f.gone && life.Missing != policy.MissingKeep || f.sales && len(c.e.Policy.Scope.Exclude) > 0
		if !leaves {
			delete(out, id)
		}
	}
	return out
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
	r, err := c.applyAll(p.info)
	c.say("apply %s: %+v, %v", p.info.ID, r.Run.Counts, err)
	if _, stale := errors.AsType[*syncrun.StaleError](err); err != nil && !stale {
		c.fatalf("apply: %v", err)
	}
	c.caused("apply", before, p.facts)
	if r.Run.Counts.Changes() > 0 {
		c.runs = append(c.runs, r.Run.ID)
	}
}

// applyAll releases and approves all that waits.
func (c *clerk) applyAll(info syncrun.PlanInfo) (syncrun.ApplyResult, error) {
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
	return c.e.Apply(c.ctx(), info.ID, opt)
}

// back undoes a run, and looks whether the people are then as they were before it where the preview said so.
func (c *clerk) back([]directory.Person) {
	if len(c.runs) == 0 {
		return
	}
	id := rapid.SampledFrom(c.runs[max(0, len(c.runs)-5):]).Draw(c.t, "run")
	u, err := c.e.PlanUndo(c.ctx(), id, syncrun.UndoOptions{})
	if err != nil {
		c.fatalf("undo: %v", err)
	}
	r, err := c.applyAll(u.Plan)
	c.say("undo of %s: %+v, %v %v", id, r.Run.Counts, u.Result.Reverted, err)
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
	if r.Run.Counts.Changes() > 0 {
		c.runs = append(c.runs, r.Run.ID)
	}
}

// somebody of the directory, often the one to whom most happens.
func (c *clerk) somebody(all []directory.Person) string {
	if p, err := c.e.Store.PersonBySource(c.ctx(), c.conn, "6"); err == nil && rapid.Bool().Draw(c.t, "the one") {
		return p.ID
	}
	return rapid.SampledFrom(all).Draw(c.t, "who").ID
}

func (c *clerk) hold(before []directory.Person) {
	f := rapid.SampledFrom([]directory.Field{"", "status", directory.JobTitle, directory.Email, directory.Manager, directory.Department}).Draw(c.t, "field")
	until := rapid.SampledFrom([]time.Time{{}, c.clock.Add(20 * time.Hour)}).Draw(c.t, "until")
	h, err := c.by.AddHold(c.ctx(), "id:"+c.somebody(before), f, until, "wait")
	c.say("hold %+v: %v", h, err)
	if err != nil {
		c.fatalf("hold: %v", err)
	}
}

func (c *clerk) release([]directory.Person) {
	holds, err := c.by.Holds(c.ctx())
	if err != nil || len(holds) == 0 {
		return
	}
	h := rapid.SampledFrom(holds).Draw(c.t, "hold")
	c.say("release %+v: %v", h, c.by.RemoveHold(c.ctx(), h.ID))
}

// hand is an administrator at a person's page.
func (c *clerk) hand(before []directory.Person) {
	who := "id:" + c.somebody(before)
	var err error
	what := rapid.SampledFrom([]string{"off", "on", "title", "address"}).Draw(c.t, "by hand")
	switch what {
	case "off":
		_, err = c.by.Deactivate(c.ctx(), who)
	case "on":
		_, err = c.by.Reactivate(c.ctx(), who)
	case "title":
		_, err = c.by.Edit(c.ctx(), who, map[directory.Field]string{directory.JobTitle: "Head"})
	case "address":
		_, err = c.by.Edit(c.ctx(), who, map[directory.Field]string{directory.Email: rapid.SampledFrom([]string{"a@acme.test", "h@acme.test"}).Draw(c.t, "address")})
	}
	c.say("by hand: %s %s: %v", what, who, err)
}

// decide settles who a held employee is.
func (c *clerk) decide(before []directory.Person) {
	if len(c.plans) == 0 {
		return
	}
	info := c.plans[len(c.plans)-1].info
	var open []int64
	for it, err := range c.e.Store.Items(c.ctx(), info.ID, 0, false) {
		if err == nil && it.Held != nil && it.Held.PersonID == "" && it.Held.SourceID != 0 {
			open = append(open, it.Held.SourceID)
		}
	}
	if len(open) == 0 {
		return
	}
	id := rapid.SampledFrom(open).Draw(c.t, "employee")
	kind := rapid.SampledFrom([]directory.DecisionKind{directory.DecideLink, directory.DecideNew, directory.DecideIgnore}).Draw(c.t, "decision")
	who := ""
	if kind == directory.DecideLink {
		who = "id:" + c.somebody(before)
	}
	_, err := c.by.Decide(c.ctx(), fmt.Sprintf("employee:%d", id), kind, who)
	c.say("decide %d: %s %s %v", id, kind, who, err)
}

func (c *clerk) settings([]directory.Person) {
	text := rapid.SampledFrom(rules()).Draw(c.t, "settings")
	conn, faults := policy.ParseSettings([]byte("name: Acme\nbamboohr: { subdomain: acme }\nchanges: { every: 15m }\n" + text))
	if len(faults) > 0 {
		c.fatalf("%v", faults)
	}
	conn.Guard = c.e.Policy.Guard
	c.e.Policy, c.by.Policy = &conn, &conn
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

// caused holds that nobody lost access for whom no reason stood in HR, or who is on hold.
func (c *clerk) caused(what string, before []directory.Person, said map[int]fact) {
	holds, err := c.by.Holds(c.ctx())
	if err != nil {
		c.fatalf("%v", err)
	}
	for _, old := range before {
		p, err := c.e.Store.Person(c.ctx(), old.ID)
		if err != nil {
			c.fatalf("%v", err)
		}
		if old.Status == directory.Deactivated || p.Status != directory.Deactivated {
			continue
		}
		reason := p.Link == nil && c.e.Policy.Lifecycle.Missing == policy.MissingDeactivateNotImported
		if p.Link != nil {
			id, _ := strconv.Atoi(p.Link.SourceID)
			reason = reason || said[id].leaves()
		}
		if !reason {
			c.fatalf("%s: %s (%+v) was deactivated without a reason", what, p.Name(), p.Link)
		}
		for _, h := range holds {
			if h.PersonID == p.ID && (h.Field == "" || h.Field == "status") {
				c.fatalf("%s: %s was deactivated under %+v", what, p.Name(), h)
			}
		}
	}
}

// left holds that a full reading that let everything through leaves nobody active whose time is over, unless it says so.
func (c *clerk) left(r syncrun.SyncResult) {
	told := map[string]bool{}
	for it, err := range c.e.Store.Items(c.ctx(), r.Plan.ID, 0, false) {
		if err != nil {
			c.fatalf("%v", err)
		}
		if it.Held != nil {
			told[it.Held.PersonID] = true
		}
	}
	leave := c.e.Policy.Lifecycle.Leaving
	for _, p := range c.everybody() {
		if p.Link == nil || p.Status == directory.Deactivated || told[p.ID] {
			continue
		}
		id, _ := strconv.Atoi(p.Link.SourceID)
		f := c.facts[id]
		status, date := leave[policy.SignalStatus], leave[policy.SignalTermination]
		over := f.end != "" && date.Action == policy.LeaveDeactivate && f.end < c.clock.AddDate(0, 0, -date.GraceDays).Format(time.DateOnly)
		off := f.inactive && f.end == "" && status.Action == policy.LeaveDeactivate && status.GraceDays == 0
		if f.gone || over || off {
			c.fatalf("%s (employee %d, %+v) is still %s, and the plan does not say why", p.Name(), id, f, p.Status)
		}
	}
}

// check holds what must be so after every step: addresses are one person's, reporting lines end, employees are one
// person's; and what a reading skips changes nothing.
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
	quick, slow := c.preview(false), c.preview(true)
	if quick.err == nil && quick.header.Hash != slow.header.Hash || (quick.err == nil) != (slow.err == nil) {
		c.fatalf("skipping gives another plan: %v and %v (-skipping +everything):\n%s", quick.err, slow.err, cmp.Diff(quick.items, slow.items))
	}
}
