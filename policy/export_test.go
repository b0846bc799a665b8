package policy

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestExportOmitsWhatOnlyTheOperatorMaySet(t *testing.T) {
	f, faults := ParseFile([]byte(contract), nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	text := string(Export(f.Connections[0]))
	for _, secret := range []string{"api_key", "BAMBOOHR_API_KEY", "base_url", "9090", "smtp"} {
		if strings.Contains(text, secret) {
			t.Errorf("the export contains %s:\n%s", secret, text)
		}
	}
	want := f.Connections[0]
	want.BambooHR.APIKeyEnv, want.BambooHR.BaseURL = "", ""
	if diff := cmp.Diff(want, mustParse(t, text)); diff != "" {
		t.Error(diff)
	}
	if again, faults := ParseFile([]byte(text), nil); len(faults) > 0 || cmp.Diff(want, again.Connections[0]) != "" {
		t.Errorf("an export must be a configuration file too: %v", faults)
	}
}

// TestExportRoundTrips holds for any settings: what is exported is read back to the same settings, with
// the same revisions.
func TestExportRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawConnection(t)
		text := Export(want)
		got, faults := ParseSettings(text)
		if len(faults) > 0 {
			t.Fatalf("%v in\n%s", faults, text)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-want +got: %s\n%s", diff, text)
		}
		if Revision(want) != Revision(got) || MappingRevision(want) != MappingRevision(got) {
			t.Fatal("the revision changed on the way")
		}
	})
}

// awkward is text that YAML would take for something else when it is not quoted.
func awkward() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"yes", "null", "~", "3", "1e3", "true", "2024-01-01", "a: b", "# x", "- x", "{x}", "'", `"`, "\\", "é ü", "0x10", ".inf", "<<", "!x", "&a", "*a", "%", "@", "`", "|", ">", "name:x"}),
		rapid.StringMatching(`[A-Za-z0-9&'"#:,\[\]{}ü-]( ?[A-Za-z0-9&'"#:,\[\]{}ü-]){0,12}`),
	)
}

func drawConnection(t *rapid.T) Connection {
	c, err := Base(rapid.SampledFrom(append(PresetNames(), "")).Draw(t, "preset"))
	if err != nil {
		t.Fatal(err)
	}
	c.Name = awkward().Draw(t, "name")
	c.BambooHR.Subdomain = rapid.StringMatching(`[b-z][a-z0-9]{0,20}`).Filter(func(s string) bool { return s != "www" }).Draw(t, "sub-domain")
	c.BambooHR.Reader = rapid.SampledFrom([]Reader{ReaderAuto, ReaderReport, ReaderDataset}).Draw(t, "reader")
	c.Approval = rapid.SampledFrom([]Approval{ApprovalNotRequired, ApprovalRequired}).Draw(t, "approval")
	c.Enabled = rapid.Bool().Draw(t, "enabled")
	c.Notify.Errors = []string{"it@acme.test"}
	c.Notify.Welcome = rapid.SampledFrom([]Welcome{WelcomeNever, WelcomeAutomaticOnly, WelcomeAlways}).Draw(t, "welcome")
	c.Schedule = rapid.SampledFrom([]Schedule{{Cron: "*/5 1-3 * * 1,2"}, {Every: 90 * time.Minute}, {Every: 61 * time.Second}, {Daily: "00:00"}, {Weekly: "sun 23:59"}}).Draw(t, "schedule")
	c.Changes = Changes{Every: rapid.SampledFrom([]time.Duration{0, time.Minute, 15 * time.Minute, 90 * time.Second, 24 * time.Hour}).Draw(t, "changes"), Webhook: rapid.Bool().Draw(t, "webhook")}
	c.TimeZone = rapid.SampledFrom([]string{"UTC", "America/New_York", "Etc/GMT+8"}).Draw(t, "zone")
	c.LocationZones = nil
	for _, location := range rapid.SliceOfNDistinct(awkward(), 0, 3, textKey).Draw(t, "locations") {
		if c.LocationZones == nil {
			c.LocationZones = map[string]string{}
		}
		c.LocationZones[location] = "Europe/Amsterdam"
	}
	c.Mapping = drawMapping(t, c.Mapping)
	c.Scope.Include, c.Scope.Exclude = drawRules(t), drawRules(t)
	c.Scope.BlockStatuses = nil
	c.Scope.BlockStatuses = append(c.Scope.BlockStatuses, rapid.SliceOfNDistinct(awkward(), 0, 3, StatusKey).Draw(t, "blocked")...)
	c.Lifecycle.Missing = rapid.SampledFrom([]Missing{MissingKeep, MissingDeactivateLinked, MissingDeactivateNotImported}).Draw(t, "missing")
	for _, s := range Signals() {
		leave := Leave{rapid.SampledFrom([]LeaveAction{LeaveDeactivate, LeaveHold, LeaveNone}).Draw(t, "action"), rapid.IntRange(0, 30).Draw(t, "grace")}
		if s == SignalMissing {
			leave.Action = LeaveDeactivate
			if c.Lifecycle.Missing == MissingKeep {
				leave.Action = LeaveHold
			}
		}
		c.Lifecycle.Leaving[s] = leave
	}
	c.Guard.Deactivate = Limit{rapid.IntRange(0, 99).Draw(t, "people"), rapid.Float64Range(0, 50).Draw(t, "percent"), rapid.Float64Range(50, 100).Draw(t, "refuse")}
	c.Guard.Window = time.Duration(rapid.IntRange(0, 100000).Draw(t, "window")) * time.Second
	c.Pictures = rapid.Bool().Draw(t, "pictures")
	return c
}

