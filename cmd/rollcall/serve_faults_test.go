//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// under adds lines to the office's connection, which runs by itself every three hours.
func (o *office) under(lines ...string) {
	o.t.Helper()
	o.automatic()
	path := filepath.Join(o.dir, "rollcall.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, line := range lines {
		text = append(text, "  "+line+"\n"...)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

// welcoming also invites the people for whom an automatic run makes accounts.
func (o *office) welcoming() {
	o.t.Helper()
	o.automatic()
	o.rewrite("[hr@acme.test]", "[hr@acme.test], welcome: automatic_only, digest: \"off\"")
}

// rewrite replaces a part of the configuration.
func (o *office) rewrite(old, with string) {
	o.t.Helper()
	text, err := os.ReadFile(filepath.Join(o.dir, "rollcall.yaml"))
	if err != nil {
		o.t.Fatal(err)
	}
	write(o.t, o.dir, "rollcall.yaml", strings.Replace(string(text), old, with, 1))
}

// key makes a token for the API.
func (o *office) key() string {
	o.t.Helper()
	var made struct {
		Token string `json:"token"`
	}
	o.exits(0, "tokens", "create", "--role", "admin", "--name", "test", "-o", "json").into(&made)
	return made.Token
}

// opens starts a server with pages as a process, and waits until it answers.
func (o *office) opens(token string, args ...string) (*process, *started) {
	o.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		o.t.Fatal(err)
	}
	p := o.start(append([]string{"serve", "--listen", address}, args...)...)
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return p, &started{t: o.t, url: "http://" + address, token: token}
		}
		if time.Now().After(end) {
			_ = p.Process.Kill()
			p.wait()
			o.t.Fatalf("nobody answers: %v\n%s%s", err, &p.out, &p.err)
		}
	}
}

// only is the id of the one connection there is.
func (s *started) only() string {
	s.t.Helper()
	status, list := s.ask(http.MethodGet, "/api/v1/connections", "")
	items, _ := list["items"].([]any)
	if status != http.StatusOK || len(items) != 1 {
		s.t.Fatalf("connections: %d %v", status, list)
	}
	return fmt.Sprint(items[0].(map[string]any)["id"])
}

// here serves the office in this process, on a clock of the machine that the test sets, until stop. It returns once the
// server is up.
func (o *office) here(now func() time.Time) (stop func()) {
	o.t.Helper()
	env := map[string]string{"ROLLCALL_DATA": o.data, "BAMBOOHR_API_KEY": bamboosim.DefaultKey, "ROLLCALL_CONFIG": filepath.Join(o.dir, "rollcall.yaml")}
	ctx, interrupt := context.WithCancel(o.t.Context())
	code := make(chan int, 1)
	var stderr bytes.Buffer // read once it ended
	r, w := io.Pipe()
	go func() {
		code <- run(ctx, surroundings{args: []string{"serve", "--roles", "worker", "--every", "20ms"}, in: strings.NewReader(""), out: w, err: &stderr,
			now: now, lookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
		w.Close()
	}()
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		o.t.Fatalf("serve: %v, exit code %d\n%s", err, <-code, &stderr)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		interrupt()
		if got := <-code; got != 0 {
			o.t.Errorf("serve: exit code %d after an interrupt\n%s", got, &stderr)
		}
	}
	o.t.Cleanup(stop)
	return stop
}

// eventually waits for something to happen in the background.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("still not: %s", what)
		}
	}
}

const (
	welcomed = "select count(*) from outbox where kind = 'welcome' and state = 'sent'"
	welcomes = "select count(*) from outbox where kind = 'welcome'"
	jobsDone = "select count(*) from river_job where state = 'completed'"
)

