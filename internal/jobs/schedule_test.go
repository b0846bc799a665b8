package jobs_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// daily runs at three in the morning.
const daily = `{"schedule": {"daily": "03:00"}, "notify": {"errors": ["hr@acme.test"]}}`

func wantRuns(t *testing.T, p *process, id, want string) {
	t.Helper()
	if got := times(p.automatic(id)); got != want {
		t.Errorf("runs: %s\nwant: %s", got, want)
	}
}

// TestMissedRunsAreMadeOnce: what was due while nobody looked is made up for once, and said to be late
// (security §3 #39, promise SI38).
func TestMissedRunsAreMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	wantRuns(t, p, id, "")
	p.at(utc("2026-11-22 02:59"))
	p.at(utc("2026-11-22 03:00"))
	p.at(utc("2026-11-22 03:00").Add(time.Second))
	p.at(utc("2026-11-25 10:00")) // the clock jumped over three starts
	p.at(utc("2026-11-25 09:00")) // set back an hour
	p.at(utc("2026-11-25 10:01"))
	p.at(utc("2026-11-26 03:00"))
	p.at(utc("2026-11-26 02:59")) // a correction
	p.at(utc("2026-11-26 03:00"))
	wantRuns(t, p, id, "11-22 03:00 no_op, 11-25 10:00 no_op, 11-26 03:00 no_op")
	list := p.list()
	if len(list) != 3 || list[0].Late || !list[1].Late || list[1].Missed != 2 || !list[1].Due.Equal(utc("2026-11-23 03:00")) || list[1].Run == "" {
		t.Errorf("jobs: %+v", list)
	}
	// A clock that was wrong by weeks is believed again.
	p.at(utc("2026-11-01 12:00"))
	p.at(utc("2026-11-02 03:00"))
	if got := times(p.automatic(id)); !strings.HasSuffix(got, "11-26 03:00 no_op, 11-02 03:00 no_op") {
		t.Errorf("runs: %s", got)
	}
}

// TestFirstLook: what falls due right after the start is made, however soon the clock moves.
func TestFirstLook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.open()
	id := p.enabled("Acme", daily)
	if err := p.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.set(utc("2026-11-24 08:00"))
	p.idle()
	wantRuns(t, p, id, "11-24 08:00 no_op")
}

// TestStoppedOverADueTime: a process that was down makes the run once after its start.
func TestStoppedOverADueTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	p.close()
	w.set(utc("2026-11-24 08:00"))
	p = w.start()
	p.idle()
	p.idle()
	wantRuns(t, p, id, "11-24 08:00 no_op")
	if j := p.list()[0]; !j.Late || j.Missed != 2 || !j.Due.Equal(utc("2026-11-22 03:00")) {
		t.Errorf("job: %+v", j)
	}
}

// TestSettingsMoveTheNextRun: the next run follows the schedule, the zone, pauses and the switch.
func TestSettingsMoveTheNextRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p, ctx := w.start(), t.Context()
	id := p.enabled("Acme", daily)
	p.idle()
	save := func(patch string) {
		t.Helper()
		if _, err := p.Save(ctx, actor, id, 0, []byte(patch)); err != nil {
			t.Fatal(err)
		}
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	save(`{"schedule": {"daily": "05:00"}}`)
	p.at(utc("2026-11-21 12:01"))
	p.at(utc("2026-11-22 03:00"))
	p.at(utc("2026-11-22 05:00")) // runs
	save(`{"time_zone": "America/New_York"}`)
	p.at(utc("2026-11-22 05:01"))
	p.at(utc("2026-11-22 10:00")) // runs: 05:00 in New York
	do(p.Pause(ctx, actor, id, "review period", utc("2026-11-25 12:00")))
	for _, at := range []string{"2026-11-22 10:01", "2026-11-23 10:00", "2026-11-25 10:00", "2026-11-25 12:00", "2026-11-26 09:59"} {
		p.at(utc(at))
	}
	p.at(utc("2026-11-26 10:00")) // runs
	do(p.Pause(ctx, actor, id, "until somebody resumes", time.Time{}))
	p.at(utc("2026-11-28 10:00"))
	do(p.Resume(ctx, actor, id))
	p.at(utc("2026-11-28 11:00"))
	p.at(utc("2026-11-29 10:00")) // runs
	do(p.Disable(ctx, actor, id))
	p.at(utc("2026-12-01 10:00"))
	wantRuns(t, p, id, "11-22 05:00 no_op, 11-22 10:00 no_op, 11-26 10:00 no_op, 11-29 10:00 no_op")
	// A job that was found due before somebody switched off does nothing.
	if _, err := p.SyncFor(ctx, jobs.Actor, id, syncrun.TriggerSchedule); err == nil || !strings.Contains(err.Error(), "not on") {
		t.Errorf("a run of a connection that is off: %v", err)
	}
}

