//go:build unix

package views_test

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/plan"
)

// The benchmarks tell CPU time, and as a multiple of the floor: reading the same number of narrow rows
// (id, name, address) by key with the same engine, in the same run. They make a company of a hundred
// thousand people, which takes seconds.
const benchPeople = 100_000

func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// floor is the CPU time of selecting n rows out of a plain table of benchPeople rows.
func floor(b *testing.B, n int) time.Duration {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Helper()
			b.Fatal(err)
		}
	}
	c, err := sqlite.OpenConn(filepath.Join(b.TempDir(), "floor.db"))
	must(err)
	defer c.Close()
	must(sqlitex.ExecuteScript(c, fmt.Sprintf(`create table t (id integer primary key, name text, email text);
		with recursive r(i) as (select 1 union all select i + 1 from r where i < %d)
		insert into t select i, 'Ann Lee' || i, i || '.lee@acme.test' from r`, benchPeople), nil))
	const rounds = 20
	start := cpu()
	for i := range rounds {
		must(sqlitex.Execute(c, "select id, name, email from t where id > ? order by id limit ?", &sqlitex.ExecOptions{Args: []any{i, n},
			ResultFunc: func(st *sqlite.Stmt) error {
				_, _, _ = st.ColumnInt64(0), st.ColumnText(1), st.ColumnText(2)
				return nil
			}}))
	}
	return (cpu() - start) / rounds
}

// measure reports what f costs beside reading rows rows plainly.
func measure(b *testing.B, name string, rows int, f func() error) {
	b.Run(name, func(b *testing.B) {
		base := floor(b, rows)
		b.ResetTimer()
		start := cpu()
		for range b.N {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
		spent := (cpu() - start) / time.Duration(b.N)
		b.ReportMetric(float64(spent.Microseconds())/1000, "cpu-ms/op")
		b.ReportMetric(float64(spent)/float64(base), "x-floor")
	})
}

// bigCompany is applied from one plan; each fiftieth row of it is something else than a creation.
func bigCompany(b *testing.B) (w *world, planID, runID string) {
	w = newWorld(b)
	items := make([]plan.Item, benchPeople)
	for i := range items {
		id := int64(i + 1)
		p := person{first: []string{"Ann", "Bo", "Chidi", "Zoë"}[i%4], last: fmt.Sprintf("Lee%x", uint32(i)*2654435761), email: fmt.Sprintf("%08x.lee@acme.test", uint32(i)*2654435761),
			fields: map[directory.Field]string{directory.EmployeeID: fmt.Sprint(10_000 + i), directory.JobTitle: "Customer Success Manager",
				directory.Department: fmt.Sprint("Department ", i%40), directory.Division: "EMEA", directory.Location: "Utrecht", directory.Phone: "+31 30 1234567",
				directory.Gender: "Female", directory.Birthday: "1990-02-03", directory.HireDate: "2024-01-08", directory.Manager: w.personID(int64(i/7 + 1))}}
		p.fields[directory.DisplayName] = p.first + " " + p.last
		items[i] = w.create(id, p)
		switch {
		case i == benchPeople-1:
			items[i].Change.Kinds = plan.KindSet(0).With(plan.KindDeactivate)
		case i%2000 == 999:
			items[i] = plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Reason: plan.NoEmail, SourceID: id, Name: p.first + " " + p.last}}
		}
	}
	planID = w.store(mixedHeader(), items...).ID
	return w, planID, w.apply(planID, everything).ID
}

func BenchmarkPlan(b *testing.B) {
	w, planID, runID := bigCompany(b)
	rows := func(q views.PlanQuery) func() error {
		return func() error {
			_, err := w.v.PlanRows(b.Context(), planID, q)
			return err
		}
	}
	measure(b, "Summary", 50, func() error { _, err := w.v.PlanSummary(b.Context(), planID); return err })
	measure(b, "Page/first", 50, rows(views.PlanQuery{Part: views.PartChanges}))
	first, err := w.v.PlanRows(b.Context(), planID, views.PlanQuery{Q: "lee", Limit: 1})
	w.ok(err)
	measure(b, "Page/scattered", 50, rows(views.PlanQuery{Part: views.PartHeld, After: first.Next}))
	measure(b, "Page/rare", 50, rows(views.PlanQuery{Waiting: "refused"}))
	measure(b, "Page/field", 50, rows(views.PlanQuery{Field: directory.OriginalHireDate}))
	measure(b, "Search/none", 50, rows(views.PlanQuery{Q: "nobody has this"}))
	measure(b, "Search/many", 50, rows(views.PlanQuery{Q: "zoe"}))
	measure(b, "Newcomers", 50, func() error {
		for _, err := range w.db.Org("acme").Newcomers(b.Context(), planID) {
			if err != nil {
				return err
			}
		}
		return nil
	})
	measure(b, "RunPage", 50, func() error { _, err := w.v.RunRows(b.Context(), runID, views.PlanQuery{}); return err })
}

func BenchmarkPeople(b *testing.B) {
	w, _, _ := bigCompany(b)
	page := func(q views.PeopleQuery) func() error {
		return func() error {
			_, err := w.v.People(b.Context(), q)
			return err
		}
	}
	for _, s := range []views.Sort{views.ByName, views.ByEmail, views.ByDepartment, views.ByStatus, views.ByUpdated} {
		measure(b, "Page/"+string(s), 50, page(views.PeopleQuery{Sort: s}))
	}
	first, err := w.v.People(b.Context(), views.PeopleQuery{Q: "zoe", Limit: 1})
	w.ok(err)
	measure(b, "Page/next", 50, page(views.PeopleQuery{After: first.Next}))
	measure(b, "Page/status", 50, page(views.PeopleQuery{Status: directory.Active}))
	measure(b, "Page/department", 50, page(views.PeopleQuery{Department: "Department 7"}))
	measure(b, "Search/none", 50, page(views.PeopleQuery{Q: "nobody has this"}))
	measure(b, "Search/many", 50, page(views.PeopleQuery{Q: "zoe"}))
	measure(b, "Count/search", 50, func() error { _, err := w.v.CountPeople(b.Context(), views.PeopleQuery{Q: "ann"}); return err })
	measure(b, "Count", 50, func() error { _, err := w.v.CountPeople(b.Context(), views.PeopleQuery{}); return err })
	measure(b, "Facets", benchPeople, func() error { _, err := w.v.PeopleFacets(b.Context()); return err })
	measure(b, "OrgChart", benchPeople, func() error { _, err := w.v.OrgChart(b.Context(), "", 1); return err })
}
