package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
)

func operator() account.Viewer { return account.Operator("cli:test") }

func TestLink(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Provisioned, "")
	secret, expires, err := w.MakeLink(t.Context(), operator(), id, account.Invite)
	w.ok(err)
	if !expires.Equal(w.at.Add(72 * time.Hour)) {
		t.Errorf("an invitation ends %s", expires)
	}
	for range 3 { // mail scanners follow links
		l, err := w.Link(t.Context(), secret)
		w.ok(err)
		if want := (account.Link{PersonID: id, Email: "ann@acme.test", Name: "ann@acme.test", Purpose: account.Invite, ExpiresAt: expires}); l != want {
			t.Errorf("link %+v, want %+v", l, want)
		}
	}
	w.input(w.SetPassword(t.Context(), secret, "short"), "password")
	w.input(w.SetPassword(t.Context(), secret, "ann@acme.test"), "password")
	if w.get(id).Status != directory.Provisioned {
		t.Error("a refused password made the person active")
	}
	w.ok(w.SetPassword(t.Context(), secret, good))
	if w.get(id).Status != directory.Active {
		t.Error("setting the password did not make the person active")
	}
	w.noLink(secret)
	w.enter("ann@acme.test", good)
	if got := w.events(id); got != "password_link password_set sign_in" {
		t.Errorf("audit: %s", got)
	}
	for _, wrong := range []string{"", "x", secret + "A", strings.Repeat("A", 43)} {
		w.noLink(wrong)
	}
}

func TestLinkEnds(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, "")
	older, _, err := w.MakeLink(t.Context(), operator(), id, account.Invite)
	w.ok(err)
	newer, expires, err := w.MakeLink(t.Context(), operator(), id, account.Reset)
	w.ok(err)
	w.noLink(older)
	w.at = expires.Add(-time.Millisecond)
	_, err = w.Link(t.Context(), newer)
	w.ok(err)
	w.at = expires
	w.noLink(newer)
	if expires.Sub(w.at.Add(-time.Hour)) != time.Hour {
		t.Error("a reset link is not good for an hour")
	}
	if _, _, err := w.MakeLink(t.Context(), operator(), id, "party"); err == nil {
		t.Error("a link for a party")
	}
	_, _, err = w.MakeLink(t.Context(), operator(), "p_nobody", account.Reset)
	w.is(err, directory.ErrNotFound)
	_, _, err = w.MakeLinkByOperator(t.Context(), operator(), "nobody@acme.test")
	w.is(err, directory.ErrNotFound)
	_, _, err = w.MakeLinkByOperator(t.Context(), account.Viewer{PersonID: id, Role: directory.RoleOwner}, "ann@acme.test")
	w.is(err, account.ErrForbidden)
}

// One of two posts of a link wins, and the password is that one's.
func TestLinkIsUsedOnce(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, "")
	secret, _, err := w.MakeLink(t.Context(), operator(), id, account.Reset)
	w.ok(err)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = w.SetPassword(t.Context(), secret, good+strings.Repeat("!", i)) })
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		switch {
		case err == nil && won < 0:
			won = i
		case err == nil:
			t.Fatal("a link was used twice")
		default:
			w.is(err, account.ErrLink)
		}
	}
	w.enter("ann@acme.test", good+strings.Repeat("!", won))
}

// Nobody is invited before the first day of work (product, "Scope and lifecycle").
func TestLinkBeforeTheStart(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Provisioned, "")
	p := w.get(id)
	p.Values.Set(directory.HireDate, directory.KindDate, "2026-11-22")
	w.save(p)
	_, _, err := w.MakeLink(t.Context(), operator(), id, account.Invite)
	w.input(err, "person")
	w.ok(w.RequestReset(t.Context(), "ann@acme.test", home))
	if len(w.mail) != 0 {
		t.Error("a link was mailed before the first day")
	}
	w.at = w.at.Add(12 * time.Hour)
	_, _, err = w.MakeLink(t.Context(), operator(), id, account.Invite)
	w.ok(err)
}

// A link is a way into an account: nobody makes one into an account that is worth more than their own,
// and an administrator's existing account is only an owner's to open (four eyes would be two).
func TestWhoMakesLinks(t *testing.T) {
	w := newWorld(t)
	viewer := func(r directory.Role) account.Viewer { return account.Viewer{PersonID: "p_x", Role: r, Session: "s"} }
	ids := map[string]string{}
	for _, r := range account.Roles() {
		ids[string(r)+" known"] = w.person("known."+string(r)+"@acme.test", r, directory.Active, good)
		ids[string(r)+" new"] = w.person("new."+string(r)+"@acme.test", r, directory.Active, "")
	}
	allowed := map[directory.Role]string{
		directory.RoleOwner: "owner known,owner new,admin known,admin new,operator known,operator new,auditor known,auditor new,member known,member new",
		directory.RoleAdmin: "operator known,operator new,auditor known,auditor new,member known,member new",
	}
	for _, r := range account.Roles() {
		for who, id := range ids {
			_, _, err := w.MakeLink(t.Context(), viewer(r), id, account.Reset)
			if may := containsWord(allowed[r], who); may != (err == nil) || !may && !errors.Is(err, account.ErrForbidden) {
				t.Errorf("%s for %s: %v, allowed %t", r, who, err, may)
			}
		}
	}
}

