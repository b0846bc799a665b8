package runs_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
)

// TestPreview walks from no plan to a plan: the preview says what would happen and writes nothing, as
// often as one likes (promises SI12, SI29), with the seats before and after (AY14).
func TestPreview(t *testing.T) {
	w := newWorld(t, office(12))
	says(t, w.get("/connections/"+w.id+"/preview"), "It writes nothing", "Make a preview")
	first := w.preview()
	page := w.get(first)
	says(t, page, "Good to apply: 15 changes, and nothing waits.", "12 created", "3 departments", "Apply 15 changes", "Settings version 1", "12 employees, complete")
	if got := text(regexp.MustCompile(`(?s)<span id="seats">.*?</dd>`).FindString(page)); !strings.HasPrefix(got, "0 →") || !strings.Contains(got, "12") {
		t.Errorf("seats: %q", got)
	}
	second := w.preview()
	if second == first {
		t.Error("the second preview is the first one")
	}
	says(t, w.get(first), "This plan is stale", "planned again since")
	quiet(t, w.get(first), "Apply 15 changes")
	says(t, w.get("/connections/"+w.id+"/preview"), "Good to apply: 15 changes")
	for _, err := range w.store.AllPeople(t.Context()) {
		t.Errorf("a preview wrote somebody, or %v", err)
	}
}

// TestRows looks at the list: what happens to whom and why, with hints of what changes (promise SI13), bar
// segments that filter (SI14), the exact changes of one person (SI15), and their source on focus (SI16).
func TestRows(t *testing.T) {
	w := newWorld(t, office(12))
	w.applyAll(w.preview())
	w.put(3, `{"jobInfo":[{"date":"2024-01-08","department":"Sales","location":"Berlin","jobTitle":"Lead","reportsTo":"1"}]}`)
	w.put(4, `{"firstName":"<script>alert(1)</script>","lastName":"=CMD() 🎈 ماجد"}`)
	w.put(5, `{"status":"Inactive"}`)
	w.put(6, fmt.Sprintf(`{"lastName":%q}`, strings.Repeat("W", 190)))
	plan := w.preview()
	page := w.get(plan)
	says(t, page, "3 updated", "1 deactivated", "8 unchanged", "Given3 Family3 job title, department, location", "Inactive in BambooHR", strings.Repeat("W", 190))
	if strings.Contains(page, "<script>alert") {
		t.Error("a name's markup got through")
	}
	for _, href := range []string{"?action=deactivate", "?action=update", "?part=held", "?part=unchanged"} {
		if !strings.Contains(page, `href="`+plan+href+`"`) {
			t.Errorf("no segment leads to %s", href)
		}
	}
	only := w.get(plan + "?action=deactivate")
	says(t, only, "Given5 Family5")
	quiet(t, only, "Given3 Family3")
	one := w.get(plan + "?q=" + url.QueryEscape("FAMILY3"))
	diff := regexp.MustCompile(`(?s)<table class="table stack-table plan-diff">.*?</table>`).FindString(one)
	says(t, diff, "before: Engineer → after: Lead", "before: Utrecht → after: Berlin", "Job title From the BambooHR field jobTitle.")
	if !strings.Contains(diff, `tabindex="0"`) {
		t.Error("the hint cannot be focused")
	}
	quiet(t, one, "Given5 Family5")
	// SI49: whoever is neither changed nor held is told about too.
	says(t, w.get(plan+"?q=given7"), "Nothing here fits", "agrees with BambooHR already", "Ask why somebody is not listed")
	says(t, w.get(plan+"?part=unchanged"), "8 people agree with BambooHR already")
	row := regexp.MustCompile(`id="row-(\d+)"`).FindStringSubmatch(only)
	alone := w.get(plan + "?seq=" + row[1])
	says(t, alone, "Show the whole list", "Given5 Family5 is deactivated")
	if !strings.Contains(alone, "<details open>") {
		t.Error("a linked row is not open")
	}
}

