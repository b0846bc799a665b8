package sign_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/page/sign"
)

// The first page sends everybody where they belong.
func TestStart(t *testing.T) {
	w := newWorld(t, nil)
	w.browser().get("/").leadsTo(t, "/first-start")
	w.owner()
	w.person("mia", directory.RoleMember, nil)
	w.person("aud", directory.RoleAuditor, nil)
	w.browser().get("/").leadsTo(t, "/sign-in")
	w.signedIn("olga@acme.test").get("/").leadsTo(t, "/connections")
	w.signedIn("aud@acme.test").get("/").leadsTo(t, "/connections")
	w.signedIn("mia@acme.test").get("/").leadsTo(t, "/me")
}

// A new server is claimed once; wrong input keeps what was typed and says what is wrong beside the field.
func TestFirstStart(t *testing.T) {
	w := newWorld(t, nil)
	b := w.browser()
	form := b.get("/first-start")
	form.says(t, 200, "Make the first account", `autocomplete="new-password"`)
	form.lacks(t, "Set-up code")
	hostile := `<script>x</script>`
	wrong := b.post("/first-start", "name", hostile, "email", "olga@acme.test", "password", "short", "organisation", "Acme \u202e& Söhne")
	wrong.says(t, 422, "&lt;script&gt;x&lt;/script&gt;", `value="olga@acme.test"`, `id="f-password-error"`, "Use at least 12 characters", "Acme \u202e&amp; Söhne")
	wrong.lacks(t, hostile, "short")
	b.post("/first-start", "email", "nonsense", "password", good).says(t, 422, `id="f-email-error"`, "is no e-mail address.")
	b.post("/first-start", "password", "").says(t, 422, `id="f-email-error"`, `id="f-password-error"`)
	b.post("/first-start", "name", "Olga Ortiz", "email", "olga@acme.test", "password", good, "organisation", "Acme").leadsTo(t, "/")
	b.get("/").leadsTo(t, "/connections")
	if name, err := w.OrganisationName(t.Context()); err != nil || name != "Acme" {
		t.Errorf("organisation %q, %v", name, err)
	}
	b.get("/first-start").says(t, 409, "There is an owner already")
	w.browser().post("/first-start", "email", "eve@evil.test", "password", good).says(t, 409, "sign in instead")
}

// Nobody who cannot read the server's log claims a server that others reach.
func TestFirstStartAsksForTheCode(t *testing.T) {
	w := newWorld(t, func(d *sign.Deps) { d.SetupCode = "abcdefghijkl" })
	b := w.browser()
	b.get("/first-start").says(t, 200, "Set-up code")
	for _, code := range []string{"", "abcdefghijk", "mnopqrstuvwx"} {
		b.post("/first-start", "email", "eve@evil.test", "password", good, "code", code).says(t, 422, `id="f-code-error"`)
	}
	if needed, err := w.NeedsOwner(t.Context()); err != nil || !needed {
		t.Fatalf("an owner was made without the code: %v", err)
	}
	b.post("/first-start", "email", "olga@acme.test", "password", good, "code", " ABCDEFGHIJKL ").leadsTo(t, "/")
}

