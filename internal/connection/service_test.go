package connection_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// house is a service on a real database and a simulated BambooHR.
type house struct {
	*connection.Service
	t     *testing.T
	store *store.Store
	sim   *httptest.Server
	gate  *gate
	db    *store.DB
	ids   *atomic.Int64
	ring  string
	now   time.Time
}

// gate lets a test look at, and stop, requests to the simulator.
type gate struct {
	sim    http.Handler
	mu     sync.Mutex
	before func(*http.Request) // may be nil
	status int                 // answered instead of the simulator's, 0: none
}

func (g *gate) refuse(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.status = status
}

func (g *gate) watch(f func(*http.Request)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.before = f
}

func (g *gate) block(f func()) {
	if f == nil {
		g.watch(nil)
		return
	}
	g.watch(func(*http.Request) { f() })
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	before, status := g.before, g.status
	g.mu.Unlock()
	if status != 0 {
		http.Error(w, "out of order", status)
		return
	}
	if before != nil {
		before(r)
	}
	g.sim.ServeHTTP(w, r)
}

const actor = "p_owner"

// office is a small company: people 1 to n, every tenth without a phone, the ninth inactive, one contractor.
func office(n int) bamboosim.Company {
	c := bamboosim.Company{Subdomain: "acme", Today: "2026-11-21", CustomFields: []bamboosim.CustomField{{Name: "Shirt size", Alias: "customShirtsize"}}}
	for i := 1; i <= n; i++ {
		e := bamboosim.Employee{ID: i, EmployeeNumber: fmt.Sprint(1000 + i), FirstName: fmt.Sprintf("Given%d", i), LastName: fmt.Sprintf("Family%d", i),
			WorkEmail: fmt.Sprintf("given%d@acme.test", i), HireDate: "2024-01-08", WorkPhone: fmt.Sprintf("555-%04d", i),
			Custom:           map[string]string{"customShirtsize": "M"},
			EmploymentStatus: []bamboosim.StatusRow{{Date: "2024-01-08", Status: "Full-Time"}},
			JobInfo:          []bamboosim.JobRow{{Date: "2024-01-08", Department: "Engineering", Location: "Utrecht", JobTitle: "Engineer"}}}
		switch {
		case i%10 == 0:
			e.WorkPhone = ""
		case i == 9:
			e.Status = bamboosim.Inactive
		case i == 2:
			e.EmploymentStatus[0].Status = "Contractor"
			e.JobInfo[0].Department = "Board"
		case i == 3:
			e.JobInfo[0].ReportsTo = 1
		}
		c.Employees = append(c.Employees, e)
	}
	return c
}

