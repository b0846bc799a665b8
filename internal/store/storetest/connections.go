package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func testConnection(t *testing.T, w *world) {
	if w.conn.Name != "Acme HR" || w.conn.State != "draft" || w.conn.ID == "" || w.conn.Baseline != nil {
		t.Fatalf("new connection = %+v", w.conn)
	}
	again := func() syncrun.Connection {
		c, err := w.EnsureConnection(t.Context(), "Acme HR")
		w.ok(err)
		return c
	}
	w.same(w.conn, again())
	for range 2 {
		w.ok(w.FinishReading(t.Context(), w.conn.ID, false, nil))
	}
	if n := again().Failures; n != 2 {
		t.Errorf("after two failed readings Failures = %d", n)
	}
	b := hr.Baseline{Employees: 120, Set: map[string]int{"workEmail": 118}, TakenAt: w.clock}
	w.ok(w.FinishReading(t.Context(), w.conn.ID, true, &b))
	w.ok(w.FinishReading(t.Context(), w.conn.ID, true, nil))
	got := again()
	w.same(&b, got.Baseline)
	if got.Failures != 0 {
		t.Errorf("after a good reading Failures = %d", got.Failures)
	}
	b.Employees = 60
	w.ok(w.AcceptBaseline(t.Context(), w.conn.ID, b, "cli:root", w.now()))
	w.same(&b, again().Baseline)
	w.notFound("FinishReading", w.FinishReading(t.Context(), "c_none", true, nil))
	w.notFound("AcceptBaseline", w.AcceptBaseline(t.Context(), "c_none", b, "cli:root", w.now()))
}

func testLease(t *testing.T, w *world) {
	a, err := w.Acquire(t.Context(), w.conn.ID, "run_a", time.Minute)
	w.ok(err)
	_, err = w.Acquire(t.Context(), w.conn.ID, "run_b", time.Minute)
	if busy, ok := errors.AsType[*syncrun.BusyError](err); !ok || busy.RunID != "run_a" {
		t.Fatalf("second Acquire: %v, want busy with run_a", err)
	}
	other, err := w.EnsureConnection(t.Context(), "Other HR")
	w.ok(err)
	if _, err := w.Acquire(t.Context(), other.ID, "run_c", time.Minute); err != nil {
		t.Errorf("another connection: %v", err)
	}
	w.ok(w.Renew(t.Context(), a, time.Minute))
	w.ok(w.Release(t.Context(), a))
	b, err := w.Acquire(t.Context(), w.conn.ID, "run_b", time.Minute)
	w.ok(err)
	if b.Fence <= a.Fence {
		t.Errorf("fence went from %d to %d", a.Fence, b.Fence)
	}
	if err := w.Renew(t.Context(), a, time.Minute); !errors.Is(err, syncrun.ErrLeaseLost) {
		t.Errorf("Renew of a lease given back: %v", err)
	}
	w.ok(w.Release(t.Context(), a)) // must not free b's
	if _, err := w.Acquire(t.Context(), w.conn.ID, "run_d", time.Minute); err == nil {
		t.Error("a lost lease's Release freed the connection")
	}
	_, err = w.Acquire(t.Context(), "c_none", "run_e", time.Minute)
	w.notFound("Acquire", err)
}

func testLeaseExpired(t *testing.T, w *world) {
	old := syncrun.Run{ID: "run_old", Connection: w.conn.ID, Name: w.conn.Name, Trigger: syncrun.TriggerSchedule, StartedAt: w.now()}
	a, err := w.Acquire(t.Context(), w.conn.ID, old.ID, 0)
	w.ok(err)
	w.ok(w.StartRun(t.Context(), old))
	// Its time is up, but nobody took it: the worker may go on.
	w.ok(w.Renew(t.Context(), a, 0))
	b, err := w.Acquire(t.Context(), w.conn.ID, "run_new", time.Minute)
	w.ok(err)
	if b.Fence <= a.Fence {
		t.Errorf("fence went from %d to %d", a.Fence, b.Fence)
	}
	if err := w.Renew(t.Context(), a, time.Minute); !errors.Is(err, syncrun.ErrLeaseLost) {
		t.Errorf("Renew after a take-over: %v", err)
	}
	r, err := w.Run(t.Context(), old.ID)
	w.ok(err)
	if r.Outcome != syncrun.OutcomeInterrupted {
		t.Errorf("the run that lost its lease is %q", r.Outcome)
	}
}

