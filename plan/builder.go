package plan

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/list"
	"github.com/rollcall-hr/rollcall/policy"
)

// Builder plans one reading as a stream: it remembers about a hundred bytes of each surveyed employee
// and of each person, and gives a row out as soon as it is decided. The calls, in order:
//
//	b := NewBuilder(input)
//	b.Skip(state) / b.Survey(wanted, linked) / b.Adopted(id)   for every employee of the reading, in any order
//	b.Unreadable(columns)                              when the key lost whole columns
//	b.Unlinked(ids)                                    when only some employees were read
//	b.Doubtful()                                       when the reading may not be complete
//	b.ConfirmNoStatus(visible)                         when NoStatus names anybody
//	b.AddPerson(brief)                                 whom Wants and Ask want
//	b.Examine(person)                                  everybody whom Suspects names
//	b.Resolve(missing, deleted)
//	b.Decide(wanted, person, state, emit)              every surveyed employee, by ascending SourceID
//	b.DecideExtra(person, state, emit)                 everybody whom Extra names, in that order
//	b.Finish(evidence, emit)
//
// Rows come out in no particular order (changes that are tied together come last); Compare gives the
// order of a plan. The same input gives the same rows, whatever the order of surveying. A row belongs to
// the Builder again as soon as emit returns: whoever keeps a change keeps a copy of it and of its Fields.
// A Builder is for one goroutine.
type Builder struct {
	in        Input // Now is the instant that is planned for
	madeAt    time.Time
	set       settings
	groups    groups
	holds     map[string][]directory.Hold // in force, by person
	freezes   []directory.Freeze          // in force
	decisions map[int64]directory.Decision
	only      map[int64]bool

	entries       list.List[entry]   // by id once settled
	texts         texts              // of the entries
	keys          map[int64][]string // correlation values of the employees with fOwnKeys
	reasons       []Reason           // of the entries that are held
	settled       bool
	lastFound     int   // see find
	decided       int32 // the entry that Decide settled last, none
	refs          list.List[managerRef]
	refIndex      map[uint64]int32 // by hash, see keepRef
	refSeed       maphash.Seed
	refKey        []byte                   // scratch
	lostColumns   []string                 // columns of HR that nobody's record showed
	lostInputs    map[directory.Field]bool // fields whose expression reads one of them
	lost          map[directory.Field]bool // fields that would come from them
	adopted       map[int64]bool
	partly        bool             // not everybody was read
	doubt         bool             // not everybody may have been shown
	nobody        list.List[int64] // in HR, not surveyed and nobody here: who left, and see Unlinked; by id once settled
	statusVisible map[int64]bool   // whose employment status the key may see, of those NoStatus named
	hireDates     map[string]int32

	people    directoryIndex
	asked     int              // how often Ask was called
	blocks    map[int64]block  // why an employee is held, when the record alone does not tell
	takers    textIndex        // the employees who get the addresses they want, while settleEmails runs
	extra     map[string]extra // people decided without a record
	missing   map[int64]bool   // linked employees absent from the reading → deleted in HR
	lines     reportingLines
	ties      ties
	ids       directory.IDs
	newIDs    map[int32]text // of new people whom others name, by node
	owners    int            // active owners left
	churn     churn
	endedHold map[string]bool
	lookAt    time.Time // Header.LookAt

	draft   draft            // of the employee being decided
	row     Change           // the one that was given out last
	fields  []FieldChange    // scratch of decideNew
	needs   []need           // scratch of commit
	nameKey []byte           // scratch of survey
	blank   directory.Values // what a new person has
	parked  []parked
	out     output
}

// NewBuilder starts a plan. The input is not changed and must not change meanwhile.
func NewBuilder(in Input) *Builder {
	made := in.Now
	if in.AsOf != nil {
		in.Now = *in.AsOf
	}
	b := &Builder{in: in, madeAt: made, set: newSettings(in.Policy), groups: newGroups(in),
		holds: map[string][]directory.Hold{}, decisions: map[int64]directory.Decision{}, only: map[int64]bool{}, keys: map[int64][]string{},
		refIndex: map[uint64]int32{}, refSeed: maphash.MakeSeed(), lost: map[directory.Field]bool{}, lostInputs: map[directory.Field]bool{}, adopted: map[int64]bool{},
		hireDates: map[string]int32{}, blocks: map[int64]block{}, extra: map[string]extra{},
		missing: map[int64]bool{}, newIDs: map[int32]text{}, decided: none, owners: len(in.Owners), endedHold: map[string]bool{}, out: newOutput()}
	for _, h := range in.Holds {
		if h.Active(in.Now) {
			b.holds[h.PersonID] = append(b.holds[h.PersonID], h)
		}
	}
	b.useFreezes()
	for _, d := range in.Decisions {
		b.decisions[d.SourceID] = d
	}
	for _, id := range in.Only {
		b.only[id] = true
	}
	return b
}

