package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/explain"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// peopleFilter picks people.
type peopleFilter struct {
	Q          string           `query:"q" doc:"Part of a name, address or employee number, without regard to case and accents."`
	Status     directory.Status `query:"status"`
	Role       directory.Role   `query:"role"`
	Department string           `query:"department"`
	Team       string           `query:"team"`
	Location   string           `query:"location"`
	Connection string           `query:"connection" doc:"From HR through this connection: id or name."`
	Manager    string           `query:"manager" doc:"A person's id: who reports to them."`
	Unlinked   bool             `query:"unlinked" doc:"Only people who are not from HR."`
	OnHold     bool             `query:"on_hold" doc:"Only people with a hold in force."`
	Sort       peopleSort       `query:"sort" default:"name"`
}

type peopleInput struct {
	paging
	peopleFilter
}

// peopleSort is an order of people.
type peopleSort string

func (a *api) peopleQuery(r *http.Request, in *peopleFilter) (q view.PeopleQuery, err error) {
	q = view.PeopleQuery{Q: in.Q, Status: in.Status, Department: in.Department, Team: in.Team, Location: in.Location, Role: in.Role,
		Manager: in.Manager, Unlinked: in.Unlinked, OnHold: in.OnHold, Now: a.Now(), Sort: view.Sort(in.Sort)}
	if in.Connection != "" {
		q.Connection, err = a.connectionID(r, in.Connection)
	}
	return q, err
}

func (a *api) listPeople(r *http.Request, in peopleInput) (page[people.PersonView], error) {
	var none page[people.PersonView]
	q, err := a.peopleQuery(r, &in.peopleFilter)
	if err != nil {
		return none, err
	}
	q.After, q.Limit = in.After, in.Limit
	rows, err := a.Views.People(r.Context(), q)
	if err != nil {
		return none, err
	}
	e, err := a.editor(r)
	if err != nil {
		return none, err
	}
	ids := make([]string, len(rows.Items))
	for i := range rows.Items {
		ids[i] = rows.Items[i].ID
	}
	found, err := e.Store.PersonsByID(r.Context(), ids)
	if err != nil {
		return none, err
	}
	items, err := a.showPeople(r, e, found)
	return page[people.PersonView]{Items: items, Next: syncrun.Optional(rows.Next)}, err
}

// showPeople shows people as the surface does: with managers' addresses, holds, and the authority that the
// settings of their connection give each field.
func (a *api) showPeople(r *http.Request, e *people.Editor, all []directory.Person) ([]people.PersonView, error) {
	var managers []string
	for i := range all {
		if id := all[i].Values.Get(directory.Manager); id != "" {
			managers = append(managers, id)
		}
	}
	slices.Sort(managers)
	found, err := e.Store.PersonsByID(r.Context(), slices.Compact(managers))
	if err != nil {
		return nil, fmt.Errorf("read the managers: %w", err)
	}
	mails := map[string]string{}
	for i := range found {
		mails[found[i].ID] = found[i].Values.Get(directory.Email)
	}
	list, err := e.Holds(r.Context())
	if err != nil {
		return nil, fmt.Errorf("read the holds: %w", err)
	}
	holds := map[string][]directory.Hold{}
	for _, h := range list {
		holds[h.PersonID] = append(holds[h.PersonID], h)
	}
	editors := map[string]*people.Editor{}
	out := make([]people.PersonView, len(all))
	for i := range all {
		p, of, name := &all[i], e, ""
		if p.Link != nil {
			id := p.Link.Connection
			if editors[id] == nil {
				if editors[id], err = a.Connections.Editor(r.Context(), actor(r), id); err != nil {
					return nil, err
				}
			}
			of, name = editors[id], editors[id].Policy.Name
		}
		out[i] = of.View(p, name, func(id string) string { return mails[id] }, holds[p.ID])
	}
	return out, nil
}

// personDetailView is one person, with what a program needs to change them.
type personDetailView struct {
	people.PersonView
	Version  int64    `json:"version" doc:"Grows with every change; give it back with a change of your own."`
	Warnings []string `json:"warnings" doc:"After a change: what the next run will overwrite."`
}

// person finds somebody, and the editor of the connection that owns them.
func (a *api) person(r *http.Request, id string) (directory.Person, *people.Editor, error) {
	e, err := a.editor(r)
	if err != nil {
		return directory.Person{}, nil, err
	}
	p, err := e.Store.Person(r.Context(), id)
	if err != nil {
		return p, nil, err
	}
	e, err = a.Connections.EditorFor(r.Context(), actor(r), p)
	return p, e, err
}

