package directory

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// ErrEncoding says that bytes are not an encoded Wanted.
var ErrEncoding = errors.New("not an encoded Wanted")

// Names is the table of the few strings that repeat in every record (aliases, rule texts, key names),
// which an encoded Wanted holds as numbers. Encoding adds to it; decoding needs the same table. It is
// for one goroutine. The zero Names is empty and ready.
type Names struct {
	list   []string
	number map[string]uint64
	guess  []uint64 // what stood at each place of the last record
}

// of returns the number of a name that stands at some place of a record. Most records are built alike,
// so the name at this place of the last one is tried first.
func (n *Names) of(s string, place int) uint64 {
	if s == "" {
		return 0
	}
	if place >= len(n.guess) {
		n.guess = append(n.guess, make([]uint64, place+1-len(n.guess))...)
	}
	if i := n.guess[place]; i > 0 && n.list[i-1] == s {
		return i
	}
	i := n.find(s)
	n.guess[place] = i
	return i
}

func (n *Names) find(s string) uint64 {
	if i, ok := n.number[s]; ok {
		return i
	}
	if n.number == nil {
		n.number = map[string]uint64{}
	}
	n.list = append(n.list, s)
	i := uint64(len(n.list))
	n.number[s] = i
	return i
}

// AppendBinary appends a compact form of w to dst: numbers as varints, texts with their length, what
// repeats as its number in names. It is for spooling between two passes of one process, not for
// storing: the form may change with any release.
func (w *Wanted) AppendBinary(dst []byte, names *Names) []byte {
	e := encoder{b: dst, names: names}
	e.int(w.SourceID)
	e.text(w.Name)
	for i := range w.Fields {
		e.want(&w.Fields[i])
	}
	e.uint(uint64(len(w.Extras)))
	for i := range w.Extras {
		x := &w.Extras[i]
		e.name(string(x.Field))
		e.name(string(x.Kind))
		e.want(&x.Want)
	}
	e.manager(&w.Manager)
	e.uint(uint64(len(w.Match)))
	for _, k := range w.Match {
		e.name(k.Name)
		e.text(k.Value)
	}
	e.byte(byte(w.Scope.Verdict))
	e.name(w.Scope.Rule)
	e.name(w.Scope.Field)
	e.text(w.Scope.Value)
	e.byte(byte(w.Account))
	e.text(w.AccountText)
	e.uint(uint64(len(w.Signals)))
	for i := range w.Signals {
		e.signal(&w.Signals[i])
	}
	e.text(w.HireDate)
	e.time(w.StartsAt)
	e.time(w.ProvisionAt)
	e.byte(flags(w.NoStatus, w.FutureRow, w.KeyOwner))
	e.text(w.Problem)
	e.uint(uint64(len(w.Notes)))
	for _, n := range w.Notes {
		e.name(string(n.Field))
		e.name(n.Reason)
		e.text(n.Detail)
	}
	e.b = append(e.b, w.Fingerprint[:]...)
	e.b = binary.LittleEndian.AppendUint64(e.b, w.Coverage)
	return e.b
}

// DecodeWanted reads what AppendBinary wrote with the same names into w, reusing the memory of its
// lists; instants come back in UTC. All texts are parts of encoded. Anything else gives ErrEncoding and
// leaves w in no defined state.
func DecodeWanted(encoded string, names *Names, w *Wanted) error {
	d := decoder{s: encoded, names: names}
	w.Reset()
	w.SourceID = d.int()
	w.Name = d.text()
	for i := range w.Fields {
		w.Fields[i] = d.want()
	}
	for range d.count() {
		w.Extras = append(w.Extras, WantExtra{Field(d.name()), Kind(d.name()), d.want()})
	}
	w.Manager = d.manager()
	for range d.count() {
		w.Match = append(w.Match, MatchKey{d.name(), d.text()})
	}
	w.Scope = ScopeDecision{ScopeVerdict(d.byte()), d.name(), d.name(), d.text()}
	w.Account = Account(d.byte())
	w.AccountText = d.text()
	for range d.count() {
		w.Signals = append(w.Signals, d.signal())
	}
	w.HireDate = d.text()
	w.StartsAt = d.time()
	w.ProvisionAt = d.time()
	f := d.byte()
	w.NoStatus, w.FutureRow, w.KeyOwner = f&1 != 0, f&2 != 0, f&4 != 0
	w.Problem = d.text()
	for range d.count() {
		w.Notes = append(w.Notes, Note{Field(d.name()), d.name(), d.text()})
	}
	copy(w.Fingerprint[:], d.take(16))
	if last := d.take(8); len(last) == 8 {
		w.Coverage = binary.LittleEndian.Uint64([]byte(last))
	}
	if d.bad || d.at != len(d.s) {
		return ErrEncoding
	}
	return nil
}

