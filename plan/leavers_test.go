package plan

import (
	"fmt"
	"testing"
)

// Who leaves does not stay because something else of the record has to wait for an approval: only the offending kind
// waits. The rest of the record is planned again, and waits, once they have left.
func TestLeaversWaitForNothingElse(t *testing.T) {
	leaver := employee{id: 1, name: "P1 Lee", email: "1@a.test", phone: "1", status: "Inactive", employment: "Full-Time", scope: "in", hire: "2020-01-01"}
	for name, c := range map[string]struct {
		change func(*employee)
		others bool // the same happens to others
		kind   Kind // what waits; "" when nothing does
	}{
		"a number that is gone":         {func(e *employee) { e.phone = "" }, true, KindBlank},
		"of nobody else":                {func(e *employee) { e.phone = "" }, false, ""},
		"another address":               {func(e *employee) { e.email = "new" + e.email }, true, KindMoveEmail},
		"a new department":              {func(e *employee) { e.department = fmt.Sprint("New ", e.id) }, true, KindNewDepartments},
		"nothing":                       {func(*employee) {}, true, ""},
		"a new title beside the others": {func(e *employee) { e.title = "Cook" }, true, ""},
	} {
		x := newWorld(testPolicy(t, "lifecycle: { leaving: { status: { action: deactivate } } }\n"+
			"guard: { deactivate: { people: 5 }, blank: { people: 1, percent: 1 }, move_email: { people: 1, percent: 1 }, new_departments: 1 }"), testNow)
		for id := int64(1); id <= 9; id++ {
			e := leaver
			e.id, e.name, e.email = id, fmt.Sprintf("P%d Lee", id), fmt.Sprintf("%d@a.test", id)
			x.addPerson(t, fmt.Sprintf("p%d", id), map[string]string{"name": e.name, "email": e.email, "phone": "1", "employee": fmt.Sprint(id), "hire": e.hire})
			if id > 1 {
				e.status = "Active"
			}
			if id == 1 || c.others && id < 5 {
				c.change(&e)
			}
			x.employees = append(x.employees, e)
		}
		p := x.plan()
		row := func() *Change {
			for i := range p.Items {
				if it := p.Items[i].Change; it != nil && it.PersonID == "p1" {
					return it
				}
			}
			t.Fatalf("%s: no change\n%s", name, render(p))
			return nil
		}
		if r := row(); r.Action != Deactivate || p.Header.Waiting(r.Kinds) != NotWaiting || (len(r.Fields) == 0) != (c.kind != "" || name == "nothing") || r.Link.Clean == (c.kind != "") {
			t.Errorf("%s: %+v, %+v\n%s", name, r, r.Link, render(p))
		}
		if n := p.Header.KindCounts[c.kind]; c.kind != "" && n != 3 {
			t.Errorf("%s: %d count for %s, want the three who stay", name, n, c.kind)
		}
		if c.kind == "" {
			continue
		}
		x.apply(t, p)
		p = x.plan()
		if r := row(); r.Action != Update || len(r.Fields) != 1 || p.Header.Waiting(r.Kinds) != WaitingApproval || p.Header.KindCounts[c.kind] != 4 {
			t.Errorf("%s, having left: %+v\n%s", name, r, render(p))
		}
	}
}
