// Package connections shows the BambooHR connections: list, set-up, overview, configuration, mapping, scope
// and lifecycle, check and settings versions. What the settings do is left to internal/connection, previews and runs to
// internal/web/page/runs, holds and freezes to internal/web/page/exceptions.
package connections

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/policy"
)

// Accounts is what these pages ask of internal/account: nothing, the gate has asked already.
type Accounts interface{}

// Connections is what these pages ask of internal/connection.
type Connections interface {
	screen.Connections
	List(ctx context.Context) ([]connection.Summary, error)
	Create(ctx context.Context, actor string, n connection.NewConnection) (connection.Detail, error)
	Delete(ctx context.Context, actor, id string) error

	SetKey(ctx context.Context, actor, id, key string) error
	Check(ctx context.Context, actor, id string) (connection.Check, error)
	CheckDraft(ctx context.Context, id, subdomain, key string, settings []byte) (connection.Check, error)
	Recipe(ctx context.Context, id string, patch []byte) ([]string, error)

	Enable(ctx context.Context, actor, id string) error
	Disable(ctx context.Context, actor, id string) error
	Approve(ctx context.Context, actor, id string) error
	Pause(ctx context.Context, actor, id, reason string, until time.Time) error
	Resume(ctx context.Context, actor, id string) error

	Draft(ctx context.Context, id string, patch []byte) (policy.Connection, []policy.Fault, error)
	Save(ctx context.Context, actor, id string, version int64, patch []byte) (connection.Version, error)
	Versions(ctx context.Context, id string) ([]connection.Version, error)
	Restore(ctx context.Context, actor, id string, version int64) (connection.Version, error)
	Export(ctx context.Context, id string) ([]byte, error)
	Import(ctx context.Context, actor, id string, text []byte) (connection.Version, error)

	Unsaved(ctx context.Context, person, id, form string) (*connection.Unsaved, error)
	KeepUnsaved(ctx context.Context, person, id string, u connection.Unsaved, known time.Time) (connection.Unsaved, error)
	DropUnsaved(ctx context.Context, person, id, form string) error

	Examples(ctx context.Context, id string, patch []byte) (map[string][]connection.Example, error)
	Scope(ctx context.Context, id string, patch []byte) (connection.ScopeView, error)
	Fields(ctx context.Context, id string) ([]connection.FieldChoice, error)
	Values(ctx context.Context, id, field string) ([]string, error)
}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Accounts    Accounts
	Connections Connections
	Views       Views
	Mails       Mails // nil: addresses of notices need not agree
	// Waiting makes the block of what waits for somebody; nil: there is none.
	Waiting func(*http.Request) (templ.Component, error)
	// Freezes makes the notes of the freezes of a connection that are on.
	Freezes func(context.Context, *connection.Detail) (templ.Component, error)
	Now     func() time.Time
	Hints   Hints // nil: no webhook is taken here
}

// pages handles the requests.
type pages struct {
	Deps
	screen.Screen
	newTab func() string // names a page that a form stands on
}

// Routes lists the pages. A POST below mapping/check, scope/counts or configuration/schedule saves nothing: it
// tells what a form would do, and keeps what was typed for whoever typed it.
func Routes(d Deps) []gate.Route {
	p := &pages{Deps: d, Screen: screen.New(d.Gate, d.Connections, d.Views), newTab: rand.Text}
	get := func(path string, h gate.Handler) gate.Route {
		return gate.Route{Method: "GET", Path: path, Permission: account.Read, Handler: h}
	}
	configure := func(method, path string, h gate.Handler) gate.Route {
		return gate.Route{Method: method, Path: path, Permission: account.Configure, Handler: h}
	}
	const one = "/connections/{id}"
	return []gate.Route{
		get("/connections", p.list),
		configure("GET", "/connections/new", p.new),
		configure("POST", "/connections/new", p.create),
		get(one, p.overview),
		configure("GET", one+"/pause", p.pauseDialog),
		configure("POST", one+"/pause", p.pause),
		configure("POST", one+"/resume", p.resume),
		configure("POST", one+"/enable", p.enable),
		configure("POST", one+"/disable", p.disable),
		configure("POST", one+"/approve", p.approve),
		configure("POST", one+"/recipients/ask", p.askAgain),
		get(one+"/configuration", p.configuration),
		configure("POST", one+"/configuration", p.saveConfiguration),
		configure("POST", one+"/configuration/schedule", p.nextRuns),
		configure("POST", one+"/key", p.setKey),
		configure("GET", one+"/delete", p.deleteDialog),
		configure("POST", one+"/delete", p.delete),
		get(one+"/unsaved", p.unsaved),
		configure("POST", one+"/unsaved", p.settleUnsaved),
		get(one+"/mapping", p.mapping),
		configure("POST", one+"/mapping", p.saveMapping),
		configure("POST", one+"/mapping/check", p.checkMapping),
		get(one+"/scope", p.scope),
		configure("POST", one+"/scope", p.saveScope),
		configure("POST", one+"/scope/counts", p.countScope),
		get(one+"/check", p.check),
		configure("POST", one+"/check", p.runCheck),
		get(one+"/settings", p.versions),
		get(one+"/settings/export", p.export),
		configure("POST", one+"/settings/import", p.importSettings),
		get(one+"/settings/{version}", p.version),
		configure("GET", one+"/settings/{version}/restore", p.restoreDialog),
		configure("POST", one+"/settings/{version}/restore", p.restore),
	}
}
