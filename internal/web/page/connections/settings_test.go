package connections_test

import (
	"bytes"
	"mime/multipart"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/policy"
)

// Promises SI11 and SI12 (saving lands on a preview that is made by itself), AY9.
func TestMappingLandsOnPreview(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/mapping?setup=1").form(path + "/mapping")
	if a := w.post(path+"/mapping", form).status(303); a.To != path+"/preview?setup=1" {
		t.Errorf("the set-up goes on at %s", a.To)
	}
	if j := w.settled(path); j.Kind != connection.JobPreview || j.Plan.Header.Counts.Create != 8 {
		t.Errorf("job %+v", j)
	}
	form = w.get(path + "/mapping").form(path + "/mapping")
	form["email.from"] = []string{"workEmail", "homeEmail"}
	form.Set("job_title.authority", "locked")
	a := w.post(path+"/mapping", form).status(303)
	if a.To != path+"/preview" || !strings.HasPrefix(a.Flash, "Saved as version 2.") {
		t.Errorf("to %s saying %q", a.To, a.Flash)
	}
	w.settled(path)
	d, _ := w.Get(t.Context(), w.id(path))
	email, _ := d.Settings.Rule("email")
	if title, _ := d.Settings.Rule("job_title"); len(email.From) != 2 || title.Authority != policy.AuthorityLocked {
		t.Errorf("saved %+v and %+v", email, title)
	}
}

// What is wrong stands beside its row, everything typed is still there, and the caret points into the
// expression.
func TestMappingFaults(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/mapping").form(path + "/mapping")
	form.Set("job_title.how", "expr")
	form.Set("job_title.expr", "upper(")
	form["phone.from"] = []string{"work phone", "", "homePhone"}
	a := w.post(path+"/mapping", form).status(422).says("2 things need a look", "Job title: The expression", "column 6", `"work phone" is not a BambooHR field`)
	again := a.form(path + "/mapping")
	if again.Get("job_title.expr") != "upper(" || strings.Join(again["phone.from"], "|") != "work phone|homePhone|" {
		t.Errorf("came back as %q and %q", again.Get("job_title.expr"), again["phone.from"])
	}
	for _, anchor := range []string{"f-mapping.job_title.expr", "f-mapping.phone.from"} {
		if !strings.Contains(a.Body, `href="#`+anchor+`"`) || !strings.Contains(a.Body, `id="`+anchor+`"`) {
			t.Errorf("the summary does not lead to %s", anchor)
		}
	}
	check := w.post(path+"/mapping/check", form).status(200).says("2 rows need a look", "column 6", "person0@acme.test")
	if strings.Contains(check.Body, "<input") && !strings.Contains(check.Body, "field-list") {
		t.Error("the check would take the fields away from whoever types")
	}
	if d, _ := w.Get(t.Context(), w.id(path)); d.Version.Number != 1 {
		t.Error("something was saved")
	}
}

// Rows show real people, also those whose names would break a page.
func TestMappingExamples(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/mapping").says("Show examples").form(path + "/mapping")
	a := w.post(path+"/mapping/check", form).status(200).says("Every row can be used", "person0@acme.test", "Ann Family0", markup)
	if !strings.Contains(a.Body, "customShirtsize") {
		t.Error("the company's own fields are not proposed")
	}
	form.Del("first")
	if again := w.post(path+"/mapping/check", form).status(200); strings.Contains(again.Body, "customShirtsize") {
		t.Error("the field list comes every time")
	}
	// Whoever may only look, and whoever has no script, gets them with the page.
	w.do("auditor", "GET", path+"/mapping?examples=1", nil).status(200).says("person0@acme.test").saysNot("Save")
}

