package views

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/plan"
)

// A page of a plan shows rows that a filter picks from anywhere in it. Looking through a hundred thousand
// stored rows for each page costs ten times what a page may, and a database index would be paid for by
// every sync. So whoever first looks at a plan goes through it once and keeps what filters ask for, some
// fifty bytes a row; a finished plan's rows never change.

// stretchRows is how many rows are reached by one key, and so how many may be read to get at one.
const stretchRows = 256

// planIndex is what filters ask of a plan's rows.
type planIndex struct {
	combos    []combo
	stretches []stretch
	rows      int
}

// combo is what many rows have in common.
type combo struct {
	kind   int64 // planrow.Change, …
	action plan.Action
	reason plan.Reason
	kinds  plan.KindSet
}

// stretch is up to stretchRows rows in plan order.
type stretch struct {
	before planrow.Key // the row before the first
	combos []uint16    // per row, of planIndex.combos
	fields []planrow.FieldSet
	source []int64
	text   string // a line per row: name and address, folded
}

// index returns the index of a plan; small plans are not worth keeping.
func (s *Store) index(t tx, p *planread.Plan) (*planIndex, error) {
	if len(p.Anchors) == 0 {
		return buildIndex(t, p)
	}
	if x := s.plans.get(p.Info.ID); x != nil {
		return x, nil
	}
	x, err := buildIndex(t, p)
	if err == nil {
		s.plans.put(p.Info.ID, x)
	}
	return x, err
}

func buildIndex(t tx, p *planread.Plan) (*planIndex, error) {
	x := &planIndex{}
	numbers := map[combo]uint16{}
	var last planrow.Key
	var body []byte
	var text strings.Builder
	finish := func() {
		if n := len(x.stretches); n > 0 {
			x.stretches[n-1].text = text.String()
			text.Reset()
		}
	}
	err := t.Each("select "+planread.HeadColumns+`, n, body from plan_items where org = $1 and plan = $2
		order by rank, source_id, person_id, n`, func(st stmt) error {
		if x.rows%stretchRows == 0 {
			finish()
			x.stretches = append(x.stretches, stretch{before: last})
		}
		x.rows++
		h := planread.ScanHead(st)
		last = planrow.Key{Rank: h.Rank, Source: h.Source, Person: h.Person, N: st.ColInt(10)}
		body = st.ColBytes(11, body)
		fields, err := p.Rows.Fields(h.Kind, string(body))
		c := combo{h.Kind, plan.Action(h.Action), plan.Reason(h.Reason), plan.KindSet(h.Kinds)}
		no, ok := numbers[c]
		if !ok {
			no = uint16(len(x.combos))
			numbers[c] = no
			x.combos = append(x.combos, c)
		}
		at := &x.stretches[len(x.stretches)-1]
		at.combos = append(at.combos, no)
		at.fields = append(at.fields, fields)
		at.source = append(at.source, h.Source)
		text.WriteString(fold(h.Name))
		text.WriteByte('\t')
		text.WriteString(fold(h.Email))
		text.WriteByte('\n')
		return err
	}, t.Org, p.No)
	finish()
	return x, err
}

// positions calls do with the positions of rows after a position that a filter picks, in order, until it
// returns false.
func (x *planIndex) positions(f *rowFilter, after int64, do func(seq int64) bool) {
	wanted := make([]bool, len(x.combos))
	for i, c := range x.combos {
		wanted[i] = f.takes(c)
	}
	for i := int(after) / stretchRows; i < len(x.stretches); i++ {
		s := &x.stretches[i]
		if !slices.ContainsFunc(s.combos, func(c uint16) bool { return wanted[c] }) {
			continue
		}
		hits := s.search(f)
		for j, c := range s.combos {
			seq := int64(i*stretchRows + j + 1)
			if seq <= after || !wanted[c] || (f.fields != 0 && s.fields[j]&f.fields == 0) || (hits != nil && !hits[j]) ||
				(f.only != nil && !f.only(seq)) {
				continue
			}
			if !do(seq) {
				return
			}
		}
	}
}

// search tells which rows have the filter's text; nil when it has none.
func (s *stretch) search(f *rowFilter) []bool {
	if f.text == "" {
		return nil
	}
	hits := make([]bool, len(s.combos))
	if id, err := strconv.ParseInt(f.text, 10, 64); err == nil && id != 0 {
		for i, source := range s.source {
			hits[i] = source == id
		}
	}
	row, rest := 0, s.text
	for {
		at := strings.Index(rest, f.text)
		if at < 0 {
			return hits
		}
		row += strings.Count(rest[:at], "\n")
		hits[row] = true
		line := strings.IndexByte(rest[at:], '\n')
		rest = rest[at+line+1:]
		row++
	}
}

// planCache keeps the indexes of the plans that somebody looked at last.
type planCache struct {
	mu   sync.Mutex
	list []cachedPlan // latest first
}

type cachedPlan struct {
	id string
	x  *planIndex
}

// A cache holds at most keepPlans plans, and at most keepRows rows unless one plan alone has more.
const (
	keepPlans = 4
	keepRows  = 500_000
)

func (c *planCache) get(id string) *planIndex {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.list, func(p cachedPlan) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	p := c.list[i]
	c.list = slices.Insert(slices.Delete(c.list, i, i+1), 0, p)
	return p.x
}

func (c *planCache) put(id string, x *planIndex) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = slices.DeleteFunc(c.list, func(p cachedPlan) bool { return p.id == id })
	c.list = slices.Insert(c.list, 0, cachedPlan{id, x})
	rows := 0
	for i, p := range c.list {
		if rows += p.x.rows; i > 0 && (i == keepPlans || rows > keepRows) {
			c.list = slices.Delete(c.list, i, len(c.list))
			return
		}
	}
}
