package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// beat is the pause between two steps, for whoever reads along on a terminal.
const beat = 1500 * time.Millisecond

// demo is the story under way.
type demo struct {
	app  *app
	x    *session
	sim  *simControl
	page *page
	base string
	dir  string
	step int
}

// employee is what the story needs of the simulator's file form.
type employee struct {
	ID        string           `json:"id"`
	FirstName string           `json:"firstName"`
	LastName  string           `json:"lastName"`
	WorkEmail string           `json:"workEmail"`
	Status    string           `json:"status"`
	JobInfo   []map[string]any `json:"jobInfo"`
}

// manual marks the story's runs: somebody watches.
var manual = syncrun.PreviewOptions{Trigger: syncrun.TriggerManual}

// story reads, applies, is guarded, puts right, undoes.
func (d *demo) story() error {
	for _, part := range []func() error{d.first, d.disaster, d.ordinary, d.takeBack} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// title opens a step, after a pause.
func (d *demo) title(format string, a ...any) error {
	if d.step++; d.step > 1 {
		d.page.linef("")
	}
	d.page.linef("%s", d.page.paint(bold, fmt.Sprintf("%d. ", d.step)+fmt.Sprintf(format, a...)))
	if err := d.page.flush(); err != nil || !d.app.outTerminal {
		return err
	}
	t := time.NewTimer(beat)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-d.app.ctx.Done():
		return d.app.ctx.Err()
	}
}

// first previews and applies the whole company.
func (d *demo) first() error {
	if err := d.title("A simulated BambooHR with a whole company. What would change?  (rollcall plan)"); err != nil {
		return err
	}
	info, _, err := d.x.Preview(d.app.ctx, manual)
	if err != nil {
		return err
	}
	planSummary(d.page, info)
	if err := d.title("Nothing was written so far. Apply exactly that plan.  (rollcall apply)"); err != nil {
		return err
	}
	res, err := d.x.Apply(d.app.ctx, info.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual})
	if err != nil {
		return err
	}
	d.page.linef("  %s  %s", tally(d.page, res.Run.Counts), d.page.paint(dim, res.Run.ID))
	return nil
}

// disaster makes 60 % of the company inactive, meets the guard, and puts them back.
func (d *demo) disaster() error {
	active, err := d.active()
	if err != nil {
		return err
	}
	hit := active[:len(active)*6/10]
	if err := d.title("Disaster: somebody in BambooHR sets %d of %d people inactive. Sync!  (rollcall sync)", len(hit), len(active)); err != nil {
		return err
	}
	if err := d.setStatus(hit, bamboosim.Inactive); err != nil {
		return err
	}
	res, err := d.x.Sync(d.app.ctx, manual)
	if err = errors.Join(err, res.ReadErr); err != nil {
		return err
	}
	for _, r := range res.Plan.Header.Reasons {
		d.page.linef("  %s %s", d.page.paint(red, "!"), r.Sentence)
	}
	d.page.linef("  Nobody lost access: %s. Exit code 3 tells cron.", count(res.Waiting, "change waits", "changes wait"))
	if err := d.title("They are set active again in BambooHR."); err != nil {
		return err
	}
	if err := d.setStatus(hit, bamboosim.Active); err != nil {
		return err
	}
	return d.sync()
}

