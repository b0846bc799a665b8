package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/policy"
)

const issuer = "https://idp.acme.test"

func identity(subject, email string) account.Identity {
	return account.Identity{Issuer: issuer, Subject: subject, Email: email, EmailVerified: true}
}

// with signs in with an identity and holds the outcome to a code, "" for success.
func (w *world) with(id account.Identity, code string) account.Viewer {
	w.t.Helper()
	_, v, err := w.SignInIdentity(w.t.Context(), id, home, "Firefox")
	if code == "" {
		w.ok(err)
		return v
	}
	if r, ok := errors.AsType[*account.RefusedError](err); !ok || r.Code != code || r.Text == "" {
		w.t.Fatalf("got %v, want %s", err, code)
	}
	return v
}

func TestSignInIdentity(t *testing.T) {
	w := newWorld(t)
	ann := w.person("ann@acme.test", directory.RoleOperator, directory.Provisioned, "")
	w.with(identity("1", "nobody@acme.test"), "no_account")
	w.with(identity("1", ""), "no_account")
	unverified := identity("1", "ann@acme.test")
	unverified.EmailVerified = false
	w.with(unverified, "unverified")
	if w.get(ann).Status != directory.Provisioned {
		t.Error("a refused sign-in made somebody active")
	}
	v := w.with(identity("1", "ANN@acme.test"), "")
	if v.PersonID != ann || w.get(ann).Status != directory.Active {
		t.Errorf("%+v is %s", v, w.get(ann).Status)
	}
	// From now on the subject decides, whatever the address became or whoever got it.
	if v := w.with(identity("1", "ann.lee@elsewhere.test"), ""); v.PersonID != ann {
		t.Errorf("%+v", v)
	}
	w.with(unverified, "")
	w.with(identity("2", "ann@acme.test"), "other_identity")
	p := w.get(ann)
	p.Status = directory.Deactivated
	w.save(p)
	w.with(identity("1", "ann@acme.test"), "deactivated")
	if list, err := w.Identities(t.Context(), ann); err != nil || len(list) != 1 || list[0].Subject != "1" || list[0].Issuer != issuer {
		t.Errorf("identities %+v, %v", list, err)
	}
	if got := w.events(ann); got != "identity_linked sign_in sign_in sign_in sign_in_failed sign_in_failed" {
		t.Errorf("audit: %s", got)
	}
	list, err := w.Sessions(t.Context(), ann)
	w.ok(err)
	if len(list) != 0 {
		t.Errorf("sessions of somebody deactivated: %+v", list)
	}
}

// Security §3 #29: no provider's word about an address opens an owner's or admin's account.
func TestIdentityNeverFindsTheMighty(t *testing.T) {
	w := newWorld(t)
	for _, r := range account.Roles() {
		w.person(string(r)+"@acme.test", r, directory.Active, good)
		code := ""
		if r.Privileged() {
			code = "privileged"
		}
		w.with(identity("sub-"+string(r), string(r)+"@acme.test"), code)
	}
	// They link it themselves, signed in; then it is theirs.
	_, owner := w.enter("owner@acme.test", good)
	w.ok(w.LinkIdentity(t.Context(), owner, identity("sub-owner", "whatever@elsewhere.test")))
	w.ok(w.LinkIdentity(t.Context(), owner, identity("sub-owner", "")))
	if v := w.with(identity("sub-owner", "owner@acme.test"), ""); v.PersonID != owner.PersonID {
		t.Errorf("%+v", v)
	}
	_, admin := w.enter("admin@acme.test", good)
	err := w.LinkIdentity(t.Context(), admin, identity("sub-owner", "admin@acme.test"))
	if r, ok := errors.AsType[*account.RefusedError](err); !ok || r.Code != "taken" {
		t.Errorf("got %v, want taken", err)
	}
	w.is(w.LinkIdentity(t.Context(), account.Viewer{PersonID: admin.PersonID, Role: directory.RoleAdmin, TokenID: "tok_1"}, identity("3", "")), account.ErrForbidden)
}

func TestUnlinkIdentity(t *testing.T) {
	w := newWorld(t)
	w.person("bo@acme.test", directory.RoleMember, directory.Active, "")
	w.person("ann@acme.test", directory.RoleOwner, directory.Active, good)
	bo := w.with(identity("bo", "bo@acme.test"), "")
	_, ann := w.enter("ann@acme.test", good)
	w.ok(w.LinkIdentity(t.Context(), ann, identity("ann", "")))
	w.is(w.UnlinkIdentity(t.Context(), bo, ann.PersonID, issuer, "ann"), account.ErrForbidden)
	w.ok(w.UnlinkIdentity(t.Context(), ann, ann.PersonID, issuer, "ann"))
	w.with(identity("ann", "ann@acme.test"), "privileged")
	w.ok(w.UnlinkIdentity(t.Context(), ann, bo.PersonID, issuer, "bo"))
	if got := w.events(bo.PersonID); !strings.HasSuffix(got, "identity_unlinked") {
		t.Errorf("audit: %s", got)
	}
}

