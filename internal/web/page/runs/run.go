package runs

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// runPage is one run with what it applied.
type runPage struct {
	ui.Page
	ID, Base  string
	Run       syncrun.Run
	Row       runRow
	Said      note
	Settings  string
	Plan      string        // address, "" when there is none (any more)
	TakesBack string        // which run this one takes back, "" for none
	Undos     []syncrun.Run // later runs that took it, or a part of it, back
	Segments  []ui.Segment
	Filter    rowFilter
	Selects   []ui.Input
	List      list
	Mails     welcomes
	Undo      string // address, "" when there is nothing that this viewer may undo
}

// undosShown is how many of the connection's latest undos are looked through for those of one run.
const undosShown = 200

// run shows one run (promise SI18).
func (p *pages) run(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	run, err := p.Views.Run(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	d, gone, err := p.of(ctx, run.Connection)
	if err != nil {
		return err
	}
	rows, err := p.runRows(ctx, []syncrun.Run{run})
	if err != nil {
		return err
	}
	page := &runPage{ID: run.ID, Base: "/runs/" + run.ID, Run: run, Row: rows[0], Filter: readFilter(r.URL.Query())}
	page.Page = ui.Page{Title: titleOf(ctx, &run), Nav: "history", Crumbs: []ui.Crumb{{Text: "History", Href: "/history"}}}
	page.Said = said(&run)
	if !gone {
		page.Crumbs = append(page.Crumbs, ui.Crumb{Text: d.Name, Href: "/connections/" + d.ID + "/history"})
		if err := p.runSettings(ctx, page, d); err != nil {
			return err
		}
		if err := p.stand(ctx, &page.Page, &d); err != nil {
			return err
		}
		page.leadOn(&d, viewer(r))
		if run.Counts.Changes() > 0 && wrote(&run) && run.UndoOf == "" && run.Outcome != syncrun.OutcomeUndone && viewer(r).May(account.Configure) {
			page.Undo = page.Base + "/undo"
		}
	}
	if page.Undos, err = p.undos(ctx, &run); err != nil {
		return err
	}
	if page.TakesBack, err = p.undone(ctx, run.UndoOf); err != nil {
		return err
	}
	if page.Mails, err = p.welcomes(ctx, &run, viewer(r)); err != nil {
		return err
	}
	if err := p.runPlan(ctx, page); err != nil {
		return err
	}
	if err := p.runList(ctx, page); err != nil {
		return err
	}
	if page.Undo != "" {
		page.Page.Actions = runActions(page)
	}
	return ui.Render(w, r, http.StatusOK, runView(page))
}

// leadOn names the next step after the newest run was applied by hand: that runs may start by themselves; and after one
// whose plan was too old by then: a new one.
func (page *runPage) leadOn(d *connection.Detail, v account.Viewer) {
	stale := func(e syncrun.RunError) bool { return e.Code == "stale" }
	if page.Run.UndoOf == "" && v.May(account.Operate) && slices.ContainsFunc(page.Run.Errors, stale) {
		page.Said.Again = "/connections/" + d.ID + "/preview"
	}
	if d.Origin == connection.FromWeb && d.State == connection.Checked && !d.Settings.Enabled && v.May(account.Configure) &&
		page.Run.Outcome == syncrun.OutcomeApplied && page.Run.UndoOf == "" && d.LastRun != nil && d.LastRun.ID == page.Run.ID {
		page.Said.Text += " Runs start by hand so far."
		page.Said.Href, page.Said.Link = "/connections/"+d.ID, "Switch on automatic runs"
	}
}

// titleOf says which run this is: what was done, of which company, and when.
func titleOf(ctx context.Context, r *syncrun.Run) string {
	what := "Sync of "
	switch {
	case r.UndoOf != "" && r.Outcome == syncrun.OutcomePreview:
		what = "Preview of an undo in "
	case r.UndoOf != "":
		what = "Undo in "
	case r.Outcome == syncrun.OutcomePreview:
		what = "Preview of "
	case r.Trigger == syncrun.TriggerPerson:
		what = "Sync of one person of "
	case r.Trigger == syncrun.TriggerHuman:
		what = "Edit by hand in "
	}
	return what + cmp.Or(r.Name, "a deleted connection") + ", " + ui.At(ctx, r.StartedAt).Text
}

// wrote tells a run that may have changed the directory; previews only planned.
func wrote(r *syncrun.Run) bool {
	return slices.Contains([]syncrun.Outcome{syncrun.OutcomeApplied, syncrun.OutcomePartial, syncrun.OutcomeInterrupted, syncrun.OutcomeUndone}, r.Outcome)
}

// said is what came of a run, in one sentence.
func said(r *syncrun.Run) note {
	n := r.Counts.Changes()
	switch r.Outcome {
	case "":
		return note{Kind: "info", Text: "This run is under way.", Href: "/connections/" + r.Connection + "/progress", Link: "See how far it is"}
	case syncrun.OutcomePreview:
		return note{Kind: "info", Text: "Only a preview: nothing was written."}
	case syncrun.OutcomeNoOp:
		return note{Kind: "good", Text: "There was nothing to do: the directory agreed with BambooHR."}
	case syncrun.OutcomeApplied:
		return note{Kind: "good", Text: did(r)}
	case syncrun.OutcomePartial:
		return note{Kind: "warn", Text: did(r) + " The rest waits, or was not reached; the plan says what."}
	case syncrun.OutcomeRefused:
		return note{Kind: "bad", Text: did(r) + " The guard stopped what was planned; the plan says why and what to do."}
	case syncrun.OutcomeUndone:
		return note{Kind: "info", Text: "This run was taken back."}
	case syncrun.OutcomeInterrupted:
		return note{Kind: "bad", Text: "This run ended before it was done. What it applied stays; make a new preview to go on."}
	}
	if n > 0 {
		return note{Kind: "bad", Text: "This run failed after " + ui.Count(n, "change", "changes") + "."}
	}
	return note{Kind: "bad", Text: "This run failed and changed nothing."}
}

// did is what a run wrote.
func did(r *syncrun.Run) string {
	if n := r.Counts.Changes(); n > 0 {
		return words.Capital(ui.Count(n, "change was", "changes were")) + " applied."
	}
	return "Nothing was written."
}

func (p *pages) runSettings(ctx context.Context, page *runPage, d connection.Detail) error {
	versions, err := p.Connections.Versions(ctx, d.ID)
	if err != nil {
		return err
	}
	page.Settings = "not saved"
	if i := inForce(versions, page.Run.Revision, page.Run.StartedAt); i >= 0 {
		page.Settings = "version " + ui.Number(int(versions[i].Number))
	} else if len(versions) == 0 {
		page.Settings = "the command line's"
	}
	return nil
}

// undone names the run that another one takes back; one that is kept no more has only its page, which says so.
func (p *pages) undone(ctx context.Context, id string) (string, error) {
	if id == "" {
		return "", nil
	}
	was, err := p.Views.Run(ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return "a run that is no longer kept", nil
	}
	return titleOf(ctx, &was), err
}

// undos lists the later runs that took this one, or a part of it, back.
func (p *pages) undos(ctx context.Context, run *syncrun.Run) ([]syncrun.Run, error) {
	if !wrote(run) {
		return nil, nil
	}
	found, err := p.Views.Runs(ctx, view.RunQuery{Connection: run.Connection, Trigger: syncrun.TriggerUndo, From: run.StartedAt, Limit: undosShown})
	return slices.DeleteFunc(found.Items, func(u syncrun.Run) bool { return u.UndoOf != run.ID || u.Counts.Changes() == 0 || !wrote(&u) }), err
}

// runPlan links the plan, which may be gone by now, and fills the chart.
func (p *pages) runPlan(ctx context.Context, page *runPage) error {
	c := page.Run.Counts
	page.Segments = segments(page.Base, page.Filter, func(w actionWord) int { return w.count(c) })
	if page.Run.PlanID == "" {
		return nil
	}
	s, err := p.Views.PlanSummary(ctx, page.Run.PlanID)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	page.Plan = "/plans/" + page.Run.PlanID
	if page.Run.UndoOf == "" {
		page.Segments = append(page.Segments, ui.Segment{Kind: "held", Text: "held", Count: c.Held, Href: page.Plan + "?part=held"},
			ui.Segment{Kind: "same", Text: "unchanged", Count: c.Unchanged + c.Left, Href: page.Plan + "?part=" + partUnchanged})
	}
	if page.Run.Outcome == syncrun.OutcomePreview {
		for i := range page.Segments {
			page.Segments[i].Href = strings.Replace(page.Segments[i].Href, page.Base, page.Plan, 1)
		}
	}
	return p.sayStopped(ctx, page, &s)
}

func (p *pages) runList(ctx context.Context, page *runPage) error {
	if !wrote(&page.Run) && page.Run.Counts.Changes() == 0 || page.Run.Outcome == syncrun.OutcomePreview {
		return nil
	}
	counts := map[plan.Action]int{}
	for _, w := range actionWords() {
		counts[w.action] = w.count(page.Run.Counts)
	}
	f := page.Filter
	f.Part = view.PartChanges
	page.Selects = []ui.Input{actionSelect(f, counts)}
	found, err := p.Views.RunRows(ctx, page.ID, f.query())
	if err != nil {
		return gate.BadCursor(err)
	}
	m := &rowMaker{header: &plan.Header{}, base: page.Base, undo: page.Undo}
	page.List.Rows = m.rows(found.Items)
	for i := range page.List.Rows {
		r := &page.List.Rows[i]
		r.Link, r.AppliedBy = "", "" // positions count per plan, and a run may have two
		if r.Undo != "" && r.Person == "" {
			r.Undo = ""
		}
	}
	if found.Next != "" {
		f.After = found.Next
		page.List.Next = f.at(page.Base)
	}
	if len(page.List.Rows) == 0 {
		page.List.Text = "Nothing that this run applied fits. Whoever is not listed was not changed by it."
		page.List.Why = why(f.Q)
	}
	return nil
}
