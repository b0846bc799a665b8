package exceptions

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/page/holdform"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// freezeRow is a freeze in force.
type freezeRow struct {
	directory.Freeze
	What string // in words
	Who  string
}

// freezePage is one freeze with what it holds back.
type freezePage struct {
	connection.Detail
	Freeze    freezeRow
	Q         string
	Rows      []frozenRow
	Next      string      // address of the rows that follow
	Plan      bool        // there was a plan since the freeze began
	Later     []freezeRow // freezes that keep some of the same fields for longer
	Operate   bool
	Configure bool
}

// frozenRow is one field of one person that waits.
type frozenRow struct {
	plan.Held
	What, Now, Waits string
}

// freezeForm asks what is frozen, until when and why.
type freezeForm struct {
	connection.Detail
	Values url.Values
	Errors ui.Errors
}

// shownFrozen is how many rows of the held-back list one page has.
const shownFrozen = 50

// freezes are the connection's freezes in force, those that end first above.
func (p *pages) freezes(ctx context.Context, id string) ([]freezeRow, error) {
	editor, err := p.Connections.Editor(ctx, "", id)
	if err != nil {
		return nil, err
	}
	all, err := editor.Freezes(ctx)
	if err != nil {
		return nil, err
	}
	var actors []string
	for i := range all {
		actors = append(actors, all[i].CreatedBy)
	}
	names, err := p.Actors(ctx, actors...)
	if err != nil {
		return nil, err
	}
	var out []freezeRow
	for _, f := range all {
		out = append(out, freezeRow{f, words.Fields(f.What), screen.Who(f.CreatedBy, names)})
	}
	slices.SortStableFunc(out, func(a, b freezeRow) int { return byEnd(a.Until, b.Until) })
	return out, nil
}

// verb agrees with what is frozen.
func (f freezeRow) verb() string {
	if len(f.Freeze.What) == 1 && len(directory.FieldGroup(f.Freeze.What[0]).Fields()) == 0 {
		return "is"
	}
	return "are"
}

// groupText says which fields a group has.
func groupText(g directory.FieldGroup) string {
	var names []string
	for _, f := range g.Fields() {
		names = append(names, strings.ToLower(form.Label(string(f))))
	}
	return strings.Join(names, ", ")
}

func (p *pages) askFreeze(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, freezeDialog(freezeForm{d, url.Values{}, nil}))
}

func (p *pages) addFreeze(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	wrong := ui.Errors{}
	what := values["what"]
	if field := values.Get("field"); field != "" {
		what = append(slices.Clip(what), field)
	}
	if len(what) == 0 {
		wrong["what"] = "Choose at least one group, or a single field."
	}
	if values.Get("reason") == "" {
		wrong["reason"] = "Say why, for whoever finds the freeze later."
	}
	until, err := screen.LastDay(values.Get("until"), screen.Zone(d.TimeZone))
	if more, ok := screen.Errors(err, "until"); ok {
		wrong["until"] = more["until"]
	} else if err != nil {
		return err
	}
	if len(wrong) == 0 {
		editor, err := p.Connections.Editor(r.Context(), screen.Actor(r), d.ID)
		if err != nil {
			return err
		}
		_, err = editor.AddFreeze(r.Context(), what, until, values.Get("reason"))
		input, refused := errors.AsType[*syncrun.InputError](err)
		if refused {
			wrong[input.Field] = form.Sentence(input.Text)
		} else if err != nil {
			return err
		}
	}
	if len(wrong) > 0 {
		return ui.Render(w, r, http.StatusUnprocessableEntity, freezeDialog(freezeForm{d, values, wrong}))
	}
	return p.Done(w, r, screen.Path(d.ID, "holds"), words.Fields(what)+": runs leave this as it is now.")
}