// Skip counts an employee whose record is unchanged and whose state is clean, so that nothing has to
// be decided: as unchanged, or as left.
func (b *Builder) Skip(ls *directory.LinkState) { b.skip(ls, 1) }

// Unskip takes a Skip back: the same id came again with another record, which is surveyed instead.
func (b *Builder) Unskip(ls *directory.LinkState) { b.skip(ls, -1) }

func (b *Builder) skip(ls *directory.LinkState, n int) {
	if ls.Outcome == directory.OutcomeLeft && n > 0 {
		b.nobody.Append(ls.SourceID)
	}
	switch {
	case !b.decides(ls.SourceID):
	case ls.Outcome == directory.OutcomeLeft:
		b.out.counts.Left += n
	default:
		b.out.counts.Unchanged += n
	}
}

// Survey takes note of an evaluated employee, who is linked to a person or not, and keeps nothing of w.
// A second record with the same id
// and a Problem takes the first back: two records that differ are nobody's.
func (b *Builder) Survey(w *directory.Wanted, linked bool) {
	e := b.survey(w)
	e.set(fIsLinked, linked)
	b.entries.Append(e)
}

// Unreadable tells which columns of HR nobody's record showed: one entry per field says so, instead of
// one per person.
func (b *Builder) Unreadable(columns []string) {
	b.lostColumns = columns
	lost := func(from policy.SourceField) bool { return slices.Contains(columns, string(from)) }
	for _, m := range b.in.Policy.Mapping {
		if m.Expr != "" && slices.ContainsFunc(policy.RuleFields(m, b.in.Policy.Mapping), lost) {
			b.lostInputs[directory.Field(m.Target)] = true
		}
	}
}

// Unlinked tells that only some employees were read, and which of the others are nobody here: whoever has one
// of them as manager has nobody.
func (b *Builder) Unlinked(ids []int64) {
	b.partly = true
	for _, id := range ids {
		b.nobody.Append(id)
	}
}

// Doubtful tells that the reading may not be complete: nobody's absence begins to count.
func (b *Builder) Doubtful() { b.doubt = true }

// Adopted tells, in match mode adopt, that a surveyed employee's LinkState is Adopted: then only empty
// fields are filled (promise SI28).
func (b *Builder) Adopted(sourceID int64) { b.adopted[sourceID] = true }

// decides tells whether an employee is decided in this plan.
func (b *Builder) decides(id int64) bool { return len(b.only) == 0 || b.only[id] }

// NoStatus returns, ascending, the surveyed employees whose missing employment status means something
// once it is confirmed that the key may see it (product, "No status").
func (b *Builder) NoStatus() []int64 {
	b.settle()
	var ids []int64
	for _, e := range b.entries.All() {
		if e.has(fNoStatus) && b.decides(e.id) {
			ids = append(ids, e.id)
		}
	}
	return ids
}

// ConfirmNoStatus tells whose employment status the key may see: theirs is really blank. Whoever is not
// confirmed is held as unreadable.
func (b *Builder) ConfirmNoStatus(visible map[int64]bool) { b.statusVisible = visible }

// AddPerson takes note of a person, once each, and keeps nothing of p.
func (b *Builder) AddPerson(p *directory.Brief) { b.people.add(p, b.in.Connection) }

