package plan

import (
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// settleEmails decides who gets which address, so that no two people have the same one whichever part
// of the plan is applied:
//
//   - two employees who want one address are both held (duplicate_email; security §3 #23);
//   - an address that somebody has is free only when that person gets another one in this plan; the two
//     changes are then tied (security §3 #26), else the employee is held (email_taken);
//   - whoever is held keeps the old address, which may hold the next one in the chain;
//   - a leaver never holds anybody and is never held: only the new address is left out, so that nobody
//     escapes deactivation by sharing an address;
//   - an owner or admin keeps the address: whoever may write in BambooHR could otherwise have a new password
//     for that account sent to themselves (security §1.5).
func (b *Builder) settleEmails() {
	b.takers = newTextIndex(b.entries.Len(), func(i int32) string { return b.email(b.entry(i)) })
	for _, e := range b.entries.All() {
		e.set(fMoves, b.wantsMove(e))
	}
	b.holdDuplicates()
	b.dropLeavers()
	b.holdTaken()
	b.tieMoves()
	b.takers = textIndex{}
}

// wantsMove tells whether the plan would give an employee's person another address.
func (b *Builder) wantsMove(e *entry) bool {
	if e.stand == creating {
		return true
	}
	if !e.stand.active() || e.has(fFrozen) || e.mail.blank() {
		return false
	}
	if b.people.at(e.person).privileged {
		return false
	}
	id, key := b.people.id(e.person), b.people.emailKey(e.person)
	b.agree(id, directory.Email, func(until string) bool { return directory.EmailKey(until) == b.email(e) })
	_, on := b.heldField(id, directory.Email)
	_, frozen := b.frozenOf(e, directory.Email)
	return !on && !frozen && b.email(e) != key && b.set.rule(directory.Email).writes(key, b.mode(e))
}

// mode says how an employee's record is written.
func (b *Builder) mode(e *entry) mode {
	return mode{creating: e.stand == creating,
		filling: b.set.adopt && (e.stand == linking || (e.stand == linked && b.adopted[e.id]))}
}

// addressAfter is the address of an employee's person after the plan, "" when it has no person.
func (b *Builder) addressAfter(e *entry) string {
	switch {
	case e.has(fMoves):
		return b.email(e)
	case e.person != none:
		return b.people.emailKey(e.person)
	}
	return ""
}

// claims tells whether an employee who stays wants exactly the address that its person will have.
func (b *Builder) claims(e *entry) bool {
	return e.stand.active() && !e.has(fLeaver) && !e.mail.blank() && b.email(e) == b.addressAfter(e)
}

func (b *Builder) holdDuplicates() {
	var twice []int32
	for i, e := range b.entries.All() {
		if !b.claims(e) {
			continue
		}
		if first, ok := b.takers.get(b.email(e)); ok {
			twice = append(twice, first, int32(i))
		} else {
			b.takers.put(int32(i))
		}
		if b.holdSkipped(e) {
			twice = append(twice, int32(i))
		}
	}
	for _, i := range twice {
		e := b.entry(i)
		b.takers.remove(b.email(e))
		e.flags &^= fMoves
		b.hold(e, DuplicateEmail, duplicateBlock(b.email(e)))
	}
}

func duplicateBlock(email string) block {
	return block{detail: fmt.Sprintf("two employees share the address %s", email), fix: "give one of them another work e-mail in BambooHR"}
}

// holdSkipped holds the linked employees whose record is unchanged and whose address another employee
// wants, and reports whether there are any.
func (b *Builder) holdSkipped(e *entry) bool {
	drawn := false
	for _, h := range b.people.emailHolders(b.email(e)) {
		p := b.people.at(h)
		_, absent := b.missing[p.source]
		if p.owner != ours || p.entry != none || absent || p.off {
			continue
		}
		drawn = true
		if b.decides(p.source) {
			b.extra[b.people.id(h)] = extra{email: b.people.emailKey(h)}
		}
	}
	return drawn
}

// dropLeavers leaves the new address of a leaver out when somebody else wants or has it.
func (b *Builder) dropLeavers() {
	wanted := map[string]int32{}
	for i, e := range b.entries.All() {
		if e.has(fLeaver) && e.has(fMoves) {
			if _, stays := b.takers.get(b.email(e)); stays {
				b.keepAddress(e)
			} else if other, again := wanted[b.email(e)]; again {
				b.keepAddress(e)
				b.keepAddress(b.entry(other))
			} else {
				wanted[b.email(e)] = int32(i)
			}
		}
	}
	for i, e := range b.entries.All() {
		if e.has(fLeaver) && e.has(fMoves) {
			b.takers.put(int32(i))
		}
	}
}

func (b *Builder) keepAddress(e *entry) {
	e.flags = e.flags&^fMoves | fKeepEmail
}

// holdTaken stops everybody whose new address is not given up, and whoever waited for theirs in turn.
func (b *Builder) holdTaken() {
	var stopped []int32
	for i, e := range b.entries.All() {
		if e.has(fMoves) && b.blocker(e) != none {
			stopped = append(stopped, int32(i))
		}
	}
	for len(stopped) > 0 {
		e := b.entry(stopped[0])
		stopped = stopped[1:]
		if !e.has(fMoves) {
			continue
		}
		person := e.person
		b.stop(e, b.blocker(e))
		if person == none {
			continue
		}
		if next, ok := b.takers.get(b.people.emailKey(person)); ok && b.entry(next).has(fMoves) {
			stopped = append(stopped, next)
		}
	}
}

// blocker returns a person who has the wanted address of a moving employee and keeps it, or none.
func (b *Builder) blocker(e *entry) int32 {
	for _, h := range b.people.emailHolders(b.email(e)) {
		p := b.people.at(h)
		if h != e.person && (p.entry == none || !b.entry(p.entry).has(fMoves)) {
			return h
		}
	}
	return none
}

func (b *Builder) stop(e *entry, by int32) {
	b.takers.remove(b.email(e))
	if e.has(fLeaver) {
		b.keepAddress(e)
		return
	}
	e.flags &^= fMoves
	p, person := b.people.at(by), e.person
	bl := block{detail: fmt.Sprintf("the address %s belongs to %s", b.email(e), b.people.title(by)),
		fix:        "give one of them another address",
		candidates: b.candidates([]found{{by, "same e-mail"}})}
	if person == none {
		bl.fix += ", or, when they are the same human, " + b.decideFix(e)
	}
	if p.owner == ours {
		bl.detail += fmt.Sprintf(", who is employee %d", p.source)
		bl.fix = "give one of them another work e-mail in BambooHR, or change the person's with \"rollcall person edit\""
		if person == none && p.off {
			bl.fix = "if this is the same human, who came back, " + b.decideFix(e) + "; else " + bl.fix
		}
	}
	if p.privileged && p.owner != ours {
		bl.detail += ", an owner or admin; such an account is never taken over without an administrator's decision"
	}
	b.hold(e, EmailTaken, bl)
}

// tieMoves ties everybody who takes an address to the person who gives it up.
func (b *Builder) tieMoves() {
	for i, e := range b.entries.All() {
		if !e.has(fMoves) {
			continue
		}
		for _, h := range b.people.emailHolders(b.email(e)) {
			if giver := b.people.at(h).entry; h != e.person && giver != none {
				b.ties.join(b.node(int32(i)), b.node(giver))
			}
		}
	}
}

// node names the person of an employee in the graph of people: an index of people.all, or, for new
// people, beyond it.
func (b *Builder) node(i int32) int32 {
	if p := b.entry(i).person; p != none {
		return p
	}
	return int32(b.people.len()) + i
}

// nodeEntry returns the surveyed employee behind a node, none when there is none.
func (b *Builder) nodeEntry(n int32) int32 {
	if int(n) < b.people.len() {
		return b.people.at(n).entry
	}
	return n - int32(b.people.len())
}

// nodeID returns the person's id of a node; those of new managers are asked for again and again.
func (b *Builder) nodeID(n int32) string {
	if int(n) < b.people.len() {
		return b.people.id(n)
	}
	id, ok := b.newIDs[n]
	if !ok {
		id = b.texts.add(b.newPersonID(b.entry(b.nodeEntry(n))))
		b.newIDs[n] = id
	}
	return b.texts.get(id)
}

// nodeSource returns the employee's id of a node, 0 when this connection has none.
func (b *Builder) nodeSource(n int32) int64 {
	if int(n) < b.people.len() {
		if i := b.people.at(n).entry; i != none {
			return b.entry(i).id
		}
		return b.people.at(n).source
	}
	return b.entry(b.nodeEntry(n)).id
}

// ties are the groups of people whose changes are only applied together.
type ties struct {
	parent map[int32]int32
}

func (t *ties) root(n int32) int32 {
	for {
		p, ok := t.parent[n]
		if !ok || p == n {
			return n
		}
		n = p
	}
}

func (t *ties) join(a, b int32) {
	if t.parent == nil {
		t.parent = map[int32]int32{}
	}
	a, b = t.root(a), t.root(b)
	t.parent[max(a, b)] = min(a, b)
	t.parent[min(a, b)] = min(a, b)
}

// tied tells whether a node is tied to another one.
func (t *ties) tied(n int32) bool {
	_, ok := t.parent[n]
	return ok
}

// members returns every group of tied nodes, by root.
func (t *ties) members() map[int32][]int32 {
	out := map[int32][]int32{}
	for n := range t.parent {
		r := t.root(n)
		out[r] = append(out[r], n)
	}
	for _, m := range out {
		slices.Sort(m)
	}
	return out
}
