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
	w.begin(syncrun.TriggerSchedule)
	for range 2 {
		w.ok(w.FinishReading(t.Context(), w.lease, false, nil))
	}
	if n := again().Failures; n != 2 {
		t.Errorf("after two failed readings Failures = %d", n)
	}
	b := hr.Baseline{Employees: 120, Set: map[string]int{"workEmail": 118}, TakenAt: w.clock}
	w.ok(w.FinishReading(t.Context(), w.lease, true, &b))
	w.ok(w.FinishReading(t.Context(), w.lease, true, nil))
	got := again()
	w.same(&b, got.Baseline)
	if got.Failures != 0 {
		t.Errorf("after a good reading Failures = %d", got.Failures)
	}
	b.Employees = 60
	w.ok(w.AcceptBaseline(t.Context(), w.lease, b, "cli:root", w.now()))
	w.same(&b, again().Baseline)
	w.notFound("FinishReading", w.FinishReading(t.Context(), syncrun.Lease{Connection: "c_none"}, true, nil))
	w.notFound("AcceptBaseline", w.AcceptBaseline(t.Context(), syncrun.Lease{Connection: "c_none"}, b, "cli:root", w.now()))
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
	a, err := w.Acquire(t.Context(), w.conn.ID, old.ID, time.Minute)
	w.ok(err)
	w.ok(w.StartRun(t.Context(), a, old))
	w.ok(w.Renew(t.Context(), a, 0))
	// Its time is up. Nobody took it, and still the worker has no right to anything.
	ended := old
	ended.Outcome = syncrun.OutcomeApplied
	for what, err := range map[string]error{"Renew": w.Renew(t.Context(), a, time.Minute), "FinishRun": w.FinishRun(t.Context(), a, ended)} {
		if !errors.Is(err, syncrun.ErrLeaseExpired) || !errors.Is(err, syncrun.ErrLeaseLost) {
			t.Errorf("%s after the lease's time: %v, want ErrLeaseExpired", what, err)
		}
	}
	w.ok(w.Release(t.Context(), a)) // writes nothing
	if r, err := w.Run(t.Context(), old.ID); err != nil || r.Outcome != syncrun.OutcomeInterrupted {
		t.Errorf("the run whose lease ended is %q, %v", r.Outcome, err)
	}
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

// testLateWorker walks every write of a run whose lease another run has taken (security §3 #42).
func testLateWorker(t *testing.T, w *world) {
	info := w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), plan.Item{Refresh: w.linked(9, "p_9")})
	w.ok(w.AddHold(t.Context(), directory.Hold{ID: "hold_1", PersonID: w.personID(1), Reason: "r", CreatedAt: w.now()}))
	r := syncrun.Run{ID: "run_late", Connection: w.conn.ID, Name: w.conn.Name, Trigger: syncrun.TriggerSchedule, StartedAt: w.now()}
	late, err := w.Acquire(t.Context(), w.conn.ID, r.ID, time.Minute)
	w.ok(err)
	w.ok(w.StartRun(t.Context(), late, r))
	pw, err := w.NewPlan(t.Context(), late, "plan_late", "", "", w.now())
	w.ok(err)
	w.ok(pw.Add(t.Context(), held(3, "", plan.NoEmail)))
	w.ok(w.Renew(t.Context(), late, 0))
	r.Outcome = syncrun.OutcomeApplied
	refused := func(who string, want error) {
		t.Helper()
		for what, err := range w.writes(late, r, info.ID, pw) {
			if !errors.Is(err, want) {
				t.Errorf("%s of %s: %v, want %v", what, who, err, want)
			}
		}
	}
	refused("a worker whose lease ended", syncrun.ErrLeaseExpired)
	other := w.begin(syncrun.TriggerManual)
	refused("a late worker", syncrun.ErrLeaseLost)
	w.ok(w.Release(t.Context(), late)) // must not free the other run's
	w.ok(w.Renew(t.Context(), w.lease, time.Minute))
	w.end(other, syncrun.OutcomeNoOp)

	list, err := w.RunList(t.Context(), "", 9)
	w.ok(err)
	if len(list) != 3 || list[1].ID != r.ID || list[1].Outcome != syncrun.OutcomeInterrupted || list[2].Outcome != syncrun.OutcomeApplied {
		t.Errorf("runs = %+v", list)
	}
	latest, err := w.Plan(t.Context(), w.conn.ID, "")
	w.ok(err)
	holds, err := w.Holds(t.Context())
	w.ok(err)
	conn, err := w.EnsureConnection(t.Context(), w.conn.Name)
	w.ok(err)
	if latest.ID != info.ID || len(holds) != 1 || conn.Baseline != nil {
		t.Errorf("the late worker wrote: latest plan %s, holds %v, baseline %v", latest.ID, holds, conn.Baseline)
	}
	// A hold that somebody removed meanwhile is no error for the run that finds it over.
	w.begin(syncrun.TriggerManual)
	w.ok(w.EndHolds(t.Context(), w.lease, []string{"hold_none", "hold_1"}, "run:x", w.now()))
	if holds, err = w.Holds(t.Context()); err != nil || len(holds) != 0 {
		t.Errorf("after EndHolds: %v, %v", holds, err)
	}
}

