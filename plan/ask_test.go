package plan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
)

// Of a company in which little changed only those are wanted whom the change concerns, and the plan is the same.
func TestFewPeopleAreAskedFor(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	for i := range int64(100) {
		x.employees = append(x.employees, employee{id: i + 1, name: fmt.Sprintf("Ann Lee%d", i+1), number: fmt.Sprint(i + 1), email: fmt.Sprintf("%d@a.test", i+1),
			status: "Active", manager: i / 10})
	}
	x.apply(t, x.plan())
	x.addPerson(t, "boss", map[string]string{"name": "Bo Diaz", "email": "Bo@other.test", "connection": "other", "employee": "1"})
	x.in.Linked.People = 100
	for what, c := range map[string]struct {
		change func(*employee)
		most   int // people needed: the employee's, a manager's and those above
	}{
		"title":             {func(e *employee) { e.title = "CEO" }, 4},
		"manager by id":     {func(e *employee) { e.manager = 77 }, 5},
		"manager by number": {func(e *employee) { e.manager, e.managerNo = 0, "55" }, 5},
		"manager by mail":   {func(e *employee) { e.manager, e.managerMail = 0, "bo@Other.test" }, 4},
		"taken address":     {func(e *employee) { e.email = "98@a.test" }, 5},
	} {
		before := x.employees[99]
		c.change(&x.employees[99])
		all, b := x.plan(), NewBuilder(x.input())
		w := x.employees[99].wanted(x.in.Policy)
		b.Survey(&w, true)
		if got := b.Wants(); got != Asked {
			t.Errorf("%s: wants %v, not those asked for", what, got)
		}
		if x.add(b, Asked); b.people.len() > c.most {
			t.Errorf("%s: %d people are asked for, more than %d", what, b.people.len(), c.most)
		}
		if diff := cmp.Diff(render(all), render(x.stream(t, true))); diff != "" {
			t.Errorf("%s: another plan:\n%s", what, diff)
		}
		x.employees[99] = before
	}
}

// Everybody is wanted once single look-ups would cost more, and nobody where nobody can matter.
func TestWants(t *testing.T) {
	for _, c := range []struct {
		employee employee
		people   int
		want     Whom
	}{
		{employee{id: 1, name: "Ann Lee", email: "a@a.test", status: "Active"}, 8, Asked},
		{employee{id: 1, name: "Ann Lee", email: "a@a.test", status: "Active"}, 7, Everybody},
		{employee{id: 1, name: "Ann Lee", status: "Active"}, 7, Unlinked},
		{employee{id: 1, name: "Ann Lee", email: "a@a.test", status: "Inactive"}, 7, Unlinked},
	} {
		x := newWorld(testPolicy(t, ""), testNow)
		in := x.input()
		in.Linked.People = c.people
		b := NewBuilder(in)
		w := c.employee.wanted(x.in.Policy)
		b.Survey(&w, false)
		if got := b.Wants(); got != c.want {
			t.Errorf("%+v beside %d people wants %d, not %d", c.employee, c.people, got, c.want)
		}
	}
	b := NewBuilder(newWorld(testPolicy(t, ""), testNow).input())
	if q := b.Ask(); !cmp.Equal(q, directory.PeopleQuery{}) || b.Wants() != Unlinked {
		t.Errorf("nobody surveyed, and %+v asked for", q)
	}
}
