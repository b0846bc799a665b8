package syncrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// office is a simulated company with a directory of its own for each reader of it.
type office struct {
	t     testing.TB
	sim   http.Handler
	url   string
	clock time.Time
	mu    sync.Mutex
	asked []string // method and path of every request since the last call of asks
	ids   int
	gone  map[int]bool
}

func newOffice(t testing.TB, c bamboosim.Company) *office {
	t.Helper()
	sim, err := bamboosim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, sim: sim, clock: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), gone: map[int]bool{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, path, _ := strings.Cut(r.URL.Path, "/v1/")
		o.mu.Lock()
		o.asked = append(o.asked, r.Method+" "+path)
		o.mu.Unlock()
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	o.url = server.URL
	return o
}

// control speaks to the simulator beside the API.
func (o *office) control(method, path string, body any) {
	o.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	o.sim.ServeHTTP(rec, httptest.NewRequest(method, "/_sim"+path, bytes.NewReader(text)))
	if rec.Code >= 300 {
		o.t.Fatalf("%s %s %s: %d %s", method, path, text, rec.Code, rec.Body)
	}
}

func (o *office) put(id int, fields map[string]any) {
	o.t.Helper()
	o.control("PUT", "/employees/"+strconv.Itoa(id), fields)
}

// job gives somebody one job since January.
func (o *office) job(id int, fields map[string]any) {
	o.t.Helper()
	row := map[string]any{"date": "2026-01-05", "department": "Legal", "division": "Europe", "location": "London", "jobTitle": "Clerk", "reportsTo": "4"}
	maps.Copy(row, fields)
	o.put(id, map[string]any{"jobInfo": []any{row}})
}

// wait moves the clock of both sides.
func (o *office) wait(d time.Duration) {
	o.t.Helper()
	o.clock = o.clock.Add(d)
	o.control("POST", "/clock", map[string]any{"now": o.clock.Format(time.RFC3339)})
}

func (o *office) asks() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := o.asked
	o.asked = nil
	slices.Sort(out)
	return out
}

// engine opens a fresh directory.
func (o *office) engine(settings string) *syncrun.Engine {
	o.t.Helper()
	conn, faults := policy.ParseSettings([]byte("name: Acme\nbamboohr: { subdomain: acme }\n" + settings))
	if len(faults) > 0 {
		o.t.Fatal(faults)
	}
	now := func() time.Time { return o.clock }
	db, err := store.Open(context.Background(), filepath.Join(o.t.TempDir(), "data"), store.Options{})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { db.Close() })
	e := &syncrun.Engine{Organisation: "acme", Policy: &conn, Store: db.Org("acme"),
		Now: now, Actor: "test", LeaseFor: time.Minute, Retryable: source.Retryable,
		NewID: func(prefix string) string { o.ids++; return fmt.Sprintf("%s_%06d", prefix, o.ids) }}
	e.Source = o.source(e, bamboosim.DefaultKey, "k")
	return e
}

// source reads the office with a key; print is what is remembered of it.
func (o *office) source(e *syncrun.Engine, key, print string) syncrun.Source {
	o.t.Helper()
	counter := &source.Counter{}
	client, err := bamboohr.New("acme", key, bamboohr.WithBaseURL(o.url), bamboohr.WithObserver(counter.Observe),
		bamboohr.WithSleep(func(context.Context, time.Duration) error { return nil }))
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(client.Close)
	return source.NewBambooHR(client, e.Policy, source.Options{Now: e.Now, Counter: counter, Key: print})
}

// hide takes the right to see a field from the key.
func (o *office) hide(field string) {
	o.t.Helper()
	o.control("POST", "/faults", map[string]any{"name": "drop_field", "args": map[string]any{"field": field}})
}

func (o *office) sync(e *syncrun.Engine) syncrun.SyncResult {
	o.t.Helper()
	r, err := e.Sync(context.Background(), syncrun.PreviewOptions{Trigger: syncrun.TriggerSchedule})
	if err != nil || r.ReadErr != nil {
		o.t.Fatal(err, r.ReadErr)
	}
	o.asks()
	return r
}

func (o *office) look(e *syncrun.Engine, hinted ...int64) syncrun.SyncResult {
	o.t.Helper()
	r, err := e.SyncChanges(context.Background(), syncrun.ChangesOptions{Trigger: syncrun.TriggerSchedule, Hinted: hinted})
	if err != nil || r.ReadErr != nil {
		o.t.Fatal(err, r.ReadErr)
	}
	return r
}

