package syncrun_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestHoldEndsAfterADoubt: a hold that waits for HR ends with the first reading that can be trusted, although a doubtful
// one has shown before that HR says it; else who leaves for good later would stay.
func TestHoldEndsAfterADoubt(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	o.sync(e)
	o.put(7, map[string]any{"status": "Inactive"})
	u, err := e.PlanUndo(ctx, o.sync(e).Run.ID, syncrun.UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o.applies(e, u.Plan)
	o.put(7, map[string]any{"status": "Active"})
	for id := 20; id < 30; id++ {
		o.control("DELETE", fmt.Sprintf("/employees/%d", id), nil)
	}
	if r := o.sync(e); !r.Doubt {
		t.Fatalf("%+v", r)
	}
	accept := map[plan.Kind]int{plan.KindBaseline: 30}
	if _, err := e.Apply(ctx, o.preview(e).ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Release: accept}); err != nil {
		t.Fatal(err)
	}
	if r := o.sync(e); r.Doubt {
		t.Fatalf("%+v", r)
	}
	o.put(7, map[string]any{"status": "Inactive"})
	if r := o.sync(e); o.of(e, 7).Status != directory.Deactivated {
		holds, err := e.Store.Holds(ctx)
		t.Errorf("%+v, %+v, %v", r.Run.Counts, holds, err)
	}
}

// dying is a store whose process ends between the last batch and what is written after it.
type dying struct{ syncrun.Store }

var errDied = errors.New("the process ended")

func (dying) EndHolds(context.Context, syncrun.Lease, []string, string, time.Time) error {
	return errDied
}

func (dying) MarkUndone(context.Context, syncrun.Lease, string) error { return errDied }

// TestHoldEndsAfterACrash: so does one that a run found to be over that was killed just after its last batch.
func TestHoldEndsAfterACrash(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	o.job(7, nil)
	o.sync(e)
	o.job(7, map[string]any{"jobTitle": "Baker"})
	u, err := e.PlanUndo(ctx, o.sync(e).Run.ID, syncrun.UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o.applies(e, u.Plan)
	o.job(7, nil)
	o.put(7, map[string]any{"workPhone": "+44 1"})
	good := e.Store
	e.Store = dying{good}
	if r, err := e.Sync(ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerSchedule}); !errors.Is(err, errDied) || r.Run.Counts.Update != 1 {
		t.Fatalf("%+v, %v", r.Run.Counts, err)
	}
	e.Store = good
	o.sync(e)
	o.job(7, map[string]any{"jobTitle": "Brewer"})
	o.sync(e)
	if p := o.of(e, 7); p.Values.Get(directory.JobTitle) != "Brewer" {
		holds, err := e.Store.Holds(ctx)
		t.Errorf("%q, %+v, %v", p.Values.Get(directory.JobTitle), holds, err)
	}
}
