package plan

import (
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Whom says which people AddPerson wants.
type Whom int

// In any case everybody without a link is wanted.
const (
	Unlinked  Whom = iota // nobody else
	Asked                 // also whom Ask names
	Everybody             // also everybody else
)

// fewTimes is how many times as many people as surveyed employees there are when it is cheaper to look up single
// people than to read everybody.
const fewTimes = 8

// Wants reports which people have to be added: whoever is held or left out whatever the directory says needs
// nobody. To be called after ConfirmNoStatus.
func (b *Builder) Wants() Whom {
	b.settle()
	for _, e := range b.entries.All() {
		switch {
		case !b.needsPeople(*e):
		case b.entries.Len()*fewTimes <= b.in.Linked.People:
			return Asked
		default:
			return Everybody
		}
	}
	return Unlinked
}

// needsPeople reports whether one employee needs other people to be known; e is a copy.
func (b *Builder) needsPeople(e entry) bool {
	if e.has(fIsLinked) {
		return b.decides(e.id)
	}
	b.classify(&e)
	return e.stand == open
}

// Ask names people whom the plan depends on: those behind the surveyed employees and their managers, and whoever has
// an address or number that may have to be another's. It is called until it names nobody; everybody who is found is
// to be added before the next call, and so is everybody above them in the reporting lines, since a loop closes there.
func (b *Builder) Ask() directory.PeopleQuery {
	b.settle()
	for _, ask := range []func() directory.PeopleQuery{b.askFirst, b.askAgain}[b.asked:] {
		b.asked++
		if q := ask(); !q.Empty() {
			return q
		}
	}
	return directory.PeopleQuery{}
}

// askFirst names people by what is known of them for sure: the employee, or an administrator's decision.
func (b *Builder) askFirst() (q directory.PeopleQuery) {
	for _, e := range b.entries.All() {
		if e.has(fIsLinked) {
			q.SourceIDs = append(q.SourceIDs, e.id)
		}
		if e.has(fProblem) || !b.needsPeople(*e) {
			continue
		}
		if d := b.decisions[e.id]; d.Kind == directory.DecideLink {
			q.IDs = append(q.IDs, d.PersonID)
		}
		if ref := b.ref(e); ref.state == directory.WantSet && !b.surveyed(ref.source) {
			q.SourceIDs = append(q.SourceIDs, ref.source)
		}
	}
	slices.Sort(q.SourceIDs)
	q.SourceIDs = slices.Compact(q.SourceIDs)
	return q
}

// askAgain names those who may have an address that an employee's person has not yet, and those whom employees
// without a person, and managers without one, may turn out to be.
func (b *Builder) askAgain() (q directory.PeopleQuery) {
	found := map[int64]int32{}
	for i, p := range b.people.all.All() {
		if p.owner == ours {
			found[p.source] = int32(i)
		}
	}
	for _, e := range b.entries.All() {
		if e.has(fProblem) || !b.needsPeople(*e) {
			continue
		}
		p, known := found[e.id]
		if !known || b.people.emailKey(p) != b.email(e) {
			q.Emails = addKey(q.Emails, b.email(e))
		}
		if !known {
			q.IDs = append(q.IDs, b.newPersonID(e))
			for k, name := range b.in.Policy.Match {
				if name == policy.MatchEmployeeNumber {
					q.Numbers = addKey(q.Numbers, b.key(e, k))
				} else {
					q.Emails = addKey(q.Emails, b.key(e, k))
				}
			}
		}
		ref := b.ref(e)
		if _, known := found[ref.source]; ref.state == directory.WantSet && !known && !b.surveyed(ref.source) && !b.isNobody(ref.source) {
			q.Numbers = addKey(q.Numbers, directory.EmailKey(b.texts.get(ref.number)))
			q.Emails = addKey(q.Emails, directory.EmailKey(b.texts.get(ref.email)))
		}
	}
	return q
}

func addKey(keys []string, key string) []string {
	if key == "" {
		return keys
	}
	return append(keys, key)
}

// surveyed reports whether an id is that of a surveyed employee.
func (b *Builder) surveyed(id int64) bool {
	_, ok := b.find(id)
	return ok
}