// subordinate is person for whoever wants to change them: nobody changes the account of somebody with a higher
// role, whose address is a way to become them.
func (a *api) subordinate(r *http.Request, id string) (directory.Person, *people.Editor, error) {
	p, e, err := a.person(r, id)
	if err == nil && slices.Index(account.Roles(), p.Role) > slices.Index(account.Roles(), viewer(r).Role) {
		err = account.ErrForbidden
	}
	return p, e, err
}

func (a *api) showPerson(r *http.Request, e *people.Editor, res people.EditResult) (personDetailView, error) {
	views, err := a.showPeople(r, e, []directory.Person{res.Person})
	if err != nil {
		return personDetailView{}, err
	}
	return personDetailView{views[0], res.Person.Version, append([]string{}, res.Warnings...)}, nil
}

func (a *api) getPerson(r *http.Request, in one) (personDetailView, error) {
	p, e, err := a.person(r, in.ID)
	if err != nil {
		return personDetailView{}, err
	}
	return a.showPerson(r, e, people.EditResult{Person: p})
}

func (a *api) createPerson(r *http.Request, in struct{ Body personRequest }) (personDetailView, error) {
	var none personDetailView
	e, err := a.editor(r)
	if err != nil {
		return none, err
	}
	set, err := in.Body.fields(e)
	if err != nil {
		return none, err
	}
	switch {
	case set[directory.Email] == "":
		return none, &gate.InputError{Field: "email", Text: "a person needs an e-mail address"}
	case in.Body.Role != "":
		return none, &gate.InputError{Field: "role", Text: "a new person is a member; change the role afterwards"}
	case in.Body.Version != 0:
		return none, &gate.InputError{Field: "version", Text: "a new person has none"}
	}
	res, err := e.Add(r.Context(), set[directory.Email], set)
	if err != nil {
		return none, err
	}
	return a.showPerson(r, e, res)
}

// importPeople brings an existing user base in (promise SI28): every row, or none.
func (a *api) importPeople(r *http.Request, in struct {
	File io.Reader `type:"text/csv"`
}) (page[people.PersonView], error) {
	var none page[people.PersonView]
	e, err := a.editor(r)
	if err != nil {
		return none, err
	}
	e.MayGive = viewer(r).MayGive // an import is no way up (security §1.5)
	all, err := e.ImportPeople(r.Context(), in.File)
	if err != nil {
		return none, err
	}
	items, err := a.showPeople(r, e, all)
	return whole(items), err
}

func (a *api) patchPerson(r *http.Request, in struct {
	one
	Body personRequest
}) (personDetailView, error) {
	var none personDetailView
	p, e, err := a.subordinate(r, in.ID)
	if err != nil {
		return none, err
	}
	set, err := in.Body.fields(e)
	switch {
	case err != nil:
		return none, err
	case in.Body.Version != 0 && in.Body.Version != p.Version:
		return none, &syncrun.StaleRecordError{Key: directory.PersonKey(p.ID)}
	case in.Body.Role != "" && len(set) > 0:
		return none, &gate.InputError{Field: "role", Text: "a role and fields are two changes; send two requests"}
	case in.Body.Role != "":
		if err := a.Accounts.SetRole(r.Context(), viewer(r), p.ID, in.Body.Role); err != nil {
			return none, err
		}
		return a.getPerson(r, in.one)
	case len(set) == 0:
		return none, &gate.InputError{Field: "body", Text: "name at least one field to change"}
	}
	if _, moved := set[directory.Email]; moved && !viewer(r).MayReach(p.ID, p.Role) {
		return none, account.ErrForbidden // whoever gets the mail gets the account
	}
	e.Store = unchanged{e.Store, p}
	res, err := e.Edit(r.Context(), "id:"+p.ID, set)
	if err != nil {
		return none, err
	}
	return a.showPerson(r, e, res)
}

func (a *api) invitePerson(r *http.Request, in one) (personDetailView, error) {
	return a.move(r, in, (*people.Editor).Invite)
}

func (a *api) reactivatePerson(r *http.Request, in one) (personDetailView, error) {
	return a.move(r, in, (*people.Editor).Reactivate)
}

func (a *api) deactivatePerson(r *http.Request, in one) (personDetailView, error) {
	if _, _, err := a.subordinate(r, in.ID); err != nil {
		return personDetailView{}, err
	}
	if err := a.Accounts.KeepsOwner(r.Context(), in.ID); err != nil {
		return personDetailView{}, err
	}
	return a.move(r, in, (*people.Editor).Deactivate)
}

