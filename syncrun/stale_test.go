package syncrun_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// of is the person of an employee.
func (o *office) of(e *syncrun.Engine, id int) directory.Person {
	o.t.Helper()
	conn, err := e.Store.EnsureConnection(context.Background(), e.Policy.Name)
	if err != nil {
		o.t.Fatal(err)
	}
	p, err := e.Store.PersonBySource(context.Background(), conn.ID, fmt.Sprint(id))
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// preview plans for everybody, or for some employees alone.
func (o *office) preview(e *syncrun.Engine, only ...int64) syncrun.PlanInfo {
	o.t.Helper()
	opt := syncrun.PreviewOptions{Trigger: syncrun.TriggerManual, Only: only}
	if len(only) > 0 {
		opt.Trigger, opt.Person = syncrun.TriggerPerson, fmt.Sprint(only)
	}
	p, _, err := e.Preview(context.Background(), opt)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// stale wants a plan to be refused for a reason, and nothing to be written.
func (o *office) stale(e *syncrun.Engine, info syncrun.PlanInfo, why string) {
	o.t.Helper()
	before := people(o.t, e)
	_, err := e.Apply(context.Background(), info.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual})
	if _, ok := errors.AsType[*syncrun.StaleError](err); !ok || !strings.Contains(err.Error(), why) {
		o.t.Errorf("applied with %v, want a stale plan: %s", err, why)
	}
	if people(o.t, e) != before {
		o.t.Error("people were changed")
	}
}

func (o *office) applies(e *syncrun.Engine, info syncrun.PlanInfo) syncrun.Run {
	o.t.Helper()
	r, err := e.Apply(context.Background(), info.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual})
	if err != nil {
		o.t.Fatal(err)
	}
	return r.Run
}

// TestForbiddenSince: a hold or a decision keeps the changes off that were planned before it, such as those that waited
// for an approval.
func TestForbiddenSince(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	o.sync(e)
	hold := func(id string, f directory.Field) {
		t.Helper()
		if err := e.Store.AddHold(ctx, directory.Hold{ID: id, PersonID: o.of(e, 7).ID, Field: f, Reason: "wait", CreatedAt: o.clock}); err != nil {
			t.Fatal(err)
		}
	}
	hold("h1", directory.JobTitle)
	o.put(7, map[string]any{"status": "Inactive"})
	info := o.preview(e)
	hold("h2", "status")
	o.stale(e, info, "hold h2 was put on ")
	if err := e.Store.RemoveHold(ctx, "h2", "test", o.clock); err != nil {
		t.Fatal(err)
	}
	hold("h3", "")
	o.stale(e, info, "hold h3 was put on ")
	if r := o.applies(e, o.preview(e)); r.Counts.Changes() != 0 {
		t.Errorf("under the hold: %+v", r.Counts)
	}

	o.put(1001, map[string]any{"firstName": "Una", "lastName": "New", "workEmail": "una@acme.test", "hireDate": "2026-01-05"})
	info = o.preview(e)
	for _, d := range []directory.Decision{{SourceID: 1001, Kind: directory.DecideIgnore}, {SourceID: 1001, Kind: directory.DecideLink, PersonID: "p_1"}} {
		if err := e.Store.Decide(ctx, info.Connection, d, "test", o.clock); err != nil {
			t.Fatal(err)
		}
		o.stale(e, info, "an administrator decided about Una New")
	}
	if err := e.Store.Decide(ctx, info.Connection, directory.Decision{SourceID: 1001, Kind: directory.DecideNew}, "test", o.clock); err != nil {
		t.Fatal(err)
	}
	if r := o.applies(e, info); r.Counts.Create != 1 {
		t.Errorf("decided to be what was planned: %+v", r.Counts)
	}
}

