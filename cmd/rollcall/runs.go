package main

import (
	"errors"
	"fmt"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type runsCmd struct {
	RunID string `arg:"" optional:"" name:"RUN_ID" help:"Show this run with the changes it applied."`
	Limit int    `placeholder:"N" default:"50" help:"List at most N runs, newest first; default ${default}."`
	settings
	output
}

// Run lists the history, or shows one run.
func (c *runsCmd) Run(a *app) (err error) {
	if c.Limit < 1 {
		return problem.Usage("--limit %d shows nothing; give a number from 1", c.Limit)
	}
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	if c.RunID != "" {
		return c.one(a, x)
	}
	runs, err := x.Runs(a.ctx, c.Limit)
	if err != nil {
		return err
	}
	s, err := x.obstacles(a)
	if err != nil {
		return err
	}
	views := make([]runOf, len(runs))
	for i, r := range runs {
		views[i] = runOf{syncrun.ViewRun(r), s.Pause}
	}
	return a.print(c.Output, views, func(p *text.Page) {
		show.Paused(p, x.Policy.Name, s.Pause, x.Policy.Zones().Connection())
		if len(runs) == 0 {
			p.Linef("%s has no runs yet; \"rollcall plan\" makes the first.", x.Policy.Name)
			return
		}
		rows := make([][]string, len(runs))
		for i, r := range runs {
			rows[i] = []string{text.Moment(r.StartedAt), r.ID, string(r.Trigger), show.Outcome(r), show.Counts(r.Counts), r.Actor}
		}
		p.Table([]string{"STARTED", "RUN", "TRIGGER", "OUTCOME", "CHANGES", "BY"}, rows)
	})
}

// findRun looks a run up.
func (x *session) findRun(a *app, id string) (syncrun.Run, error) {
	run, err := x.Store.Run(a.ctx, id)
	if errors.Is(err, directory.ErrNotFound) {
		return run, problem.Missing("there is no run %s; \"rollcall runs\" lists them", id)
	}
	return run, err
}

// runOf is a run of a connection whose automatic runs may be paused now; of a list every run tells so.
type runOf struct {
	syncrun.RunView
	Pause *show.Pause `json:"connection_pause"`
}

// runDetail is a run with its changes.
type runDetail struct {
	runOf
	Changes []planjson.Change `json:"changes"`
}

func (c *runsCmd) one(a *app, x *session) error {
	run, err := x.findRun(a, c.RunID)
	if err != nil {
		return err
	}
	s, err := x.obstacles(a)
	if err != nil {
		return err
	}
	v := runDetail{runOf: runOf{syncrun.ViewRun(run), s.Pause}, Changes: []planjson.Change{}}
	p := a.page()
	if c.Output == "table" {
		show.Paused(p, x.Policy.Name, s.Pause, x.Policy.Zones().Connection())
		show.RunHead(p, run)
	}
	for it, err := range x.Store.AppliedItems(a.ctx, run.ID) {
		if err != nil {
			return fmt.Errorf("read the changes of run %s: %w", run.ID, err)
		}
		if it.Change == nil {
			continue
		}
		if c.Output == "json" {
			v.Changes = append(v.Changes, planjson.OfChange(it.Change, &plan.Header{MadeAt: run.StartedAt}))
			continue
		}
		show.Change(p, it.Change, plan.NotWaiting)
	}
	if c.Output == "json" {
		return a.printJSON(v)
	}
	return p.Flush()
}
