package plan

import (
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Due plans the deactivations that came due by themselves, for the start of a run whose source may be
// down (product, "Scope and lifecycle"). states are those whose instant is over, in full; people are
// the people they name. Nothing else is decided, and the guard holds as ever. Whoever was deactivated,
// unlinked or taken over since is left out, and so is whom the settings, which may have changed since, would keep.
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
		cur.Status != directory.Deactivated && b.ours(cur) && sourceID(cur.Link.SourceID) == s.SourceID && b.stands(s, cur)
}

// stands tells whether an effect that was announced under other settings is one under these as well, and no later.
// What only a look at the record can tell waits for the next reading.
func (b *Builder) stands(s *directory.LinkState, cur *directory.Person) bool {
	if s.Revision == b.in.Revision {
		return true
	}
	life, signal := &b.in.Policy.Lifecycle, policy.Signal("")
	switch Reason(s.Due.Reason) {
	case Terminated:
		signal = policy.SignalTermination
	case StatusInactive:
		signal = policy.SignalStatus
	case DeletedInHR:
		signal = policy.SignalDeleted
	case MissingInHR:
		signal = policy.SignalMissing
	}
	leave := life.Leaving[signal]
	listens := leave.Action == policy.LeaveDeactivate
	if signal == policy.SignalMissing {
		listens = life.Missing == policy.MissingDeactivateLinked || life.Missing == policy.MissingDeactivateNotImported
	}
	at := s.Since[directory.SignalKind(signal)].AddDate(0, 0, leave.GraceDays)
	if day, err := time.Parse(time.DateOnly, s.Due.Date); err == nil && signal == policy.SignalTermination {
		zone := b.in.Policy.Zones().Of(cur.Values.Get(directory.Location))
		at = time.Date(day.Year(), day.Month(), day.Day()+1+leave.GraceDays, 0, 0, 0, 0, zone)
	}
	return listens && !at.After(b.in.Now)
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
