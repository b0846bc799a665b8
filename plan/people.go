package plan

import (
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
)

// owner tells who may change a person.
type owner uint8

const (
	nobodys   owner = iota // not linked
	ours                   // linked to an employee of this connection
	elsewhere              // linked to another connection
)

// person is the compact memory of somebody in the directory.
type person struct {
	id         string
	email      string // as stored
	key        string // EmailKey
	number     string // Employee # in compare form
	label      string // name for display
	name       uint64 // hash of NameKey
	managerID  string
	source     int64
	entry      int32 // surveyed employee that is or becomes this person, none
	next       int32 // next person with the same address, none
	nextNumber int32 // next person with the same Employee #, none
	owner      owner
	status     directory.Status
	privileged bool
	manualLock bool
}

// directoryIndex finds people by id, employee, address, number and name.
type directoryIndex struct {
	all      []person
	expected int // how many, about
	indexed  bool
	ids      map[string]int32
	bySource map[int64]int32
	byEmail  map[string]int32
	numbers  map[string]int32   // made when it is first asked for
	names    map[uint64][]int32 // people without a link only
}

func (d *directoryIndex) add(p *directory.Brief, connection string) {
	x := person{id: p.ID, email: p.Email, key: directory.EmailKey(p.Email), number: directory.EmailKey(p.EmployeeID),
		label: p.Name, name: hashName(p.NameKey), managerID: p.ManagerID, entry: none, next: none, nextNumber: none,
		status: p.Status, privileged: p.Privileged, manualLock: p.ManualLock}
	switch p.Connection {
	case "":
	case connection:
		x.owner, x.source = ours, p.SourceID
	default:
		x.owner = elsewhere
	}
	if len(d.all) == cap(d.all) {
		d.all = slices.Grow(d.all, max(64, d.expected-len(d.all), len(d.all))) // doubled: there may be very many
	}
	d.all = append(d.all, x)
}

// index prepares the look-ups and reports whether it had something to do.
func (d *directoryIndex) index() bool {
	if d.indexed {
		return false
	}
	d.indexed = true
	for i := 1; i < len(d.all); i++ {
		if d.all[i-1].id > d.all[i].id {
			slices.SortFunc(d.all, func(a, b person) int { return strings.Compare(a.id, b.id) })
			break
		}
	}
	d.ids = make(map[string]int32, len(d.all))
	d.bySource = make(map[int64]int32, len(d.all))
	d.byEmail = make(map[string]int32, len(d.all))
	d.names = map[uint64][]int32{}
	for i := len(d.all) - 1; i >= 0; i-- {
		p := &d.all[i]
		d.ids[p.id] = int32(i)
		if p.owner == ours {
			d.bySource[p.source] = int32(i)
		}
		if p.key != "" {
			if other, ok := d.byEmail[p.key]; ok {
				p.next = other
			}
			d.byEmail[p.key] = int32(i)
		}
	}
	for i := range d.all {
		if p := &d.all[i]; p.owner == nobodys && p.name != 0 {
			d.names[p.name] = append(d.names[p.name], int32(i))
		}
	}
	return true
}

// byID finds a person.
func (d *directoryIndex) byID(id string) (int32, bool) {
	i, ok := d.ids[id]
	return i, ok
}

// emailHolders returns the people who have an address now.
func (d *directoryIndex) emailHolders(key string) []int32 {
	if key == "" {
		return nil
	}
	var out []int32
	i, ok := d.byEmail[key]
	for ok && i != none {
		out = append(out, i)
		i = d.all[i].next
	}
	return out
}

// numberHolders returns the people with an Employee #.
func (d *directoryIndex) numberHolders(number string) []int32 {
	if number == "" {
		return nil
	}
	if d.numbers == nil {
		d.numbers = make(map[string]int32, len(d.all))
		for i := len(d.all) - 1; i >= 0; i-- {
			p := &d.all[i]
			if p.number == "" {
				continue
			}
			if other, ok := d.numbers[p.number]; ok {
				p.nextNumber = other
			}
			d.numbers[p.number] = int32(i)
		}
	}
	var out []int32
	i, ok := d.numbers[number]
	for ok && i != none {
		out = append(out, i)
		i = d.all[i].nextNumber
	}
	return out
}

// emailOf returns the address of a person, "" when nobody has the id.
func (d *directoryIndex) emailOf(id string) string {
	if i, ok := d.byID(id); ok {
		return d.all[i].email
	}
	return ""
}

// title names a person in a sentence.
func (p *person) title() string {
	switch {
	case p.label == "":
		return p.email
	case p.email == "":
		return p.label
	}
	return p.label + " (" + p.email + ")"
}
