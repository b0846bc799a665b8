package storetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func held(source int64, person string, reason plan.Reason) plan.Item {
	return plan.Item{Held: &plan.Held{Kind: plan.HeldPerson, Reason: reason, SourceID: source, PersonID: person, Name: fmt.Sprint("employee ", source),
		Email: "held@acme.test", Detail: "why"}}
}

// label names a row in a few letters.
func label(it plan.Item) string {
	switch {
	case it.Change != nil && it.Change.Group != nil:
		return string(it.Change.Group.Kind) + " " + it.Change.Group.Name
	case it.Change != nil:
		return fmt.Sprint(it.Change.Action, " ", it.Change.SourceID)
	case it.Held != nil:
		return fmt.Sprint(it.Held.Reason, " ", it.Held.SourceID, it.Held.PersonID)
	case it.Left != nil:
		return fmt.Sprint("left ", it.Left.SourceID)
	}
	return fmt.Sprint("refresh ", it.Refresh.SourceID)
}

func labels(items []syncrun.StoredItem) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = fmt.Sprint(it.Seq, " ", label(it.Item))
	}
	return out
}

func testPlanOrder(t *testing.T, w *world) {
	column := plan.Item{Held: &plan.Held{Kind: plan.HeldField, Field: directory.Phone, Reason: plan.Unreadable}}
	info := w.store(
		w.create(10, "a@acme.test", "A", "A"), held(9, "", plan.NoEmail),
		w.create(2, "b@acme.test", "B", "B"), held(2, w.personID(2), plan.ManagerMissing),
		plan.Item{Refresh: w.linked(5, "p_5")}, plan.Item{Left: &plan.Left{SourceID: 4, Name: "Gone"}},
		held(0, "p_b", plan.NotFromHR), held(0, "p_a", plan.NotFromHR), column,
		w.group(directory.KindTeam, "Red"), w.group(directory.KindDepartment, "Sales"),
	)
	all := w.items(info.ID)
	w.same([]string{"1 department Sales", "2 team Red", "3 unreadable 0", "4 not_from_hr 0p_a", "5 not_from_hr 0p_b", "6 create 2", "7 manager_missing 2" + w.personID(2),
		"8 left 4", "9 refresh 5", "10 no_email 9", "11 create 10"}, labels(all))
	shown := collect(t, w.Items(t.Context(), info.ID, 0, false))
	w.same([]string{"1 department Sales", "2 team Red", "3 unreadable 0", "4 not_from_hr 0p_a", "5 not_from_hr 0p_b", "6 create 2", "7 manager_missing 2" + w.personID(2),
		"10 no_email 9", "11 create 10"}, labels(shown))
	w.notFound("Items", firstError(w.Items(t.Context(), "plan_none", 0, false)))
}

// testPlanAtHand reads a plan in the run that made it and once the run is over: a store may keep rows in
// memory meanwhile, but must not answer otherwise for it.
func testPlanAtHand(t *testing.T, w *world) {
	w.apply(w.create(2, "b@acme.test", "B", "B"))
	r := w.begin(syncrun.TriggerManual)
	info := w.store(
		w.create(10, "a@acme.test", "A", "A"), held(9, "", plan.NoEmail), w.status(2, plan.Deactivate, directory.Deactivated),
		plan.Item{Refresh: w.linked(5, "p_5")}, plan.Item{Left: &plan.Left{SourceID: 4, Name: "Gone"}},
		held(0, "p_b", plan.NotFromHR), w.group(directory.KindTeam, "Red"), w.group(directory.KindDepartment, "Sales"))
	outline := func() []syncrun.ChangeOutline { return collect(t, w.Outline(t.Context(), info.ID)) }
	items, changes := w.items(info.ID), outline()
	off := plan.KindSet(0).With(plan.KindDeactivate)
	w.same([]syncrun.ChangeOutline{{Seq: 1}, {Seq: 2}, {Seq: 4, Version: 1, Kinds: off}, {Seq: 8}}, changes)
	_, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, []int64{1, 2, 3, 4}, w.now())
	w.ok(err)
	items, changes = w.items(info.ID), outline()
	if changes[2].RunID != r.ID || changes[3].RunID != "" || items[3].RunID != r.ID {
		t.Errorf("what was applied is not told: %v", changes)
	}
	w.end(r, syncrun.OutcomePartial)
	w.same(items, w.items(info.ID))
	w.same(changes, outline())
	w.notFound("Outline", firstError(w.Outline(t.Context(), "plan_none")))
}

