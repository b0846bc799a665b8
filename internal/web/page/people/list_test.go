package people_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
)

const active = `{"lifecycle": {"initial": "active"}}`

// hostile is a company whose names are chosen by somebody who wishes its administrators ill.
func hostile() bamboosim.Company {
	c := office(9)
	c.Employees[1].FirstName, c.Employees[1].LastName = `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`
	c.Employees[2].FirstName, c.Employees[2].LastName = "=CMD()", "@SUM(A1)"
	c.Employees[3].FirstName, c.Employees[3].LastName = "\u202egnirts", "مريم"
	c.Employees[4].FirstName = strings.Repeat("n", 200)
	c.Employees[5].FirstName = "👩‍👩‍👧 Ann"
	c.Employees[6].JobInfo[0].Department = `</td><b>R&D</b>`
	return c
}

// The list shows everybody with their state and where they come from, and counts seats (promise AY14).
func TestList(t *testing.T) {
	w := newWorld(t, office(9))
	says(t, w.get("/people"), "Nobody is here yet", "Connect BambooHR")
	w.add("p_prov", "Pia Prov", "pia@acme.test", directory.RoleMember, directory.Provisioned)
	w.connect(active)
	body := w.get("/people")
	says(t, body, "10 people. 9 seats taken, 1 provisioned, 0 deactivated.", "Given3 Family3", "given3@acme.test", "Engineering", "BambooHR", "Made here", "Given1 Family1")
	body = w.get("/people?unlinked=on")
	says(t, body, "1 person", "Pia Prov")
	quiet(t, body, "given3@acme.test")
	says(t, w.get("/people?q=GIVEN3"), "1 person Show everybody", "Given3 Family3")
	says(t, w.get("/people?department=Sales&status=active&sort=status"), "3 people")
	says(t, w.get("/people?q=zzz"), "Nobody fits", "Why is somebody not here?")
	says(t, w.get("/people?connection=gone&sort=nonsense"), "10 people")
	if a := w.ask("admin", http.MethodGet, "/people?after=nonsense", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("a place that is none: %d", a.Code)
	}
	if body := w.ask("auditor", http.MethodGet, "/people", nil).body; strings.Contains(body, `href="/people/new"`) {
		t.Error("an auditor is offered to add people")
	}
}

// Names are text, whatever is in them: no markup of theirs reaches any page.
func TestHostileNames(t *testing.T) {
	w := newWorld(t, hostile())
	w.connect(active)
	p := w.person("given2@acme.test")
	e := w.engine()
	if _, err := e.Edit(t.Context(), "id:"+p.ID, map[directory.Field]string{"job_title": "<i>Chief</i>"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.AddHold(t.Context(), "id:"+p.ID, "job_title", w.now.AddDate(0, 0, 2), "<u>because</u>"); err != nil {
		t.Fatal(err)
	}
	at := "/people/" + p.ID
	for _, path := range []string{"/people", at, at + "/edit", at + "/timeline", at + "/explain", at + "/hold", at + "/deactivate", "/chart", "/chart?root=" + p.ID + "&q=script",
		"/groups", "/numbers", "/people?q=%3Cscript%3E", "/explain?who=%3Cscript%3E", "/people?department=%3C/td%3E%3Cb%3ER%26D%3C/b%3E"} {
		body := w.get(path)
		for _, bad := range []string{"<script>alert", "<img src=x", "<i>Chief", "<u>because", "</td><b>", "\u202e"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
	}
	says(t, w.get(at), "<script>alert(1)</script>", "<i>Chief</i>", "<u>because</u>")
}

// The export has all rows of the filter in the columns of the import, and no cell that a spreadsheet
// computes (promise SI37).
func TestCSV(t *testing.T) {
	w := newWorld(t, hostile())
	w.connect(active)
	p := w.person("given7@acme.test")
	if _, err := w.engine().Edit(t.Context(), "id:"+p.ID, map[directory.Field]string{"teams": "Red, Blue", "custom.shirt": "-L", "phone": "+31 20 555"}); err != nil {
		t.Fatal(err)
	}
	a := w.ask("auditor", http.MethodGet, "/people.csv?q=acme.test", nil)
	if a.Code != http.StatusOK || !strings.HasPrefix(a.Header().Get("Content-Disposition"), "attachment;") {
		t.Fatalf("%d %v", a.Code, a.Header())
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 10 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cell := func(mail, column string) string {
		i := slices.IndexFunc(rows, func(r []string) bool { return r[3] == mail })
		return rows[i][slices.Index(rows[0], column)]
	}
	for _, x := range [][3]string{{"given3@acme.test", "first_name", "'=CMD()"}, {"given3@acme.test", "last_name", "'@SUM(A1)"}, {"given3@acme.test", "manager_email", "given1@acme.test"},
		{"given7@acme.test", "teams", "Red,Blue"}, {"given7@acme.test", "custom.shirt", "'-L"}, {"given7@acme.test", "phone", "'+31 20 555"}} {
		if got := cell(x[0], x[1]); got != x[2] {
			t.Errorf("%s of %s is %q, want %q", x[1], x[0], got, x[2])
		}
	}
	for _, r := range rows {
		for _, c := range r {
			if strings.IndexAny(c, "=+-@\t\r") == 0 {
				t.Errorf("a spreadsheet computes %q", c)
			}
		}
	}
	if a := w.ask("auditor", http.MethodGet, "/people.csv?department=Sales", nil); strings.Count(a.body, "\n") != 3 {
		t.Errorf("the filter does not count: %s", a.body)
	}
}