func newHouse(t *testing.T, company bamboosim.Company) *house {
	t.Helper()
	sim, err := bamboosim.New(company)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, gate: &gate{sim: sim}, ids: new(atomic.Int64), now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	h.sim = httptest.NewServer(h.gate)
	dir := filepath.Join(t.TempDir(), "data")
	if h.db, err = store.Open(t.Context(), dir, store.Options{}); err != nil {
		t.Fatal(err)
	}
	h.store, h.ring = h.db.Org("default"), filepath.Join(dir, "keyring.json")
	h.Service = connection.New(h.options(h.store))
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
		h.sim.Close()
		if err := h.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func (h *house) newID(prefix string) string { return fmt.Sprintf("%s_%d", prefix, h.ids.Add(1)) }

// options are those of a service of the house on any store.
func (h *house) options(s syncrun.Store) connection.Options {
	ring, err := seal.OpenOrCreate(h.ring)
	if err != nil {
		h.t.Fatal(err)
	}
	return connection.Options{Organisation: "default", Store: s, Settings: h.store.Settings(), Keys: ring,
		Now: func() time.Time { return h.now }, NewID: h.newID,
		Sleep:   func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		BaseURL: h.sim.URL, Version: "test", LeaseFor: time.Minute}
}

func (h *house) create(n connection.NewConnection) connection.Detail {
	h.t.Helper()
	d, err := h.Create(h.t.Context(), actor, n)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// checked makes a connection that passed its check.
func (h *house) checked(settings string) connection.Detail {
	h.t.Helper()
	d := h.create(connection.NewConnection{Name: "Acme HR", Subdomain: "acme", Key: bamboosim.DefaultKey, Settings: []byte(settings)})
	if c, err := h.Check(h.t.Context(), actor, d.ID); err != nil || !c.Passed() {
		h.t.Fatalf("check: %+v, %v", c, err)
	}
	return h.get(d.ID)
}

func (h *house) get(id string) connection.Detail {
	h.t.Helper()
	d, err := h.Get(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}

// done waits for a job that was started.
func (h *house) done(j connection.Job, err error) connection.Job {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	if j, err = h.Wait(ctx, j.ID); err != nil || !j.Done {
		h.t.Fatalf("job %s: %v", j.ID, err)
	}
	return j
}

// good is done for a job that must not fail.
func (h *house) good(j connection.Job, err error) connection.Job {
	h.t.Helper()
	if j = h.done(j, err); j.Err != nil {
		h.t.Fatalf("%s: %v", j.Kind, j.Err)
	}
	return j
}

func (h *house) people() []directory.Person {
	h.t.Helper()
	var out []directory.Person
	for p, err := range h.store.AllPeople(h.t.Context()) {
		if err != nil {
			h.t.Fatal(err)
		}
		out = append(out, *p)
	}
	return out
}

// events lists the audit trail's entries about connections.
func (h *house) events() string {
	h.t.Helper()
	var out []string
	for e, err := range h.store.Audit(h.t.Context(), 0) {
		if err != nil {
			h.t.Fatal(err)
		}
		if strings.HasPrefix(e.Event, "connection_") || strings.HasPrefix(e.Event, "settings_") || e.Event == "key_set" {
			out = append(out, e.Event)
		}
	}
	return strings.Join(out, " ")
}

func wantFault(t *testing.T, err error, places ...string) {
	t.Helper()
	wrong, ok := errors.AsType[*connection.SettingsError](err)
	if !ok {
		t.Fatalf("got %v, want faults at %v", err, places)
	}
	var got []string
	for _, f := range wrong.Faults {
		got = append(got, f.Place)
	}
	if strings.Join(got, " ") != strings.Join(places, " ") {
		t.Errorf("faults at %v, want %v:\n%v", got, places, err)
	}
}

func wantError[E error](t *testing.T, err error) E {
	t.Helper()
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("got %v (%T), want a %T", err, err, e)
	}
	return e
}

// TestLife is the whole life of a connection made on the web.
func TestLife(t *testing.T) {
	h := newHouse(t, office(30))
	ctx := t.Context()
	d := h.create(connection.NewConnection{Name: "Acme HR", Preset: "alleo", Subdomain: "https://acme.bamboohr.com/home", Key: " " + bamboosim.DefaultKey + "\n", TimeZone: "Europe/Amsterdam"})
	if d.State != connection.Draft || d.Subdomain != "acme" || d.Preset != "alleo" || d.TimeZone != "Europe/Amsterdam" || d.Automatic || d.Version.Number != 1 {
		t.Fatalf("created: %+v", d)
	}
	if d.Key == nil || d.Key.Last4 != bamboosim.DefaultKey[len(bamboosim.DefaultKey)-4:] || len(d.Key.Fingerprint) != 8 || d.Problem == "" {
		t.Errorf("key %+v, problem %q", d.Key, d.Problem)
	}
	wantError[*connection.SetupError](t, h.Enable(ctx, actor, d.ID))
	if _, err := h.Save(ctx, actor, d.ID, 1, []byte("scope: { include: [] }\nnotify: { errors: [it@acme.test] }")); err != nil {
		t.Fatal(err)
	}
	if c, err := h.Check(ctx, actor, d.ID); err != nil || !c.Passed() || c.Report.Employees.Total != 30 {
		t.Fatalf("check: %+v, %v", c, err)
	}
	if d = h.get(d.ID); d.State != connection.Checked || d.Check == nil || d.Check.Report.Reader == "" {
		t.Errorf("checked: %+v", d)
	}
	wantError[*connection.SetupError](t, h.Enable(ctx, actor, d.ID))

	preview := h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	if preview.Plan == nil || preview.Plan.Header.Counts.Create != 29 || preview.Run.Outcome != syncrun.OutcomePreview || preview.Run.ID != preview.ID {
		t.Fatalf("preview: %+v", preview)
	}
	if len(h.people()) != 0 {
		t.Error("a preview wrote people")
	}
	if err := h.Enable(ctx, actor, d.ID); err != nil {
		t.Fatal(err)
	}
	if d = h.get(d.ID); d.State != connection.AwaitingApproval || d.Automatic || d.Problem == "" {
		t.Errorf("the preset asks for an approval: %s", d.State)
	}
	if err := h.Approve(ctx, "p_admin", d.ID); err != nil {
		t.Fatal(err)
	}
	if d = h.get(d.ID); d.State != connection.Enabled || d.Version.Approved == nil || d.Version.Approved.By != "p_admin" || !d.Automatic || d.NextRun.Format(time.RFC3339) != "2026-11-22T02:00:00+01:00" || d.Schedule != "daily at 02:00" {
		t.Errorf("enabled: %s, next %s, %s", d.State, d.NextRun, d.Schedule)
	}
	applied := h.good(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: preview.PlanID}))
	if applied.Run.Outcome != syncrun.OutcomeApplied || applied.Run.Trigger != syncrun.TriggerManual || len(h.people()) != 29 || applied.Waiting != 0 {
		t.Fatalf("applied: %+v", applied.Run)
	}
	if got := h.Job(ctx, d.ID); got == nil || got.ID != applied.ID || !got.Done {
		t.Errorf("job %+v", got)
	}
	if s := h.good(h.Sync(ctx, actor, d.ID)); s.Run.Outcome != syncrun.OutcomeNoOp {
		t.Errorf("second sync: %+v", s.Run)
	}
	u, err := h.PlanUndo(ctx, actor, d.ID, connection.UndoRequest{RunID: applied.Run.ID})
	if err != nil || len(u.Result.Reverted) == 0 {
		t.Fatalf("undo plan: %v", err)
	}
	undone := h.good(h.Undo(ctx, actor, d.ID, connection.UndoRequest{RunID: applied.Run.ID}))
	if undone.Run.Trigger != syncrun.TriggerUndo || undone.Run.UndoOf != applied.Run.ID {
		t.Errorf("undone: %+v", undone.Run)
	}
	if r, err := h.store.Run(ctx, applied.Run.ID); err != nil || r.Outcome != syncrun.OutcomeUndone && undone.Waiting == 0 {
		t.Errorf("run after undo: %s, %v, %d wait", r.Outcome, err, undone.Waiting)
	}
	want := "connection_created settings_saved connection_checked connection_enabled connection_approved"
	if got := h.events(); got != want {
		t.Errorf("events %q, want %q", got, want)
	}
	// Other settings have not been seen nor approved.
	if _, err := h.Save(ctx, actor, d.ID, d.Version.Number, []byte("scope: { block_statuses: [Contractor] }")); err != nil {
		t.Fatal(err)
	}
	if d = h.get(d.ID); d.State != connection.AwaitingApproval || !d.Previewed.IsZero() || d.Automatic {
		t.Errorf("after a change: %s, seen %s", d.State, d.Previewed)
	}
	wantError[*connection.SetupError](t, h.Approve(ctx, actor, d.ID))
	h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	if err := h.Approve(ctx, actor, d.ID); err != nil || h.get(d.ID).State != connection.Enabled {
		t.Errorf("approved again: %v", err)
	}
	if err := h.store.VerifyAudit(ctx); err != nil {
		t.Error(err)
	}
}

