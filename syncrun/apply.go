package syncrun

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// batchSize is how many changes share a transaction and a journal row (architecture, decision 2).
const batchSize = 1000

// ApplyOptions say which parts of a plan may go ahead although they wait.
type ApplyOptions struct {
	Trigger Trigger
	Approve []plan.Kind       // kinds that need an approval
	Release map[plan.Kind]int // refused kinds, with the count that must match the plan's
	Only    []int64           // positions of the changes to apply, with those they depend on; empty: all
}

// ApplyResult tells what an apply did and what it left.
type ApplyResult struct {
	Run     Run
	Plan    PlanInfo
	Waiting int  // changes that still wait
	Doubt   bool // the reading was doubtful and nobody has accepted its head-count yet
}

// ReleaseError says that a release does not fit the plan.
type ReleaseError struct {
	Kind  plan.Kind
	Asked int
	Have  int
	Why   string
}

func (e *ReleaseError) Error() string { return e.Why }

// Apply applies exactly one stored plan, or refuses it as stale (*StaleError); planID "" means the
// connection's latest. It does not read BambooHR again.
func (e *Engine) Apply(ctx context.Context, planID string, opt ApplyOptions) (ApplyResult, error) {
	ctx, s, err := e.begin(ctx, opt.Trigger)
	if err != nil {
		return ApplyResult{}, err
	}
	info, err := e.Store.Plan(ctx, s.conn.ID, planID)
	if err != nil {
		return ApplyResult{}, errors.Join(fmt.Errorf("find plan %s of %s: %w", planID, s.conn.Name, err), s.end(ctx, OutcomeFailed, err))
	}
	return s.applyAndEnd(ctx, info, opt, nil)
}

// applyAndEnd also keeps the mark that after, which may be nil, makes of how many changes wait.
func (s *session) applyAndEnd(ctx context.Context, info PlanInfo, opt ApplyOptions, after func(waiting int) (Mark, bool)) (ApplyResult, error) {
	s.run.PlanID, s.run.UndoOf = info.ID, info.UndoOf
	waiting, err := s.apply(ctx, info, opt)
	if err == nil && after != nil {
		if m, ok := after(waiting); ok {
			err = s.e.Store.PutMark(context.WithoutCancel(ctx), s.lease, m) // all is applied
		}
	}
	return s.endApply(ctx, ApplyResult{Plan: info, Waiting: waiting, Doubt: s.inDoubt(info, opt)}, err)
}

// endApply ends a run that applied what r tells, as far as err let it.
func (s *session) endApply(ctx context.Context, r ApplyResult, err error) (ApplyResult, error) {
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	err = errors.Join(err, s.end(ctx, s.outcome(r.Waiting > 0 || r.Doubt, err), err))
	r.Run = s.run
	return r, err
}

// inDoubt tells whether the plan's reading still waits for an administrator to accept its head-count.
func (s *session) inDoubt(info PlanInfo, opt ApplyOptions) bool {
	if _, released := opt.Release[plan.KindBaseline]; released || s.conn.Baseline != nil && s.conn.Baseline.Employees <= info.Baseline.Employees {
		return false
	}
	return info.Header.Waiting(plan.KindSet(0).With(plan.KindBaseline)) != plan.NotWaiting
}

func (s *session) outcome(waits bool, err error) Outcome {
	applied := s.run.Counts.Changes() > 0
	switch {
	case err != nil && applied:
		return OutcomePartial
	case err != nil:
		return OutcomeFailed
	case waits && applied:
		return OutcomePartial
	case waits:
		return OutcomeRefused
	case !applied:
		return OutcomeNoOp
	}
	return OutcomeApplied
}

// apply writes the eligible rows and returns how many changes still wait.
func (s *session) apply(ctx context.Context, info PlanInfo, opt ApplyOptions) (int, error) {
	if err := s.fresh(ctx, info); err != nil {
		return 0, err
	}
	permits, err := permitted(info, opt)
	if err != nil {
		return 0, err
	}
	s.run.Released = len(opt.Approve)+len(opt.Release) > 0
	only, err := s.only(ctx, info, opt.Only)
	if err != nil {
		return 0, err
	}
	work, err := s.eligible(ctx, info, permits, only)
	if err != nil {
		return 0, err
	}
	// Who was left alone belongs to the history of the run as much as what was changed.
	planned := info.Header.Counts
	s.run.Counts.Held, s.run.Counts.HeldPeople = planned.Held, planned.HeldPeople
	s.run.Counts.Unchanged, s.run.Counts.Left = planned.Unchanged, planned.Left
	if stale, err := s.e.Store.StaleRecords(ctx, info.ID, work.versioned, 3); err != nil {
		return 0, err
	} else if len(stale) > 0 {
		return 0, &StaleError{PlanID: info.ID, Why: fmt.Sprintf("%s was changed since it was made", s.nameOf(ctx, stale[0]))}
	}
	if err := s.unforbidden(ctx, info, work); err != nil {
		return 0, err
	}
	if err := s.acceptBaseline(ctx, info, opt); err != nil {
		return 0, err
	}
	if err := s.write(ctx, info, work); err != nil {
		return work.waiting, err
	}
	if info.UndoOf != "" && (work.waiting > 0 || only != nil) {
		return work.waiting, nil
	}
	return work.waiting, s.remember(ctx, info)
}

