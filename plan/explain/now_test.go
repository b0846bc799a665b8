package explain

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

const (
	stands = "Ann Lee has had an account since 2026-11-21 12:00 UTC: employee 1 was new in BambooHR (run1, by schedule)."
	leaves = "Ann Lee is deactivated: the account status in BambooHR is Inactive."
)

// change is one of Ann's, with the status before and after it.
func change(a plan.Action, why plan.Reason, before, after directory.Status, sentence string, fields ...directory.Field) plan.Item {
	c := plan.Change{Action: a, Reason: why, SourceID: 1, PersonID: "p1", Name: "Ann Lee", StatusBefore: before, StatusAfter: after, Sentence: sentence}
	for _, f := range fields {
		c.Fields = append(c.Fields, plan.FieldChange{Field: f, Before: "a", After: "b"})
	}
	return plan.Item{Change: &c}
}

func created() plan.Item {
	return change(plan.Create, plan.NewInHR, "", directory.Active, "Ann Lee is new in BambooHR and gets an account (active).", directory.Email)
}

func leaver() plan.Item {
	it := change(plan.Deactivate, plan.StatusInactive, directory.Active, directory.Deactivated, leaves)
	it.Change.Kinds, it.Change.Trace.Fix = plan.KindSet(0).With(plan.KindDeactivate), "set the status"
	return it
}

// made is a plan of an hour after testNow.
func made(more ...func(*Plan)) *Plan {
	p := &Plan{ID: "plan2", At: testNow.Add(time.Hour), Header: &plan.Header{}}
	for _, f := range more {
		f(p)
	}
	return p
}

// guarded makes a plan wait.
func guarded(w plan.Waiting) func(*Plan) {
	return func(p *Plan) {
		p.Header.Reasons = []plan.VerdictReason{{Kind: plan.KindBlank, Waiting: plan.WaitingRefused, Sentence: "Something else."},
			{Kind: plan.KindDeactivate, Waiting: w, Sentence: "9 of 10 would go."}}
		p.Header.KindCounts = map[plan.Kind]int{plan.KindDeactivate: 9}
	}
}

func undoes(run string) func(*Plan) { return func(p *Plan) { p.UndoOf = run } }

// applied is a row that the schedule's run applied.
func applied(it plan.Item, run string, p *Plan) Entry {
	e := stored(it, run, "schedule", true)
	e.Plan, e.UndoOf = p, p.UndoOf
	return e
}

// planned is a row that nobody applied.
func planned(it plan.Item, more ...func(*Plan)) Entry { return Entry{Item: it, Plan: made(more...)} }

// answered is what somebody who asks about Ann is told.
type answered struct {
	in   Input
	want string // in the sentence
	is   ExplainResult
	fix  string // "" for any
}

func (c *answered) check(t *testing.T, name string) {
	t.Helper()
	in := c.in
	in.Who, in.Name, in.At, in.SourceID = "ann@acme.test", "Ann Lee", testNow.Add(2*time.Hour), 1
	if in.Status != "" {
		in.PersonID = "p1"
	}
	got := Of(in)
	if !strings.Contains(got.Sentence, c.want) {
		t.Errorf("%s:\n%s\nwant\n%s", name, got.Sentence, c.want)
	}
	if r := got.Latest; c.is == "" && r != nil || c.is != "" && (r == nil || r.Result != c.is) {
		t.Errorf("%s: the latest is %+v, want %q", name, r, c.is)
	}
	if c.fix != "" && (got.Fix == nil || *got.Fix != c.fix) {
		t.Errorf("%s: what to do is not %q: %+v", name, c.fix, got)
	}
}

