package directory

import (
	"strings"
	"testing"
	"time"
)

// TestWrongEnd: an end lies ahead and before the year 9999, in the zone in which somebody chose it; the end of the last
// day before that year still does.
func TestWrongEnd(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	west := time.FixedZone("west", -10*60*60)
	for _, x := range []struct {
		end  time.Time
		want string
	}{
		{time.Time{}, ""},
		{now, "in the past"},
		{now.Add(-1), "in the past"},
		{now.Add(1), ""},
		{time.Date(2999, 12, 31, 0, 0, 0, 0, time.UTC), ""},
		{time.Date(9998, 12, 32, 0, 0, 0, 0, west), ""},
		{time.Date(9998, 12, 32, 0, 0, 1, 0, west), "too far away"},
		{time.Date(9999, 12, 32, 0, 0, 0, 0, time.UTC), "too far away"},
	} {
		if got := WrongEnd(x.end, now); (got == "") != (x.want == "") || !strings.Contains(got, x.want) {
			t.Errorf("%s: %q; want %q", x.end, got, x.want)
		}
	}
}
