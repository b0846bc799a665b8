package store

import (
	"context"
	"fmt"
	"slices"

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
	key  planrow.Key
	head planrow.Head
	body string
}

// planHistory adds what plans say about an origin: every applied change to found, and to planned the
// rows of the latest plan that were not applied.
func (s *Store) planHistory(t tx, o origin, found, planned *[]dated, latest *int64) error {
	refs, err := t.rowsAbout(o)
	if err != nil {
		return err
	}
	for i := range refs {
		ref := &refs[i]
		p, err := t.plan("and p.no = $2", "a plan", ref.plan)
		if err != nil {
			return err
		}
		it, err := p.rows.Unpack(&ref.head, ref.body)
		if err != nil {
			return fmt.Errorf("row of plan %s: %w", p.info.ID, err)
		}
		entry, seq, err := s.appliedEntry(t, &p, ref, it)
		if err != nil {
			return err
		}
		if entry.Applied {
			*found = append(*found, dated{seq, entry})
		}
		if p.no < *latest {
			continue
		}
		if saved, err := t.madeWithSaved(&p); err != nil || !saved {
			if err != nil {
				return err
			}
			continue
		}
		if p.no > *latest {
			*latest, *planned = p.no, nil
		}
		if !entry.Applied && it.Refresh == nil {
			*planned = append(*planned, dated{p.mark, entry})
		}
	}
	return nil
}

// madeWithSaved reports whether a plan was made with settings that somebody saved: a preview of unsaved ones
// tells nothing about anybody. Only connections set up in the browser have all their settings stored.
func (t tx) madeWithSaved(p *storedPlan) (bool, error) {
	var all, these int64
	_, err := t.first("select count(*), count(case when revision = $3 then 1 end) from connection_settings where org = $1 and connection = $2"+
		" and exists (select 1 from connections where no = $2 and origin = 'web')", func(st stmt) { all, these = st.ColInt(0), st.ColInt(1) }, t.org, p.conn, p.info.Header.Revision)
	return all == 0 || these > 0, err
}

// rowsAbout probes every plan that can be applied, oldest first.
func (t tx) rowsAbout(o origin) ([]rowRef, error) {
	var out []rowRef
	query := `select i.rank, i.source_id, i.person_id, i.kind, i.action, i.reason, i.name, i.email, i.kinds, i.version, i.n, i.body, p.no
		from plans p cross join plan_items i where p.org = $1 and p.finished = 1 and p.as_of = 0 and i.org = p.org and i.plan = p.no
		and i.rank = 3 and i.source_id = $2 and `
	args := []any{t.org, o.source, o.person}
	if o.source != 0 {
		query += "p.connection = $3 "
		args[2] = o.conn
	} else {
		query += "i.person_id = $3 "
	}
	err := t.each(query+"order by p.no, i.person_id, i.n", func(st stmt) error {
		h := planread.ScanHead(st)
		out = append(out, rowRef{st.ColInt(12), planrow.Key{Rank: h.Rank, Source: h.Source, Person: h.Person, N: st.ColInt(10)}, h, string(st.ColBytes(11, nil))})
		return nil
	}, args...)
	return out, err
}

// appliedEntry makes a row's entry; it looks for the run that applied it, and the batch's audit entry.
func (s *Store) appliedEntry(t tx, p *storedPlan, ref *rowRef, it plan.Item) (entry syncrun.HistoryEntry, seq int64, err error) {
	entry = syncrun.HistoryEntry{At: p.info.CreatedAt, Item: it}
	if it.Change == nil || p.info.AppliedBy == "" {
		return entry, 0, nil
	}
	pos := int64(0)
	k := ref.key
	if _, err := t.first(`select count(*) from plan_items where org = $1 and plan = $2 and (rank, source_id, person_id, n) <= ($3, $4, $5, $6)`,
		func(st stmt) { pos = st.ColInt(0) }, t.org, p.no, k.Rank, k.Source, k.Person, k.N); err != nil {
		return entry, 0, err
	}
	run, at := "", int64(0)
	err = t.each("select run_id, seqs, at, audit from journal where org = $1 and plan = $2", func(st stmt) error {
		list, err := planrow.ParseSpans(st.ColText(1), st.ColText(0))
		if list.Of(pos) != "" {
			run, at, seq = st.ColText(0), st.ColInt(2), st.ColInt(3)
		}
		return err
	}, t.org, p.no)
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
