package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// batch is one transaction of an apply.
type batch struct {
	t     tx
	plan  *planread.Plan
	run   *syncrun.Run
	now   time.Time
	audit int64 // of the batch's own entry
	rows  int
	moved []move // addresses to be given out at the end
	owner directory.Key
	lines []string // people with another manager
	count running

	changed []string // ids of people who were there before
	fresh   fresh
}

// ApplyBatch implements syncrun.Runs. Addresses that change hands are taken from everybody first and
// given out last, so that swaps and longer rings need no order.
func (s *Store) ApplyBatch(ctx context.Context, l syncrun.Lease, run syncrun.Run, planID string, seqs []int64, now time.Time) (syncrun.Run, error) {
	arena, ok := s.arenas.Get().(*planrow.Arena)
	if !ok {
		arena = new(planrow.Arena)
	}
	defer func() {
		arena.Reset()
		s.arenas.Put(arena)
	}()
	p, items, err := s.changesAt(ctx, planID, seqs, arena)
	if err != nil {
		return syncrun.Run{}, err
	}
	run.KindCounts = maps.Clone(run.KindCounts)
	b := &batch{plan: p, run: &run, now: now, fresh: fresh{bulk: newPeople()}}
	err = s.write(ctx, func(t tx) error {
		if err := t.leased(l, p); err != nil {
			return err
		}
		b.t = t
		return b.apply(items)
	})
	if err != nil {
		return syncrun.Run{}, err
	}
	run.RowsWritten += b.rows
	s.views.Changed(b.audit, b.changed)
	return run, nil
}

// changesAt restores, in an arena, the changes at some positions of a plan, in plan order and each once. It does so
// in a transaction of its own, see eachPage.
func (s *Store) changesAt(ctx context.Context, planID string, seqs []int64, arena *planrow.Arena) (*planread.Plan, []syncrun.StoredItem, error) {
	seqs = slices.Compact(slices.Sorted(slices.Values(seqs)))
	var p planread.Plan
	out := make([]syncrun.StoredItem, 0, len(seqs))
	err := s.read(ctx, func(t tx) (err error) {
		if p, err = t.planByID(planID); err != nil {
			return err
		}
		p.Kept, p.Words.Arena = s.keptChunks(planID), arena
		var rows *planrow.Rows
		at := -1
		for _, seq := range seqs {
			i := planrow.After(p.Chunks, seq-1)
			if i == len(p.Chunks) || seq < 1 {
				return fmt.Errorf("plan %s has no row %d", planID, seq)
			}
			if i != at {
				if rows, err = p.Rows(t.shared(), i); err != nil {
					return err
				}
				at = i
			}
			row := int(seq - p.Chunks[i].Before - 1)
			if rows.Heads[row].Kind != planrow.Change {
				continue
			}
			it, err := p.Item(i, rows, row)
			if err != nil {
				return err
			}
			out = append(out, syncrun.StoredItem{Seq: seq, Item: it})
		}
		return nil
	})
	return &p, out, err
}

func (b *batch) apply(items []syncrun.StoredItem) error {
	todo, err := b.open(items)
	if err != nil || len(todo) == 0 {
		return err
	}
	if err := b.unforbidden(todo); err != nil {
		return err
	}
	if err := b.beginCount(); err != nil {
		return err
	}
	if err := b.recordBatch(todo); err != nil {
		return err
	}
	for _, it := range todo {
		if it.Change.Group != nil {
			if err := b.createGroup(it.Change); err != nil {
				return err
			}
		}
	}
	if err := b.park(todo); err != nil {
		return err
	}
	r, err := b.t.personReader()
	if err != nil {
		return err
	}
	for _, it := range todo {
		if it.Change.Group != nil {
			continue
		}
		if err := b.person(r, it); err != nil {
			return err
		}
	}
	if err := b.createPeople(0); err != nil {
		return err
	}
	if err := b.endHolds(todo); err != nil {
		return err
	}
	if err := b.giveOut(); err != nil {
		return err
	}
	if err := b.keepAnOwner(); err != nil {
		return err
	}
	if err := b.t.keepLines(b.lines); err != nil {
		return err
	}
	if err := b.endCount(); err != nil {
		return err
	}
	if _, err := b.t.exec("update journal set rows_written = $1 where org = $2 and run_id = $3 and audit = $4",
		b.rows, b.t.org, b.run.ID, b.audit); err != nil {
		return err
	}
	return b.recordRun()
}

