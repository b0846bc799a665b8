package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/plan"
)

// readFault is one fault of security §3 and its safe outcome.
type readFault struct {
	name     string // its number, and what goes wrong
	reader   string // dataset; default report
	settings string
	report   string // see faultWorld
	faults   []string
	edit     string // a true change at the same time: ID JSON
	want     string // see summary
	says     string // stands in what plan prints
	people   int    // employees ∪ people, when some vanish; default all
	requests int    // exactly so many; 0: not looked at
	orFewer  bool   // the two reports go out together: a refusal of one may call the other back
	waited   [2]time.Duration
}

// on is a fault of the bulk answers: reports and datasets.
func on(name, args string) string {
	return fmt.Sprintf(`{"name":%q,"match":"POST /*","args":%s}`, name, args)
}

// once is a fault of one bulk answer.
func once(name, args string) string {
	return fmt.Sprintf(`{"name":%q,"match":"POST /*","count":1,"args":%s}`, name, args)
}

// from is a fault of every request behind the first n.
func from(n int, name, args string) string {
	return fmt.Sprintf(`{"name":%q,"after":%d,"args":%s}`, name, n, args)
}

// times is a fault of the first n requests.
func times(n int, name, args string) string {
	return fmt.Sprintf(`{"name":%q,"count":%d,"args":%s}`, name, n, args)
}

// TestReadFaults plays the faults of security §3 that reading can meet, beside a directory that is in
// step. Whatever happens: nobody is changed who should not be, plan and sync tell the same, the key is
// never shown, memory stays bounded, and once the fault is gone the next sync brings all into step.
func TestReadFaults(t *testing.T) {
	t.Parallel()
	playAll(t, inStep(t, 40), slices.Concat(peopleFaults(), columnFaults(), answerFaults(), retryFaults(), recordFaults()))
}

// TestReadFaultsFarBehind is TestReadFaults for a company whose answers do not fit into memory at once.
func TestReadFaultsFarBehind(t *testing.T) {
	t.Parallel()
	playAll(t, inStep(t, 2500), farFaults())
}

func playAll(t *testing.T, start stepped, faults []readFault) {
	for _, tt := range faults {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			reader := "report"
			if tt.reader != "" {
				reader = tt.reader
			}
			w := newFaultWorld(t, start.company, start.data, reader, tt.settings)
			w.faults, w.report = tt.faults, tt.report
			tt.play(t, w, start)
		})
	}
}

// stepped is a directory that is in step with a company.
type stepped struct {
	company bamboosim.Company
	size    int               // employees
	data    string            // the data folder
	people  map[string]string // see faultWorld.people
	held    map[string]int    // what is held although nothing is wrong
}

// inStep makes a directory of a company with so many employees, one of whom has left.
func inStep(t *testing.T, employees int) stepped {
	t.Helper()
	company, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: employees, Today: simToday})
	if err != nil {
		t.Fatal(err)
	}
	w := newFaultWorld(t, company, "", "report", "")
	w.mustRollcall("sync", "--yes")
	w.control("POST", "/employees/9/terminate", `{"date":"2026-11-20"}`)
	w.mustRollcall("sync", "--yes")
	companies, err := bamboosim.ParseCompanyFile([]byte(w.control("GET", "/company", "")))
	if err != nil {
		t.Fatal(err)
	}
	var p planned
	if err := json.Unmarshal([]byte(w.mustRollcall("plan", "-o", "json")), &p); err != nil {
		t.Fatal(err)
	}
	return stepped{companies[0], employees, filepath.Join(w.dir, "rollcall-data"), w.people(), p.held()}
}

// play runs plan and sync while the fault happens, and sync when it is over.
func (tt *readFault) play(t *testing.T, w *faultWorld, start stepped) {
	edited := ""
	if tt.edit != "" {
		var change string
		edited, change, _ = strings.Cut(tt.edit, " ")
		w.control("PUT", "/employees/"+edited, change)
	}
	w.arm()
	p := w.rollcall("plan", "-o", "json")
	w.arm()
	s := w.rollcall("sync", "--yes", "-o", "json")
	if n := w.requests(); tt.requests != 0 && n != tt.requests && !(tt.orFewer && n < tt.requests) {
		t.Errorf("%d requests, want %d", n, tt.requests)
	}
	var planned planned
	var run synced
	for r, v := range map[*result]any{&p: &planned, &s: &run} {
		if err := json.Unmarshal([]byte(r.out), v); err != nil {
			t.Fatalf("%v\n%s%s", err, r.out, r.err)
		}
	}
	run.history(t, w)
	if got := summary(s.code, planned, run, start.held, differences(start.people, w.people())); got != tt.want {
		t.Errorf("outcome\n got %s\nwant %s\nplan: %.1500s%s\nsync: %.800s%s", got, tt.want, p.out, p.err, s.out, s.err)
	}
	if !strings.Contains(p.out+p.err, tt.says) {
		t.Errorf("plan does not say %q:\n%s%s", tt.says, p.out, p.err)
	}
	if want := planExit(s.code, planned); p.code != want {
		t.Errorf("plan exits with %d and sync with %d", p.code, s.code)
	}
	if planned.Error == nil {
		planned.check(t, cmp.Or(tt.people, start.size))
	}
	if d := run.Finished.Sub(run.Started); d < tt.waited[0] || d > tt.waited[1] {
		t.Errorf("waited %s, want between %s and %s", d, tt.waited[0], tt.waited[1])
	}
	w.disarm()
	w.mustRollcall("sync", "--yes")
	if diff := differences(start.people, w.people()); diff != edited {
		t.Errorf("after the fault people differ from before it: %q, want %q", diff, edited)
	}
}

