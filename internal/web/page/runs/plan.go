package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

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

// planPage is a plan with one page of its rows.
type planPage struct {
	ui.Page
	ID, Base    string
	Connection  connection.Detail
	Info        syncrun.PlanInfo
	Notes       []note
	Guards      []guard
	Waiting     *waiting // nil: nothing waits for anybody
	Stage       stage
	Waits       int    // changes that the guard does not let through yet
	By          string // who asked for it, "" when nobody knows any more
	Settings    string // by which settings it was made
	Segments    []ui.Segment
	Parts       []ui.Tab
	Filter      rowFilter
	Selects     []ui.Input
	List        list
	Left        []undoLine // of an undo's part kept or impossible
	Undoes      string     // run that it takes back, "" for other plans
	TakesBack   string     // what that run is called
	Apply       string     // text of the button, "" when this viewer has nothing to apply
	MayPreview  bool
	Back        string // address of this very page, to come back to after a decision
	AppliedRuns []appliedRun
}

// note is a boxed message; see ui.Note.
type note struct {
	Kind, Text, Href, Link string
	Older                  time.Time // when the plan below was made, if that was before what the note tells of
	Again                  string    // where a new preview is made by a button
}

// guard is one kind that the guard stopped, with the ways on.
type guard struct {
	Kind                    plan.Kind
	Title, Sentence, Advice string
	Refused                 bool
	Show, ShowText          string
	Review, ReviewText      string
}

type appliedRun struct{ ID, Text string }

// list is one page of rows.
type list struct {
	Rows  []row
	Text  string // what to know about the list, or why it is empty
	Why   string // address to ask at about somebody who is not listed
	All   string // address of the whole list, when only one row is shown
	Next  string
	Ticks bool
	Back  string
}

// plan shows a stored plan; .json and .csv export it.
func (p *pages) plan(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if base, ok := strings.CutSuffix(id, ".json"); ok {
		return p.exportJSON(w, r, base)
	}
	if base, ok := strings.CutSuffix(id, ".csv"); ok {
		return p.exportCSV(w, r, base)
	}
	s, err := p.Views.PlanSummary(r.Context(), id)
	if err != nil {
		return err
	}
	return p.showPlan(w, r, &s, nil)
}

// showPlan shows a plan below some notes.
func (p *pages) showPlan(w http.ResponseWriter, r *http.Request, s *view.PlanSummary, above []note) error {
	st, err := p.standing(r.Context(), s)
	if err != nil {
		return err
	}
	v := viewer(r)
	page := &planPage{ID: s.Info.ID, Base: "/plans/" + s.Info.ID, Connection: st.Connection, Info: s.Info, Filter: readFilter(r.URL.Query()),
		Settings: st.Settings, Undoes: s.Info.UndoOf, MayPreview: st.Stage != stageGone && v.May(account.Operate), Back: r.URL.RequestURI()}
	page.Page = ui.Page{Title: "Preview", Lead: leadOf(&s.Info), Nav: "connections", Crumbs: connectionCrumbs(st.Connection)}
	if page.Undoes != "" {
		page.Title = "Preview of an undo"
		if page.TakesBack, err = p.undone(r.Context(), page.Undoes); err != nil {
			return err
		}
		page.Lead = "What taking back “" + page.TakesBack + "” would do. Nothing is written until you apply it."
	}
	if st.Stage != stageGone {
		page.Tabs = ui.ConnectionTabs(st.Connection.ID, "Preview")
	}
	if st.Stage != stageGone && st.Stage != stageFuture {
		if err := p.stand(r.Context(), &page.Page, &st.Connection); err != nil {
			return err
		}
	}
	page.Notes = append(above, st.Notes...)
	made, err := p.madeBy(r.Context(), &s.Info)
	if err != nil {
		return err
	}
	names, err := p.actors(r.Context(), made.Actor)
	if err != nil {
		return err
	}
	page.By = names[made.Actor]
	for _, a := range s.Applied {
		page.AppliedRuns = append(page.AppliedRuns, appliedRun{a.RunID, ui.Count(a.Rows, "change was applied", "changes were applied")})
	}
	page.Apply = applyText(s, st, v)
	page.Stage, page.Waits = st.Stage, s.Waiting[plan.WaitingApproval]+s.Waiting[plan.WaitingRefused]
	rel, err := p.waiting(r.Context(), page, s, st, &made, v)
	if err != nil {
		return err
	}
	page.Guards = guards(s, st, v, rel)
	page.chart(s)
	page.choices(s)
	if err := p.list(r.Context(), page, s, st, v); err != nil {
		return err
	}
	if page.Undoes != "" {
		if err := p.undoParts(r.Context(), page, st); err != nil {
			return err
		}
	}
	if page.Apply != "" || page.MayPreview {
		page.Page.Actions = planActions(page)
	}
	return ui.Render(w, r, http.StatusOK, planView(page))
}

