package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/config"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
)

// call runs one command line in invented surroundings.
type call struct {
	env      map[string]string
	in       string
	terminal bool
	out, err bytes.Buffer
}

func (c *call) run(t *testing.T, args ...string) int {
	t.Helper()
	c.out.Reset()
	c.err.Reset()
	return run(context.Background(), surroundings{args: args, in: strings.NewReader(c.in), out: &c.out, err: &c.err,
		inTerminal: c.terminal, outTerminal: c.terminal, errTerminal: false,
		lookupEnv: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }, envNames: slices.Collect(maps.Keys(c.env)),
		now: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }})
}

// write puts a file into a folder and returns its path.
func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const goodConfig = `connection:
  name: Acme HR
  bamboohr: { subdomain: acme, base_url: "http://127.0.0.1:1" }
smtp: { host: mail.acme.test, from: rollcall@acme.test, username: rollcall, password: hush }
`

func TestUsageErrorsAreOneLineAndExitOne(t *testing.T) {
	for _, args := range [][]string{
		{"nonsense"}, {"plan", "--nonsense"}, {"--config", "x", "plan"}, {"plan", "-o", "xml"}, {"plan", "--limit", "many"},
		{"apply", "--release", "deactivate"}, {"apply", "--release", "deactivate=some"}, {"apply", "--approve", "everything", "--yes"},
		{"undo"}, {"undo", "run_1", "--kind", "some"}, {"decide", "a@acme.test", "--link", "b@acme.test", "--new"}, {"decide", "a@acme.test"},
		{"hold"}, {"hold", "a@acme.test"}, {"hold", "remove"}, {"freeze"}, {"freeze", "email"}, {"freeze", "end"}, {"person"}, {"person", "edit", "a@acme.test"}, {"person", "add", "nobody"},
		{"import", "people"}, {"import", "people", "/nonexistent.csv"}, {"completion", "tcsh"}, {"version", "now"}, {"runs", "--limit", "0"},
		{"sim", "--company", "x", "--employees", "20"}, {"sim", "--today", "soon"}, {"keys"}, {"check", "--config", "/nonexistent.yaml"},
	} {
		var c call
		code := c.run(t, args...)
		if code != 1 || c.out.Len() != 0 {
			t.Errorf("%q: exit code %d, stdout %q; want 1 and nothing", args, code, &c.out)
		}
		if !regexp.MustCompile(`^rollcall: [^\n]{10,}\n$`).Match(c.err.Bytes()) {
			t.Errorf("%q: stderr %q is not one line that says why", args, &c.err)
		}
	}
}

// TestSimDays: --today beats the file, which beats the day that it is.
func TestSimDays(t *testing.T) {
	file := write(t, t.TempDir(), "two.json", `{"companies":[{"company":"acme"},{"company":"beta","today":"2026-03-01"}]}`)
	for today, want := range map[string][2]string{"": {"2026-11-23", "2026-03-01"}, "2026-12-24": {"2026-12-24", "2026-12-24"}} {
		now := func() time.Time { return time.Date(2026, 11, 22, 23, 30, 0, 0, time.FixedZone("", -3600)) }
		c := simCmd{Company: &file, Today: today}
		companies, err := c.companies(&app{surroundings: surroundings{now: now}})
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{companies[0].Today, companies[1].Today}; got != want {
			t.Errorf("--today %q: %v, want %v", today, got, want)
		}
	}
}

