package admin_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/web/page/admin"
	"github.com/rollcall-hr/rollcall/plan"
)

// staffed is a world with somebody in every role.
func staffed(t *testing.T, adjust func(*admin.Deps)) *world {
	w := newWorld(t, adjust)
	w.owner()
	for _, r := range account.Roles() {
		w.person(string(r), "The "+string(r), r)
	}
	return w
}

// Settings are for administrators, the organisation's own for owners (promises AY2, SI5).
func TestWhoSeesSettings(t *testing.T) {
	w := staffed(t, nil)
	allowed := map[string]map[string]int{
		"/audit":                 {"owner": 200, "admin": 200, "operator": 200, "auditor": 200, "member": 403},
		"/audit.csv":             {"owner": 200, "admin": 200, "operator": 200, "auditor": 200, "member": 403},
		"/settings":              {"owner": 200, "admin": 200, "operator": 403, "auditor": 403, "member": 403},
		"/settings/roles":        {"owner": 200, "admin": 200, "operator": 403, "auditor": 403, "member": 403},
		"/settings/tokens":       {"owner": 200, "admin": 200, "operator": 403, "auditor": 403, "member": 403},
		"/settings/sign-in":      {"owner": 200, "admin": 403, "operator": 403, "auditor": 403, "member": 403},
		"/settings/organisation": {"owner": 200, "admin": 403, "operator": 403, "auditor": 403, "member": 403},
	}
	for _, r := range account.Roles() {
		b := w.signedIn(string(r) + "@acme.test")
		for path, want := range allowed {
			if got := b.get(path).status; got != want[string(r)] {
				t.Errorf("%s as %s: %d, want %d", path, r, got, want[string(r)])
			}
		}
	}
	w.signedIn("admin@acme.test").get("/settings").lacks(t, "/settings/sign-in", "/settings/organisation")
	w.signedIn("owner@acme.test").get("/settings").says(t, 200, "/settings/sign-in", "/settings/organisation")
}

// Roles are given up to one's own, the last owner stays, and what is refused is said beside the person.
func TestRoles(t *testing.T) {
	w := newWorld(t, nil)
	owner := w.owner()
	w.person("ada", "Ada Admin", directory.RoleAdmin)
	w.person("mia", `Mia <i>"x"</i>`, directory.RoleMember)
	b := w.signedIn("olga@acme.test")
	b.get("/settings/roles").says(t, 200, "Olga Ortiz", "Ada Admin", "You")
	b.get("/settings/roles").lacks(t, "mia@acme.test")
	b.get("/settings/roles?q=mia").says(t, 200, "mia@acme.test", "Mia &lt;i&gt;")
	b.get("/settings/roles?q=nobody").says(t, 200, "No member matches")
	b.post("/settings/roles/mia/role", "role", "operator").leadsTo(t, "/settings/roles")
	b.get("/settings/roles").says(t, 200, "is an operator now.", "mia@acme.test")
	b.post("/settings/roles/mia/role", "role", "king", "q", "mia").says(t, 422, `id="problem-mia"`, "is no role")
	b.post("/settings/roles/"+owner+"/role", "role", "admin").says(t, 422, `id="problem-`+owner+`"`, "This is the last owner; make somebody else an owner first.", `value="admin" selected`)
	b.post("/settings/roles/nobody/role", "role", "admin").says(t, 404)

	ada := w.signedIn("ada@acme.test")
	page := ada.get("/settings/roles")
	page.says(t, 200, "Only an owner can change an owner or an admin.", `value="operator"`)
	page.lacks(t, `value="owner"`)
	ada.post("/settings/roles/mia/role", "role", "owner").says(t, 422, "Your role does not allow this.")
	ada.post("/settings/roles/"+owner+"/role", "role", "member").says(t, 422, "Your role does not allow this.")
	ada.post("/settings/roles/ada/role", "role", "auditor").says(t, 422, `id="problem-ada"`, "This is your own role.", `name="sure" value="auditor"`)
	ada.post("/settings/roles/ada/role", "role", "operator", "sure", "auditor").says(t, 422, "This is your own role.")
	ada.post("/settings/roles/ada/role", "role", "auditor", "sure", "auditor").leadsTo(t, "/sign-in")
	ada.get("/settings/roles").leadsTo(t, "/sign-in?next=%2Fsettings%2Froles")
}

