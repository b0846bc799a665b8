// Package jobs starts runs when they are due, by schedule, at lifecycle moments and when BambooHR told of
// changes, one at a time per connection, and makes up for what a stopped process or a jumping clock left out.
// The queue is River's. What a run does is left to syncrun, whether a connection may run by itself to package
// connection, what BambooHR told to package hint, where schedules are kept to the Queue.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Actor is who asks for runs that start by themselves.
const Actor = "schedule"

// Connections are one organisation's connections; *connection.Service is one.
type Connections interface {
	Timetables(ctx context.Context) ([]connection.Timetable, error)
	SyncFor(ctx context.Context, actor, id string, trigger syncrun.Trigger) (connection.Job, error)
	SyncChanges(ctx context.Context, actor, id string, trigger syncrun.Trigger, hinted []int64) (connection.Job, error)
	ApplyDue(ctx context.Context, actor, id string) (connection.Job, error)
	Wait(ctx context.Context, jobID string) (connection.Job, error)
	Cancel(ctx context.Context, id string) error
}

// Hints are what BambooHR told of changes, until somebody has looked; the store's hint.Store is one.
type Hints interface {
	// Waiting tells since when hints wait, in real time, by connection.
	Waiting(ctx context.Context) (map[string]time.Time, error)
	// Take returns what waits for a connection; it waits until Done.
	Take(ctx context.Context, connection string) (hint.Batch, error)
	// Done drops what had come when a batch was taken.
	Done(ctx context.Context, connection string, mark int64) error
}

// Organisation is one whose connections run by themselves.
type Organisation struct {
	ID          string
	Connections Connections
	Hints       Hints // nil: BambooHR tells nothing
}

// Options are what a Service works with. Queue, Organisations, Now and Log must be set.
type Options struct {
	Queue         Queue
	Organisations []Organisation
	Now           func() time.Time // by which runs are due
	// Real is the time by which a burst of hints is over, and hints give BambooHR its rest. Defaults to the
	// machine's.
	Real func() time.Time
	Log  *slog.Logger // warnings only
	// Every is how much real time passes between two looks at the schedules. Defaults to 10 s.
	Every time.Duration
	// Spread is the time over which the runs of many connections that are due at one moment are spread,
	// each always by the same part of it. Defaults to 0, for one organisation.
	Spread time.Duration
	// Workers is how many runs are made at once. Defaults to 2.
	Workers int
	// Poll is how much real time passes between two looks into the queue. Defaults to a second.
	Poll time.Duration
	// Beat is how much real time passes between two signs of life of the process that works the queue. Defaults to
	// 10 s.
	Beat time.Duration
	// Silence is for how much real time it may give none, until another takes over. Defaults to a minute.
	Silence time.Duration
}

// Service looks at the schedules and works the queue. It may be used by many goroutines.
type Service struct {
	o      Options
	client *river.Client[*sql.Tx] // inserts and lists, and works nothing

	looking sync.Mutex // held during a look at the schedules
	rests   rests      // of connections that hints started a look of

	stop  context.CancelFunc // nil: not started
	done  chan struct{}
	watch watch
	mu    sync.Mutex
	term  *term // nil: another process works the queue
}

// The queues: what came due need not wait for long readings.
const (
	queueRuns    = "runs"
	queueEffects = "effects"
)