func TestErrorsInJSON(t *testing.T) {
	var c call
	if code := c.run(t, "sync", "-o", "json"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	var got map[string]problem.View
	if err := json.Unmarshal(c.out.Bytes(), &got); err != nil {
		t.Fatalf("stdout %q: %v", &c.out, err)
	}
	if e := got["error"]; e.Code != "usage" || !strings.Contains(e.Message, "--yes") {
		t.Errorf("error %+v", e)
	}
	if !strings.HasPrefix(c.err.String(), "rollcall: ") {
		t.Errorf("stderr %q", &c.err)
	}
}

func TestWritingNeedsATerminalOrYes(t *testing.T) {
	for _, args := range [][]string{{"sync"}, {"apply"}, {"apply", "plan_1", "--approve", "deactivate"}, {"undo", "run_1"}} {
		var c call
		if code := c.run(t, args...); code != 1 || !strings.Contains(c.err.String(), "--yes") {
			t.Errorf("%q: exit code %d, stderr %q", args, code, &c.err)
		}
	}
}

func TestConfigurationNamesEveryFault(t *testing.T) {
	path := write(t, t.TempDir(), "bad.yaml", "connection:\n  bamboohr: { subdomain: acme }\n  time_zone: Mars/Phobos\n  aproval: required\n")
	c := call{env: map[string]string{"ROLLCALL_CONNECTION_SCHEDULE_CRON": "never"}}
	if code := c.run(t, "config", "--config", path, "-o", "json"); code != 1 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		`(?m)^rollcall: \S*bad\.yaml:3: connection\.time_zone: `, `(?m)^rollcall: \S*bad\.yaml:4: connection\.aproval: `,
		`(?m)^rollcall: ROLLCALL_CONNECTION_SCHEDULE_CRON: connection\.schedule\.cron: `,
	} {
		if !regexp.MustCompile(want).Match(c.err.Bytes()) {
			t.Errorf("stderr lacks %s:\n%s", want, &c.err)
		}
	}
	var got map[string]problem.View
	if err := json.Unmarshal(c.out.Bytes(), &got); err != nil || got["error"].Code != "config" || len(got["error"].Faults) != 3 {
		t.Errorf("stdout %s: %v", &c.out, err)
	}
}

// TestConfigChecksAServersFile: connections that are made in the browser stand in no file.
func TestConfigChecksAServersFile(t *testing.T) {
	path := write(t, t.TempDir(), "server.yaml", "language: de\nsmtp: { host: mail.acme.test, from: rollcall@acme.test }\n")
	var c call
	if code := c.run(t, "config", "--config", path); code != 0 || !strings.Contains(c.out.String(), "mail.acme.test") || strings.Contains(c.out.String(), "connection") {
		t.Errorf("exit code %d\n%s%s", code, &c.out, &c.err)
	}
	for _, args := range [][]string{{"config", "--connection", "Acme HR"}, {"plan"}} {
		if code := c.run(t, append(args, "--config", path)...); code != 1 || !strings.Contains(c.err.String(), "has no connection; add one under connection:") {
			t.Errorf("%q: exit code %d\n%s", args, code, &c.err)
		}
	}
}

func TestConfigPrintsEffectiveValuesWithoutSecrets(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "rollcall.yaml", goodConfig)
	c := call{env: map[string]string{"ROLLCALL_CONFIG": path, "ROLLCALL_CONNECTION_TIME_ZONE": "Europe/Amsterdam",
		"ROLLCALL_SMTP_PASSWORD_FILE": write(t, dir, "password", "whisper\n"), "BAMBOOHR_API_KEY": "0123456789abcdef"}}
	for _, args := range [][]string{{"config"}, {"config", "-o", "json"}} {
		if code := c.run(t, args...); code != 0 {
			t.Fatalf("%q: exit code %d, stderr %s", args, code, &c.err)
		}
		for _, want := range []string{"Europe/Amsterdam", "mail.acme.test", "http://127.0.0.1:1", config.Hidden} {
			if !strings.Contains(c.out.String(), want) {
				t.Errorf("%q lacks %q:\n%s", args, want, &c.out)
			}
		}
		for _, secret := range []string{"hush", "whisper", "0123456789abcdef"} {
			if strings.Contains(c.out.String(), secret) {
				t.Errorf("%q shows the secret %q", args, secret)
			}
		}
	}
}

