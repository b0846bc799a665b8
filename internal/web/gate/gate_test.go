package gate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// visitors knows secrets by heart.
type visitors map[string]account.Viewer

func (p visitors) Session(_ context.Context, secret string) (account.Viewer, error) {
	if v, ok := p[secret]; ok {
		return v, nil
	}
	return account.Viewer{}, account.ErrNoSession
}

func (p visitors) Token(ctx context.Context, secret string) (account.Viewer, error) {
	return p.Session(ctx, secret)
}

func testGate(log io.Writer) *Gate {
	return &Gate{Sessions: visitors{"s-owner": {PersonID: "p_1", Role: directory.RoleOwner}, "s-member": {PersonID: "p_2", Role: directory.RoleMember}},
		Log: slog.New(slog.NewTextHandler(log, nil)), Now: time.Now,
		Page: func(w http.ResponseWriter, _ *http.Request, p Problem) {
			w.WriteHeader(p.Status)
			fmt.Fprintf(w, "%s: %s %s", p.Code, p.Title, p.Detail)
		}}
}

func ask(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// Known errors have their own status and a stable code; unknown ones tell nothing of what went wrong.
func TestClassify(t *testing.T) {
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{account.ErrForbidden, 403, "forbidden"},
		{fmt.Errorf("look up: %w", account.ErrNoSession), 401, "unauthorized"},
		{account.ErrLastOwner, 409, "last_owner"},
		{account.ErrLink, 410, "link_over"},
		{&account.ThrottledError{Wait: time.Minute}, 429, "throttled"},
		{&account.InputError{Field: "email", Text: "is no address"}, 422, "invalid"},
		{&connection.SettingsError{}, 422, "settings"},
		{&connection.VersionError{Have: 1, Now: 2}, 409, "changed_meanwhile"},
		{&connection.SecondPersonError{PlanID: "plan_1"}, 409, "second_person"},
		{&syncrun.InputError{Field: "email", Text: "a person needs an e-mail address"}, 422, "invalid"},
		{connection.ErrCancelled, 409, "cancelled"},
		{&syncrun.BusyError{RunID: "run_1"}, 409, "busy"},
		{&syncrun.StaleError{PlanID: "plan_1", Why: "the settings changed"}, 409, "stale"},
		{&people.LockedError{Field: "email"}, 409, "locked"},
		{&syncrun.ReadError{Connection: "Acme", Err: errors.New("unauthorized")}, 502, "read"},
		{fmt.Errorf("person x: %w", directory.ErrNotFound), 404, "not_found"},
		{&connection.KeyError{Err: errors.New("the API key is missing; set MISSING")}, 409, "setup"},
		{errors.New("open /var/lib/secret: disk I/O error"), 500, "internal"},
	} {
		p := Classify(c.err)
		if p.Status != c.status || p.Code != c.code {
			t.Errorf("%v: %d %s, want %d %s", c.err, p.Status, p.Code, c.status, c.code)
		}
		if p.Title == "" || !strings.HasSuffix(p.Detail, ".") && p.Detail != "" {
			t.Errorf("%v is worded %q, %q", c.err, p.Title, p.Detail)
		}
	}
	for text, want := range map[string]string{"time_zone: is no zone": "time_zone: is no zone.", "until: is over": "until: is over.", "the plan is old": "The plan is old."} {
		if p := Classify(&syncrun.InputError{Text: text}); p.Detail != want {
			t.Errorf("%q is worded %q", text, p.Detail)
		}
	}
	if p := Classify(errors.New("secret path")); strings.Contains(p.Detail, "secret") {
		t.Errorf("an unknown error is shown: %q", p.Detail)
	}
}

