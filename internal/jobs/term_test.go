package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/store/schedules"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestSilence: a worker stands still once somebody who looked all the time saw no sign of life for a minute.
func TestSilence(t *testing.T) {
	t.Parallel()
	begin := utc("2026-11-21 12:00")
	for _, c := range []struct {
		name  string
		looks []string // seconds and beats, of a term where it is not 1
		want  bool     // of the last
	}{
		{"not for long", []string{"0 5", "20 5", "40 5", "59 5"}, false},
		{"for a minute", []string{"0 5", "20 5", "40 5", "60 5"}, true},
		{"alive", []string{"0 5", "20 5", "40 6", "60 6", "80 6", "99 6"}, false},
		{"alive, then silent", []string{"0 5", "20 6", "40 6", "60 6", "80 6"}, true},
		{"another one", []string{"0 5", "20 5", "40 5 2", "60 5 2", "80 5 2"}, false},
		{"the first look", []string{"3600 5"}, false},
		{"who looks stood still itself", []string{"0 5", "20 5", "3600 5", "3620 5"}, false},
		{"and then saw it", []string{"0 5", "20 5", "3600 5", "3620 5", "3640 5", "3660 5"}, true},
		{"a clock that was set back", []string{"3600 5", "3620 5", "10 5", "30 5", "50 5"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			silent, got := jobs.Silence(), false
			for _, look := range c.looks {
				var seconds, beats, term int64 = 0, 0, 1
				fmt.Sscan(look, &seconds, &beats, &term)
				got = silent(jobs.Worker{Term: term, Beats: beats}, begin.Add(time.Duration(seconds)*time.Second))
			}
			if got != c.want {
				t.Errorf("silent: %v", got)
			}
		})
	}
}

// stopper makes a process stand still: its loops, not its River, which goes on all the time.
type stopper struct {
	jobs.Queue
	looks atomic.Int64 // for who works the queue

	mu   sync.Mutex
	gate chan struct{} // closed while it goes on
}

func newStopper() *stopper {
	s := &stopper{gate: make(chan struct{})}
	close(s.gate)
	return s
}

// in puts the stopper into a process.
func (s *stopper) in(o *jobs.Options) {
	now := o.Now
	s.Queue, o.Queue, o.Beat = o.Queue, s, 20*time.Millisecond
	o.Now = func() time.Time {
		s.wait()
		return now()
	}
}

// stop makes the process stand still until goOn is called.
func (s *stopper) stop() (goOn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gate := make(chan struct{})
	s.gate = gate
	return sync.OnceFunc(func() { close(gate) })
}

func (s *stopper) wait() {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	<-gate
}

// Worker implements jobs.Queue.
func (s *stopper) Worker(ctx context.Context) (jobs.Worker, error) {
	defer s.looks.Add(1)
	return s.Queue.Worker(ctx)
}

// Beat implements jobs.Queue.
func (s *stopper) Beat(ctx context.Context, term int64, locked bool, now time.Time) error {
	s.wait()
	return s.Queue.Beat(ctx, term, locked, now)
}

// came waits until a channel is closed.
func (w *world) came(here <-chan struct{}) {
	w.t.Helper()
	select {
	case <-here:
	case <-time.After(30 * time.Second):
		w.t.Fatalf("nobody reads; %s", w.state())
	}
}

// takenOver lets time go by until a process that stands by, and looks all the time, has taken over.
func (p *process) takenOver(looks *stopper, term int64) {
	p.w.t.Helper()
	took := func() bool {
		w, err := p.queue.Worker(p.w.t.Context())
		return err == nil && w.Term == term
	}
	for !took() {
		was := looks.looks.Load()
		p.w.eventually("looked for who works", func() bool { return took() || looks.looks.Load() > was+1 })
		p.w.pass(20 * time.Second)
	}
}

