package server

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store"
	webgate "github.com/rollcall-hr/rollcall/internal/web/gate"
)

// nobody has no sessions.
type nobody struct{ webgate.Sessions }

// TestRequestLogOfAPasswordPage fails a page whose address holds a secret, with an error that quotes it, as errors
// of proxies and providers do.
func TestRequestLogOfAPasswordPage(t *testing.T) {
	const secret = "Zm9yLXRoZS1leWVzLW9mLWFubi1sZWUtYWxvbmUtMTIzNDU2"
	var log strings.Builder
	g := &webgate.Gate{Sessions: nobody{}, Log: newLog(&log), Now: time.Now, Page: func(w http.ResponseWriter, _ *http.Request, p webgate.Problem) { w.WriteHeader(p.Status) }}
	fail := func(_ http.ResponseWriter, r *http.Request) error {
		return fmt.Errorf("read %s with %s: %w", r.URL, r.Header.Get("Authorization"), errors.New("disk full"))
	}
	h := g.Pages([]webgate.Route{{Method: "GET", Path: "/password/{secret}", Handler: fail}, {Method: "GET", Path: "/sign-in/provider", Handler: fail},
		{Method: "GET", Path: "/first-start", Permission: webgate.Public, Handler: fail}})
	for _, path := range []string{"/password/" + secret, "/sign-in/provider?state=" + secret + "&code=" + secret, "/first-start?next=a&setup_code=" + secret + "#x"} {
		log.Reset()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		text := log.String()
		if w.Code != http.StatusInternalServerError || !strings.Contains(text, "disk full") || !strings.Contains(text, "status=500") || !strings.Contains(text, "code=internal") {
			t.Errorf("%s: status %d, log %q", path, w.Code, text)
		}
		if strings.Contains(text, secret[:12]) {
			t.Errorf("the log holds the secret: %q", text)
		}
	}
}

func TestLogHidesSecrets(t *testing.T) {
	const s = "hushhushhushhush"
	address := &url.URL{Scheme: "https", Host: "mail.acme.test", Path: "/password/" + s + s}
	for _, hide := range []func(*slog.Logger){
		func(l *slog.Logger) { l.Info("GET https://rollcall.acme.test/password/" + s) },
		func(l *slog.Logger) {
			l.Info("x", "error", fmt.Errorf("Post %q: gone", "https://login.acme.test/token?code="+s))
		},
		func(l *slog.Logger) { l.Info("x", "body", `{"client_secret": "`+s+`", "access_token":"`+s+`"}`) },
		func(l *slog.Logger) { l.Info("x", "body", "grant_type=authorization_code&client_secret="+s) },
		func(l *slog.Logger) { l.Info("x", "to", "/sign-in?next=%2Fcallback%3Fcode%3D"+s) },
		func(l *slog.Logger) { l.Info("x", "url", address) },
		func(l *slog.Logger) { l.Info("x", "header", "Authorization: Basic "+s) },
		func(l *slog.Logger) { l.Info("x", "url", "https://key:"+s+"@acme.bamboohr.com/v1") },
		func(l *slog.Logger) { l.Info("x", "header", http.Header{"Authorization": {"Bearer " + s}}) },
		func(l *slog.Logger) { l.With("api_key", s).Info("x") },
		func(l *slog.Logger) { l.WithGroup("provider").Info("x", "code", s, "Password", s) },
		func(l *slog.Logger) { l.Info("recipients", "path", "/recipients/"+s) },
	} {
		var b strings.Builder
		hide(newLog(&b))
		if text := b.String(); strings.Contains(text, s) || !strings.Contains(text, hidden) {
			t.Errorf("the log says %q", text)
		}
	}
	for _, plain := range []string{"read employees of acme: 503 at /v1/employees", "/people/p_1?after=2026-11-21T12:00:00Z", "status code 500", "2 tokens", "/settings/password",
		"1.2.3.4:8080", "https://acme.bamboohr.com/home"} {
		if got := withoutSecrets(plain); got != plain {
			t.Errorf("%q became %q", plain, got)
		}
	}
}

// An API token is hidden by its own look, wherever it stands.
func TestLogHidesTokens(t *testing.T) {
	db, err := store.Open(t.Context(), t.TempDir()+"/data", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	accounts := account.New(account.Options{Organisation: "default", Store: db.Org("default").Accounts(), Now: time.Now})
	_, token, err := accounts.CreateToken(t.Context(), account.Operator("cli"), account.NewToken{Name: "test", Role: directory.RoleAdmin})
	if err != nil || len(token) < 40 {
		t.Fatalf("%q, %v", token, err)
	}
	if got := withoutSecrets("sent " + token + " twice"); got != "sent "+hidden+" twice" {
		t.Errorf("%q", got)
	}
}
