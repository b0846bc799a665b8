package views

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// rowFilter is a PlanQuery as the index answers it.
type rowFilter struct {
	q      PlanQuery
	header *plan.Header
	kinds  plan.KindSet
	fields planrow.FieldSet
	text   string
	only   func(seq int64) bool // nil: all
}

func newRowFilter(q PlanQuery, h *plan.Header) *rowFilter {
	f := &rowFilter{q: q, header: h, text: strings.Trim(fold(q.Q), "\t\n")}
	for _, k := range q.Kinds {
		f.kinds = f.kinds.With(k)
	}
	if q.Field != "" {
		f.fields = planrow.FieldBit(q.Field)
	}
	return f
}

// takes tells whether rows of a combination may be shown.
func (f *rowFilter) takes(c combo) bool {
	change := c.kind == planrow.Change
	switch {
	case !change && c.kind != planrow.Held,
		f.q.Part == PartChanges && !change,
		f.q.Part == PartHeld && change,
		len(f.q.Actions) > 0 && !slices.Contains(f.q.Actions, c.action),
		len(f.q.Kinds) > 0 && c.kinds&f.kinds == 0,
		f.q.Reason != "" && c.reason != f.q.Reason,
		f.q.Freeze != "" && (change || c.reason != plan.OnHold):
		return false
	}
	if f.q.Waiting == "" {
		return true
	}
	w := f.header.Waiting(c.kinds)
	switch f.q.Waiting {
	case WaitingAny:
		return change && w != plan.NotWaiting
	case WaitingNone:
		return change && w == plan.NotWaiting
	}
	return change && string(w) == f.q.Waiting
}

// takesItem looks at what the index only tells roughly, or not: fields that are not standard ones, freezes.
func (f *rowFilter) takesItem(it *plan.Item) bool {
	if f.q.Freeze != "" && (it.Held.Frozen == nil || it.Held.Frozen.Freeze != f.q.Freeze) {
		return false
	}
	if f.q.Field == "" || f.q.Field.Slot() >= 0 {
		return true
	}
	if it.Held != nil {
		return it.Held.Field == f.q.Field
	}
	return slices.ContainsFunc(it.Change.Fields, func(c plan.FieldChange) bool { return c.Field == f.q.Field })
}

// PlanRows returns the rows of a finished plan that a query picks, in plan order; directory.ErrNotFound
// when there is no such plan.
func (s *Store) PlanRows(ctx context.Context, planID string, q PlanQuery) (Page[syncrun.StoredItem], error) {
	var out Page[syncrun.StoredItem]
	key, err := parseCursor(q.After, "plan", 1)
	if err != nil {
		return out, err
	}
	after := int64(0)
	if key != nil {
		if after, err = strconv.ParseInt(key[0], 10, 64); err != nil || after < 0 {
			return out, &CursorError{Cursor: q.After}
		}
	}
	err = s.org.Read(ctx, func(t tx) error {
		p, err := planread.ByID(t, planID)
		if err != nil {
			return err
		}
		spans, err := planread.Applied(t, p.No)
		if err != nil {
			return err
		}
		more, err := s.pick(t, &p, spans, newRowFilter(q, &p.Info.Header), after, bounded(q.Limit), &out.Items)
		if more {
			out.Next = cursor("plan", strconv.FormatInt(out.Items[len(out.Items)-1].Seq, 10))
		}
		return err
	})
	if err != nil {
		return Page[syncrun.StoredItem]{}, fmt.Errorf("rows of plan %s: %w", planID, err)
	}
	return out, nil
}

// pick appends rows to into until it has limit of them, and reports whether there are more.
func (s *Store) pick(t tx, p *planread.Plan, spans planrow.Spans, f *rowFilter, after int64, limit int, into *[]syncrun.StoredItem) (more bool, err error) {
	x, err := s.index(t, p)
	for err == nil {
		var seqs []int64
		want := limit + 1 - len(*into)
		x.positions(f, after, func(seq int64) bool {
			seqs = append(seqs, seq)
			return len(seqs) < want
		})
		if len(seqs) == 0 {
			return false, nil
		}
		after = seqs[len(seqs)-1]
		err = x.read(t, p, seqs, func(seq int64, it plan.Item) {
			if f.takesItem(&it) {
				*into = append(*into, syncrun.StoredItem{Seq: seq, RunID: spans.Of(seq), Item: it})
			}
		})
		if len(*into) > limit {
			*into = (*into)[:limit]
			return true, err
		}
	}
	return false, err
}

// errSeen ends a query whose reader has seen enough.
var errSeen = errors.New("seen enough")

