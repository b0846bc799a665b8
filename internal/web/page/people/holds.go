package people

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/page/holdform"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
)

// holdRow is a hold in force.
type holdRow struct {
	directory.Hold
	What    string
	Agrees  bool   // it ends when BambooHR says UntilHR
	UntilHR string // for a reader; "" is blank
	By      party
	Remove  string // address
}

// holdsOf are somebody's holds in force.
func holdsOf(ctx context.Context, e *people.Editor, person string) ([]directory.Hold, error) {
	all, err := e.Holds(ctx)
	return slices.DeleteFunc(all, func(h directory.Hold) bool { return h.PersonID != person }), err
}

// askHold asks what is to be held, and until when (contradiction C2).
func (p *pages) askHold(w http.ResponseWriter, r *http.Request) error {
	person, e, err := p.find(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	return ui.Render(w, r, http.StatusOK, ui.Ask(holdDialog(e, &person, url.Values{"field": q["field"]}, nil)))
}

func holdDialog(e *people.Editor, person *directory.Person, typed url.Values, wrong ui.Errors) *ui.Question {
	name, home := words.Name(person), personPath(person.ID)
	d := &ui.Question{Action: home + "/hold", Back: home, Submit: "Hold", Icon: "hand-stop", Errors: wrong}
	d.Page = ui.Page{Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}, {Text: name, Href: home}}}
	d.Title = "Hold " + name
	d.Text = []string{"Runs leave what is held alone, whatever BambooHR says. People can still edit it here."}
	d.Inputs = holdform.Inputs(e.Policy, typed, wrong)
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
	h, wrong := holdform.Read(e, r.PostForm)
	if len(wrong) == 0 {
		if wrong, err = h.Add(r.Context(), e, &person); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return ui.Render(w, r, http.StatusUnprocessableEntity, ui.Ask(holdDialog(e, &person, r.PostForm, wrong)))
	}
	what := words.Name(&person)
	if h.Field != "" {
		what = inSentence(h.Field) + " of " + what
	}
	return p.done(w, r, personPath(person.ID), "Runs leave "+what+" alone now.")
}

// findHold finds a hold in force of the person that a request names.
func (p *pages) findHold(r *http.Request) (directory.Person, directory.Hold, *people.Editor, error) {
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
	name, home := words.Name(&person), personPath(person.ID)
	d := &ui.Question{Action: home + "/holds/" + url.PathEscape(h.ID) + "/remove", Back: home, Submit: "Remove the hold", Icon: "x"}
	d.Page = ui.Page{Title: "Remove the hold on " + name + "?", Nav: "people", Crumbs: []ui.Crumb{{Text: "People", Href: "/people"}, {Text: name, Href: home}}}
	d.Text = []string{heldWord(h.Field) + ": " + h.Reason, "The next run treats it as any other, and may change it to what BambooHR says."}
	return ui.Render(w, r, http.StatusOK, ui.Ask(d))
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
	return p.done(w, r, personPath(person.ID), "The hold is removed. The next run treats "+words.Name(&person)+" as any other.")
}

// holdRows words somebody's holds.
func holdRows(list []directory.Hold, person *directory.Person, who func(string) party, address func(string) string) []holdRow {
	out := make([]holdRow, len(list))
	for i, h := range list {
		row := holdRow{Hold: h, What: heldWord(h.Field), By: who(h.CreatedBy), Remove: personPath(h.PersonID) + "/holds/" + url.PathEscape(h.ID) + "/remove"}
		value := ""
		value, row.Agrees = h.Awaits()
		row.UntilHR = words.Value(person.Values.KindOf(h.Field), value)
		switch {
		case !row.Agrees:
		case h.Field == "", h.Field == "status":
			row.UntilHR = people.SaysOfStatus(directory.Status(value))
		case h.Field == directory.Manager && value != "":
			row.UntilHR = address(value)
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
