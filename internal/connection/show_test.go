package connection_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/live"
)

// readings counts the reports that are asked for.
func (h *house) readings() *atomic.Int64 {
	n := new(atomic.Int64)
	h.gate.watch(func(r *http.Request) {
		if strings.Contains(r.URL.Path, "/reports/custom") && r.URL.Query().Get("onlyCurrent") != "false" {
			n.Add(1)
		}
	})
	return n
}

func TestExamples(t *testing.T) {
	company := office(30)
	company.Employees[0].Status = bamboosim.Inactive
	h := newHouse(t, company)
	ctx := t.Context()
	d := h.checked("{}")
	n := h.readings()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if _, err := h.Examples(ctx, d.ID, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	ex, err := h.Examples(ctx, d.ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	once := n.Load()
	if phones := ex["phone"]; len(phones) != 5 || phones[0].Value != "555-0002" || phones[0].Name != "Given2 Family2" || phones[4].Value != "" || phones[4].SourceID != "10" {
		t.Errorf("phones: %+v", phones)
	}
	if got := ex["phone"][0].Source; !cmp.Equal(got, []connection.Part{{Field: "workPhone", Value: "555-0002", State: "set"}}) {
		t.Errorf("source: %+v", got)
	}
	if m := ex["manager"]; len(m) != 5 || m[0].Value != "Given1 Family1" || m[0].SourceID != "3" {
		t.Errorf("managers: %+v", m)
	}
	if first := ex["first_name"][0]; first.SourceID != "2" {
		t.Errorf("an inactive employee before active ones: %+v", first)
	}
	again, err := h.Examples(ctx, d.ID, nil)
	if err != nil || !cmp.Equal(ex, again) || n.Load() != once {
		t.Errorf("not the same again after %d, %d readings: %v", once, n.Load(), err)
	}
	patch := []byte(`mapping: { custom.shirt: { from: "name:Shirt size" }, hire_date: { from: workPhone } }`)
	if ex, err = h.Examples(ctx, d.ID, patch); err != nil || ex["custom.shirt"][0].Value != "M" || n.Load() == once {
		t.Errorf("a field that was not read: %+v, %v", ex["custom.shirt"], err)
	}
	if bad := ex["hire_date"][0]; bad.Note == "" || bad.Value != "" || bad.Source[0].Value == "" {
		t.Errorf("a phone as a date: %+v", bad)
	}
	twice := n.Load()
	if _, err = h.Examples(ctx, d.ID, nil); err != nil || n.Load() != twice {
		t.Errorf("the larger sample serves the smaller settings: %d readings, %v", n.Load(), err)
	}
	for _, p := range []string{`mapping: { custom.town: { from: city } }`, string(patch)} {
		if _, err = h.Examples(ctx, d.ID, []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	if n.Load() == twice {
		t.Error("the town was not read")
	}
	twice = n.Load()
	if _, err = h.Examples(ctx, d.ID, []byte(`mapping: { custom.town: { from: city } }`)); err != nil || n.Load() != twice {
		t.Errorf("two drafts in turns read each time: %d, %v", n.Load()-twice, err)
	}
	_, err = h.Examples(ctx, d.ID, []byte(`mapping: { custom.shirt: { from: "name:Shoe size" } }`))
	wantFault(t, err, "mapping")
	_, err = h.Examples(ctx, d.ID, []byte(`mapping: { nonsense: { from: x } }`))
	wantFault(t, err, "mapping.nonsense")
	h.now = h.now.Add(live.KeepFor)
	if _, err = h.Examples(ctx, d.ID, nil); err != nil || n.Load() == twice {
		t.Errorf("an old sample was shown: %d readings, %v", n.Load(), err)
	}
}

func TestScope(t *testing.T) {
	company := office(30)
	company.Employees[4].TerminationDate, company.Employees[5].TerminationDate = "2026-12-31", "2026-11-20"
	h := newHouse(t, company)
	ctx := t.Context()
	d := h.checked("{}")
	view, err := h.Scope(ctx, d.ID, []byte(`scope: { include: [{ field: location, is: Utrecht }], exclude: [{ field: department, in: [Board] }, { field: workPhone, is_blank: true }],
  block_statuses: [Contractor, Intern] }`))
	if err != nil {
		t.Fatal(err)
	}
	if view.Employees != 30 || view.In != 26 || view.Out != 4 || view.Unknown != 0 || view.More || view.ReadAt.IsZero() {
		t.Errorf("%+v", view)
	}
	got := map[string]int{}
	for _, r := range view.Rules {
		got[r.Place] = r.People
	}
	want := map[string]int{"scope.include[0]": 30, "scope.exclude[0]": 1, "scope.exclude[1]": 3, "scope.block_statuses[0]": 1, "scope.block_statuses[1]": 0,
		"scope.no_status": 0, "lifecycle.leaving.status": 1, "lifecycle.leaving.termination_date": 1, "lifecycle.leaving.status_blocked": 1,
		"lifecycle.leaving.out_of_scope": 4, "lifecycle.leaving.missing": 0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	odd, err := h.Scope(ctx, d.ID, []byte("scope: { exclude: [{ field: workPhone, before: 2020-01-01 }] }"))
	if err != nil || odd.Unknown != 27 || odd.In != 3 || odd.Rules[0].Unknown != 27 || odd.Rules[0].People != 0 {
		t.Errorf("a rule that cannot be judged: %+v, %v", odd, err)
	}
	if names := view.Rules[1].Names; !cmp.Equal(names, []string{"Given2 Family2"}) {
		t.Errorf("names %v", names)
	}
}

func TestFieldsAndValues(t *testing.T) {
	h := newHouse(t, office(30))
	ctx := t.Context()
	d := h.checked("{}")
	fields, err := h.Fields(ctx, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, f := range fields {
		if seen[f.Alias] != "" {
			t.Errorf("%s twice", f.Alias)
		}
		seen[f.Alias] = f.Name
	}
	if seen["customShirtsize"] != "Shirt size" || seen["supervisorEId"] == "" || seen["workEmail"] == "" || seen["photoUrl"] != "" {
		t.Errorf("fields %v", seen)
	}
	for field, want := range map[string][]string{"department": {"Board", "Engineering"}, "customShirtsize": {"M"}} {
		if got, err := h.Values(ctx, d.ID, field); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s: %v, %v", field, got, err)
		}
	}
	recipe, err := h.Recipe(ctx, "", []byte("preset: ally"))
	if err != nil || len(recipe) < 5 || strings.Contains(strings.Join(recipe, " "), bamboosim.DefaultKey) {
		t.Errorf("recipe: %v, %v", recipe, err)
	}
	recipe, err = h.Recipe(ctx, d.ID, []byte(`mapping: { custom.shirt: { from: "name:Shirt size" } }`))
	if err != nil || !strings.Contains(strings.Join(recipe, " "), "Shirt size") {
		t.Errorf("recipe: %v, %v", recipe, err)
	}
}
