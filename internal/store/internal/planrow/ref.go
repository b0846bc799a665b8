package planrow

import (
	"cmp"
	"sort"
	"strings"
)

// Key is what orders the rows of a plan; rows with the same key stand as they came.
type Key struct {
	Rank   int64
	Source int64  // 0: no employee
	Person string // of groups: the group's id; "" for nobody
}

// Compare tells which of two keys comes first.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Rank, o.Rank), cmp.Compare(k.Source, o.Source), strings.Compare(k.Person, o.Person))
}

// Key orders the row within its plan.
func (h *Head) Key() Key { return Key{h.Rank, h.Source, h.Person} }

// Ref is where a chunk of a plan stands.
type Ref struct {
	No     int64 // of the stored chunk
	Rows   int64
	First  Key
	Before int64 // rows of the plan that come before
}

// PackRefs packs the list of a plan's chunks, which are in plan order.
func PackRefs(refs []Ref) []byte {
	p := packer{b: []byte{}}
	for i := range refs {
		r := &refs[i]
		p.int(r.No)
		p.int(r.Rows)
		p.int(r.First.Rank)
		p.int(r.First.Source)
		p.string(r.First.Person)
	}
	return p.b
}

// UnpackRefs reads what PackRefs wrote.
func UnpackRefs(b []byte) ([]Ref, error) {
	u := unpacker{s: string(b)}
	var out []Ref
	before := int64(0)
	for u.s != "" && !u.bad {
		r := Ref{No: u.int(), Rows: u.int(), First: Key{u.int(), u.int(), u.string()}, Before: before}
		before += r.Rows
		out = append(out, r)
	}
	if u.bad {
		return nil, ErrDamaged
	}
	return out, nil
}

// After returns the number of the chunk that has the row after a position, len(refs) when there is none.
func After(refs []Ref, position int64) int {
	return sort.Search(len(refs), func(i int) bool { return refs[i].Before+refs[i].Rows > position })
}

// Around returns the chunks [from, to) in which rows may stand that about, which grows with the keys, calls 0; it
// calls earlier ones negative, later ones positive.
func Around(refs []Ref, about func(Key) int) (from, to int) {
	from = sort.Search(len(refs), func(i int) bool { return about(refs[i].First) >= 0 })
	to = sort.Search(len(refs), func(i int) bool { return about(refs[i].First) > 0 })
	return max(from-1, 0), to
}
