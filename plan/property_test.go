package plan

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

var testNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// genPolicy draws settings; loose lets everything through the guard.
func genPolicy(t *rapid.T, base *policy.Connection, loose bool) *policy.Connection {
	p := *base
	p.Match = rapid.SampledFrom([][]policy.MatchKey{{policy.MatchWorkEmail}, {policy.MatchEmployeeNumber, policy.MatchWorkEmail},
		{policy.MatchEmployeeNumber}, {policy.MatchWorkEmail, policy.MatchHomeEmail}}).Draw(t, "match")
	p.MatchMode = rapid.SampledFrom([]policy.MatchMode{policy.MatchNormal, policy.MatchNormal, policy.MatchAdopt}).Draw(t, "mode")
	p.Lifecycle.Initial = rapid.SampledFrom([]policy.Initial{policy.InitialActive, policy.InitialProvisioned}).Draw(t, "initial")
	p.Lifecycle.Missing = rapid.SampledFrom([]policy.Missing{policy.MissingKeep, policy.MissingDeactivateLinked, policy.MissingDeactivateNotImported}).Draw(t, "missing")
	p.Lifecycle.Combine = rapid.SampledFrom([]policy.Combine{policy.CombineLatest, policy.CombineEarliest}).Draw(t, "combine")
	p.Lifecycle.PreHireDays = rapid.IntRange(0, 10).Draw(t, "preHire")
	p.Lifecycle.Leaving = maps.Clone(base.Lifecycle.Leaving)
	for _, s := range []policy.Signal{policy.SignalStatus, policy.SignalTermination, policy.SignalStatusBlocked, policy.SignalOutOfScope, policy.SignalDeleted} {
		p.Lifecycle.Leaving[s] = policy.Leave{
			Action:    rapid.SampledFrom([]policy.LeaveAction{policy.LeaveDeactivate, policy.LeaveDeactivate, policy.LeaveHold, policy.LeaveNone}).Draw(t, "action"),
			GraceDays: rapid.SampledFrom([]int{0, 0, 3}).Draw(t, "grace")}
	}
	p.Scope.BlockStatuses = []string{"Contractor"}
	p.Scope.NoStatus = rapid.SampledFrom([]policy.NoStatus{policy.NoStatusHold, policy.NoStatusActive, policy.NoStatusDeactivate}).Draw(t, "noStatus")
	p.Mapping = nil
	for _, f := range []directory.Field{directory.Email, directory.JobTitle, directory.Department, directory.Manager, directory.Phone} {
		p.Mapping = append(p.Mapping, policy.FieldRule{Target: string(f), From: []policy.SourceField{policy.SourceField(aliasOf(f))},
			Authority:      rapid.SampledFrom([]policy.Authority{policy.AuthorityOverwrite, policy.AuthorityOverwrite, policy.AuthorityLocked, policy.AuthorityOnCreate, policy.AuthorityFillEmpty, policy.AuthorityLocal}).Draw(t, "authority"),
			ClearWhenBlank: rapid.Bool().Draw(t, "clear")})
	}
	// A new person needs an address.
	if i := slices.IndexFunc(p.Mapping, func(r policy.FieldRule) bool { return r.Target == "email" }); p.Mapping[i].Authority == policy.AuthorityLocal {
		p.Mapping[i].Authority = policy.AuthorityOverwrite
	}
	limit := policy.Limit{People: 1, Percent: 10, RefusePercent: 50}
	p.Guard = policy.Guard{Deactivate: limit, MoveEmail: limit, Blank: limit, NewDepartments: 1, IDChurnPercent: 20, Window: 24 * time.Hour}
	if loose {
		limit = policy.Limit{People: 1000, Percent: 100}
		p.Guard = policy.Guard{Deactivate: limit, MoveEmail: limit, Blank: limit, NewDepartments: 1000, IDChurnPercent: 100000}
	}
	return &p
}

