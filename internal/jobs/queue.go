package jobs

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ErrLocked says that another process works the queue.
var ErrLocked = errors.New("another process makes the automatic runs")

// ErrTakenOver says that another process works the queue by now, because this one stood still.
var ErrTakenOver = errors.New("another process makes the automatic runs by now")

// Worker is the process that works the queue, or did last. Times are real.
type Worker struct {
	Term   int64 // grows with every process that takes the queue; 0: nobody ever did
	Host   string
	PID    int       // 0: it gave the queue back
	Since  time.Time // when it took the queue
	Seen   time.Time // when it was heard of last
	Beats  int64     // how often it was heard of
	Locked bool      // it has the queue's lock too
	Gone   bool      // its process has ended, as far as this one can tell
}

// Queue keeps schedules beside River's tables, so that a job and the schedule that it came from are written
// in one transaction. Instants are kept to the millisecond.
type Queue interface {
	// DB is where River keeps its tables; its transactions hold the write lock from their start.
	DB() *sql.DB
	// Lock takes the queue's lock, which only one process has, or answers ErrLocked. It ends with release, and
	// with the process, however it ends.
	Lock() (release func() error, err error)
	// Worker tells who works the queue.
	Worker(ctx context.Context) (Worker, error)
	// Take makes this process the one that works the queue, unless whoever does was heard of since was was read:
	// ErrLocked. In the same transaction the jobs that the former one had begun wait again, those begun as often
	// as they may are given up, and its runs of them lose their leases. From then on River's writes for the former
	// one do nothing.
	Take(ctx context.Context, was Worker, locked bool, now time.Time) (Worker, error)
	// Beat says that the worker of a term works, and whether it has the lock; ErrTakenOver when it is not the last.
	Beat(ctx context.Context, term int64, locked bool, now time.Time) error
	// Leave says that the worker of a term ended; ErrTakenOver when it is not the last.
	Leave(ctx context.Context, term int64) error
	// Working tells whether a term is the last: ErrTakenOver.
	Working(ctx context.Context, tx *sql.Tx, term int64) error
	// Rows returns the schedules of an organisation.
	Rows(ctx context.Context, tx *sql.Tx, organisation string) ([]Row, error)
	// Put writes one row of a connection that exists.
	Put(ctx context.Context, tx *sql.Tx, organisation string, r Row) error
	// Moments tells which effects of a connection fall due after an instant.
	Moments(ctx context.Context, tx *sql.Tx, organisation, connection string, after, now time.Time) (Moments, error)
}

// Kind is what a connection does by itself.
type Kind string

// The kinds, which are the kinds of River's jobs too.
const (
	Run     Kind = "run"     // reads BambooHR, plans and applies
	Effects Kind = "effects" // applies what came due, without reading
	Changes Kind = "changes" // reads whom BambooHR says to have changed, and applies that
)

// Row is when a connection does something by itself.
type Row struct {
	Connection string
	Kind       Kind
	Spec       string    // what Next follows from; another text means that it must be computed again
	Next       time.Time // zero: not by itself
	Last       time.Time // when the last one was due; of Effects, the last instant that was dealt with; of Changes, the last look
}

// same compares instants, not their zones.
func (r Row) same(o Row) bool {
	return r.Spec == o.Spec && r.Next.Equal(o.Next) && r.Last.Equal(o.Last)
}

// Moments are the instants at which something falls due.
type Moments struct {
	Next time.Time // the first one; zero: none
	Last time.Time // the last one that is over; zero: none is
	Look bool      // BambooHR has to be read for one of those that are over
}
