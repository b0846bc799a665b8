// Package web is the web application of one organisation: it puts the pages and the API together behind
// one handler. It holds interfaces and never a database.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/web/api"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/admin"
	"github.com/rollcall-hr/rollcall/internal/web/page/company"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections"
	"github.com/rollcall-hr/rollcall/internal/web/page/exceptions"
	"github.com/rollcall-hr/rollcall/internal/web/page/mail"
	"github.com/rollcall-hr/rollcall/internal/web/page/people"
	"github.com/rollcall-hr/rollcall/internal/web/page/runs"
	"github.com/rollcall-hr/rollcall/internal/web/page/sign"
	"github.com/rollcall-hr/rollcall/internal/web/page/work"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// Views is everything that the screens and the API read.
type Views interface {
	admin.Views
	api.Views
	connections.Views
	exceptions.Views
	people.Views
	runs.Views
	sign.Views
	work.Views
}

// Mails is the outbox as pages and the API use it; *notify.Service is one.
type Mails interface {
	connections.Mails
	mail.Mails
	runs.Mails
	api.Mails
}

// Provider is OpenID Connect as sign-in and settings use it (internal/account/openid).
type Provider interface {
	sign.Provider
	admin.ProviderCheck
}

// Hints is BambooHR's webhooks (internal/hint).
type Hints interface {
	http.Handler // of deliveries, by the path value connection
	connections.Hints
}

// Queue is the automatic runs of the organisation (jobs.Of).
type Queue interface {
	work.Queue
	Health(ctx context.Context) (jobs.Health, error)
}

// Options are the parts of an application. All but URL and Demo must be set.
type Options struct {
	Accounts    *account.Service
	Connections *connection.Service
	Views       Views
	Queue       Queue
	Log         *slog.Logger
	Now         func() time.Time
	Version     string
	URL         *url.URL // the address that people use; nil when only this machine does
	// Proxies are believed when they say whom they bring; nil: those on this machine.
	Proxies []netip.Prefix
	Demo    bool // a simulated company: said on every page
	// SetupCode is what the first owner must type, "" when only this machine reaches the server.
	SetupCode string
	// Mails is the outbox; nil: this application mails nobody. Sends tells whether there is a mail server.
	Mails Mails
	Sends bool
	// Language is that of mails until an owner chooses one; "" for English.
	Language string
	// Provider speaks with the OpenID Connect provider that the settings name; nil: nobody signs in that way.
	Provider Provider
	// Hints takes BambooHR's webhooks; nil: this application does not.
	Hints Hints
	// Verify checks the audit trail's chain.
	Verify func(context.Context) error
	// Ready reports why the application cannot work, nil when it can; /readyz asks.
	Ready func(context.Context) error
}

// App is the web application of one organisation.
type App struct {
	Pages []gate.Route // with permissions, for the test that walks them
	API   []gate.Route
	Hooks []gate.Route // called by BambooHR
	http.Handler
}

// New puts the application together.
func New(o Options) (*App, error) {
	assets, err := ui.NewAssets()
	if err != nil {
		return nil, fmt.Errorf("read the embedded files: %w", err)
	}
	g := &gate.Gate{Sessions: o.Accounts, Log: o.Log, Now: o.Now, URL: o.URL, Proxies: o.Proxies, Page: problemPage}
	shown := runs.Deps{Gate: g, Accounts: o.Accounts, Connections: o.Connections, Views: o.Views, Mails: o.Mails, Sends: o.Sends, Now: o.Now}
	excepted := exceptions.Deps{Gate: g, Connections: o.Connections, Views: o.Views, Now: o.Now}
	app := &App{
		Pages: slices.Concat(
			sign.Routes(sign.Deps{Gate: g, Accounts: o.Accounts, Connections: o.Connections, Views: o.Views, Now: o.Now, SetupCode: o.SetupCode, Provider: o.Provider, Mail: o.Mails != nil && (o.Sends || o.Demo)}),
			connections.Routes(connections.Deps{Gate: g, Accounts: o.Accounts, Connections: o.Connections, Views: o.Views, Mails: o.Mails, Waiting: runs.Waiting(shown), Freezes: exceptions.Freezes(excepted), Now: o.Now, Hints: o.Hints}),
			exceptions.Routes(excepted),
			runs.Routes(shown),
			people.Routes(people.Deps{Gate: g, Accounts: o.Accounts, Connections: o.Connections, Views: o.Views, Now: o.Now}),
			company.Routes(company.Deps{Gate: g, Connections: o.Connections, Views: o.Views, Now: o.Now}),
			work.Routes(work.Deps{Gate: g, Connections: o.Connections, Queue: o.Queue, Views: o.Views, Now: o.Now}),
			admin.Routes(admin.Deps{Gate: g, Accounts: o.Accounts, Connections: o.Connections, Views: o.Views, Now: o.Now, Verify: o.Verify, Provider: o.Provider, Language: o.Language}),
		),
		API: api.Routes(api.Deps{Accounts: o.Accounts, Connections: o.Connections, Views: o.Views, Queue: o.Queue, Hints: o.Hints, Now: o.Now, Version: o.Version,
			Mails: o.Mails, Provider: o.Provider, Verify: o.Verify, URL: o.URL}),
	}
	if o.Mails != nil {
		app.Pages = append(app.Pages, mail.Routes(mail.Deps{Gate: g, Mails: o.Mails, Sends: o.Sends, Now: o.Now})...)
	}
	if o.Hints != nil {
		app.Hooks = []gate.Route{{Method: "POST", Path: "/webhooks/bamboohr/{connection}", Permission: gate.Public,
			Handler: func(w http.ResponseWriter, r *http.Request) error { o.Hints.ServeHTTP(w, r); return nil }}}
	}
	alive := g.Bare(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") }))
	able := g.Bare(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ready(w, r, o) }))
	pages, programs, hooks := g.Pages(app.Pages), g.API(app.API), g.Hooks(app.Hooks)
	app.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, "/assets/"):
			assets.ServeHTTP(w, r)
		case r.URL.Path == "/healthz":
			alive.ServeHTTP(w, r)
		case r.URL.Path == "/readyz":
			able.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/api/"):
			programs.ServeHTTP(w, r)
		case strings.HasPrefix(r.URL.Path, "/webhooks/"):
			hooks.ServeHTTP(w, r)
		default:
			chrome := ui.Chrome{Organisation: organisation(r.Context(), o), Demo: o.Demo, Mails: o.Mails != nil, Now: o.Now(), Assets: assets, Alarms: alarms(o)}
			pages.ServeHTTP(w, r.WithContext(ui.WithChrome(r.Context(), chrome)))
		}
	})
	return app, nil
}

func ready(w http.ResponseWriter, r *http.Request, o Options) {
	if err := o.Ready(r.Context()); err != nil {
		o.Log.ErrorContext(r.Context(), "not ready", "error", err)
		answer(w, http.StatusServiceUnavailable, "not ready")
		return
	}
	answer(w, http.StatusOK, "ok")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, text) // an error means that whoever asked is gone
}

func problemPage(w http.ResponseWriter, r *http.Request, p gate.Problem) {
	if err := ui.Render(w, r, p.Status, ui.Problem(p)); err != nil {
		http.Error(w, p.Title, p.Status)
	}
}