// TestUndoAfterAReturn: who came back as another employee (security §3 #30) stays that employee when a run from
// before is undone, and keeps the access that goes with it.
func TestUndoAfterAReturn(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	o.sync(e)
	o.job(7, map[string]any{"jobTitle": "Baker"})
	titled := o.sync(e)
	ann := o.of(e, 7)
	o.put(7, map[string]any{"status": "Inactive", "workEmail": ""})
	o.sync(e)
	o.put(1001, map[string]any{"firstName": "Ann", "lastName": "Again", "hireDate": "2026-01-05", "workEmail": "ann@acme.test"})
	if err := e.Store.Decide(ctx, ann.Link.Connection, directory.Decision{SourceID: 1001, Kind: directory.DecideLink, PersonID: ann.ID}, "test", o.clock); err != nil {
		t.Fatal(err)
	}
	o.put(1001, map[string]any{"workPhone": "1"})
	o.sync(e)
	u, err := e.PlanUndo(ctx, titled.Run.ID, syncrun.UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o.applies(e, u.Plan)
	for range 2 {
		if p := o.of(e, 1001); p.ID != ann.ID || p.Status != directory.Active {
			t.Fatalf("%+v", p)
		}
		o.sync(e)
	}
}

// TestUndoKeepsTheLastDay: an undo of something else does not take back that somebody leaves tomorrow.
func TestUndoKeepsTheLastDay(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	o.sync(e)
	o.job(7, map[string]any{"jobTitle": "Baker"})
	titled := o.sync(e)
	o.control("POST", "/employees/7/terminate", map[string]any{"date": "2026-11-22"})
	o.sync(e)
	u, err := e.PlanUndo(ctx, titled.Run.ID, syncrun.UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	o.applies(e, u.Plan)
	o.wait(36 * time.Hour)
	if r, err := e.ApplyDue(ctx, syncrun.TriggerSchedule); err != nil || r.Run.Counts.Deactivate != 1 {
		t.Errorf("the day after: %+v, %v", r.Run.Counts, err)
	}
}

// TestPersonPlanIsStale: a plan for one person is stale, like any other, once the whole company was read and planned
// again: what it was made from may be over although the person is as before.
func TestPersonPlanIsStale(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	o.sync(e)
	o.put(7, map[string]any{"status": "Inactive"})
	info := o.preview(e, 7)
	o.put(7, map[string]any{"status": "Active"})
	o.wait(time.Hour)
	o.preview(e, 8)
	o.sync(e)
	o.stale(e, info, "was read and planned again since")
	o.put(7, map[string]any{"status": "Inactive"})
	info = o.preview(e, 7)
	o.preview(e, 8) // of somebody else
	if r := o.applies(e, info); r.Counts.Deactivate != 1 {
		t.Errorf("%+v", r.Counts)
	}
}

// TestDoubtStartsNoGrace: who is absent from a reading that nobody trusts yet does not leave when the grace that the
// settings give to absence is over, which needs no reading and no release.
func TestDoubtStartsNoGrace(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine("lifecycle: { initial: active, missing: deactivate_linked, leaving: { missing: { grace_days: 2 } } }\n" +
		"guard: { deactivate: { people: 100 }, id_churn_percent: 100 }\n")
	o.sync(e)
	for id := 7; id < 17; id++ {
		o.control("DELETE", fmt.Sprintf("/employees/%d", id), nil)
	}
	later := func(want int) {
		t.Helper()
		o.wait(72 * time.Hour)
		if r, err := e.ApplyDue(context.Background(), syncrun.TriggerSchedule); err != nil || r.Run.Counts.Deactivate != want {
			t.Errorf("three days later: %+v, %v", r.Run.Counts, err)
		}
	}
	if r := o.sync(e); !r.Doubt || r.Run.Counts.Held < 10 {
		t.Fatalf("%+v", r.Run)
	}
	later(0)
	accept := map[plan.Kind]int{plan.KindBaseline: 30}
	if _, err := e.Apply(context.Background(), o.preview(e).ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Release: accept}); err != nil {
		t.Fatal(err)
	}
	o.sync(e)
	later(10)
}

// TestApprovalForgetsNothing: what waited in a plan can be approved hours later, and takes nothing back that a look has
// learned meanwhile, such as that somebody stays longer.
func TestApprovalForgetsNothing(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(looking + "mapping: { deactivation_date: { from: terminationDate, authority: on_create } }\n")
	o.sync(e)
	strict := *e.Policy
	strict.Guard.NewDepartments = 0
	e.Policy = &strict
	o.sync(e)
	o.wait(time.Hour)
	o.control("POST", "/employees/7/terminate", map[string]any{"date": "2026-11-23"})
	o.job(8, map[string]any{"department": "Quite New"})
	waits := o.sync(e)
	o.wait(time.Hour)
	o.control("POST", "/employees/7/terminate", map[string]any{"date": "2026-12-23"})
	o.wait(time.Hour)
	if r := o.look(e); r.Nothing || r.Full != "" {
		t.Fatalf("%+v", r)
	}
	r, err := e.Apply(ctx, waits.Plan.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Approve: []plan.Kind{plan.KindNewDepartments}})
	if err != nil || waits.Waiting == 0 || r.Run.Counts.CreateDepartment != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	o.wait(60 * time.Hour)
	if r, err := e.ApplyDue(ctx, syncrun.TriggerSchedule); err != nil || o.of(e, 7).Status != directory.Active {
		t.Errorf("%+v, %v", r.Run.Counts, err)
	}
}