func (o *office) runs(e *syncrun.Engine) int {
	o.t.Helper()
	runs, err := e.Runs(context.Background(), 1000)
	if err != nil {
		o.t.Fatal(err)
	}
	return len(runs)
}

// people writes down a directory, without what differs between two histories.
func people(t testing.TB, e *syncrun.Engine) string {
	t.Helper()
	var b strings.Builder
	for p, err := range e.Store.AllPeople(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s", p.ID, p.Status)
		for _, f := range directory.Standard() {
			fmt.Fprintf(&b, " %s=%q", f, p.Values.Get(f))
		}
		b.WriteString("\n")
	}
	return b.String()
}

func generated(t testing.TB, n int) bamboosim.Company {
	t.Helper()
	c, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: n, Today: "2026-11-21"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const active = "lifecycle: { initial: active }\n"

const looking = active + "changes: { every: 15m }\n"

// TestLook: one request when nothing changed, and no whole report when somebody did.
func TestLook(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine(looking)
	o.sync(e)
	o.wait(15 * time.Minute)
	before := o.runs(e)
	r := o.look(e)
	if diff := cmp.Diff([]string{"GET employees/changed"}, o.asks()); diff != "" || !r.Nothing || r.Run.ID != "" || o.runs(e) != before {
		t.Errorf("nothing changed: %+v, %d runs more (-want +got):\n%s", r, o.runs(e)-before, diff)
	}

	o.wait(15 * time.Minute)
	o.job(7, map[string]any{"jobTitle": "Baker"})
	o.wait(5 * time.Minute)
	r = o.look(e)
	want := []string{"GET employees/0", "GET employees/changed", "POST reports/custom", "POST reports/custom"}
	if diff := cmp.Diff(want, o.asks()); diff != "" || r.Full != "" || r.Run.Counts.Update != 1 || r.Run.Requests != 4 || r.Plan.Person != syncrun.PlanOfChanges {
		t.Errorf("one changed: full %q, %+v (-want +got):\n%s", r.Full, r.Run, diff)
	}
	if h := r.Plan.Header; h.Counts.Unchanged < 30 || h.Evidence.Employees != 40 {
		t.Errorf("everybody else stands as remembered: %+v", h.Counts)
	}
	// What was read is listed again for as long as the overlap lasts, and is not read again.
	o.wait(5 * time.Minute)
	if r := o.look(e); !r.Nothing || len(o.asks()) != 1 {
		t.Errorf("the same change again: %+v", r)
	}
	// A change of something that nobody asked for is no run either.
	o.put(8, map[string]any{"homePhone": "+31 20 555"})
	o.wait(5 * time.Minute)
	before = o.runs(e)
	if r := o.look(e); !r.Nothing || o.runs(e) != before {
		t.Errorf("a change of other fields: %+v", r)
	}
}

// TestLookYoung: a change as young as the look is read once more, because another may bear the same second.
func TestLookYoung(t *testing.T) {
	o := newOffice(t, generated(t, 10))
	e := o.engine(looking)
	o.sync(e)
	o.wait(time.Hour)
	for _, title := range []string{"Baker", "Cook"} {
		o.job(7, map[string]any{"jobTitle": title})
		if r := o.look(e); r.Run.Counts.Update != 1 {
			t.Errorf("%s: %+v", title, r)
		}
	}
	o.wait(15 * time.Minute)
	if r := o.look(e); !r.Nothing {
		t.Errorf("read once more, and nothing to do: %+v", r)
	}
	o.asks()
	o.wait(time.Minute)
	if r := o.look(e); !r.Nothing || len(o.asks()) != 1 {
		t.Errorf("and not again: %+v", r)
	}
}

// everybody is a store of which a run knows everybody, however little changed.
type everybody struct{ syncrun.Store }

func (s everybody) BriefsOf(ctx context.Context, _ string, _ func() directory.PeopleQuery) iter.Seq2[*directory.Brief, error] {
	return s.Briefs(ctx, false)
}

// TestLooksAgreeWithSyncs: whatever happens in the company, a directory that is kept by looks, with a full
// reading a day, is the one that full readings make that know everybody (promise BW2).
func TestLooksAgreeWithSyncs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := newOffice(t, generated(t, 30))
		settings := looking + rapid.SampledFrom([]string{"", "scope: { exclude: [{ field: department, in: [Sales, Marketing] }] }\n",
			"match: [work_email]\nmapping: { manager: { from: supervisorEmail } }\n"}).Draw(rt, "settings") + "guard: { deactivate: { people: 100 }, move_email: { people: 100 }, blank: { people: 100 } }\n"
		whole, some := o.engine(settings), o.engine(settings)
		whole.Store = everybody{whole.Store}
		o.sync(whole)
		o.sync(some)
		looks, newest := 0, 1000
		for range rapid.IntRange(1, 4).Draw(rt, "rounds") {
			for range rapid.IntRange(0, 3).Draw(rt, "edits") {
				o.edit(rt, &newest)
			}
			o.wait(rapid.SampledFrom([]time.Duration{0, time.Second, 15 * time.Minute, 5 * time.Hour, 27 * time.Hour}).Draw(rt, "wait"))
			o.sync(whole)
			r := o.look(some)
			if r.Full == "" {
				looks++
			}
			if _, err := some.ApplyDue(context.Background(), syncrun.TriggerSchedule); err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(people(t, whole), people(t, some)); diff != "" {
				rt.Fatalf("full %q, nothing %v (-full readings +looks):\n%s", r.Full, r.Nothing, diff)
			}
		}
		rt.Logf("%d looks", looks)
	})
}

