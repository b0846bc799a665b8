package gen

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

func TestAppendDateAgreesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.IntRange(-30_000, 60_000).Draw(t, "day")
		if got, want := string(appendDate(nil, day)), time.Unix(int64(day)*86400, 0).UTC().Format(time.DateOnly); got != want {
			t.Fatalf("day %d: %s, want %s", day, got, want)
		}
	})
}

// Everybody's chain of managers ends at the head of the company, and addresses are unique, also in a company so large
// that pairs of names repeat.
func TestTreeAndAddressesOfHugeCompany(t *testing.T) {
	c, err := Generate(Options{Employees: 60_000, Today: "2026-11-21"})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool, c.People.Len())
	var e company.Employee
	for i := range c.People.Len() {
		p := c.People.Load(i, &e)
		if p.ID != c.People.ID(i) || p.Changed != c.People.Changed(i) {
			t.Fatalf("index %d: id %d, changed %d", i, p.ID, p.Changed)
		}
		if p.WorkEmail != "" && seen[p.WorkEmail] {
			t.Fatalf("%s is used twice", p.WorkEmail)
		}
		seen[p.WorkEmail] = true
		for _, row := range p.JobInfo {
			if manager, ok := c.People.Index(row.ReportsTo); row.ReportsTo != 0 && (!ok || manager >= i) {
				t.Fatalf("%d reports to %d", p.ID, row.ReportsTo)
			}
		}
		for n := 1; n < len(p.JobInfo); n++ {
			if p.JobInfo[n].Date < p.JobInfo[n-1].Date || p.JobInfo[n].RowID == p.JobInfo[n-1].RowID {
				t.Fatalf("rows of %d: %v", p.ID, p.JobInfo)
			}
		}
	}
}
