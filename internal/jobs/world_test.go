package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/schedules"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const actor = "p_owner"

// world is a data folder, a simulated BambooHR and a clock that the test moves; processes work on it.
type world struct {
	t   *testing.T
	dir string
	sim *httptest.Server
	ids atomic.Int64
	// opened counts processes, the n-th of which is of version test-n.
	opened atomic.Int64
	// every is real time between two looks at the schedules that the test does not ask for.
	every time.Duration

	mu     sync.Mutex
	now    time.Time
	real   time.Time        // what the service takes for real time; zero: the machine's
	before http.HandlerFunc // called with every request; what it answers is the answer
	served *bamboosim.Server
}

// process is what one rollcall serve is made of.
type process struct {
	*connection.Service
	w     *world
	db    *store.DB
	store *store.Store
	queue *schedules.Queue
	jobs  *jobs.Service
}

func newWorld(t *testing.T, now time.Time, company bamboosim.Company) *world {
	t.Helper()
	w := &world{t: t, dir: filepath.Join(t.TempDir(), "data"), every: time.Hour}
	var err error
	if w.served, err = bamboosim.New(company); err != nil {
		t.Fatal(err)
	}
	w.sim = httptest.NewServer(w)
	t.Cleanup(w.sim.Close)
	w.set(now)
	return w
}

// ServeHTTP answers as the simulator unless the test does.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	before := w.before
	w.mu.Unlock()
	if before != nil && !strings.HasPrefix(r.URL.Path, "/_sim/") {
		rec := &answered{ResponseWriter: rw}
		if before(rec, r); rec.done {
			return
		}
	}
	w.served.ServeHTTP(rw, r)
}

type answered struct {
	http.ResponseWriter
	done bool
}

func (a *answered) WriteHeader(status int) {
	a.done = true
	a.ResponseWriter.WriteHeader(status)
}

// on makes f look at every request first; nil: the simulator alone.
func (w *world) on(f http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = f
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// wall is real time, for the service.
func (w *world) wall() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.real.IsZero() {
		return time.Now()
	}
	return w.real
}

// pass lets real time pass, by the clock of the test.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.real = w.real.Add(d)
}

// set moves the clock, also the simulator's.
func (w *world) set(now time.Time) {
	w.t.Helper()
	w.mu.Lock()
	w.now = now
	w.mu.Unlock()
	w.control("/clock", fmt.Sprintf(`{"now":%q}`, now.UTC().Format(time.RFC3339)))
}

// control asks the simulator for something, without a network.
func (w *world) control(path, body string) {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.served.ServeHTTP(rec, httptest.NewRequest(method(path), "/_sim"+path, strings.NewReader(body)))
	if rec.Code >= 300 {
		w.t.Fatalf("POST /_sim%s: %d %s", path, rec.Code, rec.Body)
	}
}

func (w *world) newID(prefix string) string { return fmt.Sprintf("%s_%d", prefix, w.ids.Add(1)) }

// open starts a process that does not make automatic runs yet.
func (w *world) open() *process { return w.openWith(func(*jobs.Options) {}) }

// openWith is open with options that the test changes.
func (w *world) openWith(change func(*jobs.Options)) *process {
	w.t.Helper()
	ctx := w.t.Context()
	db, err := store.Open(ctx, w.dir, store.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	ring, err := seal.OpenOrCreate(filepath.Join(w.dir, "keyring.json"))
	if err != nil {
		w.t.Fatal(err)
	}
	p := &process{w: w, db: db, store: db.Org("default")}
	p.Service = connection.New(connection.Options{Organisation: "default", Store: p.store, Settings: p.store.Settings(), Keys: ring,
		Now: w.clock, NewID: w.newID, BaseURL: w.sim.URL, Version: fmt.Sprintf("test-%d", w.opened.Add(1)), LeaseFor: time.Minute,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	if p.queue, err = db.OpenQueue(); err != nil {
		w.t.Fatal(err)
	}
	o := jobs.Options{Queue: p.queue, Organisations: []jobs.Organisation{{ID: "default", Connections: p.Service, Hints: p.store.Hints()}},
		Now: w.clock, Real: w.wall, Log: slog.New(slog.NewTextHandler(testLog{w.t}, nil)), Every: w.every, Poll: 5 * time.Millisecond, Workers: 4}
	change(&o)
	p.jobs, err = jobs.New(ctx, o)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { p.close() })
	return p
}

// start is open, and makes automatic runs.
func (w *world) start() *process {
	w.t.Helper()
	p := w.open()
	if err := p.jobs.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	return p
}

type testLog struct{ t *testing.T }

func (l testLog) Write(b []byte) (int, error) {
	l.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// close ends a process in good order; a second time does nothing.
func (p *process) close() {
	if p.db == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, f := range []func() error{func() error { return p.jobs.Stop(ctx) }, func() error { return p.Close(ctx) }, p.queue.Close, p.db.Close} {
		if err := f(); err != nil {
			p.w.t.Error(err)
		}
	}
	p.db = nil
}

// enabled makes a connection that runs by itself and has synced everybody once.
func (p *process) enabled(name, settings string) string {
	t, ctx := p.w.t, p.w.t.Context()
	t.Helper()
	d, err := p.Create(ctx, actor, connection.NewConnection{Name: name, Subdomain: "acme", Key: bamboosim.DefaultKey, Settings: []byte(settings)})
	if err != nil {
		t.Fatal(err)
	}
	if c, err := p.Check(ctx, actor, d.ID); err != nil || !c.Passed() {
		t.Fatalf("check: %+v, %v", c, err)
	}
	p.good(p.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	p.good(p.Sync(ctx, actor, d.ID))
	if err := p.Enable(ctx, actor, d.ID); err != nil {
		t.Fatal(err)
	}
	return d.ID
}

// good waits for work that must not fail.
func (p *process) good(j connection.Job, err error) connection.Job {
	t := p.w.t
	t.Helper()
	if err == nil {
		j, err = p.Wait(t.Context(), j.ID)
	}
	if err != nil || j.Err != nil {
		t.Fatalf("%s: %v, %v", j.Kind, err, j.Err)
	}
	return j
}

// eventually waits in real time for what happens in the background.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("still not: %s; %s", what, w.state())
		}
	}
}

// state shows schedules and jobs.
func (w *world) state() string {
	q, err := schedules.Open(w.dir)
	if err != nil {
		return err.Error()
	}
	defer q.Close()
	rows, err := q.DB().Query(`select kind || ' ' || spec || ' next ' || coalesce(datetime(next_at / 1000, 'unixepoch'), '-') from schedules
		union all select id || ' ' || kind || ' ' || state || ' ' || coalesce(json(errors), '') from river_job`)
	if err != nil {
		return err.Error()
	}
	defer rows.Close()
	out := "it is " + w.clock().String()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err.Error()
		}
		out += "\n" + line
	}
	return out
}

