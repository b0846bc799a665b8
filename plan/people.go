package plan

import (
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/list"
)

// owner tells who may change a person.
type owner uint8

const (
	nobodys   owner = iota // not linked
	ours                   // linked to an employee of this connection
	elsewhere              // linked to another connection
)

// person is the compact memory of somebody in the directory, without a pointer as entry is; the texts are
// read through directoryIndex.
type person struct {
	name       uint64 // hash of NameKey
	source     int64
	idText     text
	mail       text  // as stored
	mailKey    text  // EmailKey
	numberText text  // Employee # in compare form
	labelText  text  // name for display
	boss       text  // the manager's id
	entry      int32 // surveyed employee that is or becomes this person, none
	next       int32 // next person with the same address, none
	nextNumber int32 // next person with the same Employee #, none
	owner      owner
	privileged bool
	manualLock bool
	off        bool // deactivated
}

// directoryIndex finds people by id, employee, address, number and name.
type directoryIndex struct {
	all      list.List[person] // by id once indexed
	texts    texts
	indexed  bool
	ids      textIndex
	bySource map[int64]int32
	byEmail  textIndex
	numbers  textIndex          // made when it is first asked for
	names    map[uint64][]int32 // people without a link only
}

func (d *directoryIndex) len() int { return d.all.Len() }

func (d *directoryIndex) at(i int32) *person { return d.all.At(int(i)) }

func (d *directoryIndex) id(i int32) string { return d.texts.get(d.at(i).idText) }

// email is the address as stored, emailKey in compare form.
func (d *directoryIndex) email(i int32) string    { return d.texts.get(d.at(i).mail) }
func (d *directoryIndex) emailKey(i int32) string { return d.texts.get(d.at(i).mailKey) }

// number is the Employee # in compare form.
func (d *directoryIndex) number(i int32) string { return d.texts.get(d.at(i).numberText) }

// label is the name for display.
func (d *directoryIndex) label(i int32) string { return d.texts.get(d.at(i).labelText) }

// managerID is the person's id of the manager.
func (d *directoryIndex) managerID(i int32) string { return d.texts.get(d.at(i).boss) }

func (d *directoryIndex) add(p *directory.Brief, connection string) {
	x := person{name: hashName(p.NameKey), entry: none, next: none, nextNumber: none, off: p.Status == directory.Deactivated,
		idText: d.texts.add(p.ID), mail: d.texts.add(p.Email), numberText: d.texts.add(directory.EmailKey(p.EmployeeID)),
		labelText: d.texts.add(p.Name), boss: d.texts.add(p.ManagerID), privileged: p.Privileged, manualLock: p.ManualLock}
	x.mailKey = x.mail
	if key := directory.EmailKey(p.Email); key != p.Email {
		x.mailKey = d.texts.add(key)
	}
	switch p.Connection {
	case "":
	case connection:
		x.owner, x.source = ours, p.SourceID
	default:
		x.owner = elsewhere
	}
	d.all.Append(x)
}

// index prepares the look-ups and reports whether it had something to do.
func (d *directoryIndex) index() bool {
	if d.indexed {
		return false
	}
	d.indexed = true
	d.all.Sort(func(a, b *person) int { return strings.Compare(d.texts.get(a.idText), d.texts.get(b.idText)) }, func(_, _ *person) {})
	d.ids, d.byEmail = newTextIndex(d.len(), d.id), newTextIndex(d.len(), d.emailKey)
	d.bySource = make(map[int64]int32, d.len())
	d.names = map[uint64][]int32{}
	for i := int32(d.len()) - 1; i >= 0; i-- {
		p := d.at(i)
		d.ids.put(i)
		if p.owner == ours {
			d.bySource[p.source] = i
		}
		if !p.mailKey.blank() {
			if other, ok := d.byEmail.get(d.emailKey(i)); ok {
				p.next = other
			}
			d.byEmail.put(i)
		}
	}
	for i, p := range d.all.All() {
		if p.owner == nobodys && p.name != 0 {
			d.names[p.name] = append(d.names[p.name], int32(i))
		}
	}
	return true
}

// byID finds a person.
func (d *directoryIndex) byID(id string) (int32, bool) {
	return d.ids.get(id)
}

// emailHolders returns the people who have an address now.
func (d *directoryIndex) emailHolders(key string) []int32 {
	if key == "" {
		return nil
	}
	var out []int32
	i, ok := d.byEmail.get(key)
	for ok && i != none {
		out = append(out, i)
		i = d.at(i).next
	}
	return out
}

// numberHolders returns the people with an Employee #.
func (d *directoryIndex) numberHolders(number string) []int32 {
	if number == "" {
		return nil
	}
	if d.numbers.text == nil {
		d.numbers = newTextIndex(d.len(), d.number)
		for i := int32(d.len()) - 1; i >= 0; i-- {
			p := d.at(i)
			if p.numberText.blank() {
				continue
			}
			if other, ok := d.numbers.get(d.number(i)); ok {
				p.nextNumber = other
			}
			d.numbers.put(i)
		}
	}
	var out []int32
	i, ok := d.numbers.get(number)
	for ok && i != none {
		out = append(out, i)
		i = d.at(i).nextNumber
	}
	return out
}

// emailOf returns the address of a person, "" when nobody has the id.
func (d *directoryIndex) emailOf(id string) string {
	if i, ok := d.byID(id); ok {
		return d.email(i)
	}
	return ""
}

// title names a person in a sentence.
func (d *directoryIndex) title(i int32) string {
	label, email := d.label(i), d.email(i)
	switch {
	case label == "":
		return email
	case email == "":
		return label
	}
	return label + " (" + email + ")"
}