// testPlanPaging reads a plan of several thousand rows, given in any order, from every kind of place.
func testPlanPaging(t *testing.T, w *world) {
	const n = 5000
	items := make([]plan.Item, n)
	for i := range items {
		items[i] = held(int64(i+1), "", plan.NoEmail)
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { items[i], items[j] = items[j], items[i] })
	info := w.store(items...)
	for _, after := range []int64{0, 1, 1022, 1023, 1024, 1025, 2047, 2048, 4999, 5000, 6000} {
		want := after + 1
		for it, err := range w.Items(t.Context(), info.ID, after, false) {
			w.ok(err)
			if it.Seq != want || it.Held.SourceID != want {
				t.Fatalf("after %d: row %d is employee %d, want %d", after, it.Seq, it.Held.SourceID, want)
			}
			want++
			if want > after+30 && want < n-30 { // the first page is enough
				break
			}
		}
		if after < n && want == after+1 || after > n-30 && want != max(after, n)+1 {
			t.Errorf("after %d the rows end at %d", after, want-1)
		}
	}
}

func testPlanRoundTrip(t *testing.T, w *world) {
	c := w.create(1, "ann@acme.test", "Ann", "Lee").Change
	c.EffectiveAt, c.Kinds = w.clock, plan.KindSet(0).With(plan.KindBlank).With(plan.KindBaseline)
	c.DependsOn = []directory.Key{directory.PersonKey("p_2"), directory.GroupKey(directory.KindTeam, "Red")}
	c.Holds = []directory.Hold{{ID: "hold_1", PersonID: "p_1", Field: directory.Phone, Until: w.clock, UntilHR: "x", Reason: "undo", CreatedBy: "me", CreatedAt: w.clock}}
	c.Fields = append(c.Fields, plan.FieldChange{Field: "custom.size", Kind: directory.KindNumber, Before: "1", After: "2", From: "customSize"},
		plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, Before: "a@acme.test", After: "b@acme.test", BeforeID: "p_a", AfterID: "p_b", From: "expr"})
	c.Link.Due = &directory.Due{At: w.clock, Action: "deactivate", Reason: "terminated", Date: "2026-03-02"}
	c.Link.Since = map[directory.SignalKind]time.Time{directory.SignalStatus: w.clock}
	h := held(2, "", plan.AmbiguousMatch).Held
	h.Field = directory.Manager
	h.Candidates = []plan.Candidate{{PersonID: "p_1", Email: "x@acme.test", Name: "X", Why: "same name"}, {PersonID: "p_2"}}
	h.Trace = plan.Trace{Account: "Active", Scope: "in", ScopeRule: "r", Match: "none", MatchValue: "v", Effective: w.clock, Fix: "do this"}
	h.Frozen = &plan.Frozen{Freeze: "freeze_1", Since: w.clock, Change: plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson,
		Before: "a@acme.test", After: "b@acme.test", BeforeID: "p_a", AfterID: "p_b", From: "supervisorEId"}}
	asOf := w.clock.Add(24 * time.Hour)
	header := plan.Header{Revision: revision, MadeAt: w.clock, AsOf: &asOf, Freezes: []string{"freeze_1"}, WithoutFreezes: true, Verdict: plan.NeedsApproval, Hash: "sha256:00", SeatsBefore: 4, SeatsAfter: 5,
		Evidence: plan.Evidence{SnapshotID: "s", TakenAt: w.clock, Employees: 3, Readable: []string{"id"}, Grade: "complete", Requests: 2},
		Reasons:  []plan.VerdictReason{{Code: "too_many", Kind: plan.KindBlank, Count: 7, Of: 9, Limit: 5, Waiting: plan.WaitingApproval, Sentence: "s"}},
		Counts:   plan.Counts{Create: 1, Held: 2, HeldPeople: 1}, KindCounts: map[plan.Kind]int{plan.KindBlank: 7}}
	info := w.storeAs("Ann", "run_0", header, plan.Item{Change: c}, plan.Item{Held: h})
	got, err := w.Plan(t.Context(), w.conn.ID, info.ID)
	w.ok(err)
	w.same(info, got)
	w.same(header, got.Header)
	items := w.items(info.ID)
	w.same(c, items[0].Change)
	w.same(h, items[1].Held)
}