func TestCreateFaults(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	for name, tt := range map[string]struct {
		n      connection.NewConnection
		places []string
	}{
		"nothing":       {connection.NewConnection{}, []string{"bamboohr.subdomain"}},
		"wrong host":    {connection.NewConnection{Subdomain: "acme.evil.test"}, []string{"bamboohr.subdomain"}},
		"everything":    {connection.NewConnection{Name: "a\x00b", Preset: "none", Subdomain: "a b", TimeZone: "Mars", Key: "a key"}, []string{"api_key", "preset", "name", "bamboohr.subdomain", "time_zone"}},
		"operator only": {connection.NewConnection{Subdomain: "acme", Settings: []byte("bamboohr: { base_url: http://127.0.0.1:1 }")}, []string{"bamboohr.base_url"}},
		"other preset":  {connection.NewConnection{Subdomain: "acme", Preset: "ally", Settings: []byte("preset: alleo")}, []string{"preset"}},
	} {
		_, err := h.Create(ctx, actor, tt.n)
		t.Run(name, func(t *testing.T) { wantFault(t, err, tt.places...) })
	}
	h.create(connection.NewConnection{Name: "Acme HR", Subdomain: "acme"})
	for _, name := range []string{"Acme HR", "acme  hr"} {
		_, err := h.Create(ctx, actor, connection.NewConnection{Name: name, Subdomain: "acme"})
		wantFault(t, err, "name")
	}
	if all, err := h.List(ctx); err != nil || len(all) != 1 {
		t.Errorf("%d connections, %v", len(all), err)
	}
}

