package connections

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/policy"
)

// unsavedState is what there is to say about changes that the viewer typed before and did not save.
type unsavedState int

const (
	unsavedNone      unsavedState = iota
	unsavedGone                   // somebody came back for them, and they are not kept any more
	unsavedWaiting                // they wait; the form shows what is saved
	unsavedOpen                   // the form shows them
	unsavedOvertaken              // they began with settings that are no longer in force
)

// unsavedNote says it.
type unsavedNote struct {
	State     unsavedState
	ID, Form  string
	At, Until time.Time
	Began     int64        // version
	Since     []versionRow // what was saved after it, newest first
	Typed     bool         // the form below shows them, to go on with
}

// openedForm is a form of settings as it is opened: with what is in force, or with what was typed before.
type openedForm struct {
	Values url.Values
	Note   unsavedNote
	Edit   bool
}

// open opens a form. While changes wait that the viewer has neither taken up nor discarded, it is shown but cannot
// be typed into, so that none of the two is lost to the other.
func (p *pages) open(r *http.Request, d *connection.Detail, f form.Form) (openedForm, error) {
	out := openedForm{Values: f.Values(d.Settings), Note: unsavedNote{ID: d.ID, Form: f.Name}, Edit: editable(r.Context(), d)}
	back, known := r.URL.Query().Has("unsaved"), ""
	u, err := p.unsavedOf(r, d, f)
	if err != nil {
		return out, err
	}
	switch {
	case u == nil && back:
		out.Note.State = unsavedGone
	case u == nil:
	case u.Version != d.Version.Number:
		out.Note.State, out.Edit = unsavedOvertaken, false
		if out.Note.Since, err = p.savedSince(r, d, u.Version); err != nil {
			return out, err
		}
	case back:
		out.Note.State, out.Values = unsavedOpen, url.Values(u.Fields)
	default:
		out.Note.State, out.Edit = unsavedWaiting, false
	}
	if u != nil {
		out.Note.At, out.Note.Until, out.Note.Began, known = u.At, u.Until(), u.Version, strconv.FormatInt(u.At.UnixMilli(), 10)
	}
	stamp(out.Values, d.Version.Number, p.newTab(), known)
	return out, nil
}

// stamp gives a form what tells later what it began with: the version in force, the page, and the unsaved changes
// that the page knew of.
func stamp(v url.Values, version int64, tab, known string) {
	v.Set("version", strconv.FormatInt(version, 10))
	v.Set("tab", tab)
	v.Set("kept", known)
}

// unsavedOf returns the viewer's unsaved changes of a form, nil when there are none that can be saved or all of them
// stand in the settings by now.
func (p *pages) unsavedOf(r *http.Request, d *connection.Detail, f form.Form) (*connection.Unsaved, error) {
	if !editable(r.Context(), d) {
		return nil, nil
	}
	u, err := p.Connections.Unsaved(r.Context(), screen.Actor(r), d.ID, f.Name)
	if err != nil || u == nil || !f.Changes(u.Fields, d.Settings) {
		return nil, err
	}
	return u, nil
}

// savedSince lists the versions after one.
func (p *pages) savedSince(r *http.Request, d *connection.Detail, began int64) ([]versionRow, error) {
	rows, err := p.versionRows(r, d)
	return slices.DeleteFunc(rows, func(v versionRow) bool { return v.Number <= began }), err
}

// keep keeps what a form was sent with, so that it is lost neither to a refusal nor to a closed lid. It returns nil
// when the form says what is in force.
func (p *pages) keep(r *http.Request, d *connection.Detail, f form.Form, values url.Values) (*connection.Unsaved, error) {
	u := connection.Unsaved{Form: f.Name, Version: version(values), Tab: values.Get("tab"), Fields: f.Kept(values)}
	if u.Version < 1 || !editable(r.Context(), d) {
		return nil, nil
	}
	known := time.Time{}
	if ms, err := strconv.ParseInt(values.Get("kept"), 10, 64); err == nil {
		known = time.UnixMilli(ms)
	}
	if !f.Changes(u.Fields, d.Settings) {
		before, err := p.Connections.Unsaved(r.Context(), screen.Actor(r), d.ID, f.Name)
		if err == nil && before != nil && (before.Tab == u.Tab || before.At.Equal(known)) { // taken back where it was typed
			err = p.Connections.DropUnsaved(r.Context(), screen.Actor(r), d.ID, f.Name)
		}
		return nil, err
	}
	u, err := p.Connections.KeepUnsaved(r.Context(), screen.Actor(r), d.ID, u, known)
	return &u, err
}

