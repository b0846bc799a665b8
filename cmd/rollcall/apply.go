package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/problem"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

type applyCmd struct {
	PlanID  string         `arg:"" optional:"" name:"PLAN_ID" help:"Plan to apply; default the latest of the connection."`
	Approve []string       `placeholder:"KIND" help:"Let a kind through that needs an approval: deactivate, move_email, blank, new_departments, id_churn."`
	Release map[string]int `placeholder:"KIND=COUNT" mapsep:"none" help:"Let a refused kind through, also baseline; the count must match the plan's."`
	consent
	settings
	output
}

// Run exits with 0 done, 3 the rest was applied and something waits, 4 stale.
func (c *applyCmd) Run(a *app) (err error) {
	defer a.roomy()()
	opt, err := c.options()
	if err != nil {
		return err
	}
	if err := c.needed(a, "apply"); err != nil {
		return err
	}
	x, err := a.open(&c.settings)
	if err != nil {
		return err
	}
	defer x.done(&err)
	info, err := x.findPlan(a, c.PlanID)
	if err != nil {
		return err
	}
	if err := a.notePause(x); err != nil {
		return err
	}
	return a.applyPlan(x, info, opt, c.Yes, c.Output)
}

func (c *applyCmd) options() (syncrun.ApplyOptions, error) {
	opt := syncrun.ApplyOptions{Trigger: syncrun.TriggerManual, Release: map[plan.Kind]int{}}
	for _, name := range c.Approve {
		k, err := kindOf(name)
		if err != nil {
			return opt, err
		}
		opt.Approve = append(opt.Approve, k)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Release)) {
		k, err := kindOf(name)
		if err != nil {
			return opt, err
		}
		opt.Release[k] = c.Release[name]
	}
	return opt, nil
}

// kindOf reads a guarded kind.
func kindOf(name string) (plan.Kind, error) {
	kinds := plan.Kinds()
	if slices.Contains(kinds[:], plan.Kind(name)) {
		return plan.Kind(name), nil
	}
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return "", problem.Usage("%q is no kind that the guard counts; the kinds are %s", name, strings.Join(words, ", "))
}

// findPlan looks a stored plan up; "" means the latest.
func (x *session) findPlan(a *app, id string) (syncrun.PlanInfo, error) {
	conn, err := x.Store.EnsureConnection(a.ctx, x.Policy.Name)
	if err != nil {
		return syncrun.PlanInfo{}, err
	}
	info, err := x.Store.Plan(a.ctx, conn.ID, id)
	switch {
	case errors.Is(err, directory.ErrNotFound) && id == "":
		return info, problem.Missing("%s has no stored plan yet; \"rollcall plan\" makes one", x.Policy.Name)
	case errors.Is(err, directory.ErrNotFound):
		return info, problem.Missing("%s has no plan %s; \"rollcall plan\" makes a new one", x.Policy.Name, id)
	case err != nil:
		return info, fmt.Errorf("find plan %s: %w", id, err)
	}
	return info, nil
}

// applyPlan asks unless yes, applies and shows the run.
func (a *app) applyPlan(x *session, info syncrun.PlanInfo, opt syncrun.ApplyOptions, yes bool, format string) error {
	if !yes {
		if ok, err := a.confirmPlan(x, info, opt); err != nil || !ok {
			return err
		}
	}
	res, err := x.Apply(a.ctx, info.ID, opt)
	if err != nil {
		return problem.OfRun(res.Run, err)
	}
	return a.printApplied(x, res, format)
}

// confirmPlan asks with the exact counts of what would be written.
func (a *app) confirmPlan(x *session, info syncrun.PlanInfo, opt syncrun.ApplyOptions) (bool, error) {
	counts, waiting, err := a.eligible(x, info, opt)
	if err != nil {
		return false, err
	}
	if counts.Changes() == 0 {
		return true, nil
	}
	tail := ""
	if waiting > 0 {
		tail = fmt.Sprintf("; %s", text.Count(waiting, "change waits", "changes wait"))
	}
	ok, err := a.ask("Apply %s to the directory of %s%s?", show.Counts(counts), x.Policy.Name, tail)
	if err == nil && !ok {
		return false, fmt.Errorf("nothing was applied; plan %s is kept", info.ID)
	}
	return ok, err
}

// eligible counts what an apply would write, and what would go on waiting.
func (a *app) eligible(x *session, info syncrun.PlanInfo, opt syncrun.ApplyOptions) (plan.Counts, int, error) {
	permitted := plan.KindSet(0)
	for _, k := range opt.Approve {
		permitted = permitted.With(k)
	}
	for k := range opt.Release {
		permitted = permitted.With(k)
	}
	var counts plan.Counts
	waiting := 0
	for it, err := range x.Store.Items(a.ctx, info.ID, 0, false) {
		switch {
		case err != nil:
			return counts, 0, fmt.Errorf("read plan %s: %w", info.ID, err)
		case it.Change == nil || it.RunID != "":
		case info.Header.Waiting(it.Change.Kinds&^permitted) != plan.NotWaiting:
			waiting++
		default:
			counts.Add(it.Change.Action)
		}
	}
	return counts, waiting, nil
}

// appliedView is a run with what it left.
type appliedView struct {
	syncrun.RunView
	Waiting int `json:"waiting"` // changes that still wait
}

// printApplied shows what a run did and exits with 3 when something waits, also a doubtful reading.
func (a *app) printApplied(x *session, res syncrun.ApplyResult, format string) error {
	v := appliedView{syncrun.ViewRun(res.Run), res.Waiting}
	err := a.print(format, v, func(p *text.Page) { show.Applied(p, x.Policy.Name, res) })
	if err == nil && (res.Waiting > 0 || res.Doubt) {
		return codeWaiting
	}
	return err
}
