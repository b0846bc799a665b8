package main

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
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
	if err := a.print(c.Output, report, func(p *text.Page) { show.Report(p, x.Policy.Name, report) }); err != nil {
		return err
	}
	if !report.OK {
		return codeFailed
	}
	return nil
}
