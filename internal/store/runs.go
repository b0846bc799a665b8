package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// StartRun implements syncrun.Runs.
func (s *Store) StartRun(ctx context.Context, l syncrun.Lease, r syncrun.Run) error {
	err := s.write(ctx, func(t tx) error {
		conn, err := t.fenced(l)
		if err != nil {
			return err
		}
		counts, kinds, faults, err := runJSON(&r)
		if err != nil {
			return err
		}
		_, err = t.exec(`insert into runs (org, id, connection, name, cause, actor, outcome, plan_id, undo_of, started_at, finished_at,
			counts, kind_counts, released, revision, requests, rows_written, errors)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
			t.org, r.ID, conn, r.Name, string(r.Trigger), r.Actor, string(r.Outcome), sqldb.Optional(r.PlanID), sqldb.Optional(r.UndoOf), r.StartedAt,
			r.FinishedAt, counts, kinds, r.Released, r.Revision, r.Requests, r.RowsWritten, faults)
		return err
	})
	if err != nil {
		return fmt.Errorf("keep run %s: %w", r.ID, err)
	}
	return nil
}

// FinishRun implements syncrun.Runs.
func (s *Store) FinishRun(ctx context.Context, l syncrun.Lease, r syncrun.Run) error {
	err := s.write(ctx, func(t tx) error {
		if _, err := t.fenced(l); err != nil {
			return err
		}
		n, err := t.updateRun(&r)
		if err == nil && n == 0 {
			err = directory.ErrNotFound
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("finish run %s: %w", r.ID, err)
	}
	return nil
}

func (t tx) updateRun(r *syncrun.Run) (int, error) {
	counts, kinds, faults, err := runJSON(r)
	if err != nil {
		return 0, err
	}
	return t.exec(`update runs set outcome = $1, plan_id = $2, undo_of = $3, finished_at = $4, counts = $5, kind_counts = $6, released = $7,
		requests = $8, rows_written = $9, errors = $10 where org = $11 and id = $12`, string(r.Outcome), sqldb.Optional(r.PlanID),
		sqldb.Optional(r.UndoOf), r.FinishedAt, counts, kinds, r.Released, r.Requests, r.RowsWritten, faults, t.org, r.ID)
}

func runJSON(r *syncrun.Run) (counts, kinds, faults string, err error) {
	c, err1 := json.Marshal(r.Counts)
	k, err2 := json.Marshal(r.KindCounts)
	f, err3 := json.Marshal(r.Errors)
	for _, e := range []error{err1, err2, err3} {
		if e != nil {
			return "", "", "", e
		}
	}
	return string(c), string(k), string(f), nil
}

const runColumns = `r.id, c.id, r.name, r.cause, r.actor, r.outcome, r.plan_id, r.undo_of, r.started_at, r.finished_at, r.counts, r.kind_counts,
	r.released, r.revision, r.requests, r.rows_written, r.errors, l.run_id, l.fence, l.expires, l.host, l.pid, l.started from runs r
	join connections c on c.no = r.connection left join leases l on l.org = r.org and l.connection = r.connection where r.org = $1 `

// runs returns the runs that a condition on $2, $3, … and order select. One that never ended, and whose
// lease is gone, is interrupted.
func (s *Store) runs(t tx, condition string, args ...any) ([]syncrun.Run, error) {
	now, err := t.Now()
	if err != nil {
		return nil, err
	}
	var out []syncrun.Run
	err = t.each("select "+runColumns+condition, func(st stmt) error {
		r := syncrun.Run{ID: st.ColText(0), Connection: st.ColText(1), Name: st.ColText(2), Trigger: syncrun.Trigger(st.ColText(3)),
			Actor: st.ColText(4), Outcome: syncrun.Outcome(st.ColText(5)), PlanID: st.ColText(6), UndoOf: st.ColText(7),
			StartedAt: sqldb.Instant(st.ColInt(8)), FinishedAt: sqldb.Instant(st.ColInt(9)), Released: st.ColInt(12) != 0, Revision: st.ColText(13),
			Requests: int(st.ColInt(14)), RowsWritten: int(st.ColInt(15))}
		for i, into := range map[int]any{10: &r.Counts, 11: &r.KindCounts, 16: &r.Errors} {
			if err := json.Unmarshal([]byte(st.ColText(i)), into); err != nil {
				return fmt.Errorf("run %s: %w", r.ID, err)
			}
		}
		if r.Outcome == "" {
			if l := scanLease(st, 17); l.run != r.ID || !l.held(now, s.db.self) {
				r.Outcome = syncrun.OutcomeInterrupted
			}
		}
		out = append(out, r)
		return nil
	}, append([]any{t.org}, args...)...)
	return out, err
}

// Run implements syncrun.Runs.
func (s *Store) Run(ctx context.Context, id string) (syncrun.Run, error) {
	var out []syncrun.Run
	err := s.read(ctx, func(t tx) (err error) {
		out, err = s.runs(t, "and r.id = $2", id)
		return err
	})
	if err != nil {
		return syncrun.Run{}, err
	}
	if len(out) == 0 {
		return syncrun.Run{}, fmt.Errorf("run %s: %w", id, directory.ErrNotFound)
	}
	return out[0], nil
}

// RunList implements syncrun.Runs.
func (s *Store) RunList(ctx context.Context, connection string, limit int) ([]syncrun.Run, error) {
	var out []syncrun.Run
	err := s.read(ctx, func(t tx) (err error) {
		if connection == "" {
			out, err = s.runs(t, "order by r.no desc limit $2", limit)
			return err
		}
		conn, err := t.connection(connection)
		if err == nil {
			out, err = s.runs(t, "and r.connection = $2 order by r.no desc limit $3", conn, limit)
		}
		return err
	})
	return out, err
}

// AppliedItems implements syncrun.Runs: plan by plan, each in plan order.
func (s *Store) AppliedItems(ctx context.Context, runID string) iter.Seq2[syncrun.StoredItem, error] {
	return func(yield func(syncrun.StoredItem, error) bool) {
		var plans []string
		err := s.read(ctx, func(t tx) error {
			ok, err := t.first("select 1 from runs where org = $1 and id = $2", nil, t.org, runID)
			if err == nil && !ok {
				err = fmt.Errorf("run %s: %w", runID, directory.ErrNotFound)
			}
			if err == nil {
				plans, err = t.plansOf(runID)
			}
			return err
		})
		isChange := func(kind int64) bool { return kind == planrow.Change }
		for _, id := range plans {
			if err == nil {
				err = s.eachPage(ctx, id, 0, isChange, func(page []syncrun.StoredItem) error {
					for _, it := range page {
						if it.RunID == runID && !yield(it, nil) {
							return errStopped
						}
					}
					return nil
				})
			}
		}
		yieldError(err, yield)
	}
}

// plansOf lists the plans that a run applied parts of, in the order in which it began them.
func (t tx) plansOf(runID string) ([]string, error) {
	var out []string
	err := t.each(`select p.id from journal j join plans p on p.no = j.plan where j.org = $1 and j.run_id = $2 group by p.id order by min(j.no)`,
		func(st stmt) error {
			out = append(out, st.ColText(0))
			return nil
		}, t.org, runID)
	return out, err
}

// RecentKinds implements syncrun.Runs. It counts batches, so that a run that crashed counts too.
func (s *Store) RecentKinds(ctx context.Context, connection string, since time.Time) (plan.Recent, error) {
	out := plan.Recent{}
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		return t.each("select kinds from journal where org = $1 and connection = $2 and automatic = 1 and at >= $3", func(st stmt) error {
			var kinds map[plan.Kind]int
			err := json.Unmarshal([]byte(st.ColText(0)), &kinds)
			for k, n := range kinds {
				out[k] += n
			}
			return err
		}, t.org, conn, since)
	})
	return out, err
}

// MarkUndone implements syncrun.Runs.
func (s *Store) MarkUndone(ctx context.Context, l syncrun.Lease, runID string) error {
	return s.write(ctx, func(t tx) error {
		if _, err := t.fenced(l); err != nil {
			return err
		}
		n, err := t.exec("update runs set outcome = $1 where org = $2 and id = $3", string(syncrun.OutcomeUndone), t.org, runID)
		if err == nil && n == 0 {
			err = fmt.Errorf("run %s: %w", runID, directory.ErrNotFound)
		}
		return err
	})
}
