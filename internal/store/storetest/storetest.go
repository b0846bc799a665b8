// Package storetest is the conformance suite of syncrun.Store: every implementation must pass it. What
// is particular to one database (files, processes, migrations) is left to that implementation's own
// tests.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Opener opens a fresh, empty database for a test and returns the stores of its organisations.
type Opener func(t *testing.T) func(org string) syncrun.Store

// Run runs the whole suite.
func Run(t *testing.T, open Opener) {
	for _, part := range []struct {
		name string
		test func(*testing.T, *world)
	}{
		{"connection", testConnection},
		{"lease", testLease},
		{"lease/expired", testLeaseExpired},
		{"lease/late worker", testLateWorker},
		{"link states", testLinkStates},
		{"due", testDue},
		{"marks", testMarks},
		{"holds", testHolds},
		{"freezes", testFreezes},
		{"decisions", testDecisions},
		{"people/save", testSavePerson},
		{"people/save conflicts", testSaveConflicts},
		{"people/lists", testPeopleLists},
		{"people/some", testBriefsOf},
		{"people/reports", testReportsOf},
		{"people/find", testFind},
		{"people/counts", testCounts},
		{"plans/order", testPlanOrder},
		{"plans/at hand", testPlanAtHand},
		{"plans/paging", testPlanPaging},
		{"plans/round trip", testPlanRoundTrip},
		{"plans/latest", testPlanLatest},
		{"plans/unfinished", testPlanUnfinished},
		{"plans/stale records", testStaleRecords},
		{"apply/create", testApplyCreate},
		{"apply/update", testApplyUpdate},
		{"apply/status", testApplyStatus},
		{"apply/swap", testApplySwap},
		{"apply/ring", testApplyRing},
		{"apply/vacated address", testApplyVacated},
		{"apply/address taken", testApplyTaken},
		{"apply/stale", testApplyStale},
		{"apply/forbidden", testApplyForbidden},
		{"apply/idempotent", testApplyIdempotent},
		{"apply/fence", testApplyFence},
		{"apply/last owner", testApplyLastOwner},
		{"apply/lines", testApplyLines},
		{"apply/relink", testApplyRelink},
		{"apply/holds", testApplyHolds},
		{"apply/refresh", testApplyRefresh},
		{"runs", testRuns},
		{"runs/interrupted", testInterrupted},
		{"runs/applied items", testAppliedItems},
		{"runs/recent kinds", testRecentKinds},
		{"history", testHistory},
		{"history/held", testHistoryHeld},
		{"history/now", testHistoryNow},
		{"isolation", testIsolation},
		{"isolation/twins", testTwins},
		{"cancelled", testCancelled},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			part.test(t, newWorld(t, open(t)))
		})
	}
}

// world is one organisation with one connection, and a clock that moves when it is told to.
type world struct {
	syncrun.Store
	t     *testing.T
	org   func(string) syncrun.Store
	conn  syncrun.Connection
	lease syncrun.Lease
	clock time.Time
	plans int
	runs  int
}

const (
	orgID    = "acme"
	revision = "rev-1"
)

