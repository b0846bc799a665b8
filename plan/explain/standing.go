package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/planjson"
)

// ExplainStanding is how a person stands, whatever a reading would do.
type ExplainStanding struct {
	Sentence string        `json:"sentence"`
	Since    *ExplainEvent `json:"since"`   // what brought the status about; null: it is older than what is stored
	Changed  *ExplainEvent `json:"changed"` // the last change of fields after that; null: none

	lines []Line
}

// ExplainEvent is a run, or an edit by hand, that changed a person.
type ExplainEvent struct {
	At     string  `json:"at"`
	RunID  *string `json:"run_id"`  // null: by hand
	UndoOf *string `json:"undo_of"` // the run that it took back; null: it is no undo
	Actor  *string `json:"actor"`
}

func eventOf(e *Entry) *ExplainEvent {
	if e == nil {
		return nil
	}
	return &ExplainEvent{At: planjson.Instant(e.At), RunID: planjson.Text(e.RunID), UndoOf: planjson.Text(e.UndoOf), Actor: planjson.Text(e.Actor)}
}

// past is what was applied to a person, as far as it tells how they stand.
type past struct {
	made    *Entry // the account
	linked  *Entry // to the employee, where the account was there before
	turned  *Entry // the last change of the status; made unless there was another
	changed *Entry // the last change of fields after turned
}

func (in *Input) past() past {
	var p past
	for i := range in.Entries {
		e := &in.Entries[i]
		c := e.Item.Change
		if c == nil || !e.Applied {
			continue
		}
		if c.Action == plan.Create {
			p.made = e
		}
		if c.Reason == plan.Linked {
			p.linked = e
		}
		switch {
		case c.Action == plan.Create, changesStatus(e):
			p.turned, p.changed = e, nil
		case c.Reason != plan.Linked && len(c.Fields) > 0:
			p.changed = e
		}
	}
	return p
}

// standing tells how the person stands, and what to do if that is wrong; nil when there is none.
func (in *Input) standing() (*ExplainStanding, string) {
	if in.Status == "" || in.PersonID == "" {
		return nil, ""
	}
	p, name, fix := in.past(), nameOf(in), ""
	var lines []Line
	tell := func(e *Entry, format string, a ...any) {
		l := Line{Text: fmt.Sprintf(format, a...)}
		if e != nil {
			l.RunID, l.UndoOf = e.RunID, e.UndoOf
		}
		lines = append(lines, l)
	}
	off := in.Status == directory.Deactivated
	switch {
	case off && p.turned != nil:
		tell(p.turned, "%s has been deactivated since %s: %s.", name, in.time(p.turned.At), in.cause(p.turned))
		if p.turned.UndoOf == "" {
			fix = p.turned.Item.Change.Trace.Fix
		}
	case off:
		tell(nil, "%s is deactivated.", name)
	case p.made != nil:
		tell(p.made, "%s has had an account since %s: %s.", name, in.time(p.made.At), in.cause(p.made))
	default:
		tell(nil, "%s has an account.", name)
	}
	if e := p.linked; e != nil && !off {
		t := &e.Item.Change.Trace
		found := strings.TrimSpace(matchWords(t.Match) + " " + t.MatchValue)
		tell(e, "It has been linked to employee %d since %s: %s%s.", e.Item.Change.SourceID, in.time(e.At), found, byRun(e))
	}
	if p.turned != nil && p.turned != p.made && !off {
		tell(p.turned, "It has been %s since %s: %s.", in.Status, in.time(p.turned.At), in.cause(p.turned))
	}
	if e := p.changed; e != nil {
		tell(e, "The record was last changed at %s: %s.", in.time(e.At), in.cause(e))
	}
	for _, text := range in.foretell() {
		tell(nil, "%s", text)
	}
	if text := in.coming(); text != "" && !off {
		tell(nil, "%s", text)
	}
	return &ExplainStanding{Sentence: join(lines), Since: eventOf(p.turned), Changed: eventOf(p.changed), lines: lines}, fix
}

// coming tells when somebody is deactivated without another reading; "" when nothing is due. Of whom a reading misses,
// the held entry tells it.
func (in *Input) coming() string {
	d := in.Due
	if d == nil || d.Action != string(plan.Deactivate) || !d.At.After(in.At) {
		return ""
	}
	why := ""
	switch plan.Reason(d.Reason) {
	case plan.MissingInHR, plan.DeletedInHR:
		return ""
	case plan.Terminated:
		why = "the termination date in BambooHR is " + d.Date
	case plan.StatusInactive:
		why = "the account status in BambooHR says that they left, and the days of grace run"
	case plan.StatusBlocked:
		why = "the employment status is on the block list, and the days of grace run"
	default:
		why = "the days of grace run"
	}
	return fmt.Sprintf("%s is due to be deactivated at %s, by the first run from then on: %s.", nameOf(in), in.time(d.At), why)
}

// time writes an instant for a sentence.
func (in *Input) time(t time.Time) string {
	zone := in.Zone
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone).Format("2006-01-02 15:04 MST")
}

// byRun names the run behind a change, and who asked for it.
func byRun(e *Entry) string { return fmt.Sprintf(" (%s, by %s)", e.RunID, e.By) }

// cause tells why something was changed, and by whom.
func (in *Input) cause(e *Entry) string {
	c := e.Item.Change
	fields := ""
	if slices.ContainsFunc(c.Fields, func(f plan.FieldChange) bool { return f.Field != "status" }) && c.Action != plan.Create {
		fields = c.FieldNames()
	}
	switch {
	case e.Human:
		if fields != "" {
			fields = " (" + fields + ")"
		}
		what, led := strings.CutPrefix(strings.TrimSuffix(c.Sentence, "."), e.Actor+" ")
		if !led && strings.Contains(what, " was ") { // it has a subject of its own: "the role was changed from member to admin"
			return what + fields + ", by " + e.By
		}
		return e.By + " " + what + fields
	case e.UndoOf != "":
		if fields != "" {
			fields = " in " + fields
		}
		return fmt.Sprintf("%s took back what run %s changed%s (%s)", e.By, e.UndoOf, fields, e.RunID)
	case c.Action == plan.Create:
		return fmt.Sprintf("employee %d was new in BambooHR%s", c.SourceID, byRun(e))
	case c.Action == plan.Reactivate && c.Reason == plan.Linked:
		return "the employee is in BambooHR" + byRun(e)
	case c.Action == plan.Reactivate:
		return "nothing in BambooHR said any more that " + c.Name + " left" + byRun(e)
	case c.Action == plan.Deactivate:
		return strings.TrimSuffix(strings.TrimPrefix(c.Sentence, c.Name+" is deactivated: "), ".") + byRun(e)
	case changesStatus(e):
		return "the first day had come" + byRun(e)
	}
	return "BambooHR differed in " + fields + byRun(e)
}
