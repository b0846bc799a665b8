package account_test

import (
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
)

func TestRoles(t *testing.T) {
	want := map[account.Permission]string{
		account.Own: "member auditor operator admin owner", account.Read: "auditor operator admin owner", account.Operate: "operator admin owner",
		account.People: "admin owner", account.Configure: "admin owner", account.Accounts: "admin owner", account.Organise: "owner",
		"": "", "anything": "",
	}
	for p, roles := range want {
		var got []string
		for _, r := range append(account.Roles(), "", "emperor") {
			if account.Allows(r, p) {
				got = append(got, string(r))
			}
		}
		if strings.Join(got, " ") != roles {
			t.Errorf("%q: %v, want %s", p, got, roles)
		}
	}
}

func TestWhoStandsAboveWhom(t *testing.T) {
	for _, v := range []struct{ role, change, reach string }{ // what they reach in others is what they may give
		{"owner", "member auditor operator admin owner", "member auditor operator admin owner"},
		{"admin", "member auditor operator admin", "member auditor operator"},
		{"operator", "", ""},
		{"member", "", ""},
		{"", "", ""},
	} {
		viewer := account.Viewer{PersonID: "p_me", Role: directory.Role(v.role), Session: "s"}
		var change, reach []string
		for _, r := range account.Roles() {
			if viewer.MayChange(r) {
				change = append(change, string(r))
			}
			if viewer.MayReach("p_other", r) {
				reach = append(reach, string(r))
			}
			if viewer.MayGive(r) != viewer.MayReach("p_other", r) {
				t.Errorf("%s may give %s: %t", v.role, r, viewer.MayGive(r))
			}
			if !viewer.MayReach("p_me", r) {
				t.Errorf("%s may not reach their own account", v.role)
			}
		}
		if strings.Join(change, " ") != v.change || strings.Join(reach, " ") != v.reach {
			t.Errorf("%s: may change %v, reach %v", v.role, change, reach)
		}
	}
	for actor, v := range map[string]account.Viewer{"p_me": {PersonID: "p_me", Session: "s"}, "token:tok_1": {PersonID: "p_me", TokenID: "tok_1"}, "cli:root": account.Operator("cli:root")} {
		if v.Actor() != actor {
			t.Errorf("%+v acts as %s, want %s", v, v.Actor(), actor)
		}
	}
}
