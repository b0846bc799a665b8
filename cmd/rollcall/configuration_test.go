package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/policy"
)

const configurationDoc = "../../docs/configuration.md"

// askAll is a file in which every section is begun, so that the parser asks for every key.
const askAll = `
connection:
  bamboohr: { subdomain: acme }
  scope: { include: [{ field: department, in: [x] }] }
  mapping: { custom.x: { from: customX, type: text } }
smtp: { host: mail.acme.test, from: it@acme.test }
`

const askLeaving = `
connection: { bamboohr: { subdomain: acme }, lifecycle: { leaving: { deleted: { action: hold } } } }
`

// TestConfigurationKeys holds the first columns of docs/configuration.md against the keys that the parser
// asks the environment for.
func TestConfigurationKeys(t *testing.T) {
	want := map[string]bool{"connection": true, "connections": true, "smtp": true, "network": true, "mapping": true, "location_time_zones": true,
		"scope.include": true, "scope.exclude": true}
	for _, file := range []string{askAll, askLeaving} {
		_, faults := policy.ParseFile([]byte(file), func(place string) (string, bool) {
			want[docKey(place)] = true
			return "", false
		})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
	}
	documented := documentedDefaults(t)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(documented))); diff != "" {
		t.Errorf("keys of %s (-program +document):\n%s", configurationDoc, diff)
	}
}

// docKey is how the document writes a place.
func docKey(place string) string {
	place = strings.TrimPrefix(place, "connection.")
	place = strings.Replace(place, "mapping.custom.x.", "mapping.FIELD.", 1)
	place = strings.Replace(place, "lifecycle.leaving.deleted.", "lifecycle.leaving.SIGNAL.", 1)
	return strings.Replace(place, "[0]", "[]", 1)
}

