package plan

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// none is the index of nobody.
const none int32 = -1

// fact is one thing remembered of a surveyed employee.
type fact uint32

const (
	fProblem fact = 1 << iota
	fAccountBlank
	fAccountUnreadable
	fAccountOther
	fRecordUnreadable // a note says that something the lifecycle depends on is unreadable
	fScopeUnknown
	fScopeOut
	fEmailUnreadable
	fBeforeProvision // the day of provisioning has not come
	fBeforeStart     // the hire date has not come
	fGone            // Inactive, or the termination day is over
	fLeaver          // shows a leaving signal that deactivates, in effect or in its grace
	fHoldSignal      // shows a leaving signal that the settings only hold
	fBlocked         // the employment status is on the block list
	fNoStatus
	fFutureRow
	fNewDepartment
	fEndUnreadable // the termination date is unreadable, or no date (security §3 #36)
	fFrozen        // a human's hold on the whole person is in force
	fKeepEmail     // a leaver whose new address cannot be taken
	fMoves         // the plan gives this employee's person another address
	fIsLinked      // the employee is linked to a person
	fManagerAgrees // the reporting line, after the plan, is the one HR names by internal id
	fOwnKeys       // has correlation values in Builder.keys
)

// standing is what becomes of a surveyed employee; Resolve settles it.
type standing uint8

const (
	open     standing = iota // not settled yet
	excluded                 // not among Input.Only
	left                     // left before ever being linked
	held                     // nobody changes; entry.why says why
	creating                 // becomes a new person
	linking                  // is linked to a person for the first time
	linked                   // is linked already
)

// active reports that the employee's record is written to a person in this plan.
func (s standing) active() bool { return s >= creating }

// entry is the compact memory of one surveyed employee: 56 bytes without a pointer, which the collector
// need not look through.
type entry struct {
	id     int64
	name   uint64 // hash of the name's NameKey
	mail   text   // EmailKey of the wanted address, "" unless set; see Builder.email
	number text   // wanted Employee # in compare form; see Builder.number
	ref    int32  // what HR says of the manager, in Builder.refs
	boss   int32  // node of the manager, with do == bossSet
	hire   int32  // yyyymmdd, 0 when blank
	person int32  // linked or matched person, none
	flags  fact
	do     bossAction
	stand  standing
	by     int8       // index of the match key that found the person; see found… below
	why    reasonCode // with standing held; see Builder.why
}

// How an entry's person was found, beside the index of a match key.
const (
	foundByDecision int8 = -2
	foundByNothing  int8 = -1
)

func (e *entry) has(f fact) bool { return e.flags&f != 0 }

func (e *entry) set(f fact, on bool) {
	if on {
		e.flags |= f
	}
}

// reasonCode stands for a Reason, of which the entries of a plan only ever have a few.
type reasonCode uint8

// holdFor settles that nothing of the employee changes.
func (b *Builder) holdFor(e *entry, why Reason) {
	i := slices.Index(b.reasons, why)
	if i < 0 {
		i = len(b.reasons)
		b.reasons = append(b.reasons, why)
	}
	e.stand, e.why = held, reasonCode(i)
}

// why returns why an employee is held.
func (b *Builder) why(e *entry) Reason { return b.reasons[e.why] }

// email returns the EmailKey of the wanted address, "" for none.
func (b *Builder) email(e *entry) string { return b.texts.get(e.mail) }

// number returns the wanted Employee # in compare form, "" for none.
func (b *Builder) number(e *entry) string { return b.texts.get(e.number) }

// survey makes the entry of a record.
func (b *Builder) survey(w *directory.Wanted) entry {
	e := entry{id: w.SourceID, person: none, boss: none, by: foundByNothing}
	if w.Problem != "" {
		e.flags = fProblem
		return e
	}
	b.nameKey = appendNameKey(b.nameKey[:0], w)
	e.name = hashName(b.nameKey)
	if mail := w.Fields[directory.Email.Slot()]; mail.State == directory.WantSet {
		e.mail = b.texts.add(directory.EmailKey(mail.Text))
	} else {
		e.set(fEmailUnreadable, mail.State == directory.WantUnreadable)
	}
	if number := w.Text(directory.EmployeeID); number != "" {
		e.number = b.texts.add(directory.EmailKey(number))
	}
	b.keepKeys(&e, w.Match)
	e.ref = b.keepRef(&w.Manager)
	e.hire = packDate(w.HireDate)
	b.flagAccount(&e, w)
	b.flagLifecycle(&e, w)
	e.set(fNewDepartment, b.set.rule(directory.Department).authority != policy.AuthorityLocal && b.groups.missing(directory.KindDepartment, w.Text(directory.Department)))
	return e
}

// keepKeys keeps the correlation values in the order of the settings, unless they are the usual ones.
func (b *Builder) keepKeys(e *entry, keys []directory.MatchKey) {
	usual := len(keys) == len(b.in.Policy.Match)
	for i := 0; i < len(keys) && usual; i++ {
		usual = keys[i].Value == b.usualKey(e, i)
	}
	if usual {
		return
	}
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = strings.Clone(k.Value)
	}
	e.flags |= fOwnKeys
	b.keys[e.id] = out
}

// key returns an employee's correlation value by its index in the settings, "" for none.
func (b *Builder) key(e *entry, i int) string {
	if !e.has(fOwnKeys) {
		return b.usualKey(e, i)
	}
	if own := b.keys[e.id]; i < len(own) {
		return own[i]
	}
	return ""
}

