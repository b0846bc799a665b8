package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const (
	// keepPreviews is how long a plan that nobody applied is kept, keepUnfinished how long one that was
	// never finished; applied plans are the history and stay.
	keepPreviews   = 30 * 24 * time.Hour
	keepUnfinished = 24 * time.Hour
	// dropRows is how many rows one transaction deletes, pageRows how many are read at once.
	dropRows = 5000
	pageRows = anchorEvery
)

// storedPlan is a finished plan's row, with what reading its rows needs.
type storedPlan struct {
	info    syncrun.PlanInfo
	no      int64
	conn    int64
	mark    int64
	rows    *planrow.Reader
	anchors []byte
}

// plan returns the finished plan that a condition on $2 and $3 selects; directory.ErrNotFound when none.
func (t tx) plan(condition, name string, args ...any) (storedPlan, error) {
	p, err := planread.Find(t.shared(), condition, name, args...)
	return storedPlan{info: p.Info, no: p.No, conn: p.Connection, mark: p.Mark, rows: p.Rows, anchors: p.Anchors}, err
}

func (t tx) planByID(id string) (storedPlan, error) {
	return t.plan("and p.id = $2", "plan "+id, id)
}

// Plan implements syncrun.Plans. The latest plan is one that can be applied: those that are only to look at
// are left out, and those of looks for changes, so that none hides what waits in another. An id is looked up
// in every connection when connection is "".
func (s *Store) Plan(ctx context.Context, connection, id string) (syncrun.PlanInfo, error) {
	var p storedPlan
	err := s.read(ctx, func(t tx) error {
		if id == "" {
			conn, err := t.connection(connection)
			if err != nil {
				return err
			}
			p, err = t.plan("and p.connection = $2 and p.as_of = 0 and coalesce(p.person, '') <> '"+syncrun.PlanOfChanges+"' order by p.seq desc limit 1", "a plan of connection "+connection, conn)
			return err
		}
		var err error
		p, err = t.planByID(id)
		if err == nil && connection != "" && p.info.Connection != connection {
			err = fmt.Errorf("plan %s of connection %s: %w", id, connection, directory.ErrNotFound)
		}
		return err
	})
	if err != nil {
		return syncrun.PlanInfo{}, err
	}
	return p.info, nil
}

// LatestFullPlan implements syncrun.Plans; 0 when there is none. Plans of one person, of an undo or of a
// future day are no reading of the company.
func (s *Store) LatestFullPlan(ctx context.Context, connection string) (seq int64, err error) {
	err = s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		_, err = t.first(`select seq from plans where org = $1 and connection = $2 and finished = 1
			and as_of = 0 and person is null and undo_of is null order by seq desc limit 1`, func(st stmt) { seq = st.ColInt(0) }, t.org, conn)
		return err
	})
	return seq, err
}

// Items implements syncrun.Plans.
func (s *Store) Items(ctx context.Context, planID string, after int64, all bool) iter.Seq2[syncrun.StoredItem, error] {
	return func(yield func(syncrun.StoredItem, error) bool) {
		wanted := func(kind int64) bool { return all || kind == planrow.Change || kind == planrow.Held }
		yieldError(s.eachPage(ctx, planID, after, wanted, func(page []syncrun.StoredItem) error {
			for _, it := range page {
				if !yield(it, nil) {
					return errStopped
				}
			}
			return nil
		}), yield)
	}
}

