// Package pagetest is a world for the tests of pages that show people: a database, a connection to a simulated
// BambooHR, and a viewer of any role. What the pages have to say is left to their tests.
package pagetest

import (
	"bytes"
	"context"
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
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
)

// World is pages before a real database and a simulated BambooHR. The session's secret is the viewer's role.
type World struct {
	Conns *connection.Service
	Store *store.Store
	ID    string // of the connection, "" before Connect
	Name  string // of the next connection
	Now   time.Time

	t     testing.TB
	sim   *httptest.Server
	pages http.Handler
}

// sessions knows one person of every role; their id in the directory is p_ROLE.
type sessions struct{}

func (sessions) Session(_ context.Context, secret string) (account.Viewer, error) {
	return account.Viewer{PersonID: "p_" + secret, Name: "The " + secret, Role: directory.Role(secret), Session: "s"}, nil
}

func (sessions) Token(context.Context, string) (account.Viewer, error) {
	return account.Viewer{}, account.ErrNoSession
}

// Parts is what pages are built from.
type Parts struct {
	Gate        *gate.Gate
	Accounts    *account.Service
	Connections *connection.Service
	Views       *views.Store
	Now         func() time.Time
}

// New makes a world with the company in BambooHR, and the pages of routes.
func New(t testing.TB, company bamboosim.Company, routes func(Parts) []gate.Route) *World {
	t.Helper()
	w := &World{t: t, Name: "Acme HR", Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
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
	w.Store = db.Org("default")
	w.Conns = connection.New(connection.Options{Organisation: "default", Store: w.Store, Settings: w.Store.Settings(), Keys: ring,
		Now: func() time.Time { return w.Now }, NewID: func(prefix string) string { return fmt.Sprintf("%s_%d", prefix, ids.Add(1)) },
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		BaseURL: w.sim.URL, Version: "test", LeaseFor: time.Minute})
	t.Cleanup(func() {
		_ = w.Conns.Close(context.Background())
		w.sim.Close()
		_ = db.Close()
	})
	w.serve(routes)
	return w
}

// Connect sets the connection up with further settings as JSON, and syncs.
func (w *World) Connect(settings string) {
	w.t.Helper()
	d, err := w.Conns.Create(w.t.Context(), "p_owner", connection.NewConnection{Name: w.Name, Subdomain: "acme", Key: bamboosim.DefaultKey, Settings: []byte(settings)})
	if err != nil {
		w.t.Fatal(err)
	}
	if c, err := w.Conns.Check(w.t.Context(), "p_owner", d.ID); err != nil || !c.Passed() {
		w.t.Fatalf("check: %+v, %v", c, err)
	}
	w.ID = d.ID
	w.Sync()
}

// Sync makes a preview and applies it.
func (w *World) Sync() {
	w.t.Helper()
	job, err := w.Conns.Preview(w.t.Context(), "p_owner", w.ID, connection.PreviewRequest{})
	if err == nil {
		job, err = w.Conns.Wait(w.t.Context(), job.ID)
	}
	if err == nil && job.Err == nil {
		job, err = w.Conns.Apply(w.t.Context(), "p_owner", w.ID, connection.ApplyRequest{PlanID: job.PlanID, Approve: []plan.Kind{plan.KindNewDepartments}})
	}
	if err == nil && job.Err == nil {
		job, err = w.Conns.Wait(w.t.Context(), job.ID)
	}
	if err != nil || job.Err != nil {
		w.t.Fatal(err, job.Err)
	}
}

func (w *World) serve(routes func(Parts) []gate.Route) {
	assets, err := ui.NewAssets()
	if err != nil {
		w.t.Fatal(err)
	}
	now := func() time.Time { return w.Now }
	g := &gate.Gate{Sessions: sessions{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: now,
		Page: func(out http.ResponseWriter, r *http.Request, p gate.Problem) {
			_ = ui.Render(out, r, p.Status, ui.Problem(p))
		}}
	accounts := account.New(account.Options{Organisation: "default", Store: w.Store.Accounts(), Now: now})
	inner := g.Pages(routes(Parts{g, accounts, w.Conns, w.Store.Views(), now}))
	w.pages = http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			assets.ServeHTTP(out, r)
			return
		}
		inner.ServeHTTP(out, r.WithContext(ui.WithChrome(r.Context(), ui.Chrome{Organisation: "Acme", Now: w.Now, Assets: assets})))
	})
}

// Add puts somebody into the directory who is not from HR.
func (w *World) Add(id, name, email string, role directory.Role, status directory.Status) string {
	w.t.Helper()
	p := directory.Person{ID: id, Status: status, Role: role, CreatedAt: w.Now}
	p.Values.Set(directory.DisplayName, directory.KindText, name)
	p.Values.Set(directory.Email, directory.KindText, email)
	c := plan.Change{Action: plan.Create, Reason: plan.FieldChanged, PersonID: id, Email: email, Name: name, StatusBefore: status, StatusAfter: status, Sentence: "p_owner added this person"}
	if _, err := w.Store.SavePerson(w.t.Context(), p, c, "p_owner", w.Now); err != nil {
		w.t.Fatal(err)
	}
	return id
}

