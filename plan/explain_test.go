package plan

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
)

// entry stores a row of a run.
func storedEntry(it Item, run, actor string, applied bool) ExplainEntry {
	return ExplainEntry{At: testNow, RunID: run, Actor: actor, Applied: applied, Item: it}
}

func TestExplain(t *testing.T) {
	x := newWorld(testPolicy(t, "scope: { block_statuses: [Contractor] }"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "ann@acme.test", "employee": "1", "title": "Engineer"})
	x.employees = []employee{
		{id: 1, name: "Ann Lee", email: "ann@acme.test", status: "Active", employment: "Contractor", hire: "2020-01-01", title: "Lead"},
		{id: 2, name: "Bo Diaz", status: "Active"},
		{id: 3, name: "Cy Park", status: "Inactive"},
	}
	p := x.plan()
	rows := map[int64]Item{}
	for _, it := range p.Items {
		switch {
		case it.Change != nil:
			rows[it.Change.SourceID] = it
		case it.Held != nil:
			rows[it.Held.SourceID] = it
		case it.Left != nil:
			rows[it.Left.SourceID] = it
		}
	}
	edit := Item{Change: &Change{Action: Update, Reason: FieldChanged, PersonID: "p1", Sentence: "Eve edited this person",
		StatusBefore: directory.Deactivated, StatusAfter: directory.Deactivated,
		Fields: []FieldChange{{Field: directory.Phone, Before: "", After: "1"}}}}
	human := storedEntry(edit, "", "eve", true)
	human.Human = true
	got := []Explanation{
		Explain(ExplainInput{Who: "ann@acme.test", PersonID: "p1", SourceID: 1, Name: "Ann Lee", Status: directory.Deactivated, At: testNow,
			Entries: []ExplainEntry{storedEntry(rows[1], "run1", "schedule", true), human}}),
		Explain(ExplainInput{Who: "Bo Diaz", SourceID: 2, Name: "Bo Diaz", At: testNow, Entries: []ExplainEntry{storedEntry(rows[2], "run1", "schedule", false)}}),
		Explain(ExplainInput{Who: "employee:3", SourceID: 3, At: testNow, Entries: []ExplainEntry{storedEntry(rows[3], "run1", "schedule", false)}}),
		Explain(ExplainInput{Who: "employee:1", SourceID: 1, PersonID: "p1", Name: "Ann Lee", Status: directory.Active, At: testNow,
			Entries: []ExplainEntry{storedEntry(rows[1], "run1", "cli:root", false)}}),
		Explain(ExplainInput{Who: "nobody@acme.test", At: testNow}),
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
