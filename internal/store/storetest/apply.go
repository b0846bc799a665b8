package storetest

import (
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func testApplyCreate(t *testing.T, w *world) {
	items := []plan.Item{
		w.create(2, "Ann@Acme.test", "Ann", "Lee", set(directory.Department, "Sales"),
			plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, After: "bo@acme.test", AfterID: "p_later"},
			plan.FieldChange{Field: "budgets.learning", Kind: directory.KindMoney, After: "5.00 EUR"},
			plan.FieldChange{Field: "status", Kind: directory.KindText, After: "provisioned"}),
		w.group(directory.KindDepartment, "Sales"),
	}
	info := w.store(items...)
	r := w.begin(syncrun.TriggerManual)
	got, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, w.seqs(info.ID), w.now())
	w.ok(err)
	if got.RowsWritten != 4 { // the department, Ann, her link, the journal
		t.Errorf("ApplyBatch = %d rows, want 4", got.RowsWritten)
	}
	if (got.Counts != plan.Counts{Create: 1, CreateDepartment: 1}) || !maps.Equal(got.KindCounts, map[plan.Kind]int{plan.KindNewDepartments: 1}) {
		t.Errorf("ApplyBatch counted %+v, %v", got.Counts, got.KindCounts)
	}
	want := directory.Person{ID: w.personID(2), Version: 1, Status: directory.Provisioned, Role: directory.RoleMember,
		Link: &directory.Link{Connection: w.conn.ID, SourceID: "2"}, CreatedAt: w.clock, UpdatedAt: w.clock}
	for f, text := range map[directory.Field]string{directory.Email: "Ann@Acme.test", directory.FirstName: "Ann", directory.LastName: "Lee",
		directory.Department: "Sales", directory.Manager: "p_later", "budgets.learning": "5.00 EUR"} {
		want.Values.Set(f, directory.KindText, text)
	}
	want.Values.Set("budgets.learning", directory.KindMoney, "5.00 EUR")
	w.same(want, w.person(w.personID(2)))
	w.same(*w.linked(2, want.ID), w.link(2))
	groups, err := w.Groups(t.Context())
	w.ok(err)
	w.same([]directory.Group{{ID: directory.GroupID(orgID, directory.KindDepartment, "Sales"), Kind: directory.KindDepartment, Name: "Sales", Version: 1}}, groups)
	for _, it := range w.items(info.ID) {
		if it.RunID != r.ID {
			t.Errorf("row %d was applied by %q, want %s", it.Seq, it.RunID, r.ID)
		}
	}
	stored, err := w.Plan(t.Context(), w.conn.ID, info.ID)
	w.ok(err)
	if stored.AppliedBy != r.ID {
		t.Errorf("AppliedBy = %q", stored.AppliedBy)
	}
}

func testApplyUpdate(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee", set(directory.Phone, "1"), set(directory.JobTitle, "Engineer")))
	p := w.person(w.personID(1))
	p.Edited = []directory.Field{directory.JobTitle, directory.Phone}
	p.Values.Set(directory.JobTitle, directory.KindText, "Boss")
	w.save(p)
	w.apply(w.update(1, change(directory.JobTitle, "Boss", "Lead"), change(directory.LastName, "Lee", ""), change(directory.Email, "ann@acme.test", "Ann@acme.test")))
	got := w.person(p.ID)
	if got.Version != 3 || got.Values.Get(directory.JobTitle) != "Lead" || got.Values.Get(directory.LastName) != "" ||
		got.Values.Get(directory.Phone) != "1" || got.Values.Get(directory.Email) != "Ann@acme.test" {
		t.Errorf("after the update: %+v", got)
	}
	w.same([]directory.Field{directory.Phone}, got.Edited)
	if !got.CreatedAt.Equal(p.CreatedAt) || !got.UpdatedAt.After(p.UpdatedAt) {
		t.Errorf("created %v, updated %v", got.CreatedAt, got.UpdatedAt)
	}
	if !w.link(1).Clean {
		t.Error("the change's link state was not stored")
	}
	it := w.update(1, set(directory.Gender, "f")) // an undo carries no link state
	it.Change.Link = nil
	w.apply(it)
	if ls := w.link(1); ls.Clean || ls.PersonID != p.ID {
		t.Errorf("a change without link state must make the next run look again; it is %+v", ls)
	}
}

func testApplyStatus(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"))
	w.apply(w.status(1, plan.Update, directory.Active))
	w.apply(w.status(1, plan.Deactivate, directory.Deactivated))
	got := w.person(w.personID(1))
	if got.Status != directory.Deactivated || got.PreviousStatus != directory.Active || got.ManualLock {
		t.Errorf("deactivated by a run: %+v", got)
	}
	got.ManualLock = true
	w.save(got)
	w.apply(w.status(1, plan.Reactivate, directory.Active))
	got = w.person(got.ID)
	if got.Status != directory.Active || got.PreviousStatus != "" || got.ManualLock {
		t.Errorf("reactivated by a run: %+v", got)
	}
}

