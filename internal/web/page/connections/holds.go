package connections

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// holdsPage lists what runs leave alone because somebody said so.
type holdsPage struct {
	connection.Detail
	Rows   []holdRow
	Values url.Values
	Errors ui.Errors
	Edit   bool
}

type holdRow struct {
	directory.Hold
	Name, Email, Who string
}

func (p *pages) holds(w http.ResponseWriter, r *http.Request) error {
	return p.showHolds(w, r, http.StatusOK, r.URL.Query(), nil)
}

func (p *pages) showHolds(w http.ResponseWriter, r *http.Request, status int, values url.Values, wrong ui.Errors) error {
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	page := holdsPage{Detail: d, Values: values, Errors: wrong, Edit: may(r.Context(), account.People)}
	if page.Rows, err = p.holdRows(r, d.ID); err != nil {
		return err
	}
	return ui.Render(w, r, status, holds(page))
}

// holdRows lists the holds in force of the connection's people, those that end first above.
func (p *pages) holdRows(r *http.Request, id string) ([]holdRow, error) {
	engine, err := p.Connections.Engine(r.Context(), actor(r), id)
	if err != nil {
		return nil, err
	}
	all, err := engine.Holds(r.Context())
	if err != nil {
		return nil, err
	}
	people, err := p.heldPeople(r.Context(), id)
	if err != nil {
		return nil, err
	}
	var actors []string
	for _, h := range all {
		actors = append(actors, h.CreatedBy)
	}
	names, err := p.names(r.Context(), actors...)
	if err != nil {
		return nil, err
	}
	var out []holdRow
	for _, h := range all {
		if person, ok := people[h.PersonID]; ok {
			out = append(out, holdRow{h, person.Name, person.Email, who(h.CreatedBy, names)})
		}
	}
	slices.SortStableFunc(out, func(a, b holdRow) int {
		switch {
		case a.Until.Equal(b.Until):
			return cmp.Compare(a.Name, b.Name)
		case a.Until.IsZero():
			return 1
		case b.Until.IsZero():
			return -1
		}
		return a.Until.Compare(b.Until)
	})
	return out, nil
}

// heldPeople are the connection's people with a hold, by id.
func (p *pages) heldPeople(ctx context.Context, id string) (map[string]view.PersonRow, error) {
	out := map[string]view.PersonRow{}
	q := connected(id, p.Now())
	q.OnHold, q.Limit = true, 1000
	for {
		page, err := p.Views.People(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Items {
			out[row.ID] = row
		}
		if page.Next == "" {
			return out, nil
		}
		q.After = page.Next
	}
}

func (p *pages) addHold(w http.ResponseWriter, r *http.Request) error {
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	values, err := typed(r)
	if err != nil {
		return err
	}
	person, wrong, err := p.holdOn(r, &d, values)
	if err != nil {
		return err
	}
	until, err := untilDay(values.Get("until"), zone(d.TimeZone))
	switch more, ok := formErrors(err, values, "until"); {
	case ok:
		wrong["until"] = more["until"]
	case err != nil:
		return err
	case !until.IsZero() && !until.After(p.Now()):
		wrong["until"] = "That day is over. Choose a later one, or leave it empty."
	}
	if values.Get("reason") == "" {
		wrong["reason"] = "Say why, for whoever finds the hold later."
	}
	if len(wrong) > 0 {
		return p.showHolds(w, r, http.StatusUnprocessableEntity, values, wrong)
	}
	engine, err := p.Connections.Engine(r.Context(), actor(r), d.ID)
	if err != nil {
		return err
	}
	if _, err := engine.AddHold(r.Context(), "id:"+person.ID, directory.Field(values.Get("field")), until, values.Get("reason")); err != nil {
		return err
	}
	return p.done(w, r, path(d.ID, "holds"), "Runs leave "+person.Values.Get(directory.Email)+" alone now.")
}

// holdOn finds whom a hold is for.
func (p *pages) holdOn(r *http.Request, d *connection.Detail, values url.Values) (directory.Person, ui.Errors, error) {
	wrong := ui.Errors{}
	who, field := values.Get("who"), values.Get("field")
	if !slices.ContainsFunc(holdFields(d.Settings), func(o ui.Option) bool { return o.Value == field }) {
		wrong["field"] = "Choose one of the fields."
	}
	if who == "" {
		wrong["who"] = "Write an e-mail address, or the name."
		return directory.Person{}, wrong, nil
	}
	engine, err := p.Connections.Engine(r.Context(), actor(r), d.ID)
	if err != nil {
		return directory.Person{}, nil, err
	}
	subject, err := engine.Find(r.Context(), who)
	ambiguous, _ := errors.AsType[*syncrun.AmbiguousError](err)
	nobody, _ := errors.AsType[*syncrun.NobodyError](err)
	switch {
	case ambiguous != nil:
		wrong["who"] = form.Sentence(ambiguous.Error())
	case nobody != nil:
		wrong["who"] = form.Sentence(nobody.Error())
	case err != nil:
		return directory.Person{}, nil, err
	case subject.Person == nil:
		wrong["who"] = subject.Name + " is an employee in BambooHR but nobody in the directory yet, so there is nothing to hold."
	case subject.Person.Link == nil || subject.Person.Link.Connection != d.ID:
		wrong["who"] = subject.Name + " is not from this connection, so its runs leave them alone anyway."
	default:
		return *subject.Person, wrong, nil
	}
	return directory.Person{}, wrong, nil
}

// holdFields lists what a hold can be about.
func holdFields(c policy.Connection) []ui.Option {
	out := []ui.Option{{Value: "", Text: "The whole person"}, {Value: "status", Text: "Status: no deactivation, no reactivation"}}
	for _, row := range form.MapRows(form.MappingValues(c)) {
		out = append(out, ui.Option{Value: row.Target, Text: row.Label})
	}
	return out
}

func (p *pages) removeHold(w http.ResponseWriter, r *http.Request) error {
	d, err := p.detail(r)
	if err != nil {
		return err
	}
	engine, err := p.Connections.Engine(r.Context(), actor(r), d.ID)
	if err != nil {
		return err
	}
	if err := engine.RemoveHold(r.Context(), r.PathValue("hold")); err != nil {
		return err
	}
	return p.done(w, r, path(d.ID, "holds"), "The hold is removed. The next run treats the person as any other.")
}