// eachPage reads the rows of a plan from position after (exclusive) on, those of the wanted kinds only,
// and calls do for each page outside the transaction that read it: whoever applies a plan while reading
// it would otherwise keep SQLite from ever emptying its log. A finished plan's rows do not change.
func (s *Store) eachPage(ctx context.Context, planID string, after int64, wanted func(kind int64) bool, do func([]syncrun.StoredItem) error) error {
	page := make([]syncrun.StoredItem, 0, pageRows)
	read := tx.items
	if k := s.keptPlan(planID); k != nil {
		read = func(_ tx, p *storedPlan, after int64, wanted func(int64) bool, do func(int64, plan.Item) error) error {
			return k.items(p, after, wanted, do)
		}
	}
	for more := true; more; {
		page = page[:0]
		err := s.read(ctx, func(t tx) error {
			p, err := t.planByID(planID)
			if err != nil {
				return err
			}
			runs, err := t.applied(p.no)
			if err != nil {
				return err
			}
			err = read(t, &p, after, wanted, func(seq int64, it plan.Item) error {
				page = append(page, syncrun.StoredItem{Seq: seq, RunID: runs.Of(seq), Item: it})
				if after = seq; len(page) == pageRows {
					return errStopped
				}
				return nil
			})
			more = errors.Is(err, errStopped)
			if more {
				err = nil
			}
			return err
		})
		if err == nil {
			err = do(page)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// items restores the rows of a plan from position after (exclusive) on, those of the wanted kinds only.
func (t tx) items(p *storedPlan, after int64, wanted func(kind int64) bool, do func(seq int64, it plan.Item) error) error {
	at, seq := planrow.AnchorBefore(p.anchors, anchorEvery, after)
	var buf []byte
	return t.each("select "+planread.HeadColumns+`, body from plan_items
		where org = $1 and plan = $2 and (rank, source_id, person_id, n) > ($3, $4, $5, $6)
		order by rank, source_id, person_id, n`, func(st stmt) error {
		if seq++; seq <= after || !wanted(st.ColInt(3)) {
			return nil
		}
		h := planread.ScanHead(st)
		buf = st.ColBytes(10, buf)
		it, err := p.rows.Unpack(&h, string(buf))
		if err != nil {
			return fmt.Errorf("row %d of plan %s: %w", seq, p.info.ID, err)
		}
		return do(seq, it)
	}, t.org, p.no, at.Rank, at.Source, at.Person, at.N)
}

// Outline implements syncrun.Plans.
func (s *Store) Outline(ctx context.Context, planID string) iter.Seq2[syncrun.ChangeOutline, error] {
	return func(yield func(syncrun.ChangeOutline, error) bool) {
		yieldError(s.read(ctx, func(t tx) error {
			p, err := t.planByID(planID)
			if err != nil {
				return err
			}
			runs, err := t.applied(p.no)
			if err != nil {
				return err
			}
			seq := int64(0)
			next := func(kind, kinds, version int64) error {
				if seq++; kind == planrow.Change && !yield(syncrun.ChangeOutline{Seq: seq, RunID: runs.Of(seq), Kinds: plan.KindSet(kinds), Version: version}, nil) {
					return errStopped
				}
				return nil
			}
			if k := s.keptPlan(planID); k != nil {
				for i := range k.rows {
					h := &k.rows[i].head
					if err := next(h.Kind, h.Kinds, h.Version); err != nil {
						return err
					}
				}
				return nil
			}
			return t.each(`select kind, kinds, version from plan_items where org = $1 and plan = $2 order by rank, source_id, person_id, n`,
				func(st stmt) error { return next(st.ColInt(0), st.ColInt(1), st.ColInt(2)) }, t.org, p.no)
		}), yield)
	}
}

// keptPlan returns the rows of a plan when they are still in memory.
func (s *Store) keptPlan(id string) *keptPlan {
	if k := s.kept.Load(); k != nil && k.id == id {
		return k
	}
	return nil
}

// applied reads what was applied of a plan.
func (t tx) applied(plan int64) (planrow.Spans, error) { return planread.Applied(t.shared(), plan) }

// StaleRecords implements syncrun.Plans. A row that was applied already is not stale, and a record that
// is to be created is when it is there by now.
func (s *Store) StaleRecords(ctx context.Context, planID string, seqs []int64, limit int) ([]directory.Key, error) {
	if len(seqs) == 0 || limit <= 0 {
		return nil, nil
	}
	ordered := slices.Sorted(slices.Values(seqs))
	var out []directory.Key
	err := s.read(ctx, func(t tx) error {
		p, err := t.planByID(planID)
		if err != nil {
			return err
		}
		runs, err := t.applied(p.no)
		if err != nil {
			return err
		}
		err = t.versions(&p, ordered[0]-1, func(seq int64, key directory.Key, planned, now int64) error {
			for len(ordered) > 0 && ordered[0] < seq {
				ordered = ordered[1:]
			}
			switch {
			case len(ordered) == 0 || len(out) == limit:
				return errStopped
			case ordered[0] == seq && planned != now && runs.Of(seq) == "":
				out = append(out, key)
			}
			return nil
		})
		if errors.Is(err, errStopped) {
			err = nil
		}
		return err
	})
	return out, err
}

// versions tells, for every change from position after (exclusive) on, the version it was planned on and
// the version its record has now, 0 when there is none.
func (t tx) versions(p *storedPlan, after int64, do func(seq int64, key directory.Key, planned, now int64) error) error {
	groups, err := t.groups()
	if err != nil {
		return err
	}
	there := map[string]directory.Group{}
	for _, g := range groups {
		there[string(directory.GroupKey(g.Kind, g.Name))] = g
	}
	at, seq := planrow.AnchorBefore(p.anchors, anchorEvery, after)
	return t.each(`select i.rank, i.kind, i.name, i.person_id, i.version, coalesce(p.version, 0) from plan_items i
		left join people p on p.org = i.org and p.id = i.person_id where i.org = $1 and i.plan = $2
		and (i.rank, i.source_id, i.person_id, i.n) > ($3, $4, $5, $6) order by i.rank, i.source_id, i.person_id, i.n`, func(st stmt) error {
		if seq++; seq <= after || st.ColInt(1) != planrow.Change {
			return nil
		}
		if rank := st.ColInt(0); rank != planrow.People {
			kind := directory.KindDepartment
			if rank == planrow.Teams {
				kind = directory.KindTeam
			}
			key := directory.GroupKey(kind, st.ColText(2))
			return do(seq, key, st.ColInt(4), there[string(key)].Version)
		}
		return do(seq, directory.PersonKey(st.ColText(3)), st.ColInt(4), st.ColInt(5))
	}, t.org, p.no, at.Rank, at.Source, at.Person, at.N)
}

// Prune deletes previews that nobody applied for 30 days, except each connection's latest, and plans
// that were begun a day ago and never finished; it returns how many went.
func (s *Store) Prune(ctx context.Context, now time.Time) (int, error) {
	var old []int64
	err := s.read(ctx, func(t tx) error {
		return t.each(`select no from plans p where org = $1 and ((finished = 0 and created_at < $2) or (finished = 1 and created_at < $3
			and applied_by is null and seq < (select max(seq) from plans l where l.org = p.org and l.connection = p.connection)))`,
			func(st stmt) error {
				old = append(old, st.ColInt(0))
				return nil
			}, t.org, now.Add(-keepUnfinished), now.Add(-keepPreviews))
	})
	for _, no := range old {
		if err == nil {
			err = s.dropPlan(ctx, no)
		}
	}
	if err != nil {
		return 0, fmt.Errorf("prune old plans: %w", err)
	}
	return len(old), nil
}

// dropPlan deletes a plan, its rows first, in transactions that hold the write lock briefly. A crash
// between them leaves a plan that nobody can apply, because it is no longer finished.
func (s *Store) dropPlan(ctx context.Context, no int64) error {
	for left := dropRows; left == dropRows; {
		err := s.write(ctx, func(t tx) (err error) {
			if _, err := t.exec("update plans set finished = 0, seq = null where org = $1 and no = $2 and applied_by is null and finished = 1", t.org, no); err != nil {
				return err
			}
			var last planrow.Key
			ok, err := t.first(`select rank, source_id, person_id, n from plan_items where org = $1 and plan = $2
				order by rank, source_id, person_id, n limit 1 offset $3`, func(st stmt) { last = scanKey(st) }, t.org, no, dropRows)
			if err != nil {
				return err
			}
			if ok {
				left, err = t.exec("delete from plan_items where org = $1 and plan = $2 and (rank, source_id, person_id, n) < ($3, $4, $5, $6)",
					t.org, no, last.Rank, last.Source, last.Person, last.N)
				return err
			}
			if left, err = t.exec("delete from plan_items where org = $1 and plan = $2", t.org, no); err != nil {
				return err
			}
			left = 0
			_, err = t.exec("delete from plans where org = $1 and no = $2", t.org, no)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
