package people_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
)

// The timeline tells what runs and people did, newest first, with who and the run.
func TestTimeline(t *testing.T) {
	w := newWorld(t, pagetest.Office(3))
	w.Add("p_admin", "Ada Admin", "ada@acme.test", directory.RoleAdmin, directory.Active)
	w.Connect(active)
	at := "/people/" + w.Person("given2@acme.test").ID
	w.Now = w.Now.Add(time.Hour)
	w.Post(at+"/edit", with(filled(w.Get(at+"/edit")), "phone", "1", "gender", "Other"))
	w.Now = w.Now.Add(time.Hour)
	w.Put(2, `{"status":"Inactive"}`)
	w.Sync()
	body := pagetest.Text(w.Get(at + "/timeline"))
	order := []string{"Deactivated", "Given2 Family2 is deactivated: the account status in BambooHR is Inactive.", "Status before: active → after: deactivated",
		"Edited by hand", "Ada Admin", "Ada Admin edited this person.", "Phone before: blank → after: 1", "Account made", "Given2 Family2 is new in BambooHR", "from jobTitle in BambooHR"}
	rest := body
	for _, want := range order {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("the timeline does not go on with %q:\n%s", want, body)
		}
		rest = after
	}
	if !strings.Contains(w.Get(at+"/timeline"), `href="/runs/run_`) {
		t.Error("no link to the run")
	}
	for i := range 45 {
		w.Now = w.Now.Add(time.Minute)
		w.Post(at+"/edit", with(filled(w.Get(at+"/edit")), "gender", fmt.Sprint("g", i)))
	}
	body = w.Get(at + "/timeline")
	pagetest.Says(t, body, "after: g44", "Show more")
	pagetest.Quiet(t, body, "Account made")
	pagetest.Says(t, w.Get(at+"/timeline?after=8"), "Account made")
	if a := w.Ask("admin", http.MethodGet, at+"/timeline?after=999", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("a place that is none: %d", a.Code)
	}
}

// The reason why somebody is as they are, or is not here, in the words of the screen.
func TestExplain(t *testing.T) {
	c := pagetest.Office(5)
	c.Employees[2].WorkEmail = ""
	c.Employees[4].FirstName, c.Employees[4].LastName = c.Employees[3].FirstName, c.Employees[3].LastName
	w := newWorld(t, c)
	pagetest.Says(t, w.Get("/explain"), "Type an e-mail address")
	pagetest.Says(t, w.Get("/explain?who=given2@acme.test"), "Nobody is known by that")
	w.Connect(active)
	p := w.Person("given2@acme.test")
	body := w.Get("/people/" + p.ID + "/explain")
	pagetest.Says(t, body, "Given2 Family2 has had an account since 2026-11-21", "employee 2 was new in BambooHR (a run by ", "See the run", "asks for nothing else.", "BambooHR says Active", "In scope", "Decision: account made")
	pagetest.Says(t, w.Get("/people/"+p.ID+"/explain?at=2026-11-20"), "Not known", "No stored run up to the end of 2026-11-20 says anything", "Ask about a later day")
	pagetest.Says(t, w.Get("/people/"+p.ID+"/explain?at=2026-11-21"), "Given2 Family2 has had an account since")
	if a := w.Ask("admin", http.MethodGet, "/people/"+p.ID+"/explain?at=2026-11-22", nil); a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.Page, "That day has not come yet") {
		t.Errorf("a day that is to come: %d", a.Code)
	}
	if a := w.Ask("admin", http.MethodGet, "/people/"+p.ID+"/explain?at=soon", nil); a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.Page, "Write the day as") {
		t.Errorf("a day that is none: %d", a.Code)
	}
	pagetest.Says(t, w.Get("/explain?who=given2@acme.test"), "Active", "Given2 Family2 has had an account since")
	pagetest.Says(t, w.Get("/explain?who=employee:3"), "Not in the directory", "Given3 Family3 has no account: BambooHR has no work e-mail")
	body = w.Get("/explain?who=" + url.QueryEscape("Given4 Family4"))
	pagetest.Says(t, body, "Several people fit. Whom do you mean?", "Given4 Family4 <given4@acme.test>", "Given4 Family4 <given5@acme.test>")
	link := "/explain?who=" + url.QueryEscape("id:"+w.Person("given5@acme.test").ID)
	if !strings.Contains(body, link) {
		t.Errorf("no link %s", link)
	}
	pagetest.Says(t, w.Get(link), "Active")
	for _, body := range []string{w.Get("/explain?who=employee:3"), w.Get("/people/" + p.ID), body} {
		pagetest.Quiet(t, body, "rollcall plan", "rollcall hold", "rollcall decide", "rollcall explain")
	}
}

