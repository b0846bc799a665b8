package plan

import (
	"slices"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

// Where everybody who was not imported is deactivated, the account that a held employee may have stays until it is
// settled whose it is; whoever left, or is left out, keeps none (promise SI35).
func TestNotImportedWaitsForHeldEmployees(t *testing.T) {
	for what, c := range map[string]struct {
		employee employee
		decision directory.DecisionKind
		want     []string // who is deactivated
	}{
		"nobody like them":      {employee{number: "N9", email: "other@a.test", status: "Active"}, "", []string{"ann", "bo"}},
		"the number, no e-mail": {employee{number: "N1", status: "Active"}, "", []string{"bo"}},
		"a status hidden":       {employee{email: "ann@a.test", status: "hidden"}, "", []string{"bo"}},
		"no status":             {employee{email: "ann@a.test"}, "", []string{"bo"}},
		"two people":            {employee{number: "N1", email: "bo@a.test", status: "Active"}, "", nil},
		"an address taken":      {employee{number: "N1", email: "owner@a.test", status: "Active"}, "", []string{"bo"}},
		"only the name":         {employee{name: "Ann Lee", email: "lee@a.test", status: "Active"}, "", []string{"bo"}},
		"not started":           {employee{email: "ann@a.test", status: "Active", hire: "2027-01-04"}, "", []string{"bo"}},
		"left":                  {employee{email: "ann@a.test", status: "Inactive"}, "", []string{"ann", "bo"}},
		"out of scope":          {employee{email: "ann@a.test", status: "Active", scope: "out"}, "", []string{"ann", "bo"}},
		"left out":              {employee{email: "ann@a.test", status: "Active"}, directory.DecideIgnore, []string{"ann", "bo"}},
	} {
		x := newWorld(testPolicy(t, "match: [employee_number, work_email]\nlifecycle: { missing: deactivate_not_imported }\nguard: { deactivate: { people: 5 } }"), testNow)
		x.addPerson(t, "ann", map[string]string{"name": "Ann Lee", "email": "ann@a.test", "number": "N1"})
		x.addPerson(t, "bo", map[string]string{"name": "Bo Diaz", "email": "bo@a.test", "number": "N2"})
		x.addPerson(t, "chief", map[string]string{"name": "Cy Park", "email": "owner@a.test", "role": "owner"})
		c.employee.id = 1
		if c.employee.name == "" {
			c.employee.name = "Dee Moe"
		}
		x.employees = []employee{c.employee}
		if c.decision != "" {
			x.in.Decisions = []directory.Decision{{SourceID: 1, Kind: c.decision}}
		}
		for _, asking := range []bool{false, true} {
			if p := x.stream(t, asking); !slices.Equal(deactivated(p), c.want) {
				t.Errorf("%s: deactivates %v, not %v:\n%s", what, deactivated(p), c.want, render(p))
			}
		}
		x.employees, x.unlinked = nil, []int64{1}
		if p := x.stream(t, true); deactivated(p) != nil {
			t.Errorf("%s: deactivates %v although not everybody was read", what, deactivated(p))
		}
	}
}
