package directory

import (
	"slices"
	"time"
)

// FieldGroup names fields that are frozen together.
type FieldGroup string

// The groups of fields; see FieldGroup.Fields.
const (
	FieldsReportingLines FieldGroup = "reporting_lines"
	FieldsDepartments    FieldGroup = "departments"
	FieldsJobs           FieldGroup = "jobs"
	FieldsNames          FieldGroup = "names"
	FieldsAddresses      FieldGroup = "addresses"
)

// FieldGroups returns the groups in the order in which they are shown.
func FieldGroups() []FieldGroup {
	return []FieldGroup{FieldsReportingLines, FieldsDepartments, FieldsJobs, FieldsNames, FieldsAddresses}
}

// Fields returns the fields of a group; none for a word that is no group.
func (g FieldGroup) Fields() []Field {
	switch g {
	case FieldsReportingLines:
		return []Field{Manager}
	case FieldsDepartments:
		return []Field{Department, Division, Teams}
	case FieldsJobs:
		return []Field{JobTitle, Location}
	case FieldsNames:
		return []Field{FirstName, LastName, PreferredName, DisplayName}
	case FieldsAddresses:
		return []Field{Email}
	}
	return nil
}

// Freeze keeps runs of one connection from changing some fields of anybody who is in the directory
// already, for example the reporting lines during a review cycle (product, "Beyond what anyone has"). New
// people get all their fields, and nobody's status is ever frozen: who leaves, leaves.
type Freeze struct {
	ID         string
	Connection string
	What       []string  // field groups and single fields, as they were asked for
	Until      time.Time // zero: until somebody ends it; it ends at this instant
	Reason     string
	CreatedBy  string
	CreatedAt  time.Time
}

// Overlaps reports whether two freezes are about one field.
func (f *Freeze) Overlaps(o *Freeze) bool {
	return slices.ContainsFunc(f.What, func(what string) bool {
		fields := FieldGroup(what).Fields()
		return slices.ContainsFunc(append(fields, Field(what)), o.Covers)
	})
}

// EndsAfter reports whether the freeze outlasts another; one without an end outlasts every other.
func (f *Freeze) EndsAfter(o *Freeze) bool {
	if f.Until.IsZero() || o.Until.IsZero() {
		return f.Until.IsZero() && !o.Until.IsZero()
	}
	return f.Until.After(o.Until)
}

// Active reports whether the freeze is in force at t.
func (f *Freeze) Active(t time.Time) bool { return f.Until.IsZero() || t.Before(f.Until) }

// Covers reports whether the freeze is about a field.
func (f *Freeze) Covers(field Field) bool {
	return slices.ContainsFunc(f.What, func(what string) bool {
		return what == string(field) || slices.Contains(FieldGroup(what).Fields(), field)
	})
}
