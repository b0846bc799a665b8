package directory

import (
	"slices"
	"strings"
)

// Field names one field of a person: a standard field of the table below, "budgets.NAME" or
// "custom.NAME". The words are the surface's (product, "Mapping").
type Field string

// The standard fields, in the order in which they are shown and hashed.
const (
	EmployeeID       Field = "employee_id" // BambooHR's Employee #, not its internal id
	Email            Field = "email"
	FirstName        Field = "first_name"
	LastName         Field = "last_name"
	PreferredName    Field = "preferred_name"
	DisplayName      Field = "display_name"
	JobTitle         Field = "job_title"
	Department       Field = "department"
	Division         Field = "division"
	Location         Field = "location"
	Teams            Field = "teams"   // list
	Manager          Field = "manager" // id of the managing person
	Phone            Field = "phone"
	Gender           Field = "gender"
	Birthday         Field = "birthday" // YYYY-MM-DD, or --MM-DD when the year is not known
	HireDate         Field = "hire_date"
	OriginalHireDate Field = "original_hire_date"
	DeactivationDate Field = "deactivation_date"
)

// StandardCount is the number of standard fields, the length of a field-by-slot array.
const StandardCount = 18

// Standard returns the standard fields in order.
func Standard() [StandardCount]Field {
	return [StandardCount]Field{EmployeeID, Email, FirstName, LastName, PreferredName, DisplayName, JobTitle,
		Department, Division, Location, Teams, Manager, Phone, Gender, Birthday, HireDate, OriginalHireDate, DeactivationDate}
}

// Slot returns the position of a standard field in Standard, -1 for budgets and custom fields.
func (f Field) Slot() int {
	switch f {
	case EmployeeID:
		return 0
	case Email:
		return 1
	case FirstName:
		return 2
	case LastName:
		return 3
	case PreferredName:
		return 4
	case DisplayName:
		return 5
	case JobTitle:
		return 6
	case Department:
		return 7
	case Division:
		return 8
	case Location:
		return 9
	case Teams:
		return 10
	case Manager:
		return 11
	case Phone:
		return 12
	case Gender:
		return 13
	case Birthday:
		return 14
	case HireDate:
		return 15
	case OriginalHireDate:
		return 16
	case DeactivationDate:
		return 17
	}
	return -1
}

// Kind is the type of a field's value and so its JSON form.
type Kind string

// The kinds. Every value is kept as canonical text; Kind says how to read it.
const (
	KindText    Kind = "text"
	KindDate    Kind = "date"    // YYYY-MM-DD
	KindList    Kind = "list"    // items joined by ListSeparator
	KindMoney   Kind = "money"   // "500.00 EUR"
	KindNumber  Kind = "number"  // canonical decimal
	KindBoolean Kind = "boolean" // "true" or "false"
	KindPerson  Kind = "person"  // a person's id
)

// ListSeparator joins the items of a list value; it is stripped from names on the way in.
const ListSeparator = "\x1f"

// Kind returns the kind of a standard field or budget; a custom field's kind travels with its value.
func (f Field) Kind() Kind {
	switch f {
	case Teams:
		return KindList
	case Manager:
		return KindPerson
	case Birthday, HireDate, OriginalHireDate, DeactivationDate:
		return KindDate
	}
	if strings.HasPrefix(string(f), "budgets.") {
		return KindMoney
	}
	return KindText
}

// Extra is the value of a budget or custom field.
type Extra struct {
	Field Field
	Kind  Kind
	Text  string
}

// Values holds the values of one person as canonical text, "" for blank. The zero Values is a person
// of whom everything is blank.
type Values struct {
	std   [StandardCount]string
	extra []Extra // sorted by field, never blank
}

// Get returns a value, "" when blank.
func (v *Values) Get(f Field) string {
	if i := f.Slot(); i >= 0 {
		return v.std[i]
	}
	i, ok := v.find(f)
	if !ok {
		return ""
	}
	return v.extra[i].Text
}

// At returns the value of the standard field with that Slot, "" when blank.
func (v *Values) At(slot int) string { return v.std[slot] }

// KindOf returns the kind of the value of f.
func (v *Values) KindOf(f Field) Kind {
	if i, ok := v.find(f); ok {
		return v.extra[i].Kind
	}
	return f.Kind()
}

// Set stores canonical text, "" to clear. kind matters for custom fields only.
func (v *Values) Set(f Field, kind Kind, text string) {
	if i := f.Slot(); i >= 0 {
		v.std[i] = text
		return
	}
	i, ok := v.find(f)
	switch {
	case ok && text == "":
		v.extra = slices.Delete(slices.Clone(v.extra), i, i+1)
	case ok:
		v.extra = slices.Clone(v.extra)
		v.extra[i] = Extra{f, kind, text}
	case text != "":
		v.extra = slices.Insert(slices.Clone(v.extra), i, Extra{f, kind, text})
	}
}

// Extras returns the budgets and custom fields, sorted by field; the caller must not change them.
func (v *Values) Extras() []Extra { return v.extra }

// List returns the items of a list value.
func (v *Values) List(f Field) []string { return SplitList(v.Get(f)) }

// SplitList returns the items of a list value's canonical text.
func SplitList(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ListSeparator)
}

// JoinList returns the canonical text of a list: items in the order given.
func JoinList(items []string) string { return strings.Join(items, ListSeparator) }

func (v *Values) find(f Field) (int, bool) {
	return slices.BinarySearchFunc(v.extra, f, func(e Extra, f Field) int { return strings.Compare(string(e.Field), string(f)) })
}
