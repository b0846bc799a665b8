package main

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/source"
)

type checkCmd struct {
	settings
	output
}

// Run exits with 0 when the key can read what the settings need, else 1.
func (c *checkCmd) Run(a *app) (err error) {
	x, err := a.openToRead(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	report, err := x.source.Check(a.ctx)
	if err != nil {
		return fmt.Errorf("check %s: %w", x.Policy.Name, err)
	}
	if err := a.print(c.Output, report, func(p *page) { printReport(p, x.Policy.Name, report) }); err != nil {
		return err
	}
	if !report.OK {
		return codeFailed
	}
	return nil
}

func printReport(p *page, name string, r source.Report) {
	verdict := p.paint(green, "good")
	if !r.OK {
		verdict = p.paint(red, "not good")
	}
	p.linef("%s %s: the key sees %s, %d active and %d inactive", p.paint(bold, "Check of "+name+":"), verdict,
		count(r.Employees.Total, "employee", "employees"), r.Employees.Active, r.Employees.Inactive)
	p.linef("")
	rows := make([][]string, len(r.Fields))
	for i, f := range r.Fields {
		rows[i] = fieldRow(f)
	}
	p.table([]string{"FIELD", "FROM", "READABLE", "BLANK", "RESTRICTED"}, rows)
	for _, w := range r.Warnings {
		p.linef("%s %s", p.paint(yellow, "!"), w)
	}
	if len(r.Recipe) > 0 {
		p.linef("")
		p.linef("%s", p.paint(bold, "The access level that these settings need:"))
	}
	for i, step := range r.Recipe {
		p.linef("  %d. %s", i+1, step)
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
