// Package admin shows the audit log and the settings of the organisation: roles, API tokens, sign-in and
// name. Who may change what is left to internal/account.
package admin

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
)

// Accounts is what these pages ask of internal/account.
type Accounts interface {
	SetRole(ctx context.Context, by account.Viewer, personID string, role directory.Role) error
	KeepsOwner(ctx context.Context, personID string) error
	MakeLink(ctx context.Context, by account.Viewer, personID, purpose string) (secret string, expires time.Time, err error)
	HasPassword(ctx context.Context, personID string) (bool, error)

	Tokens(ctx context.Context) ([]account.Token, error)
	CreateToken(ctx context.Context, by account.Viewer, n account.NewToken) (account.Token, string, error)
	RevokeToken(ctx context.Context, by account.Viewer, id string) error

	OpenID(ctx context.Context) (account.OpenID, bool, error)
	SetOpenID(ctx context.Context, by account.Viewer, o account.OpenID, secret string) error
	RemoveOpenID(ctx context.Context, by account.Viewer) error

	OrganisationName(ctx context.Context) (string, error)
	SetOrganisationName(ctx context.Context, by account.Viewer, name string) error
	OrganisationLanguage(ctx context.Context) (string, error)
	SetOrganisationLanguage(ctx context.Context, by account.Viewer, language string) error
}

// Connections is what these pages ask of internal/connection.
type Connections interface {
	List(ctx context.Context) ([]connection.Summary, error)
}

// Views is what these pages read.
type Views interface {
	Audit(ctx context.Context, q view.AuditQuery) (view.Page[view.AuditRecord], error)
	EachAudit(ctx context.Context, q view.AuditQuery) iter.Seq2[view.AuditRecord, error]
	People(ctx context.Context, q view.PeopleQuery) (view.Page[view.PersonRow], error)
	Briefs(ctx context.Context, ids []string) (map[string]view.PersonBrief, error)
}

// ProviderCheck asks an OpenID Connect provider to describe itself (internal/account/openid).
type ProviderCheck interface {
	Check(ctx context.Context, o account.OpenID) error
}

// Deps is what the pages are built from.
type Deps struct {
	Gate        *gate.Gate
	Accounts    Accounts
	Connections Connections
	Views       Views
	Now         func() time.Time
	// Verify checks the audit trail's chain. An error with a method FirstBroken tells the entry that does
	// not fit; every other one means that nobody knows.
	Verify func(context.Context) error
	// Language is that of mails until an owner chooses one, as the operator's file says; "" for English.
	Language string
	// Provider is nil where a provider cannot be tested from the settings.
	Provider ProviderCheck
}

type pages struct{ Deps }

// Routes lists the pages.
func Routes(d Deps) []gate.Route {
	p := &pages{d}
	route := func(method, path string, may account.Permission, h gate.Handler) gate.Route {
		return gate.Route{Method: method, Path: path, Permission: may, Handler: h}
	}
	return []gate.Route{
		route("GET", "/audit", account.Read, p.showAudit),
		route("GET", "/audit.csv", account.Read, p.auditCSV),
		route("GET", "/audit.jsonl", account.Read, p.auditLines),
		route("POST", "/audit/verify", account.Read, p.verifyAudit),

		route("GET", "/settings", account.Accounts, p.showSettings),
		route("GET", "/settings/roles", account.Accounts, p.showRoles),
		route("POST", "/settings/roles/{id}/role", account.Accounts, p.setRole),
		route("POST", "/settings/roles/{id}/link", account.Accounts, p.makeLink),
		route("GET", "/settings/tokens", account.Accounts, p.showTokens),
		route("POST", "/settings/tokens", account.Accounts, p.createToken),
		route("GET", "/settings/tokens/{id}/revoke", account.Accounts, p.confirmRevoke),
		route("POST", "/settings/tokens/{id}/revoke", account.Accounts, p.revokeToken),
		route("GET", "/settings/sign-in", account.Organise, p.showOpenID),
		route("POST", "/settings/sign-in", account.Organise, p.saveOpenID),
		route("POST", "/settings/sign-in/test", account.Organise, p.testOpenID),
		route("GET", "/settings/sign-in/remove", account.Organise, p.confirmRemoveOpenID),
		route("POST", "/settings/sign-in/remove", account.Organise, p.removeOpenID),
		route("GET", "/settings/organisation", account.Organise, p.showOrganisation),
		route("POST", "/settings/organisation", account.Organise, p.saveOrganisation),
	}
}

// settingsPage is the frame of a page below Settings; an administrator sees the tabs that are theirs.
func settingsPage(v account.Viewer, title, lead string) ui.Page {
	page := ui.Page{Title: title, Lead: lead, Nav: "settings", Crumbs: []ui.Crumb{{Text: "Settings", Href: "/settings"}}}
	for _, c := range settingsCards(v) {
		page.Tabs = append(page.Tabs, ui.Tab{Text: c.title, Href: c.href, Current: c.title == title})
	}
	return page
}

// rolesUpTo lists the roles that are not above somebody's own.
func rolesUpTo(v account.Viewer) []directory.Role {
	all := account.Roles()
	return all[:slices.Index(all, v.Role)+1]
}

func roleOptions(v account.Viewer) []ui.Option {
	var out []ui.Option
	for _, r := range rolesUpTo(v) {
		out = append(out, ui.Option{Value: string(r), Text: roleName(r)})
	}
	return out
}

// roleName writes a role for people.
func roleName(r directory.Role) string { return words.Capital(string(r)) }

// roleWords says what a role may do (product, "Roles").
func roleWords(r directory.Role) string {
	switch r {
	case directory.RoleOwner:
		return "everything, and how people sign in"
	case directory.RoleAdmin:
		return "connections, mapping, approvals, people, roles and tokens"
	case directory.RoleOperator:
		return "previews and syncs"
	case directory.RoleAuditor:
		return "looks at everything, changes nothing"
	case directory.RoleMember:
		return "own profile only"
	}
	return ""
}

// absolute is the full address of one of our pages, as people use it.
func (p *pages) absolute(r *http.Request, path string) string {
	base := p.Gate.URL
	if base == nil {
		base = &url.URL{Scheme: "http", Host: r.Host}
	}
	return base.JoinPath(path).String()
}

// done says what was done on the page that follows.
func (p *pages) done(w http.ResponseWriter, r *http.Request, target, text string) error {
	p.Gate.Flash(w, text)
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// refusal takes what a form can show: the field, "" for the whole form, and a sentence. ok is false for
// everything else.
func refusal(err error) (field, text string, ok bool) {
	if e, ok := errors.AsType[*account.InputError](err); ok {
		return e.Field, sentence(e.Text), true
	}
	for _, known := range []error{account.ErrForbidden, account.ErrLastOwner} {
		if errors.Is(err, known) {
			return "", sentence(known.Error()), true
		}
	}
	return "", "", false
}

// sentence gives a text its capital and full stop.
func sentence(s string) string { return strings.TrimSuffix(words.Capital(s), ".") + "." }
