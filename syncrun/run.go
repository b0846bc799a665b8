package syncrun

import (
	"time"

	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/plan"
)

// Trigger says what started a run.
type Trigger string

// The triggers.
const (
	TriggerManual   Trigger = "manual"
	TriggerSchedule Trigger = "schedule"
	TriggerWebhook  Trigger = "webhook"
	TriggerPerson   Trigger = "person"
	TriggerUndo     Trigger = "undo"
	TriggerHuman    Trigger = "human" // an edit by a person, kept in the same history
)

// Automatic reports a trigger without a human at the button; what such runs applied counts in the
// guard's window.
func (t Trigger) Automatic() bool { return t == TriggerSchedule || t == TriggerWebhook }

// Outcome is how a run ended; "" while it runs.
type Outcome string

// The outcomes; every run is kept, whatever its outcome (promise SI18, contradiction C22).
const (
	OutcomePreview     Outcome = "preview"
	OutcomeNoOp        Outcome = "no_op"
	OutcomeApplied     Outcome = "applied"
	OutcomePartial     Outcome = "partial"
	OutcomeFailed      Outcome = "failed"
	OutcomeRefused     Outcome = "refused"
	OutcomeUndone      Outcome = "undone" // applied, and undone by a later run
	OutcomeInterrupted Outcome = "interrupted"
)

// RunError is one thing that went wrong in a run, in an operator's words.
type RunError struct {
	Code      string `json:"code"`                // e.g. unauthorized, not_json, stale
	Message   string `json:"message"`             // what was tried, for whom, what to do next
	RequestID string `json:"request_id"`          // BambooHR's x-request-id, "" when none
	SourceID  string `json:"source_id,omitempty"` // the employee it concerns
}

// Run is one execution, from reading to history.
type Run struct {
	ID          string
	Connection  string // connection id
	Name        string // connection name
	Trigger     Trigger
	Actor       string // who asked: "cli:root", "schedule", a person's id
	Outcome     Outcome
	PlanID      string
	UndoOf      string // run id, for undo runs
	StartedAt   time.Time
	FinishedAt  time.Time         // zero while running
	Counts      plan.Counts       // what was applied (of a preview: what was planned)
	KindCounts  map[plan.Kind]int // applied changes by guarded kind, for the guard's window
	Released    bool              // a human released or approved what was applied
	Revision    string            // settings revision
	Requests    int
	RowsWritten int
	Errors      []RunError
}

// CountKinds counts more changes in.
func (r *Run) CountKinds(kinds map[plan.Kind]int) {
	if r.KindCounts == nil && len(kinds) > 0 {
		r.KindCounts = map[plan.Kind]int{}
	}
	for k, n := range kinds {
		r.KindCounts[k] += n
	}
}

// Connection is what is kept of a connection between runs.
type Connection struct {
	ID       string
	Name     string
	State    string       // draft, checked, awaiting_approval, enabled, paused, error
	Baseline *hr.Baseline // last good reading; nil before the first
	Failures int          // runs in a row whose reading failed
}

// PlanInfo is a stored plan without its rows.
type PlanInfo struct {
	ID         string
	Connection string
	Person     string // --person, "" for everybody
	Header     plan.Header
	CreatedAt  time.Time
	Seq        int64       // grows with every stored plan of the connection
	AppliedBy  string      // last run that applied a part of it
	Baseline   hr.Baseline // of the reading it was made from; kept when it is applied
	UndoOf     string      // run id, for undo plans
}

// StoredItem is a row of a stored plan.
type StoredItem struct {
	Seq   int64  // position in plan order, from 1
	RunID string // the run that applied it, "" when none did
	plan.Item
}

// Newcomer is a row of a stored plan that makes somebody an account, as far as it tells whether and when one may
// invite them.
type Newcomer struct {
	Seq       int64
	RunID     string       // the run that applied it, "" when none did
	Kinds     plan.KindSet // under which it may have to wait
	NoAddress bool
	Closed    bool   // nobody may use the account
	HireDate  string // YYYY-MM-DD where it may lie ahead, else ""
	Location  string // where that is, with HireDate
}

// ChangeOutline is what decides whether a change of a stored plan may be applied, without its content.
type ChangeOutline struct {
	Seq     int64
	RunID   string       // the run that applied it, "" when none did
	Kinds   plan.KindSet // under which it may have to wait
	Version int64        // of the record it was planned on, 0 when there was none
}
