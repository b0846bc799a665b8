package connection_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestOneJobAtATime starts twenty syncs at once: one runs, the others are told which.
func TestOneJobAtATime(t *testing.T) {
	h := newHouse(t, office(30))
	ctx := t.Context()
	d := h.checked("{}")
	entered, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	h.gate.block(func() {
		once.Do(func() { close(entered) })
		<-leave
	})
	var wait sync.WaitGroup
	jobs, busy := make(chan connection.Job, 20), make(chan string, 20)
	for range 20 {
		wait.Go(func() {
			j, err := h.Sync(ctx, actor, d.ID)
			if b, ok := errors.AsType[*syncrun.BusyError](err); ok {
				busy <- b.RunID
				return
			}
			if err != nil {
				t.Error(err)
			}
			jobs <- j
		})
	}
	wait.Wait()
	<-entered
	if len(jobs) != 1 || len(busy) != 19 {
		t.Fatalf("%d jobs, %d busy", len(jobs), len(busy))
	}
	j := <-jobs
	for range 19 {
		if id := <-busy; id != j.ID {
			t.Errorf("busy with %s, not %s", id, j.ID)
		}
	}
	if got := h.get(d.ID); got.Busy == nil || got.Busy.ID != j.ID || got.Busy.Kind != connection.JobSync {
		t.Errorf("busy: %+v", got.Busy)
	}
	busyErr := wantError[*syncrun.BusyError](t, h.Delete(ctx, actor, d.ID))
	if busyErr.RunID != j.ID {
		t.Errorf("delete is told of %s", busyErr.RunID)
	}
	close(leave)
	h.gate.block(nil)
	if got := h.good(j, nil); got.Run.ID != j.ID || len(h.people()) != 29 {
		t.Errorf("synced: %+v", got.Run)
	}
}

