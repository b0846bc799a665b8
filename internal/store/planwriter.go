package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const (
	// flushRows and flushBytes bound what a plan writer keeps in memory and how long one of its
	// transactions holds the write lock (tens of milliseconds).
	flushRows   = 2000
	flushBytes  = 1 << 20
	anchorEvery = planread.AnchorEvery
)

// planWriter implements syncrun.PlanWriter. The plan's row is written with the first rows, or by Finish.
type planWriter struct {
	s     *Store
	lease syncrun.Lease
	info  syncrun.PlanInfo
	mark  int64
	conn  int64
	no    int64 // plans.no, 0 before the first flush
	n     int64 // rows so far
	heads []planrow.Head
	ends  []int // end of each row's body
	body  []byte
	words *planrow.Words
	bulk  sqldb.Bulk
	saved int       // words in the database
	kept  *keptPlan // nil once there are too many rows
}

// NewPlan implements syncrun.Plans. What people change from here on is not overwritten by the plan's
// Refresh rows.
func (s *Store) NewPlan(ctx context.Context, l syncrun.Lease, id, person, undoOf string, now time.Time) (syncrun.PlanWriter, error) {
	s.kept.Store(nil)
	w := &planWriter{s: s, lease: l, words: planrow.NewWords(), kept: &keptPlan{id: id},
		bulk: sqldb.NewBulk(`insert or fail into plan_items (org, plan, rank, source_id, person_id, n, kind, action, reason, name, email, kinds,
			version, body) values`, 14),
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
	if w.body == nil { // growing them costs as much as filling them
		w.heads, w.ends, w.body = make([]planrow.Head, 0, flushRows), make([]int, 0, flushRows), make([]byte, 0, flushBytes)
	}
	w.heads = append(w.heads, planrow.HeadOf(&item))
	w.body = planrow.Append(w.body, &item, w.words)
	w.ends = append(w.ends, len(w.body))
	if len(w.heads) < flushRows && len(w.body) < flushBytes {
		return nil
	}
	if err := w.s.write(ctx, w.flush); err != nil {
		return fmt.Errorf("store rows of plan %s: %w", w.info.ID, err)
	}
	w.keep()
	w.n += int64(len(w.heads))
	w.heads, w.ends, w.body = w.heads[:0], w.ends[:0], w.body[:0]
	w.saved = w.words.Len()
	return nil
}

// keep keeps the rows that are not written yet in memory too.
func (w *planWriter) keep() {
	if w.kept != nil && !w.kept.add(w.heads, w.body, w.ends) {
		w.kept = nil
	}
}

// flush writes the rows kept so far; the caller's fields change only after the commit.
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
	for i := 0; i < len(w.heads); {
		st, n := w.bulk.Prepare(t, len(w.heads)-i)
		for range n {
			w.bind(t, st, i)
			i++
		}
		if _, err := st.Run(); err != nil {
			return err
		}
	}
	return nil
}

// bind binds one of the rows kept so far.
func (w *planWriter) bind(t tx, st stmt, i int) {
	from := 0
	if i > 0 {
		from = w.ends[i-1]
	}
	h := &w.heads[i]
	st.Int(t.org)
	st.Int(w.no)
	st.Int(h.Rank)
	st.Int(h.Source)
	st.Text(h.Person)
	st.Int(w.n + int64(i) + 1)
	st.Int(h.Kind)
	sqldb.BindOptional(st, h.Action)
	sqldb.BindOptional(st, h.Reason)
	sqldb.BindOptional(st, h.Name)
	sqldb.BindOptional(st, h.Email)
	st.Int(h.Kinds)
	st.Int(h.Version)
	st.Blob(w.body[from:w.ends[i]])
}

// ensureRow finds the plan's row, or writes it. A number that a failed commit gave is not trusted.
func (w *planWriter) ensureRow(t tx) error {
	find := func() (bool, error) {
		return t.first("select no from plans where org = $1 and id = $2", func(st stmt) { w.no = st.ColInt(0) }, t.org, w.info.ID)
	}
	if ok, err := find(); ok || err != nil {
		if w.n == 0 && ok {
			err = fmt.Errorf("there is a plan with id %s already", w.info.ID)
		}
		return err
	}
	if w.n > 0 {
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
	if w.keep(); w.kept != nil {
		w.kept.sort()
	}
	err = w.s.write(ctx, func(t tx) error {
		if err := w.flush(t); err != nil {
			return err
		}
		anchors, err := w.anchors(t)
		if err != nil {
			return err
		}
		if _, err := t.first("select coalesce(max(seq), 0) + 1 from plans where org = $1 and connection = $2",
			func(st stmt) { w.info.Seq = st.ColInt(0) }, t.org, w.conn); err != nil {
			return err
		}
		_, err = t.exec(`update plans set finished = 1, as_of = $1, seq = $2, header = $3, baseline = $4, anchors = $5
			where org = $6 and no = $7`, h.Hypothetical(), w.info.Seq, string(header), string(base), anchors, t.org, w.no)
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

// Abort implements syncrun.PlanWriter: the rows go.
func (w *planWriter) Abort(ctx context.Context) error {
	if w.n == 0 {
		return nil
	}
	if err := w.s.dropPlan(ctx, w.no); err != nil {
		return fmt.Errorf("drop plan %s: %w", w.info.ID, err)
	}
	return nil
}

// anchors returns the packed keys of every anchorEvery-th row.
func (w *planWriter) anchors(t tx) ([]byte, error) {
	if w.kept != nil {
		return w.kept.anchors(), nil
	}
	var out []byte
	var at planrow.Key
	for {
		ok, err := t.first(`select rank, source_id, person_id, n from plan_items where org = $1 and plan = $2
			and (rank, source_id, person_id, n) > ($3, $4, $5, $6) order by rank, source_id, person_id, n limit 1 offset $7`,
			func(st stmt) { at = scanKey(st) }, t.org, w.no, at.Rank, at.Source, at.Person, at.N, anchorEvery-1)
		if err != nil || !ok {
			return out, err
		}
		out = planrow.AppendKey(out, at)
	}
}

// scanKey reads the columns rank, source_id, person_id, n.
func scanKey(st stmt) planrow.Key {
	return planrow.Key{Rank: st.ColInt(0), Source: st.ColInt(1), Person: st.ColText(2), N: st.ColInt(3)}
}
