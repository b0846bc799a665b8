package connections

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
)

// versionsPage lists every settings that was ever in force, and takes settings as a file.
type versionsPage struct {
	connection.Detail
	Rows   []versionRow
	Text   string // that was handed in and not taken
	Faults []policy.Fault
	Edit   bool
	Export bool
}

type versionRow struct {
	connection.Version
	Who, ApprovedBy string
	Changes         []string
	Current         bool
}

func (p *pages) versions(w http.ResponseWriter, r *http.Request) error {
	return p.showVersions(w, r, http.StatusOK, "", nil)
}

func (p *pages) showVersions(w http.ResponseWriter, r *http.Request, status int, text string, faults []policy.Fault) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	rows, err := p.versionRows(r, &d)
	if err != nil {
		return err
	}
	page := versionsPage{Detail: d, Rows: rows, Text: text, Faults: faults, Edit: editable(r.Context(), &d), Export: d.Origin != connection.FromCLI && !d.Absent}
	return ui.Render(w, r, status, versions(page))
}

func (p *pages) versionRows(r *http.Request, d *connection.Detail) ([]versionRow, error) {
	all, err := p.Connections.Versions(r.Context(), d.ID)
	if err != nil {
		return nil, err
	}
	var actors []string
	for _, v := range all {
		actors = append(actors, v.Actor)
		if v.Approved != nil {
			actors = append(actors, v.Approved.By)
		}
	}
	names, err := p.Actors(r.Context(), actors...)
	if err != nil {
		return nil, err
	}
	out := make([]versionRow, len(all))
	for i, v := range all {
		out[i] = versionRow{Version: v, Who: screen.Who(v.Actor, names), Changes: form.Lines(v.Note), Current: v.Number == d.Version.Number}
		if v.Approved != nil {
			out[i].ApprovedBy = screen.Who(v.Approved.By, names)
		}
	}
	return out, nil
}

// versionPage is one of them.
type versionPage struct {
	connection.Detail
	Row  versionRow
	Edit bool
}

func (p *pages) versionPageOf(r *http.Request) (versionPage, error) {
	d, err := p.Detail(r)
	if err != nil {
		return versionPage{}, err
	}
	rows, err := p.versionRows(r, &d)
	if err != nil {
		return versionPage{}, err
	}
	for _, row := range rows {
		if strconv.FormatInt(row.Number, 10) == r.PathValue("version") {
			return versionPage{Detail: d, Row: row, Edit: editable(r.Context(), &d)}, nil
		}
	}
	return versionPage{}, directory.ErrNotFound
}

func (p *pages) version(w http.ResponseWriter, r *http.Request) error {
	page, err := p.versionPageOf(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, oneVersion(page))
}

func (p *pages) restoreDialog(w http.ResponseWriter, r *http.Request) error {
	page, err := p.versionPageOf(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, restore(page))
}

func (p *pages) restore(w http.ResponseWriter, r *http.Request) error {
	page, err := p.versionPageOf(r)
	if err != nil {
		return err
	}
	saved, err := p.Connections.Restore(r.Context(), screen.Actor(r), page.ID, page.Row.Number)
	if err != nil {
		return err
	}
	return p.saved(w, r, &page.Detail, saved, screen.Path(page.ID, "settings"))
}

// export sends the settings in force as a file; it has no key.
func (p *pages) export(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	text, err := p.Connections.Export(r.Context(), d.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/yaml; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(d.Name)+`"`)
	_, _ = w.Write(text) // an error means that whoever asked is gone
	return nil
}

// fileName makes a name that every system takes.
func fileName(name string) string {
	safe := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c + 'a' - 'A'
		case c == ' ' || c == '-' || c == '_':
			return '-'
		}
		return -1
	}, name)
	if safe = strings.Trim(safe, "-"); safe == "" {
		safe = "connection"
	}
	return "rollcall-" + safe[:min(len(safe), 60)] + ".yaml"
}

// importSettings replaces all settings by those of a file; with faults nothing changes, and what was handed
// in comes back with every fault.
func (p *pages) importSettings(w http.ResponseWriter, r *http.Request) error {
	d, err := p.Detail(r)
	if err != nil {
		return err
	}
	text, err := handedIn(r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(text) == "" {
		return p.showVersions(w, r, http.StatusUnprocessableEntity, "", []policy.Fault{{Message: "choose a file, or paste the settings"}})
	}
	saved, err := p.Connections.Import(r.Context(), screen.Actor(r), d.ID, []byte(text))
	if wrong, ok := errors.AsType[*connection.SettingsError](err); ok {
		return p.showVersions(w, r, http.StatusUnprocessableEntity, strings.ToValidUTF8(text, "�"), wrong.Faults)
	}
	if err != nil {
		return err
	}
	return p.saved(w, r, &d, saved, screen.Path(d.ID, "settings"))
}

// maxImport bounds a file of settings.
const maxImport = 1 << 20

// handedIn reads the file of the form, or the text where there is none.
func handedIn(r *http.Request) (string, error) {
	unreadable := &gate.InputError{Field: "file", Text: "the file cannot be read; choose it again"}
	if err := r.ParseMultipartForm(maxImport); err != nil {
		if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return "", large
		}
		return "", unreadable
	}
	file, header, err := r.FormFile("file")
	if errors.Is(err, http.ErrMissingFile) || err == nil && header.Size == 0 {
		return r.PostFormValue("text"), nil
	}
	if err != nil {
		return "", unreadable
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxImport+1))
	if err != nil {
		return "", unreadable
	}
	if len(text) > maxImport {
		return "", &gate.InputError{Field: "file", Text: "the file is larger than any settings can be"}
	}
	return string(text), nil
}
