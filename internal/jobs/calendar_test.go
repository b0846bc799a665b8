package jobs_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
)

// listed is what the calendar says will happen, a line each: the instant, what, and to whom. Who waits for a run
// is brought in by the first one that reads BambooHR from that instant on: waiting tells from when to when.
func (p *process) listed(rules map[string]view.EffectRule, starts []time.Time, waiting map[string][2]time.Time) (out []string) {
	p.w.t.Helper()
	for after := ""; ; {
		page, err := p.store.Views().Effects(p.w.t.Context(), view.EffectQuery{Now: p.w.clock(), Rules: rules, After: after, Limit: 2})
		if err != nil {
			p.w.t.Fatal(err)
		}
		for _, e := range page.Items {
			if e.Kind == view.Arrival {
				i := slices.IndexFunc(starts, func(s time.Time) bool { return !s.Before(e.At) })
				waiting[strings.Fields(e.Name)[0]] = [2]time.Time{e.At, starts[i]}
				continue
			}
			what := map[view.EffectKind]plan.Action{view.Deactivation: plan.Deactivate, view.Start: plan.Update}[e.Kind]
			if !e.Cancelled {
				out = append(out, fmt.Sprintf("%s %s %s", e.At.UTC().Format("2006-01-02 15:04"), what, strings.Fields(e.Name)[0]))
			}
		}
		if after = page.Next; after == "" {
			return out
		}
	}
}

// happened is what automatic runs did to anybody's status, in the same form; who came in is checked against when
// they were expected.
func (p *process) happened(id string, waiting map[string][2]time.Time) (out []string) {
	p.w.t.Helper()
	for _, r := range p.automatic(id) {
		for it, err := range p.store.AppliedItems(p.w.t.Context(), r.ID) {
			if err != nil {
				p.w.t.Fatal(err)
			}
			c := it.Change
			name := strings.Fields(c.Name)[0]
			if c.Action == plan.Create {
				if span, known := waiting[name]; !known || r.StartedAt.Before(span[0]) || r.StartedAt.After(span[1]) {
					p.w.t.Errorf("%s came in at %s, and was expected within %s", name, r.StartedAt, span)
				}
				delete(waiting, name)
			} else if c.StatusAfter != c.StatusBefore {
				out = append(out, fmt.Sprintf("%s %s %s", r.StartedAt.UTC().Format("2006-01-02 15:04"), c.Action, name))
			}
		}
	}
	return out
}

// TestCalendarIsKept: on two weeks in which clocks are set back, somebody leaves and somebody starts on every
// day, each somewhere else, one stays on and one leaves later than HR first said. Each effect that the calendar
// lists happens at the instant that it was listed for, and nothing dated happens that was not listed.
func TestCalendarIsKept(t *testing.T) {
	t.Parallel()
	const today, zone, daily = "2026-10-20", "Europe/Amsterdam", "02:30"
	from, to := utc(today+" 12:00"), utc("2026-11-03 00:00")
	places := []string{"Utrecht", "Portland", "Pune", "Sydney", "Boston", "Nowhere"}
	var moments []moment
	for i := range 11 {
		day := from.AddDate(0, 0, 2+i).Format(time.DateOnly)
		moments = append(moments, moment{fmt.Sprintf("Leaver%d", i), places[i%6], day, plan.Deactivate},
			moment{fmt.Sprintf("Starter%d", i), places[(i+2)%6], day, plan.Update})
	}
	w := newWorld(t, from, company(today, moments))
	p := w.start()
	id := p.enabled("Acme", strings.Replace(settings(zone, daily), `"pre_hire_days": 14`, `"pre_hire_days": 3`, 1))
	tables, err := p.Timetables(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]view.EffectRule{id: {Zone: func(at string) *time.Location { return tables[0].Zones.Of(at) }, Activates: tables[0].Activates}}
	starts := dailyRuns(t, zone, daily, from, to)
	due := slices.Clone(starts)
	for _, m := range append(slices.Clone(moments), moment{"Leaver9", "Sydney", "2026-11-01", plan.Deactivate}) {
		if m.site == "Nowhere" {
			m.site = "Utrecht" // it has no zone of its own
		}
		due = append(due, m.instant(t))
	}
	changed := utc("2026-10-27 12:00")
	var promised []string
	waiting := map[string][2]time.Time{}
	for _, now := range append(instants(from, to, due...), to) {
		if now.Equal(changed) {
			w.control("/employees/518/terminate", `{"date":"2026-11-01"}`) // Leaver9
			w.control("/employees/520", `{"terminationDate":""}`)          // Leaver10
			p.good(p.Sync(t.Context(), actor, id))
			promised = slices.DeleteFunc(promised, func(s string) bool { return strings.HasSuffix(s, "Leaver9") || strings.HasSuffix(s, "Leaver10") })
		}
		for _, line := range p.listed(rules, starts, waiting) {
			if !slices.Contains(promised, line) {
				promised = append(promised, line)
			}
		}
		if now.After(w.clock()) {
			p.at(now)
		}
	}
	got := p.happened(id, waiting)
	t.Logf("dated effects (UTC):\n%s", strings.Join(got, "\n"))
	slices.Sort(promised)
	slices.Sort(got)
	if diff := cmp.Diff(promised, got); diff != "" {
		t.Errorf("(-listed +happened):\n%s", diff)
	}
	if left := p.listed(rules, starts, waiting); len(left) != 0 || len(waiting) != 0 || len(got) < 20 {
		t.Errorf("%d happened, still listed: %v, still expected: %v", len(got), left, waiting)
	}
}

// What HR did to a date is told with the run that read it.
func TestCalendarTellsMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), company("2026-11-21", leavers(2)))
	p := w.start()
	id := p.enabled("Acme", settings("Europe/Amsterdam", "03:00"))
	w.control("/employees/500/terminate", `{"date":"2026-11-30"}`)
	w.control("/employees/501", `{"terminationDate":""}`)
	j := p.good(p.Sync(t.Context(), actor, id))
	page, err := p.store.Views().Effects(t.Context(), view.EffectQuery{Now: w.clock()})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Items) != 2 {
		t.Fatalf("listed: %+v", page.Items)
	}
	for i, e := range page.Items {
		if m := e.Moved; m == nil || e.Cancelled != (i == 0) || m.RunID != j.Run.ID || m.WasDate != "2026-11-22" || !m.WasAt.Equal(utc("2026-11-22 23:00")) {
			t.Errorf("%+v, moved %+v", e, m)
		}
	}
}
