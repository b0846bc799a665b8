package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/plan"
)

func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	secret, _ := w.enter("ann@acme.test", good)
	alive := func() bool {
		_, err := w.Session(t.Context(), secret)
		if err != nil {
			w.is(err, account.ErrNoSession)
		}
		return err == nil
	}
	w.at = w.at.Add(30*time.Minute - time.Millisecond)
	if !alive() {
		t.Fatal("over before 30 minutes")
	}
	w.at = w.at.Add(30 * time.Minute)
	if alive() {
		t.Fatal("alive after 30 idle minutes")
	}
	secret, _ = w.enter("ann@acme.test", good)
	begun := w.at
	for w.at.Before(begun.Add(12*time.Hour - 20*time.Minute)) {
		w.at = w.at.Add(20 * time.Minute)
		if w.at.Before(begun.Add(12*time.Hour)) != alive() {
			t.Fatalf("%s after the sign-in", w.at.Sub(begun))
		}
	}
	w.at = begun.Add(12 * time.Hour)
	if alive() {
		t.Fatal("alive after 12 hours")
	}
	for _, wrong := range []string{"", "x", secret[:42] + "!", strings.Repeat("A", 43), strings.Repeat("A", 1<<16)} {
		_, err := w.Session(t.Context(), wrong)
		w.is(err, account.ErrNoSession)
	}
}

// The last request is written once a minute, not with every request.
func TestSessionSeen(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	secret, _ := w.enter("ann@acme.test", good)
	begun := w.at
	for _, step := range []struct{ after, seen time.Duration }{{59 * time.Second, 0}, {61 * time.Second, 61 * time.Second}, {90 * time.Second, 61 * time.Second}} {
		w.at = begun.Add(step.after)
		_, err := w.Session(t.Context(), secret)
		w.ok(err)
		list, err := w.Sessions(t.Context(), id)
		w.ok(err)
		if len(list) != 1 || !list[0].SeenAt.Equal(begun.Add(step.seen)) || list[0].Address != home || list[0].Method != "password" {
			t.Errorf("after %s: %+v", step.after, list)
		}
	}
}

func TestSignOut(t *testing.T) {
	w := newWorld(t)
	ann := w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	w.person("bo@acme.test", directory.RoleMember, directory.Active, good)
	one, v1 := w.enter("ann@acme.test", good)
	two, v2 := w.enter("ann@acme.test", good)
	three, _ := w.enter("ann@acme.test", good)
	bo, vb := w.enter("bo@acme.test", good)
	w.ok(w.EndSession(t.Context(), vb, v1.Session)) // another person's session is not Bo's to end
	w.alive(one, two, three, bo)
	w.ok(w.EndSession(t.Context(), v2, v1.Session))
	w.over(one)
	n, err := w.SignOutOthers(t.Context(), v2)
	w.ok(err)
	if n != 1 {
		t.Errorf("%d other sessions ended", n)
	}
	w.over(three)
	w.alive(two, bo)
	w.ok(w.SignOut(t.Context(), v2))
	w.ok(w.SignOut(t.Context(), v2))
	w.over(two)
	w.alive(bo)
	if got := w.events(ann); !strings.HasSuffix(got, "sign_in sign_in sign_in sign_out sign_out sign_out") {
		t.Errorf("audit: %s", got)
	}
}

func (w *world) alive(secrets ...string) {
	w.t.Helper()
	for _, s := range secrets {
		_, err := w.Session(w.t.Context(), s)
		w.ok(err)
	}
}

func (w *world) over(secrets ...string) {
	w.t.Helper()
	for _, s := range secrets {
		_, err := w.Session(w.t.Context(), s)
		w.is(err, account.ErrNoSession)
	}
}

// belongings gives somebody everything that lets them in: a session, a token and a link.
func (w *world) belongings(id, email string) (session, token, link string) {
	w.t.Helper()
	session, v := w.enter(email, good)
	_, token, err := w.CreateToken(w.t.Context(), v, account.NewToken{Name: "script", Role: directory.RoleAuditor})
	w.ok(err)
	link, _, err = w.MakeLink(w.t.Context(), account.Operator("cli:test"), id, account.Reset)
	w.ok(err)
	return session, token, link
}

func (w *world) noToken(secret string) {
	w.t.Helper()
	_, err := w.Token(w.t.Context(), secret)
	w.is(err, account.ErrNoSession)
}

func (w *world) noLink(secret string) {
	w.t.Helper()
	_, err := w.Link(w.t.Context(), secret)
	w.is(err, account.ErrLink)
	w.is(w.SetPassword(w.t.Context(), secret, other), account.ErrLink)
}