func TestEnvironmentAloneIsAConfiguration(t *testing.T) {
	t.Chdir(t.TempDir())
	c := call{env: map[string]string{"ROLLCALL_CONNECTION_BAMBOOHR_SUBDOMAIN": "acme", "ROLLCALL_CONNECTION_NAME": "Acme HR"}}
	if code := c.run(t, "config"); code != 0 || !strings.Contains(c.out.String(), "Acme HR") {
		t.Errorf("exit code %d\n%s%s", code, &c.out, &c.err)
	}
	c.env = nil
	if code := c.run(t, "config"); code != 1 || !strings.Contains(c.err.String(), "rollcall.yaml") {
		t.Errorf("without anything: exit code %d, stderr %q", code, &c.err)
	}
}

func TestSeveralConnectionsNeedAName(t *testing.T) {
	path := write(t, t.TempDir(), "two.yaml", "connections:\n- { name: East, bamboohr: { subdomain: east } }\n- { name: West, bamboohr: { subdomain: west } }\n")
	for _, args := range [][]string{{"runs"}, {"runs", "--connection", "North"}} {
		var c call
		if code := c.run(t, append(args, "--config", path, "--data", t.TempDir())...); code != 1 ||
			!strings.Contains(c.err.String(), `"East", "West"`) {
			t.Errorf("%q: exit code %d, stderr %q", args, code, &c.err)
		}
	}
}

func TestMissingKeyNamesItsVariable(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "rollcall.yaml", strings.Replace(goodConfig, "subdomain: acme", "subdomain: acme, api_key_env: ACME_KEY", 1))
	c := call{env: map[string]string{"BAMBOOHR_API_KEY": "unused"}}
	if code := c.run(t, "plan", "--config", path, "--data", filepath.Join(dir, "data"), "-o", "json"); code != 1 ||
		!strings.Contains(c.err.String(), "ACME_KEY_FILE") || !strings.Contains(c.out.String(), `"no_key"`) {
		t.Errorf("exit code %d, stderr %q, stdout %q", code, &c.err, &c.out)
	}
}

func TestClockNeedsASimulator(t *testing.T) {
	dir := t.TempDir()
	real := write(t, dir, "real.yaml", "connection: { name: Acme HR, bamboohr: { subdomain: acme } }\n")
	simulated := write(t, dir, "sim.yaml", goodConfig)
	for _, x := range []struct{ path, clock, want string }{
		{real, "2026-11-21T12:00:00Z", "only with a simulator"}, {real, "follow", "only with a simulator"}, {simulated, "noon", "RFC 3339"},
	} {
		var c call
		if code := c.run(t, "runs", "--config", x.path, "--data", filepath.Join(dir, "data"), "--clock", x.clock); code != 1 || !strings.Contains(c.err.String(), x.want) {
			t.Errorf("--clock %s: exit code %d, stderr %q", x.clock, code, &c.err)
		}
	}
}

func TestDatabaseURLIsRefused(t *testing.T) {
	path := write(t, t.TempDir(), "rollcall.yaml", goodConfig)
	for _, c := range []call{{}, {env: map[string]string{"ROLLCALL_DATABASE_URL": "postgres://db"}}} {
		args := []string{"people", "--config", path}
		if c.env == nil {
			args = append(args, "--database-url", "postgres://db")
		}
		if code := c.run(t, args...); code != 1 || !strings.Contains(c.err.String(), "later version") {
			t.Errorf("exit code %d, stderr %q", code, &c.err)
		}
	}
}

func TestEnvName(t *testing.T) {
	for place, want := range map[string]string{
		"connection.time_zone":                    "ROLLCALL_CONNECTION_TIME_ZONE",
		"connections[1].guard.deactivate.people":  "ROLLCALL_CONNECTIONS_1_GUARD_DEACTIVATE_PEOPLE",
		"smtp.password":                           "ROLLCALL_SMTP_PASSWORD",
		"connection.location_time_zones.New York": "ROLLCALL_CONNECTION_LOCATION_TIME_ZONES_NEW_YORK",
		"clock": "ROLLCALL_CLOCK",
	} {
		if got := config.EnvName(place); got != want {
			t.Errorf("envName(%q) = %s, want %s", place, got, want)
		}
	}
}

