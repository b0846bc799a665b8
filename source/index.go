package source

import (
	"hash/maphash"
	"slices"
)

// index remembers which ids a stream has shown and a hash of each row, so that a row that comes twice
// is noticed (security §3 #22). Ids that come in ascending order, as BambooHR sends them, cost 16 bytes
// each; the others go to a map.
type index struct {
	seed maphash.Seed
	ids  []int64 // ascending
	sums []uint64
	late map[int64]uint64
}

// indexRoom is how many ids an index has room for at first.
const indexRoom = 1000

func newIndex() *index {
	return &index{seed: maphash.MakeSeed(), late: map[int64]uint64{}}
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
	n := len(x.ids)
	if n == 0 || id > x.ids[n-1] {
		if n == cap(x.ids) {
			x.ids, x.sums = doubled(x.ids), doubled(x.sums)
		}
		x.ids = append(x.ids, id)
		x.sums = append(x.sums, sum)
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

// doubled makes room; append would grow by a quarter, and so allocate five times what is needed in the end.
func doubled[T any](s []T) []T {
	larger := make([]T, len(s), max(2*len(s), indexRoom))
	copy(larger, s)
	return larger
}

func (x *index) find(id int64) (uint64, bool) {
	if i, ok := slices.BinarySearch(x.ids, id); ok {
		return x.sums[i], true
	}
	sum, ok := x.late[id]
	return sum, ok
}
