package syncrun

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

func person(seq int64) string { return fmt.Sprintf("p%d", seq) }

// moveOf is a change of an address that needs the address of others first.
func moveOf(seq int64, on ...int64) StoredItem {
	c := &plan.Change{Action: plan.Update, PersonID: person(seq),
		Fields: []plan.FieldChange{{Field: directory.Email, Before: "old@acme.test", After: "new@acme.test"}}}
	for _, o := range on {
		c.DependsOn = append(c.DependsOn, directory.PersonKey(person(o)))
	}
	return StoredItem{Seq: seq, Item: plan.Item{Change: c}}
}

func cut(items []StoredItem) [][]int64 {
	w := workload{}
	ts := newTies()
	for _, it := range items {
		w.seqs = append(w.seqs, it.Seq)
		ts.add(it.Seq, it.Change)
	}
	w.tied = ts.groups()
	return w.batches(batchSize)
}

func TestTiedChangesShareABatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 2600).Draw(t, "changes")
		var items []StoredItem
		for i := range n {
			items = append(items, StoredItem{Seq: int64(i + 1), Item: plan.Item{Change: &plan.Change{Action: plan.Update, PersonID: person(int64(i + 1))}}})
		}
		var pairs [][2]int64
		for range rapid.IntRange(0, 20).Draw(t, "ties") {
			a := rapid.Int64Range(1, int64(n)).Draw(t, "a")
			b := rapid.Int64Range(1, int64(n)).Draw(t, "b")
			items[a-1].Change.Fields = moveOf(a).Change.Fields
			items[b-1].Change.Fields = moveOf(b).Change.Fields
			items[a-1].Change.DependsOn = append(items[a-1].Change.DependsOn, directory.PersonKey(person(b)))
			pairs = append(pairs, [2]int64{a, b})
		}
		batches := cut(items)
		at := map[int64]int{}
		for i, batch := range batches {
			for _, seq := range batch {
				if _, twice := at[seq]; twice {
					t.Fatalf("change %d is applied twice", seq)
				}
				at[seq] = i
			}
		}
		if len(at) != n {
			t.Fatalf("%d of %d changes are applied", len(at), n)
		}
		for _, p := range pairs {
			if at[p[0]] != at[p[1]] {
				t.Fatalf("changes %d and %d are tied and lie in batches %d and %d", p[0], p[1], at[p[0]], at[p[1]])
			}
		}
	})
}

func TestBatchesAreBounded(t *testing.T) {
	var items []StoredItem
	for i := range int64(2500) {
		items = append(items, StoredItem{Seq: i + 1, Item: plan.Item{Change: &plan.Change{Action: plan.Create, PersonID: person(i + 1)}}})
	}
	var sizes []int
	for _, b := range cut(items) {
		sizes = append(sizes, len(b))
	}
	if want := []int{1000, 1000, 500}; !slices.Equal(sizes, want) {
		t.Errorf("batches of %v, want %v", sizes, want)
	}
}
