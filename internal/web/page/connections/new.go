package connections

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/screen"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
)

// newPage is the first step of a set-up: credentials, with the guide to make a key beside them.
type newPage struct {
	Values     url.Values
	Errors     ui.Errors
	Presets    []preset
	Guide      guide
	Zone       string // when the field is left empty
	OwnZone    bool   // Zone is the preset's
	Understood string // the company that the sub-domain means, "" when nothing is typed or it means none
	KeyGone    bool   // a key was typed, and has to be typed again
}

// newFields are the fields of the form, as settings name them where they are settings.
func newFields() []string {
	return []string{"name", "preset", "bamboohr.subdomain", "api_key", "time_zone"}
}

func newPageOf(ctx context.Context, values url.Values, errs ui.Errors) newPage {
	page := newPage{Values: values, Errors: errs, Presets: presets(), Guide: guideFor(values.Get("preset"))}
	page.Zone, page.OwnZone = defaultZone(ctx, values.Get("preset"))
	if label, err := policy.ParseSubdomain(values.Get("bamboohr.subdomain")); err == nil {
		page.Understood = label + ".bamboohr.com"
	}
	return page
}

// defaultZone is the preset's zone, or the viewer's where the preset leaves it open.
func defaultZone(ctx context.Context, name string) (zone string, own bool) {
	if conn, err := policy.Base(name); err == nil && conn.TimeZone != policy.Defaults().TimeZone {
		return conn.TimeZone, true
	}
	return gate.ZoneFrom(ctx).String(), false
}

func (p *pages) new(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, newConnection(newPageOf(r.Context(), r.URL.Query(), nil)))
}

// create tests the credentials and saves the connection when they work, so that a key never has to come
// back to the page.
func (p *pages) create(w http.ResponseWriter, r *http.Request) error {
	values, err := screen.Typed(r)
	if err != nil {
		return err
	}
	err = p.tryNew(r.Context(), values)
	var made connection.Detail
	if err == nil {
		made, err = p.Connections.Create(r.Context(), screen.Actor(r), newFrom(r.Context(), values))
	}
	if err != nil {
		wrong, ok := screen.Errors(err, newFields()...)
		if !ok {
			return err
		}
		page := newPageOf(r.Context(), values, wrong)
		page.KeyGone = values.Get("api_key") != ""
		return ui.Render(w, r, http.StatusUnprocessableEntity, newConnection(page))
	}
	if _, err := p.Connections.Check(r.Context(), screen.Actor(r), made.ID); err != nil {
		return err
	}
	return p.Done(w, r, screen.Path(made.ID, "mapping")+"?setup=1", "BambooHR answers, and the connection is saved.")
}

// tryNew asks BambooHR with what was typed; *connection.SettingsError says what is wrong with it.
func (p *pages) tryNew(ctx context.Context, values url.Values) error {
	if fault, err := p.takenName(ctx, values); err != nil || fault != nil {
		return errors.Join(err, fault)
	}
	n := newFrom(ctx, values)
	settings := form.Document{"preset": n.Preset, "name": n.Name, "time_zone": n.TimeZone}
	for key, value := range settings {
		if value == "" {
			delete(settings, key)
		}
	}
	check, err := p.Connections.CheckDraft(ctx, "", n.Subdomain, n.Key, settings.Bytes())
	if err == nil && check.Error != "" {
		err = &connection.SettingsError{Faults: []policy.Fault{refusal(check.Error)}}
	}
	return err
}

// refusal words a failed test beside the field that it is about; above the form where nobody can tell.
func refusal(text string) policy.Fault {
	switch {
	case strings.Contains(text, "the API key was refused"):
		return policy.Fault{Place: "api_key", Message: `BambooHR refuses this key; copy it again as a whole, or make a new one under the user's name > "API Keys" (or "My Devices & API Keys")`}
	case strings.Contains(text, "check the sub-domain"):
		return policy.Fault{Place: "bamboohr.subdomain", Message: "BambooHR knows no company of this name; it is the first part of the address you sign in to BambooHR with"}
	}
	return policy.Fault{Message: ui.Said(text)}
}

// takenName tells of another connection with the name before BambooHR is asked, so that the key need not
// be typed twice for it.
func (p *pages) takenName(ctx context.Context, values url.Values) (error, error) {
	name := values.Get("name")
	if name == "" {
		name, _ = policy.ParseSubdomain(values.Get("bamboohr.subdomain"))
	}
	all, err := p.Connections.List(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if s := &all[i]; s.Origin != connection.FromCLI && !s.Absent && directory.NameKey(s.Name) == directory.NameKey(name) {
			return &connection.SettingsError{Faults: []policy.Fault{{Place: "name", Message: (&connection.NameError{Name: s.Name}).Error()}}}, nil
		}
	}
	return nil, nil
}

func newFrom(ctx context.Context, values url.Values) connection.NewConnection {
	n := connection.NewConnection{Name: values.Get("name"), Preset: values.Get("preset"), Subdomain: values.Get("bamboohr.subdomain"),
		Key: strings.TrimSpace(values.Get("api_key")), TimeZone: values.Get("time_zone")}
	if zone, own := defaultZone(ctx, n.Preset); !own {
		n.TimeZone = cmp.Or(n.TimeZone, zone)
	}
	return n
}