// kept is what a refused form says about what was typed: it is overtaken when somebody saved meanwhile.
func (p *pages) kept(r *http.Request, d *connection.Detail, f form.Form, values url.Values) (unsavedNote, error) {
	note := unsavedNote{ID: d.ID, Form: f.Name}
	u, err := p.unsavedOf(r, d, f)
	if began := version(values); err != nil || u == nil || began < 1 || began == d.Version.Number {
		return note, err
	}
	note.State, note.Typed, note.At, note.Until, note.Began = unsavedOvertaken, true, u.At, u.Until(), u.Version
	note.Since, err = p.savedSince(r, d, u.Version)
	return note, err
}

// unsaved leads from a preview back to the form that it was made with.
func (p *pages) unsaved(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	name, newest := form.Mapping().Name, time.Time{}
	for _, f := range form.Forms() {
		u, err := p.unsavedOf(r, &d, f)
		if err != nil {
			return err
		}
		if u != nil && u.At.After(newest) {
			name, newest = f.Name, u.At
		}
	}
	http.Redirect(w, r, screen.Path(d.ID, name)+"?unsaved=1", http.StatusSeeOther)
	return nil
}

// settleUnsaved discards unsaved changes, or lays them over what was saved since.
func (p *pages) settleUnsaved(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	forms := form.Forms()
	i := slices.IndexFunc(forms, func(f form.Form) bool { return f.Name == values.Get("form") })
	if i < 0 {
		return &gate.InputError{Field: "form", Text: "this is no form of a connection; go back and choose again"}
	}
	if values.Get("action") == "reapply" {
		return p.reapply(w, r, &d, forms[i])
	}
	if err := p.Connections.DropUnsaved(r.Context(), screen.Actor(r), d.ID, forms[i].Name); err != nil {
		return err
	}
	return p.Done(w, r, screen.Path(d.ID, forms[i].Name), "What was not saved is gone.")
}

// reapply makes the viewer's unsaved changes ones of the settings in force: what was saved since stays, except where
// they change the same. Nothing is saved yet.
func (p *pages) reapply(w http.ResponseWriter, r *http.Request, d *connection.Detail, f form.Form) error {
	to := screen.Path(d.ID, f.Name)
	u, err := p.unsavedOf(r, d, f)
	if err != nil {
		return err
	}
	if u == nil {
		return p.Done(w, r, to, "Nothing is left to re-apply: what you changed stands in the settings.")
	}
	began, err := p.settingsAt(r, d, u.Version)
	if err != nil {
		return err
	}
	next := connection.Unsaved{Form: f.Name, Version: d.Version.Number, Tab: u.Tab, Fields: f.Merged(f.Values(began), u.Fields, f.Values(d.Settings))}
	if !f.Changes(next.Fields, d.Settings) {
		if err := p.Connections.DropUnsaved(r.Context(), screen.Actor(r), d.ID, f.Name); err != nil {
			return err
		}
		return p.Done(w, r, to, "Nothing is left to re-apply: what you changed stands in the settings.")
	}
	if _, err := p.Connections.KeepUnsaved(r.Context(), screen.Actor(r), d.ID, next, u.At); err != nil {
		return err
	}
	return p.Done(w, r, to+"?unsaved=1", "Your changes are laid over version "+strconv.FormatInt(d.Version.Number, 10)+". Look at them, then save.")
}

// settingsAt returns the settings of a version.
func (p *pages) settingsAt(r *http.Request, d *connection.Detail, number int64) (policy.Connection, error) {
	all, err := p.Connections.Versions(r.Context(), d.ID)
	if err != nil {
		return policy.Connection{}, err
	}
	i := slices.IndexFunc(all, func(v connection.Version) bool { return v.Number == number })
	if i < 0 {
		return policy.Connection{}, &gate.InputError{Field: "version", Text: "the settings that your changes began with are not there any more; discard them and make them again"}
	}
	c, faults := policy.ParseSettings([]byte(all[i].YAML))
	if len(faults) > 0 {
		return policy.Connection{}, &connection.SettingsError{Faults: faults}
	}
	return c, nil
}