// TestErrorState: three failed readings are an error; it is tried daily then, and recovers by itself
// (promise BW11, contradiction C25). Refused credentials are one at once (security §3 #13).
func TestErrorState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", `{"schedule": {"every": "3h"}, "notify": {"errors": ["hr@acme.test"]}}`)
	p.idle()
	state := func(want connection.State) {
		t.Helper()
		if d, err := p.Get(t.Context(), id); err != nil || d.State != want {
			t.Errorf("state %s, %v; want %s", d.State, err, want)
		}
	}
	hours := func(from string, n int) {
		t.Helper()
		for i := range n {
			p.at(utc(from).Add(time.Duration(i) * time.Hour))
		}
	}
	w.on(func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
	hours("2026-11-21 13:00", 6) // 15:00, 18:00
	state(connection.Enabled)
	hours("2026-11-21 19:00", 3) // 21:00
	state(connection.Failing)
	hours("2026-11-21 22:00", 30) // 21:00 the day after
	w.on(nil)
	hours("2026-11-23 04:00", 18) // 21:00
	state(connection.Enabled)
	hours("2026-11-23 22:00", 3) // 24:00
	w.on(func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(http.StatusUnauthorized) })
	hours("2026-11-24 01:00", 3) // 03:00
	state(connection.Failing)
	hours("2026-11-24 04:00", 22)
	wantRuns(t, p, id, "11-21 15:00 failed, 11-21 18:00 failed, 11-21 21:00 failed, 11-22 21:00 failed, 11-23 21:00 no_op, "+
		"11-24 00:00 no_op, 11-24 03:00 failed")
	if list := p.list(); list[0].State != jobs.Failed || list[0].Error == "" || list[0].Attempt != 1 || list[0].Run == "" {
		t.Errorf("a failed job: %+v", list[0])
	}
}

// TestLeftAlone: when BambooHR asks for a day of silence, the run is made after it, and holds no worker
// (security §3 #14).
func TestLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", `{"schedule": {"every": "3h"}, "notify": {"errors": ["hr@acme.test"]}}`)
	p.idle()
	w.on(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Retry-After", "86400")
		rw.WriteHeader(http.StatusTooManyRequests)
	})
	p.at(utc("2026-11-21 15:00"))
	w.on(nil)
	for now := utc("2026-11-21 15:30"); !now.After(utc("2026-11-22 18:00")); now = now.Add(30 * time.Minute) {
		p.at(now)
	}
	wantRuns(t, p, id, "11-21 15:00 failed, 11-22 15:00 no_op, 11-22 18:00 no_op")
}

// TestBusy: a run that comes due while somebody's work is under way is made afterwards.
func TestBusy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.every = 20 * time.Millisecond
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	entered, leave := w.hold()
	mine, err := p.Preview(t.Context(), actor, id, connection.PreviewRequest{})
	if err != nil {
		t.Fatal(err)
	}
	<-entered
	w.set(utc("2026-11-22 03:00"))
	w.eventually("stepped back", func() bool { l := p.list(); return len(l) == 1 && l[0].Interrupts > 0 && l[0].State == jobs.Waiting })
	w.set(utc("2026-11-23 03:00")) // the next start comes due as well
	w.eventually("looked at", func() bool { return p.next(id).Equal(utc("2026-11-24 03:00")) })
	leave()
	p.good(mine, nil)
	p.idle()
	wantRuns(t, p, id, "11-23 03:00 no_op")
}

