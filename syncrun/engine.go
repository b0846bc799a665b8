// Package syncrun is the engine: one run from reading to history, through the small interfaces it
// declares (Source, Store). What the records mean is left to mapping, what to change to plan, where
// it is kept to the Store, when it starts to the caller, what humans do by hand to people.
package syncrun

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

// ErrLeaseLost says that another run has taken the connection's lease; nothing more is written.
var ErrLeaseLost = errors.New("another run has taken over this connection; nothing more was written")

// ErrLeaseExpired is an ErrLeaseLost whose time was up before anybody took the lease, because the run stood still.
var ErrLeaseExpired error = leaseExpired{}

type leaseExpired struct{}

func (leaseExpired) Error() string {
	return "this run stood still for longer than it keeps its connection; nothing more was written, the next run does the rest"
}

func (leaseExpired) Is(target error) bool { return target == ErrLeaseLost }

// Engine runs one connection of one organisation. All fields but Progress and Guard must be set.
type Engine struct {
	Organisation string
	Policy       *policy.Connection
	Store        Store
	Source       Source
	Now          func() time.Time
	NewID        func(prefix string) string // unique ids such as "run_…"
	Actor        string                     // who asks, e.g. "cli:root"
	LeaseFor     time.Duration              // how long a silent run keeps the connection
	Retryable    func(error) bool           // whether a broken reading is worth a second try
	Progress     func(Progress)             // nil: nobody looks
	Guard        *policy.Guard              // by which it plans instead of the settings' own; nil: those

	batch int // changes that share a transaction; 0: batchSize
}

// Progress is what a run has done so far, for a person who waits.
type Progress struct {
	Phase string // reading, planning, applying
	Done  int
	Total int // 0: not known yet
}

func (e *Engine) progress(phase string, done, total int) {
	if e.Progress != nil {
		e.Progress(Progress{phase, done, total})
	}
}

// ReadError says that a reading failed or could not be certified: no plan exists and nothing was
// changed.
type ReadError struct {
	Connection string
	Cert       *hr.Certificate // nil when the reading itself broke
	Err        error
}

func (e *ReadError) Error() string {
	if e.Cert != nil {
		return fmt.Sprintf("the reading of %s is not usable: %s; nothing was changed; \"rollcall check\" tells what the key sees", e.Connection, e.Cert.Doubts[0].Text)
	}
	return fmt.Sprintf("read %s: %v", e.Connection, e.Err)
}

func (e *ReadError) Unwrap() error { return e.Err }

// InputError refuses what a human asked for: nothing was changed. Field is what it is about, "" for none.
type InputError struct{ Field, Text string }

func (e *InputError) Error() string { return e.Text }

// session is a run in progress: its lease, its row, and the keeper that renews the lease.
type session struct {
	e     *Engine
	conn  Connection
	run   Run
	lease Lease
	stop  func() error

	started bool      // the run has a row
	looks   bool      // for changes: a reading that fails does not count
	asked   *Mark     // where a look's question leads to, when its run reads everybody after all
	found   *findings // of the last reading
}

// begin takes the connection's lease and writes the run's row. The returned context ends when the
// lease is lost.
func (e *Engine) begin(ctx context.Context, trigger Trigger) (context.Context, *session, error) {
	ctx, s, err := e.lease(ctx, trigger)
	if err != nil {
		return ctx, nil, err
	}
	if err := s.start(ctx); err != nil {
		return ctx, nil, errors.Join(err, s.abandon(ctx))
	}
	return ctx, s, nil
}

// lease is begin without the run's row, which start writes.
func (e *Engine) lease(ctx context.Context, trigger Trigger) (context.Context, *session, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return ctx, nil, err
	}
	run := Run{ID: e.NewID("run"), Connection: conn.ID, Name: conn.Name, Trigger: trigger, Actor: e.Actor,
		StartedAt: e.Now(), Revision: e.revision(), KindCounts: map[plan.Kind]int{}}
	lease, err := e.Store.Acquire(ctx, conn.ID, run.ID, e.LeaseFor)
	if err != nil {
		return ctx, nil, err
	}
	// The connection's row is read again under the lease: an earlier run may just have changed it.
	if conn, err = e.Store.EnsureConnection(ctx, e.Policy.Name); err != nil {
		return ctx, nil, errors.Join(err, e.Store.Release(context.WithoutCancel(ctx), lease))
	}
	kept, stop := e.keep(ctx, lease)
	return kept, &session{e: e, conn: conn, run: run, lease: lease, stop: stop}, nil
}

func (e *Engine) revision() string { return policy.Revision(*e.Policy) }

