package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// What BambooHR calls needs no session and takes none; whoever cannot sign gets one and the same answer, whatever is
// there (security §1.17).
func TestHooksAreForWhoeverSigns(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, _ := s.connect()
	if _, err := s.connections.Save(t.Context(), s.owner, id, 0, []byte(`{"changes": {"webhook": true}}`)); err != nil {
		t.Fatal(err)
	}
	cookie := s.cookie("owner@acme.test")
	if len(s.app.Hooks) == 0 {
		t.Fatal("there are no hooks")
	}
	ask := func(method, path string, c *http.Cookie, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-BambooHR-Timestamp", "1763726400")
		r.Header.Set("X-BambooHR-Signature", strings.Repeat("0", 64))
		r.Header.Set("Origin", "https://elsewhere.test")
		if c != nil {
			r.AddCookie(c)
		}
		rec := httptest.NewRecorder()
		s.app.ServeHTTP(rec, r)
		return rec
	}
	for _, route := range s.app.Hooks {
		if route.Permission != gate.Public {
			t.Errorf("%s asks for %s", route.Path, route.Permission)
		}
		want := ""
		for _, path := range []string{fill(route.Path, nil), fill(route.Path, map[string]string{"connection": id}), strings.Replace(route.Path, "{connection}", url.PathEscape("../x"), 1)} {
			for _, c := range []*http.Cookie{nil, cookie} {
				got := ask(route.Method, path, c, `{"type":"employee.updated","data":{"employeeId":"1"}}`)
				if want == "" {
					want = got.Body.String()
				}
				if got.Code != http.StatusUnauthorized || got.Body.String() != want || len(got.Result().Cookies()) > 0 || got.Header().Get("X-Content-Type-Options") != "nosniff" {
					t.Errorf("%s %s: %d %s %v", route.Method, path, got.Code, got.Body, got.Header())
				}
			}
		}
		if got := ask(http.MethodGet, fill(route.Path, map[string]string{"connection": id}), cookie, ""); got.Code != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", route.Path, got.Code)
		}
	}
	if got := ask(http.MethodPost, "/webhooks/", nil, ""); got.Code != http.StatusNotFound {
		t.Errorf("/webhooks/: %d", got.Code)
	}
}

// The overview says how the webhook stands and what to do, also when it could not be registered.
func TestOverviewShowsTheWebhook(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, _ := s.connect()
	page := func() string { return s.ask(http.MethodGet, "/connections/"+id, s.cookie("owner@acme.test"), nil).body }
	if strings.Contains(page(), "Told by BambooHR") {
		t.Error("nobody asked for a webhook")
	}
	form := s.ask(http.MethodGet, "/connections/"+id+"/configuration", s.cookie("owner@acme.test"), nil).body
	for _, field := range []string{`name="changes.every"`, `name="changes.webhook"`} {
		if !strings.Contains(form, field) {
			t.Errorf("the form has no %s", field)
		}
	}
	if _, err := s.connections.Save(t.Context(), s.owner, id, 0, []byte(`{"changes": {"webhook": true}}`)); err != nil {
		t.Fatal(err)
	}
	if got := page(); !strings.Contains(got, "Told by BambooHR") || !strings.Contains(got, "registered as soon as automatic runs are on") {
		t.Errorf("asked for: %s", excerpt(got))
	}
	if _, err := s.connections.Save(t.Context(), s.owner, id, 0, []byte(`{"notify": {"errors": ["hr@acme.test"]}}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.connections.Enable(t.Context(), s.owner, id); err != nil {
		t.Fatal(err)
	}
	if _, err := s.mails.Deliver(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.mails.Confirm(t.Context(), s.asked("hr@acme.test")); err != nil { // automatic runs begin
		t.Fatal(err)
	}
	if err := s.hints.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, secret, err := s.accounts.CreateToken(t.Context(), account.Operator("test"), account.NewToken{Name: "test", Role: directory.RoleAuditor})
	if err != nil {
		t.Fatal(err)
	}
	api := s.ask(http.MethodGet, "/api/v1/connections/"+id, nil, nil, "Authorization", "Bearer "+secret).body
	if !strings.Contains(api, `"webhook":{"state":"registered","registered_at":"2026-11-21T12:00:`) || !strings.Contains(api, `"deliveries_today":0,"refused_today":0,"problem":null`) {
		t.Errorf("the API says %s", api)
	}
	if got := page(); !strings.Contains(got, "fields are watched") || !strings.Contains(got, "nothing yet") {
		t.Errorf("registered: %s", got)
	}
}
