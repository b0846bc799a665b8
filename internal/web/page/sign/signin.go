package sign

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// signInForm is the sign-in page, with what was typed.
type signInForm struct {
	email, next string
	problem     string // why it did not work; the same for every failure
	errors      ui.Errors
	provider    string // name on the button, "" for none
}

// showSignIn asks who is there; whoever is signed in goes on.
func (p *pages) showSignIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if gate.ViewerFrom(r.Context()).Role != "" {
		http.Redirect(w, r, gate.Next(next), http.StatusSeeOther)
		return nil
	}
	needed, err := p.Accounts.NeedsOwner(r.Context())
	if err != nil {
		return err
	}
	if needed {
		http.Redirect(w, r, "/first-start", http.StatusSeeOther)
		return nil
	}
	return p.renderSignIn(w, r, http.StatusOK, signInForm{next: next})
}

func (p *pages) renderSignIn(w http.ResponseWriter, r *http.Request, code int, f signInForm) error {
	name, err := p.providerName(r)
	if err != nil {
		return err
	}
	f.provider = name
	if gate.Next(f.next) == "/" {
		f.next = ""
	}
	return ui.Render(w, r, code, signInPage(f))
}

// signIn opens a session.
func (p *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	f := signInForm{email: strings.TrimSpace(r.PostFormValue("email")), next: r.PostFormValue("next"), errors: ui.Errors{}}
	if f.email == "" {
		f.errors["email"] = "Type your e-mail address."
	}
	if r.PostFormValue("password") == "" {
		f.errors["password"] = "Type your password."
	}
	if len(f.errors) > 0 { // nobody tried anything: no failed sign-in
		return p.renderSignIn(w, r, http.StatusUnprocessableEntity, f)
	}
	address, through := p.Gate.Address(r)
	secret, _, err := p.Accounts.SignIn(r.Context(), account.SignIn{Email: f.email, Password: r.PostFormValue("password"),
		Address: address, Through: through, Agent: r.UserAgent()})
	if err != nil {
		_, text, ok := refusal(err)
		if !ok {
			return err
		}
		f.problem = text
		return p.renderSignIn(w, r, status(w, err), f)
	}
	return p.enter(w, r, secret, f.next)
}

// signOut ends the session.
func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.Accounts.SignOut(r.Context(), gate.ViewerFrom(r.Context())); err != nil {
		return err
	}
	return p.leave(w, r, "You are signed out.")
}

// leave takes the session from the browser and says why on the sign-in page.
func (p *pages) leave(w http.ResponseWriter, r *http.Request, why string) error {
	p.Gate.SetSession(w, "")
	p.Gate.Flash(w, why)
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// seconds writes a wait for the header Retry-After, rounded up.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// focusIf puts the cursor where typing goes on.
func focusIf(here bool) templ.Attributes { return templ.Attributes{"autofocus": here} }
