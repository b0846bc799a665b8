package main

import (
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type explainCmd struct {
	who
	At string `placeholder:"DATE" help:"Answer for the end of that day (YYYY-MM-DD), or for an RFC 3339 time, from stored runs only."`
	settings
	output
}

// Run answers from stored decisions; it asks BambooHR nothing.
func (c *explainCmd) Run(a *app) (err error) {
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	at, err := c.at(x)
	if err != nil {
		return err
	}
	e, err := x.people.Explain(a.ctx, c.Who, at)
	if err != nil {
		return newcomer(err)
	}
	return a.print(c.Output, e, func(p *text.Page) { show.Explanation(p, e) })
}

func (c *explainCmd) at(x *session) (time.Time, error) {
	if c.At == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339, c.At); err == nil {
		return t, nil
	}
	end, err := syncrun.EndOfDay(c.At, x.Policy.Zones().Connection())
	if err != nil {
		return end, problem.Usage("--at %q is neither a date (YYYY-MM-DD) nor an RFC 3339 time", c.At)
	}
	return end, nil
}
