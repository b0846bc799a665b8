package connections

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
)

// mappingPage is the form with a row for every directory field that BambooHR fills.
type mappingPage struct {
	connection.Detail
	Values    url.Values
	Errors    ui.Errors
	Rows      []mapRow
	Setup     bool // second step of a set-up
	Edit      bool
	Note      unsavedNote
	Kept      *connection.Unsaved // what was typed just now, nil when it is what is saved
	Live      bool                // examples are filled in
	State     liveState
	Fields    []connection.FieldChoice
	HasFields bool
	AddError  string
}

// mapRow is a row with what is told about it.
type mapRow struct {
	form.MapRow
	Focus bool // just added
	Live  rowLive
}

// rowLive is what a row does to real people.
type rowLive struct {
	Examples []connection.Example
	Errors   []rowError
	Waiting  bool // nothing was looked up yet
}

type rowError struct{ Text, Caret string }

// liveState sums a form up while it is typed.
type liveState struct {
	Faults int
	Note   string // why there are no examples or counts, "" when there are
	Text   string
}

func (p *pages) mapping(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	opened, err := p.open(r, &d, form.Mapping())
	if err != nil {
		return err
	}
	page := p.mappingPageOf(r, d, opened.Values)
	page.Note, page.Edit = opened.Note, opened.Edit
	if r.URL.Query().Get("setup") != "" {
		page.Setup = true
	}
	if r.URL.Query().Get("examples") != "" {
		if err := p.examples(r.Context(), &page); err != nil {
			return err
		}
		p.fields(r.Context(), &page)
	}
	return ui.Render(w, r, http.StatusOK, mapping(page))
}

func (p *pages) mappingPageOf(r *http.Request, d connection.Detail, values url.Values) mappingPage {
	page := mappingPage{Detail: d, Values: values, Setup: values.Get("setup") != "", Edit: editable(r.Context(), &d)}
	for _, row := range form.MapRows(values) {
		page.Rows = append(page.Rows, mapRow{MapRow: row, Live: rowLive{Waiting: true}})
	}
	return page
}

// saveMapping saves the rows, shows their effect without saving, or changes which rows there are.
func (p *pages) saveMapping(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	refuse := func(wrong ui.Errors) error { return p.refuseMapping(w, r, values, wrong) }
	action, target, _ := strings.Cut(values.Get("action"), ":")
	if action == "add" || action == "remove" {
		return p.changeRows(w, r, d, values, action, target)
	}
	if _, err := p.keep(r, &d, form.Mapping(), values); err != nil {
		return err
	}
	switch action {
	case "reapply":
		return p.reapply(w, r, &d, form.Mapping())
	case "preview":
		return p.previewUnsaved(w, r, &d, values, form.MappingPatch(values, d.Settings.Mapping), refuse)
	}
	saved, err := p.Connections.Save(r.Context(), screen.Actor(r), d.ID, version(values), form.MappingPatch(values, d.Settings.Mapping).Bytes())
	if wrong, ok := screen.Errors(err, form.RowFields(form.MapRows(values))...); ok {
		return refuse(wrong)
	}
	if err != nil {
		return err
	}
	if err := p.Connections.DropUnsaved(r.Context(), screen.Actor(r), d.ID, form.Mapping().Name); err != nil {
		return err
	}
	if values.Get("setup") != "" && saved.Unasked == "" {
		return p.preview(w, r, d.ID, nil, "The mapping is saved. This is what a first run would do.", "?setup=1")
	}
	return p.saved(w, r, &d, saved, screen.Path(d.ID, "mapping"))
}

// previewUnsaved plans with a form that is not saved; it is kept for afterwards.
func (p *pages) previewUnsaved(w http.ResponseWriter, r *http.Request, d *connection.Detail, values url.Values, patch form.Document, refuse func(ui.Errors) error) error {
	if !editable(r.Context(), d) {
		return &connection.ReadOnlyError{Name: d.Name, Origin: d.Origin}
	}
	_, faults, err := p.Connections.Draft(r.Context(), d.ID, patch.Bytes())
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		wrong, _ := screen.Errors(&connection.SettingsError{Faults: faults}, append(form.RowFields(form.MapRows(values)), form.ScopeFields(values)...)...)
		return refuse(wrong)
	}
	return p.preview(w, r, d.ID, patch.Bytes(), "This preview uses settings that are not saved. They wait for you in the form.", "")
}

