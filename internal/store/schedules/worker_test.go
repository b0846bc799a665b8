package schedules_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/schedules"
)

// TestTerms: one process works the queue at a time; what River writes for a former one is not heard, also on a connection
// that database/sql opened anew, and of its jobs it loses the leases alone.
func TestTerms(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "data"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var queues [2]*schedules.Queue
	for i := range queues {
		if queues[i], err = db.OpenQueue(); err != nil {
			t.Fatal(err)
		}
		defer queues[i].Close()
	}
	a, b := queues[0], queues[1]
	migrator, err := rivermigrate.New(riversqlite.New(a.DB()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		t.Fatal(err)
	}
	if w, err := b.Worker(ctx); err != nil || w != (jobs.Worker{}) {
		t.Errorf("before anybody: %+v, %v", w, err)
	}
	first, err := a.Take(ctx, jobs.Worker{}, true, now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Take(ctx, jobs.Worker{}, true, now); !errors.Is(err, jobs.ErrLocked) {
		t.Errorf("taken by both: %v", err)
	}
	if err := a.Beat(ctx, first.Term, true, now.Add(time.Second)); err != nil {
		t.Error(err)
	}
	if _, err := b.Take(ctx, first, false, now); !errors.Is(err, jobs.ErrLocked) {
		t.Errorf("taken from one that was heard of since: %v", err)
	}

	// Two connections of one process, a job of one of them under way.
	org := db.Org("default")
	var connections [2]string
	for i, name := range []string{"Acme", "Other"} {
		c, err := org.EnsureConnection(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		connections[i] = c.ID
		if _, err := org.Acquire(ctx, c.ID, "run_of_"+c.ID, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	job := func(q *schedules.Queue, state string) (changed int64) {
		t.Helper()
		r, err := q.DB().ExecContext(ctx, "update river_job set state = $1, finalized_at = null", state)
		if err == nil {
			changed, err = r.RowsAffected()
		}
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	if _, err := a.DB().ExecContext(ctx, "insert into river_job (args, kind, max_attempts, state, attempt) values (json_object('organisation', 'default', 'connection', $1), 'run', 5, 'running', 1)", connections[0]); err != nil {
		t.Fatal(err)
	}
	w, err := b.Worker(ctx)
	if err != nil || w.Term != first.Term || !w.Locked || w.Gone || !w.Seen.Equal(now.Add(time.Second)) || !w.Since.Equal(now) || w.PID != first.PID || w.Host != first.Host {
		t.Errorf("the first worker: %+v, %v", w, err)
	}
	second, err := b.Take(ctx, w, false, now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true} {
		if r, err := org.Acquire(ctx, connections[i], "run_next", time.Hour); (err != nil) != want {
			t.Errorf("connection %d: %+v, %v", i+1, r, err)
		}
	}
	if n := job(b, "running"); n != 1 {
		t.Errorf("the second worker changed %d jobs", n)
	}
	if n := job(a, "available"); n != 0 {
		t.Errorf("the first worker changed %d jobs", n)
	}
	drop(t, a.DB())
	if n := job(a, "available"); n != 0 {
		t.Errorf("the first worker changed %d jobs on a new connection", n)
	}
	if err := a.Beat(ctx, first.Term, true, now); !errors.Is(err, jobs.ErrTakenOver) {
		t.Errorf("a sign of life of the first: %v", err)
	}
	if err := a.Leave(ctx, first.Term); !errors.Is(err, jobs.ErrTakenOver) {
		t.Errorf("the first leaves: %v", err)
	}
	if err := b.Leave(ctx, second.Term); err != nil {
		t.Error(err)
	}
	if w, err = a.Worker(ctx); err != nil || !w.Gone || w.Term != second.Term {
		t.Errorf("after the second: %+v, %v", w, err)
	}
	if _, err := a.Take(ctx, w, true, now); err != nil { // and is heard again
		t.Fatal(err)
	}
	if n := job(a, "available"); n != 1 {
		t.Errorf("working again, the first worker changed %d jobs", n)
	}
	if n := job(b, "running"); n != 0 {
		t.Errorf("the second worker changed %d jobs", n)
	}
}

// drop makes database/sql give up its connection.
func drop(t *testing.T, db *sql.DB) {
	t.Helper()
	c, err := db.Conn(context.WithoutCancel(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Raw(func(any) error { return driver.ErrBadConn }); !errors.Is(err, driver.ErrBadConn) {
		t.Fatal(err)
	}
}
