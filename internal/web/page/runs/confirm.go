package runs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// confirmPage asks before a plan is applied.
type confirmPage struct {
	ui.Page
	Base    string // /plans/ID
	Title   string
	Problem string // why it cannot be done, or what has to be looked at again
	Way     note   // where it goes on from a problem, by its Href and Link
	Work    work
	Choices []choice
	Others  string // who can let the rest through, when the viewer cannot
	Only    []int64
	Button  string // "" when nothing can be applied
	Undoes  bool
	Frees   bool // it takes an undo back, and so ends the holds of that
	Invites invites
	Seats   int       // when everybody whom the tick invites has a seat; 0: as Work says
	Settled time.Time // until then limits that were loosened do not count; zero: they do
}

// choice is one waiting kind, to be let through or not.
type choice struct {
	Kind     plan.Kind
	Title    string
	Sentence string
	Refused  bool
	Count    int    // what a release has to name
	Label    string // of the tick box or the field
	Ticked   bool
	Typed    string
	Error    string
	Why      string // why this viewer cannot let it through
}

// work is what an apply would do, exactly.
type work struct {
	Counts      plan.Counts
	Waiting     int // changes that stay behind
	Extra       int // changes that others depend on, beside those that were picked
	SeatsBefore int
	SeatsAfter  int
	Takes       func(*syncrun.Newcomer) bool // tells what is applied; nil: all that is open
}

// asked is what a form or link asks to apply.
type asked struct {
	only    []int64
	ticked  map[plan.Kind]bool
	typed   map[plan.Kind]string
	approve map[plan.Kind]bool // settled
	release map[plan.Kind]bool // settled
}

func readAsked(v url.Values) asked {
	a := asked{ticked: map[plan.Kind]bool{}, typed: map[plan.Kind]string{}, approve: map[plan.Kind]bool{}, release: map[plan.Kind]bool{}}
	for _, text := range v["only"] {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
			a.only = append(a.only, n)
		}
	}
	slices.Sort(a.only)
	a.only = slices.Compact(a.only)
	for _, k := range plan.Kinds() {
		if slices.Contains(v["approve"], string(k)) {
			a.ticked[k] = true
		}
		if text := strings.TrimSpace(v.Get("release-" + string(k))); text != "" {
			a.typed[k] = text
		}
	}
	return a
}

// settle matches what was ticked and typed against what waits.
func (a *asked) settle(choices []choice) {
	for i := range choices {
		c := &choices[i]
		if c.Why != "" {
			continue
		}
		if !c.Refused {
			c.Ticked = a.ticked[c.Kind]
			a.approve[c.Kind] = c.Ticked
			continue
		}
		c.Typed = a.typed[c.Kind]
		switch n, err := strconv.Atoi(strings.ReplaceAll(c.Typed, ",", "")); {
		case c.Typed == "":
		case err != nil || n != c.Count:
			c.Error = fmt.Sprintf("%q is not the count; type %d to release it, or nothing to leave it out.", c.Typed, c.Count)
		default:
			a.release[c.Kind] = true
		}
	}
}

func (a *asked) request(planID string) connection.ApplyRequest {
	r := connection.ApplyRequest{PlanID: planID, Only: a.only, Release: map[plan.Kind]int{}}
	for _, k := range plan.Kinds() {
		if a.approve[k] {
			r.Approve = append(r.Approve, k)
		}
		if a.release[k] {
			r.Release[k], _ = strconv.Atoi(strings.ReplaceAll(a.typed[k], ",", "")) // settle has read it
		}
	}
	return r
}

// permits are the kinds that need not wait.
func (a *asked) permits() plan.KindSet {
	var out plan.KindSet
	for _, k := range plan.Kinds() {
		if a.approve[k] || a.release[k] {
			out = out.With(k)
		}
	}
	return out
}

// confirm asks before a plan is applied, with exact counts (promise SI17).
func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	page, _, _, err := p.toConfirm(r, r.URL.Query())
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, confirmView(page))
}

