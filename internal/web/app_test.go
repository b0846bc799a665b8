package web_test

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/web"
	"github.com/rollcall-hr/rollcall/plan"
)

const password = "correct horse battery"

// site is a whole application of one organisation, on a simulated company.
type site struct {
	t            *testing.T
	organisation string
	url          string
	app          *web.App
	store        *store.Store
	accounts     *account.Service
	connections  *connection.Service
	mails        *notify.Service
	jobs         *jobs.Service // not started
	queue        jobs.Queue
	hints        *hint.Service // not started
	sim          *httptest.Server
	owner        string // person id
	clock        *clock
}

// clock is the time that runs work with; it moves a little whenever somebody looks.
type clock struct {
	mu   sync.Mutex
	at   time.Time
	step time.Duration
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(c.step)
	return c.at
}

func (c *clock) set(at time.Time, step time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.step = at, step
}

// today is the day of every simulated company; who may sign in follows the real clock.
func today() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// database is an open store and the file it is in.
type database struct {
	*store.DB
	file string
}

func openStore(t testing.TB) database {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	db, err := store.Open(context.Background(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return database{db, filepath.Join(dir, "rollcall.db")}
}

// newSite serves an organisation with an owner; the company has that many employees.
func newSite(t *testing.T, db database, organisation string, employees int) *site {
	t.Helper()
	s := bareSite(t, db, organisation, employees)
	var err error
	s.owner, _, err = s.accounts.CreateOwnerByOperator(t.Context(), account.Operator("test"),
		account.Owner{Email: "owner@" + organisation + ".test", Name: "Olga Owner", Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// bareSite is newSite before its first start: nobody can sign in yet.
func bareSite(t *testing.T, db database, organisation string, employees int) *site {
	t.Helper()
	company, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: employees, Seed: 1, Today: "2026-11-21"})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := bamboosim.New(company)
	if err != nil {
		t.Fatal(err)
	}
	sim := httptest.NewServer(handler)
	t.Cleanup(sim.Close)
	ring, err := seal.OpenOrCreate(filepath.Join(t.TempDir(), "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	kept := db.Org(organisation)
	s := &site{t: t, organisation: organisation, store: kept, sim: sim, clock: &clock{at: today()}}
	s.mails = notify.New(notify.Options{Organisation: organisation, Store: kept.Outbox(), Records: kept, Now: time.Now, RunNow: s.clock.now,
		BaseURL: &url.URL{Scheme: "http", Host: "rollcall.test"}, Sealer: sealer{ring}, Demo: true})
	s.accounts = account.New(account.Options{Mailer: s.mails, Organisation: organisation, Store: kept.Accounts(), Now: time.Now, Sealer: sealer{ring},
		Today: func(ctx context.Context, c, l string) string { return s.connections.Today(ctx, c, l) }})
	s.connections = connection.New(connection.Options{Organisation: organisation, Store: kept, Settings: kept.Settings(), Keys: ring, Now: s.clock.now,
		NewID: func(p string) string { return p + "_" + strings.ToLower(rand.Text()[:16]) }, BaseURL: sim.URL, LeaseFor: time.Minute, Observer: s.mails, Recipients: s.mails})
	s.mails.Connect(s.accounts, s.connections)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.connections.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	s.newJobs(db)
	s.hints = hint.New(hint.Options{Store: kept.Hints(), Connections: s.connections, Sealer: sealer{ring}, Now: time.Now, RunNow: s.clock.now,
		Base: func() *url.URL { return &url.URL{Scheme: "https", Host: "rollcall.test"} }, Log: slog.New(slog.DiscardHandler)})
	s.app, err = web.New(web.Options{Accounts: s.accounts, Connections: s.connections, Views: kept.Views(), Queue: s.jobs.Of(organisation), Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: s.clock.now, Version: "test", Verify: kept.VerifyAudit, Mails: s.mails, Hints: s.hints, Ready: func(context.Context) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s.app)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// newJobs prepares the queue; nobody works it.
func (s *site) newJobs(db database) {
	s.t.Helper()
	queue, err := db.OpenQueue()
	if err != nil {
		s.t.Fatal(err)
	}
	s.queue = queue
	s.t.Cleanup(func() {
		if err := queue.Close(); err != nil {
			s.t.Error(err)
		}
	})
	s.jobs, err = jobs.New(s.t.Context(), jobs.Options{Queue: queue, Organisations: []jobs.Organisation{{ID: s.organisation, Connections: s.connections}},
		Now: s.clock.now, Log: slog.New(slog.DiscardHandler), Every: 50 * time.Millisecond, Poll: 20 * time.Millisecond})
	if err != nil {
		s.t.Fatal(err)
	}
}

// sealer seals what stands in the preferences.
type sealer struct{ ring *seal.Keyring }

func (s sealer) place(row string) seal.Place {
	return seal.Place{Organisation: "test", Purpose: "preference", Row: row}
}

func (s sealer) Seal(plain []byte, row string) (string, error) {
	return s.ring.Seal(plain, s.place(row))
}

func (s sealer) Open(sealed, row string) ([]byte, error) { return s.ring.Open(sealed, s.place(row)) }

// connect sets a connection up and previews it; it returns the ids of the connection and the plan.
func (s *site) connect() (id, planID string) {
	s.t.Helper()
	ctx := s.t.Context()
	d, err := s.connections.Create(ctx, s.owner, connection.NewConnection{Name: "Acme HR", Subdomain: "acme", Key: bamboosim.DefaultKey,
		Settings: []byte(`{"lifecycle": {"initial": "active"}}`)})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.connections.Check(ctx, s.owner, d.ID); err != nil {
		s.t.Fatal(err)
	}
	return d.ID, s.preview(d.ID)
}

func (s *site) preview(id string) (planID string) {
	s.t.Helper()
	job, err := s.connections.Preview(s.t.Context(), s.owner, id, connection.PreviewRequest{})
	if err == nil {
		job, err = s.connections.Wait(s.t.Context(), job.ID)
	}
	if err == nil {
		err = job.Err
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return job.PlanID
}

// apply applies a plan, with what waits for an approval, and returns the run's id.
func (s *site) apply(id, planID string) (runID string) {
	s.t.Helper()
	job, err := s.connections.Apply(s.t.Context(), s.owner, id, connection.ApplyRequest{PlanID: planID, Approve: []plan.Kind{plan.KindNewDepartments}})
	if err == nil {
		job, err = s.connections.Wait(s.t.Context(), job.ID)
	}
	if err == nil {
		err = job.Err
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return job.Run.ID
}

// person adds somebody with a role and a password, and returns the id.
func (s *site) person(email string, role directory.Role) string {
	s.t.Helper()
	ctx := s.t.Context()
	id, _, err := s.accounts.CreateOwnerByOperator(ctx, account.Operator("test"), account.Owner{Email: email, Name: "Some " + string(role), Password: password})
	if err != nil {
		s.t.Fatal(err)
	}
	if role != directory.RoleOwner {
		if err := s.accounts.SetRole(ctx, account.Operator("test"), id, role); err != nil {
			s.t.Fatal(err)
		}
	}
	return id
}

// cookie signs somebody in and returns the session's cookie.
func (s *site) cookie(email string) *http.Cookie {
	s.t.Helper()
	secret, _, err := s.accounts.SignIn(s.t.Context(), account.SignIn{Email: email, Password: password, Address: "127.0.0.1"})
	if err != nil {
		s.t.Fatal(err)
	}
	return &http.Cookie{Name: "rollcall", Value: secret}
}

// answer is what the server said, without following redirects.
type answer struct {
	status   int
	location string
	body     string
	header   http.Header
}

func (s *site) ask(method, path string, cookie *http.Cookie, form url.Values, headers ...string) answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if cookie != nil {
		r.AddCookie(cookie)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header.Get("Location"), string(data), res.Header}
}
