package api

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// TestGuideRuns does what docs/api.md shows, line by line, and holds every answer against the document.
func TestGuideRuns(t *testing.T) {
	text, err := os.ReadFile(guideFile)
	if err != nil {
		t.Fatal(err)
	}
	g := &guide{world: newWorld(t, office(30)), vars: map[string]string{"ROLLCALL": ""},
		files: map[string]string{"people.csv": "email,first_name\ndan@acme.test,Dan\n"}}
	g.mail()
	for _, block := range strings.Split(string(text), "\n```\n") {
		for _, line := range strings.Split(block, "\n") {
			if call := asked.FindString(line); call != "" {
				g.line(line)
			}
		}
	}
	if g.lines < 40 {
		t.Errorf("only %d lines of the guide were run", g.lines)
	}
}

var (
	asked = regexp.MustCompile(`^(rc |[A-Z]+=\$\(rc )`)
	taken = regexp.MustCompile(`^([A-Z]+)=\$\((.*) \| jq -r \.(\S+)\)`)
	word  = regexp.MustCompile(`(?:'[^']*'|"[^"]*"|[^\s'"])+`)
	value = regexp.MustCompile(`\$([A-Z]+)`)
)

// guide is a shell that knows no more than the guide needs.
type guide struct {
	*world
	vars, files map[string]string
	lines       int
}

func (g *guide) line(line string) {
	g.t.Helper()
	g.lines++
	if i := strings.Index(line, "  #"); i > 0 {
		line = line[:i]
	} else if i := strings.Index(line, " # "); i > 0 {
		line = line[:i]
	}
	if m := taken.FindStringSubmatch(line); m != nil {
		a := g.rc(m[2])
		path := strings.NewReplacer("[", ".", "]", "").Replace(m[3])
		if g.vars[m[1]] = a.str(path); g.vars[m[1]] == "" {
			g.t.Fatalf("%s: there is no %s in %.600s", line, path, a.text)
		}
		return
	}
	line, file, kept := strings.Cut(line, " > ")
	if a := g.rc(line); kept {
		g.files[strings.TrimSpace(file)] = string(a.text)
	}
}

// rc is curl with the alias's token.
func (g *guide) rc(line string) answer {
	g.t.Helper()
	method, body, path := "", "", ""
	words := word.FindAllString(line, -1)[1:]
	for i := 0; i < len(words); i++ {
		switch w := words[i]; w {
		case "-X":
			i++
			method = words[i]
		case "-d":
			i++
			body = strings.ReplaceAll(g.unquote(words[i]), "…", bamboosim.DefaultKey)
		case "--data-binary":
			i++
			body = g.files[strings.TrimPrefix(words[i], "@")]
		case "-T":
			i++
			method, body = "PUT", g.files[words[i]]
		default:
			path = g.unquote(w)
		}
	}
	switch {
	case method == "" && body != "":
		method = "POST"
	case method == "":
		method = "GET"
	}
	return g.ok(method, path, body)
}

// unquote takes quotation marks away and puts values in, but for what stands in single ones.
func (g *guide) unquote(w string) string {
	var b strings.Builder
	for i, part := range strings.Split(w, "'") {
		if i%2 == 0 {
			part = value.ReplaceAllStringFunc(strings.ReplaceAll(part, `"`, ""), func(v string) string { return g.vars[v[1:]] })
		}
		b.WriteString(part)
	}
	return b.String()
}
