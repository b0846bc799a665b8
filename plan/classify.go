package plan

import (
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// classify settles what the record alone, and the state of the linked person, decide. Employees who
// may be matched or created stay open.
func (b *Builder) classify(e *entry) {
	b.confirmStatus(e)
	switch {
	case !b.decides(e.id):
		e.stand = excluded
	case e.has(fProblem), e.has(fAccountUnreadable), e.has(fRecordUnreadable):
		b.holdFor(e, Unreadable)
	case e.has(fAccountBlank):
		b.holdFor(e, InactiveUnknown)
	case e.person == none:
		b.classifyNew(e)
	default:
		b.classifyLinked(e)
	}
}

// staysOff tells whether HR says anything that speaks against re-activating the employee's person, also
// where the settings take it for no leaving signal.
func (e *entry) staysOff() bool { return e.flags&(fLeaver|fHoldSignal|fGone|fScopeOut) != 0 }

// confirmStatus turns a confirmed missing employment status into a leaving signal where the settings
// say so (promise BW22).
func (b *Builder) confirmStatus(e *entry) {
	e.set(fLeaver, e.has(fNoStatus) && b.statusVisible[e.id] && b.set.noStatus == policy.NoStatusDeactivate)
}

// noStatusReason is why an employee without employment status is held, "" when that holds nobody.
func (b *Builder) noStatusReason(e *entry) Reason {
	switch {
	case !e.has(fNoStatus):
		return ""
	case !b.statusVisible[e.id]:
		return Unreadable
	}
	return StatusBlank
}

// classifyNew settles an employee who is not linked.
func (b *Builder) classifyNew(e *entry) {
	switch {
	case e.has(fBeforeProvision) && !e.has(fGone):
		b.holdFor(e, NotStarted)
	case e.has(fGone):
		e.stand = left
	case b.decisions[e.id].Kind == directory.DecideIgnore:
		b.hold(e, OnHold, block{detail: "an administrator chose to leave this employee out",
			fix: "decide again with \"rollcall decide\" to let the employee in"})
	case e.has(fAccountOther):
		b.holdFor(e, InactiveUnknown)
	case e.has(fScopeUnknown):
		b.holdFor(e, Unreadable)
	case e.has(fScopeOut), e.has(fBlocked):
		b.holdFor(e, OutOfScope)
	case b.noStatusReason(e) != "":
		b.holdFor(e, b.noStatusReason(e))
	case e.has(fFutureRow):
		b.holdFor(e, NotStarted)
	case e.has(fEmailUnreadable):
		b.holdFor(e, Unreadable)
	case e.mail.blank():
		b.holdFor(e, NoEmail)
	}
}

// classifyLinked settles an employee who is linked.
func (b *Builder) classifyLinked(e *entry) {
	p := b.people.at(e.person)
	off := p.off
	leaver := e.has(fLeaver)
	e.stand = linked
	e.set(fFrozen, b.frozen(b.people.id(e.person), leaver))
	switch {
	case b.recycled(e, e.person):
		b.hold(e, IdentityConflict, b.recycledBlock(e))
	case e.has(fScopeUnknown):
		b.holdFor(e, Unreadable)
	case !leaver && b.noStatusReason(e) != "":
		b.holdFor(e, b.noStatusReason(e))
	case !off && !leaver && e.has(fHoldSignal):
		b.holdFor(e, b.holdSignalReason(e))
	case !off || e.staysOff():
	case e.has(fEndUnreadable) && b.listens(policy.SignalTermination):
		b.holdFor(e, Unreadable)
	case e.has(fAccountOther):
		b.holdFor(e, InactiveUnknown)
	case p.manualLock && b.in.Policy.Lifecycle.ManualDeactivation != policy.ManualOverwrite:
		b.holdFor(e, LockedByAdmin)
	case e.has(fBeforeStart):
		b.holdFor(e, NotStarted)
	}
}

// holdSignalReason is why a leaver is held whom the settings leave to a human.
func (b *Builder) holdSignalReason(e *entry) Reason {
	if e.has(fScopeOut) && b.in.Policy.Lifecycle.Leaving[policy.SignalOutOfScope].Action == policy.LeaveHold {
		return OutOfScope
	}
	return OnHold
}

func (b *Builder) listens(s policy.Signal) bool {
	return b.in.Policy.Lifecycle.Leaving[s].Action == policy.LeaveDeactivate
}

// frozen tells whether a human's hold on the whole person is in force. One that undo made ends as soon
// as HR agrees with the state the person was put back to.
func (b *Builder) frozen(personID string, leaver bool) bool {
	b.agree(personID, "", func(until string) bool { return statusAgrees(until, leaver) })
	return slices.ContainsFunc(b.holds[personID], func(h directory.Hold) bool { return h.Field == "" && !b.endedHold[h.ID] })
}

// statusAgrees tells whether HR, by its leaving signals, wants the state that a hold waits for.
func statusAgrees(until string, leaver bool) bool {
	switch directory.Status(until) {
	case directory.Active, directory.Provisioned:
		return !leaver
	case directory.Deactivated:
		return leaver
	}
	return false
}

// agree ends the holds on one field of a person, or for "" on the whole person, that wait for HR to say
// what it says now; says tells whether HR's value is the one that is waited for, "" for blank.
func (b *Builder) agree(personID string, f directory.Field, says func(until string) bool) {
	for _, h := range b.holds[personID] {
		if until, waits := h.Awaits(); h.Field == f && waits && says(until) {
			b.endedHold[h.ID] = true
		}
	}
}

// heldField returns the hold in force on one field of a person; agree comes first.
func (b *Builder) heldField(personID string, f directory.Field) (directory.Hold, bool) {
	for _, h := range b.holds[personID] {
		if h.Field == f && !b.endedHold[h.ID] {
			return h, true
		}
	}
	return directory.Hold{}, false
}

// keepLastOwner holds the leaver without whom the organisation would have no owner (promise: the last
// owner is never deactivated). It counts leavers by ascending id, those in their grace included.
func (b *Builder) keepLastOwner(e *entry) {
	if !e.stand.active() || e.person == none || !e.has(fLeaver) || e.has(fFrozen) {
		return
	}
	if b.people.at(e.person).off || !slices.Contains(b.in.Owners, b.people.id(e.person)) {
		return
	}
	if b.owners <= 1 {
		b.hold(e, LastOwner, block{})
		return
	}
	b.owners--
}
