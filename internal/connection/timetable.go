package connection

import (
	"context"
	"time"

	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Timetable says when a connection runs by itself. It follows from what is stored and does not change
// because time passes, so that whoever keeps a next run sees when it has to be computed again.
type Timetable struct {
	ID, Name string
	On       bool // runs start by themselves, after From
	Schedule policy.Schedule
	Zone     *time.Location
	Changes  time.Duration // between two looks for changes; 0: none by themselves
	From     time.Time     // end of the pause, also one that is over; zero: none
	Failing  bool          // in error: tried at most once a day (security §3 #13)

	// What dates bring: Zones say where days end, Activates whether people become active on their first one.
	Zones     policy.Zones
	Activates bool
}

// timetable is c's. One that is paused until somebody resumes is not on.
func (c *current) timetable() Timetable {
	zones := c.policy.Zones()
	t := Timetable{ID: c.ID, Name: c.Name, Schedule: c.policy.Schedule, Changes: c.policy.Changes.Every, Zone: zones.Connection(), Failing: c.known && c.failing(),
		Zones: zones, Activates: c.policy.Lifecycle.Initial == policy.InitialActive}
	t.On = c.known && !c.absent() && !c.Passed.IsZero() && c.policy.Enabled && c.policy.MayRunAlone() == nil && c.heard(&c.policy) &&
		!c.unapproved()
	if c.Pause != nil {
		t.From = c.Pause.Until
		t.On = t.On && !t.From.IsZero()
	}
	return t
}

// runs tells whether the connection may run by itself at an instant.
func (t Timetable) runs(now time.Time) bool { return t.On && !now.Before(t.From) }

// Moment is when a run for an instant at which BambooHR has to be read starts, zero when none does by itself. In
// error that waits for the next attempt.
func (t Timetable) Moment(at time.Time) time.Time {
	switch {
	case !t.On:
		return time.Time{}
	case t.Failing:
		return t.Next(at.Add(-time.Second), time.Time{})
	case at.Before(t.From):
		return t.From
	}
	return at
}

// Next is the first start after an instant, zero when there is none; last is the latest one so far, or
// zero.
func (t Timetable) Next(after, last time.Time) time.Time {
	if !t.On {
		return time.Time{}
	}
	if after.Before(t.From) {
		after = t.From
	}
	// A minute less than a day, so that a daily run stays at its time.
	if again := last.Add(24*time.Hour - time.Minute); t.Failing && !last.IsZero() && after.Before(again) {
		after = again
	}
	return policy.NextRun(t.Schedule, t.Zone, after)
}

// Timetables tells of every connection when it runs by itself. Those whose settings cannot be read are left
// out, and the error says why.
func (s *Service) Timetables(ctx context.Context) ([]Timetable, error) {
	var out []Timetable
	err := s.readable(ctx, func(c *current) { out = append(out, c.timetable()) })
	return out, err
}

// ApplyDue applies, guarded and without asking BambooHR, what came due by itself (architecture, decision 5).
// The connection must run by itself, or be in error. The job has no run when nothing was due.
func (s *Service) ApplyDue(ctx context.Context, actor, id string) (Job, error) {
	c, p, err := s.toRead(ctx, id, nil)
	if err != nil {
		return Job{}, err
	}
	if err := c.alone(s.o.Now()); err != nil {
		return Job{}, err
	}
	e, err := s.planner(ctx, actor, c, &p, s.o.Store)
	if err != nil {
		return Job{}, err
	}
	return s.start(ctx, actor, c, JobSync, e, func() {}, func(ctx context.Context, e *syncrun.Engine, result *Job) error {
		return result.applied(e.ApplyDue(ctx, syncrun.TriggerSchedule))
	})
}

// alone refuses runs without a human at the button, unless the connection runs by itself, or is in error
// and would.
func (c *current) alone(now time.Time) error {
	if !c.timetable().runs(now) {
		return &SetupError{Missing: "automatic runs of " + c.Name + " are not on"}
	}
	return nil
}
