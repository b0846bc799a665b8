package view

import (
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// Sort is the order of a list of people; ties stand in the order in which people came.
type Sort string

// The orders; by name is the default, and what comes second in a department or status.
const (
	ByName       Sort = "name"
	ByEmail      Sort = "email"      // people without an address last
	ByDepartment Sort = "department" // people without one first
	ByStatus     Sort = "status"     // active, provisioned, deactivated
	ByUpdated    Sort = "updated"    // latest first
)

// PeopleQuery picks people; what is blank does not filter.
type PeopleQuery struct {
	Q          string // part of a name, address or employee number, without regard to case and accents
	Status     directory.Status
	Department string // as stored
	Team       string // as stored
	Location   string // as stored
	Connection string // id
	Role       directory.Role
	Manager    string // a person's id: who reports to them
	Unlinked   bool   // not from HR
	OnHold     bool   // a hold on the person or a field is in force
	Now        time.Time
	Sort       Sort
	After      string // cursor
	Limit      int    // 0: 50; at most 1000
}

// PersonRow is a person in a list.
type PersonRow struct {
	ID          string
	Name        string // display name, else first and last, else address, else id
	Email       string
	Status      directory.Status
	Role        directory.Role
	JobTitle    string
	Department  string
	Location    string
	ManagerID   string // "" when there is none, or not yet
	ManagerName string
	Connection  string // id; "" when not from HR
	SourceID    string // BambooHR's internal id
	HireDate    string // YYYY-MM-DD
	Held        bool   // a hold on the person or a field is in force at the query's Now
}

// Facet is a value and how many people have it.
type Facet struct {
	Value string // "" for people without one
	Count int
}

// PeopleFacets are the values by which people can be filtered, by value.
type PeopleFacets struct {
	Departments []Facet
	Locations   []Facet
	Statuses    []Facet
	Roles       []Facet
}

// PersonBrief is a person where only the name is shown.
type PersonBrief struct {
	ID     string
	Name   string
	Email  string
	Status directory.Status
}