// A field that the company does not have is told beside its row; the other rows keep their people.
func TestMappingOfUnknownField(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/mapping").form(path + "/mapping")
	form["job_title.from"], form["phone.from"] = []string{"noSuchField"}, []string{"norThisOne"}
	w.post(path+"/mapping/check", form).status(200).says(`Unknown BambooHR field "noSuchField"`, `Unknown BambooHR field "norThisOne"`, "2 rows need a look", "person0@acme.test").
		saysNot("Every row can be used", "connection.mapping")
	scope := w.get(path + "/scope").form(path + "/scope")
	scope["include.field"], scope["include.op"], scope["include.values"] = []string{"noSuchField"}, []string{"is"}, []string{"x"}
	w.post(path+"/scope/counts", scope).status(200).says("1 entry needs a look", `Unknown BambooHR field "noSuchField"`)
	email := w.get(path + "/mapping").form(path + "/mapping")
	email["email.from"] = []string{"workEmial"} // nobody is recognised without it, so what is in force stands for it
	w.post(path+"/mapping/check", email).status(200).says(`similar: "Work Email" (workEmail)`, "1 row needs a look", "1000")
}

// Settings that name fields which the company does not have are refused beside the field. Where BambooHR cannot
// be asked they are saved, with a warning.
func TestSaveRefusesUnknownFields(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/mapping").form(path + "/mapping")
	form.Set("action", "save")
	form["job_title.from"], form["phone.from"] = []string{"noSuchField"}, []string{"norThisOne"}
	a := w.post(path+"/mapping", form).status(422).says(`Job title: Unknown BambooHR field "noSuchField"`, `Unknown BambooHR field "norThisOne"`)
	if again := a.form(path + "/mapping"); again.Get("job_title.from") != "noSuchField" {
		t.Errorf("came back as %q", again["job_title.from"])
	}
	scope := w.get(path + "/scope").form(path + "/scope")
	scope.Set("action", "save")
	scope["include.field"], scope["include.op"], scope["include.values"] = []string{"noSuchField"}, []string{"is"}, []string{"x"}
	w.post(path+"/scope", scope).status(422).says(`Unknown BambooHR field "noSuchField"`)
	if d, _ := w.Get(t.Context(), w.id(path)); d.Version.Number != 1 {
		t.Error("something was saved")
	}
	w.fault("POST", `{"name":"status","args":{"code":503}}`)
	to := w.post(path+"/mapping", form).status(303)
	if flash := to.Flash; !strings.Contains(flash, "Saved as version 2, but BambooHR could not be asked") {
		t.Errorf("said %q", flash)
	}
	w.fault("DELETE", "")
	form = w.get(path + "/mapping").form(path + "/mapping")
	w.post(path+"/mapping/check", form).status(200).says(`Unknown BambooHR field "noSuchField"`, "person0@acme.test")
	config := w.get(path + "/configuration").form(path + "/configuration")
	config.Set("plan_expires", "12")
	w.post(path+"/configuration", config).status(303) // what is not about fields can be saved all the same
}

func TestMappingRows(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/mapping").form(path + "/mapping")
	form.Set("action", "add")
	form.Set("add.target", "custom.")
	form.Set("add.name", "shirt size")
	w.post(path+"/mapping", form).status(422).says("Use letters, digits and _")
	form.Set("add.name", "shirt")
	a := w.post(path+"/mapping", form).status(200).says("Shirt custom.shirt")
	form = a.form(path + "/mapping")
	form["custom.shirt.from"] = []string{"customShirtsize"}
	form.Set("action", "remove:phone")
	form = w.post(path+"/mapping", form).status(200).form(path + "/mapping")
	form.Set("action", "save")
	w.post(path+"/mapping", form).status(303)
	w.settled(path)
	d, _ := w.Get(t.Context(), w.id(path))
	shirt, ok := d.Settings.Rule("custom.shirt")
	if _, phone := d.Settings.Rule("phone"); !ok || phone || shirt.From[0] != "customShirtsize" {
		t.Errorf("mapping %+v", d.Settings.Mapping)
	}
}

