package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan/explain"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// embedded is the Go that README.md and docs/library.md show.
func embedded(ctx context.Context, key string, conn *policy.Connection, yours syncrun.Store, options ...bamboohr.Option) (syncrun.SyncResult, error) {
	client, err := bamboohr.New("acme", key, options...)
	if err != nil {
		return syncrun.SyncResult{}, err
	}
	engine := &syncrun.Engine{
		Organisation: "acme", Policy: conn, Store: yours,
		Source: source.NewBambooHR(client, conn, source.Options{Now: time.Now}),
		Now:    time.Now, NewID: newID, Actor: "my-app", LeaseFor: time.Minute, Retryable: source.Retryable,
	}
	return engine.Sync(ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerSchedule})
}

// byHand is the Go that docs/library.md shows for what is done beside the runs.
func byHand(ctx context.Context, conn *policy.Connection, yours syncrun.Store) (explain.Explanation, error) {
	editor := &people.Editor{Policy: conn, Store: yours, Now: time.Now, NewID: newID, Actor: "my-app"}
	return editor.Explain(ctx, "ann@acme.test", time.Time{})
}

// TestDocumentedGo runs the Go of the documents, and holds the documents against this file.
func TestDocumentedGo(t *testing.T) {
	companies, err := bamboosim.ParseCompanyFile([]byte(jsonBlock(t, "../../docs/simulator.md")))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(companies[0])
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	defer server.Close()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	conn, faults := policy.ParseSettings([]byte("bamboohr: { subdomain: acme }"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	res, err := embedded(t.Context(), bamboosim.DefaultKey, &conn, db.Org("acme"), bamboohr.WithBaseURL(server.URL))
	if err != nil || res.Run.Counts.Create != 1 {
		t.Errorf("one sync: %v; run %+v", err, res.Run)
	}
	if why, err := byHand(t.Context(), &conn, db.Org("acme")); err != nil || why.PersonID == nil {
		t.Errorf("why somebody is here: %v; %+v", err, why)
	}

	self, err := os.ReadFile("library_test.go")
	if err != nil {
		t.Fatal(err)
	}
	code := withoutIndent(string(self))
	for _, path := range []string{"../../README.md", "../../docs/library.md", "../../docs/simulator.md"} {
		blocks := fenced(t, path, "go")
		if len(blocks) == 0 {
			t.Errorf("%s shows no Go", path)
		}
		for _, b := range blocks {
			if !strings.Contains(code, withoutIndent(b)) {
				t.Errorf("%s shows Go that is not run here:\n%s", path, b)
			}
		}
	}
}

func withoutIndent(s string) string { return regexp.MustCompile(`(?m)^\t+`).ReplaceAllString(s, "") }

// fenced gives the blocks of a document in that language.
func fenced(t *testing.T, path, language string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1) {
		if m[1] == language {
			out = append(out, m[2])
		}
	}
	return out
}

func jsonBlock(t *testing.T, path string) string {
	t.Helper()
	blocks := fenced(t, path, "json")
	if len(blocks) != 1 {
		t.Fatalf("%s has %d JSON blocks", path, len(blocks))
	}
	return blocks[0]
}

// documents are all that strangers read.
func documents(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(list, "../../README.md")
}

// TestDocumentedSettings parses every piece of configuration that a document shows.
func TestDocumentedSettings(t *testing.T) {
	shown := 0
	for _, path := range documents(t) {
		for _, b := range fenced(t, path, "yaml") {
			shown++
			if _, faults := policy.ParseFile([]byte(b), nil); len(faults) > 0 {
				t.Errorf("%s: %v in\n%s", path, faults, b)
			}
		}
	}
	if shown < 2 {
		t.Errorf("the documents show %d configurations", shown)
	}
}

// TestDocumentedCommands parses every command line that a document shows; one that is only named, without
// its argument, must exist.
func TestDocumentedCommands(t *testing.T) {
	shown := 0
	for _, path := range documents(t) {
		if filepath.Base(path) == "cli.md" {
			continue // generated from the model
		}
		for _, line := range commandLines(t, path) {
			shown++
			parser, err := newParser(nil, t.Output(), t.Output(), func(int) {})
			if err != nil {
				t.Fatal(err)
			}
			_, err = parser.Parse(shellWords(line)[1:])
			if onlyNamed := err != nil && strings.HasPrefix(err.Error(), "expected "); err != nil && !onlyNamed {
				t.Errorf("%s: %s: %v", path, line, err)
			}
		}
	}
	if shown < 30 {
		t.Errorf("the documents show %d command lines", shown)
	}
}

// commandLines finds "rollcall …" in code blocks and in inline code, without comments, redirections and
// what may be left out.
func commandLines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile("(?m)(?:^|[`$\"/&(] ?|KEY_FILE=\\S+ )(rollcall [a-z][^`\"\n]*)").FindAllStringSubmatch(string(text), -1) {
		line := regexp.MustCompile(`\[[^\]]*\]`).ReplaceAllString(m[1], "")
		line, _, _ = strings.Cut(line, " #")
		line, _, _ = strings.Cut(line, " >")
		line, _, _ = strings.Cut(line, ";")
		out = append(out, strings.TrimSpace(line))
	}
	return slices.Compact(out)
}

// TestDocumentedFaults holds the simulator's list of faults against the simulator's own.
func TestDocumentedFaults(t *testing.T) {
	tr := newTranscript(t)
	res, err := http.Post("http://"+tr.sim+"/_sim/faults", "application/json", strings.NewReader(`{"name":"nonsense"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct {
		Names []string `json:"names"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || len(answer.Names) == 0 {
		t.Fatalf("an unknown fault is answered by %s without the list: %v", res.Status, err)
	}
	text, err := os.ReadFile("../../docs/simulator.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Faults")
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\| (`[^|]*`) \\|").FindAllStringSubmatch(table, -1) {
		for _, name := range strings.Split(m[1], ", ") {
			got = append(got, strings.Trim(name, "`"))
		}
	}
	slices.Sort(answer.Names)
	slices.Sort(got)
	if diff := cmp.Diff(answer.Names, got); diff != "" {
		t.Errorf("faults (-simulator +document):\n%s", diff)
	}
}
