package organisation

import (
	"errors"
	"net/http"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
)

// signInView is the provider, without the client secret.
type signInView struct {
	Provider    *providerView `json:"provider" doc:"null: people sign in with their passwords only."`
	CallbackURL string        `json:"callback_url" doc:"The provider asks for it, often as the redirect URI."`
}

type providerView struct {
	Name            string `json:"name" doc:"On the button."`
	Issuer          string `json:"issuer"`
	ClientID        string `json:"client_id"`
	AllowUnverified bool   `json:"allow_unverified_email"`
}

func (p *part) getSignIn(r *http.Request, _ rest.None) (signInView, error) {
	v := signInView{CallbackURL: p.address(r, "sign-in", "oidc", "callback")}
	o, ok, err := p.Accounts.OpenID(r.Context())
	if ok {
		v.Provider = &providerView{o.Name, o.Issuer, o.ClientID, o.AllowUnverifiedEmail}
	}
	return v, err
}

type signInRequest struct {
	Name            string `json:"name" doc:"On the button, such as Okta."`
	Issuer          string `json:"issuer" required:"true" doc:"The https address before /.well-known/openid-configuration."`
	ClientID        string `json:"client_id"`
	Secret          string `json:"client_secret" doc:"Without it the stored one stays, as long as issuer and client do."`
	AllowUnverified bool   `json:"allow_unverified_email" doc:"Trust every address that the provider tells, as of a company's own provider that sends no email_verified (BambooHR's)."`
}

func (b *signInRequest) settings() account.OpenID {
	return account.OpenID{Name: b.Name, Issuer: b.Issuer, ClientID: b.ClientID, AllowUnverifiedEmail: b.AllowUnverified}
}

func (p *part) putSignIn(r *http.Request, in struct{ Body signInRequest }) (signInView, error) {
	if err := p.Accounts.SetOpenID(r.Context(), viewer(r), in.Body.settings(), in.Body.Secret); err != nil {
		return signInView{}, err
	}
	return p.getSignIn(r, rest.None{})
}

func (p *part) deleteSignIn(r *http.Request, _ rest.None) (rest.Nothing, error) {
	return rest.Nothing{}, p.Accounts.RemoveOpenID(r.Context(), viewer(r))
}

// providerTestView tells whether a provider is there; whether client and secret are right shows the first sign-in.
type providerTestView struct {
	OK    bool    `json:"ok"`
	Error *string `json:"error"`
}

func (p *part) testSignIn(r *http.Request, in struct{ Body signInRequest }) (providerTestView, error) {
	if p.Provider == nil {
		return providerTestView{}, &connection.SetupError{Missing: "this server cannot try a provider"}
	}
	err := p.Provider.Check(r.Context(), in.Body.settings())
	if e, ok := errors.AsType[*openid.Error](err); ok {
		return providerTestView{Error: optional(e.Advice())}, nil
	}
	return providerTestView{OK: err == nil}, err
}
