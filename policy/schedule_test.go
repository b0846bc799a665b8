package policy

import (
	_ "embed"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

// allZones are the names in Go's own time zone database.
//
//go:embed testdata/zones.txt
var allZones string

func TestNextRun(t *testing.T) {
	tests := []struct{ name, schedule, zone, after, want string }{
		{"daily", "daily 03:00", "America/Los_Angeles", "2026-07-01T00:00:00-07:00", "2026-07-01T03:00:00-07:00"},
		{"daily, at the very instant", "daily 03:00", "UTC", "2026-07-01T03:00:00Z", "2026-07-02T03:00:00Z"},
		{"02:30 does not exist: end of the gap", "daily 02:30", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"01:30 exists twice: first", "daily 01:30", "America/New_York", "2026-10-31T12:00:00-04:00", "2026-11-01T01:30:00-04:00"},
		{"01:30 exists twice: not again", "daily 01:30", "America/New_York", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		{"after the second 01:40", "daily 01:30", "America/New_York", "2026-11-01T01:40:00-05:00", "2026-11-02T01:30:00-05:00"},
		{"midnight gap, Santiago", "daily 00:00", "America/Santiago", "2026-09-05T12:00:00-04:00", "2026-09-06T01:00:00-03:00"},
		{"midnight gap, Havana", "cron 0 0 * * *", "America/Havana", "2027-03-13T12:00:00-05:00", "2027-03-14T01:00:00-04:00"},
		{"Samoa has no 30 December 2011", "daily 03:00", "Pacific/Apia", "2011-12-29T03:00:00-10:00", "2011-12-31T03:00:00+14:00"},
		{"weekly", "weekly mon 03:00", "Europe/Amsterdam", "2026-03-24T00:00:00+01:00", "2026-03-30T03:00:00+02:00"},
		{"weekly on a day that is no day", "weekly fri 03:00", "Pacific/Apia", "2011-12-26T00:00:00-10:00", "2012-01-06T03:00:00+14:00"},
		{"every", "every 3h", "UTC", "2026-07-01T04:10:00Z", "2026-07-01T06:00:00Z"},
		{"every through the change", "every 3h", "America/New_York", "2026-03-08T01:00:00-05:00", "2026-03-08T05:00:00-04:00"},
		{"cron in a gap", "cron 30 2 * * *", "America/New_York", "2026-03-07T12:00:00-05:00", "2026-03-08T03:00:00-04:00"},
		{"cron, two times in one gap", "cron 0,30 2 * * *", "America/New_York", "2026-03-08T03:00:00-04:00", "2026-03-09T02:00:00-04:00"},
		{"cron in an overlap", "cron 30 1 * * *", "America/New_York", "2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"},
		{"hourly cron keeps both hours", "cron 0 * * * *", "America/New_York", "2026-11-01T01:00:00-04:00", "2026-11-01T01:00:00-05:00"},
		{"hourly cron goes on", "cron 0 * * * *", "America/New_York", "2026-11-01T01:00:00-05:00", "2026-11-01T02:00:00-05:00"},
		{"half an hour back, Lord Howe", "cron 45 * * * *", "Australia/Lord_Howe", "2026-04-05T01:45:00+11:00", "2026-04-05T01:45:00+10:30"},
		{"last day of a leap year known by rule", "daily 03:00", "Europe/Amsterdam", "2040-12-31T03:00:00+01:00", "2041-01-01T03:00:00+01:00"},
		{"the same, hourly", "cron 0 * * * *", "Europe/Amsterdam", "2040-12-31T23:30:00+01:00", "2041-01-01T00:00:00+01:00"},
		{"leap day", "cron 0 0 29 2 *", "UTC", "2025-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			got := NextRun(parseSchedule(t, test.schedule), zone, moment(t, test.after))
			if !got.Equal(moment(t, test.want)) || got.Location() != zone {
				t.Errorf("got %s, want %s", got.Format(time.RFC3339), test.want)
			}
		})
	}
}

// TestPresetTimes: the vendors' own hours, in summer and in winter time (AY23, AL2, BW9, SI25, C8).
func TestPresetTimes(t *testing.T) {
	for _, test := range []struct{ preset, zone, after, want string }{
		{"ally", "", "2026-11-21T12:00:00Z", "2026-11-22T08:00:00Z"},          // midnight in Los Angeles, PST
		{"ally", "", "2026-07-01T12:00:00Z", "2026-07-02T07:00:00Z"},          // and PDT
		{"ally", "Etc/GMT+8", "2026-07-01T12:00:00Z", "2026-07-02T08:00:00Z"}, // PST all year, for those who want it
		{"alleo", "Europe/Amsterdam", "2026-11-21T12:00:00Z", "2026-11-22T01:00:00Z"},
		{"betterworks", "", "2026-11-21T12:00:00Z", "2026-11-22T11:00:00Z"}, // 3 in the morning in Los Angeles
		{"betterworks", "", "2026-07-01T12:00:00Z", "2026-07-02T10:00:00Z"},
		{"small-improvements", "", "2026-11-21T12:00:00Z", "2026-11-21T15:00:00Z"}, // every three hours
	} {
		c, err := Base(test.preset)
		if err != nil {
			t.Fatal(err)
		}
		if test.zone != "" {
			c.TimeZone = test.zone
		}
		got := NextRun(c.Schedule, c.Zones().Connection(), moment(t, test.after))
		if !got.Equal(moment(t, test.want)) {
			t.Errorf("%s in %s after %s: got %s, want %s", test.preset, c.TimeZone, test.after, got.UTC().Format(time.RFC3339), test.want)
		}
	}
}

func TestNextRunOfNothing(t *testing.T) {
	for _, s := range []Schedule{{}, {Daily: "25:00"}, {Weekly: "someday 03:00"}, {Cron: "0 3 31 2 *"}, {Cron: "0 * 31 2 *"}, {Cron: "CRON_TZ=UTC 0 3 * * *"}} {
		if got := NextRun(s, time.UTC, time.Unix(0, 0)); !got.IsZero() {
			t.Errorf("%+v: got %s", s, got)
		}
	}
}

func TestScheduleFaults(t *testing.T) {
	for text, want := range map[string]string{
		`cron: "CRON_TZ=UTC 0 3 * * *"`: "not a cron text of five fields",
		`cron: "TZ=UTC 3 * * *"`:        "not a cron text of five fields",
		`cron: "@daily"`:                "not a cron text of five fields",
		`cron: "0 0 3 * * *"`:           "not a cron text of five fields",
		`cron: "61 * * * *"`:            "the cron text cannot be read",
		`cron: "0 3 31 2 *"`:            "names a day that never comes",
		`daily: "24:00"`:                "is not a time of day",
		`weekly: "03:00"`:               "is not a weekday and a time",
		`every: 10s`:                    "is out of range",
		`hourly: true`:                  "unknown key",
		``:                              "names no time",
	} {
		_, faults := ParseSettings([]byte("bamboohr: { subdomain: acme }\nschedule: { " + text + " }"))
		if len(faults) == 0 || !strings.Contains(faults[0].Message, want) || !strings.HasPrefix(faults[0].Place, "schedule") {
			t.Errorf("%s: got %v", text, faults)
		}
	}
	c := mustParse(t, "bamboohr: { subdomain: acme }\nschedule: { weekly: Monday 3:05 }")
	if c.Schedule.Weekly != "mon 03:05" || c.Schedule.String() != "weekly mon 03:05" {
		t.Errorf("got %v", c.Schedule)
	}
}

// TestNextRunOncePerLocalDay holds for every zone and any time of day, by schedule and by cron text: each
// local day that the zone has gets exactly one run, never before its time (security §3 #38).
func TestNextRunOncePerLocalDay(t *testing.T) {
	names := strings.Fields(allZones)
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(names).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		day := time.Date(rapid.IntRange(1950, 2040).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), 1, 0, 0, 0, 0, time.UTC)
		clock := time.Date(0, 1, 1, hour, minute, 0, 0, time.UTC)
		s := Schedule{Daily: clock.Format("15:04")}
		if rapid.Bool().Draw(t, "cron") {
			s = Schedule{Cron: clock.Format("4 15 * * *")}
		}
		at := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
		first := NextRun(s, zone, day)
		runs, last := 1, first
		for runs < 400 {
			next := NextRun(s, zone, last)
			if !next.After(last) {
				t.Fatalf("%s follows %s", next, last)
			}
			checkRun(t, next, at, zone)
			runs, last = runs+1, next
		}
		if days := localDays(first, last, zone); days != runs {
			t.Fatalf("%d runs on %d local days from %s to %s", runs, days, first, last)
		}
	})
}