// TestLastDayBesideWhatWaits: a last day counts, and one that HR put off does not, although something else of the same
// person waits for an approval.
func TestLastDayBesideWhatWaits(t *testing.T) {
	for _, day := range []string{"2026-11-23", "2026-12-23"} {
		o := newOffice(t, generated(t, 40))
		e := o.engine(active)
		o.control("POST", "/employees/7/terminate", map[string]any{"date": "2026-12-01"})
		o.sync(e)
		strict := *e.Policy
		strict.Guard.NewDepartments = 0
		e.Policy = &strict
		o.sync(e)
		o.control("POST", "/employees/7/terminate", map[string]any{"date": day})
		o.job(7, map[string]any{"department": "Quite New"})
		if r := o.sync(e); r.Waiting == 0 || r.Run.Counts.Update != 0 {
			t.Fatalf("%+v", r)
		}
		want := directory.Deactivated
		if o.wait(12 * 24 * time.Hour); day > "2026-12-02" {
			want = directory.Active
		}
		if r, err := e.ApplyDue(context.Background(), syncrun.TriggerSchedule); err != nil || o.of(e, 7).Status != want {
			t.Errorf("last day %s: %s, %+v, %v", day, o.of(e, 7).Status, r.Run.Counts, err)
		}
	}
}

// TestMendedSince: who would have left by a plan that waits is not deactivated by its approval once a look saw that they
// stay; and is, once a later look saw that they leave after all.
func TestMendedSince(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine(looking + "guard: { deactivate: { people: 1, percent: 1, refuse_percent: 90 } }\n")
	o.sync(e)
	o.wait(time.Hour)
	for id := 7; id < 10; id++ {
		o.put(id, map[string]any{"status": "Inactive"})
	}
	waits := o.sync(e)
	if waits.Waiting != 3 {
		t.Fatalf("%+v", waits)
	}
	o.wait(time.Hour)
	o.put(8, map[string]any{"status": "Active"})
	if r := o.look(e); r.Full != "" {
		t.Fatalf("%+v", r)
	}
	approve := syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Approve: []plan.Kind{plan.KindDeactivate}}
	_, err := e.Apply(context.Background(), waits.Plan.ID, approve)
	if _, ok := errors.AsType[*syncrun.StaleError](err); !ok || !strings.Contains(err.Error(), "stays") || o.of(e, 7).Status != directory.Active {
		t.Errorf("approved with %v, want a stale plan", err)
	}
	o.wait(time.Hour)
	o.put(8, map[string]any{"status": "Inactive"})
	o.look(e)
	if r, err := e.Apply(context.Background(), waits.Plan.ID, approve); err != nil || r.Run.Counts.Deactivate != 3 {
		t.Errorf("leaving after all: %+v, %v", r.Run.Counts, err)
	}
}

