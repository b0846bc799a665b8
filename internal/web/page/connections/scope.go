package connections

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
)

// scopePage is the form that decides who takes part, when people come and when they leave.
type scopePage struct {
	connection.Detail
	Values     url.Values
	Errors     ui.Errors
	Include    []ruleRow
	Exclude    []ruleRow
	Statuses   []statusChoice
	HasValues  bool // the company's own statuses are listed
	Signals    map[policy.Signal]ruleLive
	NoStatus   ruleLive
	View       connection.ScopeView
	State      liveState
	Live       bool
	Edit       bool
	Note       unsavedNote
	Kept       *connection.Unsaved // what was typed just now, nil when it is what is saved
	FieldNames []connection.FieldChoice
}

// ruleRow is a rule with what is told about it.
type ruleRow struct {
	form.RuleRow
	Error string
	Focus bool // just added
	Live  ruleLive
}

func rulesOf(values url.Values, list string) []ruleRow {
	var out []ruleRow
	for _, r := range form.RuleRows(values, list) {
		out = append(out, ruleRow{RuleRow: r})
	}
	return out
}

// ruleLive is whom a rule concerns right now.
type ruleLive struct {
	Known   bool
	People  int
	Unknown int
	Names   []string
	Values  []string // what the field can say, when the rule concerns nobody
}

// statusChoice is one employment status that can be blocked.
type statusChoice struct {
	Name    string
	Ticked  bool
	Foreign bool // BambooHR does not list it
	Live    ruleLive
}

const (
	employment      = "employmentHistoryStatus"
	statusesPlace   = "scope.block_statuses"
	noStatusPlace   = "scope.no_status"
	maxValuesListed = 20
)

func (p *pages) scope(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	opened, err := p.open(r, &d, form.Scope())
	if err != nil {
		return err
	}
	page := scopePageOf(r.Context(), d, opened.Values)
	page.Note, page.Edit = opened.Note, opened.Edit
	if r.URL.Query().Get("examples") != "" {
		if err := p.counts(r.Context(), &page, true); err != nil {
			return err
		}
	}
	return ui.Render(w, r, http.StatusOK, scope(page))
}

func scopePageOf(ctx context.Context, d connection.Detail, values url.Values) scopePage {
	page := scopePage{Detail: d, Values: values, Include: rulesOf(values, "include"), Exclude: rulesOf(values, "exclude"),
		Signals: map[policy.Signal]ruleLive{}, Edit: editable(ctx, &d)}
	page.Statuses, page.HasValues = statuses(values["known"], form.Blocked(values)), len(values["known"]) > 0
	return page
}

// statuses lists the company's own employment statuses, and what is blocked beside them.
func statuses(own, blocked []string) []statusChoice {
	var out []statusChoice
	for _, s := range own {
		if !slices.ContainsFunc(out, func(have statusChoice) bool { return policy.SameStatus(have.Name, s) }) {
			out = append(out, statusChoice{Name: s, Ticked: slices.ContainsFunc(blocked, func(b string) bool { return policy.SameStatus(b, s) })})
		}
	}
	for _, b := range blocked {
		if !slices.ContainsFunc(own, func(s string) bool { return policy.SameStatus(b, s) }) {
			out = append(out, statusChoice{Name: b, Ticked: true, Foreign: len(own) > 0})
		}
	}
	return out
}

