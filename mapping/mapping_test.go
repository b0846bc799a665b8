package mapping_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/mapping"
	"github.com/rollcall-hr/rollcall/policy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// noon is the instant at which the tests map.
var noon = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

// settings parses a connection from YAML.
func settings(t testing.TB, yaml string) *policy.Connection {
	t.Helper()
	f, faults := policy.ParseFile([]byte(yaml), nil)
	if len(faults) > 0 {
		t.Fatalf("settings: %v", faults)
	}
	return &f.Connections[0]
}

// connection is settings with the mandatory part filled in.
func connection(t testing.TB, yaml string) *policy.Connection {
	t.Helper()
	return settings(t, "connection:\n  bamboohr: { subdomain: acme }\n"+yaml)
}

// employee is one record in words: a value by alias, "?" for unreadable; an alias that is missing is
// blank. "ahead.ALIAS" is the view with future rows, which shows the current value unless it is given.
type employee map[string]string

func (e employee) record(id int64, schema, ahead *hr.Schema) hr.Record {
	r := hr.Record{ID: fmt.Sprint(id), Num: id, Fingerprint: hr.Fingerprint{1}, Coverage: hr.Coverage(0).With(0)}
	for _, alias := range schema.Names() {
		r.Values = append(r.Values, value(e[alias]))
	}
	for _, alias := range ahead.Names() {
		text, ok := e["ahead."+alias]
		if !ok {
			text = e[alias]
		}
		r.Ahead = append(r.Ahead, value(text))
	}
	return r
}

func value(s string) hr.Value {
	if s == "?" {
		return hr.Hidden()
	}
	return hr.Text(s)
}

func schemas(conn *policy.Connection, aliases map[string]string) (schema, ahead *hr.Schema) {
	return hr.NewSchema(mapping.Fields(conn, aliases)...), hr.NewSchema(policy.LifecycleFields()...)
}

// mapped maps one employee with id 4.
func mapped(t testing.TB, conn *policy.Connection, e employee) *directory.Wanted {
	t.Helper()
	schema, ahead := schemas(conn, nil)
	m, faults := mapping.New(conn, nil, schema, ahead, "", noon)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	rec := e.record(4, schema, ahead)
	var w directory.Wanted
	m.Map(&rec, &w)
	return &w
}

