package source

import (
	"fmt"
	"maps"
	"slices"

	"github.com/rollcall-hr/rollcall/hr"
)

const (
	maxPending = 128 << 20 // bytes of rows that wait for their other half
	maxDrift   = 200       // ids in one read only that are asked for again; more are another company
)

// twoRecords is the problem of an id whose rows contradict each other (security §3 #22).
const twoRecords = "BambooHR sent two different records with this id"

// join merges two reads of one company by id, as they stream, and gives each pair to an assembler.
// Reads in ascending order, as BambooHR sends them, are merged row by row; an id that the other read
// shows elsewhere or not at all waits in memory.
type join struct {
	main, ahead *side
	build       *assembler
	yield       func(hr.Record, error) bool
	revoked     map[int64]bool
}

// run yields a record per id that is in both reads. It is false when the consumer wants no more. The
// ids in only one read stay pending on their side.
func (j *join) run() (more bool, err error) {
	j.revoked = map[int64]bool{}
	for _, s := range []*side{j.main, j.ahead} {
		if err := s.advance(); err != nil {
			return true, err
		}
	}
	for j.main.id != 0 || j.ahead.id != 0 {
		if more, err = j.step(); !more || err != nil {
			return more, err
		}
	}
	return true, nil
}

func (j *join) step() (more bool, err error) {
	a, b := j.main, j.ahead
	switch {
	case a.revoked:
		return j.revoke(a)
	case b.revoked:
		return j.revoke(b)
	case a.id == b.id:
		if !j.yield(j.pair(a.id, a, b, a.broken, b.broken), nil) {
			return false, nil
		}
		if err := a.advance(); err != nil {
			return true, err
		}
		return true, b.advance()
	case b.id == 0 || a.id != 0 && a.id < b.id:
		if other := b.take(a.id); other != nil {
			if !j.yield(j.pair(a.id, a, other, a.broken, other.broken), nil) {
				return false, nil
			}
			return true, a.advance()
		}
		return true, j.suspend(a)
	default:
		if other := a.take(b.id); other != nil {
			if !j.yield(j.pair(b.id, other, b, other.broken, b.broken), nil) {
				return false, nil
			}
			return true, b.advance()
		}
		return true, j.suspend(b)
	}
}

// pair makes the record of one employee.
func (j *join) pair(id int64, main, ahead view, broken ...string) hr.Record {
	if j.revoked[id] {
		return j.build.unusable(id, twoRecords)
	}
	for _, why := range broken {
		if why != "" {
			return j.build.unusable(id, why)
		}
	}
	return j.build.add(id, main, ahead)
}

// revoke takes back an employee of whom two different rows came, once.
func (j *join) revoke(s *side) (more bool, err error) {
	if !j.revoked[s.id] {
		j.revoked[s.id] = true
		if !j.yield(j.build.problem(s.id, twoRecords), nil) {
			return false, nil
		}
	}
	return true, s.advance()
}

func (j *join) suspend(s *side) error {
	s.suspend()
	if s.held > maxPending {
		return fmt.Errorf("%w: the two reads show the employees in another order", ErrDrift)
	}
	return s.advance()
}

// unmatched lists the ids in one read only, ascending.
func (j *join) unmatched() []int64 {
	ids := slices.Collect(maps.Keys(j.main.pending))
	ids = slices.AppendSeq(ids, maps.Keys(j.ahead.pending))
	slices.Sort(ids)
	return ids
}
