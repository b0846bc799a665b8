package main

import (
	"errors"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type undoCmd struct {
	RunID  string `arg:"" name:"RUN_ID" help:"Run to undo; \"rollcall runs\" lists them."`
	Kind   string `placeholder:"KIND" enum:",create,update,deactivate,reactivate,link,move_email,blank" default:"" help:"Undo only changes of this kind: create, update, deactivate, reactivate, link, move_email or blank."`
	Person string `placeholder:"WHO" help:"Undo only what the run did to this person."`
	consent
	settings
	output
}

// undoneView is the undo's run with its three lists.
type undoneView struct {
	appliedView
	Reverted   []undoLine `json:"reverted"`
	Kept       []undoLine `json:"kept"`       // changed since the run
	Impossible []undoLine `json:"impossible"` // cannot be reverted
}

type undoLine struct {
	PersonID *string `json:"person_id"` // null for departments and teams
	Name     string  `json:"name"`
	What     string  `json:"what"`
	Why      *string `json:"why"`
}

func undoLines(entries []plan.UndoEntry) []undoLine {
	out := make([]undoLine, len(entries))
	for i, e := range entries {
		out[i] = undoLine{syncrun.Optional(e.PersonID), e.Name, e.What, syncrun.Optional(e.Why)}
	}
	return out
}

// Run shows what is reverted, kept and impossible, then reverts: 0 done, 3 something waits, 4 stale.
func (c *undoCmd) Run(a *app) (err error) {
	defer a.roomy()()
	if err := c.needed(a, "undo"); err != nil {
		return err
	}
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	if _, err := x.findRun(a, c.RunID); err != nil {
		return err
	}
	if err := a.noteForUndo(x); err != nil {
		return err
	}
	opt := syncrun.UndoOptions{Kind: c.Kind}
	if c.Person != "" {
		p, err := x.people.FindPerson(a.ctx, c.Person)
		if err != nil {
			return err
		}
		opt.PersonID = p.ID
	}
	u, err := x.PlanUndo(a.ctx, c.RunID, opt)
	if err != nil {
		return err
	}
	if c.Output == "table" {
		if err := a.printText(func(p *text.Page) { show.Undo(p, c.RunID, &u.Result) }); err != nil {
			return err
		}
	}
	return c.apply(a, x, u)
}

func (c *undoCmd) apply(a *app, x *session, u syncrun.UndoPreview) error {
	if n := u.Plan.Header.Counts.Changes(); !c.Yes && n > 0 {
		ok, err := a.ask("Take %s of run %s back?", text.Count(n, "change", "changes"), c.RunID)
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("nothing was taken back")
		}
	}
	res, err := x.Apply(a.ctx, u.Plan.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerUndo})
	if err != nil {
		return problem.OfRun(res.Run, err)
	}
	if c.Output == "table" {
		return a.printApplied(x, res, c.Output)
	}
	v := undoneView{appliedView{syncrun.ViewRun(res.Run), res.Waiting},
		undoLines(u.Result.Reverted), undoLines(u.Result.Kept), undoLines(u.Result.Impossible)}
	if err := a.printJSON(v); err != nil {
		return err
	}
	if res.Waiting > 0 {
		return codeWaiting
	}
	return nil
}
