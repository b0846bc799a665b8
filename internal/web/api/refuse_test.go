package api

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
)

// TestWrongRequests: everything that can be wrong with a request has its code, and a sentence that names what.
func TestWrongRequests(t *testing.T) {
	w := newWorld(t, office(12))
	con := w.connect(`{"mapping":{"custom.size":{"from":"employeeNumber","type":"number"},"custom.lead":{"from":"isManager","type":"boolean"}}}`)
	id := w.ok("POST", "/people", `{"email":"cora@acme.test"}`).str("id")
	boss := w.ok("POST", "/people", fmt.Sprintf(`{"email":"dan@acme.test","manager_id":%q}`, id)).str("id")
	for _, x := range []struct{ code, method, path, body, says string }{
		{"bad_json", "POST", "/people", `{"email":`, "line 1, column 9"},
		{"bad_json", "POST", "/people", "{\n \"email\": x}", "line 2"},
		{"bad_json", "POST", "/people", `{"email":12}`, "email"},
		{"bad_json", "POST", "/people", `{"mail":"x@acme.test"}`, `no key "mail"; this request takes employee_id, email`},
		{"bad_json", "POST", "/people", `{"email":"x@acme.test"} {}`, "more after"},
		{"bad_json", "POST", "/people", `[]`, "array"},
		{"bad_json", "PATCH", "/people/" + id, `{"status":"active"}`, `"status"`},
		{"bad_json", "POST", "/connections/" + con + "/plans", `{"as_of":"2026-12-31","setings":{}}`, "this request takes settings, as_of"},
		{"bad_query", "GET", "/people?stauts=active", "", `"stauts"; this address takes after, limit, q, status`},
		{"bad_query", "GET", "/me?x=1", "", "takes none"},
		{"bad_query", "GET", "/people?status=gone", "", "provisioned, active, deactivated"},
		{"bad_query", "GET", "/people?limit=0", "", "from 1 to 500"},
		{"bad_query", "GET", "/people?limit=501", "", "from 1 to 500"},
		{"bad_query", "GET", "/people?limit=ten", "", "from 1 to 500"},
		{"bad_query", "GET", "/people?limit=5&limit=6", "", "2 times"},
		{"bad_query", "GET", "/people?unlinked=maybe", "", "true or false"},
		{"bad_query", "GET", "/people?sort=size", "", "updated"},
		{"bad_query", "GET", "/people?after=%00", "", "begin again"},
		{"bad_query", "GET", "/people?q=%zz", "", "cannot be read"},
		{"bad_query", "GET", "/runs?from=yesterday", "", "RFC 3339"},
		{"bad_query", "GET", "/runs?after=bm9uZQ", "", "begin again"},
		{"bad_query", "GET", "/audit?after=bm9uZQ", "", "begin again"},
		{"bad_query", "GET", "/holds?after=bm9uZQ", "", "begin again"},
		{"bad_query", "GET", "/people/" + id + "/timeline?after=-1", "", "begin again"},
		{"bad_query", "GET", "/people/" + id + "/explain?at=soon", "", "neither a date"},
		{"bad_query", "GET", "/people/" + id + "/explain?at=9999-12-31", "", "too far away"},
		{"bad_query", "GET", "/plans/x/changes?field=shoe", "", "field"},
		{"bad_query", "GET", "/plans/x/changes?action=create,destroy", "", "destroy"},
		{"bad_query", "GET", "/explain", "", "who is missing"},
		{"not_found", "GET", "/runs?connection=Nobody", "", "connection"},
		{"nobody", "GET", "/explain?who=nobody@acme.test", "", "nobody@acme.test"},
		{"too_large", "POST", "/people", `{"email":"` + strings.Repeat("x", rest.MaxBody) + `"}`, ""},
		{"invalid", "POST", "/people", `{}`, "e-mail"},
		{"invalid", "POST", "/people", `{"email":"nowhere"}`, "no e-mail address"},
		{"invalid", "POST", "/people", `{"email":"e@acme.test","role":"owner"}`, "member"},
		{"invalid", "POST", "/people", `{"email":"e@acme.test","teams":["a,b"]}`, "comma"},
		{"invalid", "POST", "/people", `{"email":"e@acme.test","hire_date":"12/31/2026"}`, "YYYY-MM-DD"},
		{"invalid", "POST", "/people", `{"email":"e@acme.test","budgets":{"fun":{"amount":"much","currency":"EUR"}}}`, "budgets.fun"},
		{"invalid", "POST", "/people", `{"email":"e@acme.test","custom":{"size":"big"}}`, "number"},
		{"invalid", "POST", "/people", `{"email":"e@acme.test","custom":{"lead":"yes"}}`, "boolean"},
		{"invalid", "POST", "/people", `{"email":"e@acme.test","custom":{"a b":"x"}}`, "letters"},
		{"nobody", "POST", "/people", `{"email":"e@acme.test","manager_id":"p_none"}`, "p_none"},
		{"invalid", "PATCH", "/people/" + id, `{}`, "at least one field"},
		{"invalid", "PATCH", "/people/" + id, `{"role":"auditor","phone":"1"}`, "two requests"},
		{"invalid", "PATCH", "/people/" + id, `{"role":"king"}`, "owner"},
		{"invalid", "PATCH", "/people/" + id, `{"email":null}`, "e-mail"},
		{"invalid", "PATCH", "/people/" + id, `{"manager_id":"a","manager_email":"b@acme.test"}`, "not both"},
		{"invalid", "PATCH", "/people/" + id, fmt.Sprintf(`{"manager_id":%q}`, boss), "loop"}, // SI45
		{"conflict", "PATCH", "/people/" + id, `{"email":"DAN@acme.test"}`, "belongs to"},
		{"invalid", "POST", "/holds", `{"person_id":"` + id + `"}`, "reason"},
		{"invalid", "POST", "/holds", `{"reason":"x"}`, "person_id or who"},
		{"invalid", "POST", "/holds", `{"person_id":"` + id + `","reason":"x","until":"2020-01-01"}`, "the hold would end in the past"},
		{"invalid", "POST", "/holds", `{"person_id":"` + id + `","reason":"x","until":"soon"}`, "neither a date"},
		{"invalid", "POST", "/holds", `{"person_id":"` + id + `","reason":"x","until":"9999-12-31"}`, "too far away"},
		{"invalid", "POST", "/holds", `{"person_id":"` + id + `","reason":"x","until":"9999-12-31"}`, "place:until"},
		{"invalid", "POST", "/freezes", `{"connection":"Acme HR","what":["phone"],"reason":"x","until":"9999-12-31"}`, "place:until"},
		{"settings", "POST", "/connections/" + con + "/pause", `{"reason":"x","until":"9999-12-31"}`, "place:until"},
		{"invalid", "POST", "/holds", `{"person_id":"` + id + `","reason":"x","field":"shoe"}`, "shoe"},
		{"invalid", "POST", "/decisions", `{"connection":"Acme HR","source_id":"4","kind":"link"}`, "person_id"},
		{"invalid", "POST", "/decisions", `{"connection":"Acme HR","source_id":"4","kind":"marry"}`, "link, new, ignore"},
		{"not_found", "POST", "/decisions", `{"connection":"Other","source_id":"4","kind":"new"}`, "Other"},
		{"invalid", "POST", "/connections", `{"name":"x"}`, "subdomain"},
		{"settings", "POST", "/connections", `{"name":"x","subdomain":"a b","api_key":"k e y","time_zone":"Mars"}`, ""},
		{"settings", "PATCH", "/connections/" + con, `{"settings":{"bamboohr":{"base_url":"http://evil.test"}}}`, "base_url"},
		{"settings", "PATCH", "/connections/" + con, `{"settings":{"time_zone":"Mars","match":["shoe"]}}`, ""},
		{"invalid", "PATCH", "/connections/" + con, `{}`, "settings or api_key"},
		{"invalid", "PATCH", "/connections/" + con, `{"api_key":"k","settings":{}}`, "two requests"},
		{"settings", "POST", "/connections/" + con + "/plans", `{"as_of":"2020-01-01"}`, ""},
		{"nobody", "POST", "/connections/" + con + "/plans", `{"person":"nobody@acme.test"}`, ""},
		{"invalid", "POST", "/connections/" + con + "/pause", `{}`, "reason"},
		{"setup", "POST", "/connections/" + con + "/pause", `{"reason":"x"}`, "off"},
	} {
		a := w.refused(x.code, x.method, x.path, x.body)
		if !strings.Contains(strings.ToLower(a.str("detail"))+a.str("detail")+fmt.Sprint(a.at("faults")), x.says) {
			t.Errorf("%s %s %.80s says %q, not %q", x.method, x.path, x.body, a.str("detail"), x.says)
		}
		if d := a.str("detail"); !strings.HasSuffix(d, ".") || strings.Contains(d, "k e y") {
			t.Errorf("%s %s: %q", x.method, x.path, d)
		}
	}
	all := w.refused("settings", "POST", "/connections", `{"name":"x","subdomain":"a b","api_key":"k e y","time_zone":"Mars"}`)
	if n := len(all.at("faults").([]any)); n != 3 {
		t.Errorf("%d faults at once: %s", n, all.text)
	}
	if w.log.Len() > 0 {
		t.Errorf("the server's own faults: %s", &w.log)
	}
}

