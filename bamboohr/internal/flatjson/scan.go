package flatjson

import (
	"bytes"
	"io"
)

// Limits of a body.
const (
	MaxRecord = 1 << 20 // bytes of one record (security §1.3)
	MaxDepth  = 64      // levels of nesting

	windowSize    = 512 << 10 // bytes of a streamed body in memory
	maxSkipped    = 64 << 20  // bytes of an oversized record that are passed over
	byteOrderMark = "\xef\xbb\xbf"
)

// scanner cuts JSON values out of a body without decoding them. Unread bytes
// are buf[pos:end]; a value that was cut is a view on them, good until the
// next call.
type scanner struct {
	src    io.Reader // not used when err is set from the start
	buf    []byte
	pos    int
	end    int
	passed int64 // bytes before buf[0]
	err    error // why no more can be read; io.EOF at the end
}

// Offset is how many decoded bytes have been read past.
func (s *scanner) Offset() int64 { return s.passed + int64(s.pos) }

// more makes at least one further unread byte available, and reports whether
// it could. It moves buf[pos:end] to the front, and grows the window for a
// value that does not fit.
func (s *scanner) more() bool {
	if s.err != nil {
		return false
	}
	if s.pos > 0 {
		s.passed += int64(s.pos)
		s.end = copy(s.buf, s.buf[s.pos:s.end])
		s.pos = 0
	}
	if s.end == len(s.buf) {
		// Not by append, which clears what it adds: memory that nothing is read into stays untouched.
		larger := make([]byte, s.end+max(windowSize, s.end))
		copy(larger, s.buf)
		s.buf = larger
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// fill reads until the window is full or the body ends, and reports whether
// the whole body is now in memory.
func (s *scanner) fill() bool {
	for s.end < windowSize && s.more() {
	}
	return s.passed == 0 && s.err == io.EOF
}

// ended explains a body that stopped inside a value.
func (s *scanner) ended() error {
	if s.err != io.EOF {
		return s.err
	}
	return fault(Cut, "after %d bytes", s.passed+int64(s.end))
}

// peek skips white space and shows the next byte; false at the end.
func (s *scanner) peek() (byte, bool) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\r', '\n':
				s.pos++
			default:
				return c, true
			}
		}
		if !s.more() {
			return 0, false
		}
	}
}

// expect consumes one of the bytes in want, after white space.
func (s *scanner) expect(want string) (byte, error) {
	c, ok := s.peek()
	if !ok {
		return 0, s.ended()
	}
	if bytes.IndexByte([]byte(want), c) < 0 {
		return 0, fault(Broken, "byte %d is %q where %q should be", s.Offset(), c, want)
	}
	s.pos++
	return c, nil
}

// value cuts the next JSON value. One longer than MaxRecord is passed over:
// prefix is then its beginning and the error has reason Large; the scanner
// stands behind it.
func (s *scanner) value() (raw []byte, err error) {
	c, ok := s.peek()
	if !ok {
		return nil, s.ended()
	}
	if c != '{' && c != '[' && c != '"' {
		return s.literal()
	}
	if n := plain(s.buf[s.pos:s.end]); n > 0 {
		raw = s.buf[s.pos : s.pos+n]
		s.pos += n
		return raw, nil
	}
	st := scanState{}
	for i := 0; ; {
		n, done := st.scan(s.buf[s.pos:s.end], i)
		if st.tooDeep {
			return nil, fault(Deep, "at byte %d", s.Offset()+int64(n))
		}
		if done && n <= MaxRecord {
			raw = s.buf[s.pos : s.pos+n]
			s.pos += n
			if last := raw[n-1]; c == '{' && last != '}' || c == '[' && last != ']' {
				return nil, fault(Broken, "byte %d is %q, which closes another bracket", s.Offset()-1, last)
			}
			return raw, nil
		}
		if n > MaxRecord {
			return s.passOver(&st, n, done)
		}
		if i = n; !s.more() {
			return nil, s.ended()
		}
	}
}

// plain is the length of the object that w begins with when that is easy to
// tell: no escape and nothing nested before the first "}", and all strings
// closed there. 0 says that it has to be looked at byte by byte.
func plain(w []byte) int {
	if w[0] != '{' {
		return 0
	}
	n := bytes.IndexByte(w, '}')
	if n < 0 || n >= MaxRecord {
		return 0
	}
	inner := w[1:n]
	if bytes.IndexByte(inner, '\\') >= 0 || bytes.IndexByte(inner, '[') >= 0 || bytes.IndexByte(inner, '{') >= 0 ||
		bytes.IndexByte(inner, ']') >= 0 || bytes.Count(inner, []byte{'"'})%2 != 0 {
		return 0
	}
	return n + 1
}

