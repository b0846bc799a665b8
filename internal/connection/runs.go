package connection

import (
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Preview plans what would change, in the background; nothing is applied.
func (s *Service) Preview(ctx context.Context, actor, id string, r PreviewRequest) (Job, error) {
	c, p, err := s.toRead(ctx, id, r.Settings)
	if err != nil {
		return Job{}, err
	}
	e, err := s.planner(ctx, actor, c, &p, pinned{Store: s.o.Store, settings: s.o.Settings, id: id})
	if err != nil {
		return Job{}, err
	}
	opt, err := s.previewOptions(ctx, e, r)
	if err != nil {
		return Job{}, err
	}
	hangUp, err := s.connect(e, c)
	if err != nil {
		return Job{}, err
	}
	return s.start(ctx, actor, c, JobPreview, e, hangUp, func(ctx context.Context, e *syncrun.Engine, result *Job) error {
		info, run, err := e.Preview(ctx, opt)
		result.ran(run, info)
		return err
	})
}

// ran keeps a run and its plan, as far as there are any.
func (j *Job) ran(run syncrun.Run, info syncrun.PlanInfo) {
	if run.ID != "" {
		j.Run = &run
	}
	if info.ID != "" {
		j.Plan, j.PlanID = &info, info.ID
	}
}

// toRead is a connection that can ask BambooHR, and the settings to do it with.
func (s *Service) toRead(ctx context.Context, id string, patch []byte) (*current, policy.Connection, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, policy.Connection{}, err
	}
	if err := c.reachable(); err != nil {
		return nil, c.policy, err
	}
	p, err := c.draft(patch)
	return c, p, err
}

func (s *Service) previewOptions(ctx context.Context, e *syncrun.Engine, r PreviewRequest) (syncrun.PreviewOptions, error) {
	opt := syncrun.PreviewOptions{Trigger: syncrun.TriggerManual, Person: r.Person, WithoutFreezes: r.WithoutFreezes}
	if r.AsOf != "" {
		end, err := e.FutureDay(r.AsOf)
		if err != nil {
			return opt, fault("as_of", err.Error())
		}
		opt.AsOf, opt.AsOfDay = &end, r.AsOf
	}
	if r.Person == "" {
		return opt, nil
	}
	found, err := s.editor(e.Actor, e.Policy, e.Store).Find(ctx, r.Person)
	if err == nil && found.SourceID == 0 {
		err = fault("person", found.Name+" is not linked to an employee of this connection, so there is nothing to plan")
	}
	opt.Only, opt.Trigger = []int64{found.SourceID}, syncrun.TriggerPerson
	return opt, err
}

// Sync plans, then applies what the guard lets through, because a person asked for it.
func (s *Service) Sync(ctx context.Context, actor, id string) (Job, error) {
	return s.SyncFor(ctx, actor, id, syncrun.TriggerManual)
}

// SyncInviting is Sync where whoever asks chose whether the new people are invited by mail.
func (s *Service) SyncInviting(ctx context.Context, actor, id string, invite bool) (Job, error) {
	return s.sync(ctx, actor, id, syncrun.TriggerManual, &invite)
}

// SyncFor is Sync for any trigger. Without a human at the button the connection must run by itself, or be in
// error and due for another try.
func (s *Service) SyncFor(ctx context.Context, actor, id string, trigger syncrun.Trigger) (Job, error) {
	return s.sync(ctx, actor, id, trigger, nil)
}

func (s *Service) sync(ctx context.Context, actor, id string, trigger syncrun.Trigger, invite *bool) (Job, error) {
	if err := s.mayInvite(invite, false); err != nil {
		return Job{}, err
	}
	return s.startSync(ctx, actor, id, trigger, func(ctx context.Context, e *syncrun.Engine, result *Job) (syncrun.SyncResult, error) {
		if err := s.askedFor(ctx, result.ID, invite); err != nil {
			return syncrun.SyncResult{}, err
		}
		return e.Sync(ctx, syncrun.PreviewOptions{Trigger: trigger})
	})
}

