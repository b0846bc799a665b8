package account

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLimitGrows(t *testing.T) {
	l, now := accountLimit(), time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for failures, want := range []time.Duration{0, 0, 0, 0, 0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second} {
		if got := l.remaining(Tally{failures, now}, now); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
	}
	if got := l.remaining(Tally{1000, now}, now); got != 15*time.Minute {
		t.Errorf("the longest wait is %s", got)
	}
	if got := l.remaining(Tally{8, now}, now.Add(-24*time.Hour)); got != 8*time.Second {
		t.Errorf("a clock that was set back makes the wait %s", got)
	}
	if got := l.left(Tally{8, now}, now.Add(3*time.Hour)); got != 5 {
		t.Errorf("three hours later %d failures are left", got)
	}
}

// A wait is never longer than the longest, shrinks as time goes by, and is over at last.
func TestLimitIsNoLock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := rapid.SampledFrom([]limit{accountLimit(), addressLimit(), mailLimit()}).Draw(t, "limit")
		now := time.UnixMilli(1_800_000_000_000)
		y := Tally{rapid.IntRange(0, 1<<40).Draw(t, "failures"), now}
		a := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "a"))
		b := a + time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "b"))
		first, second := l.remaining(y, now.Add(a)), l.remaining(y, now.Add(b))
		if first > l.longest || second > first || l.remaining(y, now.Add(l.longest)) != 0 {
			t.Fatalf("waits %s then %s, at most %s", first, second, l.longest)
		}
	})
}

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{"203.0.113.9": "203.0.113.9", "::ffff:203.0.113.9": "203.0.113.9", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0": "fe80::/64", "": "", "nonsense\n": "nonsense"} {
		if got := network(in); got != want {
			t.Errorf("network(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFailureLogIsBounded(t *testing.T) {
	var l failureLog
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	written := 0
	for range 1000 {
		if ok, _ := l.take(now); ok {
			written++
		}
	}
	if written != failuresPerMinute {
		t.Errorf("%d written in a minute", written)
	}
	if ok, skipped := l.take(now.Add(time.Minute)); !ok || skipped != 1000-failuresPerMinute {
		t.Errorf("a minute later: %t, %d not listed", ok, skipped)
	}
}
