package people_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
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
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/people"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// world is the pages of this package before a real database and a simulated BambooHR. The session's secret
// is the viewer's role.
type world struct {
	t     testing.TB
	conns *connection.Service
	store *store.Store
	sim   *httptest.Server
	pages http.Handler
	id    string // of the connection, "" before connect
	name  string // of the next connection
	now   time.Time
}

// sessions knows one person of every role; their id in the directory is p_ROLE.
type sessions struct{}

func (sessions) Session(_ context.Context, secret string) (account.Viewer, error) {
	return account.Viewer{PersonID: "p_" + secret, Name: "The " + secret, Role: directory.Role(secret), Session: "s"}, nil
}

func (sessions) Token(context.Context, string) (account.Viewer, error) {
	return account.Viewer{}, account.ErrNoSession
}

func newWorld(t testing.TB, company bamboosim.Company) *world {
	t.Helper()
	w := &world{t: t, name: "Acme HR", now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	sim, err := bamboosim.New(company)
	if err != nil {
		t.Fatal(err)
	}
	w.sim = httptest.NewServer(sim)
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
	w.conns = connection.New(connection.Options{Organisation: "default", Store: w.store, Settings: w.store.Settings(), Keys: ring,
		Now: func() time.Time { return w.now }, NewID: func(prefix string) string { return fmt.Sprintf("%s_%d", prefix, ids.Add(1)) },
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		BaseURL: w.sim.URL, Version: "test", LeaseFor: time.Minute})
	t.Cleanup(func() {
		_ = w.conns.Close(context.Background())
		w.sim.Close()
		_ = db.Close()
	})
	w.serve()
	return w
}

// connect sets the connection up with further settings as JSON, and syncs.
func (w *world) connect(settings string) {
	w.t.Helper()
	d, err := w.conns.Create(w.t.Context(), "p_owner", connection.NewConnection{Name: w.name, Subdomain: "acme", Key: bamboosim.DefaultKey, Settings: []byte(settings)})
	if err != nil {
		w.t.Fatal(err)
	}
	if c, err := w.conns.Check(w.t.Context(), "p_owner", d.ID); err != nil || !c.Passed() {
		w.t.Fatalf("check: %+v, %v", c, err)
	}
	w.id = d.ID
	w.sync()
}

func (w *world) sync() {
	w.t.Helper()
	job, err := w.conns.Preview(w.t.Context(), "p_owner", w.id, connection.PreviewRequest{})
	if err == nil {
		job, err = w.conns.Wait(w.t.Context(), job.ID)
	}
	if err == nil && job.Err == nil {
		job, err = w.conns.Apply(w.t.Context(), "p_owner", w.id, connection.ApplyRequest{PlanID: job.PlanID, Approve: []plan.Kind{plan.KindNewDepartments}})
	}
	if err == nil && job.Err == nil {
		job, err = w.conns.Wait(w.t.Context(), job.ID)
	}
	if err != nil || job.Err != nil {
		w.t.Fatal(err, job.Err)
	}
}

func (w *world) serve() {
	assets, err := ui.NewAssets()
	if err != nil {
		w.t.Fatal(err)
	}
	now := func() time.Time { return w.now }
	g := &gate.Gate{Sessions: sessions{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: now,
		Page: func(out http.ResponseWriter, r *http.Request, p gate.Problem) {
			_ = ui.Render(out, r, p.Status, ui.Problem(p))
		}}
	accounts := account.New(account.Options{Organisation: "default", Store: w.store.Accounts(), Now: now})
	inner := g.Pages(people.Routes(people.Deps{Gate: g, Accounts: accounts, Connections: w.conns, Views: w.store.Views(), Now: now}))
	w.pages = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			assets.ServeHTTP(out, r)
			return
		}
		inner.ServeHTTP(out, r.WithContext(ui.WithChrome(r.Context(), ui.Chrome{Organisation: "Acme", Now: w.now, Assets: assets})))
	})
}

// add puts somebody into the directory who is not from HR.
func (w *world) add(id, name, email string, role directory.Role, status directory.Status) string {
	w.t.Helper()
	p := directory.Person{ID: id, Status: status, Role: role, CreatedAt: w.now}
	p.Values.Set(directory.DisplayName, directory.KindText, name)
	p.Values.Set(directory.Email, directory.KindText, email)
	c := plan.Change{Action: plan.Create, Reason: plan.FieldChanged, PersonID: id, Email: email, Name: name, StatusBefore: status, StatusAfter: status, Sentence: "p_owner added this person"}
	if _, err := w.store.SavePerson(w.t.Context(), p, c, "p_owner", w.now); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// person reads somebody by address.
func (w *world) person(email string) directory.Person {
	w.t.Helper()
	found, err := w.store.FindPeople(w.t.Context(), "email", email, 2)
	if err != nil || len(found) != 1 {
		w.t.Fatalf("%d people have %s, %v", len(found), email, err)
	}
	return found[0]
}

// value reads one field of somebody.
func (w *world) value(email string, f directory.Field) string {
	w.t.Helper()
	p := w.person(email)
	return p.Values.Get(f)
}

func (w *world) engine() *syncrun.Engine {
	w.t.Helper()
	e, err := w.conns.Engine(w.t.Context(), "p_owner", w.id)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// answer is what a request was answered with.
type answer struct {
	*httptest.ResponseRecorder
	body string
}

func (w *world) ask(role, method, target string, form url.Values) answer {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return w.send(role, r)
}

func (w *world) send(role string, r *http.Request) answer {
	r.AddCookie(&http.Cookie{Name: "rollcall", Value: role})
	out := httptest.NewRecorder()
	w.pages.ServeHTTP(out, r)
	return answer{out, out.Body.String()}
}

// upload sends a file to the import.
func (w *world) upload(role, file string) answer {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "people.csv")
	if err != nil {
		w.t.Fatal(err)
	}
	_, _ = io.WriteString(part, file)
	_ = form.Close()
	r := httptest.NewRequest(http.MethodPost, "/people/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return w.send(role, r)
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

// refused sends a form that is not taken, and returns the page that says why.
func (w *world) refused(target string, form url.Values) string {
	w.t.Helper()
	a := w.ask("admin", http.MethodPost, target, form)
	if a.Code != http.StatusUnprocessableEntity {
		w.t.Fatalf("POST %s: %d\n%s", target, a.Code, text(a.body))
	}
	return a.body
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

func unpack(flash string) string {
	b, _ := base64.RawURLEncoding.DecodeString(flash)
	return string(b)
}

// manage writes a reporting line past every check, as BambooHR may have it.
func (w *world) manage(p directory.Person, manager string) {
	w.t.Helper()
	p.Values.Set(directory.Manager, directory.KindPerson, manager)
	c := plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: p.ID, Version: p.Version, StatusBefore: p.Status, StatusAfter: p.Status, Sentence: "p_owner edited this person",
		Fields: []plan.FieldChange{{Field: directory.Manager, Kind: directory.KindPerson, AfterID: manager}}}
	if _, err := w.store.SavePerson(w.t.Context(), p, c, "p_owner", w.now); err != nil {
		w.t.Fatal(err)
	}
}
