package main

import (
	"errors"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type syncCmd struct {
	consent
	settings
	output
	Changes bool `help:"Ask BambooHR who changed since the last sync, and read only them."`
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
	if err := a.notePause(x); err != nil {
		return err
	}
	if c.Changes && !c.Yes {
		if c.Yes, err = a.ask("Read who changed in BambooHR, and apply it to %s?", x.Policy.Name); err != nil || !c.Yes {
			return err
		}
	}
	if c.Yes {
		return c.unasked(a, x)
	}
	if why := untold(x); why != "" { // promise BW21
		a.note("rollcall: records that go wrong are shown here only, nobody is told by mail: %s", why)
	}
	info, run, err := x.Preview(a.ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerManual})
	if err != nil {
		return problem.OfRun(run, err)
	}
	p := a.page()
	if c.Output == "table" {
		show.PlanHead(p, x.Policy.Name, info)
	}
	if err := p.Flush(); err != nil {
		return err
	}
	return a.applyPlan(x, info, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual}, false, c.Output)
}

// unasked is the sync of cron and CI. Nobody is at the button unless there is a terminal, so the guard
// counts what it applies as automatic.
func (c *syncCmd) unasked(a *app, x *session) error {
	trigger := syncrun.TriggerSchedule
	if a.inTerminal {
		trigger = syncrun.TriggerManual
	}
	var res syncrun.SyncResult
	var err error
	if c.Changes {
		res, err = x.SyncChanges(a.ctx, syncrun.ChangesOptions{Trigger: trigger})
	} else {
		res, err = x.Sync(a.ctx, syncrun.PreviewOptions{Trigger: trigger})
	}
	if err = errors.Join(res.ReadErr, err); err != nil {
		if n := res.Run.Counts.Changes(); n > 0 {
			how := "before that was applied"
			if res.ReadErr != nil {
				how = "what came due was applied all the same"
			}
			a.note("rollcall: %s: %s", how, show.Counts(res.Run.Counts))
		}
		return problem.OfRun(res.Run, errors.Join(err, a.mailFailure(x, res.Run, err)))
	}
	if res.Nothing {
		return c.nothing(a, x, trigger)
	}
	if res.Full != "" {
		a.note("rollcall: everybody was read: %s", res.Full)
	}
	return a.printApplied(x, res.ApplyResult, c.Output)
}

// nothing ends a look that found no change: only what comes due by itself is left to do.
func (c *syncCmd) nothing(a *app, x *session, trigger syncrun.Trigger) error {
	res, err := x.ApplyDue(a.ctx, trigger)
	if err != nil {
		return problem.OfRun(res.Run, err)
	}
	if res.Run.ID != "" {
		return a.printApplied(x, res, c.Output)
	}
	now := x.Now()
	v := appliedView{RunView: syncrun.ViewRun(syncrun.Run{Name: x.Policy.Name, Trigger: trigger, Actor: x.Actor, Outcome: syncrun.OutcomeNoOp,
		StartedAt: now, FinishedAt: now, Requests: x.Source.Requests()})}
	return a.print(c.Output, v, func(p *text.Page) { p.Linef("Nothing changed in BambooHR since the last sync of %s.", x.Policy.Name) })
}
