package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/plan"
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
	e, err := x.Explain(a.ctx, c.Who, at)
	if err != nil {
		return err
	}
	return a.print(c.Output, e, func(p *page) { printExplanation(p, e) })
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
		return end, badInput("--at %q is neither a date (YYYY-MM-DD) nor an RFC 3339 time", c.At)
	}
	return end, nil
}

func printExplanation(p *page, e plan.Explanation) {
	status := "nobody in the directory"
	if e.Status != nil {
		status = string(*e.Status)
	}
	p.linef("%s  %s", p.paint(bold, e.Sentence), p.paint(dim, status))
	if e.Fix != nil {
		p.linef("What to do: %s", *e.Fix)
	}
	for _, s := range e.Steps {
		line := fmt.Sprintf("  %-9s %s", s.Step, s.Result)
		if s.Value != nil && *s.Value != "" && *s.Value != s.Result {
			line += " = " + *s.Value
		}
		line += ": " + s.Detail
		var tail []string
		for _, t := range []*string{s.From, s.RunID, s.Actor, s.At} {
			if t != nil && *t != "" {
				tail = append(tail, *t)
			}
		}
		if len(tail) > 0 {
			line += p.paint(dim, "  "+strings.Join(tail, ", "))
		}
		p.linef("%s", line)
	}
}