// The effect of what is not saved can be looked at, and the form is still there afterwards (promise SI29).
func TestPreviewEffect(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/mapping").form(path + "/mapping")
	form["location.from"] = []string{"city"}
	form.Set("action", "preview")
	a := w.post(path+"/mapping", form).status(303)
	if a.To != path+"/preview" || !strings.Contains(a.Flash, "not saved") {
		t.Errorf("to %s saying %q", a.To, a.Flash)
	}
	w.settled(path)
	if d, _ := w.Get(t.Context(), w.id(path)); d.Version.Number != 1 {
		t.Error("the preview saved something")
	}
	a = w.get(path + "/unsaved").status(303)
	if a.To != path+"/mapping?unsaved=1" {
		t.Errorf("the way back leads to %s", a.To)
	}
	again := w.get(a.To).says("These are your changes").form(path + "/mapping")
	if again.Get("location.from") != "city" {
		t.Errorf("the form came back with %q", again.Get("location.from"))
	}
	form.Set("email.how", "expr")
	w.post(path+"/mapping", form).status(422)
}

// Promises BW17 (the company's own statuses), SI22 (a subset), AL17, and live counts per rule.
func TestScope(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/scope").form(path + "/scope")
	form.Set("action", "add:exclude")
	a := w.post(path+"/scope", form).status(200).says("Contractor", "Full-Time", "8 of 8 employees take part")
	form = a.form(path + "/scope")
	form["exclude.field"], form["exclude.op"], form["exclude.values"] = []string{"department"}, []string{"in"}, []string{"Board"}
	form["scope.block_statuses"] = []string{"Contractor"}
	w.post(path+"/scope/counts", form).status(200).says("7 of 8 employees take part", "concerns 1 employee : Bo Family1", "7 employees", "1 employee")
	form["exclude.values"] = []string{"Bord"}
	w.post(path+"/scope/counts", form).status(200).says("concerns nobody right now", "BambooHR has:", "Board, Engineering")
	form["exclude.op"] = []string{"before"}
	w.post(path+"/scope/counts", form).status(200).says("1 entry needs a look", `"Bord" is not a date`)
	a = w.post(path+"/scope", form).status(422).says("Nothing was saved", `"Bord" is not a date`)
	if again := a.form(path + "/scope"); again.Get("exclude.values") != "Bord" || again.Get("scope.block_statuses") != "Contractor" {
		t.Errorf("came back as %v", again)
	}
	form["exclude.op"], form["exclude.values"] = []string{"in"}, []string{"Board"}
	form.Set("action", "preview")
	w.post(path+"/scope", form).status(303)
	w.settled(path)
	form.Set("action", "save")
	if a := w.post(path+"/scope", form).status(303); a.To != path+"/preview" {
		t.Errorf("goes to %s", a.To)
	}
	w.settled(path)
	d, _ := w.Get(t.Context(), w.id(path))
	if len(d.Settings.Scope.Exclude) != 1 || d.Settings.Scope.Exclude[0].String() != "department in [Board]" || len(d.Settings.Scope.BlockStatuses) != 1 {
		t.Errorf("saved %+v", d.Settings.Scope)
	}
	form = w.get(path + "/scope").form(path + "/scope")
	form.Set("action", "remove:exclude.0")
	w.post(path+"/scope", form).status(200).says("No rule: nobody is left out.")
}

