package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

// A doubtful reading waits for an administrator even when it would change nobody (security §3 #2); what
// is planned for one person is told only when it is about leaving.
func TestDoubtfulReadingIsNeverNothingToDo(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "1@acme.test", status: "Active"}, {id: 2, name: "Bo Diaz", email: "2@acme.test", status: "Active"}}
	x.apply(t, x.plan())
	x.evidence.Grade, x.evidence.HeadBefore, x.evidence.Doubts = gradeDoubtful, 10, []string{"BambooHR shows 2 employees, 8 fewer than the 10 of the last good read"}
	h := x.plan().Header
	if h.Verdict != Refused || len(h.Reasons) != 1 || h.Reasons[0].Kind != KindBaseline || h.Reasons[0].Count != 2 || h.Reasons[0].Of != 10 {
		t.Errorf("%s, %+v", h.Verdict, h.Reasons)
	}
	if s := h.Reasons[0].Sentence; !strings.Contains(s, "8 fewer than the 10") || !strings.HasSuffix(s, "accepts the new head-count.") {
		t.Errorf("sentence %q", s)
	}
	x.in.Only = []int64{1}
	if h := x.plan().Header; h.Verdict != NothingToDo {
		t.Errorf("one person's plan: %s, %+v", h.Verdict, h.Reasons)
	}
	x.employees[0].status = "Inactive"
	if h := x.plan().Header; h.Verdict != Refused {
		t.Errorf("one person's plan to leave: %s, %+v", h.Verdict, h.Reasons)
	}
}

// That BambooHR has no address for somebody is remembered, also of whom it was not told before, and written once.
func TestNoEmailIsRemembered(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "1@acme.test", status: "Active"}}
	x.apply(t, x.plan())
	told := func() (rows int) {
		p := x.plan()
		x.apply(t, p)
		return len(p.Items)
	}
	x.employees[0].email = ""
	if n := told(); n != 1 || !x.links[1].NoEmail {
		t.Errorf("%d rows, %+v", n, x.links[1])
	}
	if n := told(); n != 0 {
		t.Errorf("written again: %d rows", n)
	}
	before := x.links[1]
	before.NoEmail = false
	x.links[1] = before
	if n := told(); n != 1 || !x.links[1].NoEmail {
		t.Errorf("what was remembered before: %d rows, %+v", n, x.links[1])
	}
	x.employees[0].email = "1@acme.test"
	if told(); x.links[1].NoEmail {
		t.Errorf("%+v", x.links[1])
	}
}

// A record that was skipped and comes again differently counts once (security §3 #22).
func TestUnskip(t *testing.T) {
	for _, outcome := range []directory.Outcome{directory.OutcomeLinked, directory.OutcomeLeft} {
		b := NewBuilder(newWorld(testPolicy(t, "approval: not_required"), testNow).input())
		state := directory.LinkState{SourceID: 1, Outcome: outcome}
		b.Skip(&state)
		b.Unskip(&state)
		b.Survey(&directory.Wanted{SourceID: 1, Problem: "two different records"}, true)
		b.Resolve(nil, nil)
		if err := b.Decide(&directory.Wanted{SourceID: 1, Problem: "two different records"}, nil, nil, func(Item) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if c := b.out.counts; c.Unchanged != 0 || c.Left != 0 || c.HeldPeople != 1 {
			t.Errorf("outcome %v: %+v", outcome, c)
		}
	}
}

// A column of which nothing is left is said once, and only where the old values stay: what a blank
// clears is the guard's business (security §3 #7).
func TestEmptiedColumnsAreHeld(t *testing.T) {
	emptied := func(settings string, change func(*world)) string {
		x := newWorld(testPolicy(t, settings), testNow)
		for id := range int64(4) {
			x.employees = append(x.employees, employee{id: id + 1, name: "Ann Lee", email: string(rune('a'+id)) + "@acme.test", status: "Active", title: "Lead", phone: "1"})
		}
		x.apply(t, x.plan())
		for i := range x.employees {
			x.employees[i].title = ""
		}
		x.evidence.Empty = []string{"jobTitle", "workPhone", "division"}
		if change != nil {
			change(x)
		}
		var out []string
		p := x.plan()
		for i := range p.Items {
			if h := p.Items[i].Held; h != nil && h.Kind == HeldField {
				out = append(out, string(h.Field)+" "+string(h.Reason)+": "+h.Detail)
			}
		}
		return strings.Join(out, "; ")
	}
	const told = "job_title unreadable: BambooHR shows this field of nobody, and 4 people have a value here; all values are kept"
	if got := emptied("approval: not_required", nil); got != told {
		t.Errorf("got %q, want %q", got, told)
	}
	for name, got := range map[string]string{
		"cleared when blank": emptied("mapping: { job_title: { from: jobTitle, clear_when_blank: true } }", nil),
		"not ours to write":  emptied("mapping: { job_title: { authority: local } }", nil),
		"a second source":    emptied("mapping: { job_title: { from: [jobTitle, division2] } }", nil),
		"few have a value": emptied("approval: not_required", func(x *world) {
			for _, id := range []string{"1", "2", "3"} {
				for key, p := range x.people {
					if p.Link.SourceID == id {
						p.Values.Set(directory.JobTitle, directory.KindText, "")
						x.people[key] = p
					}
				}
			}
		}),
	} {
		if got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// An expression that reads a lost column is said once, not of every person.
func TestExpressionsOverLostColumns(t *testing.T) {
	x := newWorld(testPolicy(t, `mapping: { job_title: { expr: "preferred_name + jobTitle" } }`), testNow)
	b := NewBuilder(x.input())
	for column, want := range map[string]bool{"jobTitle": true, "preferredName": true, "division": false} {
		clear(b.lostInputs)
		b.Unreadable([]string{column})
		if b.lostInputs[directory.JobTitle] != want {
			t.Errorf("%s lost: %v, want %v", column, !want, want)
		}
	}
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "1@acme.test", status: "Active"}, {id: 2, name: "Bo Diaz", email: "2@acme.test", status: "Active"}}
	x.apply(t, x.plan())
	world := x.slices()
	for i := range world.Wanted {
		world.Wanted[i].Fields[directory.JobTitle.Slot()] = directory.Want{State: directory.WantUnreadable, From: "expr"}
	}
	ev := x.reading()
	ev.Unreadable = []string{"jobTitle"}
	var held []directory.Field
	p := Make(x.input(), world, ev)
	for i := range p.Items {
		if h := p.Items[i].Held; h != nil {
			held = append(held, h.Field)
		}
	}
	if !slices.Equal(held, []directory.Field{directory.JobTitle}) {
		t.Errorf("held %q", held)
	}
}
