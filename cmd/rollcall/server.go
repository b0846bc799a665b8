package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/schedules"
	"github.com/rollcall-hr/rollcall/internal/web"
	"github.com/rollcall-hr/rollcall/policy"
)

// server is the web application with everything behind it.
type server struct {
	db          *store.DB
	accounts    *account.Service
	connections *connection.Service
	queue       *schedules.Queue
	jobs        *jobs.Service
	mails       *notify.Service
	hints       *hint.Service
	log         *slog.Logger
	answers     requests     // to visitors
	metrics     *http.Server // nil: none
	metricsURL  string
	base        *url.URL // where links in mails lead to
	app         *web.App // nil: pages are another process's
	setupCode   string
}

type serverOptions struct {
	dir       string
	clock     clock
	file      *config.Loaded
	external  string // address that people use, "" when only this machine does
	simulator string // for connections made in the browser
	lease     time.Duration
	silence   time.Duration // 0: as package jobs has it
	pages     bool          // serves them
	reachable bool          // from other machines
	worker    bool          // makes automatic runs
	every     time.Duration
	demo      bool
	proxies   []netip.Prefix // whose X-Forwarded-For is believed; nil: this machine
	metrics   string         // address to serve metrics on; "" for none
	private   []string       // hosts of the sign-in provider that may be in a private network
}

