package exceptions

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/page/holdform"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
)

// holdsPage lists what runs leave alone because somebody said so.
type holdsPage struct {
	connection.Detail
	Rows      []holdRow
	Undone    []undone // holds that undos put, by the run that was taken back
	Freezes   []freezeRow
	Configure bool // may freeze
	Values    url.Values
	Errors    ui.Errors
	Edit      bool
}

type holdRow struct {
	directory.Hold
	Name, Email, Who string
	Run              string // that was taken back, "" for a hold that a person put
	Agrees           bool   // it ends when BambooHR says what Says tells, "" for blank
	Says             string
}

// undone counts the holds of one undo, which are removed together.
type undone struct {
	Run   string
	Holds int
	At    time.Time
}

// these are the holds on the button that removes them.
func (u undone) these() string {
	if u.Holds == 1 {
		return "it"
	}
	return "all " + ui.Number(u.Holds)
}

// ofUndo begins the reason of a hold that an undo put; the run's id follows.
const ofUndo = "undo of run "

// undos sums up the holds of undos, the newest first.
func undos(rows []holdRow) []undone {
	var out []undone
	for _, h := range rows {
		if h.Run == "" {
			continue
		}
		i := slices.IndexFunc(out, func(u undone) bool { return u.Run == h.Run })
		if i < 0 {
			i, out = len(out), append(out, undone{Run: h.Run})
		}
		out[i].Holds++
		if h.CreatedAt.After(out[i].At) {
			out[i].At = h.CreatedAt
		}
	}
	slices.SortStableFunc(out, func(a, b undone) int { return b.At.Compare(a.At) })
	return out
}

func (p *pages) holds(w http.ResponseWriter, r *http.Request) error {
	return p.showHolds(w, r, http.StatusOK, r.URL.Query(), nil)
}

func (p *pages) showHolds(w http.ResponseWriter, r *http.Request, status int, values url.Values, wrong ui.Errors) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	page := holdsPage{Detail: d, Values: values, Errors: wrong, Edit: may(r, account.People), Configure: may(r, account.Configure)}
	if page.Freezes, err = p.freezes(r.Context(), d.ID); err != nil {
		return err
	}
	if page.Rows, err = p.holdRows(r, d.ID); err != nil {
		return err
	}
	page.Undone = undos(page.Rows)
	return ui.Render(w, r, status, holds(page))
}

// holdRows lists the holds in force of the connection's people, those that end first above.
func (p *pages) holdRows(r *http.Request, id string) ([]holdRow, error) {
	editor, err := p.Connections.Editor(r.Context(), screen.Actor(r), id)
	if err != nil {
		return nil, err
	}
	all, err := editor.Holds(r.Context())
	if err != nil {
		return nil, err
	}
	held, err := p.heldPeople(r.Context(), id)
	if err != nil {
		return nil, err
	}
	var actors []string
	for _, h := range all {
		actors = append(actors, h.CreatedBy)
		if manager, ok := h.Awaits(); ok && h.Field == directory.Manager {
			actors = append(actors, manager)
		}
	}
	names, err := p.Actors(r.Context(), actors...)
	if err != nil {
		return nil, err
	}
	var out []holdRow
	for _, h := range all {
		if person, ok := held[h.PersonID]; ok {
			run := ""
			if rest, is := strings.CutPrefix(h.Reason, ofUndo); is {
				run = rest
			}
			row := holdRow{Hold: h, Name: person.Name, Email: person.Email, Who: screen.Who(h.CreatedBy, names), Run: run}
			row.Says, row.Agrees = h.Awaits()
			switch value := row.Says; {
			case !row.Agrees:
			case h.Field == "", h.Field == "status":
				row.Says = people.SaysOfStatus(directory.Status(value))
			case h.Field == directory.Manager && value != "":
				row.Says = screen.Who(value, names)
			default:
				row.Says = words.Value(h.Field.Kind(), value)
			}
			out = append(out, row)
		}
	}
	slices.SortStableFunc(out, func(a, b holdRow) int {
		return cmp.Or(byEnd(a.Until, b.Until), cmp.Compare(a.Name, b.Name))
	})
	return out, nil
}