// hold keeps requests waiting until leave is called; entered is closed when the first one is there.
func (w *world) hold() (entered chan struct{}, leave func()) {
	entered = make(chan struct{})
	left := make(chan struct{})
	var once sync.Once
	w.on(func(rw http.ResponseWriter, r *http.Request) {
		once.Do(func() { close(entered) })
		select {
		case <-left:
		case <-r.Context().Done():
		}
	})
	var leaving sync.Once
	leave = func() { leaving.Do(func() { w.on(nil); close(left) }) }
	w.t.Cleanup(leave)
	return entered, leave
}

// TestStopInTheMiddle: a run that a stop ended goes on when a process starts again, and so does one whose
// process was killed (security §3 #41).
func TestStopInTheMiddle(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.every = 20 * time.Millisecond
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	entered, leave := w.hold()
	w.set(utc("2026-11-22 03:00"))
	<-entered
	p.close()
	leave()
	p = w.open()
	if j := p.list()[0]; j.State != jobs.Waiting || j.Attempt != 0 {
		t.Errorf("after the stop: %+v", j)
	}
	// As if the next one had been killed: the job stands as running, and a leader as elected.
	if _, err := p.queue.DB().Exec(`update river_job set state = 'running', attempt = 1; insert into river_leader (elected_at, expires_at, leader_id, name)
		values (datetime('now'), datetime('now', '+1 hour'), 'gone', 'default')`); err != nil {
		t.Fatal(err)
	}
	if err := p.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	p.idle()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("the run went on after %s", took)
	}
	wantRuns(t, p, id, "11-22 03:00 failed, 11-22 03:00 no_op")
	if j := p.list()[0]; j.State != jobs.Done || j.Attempt != 2 {
		t.Errorf("in the end: %+v", j)
	}
}

// TestGivenUp: a run in which the process died as often as it may is left to the next start.
func TestGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.every = 20 * time.Millisecond
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	entered, leave := w.hold()
	w.set(utc("2026-11-22 03:00"))
	<-entered
	p.close()
	leave()
	p = w.open()
	if _, err := p.queue.DB().Exec("update river_job set state = 'running', attempt = max_attempts"); err != nil {
		t.Fatal(err)
	}
	if err := p.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.idle()
	p.at(utc("2026-11-23 03:00"))
	wantRuns(t, p, id, "11-22 03:00 failed, 11-23 03:00 no_op")
	if j := p.list()[0]; j.State != jobs.Failed {
		t.Errorf("the first job: %+v", j)
	}
}

// TestTwoProcesses: one makes the runs, the other stands by and takes over (security §3 #40).
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.every = 20 * time.Millisecond
	first := w.start()
	id := first.enabled("Acme", daily)
	first.idle()
	second := w.start()
	w.set(utc("2026-11-22 03:00"))
	w.eventually("run by the first", func() bool { return len(first.automatic(id)) == 1 && first.list()[0].State == jobs.Done })
	first.close()
	w.set(utc("2026-11-23 03:00"))
	w.eventually("run by the second", func() bool { return len(second.automatic(id)) == 2 && second.list()[1].State == jobs.Done })
	second.idle()
	wantRuns(t, second, id, "11-22 03:00 no_op, 11-23 03:00 no_op")
}

