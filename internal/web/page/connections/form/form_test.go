package form

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/policy"
)

// rich is a connection that uses everything the forms can say.
const rich = `
name: Acme "HR" 👋
preset: betterworks
bamboohr: { subdomain: acme }
time_zone: America/New_York
location_time_zones: { Utrecht: Europe/Amsterdam, "São Paulo": America/Sao_Paulo }
schedule: { weekly: "fri 07:30" }
changes: { every: 90s, webhook: true }
match: [work_email, home_email]
match_mode: adopt
mapping:
  email: { from: [workEmail, homeEmail], authority: locked }
  teams: { from: customTeams, split: ";" }
  display_name: { expr: "first_name + ' ' + last_name" }
  budgets.learning: { from: "name:Learning, and more", currency: EUR }
  custom.sizes: { from: customShirtsize, type: list, split: "/" }
  custom.badge: { from: customBadge, type: number, authority: fill_empty }
  phone: null
departments: ask
teams: match_only
scope:
  include: [{ field: "name:alleo_access", is_true: true }, { field: hireDate, before: "2027-01-01" }]
  exclude: [{ field: department, in: [Board, "Legal, and tax"] }, { field: homeEmail, is_blank: false }]
  block_statuses: [Contractor, Intern]
  no_status: active
lifecycle:
  initial: active
  leaving: { status: { action: hold, grace_days: 3 }, termination_date: {}, missing: { grace_days: 14 } }
  combine: earliest
  missing: deactivate_linked
  pre_hire_days: 7
  manual_deactivation: overwrite
guard: { window: 90m, deactivate: { people: 9, percent: 2.5, refuse_percent: 33.3 } }
plan_expires: 36h
notify: { errors: [it@acme.test, hr@acme.test], welcome: automatic_only }
pictures: true
`

func examples(t *testing.T) map[string]policy.Connection {
	t.Helper()
	out := map[string]policy.Connection{}
	for _, name := range append([]string{""}, policy.PresetNames()...) {
		c, err := policy.Base(name)
		if err != nil {
			t.Fatal(err)
		}
		c.Name, c.BambooHR.Subdomain = "Acme", "acme"
		out["preset "+name] = c
	}
	c, faults := policy.ParseSettings([]byte(rich))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	out["rich"] = c
	for name, s := range map[string]policy.Schedule{"hours": {Every: 3 * time.Hour}, "minutes": {Every: 45 * time.Minute}, "cron": {Cron: "0 3 * * 1-5"}} {
		c.Schedule = s
		out["every "+name] = c
	}
	return out
}

