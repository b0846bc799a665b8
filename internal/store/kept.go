package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/plan"
)

// keepBytes bounds the rows of a plan that stay in memory, packed, from its making until its lease is
// given back: a sync applies what it has just planned without reading it from the database first. Plans
// that need more are read.
const keepBytes = 8 << 20

// keptPlan are the rows of the plan that was written last, in plan order. They are the same as the stored
// ones, which do not change; whether the plan still exists and what of it was applied is always asked of
// the database.
type keptPlan struct {
	id    string
	parts [][]keptRow // as they came
	rows  []keptRow   // in plan order, once sorted
	n     int64
	bytes int
}

type keptRow struct {
	head planrow.Head
	n    int64 // order of arrival, from 1
	body string
}

// size is roughly what the row takes.
func (r *keptRow) size() int {
	return len(r.body) + len(r.head.Person) + len(r.head.Name) + len(r.head.Email) + 168
}

// add copies rows whose bodies end at ends, and reports false once there are too many.
func (k *keptPlan) add(heads []planrow.Head, body []byte, ends []int) bool {
	texts := make([]byte, 0, 64*len(heads))
	for i := range heads {
		texts = append(append(append(texts, heads[i].Person...), heads[i].Name...), heads[i].Email...)
	}
	// One string for all of them; the originals would keep whole records alive.
	bodies, all, from := string(body), string(texts), 0
	part := make([]keptRow, len(heads))
	cut := func(s *string) { *s, all = all[:len(*s)], all[len(*s):] }
	for i := range heads {
		r := &part[i]
		k.n++
		r.head, r.n, r.body = heads[i], k.n, bodies[from:ends[i]]
		cut(&r.head.Person)
		cut(&r.head.Name)
		cut(&r.head.Email)
		k.bytes += r.size()
		from = ends[i]
	}
	k.parts = append(k.parts, part)
	return k.bytes <= keepBytes
}

// sort puts the rows in the order of the table's key.
func (k *keptPlan) sort() {
	k.rows, k.parts = slices.Concat(k.parts...), nil
	slices.SortStableFunc(k.rows, func(a, b keptRow) int {
		return cmp.Or(cmp.Compare(a.head.Rank, b.head.Rank), cmp.Compare(a.head.Source, b.head.Source), strings.Compare(a.head.Person, b.head.Person))
	})
}

// anchors is planWriter.anchors on the sorted rows.
func (k *keptPlan) anchors() []byte {
	var out []byte
	for i := anchorEvery - 1; i < len(k.rows); i += anchorEvery {
		h := &k.rows[i].head
		out = planrow.AppendKey(out, planrow.Key{Rank: h.Rank, Source: h.Source, Person: h.Person, N: k.rows[i].n})
	}
	return out
}

// items is tx.items on the kept rows.
func (k *keptPlan) items(p *storedPlan, after int64, wanted func(kind int64) bool, do func(seq int64, it plan.Item) error) error {
	for i := max(after, 0); i < int64(len(k.rows)); i++ {
		r := &k.rows[i]
		if !wanted(r.head.Kind) {
			continue
		}
		it, err := p.rows.Unpack(&r.head, r.body)
		if err != nil {
			return fmt.Errorf("row %d of plan %s: %w", i+1, p.info.ID, err)
		}
		if err := do(i+1, it); err != nil {
			return err
		}
	}
	return nil
}