func TestKeyNeverShows(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	const wrong = "00000000000000000000000000000000deadbeef"
	d := h.create(connection.NewConnection{Subdomain: "acme", Key: wrong})
	check, err := h.Check(ctx, actor, d.ID)
	if err != nil || check.Passed() || !strings.Contains(check.Error, "API Keys") {
		t.Errorf("a wrong key: %+v, %v", check, err)
	}
	draft, err := h.CheckDraft(ctx, "", "acme", wrong, nil)
	if err != nil || draft.Error == "" {
		t.Errorf("a wrong key before it is saved: %+v, %v", draft, err)
	}
	if text := fmt.Sprintf("%+v %+v %+v", h.get(d.ID), check, draft); strings.Contains(text, wrong) {
		t.Error("the key is shown")
	}
	if d := h.get(d.ID); d.State != connection.Draft || d.Problem == "" {
		t.Errorf("%s %q", d.State, d.Problem)
	}
	j := h.done(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	wantError[*syncrun.ReadError](t, j.Err)
	if draft, err = h.CheckDraft(ctx, d.ID, "", bamboosim.DefaultKey, nil); err != nil || !draft.Passed() || draft.Report.Employees.Total != 10 {
		t.Errorf("the right key before it is saved: %+v, %v", draft, err)
	}
	if err := h.SetKey(ctx, actor, d.ID, bamboosim.DefaultKey); err != nil {
		t.Fatal(err)
	}
	if check, err = h.Check(ctx, actor, d.ID); err != nil || !check.Passed() || h.get(d.ID).State != connection.Checked {
		t.Errorf("the right key: %+v, %v", check, err)
	}
	if draft, err = h.CheckDraft(ctx, "", "nobody", bamboosim.DefaultKey, nil); err != nil || draft.Passed() || draft.Error == "" {
		t.Errorf("a wrong sub-domain: %+v, %v", draft, err)
	}
	wantFault(t, h.SetKey(ctx, actor, d.ID, "acme.bamboohr.com"), "api_key")
	_, err = h.CheckDraft(ctx, "", "acme", "", nil)
	wantFault(t, err, "api_key")
}

// TestErrorState: credentials that BambooHR refuses are an error at once, and a good reading ends it.
func TestErrorState(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("notify: { errors: [it@acme.test] }")
	h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	if err := h.Enable(ctx, actor, d.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.SetKey(ctx, actor, d.ID, strings.Repeat("0", 40)); err != nil {
		t.Fatal(err)
	}
	h.done(h.SyncFor(ctx, "schedule", d.ID, syncrun.TriggerSchedule))
	d = h.get(d.ID)
	if d.State != connection.Failing || d.Failures != 1 || !strings.Contains(d.Problem, "Acme HR") && !strings.Contains(d.Problem, "acme") {
		t.Errorf("%s after %d failures: %q", d.State, d.Failures, d.Problem)
	}
	if wait := d.NextRun.Sub(h.now); wait < 14*time.Hour || !d.Automatic {
		t.Errorf("next try in %s", wait)
	}
	if err := h.SetKey(ctx, actor, d.ID, bamboosim.DefaultKey); err != nil {
		t.Fatal(err)
	}
	if d = h.get(d.ID); d.State != connection.Failing {
		t.Errorf("another key alone ends the error: %s", d.State)
	}
	h.good(h.Sync(ctx, actor, d.ID))
	if d = h.get(d.ID); d.State != connection.Enabled || d.Problem != "" {
		t.Errorf("%s %q after a good reading", d.State, d.Problem)
	}
	if got := h.events(); !strings.HasSuffix(got, "connection_failing key_set connection_recovered") {
		t.Errorf("events %q", got)
	}
}

// TestErrorEndsWithACheck: three failed readings are an error, which a check that passes ends as well.
func TestErrorEndsWithACheck(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("notify: { errors: [it@acme.test] }")
	h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	if err := h.Enable(ctx, actor, d.ID); err != nil {
		t.Fatal(err)
	}
	h.gate.refuse(http.StatusInternalServerError)
	for i := range 3 {
		if s := h.get(d.ID).State; s != connection.Enabled {
			t.Errorf("%s after %d failures", s, i)
		}
		h.done(h.Sync(ctx, actor, d.ID))
	}
	if d = h.get(d.ID); d.State != connection.Failing || d.Failures != 3 || d.Problem == "" {
		t.Errorf("%s after %d failures: %q", d.State, d.Failures, d.Problem)
	}
	if c, err := h.Check(ctx, actor, d.ID); err != nil || c.Passed() || h.get(d.ID).State != connection.Failing {
		t.Errorf("check: %+v, %v", c, err)
	}
	h.gate.refuse(0)
	if c, err := h.Check(ctx, actor, d.ID); err != nil || !c.Passed() || h.get(d.ID).State != connection.Enabled {
		t.Errorf("check: %+v, %v", c, err)
	}
}

// TestAnotherCompany: a check holds for its key and sub-domain only.
func TestAnotherCompany(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	if err := h.SetKey(ctx, actor, d.ID, strings.Repeat("0", 40)); err != nil || h.get(d.ID).State != connection.Draft {
		t.Errorf("another key: %s, %v", h.get(d.ID).State, err)
	}
	if err := h.SetKey(ctx, actor, d.ID, bamboosim.DefaultKey); err != nil {
		t.Fatal(err)
	}
	if c, err := h.Check(ctx, actor, d.ID); err != nil || !c.Passed() || h.get(d.ID).State != connection.Checked {
		t.Errorf("check: %+v, %v", c, err)
	}
	if _, err := h.Save(ctx, actor, d.ID, 1, []byte("bamboohr: { subdomain: other }")); err != nil || h.get(d.ID).State != connection.Draft {
		t.Errorf("another company: %s, %v", h.get(d.ID).State, err)
	}
}

// TestDraftPreview: a preview of unsaved settings can be applied only once they are saved.
func TestDraftPreview(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	patch := []byte("name: Another\nscope: { exclude: [{ field: department, in: [Board] }] }")
	j := h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{Settings: patch}))
	if n := j.Plan.Header.Counts.Create; n != 8 {
		t.Errorf("%d creations", n)
	}
	if d = h.get(d.ID); !d.Previewed.IsZero() || d.Name != "Acme HR" {
		t.Errorf("a preview of other settings counts: %+v", d)
	}
	if all, err := h.List(ctx); err != nil || len(all) != 1 {
		t.Errorf("an unsaved name made a connection: %d, %v", len(all), err)
	}
	wantError[*syncrun.StaleError](t, h.done(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: j.PlanID})).Err)
	v, err := h.Save(ctx, actor, d.ID, d.Version.Number, patch)
	if err != nil || !strings.Contains(v.Note, "scope.exclude: none → field department, in Board") || !strings.Contains(v.Note, "name: Acme HR → Another") {
		t.Fatalf("saved: %q, %v", v.Note, err)
	}
	if got := h.good(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: j.PlanID})); got.Run.Counts.Create != 8 || got.Run.Name != "Another" {
		t.Errorf("applied: %+v", got.Run)
	}
	_, err = h.Save(ctx, actor, d.ID, d.Version.Number, []byte("pictures: true"))
	wantError[*connection.VersionError](t, err)
	_, err = h.Save(ctx, actor, d.ID, v.Number, []byte("time_zone: Mars\nbamboohr: { api_key_env: HOME }"))
	wantFault(t, err, "time_zone", "bamboohr.api_key_env")
	if _, faults, err := h.Draft(ctx, d.ID, []byte("time_zone: Mars")); err != nil || len(faults) != 1 || faults[0].Place != "time_zone" {
		t.Errorf("draft: %v, %v", faults, err)
	}
	if same, err := h.Save(ctx, actor, d.ID, v.Number, []byte("pictures: false")); err != nil || same.Number != v.Number {
		t.Errorf("nothing changed, but version %d, %v", same.Number, err)
	}
}