func testLinkStates(t *testing.T, w *world) {
	due := &directory.Due{At: w.clock.Add(time.Hour), Action: "deactivate", Reason: "terminated", Date: "2026-03-02"}
	full := *w.linked(20, "p_20")
	full.Adopted, full.Due = true, due
	full.Coverage = 1<<63 | 5
	full.Since = map[directory.SignalKind]time.Time{directory.SignalStatus: w.clock, directory.SignalOutOfScope: w.clock.Add(time.Second)}
	left := directory.LinkState{SourceID: 3, Outcome: directory.OutcomeLeft, Revision: "rev-0", Clean: true}
	w.apply(plan.Item{Refresh: &full}, plan.Item{Left: &plan.Left{SourceID: 3, Name: "Lee Gone", Link: left}}, w.create(7, "a@acme.test", "Ann", "Lee"))

	got := collectPointers(t, w.LinkStates(t.Context(), w.conn.ID, true))
	w.same([]directory.LinkState{left, *w.linked(7, w.personID(7)), full}, got)

	brief := collectPointers(t, w.LinkStates(t.Context(), w.conn.ID, false))
	full.PersonID, full.Since = "", nil
	w.same(full, brief[2])

	of, err := w.LinkStatesOf(t.Context(), w.conn.ID, []int64{3, 99})
	w.ok(err)
	w.same(map[int64]directory.LinkState{3: left}, of)

	w.notFound("LinkStates", firstError(w.LinkStates(t.Context(), "c_none", true)))
	_, err = w.LinkStatesOf(t.Context(), "c_none", nil)
	w.notFound("LinkStatesOf", err)
}

func testDue(t *testing.T, w *world) {
	at := func(d time.Duration, action string) *directory.Due {
		return &directory.Due{At: w.clock.Add(d), Action: action, Reason: "terminated", Date: "2026-03-01"}
	}
	var items []plan.Item
	for i, d := range []*directory.Due{at(2*time.Hour, "deactivate"), at(time.Hour, "deactivate"), at(time.Hour, ""), nil, at(3*time.Hour, "deactivate")} {
		ls := w.linked(int64(i+1), "p_x")
		ls.Due = d
		items = append(items, plan.Item{Refresh: ls})
	}
	limit := w.clock.Add(2 * time.Hour)
	w.apply(items...)
	got, err := w.DueBy(t.Context(), w.conn.ID, limit)
	w.ok(err)
	if len(got) != 2 || got[0].SourceID != 2 || got[1].SourceID != 1 || got[0].PersonID != "p_x" {
		t.Errorf("DueBy = %+v, want employees 2 and 1", got)
	}
	_, err = w.DueBy(t.Context(), "c_none", limit)
	w.notFound("DueBy", err)
}

func testHolds(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"))
	h := directory.Hold{ID: "hold_1", PersonID: w.personID(1), Field: directory.JobTitle, Until: w.clock.Add(time.Hour), UntilHR: "Lead",
		Reason: "agreed with HR", CreatedBy: "p_editor", CreatedAt: w.now()}
	w.ok(w.AddHold(t.Context(), h))
	if w.link(1).Clean {
		t.Error("the next run would skip a person whose hold is new")
	}
	whole := directory.Hold{ID: "hold_2", PersonID: w.personID(1), Reason: "leave", CreatedBy: "p_editor", CreatedAt: w.now()}
	w.ok(w.AddHold(t.Context(), whole))
	got, err := w.Holds(t.Context())
	w.ok(err)
	w.same([]directory.Hold{h, whole}, got)

	w.apply(plan.Item{Refresh: w.linked(1, w.personID(1))})
	w.ok(w.RemoveHold(t.Context(), h.ID, "p_editor", w.now()))
	if w.link(1).Clean {
		t.Error("the next run would skip a person whose hold was removed")
	}
	got, err = w.Holds(t.Context())
	w.ok(err)
	w.same([]directory.Hold{whole}, got)
	w.notFound("RemoveHold", w.RemoveHold(t.Context(), h.ID, "p_editor", w.now()))
	whole.PersonID = "p_none"
	w.notFound("AddHold", w.AddHold(t.Context(), whole))
}

func testDecisions(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"))
	d := directory.Decision{SourceID: 5, Kind: directory.DecideLink, PersonID: w.personID(1)}
	w.ok(w.Decide(t.Context(), w.conn.ID, directory.Decision{SourceID: 5, Kind: directory.DecideNew}, "cli:root", w.now()))
	w.ok(w.Decide(t.Context(), w.conn.ID, d, "cli:root", w.now()))
	ignore := directory.Decision{SourceID: 1, Kind: directory.DecideIgnore}
	w.ok(w.Decide(t.Context(), w.conn.ID, ignore, "cli:root", w.now()))
	got, err := w.Decisions(t.Context(), w.conn.ID)
	w.ok(err)
	w.same([]directory.Decision{ignore, d}, got)
	if w.link(1).Clean {
		t.Error("the next run would skip an employee about whom was decided")
	}
	w.notFound("Decide", w.Decide(t.Context(), "c_none", d, "cli:root", w.now()))
	_, err = w.Decisions(t.Context(), "c_none")
	w.notFound("Decisions", err)
}
