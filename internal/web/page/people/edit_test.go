package people_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
)

const locked = `{"lifecycle": {"initial": "active"}, "mapping": {"job_title": {"from": "jobTitle", "authority": "locked"}, "phone": {"from": "workPhone", "authority": "local"},
	"budgets.gym": {"from": "customGym", "currency": "EUR", "authority": "local"}, "custom.size": {"from": "customSize", "type": "number", "authority": "local"}}}`

var (
	inputs = regexp.MustCompile(`<(?:input|textarea|select)[^>]*\sname="([^"]*)"[^>]*>`)
	values = regexp.MustCompile(`\svalue="([^"]*)"`)
)

// filled is a form as a browser would send it back.
func filled(body string) url.Values {
	form := url.Values{}
	_, body, _ = strings.Cut(body, `id="person-form"`)
	for _, m := range inputs.FindAllStringSubmatch(body, -1) {
		if strings.Contains(m[0], " disabled") || strings.Contains(m[0], `type="checkbox"`) {
			continue
		}
		value := ""
		if v := values.FindStringSubmatch(m[0]); v != nil {
			value = strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(v[1])
		}
		form.Set(m[1], value)
	}
	return form
}

func with(form url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// Locked fields are shown with their reason and cannot be sent in either; what BambooHR overwrites is said
// beside the field and again when it is saved (promises SI4, SI36, AY21, BW10; contradiction C2).
func TestEditSaysWhoLeads(t *testing.T) {
	w := newWorld(t, pagetest.Office(4))
	w.Connect(locked)
	p := w.Person("given2@acme.test")
	at := "/people/" + p.ID
	pagetest.Says(t, w.Get(at), "Locked", "jobTitle", "BambooHR leads", "Kept here")
	body := w.Get(at + "/edit")
	pagetest.Says(t, body, "Locked: it comes from jobTitle. Change it in BambooHR.", "The next run overwrites this.", "Hold what I change here")
	form := filled(body)
	if form.Has("job_title") || form.Has("role") || form.Has("status") {
		t.Errorf("the form has %v", form)
	}
	if refused := w.Refused(at+"/edit", with(filled(body), "job_title", "Poet")); !strings.Contains(pagetest.Text(refused), "locked") {
		t.Errorf("a locked field was sent: %s", pagetest.Text(refused))
	}
	w.Post(at+"/edit", with(filled(body), "role", "owner", "status", "deactivated")) // nothing that the form knows
	if p = w.Person("given2@acme.test"); p.Role != directory.RoleMember || p.Status != directory.Active || p.Values.Get("job_title") != "Engineer" {
		t.Errorf("role %s, status %s, title %s", p.Role, p.Status, p.Values.Get("job_title"))
	}
	a := w.Ask("admin", http.MethodPost, at+"/edit", with(filled(body), "last_name", "New", "phone", "1"))
	if flash := flashed(a); a.Code != http.StatusSeeOther || flash != "Given2 Family2 is saved. The next run overwrites last name, unless you hold it." {
		t.Errorf("%d %q", a.Code, flash)
	}
	pagetest.Says(t, w.Get(at), "Edited here")
}

// What somebody typed that cannot be taken is told beside each field, all at once, and stays typed.
func TestEditTellsEveryFault(t *testing.T) {
	w := newWorld(t, pagetest.Office(4))
	w.Connect(locked)
	p := w.Person("given2@acme.test")
	boss := w.Person("given1@acme.test")
	at := "/people/" + p.ID + "/edit"
	form := with(filled(w.Get(at)), "email", "no address", "hire_date", "soon", "manager", "Nobody Here", "gender", strings.Repeat("x", 201), "budgets.gym", "much", "custom.size", "big")
	body := w.Refused(at, form)
	pagetest.Says(t, body, `"no address" is no e-mail address.`, `"soon" is no date.`, `Nobody here is known as "Nobody Here".`, "Write at most 200 characters.", `"much" is no amount.`, `"big" is no number.`, "6 things need a look")
	if !strings.Contains(body, `value="Nobody Here"`) || !strings.Contains(body, `value="no address"`) {
		t.Error("what was typed is gone")
	}
	if w.Person("given2@acme.test").Version != p.Version {
		t.Error("something was saved")
	}
	pagetest.Says(t, w.Refused(at, with(filled(w.Get(at)), "email", "")), "A person needs an e-mail address.")
	pagetest.Says(t, w.Refused(at, with(filled(w.Get(at)), "email", "given3@acme.test")), `"given3@acme.test" belongs to somebody else already.`)
	// Promise SI45: nobody draws a loop.
	boss1 := "/people/" + boss.ID + "/edit"
	body = w.Refused(boss1, with(filled(w.Get(boss1)), "manager", "given2@acme.test"))
	pagetest.Says(t, body, "reporting lines must not form a loop")
	if !strings.Contains(body, `id="f-manager-error"`) {
		t.Error("the loop is not told beside the manager")
	}
	w.Post(at, with(filled(w.Get(at)), "budgets.gym", "500.00 EUR", "custom.size", "42", "teams", "Red, Blue", "manager", "Given3 Family3", "preferred_name", strings.Repeat("é", 200)))
	p = w.Person("given2@acme.test")
	if p.Values.Get("custom.size") != "42" || len(p.Values.List(directory.Teams)) != 2 || p.Values.Get(directory.Manager) != w.Person("given3@acme.test").ID {
		t.Errorf("saved %v", p.Values)
	}
	a := w.Ask("admin", http.MethodPost, at, filled(w.Get(at)))
	if a.Code != http.StatusSeeOther || w.Person("given2@acme.test").Version != p.Version {
		t.Error("a form that nobody touched changed something")
	}
}

// Who was slower keeps what they typed, sees what changed meanwhile, and undoes nothing of it.
func TestEditMeanwhile(t *testing.T) {
	w := newWorld(t, pagetest.Office(4))
	w.Connect(active)
	p := w.Person("given2@acme.test")
	at := "/people/" + p.ID + "/edit"
	slow := filled(w.Get(at))
	w.Post(at, with(filled(w.Get(at)), "phone", "1", "gender", "Other"))
	body := w.Refused(at, with(slow, "gender", "Female", "last_name", "Slow"))
	pagetest.Says(t, body, "Somebody changed this person meanwhile.", `Meanwhile this became "Other".`)
	again := filled(body)
	if again.Get("last_name") != "Slow" || again.Get("gender") != "Female" || again.Get("phone") != "1" {
		t.Errorf("the form has %v", again)
	}
	w.Post(at, again)
	p = w.Person("given2@acme.test")
	if p.Values.Get("phone") != "1" || p.Values.Get("gender") != "Female" || p.Values.Get("last_name") != "Slow" {
		t.Errorf("saved %v", p.Values)
	}
}

// "Hold what I change here" keeps an edit until BambooHR says the same (contradiction C2).
func TestEditAndHold(t *testing.T) {
	w := newWorld(t, pagetest.Office(4))
	w.Connect(active)
	p := w.Person("given2@acme.test")
	at := "/people/" + p.ID
	w.Post(at+"/edit", with(filled(w.Get(at+"/edit")), "last_name", "Kept", "phone", "1", "gender", "x", "keep", "on"))
	pagetest.Says(t, w.Get(at), "Last name until BambooHR says Kept", "Phone until BambooHR says 1")
	w.Now = w.Now.Add(time.Hour)
	w.Sync()
	if got := w.Person("given2@acme.test"); got.Values.Get("last_name") != "Kept" {
		t.Errorf("the run wrote %s", got.Values.Get("last_name"))
	}
	w.Put(2, `{"lastName":"Kept"}`)
	w.Sync()
	pagetest.Quiet(t, w.Get(at), "Last name until BambooHR says Kept")

	// The same manager written in another way is no change to hold.
	w.Post(at+"/edit", with(filled(w.Get(at+"/edit")), "manager", "Given3 Family3"))
	w.Post(at+"/edit", with(filled(w.Get(at+"/edit")), "manager", " given3@ACME.test", "keep", "on"))
	pagetest.Quiet(t, w.Get(at), "Manager until BambooHR says")
	pagetest.Says(t, w.Refused(at+"/edit", with(filled(w.Get(at+"/edit")), "manager", "given2@acme.test")), "Nobody is their own manager.")
}

// An address is a way into an account: an admin does not change an owner's or a fellow admin's, and nobody
// changes somebody above them (security §1.5).
func TestEditAboveOneself(t *testing.T) {
	w := newWorld(t, pagetest.Office(2))
	w.Add("p_owner", "Olga", "olga@acme.test", directory.RoleOwner, directory.Active)
	w.Add("p_other", "Otto", "otto@acme.test", directory.RoleAdmin, directory.Active)
	w.Add("p_admin", "Ada", "ada@acme.test", directory.RoleAdmin, directory.Active)
	for _, path := range []string{"/edit", "/deactivate", "/invite", "/reactivate"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if a := w.Ask("admin", method, "/people/p_owner"+path, url.Values{"email": {"mine@evil.test"}, "version": {"1"}}); a.Code != http.StatusForbidden {
				t.Errorf("%s %s of an owner by an admin: %d", method, path, a.Code)
			}
		}
	}
	body := w.Get("/people/p_other/edit")
	pagetest.Says(t, body, "Only an owner changes the address of an owner or admin")
	if filled(body).Has("email") {
		t.Error("the address of a fellow admin can be typed")
	}
	pagetest.Says(t, w.Refused("/people/p_other/edit", with(filled(body), "email", "mine@evil.test", "was:email", "otto@acme.test")), "Only an owner changes the address of an owner or admin")
	w.Post("/people/p_other/edit", with(filled(body), "job_title", "Boss"))
	w.Post("/people/p_admin/edit", with(filled(w.Get("/people/p_admin/edit")), "email", "ada.new@acme.test")) // one's own
	if got := w.Value("otto@acme.test", "job_title"); got != "Boss" {
		t.Errorf("the title of a fellow admin is %q", got)
	}
	if a := w.Ask("owner", http.MethodPost, "/people/p_other/edit", with(filled(w.Get("/people/p_other/edit")), "email", "otto.new@acme.test")); a.Code != http.StatusSeeOther {
		t.Errorf("an owner changes an admin's address: %d", a.Code)
	}
	pagetest.Quiet(t, w.Get("/people/p_owner"), "Edit", "Deactivate…")
	pagetest.Says(t, w.Get("/people/p_owner"), "Only an owner changes an owner.")
	for _, role := range []string{"member", "auditor", "operator"} {
		if a := w.Ask(role, http.MethodPost, "/people/p_other/edit", with(filled(body), "job_title", "x")); a.Code != http.StatusForbidden {
			t.Errorf("%s edits: %d", role, a.Code)
		}
	}
}

