package work

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
)

// effectRow is an effect in words.
type effectRow struct {
	view.Effect
	Zone       *time.Location // the connection's
	Home       *time.Location // the person's, nil when it shows the same time
	Connection string         // name, "" where it is clear
	Colour     string
	KindText   string
	Sentence   string
	Run        time.Time // of the run that does it, when it waits for one and one is due
	Notes      []string
}

// words are how a kind is called.
type words struct{ title, one, many, colour string }

func kindWords(k view.EffectKind) words {
	switch k {
	case view.Deactivation:
		return words{"Deactivations", "deactivation", "deactivations", "deactivate"}
	case view.Decision:
		return words{"Left to you", "date left to you", "dates left to you", "held"}
	case view.HoldEnd:
		return words{"Ends of holds", "hold ends", "holds end", "same"}
	case view.Start:
		return words{"First days", "first day", "first days", "reactivate"}
	case view.Arrival:
		return words{"New accounts", "new account", "new accounts", "create"}
	}
	return words{string(k), string(k), string(k), "plain"}
}

func kindTag(k view.EffectKind) string {
	switch k {
	case view.Deactivation:
		return "Deactivated"
	case view.Decision:
		return "Left to you"
	case view.HoldEnd:
		return "Hold ends"
	case view.Start:
		return "Becomes active"
	case view.Arrival:
		return "Gets an account"
	}
	return string(k)
}

func newEffectRow(e view.Effect, tables []connection.Timetable, named bool) effectRow {
	row := effectRow{Effect: e, Zone: time.UTC, Colour: kindWords(e.Kind).colour, KindText: kindTag(e.Kind), Sentence: sentence(&e)}
	row.Name = cmp.Or(e.Name, fmt.Sprintf("employee %d", e.SourceID))
	for i := range tables {
		t := &tables[i]
		if t.ID != e.Connection {
			continue
		}
		row.Zone = t.Zone
		if home := t.Zones.Of(e.Location); e.At.In(home).Format(time.DateTime) != e.At.In(t.Zone).Format(time.DateTime) {
			row.Home = home
		}
		if named {
			row.Connection = t.Name
		}
		if e.WithRun {
			row.Run = t.Moment(e.At)
		}
	}
	if e.Cancelled {
		row.Colour, row.KindText = "plain", "Cancelled"
	}
	if e.Held {
		row.Notes = append(row.Notes, "A hold keeps this person as they are: nothing happens before it ends.")
	}
	return row
}

// sentence says what happens, and which value in BambooHR says so.
func sentence(e *view.Effect) string {
	if e.Cancelled {
		return cancelled(e)
	}
	switch e.Kind {
	case view.Deactivation:
		return "Deactivated " + because(e) + "."
	case view.Decision:
		return "BambooHR says that " + day(e.Date) + " is the last day. The settings leave the deactivation to a human."
	case view.HoldEnd:
		what := "The hold on the whole person ends"
		if e.Field != "" {
			what = "The hold on " + strings.ReplaceAll(string(e.Field), "_", " ") + " ends"
		}
		return what + "; then they are brought in step with BambooHR again."
	case view.Start:
		return "Becomes active: the hire date in BambooHR is " + day(e.Date) + "."
	}
	return "Gets an account: the hire date in BambooHR is " + day(e.Date) + "."
}

// because names the value that brings a deactivation.
func because(e *view.Effect) string {
	switch e.Reason {
	case plan.Terminated:
		return "at the end of the last day: the termination date in BambooHR is " + day(e.Date)
	case plan.StatusInactive:
		if e.Date != "" {
			return "with the last day: the status in BambooHR is Inactive, the termination date " + day(e.Date)
		}
		return "when the days of grace are over: the status in BambooHR is Inactive"
	case plan.StatusBlocked:
		return "when the days of grace are over: the employment status in BambooHR is on the block list"
	case plan.StatusBlank:
		return "when the days of grace are over: the employment status in BambooHR is blank"
	case plan.OutOfScope:
		return "when the days of grace are over: the employee is out of scope"
	case plan.DeletedInHR:
		return "when the days of grace are over: the employee was deleted in BambooHR"
	case plan.MissingInHR:
		return "when the days of grace are over: BambooHR no longer has this employee"
	}
	return "for the reason " + strings.ReplaceAll(string(e.Reason), "_", " ")
}

// cancelled says what would have happened, and why it does not.
func cancelled(e *view.Effect) string {
	would := map[view.EffectKind]string{view.Deactivation: "The deactivation", view.Decision: "The last day", view.Start: "The first day"}[e.Kind]
	if e.Date != "" {
		would += " (" + day(e.Date) + " in BambooHR)"
	}
	switch {
	case e.Moved != nil && e.Moved.Undo:
		return would + " was cancelled: a run was taken back."
	case e.Status == directory.Deactivated:
		return would + " was cancelled: the person is deactivated already."
	}
	return would + " was cancelled: BambooHR no longer says so."
}

// moved tells what the last run did to an effect that still comes, "" for nothing.
func (r *effectRow) moved() string {
	m := r.Moved
	switch {
	case m == nil || r.Cancelled:
		return ""
	case m.WasDate != r.Date && m.WasDate != "" && r.Date != "":
		return "HR moved this from " + day(m.WasDate) + " to " + day(r.Date) + "."
	}
	return "This was due " + m.WasAt.In(r.Zone).Format("2 January 2006, 15:04 MST") + " before; the settings, or when BambooHR began to say so, moved it."
}

// day writes a date of BambooHR for people.
func day(date string) string {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return cmp.Or(date, "a day that is not known")
	}
	return at.Format("2 January 2006")
}
