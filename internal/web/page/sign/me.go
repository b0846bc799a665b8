package sign

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
)

// meForm is what a form of the profile page sent and why it was not taken.
type meForm struct {
	password ui.Errors
	identity string
}

// mePage is everything about the viewer, and nothing about anybody else.
type mePage struct {
	name, email string
	role        directory.Role
	fromHR      bool
	connection  string
	fields      []profileField
	sessions    []sessionRow
	hasPassword bool
	provider    string // name on the button, "" for none
	identities  []identityRow
	form        meForm
}

// profileField is one field of the directory as its person sees it.
type profileField struct {
	label, value string
	locked       bool // changed in BambooHR only
}

type sessionRow struct {
	account.Session
	browser string
	current bool
}

type identityRow struct {
	account.LinkedIdentity
	name string
}

// showMe shows the viewer's own profile.
func (p *pages) showMe(w http.ResponseWriter, r *http.Request) error {
	return p.renderMe(w, r, http.StatusOK, meForm{})
}

func (p *pages) renderMe(w http.ResponseWriter, r *http.Request, code int, f meForm) error {
	ctx, v := r.Context(), gate.ViewerFrom(r.Context())
	m := mePage{name: v.Name, email: v.Email, role: v.Role, form: f}
	if err := p.profile(ctx, v, &m); err != nil {
		return err
	}
	var err error
	if m.provider, err = p.providerName(r); err != nil {
		return err
	}
	if err := p.ways(ctx, v, &m); err != nil {
		return err
	}
	return ui.Render(w, r, code, meScreen(m))
}

// profile fills in what the directory knows of the viewer.
func (p *pages) profile(ctx context.Context, v account.Viewer, m *mePage) error {
	e, err := p.Connections.EditorFor(ctx, v.Actor(), directory.Person{})
	if err != nil {
		return err
	}
	person, err := e.Store.Person(ctx, v.PersonID)
	if err != nil {
		return err
	}
	if e, err = p.Connections.EditorFor(ctx, v.Actor(), person); err != nil {
		return err
	}
	if person.Link != nil {
		m.fromHR, m.connection = true, e.Policy.Name
	}
	standard := directory.Standard()
	fields := standard[:]
	for _, x := range person.Values.Extras() {
		fields = append(fields, x.Field)
	}
	for _, f := range fields {
		value := person.Values.Get(f)
		if f == directory.Teams {
			value = strings.Join(person.Values.List(f), ", ")
		}
		if f == directory.Manager {
			value = managerName(ctx, e, value)
		}
		if value != "" {
			m.fields = append(m.fields, profileField{label(f), value, e.AuthorityOf(&person, f) == policy.AuthorityLocked})
		}
	}
	return nil
}

// managerName is "" when the manager cannot be shown; the profile is worth more without than not at all.
func managerName(ctx context.Context, e *people.Editor, id string) string {
	if id == "" {
		return ""
	}
	boss, err := e.Store.Person(ctx, id)
	if err != nil {
		return ""
	}
	return boss.Name()
}

// label writes a field's name for people.
func label(f directory.Field) string {
	switch f {
	case directory.EmployeeID:
		return "Employee number"
	case directory.Email:
		return "E-mail address"
	}
	_, own, extra := strings.Cut(string(f), ".")
	if !extra {
		own = string(f)
	}
	return words.Capital(strings.ReplaceAll(own, "_", " "))
}

// ways fills in how the viewer signs in, and where they are signed in.
func (p *pages) ways(ctx context.Context, v account.Viewer, m *mePage) error {
	has, err := p.Accounts.HasPassword(ctx, v.PersonID)
	if err != nil {
		return err
	}
	m.hasPassword = has
	linked, err := p.Accounts.Identities(ctx, v.PersonID)
	if err != nil {
		return err
	}
	settings, _, err := p.Accounts.OpenID(ctx)
	if err != nil {
		return err
	}
	for _, id := range linked {
		row := identityRow{id, id.Issuer}
		if id.Issuer == settings.Issuer {
			row.name = settings.Name
		}
		m.identities = append(m.identities, row)
	}
	sessions, err := p.Accounts.Sessions(ctx, v.PersonID)
	if err != nil {
		return err
	}
	for _, s := range sessions {
		m.sessions = append(m.sessions, sessionRow{s, browser(s.Agent), s.ID == v.Session})
	}
	return nil
}

// browser names a browser and its system as people do. What it says of itself is not to be trusted, and is
// shown only to the one who used it.
func browser(agent string) string {
	first := func(otherwise string, pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return otherwise
	}
	name := first("", "Edg", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox", "CriOS/", "Chrome", "Chrome/", "Chrome", "Safari/", "Safari")
	system := first("", "iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Macintosh", "Mac", "CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case name == "":
		return cmp.Or(agent, "Unknown browser")
	case system == "":
		return name
	}
	return name + " on " + system
}

// changePassword sets the viewer's own password.
func (p *pages) changePassword(w http.ResponseWriter, r *http.Request) error {
	v := gate.ViewerFrom(r.Context())
	if err := p.Accounts.ChangePassword(r.Context(), v, r.PostFormValue("current"), r.PostFormValue("password")); err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		return p.renderMe(w, r, status(w, err), meForm{password: ui.Errors{field: text}})
	}
	p.Gate.Flash(w, "Your password is changed. Other browsers are signed out.")
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

// endSession signs the viewer out in one browser.
func (p *pages) endSession(w http.ResponseWriter, r *http.Request) error {
	v := gate.ViewerFrom(r.Context())
	id := account.SessionID(r.PostFormValue("session"))
	if err := p.Accounts.EndSession(r.Context(), v, id); err != nil {
		return err
	}
	if id == v.Session {
		return p.leave(w, r, "You are signed out.")
	}
	p.Gate.Flash(w, "That browser is signed out.")
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}

// endOthers signs the viewer out everywhere but here.
func (p *pages) endOthers(w http.ResponseWriter, r *http.Request) error {
	n, err := p.Accounts.SignOutOthers(r.Context(), gate.ViewerFrom(r.Context()))
	if err != nil {
		return err
	}
	text := "You are signed in nowhere else."
	if n > 0 {
		text = "Signed out in " + ui.Count(n, "other browser", "other browsers") + "."
	}
	p.Gate.Flash(w, text)
	http.Redirect(w, r, "/me", http.StatusSeeOther)
	return nil
}