func newWorld(t *testing.T, org func(string) syncrun.Store) *world {
	w := &world{Store: org(orgID), t: t, org: org, clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	var err error
	w.conn, err = w.EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	return w
}

func (w *world) ctx() context.Context { return w.t.Context() }

// ok ends the test on an error.
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

// begin starts a run that holds the lease.
func (w *world) begin(trigger syncrun.Trigger) syncrun.Run {
	w.t.Helper()
	w.runs++
	r := syncrun.Run{ID: fmt.Sprintf("run_%d", w.runs), Connection: w.conn.ID, Name: w.conn.Name, Trigger: trigger, Actor: "cli:test",
		StartedAt: w.now(), Revision: revision}
	var err error
	w.lease, err = w.Acquire(w.ctx(), w.conn.ID, r.ID, time.Minute)
	w.ok(err)
	w.ok(w.StartRun(w.ctx(), w.lease, r))
	return r
}

// hold returns the lease of the run under way, or one for the moment.
func (w *world) hold() (l syncrun.Lease, release func()) {
	w.t.Helper()
	if w.Renew(w.ctx(), w.lease, time.Minute) == nil {
		return w.lease, func() {}
	}
	l, err := w.Acquire(w.ctx(), w.conn.ID, "run_preview", time.Minute)
	w.ok(err)
	return l, func() { w.ok(w.Release(w.ctx(), l)) }
}

func (w *world) end(r syncrun.Run, outcome syncrun.Outcome) {
	w.t.Helper()
	r.Outcome, r.FinishedAt = outcome, w.now()
	w.ok(w.FinishRun(w.ctx(), w.lease, r))
	w.ok(w.Release(w.ctx(), w.lease))
}

// store keeps a plan of the given rows.
func (w *world) store(items ...plan.Item) syncrun.PlanInfo {
	w.t.Helper()
	return w.storeAs("", "", plan.Header{}, items...)
}

func (w *world) storeAs(person, undoOf string, h plan.Header, items ...plan.Item) syncrun.PlanInfo {
	w.t.Helper()
	w.plans++
	l, release := w.hold()
	defer release()
	pw, err := w.NewPlan(w.ctx(), l, fmt.Sprintf("plan_%d", w.plans), person, undoOf, w.now())
	w.ok(err)
	for _, it := range items {
		w.ok(pw.Add(w.ctx(), it))
	}
	info, err := pw.Finish(w.ctx(), h, hr.Baseline{Employees: len(items)})
	w.ok(err)
	return info
}

// apply keeps a plan and applies all of it in one run and one batch.
func (w *world) apply(items ...plan.Item) syncrun.PlanInfo {
	w.t.Helper()
	info := w.store(items...)
	r := w.begin(syncrun.TriggerManual)
	_, err := w.ApplyBatch(w.ctx(), w.lease, r, info.ID, w.seqs(info.ID), w.now())
	w.ok(err)
	_, err = w.ApplyRefreshes(w.ctx(), w.lease, info.ID)
	w.ok(err)
	w.end(r, syncrun.OutcomeApplied)
	return info
}

// refuse keeps a plan, tries to apply it and returns the error; nothing may be written.
func (w *world) refuse(items ...plan.Item) error {
	w.t.Helper()
	before := w.people()
	info := w.store(items...)
	r := w.begin(syncrun.TriggerManual)
	got, err := w.ApplyBatch(w.ctx(), w.lease, r, info.ID, w.seqs(info.ID), w.now())
	if err == nil || got.RowsWritten != 0 {
		w.t.Fatalf("ApplyBatch = %d rows, %v; want a refusal", got.RowsWritten, err)
	}
	w.end(r, syncrun.OutcomeFailed)
	w.same(before, w.people())
	return err
}

// items returns the rows of a plan, all kinds.
func (w *world) items(planID string) []syncrun.StoredItem {
	w.t.Helper()
	return collect(w.t, w.Items(w.ctx(), planID, 0, true))
}

// seqs returns the positions of all rows of a plan.
func (w *world) seqs(planID string) []int64 { return seqs(w.items(planID)) }

func seqs(items []syncrun.StoredItem) []int64 {
	out := make([]int64, len(items))
	for i := range items {
		out[i] = items[i].Seq
	}
	return out
}

func (w *world) people() []directory.Person {
	w.t.Helper()
	return collectPointers(w.t, w.AllPeople(w.ctx()))
}

func (w *world) person(id string) directory.Person {
	w.t.Helper()
	p, err := w.Person(w.ctx(), id)
	w.ok(err)
	return p
}

func (w *world) link(id int64) directory.LinkState {
	w.t.Helper()
	m, err := w.LinkStatesOf(w.ctx(), w.conn.ID, []int64{id})
	w.ok(err)
	ls, ok := m[id]
	if !ok {
		w.t.Fatalf("nothing is remembered of employee %d", id)
	}
	return ls
}

// same compares values; nil and empty are alike, and instants need only be the same moment.
func (w *world) same(want, got any) {
	w.t.Helper()
	if d := diff(want, got); d != "" {
		w.t.Fatalf("mismatch (-want +got):\n%s", d)
	}
}

func diff(want, got any) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(directory.Values{}), cmpopts.EquateEmpty())
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func collectPointers[T any](t *testing.T, seq iter.Seq2[*T, error]) []T {
	t.Helper()
	var out []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, *v)
	}
	return out
}

