package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/completion"
)

// refused holds a command to exit code 1, or another, and to one line on stderr that fits want, beside
// notes about mail; the directory must be what it was before.
func (o *office) refused(code int, want string, args ...string) {
	o.t.Helper()
	before := o.everybody()
	p := o.start(args...)
	if got := p.wait(); got != code {
		o.t.Errorf("rollcall %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &p.out, &p.err)
	}
	var lines []string
	for line := range strings.Lines(p.err.String()) {
		if !strings.HasPrefix(line, "rollcall: nobody is told by mail: ") {
			lines = append(lines, line)
		}
	}
	if len(lines) != 1 || !regexp.MustCompile("^rollcall: "+want).MatchString(lines[0]) {
		o.t.Errorf("rollcall %s: stderr is not one line that fits %q:\n%s", strings.Join(args, " "), want, &p.err)
	}
	if p.out.Len() > 0 {
		o.t.Errorf("rollcall %s: stdout %s", strings.Join(args, " "), &p.out)
	}
	if strings.Contains(p.err.String(), bamboosim.DefaultKey) {
		o.t.Errorf("rollcall %s shows the key", strings.Join(args, " "))
	}
	if after := o.everybody(); after != before {
		o.t.Errorf("rollcall %s changed the directory", strings.Join(args, " "))
	}
}

// everybody is the directory as the database has it.
func (o *office) everybody() string {
	o.t.Helper()
	c, err := sqlite.OpenConn(filepath.Join(o.data, "rollcall.db"), sqlite.OpenReadOnly)
	if err != nil {
		o.t.Fatal(err)
	}
	defer c.Close()
	var b strings.Builder
	if err := sqlitex.ExecuteTransient(c, "select id, version, status from people order by id", &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
		fmt.Fprintln(&b, st.ColumnText(0), st.ColumnInt(1), st.ColumnText(2))
		return nil
	}}); err != nil {
		o.t.Fatal(err)
	}
	return b.String()
}

// TestBadConfiguration gives one wrong line at a time: the reason names its place and the way out, and
// nothing changes.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 12))
	o.exits(0, "sync", "--yes")
	good, err := os.ReadFile(filepath.Join(o.dir, "rollcall.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ name, line, want string }{
		{"unknown key", `shedule: { cron: "0 3 * * *" }`, `bad.yaml:5: connection.shedule: unknown key; did you mean schedule\?`},
		{"wrong type", "guard: { deactivate: { people: many } }", `bad.yaml:5: connection.guard.deactivate.people: expected a whole number, found "many"`},
		{"list for a map", "mapping: [1]", `bad.yaml:5: connection.mapping: expected keys with values, found a list`},
		{"unknown BambooHR field", "mapping: { job_title: { from: jobTitel } }", `read Acme HR: .*connection.mapping.job_title.from\[0\]: unknown BambooHR field "jobTitel"; similar: "Job Title" \(jobTitle\)`},
		{"unknown BambooHR name", `mapping: { job_title: { from: "name:Job titel" } }`, `read Acme HR: .*connection.mapping.job_title.from\[0\]: no BambooHR field is called "Job titel"; similar: `},
		{"unknown field of a rule", "scope: { include: [{ field: departmnt, in: [Sales] }] }", `read Acme HR: .*connection.scope.include\[0\].field: unknown BambooHR field "departmnt"; similar: `},
		{"malformed expression", `mapping: { display_name: { expr: "first_name +" } }`, `bad.yaml:5: connection.mapping.display_name.expr: the expression is wrong at column 12: `},
		{"expression of the wrong kind", `mapping: { display_name: { expr: "1 + 2" } }`, `bad.yaml:5: connection.mapping.display_name.expr: the expression does not give text .*wrap it in string`},
		{"unknown name in an expression", `mapping: { display_name: { expr: "shoe_size" } }`, `bad.yaml:5: connection.mapping.display_name.expr: unknown name shoe_size; use `},
		{"bad zone", "time_zone: Mars/Phobos", `bad.yaml:5: connection.time_zone: "Mars/Phobos" is not an IANA time zone; write one such as `},
		{"bad cron", `schedule: { cron: "99 3 * * *" }`, `bad.yaml:5: connection.schedule.cron: .*99.*; write one such as `},
		{"two fields for one target", "mapping: { job_title: { from: jobTitle }, job_title: { from: department } }", `bad.yaml:5: connection.mapping.job_title: given twice \(first in line 5\); keep one`},
		{"field and expression", `mapping: { job_title: { from: jobTitle, expr: "first_name" } }`, `bad.yaml:5: connection.mapping.job_title: has both from and expr; keep one`},
		{"unknown preset", "preset: betterwork", `bad.yaml:5: connection.preset: "betterwork" is not a preset; use ally, `},
		{"bad pattern", `scope: { include: [{ field: department, matches: "([" }] }`, `bad.yaml:5: connection.scope.include\[0\].matches: the pattern cannot be read .*; write an RE2`},
		{"not YAML", "\tx: 1", `bad.yaml:5: this is not YAML or JSON: `},
	} {
		t.Run(x.name, func(t *testing.T) {
			write(t, o.dir, "bad.yaml", string(good)+"  "+x.line+"\n")
			for _, args := range [][]string{{"plan"}, {"sync", "--yes"}} {
				(&office{t: t, sim: o.sim, dir: o.dir, data: o.data}).refused(1, x.want, append(args, "--config", "bad.yaml")...)
			}
		})
	}
	o.exits(0, "plan") // the good file is still in force
}

