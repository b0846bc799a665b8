package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
)

func TestToken(t *testing.T) {
	w := newWorld(t)
	ann := w.person("ann@acme.test", directory.RoleAdmin, directory.Active, good)
	_, v := w.enter("ann@acme.test", good)
	k, secret, err := w.CreateToken(t.Context(), v, account.NewToken{Name: " nightly\nscript ", Role: directory.RoleOperator, Expires: w.at.Add(time.Hour)})
	w.ok(err)
	if !strings.HasPrefix(secret, "rct_") || len(secret) != 56 || k.Name != "nightly script" || k.PersonID != ann || k.CreatedBy != ann {
		t.Errorf("%s, %+v", secret, k)
	}
	got, err := w.Token(t.Context(), secret)
	w.ok(err)
	if want := (account.Viewer{PersonID: ann, Name: "nightly script", Role: directory.RoleOperator, TokenID: k.ID}); got != want {
		t.Errorf("viewer %+v, want %+v", got, want)
	}
	if got.Actor() != "token:"+k.ID || got.May(account.Configure) || !got.May(account.Operate) {
		t.Errorf("actor %s", got.Actor())
	}
	for _, wrong := range []string{"", "rct_", secret[4:], strings.ToUpper(secret), secret + "a", "rct_" + strings.Repeat("a", 52)} {
		w.noToken(wrong)
	}
	_, err = w.Session(t.Context(), secret)
	w.is(err, account.ErrNoSession)
	used := w.at
	w.at = w.at.Add(59 * time.Second)
	_, err = w.Token(t.Context(), secret)
	w.ok(err)
	list, err := w.Tokens(t.Context())
	w.ok(err)
	if len(list) != 1 || !list[0].UsedAt.Equal(used) || !list[0].ExpiresAt.Equal(k.ExpiresAt) {
		t.Errorf("tokens %+v", list)
	}
	w.at = k.ExpiresAt
	w.noToken(secret)
	w.ok(w.RevokeToken(t.Context(), v, k.ID))
	w.is(w.RevokeToken(t.Context(), v, k.ID), directory.ErrNotFound)
	if got := w.events(k.ID); got != "token_created token_revoked" {
		t.Errorf("audit: %s", got)
	}
}

func TestWhoMakesTokens(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleAdmin, directory.Active, good)
	w.person("bo@acme.test", directory.RoleOperator, directory.Active, good)
	w.person("cy@acme.test", directory.RoleOwner, directory.Active, good)
	_, admin := w.enter("ann@acme.test", good)
	_, operatorRole := w.enter("bo@acme.test", good)
	_, owner := w.enter("cy@acme.test", good)
	ctx := t.Context()
	_, _, err := w.CreateToken(ctx, operatorRole, account.NewToken{Name: "x", Role: directory.RoleMember})
	w.is(err, account.ErrForbidden)
	for field, n := range map[string]account.NewToken{
		"role":    {Name: "x", Role: directory.RoleOwner},
		"name":    {Role: directory.RoleMember},
		"expires": {Name: "x", Role: directory.RoleMember, Expires: w.at},
	} {
		_, _, err := w.CreateToken(ctx, admin, n)
		w.input(err, field)
	}
	_, _, err = w.CreateToken(ctx, admin, account.NewToken{Name: "x", Role: directory.RoleMember, Expires: time.Date(9999, 12, 31, 23, 0, 0, 0, time.UTC)})
	w.input(err, "expires") // past the year 9999 in some zone, and then no program could read the list
	_, _, err = w.CreateToken(ctx, admin, account.NewToken{Name: "x", Role: "emperor"})
	w.input(err, "role")
	mine, secret, err := w.CreateToken(ctx, admin, account.NewToken{Name: "x", Role: directory.RoleAdmin})
	w.ok(err)
	// A token makes no tokens.
	asToken, err := w.Token(ctx, secret)
	w.ok(err)
	_, _, err = w.CreateToken(ctx, asToken, account.NewToken{Name: "y", Role: directory.RoleMember})
	w.is(err, account.ErrForbidden)
	// What is above one's own role is not one's to end; what is below is.
	owners, _, err := w.CreateToken(ctx, owner, account.NewToken{Name: "x", Role: directory.RoleOwner})
	w.ok(err)
	w.is(w.RevokeToken(ctx, admin, owners.ID), account.ErrForbidden)
	w.is(w.RevokeToken(ctx, operatorRole, mine.ID), account.ErrForbidden)
	w.ok(w.RevokeToken(ctx, asToken, mine.ID)) // a leaked token may end itself
	w.ok(w.RevokeToken(ctx, operator(), owners.ID))
	// The operator's own outlive everybody.
	k, secret, err := w.CreateToken(ctx, operator(), account.NewToken{Name: "cron", Role: directory.RoleOwner})
	w.ok(err)
	if v, err := w.Token(ctx, secret); err != nil || v.PersonID != "" || k.CreatedBy != "cli:test" {
		t.Errorf("%+v, %v, %+v", v, err, k)
	}
	// A request that began before a demotion makes no token after it.
	w.ok(w.SetRole(ctx, owner, admin.PersonID, directory.RoleMember))
	_, _, err = w.CreateToken(ctx, admin, account.NewToken{Name: "late", Role: directory.RoleAdmin})
	w.is(err, account.ErrForbidden)
}

func TestRoleChangeEndsTokens(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleAdmin, directory.Active, good)
	_, token, _ := w.belongings(id, "ann@acme.test")
	w.ok(w.SetRole(t.Context(), operator(), id, directory.RoleAuditor))
	w.noToken(token)
}