// ordinary is a day with one promotion and one leaver, then a day without news.
func (d *demo) ordinary() error {
	active, err := d.active()
	if err != nil {
		return err
	}
	promoted, leaver := active[len(active)/2], active[len(active)/2+1]
	if err := d.title("An ordinary day: %s is promoted, %s leaves.", fullName(promoted), fullName(leaver)); err != nil {
		return err
	}
	today := d.x.Now().UTC()
	if n := len(promoted.JobInfo); n > 0 {
		row := maps.Clone(promoted.JobInfo[n-1])
		row["date"], row["jobTitle"] = today.Format(time.DateOnly), "Team Lead"
		if err := d.sim.do(d.app.ctx, http.MethodPut, "/employees/"+promoted.ID, map[string]any{"jobInfo": append(promoted.JobInfo, row)}, nil); err != nil {
			return err
		}
	}
	gone := map[string]string{"date": today.AddDate(0, 0, -1).Format(time.DateOnly)}
	if err := d.sim.do(d.app.ctx, http.MethodPost, "/employees/"+leaver.ID+"/terminate", gone, nil); err != nil {
		return err
	}
	if err := d.sync(); err != nil {
		return err
	}
	if err := d.title("Nothing is new: a sync that writes nothing."); err != nil {
		return err
	}
	if err := d.sync(); err != nil {
		return err
	}
	who := "employee:" + leaver.ID
	if err := d.title("Why can %s no longer sign in?  (rollcall explain %s)", fullName(leaver), who); err != nil {
		return err
	}
	e, err := d.x.Explain(d.app.ctx, who, time.Time{})
	if err != nil {
		return err
	}
	printExplanation(d.page, e)
	return nil
}

// takeBack undoes the last run that changed something.
func (d *demo) takeBack() error {
	runs, err := d.x.Runs(d.app.ctx, 10)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Counts.Deactivate == 0 || r.Outcome != syncrun.OutcomeApplied {
			continue
		}
		if err := d.title("It was a mistake: take that run back.  (rollcall undo %s)", r.ID); err != nil {
			return err
		}
		u, err := d.x.PlanUndo(d.app.ctx, r.ID, syncrun.UndoOptions{})
		if err != nil {
			return err
		}
		printUndo(d.page, r.ID, &u.Result)
		if _, err := d.x.Apply(d.app.ctx, u.Plan.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerUndo}); err != nil {
			return err
		}
		d.page.linef("Reverted, and held: the next sync does not redo it.  (rollcall holds)")
		return d.sync()
	}
	return nil
}

// sync runs one and prints its line.
func (d *demo) sync() error {
	res, err := d.x.Sync(d.app.ctx, manual)
	if err = errors.Join(err, res.ReadErr); err != nil {
		return err
	}
	d.page.linef("  sync: %s, %s to BambooHR, %s", tally(d.page, res.Run.Counts), count(res.Run.Requests, "request", "requests"),
		count(res.Run.RowsWritten, "row written", "rows written"))
	return nil
}

// active are the simulator's active employees with a work e-mail.
func (d *demo) active() ([]employee, error) {
	var file struct {
		Employees []employee `json:"employees"`
	}
	if err := d.sim.do(d.app.ctx, http.MethodGet, "/company", nil, &file); err != nil {
		return nil, fmt.Errorf("ask the simulator for its people: %w", err)
	}
	var out []employee
	for _, e := range file.Employees {
		if e.Status == bamboosim.Active && e.WorkEmail != "" {
			out = append(out, e)
		}
	}
	if len(out) < 4 {
		return nil, fmt.Errorf("the company has only %d active people; the demo needs some more: raise --employees", len(out))
	}
	return out, nil
}

func (d *demo) setStatus(people []employee, status string) error {
	for _, e := range people {
		if err := d.sim.do(d.app.ctx, http.MethodPut, "/employees/"+e.ID, map[string]string{"status": status}, nil); err != nil {
			return err
		}
	}
	return nil
}

func fullName(e employee) string { return e.FirstName + " " + e.LastName }

// goOn prints commands to copy.
func (d *demo) goOn() {
	p := d.page
	p.linef("")
	p.linef("%s", p.paint(bold, "Go on by yourself; the simulator runs until you press Ctrl-C. In another terminal:"))
	p.linef("  export ROLLCALL_DATA=%s ROLLCALL_CONFIG=%s/%s", d.dir, d.dir, defaultConfig)
	p.linef("  export BAMBOOHR_API_KEY=%s", bamboosim.DefaultKey)
	p.linef("  rollcall people")
	p.linef("  rollcall runs")
	p.linef("  rollcall check")
	p.linef("  curl -X PUT %s/_sim/employees/5 -d '{\"city\":\"Utrecht\"}'; rollcall plan", d.base)
}
