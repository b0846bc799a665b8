package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
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
	return problem.Usage("%s writes to the directory and there is no terminal to ask at; add --yes if that is meant", command)
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
