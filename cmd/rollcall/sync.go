package main

import (
	"errors"

	"github.com/rollcall-hr/rollcall/syncrun"
)

type syncCmd struct {
	consent
	settings
	output
}

// Run plans and applies what the guard lets through: 0 done, 3 something waits, 1 failed.
func (c *syncCmd) Run(a *app) (err error) {
	defer a.roomy()()
	if err := c.needed(a, "sync"); err != nil {
		return err
	}
	x, err := a.openToRead(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	if c.Yes {
		return c.unasked(a, x)
	}
	info, run, err := x.Preview(a.ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerManual})
	if err != nil {
		return ofRun(run, err)
	}
	p := a.page()
	if c.Output == "table" {
		planHead(p, x.Policy.Name, info)
	}
	if err := p.flush(); err != nil {
		return err
	}
	return a.applyPlan(x, info, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual}, false, c.Output)
}

// unasked is the sync of cron and CI. Nobody is at the button unless there is a terminal, so the guard
// counts what it applies as automatic.
func (c *syncCmd) unasked(a *app, x *session) error {
	opt := syncrun.PreviewOptions{Trigger: syncrun.TriggerSchedule}
	if a.inTerminal {
		opt.Trigger = syncrun.TriggerManual
	}
	res, err := x.Sync(a.ctx, opt)
	if err = errors.Join(res.ReadErr, err); err != nil {
		if n := res.Run.Counts.Changes(); n > 0 {
			how := "before that was applied"
			if res.ReadErr != nil {
				how = "what came due was applied all the same"
			}
			a.note("rollcall: %s: %s", how, sentenceOf(res.Run.Counts))
		}
		return ofRun(res.Run, errors.Join(err, a.mailFailure(x, res.Run, err)))
	}
	return a.printApplied(x, res.ApplyResult, c.Output)
}