// TestBusyElsewhere: the lease of another process shows at once, with its run.
func TestBusyElsewhere(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	before := h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	lease, err := h.store.Acquire(ctx, d.ID, "run_elsewhere", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Sync(ctx, actor, d.ID)
	if b := wantError[*syncrun.BusyError](t, err); b.RunID != "run_elsewhere" {
		t.Errorf("busy with %s", b.RunID)
	}
	if j := h.Job(ctx, d.ID); j == nil || j.ID != before.ID {
		t.Errorf("the last job is %+v", j)
	}
	if err := h.store.Release(ctx, lease); err != nil {
		t.Fatal(err)
	}
	h.good(h.Sync(ctx, actor, d.ID))
}

// TestTheRequestMayEnd: work goes on when the browser leaves.
func TestTheRequestMayEnd(t *testing.T) {
	h := newHouse(t, office(10))
	d := h.checked("{}")
	ctx, cancel := context.WithCancel(t.Context())
	j, err := h.Sync(ctx, actor, d.ID)
	cancel()
	if got := h.good(j, err); got.Run.Counts.Create != 9 {
		t.Errorf("synced: %+v", got.Run)
	}
}

// late is a store whose runs stand still before their first batch, for longer than their lease.
type late struct{ syncrun.Store }

func (s late) ApplyBatch(ctx context.Context, l syncrun.Lease, r syncrun.Run, planID string, seqs []int64, now time.Time) (syncrun.Run, error) {
	if err := s.Renew(ctx, l, 0); err != nil {
		return syncrun.Run{}, err
	}
	return s.Store.ApplyBatch(ctx, l, r, planID, seqs, now)
}

// told notes of which runs it is told.
type told struct{ runs []string }

func (o *told) RunFinished(_ context.Context, r syncrun.Run, _ *syncrun.PlanInfo, _ connection.Detail) error {
	o.runs = append(o.runs, string(r.Outcome))
	return nil
}
func (*told) AskedFor(context.Context, string, bool) error            { return nil }
func (*told) ConnectionSeen(context.Context, connection.Detail) error { return nil }
func (*told) SettingsSaved(context.Context, connection.Detail) error  { return nil }

// TestLate: of a run that stood still for longer than its lease nothing is kept, and nobody is told by it; the next
// run does what it did not (security §3 #42).
func TestLate(t *testing.T) {
	h := newHouse(t, office(10))
	d := h.checked("{}")
	o, observer := h.options(late{h.store}), &told{}
	o.Observer = observer
	s := connection.New(o)
	j, err := s.Sync(t.Context(), actor, d.ID)
	if err == nil {
		j, err = s.Wait(t.Context(), j.ID)
	}
	if err != nil || !errors.Is(j.Err, syncrun.ErrLeaseExpired) || j.Run == nil || j.Run.Outcome != syncrun.OutcomeInterrupted {
		t.Errorf("the late run: %v, %v, %+v", err, j.Err, j.Run)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if len(observer.runs) != 0 || len(h.people()) != 0 {
		t.Errorf("%d people, told of %q", len(h.people()), observer.runs)
	}
	if got := h.good(h.Sync(t.Context(), actor, d.ID)); got.Run.Counts.Create != 9 {
		t.Errorf("the next run: %+v", got.Run)
	}
}

// TestWhile: work whose right to begin ended meanwhile begins nothing, and leaves the connection free.
func TestWhile(t *testing.T) {
	h := newHouse(t, office(10))
	d := h.checked("{}")
	gone := errors.New("gone")
	ctx := connection.While(t.Context(), func(context.Context) error { return gone })
	if j := h.done(h.Sync(ctx, actor, d.ID)); !errors.Is(j.Err, gone) || j.Run != nil {
		t.Errorf("it began: %v, %+v", j.Err, j.Run)
	}
	ctx = connection.While(t.Context(), func(context.Context) error { return nil })
	h.good(h.Sync(ctx, actor, d.ID))
	runs, err := h.store.RunList(t.Context(), d.ID, 10)
	if err != nil || len(runs) != 1 {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// halting is a store that stops after the first batch of an apply until its run is ended.
type halting struct {
	syncrun.Store
	reached chan struct{}
}

func (s *halting) ApplyBatch(ctx context.Context, l syncrun.Lease, r syncrun.Run, planID string, seqs []int64, now time.Time) (syncrun.Run, error) {
	applied, err := s.Store.ApplyBatch(ctx, l, r, planID, seqs, now)
	close(s.reached)
	<-ctx.Done()
	return applied, err
}

// TestStopBetweenBatches closes the service, and in another run cancels, in the middle of an apply; the rest
// of the plan can still be applied.
func TestStopBetweenBatches(t *testing.T) {
	for name, stop := range map[string]func(*testing.T, *connection.Service, string){
		"close": func(t *testing.T, s *connection.Service, _ string) {
			if err := s.Close(t.Context()); err != nil {
				t.Error(err)
			}
		},
		"cancel": func(t *testing.T, s *connection.Service, id string) {
			if err := s.Cancel(t.Context(), id); err != nil {
				t.Error(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, office(1500))
			ctx := t.Context()
			d := h.checked("{}")
			p := h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
			halt := &halting{h.store, make(chan struct{})}
			s := connection.New(h.options(halt))
			j, err := s.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: p.PlanID})
			if err != nil {
				t.Fatal(err)
			}
			<-halt.reached
			if got := s.Job(ctx, d.ID); got.Done || got.Kind != connection.JobApply {
				t.Errorf("under way: %+v", got)
			}
			stop(t, s, d.ID)
			got, err := s.Wait(ctx, j.ID)
			if err != nil || !got.Done || got.Run.Outcome != syncrun.OutcomePartial || !errors.Is(got.Err, context.Canceled) {
				t.Fatalf("stopped: %+v, %v, %v", got.Run, got.Err, err)
			}
			if n := len(h.people()); n == 0 || n == 1499 {
				t.Errorf("%d people", n)
			}
			if err := s.Close(ctx); err != nil {
				t.Error(err)
			}
			if _, err := s.Sync(ctx, actor, d.ID); err == nil {
				t.Error("a closed service started a job")
			}
			h.good(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: p.PlanID}))
			if n := len(h.people()); n != 1499 {
				t.Errorf("%d people after the rest", n)
			}
		})
	}
}

func TestCancelNothing(t *testing.T) {
	h := newHouse(t, office(10))
	d := h.checked("{}")
	wantError[*connection.SetupError](t, h.Cancel(t.Context(), d.ID))
}

