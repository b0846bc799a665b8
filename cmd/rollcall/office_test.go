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
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/store"
)

// office is a simulated company and, beside it, everything that the real binary needs: a configuration
// file and a data folder.
type office struct {
	t    *testing.T
	sim  *gate
	dir  string
	data string
	env  []string // beside the usual
}

// gate is the simulator with a door: every request passes it before it is answered.
type gate struct {
	mu      sync.Mutex
	company http.Handler
	door    func(http.ResponseWriter, *http.Request) http.ResponseWriter // nil: open
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	company, door := g.company, g.door
	g.mu.Unlock()
	if door != nil && !strings.HasPrefix(r.URL.Path, "/_sim/") {
		w = door(w, r)
	}
	company.ServeHTTP(w, r)
}

func (g *gate) set(door func(http.ResponseWriter, *http.Request) http.ResponseWriter) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.door = door
}

// become makes the simulator serve another state of the company.
func (g *gate) become(company http.Handler) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.company = company
}

func invented(t *testing.T, employees int) http.Handler {
	t.Helper()
	c, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: employees, Today: simToday})
	if err != nil {
		t.Fatal(err)
	}
	s, err := bamboosim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newOffice(t *testing.T, company http.Handler) *office {
	t.Helper()
	o := &office{t: t, sim: &gate{company: company}, dir: t.TempDir()}
	server := httptest.NewServer(o.sim)
	t.Cleanup(server.Close)
	o.data = filepath.Join(o.dir, "data")
	write(t, o.dir, "rollcall.yaml", fmt.Sprintf("clock: follow\nconnection:\n  name: Acme HR\n  bamboohr: { subdomain: acme, base_url: %q }\n", server.URL))
	return o
}

// process is one run of the binary.
type process struct {
	*exec.Cmd
	t        *testing.T
	out, err bytes.Buffer
}

// start runs the binary without waiting for it.
func (o *office) start(args ...string) *process {
	o.t.Helper()
	p := &process{Cmd: exec.Command("rollcall", args...), t: o.t}
	p.Dir, p.Stdout, p.Stderr = o.dir, &p.out, &p.err
	p.Env = append(os.Environ(), "ROLLCALL_DATA="+o.data, "BAMBOOHR_API_KEY="+bamboosim.DefaultKey)
	p.Env = append(p.Env, o.env...)
	if err := p.Start(); err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// wait returns the exit code, -1 for a process that was killed.
func (p *process) wait() int {
	p.t.Helper()
	exit := new(exec.ExitError)
	if err := p.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

// exits runs the binary and holds it to an exit code.
func (o *office) exits(code int, args ...string) *process {
	o.t.Helper()
	p := o.start(args...)
	if got := p.wait(); got != code {
		o.t.Fatalf("rollcall %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &p.out, &p.err)
	}
	return p
}

// into reads the output as JSON.
func (p *process) into(v any) {
	p.t.Helper()
	if err := json.Unmarshal(p.out.Bytes(), v); err != nil {
		p.t.Fatalf("%v in %.300s", err, &p.out)
	}
}

// runLine is what the tests look at of a run.
type runLine struct {
	ID          string         `json:"id"`
	Outcome     *string        `json:"outcome"`
	FinishedAt  *string        `json:"finished_at"`
	Counts      map[string]int `json:"counts"`
	RowsWritten int            `json:"rows_written"`
}

func (r runLine) outcome() string {
	if r.Outcome == nil {
		return "running"
	}
	return *r.Outcome
}

func (o *office) history() []runLine {
	o.t.Helper()
	var runs []runLine
	o.exits(0, "runs", "-o", "json").into(&runs)
	return runs
}

// count asks the database beside the process that writes it; 0 while there is none.
func (o *office) count(query string) int {
	o.t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(o.data, "rollcall.db"), sqlite.OpenReadOnly)
	if err != nil {
		return 0
	}
	defer c.Close()
	n := 0
	// An error is a table that is still to come.
	_ = sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		n = st.ColumnInt(0)
		return nil
	}})
	return n
}

// each asks the database for text, a row at a time.
func (o *office) each(query string, row func(string)) {
	o.t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(o.data, "rollcall.db"), sqlite.OpenReadOnly)
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	if err := sqlitex.ExecuteTransient(c, query, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		row(st.ColumnText(0))
		return nil
	}}); err != nil {
		o.t.Fatal(err)
	}
}

// intact holds the database to SQLite's own check and to the chain of the audit trail.
func (o *office) intact() {
	o.t.Helper()
	if _, err := os.Stat(filepath.Join(o.data, "rollcall.db")); err != nil {
		return // it was killed before there was one
	}
	if o.count("select count(*) from pragma_integrity_check where integrity_check = 'ok'") != 1 {
		o.t.Error("the database is damaged")
	}
	db, err := store.Open(o.t.Context(), o.data, store.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	if err := errors.Join(db.Org(organisation).VerifyAudit(o.t.Context()), db.Close()); err != nil {
		o.t.Error(err)
	}
}

// directory is everybody as the command line shows them.
func (o *office) directory() string {
	o.t.Helper()
	return o.exits(0, "people", "-o", "json").out.String()
}

// reshaped is the company of a simulator with something changed in its file form.
func reshaped(t *testing.T, now http.Handler, change func(file map[string]any)) http.Handler {
	t.Helper()
	answer := httptest.NewRecorder()
	now.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/_sim/company", nil))
	var file map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &file); err != nil {
		t.Fatal(err)
	}
	change(file)
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	companies, err := bamboosim.ParseCompanyFile(text)
	if err != nil {
		t.Fatal(err)
	}
	s, err := bamboosim.NewCompanies(companies)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// snapshot keeps a data folder, restore lays it into another office.
func snapshot(t *testing.T, o *office) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(o.data)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(o.data, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func restore(t *testing.T, o *office, files map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(o.data, name), files[name], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
