package source

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/rollcall-hr/rollcall/bamboohr"
)

// side is one read of the company: a stream of rows, of which it shows one at a time. Rows that come
// twice with the same bytes are shown once.
type side struct {
	stream  *bamboohr.Stream
	decoder *bamboohr.Decoder
	seen    *index
	merged  int     // repeated rows
	only    []int64 // ascending; rows of other employees are passed over. nil: everybody

	// The row it stands on; id 0 behind the last.
	id      int64
	row     bamboohr.Row
	broken  string // why the row cannot be used, "" when it can
	revoked bool   // the row contradicts an earlier one with its id

	pending map[int64]*kept // rows that wait for the other read to show their id
	held    int             // bytes in pending
}

func newSide(stream *bamboohr.Stream, columns []string) *side {
	return &side{stream: stream, decoder: bamboohr.NewDecoder(columns...), seen: newIndex(), pending: map[int64]*kept{}}
}

// advance goes to the next row that has something new to say.
func (s *side) advance() error {
	s.id, s.broken, s.revoked = 0, "", false
	for row, err := range s.stream.Rows() {
		ok, err := s.show(row, err)
		if err != nil || ok {
			return err
		}
	}
	return nil
}

// show takes a row, and is false for one that was seen before. A row that is too long or broken is
// that employee's problem only, as long as it tells whose it is (security §3 #18).
func (s *side) show(row bamboohr.Row, err error) (bool, error) {
	var text string
	if err == nil {
		text, err = row.ID()
	}
	if err != nil {
		bad, ok := errors.AsType[*bamboohr.RecordError](err)
		if !ok || bad.ID == "" {
			return false, err
		}
		text, s.broken = bad.ID, "the record cannot be read: "+bad.Err.Error()
	}
	if s.id, err = parseID(text); err != nil {
		return false, err
	}
	if !s.asked(s.id) {
		s.id, s.broken = 0, ""
		return false, nil
	}
	s.row = row
	raw := row.Raw()
	if s.broken != "" {
		raw = []byte(s.broken)
	}
	switch s.seen.add(s.id, raw) {
	case repeated:
		s.id, s.broken = 0, ""
		s.merged++
		return false, nil
	case differing:
		s.revoked = true
	}
	return true, nil
}

// parseID reads an internal id: a positive whole number, as text or number, leading zeros allowed
// (security §3 #28).
func parseID(text string) (int64, error) {
	var n int64
	for i := range len(text) {
		digit := int64(text[i]) - '0'
		if digit < 0 || digit > 9 || n > (math.MaxInt64-digit)/10 {
			n = 0
			break
		}
		n = 10*n + digit
	}
	if n == 0 {
		return 0, fmt.Errorf("%w: the id %.40q is no positive whole number", ErrData, text)
	}
	return n, nil
}

// Raw is the row it stands on.
func (s *side) Raw() []byte { return s.row.Raw() }

func (s *side) scalars() ([]bamboohr.Scalar, bamboohr.Warning, error) {
	values, err := s.row.Decode(s.decoder)
	return values, s.decoder.Warning(), err
}

// keep copies the row it stands on, so that the stream can go on.
func (s *side) keep() *kept {
	k := &kept{broken: s.broken}
	if s.broken == "" {
		k.raw = bytes.Clone(s.Raw())
		values, odd, err := s.scalars()
		k.values, k.odd, k.err = slices.Clone(values), odd, err
	}
	return k
}

// suspend keeps the row it stands on until the other read shows its id.
func (s *side) suspend() {
	k := s.keep()
	s.pending[s.id] = k
	s.held += k.size()
}

// take gives a suspended row back.
func (s *side) take(id int64) *kept {
	k := s.pending[id]
	if k != nil {
		delete(s.pending, id)
		s.held -= k.size()
	}
	return k
}

// kept is a row that outlives its stream.
type kept struct {
	raw    []byte
	values []bamboohr.Scalar
	odd    bamboohr.Warning
	err    error
	broken string
}

// Raw is the row as it was sent.
func (k *kept) Raw() []byte { return k.raw }

func (k *kept) scalars() ([]bamboohr.Scalar, bamboohr.Warning, error) { return k.values, k.odd, k.err }

// size is roughly what k costs in memory.
func (k *kept) size() int { return 2*len(k.raw) + 32*len(k.values) + 128 }
