package jobs_test

import (
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/connection"
)

// The vendors' times, by the server itself: Ally every day at midnight in Los Angeles (promise AY23), once its
// set-up is complete and it is switched on (promise AY10); Betterworks at three in the morning there (promise
// BW9); Small Improvements every three hours (promises SI25, SI47), only when ticked (promise SI10), and not
// while it is suspended for a review (promise SI26).
func TestPresetsRunByThemselves(t *testing.T) {
	for _, c := range []struct {
		preset, zone string
		times        []string // UTC, within a day from noon on 21 November
	}{
		{"ally", "America/Los_Angeles", []string{"2026-11-22 08:00"}},
		{"betterworks", "America/Los_Angeles", []string{"2026-11-22 11:00"}},
		{"small-improvements", "UTC", []string{"2026-11-21 15:00", "2026-11-21 18:00", "2026-11-21 21:00", "2026-11-22 00:00", "2026-11-22 03:00", "2026-11-22 06:00", "2026-11-22 09:00"}},
	} {
		t.Run(c.preset, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, utc("2026-11-21 12:30"), office("2026-11-21", 10))
			p, ctx := w.start(), t.Context()
			d, err := p.Create(ctx, actor, connection.NewConnection{Name: c.preset, Preset: c.preset, Subdomain: "acme", Key: bamboosim.DefaultKey, TimeZone: c.zone})
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Enable(ctx, actor, d.ID); err == nil {
				t.Fatal("it was switched on before its set-up was complete")
			}
			if _, err := p.Save(ctx, actor, d.ID, 0, []byte(`{"notify": {"errors": ["hr@acme.test"]}}`)); err != nil {
				t.Fatal(err)
			}
			if check, err := p.Check(ctx, actor, d.ID); err != nil || !check.Passed() {
				t.Fatalf("check: %+v, %v", check, err)
			}
			p.good(p.Preview(ctx, actor, d.ID, connection.PreviewRequest{}))
			p.at(utc("2026-11-21 12:31"))
			wantRuns(t, p, d.ID, "") // nothing by itself until somebody switches it on
			if err := p.Enable(ctx, actor, d.ID); err != nil {
				t.Fatal(err)
			}
			p.at(utc("2026-11-21 12:32"))
			for _, at := range c.times {
				due := utc(at)
				p.at(due.Add(-time.Minute))
				before := len(p.automatic(d.ID))
				p.at(due)
				p.at(due.Add(time.Minute))
				if got := len(p.automatic(d.ID)) - before; got != 1 {
					t.Errorf("%d runs at %s, want one", got, at)
				}
			}
			if got := len(p.automatic(d.ID)); got != len(c.times) {
				t.Errorf("%d runs in a day, want %d: %s", got, len(c.times), times(p.automatic(d.ID)))
			}
			if err := p.Pause(ctx, actor, d.ID, "review period", time.Time{}); err != nil {
				t.Fatal(err)
			}
			p.at(utc("2026-11-22 11:59"))
			p.at(utc("2026-11-24 12:00"))
			if got := len(p.automatic(d.ID)); got != len(c.times) {
				t.Errorf("it ran %d times while it was suspended", got-len(c.times))
			}
		})
	}
}
