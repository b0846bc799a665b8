package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

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
func (s *Store) History(ctx context.Context, personID, connection string, sourceID int64) ([]syncrun.HistoryEntry, error) {
	var found []dated
	err := s.read(ctx, func(t tx) error {
		origins, err := t.origins(personID, connection, sourceID)
		if err != nil {
			return err
		}
		var planned []dated // of the latest plan that says anything
		latest := int64(0)
		for _, o := range origins {
			if err := s.planHistory(t, o, &found, &planned, &latest); err != nil {
				return err
			}
		}
		edits, err := t.editHistory(personID)
		// A plan comes after the audit entries that were there when it was made, see dated.
		found = slices.Concat(found, edits, planned)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("history of person %q, employee %d: %w", personID, sourceID, err)
	}
	slices.SortStableFunc(found, func(a, b dated) int {
		if c := a.entry.At.Compare(b.entry.At); c != 0 {
			return c
		}
		return int(a.seq - b.seq)
	})
	out := make([]syncrun.HistoryEntry, len(found))
	for i := range found {
		out[i] = found[i].entry
	}
	return out, nil
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

// planHistory adds what plans say about an origin: every applied change to found, and to planned the
// rows of the latest plan that were not applied.
func (s *Store) planHistory(t tx, o origin, found, planned *[]dated, latest *int64) error {
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
		entry, seq, err := s.appliedEntry(t, &p, ref.seq, it)
		if err != nil {
			return err
		}
		if entry.Applied {
			*found = append(*found, dated{seq, entry})
		}
		if p.No < *latest {
			continue
		}
		if saved, err := planread.MadeWithSaved(t.shared(), &p); err != nil || !saved {
			if err != nil {
				return err
			}
			continue
		}
		if p.No > *latest {
			*latest, *planned = p.No, nil
		}
		if !entry.Applied && it.Refresh == nil {
			*planned = append(*planned, dated{p.Mark, entry})
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
	entry = syncrun.HistoryEntry{At: p.Info.CreatedAt, Item: it}
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
	if err != nil || run == "" {
		return entry, 0, err
	}
	runs, err := s.runs(t, "and r.id = $2", run)
	if err != nil {
		return entry, 0, err
	}
	entry.At, entry.Applied = sqldb.Instant(at), true
	if len(runs) > 0 {
		entry.Run, entry.Actor = &runs[0], runs[0].Actor
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
