package hr

import (
	"fmt"
	"slices"
	"time"
)

// FieldCount counts one column over a whole reading, in employees.
type FieldCount struct {
	Field      string
	Answered   bool // the answer had the column at all
	Set        int
	Blank      int
	Unreadable int
}

// Reading is what a reader counted over one complete read.
type Reading struct {
	Employees int
	Active    int
	Inactive  int
	Fields    []FieldCount // in schema order
	AheadLost []string     // columns that the answer with future-dated rows did not have
	Requests  int          // HTTP requests made, retries included
	Hash      string       // over all records in order; equal hashes mean equal content
	Warnings  []string     // what the reader put right, in words, bounded
}

// Field returns the count of one column, false when the reading did not ask for it.
func (r Reading) Field(name string) (FieldCount, bool) {
	for _, f := range r.Fields {
		if f.Field == name {
			return f, true
		}
	}
	return FieldCount{}, false
}

// UnreadableFields lists, in schema order, the columns that nobody's record showed.
func (r Reading) UnreadableFields() []string {
	var out []string
	for _, f := range r.Fields {
		if !f.Answered || (f.Unreadable > 0 && f.Set+f.Blank == 0) {
			out = append(out, f.Field)
		}
	}
	return out
}

// EmptyFields lists, in schema order, the columns that were readable and had a value for nobody.
func (r Reading) EmptyFields() []string {
	var out []string
	for _, f := range r.Fields {
		if f.Answered && f.Set == 0 && f.Blank > 0 {
			out = append(out, f.Field)
		}
	}
	return out
}

// Baseline is what the last good reading counted, or what an administrator accepted since.
type Baseline struct {
	Employees int
	Set       map[string]int // employees with a value, by field
	TakenAt   time.Time
}

// BaselineOf keeps of a reading what the next one is held against.
func BaselineOf(r Reading, at time.Time) Baseline {
	b := Baseline{Employees: r.Employees, Set: make(map[string]int, len(r.Fields)), TakenAt: at}
	for _, f := range r.Fields {
		b.Set[f.Field] = f.Set
	}
	return b
}

// Grade is the outcome of Certify.
type Grade string

// The grades: complete allows everything, doubtful refuses deactivations, missing and blanking until
// an administrator accepts the new baseline, failed allows no plan at all and cannot be released
// (product, "Reading").
const (
	Complete Grade = "complete"
	Doubtful Grade = "doubtful"
	Failed   Grade = "failed"
)

// Doubt is one reason why a reading is not complete.
type Doubt struct {
	Code   string // no_employees, unreadable_column, empty_column, status_blank, head_count
	Field  string
	Before int // employees
	After  int // employees
	Text   string
}

// Certificate is the proof, or the lack of it, that a reading shows the whole company.
type Certificate struct {
	Grade  Grade
	Doubts []Doubt
}

// Certify grades a reading beside the last good one (nil: none yet). critical are the columns used by
// match, scope or leaving: one that is unreadable for everyone, or that most people had a value in and
// nobody has now, makes the reading Failed. A head-count down by more than max(5, 5 %) makes it
// Doubtful (security §3 #1–#3, #6; promises SI39, SI40).
func Certify(r Reading, last *Baseline, critical []string) Certificate {
	c := Certificate{Grade: Complete}
	if r.Employees == 0 {
		before := 0
		if last != nil {
			before = last.Employees
		}
		c.fail(Doubt{Code: "no_employees", Before: before,
			Text: fmt.Sprintf("BambooHR returned 0 of %d employees", before)})
		return c
	}
	unreadable := r.UnreadableFields()
	for _, f := range critical {
		c.checkColumn(r, last, f, slices.Contains(unreadable, f))
	}
	if last != nil {
		c.checkHeadCount(r.Employees, last.Employees)
	}
	return c
}

func (c *Certificate) fail(d Doubt) {
	c.Grade = Failed
	c.Doubts = append(c.Doubts, d)
}

func (c *Certificate) checkColumn(r Reading, last *Baseline, field string, unreadable bool) {
	n, asked := r.Field(field)
	switch {
	case !asked:
	case unreadable:
		c.fail(Doubt{Code: "unreadable_column", Field: field, After: n.Unreadable,
			Text: fmt.Sprintf("the key cannot read %q for anybody, and the settings depend on it", field)})
	case field == "status" && n.Set == 0:
		c.fail(Doubt{Code: "status_blank", Field: field, After: n.Set,
			Text: fmt.Sprintf("the account status is blank for all %d employees; BambooHR always has one, so the key does not see it", r.Employees)})
	case last != nil && n.Set == 0 && 2*last.Set[field] >= last.Employees && last.Set[field] > 0:
		c.fail(Doubt{Code: "empty_column", Field: field, Before: last.Set[field], After: 0,
			Text: fmt.Sprintf("%q has a value for nobody; at the last good read %d employees had one", field, last.Set[field])})
	}
}

func (c *Certificate) checkHeadCount(now, before int) {
	drop := before - now
	if drop <= 5 || drop*100 <= 5*before {
		return
	}
	if c.Grade == Complete {
		c.Grade = Doubtful
	}
	c.Doubts = append(c.Doubts, Doubt{Code: "head_count", Before: before, After: now,
		Text: fmt.Sprintf("BambooHR shows %d employees, %d fewer than the %d of the last good read (5 people and 5 %% are let through)", now, drop, before)})
}