func TestConfiguration(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/configuration").status(200).form(path + "/configuration")
	form.Set("name", "Head office "+rtl)
	form.Set("schedule", "every")
	form.Set("schedule.every", "6")
	form.Set("notify.errors", "it@acme.test\nnobody")
	form.Set("guard.deactivate.people", "many")
	a := w.post(path+"/configuration", form).status(422).says("2 things need a look", `"nobody" is not an e-mail address`)
	if again := a.form(path + "/configuration"); again.Get("guard.deactivate.people") != "many" || again.Get("notify.errors") != "it@acme.test\nnobody" {
		t.Errorf("came back as %v", again)
	}
	form.Set("notify.errors", "it@acme.test")
	form.Set("guard.deactivate.people", "5")
	// Name, schedule and recipients plan nothing new: no preview.
	if a := w.post(path+"/configuration", form).status(303); a.To != path+"/configuration" || a.Flash != "Saved as version 2." {
		t.Errorf("to %s saying %q", a.To, a.Flash)
	}
	form = w.get(path + "/configuration").form(path + "/configuration")
	if a := w.post(path+"/configuration", form).status(303); a.Flash != "Nothing was different, so nothing was saved." {
		t.Errorf("says %q", a.Flash)
	}
	form.Set("guard.deactivate.people", "9")
	if a := w.post(path+"/configuration", form).status(303); a.To != path+"/preview" {
		t.Errorf("goes to %s", a.To)
	}
	w.settled(path)
	form.Set("schedule", "cron")
	form.Set("schedule.cron", "0 3 * * 1-5")
	w.post(path+"/configuration/schedule", form).status(200).says("23 Nov 2026, 03:00", "24 Nov 2026, 03:00", "25 Nov 2026, 03:00")
	form.Set("schedule.cron", "every day")
	w.post(path+"/configuration/schedule", form).status(200).says("cron text")
}

// Promises SI10 (automatic runs are switched on by somebody), SI26 (suspended for a while), SI46 (everybody
// sees who did it), BW21 (not without somebody who learns of failures), AL4 (approval), C17 (by oneself, or after an
// approval).
func TestAutomaticRuns(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	w.get(path).says("this is missing: a preview of these settings").saysNot("Switch on")
	if a := w.post(path+"/enable", nil).status(303); !strings.HasPrefix(a.Flash, "!Not yet:") {
		t.Errorf("says %q", a.Flash)
	}
	w.synced(path)
	w.get(path).says("this is missing: an address that learns about failures")
	form := w.get(path + "/configuration").form(path + "/configuration")
	form.Set("notify.errors", "it@acme.test")
	w.post(path+"/configuration", form).status(303)
	w.get(path).says("Switch on automatic runs", "Preview", "Applied", "8 created")
	w.post(path+"/enable", nil).status(303)
	w.get(path).says("On, daily at 03:00", "22 Nov 2026, 03:00", "23 Nov 2026, 03:00", "24 Nov 2026, 03:00", "8 people", "Switch off")
	w.post(path+"/pause", url.Values{"reason": {""}}).status(422).says("Say why")
	w.post(path+"/pause", url.Values{"reason": {"x"}, "until": {"soon"}}).status(422).says("YYYY-MM-DD")
	w.post(path+"/pause", url.Values{"reason": {"x"}, "until": {"2026-11-01"}}).status(422).says("choose a later day")
	w.post(path+"/pause", url.Values{"reason": {"x"}, "until": {"9999-12-31"}}).status(422).says("The pause would end too far away; choose a day before the year 9999, or none.")
	w.post(path+"/pause", url.Values{"reason": {"Review cycle " + markup}, "until": {"2026-11-30"}}).status(303)
	w.do("auditor", "GET", path, nil).says("Paused by", "person p_admin", "1 Dec 2026, 00:00", "Review cycle "+markup)
	w.get("/connections").says("Paused", "Review cycle")
	for _, tab := range []string{"/configuration", "/mapping", "/scope", "/check", "/holds"} {
		w.get(path+tab).says("Automatic runs are paused until", "1 Dec 2026, 00:00", "Who paused them, and why")
	}
	w.post(path+"/resume", nil).status(303)
	form = w.get(path + "/configuration").form(path + "/configuration")
	form.Set("approval", "required")
	w.post(path+"/configuration", form).status(303)
	w.get(path).says("Awaiting approval", "Approve the settings")
	w.do("auditor", "GET", path, nil).saysNot("Approve the settings")
	w.post(path+"/approve", nil).status(303)
	w.get(path).says("Approved by person p_admin")
	w.post(path+"/disable", nil).status(303)
	w.get(path).says("Off.")
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	w.synced(path)
	w.get(path+"/delete").status(200).says("8 people stay as they are", "nobody is deactivated or deleted", "The API key is erased")
	w.post(path+"/delete", url.Values{"confirm": {"Acme"}}).status(422).says("This is not the name")
	if a := w.post(path+"/delete", url.Values{"confirm": {"Acme HR"}}).status(303); a.To != "/connections" {
		t.Errorf("goes to %s", a.To)
	}
	w.get("/connections").says("No connection yet")
	w.get(path).status(404)
}