// nameOf names a record for a person who reads it; the key itself where the person is gone.
func (s *session) nameOf(ctx context.Context, key directory.Key) string {
	id, ok := strings.CutPrefix(string(key), string(directory.PersonKey("")))
	if !ok {
		return string(key)
	}
	p, err := s.e.Store.Person(ctx, id)
	if err != nil {
		return string(key)
	}
	return fmt.Sprintf("%s (id:%s)", p.Name(), p.ID)
}

// fresh refuses a plan that may no longer be applied (product, "A plan is a contract").
func (s *session) fresh(ctx context.Context, info PlanInfo) error {
	e := s.e
	stale := func(format string, a ...any) error {
		return &StaleError{PlanID: info.ID, Why: fmt.Sprintf(format, a...)}
	}
	if info.Header.AsOf != nil {
		return fmt.Errorf("plan %s shows a future day and can never be applied; make one without --as-of", info.ID)
	}
	if info.Header.WithoutFreezes {
		return fmt.Errorf("plan %s shows what waits for the end of a freeze and can never be applied; make one without --without-freezes", info.ID)
	}
	if info.Header.Revision != s.run.Revision {
		return stale("the settings of %s changed since it was made", s.conn.Name)
	}
	if age := e.Now().Sub(info.CreatedAt); age > e.Policy.PlanExpires {
		return stale("it was made %s ago and plans expire after %s", age.Round(time.Minute), e.Policy.PlanExpires)
	}
	if info.UndoOf != "" {
		return nil
	}
	if err := s.unfrozen(ctx, info); err != nil {
		return err
	}
	latest, err := e.Store.LatestFullPlan(ctx, s.conn.ID)
	if err != nil {
		return err
	}
	if latest > info.Seq {
		return stale("%s was read and planned again since", s.conn.Name)
	}
	return nil
}

// permitted checks approvals and releases against the plan and returns the kinds that need not wait.
func permitted(info PlanInfo, opt ApplyOptions) (map[plan.Kind]bool, error) {
	ok := map[plan.Kind]bool{}
	waits := map[plan.Kind]plan.Waiting{}
	for _, r := range info.Header.Reasons {
		if waits[r.Kind] != plan.WaitingRefused {
			waits[r.Kind] = r.Waiting
		}
	}
	for _, k := range opt.Approve {
		if waits[k] == plan.WaitingRefused {
			n := releaseCount(info, k)
			return nil, &ReleaseError{Kind: k, Have: n, Why: fmt.Sprintf("%s is refused, an approval is not enough; if it is meant, release it by its count: --release %s=%d", k, k, n)}
		}
		ok[k] = true
	}
	for _, k := range slices.Sorted(maps.Keys(opt.Release)) {
		asked, have := opt.Release[k], releaseCount(info, k)
		if asked != have {
			return nil, &ReleaseError{Kind: k, Asked: asked, Have: have, Why: fmt.Sprintf("--release %s=%d does not match plan %s, which has %d; look at the plan again", k, asked, info.ID, have)}
		}
		ok[k] = true
	}
	return ok, nil
}

// releaseCount is what a release of a kind must name: the changes that wait, or the head-count to accept.
func releaseCount(info PlanInfo, k plan.Kind) int {
	if k == plan.KindBaseline {
		return info.Header.Evidence.Employees
	}
	return info.Header.KindCounts[k]
}

// acceptBaseline takes a doubtful reading's head-count as the new baseline once it was released.
func (s *session) acceptBaseline(ctx context.Context, info PlanInfo, opt ApplyOptions) error {
	if _, ok := opt.Release[plan.KindBaseline]; !ok {
		return nil
	}
	return s.e.Store.AcceptBaseline(ctx, s.lease, info.Baseline, s.e.Actor, s.e.Now())
}

// write applies the rows in plan order, batch by batch; pause, cancel and crash fall between batches.
func (s *session) write(ctx context.Context, info PlanInfo, w workload) error {
	done := 0
	for _, batch := range w.batches(cmp.Or(s.e.batch, batchSize)) {
		if err := s.writeBatch(ctx, info, batch); err != nil {
			return err
		}
		done += len(batch)
		s.e.progress("applying", done, len(w.seqs))
	}
	return nil
}

func (s *session) writeBatch(ctx context.Context, info PlanInfo, batch []int64) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	run, err := s.e.Store.ApplyBatch(ctx, s.lease, s.run, info.ID, batch, s.e.Now())
	var moved *StaleRecordError
	var forbidden *ForbiddenError
	switch {
	case errors.As(err, &moved):
		return &StaleError{PlanID: info.ID, Why: s.nameOf(ctx, moved.Key) + " " + moved.became()}
	case errors.As(err, &forbidden):
		return &StaleError{PlanID: info.ID, Why: forbidden.Error()}
	}
	if err != nil {
		return fmt.Errorf("apply plan %s to the directory: %w", info.ID, err)
	}
	s.run = run
	return nil
}

