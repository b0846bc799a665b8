package rollcall

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/rollcall-hr/rollcall/"

// arrows says which of our packages each package may import; "*" means all.
func arrows() map[string][]string {
	return map[string][]string{
		"":                            {},
		"hr":                          {},
		"directory":                   {},
		"policy":                      {},
		"mapping":                     {"hr", "directory", "policy"},
		"plan":                        {"directory", "policy", "internal/list"},
		"plan/planjson":               {"directory", "plan"},
		"plan/explain":                {"directory", "plan", "plan/planjson"},
		"syncrun":                     {"hr", "directory", "policy", "mapping", "plan", "internal/list"},
		"people":                      {"directory", "policy", "plan", "plan/explain", "plan/planjson", "syncrun"},
		"bamboohr":                    {"bamboohr/internal/*"},
		"bamboohr/internal/*":         {},
		"bamboosim":                   {"bamboosim/internal/*"},
		"bamboosim/internal/company":  {},
		"bamboosim/internal/fault":    {},
		"bamboosim/internal/gen":      {"bamboosim/internal/company"},
		"bamboosim/internal/hook":     {"bamboosim/internal/company"},
		"bamboosim/internal/answer":   {"bamboosim/internal/company", "bamboosim/internal/fault", "bamboosim/internal/hook"},
		"bamboosim/internal/endpoint": {"bamboosim/internal/company", "bamboosim/internal/answer", "bamboosim/internal/hook"},
		"source":                      {"hr", "policy", "bamboohr", "internal/list"},
		"internal/list":               {},
		"internal/seal":               {},
		"internal/exporter":           {"directory", "plan", "bamboohr"},
		"internal/store": {"hr", "directory", "policy", "mapping", "plan", "syncrun", "internal/seal", "internal/exporter", "internal/store/accounts",
			"internal/store/settings", "internal/store/views", "internal/store/outbox", "internal/store/schedules", "internal/store/hints", "internal/store/internal/*"},
		"internal/store/internal/sqldb":     {},
		"internal/store/internal/proc":      {},
		"internal/store/internal/fold":      {"directory"},
		"internal/store/internal/planrow":   {"directory", "plan", "internal/store/internal/fold"},
		"internal/store/internal/linkpage":  {"directory", "internal/store/internal/sqldb"},
		"internal/store/internal/personrow": {"directory", "internal/store/internal/sqldb"},
		"internal/store/storetest": {
			"hr", "directory", "policy", "mapping", "plan", "syncrun"},
		"internal/store/accounts":          {"directory", "plan", "internal/account", "internal/store/internal/*"},
		"internal/store/settings":          {"directory", "source", "hr", "plan", "policy", "syncrun", "internal/connection", "internal/connection/release", "internal/store/internal/*"},
		"internal/store/views":             {"directory", "plan", "syncrun", "internal/view", "internal/store/internal/*"},
		"internal/store/internal/orgtx":    {"internal/store/internal/sqldb"},
		"internal/store/internal/planread": {"directory", "hr", "plan", "syncrun", "internal/store/internal/*"},
		"internal/store/internal/runrow":   {"plan", "syncrun", "internal/store/internal/*"},
		"internal/view":                    {"directory", "plan", "syncrun"},
		"internal/account":                 {"directory", "policy"},
		"internal/account/openid":          {"internal/account"},
		"internal/connection/live":         {"bamboohr", "hr", "directory", "policy", "mapping", "source"},
		"internal/connection/release":      {},
		"internal/connection/note":         {"policy"},
		"internal/connection":              {"internal/connection/live", "internal/connection/note", "internal/connection/release", "hr", "directory", "policy", "mapping", "plan", "people", "syncrun", "bamboohr", "source", "internal/seal"},
		"internal/web":                     {"internal/account", "internal/connection", "internal/jobs", "internal/web/*"},
		"internal/web/gate":                {"directory", "source", "people", "syncrun", "internal/account", "internal/connection", "internal/view"},
		"internal/web/ui":                  {"internal/account", "internal/web/gate"},
		"internal/web/words":               {"directory", "plan", "policy", "internal/connection", "internal/web/ui"},
		"internal/web/browsertest":         {},
		"internal/web/page/connections": {"directory", "policy", "source", "syncrun", "internal/account", "internal/connection", "internal/view", "internal/hint",
			"internal/web/gate", "internal/web/ui", "internal/web/words", "internal/web/page/connections/form", "internal/web/page/connections/screen"},
		"internal/web/page/connections/form":   {"directory", "policy", "internal/web/words"},
		"internal/web/page/connections/screen": {"directory", "policy", "syncrun", "internal/connection", "internal/web/gate", "internal/web/ui", "internal/web/page/connections/form"},
		"internal/web/page/exceptions": {"directory", "plan", "people", "syncrun", "internal/account", "internal/connection", "internal/view", "internal/web/gate", "internal/web/ui",
			"internal/web/words", "internal/web/page/connections/form", "internal/web/page/connections/screen", "internal/web/page/holdform"},
		"internal/web/page/holdform": {"directory", "policy", "people", "syncrun", "internal/web/ui", "internal/web/page/connections/form"},
		"internal/web/page/work":     {"directory", "plan", "syncrun", "internal/account", "internal/connection", "internal/jobs", "internal/view", "internal/web/gate", "internal/web/ui", "internal/web/words"},
		"internal/web/page/*": {"directory", "hr", "policy", "plan", "plan/explain", "people", "syncrun", "source", "internal/account", "internal/account/openid",
			"internal/connection", "internal/sheet", "internal/view", "internal/web/gate", "internal/web/ui", "internal/web/words", "internal/web/page/holdform"},
		"internal/web/page/pagetest": {"bamboosim", "directory", "plan", "people", "internal/account", "internal/connection", "internal/seal",
			"internal/store", "internal/store/views", "internal/web/gate", "internal/web/ui"},
		"internal/web/api": {"directory", "hr", "policy", "plan", "plan/explain", "plan/planjson", "people", "syncrun", "source", "internal/account", "internal/connection", "internal/sheet",
			"internal/hint", "internal/jobs", "internal/notify", "internal/view", "internal/web/api/*", "internal/web/gate"},
		"internal/web/api/rest":  {"internal/account", "internal/web/gate"},
		"internal/web/api/draft": {"policy", "source", "syncrun", "internal/account", "internal/connection", "internal/web/api/rest"},
		"internal/web/api/organisation": {"directory", "syncrun", "internal/account", "internal/account/openid", "internal/connection", "internal/notify",
			"internal/sheet", "internal/view", "internal/web/api/rest", "internal/web/gate"},
		"internal/sheet":           {"directory", "plan", "syncrun"},
		"internal/notify":          {"directory", "plan", "policy", "syncrun", "internal/account", "internal/connection", "internal/connection/release", "internal/notify/words"},
		"internal/notify/words":    {"plan"},
		"internal/store/outbox":    {"directory", "internal/account", "internal/notify", "internal/store/internal/*"},
		"internal/jobs":            {"policy", "syncrun", "source", "directory", "internal/connection", "internal/hint"},
		"internal/hint":            {"bamboohr", "directory", "internal/connection"},
		"internal/store/hints":     {"internal/hint", "internal/store/internal/*"},
		"internal/store/schedules": {"internal/jobs", "internal/store/internal/*"},
		"internal/web/page/mail":   {"directory", "internal/account", "internal/notify", "internal/web/gate", "internal/web/ui"},
		"internal/web/page/runs": {"directory", "policy", "plan", "plan/planjson", "source", "people", "syncrun", "internal/account", "internal/connection", "internal/connection/release", "internal/notify", "internal/sheet",
			"internal/view", "internal/web/gate", "internal/web/ui", "internal/web/words"},
		"internal/server": {"bamboohr", "policy", "internal/account", "internal/account/openid", "internal/connection", "internal/hint", "internal/jobs", "internal/notify",
			"internal/seal", "internal/store", "internal/store/schedules", "internal/web"},
		"internal/bench":                   {"*"},
		"cmd/rollcall":                     {"*"},
		"cmd/rollcall/internal/text":       {},
		"cmd/rollcall/internal/simcontrol": {},
		"cmd/rollcall/internal/completion": {"cmd/rollcall/internal/text"},
		"cmd/rollcall/internal/clock":      {"policy", "cmd/rollcall/internal/problem", "cmd/rollcall/internal/simcontrol"},
		"cmd/rollcall/internal/config":     {"policy", "cmd/rollcall/internal/problem"},
		"cmd/rollcall/internal/problem":    {"directory", "policy", "people", "syncrun", "cmd/rollcall/internal/text"},
		"cmd/rollcall/internal/importfile": {"directory", "people", "internal/sheet"},
		"cmd/rollcall/internal/show":       {"directory", "plan", "plan/explain", "plan/planjson", "source", "people", "syncrun", "internal/exporter", "cmd/rollcall/internal/text"},
		"cmd/rollcall/internal/story":      {"bamboosim", "people", "syncrun", "cmd/rollcall/internal/show", "cmd/rollcall/internal/simcontrol", "cmd/rollcall/internal/text"},
	}
}

