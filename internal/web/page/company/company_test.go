package company_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/company"
	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
	"github.com/rollcall-hr/rollcall/internal/web/page/people"
	"github.com/rollcall-hr/rollcall/plan"
)

const active = `{"lifecycle": {"initial": "active"}}`

// newWorld has the pages of people too, where this package's links lead.
func newWorld(t testing.TB, c bamboosim.Company) *pagetest.World {
	t.Helper()
	return pagetest.New(t, c, func(p pagetest.Parts) []gate.Route {
		return slices.Concat(company.Routes(company.Deps{Gate: p.Gate, Connections: p.Connections, Views: p.Views, Now: p.Now}),
			people.Routes(people.Deps{Gate: p.Gate, Accounts: p.Accounts, Connections: p.Connections, Views: p.Views, Now: p.Now}))
	})
}

// Names are text, whatever is in them: no markup of theirs reaches any page.
func TestHostileNames(t *testing.T) {
	w := newWorld(t, pagetest.Hostile())
	w.Connect(active)
	p := w.Person("given2@acme.test")
	for _, path := range []string{"/chart", "/chart?root=" + p.ID + "&q=script", "/groups", "/numbers"} {
		pagetest.Unmarked(t, path, w.Get(path))
	}
	pagetest.Says(t, w.Get("/chart"), "<script>alert(1)</script>")
}

// The chart draws a small company as a whole, tells loops, and finds people (promise SI45).
func TestChart(t *testing.T) {
	w := newWorld(t, pagetest.Office(6))
	pagetest.Says(t, w.Get("/chart"), "Nobody is here yet")
	w.Connect(active)
	w.Add("p_out", "Alone <b>", "alone@acme.test", directory.RoleMember, directory.Active)
	w.Add("p_off", "Gone", "gone@acme.test", directory.RoleMember, directory.Deactivated)
	body := w.Get("/chart")
	pagetest.Says(t, body, "Given1 Family1", "5 reports", "Given6 Family6", "Without a manager and without reports 1 Alone <b>")
	pagetest.Quiet(t, body, "Gone", "loop")
	two, three := w.Person("given2@acme.test"), w.Person("given3@acme.test")
	for _, x := range [][2]string{{two.ID, three.ID}, {three.ID, two.ID}} { // as an earlier version could leave it
		p, err := w.Store.Person(t.Context(), x[0])
		if err != nil {
			t.Fatal(err)
		}
		p.Values.Set(directory.Manager, directory.KindPerson, x[1])
		if _, err := w.Store.SavePerson(t.Context(), p, plan.Change{Action: plan.Update}, "p_owner", w.Now); err != nil {
			t.Fatal(err)
		}
	}
	body = w.Get("/chart")
	pagetest.Says(t, body, "Reporting lines form a loop: Given2 Family2 → Given3 Family3", "1 report")
	body = w.Get("/chart?root=" + w.Person("given4@acme.test").ID)
	pagetest.Says(t, body, "Whole company", "Given1 Family1", "Given4 Family4")
	pagetest.Quiet(t, body, "Given5 Family5")
	pagetest.Says(t, w.Get("/chart?q=given5"), "Given5 Family5")
	pagetest.Says(t, w.Get("/chart?q=zzz"), "Nobody here is called zzz")
	pagetest.Says(t, w.Get("/chart?root=p_off"), "Gone is deactivated and nobody reports to them")
	if a := w.Ask("admin", http.MethodGet, "/chart?root=nowhere", nil); a.Code != http.StatusNotFound {
		t.Errorf("a root that is nowhere: %d", a.Code)
	}
}

