// Package planread finds stored plans and what was applied of them, for all who read their rows. Writing
// plans, and which rows somebody wants, are left to the store's other packages.
package planread

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// AnchorEvery is the distance of the keys that are kept of a plan.
const AnchorEvery = 1024

// Plan is a finished plan's row, with what reading its rows needs.
type Plan struct {
	Info       syncrun.PlanInfo
	No         int64 // plans.no
	Connection int64 // connections.no
	Mark       int64 // audit.seq when it was begun
	Rows       *planrow.Reader
	Anchors    []byte // planrow.AnchorBefore
}

// Header is how a header is stored; the surface's JSON of Counts leaves HeldPeople out.
type Header struct {
	plan.Header
	HeldPeople int
}

const columns = `p.no, p.id, c.id, p.connection, p.person, p.undo_of, p.created_at, p.mark, p.seq, p.header, p.baseline, p.words, p.anchors,
	p.applied_by from plans p join connections c on c.no = p.connection where p.org = $1 and p.finished = 1 `

// Find returns the finished plan that a condition on $2, $3, … and order select; directory.ErrNotFound,
// under that name, when there is none.
func Find(t orgtx.Tx, condition, name string, args ...any) (Plan, error) {
	var p Plan
	var header, baseline string
	var words []byte
	ok, err := t.First("select "+columns+condition, func(st sqldb.Stmt) {
		p = Plan{No: st.ColInt(0), Connection: st.ColInt(3), Mark: st.ColInt(7), Anchors: st.ColBytes(12, nil),
			Info: syncrun.PlanInfo{ID: st.ColText(1), Connection: st.ColText(2), Person: st.ColText(4), UndoOf: st.ColText(5),
				CreatedAt: sqldb.Instant(st.ColInt(6)), Seq: st.ColInt(8), AppliedBy: st.ColText(13)}}
		header, baseline, words = st.ColText(9), st.ColText(10), st.ColBytes(11, nil)
	}, append([]any{t.Org}, args...)...)
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", name, directory.ErrNotFound)
	}
	if err != nil {
		return p, err
	}
	var h Header
	if err := json.Unmarshal([]byte(header), &h); err != nil {
		return p, fmt.Errorf("header of plan %s: %w", p.Info.ID, err)
	}
	p.Info.Header = h.Header
	p.Info.Header.Counts.HeldPeople = h.HeldPeople
	if err := json.Unmarshal([]byte(baseline), &p.Info.Baseline); err != nil {
		return p, fmt.Errorf("baseline of plan %s: %w", p.Info.ID, err)
	}
	p.Rows, err = planrow.NewReader(words)
	return p, err
}

// ByID returns a finished plan; directory.ErrNotFound when there is none.
func ByID(t orgtx.Tx, id string) (Plan, error) {
	return Find(t, "and p.id = $2", "plan "+id, id)
}

// Applied reads what was applied of a plan, and by which run.
func Applied(t orgtx.Tx, plan int64) (planrow.Spans, error) {
	var out planrow.Spans
	err := t.Each("select run_id, seqs from journal where org = $1 and plan = $2", func(st sqldb.Stmt) error {
		list, err := planrow.ParseSpans(st.ColText(1), st.ColText(0))
		out = append(out, list...)
		return err
	}, t.Org, plan)
	slices.SortFunc(out, func(a, b planrow.Span) int { return cmp.Compare(a.From, b.From) })
	return out, err
}

// PlansOf lists the plans that a run applied parts of, in the order in which it began them.
func PlansOf(t orgtx.Tx, runID string) ([]string, error) {
	var out []string
	err := t.Each(`select p.id from journal j join plans p on p.no = j.plan where j.org = $1 and j.run_id = $2 group by p.id order by min(j.no)`,
		func(st sqldb.Stmt) error {
			out = append(out, st.ColText(0))
			return nil
		}, t.Org, runID)
	return out, err
}

// HeadColumns are what ScanHead reads.
const HeadColumns = "rank, source_id, person_id, kind, action, reason, name, email, kinds, version"

// ScanHead reads HeadColumns, which stand first in a row of plan_items.
func ScanHead(st sqldb.Stmt) planrow.Head {
	return planrow.Head{Rank: st.ColInt(0), Source: st.ColInt(1), Person: st.ColText(2), Kind: st.ColInt(3), Action: st.ColText(4),
		Reason: st.ColText(5), Name: st.ColText(6), Email: st.ColText(7), Kinds: st.ColInt(8), Version: st.ColInt(9)}
}