func testApplySwap(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	w.apply(w.update(1, change(directory.Email, "ann@acme.test", "bo@acme.test")), w.update(2, change(directory.Email, "bo@acme.test", "ann@acme.test")))
	w.hasAddress("bo@acme.test", 1)
	w.hasAddress("ann@acme.test", 2)
}

func testApplyRing(t *testing.T, w *world) {
	w.apply(w.create(1, "a@acme.test", "A", "A"), w.create(2, "b@acme.test", "B", "B"), w.create(3, "c@acme.test", "C", "C"))
	w.apply(w.update(1, change(directory.Email, "a@acme.test", "b@acme.test")), w.update(2, change(directory.Email, "b@acme.test", "c@acme.test")),
		w.update(3, change(directory.Email, "c@acme.test", "a@acme.test")))
	w.hasAddress("b@acme.test", 1)
	w.hasAddress("c@acme.test", 2)
	w.hasAddress("a@acme.test", 3)
}

func testApplyVacated(t *testing.T, w *world) {
	w.apply(w.create(5, "ann@acme.test", "Ann", "Lee"))
	// The new Ann comes first in plan order and takes the address that the old one gives up.
	w.apply(w.create(1, "ann@acme.test", "Ann", "Ng"), w.update(5, change(directory.Email, "ann@acme.test", "ann.lee@acme.test")))
	w.hasAddress("ann@acme.test", 1)
	w.hasAddress("ann.lee@acme.test", 5)
}

// hasAddress checks whose an address is, both in the record and in the look-up.
func (w *world) hasAddress(email string, source int64) {
	w.t.Helper()
	got, err := w.FindPeople(w.ctx(), "email", email, 2)
	w.ok(err)
	if len(got) != 1 || got[0].ID != w.personID(source) || got[0].Values.Get(directory.Email) != email {
		w.t.Errorf("%s belongs to %+v, want employee %d", email, got, source)
	}
}

func isStale(t *testing.T, err error, id string) {
	t.Helper()
	if s, ok := errors.AsType[*syncrun.StaleRecordError](err); !ok || s.Key != directory.PersonKey(id) {
		t.Errorf("refused with %v, want %s to be stale", err, id)
	}
}

func testApplyTaken(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	err := w.refuse(w.create(9, "first@acme.test", "Fi", "Rst"), w.update(2, change(directory.Email, "bo@acme.test", "ANN@acme.test")))
	isStale(t, err, w.personID(2))
	err = w.refuse(w.create(3, "bo@acme.test", "Bo", "Other"))
	isStale(t, err, w.personID(3))
	err = w.refuse(w.create(1, "new@acme.test", "Ann", "Lee"))
	isStale(t, err, w.personID(1))
	w.apply(w.group(directory.KindTeam, "Red"))
	if _, ok := errors.AsType[*syncrun.StaleRecordError](w.refuse(w.group(directory.KindTeam, " RED"))); !ok {
		t.Error("the same team was created twice")
	}
}

func testApplyStale(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	one, two := w.update(1, set(directory.Phone, "1")), w.update(2, set(directory.Phone, "2"))
	w.save(w.person(w.personID(2)))
	isStale(t, w.refuse(one, two), w.personID(2))
	w.apply(one) // the other record's edit does not matter to it
	gone := w.update(1, set(directory.Phone, "3"))
	gone.Change.PersonID = "p_gone"
	isStale(t, w.refuse(gone), "p_gone")
}

// testApplyForbidden: what a human forbade a moment before the batch is not written.
func testApplyForbidden(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	forbidden := func(items ...plan.Item) {
		t.Helper()
		if err := w.refuse(items...); !as[*syncrun.ForbiddenError](err) {
			t.Errorf("refused with %v, want a human to have forbidden it", err)
		}
	}
	w.ok(w.AddHold(t.Context(), directory.Hold{ID: "hold_1", PersonID: w.personID(1), Field: directory.Phone, Reason: "r", CreatedAt: w.now()}))
	forbidden(w.update(2, set(directory.Phone, "2")), w.update(1, set(directory.Phone, "1")))
	w.apply(w.update(1, set(directory.Gender, "f")))
	w.ok(w.Decide(t.Context(), w.conn.ID, directory.Decision{SourceID: 3, Kind: directory.DecideIgnore}, "cli:root", w.now()))
	forbidden(w.create(3, "cy@acme.test", "Cy", "Ng"))
	w.apply(w.create(4, "di@acme.test", "Di", "Ng"))
	w.ok(w.AddFreeze(t.Context(), directory.Freeze{ID: "freeze_1", Connection: w.conn.ID, What: []string{string(directory.Gender)}, Reason: "r", CreatedAt: w.now()}))
	forbidden(w.update(2, set(directory.Gender, "m")))
	w.apply(w.update(2, set(directory.Phone, "2")))
}

