package mapping

import "time"

// The years a date may lie in; whatever lies outside is a slip or a stand-in such as 9999-12-31
// (security §3 #36).
const (
	minYear = 1900
	maxYear = 2200
)

// day is a calendar day without a zone.
type day struct {
	year  int
	month time.Month
	day   int
}

// parseDay reads YYYY-MM-DD and nothing else.
func parseDay(s string) (day, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return day{}, false
	}
	year, ok1 := digits(s[:4])
	month, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:])
	if !ok1 || !ok2 || !ok3 || year < minYear || year > maxYear || !inMonth(year, month, d) {
		return day{}, false
	}
	return day{year, time.Month(month), d}, true
}

func digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return n, true
}

func inMonth(year, month, d int) bool {
	if month < 1 || month > 12 || d < 1 {
		return false
	}
	return d <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func fullDate(s string) (string, string) {
	if _, ok := parseDay(s); !ok {
		return "", quote(s) + " is not a date between 1900 and 2200 in the form YYYY-MM-DD"
	}
	return s, ""
}

// birthday also takes the day without the year, which BambooHR's field birthday has: "MM-DD" becomes
// "--MM-DD" (bamboohr-api §3.5). 29 February is a day.
func birthday(s string) (string, string) {
	if len(s) == 5 && s[2] == '-' {
		month, ok1 := digits(s[:2])
		d, ok2 := digits(s[3:])
		const leapYear = 2000
		if ok1 && ok2 && inMonth(leapYear, month, d) {
			return "--" + s, ""
		}
	}
	if _, ok := parseDay(s); !ok {
		return "", quote(s) + " is not a day in the form YYYY-MM-DD or MM-DD"
	}
	return s, ""
}

// startOf returns the first instant whose local date is d, plus some days, or later; later where the
// zone skipped that day. Midnight itself is no answer: in some zones the clock jumps over it or passes
// it twice (security §3 #37).
func startOf(d day, plus int, zone *time.Location) time.Time {
	midnight := time.Date(d.year, d.month, d.day+plus, 0, 0, 0, 0, time.UTC)
	const farthest = 26 * time.Hour // no zone is further from UTC, with room to spare
	at := midnight.Add(-farthest).In(zone)
	for { // no instant before at is on that day; what follows up to end has one offset
		_, offset := at.Zone()
		_, end := at.ZoneBounds()
		if !end.IsZero() && !end.After(at) {
			end = at.Add(time.Hour) // Go 1.26 gives no later end on 31 December of leap years from 2040
		}
		first := midnight.Add(-time.Duration(offset) * time.Second)
		if first.Before(at) {
			first = at
		}
		if end.IsZero() || first.Before(end) {
			return first.UTC()
		}
		at = end
	}
}