// checkRun holds a run against the zone's clocks: they show the time for the first time, or jump over it.
func checkRun(t *rapid.T, run time.Time, at time.Duration, zone *time.Location) {
	shown := sinceMidnight(run)
	start, _ := run.ZoneBounds()
	if run.Equal(start) {
		before := sinceMidnight(run.Add(-time.Nanosecond).In(zone))
		if before < shown && (at <= before || at > shown) || before >= shown && at <= before && at > shown {
			t.Fatalf("%s: the clocks jumped from %s to %s, not over %s", run, before, shown, at)
		}
		return
	}
	if shown != at {
		t.Fatalf("%s is not at %s", run, at)
	}
	_, offset := run.Zone()
	_, earlier := start.Add(-time.Second).In(zone).Zone()
	twin := run.Add(-time.Duration(earlier-offset) * time.Second)
	if !start.IsZero() && earlier > offset && twin.Before(start) {
		t.Fatalf("%s: the clocks showed %s before, at %s", run, at, twin)
	}
}

// localDays counts the dates that the zone's clocks show between two runs; every day is longer than the step.
func localDays(from, to time.Time, zone *time.Location) int {
	seen := map[string]bool{}
	for t := from; t.Before(to); t = t.Add(15 * time.Minute) {
		seen[t.In(zone).Format(time.DateOnly)] = true
	}
	seen[to.In(zone).Format(time.DateOnly)] = true
	return len(seen)
}

func sinceMidnight(t time.Time) time.Duration {
	hour, minute, second := t.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(t.Nanosecond())
}

func parseSchedule(t *testing.T, text string) Schedule {
	t.Helper()
	kind, value, _ := strings.Cut(text, " ")
	c := mustParse(t, "bamboohr: { subdomain: acme }\nschedule: { "+kind+`: "`+value+`" }`)
	return c.Schedule
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// BW21, C24: failures must reach somebody before a connection may run by itself.
func TestMayRunAlone(t *testing.T) {
	c := Defaults()
	if c.MayRunAlone() == nil {
		t.Error("a connection whose failures nobody learns about may run alone")
	}
	c.Notify.Errors = []string{"it@acme.test"}
	if err := c.MayRunAlone(); err != nil {
		t.Error(err)
	}
}