// Security §1.6: whoever can no longer sign in is out everywhere in the same transaction, whatever wrote it.
func TestDeactivationEndsEverything(t *testing.T) {
	for name, deactivate := range map[string]func(*world, directory.Person){
		"by hand": func(w *world, p directory.Person) {
			p.Status = directory.Deactivated
			w.save(p)
		},
		"by a run": func(w *world, p directory.Person) {
			w.apply(plan.Change{Action: plan.Deactivate, Reason: plan.StatusInactive, PersonID: p.ID, Email: "ann@acme.test", Version: p.Version,
				StatusBefore: p.Status, StatusAfter: directory.Deactivated})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.person("ann@acme.test", directory.RoleAdmin, directory.Active, good)
			bo := w.person("bo@acme.test", directory.RoleAdmin, directory.Active, good)
			session, token, link := w.belongings(id, "ann@acme.test")
			sb, tb, lb := w.belongings(bo, "bo@acme.test")
			deactivate(w, w.get(id))
			if w.get(id).Status != directory.Deactivated {
				t.Fatal("nobody was deactivated")
			}
			w.over(session)
			w.noToken(token)
			w.noLink(link)
			_, _, err := w.try("ann@acme.test", good, home)
			w.is(err, account.ErrSignIn)
			_, _, err = w.MakeLink(t.Context(), account.Operator("cli:test"), id, account.Invite)
			w.input(err, "person")
			list, err := w.Tokens(t.Context())
			w.ok(err)
			if len(list) != 1 || list[0].PersonID != bo {
				t.Errorf("tokens left: %+v", list)
			}
			// Back again, nothing of the old is worth anything; others never noticed.
			p := w.get(id)
			p.Status = directory.Active
			w.save(p)
			w.over(session)
			w.noToken(token)
			w.noLink(link)
			w.alive(sb)
			_, err = w.Token(t.Context(), tb)
			w.ok(err)
			_, err = w.Link(t.Context(), lb)
			w.ok(err)
			w.enter("ann@acme.test", good)
		})
	}
}

func TestAddressChangeEndsLinks(t *testing.T) {
	for name, move := range map[string]func(*world, directory.Person){
		"by hand": func(w *world, p directory.Person) {
			p.Values.Set(directory.Email, directory.KindText, "ann.lee@acme.test")
			w.save(p)
		},
		"by a run": func(w *world, p directory.Person) {
			w.apply(plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: p.ID, Email: "ann.lee@acme.test", Version: p.Version,
				StatusBefore: p.Status, StatusAfter: p.Status,
				Fields: []plan.FieldChange{{Field: directory.Email, Kind: directory.KindText, Before: "ann@acme.test", After: "ann.lee@acme.test"}}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.person("ann@acme.test", directory.RoleAdmin, directory.Active, good)
			session, token, link := w.belongings(id, "ann@acme.test")
			move(w, w.get(id))
			w.noLink(link)
			w.alive(session)
			_, err := w.Token(t.Context(), token)
			w.ok(err)
			w.enter("ann.lee@acme.test", good)
		})
	}
}

// Another organisation's secrets mean nothing.
func TestOrganisationsAreApart(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleAdmin, directory.Active, good)
	session, token, link := w.belongings(id, "ann@acme.test")
	o := w.opt
	o.Organisation, o.Store = "other", w.db.Org("other").Accounts()
	foreign := account.New(o)
	_, err := foreign.Session(t.Context(), session)
	w.is(err, account.ErrNoSession)
	_, err = foreign.Token(t.Context(), token)
	w.is(err, account.ErrNoSession)
	_, err = foreign.Link(t.Context(), link)
	w.is(err, account.ErrLink)
	w.is(foreign.SetPassword(t.Context(), link, other), account.ErrLink)
	_, _, err = foreign.SignIn(t.Context(), account.SignIn{Email: "ann@acme.test", Password: good})
	w.is(err, account.ErrSignIn)
	all, err := w.Tokens(t.Context())
	w.ok(err)
	w.is(foreign.RevokeToken(t.Context(), account.Operator("cli:test"), all[0].ID), directory.ErrNotFound)
	w.is(foreign.SetRole(t.Context(), account.Operator("cli:test"), id, directory.RoleMember), directory.ErrNotFound)
	if list, err := foreign.Tokens(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("foreign tokens: %+v, %v", list, err)
	}
	if needs, err := foreign.NeedsOwner(t.Context()); err != nil || !needs {
		t.Errorf("the other organisation needs an owner: %t, %v", needs, err)
	}
	w.alive(session)
}
