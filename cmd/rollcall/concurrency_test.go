//go:build linux

package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// failure is an error as -o json tells it.
type failure struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
		RunID   string `json:"run_id"`
	} `json:"error"`
}

// holdFirst keeps the first request waiting until open is called; arrived is closed when it is there.
func (o *office) holdFirst() (arrived <-chan struct{}, open func()) {
	here, opened := make(chan struct{}), make(chan struct{})
	var came atomic.Bool
	var last sync.Once
	o.sim.set(func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
		if came.CompareAndSwap(false, true) {
			close(here)
			select {
			case <-opened:
			case <-r.Context().Done():
			}
		}
		return w
	})
	open = func() { last.Do(func() { close(opened) }) }
	o.t.Cleanup(open)
	return here, open
}

// TestOneSyncAtATime starts ten syncs at once on a folder that is not there yet, while BambooHR is slow
// (security §3 #40): one runs, the others exit with 1 and name it, and history has one applied run.
func TestOneSyncAtATime(t *testing.T) {
	t.Parallel()
	const n = 10
	o := newOffice(t, invented(t, 40))
	_, open := o.holdFirst()
	type ended struct {
		p    *process
		code int
	}
	ends := make(chan ended, n)
	for range n {
		p := o.start("sync", "--yes", "-o", "json")
		go func() { ends <- ended{p, p.wait()} }()
	}
	running := ""
	for range n - 1 {
		e := <-ends
		var f failure
		e.p.into(&f)
		if e.code != 1 || f.Error.Code != "busy" || !strings.Contains(e.p.err.String(), f.Error.RunID) || strings.Count(e.p.err.String(), "\n") != 1 {
			t.Errorf("exit code %d, %s\n%s", e.code, &e.p.out, &e.p.err)
		}
		if running == "" {
			running = f.Error.RunID
		}
		if f.Error.RunID != running || running == "" {
			t.Errorf("one says that run %q is under way, another run %q", running, f.Error.RunID)
		}
	}
	// Meanwhile nobody else plans, applies or undoes, and history shows the run as running.
	for _, args := range [][]string{{"plan"}, {"undo", running, "--yes"}, {"sync", "--yes"}} {
		if p := o.exits(1, args...); !strings.Contains(p.err.String(), running) {
			t.Errorf("%s: %s", args, &p.err)
		}
	}
	if runs := o.history(); len(runs) != 1 || runs[0].ID != running || runs[0].outcome() != "running" {
		t.Errorf("history while it runs: %+v", runs)
	}
	open()
	winner := <-ends
	var run runLine
	winner.p.into(&run)
	if winner.code != 0 || run.ID != running || run.outcome() != "applied" || run.Counts["create"] == 0 {
		t.Errorf("the run that was named: exit code %d, %+v\n%s", winner.code, run, &winner.p.err)
	}
	if runs := o.history(); len(runs) != 1 || runs[0].outcome() != "applied" {
		t.Errorf("history: %+v", runs)
	}
	o.intact()
}

// TestTwoSyncsAtOnce lets two syncs race ten times over, all at the same time: whoever comes second
// either names the first or, when that is done already, finds nothing to do.
func TestTwoSyncsAtOnce(t *testing.T) {
	t.Parallel()
	company := invented(t, 40)
	calm := newOffice(t, company)
	calm.exits(0, "sync", "--yes")
	want := calm.directory()
	for i := range 10 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, company)
			pair := []*process{o.start("sync", "--yes", "-o", "json"), o.start("sync", "--yes", "-o", "json")}
			applied, busy := 0, 0
			var named []string
			for _, p := range pair {
				switch code := p.wait(); code {
				case 0:
					var run runLine
					p.into(&run)
					if run.outcome() == "applied" {
						applied++
					} else if run.outcome() != "no_op" {
						t.Errorf("run %+v", run)
					}
				case 1:
					var f failure
					p.into(&f)
					busy++
					if f.Error.Code != "busy" {
						t.Errorf("%s%s", &p.out, &p.err)
					}
					named = append(named, f.Error.RunID)
				default:
					t.Errorf("exit code %d\n%s%s", code, &p.out, &p.err)
				}
			}
			runs := o.history()
			if applied != 1 || len(runs) != 2-busy {
				t.Errorf("%d applied, %d busy, history %+v", applied, busy, runs)
			}
			for _, id := range named {
				if id != runs[0].ID {
					t.Errorf("run %s was named, history has %s", id, runs[0].ID)
				}
			}
			if diff := cmp.Diff(want, o.directory()); diff != "" {
				t.Errorf("the directory differs from that of one sync (-want +got):\n%.2000s", diff)
			}
			o.intact()
		})
	}
}