// recordRun writes what the run has done so far, which is all that is left of a run that crashes.
func (b *batch) recordRun() error {
	counts, err := json.Marshal(b.run.Counts)
	if err != nil {
		return err
	}
	_, err = b.t.exec("update runs set plan_id = $1, counts = $2, requests = $3, rows_written = $4 where org = $5 and id = $6",
		b.plan.Info.ID, string(counts), b.run.Requests, b.run.RowsWritten+b.rows, b.t.org, b.run.ID)
	return err
}

// open leaves out what an earlier batch, of any run, applied already.
func (b *batch) open(items []syncrun.StoredItem) ([]syncrun.StoredItem, error) {
	done, err := b.t.applied(b.plan.No)
	return slices.DeleteFunc(items, func(it syncrun.StoredItem) bool { return done.Of(it.Seq) != "" }), err
}

// recordBatch writes the journal row and the batch's audit entry.
func (b *batch) recordBatch(todo []syncrun.StoredItem) error {
	seqs := make([]int64, len(todo))
	counts, kinds := plan.Counts{}, map[plan.Kind]int{}
	for i, it := range todo {
		seqs[i] = it.Seq
		counts.Add(it.Change.Action)
		b.run.Counts.Add(it.Change.Action)
		if counted := it.Change.Counted(); counted != 0 {
			for _, k := range plan.Kinds() {
				if counted.Has(k) {
					kinds[k]++
				}
			}
		}
	}
	b.run.CountKinds(kinds)
	detail, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	if err := b.t.audit(AuditEntry{At: b.now, Actor: b.run.Actor, Event: "apply", Subject: b.plan.Info.ID, RunID: b.run.ID, Detail: string(detail)}); err != nil {
		return err
	}
	if b.audit, err = b.t.auditSeq(); err != nil {
		return err
	}
	text, err := json.Marshal(kinds)
	if err != nil {
		return err
	}
	automatic := b.run.Trigger.Automatic() && !b.run.Released
	if _, err := b.t.exec(`insert into journal (org, run_id, plan, connection, at, audit, seqs, automatic, kinds, rows_written)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)`, b.t.org, b.run.ID, b.plan.No, b.plan.Connection, b.now, b.audit, planrow.FormatSeqs(seqs),
		automatic, string(text)); err != nil {
		return err
	}
	_, err = b.t.exec("update plans set applied_by = $1 where org = $2 and no = $3", b.run.ID, b.t.org, b.plan.No)
	b.rows++ // the journal; the rest is bookkeeping
	return err
}

func (b *batch) createGroup(c *plan.Change) error {
	n, err := b.t.insertGroup(c.Group)
	if err == nil && n == 0 {
		err = &syncrun.StaleRecordError{Key: c.Key()}
	}
	b.rows += n
	return err
}

func (b *batch) note(event, person, before, after string) error {
	return b.t.audit(AuditEntry{At: b.now, Actor: b.run.Actor, Event: event, Subject: person, Before: before, After: after, RunID: b.run.ID})
}

// person writes one change of a person with everything that belongs to it.
func (b *batch) person(r personReader, it syncrun.StoredItem) error {
	c := it.Change
	p := directory.Person{ID: c.PersonID, Role: directory.RoleMember, CreatedAt: b.now}
	old := p
	if c.Version > 0 {
		found, ok, err := r.byID(c.PersonID)
		if err != nil {
			return err
		}
		if !ok || found.Version != c.Version {
			return &syncrun.StaleRecordError{Key: c.Key()}
		}
		p, old = found, found
	}
	setValues(&p, c)
	setStatus(&p, c)
	p.Version, p.UpdatedAt = c.Version+1, b.now
	conn, err := b.setLink(&p, c)
	if err != nil {
		return err
	}
	if c.Version == 0 {
		b.fresh.people = append(b.fresh.people, newPerson{p, conn})
		err = b.createPeople(fewPeople)
	} else {
		var n int
		n, err = b.t.updatePerson(&p, conn)
		b.rows += n
		b.changed = append(b.changed, p.ID)
		if drawsLine(c) {
			b.lines = append(b.lines, p.ID)
		}
		b.count.add(&old, -1)
	}
	if errors.Is(err, sqldb.ErrUnique) {
		return &syncrun.StaleRecordError{Key: c.Key()}
	}
	if err != nil {
		return err
	}
	b.count.add(&p, 1)
	if activeOwner(&old) && !activeOwner(&p) {
		b.owner = c.Key()
	}
	if err := b.statusNote(&old, &p); err != nil {
		return err
	}
	if err := b.links(&old, &p, c); err != nil {
		return err
	}
	return b.holds(it)
}

