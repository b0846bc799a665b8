package plan

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// extra is why a person without a record in this reading, or with an unchanged one, is decided.
type extra struct {
	missing     bool
	notImported bool   // never linked, and the settings deactivate such accounts
	cut         bool   // a loop is cut at the person's reporting line
	email       string // shared with another employee
}

// settleExtra adds the people whom nobody imported, where the settings deactivate them (promise SI35). Who that is
// only shows when everybody was read.
func (b *Builder) settleExtra() {
	if b.in.Policy.Lifecycle.Missing != policy.MissingDeactivateNotImported || len(b.only) > 0 || b.partly {
		return
	}
	awaited := b.awaited()
	for i, p := range b.people.all.All() {
		if p.owner == nobodys && p.entry == none && !p.off && !awaited[int32(i)] {
			b.extra[b.people.id(int32(i))] = extra{notImported: true}
		}
	}
}

// awaited returns the people without a link who may be an employee that is held: they are left alone until it is
// settled who that is. Whoever is left out, by the scope or an administrator, is waited for by nobody.
func (b *Builder) awaited() map[int32]bool {
	out := map[int32]bool{}
	for _, e := range b.entries.All() {
		if e.stand != held || e.person != none || b.why(e) == OutOfScope || b.decisions[e.id].Kind == directory.DecideIgnore {
			continue
		}
		hits, _, _ := b.lookUp(e)
		hits = slices.DeleteFunc(hits, func(h found) bool { return b.people.at(h.person).owner != nobodys }) // not all of those are known
		for _, h := range hits {
			out[h.person] = true
		}
		if len(hits) == 0 {
			for _, p := range b.people.names[e.name] {
				out[p] = true
			}
		}
	}
	return out
}

// DecideExtra settles a person whom Extra names; link is what is remembered of the employee, nil for
// people without a link.
func (b *Builder) DecideExtra(cur *directory.Person, link *directory.LinkState, emit func(Item) error) error {
	x, ok := b.extra[cur.ID]
	b.out.rows.ordered = false
	switch {
	case !ok:
		return protocolError("nobody asked for person %s", cur.ID)
	case x.notImported:
		return b.decideNotImported(cur, emit)
	case link == nil:
		return protocolError("the link state of person %s is missing", cur.ID)
	case x.missing:
		return b.decideMissing(cur, link, emit)
	}
	b.out.counts.Unchanged-- // it was counted when it was skipped
	h := b.heldPerson(cur, link)
	if x.email != "" {
		bl := duplicateBlock(x.email)
		h.Reason, h.Detail, h.Trace.Fix = DuplicateEmail, bl.detail, bl.fix
		if err := b.put(Item{Held: h}, emit); err != nil {
			return err
		}
		return b.refreshUnclean(link, emit)
	}
	h.Field, h.Reason, h.Detail, h.Trace = directory.Manager, ManagerLoop, loopDetail, Trace{Fix: fieldFix(ManagerLoop)}
	if err := b.put(Item{Held: h}, emit); err != nil {
		return err
	}
	return b.cutSkipped(cur, link, emit)
}

// heldPerson starts a held entry about a person who is decided without a record.
func (b *Builder) heldPerson(p *directory.Person, link *directory.LinkState) *Held {
	h := &Held{Kind: HeldPerson, PersonID: p.ID, Name: personName(&p.Values),
		Email: directory.EmailKey(p.Values.Get(directory.Email)), Trace: Trace{Match: "none"}}
	if link != nil {
		h.SourceID, h.Trace.Match = link.SourceID, "link"
	}
	return h
}

