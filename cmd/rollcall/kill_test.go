package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// phase is a moment at which a sync is killed.
type phase struct {
	name string
	// reached is asked again and again until it says that now is the time.
	reached func(o *office) bool
	// is tells from what the killed run left whether it was in time.
	is func(o *office) bool
}

const (
	unfinishedPlans = "select count(*) from plans where finished = 0"
	runsUnderWay    = "select count(*) from runs where outcome = ''"
	batchesOfRun    = "select count(*) from journal where run_id = (select id from runs where outcome = '' order by no desc limit 1)"
)

// phases are the moments of a run. All but the last are told from what stands in the database; the last
// is a size of its log, which falls anywhere, also into the middle of a transaction.
func phases(size int64) []phase {
	anywhere := func(*office) bool { return true }
	return []phase{
		{"planning", func(o *office) bool { return o.count(unfinishedPlans) > 0 }, func(o *office) bool { return o.count(unfinishedPlans) > 0 }},
		{"after the first batch", func(o *office) bool { return o.count(batchesOfRun) > 0 }, func(o *office) bool { return o.count(batchesOfRun) == 1 }},
		{"after the second batch", func(o *office) bool { return o.count(batchesOfRun) > 1 }, func(o *office) bool { return o.count(batchesOfRun) >= 2 }},
		{fmt.Sprintf("at byte %d of the log", size), func(o *office) bool { return o.logged() >= size }, anywhere},
	}
}

// logged is how much SQLite has written into its log.
func (o *office) logged() int64 {
	info, err := os.Stat(filepath.Join(o.data, "rollcall.db-wal"))
	if err != nil {
		return 0
	}
	return info.Size()
}

// syncedWithLog lets a sync end and returns how large the log became.
func (o *office) syncedWithLog() (largest int64) {
	o.t.Helper()
	if o.killed(func(o *office) bool {
		largest = max(largest, o.logged())
		return false
	}) {
		o.t.Fatal("the sync was killed")
	}
	return largest
}

// read makes a plan and returns how many bytes that read from BambooHR.
func (o *office) read() int64 {
	o.t.Helper()
	var sent atomic.Int64
	o.sim.set(func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
		return &cutting{w, r.Context(), &sent, math.MaxInt64}
	})
	defer o.sim.set(nil)
	o.exits(2, "plan")
	return sent.Load()
}

// killed starts a sync and kills it as soon as reached says so; it returns false when the sync was over
// before.
func (o *office) killed(reached func(*office) bool) bool {
	o.t.Helper()
	p := o.start("sync", "--yes")
	over := make(chan struct{})
	go func() {
		_ = p.Wait()
		close(over)
	}()
	for !reached(o) { // asked without a pause: the moments are short
		select {
		case <-over:
			return false
		default:
		}
	}
	_ = p.Process.Kill()
	<-over
	return p.ProcessState.ExitCode() == -1
}

// killedWhileReading kills a sync when the simulator has sent so many bytes.
func (o *office) killedWhileReading(bytes int64) bool {
	o.t.Helper()
	var sent atomic.Int64
	o.sim.set(func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
		return &cutting{w, r.Context(), &sent, bytes}
	})
	defer o.sim.set(nil)
	return o.killed(func(*office) bool { return sent.Load() >= bytes })
}

// cutting sends so many bytes, then nothing until the reader is gone.
type cutting struct {
	http.ResponseWriter
	reader context.Context
	sent   *atomic.Int64
	most   int64
}

func (c *cutting) Write(p []byte) (int, error) {
	left := c.most - c.sent.Load()
	if int64(len(p)) < left {
		n, err := c.ResponseWriter.Write(p)
		c.sent.Add(int64(n))
		return n, err
	}
	n, err := c.ResponseWriter.Write(p[:left])
	if f, ok := c.ResponseWriter.(http.Flusher); ok && err == nil {
		f.Flush()
	}
	c.sent.Store(c.most)
	<-c.reader.Done()
	return n, io.ErrShortWrite
}

// seedOf is printed with every failure; ROLLCALL_SEED repeats it.
func seedOf(t *testing.T) uint64 {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ROLLCALL_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat this with ROLLCALL_SEED=%d", seed)
		}
	})
	return seed
}

// later is the same company after a busy month: everybody has another title, a department another name,
// three people left, two swapped their addresses, one got another address.
func later(t *testing.T, now http.Handler) http.Handler {
	t.Helper()
	return reshaped(t, now, busyMonth)
}