func TestPreviewRequests(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	future := h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{AsOf: "2026-12-24"}))
	if future.Plan.Header.AsOf == nil || !h.get(d.ID).Previewed.IsZero() {
		t.Errorf("a look at the future counts as a preview: %+v", future.Plan.Header)
	}
	if j := h.done(h.Apply(ctx, actor, d.ID, connection.ApplyRequest{PlanID: future.PlanID})); j.Err == nil {
		t.Error("the future was applied")
	}
	for day, r := range map[string]connection.PreviewRequest{"tomorrow": {AsOf: "tomorrow"}, "past": {AsOf: "2020-01-01"}} {
		_, err := h.Preview(ctx, actor, d.ID, r)
		t.Run(day, func(t *testing.T) { wantFault(t, err, "as_of") })
	}
	h.good(h.Sync(ctx, actor, d.ID))
	one := h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{Person: "given4@acme.test"}))
	if one.Plan.Person == "" || one.Run.Trigger != syncrun.TriggerPerson {
		t.Errorf("one person: %+v", one.Plan)
	}
	if _, err := h.Preview(ctx, actor, d.ID, connection.PreviewRequest{Person: "nobody@acme.test"}); err == nil {
		t.Error("nobody was found")
	}
	if j, err := h.Undo(ctx, actor, d.ID, connection.UndoRequest{RunID: "run_none"}); err == nil {
		if j = h.done(j, err); j.Err == nil {
			t.Error("an unknown run was undone")
		}
	}
	_, err := h.Undo(ctx, actor, d.ID, connection.UndoRequest{RunID: one.Run.ID, Kind: "everything"})
	wantFault(t, err, "kind")
}

// TestDelete: people stay and are no longer from HR, the key is gone, the name is free, the runs stay.
func TestDelete(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	synced := h.good(h.Sync(ctx, actor, d.ID))
	before := h.people()
	if err := h.Delete(ctx, "p_admin", d.ID); err != nil {
		t.Fatal(err)
	}
	after := h.people()
	if len(after) != len(before) {
		t.Fatalf("%d people, then %d", len(before), len(after))
	}
	for i, p := range after {
		if p.Link != nil || p.Status != before[i].Status || p.Version != before[i].Version+1 {
			t.Errorf("%s: link %v, status %s, version %d", p.ID, p.Link, p.Status, p.Version)
		}
	}
	if _, err := h.Get(ctx, d.ID); err == nil {
		t.Error("a deleted connection is shown")
	}
	if all, err := h.List(ctx); err != nil || len(all) != 0 {
		t.Errorf("%d connections, %v", len(all), err)
	}
	if r, err := h.store.Run(ctx, synced.Run.ID); err != nil || r.Name != "Acme HR" {
		t.Errorf("its run: %+v, %v", r, err)
	}
	if history, err := h.store.History(ctx, after[0].ID, "", 0); err != nil || len(history.Entries) == 0 {
		t.Errorf("history of %s: %v, %v", after[0].ID, history, err)
	}
	again := h.checked("{}")
	if again.ID == d.ID || again.Version.Number != 1 {
		t.Errorf("the id of the deleted connection came back: %+v", again.Summary)
	}
	j := h.good(h.Sync(ctx, actor, again.ID))
	if j.Run.Counts.Link != 9 || j.Run.Counts.Create != 0 {
		t.Errorf("its people are found again: %+v", j.Run.Counts)
	}
}

