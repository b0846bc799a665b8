package main

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/clock"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// organisation is the one organisation of a command line; a server has many.
const organisation = "default"

// leaseFor is how long a silent run keeps its connection.
const leaseFor = 2 * time.Minute

// session is an open connection: settings, directory, the engine of its runs, and what is done by hand.
type session struct {
	*syncrun.Engine
	people *people.Editor
	file   *config.Loaded
	db     *store.DB
	clock  clock.Clock
	source *source.BambooHR // nil unless reading was asked for
	client *bamboohr.Client
}

// open builds everything a command needs that works on the directory alone.
func (a *app) open(s *settings) (*session, error) {
	file, err := a.load(s)
	if err != nil {
		return nil, err
	}
	conn, err := file.Choose(s.Connection)
	if err != nil {
		return nil, err
	}
	if s.Lease != 0 && s.Lease < time.Second {
		return nil, problem.Usage("--lease %s is too short; give at least 1s", s.Lease)
	}
	dir, err := a.dataDir(s)
	if err != nil {
		return nil, err
	}
	c, err := clock.OfCommand(a.ctx, cmp.Or(s.Clock, file.Clock), conn, a.now)
	if err != nil {
		return nil, err
	}
	x, err := a.build(file, conn, dir, c.Now)
	if err != nil {
		return nil, err
	}
	x.clock, x.LeaseFor = c, cmp.Or(s.Lease, leaseFor)
	return x, nil
}

// build connects the parts.
func (a *app) build(file *config.Loaded, conn *policy.Connection, dir string, now func() time.Time) (*session, error) {
	db, err := store.Open(a.ctx, dir, store.Options{})
	if err != nil {
		return nil, err
	}
	e := &syncrun.Engine{Organisation: organisation, Policy: conn, Store: db.Org(organisation), Now: now, NewID: newID,
		Actor: actor(), LeaseFor: leaseFor, Retryable: retryable, Progress: a.progress()}
	hand := &people.Editor{Policy: conn, Store: e.Store, Now: now, NewID: newID, Actor: e.Actor}
	return &session{Engine: e, people: hand, file: file, db: db}, nil
}

// openToRead is open for commands that ask BambooHR too.
func (a *app) openToRead(s *settings) (*session, error) {
	x, err := a.open(s)
	if err != nil {
		return nil, err
	}
	key, err := a.apiKey(x.Policy)
	if err != nil {
		return nil, errors.Join(err, x.close())
	}
	if err := x.connect(key); err != nil {
		return nil, errors.Join(err, x.close())
	}
	return x, nil
}

// connect gives the session a reader with that key.
func (x *session) connect(key string) error {
	client, reader, err := source.Dial(x.Policy, key, source.Program{Version: buildVersion().Version, Now: x.Now, Sleep: x.clock.Sleep})
	if err != nil {
		return err
	}
	x.client, x.source = client, reader
	x.Source = x.source
	return nil
}

func (x *session) close() error {
	if x.client != nil {
		x.client.Close()
	}
	return x.db.Close()
}

// done closes the session and adds what went wrong with that to the command's own error.
func (x *session) done(err *error) { *err = errors.Join(*err, x.close()) }

// apiKey reads the key from the environment or from the file that the environment names. It is used
// and forgotten; a headless command stores no key.
func (a *app) apiKey(conn *policy.Connection) (string, error) {
	name := config.KeyVariable(conn)
	if key, ok := a.lookupEnv(name); ok && strings.TrimSpace(key) != "" {
		return key, nil
	}
	if path, ok := a.lookupEnv(name + "_FILE"); ok && path != "" {
		key, err := config.SecretFile(path)
		if err != nil {
			return "", problem.Coded("no_key", fmt.Errorf("read the API key of %s named by %s_FILE: %w", conn.Name, name, err))
		}
		return key, nil
	}
	return "", problem.Coded("no_key", fmt.Errorf("the API key of %s is missing; set %s, or %s_FILE to a file that holds it", conn.Name, name, name))
}

func retryable(err error) bool {
	e, ok := errors.AsType[*source.Error](err)
	return ok && e.Retryable()
}

// newID makes a unique id such as run_7k2m….
func newID(prefix string) string { return prefix + "_" + strings.ToLower(rand.Text()[:16]) }

// actor is who sits at this command line, for history.
func actor() string {
	if u, err := user.Current(); err == nil && u.Username != "" {
		return "cli:" + u.Username
	}
	return "cli"
}
