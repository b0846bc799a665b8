package source

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/hr"
)

// maxWarnings bounds what a reading says about single records.
const maxWarnings = 20

// tally counts one reading for its certificate.
type tally struct {
	fields    []hr.FieldCount // in schema order
	aheadLost []string        // columns of the view with future rows that were not answered
	employees int
	active    int
	inactive  int
	hash      [2]uint64 // sum of all fingerprints, so that the order of the rows does not matter
	warnings  []string
	left      int // warnings that found no room
}

func newTally(schema *hr.Schema, answered func(slot int) bool) *tally {
	t := &tally{fields: make([]hr.FieldCount, schema.Len())}
	for i, name := range schema.Names() {
		t.fields[i] = hr.FieldCount{Field: name, Answered: answered(i)}
	}
	return t
}

// unchanged counts a record that was not decoded. What is not set is blank: a record with a single
// unreadable value never gets a fingerprint, and a column that is unreadable for everybody was not
// answered.
func (t *tally) unchanged(c hr.Coverage) {
	for i := range t.fields {
		f := &t.fields[i]
		switch {
		case c.Has(i):
			f.Set++
		case f.Answered:
			f.Blank++
		default:
			f.Unreadable++
		}
	}
	t.employee(c)
}

// decoded counts a record by its values.
func (t *tally) decoded(values []hr.Value, c hr.Coverage) {
	for i, v := range values {
		f := &t.fields[i]
		switch v.State() {
		case hr.Set:
			f.Set++
		case hr.Blank:
			f.Blank++
		default:
			f.Unreadable++
		}
	}
	t.employee(c)
}

// unusable counts a record with a problem: an employee of whom nothing is known.
func (t *tally) unusable() {
	for i := range t.fields {
		t.fields[i].Unreadable++
	}
	t.employees++
}

func (t *tally) employee(c hr.Coverage) {
	t.employees++
	switch {
	case c.Active():
		t.active++
	case c.Inactive():
		t.inactive++
	}
}

// mix adds a record to the hash of the reading.
func (t *tally) mix(f hr.Fingerprint) {
	var carry uint64
	t.hash[1], carry = bits.Add64(t.hash[1], binary.BigEndian.Uint64(f[8:]), 0)
	t.hash[0], _ = bits.Add64(t.hash[0], binary.BigEndian.Uint64(f[:8]), carry)
}

// warn keeps a sentence, once: the two reads of one company often have the same to say.
func (t *tally) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	switch {
	case slices.Contains(t.warnings, text):
	case len(t.warnings) == maxWarnings:
		t.left++
	default:
		t.warnings = append(t.warnings, text)
	}
}

// reading is the result; requests is how many were made for it.
func (t *tally) reading(requests int) hr.Reading {
	r := hr.Reading{
		Employees: t.employees, Active: t.active, Inactive: t.inactive,
		Fields: slices.Clone(t.fields), AheadLost: t.aheadLost, Requests: requests, Warnings: slices.Clone(t.warnings),
	}
	if t.left > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("and %d more of the kind", t.left))
	}
	var b [24]byte
	binary.BigEndian.PutUint64(b[:], t.hash[0])
	binary.BigEndian.PutUint64(b[8:], t.hash[1])
	binary.BigEndian.PutUint64(b[16:], uint64(t.employees))
	sum := sha256.Sum256(b[:]) // a tag that is shown would tell its key
	r.Hash = hex.EncodeToString(sum[:24])
	return r
}

// accountBits adds the account status to a coverage; BambooHR writes Active and Inactive, a value in
// another case counts too (security §3 #4).
func accountBits(c hr.Coverage, status string) hr.Coverage {
	switch {
	case strings.EqualFold(status, "active"):
		return c.WithActive()
	case strings.EqualFold(status, "inactive"):
		return c.WithInactive()
	}
	return c
}