func TestColoursOnlyOnATerminal(t *testing.T) {
	for _, x := range []struct {
		terminal bool
		env      map[string]string
		want     bool
	}{{true, nil, true}, {false, nil, false}, {true, map[string]string{"NO_COLOR": ""}, false}} {
		c := call{terminal: x.terminal, env: x.env}
		a := &app{surroundings: surroundings{outTerminal: x.terminal, lookupEnv: func(n string) (string, bool) { v, ok := c.env[n]; return v, ok }}}
		if got := a.page().Paint(text.Red, "x") != "x"; got != x.want {
			t.Errorf("terminal %v, env %v: coloured %v", x.terminal, x.env, got)
		}
	}
}

func TestHelpEqualsFlag(t *testing.T) {
	var word, flag call
	if code := word.run(t, "help", "person", "edit"); code != 0 {
		t.Fatalf("exit code %d: %s", code, &word.err)
	}
	flag.run(t, "person", "edit", "--help")
	if diff := cmp.Diff(word.out.String(), flag.out.String()); diff != "" || word.out.Len() == 0 {
		t.Errorf("help person edit and person edit --help differ:\n%s", diff)
	}
	if code := word.run(t, "help", "nonsense"); code != 1 {
		t.Errorf("help nonsense: exit code %d", code)
	}
}

func TestVersion(t *testing.T) {
	var c call
	if code := c.run(t, "version", "-o", "json"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	var v versionView
	if err := json.Unmarshal(c.out.Bytes(), &v); err != nil || v.Version == "" || v.Go == "" {
		t.Errorf("%s: %v", &c.out, err)
	}
}

// TestCompletion lets the shells that are here read the scripts.
func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		var c call
		if code := c.run(t, "completion", shell); code != 0 {
			t.Fatalf("%s: exit code %d: %s", shell, code, &c.err)
		}
		for _, word := range []string{"person", "reactivate", "as-of", "rotate"} {
			if !strings.Contains(c.out.String(), word) {
				t.Errorf("%s completion lacks %q", shell, word)
			}
		}
		if shell != "bash" {
			continue
		}
		script := c.out.String() + `
COMP_WORDS=(rollcall person --data x ed); COMP_CWORD=4; _rollcall; echo "${COMPREPLY[*]}"
COMP_WORDS=(rollcall plan --as); COMP_CWORD=2; _rollcall; echo "${COMPREPLY[*]}"
COMP_WORDS=(rollcall ex); COMP_CWORD=1; _rollcall; echo "${COMPREPLY[*]}"
`
		bash := exec.Command("bash", "-eu")
		bash.Stdin = strings.NewReader(script)
		got, err := bash.CombinedOutput()
		if want := "edit\n--as-of\nexplain export\n"; err != nil || string(got) != want {
			t.Errorf("bash completes %q, want %q (%v)", got, want, err)
		}
	}
}

func TestJSONPath(t *testing.T) {
	const doc = `{"id":"x","n":null,"changes":[{"email":"a@acme.test","fields":[{"name":"job_title","after":"Lead"}]},{"email":"b@acme.test"}]}`
	for path, want := range map[string]string{
		"id": "x", "n": "null", "changes.len": "2", "changes[1].email": "b@acme.test",
		"changes[email=a@acme.test].fields[0].after": "Lead", "changes[0].fields[name=job_title]": `{"after":"Lead","name":"job_title"}`,
	} {
		if got, err := jsonText(doc, path); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"nothing", "changes[2]", "changes[email=c]", "id.x"} {
		if got, err := jsonText(doc, path); err == nil {
			t.Errorf("%s = %q, want an error", path, got)
		}
	}
}
