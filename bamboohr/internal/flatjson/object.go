package flatjson

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is the JSON type of a value.
type Kind uint8

// The kinds. Absent is no value at all, which is not the same as null.
const (
	Absent Kind = iota
	Null
	String
	Number
	Bool
	Composite // an array or object
)

// Parser walks over the members of one JSON object. It accepts exactly what
// encoding/json accepts, up to MaxDepth levels.
type Parser struct {
	// Expect is the key that probably comes next, as it was written in another object; it must be Plain. A key
	// that is the same needs no reading.
	Expect []byte

	b []byte
	i int
}

// NewParser reads the object in b.
func NewParser(b []byte) Parser { return Parser{b: b} }

// Parse reads a lone value.
func Parse(b []byte) (Token, error) {
	p := NewParser(b)
	p.space()
	t, err := p.value()
	if err != nil {
		return Token{}, err
	}
	return t, p.Close()
}

// Each calls f for the members of the object, until f says stop. Then what
// comes behind is not looked at.
func Each(object []byte, f func(Member) (more bool, err error)) error {
	p := NewParser(object)
	if err := p.Open(); err != nil {
		return err
	}
	var m Member
	for first := true; ; first = false {
		ok, err := p.Next(&m, first)
		if err != nil {
			return err
		}
		if !ok {
			return p.Close()
		}
		if more, err := f(m); err != nil || !more {
			return err
		}
	}
}

// Inside is the object under name in a record of which only the beginning may
// be there: the inner object then has only its beginning too. It is nil when
// the record does not reach so far.
func Inside(object []byte, name string) []byte {
	p := NewParser(object)
	if p.Open() != nil {
		return nil
	}
	var m Member
	for first := true; ; first = false {
		ok, err := p.Next(&m, first)
		switch found := string(m.Key.Raw) == name; {
		case err == nil && ok && found:
			return m.Value.Raw
		case err != nil && found && p.peek() == '{': // cut off; p stands at its brace
			return p.b[p.i:]
		case err != nil || !ok:
			return nil
		}
	}
}

// Token is a value as it stands in the record; the raw bytes of a string
// exclude its quotes.
type Token struct {
	Kind    Kind
	Escaped bool // a string with backslashes
	wide    bool // a string with bytes beyond ASCII
	Raw     []byte
}

// Plain tells that a string is ASCII and stands there as it is.
func (t Token) Plain() bool { return !t.Escaped && !t.wide }

// Member is one key and its value.
type Member struct {
	Key   Token
	Value Token
}

func (p *Parser) errorf(format string, args ...any) error {
	return fault(Broken, "byte %d of the record: %s", p.i, fmt.Sprintf(format, args...))
}

func (p *Parser) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\r', '\n':
			p.i++
		default:
			return
		}
	}
}

// peek is the next byte after white space, 0 at the end.
func (p *Parser) peek() byte {
	if p.i < len(p.b) && p.b[p.i] > ' ' {
		return p.b[p.i]
	}
	p.space()
	if p.i == len(p.b) {
		return 0
	}
	return p.b[p.i]
}

// Open consumes the "{" of the object.
func (p *Parser) Open() error {
	if p.peek() != '{' {
		return p.errorf("not an object")
	}
	p.i++
	return nil
}

// Next reads the following member into m. It is false behind the last one.
func (p *Parser) Next(m *Member, first bool) (bool, error) {
	c := p.peek()
	if c == '}' {
		p.i++
		return false, nil
	}
	if !first {
		if c != ',' {
			return false, p.errorf("no comma between values")
		}
		p.i++
		c = p.peek()
	}
	if c != '"' {
		return false, p.errorf("no key")
	}
	var err error
	if !p.expected(m) {
		if m.Key, err = p.text(); err != nil {
			return false, err
		}
	}
	if p.peek() != ':' {
		return false, p.errorf("no colon behind a key")
	}
	p.i++
	p.peek()
	m.Value, err = p.value()
	return err == nil, err
}

// expected reads the key at p.i if it is the expected one.
func (p *Parser) expected(m *Member) bool {
	start := p.i + 1
	end := start + len(p.Expect)
	if start == end || end >= len(p.b) || p.b[end] != '"' || string(p.b[start:end]) != string(p.Expect) {
		return false
	}
	m.Key, p.i = Token{Kind: String, Raw: p.b[start:end]}, end+1
	return true
}

// Close checks that nothing follows the object.
func (p *Parser) Close() error {
	if p.peek() != 0 || p.i != len(p.b) {
		return p.errorf("something behind the end")
	}
	return nil
}

// value reads the value at p.i.
func (p *Parser) value() (Token, error) {
	if p.i == len(p.b) {
		return Token{}, p.errorf("no value")
	}
	switch c := p.b[p.i]; c {
	case '"':
		return p.text()
	case '{', '[':
		return p.composite()
	case 'n':
		return p.word("null", Null)
	case 't':
		return p.word("true", Bool)
	case 'f':
		return p.word("false", Bool)
	}
	return p.number()
}

