// Package planrow packs and unpacks the rows of stored plans. It is hand-written because a first load
// packs a hundred thousand of them; where rows are kept is left to the store.
package planrow

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// ErrDamaged says that stored bytes cannot be read.
var ErrDamaged = errors.New("stored plan row is damaged")

// Bodies of plan rows are packed by hand: encoding/json costs more than everything else that happens to
// a row. Numbers are varints, text stands behind its length. Words are texts that repeat (names of
// fields, of rules, a revision): a plan keeps each once and rows refer to it by number.

const (
	maxWords    = 4096 // per plan; further ones are written out
	maxWordSize = 256
)

// Words numbers the words of one plan in the order in which they came.
type Words struct {
	list  []string
	index map[string]int
	guess []int // number of the word at each place of the last row, plus 1
}

// NewWords returns an empty list.
func NewWords() *Words { return &Words{index: map[string]int{}} }

// Len is the number of words.
func (w *Words) Len() int { return len(w.list) }

// Pack returns the list as stored.
func (w *Words) Pack() []byte {
	var p packer
	p.uint(uint64(len(w.list)))
	for _, s := range w.list {
		p.string(s)
	}
	return p.b
}

// Reader unpacks the rows of one plan.
type Reader struct {
	Arena *Arena // has the changes that are restored; nil: they come from the heap

	words  []string
	fields [directory.StandardCount]directory.Field
}

// NewReader takes the plan's words as stored; no bytes are no words.
func NewReader(words []byte) (*Reader, error) {
	r := &Reader{fields: directory.Standard()}
	if len(words) == 0 {
		return r, nil
	}
	u := unpacker{s: string(words), r: r}
	r.words = make([]string, u.count())
	for i := range r.words {
		r.words[i] = u.string()
	}
	if u.bad {
		return nil, ErrDamaged
	}
	return r, nil
}

// number returns the number of a word that stands at some place of a row, -1 for one that has none. Most
// rows are built alike, so the word at this place of the last one is tried first.
func (w *Words) number(s string, place int) int {
	if place >= len(w.guess) {
		w.guess = append(w.guess, make([]int, place+1-len(w.guess))...)
	}
	if n := w.guess[place] - 1; n >= 0 && w.list[n] == s {
		return n
	}
	n, ok := w.index[s]
	if !ok {
		if len(w.list) >= maxWords || len(s) > maxWordSize {
			return -1
		}
		n = len(w.list)
		w.index[s] = n
		w.list = append(w.list, s)
	}
	w.guess[place] = n + 1
	return n
}

// packer writes a body; without words every word is written out.
type packer struct {
	b           []byte
	words       *Words
	place       int    // words so far
	email, name string // of the columns, for changes
}

func (p *packer) uint(v uint64) { p.b = binary.AppendUvarint(p.b, v) }
func (p *packer) int(v int64)   { p.b = binary.AppendVarint(p.b, v) }
func (p *packer) byte(v byte)   { p.b = append(p.b, v) }
func (p *packer) string(s string) {
	p.b = binary.AppendUvarint(p.b, uint64(len(s)))
	p.b = append(p.b, s...)
}

// word writes 0 for blank, 1 and the text, or 2 and up for a numbered word.
func (p *packer) word(s string) {
	if s == "" {
		p.byte(0)
		return
	}
	p.place++
	if p.words != nil {
		if n := p.words.number(s, p.place); n >= 0 {
			p.uint(uint64(n) + 2)
			return
		}
	}
	p.byte(1)
	p.string(s)
}

func (p *packer) bool(v bool) {
	if v {
		p.byte(1)
		return
	}
	p.byte(0)
}

func (p *packer) time(t time.Time) {
	if t.IsZero() {
		p.byte(0)
		return
	}
	p.byte(1)
	p.int(t.Unix())
	p.uint(uint64(t.Nanosecond()))
}

// unpacker reads what packer wrote. After the first fault it reads zeros; bad tells.
type unpacker struct {
	s           string
	r           *Reader
	bad         bool
	email, name string // of the columns, for changes
}

func (u *unpacker) uint() uint64 {
	var v uint64
	for shift := uint(0); shift < 64; shift += 7 {
		if u.s == "" {
			break
		}
		c := u.s[0]
		u.s = u.s[1:]
		v |= uint64(c&0x7f) << shift
		if c < 0x80 {
			return v
		}
	}
	u.bad = true
	return 0
}

func (u *unpacker) int() int64 {
	v := u.uint()
	return int64(v>>1) ^ -int64(v&1)
}

func (u *unpacker) byte() byte {
	if u.s == "" {
		u.bad = true
		return 0
	}
	c := u.s[0]
	u.s = u.s[1:]
	return c
}

func (u *unpacker) bool() bool { return u.byte() != 0 }

// string returns a part of the body's own text: no copy.
func (u *unpacker) string() string { return u.take(u.uint()) }

func (u *unpacker) take(n uint64) string {
	if n > uint64(len(u.s)) {
		u.bad, u.s = true, ""
		return ""
	}
	out := u.s[:n]
	u.s = u.s[n:]
	return out
}

func (u *unpacker) word() string {
	switch n := u.uint(); {
	case n == 0:
		return ""
	case n == 1:
		return u.string()
	case n-2 < uint64(len(u.r.words)):
		return u.r.words[n-2]
	}
	u.bad = true
	return ""
}

func (u *unpacker) time() time.Time {
	if u.byte() == 0 {
		return time.Time{}
	}
	sec := u.int()
	return time.Unix(sec, int64(u.uint())).UTC()
}

// count reads the length of a list whose items take at least one byte each.
func (u *unpacker) count() int {
	n := u.uint()
	if n > uint64(len(u.s)) {
		u.bad = true
		return 0
	}
	return int(n)
}
