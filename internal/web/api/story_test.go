package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// TestStory drives every address once, from setting a connection up to taking a run back, and holds every answer
// against the document.
func TestStory(t *testing.T) {
	w := newWorld(t, office(30))
	me := w.ok("GET", "/me", "")
	if me.str("role") != "owner" || me.at("person_id") != nil {
		t.Errorf("me: %s", me.text)
	}
	if open := w.call("", "GET", "/openapi.json", ""); open.str("openapi") != "3.1.0" {
		t.Errorf("document: %.200s", open.text)
	}
	con := w.setUp()
	w.firstRuns(con)
	w.peopleStory()
	w.undoStory(con)
	w.guardStory(con)
	w.settingsStory(con)
	w.figuresStory()
	w.automationStory(con)
	w.freezeStory(con)
	w.organisationStory(con)
	w.endStory(con)
	for _, e := range (&api{}).endpoints() {
		if _, ok := w.seen.Load(fmt.Sprint(e.ID, " ", e.Status)); !ok {
			t.Errorf("%s %s was never answered with %d", e.Method, e.Path, e.Status)
		}
	}
	if w.log.Len() > 0 {
		t.Errorf("the server's own faults: %s", &w.log)
	}
}

func (w *world) setUp() string {
	t := w.t
	t.Helper()
	con := w.connect(`{"lifecycle":{"initial":"active"},"notify":{"errors":["it@acme.test"],"welcome":"automatic_only"},
		"guard":{"deactivate":{"people":1,"percent":1,"refuse_percent":30}},
		"mapping":{"job_title":{"from":"jobTitle","authority":"locked"},"custom.size":{"from":"customSize","type":"number"}}}`)
	w.refused("conflict", "POST", "/connections", `{"name":"acme hr","subdomain":"acme"}`)
	c := w.ok("GET", "/connections/"+con, "")
	if c.str("state") != "draft" || c.str("settings.lifecycle.initial") != "active" || c.str("api_key.last4") != bamboosim.DefaultKey[len(bamboosim.DefaultKey)-4:] {
		t.Errorf("connection: %s", c.text)
	}
	if strings.Contains(string(c.text), bamboosim.DefaultKey) {
		t.Error("the key is in the answer") // BW16
	}
	if list := w.ok("GET", "/connections", "").items(); len(list) != 1 {
		t.Errorf("%d connections", len(list))
	}
	// What GET shows of the settings is what PATCH takes.
	same := w.ok("PATCH", "/connections/"+con, fmt.Sprintf(`{"version":1,"settings":%s}`, asJSON(t, c.at("settings"))))
	if same.str("version") != "1" {
		t.Errorf("settings that did not change made version %s", same.str("version"))
	}
	next := w.ok("PATCH", "/connections/"+con, `{"version":1,"settings":{"mapping":{"custom.size":null},"schedule":{"every":"3h"}}}`)
	if next.str("version") != "2" || next.str("schedule") != "every 3 hours" {
		t.Errorf("patched: %s", next.text)
	}
	w.refused("changed_meanwhile", "PATCH", "/connections/"+con, `{"version":1,"settings":{"time_zone":"UTC"}}`)
	w.ok("POST", "/connections/"+con+"/restore", `{"version":1}`)
	if v := w.ok("GET", "/connections/"+con+"/versions", "").items(); len(v) != 3 {
		t.Errorf("%d versions", len(v))
	}
	w.ok("PATCH", "/connections/"+con, `{"settings":{"mapping":{"custom.size":null}}}`)
	w.ok("PATCH", "/connections/"+con, fmt.Sprintf(`{"api_key":%q}`, bamboosim.DefaultKey))
	w.refused("setup", "POST", "/connections/"+con+"/enable", "") // SI: no check, no preview yet
	check := w.ok("POST", "/connections/"+con+"/check", "")
	if check.at("ok") != true || check.str("employees.total") != "30" || check.at("error") != nil {
		t.Errorf("check: %s", check.text)
	}
	return con
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (w *world) firstRuns(con string) {
	t := w.t
	t.Helper()
	draft := w.ok("POST", "/connections/"+con+"/plans", `{"settings":{"scope":{"exclude":[{"field":"department","in":["Engineering"]}]}}}`)
	if n := draft.at("changes").([]any); len(n) != 0 {
		t.Errorf("settings that leave everybody out change %d people", len(n))
	}
	p := w.ok("POST", "/connections/"+con+"/plans", "")
	if p.status != 201 || p.header.Get("Location") != base+"/plans/"+p.str("id") || p.str("counts.create") != "29" || p.str("held.0.reason") != "no_email" {
		t.Errorf("plan: %d %.600s", p.status, p.text)
	}
	again := w.ok("GET", "/plans/"+p.str("id"), "")
	if diff := cmp.Diff(string(p.text), string(again.text)); diff != "" {
		t.Errorf("the plan reads otherwise later (-made +stored):\n%s", diff)
	}
	changes := w.ok("GET", "/plans/"+p.str("id")+"/changes?q=given7&action=create&limit=5", "")
	if len(changes.items()) != 1 || changes.str("items.0.email") != "given7@acme.test" {
		t.Errorf("changes: %s", changes.text)
	}
	if held := w.ok("GET", "/plans/"+p.str("id")+"/held", ""); held.str("items.0.source_id") != "4" {
		t.Errorf("held: %s", held.text)
	}
	future := w.ok("POST", "/connections/"+con+"/plans", `{"as_of":"2026-12-31"}`)
	w.refused("setup", "POST", "/plans/"+future.str("id")+"/apply", "")
	w.ok("POST", "/connections/"+con+"/enable", "")
	paused := w.ok("POST", "/connections/"+con+"/pause", `{"reason":"reviews","until":"2026-12-01"}`)
	if paused.str("state") != "paused" || paused.str("pause.until") != "2026-12-01T23:00:00Z" { // Amsterdam's midnight
		t.Errorf("paused: %s", paused.text)
	}
	w.ok("POST", "/connections/"+con+"/resume", "")
	w.ok("POST", "/connections/"+con+"/disable", "")
	w.refused("setup", "POST", "/connections/"+con+"/cancel", "")

	run := w.ok("POST", "/connections/"+con+"/sync", `{"invite":true}`)
	if run.str("outcome") != "applied" || run.str("counts.create") != "29" || run.str("waiting") != "0" {
		t.Errorf("sync: %s", run.text)
	}
	if sent := w.ok("POST", "/runs/"+run.str("id")+"/release-welcomes", ""); sent.str("released") != "19" { // one run invites ten here
		t.Errorf("released: %s", sent.text)
	}
	w.refused("not_found", "POST", "/runs/"+run.str("id")+"/release-welcomes", "")
	if one := w.ok("GET", "/runs/"+run.str("id"), ""); one.str("plan_id") == "" {
		t.Errorf("run: %s", one.text)
	}
	if rows := w.ok("GET", "/runs/"+run.str("id")+"/changes?limit=500", "").items(); len(rows) != 30 { // and a department
		t.Errorf("the run applied %d changes", len(rows))
	}
	list := w.ok("GET", "/runs?connection="+url.QueryEscape("Acme HR")+"&outcome=applied", "")
	if len(list.items()) != 1 || list.str("items.0.id") != run.str("id") {
		t.Errorf("runs: %s", list.text)
	}
	w.refused("stale", "POST", "/plans/"+p.str("id")+"/apply", "")
	if d := w.ok("GET", "/departments", ""); d.str("items.0.name") != "Engineering" || d.str("items.0.people") != "29" {
		t.Errorf("departments: %s", d.text)
	}
	w.ok("GET", "/teams", "")
}

func (w *world) peopleStory() {
	t := w.t
	t.Helper()
	five := w.person("given5@").str("id")
	p := w.ok("GET", "/people/"+five, "")
	if p.str("status") != "active" || p.str("source.employee_id") != "5" || p.str("authority.job_title") != "locked" || p.at("birthday") != nil {
		t.Errorf("person: %s", p.text)
	}
	w.refused("locked", "PATCH", "/people/"+five, `{"job_title":"Lead"}`) // SI4
	edited := w.ok("PATCH", "/people/"+five, fmt.Sprintf(`{"phone":"555-0000","custom":{"desk":"12"},"budgets":{"learning":{"amount":"500.00","currency":"EUR"}},"version":%s}`, p.str("version")))
	if edited.str("phone") != "555-0000" || edited.str("custom.desk") != "12" || edited.str("budgets.learning.amount") != "500.00" ||
		!strings.Contains(edited.str("warnings.0"), "phone") { // BW10, AY21: told before it happens
		t.Errorf("edited: %s", edited.text)
	}
	w.refused("changed_meanwhile", "PATCH", "/people/"+five, fmt.Sprintf(`{"phone":null,"version":%s}`, p.str("version")))
	made := w.ok("POST", "/people", `{"email":"cora@acme.test","first_name":"Cora","last_name":"Contractor","teams":["Red","Blue"],"manager_email":"given1@acme.test"}`)
	id := made.str("id")
	if made.status != 201 || made.str("status") != "provisioned" || made.str("manager_email") != "given1@acme.test" || made.str("teams.1") != "Blue" {
		t.Errorf("made: %s", made.text)
	}
	w.refused("conflict", "POST", "/people", `{"email":"cora@acme.test"}`)
	if in := w.ok("POST", "/people/import", "email,first_name,manager_email\ndan@acme.test,Dan,eve@acme.test\neve@acme.test,Eve,\n"); len(in.items()) != 2 { // SI28
		t.Errorf("imported: %s", in.text)
	}
	wrong := w.refused("import", "POST", "/people/import", "email,hire_date\nfay@acme.test,soon\ngus,\n")
	if wrong.str("faults.0.line") != "2" || wrong.str("faults.1.line") != "3" {
		t.Errorf("faults: %s", wrong.text)
	}
	if got := w.ok("POST", "/people/"+id+"/invite", ""); got.str("status") != "active" { // AY13
		t.Errorf("invited: %s", got.text)
	}
	if got := w.ok("POST", "/people/"+id+"/deactivate", ""); got.str("status") != "deactivated" {
		t.Errorf("deactivated: %s", got.text)
	}
	w.ok("POST", "/people/"+id+"/reactivate", "")
	if got := w.ok("PATCH", "/people/"+id, `{"role":"auditor"}`); got.str("role") != "auditor" {
		t.Errorf("role: %s", got.text)
	}
	line := w.ok("GET", "/people/"+id+"/timeline?limit=2", "")
	if len(line.items()) != 2 || line.at("next") == nil {
		t.Errorf("timeline: %s", line.text)
	}
	why := w.ok("GET", "/people/"+five+"/explain?at=2026-11-21", "")
	if why.str("status") != "active" || why.str("source_id") != "5" {
		t.Errorf("explain: %s", why.text)
	}
	if why := w.ok("GET", "/explain?who=employee:4", ""); why.at("status") != nil || !strings.Contains(why.str("sentence"), "no_email") {
		t.Errorf("explain: %s", why.text)
	}
	hold := w.ok("POST", "/holds", fmt.Sprintf(`{"person_id":%q,"field":"phone","until":"2026-12-24","reason":"moves house"}`, five))
	if hold.str("until") != "2026-12-24T23:00:00Z" || !strings.Contains(hold.str("person"), "Given5 Family5") {
		t.Errorf("hold: %s", hold.text)
	}
	w.ok("POST", "/holds", `{"who":"cora@acme.test","reason":"contract ends"}`)
	if holds := w.ok("GET", "/holds?person="+five, ""); len(holds.items()) != 1 || w.person("given5@").str("holds.0.id") != hold.str("id") {
		t.Errorf("holds: %s", holds.text)
	}
	w.ok("DELETE", "/holds/"+hold.str("id"), "")
	w.refused("not_found", "DELETE", "/holds/"+hold.str("id"), "")
	w.ok("POST", "/decisions", `{"connection":"Acme HR","source_id":"4","kind":"ignore"}`)
}

// undoStory takes back what a run did to one person, then the run.
func (w *world) undoStory(con string) {
	t := w.t
	t.Helper()
	w.simulate("PUT", "employees/6", `{"workPhone":"555-6666"}`)
	w.simulate("PUT", "employees/7", `{"workPhone":"555-7777"}`)
	run := w.ok("POST", "/connections/"+con+"/sync", "").str("id")
	seven := w.person("given7@").str("id")
	u := w.ok("POST", "/runs/"+run+"/undo", `{"person":"given7@acme.test"}`)
	if u.str("reverted.0.person_id") != seven || u.at("run") != nil || u.str("plan.changes.0.person_id") != seven || u.str("plan.id") != u.str("plan_id") {
		t.Errorf("undo: %s", u.text)
	}
	if done := w.ok("POST", "/plans/"+u.str("plan_id")+"/apply", ""); done.str("undo_of") != run || w.person("given7@").str("phone") != "555-0007" {
		t.Errorf("undone: %s", done.text)
	}
	u = w.ok("POST", "/runs/"+run+"/undo", `{"kind":"update","apply":true}`)
	if u.str("run.outcome") != "applied" || w.person("given6@").str("phone") != "555-0006" {
		t.Errorf("undone: %s", u.text)
	}
}

// guardStory lets several people leave, so that some changes wait.
func (w *world) guardStory(con string) {
	t := w.t
	t.Helper()
	for _, id := range []string{"10", "11", "12"} {
		w.simulate("PUT", "employees/"+id, `{"status":"Inactive"}`)
	}
	w.simulate("PUT", "employees/13", `{"workPhone":"555-1313"}`)
	w.simulate("PUT", "employees/14", `{"workPhone":null}`)
	p := w.ok("POST", "/connections/"+con+"/plans", "{}")
	id := p.str("id")
	if p.str("verdict") != "needs_approval" || p.str("verdict_reasons.0.kind") != "deactivate" {
		t.Fatalf("plan: %.800s", p.text)
	}
	if n := len(w.ok("GET", "/plans/"+id+"/changes?waiting=approval&kind=deactivate", "").items()); n != 3 {
		t.Errorf("%d changes wait", n)
	}
	if n := len(w.ok("GET", "/plans/"+id+"/changes?waiting=none", "").items()); n != 2 {
		t.Errorf("%d changes do not wait", n)
	}
	w.refused("release", "POST", "/plans/"+id+"/apply", `{"release":{"deactivate":7}}`)
	for _, kind := range []string{"move_email", "blank"} { // nothing of the first kind is planned, nothing of the second waits
		w.refused("setup", "POST", "/plans/"+id+"/approve", fmt.Sprintf(`{"kinds":[%q]}`, kind))
	}
	one := w.ok("POST", "/plans/"+id+"/approve", fmt.Sprintf(`{"kinds":["deactivate"],"people":[%q]}`, w.person("given10@").str("id")))
	if one.str("counts.deactivate") != "1" || one.str("counts.update") != "0" {
		t.Errorf("approved one: %s", one.text)
	}
	rest := w.ok("POST", "/plans/"+id+"/approve", "")
	if rest.str("counts.deactivate") != "2" || rest.str("counts.update") != "0" {
		t.Errorf("approved the rest: %s", rest.text)
	}
	w.refused("setup", "POST", "/plans/"+id+"/approve", "")
	if last := w.ok("POST", "/plans/"+id+"/apply", ""); last.str("counts.update") != "2" || last.str("waiting") != "0" {
		t.Errorf("applied: %s", last.text)
	}
	w.ok("PATCH", "/connections/"+con, `{"settings":{"approval":"required"}}`)
	w.ok("POST", "/connections/"+con+"/plans", "")
	if c := w.ok("POST", "/connections/"+con+"/approve", ""); c.at("approved") == nil {
		t.Errorf("approved: %s", c.text)
	}
}

func (w *world) endStory(con string) {
	t := w.t
	t.Helper()
	audit := w.ok("GET", "/audit?event=settings_saved&limit=2", "")
	if len(audit.items()) != 2 || audit.at("next") == nil || audit.str("items.0.subject") != con || len(audit.str("items.0.hash")) != 64 {
		t.Errorf("audit: %s", audit.text)
	}
	tokens := w.ok("GET", "/tokens", "")
	if strings.Contains(string(tokens.text), "rct_") {
		t.Error("a secret is in the list of tokens")
	}
	for _, item := range tokens.items() {
		if token := (answer{body: item}); token.str("role") == "member" {
			w.ok("DELETE", "/tokens/"+token.str("id"), "")
		}
	}
	async := w.ok("POST", "/connections/"+con+"/sync", "", "Prefer", "wait=100, respond-async")
	if async.status != 202 || async.header.Get("Location") != base+"/runs/"+async.str("job") || async.header.Get("Preference-Applied") != "respond-async" {
		t.Errorf("async: %d %s", async.status, async.text)
	}
	if _, err := w.connections.Wait(t.Context(), async.str("job")); err != nil {
		t.Fatal(err)
	}
	if run := w.ok("GET", "/runs/"+async.str("job"), ""); run.at("outcome") == nil {
		t.Errorf("run: %s", run.text)
	}
	// A cancel has something to cancel only while BambooHR does not answer.
	stop := make(chan struct{})
	w.simStop.Store(&stop)
	job := w.ok("POST", "/connections/"+con+"/plans", "", "Prefer", "respond-async").str("job")
	if busy := w.ok("GET", "/connections/"+con, ""); busy.str("busy.job") != job || busy.str("busy.kind") != "preview" {
		t.Errorf("busy: %s", busy.text)
	}
	w.ok("POST", "/connections/"+con+"/cancel", "")
	w.simStop.Store(nil)
	close(stop)
	if _, err := w.connections.Wait(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	w.ok("DELETE", "/connections/"+con, "")
	w.refused("not_found", "GET", "/connections/"+con, "")
	if p := w.person("given5@"); p.at("source") != nil || p.str("status") != "active" {
		t.Errorf("a person of a connection that is gone: %v", p.body)
	}
}
