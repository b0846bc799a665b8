// Package explain tells from stored decisions why somebody is as they are, or is not there. It is pure; finding the
// decisions is left to package syncrun, and which there are to package plan.
package explain

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/planjson"
)

// Input is what is known of one person or employee.
type Input struct {
	Who      string // as it was asked
	PersonID string // "" when there is no person
	SourceID int64  // 0 when there is no employee
	Name     string
	Status   directory.Status // now, or at the instant asked for; "" without a person
	At       time.Time
	Past     bool           // At was asked for, and is over: Reading, Decided, Holds and Freezes are blank
	Zone     *time.Location // of the times in sentences; nil: UTC
	Entries  []Entry        // oldest first, none after At

	Reading *Plan              // the newest reading of everybody; nil: none
	Failed  *Failed            // the last reading that failed, after Reading; nil: none did
	Older   int                // how many of Entries were there when it was made
	Left    bool               // the employee is remembered as one who left before there was an account
	Decided *Decided           // how an administrator settled who the employee is, after Reading; nil: nobody did
	Holds   []Hold             // on the person, in force
	Freezes []directory.Freeze // of the person's connection, in force
	Due     *directory.Due     // what comes by itself, as the last run that saw the employee left it; nil: nothing
	Email   string             // the address that stays although BambooHR has none for the employee, as that run found; "" when it has

	Rules map[directory.Field]Rule // of fields that somebody edited by hand; nil: no run writes the person's fields
}

// Entry is one stored decision.
type Entry struct {
	At      time.Time
	RunID   string // "" for an edit by a human outside a run
	UndoOf  string // the run that RunID took back; "" unless it is an undo
	Actor   string
	By      string // Actor for a reader
	Human   bool   // somebody edited the person
	Applied bool   // false: planned or held only
	Item    plan.Item
	Plan    *Plan // whose row it is; nil for a human edit
}

// Plan is a stored plan, as far as it says what became of its rows.
type Plan struct {
	ID          string
	At          time.Time
	Header      *plan.Header
	UndoOf      string // the run that it takes back; "" for none
	Due         bool   // made of dates that came, without a reading
	Expired     bool   // too old to be applied
	Begun       string // the last run that applied a part of it, "" for none
	Interrupted bool   // that run was
}

// Failed is a reading that came to nothing.
type Failed struct {
	At  time.Time
	Why string // as its run tells it
}

// Hold is a hold on the person or a field.
type Hold struct {
	directory.Hold
	By   string // CreatedBy for a reader
	Says string // what BambooHR has to say for the hold to end, for a reader; "" for a blank value, and when nothing ends it
}

// Decided is how an administrator settled a held match.
type Decided struct {
	directory.Decision
	Name string // with directory.DecideLink: whom, for a reader
	By   string
	At   time.Time
}

// Explanation answers "why is Ann deactivated?" and "why is Bob not here?" (surface, Explain). Sentence is what
// Standing, Latest and Holding say, in that order; of a past day also what it leaves out.
type Explanation struct {
	Who      string            `json:"who"`
	PersonID *string           `json:"person_id"`
	SourceID *string           `json:"source_id"`
	At       string            `json:"at"`
	Status   *directory.Status `json:"status"`
	Sentence string            `json:"sentence"`
	Fix      *string           `json:"fix"`
	Standing *ExplainStanding  `json:"standing"` // null: nobody in the directory
	Latest   *ExplainLatest    `json:"latest"`   // null: nothing is known of what a reading says
	Holding  []ExplainHolding  `json:"holding"`
	Steps    []ExplainStep     `json:"steps"`

	past bool // it is of a past day
}

// Line is a sentence of an explanation, with the run that it tells of, the one which that took back, and the plan that
// somebody can still apply.
type Line struct{ Text, RunID, UndoOf, PlanID string }

// Lines are the sentences of an explanation, to be shown one by one; there is one at least.
func (x *Explanation) Lines() []Line {
	var out []Line
	if x.Standing != nil {
		out = append(out, x.Standing.lines...)
	}
	if x.Latest != nil {
		out = append(out, Line{Text: x.Latest.Sentence, PlanID: x.Latest.plan})
	}
	for _, h := range x.Holding {
		out = append(out, Line{Text: h.Sentence})
	}
	if len(out) == 0 {
		return []Line{{Text: x.Sentence}}
	}
	if x.past {
		out = append(out, Line{Text: "Holds and freezes of a past day are not shown."})
	}
	return out
}

