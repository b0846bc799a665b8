package work

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
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
	Href       string // of a connection's effect: where it is seen and ended
}

// kindWord is how a kind is called.
type kindWord struct{ title, one, many, colour string }

func kindWords(k view.EffectKind) kindWord {
	switch k {
	case view.Deactivation:
		return kindWord{"Deactivations", "deactivation", "deactivations", "deactivate"}
	case view.Decision:
		return kindWord{"Left to you", "date left to you", "dates left to you", "held"}
	case view.HoldEnd:
		return kindWord{"Ends of holds", "hold ends", "holds end", "same"}
	case view.FreezeEnd:
		return kindWord{"Ends of freezes", "freeze ends", "freezes end", "same"}
	case view.PauseEnd:
		return kindWord{"Ends of pauses", "pause ends", "pauses end", "same"}
	case view.Start:
		return kindWord{"First days", "first day", "first days", "reactivate"}
	case view.Arrival:
		return kindWord{"New accounts", "new account", "new accounts", "create"}
	}
	return kindWord{string(k), string(k), string(k), "plain"}
}

func kindTag(k view.EffectKind) string {
	switch k {
	case view.Deactivation:
		return "Deactivated"
	case view.Decision:
		return "Left to you"
	case view.HoldEnd:
		return "Hold ends"
	case view.FreezeEnd:
		return "Freeze ends"
	case view.PauseEnd:
		return "Pause ends"
	case view.Start:
		return "Becomes active"
	case view.Arrival:
		return "Gets an account"
	}
	return string(k)
}

func newEffectRow(e view.Effect, tables []connection.Timetable, named bool, now time.Time) effectRow {
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
		if e.Kind.OfConnection() {
			row.Name, row.Href = t.Name, connectionPath(&e)
		} else if named {
			row.Connection = t.Name
		}
		switch acts := e.Kind == view.Deactivation || e.Kind == view.Start; {
		case e.WithRun:
			row.Run = t.Moment(e.At)
		case acts && !e.Cancelled && t.On && now.Before(t.From) && e.At.Before(t.From):
			row.Notes = append(row.Notes, "Automatic runs are paused: it happens when the pause ends, "+inZone(t.From, t.Zone, "2 January, 15:04")+".")
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
			what = "The hold on " + words.InSentence(words.Field(e.Field)) + " ends"
		}
		return what + "; then they are brought in step with BambooHR again."
	case view.FreezeEnd:
		return "The freeze of " + frozen(e.What) + " ends, and the next run catches up. " + waits(e)
	case view.PauseEnd:
		return "The pause ends, and automatic runs go on. " + waits(e)
	case view.Start:
		return "Becomes active: the hire date in BambooHR is " + day(e.Date) + "."
	}
	return "Gets an account: the hire date in BambooHR is " + day(e.Date) + "."
}

// connectionPath is the page on which a freeze or a pause is seen and ended.
func connectionPath(e *view.Effect) string {
	path := "/connections/" + url.PathEscape(e.Connection)
	if e.Freeze != "" {
		path += "/freezes/" + url.PathEscape(e.Freeze)
	}
	return path
}

// frozen lists what a freeze is about.
func frozen(what []string) string {
	names := make([]string, len(what))
	for i, w := range what {
		names[i] = words.InSentence(words.Field(directory.Field(w)))
	}
	if n := len(names) - 1; n > 0 {
		return strings.Join(names[:n], ", ") + " and " + names[n]
	}
	return strings.Join(names, "")
}

// waits says how much waits for the end of a freeze or pause.
func waits(e *view.Effect) string {
	w := e.Waits
	switch {
	case w == nil:
		return "What waits for it is known after the next run or preview."
	case w.People == 0:
		return "Nothing waits for it so far."
	case e.Kind == view.PauseEnd:
		return ui.Count(w.People, "person has a date", "people have dates") + " that would come before it; they are caught up with then."
	}
	more := ""
	if w.More {
		more = "At least "
	}
	return more + ui.Count(w.Fields, "field", "fields") + " of " + ui.Count(w.People, "person", "people") + map[bool]string{true: " waits", false: " wait"}[w.Fields == 1] + " for it so far."
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
	return "This was due " + inZone(m.WasAt, r.Zone, "2 January 2006, 15:04") + " before; the settings, or when BambooHR began to say so, moved it."
}

// inZone writes an instant as a layout says, with what its zone is called then.
func inZone(t time.Time, zone *time.Location, layout string) string {
	local := t.In(zone)
	return local.Format(layout) + " " + ui.ZoneShort(local)
}

// day writes a date of BambooHR for people.
func day(date string) string {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return cmp.Or(date, "a day that is not known")
	}
	return at.Format("2 January 2006")
}
