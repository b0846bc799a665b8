package syncrun_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// meanwhile is a store in which somebody does something just before a run writes a batch.
type meanwhile struct {
	syncrun.Store
	act func() error
}

func (m meanwhile) ApplyBatch(ctx context.Context, l syncrun.Lease, run syncrun.Run, planID string, seqs []int64, now time.Time) (syncrun.Run, error) {
	if err := m.act(); err != nil {
		return syncrun.Run{}, err
	}
	return m.Store.ApplyBatch(ctx, l, run, planID, seqs, now)
}

// TestForbiddenMeanwhile: what an administrator forbids while a run is writing keeps off what the run has not written
// yet; a freeze does so only where a batch would change what is frozen, so that who leaves, leaves.
func TestForbiddenMeanwhile(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		act   func(o *office, e *syncrun.Engine, conn string) error
		title bool // else only somebody leaves and somebody is new
		why   string
	}{
		"a freeze":                 {freezing(directory.JobTitle), true, "job_title was frozen since it was made"},
		"a freeze of other fields": {freezing(directory.Manager), true, ""},
		"a freeze, and who leaves": {freezing(directory.JobTitle), false, ""},
		"a hold": {func(o *office, e *syncrun.Engine, _ string) error {
			return e.Store.AddHold(ctx, directory.Hold{ID: "h1", PersonID: o.of(e, 7).ID, Reason: "wait", CreatedAt: o.clock})
		}, true, "hold h1 was put on "},
		"a decision": {func(o *office, e *syncrun.Engine, conn string) error {
			return e.Store.Decide(ctx, conn, directory.Decision{SourceID: 1001, Kind: directory.DecideIgnore}, "test", o.clock)
		}, true, "an administrator decided about Una New"},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, generated(t, 40))
			e := o.engine(active)
			o.job(8, nil)
			o.sync(e)
			o.put(7, map[string]any{"status": "Inactive"})
			o.put(1001, map[string]any{"firstName": "Una", "lastName": "New", "workEmail": "una@acme.test", "hireDate": "2026-01-05"})
			o.job(1001, nil)
			if c.title {
				o.job(8, map[string]any{"jobTitle": "Baker"})
			}
			info := o.preview(e)
			before, good := people(t, e), e.Store
			e.Store = meanwhile{good, func() error { return c.act(o, &syncrun.Engine{Policy: e.Policy, Store: good}, info.Connection) }}
			r, err := e.Apply(ctx, info.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual})
			if c.why == "" {
				if err != nil || r.Run.Counts.Deactivate != 1 || r.Run.Counts.Create != 1 {
					t.Errorf("%+v, %v", r.Run.Counts, err)
				}
				return
			}
			if _, ok := errors.AsType[*syncrun.StaleError](err); !ok || !strings.Contains(err.Error(), c.why) || people(t, e) != before {
				t.Errorf("%+v, %v", r.Run.Counts, err)
			}
		})
	}
}

func freezing(f directory.Field) func(*office, *syncrun.Engine, string) error {
	return func(o *office, e *syncrun.Engine, conn string) error {
		return e.Store.AddFreeze(context.Background(), directory.Freeze{ID: "f1", Connection: conn, What: []string{string(f)}, Reason: "review", CreatedAt: o.clock})
	}
}
