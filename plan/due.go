package plan

import (
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// Due plans the deactivations that came due by themselves, for the start of a run whose source may be
// down (product, "Scope and lifecycle"). states are those whose instant is over, in full; people are
// the people they name. Nothing else is decided, and the guard holds as ever. Whoever was deactivated,
// unlinked or taken over since is left out.
func Due(in Input, states []directory.LinkState, people []directory.Person) Plan {
	byID := make(map[string]*directory.Person, len(people))
	for i := range people {
		byID[people[i].ID] = &people[i]
	}
	b := NewBuilder(in)
	var p Plan
	emit := func(it Item) error {
		p.Items = append(p.Items, it.clone())
		return nil
	}
	states = slices.Clone(states)
	slices.SortFunc(states, func(x, y directory.LinkState) int { return compareInt(x.SourceID, y.SourceID) })
	for i := range states {
		s := &states[i]
		cur := byID[s.PersonID]
		if cur == nil || !b.isDue(s, cur) {
			continue
		}
		_ = b.decideDue(s, cur, emit) // collecting rows cannot fail
	}
	p.Header = b.header(Evidence{})
	slices.SortStableFunc(p.Items, func(x, y Item) int { return Compare(&x, &y) })
	return p
}

func (b *Builder) isDue(s *directory.LinkState, cur *directory.Person) bool {
	return s.Due != nil && s.Due.Action == string(Deactivate) && !s.Due.At.After(b.in.Now) && b.decides(s.SourceID) &&
		cur.Status != directory.Deactivated && b.ours(cur) && sourceID(cur.Link.SourceID) == s.SourceID
}

// decideDue deactivates one person.
func (b *Builder) decideDue(s *directory.LinkState, cur *directory.Person, emit func(Item) error) error {
	h := b.heldPerson(cur, s)
	if b.frozen(cur.ID, true) {
		b.onHold(h)
		return b.put(Item{Held: h}, emit)
	}
	state := *s
	state.Due, state.Clean = nil, false
	l := leaving{reason: Reason(s.Due.Reason), at: s.Due.At, signal: directory.Signal{Date: s.Due.Date}}
	return b.deactivate(cur, h, Change{Reason: l.reason, SourceID: s.SourceID, EffectiveAt: l.at, Link: &state,
		Trace: Trace{Match: "link", Termination: s.Due.Date, Effective: l.at}}, l, emit)
}
