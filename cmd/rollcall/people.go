package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/syncrun"
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
	return a.printText(func(p *page) {
		if len(views) == 0 {
			p.linef("The directory is empty; \"rollcall plan\" shows who would come.")
			return
		}
		rows := make([][]string, len(views))
		for i, v := range views {
			title := personTitle(&v)
			rows[i] = []string{dash(v.Email), dash(&title), string(v.Status), dash(v.JobTitle), dash(v.Department), dash(v.ManagerEmail), v.ID}
		}
		p.table([]string{"EMAIL", "NAME", "STATUS", "JOB TITLE", "DEPARTMENT", "MANAGER", "ID"}, rows)
	})
}

// everybody gives all people as the surface shows them.
func (a *app) everybody(x *session) ([]syncrun.PersonView, error) {
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
func (x *session) views(a *app, people []directory.Person) ([]syncrun.PersonView, error) {
	var managers []string
	for i := range people {
		if id := people[i].Values.Get(directory.Manager); id != "" {
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
	return x.viewsOf(a, people, mails)
}

// viewsOf shows people whose managers' addresses are known.
func (x *session) viewsOf(a *app, people []directory.Person, mails map[string]string) ([]syncrun.PersonView, error) {
	list, err := x.Holds(a.ctx)
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
	out := make([]syncrun.PersonView, len(people))
	for i := range people {
		p, source := &people[i], ""
		if p.Link != nil {
			source = names[p.Link.Connection]
		}
		out[i] = x.View(p, source, func(id string) string { return mails[id] }, holds[p.ID])
	}
	return out, nil
}

// peopleCSV writes people in the columns that "import people" reads.
func (a *app) peopleCSV(views []syncrun.PersonView) error {
	extra := map[string]bool{}
	for _, v := range views {
		for name := range v.Budgets {
			extra[string("budgets."+name)] = true
		}
		for name := range v.Custom {
			extra["custom."+name] = true
		}
	}
	more := slices.Sorted(maps.Keys(extra))
	header := append([]string{"id", "status", "employee_id", "email", "first_name", "last_name", "preferred_name", "display_name", "job_title",
		"department", "division", "location", "teams", "manager_email", "phone", "gender", "birthday", "hire_date", "original_hire_date", "deactivation_date"}, more...)
	return a.printCSV(header, func(yield func([]string) bool) {
		for _, v := range views {
			if !yield(append(personRow(&v), extraCells(&v, more)...)) {
				return
			}
		}
	})
}

func personRow(v *syncrun.PersonView) []string {
	row := []string{v.ID, string(v.Status)}
	for i, s := range []*string{v.EmployeeID, v.Email, v.FirstName, v.LastName, v.PreferredName, v.DisplayName, v.JobTitle,
		v.Department, v.Division, v.Location, nil, v.ManagerEmail, v.Phone, v.Gender, v.Birthday, v.HireDate, v.OriginalHireDate, v.DeactivationDate} {
		switch {
		case i == 10:
			row = append(row, strings.Join(v.Teams, ","))
		case s == nil:
			row = append(row, "")
		default:
			row = append(row, *s)
		}
	}
	return row
}

func extraCells(v *syncrun.PersonView, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		if own, ok := strings.CutPrefix(name, "budgets."); ok {
			if m, ok := v.Budgets[own]; ok {
				out[i] = m.Amount + " " + m.Currency
			}
			continue
		}
		out[i] = cell(v.Custom[strings.TrimPrefix(name, "custom.")])
	}
	return out
}

// cell writes a JSON value into a cell.
func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []string:
		return strings.Join(v, ",")
	}
	return fmt.Sprint(v)
}
