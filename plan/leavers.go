package plan

import "github.com/rollcall-hr/rollcall/directory"

// carriesMore tells whether a change makes somebody leave and has fields as well for which it may have to wait. Whoever is
// linked for the first time waits as a whole.
func carriesMore(c *Change) bool {
	return c.Action == Deactivate && c.Reason != Linked && c.Kinds&^ownKinds() != 0
}

// ownKinds are the kinds under which leaving itself waits.
func ownKinds() KindSet { return KindSet(0).With(KindDeactivate).With(KindBaseline) }

// letLeave takes the fields off the parked changes of leavers who would have to wait for them: only the offending kind
// waits (product, "Guard"), and a telephone number that is gone keeps nobody's access. The next run plans the fields, for
// somebody who has left by then. Fields that are tied to others' changes stay.
func (b *Builder) letLeave() {
	var leavers []*Change
	for i := range b.parked {
		if p := &b.parked[i]; carriesMore(&p.change) && !b.ties.tied(p.node) {
			leavers = append(leavers, &p.change)
		}
	}
	if len(leavers) == 0 {
		return
	}
	h := Header{Reasons: b.trial()}
	for _, c := range leavers {
		if h.Waiting(c.Kinds&^ownKinds()) == NotWaiting {
			continue
		}
		b.groups.spare(c.DependsOn)
		c.Fields, c.DependsOn = nil, nil
		c.Kinds = b.kindsOf(c, nil)
		c.Link.Clean = false
	}
}

// trial returns what the guard would say were every parked change given out as it is.
func (b *Builder) trial() []VerdictReason {
	given := b.out.guard
	defer func() { b.out.guard = given }()
	b.out.guard = given.copy()
	for i := range b.parked {
		b.out.guard.count(&b.parked[i].change)
	}
	for _, c := range b.groups.changes() {
		b.out.guard.count(&c)
	}
	return b.verdictReasons(Evidence{})
}

// copy is a guard that counts on by itself.
func (g *guard) copy() guard {
	out := newGuard()
	for k, s := range g.kinds {
		out.kinds[k] = &sample{n: s.n}
	}
	for f, s := range g.blank {
		out.blank[f] = &sample{n: s.n}
	}
	return out
}

// spare takes back that a change needs some groups; one that nobody else needs is not made.
func (g *groups) spare(keys []directory.Key) {
	for _, k := range keys {
		x, ok := g.created[k]
		if !ok {
			continue
		}
		if x.users--; x.users == 0 {
			delete(g.created, k)
		}
	}
}
