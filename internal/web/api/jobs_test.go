package api

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// slow is a service whose jobs never end, or are forgotten.
type slow struct {
	Connections
	forgotten bool
}

func (s slow) Wait(ctx context.Context, _ string) (connection.Job, error) {
	if s.forgotten {
		return connection.Job{}, directory.ErrNotFound
	}
	<-ctx.Done()
	return connection.Job{}, context.Cause(ctx)
}

// TestPatience: who waits too long is told where to look, and a client that is gone ends the wait alone.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &api{Deps: Deps{Connections: slow{}}}
		l, err := wait(a, httptest.NewRequest("POST", "/", nil), connection.Job{ID: "run_1"}, a.viewDone(nil))
		if err != nil || l.job == nil || l.job.Job != "run_1" {
			t.Errorf("after %s: %v, %v", patience, l, err)
		}
		ctx, gone := context.WithCancel(t.Context())
		gone()
		if _, err := wait(a, httptest.NewRequestWithContext(ctx, "POST", "/", nil), connection.Job{ID: "run_1"}, a.viewDone(nil)); !errors.Is(err, context.Canceled) {
			t.Errorf("a client that is gone: %v", err)
		}
		a.Connections = slow{forgotten: true}
		if l, err := wait(a, httptest.NewRequest("POST", "/", nil), connection.Job{ID: "run_1"}, a.viewDone(nil)); err != nil || l.job == nil {
			t.Errorf("a job that a newer one replaced: %v, %v", l, err)
		}
	})
}

// torn is a store whose plan cannot be read to its end.
type torn struct{ syncrun.Store }

func (torn) Items(context.Context, string, int64, bool) iter.Seq2[syncrun.StoredItem, error] {
	return func(yield func(syncrun.StoredItem, error) bool) {
		for range 10_000 {
			if !yield(syncrun.StoredItem{Item: plan.Item{Change: &plan.Change{Action: plan.Create, Name: "Ann Lee"}}}, nil) {
				return
			}
		}
		yield(syncrun.StoredItem{}, errors.New("the disk is gone"))
	}
}

// TestTornPlan: half a plan never passes for a whole one.
func TestTornPlan(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = planDocument{store: torn{}}.Answer(w, r, http.StatusOK)
	}))
	defer server.Close()
	res, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	n, err := res.Body.Read(make([]byte, 1))
	for err == nil {
		n, err = res.Body.Read(make([]byte, 1<<20))
	}
	if err.Error() != "unexpected EOF" {
		t.Errorf("the answer ended with %v after %d bytes", err, n)
	}
}
