package sign_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/sign"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

const (
	good  = "a violin in the rain"
	other = "seven pianos at dawn"
)

// world is the pages of one organisation on a real database, with a clock that stands still.
type world struct {
	*account.Service
	t        *testing.T
	at       time.Time
	kept     *store.Store
	mail     []string // secrets of links
	provider *provider
	policy   policy.Connection
	log      logbook
	server   *httptest.Server
}

// newWorld builds the pages; adjust changes what they are built from.
func newWorld(t *testing.T, adjust func(*sign.Deps)) *world {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir()+"/data", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, at: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), kept: db.Org("acme"), provider: &provider{}, policy: policy.Defaults()}
	w.policy.Name = "Acme HR"
	now := func() time.Time { return w.at }
	w.Service = account.New(account.Options{Organisation: "acme", Store: w.kept.Accounts(), Now: now, Mailer: w, Sealer: sealer{}})
	g := &gate.Gate{Sessions: w.Service, Log: slog.New(slog.NewTextHandler(&w.log, nil)), Now: now,
		Page: func(rw http.ResponseWriter, r *http.Request, p gate.Problem) {
			if err := ui.Render(rw, r, p.Status, ui.Problem(p)); err != nil {
				t.Error(err)
			}
		}}
	d := sign.Deps{Gate: g, Accounts: w.Service, Connections: w, Now: now, Mail: true}
	if adjust != nil {
		adjust(&d)
	}
	assets, err := ui.NewAssets()
	if err != nil {
		t.Fatal(err)
	}
	pages := g.Pages(sign.Routes(d))
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			assets.ServeHTTP(rw, r)
			return
		}
		pages.ServeHTTP(rw, r.WithContext(ui.WithChrome(r.Context(), ui.Chrome{Now: now(), Assets: assets})))
	}))
	t.Cleanup(w.server.Close)
	return w
}

// PasswordLink implements account.Mailer.
func (w *world) PasswordLink(_ context.Context, _ account.Link, secret string) error {
	w.mail = append(w.mail, secret)
	return nil
}

// EditorFor implements sign.Connections.
func (w *world) EditorFor(_ context.Context, actor string, _ directory.Person) (*people.Editor, error) {
	return &people.Editor{Policy: &w.policy, Store: w.kept, Now: func() time.Time { return w.at }, Actor: actor}, nil
}

// provider stands in for an OpenID Connect provider: everybody who comes back is its identity.
type provider struct {
	who account.Identity
	err error
}

func (p *provider) Begin(_ context.Context, redirectURL, personID string) (string, string, error) {
	return "https://login.test/authorize?redirect_uri=" + url.QueryEscape(redirectURL), "flow-" + personID, p.err
}

func (p *provider) Finish(_ context.Context, cookie string, answer url.Values) (account.Identity, string, error) {
	person, ok := strings.CutPrefix(cookie, "flow-")
	if !ok || answer.Get("state") == "" {
		return account.Identity{}, "", &openid.Error{Text: "this sign-in was begun in another browser; start again"}
	}
	return p.who, person, p.err
}

// logbook is what the server logged; requests may still be at it.
type logbook struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type sealer struct{}

func (sealer) Seal(plain []byte, _ string) (string, error) { return fmt.Sprintf("%x", plain), nil }
func (sealer) Open(sealed, _ string) (out []byte, err error) {
	_, err = fmt.Sscanf(sealed, "%x", &out)
	return out, err
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// owner makes the first owner.
func (w *world) owner() string {
	w.t.Helper()
	id, err := w.CreateOwner(w.t.Context(), account.Owner{Email: "olga@acme.test", Name: "Olga Ortiz", Password: good}, "127.0.0.1")
	w.ok(err)
	return id
}

// person adds somebody active with a password.
func (w *world) person(id string, role directory.Role, set map[directory.Field]string) {
	w.t.Helper()
	p := directory.Person{ID: id, Status: directory.Active, Role: role}
	p.Values.Set(directory.Email, directory.KindText, id+"@acme.test")
	for f, v := range set {
		p.Values.Set(f, f.Kind(), v)
	}
	_, err := w.kept.SavePerson(w.t.Context(), p, plan.Change{Action: plan.Create, PersonID: id}, "test", w.at)
	w.ok(err)
	secret, _, err := w.MakeLink(w.t.Context(), account.Operator("cli:test"), id, account.Invite)
	w.ok(err)
	w.ok(w.SetPassword(w.t.Context(), secret, good))
}

// browser keeps cookies and follows no redirect.
type browser struct {
	*http.Client
	w *world
}

func (w *world) browser() browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	w.ok(err)
	return browser{&http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, w}
}

// page is an answer.
type page struct {
	status int
	header http.Header
	body   string
}

func (b browser) do(method, path string, form url.Values) page {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, strings.NewReader(form.Encode()))
	b.w.ok(err)
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0 Safari/537.36")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := b.Do(r)
	b.w.ok(err)
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	b.w.ok(err)
	return page{res.StatusCode, res.Header, string(body)}
}

func (b browser) get(path string) page { b.w.t.Helper(); return b.do(http.MethodGet, path, nil) }

// post sends a form given as name, value, name, value.
func (b browser) post(path string, pairs ...string) page {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, form)
}

// signedIn is a browser in which somebody is signed in.
func (w *world) signedIn(email string) browser {
	w.t.Helper()
	b := w.browser()
	b.post("/sign-in", "email", email, "password", good).leadsTo(w.t, "/")
	return b
}

// leadsTo holds an answer to be a redirect.
func (p page) leadsTo(t *testing.T, want string) {
	t.Helper()
	if p.status != http.StatusSeeOther || p.header.Get("Location") != want {
		t.Fatalf("status %d to %q, want 303 to %q\n%s", p.status, p.header.Get("Location"), want, p.body)
	}
}

// says holds an answer to a status and to texts in its page.
func (p page) says(t *testing.T, status int, texts ...string) {
	t.Helper()
	if p.status != status {
		t.Fatalf("status %d, want %d\n%s", p.status, status, p.body)
	}
	for _, text := range texts {
		if !strings.Contains(p.body, text) {
			t.Errorf("the page lacks %q\n%s", text, p.main())
		}
	}
}

func (p page) lacks(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			t.Errorf("the page has %q\n%s", text, p.main())
		}
	}
}

func (p page) main() string {
	_, rest, _ := strings.Cut(p.body, "<main")
	return rest
}