// start writes the run's row, once.
func (s *session) start(ctx context.Context) error {
	if s.started {
		return nil
	}
	err := s.e.Store.StartRun(ctx, s.lease, s.run)
	s.started = err == nil
	return err
}

// abandon gives the lease of a run back that has no row.
func (s *session) abandon(ctx context.Context) error {
	return errors.Join(s.stop(), s.e.Store.Release(context.WithoutCancel(ctx), s.lease))
}

// Exclusive does f under the connection's lease, for work beside runs such as an export, so that neither
// a run nor another such work is under way meanwhile (*BusyError). f's context ends when the lease is
// lost; id names the work to whoever finds the connection busy.
func (e *Engine) Exclusive(ctx context.Context, connection, id string, f func(context.Context) error) error {
	lease, err := e.Store.Acquire(ctx, connection, id, e.LeaseFor)
	if err != nil {
		return err
	}
	kept, stop := e.keep(ctx, lease)
	err = f(kept)
	return errors.Join(err, stop(), e.Store.Release(context.WithoutCancel(ctx), lease))
}

// keep renews the lease until stop, and cancels the context when it is lost. What kept the database from renewing
// it, such as a long write of somebody else, is soon tried again.
func (e *Engine) keep(ctx context.Context, l Lease) (context.Context, func() error) {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		due := time.NewTimer(e.LeaseFor / 3)
		defer due.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-due.C:
			}
			switch err := e.Store.Renew(ctx, l, e.LeaseFor); {
			case errors.Is(err, ErrLeaseLost):
				cancel(err)
				return
			case err != nil:
				due.Reset(e.LeaseFor / 60)
			default:
				due.Reset(e.LeaseFor / 3)
			}
		}
	}()
	return ctx, func() error {
		cause := context.Cause(ctx)
		cancel(nil)
		<-done
		if errors.Is(cause, ErrLeaseLost) {
			return cause
		}
		return nil
	}
}

// end writes the run's outcome and gives the lease back. It works on a context of its own, because a
// cancelled run must still be told.
func (s *session) end(ctx context.Context, outcome Outcome, cause error) error {
	lost := s.stop()
	if lost != nil {
		return lost
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	s.run.Outcome, s.run.FinishedAt = outcome, s.e.Now()
	if cause != nil {
		s.run.Errors = append(s.run.Errors, runError(cause))
	}
	err := s.e.Store.FinishRun(ctx, s.lease, s.run)
	return errors.Join(err, s.e.Store.Release(ctx, s.lease))
}

// coder is an error that knows its stable code and the vendor's request id.
type coder interface {
	Code() string
	RequestID() string
}

func runError(err error) RunError {
	r := RunError{Code: "failed", Message: err.Error()}
	var c coder
	var stale *StaleError
	var read *ReadError
	switch {
	case errors.As(err, &c):
		r.Code, r.RequestID = c.Code(), c.RequestID()
	case errors.As(err, &stale):
		r.Code = "stale"
	case errors.As(err, &read) && read.Cert != nil:
		r.Code = read.Cert.Doubts[0].Code
	case errors.Is(err, context.Canceled):
		r.Code = "cancelled"
	}
	return r
}

// holdsAndDecisions fills the parts of a planner's input that come from the store.
func (e *Engine) input(ctx context.Context, s *session) (plan.Input, error) {
	in := plan.Input{Organisation: e.Organisation, Connection: s.conn.ID, Name: s.conn.Name, Policy: e.Policy,
		Revision: s.run.Revision, Now: e.Now()}
	var err error
	if in.Groups, err = e.Store.Groups(ctx); err != nil {
		return in, err
	}
	if in.Holds, err = e.Store.Holds(ctx); err != nil {
		return in, err
	}
	if in.Freezes, err = e.Store.Freezes(ctx, s.conn.ID); err != nil {
		return in, err
	}
	if in.Decisions, err = e.Store.Decisions(ctx, s.conn.ID); err != nil {
		return in, err
	}
	if in.Owners, err = e.Store.Owners(ctx); err != nil {
		return in, err
	}
	if in.Linked, err = e.Store.Counts(ctx, s.conn.ID); err != nil {
		return in, err
	}
	if e.Guard != nil {
		p := *e.Policy
		p.Guard, in.Policy = *e.Guard, &p
	}
	in.Recent, err = e.Store.RecentKinds(ctx, s.conn.ID, in.Now.Add(-in.Policy.Guard.Window))
	return in, err
}

// Runs lists the newest runs of the connection.
func (e *Engine) Runs(ctx context.Context, limit int) ([]Run, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return nil, err
	}
	return e.Store.RunList(ctx, conn.ID, limit)
}