// New prepares the queue's tables. The service answers Jobs and Overdue at once and works after Start.
func New(ctx context.Context, o Options) (*Service, error) {
	if o.Every == 0 {
		o.Every = 10 * time.Second
	}
	if o.Workers == 0 {
		o.Workers = 2
	}
	if o.Poll == 0 {
		o.Poll = time.Second
	}
	if o.Beat == 0 {
		o.Beat = 10 * time.Second
	}
	if o.Silence == 0 {
		o.Silence = time.Minute
	}
	if o.Real == nil {
		o.Real = time.Now
	}
	s := &Service{o: o, rests: rests{of: map[string]rest{}}}
	driver, log := riversqlite.New(o.Queue.DB()), slog.New(warnings{o.Log.Handler()})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue of jobs: %w", err)
	}
	// In one transaction, because another process may be doing the same at this moment.
	err = s.write(ctx, func(tx *sql.Tx) error {
		_, err := migrator.MigrateTx(ctx, tx, rivermigrate.DirectionUp, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue of jobs: %w", err)
	}
	if s.client, err = river.NewClient(driver, &river.Config{Logger: log}); err != nil {
		return nil, fmt.Errorf("prepare the queue of jobs: %w", err)
	}
	return s, nil
}

// worker makes the client that works the queue for one term.
func (s *Service) worker(t *term) (*river.Client[*sql.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &runWorker{t: t})
	river.AddWorker(workers, &effectsWorker{t: t})
	river.AddWorker(workers, &changesWorker{t: t})
	return river.NewClient(riversqlite.New(s.o.Queue.DB()), &river.Config{
		Logger:  slog.New(warnings{s.o.Log.Handler()}),
		Workers: workers,
		Queues:  map[string]river.QueueConfig{queueRuns: {MaxWorkers: s.o.Workers}, queueEffects: {MaxWorkers: 1}},
		// Every part of a run has a limit of its own, and whoever takes over takes up what a process left behind.
		JobTimeout:           -1,
		RescueStuckJobsAfter: 24 * time.Hour,
		PollOnly:             true, // one process works; there is nobody to notify
		FetchPollInterval:    s.o.Poll,
		FetchCooldown:        min(s.o.Poll, river.FetchCooldownDefault),
		// A week of what happened, for the page of jobs.
		CompletedJobRetentionPeriod: 7 * 24 * time.Hour,
		CancelledJobRetentionPeriod: 7 * 24 * time.Hour,
		DiscardedJobRetentionPeriod: 7 * 24 * time.Hour,
	})
}

// Start looks at the schedules and works the queue until Stop. While another process does so, it stands by and takes
// over when that one ends, however it ends, or gives no sign of life. It has looked once when Start returns: what falls
// due from then on is made, however soon the clock moves.
func (s *Service) Start(ctx context.Context) error {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	t, err := s.takeOver(ctx)
	if err != nil {
		stop()
		return err
	}
	if t != nil {
		s.turned(ctx)
	}
	s.stop, s.done = stop, make(chan struct{})
	go s.run(ctx)
	return nil
}

// run looks at the schedules again and again.
func (s *Service) run(ctx context.Context) {
	defer close(s.done)
	every := time.NewTicker(s.o.Every)
	defer every.Stop()
	for {
		t := s.turned(ctx)
		select {
		case <-ctx.Done():
			return
		case <-t.lost():
		case <-every.C:
		}
	}
}

// turned is turn; what went wrong is told.
func (s *Service) turned(ctx context.Context) *term {
	t, err := s.turn(ctx)
	if err != nil && ctx.Err() == nil {
		s.o.Log.Warn("automatic runs: "+err.Error(), "next_try_in", s.o.Every)
	}
	return t
}

// turn takes over where that is due, and looks at the schedules; nil when another process does.
func (s *Service) turn(ctx context.Context) (*term, error) {
	t := s.current()
	var err error
	switch {
	case t == nil:
		t, err = s.takeOver(ctx)
	case t.isLost():
		return nil, s.standDown(ctx, t)
	}
	if t == nil || err != nil {
		return t, err
	}
	if err = s.tick(ctx, t); errors.Is(err, ErrTakenOver) {
		return nil, s.standDown(ctx, t)
	}
	return t, err
}

// Stop ends the runs under way between two batches, and waits for them until ctx ends. They go on when the
// service, or that of another process, starts.
func (s *Service) Stop(ctx context.Context) error {
	if s.stop == nil {
		return nil
	}
	s.stop()
	<-s.done
	s.stop = nil
	t := s.current()
	if t == nil {
		return nil
	}
	err := s.end(ctx, t)
	if left := s.o.Queue.Leave(context.WithoutCancel(ctx), t.no); !errors.Is(left, ErrTakenOver) {
		err = errors.Join(err, left)
	}
	return errors.Join(err, t.unlock())
}

// write runs f in a transaction that holds the write lock.
func (s *Service) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.o.Queue.DB().BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// organisation is the one of an id; without Connections when it is not served here.
func (s *Service) organisation(id string) Organisation {
	for _, o := range s.o.Organisations {
		if o.ID == id {
			return o
		}
	}
	return Organisation{}
}

// warnings leaves out what River tells of its daily life.
type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }

func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
