package syncrun

import (
	"context"
	"iter"

	"github.com/rollcall-hr/rollcall/plan"
)

// workload is what an apply has to do, by sequence number: a few bytes per change.
type workload struct {
	seqs      []int64
	versioned []int64           // those planned on a record that could have changed since
	tied      map[int64][]int64 // rows that must share a transaction, by every one of them
	waiting   int
}

func (s *session) eligible(ctx context.Context, info PlanInfo, permits map[plan.Kind]bool, only map[int64]bool) (workload, error) {
	var w workload
	allowed := plan.KindSet(0)
	for k := range permits {
		allowed = allowed.With(k)
	}
	changesRecords := false
	for c, err := range s.e.Store.Outline(ctx, info.ID) {
		if err != nil {
			return w, err
		}
		changesRecords = changesRecords || c.Version > 0
		switch {
		case c.RunID != "", only != nil && !only[c.Seq]:
		case info.Header.Waiting(c.Kinds&^allowed) != plan.NotWaiting:
			w.waiting++
		default:
			w.add(c)
		}
	}
	// Ties are made of what existing records give up, an address or a line: a plan that only creates,
	// such as a first one, has none and need not be looked through.
	if !changesRecords {
		return w, nil
	}
	return w, s.tie(ctx, info, &w)
}

func (w *workload) add(c ChangeOutline) {
	if w.seqs = append(w.seqs, c.Seq); c.Version > 0 {
		w.versioned = append(w.versioned, c.Seq)
	}
}

// tie finds the rows that must share a transaction.
func (s *session) tie(ctx context.Context, info PlanInfo, w *workload) error {
	ties := newTies()
	for it, err := range s.chosen(ctx, info, *w) {
		if err != nil {
			return err
		}
		ties.add(it.Seq, it.Change)
	}
	w.tied = ties.groups()
	return nil
}

// chosen yields the changes that an apply has to do, in plan order.
func (s *session) chosen(ctx context.Context, info PlanInfo, w workload) iter.Seq2[StoredItem, error] {
	return func(yield func(StoredItem, error) bool) {
		todo := w.seqs
		for it, err := range s.e.Store.Items(ctx, info.ID, 0, false) {
			if err == nil {
				if len(todo) == 0 {
					return
				}
				if todo[0] != it.Seq {
					continue
				}
				todo = todo[1:]
			}
			if !yield(it, err) || err != nil {
				return
			}
		}
	}
}
