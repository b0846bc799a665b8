package syncrun

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// ApplyDue plans and applies, guarded, the effects that came due by themselves, at their instant and
// without reading BambooHR (architecture, decision 5). When none is due no run is made, and the result is
// zero.
func (e *Engine) ApplyDue(ctx context.Context, trigger Trigger) (ApplyResult, error) {
	conn, err := e.Store.EnsureConnection(ctx, e.Policy.Name)
	if err != nil {
		return ApplyResult{}, err
	}
	if states, err := e.Store.DueBy(ctx, conn.ID, e.Now()); err != nil || len(states) == 0 {
		return ApplyResult{}, err
	}
	ctx, s, err := e.begin(ctx, trigger)
	if err != nil {
		return ApplyResult{}, err
	}
	r, err := s.due(ctx)
	return s.endApply(ctx, r, err)
}

// EndOfDay is the instant at which a day is over in the connection's zone, for --as-of and --at with a date.
func EndOfDay(day string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(day), zone)
	if err != nil {
		return time.Time{}, err
	}
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, zone), nil
}

// FutureDay is the end of a day that a preview can show: one after today. The error begins with the day.
func (e *Engine) FutureDay(day string) (time.Time, error) {
	zone := e.Policy.Zones().Connection()
	end, err := EndOfDay(day, zone)
	switch {
	case err != nil:
		return end, fmt.Errorf("%q is no date; write YYYY-MM-DD", day)
	case !end.After(e.Now()):
		return end, fmt.Errorf("%s is over; choose a later day, or look at the runs that were made then", day)
	case strings.TrimSpace(day) == e.Now().In(zone).Format(time.DateOnly):
		return end, fmt.Errorf("%s is today; choose a later day, or none to see today", day)
	case directory.Distant(end):
		return end, fmt.Errorf("%s is too far away; choose a day before the year 9999", day)
	}
	return end, nil
}