// A server that only its own machine reaches is claimed from there alone: no other site does it by pointing a
// name here, and nobody comes through a proxy that the server was not told of.
func TestFirstStartIsLocal(t *testing.T) {
	w := newWorld(t, nil)
	for name, change := range map[string]func(*http.Request){
		"a foreign name": func(r *http.Request) { r.Host = "evil.test" },
		"a proxy":        func(r *http.Request) { r.Header.Set("X-Forwarded-For", "203.0.113.9") },
	} {
		form := url.Values{"email": {"eve@evil.test"}, "password": {good}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/first-start", strings.NewReader(form.Encode()))
		w.ok(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		change(r)
		res, err := w.browser().Do(r)
		w.ok(err)
		w.ok(res.Body.Close())
		if needed, err := w.NeedsOwner(t.Context()); res.StatusCode != 422 || !needed || err != nil {
			t.Fatalf("%s: %d, an owner is needed: %t %v", name, res.StatusCode, needed, err)
		}
	}
}

// Every failure looks the same, the wait is told, and the address that was wanted is found again.
func TestSignIn(t *testing.T) {
	w := newWorld(t, nil)
	w.browser().get("/sign-in").leadsTo(t, "/first-start")
	w.owner()
	b := w.browser()
	b.get("/me").leadsTo(t, "/sign-in?next=%2Fme")
	b.get("/sign-in?next=%2Fme").says(t, 200, `name="next" value="/me"`, "Forgot your password?")
	unknown := b.post("/sign-in", "email", "nobody@acme.test", "password", good, "next", "/me")
	wrong := b.post("/sign-in", "email", "olga@acme.test", "password", "wrong", "next", "/me")
	if a, b := strings.ReplaceAll(unknown.main(), "nobody@", "olga@"), wrong.main(); a != b || unknown.status != 422 {
		t.Errorf("an unknown address shows:\n%s\n%s", a, b)
	}
	b.post("/sign-in", "email", "olga@acme.test", "password", good, "next", "/me").leadsTo(t, "/me")
	b.get("/sign-in?next=/me").leadsTo(t, "/me")
	for _, evil := range []string{"//evil.test", "https://evil.test", `/\evil.test`, "javascript:alert(1)"} {
		w.browser().post("/sign-in", "email", "olga@acme.test", "password", good, "next", evil).leadsTo(t, "/")
		w.browser().get("/sign-in?next="+url.QueryEscape(evil)).lacks(t, "evil.test", "alert(1)")
	}
	var last page
	for range 7 {
		last = b.post("/sign-in", "email", "olga@acme.test", "password", "wrong")
	}
	last.says(t, http.StatusTooManyRequests, "Too many failed sign-ins; try again in", `value="olga@acme.test"`)
	if last.header.Get("Retry-After") == "" {
		t.Error("the wait is not told to programs")
	}
}

// A new sign-in ends the session that the browser had; signing out ends the new one.
func TestSessionIsNewAndEnds(t *testing.T) {
	w := newWorld(t, nil)
	id := w.owner()
	b := w.signedIn("olga@acme.test")
	b.post("/sign-in", "email", "olga@acme.test", "password", good).leadsTo(t, "/")
	if all, err := w.Sessions(t.Context(), id); err != nil || len(all) != 1 {
		t.Errorf("%d sessions are left, %v", len(all), err)
	}
	b.get("/me").says(t, 200, "Olga Ortiz")
	b.post("/sign-out").leadsTo(t, "/sign-in")
	b.get("/sign-in").says(t, 200, "You are signed out.")
	b.get("/me").leadsTo(t, "/sign-in?next=%2Fme")
	b.post("/sign-out").leadsTo(t, "/sign-in")
}

// The answer to a forgotten password tells nobody who has an account, and a stranger's many tries end.
func TestForgotten(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	b := w.browser()
	b.get("/password").says(t, 200, "Send the link")
	b.post("/password", "email", " ").says(t, 422, "Enter your e-mail address.")
	for _, email := range []string{"olga@acme.test", "nobody@acme.test"} {
		b.post("/password", "email", email).leadsTo(t, "/sign-in")
		b.get("/sign-in").says(t, 200, "If somebody here can sign in with this address, a link is on its way.")
	}
	if len(w.mail) != 1 {
		t.Errorf("%d mails were sent, want 1", len(w.mail))
	}
	var last page
	for range 12 {
		last = b.post("/password", "email", "olga@acme.test")
	}
	last.says(t, http.StatusTooManyRequests)
}

// Without mail the page says who can help, and asks for no address.
func TestForgottenWithoutMail(t *testing.T) {
	w := newWorld(t, func(d *sign.Deps) { d.Mail = false })
	w.owner()
	w.browser().get("/password").says(t, 200, "This server sends no mail", "rollcall owner link")
	w.browser().post("/password", "email", "olga@acme.test").says(t, 422, "This server sends no mail")
	if len(w.mail) != 0 {
		t.Error("a link was made that nobody gets")
	}
}

// A link to set a password survives the scanners that fetch it, works once, and leaks to no other site
// (security §1.9).
func TestPasswordLink(t *testing.T) {
	w := newWorld(t, nil)
	id := w.owner()
	secret, _, err := w.MakeLink(t.Context(), account.Operator("cli:test"), id, account.Reset)
	w.ok(err)
	b, path := w.browser(), "/password/"+secret
	for range 10 {
		p := b.get(path)
		p.says(t, 200, "Olga Ortiz", "olga@acme.test", "Set a new password")
		if p.header.Get("Referrer-Policy") != "no-referrer" || p.header.Get("Cache-Control") != "no-store" {
			t.Fatalf("headers %v", p.header)
		}
	}
	b.post(path, "password", "short").says(t, 422, `id="f-password-error"`)
	b.post(path, "password", other).leadsTo(t, "/sign-in")
	b.get("/sign-in").says(t, 200, "Your password is set.")
	b.post("/sign-in", "email", "olga@acme.test", "password", other).leadsTo(t, "/")
	for _, gone := range []string{path, "/password/" + strings.Repeat("x", 43), "/password/%00"} {
		b.get(gone).says(t, http.StatusGone, "This link no longer works")
		b.post(gone, "password", good).says(t, http.StatusGone)
	}
	secret, _, err = w.MakeLink(t.Context(), account.Operator("cli:test"), id, account.Invite)
	w.ok(err)
	b.get("/password/"+secret).says(t, 200, "Welcome to Rollcall")
	w.at = w.at.Add(73 * time.Hour)
	b.get("/password/"+secret).says(t, http.StatusGone)
}

// Who types nothing is told so beside the fields, and has not failed to sign in.
func TestSignInBlank(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	b := w.browser()
	for range 20 { // more than a throttle lets fail
		b.post("/sign-in", "email", " ", "password", "").says(t, 422, `id="f-email-error"`, `id="f-password-error"`, `aria-describedby="f-email-error"`)
	}
	half := b.post("/sign-in", "email", "olga@acme.test", "next", "/people")
	half.says(t, 422, `value="olga@acme.test"`, `id="f-password-error"`, `name="next" value="/people"`)
	half.lacks(t, `id="f-email-error"`)
	b.post("/sign-in", "email", "olga@acme.test", "password", good).leadsTo(t, "/")
}
