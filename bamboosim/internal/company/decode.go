package company

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
)

// decoder reads JSON strictly and collects every fault with the place it is at.
type decoder struct{ faults []error }

func (d *decoder) fault(at, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if at != "" { // the document itself has no name
		text = at + ": " + text
	}
	d.faults = append(d.faults, errors.New(text))
}

// keys says what to do with the value of each key an object may have.
type keys map[string]func(at string, raw json.RawMessage)

// document checks that raw is one JSON value and nothing else.
func (d *decoder) document(raw []byte) bool {
	dec := json.NewDecoder(bytes.NewReader(raw))
	var v json.RawMessage
	err := dec.Decode(&v)
	if err == nil {
		if _, more := dec.Token(); more != io.EOF {
			err = errors.New("something follows the JSON value")
		}
	}
	if err != nil {
		d.faults = append(d.faults, fmt.Errorf("read JSON: %w", err))
	}
	return err == nil
}

// object walks an object in the order written; keys that are unknown or given twice are faults.
func (d *decoder) object(at string, raw json.RawMessage, k keys, unknown func(key string) string) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		d.fault(at, "must be an object")
		return
	}
	seen := map[string]bool{}
	for dec.More() {
		t, _ := dec.Token() // document has checked the syntax
		key := t.(string)
		var value json.RawMessage
		_ = dec.Decode(&value) // likewise
		where := key
		if at != "" {
			where = at + "." + key
		}
		read, ok := k[key]
		switch {
		case seen[key]:
			d.fault(where, "is given twice")
		case !ok:
			d.fault(where, "%s", unknown(key))
		default:
			read(where, value)
		}
		seen[key] = true
	}
}

func unknownKey(string) string { return "unknown key" }

func isNull(raw json.RawMessage) bool { return string(raw) == "null" }

// list walks an array.
func (d *decoder) list(at string, raw json.RawMessage, item func(at string, raw json.RawMessage)) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		d.fault(at, "must be an array")
		return
	}
	for i, r := range items {
		item(at+"["+strconv.Itoa(i)+"]", r)
	}
}

// text reads a string; null is blank.
func (d *decoder) text(p *string) func(at string, raw json.RawMessage) {
	return func(at string, raw json.RawMessage) {
		var s *string
		if json.Unmarshal(raw, &s) != nil {
			d.fault(at, "must be a string or null")
			return
		}
		*p = ""
		if s != nil {
			*p = *s
		}
	}
}

// date reads a date; null and BambooHR's empty date are blank. Impossible dates are kept: BambooHR is simulated, not judged.
func (d *decoder) date(p *string) func(at string, raw json.RawMessage) {
	read := d.text(p)
	return func(at string, raw json.RawMessage) {
		read(at, raw)
		if *p == EmptyDate {
			*p = ""
		}
	}
}

// EmptyDate is BambooHR's blank date (bamboohr-api §3.3).
const EmptyDate = "0000-00-00"

func (d *decoder) flag(p *bool) func(at string, raw json.RawMessage) {
	return func(at string, raw json.RawMessage) {
		if json.Unmarshal(raw, p) != nil || isNull(raw) {
			d.fault(at, "must be true or false")
		}
	}
}

// id reads an internal id, written as a string or a number; null is 0.
func (d *decoder) id(p *int) func(at string, raw json.RawMessage) {
	return func(at string, raw json.RawMessage) {
		*p = 0
		if isNull(raw) {
			return
		}
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > math.MaxInt32 {
			d.fault(at, "must be an id (a number as a string)")
			return
		}
		*p = n
	}
}

func (d *decoder) texts(p *[]string) func(at string, raw json.RawMessage) {
	return func(at string, raw json.RawMessage) {
		*p = []string{}
		d.list(at, raw, func(at string, raw json.RawMessage) {
			var s string
			d.text(&s)(at, raw)
			*p = append(*p, s)
		})
	}
}
