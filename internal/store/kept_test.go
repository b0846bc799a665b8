//go:build unix

package store

import (
	"bytes"
	"slices"
	"testing"

	"github.com/rollcall-hr/rollcall/plan"
)

// TestAnchorsOfKeptRows: what a plan keeps of its rows' keys is the same whether its rows are still in memory or
// have to be looked through in the table, in whatever order they came.
func TestAnchorsOfKeptRows(t *testing.T) {
	s := newBench(t)
	items := company(s.conn, 3*anchorEvery+1)
	slices.Reverse(items[10:2000])
	twice := items[7]
	items = append(items, plan.Item{Held: &plan.Held{SourceID: twice.Change.SourceID, PersonID: twice.Change.PersonID}})
	id := s.store(items)
	s.ok(s.read(t.Context(), func(t2 tx) error {
		p, err := t2.planByID(id)
		if err != nil {
			return err
		}
		looked, err := (&planWriter{no: p.no}).anchors(t2)
		if err == nil && (len(looked) == 0 || !bytes.Equal(looked, p.anchors)) {
			t.Errorf("anchors %x, the table has %x", p.anchors, looked)
		}
		return err
	}))
}