func TestOnlyAPart(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	j := h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	var seq int64
	for it, err := range h.store.Items(ctx, j.PlanID, 0, false) {
		if err != nil {
			t.Fatal(err)
		}
		if c := it.Change; c != nil && c.SourceID == 2 {
			seq = it.Seq
		}
	}
	got := h.good(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: j.PlanID, Only: []int64{seq}}))
	if c := got.Run.Counts; c.Create != 1 || c.CreateDepartment != 1 || len(h.people()) != 1 {
		t.Errorf("applied %+v", c)
	}
	if bad := h.done(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: j.PlanID, Only: []int64{9999}})); bad.Err == nil || !strings.Contains(bad.Err.Error(), "position 9999") {
		t.Errorf("a position that is none: %v", bad.Err)
	}
	// A part of an undo leaves the run as one that was applied.
	rest := h.good(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: j.PlanID}))
	u, err := h.PlanUndo(ctx, actor, d.ID, connection.UndoRequest{RunID: rest.Run.ID})
	if err != nil {
		t.Fatal(err)
	}
	part := connection.ApplyRequest{PlanID: u.Plan.ID, Only: []int64{1}, Release: map[plan.Kind]int{}}
	if n := u.Plan.Header.KindCounts[plan.KindDeactivate]; n > 0 {
		part.Release[plan.KindDeactivate] = n
	}
	if p := h.good(h.Apply(ctx, actor, d.ID, part)); p.Run.Counts.Changes() != 1 || p.Run.Trigger != syncrun.TriggerUndo {
		t.Errorf("a part of the undo: %+v", p.Run)
	}
	if r, err := h.store.Run(ctx, rest.Run.ID); err != nil || r.Outcome != syncrun.OutcomeApplied {
		t.Errorf("the run is %s, %v", r.Outcome, err)
	}
	if rest.Run.Counts.Create != 8 || len(h.people()) != 9 {
		t.Errorf("the rest: %+v", rest.Run.Counts)
	}
}

