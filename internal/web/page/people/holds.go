package people

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// holdRow is a hold in force.
type holdRow struct {
	directory.Hold
	What    string
	UntilHR string // the value that BambooHR has to say, for a reader
	By      party
	Remove  string // address
}

// holdsOf are somebody's holds in force.
func holdsOf(ctx context.Context, e *syncrun.Engine, person string) ([]directory.Hold, error) {
	all, err := e.Holds(ctx)
	return slices.DeleteFunc(all, func(h directory.Hold) bool { return h.PersonID != person }), err
}

// The ends that a hold can have, as the form calls them.
const (
	untilRemoved = "removed"
	untilDay     = "day"
	untilHR      = "hr"
)

// askHold asks what is to be held, and until when (contradiction C2).
func (p *pages) askHold(w http.ResponseWriter, r *http.Request) error {
	person, e, err := p.find(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	return ui.Render(w, r, http.StatusOK, dialogView(holdDialog(e, &person, url.Values{"field": q["field"]}, nil)))
}

func holdDialog(e *syncrun.Engine, person *directory.Person, typed url.Values, wrong ui.Errors) *dialogPage {
	name, home := nameOf(person), personPath(person.ID)
	d := &dialogPage{Action: home + "/hold", Back: home, Submit: "Hold", Icon: "hand-stop", Errors: wrong}
	d.Page = ui.Page{Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}, {Text: name, Href: home}}}
	d.Title = "Hold " + name
	d.Text = []string{"Runs leave what is held alone, whatever BambooHR says. People can still edit it here."}
	what := ui.Input{Name: "field", Label: "What", Value: typed.Get("field"), Error: wrong["field"],
		Options: []ui.Option{{Text: "The whole person"}, {Value: "status", Text: "Status: no deactivation, no reactivation"}}}
	for _, f := range fieldsOf(e, person) {
		what.Options = append(what.Options, ui.Option{Value: string(f.Name), Text: fieldWord(f.Name)})
	}
	d.Inputs = []ui.Input{what,
		{Name: "end", Label: "Until", Value: typed.Get("end"), Error: wrong["end"], Options: []ui.Option{{Value: untilRemoved, Text: "somebody removes it"},
			{Value: untilDay, Text: "the end of a day"}, {Value: untilHR, Text: "BambooHR says what is here now"}}},
		{Name: "until", Label: "Last day", Kind: "date", Value: typed.Get("until"), Error: wrong["until"], Optional: true,
			Hint: "For the end of a day, in " + e.Policy.Zones().Connection().String() + "."},
		{Name: "reason", Label: "Reason", Value: typed.Get("reason"), Error: wrong["reason"], Required: true, Hint: "For whoever finds the hold later."}}
	return d
}

// addHold keeps runs off a person or a field.
func (p *pages) addHold(w http.ResponseWriter, r *http.Request) error {
	person, e, err := p.find(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return err
	}
	h, wrong := holdOf(e, &person, r.PostForm)
	if len(wrong) > 0 {
		return ui.Render(w, r, http.StatusUnprocessableEntity, dialogView(holdDialog(e, &person, r.PostForm, wrong)))
	}
	if err := e.Store.AddHold(r.Context(), h); err != nil {
		return err
	}
	what := nameOf(&person)
	if h.Field != "" {
		what = inSentence(h.Field) + " of " + what
	}
	return p.done(w, r, personPath(person.ID), "Runs leave "+what+" alone now.")
}