var anyPart = regexp.MustCompile(`\{\w+\}`)

// TestRoles walks every address with every role.
func TestRoles(t *testing.T) {
	w := newWorld(t, office(3))
	// What each role may do beside what the one before may (product, "Roles"). A new address belongs here too.
	first := map[directory.Role]string{
		directory.RoleMember: "getDocument getMe getMyPerson listSessions deleteSessions deleteSession",
		directory.RoleAuditor: "listConnections getConnection listVersions getPlan listChanges listHeld listRuns getRun listRunChanges listPeople getPerson " +
			"listTimeline explainPerson explain listHolds listDepartments listTeams listAudit getVersion exportSettings summarizePlan exportChanges " +
			"exportPeople listSimilarDepartments listSimilarTeams getOverview listHeadcount getChart listExamples getScope getRecipe listFields " +
			"listRecipients exportAudit exportAuditLines verifyAudit " +
			"listFreezes getAutomation listJobs listEffects",
		directory.RoleOperator: "createPlan sync cancel applyPlan",
		directory.RoleAdmin: "createConnection patchConnection deleteConnection checkConnection pauseConnection resumeConnection enableConnection " +
			"disableConnection approveConnection restoreVersion approvePlan undoRun createPerson importPeople patchPerson invitePerson deactivatePerson " +
			"reactivatePerson createHold deleteHold decide listTokens revokeToken importSettings tryMapping tryScope tryRecipe tryUpcoming listValues " +
			"listPresets patchDepartment patchTeam mergeDepartment mergeTeam createPasswordLink listMails getMail retryMail discardMail askRecipient " +
			"releaseWelcomes createFreeze deleteFreeze",
		directory.RoleOwner: "getOrganisation patchOrganisation getSignIn putSignIn deleteSignIn testSignIn",
	}
	var may []string
	for _, r := range account.Roles() {
		may = append(may, strings.Fields(first[r])...)
		for _, e := range (&api{}).endpoints() {
			path := anyPart.ReplaceAllString(e.Path, "none")
			a := w.as(r, e.Method, path, "")
			if allowed := a.status != 403; allowed != slices.Contains(may, e.ID) {
				t.Errorf("%s %s as %s: %d %s", e.Method, e.Path, r, a.status, a.text)
			}
			if e.Permission == "" {
				continue
			}
			for _, token := range []string{"", "rct_" + strings.Repeat("a", 52), w.tokens[r] + "a"} {
				if a := w.call(token, e.Method, path, ""); a.str("code") != "unauthorized" || !strings.Contains(a.header.Get("WWW-Authenticate"), "Bearer") {
					t.Errorf("%s %s with the token %q: %d %s", e.Method, e.Path, token, a.status, a.text)
				}
			}
		}
	}
}

