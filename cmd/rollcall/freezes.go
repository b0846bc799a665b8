package main

import (
	"errors"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/people"
)

type freezesCmd struct {
	settings
	output
}

// Run lists the freezes in force.
func (c *freezesCmd) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	list, err := x.people.Freezes(a.ctx)
	if err != nil {
		return err
	}
	views := make([]people.FreezeView, len(list))
	for i := range list {
		views[i] = people.ViewFreeze(&list[i], x.Policy.Name)
	}
	return a.print(c.Output, views, func(p *text.Page) {
		if len(views) == 0 {
			p.Linef("No freezes are in force.")
			return
		}
		rows := make([][]string, len(views))
		for i, v := range views {
			rows[i] = []string{v.ID, strings.Join(v.What, ", "), show.FreezeEnd(&v, x.Policy.Zones().Connection()), v.Reason, v.CreatedBy}
		}
		p.Table([]string{"ID", "WHAT", "UNTIL", "REASON", "BY"}, rows)
	})
}

type freezeCmd struct {
	Add freezeAdd  `cmd:"" default:"withargs" help:"Keep fields of everybody who is in the directory as they are (the word \"add\" may be left out)." example:"rollcall freeze add departments --reason \"new structure in January\""`
	End freezeEnds `cmd:"" help:"End a freeze; the next run catches up." example:"rollcall freeze end freeze_7bqx4k2mzr5tnwch"`
}

type freezeAdd struct {
	What   []string `arg:"" name:"WHAT" help:"Groups of fields (reporting_lines, departments, jobs, names, addresses) or single fields such as phone."`
	Until  string   `placeholder:"DATE" help:"Freeze to the end of that day (YYYY-MM-DD) in the connection's zone, or to an RFC 3339 time; default until ended."`
	Reason string   `placeholder:"TEXT" help:"Why, for whoever finds it later; required."`
	settings
	output
}

// Run adds a freeze.
func (c *freezeAdd) Run(a *app) (err error) {
	if c.Reason == "" {
		return problem.Usage("a freeze needs --reason TEXT, for whoever finds it later")
	}
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	until, err := x.end(c.Until)
	if err != nil {
		return err
	}
	f, err := x.people.AddFreeze(a.ctx, c.What, until, c.Reason)
	if err != nil {
		return err
	}
	v := people.ViewFreeze(&f, x.Policy.Name)
	return a.print(c.Output, v, func(p *text.Page) {
		p.Linef("%s", show.Freeze(&v, x.Policy.Zones().Connection()))
		if v.Until == nil {
			p.Linef("It has no end: somebody has to run \"rollcall freeze end %s\".", v.ID)
		}
		p.Linef("What would change if it ended now: rollcall plan --without-freezes")
	})
}

type freezeEnds struct {
	ID string `arg:"" name:"ID" help:"Freeze to end; \"rollcall freezes\" lists them."`
	settings
	output
}

// Run ends a freeze.
func (c *freezeEnds) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	err = x.people.EndFreeze(a.ctx, c.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return problem.Missing("there is no freeze %s; \"rollcall freezes\" lists them", c.ID)
	}
	if err != nil {
		return err
	}
	return a.print(c.Output, map[string]string{"ended": c.ID}, func(p *text.Page) { p.Linef("Freeze %s is over; the next run catches up with what waited.", c.ID) })
}
