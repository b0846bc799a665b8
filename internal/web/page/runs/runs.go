// Package runs shows what a run would do and did: preview, confirmation, progress, history, undo. Computing
// and applying it is left to internal/connection.
package runs

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Accounts is what these pages ask of internal/account: nothing beyond the viewer.
type Accounts interface{}

// Connections is what these pages ask of internal/connection. Unknown connections are
// directory.ErrNotFound.
type Connections interface {
	List(ctx context.Context) ([]connection.Summary, error)
	Get(ctx context.Context, id string) (connection.Detail, error)
	Versions(ctx context.Context, id string) ([]connection.Version, error)
	Engine(ctx context.Context, actor, id string) (*syncrun.Engine, error)
	Editor(ctx context.Context, actor, id string) (*people.Editor, error)
	Job(ctx context.Context, id string) *connection.Job
	Cancel(ctx context.Context, id string) error
	Preview(ctx context.Context, actor, id string, r connection.PreviewRequest) (connection.Job, error)
	Sync(ctx context.Context, actor, id string) (connection.Job, error)
	SyncInviting(ctx context.Context, actor, id string, invite bool) (connection.Job, error)
	Releasers(ctx context.Context, actor, id, planID string) (release.Decision, error)
	Limits(ctx context.Context, id string) (connection.Limits, error)
	Apply(ctx context.Context, actor, id string, r connection.ApplyRequest) (connection.Job, error)
	PlanUndo(ctx context.Context, actor, id string, r connection.UndoRequest) (syncrun.UndoPreview, error)
}

// Views is what these pages read. Unknown plans and runs are directory.ErrNotFound.
type Views interface {
	PlanSummary(ctx context.Context, planID string) (view.PlanSummary, error)
	PlanRows(ctx context.Context, planID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
	PlanRow(ctx context.Context, planID string, seq int64) (syncrun.StoredItem, error)
	NewestPlan(ctx context.Context, connection string) (string, error)
	Runs(ctx context.Context, q view.RunQuery) (view.Page[syncrun.Run], error)
	Run(ctx context.Context, id string) (syncrun.Run, error)
	RunRows(ctx context.Context, runID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
	Names(ctx context.Context, ids []string) (map[string]string, error)
	Audit(ctx context.Context, q view.AuditQuery) (view.Page[view.AuditRecord], error)
}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Accounts    Accounts
	Connections Connections
	Views       Views
	Mails       Mails // nil: this application mails nobody
	Sends       bool  // there is a mail server; else mails stay in the outbox
	Now         func() time.Time
}

type pages struct{ Deps }

// Routes lists the pages.
func Routes(d Deps) []gate.Route {
	p := &pages{d}
	return []gate.Route{
		{Method: http.MethodGet, Path: "/connections/{id}/preview", Permission: account.Read, Handler: p.latest},
		{Method: http.MethodPost, Path: "/connections/{id}/preview", Permission: account.Operate, Handler: p.startPreview},
		{Method: http.MethodGet, Path: "/connections/{id}/progress", Permission: account.Read, Handler: p.progress},
		{Method: http.MethodGet, Path: "/connections/{id}/sync", Permission: account.Operate, Handler: p.askSync},
		{Method: http.MethodPost, Path: "/connections/{id}/sync", Permission: account.Operate, Handler: p.startSync},
		{Method: http.MethodPost, Path: "/connections/{id}/cancel", Permission: account.Operate, Handler: p.cancel},
		{Method: http.MethodGet, Path: "/plans/{id}", Permission: account.Read, Handler: p.plan},
		{Method: http.MethodGet, Path: "/plans/{id}/confirm", Permission: account.Operate, Handler: p.confirm},
		{Method: http.MethodPost, Path: "/plans/{id}/apply", Permission: account.Operate, Handler: p.apply},
		{Method: http.MethodPost, Path: "/plans/{id}/decide", Permission: account.People, Handler: p.decide},
		{Method: http.MethodGet, Path: "/history", Permission: account.Read, Handler: p.history},
		{Method: http.MethodGet, Path: "/connections/{id}/history", Permission: account.Read, Handler: p.history},
		{Method: http.MethodGet, Path: "/runs/{id}", Permission: account.Read, Handler: p.run},
		{Method: http.MethodGet, Path: "/runs/{id}/undo", Permission: account.Configure, Handler: p.askUndo},
		{Method: http.MethodPost, Path: "/runs/{id}/undo", Permission: account.Configure, Handler: p.planUndo},
	}
}

// rowsPerPage is how many changes one page lists.
const rowsPerPage = 50

// of returns a connection; one that was deleted has only its id, because its plans and runs stay.
func (p *pages) of(ctx context.Context, id string) (d connection.Detail, deleted bool, err error) {
	d, err = p.Connections.Get(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		d.ID, d.Name = id, "a deleted connection"
		return d, true, nil
	}
	return d, false, err
}

func viewer(r *http.Request) account.Viewer { return gate.ViewerFrom(r.Context()) }

func isFragment(r *http.Request) bool { return r.Header.Get("HX-Request") != "" }
