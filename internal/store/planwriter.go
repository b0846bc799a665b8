package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// flushBytes bounds what a plan writer keeps in memory, and how long one of its transactions holds the write
// lock (tens of milliseconds); flushRows is how many rows most of them have.
const (
	flushBytes = 512 << 10
	flushRows  = 2048
	// zonesApart is more than any two zones are: a day that is over by as much is over everywhere.
	zonesApart = 48 * time.Hour
)

// planWriter implements syncrun.PlanWriter. The plan's row is written with the first rows, or by Finish.
//
// Rows of people come in plan order, but for some that come late; groups come last and stand first. So people
// are packed as they come, and what is late is kept until Finish, which puts it in.
type planWriter struct {
	s      *Store
	lease  syncrun.Lease
	info   syncrun.PlanInfo
	mark   int64
	conn   int64
	no     int64 // plans.no, 0 before the first flush
	words  *planrow.Words
	saved  int // words in the database
	next   planrow.Builder
	last   planrow.Key   // of the last row that was in order
	late   []planrow.Row // as they came
	refs   []planrow.Ref // of the chunks in order
	number int64         // of the last chunk

	waiting []numbered // not written yet
	size    int        // their bytes
	gone    []int64    // chunks that others take the place of; not deleted yet
	written bool       // there are chunks in the database
	kept    *keptPlan  // nil once there is too much
}

// numbered is a chunk with its number.
type numbered struct {
	no    int64
	chunk planrow.Chunk
}

