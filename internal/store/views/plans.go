package views

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/fold"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// rowFilter is a PlanQuery as marks answer it.
type rowFilter struct {
	q      PlanQuery
	header *plan.Header
	kinds  plan.KindSet
	fields planrow.FieldSet
	text   string
	only   func(seq int64) bool // nil: all
}

func newRowFilter(q PlanQuery, h *plan.Header) *rowFilter {
	f := &rowFilter{q: q, header: h, text: strings.Trim(fold.Text(q.Q), "\t\n")}
	for _, k := range q.Kinds {
		f.kinds = f.kinds.With(k)
	}
	if q.Field != "" {
		f.fields = planrow.FieldBit(q.Field)
	}
	return f
}

// takes tells whether rows with a mark may be shown.
func (f *rowFilter) takes(m *planrow.Mark) bool {
	change := m.Kind == planrow.Change
	switch {
	case !change && m.Kind != planrow.Held,
		f.q.Part == PartChanges && !change,
		f.q.Part == PartHeld && change,
		len(f.q.Actions) > 0 && !slices.Contains(f.q.Actions, m.Action),
		len(f.q.Kinds) > 0 && m.Kinds&f.kinds == 0,
		f.q.Reason != "" && m.Reason != f.q.Reason,
		f.q.Freeze != "" && (change || m.Reason != plan.OnHold),
		f.fields != 0 && m.Fields&f.fields == 0:
		return false
	}
	if f.q.Waiting == "" {
		return true
	}
	w := f.header.Waiting(m.Kinds)
	switch f.q.Waiting {
	case WaitingAny:
		return change && w != plan.NotWaiting
	case WaitingNone:
		return change && w == plan.NotWaiting
	}
	return change && string(w) == f.q.Waiting
}

// takesItem looks at what marks tell only roughly, or not: fields that are not standard ones, freezes.
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
		more, err := pick(t, &p, spans, newRowFilter(q, &p.Info.Header), after, bounded(q.Limit), &out.Items)
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
func pick(t tx, p *planread.Plan, spans planrow.Spans, f *rowFilter, after int64, limit int, into *[]syncrun.StoredItem) (more bool, err error) {
	for i := planrow.After(p.Chunks, after); i < len(p.Chunks); i++ {
		picked, err := f.rows(t, p, i, after)
		if err != nil {
			return false, err
		}
		if len(picked) == 0 {
			continue
		}
		rows, err := p.Rows(t, i)
		if err != nil {
			return false, err
		}
		for _, row := range picked {
			it, err := p.Item(i, rows, row)
			if err != nil {
				return false, err
			}
			if !f.takesItem(&it) {
				continue
			}
			if len(*into) == limit {
				return true, nil
			}
			seq := p.Chunks[i].Before + int64(row) + 1
			*into = append(*into, syncrun.StoredItem{Seq: seq, RunID: spans.Of(seq), Item: it})
		}
	}
	return false, nil
}

// rows returns the rows of a chunk, after a position of the plan, that may be shown.
func (f *rowFilter) rows(t tx, p *planread.Plan, i int, after int64) ([]int, error) {
	marks, err := p.Marks(t, i)
	if err != nil {
		return nil, err
	}
	wanted := make([]bool, len(marks.List))
	any := false
	for no := range marks.List {
		wanted[no] = f.takes(&marks.List[no])
		any = any || wanted[no]
	}
	if !any {
		return nil, nil
	}
	found, err := f.search(t, p, i)
	if err != nil {
		return nil, err
	}
	var out []int
	from := p.Chunks[i].Before
	for row := max(0, int(after-from)); row < marks.Rows(); row++ {
		if wanted[marks.No(row)] && (found == nil || found(row)) && (f.only == nil || f.only(from+int64(row)+1)) {
			out = append(out, row)
		}
	}
	return out, nil
}

// search returns a function that tells which rows of a chunk have the filter's text; nil when it has none.
func (f *rowFilter) search(t tx, p *planread.Plan, i int) (func(row int) bool, error) {
	if f.text == "" {
		return nil, nil
	}
	hits := map[int]bool{}
	if id, err := strconv.ParseInt(f.text, 10, 64); err == nil && id != 0 {
		rows, err := p.Heads(t, i)
		if err != nil {
			return nil, err
		}
		for row := range rows.Heads {
			if rows.Heads[row].Source == id {
				hits[row] = true
			}
		}
	}
	found, err := p.Found(t, i)
	if err != nil {
		return nil, err
	}
	for row, at := 0, 0; ; row++ {
		hit := strings.Index(found[at:], f.text)
		if hit < 0 {
			return func(row int) bool { return hits[row] }, nil
		}
		row += strings.Count(found[at:at+hit], "\n")
		hits[row] = true
		at += hit
		at += strings.IndexByte(found[at:], '\n') + 1
	}
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
		if seq < 1 || seq > p.Len() {
			return directory.ErrNotFound
		}
		i := planrow.After(p.Chunks, seq-1)
		rows, err := p.Rows(t, i)
		if err != nil {
			return err
		}
		out = syncrun.StoredItem{Seq: seq, RunID: spans.Of(seq)}
		out.Item, err = p.Item(i, rows, int(seq-p.Chunks[i].Before-1))
		return err
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
		for i, ref := range p.Chunks {
			marks, err := p.Marks(t, i)
			if err != nil {
				return err
			}
			rows, open := make([]int, len(marks.List)), make([]int, len(marks.List))
			for row := range marks.Rows() {
				no := marks.No(row)
				rows[no]++
				if len(spans) == 0 || spans.Of(ref.Before+int64(row)+1) == "" {
					open[no]++
				}
			}
			for no := range marks.List {
				addMark(&out, &marks.List[no], rows[no])
				addOpen(&out, &marks.List[no], open[no])
			}
		}
		return nil
	})
	if err != nil {
		return PlanSummary{}, fmt.Errorf("summary of plan %s: %w", planID, err)
	}
	return out, nil
}

// addMark adds n rows with a mark.
func addMark(s *PlanSummary, m *planrow.Mark, n int) {
	switch m.Kind {
	case planrow.Held:
		s.Held += n
		s.HeldReasons[m.Reason] += n
	case planrow.Change:
		s.Changes += n
		s.Actions[m.Action] += n
		s.Reasons[m.Reason] += n
		s.Waiting[s.Info.Header.Waiting(m.Kinds)] += n
		for _, k := range plan.Kinds() {
			if m.Kinds.Has(k) {
				s.Kinds[k] += n
			}
		}
	}
}

// addOpen adds n rows with a mark that were not applied.
func addOpen(s *PlanSummary, m *planrow.Mark, n int) {
	if m.Kind != planrow.Change || n == 0 {
		return
	}
	of := view.OpenPart{Action: m.Action, Kinds: m.Kinds, Seats: int(m.Seats)}
	for i := range s.Open {
		p := &s.Open[i]
		if of.Rows = p.Rows; *p == of {
			p.Rows += n
			return
		}
	}
	of.Rows = n
	s.Open = append(s.Open, of)
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
