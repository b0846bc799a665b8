package main

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/source"
)

type checkCmd struct {
	settings
	output
}

// checked is what the check found, and what somebody put in the way of runs.
type checked struct {
	source.Report
	obstacles
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
	report.Warnings = append(report.Warnings, a.unread...)
	s, err := x.obstacles(a)
	if err != nil {
		return err
	}
	err = a.print(c.Output, checked{report, s}, func(p *text.Page) {
		show.Paused(p, x.Policy.Name, s.Pause, x.Policy.Zones().Connection())
		show.Freezes(p, s.Freezes, x.Policy.Zones().Connection())
		show.Report(p, x.Policy.Name, report)
	})
	if err != nil {
		return err
	}
	if !report.OK {
		return codeFailed
	}
	return nil
}