// Apply applies a stored plan, or a part of it, in the background. Whoever asked for the plan, or changed the
// settings in the last 24 hours, cannot release what the guard refused where there is another administrator:
// *SecondPersonError.
func (s *Service) Apply(ctx context.Context, actor, id string, r ApplyRequest) (Job, error) {
	c, err := s.current(ctx, id)
	if err != nil {
		return Job{}, err
	}
	if !c.known {
		return Job{}, &ReadOnlyError{Name: c.Name, Origin: c.Origin}
	}
	info, err := s.o.Store.Plan(ctx, id, r.PlanID)
	if err != nil {
		return Job{}, fmt.Errorf("find plan %s of %s: %w", r.PlanID, c.Name, err)
	}
	if err := s.mayRelease(ctx, actor, c, info.ID, r.Release); err != nil {
		return Job{}, err
	}
	if err := s.mayInvite(r.Invite, info.UndoOf != ""); err != nil {
		return Job{}, err
	}
	opt := syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Approve: r.Approve, Release: r.Release, Only: r.Only}
	if info.UndoOf != "" {
		opt.Trigger = syncrun.TriggerUndo
	}
	e := s.engine(actor, &c.policy, s.o.Store)
	return s.start(ctx, actor, c, JobApply, e, func() {}, func(ctx context.Context, e *syncrun.Engine, result *Job) error {
		if err := s.askedFor(ctx, result.ID, r.Invite); err != nil {
			return err
		}
		return result.applied(e.Apply(ctx, info.ID, opt))
	})
}

func (j *Job) applied(r syncrun.ApplyResult, err error) error {
	j.ran(r.Run, r.Plan)
	j.Waiting = r.Waiting
	return err
}

// undoKinds are the parts of a run that can be undone alone.
func undoKinds() []string {
	return []string{"", string(plan.Create), string(plan.Update), string(plan.Deactivate), string(plan.Reactivate), string(plan.LinkPerson),
		string(plan.KindMoveEmail), string(plan.KindBlank)}
}

// PlanUndo stores the plan that would undo a run, or a part of it, for somebody to look at; Apply applies it.
func (s *Service) PlanUndo(ctx context.Context, actor, id string, r UndoRequest) (syncrun.UndoPreview, error) {
	_, e, opt, err := s.toUndo(ctx, actor, id, r)
	if err != nil {
		return syncrun.UndoPreview{}, err
	}
	return e.PlanUndo(ctx, r.RunID, opt)
}

// Undo plans the undo of a run, or of a part of it, and applies it, in the background.
func (s *Service) Undo(ctx context.Context, actor, id string, r UndoRequest) (Job, error) {
	c, e, opt, err := s.toUndo(ctx, actor, id, r)
	if err != nil {
		return Job{}, err
	}
	return s.start(ctx, actor, c, JobUndo, e, func() {}, func(ctx context.Context, e *syncrun.Engine, result *Job) error {
		u, err := e.PlanUndo(ctx, r.RunID, opt)
		if err != nil {
			return err
		}
		return result.applied(e.Apply(ctx, u.Plan.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerUndo}))
	})
}

func (s *Service) toUndo(ctx context.Context, actor, id string, r UndoRequest) (*current, *syncrun.Engine, syncrun.UndoOptions, error) {
	opt := syncrun.UndoOptions{Kind: r.Kind}
	c, err := s.current(ctx, id)
	if err != nil {
		return nil, nil, opt, err
	}
	if !c.known {
		return nil, nil, opt, &ReadOnlyError{Name: c.Name, Origin: c.Origin}
	}
	if !slices.Contains(undoKinds(), r.Kind) {
		return nil, nil, opt, fault("kind", fmt.Sprintf("%q cannot be undone alone", r.Kind))
	}
	e, err := s.planner(ctx, actor, c, &c.policy, pinned{Store: s.o.Store, settings: s.o.Settings, id: id})
	if err != nil {
		return nil, nil, opt, err
	}
	if r.Person != "" {
		p, err := s.editor(e.Actor, e.Policy, e.Store).FindPerson(ctx, r.Person)
		if err != nil {
			return nil, nil, opt, err
		}
		opt.PersonID = p.ID
	}
	return c, e, opt, nil
}
