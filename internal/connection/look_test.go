package connection_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestSyncChanges: a look without a change is a job without a run; one that fails is no failed reading, and a
// refused key is an error at once.
func TestSyncChanges(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{ notify: { errors: [it@acme.test] }, changes: { every: 15m } }")
	look := func(hinted ...int64) connection.Job {
		t.Helper()
		return h.done(h.SyncChanges(ctx, "schedule", d.ID, syncrun.TriggerSchedule, hinted))
	}
	_, err := h.SyncChanges(ctx, "schedule", d.ID, syncrun.TriggerSchedule, nil)
	wantError[*connection.SetupError](t, err) // it does not run by itself yet
	h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	if err := h.Enable(ctx, actor, d.ID); err != nil {
		t.Fatal(err)
	}
	if j := look(); j.Err != nil || j.Run == nil || j.Run.Counts.Create != 9 {
		t.Fatalf("the first look reads everybody: %+v", j)
	}
	if j := look(); j.Err != nil || j.Run != nil || j.Plan != nil {
		t.Errorf("nothing changed: %+v", j)
	}
	// What has nothing to do keeps nobody from the button.
	h.good(h.Sync(ctx, actor, d.ID))

	h.gate.refuse(http.StatusInternalServerError)
	for range 4 {
		if j := look(); j.Err == nil || j.Run == nil || j.Run.Outcome != syncrun.OutcomeFailed {
			t.Errorf("BambooHR is down: %+v", j)
		}
	}
	h.gate.refuse(0)
	if got := h.get(d.ID); got.State != connection.Enabled || got.Failures != 0 {
		t.Errorf("after four looks that failed: %s, %d failures", got.State, got.Failures)
	}

	if err := h.SetKey(ctx, actor, d.ID, strings.Repeat("0", 40)); err != nil {
		t.Fatal(err)
	}
	if j := look(); j.Err == nil {
		t.Error("a wrong key was taken")
	}
	if got := h.get(d.ID); got.State != connection.Failing {
		t.Errorf("after a refused key: %s", got.State)
	}
}