// byEnd orders what ends: zero, which never does by itself, last.
func byEnd(a, b time.Time) int {
	switch {
	case a.Equal(b):
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// heldPeople are the connection's people with a hold, by id.
func (p *pages) heldPeople(ctx context.Context, id string) (map[string]view.PersonRow, error) {
	out := map[string]view.PersonRow{}
	q := view.PeopleQuery{Connection: id, Now: p.Now(), OnHold: true, Limit: 1000}
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
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	editor, err := p.Connections.Editor(r.Context(), screen.Actor(r), d.ID)
	if err != nil {
		return err
	}
	hold, wrong := holdform.Read(editor, values)
	person, nobody, err := p.holdOn(r, &d, editor, values.Get("who"))
	if err != nil {
		return err
	}
	if nobody != "" {
		wrong["who"] = nobody
	}
	if len(wrong) == 0 {
		if wrong, err = hold.Add(r.Context(), editor, &person); err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return p.showHolds(w, r, http.StatusUnprocessableEntity, values, wrong)
	}
	return p.Done(w, r, screen.Path(d.ID, "holds"), "Runs leave "+person.Values.Get(directory.Email)+" alone now.")
}

// holdOn finds whom a hold is for, or says why it can be for nobody.
func (p *pages) holdOn(r *http.Request, d *connection.Detail, editor *people.Editor, name string) (directory.Person, string, error) {
	var nobody directory.Person
	if name == "" {
		return nobody, "Write an e-mail address, or the name.", nil
	}
	subject, err := editor.Find(r.Context(), name)
	ambiguous, _ := errors.AsType[*people.AmbiguousError](err)
	unknown, _ := errors.AsType[*people.NobodyError](err)
	switch {
	case ambiguous != nil:
		return nobody, form.Sentence(ambiguous.Error()), nil
	case unknown != nil:
		return nobody, form.Sentence(unknown.Error()), nil
	case err != nil:
		return nobody, "", err
	case subject.Person == nil:
		return nobody, subject.Name + " is an employee in BambooHR but nobody in the directory yet, so there is nothing to hold.", nil
	case subject.Person.Link == nil || subject.Person.Link.Connection != d.ID:
		return nobody, subject.Name + " is not from this connection, so its runs leave them alone anyway.", nil
	}
	return *subject.Person, "", nil
}

func (p *pages) removeHold(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	editor, err := p.Connections.Editor(r.Context(), screen.Actor(r), d.ID)
	if err != nil {
		return err
	}
	if err := editor.RemoveHold(r.Context(), r.PathValue("hold")); err != nil {
		return err
	}
	return p.Done(w, r, screen.Path(d.ID, "holds"), "The hold is removed. The next run treats the person as any other.")
}

// removeUndone removes every hold that the undo of one run put.
func (p *pages) removeUndone(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	rows, err := p.holdRows(r, d.ID)
	if err != nil {
		return err
	}
	editor, err := p.Connections.Editor(r.Context(), screen.Actor(r), d.ID)
	if err != nil {
		return err
	}
	removed := 0
	for _, h := range rows {
		if h.Run != r.PathValue("run") || h.Run == "" {
			continue
		}
		if err := editor.RemoveHold(r.Context(), h.ID); err != nil && !errors.Is(err, directory.ErrNotFound) { // somebody else was faster
			return err
		}
		removed++
	}
	if removed == 0 {
		return p.NotDone(w, r, screen.Path(d.ID, "holds"), "No hold of that undo is in force any more.")
	}
	return p.Done(w, r, screen.Path(d.ID, "holds"), ui.Count(removed, "hold is", "holds are")+" removed. The next run treats these people as any others.")
}
