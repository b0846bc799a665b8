package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/planjson"
)

// ExplainLatest is what the latest reading, or a plan that nobody applied, says of somebody beyond how they stand.
type ExplainLatest struct {
	Sentence string        `json:"sentence"`
	Result   ExplainResult `json:"result"`
	At       *string       `json:"at"`
	PlanID   *string       `json:"plan_id"`

	plan string // PlanID while somebody can apply it
}

// ExplainResult is that in one word.
type ExplainResult string

// The results.
const (
	ResultNothing     ExplainResult = "nothing"     // it asks for nothing else
	ResultNotRead     ExplainResult = "not_read"    // it is older than how they stand
	ResultGone        ExplainResult = "gone"        // it shows no such employee, and there is no account
	ResultLeft        ExplainResult = "left"        // the employee left before there was an account
	ResultHeld        ExplainResult = "held"        // it leaves them alone, and says why; or a hold that was made since does
	ResultDecided     ExplainResult = "decided"     // an administrator has settled since who the employee is
	ResultPlanned     ExplainResult = "planned"     // nobody has applied what it would do
	ResultApproval    ExplainResult = "approval"    // what it would do waits for an approval
	ResultRefused     ExplainResult = "refused"     // the guard refuses what it would do
	ResultInterrupted ExplainResult = "interrupted" // the run that applied it ended before it came to this
)

// latest tells what a reading says beyond how somebody stands, and what to do about it; nil when nothing is known.
func (in *Input) latest() (*ExplainLatest, string) {
	e, overtaken := in.open()
	switch {
	case overtaken && e.Plan != nil && e.Item.Left == nil:
		return in.overtaken(e), ""
	case e != nil && e.Item.Change != nil:
		return in.planned(e)
	case e != nil && e.Item.Held != nil:
		return in.held(e)
	case e != nil:
		return in.left(e.Item.Left.Name, e.Plan), e.Item.Left.Trace.Fix
	case in.Left:
		return in.left(nameOf(in), nil), ""
	case in.Reading == nil:
		return nil, ""
	}
	return in.nothing(), ""
}

// open is the entry about the whole person that nobody applied, and whether something else was applied to the person
// since; nil when there is none.
func (in *Input) open() (e *Entry, overtaken bool) {
	for i := len(in.Entries) - 1; i >= 0; i-- {
		e := &in.Entries[i]
		if !e.Applied && (e.Item.Held == nil || e.Item.Held.Field == "") {
			return e, overtaken
		}
		overtaken = overtaken || e.Applied
	}
	return nil, false
}

// overtaken tells what a reading said of somebody who was changed since.
func (in *Input) overtaken(e *Entry) *ExplainLatest {
	said, undone := "", ""
	if h := e.Item.Held; h != nil {
		said = fmt.Sprintf("%s is not changed (%s): %s", nameOf(in), h.Reason, h.Detail)
	} else {
		said, undone = strings.TrimSuffix(e.Item.Change.Sentence, "."), ", and nobody applied"
	}
	return latestOf(ResultNotRead, e.Plan, fmt.Sprintf("BambooHR was not read in full since then; what the plan of %s said%s: %s.", in.time(e.Plan.At), undone, said))
}

func latestOf(r ExplainResult, p *Plan, sentence string) *ExplainLatest {
	l := &ExplainLatest{Sentence: sentence, Result: r}
	if p != nil {
		at := planjson.Instant(p.At)
		l.At, l.PlanID = &at, planjson.Text(p.ID)
	}
	return l
}

func (in *Input) left(name string, p *Plan) *ExplainLatest {
	return latestOf(ResultLeft, p, name+" left before there was an account, so none is made.")
}

// nothing tells of a reading that asks for nothing, and of one that cannot say so because it is too old.
func (in *Input) nothing() *ExplainLatest {
	var last *Entry
	younger := false // than the reading
	for i := range in.Entries {
		if e := &in.Entries[i]; e.Applied {
			last, younger = e, i >= in.Older
		}
	}
	read := in.Reading
	switch {
	case last == nil && in.PersonID == "":
		return latestOf(ResultGone, read, fmt.Sprintf("%s has no account, and the latest reading of BambooHR, of %s, shows no such employee.", nameOf(in), in.time(read.At)))
	case in.SourceID == 0 || in.PersonID == "":
		return nil
	case younger && last.Plan != nil && last.Plan.UndoOf == "" && !last.Plan.Due:
		read = last.Plan // the reading itself, or one of this person only
	case younger:
		return latestOf(ResultNotRead, read, fmt.Sprintf("BambooHR was not read in full since then; the latest reading is of %s.", in.time(read.At)))
	}
	result, what := ResultNothing, "else"
	if in.heldFields() {
		result, what = ResultHeld, "but what is held back"
	}
	return latestOf(result, read, fmt.Sprintf("The latest reading of BambooHR, of %s, asks for nothing %s.", in.time(read.At), what))
}