// What a form shows and sends back unchanged changes nothing; on other settings it makes them the same.
func TestFormsKeepWhatTheyShow(t *testing.T) {
	for name, c := range examples(t) {
		t.Run(name, func(t *testing.T) {
			same, faults := policy.Patch(c, ConfigPatch(ConfigValues(c)).Bytes())
			same, more := policy.Patch(same, MappingPatch(MappingValues(c), same.Mapping).Bytes())
			same, most := policy.Patch(same, ScopePatch(ScopeValues(c)).Bytes())
			if faults = append(append(faults, more...), most...); len(faults) > 0 {
				t.Fatal(faults)
			}
			if diff := cmp.Diff(c, same); diff != "" {
				t.Errorf("the forms changed it (-was +is):\n%s", diff)
			}
			other, err := policy.Base("small-improvements")
			if err != nil {
				t.Fatal(err)
			}
			other.BambooHR.Subdomain = "other"
			for _, patch := range []Document{ConfigPatch(ConfigValues(c)), MappingPatch(MappingValues(c), other.Mapping), ScopePatch(ScopeValues(c))} {
				if other, faults = policy.Patch(other, patch.Bytes()); len(faults) > 0 {
					t.Fatal(faults)
				}
			}
			other.Preset, other.Enabled = c.Preset, c.Enabled
			if diff := cmp.Diff(c, other); diff != "" {
				t.Errorf("not carried over (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMappingPatch(t *testing.T) {
	base, err := policy.Base("")
	if err != nil {
		t.Fatal(err)
	}
	base.BambooHR.Subdomain = "acme"
	for _, test := range []struct {
		name   string
		change func(v url.Values)
		target string
		want   string // as policy words it, or the fault
	}{
		{"empty fallbacks say nothing", func(v url.Values) { v["email.from"] = []string{"", "workEmail", "", "homeEmail"} }, "email", "workEmail homeEmail"},
		{"no field", func(v url.Values) { v["email.from"] = []string{""} }, "email", "mapping.email.from: This lists no field"},
		{"what is not chosen does not count", func(v url.Values) { v.Set("email.expr", "broken(") }, "email", "workEmail"},
		{"expression", func(v url.Values) { v.Set("job_title.how", "expr"); v.Set("job_title.expr", "upper(jobTitle)") }, "job_title", "upper(jobTitle)"},
		{"broken expression", func(v url.Values) { v.Set("job_title.how", "expr"); v.Set("job_title.expr", "upper(") }, "job_title", "mapping.job_title.expr: The expression is wrong at column"},
		{"fault of a fallback", func(v url.Values) { v["email.from"] = []string{"workEmail", "home email"} }, "email", `mapping.email.from: "home email" is not a BambooHR field`},
		{"row left out", func(v url.Values) { RemoveRow(v, "phone") }, "phone", "none"},
		{"without e-mail", func(v url.Values) { RemoveRow(v, "email") }, "email", ": mapping.email: email is not mapped"},
		{"unknown authority", func(v url.Values) { v.Set("email.authority", "mine") }, "email", `mapping.email.authority: "mine" is not known`},
		{"budget without currency", func(v url.Values) {
			v.Set("add.target", "budgets.")
			v.Set("add.name", "learning")
			AddRow(v)
			v.Set("budgets.learning.from", "customLearning")
		}, "budgets.learning", `mapping.budgets.learning.currency: "" is not a currency`},
		{"standard field added", func(v url.Values) { v.Set("add.target", "teams"); AddRow(v) }, "teams", "teams"},
		{"no field of the directory", func(v url.Values) { v.Add("rows", "password") }, "password", "none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := MappingValues(base)
			test.change(v)
			c, faults := policy.Patch(base, MappingPatch(v, base.Mapping).Bytes())
			got := "none"
			if r, ok := c.Rule(test.target); ok {
				got = r.Expr
				for _, f := range r.From {
					got = strings.TrimSpace(got + " " + string(f))
				}
			}
			for field, text := range Placed(faults, RowFields(MapRows(v))...) {
				got = field + ": " + text
			}
			if !strings.HasPrefix(got, test.want) {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestAddRowRefuses(t *testing.T) {
	for _, test := range []struct{ target, name, want string }{
		{"", "", "Choose the field"},
		{"custom.", "", "Name the new field"},
		{"custom.", "shirt size", "Use letters"},
		{"budgets.", "<b>", "Use letters"},
		{"email", "", "is in the list already"},
		{"photo", "", "Choose the field"},
	} {
		v := url.Values{"rows": {"email"}, "add.target": {test.target}, "add.name": {test.name}}
		if _, fault := AddRow(v); !strings.Contains(fault, test.want) {
			t.Errorf("add %q %q: %q, want %q", test.target, test.name, fault, test.want)
		}
		if len(v["rows"]) != 1 {
			t.Errorf("add %q %q: rows %q", test.target, test.name, v["rows"])
		}
	}
}

func TestScopePatch(t *testing.T) {
	base, err := policy.Base("")
	if err != nil {
		t.Fatal(err)
	}
	base.BambooHR.Subdomain = "acme"
	rule := func(field, op, values string) func(url.Values) {
		return func(v url.Values) { AddRule(v, "include", field, op, values) }
	}
	for _, test := range []struct {
		name   string
		change func(v url.Values)
		want   string // the include rules and blocked statuses, or the faults
	}{
		{"values of several lines", rule("department", "in", "Board\n\n Legal, and tax \n"), "department in [Board, Legal, and tax]"},
		{"yes without a value", rule("customAccess", "is_true", ""), "customAccess is_true true"},
		{"no in words", rule("customAccess", "is_true", "No"), "customAccess is_true false"},
		{"an empty row says nothing", rule("", "in", ""), ""},
		{"a field without values", rule("department", "in", ""), "scope.include[0]: In names no value"},
		{"values without a field", rule("", "is", "Sales"), "scope.include[0]: "},
		{"the row's own fault", func(v url.Values) {
			AddRule(v, "include", "", "in", "")
			AddRule(v, "include", "hireDate", "before", "next week")
		}, `scope.include[0]: "next week" is not a date`},
		{"statuses ticked and typed", func(v url.Values) {
			v["scope.block_statuses"] = []string{"Full-Time"}
			v.Set("scope.more_statuses", "full time\nIntern")
		}, "blocked Full-Time, Intern"},
		{"grace that is no number", func(v url.Values) { v.Set("lifecycle.leaving.status.grace_days", "two") }, "lifecycle.leaving.status.grace_days: "},
		{"nobody recognised", func(v url.Values) { v["match"] = []string{"", ""} }, "match: This lists no key"},
		{"recognised twice by the same", func(v url.Values) { v["match"] = []string{"work_email", "work_email"} }, "match: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := ScopeValues(base)
			test.change(v)
			c, faults := policy.Patch(base, ScopePatch(v).Bytes())
			var parts []string
			for _, r := range c.Scope.Include {
				parts = append(parts, r.String())
			}
			if len(c.Scope.BlockStatuses) > 0 {
				parts = append(parts, "blocked "+strings.Join(c.Scope.BlockStatuses, ", "))
			}
			got := strings.Join(parts, "; ")
			for field, text := range Placed(faults, ScopeFields(v)...) {
				got = field + ": " + text
			}
			if !strings.HasPrefix(got, test.want) || test.want == "" && got != "" {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestConfigPatchPlacesFaults(t *testing.T) {
	base := examples(t)["rich"]
	for _, test := range []struct{ field, value, at string }{
		{"name", "", "name"},
		{"bamboohr.subdomain", "https://evil.test/acme", "bamboohr.subdomain"},
		{"time_zone", "Local", "time_zone"},
		{"zones.zone", "Mars", "location_time_zones"},
		{"notify.errors", "it@acme.test\nnobody", "notify.errors"},
		{"guard.deactivate.people", "many", "guard.deactivate.people"},
		{"guard.deactivate.percent", "101", "guard.deactivate.percent"},
		{"guard.deactivate.refuse_percent", "1", "guard.deactivate"},
		{"guard.window", "soon", "guard.window"},
		{"plan_expires", "-1", "plan_expires"},
		{"schedule", "", "schedule"},
		{"schedule.weekly_at", "25:00", "schedule.weekly"},
		{"departments", "drop", "departments"},
	} {
		v := ConfigValues(base)
		v.Set(test.field, test.value)
		if test.field == "zones.zone" {
			v["zones.zone"] = []string{test.value, test.value}
		}
		_, faults := policy.Patch(base, ConfigPatch(v).Bytes())
		wrong := Placed(faults, ConfigFields()...)
		if len(wrong) == 0 || wrong[test.at] == "" {
			t.Errorf("%s = %q: %v, want an error at %s", test.field, test.value, wrong, test.at)
		}
	}
}

// Whatever people paste, the document of a form can be read: faults have a place, and nothing panics.
func TestFormsAreAlwaysReadable(t *testing.T) {
	base := examples(t)["rich"]
	rapid.Check(t, func(t *rapid.T) {
		v := url.Values{}
		for _, from := range []url.Values{ConfigValues(base), MappingValues(base), ScopeValues(base)} {
			for name, values := range from {
				v[name] = values
			}
		}
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\u202eAnn", "<script>alert(1)</script>", "=CMD()", "'\"`: {[", "\ufeff", "\x00\x7f\u0085", strings.Repeat("ä", 200), "👩‍👩‍👧", "NaN", "1e400", "~", "!!str"}))
		names := rapid.SampledFrom(sortedNames(v))
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			v[names.Draw(t, "name")] = []string{Clean(text.Draw(t, "text")), Clean(text.Draw(t, "text"))}
		}
		for _, patch := range []Document{ConfigPatch(v), MappingPatch(v, base.Mapping), ScopePatch(v), SchedulePatch(v)} {
			_, faults := policy.Patch(base, patch.Bytes())
			for _, f := range faults {
				if f.Place == "" {
					t.Fatalf("%s: %s", patch.Bytes(), f)
				}
			}
		}
	})
}

func sortedNames(v url.Values) []string { return slices.Sorted(maps.Keys(v)) }

func TestCaret(t *testing.T) {
	for _, test := range []struct{ expr, message, want string }{
		{"upper(", "The expression is wrong at column 6: unexpected end", "upper(\n     ^"},
		{"äöü + 1", "wrong at column 5: no", "äöü + 1\n    ^"},
		{"a\nb", "wrong at column 1: no", ""},
		{"a", "wrong at column 9: no", ""},
		{"a", "no column", ""},
	} {
		if got := Caret(test.expr, test.message); got != test.want {
			t.Errorf("%q, %q:\n%s\nwant\n%s", test.expr, test.message, got, test.want)
		}
	}
	long := strings.Repeat("x", 100)
	if got := Caret(long, "at column 90"); !strings.HasSuffix(got, strings.Repeat(" ", 40-1)+"^") {
		t.Errorf("a long expression is shown as\n%s", got)
	}
}

func TestPlacedTakesTheNearestField(t *testing.T) {
	faults := []policy.Fault{{Place: "connection.guard.deactivate.people", Message: "no"}, {Place: "guard.blank.x", Message: "not so"},
		{Place: "somewhere.else", Message: "what is it"}, {Message: "all of it"}}
	want := map[string]string{"guard.deactivate.people": "No.", "guard.blank": "Not so.", "": "somewhere.else: what is it. All of it."}
	if diff := cmp.Diff(want, Placed(faults, ConfigFields()...)); diff != "" {
		t.Error(diff)
	}
}