// TestGolden maps the employees of each file with its settings. In an employee file, "?" is an
// unreadable value.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var conn *policy.Connection
			aliases := map[string]string{"name:Learning budget": "customLearningbudget", "name:alleo_access": "customAlleoaccess"}
			comment, parts := sections(string(data))
			for i, p := range parts {
				switch {
				case p.name == "rollcall.yaml":
					conn = settings(t, p.text)
				case strings.HasPrefix(p.name, "employee "):
					got := describe(t, conn, aliases, p.text)
					if *update {
						parts[i+1].text = got
					}
					if diff := cmp.Diff(parts[i+1].text, got); diff != "" {
						t.Errorf("%s (-want +got):\n%s", p.name, diff)
					}
				}
			}
			if *update {
				for _, p := range parts {
					comment += "-- " + p.name + " --\n" + p.text
				}
				if err := os.WriteFile(file, []byte(comment), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

type section struct{ name, text string }

// sections takes a txtar file apart: a comment, then parts that begin with a line "-- name --".
func sections(data string) (comment string, parts []section) {
	for line := range strings.Lines(data) {
		name, ok := strings.CutPrefix(line, "-- ")
		switch {
		case ok && strings.HasSuffix(name, " --\n"):
			parts = append(parts, section{name: strings.TrimSuffix(name, " --\n")})
		case len(parts) == 0:
			comment += line
		default:
			parts[len(parts)-1].text += line
		}
	}
	return comment, parts
}

func describe(t *testing.T, conn *policy.Connection, aliases map[string]string, text string) string {
	t.Helper()
	schema, ahead := schemas(conn, aliases)
	m, faults := mapping.New(conn, aliases, schema, ahead, "", noon)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	e := employee{}
	for line := range strings.Lines(text) {
		alias, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if _, known := schema.Slot(strings.TrimPrefix(alias, "ahead.")); !ok || !known {
			t.Fatalf("%q is not a column of the reading %v", line, schema.Names())
		}
		e[alias] = strings.TrimSpace(value)
	}
	rec := e.record(4, schema, ahead)
	var w directory.Wanted
	m.Map(&rec, &w)
	return render(&w)
}

// render prints a Wanted line by line.
func render(w *directory.Wanted) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("employee %d %s", w.SourceID, w.Name)
	for _, f := range directory.Standard() {
		if want := w.Want(f); want.State != directory.NotMapped {
			line("  %s %s", f, showWant(want))
		}
	}
	for _, x := range w.Extras {
		line("  %s (%s) %s", x.Field, x.Kind, showWant(x.Want))
	}
	if m := w.Manager; m.State != directory.NotMapped {
		line("manager %s id %d number %q email %q from %s", stateWord(m.State), m.SourceID, m.Number, m.Email, m.From)
	}
	for _, k := range w.Match {
		line("match %s %q", k.Name, k.Value)
	}
	line("scope %s", strings.TrimSpace(strings.Join([]string{
		[]string{"unknown", "in", "out"}[w.Scope.Verdict], w.Scope.Rule, w.Scope.Field, w.Scope.Value}, " ")))
	line("account %s %q", []string{"unreadable", "blank", "active", "inactive", "other"}[w.Account], w.AccountText)
	for _, s := range w.Signals {
		line("signal %s: %s at %s grace %d date %q value %q", s.Kind, s.Action, instant(s.At), s.GraceDays, s.Date, s.Value)
	}
	line("hired %q starts %s provision %s", w.HireDate, instant(w.StartsAt), instant(w.ProvisionAt))
	if w.NoStatus {
		line("no status")
	}
	if w.FutureRow {
		line("future row")
	}
	for _, n := range w.Notes {
		line("note %s %s: %s", n.Field, n.Reason, n.Detail)
	}
	return b.String()
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format("2006-01-02T15:04Z07:00")
}

func stateWord(s directory.WantState) string {
	return []string{"not mapped", "set", "blank", "unreadable", "invalid"}[s]
}

func showWant(w directory.Want) string {
	if w.State == directory.WantSet {
		return fmt.Sprintf("%q from %s", w.Text, w.From)
	}
	return stateWord(w.State) + " from " + w.From
}

func TestFallback(t *testing.T) {
	conn := connection(t, "  mapping: { email: { from: [workEmail, homeEmail] } }\n")
	set := func(text, from string) directory.Want {
		return directory.Want{State: directory.WantSet, Text: text, From: from}
	}
	tests := []struct {
		name       string
		work, home string
		want       directory.Want
		notes      int
	}{
		{"first", "ann@acme.test", "ann@home.test", set("ann@acme.test", "workEmail"), 0},
		{"second when the first is blank (AL15)", "", "ann@home.test", set("ann@home.test", "homeEmail"), 0},
		{"second when nothing is left of the first", "\u200b ", "ann@home.test", set("ann@home.test", "homeEmail"), 1},
		{"BambooHR's empty date is blank everywhere", "0000-00-00", "ann@home.test", set("ann@home.test", "homeEmail"), 0},
		{"both blank", "", " ", directory.Want{State: directory.WantBlank, From: "workEmail"}, 0},
		{"an unreadable first is no reason to change to the second", "?", "ann@home.test", directory.Want{State: directory.WantUnreadable, From: "workEmail"}, 0},
		{"an unreadable second does not matter", "ann@acme.test", "?", set("ann@acme.test", "workEmail"), 0},
		{"blank and unreadable is not blank", "", "?", directory.Want{State: directory.WantUnreadable, From: "homeEmail"}, 0},
		{"an unusable first ends the search", "ann", "ann@home.test", directory.Want{State: directory.WantInvalid, From: "workEmail"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := mapped(t, conn, employee{"workEmail": tt.work, "homeEmail": tt.home})
			if diff := cmp.Diff(tt.want, w.Want(directory.Email)); diff != "" {
				t.Errorf("email (-want +got):\n%s", diff)
			}
			if len(w.Notes) != tt.notes {
				t.Errorf("notes %v, want %d", w.Notes, tt.notes)
			}
		})
	}
}

func TestDisplayName(t *testing.T) {
	tests := []struct {
		name        string
		e           employee
		state       directory.WantState
		text, shown string
	}{
		{"preferred and last", employee{"firstName": "Ann", "preferredName": "Annie", "lastName": "Lee"}, directory.WantSet, "Annie Lee", "Annie Lee"},
		{"first and last", employee{"firstName": "Ann", "lastName": "Lee"}, directory.WantSet, "Ann Lee", "Ann Lee"},
		{"one name", employee{"lastName": "Lee"}, directory.WantSet, "Lee", "Lee"},
		{"none", employee{}, directory.WantBlank, "", "employee 4"},
		{"preferred unreadable", employee{"firstName": "Ann", "preferredName": "?", "lastName": "Lee"}, directory.WantUnreadable, "", "Ann Lee"},
		{"first unreadable, not needed", employee{"firstName": "?", "preferredName": "Annie", "lastName": "Lee"}, directory.WantSet, "Annie Lee", "Annie Lee"},
		{"last unreadable", employee{"firstName": "Ann", "lastName": "?"}, directory.WantUnreadable, "", "Ann"},
		{"last unusable", employee{"firstName": "Ann", "lastName": strings.Repeat("x", 201)}, directory.WantInvalid, "", "Ann"},
	}
	conn := connection(t, "")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := mapped(t, conn, tt.e)
			if got := w.Want(directory.DisplayName); got.State != tt.state || got.Text != tt.text || w.Name != tt.shown {
				t.Errorf("display name %v, name %q; want %v %q, %q", got, w.Name, tt.state, tt.text, tt.shown)
			}
		})
	}
}

