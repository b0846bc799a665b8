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

// Plan is a finished plan's row, with what reading its rows needs.
type Plan struct {
	Info       syncrun.PlanInfo
	No         int64 // plans.no
	Connection int64 // connections.no
	Mark       int64 // audit.seq when it was begun
	Words      *planrow.Reader
	Chunks     []planrow.Ref           // in plan order
	Kept       map[int64]planrow.Chunk // by number, those that are in memory too

	open planrow.Rows
}

// Len is how many rows the plan has.
func (p *Plan) Len() int64 {
	if len(p.Chunks) == 0 {
		return 0
	}
	last := p.Chunks[len(p.Chunks)-1]
	return last.Before + last.Rows
}

// Header is how a header is stored; the surface's JSON of Counts leaves HeldPeople out.
type Header struct {
	plan.Header
	HeldPeople int
}

const columns = `p.no, p.id, c.id, p.connection, p.person, p.undo_of, p.created_at, p.mark, p.seq, p.header, p.baseline, p.words, p.chunks,
	p.applied_by from plans p join connections c on c.no = p.connection where p.org = $1 and p.finished = 1 `

// Find returns the finished plan that a condition on $2, $3, … and order select; directory.ErrNotFound,
// under that name, when there is none.
func Find(t orgtx.Tx, condition, name string, args ...any) (Plan, error) {
	var p Plan
	var header, baseline string
	var words, chunks []byte
	ok, err := t.First("select "+columns+condition, func(st sqldb.Stmt) {
		p = Plan{No: st.ColInt(0), Connection: st.ColInt(3), Mark: st.ColInt(7),
			Info: syncrun.PlanInfo{ID: st.ColText(1), Connection: st.ColText(2), Person: st.ColText(4), UndoOf: st.ColText(5),
				CreatedAt: sqldb.Instant(st.ColInt(6)), Seq: st.ColInt(8), AppliedBy: st.ColText(13)}}
		header, baseline, words = st.ColText(9), st.ColText(10), st.ColBytes(11, nil)
		chunks = st.ColBytes(12, nil)
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
	var err2 error
	p.Words, err = planrow.NewReader(words)
	p.Chunks, err2 = planrow.UnpackRefs(chunks)
	if err = cmp.Or(err, err2); err != nil {
		return p, fmt.Errorf("plan %s: %w", p.Info.ID, err)
	}
	return p, nil
}

// Whole is the condition of a plan p that is a reading of today's whole company: not of one person or of those who
// changed, not of an undo, not of a future day.
const Whole = "p.finished = 1 and p.as_of = 0 and p.person is null and p.undo_of is null"

// MadeWithSaved reports whether a plan was made with settings that somebody saved: a preview of unsaved ones
// tells nothing about anybody. Only connections set up in the browser have all their settings stored.
func MadeWithSaved(t orgtx.Tx, p *Plan) (bool, error) {
	var all, these int64
	_, err := t.First(`select count(*), count(case when revision = $3 then 1 end) from connection_settings where org = $1 and connection = $2
		and exists (select 1 from connections where no = $2 and origin = 'web')`, func(st sqldb.Stmt) { all, these = st.ColInt(0), st.ColInt(1) },
		t.Org, p.Connection, p.Info.Header.Revision)
	return all == 0 || these > 0, err
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

// Marks reads what filters and counts ask of a chunk's rows; i counts in Chunks.
func (p *Plan) Marks(t orgtx.Tx, i int) (planrow.Marks, error) {
	c, err := p.part(t, i, "select marks from plan_chunks where org = $1 and plan = $2 and no = $3", func(st sqldb.Stmt, c *planrow.Chunk) {
		c.Marks = blob(st, 0)
	})
	if err != nil {
		return planrow.Marks{}, err
	}
	m, err := planrow.ParseMarks(c.Marks)
	return m, p.named(i, err)
}

// Found reads the names and addresses of a chunk's rows as they are searched, a line per row.
func (p *Plan) Found(t orgtx.Tx, i int) (string, error) {
	c, err := p.part(t, i, "select found from plan_chunks where org = $1 and plan = $2 and no = $3", func(st sqldb.Stmt, c *planrow.Chunk) {
		c.Found = blob(st, 0)
	})
	return c.Found, err
}

// Heads reads the heads of a chunk's rows. They are good until the next call of Heads or Rows.
func (p *Plan) Heads(t orgtx.Tx, i int) (*planrow.Rows, error) {
	c, err := p.part(t, i, "select marks, heads, names from plan_chunks where org = $1 and plan = $2 and no = $3", func(st sqldb.Stmt, c *planrow.Chunk) {
		c.Marks, c.Heads, c.Names = blob(st, 0), blob(st, 1), blob(st, 2)
	})
	if err != nil {
		return nil, err
	}
	c.Bodies = ""
	return &p.open, p.named(i, p.open.Open(&c))
}

// Rows reads the rows of a chunk. They are good until the next call of Heads or Rows.
func (p *Plan) Rows(t orgtx.Tx, i int) (*planrow.Rows, error) {
	c, ok := p.Kept[p.Chunks[i].No]
	if !ok {
		var err error
		if c, err = Chunk(t, p.No, p.Chunks[i].No); err != nil {
			return nil, p.named(i, err)
		}
	}
	return &p.open, p.named(i, p.open.Open(&c))
}

// Chunk reads a chunk of the plan with a number, without what is searched.
func Chunk(t orgtx.Tx, plan, no int64) (planrow.Chunk, error) {
	return chunk(t, plan, no, "select marks, heads, names, bodies from plan_chunks where org = $1 and plan = $2 and no = $3", func(st sqldb.Stmt, c *planrow.Chunk) {
		c.Marks, c.Heads, c.Names, c.Bodies = blob(st, 0), blob(st, 1), blob(st, 2), blob(st, 3)
	})
}

// Item restores a row of a chunk.
func (p *Plan) Item(i int, r *planrow.Rows, row int) (plan.Item, error) {
	it, err := r.Item(row, p.Words)
	if err != nil {
		return it, fmt.Errorf("row %d of plan %s: %w", p.Chunks[i].Before+int64(row)+1, p.Info.ID, err)
	}
	return it, nil
}

// part reads a part of a chunk, unless all of it is in memory.
func (p *Plan) part(t orgtx.Tx, i int, query string, scan func(sqldb.Stmt, *planrow.Chunk)) (planrow.Chunk, error) {
	no := p.Chunks[i].No
	if c, ok := p.Kept[no]; ok {
		return c, nil
	}
	c, err := chunk(t, p.No, no, query, scan)
	return c, p.named(i, err)
}

func chunk(t orgtx.Tx, plan, no int64, query string, scan func(sqldb.Stmt, *planrow.Chunk)) (planrow.Chunk, error) {
	var c planrow.Chunk
	there, err := t.First(query, func(st sqldb.Stmt) { scan(st, &c) }, t.Org, plan, no)
	if err == nil && !there {
		err = planrow.ErrDamaged
	}
	return c, err
}

// named tells where rows could not be read.
func (p *Plan) named(i int, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("rows from %d on of plan %s: %w", p.Chunks[i].Before+1, p.Info.ID, err)
}

func blob(st sqldb.Stmt, i int) string { return string(st.ColBytes(i, nil)) }
