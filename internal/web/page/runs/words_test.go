package runs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/syncrun"
)

// TestStaleOnScreen: why a plan can no longer be applied is told without the ids of what it is about.
func TestStaleOnScreen(t *testing.T) {
	for why, want := range map[string]string{
		"Ella O'Neill (id:p_19_ues) was changed since it was made":  "The plan is stale: Ella O'Neill was changed since it was made; make a new preview.",
		"hold hold_5ye was put on Given2 Newname since it was made": "The plan is stale: a hold was put on Given2 Newname since it was made; make a new preview.",
	} {
		if got := onScreen((&syncrun.StaleError{PlanID: "plan_12ab", Why: why}).Error()); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestOnScreen holds every sentence of the planner, the engine and the reader that names a command to have
// other words on screens.
func TestOnScreen(t *testing.T) {
	seen := 0
	for _, dir := range []string{"plan", "syncrun", "source"} {
		files, err := filepath.Glob(filepath.Join("..", "..", "..", "..", dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, raw, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				text, _ := strconv.Unquote(lit.Value)
				if !strings.Contains(text, `"rollcall `) {
					return true
				}
				seen++
				if got := onScreen(strings.NewReplacer("%d", "12", "%s", "x_1", "%v", "y").Replace(text)); strings.Contains(got, "rollcall ") || strings.Contains(got, "--") {
					t.Errorf("%s: %q", path, got)
				}
				return true
			})
		}
	}
	if seen < 10 {
		t.Errorf("only %d sentences were looked at", seen)
	}
}
