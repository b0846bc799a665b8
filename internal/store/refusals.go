package store

import "github.com/rollcall-hr/rollcall/syncrun"

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
