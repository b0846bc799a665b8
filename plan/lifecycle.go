package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// leaving is what the leaving signals of one employee come to at the plan's instant.
type leaving struct {
	now    bool // somebody active is to be deactivated
	signal directory.Signal
	reason Reason
	at     time.Time      // when the effect came; zero: at once
	next   *directory.Due // the next effect to come, nil for none
	since  map[directory.SignalKind]time.Time
}

// leaving weighs the signals (product, "Scope and lifecycle"). Of those in effect the first in the
// order termination date, status, blocked status, no status, scope gives the reason. Dated signals
// bring their instant; undated ones with grace count from when they were first seen. An unreadable
// termination date stands for the last readable one.
func (b *Builder) leaving(e *entry, w *directory.Wanted, link *directory.LinkState) leaving {
	var l leaving
	for _, s := range b.signals(e, w, link) {
		if s.Action != string(policy.LeaveDeactivate) {
			continue
		}
		at := b.effect(&l, s, w, link)
		switch {
		case at.After(b.in.Now):
			if l.next == nil || at.Before(l.next.At) {
				l.next = &directory.Due{At: at, Action: string(Deactivate), Reason: string(reasonOf(s.Kind)), Date: s.Date}
			}
		case !l.now:
			l.now, l.signal, l.reason, l.at = true, s, reasonOf(s.Kind), at
		}
	}
	return l
}

// signals returns the leaving signals in the order in which they give the reason.
func (b *Builder) signals(e *entry, w *directory.Wanted, link *directory.LinkState) []directory.Signal {
	var out []directory.Signal
	for _, kind := range [...]directory.SignalKind{directory.SignalTermination, directory.SignalStatus, directory.SignalStatusBlocked, directory.SignalOutOfScope} {
		for _, s := range w.Signals {
			if s.Kind == kind {
				out = append(out, s)
			}
		}
	}
	if e.has(fNoStatus) && b.statusVisible[e.id] && b.set.noStatus == policy.NoStatusDeactivate {
		grace := b.in.Policy.Lifecycle.Leaving[policy.SignalStatusBlocked].GraceDays
		out = append(out, directory.Signal{Kind: directory.SignalNoStatus, Action: string(policy.LeaveDeactivate), GraceDays: grace})
	}
	if e.has(fEndUnreadable) && link != nil && link.Due != nil && link.Due.Reason == string(Terminated) {
		out = append(out, directory.Signal{Kind: directory.SignalTermination, Action: link.Due.Action, At: link.Due.At, Date: link.Due.Date})
	}
	return out
}

// effect returns when a signal takes effect, zero for at once.
func (b *Builder) effect(l *leaving, s directory.Signal, w *directory.Wanted, link *directory.LinkState) time.Time {
	at := s.At
	if at.IsZero() && s.GraceDays > 0 {
		first := b.in.Now
		if link != nil {
			if seen, ok := link.Since[s.Kind]; ok {
				first = seen
			}
		}
		if l.since == nil {
			l.since = map[directory.SignalKind]time.Time{}
		}
		l.since[s.Kind] = first
		at = first.AddDate(0, 0, s.GraceDays)
	}
	if s.Kind == directory.SignalStatus && b.in.Policy.Lifecycle.Combine != policy.CombineEarliest {
		for _, t := range w.Signals {
			if t.Kind == directory.SignalTermination && t.At.After(b.in.Now) && t.At.After(at) {
				at = t.At
			}
		}
	}
	return at
}

// What the reading itself shows, and no record.
const (
	absentKind  = directory.SignalKind(policy.SignalMissing)
	deletedKind = directory.SignalKind(policy.SignalDeleted)
)

func reasonOf(k directory.SignalKind) Reason {
	switch k {
	case directory.SignalTermination:
		return Terminated
	case directory.SignalStatus:
		return StatusInactive
	case directory.SignalStatusBlocked:
		return StatusBlocked
	case directory.SignalNoStatus:
		return StatusBlank
	case directory.SignalOutOfScope:
		return OutOfScope
	case deletedKind:
		return DeletedInHR
	}
	return MissingInHR
}

