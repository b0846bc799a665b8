// Package completion writes scripts with which a shell completes the commands and flags of a command line. Which
// those are is left to the parser's model.
package completion

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
)

// Write writes the script of a shell, one of bash, zsh and fish, for the program whose model it is given.
func Write(p *text.Page, shell string, program *kong.Node) {
	table := tableOf(program)
	switch shell {
	case "bash":
		bashCompletion(p, table)
	case "zsh":
		p.Linef("#compdef rollcall")
		p.Linef("autoload -U +X bashcompinit && bashcompinit")
		bashCompletion(p, table)
	case "fish":
		fishCompletion(p, table)
	}
}

// words are what may follow a command path such as "person edit".
type words struct {
	path     string
	commands []*kong.Node
	flags    []*kong.Flag
}

// tableOf walks the model in its order.
func tableOf(n *kong.Node) []words {
	w := words{path: Path(n)}
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
		out = append(out, tableOf(child)...)
	}
	return out
}

// Path is "person edit" for that command, "" for the program.
func Path(n *kong.Node) string {
	var names []string
	for ; n != nil && n.Type != kong.ApplicationNode; n = n.Parent {
		names = append(names, n.Name)
	}
	slices.Reverse(names)
	return strings.Join(names, " ")
}

func bashCompletion(p *text.Page, table []words) {
	p.Linef("_rollcall() {")
	p.Linef("  local path=\"\" word cur=\"${COMP_WORDS[COMP_CWORD]}\" i")
	p.Linef("  for ((i = 1; i < COMP_CWORD; i++)); do")
	p.Linef("    word=\"${COMP_WORDS[i]}\"")
	p.Linef("    case \"${path:+$path }$word\" in")
	var paths []string
	for _, w := range table[1:] {
		paths = append(paths, "'"+w.path+"'")
	}
	p.Linef("      %s) path=\"${path:+$path }$word\" ;;", strings.Join(paths, "|"))
	p.Linef("    esac")
	p.Linef("  done")
	p.Linef("  case \"$path\" in")
	for _, w := range table {
		var all []string
		for _, c := range w.commands {
			all = append(all, c.Name)
		}
		for _, f := range w.flags {
			all = append(all, "--"+f.Name)
		}
		p.Linef("    '%s') COMPREPLY=($(compgen -W '%s' -- \"$cur\")) ;;", w.path, strings.Join(all, " "))
	}
	p.Linef("  esac")
	p.Linef("}")
	p.Linef("complete -o default -F _rollcall rollcall")
}

func fishCompletion(p *text.Page, table []words) {
	p.Linef("complete -c rollcall -f")
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
			p.Linef("complete -c rollcall -n '%s' -a %s -d '%s'", when, c.Name, fishText(c.Help))
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
			p.Linef("complete -c rollcall -n '%s' -l %s%s%s -d '%s'", when, f.Name, short, takes, fishText(f.Help))
		}
	}
}

func fishText(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `'`, `\'`)
}
