package exceptions_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
)

// promote gives employees of BambooHR another job title.
func (w *world) promote(ids ...int) {
	w.t.Helper()
	for _, id := range ids {
		w.Put(id, fmt.Sprintf(`{"jobInfo":[{"date":"2024-01-08","department":"%s","location":"Utrecht","jobTitle":"Lead <b>`+"\u202eاسم"+`","reportsTo":1}]}`, []string{"Engineering", "Sales", "Support"}[id%3]))
	}
}

// A freeze is put on, seen everywhere, previewed and ended on screen (contradiction C2).
func TestFreezes(t *testing.T) {
	const reason = `Review <script>alert("x")</script>`
	w, path := connected(t)
	w.says(path+"/holds", "No freeze is on", "Freeze fields…")
	w.says(path+"/freezes/new", "Reporting lines", "first name, last name, preferred name, display name", "No single field")
	refused := func(form url.Values, wanted ...string) {
		t.Helper()
		pagetest.Says(t, w.Refused(path+"/freezes", form), wanted...)
	}
	refused(url.Values{"until": {"soon"}}, "3 things need a look", "Choose at least one group, or a single field", "YYYY-MM-DD", "Say why")
	refused(url.Values{"what": {"jobs"}, "until": {"2026-11-20"}, "reason": {"x"}}, "The freeze would end in the past; choose a later day.")
	refused(url.Values{"what": {"jobs"}, "until": {"9999-12-31"}, "reason": {"x"}}, "The freeze would end too far away; choose a day before the year 9999, or none.")
	refused(url.Values{"what": {"shoes"}, "reason": {"x"}}, "neither a field nor a group")
	w.Post(path+"/freezes", url.Values{"what": {"jobs"}, "field": {"phone"}, "until": {"2026-12-14"}, "reason": {reason}})
	w.status(http.StatusForbidden, "operator", http.MethodPost, path+"/freezes", url.Values{"what": {"jobs"}, "reason": {"x"}})

	at := path + "/freezes/" + w.frozen().ID
	for _, page := range []string{path, path + "/holds"} {
		a := w.status(http.StatusOK, "auditor", http.MethodGet, page, nil)
		pagetest.Says(t, a.Page, "Jobs and phone", "15 Dec 2026, 00:00", reason, "person p_admin")
		pagetest.Unmarked(t, page, a.Page)
	}
	w.says(path, "Jobs and phone are frozen until")
	w.says(at, "By the newest plan nothing waits")

	w.promote(2, 4, 5)
	if _, err := w.Conns.Preview(t.Context(), "p_admin", w.ID, connection.PreviewRequest{}); err != nil {
		t.Fatal(err)
	}
	if j := w.settled(); j.Plan.Header.Counts.Changes() != 0 || j.Plan.Header.Counts.Held != 3 {
		t.Fatalf("planned: %+v", j.Plan.Header.Counts)
	}
	w.says(at, "<script>alert(1)</script>", "Job title", "Engineer", "Lead <b>", "21 Nov 2026")
	pagetest.Unmarked(t, at, w.Get(at), "Lead <b>")
	w.says(at+"?q=given2@", "given2@acme.test")
	w.quiet(at+"?q=given2@", "given4@acme.test")
	w.says(at+"?q=nobody", "Nobody like that waits")
	pagetest.Quiet(t, w.status(http.StatusOK, "auditor", http.MethodGet, at, nil).Page, "Preview the catch-up", "End the freeze now")

	// The preview without the freeze is a plan to look at; the newest one stays.
	a := w.status(http.StatusSeeOther, "operator", http.MethodPost, path+"/freezes/preview", nil)
	if to := a.Header().Get("Location"); to != path+"/preview" {
		t.Errorf("leads to %s", to)
	}
	if h := w.settled().Plan.Header; !h.WithoutFreezes || h.Counts.Update != 3 {
		t.Errorf("the catch-up: %+v", h)
	}
	w.says(at, "Lead <b>")

	longer, err := w.Editor().AddFreeze(t.Context(), []string{"job_title"}, time.Time{}, "reorganisation")
	if err != nil {
		t.Fatal(err)
	}
	w.says(at, "Some of these fields stay frozen for longer, by the freeze of job title (reorganisation)")
	w.quiet(path+"/freezes/"+longer.ID, "stay frozen for longer")
	if err := w.Editor().EndFreeze(t.Context(), longer.ID); err != nil {
		t.Fatal(err)
	}

	w.says(at+"/end", "End the freeze of jobs and phone now?")
	w.status(http.StatusForbidden, "operator", http.MethodPost, at+"/end", nil)
	w.Post(at+"/end", nil)
	if h := w.settled().Plan.Header; h.WithoutFreezes || h.Counts.Update != 3 {
		t.Errorf("after the end: %+v", h)
	}
	w.status(http.StatusNotFound, "admin", http.MethodGet, at, nil)
	w.Post(at+"/end", nil) // somebody was faster
	w.settled()
	w.says(path+"/holds", "No freeze is on")
}

// A freeze without an end says so, also before the first plan.
func TestOpenFreeze(t *testing.T) {
	w := newWorld(t)
	d, err := w.Conns.Create(t.Context(), "p_owner", connection.NewConnection{Name: "Acme HR", Subdomain: "acme", Key: bamboosim.DefaultKey})
	if err != nil {
		t.Fatal(err)
	}
	w.ID = d.ID
	path := "/connections/" + d.ID
	w.Post(path+"/freezes", url.Values{"field": {"phone"}, "reason": {"x"}})
	w.says(path+"/holds", "No end", "until somebody ends it")
	w.says(path, "Phone is frozen until somebody ends it")
	w.says(path+"/freezes/"+w.frozen().ID, "Nobody knows yet: there is no plan")
}
