package syncrun

import (
	"context"
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// only returns the positions to apply when a part of a plan was asked for, nil for all of it: those given and
// whatever they depend on, such as a new department, or the change that gives an address free.
func (s *session) only(ctx context.Context, info PlanInfo, seqs []int64) (map[int64]bool, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	at := map[directory.Key]int64{}
	needs := map[int64][]directory.Key{}
	known := map[int64]bool{}
	for it, err := range s.e.Store.Items(ctx, info.ID, 0, false) {
		if err != nil {
			return nil, err
		}
		if c := it.Change; c != nil {
			known[it.Seq], at[c.Key()] = true, it.Seq
			if len(c.DependsOn) > 0 {
				needs[it.Seq] = slices.Clone(c.DependsOn)
			}
		}
	}
	out := map[int64]bool{}
	for next := slices.Clone(seqs); len(next) > 0; {
		seq := next[0]
		next = next[1:]
		if !known[seq] {
			return nil, fmt.Errorf("plan %s has no change at position %d; look at the plan again", info.ID, seq)
		}
		if out[seq] {
			continue
		}
		out[seq] = true
		for _, key := range needs[seq] {
			if on, planned := at[key]; planned {
				next = append(next, on)
			}
		}
	}
	return out, nil
}
