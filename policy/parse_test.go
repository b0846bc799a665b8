package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// contract is the configuration file as the surface promises it, word for word.
const contract = `
connection:                        # or connections: [ … ]
  name: Acme HR
  preset: betterworks              # optional; the file overrides it: mapping merges per target field, lists replace
  enabled: true                    # serve: start the schedule
  approval: not_required           # or required
  bamboohr: { subdomain: acme, api_key_env: BAMBOOHR_API_KEY, base_url: "http://127.0.0.1:9090", reader: auto }   # reader: auto | report | dataset
  time_zone: America/New_York
  location_time_zones: { Utrecht: Europe/Amsterdam }
  schedule: { cron: "0 3 * * *" }  # or { every: 3h } or { daily: "03:00" }
  changes: { every: 15m, webhook: true }
  match: [employee_number, work_email]          # + home_email
  match_mode: normal               # or adopt
  mapping:
    email: { from: [workEmail, homeEmail] }
    location: { from: city, authority: locked }  # locked | overwrite | on_create | fill_empty | local
    teams: { from: customTeams, split: "," }
    phone: { from: workPhone, clear_when_blank: true }
    display_name: { expr: "preferred_name != '' ? preferred_name + ' ' + last_name : first_name + ' ' + last_name" }
    budgets.learning: { from: "name:Learning budget", currency: EUR }
    custom.shirt: { from: customShirtsize, type: text }
  departments: create              # create | match_only | ask ; also teams:
  scope:
    include: [{ field: "name:alleo_access", is_true: true }]
    exclude: [{ field: department, in: [Board] }]
    block_statuses: [Contractor, Intern]
    no_status: deactivate          # hold | active | deactivate
  lifecycle:
    initial: provisioned           # or active
    leaving: [status, termination_date]
    combine: latest                # or earliest
    missing: keep                  # keep | deactivate_linked | deactivate_not_imported
    pre_hire_days: 0
    manual_deactivation: sticks    # or overwrite
  guard: { window: 24h, deactivate: { people: 5, percent: 5, refuse_percent: 20 }, move_email: { people: 5, percent: 5 }, blank: { people: 5, percent: 5 }, new_departments: 20, id_churn_percent: 20 }
  notify: { errors: [it@acme.test], welcome: automatic_only }   # never | automatic_only | always
  pictures: true
smtp: { host: 127.0.0.1, port: 1025, from: rollcall@acme.test }
`

func TestParseFileReadsTheContract(t *testing.T) {
	f, faults := ParseFile([]byte(contract), nil)
	for _, fault := range faults {
		t.Error(fault)
	}
	if len(f.Connections) != 1 {
		t.Fatalf("got %d connections", len(f.Connections))
	}
	c := f.Connections[0]
	wantBamboo := BambooHR{Subdomain: "acme", APIKeyEnv: "BAMBOOHR_API_KEY", BaseURL: "http://127.0.0.1:9090", Reader: ReaderAuto}
	if diff := cmp.Diff(wantBamboo, c.BambooHR); diff != "" {
		t.Error(diff)
	}
	wantScope := Scope{
		Include:       []Rule{{"name:alleo_access", OpIsTrue, []string{"true"}}},
		Exclude:       []Rule{{"department", OpIn, []string{"Board"}}},
		BlockStatuses: []string{"Contractor", "Intern"},
		NoStatus:      NoStatusDeactivate,
	}
	if diff := cmp.Diff(wantScope, c.Scope); diff != "" {
		t.Error(diff)
	}
	teams, _ := c.Rule("teams")
	if diff := cmp.Diff(FieldRule{Target: "teams", From: []SourceField{"customTeams"}, Split: ",", Authority: AuthorityOverwrite, ClearWhenBlank: true}, teams); diff != "" {
		t.Error(diff)
	}
	budget, _ := c.Rule("budgets.learning")
	if diff := cmp.Diff(FieldRule{Target: "budgets.learning", From: []SourceField{"name:Learning budget"}, Currency: "EUR", Authority: AuthorityOverwrite}, budget); diff != "" {
		t.Error(diff)
	}
	if c.Name != "Acme HR" || !c.Enabled || !c.Pictures || c.Notify.Welcome != WelcomeAutomaticOnly || c.Schedule.Cron != "0 3 * * *" ||
		c.Changes != (Changes{Every: 15 * time.Minute, Webhook: true}) {
		t.Errorf("got %+v", c)
	}
	if diff := cmp.Diff(&SMTP{Host: "127.0.0.1", Port: 1025, From: "rollcall@acme.test", TLS: TLSOpportunistic}, f.SMTP); diff != "" {
		t.Error(diff)
	}
}

