package planrow

import "github.com/rollcall-hr/rollcall/directory"

// FieldSet tells which fields a row is about: a bit per standard field, in the order of
// directory.Standard, and one for all others together.
type FieldSet uint32

const otherFields = directory.StandardCount

// FieldBit returns the set of one field; of one that is not a standard field, the set of all such.
func FieldBit(f directory.Field) FieldSet {
	if slot := f.Slot(); slot >= 0 {
		return 1 << slot
	}
	return 1 << otherFields
}

// Fields returns the fields that a change writes or a held entry names, without restoring the row.
func (r *Reader) Fields(kind int64, body string) (FieldSet, error) {
	u := unpacker{s: body, r: r}
	var set FieldSet
	if !u.version() {
		return 0, ErrDamaged
	}
	switch kind {
	case Change:
		if u.byte()&namesPerson != 0 {
			u.word()
		} else {
			u.string()
		}
		u.word()
		u.word()
		for range u.count() {
			set |= u.skipField()
		}
	case Held:
		u.word()
		if f := u.fieldName(); f != "" {
			set = FieldBit(f)
		}
	}
	if u.bad {
		return 0, ErrDamaged
	}
	return set, nil
}

// skipField reads over one field change.
func (u *unpacker) skipField() FieldSet {
	set := FieldBit(u.fieldName())
	has := u.byte()
	if has&hasKind != 0 {
		u.word()
	}
	for bit := byte(hasBefore); bit <= hasAfterID; bit <<= 1 {
		if has&bit != 0 {
			u.string()
		}
	}
	if has&hasFrom != 0 {
		u.word()
	}
	return set
}