func genEmployee(t *rapid.T, id int64) employee {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	e := employee{id: id,
		name:       pick("name", "Ann Lee", "Bo Diaz", "Cy Park", "Dee Moe", "Eve Ung"),
		number:     pick("number", "", fmt.Sprint("N", id), fmt.Sprint("N", id), "N1"),
		email:      pick("email", "", fmt.Sprintf("%d@a.test", id), fmt.Sprintf("%d@a.test", id), "1@a.test", "2@a.test", "3@a.test", "4@A.test", "x@a.test"),
		home:       pick("home", "", "1@a.test", "x@a.test"),
		title:      pick("title", "", "Lead", "Clerk"),
		department: pick("department", "", "Sales", "sales ", "Legal"),
		phone:      pick("phone", "", "1", "2"),
		manager:    rapid.Int64Range(0, 9).Draw(t, "manager"),
		status:     pick("status", "Active", "Active", "Active", "Active", "Active", "Inactive", "", "hidden", "Odd"),
		employment: pick("employment", "Full-Time", "Full-Time", "Full-Time", "Contractor"),
		scope:      pick("scope", "in", "in", "in", "in", "out", "unknown"),
		hire:       pick("hire", "", "2020-01-01", "2020-01-01", "2026-11-25", "2026-12-24"),
	}
	e.termination = pick("termination", "", "", "", "2026-11-01", "2026-11-21", "2026-12-31")
	e.noStatus = rapid.IntRange(0, 9).Draw(t, "noStatus") == 0
	switch rapid.IntRange(0, 5).Draw(t, "named by") {
	case 0:
		e.manager, e.managerNo = 0, fmt.Sprint("n", e.manager)
	case 1:
		e.manager, e.managerMail = 0, pick("manager mail", "1@a.test", "2@A.test", "3@a.test", "x@a.test")
	case 2:
		e.managerNo, e.managerMail = fmt.Sprint("n", e.manager), "4@a.test" // asked when nobody knows the id
	}
	for _, f := range []directory.Field{directory.JobTitle, directory.Manager, directory.Email, directory.Phone, directory.Department} {
		switch rapid.IntRange(0, 19).Draw(t, "see") {
		case 0:
			e.unreadable = append(e.unreadable, f)
		case 1:
			e.invalid = append(e.invalid, f)
		}
	}
	return e
}

func genPerson(t *rapid.T, i int, linkedTo map[int64]bool) directory.Person {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	p := directory.Person{ID: fmt.Sprint("q", i), Version: int64(i), Role: directory.RoleMember, CreatedAt: testNow.AddDate(-1, 0, 0),
		Status: directory.Status(pick("status", "active", "active", "provisioned", "deactivated"))}
	if p.Status == directory.Deactivated {
		p.PreviousStatus = directory.Status(pick("previous", "active", "provisioned"))
		p.ManualLock = rapid.Bool().Draw(t, "lock")
	}
	if rapid.IntRange(0, 5).Draw(t, "owner") == 0 {
		p.Role = directory.RoleOwner
	}
	first, last, _ := cut(pick("name", "Ann Lee", "Bo Diaz", "Old Timer"))
	for f, text := range map[directory.Field]string{directory.FirstName: first, directory.LastName: last,
		directory.Email: fmt.Sprintf("%d@a.test", i), directory.EmployeeID: pick("number", "", fmt.Sprint("N", i)),
		directory.JobTitle: pick("title", "", "Clerk"), directory.Phone: pick("phone", "", "9"), directory.HireDate: pick("hire", "", "2020-01-01", "2010-01-01")} {
		p.Values.Set(f, "", text)
	}
	if i > 1 && rapid.Bool().Draw(t, "managed") {
		p.Values.Set(directory.Manager, "", fmt.Sprint("q", rapid.IntRange(1, i-1).Draw(t, "manager")))
	}
	if id := rapid.Int64Range(0, 9).Draw(t, "employee"); id > 0 && !linkedTo[id] {
		p.Link = &directory.Link{Connection: testConnection, SourceID: fmt.Sprint(id)}
		linkedTo[id] = true
		if rapid.IntRange(0, 7).Draw(t, "foreign") == 0 {
			p.Link.Connection = "c2"
		}
	}
	return p
}

func cut(name string) (first, last string, ok bool) {
	for i := range name {
		if name[i] == ' ' {
			return name[:i], name[i+1:], true
		}
	}
	return name, "", false
}

