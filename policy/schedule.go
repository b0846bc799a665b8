package policy

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// String gives the schedule as people read it, e.g. `daily 03:00`.
func (s Schedule) String() string {
	switch {
	case s.Cron != "":
		return "cron " + s.Cron
	case s.Every > 0:
		return "every " + short(s.Every)
	case s.Weekly != "":
		return "weekly " + s.Weekly
	default:
		return "daily " + s.Daily
	}
}

// NextRun returns the first start of the schedule after an instant, in the zone, or the zero time when
// there is none.
//
// Daily and weekly runs start exactly once on each of their local days: at the first occurrence when
// the clock is set back over their time, at the end of the gap when it is set forward over it
// (dependencies §10, security §3 #38). A cron text follows the same rule, except that one whose hour is
// * follows elapsed time, so that an hourly run is made in both hours that bear the same name. Every
// counts from midnight UTC of a fixed day, so that any number of nodes agree.
func NextRun(s Schedule, zone *time.Location, after time.Time) time.Time {
	switch {
	case s.Every > 0:
		return after.Truncate(s.Every).Add(s.Every).In(zone)
	case s.Cron != "":
		return nextCron(s.Cron, zone, after)
	case s.Weekly != "":
		day, at, err := parseWeekly(s.Weekly)
		if err != nil {
			return time.Time{}
		}
		return nextOn(at, zone, after, func(d time.Weekday) bool { return d == day })
	default:
		at, err := parseClock(s.Daily)
		if err != nil {
			return time.Time{}
		}
		return nextOn(at, zone, after, func(time.Weekday) bool { return true })
	}
}

// nextOn walks the local days from that of after; the bound covers a weekday that a zone skipped when
// it crossed the date line.
func nextOn(at time.Duration, zone *time.Location, after time.Time, wanted func(time.Weekday) bool) time.Time {
	year, month, day := after.In(zone).Date()
	for i := 0; i <= 21; i++ {
		midnight := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC)
		if !wanted(midnight.Weekday()) || !exists(midnight, zone) {
			continue
		}
		if start := instant(midnight.Add(at), zone); start.After(after) {
			return start
		}
	}
	return time.Time{}
}

// exists reports whether the zone has the local day at all.
func exists(midnight time.Time, zone *time.Location) bool {
	return instant(midnight, zone).Day() == midnight.Day()
}

// instant returns when the zone's clocks first show the wall time, given as if it were UTC, or the end
// of the gap when they never do. time.Date is no help: in a gap at midnight it may answer with the day
// before (dependencies §10).
func instant(wall time.Time, zone *time.Location) time.Time {
	t := wall.Add(-26 * time.Hour).In(zone) // zones lie within 26 h of UTC
	for {
		_, offset := t.Zone()
		start, end := stretch(t)
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if end.IsZero() || at.Before(end) {
			if at.Before(start) {
				return start
			}
			return at
		}
		t = end
	}
}

// stretch returns bounds of a time around t without change of offset, zero where there is none. On 31
// December of leap years that a zone knows only by rule, ZoneBounds answers with an end that is over
// already (Go 1.26), and a walk from end to end would never finish: the offset holds for the year.
func stretch(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Truncate(24 * time.Hour).Add(24 * time.Hour).In(t.Location())
	}
	return start, end
}

// wallOf returns what the zone's clocks show, as if it were UTC.
func wallOf(t time.Time, zone *time.Location) time.Time {
	_, offset := t.In(zone).Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

func nextCron(text string, zone *time.Location, after time.Time) time.Time {
	plan, err := parseCron(text)
	if err != nil {
		return time.Time{}
	}
	if strings.Fields(text)[1] == "*" {
		return nextElapsed(plan, zone, after)
	}
	for wall := plan.Next(wallOf(after, zone)); !wall.IsZero(); wall = plan.Next(wall) {
		if start := instant(wall, zone); start.After(after) {
			return start
		}
	}
	return time.Time{}
}

// nextElapsed looks for the next time within each stretch of constant offset.
func nextElapsed(plan cron.Schedule, zone *time.Location, after time.Time) time.Time {
	from, wall := after.In(zone), wallOf(after, zone)
	for {
		_, offset := from.Zone()
		_, end := stretch(from)
		next := plan.Next(wall)
		if next.IsZero() {
			return time.Time{}
		}
		at := next.Add(-time.Duration(offset) * time.Second).In(zone)
		if end.IsZero() || at.Before(end) {
			return at
		}
		from, wall = end, wallOf(end, zone).Add(-time.Second) // Next leaves out its argument
	}
}

// parseCron reads five fields; the zone is the connection's, never the text's.
func parseCron(text string) (cron.Schedule, error) {
	if len(strings.Fields(text)) != 5 || strings.ContainsAny(text, "=@") || len(text) > 200 {
		return nil, errors.New("not a cron text of five fields; write one such as \"0 3 * * *\", and the zone in time_zone")
	}
	plan, err := cron.ParseStandard(text)
	if err != nil {
		return nil, fmt.Errorf("the cron text cannot be read (%s); write one such as \"0 3 * * *\"", err)
	}
	return plan, nil
}

func checkCron(text string) (string, error) {
	plan, err := parseCron(text)
	if err != nil {
		return "", err
	}
	// From any day, the search covers a leap year; a date that never comes is not found.
	if plan.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return "", fmt.Errorf("the cron text %q names a day that never comes; write one such as \"0 3 * * *\"", text)
	}
	return strings.Join(strings.Fields(text), " "), nil
}

// parseClock reads HH:MM.
func parseClock(text string) (time.Duration, error) {
	at, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time of day; write one such as \"03:00\"", text)
	}
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute, nil
}

func checkDaily(text string) (string, error) {
	at, err := parseClock(text)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%02d:%02d", int(at.Hours()), int(at.Minutes())%60), nil
}

// parseWeekly reads a weekday and a time: mon 03:00.
func parseWeekly(text string) (time.Weekday, time.Duration, error) {
	word, clock, _ := strings.Cut(strings.TrimSpace(text), " ")
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		if w := strings.ToLower(word); w == name || w == name[:3] {
			at, err := parseClock(strings.TrimSpace(clock))
			return d, at, err
		}
	}
	return 0, 0, fmt.Errorf("%q is not a weekday and a time; write one such as \"mon 03:00\"", text)
}

func checkWeekly(text string) (string, error) {
	day, at, err := parseWeekly(text)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %02d:%02d", strings.ToLower(day.String()[:3]), int(at.Hours()), int(at.Minutes())%60), nil
}

// MayRunAlone says why a connection that is enabled must not run without a human, nil when it may:
// somebody has to learn about failures (promises BW20, BW21; C24). A file that lacks it is valid, so
// that runs by hand go on.
func (c Connection) MayRunAlone() error {
	if len(c.Notify.Errors) == 0 {
		return errors.New("automatic runs need somebody who learns about failures; add an address to notify.errors")
	}
	return nil
}
