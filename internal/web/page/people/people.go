// Package people shows the people of the directory: who they are, what happened to them and why they are as
// they are, edits by hand, holds, imports. What an edit may do is left to people.Editor and internal/account, what a
// plan holds to internal/web/page/runs, the organisation as a whole to internal/web/page/company.
package people

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
)

// Accounts is what these pages ask of internal/account.
type Accounts interface {
	KeepsOwner(ctx context.Context, personID string) error
}

// Connections is what these pages ask of internal/connection.
type Connections interface {
	List(ctx context.Context) ([]connection.Summary, error)
	Get(ctx context.Context, id string) (connection.Detail, error)
	Editor(ctx context.Context, actor, id string) (*people.Editor, error)
	EditorFor(ctx context.Context, actor string, person directory.Person) (*people.Editor, error)
}

// Views is what these pages read. Unknown ids are directory.ErrNotFound.
type Views interface {
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	CountPeople(ctx context.Context, q view.PeopleQuery) (int, error)
	EachPerson(ctx context.Context, q view.PeopleQuery) iter.Seq2[*directory.Person, error]
	PeopleFacets(ctx context.Context) (view.PeopleFacets, error)
	Overview(ctx context.Context, now time.Time) (view.Overview, error)
	Briefs(ctx context.Context, ids []string) (map[string]view.PersonBrief, error)
	Audit(ctx context.Context, q view.AuditQuery) (view.Page[view.AuditRecord], error)
}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Accounts    Accounts
	Connections Connections
	Views       Views
	Now         func() time.Time
}

type pages struct{ Deps }

// Routes lists the pages. Every GET that leads to a change is the page, or dialog, that asks for it.
func Routes(d Deps) []gate.Route {
	p := &pages{d}
	read := func(path string, h gate.Handler) gate.Route {
		return gate.Route{Method: http.MethodGet, Path: path, Permission: account.Read, Handler: h}
	}
	routes := []gate.Route{
		read("/people", p.list),
		read("/people.csv", p.export),
		read("/people/{id}", p.person),
		read("/people/{id}/timeline", p.timeline),
		read("/people/{id}/explain", p.explainPerson),
		read("/explain", p.explain),
	}
	for _, form := range []struct {
		path      string
		ask, take gate.Handler
	}{
		{"/people/new", p.newPerson, p.addPerson},
		{"/people/import", p.askImport, p.takeImport},
		{"/people/{id}/edit", p.edit, p.saveEdit},
		{"/people/{id}/invite", p.ask(invitation), p.take(invitation)},
		{"/people/{id}/deactivate", p.ask(deactivation), p.take(deactivation)},
		{"/people/{id}/reactivate", p.ask(reactivation), p.take(reactivation)},
		{"/people/{id}/hold", p.askHold, p.addHold},
		{"/people/{id}/holds/{hold}/remove", p.askRemoveHold, p.removeHold},
	} {
		routes = append(routes, gate.Route{Method: http.MethodGet, Path: form.path, Permission: account.People, Handler: form.ask},
			gate.Route{Method: http.MethodPost, Path: form.path, Permission: account.People, Handler: form.take})
	}
	return routes
}

func viewer(r *http.Request) account.Viewer { return gate.ViewerFrom(r.Context()) }

func personPath(id string) string { return "/people/" + url.PathEscape(id) }

// done ends a POST: one sentence for the next page, and the way there.
func (p *pages) done(w http.ResponseWriter, r *http.Request, to, text string) error {
	p.Gate.Flash(w, text)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// find reads the person that a request names, with the editor of the connection that owns them.
func (p *pages) find(r *http.Request) (directory.Person, *people.Editor, error) {
	e, err := p.editor(r)
	if err != nil {
		return directory.Person{}, nil, err
	}
	person, err := e.Store.Person(r.Context(), r.PathValue("id"))
	if err != nil {
		return person, nil, err
	}
	if person.Link == nil {
		return person, e, nil
	}
	e, err = p.Connections.EditorFor(r.Context(), viewer(r).Actor(), person)
	return person, e, err
}

// subordinate is find for whoever wants to change the person: nobody changes somebody above them.
func (p *pages) subordinate(r *http.Request) (directory.Person, *people.Editor, error) {
	person, e, err := p.find(r)
	if err == nil && !viewer(r).MayChange(person.Role) {
		err = account.ErrForbidden
	}
	return person, e, err
}

// editor is the editor for what belongs to no connection.
func (p *pages) editor(r *http.Request) (*people.Editor, error) {
	return p.Connections.EditorFor(r.Context(), viewer(r).Actor(), directory.Person{})
}
