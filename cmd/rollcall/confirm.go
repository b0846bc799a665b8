package main

import (
	"bufio"
	"context"
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
	line, err := a.typed(func() (string, error) { return bufio.NewReader(a.in).ReadString('\n') })
	if err != nil && err != io.EOF {
		return false, fmt.Errorf("nothing was answered, so nothing was done: %w", err)
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}

// typed waits for what somebody types, and not past the end of the command: nobody presses Enter after Ctrl-C.
// A reading that is given up goes on until the process ends.
func (a *app) typed(read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case x := <-got:
		return x.text, x.err
	case <-a.ctx.Done():
		fmt.Fprintln(a.err)
		return "", context.Cause(a.ctx)
	}
}
