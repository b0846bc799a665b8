package admin

import (
	"net/http"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// settingsCard leads to one page of the settings.
type settingsCard struct{ icon, title, text, href string }

// settingsCards are the pages that somebody may open.
func settingsCards(v account.Viewer) []settingsCard {
	cards := []settingsCard{
		{"users", "Roles", "Who may look, sync, approve and administer; links to set a password.", "/settings/roles"},
		{"key", "API tokens", "Let scripts and other programs use the API.", "/settings/tokens"},
	}
	if v.May(account.Organise) {
		cards = append(cards,
			settingsCard{"login", "Sign-in", "Let people sign in with Okta, Entra ID, Google, BambooHR or another OpenID Connect provider.", "/settings/sign-in"},
			settingsCard{"building", "Organisation", "The name that stands beside the menu.", "/settings/organisation"})
	}
	return cards
}

// showSettings lists the pages of the settings.
func (p *pages) showSettings(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, settingsScreen(settingsCards(gate.ViewerFrom(r.Context()))))
}

// organisationForm is the organisation's name, as typed.
type organisationForm struct {
	page   ui.Page
	name   string
	errors ui.Errors
}

// showOrganisation shows the organisation's name.
func (p *pages) showOrganisation(w http.ResponseWriter, r *http.Request) error {
	name, err := p.Accounts.OrganisationName(r.Context())
	if err != nil {
		return err
	}
	return p.renderOrganisation(w, r, http.StatusOK, organisationForm{name: name})
}

func (p *pages) renderOrganisation(w http.ResponseWriter, r *http.Request, code int, f organisationForm) error {
	f.page = settingsPage(gate.ViewerFrom(r.Context()), "Organisation", "")
	return ui.Render(w, r, code, organisationScreen(f))
}

// saveOrganisation gives the organisation its name.
func (p *pages) saveOrganisation(w http.ResponseWriter, r *http.Request) error {
	f := organisationForm{name: r.PostFormValue("name")}
	if err := p.Accounts.SetOrganisationName(r.Context(), gate.ViewerFrom(r.Context()), f.name); err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		f.errors = ui.Errors{field: text}
		return p.renderOrganisation(w, r, http.StatusUnprocessableEntity, f)
	}
	return p.done(w, r, "/settings/organisation", "Saved.")
}
