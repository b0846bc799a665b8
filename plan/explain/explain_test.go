package explain

import (
	"encoding/json"
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

// stored is a row of a run.
func stored(it plan.Item, run, actor string, applied bool) Entry {
	return Entry{At: testNow, RunID: run, Actor: actor, By: actor, Applied: applied, Item: it}
}

func TestExplain(t *testing.T) {
	ann := plan.Item{Change: &plan.Change{Action: plan.Deactivate, Reason: plan.StatusBlocked, SourceID: 1, PersonID: "p1", Name: "Ann Lee",
		StatusBefore: directory.Active, StatusAfter: directory.Deactivated,
		Sentence: "Ann Lee is deactivated: the employment status is Contractor, which is on the block list.",
		Fields: []plan.FieldChange{{Field: directory.JobTitle, Before: "Engineer", After: "Lead", From: "jobTitle"},
			{Field: directory.HireDate, After: "2020-01-01", From: "hireDate"}},
		Trace: plan.Trace{Account: "Active", Employment: "Contractor", Hire: "2020-01-01", Scope: "in", Match: "link", Signal: "status_blocked",
			Fix: "if this is wrong, correct the employment status in BambooHR, or take it off the block list"}}}
	bo := plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Reason: plan.NoEmail, SourceID: 2, Name: "Bo Diaz", Detail: "BambooHR has no work e-mail for this employee",
		Trace: plan.Trace{Account: "Active", Scope: "in", Match: "none", Fix: "enter a work e-mail in BambooHR"}}}
	cy := plan.Item{Left: &plan.Left{Name: "Cy Park",
		Trace: plan.Trace{Account: "Inactive", Scope: "in", Match: "none", Fix: "nothing to do; who comes back gets an account then"}}}
	edit := plan.Item{Change: &plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: "p1", Sentence: "eve edited this person",
		StatusBefore: directory.Deactivated, StatusAfter: directory.Deactivated,
		Fields: []plan.FieldChange{{Field: directory.Phone, Before: "", After: "1"}}}}
	human := stored(edit, "", "eve", true)
	human.Human = true
	got := []Explanation{
		Of(Input{Who: "ann@acme.test", PersonID: "p1", SourceID: 1, Name: "Ann Lee", Status: directory.Deactivated, At: testNow,
			Entries: []Entry{stored(ann, "run1", "schedule", true), human}}),
		Of(Input{Who: "Bo Diaz", SourceID: 2, Name: "Bo Diaz", At: testNow, Entries: []Entry{stored(bo, "run1", "schedule", false)}}),
		Of(Input{Who: "employee:3", SourceID: 3, At: testNow, Entries: []Entry{stored(cy, "run1", "schedule", false)}}),
		Of(Input{Who: "employee:1", SourceID: 1, PersonID: "p1", Name: "Ann Lee", Status: directory.Active, At: testNow,
			Entries: []Entry{stored(ann, "run1", "cli:root", false)}}),
		Of(Input{Who: "nobody@acme.test", At: testNow}),
	}
	text, err := json.MarshalIndent(got, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	const file = "testdata/explain.json"
	if *update {
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)+"\n"); diff != "" {
		t.Errorf("explanations (-want +got):\n%s", diff)
	}
}

// A field that is left as it is stands beside what happened to the person, with its fix unless the decision has one of
// its own.
func TestExplainTellsOfFields(t *testing.T) {
	created := plan.Item{Change: &plan.Change{Action: plan.Create, Reason: plan.NewInHR, SourceID: 1, PersonID: "p1", Name: "Ann Lee", StatusAfter: directory.Provisioned,
		Sentence: "Ann Lee is new in BambooHR and gets an account (provisioned)."}}
	manager := plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Field: directory.Manager, Reason: plan.ManagerMissing, SourceID: 1, Name: "Ann Lee", Email: "ann@acme.test",
		Detail: "BambooHR names employee 2 as manager, who is not in the directory (yet)", Trace: plan.Trace{Fix: "correct the manager"}}}
	in := Input{Who: "ann@acme.test", PersonID: "p1", SourceID: 1, Name: "Ann Lee", Status: directory.Provisioned, At: testNow,
		Entries: []Entry{stored(created, "run1", "schedule", true), stored(manager, "run1", "schedule", false)}}
	got := Of(in)
	const sentence = "Ann Lee has had an account since 2026-11-21 12:00 UTC: employee 1 was new in BambooHR (run1, by schedule). manager of Ann Lee is not changed: " +
		"BambooHR names employee 2 as manager, who is not in the directory (yet)."
	if got.Sentence != sentence {
		t.Errorf("sentence %q, want %q", got.Sentence, sentence)
	}
	if got.Fix == nil || *got.Fix != "correct the manager" {
		t.Errorf("fix %v", got.Fix)
	}
	held := 0
	for _, s := range got.Steps {
		if s.Result == "held" {
			held++
		}
	}
	if held != 1 {
		t.Errorf("%d steps tell of a held field, want 1: %+v", held, got.Steps)
	}
}

// A value that a freeze holds back waits in a step of its own.
func TestExplainTellsOfFreezes(t *testing.T) {
	frozen := plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Field: directory.JobTitle, Reason: plan.OnHold, Detail: "jobs are frozen",
		Frozen: &plan.Frozen{Freeze: "f1", Since: testNow, Change: plan.FieldChange{Field: directory.JobTitle, Before: "Engineer", After: "Lead", From: "jobTitle"}}}}
	got := Of(Input{Who: "ann@acme.test", Name: "Ann Lee", At: testNow, Entries: []Entry{stored(frozen, "run1", "schedule", false)}})
	for _, s := range got.Steps {
		if s.Step == "freeze" && s.Result == "f1" && s.Detail == "job_title: Engineer → Lead waits" && *s.Value == "Lead" {
			return
		}
	}
	t.Errorf("no step tells of the freeze: %+v", got.Steps)
}
