package directory

import (
	"testing"
	"time"
)

func TestFreezesOverlapAndOutlast(t *testing.T) {
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		a, b           Freeze
		overlap, after bool
	}{
		{Freeze{What: []string{"jobs"}}, Freeze{What: []string{"phone", "job_title"}, Until: at}, true, true},
		{Freeze{What: []string{"phone", "custom.size"}, Until: at}, Freeze{What: []string{"custom.size"}, Until: at}, true, false},
		{Freeze{What: []string{"jobs"}, Until: at.Add(1)}, Freeze{What: []string{"names", "phone"}, Until: at}, false, true},
		{Freeze{What: []string{"jobs"}}, Freeze{What: []string{"jobs"}}, true, false},
		{Freeze{What: []string{"jobs"}, Until: at}, Freeze{What: []string{"email"}}, false, false},
	} {
		if c.a.Overlaps(&c.b) != c.overlap || c.b.Overlaps(&c.a) != c.overlap || c.a.EndsAfter(&c.b) != c.after {
			t.Errorf("%+v and %+v: overlap %v %v, after %v", c.a, c.b, c.a.Overlaps(&c.b), c.b.Overlaps(&c.a), c.a.EndsAfter(&c.b))
		}
	}
}

// A hold that waits for a blank value is not one that waits for nothing.
func TestHoldAwaits(t *testing.T) {
	for value, want := range map[string]bool{"": true, "Lead": true} {
		h := Hold{UntilHR: UntilHRSays(value)}
		if got, ok := h.Awaits(); got != value || ok != want {
			t.Errorf("a hold until HR says %q awaits %q, %v", value, got, ok)
		}
	}
	if _, ok := (&Hold{}).Awaits(); ok {
		t.Error("a hold that HR cannot end awaits something")
	}
}