// holdOf reads the form. The engine's own AddHold knows no hold that waits for BambooHR.
func holdOf(e *syncrun.Engine, person *directory.Person, typed url.Values) (directory.Hold, ui.Errors) {
	wrong := ui.Errors{}
	reason, _ := directory.CleanText(typed.Get("reason"))
	h := directory.Hold{ID: e.NewID("hold"), PersonID: person.ID, Field: directory.Field(typed.Get("field")), Reason: reason, CreatedBy: e.Actor, CreatedAt: e.Now()}
	known := h.Field == "" || h.Field == "status" || slices.ContainsFunc(fieldsOf(e, person), func(f field) bool { return f.Name == h.Field })
	switch {
	case !known:
		wrong["field"] = "Choose one of the fields."
	case reason == "":
		wrong["reason"] = "Say why, for whoever finds the hold later."
	case utf8.RuneCountInString(reason) > directory.MaxText:
		wrong["reason"] = "Write at most 200 characters."
	}
	switch typed.Get("end") {
	case untilDay:
		end, err := syncrun.EndOfDay(typed.Get("until"), e.Policy.Zones().Connection())
		switch {
		case err != nil:
			wrong["until"] = "Choose the last day, as 2026-11-21."
		case !end.After(e.Now()):
			wrong["until"] = "That day is over. Choose a later one."
		}
		h.Until = end
	case untilHR:
		if h.UntilHR = person.Values.Get(h.Field); h.Field == "" || h.Field == "status" {
			h.UntilHR = string(person.Status)
		}
		switch {
		case person.Link == nil:
			wrong["end"] = "This person does not come from BambooHR."
		case h.UntilHR == "":
			wrong["end"] = "The field is blank here, so there is nothing that BambooHR could agree with. Choose another end."
		}
	case untilRemoved, "":
		if typed.Get("until") != "" {
			wrong["end"] = "Choose the end of a day, or leave the day empty."
		}
	default:
		wrong["end"] = "Choose when the hold ends."
	}
	return h, wrong
}

// findHold finds a hold in force of the person that a request names.
func (p *pages) findHold(r *http.Request) (directory.Person, directory.Hold, *syncrun.Engine, error) {
	person, e, err := p.find(r)
	if err != nil {
		return person, directory.Hold{}, nil, err
	}
	all, err := holdsOf(r.Context(), e, person.ID)
	if err != nil {
		return person, directory.Hold{}, nil, err
	}
	i := slices.IndexFunc(all, func(h directory.Hold) bool { return h.ID == r.PathValue("hold") })
	if i < 0 {
		return person, directory.Hold{}, nil, directory.ErrNotFound
	}
	return person, all[i], e, nil
}

// askRemoveHold asks before a hold ends.
func (p *pages) askRemoveHold(w http.ResponseWriter, r *http.Request) error {
	person, h, _, err := p.findHold(r)
	if err != nil {
		return err
	}
	name, home := nameOf(&person), personPath(person.ID)
	d := &dialogPage{Action: home + "/holds/" + url.PathEscape(h.ID) + "/remove", Back: home, Submit: "Remove the hold", Icon: "x"}
	d.Page = ui.Page{Title: "Remove the hold on " + name + "?", Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}, {Text: name, Href: home}}}
	d.Text = []string{fieldWord(h.Field) + ": " + h.Reason, "The next run treats it as any other, and may change it to what BambooHR says."}
	return ui.Render(w, r, http.StatusOK, dialogView(d))
}

// removeHold ends a hold.
func (p *pages) removeHold(w http.ResponseWriter, r *http.Request) error {
	person, h, e, err := p.findHold(r)
	if err != nil {
		return err
	}
	err = e.RemoveHold(r.Context(), h.ID)
	if errors.Is(err, directory.ErrNotFound) { // somebody was faster
		err = nil
	}
	if err != nil {
		return err
	}
	return p.done(w, r, personPath(person.ID), "The hold is removed. The next run treats "+nameOf(&person)+" as any other.")
}

// holdRows words somebody's holds.
func holdRows(list []directory.Hold, person *directory.Person, who func(string) party, address func(string) string) []holdRow {
	out := make([]holdRow, len(list))
	for i, h := range list {
		row := holdRow{Hold: h, What: fieldWord(h.Field), By: who(h.CreatedBy), Remove: personPath(h.PersonID) + "/holds/" + url.PathEscape(h.ID) + "/remove"}
		row.UntilHR = shownValue(person.Values.KindOf(h.Field), h.UntilHR)
		if h.Field == directory.Manager && h.UntilHR != "" {
			row.UntilHR = address(h.UntilHR)
		}
		out[i] = row
	}
	slices.SortStableFunc(out, func(a, b holdRow) int { return endOf(a).Compare(endOf(b)) })
	return out
}

// endOf orders holds: those that end first above, those without an end below.
func endOf(h holdRow) time.Time {
	if h.Until.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return h.Until
}
