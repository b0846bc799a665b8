// Package importfile writes people as the file that BambooHR's employee import reads (promise SI37). Who the
// people are is left to its callers, creating them over the API to internal/exporter.
package importfile

import (
	"encoding/csv"
	"io"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/sheet"
	"github.com/rollcall-hr/rollcall/people"
)

// column is a column of BambooHR's employee import.
type column struct {
	title string
	value func(*people.PersonView) *string
}

// columns are named as on BambooHR's import screen, which offers a column of that name by itself.
func columns() []column {
	return []column{
		{"Employee #", func(v *people.PersonView) *string { return v.EmployeeID }},
		{"First Name", func(v *people.PersonView) *string { return v.FirstName }},
		{"Last Name", func(v *people.PersonView) *string { return v.LastName }},
		{"Preferred Name", func(v *people.PersonView) *string { return v.PreferredName }},
		{"Work Email", func(v *people.PersonView) *string { return v.Email }},
		{workPhone, func(v *people.PersonView) *string { return v.Phone }},
		{"Gender", func(v *people.PersonView) *string { return v.Gender }},
		{"Birth Date", func(v *people.PersonView) *string { return v.Birthday }},
		{"Hire Date", func(v *people.PersonView) *string { return v.HireDate }},
		{"Original Hire Date", func(v *people.PersonView) *string { return v.OriginalHireDate }},
		{"Job Title", func(v *people.PersonView) *string { return v.JobTitle }},
		{"Department", func(v *people.PersonView) *string { return v.Department }},
		{"Division", func(v *people.PersonView) *string { return v.Division }},
		{"Location", func(v *people.PersonView) *string { return v.Location }},
	}
}

const workPhone = "Work Phone"

// People are those whom a file is about.
type People struct {
	columns []column
	views   []people.PersonView
}

// Of picks from everybody whom BambooHR does not know yet: who has no link and is not deactivated. Managers may
// be anybody.
func Of(everybody []people.PersonView) People {
	names := map[string]*string{}
	for i := range everybody {
		names[everybody[i].ID] = managerName(&everybody[i])
	}
	return People{
		columns: append(columns(), column{"Reporting to", func(v *people.PersonView) *string {
			if v.ManagerID == nil {
				return nil
			}
			return names[*v.ManagerID]
		}}),
		views: slices.DeleteFunc(slices.Clone(everybody), func(v people.PersonView) bool { return v.Source != nil || v.Status == directory.Deactivated }),
	}
}

// managerName is a manager as BambooHR's import looks for one: first and last name.
func managerName(v *people.PersonView) *string {
	if v.FirstName == nil || v.LastName == nil {
		return v.DisplayName
	}
	name := *v.FirstName + " " + *v.LastName
	return &name
}

// WriteCSV writes a line of titles and a line for each person.
func (p People) WriteCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	row := make([]string, len(p.columns))
	for i, col := range p.columns {
		row[i] = col.title
	}
	if err := w.Write(row); err != nil {
		return err
	}
	for i := range p.views {
		for j, col := range p.columns {
			row[j] = cellOf(col.title, col.value(&p.views[i]))
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// cellOf defuses formulas like any cell of ours, but leaves +31 20 555 0100 as it is: BambooHR would
// import the quote, and a number is no formula that could do anything.
func cellOf(title string, value *string) string {
	if value == nil {
		return ""
	}
	if title == workPhone && strings.Trim(*value, "+0123456789 ()./-") == "" {
		return *value
	}
	return sheet.Safe(*value)
}

// Objects gives each person with the values by title.
func (p People) Objects() []map[string]*string {
	out := make([]map[string]*string, len(p.views))
	for i := range p.views {
		out[i] = map[string]*string{}
		for _, col := range p.columns {
			out[i][col.title] = col.value(&p.views[i])
		}
	}
	return out
}
