package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type role = directory.Role

type auditQuery struct {
	paging
	Event   string `query:"event"`
	Actor   string `query:"actor"`
	Subject string `query:"subject" doc:"Id of the person, plan, connection or token it is about."`
	Q       string `query:"q" doc:"Part of any column."`
	From    string `query:"from" doc:"Then or later: RFC 3339."`
	To      string `query:"to" doc:"Before: RFC 3339."`
}

// auditView is an entry of the audit trail: ids and states, never values.
type auditView struct {
	Seq     int64   `json:"seq"`
	At      string  `json:"at" doc:"RFC 3339."`
	Actor   string  `json:"actor"`
	Event   string  `json:"event"`
	Subject *string `json:"subject"`
	Before  *string `json:"before"`
	After   *string `json:"after"`
	RunID   *string `json:"run_id"`
	Detail  *string `json:"detail"`
	Hash    string  `json:"hash" doc:"Hexadecimal SHA-256 over the entry and the hash before it."`
}

func (a *api) listAudit(r *http.Request, in auditQuery) (page[auditView], error) {
	q := view.AuditQuery{Actor: in.Actor, Event: in.Event, Subject: in.Subject, Q: in.Q, After: in.After, Limit: in.Limit}
	var err error
	if q.From, q.To, err = between(in.From, in.To); err != nil {
		return page[auditView]{}, err
	}
	rows, err := a.Views.Audit(r.Context(), q)
	return pageOf(rows, func(e *view.AuditRecord) auditView {
		return auditView{e.Seq, e.At.UTC().Format(time.RFC3339Nano), e.Actor, e.Event, syncrun.Optional(e.Subject), syncrun.Optional(e.Before),
			syncrun.Optional(e.After), syncrun.Optional(e.RunID), syncrun.Optional(e.Detail), e.Hash}
	}), err
}

// tokenView is an API token without its secret.
type tokenView struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Role      role    `json:"role"`
	PersonID  *string `json:"person_id" doc:"null: made by the operator."`
	CreatedBy string  `json:"created_by"`
	CreatedAt string  `json:"created_at"`
	ExpiresAt *string `json:"expires_at" doc:"null: never."`
	UsedAt    *string `json:"used_at" doc:"null: never."`
}

func viewToken(t *account.Token) tokenView {
	return tokenView{t.ID, t.Name, t.Role, syncrun.Optional(t.PersonID), t.CreatedBy, instant(t.CreatedAt), syncrun.Timestamp(t.ExpiresAt),
		syncrun.Timestamp(t.UsedAt)}
}

func (a *api) listTokens(r *http.Request, _ none) (page[tokenView], error) {
	list, err := a.Accounts.Tokens(r.Context())
	out := make([]tokenView, len(list))
	for i := range list {
		out[i] = viewToken(&list[i])
	}
	return whole(out), err
}

func (a *api) revokeToken(r *http.Request, in one) (nothing, error) {
	return nothing{}, a.Accounts.RevokeToken(r.Context(), viewer(r), in.ID)
}

// meView is who the token makes you.
type meView struct {
	Organisation *string              `json:"organisation"`
	Token        tokenNameView        `json:"token"`
	PersonID     *string              `json:"person_id" doc:"null: a token of the operator."`
	Role         role                 `json:"role"`
	Permissions  []account.Permission `json:"permissions"`
	Version      string               `json:"version" doc:"Of the server."`
}

type tokenNameView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (a *api) getMe(r *http.Request, _ none) (meView, error) {
	v := viewer(r)
	name, err := a.Accounts.OrganisationName(r.Context())
	may := slices.DeleteFunc(permissions(), func(p account.Permission) bool { return !v.May(p) })
	return meView{syncrun.Optional(name), tokenNameView{v.TokenID, v.Name}, syncrun.Optional(v.PersonID), v.Role, may, a.Version}, err
}

// openAPI is the document, of which the document says no more than that it is an object.
type openAPI struct{ json.RawMessage }

func (openAPI) form() reflect.Type { return reflect.TypeFor[object]() }

func (a *api) getDocument(*http.Request, none) (openAPI, error) { return openAPI{a.document}, nil }
