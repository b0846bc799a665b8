package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
)

// A second record with the same id and a problem takes the first back, whichever came first.
func TestTwoRecordsOfOneIDAreNobodys(t *testing.T) {
	for _, order := range [][]int{{0, 1}, {1, 0}} {
		x := newWorld(testPolicy(t, "approval: not_required"), testNow)
		good := employee{id: 4, name: "Ann Lee", email: "ann@acme.test", status: "Active", scope: "in"}
		bad := employee{id: 4, name: "Ann Lee", problem: "two records differ"}
		both := []directory.Wanted{good.wanted(x.in.Policy), bad.wanted(x.in.Policy)}
		p := Make(x.input(), World{Wanted: []directory.Wanted{both[order[0]], both[order[1]]}}, Evidence{Employees: 1})
		if len(p.Items) != 1 || p.Items[0].Held == nil || p.Items[0].Held.Reason != Unreadable {
			t.Errorf("order %v: want one held entry, got\n%s", order, render(p))
		}
	}
}

// A state keeps one instant. When another one comes earlier, the record is not skipped meanwhile.
func TestStateWithTwoInstants(t *testing.T) {
	p := testPolicy(t, "lifecycle: { initial: active, pre_hire_days: 30 }")
	x := newWorld(p, testNow)
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "ann@acme.test", status: "Active", hire: "2026-12-01", termination: "2027-01-31"}}
	x.apply(t, x.plan())
	s := x.links[1]
	if s.Clean || s.Due == nil || s.Due.Action != string(Deactivate) {
		t.Fatalf("want an unclean state due for the deactivation, got %s", stateText(&s))
	}
	x.in.Now = day(t, "2026-12-01T00:00:00Z")
	x.apply(t, x.stream(t, false))
	if s := x.links[1]; !s.Clean || x.people[s.PersonID].Status != directory.Active {
		t.Fatalf("the first day: state %s, person %+v", stateText(&s), x.people[s.PersonID])
	}
	x.in.Now = day(t, "2027-02-01T00:00:00Z")
	x.apply(t, x.stream(t, false))
	if s := x.links[1]; x.people[s.PersonID].Status != directory.Deactivated || s.Due != nil {
		t.Fatalf("after the last day: state %s", stateText(&s))
	}
}

// Whoever calls in another order is told, instead of getting a wrong plan.
func TestDecideOutOfOrder(t *testing.T) {
	x := newWorld(testPolicy(t, "match_mode: adopt"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "ann@acme.test", "employee": "1"})
	e := employee{id: 1, name: "Ann Lee", email: "ann@acme.test", status: "Active"}
	w := e.wanted(x.in.Policy)
	person := x.people["p1"]
	brief := BriefOf(&person)
	emit := func(Item) error { return nil }
	b := NewBuilder(x.input())
	b.Survey(&w, true)
	b.AddPerson(&brief)
	b.Resolve(nil, nil)
	if id, ok := b.Target(1); !ok || id != "p1" {
		t.Errorf("Target(1) = %q, %v", id, ok)
	}
	for name, err := range map[string]error{
		"was not surveyed": b.Decide(&directory.Wanted{SourceID: 2}, nil, nil, emit),
		"is missing":       b.Decide(&w, nil, nil, emit),
		"Adopted":          b.Decide(&w, &person, &directory.LinkState{SourceID: 1, Adopted: true}, emit),
		"nobody asked":     b.DecideExtra(&person, nil, emit),
	} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("want an error about %q, got %v", name, err)
		}
	}
	link := directory.LinkState{SourceID: 1}
	if err := b.Decide(&w, &person, &link, emit); err != nil {
		t.Fatal(err)
	}
	if err := b.Decide(&w, &person, &link, emit); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("decided twice: %v", err)
	}
}