func flags(bits ...bool) (f byte) {
	for i, b := range bits {
		if b {
			f |= 1 << i
		}
	}
	return f
}

type encoder struct {
	b     []byte
	names *Names
	place int // names so far
}

func (e *encoder) byte(b byte)   { e.b = append(e.b, b) }
func (e *encoder) uint(u uint64) { e.b = binary.AppendUvarint(e.b, u) }
func (e *encoder) int(i int64)   { e.b = binary.AppendVarint(e.b, i) }

func (e *encoder) name(s string) {
	e.uint(e.names.of(s, e.place))
	e.place++
}

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.b = append(e.b, s...)
}

func (e *encoder) want(w *Want) {
	e.byte(byte(w.State))
	if w.State == NotMapped {
		return
	}
	e.name(w.From)
	e.text(w.Text)
}

func (e *encoder) manager(m *ManagerRef) {
	e.byte(byte(m.State))
	e.int(m.SourceID)
	e.text(m.Number)
	e.text(m.Email)
	e.name(m.From)
}

func (e *encoder) signal(s *Signal) {
	e.name(string(s.Kind))
	e.name(s.Action)
	e.time(s.At)
	e.int(int64(s.GraceDays))
	e.text(s.Date)
	e.text(s.Value)
}

// time writes 0 for the zero instant, else 1 and the seconds and nanoseconds since 1970.
func (e *encoder) time(t time.Time) {
	if t.IsZero() {
		e.byte(0)
		return
	}
	e.byte(1)
	e.int(t.Unix())
	e.uint(uint64(t.Nanosecond()))
}

// decoder reads s from at on; after the first fault every answer is zero.
type decoder struct {
	s     string
	at    int
	names *Names
	bad   bool
}

func (d *decoder) fail() {
	d.bad, d.at = true, len(d.s)
}

func (d *decoder) take(n int) string {
	if n > len(d.s)-d.at {
		d.fail()
		return ""
	}
	d.at += n
	return d.s[d.at-n : d.at]
}

func (d *decoder) byte() byte {
	if d.at == len(d.s) {
		d.fail()
		return 0
	}
	d.at++
	return d.s[d.at-1]
}

func (d *decoder) uint() uint64 {
	if d.at < len(d.s) && d.s[d.at] < 0x80 { // most
		d.at++
		return uint64(d.s[d.at-1])
	}
	var u uint64
	rest := d.s[d.at:]
	for i := 0; i < len(rest) && i < binary.MaxVarintLen64; i++ {
		c := rest[i]
		u |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.at += i + 1
			return u
		}
	}
	d.fail()
	return 0
}

func (d *decoder) int() int64 {
	u := d.uint()
	return int64(u>>1) ^ -int64(u&1)
}

// count reads the length of a list; no list has more items than bytes are left.
func (d *decoder) count() int {
	n := d.uint()
	if n > uint64(len(d.s)-d.at) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return d.take(d.count()) }

func (d *decoder) name() string {
	i := d.uint()
	switch {
	case i == 0:
		return ""
	case i > uint64(len(d.names.list)):
		d.fail()
		return ""
	}
	return d.names.list[i-1]
}

func (d *decoder) want() Want {
	state := WantState(d.byte())
	if state == NotMapped {
		return Want{}
	}
	from := d.name()
	return Want{State: state, Text: d.text(), From: from}
}

func (d *decoder) manager() ManagerRef {
	return ManagerRef{WantState(d.byte()), d.int(), d.text(), d.text(), d.name()}
}

func (d *decoder) signal() Signal {
	return Signal{SignalKind(d.name()), d.name(), d.time(), int(d.int()), d.text(), d.text()}
}

func (d *decoder) time() time.Time {
	if d.byte() == 0 {
		return time.Time{}
	}
	sec, nsec := d.int(), d.uint()
	if nsec > math.MaxUint32 {
		d.fail()
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}
