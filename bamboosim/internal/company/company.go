// Package company holds what a simulated BambooHR company is: its people with their dated job and employment
// history, its fields, its access levels and its clock-driven changes. It leaves HTTP, wire formats and faults to others.
package company

import "time"

// Directory modes: who is shown the company directory (bamboohr-api §2.3).
const (
	DirectoryShared   = "shared"    // the full form, to every key
	DirectoryOrgChart = "org_chart" // names, titles and pictures only
	DirectoryOff      = "off"       // 403
)

// BlankStatus in Employee.Status means that BambooHR shows no account status; the empty string means Active.
// The company file says the same with "status": null and with a missing key.
const BlankStatus = "(blank)"

// The two values of the account status.
const (
	Active   = "Active"
	Inactive = "Inactive"
)

// Terminated is the built-in employment status of leavers (bamboohr-api §3.5).
const Terminated = "Terminated"

// Company is one simulated BambooHR account: the simulator company file as a value.
type Company struct {
	Subdomain    string        // one DNS label, the "company" of the file
	Name         string        // shown name; defaults to Subdomain
	Today        string        // YYYY-MM-DD; the clock starts at 12:00 UTC of that day
	TimeZone     string        // IANA name that decides when a date begins; defaults to UTC
	Directory    string        // one of the Directory modes; defaults to DirectoryShared
	CustomFields []CustomField // fields beside the built-in ones
	AccessLevels []AccessLevel // what users may see
	Users        []User        // owners of API keys; none: one full-access user with the default key
	Employees    []Employee    // the people, in any order
	People       Source        // computed people instead of Employees, for companies too large to hold
}

// CustomField is a field the company made itself.
type CustomField struct {
	Name  string // as shown, e.g. "Shirt size"
	Alias string // API name; defaults to "custom" + Name without spaces and punctuation
	Type  string // text, checkbox, list, date, …; defaults to text
}

// AccessLevel says which fields of which people a user sees.
type AccessLevel struct {
	Name      string
	AllFields bool     // fields: "*"
	Fields    []string // aliases; ignored with AllFields
	People    People
	OwnHidden []string // aliases hidden on the user's own record
}

// People selects employees by their current values; all given keys must match. Each list holds accepted values.
type People struct {
	All              bool // people: "*"
	Location         []string
	Department       []string
	Division         []string
	EmploymentStatus []string
	Status           []string
	IDs              []int
}

// User owns API keys. A request runs with the rights its key's owner has at that moment (bamboohr-api §1.2).
type User struct {
	ID          string
	Email       string
	AccessLevel string
	EmployeeID  int // 0: a user who is no employee
	APIKeys     []string
	Disabled    bool
}

// Employee is one record. Blank values are empty strings; dates are kept as written, also impossible ones.
type Employee struct {
	ID             int // internal id, positive
	EmployeeNumber string
	FirstName      string
	MiddleName     string
	LastName       string
	PreferredName  string
	Status         string // Active, Inactive, "" (Active when loaded) or BlankStatus

	WorkEmail, HomeEmail string

	HireDate, OriginalHireDate, TerminationDate, DateOfBirth string // YYYY-MM-DD

	Gender, MaritalStatus, Pronouns string

	Address1, Address2, City, State, Zipcode, Country string

	WorkPhone, WorkPhoneExtension, MobilePhone, HomePhone string

	LinkedIn, Facebook, TwitterFeed, Instagram, Pinterest string

	PayRate, PayType, PayPer, Exempt string

	EmploymentStatus  []StatusRow
	JobInfo           []JobRow
	Custom            map[string]string // by alias of a custom field
	Photo             string            // "generated" or blank
	HiddenInDirectory bool

	PhotoData []byte // an uploaded picture, instead of a generated one
	CreatedBy string // user id of the API key that created the record
	Created   int64  // unix seconds
	Changed   int64  // unix seconds of the last change
}

// StatusRow is a row of the employment status table.
type StatusRow struct {
	RowID   int
	Date    string
	Status  string
	Comment string
}

// JobRow is a row of the job information table.
type JobRow struct {
	RowID      int
	Date       string
	Location   string
	Department string
	Division   string
	JobTitle   string
	ReportsTo  int // internal id of the manager, 0 for none
}

// Source computes people instead of holding them, so that a company of a million costs no memory.
// Ids ascend with the index. Implementations are safe for concurrent use.
type Source interface {
	Len() int
	// ID of the person at index i.
	ID(i int) int
	// Index of the person with that id.
	Index(id int) (i int, ok bool)
	// Load returns the person at index i, in scratch or elsewhere; the result is valid until scratch is used again.
	Load(i int, scratch *Employee) *Employee
	// Changed is the instant of the last change in unix seconds, cheaper than Load.
	Changed(i int) int64
	// Lists names the values that list fields may have, by alias.
	Lists() map[string][]string
}

// StartInstant is when the clock of a company starts: noon UTC of its Today.
func (c *Company) StartInstant() (time.Time, error) {
	day, err := time.Parse(time.DateOnly, c.Today)
	if err != nil {
		return time.Time{}, err
	}
	return day.Add(12 * time.Hour), nil
}

// Clone returns a copy that shares nothing mutable with e.
func (e *Employee) Clone() *Employee {
	c := *e
	c.EmploymentStatus = append([]StatusRow(nil), e.EmploymentStatus...)
	c.JobInfo = append([]JobRow(nil), e.JobInfo...)
	c.Custom = make(map[string]string, len(e.Custom))
	for k, v := range e.Custom {
		c.Custom[k] = v
	}
	return &c
}

// ApplyStatus is what a new employment status row means for the record: Terminated sets the termination date and, once
// the day is there, the account status; another status after a termination is a rehire, which with v1_1 moves the hire
// date to the original hire date ([D] bamboohr-api §2.8, §3.5).
func (e *Employee) ApplyStatus(status, date, today string, moveHireDate bool) {
	if status == Terminated {
		e.TerminationDate = date
		if date <= today {
			e.Status = Inactive
		}
		return
	}
	if e.TerminationDate == "" || date < e.TerminationDate {
		return
	}
	e.TerminationDate, e.Status = "", Active
	if moveHireDate {
		e.OriginalHireDate, e.HireDate = or(e.OriginalHireDate, e.HireDate), date
	}
}