// usualKey is the correlation value that most employees have: what the directory is to have as their
// number or address, and no home address.
func (b *Builder) usualKey(e *entry, i int) string {
	switch b.in.Policy.Match[i] {
	case policy.MatchEmployeeNumber:
		return b.number(e)
	case policy.MatchWorkEmail:
		return b.email(e)
	}
	return ""
}

func (b *Builder) flagAccount(e *entry, w *directory.Wanted) {
	e.set(fAccountBlank, w.Account == directory.AccountBlank)
	e.set(fAccountUnreadable, w.Account == directory.AccountUnreadable)
	e.set(fAccountOther, w.Account == directory.AccountOther)
	e.set(fScopeUnknown, w.Scope.Verdict == directory.ScopeUnknown)
	e.set(fScopeOut, w.Scope.Verdict == directory.ScopeOut)
	for _, n := range w.Notes {
		e.set(fRecordUnreadable, n.Field == "" && n.Reason == string(Unreadable))
	}
}

func (b *Builder) flagLifecycle(e *entry, w *directory.Wanted) {
	now := b.in.Now
	e.set(fBeforeProvision, w.ProvisionAt.After(now))
	e.set(fBeforeStart, w.StartsAt.After(now))
	e.set(fNoStatus, w.NoStatus && !w.KeyOwner && b.set.blockList && b.set.noStatus != policy.NoStatusActive)
	e.set(fFutureRow, w.FutureRow && b.set.blockList)
	end := w.Want(directory.DeactivationDate).State
	e.set(fEndUnreadable, end == directory.WantUnreadable || end == directory.WantInvalid)
	e.set(fGone, w.Account == directory.AccountInactive || dayIsOver(w.Text(directory.DeactivationDate), now))
	for _, s := range w.Signals {
		inEffect := !s.At.After(now)
		if s.Kind == directory.SignalNoStatus || !inEffect {
			continue
		}
		e.set(fGone, s.Kind == directory.SignalTermination)
		e.set(fBlocked, s.Kind == directory.SignalStatusBlocked)
		e.set(fLeaver, s.Action == string(policy.LeaveDeactivate))
		e.set(fHoldSignal, s.Action == string(policy.LeaveHold))
	}
}

// dayIsOver tells whether a date is over everywhere on earth, whatever the person's zone.
func dayIsOver(date string, now time.Time) bool {
	if date == "" {
		return false
	}
	day, err := time.Parse(time.DateOnly, date)
	return err == nil && !now.Before(day.Add(36*time.Hour))
}

// packDate turns YYYY-MM-DD into a comparable number, 0 for blank and for anything else. It stands for time.Parse,
// which costs ten times as much, for every employee.
func packDate(s string) int32 {
	if len(s) != len(time.DateOnly) || s[4] != '-' || s[7] != '-' {
		return 0
	}
	var n int32
	for i := range len(s) {
		switch c := s[i]; {
		case i == 4 || i == 7:
		case c < '0' || c > '9':
			return 0
		default:
			n = n*10 + int32(c-'0')
		}
	}
	year, month, day := int(n/10000), time.Month(n/100%100), int(n%100)
	if month < 1 || month > 12 || day < 1 || day > 28 && time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Day() != day {
		return 0
	}
	return n
}

// appendNameKey appends the form in which an employee's name is compared with a person's.
func appendNameKey(dst []byte, w *directory.Wanted) []byte {
	first, last := w.Text(directory.FirstName), w.Text(directory.LastName)
	if first == "" && last == "" {
		return directory.AppendNameKey(dst, w.Name)
	}
	return directory.AppendNameKey(dst, first+" "+last)
}

// hashName is FNV-1a, 0 for a blank name. Equal names only ever hold somebody, or say that a record is
// still the same person's; whoever could craft a collision could as well write the same name.
func hashName[T string | []byte](key T) uint64 {
	if len(key) == 0 {
		return 0
	}
	h := uint64(14695981039346656037)
	for i := range len(key) {
		h = (h ^ uint64(key[i])) * 1099511628211
	}
	return h
}

// settle sorts the entries; of several with one id any with a problem takes the others back.
func (b *Builder) settle() {
	if b.settled {
		return
	}
	b.settled = true
	b.refIndex = nil // only keepRef asks it
	b.entries.Sort(func(x, y *entry) int { return compareInt(x.id, y.id) }, func(first, next *entry) {
		if next.has(fProblem) {
			*first = *next
		}
	})
	b.nobody.Sort(func(x, y *int64) int { return compareInt(*x, *y) }, func(_, _ *int64) {})
}

// entry returns a surveyed employee by index.
func (b *Builder) entry(i int32) *entry { return b.entries.At(int(i)) }

// find returns the index of a surveyed employee. Employees are mostly asked for in order, so the last one
// found and the next are tried first.
func (b *Builder) find(id int64) (int32, bool) {
	for i := b.lastFound; i < b.entries.Len() && i < b.lastFound+2; i++ {
		if b.entries.At(i).id == id {
			b.lastFound = i
			return int32(i), true
		}
	}
	i, ok := sort.Find(b.entries.Len(), func(i int) int { return compareInt(id, b.entries.At(i).id) })
	if ok {
		b.lastFound = i
	}
	return int32(i), ok
}

// isNobody tells whether an id is that of an employee who was not surveyed and is nobody here.
func (b *Builder) isNobody(id int64) bool {
	_, ok := sort.Find(b.nobody.Len(), func(i int) int { return compareInt(id, *b.nobody.At(i)) })
	return ok
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
