package connections

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
)

// configPage is the form with everything but mapping, scope and lifecycle.
type configPage struct {
	connection.Detail
	Values   url.Values
	Errors   ui.Errors
	Note     unsavedNote
	KeyError string
	KeySetBy string
	Next     scheduleView
	Edit     bool
	KeyEdit  bool
	Delete   bool
}

// scheduleView tells when a schedule would start runs.
type scheduleView struct {
	Times []time.Time
	Zone  *time.Location
	Error string
}

func (p *pages) configuration(w http.ResponseWriter, r *http.Request) error {
	return p.showConfiguration(w, r, http.StatusOK, nil, nil, "")
}

// showConfiguration shows the form: what was typed, or the settings in force.
func (p *pages) showConfiguration(w http.ResponseWriter, r *http.Request, status int, values url.Values, wrong ui.Errors, keyError string) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	opened := openedForm{Values: values, Edit: editable(r.Context(), &d)}
	if values == nil {
		opened, err = p.open(r, &d, form.Configuration())
	} else {
		opened.Note, err = p.kept(r, &d, form.Configuration(), values)
	}
	if err != nil {
		return err
	}
	page := configPage{Detail: d, Values: opened.Values, Errors: wrong, Note: opened.Note, KeyError: keyError, Next: p.scheduleOf(opened.Values),
		Edit: opened.Edit, KeyEdit: editable(r.Context(), &d), Delete: deletable(r, &d)}
	if d.Key != nil {
		names, err := p.Actors(r.Context(), d.Key.SetBy)
		if err != nil {
			return err
		}
		page.KeySetBy = screen.Who(d.Key.SetBy, names)
	}
	return ui.Render(w, r, status, configuration(page))
}

func (p *pages) saveConfiguration(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	if _, err := p.keep(r, &d, form.Configuration(), values); err != nil {
		return err
	}
	if values.Get("action") == "reapply" {
		return p.reapply(w, r, &d, form.Configuration())
	}
	saved, err := p.Connections.Save(r.Context(), screen.Actor(r), d.ID, version(values), form.ConfigPatch(values).Bytes())
	if wrong, ok := screen.Errors(err, form.ConfigFields()...); ok {
		return p.showConfiguration(w, r, http.StatusUnprocessableEntity, values, wrong, "")
	}
	if err != nil {
		return err
	}
	if err := p.Connections.DropUnsaved(r.Context(), screen.Actor(r), d.ID, form.Configuration().Name); err != nil {
		return err
	}
	return p.saved(w, r, &d, saved, screen.Path(d.ID, "configuration"))
}

// saved goes on after settings were saved: to a preview where they plan differently now (promise SI11).
func (p *pages) saved(w http.ResponseWriter, r *http.Request, d *connection.Detail, now connection.Version, back string) error {
	switch {
	case now.Number == d.Version.Number:
		return p.Done(w, r, back, "Nothing was different, so nothing was saved.")
	case now.Unasked != "":
		return p.NotDone(w, r, back, unasked(now))
	case now.Revision == d.Version.Revision:
		return p.Done(w, r, back, fmt.Sprintf("Saved as version %d.", now.Number))
	}
	return p.preview(w, r, d.ID, nil, fmt.Sprintf("Saved as version %d. This is what it does.", now.Number), "")
}

// unasked warns of settings whose new fields nobody could look up.
func unasked(now connection.Version) string {
	return fmt.Sprintf("Saved as version %d, but BambooHR could not be asked whether it has the fields that are new. %s The next preview tells.", now.Number, form.Sentence(now.Unasked))
}

// version is the one that a form began with.
func version(v url.Values) int64 {
	n, err := strconv.ParseInt(v.Get("version"), 10, 64)
	if err != nil || n < 1 {
		return -1 // of no form: the service refuses it as changed meanwhile
	}
	return n
}

// nextRuns answers what a schedule that is being typed means, and keeps the form that it stands in.
func (p *pages) nextRuns(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	kept, err := p.keep(r, &d, form.Configuration(), values)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, configCheck(p.scheduleOf(values), kept))
}

func (p *pages) scheduleOf(values url.Values) scheduleView {
	base := policy.Defaults()
	base.BambooHR.Subdomain = "example" // whatever: only the schedule is looked at
	c, faults := policy.Patch(base, form.SchedulePatch(values).Bytes())
	if len(faults) > 0 {
		return scheduleView{Error: form.Sentence(faults[0].Message)}
	}
	view := scheduleView{Zone: screen.Zone(c.TimeZone)}
	if first := policy.NextRun(c.Schedule, view.Zone, p.Now()); !first.IsZero() {
		view.Times = nextRuns(c.Schedule, view.Zone, first)
	}
	return view
}

// setKey replaces the key by one that works: it is tested before the old one goes.
func (p *pages) setKey(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	if d.Origin != connection.FromWeb {
		return &connection.ReadOnlyError{Name: d.Name, Origin: d.Origin}
	}
	key := values.Get("api_key")
	if key == "" {
		return p.showConfiguration(w, r, http.StatusUnprocessableEntity, nil, nil, "Paste the new key. The old one is still in use.")
	}
	check, err := p.Connections.CheckDraft(r.Context(), d.ID, "", key, nil)
	if err == nil && check.Error != "" {
		err = &connection.SettingsError{Faults: []policy.Fault{{Place: "api_key", Message: ui.Said(check.Error)}}}
	}
	if err == nil {
		err = p.Connections.SetKey(r.Context(), screen.Actor(r), d.ID, key)
	}
	if wrong, ok := screen.Errors(err, "api_key"); ok {
		return p.showConfiguration(w, r, http.StatusUnprocessableEntity, nil, nil, wrong["api_key"]+wrong[""]+" The old key is still in use; paste the new one once more.")
	}
	if err != nil {
		return err
	}
	if _, err := p.Connections.Check(r.Context(), screen.Actor(r), d.ID); err != nil {
		return err
	}
	return p.Done(w, r, screen.Path(d.ID, "check"), "The new key works and is stored.")
}

// deletable tells whether the viewer may take the connection out; one of the operator's file goes with its entry there.
func deletable(r *http.Request, d *connection.Detail) bool {
	return may(r.Context(), account.Configure) && (d.Origin != connection.FromFile || d.Absent)
}

// deletePage says what goes and what stays.
type deletePage struct {
	connection.Detail
	People int
	Typed  string
	Error  string
}

func (p *pages) deletePageOf(r *http.Request) (deletePage, error) {
	d, err := p.Detail(r)
	if err != nil {
		return deletePage{}, err
	}
	n, err := p.Views.CountPeople(r.Context(), connected(d.ID, p.Now()))
	return deletePage{Detail: d, People: n}, err
}

func (p *pages) deleteDialog(w http.ResponseWriter, r *http.Request) error {
	page, err := p.deletePageOf(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, deleteConnection(page))
}

func (p *pages) delete(w http.ResponseWriter, r *http.Request) error {
	page, err := p.deletePageOf(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	if page.Typed = values.Get("confirm"); page.Typed != form.Clean(page.Name) {
		page.Error = "This is not the name. Nothing was deleted."
		return ui.Render(w, r, http.StatusUnprocessableEntity, deleteConnection(page))
	}
	if err := p.Connections.Delete(r.Context(), screen.Actor(r), page.ID); err != nil {
		return err
	}
	return p.Done(w, r, "/connections", fmt.Sprintf("%s is deleted, and its key with it. Its people stay as they are.", page.Name))
}
