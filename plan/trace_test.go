package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A row keeps what it was made from, for package explain.
func TestTrace(t *testing.T) {
	x := newWorld(testPolicy(t, "scope: { block_statuses: [Contractor] }"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "ann@acme.test", "employee": "1", "title": "Engineer"})
	x.employees = []employee{
		{id: 1, name: "Ann Lee", email: "ann@acme.test", status: "Active", employment: "Contractor", hire: "2020-01-01", title: "Lead"},
		{id: 2, name: "Bo Diaz", status: "Active"},
		{id: 3, name: "Cy Park", status: "Inactive"},
	}
	got := map[string]Trace{}
	for _, it := range x.plan().Items {
		switch {
		case it.Change != nil:
			got["change"] = it.Change.Trace
		case it.Held != nil:
			got["held"] = it.Held.Trace
		case it.Left != nil:
			got["left"] = it.Left.Trace
		}
	}
	want := map[string]Trace{
		"change": {Account: "Active", Employment: "Contractor", Hire: "2020-01-01", Scope: "in", Match: "link", Signal: "status_blocked", Fix: leavingFix(StatusBlocked)},
		"held":   {Account: "Active", Scope: "in", Match: "none", Fix: "enter a work e-mail in BambooHR"},
		"left":   {Account: "Inactive", Scope: "in", Match: "none", Fix: "nothing to do; who comes back gets an account then"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("traces (-want +got):\n%s", diff)
	}
}
