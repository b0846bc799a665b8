package planrow

import (
	"maps"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// What rows of several kinds, or only some rows, have: groups, holds, link states, traces.

func (p *packer) group(g *directory.Group) {
	p.string(g.ID)
	p.word(string(g.Kind))
	p.string(g.Name)
	p.int(g.Version)
	p.uint(uint64(len(g.Aliases)))
	for _, a := range g.Aliases {
		p.string(a)
	}
}

func (u *unpacker) group() *directory.Group {
	g := &directory.Group{ID: u.string(), Kind: directory.GroupKind(u.word()), Name: u.string(), Version: u.int()}
	for range u.count() {
		g.Aliases = append(g.Aliases, u.string())
	}
	return g
}

func (p *packer) holds(list []directory.Hold) {
	p.uint(uint64(len(list)))
	for i := range list {
		h := &list[i]
		p.string(h.ID)
		p.string(h.PersonID)
		p.fieldName(h.Field)
		p.time(h.Until)
		p.string(h.UntilHR)
		p.string(h.Reason)
		p.word(h.CreatedBy)
		p.time(h.CreatedAt)
	}
}

func (u *unpacker) holds() []directory.Hold {
	out := make([]directory.Hold, u.count())
	for i := range out {
		out[i] = directory.Hold{ID: u.string(), PersonID: u.string(), Field: u.fieldName(), Until: u.time(), UntilHR: u.string(),
			Reason: u.string(), CreatedBy: u.word(), CreatedAt: u.time()}
	}
	return out
}

func (p *packer) link(ls *directory.LinkState, person string) {
	p.int(ls.SourceID)
	p.string(person)
	p.word(string(ls.Outcome))
	p.bool(ls.Adopted)
	p.b = append(p.b, ls.Fingerprint[:]...)
	p.uint(ls.Coverage)
	p.word(ls.Revision)
	p.b = append(p.b, flags(ls))
	p.bool(ls.Due != nil)
	if d := ls.Due; d != nil {
		p.time(d.At)
		p.word(d.Action)
		p.word(d.Reason)
		p.string(d.Date)
	}
	p.since(ls.Since)
	p.string(ls.HireDate)
}

// The bits of an employee's flags.
const (
	clean = 1 << iota
	noEmail
)

func flags(ls *directory.LinkState) (f byte) {
	if ls.Clean {
		f = clean
	}
	if ls.NoEmail {
		f |= noEmail
	}
	return f
}

func (p *packer) since(since map[directory.SignalKind]time.Time) {
	p.uint(uint64(len(since)))
	if len(since) == 0 {
		return // as with nearly everybody
	}
	for _, k := range slices.Sorted(maps.Keys(since)) {
		p.word(string(k))
		p.time(since[k])
	}
}

func (u *unpacker) link() *directory.LinkState {
	ls := u.r.Arena.link()
	ls.SourceID, ls.PersonID, ls.Outcome, ls.Adopted = u.int(), u.string(), directory.Outcome(u.word()), u.bool()
	copy(ls.Fingerprint[:], u.take(uint64(len(ls.Fingerprint))))
	ls.Coverage = u.uint()
	ls.Revision = u.word()
	f := u.byte()
	ls.Clean, ls.NoEmail = f&clean != 0, f&noEmail != 0
	if u.bool() {
		ls.Due = &directory.Due{At: u.time(), Action: u.word(), Reason: u.word(), Date: u.string()}
	}
	if n := u.count(); n > 0 {
		ls.Since = make(map[directory.SignalKind]time.Time, n)
		for range n {
			k := directory.SignalKind(u.word())
			ls.Since[k] = u.time()
		}
	}
	ls.HireDate = u.string()
	return ls
}

func (p *packer) trace(t *plan.Trace) {
	for _, s := range [...]string{t.Account, t.Employment, t.Scope, t.ScopeRule, t.ScopeValue, t.Match, t.Signal, t.Fix} {
		p.word(s)
	}
	p.string(t.Termination)
	p.string(t.Hire)
	p.string(t.MatchValue)
	p.time(t.Effective)
	p.uint(uint64(len(t.Notes)))
	for _, n := range t.Notes {
		p.string(n)
	}
}

func (u *unpacker) trace(t *plan.Trace) {
	for _, s := range [...]*string{&t.Account, &t.Employment, &t.Scope, &t.ScopeRule, &t.ScopeValue, &t.Match, &t.Signal, &t.Fix} {
		*s = u.word()
	}
	t.Termination = u.string()
	t.Hire = u.string()
	t.MatchValue = u.string()
	t.Effective = u.time()
	for range u.count() {
		t.Notes = append(t.Notes, u.string())
	}
}
