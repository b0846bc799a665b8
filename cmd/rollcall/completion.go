package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" name:"SHELL" help:"bash, zsh or fish."`
}

// Run prints a script that completes commands and flags; load it with: source <(rollcall completion bash).
func (c *completionCmd) Run(a *app) error {
	words := wordTable(a.parser.Model.Node)
	return a.printText(func(p *page) {
		switch c.Shell {
		case "bash":
			bashCompletion(p, words)
		case "zsh":
			p.linef("#compdef rollcall")
			p.linef("autoload -U +X bashcompinit && bashcompinit")
			bashCompletion(p, words)
		case "fish":
			fishCompletion(p, words)
		}
	})
}

// words are what may follow a command path such as "person edit".
type words struct {
	path     string
	commands []*kong.Node
	flags    []*kong.Flag
}

// wordTable walks the model in its order.
func wordTable(n *kong.Node) []words {
	w := words{path: commandPath(n)}
	for _, child := range n.Children {
		if !child.Hidden {
			w.commands = append(w.commands, child)
		}
	}
	for _, f := range n.Flags {
		if !f.Hidden {
			w.flags = append(w.flags, f)
		}
	}
	out := []words{w}
	for _, child := range w.commands {
		out = append(out, wordTable(child)...)
	}
	return out
}

// commandPath is "person edit" for that command, "" for the program.
func commandPath(n *kong.Node) string {
	var names []string
	for ; n != nil && n.Type != kong.ApplicationNode; n = n.Parent {
		names = append(names, n.Name)
	}
	slices.Reverse(names)
	return strings.Join(names, " ")
}

func bashCompletion(p *page, table []words) {
	p.linef("_rollcall() {")
	p.linef("  local path=\"\" word cur=\"${COMP_WORDS[COMP_CWORD]}\" i")
	p.linef("  for ((i = 1; i < COMP_CWORD; i++)); do")
	p.linef("    word=\"${COMP_WORDS[i]}\"")
	p.linef("    case \"${path:+$path }$word\" in")
	var paths []string
	for _, w := range table[1:] {
		paths = append(paths, "'"+w.path+"'")
	}
	p.linef("      %s) path=\"${path:+$path }$word\" ;;", strings.Join(paths, "|"))
	p.linef("    esac")
	p.linef("  done")
	p.linef("  case \"$path\" in")
	for _, w := range table {
		var all []string
		for _, c := range w.commands {
			all = append(all, c.Name)
		}
		for _, f := range w.flags {
			all = append(all, "--"+f.Name)
		}
		p.linef("    '%s') COMPREPLY=($(compgen -W '%s' -- \"$cur\")) ;;", w.path, strings.Join(all, " "))
	}
	p.linef("  esac")
	p.linef("}")
	p.linef("complete -o default -F _rollcall rollcall")
}

func fishCompletion(p *page, table []words) {
	p.linef("complete -c rollcall -f")
	for _, w := range table {
		when := "__fish_use_subcommand"
		if w.path != "" {
			var seen []string
			for _, name := range strings.Fields(w.path) {
				seen = append(seen, "__fish_seen_subcommand_from "+name)
			}
			when = strings.Join(seen, "; and ")
		}
		for _, c := range w.commands {
			p.linef("complete -c rollcall -n '%s' -a %s -d '%s'", when, c.Name, fishText(c.Help))
		}
		for _, f := range w.flags {
			short := ""
			if f.Short != 0 {
				short = fmt.Sprintf(" -s %c", f.Short)
			}
			takes := ""
			if !f.IsBool() {
				takes = " -r"
			}
			p.linef("complete -c rollcall -n '%s' -l %s%s%s -d '%s'", when, f.Name, short, takes, fishText(f.Help))
		}
	}
}

func fishText(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `'`, `\'`)
}
