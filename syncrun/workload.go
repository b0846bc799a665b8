package syncrun

import (
	"context"
	"iter"

	"github.com/rollcall-hr/rollcall/plan"
)

// keepRows is how many rows of a plan that changes records stay in memory between deciding which may be
// applied and applying them; beyond that they are read twice.
const keepRows = 5000

// workload is what an apply has to do, by sequence number: a few bytes per change.
type workload struct {
	seqs      []int64
	versioned []int64           // those planned on a record that could have changed since
	rows      []StoredItem      // the rows themselves, when they were looked at and are few; nil: read them
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

// tie finds the rows that must share a transaction, and keeps the eligible ones while they are few.
func (s *session) tie(ctx context.Context, info PlanInfo, w *workload) error {
	ties, todo := newTies(), w.seqs
	for it, err := range s.e.Store.Items(ctx, info.ID, 0, false) {
		if err != nil {
			return err
		}
		if len(todo) == 0 || todo[0] != it.Seq {
			continue
		}
		todo = todo[1:]
		ties.add(it.Seq, it.Change)
		if len(w.seqs) <= keepRows {
			w.rows = append(w.rows, it)
		}
	}
	w.tied = ties.groups()
	return nil
}

// items yields the rows to apply, and others in between when they are read again.
func (s *session) items(ctx context.Context, info PlanInfo, w workload) iter.Seq2[StoredItem, error] {
	if len(w.rows) < len(w.seqs) {
		return s.e.Store.Items(ctx, info.ID, 0, false)
	}
	return func(yield func(StoredItem, error) bool) {
		for _, it := range w.rows {
			if !yield(it, nil) {
				return
			}
		}
	}
}
