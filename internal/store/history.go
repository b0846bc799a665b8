package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// origin is an employee of a connection, or, with source 0, a person without one.
type origin struct {
	conn   int64 // 0: any connection
	source int64
	person string // with source 0
}

// dated is a history entry with the audit entry it belongs to, which orders them when a clock stands
// still.
type dated struct {
	seq   int64
	entry syncrun.HistoryEntry
}

// History implements syncrun.Runs. A person's history is theirs and that of every employee they were
// linked to.
func (s *Store) History(ctx context.Context, personID, connection string, sourceID int64) (syncrun.History, error) {
	var out syncrun.History
	h := gathering{s: s, readings: map[int64]*planread.Plan{}}
	err := s.read(ctx, func(t tx) error {
		origins, err := t.origins(personID, connection, sourceID)
		if err != nil {
			return err
		}
		for _, o := range origins {
			if err := h.add(t, o); err != nil {
				return err
			}
		}
		edits, err := t.editHistory(personID)
		if err != nil {
			return err
		}
		// A plan comes after the audit entries that were there when it was made, see dated.
		h.found = slices.Concat(h.found, edits, h.planned)
		return h.standing(t, &out, connection, sourceID)
	})
	if err != nil {
		return out, fmt.Errorf("history of person %q, employee %d: %w", personID, sourceID, err)
	}
	slices.SortStableFunc(h.found, compareDated)
	out.Name = h.name
	out.Entries = make([]syncrun.HistoryEntry, len(h.found))
	for i := range h.found {
		out.Entries[i] = h.found[i].entry
		if r := h.reading; r != nil && compareDated(h.found[i], dated{r.Mark, syncrun.HistoryEntry{At: r.Info.CreatedAt}}) <= 0 {
			out.Older = i + 1
		}
	}
	return out, nil
}

func compareDated(a, b dated) int {
	return cmp.Or(a.entry.At.Compare(b.entry.At), cmp.Compare(a.seq, b.seq))
}

// gathering is a history while it is put together.
type gathering struct {
	s        *Store
	found    []dated // every applied change
	planned  []dated // what the latest plan that says anything has and nobody applied
	latest   int64   // that plan, by number
	name     string
	named    int64                    // the plan that has the name
	readings map[int64]*planread.Plan // the newest plan of everybody, by connection; nil: none
	reading  *planread.Plan           // that of the connection asked for
}

// standing adds what tells how somebody stands now, beside what was decided.
func (h *gathering) standing(t tx, out *syncrun.History, connection string, sourceID int64) error {
	if connection == "" {
		return nil
	}
	conn, err := t.connection(connection)
	if err != nil {
		return err
	}
	if h.reading, err = h.readingOf(t, conn); err != nil {
		return err
	}
	if h.reading != nil {
		out.Reading = &h.reading.Info
	}
	if sourceID != 0 {
		out.Decided, err = t.decided(connection, conn, sourceID, h.reading)
	}
	return err
}

