package jobs_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/jobs"
)

// looks reads everybody once a day and asks for changes every quarter of an hour.
const looks = `{"schedule": {"daily": "03:00"}, "changes": {"every": "15m", "webhook": true}, "notify": {"errors": ["hr@acme.test"]}}`

// told reads everybody once a day and waits for what BambooHR tells.
const told = `{"schedule": {"daily": "03:00"}, "changes": {"webhook": true}, "notify": {"errors": ["hr@acme.test"]}}`

// tell keeps hints as a delivery does; without employees everybody is to be read.
func (p *process) tell(id string, employees ...int64) {
	p.w.t.Helper()
	d := &hint.Delivery{Connection: id, IDs: employees}
	if len(employees) == 0 {
		for i := range int64(hint.MaxNamed + 1) {
			d.IDs = append(d.IDs, i+1)
		}
	}
	ctx, h := p.w.t.Context(), p.store.Hints()
	if _, err := h.Claim(ctx, id, p.w.wall(), p.w.wall()); err != nil { // makes its row
		p.w.t.Fatal(err)
	}
	if err := h.Keep(ctx, p.w.wall(), []*hint.Delivery{d}, "", nil); err != nil || !d.New {
		p.w.t.Fatal(d, err)
	}
}

// told tells whether hints wait for a connection.
func (p *process) told(id string) bool {
	p.w.t.Helper()
	waiting, err := p.store.Hints().Waiting(p.w.t.Context())
	if err != nil {
		p.w.t.Fatal(err)
	}
	return !waiting[id].IsZero()
}

// kinds counts jobs of each kind.
func (p *process) kinds() string {
	n := map[jobs.Kind]int{}
	for _, j := range p.list() {
		n[j.Kind]++
	}
	return fmt.Sprintf("run %d, changes %d, effects %d", n[jobs.Run], n[jobs.Changes], n[jobs.Effects])
}

// triggers lists what started the automatic runs, oldest first.
func (p *process) triggers(id string) string {
	p.w.t.Helper()
	all, err := p.store.RunList(p.w.t.Context(), id, 1000)
	if err != nil {
		p.w.t.Fatal(err)
	}
	var out []string
	for _, r := range all {
		if r.Trigger.Automatic() {
			out = append([]string{string(r.Trigger) + " " + string(r.Outcome)}, out...)
		}
	}
	return strings.Join(out, ", ")
}

