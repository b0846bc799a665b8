package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// output is what was given out so far.
type output struct {
	counts Counts
	guard  guard
	seats  int // change of the number of active people
	rows   rowHashes
}

func newOutput() output { return output{guard: newGuard(), rows: newRowHashes()} }

// put counts a row and gives it out.
func (b *Builder) put(it Item, emit func(Item) error) error {
	o := &b.out
	switch {
	case it.Change != nil:
		c := it.Change
		o.counts.Add(c.Action)
		o.guard.count(c)
		o.seats += c.StatusAfter.Seats() - c.StatusBefore.Seats()
	case it.Held != nil:
		o.counts.Held++
		if it.Held.Kind == HeldPerson && it.Held.Field == "" {
			o.counts.HeldPeople++
		}
	}
	o.rows.add(&it)
	return emit(it)
}

// clone copies what a Builder uses again after it gave the row out.
func (it Item) clone() Item {
	if it.Change != nil {
		c := *it.Change
		c.Fields = slices.Clone(c.Fields)
		it.Change = &c
	}
	return it
}

// parked is a change that is kept back until everybody it is tied to was decided, or it is known what waits.
type parked struct {
	change Change
	node   int32
	boss   int32 // node of a new manager created in this plan, none
}

// release gives a change out, or keeps it back while it is tied to others or may have to wait for more than it is about.
func (b *Builder) release(c Change, node, boss int32, bossTied bool, emit func(Item) error) error {
	if bossTied || b.ties.tied(node) || carriesMore(&c) {
		c.Fields = slices.Clone(c.Fields) // they are scratch, see Builder
		b.parked = append(b.parked, parked{c, node, boss})
		return nil
	}
	b.row = c
	return b.put(Item{Change: &b.row}, emit)
}

// unpark gives out the tied changes. Those tied together share their kinds, so that all wait when one
// does, and name each other in DependsOn; whoever gets a new manager also waits with the manager's row.
func (b *Builder) unpark(emit func(Item) error) error {
	at := map[int32]int{}
	for i := range b.parked {
		at[b.parked[i].node] = i
	}
	var groups [][]int
	for _, members := range b.ties.members() {
		var g []int
		for _, n := range members {
			if i, ok := at[n]; ok {
				g = append(g, i)
			}
		}
		groups = append(groups, g)
	}
	for shared := true; shared; {
		shared = false
		for i := range b.parked {
			if j, ok := at[b.parked[i].boss]; ok && b.parked[i].boss != none {
				shared = b.share(i, b.parked[j].change.Kinds) || shared
			}
		}
		for _, g := range groups {
			var all KindSet
			for _, i := range g {
				all |= b.parked[i].change.Kinds
			}
			for _, i := range g {
				shared = b.share(i, all) || shared
			}
		}
	}
	for _, g := range groups {
		b.nameEachOther(g)
	}
	b.letLeave()
	for i := range b.parked {
		if err := b.put(Item{Change: &b.parked[i].change}, emit); err != nil {
			return err
		}
	}
	return nil
}

// share adds kinds to a parked change and reports whether that changed it.
func (b *Builder) share(i int, k KindSet) bool {
	c := &b.parked[i].change
	before := c.Kinds
	c.Kinds |= k
	return c.Kinds != before
}

// nameEachOther ties a group in DependsOn: everybody to the first, the first to the second.
func (b *Builder) nameEachOther(g []int) {
	if len(g) < 2 {
		return
	}
	slices.SortFunc(g, func(i, j int) int {
		return cmp.Or(compareSource(b.parked[i].change.SourceID, b.parked[j].change.SourceID),
			strings.Compare(b.parked[i].change.PersonID, b.parked[j].change.PersonID))
	})
	for k, i := range g {
		other := g[0]
		if k == 0 {
			other = g[1]
		}
		c := &b.parked[i].change
		c.DependsOn = append(c.DependsOn, directory.PersonKey(b.parked[other].change.PersonID))
		slices.Sort(c.DependsOn)
	}
}

// Finish gives out what only the whole plan can tell: tied changes, new departments and teams, people
// who are not from HR, columns nobody may see; then the verdict and the hash. ev is the evidence of the
// reading. Nothing may be applied before it returned.
func (b *Builder) Finish(ev Evidence, emit func(Item) error) (Header, error) {
	b.out.rows.ordered = false
	if err := b.unpark(emit); err != nil {
		return Header{}, err
	}
	b.out.rows.ordered = true
	for _, c := range b.groups.changes() {
		if err := b.put(Item{Change: &c}, emit); err != nil {
			return Header{}, err
		}
	}
	if err := b.finishHeld(ev, emit); err != nil {
		return Header{}, err
	}
	return b.header(ev), nil
}

