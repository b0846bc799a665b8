package note

import (
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/policy"
)

// Schedule tells a schedule as people say it, e.g. "daily at 03:00".
func Schedule(s policy.Schedule) string {
	switch {
	case s.Cron != "":
		return "at the cron times " + s.Cron
	case s.Every > 0:
		return "every " + span(s.Every)
	case s.Weekly != "":
		day, at, _ := strings.Cut(s.Weekly, " ")
		for d := time.Sunday; d <= time.Saturday; d++ {
			if strings.HasPrefix(strings.ToLower(d.String()), day) {
				return d.String() + "s at " + at
			}
		}
		return "weekly " + s.Weekly
	default:
		return "daily at " + s.Daily
	}
}

// looks tells how changes are looked for between scheduled runs, e.g. "every 15 minutes".
func looks(c policy.Changes) string {
	var parts []string
	if c.Every > 0 {
		parts = append(parts, "every "+span(c.Every))
	}
	if c.Webhook {
		parts = append(parts, "when BambooHR tells of one")
	}
	if len(parts) == 0 {
		return "off"
	}
	return strings.Join(parts, " and ")
}

// span tells a duration in whole days, hours or minutes.
func span(d time.Duration) string {
	for _, u := range []struct {
		one  time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch n := d / u.one; {
		case d == u.one:
			return u.name
		case d%u.one == 0:
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return d.String()
}