func genWorld(t *rapid.T, base *policy.Connection, loose bool) *world {
	x := newWorld(genPolicy(t, base, loose), testNow)
	ids := rapid.SliceOfNDistinct(rapid.Int64Range(1, 9), 1, 9, rapid.ID[int64]).Draw(t, "ids")
	for _, id := range ids {
		x.employees = append(x.employees, genEmployee(t, id))
		x.visible[id] = rapid.Bool().Draw(t, "visible")
	}
	linkedTo := map[int64]bool{}
	for i := range rapid.IntRange(0, 7).Draw(t, "people") {
		p := genPerson(t, i+1, linkedTo)
		x.people[p.ID] = p
		if p.Link != nil && p.Link.Connection == testConnection {
			id := sourceID(p.Link.SourceID)
			x.links[id] = directory.LinkState{SourceID: id, PersonID: p.ID, Outcome: directory.OutcomeLinked,
				Adopted: rapid.Bool().Draw(t, "adopted"), Revision: "r1"}
			x.deleted[id] = rapid.Bool().Draw(t, "deleted")
		}
		if rapid.IntRange(0, 5).Draw(t, "held") == 0 {
			f := rapid.SampledFrom([]directory.Field{"", directory.JobTitle, directory.Email, directory.Manager, statusField}).Draw(t, "field")
			x.in.Holds = append(x.in.Holds, directory.Hold{ID: "h" + p.ID, PersonID: p.ID, Field: f})
		}
	}
	x.groups[directory.GroupKey(directory.KindDepartment, "Sales")] = directory.Group{ID: "g1", Kind: directory.KindDepartment, Name: "Sales"}
	return x
}

func check(t *testing.T, f func(*rapid.T, *policy.Connection)) {
	base := testPolicy(t, "approval: not_required")
	rapid.Check(t, func(rt *rapid.T) { f(rt, base) })
}

// fatal lets helpers that want a testing.TB fail a rapid check.
type fatal struct {
	testing.TB
	t *rapid.T
}

func (f fatal) Helper()                      {}
func (f fatal) Fatalf(s string, args ...any) { f.t.Fatalf(s, args...) }
func (f fatal) Errorf(s string, args ...any) { f.t.Fatalf(s, args...) }
func (f fatal) Fatal(args ...any)            { f.t.Fatal(args...) }

func TestPropertyEverybodyIsCountedOnce(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, false)
		checkCounts(fatal{t: t}, x, x.plan())
	})
}

// Whatever the guard lets through, nobody shares an address and no reporting loop appears.
func TestPropertyDirectoryStaysSound(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, rapid.Bool().Draw(t, "loose"))
		for range 3 {
			p := x.plan()
			x.apply(fatal{t: t}, p) // checks addresses
			if loop := x.loop(); loop != nil {
				t.Fatalf("loop %v after\n%s", loop, render(p))
			}
		}
	})
}

// A plan that was applied leaves nothing to do, and nothing to remember. What it made possible, such as
// a number that became free, may take another round.
func TestPropertyPlansSettle(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		var plans []string
		for range 4 {
			p := x.plan()
			plans = append(plans, render(p))
			refreshes := slices.ContainsFunc(p.Items, func(it Item) bool { return it.Refresh != nil || it.Left != nil })
			if p.Header.Counts.Changes() == 0 && !refreshes {
				return
			}
			x.apply(fatal{t: t}, p)
		}
		t.Fatalf("still something to do:\n%s\n---\n%s\n---\n%s", plans[0], plans[len(plans)-2], plans[len(plans)-1])
	})
}

// Unreadable, blank-account and invalid values never change anybody.
func TestPropertyUnreadableChangesNothing(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		byID := map[int64]employee{}
		for _, e := range x.employees {
			byID[e.id] = e
		}
		p := x.plan()
		for _, it := range p.Items {
			if it.Change == nil || it.Change.Group != nil {
				continue
			}
			e, inHR := byID[it.Change.SourceID]
			if inHR && (e.status == "hidden" || e.status == "" || e.scope == "unknown") {
				t.Fatalf("employee %d is changed although its state is not known:\n%s", e.id, render(p))
			}
			for _, f := range it.Change.Fields {
				if slices.Contains(e.unreadable, f.Field) || slices.Contains(e.invalid, f.Field) {
					t.Fatalf("%s of employee %d is changed although it cannot be used:\n%s", f.Field, e.id, render(p))
				}
			}
		}
	})
}

