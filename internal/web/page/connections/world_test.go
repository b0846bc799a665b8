package connections_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections"
	"github.com/rollcall-hr/rollcall/internal/web/page/exceptions"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// world is the pages on the real services, a real database and a simulated BambooHR.
type world struct {
	*connection.Service
	t     *testing.T
	key   string
	sim   string // address
	store *store.Store
	dir   string // of the data
	pages http.Handler
	table []gate.Route
	now   time.Time
}

// hostile are names that break pages which trust them.
const (
	markup  = `<script>alert("x")</script>`
	rtl     = "\u202eاسم"
	formula = "=CMD()"
)

func company() bamboosim.Company {
	c := bamboosim.Company{Subdomain: "acme", Today: "2026-11-21", CustomFields: []bamboosim.CustomField{{Name: "Shirt size", Alias: "customShirtsize"}}}
	names := []string{"Ann", "Bo", markup, rtl, strings.Repeat("ä", 200), "👩‍👩‍👧 " + formula, "Cy", "Di"}
	for i, name := range names {
		e := bamboosim.Employee{ID: i + 1, EmployeeNumber: fmt.Sprint(1000 + i), FirstName: name, LastName: fmt.Sprintf("Family%d", i),
			WorkEmail: fmt.Sprintf("person%d@acme.test", i), HireDate: "2024-01-08", Custom: map[string]string{"customShirtsize": "M"},
			EmploymentStatus: []bamboosim.StatusRow{{Date: "2024-01-08", Status: "Full-Time"}},
			JobInfo:          []bamboosim.JobRow{{Date: "2024-01-08", Department: "Engineering", Location: "Utrecht", JobTitle: "Engineer"}}}
		if i == 1 {
			e.EmploymentStatus[0].Status, e.JobInfo[0].Department = "Contractor", "Board"
		}
		c.Employees = append(c.Employees, e)
	}
	return c
}

