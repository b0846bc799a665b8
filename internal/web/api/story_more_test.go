package api

import (
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/notify"
)

// settingsStory looks at the effect of settings that are not saved, and takes settings out and in as a file.
func (w *world) settingsStory(con string) {
	t, at := w.t, "/connections/"+con
	t.Helper()
	examples := w.ok("GET", at+"/examples", "")
	if examples.str("items.0.target") == "" || examples.str("items.0.examples.0.source_id") == "" {
		t.Errorf("examples: %.600s", examples.text)
	}
	tried := w.ok("POST", at+"/examples", `{"settings":{"mapping":{"phone":{"expr":"'+' + workPhone"}}}}`)
	if !strings.Contains(string(tried.text), `"value":"+555-`) {
		t.Errorf("examples of unsaved settings: %.900s", tried.text)
	}
	w.refused("settings", "POST", at+"/examples", `{"settings":{"mapping":{"shoe":{"from":"x"}}}}`)
	if now := w.ok("GET", at+"/scope", ""); now.str("employees") != "30" {
		t.Errorf("scope: %.600s", now.text)
	}
	none := w.ok("POST", at+"/scope", `{"settings":{"scope":{"exclude":[{"field":"department","in":["Engineering"]}]}}}`)
	if none.str("in") != "0" || none.str("rules.0.place") == "" {
		t.Errorf("a scope that leaves everybody out: %.600s", none.text)
	}
	if recipe := w.ok("GET", at+"/recipe", ""); len(recipe.at("steps").([]any)) < 4 {
		t.Errorf("recipe: %s", recipe.text)
	}
	w.ok("POST", at+"/recipe", `{"settings":{"mapping":{"custom.shoe":{"from":"customShoe","type":"text"}}}}`)
	next := w.ok("POST", at+"/upcoming", `{"settings":{"schedule":{"daily":"03:00"}}}`)
	if next.str("time_zone") != "Europe/Amsterdam" || next.str("runs.0") != "2026-11-22T02:00:00Z" || len(next.at("runs").([]any)) != 5 {
		t.Errorf("upcoming: %s", next.text)
	}
	if fields := w.ok("GET", at+"/fields", ""); len(fields.items()) < 10 || fields.str("items.0.alias") == "" {
		t.Errorf("fields: %.300s", fields.text)
	}
	if values := w.ok("GET", at+"/values?field=department", ""); !strings.Contains(string(values.text), "Engineering") {
		t.Errorf("values: %s", values.text)
	}
	w.refused("bad_query", "GET", at+"/values", "")
	if presets := w.ok("GET", "/presets", ""); len(presets.items()) != 6 || presets.at("items.0.name") != nil || presets.str("items.1.settings.preset") == "" {
		t.Errorf("presets: %.600s", presets.text)
	}

	before := w.ok("GET", at, "").str("version")
	if one := w.ok("GET", at+"/versions/1", ""); one.str("version") != "1" || one.str("settings.time_zone") != "Europe/Amsterdam" {
		t.Errorf("version: %s", one.text)
	}
	w.refused("not_found", "GET", at+"/versions/first", "")
	file := w.ok("GET", at+"/settings.yaml", "")
	if !strings.Contains(string(file.text), "time_zone: Europe/Amsterdam") || strings.Contains(string(file.text), "api_key") {
		t.Errorf("exported: %s", file.text)
	}
	if same := w.ok("PUT", at+"/settings.yaml", string(file.text)); same.str("version") != before {
		t.Errorf("settings that were taken out and in made version %s of %s", same.str("version"), before)
	}
	wrong := w.refused("settings", "PUT", at+"/settings.yaml", "connection:\n  time_zone: Mars\n  bamboohr: {subdomain: acme, base_url: http://evil.test}\n")
	if n := len(wrong.at("faults").([]any)); n != 2 {
		t.Errorf("%d faults at once: %s", n, wrong.text)
	}

	plan := w.ok("GET", "/runs?outcome=preview&limit=1", "").str("items.0.plan_id")
	sum := w.ok("GET", "/plans/"+plan+"/summary", "")
	if held := len(w.ok("GET", "/plans/"+plan+"/held?limit=500", "").items()); sum.str("held") != fmt.Sprint(held) || held == 0 || sum.str("held_reasons.on_hold") == "" {
		t.Errorf("summary: %s", sum.text)
	}
	rows := w.csv("/plans/" + plan + "/changes.csv")
	if rows[0][0] != "action" || rows[len(rows)-1][0] != "held" {
		t.Errorf("changes.csv: %v", rows)
	}
}