// When a kind trips, nothing of it is let through, nor anything that is tied to it or reports to it.
func TestPropertyGuardIsTight(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, false)
		if rapid.Bool().Draw(t, "doubtful") {
			x.evidence.Grade = gradeDoubtful
		}
		p := x.plan()
		waits := map[directory.Key]bool{}
		for i := range p.Items {
			if c := p.Items[i].Change; c != nil {
				waits[c.Key()] = p.Header.Waiting(c.Kinds) != NotWaiting
			}
		}
		for i := range p.Items {
			c := p.Items[i].Change
			if c == nil || waits[c.Key()] {
				continue
			}
			for _, r := range p.Header.Reasons {
				if c.Counted().Has(r.Kind) {
					t.Fatalf("%s is let through although %s trips:\n%s", c.Key(), r.Kind, render(p))
				}
			}
			for _, k := range c.DependsOn {
				if waits[k] {
					t.Fatalf("%s is let through although %s waits:\n%s", c.Key(), k, render(p))
				}
			}
			for _, f := range c.Fields {
				if waits[directory.PersonKey(f.AfterID)] && f.AfterID != "" && x.people[f.AfterID].ID == "" {
					t.Fatalf("%s gets a manager who waits:\n%s", c.Key(), render(p))
				}
			}
			if x.evidence.Grade == gradeDoubtful && (c.Action == Deactivate || c.Counted().Has(KindBlank)) {
				t.Fatalf("%s is let through although the reading is doubtful", c.Key())
			}
		}
	})
}

// The order in which records and people arrive means nothing: 100 shuffles, the same bytes.
func TestPropertyOrderMeansNothing(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, false)
		first := x.plan()
		want := render(first)
		s := x.slices()
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		for range 100 {
			r.Shuffle(len(s.Wanted), func(i, j int) { s.Wanted[i], s.Wanted[j] = s.Wanted[j], s.Wanted[i] })
			r.Shuffle(len(s.People), func(i, j int) { s.People[i], s.People[j] = s.People[j], s.People[i] })
			r.Shuffle(len(s.Links), func(i, j int) { s.Links[i], s.Links[j] = s.Links[j], s.Links[i] })
			got := Make(x.input(), s, x.reading())
			if diff := cmp.Diff(want, render(got)); diff != "" || got.Header.Hash != first.Header.Hash {
				t.Fatalf("another plan, hash %s and %s:\n%s", first.Header.Hash, got.Header.Hash, diff)
			}
		}
	})
}

// stream plans the way a run does: through the Builder, skipping what may be skipped, with everybody or only those
// whom it asks for.
func (x *world) stream(t testing.TB, asking bool) Plan {
	var out Plan
	emit := func(it Item) error {
		out.Items = append(out.Items, it.clone())
		return nil
	}
	must := func(err error) {
		if err != nil {
			t.Fatalf("stream: %v", err)
		}
	}
	b := NewBuilder(x.input())
	var surveyed []directory.Wanted
	present, skipped := map[int64]bool{}, map[int64]bool{}
	for i := range x.employees {
		w := x.employees[i].wanted(x.in.Policy)
		ls, known := x.links[w.SourceID]
		if skipped[w.SourceID] {
			b.Unskip(&ls)
		}
		present[w.SourceID] = true
		if known && x.in.AsOf == nil && w.Problem == "" && ls.Clean && ls.Revision == x.in.Revision && ls.Fingerprint == w.Fingerprint && (ls.Due == nil || ls.Due.At.After(x.in.Now)) {
			b.Skip(&ls)
			skipped[w.SourceID] = true
			continue
		}
		b.Survey(&w, known && ls.Outcome == directory.OutcomeLinked)
		if ls.Adopted {
			b.Adopted(w.SourceID)
		}
		surveyed = append(surveyed, w)
	}
	b.Unreadable(x.reading().Unreadable)
	if x.unlinked != nil {
		b.Unlinked(x.unlinked)
	}
	if x.evidence.Grade == gradeDoubtful {
		b.Doubtful()
	}
	b.NoStatus()
	b.ConfirmNoStatus(x.visible)
	var missing []directory.LinkState
	for _, ls := range x.links {
		if !present[ls.SourceID] {
			missing = append(missing, ls)
		}
	}
	whom := b.Wants()
	if whom == Everybody && asking {
		whom = Asked
	}
	x.add(b, whom)
	for _, id := range b.Suspects() {
		p := x.people[id]
		var link *directory.LinkState
		if b.ours(&p) {
			if ls, ok := x.links[sourceID(p.Link.SourceID)]; ok {
				link = &ls
			}
		}
		b.Examine(&p, link)
	}
	b.Resolve(missing, x.deleted)
	slices.SortFunc(surveyed, func(a, b directory.Wanted) int {
		if a.SourceID == b.SourceID {
			return len(b.Problem) - len(a.Problem)
		}
		return compareInt(a.SourceID, b.SourceID)
	})
	surveyed = slices.CompactFunc(surveyed, func(a, b directory.Wanted) bool { return a.SourceID == b.SourceID })
	for i := range surveyed {
		x.decide(t, b, &surveyed[i], emit)
	}
	for _, id := range b.Extra() {
		p := x.people[id]
		var link *directory.LinkState
		if p.Link != nil {
			ls := x.links[sourceID(p.Link.SourceID)]
			link = &ls
		}
		must(b.DecideExtra(&p, link, emit))
	}
	var err error
	out.Header, err = b.Finish(x.reading(), emit)
	must(err)
	slices.SortStableFunc(out.Items, func(a, b Item) int { return Compare(&a, &b) })
	return out
}