func TestPages(t *testing.T) {
	var log strings.Builder
	g := testGate(&log)
	h := g.Pages([]Route{
		{"GET", "/things", account.Read, func(w http.ResponseWriter, r *http.Request) error {
			_, err := io.WriteString(w, "for "+ViewerFrom(r.Context()).PersonID+" in "+ZoneFrom(r.Context()).String()+" "+FlashFrom(r.Context()))
			return err
		}},
		{"POST", "/things", account.Configure, func(w http.ResponseWriter, r *http.Request) error {
			g.Flash(w, "Done: „gespeichert“.")
			http.Redirect(w, r, "/things", http.StatusSeeOther)
			return nil
		}},
		{"GET", "/warned", account.Read, func(w http.ResponseWriter, r *http.Request) error {
			_, err := fmt.Fprintf(w, "%t: %s", FlashWarns(r.Context()), FlashFrom(r.Context()))
			return err
		}},
		{"GET", "/broken", account.Read, func(http.ResponseWriter, *http.Request) error { return errors.New("the disk is on fire") }},
	})
	get := func(path, session string, more ...*http.Cookie) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if session != "" {
			r.AddCookie(&http.Cookie{Name: "rollcall", Value: session})
		}
		for _, c := range more {
			r.AddCookie(c)
		}
		return ask(h, r)
	}
	if w := get("/things?a=1", ""); w.Code != 303 || w.Header().Get("Location") != "/sign-in?next=%2Fthings%3Fa%3D1" {
		t.Errorf("without a session: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := get("/things", "s-member"); w.Code != 403 {
		t.Errorf("a member: %d", w.Code)
	}
	for _, zone := range []string{"Europe/Amsterdam", "Europe%2FAmsterdam"} { // the second is what the script writes
		if w := get("/things", "s-owner", &http.Cookie{Name: "tz", Value: zone}); w.Body.String() != "for p_1 in Europe/Amsterdam " {
			t.Errorf("an owner in %s: %q", zone, w.Body)
		}
	}
	for _, odd := range []string{"Local", "Loc%61l", "../../etc/passwd", "..%2F..%2Fetc%2Fpasswd", "Nowhere/At_All", "%zz"} {
		if w := get("/things", "s-owner", &http.Cookie{Name: "tz", Value: odd}); !strings.Contains(w.Body.String(), "in UTC") {
			t.Errorf("zone %q: %q", odd, w.Body)
		}
	}
	if w := get("/nowhere", "s-owner"); w.Code != 404 {
		t.Errorf("an unknown page: %d", w.Code)
	}
	w := get("/broken", "s-owner")
	if w.Code != 500 || strings.Contains(w.Body.String(), "fire") || !strings.Contains(log.String(), "fire") {
		t.Errorf("a broken page: %d %q, log %q", w.Code, w.Body, log.String())
	}
	post := httptest.NewRequest(http.MethodPost, "/things", nil)
	post.AddCookie(&http.Cookie{Name: "rollcall", Value: "s-owner"})
	w = ask(h, post)
	if w.Code != 303 || len(w.Result().Cookies()) != 1 {
		t.Fatalf("a post: %d %v", w.Code, w.Result().Cookies())
	}
	w = get("/things", "s-owner", w.Result().Cookies()[0])
	if !strings.HasSuffix(w.Body.String(), "Done: „gespeichert“.") || w.Result().Cookies()[0].MaxAge >= 0 {
		t.Errorf("the flash: %q %v", w.Body, w.Result().Cookies())
	}
	if !strings.HasSuffix(get("/warned", "s-owner", w.Result().Cookies()...).Body.String(), "false: ") {
		t.Error("without a flash there is a warning")
	}
	left := httptest.NewRecorder()
	g.FlashWarn(left, "Not yet: a check is missing.")
	if w := get("/warned", "s-owner", left.Result().Cookies()[0]); w.Body.String() != "true: Not yet: a check is missing." {
		t.Errorf("the flash of a refusal: %q", w.Body)
	}
	post = httptest.NewRequest(http.MethodPost, "/things", nil)
	post.AddCookie(&http.Cookie{Name: "rollcall", Value: "s-owner"})
	post.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := ask(h, post); w.Code != 403 || !strings.Contains(w.Body.String(), "cross_site") {
		t.Errorf("a post from elsewhere: %d %s", w.Code, w.Body)
	}
}

