package account_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/plan"
)

func TestSignIn(t *testing.T) {
	w := newWorld(t)
	ann := w.person("ann@acme.test", directory.RoleAdmin, directory.Active, good)
	secret, v := w.enter("  ANN@acme.test ", good)
	if v.PersonID != ann || v.Role != directory.RoleAdmin || v.Email != "ann@acme.test" || v.Actor() != ann || len(secret) != 43 {
		t.Errorf("viewer %+v, secret of %d characters", v, len(secret))
	}
	got, err := w.Session(t.Context(), secret)
	w.ok(err)
	if got != v {
		t.Errorf("the session is of %+v", got)
	}
	if again, _ := w.enter("ann@acme.test", good); again == secret {
		t.Error("two sign-ins share a secret")
	}
	if got := w.events(ann); got != "password_link password_set sign_in sign_in" {
		t.Errorf("audit: %s", got)
	}
}

// Whatever is wrong, the answer is the same.
func TestSignInRefuses(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	w.person("none@acme.test", directory.RoleMember, directory.Active, "")
	w.person("gone@acme.test", directory.RoleMember, directory.Deactivated, "")
	left := w.person("left@acme.test", directory.RoleMember, directory.Active, good)
	p := w.get(left)
	p.Status = directory.Deactivated
	w.save(p)
	soon := w.person("soon@acme.test", directory.RoleMember, directory.Provisioned, good)
	p = w.get(soon)
	p.Values.Set(directory.HireDate, directory.KindDate, "2026-12-01")
	w.save(p)
	for _, in := range [][2]string{{"ann@acme.test", other}, {"ann@acme.test", ""}, {"nobody@acme.test", good}, {"", ""}, {"none@acme.test", good},
		{"none@acme.test", ""}, {"gone@acme.test", good}, {"left@acme.test", good}, {"soon@acme.test", good}, {strings.Repeat("x", 1<<16), strings.Repeat("y", 1<<16)}} {
		secret, v, err := w.try(in[0], in[1], home)
		if !errors.Is(err, account.ErrSignIn) || err.Error() != account.ErrSignIn.Error() || secret != "" || v != (account.Viewer{}) {
			t.Errorf("%.20s with %.20s: %q, %+v, %v", in[0], in[1], secret, v, err)
		}
	}
	if got := w.events(left); !strings.HasSuffix(got, " sign_in_failed") {
		t.Errorf("audit of somebody deactivated: %s", got)
	}
	w.at = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	w.enter("soon@acme.test", good)
}

// Promise AY13: people become active by signing in themselves.
func TestSignInActivates(t *testing.T) {
	w := newWorld(t)
	id := w.person("bo@acme.test", directory.RoleMember, directory.Provisioned, good)
	before := w.get(id)
	_, v := w.enter("bo@acme.test", good)
	after := w.get(id)
	if after.Status != directory.Active || after.Version != before.Version+1 {
		t.Errorf("%s in version %d, before %s in %d", after.Status, after.Version, before.Status, before.Version)
	}
	history, err := w.kept.History(t.Context(), id, "", 0)
	w.ok(err)
	last := history.Entries[len(history.Entries)-1]
	if last.Actor != v.PersonID || last.Item.Change.StatusAfter != directory.Active || last.Item.Change.Sentence != "signed in for the first time" {
		t.Errorf("history ends with %+v %+v", last, last.Item.Change)
	}
	w.ok(w.kept.VerifyAudit(t.Context()))
}

func TestRehash(t *testing.T) {
	w := newWorld(t)
	id := w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	hash := func() (h string) {
		w.ok(w.opt.Store.Read(t.Context(), func(tx account.Tx) error {
			p, err := tx.Person(id)
			h = p.Hash
			return err
		}))
		return h
	}
	old := hash()
	w.Dear()
	w.enter("ann@acme.test", good)
	if now := hash(); now == old || !strings.Contains(now, "m=19456,t=2,p=1") {
		t.Errorf("%s became %s", old, now)
	}
	current := hash()
	w.enter("ann@acme.test", good)
	if hash() != current {
		t.Error("a hash with today's parameters was replaced")
	}
}

func (w *world) throttled(err error) time.Duration {
	w.t.Helper()
	e, ok := errors.AsType[*account.ThrottledError](err)
	if !ok {
		w.t.Fatalf("got %v, want a wait", err)
	}
	return e.Wait
}

// Whoever is sent away because too many sign in has not failed.
func TestSentAwayIsNoFailure(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleOwner, directory.Active, good)
	end := w.Flood()
	for range 200 {
		_, _, err := w.try("ann@acme.test", good, home)
		w.is(err, account.ErrBusy)
	}
	end()
	w.enter("ann@acme.test", good)
}

func TestThrottle(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleOwner, directory.Active, good)
	w.person("bo@acme.test", directory.RoleMember, directory.Active, good)
	fail := func() {
		t.Helper()
		_, _, err := w.try("ann@acme.test", other, "198.51.100.7")
		w.is(err, account.ErrSignIn)
	}
	for range 5 {
		fail()
	}
	for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
		wait *= time.Second
		_, _, err := w.try("ann@acme.test", good, "198.51.100.7") // even the right password waits there
		if got := w.throttled(err); got != wait {
			t.Fatalf("wait %s, want %s", got, wait)
		}
		_, _, err = w.try("ANN@acme.test", other, "198.51.100.7")
		w.throttled(err)
		w.at = w.at.Add(wait)
		fail()
	}
	// Neither Ann elsewhere nor others there have to wait.
	w.enter("ann@acme.test", good)
	_, _, err := w.try("bo@acme.test", good, "198.51.100.7")
	w.ok(err)
	// A success there clears the count there.
	w.at = w.at.Add(15 * time.Minute)
	_, _, err = w.try("ann@acme.test", good, "198.51.100.7")
	w.ok(err)
	for range 5 {
		fail()
	}
	_, _, err = w.try("ann@acme.test", good, "198.51.100.7")
	if got := w.throttled(err); got != time.Second {
		t.Errorf("after a success the wait is %s", got)
	}
	w.ok(w.kept.VerifyAudit(t.Context()))
}

