// Package connection keeps an organisation's BambooHR connections running for the screens and the API:
// settings with versions, sealed keys, states, checks, live examples, and previews, applies and undos in
// the background. What a run does is left to syncrun, when it starts by itself to internal/jobs, who may
// ask for it to internal/account.
package connection

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection/live"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// State is where a connection stands (product, "A connection's states").
type State string

// The states.
const (
	Draft            State = "draft"
	Checked          State = "checked"
	AwaitingApproval State = "awaiting_approval"
	Enabled          State = "enabled"
	Paused           State = "paused"
	Failing          State = "error"
)

// Origin tells where a connection's settings are changed.
type Origin string

// The origins: cli and file connections are read-only on screen, because a file elsewhere says what they are.
const (
	FromWeb  Origin = "web"
	FromFile Origin = "file"
	FromCLI  Origin = "cli"
)

// Summary is a connection in a list.
type Summary struct {
	ID        string
	Name      string
	State     State
	Origin    Origin
	Preset    string
	Subdomain string
	TimeZone  string
	Key       *KeyHint // nil: no key yet
	Schedule  string   // in words, e.g. "daily at 03:00"
	Automatic bool     // runs start by themselves
	Silent    bool     // automatic runs are switched on, and begin once an address for notices agrees
	NextRun   time.Time
	LastRun   *syncrun.Run
	Failures  int // readings in a row that failed
	Pause     *Pause
	Absent    bool // the operator's file no longer has it: it can be deleted, or set up here under the same name
	// Recipients are the addresses of notices; Heard tells that one of them has agreed, or that the operator
	// answers for them. Nothing runs by itself without (contradiction C24).
	Recipients []Recipient
	Heard      bool
	Problem    string // one sentence when State is error, or set-up is not complete; else ""
}

// KeyHint is all that is shown of a key once it is stored (promise BW16, contradiction C16).
type KeyHint struct {
	Last4       string
	Fingerprint string // short hash, to compare keys without seeing them
	SetAt       time.Time
	SetBy       string
}

// Pause says who stopped automatic runs, why and until when.
type Pause struct {
	By     string
	Reason string
	At     time.Time
	Until  time.Time // zero: until somebody resumes
}

// Detail is one connection with its settings in force.
type Detail struct {
	Summary
	Version   Version
	Settings  policy.Connection
	Check     *Check    // last check; nil: never checked
	Previewed time.Time // first preview of the settings in force; zero: none
	Busy      *Job      // what runs right now; nil: nothing
}

// Version is one stored state of the settings.
type Version struct {
	Number   int64
	At       time.Time
	Actor    string
	Note     string // what changed, one line a change
	Revision string
	YAML     string // as policy.Export writes it
	Approved *Approval
	// Unasked tells, only where settings were just saved, why BambooHR could not be asked whether it has the
	// fields that are new in them; "" when it has.
	Unasked string
}

// Approval says who let a settings version run by itself.
type Approval struct {
	By string
	At time.Time
}

// Check is the result of the last test of the connection.
type Check struct {
	At     time.Time
	Report source.Report
	Error  string // what to do, when not even a reading was possible; Report is empty then
}

// Passed reports a check after which runs are possible.
func (c *Check) Passed() bool { return c.Error == "" && c.Report.OK }

// SettingsError is everything that is wrong with settings that were handed in; nothing was saved.
type SettingsError struct{ Faults []policy.Fault }

func (e *SettingsError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// VersionError says that somebody else saved settings meanwhile.
type VersionError struct{ Have, Now int64 }

func (e *VersionError) Error() string {
	return fmt.Sprintf("the settings were changed meanwhile: you began with version %d, now it is version %d; look at the new ones and save again", e.Have, e.Now)
}

// ReadOnlyError says that a connection's settings live in the operator's file, or with the command line.
type ReadOnlyError struct {
	Name   string
	Origin Origin
	Absent bool // the operator's file no longer has it
}

func (e *ReadOnlyError) Error() string {
	if e.Origin == FromCLI {
		return fmt.Sprintf("%s runs from the command line and its settings are not stored here; set it up here under the same name to take it over", e.Name)
	}
	if e.Absent {
		return fmt.Sprintf("the operator's configuration file no longer has %s; set it up here under the same name to take it over, or delete it", e.Name)
	}
	return fmt.Sprintf("the settings of %s come from the operator's configuration file; change them there", e.Name)
}

// SetupError says what is missing before something can be done.
type SetupError struct{ Missing string }

func (e *SetupError) Error() string { return e.Missing }

// KeyError says that the operator's API key of a connection of the file cannot be read now; work that starts by
// itself is tried again.
type KeyError struct{ Err error }

func (e *KeyError) Error() string { return e.Err.Error() }
func (e *KeyError) Unwrap() error { return e.Err }

// SecondPersonError says that a refused change needs another administrator than the one who asked for it, or
// who changed the settings it follows from (product, "Plan": guard; security §1.5).
type SecondPersonError struct{ PlanID, Why string }

func (e *SecondPersonError) Error() string {
	return fmt.Sprintf("what the guard refused of plan %s was not released: %s", e.PlanID, e.Why)
}

// ErrCancelled is why work ended that somebody stopped.
var ErrCancelled = fmt.Errorf("stopped between two batches; what was applied before stays, and the rest can still be applied: %w", context.Canceled)

// JobKind is what runs in the background.
type JobKind string

// The kinds of jobs.
const (
	JobPreview JobKind = "preview"
	JobApply   JobKind = "apply"
	JobSync    JobKind = "sync"
	JobUndo    JobKind = "undo"
)

// Job is work on a connection, under way or just done. One runs per connection at a time; it goes on
// when the browser leaves.
type Job struct {
	ID         string // the id of its (first) run
	Connection string
	Kind       JobKind
	Actor      string
	StartedAt  time.Time
	Progress   syncrun.Progress
	Done       bool
	PlanID     string            // of the plan that was made or applied, once known
	Run        *syncrun.Run      // once done
	Plan       *syncrun.PlanInfo // once done, with JobPreview and JobSync
	Waiting    int               // changes that still wait after an apply
	Err        error             // why it failed; *syncrun.ReadError, *syncrun.StaleError, …
}

// PreviewRequest narrows a preview.
type PreviewRequest struct {
	Settings []byte // unsaved settings to plan with, as a patch (policy.Patch); nil: those in force
	AsOf     string // YYYY-MM-DD: plan for the end of that day; "" for now
	Person   string // WHO: plan only that person; "" for everybody
	// WithoutFreezes plans as if no freeze were in force: what waits for its end.
	WithoutFreezes bool
}

// ApplyRequest says which parts of a plan go ahead.
type ApplyRequest struct {
	PlanID  string
	Approve []plan.Kind
	Release map[plan.Kind]int
	Only    []int64 // positions in the plan; empty: all that does not wait
	Invite  *bool   // whether its new people are invited by mail; nil: as the settings say
}

// UndoRequest says what of a run goes back.
type UndoRequest struct {
	RunID  string
	Kind   string // an action or a guarded kind; "" for all
	Person string // WHO; "" for everybody
}

// What the screens show of real employees.
type (
	// Example is what one mapping row gives for one real employee.
	Example = live.Example
	// Part is one BambooHR value of an example.
	Part = live.Part
	// FieldChoice is a BambooHR field that a mapping may name.
	FieldChoice = live.FieldChoice
	// RuleCount tells how many employees one scope or lifecycle rule concerns right now.
	RuleCount = live.RuleCount
	// ScopeView is what the rules of (unsaved) settings do to the employees read last.
	ScopeView = live.ScopeView
)