// add adds the people whom the Builder wants, as a store would.
func (x *world) add(b *Builder, whom Whom) {
	added := map[string]bool{}
	add := func(p *directory.Person) {
		if added[p.ID] {
			return
		}
		added[p.ID] = true
		brief := BriefOf(p)
		b.AddPerson(&brief)
	}
	for _, p := range x.people {
		if p.Link == nil || whom == Everybody {
			add(&p)
		}
	}
	if whom != Asked {
		return
	}
	for q := b.Ask(); !q.Empty(); q = b.Ask() {
		for _, p := range x.people {
			key := func(f directory.Field) string { return directory.EmailKey(p.Values.Get(f)) }
			if p.Link != nil && p.Link.Connection == x.in.Connection && slices.Contains(q.SourceIDs, sourceID(p.Link.SourceID)) ||
				slices.Contains(q.IDs, p.ID) || slices.Contains(q.Emails, key(directory.Email)) || slices.Contains(q.Numbers, key(directory.EmployeeID)) {
				for seen := map[string]bool{}; p.ID != "" && !seen[p.ID]; p = x.people[p.Values.Get(directory.Manager)] {
					seen[p.ID] = true
					add(&p)
				}
			}
		}
	}
}

func (x *world) decide(t testing.TB, b *Builder, w *directory.Wanted, emit func(Item) error) {
	var cur *directory.Person
	if id, ok := b.Target(w.SourceID); ok {
		p := x.people[id]
		cur = &p
	}
	var link *directory.LinkState
	if ls, ok := x.links[w.SourceID]; ok {
		link = &ls
	}
	if err := b.Decide(w, cur, link, emit); err != nil {
		t.Fatalf("decide: %v", err)
	}
}

// Undo gives every field that nobody changed since its old value, and the next run does not redo it.
func TestPropertyUndoRestores(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		before := maps.Clone(x.people)
		p := x.plan()
		x.apply(fatal{t: t}, p)
		var changes []Change
		for i := range p.Items {
			if c := p.Items[i].Change; c != nil {
				changes = append(changes, *c)
			}
		}
		in := UndoInput{Input: x.input(), RunID: "run1", Changes: changes}
		for _, q := range x.slices().People {
			in.People = append(in.People, q)
		}
		u := Undo(in)
		x.apply(fatal{t: t}, u.Plan)
		if loop := x.loop(); loop != nil {
			t.Fatalf("undo makes a loop %v", loop)
		}
		for id, was := range before {
			if is := x.people[id]; len(u.Impossible) == 0 && is.Status != was.Status {
				t.Fatalf("%s was %s and is %s:\n%s\nundo:\n%s", id, was.Status, is.Status, render(p), render(u.Plan))
			}
			for _, f := range directory.Standard() {
				was, is := was, x.people[id]
				if was.Values.Get(f) != is.Values.Get(f) && !slices.ContainsFunc(u.Impossible, func(e UndoEntry) bool { return e.PersonID == id }) {
					t.Fatalf("%s of %s was %q and is %q", f, id, was.Values.Get(f), is.Values.Get(f))
				}
			}
		}
		again := x.plan()
		for _, it := range again.Items {
			if it.Change == nil || it.Change.Group != nil {
				continue
			}
			for _, c := range changes {
				if c.PersonID == it.Change.PersonID && c.Action == it.Change.Action && cmp.Equal(c.Fields, it.Change.Fields) && len(c.Fields) > 0 {
					t.Fatalf("the next run redoes it:\n%s\nundo:\n%s", render(again), render(u.Plan))
				}
			}
		}
	})
}