// edit does something in the company.
func (o *office) edit(t *rapid.T, newest *int) {
	id := rapid.IntRange(4, 15).Draw(t, "id")
	if o.gone[id] {
		return
	}
	switch rapid.SampledFrom([]string{"title", "department", "address", "manager", "clear", "end", "back", "delete", "new", "shirt"}).Draw(t, "edit") {
	case "title":
		o.job(id, map[string]any{"jobTitle": rapid.SampledFrom([]string{"Baker", "Cook"}).Draw(t, "title")})
	case "department":
		o.job(id, map[string]any{"department": rapid.SampledFrom([]string{"Sales", "Legal", "Marketing"}).Draw(t, "department")})
	case "address":
		o.put(id, map[string]any{"workEmail": rapid.SampledFrom([]string{"a@acme.test", "b@acme.test", "c@acme.test"}).Draw(t, "address")})
	case "manager":
		o.job(id, map[string]any{"reportsTo": strconv.Itoa(rapid.IntRange(4, 15).Draw(t, "manager"))})
	case "clear":
		o.put(id, map[string]any{"workPhone": ""})
	case "end":
		day := o.clock.AddDate(0, 0, rapid.IntRange(-1, 2).Draw(t, "days")).Format(time.DateOnly)
		o.control("POST", "/employees/"+strconv.Itoa(id)+"/terminate", map[string]any{"date": day})
	case "back":
		o.put(id, map[string]any{"status": "Active"})
	case "delete":
		o.control("DELETE", "/employees/"+strconv.Itoa(id), nil)
		o.gone[id] = true
	case "new":
		*newest++
		o.put(*newest, map[string]any{"firstName": "New", "lastName": fmt.Sprintf("N%d", *newest), "hireDate": "2026-01-05",
			"workEmail": rapid.SampledFrom([]string{"a@acme.test", fmt.Sprintf("n%d@acme.test", *newest)}).Draw(t, "address")})
	case "shirt":
		o.put(id, map[string]any{"homePhone": rapid.StringMatching("[0-9]{6}").Draw(t, "phone")})
	}
}

