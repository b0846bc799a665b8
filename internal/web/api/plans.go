package api

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// planView tells the form of the document that planjson.Encoder writes; a test holds them equal.
type planView struct {
	planjson.Head
	Changes  []planjson.Change `json:"changes"`
	Held     []planjson.Held   `json:"held"`
	Requests int               `json:"requests"`
}

// planDocument writes a stored plan row by row, however long it is.
type planDocument struct {
	info  syncrun.PlanInfo
	name  string // of the connection
	store people.Store
}

func (planDocument) Form() reflect.Type { return reflect.TypeFor[planView]() }

// answer breaks the connection when rows cannot be read once the answer has begun: half a plan must not pass for
// a whole one.
func (d planDocument) Answer(w http.ResponseWriter, r *http.Request, status int) error {
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusCreated {
		w.Header().Set("Location", base+"/plans/"+d.info.ID)
	}
	w.WriteHeader(status)
	out := bufio.NewWriterSize(w, 64<<10)
	enc := planjson.NewEncoder(out, d.info.ID, d.name, &d.info.Header)
	for it, err := range d.store.Items(r.Context(), d.info.ID, 0, false) {
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		enc.Item(&it.Item)
	}
	if errors.Join(enc.Close(), out.Flush()) != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// plan finds a plan of any connection; named gives it the connection's name, which the whole document shows.
func (a *api) plan(r *http.Request, id string) (planDocument, error) {
	e, err := a.editor(r)
	if err != nil {
		return planDocument{}, err
	}
	info, err := e.Store.Plan(r.Context(), "", id)
	return planDocument{info: info, name: info.Connection, store: e.Store}, err
}

func (a *api) named(r *http.Request, d planDocument) (planDocument, error) {
	of, err := a.Connections.Editor(r.Context(), actor(r), d.info.Connection)
	switch {
	case errors.Is(err, directory.ErrNotFound): // deleted since; its history stays
		return d, nil
	case err != nil:
		return d, err
	}
	d.name = of.Policy.Name
	return d, nil
}

func (a *api) getPlan(r *http.Request, in one) (planDocument, error) {
	d, err := a.plan(r, in.ID)
	if err != nil {
		return d, err
	}
	return a.named(r, d)
}

type previewRequest struct {
	Settings json.RawMessage `json:"settings" doc:"Settings that are not saved, as PATCH of the connection takes them; for the roles that may save them."`
	AsOf     string          `json:"as_of" doc:"YYYY-MM-DD: plan for the end of that future day."`
	Unfrozen bool            `json:"without_freezes" doc:"Plan as if every freeze ended now."`
	Person   string          `json:"person" doc:"Plan only this employee: an e-mail address, employee:ID, id:PERSON, number:NUMBER or an exact name."`
}

// preview lets nobody read BambooHR fields by settings that they could not save.
func (a *api) preview(r *http.Request, in struct {
	one
	Body previewRequest
}) (later[planDocument], error) {
	var none later[planDocument]
	b := in.Body
	if string(b.Settings) == "null" {
		b.Settings = nil
	}
	if b.Settings != nil && !viewer(r).May(account.Configure) {
		return none, account.ErrForbidden
	}
	j, err := a.Connections.Preview(r.Context(), actor(r), in.ID, connection.PreviewRequest{Settings: b.Settings, AsOf: b.AsOf, Person: b.Person, WithoutFreezes: b.Unfrozen})
	if err != nil {
		return none, err
	}
	return wait(a, r, j, func(j connection.Job) (planDocument, error) { return a.getPlan(r, one{ID: j.PlanID}) })
}

// waitingFilter picks changes by whether they wait.
type waitingFilter string

type changesQuery struct {
	one
	paging
	Action  []plan.Action   `query:"action" doc:"One of these."`
	Waiting waitingFilter   `query:"waiting" doc:"any: waits for an approval or a release; none: is applied by itself."`
	Kind    []plan.Kind     `query:"kind" doc:"Waits when one of these guarded kinds does."`
	Reason  plan.Reason     `query:"reason"`
	Field   directory.Field `query:"field" doc:"Changes this field."`
	Q       string          `query:"q" doc:"Part of a name or address, or BambooHR's id."`
}

func (q *changesQuery) rows() (view.PlanQuery, error) {
	return view.PlanQuery{Part: view.PartChanges, Actions: q.Action, Kinds: q.Kind, Waiting: string(q.Waiting), Reason: q.Reason, Field: q.Field,
		Q: q.Q, After: q.After, Limit: q.Limit}, knownField(q.Field)
}

// knownField refuses to look for a field that nothing has.
func knownField(f directory.Field) error {
	if _, ok := policy.FindTarget(string(f)); ok || f == "" || f == "status" || f == "role" {
		return nil
	}
	return rest.BadQuery("field is %q; it is a key of the person JSON, budgets.NAME or custom.NAME", f)
}

func (a *api) listChanges(r *http.Request, in changesQuery) (page[planjson.Change], error) {
	q, err := in.rows()
	if err != nil {
		return page[planjson.Change]{}, err
	}
	d, err := a.plan(r, in.ID)
	if err != nil {
		return page[planjson.Change]{}, err
	}
	rows, err := a.Views.PlanRows(r.Context(), in.ID, q)
	return pageOf(rows, func(it *syncrun.StoredItem) planjson.Change { return planjson.OfChange(it.Change, &d.info.Header) }), err
}

type heldQuery struct {
	one
	paging
	Reason plan.Reason     `query:"reason"`
	Field  directory.Field `query:"field" doc:"Is about this field."`
	Freeze string          `query:"freeze" doc:"Is held back by this freeze."`
	Q      string          `query:"q" doc:"Part of a name or address, or BambooHR's id."`
}

func (a *api) listHeld(r *http.Request, in heldQuery) (page[planjson.Held], error) {
	if err := knownField(in.Field); err != nil {
		return page[planjson.Held]{}, err
	}
	rows, err := a.Views.PlanRows(r.Context(), in.ID, view.PlanQuery{Part: view.PartHeld, Reason: in.Reason, Field: in.Field, Freeze: in.Freeze, Q: in.Q,
		After: in.After, Limit: in.Limit})
	return pageOf(rows, func(it *syncrun.StoredItem) planjson.Held { return planjson.OfHeld(it.Held) }), err
}

type applyRequest struct {
	Approve []plan.Kind       `json:"approve" doc:"Kinds that wait for an approval and go ahead."`
	Release map[plan.Kind]int `json:"release" doc:"Refused kinds that go ahead, each with the count that the plan has; an administrator who neither asked for the plan nor changed the settings in the last 24 hours has to do it, where there are two."`
	People  []string          `json:"people" doc:"Ids of people: only their changes, and what these depend on."`
	Invite  *bool             `json:"invite" doc:"Whether the new people are invited by mail; by default as the connection's settings say, which is nobody when a person asks."`
}

func (a *api) applyPlan(r *http.Request, in struct {
	one
	Body applyRequest
}) (later[doneView], error) {
	b := in.Body
	d, err := a.plan(r, in.ID)
	if err != nil {
		return later[doneView]{}, err
	}
	decides := len(b.Approve) > 0 || len(b.Release) > 0 || d.info.UndoOf != ""
	if decides && !viewer(r).May(account.Configure) {
		return later[doneView]{}, account.ErrForbidden
	}
	req := connection.ApplyRequest{PlanID: in.ID, Approve: b.Approve, Release: b.Release, Invite: b.Invite}
	if len(b.People) > 0 {
		if req.Only, err = rowsOf(r.Context(), d, b.People, nil); err != nil {
			return later[doneView]{}, err
		}
	}
	return a.apply(r, d, req)
}

type approveRequest struct {
	Kinds  []plan.Kind `json:"kinds" doc:"Defaults to every kind that waits for an approval."`
	People []string    `json:"people" doc:"Ids of people; defaults to everybody."`
}

// approvePlan applies exactly what was approved: the changes that wait for an approval of these kinds and people.
func (a *api) approvePlan(r *http.Request, in struct {
	one
	Body approveRequest
}) (later[doneView], error) {
	d, err := a.plan(r, in.ID)
	if err != nil {
		return later[doneView]{}, err
	}
	kinds := in.Body.Kinds
	if len(kinds) == 0 {
		for _, reason := range d.info.Header.Reasons {
			if reason.Waiting == plan.WaitingApproval {
				kinds = append(kinds, reason.Kind)
			}
		}
	}
	approved := plan.KindSet(0)
	for _, k := range kinds {
		approved = approved.With(k)
	}
	only, err := rowsOf(r.Context(), d, in.Body.People, func(c *plan.Change) bool {
		return c.Kinds&approved != 0 && d.info.Header.Waiting(c.Kinds) != plan.NotWaiting
	})
	if err != nil {
		return later[doneView]{}, err
	}
	if len(only) == 0 {
		return later[doneView]{}, &connection.SetupError{Missing: "nothing of this plan waits for this approval"}
	}
	return a.apply(r, d, connection.ApplyRequest{PlanID: in.ID, Approve: kinds, Only: only})
}

func (a *api) apply(r *http.Request, d planDocument, req connection.ApplyRequest) (later[doneView], error) {
	if d.info.Header.AsOf != nil {
		return later[doneView]{}, &connection.SetupError{Missing: "this plan shows a future day and can never be applied; make one without as_of"}
	}
	if d.info.Header.WithoutFreezes {
		return later[doneView]{}, &connection.SetupError{Missing: "this plan shows what waits for the end of a freeze and can never be applied; make one without without_freezes"}
	}
	j, err := a.Connections.Apply(r.Context(), actor(r), d.info.Connection, req)
	if err != nil {
		return later[doneView]{}, err
	}
	return wait(a, r, j, a.viewDone(r))
}

// rowsOf returns the positions of a plan's changes that concern these people, nil for everybody, and that pick
// takes. Somebody whom the plan does not change is an error: whoever names them expects that something happens.
func rowsOf(ctx context.Context, d planDocument, people []string, pick func(*plan.Change) bool) ([]int64, error) {
	missing := make(map[string]bool, len(people))
	for _, id := range people {
		missing[id] = true
	}
	var out []int64
	for it, err := range d.store.Items(ctx, d.info.ID, 0, false) {
		if err != nil {
			return nil, err
		}
		c := it.Change
		if c == nil || it.RunID != "" || pick != nil && !pick(c) {
			continue
		}
		if _, asked := missing[c.PersonID]; !asked && len(people) > 0 {
			continue
		}
		out = append(out, it.Seq)
		if len(people) > 0 {
			missing[c.PersonID] = false
		}
	}
	for _, id := range people {
		if missing[id] {
			return nil, &gate.InputError{Field: "people", Text: "nothing of this plan can be applied for " + id}
		}
	}
	return out, nil
}