// A password link is shown on one answer only, works, and is refused where it would take an account over.
func TestPasswordLinks(t *testing.T) {
	w := newWorld(t, nil)
	owner := w.owner()
	w.person("ada", "Ada Admin", directory.RoleAdmin)
	p := directory.Person{ID: "new", Status: directory.Provisioned, Role: directory.RoleMember}
	p.Values.Set(directory.Email, directory.KindText, "new@acme.test")
	_, err := w.kept.SavePerson(t.Context(), p, plan.Change{Action: plan.Create, PersonID: "new"}, "test", w.at)
	w.ok(err)
	p.ID, p.Status = "gone", directory.Deactivated
	p.Values.Set(directory.Email, directory.KindText, "gone@acme.test")
	_, err = w.kept.SavePerson(t.Context(), p, plan.Change{Action: plan.Create, PersonID: "gone"}, "test", w.at)
	w.ok(err)

	ada := w.signedIn("ada@acme.test")
	made := ada.post("/settings/roles/new/link", "q", "new")
	made.says(t, 200, "to set a first password", "24 Nov 2026, 12:00", w.server.URL+"/password/", `data-copy="link"`)
	_, rest, _ := strings.Cut(made.body, w.server.URL+"/password/")
	secret, _, _ := strings.Cut(rest, `"`)
	ada.get("/settings/roles?q=new").lacks(t, secret)
	w.ok(w.SetPassword(t.Context(), secret, good))
	ada.post("/settings/roles/new/link").says(t, 200, "to set a new password")
	ada.post("/settings/roles/"+owner+"/link").says(t, 422, "only an owner can make a link for it")
	ada.post("/settings/roles/gone/link", "q", "gone").says(t, 422, `id="problem-gone"`, "This person is deactivated; reactivate them first.")
	ada.get("/settings/roles?q=gone").says(t, 200, "Deactivated")
	ada.get("/settings/roles/new/link").says(t, 405)
	if strings.Contains(w.log.String(), secret) {
		t.Error("the log has the secret")
	}
}

