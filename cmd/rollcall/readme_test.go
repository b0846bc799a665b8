package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// docAddress is where documents say that the simulator listens.
const docAddress = "127.0.0.1:9090"

// transcript runs the commands of a document's console block one after the other, against a simulator of
// the example company, and gives the block as it would look today.
type transcript struct {
	t    *testing.T
	call *call
	sim  string // host:port
}

// TestTranscripts holds the console blocks of the documents against what the program prints. Ids and
// times are those of the run that wrote the block; -update writes it anew.
func TestTranscripts(t *testing.T) {
	for _, path := range []string{"../../README.md", "../../docs/guard-and-safety.md"} {
		t.Run(filepath.Base(path), func(t *testing.T) { holdTranscript(t, path) })
	}
}

func holdTranscript(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```console\n(.*?)```").FindSubmatchIndex(text)
	if block == nil {
		t.Fatalf("%s has no console block", path)
	}
	before := string(text[block[2]:block[3]])
	after := newTranscript(t).run(before)
	if *update && normal(before) != normal(after) {
		if err := os.WriteFile(path, []byte(string(text[:block[2]])+after+string(text[block[3]:])), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(normal(before), "\n"), strings.Split(normal(after), "\n")); diff != "" {
		t.Errorf("%s shows what the program does not print; look at the difference, then go test ./cmd/rollcall -run Transcript -update (-document +program):\n%s", path, diff)
	}
}

func newTranscript(t *testing.T) *transcript {
	t.Helper()
	raw, err := os.ReadFile("../../docs/example/company.json")
	if err != nil {
		t.Fatal(err)
	}
	companies, err := bamboosim.ParseCompanyFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(companies[0])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	config, err := os.ReadFile("../../docs/example/rollcall.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := write(t, dir, "rollcall.yaml", strings.ReplaceAll(string(config), docAddress, host))
	return &transcript{t: t, sim: host, call: &call{env: map[string]string{"ROLLCALL_CONFIG": path,
		"ROLLCALL_DATA": filepath.Join(dir, "data"), "BAMBOOHR_API_KEY": bamboosim.DefaultKey}}}
}

// run answers the block with today's output. Lines that begin with "$ rollcall" or "$ curl" are run,
// "# …" is kept, everything else was output.
func (tr *transcript) run(block string) string {
	var b strings.Builder
	for line := range strings.Lines(block) {
		command, ok := strings.CutPrefix(line, "$ ")
		switch {
		case strings.HasPrefix(line, "#"):
			b.WriteString(line)
			continue
		case !ok:
			continue
		}
		b.WriteString(line)
		command, echo := strings.CutSuffix(strings.TrimSpace(command), `; echo "exit code $?"`)
		words := shellWords(command)
		switch words[0] {
		case "rollcall":
			code := tr.call.run(tr.t, words[1:]...)
			b.WriteString(tr.call.out.String() + tr.call.err.String())
			if echo {
				fmt.Fprintf(&b, "exit code %d\n", code)
			}
		case "curl":
			tr.curl(words[1:])
		default:
			tr.t.Fatalf("cannot run %q", line)
		}
	}
	return b.String()
}

// curl sends what "curl -so /dev/null [-X METHOD] [-d BODY] URL" would.
func (tr *transcript) curl(words []string) {
	tr.t.Helper()
	method, body := http.MethodGet, ""
	for i := 0; i < len(words)-1; i++ {
		switch words[i] {
		case "-d":
			body = words[i+1]
			if method == http.MethodGet {
				method = http.MethodPost
			}
			i++
		case "-X":
			method = words[i+1]
			i++
		case "-so":
			i++
		default:
			tr.t.Fatalf("curl %s: unknown to this test", words[i])
		}
	}
	url := "http://" + strings.ReplaceAll(words[len(words)-1], docAddress, tr.sim)
	req, err := http.NewRequestWithContext(tr.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		tr.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tr.t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode >= 300 {
		tr.t.Fatalf("%s %s: %s %v", method, url, res.Status, err)
	}
}

// shellWords cuts a command line at spaces outside of single quotes.
func shellWords(s string) []string {
	var words []string
	for i, part := range strings.Split(strings.TrimSpace(s), "'") {
		if i%2 == 1 {
			words = append(words, part)
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

// normal replaces ids and times by what kind of thing they are.
func normal(s string) string {
	s = regexp.MustCompile(`\b(run|plan|hold|exp|p)_[a-z0-9]{8,}`).ReplaceAllString(s, "${1}_ID")
	s = regexp.MustCompile(`\bcli:\S+?([,\s])`).ReplaceAllString(s, "cli:USER$1")
	return regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\dZ| UTC)`).ReplaceAllString(s, "TIME")
}

// TestTranscriptNormal keeps the comparison from hiding what it should show.
func TestTranscriptNormal(t *testing.T) {
	got := normal("Applied: run_abcdefgh12345678 by cli:ann, at 2026-11-21 12:00 UTC; 3 create, terminated 2026-11-20")
	want := "Applied: run_ID by cli:USER, at TIME; 3 create, terminated 2026-11-20"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if words := fmt.Sprintf("%q", shellWords(`curl -d '{"a":"b c"}' x/y`)); words != `["curl" "-d" "{\"a\":\"b c\"}" "x/y"]` {
		t.Errorf("words %s", words)
	}
}