func (in *Input) heldFields() bool {
	return in.keepsEmail() || slices.ContainsFunc(in.Entries, func(e Entry) bool { return e.Item.Held != nil && e.Item.Held.Field != "" })
}

// keepsEmail reports that runs leave an address that BambooHR would blank.
func (in *Input) keepsEmail() bool { return in.Email != "" && in.Status != directory.Deactivated }

// held tells why a reading leaves somebody alone. An administrator may have settled it since.
func (in *Input) held(e *Entry) (*ExplainLatest, string) {
	h := e.Item.Held
	state := "is not changed"
	if in.PersonID == "" {
		state = "has no account"
	}
	l := latestOf(ResultHeld, e.Plan, fmt.Sprintf("%s %s (%s): %s.", nameOf(in), state, h.Reason, h.Detail))
	if in.Decided == nil || in.PersonID != "" {
		return l, h.Trace.Fix
	}
	l.Result, l.Sentence = ResultDecided, l.Sentence+" "
	return l, in.decided(l)
}

// decided adds how an administrator settled who the employee is, and returns what to do about it.
func (in *Input) decided(l *ExplainLatest) string {
	what := "to leave this employee out"
	switch in.Decided.Kind {
	case directory.DecideNew:
		what = "that this is somebody new"
	case directory.DecideLink:
		what = "that this is " + in.Decided.Name
	}
	l.Sentence += fmt.Sprintf("%s decided at %s %s; the next run follows it.", in.Decided.By, in.time(in.Decided.At), what)
	return "nothing to do: the next run does it; \"rollcall sync\" is one"
}

// planned tells what would be done, and why it is not.
func (in *Input) planned(e *Entry) (*ExplainLatest, string) {
	c, p := e.Item.Change, e.Plan
	sentence := "Planned, not applied: " + strings.TrimSuffix(c.Sentence, ".") + "."
	if in.PersonID == "" {
		sentence = nameOf(in) + " has no account yet. " + sentence
	}
	if p == nil {
		return latestOf(ResultPlanned, nil, sentence), c.Trace.Fix
	}
	if p.UndoOf != "" {
		sentence = fmt.Sprintf("Planned, not applied: an undo of what run %s changed.", p.UndoOf)
	} else if l, fix := in.forbidden(c, p); l != nil {
		l.Sentence = sentence + " " + l.Sentence
		return l, fix
	}
	result, why, permits := ResultPlanned, fmt.Sprintf("Nobody has applied the plan of %s.", in.time(p.At)), ""
	waiting := p.Header.Waiting(c.Kinds)
	switch {
	case waiting != plan.NotWaiting:
		result, why, permits = in.waiting(p, c.Kinds, waiting)
	case p.Interrupted:
		result, why = ResultInterrupted, fmt.Sprintf("Run %s was interrupted before it came to this.", p.Begun)
	case p.Begun != "":
		why = fmt.Sprintf("Run %s applied only another part of the plan of %s.", p.Begun, in.time(p.At))
	}
	fix := fmt.Sprintf("if this is meant: \"rollcall apply %s%s\"", p.ID, permits)
	switch {
	case p.Interrupted:
		fix = "nothing to do: the next run does it; \"rollcall sync\" is one"
	case p.Expired:
		fix = "make a plan with \"rollcall plan\"; this one is too old to be applied"
	}
	if own := c.Trace.Fix; own != "" {
		fix += "; " + own
	}
	l := latestOf(result, p, sentence+" "+why)
	if !p.Expired && !p.Interrupted {
		l.plan = p.ID
	}
	return l, fix
}

// forbidden tells what an administrator has put in the way of a planned change since, for which an apply refuses the
// whole plan; nil when nothing is. Of an undo nothing is.
func (in *Input) forbidden(c *plan.Change, p *Plan) (*ExplainLatest, string) {
	for i := range in.Holds {
		if h := &in.Holds[i]; c.HeldBy(&h.Hold) && !p.Header.EndsHold(&h.Hold) {
			why := fmt.Sprintf("Nobody can apply the plan of %s while the hold on %s stands.", in.time(p.At), held(h.Field))
			return latestOf(ResultHeld, p, why), plan.HoldFix(h.Hold)
		}
	}
	if in.Decided != nil && c.Contradicts(in.Decided.Decision) {
		l := latestOf(ResultDecided, p, "")
		return l, in.decided(l)
	}
	return nil, ""
}

// held is what a hold is on.
func held(f directory.Field) string {
	return cmp.Or(string(f), "the whole person")
}