// TestFourEyes: whoever asked for the plan cannot release what the guard refused while somebody else could.
func TestFourEyes(t *testing.T) {
	h := newHouse(t, office(30))
	ctx := t.Context()
	d := h.checked("{}")
	h.good(h.Sync(ctx, actor, d.ID))
	if _, err := h.Save(ctx, actor, d.ID, d.Version.Number, []byte("scope: { exclude: [{ field: department, in: [Engineering] }] }")); err != nil {
		t.Fatal(err)
	}
	j := h.good(h.Preview(ctx, "p_admin", d.ID, connection.PreviewRequest{}))
	n := j.Plan.Header.KindCounts[plan.KindDeactivate]
	if j.Plan.Header.Verdict != plan.Refused || n < 20 {
		t.Fatalf("verdict %s, %d", j.Plan.Header.Verdict, n)
	}
	release := connection.ApplyRequest{PlanID: j.PlanID, Release: map[plan.Kind]int{plan.KindDeactivate: n}}
	h.admin("p_admin")
	h.admin("p_other")
	_, err := h.Apply(ctx, "p_admin", d.ID, release)
	wantError[*connection.SecondPersonError](t, err)
	if got := h.good(h.Apply(ctx, "p_other", d.ID, release)); got.Run.Counts.Deactivate != n {
		t.Errorf("released: %+v", got.Run.Counts)
	}
}

