package sign

import (
	"crypto/subtle"
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// firstStartForm is the form of the first owner, as typed.
type firstStartForm struct {
	name, email, organisation string
	asksCode                  bool
	errors                    ui.Errors
}

// showFirstStart asks for the first owner while there is none.
func (p *pages) showFirstStart(w http.ResponseWriter, r *http.Request) error {
	if err := p.isFirstStart(r); err != nil {
		return err
	}
	return p.renderFirstStart(w, r, http.StatusOK, firstStartForm{})
}

func (p *pages) isFirstStart(r *http.Request) error {
	needed, err := p.Accounts.NeedsOwner(r.Context())
	switch {
	case err != nil:
		return err
	case !needed:
		return account.ErrOwnerExists
	case p.SetupCode == "" && !gate.Local(r):
		return &gate.InputError{Field: "address", Text: "without a set-up code, the first account is made in a browser on the server itself, at http://localhost; " +
			"behind a proxy, start Rollcall with --url, and it prints a code"}
	}
	return nil
}

func (p *pages) renderFirstStart(w http.ResponseWriter, r *http.Request, code int, f firstStartForm) error {
	f.asksCode = p.SetupCode != ""
	return ui.Render(w, r, code, firstStartPage(f))
}

// firstStart makes the first owner and signs them in. Whoever reaches a new server from elsewhere must
// show the code that the server printed, so that no stranger claims it.
func (p *pages) firstStart(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	if err := p.isFirstStart(r); err != nil {
		return err
	}
	f := firstStartForm{name: r.PostFormValue("name"), email: r.PostFormValue("email"), organisation: r.PostFormValue("organisation"), errors: ui.Errors{}}
	password := r.PostFormValue("password")
	code := strings.ToLower(strings.TrimSpace(r.PostFormValue("code")))
	if p.SetupCode != "" && subtle.ConstantTimeCompare([]byte(code), []byte(p.SetupCode)) != 1 {
		f.errors["code"] = "This is not the code that the server printed at its start."
	}
	if strings.TrimSpace(f.email) == "" {
		f.errors["email"] = "Enter the e-mail address to sign in with."
	}
	if field, text, ok := refusal(account.CheckPassword(password, f.email, f.name)); ok {
		f.errors[field] = text
	}
	if len(f.errors) > 0 {
		return p.renderFirstStart(w, r, http.StatusUnprocessableEntity, f)
	}
	address, through := p.Gate.Address(r)
	if _, err := p.Accounts.CreateOwner(ctx, account.Owner{Email: f.email, Name: f.name, Password: password}, address); err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		f.errors[field] = text
		return p.renderFirstStart(w, r, status(w, err), f)
	}
	secret, v, err := p.Accounts.SignIn(ctx, account.SignIn{Email: f.email, Password: password, Address: address, Through: through, Agent: r.UserAgent()})
	if err != nil {
		return err
	}
	if name := strings.TrimSpace(f.organisation); name != "" {
		if err := p.Accounts.SetOrganisationName(ctx, v, name); err != nil {
			return err
		}
	}
	return p.enter(w, r, secret, "/")
}