func (p *pages) refuseMapping(w http.ResponseWriter, r *http.Request, values url.Values, wrong ui.Errors) error {
	d, err := p.Detail(r) // anew: somebody else may have saved
	if err != nil {
		return err
	}
	page := p.mappingPageOf(r, d, values)
	if page.Note, err = p.kept(r, &d, form.Mapping(), values); err != nil {
		return err
	}
	page.Errors = maps.Clone(wrong)
	for i := range page.Rows {
		row := &page.Rows[i]
		row.Live = rowLive{Errors: rowErrors(*row, wrong)}
		for _, field := range form.RowFields([]form.MapRow{row.MapRow}) {
			if wrong[field] != "" { // above the form, without its row beside it
				page.Errors[field] = row.Label + ": " + wrong[field]
			}
		}
	}
	return ui.Render(w, r, http.StatusUnprocessableEntity, mapping(page))
}

// changeRows shows the form with a row more or less; nothing is saved yet.
func (p *pages) changeRows(w http.ResponseWriter, r *http.Request, d connection.Detail, values url.Values, action, target string) error {
	added, fault, status := "", "", http.StatusOK
	if action == "remove" {
		form.RemoveRow(values, target)
	} else if added, fault = form.AddRow(values); fault != "" {
		status = http.StatusUnprocessableEntity
	}
	page := p.mappingPageOf(r, d, values)
	page.AddError = fault
	var err error
	if page.Kept, err = p.keep(r, &d, form.Mapping(), values); err != nil {
		return err
	}
	if err := p.examples(r.Context(), &page); err != nil {
		return err
	}
	for i := range page.Rows {
		row := &page.Rows[i]
		if row.Focus = row.Target == added; row.Focus && len(row.From) == 0 { // nothing is wrong with it yet
			row.Live, page.State = rowLive{Waiting: true}, liveState{Note: page.State.Note}
		}
	}
	return ui.Render(w, r, status, mapping(page))
}

// checkMapping answers what rows that are being typed do: examples of real people, or what is wrong.
func (p *pages) checkMapping(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	page := p.mappingPageOf(r, d, values)
	if page.Kept, err = p.keep(r, &d, form.Mapping(), values); err != nil {
		return err
	}
	if err := p.examples(r.Context(), &page); err != nil {
		return err
	}
	if values.Get("first") != "" {
		p.fields(r.Context(), &page)
	}
	return ui.Render(w, r, http.StatusOK, mappingCheck(page))
}

// examples fills in what each row gives for real people. Rows with faults say so; where BambooHR cannot be
// asked, the page says why and works without.
func (p *pages) examples(ctx context.Context, page *mappingPage) error {
	patch := form.MappingPatch(page.Values, page.Settings.Mapping)
	_, faults, err := p.Connections.Draft(ctx, page.ID, patch.Bytes())
	if err != nil {
		return err
	}
	wrong := form.Placed(faults, form.RowFields(form.MapRows(page.Values))...)
	bad := page.mark(wrong)
	if len(faults) > 0 {
		patch = patch.Without(func(target string) bool { return bad[target] || patch["mapping"].(form.Document)[target] == nil })
	}
	found, err := p.Connections.Examples(ctx, page.ID, patch.Bytes())
	if refused, ok := errors.AsType[*connection.SettingsError](err); ok && len(faults) == 0 { // the company has no such field
		wrong = form.Placed(refused.Faults, form.RowFields(form.MapRows(page.Values))...)
		if bad = page.mark(wrong); len(bad) > 0 {
			patch = patch.Without(func(target string) bool { return bad[target] }) // what is in force stands for them
			found, err = p.Connections.Examples(ctx, page.ID, patch.Bytes())
			if _, still := errors.AsType[*connection.SettingsError](err); still { // and does not fit either
				for target := range bad {
					patch["mapping"].(form.Document)[target] = nil
				}
				found, err = p.Connections.Examples(ctx, page.ID, patch.Bytes())
			}
		}
	}
	if err != nil {
		page.State.Note = unavailable(err)
		if page.State.Note == "" {
			return err
		}
	}
	for i := range page.Rows {
		if row := &page.Rows[i]; !bad[row.Target] {
			row.Live.Examples = found[row.Target]
		}
	}
	page.Live = true
	page.State.Text = mappingState(page.State.Faults, wrong[""])
	return nil
}