// TestApply asks with exact counts (promise SI17), applies in the background, and keeps the run with what
// it did to whom (SI18).
func TestApply(t *testing.T) {
	w := newWorld(t, office(12))
	plan := w.preview()
	confirm := w.get(plan + "/confirm")
	says(t, confirm, "Apply 15 changes?", "12 new people", "3 new departments", "0 → 12", "By itself this connection invites nobody")
	a := w.ask("admin", http.MethodPost, plan+"/apply", url.Values{"count": {"14"}})
	if a.Code != http.StatusUnprocessableEntity {
		t.Errorf("another count than the button's: %d", a.Code)
	}
	says(t, a.body, "Nothing was applied yet", "15 changes")
	run := w.applyAll(plan)
	page := w.get(run)
	says(t, page, "15 changes were applied.", "By hand", "See the plan", "Given12 Family12", "Undo…",
		"Runs start by hand so far. Switch on automatic runs")
	quiet(t, w.ask("auditor", http.MethodGet, run, nil).body, "Switch on automatic runs")
	says(t, w.get(plan), "15 changes were applied by this run")
	quiet(t, w.get(plan), "Apply 15 changes")
	says(t, w.get(plan+"/confirm"), "This plan cannot be applied")
	says(t, w.get("/history"), "Applied", "12 new people, 3 new departments", "Preview", "Acme HR", "p_admin")
}

// TestApplySome applies picked rows and what they depend on.
func TestApplySome(t *testing.T) {
	w := newWorld(t, office(6))
	plan := w.preview()
	row := regexp.MustCompile(`name="only" form="pick" value="(\d+)" aria-label="Pick Given2 Family2"`).FindStringSubmatch(w.get(plan))
	if row == nil {
		t.Fatal("Given2 has no tick box")
	}
	confirm := w.get(plan + "/confirm?only=" + row[1])
	says(t, confirm, "Apply 2 changes?", "1 new person", "1 new department", "1 of these goes along", "0 → 1")
	w.post(plan+"/apply", url.Values{"only": {row[1]}, "count": {"2"}})
	says(t, w.get(w.done()), "2 changes were applied", "Given2 Family2")
	page := w.get(plan)
	says(t, page, "2 changes were applied", "Apply the rest")
	says(t, w.get(plan+"/confirm"), "Apply 7 changes?")
	none := w.get(plan + "/confirm?pick=1") // the button beside the ticks, without any
	says(t, none, "Nothing is ticked", "Back to the preview")
	quiet(t, none, "Apply 7", "apply-now")
	if a := w.ask("admin", http.MethodGet, plan+"/confirm?only=999", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("a row that is not there: %d", a.Code)
	}
}

