package main

import (
	"encoding/json"
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
)

// exitCode is an exit code that is no failure; nothing is printed for it.
type exitCode int

// The exit codes of surface, "Exit codes".
const (
	codeFailed  exitCode = 1
	codeChanges exitCode = 2
	codeWaiting exitCode = 3
	codeStale   exitCode = 4
)

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// fail prints an error for a person on stderr and, with -o json, for a program on stdout; it returns
// the exit code.
func (a *app) fail(err error) int {
	v := problem.ViewOf(err)
	if a.errTerminal {
		fmt.Fprint(a.err, wipe) // of a progress line
	}
	for _, line := range problem.Lines(err) {
		fmt.Fprintf(a.err, "rollcall: %s\n", line)
	}
	if a.out.n == 0 && wantsJSON(a.args) {
		// An error that cannot be written has nowhere else to go; stderr has it already.
		_ = json.NewEncoder(a.out).Encode(map[string]problem.View{"error": v})
	}
	if v.Code == "stale" {
		return int(codeStale)
	}
	return int(codeFailed)
}

// wantsJSON finds -o json in arguments that may not even parse.
func wantsJSON(args []string) bool {
	for i, arg := range args {
		switch arg {
		case "-ojson", "-o=json", "--output=json":
			return true
		case "-o", "--output":
			return i+1 < len(args) && args[i+1] == "json"
		}
	}
	return false
}
