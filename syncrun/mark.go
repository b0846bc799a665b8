package syncrun

import (
	"fmt"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/hr"
)

const (
	// overlap is how long before the last answer's latest change the next question begins: BambooHR may
	// list a change late (performance §6.1).
	overlap = 10 * time.Minute
	// young is how old a change must be when it is read. A younger one is read once more by the next look,
	// because another change in the same second would bear the same instant.
	young = 2 * time.Minute
	// fullWithin is how old the last full reading may be for a look: a daily one, and two hours.
	fullWithin = 26 * time.Hour
	// fullAgain is how soon an automatic look makes a full reading again while none succeeds.
	fullAgain = time.Hour
)

// Mark is up to where a connection knows what changed in BambooHR, and what its last full reading left
// open. It moves only when everything up to it was applied, or waits in a plan.
type Mark struct {
	N       int64     // grows with every write; 0: none is kept
	Since   time.Time // by BambooHR's clock; zero: no question was answered yet
	Seen    []Seen    // changes of the overlap before Since that were read already
	Reading FullReading
	People  OpenPeople
}

// Seen is a change that was read.
type Seen struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Deleted bool      `json:"deleted,omitempty"`
	Young   bool      `json:"young,omitempty"` // so soon that it has to be read once more
}

// FullReading is what has to be the same for a look to be enough.
type FullReading struct {
	At       time.Time `json:"at"`    // when it ended, by the run's clock; zero: none did
	Grade    hr.Grade  `json:"grade"` // failed also when it broke
	Revision string    `json:"revision"`
	Shape    string    `json:"shape"` // hr.Snapshot.Shape
	Key      string    `json:"key"`   // ChangeSource.KeyPrint
	Owner    string    `json:"owner"` // hr.Snapshot.KeyOwner
}

// OpenPeople are employees of whom the link states do not tell everything, each list ascending.
type OpenPeople struct {
	Again  []int64 `json:"again"`  // read again by every look: not linked yet, or their change waits
	Quiet  []int64 `json:"quiet"`  // nobody here, for a reason of their own record
	Absent []int64 `json:"absent"` // remembered, and not in the last full reading
	Stays  []Stay  `json:"stays,omitempty"`
}

// Stay is an employee whom a look read after the last full reading and found no reason to deactivate, by the run's clock.
type Stay struct {
	ID int64     `json:"id"`
	At time.Time `json:"at"`
}

// stay takes note of whom a look read at an instant; leaving are those of them who may have to leave, ascending.
func (p *OpenPeople) stay(asked, leaving []int64, at time.Time) []Stay {
	out := slices.DeleteFunc(slices.Clone(p.Stays), func(s Stay) bool { return has(asked, s.ID) })
	for _, id := range without(asked, leaving) {
		out = append(out, Stay{id, at})
	}
	return out
}

// staysAfter lists who was found to stay after an instant, ascending.
func (p *OpenPeople) staysAfter(t time.Time) (ids []int64) {
	for _, s := range p.Stays {
		if s.At.After(t) {
			ids = append(ids, s.ID)
		}
	}
	return sortedSet(ids)
}

// unfit tells why a look is not enough, "" when it is.
func (m *Mark) unfit(revision, key string, now time.Time) string {
	r := &m.Reading
	switch {
	case m.Since.IsZero() || r.At.IsZero():
		return "the company was not read in full yet"
	case r.Grade != hr.Complete:
		return fmt.Sprintf("the last full reading was %s", r.Grade)
	case now.Sub(r.At) > fullWithin:
		return fmt.Sprintf("the last full reading is more than %d hours old", int(fullWithin.Hours()))
	case r.Revision != revision:
		return "the settings changed since the last full reading"
	case r.Key != key:
		return "the key is another one than at the last full reading"
	}
	return ""
}

// patient tells that an unfit look should do nothing for now: a full reading was tried a short while ago, and
// what it said of the settings and the key still holds.
func (m *Mark) patient(revision, key string, now time.Time) bool {
	r := &m.Reading
	return (m.Since.IsZero() || r.Grade != hr.Complete) && r.Revision == revision && r.Key == key && m.recent(now)
}

// recent tells that a full reading ended, or broke, a short while ago.
func (m *Mark) recent(now time.Time) bool {
	ago := now.Sub(m.Reading.At)
	return !m.Reading.At.IsZero() && ago >= 0 && ago < fullAgain
}

// asks is since when to ask. Before the first answer our clock may be ahead of BambooHR's, so that an answer
// without anybody says nothing, and the next instant is asked for.
func (m *Mark) asks(now time.Time) []time.Time {
	if m.Since.IsZero() {
		return []time.Time{now.AddDate(0, 0, -1), now.AddDate(0, -1, 0), now.AddDate(-1, 0, 0), everSince()}
	}
	return []time.Time{m.Since.Add(-overlap)}
}

// everSince is before the first change that BambooHR lists (bamboohr-api §2.7).
func everSince() time.Time { return time.Date(2011, 6, 1, 0, 0, 0, 0, time.UTC) }

// fresh lists the changes that have to be read.
func (m *Mark) fresh(c hr.Changes) []hr.Change {
	type key struct {
		id      int64
		at      int64
		deleted bool
	}
	seen := make(map[key]bool, len(m.Seen))
	for _, s := range m.Seen {
		if !s.Young {
			seen[key{s.ID, s.At.UnixNano(), s.Deleted}] = true
		}
	}
	var out []hr.Change
	for _, ch := range c.Employees {
		if ch.At.IsZero() || !seen[key{ch.ID, ch.At.UnixNano(), ch.Deleted}] {
			out = append(out, ch)
		}
	}
	return out
}

// moved is the mark once everything of an answer was read: asked is since when was asked, now the instant
// before the reading, by the run's clock. An answer without a change that only repeats the question moves
// nothing, because the question may come from our clock.
func (m *Mark) moved(c hr.Changes, asked, now time.Time) Mark {
	next := *m
	next.Seen = nil
	if next.Since.IsZero() {
		next.Since = asked
	}
	if c.Latest.After(next.Since) {
		next.Since = c.Latest
	}
	for _, ch := range c.Employees {
		if !ch.At.IsZero() && !ch.At.Before(next.Since.Add(-overlap)) {
			next.Seen = append(next.Seen, Seen{ch.ID, ch.At, ch.Deleted, ch.At.Add(young).After(now)})
		}
	}
	return next
}

// same tells that two marks say the same, so that nothing need be written.
func (m *Mark) same(n *Mark) bool {
	return m.Since.Equal(n.Since) && slices.EqualFunc(m.Seen, n.Seen, func(x, y Seen) bool {
		return x.ID == y.ID && x.At.Equal(y.At) && x.Deleted == y.Deleted && x.Young == y.Young
	})
}

// sortedSet sorts ids and drops repetitions.
func sortedSet(ids []int64) []int64 {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// has tells whether an ascending list has an id.
func has(ids []int64, id int64) bool {
	_, ok := slices.BinarySearch(ids, id)
	return ok
}

// without returns the ids of an ascending list that are not in another.
func without(ids, drop []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return has(drop, id) })
}
