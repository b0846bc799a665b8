package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSourceFieldsAskForWhatIsUsedAndNoMore(t *testing.T) {
	c := mustParse(t, `
preset: ally
bamboohr: { subdomain: acme }
mapping:
  teams: null
  manager: null
  first_name: { expr: "upper(last_name) + customNick" }
  gender: { from: gender, authority: local }
scope: { include: [{ field: "name:alleo_access", is_true: true }], exclude: [{ field: country, in: [France] }] }
location_time_zones: { Utrecht: Europe/Amsterdam }
`)
	want := strings.Fields("country customNick employmentHistoryStatus hireDate id lastName location name:alleo_access status terminationDate workEmail")
	if diff := cmp.Diff(want, SourceFields(c)); diff != "" {
		t.Error(diff)
	}
	want = strings.Fields("country name:alleo_access terminationDate workEmail")
	if diff := cmp.Diff(want, CriticalFields(c)); diff != "" {
		t.Error(diff)
	}
}

func TestCriticalFieldsFollowTheSettings(t *testing.T) {
	for text, want := range map[string]string{
		"match: [home_email]\nlifecycle: { leaving: [] }":                                                               "homeEmail",
		"match: [work_email, home_email]\nlifecycle: { leaving: [] }":                                                   "workEmail",
		"match: [work_email]\nlifecycle: { leaving: { status: { action: hold }, termination_date: { action: none } } }": "status workEmail",
		"match: [work_email]\nlifecycle: { leaving: [] }\nscope: { block_statuses: [Intern] }":                          "employmentHistoryStatus workEmail",
	} {
		c := mustParse(t, "bamboohr: { subdomain: acme }\n"+text)
		if got := strings.Join(CriticalFields(c), " "); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
}

func TestLifecycleFieldsAreSorted(t *testing.T) {
	if !slices.IsSorted(LifecycleFields()) {
		t.Error(LifecycleFields())
	}
}

func TestTargets(t *testing.T) {
	for name, want := range map[string]Kind{"email": KindEmail, "manager": KindManager, "teams": KindList, "budgets.learning": KindMoney, "custom.shirt": KindText} {
		if target, ok := FindTarget(name); !ok || target.Kind != want {
			t.Errorf("%s: got %v, %v", name, target, ok)
		}
	}
	for _, name := range []string{"", "status", "custom.", "custom.a b", "budgets.9", "Email"} {
		if _, ok := FindTarget(name); ok {
			t.Errorf("%q must be no target", name)
		}
	}
	if name, ok := SourceField("name:Shirt size").Name(); !ok || name != "Shirt size" {
		t.Errorf("got %q, %v", name, ok)
	}
}
