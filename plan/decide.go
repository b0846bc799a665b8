package plan

import (
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Decide settles one surveyed employee. cur is the full record of the person that Target names, nil when
// it names none; link is what is remembered of the employee, in full, nil when nothing is. It fails when
// the calls are out of order and passes on errors of emit.
func (b *Builder) Decide(w *directory.Wanted, cur *directory.Person, link *directory.LinkState, emit func(Item) error) error {
	i, ok := b.find(w.SourceID)
	if !ok {
		return protocolError("employee %d was not surveyed", w.SourceID)
	}
	e := b.entry(i)
	if e.stand == excluded {
		return nil
	}
	if e.stand == linked && b.set.adopt && link != nil && link.Adopted != b.adopted[e.id] {
		return protocolError("Adopted was not told of employee %d", e.id)
	}
	d := &b.draft
	*d = draft{b: b, e: e, w: w, link: link, name: w.Name, was: &b.blank, mode: b.mode(e), needs: b.needs[:0]}
	if e.person != none {
		if cur == nil || cur.ID != b.people.id(e.person) {
			return protocolError("the person of employee %d is missing", e.id)
		}
		d.person, d.was, d.privileged = cur.ID, &cur.Values, cur.Role.Privileged()
	}
	if i <= b.decided {
		return protocolError("employee %d came out of order", e.id)
	}
	b.decided = i
	b.out.rows.ordered = !b.mayBeDrawnIn(e)
	switch e.stand {
	case left:
		return b.decideLeft(d, emit)
	case held:
		return b.decideHeld(d, cur, emit)
	case creating:
		d.person = b.newPersonID(e)
		return b.decideNew(d, i, emit)
	}
	return b.decidePerson(d, i, cur, emit)
}

// mayBeDrawnIn tells whether an employee would be decided by DecideExtra, behind the others, were the
// record unchanged: the rows are the same then, but not their order.
func (b *Builder) mayBeDrawnIn(e *entry) bool {
	return e.do == bossCut || e.do == bossLoop || e.stand == held && b.why(e) == DuplicateEmail
}

// decideLeft counts somebody who left before ever being linked (promise C29).
func (b *Builder) decideLeft(d *draft, emit func(Item) error) error {
	e, w := d.e, d.w
	state := directory.LinkState{SourceID: e.id, Outcome: directory.OutcomeLeft, Fingerprint: w.Fingerprint,
		Coverage: w.Coverage, Revision: b.in.Revision, Clean: true}
	b.out.counts.Left++
	if d.link != nil && sameState(d.link, &state) {
		return nil
	}
	t := b.trace(d)
	t.Match, t.Fix = "none", "nothing to do; who comes back gets an account then"
	return b.put(Item{Left: &Left{SourceID: e.id, Name: w.Name, Email: b.email(e), Link: state, Trace: t}}, emit)
}

// decideHeld says why nobody changes. A linked employee's record is looked at again on the next run.
func (b *Builder) decideHeld(d *draft, cur *directory.Person, emit func(Item) error) error {
	e := d.e
	if err := b.putHeld(d, b.why(e), b.blocks[e.id], emit); err != nil {
		return err
	}
	if e.person == none {
		return nil
	}
	if e.has(fProblem|fAccountUnreadable|fAccountBlank|fRecordUnreadable) || b.why(e) == IdentityConflict {
		return b.refreshPutOff(d, emit)
	}
	d.unclean = true
	return b.refresh(d, b.nextState(d, b.leaving(e, d.w, d.link), cur.Status), emit)
}

func (b *Builder) putHeld(d *draft, why Reason, bl block, emit func(Item) error) error {
	h := Held{Kind: HeldPerson, Reason: why, SourceID: d.e.id, PersonID: d.person, Name: d.name, Email: d.b.email(d.e),
		Detail: bl.detail, Candidates: bl.candidates, Trace: b.trace(d)}
	h.Trace.Fix = bl.fix
	if h.Detail == "" {
		h.Detail, h.Trace.Fix = heldWords(why, d.e, d.w)
	}
	return b.put(Item{Held: &h}, emit)
}

// refresh renews what is remembered of an employee whose person does not change.
func (b *Builder) refresh(d *draft, s directory.LinkState, emit func(Item) error) error {
	if d.link != nil && sameState(d.link, &s) {
		return nil
	}
	return b.put(Item{Refresh: &s}, emit)
}

// refreshUnclean has a record looked at again of which nothing new is known.
func (b *Builder) refreshUnclean(link *directory.LinkState, emit func(Item) error) error {
	if link == nil || !link.Clean {
		return nil
	}
	s := *link
	s.Clean = false
	return b.put(Item{Refresh: &s}, emit)
}

// refreshPutOff does the same, but takes back, or puts off, what was going to deactivate somebody by itself and is over,
// or later now, as even a record shows that is not believed as a whole. It never sets anything: nobody is newly
// deactivated by such a record.
func (b *Builder) refreshPutOff(d *draft, emit func(Item) error) error {
	if d.link == nil {
		return nil
	}
	s := *d.link
	s.Since, s.Clean = maps.Clone(s.Since), false
	for _, k := range [...]directory.SignalKind{directory.SignalTermination, directory.SignalStatus, directory.SignalStatusBlocked,
		directory.SignalNoStatus, directory.SignalOutOfScope, absentKind, deletedKind} {
		over, later := b.isOver(d, k)
		announced := s.Due != nil && s.Due.Action != "" && s.Due.Reason == string(reasonOf(k))
		switch {
		case over:
			delete(s.Since, k)
			if announced {
				s.Due = nil
			}
		case announced && later != nil && later.At.After(s.Due.At):
			s.Due = &directory.Due{At: later.At, Action: s.Due.Action, Reason: s.Due.Reason, Date: later.Date}
		}
	}
	return b.refresh(d, s, emit)
}

// isOver tells whether a record that is not believed as a whole shows all the same that a leaving signal is not given,
// and the signal where it is and has a date.
func (b *Builder) isOver(d *draft, k directory.SignalKind) (over bool, later *directory.Signal) {
	e, w := d.e, d.w
	switch {
	case k == absentKind, k == deletedKind:
		return true, nil // it is there
	case e.has(fProblem), b.why(e) == IdentityConflict:
		return false, nil // nothing of the record is this person's
	case k == directory.SignalStatus:
		return w.Account == directory.AccountActive, nil
	case k == directory.SignalOutOfScope:
		return w.Scope.Verdict == directory.ScopeIn, nil
	case k == directory.SignalTermination && e.has(fEndUnreadable):
		return false, nil
	}
	for i := range w.Signals {
		if s := &w.Signals[i]; s.Kind == k {
			if s.At.IsZero() {
				return false, nil
			}
			return false, s
		}
	}
	return !e.has(fRecordUnreadable), nil
}

// refreshDue remembers beside a change of somebody who stays when they leave: should the change wait for an approval,
// for the sake of a department perhaps, a last day that HR put off must not act, and one that HR told of must.
func (b *Builder) refreshDue(d *draft, c *Change, emit func(Item) error) error {
	acts := func(due *directory.Due) bool { return due != nil && due.Action != "" }
	if d.e.stand != linked || d.link == nil || c.StatusAfter == directory.Deactivated || sameDue(d.link.Due, c.Link.Due) ||
		!acts(d.link.Due) && !acts(c.Link.Due) {
		return nil
	}
	s := *d.link
	s.Due, s.Clean = c.Link.Due, false
	return b.put(Item{Refresh: &s}, emit)
}

func (b *Builder) decideNew(d *draft, i int32, emit func(Item) error) error {
	e, w := d.e, d.w
	d.fields = b.fields[:0]
	d.diff()
	b.fields = d.fields
	c := Change{Action: Create, Reason: NewInHR, StatusAfter: directory.Provisioned, Email: w.Text(directory.Email)}
	if b.in.Policy.Lifecycle.Initial == policy.InitialActive && !e.has(fBeforeStart) {
		c.StatusAfter = directory.Active
	}
	c.Kinds = b.creation(i).kinds
	return b.commit(d, i, c, b.leaving(e, w, d.link), emit)
}

func (b *Builder) decidePerson(d *draft, i int32, cur *directory.Person, emit func(Item) error) error {
	e := d.e
	d.diff()
	l := b.leaving(e, d.w, d.link)
	after := b.nextStatus(d, cur, l)
	c := Change{StatusBefore: cur.Status, StatusAfter: after, Version: cur.Version, Email: cur.Values.Get(directory.Email)}
	switch {
	case after == cur.Status:
		c.Action, c.Reason = Update, FieldChanged
	case after == directory.Deactivated:
		c.Action, c.Reason, c.EffectiveAt = Deactivate, l.reason, l.at
	case cur.Status == directory.Deactivated:
		c.Action, c.Reason = Reactivate, Returned
	default:
		c.Action, c.Reason = Update, FieldChanged
		d.fields = append(d.fields, FieldChange{Field: statusField, Kind: directory.KindText, Before: string(cur.Status), After: string(after)})
	}
	if e.stand == linking {
		c.Reason = Linked
		if c.Action == Update {
			c.Action = LinkPerson
		}
	}
	if e.has(fFrozen) {
		return b.decideFrozen(d, cur, l, after, emit)
	}
	if e.stand == linked && after == cur.Status && len(d.fields) == 0 {
		return b.unchanged(d, b.nextState(d, l, after), emit)
	}
	return b.commit(d, i, c, l, emit)
}

// nextStatus returns the status a person will have.
func (b *Builder) nextStatus(d *draft, cur *directory.Person, l leaving) directory.Status {
	e, after := d.e, cur.Status
	off := after == directory.Deactivated
	switch {
	case l.now && !off:
		after = directory.Deactivated
	case off && !l.now && !e.staysOff():
		if after = cur.PreviousStatus; after == "" || after == directory.Deactivated {
			after = directory.Provisioned
		}
	case after == directory.Provisioned && b.startCame(d.w, cur):
		after = directory.Active
	}
	if after == cur.Status || e.has(fFrozen) {
		return after
	}
	b.agree(cur.ID, statusField, func(until string) bool { return statusAgrees(until, e.has(fLeaver)) })
	if h, on := b.heldField(cur.ID, statusField); on {
		d.onHold(statusField, h)
		return cur.Status
	}
	if after == directory.Deactivated && !e.has(fLeaver) && b.lastOwner(cur) {
		d.hold(statusField, LastOwner, lastOwnerDetail)
		return cur.Status
	}
	return after
}

// startCame tells whether the start date has come of somebody who was provisioned ahead of it and is
// to be active from the first day.
func (b *Builder) startCame(w *directory.Wanted, cur *directory.Person) bool {
	return b.in.Policy.Lifecycle.Initial == policy.InitialActive && !w.StartsAt.IsZero() &&
		!w.StartsAt.After(b.in.Now) && cur.CreatedAt.Before(w.StartsAt)
}

// lastOwner tells whether a person whom Resolve did not count among the leavers is the last owner left,
// and counts it.
func (b *Builder) lastOwner(p *directory.Person) bool {
	switch {
	case !slices.Contains(b.in.Owners, p.ID):
		return p.Role == directory.RoleOwner && b.owners == 0
	case b.owners <= 1:
		return true
	}
	b.owners--
	return false
}

// decideFrozen leaves a person alone on whom a human put a hold, and says so when something would have
// changed.
func (b *Builder) decideFrozen(d *draft, cur *directory.Person, l leaving, after directory.Status, emit func(Item) error) error {
	e := d.e
	key := directory.EmailKey(cur.Values.Get(directory.Email))
	email := !e.mail.blank() && b.email(e) != key && b.set.rule(directory.Email).writes(key, d.mode)
	state := b.nextState(d, l, cur.Status)
	d.held = nil
	if len(d.fields) == 0 && len(d.frozen) == 0 && after == cur.Status && e.do != bossOnHold && !email {
		return b.unchanged(d, state, emit)
	}
	for _, h := range b.holds[cur.ID] {
		if h.Field == "" && !b.endedHold[h.ID] {
			if err := b.putHeld(d, OnHold, block{detail: b.holdDetail(h), fix: HoldFix(h)}, emit); err != nil {
				return err
			}
			break
		}
	}
	return b.refresh(d, state, emit)
}

func (b *Builder) unchanged(d *draft, s directory.LinkState, emit func(Item) error) error {
	b.out.counts.Unchanged++
	if err := b.putFieldsHeld(d, emit); err != nil {
		return err
	}
	return b.refresh(d, s, emit)
}

func (b *Builder) putFieldsHeld(d *draft, emit func(Item) error) error {
	for i := range d.held {
		if err := b.put(Item{Held: &d.held[i]}, emit); err != nil {
			return err
		}
	}
	return nil
}

// commit completes a change and gives it out, or keeps it back while it is tied to others.
func (b *Builder) commit(d *draft, i int32, c Change, l leaving, emit func(Item) error) error {
	c.SourceID, c.PersonID, c.Name, c.Fields = d.e.id, d.person, d.name, d.fields
	boss := b.newBoss(d.e)
	c.Kinds |= b.kindsOf(&c, d.needs) | boss.kinds
	c.Trace = b.trace(d)
	c.Trace.Signal, c.Trace.Effective = string(l.signal.Kind), l.at
	c.Sentence = sentence(&c, l)
	if c.Action == Deactivate {
		c.Trace.Fix = leavingFix(c.Reason)
	}
	state := b.nextState(d, l, c.StatusAfter)
	c.Link = &state
	b.groups.use(d.needs)
	b.needs = d.needs
	for _, n := range d.needs {
		c.DependsOn = append(c.DependsOn, n.key)
	}
	slices.Sort(c.DependsOn)
	c.DependsOn = slices.Compact(c.DependsOn)
	if err := b.putFieldsHeld(d, emit); err != nil {
		return err
	}
	if err := b.refreshDue(d, &c, emit); err != nil {
		return err
	}
	return b.release(c, b.node(i), b.bossNode(d.e), boss.tied, emit)
}

// bossNode returns the node of a new manager who is created in this plan, else none.
func (b *Builder) bossNode(e *entry) int32 {
	if i := b.bossEntry(e); i != none && b.entry(i).stand == creating {
		return e.boss
	}
	return none
}

// kindsOf returns the guarded kinds under which a change by itself waits.
func (b *Builder) kindsOf(c *Change, needs []need) KindSet {
	k := c.Counted()
	if k.Has(KindDeactivate) || k.Has(KindBlank) {
		k = k.With(KindBaseline)
	}
	if c.Action == Create || c.Reason == Linked || c.Reason == MissingInHR {
		k = k.With(KindIDChurn)
	}
	for _, n := range needs {
		if n.kind == directory.KindDepartment {
			k = k.With(KindNewDepartments)
		}
	}
	return k
}

// trace keeps what an employee's decision was made from.
func (b *Builder) trace(d *draft) Trace {
	w, e := d.w, d.e
	t := Trace{Account: w.AccountText, Termination: w.Text(directory.DeactivationDate), Hire: w.HireDate,
		ScopeRule: w.Scope.Rule, ScopeValue: w.Scope.Value, Match: "none"}
	if w.Problem == "" {
		t.Scope = [...]string{"unknown", "in", "out"}[w.Scope.Verdict]
	}
	for _, s := range w.Signals {
		if s.Kind == directory.SignalStatusBlocked {
			t.Employment = s.Value
		}
	}
	for _, n := range w.Notes {
		t.Notes = append(t.Notes, strings.TrimPrefix(string(n.Field)+": "+n.Detail, ": "))
	}
	if e.stand == held && b.why(e) == NotStarted && w.ProvisionAt.After(b.in.Now) {
		t.Effective = w.ProvisionAt // the calendar lists when it comes
		b.lookBy(w.ProvisionAt)
	}
	switch {
	case e.stand == creating:
		t.Match = "new"
	case e.stand == linking && e.by == foundByDecision:
		t.Match = "decision"
	case e.stand == linking && int(e.by) < len(w.Match):
		t.Match, t.MatchValue = w.Match[e.by].Name, w.Match[e.by].Value
	case e.person != none:
		t.Match = "link"
	}
	return t
}
