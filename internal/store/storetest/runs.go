package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func testRuns(t *testing.T, w *world) {
	r := w.begin(syncrun.TriggerSchedule)
	got, err := w.Run(t.Context(), r.ID)
	w.ok(err)
	w.same(r, got)
	r.PlanID, r.UndoOf, r.Released, r.Requests, r.RowsWritten = "plan_1", "run_0", true, 5, 17
	r.Counts, r.KindCounts = plan.Counts{Create: 2, Held: 1}, map[plan.Kind]int{plan.KindBlank: 3}
	r.Errors = []syncrun.RunError{{Code: "stale", Message: "moved", RequestID: "x-1", SourceID: "4"}}
	r.Outcome, r.FinishedAt = syncrun.OutcomePartial, w.now()
	w.ok(w.FinishRun(t.Context(), w.lease, r))
	w.ok(w.Release(t.Context(), w.lease))
	got, err = w.Run(t.Context(), r.ID)
	w.ok(err)
	w.same(r, got)

	second := w.begin(syncrun.TriggerManual)
	w.ok(w.MarkUndone(t.Context(), w.lease, r.ID))
	list, err := w.RunList(t.Context(), w.conn.ID, 10)
	w.ok(err)
	if len(list) != 2 || list[0].ID != second.ID || list[1].Outcome != syncrun.OutcomeUndone {
		t.Errorf("RunList = %+v", list)
	}
	list, err = w.RunList(t.Context(), "", 1)
	w.ok(err)
	if len(list) != 1 || list[0].ID != second.ID {
		t.Errorf("RunList of all, 1 = %+v", list)
	}
	_, err = w.Run(t.Context(), "run_none")
	w.notFound("Run", err)
	w.notFound("FinishRun", w.FinishRun(t.Context(), w.lease, syncrun.Run{ID: "run_none"}))
	w.notFound("MarkUndone", w.MarkUndone(t.Context(), w.lease, "run_none"))
	w.notFound("StartRun", w.StartRun(t.Context(), syncrun.Lease{Connection: "c_none"}, syncrun.Run{ID: "run_x"}))
	_, err = w.RunList(t.Context(), "c_none", 1)
	w.notFound("RunList", err)
}

func testInterrupted(t *testing.T, w *world) {
	info := w.store(w.create(1, "ann@acme.test", "Ann", "Lee"))
	r := w.begin(syncrun.TriggerManual)
	r.Requests = 3
	applied, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, w.seqs(info.ID), w.now())
	w.ok(err)
	w.ok(w.Release(t.Context(), w.lease)) // as if it had died: no FinishRun
	got, err := w.Run(t.Context(), r.ID)
	w.ok(err)
	if got.Outcome != syncrun.OutcomeInterrupted || got.Counts.Create != 1 || got.PlanID != info.ID ||
		got.Requests != 3 || got.RowsWritten != applied.RowsWritten {
		t.Errorf("a run that died after a batch: %+v", got)
	}
}

