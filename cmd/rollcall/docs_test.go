package main

import (
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

func groupTitle(n *kong.Node) string {
	for ; n != nil; n = n.Parent {
		if n.Group != nil {
			return n.Group.Title
		}
	}
	return ""
}

func command(b *strings.Builder, n *kong.Node) {
	fmt.Fprintf(b, "\n### rollcall %s\n%s\n\n```\nrollcall %s\n```\n", completion.Path(n), n.Help, synopsis(n))
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
