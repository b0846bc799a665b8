package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/syncrun"
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

// coded is an error with a stable code for programs.
type coded struct {
	code string
	err  error
}

func (e *coded) Error() string { return e.err.Error() }
func (e *coded) Unwrap() error { return e.err }
func (e *coded) Code() string  { return e.code }

// errorView is an error as -o json prints it on stdout.
type errorView struct {
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	RunID      string      `json:"run_id,omitempty"`     // the failed run; busy: the run under way
	RequestID  string      `json:"request_id,omitempty"` // BambooHR's x-request-id
	Candidates []string    `json:"candidates,omitempty"` // ambiguous: whom a WHO could mean
	Faults     []faultView `json:"faults,omitempty"`     // config and import: everything that is wrong
}

// fail prints an error for a person on stderr and, with -o json, for a program on stdout; it returns
// the exit code.
func (a *app) fail(err error) int {
	v := viewError(err)
	if a.errTerminal {
		fmt.Fprint(a.err, wipe) // of a progress line
	}
	for _, line := range lines(err) {
		fmt.Fprintf(a.err, "rollcall: %s\n", line)
	}
	if a.out.n == 0 && wantsJSON(a.args) {
		// An error that cannot be written has nowhere else to go; stderr has it already.
		_ = json.NewEncoder(a.out).Encode(map[string]errorView{"error": v})
	}
	if v.Code == "stale" {
		return int(codeStale)
	}
	return int(codeFailed)
}

// lines gives an error's lines: one, or one for each fault.
func lines(err error) []string {
	if f, ok := errors.AsType[*faultsError](err); ok {
		return f.lines()
	}
	return []string{oneLine(err)}
}

// oneLine joins what errors.Join separated, without repeating itself.
func oneLine(err error) string {
	var parts []string
	for _, p := range strings.Split(err.Error(), "\n") {
		if p = strings.TrimSpace(p); p != "" && !strings.Contains(strings.Join(parts, "; "), p) {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "; ")
}

func viewError(err error) errorView {
	v := errorView{Code: "failed", Message: oneLine(err)}
	if c, ok := errors.AsType[interface {
		error
		Code() string
	}](err); ok {
		v.Code = c.Code()
	}
	if c, ok := errors.AsType[interface {
		error
		RequestID() string
	}](err); ok {
		v.RequestID = c.RequestID()
	}
	if f, ok := errors.AsType[*faultsError](err); ok {
		v.Message, v.Faults = f.summary(), f.views()
	}
	if r, ok := errors.AsType[*runFailure](err); ok {
		v.RunID = r.id
	}
	if b, ok := errors.AsType[*syncrun.BusyError](err); ok {
		v.Code, v.RunID = "busy", b.RunID
	}
	if errors.Is(err, syncrun.ErrLeaseLost) {
		v.Code = "taken_over"
	}
	if _, ok := errors.AsType[*syncrun.StaleError](err); ok {
		v.Code = "stale"
	}
	if amb, ok := errors.AsType[*syncrun.AmbiguousError](err); ok {
		v.Code, v.Candidates = "ambiguous", amb.Candidates
	}
	if _, ok := errors.AsType[*syncrun.LockedError](err); ok {
		v.Code = "locked"
	}
	if _, ok := errors.AsType[*syncrun.ConflictError](err); ok {
		v.Code = "conflict"
	}
	if _, ok := errors.AsType[*syncrun.ReleaseError](err); ok {
		v.Code = "release"
	}
	if r, ok := errors.AsType[*syncrun.ReadError](err); ok && r.Cert != nil {
		v.Code = r.Cert.Doubts[0].Code
	}
	switch {
	case v.Code != "failed":
	case errors.Is(err, directory.ErrNotFound):
		v.Code = "not_found"
	case errors.Is(err, context.Canceled):
		v.Code = "cancelled"
	}
	return v
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

// missing is an error about something that does not exist.
func missing(format string, a ...any) error { return &coded{"not_found", fmt.Errorf(format, a...)} }

// badInput is an error in what the caller gave.
func badInput(format string, a ...any) error { return &coded{"usage", fmt.Errorf(format, a...)} }
