package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// undoWorld is a world in which one run created, updated, deactivated, linked and swapped.
func undoWorld(t *testing.T) (*world, []Change) {
	x := newWorld(testPolicy(t, "lifecycle: { initial: active }\nguard: { deactivate: { people: 50, percent: 50, refuse_percent: 90 } }"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "one@a.test", "employee": "1", "title": "Engineer", "phone": "1"})
	x.addPerson(t, "p2", map[string]string{"name": "Bo Diaz", "email": "two@a.test", "employee": "2"})
	x.addPerson(t, "p3", map[string]string{"name": "Cy Park", "email": "three@a.test", "employee": "3"})
	x.addPerson(t, "q5", map[string]string{"name": "Eve Ung", "email": "five@a.test"})
	x.employees = []employee{
		{id: 1, name: "Ann Lee", email: "two@a.test", title: "Lead", status: "Active", manager: 2},
		{id: 2, name: "Bo Diaz", email: "one@a.test", status: "Active", department: "Sales"},
		{id: 3, name: "Cy Park", email: "three@a.test", status: "Inactive"},
		{id: 4, name: "Dee Moe", email: "four@a.test", status: "Active"},
		{id: 5, name: "Eve Ung", email: "five@a.test", title: "Clerk", status: "Active"},
	}
	p := x.plan()
	x.apply(t, p)
	var changes []Change
	for i := range p.Items {
		if c := p.Items[i].Change; c != nil {
			changes = append(changes, *c)
		}
	}
	return x, changes
}

func (x *world) undo(changes []Change, kind, person string) UndoResult {
	return Undo(UndoInput{Input: x.input(), RunID: "run1", Changes: changes, People: x.slices().People, Kind: kind, Person: person})
}

func lists(r UndoResult) string {
	var s strings.Builder
	for _, l := range []struct {
		name    string
		entries []UndoEntry
	}{{"reverted", r.Reverted}, {"kept", r.Kept}, {"impossible", r.Impossible}} {
		for _, e := range l.entries {
			fmt.Fprintf(&s, "%s %s %s", l.name, e.Name, e.What)
			if e.Why != "" {
				fmt.Fprintf(&s, " (%s)", e.Why)
			}
			s.WriteByte('\n')
		}
	}
	return s.String()
}

func TestUndoARun(t *testing.T) {
	x, changes := undoWorld(t)
	p := x.people["p1"]
	p.Values.Set(directory.JobTitle, "", "Head")
	p.Version++
	x.people["p1"] = p
	r := x.undo(changes, "", "")
	want := `reverted Ann Lee email: two@a.test back to one@a.test
reverted Ann Lee manager: two@a.test back to blank
reverted Ann Lee phone: blank back to 1
reverted Bo Diaz email: one@a.test back to two@a.test
reverted Bo Diaz department: Sales back to blank
reverted Cy Park status: deactivated back to active
reverted Dee Moe status: active back to deactivated
reverted Eve Ung job_title: Clerk back to blank
kept Ann Lee job_title: Lead back to Engineer (it was changed since, to Head)
impossible Sales creation of the department Sales (departments and teams stay; others may use them by now)
impossible Eve Ung link to employee 5 (a link tells who somebody is; it stays)
`
	if diff := cmp.Diff(want, lists(r)); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
	for i := range r.Plan.Items {
		if c := r.Plan.Items[i].Change; c.Reason != Undone || (len(c.Holds) == 0) {
			t.Errorf("%s: reason %s, holds %v", c.PersonID, c.Reason, c.Holds)
		}
	}
	x.apply(t, r.Plan)
	if got := x.people["p1"]; got.Values.Get(directory.Email) != "one@a.test" || got.Values.Get(directory.JobTitle) != "Head" {
		t.Errorf("p1 is %+v", got)
	}
	if c := x.plan().Header.Counts; c.Changes() != 1 { // the human's title is overwritten, nothing else
		t.Errorf("the next run redoes something: %+v\n%s", c, render(x.plan()))
	}
}

// The hold of an undo ends by itself once HR agrees.
func TestUndoHoldEndsWhenHRAgrees(t *testing.T) {
	x, changes := undoWorld(t)
	x.apply(t, x.undo(changes, "deactivate", "").Plan)
	if s := x.people["p3"].Status; s != directory.Active {
		t.Fatalf("Cy is %s", s)
	}
	if p := x.plan(); p.Header.Counts.Deactivate != 0 || len(p.Header.EndedHolds) != 0 {
		t.Fatalf("the hold does not hold:\n%s", render(p))
	}
	x.employees[2].status = "Active"
	p := x.plan()
	if len(p.Header.EndedHolds) != 1 {
		t.Fatalf("the hold does not end:\n%s", render(p))
	}
	x.apply(t, p)
	x.employees[2].status = "Inactive"
	if p := x.plan(); p.Header.Counts.Deactivate != 1 {
		t.Errorf("the next leaving does not count:\n%s", render(p))
	}
}

func TestUndoOfAPartOfARun(t *testing.T) {
	x, changes := undoWorld(t)
	if got := lists(x.undo(changes, "create", "")); !strings.Contains(got, "Dee Moe") || strings.Count(got, "\n") != 1 {
		t.Errorf("kind create:\n%s", got)
	}
	// Ann's address went to Bo, who keeps it: hers cannot come back alone.
	got := lists(x.undo(changes, "", "p1"))
	if !strings.Contains(got, "impossible Ann Lee email: back to one@a.test (the address belongs to somebody else now)") {
		t.Errorf("person p1:\n%s", got)
	}
	if a := UndoAddresses(changes); !slices.Equal(a, []string{"one@a.test", "two@a.test"}) {
		t.Errorf("UndoAddresses = %v", a)
	}
}

func TestUndoIsGuarded(t *testing.T) {
	x, changes := undoWorld(t)
	limit := policy.Limit{People: 0, Percent: 1, RefusePercent: 2}
	x.in.Policy.Guard.Deactivate = limit
	r := x.undo(changes, "", "")
	if r.Plan.Header.Verdict != Refused {
		t.Errorf("deactivating whom the run created is let through")
	}
	for i := range r.Plan.Items {
		c := r.Plan.Items[i].Change
		if waits := r.Plan.Header.Waiting(c.Kinds) != NotWaiting; waits != (c.Action == Deactivate) {
			t.Errorf("%s %s waits: %v", c.Action, c.Name, waits)
		}
	}
}

// Two lines that were turned round since would form a loop when they go back.
func TestUndoMakesNoLoop(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1"})
	x.addPerson(t, "p2", map[string]string{"name": "Bo Diaz", "email": "2@a.test", "employee": "2", "manager": "p1"})
	change := Change{Action: Update, Reason: FieldChanged, PersonID: "p1", StatusBefore: directory.Active, StatusAfter: directory.Active,
		Fields: []FieldChange{{Field: directory.Manager, Kind: directory.KindPerson, Before: "2@a.test", BeforeID: "p2"}}}
	for name, in := range map[string]UndoInput{
		"known":  {People: x.slices().People},
		"asked":  {People: x.slices().People[:1], Managers: func(string) string { return "p1" }},
		"absent": {},
	} {
		in.Input, in.RunID, in.Changes = x.input(), "run1", []Change{change}
		if r := Undo(in); len(r.Impossible) != 1 || len(r.Plan.Items) != 0 {
			t.Errorf("%s: %s", name, lists(r))
		}
	}
}