// A token's secret is shown once; its role is never above the maker's; revoking asks first.
func TestTokens(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	w.person("ada", "Ada Admin", directory.RoleAdmin)
	b := w.signedIn("ada@acme.test")
	empty := b.get("/settings/tokens")
	empty.says(t, 200, "No API token yet", `value="90" selected`)
	empty.lacks(t, `value="owner"`)
	made := b.post("/settings/tokens", "name", "Nightly <export>", "role", "operator", "expires", "30")
	made.says(t, 200, "Nightly &lt;export&gt;", "it is not shown again", "Whoever has it acts as an operator", `data-copy="token-secret"`, "in 30 days")
	_, rest, _ := strings.Cut(made.body, `value="rct_`)
	secret, _, _ := strings.Cut(rest, `"`)
	v, err := w.Token(t.Context(), "rct_"+secret)
	w.ok(err)
	if v.Role != directory.RoleOperator {
		t.Errorf("the token acts as %s", v.Role)
	}
	list := b.get("/settings/tokens")
	list.says(t, 200, "Ada Admin", "just now")
	list.lacks(t, secret)
	b.post("/settings/tokens", "name", " ", "role", "auditor", "expires", "365").says(t, 422, `id="f-name-error"`, `value="365" selected`)
	b.post("/settings/tokens", "name", "x", "role", "owner", "expires", "").says(t, 422, `id="f-role-error"`, "above your own")
	b.post("/settings/tokens", "name", "x", "role", "auditor", "expires", "-1").says(t, 422, `id="f-expires-error"`)
	b.post("/settings/tokens", "name", "For ever", "role", "auditor", "expires", "").says(t, 200, "never")
	again := b.post("/settings/tokens", "name", " for EVER ", "role", "auditor", "expires", "") // the page was loaded again
	again.says(t, 422, `id="f-name-error"`, "There is a token of this name")
	again.lacks(t, `value="rct_`)
	w.at = w.at.AddDate(0, 0, 31)
	b = w.signedIn("ada@acme.test")
	b.get("/settings/tokens").says(t, 200, "Over")

	_, _, err = w.CreateToken(t.Context(), account.Operator("cli:root"), account.NewToken{Name: "Boss", Role: directory.RoleOwner})
	w.ok(err)
	b.get("/settings/tokens").lacks(t, "Revoke Boss")
	all, err := w.Tokens(t.Context())
	w.ok(err)
	for _, token := range all {
		path := "/settings/tokens/" + token.ID + "/revoke"
		if token.Name == "Boss" {
			b.post(path).says(t, 403)
			continue
		}
		b.get(path).says(t, 200, `id="dialog"`, "Revoke this token?")
		b.post(path).leadsTo(t, "/settings/tokens")
		b.post(path).says(t, 404)
	}
	b.get("/settings/tokens").says(t, 200, "is revoked.")
	if _, err := w.Token(t.Context(), "rct_"+secret); !errors.Is(err, account.ErrNoSession) {
		t.Errorf("the revoked token: %v", err)
	}
}

// check answers for every provider; only the issuer matters.
type check map[string]error

func (c check) Check(_ context.Context, o account.OpenID) error { return c[o.Issuer] }

// The client secret goes in and never comes out; a test tells what the provider says and stores nothing.
func TestSignInSettings(t *testing.T) {
	w := newWorld(t, func(d *admin.Deps) {
		d.Provider = check{"https://none.test": &openid.Error{Text: "cannot be reached", Cause: errors.New("dial 10.0.0.1")},
			"https://intern.test": &openid.Error{Text: "x", Cause: fmt.Errorf("dial: %w", openid.ErrPrivate)},
			"http://plain.test":   &account.InputError{Field: "issuer", Text: "the issuer must be an https:// URL"}}
	})
	w.owner()
	b := w.signedIn("olga@acme.test")
	b.get("/settings/sign-in").says(t, 200, w.server.URL+"/sign-in/oidc/callback", ">Test<")
	b.get("/settings/sign-in").lacks(t, ">Remove<")
	form := []string{"name", "Okta", "issuer", "https://login.test", "client_id", "client-77", "client_secret", "top-secret"}
	b.post("/settings/sign-in/test", form...).says(t, 200, "The provider answers", `value="https://login.test"`)
	if _, stored, err := w.OpenID(t.Context()); err != nil || stored {
		t.Fatalf("the test stored the settings: %v", err)
	}
	b.post("/settings/sign-in", form...).leadsTo(t, "/settings/sign-in")
	page := b.get("/settings/sign-in")
	page.says(t, 200, "Saved.", `value="Okta"`, `value="client-77"`, "Leave it empty to keep it", ">Remove<")
	page.lacks(t, "top-secret")
	b.post("/settings/sign-in", "name", "Okta 2", "issuer", "https://login.test", "client_id", "client-77", "allow_unverified_email", "on").leadsTo(t, "/settings/sign-in")
	if o, _, err := w.OpenID(t.Context()); err != nil || !o.AllowUnverifiedEmail || o.Name != "Okta 2" {
		t.Errorf("stored %+v, %v", o, err)
	}
	if s, err := w.OpenIDSecret(t.Context()); err != nil || s != "top-secret" {
		t.Errorf("the blank secret replaced the stored one: %v", err)
	}
	wrong := b.post("/settings/sign-in", "name", "Okta", "issuer", "https://other.test", "client_id", "client-77", "client_secret", "")
	wrong.says(t, 422, `id="f-client_secret-error"`, `value="https://other.test"`)
	b.post("/settings/sign-in", "name", "", "issuer", "x").says(t, 422, `id="f-name-error"`, `id="f-client_id-error"`)
	b.post("/settings/sign-in", "name", " ").says(t, 422, `id="f-name-error"`, `id="f-issuer-error"`, `id="f-client_id-error"`)
	none := b.post("/settings/sign-in/test", "name", "x", "issuer", "https://none.test")
	none.says(t, 200, "There is no OpenID Connect provider at this address")
	none.lacks(t, "10.0.0.1")
	private := b.post("/settings/sign-in/test", "name", "x", "issuer", "https://intern.test")
	private.says(t, 200, "in a private network", "--allow-private")
	private.lacks(t, "There is no OpenID Connect provider")
	b.post("/settings/sign-in/test", "name", "x", "issuer", "http://plain.test").says(t, 422, `id="f-issuer-error"`)
	b.get("/settings/sign-in/remove").says(t, 200, `id="dialog"`, "Okta 2")
	b.post("/settings/sign-in/remove").leadsTo(t, "/settings/sign-in")
	b.get("/settings/sign-in").lacks(t, "client-77")
}

