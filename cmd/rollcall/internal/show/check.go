package show

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/source"
)

// Report shows what the check of a connection found.
func Report(p *text.Page, name string, r source.Report) {
	verdict := p.Paint(text.Green, "good")
	if !r.OK {
		verdict = p.Paint(text.Red, "not good")
	}
	p.Linef("%s %s: the key sees %s, %d active and %d inactive", p.Paint(text.Bold, "Check of "+name+":"), verdict,
		text.Count(r.Employees.Total, "employee", "employees"), r.Employees.Active, r.Employees.Inactive)
	p.Linef("")
	rows := make([][]string, len(r.Fields))
	for i, f := range r.Fields {
		rows[i] = fieldRow(f)
	}
	p.Table([]string{"FIELD", "FROM", "READABLE", "BLANK", "RESTRICTED"}, rows)
	for _, w := range r.Warnings {
		p.Linef("%s %s", p.Paint(text.Yellow, "!"), w)
	}
	if len(r.Recipe) > 0 {
		p.Linef("")
		p.Linef("%s", p.Paint(text.Bold, "The access level that these settings need:"))
	}
	for i, step := range r.Recipe {
		p.Linef("  %d. %s", i+1, step)
	}
}

// fieldRow shows how one BambooHR field is covered.
func fieldRow(f source.FieldReport) []string {
	row := []string{f.Name, f.From, "yes", "–", "–"}
	if !f.Readable {
		row[2] = "NO"
	}
	if f.BlankPercent != nil {
		row[3] = fmt.Sprintf("%g %%", *f.BlankPercent)
	}
	if f.Restricted != nil {
		row[4] = fmt.Sprint(*f.Restricted)
	}
	return row
}
