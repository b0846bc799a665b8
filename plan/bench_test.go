package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

// company is a company whose records are made on demand, so that a benchmark measures the planner.
type company struct {
	n       int
	emails  []string
	numbers []string
	people  []directory.Brief
}

func newCompany(n int) *company {
	c := &company{n: n}
	for i := range n {
		c.emails = append(c.emails, fmt.Sprintf("employee.%d@acme.test", i+1))
		c.numbers = append(c.numbers, fmt.Sprint(10_000+i))
		id := directory.PersonID("o1", testConnection, fmt.Sprint(i+1))
		b := directory.Brief{ID: id, Connection: testConnection, SourceID: int64(i + 1), Status: directory.Active,
			Email: c.emails[i], EmployeeID: c.numbers[i], Name: "Ann Lee", NameKey: "ann lee"}
		if i > 0 {
			b.ManagerID = directory.PersonID("o1", testConnection, fmt.Sprint(i/8+1))
		}
		c.people = append(c.people, b)
	}
	// The store yields people by ascending id.
	slices.SortFunc(c.people, func(a, b directory.Brief) int { return strings.Compare(a.ID, b.ID) })
	return c
}

// record fills w with employee i.
func (c *company) record(i int, w *directory.Wanted) {
	match := w.Match[:0]
	*w = directory.Wanted{SourceID: int64(i + 1), Name: "Ann Lee", Account: directory.AccountActive, AccountText: "Active",
		Scope: directory.ScopeDecision{Verdict: directory.ScopeIn}, HireDate: "2020-01-01"}
	for slot := range w.Fields {
		w.Fields[slot] = directory.Want{State: directory.WantSet, Text: "value", From: "alias"}
	}
	w.Fields[directory.Email.Slot()].Text = c.emails[i]
	w.Fields[directory.EmployeeID.Slot()].Text = c.numbers[i]
	w.Fields[directory.Department.Slot()].Text = "Engineering"
	w.Fields[directory.DeactivationDate.Slot()] = directory.Want{State: directory.WantBlank}
	w.Manager = directory.ManagerRef{State: directory.WantBlank}
	if i > 0 {
		w.Manager = directory.ManagerRef{State: directory.WantSet, SourceID: int64(i/8 + 1)}
	}
	w.Match = append(match, directory.MatchKey{Name: "employee_number", Value: c.numbers[i]}, directory.MatchKey{Name: "work_email", Value: c.emails[i]})
}

func benchmarkInput(b *testing.B) Input {
	return newWorld(testPolicy(b, "departments: create"), testNow).input()
}

// BenchmarkFirstSync plans a company into an empty directory.
func BenchmarkFirstSync(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, in := newCompany(n), benchmarkInput(b)
			b.ReportAllocs()
			for b.Loop() {
				var w directory.Wanted
				rows := 0
				emit := func(Item) error { rows++; return nil }
				p := NewBuilder(in)
				for i := range n {
					c.record(i, &w)
					p.Survey(&w, false)
				}
				p.Resolve(nil, nil)
				for i := range n {
					c.record(i, &w)
					if err := p.Decide(&w, nil, nil, emit); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := p.Finish(Evidence{Employees: n}, emit); err != nil || rows != n+2 {
					b.Fatal(err, rows)
				}
			}
		})
	}
}

// BenchmarkOnePercent plans a company of whom one in a hundred changed.
func BenchmarkOnePercent(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, in := newCompany(n), benchmarkInput(b)
			in.Linked = LinkedCounts{People: n, Enabled: n}
			b.ReportAllocs()
			for b.Loop() {
				var w directory.Wanted
				emit := func(Item) error { return nil }
				p := NewBuilder(in)
				state := directory.LinkState{Outcome: directory.OutcomeLinked, Clean: true}
				for i := range n {
					if i%100 != 0 {
						state.SourceID = int64(i + 1)
						p.Skip(&state)
						continue
					}
					c.record(i, &w)
					p.Survey(&w, false)
				}
				for i := range c.people {
					p.AddPerson(&c.people[i])
				}
				p.Resolve(nil, nil)
				for i := 0; i < n; i += 100 {
					c.record(i, &w)
					cur := directory.Person{ID: directory.PersonID("o1", testConnection, fmt.Sprint(i+1)), Status: directory.Active, Link: &directory.Link{Connection: testConnection}}
					cur.Values.Set(directory.Email, "", c.emails[i])
					if err := p.Decide(&w, &cur, nil, emit); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := p.Finish(Evidence{Employees: n}, emit); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