// NewPlan implements syncrun.Plans. What people change from here on is not overwritten by the plan's
// Refresh rows.
func (s *Store) NewPlan(ctx context.Context, l syncrun.Lease, id, person, undoOf string, now time.Time) (syncrun.PlanWriter, error) {
	s.kept.Store(nil)
	w := &planWriter{s: s, lease: l, words: planrow.NewWords(), kept: &keptPlan{id: id, chunks: map[int64]planrow.Chunk{}},
		next: planrow.Builder{Since: now.Add(-zonesApart).Format(time.DateOnly)},
		info: syncrun.PlanInfo{ID: id, Connection: l.Connection, Person: person, UndoOf: undoOf, CreatedAt: now}}
	err := s.read(ctx, func(t tx) (err error) {
		if w.conn, err = t.fenced(l); err == nil {
			w.mark, err = t.auditSeq()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin plan %s: %w", id, err)
	}
	return w, nil
}

// Add implements syncrun.PlanWriter. It keeps nothing of the item.
func (w *planWriter) Add(ctx context.Context, item plan.Item) error {
	h := planrow.HeadOf(&item)
	if key := h.Key(); key.Rank != planrow.People || key.Compare(w.last) < 0 {
		w.late = append(w.late, planrow.Pack(&item, w.words))
		return nil
	} else if w.next.Full() {
		w.refs = append(w.refs, w.seal())
		if err := w.flushWhenLarge(ctx); err != nil {
			return err
		}
	}
	w.next.Add(&item, w.words)
	w.last = h.Key()
	return nil
}

// seal ends the chunk that is being filled, and returns where it stands.
func (w *planWriter) seal() planrow.Ref {
	c := w.next.Chunk()
	w.number++
	w.waiting = append(w.waiting, numbered{w.number, c})
	w.size += c.Size()
	if w.kept != nil {
		w.kept.chunks[w.number] = c
		if w.kept.bytes += c.Size(); w.kept.bytes > keepBytes {
			w.kept = nil
		}
	}
	return planrow.Ref{No: w.number, Rows: c.Rows, First: c.First}
}

func (w *planWriter) flushWhenLarge(ctx context.Context) error {
	if w.size < flushBytes && len(w.waiting) < flushRows/planrow.ChunkRows {
		return nil
	}
	if err := w.s.write(ctx, w.flush); err != nil {
		return fmt.Errorf("store rows of plan %s: %w", w.info.ID, err)
	}
	w.flushed()
	return nil
}

// flush writes the chunks kept so far; the caller's fields change only after the commit.
func (w *planWriter) flush(t tx) error {
	if _, err := t.fenced(w.lease); err != nil {
		return err
	}
	if err := w.ensureRow(t); err != nil {
		return err
	}
	if w.words.Len() > w.saved {
		if _, err := t.exec("update plans set words = $1 where org = $2 and no = $3", w.words.Pack(), t.org, w.no); err != nil {
			return err
		}
	}
	for i := range w.waiting {
		if err := t.insertChunk(w.no, w.waiting[i].no, &w.waiting[i].chunk); err != nil {
			return err
		}
	}
	for _, no := range w.gone {
		if _, err := t.exec("delete from plan_chunks where org = $1 and plan = $2 and no = $3", t.org, w.no, no); err != nil {
			return err
		}
	}
	return nil
}

func (t tx) insertChunk(plan, no int64, c *planrow.Chunk) error {
	_, err := t.exec("insert into plan_chunks (org, plan, no, marks, heads, found, names, bodies) values ($1, $2, $3, $4, $5, $6, $7, $8)",
		t.org, plan, no, sqldb.Bytes(c.Marks), sqldb.Bytes(c.Heads), sqldb.Bytes(c.Found), sqldb.Bytes(c.Names), sqldb.Bytes(c.Bodies))
	return err
}

// flushed notes that what was kept so far is in the database.
func (w *planWriter) flushed() {
	w.waiting, w.size, w.gone, w.written, w.saved = w.waiting[:0], 0, nil, true, w.words.Len()
}

// ensureRow finds the plan's row, or writes it. A number that a failed commit gave is not trusted.
func (w *planWriter) ensureRow(t tx) error {
	find := func() (bool, error) {
		return t.first("select no from plans where org = $1 and id = $2", func(st stmt) { w.no = st.ColInt(0) }, t.org, w.info.ID)
	}
	if ok, err := find(); ok || err != nil {
		if !w.written && ok {
			err = fmt.Errorf("there is a plan with id %s already", w.info.ID)
		}
		return err
	}
	if w.written {
		return errors.New("its first rows were pruned; it took more than a day")
	}
	if _, err := t.exec(`insert into plans (org, id, connection, person, undo_of, created_at, mark, finished, as_of)
		values ($1, $2, $3, $4, $5, $6, $7, 0, 0)`, t.org, w.info.ID, w.conn, sqldb.Optional(w.info.Person), sqldb.Optional(w.info.UndoOf),
		w.info.CreatedAt, w.mark); err != nil {
		return err
	}
	_, err := find()
	return err
}

// Finish implements syncrun.PlanWriter.
func (w *planWriter) Finish(ctx context.Context, h plan.Header, baseline hr.Baseline) (syncrun.PlanInfo, error) {
	header, err := json.Marshal(planread.Header{Header: h, HeldPeople: h.Counts.HeldPeople})
	if err != nil {
		return syncrun.PlanInfo{}, err
	}
	base, err := json.Marshal(baseline)
	if err != nil {
		return syncrun.PlanInfo{}, err
	}
	if err := w.putIn(ctx); err != nil {
		return syncrun.PlanInfo{}, err
	}
	err = w.s.write(ctx, func(t tx) error {
		if err := w.flush(t); err != nil {
			return err
		}
		if _, err := t.first("select coalesce(max(seq), 0) + 1 from plans where org = $1 and connection = $2",
			func(st stmt) { w.info.Seq = st.ColInt(0) }, t.org, w.conn); err != nil {
			return err
		}
		_, err := t.exec(`update plans set finished = 1, as_of = $1, seq = $2, header = $3, baseline = $4, chunks = $5
			where org = $6 and no = $7`, h.Hypothetical(), w.info.Seq, string(header), string(base), planrow.PackRefs(w.refs), t.org, w.no)
		return err
	})
	if err != nil {
		return syncrun.PlanInfo{}, fmt.Errorf("finish plan %s: %w", w.info.ID, err)
	}
	if w.kept != nil {
		w.s.kept.Store(w.kept)
	}
	w.info.Header, w.info.Baseline = h, baseline
	return w.info, nil
}

// putIn puts the rows that came late where they belong.
func (w *planWriter) putIn(ctx context.Context) error {
	if w.next.Rows() > 0 {
		w.refs = append(w.refs, w.seal())
	}
	slices.SortStableFunc(w.late, func(a, b planrow.Row) int { return a.Key().Compare(b.Key()) })
	people := slices.IndexFunc(w.late, func(r planrow.Row) bool { return r.Head.Rank == planrow.People })
	if people < 0 {
		people = len(w.late)
	}
	before := w.refs
	w.refs = nil
	if err := w.pack(ctx, w.late[:people]); err != nil {
		return err
	}
	late := w.late[people:]
	for i, ref := range before {
		n := len(late)
		if i+1 < len(before) {
			if at := slices.IndexFunc(late, func(r planrow.Row) bool { return r.Key().Compare(before[i+1].First) >= 0 }); at >= 0 {
				n = at
			}
		}
		if n == 0 {
			w.refs = append(w.refs, ref)
			continue
		}
		rows, err := w.take(ctx, ref.No)
		if err != nil {
			return err
		}
		if err := w.pack(ctx, merged(rows, late[:n])); err != nil {
			return err
		}
		late = late[n:]
	}
	return w.pack(ctx, late) // without any others
}

// pack makes chunks of rows, behind those that there are.
func (w *planWriter) pack(ctx context.Context, rows []planrow.Row) error {
	for i := range rows {
		if w.next.Full() {
			w.refs = append(w.refs, w.seal())
			if err := w.flushWhenLarge(ctx); err != nil {
				return err
			}
		}
		w.next.AddRow(&rows[i])
	}
	if w.next.Rows() > 0 {
		w.refs = append(w.refs, w.seal())
	}
	return nil
}

// take returns the rows of a chunk, which others will take the place of.
func (w *planWriter) take(ctx context.Context, no int64) ([]planrow.Row, error) {
	var c planrow.Chunk
	if i := slices.IndexFunc(w.waiting, func(n numbered) bool { return n.no == no }); i >= 0 {
		c = w.waiting[i].chunk
		w.waiting = slices.Delete(w.waiting, i, i+1)
		w.size -= c.Size()
	} else {
		err := w.s.read(ctx, func(t tx) (err error) {
			c, err = planread.Chunk(t.shared(), w.no, no)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("rows of plan %s: %w", w.info.ID, err)
		}
		w.gone = append(w.gone, no)
	}
	if w.kept != nil {
		w.kept.bytes -= c.Size()
		delete(w.kept.chunks, no)
	}
	var rows planrow.Rows
	if err := rows.Open(&c); err != nil {
		return nil, fmt.Errorf("rows of plan %s: %w", w.info.ID, err)
	}
	return rows.All(), nil
}

// merged puts late rows among rows that came in order, behind those with the same key.
func merged(rows, late []planrow.Row) []planrow.Row {
	out := slices.Concat(rows, late)
	slices.SortStableFunc(out, func(a, b planrow.Row) int { return a.Key().Compare(b.Key()) })
	return out
}

// Abort implements syncrun.PlanWriter: the rows go.
func (w *planWriter) Abort(ctx context.Context) error {
	if !w.written {
		return nil
	}
	if err := w.s.dropPlan(ctx, w.no); err != nil {
		return fmt.Errorf("drop plan %s: %w", w.info.ID, err)
	}
	return nil
}
