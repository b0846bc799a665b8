package planrow

import (
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// The kinds of rows, as stored.
const (
	Change  = 1
	Held    = 2
	Left    = 3
	Refresh = 4
)

// The ranks of rows: departments, teams, everything else (surface, "Plan as JSON").
const (
	Departments = 1
	Teams       = 2
	People      = 3
)

// Head is the part of a plan row that stands in columns; the body has the rest.
type Head struct {
	Rank    int64
	Source  int64
	Person  string // of groups: the group's id
	Kind    int64
	Action  string
	Reason  string
	Name    string
	Email   string
	Kinds   int64
	Version int64
}

// HeadOf returns the columns of a row.
func HeadOf(it *plan.Item) Head {
	switch {
	case it.Change != nil:
		c := it.Change
		h := Head{Rank: People, Source: c.SourceID, Person: c.PersonID, Kind: Change, Action: string(c.Action),
			Reason: string(c.Reason), Name: c.Name, Email: c.Email, Kinds: int64(c.Kinds), Version: c.Version}
		if g := c.Group; g != nil {
			h.Person, h.Rank = directory.NameKey(g.Name), Departments
			if g.Kind == directory.KindTeam {
				h.Rank = Teams
			}
		}
		return h
	case it.Held != nil:
		h := it.Held
		return Head{Rank: People, Source: h.SourceID, Person: h.PersonID, Kind: Held, Reason: string(h.Reason), Name: h.Name, Email: h.Email}
	case it.Left != nil:
		l := it.Left
		return Head{Rank: People, Source: l.SourceID, Kind: Left, Name: l.Name, Email: l.Email}
	}
	return Head{Rank: People, Source: it.Refresh.SourceID, Person: it.Refresh.PersonID, Kind: Refresh}
}

// bodyVersion is the first byte of every body. Version 1 wrote out what stands in the columns too; a reader of
// 2 reads it, because what says that something is left out was never set. A further change of the layout takes
// another number and keeps reading these.
const bodyVersion = 2

func (u *unpacker) version() bool {
	v := u.byte()
	return v > 0 && v <= bodyVersion
}

// Append appends a row's body.
func Append(b []byte, it *plan.Item, words *Words) []byte {
	p := packer{b: b, words: words}
	p.byte(bodyVersion)
	switch {
	case it.Change != nil:
		p.change(it.Change)
	case it.Held != nil:
		p.held(it.Held)
	case it.Left != nil:
		p.link(&it.Left.Link, it.Left.Link.PersonID)
		p.trace(&it.Left.Trace)
	default:
		p.link(it.Refresh, it.Refresh.PersonID)
	}
	return p.b
}

// Unpack restores a row from its columns and body.
func (r *Reader) Unpack(h *Head, body string) (plan.Item, error) {
	u := unpacker{s: body, r: r}
	if !u.version() {
		return plan.Item{}, ErrDamaged
	}
	var it plan.Item
	switch h.Kind {
	case Change:
		it.Change = u.change(h)
	case Held:
		it.Held = u.held(h)
	case Left:
		it.Left = &plan.Left{SourceID: h.Source, Name: h.Name, Email: h.Email, Link: *u.link()}
		u.trace(&it.Left.Trace)
	case Refresh:
		it.Refresh = u.link()
	default:
		u.bad = true
	}
	if u.bad || u.s != "" {
		return plan.Item{}, ErrDamaged
	}
	return it, nil
}

// PackEdit writes a human edit, which has no columns of its own, as head and body without words.
func PackEdit(c *plan.Change) []byte {
	it := plan.Item{Change: c}
	h := HeadOf(&it)
	var p packer
	for _, s := range []string{h.Person, h.Action, h.Reason, h.Name, h.Email} {
		p.string(s)
	}
	p.int(h.Version)
	return Append(p.b, &it, nil)
}

// UnpackEdit restores what PackEdit wrote.
func UnpackEdit(body string) (plan.Item, error) {
	r := &Reader{fields: directory.Standard()}
	u := unpacker{s: body, r: r}
	h := Head{Rank: People, Kind: Change, Person: u.string(), Action: u.string(), Reason: u.string(), Name: u.string(), Email: u.string()}
	h.Version = u.int()
	if u.bad {
		return plan.Item{}, ErrDamaged
	}
	return r.Unpack(&h, u.s)
}

// Parts of a change that are mostly missing, and two that mostly follow from the columns.
const (
	hasLink = 1 << iota
	hasGroup
	hasHolds
	hasDepends
	hasEffective
	namesPerson // the sentence is the name in the column and a word
	linksPerson // the link is to the person in the column
)

func (p *packer) change(c *plan.Change) {
	var has byte
	p.email, p.name = c.Email, c.Name
	rest, named := strings.CutPrefix(c.Sentence, c.Name)
	named = named && c.Version == 0 // what is said of new people repeats
	for _, part := range []struct {
		bit byte
		is  bool
	}{
		{hasLink, c.Link != nil}, {hasGroup, c.Group != nil}, {hasHolds, len(c.Holds) > 0}, {hasDepends, len(c.DependsOn) > 0},
		{hasEffective, !c.EffectiveAt.IsZero()}, {namesPerson, named},
		{linksPerson, c.Link != nil && c.Group == nil && c.Link.PersonID == c.PersonID},
	} {
		if part.is {
			has |= part.bit
		}
	}
	p.byte(has)
	if named {
		p.word(rest)
	} else {
		p.string(c.Sentence)
	}
	p.word(string(c.StatusBefore))
	p.word(string(c.StatusAfter))
	p.uint(uint64(len(c.Fields)))
	for i := range c.Fields {
		p.field(&c.Fields[i])
	}
	switch {
	case has&linksPerson != 0:
		p.link(c.Link, "")
	case has&hasLink != 0:
		p.link(c.Link, c.Link.PersonID)
	}
	if has&hasGroup != 0 {
		p.group(c.Group)
	}
	if has&hasHolds != 0 {
		p.holds(c.Holds)
	}
	if has&hasDepends != 0 {
		p.uint(uint64(len(c.DependsOn)))
		for _, k := range c.DependsOn {
			p.string(string(k))
		}
	}
	if has&hasEffective != 0 {
		p.time(c.EffectiveAt)
	}
	p.trace(&c.Trace)
}

func (u *unpacker) change(h *Head) *plan.Change {
	c := u.r.Arena.change()
	c.Action, c.Reason, c.SourceID, c.PersonID = plan.Action(h.Action), plan.Reason(h.Reason), h.Source, h.Person
	c.Email, c.Name, c.Kinds, c.Version = h.Email, h.Name, plan.KindSet(h.Kinds), h.Version
	u.email, u.name = h.Email, h.Name
	has := u.byte()
	if has&namesPerson != 0 {
		c.Sentence = c.Name + u.word()
	} else {
		c.Sentence = u.string()
	}
	c.StatusBefore, c.StatusAfter = directory.Status(u.word()), directory.Status(u.word())
	if n := u.count(); n > 0 {
		c.Fields = u.r.Arena.fieldChanges(n)
		for i := range c.Fields {
			u.field(&c.Fields[i])
		}
	}
	if has&hasLink != 0 {
		c.Link = u.link()
		if has&linksPerson != 0 {
			c.Link.PersonID = c.PersonID
		}
	}
	if has&hasGroup != 0 {
		c.Group, c.PersonID = u.group(), ""
	}
	if has&hasHolds != 0 {
		c.Holds = u.holds()
	}
	if has&hasDepends != 0 {
		c.DependsOn = make([]directory.Key, u.count())
		for i := range c.DependsOn {
			c.DependsOn[i] = directory.Key(u.string())
		}
	}
	if has&hasEffective != 0 {
		c.EffectiveAt = u.time()
	}
	u.trace(&c.Trace)
	return c
}

// Parts of a field change that may be missing, and values that stand in the columns.
const (
	hasKind = 1 << iota // another kind than the field's own
	hasBefore
	hasAfter
	hasBeforeID
	hasAfterID
	hasFrom
	afterEmail // the value after is the address in the column
	afterName  // it is the name in the column
)

// fieldName writes a standard field as its slot + 1, any other as 0 and a word.
func (p *packer) fieldName(f directory.Field) {
	slot := f.Slot()
	p.byte(byte(slot + 1))
	if slot < 0 {
		p.word(string(f))
	}
}

func (u *unpacker) fieldName() directory.Field {
	n := int(u.byte())
	if n == 0 {
		return directory.Field(u.word())
	}
	if n > directory.StandardCount {
		u.bad = true
		return ""
	}
	return u.r.fields[n-1]
}

func (p *packer) field(f *plan.FieldChange) {
	p.fieldName(f.Field)
	texts := [...]string{f.Before, f.After, f.BeforeID, f.AfterID}
	var has byte
	switch {
	case f.After == "":
	case f.After == p.email:
		has, texts[1] = afterEmail, ""
	case f.After == p.name:
		has, texts[1] = afterName, ""
	}
	if f.Kind != f.Field.Kind() {
		has |= hasKind
	}
	for i, s := range texts {
		if s != "" {
			has |= hasBefore << i
		}
	}
	if f.From != "" {
		has |= hasFrom
	}
	p.byte(has)
	if has&hasKind != 0 {
		p.word(string(f.Kind))
	}
	for _, s := range texts {
		if s != "" {
			p.string(s)
		}
	}
	if has&hasFrom != 0 {
		p.word(f.From)
	}
}

func (u *unpacker) field(f *plan.FieldChange) {
	f.Field = u.fieldName()
	has := u.byte()
	if has&hasKind != 0 {
		f.Kind = directory.Kind(u.word())
	} else {
		f.Kind = f.Field.Kind()
	}
	for i, s := range [...]*string{&f.Before, &f.After, &f.BeforeID, &f.AfterID} {
		if has&(hasBefore<<i) != 0 {
			*s = u.string()
		}
	}
	switch {
	case has&afterEmail != 0:
		f.After = u.email
	case has&afterName != 0:
		f.After = u.name
	}
	if has&hasFrom != 0 {
		f.From = u.word()
	}
}

func (p *packer) held(h *plan.Held) {
	p.word(string(h.Kind))
	p.fieldName(h.Field)
	p.string(h.Detail)
	p.uint(uint64(len(h.Candidates)))
	for _, c := range h.Candidates {
		p.string(c.PersonID)
		p.string(c.Email)
		p.string(c.Name)
		p.word(c.Why)
	}
	p.trace(&h.Trace)
	if f := h.Frozen; f != nil { // at the end, where older rows have nothing
		p.string(f.Freeze)
		p.field(&f.Change)
		p.time(f.Since)
	}
}

func (u *unpacker) held(h *Head) *plan.Held {
	out := &plan.Held{Reason: plan.Reason(h.Reason), SourceID: h.Source, PersonID: h.Person, Name: h.Name, Email: h.Email}
	out.Kind = plan.HeldKind(u.word())
	out.Field = u.fieldName()
	out.Detail = u.string()
	if n := u.count(); n > 0 {
		out.Candidates = make([]plan.Candidate, n)
		for i := range out.Candidates {
			out.Candidates[i] = plan.Candidate{PersonID: u.string(), Email: u.string(), Name: u.string(), Why: u.word()}
		}
	}
	u.trace(&out.Trace)
	if u.s != "" && !u.bad {
		out.Frozen = &plan.Frozen{Freeze: u.string()}
		u.field(&out.Frozen.Change)
		out.Frozen.Since = u.time()
	}
	return out
}
