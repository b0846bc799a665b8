package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	registered = "select count(*) from hooks where hook_id <> ''"
	hinted     = "select count(*) from hints where employee > 0"
	followed   = "select count(*) from runs where cause = 'webhook' and outcome = 'applied'"
)

// told makes the office's connection run by itself once a day, and follow what BambooHR tells.
func (o *office) told() {
	o.t.Helper()
	path := filepath.Join(o.dir, "rollcall.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	text = append(text, "  enabled: true\n  schedule: { daily: \"03:00\" }\n  changes: { webhook: true }\n  notify: { errors: [hr@acme.test] }\n"...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// rename changes an employee in BambooHR, whose webhooks are delivered before it returns.
func (o *office) rename(id int, last string) {
	o.t.Helper()
	o.sim.mu.Lock()
	company := o.sim.company
	o.sim.mu.Unlock()
	rec := httptest.NewRecorder()
	company.ServeHTTP(rec, httptest.NewRequest(http.MethodPut, fmt.Sprintf("/_sim/employees/%d", id), strings.NewReader(fmt.Sprintf(`{"lastName":%q}`, last))))
	if rec.Code != http.StatusOK {
		o.t.Fatalf("rename: %d %s", rec.Code, rec.Body)
	}
}

// TestToldAndKilled: BambooHR tells of a change by a signed webhook, the server thanks for it and is killed before it
// looks: the next one follows, at another address, without the schedule (security §3 #48, promise BW2).
func TestToldAndKilled(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 40))
	o.told()
	o.exits(0, "sync", "--yes")
	p := o.start("serve", "--listen", "127.0.0.1:0")
	o.until(p, "registered", registered, 1)
	o.rename(9, "Kept")
	if n := o.count(hinted); n != 1 { // the delivery was answered, so it is there
		t.Errorf("%d hints", n)
	}
	_ = p.Process.Kill()
	p.wait()
	if n := o.count(followed); n != 0 {
		t.Fatal("it looked before it was killed; a burst is waited for")
	}
	p = o.start("serve", "--listen", "127.0.0.1:0")
	o.until(p, "followed", followed, 1)
	o.until(p, "forgotten", "select 1 - count(*) from hints where employee > 0", 1)
	p.interrupt()
	if people := o.directory(); !strings.Contains(people, "Kept") {
		t.Error("the directory does not follow")
	}
	o.intact()
}

// TestToldToTwoProcesses: one process takes what BambooHR tells, another one looks.
func TestToldToTwoProcesses(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 40))
	o.told()
	o.exits(0, "sync", "--yes")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	pages := o.start("serve", "--roles", "web", "--listen", address)
	o.until(pages, "there", "select count(*) from connections", 1)
	worker := o.start("serve", "--roles", "worker", "--url", "http://"+address)
	o.until(worker, "registered", registered, 1)
	o.rename(9, "Kept")
	o.until(worker, "followed", followed, 1)
	for _, p := range []*process{worker, pages} {
		p.interrupt()
		if p.err.Len() > 0 {
			t.Errorf("stderr: %s", &p.err)
		}
	}
	if people := o.directory(); !strings.Contains(people, "Kept") {
		t.Error("the directory does not follow")
	}
}