// toConfirm works out what would be applied, and what stands against it.
func (p *pages) toConfirm(r *http.Request, form url.Values) (*confirmPage, *view.PlanSummary, asked, error) {
	a := readAsked(form)
	s, err := p.Views.PlanSummary(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, nil, a, err
	}
	v := viewer(r)
	if !mayApply(&s.Info, v) || len(a.ticked)+len(a.typed) > 0 && !v.May(account.Configure) {
		return nil, nil, a, account.ErrForbidden
	}
	st, err := p.standing(r.Context(), &s)
	if err != nil {
		return nil, nil, a, err
	}
	page := &confirmPage{Base: "/plans/" + s.Info.ID, Only: a.only, Undoes: s.Info.UndoOf != "", Frees: len(s.Info.Header.EndedHolds) > 0 && s.Info.UndoOf != ""}
	page.Page = ui.Page{Title: "Apply", Nav: "connections", Crumbs: append(connectionCrumbs(st.Connection), ui.Crumb{Text: "Preview", Href: page.Base})}
	if st.Stage != stageReady {
		page.Title, page.Problem = "This plan cannot be applied", "There is nothing to apply."
		switch {
		case len(st.Notes) > 0:
			page.Problem, page.Way = st.Notes[0].Text, st.Notes[0]
		case s.Info.AppliedBy != "":
			page.Problem, page.Way = "It was applied already.", note{Href: "/runs/" + s.Info.AppliedBy, Link: "See who did, and what came of it"}
		}
		return page, &s, a, nil
	}
	if form.Has("pick") && len(a.only) == 0 { // never everything, when somebody meant a few
		page.Title, page.Problem = "Nothing is ticked", "Tick the changes that you want to apply in the preview, then press the button again."
		return page, &s, a, nil
	}
	if err := p.choose(r.Context(), page, &s, v); err != nil {
		return nil, nil, a, err
	}
	a.settle(page.Choices)
	if page.Work, err = p.work(r.Context(), &s, &a); err != nil {
		return nil, nil, a, err
	}
	if !page.Undoes {
		if !form.Has("count") { // not from the form
			form = nil
		}
		if page.Invites, err = p.withInvites(r.Context(), &s, &st.Connection.Settings, &page.Work, form); err != nil {
			return nil, nil, a, err
		}
		if in := page.Invites; in.Ticked && in.Text == "" && st.Connection.Settings.Lifecycle.Initial == policy.InitialProvisioned {
			page.Seats = page.Work.SeatsAfter + in.People // an invitation makes active (promise AY14)
		}
	}
	page.word(&a)
	return page, &s, a, nil
}

// choose lists what waits, for an administrator to let it through.
func (p *pages) choose(ctx context.Context, page *confirmPage, s *view.PlanSummary, v account.Viewer) error {
	h := &s.Info.Header
	waits := guards(s, standing{}, v, release.Decision{})
	if len(waits) == 0 {
		return nil
	}
	if !v.May(account.Configure) {
		page.Others = "Something waits. An administrator can let it through on this page."
		return nil
	}
	rel, err := p.Connections.Releasers(ctx, v.Actor(), s.Info.Connection, s.Info.ID)
	if err != nil {
		return err
	}
	limits, err := p.Connections.Limits(ctx, s.Info.Connection)
	if err != nil {
		return err
	}
	page.Settled = limits.Settled
	for _, g := range waits {
		c := choice{Kind: g.Kind, Title: g.Title, Sentence: g.Sentence, Refused: g.Refused, Count: h.KindCounts[g.Kind]}
		switch {
		case g.Kind == plan.KindBaseline:
			c.Count, c.Label = h.Evidence.Employees, fmt.Sprintf("Type %d to accept the new head-count", h.Evidence.Employees)
		case g.Refused:
			c.Label = fmt.Sprintf("Type %d to release them", c.Count)
		default:
			c.Label = "Approve: " + g.Title
		}
		if c.Refused {
			c.Why = rel.Why
		}
		page.Choices = append(page.Choices, c)
	}
	return nil
}

