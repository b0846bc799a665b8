package company

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Reader evaluates fields of one person at a time, as they are on a day. It is not safe for concurrent use.
type Reader struct {
	Person     *Employee
	Job        *JobRow    // the effective row; a blank one when there is none
	Employment *StatusRow // likewise

	view        *View
	onlyCurrent bool
	noJob       JobRow
	noStatus    StatusRow
	managers    [managerSlots]managerSlot
}

// managerSlots bounds the managers remembered while rows stream by; neighbours mostly share them.
const managerSlots = 64

type managerSlot struct {
	id      int
	found   bool
	scratch Employee
	person  *Employee
}

// NewReader reads people of the view; onlyCurrent false shows future rows and termination dates instead of
// the current ones (bamboohr-api §3.5).
func NewReader(v *View, onlyCurrent bool) *Reader {
	return &Reader{view: v, onlyCurrent: onlyCurrent}
}

// Stand moves the reader to a person.
func (r *Reader) Stand(e *Employee) {
	limit := r.view.Today
	if !r.onlyCurrent {
		limit = endOfTime
	}
	r.Person, r.Job, r.Employment = e, &r.noJob, &r.noStatus
	if row := e.jobOn(limit); row != nil {
		r.Job = row
	}
	if row := e.statusOn(limit); row != nil {
		r.Employment = row
	}
}

// endOfTime sorts after every date.
const endOfTime = "\xff"

// jobOn is the job row in force on a day: the greatest date not after it, the last one wins among equals
// (bamboohr-api §2.8); nil when there is none.
func (e *Employee) jobOn(day string) (best *JobRow) {
	for i := range e.JobInfo {
		if row := &e.JobInfo[i]; row.Date <= day && (best == nil || row.Date >= best.Date) {
			best = row
		}
	}
	return best
}

// statusOn is the employment status row in force on a day, by the same rule.
func (e *Employee) statusOn(day string) (best *StatusRow) {
	for i := range e.EmploymentStatus {
		if row := &e.EmploymentStatus[i]; row.Date <= day && (best == nil || row.Date >= best.Date) {
			best = row
		}
	}
	return best
}

// Value is the field's value for the person; "" is blank, also for a field that is none of the catalogue's.
func (r *Reader) Value(f *Field) string {
	var s string
	switch {
	case f.ptr != nil:
		s = *f.ptr(r.Person)
	case f.key != "":
		s = r.Person.Custom[f.key]
		if f.Kind == KindCheckbox {
			s = Checkbox(s)
		}
	case f.get != nil:
		return f.get(r)
	}
	// A termination in the future shows only without onlyCurrent ([R] report-custom-onlyCurrent-false-2022).
	if f.Alias == "terminationDate" && r.onlyCurrent && s > r.view.Today {
		return ""
	}
	return s
}

// Checkbox is the way reports show a checkbox: "1", or "0" also when blank ([R] report-custom-checkbox-supervisorEId).
// It understands what BambooHR accepts in writing (bamboohr-api §2.10).
func Checkbox(s string) string {
	switch strings.ToLower(s) {
	case "1", "yes", "true", "on":
		return "1"
	}
	return "0"
}

// Manager is the person the effective job row reports to; nil when there is none or the record is gone.
func (r *Reader) Manager() *Employee {
	id := r.Job.ReportsTo
	if id == 0 {
		return nil
	}
	slot := &r.managers[id%managerSlots]
	if slot.id != id {
		slot.person, slot.found = r.view.Find(id, &slot.scratch)
		slot.id = id
	}
	if !slot.found {
		return nil
	}
	return slot.person
}

func (r *Reader) ofManager(get func(m *Employee) string) string {
	if m := r.Manager(); m != nil {
		return get(m)
	}
	return ""
}

func managerFirstLast(r *Reader) string { return r.ofManager(firstLast) }

func firstLast(e *Employee) string { return join(e.FirstName, " ", e.LastName) }

func lastFirst(e *Employee) string { return join(e.LastName, ", ", e.FirstName) }

func join(a, sep, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + sep + b
}