// TestFreshRoles: a second administrator who was made one for the plan releases nothing for a day, and taking the other's away makes nobody the only one.
func TestFreshRoles(t *testing.T) {
	h := newHouse(t, office(30))
	ctx := t.Context()
	d := h.checked("{}")
	h.admin("p_admin")
	h.admin("p_other")
	h.good(h.Sync(ctx, actor, d.ID))
	if _, err := h.Save(ctx, actor, d.ID, d.Version.Number, []byte("scope: { exclude: [{ field: department, in: [Engineering] }] }")); err != nil {
		t.Fatal(err)
	}
	accounts := account.New(account.Options{Organisation: "default", Store: h.store.Accounts(), Now: func() time.Time { return h.now }})
	owner := account.Operator("test")
	role := func(id string, r directory.Role) {
		t.Helper()
		if err := accounts.SetRole(ctx, owner, id, r); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(who, why string) {
		t.Helper()
		j := h.good(h.Preview(ctx, "p_admin", d.ID, connection.PreviewRequest{}))
		n := j.Plan.Header.KindCounts[plan.KindDeactivate]
		_, err := h.Apply(ctx, who, d.ID, connection.ApplyRequest{PlanID: j.PlanID, Release: map[plan.Kind]int{plan.KindDeactivate: n}})
		if second, ok := errors.AsType[*connection.SecondPersonError](err); !ok || !strings.Contains(second.Why, why) {
			t.Errorf("%s releases %d: %v, want %q", who, n, err, why)
		}
	}
	h.admin("p_new")
	role("p_new", directory.RoleMember)
	h.now = h.now.Add(48 * time.Hour)
	role("p_new", directory.RoleAdmin)
	h.now = h.now.Add(time.Hour)
	refused("p_new", "That can be p_other@admins.test.")
	role("p_other", directory.RoleMember)
	h.now = h.now.Add(time.Hour)
	refused("p_admin", "p_other@admins.test was one until")
	h.now = h.now.Add(22 * time.Hour) // a day after the role was given
	refused("p_admin", "another administrator")
	j := h.good(h.Preview(ctx, "p_admin", d.ID, connection.PreviewRequest{}))
	if r, err := h.Releasers(ctx, "p_new", d.ID, j.PlanID); err != nil || !r.May {
		t.Errorf("a day later: %+v, %v", r, err)
	}
}

// TestLoosenedGuard: limits that were loosened count a day later, for whoever plans: by hand, with settings that
// are not saved yet, or by Sync now and so by the schedule; stricter ones count at once.
func TestLoosenedGuard(t *testing.T) {
	h := newHouse(t, office(30))
	ctx := t.Context()
	d := h.checked("{}")
	h.admin("p_admin")
	h.admin("p_other")
	h.good(h.Sync(ctx, actor, d.ID))
	h.now = h.now.Add(48 * time.Hour)
	rule := "scope: { exclude: [{ field: department, in: [Engineering] }] }"
	loose := "guard: { deactivate: { people: 500, percent: 100, refuse_percent: 0 } }"

	draft := h.good(h.Preview(ctx, "p_admin", d.ID, connection.PreviewRequest{Settings: []byte(rule + "\n" + loose)}))
	if draft.Plan.Header.Verdict != plan.Refused {
		t.Fatalf("settings that are not saved: %s", draft.Plan.Header.Verdict)
	}
	if _, err := h.Save(ctx, "p_admin", d.ID, h.get(d.ID).Version.Number, []byte(rule+"\n"+loose)); err != nil {
		t.Fatal(err)
	}
	l, err := h.Limits(ctx, d.ID)
	if err != nil || l.Guard.Deactivate.RefusePercent != 20 || !l.Settled.Equal(h.now.Add(24*time.Hour)) {
		t.Errorf("limits: %+v, %v", l, err)
	}
	if j := h.good(h.Sync(ctx, "p_admin", d.ID)); j.Run.Counts.Deactivate != 0 || j.Run.Outcome != syncrun.OutcomeRefused {
		t.Fatalf("applied at once: %+v", j.Run)
	}
	// Somebody else makes the preview; whoever loosened the guard may not release it either.
	j := h.good(h.Preview(ctx, "schedule", d.ID, connection.PreviewRequest{}))
	n := j.Plan.Header.KindCounts[plan.KindDeactivate]
	release := connection.ApplyRequest{PlanID: j.PlanID, Release: map[plan.Kind]int{plan.KindDeactivate: n}}
	_, err = h.Apply(ctx, "p_admin", d.ID, release)
	wantError[*connection.SecondPersonError](t, err)
	if !strings.Contains(err.Error(), "p_other@admins.test") {
		t.Errorf("not told who may: %v", err)
	}
	if r, err := h.Releasers(ctx, "p_other", d.ID, j.PlanID); err != nil || !r.May || r.Alone || len(r.By) != 1 {
		t.Errorf("the other: %+v, %v", r, err)
	}
	// Saving it again, or something else, does not make it older; nor does taking it back and loosening it anew.
	h.now = h.now.Add(23 * time.Hour)
	if _, err := h.Save(ctx, "p_admin", d.ID, 0, []byte("guard: { deactivate: { people: 400 } }")); err != nil {
		t.Fatal(err)
	}
	if l, err := h.Limits(ctx, d.ID); err != nil || l.Guard.Deactivate != (policy.Limit{People: 5, Percent: 5, RefusePercent: 20}) {
		t.Errorf("a stricter one on top: %+v, %v", l, err)
	}
	h.now = h.now.Add(time.Hour + time.Minute)
	if l, err := h.Limits(ctx, d.ID); err != nil || l.Guard.Deactivate != (policy.Limit{People: 400, Percent: 100}) || !l.Settled.IsZero() {
		t.Errorf("a day later: %+v, %v", l, err)
	}
	if j := h.good(h.Sync(ctx, "p_admin", d.ID)); j.Run.Counts.Deactivate != n {
		t.Errorf("a day later: %+v", j.Run.Counts)
	}
}

// TestNewConnectionHasTheDefaultGuard: a new connection with no limits is not a way round those of another.
func TestNewConnectionHasTheDefaultGuard(t *testing.T) {
	h := newHouse(t, office(10))
	d := h.checked("guard: { deactivate: { people: 500, percent: 100, refuse_percent: 0 } }")
	if l, err := h.Limits(t.Context(), d.ID); err != nil || l.Guard != policy.Defaults().Guard || !l.Settled.Equal(h.now.Add(24*time.Hour)) {
		t.Errorf("limits: %+v, %v", l, err)
	}
}

func TestOneAdminMayReleaseAlone(t *testing.T) {
	h := newHouse(t, office(30))
	ctx := t.Context()
	d := h.checked("{}")
	h.good(h.Sync(ctx, actor, d.ID))
	h.admin("p_admin")
	if _, err := h.Save(ctx, actor, d.ID, d.Version.Number, []byte("scope: { exclude: [{ field: department, in: [Engineering] }] }")); err != nil {
		t.Fatal(err)
	}
	j := h.good(h.Preview(ctx, "p_admin", d.ID, connection.PreviewRequest{}))
	n := j.Plan.Header.KindCounts[plan.KindDeactivate]
	got := h.good(h.Apply(ctx, "p_admin", d.ID, connection.ApplyRequest{PlanID: j.PlanID, Release: map[plan.Kind]int{plan.KindDeactivate: n}}))
	if got.Run.Counts.Deactivate != n {
		t.Errorf("released: %+v", got.Run.Counts)
	}
}

// admin adds an active administrator who is not from HR.
func (h *house) admin(id string) {
	h.t.Helper()
	p := directory.Person{ID: id, Status: directory.Active, Role: directory.RoleAdmin, CreatedAt: h.now}
	p.Values.Set(directory.Email, directory.KindText, id+"@admins.test")
	if _, err := h.store.SavePerson(h.t.Context(), p, plan.Change{Action: plan.Create, PersonID: id, Email: id + "@admins.test"}, "test", h.now); err != nil {
		h.t.Fatal(err)
	}
}