func drawMapping(t *rapid.T, base []FieldRule) []FieldRule {
	kept := slices.DeleteFunc(base, func(r FieldRule) bool {
		return r.Target != "email" && (rapid.Bool().Draw(t, "drop") || r.Target == "display_name")
	})
	for i := range kept {
		kept[i].Authority = rapid.SampledFrom([]Authority{AuthorityLocked, AuthorityOverwrite, AuthorityOnCreate, AuthorityFillEmpty, AuthorityLocal}).Draw(t, "authority")
		kept[i].ClearWhenBlank = rapid.Bool().Draw(t, "clear")
	}
	kept = append(kept, FieldRule{Target: "display_name", Expr: `firstName + " # " + lastName`, Authority: AuthorityOverwrite})
	for i := range rapid.IntRange(0, 3).Draw(t, "own fields") {
		kind := rapid.SampledFrom(customTypes()).Draw(t, "type")
		custom := FieldRule{Target: fmt.Sprintf("custom.own%d", i), From: []SourceField{SourceField("name:" + awkward().Draw(t, "field"))}, Type: kind, Authority: AuthorityLocal}
		if kind == KindList {
			custom.Split = rapid.SampledFrom([]string{",", ";", " ", "|"}).Draw(t, "split")
		}
		budget := FieldRule{Target: fmt.Sprintf("budgets.own%d", i), From: []SourceField{"customA", "customB"}, Currency: "EUR", Authority: AuthorityLocked}
		kept = append(kept, custom, budget)
	}
	return sortRules(kept)
}

func drawRules(t *rapid.T) []Rule {
	var rules []Rule
	for range rapid.IntRange(0, 3).Draw(t, "rules") {
		rules = append(rules, rapid.OneOf(
			rapid.Custom(func(t *rapid.T) Rule {
				return Rule{"department", OpIn, rapid.SliceOfN(awkward(), 1, 3).Draw(t, "values")}
			}),
			rapid.Custom(func(t *rapid.T) Rule { return Rule{"name:Shirt size", OpIsNot, []string{awkward().Draw(t, "value")}} }),
			rapid.Just(Rule{"hireDate", OpBefore, []string{"2026-01-01"}}),
			rapid.Just(Rule{"customA", OpIsTrue, []string{"false"}}),
			rapid.Just(Rule{"jobTitle", OpMatches, []string{`^(Lead|"Head") \d: #$`}}),
		).Draw(t, "rule"))
	}
	return rules
}

func TestRevisions(t *testing.T) {
	base := mustParse(t, "bamboohr: { subdomain: acme }\nmapping: { gender: { from: gender } }")
	tests := map[string]struct {
		change        string
		plan, mapping bool
	}{
		"nothing":   {`enabled: false`, false, false},
		"name":      {`name: Other`, false, false},
		"schedule":  {`schedule: { every: 1h }`, false, false},
		"changes":   {`changes: { every: 15m, webhook: true }`, false, false},
		"mails":     {`notify: { errors: [it@acme.test], welcome: always }`, false, false},
		"pictures":  {`pictures: true`, false, false},
		"guard":     {`guard: { blank: { people: 6 } }`, true, false},
		"new teams": {`teams: ask`, true, false},
		"adopt":     {`match_mode: adopt`, true, false},
		"mapping":   {`mapping: { gender: { clear_when_blank: true } }`, true, true},
		"zone":      {`time_zone: Europe/Amsterdam`, true, true},
		"scope":     {`scope: { block_statuses: [Intern] }`, true, true},
		"leaving":   {`lifecycle: { leaving: { status: { grace_days: 1 } } }`, true, true},
		"company":   {`bamboohr: { subdomain: beta }`, true, true},
	}
	for name, test := range tests {
		c, faults := Patch(base, []byte(test.change))
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		if changed := Revision(c) != Revision(base); changed != test.plan {
			t.Errorf("%s: plan revision changed: %v", name, changed)
		}
		if changed := MappingRevision(c) != MappingRevision(base); changed != test.mapping {
			t.Errorf("%s: mapping revision changed: %v", name, changed)
		}
	}
}