// A session that ends in the middle of something leads back to the page it was on, and says that nothing was changed.
func TestSessionEnds(t *testing.T) {
	g := testGate(io.Discard)
	nothing := func(http.ResponseWriter, *http.Request) error { t.Error("a stranger got in"); return nil }
	h := g.Pages([]Route{{"GET", "/things", account.Read, nothing}, {"GET", "/things/part", account.Read, nothing}, {"GET", "/things/new", account.Read, nothing},
		{"POST", "/things", account.Configure, nothing}, {"POST", "/things/{id}/rename", account.Configure, nothing}})
	for _, c := range []struct {
		what, method, path, from string
		fragment                 bool
		want                     string
		told                     bool
	}{
		{"a page", "GET", "/things/part?a=b", "", false, "/sign-in?next=%2Fthings%2Fpart%3Fa%3Db", false},
		{"a form", "POST", "/things", "http://rollcall.test/things/new?preset=ally", false, "/sign-in?next=%2Fthings%2Fnew%3Fpreset%3Dally", true},
		{"a form with an error in it", "POST", "/things/7/rename", "http://rollcall.test/things/7/rename", false, "/sign-in?next=%2Fthings", true},
		{"a form of no page", "POST", "/things", "http://rollcall.test/gone/7", false, "/sign-in", true},
		{"a form of nowhere", "POST", "/things", "", false, "/sign-in", true},
		{"a form of another site", "POST", "/things", "http://evil.test/things", false, "/sign-in", true},
		{"a part of a page", "GET", "/things/part", "http://rollcall.test/things", true, "/sign-in?next=%2Fthings", false},
	} {
		r := httptest.NewRequest(c.method, "http://rollcall.test"+c.path, nil)
		r.Header.Set("Referer", c.from)
		header := "Location"
		if c.fragment {
			r.Header.Set("HX-Request", "true")
			header = "HX-Redirect"
		}
		w := ask(h, r)
		if got := w.Header().Get(header); got != c.want {
			t.Errorf("%s leads to %q, want %q", c.what, got, c.want)
		}
		after := httptest.NewRequest("GET", "http://rollcall.test/sign-in", nil)
		for _, cookie := range w.Result().Cookies() {
			after.AddCookie(cookie)
		}
		if said := g.takeFlash(httptest.NewRecorder(), after); strings.Contains(said, "nothing was changed") != c.told {
			t.Errorf("%s: the sign-in page says %q", c.what, said)
		}
	}
}

// A stranger's form is small: read, decoded and shown again it takes many times its size of memory.
func TestLargeForms(t *testing.T) {
	g := testGate(io.Discard)
	took := 0
	take := func(w http.ResponseWriter, r *http.Request) error {
		took = len(r.PostFormValue("email"))
		return nil
	}
	h := g.Pages([]Route{{"POST", "/in", Public, take}, {"POST", "/me", account.Own, take}, {"POST", "/things", account.Configure, take}})
	for _, c := range []struct {
		path       string
		size, code int
	}{{"/in", 1 << 10, 200}, {"/in", 1 << 17, 413}, {"/me", 1 << 17, 413}, {"/things", 1 << 17, 200}, {"/things", 9 << 20, 413}} {
		took = 0
		r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader("email="+strings.Repeat("a", c.size)))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.AddCookie(&http.Cookie{Name: "rollcall", Value: "s-owner"})
		if w := ask(h, r); w.Code != c.code || (took == c.size) != (c.code == 200) {
			t.Errorf("%d bytes to %s: %d, %d taken", c.size, c.path, w.Code, took)
		}
	}
	for _, broken := range []string{"email=a&only=%zz", "email=a" + strings.Repeat("&a=", 20_000)} {
		took = 0
		r := httptest.NewRequest(http.MethodPost, "/in", strings.NewReader(broken))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if w := ask(h, r); w.Code != 422 && w.Code != 413 || took != 0 {
			t.Errorf("%.20s…: %d, %d taken", broken, w.Code, took)
		}
	}
}

// Behind https, cookies are __Host-, Secure, HttpOnly and SameSite=Lax (security §1.6).
func TestCookies(t *testing.T) {
	g := testGate(io.Discard)
	g.URL = &url.URL{Scheme: "https", Host: "rollcall.acme.test"}
	w := httptest.NewRecorder()
	g.SetSession(w, "secret")
	c := w.Result().Cookies()[0]
	if c.Name != "__Host-rollcall" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie is %+v", c)
	}
	// A neighbour below the same domain can set no cookie that begins with __Host-, and others are not looked at.
	g.Flash(w, "Done.")
	for _, c := range w.Result().Cookies() {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(c)
		name := strings.TrimPrefix(c.Name, "__Host-")
		if value, ok := g.CookieFrom(r, name); name == c.Name || !ok || value != c.Value {
			t.Errorf("%s is read as %q", c.Name, value)
		}
		r = httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: name, Value: "planted"})
		if value, ok := g.CookieFrom(r, name); ok {
			t.Errorf("%s is read as %q", name, value)
		}
	}
	w = ask(g.Pages(nil), httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Header().Get("Strict-Transport-Security") == "" {
		t.Error("https is not made sure of")
	}
}

// Only a path on this site is gone to after signing in.
func TestNext(t *testing.T) {
	for raw, want := range map[string]string{"/people?q=a": "/people?q=a", "": "/", "//evil.test": "/", "https://evil.test/": "/", `/\evil.test`: "/",
		"javascript:alert(1)": "/", "/a\r\nb": "/", "people": "/"} {
		if got := Next(raw); got != want {
			t.Errorf("Next(%q) = %q, want %q", raw, got, want)
		}
	}
}

