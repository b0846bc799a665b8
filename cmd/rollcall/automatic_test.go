package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// automatic makes the office's connection run by itself, every three hours.
func (o *office) automatic() {
	o.t.Helper()
	path := filepath.Join(o.dir, "rollcall.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	text = append(text, "  enabled: true\n  schedule: { every: 3h }\n  notify: { errors: [hr@acme.test] }\n"...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// clock moves the simulator's clock, which the server follows.
func (o *office) clock(now string) {
	o.t.Helper()
	o.sim.mu.Lock()
	company := o.sim.company
	o.sim.mu.Unlock()
	rec := httptest.NewRecorder()
	company.ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/_sim/clock", strings.NewReader(fmt.Sprintf(`{"now":%q}`, now))))
	if rec.Code != http.StatusOK {
		o.t.Fatalf("set the clock: %d %s", rec.Code, rec.Body)
	}
}

// until waits for something that a process does to the database, and returns how long that took.
func (o *office) until(p *process, what, query string, n int) time.Duration {
	o.t.Helper()
	for begun := time.Now(); ; time.Sleep(2 * time.Millisecond) {
		if o.count(query) >= n {
			return time.Since(begun)
		}
		if time.Since(begun) > time.Minute {
			_ = p.Process.Kill()
			p.wait()
			o.t.Fatalf("still not: %s\n%s%s", what, &p.out, &p.err)
		}
	}
}

const (
	scheduled = "select count(*) from schedules where kind = 'run' and next_at is not null"
	finished  = "select count(*) from runs where outcome in ('applied', 'no_op')"
)

// serves starts a server that makes automatic runs, and waits until it knows its schedule.
func (o *office) serves() *process {
	o.t.Helper()
	p := o.start("serve", "--listen", "127.0.0.1:0")
	o.until(p, "scheduled", scheduled, 1)
	return p
}

// interrupt ends a server in good order.
func (p *process) interrupt() {
	p.t.Helper()
	if err := p.Process.Signal(syscall.SIGINT); err != nil {
		p.t.Fatal(err)
	}
	if code := p.wait(); code != 0 {
		p.t.Errorf("interrupted: exit code %d\n%s%s", code, &p.out, &p.err)
	}
}

// TestServerIsKilled kills a server in the middle of an automatic run: the next one takes the run up within
// 30 seconds, and everybody is there exactly once (security §3 #41).
func TestServerIsKilled(t *testing.T) {
	company := func() http.Handler { return invented(t, 3000) }
	calm := newOffice(t, company())
	calm.exits(0, "sync", "--yes")
	want := calm.directory()
	for _, phase := range phases(0)[:2] {
		t.Run(phase.name, func(t *testing.T) {
			var o *office
			hit := false
			for tries := 0; tries < 10 && !hit; tries++ {
				o = newOffice(t, company())
				o.automatic()
				p := o.serves()
				o.clock("2026-11-21T15:00:00Z")
				for !phase.reached(o) && o.count(finished) == 0 { // asked without a pause: the moments are short
				}
				_ = p.Process.Kill()
				p.wait()
				hit = phase.is(o) && o.count(finished) == 0
			}
			if !hit {
				t.Fatal("no kill was in time")
			}
			p := o.start("serve", "--listen", "127.0.0.1:0")
			took := o.until(p, "finished", finished, 1)
			t.Logf("the run was made %s after the start", took)
			if took > 30*time.Second {
				t.Errorf("the run was made %s after the start", took)
			}
			p.interrupt()
			if runs := o.history(); len(runs) != 2 || runs[0].outcome() != "applied" || runs[1].outcome() != "interrupted" {
				t.Errorf("history: %+v", runs)
			}
			if diff := cmp.Diff(want, o.directory()); diff != "" {
				t.Errorf("the directory is not what it would be without the kill (-want +got):\n%.2000s", diff)
			}
			if n := o.count("select count(*) from river_job where attempt = 2"); n != 1 {
				t.Errorf("%d jobs were taken up again", n)
			}
			o.intact()
		})
	}
}

// TestServerWasDown: a server that was stopped over a due time makes the run once after its start, and pages
// and runs may be two processes.
func TestServerWasDown(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 40))
	o.automatic()
	o.serves().interrupt()
	o.clock("2026-11-22T10:00:00Z") // seven starts later
	pages := o.start("serve", "--listen", "127.0.0.1:0", "--roles", "web")
	worker := o.start("serve", "--roles", "worker")
	o.until(worker, "made up for", finished, 1)
	o.clock("2026-11-22T12:00:00Z")
	o.until(worker, "on time", finished, 2)
	worker.interrupt()
	pages.interrupt()
	if runs := o.history(); len(runs) != 2 || runs[1].outcome() != "applied" || runs[0].outcome() != "no_op" {
		t.Errorf("history: %+v", runs)
	}
	for _, p := range []*process{pages, worker} {
		if p.err.Len() > 0 {
			t.Errorf("stderr: %s", &p.err)
		}
	}
}
