package organisation

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/rest"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// groupEndpoints are the same for departments and teams.
func (p *part) groupEndpoints() []rest.Endpoint {
	var out []rest.Endpoint
	for _, k := range []struct {
		kind            directory.GroupKind
		path, one, many string
	}{
		{directory.KindDepartment, "/departments", "department", "Departments"},
		{directory.KindTeam, "/teams", "team", "Teams"},
	} {
		of := groups{p, k.kind}
		name := k.many[:len(k.many)-1]
		out = append(out,
			rest.On("GET", k.path, account.Read, "list"+k.many, "Lists the "+k.one+"s by name", of.list),
			rest.On("GET", k.path+"/similar", account.Read, "listSimilar"+k.many, "Lists pairs of "+k.one+"s whose names look alike", of.similar),
			rest.On("PATCH", k.path+"/{id}", account.People, "patch"+name, "Gives a "+k.one+" another name", of.rename).
				Fails("conflict").Note("The old name stays known as an alias, so that runs keep people there."),
			rest.On("POST", k.path+"/{id}/merge", account.People, "merge"+name, "Makes a "+k.one+" a part of another one", of.merge).
				Note("Its people move and its names become aliases of the other. This cannot be undone."))
	}
	return out
}

// groups is departments or teams.
type groups struct {
	*part
	kind directory.GroupKind
}

// groupView is a department or a team.
type groupView struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases" doc:"Other names under which HR may know it."`
	Active  int      `json:"active" doc:"Active people."`
	People  int      `json:"people" doc:"People who are not deactivated."`
	Version int64    `json:"version"`
}

func viewGroup(g *view.GroupRow) groupView {
	return groupView{g.ID, g.Name, append([]string{}, g.Aliases...), g.Active, g.People, g.Version}
}

func (g groups) list(r *http.Request, _ rest.None) (rest.Page[groupView], error) {
	rows, err := g.Views.Groups(r.Context(), g.kind)
	return rest.PageOf(rows, "", viewGroup), err
}

// find returns one of the kind.
func (g groups) find(r *http.Request, id string) (groupView, error) {
	rows, err := g.Views.Groups(r.Context(), g.kind)
	if err != nil {
		return groupView{}, err
	}
	i := slices.IndexFunc(rows, func(x view.GroupRow) bool { return x.ID == id })
	if i < 0 {
		return groupView{}, fmt.Errorf("%s %s: %w", g.kind, id, directory.ErrNotFound)
	}
	return viewGroup(&rows[i]), nil
}

// similarView is pairs of groups.
type similarView struct {
	Items    []pairView `json:"items"`
	Compared bool       `json:"compared" doc:"false: there are more than 1,000, which are not compared."`
}

// pairView is two whose names look alike; nothing merges them but a request.
type pairView struct {
	First  groupView `json:"first"`
	Second groupView `json:"second"`
}

func (g groups) similar(r *http.Request, _ rest.None) (similarView, error) {
	rows, err := g.Views.Groups(r.Context(), g.kind)
	if err != nil {
		return similarView{}, err
	}
	byID := make(map[string]groupView, len(rows))
	for i := range rows {
		byID[rows[i].ID] = viewGroup(&rows[i])
	}
	pairs, compared, err := g.Views.NearDuplicates(r.Context(), g.kind)
	out := similarView{make([]pairView, len(pairs)), compared}
	for i, p := range pairs {
		out.Items[i] = pairView{byID[p[0].ID], byID[p[1].ID]}
	}
	return out, err
}

type renameRequest struct {
	Name string `json:"name" required:"true"`
}

// regroupedView is a department or team after a change, with how many people it changed.
type regroupedView struct {
	groupView
	Moved int `json:"moved" doc:"People whose record changed."`
}

func (g groups) changed(r *http.Request, done view.Regrouped) (regroupedView, error) {
	v, err := g.find(r, done.Group.ID)
	return regroupedView{v, done.Moved}, err
}

func (g groups) rename(r *http.Request, in struct {
	rest.One
	Body renameRequest
}) (regroupedView, error) {
	var none regroupedView
	before, err := g.find(r, in.ID)
	if err != nil {
		return none, err
	}
	name, _ := directory.CleanText(in.Body.Name)
	switch {
	case directory.NameKey(name) == "" || utf8.RuneCountInString(name) > directory.MaxText:
		return none, &gate.InputError{Field: "name", Text: fmt.Sprintf("a name has 1 to %d characters", directory.MaxText)}
	case name == before.Name:
		return regroupedView{groupView: before}, nil
	}
	done, err := g.Views.RenameGroup(r.Context(), in.ID, name, viewer(r).Actor(), g.Now())
	if err != nil {
		return none, err
	}
	return g.changed(r, done)
}

type mergeRequest struct {
	Into string `json:"into" required:"true" doc:"Id of the one that stays."`
}

func (g groups) merge(r *http.Request, in struct {
	rest.One
	Body mergeRequest
}) (regroupedView, error) {
	var none regroupedView
	if _, err := g.find(r, in.ID); err != nil {
		return none, err
	}
	_, err := g.find(r, in.Body.Into)
	if errors.Is(err, directory.ErrNotFound) || in.Body.Into == in.ID {
		err = &gate.InputError{Field: "into", Text: fmt.Sprintf("name another %s by its id", g.kind)}
	}
	if err != nil {
		return none, err
	}
	done, err := g.Views.MergeGroups(r.Context(), in.ID, in.Body.Into, viewer(r).Actor(), g.Now())
	if err != nil {
		return none, err
	}
	return g.changed(r, done)
}
