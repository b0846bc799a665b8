package people_test

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
)

const active = `{"lifecycle": {"initial": "active"}}`

// The list shows everybody with their state and where they come from, and counts seats (promise AY14).
func TestList(t *testing.T) {
	w := newWorld(t, pagetest.Office(9))
	pagetest.Says(t, w.Get("/people"), "Nobody is here yet", "Connect BambooHR")
	w.Add("p_prov", "Pia Prov", "pia@acme.test", directory.RoleMember, directory.Provisioned)
	w.Connect(active)
	body := w.Get("/people")
	pagetest.Says(t, body, "10 people. 9 seats taken, 1 provisioned, 0 deactivated.", "Given3 Family3", "given3@acme.test", "Engineering", "BambooHR", "Made here", "Given1 Family1")
	body = w.Get("/people?unlinked=on")
	pagetest.Says(t, body, "1 person", "Pia Prov")
	pagetest.Quiet(t, body, "given3@acme.test")
	pagetest.Says(t, w.Get("/people?q=GIVEN3"), "1 person Show everybody", "Given3 Family3")
	pagetest.Says(t, w.Get("/people?department=Sales&status=active&sort=status"), "3 people")
	pagetest.Says(t, w.Get("/people?q=zzz"), "Nobody fits", "Why is somebody not here?")
	pagetest.Says(t, w.Get("/people?connection=gone&sort=nonsense"), "10 people")
	if a := w.Ask("admin", http.MethodGet, "/people?after=nonsense", nil); a.Code != http.StatusUnprocessableEntity {
		t.Errorf("a place that is none: %d", a.Code)
	}
	if body := w.Ask("auditor", http.MethodGet, "/people", nil).Page; strings.Contains(body, `href="/people/new"`) {
		t.Error("an auditor is offered to add people")
	}
}

// Names are text, whatever is in them: no markup of theirs reaches any page.
func TestHostileNames(t *testing.T) {
	w := newWorld(t, pagetest.Hostile())
	w.Connect(active)
	p := w.Person("given2@acme.test")
	e := w.Editor()
	if _, err := e.Edit(t.Context(), "id:"+p.ID, map[directory.Field]string{"job_title": "<i>Chief</i>"}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.AddHold(t.Context(), "id:"+p.ID, "job_title", w.Now.AddDate(0, 0, 2), "<u>because</u>"); err != nil {
		t.Fatal(err)
	}
	at := "/people/" + p.ID
	for _, path := range []string{"/people", at, at + "/edit", at + "/timeline", at + "/explain", at + "/hold", at + "/deactivate",
		"/people?q=%3Cscript%3E", "/explain?who=%3Cscript%3E", "/people?department=%3C/td%3E%3Cb%3ER%26D%3C/b%3E"} {
		pagetest.Unmarked(t, path, w.Get(path), "<i>Chief", "<u>because")
	}
	pagetest.Says(t, w.Get(at), "<script>alert(1)</script>", "<i>Chief</i>", "<u>because</u>")
}

// The export has all rows of the filter in the columns of the import, and no cell that a spreadsheet
// computes (promise SI37).
func TestCSV(t *testing.T) {
	w := newWorld(t, pagetest.Hostile())
	w.Connect(active)
	p := w.Person("given7@acme.test")
	if _, err := w.Editor().Edit(t.Context(), "id:"+p.ID, map[directory.Field]string{"teams": "Red, Blue", "custom.shirt": "-L", "phone": "+31 20 555"}); err != nil {
		t.Fatal(err)
	}
	a := w.Ask("auditor", http.MethodGet, "/people.csv?q=acme.test", nil)
	if a.Code != http.StatusOK || !strings.HasPrefix(a.Header().Get("Content-Disposition"), "attachment;") {
		t.Fatalf("%d %v", a.Code, a.Header())
	}
	rows, err := csv.NewReader(strings.NewReader(a.Page)).ReadAll()
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
	if a := w.Ask("auditor", http.MethodGet, "/people.csv?department=Sales", nil); strings.Count(a.Page, "\n") != 3 {
		t.Errorf("the filter does not count: %s", a.Page)
	}
}