// TestLookReadsEverybody: where some employees would not be enough, the same run reads all.
func TestLookReadsEverybody(t *testing.T) {
	for name, test := range map[string]struct {
		before func(o *office, e *syncrun.Engine) // after the first sync
		why    string
		hinted []int64
	}{
		"never read":      {nil, "not read in full yet", nil},
		"old":             {func(o *office, _ *syncrun.Engine) { o.wait(26*time.Hour + time.Minute) }, "more than 26 hours old", nil},
		"other settings":  {func(_ *office, e *syncrun.Engine) { e.Policy.Teams = policy.GroupAsk }, "the settings changed", nil},
		"other key":       {func(o *office, e *syncrun.Engine) { e.Source = o.source(e, bamboosim.DefaultKey, "another") }, "the key is another one", nil},
		"nobody answers":  {func(*office, *syncrun.Engine) {}, "does not show employee 9999", []int64{9999}},
		"many":            {func(*office, *syncrun.Engine) {}, "201 employees would be read again, more than 200", span(1, 201)},
		"one right less":  {func(o *office, _ *syncrun.Engine) { o.put(7, map[string]any{"workPhone": nil}) }, `"workPhone" is blank for everybody`, nil},
		"columns missing": {func(o *office, _ *syncrun.Engine) { o.hide("workPhone"); o.job(7, map[string]any{"jobTitle": "Cook"}) }, "the columns that can be read", nil},
		"the dataset": {func(o *office, e *syncrun.Engine) {
			e.Policy.BambooHR.Reader = policy.ReaderDataset
			o.job(7, map[string]any{"jobTitle": "Cook"})
		}, "the dataset cannot be asked for single employees", nil},
		"a question that is refused": {func(o *office, _ *syncrun.Engine) {
			o.control("POST", "/faults", map[string]any{"name": "status", "match": "GET /employees/changed", "args": map[string]any{"code": 403}})
			o.wait(2 * time.Hour)
		}, "does not tell this key who changed", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, generated(t, 12))
			e := o.engine(looking)
			if test.before != nil {
				o.sync(e)
				o.wait(10 * time.Minute)
				test.before(o, e)
				o.wait(5 * time.Minute)
			}
			r := o.look(e, test.hinted...)
			if !strings.Contains(r.Full, test.why) || r.Nothing || r.Run.ID == "" || r.Plan.Person != "" || r.Plan.Header.Evidence.Employees != 12 {
				t.Errorf("full %q, want %q; run %+v", r.Full, test.why, r.Run)
			}
		})
	}
}

func span(from, to int64) []int64 {
	var out []int64
	for ; from <= to; from++ {
		out = append(out, from)
	}
	return out
}

// TestLookIsPatient: while no full reading succeeds, automatic looks try one an hour, and leave plans that
// wait for somebody alone.
func TestLookIsPatient(t *testing.T) {
	c := generated(t, 60)
	o := newOffice(t, c)
	e := o.engine(looking)
	o.sync(e)
	for id := 4; id < 24; id++ {
		o.control("DELETE", "/employees/"+strconv.Itoa(id), nil)
	}
	if r := o.sync(e); r.Plan.Header.Evidence.Grade != "doubtful" {
		t.Fatalf("20 of 60 are gone: %+v", r.Plan.Header.Evidence)
	}
	o.wait(15 * time.Minute)
	if r := o.look(e); !r.Nothing || len(o.asks()) != 0 {
		t.Errorf("a quarter of an hour later: %+v", r)
	}
	o.wait(time.Hour)
	if r := o.look(e); !strings.Contains(r.Full, "the last full reading was doubtful") {
		t.Errorf("an hour later: %+v", r)
	}
}

// TestLooksAndTheGuard: six leavers in six looks are as many as six in one run.
func TestLooksAndTheGuard(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine(looking)
	o.sync(e)
	waits := 0
	for i := range 7 {
		o.wait(14 * time.Minute)
		o.put(20+i, map[string]any{"status": "Inactive"})
		o.wait(3 * time.Minute)
		r := o.look(e)
		if r.Full != "" {
			t.Fatal(r.Full)
		}
		waits = r.Waiting
		if i < 5 && r.Run.Counts.Deactivate != 1 || i >= 5 && r.Run.Counts.Deactivate != 0 {
			t.Errorf("leaver %d: %+v, %d wait", i+1, r.Run.Counts, r.Waiting)
		}
	}
	// The one who waits is read again with the next, so that one plan has both.
	if waits != 2 {
		t.Errorf("%d wait, want 2", waits)
	}
}

// TestLookBesideAWaitingPlan: a plan of everybody that waits is neither stale nor the latest no more; a plan
// of a look is stale once everybody was read again.
func TestLookBesideAWaitingPlan(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine(looking + "guard: { deactivate: { people: 0, percent: 0 } }\n")
	o.sync(e)
	o.put(20, map[string]any{"status": "Inactive"})
	o.wait(5 * time.Minute)
	full := o.sync(e)
	o.wait(14 * time.Minute)
	o.put(21, map[string]any{"status": "Inactive"})
	o.wait(3 * time.Minute)
	r := o.look(e)
	if full.Waiting != 1 || r.Waiting != 1 || r.Full != "" {
		t.Fatalf("waiting %d and %d, full %q", full.Waiting, r.Waiting, r.Full)
	}
	latest, err := e.Store.Plan(t.Context(), r.Run.Connection, "")
	if err != nil || latest.ID != full.Plan.ID {
		t.Errorf("the latest plan is %s (%v), want %s", latest.ID, err, full.Plan.ID)
	}
	approve := syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Approve: []plan.Kind{plan.KindDeactivate}, Release: map[plan.Kind]int{}}
	if got, err := e.Apply(t.Context(), full.Plan.ID, approve); err != nil || got.Run.Counts.Deactivate != 1 {
		t.Errorf("apply the waiting plan: %v %+v", err, got.Run.Counts)
	}
	o.sync(e)
	var stale *syncrun.StaleError
	if _, err := e.Apply(t.Context(), r.Plan.ID, approve); !errors.As(err, &stale) {
		t.Errorf("the look's plan after everybody was read again: %v", err)
	}
}