// planned is the part of plan -o json that is looked at; after a failure only Error is there.
type planned struct {
	Error    *problem.View
	Snapshot struct {
		Employees int
		Grade     string `json:"certificate"`
	}
	Verdict string
	Reasons []struct {
		Kind, Waiting string
		Count, Of     int
	} `json:"verdict_reasons"`
	Counts plan.Counts
	Held   []struct {
		Reason string
		Field  *string
	}
}

// held counts the held entries by reason and field.
func (p *planned) held() map[string]int {
	n := map[string]int{}
	for _, h := range p.Held {
		key := h.Reason
		if h.Field != nil {
			key += "@" + *h.Field
		}
		n[key]++
	}
	return n
}

// check holds the counts to what they promise: everybody of both sides is in exactly one of them.
func (p *planned) check(t *testing.T, people int) {
	t.Helper()
	c := p.Counts
	n := c.Create + c.Update + c.Deactivate + c.Reactivate + c.Link + c.Unchanged + c.Left
	for _, h := range p.Held {
		if h.Field == nil {
			n++
		}
	}
	if n != people || c.Held != len(p.Held) {
		t.Errorf("the counts %+v with %d held entries are about %d people, want %d", c, len(p.Held), n, people)
	}
}

// planExit is the exit code of plan beside that of sync.
func planExit(sync int, p planned) int {
	if sync == 0 && p.Verdict == "applies" {
		return 2
	}
	return sync
}

// synced is the part of sync -o json that is looked at; after a failure only Error is there.
type synced struct {
	Error    *problem.View
	ID       string
	Outcome  string
	Errors   []struct{ Code, Message string }
	Started  time.Time `json:"started_at"`
	Finished time.Time `json:"finished_at"`
}

// history fills in what a failed run left in the history: it must say why.
func (s *synced) history(t *testing.T, w *faultWorld) {
	t.Helper()
	if s.Error == nil {
		return
	}
	if err := json.Unmarshal([]byte(w.mustRollcall("runs", s.Error.RunID, "-o", "json")), s); err != nil {
		t.Fatal(err)
	}
	if len(s.Errors) != 1 || s.Errors[0].Code != s.Error.Code || s.Errors[0].Message != s.Error.Message {
		t.Errorf("the history says %+v of an error %+v", s.Errors, *s.Error)
	}
}

// summary is the outcome in one line: exit code of sync, outcome of its run or code of its error, what
// waits, what is held beyond what is held on a good day, who changed.
func summary(code int, p planned, s synced, healthy map[string]int, changed string) string {
	out := fmt.Sprint(code, " ", s.Outcome)
	if s.Error != nil {
		out += " " + s.Error.Code
		if p.Error == nil || p.Error.Code != s.Error.Code {
			out += ", and plan tells another story"
		}
	}
	for _, r := range p.Reasons {
		out += fmt.Sprintf(", %s %d of %d waits (%s)", r.Kind, r.Count, r.Of, r.Waiting)
	}
	if p.Snapshot.Grade != "" && p.Snapshot.Grade != "complete" {
		out += ", " + p.Snapshot.Grade
	}
	held := p.held()
	for _, key := range slices.Sorted(maps.Keys(held)) {
		if n := held[key] - healthy[key]; n > 0 {
			out += fmt.Sprintf(", held %s %d", key, n)
		}
	}
	if changed != "" {
		out += ", changed " + changed
	}
	return out
}

// TestRedirectsAreNotFollowed: the key goes nowhere but to BambooHR (security §3 #11).
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	start := inStep(t, 40)
	for name, where := range map[string]struct {
		reader string
		after  int
		to     string
	}{
		"first request":  {"report", 0, "/elsewhere"},
		"reports":        {"report", 1, "/elsewhere"},
		"dataset":        {"dataset", 1, "/elsewhere"},
		"auto":           {"auto", 1, "/elsewhere"},
		"to the company": {"report", 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var visitors atomic.Int32
			canary := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visitors.Add(1) }))
			defer canary.Close()
			to := "/login.php"
			if where.to != "" {
				to = canary.URL + where.to
			}
			w := newFaultWorld(t, start.company, start.data, where.reader, "")
			tt := readFault{faults: []string{from(where.after, "redirect", fmt.Sprintf(`{"to":%q}`, to))}, want: "1 failed redirect", says: "is the sub-domain right?"}
			w.faults = tt.faults
			tt.play(t, w, start)
			if n := visitors.Load(); n != 0 || strings.Contains(w.control("GET", "/requests", ""), "login.php") {
				t.Errorf("the redirect was followed, %d times to a stranger", n)
			}
		})
	}
}

// TestSilenceEndsWithTheCommand: a server that says nothing keeps neither the process nor the connection
// (security §3 #16; how long is waited for a byte is tested in package bamboohr).
func TestSilenceEndsWithTheCommand(t *testing.T) {
	t.Parallel()
	start := inStep(t, 40)
	for after, where := range []string{"first request", "first report", "second report"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w := newFaultWorld(t, start.company, start.data, "report", "")
			w.faults = []string{from(after, "hang", "{}")}
			w.arm()
			c, out := w.command("sync", "--yes", "-o", "json")
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			for range []int{1, 3, 3}[after] {
				<-w.asked
			}
			if err := c.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			var exit *exec.ExitError
			if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Fatalf("%v: %s", err, out)
			}
			var run synced
			if err := json.Unmarshal(out.Bytes(), &run); err != nil || run.Error == nil || run.Error.Code != "cancelled" {
				t.Fatalf("%v: %s", err, out)
			}
			w.disarm()
			w.mustRollcall("sync", "--yes") // the connection is free at once
			if diff := differences(start.people, w.people()); diff != "" {
				t.Errorf("changed %s", diff)
			}
		})
	}
}
