package plan

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Counted returns the kinds that a change adds to the guard's counts: what it does by itself, without
// the kinds it only waits with. People who are linked for the first time, and undo, count only as
// deactivations.
func (c *Change) Counted() KindSet {
	var k KindSet
	switch {
	case c.Action == CreateDepartment:
		return k.With(KindNewDepartments)
	case c.Action == Deactivate:
		k = k.With(KindDeactivate)
	case c.Action == Create:
		return k
	}
	if c.Reason == Linked || c.Reason == Undone {
		return k
	}
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Field == directory.Email && f.Before != "" {
			k = k.With(KindMoveEmail)
		}
		if f.blanks() {
			k = k.With(KindBlank)
		}
	}
	return k
}

// blanks tells whether a field goes from a value to blank.
func (f *FieldChange) blanks() bool {
	if f.Field == directory.Manager {
		return f.BeforeID != "" && f.AfterID == ""
	}
	return f.Before != "" && f.After == ""
}

// sample counts people and keeps the names of those who come first in plan order.
type sample struct {
	n     int
	first []who
}

type who struct {
	source int64
	id     string
	name   string
}

func (s *sample) add(w who) {
	s.n++
	at, _ := slices.BinarySearchFunc(s.first, w, func(x, y who) int {
		return cmp.Or(compareSource(x.source, y.source), cmp.Compare(x.id, y.id))
	})
	if at < 3 {
		s.first = slices.Insert(s.first, at, w)
		s.first = s.first[:min(3, len(s.first))]
	}
}

func (s *sample) names() string {
	names := make([]string, len(s.first))
	for i, w := range s.first {
		names[i] = w.name
	}
	return joinNames(names, s.n)
}

// guard counts what a plan does.
type guard struct {
	kinds map[Kind]*sample
	blank map[directory.Field]*sample
}

func newGuard() guard {
	return guard{kinds: map[Kind]*sample{}, blank: map[directory.Field]*sample{}}
}

func (g *guard) count(c *Change) {
	counted := c.Counted()
	for _, k := range Kinds() {
		if counted.Has(k) || ((k == KindIDChurn || k == KindBaseline) && c.Kinds.Has(k)) {
			into(g.kinds, k, c)
		}
	}
	if !counted.Has(KindBlank) {
		return
	}
	for i := range c.Fields {
		if f := &c.Fields[i]; f.blanks() {
			into(g.blank, f.Field, c)
		}
	}
}

func into[K comparable](m map[K]*sample, k K, c *Change) {
	s, ok := m[k]
	if !ok {
		s = &sample{}
		m[k] = s
	}
	s.add(who{c.SourceID, c.PersonID, c.Name})
}

func (g *guard) of(k Kind) sample {
	if s, ok := g.kinds[k]; ok {
		return *s
	}
	return sample{}
}

// churn is how many ids of a connection changed.
type churn struct{ gone, new int }

// countChurn counts linked employees who are missing, and employees never seen who did not leave.
func (b *Builder) countChurn() churn {
	c := churn{gone: len(b.missing)}
	for _, e := range b.entries.All() {
		if e.stand != excluded && e.stand != left && (e.person == none || e.stand == linking) {
			c.new++
		}
	}
	return c
}

// verdictReasons returns the guard's decisions, in the order of Kinds.
func (b *Builder) verdictReasons(ev Evidence) []VerdictReason {
	g, p := &b.out.guard, &b.in.Policy.Guard
	var out []VerdictReason
	add := func(r VerdictReason, trips bool) {
		if trips {
			out = append(out, r)
		}
	}
	add(b.tooMany(KindDeactivate, g.of(KindDeactivate), b.in.Linked.Enabled, p.Deactivate, "linked people not yet deactivated would be deactivated"))
	add(b.tooMany(KindMoveEmail, g.of(KindMoveEmail), b.in.Linked.People, p.MoveEmail, "linked people would get another e-mail address"))
	for _, f := range slices.Sorted(maps.Keys(g.blank)) {
		add(b.tooMany(KindBlank, *g.blank[f], b.in.Linked.WithValue[f], p.Blank, fmt.Sprintf("people with a %s would lose it", f)))
	}
	add(b.newDepartments(g.of(KindNewDepartments), p.NewDepartments))
	add(b.idChurn(g.of(KindIDChurn), p.IDChurnPercent))
	add(b.doubtful(g.of(KindBaseline), ev))
	return out
}

