package store

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/runrow"
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

// runs returns the runs that a condition on $2, $3, … and order select.
func (s *Store) runs(t tx, condition string, args ...any) ([]syncrun.Run, error) {
	var out []syncrun.Run
	err := runrow.Each(t.shared(), s.db.self, func(_ int64, r *syncrun.Run) error {
		out = append(out, *r)
		return nil
	}, condition, args...)
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
				plans, err = planread.PlansOf(t.shared(), runID)
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