func testLinkStates(t *testing.T, w *world) {
	due := &directory.Due{At: w.clock.Add(time.Hour), Action: "deactivate", Reason: "terminated", Date: "2026-03-02"}
	full := *w.linked(20, "p_20")
	full.Adopted, full.NoEmail, full.Due = true, true, due
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
	blank := directory.Hold{ID: "hold_3", PersonID: w.personID(1), Field: directory.Phone, UntilHR: directory.UntilHRSays(""), Reason: "undone",
		CreatedBy: "p_editor", CreatedAt: w.now()}
	w.ok(w.AddHold(t.Context(), blank))
	got, err := w.Holds(t.Context())
	w.ok(err)
	w.same([]directory.Hold{h, whole, blank}, got)

	w.apply(plan.Item{Refresh: w.linked(1, w.personID(1))})
	w.ok(w.RemoveHold(t.Context(), h.ID, "p_editor", w.now()))
	if w.link(1).Clean {
		t.Error("the next run would skip a person whose hold was removed")
	}
	got, err = w.Holds(t.Context())
	w.ok(err)
	w.same([]directory.Hold{whole, blank}, got)
	w.notFound("RemoveHold", w.RemoveHold(t.Context(), h.ID, "p_editor", w.now()))
	whole.PersonID = "p_none"
	w.notFound("AddHold", w.AddHold(t.Context(), whole))
}