// read restores the rows at some positions, in order.
func (x *planIndex) read(t tx, p *planread.Plan, seqs []int64, do func(seq int64, it plan.Item)) error {
	for len(seqs) > 0 {
		no := int(seqs[0]-1) / stretchRows
		n := 1
		for n < len(seqs) && int(seqs[n]-1)/stretchRows == no {
			n++
		}
		if err := readRows(t, p, x.stretches[no].before, int64(no*stretchRows), seqs[:n], do); err != nil {
			return err
		}
		seqs = seqs[n:]
	}
	return nil
}

// readRows restores rows that come soon after the row with a key, which stands at position seq.
func readRows(t tx, p *planread.Plan, at planrow.Key, seq int64, seqs []int64, do func(seq int64, it plan.Item)) error {
	err := t.Each("select "+planread.HeadColumns+`, body from plan_items where org = $1 and plan = $2
		and (rank, source_id, person_id, n) > ($3, $4, $5, $6) order by rank, source_id, person_id, n`, func(st stmt) error {
		if seq++; seq != seqs[0] {
			return nil
		}
		h := planread.ScanHead(st)
		it, err := p.Rows.Unpack(&h, string(st.ColBytes(10, nil)))
		if err != nil {
			return fmt.Errorf("row %d: %w", seq, err)
		}
		do(seq, it)
		if seqs = seqs[1:]; len(seqs) == 0 {
			return errSeen
		}
		return nil
	}, t.Org, p.No, at.Rank, at.Source, at.Person, at.N)
	if errors.Is(err, errSeen) {
		err = nil
	}
	return err
}

// PlanRow returns the row at a position, of any kind; directory.ErrNotFound when plan or row is missing.
func (s *Store) PlanRow(ctx context.Context, planID string, seq int64) (out syncrun.StoredItem, err error) {
	err = s.org.Read(ctx, func(t tx) error {
		p, err := planread.ByID(t, planID)
		if err != nil {
			return err
		}
		spans, err := planread.Applied(t, p.No)
		if err != nil {
			return err
		}
		at, before := planrow.AnchorBefore(p.Anchors, planread.AnchorEvery, max(seq, 1)-1)
		if err := readRows(t, &p, at, before, []int64{seq}, func(seq int64, it plan.Item) {
			out = syncrun.StoredItem{Seq: seq, RunID: spans.Of(seq), Item: it}
		}); err != nil {
			return err
		}
		if out.Seq == 0 {
			return directory.ErrNotFound
		}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("row %d of plan %s: %w", seq, planID, err)
	}
	return out, nil
}

// PlanSummary counts a finished plan's rows; directory.ErrNotFound when there is no such plan.
func (s *Store) PlanSummary(ctx context.Context, planID string) (PlanSummary, error) {
	out := PlanSummary{Actions: map[plan.Action]int{}, Waiting: map[plan.Waiting]int{}, Kinds: map[plan.Kind]int{},
		Reasons: map[plan.Reason]int{}, HeldReasons: map[plan.Reason]int{}}
	err := s.org.Read(ctx, func(t tx) error {
		p, err := planread.ByID(t, planID)
		if err != nil {
			return err
		}
		out.Info = p.Info
		spans, err := planread.Applied(t, p.No)
		if err != nil {
			return err
		}
		addApplied(&out, spans)
		x, err := s.index(t, &p)
		if err != nil {
			return err
		}
		rows := make([]int, len(x.combos))
		for i := range x.stretches {
			for _, c := range x.stretches[i].combos {
				rows[c]++
			}
		}
		for i, c := range x.combos {
			addCombo(&out, c, rows[i])
		}
		return nil
	})
	if err != nil {
		return PlanSummary{}, fmt.Errorf("summary of plan %s: %w", planID, err)
	}
	return out, nil
}

// addCombo adds n rows of a combination.
func addCombo(s *PlanSummary, c combo, n int) {
	switch c.kind {
	case planrow.Held:
		s.Held += n
		s.HeldReasons[c.reason] += n
	case planrow.Change:
		s.Changes += n
		s.Actions[c.action] += n
		s.Reasons[c.reason] += n
		s.Waiting[s.Info.Header.Waiting(c.kinds)] += n
		for _, k := range plan.Kinds() {
			if c.kinds.Has(k) {
				s.Kinds[k] += n
			}
		}
	}
}

func addApplied(s *PlanSummary, spans planrow.Spans) {
	for _, span := range spans {
		i := slices.IndexFunc(s.Applied, func(a AppliedPart) bool { return a.RunID == span.Run })
		if i < 0 {
			i = len(s.Applied)
			s.Applied = append(s.Applied, AppliedPart{RunID: span.Run})
		}
		s.Applied[i].Rows += int(span.To - span.From + 1)
	}
}
