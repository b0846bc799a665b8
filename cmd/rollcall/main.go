// Command rollcall keeps an application's users in step with BambooHR. This package reads flags,
// environment and file, builds the parts, connects them and renders what they answer; what is read,
// planned and written is left to packages source, plan and syncrun.
package main

import (
	"context"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // a bare container knows no zones

	"golang.org/x/term"
)

func main() { os.Exit(realMain()) }

// realMain runs the command in the surroundings of this process.
func realMain() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the first signal lets the command end in order; the second ends it at once
	names := os.Environ()
	for i, variable := range names {
		names[i], _, _ = strings.Cut(variable, "=")
	}
	return run(ctx, surroundings{
		args: os.Args[1:],
		in:   os.Stdin, out: os.Stdout, err: os.Stderr,
		inTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		outTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		errTerminal: term.IsTerminal(int(os.Stderr.Fd())),
		lookupEnv:   os.LookupEnv,
		envNames:    names,
		now:         time.Now,
	})
}
