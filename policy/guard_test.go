package policy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/policy"
)

// The stricter of two guards has the smaller of every limit; a limit that never refuses is the loosest.
func TestStricterGuard(t *testing.T) {
	now := policy.Guard{Window: time.Hour, Deactivate: policy.Limit{People: 100, Percent: 5, RefusePercent: 0},
		MoveEmail: policy.Limit{People: 3, Percent: 90, RefusePercent: 30}, NewDepartments: 50, IDChurnPercent: 10}
	before := policy.Guard{Window: 24 * time.Hour, Deactivate: policy.Limit{People: 5, Percent: 50, RefusePercent: 20},
		MoveEmail: policy.Limit{People: 5, Percent: 5, RefusePercent: 40}, NewDepartments: 20, IDChurnPercent: 20}
	want := policy.Guard{Window: 24 * time.Hour, Deactivate: policy.Limit{People: 5, Percent: 5, RefusePercent: 20},
		MoveEmail: policy.Limit{People: 3, Percent: 5, RefusePercent: 30}, NewDepartments: 20, IDChurnPercent: 10}
	if d := cmp.Diff(want, now.Stricter(before)); d != "" {
		t.Error(d)
	}
}

// Whatever either guard stops, the stricter one stops too; and it does not matter which comes first.
func TestStricterGuardStopsWhatEitherStops(t *testing.T) {
	limit := rapid.Custom(func(t *rapid.T) policy.Limit {
		return policy.Limit{People: rapid.IntRange(0, 50).Draw(t, "people"), Percent: float64(rapid.IntRange(0, 100).Draw(t, "percent")),
			RefusePercent: float64(rapid.IntRange(0, 100).Draw(t, "refuse"))}
	})
	stops := func(l policy.Limit, n, base int) (waits, refused bool) {
		above := func(percent float64) bool { return float64(n)*100 > percent*float64(base) }
		waits = n > l.People && above(l.Percent)
		return waits, waits && l.RefusePercent > 0 && above(l.RefusePercent)
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b := policy.Guard{Deactivate: limit.Draw(t, "a")}, policy.Guard{Deactivate: limit.Draw(t, "b")}
		n, base := rapid.IntRange(0, 100).Draw(t, "n"), rapid.IntRange(1, 100).Draw(t, "base")
		both := a.Stricter(b)
		if both != b.Stricter(a) || a.Stricter(a) != a {
			t.Fatalf("%+v and %+v give %+v", a, b, both)
		}
		waits, refused := stops(both.Deactivate, n, base)
		for _, g := range []policy.Guard{a, b} {
			if w, r := stops(g.Deactivate, n, base); w && !waits || r && !refused {
				t.Fatalf("%d of %d: stopped by %+v, not by %+v", n, base, g, both)
			}
		}
	})
}
