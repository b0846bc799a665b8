package store

import (
	"context"
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
	// dropChunks is how many chunks of rows one transaction deletes.
	dropChunks = 20
	// pageRows is how many rows are read at once, before one more chunk is left for the next page.
	pageRows = 1000
)

// plan returns the finished plan that a condition on $2 and $3 selects; directory.ErrNotFound when none.
func (t tx) plan(condition, name string, args ...any) (planread.Plan, error) {
	return planread.Find(t.shared(), condition, name, args...)
}

func (t tx) planByID(id string) (planread.Plan, error) {
	return t.plan("and p.id = $2", "plan "+id, id)
}

// Plan implements syncrun.Plans. The latest plan is one that can be applied: those that are only to look at
// are left out, and those of looks for changes, so that none hides what waits in another. An id is looked up
// in every connection when connection is "".
func (s *Store) Plan(ctx context.Context, connection, id string) (syncrun.PlanInfo, error) {
	var p planread.Plan
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
		if err == nil && connection != "" && p.Info.Connection != connection {
			err = fmt.Errorf("plan %s of connection %s: %w", id, connection, directory.ErrNotFound)
		}
		return err
	})
	if err != nil {
		return syncrun.PlanInfo{}, err
	}
	return p.Info, nil
}

// LatestFullPlan implements syncrun.Plans; 0 when there is none.
func (s *Store) LatestFullPlan(ctx context.Context, connection string) (seq int64, err error) {
	err = s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		_, err = t.first("select p.seq from plans p where p.org = $1 and p.connection = $2 and "+planread.Whole+" order by p.seq desc limit 1", func(st stmt) { seq = st.ColInt(0) }, t.org, conn)
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
	var page []syncrun.StoredItem
	for more := true; more; {
		page = page[:0]
		err := s.read(ctx, func(t tx) error {
			p, err := t.planByID(planID)
			if err != nil {
				return err
			}
			p.Kept = s.keptChunks(planID)
			runs, err := t.applied(p.No)
			if err != nil {
				return err
			}
			i := planrow.After(p.Chunks, after)
			for ; i < len(p.Chunks) && len(page) < pageRows && err == nil; i++ {
				err = t.items(&p, i, after, wanted, func(seq int64, it plan.Item) {
					page = append(page, syncrun.StoredItem{Seq: seq, RunID: runs.Of(seq), Item: it})
				})
			}
			if more = i < len(p.Chunks); more {
				after = p.Chunks[i].Before
			}
			return err
		})
		if err == nil && len(page) > 0 {
			err = do(page)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// items restores the rows of a chunk from position after (exclusive) on, those of the wanted kinds only.
func (t tx) items(p *planread.Plan, i int, after int64, wanted func(kind int64) bool, do func(seq int64, it plan.Item)) error {
	marks, err := p.Marks(t.shared(), i)
	if err != nil || !slices.ContainsFunc(marks.List, func(m planrow.Mark) bool { return wanted(m.Kind) }) {
		return err
	}
	rows, err := p.Rows(t.shared(), i)
	if err != nil {
		return err
	}
	for row := max(0, int(after-p.Chunks[i].Before)); row < marks.Rows(); row++ {
		if !wanted(marks.Of(row).Kind) {
			continue
		}
		it, err := p.Item(i, rows, row)
		if err != nil {
			return err
		}
		do(p.Chunks[i].Before+int64(row)+1, it)
	}
	return nil
}

// Outline implements syncrun.Plans.
func (s *Store) Outline(ctx context.Context, planID string) iter.Seq2[syncrun.ChangeOutline, error] {
	return func(yield func(syncrun.ChangeOutline, error) bool) {
		yieldError(s.read(ctx, func(t tx) error {
			p, err := t.planByID(planID)
			if err != nil {
				return err
			}
			runs, err := t.applied(p.No)
			if err != nil {
				return err
			}
			p.Kept = s.keptChunks(planID)
			for i, ref := range p.Chunks {
				rows, err := p.Heads(t.shared(), i)
				if err != nil {
					return err
				}
				for row := range rows.Heads {
					h, seq := &rows.Heads[row], ref.Before+int64(row)+1
					if h.Kind == planrow.Change && !yield(syncrun.ChangeOutline{Seq: seq, RunID: runs.Of(seq), Kinds: plan.KindSet(h.Kinds), Version: h.Version}, nil) {
						return errStopped
					}
				}
			}
			return nil
		}), yield)
	}
}

// Newcomers yields the rows of a plan that make accounts, in order; it reads little of them.
func (s *Store) Newcomers(ctx context.Context, planID string) iter.Seq2[syncrun.Newcomer, error] {
	return func(yield func(syncrun.Newcomer, error) bool) {
		yieldError(s.read(ctx, func(t tx) error {
			p, err := t.planByID(planID)
			if err != nil {
				return err
			}
			runs, err := t.applied(p.No)
			if err != nil {
				return err
			}
			for i, ref := range p.Chunks {
				marks, err := p.Marks(t.shared(), i)
				if err != nil {
					return err
				}
				later := map[int]syncrun.Newcomer{}
				marks.Later(func(row int, day, location string) { later[row] = syncrun.Newcomer{HireDate: day, Location: location} })
				for row := range marks.Rows() {
					m := marks.Of(row)
					if m.New == planrow.NotNew {
						continue
					}
					n := later[row]
					n.Seq = ref.Before + int64(row) + 1
					n.RunID, n.Kinds, n.NoAddress, n.Closed = runs.Of(n.Seq), m.Kinds, m.New == planrow.NoAddress, m.New == planrow.StaysOutside
					if !yield(n, nil) {
						return errStopped
					}
				}
			}
			return nil
		}), yield)
	}
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
		runs, err := t.applied(p.No)
		if err != nil {
			return err
		}
		if now, err := t.auditSeq(); err != nil || now == p.Mark {
			return err // nothing was written since the plan was begun
		}
		p.Kept = s.keptChunks(planID)
		there, err := t.versions()
		for i := 0; i < len(p.Chunks) && err == nil && len(out) < limit; i++ {
			from := p.Chunks[i].Before
			n, _ := slices.BinarySearch(ordered, from+p.Chunks[i].Rows+1)
			if n == 0 {
				continue
			}
			var rows *planrow.Rows
			if rows, err = p.Heads(t.shared(), i); err != nil {
				break
			}
			for _, seq := range ordered[:n] {
				h := &rows.Heads[seq-from-1]
				if h.Kind != planrow.Change || runs.Of(seq) != "" || len(out) == limit {
					continue
				}
				key, now, e := there(h)
				if e != nil {
					return e
				}
				if now != h.Version {
					out = append(out, key)
				}
			}
			ordered = ordered[n:]
		}
		return err
	})
	return out, err
}

// versions returns a function that tells what record a change is about and which version that has, 0 when there
// is none.
func (t tx) versions() (func(*planrow.Head) (directory.Key, int64, error), error) {
	groups, err := t.groups()
	if err != nil {
		return nil, err
	}
	there := map[directory.Key]int64{}
	for _, g := range groups {
		there[directory.GroupKey(g.Kind, g.Name)] = g.Version
	}
	return func(h *planrow.Head) (directory.Key, int64, error) {
		switch h.Rank {
		case planrow.Departments:
			key := directory.GroupKey(directory.KindDepartment, h.Name)
			return key, there[key], nil
		case planrow.Teams:
			key := directory.GroupKey(directory.KindTeam, h.Name)
			return key, there[key], nil
		}
		version := int64(0)
		_, err := t.first("select version from people where org = $1 and id = $2", func(st stmt) { version = st.ColInt(0) }, t.org, h.Person)
		return directory.PersonKey(h.Person), version, err
	}, nil
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
	for more := true; more; {
		err := s.write(ctx, func(t tx) error {
			if _, err := t.exec("update plans set finished = 0, seq = null where org = $1 and no = $2 and applied_by is null and finished = 1", t.org, no); err != nil {
				return err
			}
			n, err := t.exec(`delete from plan_chunks where org = $1 and plan = $2 and no in
				(select no from plan_chunks where org = $1 and plan = $2 order by no limit $3)`, t.org, no, dropChunks)
			if more = n == dropChunks; more || err != nil {
				return err
			}
			_, err = t.exec("delete from plans where org = $1 and no = $2", t.org, no)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