// remember keeps what the reading proved, once its plan was applied.
func (s *session) remember(ctx context.Context, info PlanInfo) error {
	if info.UndoOf != "" {
		if info.Person != "" {
			return nil // a part of the run was undone; the rest still stands
		}
		return s.e.Store.MarkUndone(ctx, s.lease, info.UndoOf)
	}
	// Holds that undo made end as soon as HR agrees with what was put back. Should this run end before, the next one
	// finds the same; those of an undo that is taken back end with what is taken back of it, see ApplyBatch.
	if err := s.e.Store.EndHolds(ctx, s.lease, info.Header.EndedHolds, "run:"+s.run.ID, s.e.Now()); err != nil {
		return err
	}
	n, err := s.e.Store.ApplyRefreshes(ctx, s.lease, info.ID)
	s.run.RowsWritten += n
	return err
}

// SyncResult tells what a sync did.
type SyncResult struct {
	ApplyResult
	ReadErr error // the reading failed; what came due was applied all the same

	Nothing bool   // of a look for changes: nothing changed, there is no run
	Full    string // of a look for changes: why everybody was read; "" when only those who changed were
}

// Sync plans, then applies what the guard lets through. When the reading fails, the effects that came
// due are applied, guarded, and ReadErr tells why nothing else was done.
func (e *Engine) Sync(caller context.Context, opt PreviewOptions) (SyncResult, error) {
	ctx, s, err := e.begin(caller, opt.Trigger)
	if err != nil {
		return SyncResult{}, err
	}
	return s.sync(ctx, caller, opt)
}

// sync is Sync in a run that has begun; caller's context outlives the run's.
func (s *session) sync(ctx, caller context.Context, opt PreviewOptions) (SyncResult, error) {
	mark, err := s.question(ctx)
	if err != nil {
		return SyncResult{ApplyResult: ApplyResult{Run: s.run}}, errors.Join(err, s.end(ctx, OutcomeFailed, err))
	}
	info, err := s.plan(ctx, opt)
	if err != nil {
		var read *ReadError
		if errors.As(err, &read) && mark != nil && !s.looks {
			err = errors.Join(err, s.e.Store.PutMark(context.WithoutCancel(ctx), s.lease, mark.broken(s)))
		}
		return s.syncWithoutSource(ctx, err)
	}
	r, err := s.applyAndEnd(ctx, info, ApplyOptions{Trigger: opt.Trigger}, func(waiting int) (m Mark, ok bool) {
		if mark == nil {
			return m, false
		}
		return mark.after(s, info, waiting), true
	})
	if err == nil {
		err = s.prune(caller)
	}
	return SyncResult{ApplyResult: r}, err
}

// prune drops old plans after a run that is over: who stops it then stops no run, and the next one prunes.
func (s *session) prune(ctx context.Context) error {
	_, err := s.e.Store.Prune(ctx, s.e.Now())
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *session) syncWithoutSource(ctx context.Context, readErr error) (SyncResult, error) {
	var read *ReadError
	if !errors.As(readErr, &read) {
		return SyncResult{ApplyResult: ApplyResult{Run: s.run}}, errors.Join(readErr, s.end(ctx, OutcomeFailed, readErr))
	}
	r, dueErr := s.due(ctx)
	outcome := OutcomeFailed
	if s.run.Counts.Changes() > 0 {
		outcome = OutcomePartial
	}
	s.run.Errors = append(s.run.Errors, runError(readErr))
	err := errors.Join(dueErr, s.end(ctx, outcome, dueErr))
	r.Run = s.run
	return SyncResult{ApplyResult: r, ReadErr: readErr}, err
}

// due plans and applies the effects that came due by themselves.
func (s *session) due(ctx context.Context) (ApplyResult, error) {
	e := s.e
	states, err := e.Store.DueBy(ctx, s.conn.ID, e.Now())
	if err != nil || len(states) == 0 {
		return ApplyResult{}, err
	}
	in, err := e.input(ctx, s)
	if err != nil {
		return ApplyResult{}, err
	}
	ids := make([]string, len(states))
	for i := range states {
		ids[i] = states[i].PersonID
	}
	people, err := e.Store.PersonsByID(ctx, ids)
	if err != nil {
		return ApplyResult{}, err
	}
	info, err := e.storePlan(ctx, s, plan.Due(in, states, people), PlanOfDates, "")
	if err != nil {
		return ApplyResult{}, err
	}
	s.run.PlanID = info.ID
	waiting, err := s.apply(ctx, info, ApplyOptions{Trigger: s.run.Trigger})
	return ApplyResult{Plan: info, Waiting: waiting}, err
}