// TestGuard shows what the guard stopped and lets it through only by its count, and not by whoever asked
// for the plan while there is another administrator (product, "Guard").
func TestGuard(t *testing.T) {
	w := newWorld(t, office(30))
	w.applyAll(w.preview())
	w.now = w.now.Add(48 * time.Hour) // the settings are no longer new
	for i := 11; i <= 30; i++ {
		w.put(i, `{"status":"Inactive"}`)
	}
	w.put(2, `{"jobInfo":[{"date":"2024-01-08","department":"Sales","jobTitle":"Lead"}]}`)
	plan := w.preview()
	page := w.get(plan)
	says(t, page, "Refused in part", "20 of 30 linked people not yet deactivated would be deactivated: Given11 Family11", "Review and release", "Show 20 changes", "Apply 1 change")
	says(t, w.get(plan+"?waiting=any"), "Given11 Family11")
	quiet(t, w.get(plan+"?waiting=none"), "Given11 Family11 Inactive")

	says(t, page, "the only administrator releases it by typing the count")
	operator := w.ask("operator", http.MethodGet, plan+"/confirm", nil)
	says(t, operator.body, "Apply 1 change?", "20 changes wait", "An administrator can let it through")
	if a := w.ask("operator", http.MethodPost, plan+"/apply", url.Values{"count": {"21"}, "release-deactivate": {"20"}}); a.Code != http.StatusForbidden {
		t.Errorf("an operator releases: %d", a.Code)
	}
	wrong := w.ask("admin", http.MethodPost, plan+"/apply", url.Values{"count": {"21"}, "release-deactivate": {"19"}})
	if wrong.Code != http.StatusUnprocessableEntity {
		t.Errorf("a wrong count: %d", wrong.Code)
	}
	says(t, wrong.body, `"19" is not the count; type 20`)
	if strings.Count(wrong.body, `aria-invalid="true"`) != 1 || !strings.Contains(wrong.body, `aria-describedby="f-release-deactivate-error `) ||
		strings.Contains(wrong.body, `id="form-errors"`) {
		t.Errorf("the field with the wrong count is not what is read first:\n%s", wrong.body)
	}
	says(t, w.get(plan+"/confirm?release-deactivate=20"), "Apply 21 changes?", "20 deactivations", "30 → 10")

	accounts := account.New(account.Options{Organisation: "default", Store: w.store.Accounts(), Now: func() time.Time { return w.now }})
	if _, _, err := accounts.CreateOwnerByOperator(t.Context(), account.Operator("test"), account.Owner{Email: "owner@acme.test", Name: "Olga", Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	release := url.Values{"count": {"21"}, "release-deactivate": {"20"}}
	own := w.ask("admin", http.MethodPost, plan+"/apply", release)
	if own.Code != http.StatusUnprocessableEntity {
		t.Errorf("whoever asked for the plan releases it: %d", own.Code)
	}
	if !strings.Contains(own.body, `id="form-errors"`) {
		t.Error("why it cannot be done is not what is read first")
	}
	says(t, own.body, "You asked for this plan yourself, so another administrator has to release what the guard refused. That can be Olga.")
	says(t, w.get(plan), "Olga releases it by typing the count", "May release Olga", "Show 20 changes")
	quiet(t, w.get(plan), "Review and release")
	says(t, w.ask("owner", http.MethodGet, plan, nil).body, "If this is meant, you release it by typing the count")
	says(t, w.ask("owner", http.MethodGet, plan+"/confirm", nil).body, "Type 20 to release them Leave it empty to leave them out")
	if a := w.ask("owner", http.MethodPost, plan+"/apply", release); a.Code != http.StatusSeeOther {
		t.Fatalf("another administrator releases: %d\n%s", a.Code, text(a.body))
	}
	says(t, w.get(w.done()), "21 changes were applied", "20 deactivated")
	again := w.get(plan)
	quiet(t, again, "Review and release", "Inactive in BambooHR Refused")
	says(t, again, "Given11 Family11 Inactive in BambooHR Applied")
}

// TestRunThatTheGuardStopped says on the page of a run what it left to people, for as long as it waits (promise SI18).
func TestRunThatTheGuardStopped(t *testing.T) {
	w := newWorld(t, office(30))
	w.applyAll(w.preview())
	w.now = w.now.Add(48 * time.Hour) // the settings are no longer new
	synced := func() (run, plan string) {
		t.Helper()
		// However soon it is done, what was pressed leads to the run, and not to the newest preview.
		if at := w.post("/connections/"+w.id+"/sync", url.Values{"seen": {"now"}}); at != "/connections/"+w.id+"/progress" {
			t.Errorf("a sync leads to %s", at)
		}
		run = w.done()
		link := regexp.MustCompile(`href="(/plans/[a-z0-9_]+)\?waiting=any"`).FindStringSubmatch(w.get(run))
		if link == nil {
			t.Fatalf("%s does not lead to what waits:\n%s", run, text(w.get(run)))
		}
		return run, link[1]
	}
	for i := 11; i <= 30; i++ {
		w.put(i, `{"status":"Inactive"}`)
	}
	run, _ := synced()
	says(t, w.get(run), "Nothing was written. 20 deactivations wait, refused by the guard. See what waits, and why", "20 waiting", "10 unchanged")
	if page := w.get(run); strings.Count(page, `k-waiting"`) != 2 || strings.Contains(page, "seg k-bad") {
		t.Errorf("what waits has the colour of what was deactivated, in the bar or its legend:\n%s", page)
	}
	says(t, w.get("/history"), "Refused none; the guard stopped what was planned")
	w.now = w.now.Add(48 * time.Hour)
	says(t, w.get(run), "Nothing was written. 20 deactivations waited, refused by the guard. Nobody let them through, and the plan can no longer be applied. See the plan")
	quiet(t, w.get(run), "20 waiting")

	w.put(2, `{"jobInfo":[{"date":"2024-01-08","department":"Sales","jobTitle":"Lead"}]}`)
	run, plan := synced()
	says(t, w.get(run), "1 change was applied. 20 deactivations wait, refused by the guard.", "1 updated", "20 waiting")
	w.post(plan+"/apply", url.Values{"count": {"20"}, "release-deactivate": {"20"}})
	w.done()
	says(t, w.get(run), "1 change was applied. What waited was let through since.")

	w = newWorld(t, office(40))
	w.applyAll(w.preview())
	for i := 35; i <= 40; i++ { // 15 %: above the limit, not refused
		w.put(i, `{"status":"Inactive"}`)
	}
	run, _ = synced()
	says(t, w.get(run), "Nothing was written. 6 deactivations wait for an approval.")
}

// TestApproval ticks a kind that waits for an approval.
func TestApproval(t *testing.T) {
	w := newWorld(t, office(40))
	w.applyAll(w.preview())
	for i := 35; i <= 40; i++ { // 15 %: above the limit, not refused
		w.put(i, `{"status":"Inactive"}`)
	}
	plan := w.preview()
	says(t, w.get(plan), "All of this waits for an approval", "Review and approve")
	quiet(t, w.get(plan), "Apply 6 changes")
	says(t, w.get(plan+"/confirm"), "Nothing to apply yet", "6 changes wait", "Approve: Deactivations")
	confirm := w.get(plan + "/confirm?approve=deactivate")
	says(t, confirm, "Apply 6 changes?", "6 deactivations")
	row := regexp.MustCompile(`name="only" form="pick" value="(\d+)" aria-label="Pick Given36 Family36"`).FindStringSubmatch(w.get(plan))
	if row == nil {
		t.Fatal("a change that waits cannot be picked")
	}
	says(t, w.get(plan+"/confirm?approve=deactivate&only="+row[1]), "Apply 1 change?", "1 deactivation")
	if strings.Contains(w.ask("operator", http.MethodGet, plan, nil).body, `aria-label="Pick Given36 Family36"`) {
		t.Error("an operator may pick what waits")
	}
	if !strings.Contains(confirm, `value="deactivate" checked`) {
		t.Error("the box is not ticked")
	}
	w.post(plan+"/apply", url.Values{"count": {"6"}, "approve": {"deactivate"}})
	says(t, w.get(w.done()), "6 changes were applied")
}

func change(id string) plan.Change { return plan.Change{Action: plan.Create, PersonID: id} }

// TestHeld shows who is left alone with reason and fix, and settles a match (surface, "decide").
func TestHeld(t *testing.T) {
	c := office(6)
	c.Employees[2].WorkEmail = ""
	w := newWorld(t, c)
	e, err := w.conns.Editor(t.Context(), "p_admin", w.id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Add(t.Context(), "old@acme.test", map[directory.Field]string{directory.FirstName: "Given4", directory.LastName: "Family4"}); err != nil {
		t.Fatal(err)
	}
	plan := w.preview()
	held := w.get(plan + "?part=held")
	says(t, held, "No work e-mail Given3 Family3", "What to do: Enter a work e-mail in BambooHR.", "Several people fit Given4 Family4", "Link to Given4 Family4", "Create a new person", "Leave out")
	quiet(t, held, "rollcall decide", "--")
	quiet(t, w.ask("auditor", http.MethodGet, plan+"?part=held", nil).body, "Create a new person")
	if a := w.ask("operator", http.MethodPost, plan+"/decide", url.Values{"who": {"employee:4"}, "decision": {"new"}}); a.Code != http.StatusForbidden {
		t.Errorf("an operator decides: %d", a.Code)
	}
	for _, form := range []url.Values{{"who": {"employee:4"}, "decision": {"x"}}, {"who": {"given4"}, "decision": {"new"}}, {"who": {"employee:4"}, "decision": {"link"}, "person": {"p_nobody"}}} {
		if a := w.ask("admin", http.MethodPost, plan+"/decide", form); a.Code < 400 || a.Code >= 500 {
			t.Errorf("decide %v: %d", form, a.Code)
		}
	}
	// Who links an account to an employee decides what its address becomes: into an owner's or admin's, an owner.
	for id, role := range map[string]directory.Role{"p_olga": directory.RoleOwner, "p_ada": directory.RoleAdmin} {
		p := directory.Person{ID: id, Status: directory.Active, Role: role}
		p.Values.Set(directory.Email, directory.KindText, id+"@acme.test")
		if _, err := w.store.SavePerson(t.Context(), p, change(id), "test", w.now); err != nil {
			t.Fatal(err)
		}
		form := url.Values{"who": {"employee:4"}, "decision": {"link"}, "person": {id}}
		if a := w.ask("admin", http.MethodPost, plan+"/decide", form); a.Code != http.StatusForbidden {
			t.Errorf("an admin links an %s to an employee: %d", role, a.Code)
		}
		if a := w.ask("owner", http.MethodPost, plan+"/decide", form); a.Code != http.StatusSeeOther {
			t.Errorf("an owner links an %s to an employee: %d", role, a.Code)
		}
	}
	at := w.post(plan+"/decide", url.Values{"who": {"employee:4"}, "decision": {"new"}, "back": {plan + "?part=held"}, "row": {"row-4"}})
	if at != plan+"?part=held#row-4" {
		t.Errorf("decided, then at %s", at)
	}
	if at := w.post(plan+"/decide", url.Values{"who": {"employee:4"}, "decision": {"new"}, "back": {"https://evil.test/"}, "row": {"x"}}); at != plan+"?part=held" {
		t.Errorf("decided, then at %s", at)
	}
	says(t, w.get(plan+"?part=held"), "Decided: a new person.")
	says(t, w.get(w.preview()+"?action=create"), "Given4 Family4")
}

// TestPlansThatCannotBeApplied: of settings that are not saved, of a future day, too old, with older settings.
func TestPlansThatCannotBeApplied(t *testing.T) {
	w := newWorld(t, office(6))
	job, err := w.conns.Preview(t.Context(), "p_admin", w.id, connection.PreviewRequest{Settings: []byte(`{"lifecycle":{"initial":"provisioned"}}`)})
	if err != nil {
		t.Fatal(err)
	}
	says(t, w.get(w.done()), "Made with settings that are not saved", "Go back to the form", "none of which the guard would stop")
	_ = job
	w.post("/connections/"+w.id+"/preview", url.Values{"as_of": {"2026-12-24"}})
	future := w.done()
	says(t, w.get(future), "shows a future day", "at the end of 2026-12-24")
	a := w.ask("admin", http.MethodPost, "/connections/"+w.id+"/preview", url.Values{"as_of": {"2020-01-01"}})
	if a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.body, `value="2020-01-01"`) {
		t.Errorf("a day that is over: %d", a.Code)
	}
	says(t, a.body, "is over; choose a later day")
	says(t, w.ask("admin", http.MethodPost, "/connections/"+w.id+"/preview", url.Values{"as_of": {"2026-11-21"}}).body, "is today; choose a later day")
	says(t, w.ask("admin", http.MethodPost, "/connections/"+w.id+"/preview", url.Values{"as_of": {"9999-12-31"}}).body, "too far away")
	a = w.ask("admin", http.MethodPost, "/connections/"+w.id+"/preview", url.Values{"person": {"nobody@acme.test"}})
	if a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.body, `value="nobody@acme.test"`) {
		t.Errorf("nobody: %d", a.Code)
	}
	plan := w.preview()
	w.now = w.now.Add(25 * time.Hour)
	says(t, w.get(plan), "made 1 day ago, and plans expire after 24 hours")
	w.now = w.now.Add(-25 * time.Hour)
	if _, err := w.conns.Save(t.Context(), "p_admin", w.id, 0, []byte(`{"lifecycle":{"initial":"provisioned"}}`)); err != nil {
		t.Fatal(err)
	}
	says(t, w.get(plan), "the settings changed since it was made", "Settings version 1")
	for _, id := range []string{plan, future} {
		quiet(t, w.get(id), "Apply 9 changes")
		if a := w.ask("admin", http.MethodPost, id+"/apply", url.Values{"count": {"9"}}); a.Code != http.StatusUnprocessableEntity {
			t.Errorf("apply %s: %d", id, a.Code)
		}
	}
}

// TestPlanThatSomebodyElseHadFirst: a dialog that stood open while another administrator applied the plan, planned anew,
// or held somebody of it, says what happened and leads on, without the ids of plans and holds.
func TestPlanThatSomebodyElseHadFirst(t *testing.T) {
	w := newWorld(t, office(6))
	refused := func(plan, count string) answer {
		t.Helper()
		a := w.ask("owner", http.MethodPost, plan+"/apply", url.Values{"count": {count}})
		if a.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%s is applied too late: %d\n%s", plan, a.Code, text(a.body))
		}
		return a
	}
	plan := w.preview()
	count := input(t, w.get(plan+"/confirm"), "count")
	run := w.applyAll(plan)
	a := refused(plan, count)
	says(t, a.body, "It was applied already. See who did, and what came of it")
	if !strings.Contains(a.body, `href="`+run+`"`) {
		t.Errorf("nothing leads to %s:\n%s", run, a.body)
	}

	w.put(2, `{"lastName":"Newname"}`)
	plan = w.preview()
	w.put(3, `{"lastName":"Othername"}`)
	newer := w.preview()
	says(t, refused(plan, "1").body, "was read and planned again since. Go to the newest preview")

	e, err := w.conns.Editor(t.Context(), "p_admin", w.id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.AddHold(t.Context(), "employee:2", "", time.Time{}, "wait"); err != nil {
		t.Fatal(err)
	}
	w.post(newer+"/apply", url.Values{"count": {"2"}})
	page := w.get(w.done())
	says(t, page, "This run failed and changed nothing. Plan again", "The plan is stale: a hold was put on Given2 Newname since it was made; make a new preview.")
	quiet(t, page, "hold_", "plan plan_")
}

// TestProgress watches work that is under way: it goes on without the page, stops on request, and leads to
// what came of it (promises SI17, BW19).
func TestProgress(t *testing.T) {
	w := newWorld(t, office(6))
	release := w.hold()
	at := w.post("/connections/"+w.id+"/sync", nil)
	page := w.get(at)
	says(t, page, "Syncing", "Reading employees from BambooHR", "It goes on when you leave this page.", "Refresh", "Stop after this batch")
	for _, want := range []string{"<progress", `hx-trigger="every 1s"`, `hx-get="/connections/` + w.id + `/progress"`} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	quiet(t, w.ask("auditor", http.MethodGet, at, nil).body, "Stop after this batch")
	fragment := w.ask("admin", http.MethodGet, "/connections/"+w.id+"/progress", nil, "HX-Request", "true")
	if strings.Contains(fragment.body, "<html") || !strings.Contains(fragment.body, `id="progress"`) {
		t.Errorf("the fragment is %s", fragment.body)
	}
	busy := w.ask("admin", http.MethodPost, "/connections/"+w.id+"/preview", nil)
	if busy.Code != http.StatusUnprocessableEntity {
		t.Errorf("two at once: %d", busy.Code)
	}
	says(t, busy.body, "under way")
	release()
	run := w.done()
	says(t, w.get(run), "9 changes were applied.")
	done := w.ask("admin", http.MethodGet, "/connections/"+w.id+"/progress", nil, "HX-Request", "true")
	if done.Header().Get("HX-Redirect") != run {
		t.Errorf("done, then at %q", done.Header().Get("HX-Redirect"))
	}

	release = w.hold()
	w.post("/connections/"+w.id+"/preview", nil)
	w.post("/connections/"+w.id+"/cancel", nil)
	release()
	if at := w.done(); at != "/connections/"+w.id+"/preview" {
		t.Errorf("stopped, then at %s", at)
	}
	says(t, w.get("/connections/"+w.id+"/preview"), "was stopped")
}

// TestHistory keeps failed runs too, with what to do and BambooHR's request id (contradiction C22).
func TestHistory(t *testing.T) {
	w := newWorld(t, office(6))
	says(t, w.get("/connections/"+w.id+"/history"), "No runs yet")
	w.applyAll(w.preview())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.sim.URL+"/_sim/faults",
		strings.NewReader(`{"name":"status","args":{"code":403}}`))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil || answer.StatusCode >= 300 {
		t.Fatal(answer, err)
	}
	answer.Body.Close()
	w.now = w.now.Add(48 * time.Hour)
	w.post("/connections/"+w.id+"/sync", nil)
	failed := w.done()
	says(t, w.get(failed), "This run failed and changed nothing.", "request id")
	quiet(t, w.get(failed), "rollcall ")
	all := w.get("/history")
	says(t, all, "Failed", "Applied", "Preview")
	says(t, w.get("/history?outcome=failed"), "Failed")
	quiet(t, w.get("/history?outcome=failed"), "Applied p_admin", "new people")
	says(t, w.get("/history?outcome=refused"), "No run fits these filters", "Show all runs")
	says(t, w.get("/history?from=2026-11-22"), "Failed")
	until := w.get("/history?to=2026-11-21&connection=" + w.id) // that day included
	says(t, until, "6 new people, 3 new departments")
	quiet(t, until, "Failed By hand")
	if a := w.ask("admin", http.MethodGet, "/history?from=yesterday", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("from yesterday: %d", a.Code)
	}
	if a := w.ask("admin", http.MethodGet, "/history?after=x", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("a broken cursor: %d", a.Code)
	}
	says(t, w.get("/connections/"+w.id+"/preview"), "The last sync did not work")
}

