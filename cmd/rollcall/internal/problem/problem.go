// Package problem is what an error of a command says: its lines for a person, and for a program a stable code and
// the rest as JSON. Printing it, and exit codes, are left to the commands.
package problem

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Coded gives an error a stable code for programs.
func Coded(code string, err error) error { return &coded{code, err} }

type coded struct {
	code string
	err  error
}

func (e *coded) Error() string { return e.err.Error() }
func (e *coded) Unwrap() error { return e.err }
func (e *coded) Code() string  { return e.code }

// View is an error as -o json prints it on stdout.
type View struct {
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	RunID      string      `json:"run_id,omitempty"`     // the failed run; busy: the run under way
	RequestID  string      `json:"request_id,omitempty"` // BambooHR's x-request-id
	Candidates []string    `json:"candidates,omitempty"` // ambiguous: whom a WHO could mean
	Faults     []FaultView `json:"faults,omitempty"`     // config and import: everything that is wrong
}

// Lines gives an error's lines: one, or one for each fault.
func Lines(err error) []string {
	if f, ok := errors.AsType[*Faults](err); ok {
		return f.lines()
	}
	return []string{OneLine(err)}
}

// OneLine joins what errors.Join separated, without repeating itself.
func OneLine(err error) string {
	var parts []string
	for _, p := range strings.Split(err.Error(), "\n") {
		if p = strings.TrimSpace(p); p != "" && !strings.Contains(strings.Join(parts, "; "), p) {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "; ")
}

// ViewOf shows an error to programs.
func ViewOf(err error) View {
	v := View{Code: "failed", Message: OneLine(err)}
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
	if f, ok := errors.AsType[*Faults](err); ok {
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
	if amb, ok := errors.AsType[*people.AmbiguousError](err); ok {
		v.Code, v.Candidates = "ambiguous", amb.Candidates
	}
	if _, ok := errors.AsType[*people.LockedError](err); ok {
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

// Missing is an error about something that does not exist.
func Missing(format string, a ...any) error { return &coded{"not_found", fmt.Errorf(format, a...)} }

// Usage is an error in what the caller gave.
func Usage(format string, a ...any) error { return &coded{"usage", fmt.Errorf(format, a...)} }

// OfRun adds the run to its error, so that a program finds it in history.
func OfRun(run syncrun.Run, err error) error {
	if run.ID == "" {
		return err
	}
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("%w; \"rollcall runs %s\" shows what was done until then", err, run.ID)
	}
	return &runFailure{run.ID, err}
}

type runFailure struct {
	id  string
	err error
}

func (e *runFailure) Error() string { return e.err.Error() }
func (e *runFailure) Unwrap() error { return e.err }

// Faults is everything that is wrong with a file, one line each.
type Faults struct {
	Path   string // of the file, "" without one
	What   string // the file is
	List   []policy.Fault
	Origin map[string]string // place → environment variable that supplied it; itself when it is the variable
}

// FaultView is one fault as -o json prints it.
type FaultView struct {
	Place   string `json:"place"`
	Line    *int   `json:"line"`
	Message string `json:"message"`
}

// Code is that of a configuration; an import has another (OfImport).
func (e *Faults) Code() string { return "config" }

func (e *Faults) Error() string { return strings.Join(e.lines(), "\n") }

func (e *Faults) summary() string {
	return fmt.Sprintf("%s in the %s", text.Count(len(e.List), "fault", "faults"), e.What)
}

func (e *Faults) lines() []string {
	out := make([]string, len(e.List))
	for i, f := range e.List {
		var where []string
		switch variable := e.Origin[f.Place]; {
		case variable != "" && f.Line == 0:
			where = append(where, variable)
		case e.Path != "" && f.Line > 0:
			where = append(where, fmt.Sprintf("%s:%d", filepath.Clean(e.Path), f.Line))
		case e.Path != "":
			where = append(where, filepath.Clean(e.Path))
		}
		if f.Place != "" && f.Place != e.Origin[f.Place] {
			where = append(where, f.Place)
		}
		out[i] = strings.Join(append(where, f.Message), ": ")
	}
	return out
}

func (e *Faults) views() []FaultView {
	out := make([]FaultView, len(e.List))
	for i, f := range e.List {
		out[i] = FaultView{Place: f.Place, Message: f.Message}
		if f.Line > 0 {
			out[i].Line = &e.List[i].Line
		}
	}
	return out
}

// OfImport turns the engine's complaint about a file into ours, with the code that the API has for it.
func OfImport(path string, err error) error {
	imp, ok := errors.AsType[*people.ImportError](err)
	if !ok {
		return fmt.Errorf("import %s: %w", path, err)
	}
	f := &Faults{Path: path, What: "file; nothing was imported"}
	for _, x := range imp.Faults {
		f.List = append(f.List, policy.Fault{Place: x.Column, Line: x.Line, Message: x.Text})
	}
	return Coded("import", f)
}
