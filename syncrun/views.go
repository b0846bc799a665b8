package syncrun

import (
	"time"

	"github.com/rollcall-hr/rollcall/plan"
)

// RunView is a run as the surface shows it.
type RunView struct {
	ID          string      `json:"id"`
	Connection  string      `json:"connection"`
	Trigger     Trigger     `json:"trigger"`
	Actor       string      `json:"actor"`
	Outcome     *Outcome    `json:"outcome"` // null while it runs
	PlanID      *string     `json:"plan_id"`
	UndoOf      *string     `json:"undo_of"`
	StartedAt   string      `json:"started_at"`
	FinishedAt  *string     `json:"finished_at"`
	Counts      plan.Counts `json:"counts"`
	Requests    int         `json:"requests"`
	RowsWritten int         `json:"rows_written"`
	Errors      []RunError  `json:"errors"`
}

// Optional is nil for blank text, which JSON writes as null.
func Optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Timestamp writes an instant as RFC 3339 in UTC; nil for the zero instant.
func Timestamp(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := t.UTC().Format(time.RFC3339)
	return &s
}

func orEmpty(s *string) *string {
	if s == nil {
		return new(string)
	}
	return s
}

// ViewRun shows a run.
func ViewRun(r Run) RunView {
	v := RunView{ID: r.ID, Connection: r.Name, Trigger: r.Trigger, Actor: r.Actor, PlanID: Optional(r.PlanID), UndoOf: Optional(r.UndoOf),
		StartedAt: *orEmpty(Timestamp(r.StartedAt)), FinishedAt: Timestamp(r.FinishedAt), Counts: r.Counts, Requests: r.Requests,
		RowsWritten: r.RowsWritten, Errors: append([]RunError{}, r.Errors...)}
	if r.Outcome != "" {
		v.Outcome = &r.Outcome
	}
	return v
}
