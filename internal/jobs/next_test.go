package jobs

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/policy"
)

// TestNextRunIsExactlyOnce looks at a schedule at any instants, with clocks that are corrected and jump: no start is
// made twice, none before its time, and together with those that were missed they are all that the schedule
// has (security §3 #38, #39).
func TestNextRunIsExactlyOnce(t *testing.T) {
	zones := []string{"UTC", "Europe/Amsterdam", "America/Los_Angeles", "Africa/Cairo", "Australia/Lord_Howe", "America/Santiago", "Pacific/Apia"}
	schedules := []policy.Schedule{{Daily: "02:30"}, {Daily: "00:00"}, {Daily: "01:30"}, {Weekly: "sun 02:30"}, {Every: 3 * time.Hour}, {Cron: "0 */6 * * *"}}
	rapid.Check(t, func(r *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
		if err != nil {
			r.Fatal(err)
		}
		table := connection.Timetable{ID: "c", On: true, Schedule: rapid.SampledFrom(schedules).Draw(r, "schedule"), Zone: zone}
		shift := time.Duration(rapid.IntRange(0, 600).Draw(r, "shift")) * time.Second
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(r, "start")) * time.Minute)
		row, d := nextRun(Row{}, table, now, shift)
		if d != nil {
			r.Fatalf("due at the first look: %+v", d)
		}
		want := row.Next // the next start that nobody has accounted for
		latest := now
		for range rapid.IntRange(1, 60).Draw(r, "looks") {
			now = now.Add(time.Duration(rapid.IntRange(-23*60, 4*24*60).Draw(r, "minutes")) * time.Minute)
			if back := latest.Add(-setBack + time.Hour); now.Before(back) {
				now = back // further back, what the clock shows is believed
			}
			if now.After(latest) {
				latest = now
			}
			row, d = nextRun(row, table, now, shift)
			if d == nil {
				if !want.After(now) {
					r.Fatalf("at %s the start at %s is not made", now, want)
				}
				continue
			}
			if !d.At.Equal(want) || d.At.After(now) {
				r.Fatalf("at %s a start of %s, want %s", now, d.At, want)
			}
			for range d.Missed + 1 {
				want = policy.NextRun(table.Schedule, zone, want.Add(-shift)).Add(shift)
			}
			if !row.Next.Equal(want) || !want.After(now) {
				r.Fatalf("after %s comes %s, want %s", now, row.Next, want)
			}
		}
	})
}

// TestSpread: every connection has its own part of the window, always the same.
func TestSpread(t *testing.T) {
	seen := map[time.Duration]int{}
	for i := range 1000 {
		s := shift("acme", string(rune('a'+i)), 10*time.Minute)
		if s < 0 || s >= 10*time.Minute || s != shift("acme", string(rune('a'+i)), 10*time.Minute) {
			t.Fatalf("shift %s", s)
		}
		seen[s]++
	}
	if len(seen) < 300 {
		t.Errorf("1000 connections start at %d moments", len(seen))
	}
	if s := shift("acme", "a", 0); s != 0 {
		t.Errorf("without a window: %s", s)
	}
}
