package people

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// eventsPerPage is how many events one page of a timeline shows.
const eventsPerPage = 40

// timelinePage is everything that happened to somebody, newest first.
type timelinePage struct {
	ui.Page
	Events []event
	Next   string
}

// event is one thing that happened, or was decided and not done.
type event struct {
	At          time.Time
	Colour, Tag string
	Text        string
	Who         party
	Run         string // address, "" for what was done by hand
	RunText     string
	Fields      []fieldDiff
	Fix         string
}

// fieldDiff is one value that changed.
type fieldDiff struct {
	Label, Before, After, From string
	New                        bool // of a new person: there was nothing before
}

// timeline tells what runs and people did to somebody. Its cursor counts from the oldest event, so that new
// ones move nothing.
func (p *pages) timeline(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	person, e, err := p.find(r)
	if err != nil {
		return err
	}
	events, actors, err := p.events(ctx, e, &person)
	if err != nil {
		return err
	}
	end := len(events)
	if after := r.URL.Query().Get("after"); after != "" {
		n, err := strconv.Atoi(after)
		if err != nil || n < 0 || n > end {
			return &gate.InputError{Field: "after", Text: "this is no place in the timeline; begin again without it"}
		}
		end = n
	}
	begin := max(0, end-eventsPerPage)
	page := &timelinePage{Page: frame(&person, "Timeline"), Events: events[begin:end]}
	if _, err := p.stand(ctx, &page.Page, e, &person); err != nil {
		return err
	}
	if begin > 0 {
		page.Next = ui.WithQuery(personPath(person.ID)+"/timeline", "after", strconv.Itoa(begin))
	}
	who, err := p.parties(ctx, actors[begin:end]...)
	if err != nil {
		return err
	}
	for i := range page.Events {
		ev := &page.Events[i]
		ev.Text = byName(ev.Text, []string{ev.Who.ID}, who)
		if ev.Text = onScreen(ev.Text); ev.Who.ID != "" || ev.Run != "" { // what is only planned was done by nobody
			ev.Who = who(ev.Who.ID)
		}
	}
	slices.Reverse(page.Events)
	return ui.Render(w, r, http.StatusOK, timelineView(page))
}

// events lists what happened, oldest first, with the actor of each; their names are not looked up yet.
func (p *pages) events(ctx context.Context, e *people.Editor, person *directory.Person) (events []event, actors []string, err error) {
	connection, source := "", int64(0)
	if person.Link != nil {
		connection = person.Link.Connection
		source, _ = strconv.ParseInt(person.Link.SourceID, 10, 64) // an id that is no number has no rows
	}
	history, err := e.Store.History(ctx, person.ID, connection, source)
	if err != nil {
		return nil, nil, err
	}
	for i := range history.Entries {
		events = append(events, eventOf(&history.Entries[i]))
	}
	holds, err := p.holdEvents(ctx, e, person.ID)
	if err != nil {
		return nil, nil, err
	}
	events = append(events, holds...)
	slices.SortStableFunc(events, func(a, b event) int { return a.At.Compare(b.At) })
	actors = make([]string, len(events))
	for i := range events {
		actors[i] = events[i].Who.ID
	}
	return events, actors, nil
}

// holdEvents lists the holds that people put and removed; the history of runs does not have them.
func (p *pages) holdEvents(ctx context.Context, e *people.Editor, person string) ([]event, error) {
	all, err := e.Store.Holds(ctx)
	if err != nil {
		return nil, err
	}
	reasons := map[string]string{} // of those that were not removed
	for _, h := range all {
		reasons[h.ID] = ": " + h.Reason
	}
	var out []event
	for _, kind := range []struct{ name, colour, tag, text string }{{"add_hold", "held", "Hold", "put a hold on "}, {"remove_hold", "plain", "Hold removed", "removed the hold on "}} {
		found, err := p.Views.Audit(ctx, view.AuditQuery{Event: kind.name, Subject: person, Limit: 1000})
		if err != nil {
			return nil, err
		}
		for _, a := range found.Items {
			what := "the whole person"
			if a.Detail != "" {
				what = inSentence(directory.Field(a.Detail))
			}
			out = append(out, event{At: a.At, Colour: kind.colour, Tag: kind.tag, Text: a.Actor + " " + kind.text + what + reasons[a.After], Who: party{ID: a.Actor}})
		}
	}
	return out, nil
}

func eventOf(h *syncrun.HistoryEntry) event {
	ev := event{At: h.At, Who: party{ID: h.Actor}}
	if h.Run != nil {
		ev.Run, ev.RunText = "/runs/"+h.Run.ID, "Run"
		if h.Run.UndoOf != "" {
			ev.RunText = "Undo"
		}
	}
	switch it := h.Item; {
	case it.Change != nil:
		c := it.Change
		ev.Colour, ev.Tag = actionTag(c.Action)
		ev.Text, ev.Fields = c.Sentence, diffs(c)
		switch {
		case !h.Applied:
			ev.Colour, ev.Tag, ev.Text = "plain", "Planned", "Planned, not applied: "+c.Sentence
		case h.Run == nil && c.Action == plan.Update:
			ev.Tag = "Edited by hand"
		case h.Run == nil && c.Action == plan.Create:
			ev.Tag = "Added by hand"
		}
	case it.Held != nil:
		ev.Colour, ev.Tag, ev.Text, ev.Fix = "held", "Not changed", it.Held.Detail, onScreen(it.Held.Trace.Fix)
		if it.Held.Field != "" {
			ev.Text = words.Field(it.Held.Field) + ": " + ev.Text
		}
	case it.Left != nil:
		ev.Colour, ev.Tag, ev.Text = "plain", "Left", it.Left.Name+" left before there was an account, so none was made"
	}
	return ev
}

func diffs(c *plan.Change) []fieldDiff {
	var out []fieldDiff
	status := false
	for i := range c.Fields {
		f := &c.Fields[i]
		status = status || f.Field == "status"
		out = append(out, fieldDiff{words.Field(f.Field), words.Value(f.Kind, f.Before), words.Value(f.Kind, f.After), fromWords(f.From), c.Action == plan.Create})
	}
	if !status && c.StatusBefore != c.StatusAfter {
		out = append([]fieldDiff{{"Status", string(c.StatusBefore), string(c.StatusAfter), "", c.Action == plan.Create}}, out...)
	}
	return out
}

// fromWords says where a value came from.
func fromWords(from string) string {
	switch from {
	case "":
		return ""
	case "expr":
		return "an expression of the mapping"
	}
	return from + " in BambooHR"
}
