package sign_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/web/page/sign"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

// A member sees the own profile with its source, whatever stands in it, and nothing of anybody else.
func TestProfile(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	conn, err := w.kept.EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	w.person("bo", directory.RoleMember, map[directory.Field]string{directory.DisplayName: "Bo Boss", directory.Phone: "+31 20 555 0100"})
	w.person("ann", directory.RoleMember, map[directory.Field]string{directory.DisplayName: `Ann <b>"Lee"</b> ` + strings.Repeat("ä", 180),
		directory.JobTitle: "=CMD()", directory.Manager: "bo", directory.Teams: directory.JoinList([]string{"Red", "Blue"}), directory.Department: "شؤون"})
	b := w.signedIn("ann@acme.test")
	p := b.get("/me")
	p.says(t, 200, "Ann &lt;b&gt;&#34;Lee&#34;&lt;/b&gt;", "=CMD()", "<bdi>شؤون</bdi>", "Bo Boss", "Red, Blue", "does not come from BambooHR", "Job title", "This one", "Chrome on Linux")
	p.lacks(t, "<b>", "bo@acme.test", "+31 20 555 0100", "olga", "/connections", "/settings")

	ann, err := w.kept.Person(t.Context(), "ann")
	w.ok(err)
	ann.Link = &directory.Link{Connection: conn.ID, SourceID: "12"}
	_, err = w.kept.SavePerson(t.Context(), ann, plan.Change{Action: plan.LinkPerson, PersonID: "ann"}, "test", w.at)
	w.ok(err)
	w.policy.Mapping = []policy.FieldRule{{Target: "job_title", Authority: policy.AuthorityLocked}}
	p = b.get("/me")
	p.says(t, 200, "comes from BambooHR through <bdi>Acme HR</bdi>")
	if n := strings.Count(p.body, "changed in BambooHR only"); n != 1 {
		t.Errorf("%d fields have a lock, want 1", n)
	}
}

// Everybody ends their own sessions, and only those.
func TestSessions(t *testing.T) {
	w := newWorld(t, nil)
	owner := w.owner()
	w.person("mia", directory.RoleMember, nil)
	here, there, mia := w.signedIn("olga@acme.test"), w.signedIn("olga@acme.test"), w.signedIn("mia@acme.test")
	w.at = w.at.Add(time.Minute)
	ids := map[account.SessionID]bool{}
	all, err := w.Sessions(t.Context(), owner)
	w.ok(err)
	for _, s := range all {
		ids[s.ID] = true
		mia.post("/me/sessions/end", "session", string(s.ID)).leadsTo(t, "/me")
	}
	there.get("/me").says(t, 200, "Sign out everywhere else")
	here.post("/me/sessions/end-others").leadsTo(t, "/me")
	here.get("/me").says(t, 200, "Signed out in 1 other browser.")
	there.get("/me").leadsTo(t, "/sign-in?next=%2Fme")
	here.post("/me/sessions/end-others").leadsTo(t, "/me")
	here.get("/me").says(t, 200, "You are signed in nowhere else.")
	again := w.signedIn("olga@acme.test")
	all, err = w.Sessions(t.Context(), owner)
	w.ok(err)
	for _, s := range all {
		if !ids[s.ID] {
			here.post("/me/sessions/end", "session", string(s.ID)).leadsTo(t, "/me")
		}
	}
	again.get("/me").leadsTo(t, "/sign-in?next=%2Fme")
	here.get("/me").says(t, 200, "That browser is signed out.")
	all, err = w.Sessions(t.Context(), owner)
	w.ok(err)
	here.post("/me/sessions/end", "session", string(all[0].ID)).leadsTo(t, "/sign-in")
}

// The own password changes with the old one at hand.
func TestChangePassword(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	b, elsewhere := w.signedIn("olga@acme.test"), w.signedIn("olga@acme.test")
	b.post("/me/password", "current", "wrong", "password", other).says(t, 422, `id="f-current-error"`, "This is not your password.")
	b.post("/me/password", "current", good, "password", "short").says(t, 422, `id="f-password-error"`)
	b.post("/me/password", "current", good, "password", other).leadsTo(t, "/me")
	b.get("/me").says(t, 200, "Your password is changed.")
	elsewhere.get("/me").leadsTo(t, "/sign-in?next=%2Fme")
	w.browser().post("/sign-in", "email", "olga@acme.test", "password", good).says(t, 422)
	var last page
	for range 8 {
		last = b.post("/me/password", "current", "wrong", "password", good)
	}
	last.says(t, 429, "try again in")
}