// What is only planned is nobody's work, and the page tells it from what stands, in the reader's words.
func TestExplainWhatIsPlanned(t *testing.T) {
	w := newWorld(t, pagetest.Office(3))
	w.Connect(active)
	at := "/people/" + w.Person("given2@acme.test").ID
	w.Put(2, `{"workPhone":"+31205550199"}`)
	job, err := w.Conns.Preview(t.Context(), "p_owner", w.ID, connection.PreviewRequest{})
	if err == nil {
		_, err = w.Conns.Wait(t.Context(), job.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	pagetest.Says(t, w.Get(at+"/timeline"), "Planned, not applied: BambooHR differs in phone.")
	pagetest.Quiet(t, w.Get(at+"/timeline"), "Edited by hand")
	for _, path := range []string{at, at + "/explain"} {
		body := pagetest.Text(w.Get(path))
		pagetest.Says(t, body, "Given2 Family2 has had an account since", "Planned, not applied: BambooHR differs in phone. Nobody has applied the plan of 2026-11-21",
			"See the plan", "If this is meant, apply it on the page of the preview.")
		pagetest.Quiet(t, body, "run_", "rollcall apply")
	}
	hold, err := w.Editor().AddHold(t.Context(), "given2@acme.test", directory.Phone, time.Time{}, "by agreement")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{at, at + "/explain"} {
		body := pagetest.Text(w.Get(path))
		pagetest.Says(t, body, "Planned, not applied: BambooHR differs in phone. Nobody can apply the plan of 2026-11-21", "while the hold on phone stands.",
			"until somebody removes it: by agreement.", "What to do: Remove the hold on the person's page.")
		pagetest.Quiet(t, body, "See the plan", "apply it")
	}
	if err := w.Editor().RemoveHold(t.Context(), hold.ID); err != nil {
		t.Fatal(err)
	}
	w.Sync()
	body := w.Get(at + "/explain")
	pagetest.Says(t, body, "The record was last changed at 2026-11-21", "BambooHR differed in phone (a run by ", "See the run", "asks for nothing else.")
	pagetest.Quiet(t, pagetest.Text(body), "Planned", "run_")
}

// An address that BambooHR has no more stays, and both pages say so in the words of the mapping's screen.
func TestExplainAnAddressThatIsKept(t *testing.T) {
	w := newWorld(t, pagetest.Office(3))
	w.Connect(active)
	w.Put(2, `{"workEmail":""}`)
	w.Sync()
	at := "/people/" + w.Person("given2@acme.test").ID
	for _, path := range []string{at, at + "/explain"} {
		body := pagetest.Text(w.Get(path))
		pagetest.Says(t, body, "asks for nothing but what is held back.", "BambooHR has none for this employee, and given2@acme.test is kept: the mapping’s “Blank: clear” clears no address.",
			"What to do: Enter a work e-mail in BambooHR.")
		pagetest.Quiet(t, body, "clear_when_blank")
	}
}

// After an edit by hand both pages say what the next run does with it, in the words of the mapping's screen.
func TestExplainForetells(t *testing.T) {
	w := newWorld(t, pagetest.Office(3))
	w.Connect(active)
	at := "/people/" + w.Person("given2@acme.test").ID
	w.Now = w.Now.Add(time.Hour)
	w.Post(at+"/edit", with(filled(w.Get(at+"/edit")), "phone", "1", "job_title", "Lead"))
	for _, path := range []string{at, at + "/explain"} {
		body := pagetest.Text(w.Get(path))
		pagetest.Says(t, body, "The next run overwrites job title with what BambooHR has, unless that is blank (“Overwritten” in the mapping).",
			"The next run overwrites phone with what BambooHR has (“Overwritten” in the mapping).")
		pagetest.Quiet(t, body, "authority ")
	}
	w.Sync()
	pagetest.Quiet(t, w.Get(at+"/explain"), "overwrites")
}

// Who waits for an administrator is led to the plan, and who leaves on a day to come is told the day.
func TestExplainWhoLeaves(t *testing.T) {
	w := newWorld(t, pagetest.Office(30))
	w.Connect(active)
	w.Put(2, `{"terminationDate":"2026-12-15"}`)
	w.Sync()
	at := "/people/" + w.Person("given2@acme.test").ID
	for _, path := range []string{at, at + "/explain"} {
		pagetest.Says(t, w.Get(path), "Given2 Family2 is due to be deactivated at 2026-12-16 00:00 UTC, by the first run from then on: the termination date in BambooHR is 2026-12-15.")
	}
	for id := 3; id <= 30; id++ {
		w.Put(id, `{"status":"Inactive"}`)
	}
	w.Sync()
	body := w.Get("/people/" + w.Person("given3@acme.test").ID + "/explain")
	pagetest.Says(t, body, "Planned, not applied: Given3 Family3 is deactivated", "See the plan", "If this is meant, an administrator releases it in the plan by typing the count; if this is wrong, set the account status to Active in BambooHR.")
}

// An employee's id means somebody else in every connection.
func TestExplainAcrossConnections(t *testing.T) {
	c := pagetest.Office(3)
	c.Employees[1].WorkEmail = ""
	w := newWorld(t, c)
	w.Connect(active)
	first := w.ID
	w.Name = "Second"
	w.Connect(active)
	body := w.Get("/explain?who=employee:2")
	pagetest.Says(t, body, "Several people fit", "employee 2 of")
	body = w.Get("/explain?who=employee:2&connection=" + first)
	pagetest.Says(t, body, "Not in the directory", "Given2 Family2 has no account")
}

// What keeps runs off somebody stands above their pages: that automatic runs of their connection are paused, and what
// is frozen for everybody, which the fields say too (promises SI26, SI46).
func TestPauseAndFreezeOfAPerson(t *testing.T) {
	w := newWorld(t, pagetest.Office(3))
	w.Add("p_admin", "Ada Admin", "ada@acme.test", directory.RoleAdmin, directory.Active)
	w.Connect(active)
	at := "/people/" + w.Person("given2@acme.test").ID
	paths := []string{at, at + "/timeline", at + "/explain"}
	for _, path := range paths {
		pagetest.Quiet(t, w.Get(path), "paused", "frozen", "Frozen")
	}
	if _, err := w.Store.Settings().Change(t.Context(), w.ID, "p_admin", w.Now, func(r *connection.Record) ([]connection.Event, error) {
		r.State, r.Pause = connection.Paused, &connection.Pause{By: "p_admin", Reason: "review <cycle>", At: w.Now, Until: w.Now.Add(48 * time.Hour)}
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	f, err := w.Editor().AddFreeze(t.Context(), []string{"jobs", "names"}, time.Time{}, "new titles")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		body := w.Get(path)
		pagetest.Says(t, body, "Automatic runs of Acme HR are paused until 23 Nov 2026, 12:00", "Reason: Review <cycle>.", "gets here when somebody starts a run",
			"Jobs and names: frozen for everybody until somebody ends it", "New titles.")
		for _, link := range []string{`href="/connections/` + w.ID + `"`, `href="/connections/` + w.ID + "/freezes/" + f.ID + `"`} {
			if !strings.Contains(body, link) {
				t.Errorf("%s has no link %s", path, link)
			}
		}
	}
	body := w.Get(at)
	for field, frozen := range map[string]bool{"job_title": true, "first_name": true, "email": false, "department": false} {
		_, row, found := strings.Cut(body, `id="field-`+field+`"`)
		row, _, _ = strings.Cut(row, "</tr>")
		if !found || strings.Contains(row, "Frozen") != frozen {
			t.Errorf("%s: %s", field, pagetest.Text(row))
		}
	}
	pagetest.Quiet(t, w.Get("/people/p_admin"), "paused", "frozen", "Frozen") // not from BambooHR
}