// ExplainStep is one link of the causal chain; its name stands in the document of the API.
type ExplainStep struct {
	Step   string  `json:"step"` // read, scope, match, map, lifecycle, freeze, plan, run, human
	Result string  `json:"result"`
	Detail string  `json:"detail"`
	From   *string `json:"from"`
	Value  *string `json:"value"`
	RunID  *string `json:"run_id"`
	Actor  *string `json:"actor"`
	At     *string `json:"at"`
}

// Of answers from what is stored only, and says so when there is nothing: how somebody stands and since when, what
// the latest reading says beyond that, and what holds them back. The newest decision about the person's state gives the
// chain from reading to plan; what was applied and the human edits follow as the person's story.
func Of(in Input) Explanation {
	out := Explanation{Who: in.Who, PersonID: planjson.Text(in.PersonID), SourceID: planjson.ID(in.SourceID), At: planjson.Instant(in.At), Holding: []ExplainHolding{}, Steps: []ExplainStep{}, past: in.Past}
	if in.Status != "" {
		out.Status = &in.Status
	}
	var fixes [4]string // by how much they help
	out.Standing, fixes[1] = in.standing()
	out.Latest, fixes[0] = in.latest()
	if out.Latest != nil {
		out.Latest.Sentence += in.failed()
	}
	out.Holding, fixes[2], fixes[3] = in.holding()
	if len(in.Entries) == 0 && out.Latest == nil && len(out.Holding) == 0 {
		out.Standing, fixes[0] = nil, "make a plan with \"rollcall plan\", then ask again"
		out.Sentence = fmt.Sprintf("No stored run up to %s says anything about %s.", planjson.Instant(in.At), nameOf(&in))
		if in.Past {
			fixes[0] = "ask about a later day; answers begin with the first run that was kept"
		}
	} else {
		out.Sentence = join(out.Lines())
	}
	out.Fix = planjson.Text(cmp.Or(fixes[:]...))
	out.Steps = append(out.Steps, steps(&in)...)
	return out
}

func join(lines []Line) string {
	text := make([]string, len(lines))
	for i, l := range lines {
		text[i] = l.Text
	}
	return strings.Join(text, " ")
}

// steps is the chain of the deciding entry, then what else is held back, then the story.
func steps(in *Input) []ExplainStep {
	deciding := decidingEntry(in)
	if deciding == nil {
		return nil
	}
	out := chain(deciding)
	for i := range in.Entries {
		if e := &in.Entries[i]; e != deciding && e.Item.Held != nil && e.Item.Held.Field != "" {
			out = append(append(out, freezeStep(e)...), planStep(e))
		}
	}
	for i := range in.Entries {
		if s, ok := story(&in.Entries[i]); ok {
			out = append(out, s)
		}
	}
	return out
}

// decidingEntry chooses the newest entry about the whole person: held ones only when they are newer than
// what was applied. For somebody deactivated it is the deactivation.
func decidingEntry(in *Input) *Entry {
	var last *Entry
	for i := range in.Entries {
		e := &in.Entries[i]
		switch {
		case e.Item.Left != nil, e.Item.Held != nil && (e.Item.Held.Field == "" || last == nil):
			last = e
		case e.Item.Change == nil:
		case in.Status == directory.Deactivated && last != nil && deactivates(last) && !changesStatus(e):
			// A later change of a field does not tell why the person cannot sign in.
		default:
			last = e
		}
	}
	return last
}

func deactivates(e *Entry) bool {
	return e.Item.Change != nil && e.Item.Change.StatusAfter == directory.Deactivated && changesStatus(e)
}

func changesStatus(e *Entry) bool {
	return e.Item.Change.StatusBefore != e.Item.Change.StatusAfter
}

func nameOf(in *Input) string {
	if in.Name != "" {
		return in.Name
	}
	return in.Who
}

// traceOf returns what a row's decision was made from.
func traceOf(it *plan.Item) *plan.Trace {
	switch {
	case it.Change != nil:
		return &it.Change.Trace
	case it.Held != nil:
		return &it.Held.Trace
	case it.Left != nil:
		return &it.Left.Trace
	}
	return &plan.Trace{}
}

