package plan

import (
	"slices"
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
)

// standing is what becomes of a surveyed employee; Resolve settles it.
type standing uint8

const (
	open     standing = iota // not settled yet
	excluded                 // not among Input.Only
	left                     // left before ever being linked
	held                     // nobody changes; entry.held says why
	creating                 // becomes a new person
	linking                  // is linked to a person for the first time
	linked                   // is linked already
)

// active reports that the employee's record is written to a person in this plan.
func (s standing) active() bool { return s >= creating }

// entry is the compact memory of one surveyed employee.
type entry struct {
	id     int64
	name   uint64   // hash of the name's NameKey
	email  string   // EmailKey of the wanted address, "" unless set
	number string   // wanted Employee # in compare form
	keys   []string // see Builder.key
	ref    int32    // what HR says of the manager, in Builder.refs
	boss   int32    // node of the manager, with do == bossSet
	do     bossAction
	hire   int32 // yyyymmdd, 0 when blank
	person int32 // linked or matched person, none
	flags  fact
	stand  standing
	by     int8   // index of the match key that found the person; see found… below
	held   Reason // with standing held
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

// hold settles that nothing of the employee changes.
func (e *entry) hold(why Reason) { e.stand, e.held = held, why }

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
		e.email = strings.Clone(directory.EmailKey(mail.Text))
	} else {
		e.set(fEmailUnreadable, mail.State == directory.WantUnreadable)
	}
	if number := w.Text(directory.EmployeeID); number != "" {
		e.number = strings.Clone(directory.EmailKey(number))
	}
	e.keys = b.matchKeys(&e, w.Match)
	e.ref = b.managerRef(w.Manager)
	e.hire = packDate(w.HireDate)
	b.flagAccount(&e, w)
	b.flagLifecycle(&e, w)
	e.set(fNewDepartment, b.set.rule(directory.Department).authority != policy.AuthorityLocal && b.groups.missing(directory.KindDepartment, w.Text(directory.Department)))
	return e
}

// matchKeys keeps the correlation values in the order of the settings; nil when they are the usual ones.
func (b *Builder) matchKeys(e *entry, keys []directory.MatchKey) []string {
	usual := len(keys) == len(b.in.Policy.Match)
	for i := 0; i < len(keys) && usual; i++ {
		usual = keys[i].Value == b.usualKey(e, i)
	}
	if usual {
		return nil
	}
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = strings.Clone(k.Value)
	}
	return out
}

// key returns an employee's correlation value by its index in the settings, "" for none.
func (b *Builder) key(e *entry, i int) string {
	switch {
	case e.keys == nil:
		return b.usualKey(e, i)
	case i < len(e.keys):
		return e.keys[i]
	}
	return ""
}

// usualKey is the correlation value that most employees have: what the directory is to have as their
// number or address, and no home address.
func (b *Builder) usualKey(e *entry, i int) string {
	switch b.in.Policy.Match[i] {
	case policy.MatchEmployeeNumber:
		return e.number
	case policy.MatchWorkEmail:
		return e.email
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
	ascending := true
	for i := 1; i < len(b.entries) && ascending; i++ {
		ascending = b.entries[i-1].id < b.entries[i].id
	}
	if ascending {
		return
	}
	slices.SortStableFunc(b.entries, func(x, y entry) int { return compareInt(x.id, y.id) })
	out := b.entries[:0]
	for _, e := range b.entries {
		if n := len(out); n > 0 && out[n-1].id == e.id {
			if e.has(fProblem) {
				out[n-1] = e
			}
			continue
		}
		out = append(out, e)
	}
	b.entries = out
}

// find returns the index of a surveyed employee. Employees are mostly asked for in order, so the last one
// found and the next are tried first.
func (b *Builder) find(id int64) (int32, bool) {
	for i := b.lastFound; i < len(b.entries) && i < b.lastFound+2; i++ {
		if b.entries[i].id == id {
			b.lastFound = i
			return int32(i), true
		}
	}
	i, ok := slices.BinarySearchFunc(b.entries, id, func(e entry, id int64) int { return compareInt(e.id, id) })
	if ok {
		b.lastFound = i
	}
	return int32(i), ok
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