// csv reads a table.
func (w *world) csv(path string) [][]string {
	w.t.Helper()
	rows, err := csv.NewReader(strings.NewReader(string(w.ok("GET", path, "").text))).ReadAll()
	if err != nil || len(rows) < 2 {
		w.t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	return rows
}

// figuresStory counts people, and puts departments and teams in order.
func (w *world) figuresStory() {
	t := w.t
	t.Helper()
	if o := w.ok("GET", "/overview", ""); o.str("seats") == "0" || o.str("seats") != o.str("statuses.active") {
		t.Errorf("overview: %s", o.text)
	}
	months := w.ok("GET", "/headcount?from=2024-01&to=2024-02&time_zone=Europe/Amsterdam", "")
	if len(months.items()) != 2 || months.str("items.0.month") != "2024-01" || months.str("items.0.joined") == "0" || months.at("items.0.department") != nil {
		t.Errorf("headcount: %s", months.text)
	}
	if year := w.ok("GET", "/headcount?by_department=true", ""); len(year.items()) < 12 {
		t.Errorf("headcount by department: %s", year.text)
	}
	for _, q := range []string{"from=2026", "from=2026-02&to=2026-01", "from=2000-01&to=2026-01", "time_zone=Mars"} {
		w.refused("bad_query", "GET", "/headcount?"+q, "")
	}
	one, three := w.person("given1@").str("id"), w.person("given3@").str("id")
	chart := w.ok("GET", "/chart?root="+three+"&depth=0", "")
	if chart.str("nodes.0.id") != three || chart.str("above.0.id") != one || chart.str("above.0.name") != "Given1 Family1" || len(chart.at("nodes").([]any)) != 1 {
		t.Errorf("chart: %s", chart.text)
	}
	w.refused("not_found", "GET", "/chart?root=p_none", "")
	if all := w.ok("GET", "/chart?depth=9", ""); len(all.at("nodes").([]any)) < 25 {
		t.Errorf("chart: %.500s", all.text)
	}

	people := w.csv("/people.csv?q=given5@")
	if len(people) != 2 || people[0][0] != "id" {
		t.Errorf("people.csv: %v", people)
	}
	for _, row := range w.csv("/people.csv?sort=email") {
		for _, cell := range row {
			if strings.HasPrefix(cell, "=") {
				t.Errorf("a formula: %q", cell)
			}
		}
	}

	w.ok("POST", "/people", `{"email":"fay@acme.test","department":"Enginering","teams":["Red","Reds"]}`)
	near := w.ok("GET", "/departments/similar", "")
	if near.at("compared") != true || len(near.at("items").([]any)) != 1 {
		t.Fatalf("similar: %s", near.text)
	}
	to, from := near.str("items.0.first.id"), near.str("items.0.second.id")
	if near.str("items.0.first.name") != "Engineering" {
		to, from = from, to
	}
	w.refused("invalid", "POST", "/departments/"+from+"/merge", fmt.Sprintf(`{"into":%q}`, from))
	w.refused("invalid", "POST", "/departments/"+from+"/merge", `{"into":"g_none"}`)
	w.refused("not_found", "POST", "/teams/"+from+"/merge", fmt.Sprintf(`{"into":%q}`, to)) // a department is no team
	merged := w.ok("POST", "/departments/"+from+"/merge", fmt.Sprintf(`{"into":%q}`, to))
	if merged.str("id") != to || merged.str("moved") != "1" || !strings.Contains(merged.str("aliases"), "Enginering") {
		t.Errorf("merged: %s", merged.text)
	}
	w.refused("not_found", "POST", "/departments/"+from+"/merge", fmt.Sprintf(`{"into":%q}`, to)) // sent again
	if named := w.ok("PATCH", "/departments/"+to, `{"name":" R&D <b>"}`); named.str("name") != "R&D <b>" || !strings.Contains(named.str("aliases"), "Engineering") {
		t.Errorf("renamed: %s", named.text)
	}
	w.ok("PATCH", "/departments/"+to, `{"name":"Engineering"}`)
	w.refused("invalid", "PATCH", "/departments/"+to, `{"name":"  "}`)
	teams := w.ok("GET", "/teams", "")
	red, reds := teams.named("Red"), teams.named("Reds")
	w.refused("conflict", "PATCH", "/teams/"+red, `{"name":"reds"}`)
	w.ok("GET", "/teams/similar", "")
	w.ok("POST", "/teams/"+reds+"/merge", fmt.Sprintf(`{"into":%q}`, red))
	w.ok("PATCH", "/teams/"+red, `{"name":"Crimson"}`)
}

// named is the id of the item with a name.
func (a answer) named(name string) string {
	for _, x := range a.items() {
		if item := (answer{body: x}); item.str("name") == name {
			return item.str("id")
		}
	}
	return ""
}

// mail puts one into the outbox and returns its id.
func (w *world) mail() string {
	w.t.Helper()
	if err := w.mails.Ask(w.t.Context(), "test", fmt.Sprintf("it%d@acme.test", w.ids.Add(1))); err != nil {
		w.t.Fatal(err)
	}
	box, err := w.mails.Outbox(w.t.Context(), notify.Page{})
	if err != nil || len(box.Items) == 0 {
		w.t.Fatalf("the outbox: %v, %v", box.Items, err)
	}
	return box.Items[0].ID
}

// organisationStory is about the organisation itself.
func (w *world) organisationStory(con string) {
	t := w.t
	t.Helper()
	if named := w.ok("PATCH", "/organisation", `{"name":"Acme <b> Ltd"}`); named.str("name") != "Acme <b> Ltd" {
		t.Errorf("organisation: %s", named.text)
	}
	if german := w.ok("PATCH", "/organisation", `{"language":"de"}`); german.str("language") != "de" {
		t.Errorf("organisation: %s", german.text)
	}
	w.ok("GET", "/organisation", "")
	w.refused("invalid", "PATCH", "/organisation", `{"language":"tlh"}`)
	w.refused("invalid", "PATCH", "/organisation", `{}`)

	const good = `{"name":"Acme login","issuer":"https://login.acme.test","client_id":"rollcall"`
	if off := w.ok("GET", "/sign-in", ""); off.at("provider") != nil || off.str("callback_url") != "https://rollcall.test/sign-in/oidc/callback" {
		t.Errorf("sign-in: %s", off.text)
	}
	w.refused("invalid", "PUT", "/sign-in", good+"}") // no secret yet
	on := w.ok("PUT", "/sign-in", good+`,"client_secret":"hush-hush"}`)
	if on.str("provider.issuer") != "https://login.acme.test" || strings.Contains(string(on.text), "hush") {
		t.Errorf("sign-in: %s", on.text)
	}
	w.ok("PUT", "/sign-in", good+`,"allow_unverified_email":true}`) // the secret stays
	if tried := w.ok("POST", "/sign-in/test", `{"issuer":"https://nowhere.test"}`); tried.at("ok") != false || strings.Contains(string(tried.text), "other side") {
		t.Errorf("tried: %s", tried.text)
	}
	if tried := w.ok("POST", "/sign-in/test", good+"}"); tried.at("ok") != true {
		t.Errorf("tried: %s", tried.text)
	}
	w.ok("DELETE", "/sign-in", "")

	w.linkStory()
	w.sessionStory()

	id := w.mail()
	if list := w.ok("GET", "/outbox?state=queued&limit=1", ""); list.str("items.0.id") != id || list.str("items.0.kind") != "confirm" {
		t.Errorf("outbox: %s", list.text)
	}
	w.refused("bad_query", "GET", "/outbox?state=lost", "")
	w.refused("bad_query", "GET", "/outbox?after=x", "")
	if one := w.ok("GET", "/outbox/"+id, ""); strings.Contains(one.str("text"), "/recipients/") || one.str("text") == "" {
		t.Errorf("a mail with its link: %s", one.text)
	}
	w.ok("POST", "/outbox/"+id+"/retry", "")
	if gone := w.ok("POST", "/outbox/"+id+"/discard", ""); gone.str("state") != "discarded" {
		t.Errorf("discarded: %s", gone.text)
	}
	w.refused("invalid", "POST", "/outbox/"+id+"/discard", "")
	if list := w.ok("GET", "/recipients", ""); list.str("items.0.email") != "it@acme.test" || list.str("items.0.connection_ids.0") != con || list.at("items.0.confirmed_at") != nil {
		t.Errorf("recipients: %s", list.text)
	}
	w.refused("invalid", "POST", "/recipients/ask", `{"email":"stranger@elsewhere.test"}`)
	w.now = w.now.Add(11 * time.Minute) // saving the settings asked already
	w.ok("POST", "/recipients/ask", `{"email":"IT@acme.test"}`)

	if rows := w.csv("/audit.csv?event=sign_in_settings"); len(rows) != 4 {
		t.Errorf("audit.csv: %v", rows)
	}
	lines := strings.Split(strings.TrimSpace(string(w.ok("GET", "/audit.jsonl?event=sign_in_settings", "").text)), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], `{"seq":`) {
		t.Errorf("audit.jsonl: %q", lines)
	}
	w.refused("bad_query", "GET", "/audit.csv?from=soon", "")
	if chain := w.ok("POST", "/audit/verify", ""); chain.at("whole") != true {
		t.Errorf("chain: %s", chain.text)
	}
}