func testAppliedItems(t *testing.T, w *world) {
	info := w.store(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"), w.create(3, "cy@acme.test", "Cy", "Ng"), held(4, "", plan.NoEmail))
	one := w.begin(syncrun.TriggerManual)
	for _, batch := range [][]int64{{3}, {1}} {
		_, err := w.ApplyBatch(t.Context(), w.lease, one, info.ID, batch, w.now())
		w.ok(err)
	}
	w.end(one, syncrun.OutcomePartial)
	two := w.begin(syncrun.TriggerManual)
	_, err := w.ApplyBatch(t.Context(), w.lease, two, info.ID, w.seqs(info.ID), w.now())
	w.ok(err)
	w.end(two, syncrun.OutcomeApplied)
	w.same([]string{"1 create 1", "3 create 3"}, labels(collect(t, w.AppliedItems(t.Context(), one.ID))))
	w.same([]string{"2 create 2"}, labels(collect(t, w.AppliedItems(t.Context(), two.ID))))
	for range w.AppliedItems(t.Context(), one.ID) {
		break
	}
	three := w.begin(syncrun.TriggerManual)
	w.same([]string{}, labels(collect(t, w.AppliedItems(t.Context(), three.ID))))
	w.notFound("AppliedItems", firstError(w.AppliedItems(t.Context(), "run_none")))
}

func testRecentKinds(t *testing.T, w *world) {
	var items []plan.Item
	for i := range 5 {
		id := int64(i + 1)
		items = append(items, w.create(id, string(rune('a'+i))+"@acme.test", "A", "B"))
	}
	w.apply(items...)
	deactivate := func(id int64, trigger syncrun.Trigger, released bool) time.Time {
		info := w.store(w.status(id, plan.Deactivate, directory.Deactivated))
		r := w.begin(trigger)
		r.Released = released
		_, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, w.seqs(info.ID), w.now())
		w.ok(err)
		at := w.clock
		if id != 2 { // employee 2's run dies; what it did counts
			w.end(r, syncrun.OutcomeApplied)
		} else {
			w.ok(w.Release(t.Context(), w.lease))
		}
		return at
	}
	deactivate(1, syncrun.TriggerSchedule, false)
	since := deactivate(2, syncrun.TriggerWebhook, false)
	deactivate(3, syncrun.TriggerManual, false)
	deactivate(4, syncrun.TriggerSchedule, true)
	deactivate(5, syncrun.TriggerSchedule, false)
	// A department counts once, not once more for everybody who waits for it.
	fay := w.create(6, "fay@acme.test", "Fay", "Ross")
	sales := w.group(directory.KindDepartment, "Sales")
	fay.Change.Kinds, sales.Change.Kinds = fay.Change.Kinds.With(plan.KindNewDepartments), sales.Change.Kinds.With(plan.KindNewDepartments)
	info := w.store(sales, fay)
	r := w.begin(syncrun.TriggerSchedule)
	_, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, w.seqs(info.ID), w.now())
	w.ok(err)
	w.end(r, syncrun.OutcomeApplied)
	got, err := w.RecentKinds(t.Context(), w.conn.ID, since)
	w.ok(err)
	w.same(plan.Recent{plan.KindDeactivate: 2, plan.KindNewDepartments: 1}, got)
	_, err = w.RecentKinds(t.Context(), "c_none", since)
	w.notFound("RecentKinds", err)
}

// story tells a history in one line per entry.
func story(entries []syncrun.HistoryEntry) []string {
	var out []string
	for _, e := range entries {
		by := "planned"
		if e.Run != nil {
			by = e.Run.ID
		} else if e.Applied {
			by = e.Actor
		}
		out = append(out, label(e.Item)+" by "+by)
	}
	return out
}

func testHistory(t *testing.T, w *world) {
	id := w.personID(1)
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	w.store(w.update(1, set(directory.Phone, "0"))) // a preview that another followed
	w.apply(w.update(1, set(directory.Phone, "1")))
	w.save(w.person(id))
	it := w.update(1, set(directory.Phone, "2"))
	w.store(it, held(1, id, plan.ManagerMissing))
	history := func(person, conn string, source int64) []syncrun.HistoryEntry {
		h, err := w.History(t.Context(), person, conn, source)
		w.ok(err)
		return h.Entries
	}
	want := []string{"create 1 by run_1", "update 1 by run_2", "update 0 by p_editor", "update 1 by planned", "manager_missing 1" + id + " by planned"}
	got := history(id, w.conn.ID, 1)
	w.same(want, story(got))
	if got[0].Actor != "cli:test" || got[0].Run.Outcome != syncrun.OutcomeApplied || !got[2].Applied || got[3].Applied {
		t.Errorf("history = %+v", got)
	}
	w.same(it.Change, got[3].Item.Change)
	w.same(want, story(history(id, "", 0)))
	w.same([]string{want[0], want[1], want[3], want[4]}, story(history("", w.conn.ID, 1)))
	w.same([]string{}, story(history("p_none", "", 0)))
	_, err := w.History(t.Context(), "", "c_none", 1)
	w.notFound("History", err)
}