// cutSkipped clears the reporting line of a person whose own record is unchanged.
func (b *Builder) cutSkipped(cur *directory.Person, link *directory.LinkState, emit func(Item) error) error {
	state := *link
	state.Clean = false
	boss := cur.Values.Get(directory.Manager)
	c := Change{Action: Update, Reason: FieldChanged, SourceID: link.SourceID, PersonID: cur.ID, Version: cur.Version,
		Email: cur.Values.Get(directory.Email), Name: personName(&cur.Values), StatusBefore: cur.Status, StatusAfter: cur.Status,
		Fields: []FieldChange{{Field: directory.Manager, Kind: directory.KindPerson, Before: b.people.emailOf(boss), BeforeID: boss}},
		Link:   &state, Trace: Trace{Match: "link"}}
	c.Kinds = b.kindsOf(&c, nil)
	c.Sentence = sentence(&c, leaving{})
	n, ok := b.people.byID(cur.ID)
	if !ok {
		return protocolError("person %s was not added", cur.ID)
	}
	return b.release(c, n, none, false, emit)
}

// absence is what the settings say about a linked employee who is not in the reading.
type absence struct {
	reason Reason
	action policy.LeaveAction
	kind   directory.SignalKind
	grace  int
	detail string
}

// absence weighs the two signals of somebody who is not in the reading. As with every other signal, one
// that deactivates is not stopped by one that only holds: whoever was deleted is missing as well
// (promise SI35).
func (b *Builder) absence(id int64) absence {
	life := &b.in.Policy.Lifecycle
	a := absence{MissingInHR, policy.LeaveHold, absentKind, life.Leaving[policy.SignalMissing].GraceDays,
		"the complete reading does not contain this employee"}
	if life.Missing == policy.MissingDeactivateLinked || life.Missing == policy.MissingDeactivateNotImported {
		a.action = policy.LeaveDeactivate
	}
	if !b.missing[id] {
		return a
	}
	a.detail = "the employee was deleted in BambooHR"
	if deleted := life.Leaving[policy.SignalDeleted]; deleted.Action == policy.LeaveDeactivate {
		a.reason, a.action, a.kind, a.grace = DeletedInHR, deleted.Action, deletedKind, deleted.GraceDays
	}
	return a
}

// announced is the last day that BambooHR told of while the employee was still there, nil when it told of none.
// Whoever vanishes afterwards does not stay longer for it.
func announced(link *directory.LinkState) *directory.Due {
	d := link.Due
	if d == nil || d.Action != string(Deactivate) || d.Reason == string(MissingInHR) || d.Reason == string(DeletedInHR) {
		return nil
	}
	return d
}

// decideMissing settles a linked person whose employee is absent from the reading.
func (b *Builder) decideMissing(cur *directory.Person, link *directory.LinkState, emit func(Item) error) error {
	a := b.absence(link.SourceID)
	h := b.heldPerson(cur, link)
	h.Reason, h.Detail = MissingInHR, a.detail
	h.Trace.Fix = "deactivate the person, or set \"missing\" so that runs do it"
	switch {
	case cur.Status == directory.Deactivated:
		b.out.counts.Unchanged++
		return nil
	case announced(link) != nil && b.isDue(link, cur):
		return b.decideDue(link, cur, emit)
	case a.action != policy.LeaveDeactivate:
		return b.put(Item{Held: h}, emit)
	case b.frozen(cur.ID, true):
		b.onHold(h)
		return b.put(Item{Held: h}, emit)
	}
	state := *link
	state.Clean = false
	at := time.Time{}
	if a.grace > 0 {
		first, ok := link.Since[a.kind]
		if !ok && b.doubt {
			return b.put(Item{Held: h}, emit) // an instant of its own would act without anybody's release
		}
		if !ok {
			first = b.in.Now
		}
		state.Since = maps.Clone(link.Since)
		if state.Since == nil {
			state.Since = map[directory.SignalKind]time.Time{}
		}
		state.Since[a.kind] = first
		at = first.AddDate(0, 0, a.grace)
	}
	if at.After(b.in.Now) {
		if d := announced(link); d != nil && d.At.Before(at) {
			return b.put(Item{Held: h}, emit)
		}
		state.Due = &directory.Due{At: at, Action: string(Deactivate), Reason: string(a.reason)}
		h.Detail += "; the person is deactivated at " + at.UTC().Format("2006-01-02 15:04 MST")
		if err := b.put(Item{Held: h}, emit); err != nil || sameState(link, &state) {
			return err
		}
		return b.put(Item{Refresh: &state}, emit)
	}
	state.Due = nil
	return b.deactivate(cur, h, Change{Reason: a.reason, SourceID: link.SourceID, EffectiveAt: at, Link: &state,
		Trace: Trace{Match: "link", Signal: string(a.kind), Effective: at}}, leaving{}, emit)
}

