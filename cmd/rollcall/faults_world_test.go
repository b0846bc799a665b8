package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// faultWorld is the real binary beside a simulator of its own, in which something is about to go wrong.
type faultWorld struct {
	t      *testing.T
	dir    string
	sim    *bamboosim.Server
	faults []string      // as the control API takes them
	report string        // which of the two custom reports alone is spoiled: present or ahead, of every reading or "…, once"; "": what matches
	asked  chan struct{} // holds a token for every request to the API

	turn sync.Mutex // held by a report until its answer has begun
	mu   sync.Mutex // guards what follows, which requests see while the test changes it
	aim  string     // report, while armed
	left []string   // faults still to be switched on for it
}

// newFaultWorld serves a company. data is the data folder of an earlier world to start from, "" for an
// empty one; each line of settings stands under connection:.
func newFaultWorld(t *testing.T, company bamboosim.Company, data, reader, settings string) *faultWorld {
	t.Helper()
	w := &faultWorld{t: t, dir: t.TempDir(), asked: make(chan struct{}, 1000)}
	var err error
	if w.sim, err = bamboosim.New(company); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	text := fmt.Sprintf("clock: follow\nconnection:\n  name: Acme HR\n  bamboohr: { subdomain: acme, base_url: %q, reader: %s }\n", server.URL, reader)
	for line := range strings.Lines(settings) {
		text += "  " + line + "\n"
	}
	write(t, w.dir, "rollcall.yaml", text)
	if data != "" {
		copyFolder(t, data, filepath.Join(w.dir, "rollcall-data"))
	}
	return w
}

func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	files, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		write(t, to, f.Name(), string(text))
	}
}

// ServeHTTP hands a request to the simulator. Both reports go to one path at the same time, so the one
// that is meant is spoiled by switching the faults on just for it: until its answer has begun, the other
// one waits.
func (w *faultWorld) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/_sim/") {
		select {
		case w.asked <- struct{}{}:
		default: // nobody counts so far
		}
	}
	w.mu.Lock()
	aim := w.aim
	w.mu.Unlock()
	if aim == "" || !strings.HasSuffix(r.URL.Path, "/reports/custom") {
		w.sim.ServeHTTP(rw, r)
		return
	}
	w.turn.Lock()
	answer := &begun{rw, sync.OnceFunc(w.turn.Unlock)}
	defer answer.then()
	which, once := strings.CutSuffix(aim, ", once")
	if current := r.URL.Query().Get("onlyCurrent") == "true"; current == (which == "present") {
		for _, f := range w.take(once) {
			w.control("POST", "/faults", f)
		}
	}
	w.sim.ServeHTTP(answer, r)
}

// take gives the faults of the report that is aimed at, and none the next time if they are for once.
func (w *faultWorld) take(once bool) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	faults := w.left
	if once {
		w.left = nil
	}
	return faults
}

// begun calls then when an answer begins, and the faults have been taken.
type begun struct {
	http.ResponseWriter
	then func()
}

func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (b *begun) WriteHeader(status int) {
	b.then()
	b.ResponseWriter.WriteHeader(status)
}

func (b *begun) Write(p []byte) (int, error) {
	b.then()
	return b.ResponseWriter.Write(p)
}

// arm makes the faults happen to the next command, from their first match on.
func (w *faultWorld) arm() {
	w.disarm()
	w.control("DELETE", "/requests", "")
	if w.report == "" {
		for _, f := range w.faults {
			w.control("POST", "/faults", f)
		}
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.aim, w.left = w.report, w.faults
}

// disarm ends all faults.
func (w *faultWorld) disarm() {
	w.mu.Lock()
	w.aim = ""
	w.mu.Unlock()
	w.control("DELETE", "/faults", "")
}

// control speaks to the simulator's control API and returns its answer.
func (w *faultWorld) control(method, path, body string) string {
	w.t.Helper()
	answer := httptest.NewRecorder()
	w.sim.ServeHTTP(answer, httptest.NewRequest(method, "/_sim"+path, strings.NewReader(body)))
	if answer.Code > 299 {
		w.t.Errorf("%s %s %s: %d %s", method, path, body, answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// requests counts what the simulator was asked since arm.
func (w *faultWorld) requests() int {
	w.t.Helper()
	var log struct{ Items []json.RawMessage }
	if err := json.Unmarshal([]byte(w.control("GET", "/requests", "")), &log); err != nil {
		w.t.Fatal(err)
	}
	return len(log.Items)
}

// result is what one command did.
type result struct {
	code     int
	out, err string
}

// maxMemory is what no command may need, whatever a server sends (security §3 #18). The race detector
// multiplies it, and is still far below what a bomb unpacks to.
const maxMemory = 400 << 20

// command is the binary with its stdout.
func (w *faultWorld) command(args ...string) (*exec.Cmd, *bytes.Buffer) {
	var out bytes.Buffer
	c := exec.CommandContext(w.t.Context(), "rollcall", args...)
	c.Dir, c.Stdout = w.dir, &out
	c.Env = append(os.Environ(), "BAMBOOHR_API_KEY="+bamboosim.DefaultKey)
	return c, &out
}

// rollcall runs the binary. It never shows the key.
func (w *faultWorld) rollcall(args ...string) result {
	w.t.Helper()
	c, out := w.command(args...)
	var err bytes.Buffer
	c.Stderr = &err
	if e := c.Run(); e != nil {
		if exit := new(exec.ExitError); !errors.As(e, &exit) {
			w.t.Fatal(e)
		}
	}
	if strings.Contains(out.String()+err.String(), bamboosim.DefaultKey) {
		w.t.Errorf("%s shows the key:\n%s%s", args, out, &err)
	}
	if used, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok && used.Maxrss<<10 > maxMemory {
		w.t.Errorf("%s needed %d MiB", args, used.Maxrss>>10)
	}
	return result{c.ProcessState.ExitCode(), out.String(), err.String()}
}

// mustRollcall is rollcall with exit code 0.
func (w *faultWorld) mustRollcall(args ...string) string {
	w.t.Helper()
	r := w.rollcall(args...)
	if r.code != 0 {
		w.t.Fatalf("rollcall %s: exit code %d: %s%s", args, r.code, r.out, r.err)
	}
	return r.out
}

// people are the people of the directory as JSON, by their employee.
func (w *faultWorld) people() map[string]string {
	w.t.Helper()
	var list []json.RawMessage
	if err := json.Unmarshal([]byte(w.mustRollcall("people", "-o", "json")), &list); err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, raw := range list {
		var p struct {
			Source struct {
				EmployeeID string `json:"employee_id"`
			}
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			w.t.Fatal(err)
		}
		out[p.Source.EmployeeID] = string(raw)
	}
	return out
}

// differences lists the employees whose people are not the same, with a sign for those who came or went.
func differences(before, after map[string]string) string {
	var out []string
	for id, p := range after {
		if old, ok := before[id]; !ok {
			out = append(out, "+"+id)
		} else if old != p {
			out = append(out, id)
		}
	}
	for id := range before {
		if _, ok := after[id]; !ok {
			out = append(out, "-"+id)
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
