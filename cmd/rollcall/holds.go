package main

import (
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
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
	list, err := x.Holds(a.ctx)
	if err != nil {
		return err
	}
	views := make([]syncrun.HoldView, len(list))
	for i, h := range list {
		if views[i], err = x.holdView(a, h); err != nil {
			return err
		}
	}
	return a.print(c.Output, views, func(p *page) {
		if len(views) == 0 {
			p.linef("No holds are in force.")
			return
		}
		rows := make([][]string, len(views))
		for i, v := range views {
			rows[i] = []string{v.ID, v.Person, holdField(v), holdEnd(v), v.Reason, v.CreatedBy}
		}
		p.table([]string{"ID", "PERSON", "FIELD", "UNTIL", "REASON", "BY"}, rows)
	})
}

// holdView shows a hold with its person's name.
func (x *session) holdView(a *app, h directory.Hold) (syncrun.HoldView, error) {
	v := syncrun.ViewHold(h)
	people, err := x.Store.PersonsByID(a.ctx, []string{h.PersonID})
	if err != nil {
		return v, fmt.Errorf("read the person of hold %s: %w", h.ID, err)
	}
	if len(people) > 0 {
		shown := x.View(&people[0], "", func(string) string { return "" }, nil)
		v.Person = nameAndMail(personTitle(&shown), dash(shown.Email))
	}
	return v, nil
}

func holdField(v syncrun.HoldView) string {
	if v.Field == nil {
		return "the whole person"
	}
	return *v.Field
}

func holdEnd(v syncrun.HoldView) string {
	switch {
	case v.Until != nil:
		return *v.Until
	case v.UntilHR != nil:
		return "BambooHR says " + *v.UntilHR
	}
	return "removed"
}

func holdLine(v syncrun.HoldView) string {
	return fmt.Sprintf("%s until %s: %s (%s, by %s)", holdField(v), holdEnd(v), v.Reason, v.ID, v.CreatedBy)
}

type holdCmd struct {
	Add    holdAdd    `cmd:"" default:"withargs" help:"Keep runs off a person, or off one field (the word \"add\" may be left out)."`
	Remove holdRemove `cmd:"" help:"End a hold."`
}

type holdAdd struct {
	who
	Field  string `placeholder:"FIELD" help:"Hold this field only, e.g. job_title."`
	Until  string `placeholder:"DATE" help:"Hold to the end of that day (YYYY-MM-DD) in the connection's zone, or to an RFC 3339 time; default until removed."`
	Reason string `placeholder:"TEXT" help:"Why, for whoever finds it later; required."`
	settings
	output
}

// Run adds a hold.
func (c *holdAdd) Run(a *app) (err error) {
	if c.Reason == "" {
		return badInput("a hold needs --reason TEXT, for whoever finds it later")
	}
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	until, err := c.end(x)
	if err != nil {
		return err
	}
	h, err := x.AddHold(a.ctx, c.Who, directory.Field(c.Field), until, c.Reason)
	if err != nil {
		return err
	}
	v, err := x.holdView(a, h)
	if err != nil {
		return err
	}
	return a.print(c.Output, v, func(p *page) { p.linef("%s is on hold: %s", v.Person, holdLine(v)) })
}

func (c *holdAdd) end(x *session) (time.Time, error) {
	if c.Until == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, c.Until); err == nil {
		return t, nil
	}
	day, err := time.ParseInLocation(time.DateOnly, c.Until, x.Policy.Zones().Connection())
	if err != nil {
		return time.Time{}, badInput("--until %q is neither a date (YYYY-MM-DD) nor an RFC 3339 time", c.Until)
	}
	return day.AddDate(0, 0, 1), nil
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
	if err := x.RemoveHold(a.ctx, c.ID); err != nil {
		return err
	}
	return a.print(c.Output, map[string]string{"removed": c.ID}, func(p *page) { p.linef("Hold %s is over; the next run treats the person as any other.", c.ID) })
}