// list returns the jobs, oldest first.
func (p *process) list() []jobs.Job {
	p.w.t.Helper()
	return p.newest(10000)
}

func (p *process) newest(n int) []jobs.Job {
	p.w.t.Helper()
	out, err := p.jobs.Jobs(p.w.t.Context(), "default", n)
	if err != nil {
		p.w.t.Fatal(err)
	}
	slices.Reverse(out)
	return out
}

// next is when the schedule starts a connection's next run.
func (p *process) next(id string) (at time.Time) {
	p.w.t.Helper()
	tx, err := p.queue.DB().Begin()
	if err != nil {
		p.w.t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := p.queue.Rows(p.w.t.Context(), tx, "default")
	if err != nil {
		p.w.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Connection == id && r.Kind == jobs.Run {
			at = r.Next
		}
	}
	return at
}

// idle looks at the schedules and waits until nothing is left to do.
func (p *process) idle() {
	p.w.t.Helper()
	if err := p.jobs.Tick(p.w.t.Context()); err != nil {
		p.w.t.Fatal(err)
	}
	p.w.eventually("idle", func() bool {
		return !slices.ContainsFunc(p.newest(6), func(j jobs.Job) bool { return j.Finished.IsZero() })
	})
}

// at moves the clock and lets happen what is due then.
func (p *process) at(now time.Time) {
	p.w.t.Helper()
	p.w.set(now)
	p.idle()
}

// automatic returns the runs that started by themselves, oldest first.
func (p *process) automatic(id string) []syncrun.Run {
	p.w.t.Helper()
	all, err := p.store.RunList(p.w.t.Context(), id, 100000)
	if err != nil {
		p.w.t.Fatal(err)
	}
	all = slices.DeleteFunc(all, func(r syncrun.Run) bool { return r.Trigger != syncrun.TriggerSchedule })
	slices.Reverse(all)
	return all
}

// times shows when runs started.
func times(runs []syncrun.Run) string {
	var out []string
	for _, r := range runs {
		out = append(out, r.StartedAt.UTC().Format("01-02 15:04")+" "+string(r.Outcome))
	}
	return strings.Join(out, ", ")
}

func utc(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return at
}

// office is a small company; the n-th person works at a site and may have a last day.
func office(today string, n int) bamboosim.Company {
	c := bamboosim.Company{Subdomain: "acme", Today: today}
	for i := 1; i <= n; i++ {
		c.Employees = append(c.Employees, bamboosim.Employee{ID: i, EmployeeNumber: fmt.Sprint(1000 + i), FirstName: fmt.Sprintf("Given%d", i),
			LastName: fmt.Sprintf("Family%d", i), WorkEmail: fmt.Sprintf("given%d@acme.test", i), HireDate: "2020-01-06",
			JobInfo: []bamboosim.JobRow{{Date: "2020-01-06", Department: "Engineering", Location: "Utrecht", JobTitle: "Engineer"}}})
	}
	return c
}

// method is PUT for a whole employee, POST for anything else.
func method(path string) string {
	if strings.HasPrefix(path, "/employees/") && !strings.HasSuffix(path, "/terminate") {
		return http.MethodPut
	}
	return http.MethodPost
}