// pure packages do no input or output and know no clock.
func pure() []string {
	return []string{"hr", "directory", "policy", "mapping", "plan", "plan/planjson", "plan/explain", "internal/connection/release", "internal/connection/note"}
}

type source struct {
	pkg  string // folder below the module, "" for the root
	path string
	file *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "." || d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(path))
		if pkg == "." {
			pkg = ""
		}
		out = append(out, source{pkg, path, f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func allowed(table map[string][]string, pkg string) ([]string, bool) {
	if a, ok := table[pkg]; ok {
		return a, true
	}
	for p, a := range table {
		if base, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(pkg, base) {
			return a, true
		}
	}
	return nil, false
}

func matches(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		base, wild := strings.CutSuffix(p, "*")
		return p == pkg || wild && strings.HasPrefix(pkg, base)
	})
}

func TestArrows(t *testing.T) {
	table := arrows()
	for _, s := range sources(t) {
		may, known := allowed(table, s.pkg)
		if !known {
			t.Errorf("%s: package %q has no place in the house; give it one in arrows()", s.path, s.pkg)
			continue
		}
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			ours, isOurs := strings.CutPrefix(path, module)
			if isOurs && !matches(may, ours) {
				t.Errorf("%s imports %s, which points the wrong way", s.path, ours)
			}
			if strings.HasPrefix(s.pkg, "bamboohr") && !isOurs && strings.Contains(strings.SplitN(path, "/", 2)[0], ".") {
				t.Errorf("%s imports %s; the client uses the standard library only", s.path, path)
			}
		}
	}
}