// A proxy that the operator named, by default one on this machine, is believed about the one address that it saw
// itself; nobody else is. One in a private network that is not named is told of, once.
func TestAddress(t *testing.T) {
	named := []netip.Prefix{netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("2001:db8::1/128")}
	for _, c := range []struct {
		proxies                      []netip.Prefix
		peer, seen, address, through string
		told                         bool
	}{
		{nil, "203.0.113.9:1", "", "203.0.113.9", "", false},
		{nil, "203.0.113.9:1", "198.51.100.7", "203.0.113.9", "", false},
		{nil, "127.0.0.1:1", "", "127.0.0.1", "", false},
		{nil, "127.0.0.1:1", "10.0.0.1, 198.51.100.7", "198.51.100.7", "127.0.0.1", false},
		{nil, "127.0.0.1:1", "10.0.0.1, 127.0.0.1", "127.0.0.1", "127.0.0.1", false},
		{nil, "[::ffff:127.0.0.1]:1", "198.51.100.7", "198.51.100.7", "::ffff:127.0.0.1", false},
		{nil, "[::1]:1", "2001:db8::7", "2001:db8::7", "::1", false},
		{nil, "127.0.0.1:1", "198.51.100.7, <script>", "127.0.0.1", "", false},
		{nil, "172.18.0.2:1", "198.51.100.7", "172.18.0.2", "", true},
		{nil, "172.18.0.2:1", "", "172.18.0.2", "", false},
		{named, "172.18.0.2:1", "198.51.100.7", "198.51.100.7", "172.18.0.2", false},
		{named, "172.18.0.2:1", "6.6.6.6, 198.51.100.7, 172.18.0.3", "198.51.100.7", "172.18.0.2", false},
		{named, "172.18.0.2:1", "172.18.0.3", "172.18.0.2", "", false},
		{named, "[2001:db8::1]:1", "198.51.100.7", "198.51.100.7", "2001:db8::1", false},
		{named, "127.0.0.1:1", "198.51.100.7", "127.0.0.1", "", false},
		{named, "10.0.0.1:1", "198.51.100.7", "10.0.0.1", "", true},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.peer
		if c.seen != "" {
			r.Header.Set("X-Forwarded-For", c.seen)
		}
		var log strings.Builder
		g := testGate(&log)
		g.Proxies = c.proxies
		for range 2 {
			if address, through := g.Address(r); address != c.address || through != c.through {
				t.Errorf("%s says %q: %s through %q", c.peer, c.seen, address, through)
			}
		}
		if n := strings.Count(log.String(), "--trusted-proxy"); n > 1 || (n == 1) != c.told {
			t.Errorf("%s says %q: %q", c.peer, c.seen, &log)
		}
	}
}

func TestLocal(t *testing.T) {
	for host, want := range map[string]bool{"localhost:8080": true, "127.0.0.1:8080": true, "[::1]:8080": true, "localhost": true,
		"evil.test:8080": false, "localhost.evil.test": false, "192.168.1.2:8080": false, "": false} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		if Local(r) != want {
			t.Errorf("%q: local is %t", host, !want)
		}
		r.Header.Set("X-Forwarded-For", "127.0.0.1")
		if Local(r) {
			t.Errorf("%q through a proxy is local", host)
		}
	}
}

func TestAPI(t *testing.T) {
	g := testGate(io.Discard)
	h := g.API([]Route{{"GET", "/api/v1/things", account.Read, func(w http.ResponseWriter, _ *http.Request) error {
		return WriteJSON(w, http.StatusOK, map[string]string{"name": "<b>"})
	}}})
	get := func(path, authorization string) (int, map[string]any, http.Header) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Authorization", authorization)
		w := ask(h, r)
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
			t.Fatalf("%s: %v in %q", path, err, w.Body)
		}
		return w.Code, body, w.Header()
	}
	if code, body, header := get("/api/v1/things", ""); code != 401 || body["code"] != "unauthorized" || !strings.HasPrefix(header.Get("WWW-Authenticate"), "Bearer") ||
		header.Get("Content-Type") != "application/problem+json" || !strings.Contains(fmt.Sprint(body["detail"]), "Authorization: Bearer TOKEN") {
		t.Errorf("without a token: %d %v %v", code, body, header)
	}
	if code, body, _ := get("/api/v1/things", "Bearer s-member"); code != 403 || body["code"] != "forbidden" || !strings.Contains(fmt.Sprint(body["detail"]), "role of this token") {
		t.Errorf("a member's token: %d %v", code, body)
	}
	if code, body, _ := get("/api/v1/things", "Bearer s-owner"); code != 200 || body["name"] != "<b>" {
		t.Errorf("an owner's token: %d %v", code, body)
	}
	if code, body, _ := get("/api/v1/nothing", "Bearer s-owner"); code != 404 || body["code"] != "not_found" {
		t.Errorf("an unknown address: %d %v", code, body)
	}
}

