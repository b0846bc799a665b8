package hint_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/hint"
)

const event = `{"type":"employee.updated","timestamp":"2026-11-21T12:00:00+0000","data":{"companyId":"1","employeeId":"3","changedFields":["jobTitle"]}}`

// TestDeliveries: forged, replayed, late and early deliveries do nothing, and nobody learns which connections
// there are (security §1.17, §3 #48).
func TestDeliveries(t *testing.T) {
	t.Parallel()
	w := newWorld(t, bamboosim.Company{Subdomain: "acme", Today: "2026-11-21", Employees: office(5).Employees})
	id, other := w.enabled("Acme", bamboosim.DefaultKey, told), w.enabled("Other", bamboosim.DefaultKey, told)
	w.register()
	w.waiting(id) // what changed before the webhook was there
	_, key := w.hook(id)
	_, othersKey := w.hook(other)
	if key == "" || othersKey == "" || key == othersKey {
		t.Fatalf("keys %q, %q", key, othersKey)
	}
	now, named := w.clock(), func(ids ...int64) hint.Batch { return hint.Batch{IDs: ids} }
	const json, form, refusal = "application/json", "application/x-www-form-urlencoded", "not signed by a webhook of this server\n"
	for _, c := range []struct {
		name, to, key, kind, body string
		at                        time.Time
		status                    int
		want                      hint.Batch
	}{
		{"an event", id, key, json, event, now, 202, named(3)},
		{"the same again", id, key, json, event, now, 200, hint.Batch{}},
		{"the same again, said to be of later", id, key, json, event, now.Add(time.Second), 202, named(3)}, // nobody can sign that but BambooHR
		{"an event as a form", id, key, form, "type=employee.created&data[employeeId]=9", now, 202, named(9)},
		{"fields", id, key, json, `{"employees":[{"id":"4","action":"Updated","fields":{"First Name":"Bo"}},{"id":"2","action":"Deleted"}]}`, now, 202, named(2, 4)},
		{"fields as a form", id, key, form, "employees[4][First+name]=Bo", now, 202, named(4)},
		{"what nobody knows yet", id, key, json, `{"type":"employee.promoted.twice"}`, now, 202, hint.Batch{}},
		{"a company event", id, key, json, `{"type":"company.updated"}`, now, 202, hint.Batch{}},
		{"signed but garbage", id, key, json, `{"type":`, now, 400, hint.Batch{}},
		{"tried again for three hours", id, key, json, event, now.Add(-3 * time.Hour), 202, named(3)},
		{"late", id, key, json, event, now.Add(-3*time.Hour - time.Second), 401, hint.Batch{}},
		{"a little early", id, key, json, event, now.Add(5 * time.Minute), 202, named(3)},
		{"early", id, key, json, event, now.Add(5*time.Minute + time.Second), 401, hint.Batch{}},
		{"another connection's key", id, othersKey, json, event, now, 401, hint.Batch{}},
		{"nobody's key", id, "00000000000000000000000000000000", json, event, now, 401, hint.Batch{}},
		{"no key", id, "", json, event, now, 401, hint.Batch{}},
		{"a connection that is not there", "conn_nobody", key, json, event, now, 401, hint.Batch{}},
		{"a connection that is not there, nobody's key", "conn_nobody", "00000000000000000000000000000000", json, event, now, 401, hint.Batch{}},
		{"huge", id, key, json, `{"x":"` + strings.Repeat("x", 1<<20) + `"}`, now, 413, hint.Batch{}},
	} {
		status, answer := w.deliver(c.to, c.kind, c.body, unix(c.at), sign(c.key, c.body, unix(c.at)))
		if status != c.status || status == 401 && answer != refusal || strings.Contains(answer, "acme") {
			t.Errorf("%s: %d %q, want %d", c.name, status, answer, c.status)
		}
		since, err := w.store.Hints().Waiting(t.Context())
		if err != nil || since[id].IsZero() == (c.status == 202) {
			t.Errorf("%s: waiting %v, %v", c.name, since, err)
		}
		if got := w.waiting(id); !cmp.Equal(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	for name, h := range map[string][2]string{"unsigned": {"", ""}, "no signature": {unix(now), ""}, "no time": {"", sign(key, event, "")},
		"signature in capitals": {unix(now), strings.ToUpper(sign(key, event, unix(now)))}, "an odd time": {"1e9", sign(key, event, "1e9")},
		"a time before time": {"-5", sign(key, event, "-5")}, "a time without end": {strings.Repeat("9", 400), sign(key, event, strings.Repeat("9", 400))}} {
		if status, answer := w.deliver(id, json, event, h[0], h[1]); status != 401 || answer != refusal {
			t.Errorf("%s: %d %q", name, status, answer)
		}
	}
	if got := w.waiting(id); !cmp.Equal(got, hint.Batch{}) {
		t.Errorf("a refused delivery left %+v", got)
	}
	if s := w.status(id); s.Today != 9 || s.Refused != 13 || !s.Last.Equal(now) || s.State != hint.Registered {
		t.Errorf("status %+v", s)
	}
	w.pass(24 * time.Hour)
	if s := w.status(id); s.Today != 0 || s.Refused != 0 || !s.Last.Equal(now) {
		t.Errorf("status of the next day %+v", s)
	}
	if strings.Contains(w.log.String(), "employee") || strings.Contains(w.log.String(), key) {
		t.Errorf("log %s", w.log.String())
	}
}

// A delivery that comes again does nothing, also after a restart, and when it would be forgotten it is too old.
func TestReplaysAreKnownAfterARestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(3))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	w.register()
	_, key := w.hook(id)
	stamp := unix(w.clock())
	send := func() int {
		status, _ := w.deliver(id, "application/json", event, stamp, sign(key, event, stamp))
		return status
	}
	if got := send(); got != http.StatusAccepted {
		t.Fatal(got)
	}
	w.restart()
	w.pass(2 * time.Hour)
	w.register() // forgets what is older than the window, and not this
	if got := send(); got != http.StatusOK {
		t.Errorf("two hours later: %d", got)
	}
	w.pass(2 * time.Hour)
	w.register()
	if got := send(); got != http.StatusUnauthorized {
		t.Errorf("four hours later: %d", got)
	}
}

