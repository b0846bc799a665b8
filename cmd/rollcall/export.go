package main

import (
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type exportCmd struct {
	People   exportPeople   `cmd:"" help:"Write the people of the directory."`
	Bamboohr exportBamboohr `cmd:"" help:"Write people in the columns that BambooHR's own import reads."`
}

type exportPeople struct {
	settings
	Output string `name:"output" short:"o" enum:"csv,json" default:"csv" placeholder:"FORMAT" help:"Write csv (default) or json."`
}

// Run writes everybody.
func (c *exportPeople) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	views, err := a.everybody(x)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return a.printJSON(views)
	}
	return a.peopleCSV(views)
}

type exportBamboohr struct {
	Unlinked bool `help:"Write only people who are linked to no employee yet."`
	settings
	Output string `name:"output" short:"o" enum:"csv,json" default:"csv" placeholder:"FORMAT" help:"Write csv (default) or json."`
}

// bambooColumn is a column of BambooHR's employee import.
type bambooColumn struct {
	title string
	value func(*syncrun.PersonView) *string
}

// bambooColumns are named as on BambooHR's import screen, which offers a column of that name by itself
// (promise SI37: reverse bootstrap by file).
func bambooColumns() []bambooColumn {
	return []bambooColumn{
		{"Employee #", func(v *syncrun.PersonView) *string { return v.EmployeeID }},
		{"First Name", func(v *syncrun.PersonView) *string { return v.FirstName }},
		{"Last Name", func(v *syncrun.PersonView) *string { return v.LastName }},
		{"Preferred Name", func(v *syncrun.PersonView) *string { return v.PreferredName }},
		{"Work Email", func(v *syncrun.PersonView) *string { return v.Email }},
		{"Work Phone", func(v *syncrun.PersonView) *string { return v.Phone }},
		{"Gender", func(v *syncrun.PersonView) *string { return v.Gender }},
		{"Birth Date", func(v *syncrun.PersonView) *string { return v.Birthday }},
		{"Hire Date", func(v *syncrun.PersonView) *string { return v.HireDate }},
		{"Original Hire Date", func(v *syncrun.PersonView) *string { return v.OriginalHireDate }},
		{"Job Title", func(v *syncrun.PersonView) *string { return v.JobTitle }},
		{"Department", func(v *syncrun.PersonView) *string { return v.Department }},
		{"Division", func(v *syncrun.PersonView) *string { return v.Division }},
		{"Location", func(v *syncrun.PersonView) *string { return v.Location }},
	}
}

// Run writes everybody who is not deactivated.
func (c *exportBamboohr) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	views, err := a.everybody(x)
	if err != nil {
		return err
	}
	names := map[string]*string{}
	for i := range views {
		names[views[i].ID] = syncrun.Optional(personTitle(&views[i]))
	}
	views = slices.DeleteFunc(views, func(v syncrun.PersonView) bool {
		return v.Status == directory.Deactivated || c.Unlinked && v.Source != nil
	})
	columns := append(bambooColumns(), bambooColumn{"Reporting to", func(v *syncrun.PersonView) *string {
		if v.ManagerID == nil {
			return nil
		}
		return names[*v.ManagerID]
	}})
	if c.Output == "json" {
		return a.printJSON(bambooObjects(columns, views))
	}
	header := make([]string, len(columns))
	for i, col := range columns {
		header[i] = col.title
	}
	return a.printCSV(header, func(yield func([]string) bool) {
		for i := range views {
			row := make([]string, len(columns))
			for j, col := range columns {
				if s := col.value(&views[i]); s != nil {
					row[j] = *s
				}
			}
			if !yield(row) {
				return
			}
		}
	})
}

func bambooObjects(columns []bambooColumn, views []syncrun.PersonView) []map[string]*string {
	out := make([]map[string]*string, len(views))
	for i := range views {
		out[i] = map[string]*string{}
		for _, col := range columns {
			out[i][col.title] = col.value(&views[i])
		}
	}
	return out
}
