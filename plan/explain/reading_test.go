package explain

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// A reading that failed since is told of, whatever the last one that succeeded says.
func TestExplainTellsOfAReadingThatFailed(t *testing.T) {
	first := applied(created(), "run1", made())
	failed := Failed{At: testNow.Add(90 * time.Minute), Why: "the key was refused; enter another."}
	const told = " The last reading that succeeded is of 2026-11-21 13:00 UTC; that of 2026-11-21 13:30 UTC failed: the key was refused; enter another."
	(&answered{Input{Status: directory.Active, Entries: []Entry{first}, Reading: made(), Older: 1, Failed: &failed}, "asks for nothing else." + told, ResultNothing, ""}).check(t, "nothing else")
	(&answered{Input{Status: directory.Active, Entries: []Entry{first, planned(leaver())}, Reading: made(), Failed: &failed}, "2026-11-21 13:00 UTC." + told, ResultPlanned, ""}).check(t, "planned")
	(&answered{Input{Reading: made(), Failed: &failed}, "shows no such employee." + told, ResultGone, ""}).check(t, "gone")
	(&answered{Input{Status: directory.Active, Entries: []Entry{first}, Failed: &failed}, stands, "", ""}).check(t, "never read in full")
}

// Of a past day it says what it leaves out, when it says anything.
func TestExplainOfAPastDayNamesNoHolds(t *testing.T) {
	const left = "Holds and freezes of a past day are not shown."
	in := Input{Who: "ann@acme.test", PersonID: "p1", SourceID: 1, Name: "Ann Lee", Status: directory.Active, At: testNow, Past: true, Entries: []Entry{applied(created(), "run1", made())}}
	got := Of(in)
	if lines := got.Lines(); got.Sentence != stands+" "+left || lines[len(lines)-1].Text != left {
		t.Errorf("%s", got.Sentence)
	}
	in.Entries = nil
	if got := Of(in); strings.Contains(got.Sentence, left) || len(got.Lines()) != 1 {
		t.Errorf("of a day without runs: %s", got.Sentence)
	}
	in.Past, in.Entries = false, []Entry{applied(created(), "run1", made())}
	if got := Of(in); strings.Contains(got.Sentence, left) {
		t.Errorf("of today: %s", got.Sentence)
	}
}
