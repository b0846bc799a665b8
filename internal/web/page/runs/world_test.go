package runs_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/runs"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
)

// world is the pages of this package before a real database and a simulated BambooHR. The session's secret
// is the viewer's role.
type world struct {
	t     testing.TB
	conns *connection.Service
	mails *notify.Service
	sends bool
	store *store.Store
	sim   *httptest.Server
	pages http.Handler
	id    string // of the connection
	now   time.Time
	held  atomic.Pointer[chan struct{}] // requests to the simulator wait until it is closed
}

// people of every role; the id in the directory is p_ROLE.
type sessions struct{}

func (sessions) Session(_ context.Context, secret string) (account.Viewer, error) {
	return account.Viewer{PersonID: "p_" + secret, Name: "The " + secret, Role: directory.Role(secret)}, nil
}

func (sessions) Token(context.Context, string) (account.Viewer, error) {
	return account.Viewer{}, account.ErrNoSession
}

func newWorld(t testing.TB, company bamboosim.Company) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	sim, err := bamboosim.New(company)
	if err != nil {
		t.Fatal(err)
	}
	w.sim = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if hold := w.held.Load(); hold != nil && !strings.HasPrefix(r.URL.Path, "/_sim") {
			<-*hold
		}
		sim.ServeHTTP(out, r)
	}))
	dir := filepath.Join(t.TempDir(), "data")
	db, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.OpenOrCreate(filepath.Join(dir, "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	ids := new(atomic.Int64)
	w.store = db.Org("default")
	w.mails = notify.New(notify.Options{Organisation: "default", Store: w.store.Outbox(), Records: w.store, Now: func() time.Time { return w.now },
		BaseURL: &url.URL{Scheme: "http", Host: "rollcall.test"}, Sealer: sealer{ring}, MaxWelcomes: 8})
	w.conns = connection.New(connection.Options{Observer: w.mails, Organisation: "default", Store: w.store, Settings: w.store.Settings(), Keys: ring,
		Now: func() time.Time { return w.now }, NewID: func(prefix string) string { return fmt.Sprintf("%s_%d", prefix, ids.Add(1)) },
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		BaseURL: w.sim.URL, Version: "test", LeaseFor: time.Minute})
	w.mails.Connect(account.New(account.Options{Organisation: "default", Store: w.store.Accounts(), Now: func() time.Time { return w.now }}), w.conns)
	t.Cleanup(func() {
		_ = w.conns.Close(context.Background())
		w.sim.Close()
		_ = db.Close()
	})
	d, err := w.conns.Create(t.Context(), "p_owner", connection.NewConnection{Name: "Acme HR", Subdomain: "acme", Key: bamboosim.DefaultKey,
		Settings: []byte(`{"lifecycle": {"initial": "active"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := w.conns.Check(t.Context(), "p_owner", d.ID); err != nil || !c.Passed() {
		t.Fatalf("check: %+v, %v", c, err)
	}
	w.id = d.ID
	w.serve()
	return w
}

func (w *world) serve() {
	assets, err := ui.NewAssets()
	if err != nil {
		w.t.Fatal(err)
	}
	g := &gate.Gate{Sessions: sessions{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: func() time.Time { return w.now },
		Page: func(out http.ResponseWriter, r *http.Request, p gate.Problem) {
			_ = ui.Render(out, r, p.Status, ui.Problem(p))
		}}
	inner := g.Pages(runs.Routes(w.deps(g)))
	w.pages = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			assets.ServeHTTP(out, r)
			return
		}
		inner.ServeHTTP(out, r.WithContext(ui.WithChrome(r.Context(), ui.Chrome{Organisation: "Acme", Now: w.now, Assets: assets})))
	})
}

func (w *world) deps(g *gate.Gate) runs.Deps {
	return runs.Deps{Gate: g, Connections: w.conns, Views: w.store.Views(), Mails: w.mails, Sends: w.sends, Now: func() time.Time { return w.now }}
}

// waits is what waits for somebody, as a role sees it.
func (w *world) waits(role string) string { w.t.Helper(); return w.waitsAt(role, "/x") }

// waitsAt is the block on the page of one connection, /x/ID, or of all, /x.
func (w *world) waitsAt(role, path string) string {
	w.t.Helper()
	g := &gate.Gate{Sessions: sessions{}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now }}
	show := func(out http.ResponseWriter, r *http.Request) error {
		block, err := runs.Waiting(w.deps(g))(r)
		if err == nil && block != nil {
			err = block.Render(r.Context(), out)
		}
		return err
	}
	page := g.Pages([]gate.Route{{Method: http.MethodGet, Path: "/x", Permission: account.Read, Handler: show},
		{Method: http.MethodGet, Path: "/x/{id}", Permission: account.Read, Handler: show}})
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.AddCookie(&http.Cookie{Name: "rollcall", Value: role})
	out := httptest.NewRecorder()
	page.ServeHTTP(out, r.WithContext(ui.WithChrome(r.Context(), ui.Chrome{Now: w.now})))
	if out.Code != http.StatusOK {
		w.t.Fatalf("what waits: %d %s", out.Code, out.Body)
	}
	return out.Body.String()
}

// admin adds an active administrator; the id is p_ROLE, as in sessions.
func (w *world) admin(id, name string) {
	w.t.Helper()
	p := directory.Person{ID: id, Status: directory.Active, Role: directory.RoleAdmin}
	p.Values.Set(directory.Email, directory.KindText, id+"@admins.test")
	p.Values.Set(directory.DisplayName, directory.KindText, name)
	if _, err := w.store.SavePerson(w.t.Context(), p, plan.Change{Action: plan.Create, PersonID: id}, "test", w.now); err != nil {
		w.t.Fatal(err)
	}
}

// sealer seals the links in mails.
type sealer struct{ ring *seal.Keyring }

func (s sealer) place(row string) seal.Place {
	return seal.Place{Organisation: "default", Purpose: "outbox", Row: row}
}

func (s sealer) Seal(plain []byte, row string) (string, error) {
	return s.ring.Seal(plain, s.place(row))
}

func (s sealer) Open(sealed, row string) ([]byte, error) { return s.ring.Open(sealed, s.place(row)) }

// answer is what a request was answered with.
type answer struct {
	*httptest.ResponseRecorder
	body string
}

func (w *world) ask(role, method, target string, form url.Values, headers ...string) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	r.AddCookie(&http.Cookie{Name: "rollcall", Value: role})
	out := httptest.NewRecorder()
	w.pages.ServeHTTP(out, r)
	return answer{out, out.Body.String()}
}

// get reads a page as an administrator.
func (w *world) get(target string) string {
	w.t.Helper()
	a := w.ask("admin", http.MethodGet, target, nil)
	if a.Code != http.StatusOK {
		w.t.Fatalf("GET %s: %d\n%s", target, a.Code, text(a.body))
	}
	return a.body
}

// post sends a form as an administrator and returns where it leads.
func (w *world) post(target string, form url.Values) string {
	w.t.Helper()
	a := w.ask("admin", http.MethodPost, target, form)
	if a.Code != http.StatusSeeOther {
		w.t.Fatalf("POST %s: %d\n%s", target, a.Code, text(a.body))
	}
	return a.Header().Get("Location")
}

// done waits for what runs in the background and returns the page that it led to.
func (w *world) done() string {
	w.t.Helper()
	job := w.conns.Job(w.t.Context(), w.id)
	if job == nil {
		w.t.Fatal("nothing was started")
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
	defer cancel()
	if _, err := w.conns.Wait(ctx, job.ID); err != nil {
		w.t.Fatal(err)
	}
	a := w.ask("admin", http.MethodGet, "/connections/"+w.id+"/progress", nil)
	return a.Header().Get("Location")
}

// preview makes a preview and returns the plan's page.
func (w *world) preview() string {
	w.t.Helper()
	w.post("/connections/"+w.id+"/preview", nil)
	at := w.done()
	if !strings.HasPrefix(at, "/plans/") {
		w.t.Fatalf("the preview led to %s", at)
	}
	return at
}

// applyAll applies what does not wait, and returns the run's page.
func (w *world) applyAll(plan string) string {
	w.t.Helper()
	count := input(w.t, w.get(plan+"/confirm"), "count")
	w.post(plan+"/apply", url.Values{"count": {count}})
	at := w.done()
	if !strings.HasPrefix(at, "/runs/") {
		w.t.Fatalf("applying %s led to %s", plan, at)
	}
	return at
}

// hold lets requests to the simulator wait until release is called.
func (w *world) hold() (release func()) {
	hold := make(chan struct{})
	w.held.Store(&hold)
	return func() {
		w.held.Store(nil)
		close(hold)
	}
}

// put changes an employee in the simulator.
func (w *world) put(id int, body string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut, fmt.Sprintf("%s/_sim/employees/%d", w.sim.URL, id), strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		w.t.Fatalf("change employee %d: %s %s", id, answer.Status, said)
	}
}

// office is a small company of n people in three departments, the first one everybody's manager.
func office(n int) bamboosim.Company {
	c := bamboosim.Company{Subdomain: "acme", Today: "2026-11-21"}
	for i := 1; i <= n; i++ {
		job := bamboosim.JobRow{Date: "2024-01-08", Department: []string{"Engineering", "Sales", "Support"}[i%3], Location: "Utrecht", JobTitle: "Engineer"}
		if i > 1 {
			job.ReportsTo = 1
		}
		c.Employees = append(c.Employees, bamboosim.Employee{ID: i, EmployeeNumber: fmt.Sprint(1000 + i), FirstName: fmt.Sprintf("Given%d", i),
			LastName: fmt.Sprintf("Family%d", i), WorkEmail: fmt.Sprintf("given%d@acme.test", i), HireDate: "2024-01-08",
			EmploymentStatus: []bamboosim.StatusRow{{Date: "2024-01-08", Status: "Full-Time"}}, JobInfo: []bamboosim.JobRow{job}})
	}
	return c
}

var (
	tags   = regexp.MustCompile(`(?s)<(style|script|svg|aside)[^>]*>.*?</(style|script|svg|aside)>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// text is what a page says, without markup.
func text(body string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">").
		Replace(tags.ReplaceAllString(body, " ")), " "))
}

// input returns the value of a hidden or other input.
func input(t testing.TB, body, name string) string {
	t.Helper()
	found := regexp.MustCompile(`<input[^>]*name="` + regexp.QuoteMeta(name) + `"[^>]*value="([^"]*)"`).FindStringSubmatch(body)
	if found == nil {
		t.Fatalf("there is no input %s in\n%s", name, text(body))
	}
	return found[1]
}

// says fails unless a page contains every text.
func says(t testing.TB, body string, wanted ...string) {
	t.Helper()
	said := text(body)
	for _, want := range wanted {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q:\n%s", want, said)
		}
	}
}

// quiet fails when a page contains one of the texts.
func quiet(t testing.TB, body string, unwanted ...string) {
	t.Helper()
	said := text(body)
	for _, no := range unwanted {
		if strings.Contains(said, no) {
			t.Errorf("the page says %q:\n%s", no, said)
		}
	}
}
