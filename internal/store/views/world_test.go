package views_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// world is an organisation with one connection, written to through the store's own methods.
type world struct {
	*store.Store
	t     testing.TB
	db    *store.DB
	v     *views.Store
	conn  syncrun.Connection
	clock time.Time
	plans int
	runs  int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{Store: db.Org("acme"), t: t, db: db, clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	w.v = w.Views()
	w.conn, err = w.EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	return w
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// now moves the clock by a minute.
func (w *world) now() time.Time {
	w.clock = w.clock.Add(time.Minute)
	return w.clock
}

func same(t testing.TB, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(directory.Values{})); d != "" {
		t.Fatalf("mismatch (-want +got):\n%s", d)
	}
}

func missing(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

// begin starts a run and returns it with its lease.
func (w *world) begin(trigger syncrun.Trigger) (syncrun.Run, syncrun.Lease) {
	w.t.Helper()
	w.runs++
	r := syncrun.Run{ID: fmt.Sprintf("run_%d", w.runs), Connection: w.conn.ID, Name: w.conn.Name, Trigger: trigger, Actor: "cli:test", StartedAt: w.now()}
	l, err := w.Acquire(w.t.Context(), w.conn.ID, r.ID, time.Minute)
	w.ok(err)
	w.ok(w.StartRun(w.t.Context(), l, r))
	return r, l
}

func (w *world) end(r syncrun.Run, l syncrun.Lease, outcome syncrun.Outcome) {
	w.t.Helper()
	r.Outcome, r.FinishedAt = outcome, w.now()
	w.ok(w.FinishRun(w.t.Context(), l, r))
	w.ok(w.Release(w.t.Context(), l))
}

// store keeps a plan.
func (w *world) store(h plan.Header, items ...plan.Item) syncrun.PlanInfo {
	w.t.Helper()
	w.plans++
	l, err := w.Acquire(w.t.Context(), w.conn.ID, "run_preview", time.Minute)
	w.ok(err)
	pw, err := w.NewPlan(w.t.Context(), l, fmt.Sprintf("plan_%d", w.plans), "", "", w.now())
	w.ok(err)
	for _, it := range items {
		w.ok(pw.Add(w.t.Context(), it))
	}
	info, err := pw.Finish(w.t.Context(), h, hr.Baseline{})
	w.ok(err)
	w.ok(w.Release(w.t.Context(), l))
	return info
}

// apply applies the rows of a plan that it is told to, in batches of a thousand, and returns the run.
func (w *world) apply(planID string, take func(syncrun.StoredItem) bool) syncrun.Run {
	w.t.Helper()
	r, l := w.begin(syncrun.TriggerManual)
	w.applyAs(r, l, planID, take)
	w.end(r, l, syncrun.OutcomeApplied)
	return r
}

func (w *world) applyAs(r syncrun.Run, l syncrun.Lease, planID string, take func(syncrun.StoredItem) bool) {
	w.t.Helper()
	var batch []int64
	flush := func() {
		_, err := w.ApplyBatch(w.t.Context(), l, r, planID, batch, w.now())
		w.ok(err)
		batch = batch[:0]
	}
	for it, err := range w.Items(w.t.Context(), planID, 0, false) {
		w.ok(err)
		if it.Change != nil && take(it) {
			if batch = append(batch, it.Seq); len(batch) == 1000 {
				flush()
			}
		}
	}
	flush()
}

func everything(syncrun.StoredItem) bool { return true }

func (w *world) personID(source int64) string {
	return directory.PersonID("acme", w.conn.ID, fmt.Sprint(source))
}

// person is what a test says of somebody.
type person struct {
	first, last, email string
	status             directory.Status
	fields             map[directory.Field]string
}

// create is the row that creates an employee's person.
func (w *world) create(source int64, p person) plan.Item {
	id := w.personID(source)
	c := &plan.Change{Action: plan.Create, Reason: plan.NewInHR, SourceID: source, PersonID: id, Email: p.email, Name: p.first + " " + p.last,
		StatusAfter: p.status, Link: &directory.LinkState{SourceID: source, PersonID: id, Outcome: directory.OutcomeLinked, Clean: true}}
	for _, f := range directory.Standard() {
		text := p.fields[f]
		switch f {
		case directory.FirstName:
			text = p.first
		case directory.LastName:
			text = p.last
		case directory.Email:
			text = p.email
		}
		if text == "" {
			continue
		}
		fc := plan.FieldChange{Field: f, Kind: f.Kind(), After: text, From: "hr." + string(f)}
		if f == directory.Manager {
			fc.AfterID = text
		}
		c.Fields = append(c.Fields, fc)
	}
	if c.StatusAfter == "" {
		c.StatusAfter = directory.Active
	}
	return plan.Item{Change: c}
}

// people brings people into the directory; their BambooHR ids count from 1.
func (w *world) people(list ...person) {
	w.t.Helper()
	items := make([]plan.Item, len(list))
	for i, p := range list {
		items[i] = w.create(int64(i+1), p)
	}
	w.apply(w.store(plan.Header{}, items...).ID, everything)
}

// save writes a person as a human would.
func (w *world) save(p directory.Person) {
	w.t.Helper()
	before := p.Status
	if p.Version > 0 {
		old, err := w.Person(w.t.Context(), p.ID)
		w.ok(err)
		before = old.Status
	}
	_, err := w.SavePerson(w.t.Context(), p, plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: p.ID, Version: p.Version,
		StatusBefore: before, StatusAfter: p.Status}, "p_editor", w.now())
	w.ok(err)
}

// allPages follows the cursors of a list to its end.
func allPages[T any](t testing.TB, page func(after string) (views.Page[T], error)) []T {
	t.Helper()
	var out []T
	for after := ""; ; {
		p, err := page(after)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Items...)
		if p.Next == "" {
			return out
		}
		if len(p.Items) == 0 {
			t.Fatal("an empty page that is not the last")
		}
		after = p.Next
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
