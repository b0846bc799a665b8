package bamboohr

import (
	"bytes"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

// Row is a view on one record of a stream, good until the stream's next step.
type Row struct {
	raw    []byte
	number int
	shape  *rowShape
	stats  *Stats
}

// rowShape is what differs between the records of the endpoints.
type rowShape struct {
	id     string // key of the employee's id
	nested bool   // values lie in an inner object (dataset v2)
}

// fieldsKey is the key of that inner object.
const fieldsKey = "fields"

// nameOf is the id in a record that is broken or cut off, "" when it cannot be
// told: only to say whose record it is.
func (s *rowShape) nameOf(record []byte) string {
	if s.nested {
		record = flatjson.Inside(record, fieldsKey)
	}
	id, _ := find(record, s.id)
	return id.Text
}

// Raw is the whole record as it was sent: what a fingerprint is made of.
func (r Row) Raw() []byte { return r.raw }

// Number is the record's position in the stream, from 1.
func (r Row) Number() int { return r.number }

// ID is the internal id of the employee the record is about, found without
// decoding the record. It is an error, and the stream can go on, when the
// record has none.
func (r Row) ID() (string, error) {
	flat, err := r.flat()
	if err != nil {
		return "", r.fail(r.shape.nameOf(r.raw), err)
	}
	id, err := find(flat, r.shape.id)
	if err != nil {
		return "", r.fail("", err)
	}
	if id.Text == "" || id.Kind == Composite {
		return "", r.fail("", fault(ErrShape, "it has no %q", r.shape.id))
	}
	return id.Text, nil
}

// Restricted lists the fields that the key may not read in this record, as
// the employee list and the dataset name them (bamboohr-api §3.4); a dataset's
// "employee_" prefix is kept. Other endpoints do not tell, and give nil.
func (r Row) Restricted() ([]string, error) {
	const key = "_restrictedFields"
	if !bytes.Contains(r.raw, []byte(key)) {
		return nil, nil
	}
	v, err := find(r.raw, key)
	if err != nil {
		return nil, r.fail("", err)
	}
	if v.Kind <= Null {
		return nil, nil
	}
	var names keyed[ID]
	if err := decode([]byte(v.Text), &names); err != nil {
		return nil, r.fail("", err)
	}
	var out []string
	for _, n := range names {
		out = append(out, string(n.value))
	}
	return out, nil
}

// Decode reads the columns that d wants, in d's order. The slice is d's and
// good until the next Decode; the texts stay good, and share one allocation
// per record. An error is a *RecordError: the record is broken, the stream is
// not.
func (r Row) Decode(d *Decoder) ([]Scalar, error) {
	flat, err := r.flat()
	if err == nil {
		err = d.decode(flat, r.shape.id)
	}
	if err != nil {
		return nil, r.fail(r.shape.nameOf(r.raw), err)
	}
	if d.warning.DuplicateKey {
		r.stats.DuplicateKeys++
	}
	return d.values, nil
}

func (r Row) fail(id string, err error) error {
	return &RecordError{ID: id, Number: r.number, Err: asError(err, ErrShape)}
}

// flat is the object that holds the values.
func (r Row) flat() ([]byte, error) {
	if !r.shape.nested {
		return r.raw, nil
	}
	fields, err := find(r.raw, fieldsKey)
	if err == nil && fields.Kind != Composite {
		err = fault(ErrShape, "it has no %q", fieldsKey)
	}
	return []byte(fields.Text), err
}

// find reads the first member of that name; the zero Scalar when there is
// none. It does not look at what comes behind it.
func find(object []byte, name string) (found Scalar, err error) {
	err = flatjson.Each(object, func(m flatjson.Member) (bool, error) {
		if string(m.Key.Raw) != name {
			return true, nil
		}
		found, err = scalar(m.Value)
		return false, err
	})
	return found, err
}

// Record is a decoded record of a small answer: every column by its name.
type Record map[string]Scalar

// Text is the text of a column, "" when it is absent or null.
func (r Record) Text(column string) string { return r[column].Text }

// UnmarshalJSON decodes a flat object; of a key that comes twice the last wins.
func (r *Record) UnmarshalJSON(b []byte) error {
	*r = Record{}
	return flatjson.Each(b, func(m flatjson.Member) (bool, error) {
		key, err := scalar(m.Key)
		if err == nil {
			(*r)[key.Text], err = scalar(m.Value)
		}
		return true, err
	})
}
