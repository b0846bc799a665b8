package hint_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
)

const none = `{"webhooks":[]}`

func (w *world) save(id, patch string) {
	w.t.Helper()
	_, err := w.connections.Save(w.t.Context(), actor, id, 0, []byte(patch))
	w.do(err)
}

// The webhook follows the settings and the switches, and BambooHR's deliveries arrive.
func TestRegistration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(5))
	id := w.enabled("Acme", bamboosim.DefaultKey, strings.Replace(told, "true", "false", 1))
	w.register()
	if s := w.status(id); s.State != hint.Off || w.atBamboo() != none {
		t.Fatalf("not asked for: %+v, %s", s, w.atBamboo())
	}
	w.save(id, `{"changes": {"webhook": true}}`)
	if s := w.status(id); s.State != hint.Waiting {
		t.Errorf("asked for: %+v", s)
	}
	w.register()
	s := w.status(id)
	if s.State != hint.Registered || !s.Since.Equal(w.clock()) || !strings.Contains(strings.Join(s.Watched, " "), "jobTitle") || s.Problem != "" {
		t.Fatalf("registered: %+v", s)
	}
	if at := w.atBamboo(); !strings.Contains(at, `"name":"Rollcall – Acme"`) || !strings.Contains(at, w.hooks.URL+"/webhooks/bamboohr/"+id) {
		t.Errorf("BambooHR has %s", at)
	}
	if since, err := w.store.Hints().Waiting(t.Context()); err != nil || since[id].IsZero() {
		t.Errorf("what changed before the webhook was there has to be looked at: %v, %v", since, err)
	}
	w.waiting(id)
	w.control(http.MethodPut, "/employees/3", `{"workPhone":"5"}`) // signed and delivered
	if got := w.waiting(id); !cmp.Equal(got, hint.Batch{IDs: []int64{3}}) {
		t.Errorf("hints %+v", got)
	}
	w.control(http.MethodPut, "/employees/3", `{"homePhone":"1"}`) // no run reads it
	if got := w.waiting(id); !cmp.Equal(got, hint.Batch{}) {
		t.Errorf("hints %+v", got)
	}
	first, key := w.hook(id)

	w.save(id, `{"name": "Acme HR", "mapping": {"custom.home": {"from": "homePhone"}}}`)
	w.register()
	if h, k := w.hook(id); h.ID != first.ID || k != key || !strings.Contains(strings.Join(h.Fields, " "), "homePhone") || !strings.Contains(w.atBamboo(), "Rollcall – Acme HR") {
		t.Errorf("changed: %+v, %s", h, w.atBamboo())
	}
	w.control(http.MethodPut, "/employees/3", `{"homePhone":"2"}`)
	if got := w.waiting(id); !cmp.Equal(got, hint.Batch{IDs: []int64{3}}) {
		t.Errorf("hints %+v", got)
	}

	ctx := t.Context()
	w.do(w.connections.Pause(ctx, actor, id, "holidays", w.clock().Add(time.Hour)))
	w.register()
	if w.status(id).State != hint.Registered {
		t.Errorf("a pause that ends takes the webhook away: %s", w.atBamboo())
	}
	w.do(w.connections.Pause(ctx, actor, id, "who knows", time.Time{}))
	w.control(http.MethodPut, "/employees/3", `{"homePhone":"3"}`)
	w.register()
	if s := w.status(id); s.State != hint.Waiting || !s.Since.IsZero() || w.atBamboo() != none {
		t.Errorf("paused without end: %+v, %s", s, w.atBamboo())
	}
	if got := w.waiting(id); !cmp.Equal(got, hint.Batch{}) {
		t.Errorf("hints of a webhook that is gone: %+v", got)
	}
	w.do(w.connections.Resume(ctx, actor, id))
	w.register()
	if h, k := w.hook(id); k == key || h.ID == first.ID {
		t.Errorf("resumed: %+v", h)
	}
	w.do(w.connections.Delete(ctx, actor, id))
	if w.atBamboo() != none {
		t.Errorf("deleted: %s", w.atBamboo())
	}
	if all, err := w.store.Hints().Hooks(ctx); err != nil || len(all) != 0 {
		t.Errorf("deleted: %+v, %v", all, err)
	}
	w.register()
}

// A webhook that somebody deleted at BambooHR is made again after a day, one that was changed there is mended, and
// another API key has a webhook of its own.
func TestRegistrationIsKept(t *testing.T) {
	t.Parallel()
	company := office(5)
	company.AccessLevels = []bamboosim.AccessLevel{{Name: "all", AllFields: true}}
	w := newWorld(t, company)
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	w.register()
	first, _ := w.hook(id)
	ask := func(method, path, body string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, w.sim.URL+"/api/v1/webhooks/"+path, strings.NewReader(body))
		w.do(err)
		req.SetBasicAuth(bamboosim.DefaultKey, "x")
		req.Header.Set("Accept", "application/json")
		req.Header.Set("Content-Type", "application/json")
		res, err := w.sim.Client().Do(req)
		w.do(err)
		defer res.Body.Close()
		if text, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, text)
		}
	}
	ask(http.MethodPut, first.ID, `{"name":"Mine","url":"https://elsewhere.test/x","format":"json","events":["employee.created"]}`)
	w.pass(23 * time.Hour)
	w.register()
	if !strings.Contains(w.atBamboo(), "elsewhere") {
		t.Error("BambooHR was asked before a day was over")
	}
	w.pass(time.Hour)
	w.register()
	if at := w.atBamboo(); strings.Contains(at, "elsewhere") || !strings.Contains(at, `"id":"`+first.ID+`"`) {
		t.Errorf("changed there: %s", at)
	}
	ask(http.MethodDelete, first.ID, "")
	w.pass(24 * time.Hour)
	w.register()
	second, key := w.hook(id)
	if second.ID == first.ID || w.status(id).State != hint.Registered {
		t.Errorf("deleted there: %+v", second)
	}
	if got := w.waiting(id); len(got.IDs) != 0 {
		t.Errorf("hints %+v", got)
	}
	w.pass(24 * time.Hour)
	w.register()
	if third, k := w.hook(id); third.ID != second.ID || k != key || third.Checked != w.wall() {
		t.Errorf("nothing was wrong: %+v", third)
	}
}