// passOver leaves an oversized value behind, of which n bytes were scanned.
func (s *scanner) passOver(st *scanState, n int, done bool) ([]byte, error) {
	prefix := bytes.Clone(s.buf[s.pos : s.pos+MaxRecord])
	size := n
	st.escaped = st.inString && oddBackslashes(s.buf[s.pos:s.pos+n])
	for s.pos += n; !done; s.pos += n {
		if size > maxSkipped {
			return nil, fault(Large, "a record of more than %d bytes", maxSkipped)
		}
		if !s.more() {
			return nil, s.ended()
		}
		n, done = st.scanPiece(s.buf[s.pos:s.end])
		size += n
		if st.tooDeep {
			return nil, fault(Deep, "at byte %d", s.Offset())
		}
	}
	return prefix, fault(Large, "a record of %d bytes, at most %d are read", size, MaxRecord)
}

// literal cuts a number, true, false or null, up to its delimiter.
func (s *scanner) literal() ([]byte, error) {
	for i := 0; ; i++ {
		if s.pos+i == s.end && !s.more() {
			if s.err != io.EOF || i == 0 {
				return nil, s.ended()
			}
			raw := s.buf[s.pos:s.end]
			s.pos = s.end
			return raw, nil
		}
		switch s.buf[s.pos+i] {
		case ',', ']', '}', ' ', '\t', '\r', '\n', ':', '"', '{', '[':
			if i == 0 {
				return nil, fault(Broken, "byte %d is %q where a value should be", s.Offset(), s.buf[s.pos])
			}
			raw := s.buf[s.pos : s.pos+i]
			s.pos += i
			return raw, nil
		}
		if i > 100 {
			return nil, fault(Broken, "an endless word at byte %d", s.Offset())
		}
	}
}

// scanState follows brackets and strings through a value that may come in
// several pieces. It tells where the value ends, not whether it is valid.
type scanState struct {
	depth    int
	inString bool
	escaped  bool // the piece before ended inside an escape
	tooDeep  bool
}

// scan goes on at w[i] and returns the index behind the value, or len(w) when
// the value goes on. Bytes before i belong to the same value.
func (st *scanState) scan(w []byte, i int) (n int, done bool) {
	depth, inString := st.depth, st.inString
	for i < len(w) {
		if inString {
			if i = stringEnd(w, i); i < 0 {
				i = len(w)
				break
			}
			inString = false
			if depth == 0 {
				return i, true
			}
			continue
		}
		c := w[i]
		i++
		switch {
		case c == '"':
			inString = true
		case c|0x20 == '{': // or '['
			if depth++; depth > MaxDepth {
				st.tooDeep = true
				return i, false
			}
		case c|0x20 == '}': // or ']'
			if depth--; depth == 0 {
				return i, true
			}
		}
	}
	st.depth, st.inString = depth, inString
	return i, false
}

// scanPiece is scan for a piece of a value of which the pieces before are gone.
func (st *scanState) scanPiece(w []byte) (n int, done bool) {
	skip := 0
	if st.escaped {
		skip = 1
	}
	n, done = st.scan(w[skip:], 0)
	st.escaped = st.inString && oddBackslashes(w[skip:skip+n])
	return skip + n, done
}

// stringEnd is the index behind the quote that closes the string around w[i],
// or -1.
func stringEnd(w []byte, i int) int {
	for {
		j := bytes.IndexByte(w[i:], '"')
		if j < 0 {
			return -1
		}
		i += j + 1
		if !oddBackslashes(w[:i-1]) {
			return i
		}
	}
}

func oddBackslashes(w []byte) bool {
	n := len(w)
	for n > 0 && w[n-1] == '\\' {
		n--
	}
	return (len(w)-n)%2 == 1
}

// CheckDepth refuses a JSON value in memory that is nested too deeply, before a
// recursive decoder sees it.
func CheckDepth(raw []byte) error {
	st := scanState{}
	if st.scan(raw, 0); st.tooDeep {
		return fault(Deep, "more than %d levels", MaxDepth)
	}
	return nil
}