// linkStory: a link to set a password is told once, to whoever may reach the account.
func (w *world) linkStory() {
	t := w.t
	t.Helper()
	cora := w.person("cora@").str("id")
	link := w.ok("POST", "/people/"+cora+"/password-link", "")
	at, ok := strings.CutPrefix(link.str("url"), "https://rollcall.test/password/")
	if !ok || link.str("purpose") != "invite" {
		t.Fatalf("link: %s", link.text)
	}
	if strings.Contains(w.log.String(), at) {
		t.Error("the link is in the log")
	}
	if audit := w.ok("GET", "/audit?limit=500", ""); strings.Contains(string(audit.text), at) {
		t.Error("the link is in the audit trail")
	}
	if err := w.accounts.SetPassword(t.Context(), at, "correct horse battery"); err != nil {
		t.Errorf("the link: %v", err)
	}
	if again := w.ok("POST", "/people/"+cora+"/password-link", ""); again.str("purpose") != "reset" {
		t.Errorf("link: %s", again.text)
	}
	ten := w.person("given10@").str("id")
	w.refused("invalid", "POST", "/people/"+ten+"/password-link", "") // deactivated by the guard's story
	owner, _, err := w.accounts.CreateOwnerByOperator(t.Context(), account.Operator("test"), account.Owner{Email: "olga@acme.test", Name: "Olga", Password: "correct horse battery"})
	if err != nil {
		t.Fatal(err)
	}
	if a := w.as(directory.RoleAdmin, "POST", "/people/"+owner+"/password-link", ""); a.str("code") != "forbidden" {
		t.Errorf("an admin's link for an owner: %d %s", a.status, a.text)
	}
}