// mark puts faults beside their rows and returns the fields of those rows.
func (page *mappingPage) mark(wrong ui.Errors) map[string]bool {
	bad := map[string]bool{}
	for i := range page.Rows {
		row := &page.Rows[i]
		row.Live = rowLive{Errors: rowErrors(*row, wrong)}
		if len(row.Live.Errors) > 0 {
			bad[row.Target] = true
		}
	}
	page.State.Faults = len(bad)
	return bad
}

// mappingState is one sentence on the form as a whole.
func mappingState(faults int, whole string) string {
	switch {
	case whole != "":
		return whole
	case faults > 0:
		return ui.Count(faults, "row needs", "rows need") + " a look."
	}
	return "Every row can be used."
}

// unavailable words why real values cannot be shown, "" for an error that is no reason to go on.
func unavailable(err error) string {
	if _, ok := errors.AsType[*connection.SettingsError](err); ok {
		return "they appear once no row has a fault."
	}
	problem := gate.Classify(err)
	if problem.Status == http.StatusInternalServerError || problem.Code == "cancelled" {
		return ""
	}
	return problem.Title + ". " + problem.Detail
}

// fields adds what the company's own field list proposes; without it any alias can still be typed.
func (p *pages) fields(ctx context.Context, page *mappingPage) {
	choices, err := p.Connections.Fields(ctx, page.ID)
	if err != nil { // the examples tell why BambooHR does not answer
		return
	}
	page.Fields, page.HasFields = choices, true
}

// rowErrors are the faults of one row, with a pointer into its expression.
func rowErrors(row mapRow, wrong ui.Errors) []rowError {
	var out []rowError
	for _, field := range form.RowFields([]form.MapRow{row.MapRow}) {
		text := wrong[field]
		if text == "" || slices.ContainsFunc(out, func(e rowError) bool { return e.Text == text }) {
			continue
		}
		e := rowError{Text: text}
		if row.How == form.ByExpr {
			e.Caret = form.Caret(row.Expr, text)
		}
		out = append(out, e)
	}
	return out
}

// source words the BambooHR values behind an example.
func sourceText(e connection.Example) string {
	parts := make([]string, len(e.Source))
	for i, s := range e.Source {
		switch s.State {
		case "blank", "unreadable":
			parts[i] = s.Field + " " + s.State
		default:
			parts[i] = s.Field + " " + s.Value
		}
	}
	return strings.Join(parts, ", ")
}

// plain tells an example that needs no source beside it: its only source says the same, or BambooHR tells the
// value for a later day only.
func plain(e connection.Example) bool {
	return e.Note == "" && len(e.Source) == 1 && (e.Source[0].Value == e.Value || e.Source[0].State == "blank")
}

// authorities are the answers to who wins (contradiction C2).
func authorities() []ui.Option {
	return []ui.Option{
		{Value: string(policy.AuthorityOverwrite), Text: "Overwritten"},
		{Value: string(policy.AuthorityLocked), Text: "Locked"},
		{Value: string(policy.AuthorityOnCreate), Text: "Only at first"},
		{Value: string(policy.AuthorityFillEmpty), Text: "While empty"},
		{Value: string(policy.AuthorityLocal), Text: "Never written"},
	}
}

func customTypes() []ui.Option {
	return []ui.Option{{Value: "text", Text: "Text"}, {Value: "number", Text: "Number"}, {Value: "date", Text: "Date"}, {Value: "boolean", Text: "Yes or no"}, {Value: "list", Text: "List"}}
}
