package main

import (
	"fmt"
	"slices"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/people"
)

type peopleCmd struct {
	settings
	rowsOutput
}

// Run lists everybody, by e-mail.
func (c *peopleCmd) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	views, err := a.everybody(x)
	if err != nil {
		return err
	}
	switch c.Output {
	case "json":
		return a.printJSON(views)
	case "csv":
		return a.peopleCSV(views)
	}
	return a.printText(func(p *text.Page) {
		if len(views) == 0 {
			p.Linef("The directory is empty; \"rollcall plan\" shows who would come.")
			return
		}
		rows := make([][]string, len(views))
		for i, v := range views {
			title := show.Title(&v)
			rows[i] = []string{text.Dash(v.Email), text.Dash(&title), string(v.Status), text.Dash(v.JobTitle), text.Dash(v.Department), text.Dash(v.ManagerEmail), v.ID}
		}
		p.Table([]string{"EMAIL", "NAME", "STATUS", "JOB TITLE", "DEPARTMENT", "MANAGER", "ID"}, rows)
	})
}

// everybody gives all people as the surface shows them.
func (a *app) everybody(x *session) ([]people.PersonView, error) {
	var all []directory.Person
	mails := map[string]string{}
	for p, err := range x.Store.AllPeople(a.ctx) {
		if err != nil {
			return nil, fmt.Errorf("read the directory: %w", err)
		}
		all = append(all, *p)
		mails[p.ID] = p.Values.Get(directory.Email)
	}
	return x.viewsOf(a, all, mails)
}

// views shows some people.
func (x *session) views(a *app, all []directory.Person) ([]people.PersonView, error) {
	var managers []string
	for i := range all {
		if id := all[i].Values.Get(directory.Manager); id != "" {
			managers = append(managers, id)
		}
	}
	slices.Sort(managers)
	found, err := x.Store.PersonsByID(a.ctx, slices.Compact(managers))
	if err != nil {
		return nil, fmt.Errorf("read the managers: %w", err)
	}
	mails := map[string]string{}
	for i := range found {
		mails[found[i].ID] = found[i].Values.Get(directory.Email)
	}
	return x.viewsOf(a, all, mails)
}

// viewsOf shows people whose managers' addresses are known.
func (x *session) viewsOf(a *app, all []directory.Person, mails map[string]string) ([]people.PersonView, error) {
	list, err := x.people.Holds(a.ctx)
	if err != nil {
		return nil, fmt.Errorf("read the holds: %w", err)
	}
	holds := map[string][]directory.Hold{}
	for _, h := range list {
		holds[h.PersonID] = append(holds[h.PersonID], h)
	}
	names := map[string]string{}
	for i := range x.file.Connections {
		conn, err := x.Store.EnsureConnection(a.ctx, x.file.Connections[i].Name)
		if err != nil {
			return nil, fmt.Errorf("read the connections: %w", err)
		}
		names[conn.ID] = conn.Name
	}
	out := make([]people.PersonView, len(all))
	for i := range all {
		p, source := &all[i], ""
		if p.Link != nil {
			source = names[p.Link.Connection]
		}
		out[i] = x.people.View(p, source, func(id string) string { return mails[id] }, holds[p.ID])
	}
	return out, nil
}

// peopleCSV writes people in the columns that "import people" reads.
func (a *app) peopleCSV(views []people.PersonView) error {
	header, rows := show.People(views)
	return a.printCSV(header, slices.Values(rows))
}
