// Package screen is what the screens of one connection share: the page around them, their addresses, how a form is
// read, and how what was asked for ends. What they show and do is left to them.
package screen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Connections is what every screen asks of internal/connection.
type Connections interface {
	Get(ctx context.Context, id string) (connection.Detail, error)
	Preview(ctx context.Context, actor, id string, r connection.PreviewRequest) (connection.Job, error)
}

// Names gives people to ids.
type Names interface {
	Names(ctx context.Context, ids []string) (map[string]string, error)
}

// Screen is embedded in what handles the requests of screens.
type Screen struct {
	gate        *gate.Gate
	connections Connections
	names       Names
}

// New makes a Screen.
func New(g *gate.Gate, c Connections, n Names) Screen { return Screen{g, c, n} }

// Detail reads the connection that a request names.
func (s *Screen) Detail(r *http.Request) (connection.Detail, error) {
	return s.connections.Get(r.Context(), r.PathValue("id"))
}

// Done ends a POST: one sentence for the next page, and the way there.
func (s *Screen) Done(w http.ResponseWriter, r *http.Request, to, text string) error {
	if text != "" {
		s.gate.Flash(w, text)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// NotDone ends a POST that did nothing: why, and the way to where it is told.
func (s *Screen) NotDone(w http.ResponseWriter, r *http.Request, to, text string) error {
	s.gate.FlashWarn(w, text)
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// Preview starts a plan and goes where its progress and result are shown (promise SI11); next is what follows in that
// address. Work that is under way already is no reason to lose what was done before.
func (s *Screen) Preview(w http.ResponseWriter, r *http.Request, id string, request connection.PreviewRequest, done, next string) error {
	_, err := s.connections.Preview(r.Context(), Actor(r), id, request)
	busy, _ := errors.AsType[*syncrun.BusyError](err)
	setup, _ := errors.AsType[*connection.SetupError](err)
	to := Path(id, "preview") + next
	switch {
	case busy != nil:
		return s.NotDone(w, r, to, strings.TrimSpace(done+" A run is under way; make a preview when it is done."))
	case setup != nil:
		return s.NotDone(w, r, to, strings.TrimSpace(done+" "+form.Sentence(setup.Error())))
	case err != nil:
		return err
	}
	return s.Done(w, r, to, strings.TrimSpace(done))
}

// Actors gives people to the actors of what is shown, for Who.
func (s *Screen) Actors(ctx context.Context, actors ...string) (map[string]string, error) {
	var ids []string
	for _, a := range actors {
		if a != "" && !strings.Contains(a, ":") && !slices.Contains(ids, a) {
			ids = append(ids, a)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return s.names.Names(ctx, ids)
}

// Who says who did something, in words.
func Who(actor string, names map[string]string) string {
	return cmp.Or(names[actor], directory.ActorWords(actor))
}

// Actor is who asks.
func Actor(r *http.Request) string { return gate.ViewerFrom(r.Context()).Actor() }

// Typed reads what a form sent. Control characters, which no setting may have, become spaces; lines stay.
func Typed(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return nil, err
		}
		return nil, &gate.InputError{Field: "form", Text: "the form cannot be read; go back and send it again"}
	}
	for _, values := range r.PostForm {
		for i, v := range values {
			values[i] = form.Clean(v)
		}
	}
	return r.PostForm, nil
}

// Errors tells what of an error belongs beside a form's fields; anything else is answered as an error.
func Errors(err error, fields ...string) (ui.Errors, bool) {
	if wrong, ok := errors.AsType[*connection.SettingsError](err); ok {
		return form.Placed(wrong.Faults, fields...), true
	}
	if meanwhile, ok := errors.AsType[*connection.VersionError](err); ok {
		return ui.Errors{"": fmt.Sprintf("Not saved: version %d was saved meanwhile, and you began with version %d. What you typed is kept.", meanwhile.Now, meanwhile.Have)}, true
	}
	return nil, false
}

// LastDay reads the last day of a pause or freeze, which ends with that day; "" is no end.
func LastDay(text string, zone *time.Location) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return time.Time{}, &connection.SettingsError{Faults: []policy.Fault{{Place: "until", Message: "write the day as YYYY-MM-DD, or leave it empty"}}}
	}
	return day.AddDate(0, 0, 1), nil
}

// Frame is the page around one connection's screen; tab is the tab that it stands on.
func Frame(d *connection.Detail, tab string) ui.Page {
	page := ui.Page{Title: d.Name, Nav: "connections", Crumbs: append(Crumbs(), ui.Crumb{Text: "HRIS connections", Href: "/connections"}),
		Tabs: ui.ConnectionTabs(d.ID, tab)}
	if d.Pause != nil && tab != "Overview" { // the overview tells who paused it
		page.Standing = ui.Standing([]ui.Obstacle{{What: "Automatic runs are paused", Until: d.Pause.Until, Zone: Zone(d.TimeZone), Open: "somebody resumes them",
			Href: Path(d.ID), Link: "Who paused them, and why"}})
	}
	return page
}

// Crumbs are the way that the vendors' documents tell (promise AY3).
func Crumbs() []ui.Crumb {
	return []ui.Crumb{{Text: "Admin", Href: "/"}, {Text: "Integrations", Href: "/connections"}}
}

// Path is the address of a connection's page; more are its further parts, escaped.
func Path(id string, more ...string) string {
	return strings.Join(append([]string{"/connections", url.PathEscape(id)}, more...), "/")
}

// Link is Path for a template.
func Link(id string, more ...string) templ.SafeURL { return templ.SafeURL(Path(id, more...)) }

// Zone is a connection's time zone.
func Zone(name string) *time.Location {
	if z, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		return z
	}
	return time.UTC
}
