package main

import (
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/completion"
)

//go:generate go test -run TestDocs . -update

var update = flag.Bool("update", false, "rewrite generated documents and golden files")

const docsFile = "../../docs/cli.md"

// TestDocs holds docs/cli.md equal to the command line's own model.
func TestDocs(t *testing.T) {
	want := commandDocs(t)
	if *update {
		if err := os.WriteFile(docsFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(got), want); diff != "" {
		t.Errorf("%s is not what the command line says; run go generate ./cmd/rollcall (-file +model):\n%s", docsFile, diff)
	}
}

// commandDocs is the whole reference: the fixed introduction, then every command from the model.
func commandDocs(t *testing.T) string {
	t.Helper()
	intro, err := os.ReadFile("testdata/cli-intro.md")
	if err != nil {
		t.Fatal(err)
	}
	parser, err := newParser(nil, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.Write(intro)
	group := ""
	for _, leaf := range parser.Model.Leaves(true) {
		if title := groupTitle(leaf); title != group {
			group = title
			fmt.Fprintf(&b, "\n## %s\n", strings.TrimSuffix(group, ":"))
		}
		command(&b, leaf)
	}
	return b.String()
}

// TestExamples holds every command to an example in its help that it would accept.
func TestExamples(t *testing.T) {
	all, err := newParser(nil, io.Discard, io.Discard, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range all.Model.Leaves(false) {
		path, example := completion.Path(leaf), leaf.Tag.Get("example")
		line, _, _ := strings.Cut(example, " > ")
		words := csv.NewReader(strings.NewReader(line))
		words.Comma = ' '
		args, err := words.Read()
		if err != nil || !strings.HasPrefix(example, "rollcall "+path) {
			t.Errorf("the example of %s is %q (%v)", path, example, err)
			continue
		}
		var help strings.Builder
		parser, err := newParser(args[1:], &help, io.Discard, func(int) {})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := parser.Parse(args[1:])
		if err != nil {
			t.Errorf("%s: %v", example, err)
		} else if got := completion.Path(parsed.Selected()); got != path {
			t.Errorf("%s runs %s, not %s", example, got, path)
		}
		if _, err := parser.Parse(append(strings.Fields(path), "--help")); err != nil && help.Len() == 0 || !strings.Contains(help.String(), "\nExample:\n\n    "+example+"\n") {
			t.Errorf("the help of %s does not show %s (%v):\n%s", path, example, err, &help)
		}
	}
}

func groupTitle(n *kong.Node) string {
	for ; n != nil; n = n.Parent {
		if n.Group != nil {
			return n.Group.Title
		}
	}
	return ""
}

func command(b *strings.Builder, n *kong.Node) {
	fmt.Fprintf(b, "\n### rollcall %s\n%s\n\n```\nrollcall %s\n```\nFor example: `%s`\n\n", completion.Path(n), n.Help, synopsis(n), n.Tag.Get("example"))
	for _, p := range n.Positional {
		fmt.Fprintf(b, "- `%s`: %s\n", p.Name, p.Help)
	}
	for _, f := range n.Flags {
		if f.Hidden {
			continue
		}
		name := "--" + f.Name
		if f.Short != 0 {
			name = fmt.Sprintf("-%c, %s", f.Short, name)
		}
		if !f.IsBool() {
			name += " " + f.FormatPlaceHolder()
		}
		fmt.Fprintf(b, "- `%s`: %s\n", name, f.Help)
	}
}

func synopsis(n *kong.Node) string {
	parts := []string{completion.Path(n)}
	for _, p := range n.Positional {
		name := p.Name
		if !p.Required {
			name = "[" + name + "]"
		}
		parts = append(parts, name)
	}
	return strings.Join(append(parts, "[flags]"), " ")
}
