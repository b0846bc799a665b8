package syncrun_test

import (
	"context"
	"errors"
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

// hasty is a store in which somebody stops the program as soon as a run has taken the lease.
type hasty struct {
	syncrun.Store
	stop func()
}

func (s *hasty) Acquire(ctx context.Context, connection, run string, ttl time.Duration) (syncrun.Lease, error) {
	l, err := s.Store.Acquire(ctx, connection, run, ttl)
	s.stop()
	return l, err
}

// TestStoppedAtTheStart: a run that is stopped before it has begun holds nobody else up.
func TestStoppedAtTheStart(t *testing.T) {
	o := newOffice(t, generated(t, 20))
	e := o.engine(active)
	of := e.Store
	ctx, stop := context.WithCancel(t.Context())
	e.Store = &hasty{of, stop}
	if _, err := e.Sync(ctx, syncrun.PreviewOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a run that was stopped: %v", err)
	}
	e.Store = of
	if _, err := e.Sync(t.Context(), syncrun.PreviewOptions{}); err != nil {
		t.Errorf("the next run: %v", err)
	}
}
