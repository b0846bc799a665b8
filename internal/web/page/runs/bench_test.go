//go:build unix

package runs_test

import (
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const benchPeople = 100_000

func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// plainQuery is the CPU time of selecting a page's 50 rows by key from a plain table of as many rows, with
// the same engine.
func plainQuery(b *testing.B) time.Duration {
	b.Helper()
	c, err := sqlite.OpenConn(filepath.Join(b.TempDir(), "plain.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteScript(c, `create table t (id integer primary key, name text, email text);
		with recursive r(i) as (select 1 union all select i + 1 from r where i < 100000) insert into t select i, 'Ann Lee' || i, i || '@acme.test' from r`, nil); err != nil {
		b.Fatal(err)
	}
	const rounds = 200
	start := cpu()
	for i := range rounds {
		err := sqlitex.Execute(c, "select id, name, email from t where id > ? order by id limit 50", &sqlitex.ExecOptions{Args: []any{i},
			ResultFunc: func(st *sqlite.Stmt) error {
				_, _, _ = st.ColumnInt64(0), st.ColumnText(1), st.ColumnText(2)
				return nil
			}})
		if err != nil {
			b.Fatal(err)
		}
	}
	return (cpu() - start) / rounds
}

// BenchmarkPlanPage tells the CPU time of whole pages of a plan of a hundred thousand changes, and as a
// multiple of a plain query in the same run. A page may take 20 ms, a search 50 ms (performance §6.4).
func BenchmarkPlanPage(b *testing.B) {
	w := newWorld(b, office(benchPeople))
	plan := w.preview()
	plain := plainQuery(b)
	for _, page := range []struct{ name, path string }{
		{"first", plan}, {"filtered", plan + "?action=create_department"}, {"held", plan + "?part=held"}, {"search", plan + "?q=family99"},
		{"searchNobody", plan + "?q=nobody+has+this"}, {"confirm", plan + "/confirm"}, {"confirmOne", plan + "/confirm?only=5000"},
	} {
		b.Run(page.name, func(b *testing.B) {
			b.ResetTimer()
			start := cpu()
			for range b.N {
				if a := w.ask("owner", http.MethodGet, page.path, nil); a.Code != http.StatusOK {
					b.Fatal(a.Code)
				}
			}
			spent := (cpu() - start) / time.Duration(b.N)
			b.ReportMetric(float64(spent.Microseconds())/1000, "cpu-ms/op")
			b.ReportMetric(float64(spent)/float64(plain), "x-plain")
		})
	}
}