func TestVersions(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	form := w.get(path + "/configuration").form(path + "/configuration")
	form.Set("notify.errors", "it@acme.test")
	w.post(path+"/configuration", form).status(303)
	w.do("auditor", "GET", path+"/settings", nil).status(200).says("Version 2 in force", "Version 1", "person p_admin", "notify.errors: none → it@acme.test").saysNot("Restore", "Import the")
	w.get(path+"/settings/1").status(200).says("set up", "connection:", "Restore")
	w.get(path + "/settings/9").status(404)
	w.get(path+"/settings/1/restore").status(200).says("Restore version 1", "The name, the key")
	if a := w.post(path+"/settings/1/restore", nil).status(303); a.Flash != "Saved as version 3." {
		t.Errorf("says %q", a.Flash)
	}
	file := w.get(path + "/settings/export").status(200)
	if file.Header.Get("Content-Disposition") != `attachment; filename="rollcall-acme-hr.yaml"` || !strings.Contains(file.Body, "subdomain: acme") {
		t.Errorf("%v\n%s", file.Header, file.Body)
	}
}

// An import tells all faults at once with their lines, and nothing that was handed in is lost.
func TestImport(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	broken := "name: Acme HR\nbamboohr: { subdomain: acme, base_url: \"http://127.0.0.1:1\" }\ntime_zone: Mars\nnonsense: 1\nmapping: { email: { from: workEmail } }\n"
	a := w.upload(path, broken, "").status(422).says("Nothing was imported", "3 things need a look", "Line 2", "base_url is accepted only", "Line 3", "Line 4", "nonsense")
	if got := a.formText("text"); got != broken {
		t.Errorf("what was handed in came back as %q", got)
	}
	w.upload(path, "", "").status(422).says("choose a file, or paste the settings")
	w.upload(path, "", "\xff\xfe{").status(422)
	file := w.get(path + "/settings/export").Body
	if a := w.upload(path, "", strings.Replace(file, "initial: provisioned", "initial: active", 1)).status(303); a.To != path+"/preview" {
		t.Errorf("goes to %s", a.To)
	}
	w.settled(path)
	if d, _ := w.Get(t.Context(), w.id(path)); d.Settings.Lifecycle.Initial != policy.InitialActive {
		t.Error("the import is not in force")
	}
}