// TestUndo takes a run back with its three lists (promise SI27), and puts holds so that the schedule may
// stay on (contradiction C23).
func TestUndo(t *testing.T) {
	w := newWorld(t, office(6))
	w.applyAll(w.preview())
	w.put(2, `{"jobInfo":[{"date":"2024-01-08","department":"Legal","location":"Berlin","jobTitle":"Lead","reportsTo":"1"}]}`)
	run := w.applyAll(w.preview())
	w.put(2, `{"jobInfo":[{"date":"2024-01-08","department":"Legal","location":"Paris","jobTitle":"Lead","reportsTo":"1"}]}`)
	w.applyAll(w.preview())

	says(t, w.get(run+"/undo"), "Take this run back?", "Everything that this run changed", "Only the 1 update")
	if a := w.ask("operator", http.MethodGet, run+"/undo", nil); a.Code != http.StatusForbidden {
		t.Errorf("an operator undoes: %d", a.Code)
	}
	for field, form := range map[string]url.Values{"person": {"person": {"nobody"}}, "kind": {"kind": {"x"}}} {
		a := w.ask("admin", http.MethodPost, run+"/undo", form)
		if a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.body, `id="f-`+field+`-error"`) {
			t.Errorf("undo %v: %d", form, a.Code)
		}
	}
	plan := w.post(run+"/undo", url.Values{"kind": {""}})
	page := w.get(plan)
	says(t, page, "Preview of an undo", "Will be reverted 1", "Changed since, kept 1", "Cannot be reverted 1", "Takes back Sync of Acme HR, 21 Nov 2026, 12:00", "before: Lead → after: Engineer",
		"Puts a hold on job title until BambooHR agrees.", "Apply 1 change")
	says(t, w.get(plan+"?part=kept"), "Given2 Family2 Location: Berlin back to Utrecht It was changed since, to Paris.")
	says(t, w.get(plan+"?part=impossible"), "Creation of the department Legal", "Departments and teams stay")
	quiet(t, w.ask("operator", http.MethodGet, plan, nil).body, "Apply 1 change")
	if a := w.ask("operator", http.MethodPost, plan+"/apply", url.Values{"count": {"1"}}); a.Code != http.StatusForbidden {
		t.Errorf("an operator applies an undo: %d", a.Code)
	}
	undone := w.applyAll(plan)
	says(t, w.get(undone), "1 change was applied", "Takes back Sync of Acme HR, 21 Nov 2026, 12:00")
	says(t, w.get(run), "This run was taken back.", "1 change was taken back by the run of")
	kept := w.get(plan + "?part=kept")
	says(t, kept, "It was changed since, to Paris.")
	quiet(t, kept, "Job title")
	says(t, w.get(w.preview()), "Nothing to do: the directory agrees with BambooHR.")
}