func (p *process) is(what, got, want string) {
	p.w.t.Helper()
	if got != want {
		p.w.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

// TestHintsAreOneReading: what BambooHR tells within five seconds costs one reading of those it told of, and
// readings for hints are half a minute apart (security §3 #48).
func TestHintsAreOneReading(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.real = utc("2030-01-01 00:00")
	p := w.start()
	id := p.enabled("Acme", told)
	p.idle()
	w.control("/employees/3", `{"lastName": "Three"}`)
	w.control("/employees/4", `{"lastName": "Four"}`)
	p.tell(id, 3)
	p.idle()
	p.is("at once", p.kinds(), "run 0, changes 0, effects 0")
	w.pass(4 * time.Second)
	p.tell(id, 4, 3)
	w.pass(time.Second)
	p.idle()
	p.is("after the burst", p.kinds(), "run 0, changes 1, effects 0")
	p.is("runs", p.triggers(id), "webhook applied")
	if p.told(id) {
		t.Error("hints were kept that were looked at")
	}
	if j := p.list()[0]; !j.Hinted || j.State != jobs.Done || j.Run == "" {
		t.Errorf("job %+v", j)
	}
	w.control("/employees/3", `{"lastName": "Drei"}`)
	p.tell(id, 3)
	w.pass(10 * time.Second)
	p.idle()
	p.is("too soon", p.kinds(), "run 0, changes 1, effects 0")
	w.pass(20 * time.Second)
	p.idle()
	p.is("later", p.triggers(id), "webhook applied, webhook applied")
	p.tell(id) // of more than are worth naming
	w.pass(time.Minute)
	p.idle()
	p.is("of everybody", p.triggers(id), "webhook applied, webhook applied, webhook no_op")
	w.pass(time.Hour)
	p.idle()
	p.is("in the end", p.kinds(), "run 0, changes 3, effects 0")
}

// TestHintsAreKept: a hint waits until somebody has looked: through failures, a stop, a pause and the error state.
func TestHintsAreKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	w.real = utc("2030-01-01 00:00")
	p := w.start()
	id := p.enabled("Acme", told)
	p.idle()
	w.control("/employees/3", `{"lastName": "Three"}`)
	p.tell(id, 3)
	w.pass(5 * time.Second)
	w.on(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(http.StatusServiceUnavailable) })
	p.idle()
	if j := p.list()[0]; j.State != jobs.Failed || !p.told(id) {
		t.Fatalf("BambooHR is down: %+v", j)
	}
	w.pass(time.Minute)
	p.idle()
	p.is("left alone", p.kinds(), "run 0, changes 1, effects 0")
	if d, err := p.Get(t.Context(), id); err != nil || d.Failures != 0 {
		t.Errorf("a look that failed counts: %d, %v", d.Failures, err)
	}
	w.on(nil)
	p.close() // before anybody tried again
	p = w.start()
	p.idle()
	p.is("another process", p.kinds(), "run 0, changes 2, effects 0")
	if p.told(id) || !strings.HasSuffix(p.triggers(id), "webhook applied") {
		t.Errorf("runs %s", p.triggers(id))
	}

	if err := p.Pause(t.Context(), actor, id, "review", utc("2026-11-21 18:00")); err != nil {
		t.Fatal(err)
	}
	w.control("/employees/4", `{"lastName": "Four"}`)
	p.tell(id, 4)
	w.pass(time.Hour)
	p.at(utc("2026-11-21 17:59"))
	p.is("paused", p.kinds(), "run 0, changes 2, effects 0")
	p.at(utc("2026-11-21 18:00"))
	p.is("after the pause", p.kinds(), "run 0, changes 3, effects 0")

	p.tell(id, 5)
	p.at(utc("2026-11-22 03:00")) // real time stands still: the hint's burst is not over
	p.is("a reading of everybody", p.kinds(), "run 1, changes 3, effects 0")
	if p.told(id) {
		t.Error("a reading of everybody answers the hints that came before it")
	}
}

// TestLooksForChanges: changes are looked for some time after the last look of any kind, without a run where there
// are none; a clock that jumps is one look, one that goes back is believed (promise AL2).
func TestLooksForChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", looks)
	p.idle()
	for _, step := range []struct{ at, want string }{
		{"2026-11-21 12:14", "run 0, changes 0, effects 0"},
		{"2026-11-21 12:15", "run 0, changes 1, effects 0"},
		{"2026-11-21 12:29", "run 0, changes 1, effects 0"},
		{"2026-11-21 12:30", "run 0, changes 2, effects 0"},
		{"2026-11-21 20:07", "run 0, changes 3, effects 0"}, // nobody looked for hours
		{"2026-11-21 20:21", "run 0, changes 3, effects 0"},
		{"2026-11-21 20:22", "run 0, changes 4, effects 0"},
		{"2026-11-22 03:00", "run 1, changes 4, effects 0"}, // everybody
		{"2026-11-22 03:14", "run 1, changes 4, effects 0"},
		{"2026-11-22 03:15", "run 1, changes 5, effects 0"},
		{"2026-11-21 22:00", "run 1, changes 5, effects 0"}, // set back
		{"2026-11-21 22:15", "run 1, changes 6, effects 0"},
	} {
		p.at(utc(step.at))
		p.is(step.at, p.kinds(), step.want)
	}
	p.is("runs", p.triggers(id), "schedule no_op")
	w.control("/employees/3", `{"lastName": "Three"}`)
	p.at(utc("2026-11-21 22:30"))
	p.is("runs", p.triggers(id), "schedule no_op, schedule applied")
	if _, err := p.Save(t.Context(), actor, id, 0, []byte(`{"changes": {"every": "off"}}`)); err != nil {
		t.Fatal(err)
	}
	p.at(utc("2026-11-21 23:30"))
	p.is("switched off", p.kinds(), "run 1, changes 7, effects 0")
}
