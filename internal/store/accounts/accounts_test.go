package accounts_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/accounts"
	"github.com/rollcall-hr/rollcall/plan"
)

var at = time.Date(2026, 11, 21, 12, 0, 0, 123e6, time.UTC)

func open(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), t.TempDir()+"/data", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// write runs steps in one transaction and ends the test when one fails.
func write(t *testing.T, s *accounts.Store, steps ...func(account.Tx) error) {
	t.Helper()
	err := s.Write(t.Context(), func(tx account.Tx) error {
		for i, step := range steps {
			if err := step(tx); err != nil {
				t.Errorf("step %d", i+1)
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func person(id, email string) directory.Person {
	p := directory.Person{ID: id, Status: directory.Active, Role: directory.RoleMember, CreatedAt: at}
	p.Values.Set(directory.Email, directory.KindText, email)
	return p
}

// What is written comes back as it was, and is gone when it is dropped.
func TestRoundTrip(t *testing.T) {
	s := open(t).Org("acme").Accounts()
	session := account.Session{PersonID: "p_ann", Role: directory.RoleMember, Method: "password", Address: "203.0.113.9", Agent: "Firefox", CreatedAt: at, SeenAt: at}
	h := account.Hash{1, 2, 3}
	session.ID = account.Name(h)
	link := account.Link{PersonID: "p_ann", Purpose: account.Reset, ExpiresAt: at.Add(time.Hour)}
	token := account.Token{ID: "tok_1", Name: "script", Role: directory.RoleAuditor, PersonID: "p_ann", CreatedBy: "p_ann", CreatedAt: at}
	tally := account.Tally{Failures: 7, Last: at}
	write(t, s,
		func(tx account.Tx) error {
			return tx.CreatePerson(person("p_ann", "ann@acme.test"), "cli:test", "made")
		},
		func(tx account.Tx) error { return tx.SetPassword("p_ann", "first", at) },
		func(tx account.Tx) error { return tx.SetPassword("p_ann", "second", at) },
		func(tx account.Tx) error { return tx.AddSession(h, session) },
		func(tx account.Tx) error { return tx.AddLink(h, link, "cli:test", at) },
		func(tx account.Tx) error { return tx.AddToken(h, token) },
		func(tx account.Tx) error { return tx.SetTally(h, account.Tally{Failures: 1, Last: at}) },
		func(tx account.Tx) error { return tx.SetTally(h, tally) },
		func(tx account.Tx) error { return tx.AddIdentity("p_ann", "https://idp.test", "1", at) },
		func(tx account.Tx) error { return tx.SetPreference("x", `{"a":1}`, "p_ann", at) },
	)
	same := func(what string, want, got any, err error) {
		t.Helper()
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, d)
		}
	}
	err := s.Read(t.Context(), func(tx account.Tx) error {
		ann := account.Person{ID: "p_ann", Version: 1, Name: "ann@acme.test", Email: "ann@acme.test", Status: directory.Active, Role: directory.RoleMember, Hash: "second"}
		p, err := tx.PersonByEmail(" ANN@acme.test")
		same("person by address", ann, p, err)
		p, err = tx.PersonByIdentity("https://idp.test", "1")
		same("person by identity", ann, p, err)
		got, err := tx.Session(h)
		same("session", session, got, err)
		l, err := tx.Link(h)
		same("link", link, l, err)
		k, err := tx.TokenByHash(h)
		same("token", token, k, err)
		k, err = tx.Token("tok_1")
		same("token by id", token, k, err)
		y, err := tx.Tally(h)
		same("tally", tally, y, err)
		ids, err := tx.IdentitiesOf("p_ann")
		same("identities", []account.LinkedIdentity{{Issuer: "https://idp.test", Subject: "1", LinkedAt: at}}, ids, err)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	value, ok, err := s.Preference(t.Context(), "x")
	same("preference", `{"a":1}`, value, err)
	if !ok {
		t.Error("the preference is not there")
	}
	write(t, s,
		func(tx account.Tx) error { return tx.DropLinks("p_ann") },
		func(tx account.Tx) error { return tx.DropToken("tok_1") },
		func(tx account.Tx) error { return tx.DropToken("tok_1") },
		func(tx account.Tx) error { return tx.DropIdentity("p_ann", "https://idp.test", "1") },
		func(tx account.Tx) error { return tx.DropPreference("x") },
		func(tx account.Tx) error { return tx.PruneSessions(at, at.Add(-time.Hour)) },
		func(tx account.Tx) error { return tx.PruneTallies(at.Add(time.Millisecond)) },
	)
	for what, gone := range map[string]func(account.Tx) error{
		"link":     func(tx account.Tx) error { _, err := tx.Link(h); return err },
		"token":    func(tx account.Tx) error { _, err := tx.TokenByHash(h); return err },
		"identity": func(tx account.Tx) error { _, err := tx.PersonByIdentity("https://idp.test", "1"); return err },
		"session":  func(tx account.Tx) error { _, err := tx.Session(h); return err },
		"blank":    func(tx account.Tx) error { _, err := tx.PersonByEmail(""); return err },
	} {
		if err := s.Read(t.Context(), gone); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s: %v, want not found", what, err)
		}
	}
	if _, ok, err := s.Preference(t.Context(), "x"); ok || err != nil {
		t.Errorf("preference after it was dropped: %t, %v", ok, err)
	}
}

// A transaction that fails leaves nothing.
func TestWriteIsUndone(t *testing.T) {
	s := open(t).Org("acme").Accounts()
	stop := errors.New("stop")
	err := s.Write(t.Context(), func(tx account.Tx) error {
		if err := tx.SetPreference("x", "1", "test", at); err != nil {
			return err
		}
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if _, ok, err := s.Preference(t.Context(), "x"); ok || err != nil {
		t.Errorf("the preference is there: %t, %v", ok, err)
	}
}

// Somebody whom a sign-in or an administrator changed is looked at again by the next run, and a change
// of a record that has another version by now is refused.
func TestChangePerson(t *testing.T) {
	db := open(t)
	kept, s := db.Org("acme"), db.Org("acme").Accounts()
	conn, err := kept.EnsureConnection(t.Context(), "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	p := person("p_ann", "ann@acme.test")
	p.Status, p.Link = directory.Provisioned, &directory.Link{Connection: conn.ID, SourceID: "4"}
	if _, err := kept.SavePerson(t.Context(), p, plan.Change{Action: plan.Create, PersonID: p.ID}, "test", at); err != nil {
		t.Fatal(err)
	}
	change := func(version int64) error {
		return s.Write(t.Context(), func(tx account.Tx) error {
			x, err := tx.Person("p_ann")
			if err != nil {
				return err
			}
			x.Version = version
			return tx.ChangePerson(x, directory.Active, directory.RoleAdmin, "p_boss", "was made an administrator", at)
		})
	}
	if err := change(7); err == nil {
		t.Error("a record with another version was changed")
	}
	if err := change(1); err != nil {
		t.Fatal(err)
	}
	got, err := kept.Person(t.Context(), "p_ann")
	if err != nil || got.Version != 2 || got.Status != directory.Active || got.Role != directory.RoleAdmin || got.Link == nil {
		t.Errorf("%+v, %v", got, err)
	}
	history, err := kept.History(t.Context(), "p_ann", "", 0)
	if err != nil || len(history.Entries) != 2 {
		t.Fatalf("history %+v, %v", history, err)
	}
	if c := history.Entries[1].Item.Change; c.StatusBefore != directory.Provisioned || c.StatusAfter != directory.Active || len(c.Fields) != 2 || history.Entries[1].Actor != "p_boss" {
		t.Errorf("history ends with %+v", c)
	}
}

// Everything of one organisation is nothing to another.
func TestOrganisationsAreApart(t *testing.T) {
	db := open(t)
	acme, other := db.Org("acme").Accounts(), db.Org("other").Accounts()
	h := account.Hash{1}
	fill := func(tx account.Tx) error {
		return errors.Join(tx.CreatePerson(person("p_ann", "ann@acme.test"), "test", "made"), tx.SetPassword("p_ann", "hash", at),
			tx.AddIdentity("p_ann", "https://idp.test", "1", at), tx.SetTally(h, account.Tally{Failures: 3, Last: at}), tx.SetPreference("x", "1", "test", at))
	}
	write(t, acme, fill, func(tx account.Tx) error {
		return errors.Join(tx.AddSession(h, account.Session{PersonID: "p_ann", CreatedAt: at, SeenAt: at}), tx.AddLink(h, account.Link{PersonID: "p_ann"}, "test", at),
			tx.AddToken(h, account.Token{ID: "tok_1", PersonID: "p_ann", CreatedAt: at}))
	})
	write(t, other,
		func(tx account.Tx) error {
			some, err := tx.AnybodySignsIn()
			if some {
				t.Error("somebody signs in at the other organisation")
			}
			return err
		},
		func(tx account.Tx) error {
			for what, find := range map[string]func() error{
				"person":   func() error { _, err := tx.Person("p_ann"); return err },
				"address":  func() error { _, err := tx.PersonByEmail("ann@acme.test"); return err },
				"identity": func() error { _, err := tx.PersonByIdentity("https://idp.test", "1"); return err },
				"session":  func() error { _, err := tx.Session(h); return err },
				"link":     func() error { _, err := tx.Link(h); return err },
				"token":    func() error { _, err := tx.TokenByHash(h); return err },
			} {
				if err := find(); !errors.Is(err, directory.ErrNotFound) {
					t.Errorf("%s: %v, want not found", what, err)
				}
			}
			y, err := tx.Tally(h)
			if y != (account.Tally{}) {
				t.Errorf("tally %+v", y)
			}
			return err
		},
		// Whatever the other one ends or drops, and whoever has the same id there, is its own.
		fill,
		func(tx account.Tx) error {
			_, err := tx.EndSessions("p_ann", "")
			return errors.Join(err, tx.DropLinks("p_ann"), tx.DropToken("tok_1"), tx.SeeSession(h, at.Add(time.Hour)), tx.UseToken("tok_1", at),
				tx.PruneSessions(at.AddDate(1, 0, 0), at.AddDate(1, 0, 0)), tx.PruneTallies(at.AddDate(1, 0, 0)), tx.DropPreference("x"))
		},
	)
	write(t, acme, func(tx account.Tx) error {
		session, err := tx.Session(h)
		if err == nil && !session.SeenAt.Equal(at) {
			t.Error("the other organisation touched a session")
		}
		_, err1 := tx.Link(h)
		token, err2 := tx.TokenByHash(h)
		if !token.UsedAt.IsZero() {
			t.Error("the other organisation used a token")
		}
		y, err3 := tx.Tally(h)
		if y.Failures != 3 {
			t.Errorf("tally %+v", y)
		}
		return errors.Join(err, err1, err2, err3)
	})
}