// saveScope saves the form, shows its effect without saving, or changes which rules there are.
func (p *pages) saveScope(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	refuse := func(wrong ui.Errors) error { return p.refuseScope(w, r, values, wrong) }
	action, target, _ := strings.Cut(values.Get("action"), ":")
	if action == "add" || action == "remove" {
		return p.changeRules(w, r, d, values, action, target)
	}
	if _, err := p.keep(r, &d, form.Scope(), values); err != nil {
		return err
	}
	switch action {
	case "reapply":
		return p.reapply(w, r, &d, form.Scope())
	case "preview":
		return p.previewUnsaved(w, r, &d, values, form.ScopePatch(values), refuse)
	}
	saved, err := p.Connections.Save(r.Context(), screen.Actor(r), d.ID, version(values), form.ScopePatch(values).Bytes())
	if wrong, ok := screen.Errors(err, form.ScopeFields(values)...); ok {
		return refuse(wrong)
	}
	if err != nil {
		return err
	}
	if err := p.Connections.DropUnsaved(r.Context(), screen.Actor(r), d.ID, form.Scope().Name); err != nil {
		return err
	}
	return p.saved(w, r, &d, saved, screen.Path(d.ID, "scope"))
}

func (p *pages) refuseScope(w http.ResponseWriter, r *http.Request, values url.Values, wrong ui.Errors) error {
	d, err := p.Detail(r) // anew: somebody else may have saved
	if err != nil {
		return err
	}
	page := scopePageOf(r.Context(), d, values)
	if page.Note, err = p.kept(r, &d, form.Scope(), values); err != nil {
		return err
	}
	page.refuse(wrong)
	return ui.Render(w, r, http.StatusUnprocessableEntity, scope(page))
}

func (page *scopePage) refuse(wrong ui.Errors) {
	page.Errors = wrong
	for _, rows := range [][]ruleRow{page.Include, page.Exclude} {
		for i := range rows {
			if rows[i].Place != "" {
				rows[i].Error = ruleFault(wrong[rows[i].Place])
			}
		}
	}
}

// ruleFault calls a rule's operator by its name on screen.
func ruleFault(text string) string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(text, "This "), " ")
	for _, o := range operators() {
		if strings.EqualFold(o.Value, first) {
			return "“" + o.Text + "” " + rest
		}
	}
	return text
}

// changeRules shows the form with a rule more or less; nothing is saved yet. target is the list, or the
// list and the row.
func (p *pages) changeRules(w http.ResponseWriter, r *http.Request, d connection.Detail, values url.Values, action, target string) error {
	list, index, _ := strings.Cut(target, ".")
	if !slices.Contains(form.RuleLists(), list) {
		list = form.RuleLists()[0]
	}
	if action == "add" {
		form.AddRule(values, list, "", string(policy.OpIn), "")
	} else if n, err := strconv.Atoi(index); err == nil {
		form.RemoveRule(values, list, n)
	}
	page := scopePageOf(r.Context(), d, values)
	var err error
	if page.Kept, err = p.keep(r, &d, form.Scope(), values); err != nil {
		return err
	}
	rows := page.Include
	if list == "exclude" {
		rows = page.Exclude
	}
	if action == "add" && len(rows) > 0 {
		rows[len(rows)-1].Focus = true
	}
	if err := p.counts(r.Context(), &page, true); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, scope(page))
}

// countScope answers whom the rules that are being typed concern.
func (p *pages) countScope(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	page := scopePageOf(r.Context(), d, values)
	if page.Kept, err = p.keep(r, &d, form.Scope(), values); err != nil {
		return err
	}
	if err := p.counts(r.Context(), &page, values.Get("first") != ""); err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, scopeCounts(page))
}