func TestManager(t *testing.T) {
	byID := connection(t, "")
	ally := connection(t, "  preset: ally\n")
	tests := []struct {
		name                 string
		conn                 *policy.Connection
		eid, number, mail    string
		state                directory.WantState
		wantID               int64
		wantNumber, wantMail string
		from, note           string
	}{
		{"all three", byID, "9", "A6", "Bo@Acme.test", directory.WantSet, 9, "a6", "bo@acme.test", "supervisorEId", ""},
		{"by e-mail (AY17), the others ride along", ally, "9", "6", "bo@acme.test", directory.WantSet, 9, "6", "bo@acme.test", "supervisorEmail", ""},
		{"no Employee #", byID, "9", "", "", directory.WantSet, 9, "", "", "supervisorEId", ""},
		{"only the number", byID, "", "6", "", directory.WantSet, 0, "6", "", "supervisorId", ""},
		{"id unreadable, e-mail enough", byID, "?", "?", "bo@acme.test", directory.WantSet, 0, "", "bo@acme.test", "supervisorEmail", ""},
		{"nobody", byID, "", "", "", directory.WantBlank, 0, "", "", "supervisorEId", ""},
		{"zero is nobody", byID, "0", "", "", directory.WantBlank, 0, "", "", "supervisorEId", ""},
		{"a missing right is not nobody", byID, "", "", "?", directory.WantUnreadable, 0, "", "", "supervisorEmail", ""},
		{"all unreadable", byID, "?", "?", "?", directory.WantUnreadable, 0, "", "", "supervisorEId", ""},
		{"junk id", byID, "x", "", "", directory.WantInvalid, 0, "", "", "supervisorEId", `supervisorEId: "x" is not the id of an employee`},
		{"junk id beside a usable e-mail", byID, "x", "", "bo@acme.test", directory.WantSet, 0, "", "bo@acme.test", "supervisorEmail", ""},
		{"own manager is left to the planner", byID, "4", "", "", directory.WantSet, 4, "", "", "supervisorEId", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := mapped(t, tt.conn, employee{"supervisorEId": tt.eid, "supervisorId": tt.number, "supervisorEmail": tt.mail})
			want := directory.ManagerRef{State: tt.state, SourceID: tt.wantID, Number: tt.wantNumber, Email: tt.wantMail, From: tt.from}
			if diff := cmp.Diff(want, w.Manager); diff != "" {
				t.Errorf("manager (-want +got):\n%s", diff)
			}
			var note string
			for _, n := range w.Notes {
				if n.Field != directory.Manager || n.Reason != "invalid_value" {
					t.Errorf("unexpected note %v", n)
				}
				note += n.Detail
			}
			if note != tt.note {
				t.Errorf("note %q, want %q", note, tt.note)
			}
		})
	}
}