// TestTakenOverStandingStill: a process that stands still in the middle of a run keeps the lock, and still another one
// takes over, makes that run and the next ones, once each. Going on, the first neither begins, nor ends, nor marks
// anything: its run has lost its lease, and its River is not heard, also of the attempt that the other has under
// way. It stands by, and takes over when the other ends (security §3 #42).
func TestTakenOverStandingStill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.every, w.real = 20*time.Millisecond, utc("2026-11-21 12:00")
	late, standby := newStopper(), newStopper()
	first := w.openWith(late.in)
	if err := first.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	id := first.enabled("Acme", daily)
	w.eventually("scheduled", func() bool { return !first.next(id).IsZero() })

	// The first run reads, the process stops, the second one takes over and reads too.
	read, answers := [2]chan struct{}{make(chan struct{}), make(chan struct{})}, [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	var arrive, answer [2]func()
	for i := range 2 {
		arrive[i] = sync.OnceFunc(func() { close(read[i]) })
		answer[i] = sync.OnceFunc(func() { close(answers[i]) })
		t.Cleanup(answer[i])
	}
	w.on(func(rw http.ResponseWriter, r *http.Request) {
		for i, version := range []string{"test-1", "test-2"} {
			if strings.Contains(r.URL.Path, "/reports/") && strings.Contains(r.UserAgent(), version) { // which may take minutes
				arrive[i]()
				<-answers[i]
			}
		}
	})
	w.set(utc("2026-11-22 03:00"))
	w.came(read[0])
	goOn := late.stop()
	t.Cleanup(goOn)
	second := w.openWith(standby.in)
	if err := second.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	second.takenOver(standby, 2)
	w.came(read[1])

	// The late one ends its run, while the other's is under way, and says so to River.
	before := w.tables()
	answer[0]()
	w.eventually("the late run ended", func() bool { return first.Job(t.Context(), id).Done })
	if j := first.Job(t.Context(), id); j.Err == nil || !errors.Is(j.Err, syncrun.ErrLeaseLost) {
		t.Errorf("the late run ended with %v", j.Err)
	}
	if diff := cmp.Diff(before, w.tables()); diff != "" {
		t.Errorf("the late process wrote (-before +after):\n%s", diff)
	}
	answer[1]()
	w.eventually("made by the second", func() bool { return second.list()[0].State == jobs.Done })
	if j := second.list()[0]; j.Attempt != 2 || j.Error != "" {
		t.Errorf("the job that was taken over: %+v", j)
	}
	w.set(utc("2026-11-23 03:00"))
	w.eventually("the next one too", func() bool { l := second.list(); return len(l) == 2 && l[1].State == jobs.Done })
	wantRuns(t, second, id, "11-22 03:00 interrupted, 11-22 03:00 no_op, 11-23 03:00 no_op")

	// It goes on, stands by, and is there when the other ends.
	goOn()
	w.eventually("the first one stands by", func() bool { return errors.Is(first.jobs.Tick(t.Context()), jobs.ErrLocked) })
	second.close()
	w.set(utc("2026-11-24 03:00"))
	w.eventually("made by the first", func() bool { l := first.list(); return len(l) == 3 && l[2].State == jobs.Done })
	wantRuns(t, first, id, "11-22 03:00 interrupted, 11-22 03:00 no_op, 11-23 03:00 no_op, 11-24 03:00 no_op")
}

// TestFetchedTooLate: a job that a process fetched before it stood still is not begun once another one has taken over.
func TestFetchedTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	other := w.open()
	worker, err := other.queue.Worker(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.set(utc("2026-11-22 03:00"))
	if _, err := p.queue.DB().Exec("update river_job set state = state"); err != nil { // its term is on
		t.Fatal(err)
	}
	for ; ; worker, err = other.queue.Worker(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if _, err = other.queue.Take(t.Context(), worker, false, w.wall()); !errors.Is(err, jobs.ErrLocked) {
			break // not heard of in between
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := p.jobs.Begin(t.Context(), jobs.Task{Organisation: "default", Connection: id}); !strings.Contains(fmt.Sprint(err), "another process makes the automatic runs") {
		t.Errorf("it began: %v", err)
	}
	wantRuns(t, p, id, "")
}

// TestIdleStandingStill: whoever looks is told that nobody makes the runs, although the lock is held.
func TestIdleStandingStill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.every, w.real = 20*time.Millisecond, utc("2026-11-21 12:00")
	late := newStopper()
	p := w.openWith(late.in)
	if err := p.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.enabled("Acme", daily)
	pages := w.open()
	idle := func() bool {
		t.Helper()
		h, err := pages.jobs.Health(t.Context(), "default")
		if err != nil {
			t.Fatal(err)
		}
		return h.Idle
	}
	if idle() {
		t.Error("somebody works")
	}
	goOn := late.stop()
	t.Cleanup(goOn)
	w.pass(61 * time.Second)
	w.eventually("nobody works", idle)
	goOn()
	w.eventually("somebody works again", func() bool { return !idle() })
}

// tables are all rows of the database but those of who works the queue.
func (w *world) tables() string {
	w.t.Helper()
	q, err := schedules.Open(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	defer q.Close()
	lines := func(query string) (out []string) {
		rows, err := q.DB().Query(query)
		if err != nil {
			w.t.Fatal(err)
		}
		defer rows.Close()
		columns, err := rows.Columns()
		for ; err == nil && rows.Next(); err = rows.Err() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(any)
			}
			err = rows.Scan(values...)
			line := ""
			for i := range values {
				line += fmt.Sprintf("%v ", *values[i].(*any))
			}
			out = append(out, strings.TrimSpace(line))
		}
		if err != nil {
			w.t.Fatal(err)
		}
		return out
	}
	out := ""
	for _, table := range lines("select name from sqlite_master where type = 'table' and name not in ('queue_worker', 'river_leader', 'river_queue', 'leases') order by name") {
		for _, line := range lines("select * from " + table) {
			out += table + " " + line + "\n"
		}
	}
	return out
}