func containsWord(list, word string) bool { return strings.Contains(","+list+",", ","+word+",") }

func TestSetPasswordEndsSessions(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	w.person("bo@acme.test", directory.RoleMember, directory.Active, good)
	mine, _ := w.enter("ann@acme.test", good)
	bo, _ := w.enter("bo@acme.test", good)
	secret, _, err := w.MakeLink(t.Context(), operator(), id, account.Reset)
	w.ok(err)
	w.ok(w.SetPassword(t.Context(), secret, other))
	w.over(mine)
	w.alive(bo)
	_, _, err = w.try("ann@acme.test", good, home)
	w.is(err, account.ErrSignIn)
	w.enter("ann@acme.test", other)
}

// A password that was set by a link while the old one was being checked is not written over by whoever had that.
func TestChangePasswordMeanwhile(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	_, v := w.enter("ann@acme.test", good)
	o := w.opt
	o.Store = &meddler{o.Store, 2, func() { w.password(id, other) }}
	s := account.New(o)
	s.Cheap()
	w.is(s.ChangePassword(t.Context(), v, good, "two trains at noon"), account.ErrNoSession)
	w.enter("ann@acme.test", other)
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	elsewhere, _ := w.enter("ann@acme.test", good)
	here, v := w.enter("ann@acme.test", good)
	w.input(w.ChangePassword(t.Context(), v, other, "two trains at noon"), "current")
	w.input(w.ChangePassword(t.Context(), v, good, "short"), "password")
	w.alive(elsewhere, here)
	w.ok(w.ChangePassword(t.Context(), v, good, other))
	w.over(elsewhere)
	w.alive(here)
	w.enter("ann@acme.test", other)
	for range 5 {
		w.input(w.ChangePassword(t.Context(), v, good, other), "current")
	}
	w.throttled(w.ChangePassword(t.Context(), v, other, good))
	w.enter("ann@acme.test", other) // guessing here keeps nobody from signing in
	w.is(w.ChangePassword(t.Context(), account.Viewer{PersonID: id, Role: directory.RoleMember, TokenID: "tok_1"}, other, good), account.ErrForbidden)
	if has, err := w.HasPassword(t.Context(), id); err != nil || !has {
		t.Errorf("has a password: %t, %v", has, err)
	}
}

func TestRequestReset(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleOwner, directory.Active, good)
	w.person("gone@acme.test", directory.RoleMember, directory.Deactivated, "")
	w.ok(w.RequestReset(t.Context(), "nobody@acme.test", home))
	w.ok(w.RequestReset(t.Context(), "gone@acme.test", home))
	w.ok(w.RequestReset(t.Context(), "", home))
	if len(w.mail) != 0 {
		t.Fatalf("mailed %+v", w.mail)
	}
	w.ok(w.RequestReset(t.Context(), " Ann@Acme.test", home))
	if len(w.mail) != 1 || w.mail[0].to.Email != "ann@acme.test" || w.mail[0].to.PersonID != id || w.mail[0].to.Purpose != account.Reset ||
		!w.mail[0].to.ExpiresAt.Equal(w.at.Add(time.Hour)) {
		t.Fatalf("mailed %+v", w.mail)
	}
	w.enter("ann@acme.test", good) // asking alone changes nothing
	w.ok(w.SetPassword(t.Context(), w.mail[0].secret, other))
	w.enter("ann@acme.test", other)

	// Three mails an account, whoever asks from wherever, with the same answer.
	for i := range 9 {
		w.ok(w.RequestReset(t.Context(), "ann@acme.test", "192.0.2."+string(rune('1'+i))))
	}
	if len(w.mail) != 3 {
		t.Errorf("%d mails to one account", len(w.mail))
	}
	// Ten requests an address, for whomever.
	var err error
	for range 11 {
		if err = w.RequestReset(t.Context(), "someone@acme.test", "198.51.100.7"); err != nil {
			break
		}
	}
	w.throttled(err)
	w.throttled(w.RequestReset(t.Context(), "ann@acme.test", "198.51.100.7"))
}

// Without a mailer a request must not end the link that an administrator has just handed out.
func TestRequestResetWithoutMailer(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, "")
	secret, _, err := w.MakeLink(t.Context(), operator(), id, account.Invite)
	w.ok(err)
	o := w.opt
	o.Mailer = nil
	w.ok(account.New(o).RequestReset(t.Context(), "ann@acme.test", home))
	_, err = w.Link(t.Context(), secret)
	w.ok(err)
}
