package jobs

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// ErrLocked says that another process works the queue.
var ErrLocked = errors.New("another process makes the automatic runs")

// Queue keeps schedules beside River's tables, so that a job and the schedule that it came from are written
// in one transaction. Instants are kept to the millisecond.
type Queue interface {
	// DB is where River keeps its tables; its transactions hold the write lock from their start.
	DB() *sql.DB
	// Lock makes this the only process that works the queue, or answers ErrLocked. The lock ends with
	// release, and with the process, however it ends.
	Lock() (release func() error, err error)
	// Revive makes the jobs that an ended process had begun wait again; one that was begun as often as it
	// may is given up. Only whoever has the lock may call it.
	Revive(ctx context.Context) error
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
