// Package server connects the parts of a process that goes on: pages and API, automatic runs, mails and webhooks. It
// says when they begin and end, what one visitor may take of it, and what its operator sees of it. Where its options
// come from is left to the commands, what the parts do to themselves.
package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
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

// Options say what a server works with.
type Options struct {
	Organisation string                                   // the one that it serves
	Dir          string                                   // data folder
	File         policy.File                              // its connections are brought in
	Key          func(*policy.Connection) (string, error) // for a connection that is brought in
	Version      string
	NewID        func(prefix string) string
	Log          io.Writer // for the operator; no secret reaches it

	Now      func() time.Time                           // the real time: who may sign in is always decided by it
	RunNow   func() time.Time                           // the time that runs work with
	RunSleep func(context.Context, time.Duration) error // nil: real time passes
	Lease    time.Duration                              // how long a silent run keeps its connection
	Silence  time.Duration                              // of the process that works the queue, until another takes over; 0: as package jobs has it
	Every    time.Duration                              // between two looks at what is due; 0: as the parts have it

	Pages     bool           // serves them
	Reachable bool           // from other machines
	Worker    bool           // makes automatic runs
	Demo      bool           // mails are shown, not sent
	URL       *url.URL       // address that people use; nil when only this machine does
	Simulator string         // for connections made in the browser
	Proxies   []netip.Prefix // whose X-Forwarded-For is believed; nil: this machine
	Private   []string       // hosts of the sign-in provider that may be in a private network
}

// Server is the application with everything behind it.
type Server struct {
	Accounts    *account.Service
	Connections *connection.Service
	SetupCode   string // what the first owner must type; "" when nobody must

	o       Options
	db      *store.DB
	queue   *schedules.Queue
	jobs    *jobs.Service
	mails   *notify.Service
	hints   *hint.Service
	log     *slog.Logger
	answers requests                                    // to visitors
	metrics *http.Server                                // nil: none
	base    *url.URL                                    // where links in mails lead to
	app     *web.App                                    // nil: pages are another process's
	warm    func(ctx context.Context, most int64) error // reads ahead what lists of people begin with
}