// How somebody stands is told from what was applied, whoever did it.
func TestExplainTellsHowSomebodyStands(t *testing.T) {
	first := applied(created(), "run1", made())
	back := change(plan.Reactivate, plan.Undone, directory.Deactivated, directory.Active, "Taken back: what run run2 changed.")
	phone := change(plan.Update, plan.FieldChanged, directory.Active, directory.Active, "BambooHR differs in phone.", directory.Phone)
	signedIn := stored(change(plan.Update, plan.FieldChanged, directory.Provisioned, directory.Active, "signed in for the first time"), "", "p1", true)
	signedIn.Human = true
	held := plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Reason: plan.AmbiguousMatch, Name: "Ann Lee", Detail: "two fit"}}
	owner := stored(change(plan.Create, plan.FieldChanged, directory.Active, directory.Active, "the owner was created", directory.Email), "", "p1", true)
	owner.Human = true
	due := func(action string, why plan.Reason, hours int) *directory.Due {
		return &directory.Due{At: testNow.Add(time.Duration(hours) * time.Hour), Action: action, Reason: string(why), Date: "2026-11-21"}
	}
	hold := Hold{Hold: directory.Hold{ID: "h1", UntilHR: "active", Reason: "undo of run run2", CreatedAt: testNow}, By: "ana@acme.test", Says: "that they work here"}
	for name, c := range map[string]answered{
		"by a run": {Input{Status: directory.Active, Entries: []Entry{first}, Reading: made()},
			stands + " The latest reading of BambooHR, of 2026-11-21 13:00 UTC, asks for nothing else.", ResultNothing, ""},
		"and read again": {Input{Status: directory.Active, Entries: []Entry{first}, Reading: made(), Older: 1}, "asks for nothing else.", ResultNothing, ""},
		"undone": {Input{Status: directory.Active, Entries: []Entry{first, applied(leaver(), "run2", made()), applied(back, "run3", made(undoes("run2")))}, Reading: made(), Older: 1, Holds: []Hold{hold}},
			stands + " It has been active since 2026-11-21 12:00 UTC: schedule took back what run run2 changed (run3). BambooHR was not read in full since then; the latest reading is of 2026-11-21 13:00 UTC. " +
				"A hold by ana@acme.test of 2026-11-21 12:00 UTC keeps the whole person as it is until BambooHR says that they work here: undo of run run2.",
			ResultNotRead, "nothing to do: the hold ends when BambooHR agrees; before that, \"rollcall hold remove h1\""},
		"by a date": {Input{Status: directory.Deactivated, Entries: []Entry{first, applied(leaver(), "run2", made(func(p *Plan) { p.Due = true }))}, Reading: made(), Older: 1},
			"Ann Lee has been deactivated since 2026-11-21 12:00 UTC: the account status in BambooHR is Inactive (run2, by schedule). BambooHR was not read in full since then", ResultNotRead, "set the status"},
		"changed":       {Input{Status: directory.Active, Entries: []Entry{first, applied(phone, "run2", made())}}, stands + " The record was last changed at 2026-11-21 12:00 UTC: BambooHR differed in phone (run2, by schedule).", "", ""},
		"by themselves": {Input{Status: directory.Active, Entries: []Entry{first, signedIn}}, stands + " It has been active since 2026-11-21 12:00 UTC: p1 signed in for the first time.", "", ""},
		"held before": {Input{Status: directory.Active, Entries: []Entry{first, planned(held), signedIn}},
			"BambooHR was not read in full since then; what the plan of 2026-11-21 13:00 UTC said: Ann Lee is not changed (ambiguous_match): two fit.", ResultNotRead, ""},
		"made by hand": {Input{Status: directory.Active, Entries: []Entry{owner}}, "Ann Lee has had an account since 2026-11-21 12:00 UTC: the owner was created, by p1.", "", ""},
		"to leave": {Input{Status: directory.Active, Entries: []Entry{first}, Reading: made(), Due: due("deactivate", plan.Terminated, 3)},
			stands + " Ann Lee is due to be deactivated at 2026-11-21 15:00 UTC, by the first run from then on: the termination date in BambooHR is 2026-11-21. The latest reading", ResultNothing, ""},
		"to be looked at":      {Input{Status: directory.Active, Entries: []Entry{first}, Reading: made(), Due: due("", plan.Terminated, 3)}, stands + " The latest reading", ResultNothing, ""},
		"due already":          {Input{Status: directory.Active, Entries: []Entry{first}, Reading: made(), Due: due("deactivate", plan.Terminated, 1)}, stands + " The latest reading", ResultNothing, ""},
		"within the grace":     {Input{Status: directory.Active, Entries: []Entry{first}, Due: due("deactivate", plan.StatusInactive, 3)}, "from then on: the account status in BambooHR says that they left, and the days of grace run.", "", ""},
		"missing in the grace": {Input{Status: directory.Active, Entries: []Entry{first}, Reading: made(), Due: due("deactivate", plan.MissingInHR, 3)}, stands + " The latest reading", ResultNothing, ""},
		"without an address": {Input{Status: directory.Active, Entries: []Entry{first}, Reading: made(), Older: 1, Email: "ann@acme.test"}, "asks for nothing but what is held back. " +
			"email of Ann Lee is not changed: BambooHR has none for this employee, and ann@acme.test is kept, for \"clear_when_blank\" clears no address.", ResultHeld, "enter a work e-mail in BambooHR"},
		"gone without one": {Input{Status: directory.Deactivated, Reading: made(), Email: "ann@acme.test"}, "asks for nothing else.", ResultNothing, ""},
		"frozen": {Input{Status: directory.Active, Entries: []Entry{first}, Freezes: []directory.Freeze{{ID: "f1", What: []string{"reporting_lines"}, Reason: "reviews", Until: testNow}}},
			stands + " Frozen for everybody until 2026-11-21 12:00 UTC: reporting lines (reviews).", "", ""},
	} {
		c.check(t, name)
	}
}