// setValues writes the fields of a change; what a human edited before is the run's again. Status and
// role are no fields of the record.
func setValues(p *directory.Person, c *plan.Change) {
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Field.Slot() < 0 && !strings.HasPrefix(string(f.Field), "budgets.") && !strings.HasPrefix(string(f.Field), "custom.") {
			continue
		}
		text := f.After
		if f.Field == directory.Manager {
			text = f.AfterID
		}
		p.Values.Set(f.Field, f.Kind, text)
		if len(p.Edited) > 0 {
			p.Edited = slices.DeleteFunc(slices.Clone(p.Edited), func(e directory.Field) bool { return e == f.Field })
		}
	}
}

// setStatus applies a change's status. A deactivation keeps the state before it, and what a run
// deactivates or reactivates no longer counts as locked by hand.
func setStatus(p *directory.Person, c *plan.Change) {
	switch {
	case c.StatusAfter == "":
	case c.StatusAfter == directory.Deactivated && p.Status != directory.Deactivated:
		p.PreviousStatus, p.ManualLock = p.Status, false
	case c.StatusAfter != directory.Deactivated && p.Status == directory.Deactivated:
		p.PreviousStatus, p.ManualLock = "", false
	}
	if c.StatusAfter != "" {
		p.Status = c.StatusAfter
	}
	if p.Status == "" {
		p.Status = directory.Provisioned
	}
}

// setLink links the person to the change's employee and returns the number of the person's connection.
func (b *batch) setLink(p *directory.Person, c *plan.Change) (int64, error) {
	if c.Link != nil && c.Link.Outcome == directory.OutcomeLinked {
		p.Link = &directory.Link{Connection: b.plan.Info.Connection, SourceID: strconv.FormatInt(c.Link.SourceID, 10)}
	}
	if p.Link == nil || p.Link.Connection == b.plan.Info.Connection {
		return b.plan.Connection, nil
	}
	return b.t.connection(p.Link.Connection)
}

// statusNote audits who lost or regained access.
func (b *batch) statusNote(old, p *directory.Person) error {
	switch was, is := old.Status == directory.Deactivated, p.Status == directory.Deactivated; {
	case is && !was && old.Status != "":
		return b.note("deactivate", p.ID, string(old.Status), string(p.Status))
	case was && !is:
		return b.note("reactivate", p.ID, string(old.Status), string(p.Status))
	}
	return nil
}

// links stores what is remembered of the employee. A person who was another employee before is no
// longer remembered as that one; without a new state the next run looks again.
func (b *batch) links(old, p *directory.Person, c *plan.Change) error {
	if old.Link != nil && p.Link != nil && *old.Link != *p.Link {
		if err := b.forget(old); err != nil {
			return err
		}
	}
	if c.Link == nil {
		return b.t.unclean(p.Link)
	}
	book, err := b.t.links(b.plan.Connection)
	if err != nil {
		return err
	}
	b.rows++
	return book.Put(c.Link, b.audit)
}

func (b *batch) forget(old *directory.Person) error {
	conn, err := b.t.connection(old.Link.Connection)
	if err != nil {
		return err
	}
	id, err := personrow.SourceNumber(old.Link.SourceID)
	if err != nil {
		return err
	}
	book, err := b.t.links(conn)
	if err != nil {
		return err
	}
	there, err := book.Forget(id, old.ID)
	if err != nil {
		return err
	}
	n, err := b.t.exec(`insert into former_links (org, person_id, connection, source_id) values ($1, $2, $3, $4) on conflict do nothing`,
		b.t.org, old.ID, conn, id)
	b.rows += n + int(sqldb.Int(there))
	return err
}

// holds adds the change's holds; one without an id gets one that a repetition finds again.
func (b *batch) holds(it syncrun.StoredItem) error {
	for i, h := range it.Change.Holds {
		if h.ID == "" {
			h.ID = fmt.Sprintf("hold_%s_%d_%d", b.plan.Info.ID, it.Seq, i+1)
		}
		if h.PersonID == "" {
			h.PersonID = it.Change.PersonID
		}
		if h.CreatedBy == "" {
			h.CreatedBy = b.run.Actor
		}
		if h.CreatedAt.IsZero() {
			h.CreatedAt = b.now
		}
		n, err := b.t.addHold(h)
		if err != nil {
			return err
		}
		b.rows += n
	}
	return nil
}
