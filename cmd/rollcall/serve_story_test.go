//go:build linux

package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// control asks the simulator for something.
func (o *office) control(method, path, body string) {
	o.t.Helper()
	rec := httptest.NewRecorder()
	o.sim.company.ServeHTTP(rec, httptest.NewRequest(method, "/_sim"+path, strings.NewReader(body)))
	if rec.Code >= 300 {
		o.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
}

// comes moves the clock to a start, and waits until the n-th automatic run is made and noted.
func (o *office) comes(p *process, now string, n int) {
	o.t.Helper()
	o.clock(now)
	o.until(p, "run at "+now, "select count(*) from river_job where state in ('completed', 'cancelled')", n)
}

// next is when the schedule starts the next run.
func (o *office) next() (at time.Time) {
	o.t.Helper()
	o.each("select next_at / 1000 from schedules where kind = 'run'", func(seconds string) {
		n, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil {
			o.t.Fatal(err)
		}
		at = time.Unix(n, 0).UTC()
	})
	return at
}

// TestServedEpisode lets a key be refused, and three readings in a row see nobody: the connection is in error, at once or
// after the third; that and its end are one mail to each recipient, a person or a list; meanwhile it is tried once a
// day (security §3 #13, #15; promises BW11, BW20).
func TestServedEpisode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, fault string
		fails       []string // starts until it is in error
	}{
		{"key refused", `{"name":"status","args":{"code":401}}`, []string{"2026-11-21T18:00:00Z"}},
		{"nobody seen", `{"name":"no_people"}`, []string{"2026-11-21T18:00:00Z", "2026-11-21T21:00:00Z", "2026-11-22T00:00:00Z"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t, invented(t, 40))
			o.under()
			o.rewrite("[hr@acme.test]", `[hr@acme.test, it-list@acme.test], digest: "off"`)
			post := o.posts(fine)
			p := o.start("serve", "--roles", "worker", "--every", "20ms")
			o.until(p, "scheduled", scheduled, 1)
			o.comes(p, "2026-11-21T15:00:00Z", 1)
			o.control(http.MethodPost, "/faults", c.fault)
			for i, start := range c.fails {
				if n := len(post.taken()); n != 0 {
					t.Errorf("%d mails before it is in error", n)
				}
				o.comes(p, start, i+2)
			}
			o.until(p, "told", "select count(*) from outbox where state = 'sent'", 2)
			// It is tried once a day, and nobody is told again, until it works.
			o.until(p, "tried daily", "select count(*) from schedules where kind = 'run' and spec like '% failing'", 1)
			first := o.next()
			o.comes(p, first.Format(time.RFC3339), len(c.fails)+2)
			o.control(http.MethodDelete, "/faults", "")
			second := o.next()
			if second.Sub(first) != 24*time.Hour {
				t.Errorf("in error it is tried at %s and %s", first, second)
			}
			if n := o.count("select count(*) from outbox"); n != 2 {
				t.Errorf("%d mails about one episode", n)
			}
			o.comes(p, second.Format(time.RFC3339), len(c.fails)+3)
			o.until(p, "told that it is over", "select count(*) from outbox where state = 'sent'", 4)
			p.interrupt()
			var got []string
			for _, m := range post.taken() {
				got = append(got, m.To+" "+m.Subject)
			}
			t.Log(got)
			slices.Sort(got)
			var want []string
			for _, to := range []string{"hr@acme.test", "it-list@acme.test"} {
				want = append(want, to+" Rollcall: Acme HR cannot be read", to+" Rollcall: Acme HR works again")
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("mails (-want +got):\n%s", diff)
			}
		})
	}
}

// TestServedDay: nobody presses a button, and joiners come in, leavers go (promises AL2, AY12, SI34), what was edited
// here is overwritten (promise BW10), and what somebody undid stays undone by the runs that follow (promise SI27).
func TestServedDay(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 40))
	o.under("lifecycle: { initial: active }")
	p := o.start("serve", "--roles", "worker", "--every", "20ms")
	o.until(p, "scheduled", scheduled, 1)
	o.comes(p, "2026-11-21T15:00:00Z", 1)

	const who = "employee:9"
	o.exits(0, "person", "edit", who, "--set", "first_name=Nick")
	o.control(http.MethodPut, "/employees/9", `{"lastName":"Renamed"}`)
	o.comes(p, "2026-11-21T18:00:00Z", 2)
	person := func() (out struct {
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		Status    string `json:"status"`
	}) {
		o.exits(0, "person", "show", who, "-o", "json").into(&out)
		return out
	}
	if got := person(); got.FirstName == "Nick" || got.LastName != "Renamed" {
		t.Errorf("after a run: %+v", got)
	}
	o.exits(0, "undo", o.history()[0].ID, "--yes")
	before := person()
	o.comes(p, "2026-11-21T21:00:00Z", 3)
	if got := person(); got != before || got.LastName == "Renamed" {
		t.Errorf("undone, and after the next run: %+v, was %+v", got, before)
	}

	o.control(http.MethodPut, "/employees/900", `{"employeeNumber":"90900","firstName":"Joy","lastName":"New","workEmail":"joy@acme.test","hireDate":"2026-11-20"}`)
	o.control(http.MethodPut, "/employees/9", `{"status":"Inactive"}`)
	o.comes(p, "2026-11-22T00:00:00Z", 4)
	if got := person(); got.Status != "deactivated" {
		t.Errorf("who left is %+v", got)
	}
	if !strings.Contains(o.directory(), "joy@acme.test") {
		t.Error("who joined is not there")
	}
	p.interrupt()
	o.intact()
}