// TestUndoPart takes back what a run did to one person.
func TestUndoPart(t *testing.T) {
	w := newWorld(t, office(6))
	w.applyAll(w.preview())
	for i := 2; i <= 3; i++ {
		w.put(i, `{"jobInfo":[{"date":"2024-01-08","department":"Sales","location":"Berlin","jobTitle":"Lead","reportsTo":"1"}]}`)
	}
	run := w.applyAll(w.preview())
	link := regexp.MustCompile(`href="(/runs/[^"]*/undo\?person=[^"]*)"`).FindStringSubmatch(w.get(run + "?q=given2"))
	if link == nil {
		t.Fatal("no undo for one person")
	}
	who := input(t, w.get(link[1]), "person")
	plan := w.post(run+"/undo", url.Values{"person": {who}, "kind": {"update"}})
	says(t, w.get(plan), "Given2 Family2")
	quiet(t, w.get(plan), "Given3 Family3")
	quiet(t, w.get(plan+"?part=kept"), "Given3 Family3")
}

// TestExport writes plans as the command line does, and no formulas (security §1.13).
func TestExport(t *testing.T) {
	c := office(4)
	c.Employees[1].FirstName, c.Employees[1].JobInfo[0].JobTitle = "=CMD()", "+Lead"
	c.Employees[2].WorkEmail = ""
	w := newWorld(t, c)
	plan := w.preview()
	var doc struct {
		Connection string
		Verdict    string
		Changes    []map[string]any
		Held       []map[string]any
	}
	a := w.ask("auditor", http.MethodGet, plan+".json", nil)
	if err := json.Unmarshal([]byte(a.body), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Connection != "Acme HR" || doc.Verdict != "applies" || len(doc.Changes) != 5 || len(doc.Held) != 1 {
		t.Errorf("exported %s, %s, %d changes, %d held", doc.Connection, doc.Verdict, len(doc.Changes), len(doc.Held))
	}
	a = w.ask("auditor", http.MethodGet, plan+".csv", nil)
	if got := a.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "attachment") {
		t.Errorf("disposition %q", got)
	}
	lines, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	quoted := 0
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("a formula: %q", cell)
			}
			if strings.HasPrefix(cell, "'=") || strings.HasPrefix(cell, "'+") {
				quoted++
			}
		}
	}
	if quoted < 2 {
		t.Errorf("%d cells are quoted", quoted)
	}
}

