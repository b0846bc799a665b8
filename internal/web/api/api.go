// Package api answers programs: everything that the screens do as JSON, by token, described by an OpenAPI
// document that is generated from the routes. What an answer means is left to the packages behind it.
package api

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"reflect"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/draft"
	"github.com/rollcall-hr/rollcall/internal/web/api/organisation"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

//go:generate go test -run ^(TestDocumentIsCurrent|TestAddresses)$ . -update

// Accounts is what the API asks of internal/account.
type Accounts interface {
	organisation.Accounts
	SetRole(ctx context.Context, by account.Viewer, personID string, role directory.Role) error
	KeepsOwner(ctx context.Context, personID string) error
}

// Connections is what the API asks of internal/connection.
type Connections interface {
	draft.Connections
	List(ctx context.Context) ([]connection.Summary, error)
	Timetables(ctx context.Context) ([]connection.Timetable, error)
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
	Import(ctx context.Context, actor, id string, text []byte) (connection.Version, error)
	Export(ctx context.Context, id string) ([]byte, error)
	Check(ctx context.Context, actor, id string) (connection.Check, error)
	Preview(ctx context.Context, actor, id string, r connection.PreviewRequest) (connection.Job, error)
	Sync(ctx context.Context, actor, id string) (connection.Job, error)
	SyncInviting(ctx context.Context, actor, id string, invite bool) (connection.Job, error)
	Apply(ctx context.Context, actor, id string, r connection.ApplyRequest) (connection.Job, error)
	PlanUndo(ctx context.Context, actor, id string, r connection.UndoRequest) (syncrun.UndoPreview, error)
	Wait(ctx context.Context, jobID string) (connection.Job, error)
	Cancel(ctx context.Context, id string) error
	Editor(ctx context.Context, actor, connection string) (*people.Editor, error)
	EditorFor(ctx context.Context, actor string, person directory.Person) (*people.Editor, error)
}

// Views is what the API reads.
type Views interface {
	PlanRows(ctx context.Context, planID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
	Runs(ctx context.Context, q view.RunQuery) (view.Page[syncrun.Run], error)
	Run(ctx context.Context, id string) (syncrun.Run, error)
	RunRows(ctx context.Context, runID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
	PlanSummary(ctx context.Context, planID string) (view.PlanSummary, error)
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	EachPerson(ctx context.Context, q view.PeopleQuery) iter.Seq2[*directory.Person, error]
	Briefs(ctx context.Context, ids []string) (map[string]view.PersonBrief, error)
	Overview(ctx context.Context, now time.Time) (view.Overview, error)
	Effects(ctx context.Context, q view.EffectQuery) (view.Page[view.Effect], error)
	Headcount(ctx context.Context, q view.HeadcountQuery) ([]view.Month, error)
	OrgChart(ctx context.Context, root string, depth int) (view.Chart, error)
	organisation.Views
}

// Mails is what the API asks of internal/notify.
type Mails interface {
	organisation.Mails
	Welcomes(ctx context.Context, runID string) (notify.Welcomes, error)
}

// Deps is what the API is built from.
type Deps struct {
	Accounts    Accounts
	Connections Connections
	Views       Views
	Queue       Queue
	Hints       Hints // nil: no webhook is taken here
	Now         func() time.Time
	Version     string
	Mails       Mails                       // nil: this server mails nobody
	Provider    organisation.Provider       // nil: a sign-in provider cannot be tried
	Verify      func(context.Context) error // checks the audit trail's chain
	URL         *url.URL                    // the address that people use; nil when only this machine does
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
	a.document, _ = json.Marshal(surface().Document(endpoints)) // texts and numbers cannot fail to be written
	return surface().Routes(endpoints)
}

// Document is the OpenAPI document as text for people; docs/openapi.json is this.
func Document() ([]byte, error) { return surface().Text((&api{}).endpoints()) }

// base is where the addresses begin.
const base = "/api/v1"

// surface is what all addresses have in common.
func surface() *rest.Surface {
	return &rest.Surface{Base: base, Title: "Rollcall",
		Description: "Everything that the screens of Rollcall do, for programs. Make a token under Settings, or with \"rollcall tokens create\"; docs/api.md begins with first calls.",
		Words:       choicesOf, Codes: codes(), Problem: reflect.TypeFor[problemView](), Job: reflect.TypeFor[jobView](), Refuse: refuse}
}

// The words of package rest, as every handler here uses them.
type (
	endpoint     = rest.Endpoint
	page[T any]  = rest.Page[T]
	paging       = rest.Paging
	one          = rest.One
	none         = rest.None
	nothing      = rest.Nothing
	object       = rest.Object
	requestError = rest.RequestError
)

func on[In, Out any](method, path string, p account.Permission, id, summary string, f func(*http.Request, In) (Out, error)) endpoint {
	return rest.On(method, path, p, id, summary, f)
}

func whole[T any](items []T) page[T] { return rest.Whole(items) }

func viewer(r *http.Request) account.Viewer { return gate.ViewerFrom(r.Context()) }

func actor(r *http.Request) string { return viewer(r).Actor() }

// editor is one for what belongs to no connection in particular: looking plans and people up.
func (a *api) editor(r *http.Request) (*people.Editor, error) {
	return a.Connections.EditorFor(r.Context(), actor(r), directory.Person{})
}

// moment reads an instant, or a day, which means its end in a zone; "" is the zero instant.
func moment(field, text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = syncrun.EndOfDay(text, zone)
	}
	if err != nil {
		return t, &gate.InputError{Field: field, Text: text + " is neither a date (YYYY-MM-DD) nor an RFC 3339 time"}
	}
	return t, nil
}

// between reads the bounds of a list.
func between(from, to string) (begin, end time.Time, err error) { return rest.Between(from, to) }

// pageOf shows the rows of a view.
func pageOf[R, T any](p view.Page[R], show func(*R) T) page[T] {
	return rest.PageOf(p.Items, p.Next, show)
}
