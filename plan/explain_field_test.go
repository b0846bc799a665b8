package plan

import (
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

// TestExplainTellsOfFields: a field that is left as it is stands beside what happened to the person, with
// its fix unless the decision has one of its own.
func TestExplainTellsOfFields(t *testing.T) {
	x := newWorld(testPolicy(t, ""), testNow)
	x.employees = []employee{
		{id: 1, name: "Ann Lee", email: "ann@acme.test", status: "Active", manager: 2},
		{id: 2, name: "Bo Diaz", status: "Active"},
	}
	in := ExplainInput{Who: "ann@acme.test", PersonID: "p1", SourceID: 1, Name: "Ann Lee", Status: directory.Provisioned, At: testNow}
	for _, it := range x.plan().Items {
		switch {
		case it.Change != nil && it.Change.SourceID == 1:
			in.Entries = append(in.Entries, storedEntry(it, "run1", "schedule", true))
		case it.Held != nil && it.Held.SourceID == 1:
			in.Entries = append(in.Entries, storedEntry(it, "run1", "schedule", false))
		case it.Held != nil && it.Held.Email != "":
			t.Errorf("%s has no address, and %q is told", it.Held.Name, it.Held.Email)
		}
	}
	got := Explain(in)
	const sentence = "Ann Lee is new in BambooHR and gets an account (provisioned). manager of Ann Lee is not changed: " +
		"BambooHR names employee 2 as manager, who is not in the directory (yet); the old manager is kept."
	if got.Sentence != sentence {
		t.Errorf("sentence %q, want %q", got.Sentence, sentence)
	}
	if got.Fix == nil || *got.Fix != fieldFix(ManagerMissing) {
		t.Errorf("fix %v, want %q", got.Fix, fieldFix(ManagerMissing))
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