// TestPermissions holds every route to its role, and unknown ids to 404.
func TestPermissions(t *testing.T) {
	w := newWorld(t, office(4))
	plan := w.preview()
	run := w.applyAll(plan)
	at := "/connections/" + w.id
	for _, x := range []struct {
		method, path string
		least        directory.Role
	}{
		{"GET", at + "/preview", directory.RoleAuditor}, {"GET", at + "/progress", directory.RoleAuditor}, {"GET", at + "/history", directory.RoleAuditor},
		{"GET", "/history", directory.RoleAuditor}, {"GET", plan, directory.RoleAuditor}, {"GET", plan + ".csv", directory.RoleAuditor},
		{"GET", run, directory.RoleAuditor}, {"GET", plan + "/confirm", directory.RoleOperator}, {"POST", at + "/cancel", directory.RoleOperator},
		{"POST", plan + "/apply", directory.RoleOperator}, {"POST", plan + "/decide", directory.RoleAdmin}, {"GET", run + "/undo", directory.RoleAdmin},
	} {
		may := false
		for _, role := range account.Roles() {
			may = may || role == x.least
			code := w.ask(string(role), x.method, x.path, nil).Code
			if (code == http.StatusForbidden) == may {
				t.Errorf("%s %s as %s: %d", x.method, x.path, role, code)
			}
		}
	}
	for _, path := range []string{"/plans/nope", "/plans/nope.json", "/plans/nope.csv", "/plans/nope/confirm", "/runs/nope", "/runs/nope/undo", "/connections/nope/preview",
		"/connections/nope/progress", "/connections/nope/history", plan + "?seq=9999"} {
		if code := w.ask("owner", http.MethodGet, path, nil).Code; code != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, code)
		}
	}
}