// What goes wrong is a sentence for the screen, tried again later and later; the connection stays as it is.
func TestRegistrationThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(5))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	posts, answer := 0, 0
	w.on(func(rw http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/webhooks") {
			return false
		}
		if posts++; answer == 0 {
			return false
		}
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(answer)
		io.WriteString(rw, `{"errors":[{"error":"Invalid request body","issues":["nope"]}]}`)
		return true
	})
	answer = http.StatusBadRequest
	for i, d := range []time.Duration{0, 59 * time.Second, time.Second, 4 * time.Minute, time.Minute, 20 * time.Minute, time.Hour, 5 * time.Hour, time.Hour} {
		w.pass(d)
		w.register()
		if want := []int{1, 1, 2, 2, 3, 4, 5, 5, 6}[i]; posts != want {
			t.Errorf("step %d: tried %d times, want %d", i, posts, want)
		}
	}
	s := w.status(id)
	if s.State != hint.Refused || !strings.HasPrefix(s.Problem, "The webhook could not be registered at BambooHR: ") || !strings.Contains(s.Problem, "nope") {
		t.Errorf("status %+v", s)
	}
	if d, err := w.connections.Get(t.Context(), id); err != nil || d.State != connection.Enabled || d.Problem != "" {
		t.Errorf("connection %s %q, %v", d.State, d.Problem, err)
	}
	answer = 0
	w.save(id, `{"name": "Acme HR"}`) // other settings are tried at once
	w.register()
	if s := w.status(id); s.State != hint.Registered || s.Problem != "" {
		t.Errorf("status %+v", s)
	}
}

// Fields that the key may not see are left out, and told.
func TestFieldsThatMayNotBeWatched(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(5))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	refused := false
	w.on(func(rw http.ResponseWriter, r *http.Request) bool {
		if refused || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/webhooks") {
			return false
		}
		refused = true
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(http.StatusForbidden)
		io.WriteString(rw, `{"errors":[{"error":"Permission denied to the following fields","monitorFields":[{"id":17,"name":"jobTitle"}],"postFields":[],"unknownFields":[{"id":null,"name":"department"}]}]}`)
		return true
	})
	w.register()
	s := w.status(id)
	if s.State != hint.Registered || s.Problem != "" {
		t.Fatalf("status %+v", s)
	}
	for _, field := range []string{"jobTitle", "department"} {
		if strings.Contains(strings.Join(s.Watched, " "), field) || !strings.Contains(strings.Join(s.Unwatched, " "), field) {
			t.Errorf("watched %v, unwatched %v", s.Watched, s.Unwatched)
		}
	}
}

// An attempt whose answer was lost, or whose process died before it was kept, leaves no second webhook behind.
func TestRegistrationIsInterrupted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(5))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	lost := false
	w.on(func(rw http.ResponseWriter, r *http.Request) bool {
		if lost || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/webhooks") {
			return false
		}
		lost = true
		w.served.ServeHTTP(discard{}, r)
		panic(http.ErrAbortHandler) // the connection breaks
	})
	w.register()
	if s := w.status(id); s.State != hint.Refused || strings.Count(w.atBamboo(), `"id"`) != 1 {
		t.Fatalf("status %+v, %s", s, w.atBamboo())
	}
	w.restart()
	w.pass(time.Hour)
	w.register()
	if s := w.status(id); s.State != hint.Registered || strings.Count(w.atBamboo(), `"id"`) != 1 {
		t.Errorf("status %+v, %s", s, w.atBamboo())
	}
	w.waiting(id)
	w.control(http.MethodPut, "/employees/3", `{"workPhone":"5"}`)
	if got := w.waiting(id); !cmp.Equal(got, hint.Batch{IDs: []int64{3}}) {
		t.Errorf("hints %+v", got)
	}
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// Without an address that BambooHR reaches nothing is asked of it, and the screen says what to do.
func TestNoAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, office(5))
	id := w.enabled("Acme", bamboosim.DefaultKey, told)
	here := w.base
	for _, base := range []string{"", "http://rollcall.acme.test"} {
		w.base = nil
		if base != "" {
			w.base, _ = url.Parse(base)
		}
		w.register()
		if s := w.status(id); s.State != hint.Refused || !strings.Contains(s.Problem, "--url") || w.atBamboo() != none {
			t.Errorf("%q: %+v", base, s)
		}
	}
	w.base = here
	w.register()
	if s := w.status(id); s.State != hint.Registered || s.Problem != "" {
		t.Errorf("status %+v", s)
	}
	w.base = nil // forgotten at a restart: what BambooHR has stays good
	w.register()
	if s := w.status(id); s.State != hint.Registered {
		t.Errorf("status %+v", s)
	}
	w.base, _ = url.Parse("https://rollcall.acme.test")
	w.register()
	if at := w.atBamboo(); !strings.Contains(at, "https://rollcall.acme.test/webhooks/bamboohr/"+id) || strings.Count(at, `"id"`) != 1 {
		t.Errorf("moved: %s", at)
	}
}