// A large company comes a few levels at a time, and one manager with very many reports does not fill the page.
func TestChartOfMany(t *testing.T) {
	c := bamboosim.Company{Subdomain: "acme", Today: "2026-11-21"}
	for i := 1; i <= 700; i++ {
		e := pagetest.Office(1).Employees[0]
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
	w.Connect(active)
	body := w.Get("/chart")
	pagetest.Says(t, body, "399 reports, 699 in all", "All 399 reports")
	if n := strings.Count(body, `class="chart-line"`); n > 260 {
		t.Errorf("%d people are drawn at once", n)
	}
	deep := w.Get("/chart?depth=99&root=" + w.Person("g400@acme.test").ID)
	if n := strings.Count(deep, `class="chart-line"`); n != 9 {
		t.Errorf("%d levels of a line of 300 are drawn", n)
	}
	pagetest.Says(t, deep, "Given0408")
}

// Departments that look alike are shown first and merged by hand only; a new name keeps the old one known
// (contradiction C10).
func TestGroups(t *testing.T) {
	c := pagetest.Office(6)
	c.Employees[1].JobInfo[0].Department = "Enginering"
	w := newWorld(t, c)
	pagetest.Says(t, w.Get("/groups"), "No departments yet")
	pagetest.Says(t, w.Get("/groups?kind=teams"), "No teams yet")
	w.Connect(active)
	body := w.Get("/groups")
	pagetest.Says(t, body, "Do these mean the same?", "Enginering (1 person) and Engineering (2 people)")
	id := directory.GroupID("default", directory.KindDepartment, "Enginering")
	into := directory.GroupID("default", directory.KindDepartment, "Engineering")
	at := "/groups/" + url.PathEscape(id)
	pagetest.Says(t, w.Get(at+"/merge?into="+url.QueryEscape(into)), "Merge Enginering into Engineering?", "1 person of Enginering, and whoever is deactivated there, move to Engineering.")
	pagetest.Says(t, w.Refused(at+"/merge", url.Values{"into": {id}}), "Choose another department.")
	pagetest.Says(t, w.Refused(at+"/rename", url.Values{"name": {" "}}), "Write a name.")
	pagetest.Says(t, w.Refused(at+"/rename", url.Values{"name": {"engineering"}}), "Engineering has this name, or once had it. Merge the two instead.")
	pagetest.Says(t, w.Refused(at+"/rename", url.Values{"name": {strings.Repeat("x", 201)}}), "Write at most 200 characters.")
	w.Post(at+"/rename", url.Values{"name": {"Bridges <i>"}})
	pagetest.Says(t, w.Get("/groups"), "Bridges <i>", "Enginering")
	w.Post(at+"/merge", url.Values{"into": {into}})
	if got := w.Value("given2@acme.test", directory.Department); got != "Engineering" {
		t.Errorf("the department is %q", got)
	}
	body = w.Get("/groups")
	pagetest.Says(t, body, "Engineering 3 3 Enginering, Bridges <i>")
	pagetest.Quiet(t, body, "Do these mean the same?")
	for _, path := range []string{at + "/merge", at + "/rename"} {
		if a := w.Ask("admin", http.MethodPost, path, nil); a.Code != http.StatusNotFound {
			t.Errorf("%s of what is gone: %d", path, a.Code)
		}
		if a := w.Ask("operator", http.MethodPost, path, nil); a.Code != http.StatusForbidden {
			t.Errorf("%s by an operator: %d", path, a.Code)
		}
	}
}

// Both sides of the difference between the directory and BambooHR, each with the way on (promise SI51).
func TestNumbers(t *testing.T) {
	c := pagetest.Office(5)
	c.Employees[1].WorkEmail = ""
	c.Employees[2].HireDate = "2026-10-05"
	w := newWorld(t, c)
	pagetest.Says(t, w.Get("/numbers"), "No connection yet", "Everybody here comes from BambooHR.")
	w.Connect(active)
	w.Add("p_hand", "By <b>Hand", "hand@acme.test", directory.RoleMember, directory.Active)
	body := w.Get("/numbers")
	pagetest.Says(t, body, "In BambooHR but not here Acme HR", "No work e-mail 1", "Given2 Family2 No work e-mail", "Here but not in BambooHR 1", "By <b>Hand",
		"Oct 2026 1 0 +1 4", "Nov 2026 1 0 +1 5", "People join on their hire date")
	for _, link := range []string{"part=held&amp;reason=no_email", "/explain?connection=" + w.ID + "&amp;who=employee%3A2"} {
		if !strings.Contains(body, link) {
			t.Errorf("no link %s", link)
		}
	}
	w.Post("/people/"+w.Person("given4@acme.test").ID+"/hold", url.Values{"reason": {"x"}})
	w.Put(4, `{"lastName":"Other"}`)
	w.Sync()
	pagetest.Quiet(t, w.Get("/numbers"), "Family4", "On hold") // held, but here
	w.Post("/people/p_hand/deactivate", nil)
	pagetest.Says(t, w.Get("/numbers?from=2026-11&to=2026-11"), "Nov 2026 1 1 0 4")
	for query, want := range map[string]string{"from=x": "Write the month as 2026-11.", "from=2026-11&to=2026-10": "The last month is before the first.", "from=1999-01": "Choose at most five years."} {
		if a := w.Ask("admin", http.MethodGet, "/numbers?"+query, nil); a.Code != http.StatusUnprocessableEntity || !strings.Contains(a.Page, want) {
			t.Errorf("%s: %d %s", query, a.Code, pagetest.Text(a.Page))
		}
	}
}
