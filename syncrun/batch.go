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

// batches cuts the positions into batches of a size. Tied ones wait for the last of their group and then go together.
func (w workload) batches(size int) [][]int64 {
	var out, whole [][]int64
	var current []int64
	cut := func() {
		if len(current) > 0 {
			out = append(out, current)
			current = nil
		}
	}
	for _, seq := range w.seqs {
		group := w.tied[seq]
		switch {
		case group == nil:
			current = append(current, seq)
		case seq != group[len(group)-1]:
			continue
		case len(current)+len(group) > size:
			cut()
			whole = append(whole, group)
		default:
			current = append(current, group...)
		}
		if len(current) >= size {
			cut()
		}
	}
	cut()
	return append(out, whole...)
}
