package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type holdsQuery struct {
	paging
	Person string `query:"person" doc:"A person's id."`
}

// listHolds shows the holds in force, by id.
func (a *api) listHolds(r *http.Request, in holdsQuery) (page[people.HoldView], error) {
	var out page[people.HoldView]
	e, err := a.editor(r)
	if err != nil {
		return out, err
	}
	list, err := e.Holds(r.Context())
	if err == nil && in.After != "" && !strings.HasPrefix(in.After, "hold_") {
		err = &view.CursorError{Cursor: in.After}
	}
	if err != nil {
		return out, err
	}
	list = slices.DeleteFunc(list, func(h directory.Hold) bool {
		return in.Person != "" && h.PersonID != in.Person || h.ID <= in.After
	})
	slices.SortFunc(list, func(a, b directory.Hold) int { return strings.Compare(a.ID, b.ID) })
	if len(list) > in.Limit {
		list = list[:in.Limit]
		out.Next = &list[in.Limit-1].ID
	}
	out.Items, err = viewHolds(r, e, list)
	return out, err
}

// viewHolds shows holds with the names of whom they are on.
func viewHolds(r *http.Request, e *people.Editor, list []directory.Hold) ([]people.HoldView, error) {
	ids := make([]string, len(list))
	for i, h := range list {
		ids[i] = h.PersonID
	}
	found, err := e.Store.PersonsByID(r.Context(), ids)
	if err != nil {
		return nil, fmt.Errorf("read who is on hold: %w", err)
	}
	names := map[string]string{}
	for i := range found {
		names[found[i].ID] = nameAndMail(&found[i])
	}
	out := make([]people.HoldView, len(list))
	for i, h := range list {
		out[i] = people.ViewHold(h)
		out[i].Person = names[h.PersonID]
	}
	return out, nil
}

// nameAndMail shows somebody as the command line does.
func nameAndMail(p *directory.Person) string {
	name := p.Values.Get(directory.DisplayName)
	if name == "" {
		name = strings.TrimSpace(p.Values.Get(directory.FirstName) + " " + p.Values.Get(directory.LastName))
	}
	return strings.TrimSpace(fmt.Sprintf("%s <%s>", name, p.Values.Get(directory.Email)))
}

type holdRequest struct {
	PersonID string          `json:"person_id"`
	Who      string          `json:"who" doc:"Instead of person_id: e-mail address, employee:ID, number:NUMBER or an exact name."`
	Field    directory.Field `json:"field" doc:"Hold this field only; without it, the whole person."`
	Until    string          `json:"until" doc:"RFC 3339, or a date: the end of that day in the connection's zone. Without it, until it is removed."`
	Agrees   bool            `json:"until_hr_agrees" doc:"Instead of until: hold until BambooHR says what is here now."`
	Reason   string          `json:"reason" required:"true" doc:"Why, for whoever finds it later."`
}

func (a *api) createHold(r *http.Request, in struct{ Body holdRequest }) (people.HoldView, error) {
	var none people.HoldView
	b := in.Body
	if (b.PersonID == "") == (b.Who == "") {
		return none, &gate.InputError{Field: "person_id", Text: "give person_id or who"}
	}
	if b.PersonID == "" {
		e, err := a.editor(r)
		if err != nil {
			return none, err
		}
		p, err := e.FindPerson(r.Context(), b.Who)
		if err != nil {
			return none, err
		}
		b.PersonID = p.ID
	}
	_, e, err := a.person(r, b.PersonID)
	if err != nil {
		return none, err
	}
	until, err := moment("until", b.Until, e.Policy.Zones().Connection())
	if err != nil {
		return none, err
	}
	var h directory.Hold
	switch who := "id:" + b.PersonID; {
	case b.Agrees && b.Until != "":
		err = &gate.InputError{Field: "until_hr_agrees", Text: "give until or until_hr_agrees, not both"}
	case b.Agrees:
		h, err = e.AddHoldUntilHR(r.Context(), who, b.Field, b.Reason)
	default:
		h, err = e.AddHold(r.Context(), who, b.Field, until, b.Reason)
	}
	if err != nil {
		return none, err
	}
	shown, err := viewHolds(r, e, []directory.Hold{h})
	if err != nil {
		return none, err
	}
	return shown[0], nil
}

func (a *api) deleteHold(r *http.Request, in one) (nothing, error) {
	e, err := a.editor(r)
	if err == nil {
		err = e.RemoveHold(r.Context(), in.ID)
	}
	return nothing{}, err
}

type decisionRequest struct {
	Connection string                 `json:"connection" required:"true" doc:"Id or name."`
	SourceID   string                 `json:"source_id" required:"true" doc:"BambooHR's internal id of the employee."`
	Kind       directory.DecisionKind `json:"kind" required:"true" doc:"link to a person, make a new one, or ignore the employee."`
	PersonID   string                 `json:"person_id" doc:"With link."`
}

// decisionView is how a held match was settled.
type decisionView struct {
	Connection string                 `json:"connection"`
	SourceID   string                 `json:"source_id"`
	Kind       directory.DecisionKind `json:"kind"`
	PersonID   *string                `json:"person_id"`
}

func (a *api) decide(r *http.Request, in struct{ Body decisionRequest }) (decisionView, error) {
	b := in.Body
	if (b.Kind == directory.DecideLink) != (b.PersonID != "") {
		return decisionView{}, &gate.InputError{Field: "person_id", Text: "goes with the kind link, and only with that"}
	}
	id, err := a.connectionID(r, b.Connection)
	if err != nil {
		return decisionView{}, err
	}
	e, err := a.Connections.Editor(r.Context(), actor(r), id)
	if err != nil {
		return decisionView{}, err
	}
	if b.PersonID != "" { // who links an account to an employee decides what its address becomes
		p, _, err := a.person(r, b.PersonID)
		if err == nil && !viewer(r).MayReach(p.ID, p.Role) {
			err = account.ErrForbidden
		}
		if err != nil {
			return decisionView{}, err
		}
	}
	d, err := e.Decide(r.Context(), "employee:"+b.SourceID, b.Kind, "id:"+b.PersonID)
	if err != nil {
		return decisionView{}, err
	}
	return decisionView{e.Policy.Name, fmt.Sprint(d.SourceID), d.Kind, syncrun.Optional(d.PersonID)}, nil
}
