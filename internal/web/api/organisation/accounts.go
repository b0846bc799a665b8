package organisation

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
)

// passwordLinkView is shown once: only the link's hash is stored.
type passwordLinkView struct {
	URL       string `json:"url" doc:"Whoever opens it first becomes this person: hand it over with care."`
	Purpose   string `json:"purpose" doc:"invite for a first password, reset for another one."`
	ExpiresAt string `json:"expires_at"`
}

// createLink answers with the secret itself, which stands in no log and no address.
func (p *part) createLink(r *http.Request, in rest.One) (passwordLinkView, error) {
	has, err := p.Accounts.HasPassword(r.Context(), in.ID)
	if err != nil {
		return passwordLinkView{}, err
	}
	purpose := account.Invite
	if has {
		purpose = account.Reset
	}
	secret, expires, err := p.Accounts.MakeLink(r.Context(), viewer(r), in.ID, purpose)
	if err != nil {
		return passwordLinkView{}, err
	}
	return passwordLinkView{p.address(r, "password", url.PathEscape(secret)), purpose, rest.Instant(expires)}, nil
}

// sessionView is a browser in which somebody is signed in.
type sessionView struct {
	ID        string `json:"id"`
	Method    string `json:"method" doc:"password or oidc."`
	Address   string `json:"address" doc:"Network address."`
	Agent     string `json:"agent" doc:"What the browser says of itself."`
	CreatedAt string `json:"created_at"`
	SeenAt    string `json:"seen_at"`
}

// sessions are those of the person whose token asks; a token of the operator is nobody's.
func (p *part) sessions(r *http.Request) ([]account.Session, error) {
	id := viewer(r).PersonID
	if id == "" {
		return nil, nil
	}
	return p.Accounts.Sessions(r.Context(), id)
}

func (p *part) listSessions(r *http.Request, _ rest.None) (rest.Page[sessionView], error) {
	list, err := p.sessions(r)
	return rest.PageOf(list, "", func(s *account.Session) sessionView {
		return sessionView{string(s.ID), s.Method, s.Address, s.Agent, rest.Instant(s.CreatedAt), rest.Instant(s.SeenAt)}
	}), err
}

func (p *part) deleteSession(r *http.Request, in rest.One) (rest.Nothing, error) {
	list, err := p.sessions(r)
	if err != nil {
		return rest.Nothing{}, err
	}
	id := account.SessionID(in.ID)
	if !slices.ContainsFunc(list, func(s account.Session) bool { return s.ID == id }) {
		return rest.Nothing{}, fmt.Errorf("session %s: %w", id, directory.ErrNotFound)
	}
	return rest.Nothing{}, p.Accounts.EndSession(r.Context(), viewer(r), id)
}

type endedView struct {
	Ended int `json:"ended" doc:"How many browsers were signed out."`
}

func (p *part) deleteSessions(r *http.Request, _ rest.None) (endedView, error) {
	if viewer(r).PersonID == "" {
		return endedView{}, nil
	}
	n, err := p.Accounts.SignOutOthers(r.Context(), viewer(r))
	return endedView{n}, err
}

// tokenView is an API token without its secret.
type tokenView struct {
	ID        string         `json:"id"`
	Name      string         `json:"name"`
	Role      directory.Role `json:"role"`
	PersonID  *string        `json:"person_id" doc:"null: made by the operator."`
	CreatedBy string         `json:"created_by"`
	CreatedAt string         `json:"created_at"`
	ExpiresAt *string        `json:"expires_at" doc:"null: never."`
	UsedAt    *string        `json:"used_at" doc:"null: never."`
}

func (p *part) listTokens(r *http.Request, _ rest.None) (rest.Page[tokenView], error) {
	list, err := p.Accounts.Tokens(r.Context())
	return rest.PageOf(list, "", func(t *account.Token) tokenView {
		return tokenView{t.ID, t.Name, t.Role, optional(t.PersonID), t.CreatedBy, rest.Instant(t.CreatedAt), when(t.ExpiresAt), when(t.UsedAt)}
	}), err
}

func (p *part) revokeToken(r *http.Request, in rest.One) (rest.Nothing, error) {
	return rest.Nothing{}, p.Accounts.RevokeToken(r.Context(), viewer(r), in.ID)
}