func TestParseFileReadsJSON(t *testing.T) {
	f, faults := ParseFile([]byte(`{"connections":[
	  {"bamboohr":{"subdomain":"acme"},"lifecycle":{"leaving":{"status":{"action":"hold","grace_days":3},"termination_date":{},"missing":{"grace_days":7}},"missing":"deactivate_linked"}},
	  {"bamboohr":{"subdomain":"beta"}}]}`), nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if f.Connections[0].Name != "acme" || f.Connections[1].Name != "beta" {
		t.Errorf("a connection without name takes its sub-domain: %q, %q", f.Connections[0].Name, f.Connections[1].Name)
	}
	want := map[Signal]Leave{
		SignalStatus:        {LeaveHold, 3},
		SignalTermination:   {LeaveDeactivate, 0},
		SignalStatusBlocked: {LeaveDeactivate, 0},
		SignalOutOfScope:    {LeaveDeactivate, 0},
		SignalMissing:       {LeaveDeactivate, 7},
		SignalDeleted:       {LeaveHold, 0},
	}
	if diff := cmp.Diff(want, f.Connections[0].Lifecycle.Leaving); diff != "" {
		t.Error(diff)
	}
}

// A rule that says no more than where its value comes from may be written in short.
func TestShortRules(t *testing.T) {
	const head = "connection:\n  preset: betterworks\n  bamboohr: { subdomain: acme }\n  mapping:\n"
	short, faults := ParseFile([]byte(head+"    email: [workEmail, homeEmail]\n    phone: mobilePhone\n    gender: gender\n    division: null\n"), nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	long, faults := ParseFile([]byte(head+"    email: { from: [workEmail, homeEmail] }\n    phone: { from: mobilePhone }\n    gender: { from: gender }\n    division: null\n"), nil)
	if diff := cmp.Diff(long, short); diff != "" || len(faults) > 0 {
		t.Errorf("%v (-long +short):\n%s", faults, diff)
	}
	_, faults = ParseFile([]byte(head+"    manager: workEmail\n    phone: [{ a: b }]\n    gender: \"\"\n"), nil)
	var places []string
	for _, f := range faults {
		places = append(places, f.String())
	}
	want := []string{
		`connection.mapping.manager.from[0] (line 5): "workEmail" does not name the manager; use `,
		`connection.mapping.phone.from`,
		`connection.mapping.gender.from`,
	}
	for i, w := range want {
		if i >= len(places) || !strings.HasPrefix(places[i], w) {
			t.Errorf("got %q, want %q", places, want)
			break
		}
	}
}

func TestParseFileWithoutConnections(t *testing.T) {
	for _, text := range []string{"", "# nothing yet\n", "---\n", "null", "smtp: { host: mail.acme.test, from: it@acme.test }"} {
		if f, faults := ParseFile([]byte(text), nil); len(faults) > 0 || len(f.Connections) > 0 {
			t.Errorf("%q: %v, %v", text, f.Connections, faults)
		}
	}
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	vars := map[string]string{
		"connection.bamboohr.subdomain":        "https://beta.bamboohr.com/home",
		"connection.schedule.every":            "2h",
		"connection.guard.deactivate.percent":  "2.5",
		"connection.notify.errors":             "it@beta.test, hr@beta.test",
		"connection.lifecycle.leaving":         "status",
		"connection.lifecycle.pre_hire_days":   "3",
		"connection.pictures":                  "false",
		"connection.mapping.email.from":        "workEmail",
		"smtp.password":                        "from-the-environment",
		"smtp.username":                        "rollcall",
		"connection.location_time_zones.Delft": "never asked for: the file names no such key",
	}
	env := func(place string) (string, bool) { v, ok := vars[place]; return v, ok }
	f, faults := ParseFile([]byte(contract), env)
	for _, fault := range faults {
		t.Error(fault)
	}
	c := f.Connections[0]
	email, _ := c.Rule("email")
	got := []any{c.BambooHR.Subdomain, c.Schedule, c.Guard.Deactivate.Percent, c.Notify.Errors,
		c.Lifecycle.Leaving[SignalTermination].Action, c.Lifecycle.PreHireDays, c.Pictures, email.From, f.SMTP.Password}
	want := []any{"beta", Schedule{Every: 2 * time.Hour}, 2.5, []string{"it@beta.test", "hr@beta.test"},
		LeaveNone, 3, false, []SourceField{"workEmail"}, "from-the-environment"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEnvironmentAloneMakesAConnection(t *testing.T) {
	vars := map[string]string{"connection.bamboohr.subdomain": "acme", "connection.time_zone": "Mars/Olympus"}
	f, faults := ParseFile(nil, func(place string) (string, bool) { v, ok := vars[place]; return v, ok })
	if len(f.Connections) != 1 || f.Connections[0].BambooHR.Subdomain != "acme" {
		t.Fatalf("got %+v", f.Connections)
	}
	want := `connection.time_zone: "Mars/Olympus" is not an IANA time zone; write one such as America/Los_Angeles`
	if len(faults) != 1 || faults[0].String() != want {
		t.Errorf("got %v", faults)
	}
}

// TestAllFaultsAtOnce reads a file in which nearly everything is wrong.
func TestAllFaultsAtOnce(t *testing.T) {
	_, faults := ParseFile([]byte(`connection:
  name: 7
  preset: betterwork
  enabled: yes
  bamboohr: { subdomain: "acme.evil.test", api_key_env: 0123456789abcdef0123456789abcdef01234567, base_url: "http://x@y" }
  time_zone: PST
  location_time_zones: { Utrecht: Local }
  schedule: { cron: "0 3 * *", every: 3h }
  changes: { every: 30s, webhook: maybe }
  match: [email]
  mapping:
    email: { from: [workEmail, job_title, workEmail] }
    favourite_colour: { from: customColour }
    first_name: { form: firstName }
    last_name: { from: [] }
    manager: { from: workEmail }
    display_name: { expr: "first_nam + 1" }
    budgets.learning: { from: customBudget, currency: euros }
    budgets.travel: { from: customTravel }
    gender: { from: gender, type: text, split: "," }
    phone: { from: work phone }
    division: { from: employmentStatus }
    email: { from: homeEmail }
    photo: { from: photoUrl }
  scope:
    include: []
    exclude: [{ field: department, in: [] }, { field: hireDate, before: yesterday }, { field: location, equals: Paris }, { field: city, matches: "(" }]
  lifecycle: { leaving: [resigned], pre_hire_days: -1 }
  guard: { deactivate: { people: 1.5, percent: 120 }, blank: { percent: 30, refuse_percent: 10 }, window: 24 }
  notify: { errors: [nobody] }
  colour: red
smtp: { host: mail.acme.test, password: [hunter2] }
`), nil)
	var got strings.Builder
	for _, f := range faults {
		got.WriteString(f.String() + "\n")
	}
	golden(t, "testdata/faults.golden", got.String())
	if strings.Contains(got.String(), "hunter2") || strings.Contains(got.String(), "0123456789abcdef") {
		t.Error("a secret appears in a fault")
	}
}

func TestFaultsOfTheDocument(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"syntax":            {"a: [1\nb: 2", "line 2: this is not YAML or JSON: did not find expected ',' or ']'"},
		"several documents": {"smtp: {host: a, from: a@b.test}\n---\nb: 1", "the text holds several documents; keep the first and remove everything from its `---` on"},
		"a list":            {"- 1", "line 1: expected keys with values, found a list"},
		"unknown key":       {"conection: {}", "conection (line 1): unknown key; did you mean connection?"},
		"unlike any key":    {"shoes: 1", "shoes (line 1): unknown key; use connections, connection, smtp, network, language or clock"},
		"beside one":        {"connection: {bamboohr: {subdomain: a}}\nshoes: 1", "shoes (line 2): unknown key; use connections, connection, smtp, network, language or clock"},
		"both forms":        {"connection: {bamboohr: {subdomain: a}}\nconnections: [{bamboohr: {subdomain: b}}]", "connection (line 1): both connection and connections are given; move this one into the list"},
		"same name":         {"connections:\n- {name: a, bamboohr: {subdomain: a}}\n- {name: A, bamboohr: {subdomain: b}}", `connections[1].name (line 3): "A" is also the name of connections[0]; give each connection its own`},
		"clock":             {"clock: follow\nconnection: {bamboohr: {subdomain: a}}", "clock (line 1): a clock is accepted only with a simulator; set connection.bamboohr.base_url or remove it"},
		"key in the file":   {"connection: {bamboohr: {subdomain: a, api_key: s3cret}}", "connection.bamboohr.api_key (line 1): a key never stands in settings; enter it on its own screen, or name the environment variable that holds it in api_key_env of the operator's file"},
		"no e-mail":         {"connection: {bamboohr: {subdomain: a}, mapping: {email: null}}", "connection.mapping.email (line 1): email is not mapped; map it, e.g. from: workEmail: a person without an address cannot be created"},
		"merge key":         {"connection: {bamboohr: {subdomain: a}, <<: {enabled: true}}", `connection.<< (line 1): unknown key; use preset, name, `},
	} {
		t.Run(name, func(t *testing.T) {
			_, faults := ParseFile([]byte(test.text), nil)
			if len(faults) != 1 || !strings.HasPrefix(faults[0].String(), test.want) {
				t.Errorf("got %v\nwant %s", faults, test.want)
			}
		})
	}
	if _, faults := ParseFile(make([]byte, maxDocument+1), nil); len(faults) != 1 {
		t.Errorf("oversized text: %v", faults)
	}
}

func TestTenantsMayNotSetWhatOnlyTheOperatorMay(t *testing.T) {
	_, faults := ParseSettings([]byte(`
bamboohr: { subdomain: acme, base_url: "http://169.254.169.254", api_key_env: DATABASE_URL, api_key_file: /etc/passwd }
clock: follow
`))
	var places []string
	for _, f := range faults {
		if !strings.Contains(f.Message, "accepted only from the operator's own file or command line") {
			t.Error(f)
		}
		places = append(places, f.Place)
	}
	want := []string{"bamboohr.api_key_env", "bamboohr.base_url", "bamboohr.api_key_file", "clock"}
	if diff := cmp.Diff(want, places); diff != "" {
		t.Error(diff)
	}
}

func TestPatchKeepsWhatItDoesNotName(t *testing.T) {
	f, _ := ParseFile([]byte(contract), nil)
	base := f.Connections[0]
	untouched, _ := ParseFile([]byte(contract), nil)
	c, faults := Patch(base, []byte(`{"scope":{"include":[]},"mapping":{"phone":null,"gender":{"from":"gender"}},"lifecycle":{"missing":"deactivate_linked"}}`))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	if len(c.Scope.Include) != 0 || len(c.Scope.Exclude) != 1 || c.BambooHR != base.BambooHR {
		t.Errorf("got %+v %+v", c.Scope, c.BambooHR)
	}
	_, phone := c.Rule("phone")
	_, gender := c.Rule("gender")
	if phone || !gender {
		t.Errorf("phone mapped %v, gender mapped %v", phone, gender)
	}
	if c.Lifecycle.Leaving[SignalMissing].Action != LeaveDeactivate {
		t.Error("the missing signal must follow lifecycle.missing")
	}
	if diff := cmp.Diff(untouched.Connections[0], base); diff != "" {
		t.Errorf("Patch changed the settings it was given: %s", diff)
	}
	for _, text := range []string{`preset: ally`, `bamboohr: { base_url: "http://127.0.0.1" }`, `mapping: { email: null }`} {
		if _, faults := Patch(base, []byte(text)); len(faults) != 1 {
			t.Errorf("%s: got %v", text, faults)
		}
	}
}

func TestParseSubdomain(t *testing.T) {
	for text, want := range map[string]string{
		"acme":                                "acme",
		" ACME ":                              "acme",
		"allydemo.bamboohr.com":               "allydemo",
		"https://acme.bamboohr.com/home?x=1":  "acme",
		"http://acme-2.bamboohr.com":          "acme-2",
		"":                                    "",
		"-acme":                               "",
		"acme.evil.test":                      "",
		"acme.bamboohr.com.evil.test":         "",
		"https://evil.test/acme.bamboohr.com": "",
		"https://acme.bamboohr.com@evil.test": "",
		"https://acme.bamboohr.com:8443":      "",
		"a.b.bamboohr.com":                    "",
		"api":                                 "",
		"https://api.bamboohr.com/api/gateway.php": "",
		"acme\n":                "acme",
		"ac\x00me":              "",
		"аcme":                  "", // a Cyrillic letter
		strings.Repeat("a", 64): "",
		"0123456789abcdef0123456789abcdef01234567": "",
	} {
		got, err := ParseSubdomain(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "0123456789abcdef") {
			t.Error("the error repeats a key")
		}
	}
}

// TestParseFileSurvivesAnything damages the contract at random: every answer is faults or settings that
// survive an export, never a panic.
func TestParseFileSurvivesAnything(t *testing.T) {
	pieces := []string{"", ":", "[", "{}", "]", "null", "\n", "\n  - ", "&a ", "*a", "!!binary x", "<<: ", "\x00", "é", "---\n", "? ", "|", "-1", "yes"}
	rapid.Check(t, func(t *rapid.T) {
		text := contract
		for range rapid.IntRange(1, 4).Draw(t, "damages") {
			at := rapid.IntRange(0, len(text)).Draw(t, "at")
			end := min(len(text), at+rapid.IntRange(0, 30).Draw(t, "length"))
			text = text[:at] + rapid.SampledFrom(pieces).Draw(t, "piece") + text[end:]
		}
		f, faults := ParseFile([]byte(text), nil)
		if len(faults) > 0 {
			for _, fault := range faults {
				if fault.Message == "" || strings.Contains(fault.String(), "\n") {
					t.Fatalf("a fault without one line of text: %q", fault)
				}
			}
			return
		}
		for _, c := range f.Connections {
			if _, faults := ParseSettings(Export(c)); len(faults) > 0 {
				t.Fatalf("an export does not come back: %v\n%s", faults, Export(c))
			}
		}
	})
}
