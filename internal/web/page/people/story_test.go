package people_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
)

// The timeline tells what runs and people did, newest first, with who and the run.
func TestTimeline(t *testing.T) {
	w := newWorld(t, office(3))
	w.add("p_admin", "Ada Admin", "ada@acme.test", directory.RoleAdmin, directory.Active)
	w.connect(active)
	at := "/people/" + w.person("given2@acme.test").ID
	w.now = w.now.Add(time.Hour)
	w.post(at+"/edit", with(filled(w.get(at+"/edit")), "phone", "1", "gender", "Other"))
	w.now = w.now.Add(time.Hour)
	w.put(2, `{"status":"Inactive"}`)
	w.sync()
	body := text(w.get(at + "/timeline"))
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
	if !strings.Contains(w.get(at+"/timeline"), `href="/runs/run_`) {
		t.Error("no link to the run")
	}
	for i := range 45 {
		w.now = w.now.Add(time.Minute)
		w.post(at+"/edit", with(filled(w.get(at+"/edit")), "gender", fmt.Sprint("g", i)))
	}
	body = w.get(at + "/timeline")
	says(t, body, "after: g44", "Show more")
	quiet(t, body, "Account made")
	says(t, w.get(at+"/timeline?after=8"), "Account made")
	if a := w.ask("admin", http.MethodGet, at+"/timeline?after=999", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("a place that is none: %d", a.Code)
	}
}

// The reason why somebody is as they are, or is not here, in the words of the screen.
func TestExplain(t *testing.T) {
	c := office(5)
	c.Employees[2].WorkEmail = ""
	c.Employees[4].FirstName, c.Employees[4].LastName = c.Employees[3].FirstName, c.Employees[3].LastName
	w := newWorld(t, c)
	says(t, w.get("/explain"), "Type an e-mail address")
	says(t, w.get("/explain?who=given2@acme.test"), "Nobody is known by that")
	w.connect(active)
	p := w.person("given2@acme.test")
	body := w.get("/people/" + p.ID + "/explain")
	says(t, body, "Given2 Family2 is new in BambooHR and gets an account (active).", "BambooHR says Active", "In scope", "Decision: account made")
	says(t, w.get("/people/"+p.ID+"/explain?at=2026-11-20"), "No stored run up to", "Make a preview, then ask again")
	says(t, w.get("/people/"+p.ID+"/explain?at=2026-11-22"), "Given2 Family2 is new")
	if a := w.ask("admin", http.MethodGet, "/people/"+p.ID+"/explain?at=soon", nil); a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Write the day as") {
		t.Errorf("a day that is none: %d", a.Code)
	}
	says(t, w.get("/explain?who=given2@acme.test"), "Active", "Given2 Family2 is new in BambooHR")
	says(t, w.get("/explain?who=employee:3"), "Not in the directory", "Given3 Family3 is not changed")
	body = w.get("/explain?who=" + url.QueryEscape("Given4 Family4"))
	says(t, body, "Several people fit. Whom do you mean?", "Given4 Family4 <given4@acme.test>", "Given4 Family4 <given5@acme.test>")
	link := "/explain?who=" + url.QueryEscape("id:"+w.person("given5@acme.test").ID)
	if !strings.Contains(body, link) {
		t.Errorf("no link %s", link)
	}
	says(t, w.get(link), "Active")
	for _, body := range []string{w.get("/explain?who=employee:3"), w.get("/people/" + p.ID), body} {
		quiet(t, body, "rollcall plan", "rollcall hold", "rollcall decide", "rollcall explain")
	}
}

// An employee's id means somebody else in every connection.
func TestExplainAcrossConnections(t *testing.T) {
	c := office(3)
	c.Employees[1].WorkEmail = ""
	w := newWorld(t, c)
	w.connect(active)
	first := w.id
	w.name = "Second"
	w.connect(active)
	body := w.get("/explain?who=employee:2")
	says(t, body, "Several people fit", "employee 2 of")
	body = w.get("/explain?who=employee:2&connection=" + first)
	says(t, body, "Not in the directory", "Given2 Family2 is not changed")
}

// The chart draws a small company as a whole, tells loops, and finds people (promise SI45).
func TestChart(t *testing.T) {
	w := newWorld(t, office(6))
	says(t, w.get("/chart"), "Nobody is here yet")
	w.connect(active)
	w.add("p_out", "Alone <b>", "alone@acme.test", directory.RoleMember, directory.Active)
	w.add("p_off", "Gone", "gone@acme.test", directory.RoleMember, directory.Deactivated)
	body := w.get("/chart")
	says(t, body, "Given1 Family1", "5 reports", "Given6 Family6", "Without a manager and without reports 1 Alone <b>")
	quiet(t, body, "Gone", "loop")
	two, three := w.person("given2@acme.test"), w.person("given3@acme.test")
	for _, x := range [][2]string{{two.ID, three.ID}, {three.ID, two.ID}} { // BambooHR allows it
		p, err := w.store.Person(t.Context(), x[0])
		if err != nil {
			t.Fatal(err)
		}
		w.manage(p, x[1])
	}
	body = w.get("/chart")
	says(t, body, "Reporting lines form a loop: Given2 Family2 → Given3 Family3", "1 report")
	body = w.get("/chart?root=" + w.person("given4@acme.test").ID)
	says(t, body, "Whole company", "Given1 Family1", "Given4 Family4")
	quiet(t, body, "Given5 Family5")
	says(t, w.get("/chart?q=given5"), "Given5 Family5")
	says(t, w.get("/chart?q=zzz"), "Nobody here is called zzz")
	says(t, w.get("/chart?root=p_off"), "Gone is deactivated and nobody reports to them")
	if a := w.ask("admin", http.MethodGet, "/chart?root=nowhere", nil); a.Code != http.StatusNotFound {
		t.Errorf("a root that is nowhere: %d", a.Code)
	}
}