func TestOpenIDSettings(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	owner := account.Viewer{PersonID: "p_owner", Role: directory.RoleOwner, Session: "s"}
	set := account.OpenID{Name: "Okta", Issuer: issuer, ClientID: "rollcall"}
	if _, ok, err := w.OpenID(ctx); ok || err != nil {
		t.Errorf("settings before any: %t, %v", ok, err)
	}
	w.is(w.SetOpenID(ctx, account.Viewer{PersonID: "p_admin", Role: directory.RoleAdmin}, set, "s3cret"), account.ErrForbidden)
	w.input(w.SetOpenID(ctx, owner, set, ""), "client_secret")
	for _, bad := range []string{"", "idp.acme.test", "http://idp.acme.test", "https://", "https://user:pass@idp.acme.test", "https://idp.acme.test?x=1", "ftp://idp.acme.test",
		"http://127.0.0.1:1", "javascript:alert(1)", "https://idp.acme.test#x"} {
		s := set
		s.Issuer = bad
		w.input(w.SetOpenID(ctx, owner, s, "s3cret"), "issuer")
	}
	w.input(w.SetOpenID(ctx, owner, account.OpenID{Issuer: issuer, ClientID: "x"}, "s3cret"), "name")
	w.input(w.SetOpenID(ctx, owner, account.OpenID{Name: "Okta", Issuer: issuer}, "s3cret"), "client_id")
	w.ok(w.SetOpenID(ctx, owner, set, " s3cret\n"))
	got, ok, err := w.OpenID(ctx)
	w.ok(err)
	if !ok || got != set {
		t.Errorf("settings %+v", got)
	}
	secret, err := w.OpenIDSecret(ctx)
	w.ok(err)
	if secret != "s3cret" {
		t.Errorf("secret %q", secret)
	}
	raw, _, err := w.kept.Accounts().Preference(ctx, "openid")
	w.ok(err)
	if strings.Contains(raw, "s3cret") || !strings.Contains(raw, "sealed(openid,") {
		t.Errorf("stored as %s", raw)
	}
	// The stored secret goes on to nobody else.
	set.Name, set.AllowUnverifiedEmail = "Acme sign-in", true
	w.ok(w.SetOpenID(ctx, owner, set, ""))
	moved := set
	moved.Issuer = "https://evil.test"
	w.input(w.SetOpenID(ctx, owner, moved, ""), "client_secret")
	w.ok(w.SetOpenID(ctx, owner, moved, "another"))
	w.is(w.RemoveOpenID(ctx, account.Viewer{Role: directory.RoleAdmin}), account.ErrForbidden)
	w.ok(w.RemoveOpenID(ctx, owner))
	w.ok(w.RemoveOpenID(ctx, owner))
	if _, ok, err := w.OpenID(ctx); ok || err != nil {
		t.Errorf("settings after removal: %t, %v", ok, err)
	}
	if secret, err := w.OpenIDSecret(ctx); secret != "" || err != nil {
		t.Errorf("secret after removal: %q, %v", secret, err)
	}
}

func TestOrganisationName(t *testing.T) {
	w := newWorld(t)
	owner := account.Viewer{PersonID: "p_owner", Role: directory.RoleOwner}
	w.is(w.SetOrganisationName(t.Context(), account.Viewer{Role: directory.RoleAdmin}, "Acme"), account.ErrForbidden)
	w.input(w.SetOrganisationName(t.Context(), owner, strings.Repeat("x", 201)), "name")
	for _, name := range []string{"", "Acme \"& Sons\"", ""} {
		if name != "" {
			w.ok(w.SetOrganisationName(t.Context(), owner, name))
		}
		got, err := w.OrganisationName(t.Context())
		w.ok(err)
		if name != "" && got != name {
			t.Errorf("name %q, want %q", got, name)
		}
	}
}

func TestOrganisationLanguage(t *testing.T) {
	w := newWorld(t)
	owner := account.Viewer{PersonID: "p_owner", Role: directory.RoleOwner}
	w.is(w.SetOrganisationLanguage(t.Context(), account.Viewer{Role: directory.RoleAdmin}, "de"), account.ErrForbidden)
	w.input(w.SetOrganisationLanguage(t.Context(), owner, "de-AT"), "language")
	w.input(w.SetOrganisationLanguage(t.Context(), owner, ""), "language")
	for _, want := range append([]string{""}, policy.Languages()...) {
		if want != "" {
			w.ok(w.SetOrganisationLanguage(t.Context(), owner, want))
		}
		got, err := w.OrganisationLanguage(t.Context())
		w.ok(err)
		if got != want {
			t.Errorf("language %q, want %q", got, want)
		}
	}
}
