package views

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/proc"
	"github.com/rollcall-hr/rollcall/internal/store/internal/runrow"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Runs returns runs, newest first; directory.ErrNotFound when there is no such connection.
func (s *Store) Runs(ctx context.Context, q RunQuery) (Page[syncrun.Run], error) {
	var out Page[syncrun.Run]
	before := int64(math.MaxInt64)
	key, err := parseCursor(q.After, "runs", 1)
	if err != nil {
		return out, err
	}
	if key != nil {
		if before, err = strconv.ParseInt(key[0], 10, 64); err != nil {
			return out, &CursorError{Cursor: q.After}
		}
	}
	limit := bounded(q.Limit)
	last := int64(0)
	err = s.org.Read(ctx, func(t tx) error {
		f, err := runFilter(&q, t, before)
		if err != nil {
			return err
		}
		return runrow.Each(t, proc.Self(), func(no int64, r *syncrun.Run) error {
			switch {
			case q.Running && r.Outcome != "", !q.Running && q.Outcome != "" && r.Outcome != q.Outcome:
				return nil
			case len(out.Items) == limit:
				out.Next = cursor("runs", strconv.FormatInt(last, 10))
				return errSeen
			}
			out.Items, last = append(out.Items, *r), no
			return nil
		}, f.sql.String()+" order by r.no desc", f.args...)
	})
	if err != nil && !errors.Is(err, errSeen) {
		return Page[syncrun.Run]{}, fmt.Errorf("list runs: %w", err)
	}
	return out, nil
}

func runFilter(q *RunQuery, t tx, before int64) (*filter, error) {
	f := &filter{}
	f.add("r.no < $$", before)
	if q.Connection != "" {
		conn, err := connectionNo(t, q.Connection)
		if err != nil {
			return nil, err
		}
		f.add("r.connection = $$", conn)
	}
	switch {
	case q.Running:
		f.add("r.outcome = ''")
	case q.Outcome != "": // a run that never ended may turn out to be interrupted
		f.add("r.outcome in ($$, '')", string(q.Outcome))
	}
	if q.Trigger != "" {
		f.add("r.cause = $$", string(q.Trigger))
	}
	if !q.From.IsZero() {
		f.add("r.started_at >= $$", q.From)
	}
	if !q.To.IsZero() {
		f.add("r.started_at < $$", q.To)
	}
	return f, nil
}

// Run returns a run; directory.ErrNotFound when there is none.
func (s *Store) Run(ctx context.Context, id string) (out syncrun.Run, err error) {
	err = s.org.Read(ctx, func(t tx) error {
		err := runrow.Each(t, proc.Self(), func(_ int64, r *syncrun.Run) error {
			out = *r
			return nil
		}, "and r.id = $2", id)
		if err == nil && out.ID == "" {
			err = directory.ErrNotFound
		}
		return err
	})
	if err != nil {
		return syncrun.Run{}, fmt.Errorf("run %s: %w", id, err)
	}
	return out, nil
}

// RunRows returns the changes that a run applied and a query picks: plan by plan, each in plan order.
// What waited in the plan is still told by the query's Waiting. directory.ErrNotFound when there is no
// such run.
func (s *Store) RunRows(ctx context.Context, runID string, q PlanQuery) (Page[syncrun.StoredItem], error) {
	var out Page[syncrun.StoredItem]
	key, err := parseCursor(q.After, "run", 2)
	if err != nil {
		return out, err
	}
	begin, after := "", int64(0)
	if key != nil {
		begin = key[0]
		if after, err = strconv.ParseInt(key[1], 10, 64); err != nil || after < 0 {
			return out, &CursorError{Cursor: q.After}
		}
	}
	if _, err := s.Run(ctx, runID); err != nil {
		return out, err
	}
	err = s.org.Read(ctx, func(t tx) error {
		plans, err := planread.PlansOf(t, runID)
		if err != nil {
			return err
		}
		if begin != "" {
			i := slices.Index(plans, begin)
			if i < 0 {
				return &CursorError{Cursor: q.After}
			}
			plans = plans[i:]
		}
		for _, id := range plans {
			had := len(out.Items)
			more, err := s.pickApplied(t, id, runID, q, after, &out.Items)
			if err != nil {
				return err
			}
			if more {
				if n := len(out.Items); n > had {
					after = out.Items[n-1].Seq
				}
				out.Next = cursor("run", id, strconv.FormatInt(after, 10))
				return nil
			}
			after = 0
		}
		return nil
	})
	if err != nil {
		return Page[syncrun.StoredItem]{}, fmt.Errorf("what run %s applied: %w", runID, err)
	}
	return out, nil
}

// pickApplied appends rows of one plan that a run applied.
func (s *Store) pickApplied(t tx, planID, runID string, q PlanQuery, after int64, into *[]syncrun.StoredItem) (more bool, err error) {
	p, err := planread.ByID(t, planID)
	if err != nil {
		return false, err
	}
	spans, err := planread.Applied(t, p.No)
	if err != nil {
		return false, err
	}
	f := newRowFilter(q, &p.Info.Header)
	f.only = func(seq int64) bool { return spans.Of(seq) == runID }
	return pick(t, &p, spans, f, after, bounded(q.Limit), into)
}
