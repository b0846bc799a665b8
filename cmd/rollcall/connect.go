package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os/user"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// organisation is the one organisation of a command line; a server has many.
const organisation = "default"

// leaseFor is how long a silent run keeps its connection.
const leaseFor = 2 * time.Minute

// session is an open connection: settings, directory and engine.
type session struct {
	*syncrun.Engine
	file   *loaded
	db     *store.DB
	source *source.BambooHR // nil unless reading was asked for
	client *bamboohr.Client
}

// open builds everything a command needs that works on the directory alone.
func (a *app) open(s *settings) (*session, error) {
	file, err := a.load(s)
	if err != nil {
		return nil, err
	}
	conn, err := file.choose(s.Connection)
	if err != nil {
		return nil, err
	}
	dir, err := a.dataDir(s)
	if err != nil {
		return nil, err
	}
	now, err := a.clock(file, conn, s.Clock)
	if err != nil {
		return nil, err
	}
	return a.build(file, conn, dir, now)
}

// build connects the parts.
func (a *app) build(file *loaded, conn *policy.Connection, dir string, now func() time.Time) (*session, error) {
	db, err := store.Open(a.ctx, dir, store.Options{})
	if err != nil {
		return nil, err
	}
	e := &syncrun.Engine{Organisation: organisation, Policy: conn, Store: db.Org(organisation), Now: now, NewID: newID,
		Actor: actor(), LeaseFor: leaseFor, Retryable: retryable, Progress: a.progress()}
	return &session{Engine: e, file: file, db: db}, nil
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
	counter := &source.Counter{}
	options := []bamboohr.Option{bamboohr.WithVersion(buildVersion().Version), bamboohr.WithObserver(counter.Observe)}
	if base := x.Policy.BambooHR.BaseURL; base != "" {
		options = append(options, bamboohr.WithBaseURL(base))
	}
	client, err := bamboohr.New(x.Policy.BambooHR.Subdomain, key, options...)
	if err != nil {
		return err
	}
	x.client = client
	x.source = source.NewBambooHR(client, x.Policy, source.Options{Now: x.Now, Counter: counter})
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

// keyVariable names the environment variable that holds a connection's API key.
func keyVariable(conn *policy.Connection) string {
	if conn.BambooHR.APIKeyEnv != "" {
		return conn.BambooHR.APIKeyEnv
	}
	return "BAMBOOHR_API_KEY"
}

// apiKey reads the key from the environment or from the file that the environment names. It is used
// and forgotten; a headless command stores no key.
func (a *app) apiKey(conn *policy.Connection) (string, error) {
	name := keyVariable(conn)
	if key, ok := a.lookupEnv(name); ok && strings.TrimSpace(key) != "" {
		return key, nil
	}
	if path, ok := a.lookupEnv(name + "_FILE"); ok && path != "" {
		key, err := secretFile(path)
		if err != nil {
			return "", &coded{"no_key", fmt.Errorf("read the API key of %s named by %s_FILE: %w", conn.Name, name, err)}
		}
		return key, nil
	}
	return "", &coded{"no_key", fmt.Errorf("the API key of %s is missing; set %s, or %s_FILE to a file that holds it", conn.Name, name, name)}
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

// clock is the time that commands work with: the real one, a given instant, or the simulator's.
func (a *app) clock(file *loaded, conn *policy.Connection, flag string) (func() time.Time, error) {
	text := flag
	if text == "" {
		text = file.Clock
	}
	if text == "" {
		return a.now, nil
	}
	if conn.BambooHR.BaseURL == "" {
		return nil, badInput("--clock works only with a simulator; connection %q has no bamboohr.base_url", conn.Name)
	}
	if text == "follow" {
		return a.followClock(conn)
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, badInput("--clock %q is neither \"follow\" nor an RFC 3339 time such as 2026-11-21T12:00:00Z", text)
	}
	return func() time.Time { return t }, nil
}

// followClock takes the simulator's time at the start of the command and goes on from there when the
// simulator's clock runs.
func (a *app) followClock(conn *policy.Connection) (func() time.Time, error) {
	sim, err := newSimControl(conn.BambooHR.BaseURL, conn.BambooHR.Subdomain)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(a.ctx, 10*time.Second)
	defer cancel()
	c, err := sim.clock(ctx)
	if err != nil {
		return nil, fmt.Errorf("follow the simulator's clock: %w", err)
	}
	asked := a.now()
	return func() time.Time {
		if !c.Running {
			return c.Now
		}
		return c.Now.Add(a.now().Sub(asked))
	}, nil
}