// A recycled id is held unless the hire date agrees or is not known.
func TestSuspects(t *testing.T) {
	for hire, want := range map[string]Reason{"2020-01-01": "", "2010-01-01": IdentityConflict, "": ""} {
		x := newWorld(testPolicy(t, "approval: not_required"), testNow)
		x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "ann@acme.test", "employee": "1", "hire": hire})
		x.employees = []employee{{id: 1, name: "Bo Diaz", email: "bo@acme.test", hire: "2020-01-01", status: "Active"}}
		p := x.plan()
		got := Reason("")
		if h := p.Items[0].Held; h != nil {
			got = h.Reason
		}
		if got != want {
			t.Errorf("hire date %q in the directory: held %q, want %q", hire, got, want)
		}
		if got := unexamined(t, x); got != IdentityConflict {
			t.Errorf("nobody examined the person: held %q", got)
		}
	}
}

// unexamined plans the only employee of a world without examining suspects and returns why it is held.
func unexamined(t *testing.T, x *world) Reason {
	person := x.people["p1"]
	brief, w := BriefOf(&person), x.employees[0].wanted(x.in.Policy)
	b := NewBuilder(x.input())
	b.Survey(&w, true)
	b.AddPerson(&brief)
	if got := b.Suspects(); !slices.Equal(got, []string{"p1"}) {
		t.Fatalf("Suspects() = %v", got)
	}
	b.Resolve(nil, nil)
	var why Reason
	err := b.Decide(&w, &person, nil, func(it Item) error {
		if it.Held != nil {
			why = it.Held.Reason
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return why
}

// People whose record is unchanged are drawn in when a new address or reporting line concerns them.
func TestSkippedPeopleAreDrawnIn(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.employees = []employee{
		{id: 1, name: "Ann Lee", email: "1@a.test", status: "Active", manager: 2},
		{id: 2, name: "Bo Diaz", email: "2@a.test", status: "Active"},
		{id: 3, name: "Cy Park", email: "3@a.test", status: "Active"},
	}
	x.apply(t, x.plan())
	x.employees[1].manager = 1
	x.employees = append(x.employees, employee{id: 4, name: "Dee Moe", email: "3@A.test", status: "Active"})
	p := x.stream(t, false)
	checkCounts(t, x, p)
	if all := x.plan(); p.Header.Hash != all.Header.Hash {
		t.Errorf("hash %s, and %s when nobody is skipped:\n%s\n%s", p.Header.Hash, all.Header.Hash, render(p), render(all))
	}
	want := map[int64]Reason{1: ManagerLoop, 3: DuplicateEmail, 4: DuplicateEmail}
	got := map[int64]Reason{}
	for i := range p.Items {
		if h := p.Items[i].Held; h != nil {
			got[h.SourceID] = h.Reason
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("held (-want +got):\n%s\n%s", diff, render(p))
	}
	x.apply(t, p)
	if loop := x.loop(); loop != nil {
		t.Errorf("loop %v", loop)
	}
	for _, id := range []int64{1, 3} {
		if x.links[id].Clean {
			t.Errorf("employee %d may be skipped although it is held", id)
		}
	}
}

// A column lost to everybody is said once, also when the settings name the column as BambooHR shows it.
func TestLostColumnIsSaidOnce(t *testing.T) {
	x := newWorld(testPolicy(t, "mapping: { phone: { from: \"name:Telephone\" } }"), testNow)
	for id := int64(1); id <= 3; id++ {
		x.employees = append(x.employees, employee{id: id, name: "Ann Lee", email: fmt.Sprintf("%d@a.test", id), status: "Active",
			unreadable: []directory.Field{directory.Phone}})
	}
	var held []Held
	for _, it := range x.plan().Items {
		if it.Held != nil {
			held = append(held, *it.Held)
		}
	}
	if len(held) != 1 || held[0].Kind != HeldField || held[0].Field != directory.Phone {
		t.Errorf("held: %+v", held)
	}
}

func TestDueActsWithoutAReading(t *testing.T) {
	x := newWorld(testPolicy(t, "guard: { deactivate: { people: 1, percent: 5 } }"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1"})
	x.addPerson(t, "p2", map[string]string{"name": "Bo Diaz", "email": "2@a.test", "employee": "2"})
	x.addPerson(t, "p3", map[string]string{"name": "Cy Park", "email": "3@a.test", "employee": "3", "status": "deactivated"})
	x.addPerson(t, "p4", map[string]string{"name": "Dee Moe", "email": "4@a.test", "employee": "4"})
	x.addPerson(t, "p5", map[string]string{"name": "Own Er", "email": "5@a.test", "employee": "5", "role": "owner"})
	x.in.Holds = []directory.Hold{{ID: "h", PersonID: "p4", Reason: "lawyer"}}
	var states []directory.LinkState
	for id := int64(1); id <= 5; id++ {
		s := x.links[id]
		s.Due = &directory.Due{At: testNow.Add(-time.Hour), Action: string(Deactivate), Reason: string(Terminated), Date: "2026-11-20"}
		states = append(states, s)
	}
	states[1].Due.At = testNow.Add(time.Hour)
	p := Due(x.input(), states, x.slices().People)
	want := `verdict applies, seats 4 to 3
create 0 update 0 deactivate 1 reactivate 0 link 0 department 0 team 0 held 2 unchanged 0 left 0
deactivate 1 Ann Lee terminated active>deactivated
  Ann Lee is deactivated: the termination date 2026-11-20 is over.
  effective 2026-11-21T11:00:00Z
  kind deactivate
  kind baseline
  state 1
held 4 Dee Moe on_hold: an administrator put a hold on this: lawyer
  fix end the hold with "rollcall hold remove h"
held 5 Own Er last_owner: this is the last owner; without one nobody could manage the organisation
  fix make somebody else an owner first
`
	if diff := cmp.Diff(want, render(p)); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
	states[1].Due.At = testNow
	if p := Due(x.input(), states, x.slices().People); p.Header.Verdict != Refused {
		t.Errorf("two of four are too many, verdict %s", p.Header.Verdict)
	}
}

// A caller that remembers nothing plans all the same; the absent are missing.
func TestMakeWithoutLinkStates(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1"})
	x.employees = []employee{{id: 2, name: "Bo Diaz", email: "1@a.test", status: "Active"}}
	w := x.slices()
	w.Links = nil
	p := Make(x.input(), w, x.reading())
	var got []Reason
	for i := range p.Items {
		got = append(got, p.Items[i].Held.Reason)
	}
	if !slices.Equal(got, []Reason{MissingInHR, EmailTaken}) {
		t.Errorf("held %v\n%s", got, render(p))
	}
}

func TestComponents(t *testing.T) {
	// 0→1→2→0 over old and new edges; 3→4; 5 to itself.
	old := []int32{1, none, 0, 4, none, 5}
	new := []int32{none, 2, none, none, 3, none}
	got := components(old, new)
	for _, part := range got {
		slices.Sort(part)
	}
	slices.SortFunc(got, func(a, b []int32) int { return int(a[0] - b[0]) })
	if diff := cmp.Diff([][]int32{{0, 1, 2}, {3, 4}}, got); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
}

// A chain of a hundred thousand managers is walked without recursion, and its loop is cut.
func TestVeryLongReportingLine(t *testing.T) {
	const n = 100_000
	old, new := make([]int32, n), make([]int32, n)
	for i := range int32(n) {
		old[i], new[i] = none, (i+1)%n
	}
	if parts := components(old, new); len(parts) != 1 || len(parts[0]) != n {
		t.Errorf("want one part of %d, got %d parts", n, len(parts))
	}
}

func TestJoinNames(t *testing.T) {
	names := []string{"Ann Lee", "Bo Diaz", "Cy Park"}
	for total, want := range map[int]string{1: "Ann Lee", 2: "Ann Lee and Bo Diaz", 3: "Ann Lee, Bo Diaz and Cy Park", 37: "Ann Lee, Bo Diaz and 35 more"} {
		if got := joinNames(names[:min(total, 3)], total); got != want {
			t.Errorf("joinNames(%d) = %q, want %q", total, got, want)
		}
	}
}

func TestKindSet(t *testing.T) {
	for _, k := range Kinds() {
		s := KindSet(0).With(k)
		for _, other := range Kinds() {
			if s.Has(other) != (k == other) {
				t.Errorf("set of %s has %s: %v", k, other, s.Has(other))
			}
		}
	}
}

// TestAnnouncedLastDayOfTheVanished: whoever vanishes from BambooHR after their last day was announced leaves on
// that day, whatever is set for those who are missing; until then it stays remembered.
func TestAnnouncedLastDayOfTheVanished(t *testing.T) {
	for settings, missing := range map[string]string{"": "2 Bo Diaz missing_in_hr", "lifecycle: { missing: deactivate_linked, leaving: { missing: { grace_days: 30 } } }": "2 Bo Diaz missing_in_hr"} {
		x := newWorld(testPolicy(t, settings+"\napproval: not_required"), testNow)
		x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1"})
		x.addPerson(t, "p2", map[string]string{"name": "Bo Diaz", "email": "2@a.test", "employee": "2"})
		for id, at := range map[int64]time.Time{1: testNow, 2: testNow.Add(time.Hour)} {
			s := x.links[id]
			s.Due = &directory.Due{At: at, Action: string(Deactivate), Reason: string(Terminated), Date: "2026-11-21"}
			x.links[id] = s
		}
		p := x.plan()
		got := render(p)
		if p.Header.Counts.Deactivate != 1 || !strings.Contains(got, "Ann Lee is deactivated: the termination date 2026-11-21 is over.") || !strings.Contains(got, missing) {
			t.Errorf("%q:\n%s", settings, got)
		}
		x.apply(t, p)
		if d := x.links[2].Due; d == nil || d.Reason != string(Terminated) {
			t.Errorf("%q: the announced day is forgotten: %+v", settings, d)
		}
	}
}

// Whoever left before ever having an account is nobody's manager, also once that record is skipped: neither is
// whoever has the address or number by now (bamboohr-api §3.1).
func TestSkippedLeaverLeadsNobody(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.addPerson(t, "p9", map[string]string{"name": "Cy Park", "email": "boss@acme.test", "number": "N3"})
	x.employees = []employee{
		{id: 1, name: "Ann Lee", email: "ann@acme.test", status: "Active", manager: 3, managerNo: "N3", managerMail: "boss@acme.test"},
		{id: 3, name: "Old Boss", email: "boss@acme.test", number: "N3", status: "Inactive"}}
	for _, what := range []string{"first", "second", "third"} {
		p := x.stream(t, true)
		if i := slices.IndexFunc(p.Items, func(it Item) bool { return it.Held != nil && it.Held.Reason == ManagerMissing }); i < 0 {
			t.Errorf("%s run: want a missing manager, got\n%s", what, render(p))
		}
		x.apply(t, p)
	}
	if ls := x.links[3]; ls.Outcome != directory.OutcomeLeft || !ls.Clean {
		t.Errorf("the leaver is not skipped: %s", stateText(&ls))
	}
}

// Whoever came back as another employee does not lead the old one's reports, whether or not the old record is skipped.
func TestSkippedPredecessorLeadsNobody(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.employees = []employee{{id: 1, name: "Cy Park", email: "cy@acme.test", status: "Active"}, {id: 2, name: "Ann Lee", email: "ann@acme.test", status: "Active", manager: 1}}
	x.apply(t, x.plan())
	x.employees[0].status = "Inactive"
	x.apply(t, x.plan())
	x.employees[1].title = "Clerk"
	x.employees = append(x.employees, employee{id: 7, name: "Cy Park", email: "cy@acme.test", status: "Active"})
	x.in.Decisions = []directory.Decision{{SourceID: 7, Kind: directory.DecideLink, PersonID: x.links[1].PersonID}}
	for what, p := range map[string]Plan{"everybody": x.plan(), "who changed": x.stream(t, true)} {
		if !slices.ContainsFunc(p.Items, func(it Item) bool { return it.Held != nil && it.Held.SourceID == 2 && it.Held.Reason == ManagerMissing }) {
			t.Errorf("%s: want a missing manager, got\n%s", what, render(p))
		}
	}
}
