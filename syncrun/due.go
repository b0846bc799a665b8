package syncrun

import "context"

// ApplyDue plans and applies, guarded, the effects that came due by themselves, at their instant and
// without reading BambooHR (architecture, decision 5). When none is due no run is made, and the result is
// zero.
func (e *Engine) ApplyDue(ctx context.Context, trigger Trigger) (ApplyResult, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return ApplyResult{}, err
	}
	if states, err := e.Store.DueBy(ctx, conn.ID, e.Now()); err != nil || len(states) == 0 {
		return ApplyResult{}, err
	}
	ctx, s, err := e.begin(ctx, trigger)
	if err != nil {
		return ApplyResult{}, err
	}
	r, err := s.due(ctx)
	return s.endApply(ctx, r, err)
}