// onHold completes a held entry with the hold in force on the whole person.
func (b *Builder) onHold(held *Held) {
	held.Reason = OnHold
	for _, h := range b.holds[held.PersonID] {
		if !b.endedHold[h.ID] && (h.Field == "" || h.Field == statusField) {
			held.Detail, held.Trace.Fix = b.holdDetail(h), HoldFix(h)
			return
		}
	}
}

// decideNotImported settles an account that was never linked; owners are spared (promise SI35).
func (b *Builder) decideNotImported(cur *directory.Person, emit func(Item) error) error {
	h := b.heldPerson(cur, nil)
	if cur.Role == directory.RoleOwner {
		h.Reason, h.Detail, h.Trace.Fix = NotFromHR, "an owner's account is never deactivated for not being in BambooHR", notFromHRFix
		return b.put(Item{Held: h}, emit)
	}
	if b.frozen(cur.ID, true) {
		b.onHold(h)
		return b.put(Item{Held: h}, emit)
	}
	return b.deactivate(cur, h, Change{Reason: MissingInHR, Trace: Trace{Match: "none", Signal: "missing"}}, leaving{}, emit)
}

// deactivate completes the deactivation of a person without a record; h is used when the person is the
// last owner, or a hold on the status is in force.
func (b *Builder) deactivate(cur *directory.Person, h *Held, c Change, l leaving, emit func(Item) error) error {
	b.agree(cur.ID, statusField, func(until string) bool { return statusAgrees(until, true) })
	hold, on := b.heldField(cur.ID, statusField)
	switch {
	case on:
		h.Reason, h.Detail, h.Trace.Fix = OnHold, b.holdDetail(hold), HoldFix(hold)
		return b.put(Item{Held: h}, emit)
	case b.lastOwner(cur):
		h.Reason, h.Detail, h.Trace.Fix = LastOwner, lastOwnerDetail, lastOwnerFix
		return b.put(Item{Held: h}, emit)
	}
	c.Action, c.PersonID, c.Version = Deactivate, cur.ID, cur.Version
	c.Email, c.Name = cur.Values.Get(directory.Email), h.Name
	c.StatusBefore, c.StatusAfter = cur.Status, directory.Deactivated
	c.Kinds = b.kindsOf(&c, nil)
	c.Sentence, c.Trace.Fix = sentence(&c, l), leavingFix(c.Reason)
	return b.put(Item{Change: &c}, emit)
}

// personName is how a person is called on screens.
func personName(v *directory.Values) string {
	first := v.Get(directory.PreferredName)
	if first == "" {
		first = v.Get(directory.FirstName)
	}
	last := v.Get(directory.LastName)
	switch {
	case first != "" && last != "":
		return first + " " + last
	case first+last != "":
		return first + last
	case v.Get(directory.DisplayName) != "":
		return v.Get(directory.DisplayName)
	}
	return v.Get(directory.Email)
}

// notFromHR is the held entry of a person without link (the two-way difference, promise SI51).
func (b *Builder) notFromHR(person int32) *Held {
	d := &b.people
	name := d.label(person)
	if name == "" {
		name = d.email(person)
	}
	return &Held{Kind: HeldPerson, Reason: NotFromHR, PersonID: d.id(person), Name: name, Email: d.emailKey(person),
		Detail: fmt.Sprintf("no employee of %s is this person", b.in.Name), Trace: Trace{Match: "none", Fix: notFromHRFix}}
}
