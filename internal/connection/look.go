package connection

import (
	"context"
	"errors"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// SyncChanges asks BambooHR who changed since the last look, and plans and applies them alone, with those
// who were hinted (BambooHR's ids). Without a human at the button the connection must run by itself. The job
// has no run when nothing changed. A look that fails does not count towards the error state, unless BambooHR
// refused the key.
func (s *Service) SyncChanges(ctx context.Context, actor, id string, trigger syncrun.Trigger, hinted []int64) (Job, error) {
	return s.startSync(ctx, actor, id, trigger, func(ctx context.Context, e *syncrun.Engine, _ *Job) (syncrun.SyncResult, error) {
		return e.SyncChanges(ctx, syncrun.ChangesOptions{Trigger: trigger, Hinted: hinted})
	})
}

// startSync starts a run that plans and applies. Without a human at the button the connection must run by itself.
func (s *Service) startSync(ctx context.Context, actor, id string, trigger syncrun.Trigger,
	sync func(context.Context, *syncrun.Engine, *Job) (syncrun.SyncResult, error)) (Job, error) {
	c, p, err := s.toRead(ctx, id, nil)
	if err != nil {
		return Job{}, err
	}
	if trigger.Automatic() {
		if err := c.alone(s.o.Now()); err != nil {
			return Job{}, err
		}
	}
	e, err := s.planner(ctx, actor, c, &p, s.o.Store)
	if err != nil {
		return Job{}, err
	}
	hangUp, err := s.connect(e, c)
	if err != nil {
		return Job{}, err
	}
	return s.start(ctx, actor, c, JobSync, e, hangUp, func(ctx context.Context, e *syncrun.Engine, result *Job) error {
		r, err := sync(ctx, e, result)
		result.ran(r.Run, r.Plan)
		result.Waiting = r.Waiting
		return errors.Join(r.ReadErr, err)
	})
}
