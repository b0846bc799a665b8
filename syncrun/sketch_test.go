package syncrun_test

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// preview plans without keeping anything, with or without what runs skip.
func (c *clerk) preview(everything bool) *sketch {
	s := &sketch{Store: c.e.Store, everything: everything}
	e := *c.e
	e.Store = s
	_, _, s.err = e.Preview(c.ctx(), syncrun.PreviewOptions{Trigger: syncrun.TriggerManual})
	return s
}

// sketch is a store that keeps a plan in memory and no run.
type sketch struct {
	syncrun.Store
	everything bool
	items      []plan.Item
	header     plan.Header
	err        error
}

func (s *sketch) LinkStates(ctx context.Context, connection string, full bool) iter.Seq2[*directory.LinkState, error] {
	return func(yield func(*directory.LinkState, error) bool) {
		for ls, err := range s.Store.LinkStates(ctx, connection, full) {
			if err == nil && s.everything {
				ls.Clean = false
			}
			if !yield(ls, err) {
				return
			}
		}
	}
}

func (s *sketch) BriefsOf(ctx context.Context, connection string, ask func() directory.PeopleQuery) iter.Seq2[*directory.Brief, error] {
	if s.everything {
		return s.Briefs(ctx, false)
	}
	return s.Store.BriefsOf(ctx, connection, ask)
}

func (s *sketch) NewPlan(context.Context, syncrun.Lease, string, string, string, time.Time) (syncrun.PlanWriter, error) {
	return s, nil
}

func (s *sketch) Add(_ context.Context, it plan.Item) error {
	if it.Change != nil {
		x := *it.Change
		x.Fields = slices.Clone(x.Fields)
		it.Change = &x
	}
	s.items = append(s.items, it)
	return nil
}

func (s *sketch) Finish(_ context.Context, h plan.Header, _ hr.Baseline) (syncrun.PlanInfo, error) {
	s.header = h
	slices.SortFunc(s.items, func(x, y plan.Item) int { return plan.Compare(&x, &y) })
	return syncrun.PlanInfo{Header: h}, nil
}

func (s *sketch) Abort(context.Context) error                                            { return nil }
func (s *sketch) StartRun(context.Context, syncrun.Lease, syncrun.Run) error             { return nil }
func (s *sketch) FinishRun(context.Context, syncrun.Lease, syncrun.Run) error            { return nil }
func (s *sketch) FinishReading(context.Context, syncrun.Lease, bool, *hr.Baseline) error { return nil }
