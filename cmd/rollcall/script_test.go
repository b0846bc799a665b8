package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// simToday is the day of every story, so that none depends on the calendar.
const simToday = "2026-11-21"

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"rollcall": main})
}

// TestScript runs the stories in testdata/script; README.md there describes the commands.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sim": cmdSim, "simget": control("GET"), "simput": control("PUT"), "simpost": control("POST"), "simdelete": control("DELETE"),
			"config": cmdConfig, "exits": cmdExits, "json": cmdJSON, "jsonenv": cmdJSONEnv,
		},
	})
}

// cmdSim starts a simulator of its own for the story: sim [EMPLOYEES | FILE] [key=value…].
func cmdSim(ts *testscript.TestScript, neg bool, args []string) {
	c := simCmd{Today: simToday}
	for _, arg := range args {
		name, value, pair := strings.Cut(arg, "=")
		n, err := strconv.Atoi(arg)
		switch {
		case err == nil:
			c.Employees = &n
		case pair && name == "seed":
			seed, err := strconv.ParseUint(value, 10, 64)
			ts.Check(err)
			c.Seed = &seed
		case pair && name == "today":
			c.Today = value
		default:
			file := ts.MkAbs(arg)
			c.Company, c.Today = &file, ""
		}
	}
	companies, err := c.companies(&app{surroundings: surroundings{now: time.Now}})
	ts.Check(err)
	handler, err := bamboosim.NewCompanies(companies)
	ts.Check(err)
	server := httptest.NewServer(handler)
	ts.Defer(server.Close)
	ts.Setenv("SIM", server.URL)
	ts.Setenv("COMPANY", companies[0].Subdomain)
	if keys := keysOf(companies[0]); len(keys) > 0 {
		ts.Setenv("KEY", keys[0])
		ts.Setenv("BAMBOOHR_API_KEY", keys[0])
	}
}

// control makes a command that speaks to the control API: simput PATH JSON, simpost PATH [JSON],
// simget PATH, simdelete PATH.
func control(method string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if len(args) < 1 || len(args) > 2 {
			ts.Fatalf("usage: sim%s PATH [JSON]", strings.ToLower(method))
		}
		var body io.Reader
		if len(args) == 2 {
			body = strings.NewReader(args[1])
		}
		req, err := http.NewRequestWithContext(context.Background(), method, ts.Getenv("SIM")+"/_sim"+args[0], body)
		ts.Check(err)
		res, err := http.DefaultClient.Do(req)
		ts.Check(err)
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		ts.Check(err)
		_, err = ts.Stdout().Write(text)
		ts.Check(err)
		if failed := res.StatusCode >= 300; failed != neg {
			ts.Fatalf("%s %s: %s: %s", method, args[0], res.Status, text)
		}
	}
}

// cmdConfig writes rollcall.yaml for the simulator: config [LINE | FILE]…; each line, and each line of
// a file, stands under connection:.
func cmdConfig(ts *testscript.TestScript, neg bool, args []string) {
	var b strings.Builder
	fmt.Fprintf(&b, "clock: follow\nconnection:\n  name: Acme HR\n  bamboohr: { subdomain: %s, base_url: %q }\n", ts.Getenv("COMPANY"), ts.Getenv("SIM"))
	for _, arg := range args {
		text := arg
		if _, err := os.Stat(ts.MkAbs(arg)); err == nil {
			text = ts.ReadFile(arg)
		}
		for line := range strings.Lines(strings.TrimRight(text, "\n") + "\n") {
			b.WriteString("  " + line)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("rollcall.yaml"), []byte(b.String()), 0o600))
}

// cmdExits runs a program and holds it to an exit code: exits CODE PROGRAM ARG….
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…")
	}
	want, err := strconv.Atoi(args[0])
	if err != nil {
		ts.Fatalf("usage: exits CODE PROGRAM ARG…: %v", err)
	}
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit := new(exec.ExitError)
		if !errors.As(err, &exit) {
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s: exit code %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// cmdJSON compares a value of the last output or of a file: [!] json [FILE] PATH VALUE.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	file := "stdout"
	if len(args) == 3 {
		file, args = args[0], args[1:]
	}
	if len(args) != 2 {
		ts.Fatalf("usage: json [FILE] PATH VALUE")
	}
	got, err := jsonText(ts.ReadFile(file), args[0])
	if err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	if (got == args[1]) == neg {
		ts.Fatalf("%s is %s, and should %sbe %s", args[0], got, map[bool]string{true: "not "}[neg], args[1])
	}
}

// cmdJSONEnv keeps a value for later: jsonenv NAME [FILE] PATH.
func cmdJSONEnv(ts *testscript.TestScript, neg bool, args []string) {
	file := "stdout"
	if len(args) == 3 {
		file, args = args[1], []string{args[0], args[2]}
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsonenv NAME [FILE] PATH")
	}
	got, err := jsonText(ts.ReadFile(file), args[1])
	if err != nil {
		ts.Fatalf("%s: %v", args[1], err)
	}
	ts.Setenv(args[0], got)
}

var jsonStep = regexp.MustCompile(`^([^.\[\]]+)|^\[(\d+)\]|^\[([^=\]]+)=([^\]]*)\]|^\.`)

// jsonText follows a path such as changes[email=ann@acme.test].fields[0].name or held.len (its length)
// and gives the value: text bare, everything else as JSON.
func jsonText(document, path string) (string, error) {
	var v any
	d := json.NewDecoder(strings.NewReader(document))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("this is not JSON: %w: %.200s", err, document)
	}
	for rest := path; rest != ""; {
		m := jsonStep.FindStringSubmatch(rest)
		if m == nil {
			return "", fmt.Errorf("cannot read the path from %q on", rest)
		}
		rest = rest[len(m[0]):]
		var err error
		if v, err = follow(v, m); err != nil {
			return "", err
		}
	}
	return bare(v), nil
}

func follow(v any, m []string) (any, error) {
	list, isList := v.([]any)
	object, isObject := v.(map[string]any)
	switch {
	case m[0] == ".":
		return v, nil
	case m[1] == "len" && isList:
		return len(list), nil
	case m[1] != "" && isObject:
		if x, ok := object[m[1]]; ok {
			return x, nil
		}
		return nil, fmt.Errorf("there is no key %q", m[1])
	case m[2] != "" && isList:
		if i, err := strconv.Atoi(m[2]); err == nil && i < len(list) {
			return list[i], nil
		}
		return nil, fmt.Errorf("the list has %d elements", len(list))
	case m[3] != "" && isList:
		for _, x := range list {
			if o, ok := x.(map[string]any); ok && bare(o[m[3]]) == m[4] {
				return x, nil
			}
		}
		return nil, fmt.Errorf("no element has %s=%s", m[3], m[4])
	}
	return nil, fmt.Errorf("%q does not fit %s", m[0], bare(v))
}

func bare(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
