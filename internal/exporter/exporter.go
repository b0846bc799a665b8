// Package exporter brings people of the directory into BambooHR, once, so that BambooHR can lead from
// then on (promise SI37): as a stored plan of creations with a journal, the only way in which Rollcall
// writes employees. Linking the new employees to their people is left to the next sync, which finds the
// decision that the journal records; keeping plans and journal is left to the Journal.
//
// Creating an employee has no idempotency key and two equal requests make two people (bamboohr-api
// §2.10). So nobody is created before a look for the exact e-mail address, every attempt is journaled
// before it is sent, and after an answer that was lost the person is looked for before anything is sent
// again, also by a later process.
package exporter

import (
	"context"
	"iter"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
)

// State is what became of one person of an export.
type State string

// The states. Planned and Sending are open: Sending was sent to BambooHR and has no known outcome yet.
const (
	Planned State = "planned"
	Sending State = "sending"
	Created State = "created" // the employee is there and will be linked by the next sync
	Exists  State = "exists"  // somebody in BambooHR has the address; nothing was sent
	Refused State = "refused" // BambooHR would not create the employee
	Changed State = "changed" // the person changed since the plan was made; nothing was sent
)

// Open tells whether something is still to be done.
func (s State) Open() bool { return s == Planned || s == Sending }

// Field is one value that is written to BambooHR.
type Field struct {
	Field directory.Field
	Alias string // BambooHR's name of it
	Value string
}

// Row is one person to be created, and what became of it.
type Row struct {
	Seq       int // position in the export, from 1
	PersonID  string
	Version   int64 // of the person the row was made from
	Name      string
	Email     string
	Fields    []Field
	ManagerID string // the managing person, "" for nobody
	Manager   string // how that person is called

	State      State
	Attempts   int    // requests that may have reached BambooHR
	EmployeeID string // BambooHR's internal id, once it is known
	LineDone   bool   // the reporting line was dealt with
	Detail     string // why, for a reader: of a refusal, or what is missing of a created employee
}

// Export is a stored plan of creations in one BambooHR company.
type Export struct {
	ID         string
	Connection string // connection id
	Company    string // BambooHR sub-domain it was made for
	Actor      string
	MadeAt     time.Time
	Employees  int // whom BambooHR showed when it was made
	Rows       []Row
	Held       []plan.Held // who is not created, and which values are not written, and why
}

// Count returns the number of rows in a state.
func (e *Export) Count(s State) int {
	n := 0
	for i := range e.Rows {
		if e.Rows[i].State == s {
			n++
		}
	}
	return n
}

// Left is the number of people of whom something is still to be done.
func (e *Export) Left() int {
	n := 0
	for i := range e.Rows {
		if e.Rows[i].open() {
			n++
		}
	}
	return n
}

func (r *Row) open() bool { return r.State.Open() || r.State == Created && !r.LineDone }

// Interrupted tells whether the export was begun and has something left to do.
func (e *Export) Interrupted() bool { return e.Count(Planned) < len(e.Rows) && e.Left() > 0 }

// StaleError says that a stored export may not be carried out any more.
type StaleError struct{ ID, Why string }

func (e *StaleError) Error() string {
	return "export " + e.ID + " is stale: " + e.Why + "; make a new one with \"rollcall export bamboohr --create\""
}

// Code is the error's stable code.
func (e *StaleError) Code() string { return "stale" }

// TakenError says that another process is working on the same person of the same export.
type TakenError struct{ Name string }

func (e *TakenError) Error() string {
	return e.Name + " is being exported by another process; nothing was sent"
}

// People is the directory as far as an export needs it.
type People interface {
	// AllPeople yields everybody in full, in a fixed order.
	AllPeople(ctx context.Context) iter.Seq2[*directory.Person, error]
	// PersonsByID returns the people that exist among ids.
	PersonsByID(ctx context.Context, ids []string) ([]directory.Person, error)
	// Decisions returns how held matches of a connection were settled.
	Decisions(ctx context.Context, connection string) ([]directory.Decision, error)
}

// Journal keeps exports and what became of each of their rows.
type Journal interface {
	// SaveExport stores a new export.
	SaveExport(ctx context.Context, e Export) error
	// Export returns a connection's export, id "" the latest; directory.ErrNotFound when there is none.
	Export(ctx context.Context, connection, id string) (Export, error)
	// ClaimRow records that a creation is about to be sent: the row becomes Sending and counts one more
	// attempt. *TakenError when its state or attempts are not those of r any more. It must be on disk
	// when the call returns.
	ClaimRow(ctx context.Context, export string, r Row) error
	// SettleRow records what became of a row. A row that becomes Created also records, in the same
	// transaction, the decision that links employee and person, and an audit entry.
	SettleRow(ctx context.Context, e Export, r Row, actor string, now time.Time) error
}

// Exporter plans and carries out exports of one connection. All fields but Progress must be set. Two
// Apply calls for one connection must not run at once: the caller holds the connection's lease.
type Exporter struct {
	BambooHR   *bamboohr.Client
	People     People
	Journal    Journal
	Connection string // connection id
	Targets    Targets
	Now        func() time.Time
	NewID      func(prefix string) string
	Actor      string
	Progress   func(done, total int) // nil: nobody looks
}

// Targets tells in which BambooHR field a directory field is written.
type Targets map[directory.Field]string

// DefaultTargets are BambooHR's fields of the same meaning. Teams, budgets and custom fields have none;
// the reporting line is written apart, once everybody is there.
func DefaultTargets() Targets {
	return Targets{directory.EmployeeID: "employeeNumber", directory.Email: "workEmail", directory.FirstName: "firstName",
		directory.LastName: "lastName", directory.PreferredName: "preferredName", directory.JobTitle: "jobTitle",
		directory.Department: "department", directory.Division: "division", directory.Location: "location",
		directory.Phone: "workPhone", directory.Gender: "gender", directory.Birthday: "dateOfBirth",
		directory.HireDate: "hireDate", directory.OriginalHireDate: "originalHireDate"}
}

// Redirect writes a field where the connection's mapping reads it from, when that is a plain field which
// can be written: a mapping of location from city exports to city.
func (t Targets) Redirect(f directory.Field, alias string) {
	switch alias {
	case "city", "state", "country", "mobilePhone", "homePhone", "workPhone", "location", "division", "department", "jobTitle", "preferredName":
		if _, ok := t[f]; ok && f != directory.Email {
			t[f] = alias
		}
	}
}
