package api

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/account"
)

var update = flag.Bool("update", false, "rewrite docs/openapi.json")

const documentFile = "../../../docs/openapi.json"

// TestDocumentIsCurrent holds docs/openapi.json equal to what the server answers.
func TestDocumentIsCurrent(t *testing.T) {
	want, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(documentFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(documentFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), string(want)); diff != "" {
		t.Errorf("%s is not what the API tells; run go generate ./internal/web/api (-file +API):\n%s", documentFile, diff)
	}
}

// TestDocumentHolds: ids are unique, references lead somewhere, and every part of a path is told.
func TestDocumentHolds(t *testing.T) {
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	doc := decode(t, text).(map[string]any)
	ids := map[string]bool{}
	for path, item := range doc["paths"].(map[string]any) {
		for method, v := range item.(map[string]any) {
			op := v.(map[string]any)
			if id := op["operationId"].(string); ids[id] {
				t.Errorf("two operations are called %s", id)
			} else {
				ids[id] = true
			}
			told := 0
			for _, p := range list(op["parameters"]) {
				if p["in"] == "path" {
					told++
				}
			}
			if told != strings.Count(path, "{") {
				t.Errorf("%s %s tells %d parameters of its path", method, path, told)
			}
		}
	}
	for _, m := range regexp.MustCompile(`"\$ref": "#/components/(schemas|responses)/(\w+)"`).FindAllStringSubmatch(string(text), -1) {
		if _, ok := doc["components"].(map[string]any)[m[1]].(map[string]any)[m[2]]; !ok {
			t.Errorf("%s leads nowhere", m[0])
		}
	}
}

// TestGuide holds docs/api.md against the codes that the API answers.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile(guideFile)
	if err != nil {
		t.Fatal(err)
	}
	for code, status := range codes() {
		if !strings.Contains(string(guide), fmt.Sprintf("| `%s` | %d |", code, status)) {
			t.Errorf("docs/api.md does not tell of %s, %d", code, status)
		}
	}
}

const guideFile = "../../../docs/api.md"

// TestAddresses holds the list in docs/api.md equal to the addresses there are.
func TestAddresses(t *testing.T) {
	text, err := os.ReadFile(guideFile)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- addresses: written by go generate ./internal/web/api -->\n", "<!-- end of addresses -->"
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ended := strings.Cut(rest, end)
	if !ok || !ended {
		t.Fatalf("%s has no place for the addresses", guideFile)
	}
	want := before + begin + addresses() + end + after
	if *update {
		if err := os.WriteFile(guideFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		text = []byte(want)
	}
	if diff := cmp.Diff(string(text), want); diff != "" {
		t.Errorf("%s does not list the addresses; run go generate ./internal/web/api (-file +API):\n%s", guideFile, diff)
	}
}

// addresses is a table per noun, in the order of the table of endpoints.
func addresses() string {
	var tags []string
	rows := map[string]string{}
	for _, e := range (&api{}).endpoints() {
		if rows[e.Tag()] == "" {
			tags = append(tags, e.Tag())
		}
		role := "anybody"
		for _, r := range slices.Backward(account.Roles()) {
			if account.Allows(r, e.Permission) {
				role = string(r)
			}
		}
		rows[e.Tag()] += fmt.Sprintf("| `%s %s` | %s | %s |\n", e.Method, e.Path, e.Summary, role)
	}
	var b strings.Builder
	for _, tag := range tags {
		fmt.Fprintf(&b, "\n| %s | | |\n|---|---|---|\n%s", tag, rows[tag])
	}
	return b.String() + "\n"
}
