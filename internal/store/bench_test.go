//go:build unix

package store

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// The benchmarks report their CPU time as a multiple of a floor that is measured beside them: the same
// number of people written by the same engine as rows of 28 columns with a unique address, in one
// transaction (machines differ by more than the code does).

// sizes of a company; -short leaves the large one out.
func sizes(b *testing.B) []int {
	if testing.Short() {
		return []int{10_000}
	}
	return []int{10_000, 100_000}
}

// floor writes n rows of 28 columns with a unique index in one transaction.
func floor(b *testing.B, n int) time.Duration {
	b.Helper()
	db, err := sqldb.OpenSQLite(filepath.Join(b.TempDir(), "floor.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	columns, marks := make([]string, 28), make([]string, 28)
	for i := range columns {
		columns[i], marks[i] = fmt.Sprintf("c%d text", i), fmt.Sprintf("$%d", i+1)
	}
	emails := make([]string, n)
	for i := range emails {
		emails[i] = email(i)
	}
	start := cpu()
	if err := db.Write(b.Context(), func(c sqldb.Conn) error {
		if err := c.Script("create table t (" + strings.Join(columns, ", ") + "); create unique index u on t (c0)"); err != nil {
			return err
		}
		insert := "insert into t values (" + strings.Join(marks, ", ") + ")"
		for i := range n {
			st := c.Prepare(insert)
			st.Text(emails[i])
			for range 27 {
				st.Text("Customer Success")
			}
			if _, err := st.Run(); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	return cpu() - start
}

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// email spreads addresses over the alphabet, as names do.
func email(i int) string { return fmt.Sprintf("%08x.lee@acme.test", uint32(i)*2654435761) }

// company returns the plan rows of a first sync: fields as a real mapping fills them.
func company(conn string, n int) []plan.Item {
	items := make([]plan.Item, n)
	for i := range items {
		id := directory.PersonID("acme", conn, fmt.Sprint(i+1))
		c := &plan.Change{Action: plan.Create, Reason: plan.NewInHR, Sentence: "Ann Lee is new in BambooHR", SourceID: int64(i + 1), PersonID: id,
			Email: email(i), Name: "Ann Lee", StatusAfter: directory.Provisioned,
			Link: &directory.LinkState{SourceID: int64(i + 1), PersonID: id, Outcome: directory.OutcomeLinked, Revision: "0123456789abcdef0123456789abcdef",
				Clean: true, Coverage: 1<<62 | 0xffff, Fingerprint: [16]byte{byte(i), byte(i >> 8), 3}},
			Trace: plan.Trace{Account: "Active", Hire: "2024-01-08", Scope: "in", Match: "new"}}
		for _, f := range []struct {
			field directory.Field
			text  string
		}{
			{directory.EmployeeID, fmt.Sprint(10_000 + i)}, {directory.Email, email(i)}, {directory.FirstName, "Ann"}, {directory.LastName, fmt.Sprint("Lee", i)},
			{directory.DisplayName, fmt.Sprint("Ann Lee", i)}, {directory.JobTitle, "Customer Success Manager"}, {directory.Department, "Customer Success"},
			{directory.Division, "EMEA"}, {directory.Location, "Utrecht"}, {directory.Phone, "+31 30 1234567"}, {directory.Gender, "Female"},
			{directory.Birthday, "1990-02-03"}, {directory.HireDate, "2024-01-08"},
		} {
			c.Fields = append(c.Fields, plan.FieldChange{Field: f.field, Kind: f.field.Kind(), After: f.text, From: "hr." + string(f.field)})
		}
		if i > 0 {
			boss := (i - 1) / 7
			c.Fields = append(c.Fields, plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, After: email(boss),
				AfterID: directory.PersonID("acme", conn, fmt.Sprint(boss+1)), From: "supervisorEId"})
		}
		items[i] = plan.Item{Change: c}
	}
	return items
}

// bench is a store with one connection and a run that holds its lease.
type bench struct {
	*Store
	b     testing.TB
	conn  string
	lease syncrun.Lease
	run   syncrun.Run
}

func newBench(b testing.TB) *bench {
	s := &bench{Store: openTest(b).Org("acme"), b: b}
	c, err := s.EnsureConnection(b.Context(), "HR")
	s.ok(err)
	s.conn = c.ID
	s.run = syncrun.Run{ID: "run_1", Connection: c.ID, Trigger: syncrun.TriggerManual}
	s.lease, err = s.Acquire(b.Context(), c.ID, s.run.ID, time.Hour)
	s.ok(err)
	s.ok(s.StartRun(b.Context(), s.lease, s.run))
	return s
}

func (s *bench) ok(err error) {
	if err != nil {
		s.b.Helper()
		s.b.Fatal(err)
	}
}

func (s *bench) store(items []plan.Item) string {
	w, err := s.NewPlan(s.b.Context(), s.lease, "plan_1", "", "", testNow())
	s.ok(err)
	for i := range items {
		s.ok(w.Add(s.b.Context(), items[i]))
	}
	info, err := w.Finish(s.b.Context(), plan.Header{}, hrBaseline())
	s.ok(err)
	return info.ID
}

func (s *bench) apply(planID string) {
	batch := make([]int64, 0, 1000)
	flush := func() {
		_, err := s.ApplyBatch(s.b.Context(), s.lease, s.run, planID, batch, testNow())
		s.ok(err)
		batch = batch[:0]
	}
	for it, err := range s.Items(s.b.Context(), planID, 0, false) {
		s.ok(err)
		if batch = append(batch, it.Seq); len(batch) == cap(batch) {
			flush()
		}
	}
	flush()
}

// BenchmarkFirstSync stores a plan of creations and applies it in batches of 1,000.
func BenchmarkFirstSync(b *testing.B) {
	for _, n := range sizes(b) {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var base, add, apply time.Duration
			for range b.N {
				b.StopTimer()
				base += floor(b, n)
				s := newBench(b)
				items := company(s.conn, n)
				b.StartTimer()
				start := cpu()
				id := s.store(items)
				add += cpu() - start
				start = cpu()
				s.apply(id)
				apply += cpu() - start
			}
			b.ReportMetric(float64(add)/float64(base), "add/floor")
			b.ReportMetric(float64(apply)/float64(base), "apply/floor")
			b.ReportMetric(float64((add+apply).Microseconds())/float64(n*b.N), "cpu-µs/person")
		})
	}
}

// BenchmarkScans reads what a sync reads when nothing changed, and pages of a large plan.
func BenchmarkScans(b *testing.B) {
	for _, n := range sizes(b) {
		s := newBench(b)
		id := s.store(company(s.conn, n))
		s.apply(id)
		for name, scan := range map[string]func() int{
			"LinkStates": func() int { return count(s, s.LinkStates(b.Context(), s.conn, false)) },
			"Briefs":     func() int { return count(s, s.Briefs(b.Context(), false)) },
			"Unlinked":   func() int { return n + count(s, s.Briefs(b.Context(), true)) },
			"AllPeople":  func() int { return count(s, s.AllPeople(b.Context())) },
			"Items":      func() int { return count(s, s.Items(b.Context(), id, 0, false)) },
			"Counts": func() int {
				c, err := s.Counts(b.Context(), s.conn)
				s.ok(err)
				return c.People
			},
			"LastPage": func() int { return n - 50 + count(s, s.Items(b.Context(), id, int64(n-50), false)) },
			"StaleRecords": func() int {
				seqs := make([]int64, n)
				for i := range seqs {
					seqs[i] = int64(i + 1)
				}
				_, err := s.StaleRecords(b.Context(), id, seqs, 1)
				s.ok(err)
				return n
			},
			"History": func() int {
				h, err := s.History(b.Context(), "", s.conn, int64(n/2))
				s.ok(err)
				return n - 1 + len(h.Entries)
			},
		} {
			b.Run(fmt.Sprint(name, "/", n), func(b *testing.B) {
				start := cpu()
				for range b.N {
					if got := scan(); got != n {
						b.Fatalf("%s saw %d of %d", name, got, n)
					}
				}
				b.ReportMetric(float64((cpu()-start).Microseconds())/1000/float64(b.N), "cpu-ms/op")
			})
		}
	}
}

func count[T any](s *bench, seq func(func(T, error) bool)) int {
	n := 0
	for _, err := range seq {
		s.ok(err)
		n++
	}
	return n
}

// BenchmarkIdleRun is the bookkeeping of a run that finds nothing to do.
func BenchmarkIdleRun(b *testing.B) {
	s := newBench(b)
	s.ok(s.Release(b.Context(), s.lease))
	for i := 0; b.Loop(); i++ {
		r := syncrun.Run{ID: fmt.Sprint("run_i", i), Connection: s.conn, Trigger: syncrun.TriggerSchedule}
		l, err := s.Acquire(b.Context(), s.conn, r.ID, time.Minute)
		s.ok(err)
		s.ok(s.StartRun(b.Context(), l, r))
		w, err := s.NewPlan(b.Context(), l, fmt.Sprint("plan_i", i), "", "", testNow())
		s.ok(err)
		_, err = w.Finish(b.Context(), plan.Header{}, hrBaseline())
		s.ok(err)
		s.ok(s.FinishReading(b.Context(), l, true, nil))
		s.ok(s.FinishRun(b.Context(), l, r))
		s.ok(s.Release(b.Context(), l))
	}
}