func testHistoryHeld(t *testing.T, w *world) {
	w.save(manual("p_m", "m@acme.test"))
	day := w.clock.Add(24 * time.Hour)
	w.store(held(5, "", plan.NoEmail), held(0, "p_m", plan.NotFromHR), held(0, "p_x", plan.NotFromHR))
	w.storeAs("", "", plan.Header{AsOf: &day}, held(5, "", plan.DuplicateEmail))
	story5 := func() []string {
		h, err := w.History(t.Context(), "", w.conn.ID, 5)
		w.ok(err)
		return story(h.Entries)
	}
	w.same([]string{"no_email 5 by planned"}, story5())
	h, err := w.History(t.Context(), "p_m", "", 0)
	w.ok(err)
	w.same([]string{"update 0 by p_editor", "not_from_hr 0p_m by planned"}, story(h.Entries))
	// Once a later plan finds nothing to say, the old entry is over.
	w.apply(plan.Item{Refresh: w.linked(5, "p_m")})
	w.same([]string{}, story5())
}

// testHistoryNow: what is planned stands until everybody is planned again; what a run began, and what was decided since, is
// told with it.
func testHistoryNow(t *testing.T, w *world) {
	history := func(source int64) syncrun.History {
		h, err := w.History(t.Context(), "", w.conn.ID, source)
		w.ok(err)
		return h
	}
	first := w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	h := history(1)
	if len(h.Entries) != 1 || h.Entries[0].Plan.ID != first.ID || h.Reading == nil || h.Reading.ID != first.ID || h.Older != 0 {
		t.Errorf("what a reading brought about: %+v", h)
	}
	// The plan of one person is no reading of everybody.
	w.storeAs("ann", "", plan.Header{}, w.update(1, set(directory.Phone, "1")))
	if h = history(1); len(h.Entries) != 2 || h.Entries[1].Applied || h.Reading.ID != first.ID {
		t.Errorf("what is planned: %+v", h)
	}
	all := w.store(held(5, "", plan.AmbiguousMatch))
	if h = history(1); len(h.Entries) != 1 || h.Reading.ID != all.ID || h.Older != 1 || h.Name == "" {
		t.Errorf("after a plan of everybody that says nothing: %+v", h)
	}
	// One of two rows was applied.
	part := w.store(w.update(1, set(directory.Phone, "2")), w.update(2, set(directory.Phone, "2")))
	r := w.begin(syncrun.TriggerManual)
	_, err := w.ApplyBatch(t.Context(), w.lease, r, part.ID, w.seqs(part.ID)[:1], w.now())
	w.ok(err)
	w.end(r, syncrun.OutcomePartial)
	if h = history(2); len(h.Entries) != 2 || h.Entries[1].Applied || h.Entries[1].Run != nil || h.Entries[1].Begun == nil || h.Entries[1].Begun.ID != r.ID {
		t.Errorf("what a run did not come to: %+v", h)
	}
	if h = history(1); len(h.Entries) != 2 || !h.Entries[1].Applied || h.Entries[1].Begun != nil || h.Entries[1].Run.ID != r.ID {
		t.Errorf("what it applied: %+v", h)
	}
	// A decision counts until everybody was planned again.
	w.ok(w.Decide(t.Context(), w.conn.ID, directory.Decision{SourceID: 5, Kind: directory.DecideNew}, "ana", w.now()))
	if h = history(5); h.Decided == nil || h.Decided.Actor != "ana" || h.Decided.Kind != directory.DecideNew || h.Decided.At.IsZero() {
		t.Errorf("a decision: %+v", h.Decided)
	}
	w.store(held(5, "", plan.NoEmail))
	if h = history(5); h.Decided != nil || len(h.Entries) != 1 {
		t.Errorf("after the next reading: %+v", h)
	}
}

