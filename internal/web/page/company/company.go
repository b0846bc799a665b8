// Package company shows the organisation as a whole: departments and teams, the org chart, joiners and leavers,
// and how the directory differs from BambooHR. What is known of one person is left to
// internal/web/page/people.
package company

import (
	"context"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Connections is what these pages ask of internal/connection.
type Connections interface {
	List(ctx context.Context) ([]connection.Summary, error)
	EditorFor(ctx context.Context, actor string, person directory.Person) (*people.Editor, error)
}

// Views is what these pages read, and what merges and renames departments and teams. Unknown ids are
// directory.ErrNotFound.
type Views interface {
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	CountPeople(ctx context.Context, q view.PeopleQuery) (int, error)
	Overview(ctx context.Context, now time.Time) (view.Overview, error)
	Briefs(ctx context.Context, ids []string) (map[string]view.PersonBrief, error)
	OrgChart(ctx context.Context, root string, depth int) (view.Chart, error)
	Groups(ctx context.Context, kind directory.GroupKind) ([]view.GroupRow, error)
	NearDuplicates(ctx context.Context, kind directory.GroupKind) (pairs [][2]directory.Group, ok bool, err error)
	MergeGroups(ctx context.Context, from, into, actor string, now time.Time) (view.Regrouped, error)
	RenameGroup(ctx context.Context, id, name, actor string, now time.Time) (view.Regrouped, error)
	Headcount(ctx context.Context, q view.HeadcountQuery) ([]view.Month, error)
	Runs(ctx context.Context, q view.RunQuery) (view.Page[syncrun.Run], error)
	PlanSummary(ctx context.Context, planID string) (view.PlanSummary, error)
	PlanRows(ctx context.Context, planID string, q view.PlanQuery) (view.Page[syncrun.StoredItem], error)
}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Connections Connections
	Views       Views
	Now         func() time.Time
}

type pages struct{ Deps }

// Routes lists the pages. Every GET that leads to a change is the dialog that asks for it.
func Routes(d Deps) []gate.Route {
	p := &pages{d}
	route := func(method, path string, permission account.Permission, h gate.Handler) gate.Route {
		return gate.Route{Method: method, Path: path, Permission: permission, Handler: h}
	}
	return []gate.Route{
		route(http.MethodGet, "/chart", account.Read, p.chart),
		route(http.MethodGet, "/groups", account.Read, p.groups),
		route(http.MethodGet, "/numbers", account.Read, p.numbers),
		route(http.MethodGet, "/groups/{id}/merge", account.People, p.askMerge),
		route(http.MethodPost, "/groups/{id}/merge", account.People, p.merge),
		route(http.MethodGet, "/groups/{id}/rename", account.People, p.askRename),
		route(http.MethodPost, "/groups/{id}/rename", account.People, p.rename),
	}
}

func viewer(r *http.Request) account.Viewer { return gate.ViewerFrom(r.Context()) }

// done ends a POST: one sentence for the next page, and the way there.
func (p *pages) done(w http.ResponseWriter, r *http.Request, to, text string) error {
	p.Gate.Flash(w, text)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
