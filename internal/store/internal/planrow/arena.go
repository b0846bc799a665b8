package planrow

import (
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// Arena is memory for the changes of one batch, which are over before the next is read: a first sync restores
// a hundred thousand of them, 2 KB each. Its zero value is empty and ready; nil is no arena, and everything
// comes from the heap.
type Arena struct {
	changes pile[plan.Change]
	fields  pile[plan.FieldChange]
	links   pile[directory.LinkState]
}

// Reset takes back everything that was restored in the arena.
func (a *Arena) Reset() {
	a.changes.reset()
	a.fields.reset()
	a.links.reset()
}

func (a *Arena) change() *plan.Change {
	if a == nil {
		return new(plan.Change)
	}
	return &a.changes.take(1)[0]
}

func (a *Arena) fieldChanges(n int) []plan.FieldChange {
	if a == nil {
		return make([]plan.FieldChange, n)
	}
	return a.fields.take(n)
}

func (a *Arena) link() *directory.LinkState {
	if a == nil {
		return new(directory.LinkState)
	}
	return &a.links.take(1)[0]
}

// pileBlock is how many values of a pile lie together.
const pileBlock = 256

// pile gives out zero values, after a reset the same ones again.
type pile[T any] struct {
	blocks [][]T // the first full of them are given out
	full   int
	rest   []T // of the next
}

func (p *pile[T]) take(n int) []T {
	for len(p.rest) < n {
		if p.full == len(p.blocks) {
			p.blocks = append(p.blocks, make([]T, max(n, pileBlock)))
		}
		p.rest = p.blocks[p.full]
		p.full++
	}
	out := p.rest[:n:n]
	p.rest = p.rest[n:]
	clear(out)
	return out
}

func (p *pile[T]) reset() { p.full, p.rest = 0, nil }