func (w *world) provided(t *testing.T) {
	t.Helper()
	w.ok(w.SetOpenID(t.Context(), account.Operator("cli:test"), account.OpenID{Name: "Okta", Issuer: "https://login.test", ClientID: "c"}, "s"))
}

// Whoever the provider knows gets in: through a page of ours, as no form may lead to another site, and
// back to the page that was wanted. Whoever it may not let in reads why.
func TestSignInAtProvider(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	w.browser().get("/sign-in").lacks(t, "Sign in with")
	w.browser().post("/sign-in/oidc").says(t, 422, "is not set up here")

	p := &provider{}
	w = newWorld(t, func(d *sign.Deps) { d.Provider = p })
	p.who = account.Identity{Issuer: "https://login.test", Subject: "42", Email: "mia@acme.test", EmailVerified: true}
	w.owner()
	w.person("mia", directory.RoleMember, nil)
	w.browser().get("/sign-in").lacks(t, "Sign in with")
	w.provided(t)
	b := w.browser()
	b.get("/sign-in?next=/me").says(t, 200, "Sign in with <bdi>Okta</bdi>")
	b.get("/sign-in/oidc/callback?state=1&code=1").says(t, 422, "begun in another browser")
	leaving := b.post("/sign-in/oidc", "next", "/me")
	leaving.says(t, 200, "Go on to <bdi>Okta</bdi>")
	address := "https://login.test/authorize?redirect_uri=" + strings.ReplaceAll(strings.ReplaceAll(w.server.URL, ":", "%3A"), "/", "%2F") + "%2Fsign-in%2Foidc%2Fcallback"
	if got := leaving.header.Get("Refresh"); got != "0; url="+address {
		t.Errorf("the page leads to %q, want %q", got, address)
	}
	b.get("/sign-in/oidc/callback?state=1&code=1").leadsTo(t, "/me")
	b.get("/me").says(t, 200, "mia@acme.test", "Unlink")
	b.get("/sign-in/oidc/callback?state=1&code=1").says(t, 422, "begun in another browser") // the state works once

	p.who = account.Identity{Issuer: "https://login.test", Subject: "7", Email: "olga@acme.test", EmailVerified: true}
	eve := w.browser()
	eve.post("/sign-in/oidc")
	eve.get("/sign-in/oidc/callback?state=1").says(t, 422, "never found by its address alone")
	eve.get("/me").leadsTo(t, "/sign-in?next=%2Fme")

	p.err = &openid.Error{Text: "Okta cannot be reached", Cause: errPrivate{}}
	eve.post("/sign-in/oidc").says(t, 422, "Okta cannot be reached.")
	if !strings.Contains(w.log.String(), "private cause") {
		t.Error("the log does not say why")
	}
	eve.post("/sign-in/oidc").lacks(t, "private cause")
}

type errPrivate struct{}

func (errPrivate) Error() string { return "private cause" }

// An owner links an account at the provider from the own profile; only the one who began it.
func TestLinkIdentity(t *testing.T) {
	p := &provider{who: account.Identity{Issuer: "https://login.test", Subject: "7", Email: "somebody@else.test"}}
	w := newWorld(t, func(d *sign.Deps) { d.Provider = p })
	w.owner()
	w.person("mia", directory.RoleMember, nil)
	w.provided(t)
	b := w.signedIn("olga@acme.test")
	b.get("/me").says(t, 200, "Link <bdi>Okta</bdi>")
	b.post("/me/identity").says(t, 200, "Go on to <bdi>Okta</bdi>")
	b.post("/sign-in", "email", "mia@acme.test", "password", good).leadsTo(t, "/")
	b.get("/sign-in/oidc/callback?state=1").says(t, 422, "You are not signed in as the person who began this")
	b = w.signedIn("olga@acme.test")
	b.post("/me/identity")
	b.get("/sign-in/oidc/callback?state=1").leadsTo(t, "/me#sign-in")
	b.get("/me").says(t, 200, "Linked.", "Unlink")
	mia := w.signedIn("mia@acme.test")
	mia.post("/me/identity")
	mia.get("/sign-in/oidc/callback?state=1").says(t, 422, "linked to somebody else")
	mia.post("/me/identity/unlink", "issuer", "https://login.test", "subject", "7").leadsTo(t, "/me#sign-in")
	b.get("/me").says(t, 200, "Unlink") // hers is untouched
	b.post("/me/identity/unlink", "issuer", "https://login.test", "subject", "7").leadsTo(t, "/me#sign-in")
	b.get("/me").lacks(t, "Unlink</span>")
}
