package bamboohr

import (
	"bytes"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// ScalarKind is the JSON type that a value was sent as.
type ScalarKind uint8

// The kinds of a Scalar. Absent is a column that the record does not have,
// which is not the same as null (bamboohr-api §3.4).
const (
	Absent    = ScalarKind(flatjson.Absent)
	Null      = ScalarKind(flatjson.Null)
	String    = ScalarKind(flatjson.String)
	Number    = ScalarKind(flatjson.Number)    // Text is its shortest decimal form: 4, not 4.0
	Bool      = ScalarKind(flatjson.Bool)      // Text is true or false
	Composite = ScalarKind(flatjson.Composite) // an array or object; Text is its JSON
)

// Scalar is one decoded value of a flat record.
type Scalar struct {
	Kind ScalarKind
	Text string
}

// Empty tells whether s carries no value: absent, null, or text that is
// IsEmpty. Whether it is blank or may not be read is for the caller to find out.
func (s Scalar) Empty() bool { return s.Kind <= Null || IsEmpty(s.Text) }

func scalar(t flatjson.Token) (Scalar, error) {
	if t.Kind == flatjson.String && t.Plain() {
		return Scalar{String, string(t.Raw)}, nil
	}
	text, _, err := t.Append(nil)
	return Scalar{ScalarKind(t.Kind), string(text)}, err
}

// parseScalar decodes one JSON value.
func parseScalar(raw []byte) (Scalar, error) {
	t, err := flatjson.Parse(raw)
	if err != nil {
		return Scalar{}, err
	}
	return scalar(t)
}

// Warning is what was odd about a record but did not stop it (security §3 #20).
type Warning struct {
	InvalidUTF8  bool // bytes that are not UTF-8 became U+FFFD
	DuplicateKey bool // a wanted column came twice; the last one was taken
}

// Decoder reads chosen columns of flat records, one record after the other.
// It is not safe for use by several goroutines.
type Decoder struct {
	slots   map[string]int
	guess   []column // what stood at each position of the last record
	values  []Scalar
	spans   [][2]int // of each value's text in arena
	arena   []byte
	scratch []byte
	warning Warning
}

// column is a key as it is written in the records, and its slot or -1.
type column struct {
	key   []byte
	plain bool // see flatjson.Token
	slot  int
}

// NewDecoder makes a decoder for distinct columns; values come in their order.
func NewDecoder(columns ...string) *Decoder {
	d := &Decoder{
		slots:  make(map[string]int, len(columns)),
		values: make([]Scalar, len(columns)),
		spans:  make([][2]int, len(columns)),
	}
	for i, name := range columns {
		d.slots[name] = i
	}
	return d
}

// Warning tells what was odd in the record decoded last.
func (d *Decoder) Warning() Warning { return d.warning }

// decode reads one object. Two different values under idKey are an error: it
// would not be known whose record it is.
func (d *Decoder) decode(object []byte, idKey string) error {
	clear(d.values)
	d.arena, d.warning = d.arena[:0], Warning{}
	p := flatjson.NewParser(object)
	if err := p.Open(); err != nil {
		return err
	}
	var m flatjson.Member
	for position := 0; ; position++ {
		p.Expect = nil
		if position < len(d.guess) && d.guess[position].plain {
			p.Expect = d.guess[position].key
		}
		ok, err := p.Next(&m, position == 0)
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if err := d.take(&m, position, idKey); err != nil {
			return err
		}
	}
	if err := p.Close(); err != nil {
		return err
	}
	text := string(d.arena)
	for i := range d.values {
		if v := &d.values[i]; v.Kind > Null {
			v.Text = text[d.spans[i][0]:d.spans[i][1]]
		}
	}
	return nil
}

// take stores a wanted member and checks an unwanted one.
func (d *Decoder) take(m *flatjson.Member, position int, idKey string) error {
	slot, err := d.slot(m.Key, position)
	if err != nil {
		return err
	}
	if slot < 0 {
		if m.Value.Escaped {
			d.scratch, _, err = m.Value.Append(d.scratch[:0])
		}
		return err
	}
	start := len(d.arena)
	var clean bool
	if d.arena, clean, err = m.Value.Append(d.arena); err != nil {
		return err
	}
	if !clean {
		d.warning.InvalidUTF8 = true
	}
	if d.values[slot].Kind != Absent {
		d.warning.DuplicateKey = true
		before := d.arena[d.spans[slot][0]:d.spans[slot][1]]
		if string(m.Key.Raw) == idKey && !bytes.Equal(before, d.arena[start:]) {
			return fault(ErrShape, "it has two different values of %q", idKey)
		}
	}
	d.values[slot].Kind = ScalarKind(m.Value.Kind)
	d.spans[slot] = [2]int{start, len(d.arena)}
	return nil
}

// slot finds where a key's value goes. Records of one answer have their keys
// in the same order, so the key at this position of the last record is tried
// first.
func (d *Decoder) slot(key flatjson.Token, position int) (int, error) {
	if position < len(d.guess) {
		if g := &d.guess[position]; bytes.Equal(g.key, key.Raw) {
			return g.slot, nil
		}
	}
	name := key.Raw
	if key.Escaped || !utf8.Valid(key.Raw) {
		var err error
		if d.scratch, _, err = key.Append(d.scratch[:0]); err != nil {
			return -1, err
		}
		name = d.scratch
	}
	slot, ok := d.slots[string(name)]
	if !ok {
		slot = -1
	}
	if position == len(d.guess) {
		d.guess = append(d.guess, column{})
	}
	if position < len(d.guess) {
		g := &d.guess[position]
		g.key, g.plain, g.slot = append(g.key[:0], key.Raw...), key.Plain(), slot
	}
	return slot, nil
}