// TestMethodsOfTheAPI: an address that there is names the methods that it takes, one that there is not is not found by
// any (RFC 9110, 15.5.6 and 9.3.7).
func TestMethodsOfTheAPI(t *testing.T) {
	nothing := func(w http.ResponseWriter, _ *http.Request) error { return WriteJSON(w, http.StatusOK, nil) }
	h := testGate(io.Discard).API([]Route{
		{"GET", "/api/v1/things", Public, nothing}, {"POST", "/api/v1/things", Public, nothing},
		{"PATCH", "/api/v1/things/{id}", Public, nothing}, {"GET", "/api/v1/things/{id}", account.Read, nothing}, {"POST", "/api/v1/things/import", Public, nothing},
	})
	for _, x := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/api/v1/things", 200, ""},
		{"HEAD", "/api/v1/things", 200, ""},
		{"DELETE", "/api/v1/things", 405, "GET, HEAD, POST, OPTIONS"},
		{"OPTIONS", "/api/v1/things", 204, "GET, HEAD, POST, OPTIONS"},
		{"PURGE", "/api/v1/things/7", 405, "GET, HEAD, PATCH, OPTIONS"},
		{"PUT", "/api/v1/things/import", 405, "GET, HEAD, POST, PATCH, OPTIONS"},
		{"POST", "/api/v1/things/7", 405, "GET, HEAD, PATCH, OPTIONS"},
		{"DELETE", "/api/v1/nothing", 404, ""},
		{"OPTIONS", "/api/v1/nothing", 404, ""},
		{"HEAD", "/api/v1/nothing", 404, ""},
	} {
		w := ask(h, httptest.NewRequest(x.method, x.path, nil))
		if w.Code != x.status || w.Header().Get("Allow") != x.allow {
			t.Errorf("%s %s: %d, allowed %q; want %d, %q", x.method, x.path, w.Code, w.Header().Get("Allow"), x.status, x.allow)
		}
		if x.status != 405 {
			continue
		}
		var body map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || body["code"] != "method_not_allowed" || body["status"] != 405.0 ||
			w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(fmt.Sprint(body["detail"]), x.allow[:4]) {
			t.Errorf("%s %s: %v in %s", x.method, x.path, err, w.Body)
		}
	}
}

// TestMethodsOfPages: what a page does not take is told as for programs, to whoever looks at it; a page that only takes
// a form leads back to it.
func TestMethodsOfPages(t *testing.T) {
	nothing := func(http.ResponseWriter, *http.Request) error { return nil }
	h := testGate(io.Discard).Pages([]Route{{"GET", "/things/{id}", account.Read, nothing}, {"POST", "/things/{id}/apply", account.Operate, nothing}})
	for _, x := range []struct {
		method, path string
		status       int
		allow, says  string
	}{
		{"GET", "/things/7", 200, "", ""},
		{"POST", "/things/7", 405, "GET, HEAD, OPTIONS", "This address does not take POST Nothing was changed. It takes GET, HEAD."},
		{"OPTIONS", "/things/7", 204, "GET, HEAD, OPTIONS", ""},
		{"GET", "/things/7/apply", 405, "POST, OPTIONS", "There is nothing to see at this address It only takes what a form sends"},
		{"DELETE", "/things/7/apply", 405, "POST, OPTIONS", "It takes POST."},
		{"POST", "/nothing", 404, "", "not_found"},
		{"OPTIONS", "/nothing", 404, "", "not_found"},
	} {
		r := httptest.NewRequest(x.method, x.path, nil)
		r.AddCookie(&http.Cookie{Name: "rollcall", Value: "s-owner"})
		w := ask(h, r)
		if w.Code != x.status || w.Header().Get("Allow") != x.allow || !strings.Contains(w.Body.String(), x.says) {
			t.Errorf("%s %s: %d, allowed %q, says %q; want %d, %q, %q", x.method, x.path, w.Code, w.Header().Get("Allow"), w.Body, x.status, x.allow, x.says)
		}
	}
}