// chain gives the steps from the source's values to the plan.
func chain(e *Entry) []ExplainStep {
	t := traceOf(&e.Item)
	var out []ExplainStep
	add := func(step, result, detail, from, value string) {
		out = append(out, ExplainStep{Step: step, Result: result, Detail: detail, From: planjson.Text(from), Value: planjson.Text(value)})
	}
	if t.Account != "" {
		add("read", "status", "the account status in BambooHR", "status", t.Account)
	}
	if t.Employment != "" {
		add("read", "employment_status", "the employment status in BambooHR", "employmentHistoryStatus", t.Employment)
	}
	if t.Hire != "" {
		add("read", "hire_date", "the hire date in BambooHR", "hireDate", t.Hire)
	}
	if t.Termination != "" {
		add("read", "termination_date", "the termination date in BambooHR", "terminationDate", t.Termination)
	}
	if t.Scope != "" {
		detail := "every rule agrees"
		if t.ScopeRule != "" {
			detail = t.ScopeRule
		}
		add("scope", t.Scope, detail, "", t.ScopeValue)
	}
	if t.Match != "" {
		add("match", t.Match, matchWords(t.Match), "", t.MatchValue)
	}
	for _, n := range t.Notes {
		add("map", "note", n, "", "")
	}
	if c := e.Item.Change; c != nil {
		for _, f := range c.Fields {
			add("map", string(f.Field), plan.Shown(f.Before)+" → "+plan.Shown(f.After), f.From, plan.Shown(f.After))
		}
	}
	if t.Signal != "" {
		s := ExplainStep{Step: "lifecycle", Result: t.Signal, Detail: "the leaving signal that decided"}
		if !t.Effective.IsZero() {
			at := planjson.Instant(t.Effective)
			s.At = &at
		}
		out = append(out, s)
	}
	if e.Human {
		return out // no plan had it; the story tells who did it
	}
	return append(append(out, freezeStep(e)...), planStep(e))
}

// freezeStep names the freeze that holds a field back, with the value that waits; none without one.
func freezeStep(e *Entry) []ExplainStep {
	if e.Item.Held == nil || e.Item.Held.Frozen == nil {
		return nil
	}
	f := e.Item.Held.Frozen
	since := planjson.Instant(f.Since)
	return []ExplainStep{{Step: "freeze", Result: f.Freeze, Detail: fmt.Sprintf("%s: %s → %s waits", f.Change.Field, plan.Shown(f.Change.Before), plan.Shown(f.Change.After)),
		From: planjson.Text(f.Change.From), Value: planjson.Text(plan.Shown(f.Change.After)), At: &since}}
}

func matchWords(match string) string {
	switch match {
	case "link":
		return "the employee is linked to the person"
	case "new":
		return "nobody in the directory is this employee"
	case "none":
		return "no person belongs to it"
	case "decision":
		return "an administrator decided it"
	}
	return "found by " + strings.ReplaceAll(match, "_", " ")
}

func planStep(e *Entry) ExplainStep {
	s := ExplainStep{Step: "plan"}
	if e.Plan != nil {
		at := planjson.Instant(e.Plan.At)
		s.At = &at
	}
	switch {
	case e.Item.Change != nil:
		s.Result, s.Detail = string(e.Item.Change.Action), e.Item.Change.Sentence
		s.Value = planjson.Text(string(e.Item.Change.Reason))
	case e.Item.Held != nil:
		s.Result, s.Detail = "held", e.Item.Held.Detail
		if f := e.Item.Held.Field; f != "" {
			s.Detail = string(f) + ": " + s.Detail
		}
		s.Value = planjson.Text(string(e.Item.Held.Reason))
	default:
		s.Result, s.Detail = "left", "left before ever being linked"
	}
	return s
}

// story tells an applied change or a human edit.
func story(e *Entry) (ExplainStep, bool) {
	c := e.Item.Change
	if c == nil || !e.Applied && !e.Human {
		return ExplainStep{}, false
	}
	at := planjson.Instant(e.At)
	s := ExplainStep{Step: "run", Result: string(c.Action), Detail: c.Sentence, RunID: planjson.Text(e.RunID), Actor: planjson.Text(e.Actor), At: &at}
	if e.Human {
		s.Step = "human"
	}
	if len(c.Fields) > 0 {
		s.Detail = strings.TrimSuffix(s.Detail, ".") + fmt.Sprintf(" (%s: %s).", fields(len(c.Fields)), c.FieldNames())
	}
	return s, true
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}
