package syncrun

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/list"
	"github.com/rollcall-hr/rollcall/plan"
)

// look is a search for changes.
type look struct {
	source   ChangeSource
	mark     Mark
	answer   hr.Changes
	at       Mark // mark, moved by the answer
	hinted   []int64
	reads    []int64 // changed or hinted, ascending: why there is a run
	deleted  []int64 // listed as deleted, ascending
	asked    []int64 // who is read, ascending; more than reads
	requests int     // of the question

	nothing bool
	full    string // why everybody is read instead
}

// ask puts the question, or tells why that is of no use.
func (l *look) ask(ctx context.Context, e *Engine, connection string, trigger Trigger) error {
	source, ok := e.Source.(ChangeSource)
	if !ok {
		l.full = "this source does not tell who changed"
		return nil
	}
	var err error
	if l.mark, err = e.Store.Mark(ctx, connection, false); err != nil {
		return err
	}
	l.source = source
	revision, key, now := e.revision(), source.KeyPrint(), e.Now()
	if l.full = l.mark.unfit(revision, key, now); l.full != "" {
		l.nothing = trigger.Automatic() && l.mark.patient(revision, key, now)
		return nil
	}
	before, since := source.Requests(), l.mark.asks(now)[0]
	l.answer, err = source.Changed(ctx, since)
	if errors.Is(err, hr.ErrWhole) {
		l.full, l.nothing = err.Error(), trigger.Automatic() && l.mark.recent(now)
		return nil
	}
	if err != nil {
		return err
	}
	l.requests = source.Requests() - before
	l.at = l.mark.moved(l.answer, since, now)
	fresh := l.mark.fresh(l.answer)
	if l.nothing = len(fresh) == 0 && len(l.hinted) == 0; l.nothing {
		if l.mark.same(&l.at) {
			return nil
		}
		return e.Store.MoveMark(ctx, connection, l.at)
	}
	l.reads = slices.Clone(l.hinted)
	for _, c := range fresh {
		if c.Deleted {
			l.deleted = append(l.deleted, c.ID)
		} else {
			l.reads = append(l.reads, c.ID)
		}
	}
	l.deleted = sortedSet(l.deleted)
	l.reads = without(sortedSet(l.reads), l.deleted)
	return nil
}

// open reads those who changed, those of whom the link states do not tell everything, and somebody at
// least, so that it is known whether the columns are still those of the last full reading.
func (l *look) open(ctx context.Context, s *session, k *known, fields []string) (*hr.Snapshot, error) {
	now := s.e.Now()
	m, err := s.e.Store.Mark(ctx, s.conn.ID, true)
	if err != nil {
		return nil, err
	}
	if why := m.unfit(s.run.Revision, l.source.KeyPrint(), now); why != "" {
		return nil, whole("%s", why) // another run was quicker
	}
	l.at = m.moved(l.answer, m.Since, now)
	l.mark = m
	open, gone := &l.mark.People, l.deleted
	orphans, err := l.orphans(ctx, s)
	if err != nil {
		return nil, err
	}
	asked := slices.Concat(l.reads, without(open.Again, gone), orphans)
	for _, r := range k.rows {
		if !r.looksUnchanged() && !has(gone, r.id) && !has(open.Absent, r.id) {
			asked = append(asked, r.id)
		}
	}
	if l.asked = sortedSet(asked); len(l.asked) == 0 {
		l.asked = k.anybody(func(id int64) bool { return !has(gone, id) && !has(open.Absent, id) })
	}
	company := len(k.rows) + len(open.Quiet) + len(open.Again)
	switch limit := max(mayRead, company/10); {
	case len(l.asked) == 0:
		return nil, whole("nobody is remembered")
	case len(l.asked) > limit:
		return nil, whole("%d employees would be read again, more than %d", len(l.asked), limit)
	}
	part := hr.Partial{IDs: l.asked, Known: k.fingerprint, Others: len(without(without(open.Quiet, l.asked), gone)),
		Rest: k.rest(func(id int64) bool { return !has(l.asked, id) && !has(gone, id) })}
	snap, err := l.source.ReadSome(ctx, fields, part)
	if err != nil {
		return nil, err
	}
	if r := &l.mark.Reading; snap.Shape != r.Shape || snap.KeyOwner != r.Owner {
		for range snap.Records {
			break // lets go of the requests
		}
		return nil, whole("the columns that can be read, or the owner of the key, are not those of the last full reading")
	}
	return snap, nil
}

