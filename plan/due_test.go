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

// Who is held keeps the last day that was announced of them: it is not brought forward, nor set, by a record of which
// nothing or not everything can be believed, because an instant acts without a look at who is held.
func TestHeldRecordsSetNoLastDay(t *testing.T) {
	ann := employee{id: 1, name: "Ann Lee", email: "1@a.test", status: "Active", employment: "Full-Time", scope: "in", hire: "2020-01-01"}
	with := func(change func(*employee)) employee {
		e := ann
		change(&e)
		return e
	}
	for name, c := range map[string]struct {
		record    employee
		announced string // before
		want      string
	}{
		"somebody else with the id": {with(func(e *employee) {
			e.name, e.email, e.hire, e.termination = "Bo Diaz", "bo@a.test", "2026-02-02", "2026-11-25"
		}), "", ""},
		"somebody else, Ann's last day": {with(func(e *employee) { e.name, e.email, e.hire = "Bo Diaz", "bo@a.test", "2026-02-02" }), "2026-11-23", "2026-11-23"},
		"two records":                   {employee{id: 1, problem: "two records with this id differ"}, "2026-11-23", "2026-11-23"},
		"no status, new":                {with(func(e *employee) { e.status, e.termination = "hidden", "2026-11-25" }), "", ""},
		"no status, sooner":             {with(func(e *employee) { e.status, e.termination = "hidden", "2026-11-22" }), "2026-11-23", "2026-11-23"},
		"no status, later":              {with(func(e *employee) { e.status, e.termination = "hidden", "2026-12-23" }), "2026-11-23", "2026-12-23"},
		"no status, taken back":         {with(func(e *employee) { e.status = "" }), "2026-11-23", ""},
		"nothing seen": {with(func(e *employee) {
			e.status, e.unreadable = "hidden", []directory.Field{directory.DeactivationDate}
		}), "2026-11-23", "2026-11-23"},
	} {
		x := newWorld(testPolicy(t, "approval: not_required"), testNow)
		x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1", "hire": "2020-01-01"})
		if s := x.links[1]; c.announced != "" {
			s.Due = &directory.Due{At: day(t, c.announced).AddDate(0, 0, 1), Action: string(Deactivate), Reason: string(Terminated), Date: c.announced}
			x.links[1] = s
		}
		x.employees = []employee{c.record}
		p := x.plan()
		x.apply(t, p)
		got := ""
		if due := x.links[1].Due; due != nil {
			if got = due.Date; !due.At.Equal(day(t, got).AddDate(0, 0, 1)) {
				t.Errorf("%s: %+v", name, due)
			}
		}
		if got != c.want || p.Header.Counts.HeldPeople != 1 {
			t.Errorf("%s: the last day is %q, want %q\n%s", name, got, c.want, render(p))
		}
	}
}

// Who is held is not deactivated by itself for what even a record shows to be over that is not believed as a whole; and
// if that begins again, its grace does, too.
func TestHeldRecordsEndWhatIsOver(t *testing.T) {
	ann := employee{id: 1, name: "Ann Lee", email: "1@a.test", status: "Active", employment: "Full-Time", scope: "in", hire: "2020-01-01"}
	hidden := directory.Note{Reason: string(Unreadable), Detail: "employmentHistoryStatus"}
	for name, c := range map[string]struct {
		kind   directory.SignalKind
		record func(*employee)
		stays  bool // what was announced
	}{
		"back, no status":          {absentKind, func(e *employee) { e.status = "" }, false},
		"back, status hidden":      {deletedKind, func(e *employee) { e.status = "hidden" }, false},
		"back twice":               {absentKind, func(e *employee) { e.problem = "two records with this id differ" }, false},
		"back, looks recycled":     {absentKind, func(e *employee) { e.name, e.email, e.hire = "Bo Diaz", "bo@a.test", "2026-02-02" }, false},
		"active again":             {directory.SignalStatus, func(e *employee) { e.notes = []directory.Note{hidden} }, false},
		"inactive":                 {directory.SignalStatus, func(e *employee) { e.status, e.notes = "Inactive", []directory.Note{hidden} }, true},
		"status hidden":            {directory.SignalStatus, func(e *employee) { e.status = "hidden" }, true},
		"active, looks recycled":   {directory.SignalStatus, func(e *employee) { e.name, e.email, e.hire = "Bo Diaz", "bo@a.test", "2026-02-02" }, true},
		"blocked no more":          {directory.SignalStatusBlocked, func(e *employee) { e.status = "hidden" }, false},
		"blocked":                  {directory.SignalStatusBlocked, func(e *employee) { e.status, e.employment = "hidden", "Intern" }, true},
		"blocked, or not":          {directory.SignalStatusBlocked, func(e *employee) { e.notes = []directory.Note{hidden} }, true},
		"in the scope again":       {directory.SignalOutOfScope, func(e *employee) { e.status = "hidden" }, false},
		"out of the scope":         {directory.SignalOutOfScope, func(e *employee) { e.status, e.scope = "hidden", "out" }, true},
		"in the scope, or not":     {directory.SignalOutOfScope, func(e *employee) { e.status, e.scope = "hidden", "unknown" }, true},
		"last day beside a status": {directory.SignalTermination, func(e *employee) { e.notes = []directory.Note{hidden} }, true},
	} {
		x := newWorld(testPolicy(t, "scope: { block_statuses: [Intern] }\nlifecycle: { missing: deactivate_linked, leaving: { status: { action: deactivate, grace_days: 3 }, "+
			"status_blocked: { action: deactivate, grace_days: 3 }, out_of_scope: { action: deactivate, grace_days: 3 } } }"), testNow)
		x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1", "hire": "2020-01-01"})
		s := x.links[1]
		s.Due = &directory.Due{At: testNow.AddDate(0, 0, 2), Action: string(Deactivate), Reason: string(reasonOf(c.kind))}
		s.Since = map[directory.SignalKind]time.Time{c.kind: testNow.AddDate(0, 0, -1)}
		x.links[1] = s
		e := ann
		c.record(&e)
		x.employees = []employee{e}
		p := x.plan()
		x.apply(t, p)
		after := x.links[1]
		if _, counts := after.Since[c.kind]; (after.Due != nil) != c.stays || counts != c.stays || p.Header.Counts.HeldPeople != 1 {
			t.Errorf("%s: %+v, %v, want that it stays: %v\n%s", name, after.Due, after.Since, c.stays, render(p))
		}
	}
}