// TestServedWorkerStandsStill stops a server in the middle of an automatic run for longer than its lease (security
// §3 #42): "Sync now" in another process takes over the run, and once the first goes on, it writes nothing but what
// became of its job, and makes the next run.
func TestServedWorkerStandsStill(t *testing.T) {
	t.Parallel()
	company := invented(t, 40)
	calm := newOffice(t, company)
	calm.exits(0, "sync", "--yes")
	want := calm.directory()

	o := newOffice(t, company)
	o.automatic()
	worker := o.start("serve", "--roles", "worker", "--lease", "5s", "--every", "20ms")
	o.until(worker, "scheduled", scheduled, 1)
	open := o.stopsReading(worker)
	pages, api := o.opens(o.key(), "--roles", "web")
	id := api.only()
	eventually(t, "taken over", func() bool {
		status, run := api.ask(http.MethodPost, "/api/v1/connections/"+id+"/sync", "")
		if status != http.StatusConflict && (status >= 300 || run["outcome"] != "applied") {
			t.Fatalf("sync: %d %v", status, run)
		}
		return status != http.StatusConflict
	})
	if diff := cmp.Diff(want, o.directory()); diff != "" {
		t.Errorf("the directory after the take-over (-want +got):\n%.2000s", diff)
	}
	o.toldOf(2)
	before := o.ours()
	worker.resume()
	open()
	o.until(worker, "given up", "select count(*) from river_job where state = 'cancelled' and json(errors) like '%another run has taken over%'", 1)
	if diff := cmp.Diff(before, o.ours()); diff != "" {
		t.Errorf("the late worker wrote (-before +after):\n%.2000s", diff)
	}
	o.clock("2026-11-21T18:00:00Z")
	o.until(worker, "next", "select count(*) from runs where outcome = 'no_op'", 1)
	worker.interrupt()
	pages.interrupt()
	o.had("no_op applied interrupted")
}

// TestStandbyTakesOver stops the server that makes the automatic runs, in the middle of one. It keeps its lock, and still
// the one that stands by makes that run and the next. Going on, the first writes nothing at all, not even to its
// queue, stands by, and takes over at once when the other is killed (security §3 #42).
func TestStandbyTakesOver(t *testing.T) {
	t.Parallel()
	company := invented(t, 40)
	calm := newOffice(t, company)
	calm.exits(0, "sync", "--yes")
	want := calm.directory()

	o := newOffice(t, company)
	o.automatic()
	worker := o.start("serve", "--roles", "worker", "--every", "20ms", "--silence", "10s")
	o.until(worker, "scheduled", scheduled, 1)
	open := o.stopsReading(worker)
	standby := o.start("serve", "--roles", "worker", "--every", "20ms", "--silence", "10s")
	o.until(standby, "made by the other", jobsDone, 1)
	if diff := cmp.Diff(want, o.directory()); diff != "" {
		t.Errorf("the directory after the take-over (-want +got):\n%.2000s", diff)
	}
	o.toldOf(2)
	before := o.ours() + o.queue()
	worker.resume()
	open()
	o.until(standby, "the late one stands by, and gave its lock back", "select locked from queue_worker where term = 2", 1)
	if diff := cmp.Diff(before, o.ours()+o.queue()); diff != "" {
		t.Errorf("the late worker wrote (-before +after):\n%.2000s", diff)
	}
	o.clock("2026-11-21T18:00:00Z")
	o.until(standby, "next", jobsDone, 2)
	_ = standby.Process.Kill()
	standby.wait()
	o.clock("2026-11-21T21:00:00Z")
	if took := o.until(worker, "next, by the first", jobsDone, 3); took > 30*time.Second {
		t.Errorf("the next run was made %s after the kill", took)
	}
	worker.interrupt()
	for p, says := range map[*process]string{worker: "another process took over the automatic runs", standby: "took over the automatic runs of a process that gave no sign of life"} {
		if !strings.Contains(p.err.String(), says) {
			t.Errorf("it does not say %q: %s", says, &p.err)
		}
	}
	o.had("no_op no_op applied interrupted")
}

// stopsReading stops a server once its automatic run reads everybody, outside of any write. What it reads comes when
// open is called.
func (o *office) stopsReading(worker *process) (open func()) {
	o.t.Helper()
	arrived, opened := make(chan struct{}, 100), make(chan struct{})
	open = sync.OnceFunc(func() { close(opened) })
	o.t.Cleanup(open)
	var came atomic.Bool
	o.sim.set(func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
		if strings.Contains(r.URL.Path, "/reports/") && came.CompareAndSwap(false, true) {
			arrived <- struct{}{}
			<-opened
		}
		return w
	})
	o.clock("2026-11-21T15:00:00Z")
	select {
	case <-arrived:
	case <-time.After(time.Minute):
		o.t.Fatalf("nobody reads\n%s", &worker.err)
	}
	for worker.pause(); o.locked(); worker.pause() { // a write would keep everybody waiting
		worker.resume()
	}
	return open
}