// orphans lists the employees whose manager was deleted: BambooHR shows them without one from now on, and
// lists no change of theirs.
func (l *look) orphans(ctx context.Context, s *session) ([]int64, error) {
	if len(l.deleted) == 0 {
		return nil, nil
	}
	reports, err := s.e.Store.ReportsOf(ctx, s.conn.ID, l.deleted)
	return without(reports, l.deleted), err
}

// gone tells whom BambooHR listed as deleted.
func (l *look) gone() map[int64]bool {
	out := make(map[int64]bool, len(l.deleted))
	for _, id := range l.deleted {
		out[id] = true
	}
	return out
}

// quiet lists the employees who are nobody here and were not read.
func (l *look) quiet() []int64 { return without(without(l.mark.People.Quiet, l.asked), l.deleted) }

// check compares what came with what was asked for.
func (l *look) check(f *findings) error {
	for _, id := range l.asked {
		if !has(f.read, id) {
			return whole("BambooHR does not show employee %d", id)
		}
	}
	if len(f.lost) > 0 {
		return whole("%q is blank for everybody who was read and had it: the key may have lost the right to see it", f.lost[0])
	}
	return nil
}

// unchanged is the mark after a look that found nothing to plan at an instant.
func (l *look) unchanged(now time.Time) Mark {
	m := l.at
	m.Reading, m.People = l.mark.Reading, l.mark.People
	m.People.Stays = m.People.stay(l.asked, nil, now)
	m.People.Again, m.People.Quiet = without(m.People.Again, l.deleted), without(m.People.Quiet, l.deleted)
	return m
}

// next is the mark after a look that was planned at an instant.
func (l *look) next(f *findings, waiting int, now time.Time) Mark {
	m := l.at
	open, gone := &l.mark.People, slices.Concat(l.deleted, l.asked)
	gone = sortedSet(gone)
	m.Reading, m.People = l.mark.Reading, OpenPeople{
		Again:  sortedSet(slices.Concat(without(open.Again, gone), f.again)),
		Quiet:  sortedSet(slices.Concat(without(open.Quiet, gone), f.quiet)),
		Absent: sortedSet(slices.Concat(without(open.Absent, l.asked), l.deleted)),
		Stays:  open.stay(sortedSet(slices.Concat(l.asked, l.deleted)), sortedSet(slices.Concat(f.leaving, l.deleted)), now),
	}
	if waiting > 0 {
		m.People.Again = without(sortedSet(slices.Concat(m.People.Again, f.planned)), m.People.Absent)
	}
	return m
}

// findings is what a reading and its plan say of single employees.
type findings struct {
	look         bool // these are the findings of a look
	shape, owner string
	read         []int64  // yielded in full or as read and unchanged, by id; of a look only
	lost         []string // columns that everybody read lost; of a look only
	absent       []int64  // remembered, and not in the reading
	planned      []int64  // to be changed; of a look only
	leaving      []int64  // to be deactivated, or held; of a look only
	again        []int64  // not linked, held for a reason that others may lift
	quiet        []int64  // not linked, held for a reason of their own record

	pending list.List[int64] // to be changed and not linked yet; everybody on a first sync
}

// note takes note of a row of the plan.
func (f *findings) note(it *plan.Item) {
	if f.look {
		f.noteLeaving(it)
	}
	switch c, h := it.Change, it.Held; {
	case c != nil && c.SourceID != 0:
		if f.look {
			f.planned = append(f.planned, c.SourceID)
		}
		if c.Action == plan.Create || c.Reason == plan.Linked {
			f.pending.Append(c.SourceID)
		}
	case h != nil && h.Kind == plan.HeldPerson && h.PersonID == "" && h.SourceID != 0:
		if ownRecord(h.Reason) {
			f.quiet = append(f.quiet, h.SourceID)
		} else {
			f.again = append(f.again, h.SourceID)
		}
	}
}

// noteLeaving takes note of whom a look does not find to stay.
func (f *findings) noteLeaving(it *plan.Item) {
	switch c, h := it.Change, it.Held; {
	case c != nil && c.StatusAfter == directory.Deactivated:
		f.leaving = append(f.leaving, c.SourceID)
	case h != nil && h.Kind == plan.HeldPerson && h.Field == "":
		f.leaving = append(f.leaving, h.SourceID)
	}
}

// ownRecord tells whether an employee without a link is held for a reason that nobody else's record, and no
// passing of time, lifts.
func ownRecord(r plan.Reason) bool {
	switch r {
	case plan.OutOfScope, plan.NoEmail, plan.Unreadable, plan.InactiveUnknown, plan.StatusBlank, plan.OnHold:
		return true
	}
	return false
}
