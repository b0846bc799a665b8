package main

import (
	"encoding/csv"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type exportBamboohr struct {
	ExportID string `arg:"" optional:"" name:"EXPORT_ID" help:"With --create: carry out exactly this export, as it was shown."`
	Create   bool   `help:"Create the people in BambooHR: shown first, then asked; goes on with an export that was interrupted."`
	consent
	settings
	Output string `name:"output" short:"o" enum:",csv,table,json" default:"" placeholder:"FORMAT" help:"Write csv (default) or json; with --create print as table (default) or json."`
}

// Run writes a file (promise SI37), or creates.
func (c *exportBamboohr) Run(a *app) error {
	switch {
	case c.Create && c.Output == "csv":
		return badInput("--create prints table or json; without --create a csv file is written")
	case c.Create:
		return c.create(a)
	case c.ExportID != "" || c.Yes:
		return badInput("EXPORT_ID and --yes go with --create")
	case c.Output == "table":
		return badInput("export bamboohr writes csv or json; table goes with --create")
	}
	return c.file(a)
}

// bambooColumn is a column of BambooHR's employee import.
type bambooColumn struct {
	title string
	value func(*syncrun.PersonView) *string
}

// bambooColumns are named as on BambooHR's import screen, which offers a column of that name by itself.
func bambooColumns() []bambooColumn {
	return []bambooColumn{
		{"Employee #", func(v *syncrun.PersonView) *string { return v.EmployeeID }},
		{"First Name", func(v *syncrun.PersonView) *string { return v.FirstName }},
		{"Last Name", func(v *syncrun.PersonView) *string { return v.LastName }},
		{"Preferred Name", func(v *syncrun.PersonView) *string { return v.PreferredName }},
		{"Work Email", func(v *syncrun.PersonView) *string { return v.Email }},
		{workPhone, func(v *syncrun.PersonView) *string { return v.Phone }},
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

const workPhone = "Work Phone"

// file writes the people who have no link and are not deactivated.
func (c *exportBamboohr) file(a *app) (err error) {
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
		names[views[i].ID] = managerName(&views[i])
	}
	views = slices.DeleteFunc(views, func(v syncrun.PersonView) bool { return v.Source != nil || v.Status == directory.Deactivated })
	columns := append(bambooColumns(), bambooColumn{"Reporting to", func(v *syncrun.PersonView) *string {
		if v.ManagerID == nil {
			return nil
		}
		return names[*v.ManagerID]
	}})
	if c.Output == "json" {
		return a.printJSON(bambooObjects(columns, views))
	}
	return a.bambooCSV(columns, views)
}

// managerName is a manager as BambooHR's import looks for one: first and last name.
func managerName(v *syncrun.PersonView) *string {
	if v.FirstName == nil || v.LastName == nil {
		return v.DisplayName
	}
	name := *v.FirstName + " " + *v.LastName
	return &name
}

func (a *app) bambooCSV(columns []bambooColumn, views []syncrun.PersonView) error {
	w := csv.NewWriter(a.out)
	row := make([]string, len(columns))
	for i, col := range columns {
		row[i] = col.title
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for i := range views {
		for j, col := range columns {
			row[j] = bambooCell(col.title, col.value(&views[i]))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// bambooCell defuses formulas like any cell of ours, but leaves +31 20 555 0100 as it is: BambooHR would
// import the quote, and a number is no formula that could do anything.
func bambooCell(title string, value *string) string {
	if value == nil {
		return ""
	}
	if title == workPhone && strings.Trim(*value, "+0123456789 ()./-") == "" {
		return *value
	}
	return safeCell(*value)
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
