package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type runsQuery struct {
	paging
	Connection string          `query:"connection" doc:"Id or name."`
	Outcome    syncrun.Outcome `query:"outcome"`
	Trigger    syncrun.Trigger `query:"trigger"`
	Running    bool            `query:"running" doc:"Only those under way."`
	From       string          `query:"from" doc:"Started then or later: RFC 3339."`
	To         string          `query:"to" doc:"Started before: RFC 3339."`
}

func (a *api) listRuns(r *http.Request, in runsQuery) (page[syncrun.RunView], error) {
	q := view.RunQuery{Outcome: in.Outcome, Trigger: in.Trigger, Running: in.Running, After: in.After, Limit: in.Limit}
	var err error
	if q.From, q.To, err = between(in.From, in.To); err == nil && in.Connection != "" {
		q.Connection, err = a.connectionID(r, in.Connection)
	}
	if err != nil {
		return page[syncrun.RunView]{}, err
	}
	rows, err := a.Views.Runs(r.Context(), q)
	return pageOf(rows, func(run *syncrun.Run) syncrun.RunView { return syncrun.ViewRun(*run) }), err
}

// connectionID finds a connection by id or name.
func (a *api) connectionID(r *http.Request, text string) (string, error) {
	list, err := a.Connections.List(r.Context())
	if err != nil {
		return "", err
	}
	for _, c := range list {
		if c.ID == text || directory.NameKey(c.Name) == directory.NameKey(text) {
			return c.ID, nil
		}
	}
	return "", &requestError{Code: "not_found", Text: fmt.Sprintf("there is no connection %q; GET %s/connections lists them", text, base)}
}

func (a *api) getRun(r *http.Request, in one) (runDetailView, error) {
	run, err := a.Views.Run(r.Context(), in.ID)
	if err != nil {
		return runDetailView{}, err
	}
	return a.viewRun(r, &run)
}

// listRunChanges shows what a run applied; nothing of it waits any more.
func (a *api) listRunChanges(r *http.Request, in changesQuery) (page[planjson.Change], error) {
	run, err := a.Views.Run(r.Context(), in.ID)
	if err != nil {
		return page[planjson.Change]{}, err
	}
	q, err := in.rows()
	if err != nil {
		return page[planjson.Change]{}, err
	}
	rows, err := a.Views.RunRows(r.Context(), in.ID, q)
	return pageOf(rows, func(it *syncrun.StoredItem) planjson.Change {
		return planjson.OfChange(it.Change, &plan.Header{MadeAt: run.StartedAt})
	}), err
}

// undoKind is a part of a run that can be undone alone.
type undoKind string

type undoRequest struct {
	Kind   undoKind `json:"kind" doc:"Only changes of this kind."`
	Person string   `json:"person" doc:"Only what the run did to this person: e-mail address, id:PERSON, employee:ID, number:NUMBER or an exact name."`
	Apply  bool     `json:"apply" doc:"Apply the undo plan at once; else nothing is written, and POST /plans/{id}/apply does it."`
}

// undoView is the plan that takes a run back, with its three lists and, once applied, its run.
type undoView struct {
	PlanID     string           `json:"plan_id"`
	Reverted   []undoLineView   `json:"reverted" doc:"Will be, or was, reverted."`
	Kept       []undoLineView   `json:"kept" doc:"Changed since the run, and kept."`
	Impossible []undoLineView   `json:"impossible" doc:"Cannot be reverted."`
	Plan       planDocumentJSON `json:"plan"`
	Run        *doneView        `json:"run" doc:"null: not applied."`
}

type undoLineView struct {
	PersonID *string `json:"person_id" doc:"null for departments and teams."`
	Name     string  `json:"name"`
	What     string  `json:"what"`
	Why      *string `json:"why"`
}

// planDocumentJSON is a plan as its encoder wrote it.
type planDocumentJSON struct{ json.RawMessage }

func (planDocumentJSON) Form() reflect.Type { return reflect.TypeFor[planView]() }

func undoLines(entries []plan.UndoEntry) []undoLineView {
	out := make([]undoLineView, len(entries))
	for i, e := range entries {
		out[i] = undoLineView{syncrun.Optional(e.PersonID), e.Name, e.What, syncrun.Optional(e.Why)}
	}
	return out
}

func (a *api) undoRun(r *http.Request, in struct {
	one
	Body undoRequest
}) (later[undoView], error) {
	var none later[undoView]
	run, err := a.Views.Run(r.Context(), in.ID)
	if err != nil {
		return none, err
	}
	req := connection.UndoRequest{RunID: in.ID, Kind: string(in.Body.Kind)}
	if in.Body.Person != "" {
		e, err := a.Connections.Editor(r.Context(), actor(r), run.Connection)
		if err != nil {
			return none, err
		}
		p, err := e.FindPerson(r.Context(), in.Body.Person)
		if err != nil {
			return none, err
		}
		req.Person = "id:" + p.ID
	}
	u, err := a.Connections.PlanUndo(r.Context(), actor(r), run.Connection, req)
	if err != nil {
		return none, err
	}
	v := undoView{PlanID: u.Plan.ID, Reverted: undoLines(u.Result.Reverted), Kept: undoLines(u.Result.Kept), Impossible: undoLines(u.Result.Impossible)}
	var text bytes.Buffer
	enc := planjson.NewEncoder(&text, u.Plan.ID, run.Name, &u.Plan.Header)
	for i := range u.Result.Plan.Items {
		enc.Item(&u.Result.Plan.Items[i])
	}
	if err := enc.Close(); err != nil {
		return none, err
	}
	v.Plan = planDocumentJSON{text.Bytes()}
	if !in.Body.Apply {
		return later[undoView]{value: v}, nil
	}
	j, err := a.Connections.Apply(r.Context(), actor(r), run.Connection, connection.ApplyRequest{PlanID: u.Plan.ID})
	if err != nil {
		return none, err
	}
	return wait(a, r, j, func(j connection.Job) (undoView, error) {
		done, err := a.viewDone(r)(j)
		v.Run = &done
		return v, err
	})
}