func TestMatchKeys(t *testing.T) {
	conn := connection(t, "  match: [employee_number, work_email, home_email]\n")
	w := mapped(t, conn, employee{"employeeNumber": " A-7 ", "workEmail": "?", "homeEmail": "Ann@BÜCHER.test"})
	want := []directory.MatchKey{{Name: "employee_number", Value: "a-7"}, {Name: "work_email"}, {Name: "home_email", Value: "ann@xn--bcher-kva.test"}}
	if diff := cmp.Diff(want, w.Match); diff != "" {
		t.Errorf("match keys (-want +got):\n%s", diff)
	}
	w = mapped(t, conn, employee{"workEmail": "not an address"})
	if got := w.Match[1].Value; got != "" {
		t.Errorf("an unusable address may not match anybody, got %q", got)
	}
}

func TestExpressions(t *testing.T) {
	conn := connection(t, `  mapping:
    display_name: { expr: "preferred_name != '' ? preferred_name + ' ' + last_name : first_name + ' ' + last_name" }
    custom.area: { expr: "customArea + '/' + department", type: text }
    custom.first: { expr: "split(customArea, '-')[1]", type: text }
    custom.since: { expr: "customSince", type: date }
    department: { from: department, authority: local }
`)
	base := employee{"firstName": "Ann", "lastName": "Lee", "customArea": "EU-NL", "department": "R\u202e&D", "customSince": "2024-01-08"}
	with := func(alias, text string) employee {
		e := employee{}
		for k, v := range base {
			e[k] = v
		}
		e[alias] = text
		return e
	}
	set := func(s string) directory.Want {
		return directory.Want{State: directory.WantSet, Text: s, From: "expr"}
	}
	tests := []struct {
		name  string
		e     employee
		field directory.Field
		want  directory.Want
		notes int
	}{
		{"mapped fields", base, directory.DisplayName, set("Ann Lee"), 0},
		{"a BambooHR field and a field that no run writes", base, "custom.area", set("EU-NL/R&D"), 0},
		{"that field itself stays unmapped", base, directory.Department, directory.Want{}, 0},
		{"an unreadable input", with("preferredName", "?"), directory.DisplayName, directory.Want{State: directory.WantUnreadable, From: "expr"}, 0},
		{"an unreadable alias", with("customArea", "?"), "custom.area", directory.Want{State: directory.WantUnreadable, From: "expr"}, 0},
		{"an unusable input", with("lastName", strings.Repeat("x", 201)), directory.DisplayName, directory.Want{State: directory.WantInvalid, From: "expr"}, 1},
		{"a run-time error", with("customArea", "EU"), "custom.first", directory.Want{State: directory.WantInvalid, From: "expr"}, 1},
		{"a result of another kind", base, "custom.since", set("2024-01-08"), 0},
		{"a result that is no date", with("customSince", "soon"), "custom.since", directory.Want{State: directory.WantInvalid, From: "expr"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := mapped(t, conn, tt.e)
			if diff := cmp.Diff(tt.want, w.Want(tt.field)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.field, diff)
			}
			if len(w.Notes) != tt.notes {
				t.Errorf("notes %v, want %d", w.Notes, tt.notes)
			}
		})
	}
}

