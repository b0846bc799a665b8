// Package work shows what happens without anybody pressing a button: the next run of each connection and what
// is under way, the queue of automatic runs, and the calendar of what dates will bring. When and how it
// happens is left to internal/jobs and internal/connection, which dates there are to the store's views.
package work

import (
	"context"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Queue is what these pages ask of internal/jobs.
type Queue interface {
	Jobs(ctx context.Context, limit int) ([]jobs.Job, error)
	Health(ctx context.Context) (jobs.Health, error)
}

// Connections is what these pages ask of internal/connection.
type Connections interface {
	List(ctx context.Context) ([]connection.Summary, error)
	Timetables(ctx context.Context) ([]connection.Timetable, error)
	Job(ctx context.Context, id string) *connection.Job
	Cancel(ctx context.Context, id string) error
}

// Views is what these pages read.
type Views interface {
	Effects(ctx context.Context, q view.EffectQuery) (view.Page[view.Effect], error)
	EffectCounts(ctx context.Context, q view.EffectQuery) ([]view.EffectCount, error)
	Runs(ctx context.Context, q view.RunQuery) (view.Page[syncrun.Run], error)
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Connections Connections
	Queue       Queue
	Views       Views
	Now         func() time.Time
}

type pages struct{ Deps }

// Routes lists the pages.
func Routes(d Deps) []gate.Route {
	p := &pages{d}
	return []gate.Route{
		{Method: http.MethodGet, Path: "/automation", Permission: account.Read, Handler: p.next},
		{Method: http.MethodGet, Path: "/automation/calendar", Permission: account.Read, Handler: p.calendar},
		{Method: http.MethodGet, Path: "/automation/jobs", Permission: account.Read, Handler: p.jobs},
		{Method: http.MethodPost, Path: "/automation/{id}/cancel", Permission: account.Operate, Handler: p.cancel},
	}
}

// frame is the page around one of the three parts.
func frame(current, lead string) ui.Page {
	page := ui.Page{Title: "Automation", Nav: "automation", Lead: lead,
		Tabs: []ui.Tab{{Text: "Next", Href: "/automation"}, {Text: "Calendar", Href: "/automation/calendar"}, {Text: "Queue", Href: "/automation/jobs"}}}
	for i := range page.Tabs {
		page.Tabs[i].Current = page.Tabs[i].Text == current
	}
	return page
}

// zone is a connection's time zone.
func zone(name string) *time.Location {
	if z, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return z
	}
	return time.UTC
}