// New opens the data folder, connects the parts and brings the connections of the file in. A worker begins with its
// automatic runs. Whoever gets a server closes it.
func New(ctx context.Context, o Options) (*Server, error) {
	db, err := store.Open(ctx, o.Dir, store.Options{})
	if err != nil {
		return nil, err
	}
	s := &Server{o: o, db: db, log: newLog(o.Log), base: o.URL}
	if s.base == nil {
		s.base = &url.URL{Scheme: "http", Host: "127.0.0.1:8080"}
	}
	if err := s.assemble(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// settling is how long the first checks of connections may keep a start that waits for them.
const settling = 5 * time.Second

func (s *Server) assemble(ctx context.Context) error {
	ring, err := seal.OpenOrCreate(filepath.Join(s.o.Dir, seal.File))
	if err != nil {
		return err
	}
	kept := s.db.Org(s.o.Organisation)
	if err := s.finishRotation(ctx, kept, ring); err != nil {
		return err
	}
	s.connect(kept, ring)
	if _, err := s.Connections.Adopt(ctx, s.o.File, s.o.Key); err != nil {
		return err
	}
	if s.o.Every > 0 { // a clock that is followed may jump right after the start
		wait, enough := context.WithTimeout(ctx, settling)
		s.Connections.Settle(wait)
		enough()
	}
	if err := s.automate(ctx, kept); err != nil || !s.o.Pages {
		return err
	}
	return s.open(ctx, kept, ring)
}

// finishRotation seals anew what a rotation that was killed has left. What cannot be opened is told and left alone.
func (s *Server) finishRotation(ctx context.Context, kept *store.Store, ring *seal.Keyring) error {
	done, err := kept.Reseal(ctx, ring)
	if err != nil {
		return err
	}
	for _, r := range done {
		if len(r.Broken) > 0 {
			s.log.WarnContext(ctx, "secrets that the keyring cannot open; restore the keyring that belongs to this database", "kind", r.Kind, "count", len(r.Broken))
		}
	}
	return nil
}

// connect makes mails, accounts, connections and hints, which need each other.
func (s *Server) connect(kept *store.Store, ring *seal.Keyring) {
	o := &s.o
	var every time.Duration
	if o.Every > 0 {
		every = max(o.Every, time.Second)
	}
	s.mails = notify.New(notify.Options{Organisation: o.Organisation, Store: kept.Outbox(), Records: kept,
		Sealer: seal.Rows{Keys: ring, Organisation: o.Organisation, Purpose: "outbox"},
		Now:    o.Now, RunNow: o.RunNow, Every: every, Log: s.log,
		BaseURL: s.base, SMTP: o.File.SMTP, Demo: o.Demo && o.File.SMTP == nil, Language: o.File.Language, Missed: s.missedRuns})
	var links account.Mailer // without a mail server administrators hand links out
	if o.File.SMTP != nil || o.Demo {
		links = s.mails
	}
	s.Accounts = account.New(account.Options{Organisation: o.Organisation, Store: kept.Accounts(), Sealer: s.preferences(ring), Now: o.Now, Mailer: links,
		Today: func(ctx context.Context, connection, location string) string {
			return s.Connections.Today(ctx, connection, location)
		}})
	s.Connections = connection.New(connection.Options{Organisation: o.Organisation, Store: kept, Settings: kept.Settings(), Keys: ring,
		Now: o.RunNow, Sleep: o.RunSleep, NewID: o.NewID, BaseURL: o.Simulator, Version: o.Version, LeaseFor: o.Lease, Log: s.log,
		Observer: s.mails, Recipients: s.mails, Leaving: func(ctx context.Context, id string) { s.hints.Leaving(ctx, id) }})
	s.hints = hint.New(hint.Options{Store: kept.Hints(), Connections: s.Connections,
		Sealer: seal.Rows{Keys: ring, Organisation: o.Organisation, Purpose: "webhook_key"},
		Now:    o.Now, RunNow: o.RunNow, Every: o.Every, Log: s.log, Base: s.publicAddress})
	s.mails.Connect(s.Accounts, s.Connections)
}

// preferences seals the secrets of sign-in.
func (s *Server) preferences(ring *seal.Keyring) seal.Rows {
	return seal.Rows{Keys: ring, Organisation: s.o.Organisation, Purpose: "preference"}
}

// automate prepares automatic runs, and starts them where that is this process's role.
func (s *Server) automate(ctx context.Context, kept *store.Store) (err error) {
	if s.queue, err = s.db.OpenQueue(); err != nil {
		return err
	}
	s.jobs, err = jobs.New(ctx, jobs.Options{Queue: s.queue, Organisations: []jobs.Organisation{{ID: s.o.Organisation, Connections: s.Connections, Hints: kept.Hints()}},
		Now: s.o.RunNow, Log: s.log, Every: s.o.Every, Poll: s.o.Every / 5,
		Silence: s.o.Silence, Beat: s.o.Silence / 6})
	if err != nil || !s.o.Worker {
		return err
	}
	return s.jobs.Start(ctx)
}

// open makes the pages and the API.
func (s *Server) open(ctx context.Context, kept *store.Store, ring *seal.Keyring) (err error) {
	o := &s.o
	if o.Reachable || o.URL != nil {
		if s.SetupCode, err = s.codeForOwner(ctx); err != nil {
			return err
		}
	}
	s.warm = kept.Views().Warm
	s.app, err = web.New(web.Options{Accounts: s.Accounts, Connections: s.Connections, Views: kept.Views(), Queue: s.jobs.Of(o.Organisation), Hints: s.hints,
		Mails: s.mails, Sends: o.File.SMTP != nil, Now: o.RunNow, Log: s.log, Version: o.Version, Language: o.File.Language,
		URL: o.URL, Proxies: o.Proxies, Demo: o.Demo, SetupCode: s.SetupCode, Verify: kept.VerifyAudit,
		Provider: openid.NewCurrent(s.Accounts, openid.Options{Sealer: s.preferences(ring), Now: o.Now, Transport: openid.Guarded(bamboohr.PublicOnly(), o.Private)}),
		Ready:    func(ctx context.Context) error { _, err := s.Accounts.NeedsOwner(ctx); return err }})
	return err
}

// codeForOwner is what the first owner must type when strangers may reach the server; "" once there is one.
func (s *Server) codeForOwner(ctx context.Context) (string, error) {
	needed, err := s.Accounts.NeedsOwner(ctx)
	if err != nil || !needed {
		return "", err
	}
	return strings.ToLower(rand.Text()[:12]), nil
}

// missedRuns tells the outbox whose automatic runs do not happen.
func (s *Server) missedRuns(ctx context.Context) (out []notify.MissedRun, idle bool, err error) {
	h, err := s.jobs.Health(ctx, s.o.Organisation)
	for _, m := range h.Missed {
		out = append(out, notify.MissedRun{Connection: m.Connection, Due: m.Due})
	}
	return out, h.Idle, err
}

// publicAddress is where BambooHR reaches this server; nil for a process that serves nothing and was not told who
// does.
func (s *Server) publicAddress() *url.URL {
	if !s.o.Pages && s.o.URL == nil {
		return nil
	}
	return s.base
}

// Start begins to send mails and, where automatic runs are made, to register webhooks, both of which name the address
// that people use; without one it is at, where the server is about to listen (nil: nowhere). Being interrupted
// meanwhile is an ordinary end.
func (s *Server) Start(ctx context.Context, at net.Addr) error {
	if s.o.URL == nil && at != nil {
		s.base.Host = at.String()
	}
	if s.o.Worker {
		s.hints.Start(ctx)
	}
	if err := s.mails.Start(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

// Serve answers until the context ends, then lets requests and runs come to a clean end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	ahead, stopAhead := context.WithCancel(ctx)
	var warming sync.WaitGroup
	warming.Go(func() { s.keepWarm(ahead) })
	defer warming.Wait()
	defer stopAhead()
	h := newHTTPServer(s.answers.counted(s.app), s.log)
	failed := make(chan error, 1)
	go func() { failed <- h.Serve(limited(l)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := h.Shutdown(stop); err != nil {
		return h.Close()
	}
	return nil
}

const (
	// warmEvery is how often lists of people are made ready, for whoever looks first after a start or a run.
	warmEvery = 10 * time.Second
	// maxWarm is for how many people: some 15 MB. Where there are more, whoever looks first waits.
	maxWarm = 100_000
)

// keepWarm makes lists of people ready until the context ends. What goes wrong is only logged: whoever looks hears of it.
func (s *Server) keepWarm(ctx context.Context) {
	next := time.NewTicker(warmEvery)
	defer next.Stop()
	for {
		if err := s.warm(ctx, maxWarm); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "lists of people begin slowly", "reason", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
	}
}

// Close ends the runs in the background between two batches, then closes the database.
func (s *Server) Close() error {
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
	if s.Connections != nil {
		errs = append(errs, s.Connections.Close(stop))
	}
	if s.mails != nil {
		errs = append(errs, s.mails.Stop(stop))
	}
	if s.queue != nil {
		errs = append(errs, s.queue.Close())
	}
	return errors.Join(append(errs, s.db.Close())...)
}
