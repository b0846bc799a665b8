package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// No plan moves the address of an owner or admin, whoever wants it or gives theirs up (security §1.5).
func TestPropertyPrivilegedAddressesStay(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		for range 3 {
			p := x.plan()
			for i := range p.Items {
				c := p.Items[i].Change
				if c == nil || c.Action == Create || c.PersonID == "" || !x.people[c.PersonID].Role.Privileged() {
					continue
				}
				if emailChange(c) >= 0 {
					t.Fatalf("%s of %s moves:\n%s", x.people[c.PersonID].Role, c.PersonID, render(p))
				}
			}
			x.apply(fatal{t: t}, p)
		}
	})
}

func TestPrivilegedAddressIsHeldAndTheRestGoesAhead(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "ann@a.test", "employee": "1", "role": "admin"})
	x.addPerson(t, "p2", map[string]string{"name": "Bo Diaz", "email": "bo@a.test", "employee": "2"})
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "bo@a.test", title: "CTO", status: "Active"},
		{id: 2, name: "Bo Diaz", email: "ann@a.test", title: "Cook", status: "Active"}}
	want := `verdict applies, seats 2 to 2
create 0 update 1 deactivate 0 reactivate 0 link 0 department 0 team 0 held 2 unchanged 0 left 0
update 1 Ann Lee field_changed active>active
  BambooHR differs in job_title.
  job_title: blank > CTO (jobTitle)
  state 1
held 1 Ann Lee on_hold email: BambooHR says bo@a.test; the address of an owner or administrator is changed by hand only, because a link for a new password goes there
  fix if the new address is right, enter it on the person's page, or with "rollcall person edit"
held 2 Bo Diaz email_taken: the address ann@a.test belongs to Ann Lee (ann@a.test), who is employee 1
  candidate p1 Ann Lee <ann@a.test> same e-mail
  fix give one of them another work e-mail in BambooHR, or change the person's with "rollcall person edit"
refresh 2
`
	if diff := cmp.Diff(want, render(x.plan())); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	x.settle(t)
	if x.links[1].Clean {
		t.Error("the held record would be skipped once the role is taken away")
	}
	p := x.people["p1"]
	p.Role = directory.RoleMember // the two swap now, like any other employees
	x.people["p1"] = p
	x.settle(t)
	one, two := x.people["p1"], x.people["p2"]
	if got := [2]string{one.Values.Get(directory.Email), two.Values.Get(directory.Email)}; got != [2]string{"bo@a.test", "ann@a.test"} {
		t.Errorf("addresses of two members: %v", got)
	}
}