func (w *world) upload(path, text, file string) answer {
	w.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("text", text); err != nil {
		w.t.Fatal(err)
	}
	part, err := form.CreateFormFile("file", map[bool]string{true: "", false: "settings.yaml"}[file == ""])
	if err != nil {
		w.t.Fatal(err)
	}
	_, _ = part.Write([]byte(file))
	_ = form.Close()
	r := httptest.NewRequestWithContext(w.t.Context(), "POST", path+"/settings/import", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return w.send("admin", r)
}

// formText is what stands in a text area of any form.
func (a answer) formText(name string) string {
	for n := range a.tree().Descendants() {
		if n.Data == "textarea" && attr(n, "name") == name && n.FirstChild != nil {
			return n.FirstChild.Data
		}
	}
	return ""
}

// Settings of the operator's file are shown, and changed nowhere here.
func TestFromTheFile(t *testing.T) {
	w := newWorld(t)
	c, faults := policy.ParseSettings([]byte("name: Filed\nbamboohr: { subdomain: acme }\nnotify: { errors: [it@acme.test] }"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	c.BambooHR.BaseURL = w.sim
	if _, err := w.Adopt(t.Context(), policy.File{Connections: []policy.Connection{c}}, func(*policy.Connection) (string, error) { return w.key, nil }); err != nil {
		t.Fatal(err)
	}
	all, _ := w.List(t.Context())
	path := "/connections/" + all[0].ID
	for _, page := range []string{"", "/configuration", "/mapping", "/scope", "/check", "/settings", "/holds"} {
		a := w.get(path + page).status(200)
		if page == "/configuration" || page == "/mapping" || page == "/scope" {
			a.says("come from the operator’s configuration file").saysNot("Preview effect", "Delete this connection", "Replace the key")
			if !strings.Contains(a.Body, " disabled") {
				t.Errorf("%s can be edited", page)
			}
		}
	}
	w.post(path+"/mapping", url.Values{"version": {"1"}, "rows": {"email"}, "email.from": {"homeEmail"}}).status(409)
	w.post(path+"/mapping", url.Values{"action": {"preview"}, "rows": {"email"}, "email.from": {"homeEmail"}}).status(409)
	w.post(path+"/configuration", url.Values{"version": {"1"}}).status(409)
	w.post(path+"/key", url.Values{"api_key": {w.key}}).status(409)
	w.post(path+"/delete", url.Values{"confirm": {"Filed"}}).status(409)
	w.get("/connections").says("From the operator’s file")
}

// What only the command line used so far says so on every page, and is taken over by setting it up under its
// name.
func TestTakeOver(t *testing.T) {
	w := newWorld(t)
	row, err := w.store.EnsureConnection(t.Context(), "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	path := "/connections/" + row.ID
	w.get("/connections").says("Command line").saysNot("Sync now")
	for _, page := range []string{"", "/configuration", "/mapping", "/scope", "/check", "/settings", "/holds"} {
		w.get(path+page).status(200).saysNot("Run the check", "Preview effect", "Export as YAML")
	}
	a := w.get(path+"/mapping").says("settings are not stored here", "Set it up here")
	if !strings.Contains(a.Body, "/connections/new?bamboohr.subdomain=&amp;name=Acme+HR") {
		t.Error("no way to take it over")
	}
	w.post(path+"/check", nil).status(409)
	w.get(path + "/settings/export").status(409)
	if taken := w.connected(); taken != path {
		t.Errorf("taken over as %s, was %s", taken, path)
	}
	w.get(path + "/mapping").status(200).says("Save").saysNot("settings are not stored here")
}

// Every address asks for its permission, and knows no connection that is not there.
func TestRoutes(t *testing.T) {
	w := newWorld(t)
	for _, route := range w.table {
		path := strings.NewReplacer("{id}", "c_nobody", "{version}", "1").Replace(route.Path)
		form := url.Values{"reason": {"x"}, "confirm": {"x"}, "api_key": {"x"}, "text": {"x: 1"}}
		for _, role := range []string{"member", "auditor", "operator", "admin", "owner"} {
			a := w.do(role, route.Method, path, form)
			allowed := role == "admin" || role == "owner" || route.Permission == "read" && role != "member" || route.Permission == "operate" && role == "operator"
			if allowed == (a.Status == 403) {
				t.Errorf("%s %s as %s: %d", route.Method, path, role, a.Status)
			}
			if allowed && strings.Contains(route.Path, "{id}") && a.Status != 404 {
				t.Errorf("%s %s as %s knows a connection that is not there: %d\n%s", route.Method, path, role, a.Status, a.text())
			}
		}
	}
}

// Looking changes nothing, however often.
func TestGetChangesNothing(t *testing.T) {
	w := newWorld(t)
	path := w.connected()
	w.synced(path)
	before, _ := w.Get(t.Context(), w.id(path))
	w.now = w.now.Add(time.Minute)
	for _, route := range w.table {
		if route.Method == "GET" && !strings.HasSuffix(route.Path, "/unsaved") { // leads on
			w.get(strings.NewReplacer("/connections/{id}", path, "{version}", "1").Replace(route.Path) + "?examples=1").status(200)
		}
	}
	after, _ := w.Get(t.Context(), w.id(path))
	if before.Version != after.Version || before.State != after.State || !before.Check.At.Equal(after.Check.At) || after.LastRun.ID != before.LastRun.ID {
		t.Errorf("was %+v\nis %+v", before, after)
	}
}
