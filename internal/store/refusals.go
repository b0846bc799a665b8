package store

import (
	"slices"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// unforbidden refuses changes that a human has forbidden since they were planned.
func (b *batch) unforbidden(todo []syncrun.StoredItem) error {
	if b.plan.Info.UndoOf != "" {
		return nil
	}
	holds, err := b.t.holds()
	if err != nil {
		return err
	}
	decisions, err := b.t.decisions(b.plan.Connection)
	if err != nil {
		return err
	}
	freezes, err := b.t.freezes(b.plan.Info.Connection, b.plan.Connection)
	if err != nil {
		return err
	}
	f := syncrun.NewForbidden(&b.plan.Info.Header, holds, decisions, freezes, b.now)
	for i := 0; i < len(todo) && !f.None(); i++ {
		if err := f.Check(todo[i].Change); err != nil {
			return err
		}
	}
	return nil
}

// endHolds ends, with what is taken back of an undo, the holds that it put: no later run would do so.
func (b *batch) endHolds(todo []syncrun.StoredItem) error {
	ended := b.plan.Info.Header.EndedHolds
	if b.plan.Info.UndoOf == "" || len(ended) == 0 {
		return nil
	}
	people := map[string]bool{}
	for _, it := range todo {
		people[it.Change.PersonID] = true
	}
	holds, err := b.t.holds()
	if err != nil {
		return err
	}
	for _, h := range holds {
		if people[h.PersonID] && slices.Contains(ended, h.ID) {
			if err := b.t.removeHold(h.ID, "run:"+b.run.ID, b.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepAnOwner refuses a batch that took the last active owner away, which two plans can do together
// although neither meant to (security §1.5).
func (b *batch) keepAnOwner() error {
	if b.owner == "" {
		return nil
	}
	left, err := b.t.ownersLeft()
	if err == nil && !left {
		err = &syncrun.StaleRecordError{Key: b.owner}
	}
	return err
}