// Person reads somebody by address.
func (w *World) Person(email string) directory.Person {
	w.t.Helper()
	found, err := w.Store.FindPeople(w.t.Context(), "email", email, 2)
	if err != nil || len(found) != 1 {
		w.t.Fatalf("%d people have %s, %v", len(found), email, err)
	}
	return found[0]
}

// Value reads one field of somebody.
func (w *World) Value(email string, f directory.Field) string {
	w.t.Helper()
	p := w.Person(email)
	return p.Values.Get(f)
}

// Editor is the editor of the connection.
func (w *World) Editor() *people.Editor {
	w.t.Helper()
	e, err := w.Conns.Editor(w.t.Context(), "p_owner", w.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// Answer is what a request was answered with.
type Answer struct {
	*httptest.ResponseRecorder
	Page string
}

// Ask sends a request by somebody of a role.
func (w *World) Ask(role, method, target string, form url.Values) Answer {
	w.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return w.Send(role, r)
}

// Send is Ask for a request of any kind.
func (w *World) Send(role string, r *http.Request) Answer {
	r.AddCookie(&http.Cookie{Name: "rollcall", Value: role})
	out := httptest.NewRecorder()
	w.pages.ServeHTTP(out, r)
	return Answer{out, out.Body.String()}
}

// Upload sends a file to the import.
func (w *World) Upload(role, file string) Answer {
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
	return w.Send(role, r)
}

// Get reads a page as an administrator.
func (w *World) Get(target string) string {
	w.t.Helper()
	a := w.Ask("admin", http.MethodGet, target, nil)
	if a.Code != http.StatusOK {
		w.t.Fatalf("GET %s: %d\n%s", target, a.Code, Text(a.Page))
	}
	return a.Page
}

// Post sends a form as an administrator and returns where it leads.
func (w *World) Post(target string, form url.Values) string {
	w.t.Helper()
	a := w.Ask("admin", http.MethodPost, target, form)
	if a.Code != http.StatusSeeOther {
		w.t.Fatalf("POST %s: %d\n%s", target, a.Code, Text(a.Page))
	}
	return a.Header().Get("Location")
}

// Refused sends a form that is not taken, and returns the page that says why.
func (w *World) Refused(target string, form url.Values) string {
	w.t.Helper()
	a := w.Ask("admin", http.MethodPost, target, form)
	if a.Code != http.StatusUnprocessableEntity {
		w.t.Fatalf("POST %s: %d\n%s", target, a.Code, Text(a.Page))
	}
	return a.Page
}

// Put changes an employee in the simulator.
func (w *World) Put(id int, body string) {
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

// Office is a small company of n people in three departments, the first one everybody's manager.
func Office(n int) bamboosim.Company {
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

// Text is what a page says, without markup.
func Text(body string) string {
	return strings.TrimSpace(spaces.ReplaceAllString(strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">").
		Replace(tags.ReplaceAllString(body, " ")), " "))
}

// Says fails unless a page contains every text.
func Says(t testing.TB, body string, wanted ...string) {
	t.Helper()
	said := Text(body)
	for _, want := range wanted {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %q:\n%s", want, said)
		}
	}
}

// Quiet fails when a page contains one of the texts.
func Quiet(t testing.TB, body string, unwanted ...string) {
	t.Helper()
	said := Text(body)
	for _, no := range unwanted {
		if strings.Contains(said, no) {
			t.Errorf("the page says %q:\n%s", no, said)
		}
	}
}

// Manage writes a reporting line past every check, as BambooHR may have it.
func (w *World) Manage(p directory.Person, manager string) {
	w.t.Helper()
	p.Values.Set(directory.Manager, directory.KindPerson, manager)
	c := plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: p.ID, Version: p.Version, StatusBefore: p.Status, StatusAfter: p.Status, Sentence: "p_owner edited this person",
		Fields: []plan.FieldChange{{Field: directory.Manager, Kind: directory.KindPerson, AfterID: manager}}}
	if _, err := w.Store.SavePerson(w.t.Context(), p, c, "p_owner", w.Now); err != nil {
		w.t.Fatal(err)
	}
}

// Hostile is a company whose names are chosen by somebody who wishes its administrators ill.
func Hostile() bamboosim.Company {
	c := Office(9)
	c.Employees[1].FirstName, c.Employees[1].LastName = `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`
	c.Employees[2].FirstName, c.Employees[2].LastName = "=CMD()", "@SUM(A1)"
	c.Employees[3].FirstName, c.Employees[3].LastName = "\u202egnirts", "مريم"
	c.Employees[4].FirstName = strings.Repeat("n", 200)
	c.Employees[5].FirstName = "👩‍👩‍👧 Ann"
	c.Employees[6].JobInfo[0].Department = `</td><b>R&D</b>`
	return c
}

// Unmarked fails when a page has markup of the hostile company, or of more, as markup.
func Unmarked(t testing.TB, path, body string, more ...string) {
	t.Helper()
	for _, bad := range append([]string{"<script>alert", "<img src=x", "</td><b>", "\u202e"}, more...) {
		if strings.Contains(body, bad) {
			t.Errorf("%s has %q", path, bad)
		}
	}
}