// tooMany decides one kind: it trips above the people and above the percentage, unreleased automatic
// changes of the window included, and is refused above the second percentage.
func (b *Builder) tooMany(k Kind, s sample, base int, limit policy.Limit, what string) (VerdictReason, bool) {
	recent := b.in.Recent[k]
	n := s.n + recent
	if s.n == 0 || n <= limit.People || !above(n, limit.Percent, base) {
		return VerdictReason{}, false
	}
	r := VerdictReason{Code: "too_many", Kind: k, Count: s.n, Of: base, Waiting: WaitingApproval,
		Limit: max(limit.People, int(math.Floor(limit.Percent*float64(base)/100)))}
	if limit.RefusePercent > 0 && above(n, limit.RefusePercent, base) {
		r.Waiting = WaitingRefused
	}
	r.Sentence = fmt.Sprintf("%d of %d %s: %s.", s.n, base, what, s.names())
	if recent > 0 {
		r.Sentence += fmt.Sprintf(" Automatic runs did the same to %d in the last %s.", recent, hours(b.in.Policy.Guard))
	}
	r.Sentence += fmt.Sprintf(" Up to %d are let through.", r.Limit)
	return r, true
}

func hours(g policy.Guard) string { return plural(int(g.Window.Hours()), "hour", "hours") }

// above tells whether n is more than a percentage of base.
func above(n int, percent float64, base int) bool { return float64(n)*100 > percent*float64(base) }

func (b *Builder) newDepartments(s sample, limit int) (VerdictReason, bool) {
	recent := b.in.Recent[KindNewDepartments]
	if s.n == 0 || s.n+recent <= limit {
		return VerdictReason{}, false
	}
	before := ""
	if recent > 0 {
		before = fmt.Sprintf(" after %d in the last %s", recent, hours(b.in.Policy.Guard))
	}
	return VerdictReason{Code: "too_many_new_departments", Kind: KindNewDepartments, Count: s.n, Of: len(b.in.Groups), Limit: limit,
		Waiting:  WaitingApproval,
		Sentence: fmt.Sprintf("%s would be created%s: %s. Up to %d are let through; they and the people in them wait.", plural(s.n, "department", "departments"), before, s.names(), limit)}, true
}

// idChurn stops creations, links and missing people while many known ids are gone and many unknown ones
// are new: that is how a changed form of the ids looks (security §3 #28). One of each is a leaver and a
// joiner in a small company.
func (b *Builder) idChurn(s sample, percent float64) (VerdictReason, bool) {
	base := b.in.Linked.People
	if s.n == 0 || min(b.churn.gone, b.churn.new) < 2 || !above(b.churn.gone, percent, base) || !above(b.churn.new, percent, base) {
		return VerdictReason{}, false
	}
	return VerdictReason{Code: "id_churn", Kind: KindIDChurn, Count: s.n, Of: base, Limit: int(math.Floor(percent * float64(base) / 100)),
		Waiting: WaitingApproval,
		Sentence: fmt.Sprintf("%d of %d linked employees are gone and %d unknown ones are there; BambooHR's ids may have changed. New people, links and missing people wait: %s.",
			b.churn.gone, base, b.churn.new, s.names())}, true
}

// doubtful refuses leaving and blanking while the reading may not be complete. Of a whole company it does
// so even when nobody would leave: an administrator has to accept the new head-count or to mend the key,
// and must not be told that there is nothing to do (security §3 #2). Count is what a release must name.
func (b *Builder) doubtful(s sample, ev Evidence) (VerdictReason, bool) {
	if ev.Grade != gradeDoubtful || s.n == 0 && len(b.only) > 0 {
		return VerdictReason{}, false
	}
	r := VerdictReason{Code: "doubtful_reading", Kind: KindBaseline, Count: ev.Employees, Of: ev.HeadBefore, Waiting: WaitingRefused}
	for _, d := range ev.Doubts {
		r.Sentence += d + ". "
	}
	r.Sentence += "Deactivations and cleared values are refused until an administrator accepts the new head-count"
	if s.n > 0 {
		r.Sentence += ": " + s.names()
	}
	r.Sentence += "."
	return r, true
}

// gradeDoubtful is the certificate of a reading that may not be complete.
const gradeDoubtful = "doubtful"

func verdict(reasons []VerdictReason, c Counts) Verdict {
	v := NothingToDo
	if c.Changes() > 0 {
		v = Applies
	}
	for _, r := range reasons {
		if r.Waiting == WaitingRefused {
			return Refused
		}
		v = NeedsApproval
	}
	return v
}
