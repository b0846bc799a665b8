// Package sign shows the pages of coming and going: first start, sign-in, forgotten and set password, and
// one's own profile with its sessions. Who may sign in is left to internal/account.
package sign

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
)

// Accounts is what these pages ask of internal/account.
type Accounts interface {
	NeedsOwner(ctx context.Context) (bool, error)
	CreateOwner(ctx context.Context, o account.Owner, address string) (string, error)
	SetOrganisationName(ctx context.Context, by account.Viewer, name string) error
	SignIn(ctx context.Context, in account.SignIn) (string, account.Viewer, error)
	SignInIdentity(ctx context.Context, id account.Identity, address, agent string) (string, account.Viewer, error)
	SignOut(ctx context.Context, v account.Viewer) error

	Sessions(ctx context.Context, personID string) ([]account.Session, error)
	EndSession(ctx context.Context, v account.Viewer, id account.SessionID) error
	SignOutOthers(ctx context.Context, v account.Viewer) (int, error)

	RequestReset(ctx context.Context, email, address string) error
	Link(ctx context.Context, secret string) (account.Link, error)
	SetPassword(ctx context.Context, secret, password string) error
	ChangePassword(ctx context.Context, v account.Viewer, old, password string) error
	HasPassword(ctx context.Context, personID string) (bool, error)

	OpenID(ctx context.Context) (account.OpenID, bool, error)
	Identities(ctx context.Context, personID string) ([]account.LinkedIdentity, error)
	LinkIdentity(ctx context.Context, v account.Viewer, id account.Identity) error
	UnlinkIdentity(ctx context.Context, v account.Viewer, personID, issuer, subject string) error
}

// Connections is what these pages ask of internal/connection.
type Connections interface {
	EditorFor(ctx context.Context, actor string, person directory.Person) (*people.Editor, error)
}

// Provider speaks with the organisation's OpenID Connect provider (internal/account/openid).
type Provider interface {
	// Begin returns where to send the browser, and the value of a cookie for it to bring back.
	Begin(ctx context.Context, redirectURL, personID string) (authURL, cookie string, err error)
	// Finish returns who signed in at the provider, and who wanted to link that identity, "" for a sign-in.
	Finish(ctx context.Context, cookie string, answer url.Values) (account.Identity, string, error)
}

// Views is what these pages read.
type Views interface{}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Accounts    Accounts
	Connections Connections
	Views       Views
	Now         func() time.Time
	// SetupCode is what the first owner must type, "" when only this machine reaches the server.
	SetupCode string
	// Provider is nil where nobody can sign in with OpenID Connect.
	Provider Provider
	// Mail tells that the server sends mail, so that a forgotten password needs no administrator.
	Mail bool
}

type pages struct{ Deps }

// Routes lists the pages.
func Routes(d Deps) []gate.Route {
	p := &pages{d}
	route := func(method, path string, may account.Permission, h gate.Handler) gate.Route {
		return gate.Route{Method: method, Path: path, Permission: may, Handler: h}
	}
	return []gate.Route{
		route("GET", "/{$}", gate.Public, p.start),
		route("GET", "/first-start", gate.Public, p.showFirstStart),
		route("POST", "/first-start", gate.Public, p.firstStart),
		route("GET", "/sign-in", gate.Public, p.showSignIn),
		route("POST", "/sign-in", gate.Public, p.signIn),
		route("POST", "/sign-in/oidc", gate.Public, p.toProvider),
		route("GET", callbackPath, gate.Public, p.fromProvider),
		route("POST", "/sign-out", account.Own, p.signOut),
		route("GET", "/password", gate.Public, p.showForgotten),
		route("POST", "/password", gate.Public, p.forgotten),
		route("GET", "/password/{secret}", gate.Public, p.showSetPassword),
		route("POST", "/password/{secret}", gate.Public, p.setPassword),
		route("GET", "/me", account.Own, p.showMe),
		route("POST", "/me/password", account.Own, p.changePassword),
		route("POST", "/me/sessions/end", account.Own, p.endSession),
		route("POST", "/me/sessions/end-others", account.Own, p.endOthers),
		route("POST", "/me/identity", account.Own, p.linkIdentity),
		route("POST", "/me/identity/unlink", account.Own, p.unlinkIdentity),
	}
}

// start sends everybody where they belong.
func (p *pages) start(w http.ResponseWriter, r *http.Request) error {
	target := "/sign-in"
	switch v := gate.ViewerFrom(r.Context()); {
	case v.May(account.Read):
		target = "/connections"
	case v.May(account.Own):
		target = "/me"
	default:
		needed, err := p.Accounts.NeedsOwner(r.Context())
		if err != nil {
			return err
		}
		if needed {
			target = "/first-start"
		}
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// enter gives the browser its new session in place of the one it had, and shows the page it wanted.
func (p *pages) enter(w http.ResponseWriter, r *http.Request, secret, next string) error {
	if old := gate.ViewerFrom(r.Context()); old.Session != "" {
		if err := p.Accounts.SignOut(r.Context(), old); err != nil {
			return err
		}
	}
	p.Gate.SetSession(w, secret)
	http.Redirect(w, r, gate.Next(next), http.StatusSeeOther)
	return nil
}

// refusal takes what a form can show: the field, "" for the whole form, and a sentence. ok is false for
// everything else.
func refusal(err error) (field, text string, ok bool) {
	if e, ok := errors.AsType[*account.InputError](err); ok {
		return e.Field, sentence(e.Text), true
	}
	if e, ok := errors.AsType[*account.ThrottledError](err); ok {
		return "", sentence(e.Error()), true
	}
	for _, known := range []error{account.ErrSignIn, account.ErrBusy} {
		if errors.Is(err, known) {
			return "", sentence(known.Error()), true
		}
	}
	return "", "", false
}

// status is 422 for a form that cannot be taken, 429 with the wait for one that came too often, 503 with one while too
// many passwords are being checked.
func status(w http.ResponseWriter, err error) int {
	if errors.Is(err, account.ErrBusy) {
		w.Header().Set("Retry-After", seconds(account.BusyWait))
		return http.StatusServiceUnavailable
	}
	if e, ok := errors.AsType[*account.ThrottledError](err); ok {
		w.Header().Set("Retry-After", seconds(e.Wait))
		return http.StatusTooManyRequests
	}
	return http.StatusUnprocessableEntity
}

// sentence gives a text its capital and full stop.
func sentence(s string) string { return strings.TrimSuffix(words.Capital(s), ".") + "." }
