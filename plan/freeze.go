package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// useFreezes keeps the freezes in force of the connection, those that end last first: where two are about
// one field, the field catches up when the last one ends.
func (b *Builder) useFreezes() {
	if b.in.WithoutFreezes {
		return
	}
	for _, f := range b.in.Freezes {
		if f.Connection == b.in.Connection && f.Active(b.in.Now) {
			b.freezes = append(b.freezes, f)
		}
	}
	slices.SortFunc(b.freezes, func(x, y directory.Freeze) int {
		switch {
		case x.EndsAfter(&y):
			return -1
		case y.EndsAfter(&x):
			return 1
		}
		return strings.Compare(x.ID, y.ID)
	})
}

// freezeIDs returns the ids of the freezes that the plan respects, sorted; nil for none.
func (b *Builder) freezeIDs() []string {
	var ids []string
	for i := range b.freezes {
		ids = append(ids, b.freezes[i].ID)
	}
	slices.Sort(ids)
	return ids
}

// frozenField returns the freeze that keeps a field of people who are in the directory already.
func (b *Builder) frozenField(f directory.Field) (*directory.Freeze, bool) {
	for i := range b.freezes {
		if b.freezes[i].Covers(f) {
			return &b.freezes[i], true
		}
	}
	return nil, false
}

// freezesOf counts the freezes that keep a field.
func (b *Builder) freezesOf(f directory.Field) int {
	n := 0
	for i := range b.freezes {
		if b.freezes[i].Covers(f) {
			n++
		}
	}
	return n
}

// frozenOf is frozenField for an employee; nothing of a new person is frozen.
func (b *Builder) frozenOf(e *entry, f directory.Field) (*directory.Freeze, bool) {
	if e.stand == creating {
		return nil, false
	}
	return b.frozenField(f)
}

// frozenSince is where the memory of an employee keeps since when a field is held back.
func frozenSince(f directory.Field) directory.SignalKind {
	return directory.SignalKind("frozen:" + string(f))
}

// freeze holds a change of one field back. The record is looked at again by every run, and at the moment
// at which the freeze ends, so that it then catches up by itself.
func (d *draft) freeze(f *directory.Freeze, c FieldChange) {
	d.hold(c.Field, OnHold, freezeDetail(f, d.b.freezesOf(c.Field)-1, d.b.in.Policy.Zones().Connection()))
	h := &d.held[len(d.held)-1]
	h.Trace.Fix = freezeFix(f)
	since := d.b.in.Now
	if d.link != nil {
		if first, ok := d.link.Since[frozenSince(c.Field)]; ok {
			since = first
		}
	}
	h.Frozen = &Frozen{Freeze: f.ID, Change: c, Since: since}
	d.frozen = append(d.frozen, f)
}

// sinceFrozen adds to an employee's memory since when fields are held back.
func (d *draft) sinceFrozen(since map[directory.SignalKind]time.Time) map[directory.SignalKind]time.Time {
	if len(d.frozen) == 0 {
		return since
	}
	out := maps.Clone(since)
	if out == nil {
		out = map[directory.SignalKind]time.Time{}
	}
	for i := range d.held {
		if h := &d.held[i]; h.Frozen != nil {
			out[frozenSince(h.Field)] = h.Frozen.Since
		}
	}
	return out
}

// freezeDetail names the freeze that counts, and how many more keep the field until then at most.
func freezeDetail(f *directory.Freeze, more int, zone *time.Location) string {
	detail := "frozen"
	if !f.Until.IsZero() {
		detail += " until " + f.Until.In(zone).Format("2006-01-02 15:04 MST")
	}
	if detail += ": " + f.Reason; more > 0 {
		detail += fmt.Sprintf(" (and by %d more)", more)
	}
	return detail
}

func freezeFix(f *directory.Freeze) string {
	end := fmt.Sprintf("\"rollcall freeze end %s\"", f.ID)
	if f.Until.IsZero() {
		return "end the freeze with " + end + "; the next run then catches up"
	}
	return "nothing to do: it catches up when the freeze ends; before that, " + end
}
