// Package hr holds what the HR system said at one moment: employees, their fields, what the key was
// allowed to read, and the certificate that the reading is complete. It decides nothing and reads
// nothing; fetching is left to package source, meaning to package mapping.
package hr

import (
	"iter"
	"time"
)

// State says what is known about one field of one employee. The zero State is Unreadable, so that a
// value nobody filled in can never be mistaken for a blank one (bamboohr-api §3.4, promise SI39).
type State uint8

// The three states; there is never a two-valued "empty".
const (
	Unreadable State = iota // the key may not see it, or the answer did not carry the column
	Blank                   // the column was answered and is empty
	Set                     // the column was answered with a value
)

// String returns "unreadable", "blank" or "set".
func (s State) String() string {
	switch s {
	case Set:
		return "set"
	case Blank:
		return "blank"
	default:
		return "unreadable"
	}
}

// Value is one field of one employee: set, blank or unreadable; never just "".
type Value struct {
	state State
	text  string
}

// Text returns a set value, or a blank one when s is empty.
func Text(s string) Value {
	if s == "" {
		return Value{state: Blank}
	}
	return Value{state: Set, text: s}
}

// Empty returns a blank value: answered, and empty.
func Empty() Value { return Value{state: Blank} }

// Hidden returns an unreadable value.
func Hidden() Value { return Value{} }

// State tells which of the three it is.
func (v Value) State() State { return v.state }

// Text returns the value as BambooHR wrote it; "" unless set.
func (v Value) Text() string { return v.text }

// IsSet, IsBlank and IsUnreadable are shorthands for State.
func (v Value) IsSet() bool { return v.state == Set }

// IsBlank reports an answered, empty value.
func (v Value) IsBlank() bool { return v.state == Blank }

// IsUnreadable reports a value that the key could not see.
func (v Value) IsUnreadable() bool { return v.state == Unreadable }

// Schema is the ordered list of field names (BambooHR aliases) that a reading asked for; a record's
// values lie in the same order.
type Schema struct {
	names []string
	slot  map[string]int
}

// NewSchema keeps names in the order given; a repeated name keeps its first slot.
func NewSchema(names ...string) *Schema {
	s := &Schema{slot: make(map[string]int, len(names))}
	for _, n := range names {
		if _, ok := s.slot[n]; ok {
			continue
		}
		s.slot[n] = len(s.names)
		s.names = append(s.names, n)
	}
	return s
}

// Names returns the field names in slot order; the caller must not change them.
func (s *Schema) Names() []string { return s.names }

// Len is the number of slots.
func (s *Schema) Len() int { return len(s.names) }

// Slot returns the position of a field, false when the schema does not have it.
func (s *Schema) Slot(name string) (int, bool) {
	i, ok := s.slot[name]
	return i, ok
}

// Fingerprint is a 128-bit hash of the raw bytes of one employee over all reads of a snapshot, keyed
// by reader version and field list. The zero Fingerprint means "none known".
type Fingerprint [16]byte

// IsZero reports that no fingerprint is known.
func (f Fingerprint) IsZero() bool { return f == Fingerprint{} }

// MaxTrackedFields is how many schema slots a Coverage can hold; a longer schema is read without the
// unchanged-record short cut.
const MaxTrackedFields = 62

// Coverage packs, per employee, which schema slots are set (bit i), and whether the account status is
// Active (bit 62) or Inactive (bit 63), so that an unchanged record still counts in the certificate.
type Coverage uint64

const (
	activeBit   Coverage = 1 << 62
	inactiveBit Coverage = 1 << 63
)

// With returns c with slot i marked as set.
func (c Coverage) With(i int) Coverage { return c | 1<<uint(i) }

// WithActive and WithInactive record the account status.
func (c Coverage) WithActive() Coverage { return c | activeBit }

// WithInactive records the account status Inactive.
func (c Coverage) WithInactive() Coverage { return c | inactiveBit }

// Has reports whether slot i is set.
func (c Coverage) Has(i int) bool { return c&(1<<uint(i)) != 0 }

// Active reports the account status Active.
func (c Coverage) Active() bool { return c&activeBit != 0 }

// Inactive reports the account status Inactive.
func (c Coverage) Inactive() bool { return c&inactiveBit != 0 }

// Known is what an earlier run remembers of one employee's raw record.
type Known struct {
	Fingerprint Fingerprint
	Coverage    Coverage
}

// KnownFunc tells a reader which raw records need no decoding. It must answer false for everyone who
// has to be looked at again whatever the source says: a due date, a hold that ended, a human edit, a
// changed mapping. A nil KnownFunc knows nobody.
type KnownFunc func(id int64) (Known, bool)

// Warning is something a reader put right in one record, such as broken UTF-8 (security §3 #20).
type Warning struct {
	Field string // BambooHR alias, "" for the whole record
	Text  string
}

// Record is one employee. Values follows Snapshot.Schema, Ahead follows Snapshot.Ahead (the view with
// onlyCurrent=false: future-dated rows included; bamboohr-api §3.5).
type Record struct {
	ID          string // BambooHR's internal id in canonical decimal form; permanent (bamboohr-api §3.1)
	Num         int64  // the same as a number; the order of everything
	Fingerprint Fingerprint
	Coverage    Coverage
	Unchanged   bool    // the raw bytes equal what is known; Values and Ahead are nil
	Values      []Value // valid until the next record
	Ahead       []Value // valid until the next record
	Problem     string  // why this record cannot be used (differing duplicates, over-long); "" when it can
	Warnings    []Warning
}

// Snapshot is one complete reading or an error, never half of one. Records yields each employee once,
// normally by ascending id; a row that repeats an id with other content yields that id again with
// Problem set, which takes back the first. An error ends the sequence and voids everything yielded
// before it. The facts in Reading are known only after the last record.
type Snapshot struct {
	ID       string
	TakenAt  time.Time
	Schema   *Schema
	Ahead    *Schema
	Shape    string // of one reader with the same columns: only then fingerprints and coverages compare
	KeyOwner string // id of the employee whose key reads ("" for a non-employee user; promise BW24)
	Records  iter.Seq2[Record, error]
	Reading  func() Reading // call after Records is exhausted
}