// A person made by hand is provisioned until invited (promise AY13); a deactivation sticks (contradiction
// C28) and spares the last owner.
func TestStates(t *testing.T) {
	w := newWorld(t, pagetest.Office(3))
	w.Add("p_owner", "Olga", "olga@acme.test", directory.RoleOwner, directory.Active)
	pagetest.Says(t, w.Refused("/people/new", url.Values{"first_name": {"Ann"}}), "A person needs an e-mail address.")
	pagetest.Says(t, w.Refused("/people/new", url.Values{"email": {"olga@acme.test"}}), "belongs to somebody else already")
	at := w.Post("/people/new", url.Values{"email": {"ann@acme.test"}, "first_name": {"Ann"}, "last_name": {"Lee"}, "manager": {"olga@acme.test"}, "role": {"owner"}})
	pagetest.Says(t, w.Get(at), "Ann Lee", "Provisioned", "Made here", "Olga")
	if p := w.Person("ann@acme.test"); p.Role != directory.RoleMember || p.Status != directory.Provisioned {
		t.Errorf("a new person is %s and %s", p.Role, p.Status)
	}
	pagetest.Says(t, w.Get(at+"/invite"), "Invite Ann Lee?", "No mail is sent.", "take a seat")
	w.Post(at+"/invite", nil)
	pagetest.Says(t, w.Get(at), "Active", "Takes a seat")
	pagetest.Says(t, w.Get(at+"/deactivate"), "signed out everywhere at once", "It sticks")
	w.Post(at+"/deactivate", nil)
	pagetest.Says(t, w.Get(at), "Deactivated", "deactivated this person by hand", "Reactivate…")
	pagetest.Says(t, w.Refused(at+"/invite", nil), "is deactivated and cannot be invited")
	w.Post(at+"/reactivate", nil)
	if p := w.Person("ann@acme.test"); p.Status != directory.Active {
		t.Errorf("after the reactivation: %s", p.Status)
	}
	a := w.Ask("owner", http.MethodPost, "/people/p_owner/deactivate", nil)
	if a.Code != http.StatusUnprocessableEntity {
		t.Fatalf("the last owner: %d", a.Code)
	}
	pagetest.Says(t, a.Page, "This is the last owner; make somebody else an owner first.", "This is your own account")
	if a := w.Ask("admin", http.MethodGet, "/people/nobody/deactivate", nil); a.Code != http.StatusNotFound {
		t.Errorf("nobody: %d", a.Code)
	}
}

