package main

import (
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/importfile"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
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
		return problem.Usage("--create prints table or json; without --create a csv file is written")
	case c.Create:
		return c.create(a)
	case c.ExportID != "" || c.Yes:
		return problem.Usage("EXPORT_ID and --yes go with --create")
	case c.Output == "table":
		return problem.Usage("export bamboohr writes csv or json; table goes with --create")
	}
	return c.file(a)
}

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
	people := importfile.Of(views)
	if c.Output == "json" {
		return a.printJSON(people.Objects())
	}
	return people.WriteCSV(a.out)
}