// TestInnerPermissions: what an address that a role may use refuses it all the same.
func TestInnerPermissions(t *testing.T) {
	w := newWorld(t, office(30))
	con := w.connect(`{"lifecycle":{"initial":"active"},"guard":{"deactivate":{"people":1,"percent":1,"refuse_percent":20}}}`)
	operator := func(path, body string) answer { return w.as(directory.RoleOperator, "POST", path, body) }
	run := operator("/connections/"+con+"/sync", "").str("id")
	if run == "" {
		t.Fatal("an operator cannot sync")
	}
	// Settings that are not saved would show an operator any field that the key can read.
	if a := operator("/connections/"+con+"/plans", `{"settings":{"mapping":{"phone":{"from":"homePhone"}}}}`); a.status != 403 {
		t.Errorf("settings: %d %s", a.status, a.text)
	}
	w.simulate("PUT", "employees/5", `{"status":"Inactive"}`)
	w.simulate("PUT", "employees/6", `{"status":"Inactive"}`)
	p := operator("/connections/"+con+"/plans", "").str("id")
	for _, body := range []string{`{"approve":["deactivate"]}`, `{"release":{"deactivate":2}}`} {
		if a := operator("/plans/"+p+"/apply", body); a.status != 403 {
			t.Errorf("%s: %d %s", body, a.status, a.text)
		}
	}
	if a := operator("/plans/"+p+"/apply", ""); a.str("waiting") != "2" || a.str("outcome") != "refused" {
		t.Errorf("an operator's apply: %s", a.text)
	}
	undo := w.ok("POST", "/runs/"+run+"/undo", `{"person":"given7@acme.test"}`).str("plan_id")
	if a := operator("/plans/"+undo+"/apply", ""); a.status != 403 {
		t.Errorf("undo: %d %s", a.status, a.text)
	}
	// An admin does not reach above: an owner's address is a way to become the owner.
	owner, _, err := w.accounts.CreateOwnerByOperator(t.Context(), account.Operator("test"), account.Owner{Email: "olga@acme.test", Name: "Olga", Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	admin := func(method, path, body string) answer { return w.as(directory.RoleAdmin, method, path, body) }
	for _, a := range []answer{
		admin("PATCH", "/people/"+owner, `{"email":"mine@acme.test"}`), admin("PATCH", "/people/"+owner, `{"role":"member"}`),
		admin("POST", "/people/"+owner+"/deactivate", ""), admin("PATCH", "/people/"+w.person("given8@").str("id"), `{"role":"owner"}`),
		admin("POST", "/decisions", fmt.Sprintf(`{"connection":%q,"source_id":"4","kind":"link","person_id":%q}`, con, owner)),
	} {
		if a.str("code") != "forbidden" {
			t.Errorf("an admin above themselves: %d %s", a.status, a.text)
		}
	}
	// Nor do they become two administrators: by making one, or by taking the place of one (security §1.5).
	ada := w.person("given9@").str("id")
	w.ok("PATCH", "/people/"+ada, `{"role":"admin"}`)
	for _, a := range []answer{
		admin("PATCH", "/people/"+w.person("given8@").str("id"), `{"role":"admin"}`), admin("PATCH", "/people/"+ada, `{"role":"member"}`),
		admin("POST", "/decisions", fmt.Sprintf(`{"connection":%q,"source_id":"4","kind":"link","person_id":%q}`, con, ada)),
	} {
		if a.str("code") != "forbidden" {
			t.Errorf("an admin as two: %d %s", a.status, a.text)
		}
	}
	w.refused("last_owner", "POST", "/people/"+owner+"/deactivate", "")
	w.refused("last_owner", "PATCH", "/people/"+owner, `{"role":"member"}`)
}

// TestSecondPerson: what the guard refused is released by another administrator than the one who asked (security
// §1.5).
func TestSecondPerson(t *testing.T) {
	w := newWorld(t, office(30))
	con := w.connect(`{"lifecycle":{"initial":"active"},"guard":{"deactivate":{"people":1,"percent":1,"refuse_percent":5}}}`)
	w.ok("POST", "/connections/"+con+"/sync", "")
	for i := 10; i < 20; i++ {
		w.simulate("PUT", fmt.Sprintf("employees/%d", i), `{"status":"Inactive"}`)
	}
	if _, _, err := w.accounts.CreateOwnerByOperator(t.Context(), account.Operator("test"), account.Owner{Email: "olga@acme.test", Name: "Olga", Password: "correct horse battery"}); err != nil {
		t.Fatal(err)
	}
	p := w.ok("POST", "/connections/"+con+"/plans", "")
	if p.str("verdict") != "refused" {
		t.Fatalf("plan: %.600s", p.text)
	}
	path, body := "/plans/"+p.str("id")+"/apply", `{"release":{"deactivate":10}}`
	w.refused("release", "POST", path, `{"approve":["deactivate"]}`)
	w.refused("second_person", "POST", path, body)
	if a := w.as(directory.RoleAdmin, "POST", path, body); a.str("counts.deactivate") != "10" {
		t.Errorf("another administrator: %d %s", a.status, a.text)
	}
}

// TestForeignOrganisation: nothing of one organisation is there for another.
func TestForeignOrganisation(t *testing.T) {
	w := newWorld(t, office(5))
	con := w.connect(`{}`)
	run := w.ok("POST", "/connections/"+con+"/sync", "")
	person := w.person("given1@").str("id")
	hold := w.ok("POST", "/holds", fmt.Sprintf(`{"person_id":%q,"reason":"x"}`, person)).str("id")
	token := w.ok("GET", "/tokens", "").str("items.0.id")

	ring, err := seal.OpenOrCreate(filepath.Join(t.TempDir(), "ring.json"))
	if err != nil {
		t.Fatal(err)
	}
	accounts, connections, server := w.serve("other", ring)
	t.Cleanup(func() {
		server.Close()
		if err := connections.Close(t.Context()); err != nil {
			t.Log(err)
		}
	})
	_, secret, err := accounts.CreateToken(t.Context(), account.Operator("test"), account.NewToken{Name: "x", Role: directory.RoleOwner})
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"connections": con, "plans": run.str("plan_id"), "runs": run.str("id"), "people": person, "holds": hold, "tokens": token,
		"departments": w.ok("GET", "/departments", "").str("items.0.id"), "teams": "g_none", "outbox": w.mail(), "me": "none"}
	bodies := map[string]string{"patchConnection": `{"settings":{"time_zone":"UTC"}}`, "pauseConnection": `{"reason":"x"}`, "restoreVersion": `{"version":1}`,
		"patchPerson": `{"phone":"1"}`, "patchDepartment": `{"name":"x"}`, "patchTeam": `{"name":"x"}`, "mergeDepartment": `{"into":"x"}`, "mergeTeam": `{"into":"x"}`,
		"importSettings": "connection: {}"}
	for _, e := range (&api{}).endpoints() {
		if !strings.Contains(e.Path, "{id}") {
			continue
		}
		path := anyPart.ReplaceAllString(strings.ReplaceAll(e.Path, "{id}", ids[e.Tag()]), "1")
		if e.ID == "listValues" {
			path += "?field=department"
		}
		a := w.send(server.URL, secret, e.Method, path, bodies[e.ID])
		w.conform(e.Method, e.Path, a)
		if a.status != 404 {
			t.Errorf("%s %s: %d %s", e.Method, e.Path, a.status, a.text)
		}
	}
	for _, x := range []struct{ path, body string }{
		{"/people", fmt.Sprintf(`{"email":"e@other.test","manager_id":%q}`, person)}, {"/holds", fmt.Sprintf(`{"person_id":%q,"reason":"x"}`, person)},
		{"/decisions", fmt.Sprintf(`{"connection":%q,"source_id":"4","kind":"new"}`, con)},
	} {
		if a := w.send(server.URL, secret, "POST", x.path, x.body); a.status != 404 {
			t.Errorf("%s: %d %s", x.path, a.status, a.text)
		}
	}
	for _, path := range []string{"/connections", "/runs", "/people", "/holds", "/departments", "/teams", "/outbox", "/recipients"} {
		if a := w.send(server.URL, secret, "GET", path, ""); len(a.items()) != 0 {
			t.Errorf("%s shows another organisation's: %s", path, a.text)
		}
	}
	if a := w.send(server.URL, w.tokens[directory.RoleOwner], "GET", "/me", ""); a.status != 401 {
		t.Errorf("another organisation's token: %d", a.status)
	}
	if a := w.ok("GET", "/holds", ""); len(a.items()) != 1 {
		t.Error("another organisation ended a hold")
	}
}

// TestPages: pages of any size, one after another, are the whole list.
func TestPages(t *testing.T) {
	w := newWorld(t, office(40))
	con := w.connect(`{"lifecycle":{"initial":"active"}}`)
	plan := w.ok("POST", "/connections/"+con+"/plans", "").str("id")
	run := w.ok("POST", "/connections/"+con+"/sync", "").str("id")
	person := w.ok("POST", "/people", `{"email":"cora@acme.test"}`).str("id")
	for i := range 7 {
		w.ok("PATCH", "/people/"+person, fmt.Sprintf(`{"phone":"555-%d"}`, i))
		w.ok("POST", "/holds", fmt.Sprintf(`{"who":"given1%d@acme.test","reason":"x"}`, i))
		w.ok("POST", "/connections/"+con+"/plans", "")
	}
	paths := []string{"/people?sort=name", "/people?sort=department&q=given", "/people?sort=updated", "/runs?outcome=preview", "/plans/" + plan + "/changes?action=create",
		"/plans/" + plan + "/held?", "/runs/" + run + "/changes?", "/people/" + person + "/timeline?", "/holds?", "/audit?"}
	rapid.Check(t, func(rt *rapid.T) {
		path := rapid.SampledFrom(paths).Draw(rt, "path")
		limit := rapid.IntRange(1, 60).Draw(rt, "limit")
		join := "&"
		if strings.HasSuffix(path, "?") || !strings.Contains(path, "?") {
			join = ""
		}
		all := w.ok("GET", path+join+"limit=500", "")
		if all.at("next") != nil || len(all.items()) == 0 {
			rt.Fatalf("%s: %d items, then %v", path, len(all.items()), all.at("next"))
		}
		var got []any
		for after := ""; ; {
			a := w.ok("GET", fmt.Sprintf("%s%slimit=%d&after=%s", path, join, limit, after), "")
			if got = append(got, a.items()...); len(a.items()) > limit {
				rt.Fatalf("%d items, asked for %d", len(a.items()), limit)
			}
			if a.at("next") == nil {
				break
			}
			if after = a.str("next"); len(a.items()) != limit {
				rt.Fatalf("%d of %d items, and more to come", len(a.items()), limit)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(all.items()) {
			rt.Fatalf("%s in pages of %d is another list: %d items, %d at once", path, limit, len(got), len(all.items()))
		}
	})
}

// TestBusy: of many who ask for a sync at once, one gets it, and the others its run's id (security §3 #40).
func TestBusy(t *testing.T) {
	w := newWorld(t, office(10))
	con := w.connect(`{}`)
	stop := make(chan struct{})
	w.simStop.Store(&stop)
	const n = 20
	answers := make([]answer, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { answers[i] = w.owner("POST", "/connections/"+con+"/sync", "", "Prefer", "respond-async") })
	}
	wg.Wait()
	job := ""
	for _, a := range answers {
		if a.status == 202 {
			if job != "" {
				t.Errorf("two syncs: %s and %s", job, a.str("job"))
			}
			job = a.str("job")
		}
	}
	for _, a := range answers {
		if a.status != 202 && (a.str("code") != "busy" || a.str("run_id") != job) {
			t.Errorf("%d %s, want busy with the run %s", a.status, a.text, job)
		}
	}
	w.refused("busy", "DELETE", "/connections/"+con, "")
	w.simStop.Store(nil)
	close(stop)
	if j, err := w.connections.Wait(t.Context(), job); err != nil || j.Err != nil {
		t.Fatal(err, j.Err)
	}
	if runs := w.ok("GET", "/runs", "").items(); len(runs) != 1 {
		t.Errorf("%d runs", len(runs))
	}
}

// TestOneOfMany: of many changes that began with one version of a person, one is made.
func TestOneOfMany(t *testing.T) {
	w := newWorld(t, office(3))
	p := w.ok("POST", "/people", `{"email":"cora@acme.test"}`)
	const n = 40
	answers := make([]answer, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			answers[i] = w.owner("PATCH", "/people/"+p.str("id"), fmt.Sprintf(`{"phone":"555-%04d","version":%s}`, i, p.str("version")))
		})
	}
	wg.Wait()
	made := 0
	for _, a := range answers {
		if a.status == 200 {
			made++
		} else if a.str("code") != "changed_meanwhile" {
			t.Errorf("%d %s", a.status, a.text)
		}
	}
	if made != 1 {
		t.Errorf("%d changes were made", made)
	}
}