func TestPurePackagesHaveNoInputNorClock(t *testing.T) {
	banned := []string{"net", "net/*", "os", "os/*", "io/fs", "database/sql", "log", "log/*", "context", "math/rand", "math/rand/*", "crypto/rand", "syscall"}
	clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	for _, s := range sources(t) {
		if !slices.Contains(pure(), s.pkg) {
			continue
		}
		for _, spec := range s.file.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if matches(banned, path) && !(s.pkg == "policy" && path == "embed") {
				t.Errorf("%s imports %s; package %s is pure", s.path, path, s.pkg)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, sel.Sel.Name) {
				t.Errorf("%s calls time.%s; time is an input", s.path, sel.Sel.Name)
			}
			return true
		})
	}
}

func TestEveryPackageOpensWithASentence(t *testing.T) {
	opened := map[string]bool{}
	for _, s := range sources(t) {
		if s.file.Doc != nil && (strings.HasPrefix(s.file.Doc.Text(), "Package ") || strings.HasPrefix(s.file.Doc.Text(), "Command ")) {
			opened[s.pkg] = true
		} else if !opened[s.pkg] {
			opened[s.pkg] = false
		}
	}
	for pkg, ok := range opened {
		if !ok {
			t.Errorf("package %q does not say in its first sentence what it is", pkg)
		}
	}
}

func TestNoInitNoMutablePackageState(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.path)
			}
		}
	}
}
