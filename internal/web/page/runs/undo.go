package runs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// undoPage asks what of a run goes back.
type undoPage struct {
	ui.Page
	Base    string // /runs/ID
	Which   string // the run, see titleOf
	Run     syncrun.Run
	Kind    ui.Input
	Person  ui.Input
	Problem string
}

// askUndo asks what of a run goes back.
func (p *pages) askUndo(w http.ResponseWriter, r *http.Request) error {
	run, err := p.Views.Run(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, undoView(newUndoPage(r.Context(), &run, r.URL.Query().Get("kind"), r.URL.Query().Get("person"))))
}

func newUndoPage(ctx context.Context, run *syncrun.Run, kind, person string) *undoPage {
	page := &undoPage{Base: "/runs/" + run.ID, Which: titleOf(ctx, run), Run: *run}
	page.Page = ui.Page{Title: "Undo", Nav: "history", Crumbs: []ui.Crumb{{Text: "History", Href: "/history"}, {Text: page.Which, Href: page.Base}}}
	page.Kind = ui.Input{Name: "kind", Label: "What to take back", Value: kind, Options: []ui.Option{{Text: "Everything that this run changed"}}}
	for _, w := range actionWords() {
		if n := w.count(run.Counts); n > 0 && w.action != plan.CreateDepartment && w.action != plan.CreateTeam {
			page.Kind.Options = append(page.Kind.Options, ui.Option{Value: string(w.action), Text: "Only the " + ui.Count(n, w.one, w.many)})
		}
	}
	for _, k := range []plan.Kind{plan.KindMoveEmail, plan.KindBlank} {
		if run.KindCounts[k] > 0 {
			page.Kind.Options = append(page.Kind.Options, ui.Option{Value: string(k), Text: "Only the " + words.InSentence(kindWord(k))})
		}
	}
	page.Person = ui.Input{Name: "person", Label: "For whom", Value: person, Optional: true, Hint: "E-mail, exact name or id:PERSON. Blank for everybody.",
		More: map[string]any{"autocomplete": "off"}}
	return page
}