func leadOf(info *syncrun.PlanInfo) string {
	switch h := &info.Header; {
	case h.AsOf != nil:
		return "What the directory would look like at the end of " + h.AsOfDay + "."
	case h.WithoutFreezes:
		return "What would change if every freeze ended now. Nothing of it is written."
	}
	return "What would change in the directory. Nothing is written until you apply it."
}

func connectionCrumbs(d connection.Detail) []ui.Crumb {
	if d.ID == "" {
		return []ui.Crumb{{Text: "HRIS connections", Href: "/connections"}}
	}
	return []ui.Crumb{{Text: "HRIS connections", Href: "/connections"}, {Text: d.Name, Href: "/connections/" + d.ID}}
}

// madeBy is the run that made a plan; its zero value when that is no longer kept.
func (p *pages) madeBy(ctx context.Context, info *syncrun.PlanInfo) (made syncrun.Run, err error) {
	// It began before the plan, and runs that began at the same instant are few.
	found, err := p.Views.Runs(ctx, view.RunQuery{Connection: info.Connection, To: info.CreatedAt.Add(time.Millisecond), Limit: 10})
	if errors.Is(err, directory.ErrNotFound) {
		return made, nil
	}
	for i := range found.Items {
		if found.Items[i].PlanID == info.ID {
			made = found.Items[i] // the first of the runs that have the plan
		}
	}
	return made, err
}

// chart fills the bar: its segments filter the list (promise SI14).
func (page *planPage) chart(s *view.PlanSummary) {
	page.Segments = segments(page.Base, page.Filter, func(w actionWord) int { return s.Actions[w.action] })
	if page.Undoes != "" {
		return
	}
	part := func(kind, text, name string, n int) {
		page.Segments = append(page.Segments, ui.Segment{Kind: kind, Text: text, Count: n, Href: page.Base + "?part=" + name, Current: page.Filter.Part == name})
	}
	part("held", "held", view.PartHeld, s.Held)
	part("same", "unchanged", partUnchanged, s.Info.Header.Counts.Unchanged+s.Info.Header.Counts.Left)
}

func segments(base string, f rowFilter, count func(actionWord) int) []ui.Segment {
	var out []ui.Segment
	for _, w := range actionWords() {
		out = append(out, ui.Segment{Kind: w.colour, Text: w.done, Count: count(w), Href: base + "?action=" + string(w.action),
			Current: f.Part == view.PartChanges && f.Action == string(w.action)})
	}
	return out
}

// choices fills the parts and the filters of the part that is shown.
func (page *planPage) choices(s *view.PlanSummary) {
	f := page.Filter
	tab := func(text, part string, n int) {
		page.Parts = append(page.Parts, ui.Tab{Text: text, Href: rowFilter{Part: part}.at(page.Base), Current: f.Part == part, Count: n})
	}
	if page.Undoes != "" {
		tab("Will be reverted", view.PartChanges, s.Changes)
		tab("Changed since, kept", partKept, 0)
		tab("Cannot be reverted", partImpossible, 0)
	} else {
		tab("Changes", view.PartChanges, s.Changes)
		tab("Held", view.PartHeld, s.Held)
	}
	if f.Part == view.PartHeld {
		page.Selects = []ui.Input{reasonSelect(f, s.HeldReasons)}
		return
	}
	page.Selects = []ui.Input{actionSelect(f, s.Actions), reasonSelect(f, s.Reasons)}
	if waits := s.Waiting[plan.WaitingApproval] + s.Waiting[plan.WaitingRefused]; waits > 0 {
		page.Selects = append(page.Selects, ui.Input{Name: "waiting", Label: "Waits", Value: f.Waiting, Options: []ui.Option{{Value: "", Text: "All"},
			{Value: view.WaitingNone, Text: "Can be applied (" + ui.Number(s.Waiting[plan.NotWaiting]) + ")"},
			{Value: view.WaitingAny, Text: "Waits (" + ui.Number(waits) + ")"}}})
	}
}

