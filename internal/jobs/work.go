package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const (
	// busyWait is how long a job steps back while other work on its connection is under way. It is no
	// longer than what River waits without an elected leader.
	busyWait = 5 * time.Second
	// longestWait is what a run may wait for BambooHR by itself (security §3 #14); beyond it the run is
	// made later.
	longestWait = 15 * time.Minute
)

// Task is what a job is to do. One per connection and kind is unfinished at a time.
type Task struct {
	Organisation string    `json:"organisation" river:"unique"`
	Connection   string    `json:"connection" river:"unique"`
	Due          time.Time `json:"due"`
	Found        time.Time `json:"found"`  // when it was found to be due, by the same clock
	Missed       int       `json:"missed"` // later starts that this one makes up for
	Moment       bool      `json:"moment"` // due by a date of somebody, such as a first day, not by the schedule
	Hinted       bool      `json:"hinted"` // due because BambooHR told of changes
}

type runArgs struct{ Task }

// Kind implements river.JobArgs.
func (runArgs) Kind() string { return string(Run) }

type effectsArgs struct{ Task }

// Kind implements river.JobArgs.
func (effectsArgs) Kind() string { return string(Effects) }

type runWorker struct {
	river.WorkerDefaults[runArgs]
	t *term
}

// Work implements river.Worker.
func (w *runWorker) Work(ctx context.Context, job *river.Job[runArgs]) error {
	task := job.Args.Task
	return w.t.look(ctx, Run, task, func(ctx context.Context, c Connections, _ hint.Batch) (connection.Job, error) {
		return c.SyncFor(ctx, Actor, task.Connection, syncrun.TriggerSchedule)
	})
}

type effectsWorker struct {
	river.WorkerDefaults[effectsArgs]
	t *term
}

// Work implements river.Worker.
func (w *effectsWorker) Work(ctx context.Context, job *river.Job[effectsArgs]) error {
	return w.t.work(ctx, Effects, job.Args.Task, func(ctx context.Context, c Connections) (connection.Job, error) {
		return c.ApplyDue(ctx, Actor, job.Args.Connection)
	})
}

// result is kept with a finished job.
type result struct {
	Run string `json:"run"`
}

// work starts what a task asks for, waits until it is done, and says what becomes of the job: nil, done;
// a cancellation, done without success; a snooze, later; any other error, tried again soon. It gives way when the
// term is over before it begins.
func (t *term) work(ctx context.Context, kind Kind, task Task, start func(context.Context, Connections) (connection.Job, error)) error {
	s := t.s
	c := s.organisation(task.Organisation).Connections
	if c == nil {
		return river.JobCancel(fmt.Errorf("organisation %s is not served here", task.Organisation))
	}
	job, err := start(t.may(ctx), c)
	if err != nil {
		return begun(err)
	}
	stopped := false
	job, err = c.Wait(ctx, job.ID)
	if ctx.Err() != nil {
		stopped = true
		keep := context.WithoutCancel(ctx)
		_ = c.Cancel(keep, task.Connection) // it may just have ended
		job, err = c.Wait(keep, job.ID)
	}
	if errors.Is(err, directory.ErrNotFound) {
		return nil // done, and other work has begun since
	}
	if err != nil {
		return err
	}
	if job.Run != nil {
		if err := river.RecordOutput(ctx, result{job.Run.ID}); err != nil {
			return err
		}
	}
	if stopped && job.Err != nil {
		return river.JobSnooze(0)
	}
	return t.ended(context.WithoutCancel(ctx), kind, task, job.Err)
}

// begun is what becomes of a job that could not begin.
func begun(err error) error {
	_, setup := errors.AsType[*connection.SetupError](err)
	_, elsewhere := errors.AsType[*connection.ReadOnlyError](err)
	switch {
	case later(err):
		return river.JobSnooze(busyWait)
	case setup, elsewhere, errors.Is(err, directory.ErrNotFound): // switched off, paused or deleted since
		return river.JobCancel(err)
	}
	return err
}

// later tells that other work is under way, or that the program is shutting down.
func later(err error) bool {
	_, busy := errors.AsType[*syncrun.BusyError](err)
	return busy || errors.Is(err, context.Canceled) && !errors.Is(err, connection.ErrCancelled)
}

// ended is what becomes of a job whose run ended. A failed reading was tried again within the run; the next
// try is the next start (contradiction C25). A run that another one took over is that one's business; one that stood
// still, and that nobody took over, is made again.
func (t *term) ended(ctx context.Context, kind Kind, task Task, err error) error {
	s := t.s
	_, unread := errors.AsType[*syncrun.ReadError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syncrun.ErrLeaseExpired):
		return err
	case errors.Is(err, syncrun.ErrLeaseLost):
		return river.JobCancel(err)
	case unread:
		s.failed(task, err)
		if e, ok := errors.AsType[*source.Error](err); ok && e.RetryAfter() > longestWait && kind != Changes {
			err = errors.Join(err, t.park(ctx, task, s.o.Now().Add(e.RetryAfter())))
		}
		return river.JobCancel(err)
	case errors.Is(err, connection.ErrCancelled):
		return river.JobCancel(err)
	case later(err):
		return river.JobSnooze(busyWait)
	}
	return err
}

// park makes an instant the connection's next run, because BambooHR wants to be left alone until then.
func (t *term) park(ctx context.Context, task Task, until time.Time) error {
	queue := t.s.o.Queue
	return t.s.inTerm(ctx, t, func(tx *sql.Tx) error {
		rows, err := queue.Rows(ctx, tx, task.Organisation)
		if err != nil {
			return err
		}
		row := rowOf(rows, task.Connection, Run)
		row.Next = until
		return queue.Put(ctx, tx, task.Organisation, row)
	})
}
