package mapping

import (
	"os"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones must not depend on the machine

	"pgregory.net/rapid"
)

var utc = time.UTC

func TestStartOf(t *testing.T) {
	tests := []struct{ name, zone, day, want string }{
		{"plain", "Europe/Amsterdam", "2026-06-01", "2026-05-31T22:00:00Z"},
		{"midnight does not exist", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"},
		{"the hour before midnight comes twice", "America/Sao_Paulo", "2018-02-18", "2018-02-18T03:00:00Z"},
		{"midnight comes twice", "America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"},
		{"the clock goes back into yesterday after midnight", "America/St_Johns", "2010-11-07", "2010-11-07T02:30:00Z"},
		{"the day does not exist", "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},
		{"the day after the one that does not exist", "Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"},
		{"far east", "Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z"},
		{"31 December of a leap year after the last listed transition", "Europe/Berlin", "2040-12-31", "2040-12-30T23:00:00Z"},
		{"the day after it", "Europe/Berlin", "2041-01-01", "2040-12-31T23:00:00Z"},
		{"far west", "Etc/GMT+12", "2026-01-01", "2026-01-01T12:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			zone, err := time.LoadLocation(tt.zone)
			if err != nil {
				t.Fatal(err)
			}
			d, ok := parseDay(tt.day)
			if !ok {
				t.Fatalf("%q is no day", tt.day)
			}
			if got := startOf(d, 0, zone).Format(time.RFC3339); got != tt.want {
				t.Errorf("%s starts in %s at %s, want %s", tt.day, tt.zone, got, tt.want)
			}
		})
	}
}

func TestStartOfCountsCalendarDays(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	d, _ := parseDay("2026-03-07") // the clock changes on the 8th
	if got, want := startOf(d, 2, zone), time.Date(2026, 3, 9, 4, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("two days later: %s, want %s", got, want)
	}
	if got, want := startOf(d, -7, zone), time.Date(2026, 2, 28, 5, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("seven days earlier: %s, want %s", got, want)
	}
}

// In every zone and on every day, the answer is the first instant with that local date (or a later
// one, where the day was skipped).
func TestStartOfIsTheFirstInstant(t *testing.T) {
	zones := allZones(t)
	onOrAfter := func(at time.Time, d day) bool {
		y, m, n := at.Date()
		return y > d.year || (y == d.year && (m > d.month || (m == d.month && n >= d.day)))
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		some := time.Date(1900, 1, 1+rapid.IntRange(0, 300*365).Draw(t, "day"), 0, 0, 0, 0, time.UTC)
		if rapid.Bool().Draw(t, "at a transition") {
			if start, _ := some.In(zone).ZoneBounds(); !start.IsZero() && start.Year() >= minYear {
				some = start.In(zone).AddDate(0, 0, rapid.IntRange(-1, 1).Draw(t, "beside"))
			}
		}
		d := day{some.Year(), some.Month(), some.Day()}
		got := startOf(d, 0, zone)
		if !onOrAfter(got.In(zone), d) {
			t.Fatalf("%v in %s starts at %s, which is before that day", d, zone, got.In(zone))
		}
		for before := got.Add(-1); before.After(got.Add(-30 * time.Hour)); before = before.Add(-7 * time.Minute) {
			if onOrAfter(before.In(zone), d) {
				t.Fatalf("%v in %s starts at %s, but %s is that day already", d, zone, got.In(zone), before.In(zone))
			}
		}
	})
}

// allZones loads every zone of the list that package policy tests its schedules with.
func allZones(t *testing.T) []*time.Location {
	data, err := os.ReadFile("../policy/testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	var zones []*time.Location
	for _, name := range strings.Fields(string(data)) {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, zone)
	}
	return zones
}