// flashed is the sentence left for the next page.
func flashed(a pagetest.Answer) string {
	for _, c := range a.Result().Cookies() {
		if c.Name == "rollcall-flash" {
			return unpack(c.Value)
		}
	}
	return ""
}

func TestHolds(t *testing.T) {
	w := newWorld(t, pagetest.Office(4))
	w.Connect(active)
	p := w.Person("given2@acme.test")
	at := "/people/" + p.ID
	for _, x := range []struct {
		form url.Values
		want string
	}{
		{url.Values{}, "Say why"},
		{url.Values{"reason": {"x"}, "field": {"nonsense"}}, "Choose one of the fields."},
		{url.Values{"reason": {"x"}, "end": {"day"}}, "Choose the last day"},
		{url.Values{"reason": {"x"}, "end": {"day"}, "until": {"2026-11-20"}}, "The hold would end in the past; choose a later day."},
		{url.Values{"reason": {"x"}, "end": {"day"}, "until": {"9999-12-31"}}, "The hold would end too far away; choose a day before the year 9999, or none."},
		{url.Values{"reason": {"x"}, "until": {"2027-01-01"}}, "Choose the end of a day, or leave the day empty."},
		{url.Values{"reason": {"x"}, "end": {"nonsense"}}, "Choose when the hold ends."},
	} {
		pagetest.Says(t, w.Refused(at+"/hold", x.form), x.want)
	}
	w.Post(at+"/hold", url.Values{"field": {"job_title"}, "end": {"day"}, "until": {"2026-11-30"}, "reason": {"The review <cycle>"}})
	w.Post(at+"/hold", url.Values{"reason": {"On loan"}})
	body := w.Get(at)
	pagetest.Says(t, body, "Job title until 1 Dec 2026, 00:00", "The review <cycle>", "The whole person until somebody removes it", "On loan")
	pagetest.Says(t, w.Get("/people?held=on"), "1 person", "Given2 Family2", "On hold")
	pagetest.Says(t, w.Get(at+"/timeline"), "put a hold on job title: The review <cycle>", "put a hold on the whole person: On loan")
	list, err := w.Editor().Holds(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	w.Post(at+"/hold", url.Values{"field": {"phone"}, "end": {"hr"}, "reason": {"has none any more"}})
	pagetest.Says(t, w.Get(at), "Phone until BambooHR has nothing there either", "has none any more")
	remove := at + "/holds/" + list[0].ID + "/remove"
	pagetest.Says(t, w.Get(remove), "Remove the hold on Given2 Family2?")
	w.Post(remove, nil)
	if a := w.Ask("admin", http.MethodPost, remove, nil); a.Code != http.StatusNotFound {
		t.Errorf("a hold that is gone: %d", a.Code)
	}
	other := "/people/" + w.Person("given3@acme.test").ID + "/holds/" + list[1].ID + "/remove"
	if a := w.Ask("admin", http.MethodPost, other, nil); a.Code != http.StatusNotFound {
		t.Errorf("somebody else's hold: %d", a.Code)
	}
	if a := w.Ask("operator", http.MethodPost, at+"/hold", url.Values{"reason": {"x"}}); a.Code != http.StatusForbidden {
		t.Errorf("an operator holds: %d", a.Code)
	}
}

// An import takes every line or none, tells every fault by its line, and is no way to a role above one's own
// (promise SI28; security §1.5).
func TestImport(t *testing.T) {
	w := newWorld(t, pagetest.Office(2))
	w.Add("p_owner", "Olga", "olga@acme.test", directory.RoleOwner, directory.Active)
	a := w.Upload("admin", "email,first_name,role,hire_date\nann@acme.test,Ann,owner,2024-01-08\nolga@acme.test,Olga,member,soon\nbo@acme.test,<script>,admin,\n")
	if a.Code != http.StatusUnprocessableEntity {
		t.Fatalf("%d %s", a.Code, pagetest.Text(a.Page))
	}
	pagetest.Says(t, a.Page, "Nothing was imported: the file has 4 faults", "Line", "Only an owner makes somebody an owner.", "Only an owner makes somebody an admin.", `"soon" is no date`, "olga@acme.test is in the directory already")
	pagetest.Says(t, w.Upload("admin", "").Page, "The file is empty")
	pagetest.Says(t, w.Upload("admin", "name\nAnn\n").Page, `names no column "email"`)
	pagetest.Says(t, w.Upload("admin", "email\n\"ann").Page, "This is no CSV file")
	pagetest.Says(t, w.Refused("/people/import", nil), "Choose a CSV file.")
	pagetest.Says(t, w.Upload("admin", "email\n"+strings.Repeat("a", 8<<20)).Page, "The file is larger than 8 MB.", "CSV file")
	odd := w.Upload("admin", "email,first_name\njose@acme.test,Jos\xe9\n").Page
	pagetest.Says(t, odd, "Line 2 has letters that are not UTF-8; save the file as \"CSV UTF-8\"")
	if !strings.Contains(odd, `aria-describedby="f-file-error f-file-hint"`) {
		t.Error("what is wrong with the file does not belong to its field")
	}
	pagetest.Says(t, w.Upload("admin", "email;shoe_size\nann@acme.test;42\n").Page, "the file has 1 fault", "shoe_size", "No field is called so; the columns may be", "first_name")
	if n, _ := w.Store.FindPeople(t.Context(), "email", "bo@acme.test", 2); len(n) != 0 {
		t.Error("a faulty file was imported in part")
	}
	a = w.Upload("admin", "\ufeffemail,first_name,role,manager_email\nann@acme.test,'=CMD(),,bo@acme.test\nbo@acme.test,Bo,auditor,\n")
	if a.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", a.Code, pagetest.Text(a.Page))
	}
	ann := w.Person("ann@acme.test")
	if ann.Values.Get("first_name") != "=CMD()" || ann.Values.Get("manager") != w.Person("bo@acme.test").ID || w.Person("bo@acme.test").Role != directory.RoleAuditor {
		t.Errorf("imported %v", ann.Values)
	}
	if a := w.Upload("owner", "email,role\nolaf@acme.test,owner\n"); a.Code != http.StatusSeeOther {
		t.Errorf("an owner imports an owner: %d %s", a.Code, pagetest.Text(a.Page))
	}
}
