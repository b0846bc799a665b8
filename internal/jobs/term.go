package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// term is the time for which this process works the queue. It ends with the process, or when another takes over
// because this one stood still.
type term struct {
	s      *Service
	no     int64
	client *river.Client[*sql.Tx]

	over    chan struct{} // closed when another process has taken over
	quit    chan struct{} // closed to end the signs of life
	beats   sync.WaitGroup
	release func() error // of the queue's lock; nil while the former worker, which stands still, has it
}

// current is the term of this process; nil while another works the queue.
func (s *Service) current() *term {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.term
}

func (s *Service) setTerm(t *term) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.term = t
}

// lost is closed when the term is over; nil is never over.
func (t *term) lost() <-chan struct{} {
	if t == nil {
		return nil
	}
	return t.over
}

func (t *term) isLost() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

// watch is what a process that stands by has seen of the one that works the queue. It goes by how long it has itself
// seen no sign of life: no two clocks are compared.
type watch struct {
	of    Worker
	since time.Time // when that sign of life was first seen
	last  time.Time // when it was looked for last
}

// silent tells whether a worker has given no sign of life for so long that it stands still. Whoever looks for the
// first time, or did not look for a while itself, waits anew.
func (w *watch) silent(of Worker, now time.Time, silence time.Duration) bool {
	if of.Term != w.of.Term || of.Beats != w.of.Beats || now.Sub(w.last) > silence/2 || now.Before(w.last) {
		w.of, w.since = of, now
	}
	w.last = now
	return now.Sub(w.since) >= silence
}

// takeOver begins to work the queue, unless another process does; nil then. One that ended gave its lock back,
// however it ended. One that stands still keeps it, and is known by its silence. One that took over from such a one
// may be without the lock: that it can be had tells nothing then.
func (s *Service) takeOver(ctx context.Context) (*term, error) {
	was, err := s.o.Queue.Worker(ctx)
	if err != nil {
		return nil, err
	}
	release, err := s.o.Queue.Lock()
	if err != nil && !errors.Is(err, ErrLocked) {
		return nil, fmt.Errorf("become the process that makes automatic runs: %w", err)
	}
	t := &term{s: s, release: release, over: make(chan struct{}), quit: make(chan struct{})}
	silent := s.watch.silent(was, s.o.Real(), s.o.Silence) && was.Term != 0
	ended := was.Gone || release != nil && (was.Term == 0 || was.Locked)
	if !ended && !silent {
		return nil, t.unlock()
	}
	if err := t.begin(ctx, was); err != nil {
		err = errors.Join(err, t.unlock())
		if errors.Is(err, ErrLocked) {
			return nil, nil // it was heard of, or somebody was quicker
		}
		return nil, fmt.Errorf("start automatic runs: %w", err)
	}
	if !ended {
		s.o.Log.Warn("took over the automatic runs of a process that gave no sign of life", "process", was.PID, "host", was.Host, "last_seen", was.Seen)
	}
	return t, nil
}

// begin makes this process the one that works the queue.
func (t *term) begin(ctx context.Context, was Worker) error {
	s := t.s
	w, err := s.o.Queue.Take(ctx, was, t.release != nil, s.o.Real())
	if err != nil {
		return err
	}
	t.no = w.Term
	if t.client, err = s.worker(t); err == nil {
		err = t.client.Start(context.WithoutCancel(ctx))
	}
	if err != nil {
		return errors.Join(err, s.o.Queue.Leave(ctx, t.no))
	}
	t.beats.Go(func() { t.beat(context.WithoutCancel(ctx)) })
	s.setTerm(t)
	return nil
}

// beat gives signs of life until the term is over, or quit is closed.
func (t *term) beat(ctx context.Context) {
	every := time.NewTicker(t.s.o.Beat)
	defer every.Stop()
	for {
		select {
		case <-t.quit:
			return
		case <-every.C:
		}
		if t.release == nil {
			release, err := t.s.o.Queue.Lock()
			if t.release = release; err != nil && !errors.Is(err, ErrLocked) {
				t.s.o.Log.Warn("automatic runs: take the lock of a process that stood still", "reason", err)
			}
		}
		err := t.s.o.Queue.Beat(ctx, t.no, t.release != nil, t.s.o.Real())
		if errors.Is(err, ErrTakenOver) {
			close(t.over)
			return
		}
		if err != nil {
			t.s.o.Log.Warn("automatic runs: " + err.Error())
		}
	}
}

// end ends the runs under way between two batches, and the signs of life.
func (s *Service) end(ctx context.Context, t *term) error {
	s.setTerm(nil)
	err := t.client.StopAndCancel(ctx)
	close(t.quit)
	t.beats.Wait()
	if err != nil {
		return fmt.Errorf("wait for automatic runs: %w", err)
	}
	return nil
}

// standDown stands by from now on, because another process took over. What was under way has lost its lease, and
// what River still wants to write is not heard.
func (s *Service) standDown(ctx context.Context, t *term) error {
	s.o.Log.Warn("another process took over the automatic runs, because this one stood still; it stands by now")
	return errors.Join(s.end(ctx, t), t.unlock())
}

// unlock gives the queue's lock back.
func (t *term) unlock() error {
	if t.release == nil {
		return nil
	}
	return t.release()
}

// inTerm is write that begins with a look whether the term is over: ErrTakenOver.
func (s *Service) inTerm(ctx context.Context, t *term, f func(*sql.Tx) error) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		if err := s.o.Queue.Working(ctx, tx, t.no); err != nil {
			return err
		}
		return f(tx)
	})
}

// still answers nil while the term is not over.
func (t *term) still(ctx context.Context) error {
	return t.s.inTerm(ctx, t, func(*sql.Tx) error { return nil })
}

// may is a context of work that begins only while the term is not over.
func (t *term) may(ctx context.Context) context.Context {
	return connection.While(ctx, func(ctx context.Context) error {
		err := t.still(ctx)
		if errors.Is(err, ErrTakenOver) {
			err = fmt.Errorf("%w (%w)", syncrun.ErrLeaseLost, err)
		}
		return err
	})
}

// health tells who works the queue. One that has the lock and ended has given it back; one that has not been heard of
// for a while stands still.
func (s *Service) health(ctx context.Context) (h Health, err error) {
	w, err := s.o.Queue.Worker(ctx)
	if err != nil || w.Term == 0 || w.Gone {
		return h, err
	}
	if w.Locked {
		release, err := s.o.Queue.Lock()
		if err == nil {
			return h, release()
		}
		if !errors.Is(err, ErrLocked) {
			return h, fmt.Errorf("look for the process that makes automatic runs: %w", err)
		}
	}
	h.Worker, h.Silent = &w, s.o.Real().Sub(w.Seen) > s.o.Silence
	return h, nil
}