// word says what the button does.
func (page *confirmPage) word(a *asked) {
	n := page.Work.Counts.Changes()
	switch {
	case n > 0:
		page.Button = "Apply " + ui.Count(n, "change", "changes")
	case a.release[plan.KindBaseline]:
		page.Button = "Accept the new head-count"
	}
	if page.Button != "" && page.Invites.Ticked && page.Invites.Text == "" {
		page.Button += " and invite " + ui.Count(page.Invites.People, "person", "people")
	}
	page.Title = "Nothing to apply yet"
	if page.Button != "" {
		page.Title = page.Button + "?"
	}
}

// work counts what an apply would write: by what changes have in common, or row by row where some were picked.
func (p *pages) work(ctx context.Context, s *view.PlanSummary, a *asked) (work, error) {
	h := &s.Info.Header
	w := work{SeatsBefore: h.SeatsBefore, SeatsAfter: h.SeatsAfter}
	if len(a.only) == 0 && len(s.Applied) == 0 && s.Waiting[plan.NotWaiting] == s.Changes {
		w.Counts = h.Counts
		return w, nil
	}
	w.SeatsAfter = w.SeatsBefore
	permits := a.permits()
	waits := func(kinds plan.KindSet) bool { return h.Waiting(kinds&^permits) != plan.NotWaiting }
	if len(a.only) == 0 {
		w.Takes = func(n *syncrun.Newcomer) bool { return !waits(n.Kinds) }
		for _, o := range s.Open {
			if waits(o.Kinds) {
				w.Waiting += o.Rows
				continue
			}
			for range o.Rows {
				w.Counts.Add(o.Action)
			}
			w.SeatsAfter += o.Seats * o.Rows
		}
		return w, nil
	}
	rows, err := p.openRows(ctx, s, a)
	if err != nil {
		return w, err
	}
	picked, err := pick(rows, a.only)
	if err != nil {
		return w, err
	}
	takes := map[int64]bool{}
	w.Takes = func(n *syncrun.Newcomer) bool { return takes[n.Seq] }
	for _, r := range rows {
		switch {
		case !picked[r.seq]:
		case waits(r.kinds):
			w.Waiting++
		default:
			takes[r.seq] = true
			w.Counts.Add(r.action)
			w.SeatsAfter += r.seats
			if _, asked := slices.BinarySearch(a.only, r.seq); !asked {
				w.Extra++
			}
		}
	}
	return w, nil
}

// openRow is what counting needs of a change that is not applied yet.
type openRow struct {
	seq    int64
	key    directory.Key
	needs  []directory.Key
	action plan.Action
	kinds  plan.KindSet
	seats  int // how many more seats it takes
}

// scanLimit is how many rows are read at a time when all of them are looked at.
const scanLimit = 1000

// eachRow looks at every row of a plan that a query picks, in order.
func (p *pages) eachRow(ctx context.Context, planID string, q view.PlanQuery, do func(*syncrun.StoredItem)) error {
	for q.Limit = scanLimit; ; {
		found, err := p.Views.PlanRows(ctx, planID, q)
		if err != nil {
			return err
		}
		for i := range found.Items {
			do(&found.Items[i])
		}
		if q.After = found.Next; q.After == "" {
			return nil
		}
	}
}

// openRows reads the changes of a plan that are not applied yet and matter to those that were picked: all, when
// one of them is tied to another person's.
func (p *pages) openRows(ctx context.Context, s *view.PlanSummary, a *asked) ([]openRow, error) {
	var out []openRow
	add := func(it *syncrun.StoredItem) {
		c := it.Change
		if c == nil || it.RunID != "" {
			return
		}
		out = append(out, openRow{seq: it.Seq, key: c.Key(), needs: c.DependsOn, action: c.Action, kinds: c.Kinds,
			seats: c.StatusAfter.Seats() - c.StatusBefore.Seats()})
	}
	q := view.PlanQuery{Part: view.PartChanges}
	if len(a.only) > rowsPerPage {
		err := p.eachRow(ctx, s.Info.ID, q, add)
		return out, err
	}
	tied := false
	for _, seq := range a.only {
		it, err := p.Views.PlanRow(ctx, s.Info.ID, seq)
		if errors.Is(err, directory.ErrNotFound) {
			continue // pick says so
		}
		if err != nil {
			return nil, err
		}
		if it.Change != nil && it.Change.Group == nil {
			add(&it)
			tied = tied || slices.ContainsFunc(it.Change.DependsOn, func(k directory.Key) bool { return strings.HasPrefix(string(k), string(directory.PersonKey(""))) })
		}
	}
	if tied {
		out = nil
	} else {
		q.Actions = []plan.Action{plan.CreateDepartment, plan.CreateTeam}
	}
	err := p.eachRow(ctx, s.Info.ID, q, add)
	return out, err
}

