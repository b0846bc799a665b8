package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// match finds the person of every employee who is not linked yet (product, "Matching"). An
// administrator's decisions come first, so that they win over what keys say.
func (b *Builder) match() {
	for i, e := range b.entries.All() {
		if e.stand != open {
			continue
		}
		switch d := b.decisions[e.id]; d.Kind {
		case directory.DecideLink:
			b.matchDecided(int32(i), d.PersonID)
		case directory.DecideNew:
			b.create(e)
		}
	}
	for i, e := range b.entries.All() {
		if e.stand == open {
			b.matchByKeys(int32(i))
		}
	}
	for i, p := range b.people.all.All() {
		if p.entry != none && b.entry(p.entry).person != int32(i) {
			p.entry = none // matched twice
		}
	}
	for _, e := range b.entries.All() {
		if e.stand == open {
			b.matchName(e)
		}
	}
}

// create settles that an employee becomes a new person.
func (b *Builder) create(e *entry) {
	if b.people.len() > 0 {
		if _, taken := b.people.byID(b.newPersonID(e)); taken {
			b.hold(e, IdentityConflict, block{detail: "the person once made for this employee is not linked to it any more", fix: b.decideFix(e)})
			return
		}
	}
	e.stand = creating
}

func (b *Builder) newPersonID(e *entry) string {
	return b.ids.PersonID(b.in.Organisation, b.in.Connection, strconv.FormatInt(e.id, 10))
}

func (b *Builder) matchDecided(i int32, personID string) {
	e := b.entry(i)
	p, ok := b.people.byID(personID)
	switch {
	case !ok:
		b.hold(e, IdentityConflict, block{detail: "the person an administrator chose for this employee does not exist",
			fix: b.decideFix(e)})
	case b.mayReturn(e, p):
		b.takeOver(p)
		b.link(i, p, foundByDecision)
	case b.people.at(p).owner != nobodys || b.people.at(p).entry != none:
		b.hold(e, IdentityConflict, block{detail: fmt.Sprintf("%s, chosen by an administrator, is linked to another employee", b.people.title(p)),
			fix: b.decideFix(e), candidates: b.candidates([]found{{p, "chosen by an administrator"}})})
	default:
		b.link(i, p, foundByDecision)
	}
}

// mayReturn tells whether a person whom an administrator chose is somebody who left as one employee and
// came back as another (security §3 #30): deactivated, and the old employee shows that it left.
func (b *Builder) mayReturn(e *entry, person int32) bool {
	p := b.people.at(person)
	if p.owner != ours || p.source == e.id || !p.off {
		return false
	}
	return p.entry == none || b.entry(p.entry).has(fGone|fLeaver)
}

// takeOver frees a person from the employee who left.
func (b *Builder) takeOver(person int32) {
	p := b.people.at(person)
	if p.entry != none {
		old := b.entry(p.entry)
		old.stand, old.person = left, none
	}
	b.people.bySource[p.source] = none // also when the record of who left is skipped
	delete(b.missing, p.source)
	delete(b.extra, b.people.id(person))
}

// link settles a first link.
func (b *Builder) link(i, p int32, by int8) {
	e := b.entry(i)
	e.stand, e.person, e.by = linking, p, by
	q := b.people.at(p)
	q.entry = i
	switch {
	case b.frozen(b.people.id(p), e.has(fLeaver)):
		b.hold(e, OnHold, block{detail: "an administrator put a hold on the person that this employee matches",
			fix: "\"rollcall holds\" lists the hold; end it with \"rollcall hold remove\""})
	case q.off && q.manualLock && b.in.Policy.Lifecycle.ManualDeactivation != policy.ManualOverwrite:
		b.hold(e, LockedByAdmin, block{})
	case q.off && e.has(fBeforeStart):
		b.hold(e, NotStarted, block{})
	}
}

// found is a person whom a key of an employee names.
type found struct {
	person int32
	why    string
}

// byNumber returns the people with the employee's number, when the settings match by it.
func (b *Builder) byNumber(e *entry) []int32 {
	if i := slices.Index(b.in.Policy.Match, policy.MatchEmployeeNumber); i >= 0 {
		return b.people.numberHolders(b.key(e, i))
	}
	return nil
}

// matchByKeys settles an employee of whom a key finds somebody, and leaves the others open.
func (b *Builder) matchByKeys(i int32) {
	e := b.entry(i)
	hits, several, by := b.lookUp(e)
	switch {
	case several:
		b.hold(e, AmbiguousMatch, block{detail: "one key of this employee finds several people", fix: b.decideFix(e), candidates: b.candidates(hits)})
	case len(hits) > 1:
		b.hold(e, IdentityConflict, block{detail: "the keys of this employee point to different people", fix: b.decideFix(e), candidates: b.candidates(hits)})
	case len(hits) == 1:
		b.matchOne(i, hits[0], by)
	}
}