// A plan says what it would do, and what became of it.
func TestExplainTellsWhyNothingWasApplied(t *testing.T) {
	first := applied(created(), "run1", made())
	began := func(p *Plan) { p.Begun = "run2" }
	interrupted := func(p *Plan) { p.Interrupted = true }
	const what = stands + " Planned, not applied: " + leaves
	for name, c := range map[string]struct {
		of   []func(*Plan)
		want string
		is   ExplainResult
		fix  string
	}{
		"nobody applied it": {nil, what + " Nobody has applied the plan of 2026-11-21 13:00 UTC.", ResultPlanned, "if this is meant: \"rollcall apply plan2\"; set the status"},
		"too old":           {[]func(*Plan){func(p *Plan) { p.Expired = true }}, what + " Nobody has", ResultPlanned, "make a plan with \"rollcall plan\"; this one is too old to be applied; set the status"},
		"refused":           {[]func(*Plan){guarded(plan.WaitingRefused), began}, what + " The guard refuses it: 9 of 10 would go.", ResultRefused, "if this is meant: \"rollcall apply plan2 --release deactivate=9\"; set the status"},
		"for approval":      {[]func(*Plan){guarded(plan.WaitingApproval)}, what + " It waits for an approval: 9 of 10 would go.", ResultApproval, "if this is meant: \"rollcall apply plan2 --approve deactivate\"; set the status"},
		"interrupted":       {[]func(*Plan){began, interrupted}, what + " Run run2 was interrupted before it came to this.", ResultInterrupted, "nothing to do: the next run does it; \"rollcall sync\" is one; set the status"},
		"another part":      {[]func(*Plan){began}, what + " Run run2 applied only another part of the plan of 2026-11-21 13:00 UTC.", ResultPlanned, ""},
		"overtaken": {nil, stands + " The record was last changed at 2026-11-21 12:00 UTC: ana edited this person (phone). BambooHR was not read in full since then; " +
			"what the plan of 2026-11-21 13:00 UTC said, and nobody applied: Ann Lee is deactivated: the account status in BambooHR is Inactive.", ResultNotRead, ""},
		"an undo": {[]func(*Plan){undoes("run1")}, stands + " Planned, not applied: an undo of what run run1 changed.", ResultPlanned, ""},
	} {
		entries := []Entry{first, planned(leaver(), c.of...)}
		if c.is == ResultNotRead {
			edit := stored(change(plan.Update, plan.FieldChanged, directory.Active, directory.Active, "ana edited this person", directory.Phone), "", "ana", true)
			edit.Human = true
			entries = append(entries, edit)
		}
		(&answered{Input{Status: directory.Active, Entries: entries}, c.want, c.is, c.fix}).check(t, name)
	}
}

