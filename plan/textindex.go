package plan

import (
	"hash/maphash"
	"math/bits"
)

// textIndex finds things by a text that each of them has. It is a table of their numbers by the text's
// hash: four bytes a place, where a map of very many texts takes ten times as much. The zero value finds
// nothing.
type textIndex struct {
	text   func(i int32) string // of thing i
	seed   maphash.Seed
	places []int32 // thing, from 1; else one of the two below
}

const (
	freePlace int32 = 0
	leftPlace int32 = -1 // was taken; others may stand behind it
)

// newTextIndex makes room for n things; each may be put once.
func newTextIndex(n int, text func(i int32) string) textIndex {
	x := textIndex{text: text, seed: maphash.MakeSeed()}
	if n > 0 {
		x.places = make([]int32, 1<<bits.Len(uint(n+n/2)))
	}
	return x
}

// place returns where a text stands, or the free place where it would.
func (x *textIndex) place(text string) *int32 {
	last := uint64(len(x.places) - 1)
	for at := maphash.String(x.seed, text); ; at++ {
		p := &x.places[at&last]
		if *p == freePlace || *p != leftPlace && x.text(*p-1) == text {
			return p
		}
	}
}

// get returns the thing with a text.
func (x *textIndex) get(text string) (i int32, ok bool) {
	if len(x.places) == 0 {
		return 0, false
	}
	p := *x.place(text)
	return p - 1, p != freePlace
}

// put adds a thing, in place of another one with its text.
func (x *textIndex) put(i int32) { *x.place(x.text(i)) = i + 1 }

// remove takes out the thing with a text.
func (x *textIndex) remove(text string) {
	if _, ok := x.get(text); ok {
		*x.place(text) = leftPlace
	}
}