// TestLateWorker stops a sync for longer than its lease (security §3 #42). Another run takes over; once
// the first goes on, it writes nothing more and says so.
func TestLateWorker(t *testing.T) {
	t.Parallel()
	company := invented(t, 3000)
	calm := newOffice(t, company)
	calm.exits(0, "sync", "--yes")
	want := calm.directory()

	t.Run("while reading", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, company)
		arrived, open := o.holdFirst()
		late := o.start("sync", "--yes", "--lease", "5s", "-o", "json")
		<-arrived
		late.pause()
		o.takeOver(want)
		before := o.contents()
		late.resume()
		open()
		late.isLate(o, before)
	})
	t.Run("between two batches", func(t *testing.T) {
		t.Parallel()
		o := newOffice(t, company)
		late := o.startAndPauseBetweenBatches()
		o.endLease()
		o.takeOver(want)
		before := o.contents()
		late.resume()
		late.isLate(o, before)
	})
}

// pause stops a process as it stands, like a virtual machine that is moved.
func (p *process) pause() {
	p.t.Helper()
	if err := p.Process.Signal(syscall.SIGSTOP); err != nil {
		p.t.Fatal(err)
	}
	for {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Process.Pid))
		if err != nil {
			p.t.Fatal(err)
		}
		if state := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))[0]; state == "T" || state == "Z" {
			return
		}
	}
}

func (p *process) resume() {
	p.t.Helper()
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		p.t.Fatal(err)
	}
}

// startAndPauseBetweenBatches stops a sync that has applied a batch and is not inside a transaction. One
// that was too fast is tried again on a fresh folder.
func (o *office) startAndPauseBetweenBatches() *process {
	o.t.Helper()
	for range 30 {
		p := o.start("sync", "--yes", "-o", "json")
		for o.count("select count(*) from journal") == 0 {
		}
		for p.pause(); o.locked(); p.pause() {
			p.resume()
		}
		if o.count("select count(*) from journal") < 3 && o.count(runsUnderWay) == 1 {
			return p
		}
		p.resume()
		p.wait()
		if err := os.RemoveAll(o.data); err != nil {
			o.t.Fatal(err)
		}
	}
	o.t.Fatal("no sync could be stopped between two batches")
	return nil
}

// endLease lets the time of a stopped process's lease be up, as the database tells it: a lease that ends by itself
// would have to be so short that a slow machine loses it before the process is stopped.
func (o *office) endLease() {
	o.t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(o.data, "rollcall.db"), sqlite.OpenReadWrite)
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteTransient(c, "update leases set expires = 1", nil); err != nil {
		o.t.Fatal(err)
	}
}

// locked tells whether somebody is inside a write.
func (o *office) locked() bool {
	o.t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(o.data, "rollcall.db"), sqlite.OpenReadWrite)
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	c.SetBusyTimeout(0)
	return sqlitex.ExecuteTransient(c, "begin immediate", nil) != nil
}

// takeOver syncs again until the lease of the stopped run is over.
func (o *office) takeOver(want string) {
	o.t.Helper()
	for {
		p := o.start("sync", "--yes", "-o", "json")
		code := p.wait()
		if code == 0 {
			break
		}
		var f failure
		if p.into(&f); code != 1 || f.Error.Code != "busy" {
			o.t.Fatalf("exit code %d\n%s%s", code, &p.out, &p.err)
		}
	}
	if diff := cmp.Diff(want, o.directory()); diff != "" {
		o.t.Fatalf("the directory after the take-over (-want +got):\n%.2000s", diff)
	}
	if runs := o.history(); len(runs) != 2 || runs[0].outcome() != "applied" || runs[1].outcome() != "interrupted" {
		o.t.Fatalf("history after the take-over: %+v", runs)
	}
}

// isLate holds a worker that goes on after a take-over to its end.
func (p *process) isLate(o *office, before string) {
	p.t.Helper()
	code := p.wait()
	var f failure
	p.into(&f)
	if code != 1 || f.Error.Code != "taken_over" || !strings.Contains(p.err.String(), "another run has taken over this connection; nothing more was written") {
		p.t.Errorf("the late worker: exit code %d\n%s%s", code, &p.out, &p.err)
	}
	if diff := cmp.Diff(before, o.contents()); diff != "" {
		p.t.Errorf("the late worker wrote (-before +after):\n%.2000s", diff)
	}
	o.intact()
	var again runLine
	o.exits(0, "sync", "--yes", "-o", "json").into(&again)
	if again.outcome() != "no_op" || again.RowsWritten != 0 {
		p.t.Errorf("a sync afterwards: %+v", again)
	}
}

// contents are all rows of all tables.
func (o *office) contents() string {
	o.t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(o.data, "rollcall.db"), sqlite.OpenReadOnly)
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	var tables []string
	each := func(query string, row func(*sqlite.Stmt)) {
		if err := sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
			row(st)
			return nil
		}}); err != nil {
			o.t.Fatal(err)
		}
	}
	each("select name from sqlite_master where type = 'table' order by name", func(st *sqlite.Stmt) { tables = append(tables, st.ColumnText(0)) })
	var b strings.Builder
	for _, table := range tables {
		each("select * from "+table+" order by 1, 2", func(st *sqlite.Stmt) {
			b.WriteString(table)
			for i := range st.ColumnCount() {
				fmt.Fprintf(&b, "\t%q", st.ColumnText(i))
			}
			b.WriteByte('\n')
		})
	}
	return b.String()
}
