package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/rollcall-hr/rollcall/plan"
)

// consent is the flag that stands for the answer to a question.
type consent struct {
	Yes bool `short:"y" help:"Do not ask; needed without a terminal."`
}

// needed refuses to go on when nobody can be asked (surface, "Exit codes").
func (c *consent) needed(a *app, command string) error {
	if c.Yes || a.inTerminal {
		return nil
	}
	return badInput("%s writes to the directory and there is no terminal to ask at; add --yes if that is meant", command)
}

// ask puts a question on stderr; only y or yes is a yes.
func (a *app) ask(format string, args ...any) (bool, error) {
	fmt.Fprintf(a.err, format+" [y/N] ", args...)
	line, err := bufio.NewReader(a.in).ReadString('\n')
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("read the answer: %w", err)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}

// sentenceOf counts what an apply would write: "3 creations, 1 deactivation and 2 new departments".
func sentenceOf(c plan.Counts) string {
	var parts []string
	for _, x := range []struct {
		n         int
		one, many string
	}{
		{c.Create, "creation", "creations"}, {c.Update, "update", "updates"}, {c.Deactivate, "deactivation", "deactivations"},
		{c.Reactivate, "reactivation", "reactivations"}, {c.Link, "link", "links"},
		{c.CreateDepartment, "new department", "new departments"}, {c.CreateTeam, "new team", "new teams"},
	} {
		if x.n > 0 {
			parts = append(parts, count(x.n, x.one, x.many))
		}
	}
	switch n := len(parts); n {
	case 0:
		return "no changes"
	case 1:
		return parts[0]
	default:
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
}
