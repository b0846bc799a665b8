// Package linkpage keeps what is remembered of the employees of a connection (directory.LinkState): the states of
// neighbouring numbers side by side in one row, a page, because a run reads all of them, and an instant that comes by
// itself in a row of its own besides. When a state is written, and what it means, is left to the store.
package linkpage

import (
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// A page has the employees whose numbers differ in their last bits only; about 70 bytes each.
const (
	pageBits = 5
	pageSize = 1 << pageBits
)

// layout is the first byte of every page.
const layout = 1

// errDamaged is what a page says that this program did not write.
var errDamaged = errors.New("what is remembered of some employees cannot be read: the database is damaged")

const (
	linked = 1 << iota
	adopted
	clean
	due   // has a row in dues
	since // has a Since
	noEmail
)

// Entry is one state of a page.
type Entry struct {
	*directory.LinkState
	Touched int64 // audit.seq of the last write that was more than a refresh
	due     bool  // an instant is kept in dues
}

// pack writes the entries of a page, by number: the words that repeat, then each entry.
func pack(out []byte, entries []Entry) []byte {
	var words []string
	word := func(w string) uint64 {
		i := slices.Index(words, w)
		if i < 0 {
			i, words = len(words), append(words, w)
		}
		return uint64(i)
	}
	for i := range entries {
		word(entries[i].Revision)
		for kind := range entries[i].Since {
			word(string(kind))
		}
	}
	slices.Sort(words) // the kinds came in the order of a map
	out = append(out, layout)
	out = binary.AppendUvarint(out, uint64(len(words)))
	for _, w := range words {
		out = appendText(out, w)
	}
	for i := range entries {
		e := &entries[i]
		out = append(out, byte(e.SourceID&(pageSize-1)), e.flags())
		out = append(out, e.Fingerprint[:]...)
		out = binary.LittleEndian.AppendUint64(out, e.Coverage)
		out = binary.AppendUvarint(out, word(e.Revision))
		out = binary.AppendUvarint(out, uint64(e.Touched))
		out = appendText(out, e.PersonID)
		out = appendText(out, e.HireDate)
		if len(e.Since) == 0 {
			continue
		}
		out = binary.AppendUvarint(out, uint64(len(e.Since)))
		for _, w := range words {
			if at, ok := e.Since[directory.SignalKind(w)]; ok {
				out = binary.AppendUvarint(out, word(w))
				out = binary.AppendVarint(out, sqldb.Millis(at))
			}
		}
	}
	return out
}

func (e *Entry) flags() (f byte) {
	for _, b := range [...]struct {
		set bool
		bit byte
	}{{e.Outcome == directory.OutcomeLinked, linked}, {e.Adopted, adopted}, {e.Clean, clean}, {e.due, due}, {len(e.Since) > 0, since}, {e.NoEmail, noEmail}} {
		if b.set {
			f |= b.bit
		}
	}
	return f
}

func appendText(out []byte, s string) []byte {
	return append(binary.AppendUvarint(out, uint64(len(s))), s...)
}

// unpacker reads pages one after the other; words that the page before had too are not made again.
type unpacker struct {
	b     []byte
	base  int64
	words []string
	bad   bool
}

// open begins with a page.
func (u *unpacker) open(no int64, body []byte) error {
	u.b, u.base, u.bad = body, no<<pageBits, false
	if first := u.take(1); u.bad || first[0] != layout {
		return errDamaged
	}
	n := u.count()
	for i := range n {
		w := u.bytes()
		switch {
		case i == len(u.words):
			u.words = append(u.words, string(w))
		case u.words[i] != string(w):
			u.words[i] = string(w)
		}
	}
	u.words = u.words[:n]
	return u.err()
}

func (u *unpacker) err() error {
	if u.bad {
		return errDamaged
	}
	return nil
}

// next reads the next entry into the state that e has; false at the end of the page, and with an error. Without full it
// leaves out person, hire date and since.
func (u *unpacker) next(e *Entry, full bool) (bool, error) {
	if len(u.b) == 0 || u.bad {
		return false, u.err()
	}
	head := u.take(2 + len(e.Fingerprint) + 8)
	if u.bad {
		return false, errDamaged
	}
	flags := head[1]
	e.due = flags&due != 0
	*e.LinkState = directory.LinkState{SourceID: u.base + int64(head[0]), Outcome: directory.OutcomeLeft, Adopted: flags&adopted != 0,
		Clean: flags&clean != 0, NoEmail: flags&noEmail != 0, Fingerprint: [16]byte(head[2:]), Coverage: binary.LittleEndian.Uint64(head[18:])}
	if flags&linked != 0 {
		e.Outcome = directory.OutcomeLinked
	}
	e.Revision, e.Touched = u.word(), int64(u.uint())
	person, hired := u.bytes(), u.bytes()
	if full {
		e.PersonID, e.HireDate = string(person), string(hired)
	}
	if flags&since != 0 {
		n := u.count()
		if full {
			e.Since = make(map[directory.SignalKind]time.Time, n)
		}
		for range n {
			kind, at := u.word(), u.int()
			if full {
				e.Since[directory.SignalKind(kind)] = sqldb.Instant(at)
			}
		}
	}
	return !u.bad, u.err()
}

func (u *unpacker) take(n int) []byte {
	if n < 0 || n > len(u.b) {
		u.b, u.bad = nil, true
		return nil
	}
	out := u.b[:n]
	u.b = u.b[n:]
	return out
}

func (u *unpacker) uint() uint64 {
	v, n := binary.Uvarint(u.b)
	if n <= 0 {
		u.b, u.bad = nil, true
		return 0
	}
	u.b = u.b[n:]
	return v
}

// count is how many things follow, each of a byte at least.
func (u *unpacker) count() int {
	n := u.uint()
	if n > uint64(len(u.b)) {
		u.b, u.bad = nil, true
		return 0
	}
	return int(n)
}

func (u *unpacker) int() int64 {
	v, n := binary.Varint(u.b)
	if n <= 0 {
		u.b, u.bad = nil, true
		return 0
	}
	u.b = u.b[n:]
	return v
}

func (u *unpacker) bytes() []byte { return u.take(u.count()) }

func (u *unpacker) word() string {
	i := u.uint()
	if i >= uint64(len(u.words)) {
		u.b, u.bad = nil, true
		return ""
	}
	return u.words[i]
}
