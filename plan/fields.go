package plan

import (
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// draft is one employee's decision in the making.
type draft struct {
	b      *Builder
	e      *entry
	w      *directory.Wanted
	link   *directory.LinkState // as stored, nil for none
	person string               // id, also of a person to be made
	name   string
	// privileged marks an owner or admin.
	privileged bool
	was        *directory.Values // what the person has now; blank for a new one
	mode       mode
	fields     []FieldChange
	needs      []need
	held       []Held              // entries about single fields
	frozen     []*directory.Freeze // that hold one of them back
	unclean    bool                // something has to be said again, or looked at again, on the next run
}

// diff holds every field of a record against the person.
func (d *draft) diff() {
	d.agree()
	for i, f := range directory.Standard() {
		switch f {
		case directory.Email:
			d.email(d.w.Fields[i])
		case directory.Department:
			d.department(d.w.Fields[i])
		case directory.Teams:
			d.teams(d.w.Fields[i])
		case directory.Manager:
			d.manager()
		default:
			d.field(f, f.Kind(), d.w.Fields[i])
		}
	}
	for _, x := range d.w.Extras {
		d.field(x.Field, x.Kind, x.Want)
	}
}

// agree ends the holds that wait for what HR says now, whether or not the settings let a run write it. Who
// the manager is was settled with everybody's lines.
func (d *draft) agree() {
	for _, h := range d.b.holds[d.person] {
		if h.Field != "" && h.Field != statusField && h.Field != directory.Manager {
			d.b.agree(d.person, h.Field, func(until string) bool { return d.says(h.Field, until) })
		}
	}
}

// says tells whether HR's value of a field is a canonical one, "" for blank. A value that cannot be read or
// used says nothing.
func (d *draft) says(f directory.Field, value string) bool {
	want, g := d.w.Want(f), &d.b.groups
	switch {
	case want.State == directory.WantBlank:
		return value == ""
	case want.State != directory.WantSet || value == "":
		return false
	case f == directory.Email:
		return directory.EmailKey(value) == directory.EmailKey(want.Text)
	case f == directory.Department:
		return g.identity(directory.KindDepartment, value) == g.identity(directory.KindDepartment, want.Text)
	case f == directory.Teams:
		return slices.Equal(g.identities(value), g.identities(want.Text))
	}
	return value == want.Text
}

// wanted returns the value a field should get. ok is false when the field is left alone: because the
// settings do not let the run write it, because HR says nothing about it, or because what HR says
// cannot be used, which is then said (product, "Reading": unreadable never changes anybody).
func (d *draft) wanted(f directory.Field, want directory.Want) (text string, ok bool) {
	before := d.was.Get(f)
	r := d.b.set.rule(f)
	if want.State == directory.NotMapped || !r.writes(before, d.mode) {
		return "", false
	}
	switch want.State {
	case directory.WantUnreadable:
		d.unclean = true
		if slices.Contains(d.b.lostColumns, want.From) || d.b.lostInputs[f] {
			d.b.lost[f] = true
		} else {
			d.hold(f, Unreadable, d.note(f, "the key may not see this value of this employee"))
		}
		return "", false
	case directory.WantInvalid:
		d.hold(f, InvalidValue, d.note(f, "the value in BambooHR cannot be used"))
		return "", false
	case directory.WantBlank:
		return "", r.clear
	}
	return want.Text, true
}

// note returns what the mapping said about a field, or else otherwise.
func (d *draft) note(f directory.Field, otherwise string) string {
	for _, n := range d.w.Notes {
		if n.Field == f && n.Reason != "" {
			return n.Detail
		}
	}
	return otherwise
}

// hold says that one field is left as it is.
func (d *draft) hold(f directory.Field, why Reason, detail string) {
	d.unclean = true
	d.held = append(d.held, Held{Kind: HeldPerson, Field: f, Reason: why, SourceID: d.e.id, PersonID: d.person, Name: d.name, Email: d.b.email(d.e),
		Detail: detail, Trace: Trace{Fix: fieldFix(why)}})
}

// onHold says that a human's hold keeps one field.
func (d *draft) onHold(f directory.Field, h directory.Hold) {
	d.hold(f, OnHold, d.b.holdDetail(h))
	d.held[len(d.held)-1].Trace.Fix = HoldFix(h)
}

// change enters a new value, unless a human holds or froze the field. It reports whether the value changes.
func (d *draft) change(c FieldChange, same bool) bool {
	h, on := d.b.heldField(d.person, c.Field)
	switch {
	case same:
		return false
	case on:
		d.onHold(c.Field, h)
		return false
	}
	if f, frozen := d.b.frozenOf(d.e, c.Field); frozen {
		d.freeze(f, c)
		return false
	}
	d.fields = append(d.fields, c)
	return true
}

func (b *Builder) holdDetail(h directory.Hold) string {
	detail := "an administrator put a hold on this"
	if h.Reason != "" {
		detail += ": " + h.Reason
	}
	if !h.Until.IsZero() {
		detail += " (until " + h.Until.In(b.in.Policy.Zones().Connection()).Format("2006-01-02 15:04 MST") + ")"
	}
	return detail
}

func (d *draft) field(f directory.Field, kind directory.Kind, want directory.Want) {
	after, ok := d.wanted(f, want)
	if !ok {
		return
	}
	before := d.was.Get(f)
	d.change(FieldChange{Field: f, Kind: kind, Before: before, After: after, From: want.From}, before == after)
}

// email enters a move that settleEmails let through. An address is never cleared, and another way of
// writing the same one is no change (security §3 #24).
func (d *draft) email(want directory.Want) {
	// Where the directory's address is not HR's, duplicates must be able to look at the record.
	d.unclean = d.unclean || d.b.email(d.e) != d.b.addressAfter(d.e)
	before := d.was.Get(directory.Email)
	switch {
	case want.State != directory.WantSet:
		d.wanted(directory.Email, want)
	case d.e.has(fMoves):
		d.fields = append(d.fields, FieldChange{Field: directory.Email, Kind: directory.KindText, Before: before, After: want.Text, From: want.From})
	case d.e.has(fKeepEmail):
		d.hold(directory.Email, EmailTaken, fmt.Sprintf("the address %s is another person's; the old one is kept", want.Text))
	case d.b.email(d.e) != directory.EmailKey(before):
		h, on := d.b.heldField(d.person, directory.Email)
		if !d.b.set.rule(directory.Email).writes(before, d.mode) {
			return
		}
		if on {
			d.onHold(directory.Email, h)
		} else if d.privileged {
			d.keepPrivileged(want.Text)
		} else if f, frozen := d.b.frozenOf(d.e, directory.Email); frozen {
			d.freeze(f, FieldChange{Field: directory.Email, Kind: directory.KindText, Before: before, After: want.Text, From: want.From})
		}
	}
}

// keepPrivileged leaves an owner's or admin's address as it is.
func (d *draft) keepPrivileged(wanted string) {
	d.hold(directory.Email, OnHold, fmt.Sprintf("BambooHR says %s; the address of an owner or administrator is changed by hand only, because a link for a new password goes there", wanted))
	d.held[len(d.held)-1].Trace.Fix = "if the new address is right, enter it on the person's page, or with \"rollcall person edit\""
}

func (d *draft) department(want directory.Want) {
	after, ok := d.wanted(directory.Department, want)
	if !ok {
		return
	}
	g := &d.b.groups
	before := d.was.Get(directory.Department)
	var missing need
	if after != "" {
		stored, key, fault := g.resolve(directory.KindDepartment, after)
		if fault != "" {
			d.hold(directory.Department, InvalidValue, fault)
			return
		}
		after = stored
		if key != "" {
			missing = need{directory.KindDepartment, key, stored}
		}
	}
	same := before == after || (before != "" && after != "" &&
		g.identity(directory.KindDepartment, before) == g.identity(directory.KindDepartment, after))
	c := FieldChange{Field: directory.Department, Kind: directory.KindText, Before: before, After: after, From: want.From}
	if d.change(c, same) && missing.key != "" {
		d.needs = append(d.needs, missing)
	}
}

func (d *draft) teams(want directory.Want) {
	after, ok := d.wanted(directory.Teams, want)
	if !ok {
		return
	}
	g := &d.b.groups
	before := d.was.Get(directory.Teams)
	var names []string
	var needs []need
	for _, name := range directory.SplitList(after) {
		stored, key, fault := g.resolve(directory.KindTeam, name)
		if fault != "" {
			d.hold(directory.Teams, InvalidValue, fault)
			return
		}
		if !slices.Contains(names, stored) {
			names = append(names, stored)
		}
		if key != "" {
			needs = append(needs, need{directory.KindTeam, key, stored})
		}
	}
	after = directory.JoinList(names)
	same := before == after || (before != "" && after != "" && slices.Equal(g.identities(before), g.identities(after)))
	c := FieldChange{Field: directory.Teams, Kind: directory.KindList, Before: before, After: after, From: want.From}
	if d.change(c, same) {
		d.needs = append(d.needs, needs...)
	}
}

// identities returns the sorted identities of a list of teams; their order means nothing.
func (g *groups) identities(list string) []string {
	names := directory.SplitList(list)
	ids := make([]string, len(names))
	for i, n := range names {
		ids[i] = g.identity(directory.KindTeam, n)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// manager enters what settleManagers decided.
func (d *draft) manager() {
	want := directory.Want{State: d.w.Manager.State, From: d.w.Manager.From}
	if want.State == directory.WantUnreadable || want.State == directory.WantInvalid {
		d.wanted(directory.Manager, want)
		return
	}
	d.unclean = d.unclean || (want.State != directory.NotMapped && !d.e.has(fManagerAgrees))
	switch d.e.do {
	case bossSet, bossClear, bossCut:
		c := d.line(want.From)
		if d.e.do == bossCut {
			c.From = ""
			d.hold(directory.Manager, ManagerLoop, loopDetail)
		}
		d.fields = append(d.fields, c)
	case bossMissing:
		d.hold(directory.Manager, ManagerMissing, missingManager(d.w.Manager))
	case bossLoop:
		d.hold(directory.Manager, ManagerLoop, loopDetail)
	case bossOnHold:
		h, on := d.b.heldField(d.person, directory.Manager)
		if f, frozen := d.b.frozenOf(d.e, directory.Manager); frozen && !on {
			d.freeze(f, d.line(want.From))
			return
		}
		d.onHold(directory.Manager, h)
	}
}

// line is the change of the reporting line, from the manager now to the one that HR wants.
func (d *draft) line(from string) FieldChange {
	c := FieldChange{Field: directory.Manager, Kind: directory.KindPerson, BeforeID: d.was.Get(directory.Manager), From: from}
	c.Before = d.b.people.emailOf(c.BeforeID)
	if d.e.boss != none {
		c.AfterID, c.After = d.b.nodeID(d.e.boss), d.b.nodeEmail(d.e.boss)
	}
	return c
}

const loopDetail = "the reporting lines in BambooHR form a loop, which is cut here"

// missingManager says whom HR names and why that is nobody.
func missingManager(ref directory.ManagerRef) string {
	who := ref.Email
	switch {
	case ref.SourceID != 0:
		who = fmt.Sprintf("employee %d", ref.SourceID)
	case ref.Number != "":
		who = "the employee with number " + ref.Number
	}
	return fmt.Sprintf("BambooHR names %s as manager, who is not in the directory (yet); the old manager is kept", who)
}

// nodeEmail returns the address of a manager, as it is now or, of a new person, will be.
func (b *Builder) nodeEmail(n int32) string {
	if int(n) < b.people.len() {
		return b.people.email(n)
	}
	return b.email(b.entry(b.nodeEntry(n)))
}