// counts fills in whom each rule concerns, with all the company's own values for the first time.
func (p *pages) counts(ctx context.Context, page *scopePage, all bool) error {
	patch := form.ScopePatch(page.Values)
	_, faults, err := p.Connections.Draft(ctx, page.ID, patch.Bytes())
	if err != nil {
		return err
	}
	if wrong := form.Placed(faults, form.ScopeFields(page.Values)...); len(wrong) > 0 {
		page.refuse(wrong)
		page.State = liveState{Faults: len(wrong), Text: ui.Count(len(wrong), "entry needs", "entries need") + " a look."}
	}
	if all {
		if own, err := p.Connections.Values(ctx, page.ID, employment); err == nil {
			page.Statuses, page.HasValues = statuses(own, form.Blocked(page.Values)), len(own) > 0
		}
		if names, err := p.Connections.Fields(ctx, page.ID); err == nil {
			page.FieldNames = names
		}
	}
	page.Live = true
	if len(faults) > 0 {
		return nil
	}
	page.View, err = p.Connections.Scope(ctx, page.ID, patch.Bytes())
	if err == nil {
		err = p.countStatuses(ctx, page, patch)
	}
	if refused, ok := errors.AsType[*connection.SettingsError](err); ok { // the company has no such field
		wrong := form.Placed(refused.Faults, form.ScopeFields(page.Values)...)
		page.refuse(wrong)
		page.State = liveState{Faults: len(wrong), Text: ui.Count(len(wrong), "entry needs", "entries need") + " a look."}
		return nil
	}
	if err != nil {
		page.State.Note = unavailable(err)
		if page.State.Note == "" {
			return err
		}
		return nil
	}
	p.fillCounts(ctx, page)
	return nil
}

// countStatuses counts every status as if it were blocked, also those that are not.
func (p *pages) countStatuses(ctx context.Context, page *scopePage, patch form.Document) error {
	if len(page.Statuses) == 0 {
		return nil
	}
	names := make([]string, len(page.Statuses))
	for i, s := range page.Statuses {
		names[i] = s.Name
	}
	scope := form.Document{}
	for key, value := range patch["scope"].(form.Document) {
		scope[key] = value
	}
	scope["block_statuses"] = names
	all, err := p.Connections.Scope(ctx, page.ID, form.Document{"scope": scope}.Bytes())
	if err != nil {
		return err
	}
	for i := range page.Statuses {
		page.Statuses[i].Live = liveOf(all, statusesPlace+"["+strconv.Itoa(i)+"]")
	}
	return nil
}

func (p *pages) fillCounts(ctx context.Context, page *scopePage) {
	for _, rows := range [][]ruleRow{page.Include, page.Exclude} {
		for i := range rows {
			if rows[i].Place == "" {
				continue
			}
			rows[i].Live = liveOf(page.View, rows[i].Place)
			if rows[i].Live.People == 0 {
				if values, err := p.Connections.Values(ctx, page.ID, rows[i].Field); err == nil {
					rows[i].Live.Values = values[:min(len(values), maxValuesListed)]
				}
			}
		}
	}
	for _, sig := range policy.Signals() {
		page.Signals[sig] = liveOf(page.View, form.SignalPlace(sig))
	}
	page.NoStatus = liveOf(page.View, noStatusPlace)
}

// liveOf picks a rule's count.
func liveOf(view connection.ScopeView, place string) ruleLive {
	i := slices.IndexFunc(view.Rules, func(c connection.RuleCount) bool { return c.Place == place })
	if i < 0 {
		return ruleLive{}
	}
	c := view.Rules[i]
	return ruleLive{Known: true, People: c.People, Unknown: c.Unknown, Names: c.Names}
}

// anchored are the errors with the ids of the inputs they stand beside: a rule's are those of its row.
func anchored(p scopePage) ui.Errors {
	out := ui.Errors{}
	anchors := p.anchors()
	for place, text := range p.Errors {
		if anchor, ok := anchors[place]; ok {
			place = anchor
		}
		out[place] = text
	}
	return out
}

// anchors map the places of rules to the ids of their inputs, without the prefix that all fields have.
func (p scopePage) anchors() map[string]string {
	out := map[string]string{}
	for _, r := range slices.Concat(p.Include, p.Exclude) {
		if r.Place != "" {
			out[r.Place] = strings.TrimPrefix(r.ID("field"), "f-")
		}
	}
	return out
}

func anchorOrder(p scopePage) []string {
	anchors, out := p.anchors(), form.ScopeFields(p.Values)
	for i, place := range out {
		out[i] = cmp.Or(anchors[place], place)
	}
	return out
}
