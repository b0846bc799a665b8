package plan

import (
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// What was announced under other settings happens only where those of today want it as well, at this moment already:
// whoever takes a leaving signal back, or gives it a grace, must not see it act once more.
func TestDueUnderOtherSettings(t *testing.T) {
	leaving := func(s string) string { return "lifecycle: { missing: deactivate_linked, leaving: { " + s + " } }" }
	dated, status, missing := directory.Due{Reason: string(Terminated), Date: "2026-11-20"}, directory.Due{Reason: string(StatusInactive)}, directory.Due{Reason: string(MissingInHR)}
	for name, c := range map[string]struct {
		settings string
		due      directory.Due
		acts     bool
	}{
		"the same date":        {leaving("termination_date: { action: deactivate }"), dated, true},
		"no signal any more":   {leaving("termination_date: { action: none }, status: { action: deactivate }"), dated, false},
		"left to a human":      {leaving("termination_date: { action: hold }"), dated, false},
		"later":                {leaving("termination_date: { action: deactivate, grace_days: 5 }"), dated, false},
		"another zone":         {"time_zone: America/Los_Angeles", directory.Due{Reason: string(Terminated), Date: "2026-11-21"}, false},
		"status":               {leaving("status: { action: deactivate, grace_days: 3 }"), status, true},
		"status, later":        {leaving("status: { action: deactivate, grace_days: 4 }"), status, false},
		"status, not any more": {leaving("status: { action: none }, termination_date: { action: deactivate }"), status, false},
		"missing":              {leaving("missing: { grace_days: 3 }"), missing, true},
		"missing, kept":        {"lifecycle: { missing: keep }", missing, false},
		"blocked":              {"scope: { block_statuses: [Intern] }", directory.Due{Reason: string(StatusBlocked)}, false},
		"out of scope":         {leaving("out_of_scope: { action: deactivate }"), directory.Due{Reason: string(OutOfScope)}, false},
	} {
		x := newWorld(testPolicy(t, c.settings), testNow)
		x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1"})
		s := x.links[1]
		c.due.At, c.due.Action = testNow.Add(-time.Hour), string(Deactivate)
		s.Due, s.Revision = &c.due, "of yesterday"
		s.Since = map[directory.SignalKind]time.Time{directory.SignalStatus: testNow.AddDate(0, 0, -3), "missing": testNow.AddDate(0, 0, -3)}
		for revision, acts := range map[string]bool{"r1": c.acts, "of yesterday": true} {
			x.in.Revision = revision
			p := Due(x.input(), []directory.LinkState{s}, x.slices().People)
			if got := p.Header.Counts.Deactivate == 1; got != acts {
				t.Errorf("%s, now %s: deactivated %v, want %v", name, revision, got, acts)
			}
		}
	}
}
