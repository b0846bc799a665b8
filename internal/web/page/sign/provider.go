package sign

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/account/openid"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

const (
	callbackPath = "/sign-in/oidc/callback"
	flowCookie   = "rollcall-oidc"
	nextCookie   = "rollcall-next"
	flowFor      = 10 * time.Minute
)

// callbackURL is where an OpenID Connect provider sends browsers back to; it has to be registered there.
// external is the address that people use, nil when only this machine does.
func callbackURL(external *url.URL, r *http.Request) string {
	if external == nil {
		external = &url.URL{Scheme: "http", Host: r.Host}
	}
	return external.JoinPath(callbackPath).String()
}

// providerName is what stands on the button, "" when nobody can sign in that way.
func (p *pages) providerName(r *http.Request) (string, error) {
	if p.Provider == nil {
		return "", nil
	}
	o, _, err := p.Accounts.OpenID(r.Context())
	return o.Name, err
}

// toProvider begins a sign-in at the provider.
func (p *pages) toProvider(w http.ResponseWriter, r *http.Request) error {
	next := r.PostFormValue("next")
	err := p.begin(w, r, "")
	if err != nil {
		return p.notFromProvider(w, r, err, next)
	}
	return nil
}

// begin sends the browser to the provider. The answer is a page that moves on by itself and not a
// redirect: the content security policy lets no form lead to another site.
func (p *pages) begin(w http.ResponseWriter, r *http.Request, personID string) error {
	name, err := p.providerName(r)
	if err != nil {
		return err
	}
	if name == "" {
		return &openid.Error{Text: "sign-in with another provider is not set up here; use your password"}
	}
	address, cookie, err := p.Provider.Begin(r.Context(), callbackURL(p.Gate.URL, r), personID)
	if err != nil {
		return err
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(gate.Next(r.PostFormValue("next"))))
	http.SetCookie(w, p.Gate.Cookie(flowCookie, cookie, flowFor))
	http.SetCookie(w, p.Gate.Cookie(nextCookie, next, flowFor))
	w.Header().Set("Refresh", "0; url="+address)
	return ui.Render(w, r, http.StatusOK, leavingPage(name, address))
}

// fromProvider ends a sign-in, or the linking of an identity, at the provider. It is the one GET that
// changes something: the provider sends the browser with one, and it is taken only with the sealed
// state that this browser got from a form of ours.
func (p *pages) fromProvider(w http.ResponseWriter, r *http.Request) error {
	next := "/"
	if c, ok := p.Gate.CookieFrom(r, nextCookie); ok {
		if raw, err := base64.RawURLEncoding.DecodeString(c); err == nil {
			next = gate.Next(string(raw))
		}
	}
	if p.Provider == nil {
		return p.notFromProvider(w, r, &openid.Error{Text: "sign-in with another provider is not set up here; use your password"}, next)
	}
	flow, _ := p.Gate.CookieFrom(r, flowCookie)
	http.SetCookie(w, p.Gate.Cookie(flowCookie, "", 0))
	http.SetCookie(w, p.Gate.Cookie(nextCookie, "", 0))
	id, personID, err := p.Provider.Finish(r.Context(), flow, r.URL.Query())
	if err != nil {
		return p.notFromProvider(w, r, err, next)
	}
	if personID != "" {
		return p.linked(w, r, personID, id)
	}
	address, _ := p.Gate.Address(r)
	secret, _, err := p.Accounts.SignInIdentity(r.Context(), id, address, r.UserAgent())
	if err != nil {
		return p.notFromProvider(w, r, err, next)
	}
	return p.enter(w, r, secret, next)
}

// notFromProvider says on the page where it began why a sign-in at the provider came to nothing; what
// the provider answered is for the log only.
func (p *pages) notFromProvider(w http.ResponseWriter, r *http.Request, err error, next string) error {
	text, ok := p.providerProblem(r, err)
	if !ok {
		return err
	}
	if gate.ViewerFrom(r.Context()).Role != "" {
		return p.renderMe(w, r, http.StatusUnprocessableEntity, meForm{identity: text})
	}
	return p.renderSignIn(w, r, http.StatusUnprocessableEntity, signInForm{next: next, problem: text})
}

func (p *pages) providerProblem(r *http.Request, err error) (text string, ok bool) {
	if e, ok := errors.AsType[*account.RefusedError](err); ok {
		return sentence(e.Text), true
	}
	e, ok := errors.AsType[*openid.Error](err)
	if !ok {
		return "", false
	}
	if e.Cause != nil {
		p.Gate.Log.WarnContext(r.Context(), "sign-in at the provider", "error", e.Cause)
	}
	return sentence(e.Text), true
}

// linkIdentity begins to link an account at the provider to the viewer.
func (p *pages) linkIdentity(w http.ResponseWriter, r *http.Request) error {
	if err := p.begin(w, r, gate.ViewerFrom(r.Context()).PersonID); err != nil {
		return p.notFromProvider(w, r, err, "/me")
	}
	return nil
}

func (p *pages) linked(w http.ResponseWriter, r *http.Request, personID string, id account.Identity) error {
	v := gate.ViewerFrom(r.Context())
	var err error
	if v.PersonID != personID {
		err = &openid.Error{Text: "you are not signed in as the person who began this; sign in and start again in your profile"}
	} else {
		err = p.Accounts.LinkIdentity(r.Context(), v, id)
	}
	if err != nil {
		return p.notFromProvider(w, r, err, "/me")
	}
	p.Gate.Flash(w, "Linked. You can sign in with it from now on.")
	http.Redirect(w, r, "/me#sign-in", http.StatusSeeOther)
	return nil
}

// unlinkIdentity takes an account at the provider from the viewer.
func (p *pages) unlinkIdentity(w http.ResponseWriter, r *http.Request) error {
	v := gate.ViewerFrom(r.Context())
	err := p.Accounts.UnlinkIdentity(r.Context(), v, v.PersonID, r.PostFormValue("issuer"), r.PostFormValue("subject"))
	if err != nil {
		_, text, ok := refusal(err)
		if !ok {
			return err
		}
		return p.renderMe(w, r, http.StatusUnprocessableEntity, meForm{identity: text})
	}
	p.Gate.Flash(w, "Unlinked. You can no longer sign in with it.")
	http.Redirect(w, r, "/me#sign-in", http.StatusSeeOther)
	return nil
}
