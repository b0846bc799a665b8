package view

import (
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// Overview is how an organisation stands.
type Overview struct {
	Seats    int // billable: active people
	People   int
	Statuses map[directory.Status]int
	FromHR   int
	Holds    int // in force
	OnHold   int // people with one
}

// HeadcountQuery says which months, and whom, to count.
type HeadcountQuery struct {
	From, To     time.Time      // the first and the last month: any instant in them
	Zone         *time.Location // whose calendar the day of a deactivation is told by; nil: UTC
	Department   string         // as stored; "": everybody
	ByDepartment bool           // a row per month and department
	LinkedOnly   bool           // only people from HR
}

// Month is the headcount of a month, or of a department in a month.
//
// A person joins on their hire date; without one, on the day on which they came into the directory. A
// person leaves on their deactivation date; when that is blank, on the day on which they were last
// deactivated, if they still are. An active person with a deactivation date ahead leaves on that day. A
// date of leaving before the date of joining is from an earlier employment and does not count, except
// for somebody who is deactivated. Active is who joined by the end of the month and did not leave by
// then. Departments are those of today.
type Month struct {
	Month      string // YYYY-MM
	Department string // with ByDepartment
	Joiners    int
	Leavers    int
	Active     int
}
