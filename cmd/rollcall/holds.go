package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type holdsCmd struct {
	settings
	output
}

// Run lists the holds in force.
func (c *holdsCmd) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	list, err := x.people.Holds(a.ctx)
	if err != nil {
		return err
	}
	views := make([]people.HoldView, len(list))
	for i, h := range list {
		if views[i], err = x.holdView(a, h); err != nil {
			return err
		}
	}
	return a.print(c.Output, views, func(p *text.Page) {
		if len(views) == 0 {
			p.Linef("No holds are in force.")
			return
		}
		rows := make([][]string, len(views))
		for i, v := range views {
			rows[i] = []string{v.ID, v.Person, show.HoldField(v), show.HoldEnd(v, x.Policy.Zones().Connection()), v.Reason, v.CreatedBy}
		}
		p.Table([]string{"ID", "PERSON", "FIELD", "UNTIL", "REASON", "BY"}, rows)
	})
}

// holdView shows a hold with its person's name.
func (x *session) holdView(a *app, h directory.Hold) (people.HoldView, error) {
	v := people.ViewHold(h)
	ids := []string{h.PersonID}
	if v.Agrees && h.Field == directory.Manager && v.UntilHR != nil {
		ids = append(ids, *v.UntilHR)
	}
	found, err := x.Store.PersonsByID(a.ctx, ids)
	if err != nil {
		return v, fmt.Errorf("read the person of hold %s: %w", h.ID, err)
	}
	for i := range found {
		shown := x.people.View(&found[i], "", func(string) string { return "" }, nil)
		who := text.NameAndMail(show.Title(&shown), text.Dash(shown.Email))
		if shown.ID == h.PersonID {
			v.Person = who
		} else {
			v.Says = who
		}
	}
	return v, nil
}

type holdCmd struct {
	Add    holdAdd    `cmd:"" default:"withargs" help:"Keep runs off a person, or off one field (the word \"add\" may be left out)." example:"rollcall hold add ann@acme.test --field job_title --reason \"title under review\""`
	Remove holdRemove `cmd:"" help:"End a hold." example:"rollcall hold remove hold_7bqx4k2mzr5tnwch"`
}

type holdAdd struct {
	who
	Field  string `placeholder:"FIELD" help:"Hold this field only, e.g. job_title."`
	Until  string `placeholder:"DATE" xor:"end" help:"Hold to the end of that day (YYYY-MM-DD) in the connection's zone, or to an RFC 3339 time; default until removed."`
	Agrees bool   `name:"until-hr-agrees" xor:"end" help:"Hold until BambooHR says what is here now."`
	Reason string `placeholder:"TEXT" help:"Why, for whoever finds it later; required."`
	settings
	output
}

// Run adds a hold.
func (c *holdAdd) Run(a *app) (err error) {
	if c.Reason == "" {
		return problem.Usage("a hold needs --reason TEXT, for whoever finds it later")
	}
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	h, err := c.add(a, x)
	if err != nil {
		return err
	}
	v, err := x.holdView(a, h)
	if err != nil {
		return err
	}
	return a.print(c.Output, v, func(p *text.Page) {
		p.Linef("%s is on hold: %s", v.Person, show.Hold(v, x.Policy.Zones().Connection()))
	})
}

func (c *holdAdd) add(a *app, x *session) (directory.Hold, error) {
	if c.Agrees {
		return x.people.AddHoldUntilHR(a.ctx, c.Who, directory.Field(c.Field), c.Reason)
	}
	until, err := x.end(c.Until)
	if err != nil {
		return directory.Hold{}, err
	}
	return x.people.AddHold(a.ctx, c.Who, directory.Field(c.Field), until, c.Reason)
}

// end reads --until of a hold or freeze; "" is no end.
func (x *session) end(until string) (time.Time, error) {
	if until == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, until)
	if err != nil {
		t, err = syncrun.EndOfDay(until, x.Policy.Zones().Connection())
	}
	if err != nil {
		return t, problem.Usage("--until %q is neither a date (YYYY-MM-DD) nor an RFC 3339 time", until)
	}
	return t, nil
}

type holdRemove struct {
	ID string `arg:"" name:"ID" help:"Hold to end; \"rollcall holds\" lists them."`
	settings
	output
}

// Run ends a hold.
func (c *holdRemove) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	err = x.people.RemoveHold(a.ctx, c.ID)
	if errors.Is(err, directory.ErrNotFound) {
		return problem.Missing("there is no hold %s; \"rollcall holds\" lists them", c.ID)
	}
	if err != nil {
		return err
	}
	return a.print(c.Output, map[string]string{"removed": c.ID}, func(p *text.Page) { p.Linef("Hold %s is over; the next run treats the person as any other.", c.ID) })
}
