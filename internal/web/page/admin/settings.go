package admin

import (
	"cmp"
	"context"
	"net/http"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
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
			settingsCard{"building", "Organisation", "Its name, and the language of its mails.", "/settings/organisation"})
	}
	return cards
}

// showSettings lists the pages of the settings.
func (p *pages) showSettings(w http.ResponseWriter, r *http.Request) error {
	return ui.Render(w, r, http.StatusOK, settingsScreen(settingsCards(gate.ViewerFrom(r.Context()))))
}

// organisationForm is the organisation's name and language, as typed.
type organisationForm struct {
	page      ui.Page
	name      string
	language  string
	languages []ui.Option
	errors    ui.Errors
}

// languages are those that mails are written in, each by its own name.
func languages() []ui.Option {
	names := map[string]string{"en": "English", "de": "Deutsch", "nl": "Nederlands", "fr": "Français", "es": "Español"}
	var out []ui.Option
	for _, code := range policy.Languages() {
		out = append(out, ui.Option{Value: code, Text: names[code]})
	}
	return out
}

// showOrganisation shows the organisation's name and language.
func (p *pages) showOrganisation(w http.ResponseWriter, r *http.Request) error {
	name, err := p.Accounts.OrganisationName(r.Context())
	if err != nil {
		return err
	}
	language, err := p.language(r.Context())
	if err != nil {
		return err
	}
	return p.renderOrganisation(w, r, http.StatusOK, organisationForm{name: name, language: language})
}

// language is the one that mails are written in right now.
func (p *pages) language(ctx context.Context) (string, error) {
	chosen, err := p.Accounts.OrganisationLanguage(ctx)
	return cmp.Or(chosen, p.Language, policy.Languages()[0]), err
}

func (p *pages) renderOrganisation(w http.ResponseWriter, r *http.Request, code int, f organisationForm) error {
	f.page, f.languages = settingsPage(gate.ViewerFrom(r.Context()), "Organisation", ""), languages()
	return ui.Render(w, r, code, organisationScreen(f))
}

// saveOrganisation gives the organisation its name and its language. A form without a language leaves that alone.
func (p *pages) saveOrganisation(w http.ResponseWriter, r *http.Request) error {
	f := organisationForm{name: r.PostFormValue("name"), language: r.PostFormValue("language")}
	by := gate.ViewerFrom(r.Context())
	now, err := p.language(r.Context())
	if err != nil {
		return err
	}
	err = p.Accounts.SetOrganisationName(r.Context(), by, f.name)
	if err == nil && f.language != "" && f.language != now {
		err = p.Accounts.SetOrganisationLanguage(r.Context(), by, f.language)
	}
	if err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		f.errors = ui.Errors{field: text}
		return p.renderOrganisation(w, r, http.StatusUnprocessableEntity, f)
	}
	return p.done(w, r, "/settings/organisation", "Saved.")
}