// waiting tells what keeps a change back, and the flags that let it through.
func (in *Input) waiting(p *Plan, kinds plan.KindSet, w plan.Waiting) (r ExplainResult, why, permits string) {
	r, why = ResultApproval, "It waits for an approval:"
	if w == plan.WaitingRefused {
		r, why = ResultRefused, "The guard refuses it:"
	}
	for _, reason := range p.Header.Reasons {
		if kinds.Has(reason.Kind) {
			why += " " + reason.Sentence
			permits += " " + Permit(p.Header, reason)
		}
	}
	return r, why, permits
}

// Permit is the flag of "rollcall apply" that lets a waiting kind through.
func Permit(h *plan.Header, r plan.VerdictReason) string {
	if r.Waiting != plan.WaitingRefused {
		return fmt.Sprintf("--approve %s", r.Kind)
	}
	n := h.KindCounts[r.Kind]
	if r.Kind == plan.KindBaseline {
		n = h.Evidence.Employees
	}
	return fmt.Sprintf("--release %s=%d", r.Kind, n)
}

// ExplainHolding is one thing that keeps runs off a person or a field.
type ExplainHolding struct {
	Sentence string      `json:"sentence"`
	Reason   plan.Reason `json:"reason"`
	Field    *string     `json:"field"` // null: the whole person, or several fields
	ID       *string     `json:"id"`    // of the hold or freeze; null: the values themselves do
	Until    *string     `json:"until"` // RFC 3339; null: something else ends it
}

// holding lists what holds somebody back, fields that the latest plan leaves alone first, then holds and freezes that
// people made; and what to do about the first of either.
func (in *Input) holding() (out []ExplainHolding, fieldFix, holdFix string) {
	out = []ExplainHolding{}
	told := map[string]bool{} // freezes
	for i := range in.Entries {
		h := in.Entries[i].Item.Held
		if h == nil || h.Field == "" || h.Reason == plan.OnHold && h.Frozen == nil && in.onHold(h.Field) {
			continue // the hold itself says more
		}
		x := ExplainHolding{Sentence: fmt.Sprintf("%s of %s is not changed: %s.", h.Field, nameOf(in), h.Detail), Reason: h.Reason, Field: planjson.Text(string(h.Field))}
		if h.Frozen != nil {
			told[h.Frozen.Freeze] = true
			x.ID = planjson.Text(h.Frozen.Freeze)
		}
		out, fieldFix = append(out, x), cmp.Or(fieldFix, h.Trace.Fix)
	}
	if in.keepsEmail() {
		out = append(out, ExplainHolding{Sentence: fmt.Sprintf("email of %s is not changed: BambooHR has none for this employee, and %s is kept, for \"clear_when_blank\" clears no address.", nameOf(in), in.Email),
			Reason: plan.NoEmail, Field: planjson.Text(string(directory.Email))})
		fieldFix = cmp.Or(fieldFix, "enter a work e-mail in BambooHR")
	}
	for i := range in.Holds {
		h := &in.Holds[i]
		out = append(out, ExplainHolding{Sentence: fmt.Sprintf("A hold by %s of %s keeps %s as it is until %s: %s.", h.By, in.time(h.CreatedAt), held(h.Field), in.end(h), h.Reason),
			Reason: plan.OnHold, Field: planjson.Text(string(h.Field)), ID: &h.ID, Until: instantOf(h.Until)})
		holdFix = cmp.Or(holdFix, plan.HoldFix(h.Hold))
	}
	for i := range in.Freezes {
		f := &in.Freezes[i]
		if told[f.ID] {
			continue
		}
		until := ""
		if !f.Until.IsZero() {
			until = " until " + in.time(f.Until)
		}
		out = append(out, ExplainHolding{Sentence: fmt.Sprintf("Frozen for everybody%s: %s (%s).", until, strings.ReplaceAll(strings.Join(f.What, ", "), "_", " "), f.Reason),
			Reason: plan.OnHold, ID: &f.ID, Until: instantOf(f.Until)})
	}
	return out, fieldFix, holdFix
}

// onHold reports whether a hold on that very field is in force.
func (in *Input) onHold(f directory.Field) bool {
	return slices.ContainsFunc(in.Holds, func(h Hold) bool { return h.Field == f })
}

// end is when a hold ends.
func (in *Input) end(h *Hold) string {
	_, awaits := h.Awaits()
	switch {
	case awaits && h.Says == "":
		return "BambooHR has nothing there either"
	case awaits:
		return "BambooHR says " + h.Says
	case h.Until.IsZero():
		return "somebody removes it"
	}
	return in.time(h.Until)
}

func instantOf(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := planjson.Instant(t)
	return &s
}

// failed tells that what is known of BambooHR is older than the last try to read it; "" when that succeeded.
func (in *Input) failed() string {
	if in.Failed == nil || in.Reading == nil {
		return ""
	}
	return fmt.Sprintf(" The last reading that succeeded is of %s; that of %s failed: %s.", in.time(in.Reading.At), in.time(in.Failed.At), strings.TrimSuffix(in.Failed.Why, "."))
}
