package connections_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
)

// promote gives employees of BambooHR another job title.
func (w *world) promote(ids ...int) {
	w.t.Helper()
	for _, id := range ids {
		body := strings.NewReader(`{"jobInfo":[{"date":"2024-01-08","department":"Engineering","location":"Utrecht","jobTitle":"Lead <b>` + rtl + `"}]}`)
		r, err := http.NewRequestWithContext(w.t.Context(), http.MethodPut, fmt.Sprintf("%s/_sim/employees/%d", w.sim, id), body)
		if err != nil {
			w.t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			w.t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode >= 300 {
			w.t.Fatal(answer.Status)
		}
	}
}

// frozen is the only freeze in force.
func (w *world) frozen(path string) directory.Freeze {
	w.t.Helper()
	e, err := w.Engine(w.t.Context(), "p_admin", w.id(path))
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := e.Freezes(w.t.Context())
	if err != nil || len(all) != 1 {
		w.t.Fatal(all, err)
	}
	return all[0]
}

// A freeze is put on, seen everywhere, previewed and ended on screen (contradiction C2).
func TestFreezes(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	w.synced(path)
	w.get(path+"/holds").says("No freeze is on", "Freeze fields…")
	w.get(path+"/freezes/new").status(200).says("Reporting lines", "first name, last name, preferred name, display name", "No single field")
	w.post(path+"/freezes", url.Values{"until": {"soon"}}).status(422).
		says("3 things need a look", "Choose at least one group, or a single field", "YYYY-MM-DD", "Say why")
	w.post(path+"/freezes", url.Values{"what": {"jobs"}, "until": {"2026-11-20"}, "reason": {"x"}}).status(422).says("That day is over")
	w.post(path+"/freezes", url.Values{"what": {"shoes"}, "reason": {"x"}}).status(422).says("neither a field nor a group")
	w.post(path+"/freezes", url.Values{"what": {"jobs"}, "field": {"phone"}, "until": {"2026-12-14"}, "reason": {"Review " + markup}}).status(303)
	w.do("operator", "POST", path+"/freezes", url.Values{"what": {"jobs"}, "reason": {"x"}}).status(403)

	at := path + "/freezes/" + w.frozen(path).ID
	for _, page := range []string{"", "/holds"} {
		w.do("auditor", "GET", path+page, nil).status(200).says("Jobs and phone", "15 Dec 2026, 00:00", "Review "+markup, "person p_admin")
	}
	w.get(path).says("Jobs and phone are frozen until")
	w.get(at).status(200).says("By the newest plan nothing waits")

	w.promote(1, 3, 4)
	if _, err := w.Preview(t.Context(), "p_admin", w.id(path), connection.PreviewRequest{}); err != nil {
		t.Fatal(err)
	}
	if j := w.settled(path); j.Plan.Header.Counts.Changes() != 0 || j.Plan.Header.Counts.Held != 3 {
		t.Fatalf("planned: %+v", j.Plan.Header.Counts)
	}
	w.get(at).says(markup, "Job title", "Engineer", "Lead <b>", "21 Nov 2026")
	w.get(at+"?q=person0").says("Ann").saysNot(markup+" Family2", "person3@acme.test")
	w.get(at + "?q=nobody").says("Nobody like that waits")
	w.do("auditor", "GET", at, nil).saysNot("Preview the catch-up", "End the freeze now")

	// The preview without the freeze is a plan to look at; the newest one stays.
	if a := w.do("operator", "POST", path+"/freezes/preview", nil).status(303); a.To != path+"/preview" {
		t.Errorf("leads to %s", a.To)
	}
	if h := w.settled(path).Plan.Header; !h.WithoutFreezes || h.Counts.Update != 3 {
		t.Errorf("the catch-up: %+v", h)
	}
	w.get(at).says("Lead <b>")

	e, err := w.Engine(t.Context(), "p_admin", w.id(path))
	if err != nil {
		t.Fatal(err)
	}
	longer, err := e.AddFreeze(t.Context(), []string{"job_title"}, time.Time{}, "reorganisation")
	if err != nil {
		t.Fatal(err)
	}
	w.get(at).says("Some of these fields stay frozen for longer, by the freeze of job title (reorganisation)")
	w.get(path + "/freezes/" + longer.ID).saysNot("stay frozen for longer")
	if err := e.EndFreeze(t.Context(), longer.ID); err != nil {
		t.Fatal(err)
	}

	w.get(at + "/end").status(200).says("End the freeze of jobs and phone now?")
	w.do("operator", "POST", at+"/end", nil).status(403)
	w.post(at+"/end", nil).status(303)
	if h := w.settled(path).Plan.Header; h.WithoutFreezes || h.Counts.Update != 3 {
		t.Errorf("after the end: %+v", h)
	}
	w.get(at).status(404)
	w.post(at+"/end", nil).status(303) // somebody was faster
	w.settled(path)
	w.get(path + "/holds").says("No freeze is on")
}

// A freeze without an end says so.
func TestOpenFreeze(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	w.post(path+"/freezes", url.Values{"field": {"phone"}, "reason": {"x"}}).status(303)
	w.get(path+"/holds").says("No end", "until somebody ends it")
	w.get(path).says("Phone is frozen until somebody ends it")
	w.get(path + "/freezes/" + w.frozen(path).ID).says("Nobody knows yet: there is no plan")
}