func testFreezes(t *testing.T, w *world) {
	f := directory.Freeze{ID: "freeze_1", Connection: w.conn.ID, What: []string{"reporting_lines", "custom.size"}, Until: w.clock.Add(time.Hour),
		Reason: "review cycle", CreatedBy: "p_editor", CreatedAt: w.now()}
	open := directory.Freeze{ID: "freeze_2", Connection: w.conn.ID, What: []string{"email"}, Reason: "mailboxes move", CreatedBy: "p_editor", CreatedAt: w.now()}
	w.ok(w.AddFreeze(t.Context(), f))
	w.ok(w.AddFreeze(t.Context(), open))
	other, err := w.EnsureConnection(t.Context(), "Other HR")
	w.ok(err)
	got, err := w.Freezes(t.Context(), other.ID)
	w.ok(err)
	w.same([]directory.Freeze(nil), got)
	w.notFound("EndFreeze of another connection", w.EndFreeze(t.Context(), other.ID, f.ID, "p_editor", w.now()))
	got, err = w.Freezes(t.Context(), w.conn.ID)
	w.ok(err)
	w.same([]directory.Freeze{f, open}, got)

	w.ok(w.EndFreeze(t.Context(), w.conn.ID, f.ID, "p_editor", w.now()))
	got, err = w.Freezes(t.Context(), w.conn.ID)
	w.ok(err)
	w.same([]directory.Freeze{open}, got)
	w.notFound("EndFreeze", w.EndFreeze(t.Context(), w.conn.ID, f.ID, "p_editor", w.now()))
	open.Connection = "c_none"
	w.notFound("AddFreeze", w.AddFreeze(t.Context(), open))
	_, err = w.Freezes(t.Context(), "c_none")
	w.notFound("Freezes", err)
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

func testMarks(t *testing.T, w *world) {
	mark := func(people bool) syncrun.Mark {
		t.Helper()
		m, err := w.Mark(t.Context(), w.conn.ID, people)
		w.ok(err)
		return m
	}
	w.same(syncrun.Mark{}, mark(true))
	w.ok(w.MoveMark(t.Context(), w.conn.ID, syncrun.Mark{Since: w.now()})) // none is kept
	w.same(syncrun.Mark{}, mark(true))

	w.begin(syncrun.TriggerSchedule)
	want := syncrun.Mark{Since: w.now(), Seen: []syncrun.Seen{{ID: 4, At: w.now(), Deleted: true, Young: true}},
		Reading: syncrun.FullReading{At: w.now(), Grade: hr.Complete, Revision: revision, Shape: "s", Key: "k", Owner: "9"},
		People:  syncrun.OpenPeople{Again: []int64{3}, Quiet: []int64{1, 2}, Absent: []int64{8}}}
	w.ok(w.PutMark(t.Context(), w.lease, want))
	want.N = 1
	w.same(want, mark(true))
	small := want
	small.People = syncrun.OpenPeople{}
	w.same(small, mark(false))

	small.Since, small.Seen = w.now(), nil
	w.ok(w.MoveMark(t.Context(), w.conn.ID, small))
	want.N, want.Since, want.Seen = 2, small.Since, nil
	w.same(want, mark(true))
	small.Since = w.now()
	w.ok(w.MoveMark(t.Context(), w.conn.ID, small)) // read before the one that was just written
	w.same(want, mark(true))

	w.ok(w.PutMark(t.Context(), w.lease, syncrun.Mark{}))
	w.same(syncrun.Mark{N: 3}, mark(true))
	_, err := w.Mark(t.Context(), "c_none", true)
	w.notFound("Mark", err)
	w.notFound("MoveMark", w.MoveMark(t.Context(), "c_none", small))
	w.notFound("PutMark", w.PutMark(t.Context(), syncrun.Lease{Connection: "c_none"}, want))
	other, err := w.org("other").EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	m, err := w.org("other").Mark(t.Context(), other.ID, true)
	w.ok(err)
	w.same(syncrun.Mark{}, m)
}

// writes are all writes of a run, and what became of each; pw is a plan that the run has begun.
func (w *world) writes(late syncrun.Lease, r syncrun.Run, planID string, pw syncrun.PlanWriter) map[string]error {
	return map[string]error{
		"Renew":          w.Renew(w.ctx(), late, time.Minute),
		"StartRun":       w.StartRun(w.ctx(), late, syncrun.Run{ID: "run_later"}),
		"FinishRun":      w.FinishRun(w.ctx(), late, r),
		"MarkUndone":     w.MarkUndone(w.ctx(), late, "run_1"),
		"EndHolds":       w.EndHolds(w.ctx(), late, []string{"hold_1"}, "run:late", w.now()),
		"FinishReading":  w.FinishReading(w.ctx(), late, true, &hr.Baseline{Employees: 1}),
		"AcceptBaseline": w.AcceptBaseline(w.ctx(), late, hr.Baseline{Employees: 1}, "x", w.now()),
		"PutMark":        w.PutMark(w.ctx(), late, syncrun.Mark{Since: w.now()}),
		"NewPlan":        second(w.NewPlan(w.ctx(), late, "plan_later", "", "", w.now())),
		"Finish":         second(pw.Finish(w.ctx(), plan.Header{}, hr.Baseline{})),
		"ApplyBatch":     second(w.ApplyBatch(w.ctx(), late, r, planID, w.seqs(planID), w.now())),
		"ApplyRefreshes": second(w.ApplyRefreshes(w.ctx(), late, planID)),
	}
}