// sessionStory: a person's own token shows and ends their browsers; the operator's has none.
func (w *world) sessionStory() {
	t, ctx := w.t, w.t.Context()
	t.Helper()
	signIn := func() {
		if _, _, err := w.accounts.SignIn(ctx, account.SignIn{Email: "olga@acme.test", Password: "correct horse battery", Address: "127.0.0.1", Agent: "<b>Browser"}); err != nil {
			t.Fatal(err)
		}
	}
	signIn()
	olga := w.person("olga@").str("id")
	_, secret, err := w.accounts.CreateToken(ctx, account.Viewer{PersonID: olga, Role: directory.RoleOwner, Session: "here"}, account.NewToken{Name: "hers", Role: directory.RoleAuditor})
	if err != nil {
		t.Fatal(err)
	}
	hers := func(method, path string) answer { return w.call(secret, method, path, "") }
	if me := hers("GET", "/me/person"); me.str("id") != olga || len(me.at("holds").([]any)) != 0 {
		t.Errorf("me: %d %s", me.status, me.text)
	}
	w.refused("not_found", "GET", "/me/person", "")
	list := hers("GET", "/me/sessions")
	if len(list.items()) != 1 || list.str("items.0.agent") != "<b>Browser" {
		t.Fatalf("sessions: %s", list.text)
	}
	if a := w.ok("GET", "/me/sessions", ""); len(a.items()) != 0 {
		t.Errorf("the operator's sessions: %s", a.text)
	}
	w.refused("not_found", "DELETE", "/me/sessions/"+list.str("items.0.id"), "") // somebody else's
	if a := hers("DELETE", "/me/sessions/"+list.str("items.0.id")); a.status != 204 {
		t.Errorf("ended: %d %s", a.status, a.text)
	}
	signIn()
	signIn()
	if a := hers("DELETE", "/me/sessions"); a.str("ended") != "2" {
		t.Errorf("ended: %s", a.text)
	}
	w.ok("DELETE", "/me/sessions", "")
}
