// Package story tells on the terminal what a sync does and does not do: a first sync, a disaster that the guard
// stops, an ordinary day, an undo. Making the company, the directory and the simulator is left to the caller.
package story

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// beat is the pause between two steps, for whoever reads along on a terminal.
const beat = 1500 * time.Millisecond

// Story is what is told, and with what.
type Story struct {
	Engine    *syncrun.Engine
	People    *people.Editor
	Sim       *simcontrol.Control
	Page      *text.Page
	Unhurried bool // somebody reads along: there is a pause between steps

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
func manual() syncrun.PreviewOptions { return syncrun.PreviewOptions{Trigger: syncrun.TriggerManual} }

// Tell reads, applies, is guarded, puts right, undoes.
func (s *Story) Tell(ctx context.Context) error {
	for _, part := range []func(context.Context) error{s.first, s.disaster, s.ordinary, s.takeBack} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// title opens a step, after a pause.
func (s *Story) title(ctx context.Context, format string, a ...any) error {
	if s.step++; s.step > 1 {
		s.Page.Linef("")
	}
	s.Page.Linef("%s", s.Page.Paint(text.Bold, fmt.Sprintf("%d. ", s.step)+fmt.Sprintf(format, a...)))
	if err := s.Page.Flush(); err != nil || !s.Unhurried {
		return err
	}
	t := time.NewTimer(beat)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// first previews and applies the whole company.
func (s *Story) first(ctx context.Context) error {
	if err := s.title(ctx, "A simulated BambooHR with a whole company. What would change?  (rollcall plan)"); err != nil {
		return err
	}
	info, _, err := s.Engine.Preview(ctx, manual())
	if err != nil {
		return err
	}
	show.PlanSummary(s.Page, info)
	if err := s.title(ctx, "Nothing was written so far. Apply exactly that plan.  (rollcall apply)"); err != nil {
		return err
	}
	res, err := s.Engine.Apply(ctx, info.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerManual})
	if err != nil {
		return err
	}
	s.Page.Linef("  %s  %s", show.Tally(s.Page, res.Run.Counts), s.Page.Paint(text.Dim, res.Run.ID))
	return nil
}

// disaster makes 60 % of the company inactive, meets the guard, and puts them back.
func (s *Story) disaster(ctx context.Context) error {
	active, err := s.active(ctx)
	if err != nil {
		return err
	}
	hit := active[:len(active)*6/10]
	if err := s.title(ctx, "Disaster: somebody in BambooHR sets %d of %d people inactive. Sync!  (rollcall sync)", len(hit), len(active)); err != nil {
		return err
	}
	if err := s.setStatus(ctx, hit, bamboosim.Inactive); err != nil {
		return err
	}
	res, err := s.Engine.Sync(ctx, manual())
	if err = errors.Join(err, res.ReadErr); err != nil {
		return err
	}
	for _, r := range res.Plan.Header.Reasons {
		s.Page.Linef("  %s %s", s.Page.Paint(text.Red, "!"), r.Sentence)
	}
	s.Page.Linef("  Nobody lost access: %s. Exit code 3 tells cron.", text.Count(res.Waiting, "change waits", "changes wait"))
	if err := s.title(ctx, "They are set active again in BambooHR."); err != nil {
		return err
	}
	if err := s.setStatus(ctx, hit, bamboosim.Active); err != nil {
		return err
	}
	return s.sync(ctx)
}

// ordinary is a day with one promotion and one leaver, then a day without news.
func (s *Story) ordinary(ctx context.Context) error {
	active, err := s.active(ctx)
	if err != nil {
		return err
	}
	promoted, leaver := active[len(active)/2], active[len(active)/2+1]
	if err := s.title(ctx, "An ordinary day: %s is promoted, %s leaves.", fullName(promoted), fullName(leaver)); err != nil {
		return err
	}
	today := s.Engine.Now().UTC()
	if n := len(promoted.JobInfo); n > 0 {
		row := maps.Clone(promoted.JobInfo[n-1])
		row["date"], row["jobTitle"] = today.Format(time.DateOnly), "Team Lead"
		if err := s.Sim.Do(ctx, http.MethodPut, "/employees/"+promoted.ID, map[string]any{"jobInfo": append(promoted.JobInfo, row)}, nil); err != nil {
			return err
		}
	}
	gone := map[string]string{"date": today.AddDate(0, 0, -1).Format(time.DateOnly)}
	if err := s.Sim.Do(ctx, http.MethodPost, "/employees/"+leaver.ID+"/terminate", gone, nil); err != nil {
		return err
	}
	if err := s.sync(ctx); err != nil {
		return err
	}
	if err := s.title(ctx, "Nothing is new: a sync that writes nothing."); err != nil {
		return err
	}
	if err := s.sync(ctx); err != nil {
		return err
	}
	who := "employee:" + leaver.ID
	if err := s.title(ctx, "Why can %s no longer sign in?  (rollcall explain %s)", fullName(leaver), who); err != nil {
		return err
	}
	e, err := s.People.Explain(ctx, who, time.Time{})
	if err != nil {
		return err
	}
	show.Explanation(s.Page, e)
	return nil
}

// takeBack undoes the last run that changed something.
func (s *Story) takeBack(ctx context.Context) error {
	runs, err := s.Engine.Runs(ctx, 10)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if r.Counts.Deactivate == 0 || r.Outcome != syncrun.OutcomeApplied {
			continue
		}
		if err := s.title(ctx, "It was a mistake: take that run back.  (rollcall undo %s)", r.ID); err != nil {
			return err
		}
		u, err := s.Engine.PlanUndo(ctx, r.ID, syncrun.UndoOptions{})
		if err != nil {
			return err
		}
		show.Undo(s.Page, r.ID, &u.Result)
		if _, err := s.Engine.Apply(ctx, u.Plan.ID, syncrun.ApplyOptions{Trigger: syncrun.TriggerUndo}); err != nil {
			return err
		}
		s.Page.Linef("Reverted, and held: the next sync does not redo it.  (rollcall holds)")
		return s.sync(ctx)
	}
	return nil
}

// sync runs one and prints its line.
func (s *Story) sync(ctx context.Context) error {
	res, err := s.Engine.Sync(ctx, manual())
	if err = errors.Join(err, res.ReadErr); err != nil {
		return err
	}
	s.Page.Linef("  sync: %s, %s to BambooHR, %s", show.Tally(s.Page, res.Run.Counts), text.Count(res.Run.Requests, "request", "requests"),
		text.Count(res.Run.RowsWritten, "row written", "rows written"))
	return nil
}

// active are the simulator's active employees with a work e-mail.
func (s *Story) active(ctx context.Context) ([]employee, error) {
	var file struct {
		Employees []employee `json:"employees"`
	}
	if err := s.Sim.Do(ctx, http.MethodGet, "/company", nil, &file); err != nil {
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

func (s *Story) setStatus(ctx context.Context, people []employee, status string) error {
	for _, e := range people {
		if err := s.Sim.Do(ctx, http.MethodPut, "/employees/"+e.ID, map[string]string{"status": status}, nil); err != nil {
			return err
		}
	}
	return nil
}

func fullName(e employee) string { return e.FirstName + " " + e.LastName }