// toldOf waits until the mails of so many runs were thought of, those of interrupted ones by a server that starts: the
// others look once a minute.
func (o *office) toldOf(runs int) {
	o.t.Helper()
	p := o.start("serve", "--listen", "127.0.0.1:0", "--roles", "web")
	o.until(p, "told", "select count(*) from told_runs where done_at > 0", runs)
	p.interrupt()
}

// had wants runs of these outcomes, the newest first, and a sound database.
func (o *office) had(want string) {
	o.t.Helper()
	var outcomes []string
	for _, r := range o.history() {
		outcomes = append(outcomes, r.outcome())
	}
	if got := strings.Join(outcomes, " "); got != want {
		o.t.Errorf("history: %s, want %s", got, want)
	}
	o.intact()
}

// ours are all rows but those of the queue and of who works it.
func (o *office) ours() string {
	return o.rows(func(table string) bool {
		return !strings.HasPrefix(table, "river_") && table != "queue_worker" && table != "sqlite_sequence"
	})
}

// queue are the jobs.
func (o *office) queue() string {
	return o.rows(func(table string) bool { return table == "river_job" })
}

func (o *office) rows(of func(table string) bool) string {
	var out []string
	for line := range strings.Lines(o.contents()) {
		if table, _, _ := strings.Cut(line, "\t"); of(table) {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

// TestManySyncNow presses "Sync now" twenty times at once in two processes, while BambooHR is slow: one runs, the
// others are told which (security §3 #40).
func TestManySyncNow(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 40))
	token := o.key()
	one, first := o.opens(token, "--roles", "web")
	two, second := o.opens(token, "--roles", "web")
	id := first.only()
	_, open := o.holdFirst()
	type answer struct {
		status int
		body   map[string]any
	}
	answers := make(chan answer, 20)
	for i := range 20 {
		server := []*started{first, second}[i%2]
		go func() {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, server.url+"/api/v1/connections/"+id+"/sync", nil)
			req.Header.Set("Authorization", "Bearer "+token)
			var a answer
			if res, err := http.DefaultClient.Do(req); err == nil {
				a.status = res.StatusCode
				_ = json.NewDecoder(res.Body).Decode(&a.body)
				res.Body.Close()
			}
			answers <- a
		}()
	}
	running := ""
	for range 19 {
		a := <-answers
		if named := fmt.Sprint(a.body["run_id"]); a.status != http.StatusConflict || running != "" && named != running {
			t.Errorf("%d %v, want a conflict with run %s", a.status, a.body, running)
		} else {
			running = named
		}
	}
	open()
	if won := <-answers; won.status >= 300 || won.body["id"] != running || won.body["outcome"] != "applied" {
		t.Errorf("the one that ran: %d %v, others were told %s", won.status, won.body, running)
	}
	if runs := o.history(); len(runs) != 1 || runs[0].outcome() != "applied" {
		t.Errorf("history: %+v", runs)
	}
	one.interrupt()
	two.interrupt()
	o.intact()
}