// What an administrator put in the way since the plan was made keeps it from being applied, whatever else it waits for;
// an undo is a decision of its own, and a hold that the plan found to be over is none.
func TestExplainOffersNoPlanThatIsForbidden(t *testing.T) {
	first := applied(created(), "run1", made())
	const what = stands + " Planned, not applied: " + leaves
	const barred = what + " Nobody can apply the plan of 2026-11-21 13:00 UTC while the hold on the whole person stands. A hold by ana@acme.test of "
	hold := func(f directory.Field, until time.Time) []Hold {
		return []Hold{{Hold: directory.Hold{ID: "h1", PersonID: "p1", Field: f, Until: until, Reason: "on leave", CreatedAt: testNow}, By: "ana@acme.test"}}
	}
	for name, c := range map[string]struct {
		holds []Hold
		of    []func(*Plan)
		want  string
		is    ExplainResult
		fix   string
	}{
		"held":            {hold("", time.Time{}), nil, barred, ResultHeld, "end the hold with \"rollcall hold remove h1\""},
		"for a while":     {hold("", testNow.Add(72*time.Hour)), nil, barred + "2026-11-21 12:00 UTC keeps the whole person as it is until 2026-11-24 12:00 UTC", ResultHeld, "nothing to do: the hold ends by itself; before that, \"rollcall hold remove h1\""},
		"the status":      {hold("status", time.Time{}), nil, what + " Nobody can apply the plan of 2026-11-21 13:00 UTC while the hold on status stands.", ResultHeld, ""},
		"another field":   {hold(directory.Phone, time.Time{}), nil, what + " Nobody has applied the plan", ResultPlanned, "if this is meant: \"rollcall apply plan2\"; set the status"},
		"refused as well": {hold("", time.Time{}), []func(*Plan){guarded(plan.WaitingRefused)}, barred, ResultHeld, "end the hold with \"rollcall hold remove h1\""},
		"interrupted":     {hold("", time.Time{}), []func(*Plan){func(p *Plan) { p.Begun, p.Interrupted = "run2", true }}, barred, ResultHeld, ""},
		"it is over":      {hold("", time.Time{}), []func(*Plan){func(p *Plan) { p.Header.EndedHolds = []string{"h1"} }}, what + " Nobody has applied the plan", ResultPlanned, ""},
		"an undo":         {hold("", time.Time{}), []func(*Plan){undoes("run1")}, "an undo of what run run1 changed. Nobody has applied", ResultPlanned, ""},
	} {
		in := Input{Status: directory.Active, Entries: []Entry{first, planned(leaver(), c.of...)}, Holds: c.holds}
		(&answered{in, c.want, c.is, c.fix}).check(t, name)
		in.Who, in.PersonID = "ann@acme.test", "p1"
		why := Of(in)
		for _, l := range why.Lines() {
			if (l.PlanID != "") != (c.is == ResultPlanned) && strings.HasPrefix(l.Text, "Planned") {
				t.Errorf("%s: the plan is %q", name, l.PlanID)
			}
		}
	}
	ignored := Decided{Decision: directory.Decision{SourceID: 1, Kind: directory.DecideIgnore}, By: "ana@acme.test", At: testNow}
	(&answered{Input{Entries: []Entry{planned(created())}, Decided: &ignored},
		"gets an account (active). ana@acme.test decided at 2026-11-21 12:00 UTC to leave this employee out; the next run follows it.", ResultDecided,
		"nothing to do: the next run does it; \"rollcall sync\" is one"}).check(t, "left out")
	ignored.Kind = directory.DecideNew
	(&answered{Input{Entries: []Entry{planned(created())}, Decided: &ignored}, "Nobody has applied the plan", ResultPlanned, ""}).check(t, "as planned")
}

// Whoever has no account is told of as such.
func TestExplainTellsOfNobody(t *testing.T) {
	held := plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Reason: plan.AmbiguousMatch, Name: "Ann Lee", Detail: "two fit", Trace: plan.Trace{Fix: "decide"}}}
	decided := Decided{Decision: directory.Decision{SourceID: 1, Kind: directory.DecideLink, PersonID: "p2"}, Name: "al@acme.test", By: "ana@acme.test", At: testNow}
	for name, c := range map[string]answered{
		"new":  {Input{Entries: []Entry{planned(created())}}, "Ann Lee has no account yet. Planned, not applied: Ann Lee is new", ResultPlanned, ""},
		"gone": {Input{Reading: made()}, "Ann Lee has no account, and the latest reading of BambooHR, of 2026-11-21 13:00 UTC, shows no such employee.", ResultGone, ""},
		"left": {Input{Reading: made(), Left: true}, "Ann Lee left before there was an account", ResultLeft, ""},
		"held": {Input{Entries: []Entry{planned(held)}}, "Ann Lee has no account (ambiguous_match): two fit.", ResultHeld, "decide"},
		"decided": {Input{Entries: []Entry{planned(held)}, Decided: &decided},
			"Ann Lee has no account (ambiguous_match): two fit. ana@acme.test decided at 2026-11-21 12:00 UTC that this is al@acme.test; the next run follows it.", ResultDecided,
			"nothing to do: the next run does it; \"rollcall sync\" is one"},
	} {
		c.check(t, name)
	}
}

// A hold that a human put on a field says more than the row that it is held.
func TestExplainTellsOfAHoldOnce(t *testing.T) {
	row := plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Field: directory.Phone, Reason: plan.OnHold, Detail: "an administrator put a hold on this"}}
	in := Input{Who: "ann@acme.test", PersonID: "p1", SourceID: 1, Name: "Ann Lee", Status: directory.Active, At: testNow, Reading: made(),
		Entries: []Entry{applied(created(), "run1", made()), planned(row)},
		Holds:   []Hold{{Hold: directory.Hold{ID: "h1", Field: directory.Phone, Reason: "by agreement", CreatedAt: testNow}, By: "ana@acme.test"}}}
	got := Of(in)
	const end = "asks for nothing but what is held back. A hold by ana@acme.test of 2026-11-21 12:00 UTC keeps phone as it is until somebody removes it: by agreement."
	if len(got.Holding) != 1 || *got.Holding[0].ID != "h1" || !strings.HasSuffix(got.Sentence, end) {
		t.Errorf("%s\n%+v", got.Sentence, got.Holding)
	}
}
