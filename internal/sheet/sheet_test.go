package sheet_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/plan"
)

// Names from HR cannot become formulas, and a table that cannot be read to its end is an error.
func TestWrite(t *testing.T) {
	var out strings.Builder
	torn := errors.New("torn")
	err := sheet.Write(&out, sheet.Row{"name"}, func(yield func(sheet.Row, error) bool) {
		_ = yield(sheet.Row{"=CMD()"}, nil) && yield(sheet.Row{"Ann, \"Lee\""}, nil) && yield(nil, torn)
	})
	if !errors.Is(err, torn) {
		t.Errorf("a torn table: %v", err)
	}
	out.Reset()
	err = sheet.Write(&out, sheet.Row{"name"}, func(yield func(sheet.Row, error) bool) {
		_ = yield(sheet.Row{"=CMD()"}, nil) && yield(sheet.Row{"Ann, \"Lee\""}, nil)
	})
	if want := "name\n'=CMD()\n\"Ann, \"\"Lee\"\"\"\n"; err != nil || out.String() != want {
		t.Errorf("%q, %v", out.String(), err)
	}
}

func TestSafe(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+31 20 555": "'+31 20 555", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "\x00x": "'\x00x",
		"": "", "Ann": "Ann", "1-2": "1-2", "'=": "'=",
	} {
		if got := sheet.Safe(text); got != want {
			t.Errorf("Safe(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestPlanRows(t *testing.T) {
	at := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	change := plan.Item{Change: &plan.Change{Action: plan.Update, Reason: plan.FieldChanged, SourceID: 12, PersonID: "p_1", Email: "ann@acme.test", Name: "Ann", EffectiveAt: at,
		Sentence: "BambooHR says so", Fields: []plan.FieldChange{{Field: "phone", Before: "1", From: "workPhone"}, {Field: "teams", Kind: directory.KindList, After: directory.JoinList([]string{"Blue", "Red"})}}}}
	got := sheet.PlanRows(&plan.Header{}, &change)
	want := []sheet.Row{
		{"update", "field_changed", "", "12", "p_1", "ann@acme.test", "Ann", "2026-11-22T00:00:00Z", "phone", "1", "", "workPhone", "BambooHR says so"},
		{"update", "field_changed", "", "12", "p_1", "ann@acme.test", "Ann", "2026-11-22T00:00:00Z", "teams", "", "Blue,Red", "", "BambooHR says so"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	// What has no day of its own takes effect when the plan is made, as in its JSON.
	team := plan.Item{Change: &plan.Change{Action: plan.CreateTeam, Group: &directory.Group{Name: "Red"}}}
	if rows := sheet.PlanRows(&plan.Header{MadeAt: at}, &team); len(rows) != 1 || rows[0][6] != "Red" || rows[0][7] != "2026-11-22T00:00:00Z" {
		t.Errorf("a team: %v", rows)
	}
	held := sheet.PlanRows(&plan.Header{}, &plan.Item{Held: &plan.Held{Reason: plan.NoEmail, SourceID: 4, Detail: "none"}})
	if len(held) != 1 || held[0][0] != "held" || len(held[0]) != len(sheet.PlanColumns()) {
		t.Errorf("held: %v", held)
	}
}

func TestPersonRow(t *testing.T) {
	p := directory.Person{ID: "p_1", Status: directory.Active}
	p.Values.Set(directory.Email, directory.KindText, "ann@acme.test")
	p.Values.Set(directory.Manager, directory.KindText, "p_2")
	p.Values.Set("custom.size", directory.KindText, "L")
	own := []directory.Field{"custom.size"}
	head, row := sheet.PeopleColumns(own), sheet.PersonRow(&p, own, map[string]string{"p_2": "bo@acme.test"})
	got := map[string]string{}
	for i, name := range head {
		got[name] = row[i]
	}
	for name, want := range map[string]string{"id": "p_1", "status": "active", "email": "ann@acme.test", "manager_email": "bo@acme.test", "custom.size": "L"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}
