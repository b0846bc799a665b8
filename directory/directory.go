// Package directory holds what the application knows: people, their links to employees, departments,
// teams, reporting lines and holds, and the rules that always hold for them. It computes no changes
// (package plan) and keeps nothing (internal/store).
package directory

import (
	"cmp"
	"errors"
	"strings"
	"time"
)

// ErrNotFound says that a person, group, hold or run that was asked for does not exist; every other
// error means that nobody knows (style: an error is not an absence).
var ErrNotFound = errors.New("not found")

// Status is a person's state (product, "A person's states").
type Status string

// The states: provisioned exists but cannot sign in and is not billed, active was invited or signed in
// and is billed (promises AY12–AY14), deactivated cannot sign in and is kept.
const (
	Provisioned Status = "provisioned"
	Active      Status = "active"
	Deactivated Status = "deactivated"
)

// Seats is how many billed seats somebody in this state takes: 1 when active, else 0 (promise AY14).
func (s Status) Seats() int {
	if s == Active {
		return 1
	}
	return 0
}

// Role is what a person may do; it matters here because the last owner is never deactivated and an
// owner's or admin's account is never handed to an employee by matching (security §3 #29).
type Role string

// The roles of an organisation.
const (
	RoleOwner    Role = "owner"
	RoleAdmin    Role = "admin"
	RoleOperator Role = "operator"
	RoleAuditor  Role = "auditor"
	RoleMember   Role = "member"
)

// Privileged reports an owner or admin.
func (r Role) Privileged() bool { return r == RoleOwner || r == RoleAdmin }

// Link ties a person to an employee of one connection, on BambooHR's internal id.
type Link struct {
	Connection string // connection id
	SourceID   string // BambooHR's internal id
}

// Person is an account in the directory. Version counts every change of the record, by a run or by a
// human, and is what a planned change is checked against.
type Person struct {
	ID             string
	Version        int64
	Status         Status
	PreviousStatus Status // before the deactivation; what a re-activation returns to
	ManualLock     bool   // a human deactivated the account (promise C28)
	Role           Role
	Link           *Link // nil: not from HR
	Values         Values
	Edited         []Field // fields a human changed since the last run wrote them
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Name is how somebody is called in lists and sentences: by the display name, else by first and last name, else by the
// address; "" where nothing of that is known.
func (p *Person) Name() string {
	get := p.Values.Get
	return cmp.Or(get(DisplayName), strings.TrimSpace(get(FirstName)+" "+get(LastName)), get(Email))
}

// Brief is the little that the planner needs to know of everybody.
type Brief struct {
	ID         string
	Connection string // owning connection, "" when not from HR
	SourceID   int64  // 0 when not linked
	Status     Status
	Email      string // as stored; compare with EmailKey
	EmployeeID string
	Name       string // for display
	NameKey    string // NameKey of first and last name
	ManagerID  string
	Privileged bool
	ManualLock bool
}

// PeopleQuery names people by what is known of them; nobody need be there.
type PeopleQuery struct {
	SourceIDs []int64 // employees of one connection
	IDs       []string
	Emails    []string // EmailKey of the address
	Numbers   []string // EmailKey of the Employee #
}

// Empty reports that nobody is named.
func (q *PeopleQuery) Empty() bool {
	return len(q.SourceIDs)+len(q.IDs)+len(q.Emails)+len(q.Numbers) == 0
}

// Outcome is what became of an employee at the last evaluation.
type Outcome string

// The outcomes that may be skipped while nothing changes.
const (
	OutcomeLinked Outcome = "linked" // is a person
	OutcomeLeft   Outcome = "left"   // left before ever being linked; never created (promise C29)
)

// GroupKind tells departments from teams.
type GroupKind string

// The kinds of groups.
const (
	KindDepartment GroupKind = "department"
	KindTeam       GroupKind = "team"
)

// Group is a department or a team. Identity is the id; a rename keeps it. Two names are the same group
// when their NameKey is equal, or when one is an alias of the other.
type Group struct {
	ID      string
	Kind    GroupKind
	Name    string // stored NFC, as first seen or renamed
	Aliases []string
	Version int64
}

// Decision is how an administrator settled a held match (command decide).
type Decision struct {
	SourceID int64
	Kind     DecisionKind
	PersonID string // with DecideLink
}

// DecisionKind is the answer given.
type DecisionKind string

// The answers: link to that person, create a new one, or leave the employee out.
const (
	DecideLink   DecisionKind = "link"
	DecideNew    DecisionKind = "new"
	DecideIgnore DecisionKind = "ignore"
)