// TestServedClockJumps lets the clock jump by hours and days, forward and back (security §3 #39): what was missed is
// made up for once, and no run is made twice.
func TestServedClockJumps(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 40))
	o.automatic()
	var asked atomic.Int64 // for the time, by the server
	company := o.sim.company
	o.sim.become(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && r.URL.Path == "/_sim/clock" {
			asked.Add(1)
		}
		company.ServeHTTP(w, r)
	}))
	p := o.start("serve", "--listen", "127.0.0.1:0", "--every", "20ms")
	o.until(p, "scheduled", scheduled, 1)
	const made = "select count(*) from runs where outcome <> ''"
	for i, step := range []struct {
		now  string
		runs int
	}{{"2026-11-21T15:00:00Z", 1}, {"2026-11-21T14:10:00Z", 1}, {"2026-11-21T15:00:00Z", 1}, {"2026-11-22T16:00:00Z", 2}, {"2026-11-22T15:30:00Z", 2},
		{"2026-11-21T17:00:00Z", 2}, {"2026-11-22T16:30:00Z", 2}, {"2026-11-22T18:00:00Z", 3}} {
		o.clock(step.now)
		was := asked.Load()
		eventually(t, "the server looked often", func() bool { return asked.Load() > was+30 })
		o.until(p, fmt.Sprintf("step %d, %s", i+1, step.now), made, step.runs)
		o.until(p, "done", "select 1 - count(*) from river_job where state <> 'completed'", 1)
	}
	p.interrupt()
	got := ""
	o.each("select strftime('%d %H:%M', started_at / 1000, 'unixepoch') || ' ' || outcome from runs order by no", func(run string) { got += run + ", " })
	if want := "21 15:00 applied, 22 16:00 no_op, 22 18:00 no_op, "; got != want {
		t.Errorf("runs: %swant %s", got, want)
	}
	got = ""
	o.each("select json_extract(args, '$.missed') from river_job order by id", func(n string) { got += n + " " })
	if got != "0 7 0 " {
		t.Errorf("starts that each made up for: %s", got)
	}
	o.intact()
}

// TestServedScheduleIsKnown: as soon as a server says that it serves, a clock that it follows may jump: the next run of
// a new connection is known.
func TestServedScheduleIsKnown(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 12))
	o.automatic()
	c := call{env: map[string]string{"ROLLCALL_DATA": o.data, "BAMBOOHR_API_KEY": bamboosim.DefaultKey}}
	c.start(t, "--config", filepath.Join(o.dir, "rollcall.yaml"))
	if n := o.count(scheduled); n != 1 {
		t.Errorf("%d next runs are known, want 1", n)
	}
}

// TestServedMailTrouble lets the mail server be down, refuse, fall silent and hang up, each while a run makes accounts
// that are welcomed (security §3 #45): the run is as it would be, and every mail arrives later; only one whose
// answer was lost comes twice, with the same Message-ID.
func TestServedMailTrouble(t *testing.T) {
	t.Parallel()
	calm := newOffice(t, invented(t, 40))
	calm.exits(0, "sync", "--yes")
	want := calm.directory()
	for _, m := range []mood{down, refusing, silent, dropping} {
		t.Run(string(m), func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, invented(t, 40)) // with a clock of its own
			o.welcoming()
			post := o.posts(m)
			var later atomic.Int64
			stop := o.here(func() time.Time { return time.Now().Add(time.Duration(later.Load())) })
			eventually(t, "scheduled", func() bool { return o.count(scheduled) == 1 })
			o.clock("2026-11-21T15:00:00Z")
			eventually(t, "applied", func() bool { return o.count(finished) > 0 })
			if m == silent {
				eventually(t, "the mail server is called", func() bool { return post.called() > 0 })
				post.set(fine)
			}
			eventually(t, "a mail is not taken", func() bool { return o.count("select count(*) from outbox where attempts > 0") > 0 })
			post.set(fine)
			all := o.count(welcomes)
			if n := o.count(welcomed); n >= all {
				t.Errorf("%d of %d mails are sent", n, all)
			}
			eventually(t, "the queue notes that the run is done", func() bool { return o.count(jobsDone) == 1 })
			later.Store(int64(10 * time.Minute))
			o.clock("2026-11-21T18:00:00Z") // whatever run ends wakes the sender, which rests for a minute
			eventually(t, "sent", func() bool { return o.count(welcomed) == all })
			eventually(t, "the next run is made", func() bool { return o.count(jobsDone) == 2 })
			stop()
			if all < 30 {
				t.Errorf("%d people are welcomed", all)
			}
			eachOnce(t, post, all, map[mood]int{dropping: 1}[m])
			if diff := cmp.Diff(want, o.directory()); diff != "" {
				t.Errorf("the directory is not what it is with a good mail server (-want +got):\n%.2000s", diff)
			}
			if runs := o.history(); len(runs) != 2 || runs[1].outcome() != "applied" || runs[0].outcome() != "no_op" {
				t.Errorf("history: %+v", runs)
			}
			o.intact()
		})
	}
}