func newWorld(t *testing.T) *world {
	t.Helper()
	model := company()
	sim, err := bamboosim.New(model)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	w := &world{t: t, key: bamboosim.DefaultKey, sim: server.URL, dir: filepath.Join(t.TempDir(), "data"), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	w.start()
	return w
}

// another is a second process on the same data.
func (w *world) another() *world {
	w.t.Helper()
	other := &world{t: w.t, key: w.key, sim: w.sim, dir: w.dir, now: w.now}
	other.start()
	return other
}

func (w *world) start() {
	t := w.t
	t.Helper()
	db, err := store.Open(t.Context(), w.dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.OpenOrCreate(filepath.Join(w.dir, "keyring.json"))
	if err != nil {
		t.Fatal(err)
	}
	kept, ids := db.Org("default"), new(atomic.Int64)
	w.store = kept
	now := func() time.Time { return w.now }
	w.Service = connection.New(connection.Options{Organisation: "default", Store: kept, Settings: kept.Settings(), Keys: ring, Now: now,
		NewID:   func(prefix string) string { return fmt.Sprintf("%s_%d", prefix, ids.Add(1)) },
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		BaseURL: w.sim, Version: "test", LeaseFor: time.Minute})
	t.Cleanup(func() {
		if err := w.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	g := &gate.Gate{Sessions: roles{}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: now,
		Page: func(w http.ResponseWriter, r *http.Request, p gate.Problem) {
			_ = ui.Render(w, r, p.Status, ui.Problem(p))
		}}
	excepted := exceptions.Deps{Gate: g, Connections: w.Service, Views: kept.Views(), Now: now}
	w.table = connections.Routes(connections.Deps{Gate: g, Connections: w.Service, Views: kept.Views(), Now: now, Freezes: exceptions.Freezes(excepted)})
	w.pages = g.Pages(slices.Concat(w.table, exceptions.Routes(excepted)))
}

// roles signs in as whatever role the session cookie names.
type roles struct{}

func (roles) Session(_ context.Context, secret string) (account.Viewer, error) {
	return account.Viewer{PersonID: "p_" + secret, Name: secret, Role: directory.Role(secret)}, nil
}

func (roles) Token(context.Context, string) (account.Viewer, error) {
	return account.Viewer{}, account.ErrNoSession
}

// answer is what came back.
type answer struct {
	t      *testing.T
	Status int
	Body   string
	To     string // of a redirect
	Flash  string
	Header http.Header
}

func (w *world) do(role, method, path string, form url.Values) answer {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return w.send(role, r)
}

func (w *world) send(role string, r *http.Request) answer {
	w.t.Helper()
	r.AddCookie(&http.Cookie{Name: "rollcall", Value: cmp.Or(role, "admin")})
	rec := httptest.NewRecorder()
	w.pages.ServeHTTP(rec, r)
	a := answer{t: w.t, Status: rec.Code, Body: rec.Body.String(), To: rec.Header().Get("Location"), Header: rec.Header()}
	for _, c := range rec.Result().Cookies() {
		if c.Name == "rollcall-flash" {
			text, err := base64.RawURLEncoding.DecodeString(c.Value)
			if err != nil {
				w.t.Fatal(err)
			}
			a.Flash = string(text)
		}
	}
	if strings.Contains(a.Body, w.key) || strings.Contains(a.Flash, w.key) {
		w.t.Errorf("%s %s shows the key", r.Method, r.URL.Path)
	}
	if strings.Contains(a.Body, "<script>alert") {
		w.t.Errorf("%s %s shows markup as markup", r.Method, r.URL.Path)
	}
	return a
}

func (w *world) get(path string) answer { w.t.Helper(); return w.do("admin", "GET", path, nil) }

func (w *world) post(path string, form url.Values) answer {
	w.t.Helper()
	return w.do("admin", "POST", path, form)
}

// status fails the test unless the answer has it.
func (a answer) status(want int) answer {
	a.t.Helper()
	if a.Status != want {
		a.t.Fatalf("status %d, want %d: to %q\n%s", a.Status, want, a.To, a.text())
	}
	return a
}

// says fails the test unless the page's text, without markup, has every part.
func (a answer) says(parts ...string) answer {
	a.t.Helper()
	text := a.text()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			a.t.Errorf("the page does not say %q:\n%s", part, text)
		}
	}
	return a
}

func (a answer) saysNot(parts ...string) answer {
	a.t.Helper()
	text := a.text()
	for _, part := range parts {
		if strings.Contains(text, part) {
			a.t.Errorf("the page says %q", part)
		}
	}
	return a
}

func (a answer) tree() *html.Node {
	a.t.Helper()
	doc, err := html.Parse(strings.NewReader(a.Body))
	if err != nil {
		a.t.Fatal(err)
	}
	return doc
}

// text is what a reader sees, words separated by single spaces; what is typed into fields is no part of it.
func (a answer) text() string {
	var b strings.Builder
	for n := range a.tree().Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "title" {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// form reads the page's form that posts to a path as a browser would send it.
func (a answer) form(path string) url.Values {
	a.t.Helper()
	for n := range a.tree().Descendants() {
		if n.Data == "form" && attr(n, "action") == path && attr(n, "method") == "post" {
			return fields(n)
		}
	}
	a.t.Fatalf("no form posts to %s:\n%s", path, a.text())
	return nil
}

func fields(form *html.Node) url.Values {
	v := url.Values{}
	for n := range form.Descendants() {
		name := attr(n, "name")
		if name == "" || within(n, "template") {
			continue
		}
		switch n.Data {
		case "input":
			kind := attr(n, "type")
			if (kind != "checkbox" && kind != "radio") || has(n, "checked") {
				v.Add(name, attr(n, "value"))
			}
		case "textarea":
			if n.FirstChild != nil {
				v.Add(name, n.FirstChild.Data)
			} else {
				v.Add(name, "")
			}
		case "select":
			v.Add(name, chosen(n))
		}
	}
	return v
}

func chosen(n *html.Node) string {
	first, found := "", false
	for o := range n.Descendants() {
		if o.Data != "option" {
			continue
		}
		if has(o, "selected") {
			return attr(o, "value")
		}
		if !found {
			first, found = attr(o, "value"), true
		}
	}
	return first
}

func within(n *html.Node, tag string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == tag {
			return true
		}
	}
	return false
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// connected sets up a connection that passed its check, and returns its path.
func (w *world) connected() string {
	w.t.Helper()
	a := w.post("/connections/new", url.Values{"name": {"Acme HR"}, "bamboohr.subdomain": {"acme"}, "api_key": {w.key}, "preset": {""}}).status(303)
	return strings.TrimSuffix(a.To, "/mapping?setup=1")
}

// fault tells the simulator what goes wrong from now on (POST), or that nothing does (DELETE).
func (w *world) fault(method, body string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.sim+"/_sim/faults", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer a.Body.Close()
	if a.StatusCode >= 300 {
		w.t.Fatalf("the simulator answers %s", a.Status)
	}
}

func (w *world) id(path string) string { return strings.TrimPrefix(path, "/connections/") }

// settled waits for work in the background.
func (w *world) settled(path string) connection.Job {
	w.t.Helper()
	j := w.Job(w.t.Context(), w.id(path))
	if j == nil {
		w.t.Fatal("nothing runs")
	}
	done, err := w.Wait(w.t.Context(), j.ID)
	if err != nil || done.Err != nil {
		w.t.Fatal(err, done.Err)
	}
	return done
}

// synced gives the connection people.
func (w *world) synced(path string) {
	w.t.Helper()
	if _, err := w.Preview(w.t.Context(), "p_admin", w.id(path), connection.PreviewRequest{}); err != nil {
		w.t.Fatal(err)
	}
	j := w.settled(path)
	if _, err := w.Apply(w.t.Context(), "p_admin", w.id(path), connection.ApplyRequest{PlanID: j.PlanID}); err != nil {
		w.t.Fatal(err)
	}
	w.settled(path)
}
