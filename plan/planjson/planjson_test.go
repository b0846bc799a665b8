package planjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var testNow = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// testPlan has a row of every kind, and values that are blank before or after.
func testPlan() plan.Plan {
	text, person := directory.KindText, directory.KindPerson
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	changes := []plan.Change{
		{Action: plan.CreateDepartment, Reason: plan.NewInHR, Sentence: "The department Sales is new in BambooHR; 1 change needs it.", Name: "Sales",
			Kinds: plan.KindSet(0).With(plan.KindNewDepartments)},
		{Action: plan.Update, Reason: plan.FieldChanged, Sentence: "BambooHR differs in job_title, teams and manager.", SourceID: 12, PersonID: "p1", Email: "ann@acme.test", Name: "Ann Lee",
			Fields: []plan.FieldChange{{Field: directory.JobTitle, Kind: text, Before: "Engineer", After: "Lead", From: "jobTitle"},
				{Field: directory.Teams, Kind: directory.KindList, After: directory.JoinList([]string{"Blue", "Red"}), From: "customTeams"},
				{Field: directory.Manager, Kind: person, Before: "bo@acme.test", BeforeID: "p2"}}},
		{Action: plan.Deactivate, Reason: plan.Terminated, Sentence: "Bo Diaz is deactivated: the termination date is over.", SourceID: 13, PersonID: "p2", Email: "bo@acme.test", Name: "Bo Diaz",
			EffectiveAt: day}}
	held := []plan.Held{
		{Kind: plan.HeldPerson, Field: directory.HireDate, Reason: plan.InvalidValue, SourceID: 13, PersonID: "p2", Name: "Bo Diaz", Email: "bo@acme.test", Detail: "cannot be understood",
			Trace: plan.Trace{Fix: "correct the value in BambooHR"}},
		{Kind: plan.HeldPerson, Reason: plan.AmbiguousMatch, SourceID: 15, Name: "Ann Lee", Email: "ann15@acme.test", Detail: "somebody has the same name",
			Candidates: []plan.Candidate{{PersonID: "q1", Email: "ann.lee@old.test", Name: "Ann Lee", Why: "same name"}}},
		{Kind: plan.HeldPerson, Field: directory.Manager, Reason: plan.OnHold, SourceID: 12, PersonID: "p1", Name: "Ann Lee", Email: "ann@acme.test", Detail: "the reporting lines are frozen",
			Frozen: &plan.Frozen{Freeze: "f1", Since: testNow, Change: plan.FieldChange{Field: directory.Manager, Kind: person, After: "bo@acme.test", AfterID: "p2", From: "supervisorEId"}}}}
	p := plan.Plan{Header: plan.Header{Hash: "sha256:0", MadeAt: testNow, Verdict: plan.NeedsApproval, SeatsBefore: 3, SeatsAfter: 2, Freezes: []string{"f1"},
		Counts:   plan.Counts{Update: 1, Deactivate: 1, CreateDepartment: 1, Held: 3},
		Reasons:  []plan.VerdictReason{{Code: "too_many_new_departments", Kind: plan.KindNewDepartments, Count: 1, Limit: 0, Waiting: plan.WaitingApproval, Sentence: "1 department would be created."}},
		Evidence: plan.Evidence{SnapshotID: "s1", TakenAt: testNow, Employees: 4, Readable: []string{"workEmail", "firstName"}, Grade: "complete", Requests: 5}}}
	for i := range changes {
		p.Items = append(p.Items, plan.Item{Change: &changes[i]})
	}
	for i := range held {
		p.Items = append(p.Items, plan.Item{Held: &held[i]})
	}
	p.Items = append(p.Items, plan.Item{Left: &plan.Left{Name: "Cy Park"}}, plan.Item{Refresh: &directory.LinkState{}}) // no part of the document
	return p
}

func TestPlanAsJSON(t *testing.T) {
	p := testPlan()
	var out bytes.Buffer
	e := NewEncoder(&out, "plan1", "Acme HR", &p.Header)
	for i := range p.Items {
		e.Item(&p.Items[i])
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, out.Bytes(), "", " "); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, out.String())
	}
	const file = "testdata/plan.json"
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("plan as JSON (-want +got):\n%s", diff)
	}
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		kind directory.Kind
		text string
		want string
	}{
		{directory.KindText, "", "null"},
		{directory.KindList, "", "null"},
		{directory.KindText, "a \"b\"", `"a \"b\""`},
		{directory.KindList, directory.JoinList([]string{"a", "b"}), `["a","b"]`},
		{directory.KindNumber, "12.50", "12.50"},
		{directory.KindBoolean, "false", "false"},
		{directory.KindMoney, "500.00 EUR", `{"amount":"500.00","currency":"EUR"}`},
		{directory.KindDate, "2026-11-21", `"2026-11-21"`},
	} {
		got, err := json.Marshal(Value(c.kind, c.text))
		if err != nil || string(got) != c.want {
			t.Errorf("Value(%s, %q) = %s, %v, want %s", c.kind, c.text, got, err, c.want)
		}
	}
}

type brokenWriter struct{ after int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestEncoderKeepsTheFirstError(t *testing.T) {
	p := testPlan()
	e := NewEncoder(&brokenWriter{after: 3}, "plan1", "Acme HR", &p.Header)
	for i := range p.Items {
		e.Item(&p.Items[i])
	}
	if err := e.Close(); err == nil || err.Error() != "disk full" {
		t.Errorf("Close() = %v, want the writer's error", err)
	}
}