// eachOnce wants a mail for each of so many people, of which so many came twice, alike.
func eachOnce(t *testing.T, post *postOffice, people, twice int) {
	t.Helper()
	first, copies := map[string]letter{}, 0
	for _, m := range post.taken() {
		was, again := first[m.To]
		if again && (was.ID != m.ID || was.Subject != m.Subject) {
			t.Errorf("%s got two mails: %s and %s", m.To, was.ID, m.ID)
		}
		if again {
			copies++
		}
		first[m.To] = m
	}
	if len(first) != people || copies > twice {
		t.Errorf("%d people got a mail, want %d; %d came twice, want at most %d", len(first), people, copies, twice)
	}
}

// TestServerIsKilledMailing kills a server in the middle of its welcomes: those that were sent are not sent again, the
// others are sent within 30 seconds, and the one that was under way once its sender is known to be gone, with the
// same Message-ID (security §3 #41).
func TestServerIsKilledMailing(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 40))
	o.welcoming()
	post := o.posts(fine)
	p := o.serves()
	o.clock("2026-11-21T15:00:00Z")
	eventually(t, "some mails are there", func() bool { return len(post.taken()) >= 5 })
	_ = p.Process.Kill()
	p.wait()
	all := o.count(welcomes)
	if n := o.count(welcomed); n >= all {
		t.Fatalf("all %d mails were sent before the kill", all)
	}
	again := o.start("serve", "--roles", "worker", "--every", "20ms")
	if took := o.until(again, "the others are sent", welcomed, all-1); took > 30*time.Second {
		t.Errorf("the others were sent %s after the start", took)
	}
	again.interrupt()
	stop := o.here(func() time.Time { return time.Now().Add(21 * time.Second) })
	eventually(t, "all are sent", func() bool { return o.count(welcomed) == all })
	stop()
	eachOnce(t, post, all, 1)
	o.intact()
}

// TestServerIsKilledReading kills a server while it reads everybody, and while it asks who changed: the next one does
// it within 30 seconds (security §3 #41).
func TestServerIsKilledReading(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, path, outcomes string }{{"everybody", "/reports/", "applied interrupted"}, {"who changed", "/employees/changed", "applied applied"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, invented(t, 40))
			o.under("changes: { every: 30m }")
			if c.name == "who changed" {
				o.exits(0, "sync", "--yes")
			}
			p := o.serves()
			here, gone := make(chan struct{}, 100), make(chan struct{})
			o.sim.set(func(w http.ResponseWriter, r *http.Request) http.ResponseWriter {
				if strings.Contains(r.URL.Path, c.path) {
					here <- struct{}{}
					<-gone
				}
				return w
			})
			now := "2026-11-21T15:00:00Z"
			if c.name == "who changed" {
				now = "2026-11-21T12:45:00Z"
				o.until(p, "looks are scheduled", "select count(*) from schedules where kind = 'changes' and next_at is not null", 1)
			}
			o.rename(9, "Kept")
			o.clock(now)
			select {
			case <-here:
			case <-time.After(time.Minute):
				t.Fatal("nobody reads")
			}
			_ = p.Process.Kill()
			p.wait()
			close(gone)
			o.sim.set(nil)
			p = o.start("serve", "--roles", "worker", "--every", "20ms")
			want := strings.Count(c.outcomes, "applied")
			if took := o.until(p, "followed", "select count(*) from runs where outcome = 'applied'", want); took > 30*time.Second {
				t.Errorf("it followed %s after the start", took)
			}
			p.interrupt()
			var got []string
			for _, r := range o.history() {
				got = append(got, r.outcome())
			}
			if diff := cmp.Diff(c.outcomes, strings.Join(got, " ")); diff != "" {
				t.Errorf("history (-want +got):\n%s", diff)
			}
			if !strings.Contains(o.directory(), "Kept") {
				t.Error("the directory does not follow")
			}
			o.intact()
		})
	}
}
