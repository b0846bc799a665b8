package schedules_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/schedules"
)

// TestRows keeps rows of connections that exist, in a folder whose name needs escaping.
func TestRows(t *testing.T) {
	ctx := t.Context()
	dir := filepath.Join(t.TempDir(), "a b%20?c#d")
	db, err := store.Open(ctx, dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	c, err := db.Org("default").EnsureConnection(ctx, "Acme")
	if err != nil {
		t.Fatal(err)
	}
	q, err := db.OpenQueue()
	if err != nil {
		t.Fatal(err)
	}
	defer q.Close()
	at := time.Date(2026, 11, 21, 12, 0, 0, int(7*time.Millisecond), time.UTC)
	want := []jobs.Row{{Connection: c.ID, Kind: jobs.Effects, Last: at}, {Connection: c.ID, Kind: jobs.Run, Spec: "daily 03:00 UTC", Next: at}}
	in := func(f func(*sql.Tx) error) {
		t.Helper()
		tx, err := q.DB().BeginTx(ctx, nil)
		if err == nil {
			err = errors.Join(f(tx), tx.Commit())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	in(func(tx *sql.Tx) error {
		return errors.Join(q.Put(ctx, tx, "default", jobs.Row{Connection: c.ID, Kind: jobs.Run, Spec: "before", Last: at}),
			q.Put(ctx, tx, "default", want[1]), q.Put(ctx, tx, "default", want[0]),
			q.Put(ctx, tx, "default", jobs.Row{Connection: "c_unknown", Kind: jobs.Run}), q.Put(ctx, tx, "other", want[0]))
	})
	in(func(tx *sql.Tx) error {
		got, err := q.Rows(ctx, tx, "default")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		none, err2 := q.Rows(ctx, tx, "other")
		if len(none) != 0 {
			t.Errorf("another organisation sees %+v", none)
		}
		m, err3 := q.Moments(ctx, tx, "default", c.ID, time.Time{}, at)
		if m != (jobs.Moments{}) {
			t.Errorf("moments of nobody: %+v", m)
		}
		return errors.Join(err, err2, err3)
	})
}

// TestLock: one has the lock, until it gives it back.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	var queues [2]*schedules.Queue
	for i := range queues {
		q, err := schedules.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer q.Close()
		queues[i] = q
	}
	release, err := queues[0].Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := queues[1].Lock(); !errors.Is(err, jobs.ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	release, err = queues[1].Lock()
	if err != nil {
		t.Fatal(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}