// readingOf returns the newest plan of a whole connection made with settings that somebody saved; nil when there
// is none.
func (h *gathering) readingOf(t tx, conn int64) (*planread.Plan, error) {
	if p, known := h.readings[conn]; known {
		return p, nil
	}
	for before := int64(math.MaxInt64); ; {
		p, err := t.plan("and p.connection = $2 and p.no < $3 and "+planread.Whole+" order by p.no desc limit 1", "a plan of everybody", conn, before)
		if errors.Is(err, directory.ErrNotFound) {
			h.readings[conn] = nil
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		if saved, err := planread.MadeWithSaved(t.shared(), &p); err != nil || saved {
			h.readings[conn] = &p
			return &p, err
		}
		before = p.No
	}
}

// decided tells how an administrator settled who an employee is, after a reading (nil: none); nil when nobody did.
func (t tx) decided(connection string, conn, sourceID int64, reading *planread.Plan) (*syncrun.Decided, error) {
	d := syncrun.Decided{Decision: directory.Decision{SourceID: sourceID}}
	ok, err := t.first("select kind, person_id from decisions where org = $1 and connection = $2 and source_id = $3", func(st stmt) {
		d.Kind, d.PersonID = directory.DecisionKind(st.ColText(0)), st.ColText(1)
	}, t.org, conn, sourceID)
	if err != nil || !ok {
		return nil, err
	}
	after := int64(0)
	if reading != nil {
		after = reading.Mark
	}
	ok, err = t.first("select at, actor from audit where org = $1 and seq > $2 and event = 'decide' and subject = $3 order by seq desc limit 1", func(st stmt) {
		d.At, d.Actor = sqldb.Instant(st.ColInt(0)), st.ColText(1)
	}, t.org, after, fmt.Sprintf("%s/%d", connection, sourceID))
	if err != nil || !ok {
		return nil, err
	}
	return &d, nil
}

// origins lists where rows about a person or employee may stand.
func (t tx) origins(personID, connection string, sourceID int64) ([]origin, error) {
	var out []origin
	add := func(o origin) {
		if !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	if sourceID != 0 {
		conn, err := t.connection(connection)
		if err != nil {
			return nil, err
		}
		add(origin{conn: conn, source: sourceID})
	}
	if personID == "" {
		return out, nil
	}
	add(origin{person: personID})
	scan := func(st stmt) error {
		add(origin{conn: st.ColInt(0), source: st.ColInt(1)})
		return nil
	}
	err := t.each("select connection, source_id from people where org = $1 and id = $2 and connection is not null", scan, t.org, personID)
	if err == nil {
		err = t.each("select connection, source_id from former_links where org = $1 and person_id = $2", scan, t.org, personID)
	}
	return out, err
}

// rowRef is a plan row about an origin.
type rowRef struct {
	plan int64
	seq  int64
}

// add adds what plans say about an origin: every applied change, and the rows of the latest plan that were not
// applied. Who left before there was an account is told of once.
func (h *gathering) add(t tx, o origin) error {
	refs, err := t.rowsAbout(o)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		p, err := t.plan("and p.no = $2", "a plan", ref.plan)
		if err != nil {
			return err
		}
		it, err := t.row(&p, ref.seq)
		if err != nil {
			return err
		}
		if name := it.Name(); name != "" && p.No >= h.named {
			h.name, h.named = name, p.No
		}
		entry, seq, err := h.s.appliedEntry(t, &p, ref.seq, it)
		if err != nil {
			return err
		}
		if entry.Applied {
			h.found = append(h.found, dated{seq, entry})
		}
		if p.No < h.latest {
			continue
		}
		if saved, err := planread.MadeWithSaved(t.shared(), &p); err != nil || !saved {
			if err != nil {
				return err
			}
			continue
		}
		if p.No > h.latest {
			h.latest, h.planned = p.No, nil
		}
		reading, err := h.readingOf(t, p.Connection)
		if err != nil {
			return err
		}
		stands := reading == nil || reading.No <= p.No || it.Left != nil
		if !entry.Applied && it.Refresh == nil && stands {
			h.planned = append(h.planned, dated{p.Mark, entry})
		}
	}
	return nil
}

// rowsAbout looks into every plan that can be applied, oldest first.
func (t tx) rowsAbout(o origin) ([]rowRef, error) {
	about := func(k planrow.Key) int {
		if c := cmp.Or(cmp.Compare(k.Rank, planrow.People), cmp.Compare(k.Source, o.source)); c != 0 || o.source != 0 {
			return c
		}
		return strings.Compare(k.Person, o.person)
	}
	query, args := "select no, chunks from plans where org = $1 and finished = 1 and as_of = 0 ", []any{t.org}
	if o.source != 0 {
		query, args = query+"and connection = $2 ", append(args, o.conn)
	}
	var plans []planread.Plan
	err := t.each(query+"order by no", func(st stmt) error {
		refs, err := planrow.UnpackRefs(st.ColBytes(1, nil))
		if from, to := planrow.Around(refs, about); from < to {
			plans = append(plans, planread.Plan{No: st.ColInt(0), Chunks: refs[from:to]})
		}
		return err
	}, args...)
	var out []rowRef
	for _, p := range plans {
		for i := 0; i < len(p.Chunks) && err == nil; i++ {
			var rows *planrow.Rows
			if rows, err = p.Heads(t.shared(), i); err != nil {
				break
			}
			for row := range rows.Heads {
				if about(rows.Heads[row].Key()) == 0 {
					out = append(out, rowRef{p.No, p.Chunks[i].Before + int64(row) + 1})
				}
			}
		}
	}
	return out, err
}

// row restores the row at a position.
func (t tx) row(p *planread.Plan, seq int64) (plan.Item, error) {
	i := planrow.After(p.Chunks, seq-1)
	rows, err := p.Rows(t.shared(), i)
	if err != nil {
		return plan.Item{}, err
	}
	return p.Item(i, rows, int(seq-p.Chunks[i].Before-1))
}

// appliedEntry makes the entry of a row at a position; it looks for the run that applied it, and the batch's
// audit entry.
func (s *Store) appliedEntry(t tx, p *planread.Plan, pos int64, it plan.Item) (entry syncrun.HistoryEntry, seq int64, err error) {
	info := p.Info
	entry = syncrun.HistoryEntry{At: info.CreatedAt, Item: it, Plan: &info}
	if it.Change == nil || p.Info.AppliedBy == "" {
		return entry, 0, nil
	}
	run, at := "", int64(0)
	err = t.each("select run_id, seqs, at, audit from journal where org = $1 and plan = $2", func(st stmt) error {
		list, err := planrow.ParseSpans(st.ColText(1), st.ColText(0))
		if list.Of(pos) != "" {
			run, at, seq = st.ColText(0), st.ColInt(2), st.ColInt(3)
		}
		return err
	}, t.org, p.No)
	if err != nil {
		return entry, 0, err
	}
	runs, err := s.runs(t, "and r.id = $2", cmp.Or(run, p.Info.AppliedBy))
	switch {
	case err != nil:
		return entry, 0, err
	case run == "" && len(runs) > 0:
		entry.Begun = &runs[0]
	case run != "":
		entry.At, entry.Applied = sqldb.Instant(at), true
		if len(runs) > 0 {
			entry.Run, entry.Actor = &runs[0], runs[0].Actor
		}
	}
	return entry, seq, nil
}

// editHistory returns the human edits of a person.
func (t tx) editHistory(personID string) ([]dated, error) {
	var out []dated
	err := t.each("select at, actor, audit, body from edits where org = $1 and person_id = $2 order by version", func(st stmt) error {
		it, err := planrow.UnpackEdit(string(st.ColBytes(3, nil)))
		out = append(out, dated{st.ColInt(2), syncrun.HistoryEntry{At: sqldb.Instant(st.ColInt(0)), Actor: st.ColText(1), Applied: true, Item: it}})
		return err
	}, t.org, personID)
	return out, err
}
