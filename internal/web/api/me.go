package api

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type role = directory.Role

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

// getMyPerson shows what everybody may see of themselves: not who keeps runs off them, and why.
func (a *api) getMyPerson(r *http.Request, _ none) (personDetailView, error) {
	v, err := a.getPerson(r, one{ID: viewer(r).PersonID})
	v.Holds = []people.HoldView{}
	return v, err
}

// openAPI is the document, of which the document says no more than that it is an object.
type openAPI struct{ json.RawMessage }

func (openAPI) Form() reflect.Type { return reflect.TypeFor[object]() }

func (a *api) getDocument(*http.Request, none) (openAPI, error) { return openAPI{a.document}, nil }