// nextState is what is remembered of a linked employee when the plan is applied.
func (b *Builder) nextState(d *draft, l leaving, after directory.Status) directory.LinkState {
	e, w := d.e, d.w
	s := directory.LinkState{SourceID: e.id, PersonID: d.person, Outcome: directory.OutcomeLinked,
		Adopted: (d.link != nil && d.link.Adopted) || (e.stand == linking && b.set.adopt), Fingerprint: w.Fingerprint, Coverage: w.Coverage,
		Revision: b.in.Revision, NoEmail: w.Want(directory.Email).State == directory.WantBlank, Since: d.sinceFrozen(l.since), HireDate: w.HireDate}
	if d.link != nil && (e.stand == held || w.HireDate == "") {
		s.HireDate = d.link.HireDate // nothing is accepted from a held record
	}
	// Also beside a hold that is over: it only ends once all is applied, and not while the reading is doubtful.
	s.Clean = !d.unclean && len(b.holds[d.person]) == 0 && !heldNotes(w) && !(e.has(fLeaver) && after != directory.Deactivated)
	looks := b.lookAgain(d)
	if after == directory.Deactivated {
		return s
	}
	switch {
	case l.next == nil:
		s.Due = looks
	default:
		s.Due = l.next
		// A state keeps one instant. The one that acts stays, so that it acts while the source is down;
		// the record is looked at on every run until the other one is over, and the plan says when.
		if looks != nil && looks.At.Before(l.next.At) {
			s.Clean = false
			b.lookBy(looks.At)
		}
	}
	return s
}

// lookBy notes an instant for Header.LookAt.
func (b *Builder) lookBy(at time.Time) {
	if b.lookAt.IsZero() || at.Before(b.lookAt) {
		b.lookAt = at
	}
}

// heldNotes tells whether a value could not be used, which must be said again on every run; a value that
// was only put right need not.
func heldNotes(w *directory.Wanted) bool {
	return slices.ContainsFunc(w.Notes, func(n directory.Note) bool { return n.Reason != "" })
}

// lookAgain returns the next instant at which the record must be looked at although nothing acts by
// itself: the start date, the end of a hold or freeze, or a leaving signal that is left to a human.
func (b *Builder) lookAgain(d *draft) *directory.Due {
	var due *directory.Due
	w := d.w
	add := func(at time.Time, reason, date string) {
		if at.After(b.in.Now) && (due == nil || at.Before(due.At)) {
			due = &directory.Due{At: at, Reason: reason, Date: date}
		}
	}
	add(w.StartsAt, string(NotStarted), w.HireDate)
	for _, s := range w.Signals {
		if s.Action == string(policy.LeaveHold) {
			add(s.At, string(OnHold), s.Date)
		}
	}
	for _, h := range b.holds[d.person] {
		if !b.endedHold[h.ID] {
			add(h.Until, string(OnHold), "")
		}
	}
	for _, f := range d.frozen {
		add(f.Until, string(OnHold), "")
	}
	return due
}

// sameState tells whether two memories of an employee are the same.
func sameState(x, y *directory.LinkState) bool {
	return x.SourceID == y.SourceID && x.PersonID == y.PersonID && x.Outcome == y.Outcome && x.Adopted == y.Adopted &&
		x.Fingerprint == y.Fingerprint && x.Coverage == y.Coverage && x.Revision == y.Revision && x.Clean == y.Clean && x.NoEmail == y.NoEmail && x.HireDate == y.HireDate &&
		sameDue(x.Due, y.Due) && maps.EqualFunc(x.Since, y.Since, time.Time.Equal)
}

func sameDue(x, y *directory.Due) bool {
	if x == nil || y == nil {
		return x == y
	}
	return x.At.Equal(y.At) && x.Action == y.Action && x.Reason == y.Reason && x.Date == y.Date
}