// pick returns the rows that were asked for and those they depend on, as the engine takes them.
func pick(rows []openRow, only []int64) (map[int64]bool, error) {
	at, bySeq := map[directory.Key]int64{}, map[int64]*openRow{}
	for i := range rows {
		at[rows[i].key], bySeq[rows[i].seq] = rows[i].seq, &rows[i]
	}
	out := map[int64]bool{}
	for next := slices.Clone(only); len(next) > 0; {
		seq := next[0]
		next = next[1:]
		r := bySeq[seq]
		if r == nil {
			return nil, &gate.InputError{Field: "only", Text: fmt.Sprintf("this plan has no open change at position %d; go back to the preview and pick again", seq)}
		}
		if out[seq] {
			continue
		}
		out[seq] = true
		for _, key := range r.needs {
			if on, planned := at[key]; planned {
				next = append(next, on)
			}
		}
	}
	return out, nil
}

// apply applies what was confirmed, in the background. What the form says and what would be done must be
// the same number, because people read the button.
func (p *pages) apply(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &gate.InputError{Field: "form", Text: "the form cannot be read"}
	}
	page, s, a, err := p.toConfirm(r, r.PostForm)
	if err != nil {
		return err
	}
	again := func(problem string) error {
		page.Problem = problem
		return ui.Render(w, r, http.StatusUnprocessableEntity, confirmView(page))
	}
	switch {
	case page.Problem != "":
		return again(page.Problem)
	case page.wrong():
		return again("A count does not fit; nothing was applied.")
	case refusedTo(page.Choices, a) != "":
		return again(refusedTo(page.Choices, a))
	case page.Button == "":
		return again("Nothing can be applied: what is left waits.")
	case r.PostForm.Get("count") != strconv.Itoa(page.Work.Counts.Changes()):
		return again("Nothing was applied yet. With what you let through it is " + ui.Count(page.Work.Counts.Changes(), "change", "changes") + " now. Look at the counts and press the button again.")
	}
	request := a.request(s.Info.ID)
	if in := page.Invites; in.Label != "" && in.Text == "" {
		if in.Ticked && r.PostForm.Get("invites") != strconv.Itoa(in.People) {
			return again("Nothing was applied yet. With what you let through, " + ui.Count(in.People, "person is", "people are") + " invited now. Look at the counts and press the button again.")
		}
		request.Invite = &in.Ticked
	}
	_, err = p.Connections.Apply(r.Context(), viewer(r).Actor(), s.Info.Connection, request)
	if second := new(connection.SecondPersonError); errors.As(err, &second) {
		return again(second.Why)
	}
	if problem := gate.Classify(err); err != nil && problem.Status == http.StatusConflict {
		return again(onScreen(problem.Detail))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/connections/"+s.Info.Connection+"/progress", http.StatusSeeOther)
	return nil
}

// refusedTo says why somebody who typed the count of a refused kind may not release it.
func refusedTo(choices []choice, a asked) string {
	for _, c := range choices {
		if a.typed[c.Kind] != "" && c.Why != "" {
			return c.Why
		}
	}
	return ""
}

// wrong tells whether a field has an error, which is then read first, and with its problem.
func (page *confirmPage) wrong() bool {
	return slices.ContainsFunc(page.Choices, func(c choice) bool { return c.Error != "" })
}

// open tells whether the viewer could let something through that waits.
func (page *confirmPage) open() bool {
	return slices.ContainsFunc(page.Choices, func(c choice) bool { return c.Why == "" })
}
