package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const (
	// burst is how long, after the first hint, others are waited for, so that they cost one reading.
	burst = 5 * time.Second
	// apart is the least time between two readings that hints ask for.
	apart = 30 * time.Second
	// afterFailure is how long hints wait after a reading that failed; they are kept.
	afterFailure = 5 * time.Minute
)

// kinds are those of River's jobs.
func kinds() []string { return []string{string(Run), string(Effects), string(Changes)} }

type changesArgs struct{ Task }

// Kind implements river.JobArgs.
func (changesArgs) Kind() string { return string(Changes) }

type changesWorker struct {
	river.WorkerDefaults[changesArgs]
	t *term
}

// Work implements river.Worker.
func (w *changesWorker) Work(ctx context.Context, job *river.Job[changesArgs]) error {
	task := job.Args.Task
	return w.t.look(ctx, Changes, task, func(ctx context.Context, c Connections, b hint.Batch) (connection.Job, error) {
		trigger := syncrun.TriggerSchedule
		if b.Mark != 0 {
			trigger = syncrun.TriggerWebhook
		}
		if b.Everything {
			return c.SyncFor(ctx, Actor, task.Connection, trigger)
		}
		return c.SyncChanges(ctx, Actor, task.Connection, trigger, b.IDs)
	})
}

// look is work that reads BambooHR, and so answers every hint that came before it began. They are dropped only
// once what was read is stored: a process that dies before leaves them to the next one, and so does one that stood
// still meanwhile.
func (t *term) look(ctx context.Context, kind Kind, task Task, start func(context.Context, Connections, hint.Batch) (connection.Job, error)) error {
	s := t.s
	hints := s.organisation(task.Organisation).Hints
	if hints == nil {
		return t.work(ctx, kind, task, func(ctx context.Context, c Connections) (connection.Job, error) { return start(ctx, c, hint.Batch{}) })
	}
	b, err := hints.Take(ctx, task.Connection)
	if err != nil {
		return fmt.Errorf("look up what BambooHR told of %s: %w", task.Connection, err)
	}
	s.rests.put(task, rest{hints: s.o.Real().Add(apart)})
	err = t.work(ctx, kind, task, func(ctx context.Context, c Connections) (connection.Job, error) { return start(ctx, c, b) })
	keep := context.WithoutCancel(ctx)
	if err == nil {
		err = t.still(keep)
	}
	if err == nil {
		err = hints.Done(keep, task.Connection, b.Mark)
	}
	return err
}

// failed makes looks for changes wait after a reading that failed, as long as BambooHR asks for.
func (s *Service) failed(task Task, err error) {
	wait := afterFailure
	if e, ok := errors.AsType[*source.Error](err); ok {
		wait = max(wait, e.RetryAfter())
	}
	until := s.o.Real().Add(wait)
	s.rests.put(task, rest{until, until})
}

// hinted tells of which connections BambooHR told changes that are to be looked at now.
func (s *Service) hinted(ctx context.Context, o Organisation, now time.Time) (map[string]bool, error) {
	if o.Hints == nil {
		return nil, nil
	}
	waiting, err := o.Hints.Waiting(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up what BambooHR told %s: %w", o.ID, err)
	}
	out := map[string]bool{}
	for id, since := range waiting {
		// A clock that was set back does not keep a hint waiting.
		over := now.Sub(since) >= burst || now.Before(since)
		resting, _ := s.rests.on(o.ID, id, now)
		out[id] = over && !resting
	}
	return out, nil
}

// nextChanges tells whether changes have to be looked for: some time after the last look, or now because BambooHR
// told of them. A reading of everybody is a look too. In error BambooHR is asked once a day, by the schedule. What
// a stopped process or a jumping clock left out is one look.
func nextChanges(row Row, read time.Time, t connection.Timetable, hinted, resting bool, now time.Time) (Row, *due) {
	row.Kind, row.Connection, row.Next = Changes, t.ID, time.Time{}
	on := t.On && !t.Failing && !now.Before(t.From)
	spec := ""
	if t.On && !t.Failing && t.Changes > 0 {
		spec = t.Changes.String()
	}
	if row.Spec != spec || row.Last.After(now) { // newly on, or the clock was set back
		row.Spec, row.Last = spec, now
	}
	if read.After(row.Last) && !read.After(now) {
		row.Last = read
	}
	if on && hinted {
		if spec != "" {
			row.Next = now.Add(t.Changes)
		}
		row.Last = now
		return row, &due{At: now, Hinted: true}
	}
	if spec == "" {
		row.Last = time.Time{}
		return row, nil
	}
	row.Next = row.Last.Add(t.Changes)
	if !on || resting || row.Next.After(now) {
		return row, nil
	}
	d := &due{At: row.Next}
	row.Last, row.Next = now, now.Add(t.Changes)
	return row, d
}

// rest is until when BambooHR is left alone, in real time.
type rest struct {
	hints time.Time // by hints
	all   time.Time // by looks for changes of every kind
}

// rests keeps them by connection. Whoever works the queue next begins anew.
type rests struct {
	mu sync.Mutex
	of map[string]rest
}

func (r *rests) put(t Task, until rest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := t.Organisation + " " + t.Connection
	have := r.of[key]
	if have.hints.After(until.hints) {
		until.hints = have.hints
	}
	if have.all.After(until.all) {
		until.all = have.all
	}
	r.of[key] = until
}

// on tells whether hints, and all looks, have to wait. A clock that was set back does not keep them longer than a
// day.
func (r *rests) on(organisation, connection string, now time.Time) (hints, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	until := r.of[organisation+" "+connection]
	before := func(t time.Time) bool { return now.Before(t) && t.Sub(now) < setBack }
	return before(until.hints), before(until.all)
}
