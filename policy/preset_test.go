package policy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestPresetsEffectiveSettings proves AY12, AY15–AY19, AY22, AY23, AL2, AL4, AL15, BW5–BW9, BW22, BW26,
// SI10, SI25, SI28, SI32, SI36 as settings: each golden file is what a connection with that preset and
// nothing else does.
func TestPresetsEffectiveSettings(t *testing.T) {
	for _, name := range append([]string{""}, PresetNames()...) {
		t.Run("preset "+name, func(t *testing.T) {
			text := "bamboohr: { subdomain: acme }\n"
			file := "none"
			if name != "" {
				file, text = name, text+"preset: "+name+"\n"
			}
			c, faults := ParseSettings([]byte(text))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			got := fmt.Sprintf("%s# asks BambooHR for: %s\n# cannot do without: %s\n", Export(c),
				strings.Join(SourceFields(c), " "), strings.Join(CriticalFields(c), " "))
			golden(t, filepath.Join("testdata", "preset-"+file+".golden"), got)
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs; rewrite it with -update if the change is meant (-want +got):\n%s", path, diff)
	}
}

func TestEveryPresetFileIsNamed(t *testing.T) {
	files, err := presetFiles.ReadDir("presets")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(PresetNames()) {
		t.Errorf("%d preset files, %d names", len(files), len(PresetNames()))
	}
	for _, name := range PresetNames() {
		if _, ok := PresetYAML(name); !ok {
			t.Errorf("preset %s has no file", name)
		}
		if _, err := Base(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := Base("workday"); err == nil || !strings.Contains(err.Error(), "small-improvements or paymasters") {
		t.Errorf("unknown preset: got %v", err)
	}
}

func TestFileOverridesPreset(t *testing.T) {
	c := mustParse(t, `
preset: betterworks
bamboohr: { subdomain: acme }
mapping:
  location: { authority: locked }
  phone: { from: [mobilePhone, workPhone] }
  job_title: { expr: "upper(jobTitle)" }
  preferred_name: null
  gender: { from: gender }
match: [work_email]
schedule: { every: 6h }
lifecycle: { leaving: [status] }
`)
	location, _ := c.Rule("location")
	want := FieldRule{Target: "location", From: []SourceField{"city"}, Authority: AuthorityLocked}
	if diff := cmp.Diff(want, location); diff != "" {
		t.Errorf("a key given for a target must leave its other keys alone (-want +got):\n%s", diff)
	}
	phone, _ := c.Rule("phone")
	if diff := cmp.Diff([]SourceField{"mobilePhone", "workPhone"}, phone.From); diff != "" {
		t.Errorf("lists replace (-want +got):\n%s", diff)
	}
	if !phone.ClearWhenBlank {
		t.Error("phone must still be cleared when blank")
	}
	title, _ := c.Rule("job_title")
	if title.Expr == "" || title.From != nil {
		t.Errorf("expr must drop the preset's from: %+v", title)
	}
	if _, ok := c.Rule("preferred_name"); ok {
		t.Error("null must remove a field from the mapping")
	}
	if _, ok := c.Rule("gender"); !ok {
		t.Error("a new target must be added")
	}
	if c.Schedule != (Schedule{Every: 6 * 3600e9}) {
		t.Errorf("schedule must replace the preset's: %+v", c.Schedule)
	}
	if diff := cmp.Diff([]MatchKey{MatchWorkEmail}, c.Match); diff != "" {
		t.Error(diff)
	}
	if got := c.Lifecycle.Leaving[SignalTermination].Action; got != LeaveNone {
		t.Errorf("termination_date is not listed, so it is no signal; got %s", got)
	}
	if c.TimeZone != "America/Los_Angeles" || c.Lifecycle.Initial != InitialActive || c.Scope.NoStatus != NoStatusDeactivate {
		t.Error("what the file does not mention must stay the preset's")
	}
}

func mustParse(t *testing.T, text string) Connection {
	t.Helper()
	c, faults := ParseSettings([]byte(text))
	for _, f := range faults {
		t.Error(f)
	}
	if t.Failed() {
		t.FailNow()
	}
	return c
}
