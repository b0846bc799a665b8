package plan

import (
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

// variedWorld has rows of every kind.
func variedWorld(t *testing.T) *world {
	x := newWorld(testPolicy(t, "departments: create"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "ann@acme.test", "employee": "12", "title": "Engineer", "manager": "p2"})
	x.addPerson(t, "p2", map[string]string{"name": "Bo Diaz", "email": "bo@acme.test", "employee": "13"})
	x.addPerson(t, "q1", map[string]string{"name": "Ann Lee", "email": "ann.lee@old.test"})
	x.employees = []employee{
		{id: 12, name: "Ann Lee", email: "ann@acme.test", title: "Lead", manager: 13, status: "Active", teams: []string{"Red"}},
		{id: 13, name: "Bo Diaz", email: "bo@acme.test", department: "Sales", manager: 12, status: "Active", invalid: []directory.Field{directory.HireDate}},
		{id: 14, name: "Cy Park", status: "Active"},
		{id: 15, name: "Ann Lee", email: "ann15@acme.test", status: "Active"},
	}
	x.evidence = Evidence{SnapshotID: "s1", TakenAt: testNow, SnapshotHash: "h", Readable: []string{"workEmail", "firstName"}, Grade: "complete", Requests: 5}
	return x
}

// The hash is the plan's content: not when it was made, nor by which snapshot or with how many requests.
func TestHash(t *testing.T) {
	x := variedWorld(t)
	base := x.plan().Header.Hash
	x.in.Now = x.in.Now.AddDate(0, 0, 1)
	x.evidence.SnapshotID, x.evidence.Requests, x.evidence.TakenAt = "s2", 99, x.in.Now
	if got := x.plan().Header.Hash; got != base {
		t.Errorf("another instant gives another hash")
	}
	for name, change := range map[string]func(x *world){
		"settings": func(x *world) { x.in.Revision = "r2" },
		"snapshot": func(x *world) { x.evidence.SnapshotHash = "h2" },
		"version": func(x *world) {
			p := x.people["p1"]
			p.Version++
			x.people["p1"] = p
		},
		"value":  func(x *world) { x.employees[0].title = "Boss" },
		"as of":  func(x *world) { x.in.AsOf = &x.in.Now },
		"reason": func(x *world) { x.employees[2].status = "" },
	} {
		y := variedWorld(t)
		change(y)
		if y.plan().Header.Hash == base {
			t.Errorf("another %s gives the same hash", name)
		}
	}
}