// TestCommandLineConnection shows what the command line planned, and leaves applying it there.
func TestCommandLineConnection(t *testing.T) {
	w := newWorld(t, office(4))
	conn, err := w.store.EnsureConnection(t.Context(), "Office")
	if err != nil {
		t.Fatal(err)
	}
	lease, err := w.store.Acquire(t.Context(), conn.ID, "run_cli", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	at, err := w.store.NewPlan(t.Context(), lease, "plan_cli", "", "", w.now)
	if err != nil {
		t.Fatal(err)
	}
	change := plan.Change{Action: plan.Create, Reason: plan.NewInHR, SourceID: 1, PersonID: "p_1", Name: "Ann Lee", StatusAfter: directory.Active}
	if err := at.Add(t.Context(), plan.Item{Change: &change}); err != nil {
		t.Fatal(err)
	}
	if _, err := at.Finish(t.Context(), plan.Header{Verdict: plan.Applies, Counts: plan.Counts{Create: 1}, MadeAt: w.now}, hr.Baseline{}); err != nil {
		t.Fatal(err)
	}
	page := w.get("/plans/plan_cli")
	says(t, page, "This connection runs from the command line. Apply the plan there.", "Ann Lee")
	quiet(t, page, "Apply 1 change")
	a := w.ask("admin", http.MethodPost, "/connections/"+conn.ID+"/preview", nil)
	if a.Code != http.StatusUnprocessableEntity {
		t.Errorf("preview: %d", a.Code)
	}
	says(t, a.body, "runs from the command line")
}

// TestDeletedConnection keeps plans and runs of a connection that is gone.
func TestDeletedConnection(t *testing.T) {
	w := newWorld(t, office(4))
	applied := w.preview()
	run := w.applyAll(applied)
	open := w.preview()
	if err := w.conns.Delete(context.Background(), "p_admin", w.id); err != nil {
		t.Fatal(err)
	}
	says(t, w.get(applied), "The connection of this plan was deleted")
	says(t, w.get(open+"?part=held"), "Held")
	says(t, w.get(run), "changes were applied", "Acme HR")
	quiet(t, w.get(run), "Undo…")
	if a := w.ask("admin", http.MethodPost, open+"/apply", url.Values{"count": {"0"}}); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("apply: %d", a.Code)
	}
	if got, err := w.store.Views().Runs(t.Context(), view.RunQuery{}); err != nil || len(got.Items) == 0 {
		t.Errorf("the history is %v, %v", got, err)
	}
}
