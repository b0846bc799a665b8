package connection

import (
	"context"
	"errors"
	"fmt"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// job is work under way; Service.mu guards the embedded Job.
type job struct {
	Job
	cancel context.CancelCauseFunc
	done   chan struct{}
	leased chan struct{}      // closed once it is known whether it got the lease
	busy   *syncrun.BusyError // what was under way instead; read after leased
}

// task is what a job does. It fills result, whose Err is set for it.
type task func(ctx context.Context, e *syncrun.Engine, result *Job) error

// start does a task in the background under the connection's lease, and returns once it has it: a request may
// end, its work goes on. Work that is under way, here or in another process, is *syncrun.BusyError. hangUp is
// called when the engine is no longer used.
func (s *Service) start(ctx context.Context, actor string, c *current, kind JobKind, e *syncrun.Engine, hangUp func(), f task) (Job, error) {
	j := &job{Job: Job{ID: s.o.NewID("run"), Connection: c.ID, Kind: kind, Actor: actor, StartedAt: s.o.Now()},
		done: make(chan struct{}), leased: make(chan struct{})}
	defer close(j.leased)
	var work context.Context
	work, j.cancel = context.WithCancelCause(s.ctx)
	leased := make(chan error, 1)
	e.Store = pinned{Store: s.o.Store, settings: s.o.Settings, id: c.ID, may: permissionOf(ctx), acquired: func(err error) {
		select {
		case leased <- err:
		default: // the second run of an undo
		}
	}}
	e.NewID = s.firstRun(j.ID)
	e.Progress = func(p syncrun.Progress) {
		s.mu.Lock()
		defer s.mu.Unlock()
		j.Progress = p
	}
	before, err := s.reserve(ctx, c.ID, j)
	if err != nil {
		hangUp()
		return Job{}, err
	}
	run := func() {
		defer hangUp()
		s.finish(work, actor, c, j, e, f)
	}
	if !s.background(run) {
		hangUp()
		s.giveBack(c.ID, before)
		return Job{}, errClosed
	}
	select {
	case err = <-leased:
	case <-j.done:
		select {
		case err = <-leased:
		default: // it failed before it asked
		}
	case <-ctx.Done():
	}
	if busy, ok := errors.AsType[*syncrun.BusyError](err); ok {
		<-j.done
		j.busy = busy
		s.giveBack(c.ID, before)
		return Job{}, busy
	}
	return s.snapshot(j), nil
}

// firstRun makes ids of which the first one of a run is the job's.
func (s *Service) firstRun(id string) func(prefix string) string {
	return func(prefix string) string {
		if prefix == "run" && id != "" {
			first := id
			id = ""
			return first
		}
		return s.o.NewID(prefix)
	}
}

// reserve makes j the connection's job, and returns the one before. One that is not done yet is waited for
// until it has the lease, because another process may be quicker.
func (s *Service) reserve(ctx context.Context, id string, j *job) (before *job, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before = s.jobs[id]
	if before == nil || before.Done {
		s.jobs[id] = j
		return before, nil
	}
	s.mu.Unlock()
	select {
	case <-before.leased:
	case <-ctx.Done():
	}
	s.mu.Lock()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if before.busy != nil {
		return nil, before.busy
	}
	if before.Done && s.jobs[id] == before { // it had nothing to do
		s.jobs[id] = j
		return before, nil
	}
	return nil, &syncrun.BusyError{RunID: before.ID}
}

func (s *Service) giveBack(id string, before *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before == nil {
		delete(s.jobs, id)
		return
	}
	s.jobs[id] = before
}

// finish does the task and keeps what came of it. Of a run that lost its lease nothing is kept or told here: whoever
// took over does that, or the observer, which looks for runs that were interrupted.
func (s *Service) finish(ctx context.Context, actor string, c *current, j *job, e *syncrun.Engine, f task) {
	defer close(j.done)
	defer j.cancel(nil)
	result := Job{ID: j.ID}
	err := f(ctx, e, &result)
	keep := context.WithoutCancel(ctx)
	if result.Run != nil { // as stored, with its outcome
		if run, missing := s.o.Store.Run(keep, result.Run.ID); missing == nil {
			result.Run = &run
		}
	}
	if errors.Is(err, syncrun.ErrLeaseLost) {
		s.late(c.ID, j.ID, err)
	} else if busy := new(syncrun.BusyError); !errors.As(err, &busy) {
		err = errors.Join(err, s.learn(keep, actor, c, j.Kind, err, result.Plan))
		s.ran(keep, c.ID, &result)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j.PlanID, j.Run, j.Plan, j.Waiting, j.Err, j.Done = result.PlanID, result.Run, result.Plan, result.Waiting, err, true
}

// learn keeps what a run says about the connection: credentials that were refused, a reading that was good
// again, settings of which somebody has now made a preview.
func (s *Service) learn(ctx context.Context, actor string, of *current, kind JobKind, cause error, info *syncrun.PlanInfo) error {
	_, err := s.change(ctx, actor, of.ID, func(c *current) ([]Event, error) {
		before := c.state(s.o.Now())
		read := new(syncrun.ReadError)
		if errors.As(cause, &read) && refused(cause) && !c.Passed.IsZero() {
			c.State, c.Failures = Failing, max(c.Failures, 1)
		}
		whole := kind == JobPreview && cause == nil && info != nil && info.Person == "" && !info.Header.Hypothetical()
		if whole && c.Previewed.IsZero() && info.Header.Revision == policy.Revision(c.policy) {
			c.Previewed = info.CreatedAt
		}
		switch after := c.state(s.o.Now()); {
		case after == Failing && before != Failing:
			return []Event{{Name: "connection_failing", Before: string(before), After: string(after)}}, nil
		case of.state(s.o.Now()) == Failing && after != Failing:
			return []Event{{Name: "connection_recovered", Before: string(Failing), After: string(after)}}, nil
		}
		return nil, nil
	})
	if notFound(err) {
		return nil
	}
	return err
}

func (s *Service) snapshot(j *job) Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return j.Job
}

// Job is the connection's work under way, or the last that was done here; nil when there was none since the
// program started.
func (s *Service) Job(_ context.Context, connection string) *Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.jobs[connection]
	if !ok {
		return nil
	}
	out := j.Job
	return &out
}

// Wait waits until a job is done, and returns it; its own failure is in Err. directory.ErrNotFound for a job
// that a newer one has replaced.
func (s *Service) Wait(ctx context.Context, jobID string) (Job, error) {
	s.mu.Lock()
	var found *job
	for _, j := range s.jobs {
		if j.ID == jobID {
			found = j
		}
	}
	s.mu.Unlock()
	if found == nil {
		return Job{}, fmt.Errorf("job %s: %w", jobID, directory.ErrNotFound)
	}
	select {
	case <-found.done:
		return s.snapshot(found), nil
	case <-ctx.Done():
		return s.snapshot(found), context.Cause(ctx)
	}
}

// Cancel ends the connection's work between two batches.
func (s *Service) Cancel(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	j, ok := s.jobs[id]
	if !ok || j.Done {
		return &SetupError{Missing: "nothing is under way that could be stopped here"}
	}
	j.cancel(ErrCancelled)
	return nil
}
