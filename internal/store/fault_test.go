package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func testNow() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func person(id, email string) directory.Person {
	p := directory.Person{ID: id, Status: directory.Active, Role: directory.RoleMember}
	p.Values.Set(directory.Email, directory.KindText, email)
	return p
}

// TestMain lets the test binary be the other process of the tests below.
func TestMain(m *testing.M) {
	if dir := os.Getenv("STORE_TEST_DIR"); dir != "" {
		if err := otherProcess(dir, os.Getenv("STORE_TEST_DO")); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func otherProcess(dir, what string) error {
	ctx := context.Background()
	db, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	s := db.Org("acme")
	c, err := s.EnsureConnection(ctx, "HR")
	if err != nil {
		return err
	}
	switch what {
	case "lease": // hold it until killed
		l, err := s.Acquire(ctx, c.ID, "run_other", time.Hour)
		if err != nil {
			return err
		}
		if err := s.StartRun(ctx, l, syncrun.Run{ID: "run_other", Connection: c.ID}); err != nil {
			return err
		}
		fmt.Println("ready")
		bufio.NewReader(os.Stdin).ReadString('\n')
	case "half": // die inside a transaction
		return s.write(ctx, func(t tx) error {
			for i := range 1000 {
				p := person(fmt.Sprintf("p_half_%d", i), "")
				if _, err := t.insertPerson(&p, 0); err != nil {
					return err
				}
			}
			fmt.Println("ready")
			bufio.NewReader(os.Stdin).ReadString('\n')
			return nil
		})
	case "count": // many small writes beside those of other processes
		for i := range 100 {
			d := directory.Decision{SourceID: int64(os.Getpid()*100 + i), Kind: directory.DecideNew}
			if err := s.Decide(ctx, c.ID, d, "x", testNow()); err != nil {
				return err
			}
		}
		fmt.Println("ready")
	}
	return nil
}

// spawn starts another process and waits until it is ready.
func spawn(t *testing.T, dir, what string) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_DIR="+dir, "STORE_TEST_DO="+what)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	kill = func() {
		once.Do(func() {
			cmd.Process.Kill()
			cmd.Wait()
		})
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if strings.TrimSpace(line) != "ready" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return kill
}

func TestLeaseOfAnotherProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("a process that died is told from a living one on Linux only")
	}
	dir := filepath.Join(t.TempDir(), "data")
	s := reopen(t, dir).Org("acme")
	kill := spawn(t, dir, "lease")
	c, err := s.EnsureConnection(t.Context(), "HR")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Acquire(t.Context(), c.ID, "run_mine", time.Hour)
	if busy, ok := errors.AsType[*syncrun.BusyError](err); !ok || busy.RunID != "run_other" {
		t.Fatalf("while the other process lives: %v, want busy with run_other", err)
	}
	if r, err := s.Run(t.Context(), "run_other"); err != nil || r.Outcome != "" {
		t.Errorf("its run is %q, %v; want running", r.Outcome, err)
	}
	kill()
	// Its lease is good for an hour, but nobody needs to wait for it.
	if r, err := s.Run(t.Context(), "run_other"); err != nil || r.Outcome != syncrun.OutcomeInterrupted {
		t.Errorf("its run is %q, %v; want interrupted", r.Outcome, err)
	}
	l, err := s.Acquire(t.Context(), c.ID, "run_mine", time.Hour)
	if err != nil || l.Fence != 2 {
		t.Fatalf("after its death: %+v, %v", l, err)
	}
	if err := s.read(t.Context(), func(tx tx) error {
		_, err := tx.first("select outcome from runs where org = $1 and id = 'run_other'", func(st stmt) {
			if got := st.ColText(0); got != string(syncrun.OutcomeInterrupted) {
				t.Errorf("the take-over left its run marked %q", got)
			}
		}, tx.org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	// Another process that got the dead one's number is told by its start.
	if err := s.write(t.Context(), func(t tx) error {
		_, err := t.exec("update leases set started = started - 1 where org = $1", t.org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acquire(t.Context(), c.ID, "run_next", time.Hour); err != nil {
		t.Errorf("a process number given out again: %v", err)
	}
}

// TestStandsStillInsideATransaction: what is written under a lease whose time ends before the commit is not kept
// (security §3 #42).
func TestStandsStillInsideATransaction(t *testing.T) {
	s := reopen(t, filepath.Join(t.TempDir(), "data")).Org("acme")
	c, err := s.EnsureConnection(t.Context(), "HR")
	if err != nil {
		t.Fatal(err)
	}
	l, err := s.Acquire(t.Context(), c.ID, "run_1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	err = s.write(t.Context(), func(tx tx) error {
		if _, err := tx.fenced(l); err != nil {
			return err
		}
		_, err := tx.exec("update connections set failures = 7 where org = $1", tx.org)
		if err == nil {
			_, err = tx.exec("update leases set expires = 0 where org = $1", tx.org)
		}
		return err
	})
	if !errors.Is(err, syncrun.ErrLeaseExpired) {
		t.Errorf("the commit: %v, want ErrLeaseExpired", err)
	}
	if c, err = s.EnsureConnection(t.Context(), "HR"); err != nil || c.Failures != 0 {
		t.Errorf("%d failures, %v; the write was kept", c.Failures, err)
	}
	if err := s.Renew(t.Context(), l, time.Hour); err != nil {
		t.Errorf("nothing of it was to be kept: %v", err)
	}
}

func TestCrashInsideATransaction(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	kill := spawn(t, dir, "half")
	kill()
	db := reopen(t, dir)
	for p, err := range db.Org("acme").AllPeople(t.Context()) {
		t.Fatalf("half a transaction was kept: %v, %v", p, err)
	}
	if err := db.sql.Read(t.Context(), func(c sqldb.Conn) error {
		_, err := sqldb.First(c, "pragma integrity_check", func(st stmt) {
			if got := st.ColText(0); got != "ok" {
				t.Errorf("integrity check: %s", got)
			}
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWritesOfManyProcesses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var wg sync.WaitGroup
	for range 3 { // they also race to create the schema
		wg.Go(func() { spawn(t, dir, "count") })
	}
	wg.Wait()
	s := reopen(t, dir).Org("acme")
	c, err := s.EnsureConnection(t.Context(), "HR")
	if err != nil {
		t.Fatal(err)
	}
	if d, err := s.Decisions(t.Context(), c.ID); err != nil || len(d) != 300 {
		t.Errorf("%d of 300 writes arrived, %v", len(d), err)
	}
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestDiskFull(t *testing.T) {
	db := openTest(t)
	s := db.Org("acme")
	limit := func(pages int) {
		if err := db.sql.Write(t.Context(), func(c sqldb.Conn) error {
			return c.Script(fmt.Sprintf("pragma max_page_count = %d", pages))
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit(60)
	var err error
	n := 0
	for ; err == nil && n < 5000; n++ {
		p := person(fmt.Sprintf("p_%d", n), fmt.Sprintf("p%d@acme.test", n))
		p.Values.Set(directory.JobTitle, directory.KindText, strings.Repeat("x", 2000))
		_, err = s.SavePerson(t.Context(), p, plan.Change{}, "x", testNow())
	}
	if err == nil || !strings.Contains(err.Error(), "the disk is full; free some space") {
		t.Fatalf("person %d: %v", n, err)
	}
	limit(10000)
	if _, err := s.SavePerson(t.Context(), person("p_after", "after@acme.test"), plan.Change{}, "x", testNow()); err != nil {
		t.Errorf("once there is space again: %v", err)
	}
	if err := s.VerifyAudit(t.Context()); err != nil {
		t.Error(err)
	}
	people := 0
	for range s.AllPeople(t.Context()) {
		people++
	}
	if people != n {
		t.Errorf("%d people, want %d", people, n)
	}
}

func TestPanicInsideATransaction(t *testing.T) {
	s := openTest(t).Org("acme")
	func() {
		defer func() { recover() }()
		s.write(t.Context(), func(t tx) error {
			if _, err := t.exec("insert into groups (org, id, kind, name, name_key, version) values ($1, 'g', 'team', 'T', 't', 1)", t.org); err != nil {
				return err
			}
			panic("a bug")
		})
	}()
	if g, err := s.Groups(t.Context()); err != nil || len(g) != 0 {
		t.Errorf("after a panic: %v, %v", g, err)
	}
	if _, err := s.SavePerson(t.Context(), person("p_1", ""), plan.Change{}, "x", testNow()); err != nil {
		t.Errorf("the writer is gone: %v", err)
	}
}

func TestReadsNest(t *testing.T) {
	s := openTest(t).Org("acme")
	for i := range 20 {
		if _, err := s.SavePerson(t.Context(), person(fmt.Sprintf("p_%d", i), ""), plan.Change{}, "x", testNow()); err != nil {
			t.Fatal(err)
		}
	}
	var deep func(level int)
	deep = func(level int) {
		for b, err := range s.Briefs(t.Context(), false) {
			if err != nil {
				t.Fatal(err)
			}
			if level < 8 {
				deep(level + 1)
			}
			p, err := s.Person(t.Context(), b.ID)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.SavePerson(t.Context(), p, plan.Change{}, "x", testNow()); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	deep(0)
}

func TestPrune(t *testing.T) {
	s := openTest(t).Org("acme")
	c, err := s.EnsureConnection(t.Context(), "HR")
	if err != nil {
		t.Fatal(err)
	}
	now := testNow()
	l, err := s.Acquire(t.Context(), c.ID, "run_1", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	add := func(id string, age time.Duration, rows int, finish bool) {
		w, err := s.NewPlan(t.Context(), l, id, "", "", now.Add(-age))
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if err := w.Add(t.Context(), plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, SourceID: int64(i + 1)}}); err != nil {
				t.Fatal(err)
			}
		}
		if finish {
			if _, err := w.Finish(t.Context(), plan.Header{}, hrBaseline()); err != nil {
				t.Fatal(err)
			}
		}
	}
	const day = 24 * time.Hour
	add("applied", 40*day, 1, true)
	add("old", 40*day, (2*dropChunks+1)*planrow.ChunkRows, true)
	add("unfinished", 2*day, flushRows+1, false)
	add("young", 20*day, 3, true)
	add("being made", time.Hour, flushRows+1, false)
	add("latest", 31*day, 1, true)
	if err := s.write(t.Context(), func(t tx) error {
		_, err := t.exec("update plans set applied_by = 'run_1' where org = $1 and id = 'applied'", t.org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	n, err := s.Prune(t.Context(), now)
	if err != nil || n != 2 {
		t.Fatalf("Prune = %d, %v", n, err)
	}
	var left []string
	rows := int64(0)
	if err := s.read(t.Context(), func(t tx) error {
		if _, err := t.first("select count(*) from plan_chunks where org = $1", func(st stmt) { rows = st.ColInt(0) }, t.org); err != nil {
			return err
		}
		return t.each("select id from plans where org = $1 order by no", func(st stmt) error {
			left = append(left, st.ColText(0))
			return nil
		}, t.org)
	}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(left, ", "); got != "applied, young, being made, latest" || rows != 1+1+flushRows/planrow.ChunkRows+1 {
		t.Errorf("left: %s with %d chunks of rows", got, rows)
	}
}
