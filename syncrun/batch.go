package syncrun

import (
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// ties finds the changes that must share a transaction: those tied by a dependency on another
// person's change, such as an address that moves (groups are created before people and tie nothing).
type ties struct {
	row    map[directory.Key]int64 // person → its change, only for people somebody depends on or who move an address
	parent map[int64]int64
	wants  []tie
}

type tie struct {
	seq int64
	on  directory.Key
}

func newTies() *ties {
	return &ties{row: map[directory.Key]int64{}, parent: map[int64]int64{}}
}

func (t *ties) add(seq int64, c *plan.Change) {
	depends := false
	for _, on := range c.DependsOn {
		if strings.HasPrefix(string(on), "person:") {
			t.wants = append(t.wants, tie{seq, on})
			depends = true
		}
	}
	if depends || movesEmail(c) {
		t.row[c.Key()] = seq
	}
}

func movesEmail(c *plan.Change) bool {
	return slices.ContainsFunc(c.Fields, func(f plan.FieldChange) bool { return f.Field == directory.Email && f.Before != "" })
}

func (t *ties) root(x int64) int64 {
	for {
		p, ok := t.parent[x]
		if !ok || p == x {
			return x
		}
		x = p
	}
}

// groups returns, for every tied row, all rows it is tied to, itself included, in order.
func (t *ties) groups() map[int64][]int64 {
	for _, w := range t.wants {
		other, ok := t.row[w.on]
		if !ok {
			continue
		}
		a, b := t.root(w.seq), t.root(other)
		t.parent[max(a, b)] = min(a, b)
	}
	byRoot := map[int64][]int64{}
	for _, seq := range t.row {
		r := t.root(seq)
		byRoot[r] = append(byRoot[r], seq)
	}
	out := map[int64][]int64{}
	for _, members := range byRoot {
		if len(members) < 2 {
			continue
		}
		slices.Sort(members)
		for _, m := range members {
			out[m] = members
		}
	}
	return out
}

// batcher cuts the eligible rows of a plan into batches. Tied rows are kept back until the last of
// their group came by and then go together.
type batcher struct {
	eligible []int64
	tied     map[int64][]int64
	kept     map[int64][]StoredItem // by the group's first row
	full     [][]StoredItem
	current  []StoredItem
}

func newBatcher(w workload) *batcher {
	return &batcher{eligible: w.seqs, tied: w.tied, kept: map[int64][]StoredItem{}}
}

// add takes the next row of the plan and returns a batch when one is full.
func (b *batcher) add(it StoredItem) []StoredItem {
	if len(b.eligible) == 0 || b.eligible[0] != it.Seq {
		return nil
	}
	b.eligible = b.eligible[1:]
	group := b.tied[it.Seq]
	if group == nil {
		if b.current == nil {
			b.current = make([]StoredItem, 0, min(batchSize, len(b.eligible)+1))
		}
		b.current = append(b.current, it)
		if len(b.current) < batchSize {
			return nil
		}
		return b.flush()
	}
	first := group[0]
	b.kept[first] = append(b.kept[first], it)
	if len(b.kept[first]) < len(group) {
		return nil
	}
	whole := b.kept[first]
	delete(b.kept, first)
	if len(b.current)+len(whole) > batchSize {
		b.full = append(b.full, whole)
		return b.flush()
	}
	b.current = append(b.current, whole...)
	return nil
}

func (b *batcher) flush() []StoredItem {
	out := b.current
	b.current = nil
	return out
}

// rest returns the remaining batches one by one, nil when there is none left.
func (b *batcher) rest() []StoredItem {
	if len(b.current) > 0 {
		return b.flush()
	}
	if len(b.full) > 0 {
		out := b.full[0]
		b.full = b.full[1:]
		return out
	}
	return nil
}
