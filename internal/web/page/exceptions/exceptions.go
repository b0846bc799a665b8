// Package exceptions shows what the runs of a connection leave alone by somebody's word: the holds on people and their
// fields, and the freezes of fields of everybody. What a hold asks is left to package holdform, what an exception does
// to internal/connection's editor.
package exceptions

import (
	"context"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Connections is what these pages ask of internal/connection.
type Connections interface {
	screen.Connections
	Editor(ctx context.Context, actor, id string) (*people.Editor, error)
}

// Views is what these pages read.
type Views interface {
	screen.Names
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	NewestPlan(ctx context.Context, connection string) (string, error)
	PlanRows(ctx context.Context, planID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Connections Connections
	Views       Views
	Now         func() time.Time
}

// pages handles the requests.
type pages struct {
	Deps
	screen.Screen
}

func newPages(d Deps) *pages { return &pages{d, screen.New(d.Gate, d.Connections, d.Views)} }

// Routes lists the pages.
func Routes(d Deps) []gate.Route {
	p := newPages(d)
	const one = "/connections/{id}"
	return []gate.Route{
		{Method: "GET", Path: one + "/holds", Permission: account.Read, Handler: p.holds},
		{Method: "POST", Path: one + "/holds", Permission: account.People, Handler: p.addHold},
		{Method: "POST", Path: one + "/holds/{hold}/remove", Permission: account.People, Handler: p.removeHold},
		{Method: "POST", Path: one + "/undone/{run}/release", Permission: account.People, Handler: p.removeUndone},
		{Method: "GET", Path: one + "/freezes/new", Permission: account.Configure, Handler: p.askFreeze},
		{Method: "POST", Path: one + "/freezes", Permission: account.Configure, Handler: p.addFreeze},
		{Method: "POST", Path: one + "/freezes/preview", Permission: account.Operate, Handler: p.previewCatchUp},
		{Method: "GET", Path: one + "/freezes/{freeze}", Permission: account.Read, Handler: p.freeze},
		{Method: "GET", Path: one + "/freezes/{freeze}/end", Permission: account.Configure, Handler: p.askEndFreeze},
		{Method: "POST", Path: one + "/freezes/{freeze}/end", Permission: account.Configure, Handler: p.endFreeze},
	}
}

// Freezes makes the notes that tell on other pages of a connection which freezes are on.
func Freezes(d Deps) func(context.Context, *connection.Detail) (templ.Component, error) {
	p := newPages(d)
	return func(ctx context.Context, c *connection.Detail) (templ.Component, error) {
		on, err := p.freezes(ctx, c.ID)
		return freezeNotes(c.ID, c.TimeZone, on), err
	}
}

func may(r *http.Request, what account.Permission) bool {
	return gate.ViewerFrom(r.Context()).May(what)
}
