package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/people"
)

type freezesQuery struct {
	paging
	Connection string `query:"connection" doc:"Id or name."`
}

// connectionFreezes are the freezes in force of a connection, with its name.
type connectionFreezes struct {
	name   string
	editor *people.Editor
	list   []directory.Freeze
}

// freezesOf reads the freezes of a connection, or of all of them.
func (a *api) freezesOf(r *http.Request, only string) ([]connectionFreezes, error) {
	conns, err := a.Connections.List(r.Context())
	if err != nil {
		return nil, err
	}
	var out []connectionFreezes
	for _, c := range conns {
		if only != "" && c.ID != only {
			continue
		}
		e, err := a.Connections.Editor(r.Context(), actor(r), c.ID)
		if err != nil {
			return nil, err
		}
		list, err := e.Freezes(r.Context())
		if err != nil {
			return nil, fmt.Errorf("read the freezes of %s: %w", c.Name, err)
		}
		out = append(out, connectionFreezes{c.Name, e, list})
	}
	return out, nil
}

// listFreezes shows the freezes in force, by id.
func (a *api) listFreezes(r *http.Request, in freezesQuery) (page[people.FreezeView], error) {
	out := page[people.FreezeView]{Items: []people.FreezeView{}}
	if in.After != "" && !strings.HasPrefix(in.After, "freeze_") {
		return out, &view.CursorError{Cursor: in.After}
	}
	only, err := in.Connection, error(nil)
	if only != "" {
		only, err = a.connectionID(r, only)
	}
	if err != nil {
		return out, err
	}
	all, err := a.freezesOf(r, only)
	for _, c := range all {
		for i := range c.list {
			if c.list[i].ID > in.After {
				out.Items = append(out.Items, people.ViewFreeze(&c.list[i], c.name))
			}
		}
	}
	slices.SortFunc(out.Items, func(x, y people.FreezeView) int { return strings.Compare(x.ID, y.ID) })
	if len(out.Items) > in.Limit {
		out.Items = out.Items[:in.Limit]
		out.Next = &out.Items[in.Limit-1].ID
	}
	return out, err
}

type freezeRequest struct {
	Connection string   `json:"connection" required:"true" doc:"Id or name."`
	What       []string `json:"what" required:"true" doc:"Groups of fields (reporting_lines, departments, jobs, names, addresses) and single fields."`
	Until      string   `json:"until" doc:"RFC 3339, or a date: the end of that day in the connection's zone. Without it, until somebody ends it."`
	Reason     string   `json:"reason" required:"true" doc:"Why, for whoever finds it later."`
}

func (a *api) createFreeze(r *http.Request, in struct{ Body freezeRequest }) (people.FreezeView, error) {
	var none people.FreezeView
	id, err := a.connectionID(r, in.Body.Connection)
	if err != nil {
		return none, err
	}
	e, err := a.Connections.Editor(r.Context(), actor(r), id)
	if err != nil {
		return none, err
	}
	until, err := moment("until", in.Body.Until, e.Policy.Zones().Connection())
	if err != nil {
		return none, err
	}
	f, err := e.AddFreeze(r.Context(), in.Body.What, until, in.Body.Reason)
	if err != nil {
		return none, err
	}
	return people.ViewFreeze(&f, e.Policy.Name), nil
}

// deleteFreeze ends a freeze of whichever connection.
func (a *api) deleteFreeze(r *http.Request, in one) (nothing, error) {
	all, err := a.freezesOf(r, "")
	if err != nil {
		return nothing{}, err
	}
	for _, c := range all {
		if slices.ContainsFunc(c.list, func(f directory.Freeze) bool { return f.ID == in.ID }) {
			return nothing{}, c.editor.EndFreeze(r.Context(), in.ID)
		}
	}
	return nothing{}, fmt.Errorf("freeze %s: %w", in.ID, directory.ErrNotFound)
}