// Suspects returns, sorted, the people whose name and address both differ from those of the employee
// with their id or number: their hire date tells whether the id was recycled (security §3 #27). To be
// called after the last AddPerson; each is then given to Examine, else is held.
func (b *Builder) Suspects() []string {
	b.index()
	var ids []string
	for _, e := range b.entries.All() {
		if e.person != none {
			if b.differs(e, e.person) {
				ids = append(ids, b.people.id(e.person))
			}
			continue
		}
		for _, p := range b.byNumber(e) {
			if b.differs(e, p) {
				ids = append(ids, b.people.id(p))
			}
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Examine takes note of a suspect's hire date: the one that HR last told of the employee behind link,
// else the one in the directory. link is nil for people without an employee.
func (b *Builder) Examine(p *directory.Person, link *directory.LinkState) {
	hired := p.Values.Get(directory.HireDate)
	if link != nil && link.HireDate != "" {
		hired = link.HireDate
	}
	b.hireDates[p.ID] = packDate(hired)
}

// differs tells whether name and address of an employee and a person are known and both different.
func (b *Builder) differs(e *entry, person int32) bool {
	p := b.people.at(person)
	return e.name != 0 && p.name != 0 && e.name != p.name && !e.mail.blank() && !p.mailKey.blank() && b.email(e) != b.people.emailKey(person)
}

// recycled tells whether the person is somebody else than the employee whose id or number it has: name,
// address and hire date are all known and all different. A first link is not made on a number alone
// either when the hire date is not known: nothing says then that it is the same human.
func (b *Builder) recycled(e *entry, person int32) bool {
	if !b.differs(e, person) {
		return false
	}
	hired, examined := b.hireDates[b.people.id(person)]
	if hired == 0 || e.hire == 0 {
		return !examined || e.person == none
	}
	return hired != e.hire
}

// index sorts what was surveyed and added, and finds the linked people.
func (b *Builder) index() {
	b.settle()
	if !b.people.index() {
		return
	}
	for i, e := range b.entries.All() {
		if p, ok := b.people.bySource[e.id]; ok {
			e.person = p
			b.people.at(p).entry = int32(i)
		}
	}
}

// Resolve settles what one record alone cannot: matches, duplicate and moving addresses, reporting
// lines, leavers among the owners. missing are the linked employees absent from the reading, in full;
// deleted tells which of them HR lists as deleted.
func (b *Builder) Resolve(missing []directory.LinkState, deleted map[int64]bool) {
	b.index()
	for _, ls := range missing {
		if ls.Outcome == directory.OutcomeLinked && b.decides(ls.SourceID) {
			b.missing[ls.SourceID] = deleted[ls.SourceID]
			b.extra[ls.PersonID] = extra{missing: true}
		}
	}
	for _, e := range b.entries.All() {
		b.classify(e)
	}
	b.match()
	for _, e := range b.entries.All() {
		b.keepLastOwner(e)
	}
	b.settleEmails()
	b.settleManagers()
	b.settleExtra()
	b.churn = b.countChurn()
}

// block is why an employee is held, when the record alone does not tell.
type block struct {
	detail     string
	fix        string
	candidates []Candidate
}

// hold settles that an employee is held, with words of its own; a first link is taken back.
func (b *Builder) hold(e *entry, why Reason, bl block) {
	if e.stand == linking {
		b.people.at(e.person).entry = none
		e.person = none
	}
	b.holdFor(e, why)
	b.blocks[e.id] = bl
}

// Target returns the person whose full record Decide wants for an employee, false when it wants none.
func (b *Builder) Target(sourceID int64) (personID string, ok bool) {
	i, ok := b.find(sourceID)
	if !ok {
		return "", false
	}
	e := b.entry(i)
	if e.person == none || e.stand == excluded {
		return "", false
	}
	return b.people.id(e.person), true
}

// Extra returns, sorted, the people that are decided without a record of their own: missing ones, those
// who share an address with somebody or stand at the cut of a loop although their record is unchanged,
// and those not imported where the settings deactivate them.
func (b *Builder) Extra() []string {
	ids := make([]string, 0, len(b.extra))
	for id := range b.extra {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// ours tells whether a person is owned by this connection.
func (b *Builder) ours(p *directory.Person) bool {
	return p.Link != nil && p.Link.Connection == b.in.Connection
}

// protocolError says that the caller broke the order of calls.
func protocolError(format string, a ...any) error {
	return fmt.Errorf("plan: "+format, a...)
}

// joinNames lists at most three names, or two and how many more.
func joinNames(names []string, total int) string {
	if total > 3 && len(names) > 2 {
		return fmt.Sprintf("%s, %s and %d more", names[0], names[1], total-2)
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
