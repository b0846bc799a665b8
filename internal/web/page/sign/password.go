package sign

import (
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// passwordHint stands below every field for a new password.
const passwordHint = "At least 12 characters. A few words that do not belong together are safe and easy to remember."

// forgottenForm is the page for whoever forgot the password, with what was typed.
type forgottenForm struct {
	email, problem string
	mails          bool
}

// showForgotten tells how to get a link to set a new password.
func (p *pages) showForgotten(w http.ResponseWriter, r *http.Request) error {
	return p.renderForgotten(w, r, http.StatusOK, forgottenForm{})
}

func (p *pages) renderForgotten(w http.ResponseWriter, r *http.Request, code int, f forgottenForm) error {
	f.mails = p.Mail
	return ui.Render(w, r, code, forgottenPage(f))
}

// forgotten mails a link, and answers the same whoever has the address (security §1.9).
func (p *pages) forgotten(w http.ResponseWriter, r *http.Request) error {
	f := forgottenForm{email: strings.TrimSpace(r.PostFormValue("email"))}
	if f.email == "" || !p.Mail {
		f.problem = "Enter your e-mail address."
		return p.renderForgotten(w, r, http.StatusUnprocessableEntity, f)
	}
	address, _ := p.Gate.Address(r)
	if err := p.Accounts.RequestReset(r.Context(), f.email, address); err != nil {
		_, text, ok := refusal(err)
		if !ok {
			return err
		}
		f.problem = text
		return p.renderForgotten(w, r, status(w, err), f)
	}
	p.Gate.Flash(w, "If somebody here can sign in with this address, a link is on its way. It works for 60 minutes.")
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// setPasswordForm is the page behind a link.
type setPasswordForm struct {
	action string
	link   account.Link
	errors ui.Errors
}

func (f setPasswordForm) title() string {
	if f.link.Purpose == account.Invite {
		return "Welcome to Rollcall"
	}
	return "Set a new password"
}

// showSetPassword shows who a link is for. Mail scanners follow links, so looking does not use it up; the
// address holds a secret, so it goes to no other site (security §1.9).
func (p *pages) showSetPassword(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	link, err := p.Accounts.Link(r.Context(), r.PathValue("secret"))
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, setPasswordPage(setPasswordForm{action: r.URL.Path, link: link}))
}

// setPassword uses a link up. Signing in stays a step of its own: a link alone opens no session.
func (p *pages) setPassword(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Referrer-Policy", "no-referrer")
	secret := r.PathValue("secret")
	link, err := p.Accounts.Link(r.Context(), secret)
	if err != nil {
		return err
	}
	if err := p.Accounts.SetPassword(r.Context(), secret, r.PostFormValue("password")); err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		f := setPasswordForm{action: r.URL.Path, link: link, errors: ui.Errors{field: text}}
		return ui.Render(w, r, status(w, err), setPasswordPage(f))
	}
	return p.leave(w, r, "Your password is set. Sign in with it.")
}