func busyMonth(file map[string]any) {
	var active []map[string]any
	for _, e := range file["employees"].([]any) {
		e := e.(map[string]any)
		if e["status"] == "Active" && e["workEmail"] != nil {
			active = append(active, e)
		}
		for _, row := range e["jobInfo"].([]any) {
			row := row.(map[string]any)
			row["jobTitle"] = fmt.Sprint("Senior ", row["jobTitle"])
			if row["department"] == "Sales" {
				row["department"] = "Key Accounts"
			}
		}
	}
	n := len(active)
	for _, e := range active[n/10:][:3] {
		e["status"], e["terminationDate"] = "Inactive", "2026-11-19"
	}
	a, b := active[n/5], active[4*n/5]
	a["workEmail"], b["workEmail"] = b["workEmail"], a["workEmail"]
	active[n/2]["workEmail"] = "renamed@acme.test"
}

// TestKill kills a sync of 3,000 people at any moment (security §3 #41): afterwards the database is
// whole, the run is shown as interrupted, and the next sync leaves the very directory that a sync which
// nobody killed leaves: nobody twice, nobody wrongly deactivated. SOAK=1 kills 50 times.
func TestKill(t *testing.T) {
	seed := seedOf(t)
	random := rand.New(rand.NewPCG(seed, 0))
	first := invented(t, 3000)
	second := later(t, first)

	calm := newOffice(t, first)
	answer := calm.read()
	sizes := []int64{calm.syncedWithLog()}
	want := []string{calm.directory()}
	start := snapshot(t, calm)
	calm.sim.become(second)
	sizes = append(sizes, calm.syncedWithLog())
	want = append(want, calm.directory())
	if before, after := strings.Count(want[0], `"deactivated"`), strings.Count(want[1], `"deactivated"`); after != before+3 {
		t.Fatalf("%d people are deactivated at first and %d later; the test needs three more", before, after)
	}

	kills := 5
	if os.Getenv("SOAK") != "" {
		kills = 50
	}
	for i := range kills {
		o := newOffice(t, first)
		state := i % 2 // the first load, or a sync of a directory that is there
		if state == 1 {
			restore(t, o, start)
			o.sim.become(second)
		}
		name := ""
		if i%5 == 0 {
			bytes := random.Int64N(answer)
			name = fmt.Sprintf("reading, after %d bytes", bytes)
			if !o.killedWhileReading(bytes) {
				t.Fatalf("%s: the sync ended before it was killed", name)
			}
		} else {
			p := phases(random.Int64N(sizes[state] * 95 / 100))[i%5-1]
			name = p.name
			killIn(t, o, p, state, start)
		}
		t.Logf("kill %d of state %d: %s", i+1, state, name)
		checkAfterKill(t, o, name, want[state])
		if t.Failed() {
			return
		}
	}
}

// killIn kills a sync in a phase. A kill that came too late is tried again on a fresh folder.
func killIn(t *testing.T, o *office, p phase, state int, start map[string][]byte) {
	t.Helper()
	for range 30 {
		if hit := o.killed(p.reached); hit && p.is(o) {
			return
		}
		if err := os.RemoveAll(o.data); err != nil {
			t.Fatal(err)
		}
		if state == 1 {
			restore(t, o, start)
		}
	}
	t.Fatalf("%s: no kill was in time", p.name)
}

func checkAfterKill(t *testing.T, o *office, name, want string) {
	t.Helper()
	underWay := o.count(runsUnderWay)
	o.intact()
	runs := o.history()
	if underWay > 0 {
		if got := runs[0]; got.outcome() != "interrupted" || got.FinishedAt != nil || (got.Counts["create"]+got.Counts["update"] > 0) != (got.RowsWritten > 0) {
			t.Errorf("%s: the killed run is %+v, want interrupted", name, got)
		}
	}
	o.exits(0, "sync", "--yes")
	if diff := cmp.Diff(want, o.directory()); diff != "" {
		t.Errorf("%s: the directory is not what it would be without the kill (-want +got):\n%.2000s", name, diff)
	}
	var again runLine
	o.exits(0, "sync", "--yes", "-o", "json").into(&again)
	if again.outcome() != "no_op" || again.RowsWritten != 0 {
		t.Errorf("%s: a sync of what is in step: %+v", name, again)
	}
	if after := o.history(); len(after) != len(runs)+2 || underWay > 0 && after[2].outcome() != "interrupted" {
		t.Errorf("%s: history %+v", name, after)
	}
	o.intact()
}