func TestPause(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("notify: { errors: [it@acme.test] }\nschedule: { every: 3h }")
	wantError[*connection.SetupError](t, h.Pause(ctx, actor, d.ID, "review", time.Time{}))
	h.good(h.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
	if err := h.Enable(ctx, actor, d.ID); err != nil {
		t.Fatal(err)
	}
	wantFault(t, h.Pause(ctx, actor, d.ID, " ", time.Time{}), "reason")
	wantFault(t, h.Pause(ctx, actor, d.ID, "review", h.now), "until")
	wantFault(t, h.Pause(ctx, actor, d.ID, "review", time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)), "until")
	if err := h.Pause(ctx, actor, d.ID, "review cycle", h.now.Add(24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	d = h.get(d.ID)
	if d.State != connection.Paused || d.Pause == nil || d.Pause.By != actor || d.Pause.Reason != "review cycle" || d.NextRun.Format(time.RFC3339) != "2026-11-22T15:00:00Z" {
		t.Errorf("paused: %s %+v, next %s", d.State, d.Pause, d.NextRun)
	}
	_, err := h.SyncFor(ctx, "schedule", d.ID, syncrun.TriggerSchedule)
	wantError[*connection.SetupError](t, err)
	h.now = h.now.Add(25 * time.Hour)
	if d = h.get(d.ID); d.State != connection.Enabled || d.Pause != nil || d.Schedule != "every 3 hours" {
		t.Errorf("after the pause: %s %+v", d.State, d.Pause)
	}
	if err := h.Pause(ctx, actor, d.ID, "again", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if err := h.Resume(ctx, actor, d.ID); err != nil || h.get(d.ID).State != connection.Enabled {
		t.Errorf("resumed: %v", err)
	}
	_, err = h.Save(ctx, actor, d.ID, h.get(d.ID).Version.Number, []byte("notify: { errors: [] }"))
	wantFault(t, err, "notify.errors")
	if err := h.Disable(ctx, actor, d.ID); err != nil || h.get(d.ID).State != connection.Checked {
		t.Errorf("disabled: %v", err)
	}
}

// TestReviewers: who asked for a plan, who is behind an actor, and who could release it.
func TestReviewers(t *testing.T) {
	h := newHouse(t, office(10))
	ctx := t.Context()
	d := h.checked("{}")
	h.admin("p_admin")
	if err := h.store.Accounts().Write(ctx, func(tx account.Tx) error {
		return tx.AddToken(account.Hash{1}, account.Token{ID: "t_1", Name: "script", Role: directory.RoleAdmin, PersonID: "p_admin", CreatedBy: "p_admin", CreatedAt: h.now})
	}); err != nil {
		t.Fatal(err)
	}
	j := h.good(h.Preview(ctx, "token:t_1", d.ID, connection.PreviewRequest{}))
	got, err := h.store.Settings().Reviewers(ctx, j.PlanID, []string{"p_other", "token:gone"}, h.now)
	if err != nil {
		t.Fatal(err)
	}
	want := release.Reviewers{Asker: "token:t_1", Behind: map[string]string{"token:t_1": "p_admin", "p_other": "p_other", "token:gone": ""},
		Administrators: []release.Administrator{{ID: "p_admin", Name: "p_admin@admins.test"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	// Who became or ceased to be an administrator, by role or by status, by hand or by a run; other edits are no turn.
	h.admin("p_ben")
	at := h.now
	h.now = h.now.Add(time.Hour)
	p, err := h.store.Person(ctx, "p_ben")
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []directory.Status{directory.Active, directory.Deactivated, directory.Active} {
		before := p.Status
		p.Status = status
		if p, err = h.store.SavePerson(ctx, p, plan.Change{Action: plan.Update, PersonID: p.ID, StatusBefore: before, StatusAfter: status}, "test", h.now); err != nil {
			t.Fatal(err)
		}
		h.now = h.now.Add(time.Hour)
	}
	ben := release.Administrator{ID: "p_ben", Name: "p_ben@admins.test"}
	turns := func(since time.Time, want ...release.Turn) {
		t.Helper()
		got, err := h.store.Settings().Reviewers(ctx, j.PlanID, nil, since)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			want[i].Administrator = ben
		}
		if d := cmp.Diff(want, got.Turns); d != "" {
			t.Error(d)
		}
	}
	turns(at, release.Turn{At: at.Add(2 * time.Hour)}, release.Turn{At: at.Add(3 * time.Hour), Gained: true})
	turns(at.Add(2*time.Hour), release.Turn{At: at.Add(3 * time.Hour), Gained: true})
	accounts := account.New(account.Options{Organisation: "default", Store: h.store.Accounts(), Now: func() time.Time { return h.now }})
	for _, role := range []directory.Role{directory.RoleMember, directory.RoleAuditor, directory.RoleAdmin, directory.RoleOwner} {
		if err := accounts.SetRole(ctx, account.Operator("test"), "p_ben", role); err != nil {
			t.Fatal(err)
		}
	}
	turns(at.Add(3*time.Hour), release.Turn{At: h.now}, release.Turn{At: h.now, Gained: true})
}

// TestSealed: what is at rest opens only with the keyring, and only at its place.
func TestSealed(t *testing.T) {
	h := newHouse(t, office(10))
	d := h.checked("{}")
	rec, err := h.store.Settings().Connection(t.Context(), d.ID)
	if err != nil || rec.Key == nil || strings.Contains(rec.Key.Sealed, bamboosim.DefaultKey) {
		t.Fatalf("%v, %v", rec.Key, err)
	}
	other, err := seal.Create(filepath.Join(t.TempDir(), "other.json"))
	if err != nil {
		t.Fatal(err)
	}
	o := h.options(h.store)
	o.Keys = other
	s := connection.New(o)
	if _, err := s.Preview(t.Context(), actor, d.ID, connection.PreviewRequest{}); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("got %v", err)
	}
}
