package outbox_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/outbox"
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

// write runs f in one transaction and ends the test when it fails.
func write(t *testing.T, s *outbox.Store, f func(notify.Tx) error) {
	t.Helper()
	if err := s.Write(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func full() notify.Mail {
	return notify.Mail{No: 1, ID: "mail_1", Key: "k", Kind: notify.Welcome, State: notify.Queued, To: "ann@acme.test", PersonID: "p_1", Connection: "c_1",
		RunID: "run_1", PlanID: "plan_1", Sealed: "sealed", NotBefore: at, NextAt: at.Add(1), UselessAt: at.Add(time.Hour), CreatedAt: at,
		Content: notify.Content{Name: "Zoë \u202e\"", Since: at, Entries: []notify.Entry{{Name: "a", Text: "b"}}}}
}

// What is written comes back as it was; a key is taken once and for all.
func TestRoundTrip(t *testing.T) {
	s := open(t).Org("acme").Outbox()
	m := full()
	m.NextAt = at
	write(t, s, func(tx notify.Tx) error {
		if added, err := tx.Add(&m); !added || err != nil {
			t.Errorf("added %t, %v", added, err)
		}
		again := m
		again.ID, again.To = "mail_2", "evil@evil.test"
		if added, err := tx.Add(&again); added || err != nil {
			t.Errorf("a second mail with its key: %t, %v", added, err)
		}
		got, err := tx.Mail("mail_1")
		if d := cmp.Diff(m, got); d != "" {
			t.Errorf("added (-want +got):\n%s", d)
		}
		m = notify.Mail{No: 1, ID: m.ID, Key: m.Key, Kind: m.Kind, CreatedAt: m.CreatedAt, State: notify.GaveUp, Attempts: 3, FirstTry: at, DoneAt: at,
			ClaimedUntil: at, Problem: "no"}
		if err := errors.Join(err, tx.Save(&m)); err != nil {
			return err
		}
		got, err = tx.Mail("mail_1")
		if d := cmp.Diff(m, got); d != "" {
			t.Errorf("saved (-want +got):\n%s", d)
		}
		m.ID = "mail_3"
		if err := tx.Save(&m); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("saved a mail that is not there: %v", err)
		}
		return err
	})
}

// Due takes what has waited longest by both clocks, and what nobody works on.
func TestDue(t *testing.T) {
	s := open(t).Org("acme").Outbox()
	add := func(id string, change func(*notify.Mail)) {
		m := full()
		m.ID, m.Key, m.NotBefore, m.NextAt = id, id, at, at
		change(&m)
		write(t, s, func(tx notify.Tx) error {
			_, err := tx.Add(&m)
			return errors.Join(err, tx.Save(&m))
		})
	}
	add("later", func(m *notify.Mail) { m.NextAt = at.Add(time.Minute) })
	add("not yet by the runs' clock", func(m *notify.Mail) { m.NotBefore = at.Add(time.Minute) })
	add("claimed", func(m *notify.Mail) { m.ClaimedUntil = at.Add(time.Minute) })
	add("waiting", func(m *notify.Mail) { m.State = notify.Waiting })
	add("first", func(m *notify.Mail) { m.NextAt = at.Add(-2 * time.Minute) })
	add("second", func(m *notify.Mail) { m.NextAt = at.Add(-time.Minute) })
	for _, want := range []string{"first", "second", ""} {
		write(t, s, func(tx notify.Tx) error {
			m, err := tx.Due(at, at)
			if m.ID != want {
				t.Errorf("due: %q, want %q", m.ID, want)
			}
			if want == "" {
				if !errors.Is(err, directory.ErrNotFound) {
					t.Errorf("nothing due: %v", err)
				}
				return nil
			}
			m.State = notify.Sent
			return errors.Join(err, tx.Save(&m))
		})
	}
}

// Security §1.4: one organisation sees, changes and blocks nothing of another.
func TestIsolation(t *testing.T) {
	db := open(t)
	acme, other := db.Org("acme").Outbox(), db.Org("other").Outbox()
	h := notify.Hash{1, 2, 3}
	write(t, acme, func(tx notify.Tx) error {
		m := full()
		_, err := tx.Add(&m)
		return errors.Join(err, tx.SaveRecipient(notify.Recipient{Email: "IT@acme.test", AskedAt: at, AskedBy: "p", ExpiresAt: at}, &h),
			tx.Remember("c_1", "{}"), tx.MarkRun(notify.RunMark{RunID: "run_1", Done: at}))
	})
	write(t, other, func(tx notify.Tx) error {
		if _, err := tx.Mail("mail_1"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("another's mail: %v", err)
		}
		if _, err := tx.Due(at.Add(time.Hour), at.Add(time.Hour)); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("another's mail is due: %v", err)
		}
		if _, err := tx.RecipientByHash(h); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("another's recipient: %v", err)
		}
		if _, err := tx.Recipient("it@acme.test"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("another's recipient: %v", err)
		}
		if m, err := tx.Run("run_1"); err != nil || !m.Done.IsZero() {
			t.Errorf("another's run: %+v, %v", m, err)
		}
		if text, err := tx.Memory("c_1"); err != nil || text != "" {
			t.Errorf("another's memory: %q, %v", text, err)
		}
		m := full()
		if added, err := tx.Add(&m); !added || err != nil {
			t.Errorf("another's key is in the way: %t, %v", added, err)
		}
		_, err := tx.Release("run_1", at)
		return errors.Join(err, tx.Prune(at.Add(time.Hour)))
	})
	write(t, acme, func(tx notify.Tx) error {
		r, err := tx.Recipient("it@ACME.test")
		if r.Email != "IT@acme.test" || !r.AskedAt.Equal(at) {
			t.Errorf("recipient %+v", r)
		}
		m, err2 := tx.Run("run_1")
		if m.Done.IsZero() {
			t.Error("another's pruning took a mark of a run")
		}
		return errors.Join(err, err2)
	})
}