// TestOneRunOfMany starts twenty syncs in two processes, ten of them as the schedule does: one runs, the
// others are told which (security §3 #40).
func TestOneRunOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	first := w.start()
	id := first.enabled("Acme", daily)
	second := w.start()
	entered, leave := w.hold()
	type answer struct {
		p   *process
		job connection.Job
		err error
	}
	answers := make(chan answer, 20)
	for i := range 20 {
		p, trigger := first, syncrun.TriggerManual
		if i%2 == 1 {
			p = second
		}
		if i%4 < 2 {
			trigger = syncrun.TriggerSchedule
		}
		go func() {
			j, err := p.SyncFor(t.Context(), actor, id, trigger)
			answers <- answer{p, j, err}
		}()
	}
	var won []answer
	var named []string
	for range 20 {
		a := <-answers
		if busy, ok := errors.AsType[*syncrun.BusyError](a.err); ok {
			named = append(named, busy.RunID)
		} else {
			won = append(won, a)
		}
	}
	<-entered
	leave()
	if len(won) != 1 {
		t.Fatalf("%d of 20 ran", len(won))
	}
	run := won[0].p.good(won[0].job, won[0].err)
	for _, id := range named {
		if id != run.Run.ID {
			t.Errorf("told of %s, not of %s", id, run.Run.ID)
		}
	}
	all, err := first.store.RunList(t.Context(), id, 100)
	if err != nil || len(all) != 3 { // the preview and the sync before, and this one
		t.Errorf("%d runs, %v", len(all), err)
	}
}

// TestOverdue: a connection whose runs do not happen is told of, whoever asks.
func TestOverdue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	p.close()
	p = w.open() // a process that only serves pages
	overdue := func(now string) []jobs.Missed {
		t.Helper()
		w.set(utc(now))
		out, err := p.jobs.Overdue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got := overdue("2026-11-24 02:59"); len(got) != 0 {
		t.Errorf("one missed run: %+v", got)
	}
	if got := overdue("2026-11-24 03:00"); len(got) != 1 || got[0].Connection != id || got[0].Name != "Acme" || !got[0].Due.Equal(utc("2026-11-22 03:00")) {
		t.Errorf("two starts later: %+v", got)
	}
	health := func(organisation string) jobs.Health {
		t.Helper()
		h, err := p.jobs.Of(organisation).Health(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	if h := health("default"); !h.Idle || len(h.Missed) != 1 {
		t.Errorf("nobody works: %+v", h)
	}
	if h := health("other"); h.Idle || h.Missed != nil {
		t.Errorf("another organisation sees %+v", h)
	}
	worker := w.start()
	worker.idle()
	if got := overdue("2026-11-24 04:00"); len(got) != 0 {
		t.Errorf("made up for: %+v", got)
	}
	if h := health("default"); h.Idle || len(h.Missed) != 0 {
		t.Errorf("another process works: %+v", h)
	}
	worker.close()
	if err := p.Pause(t.Context(), actor, id, "review period", time.Time{}); err != nil {
		t.Fatal(err)
	}
	if h := health("default"); h.Idle {
		t.Error("nobody has to work for what is paused")
	}
}

// leavers work at Utrecht and are gone after 22 November, seven of them: more than the guard lets through.
func leavers(n int) []moment {
	var out []moment
	for i := range n {
		out = append(out, moment{string(rune('A'+i)) + "lex", "Utrecht", "2026-11-22", plan.Deactivate})
	}
	return out
}

// TestEffectsWithoutBambooHR: what comes due is applied at its instant although BambooHR does not answer,
// but not in a pause; then it happens when the pause is over, when BambooHR was at least asked.
func TestEffectsWithoutBambooHR(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), company("2026-11-21", leavers(2)))
	p := w.start()
	id := p.enabled("Acme", settings("Europe/Amsterdam", "03:00"))
	p.idle()
	w.on(func(rw http.ResponseWriter, r *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
	if err := p.Pause(t.Context(), actor, id, "review period", utc("2026-11-23 12:00")); err != nil {
		t.Fatal(err)
	}
	p.at(utc("2026-11-22 23:00"))
	p.at(utc("2026-11-23 11:59"))
	wantRuns(t, p, id, "")
	p.at(utc("2026-11-23 12:00"))
	p.at(utc("2026-11-23 13:00"))
	wantRuns(t, p, id, "11-23 12:00 partial")
	if list := p.list(); len(list) != 1 || list[0].Kind != jobs.Run || !list[0].Due.Equal(utc("2026-11-22 23:00")) {
		t.Errorf("jobs: %+v", list)
	}
}

// TestPutOffInAPause: who was to leave during a pause, and by then stays longer, does not lose access when it is over.
func TestPutOffInAPause(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), company("2026-11-21", leavers(2)))
	p := w.start()
	id := p.enabled("Acme", settings("Europe/Amsterdam", "03:00"))
	p.idle()
	if err := p.Pause(t.Context(), actor, id, "review period", utc("2026-11-23 12:00")); err != nil {
		t.Fatal(err)
	}
	p.at(utc("2026-11-22 23:00"))
	w.control("/employees/500/terminate", `{"date":"2026-12-30"}`)
	p.at(utc("2026-11-23 12:00"))
	p.at(utc("2026-11-23 13:00"))
	wantRuns(t, p, id, "11-23 12:00 applied")
	if runs := p.automatic(id); len(runs) != 1 || runs[0].Counts.Deactivate != 1 {
		t.Errorf("%+v", runs)
	}
}