// TestLookHinted: a row that came into effect is no change for BambooHR, but it is read when a webhook named
// the employee.
func TestLookHinted(t *testing.T) {
	o := newOffice(t, generated(t, 12))
	e := o.engine(looking)
	o.put(7, map[string]any{"jobInfo": []any{
		map[string]any{"date": "2026-01-05", "department": "Legal", "location": "London", "jobTitle": "Clerk", "reportsTo": "4"},
		map[string]any{"date": "2026-11-22", "department": "Legal", "location": "London", "jobTitle": "Counsel", "reportsTo": "4"}}})
	o.wait(5 * time.Minute)
	o.sync(e)
	o.wait(13 * time.Hour)
	if r := o.look(e); !r.Nothing {
		t.Errorf("nobody changed: %+v", r)
	}
	if r := o.look(e, 7, 8, 7); r.Full != "" || r.Run.Counts.Update != 1 || len(r.Plan.Header.Evidence.SnapshotID) == 0 {
		t.Errorf("hinted: full %q, %+v", r.Full, r.Run.Counts)
	}
	before := o.runs(e)
	if r := o.look(e, 7, 8); !r.Nothing || o.runs(e) != before {
		t.Errorf("hinted again, and nothing differs: %+v", r)
	}
}

// TestLookDeleted: a record that was removed is a missing employee, and whoever reported to it is read again.
func TestLookDeleted(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine(looking)
	o.job(30, map[string]any{"reportsTo": "20"})
	o.wait(5 * time.Minute)
	o.sync(e)
	o.wait(15 * time.Minute)
	o.control("DELETE", "/employees/20", nil)
	o.wait(5 * time.Minute)
	r := o.look(e)
	held := ""
	for it, err := range e.Store.Items(t.Context(), r.Plan.ID, 0, false) {
		if err != nil {
			t.Fatal(err)
		}
		if h := it.Held; h != nil && h.SourceID == 20 {
			held = string(h.Reason)
		}
	}
	if r.Full != "" || held != "missing_in_hr" || r.Run.Counts.Deactivate != 0 || r.Run.Counts.Update == 0 {
		t.Errorf("full %q, held %q, %+v", r.Full, held, r.Run.Counts)
	}
	o.wait(15 * time.Minute)
	if r := o.look(e); !r.Nothing {
		t.Errorf("the same deletion again: %+v", r)
	}
}

// TestLookFails: a look that fails is a run, is no failed reading of the connection, and loses nothing.
func TestLookFails(t *testing.T) {
	o := newOffice(t, generated(t, 12))
	e := o.engine(looking)
	o.sync(e)
	for _, match := range []string{"GET /employees/changed", "POST /reports/custom"} {
		o.wait(14 * time.Minute)
		o.job(7, map[string]any{"jobTitle": "Cook " + match[:3]})
		o.wait(3 * time.Minute)
		o.control("POST", "/faults", map[string]any{"name": "status", "match": match, "args": map[string]any{"code": 400}})
		for range 4 {
			r, err := e.SyncChanges(t.Context(), syncrun.ChangesOptions{Trigger: syncrun.TriggerSchedule})
			if err != nil || r.ReadErr == nil || r.Run.Outcome != syncrun.OutcomeFailed {
				t.Fatalf("%s: %v, %+v", match, err, r)
			}
		}
		conn, err := e.Store.EnsureConnection(t.Context(), "Acme")
		if err != nil || conn.Failures != 0 {
			t.Errorf("%s: %v, %d failures", match, err, conn.Failures)
		}
		o.control("DELETE", "/faults", nil)
		if r := o.look(e); r.Full != "" || r.Run.Counts.Update != 1 {
			t.Errorf("%s: afterwards full %q, %+v", match, r.Full, r.Run.Counts)
		}
	}
}