// findFreeze finds the freeze in force that a request names.
func (p *pages) findFreeze(r *http.Request) (connection.Detail, freezeRow, error) {
	d, err := p.Detail(r)
	if err != nil {
		return d, freezeRow{}, err
	}
	all, err := p.freezes(r.Context(), d.ID)
	if err != nil {
		return d, freezeRow{}, err
	}
	i := slices.IndexFunc(all, func(f freezeRow) bool { return f.ID == r.PathValue("freeze") })
	if i < 0 {
		return d, freezeRow{}, directory.ErrNotFound
	}
	return d, all[i], nil
}

// outlasting are the freezes that keep some of a freeze's fields for longer: what waits stands with them.
func (p *pages) outlasting(ctx context.Context, id string, f *directory.Freeze) ([]freezeRow, error) {
	all, err := p.freezes(ctx, id)
	return slices.DeleteFunc(all, func(o freezeRow) bool { return !o.EndsAfter(f) || !o.Overlaps(f) }), err
}

// freeze shows whom a freeze holds back, by the newest plan.
func (p *pages) freeze(w http.ResponseWriter, r *http.Request) error {
	d, f, err := p.findFreeze(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	page := freezePage{Detail: d, Freeze: f, Q: strings.TrimSpace(r.URL.Query().Get("q")), Operate: may(r, account.Operate), Configure: may(r, account.Configure)}
	if page.Later, err = p.outlasting(ctx, d.ID, &f.Freeze); err != nil {
		return err
	}
	newest, err := p.Views.NewestPlan(ctx, d.ID)
	if err != nil {
		return err
	}
	if newest == "" {
		return ui.Render(w, r, http.StatusOK, freeze(page))
	}
	page.Plan = true
	rows, err := p.Views.PlanRows(ctx, newest, view.PlanQuery{Part: view.PartHeld, Freeze: f.ID, Q: page.Q, After: r.URL.Query().Get("after"), Limit: shownFrozen})
	if err != nil {
		return err
	}
	for _, it := range rows.Items {
		c := &it.Held.Frozen.Change
		page.Rows = append(page.Rows, frozenRow{*it.Held, form.Label(string(c.Field)), shownValue(c.Kind, c.Before), shownValue(c.Kind, c.After)})
	}
	if rows.Next != "" {
		page.Next = screen.Path(d.ID, "freezes", url.PathEscape(f.ID)) + "?" + url.Values{"q": {page.Q}, "after": {rows.Next}}.Encode()
	}
	return ui.Render(w, r, http.StatusOK, freeze(page))
}

// shownValue is a canonical value for a reader; "" is blank.
func shownValue(kind directory.Kind, text string) string {
	if kind == directory.KindList {
		return strings.Join(directory.SplitList(text), ", ")
	}
	return text
}

// previewCatchUp shows what would change if every freeze ended now.
func (p *pages) previewCatchUp(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	return p.Preview(w, r, d.ID, connection.PreviewRequest{WithoutFreezes: true}, "", "")
}

func (p *pages) askEndFreeze(w http.ResponseWriter, r *http.Request) error {
	d, f, err := p.findFreeze(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, endFreezeDialog(freezePage{Detail: d, Freeze: f, Operate: may(r, account.Operate)}))
}

// endFreeze ends a freeze and makes the ordinary preview of what that lets through.
func (p *pages) endFreeze(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	editor, err := p.Connections.Editor(r.Context(), screen.Actor(r), d.ID)
	if err != nil {
		return err
	}
	if err := editor.EndFreeze(r.Context(), r.PathValue("freeze")); err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err // gone already: somebody was faster, or it ended by itself
	}
	return p.Preview(w, r, d.ID, connection.PreviewRequest{}, "The freeze is over. The next run catches up with what waited.", "")
}

// freezeFields are the single fields that can be frozen.
func freezeFields(d *connection.Detail) []ui.Option {
	fields := slices.DeleteFunc(holdform.Fields(&d.Settings), func(o ui.Option) bool { return o.Value == string(directory.DeactivationDate) })
	return append([]ui.Option{{Text: "No single field"}}, fields...)
}
