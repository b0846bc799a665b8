package rollcall

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// faults is how many of them there are.
const faults = 51

// TestFaultsAreProven holds docs/faults.md against the tests it names: every fault stands once, what it names exists
// and quotes its number, and what is left for later waits for a part of the product that is not there yet.
func TestFaultsAreProven(t *testing.T) {
	text, err := os.ReadFile("docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| .+? \| (?:.+? )?\| (.+?) \|$`).FindAllStringSubmatch(string(text), -1) {
		if _, twice := rows[m[1]]; twice {
			t.Errorf("%s stands twice", m[1])
		}
		rows[m[1]] = m[2]
	}
	for i := range faults {
		n := fmt.Sprint(i + 1)
		proof, ok := rows[n]
		if !ok {
			t.Errorf("%s is missing", n)
			continue
		}
		delete(rows, n)
		if why, later := strings.CutPrefix(proof, "later: "); later {
			if !slices.Contains([]string{"PostgreSQL", "SCIM", "pictures"}, why) {
				t.Errorf("%s waits for %q", n, why)
			}
			continue
		}
		for p := range strings.SplitSeq(proof, ", ") {
			checkFault(t, n, strings.Trim(p, "`"))
		}
	}
	for n := range rows {
		t.Errorf("%s is no fault", n)
	}
}

// checkFault finds the test behind "path/file_test.go:TestName", or the table of a test, or "path/story.txtar". The
// file quotes the fault as "security §3 #12", "fault 12", or as the name of a case, "12 …".
func checkFault(t *testing.T, n, proof string) {
	t.Helper()
	path, name, _ := strings.Cut(proof, ":")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Errorf("fault %s is said to be proven by %s: %v", n, proof, err)
		return
	}
	if strings.HasSuffix(path, ".go") && !strings.Contains(string(text), "func "+name+"(") {
		t.Errorf("fault %s is said to be proven by %s, which does not exist", n, proof)
	}
	if !regexp.MustCompile(`§3[^|\n]*#` + n + `\b|[Ff]aults? [\d, and]*\b` + n + `\b|name: "` + n + ` `).Match(text) {
		t.Errorf("fault %s is said to be proven by %s, which does not mention it", n, proof)
	}
}