// TestCancelled: who waits for a run that somebody stops is told so.
func TestCancelled(t *testing.T) {
	w := newWorld(t, office(10))
	con := w.connect(`{}`)
	stop := make(chan struct{})
	w.simStop.Store(&stop)
	waits := make(chan answer)
	go func() { waits <- w.owner("POST", "/connections/"+con+"/sync", "") }()
	job := ""
	for job == "" {
		job = w.ok("GET", "/connections/"+con, "").str("busy.job")
	}
	w.ok("POST", "/connections/"+con+"/cancel", "")
	w.simStop.Store(nil)
	close(stop)
	if a := <-waits; a.status != 409 || a.str("code") != "cancelled" || a.str("run_id") != job {
		t.Errorf("cancelled: %d %s", a.status, a.text)
	}
}

// TestSavedUnasked: settings are saved while BambooHR is down, and the answer says that nobody could look whether
// it has the new fields; settings that need no look say nothing.
func TestSavedUnasked(t *testing.T) {
	w := newWorld(t, office(10))
	con := w.connect(`{}`)
	w.simulate("POST", "faults", `{"name":"status","args":{"code":503}}`)
	a := w.ok("PATCH", "/connections/"+con, `{"settings":{"mapping":{"job_title":{"from":["noSuchField"]}}}}`)
	if a.str("version") == "" || a.str("fields_unasked") == "" || strings.Contains(string(a.text), bamboosim.DefaultKey) {
		t.Errorf("saved: %s", a.text)
	}
	if a := w.ok("GET", "/connections/"+con, ""); a.at("fields_unasked") != nil {
		t.Errorf("told again: %s", a.text)
	}
	if a := w.ok("PATCH", "/connections/"+con, `{"settings":{"time_zone":"Europe/Berlin"}}`); a.at("fields_unasked") != nil {
		t.Errorf("a time zone needs no look: %s", a.text)
	}
}

// TestUnreadable: what BambooHR refuses is told with its reason, and nothing is changed.
func TestUnreadable(t *testing.T) {
	w := newWorld(t, office(10))
	con := w.connect(`{}`)
	w.simulate("POST", "faults", `{"name":"status","args":{"code":401}}`)
	if a := w.owner("POST", "/connections/"+con+"/sync", ""); a.status != 502 || a.str("code") != "read" || strings.Contains(string(a.text), bamboosim.DefaultKey) {
		t.Errorf("sync: %d %s", a.status, a.text)
	}
	if a := w.ok("GET", "/runs", ""); a.str("items.0.outcome") != "failed" || a.str("items.0.errors.0.code") == "" {
		t.Errorf("runs: %s", a.text)
	}
	if a := w.ok("POST", "/connections/"+con+"/check", ""); a.at("ok") != false || a.str("error") == "" {
		t.Errorf("check: %s", a.text)
	}
	if a := w.ok("GET", "/people", ""); len(a.items()) != 0 {
		t.Errorf("people: %s", a.text)
	}
}