func TestProblemAndWarnings(t *testing.T) {
	conn := connection(t, "")
	schema, ahead := schemas(conn, nil)
	m, faults := mapping.New(conn, nil, schema, ahead, "4", noon)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	rec := employee{"firstName": "Ann"}.record(4, schema, ahead)
	rec.Warnings = []hr.Warning{{Field: "jobTitle", Text: "broken UTF-8"}, {Text: "duplicate keys"}}
	var w directory.Wanted
	m.Map(&rec, &w)
	want := []directory.Note{{Field: directory.JobTitle, Detail: "jobTitle: broken UTF-8"}, {Detail: "duplicate keys"}}
	if diff := cmp.Diff(want, w.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	if !w.KeyOwner || w.Fingerprint != rec.Fingerprint || w.Coverage != uint64(rec.Coverage) {
		t.Errorf("key owner %v, fingerprint %v, coverage %v", w.KeyOwner, w.Fingerprint, w.Coverage)
	}
	rec.Problem = "two rows with id 4 differ"
	rec.Warnings = nil
	m.Map(&rec, &w)
	only := directory.Wanted{SourceID: 4, Name: "employee 4", Problem: rec.Problem, Fingerprint: rec.Fingerprint, Coverage: w.Coverage, KeyOwner: true}
	if diff := cmp.Diff(only, w, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("a record with a problem (-want +got):\n%s", diff)
	}
}

func TestNewReportsAllFaults(t *testing.T) {
	conn := connection(t, `  mapping: { custom.a: { from: "name:Alpha", type: text }, custom.b: { from: customB, type: text } }
  scope: { include: [{ field: "name:Beta", is_true: true }] }
  location_time_zones: { Utrecht: Europe/Amsterdam }
`)
	_, faults := mapping.New(conn, map[string]string{"name:Alpha": "customAlpha"}, hr.NewSchema("id"), nil, "", noon)
	got := map[string]string{}
	for _, f := range faults {
		got[f.Place] = f.Message
	}
	for place, part := range map[string]string{
		"connection.mapping.custom.a.from[0]": "no column customAlpha",
		"connection.mapping.custom.b.from[0]": "no column customB",
		"connection.scope.include[0]":         `no BambooHR field named "Beta"`,
		"connection.match[1]":                 "no column workEmail",
		"connection.location_time_zones":      "no column location",
		"connection.bamboohr":                 "no column",
	} {
		if !strings.Contains(got[place], part) {
			t.Errorf("%s: %q, want %q in it", place, got[place], part)
		}
	}
}

// The employment status is compared in its own way (BW17), also when a rule finds it by its name.
func TestScopeByNameOfTheEmploymentStatus(t *testing.T) {
	conn := connection(t, `  scope: { exclude: [{ field: "name:Employment Status", in: [Full Time] }] }`+"\n")
	aliases := map[string]string{"name:Employment Status": "employmentHistoryStatus"}
	schema, ahead := schemas(conn, aliases)
	m, faults := mapping.New(conn, aliases, schema, ahead, "", noon)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	rec := employee{"employmentHistoryStatus": "full-time"}.record(4, schema, ahead)
	var w directory.Wanted
	m.Map(&rec, &w)
	want := directory.ScopeDecision{Verdict: directory.ScopeOut, Rule: "exclude name:Employment Status in [Full Time]",
		Field: "employmentHistoryStatus", Value: "full-time"}
	if diff := cmp.Diff(want, w.Scope); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
}

func TestFieldsResolvesNames(t *testing.T) {
	conn := connection(t, `  mapping: { custom.a: { from: "name:Alpha", type: text }, custom.b: { from: jobTitle, type: text } }`+"\n")
	fields := mapping.Fields(conn, map[string]string{"name:Alpha": "jobTitle"})
	if n := strings.Count(strings.Join(fields, " "), "jobTitle"); n != 1 || strings.Contains(strings.Join(fields, " "), "name:") {
		t.Errorf("fields %v", fields)
	}
	if got := mapping.Fields(conn, nil); !strings.Contains(strings.Join(got, " "), "name:Alpha") {
		t.Errorf("an unresolved name is kept: %v", got)
	}
}

// What the key may not see never becomes a value, a blank or a signal (promise SI39; security §3 #3).
func TestUnreadableChangesNothing(t *testing.T) {
	conn := everything(t)
	schema, ahead := schemas(conn, nil)
	m, faults := mapping.New(conn, nil, schema, ahead, "", noon)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	text := rapid.SampledFrom([]string{"", "Ann", "Inactive", "2020-01-01", "2030-01-01", "0000-00-00", "Contractor", "1", "7", "ann@acme.test", "junk\x00"})
	rapid.Check(t, func(t *rapid.T) {
		e := employee{}
		for _, alias := range schema.Names() {
			e[alias] = text.Draw(t, alias)
		}
		hidden := rapid.SampledFrom(schema.Names()).Draw(t, "hidden")
		e[hidden] = "?"
		var all, one directory.Wanted
		rec := employee{}.hide(schema).record(4, schema, ahead)
		m.Map(&rec, &all)
		rec = e.record(4, schema, ahead)
		m.Map(&rec, &one)
		for _, f := range directory.Standard() {
			if s := all.Want(f).State; s == directory.WantSet || s == directory.WantBlank {
				t.Fatalf("with nothing readable, %s is %s", f, stateWord(s))
			}
			if want := one.Want(f); want.From == hidden && want.State != directory.WantUnreadable {
				t.Fatalf("%s comes from the unreadable %s: %v", f, hidden, want)
			}
		}
		for _, x := range all.Extras {
			if x.Want.State != directory.WantUnreadable {
				t.Fatalf("with nothing readable, %s is %s", x.Field, stateWord(x.Want.State))
			}
		}
		if all.Manager.State != directory.WantUnreadable || all.Scope.Verdict != directory.ScopeUnknown || len(all.Signals) > 0 ||
			all.Account != directory.AccountUnreadable || all.NoStatus || all.HireDate != "" || !all.StartsAt.IsZero() {
			t.Fatalf("with nothing readable:\n%s", render(&all))
		}
		for _, s := range one.Signals {
			if (s.Kind == directory.SignalStatus && hidden == "status") || (s.Kind == directory.SignalTermination && hidden == "terminationDate") ||
				((s.Kind == directory.SignalStatusBlocked || s.Kind == directory.SignalNoStatus) && hidden == "employmentHistoryStatus") {
				t.Fatalf("signal %s although %s is unreadable", s.Kind, hidden)
			}
		}
		for _, alias := range []string{"employmentHistoryStatus", "terminationDate"} {
			if hidden == alias && one.Want(directory.DeactivationDate).State != directory.WantUnreadable && !lifecycleNote(one.Notes, alias) {
				t.Fatalf("nothing says that %s cannot be judged: %v", alias, one.Notes)
			}
		}
		if hidden == "department" && one.Scope.Verdict == directory.ScopeIn {
			t.Fatal("in scope although a rule's field is unreadable")
		}
	})
}

// lifecycleNote finds the note that a leaving signal could not be judged.
func lifecycleNote(notes []directory.Note, alias string) bool {
	for _, n := range notes {
		if n.Field == "" && n.Reason == "unreadable" && strings.HasPrefix(n.Detail, alias+":") {
			return true
		}
	}
	return false
}

func (e employee) hide(schema *hr.Schema) employee {
	for _, alias := range schema.Names() {
		e[alias] = "?"
	}
	return e
}

// Map must not remember anything of the record before.
func TestMapIsAFunctionOfTheRecord(t *testing.T) {
	conn := everything(t)
	schema, ahead := schemas(conn, nil)
	m, _ := mapping.New(conn, nil, schema, ahead, "", noon)
	text := rapid.SampledFrom([]string{"?", "", "Ann", "Inactive", "2020-01-01", "7", "ann@acme.test", "a,b", "junk\x00"})
	var reused directory.Wanted
	rapid.Check(t, func(t *rapid.T) {
		e := employee{}
		for _, alias := range schema.Names() {
			e[alias] = text.Draw(t, alias)
		}
		rec := e.record(4, schema, ahead)
		m.Map(&rec, &reused)
		fresh, _ := mapping.New(conn, nil, schema, ahead, "", noon)
		var w directory.Wanted
		fresh.Map(&rec, &w)
		if diff := cmp.Diff(render(&w), render(&reused)); diff != "" {
			t.Fatalf("a reused mapper gives something else (-fresh +reused):\n%s", diff)
		}
	})
}

// everything maps 26 values and uses every part of the settings.
func everything(t testing.TB) *policy.Connection {
	return connection(t, `  time_zone: America/New_York
  location_time_zones: { Utrecht: Europe/Amsterdam }
  match: [employee_number, work_email, home_email]
  mapping:
    teams: { from: teams, split: "," }
    gender: { from: gender }
    birthday: { from: dateOfBirth }
    budgets.learning: { from: customLearning, currency: EUR }
    budgets.travel: { from: customTravel, currency: EUR }
    custom.car: { from: customCar, type: boolean }
    custom.level: { from: customLevel, type: number }
    custom.review: { from: customReview, type: date }
    custom.shirt: { from: customShirt, type: text }
    custom.skills: { from: customSkills, type: list, split: ";" }
  scope:
    exclude: [{ field: department, in: [Board] }]
    block_statuses: [Contractor, Intern]
    no_status: deactivate
  lifecycle: { leaving: [status, termination_date, status_blocked, out_of_scope] }
`)
}

func ann() employee {
	return employee{"status": "Active", "employeeNumber": "1001", "workEmail": "Ann.Lee@acme.test", "homeEmail": "ann@home.test",
		"firstName": "Ann", "lastName": "Lee", "preferredName": "Annie", "jobTitle": "Senior Engineer", "department": "Engineering",
		"division": "Europe", "location": "Utrecht", "teams": "Platform, Security", "supervisorEId": "9", "supervisorId": "1009",
		"supervisorEmail": "bo@acme.test", "workPhone": "+31 30 123 45 67", "gender": "Female", "dateOfBirth": "1990-02-03",
		"hireDate": "2024-01-08", "originalHireDate": "2020-03-01", "terminationDate": "0000-00-00", "employmentHistoryStatus": "Full-Time",
		"customLearning": "500.00 EUR", "customTravel": "1,250.00", "customCar": "1", "customLevel": "7", "customReview": "2026-06-01",
		"customShirt": "M", "customSkills": "Go; SQL"}
}

func BenchmarkMap(b *testing.B) {
	conn := everything(b)
	schema, ahead := schemas(conn, nil)
	m, faults := mapping.New(conn, nil, schema, ahead, "", noon)
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	rec := ann().record(4, schema, ahead)
	var w directory.Wanted
	b.ReportAllocs()
	for b.Loop() {
		m.Map(&rec, &w)
	}
}

func BenchmarkMapPreset(b *testing.B) {
	conn := connection(b, "  preset: betterworks\n")
	schema, ahead := schemas(conn, nil)
	m, faults := mapping.New(conn, nil, schema, ahead, "", noon)
	if len(faults) > 0 {
		b.Fatal(faults)
	}
	rec := ann().record(4, schema, ahead)
	var w directory.Wanted
	b.ReportAllocs()
	for b.Loop() {
		m.Map(&rec, &w)
	}
}