// The organisation's name is whatever its owner types.
func TestOrganisationName(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	b := w.signedIn("olga@acme.test")
	b.post("/settings/organisation", "name", `Ac"me <x> شركة`).leadsTo(t, "/settings/organisation")
	b.get("/settings/organisation").says(t, 200, "Saved.", `value="Ac&#34;me &lt;x&gt; شركة"`)
	b.post("/settings/organisation", "name", strings.Repeat("x", 5000)).says(t, 422, `id="f-name-error"`)

	// The trail tells what was changed, and nothing of a form that was only saved again.
	b.post("/settings/organisation", "name", "Acme", "language", "en").leadsTo(t, "/settings/organisation")
	b.post("/settings/organisation", "name", "Acme", "language", "en").leadsTo(t, "/settings/organisation")
	trail := b.get("/audit?event=organisation_named")
	trail.says(t, 200, `<del dir="auto"><span class="visually-hidden">before: </span>Ac&#34;me`, "Acme</ins>")
	if n := strings.Count(trail.body, `id="entry-`); n != 2 {
		t.Errorf("%d entries for two names", n)
	}
	b.get("/audit?event=organisation_language").says(t, 200, "Nothing matches")
}

// The language of mails is the operator's file's until an owner chooses one.
func TestOrganisationLanguage(t *testing.T) {
	w := newWorld(t, func(d *admin.Deps) { d.Language = "nl" })
	w.owner()
	b := w.signedIn("olga@acme.test")
	b.get("/settings/organisation").says(t, 200, `value="nl" selected`, "Deutsch", "Français")
	b.post("/settings/organisation", "name", "Acme", "language", "de").leadsTo(t, "/settings/organisation")
	b.get("/settings/organisation").says(t, 200, "Saved.", `value="de" selected`)
	b.post("/settings/organisation", "name", "Acme", "language", "tlh").says(t, 422, `id="f-language-error"`)
	b.post("/settings/organisation", "name", "Acme two").leadsTo(t, "/settings/organisation")
	b.get("/settings/organisation").says(t, 200, `value="de" selected`, "Acme two")
}

// A session that is over leads to the sign-in page, whatever was posted.
func TestSessionOver(t *testing.T) {
	w := newWorld(t, nil)
	w.owner()
	b := w.signedIn("olga@acme.test")
	w.at = w.at.Add(13 * time.Hour)
	b.get("/settings/roles?q=x").leadsTo(t, "/sign-in?next=%2Fsettings%2Froles%3Fq%3Dx")
	b.post("/settings/organisation", "name", "x").leadsTo(t, "/sign-in")
}
