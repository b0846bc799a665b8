// Package organisation is the part of the API that is about the organisation itself: its name, departments and
// teams, who may sign in and how, tokens and sessions, the mails that it sends, and the audit trail. Who may do what is left to
// internal/account, what is mailed to internal/notify.
package organisation

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// Accounts is what these endpoints ask of internal/account.
type Accounts interface {
	HasPassword(ctx context.Context, personID string) (bool, error)
	MakeLink(ctx context.Context, by account.Viewer, personID, purpose string) (secret string, expires time.Time, err error)

	Tokens(ctx context.Context) ([]account.Token, error)
	RevokeToken(ctx context.Context, by account.Viewer, id string) error

	Sessions(ctx context.Context, personID string) ([]account.Session, error)
	EndSession(ctx context.Context, v account.Viewer, id account.SessionID) error
	SignOutOthers(ctx context.Context, v account.Viewer) (int, error)

	OpenID(ctx context.Context) (account.OpenID, bool, error)
	SetOpenID(ctx context.Context, by account.Viewer, o account.OpenID, secret string) error
	RemoveOpenID(ctx context.Context, by account.Viewer) error

	OrganisationName(ctx context.Context) (string, error)
	SetOrganisationName(ctx context.Context, by account.Viewer, name string) error
	OrganisationLanguage(ctx context.Context) (string, error)
	SetOrganisationLanguage(ctx context.Context, by account.Viewer, language string) error
}

// Connections is what these endpoints ask of internal/connection.
type Connections interface {
	List(ctx context.Context) ([]connection.Summary, error)
	Get(ctx context.Context, id string) (connection.Detail, error)
}

// Views is what these endpoints read.
type Views interface {
	Audit(ctx context.Context, q view.AuditQuery) (view.Page[view.AuditRecord], error)
	EachAudit(ctx context.Context, q view.AuditQuery) iter.Seq2[view.AuditRecord, error]
	Groups(ctx context.Context, kind directory.GroupKind) ([]view.GroupRow, error)
	NearDuplicates(ctx context.Context, kind directory.GroupKind) (pairs [][2]directory.Group, ok bool, err error)
	MergeGroups(ctx context.Context, from, into, actor string, now time.Time) (view.Regrouped, error)
	RenameGroup(ctx context.Context, id, name, actor string, now time.Time) (view.Regrouped, error)
}

// Mails is what these endpoints ask of internal/notify.
type Mails interface {
	Outbox(ctx context.Context, p notify.Page) (notify.List, error)
	ShowSealed(ctx context.Context, id string) (notify.Shown, error)
	Retry(ctx context.Context, actor, id string) error
	Discard(ctx context.Context, actor, id string) error
	Release(ctx context.Context, actor, runID string) (int, error)
	Recipients(ctx context.Context, emails []string) ([]notify.Recipient, error)
	Ask(ctx context.Context, actor, email string) error
}

// Provider asks an OpenID Connect provider to describe itself (internal/account/openid).
type Provider interface {
	Check(ctx context.Context, o account.OpenID) error
}

// Deps is what the endpoints are built from.
type Deps struct {
	Accounts    Accounts
	Connections Connections
	Views       Views
	Mails       Mails    // nil: this server mails nobody
	Provider    Provider // nil: a provider cannot be tried
	Now         func() time.Time
	Verify      func(context.Context) error // checks the audit trail's chain
	URL         *url.URL                    // the address that people use; nil when only this machine does
}

// part has a method for every address; one noun is one file.
type part struct{ Deps }

