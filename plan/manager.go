package plan

import (
	"hash/maphash"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// bossAction is what a plan does with an employee's reporting line.
type bossAction uint8

const (
	bossKeep    bossAction = iota
	bossSet                // entry.boss is the new manager
	bossClear              // HR says that there is none
	bossMissing            // HR's manager is nobody here; the old one is kept
	bossOnHold             // a human's hold or freeze keeps the old one
	bossLoop               // the line would close a loop; the old one is kept
	bossCut                // the line closes a loop; it is cleared
)

// managerRef is the compact memory of a directory.ManagerRef.
type managerRef struct {
	source        int64
	number, email text
	state         directory.WantState
}

// keepRef keeps a reference to a manager; most employees share theirs with others. Two whose hashes
// happen to be the same are both kept.
func (b *Builder) keepRef(ref *directory.ManagerRef) int32 {
	key := encoder{b.refKey[:0]}
	key.number(ref.SourceID)
	key.text(ref.Number, ref.Email)
	key.number(int64(ref.State))
	b.refKey = key.b
	sum := maphash.Bytes(b.refSeed, key.b)
	if i, ok := b.refIndex[sum]; ok {
		if r := b.refs.At(int(i)); r.source == ref.SourceID && r.state == ref.State && b.texts.get(r.number) == ref.Number && b.texts.get(r.email) == ref.Email {
			return i
		}
	}
	i := int32(b.refs.Len())
	b.refs.Append(managerRef{ref.SourceID, b.texts.add(ref.Number), b.texts.add(ref.Email), ref.State})
	b.refIndex[sum] = i
	return i
}

// ref is what HR says of an employee's manager.
func (b *Builder) ref(e *entry) *managerRef { return b.refs.At(int(e.ref)) }

// reportingLines are the edges of the graph of people, before and after the plan: node of the manager,
// or none.
type reportingLines struct {
	old, new  []int32
	byNumber  map[string]int32 // node, ambiguous when several people share it
	byEmail   map[string]int32
	creations []creation // what a new person's row waits for, by entry; made on demand
}

// ambiguous marks a number or address of several people.
const ambiguous int32 = -2

// settleManagers finds everybody's manager, cuts loops, and ties lines that could close a loop if only
// a part of the plan were applied.
func (b *Builder) settleManagers() {
	if b.entries.Len() == 0 {
		return
	}
	b.currentLines()
	for i := range b.entries.Len() {
		b.wantLine(int32(i))
	}
	b.cutLoops()
	b.tieLines()
	b.lines.old, b.lines.new = nil, nil // they have become what the entries do
}

func (b *Builder) currentLines() {
	n := b.people.len() + b.entries.Len()
	l := &b.lines
	l.old, l.new = make([]int32, n), make([]int32, n)
	for i := range l.old {
		l.old[i] = none
	}
	for i, p := range b.people.all.All() {
		if m, ok := b.people.byID(b.people.managerID(int32(i))); ok && !p.boss.blank() {
			l.old[i] = m
		}
	}
	copy(l.new, l.old)
}

// wantLine settles what happens to one employee's line, loops aside.
func (b *Builder) wantLine(i int32) {
	e := b.entry(i)
	if !e.stand.active() {
		return
	}
	before, personID := "", ""
	if e.person != none {
		before, personID = b.people.managerID(e.person), b.people.id(e.person)
	}
	b.agree(personID, directory.Manager, func(until string) bool { return b.saysManager(b.ref(e), until) })
	r := b.set.rule(directory.Manager)
	if !r.writes(before, b.mode(e)) {
		e.set(fManagerAgrees, true)
		return
	}
	ref := b.ref(e)
	switch ref.state {
	case directory.WantBlank:
		e.set(fManagerAgrees, before == "" || r.clear)
		if before != "" && r.clear {
			e.do = bossClear
		}
	case directory.WantSet:
		boss, byID := b.findManager(ref)
		e.set(fManagerAgrees, byID && boss != none)
		if boss == none {
			e.do = bossMissing
			return
		}
		e.boss = boss
		if before == "" || before != b.nodeID(boss) {
			e.do = bossSet
		}
	default:
		e.set(fManagerAgrees, ref.state == directory.NotMapped)
	}
	b.applyLine(i, personID)
}

// saysManager tells whether HR names exactly that person, or for "" nobody at all.
func (b *Builder) saysManager(ref *managerRef, person string) bool {
	switch ref.state {
	case directory.WantBlank:
		return person == ""
	case directory.WantSet:
		boss, _ := b.findManager(ref)
		return boss != none && person == b.nodeID(boss)
	}
	return false
}

// applyLine enters a changed line, unless a human holds or froze the field.
func (b *Builder) applyLine(i int32, personID string) {
	e := b.entry(i)
	_, on := b.heldField(personID, directory.Manager)
	_, frozen := b.frozenOf(e, directory.Manager)
	if e.do != bossKeep && (on || frozen || e.has(fFrozen)) {
		e.do = bossOnHold
		return
	}
	if e.do != bossKeep {
		b.lines.new[b.node(i)] = e.boss
	}
}

// findManager resolves a reference: the employee with the internal id, else the only one with the
// Employee #, else the only one with the address (product, "Mapping"; bamboohr-api §3.1). A manager who
// is in BambooHR but neither linked nor created is nobody; number and address are asked only when the
// id is not known at all, and then cross connections. byID tells that the internal id decided.
func (b *Builder) findManager(ref *managerRef) (node int32, byID bool) {
	if ref.source != 0 {
		if i, ok := b.find(ref.source); ok {
			if e := b.entry(i); e.person == none && e.stand != creating {
				return none, true
			}
			return b.node(i), true
		}
		if p, ok := b.people.bySource[ref.source]; ok {
			return p, true
		}
		if b.isNobody(ref.source) {
			return none, true
		}
	}
	b.indexManagers()
	number, email := directory.EmailKey(b.texts.get(ref.number)), directory.EmailKey(b.texts.get(ref.email))
	if n, ok := b.lines.byNumber[number]; ok && number != "" && n >= 0 {
		return n, false
	}
	if n, ok := b.lines.byEmail[email]; ok && email != "" && n >= 0 {
		return n, false
	}
	return none, false
}

// indexManagers prepares the look-up by number and address, as HR writes them for employees of this
// reading and as the directory has them for everybody else.
func (b *Builder) indexManagers() {
	l := &b.lines
	if l.byNumber != nil {
		return
	}
	l.byNumber, l.byEmail = map[string]int32{}, map[string]int32{}
	add := func(m map[string]int32, key string, n int32) {
		if key == "" {
			return
		}
		if other, ok := m[key]; ok && other != n {
			n = ambiguous
		}
		m[key] = n
	}
	for i, p := range b.people.all.All() {
		if p.entry == none {
			add(l.byNumber, b.people.number(int32(i)), int32(i))
			add(l.byEmail, b.people.emailKey(int32(i)), int32(i))
		}
	}
	for i, e := range b.entries.All() {
		if e.person == none && e.stand != creating {
			continue
		}
		add(l.byNumber, b.number(e), b.node(int32(i)))
		add(l.byEmail, b.email(e), b.node(int32(i)))
	}
}

// creation is what a new person's row waits for.
type creation struct {
	kinds KindSet
	tied  bool // it, or a new manager above, is tied to another change
	known bool
}

// creation returns the kinds under which a new person's row waits, those of its new managers included:
// nobody may report to somebody whose own row still waits. Loops are cut by now.
func (b *Builder) creation(i int32) creation {
	if b.lines.creations == nil {
		b.lines.creations = make([]creation, b.entries.Len())
	}
	var path []int32
	var c creation
	for i != none && b.entry(i).stand == creating {
		if c = b.lines.creations[i]; c.known {
			break
		}
		path = append(path, i)
		i = b.bossEntry(b.entry(i))
	}
	for _, at := range slices.Backward(path) {
		c.known = true
		c.kinds = c.kinds.With(KindIDChurn)
		if b.entry(at).has(fNewDepartment) {
			c.kinds = c.kinds.With(KindNewDepartments)
		}
		c.tied = c.tied || b.ties.tied(b.node(at))
		b.lines.creations[at] = c
	}
	return c
}

// bossEntry returns the surveyed employee who becomes the manager, none when the manager does not
// change or was not surveyed.
func (b *Builder) bossEntry(e *entry) int32 {
	if e.do != bossSet {
		return none
	}
	return b.nodeEntry(e.boss)
}

// newBoss returns what the row of an employee's new manager waits for, when the manager is new too.
func (b *Builder) newBoss(e *entry) creation {
	if i := b.bossEntry(e); i != none && b.entry(i).stand == creating {
		return b.creation(i)
	}
	return creation{}
}