// computedFields are valid in requests but not listed in meta/fields
// (bamboohr-api §2.9); names and types from the report recordings where one shows them, else assumed.
func computedFields() []*Field {
	names := []string{"firstName", "lastName"}
	calc := func(alias, name, typ string, needs []string, get func(r *Reader) string) *Field {
		return &Field{Alias: alias, Name: name, Type: typ, needs: needs, get: get}
	}
	manager := []string{"reportsTo"}
	photo := []string{"photoUrl"}
	birthday := calc("birthday", "Birthday", "text", []string{"dateOfBirth"}, birthday)
	birthday.Kind = KindEmpty
	uploaded := calc("photoUploaded", "Employee photo exists", "bool", photo, hasPhoto)
	uploaded.Kind = KindBool
	return []*Field{
		calc("id", "EEID", "int", nil, func(r *Reader) string { return strconv.Itoa(r.Person.ID) }),
		calc("displayName", "Display Name", "text", names, displayName),
		calc("fullName1", "First Name Last Name", "text", names, func(r *Reader) string { return firstLast(r.Person) }),
		calc("fullName2", "Last Name, First Name", "text", names, func(r *Reader) string { return lastFirst(r.Person) }),
		calc("fullName3", "Last Name, First Name Middle Name (Preferred Name)", "text", names, fullName3),
		calc("fullName4", "Last Name, First Name Middle Name", "text", names, fullName4),
		calc("fullName5", "First Name Middle Name Last Name", "text", names, fullName5),
		calc("supervisor", "Supervisor name", "text", manager, func(r *Reader) string { return r.ofManager(lastFirst) }),
		calc("supervisorId", "Supervisor ID", "text", manager, func(r *Reader) string {
			return r.ofManager(func(m *Employee) string { return m.EmployeeNumber }) // Employee #, not the id (§3.1)
		}),
		calc("supervisorEId", "Supervisor EID", "text", manager, func(r *Reader) string {
			return r.ofManager(func(m *Employee) string { return strconv.Itoa(m.ID) })
		}),
		calc("supervisorEmail", "Manager's email", "email", manager, func(r *Reader) string {
			return r.ofManager(func(m *Employee) string { return m.WorkEmail })
		}),
		birthday,
		calc("age", "Age", "int", []string{"dateOfBirth"}, age),
		calc("bestEmail", "Email", "email", []string{"workEmail"}, bestEmail),
		calc("lastChanged", "Last changed", "timestamp", nil, func(r *Reader) string { return Stamp(r.Person.Changed) }),
		calc("createdByUserId", "Created By User Id", "int", nil, func(r *Reader) string { return r.Person.CreatedBy }),
		calc("photoUrl", "Employee photo url", "url", nil, photoURL),
		uploaded,
		calc("isPhotoUploaded", "Is employee photo uploaded", "bool", photo, hasPhoto),
		{Alias: "isManager", Name: "Is Supervisor", Type: "bool", Internal: true, needs: manager, get: func(r *Reader) string {
			return strconv.FormatBool(r.view.Manages(r.Person.ID))
		}},
	}
}

// Stamp writes unix seconds the way BambooHR does, blank for 0.
func Stamp(unix int64) string {
	if unix == 0 {
		return ""
	}
	return time.Unix(unix, 0).UTC().Format("2006-01-02T15:04:05+00:00")
}

func displayName(r *Reader) string {
	if r.Person.PreferredName != "" {
		return join(r.Person.PreferredName, " ", r.Person.LastName)
	}
	return firstLast(r.Person)
}

func fullName3(r *Reader) string {
	if r.Person.PreferredName == "" {
		return fullName4(r)
	}
	return fullName4(r) + " (" + r.Person.PreferredName + ")"
}

func fullName4(r *Reader) string {
	return join(r.Person.LastName, ", ", join(r.Person.FirstName, " ", r.Person.MiddleName))
}

func fullName5(r *Reader) string {
	return join(join(r.Person.FirstName, " ", r.Person.MiddleName), " ", r.Person.LastName)
}

func bestEmail(r *Reader) string {
	if r.Person.WorkEmail != "" {
		return r.Person.WorkEmail
	}
	return r.Person.HomeEmail
}

func birthday(r *Reader) string {
	if d := r.Person.DateOfBirth; len(d) == len(time.DateOnly) && d[:4] > "0000" {
		return d[5:]
	}
	return ""
}

func age(r *Reader) string {
	born, err := time.Parse(time.DateOnly, r.Person.DateOfBirth)
	if err != nil {
		return ""
	}
	years := r.view.Now.Year() - born.Year()
	if r.view.Today[5:] < r.Person.DateOfBirth[5:] {
		years--
	}
	return strconv.Itoa(years)
}

func hasPhoto(r *Reader) string { return strconv.FormatBool(r.Person.HasPhoto()) }

// HasPhoto tells whether there is a picture, generated or uploaded.
func (e *Employee) HasPhoto() bool { return e.Photo != "" || e.PhotoData != nil }

// photoPeriod is how long a signed picture address lives (bamboohr-api §2.11).
const photoPeriod = 30 * 24 * time.Hour

// photoURL looks like BambooHR's signed address, and is signed anew every 30 days.
func photoURL(r *Reader) string {
	if !r.Person.HasPhoto() {
		return "https://resources.bamboohr.com/images/photo_person_160x160.png"
	}
	until := r.view.Now.Truncate(photoPeriod).Add(photoPeriod).Unix()
	policy := strconv.Itoa(r.Person.ID) + ":" + strconv.FormatInt(until, 10)
	sum := md5.Sum([]byte(policy))
	return "https://images7.bamboohr.com/100001/photos/" + strconv.Itoa(r.Person.ID) + "-6-4.jpg?Policy=" +
		strings.TrimRight(base64.URLEncoding.EncodeToString([]byte(policy)), "=") +
		"&Signature=" + hex.EncodeToString(sum[:]) + "&Key-Pair-Id=SIMULATED"
}
