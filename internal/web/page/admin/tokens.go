package admin

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
)

// tokensPage lists the API tokens, with the form for a new one as typed.
type tokensPage struct {
	page      ui.Page
	rows      []tokenRow
	roles     []ui.Option
	lifetimes []ui.Option
	form      tokenForm
	made      account.Token // with its secret, shown once
	secret    string
}

type tokenForm struct {
	name, role, days string
	errors           ui.Errors
}

type tokenRow struct {
	account.Token
	maker   party
	expired bool
	above   bool // of a role above the viewer's, so not theirs to revoke
}

// lifetimes are how long a token may live; "" is for ever.
func lifetimes() []ui.Option {
	return []ui.Option{{Value: "30", Text: "30 days"}, {Value: "90", Text: "90 days"}, {Value: "365", Text: "A year"}, {Value: "", Text: "Never"}}
}

// showTokens lists the API tokens, never their secrets.
func (p *pages) showTokens(w http.ResponseWriter, r *http.Request) error {
	return p.renderTokens(w, r, http.StatusOK, tokensPage{form: tokenForm{role: string(directory.RoleAuditor), days: "90"}})
}

func (p *pages) renderTokens(w http.ResponseWriter, r *http.Request, code int, page tokensPage) error {
	ctx, v := r.Context(), gate.ViewerFrom(r.Context())
	page.page = settingsPage(v, "API tokens", "A token lets a script or another program use the API with a role of its own.")
	page.roles, page.lifetimes = roleOptions(v), lifetimes()
	tokens, err := p.Accounts.Tokens(ctx)
	if err != nil {
		return err
	}
	var ids []string
	for _, t := range tokens {
		ids = append(ids, t.CreatedBy)
	}
	who, err := p.actors(ctx, ids)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		page.rows = append(page.rows, tokenRow{Token: t, maker: who(t.CreatedBy),
			expired: !t.ExpiresAt.IsZero() && !p.Now().Before(t.ExpiresAt), above: !mayRevoke(v, t)})
	}
	return ui.Render(w, r, code, tokensScreen(page))
}

// mayRevoke tells whether a button is worth showing; internal/account decides.
func mayRevoke(v account.Viewer, t account.Token) bool {
	for _, r := range rolesUpTo(v) {
		if r == t.Role {
			return true
		}
	}
	return t.PersonID == v.PersonID
}

// createToken makes a token and shows its secret once, on this very answer.
func (p *pages) createToken(w http.ResponseWriter, r *http.Request) error {
	f := tokenForm{name: r.PostFormValue("name"), role: r.PostFormValue("role"), days: r.PostFormValue("expires")}
	expires, err := p.expiry(f.days)
	var token account.Token
	var secret string
	if err == nil {
		err = p.newName(r.Context(), f.name)
	}
	if err == nil {
		token, secret, err = p.Accounts.CreateToken(r.Context(), gate.ViewerFrom(r.Context()),
			account.NewToken{Name: f.name, Role: directory.Role(f.role), Expires: expires})
	}
	if err != nil {
		field, text, ok := refusal(err)
		if !ok {
			return err
		}
		f.errors = ui.Errors{field: text}
		return p.renderTokens(w, r, http.StatusUnprocessableEntity, tokensPage{form: f})
	}
	return p.renderTokens(w, r, http.StatusOK, tokensPage{form: tokenForm{role: f.role, days: f.days}, made: token, secret: secret})
}

// newName refuses the name of a token that works: nobody could tell the two apart, and a page that is loaded again
// would make another one.
func (p *pages) newName(ctx context.Context, name string) error {
	tokens, err := p.Accounts.Tokens(ctx)
	if err != nil {
		return err
	}
	for _, t := range tokens {
		if strings.EqualFold(t.Name, strings.TrimSpace(name)) && t.Name != "" {
			return &account.InputError{Field: "name", Text: "there is a token of this name; choose another, or revoke that one first"}
		}
	}
	return nil
}

// expiry is when a token ends that lives so many days; zero for one without end.
func (p *pages) expiry(days string) (time.Time, error) {
	if days == "" {
		return time.Time{}, nil
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 1 || n > 3650 {
		return time.Time{}, &account.InputError{Field: "expires", Text: "choose how long the token lives"}
	}
	return p.Now().AddDate(0, 0, n), nil
}

// token finds a token by its id.
func (p *pages) token(r *http.Request) (account.Token, error) {
	tokens, err := p.Accounts.Tokens(r.Context())
	if err != nil {
		return account.Token{}, err
	}
	for _, t := range tokens {
		if t.ID == r.PathValue("id") {
			return t, nil
		}
	}
	return account.Token{}, fmt.Errorf("token %s: %w", r.PathValue("id"), directory.ErrNotFound)
}

// confirmRevoke asks before a token is ended.
func (p *pages) confirmRevoke(w http.ResponseWriter, r *http.Request) error {
	t, err := p.token(r)
	if err != nil {
		return err
	}
	return ui.Render(w, r, http.StatusOK, revokeDialog(settingsPage(gate.ViewerFrom(r.Context()), "API tokens", ""), t))
}

// revokeToken ends a token at once.
func (p *pages) revokeToken(w http.ResponseWriter, r *http.Request) error {
	t, err := p.token(r)
	if err != nil {
		return err
	}
	if err := p.Accounts.RevokeToken(r.Context(), gate.ViewerFrom(r.Context()), t.ID); err != nil {
		return err
	}
	return p.done(w, r, "/settings/tokens", "The token "+cmp.Or(t.Name, t.ID)+" is revoked.")
}