// documentedDefaults reads the tables: key → default, "" for none.
func documentedDefaults(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-zA-Z_.\\[\\]]+)` \\| ([^|]*) \\|[^|]*\\|$").FindAllStringSubmatch(configurationText(t), -1) {
		if strings.HasPrefix(m[1], "ROLLCALL_") { // TestVariables
			continue
		}
		if _, twice := out[m[1]]; twice {
			t.Errorf("%s stands twice", m[1])
		}
		out[m[1]] = strings.TrimPrefix(m[2], "–")
	}
	return out
}

func configurationText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(configurationDoc)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestConfigurationDefaults holds the second columns against the effective values of the smallest file.
func TestConfigurationDefaults(t *testing.T) {
	file, faults := policy.ParseFile([]byte("connection: { bamboohr: { subdomain: acme } }\nsmtp: { host: mail.acme.test, from: it@acme.test }"), nil)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	doc, err := (&config.Loaded{File: file}).Document()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	flatten(values, "", doc)
	documented := documentedDefaults(t)
	for key, want := range values {
		place := docKey(key)
		got, ok := documented[place]
		switch {
		case strings.HasPrefix(place, "mapping."), strings.HasPrefix(place, "lifecycle.leaving."):
		case slices.Contains([]string{"name", "bamboohr.subdomain", "smtp.host", "smtp.from"}, place): // as given
		case !ok:
			t.Errorf("%s (default %s) is not documented", place, want)
		case got != want:
			t.Errorf("%s: the document says %q, the program %q", place, got, want)
		}
		delete(documented, place)
	}
	listed := policy.Defaults().Lifecycle.Leaving
	var signals []string
	for _, s := range policy.Signals() {
		if s == policy.SignalStatus || s == policy.SignalTermination {
			if listed[s].Action == policy.LeaveDeactivate {
				signals = append(signals, string(s))
			}
		}
	}
	if got := documented["lifecycle.leaving"]; got != strings.Join(signals, ", ") {
		t.Errorf("lifecycle.leaving: the document says %q, the program %q", got, signals)
	}
	for _, key := range []string{"lifecycle.leaving", "lifecycle.leaving.SIGNAL.action", "lifecycle.leaving.SIGNAL.grace_days", "mapping.FIELD.authority"} {
		delete(documented, key)
	}
	for key, value := range documented {
		if value != "" {
			t.Errorf("%s: the document says %q, the program has no default", key, value)
		}
	}
}

// flatten gives every value by its path, lists as "a, b".
func flatten(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			flatten(out, strings.TrimPrefix(path+"."+key, "."), value)
		}
	case map[any]any:
		for key, value := range v {
			flatten(out, strings.TrimPrefix(path+"."+fmt.Sprint(key), "."), value)
		}
	case []any:
		words := make([]string, len(v))
		for i, x := range v {
			words[i] = fmt.Sprint(x)
		}
		out[path] = strings.Join(words, ", ")
	default:
		out[path] = fmt.Sprint(v)
	}
}

// TestConfigurationFields holds the table of the directory's fields against the targets.
func TestConfigurationFields(t *testing.T) {
	word := map[bool]string{true: "yes", false: "no"}
	defaults := policy.Defaults()
	var want []string
	for _, target := range policy.Targets() {
		if target.Kind == policy.KindPhoto {
			continue
		}
		_, mapped := defaults.Rule(target.Name)
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", target.Name, target.Alias, word[mapped], word[target.ClearWhenBlank]))
	}
	got := regexp.MustCompile("(?m)^\\| `[a-z_]+` \\| [A-Za-z]+ \\| (?:yes|no) \\| (?:yes|no) \\|$").FindAllString(configurationText(t), -1)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields (-program +document):\n%s", diff)
	}
}

// TestConfigurationPresets holds the presets' table against the presets that exist.
func TestConfigurationPresets(t *testing.T) {
	_, after, _ := strings.Cut(configurationText(t), "## Presets")
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllStringSubmatch(after, -1) {
		got = append(got, m[1])
		c, err := policy.Base(m[1])
		if err != nil {
			t.Error(err)
			continue
		}
		if schedule := strings.Replace(fmt.Sprint(c.Schedule), "every 3h", "every 3 hours", 1); !strings.Contains(after, "| `"+m[1]+"` | "+schedule) {
			t.Errorf("%s: the schedule is %s", m[1], schedule)
		}
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(policy.PresetNames()))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("presets (-program +document):\n%s", diff)
	}
}

// TestVariables holds the one list of variables against the keys and the table of configuration.md, and against every
// name that the code or a document uses.
func TestVariables(t *testing.T) {
	var want []string
	for key := range documentedDefaults(t) {
		switch {
		case slices.Contains([]string{"connection", "connections", "smtp", "network", "mapping", "location_time_zones", "scope.include", "scope.exclude"}, key),
			strings.ContainsAny(key, "[FS"): // in the file only: lists, FIELD and SIGNAL
			continue
		case !slices.Contains([]string{"smtp", "network", "language", "clock"}, strings.Split(key, ".")[0]):
			key = "connection." + key
		}
		want = append(want, config.EnvName(key))
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `(ROLLCALL_[A-Z_]+)` \\|").FindAllStringSubmatch(configurationText(t), -1) {
		want = append(want, m[1])
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, config.Variables()); diff != "" {
		t.Errorf("variables (-document +program):\n%s", diff)
	}
	used := regexp.MustCompile(`ROLLCALL_[A-Z_]*[A-Z]\b`)
	for _, pattern := range []string{"*.go", "internal/*/*.go", "testdata/cli-intro.md", "../../docs/*.md", "../../README.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range used.FindAllString(string(text), -1) {
				if !slices.Contains(want, name) {
					t.Errorf("%s: nothing reads %s", path, name)
				}
			}
		}
	}
}

// TestAMistypedVariableIsTold by every command that reads settings, with the name that was meant and without the value.
func TestAMistypedVariableIsTold(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "rollcall.yaml", goodConfig)
	c := call{env: map[string]string{"ROLLCALL_DATTA": "hush-hush", "ROLLCALL_CONECTION_TIMEZONE": "hush-hush"}}
	const told, refused = "rollcall: ROLLCALL_DATTA: nothing reads this variable; did you mean ROLLCALL_DATA?\n",
		"rollcall: ROLLCALL_CONECTION_TIMEZONE: nothing reads this variable; did you mean ROLLCALL_CONNECTION_TIME_ZONE?\n"
	if code := c.run(t, "config", "--config", path, "-o", "json"); code != 1 || c.err.String() != told+refused || strings.Contains(c.out.String(), "hush") {
		t.Errorf("config: exit code %d, stderr:\n%s%s", code, &c.err, &c.out)
	}
	delete(c.env, "ROLLCALL_CONECTION_TIMEZONE")
	for _, args := range [][]string{{"config"}, {"people"}, {"runs"}, {"serve", "--listen", "nowhere:-1"}} {
		c.run(t, append(args, "--config", path, "--data", dir+"/data")...)
		if got := c.err.String(); !strings.HasPrefix(got, told) || strings.Count(got, "ROLLCALL_DATTA") != 1 || strings.Contains(got+c.out.String(), "hush") {
			t.Errorf("%q: stderr:\n%s", args, got)
		}
	}
	for _, args := range [][]string{{"migrate"}, {"tokens", "list"}, {"keys", "rotate"}} {
		c.run(t, append(args, "--data", dir+"/data")...)
		if got := c.err.String(); !strings.HasPrefix(got, told) || strings.Count(got, "ROLLCALL_DATTA") != 1 {
			t.Errorf("%q: stderr:\n%s", args, got)
		}
	}
	// A file that cannot be read says so too: its name may be what is mistyped.
	c.env = map[string]string{"ROLLCALL_CONFG": path}
	t.Chdir(t.TempDir())
	if code := c.run(t, "plan"); code != 1 || !strings.Contains(c.err.String(), "did you mean ROLLCALL_CONFIG?") {
		t.Errorf("exit code %d, stderr:\n%s", code, &c.err)
	}
}
