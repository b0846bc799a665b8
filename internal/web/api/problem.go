package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// problemView is every answer that is no good one (RFC 9457), as application/problem+json.
type problemView struct {
	Type       string      `json:"type"`
	Status     int         `json:"status"`
	Code       string      `json:"code" doc:"What is wrong, for programs; it stays the same."`
	Title      string      `json:"title"`
	Detail     string      `json:"detail" doc:"What is wrong and what to do, for people."`
	Faults     []faultView `json:"faults,omitempty" doc:"What is wrong where: with settings and import everything at once."`
	RunID      *string     `json:"run_id,omitempty" doc:"With busy: the run under way. Else the run that failed, when there is one."`
	Candidates []string    `json:"candidates,omitempty" doc:"With ambiguous: whom it could mean."`
}

// faultView is one thing that is wrong with what was sent.
type faultView struct {
	Place   string `json:"place"`
	Line    int    `json:"line" doc:"From 1; 0 when it has none."`
	Message string `json:"message"`
}

// codes tells the status of each code that a document's route may name.
func codes() map[string]int {
	return map[string]int{
		"bad_json": 400, "bad_query": 400, "unauthorized": 401, "forbidden": 403, "not_found": 404, "nobody": 404, "method_not_allowed": 405,
		"busy": 409, "stale": 409, "conflict": 409, "changed_meanwhile": 409, "read_only": 409, "setup": 409, "release": 409, "locked": 409,
		"ambiguous": 409, "last_owner": 409, "second_person": 409, "cancelled": 409, "too_large": 413, "invalid": 422, "settings": 422, "import": 422,
		"internal": 500, "read": 502,
	}
}

// runError is why a run failed that a request waited for.
type runError struct {
	runID string
	cause error
}

func (e *runError) Error() string { return e.cause.Error() }
func (e *runError) Unwrap() error { return e.cause }

// refuse answers an error with what programs act on. The server's own faults are left to the gate, which logs
// them, and so is who must sign in.
func refuse(w http.ResponseWriter, err error) error {
	if err == nil {
		return nil
	}
	p := classify(err)
	if p.Status >= http.StatusInternalServerError || p.Status == http.StatusUnauthorized {
		return err
	}
	gate.WriteProblemWith(w, p, members(err))
	return nil
}

// classify words what only programs can do wrong, and leaves the rest to the gate.
func classify(err error) gate.Problem {
	if e, ok := errors.AsType[*requestError](err); ok {
		return problem(e.Code, e.Text)
	}
	if e, ok := errors.AsType[*gate.InputError](err); ok {
		return problem("invalid", e.Error())
	}
	if e, ok := errors.AsType[*view.CursorError](err); ok {
		return problem("bad_query", "after: "+e.Error())
	}
	if e, ok := errors.AsType[*connection.SecondPersonError](err); ok {
		return problem("second_person", e.Error())
	}
	if e, ok := errors.AsType[*connection.NameError](err); ok {
		return problem("conflict", e.Error())
	}
	if _, ok := errors.AsType[*runError](err); ok && errors.Is(err, context.Canceled) {
		return problem("cancelled", "somebody stopped this run, or the server did; what was applied before stays, and the rest can be applied later")
	}
	p := gate.Classify(err)
	if p.Code == "not_found" {
		p.Detail = "nothing with this id is known here."
	}
	return p
}

// problem is one with a code of ours. What it says begins as it is: often with the name of a key.
func problem(code, detail string) gate.Problem {
	title := map[string]string{"bad_query": "The query cannot be understood", "bad_json": "The body cannot be understood",
		"invalid": "Something in the request cannot be taken", "not_found": "This does not exist", "conflict": "This name is taken",
		"second_person": "Somebody else has to release this", "cancelled": "Stopped"}[code]
	return gate.Problem{Status: codes()[code], Code: code, Title: title, Detail: strings.TrimSuffix(detail, ".") + "."}
}

// members are what a problem has beside its sentence.
func members(err error) map[string]any {
	out := map[string]any{}
	if e, ok := errors.AsType[*connection.SettingsError](err); ok {
		faults := make([]faultView, len(e.Faults))
		for i, f := range e.Faults {
			faults[i] = faultView(f)
		}
		out["faults"] = faults
	}
	if e, ok := errors.AsType[*people.ImportError](err); ok {
		faults := make([]faultView, len(e.Faults))
		for i, f := range e.Faults {
			faults[i] = faultView{f.Column, f.Line, f.Text}
		}
		out["faults"] = faults
	}
	if e, ok := errors.AsType[*gate.InputError](err); ok {
		out["faults"] = []faultView{{Place: e.Field, Message: e.Text}}
	}
	if e, ok := errors.AsType[*syncrun.InputError](err); ok && e.Field != "" {
		out["faults"] = []faultView{{Place: e.Field, Message: e.Text}}
	}
	if e, ok := errors.AsType[*account.InputError](err); ok {
		out["faults"] = []faultView{{Place: e.Field, Message: e.Text}}
	}
	if e, ok := errors.AsType[*runError](err); ok && e.runID != "" {
		out["run_id"] = e.runID
	}
	if e, ok := errors.AsType[*syncrun.BusyError](err); ok {
		out["run_id"] = e.RunID
	}
	if e, ok := errors.AsType[*people.AmbiguousError](err); ok {
		out["candidates"] = e.Candidates
	}
	return out
}
