package rollcall

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// promiseIDs are all ids of the seed documents: promises by vendor, and the contradictions.
func promiseIDs() []string {
	var ids []string
	for _, s := range []struct {
		prefix string
		n      int
	}{{"AY", 24}, {"AL", 22}, {"BW", 26}, {"SI", 52}, {"PM", 10}, {"C", 29}} {
		for i := 1; i <= s.n; i++ {
			ids = append(ids, fmt.Sprintf("%s%d", s.prefix, i))
		}
	}
	return ids
}

// TestPromisesAreProven holds docs/promises.md against the tests it names: every id stands once; what
// it names exists and quotes the id; what is left for later says which part of the product it waits
// for.
func TestPromisesAreProven(t *testing.T) {
	text, err := os.ReadFile("docs/promises.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ((?:AY|AL|BW|SI|PM|C)\d+) \| (.+?) \| (.+?) \|$`)
	rows := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		if _, twice := rows[m[1]]; twice {
			t.Errorf("%s stands twice", m[1])
		}
		rows[m[1]] = m[3]
	}
	for _, id := range promiseIDs() {
		proof, ok := rows[id]
		if !ok {
			t.Errorf("%s is missing", id)
			continue
		}
		delete(rows, id)
		if why, later := strings.CutPrefix(proof, "later: "); later {
			checkLater(t, id, why)
			continue
		}
		for p := range strings.SplitSeq(proof, ", ") {
			checkProof(t, id, strings.Trim(p, "`"))
		}
	}
	for id := range rows {
		t.Errorf("%s is no promise", id)
	}
}

// checkLater accepts only the parts of the product that a promise without a test may wait for.
func checkLater(t *testing.T, id, why string) {
	t.Helper()
	parts := []string{"screen", "mail", "schedule", "tab", "set-up link", "pictures", "webhook"}
	for _, p := range parts {
		if strings.HasPrefix(why, p) {
			return
		}
	}
	t.Errorf("%s waits for %q, which is none of %s", id, why, strings.Join(parts, ", "))
}

// checkProof finds the test behind "path/file_test.go:TestName" or "path/story.txtar".
func checkProof(t *testing.T, id, proof string) {
	t.Helper()
	path, name, _ := strings.Cut(proof, ":")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("%s is said to be proven by %s: %v", id, proof, err)
		return
	}
	if strings.HasSuffix(path, ".go") && !strings.Contains(string(text), "func "+name+"(") {
		t.Errorf("%s is said to be proven by %s, which does not exist", id, proof)
	}
	if !regexp.MustCompile(`\b` + id + `\b`).Match(text) {
		t.Errorf("%s is said to be proven by %s, which does not mention it", id, proof)
	}
}