func as[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

func testApplyIdempotent(t *testing.T, w *world) {
	info := w.store(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"), w.create(3, "cy@acme.test", "Cy", "Ng"))
	r := w.begin(syncrun.TriggerManual)
	first, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, []int64{1, 2}, w.now())
	w.ok(err)
	w.end(r, syncrun.OutcomePartial)

	before := w.people()
	r2 := w.begin(syncrun.TriggerManual)
	again, err := w.ApplyBatch(t.Context(), w.lease, r2, info.ID, []int64{1, 2}, w.now())
	w.ok(err)
	if first.RowsWritten == 0 || again.RowsWritten != 0 || again.Counts.Changes() != 0 {
		t.Errorf("rows written: first %d, again %d with %d changes", first.RowsWritten, again.RowsWritten, again.Counts.Changes())
	}
	w.same(before, w.people())
	// A batch cut another way writes the rest, and a row given twice once.
	_, err = w.ApplyBatch(t.Context(), w.lease, r2, info.ID, []int64{3, 2, 3}, w.now())
	w.ok(err)
	if p := w.person(w.personID(3)); p.Version != 1 {
		t.Errorf("Cy has version %d", p.Version)
	}
	got := w.items(info.ID)
	if got[0].RunID != r.ID || got[1].RunID != r.ID || got[2].RunID != r2.ID {
		t.Errorf("applied by %s, %s, %s", got[0].RunID, got[1].RunID, got[2].RunID)
	}
	w.end(r2, syncrun.OutcomeApplied)
}

func testApplyFence(t *testing.T, w *world) {
	info := w.store(w.create(1, "ann@acme.test", "Ann", "Lee"), plan.Item{Refresh: w.linked(9, "p_9")})
	late, err := w.Acquire(t.Context(), w.conn.ID, "run_late", 0)
	w.ok(err)
	_, err = w.ApplyBatch(t.Context(), late, syncrun.Run{ID: "run_late"}, info.ID, w.seqs(info.ID), w.now())
	if !errors.Is(err, syncrun.ErrLeaseExpired) {
		t.Errorf("a batch after the lease's time: %v", err)
	}
	r := w.begin(syncrun.TriggerManual)
	_, err = w.ApplyBatch(t.Context(), late, syncrun.Run{ID: "run_late"}, info.ID, w.seqs(info.ID), w.now())
	if !errors.Is(err, syncrun.ErrLeaseLost) {
		t.Errorf("a late worker's batch: %v", err)
	}
	if _, err := w.ApplyRefreshes(t.Context(), late, info.ID); !errors.Is(err, syncrun.ErrLeaseLost) {
		t.Errorf("a late worker's refreshes: %v", err)
	}
	if n := len(w.people()) + len(collectPointers(t, w.LinkStates(t.Context(), w.conn.ID, true))); n != 0 {
		t.Errorf("a late worker wrote %d rows", n)
	}
	w.end(r, syncrun.OutcomeNoOp)
	if _, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, w.seqs(info.ID), w.now()); !errors.Is(err, syncrun.ErrLeaseLost) {
		t.Errorf("a batch after Release: %v", err)
	}
	r = w.begin(syncrun.TriggerManual)
	_, err = w.ApplyBatch(t.Context(), w.lease, r, "plan_none", nil, w.now())
	w.notFound("ApplyBatch", err)
	if _, err := w.ApplyBatch(t.Context(), w.lease, r, info.ID, []int64{1, 3}, w.now()); err == nil || len(w.people()) > 0 {
		t.Errorf("a batch with a row that the plan has not: %v, %d people", err, len(w.people()))
	}
	_, err = w.ApplyRefreshes(t.Context(), w.lease, "plan_none")
	w.notFound("ApplyRefreshes", err)
	other, err := w.EnsureConnection(t.Context(), "Other HR")
	w.ok(err)
	wrong, err := w.Acquire(t.Context(), other.ID, "run_other", time.Minute)
	w.ok(err)
	if _, err := w.ApplyBatch(t.Context(), wrong, r, info.ID, w.seqs(info.ID), w.now()); err == nil {
		t.Error("the lease of one connection applied a plan of another")
	}
}