func actionSelect(f rowFilter, counts map[plan.Action]int) ui.Input {
	in := ui.Input{Name: "action", Label: "What happens", Value: f.Action, Options: []ui.Option{{Value: "", Text: "Everything"}}}
	for _, w := range actionWords() {
		if n := counts[w.action]; n > 0 {
			in.Options = append(in.Options, ui.Option{Value: string(w.action), Text: w.tag + " (" + ui.Number(n) + ")"})
		}
	}
	return in
}

func reasonSelect(f rowFilter, counts map[plan.Reason]int) ui.Input {
	in := ui.Input{Name: "reason", Label: "Reason", Value: f.Reason, Options: []ui.Option{{Value: "", Text: "Any"}}}
	reasons := slices.SortedFunc(maps.Keys(counts), func(a, b plan.Reason) int { return cmp.Compare(words.Reason(a), words.Reason(b)) })
	for _, r := range reasons {
		if r != "" {
			in.Options = append(in.Options, ui.Option{Value: string(r), Text: words.Reason(r) + " (" + ui.Number(counts[r]) + ")"})
		}
	}
	return in
}

// list fills the rows of the part that is shown.
func (p *pages) list(ctx context.Context, page *planPage, s *view.PlanSummary, st standing, v account.Viewer) error {
	f := page.Filter
	m := &rowMaker{header: &s.Info.Header, base: page.Base, open: f.Seq}
	m.ticks = f.Part == view.PartChanges && st.Stage == stageReady && mayApply(&s.Info, v)
	m.waiting = v.May(account.Configure)
	page.List = list{Back: page.Back}
	switch {
	case f.Seq > 0:
		it, err := p.Views.PlanRow(ctx, page.ID, f.Seq)
		if err != nil {
			return err
		}
		if it.Held != nil {
			page.Filter.Part = view.PartHeld
		}
		if err := p.decidable(ctx, m, st, v); err != nil {
			return err
		}
		page.List.Rows, page.List.All = m.rows([]syncrun.StoredItem{it}), rowFilter{Part: page.Filter.Part}.at(page.Base)
		return nil
	case f.Part == partUnchanged:
		page.List.Text = unchangedText(s.Info.Header.Counts)
		page.List.Why = "/explain"
		return nil
	case f.Part == partKept || f.Part == partImpossible:
		return nil // not rows of the plan
	case f.Part == view.PartHeld:
		if err := p.decidable(ctx, m, st, v); err != nil {
			return err
		}
	}
	found, err := p.Views.PlanRows(ctx, page.ID, f.query())
	if err != nil {
		return gate.BadCursor(err)
	}
	page.List.Rows, page.List.Ticks = m.rows(found.Items), m.ticks
	if found.Next != "" {
		f.After = found.Next
		page.List.Next = f.at(page.Base)
	}
	if len(page.List.Rows) == 0 {
		page.List.Text, page.List.Why = emptyText(f, page.Undoes != ""), why(f.Q)
	}
	return nil
}

// decidable lets the rows offer decisions to whoever may make them.
func (p *pages) decidable(ctx context.Context, m *rowMaker, st standing, v account.Viewer) error {
	if st.Stage == stageGone {
		return nil
	}
	e, err := p.Connections.Editor(ctx, v.Actor(), st.Connection.ID)
	if err != nil {
		return err
	}
	decisions, err := e.Store.Decisions(ctx, st.Connection.ID)
	if err != nil {
		return fmt.Errorf("read the decisions of %s: %w", st.Connection.Name, err)
	}
	m.decisions = map[int64]directory.Decision{}
	for _, d := range decisions {
		m.decisions[d.SourceID] = d
	}
	if v.May(account.People) {
		m.decide = m.base + "/decide"
	}
	return nil
}

func unchangedText(c plan.Counts) string {
	text := ui.Count(c.Unchanged, "person agrees", "people agree") + " with BambooHR already and are not listed."
	if c.Left > 0 {
		text += " " + ui.Count(c.Left, "employee", "employees") + " left before ever having an account, and get none."
	}
	return text
}

// emptyText says why a list is empty; who is changed, held or in no list at all is the first thing to look
// at when somebody is not as expected (promise SI49).
func emptyText(f rowFilter, undo bool) string {
	switch {
	case f.narrowed():
		return "Nothing here fits. Whoever is neither among the changes nor held agrees with BambooHR already, or left before ever having an account."
	case undo:
		return "Nothing would be reverted."
	case f.Part == view.PartHeld:
		return "Nobody is held: everybody in BambooHR and in the directory is dealt with."
	}
	return "Nothing would change."
}

// why is where to ask about somebody.
func why(who string) string {
	if who == "" {
		return "/explain"
	}
	return "/explain?who=" + url.QueryEscape(who)
}