// TestBadSource points at a wrong place or with a wrong key.
func TestBadSource(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 12))
	o.exits(0, "sync", "--yes")
	text := func(subdomain, base string) string {
		return fmt.Sprintf("connection:\n  name: Acme HR\n  bamboohr: { subdomain: %s, base_url: %q }\n", subdomain, base)
	}
	good, err := os.ReadFile(filepath.Join(o.dir, "rollcall.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	base := regexp.MustCompile(`http://[^"]+`).FindString(string(good))

	write(t, o.dir, "bad.yaml", text("acme", "http://127.0.0.1:1"))
	o.refused(1, `read Acme HR: .*acme.*no connection: .*127.0.0.1:1.*; nothing was changed; check the sub-domain and whether this machine reaches BambooHR`, "plan", "--config", "bad.yaml")
	write(t, o.dir, "bad.yaml", text("acmee", base))
	o.refused(1, `read Acme HR: .*acmee.*404.*; check the sub-domain: it is the first part of the address`, "sync", "--yes", "--config", "bad.yaml")
	write(t, o.dir, "bad.yaml", text("acme corp", base))
	o.refused(1, `bad.yaml:3: connection.bamboohr.subdomain: "acme corp" is not a BambooHR sub-domain; write the part before`, "plan", "--config", "bad.yaml")

	wrong := func(key string) *office {
		write(t, o.dir, "key", key)
		return &office{t: t, sim: o.sim, dir: o.dir, data: o.data, env: []string{"BAMBOOHR_API_KEY=", "BAMBOOHR_API_KEY_FILE=" + filepath.Join(o.dir, "key")}}
	}
	wrong(strings.Repeat("f", 40)).refused(1, `read Acme HR: .*401 the API key was refused; make a new key in BambooHR.*"My Devices & API Keys"`, "plan")
	wrong("two\nlines").refused(1, `the API key of acme is empty or holds characters that no key has; paste it again`, "sync", "--yes")
	wrong("").refused(1, `the API key of acme is empty or holds characters that no key has; paste it again`, "plan")
}

// TestKeyWithoutRights uses a key that is valid and sees nothing of what a sync needs (promise SI39).
func TestKeyWithoutRights(t *testing.T) {
	t.Parallel()
	first := invented(t, 12)
	o := newOffice(t, first)
	o.exits(0, "sync", "--yes")
	for _, x := range []struct{ name, fields, people, want string }{
		{"no field", `["firstName"]`, `"*"`, `the reading of Acme HR is not usable: the key cannot read "employeeNumber" for anybody.*; nothing was changed; "rollcall check" tells what the key sees`},
		{"nobody", `"*"`, `{"location":["Nowhere"]}`, `the reading of Acme HR is not usable: BambooHR returned 0 of 12 employees; nothing was changed; "rollcall check"`},
	} {
		narrow := reshaped(t, first, func(file map[string]any) {
			var level any
			if err := json.Unmarshal([]byte(fmt.Sprintf(`{"name":"narrow","fields":%s,"people":%s}`, x.fields, x.people)), &level); err != nil {
				t.Fatal(err)
			}
			file["access_levels"] = []any{level}
			file["users"] = []any{map[string]any{"id": "1", "email": "narrow@acme.test", "access_level": "narrow", "employee_id": "0",
				"api_keys": []any{bamboosim.DefaultKey}, "enabled": true}}
		})
		o.sim.become(narrow)
		t.Run(x.name, func(t *testing.T) {
			o := &office{t: t, sim: o.sim, dir: o.dir, data: o.data}
			for _, args := range [][]string{{"plan"}, {"sync", "--yes"}} {
				o.refused(1, x.want, args...)
			}
			if p := o.exits(1, "check"); !strings.Contains(p.out.String(), "not good") || !strings.Contains(p.out.String(), "The access level that these settings need:") {
				t.Errorf("check:\n%s%s", &p.out, &p.err)
			}
		})
	}
	o.sim.become(first)
	o.exits(0, "plan")
}

// TestBadPlans applies plans that do not exist or no longer count.
func TestBadPlans(t *testing.T) {
	t.Parallel()
	first := invented(t, 40)
	o := newOffice(t, first)
	o.exits(0, "sync", "--yes")
	o.refused(1, `Acme HR has no plan plan_nope; "rollcall plan" makes a new one`, "apply", "plan_nope", "--yes")
	o.refused(1, `there is no run run_nope; "rollcall runs" lists them`, "runs", "run_nope")
	o.sim.become(later(t, first))
	var old struct {
		ID string `json:"id"`
	}
	o.exits(2, "plan", "-o", "json").into(&old)
	o.exits(2, "plan")
	o.refused(4, `plan `+old.ID+` is stale: Acme HR was read and planned again since; make a new one with "rollcall plan"`, "apply", old.ID, "--yes")
}

// TestBadDataFolder gives folders that cannot be used.
func TestBadDataFolder(t *testing.T) {
	t.Parallel()
	o := newOffice(t, invented(t, 12))
	o.exits(0, "sync", "--yes")
	folder := func(name string, mode os.FileMode) string {
		dir := filepath.Join(o.dir, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	copied := func(name string) string {
		dir := folder(name, 0o700)
		restore(t, &office{t: t, data: dir}, snapshot(t, o))
		return dir
	}

	newer := copied("newer")
	c, err := sqlite.OpenConn(filepath.Join(newer, "rollcall.db"), sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteTransient(c, "insert into migrations (version, name, hash) values (99, '0099_later.sql', 'x')", nil); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	broken := copied("broken")
	write(t, broken, "rollcall.db", strings.Repeat("no database ", 1000))
	instead := folder("instead", 0o700)
	if err := os.Mkdir(filepath.Join(instead, "rollcall.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ dir, want string }{
		{newer, `open data folder \S+newer: the database was made by a newer Rollcall \(its schema is 0099_later.sql, .*\); use that version, or restore a backup`},
		{broken, `open data folder \S+broken: \S+rollcall.db: it is damaged or no database; restore a backup`},
		{folder("open", 0o750), `\S+open is open to other users \(mode 0750\); run "chmod 700 \S+open"`},
		{filepath.Join(o.dir, "rollcall.yaml"), `open data folder \S+rollcall.yaml: it is a file; choose another with --data`},
		{filepath.Join(o.dir, "rollcall.yaml", "below"), `open data folder \S+below: a file stands where a folder should be.*; choose another with --data`},
		{instead, `open data folder \S+instead: .*a folder in place of rollcall.db.*; choose another with --data`},
		{unwritable(t, copied("unwritable")), `(open|create) data folder \S+: .*it cannot be written.*`},
	} {
		for _, args := range [][]string{{"plan"}, {"sync", "--yes"}, {"people"}, {"runs"}, {"migrate"}, {"holds"}} {
			o.refused(1, x.want, append(args, "--data", x.dir)...)
		}
	}
}

// TestEveryCommandRefusesWrongInput walks the command line itself: whatever a command does, a flag that
// it does not have, a word too many, a format, a file or a folder that is not there is one line with the
// way out, and exit code 1.
func TestEveryCommandRefusesWrongInput(t *testing.T) {
	parser, err := newParser(nil, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	shared := filepath.Join(dir, "shared")
	if err := os.Mkdir(shared, 0o755); err != nil {
		t.Fatal(err)
	}
	config := write(t, dir, "rollcall.yaml", goodConfig)
	people := write(t, dir, "ann@acme.test", "email\nann@acme.test\n")
	seen := 0
	for _, leaf := range parser.Model.Leaves(true) {
		seen++
		words := strings.Fields(completion.Path(leaf))
		for _, p := range leaf.Positional {
			if p.Required {
				words = append(words, people) // an e-mail address and a file
			}
		}
		has := func(name string) bool {
			return slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == name })
		}
		type wrong struct {
			args []string
			want string
		}
		wrongs := []wrong{{[]string{"--no-such-flag"}, `unknown flag --no-such-flag; "rollcall help ` + completion.Path(leaf) + `" shows what is accepted`}}
		if len(leaf.Positional) == 0 {
			wrongs = append(wrongs, wrong{[]string{"surplus"}, `unexpected (word|argument) surplus; "rollcall help`})
		}
		if has("output") {
			wrongs = append(wrongs, wrong{[]string{"-o", "xml"}, `--output must be one of .*; "rollcall help`})
		}
		if has("config") {
			wrongs = append(wrongs,
				wrong{[]string{"--config", filepath.Join(dir, "nowhere.yaml")}, `read the configuration: open \S+nowhere.yaml: no such file`})
		}
		if has("connection") {
			wrongs = append(wrongs, wrong{[]string{"--config", config, "--connection", "Nobody"}, `\S+ has no connection "Nobody"; it has "Acme HR"`})
		}
		if opens := has("config") && completion.Path(leaf) != "config"; opens {
			wrongs = append(wrongs,
				wrong{[]string{"--config", config, "--lease", "1ms"}, `--lease 1ms is too short; give at least 1s`},
				wrong{[]string{"--config", config, "--data", shared}, `\S+shared is open to other users \(mode 0755\); run "chmod 700`})
		}
		if has("silence") {
			wrongs = append(wrongs, wrong{[]string{"--config", config, "--silence", "1ms"}, `--silence 1ms is too short; give at least 1s`})
		}
		if has("data") && !has("config") {
			wrongs = append(wrongs, wrong{[]string{"--data", shared}, `\S+shared is open to other users \(mode 0755\); run "chmod 700`})
		}
		for _, w := range wrongs {
			t.Run(strings.Join(append(words, w.args...), " "), func(t *testing.T) {
				c := call{env: map[string]string{"BAMBOOHR_API_KEY": bamboosim.DefaultKey}}
				code := c.run(t, append(append(slices.Clone(words), needed(leaf)...), w.args...)...)
				if code != 1 || c.out.Len() > 0 || strings.Count(c.err.String(), "\n") != 1 || !regexp.MustCompile("^rollcall: "+w.want).Match(c.err.Bytes()) {
					t.Errorf("exit code %d, stdout %q, stderr %q, want one line that fits %q", code, &c.out, &c.err, w.want)
				}
			})
		}
	}
	if seen < 25 {
		t.Errorf("only %d commands were seen", seen)
	}
}

// needed are the flags without which a command would complain of those first.
func needed(leaf *kong.Node) []string {
	switch completion.Path(leaf) {
	case "apply", "sync", "undo":
		return []string{"--yes"}
	case "hold add", "freeze add":
		return []string{"--reason", "review"}
	case "decide":
		return []string{"--new"}
	case "person edit":
		return []string{"--set", "phone=1"}
	case "owner create":
		return []string{"--email", "ann@acme.test", "--password-stdin"}
	case "owner link":
		return []string{"--email", "ann@acme.test"}
	case "tokens create":
		return []string{"--role", "auditor"}
	}
	return nil
}

// unwritable makes a folder read-only. For root there is no such folder but where the kernel says so.
func unwritable(t *testing.T, dir string) string {
	t.Helper()
	if os.Getuid() != 0 {
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
		return dir
	}
	return "/sys/rollcall-data"
}
