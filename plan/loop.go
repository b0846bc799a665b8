package plan

import (
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// maxLevels bounds a walk up the reporting lines; no company has more.
const maxLevels = 1000

// cutLoops cuts every loop that the plan would close at the line of its member with the smallest
// employee id (security §3 #33, promise SI45). The one who is cut keeps the old manager where that
// closes no loop, else has none.
func (b *Builder) cutLoops() {
	next := b.lines.new
	var cut []int32
	for _, loop := range directory.FindLoops(len(next), func(n int) int { return int(next[n]) }) {
		if n := b.cutAt(loop); n != none {
			cut = append(cut, n)
		}
	}
	slices.SortFunc(cut, func(x, y int32) int { return compareInt(b.nodeSource(x), b.nodeSource(y)) })
	for _, n := range cut {
		next[n] = none
	}
	for _, n := range cut {
		b.cutLine(n)
	}
}

// cutAt chooses the member of a loop whose line is cut; none when no line is ours to change.
func (b *Builder) cutAt(loop []int) int32 {
	at := none
	for _, m := range loop {
		n := int32(m)
		if b.mayCut(n) && (at == none || b.nodeSource(n) < b.nodeSource(at)) {
			at = n
		}
	}
	return at
}

// mayCut tells whether a run may change a line: HR named it, and no human and no other authority keeps
// it.
func (b *Builder) mayCut(n int32) bool {
	i := b.nodeEntry(n)
	if i != none {
		e := b.entry(i)
		if !e.stand.active() || e.has(fFrozen) {
			return false
		}
		return e.do == bossSet || (b.leadsLines(e) && b.ref(e).state == directory.WantSet && e.do == bossKeep && !b.lineHeld(n) && !b.linesFrozen())
	}
	p := b.people.at(n)
	_, absent := b.missing[p.source]
	_, decided := b.extra[b.people.id(n)]
	return p.owner == ours && !absent && !decided && b.decides(p.source) && !b.set.adopt && !b.linesFrozen() &&
		b.set.rule(directory.Manager).leads()
}

func (b *Builder) leadsLines(e *entry) bool {
	return b.set.rule(directory.Manager).leads() && !b.set.adopt && !b.mode(e).filling
}

func (b *Builder) lineHeld(n int32) bool {
	_, on := b.heldField(b.nodeID(n), directory.Manager)
	return on
}

// linesFrozen tells whether nobody's line may change but a new person's.
func (b *Builder) linesFrozen() bool {
	_, frozen := b.frozenField(directory.Manager)
	return frozen
}

// cutLine settles what becomes of a line that is cut.
func (b *Builder) cutLine(n int32) {
	i := b.nodeEntry(n)
	old := b.lines.old[n]
	do := bossLoop
	if old != none && b.reaches(old, n) {
		do = bossCut
	} else {
		b.lines.new[n] = old
	}
	if i != none {
		e := b.entry(i)
		e.do, e.boss = do, none
		e.flags &^= fManagerAgrees
		return
	}
	b.extra[b.people.id(n)] = extra{cut: true}
}

// reaches tells whether the lines lead from one person up to another; a walk without end counts.
func (b *Builder) reaches(from, to int32) bool {
	for range maxLevels {
		if from == to {
			return true
		}
		if from = b.lines.new[from]; from == none {
			return false
		}
	}
	return true
}

// tieLines ties the people whose changed lines could close a loop together with lines that are still
// the old ones: those in one strongly connected part of the graph of old and new lines. Whichever
// changes wait, no loop appears in the directory.
func (b *Builder) tieLines() {
	l := &b.lines
	replaced := false
	for n := range l.new {
		replaced = replaced || (l.old[n] != none && l.old[n] != l.new[n])
	}
	if !replaced {
		return
	}
	for _, part := range components(l.old, l.new) {
		first := none
		for _, n := range part {
			switch {
			case l.old[n] == l.new[n]:
			case first == none:
				first = n
			default:
				b.ties.join(first, n)
			}
		}
	}
}

// components returns the strongly connected parts of more than one node, of a graph with at most two
// edges per node (Tarjan, without recursion).
func components(old, new []int32) [][]int32 {
	t := tarjan{old: old, new: new, index: make([]int32, len(new)), low: make([]int32, len(new)), on: make([]bool, len(new))}
	for n := range new {
		if t.index[n] == 0 && (old[n] != none || new[n] != none) {
			t.walk(int32(n))
		}
	}
	return t.parts
}

type tarjan struct {
	old, new   []int32
	index, low []int32 // from 1; 0: not seen
	on         []bool
	stack      []int32
	seen       int32
	parts      [][]int32
}

type frame struct {
	node int32
	edge int8 // edges looked at
}

func (t *tarjan) walk(start int32) {
	calls := []frame{{node: start}}
	t.enter(start)
	for len(calls) > 0 {
		f := &calls[len(calls)-1]
		if f.edge == 2 {
			n := f.node
			calls = calls[:len(calls)-1]
			t.leave(n)
			if len(calls) > 0 {
				up := calls[len(calls)-1].node
				t.low[up] = min(t.low[up], t.low[n])
			}
			continue
		}
		to := t.old[f.node]
		if f.edge == 1 {
			to = t.new[f.node]
		}
		f.edge++
		switch {
		case to == none:
		case t.index[to] == 0:
			t.enter(to)
			calls = append(calls, frame{node: to})
		case t.on[to]:
			t.low[f.node] = min(t.low[f.node], t.index[to])
		}
	}
}

func (t *tarjan) enter(n int32) {
	t.seen++
	t.index[n], t.low[n], t.on[n] = t.seen, t.seen, true
	t.stack = append(t.stack, n)
}

// leave takes a finished part off the stack.
func (t *tarjan) leave(n int32) {
	if t.low[n] != t.index[n] {
		return
	}
	at := len(t.stack) - 1
	for t.stack[at] != n {
		at--
	}
	part := slices.Clone(t.stack[at:])
	t.stack = t.stack[:at]
	for _, m := range part {
		t.on[m] = false
	}
	if len(part) > 1 {
		t.parts = append(t.parts, part)
	}
}