// move gives somebody another status.
func (a *api) move(r *http.Request, in one, do func(*people.Editor, context.Context, string) (people.EditResult, error)) (personDetailView, error) {
	p, e, err := a.subordinate(r, in.ID)
	if err != nil {
		return personDetailView{}, err
	}
	res, err := do(e, r.Context(), "id:"+p.ID)
	if err != nil {
		return personDetailView{}, err
	}
	return a.showPerson(r, e, res)
}

// entryView is one thing that happened to a person, or was decided and not done.
type entryView struct {
	At      string           `json:"at" doc:"RFC 3339."`
	Actor   string           `json:"actor"`
	RunID   *string          `json:"run_id" doc:"null: a change by hand."`
	Applied bool             `json:"applied" doc:"false: planned or held only."`
	Change  *planjson.Change `json:"change"`
	Held    *planjson.Held   `json:"held"`
	Left    bool             `json:"left" doc:"Left before there ever was an account."`
}

func viewEntry(h *syncrun.HistoryEntry) entryView {
	v := entryView{At: instant(h.At), Actor: h.Actor, Applied: h.Applied, Left: h.Item.Left != nil}
	if h.Run != nil {
		v.RunID = &h.Run.ID
	}
	if c := h.Item.Change; c != nil {
		change := planjson.OfChange(c, &plan.Header{MadeAt: h.At})
		v.Change = &change
	}
	if h.Item.Held != nil {
		held := planjson.OfHeld(h.Item.Held)
		v.Held = &held
	}
	return v
}

type timelineQuery struct {
	one
	paging
}

// listTimeline shows the newest first. Its cursor counts from the oldest entry, so that new ones move nothing.
func (a *api) listTimeline(r *http.Request, in timelineQuery) (page[entryView], error) {
	var out page[entryView]
	p, e, err := a.person(r, in.ID)
	if err != nil {
		return out, err
	}
	connection, source := "", int64(0)
	if p.Link != nil {
		connection = p.Link.Connection
		source, _ = strconv.ParseInt(p.Link.SourceID, 10, 64)
	}
	history, err := e.Store.History(r.Context(), p.ID, connection, source)
	if err != nil {
		return out, err
	}
	end := len(history.Entries)
	if in.After != "" {
		n, err := strconv.Atoi(in.After)
		if err != nil || n < 0 || n > end {
			return out, &view.CursorError{Cursor: in.After}
		}
		end = n
	}
	begin := max(0, end-in.Limit)
	out.Items = make([]entryView, 0, end-begin)
	for i := end - 1; i >= begin; i-- {
		out.Items = append(out.Items, viewEntry(&history.Entries[i]))
	}
	if begin > 0 {
		out.Next = syncrun.Optional(strconv.Itoa(begin))
	}
	return out, nil
}

type explainQuery struct {
	one
	At string `query:"at" doc:"The end of that day (YYYY-MM-DD) in the connection's zone, or an RFC 3339 time; from stored runs only."`
}

func (a *api) explainPerson(r *http.Request, in explainQuery) (explain.Explanation, error) {
	p, e, err := a.person(r, in.ID)
	if err != nil {
		return explain.Explanation{}, err
	}
	return a.explain(r, e, "id:"+p.ID, in.At)
}

type explainWhoQuery struct {
	Who        string `query:"who" doc:"E-mail address, employee:ID, id:PERSON, number:NUMBER or an exact name."`
	Connection string `query:"connection" doc:"Id or name; needed for an employee when there are several."`
	At         string `query:"at" doc:"The end of that day (YYYY-MM-DD) in the connection's zone, or an RFC 3339 time; from stored runs only."`
}

// explainWho also answers for employees who are nobody in the directory.
func (a *api) explainWho(r *http.Request, in explainWhoQuery) (explain.Explanation, error) {
	if in.Who == "" {
		return explain.Explanation{}, rest.BadQuery("who is missing: name somebody")
	}
	e, err := a.editor(r)
	if err == nil && in.Connection != "" {
		var id string
		if id, err = a.connectionID(r, in.Connection); err == nil {
			e, err = a.Connections.Editor(r.Context(), actor(r), id)
		}
	}
	if err != nil {
		return explain.Explanation{}, err
	}
	return a.explain(r, e, in.Who, in.At)
}

func (a *api) explain(r *http.Request, e *people.Editor, who, at string) (explain.Explanation, error) {
	then := time.Time{}
	if at != "" {
		var err error
		if then, err = moment("at", at, e.Policy.Zones().Connection()); err != nil {
			return explain.Explanation{}, rest.BadQuery("%v", err)
		}
	}
	why, err := e.Explain(r.Context(), who, then)
	if wrong, ok := errors.AsType[*syncrun.InputError](err); ok {
		err = rest.BadQuery("%s: %v", wrong.Field, wrong)
	}
	return why, err
}
