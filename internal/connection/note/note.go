// Package note tells in words what somebody chose: a schedule, and what is different between two settings, for the history
// of their versions. What is kept of it, and when, is left to internal/connection.
package note

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/rollcall-hr/rollcall/policy"
)

// The bounds of a note.
const (
	maxNoteLines = 60
	maxNoteValue = 200 // runes
)

// fact is one setting in words.
type fact struct{ key, text string }

// Of tells what is different between two settings, one line each: key: before → after. It is "" when
// they export alike.
func Of(before, after policy.Connection) string {
	old, now := facts(before), facts(after)
	was, is := map[string]string{}, map[string]string{}
	for _, f := range old {
		was[f.key] = f.text
	}
	for _, f := range now {
		is[f.key] = f.text
	}
	var lines []string
	add := func(key string) {
		lines = append(lines, fmt.Sprintf("%s: %s → %s", key, orNone(was[key]), orNone(is[key])))
	}
	for _, f := range now {
		if was[f.key] != f.text {
			add(f.key)
		}
	}
	for _, f := range old {
		if _, kept := is[f.key]; !kept && f.text != "" {
			add(f.key)
		}
	}
	if n := len(lines) - maxNoteLines; n > 0 {
		lines = append(lines[:maxNoteLines], fmt.Sprintf("and %d more", n))
	}
	return strings.Join(lines, "\n")
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	if r := []rune(text); len(r) > maxNoteValue {
		return string(r[:maxNoteValue]) + "…"
	}
	return text
}

// facts lists settings in the order in which they are exported: the schedule, the looks for changes and
// every mapping row as one, everything else by its key.
func facts(c policy.Connection) []fact {
	var root yaml.Node
	if err := yaml.Load(policy.Export(c), &root); err != nil { // Export writes YAML
		panic("read exported settings: " + err.Error())
	}
	var out []fact
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			if path != "" {
				key = path + "." + key
			}
			switch {
			case key == "schedule":
				out = append(out, fact{key, Schedule(c.Schedule)})
			case key == "changes":
				out = append(out, fact{key, looks(c.Changes)})
			case value.Kind == yaml.MappingNode && path != "mapping":
				walk(value, key)
			default:
				out = append(out, fact{key, words(value)})
			}
		}
	}
	walk(root.Content[0].Content[1], "")
	return out
}

// words writes a value on one line; "" for null and an empty list.
func words(n *yaml.Node) string {
	var parts []string
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			parts = append(parts, n.Content[i].Value+" "+words(n.Content[i+1]))
		}
		return strings.Join(parts, ", ")
	case yaml.SequenceNode:
		for _, item := range n.Content {
			parts = append(parts, words(item))
		}
		return strings.Join(parts, "; ")
	}
	switch n.ShortTag() {
	case "!!null":
		return ""
	case "!!bool":
		return map[string]string{"true": "yes", "false": "no"}[n.Value]
	}
	return n.Value
}
