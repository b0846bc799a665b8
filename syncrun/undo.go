package syncrun

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
)

// UndoOptions narrow an undo to a kind of change or to one person.
type UndoOptions struct {
	Kind     string // an action or a guarded kind; "": every kind
	PersonID string // "": everybody
}

// UndoPreview is the plan that would undo a run, with its three lists (promise SI27).
type UndoPreview struct {
	Plan   PlanInfo
	Of     Run
	Result plan.UndoResult
}

// PlanUndo stores the plan that undoes a run, or a part of it. It applies nothing: Apply does, as with
// any other plan. A run that applied nothing, such as a preview, is refused with an *InputError.
func (e *Engine) PlanUndo(ctx context.Context, runID string, opt UndoOptions) (UndoPreview, error) {
	of, err := e.Store.Run(ctx, runID)
	if err == nil && of.Outcome != "" && (of.Outcome == OutcomePreview || of.Counts.Changes() == 0) {
		return UndoPreview{}, &InputError{"run", fmt.Sprintf("run %s applied nothing, so there is nothing to take back", runID)}
	}
	ctx, s, err := e.begin(ctx, TriggerUndo)
	if err != nil {
		return UndoPreview{}, err
	}
	u, err := s.planUndo(ctx, runID, opt)
	outcome := OutcomePreview
	if err != nil {
		outcome = OutcomeFailed
	}
	s.run.PlanID, s.run.UndoOf, s.run.Counts = u.Plan.ID, runID, u.Plan.Header.Counts
	return u, errors.Join(err, s.end(ctx, outcome, err))
}

func (s *session) planUndo(ctx context.Context, runID string, opt UndoOptions) (UndoPreview, error) {
	e := s.e
	of, err := e.Store.Run(ctx, runID)
	if errors.Is(err, directory.ErrNotFound) || err == nil && of.Connection != s.conn.ID {
		return UndoPreview{}, fmt.Errorf("there is no run %s of %s; \"rollcall runs\" lists them: %w", runID, s.conn.Name, directory.ErrNotFound)
	}
	if err != nil {
		return UndoPreview{}, err
	}
	in, err := s.undoInput(ctx, runID, opt)
	if err != nil {
		return UndoPreview{}, err
	}
	result := plan.Undo(in)
	info, err := e.storePlan(ctx, s, result.Plan, opt.PersonID+opt.Kind, runID)
	return UndoPreview{Plan: info, Of: of, Result: result}, err
}

// undoInput gathers what a run wrote, how the people it touched are now, and who has the addresses
// that would be given back.
func (s *session) undoInput(ctx context.Context, runID string, opt UndoOptions) (plan.UndoInput, error) {
	e := s.e
	in := plan.UndoInput{RunID: runID, Kind: opt.Kind, Person: opt.PersonID}
	var err error
	if in.Input, err = e.input(ctx, s); err != nil {
		return in, err
	}
	var ids []string
	for it, err := range e.Store.AppliedItems(ctx, runID) {
		if err != nil {
			return in, err
		}
		if it.Change == nil {
			continue
		}
		in.Changes = append(in.Changes, *it.Change)
		if it.Change.PersonID != "" {
			ids = append(ids, it.Change.PersonID)
		}
	}
	addresses := map[string]bool{}
	for _, a := range plan.UndoAddresses(in.Changes) {
		addresses[a] = true
	}
	manager := map[string]string{}
	for b, err := range e.Store.Briefs(ctx, false) {
		if err != nil {
			return in, err
		}
		manager[b.ID] = b.ManagerID
		if addresses[directory.EmailKey(b.Email)] {
			ids = append(ids, b.ID)
		}
	}
	slices.Sort(ids)
	in.Managers = func(id string) string { return manager[id] }
	in.People, err = e.Store.PersonsByID(ctx, slices.Compact(ids))
	return in, err
}

// storePlan stores a plan that was made in memory.
func (e *Engine) storePlan(ctx context.Context, s *session, p plan.Plan, person, undoOf string) (PlanInfo, error) {
	w, err := e.Store.NewPlan(ctx, s.lease, e.NewID("plan"), person, undoOf, e.Now())
	if err != nil {
		return PlanInfo{}, err
	}
	for _, it := range p.Items {
		if err := w.Add(ctx, it); err != nil {
			return PlanInfo{}, errors.Join(err, w.Abort(context.WithoutCancel(ctx)))
		}
	}
	return w.Finish(ctx, p.Header, hr.Baseline{})
}