// text reads the string whose opening quote is at p.i.
func (p *Parser) text() (Token, error) {
	b, start := p.b, p.i+1
	escaped, all := false, byte(0)
	for i := start; i < len(b); i++ {
		c := b[i]
		all |= c
		switch {
		case c == '"':
			p.i = i + 1
			return Token{String, escaped, all >= utf8.RuneSelf, b[start:i]}, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			p.i = i
			return Token{}, p.errorf("control character %#02x in a text", c)
		}
	}
	p.i = len(b)
	return Token{}, p.errorf("a text without an end")
}

func (p *Parser) word(w string, kind Kind) (Token, error) {
	if !strings.HasPrefix(string(p.b[p.i:min(p.i+len(w), len(p.b))]), w) {
		return Token{}, p.errorf("unknown word")
	}
	raw := p.b[p.i : p.i+len(w)]
	p.i += len(w)
	return Token{Kind: kind, Raw: raw}, nil
}

// number reads a number by JSON's grammar.
func (p *Parser) number() (Token, error) {
	start := p.i
	p.skip('-')
	whole := p.i
	digits := p.digits()
	if digits == 0 || digits > 1 && p.b[whole] == '0' {
		return Token{}, p.errorf("not a value")
	}
	if p.skip('.') && p.digits() == 0 {
		return Token{}, p.errorf("no digit behind the point")
	}
	if p.skip('e') || p.skip('E') {
		if !p.skip('+') {
			p.skip('-')
		}
		if p.digits() == 0 {
			return Token{}, p.errorf("no digit in the exponent")
		}
	}
	return Token{Kind: Number, Raw: p.b[start:p.i]}, nil
}

func (p *Parser) skip(c byte) bool {
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *Parser) digits() int {
	start := p.i
	for p.i < len(p.b) && p.b[p.i]-'0' <= 9 {
		p.i++
	}
	return p.i - start
}

// composite reads an array or object as a whole.
func (p *Parser) composite() (Token, error) {
	st := scanState{}
	n, done := st.scan(p.b[p.i:], 0)
	raw := p.b[p.i : p.i+n]
	switch {
	case st.tooDeep:
		return Token{}, fault(Deep, "byte %d of the record", p.i+n)
	case !done || !json.Valid(raw):
		return Token{}, p.errorf("not valid JSON in a nested value")
	}
	p.i += n
	return Token{Kind: Composite, Raw: raw}, nil
}

// Append adds the decoded text of t to dst. clean is false when bytes that are
// not UTF-8, or half a surrogate pair, became U+FFFD.
func (t Token) Append(dst []byte) (out []byte, clean bool, err error) {
	switch t.Kind {
	case String:
		return t.appendText(dst)
	case Absent, Null:
		return dst, true, nil
	case Number:
		return appendNumber(dst, t.Raw), true, nil
	}
	return append(dst, t.Raw...), true, nil
}

func (t Token) appendText(dst []byte) (out []byte, clean bool, err error) {
	if t.Escaped {
		return appendUnescaped(dst, t.Raw)
	}
	if !t.wide || utf8.Valid(t.Raw) {
		return append(dst, t.Raw...), true, nil
	}
	for i := 0; i < len(t.Raw); {
		r, n := utf8.DecodeRune(t.Raw[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, false, nil
}

// appendUnescaped decodes the escapes of a JSON string.
func appendUnescaped(dst, raw []byte) (out []byte, clean bool, err error) {
	clean = true
	for i := 0; i < len(raw); {
		c := raw[i]
		if c < utf8.RuneSelf && c != '\\' {
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(raw[i:])
		if c == '\\' {
			if r, n = unescape(raw[i:]); n == 0 {
				return dst, clean, fault(Broken, "unknown escape in a text")
			}
		}
		clean = clean && (r != utf8.RuneError || n == 3)
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, clean, nil
}

// unescape reads the escape that b starts with and how long it is; 0 when it
// is none. Half a surrogate pair is utf8.RuneError.
func unescape(b []byte) (r rune, n int) {
	if len(b) < 2 {
		return 0, 0
	}
	if b[1] != 'u' {
		if i := strings.IndexByte(`"\/bfnrt`, b[1]); i >= 0 {
			return rune("\"\\/\b\f\n\r\t"[i]), 2
		}
		return 0, 0
	}
	r, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(b[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6
}

// hex4 reads \uXXXX.
func hex4(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	v := rune(0)
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		v = v<<4 | rune(c)
	}
	return v, true
}

// appendNumber writes a JSON number in its shortest decimal form, so that 4,
// 4.0 and 40e-1 are the same id. A number beyond float64 is kept as written.
func appendNumber(dst, raw []byte) []byte {
	s := string(raw)
	if strings.ContainsAny(s, "eE") {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return append(dst, raw...)
		}
		s = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		s = "0"
	}
	return append(dst, s...)
}