// A large company comes a few levels at a time, and one manager with very many reports does not fill the page.
func TestChartOfMany(t *testing.T) {
	c := bamboosim.Company{Subdomain: "acme", Today: "2026-11-21"}
	for i := 1; i <= 700; i++ {
		e := office(1).Employees[0]
		e.ID, e.EmployeeNumber, e.FirstName, e.WorkEmail = i, fmt.Sprint(i), fmt.Sprintf("Given%04d", i), fmt.Sprintf("g%d@acme.test", i)
		job := e.JobInfo[0]
		switch {
		case i > 400: // a line of 300
			job.ReportsTo = i - 1
		case i > 1:
			job.ReportsTo = 1
		}
		e.JobInfo = []bamboosim.JobRow{job}
		c.Employees = append(c.Employees, e)
	}
	w := newWorld(t, c)
	w.connect(active)
	body := w.get("/chart")
	says(t, body, "399 reports, 699 in all", "All 399 reports")
	if n := strings.Count(body, `class="chart-line"`); n > 260 {
		t.Errorf("%d people are drawn at once", n)
	}
	deep := w.get("/chart?depth=99&root=" + w.person("g400@acme.test").ID)
	if n := strings.Count(deep, `class="chart-line"`); n != 9 {
		t.Errorf("%d levels of a line of 300 are drawn", n)
	}
	says(t, deep, "Given0408")
}

// Departments that look alike are shown first and merged by hand only; a new name keeps the old one known
// (contradiction C10).
func TestGroups(t *testing.T) {
	c := office(6)
	c.Employees[1].JobInfo[0].Department = "Enginering"
	w := newWorld(t, c)
	says(t, w.get("/groups"), "No departments yet")
	says(t, w.get("/groups?kind=teams"), "No teams yet")
	w.connect(active)
	body := w.get("/groups")
	says(t, body, "Do these mean the same?", "Enginering (1 person) and Engineering (2 people)")
	id := directory.GroupID("default", directory.KindDepartment, "Enginering")
	into := directory.GroupID("default", directory.KindDepartment, "Engineering")
	at := "/groups/" + url.PathEscape(id)
	says(t, w.get(at+"/merge?into="+url.QueryEscape(into)), "Merge Enginering into Engineering?", "1 person of Enginering, and whoever is deactivated there, move to Engineering.")
	says(t, w.refused(at+"/merge", url.Values{"into": {id}}), "Choose another department.")
	says(t, w.refused(at+"/rename", url.Values{"name": {" "}}), "Write a name.")
	says(t, w.refused(at+"/rename", url.Values{"name": {"engineering"}}), "Engineering has this name, or once had it. Merge the two instead.")
	says(t, w.refused(at+"/rename", url.Values{"name": {strings.Repeat("x", 201)}}), "Write at most 200 characters.")
	w.post(at+"/rename", url.Values{"name": {"Bridges <i>"}})
	says(t, w.get("/groups"), "Bridges <i>", "Enginering")
	w.post(at+"/merge", url.Values{"into": {into}})
	if got := w.value("given2@acme.test", directory.Department); got != "Engineering" {
		t.Errorf("the department is %q", got)
	}
	body = w.get("/groups")
	says(t, body, "Engineering 3 3 Enginering, Bridges <i>")
	quiet(t, body, "Do these mean the same?")
	for _, path := range []string{at + "/merge", at + "/rename"} {
		if a := w.ask("admin", http.MethodPost, path, nil); a.Code != http.StatusNotFound {
			t.Errorf("%s of what is gone: %d", path, a.Code)
		}
		if a := w.ask("operator", http.MethodPost, path, nil); a.Code != http.StatusForbidden {
			t.Errorf("%s by an operator: %d", path, a.Code)
		}
	}
}

// Both sides of the difference between the directory and BambooHR, each with the way on (promise SI51).
func TestNumbers(t *testing.T) {
	c := office(5)
	c.Employees[1].WorkEmail = ""
	c.Employees[2].HireDate = "2026-10-05"
	w := newWorld(t, c)
	says(t, w.get("/numbers"), "No connection yet", "Everybody here comes from BambooHR.")
	w.connect(active)
	w.add("p_hand", "By <b>Hand", "hand@acme.test", directory.RoleMember, directory.Active)
	body := w.get("/numbers")
	says(t, body, "In BambooHR but not here Acme HR", "No work e-mail 1", "Given2 Family2 No work e-mail", "Here but not in BambooHR 1", "By <b>Hand",
		"Oct 2026 1 0 +1 4", "Nov 2026 1 0 +1 5", "People join on their hire date")
	for _, link := range []string{"part=held&amp;reason=no_email", "/explain?connection=" + w.id + "&amp;who=employee%3A2"} {
		if !strings.Contains(body, link) {
			t.Errorf("no link %s", link)
		}
	}
	w.post("/people/"+w.person("given4@acme.test").ID+"/hold", url.Values{"reason": {"x"}})
	w.put(4, `{"lastName":"Other"}`)
	w.sync()
	quiet(t, w.get("/numbers"), "Family4", "On hold") // held, but here
	w.post("/people/p_hand/deactivate", nil)
	says(t, w.get("/numbers?from=2026-11&to=2026-11"), "Nov 2026 1 1 0 4")
	for query, want := range map[string]string{"from=x": "Write the month as 2026-11.", "from=2026-11&to=2026-10": "The last month is before the first.", "from=1999-01": "Choose at most five years."} {
		if a := w.ask("admin", http.MethodGet, "/numbers?"+query, nil); a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
			t.Errorf("%s: %d %s", query, a.Code, text(a.body))
		}
	}
}