// TestUndoOfAnUndo: who takes an undo back takes its holds back as well, so that HR leads again.
func TestUndoOfAnUndo(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	o.sync(e)
	undo := func(run string) string {
		t.Helper()
		u, err := e.PlanUndo(ctx, run, syncrun.UndoOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return o.applies(e, u.Plan).ID
	}
	title := func() string {
		p := o.of(e, 7)
		return p.Values.Get(directory.JobTitle)
	}
	before := title()
	o.job(7, map[string]any{"jobTitle": "Baker"})
	first := undo(o.sync(e).Run.ID)
	if o.sync(e); title() != before {
		t.Fatalf("taken back, the title is %q", title())
	}
	undo(first)
	if title() != "Baker" {
		t.Fatalf("the undo taken back, it is %q", title())
	}
	o.job(7, map[string]any{"jobTitle": "Brewer"})
	if r := o.sync(e); title() != "Brewer" {
		holds, err := e.Store.Holds(ctx)
		t.Errorf("HR does not lead again: %q, %+v, %+v, %v", title(), r.Run.Counts, holds, err)
	}
}

// TestPartOfAnUndoIsTakenBack: so does who takes back a part of an undo, or takes it back in a process that ends before
// anything but the change was written.
func TestPartOfAnUndoIsTakenBack(t *testing.T) {
	ctx := context.Background()
	for name, apply := range map[string]func(*syncrun.Engine, syncrun.PlanInfo) error{
		"a part": func(e *syncrun.Engine, info syncrun.PlanInfo) error {
			_, err := e.Apply(ctx, info.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Only: []int64{1}})
			return err
		},
		"a crash": func(e *syncrun.Engine, info syncrun.PlanInfo) error {
			good := e.Store
			e.Store = dying{good}
			_, err := e.Apply(ctx, info.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual})
			if e.Store = good; !errors.Is(err, errDied) {
				return fmt.Errorf("the process ended with %w", err)
			}
			return nil
		},
	} {
		o := newOffice(t, generated(t, 40))
		e := o.engine(active)
		o.sync(e)
		o.job(7, map[string]any{"jobTitle": "Baker"})
		o.job(8, map[string]any{"jobTitle": "Baker"})
		run := o.sync(e).Run.ID
		for _, apply := range []func(*syncrun.Engine, syncrun.PlanInfo) error{func(e *syncrun.Engine, info syncrun.PlanInfo) error { o.applies(e, info); return nil }, apply} {
			u, err := e.PlanUndo(ctx, run, syncrun.UndoOptions{})
			if err == nil {
				err = apply(e, u.Plan)
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			runs, err := e.Store.RunList(ctx, u.Plan.Connection, 1)
			if err != nil {
				t.Fatal(err)
			}
			run = runs[0].ID
		}
		o.job(7, map[string]any{"jobTitle": "Brewer"})
		o.job(8, map[string]any{"jobTitle": "Brewer"})
		o.sync(e)
		p, other := o.of(e, 7), o.of(e, 8)
		if p.Values.Get(directory.JobTitle) != "Brewer" || name == "a part" && other.Values.Get(directory.JobTitle) == "Brewer" {
			holds, err := e.Store.Holds(ctx)
			t.Errorf("%s: %q, %q, %+v, %v", name, p.Values.Get(directory.JobTitle), other.Values.Get(directory.JobTitle), holds, err)
		}
	}
}

// TestBackButNotReadable: who was absent and is back is not deactivated for the absence although the record has no
// status, which holds them for a human.
func TestBackButNotReadable(t *testing.T) {
	o := newOffice(t, generated(t, 40))
	e := o.engine("lifecycle: { initial: active, missing: deactivate_linked, leaving: { missing: { grace_days: 2 } } }\n")
	o.sync(e)
	o.control("DELETE", "/employees/7", nil)
	o.sync(e)
	p := o.of(e, 7)
	o.put(7, map[string]any{"status": "", "firstName": p.Values.Get(directory.FirstName), "lastName": p.Values.Get(directory.LastName),
		"workEmail": p.Values.Get(directory.Email)})
	r := o.sync(e)
	o.wait(72 * time.Hour)
	if d, err := e.ApplyDue(context.Background(), syncrun.TriggerSchedule); err != nil || o.of(e, 7).Status != directory.Active {
		t.Errorf("%+v then %+v, %v", r.Run.Counts, d.Run.Counts, err)
	}
}

// TestLeaverBesideWhatWaits: who leaves loses access at once although something else of the record has to wait, which
// waits on; and an undo gives the access back and nothing else.
func TestLeaverBesideWhatWaits(t *testing.T) {
	ctx := context.Background()
	o := newOffice(t, generated(t, 40))
	e := o.engine(active)
	for id := 6; id < 16; id++ {
		o.put(id, map[string]any{"workPhone": "+44 1"})
	}
	o.sync(e)
	for id := 6; id < 16; id++ {
		o.put(id, map[string]any{"workPhone": ""})
	}
	o.put(7, map[string]any{"status": "Inactive"})
	phone := func() string {
		p := o.of(e, 7)
		return fmt.Sprint(p.Status, " ", p.Values.Get(directory.Phone))
	}
	left := o.sync(e)
	if left.Waiting != 9 || left.Run.Counts.Deactivate != 1 || phone() != "deactivated +44 1" {
		t.Fatalf("%s, %+v", phone(), left)
	}
	if r := o.sync(e); r.Waiting != 10 || r.Run.Counts.Changes() != 0 {
		t.Errorf("afterwards: %+v", r)
	}
	u, err := e.PlanUndo(ctx, left.Run.ID, syncrun.UndoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if o.applies(e, u.Plan); phone() != "active +44 1" || len(u.Result.Reverted) != 1 {
		t.Errorf("undone: %s, %+v", phone(), u.Result)
	}
}