// lookUp follows the keys in the order of the settings. hits are the different people found, several
// tells that one key found more than one, by is the first key that found somebody.
func (b *Builder) lookUp(e *entry) (hits []found, several bool, by int8) {
	by = foundByNothing
	for k, name := range b.in.Policy.Match {
		key := b.key(e, k)
		if key == "" {
			continue
		}
		people := b.people.emailHolders(key)
		if name == policy.MatchEmployeeNumber {
			people = b.people.numberHolders(key)
		}
		several = several || len(people) > 1
		if len(people) > 0 && by == foundByNothing {
			by = int8(k)
		}
		for _, p := range people {
			why := "same " + strings.ReplaceAll(string(name), "_", " ")
			if at := slices.IndexFunc(hits, func(h found) bool { return h.person == p }); at >= 0 {
				hits[at].why += ", " + why
				continue
			}
			hits = append(hits, found{p, why})
		}
	}
	return hits, several, by
}

// matchOne settles an employee whose keys all point to one person.
func (b *Builder) matchOne(i int32, hit found, by int8) {
	e := b.entry(i)
	p := b.people.at(hit.person)
	byEmail := !p.mailKey.blank() && b.people.emailKey(hit.person) == b.email(e)
	bl := block{fix: b.decideFix(e), candidates: b.candidates([]found{hit})}
	switch {
	case p.owner == elsewhere:
		bl.detail = fmt.Sprintf("%s is owned by another connection", b.people.title(hit.person))
		b.hold(e, IdentityConflict, bl)
	case p.owner == ours && byEmail:
		// Who gets the address is settled with all others, see settleEmails.
		e.stand = creating
	case p.owner == ours:
		bl.detail = fmt.Sprintf("%s has the %s and is linked to employee %d", b.people.title(hit.person), strings.TrimPrefix(hit.why, "same "), p.source)
		b.hold(e, IdentityConflict, bl)
	case p.entry != none:
		b.matchTwice(i, hit)
	case p.privileged:
		bl.detail = fmt.Sprintf("%s is an owner or admin; such an account is linked only by an administrator's decision", b.people.title(hit.person))
		b.hold(e, EmailTaken, bl)
	case b.recycled(e, hit.person):
		bl = b.recycledBlock(e)
		bl.candidates = b.candidates([]found{hit})
		b.hold(e, IdentityConflict, bl)
	default:
		b.link(i, hit.person, by)
	}
}

// matchTwice holds everybody whose keys point to the same person, unless an administrator chose one.
func (b *Builder) matchTwice(i int32, hit found) {
	e := b.entry(i)
	first := b.entry(b.people.at(hit.person).entry)
	bl := func(x *entry, other int64) block {
		return block{detail: fmt.Sprintf("employee %d matches %s as well", other, b.people.title(hit.person)),
			fix: b.decideFix(x), candidates: b.candidates([]found{hit})}
	}
	b.hold(e, IdentityConflict, bl(e, first.id))
	if first.stand == linking && first.by != foundByDecision {
		first.stand, first.person = open, none // the person keeps pointing here, for a third match
		b.hold(first, IdentityConflict, bl(first, e.id))
	}
}

// matchName holds an employee of whom no key tells anything while somebody without a link has the same
// name: two John Smiths must not become one, nor one John Smith two (promise SI30).
func (b *Builder) matchName(e *entry) {
	var hits []found
	for _, p := range b.people.names[e.name] {
		if b.people.at(p).entry == none {
			hits = append(hits, found{p, "same name"})
		}
	}
	if len(hits) == 0 {
		b.create(e)
		return
	}
	b.hold(e, AmbiguousMatch, block{detail: "no key matches, and somebody without a link has the same name",
		fix: b.decideFix(e), candidates: b.candidates(hits)})
}

// candidates ranks people for a human: those with most agreeing keys first.
func (b *Builder) candidates(hits []found) []Candidate {
	slices.SortStableFunc(hits, func(x, y found) int {
		return strings.Count(y.why, ",") - strings.Count(x.why, ",")
	})
	out, d := make([]Candidate, 0, min(len(hits), 5)), &b.people
	for _, h := range hits[:min(len(hits), 5)] {
		out = append(out, Candidate{PersonID: d.id(h.person), Email: d.email(h.person), Name: d.label(h.person), Why: h.why})
	}
	return out
}

func (b *Builder) decideFix(e *entry) string {
	return fmt.Sprintf("decide with \"rollcall decide employee:%d --link PERSON\", or --new, or --ignore", e.id)
}

func (b *Builder) recycledBlock(e *entry) block {
	bl := block{detail: "the id or number now belongs to somebody with another name and address, and the hire date does not say that it is the same human; it looks recycled",
		fix: fmt.Sprintf("look at employee %d in BambooHR; an account is never handed over", e.id)}
	if e.person == none {
		bl.fix = b.decideFix(e)
	}
	return bl
}
