package flatjson

import (
	"bytes"
	"io"
)

// Document walks over one JSON body that holds records: an array, or an object
// with the records under one key and small values beside them.
type Document struct {
	scanner
	rowsKey string            // "" when the body itself is the array
	Side    map[string][]byte // the values beside the records, as far as they were met
	found   bool              // the records were met
	closer  byte              // what ends the records
	keyed   bool              // the records are the values of an object
	first   bool              // no record was read yet
	number  int               // records read
	BOM     bool              // the body began with a byte order mark
}

// NewDocument reads a body through a window.
func NewDocument(src io.Reader, rowsKey string) *Document {
	return &Document{scanner: scanner{src: src}, rowsKey: rowsKey, Side: map[string][]byte{}}
}

// NewPage reads a body that is wholly in memory.
func NewPage(raw []byte, rowsKey string) *Document {
	s := scanner{buf: raw, end: len(raw), err: io.EOF}
	return &Document{scanner: s, rowsKey: rowsKey, Side: map[string][]byte{}}
}

// Open reads up to the first record. A body that fits into the window is
// checked to its last byte first, so that one which is cut short can be asked
// for again before anybody saw a record of it; then all of Side is known.
func (d *Document) Open() error {
	whole := d.fill()
	if d.err != nil && d.err != io.EOF {
		return d.err
	}
	if bytes.HasPrefix(d.buf[:d.end], []byte(byteOrderMark)) {
		d.BOM, d.pos = true, len(byteOrderMark)
	}
	d.peek()
	head := d.buf[d.pos:d.end]
	if whole {
		head = bytes.TrimSpace(head)
	}
	if _, err := Opening(head); err != nil {
		return err
	}
	if whole {
		if err := d.rehearse(); err != nil {
			return err
		}
	}
	return d.start()
}

// rehearse runs through a body in memory and keeps what stands beside the records.
func (d *Document) rehearse() error {
	trial := NewPage(d.buf[d.pos:d.end], d.rowsKey)
	trial.Side = d.Side
	if err := trial.start(); err != nil {
		return err
	}
	for {
		switch raw, err := trial.Next(); {
		case err == io.EOF:
			return nil
		case err != nil && raw == nil:
			return err
		}
	}
}

// start enters the outermost value.
func (d *Document) start() error {
	c, err := d.expect("{[")
	switch {
	case err != nil:
		return err
	case c == '{':
		return d.members(true)
	case d.rowsKey != "":
		return fault(Broken, "an array where an object should be")
	}
	d.begin(']')
	return nil
}

func (d *Document) begin(closer byte) {
	d.found, d.first, d.closer, d.keyed = true, true, closer, closer == '}'
}

// members reads the object's members up to the records, or to its end: then it
// returns ending's error.
func (d *Document) members(first bool) error {
	for ; ; first = false {
		if !first {
			if c, err := d.expect(",}"); err != nil {
				return err
			} else if c == '}' {
				return d.ending()
			}
		} else if c, ok := d.peek(); ok && c == '}' {
			d.pos++
			return d.ending()
		}
		key, err := d.key()
		if err != nil {
			return err
		}
		if key == d.rowsKey && key != "" {
			return d.container()
		}
		raw, err := d.value()
		if err != nil {
			return err
		}
		if len(d.Side) < 100 {
			d.Side[key] = bytes.Clone(raw)
		}
	}
}

// key reads a member's name and its colon.
func (d *Document) key() (string, error) {
	c, ok := d.peek()
	if !ok {
		return "", d.ended()
	}
	if c != '"' {
		return "", fault(Broken, "byte %d is %q where a key should be", d.Offset(), c)
	}
	raw, err := d.value()
	if err != nil {
		return "", err
	}
	name, err := Parse(raw)
	if err != nil {
		return "", err
	}
	text, _, err := name.Append(nil)
	if err != nil {
		return "", err
	}
	_, err = d.expect(":")
	return string(text), err
}

// container enters the records.
func (d *Document) container() error {
	if d.found {
		return fault(Broken, "%q comes twice", d.rowsKey)
	}
	c, ok := d.peek()
	if !ok {
		return d.ended()
	}
	switch c {
	case '[':
		d.begin(']')
	case '{': // PHP sends a map when a list has gaps
		d.begin('}')
	default:
		return fault(Nothing, "no records under %s", d.rowsKey)
	}
	d.pos++
	return nil
}

// ending checks that records were met and that only white space follows. It is
// io.EOF when all is well.
func (d *Document) ending() error {
	if !d.found && d.rowsKey == "" {
		return fault(Nothing, "an object where an array should be")
	}
	if !d.found {
		return fault(Nothing, "no %s", d.rowsKey)
	}
	if c, ok := d.peek(); ok {
		return fault(Broken, "byte %d is %q behind the end", d.Offset(), c)
	}
	return d.err
}

// Next cuts the following record. It is io.EOF once the whole body was read
// and found complete. A record that is too large gives its beginning and
// an *Error of reason Large, and the walk can go on; after any other error it cannot.
func (d *Document) Next() ([]byte, error) {
	more, err := d.step()
	if err != nil {
		return nil, err
	}
	if !more {
		if d.rowsKey == "" {
			return nil, d.ending()
		}
		return nil, d.members(false)
	}
	d.number++
	raw, err := d.value()
	if err == nil && raw[0] != '{' {
		return nil, fault(Broken, "record %d is not an object", d.number)
	}
	return raw, err
}

// step goes to the next record, past its comma and key; false behind the last.
func (d *Document) step() (bool, error) {
	c, ok := d.peek()
	if !ok {
		return false, d.ended()
	}
	if c == d.closer {
		d.pos++
		return false, nil
	}
	if !d.first {
		if _, err := d.expect(","); err != nil {
			return false, err
		}
	}
	d.first = false
	if d.keyed {
		_, err := d.key()
		return err == nil, err
	}
	return true, nil
}

// Opening looks at the first byte of a body without white space around it.
func Opening(raw []byte) (byte, error) {
	switch {
	case len(raw) == 0:
		return 0, fault(Nothing, "an empty body")
	case raw[0] == '{', raw[0] == '[':
		return raw[0], nil
	case raw[0] == '<':
		return 0, fault(NotJSON, "it is a web page")
	case bytes.Equal(raw, []byte("null")):
		return 0, fault(Nothing, "null")
	}
	return 0, fault(NotJSON, "it starts with %q", raw[:1])
}

// TrimBOM takes a byte order mark and white space off a body in memory.
func TrimBOM(raw []byte) []byte {
	return bytes.TrimSpace(bytes.TrimPrefix(raw, []byte(byteOrderMark)))
}