// firstError returns the error of an iteration.
func firstError[T any](seq iter.Seq2[T, error]) error {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

// notFound ends the test unless the error says that something does not exist.
func (w *world) notFound(what string, err error) {
	w.t.Helper()
	if !errors.Is(err, directory.ErrNotFound) {
		w.t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

// personID is the id of the person created for an employee.
func (w *world) personID(source int64) string {
	return directory.PersonID(orgID, w.conn.ID, fmt.Sprint(source))
}

// set is a field change from blank.
func set(f directory.Field, after string) plan.FieldChange { return change(f, "", after) }

func change(f directory.Field, before, after string) plan.FieldChange {
	return plan.FieldChange{Field: f, Kind: f.Kind(), Before: before, After: after, From: "hr." + string(f)}
}

// linked is what is remembered of an employee after a clean evaluation.
func (w *world) linked(source int64, person string) *directory.LinkState {
	return &directory.LinkState{SourceID: source, PersonID: person, Outcome: directory.OutcomeLinked, Revision: revision, Clean: true,
		Fingerprint: [16]byte{byte(source), 1}, Coverage: 7}
}

// create is the row that creates an employee's person.
func (w *world) create(source int64, email, firstName, lastName string, more ...plan.FieldChange) plan.Item {
	id := w.personID(source)
	fields := append([]plan.FieldChange{set(directory.Email, email), set(directory.FirstName, firstName), set(directory.LastName, lastName)}, more...)
	return plan.Item{Change: &plan.Change{Action: plan.Create, Reason: plan.NewInHR, Sentence: firstName + " is new in BambooHR", SourceID: source,
		PersonID: id, Email: email, Name: firstName + " " + lastName, Fields: fields, StatusAfter: directory.Provisioned,
		Link: w.linked(source, id), Trace: plan.Trace{Account: "Active", Match: "new"}}}
}

// update is a row that changes fields of an employee's person as they are now.
func (w *world) update(source int64, fields ...plan.FieldChange) plan.Item {
	w.t.Helper()
	p := w.person(w.personID(source))
	return plan.Item{Change: &plan.Change{Action: plan.Update, Reason: plan.FieldChanged, SourceID: source, PersonID: p.ID, Version: p.Version,
		Email: p.Values.Get(directory.Email), Name: p.Values.Get(directory.FirstName), Fields: fields, StatusBefore: p.Status, StatusAfter: p.Status,
		Link: w.linked(source, p.ID)}}
}

// status is a row that deactivates or reactivates an employee's person.
func (w *world) status(source int64, action plan.Action, to directory.Status) plan.Item {
	w.t.Helper()
	it := w.update(source)
	it.Change.Action, it.Change.StatusAfter = action, to
	if action == plan.Deactivate {
		it.Change.Reason, it.Change.Kinds = plan.StatusInactive, plan.KindSet(0).With(plan.KindDeactivate)
	}
	return it
}

func (w *world) group(kind directory.GroupKind, name string) plan.Item {
	action := plan.CreateDepartment
	if kind == directory.KindTeam {
		action = plan.CreateTeam
	}
	return plan.Item{Change: &plan.Change{Action: action, Reason: plan.NewInHR, Name: name,
		Group: &directory.Group{ID: directory.GroupID(orgID, kind, name), Kind: kind, Name: name}}}
}

// manual returns a person who does not come from HR.
func manual(id, email string) directory.Person {
	p := directory.Person{ID: id, Status: directory.Active, Role: directory.RoleMember}
	p.Values.Set(directory.Email, directory.KindText, email)
	return p
}

// save writes a person as a human would.
func (w *world) save(p directory.Person) directory.Person {
	w.t.Helper()
	saved, err := w.SavePerson(w.ctx(), p, plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: p.ID, Version: p.Version,
		StatusBefore: p.Status, StatusAfter: p.Status}, "p_editor", w.now())
	w.ok(err)
	return saved
}