// testIsolation walks every method of another organisation, with the ids of the first.
func testIsolation(t *testing.T, w *world) {
	id := w.personID(1)
	ls := w.linked(1, id)
	ls.Due = &directory.Due{At: w.clock, Action: "deactivate"}
	c := w.create(1, "ann@acme.test", "Ann", "Lee")
	c.Change.Link = ls
	info := w.apply(c, w.group(directory.KindDepartment, "Sales"), plan.Item{Refresh: w.linked(2, "p_2")})
	w.ok(w.AddHold(t.Context(), directory.Hold{ID: "hold_1", PersonID: id, Reason: "r", CreatedAt: w.now()}))
	w.ok(w.Decide(t.Context(), w.conn.ID, directory.Decision{SourceID: 5, Kind: directory.DecideNew}, "cli", w.now()))
	r := w.begin(syncrun.TriggerSchedule)

	ctx, conn, o := t.Context(), w.conn.ID, w.org("globex")
	item := w.seqs(info.ID)
	notFound := map[string]error{
		"Acquire":        second(o.Acquire(ctx, conn, "run_x", time.Minute)),
		"Renew":          o.Renew(ctx, w.lease, time.Minute),
		"Release":        o.Release(ctx, w.lease),
		"LinkStates":     firstError(o.LinkStates(ctx, conn, true)),
		"LinkStatesOf":   second(o.LinkStatesOf(ctx, conn, []int64{1})),
		"DueBy":          second(o.DueBy(ctx, conn, w.clock)),
		"FinishReading":  o.FinishReading(ctx, w.lease, false, nil),
		"AcceptBaseline": o.AcceptBaseline(ctx, w.lease, hr.Baseline{}, "x", w.clock),
		"Mark":           second(o.Mark(ctx, conn, true)),
		"PutMark":        o.PutMark(ctx, w.lease, syncrun.Mark{}),
		"MoveMark":       o.MoveMark(ctx, conn, syncrun.Mark{}),
		"Person":         second(o.Person(ctx, id)),
		"PersonBySource": second(o.PersonBySource(ctx, conn, "1")),
		"Counts":         second(o.Counts(ctx, conn)),
		"NewPlan":        second(o.NewPlan(ctx, w.lease, "plan_x", "", "", w.clock)),
		"Plan":           second(o.Plan(ctx, conn, info.ID)),
		"Plan, any":      second(o.Plan(ctx, "", info.ID)),
		"Plan, latest":   second(o.Plan(ctx, conn, "")),
		"Items":          firstError(o.Items(ctx, info.ID, 0, true)),
		"LatestFullPlan": second(o.LatestFullPlan(ctx, conn)),
		"ReportsOf":      second(o.ReportsOf(ctx, conn, []int64{1})),
		"StaleRecords":   second(o.StaleRecords(ctx, info.ID, []int64{1}, 1)),
		"StartRun":       o.StartRun(ctx, w.lease, syncrun.Run{ID: "run_y", Connection: conn}),
		"FinishRun":      o.FinishRun(ctx, w.lease, r),
		"Run":            second(o.Run(ctx, r.ID)),
		"RunList":        second(o.RunList(ctx, conn, 9)),
		"ApplyBatch":     second(o.ApplyBatch(ctx, w.lease, r, info.ID, item, w.clock)),
		"ApplyRefreshes": second(o.ApplyRefreshes(ctx, w.lease, info.ID)),
		"AppliedItems":   firstError(o.AppliedItems(ctx, "run_1")),
		"RecentKinds":    second(o.RecentKinds(ctx, conn, time.Time{})),
		"MarkUndone":     o.MarkUndone(ctx, w.lease, r.ID),
		"EndHolds":       o.EndHolds(ctx, w.lease, []string{"hold_1"}, "x", w.clock),
		"History":        second(o.History(ctx, id, conn, 1)),
		"AddHold":        o.AddHold(ctx, directory.Hold{ID: "hold_x", PersonID: id}),
		"RemoveHold":     o.RemoveHold(ctx, "hold_1", "x", w.clock),
		"Decisions":      second(o.Decisions(ctx, conn)),
		"Decide":         o.Decide(ctx, conn, directory.Decision{SourceID: 1}, "x", w.clock),
	}
	whoever := once(directory.PeopleQuery{SourceIDs: []int64{1}, IDs: []string{id}, Emails: []string{"ann@acme.test"}})
	notFound["BriefsOf"] = firstError(o.BriefsOf(ctx, conn, whoever))
	for what, err := range notFound {
		w.notFound(what, err)
	}
	nothing := map[string]int{
		"PersonsByID": length(o.PersonsByID(ctx, []string{id})),
		"Briefs":      len(collectPointers(t, o.Briefs(ctx, false))),
		"AllPeople":   len(collectPointers(t, o.AllPeople(ctx))),
		"FindPeople":  length(o.FindPeople(ctx, "email", "ann@acme.test", 9)),
		"Groups":      length(o.Groups(ctx)),
		"Owners":      length(o.Owners(ctx)),
		"RunList":     length(o.RunList(ctx, "", 9)),
		"Holds":       length(o.Holds(ctx)),
		"History":     entries(o.History(ctx, id, "", 0)),
	}
	for what, n := range nothing {
		if n != 0 {
			t.Errorf("%s shows another organisation %d rows", what, n)
		}
	}
	w.ok(w.Renew(ctx, w.lease, time.Minute))
}