func testApplyLastOwner(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"))
	for _, id := range []int64{1, 2} {
		p := w.person(w.personID(id))
		p.Role, p.Status = directory.RoleOwner, directory.Active
		w.save(p)
	}
	isStale(t, w.refuse(w.status(1, plan.Deactivate, directory.Deactivated), w.status(2, plan.Deactivate, directory.Deactivated)), w.personID(2))
	w.apply(w.status(1, plan.Deactivate, directory.Deactivated))
	p := w.person(w.personID(2))
	p.Role = directory.RoleMember
	if _, err := w.SavePerson(t.Context(), p, plan.Change{}, "p_editor", w.now()); err == nil {
		t.Error("a human took the last owner away")
	}
}

// A plan and a human, two humans, or two plans close a loop together although none of them meant to.
func testApplyLines(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"), w.create(3, "cy@acme.test", "Cy", "Park"),
		w.create(4, "dee@acme.test", "Dee", "Moe"))
	line := func(from, to int64) plan.Item {
		return w.update(from, plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, AfterID: w.personID(to)})
	}
	w.apply(line(1, 2), line(2, 3))
	isStale(t, w.refuse(line(4, 1), line(3, 1)), w.personID(3))
	if p := w.person(w.personID(4)); p.Values.Get(directory.Manager) != "" {
		t.Error("a part of the refused batch was written")
	}
	p := w.person(w.personID(3))
	byHand := line(3, 1)
	p.Values.Set(directory.Manager, "", w.personID(1))
	_, err := w.SavePerson(t.Context(), p, *byHand.Change, "p_editor", w.now())
	isStale(t, err, w.personID(3))
	w.apply(line(1, 4), line(3, 1)) // all lines that a batch leaves count, not those it passes through
	w.apply(line(3, 2), line(2, 1))
}

func testApplyRelink(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"))
	it := w.update(1)
	c := it.Change
	c.Action, c.Reason, c.SourceID, c.Link = plan.LinkPerson, plan.Linked, 8, w.linked(8, c.PersonID)
	w.apply(it)
	p, err := w.PersonBySource(t.Context(), w.conn.ID, "8")
	w.ok(err)
	w.same(&directory.Link{Connection: w.conn.ID, SourceID: "8"}, p.Link)
	_, err = w.PersonBySource(t.Context(), w.conn.ID, "1")
	w.notFound("the employee who was linked before", err)
	h, err := w.History(t.Context(), c.PersonID, "", 0)
	w.ok(err)
	if list := h.Entries; len(list) != 2 || list[0].Item.Change.SourceID != 1 || list[1].Item.Change.SourceID != 8 {
		t.Errorf("history across links: %+v", h)
	}
}

func testApplyHolds(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"))
	it := w.update(1, set(directory.Phone, "1"))
	it.Change.Holds = []directory.Hold{{Field: directory.Phone, UntilHR: "1", Reason: "undo of run_1"}}
	w.apply(it)
	got, err := w.Holds(t.Context())
	w.ok(err)
	if len(got) != 1 || got[0].ID == "" || got[0].PersonID != w.personID(1) || got[0].UntilHR != "1" || got[0].CreatedBy != "cli:test" || got[0].CreatedAt.IsZero() {
		t.Errorf("holds = %+v", got)
	}
}

func testApplyRefresh(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz"), w.create(3, "cy@acme.test", "Cy", "Ng"))
	var items []plan.Item
	for _, id := range []int64{1, 2, 3} {
		ls := w.linked(id, w.personID(id))
		ls.Fingerprint = [16]byte{99}
		items = append(items, plan.Item{Refresh: ls})
	}
	left := directory.LinkState{SourceID: 7, Outcome: directory.OutcomeLeft, Revision: revision, Clean: true}
	info := w.store(append(items, plan.Item{Left: &plan.Left{SourceID: 7, Name: "Gone", Link: left}})...)
	w.save(w.person(w.personID(2))) // after the plan was made
	w.ok(w.Decide(t.Context(), w.conn.ID, directory.Decision{SourceID: 3, Kind: directory.DecideIgnore}, "cli:root", w.now()))
	r := w.begin(syncrun.TriggerManual)
	rows, err := w.ApplyRefreshes(t.Context(), w.lease, info.ID)
	w.ok(err)
	if rows != 2 {
		t.Errorf("ApplyRefreshes = %d rows, want 2", rows)
	}
	if ls := w.link(1); !ls.Clean || ls.Fingerprint[0] != 99 {
		t.Errorf("employee 1 was not refreshed: %+v", ls)
	}
	for _, id := range []int64{2, 3} {
		if ls := w.link(id); ls.Clean || ls.Fingerprint[0] == 99 {
			t.Errorf("employee %d was touched after the plan, and refreshed all the same: %+v", id, ls)
		}
	}
	w.same(left, w.link(7))
	w.end(r, syncrun.OutcomeNoOp)
}