// Behind a proxy too, somebody's failures slow down nobody else. Whoever makes up the addresses that a careless
// proxy passes on has one soft count for all of them.
func TestThrottleBehindAProxy(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleOwner, directory.Active, good)
	try := func(password, address string) error {
		_, _, err := w.SignIn(t.Context(), account.SignIn{Email: "ann@acme.test", Password: password, Address: address, Through: "127.0.0.1"})
		return err
	}
	for range 5 {
		w.is(try(other, "198.51.100.7"), account.ErrSignIn)
	}
	w.throttled(try(good, "198.51.100.7"))
	w.ok(try(good, home))
	for i := range 95 {
		w.is(try(other, fmt.Sprintf("198.51.%d.1", i)), account.ErrSignIn)
	}
	w.throttled(try(good, "203.0.113.77"))
	w.ok(try(good, home))
}

// An unknown address is throttled like a known one, so that a wait tells nothing.
func TestThrottleUnknown(t *testing.T) {
	w := newWorld(t)
	for range 5 {
		_, _, err := w.try("nobody@acme.test", good, home)
		w.is(err, account.ErrSignIn)
	}
	_, _, err := w.try("nobody@acme.test", good, home)
	w.throttled(err)
}

// Many tries at once are no way around the count.
func TestThrottleAtOnce(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleOwner, directory.Active, good)
	var mu sync.Mutex
	checked := 0
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			if _, _, err := w.try("ann@acme.test", other, home); errors.Is(err, account.ErrSignIn) {
				mu.Lock()
				checked++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if checked != 5 {
		t.Errorf("%d of 40 passwords were checked, want 5", checked)
	}
}

// One network address that tries many accounts slows down; who signed in from there lately does not.
func TestThrottleAddress(t *testing.T) {
	w := newWorld(t)
	w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
	w.person("bo@acme.test", directory.RoleMember, directory.Active, good)
	w.enter("ann@acme.test", good)
	for i := range 100 {
		_, _, err := w.try(fmt.Sprintf("nobody%d@acme.test", i), good, home)
		w.is(err, account.ErrSignIn)
	}
	_, _, err := w.try("nobody@acme.test", good, home)
	if got := w.throttled(err); got != time.Second {
		t.Errorf("wait %s", got)
	}
	w.enter("ann@acme.test", good)
	_, _, err = w.try("bo@acme.test", good, home)
	w.throttled(err)
	_, _, err = w.try("bo@acme.test", good, "192.0.2.1")
	w.ok(err)
	w.at = w.at.Add(time.Second)
	w.enter("bo@acme.test", good)
}

// Whom a sign-in changed is looked at again by the next run.
func TestSignInIsSeenByTheNextRun(t *testing.T) {
	w := newWorld(t)
	w.apply(plan.Change{Action: plan.Create, Reason: plan.NewInHR, SourceID: 4, PersonID: "p_ann", Email: "ann@acme.test", StatusAfter: directory.Provisioned,
		Fields: []plan.FieldChange{{Field: directory.Email, Kind: directory.KindText, After: "ann@acme.test"}},
		Link:   &directory.LinkState{SourceID: 4, PersonID: "p_ann", Outcome: directory.OutcomeLinked, Clean: true}})
	conn, err := w.kept.EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	clean := func() bool {
		states, err := w.kept.LinkStatesOf(t.Context(), conn.ID, []int64{4})
		w.ok(err)
		return states[4].Clean
	}
	if !clean() {
		t.Fatal("the employee is not clean after the run")
	}
	secret, _, err := w.MakeLink(t.Context(), operator(), "p_ann", account.Invite)
	w.ok(err)
	w.ok(w.SetPassword(t.Context(), secret, good))
	if clean() {
		t.Error("the next run would skip somebody who became active")
	}
}

// meddler is a store in which something happens before the n-th write.
type meddler struct {
	account.Store
	n      int
	meddle func()
}

func (m *meddler) Write(ctx context.Context, f func(account.Tx) error) error {
	if m.n--; m.n == 0 {
		m.meddle()
	}
	return m.Store.Write(ctx, f)
}

// What happens while a password is being checked counts.
func TestSignInMeanwhile(t *testing.T) {
	for name, meddle := range map[string]func(*world, string){
		"another password": func(w *world, id string) { w.password(id, other) },
		"deactivated": func(w *world, id string) {
			p := w.get(id)
			p.Status = directory.Deactivated
			w.save(p)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.person("ann@acme.test", directory.RoleMember, directory.Active, good)
			o := w.opt
			o.Store = &meddler{o.Store, 2, func() { meddle(w, id) }}
			s := account.New(o)
			s.Cheap()
			_, _, err := s.SignIn(t.Context(), account.SignIn{Email: "ann@acme.test", Password: good, Address: home})
			w.is(err, account.ErrSignIn)
			list, err := w.Sessions(t.Context(), id)
			w.ok(err)
			if len(list) != 0 {
				t.Errorf("sessions %+v", list)
			}
		})
	}
}