// planUndo stores the plan that takes a run back, for somebody to look at (promise SI27).
func (p *pages) planUndo(w http.ResponseWriter, r *http.Request) error {
	run, err := p.Views.Run(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	req := connection.UndoRequest{RunID: run.ID, Kind: r.FormValue("kind"), Person: strings.TrimSpace(r.FormValue("person"))}
	u, err := p.Connections.PlanUndo(r.Context(), viewer(r).Actor(), run.Connection, req)
	if err != nil {
		problem := gate.Classify(err)
		if problem.Code == "internal" {
			return err
		}
		page := newUndoPage(r.Context(), &run, req.Kind, req.Person)
		switch problem.Code {
		case "nobody", "ambiguous", "not_found":
			page.Person.Error = onScreen(problem.Detail)
		case "settings":
			page.Kind.Error = "This cannot be undone alone; choose one of the list."
		default:
			page.Problem = onScreen(problem.Detail)
		}
		return ui.Render(w, r, http.StatusUnprocessableEntity, undoView(page))
	}
	p.Gate.Flash(w, fmt.Sprintf("Will be reverted: %s, in %s. Changed since and kept: %s. Cannot be reverted: %s. Nothing is written until you apply it.",
		values(len(u.Result.Reverted)), ui.Count(u.Plan.Header.Counts.Changes(), "change", "changes"), values(len(u.Result.Kept)), values(len(u.Result.Impossible))))
	http.Redirect(w, r, "/plans/"+u.Plan.ID, http.StatusSeeOther)
	return nil
}

// values counts fields and states: one change has several.
func values(n int) string { return ui.Count(n, "value", "values") }

// undoLine is one thing that an undo leaves as it is.
type undoLine struct{ Person, Name, What, Why string }

// undoScope is what of a run an undo plan is about.
type undoScope struct{ kind, person string }

// scopeOf reads back what an undo plan was asked for. The plan keeps person and kind as one text.
func scopeOf(ctx context.Context, e *syncrun.Engine, text string) (undoScope, error) {
	kinds := []string{string(plan.Create), string(plan.Update), string(plan.Reactivate), string(plan.Deactivate), string(plan.LinkPerson),
		string(plan.KindMoveEmail), string(plan.KindBlank)}
	if text == "" || slices.Contains(kinds, text) {
		return undoScope{kind: text}, nil
	}
	if found, err := e.Store.PersonsByID(ctx, []string{text}); err != nil || len(found) > 0 {
		return undoScope{person: text}, err
	}
	for _, k := range kinds {
		if id, ok := strings.CutSuffix(text, k); ok {
			if found, err := e.Store.PersonsByID(ctx, []string{id}); err != nil || len(found) > 0 {
				return undoScope{k, id}, err
			}
		}
	}
	return undoScope{person: text}, nil
}

// undoRows is how many changes of a run one page of what an undo leaves looks at.
const undoRows = 500

// undoLeft is what an undo leaves as it is, of one page of the run's changes.
type undoLeft struct {
	kept, impossible []undoLine
	next             string // cursor
	unknown          string // why nobody can tell any more
}

// leftByUndo lists what an undo keeps or cannot revert. It is worked out anew from what the run wrote and
// how the people are now, a page at a time, so that it is the same for whoever looks, after a restart too.
func (p *pages) leftByUndo(ctx context.Context, info *syncrun.PlanInfo, st standing, after string) (left undoLeft, err error) {
	if st.Stage == stageGone {
		return undoLeft{unknown: "The connection was deleted; what this undo left as it was can no longer be told."}, nil
	}
	e, err := p.Connections.Engine(ctx, "", info.Connection)
	if err != nil {
		return left, err
	}
	scope, err := scopeOf(ctx, e, info.Person)
	if err != nil {
		return left, err
	}
	found, err := p.Views.RunRows(ctx, info.UndoOf, view.PlanQuery{Part: view.PartChanges, After: after, Limit: undoRows})
	if errors.Is(err, directory.ErrNotFound) {
		return undoLeft{unknown: "The run is gone; what this undo left as it was can no longer be told."}, nil
	}
	if err != nil {
		return left, gate.BadCursor(err)
	}
	in, err := undoInput(ctx, e, info, scope, found.Items)
	if err != nil {
		return left, err
	}
	planned, err := p.plannedFields(ctx, info)
	if err != nil {
		return left, err
	}
	result := plan.Undo(in)
	return undoLeft{kept: undoLines(result.Kept, planned), impossible: undoLines(result.Impossible, planned), next: found.Next}, nil
}

func undoLines(entries []plan.UndoEntry, planned map[undoKey]bool) []undoLine {
	var out []undoLine
	for _, en := range entries {
		field, rest, ok := strings.Cut(en.What, ": ")
		if planned[undoKey{en.PersonID, field}] {
			continue
		}
		line := undoLine{Person: en.PersonID, Name: en.Name, What: words.Capital(en.What), Why: sentence(en.Why)}
		if ok {
			line.What = words.Field(directory.Field(field)) + ": " + rest
		}
		out = append(out, line)
	}
	return out
}

// undoParts shows what an undo leaves: how much in the tabs, where the run is small enough to say at once,
// and the list that was asked for.
func (p *pages) undoParts(ctx context.Context, page *planPage, st standing) error {
	f := page.Filter
	lists := f.Part == partKept || f.Part == partImpossible
	if !lists && f.narrowed() {
		return nil
	}
	after := ""
	if lists {
		after = f.After
	}
	left, err := p.leftByUndo(ctx, &page.Info, st, after)
	if err != nil {
		return err
	}
	if after == "" && left.next == "" {
		page.Parts[1].Count, page.Parts[2].Count = len(left.kept), len(left.impossible)
	}
	if !lists {
		return nil
	}
	page.Left, page.List.Text = left.kept, "Nothing was changed since."
	if f.Part == partImpossible {
		page.Left, page.List.Text = left.impossible, "Everything of this run can be reverted, or was changed since."
	}
	if left.next != "" {
		page.List.Next = rowFilter{Part: f.Part, After: left.next}.at(page.Base)
	}
	switch {
	case left.unknown != "":
		page.List.Text = left.unknown
	case len(page.Left) > 0:
		page.List.Text = ""
	case left.next != "":
		page.List.Text = "Nothing among these changes. Look further below."
	}
	return nil
}

// undoInput gathers what the planner needs to say what becomes of some changes.
func undoInput(ctx context.Context, e *syncrun.Engine, info *syncrun.PlanInfo, scope undoScope, items []syncrun.StoredItem) (plan.UndoInput, error) {
	in := plan.UndoInput{RunID: info.UndoOf, Kind: scope.kind, Person: scope.person}
	in.Organisation, in.Connection, in.Policy, in.Now = e.Organisation, info.Connection, e.Policy, e.Now()
	var ids []string
	for i := range items {
		if c := items[i].Change; c != nil {
			in.Changes = append(in.Changes, *c)
			ids = append(ids, c.PersonID)
		}
	}
	var err error
	if in.Owners, err = e.Store.Owners(ctx); err != nil {
		return in, err
	}
	for _, address := range plan.UndoAddresses(in.Changes) {
		holders, err := e.Store.FindPeople(ctx, "email", address, 1)
		if err != nil {
			return in, err
		}
		for i := range holders {
			ids = append(ids, holders[i].ID)
		}
	}
	slices.Sort(ids)
	in.People, err = e.Store.PersonsByID(ctx, slices.Compact(ids))
	managers := map[string]string{}
	in.Managers = func(id string) string {
		manager, known := managers[id]
		if !known {
			found, err := e.Store.Person(ctx, id)
			if err == nil {
				manager = found.Values.Get(directory.Manager)
			}
			managers[id] = manager
		}
		return manager
	}
	return in, err
}

type undoKey struct{ person, field string }

// plannedFields is what an undo plan takes back. Once it is applied, that has the old value already, and
// must not be told as left.
func (p *pages) plannedFields(ctx context.Context, info *syncrun.PlanInfo) (map[undoKey]bool, error) {
	out := map[undoKey]bool{}
	if info.AppliedBy == "" {
		return out, nil
	}
	err := p.eachRow(ctx, info.ID, view.PlanQuery{Part: view.PartChanges}, func(it *syncrun.StoredItem) {
		c := it.Change
		if c.StatusBefore != c.StatusAfter {
			out[undoKey{c.PersonID, "status"}] = true
		}
		for i := range c.Fields {
			out[undoKey{c.PersonID, string(c.Fields[i].Field)}] = true
		}
	})
	return out, err
}
