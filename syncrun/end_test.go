package syncrun_test

import (
	"context"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// stopped is a store in which somebody stops the program as soon as a run is over.
type stopped struct {
	syncrun.Store
	stop func()
}

func (s *stopped) Prune(ctx context.Context, now time.Time) (int, error) {
	s.stop()
	return s.Store.Prune(ctx, now)
}

// TestStoppedAtTheEnd: a run that is over stays a success when the program is stopped before it has cleaned up,
// else the queue would make it again.
func TestStoppedAtTheEnd(t *testing.T) {
	o := newOffice(t, generated(t, 20))
	e := o.engine(active + "changes: { every: 5m }\n")
	of := e.Store
	for _, f := range []func(context.Context) (syncrun.SyncResult, error){
		func(ctx context.Context) (syncrun.SyncResult, error) {
			return e.Sync(ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerSchedule})
		},
		func(ctx context.Context) (syncrun.SyncResult, error) {
			return e.SyncChanges(ctx, syncrun.ChangesOptions{Trigger: syncrun.TriggerSchedule})
		},
	} {
		ctx, stop := context.WithCancel(context.Background())
		e.Store = &stopped{of, stop}
		r, err := f(ctx)
		if err != nil || ctx.Err() == nil || r.Run.Outcome != syncrun.OutcomeApplied {
			t.Errorf("outcome %q, error %v, stopped %v", r.Run.Outcome, err, ctx.Err())
		}
		e.Store = of
		o.wait(time.Hour)
		o.job(5, map[string]any{"jobTitle": "Judge"})
		stop()
	}
}