// TestEffectsAreGuarded: more leavers at one instant than the guard lets through wait; they are not tried
// again and again.
func TestEffectsAreGuarded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), company("2026-11-21", leavers(7)))
	p := w.start()
	id := p.enabled("Acme", settings("Europe/Amsterdam", "03:00"))
	for now := utc("2026-11-22 22:00"); now.Before(utc("2026-11-23 02:00")); now = now.Add(15 * time.Minute) {
		p.at(now)
	}
	p.at(utc("2026-11-23 02:00")) // the scheduled run plans them again
	wantRuns(t, p, id, "11-22 23:00 refused, 11-23 02:00 refused")
}

// TestEndOfAHold: a person is looked at again when a hold ends.
func TestEndOfAHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", `{"schedule": {"weekly": "mon 03:00"}, "notify": {"errors": ["hr@acme.test"]}}`)
	e, err := p.Editor(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.AddHold(t.Context(), "given3@acme.test", "", utc("2026-11-25 09:00"), "on leave"); err != nil {
		t.Fatal(err)
	}
	w.control("/employees/3", `{"lastName":"Newname"}`)
	p.good(p.Sync(t.Context(), actor, id))
	for now := utc("2026-11-24 12:00"); now.Before(utc("2026-11-26 00:00")); now = now.Add(time.Hour) {
		p.at(now)
	}
	wantRuns(t, p, id, "11-25 09:00 applied")
}

// TestLateWorker: a run whose process stood still until its lease was over writes nothing any more, and its
// job is not tried again: the other run does the work (security §3 #42).
func TestLateWorker(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.every = 20 * time.Millisecond
	p := w.start()
	id := p.enabled("Acme", daily)
	p.idle()
	w.control("/employees/3", `{"lastName":"Newname"}`)
	entered, leave := w.hold()
	w.set(utc("2026-11-22 03:00"))
	<-entered
	if _, err := p.queue.DB().Exec("update leases set expires = 0"); err != nil {
		t.Fatal(err)
	}
	lease, err := p.store.Acquire(t.Context(), id, "run_other", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	p.idle()
	if err := p.store.Release(t.Context(), lease); err != nil {
		t.Fatal(err)
	}
	if j := p.list()[0]; j.State != jobs.Failed || j.Attempt != 1 || !strings.Contains(j.Error, "another run has taken over") {
		t.Errorf("the late job: %+v", j)
	}
	wantRuns(t, p, id, "11-22 03:00 interrupted")
	for person, err := range p.store.AllPeople(t.Context()) {
		if err != nil || person.Values.Get("last_name") == "Newname" {
			t.Errorf("%v was written, %v", person, err)
		}
	}
	p.at(utc("2026-11-23 03:00"))
	wantRuns(t, p, id, "11-22 03:00 interrupted, 11-23 03:00 applied")
}
