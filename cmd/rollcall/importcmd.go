package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/people"
)

type importCmd struct {
	People importPeople `cmd:"" help:"Import people who do not come from BambooHR from a CSV file; nothing is imported when any row is wrong." example:"rollcall import people people.csv"`
}

type importPeople struct {
	File string `arg:"" name:"FILE" help:"CSV file; the first line names columns as the person JSON does (email is required)."`
	settings
	output
}

type importView struct {
	Imported int                 `json:"imported"`
	People   []people.PersonView `json:"people"`
}

// Run imports a file as a whole or not at all.
func (c *importPeople) Run(a *app) (err error) {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("import people: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	people, err := x.people.ImportPeople(a.ctx, f)
	if err != nil {
		return problem.OfImport(c.File, err)
	}
	views, err := x.views(a, people)
	if err != nil {
		return err
	}
	v := importView{Imported: len(people), People: views}
	return a.print(c.Output, v, func(p *text.Page) {
		p.Linef("Imported %s from %s.", text.Count(v.Imported, "person", "people"), c.File)
		p.Linef("Set match_mode: adopt and run \"rollcall plan\" to see whom BambooHR knows.")
	})
}
