// Package explain tells from stored decisions why somebody is as they are, or is not there. It is pure; finding the
// decisions is left to package syncrun, and which there are to package plan.
package explain

import (
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
	Past     bool    // At was asked for, and is over
	Entries  []Entry // oldest first, none after At
}

// Entry is one stored decision.
type Entry struct {
	At      time.Time
	RunID   string // "" for an edit by a human outside a run
	Actor   string
	Human   bool // somebody edited the person
	Applied bool // false: planned or held only
	Item    plan.Item
}

// Explanation answers "why is Ann deactivated?" and "why is Bob not here?" (surface, Explain).
type Explanation struct {
	Who      string            `json:"who"`
	PersonID *string           `json:"person_id"`
	SourceID *string           `json:"source_id"`
	At       string            `json:"at"`
	Status   *directory.Status `json:"status"`
	Sentence string            `json:"sentence"`
	Fix      *string           `json:"fix"`
	Steps    []ExplainStep     `json:"steps"`
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

// Of answers from stored decisions only, and says so when there are none: the newest one that says
// something about the person's state gives the sentence, the fix and the chain from reading to plan;
// the applied ones and the human edits follow as the person's story.
func Of(in Input) Explanation {
	out := Explanation{Who: in.Who, PersonID: planjson.Text(in.PersonID), SourceID: planjson.ID(in.SourceID), At: planjson.Instant(in.At), Steps: []ExplainStep{}}
	if in.Status != "" {
		out.Status = &in.Status
	}
	deciding := decidingEntry(in)
	if deciding == nil {
		out.Sentence = fmt.Sprintf("No stored run up to %s says anything about %s.", planjson.Instant(in.At), nameOf(in))
		fix := "make a plan with \"rollcall plan\", then ask again"
		if in.Past {
			fix = "ask about a later day; answers begin with the first run that was kept"
		}
		out.Fix = &fix
		return out
	}
	out.Sentence, out.Fix = answer(in, deciding)
	out.Steps = chain(deciding)
	for i := range in.Entries {
		if e := &in.Entries[i]; e != deciding && e.Item.Held != nil && e.Item.Held.Field != "" {
			out.addField(in, e)
		}
	}
	for i := range in.Entries {
		if s, ok := story(&in.Entries[i]); ok {
			out.Steps = append(out.Steps, s)
		}
	}
	return out
}

// addField tells of one field that the latest plan leaves as it is.
func (x *Explanation) addField(in Input, e *Entry) {
	sentence, fix := answer(in, e)
	x.Sentence += " " + sentence
	if x.Fix == nil {
		x.Fix = fix
	}
	x.Steps = append(append(x.Steps, freezeStep(e)...), planStep(e))
}

// decidingEntry chooses the newest entry about the whole person: held ones only when they are newer than
// what was applied. For somebody deactivated it is the deactivation.
func decidingEntry(in Input) *Entry {
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

func nameOf(in Input) string {
	if in.Name != "" {
		return in.Name
	}
	return in.Who
}

// answer gives the sentence and what to do.
func answer(in Input, e *Entry) (string, *string) {
	t := traceOf(&e.Item)
	fix := planjson.Text(t.Fix)
	switch {
	case e.Item.Left != nil:
		return fmt.Sprintf("%s left before there was an account, so none is made.", e.Item.Left.Name), fix
	case e.Item.Held != nil:
		h := e.Item.Held
		if h.Field != "" {
			return fmt.Sprintf("%s of %s is not changed: %s.", h.Field, nameOf(in), h.Detail), fix
		}
		return fmt.Sprintf("%s is not changed (%s): %s.", nameOf(in), h.Reason, h.Detail), fix
	}
	c := e.Item.Change
	s := strings.TrimSuffix(c.Sentence, ".") + "."
	if !e.Applied {
		s = "Planned, not applied: " + s
	} else if c.Action == plan.Deactivate && !e.At.IsZero() {
		s = strings.TrimSuffix(s, ".") + fmt.Sprintf(" (%s).", e.At.UTC().Format("2006-01-02 15:04 MST"))
	}
	return s, fix
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