// More than MaxNamed employees become one mark, and what comes while they are looked at is looked at later.
func TestMoreThanIsWorthNaming(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(3))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	w.register()
	w.waiting(id)
	h, _ := w.hook(id)
	hints, n := w.store.Hints(), byte(0)
	keep := func(ids ...int64) {
		t.Helper()
		n++
		d := &hint.Delivery{Connection: id, Hook: h.ID, Signature: []byte{n}, Stamp: w.clock(), At: w.clock(), IDs: ids}
		if err := hints.Keep(t.Context(), w.wall(), []*hint.Delivery{d}, "2026-11-21", nil); err != nil || !d.Known || !d.New {
			t.Fatal(d, err)
		}
	}
	upTo := func(last int64) (ids []int64) {
		for i := int64(1); i <= last; i++ {
			ids = append(ids, i)
		}
		return ids
	}
	keep(upTo(hint.MaxNamed)...)
	b, err := hints.Take(t.Context(), id)
	if err != nil || b.Everything || len(b.IDs) != hint.MaxNamed {
		t.Fatalf("%d named, everything %v, %v", len(b.IDs), b.Everything, err)
	}
	keep(7)
	if err := hints.Done(t.Context(), id, b.Mark); err != nil {
		t.Fatal(err)
	}
	if got := w.waiting(id); !cmp.Equal(got, hint.Batch{IDs: []int64{7}}) {
		t.Errorf("changed again while it was looked at: %+v", got)
	}
	keep(upTo(hint.MaxNamed)...)
	keep(hint.MaxNamed + 1)
	keep(8)
	if b, err = hints.Take(t.Context(), id); err != nil || !b.Everything || b.IDs != nil {
		t.Errorf("%+v, %v", b, err)
	}
	keep(9)
	if err := hints.Done(t.Context(), id, b.Mark); err != nil {
		t.Fatal(err)
	}
	if got := w.waiting(id); !got.Everything {
		t.Errorf("a hint that came during a reading of everybody is lost: %+v", got)
	}
	keep(upTo(hint.MaxNamed + 1)...)
	if got := w.waiting(id); !got.Everything {
		t.Errorf("one delivery of many: %+v", got)
	}
}

// brokenStore cannot write.
type brokenStore struct{ hint.Store }

func (brokenStore) Keep(context.Context, time.Time, []*hint.Delivery, string, map[string]int) error {
	return errors.New("the database is locked")
}

// What cannot be kept is answered so that BambooHR comes again (bamboohr-api §4: 4xx is never tried again).
func TestNothingIsThankedForThatIsNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(3))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	w.register()
	_, key := w.hook(id)
	w.do(w.Stop(t.Context()))
	if status, _ := w.deliver(id, "application/json", event, unix(w.clock()), sign(key, event, unix(w.clock()))); status != http.StatusServiceUnavailable {
		t.Errorf("a service that stops: %d", status)
	}
	w.Service = hint.New(hint.Options{Store: brokenStore{w.store.Hints()}, Connections: w.connections, Sealer: sealer{w.ring}, Now: w.wall, RunNow: w.clock})
	if status, _ := w.deliver(id, "application/json", event, unix(w.clock()), sign(key, event, unix(w.clock()))); status != http.StatusServiceUnavailable {
		t.Errorf("a store that is locked: %d", status)
	}
	w.Service = nil
	w.restart()
	if status, _ := w.deliver(id, "application/json", event, unix(w.clock()), sign(key, event, unix(w.clock()))); status != http.StatusAccepted {
		t.Errorf("afterwards: %d", status)
	}
}

// A delivery is taken at once after another process has registered the webhook, and no more after it was taken away.
func TestKeysOfAnotherProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(3))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	receiver := w.Service
	send := func(key string) int {
		stamp := unix(w.clock())
		body := fmt.Sprintf(`{"type":"employee.updated","data":{"employeeId":"1"},"n":"%s"}`, stamp)
		receiver := &world{Service: receiver}
		status, _ := receiver.deliver(id, "application/json", body, stamp, sign(key, body, stamp))
		return status
	}
	if got := send("nobody's"); got != http.StatusUnauthorized {
		t.Errorf("before it is registered: %d", got)
	}
	w.Service = nil
	w.restart() // the worker
	w.register()
	_, key := w.hook(id)
	w.pass(2 * time.Second)
	if got := send(key); got != http.StatusAccepted {
		t.Errorf("registered by another process: %d", got)
	}
	w.do(w.connections.Disable(t.Context(), actor, id))
	w.register()
	w.pass(time.Second)
	if got := send(key); got != http.StatusUnauthorized {
		t.Errorf("taken away by another process: %d", got)
	}
	w.do(receiver.Stop(t.Context()))
}