// testTwins gives two organisations the same names, addresses and ids; what happens to one does not
// touch the other.
func testTwins(t *testing.T, w *world) {
	twin := &world{Store: w.org("globex"), t: t, org: w.org, clock: w.clock}
	var err error
	twin.conn, err = twin.EnsureConnection(t.Context(), w.conn.Name)
	w.ok(err)
	if twin.conn.ID == w.conn.ID {
		t.Error("two organisations share a connection id")
	}
	id := w.personID(1)
	for _, x := range []*world{w, twin} {
		it := x.create(1, "ann@acme.test", "Ann", "Lee")
		it.Change.PersonID, it.Change.Link.PersonID = id, id
		x.apply(it, x.group(directory.KindTeam, "Red"))
		w.ok(x.AddHold(t.Context(), directory.Hold{ID: "hold_1", PersonID: id, Reason: "r", CreatedAt: x.now()}))
	}
	state := func() []any {
		run, err := w.Run(t.Context(), "run_1")
		w.ok(err)
		info, err := w.Plan(t.Context(), "", "plan_1")
		w.ok(err)
		holds, err := w.Holds(t.Context())
		w.ok(err)
		return []any{run, info, holds, w.items("plan_1"), w.people(), w.link(1)}
	}
	before := state()
	p := twin.person(id)
	p.Status = directory.Deactivated
	p.Values.Set(directory.Email, directory.KindText, "other@acme.test")
	twin.save(p)
	w.ok(twin.RemoveHold(t.Context(), "hold_1", "x", w.clock))
	r := twin.begin(syncrun.TriggerManual)
	w.ok(twin.MarkUndone(t.Context(), twin.lease, "run_1"))
	twin.end(r, syncrun.OutcomeFailed)
	pw, err := twin.NewPlan(t.Context(), twin.renewed(), "plan_1", "", "", w.clock)
	w.ok(err)
	if _, err := pw.Finish(t.Context(), plan.Header{}, hr.Baseline{}); err == nil {
		t.Error("the twin has two plans with one id")
	}
	w.same(before, state())
}

// renewed takes the lease for nothing but writing plans.
func (w *world) renewed() syncrun.Lease {
	w.t.Helper()
	l, err := w.Acquire(w.ctx(), w.conn.ID, "run_plans", time.Minute)
	w.ok(err)
	return l
}

func second[T any](_ T, err error) error { return err }

func entries(h syncrun.History, err error) int { return length(h.Entries, err) }

func length[T any](list []T, err error) int {
	if err != nil {
		return -1
	}
	return len(list)
}

func testCancelled(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	why := errors.New("the user pressed Ctrl-C")
	for _, err := range w.AllPeople(ctx) {
		w.ok(err)
		cancel(why)
		break
	}
	if _, err := w.SavePerson(ctx, manual("p_1", "x@acme.test"), plan.Change{}, "x", w.now()); !errors.Is(err, why) {
		t.Errorf("a write after a cancellation: %v", err)
	}
	if _, err := w.Person(ctx, w.personID(1)); !errors.Is(err, why) {
		t.Errorf("a read after a cancellation: %v", err)
	}
	w.save(manual("p_1", "x@acme.test")) // the store is as good as new
}