// newServer connects the parts.
func (a *app) newServer(o serverOptions) (*server, error) {
	db, err := store.Open(a.ctx, o.dir, store.Options{})
	if err != nil {
		return nil, err
	}
	s := &server{db: db, log: a.log()}
	if err := a.assemble(s, o); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.startMetrics(a.ctx, o.metrics); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (a *app) assemble(s *server, o serverOptions) error {
	ring, err := seal.OpenOrCreate(filepath.Join(o.dir, keyringFile))
	if err != nil {
		return err
	}
	kept := s.db.Org(organisation)
	if err := finishRotation(a.ctx, kept, ring, a.log()); err != nil {
		return err
	}
	external, err := a.mailer(s, o, kept, ring)
	if err != nil {
		return err
	}
	var links account.Mailer // without a mail server administrators hand links out
	if o.file.SMTP != nil || o.demo {
		links = s.mails
	}
	today := func(ctx context.Context, connection, location string) string {
		return s.connections.Today(ctx, connection, location)
	}
	s.accounts = account.New(account.Options{Organisation: organisation, Store: kept.Accounts(), Now: a.now, Today: today, Sealer: sealed{ring, "preference"}, Mailer: links})
	s.connections = connection.New(connection.Options{Organisation: organisation, Store: kept, Settings: kept.Settings(), Keys: ring, Now: o.clock.now,
		Sleep: o.clock.sleep, NewID: newID, BaseURL: o.simulator, Version: buildVersion().Version, LeaseFor: cmp.Or(o.lease, leaseFor),
		Observer: s.mails, Recipients: s.mails, Leaving: func(ctx context.Context, id string) { s.hints.Leaving(ctx, id) }, Log: a.log()})
	s.hints = hint.New(hint.Options{Store: kept.Hints(), Connections: s.connections, Sealer: sealed{ring, "webhook_key"}, Now: a.now, RunNow: o.clock.now,
		Base: s.publicAddress(o), Log: a.log(), Every: o.every})
	s.mails.Connect(s.accounts, s.connections)
	if _, err := s.connections.Adopt(a.ctx, o.file.File, func(c *policy.Connection) (string, error) { return a.apiKey(c) }); err != nil {
		return err
	}
	if err := a.automate(s, o); err != nil || !o.pages {
		return err
	}
	if o.reachable || external != nil {
		if s.setupCode, err = s.codeForOwner(a.ctx); err != nil {
			return err
		}
	}
	s.app, err = web.New(web.Options{Accounts: s.accounts, Connections: s.connections, Views: kept.Views(), Queue: s.jobs.Of(organisation), Log: a.log(), Now: o.clock.now,
		Version: buildVersion().Version, URL: external, Proxies: o.proxies, Demo: o.demo, SetupCode: s.setupCode, Verify: kept.VerifyAudit,
		Provider: openid.NewCurrent(s.accounts, openid.Options{Sealer: sealed{ring, "preference"}, Now: a.now, Transport: openid.Guarded(bamboohr.PublicOnly(), o.private)}), Mails: s.mails, Sends: o.file.SMTP != nil, Language: o.file.Language, Hints: s.hints,
		Ready: func(ctx context.Context) error { _, err := s.accounts.NeedsOwner(ctx); return err }})
	return err
}

// automate prepares automatic runs, and starts them where that is this process's role.
func (a *app) automate(s *server, o serverOptions) (err error) {
	if s.queue, err = s.db.OpenQueue(); err != nil {
		return err
	}
	s.jobs, err = jobs.New(a.ctx, jobs.Options{Queue: s.queue, Organisations: []jobs.Organisation{{ID: organisation, Connections: s.connections, Hints: s.db.Org(organisation).Hints()}},
		Now: o.clock.now, Log: a.log(), Every: o.every, Poll: o.every / 5,
		Silence: o.silence, Beat: o.silence / 6})
	if err != nil || !o.worker {
		return err
	}
	return s.jobs.Start(a.ctx)
}

// codeForOwner is what the first owner must type when strangers may reach the server; "" once there is one.
func (s *server) codeForOwner(ctx context.Context) (string, error) {
	needed, err := s.accounts.NeedsOwner(ctx)
	if err != nil || !needed {
		return "", err
	}
	return strings.ToLower(rand.Text()[:12]), nil
}

// log writes to stderr; no secret reaches it.
func (a *app) log() *slog.Logger { return newLog(a.err) }

// close ends the runs in the background between two batches, then closes the database.
func (s *server) close() error {
	stop, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if s.metrics != nil {
		errs = append(errs, s.metrics.Close())
	}
	if s.jobs != nil {
		errs = append(errs, s.jobs.Stop(stop))
	}
	if s.hints != nil {
		errs = append(errs, s.hints.Stop(stop))
	}
	if s.connections != nil {
		errs = append(errs, s.connections.Close(stop))
	}
	if s.mails != nil {
		errs = append(errs, s.mails.Stop(stop))
	}
	if s.queue != nil {
		errs = append(errs, s.queue.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}

func (s *server) done(err *error) { *err = errors.Join(*err, s.close()) }

// mailer makes the outbox, and returns the address that people use, nil when only this machine does.
func (a *app) mailer(s *server, o serverOptions, kept *store.Store, ring *seal.Keyring) (external *url.URL, err error) {
	s.base = &url.URL{Scheme: "http", Host: "127.0.0.1:8080"}
	if o.external != "" {
		if external, err = url.Parse(o.external); err != nil {
			return nil, problem.Usage("--url: %v", err)
		}
		s.base = external
	}
	var every time.Duration
	if o.every > 0 {
		every = max(o.every, time.Second)
	}
	s.mails = notify.New(notify.Options{Missed: s.missedRuns, Every: every, Organisation: organisation, Store: kept.Outbox(), Records: kept, Now: a.now, RunNow: o.clock.now, BaseURL: s.base,
		Sealer: sealed{ring, "outbox"}, SMTP: o.file.SMTP, Demo: o.demo && o.file.SMTP == nil,
		Language: o.file.Language, Log: a.log()})
	return external, nil
}

// missedRuns tells the outbox whose automatic runs do not happen.
func (s *server) missedRuns(ctx context.Context) (out []notify.MissedRun, idle bool, err error) {
	h, err := s.jobs.Health(ctx, organisation)
	for _, m := range h.Missed {
		out = append(out, notify.MissedRun{Connection: m.Connection, Due: m.Due})
	}
	return out, h.Idle, err
}

// startTalking begins to send mails and, where automatic runs are made, to register webhooks, both of which name
// the address that is known by now. Being interrupted meanwhile is an ordinary end.
func (s *server) startTalking(ctx context.Context, worker bool) error {
	if worker {
		s.hints.Start(ctx)
	}
	if err := s.mails.Start(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// publicAddress is where BambooHR reaches this server; nil for a process that serves nothing and was not told who
// does.
func (s *server) publicAddress(o serverOptions) func() *url.URL {
	return func() *url.URL {
		if !o.pages && o.external == "" {
			return nil
		}
		return s.base
	}
}

// sealed seals secrets of one kind with the keyring.
type sealed struct {
	ring    *seal.Keyring
	purpose string
}

func (p sealed) place(row string) seal.Place {
	return seal.Place{Organisation: organisation, Purpose: p.purpose, Row: row}
}

// Seal implements account.Sealer and notify.Sealer.
func (p sealed) Seal(plain []byte, row string) (string, error) {
	return p.ring.Seal(plain, p.place(row))
}

// Open implements account.Sealer and notify.Sealer.
func (p sealed) Open(text, row string) ([]byte, error) { return p.ring.Open(text, p.place(row)) }