// header closes the counts, the guard and the hash.
func (b *Builder) header(ev Evidence) Header {
	h := Header{Evidence: ev, Revision: b.in.Revision, MadeAt: b.madeAt, AsOf: b.in.AsOf, AsOfDay: b.in.AsOfDay, Counts: b.out.counts,
		Reasons: b.verdictReasons(ev), SeatsBefore: b.in.Linked.ActiveSeats, SeatsAfter: b.in.Linked.ActiveSeats + b.out.seats,
		KindCounts: map[Kind]int{}, Freezes: b.freezeIDs(), WithoutFreezes: b.in.WithoutFreezes}
	if len(ev.Doubts) == 0 { // else nobody knows yet whether HR says so
		h.EndedHolds = slices.Sorted(maps.Keys(b.endedHold))
	}
	if !b.lookAt.IsZero() {
		h.LookAt = b.lookAt.UnixMilli()
	}
	h.Verdict = verdict(h.Reasons, h.Counts)
	for k, s := range b.out.guard.kinds {
		if k != KindIDChurn && k != KindBaseline || h.Waiting(KindSet(0).With(k)) != NotWaiting {
			h.KindCounts[k] = s.n
		}
	}
	h.Hash = b.out.rows.sum(&h)
	return h
}

func (b *Builder) finishHeld(ev Evidence, emit func(Item) error) error {
	if len(b.only) > 0 {
		return nil
	}
	b.people.index()
	for i, p := range b.people.all.All() {
		if _, decided := b.extra[b.people.id(int32(i))]; decided || p.owner != nobodys || p.entry != none {
			continue
		}
		if err := b.put(Item{Held: b.notFromHR(int32(i))}, emit); err != nil {
			return err
		}
	}
	const fix = "let the key's access level see the field in BambooHR; \"rollcall check\" names it"
	lost := b.lostFields(ev)
	for _, f := range lost {
		h := Held{Kind: HeldField, Field: f, Reason: Unreadable, Detail: "the key may not see this field of anybody; all values are kept",
			Trace: Trace{Fix: fix}}
		if err := b.put(Item{Held: &h}, emit); err != nil {
			return err
		}
	}
	for _, f := range b.emptyFields(ev) {
		if slices.Contains(lost, f) {
			continue
		}
		h := Held{Kind: HeldField, Field: f, Reason: Unreadable, Trace: Trace{Fix: fix}, Detail: fmt.Sprintf(
			"BambooHR shows this field of nobody, and %s here; all values are kept", plural(b.in.Linked.WithValue[f], "person has a value", "people have a value"))}
		if err := b.put(Item{Held: &h}, emit); err != nil {
			return err
		}
	}
	return nil
}

// emptyFields returns, in field order, the fields that a blank does not clear and that HR has a value in
// for nobody, although most of the linked people have one: a sync would say that all agree while it
// learns nothing any more (security §3 #7).
func (b *Builder) emptyFields(ev Evidence) []directory.Field {
	var out []directory.Field
	empty := func(from policy.SourceField) bool { return slices.Contains(ev.Empty, string(from)) }
	for _, m := range b.in.Policy.Mapping {
		f := directory.Field(m.Target)
		r := b.set.rule(f)
		if len(m.From) == 0 || r.clear || r.authority == policy.AuthorityLocal || b.in.Linked.WithValue[f] == 0 {
			continue
		}
		if 2*b.in.Linked.WithValue[f] >= b.in.Linked.People && !slices.ContainsFunc(m.From, func(from policy.SourceField) bool { return !empty(from) }) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, compareField)
	return out
}

// lostFields returns the mapped fields that nobody's record showed, in field order.
func (b *Builder) lostFields(ev Evidence) []directory.Field {
	out := slices.Collect(maps.Keys(b.lost))
	for _, m := range b.in.Policy.Mapping {
		for _, from := range m.From {
			if slices.Contains(ev.Unreadable, string(from)) {
				out = append(out, directory.Field(m.Target))
			}
		}
	}
	slices.SortFunc(out, compareField)
	return slices.Compact(out)
}

// compareField orders standard fields as they are shown, then the others by name.
func compareField(a, b directory.Field) int {
	rank := func(f directory.Field) int {
		switch i := f.Slot(); {
		case i >= 0:
			return i
		case f == "":
			return -1
		}
		return directory.StandardCount
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(string(a), string(b)))
}

// compareSource orders employee ids, 0 (no employee) last.
func compareSource(a, b int64) int {
	if (a == 0) != (b == 0) {
		return -compareInt(a, b)
	}
	return compareInt(a, b)
}

// Compare orders the rows of a plan: departments, teams, then by employee id (rows without one last),
// then by person id; of one person the change comes first, then held entries by field (surface, "Plan
// as JSON").
func Compare(x, y *Item) int {
	a, b := keyOf(x), keyOf(y)
	return cmp.Or(cmp.Compare(a.group, b.group), compareSource(a.source, b.source), strings.Compare(a.person, b.person),
		cmp.Compare(a.part, b.part), compareField(a.field, b.field), strings.Compare(a.text, b.text))
}

type rowKey struct {
	group  int
	source int64
	person string
	part   int
	field  directory.Field
	text   string
}

func keyOf(it *Item) rowKey {
	switch {
	case it.Change != nil && it.Change.Group != nil:
		return rowKey{group: rankGroup(it.Change.Group.Kind), text: string(it.Change.Key())}
	case it.Change != nil:
		return rowKey{2, it.Change.SourceID, it.Change.PersonID, 0, "", ""}
	case it.Held != nil:
		return rowKey{2, it.Held.SourceID, it.Held.PersonID, 1, it.Held.Field, string(it.Held.Reason)}
	case it.Left != nil:
		return rowKey{2, it.Left.SourceID, "", 2, "", ""}
	case it.Refresh != nil:
		return rowKey{2, it.Refresh.SourceID, it.Refresh.PersonID, 3, "", ""}
	}
	return rowKey{}
}
