package source

import (
	"cmp"
	"hash/maphash"
	"sort"

	"github.com/rollcall-hr/rollcall/internal/list"
)

// index remembers which ids a stream has shown and a hash of each row, so that a row that comes twice
// is noticed (security §3 #22). Ids that come in ascending order, as BambooHR sends them, cost 16 bytes
// each; the others go to a map.
type index struct {
	seed maphash.Seed
	rows list.List[seenRow] // by ascending id
	late map[int64]uint64
}

func newIndex() *index {
	return &index{seed: maphash.MakeSeed(), late: map[int64]uint64{}}
}

type seenRow struct {
	id  int64
	sum uint64
}

// sighting is what an index says about a row.
type sighting uint8

const (
	first     sighting = iota
	repeated           // the same bytes came before
	differing          // the id came before with other bytes
)

// add notes a row.
func (x *index) add(id int64, raw []byte) sighting {
	sum := maphash.Bytes(x.seed, raw)
	n := x.rows.Len()
	if n == 0 || id > x.rows.At(n-1).id {
		x.rows.Append(seenRow{id, sum})
		return first
	}
	before, ok := x.find(id)
	switch {
	case !ok:
		x.late[id] = sum
		return first
	case before == sum:
		return repeated
	default:
		return differing
	}
}

func (x *index) find(id int64) (uint64, bool) {
	if i, ok := sort.Find(x.rows.Len(), func(i int) int { return cmp.Compare(id, x.rows.At(i).id) }); ok {
		return x.rows.At(i).sum, true
	}
	sum, ok := x.late[id]
	return sum, ok
}
