package admin

import (
	"errors"
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// openIDPage is the settings of sign-in with OpenID Connect, as stored or as typed.
type openIDPage struct {
	page     ui.Page
	settings account.OpenID
	stored   bool
	errors   ui.Errors
	callback string
	testable bool
	test     *testResult
}

// testResult is what a provider said when it was asked to describe itself.
type testResult struct {
	good bool
	text string
}

// showOpenID shows the settings, without the client secret.
func (p *pages) showOpenID(w http.ResponseWriter, r *http.Request) error {
	o, _, err := p.Accounts.OpenID(r.Context())
	if err != nil {
		return err
	}
	return p.renderOpenID(w, r, http.StatusOK, openIDPage{settings: o})
}

func (p *pages) renderOpenID(w http.ResponseWriter, r *http.Request, code int, page openIDPage) error {
	_, stored, err := p.Accounts.OpenID(r.Context())
	if err != nil {
		return err
	}
	page.page = settingsPage(gate.ViewerFrom(r.Context()), "Sign-in", "Let people sign in with an account they have already. Passwords go on working.")
	page.stored, page.testable = stored, p.Provider != nil
	page.callback = p.absolute(r, "/sign-in/oidc/callback")
	return ui.Render(w, r, code, openIDScreen(page))
}

func typedOpenID(r *http.Request) account.OpenID {
	return account.OpenID{Name: r.PostFormValue("name"), Issuer: r.PostFormValue("issuer"), ClientID: r.PostFormValue("client_id"),
		AllowUnverifiedEmail: r.PostFormValue("allow_unverified_email") != ""}
}

// saveOpenID stores the settings; a blank secret keeps the one that is stored.
func (p *pages) saveOpenID(w http.ResponseWriter, r *http.Request) error {
	o := typedOpenID(r)
	wrong, err := p.blankOpenID(r, o)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return p.renderOpenID(w, r, http.StatusUnprocessableEntity, openIDPage{settings: o, errors: wrong})
	}
	if err := p.Accounts.SetOpenID(r.Context(), gate.ViewerFrom(r.Context()), o, r.PostFormValue("client_secret")); err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		return p.renderOpenID(w, r, http.StatusUnprocessableEntity, openIDPage{settings: o, errors: ui.Errors{field: text}})
	}
	return p.done(w, r, "/settings/sign-in", "Saved. The sign-in page has a button for it now.")
}

// blankOpenID says everything that is missing at once.
func (p *pages) blankOpenID(r *http.Request, o account.OpenID) (ui.Errors, error) {
	_, stored, err := p.Accounts.OpenID(r.Context())
	wrong := ui.Errors{}
	for field, need := range map[string]struct{ typed, text string }{
		"name":      {o.Name, "Give the provider a name for the button, such as Okta."},
		"issuer":    {o.Issuer, "Paste the issuer's URL, such as https://acme.okta.com."},
		"client_id": {o.ClientID, "Paste the client ID that the provider gave this application."},
	} {
		if strings.TrimSpace(need.typed) == "" {
			wrong[field] = need.text
		}
	}
	if !stored && strings.TrimSpace(r.PostFormValue("client_secret")) == "" {
		wrong["client_secret"] = "Paste the client secret that the provider gave this application."
	}
	return wrong, err
}

// testOpenID asks the provider that was typed to describe itself; nothing is stored.
func (p *pages) testOpenID(w http.ResponseWriter, r *http.Request) error {
	if p.Provider == nil {
		return &gate.InputError{Field: "issuer", Text: "this server cannot test a provider"}
	}
	page := openIDPage{settings: typedOpenID(r)}
	err := p.Provider.Check(r.Context(), page.settings)
	if e, ok := errors.AsType[*openid.Error](err); ok {
		if e.Cause != nil {
			p.Gate.Log.WarnContext(r.Context(), "test of the sign-in provider", "error", e.Cause)
		}
		page.test = &testResult{text: e.Advice()}
		return p.renderOpenID(w, r, http.StatusOK, page)
	}
	if err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		page.errors = ui.Errors{field: text}
		page.test = &testResult{text: text}
		return p.renderOpenID(w, r, http.StatusUnprocessableEntity, page)
	}
	page.test = &testResult{good: true, text: "The provider answers and describes itself. Save, then sign in once in another browser to see that client ID and secret are right."}
	return p.renderOpenID(w, r, http.StatusOK, page)
}

// confirmRemoveOpenID asks before the settings are removed.
func (p *pages) confirmRemoveOpenID(w http.ResponseWriter, r *http.Request) error {
	o, _, err := p.Accounts.OpenID(r.Context())
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, removeOpenIDDialog(settingsPage(gate.ViewerFrom(r.Context()), "Sign-in", ""), o.Name))
}

// removeOpenID ends sign-in with OpenID Connect.
func (p *pages) removeOpenID(w http.ResponseWriter, r *http.Request) error {
	if err := p.Accounts.RemoveOpenID(r.Context(), gate.ViewerFrom(r.Context())); err != nil {
		return err
	}
	return p.done(w, r, "/settings/sign-in", "Removed. People sign in with their passwords.")
}

func secretHint(stored bool) string {
	if stored {
		return "Stored sealed and never shown. Leave it empty to keep it."
	}
	return "Stored sealed and never shown again."
}
