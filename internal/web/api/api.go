// Package api answers programs: everything that the screens do as JSON, by token, described by an OpenAPI
// document that is generated from the routes. What an answer means is left to the packages behind it.
package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/syncrun"
)

//go:generate go test -run TestDocumentIsCurrent . -update

// Accounts is what the API asks of internal/account.
type Accounts interface {
	OrganisationName(ctx context.Context) (string, error)
	SetRole(ctx context.Context, by account.Viewer, personID string, role directory.Role) error
	KeepsOwner(ctx context.Context, personID string) error
	Tokens(ctx context.Context) ([]account.Token, error)
	RevokeToken(ctx context.Context, by account.Viewer, id string) error
}

// Connections is what the API asks of internal/connection.
type Connections interface {
	List(ctx context.Context) ([]connection.Summary, error)
	Get(ctx context.Context, id string) (connection.Detail, error)
	Create(ctx context.Context, actor string, n connection.NewConnection) (connection.Detail, error)
	Save(ctx context.Context, actor, id string, version int64, patch []byte) (connection.Version, error)
	SetKey(ctx context.Context, actor, id, key string) error
	Enable(ctx context.Context, actor, id string) error
	Disable(ctx context.Context, actor, id string) error
	Approve(ctx context.Context, actor, id string) error
	Pause(ctx context.Context, actor, id, reason string, until time.Time) error
	Resume(ctx context.Context, actor, id string) error
	Delete(ctx context.Context, actor, id string) error
	Versions(ctx context.Context, id string) ([]connection.Version, error)
	Restore(ctx context.Context, actor, id string, version int64) (connection.Version, error)
	Check(ctx context.Context, actor, id string) (connection.Check, error)
	Preview(ctx context.Context, actor, id string, r connection.PreviewRequest) (connection.Job, error)
	Sync(ctx context.Context, actor, id string) (connection.Job, error)
	Apply(ctx context.Context, actor, id string, r connection.ApplyRequest) (connection.Job, error)
	PlanUndo(ctx context.Context, actor, id string, r connection.UndoRequest) (syncrun.UndoPreview, error)
	Wait(ctx context.Context, jobID string) (connection.Job, error)
	Cancel(ctx context.Context, id string) error
	Engine(ctx context.Context, actor, connection string) (*syncrun.Engine, error)
	EngineFor(ctx context.Context, actor string, person directory.Person) (*syncrun.Engine, error)
}

// Views is what the API reads.
type Views interface {
	PlanRows(ctx context.Context, planID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
	Runs(ctx context.Context, q view.RunQuery) (view.Page[syncrun.Run], error)
	Run(ctx context.Context, id string) (syncrun.Run, error)
	RunRows(ctx context.Context, runID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	Groups(ctx context.Context, kind directory.GroupKind) ([]view.GroupRow, error)
	Audit(ctx context.Context, q view.AuditQuery) (view.Page[view.AuditRecord], error)
}

// Deps is what the API is built from.
type Deps struct {
	Accounts    Accounts
	Connections Connections
	Views       Views
	Now         func() time.Time
	Version     string
}

// api has a method for every address; one noun is one file.
type api struct {
	Deps
	document json.RawMessage // OpenAPI
}

// Routes lists the addresses.
func Routes(d Deps) []gate.Route {
	a := &api{Deps: d}
	endpoints := a.endpoints()
	a.document, _ = json.Marshal(document(endpoints)) // texts and numbers cannot fail to be written
	out := make([]gate.Route, len(endpoints))
	for i, e := range endpoints {
		out[i] = e.route()
	}
	return out
}

func viewer(r *http.Request) account.Viewer { return gate.ViewerFrom(r.Context()) }

func actor(r *http.Request) string { return viewer(r).Actor() }

// engine is one for what belongs to no connection in particular: looking plans and people up.
func (a *api) engine(r *http.Request) (*syncrun.Engine, error) {
	return a.Connections.EngineFor(r.Context(), actor(r), directory.Person{})
}

// moment reads an instant, or a day, which means its end in a zone; "" is the zero instant.
func moment(field, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	end, err := syncrun.EndOfDay(text, zone)
	if err != nil {
		return end, &gate.InputError{Field: field, Text: text + " is neither a date (YYYY-MM-DD) nor an RFC 3339 time"}
	}
	return end, nil
}

// whole is a list that has no more pages.
func whole[T any](items []T) page[T] {
	if items == nil {
		items = []T{}
	}
	return page[T]{Items: items}
}

// pageOf shows the rows of a view.
func pageOf[R, T any](p view.Page[R], show func(*R) T) page[T] {
	out := page[T]{Items: make([]T, len(p.Items)), Next: syncrun.Optional(p.Next)}
	for i := range p.Items {
		out.Items[i] = show(&p.Items[i])
	}
	return out
}