func testPlanLatest(t *testing.T, w *world) {
	_, err := w.Plan(t.Context(), w.conn.ID, "")
	w.notFound("Plan before the first", err)
	full := w.store()
	latest := func() string {
		p, err := w.Plan(t.Context(), w.conn.ID, "")
		w.ok(err)
		return p.ID
	}
	newestFull := func() int64 {
		seq, err := w.LatestFullPlan(t.Context(), w.conn.ID)
		w.ok(err)
		return seq
	}
	if latest() != full.ID || newestFull() != full.Seq {
		t.Errorf("latest = %s, newest full = %d; want %s, %d", latest(), newestFull(), full.ID, full.Seq)
	}
	day := w.clock.Add(24 * time.Hour)
	w.storeAs("", "", plan.Header{AsOf: &day})
	w.storeAs("", "", plan.Header{WithoutFreezes: true})
	if latest() != full.ID || newestFull() != full.Seq {
		t.Error("a plan that is only to look at counts as the latest")
	}
	one := w.storeAs("Ann", "", plan.Header{})
	if latest() != one.ID || newestFull() != full.Seq || one.Seq <= full.Seq {
		t.Error("a plan of one person must be the latest, but not the latest full one")
	}
	_, err = w.Plan(t.Context(), "c_none", full.ID)
	w.notFound("Plan of another connection", err)
	if _, err := w.Plan(t.Context(), "", full.ID); err != nil {
		t.Errorf("Plan without a connection: %v", err)
	}
	_, err = w.LatestFullPlan(t.Context(), "c_none")
	w.notFound("LatestFullPlan", err)
}

func testPlanUnfinished(t *testing.T, w *world) {
	w.begin(syncrun.TriggerManual)
	pw, err := w.NewPlan(t.Context(), w.lease, "plan_u", "", "", w.now())
	w.ok(err)
	for i := range 3000 {
		w.ok(pw.Add(t.Context(), held(int64(i+1), "", plan.NoEmail)))
	}
	_, err = w.Plan(t.Context(), w.conn.ID, "plan_u")
	w.notFound("Plan before Finish", err)
	w.notFound("Items before Finish", firstError(w.Items(t.Context(), "plan_u", 0, true)))
	w.ok(pw.Abort(t.Context()))
	_, err = w.Plan(t.Context(), w.conn.ID, "")
	w.notFound("Plan after Abort", err)
	_, err = w.NewPlan(t.Context(), syncrun.Lease{Connection: "c_none"}, "plan_v", "", "", w.now())
	w.notFound("NewPlan", err)

	info := w.store(held(1, "", plan.NoEmail))
	pw, err = w.NewPlan(t.Context(), w.lease, info.ID, "", "", w.now())
	w.ok(err)
	if _, err := pw.Finish(t.Context(), plan.Header{}, hr.Baseline{}); err == nil {
		t.Error("a second plan took the id of the first")
	}
	if n := len(w.items(info.ID)); n != 1 {
		t.Errorf("the first plan has %d rows now", n)
	}
}

func testStaleRecords(t *testing.T, w *world) {
	w.apply(w.group(directory.KindDepartment, "Old"), w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	info := w.store(w.group(directory.KindDepartment, "Sales"), w.update(1, set(directory.Phone, "1")), w.update(2, set(directory.Phone, "2")),
		w.create(3, "cy@acme.test", "Cy", "Ng"), held(9, "", plan.NoEmail))
	all := []int64{4, 3, 2, 1, 5}
	stale := func(seqs []int64, limit int) []directory.Key {
		got, err := w.StaleRecords(t.Context(), info.ID, seqs, limit)
		w.ok(err)
		return got
	}
	if got := stale(all, 10); len(got) > 0 {
		t.Fatalf("a fresh plan is stale: %v", got)
	}
	r := w.begin(syncrun.TriggerManual) // the plan's own writes do not count
	_, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, []int64{2}, w.now())
	w.ok(err)
	w.end(r, syncrun.OutcomePartial)
	w.save(manual("p_1", "other@acme.test")) // nor do edits of others
	if got := stale(all, 10); len(got) > 0 {
		t.Fatalf("stale after its own writes: %v", got)
	}
	w.save(w.person(w.personID(2)))
	p := manual(w.personID(3), "three@acme.test")
	p.Values.Set(directory.Department, directory.KindText, "sales")
	w.save(p)
	w.same([]directory.Key{"department:sales", directory.PersonKey(w.personID(2)), directory.PersonKey(w.personID(3))}, stale(all, 10))
	w.same([]directory.Key{directory.PersonKey(w.personID(2))}, stale([]int64{3, 2}, 10))
	w.same([]directory.Key{"department:sales"}, stale(all, 1))
	_, err = w.StaleRecords(t.Context(), "plan_none", all, 1)
	w.notFound("StaleRecords", err)
}