// Endpoints lists the addresses.
func Endpoints(d Deps) []rest.Endpoint {
	p := &part{d}
	get, post, put, patch, remove := "GET", "POST", "PUT", "PATCH", "DELETE"
	return append(p.groupEndpoints(), []rest.Endpoint{
		rest.On(get, "/organisation", account.Organise, "getOrganisation", "Shows the organisation's name and the language of its mails", p.getOrganisation),
		rest.On(patch, "/organisation", account.Organise, "patchOrganisation", "Changes the organisation's name, or the language of its mails", p.patchOrganisation),

		rest.On(get, "/sign-in", account.Organise, "getSignIn", "Shows with which OpenID Connect provider people may sign in", p.getSignIn),
		rest.On(put, "/sign-in", account.Organise, "putSignIn", "Says with which OpenID Connect provider people may sign in", p.putSignIn).
			Note("Nobody sees the client secret again."),
		rest.On(remove, "/sign-in", account.Organise, "deleteSignIn", "Ends sign-in with OpenID Connect; passwords go on working", p.deleteSignIn),
		rest.On(post, "/sign-in/test", account.Organise, "testSignIn", "Asks a provider to describe itself; nothing is stored", p.testSignIn).Fails("setup"),

		rest.On(post, "/people/{id}/password-link", account.Accounts, "createPasswordLink", "Makes a link with which somebody sets a password", p.createLink).
			Makes().Fails("invalid").Note("The link is in this answer and nowhere else; an older one of the same person ends."),
		rest.On(get, "/me/sessions", account.Own, "listSessions", "Lists the browsers in which the token's person is signed in", p.listSessions),
		rest.On(remove, "/me/sessions", account.Own, "deleteSessions", "Signs the token's person out in every browser", p.deleteSessions),
		rest.On(remove, "/me/sessions/{id}", account.Own, "deleteSession", "Signs the token's person out in one browser", p.deleteSession),

		rest.On(get, "/tokens", account.Accounts, "listTokens", "Lists the API tokens, newest first", p.listTokens),
		rest.On(remove, "/tokens/{id}", account.Accounts, "revokeToken", "Ends a token at once", p.revokeToken).
			Note("No token makes another: new ones are made under Settings, or with \"rollcall tokens create\"."),

		rest.On(get, "/outbox", account.Accounts, "listMails", "Lists mails that were sent or wait, newest first", p.listMails).Fails("setup"),
		rest.On(get, "/outbox/{id}", account.Accounts, "getMail", "Shows a mail as its recipient reads it, without its link", p.getMail).Fails("setup"),
		rest.On(post, "/outbox/{id}/retry", account.Accounts, "retryMail", "Sends a mail again that could not be sent", p.retryMail).Fails("setup", "invalid"),
		rest.On(post, "/outbox/{id}/discard", account.Accounts, "discardMail", "Ends a mail that was not sent", p.discardMail).Fails("setup", "invalid"),
		rest.On(post, "/runs/{id}/release-welcomes", account.Accounts, "releaseWelcomes", "Sends the welcomes of a run that wait because it made too many accounts", p.releaseWelcomes).
			Fails("setup"),
		rest.On(get, "/recipients", account.Read, "listRecipients", "Lists who is told of failures, and whether they agreed", p.listRecipients).Fails("setup"),
		rest.On(post, "/recipients/ask", account.Configure, "askRecipient", "Asks an address again whether it wants to be told of failures", p.askRecipient).
			Fails("setup").Note("Only addresses that the settings of a connection name are asked."),

		rest.On(get, "/audit", account.Read, "listAudit", "Lists the audit trail, newest first", p.listAudit),
		rest.On(get, "/audit.csv", account.Read, "exportAudit", "Gives the audit trail as CSV, oldest first", p.auditCSV),
		rest.On(get, "/audit.jsonl", account.Read, "exportAuditLines", "Gives the audit trail as JSON, an entry a line, oldest first", p.auditLines),
		rest.On(post, "/audit/verify", account.Read, "verifyAudit", "Checks that no entry of the audit trail was changed or removed", p.verifyAudit),
	}...)
}

func viewer(r *http.Request) account.Viewer { return gate.ViewerFrom(r.Context()) }

// address is the full address of a page, as people use it.
func (p *part) address(r *http.Request, path ...string) string {
	at := p.URL
	if at == nil {
		at = &url.URL{Scheme: "http", Host: r.Host}
	}
	return at.JoinPath(path...).String()
}

type organisationView struct {
	Name     *string `json:"name"`
	Language *string `json:"language" doc:"Of mails: en, de, nl, fr or es; null: nobody chose one, and it is what the operator's file says, or English."`
}

func (p *part) getOrganisation(r *http.Request, _ rest.None) (organisationView, error) {
	name, err := p.Accounts.OrganisationName(r.Context())
	if err != nil {
		return organisationView{}, err
	}
	language, err := p.Accounts.OrganisationLanguage(r.Context())
	return organisationView{optional(name), optional(language)}, err
}

type organisationRequest struct {
	Name     *string `json:"name" doc:"Stands beside the menu and in mails."`
	Language string  `json:"language" doc:"Of mails: en, de, nl, fr or es. In a request of its own."`
}

func (p *part) patchOrganisation(r *http.Request, in struct{ Body organisationRequest }) (organisationView, error) {
	var err error
	switch b := in.Body; {
	case b.Name != nil && b.Language != "":
		err = &gate.InputError{Field: "language", Text: "a name and a language are two changes; send two requests"}
	case b.Name != nil:
		err = p.Accounts.SetOrganisationName(r.Context(), viewer(r), *b.Name)
	case b.Language != "":
		err = p.Accounts.SetOrganisationLanguage(r.Context(), viewer(r), b.Language)
	default:
		err = &gate.InputError{Field: "name", Text: "give name or language"}
	}
	if err != nil {
		return organisationView{}, err
	}
	return p.getOrganisation(r, rest.None{})
}

// optional is null for a blank text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// when is null for the zero time.
func when(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := rest.Instant(t)
	return &s
}
