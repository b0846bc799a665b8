package views_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/internal/view"
)

func TestHeadcount(t *testing.T) {
	w := newWorld(t)
	day := func(hired, left, department string) map[directory.Field]string {
		return map[directory.Field]string{directory.HireDate: hired, directory.DeactivationDate: left, directory.Department: department}
	}
	off := directory.Deactivated
	w.clock = time.Date(2026, 3, 31, 23, 0, 0, 0, time.UTC) // already April further east
	w.people(
		person{first: "Ann", email: "1@acme.test", fields: day("2026-01-31", "", "Sales")},
		person{first: "Bo", email: "2@acme.test", fields: day("2026-02-01", "2026-03-01", "Sales"), status: off},
		person{first: "Cy", email: "3@acme.test", fields: day("2025-05-01", "2026-04-30", "Care")},             // leaves later
		person{first: "Di", email: "4@acme.test", fields: day("2026-02-10", "2024-01-01", "Care")},             // rehired
		person{first: "Ed", email: "5@acme.test", fields: day("2025-01-01", "", "Care")},                       // deactivated by hand below
		person{first: "Fay", email: "6@acme.test", fields: day("", "", "Care"), status: directory.Provisioned}, // joined when she came
	)
	ed, err := w.Person(t.Context(), w.personID(5))
	w.ok(err)
	ed.Status = off
	w.save(ed)
	ed, err = w.Person(t.Context(), w.personID(5))
	w.ok(err)
	ed.Values.Set(directory.Phone, directory.KindText, "1") // a later edit is no deactivation
	w.clock = w.clock.AddDate(0, 2, 0)
	w.save(ed)
	hand := directory.Person{ID: "p_hand", Status: directory.Active, CreatedAt: time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)}
	hand.Values.Set(directory.Email, directory.KindText, "hand@acme.test")
	w.save(hand)
	q := views.HeadcountQuery{From: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)}
	got, err := w.v.Headcount(t.Context(), q)
	w.ok(err)
	same(t, []views.Month{{Month: "2026-01", Joiners: 1, Active: 3}, {Month: "2026-02", Joiners: 3, Active: 6},
		{Month: "2026-03", Joiners: 1, Leavers: 2, Active: 5}, {Month: "2026-04", Leavers: 1, Active: 4}}, got)
	q.LinkedOnly, q.Zone = true, time.FixedZone("east", 8*3600)
	got, err = w.v.Headcount(t.Context(), q)
	w.ok(err)
	same(t, []views.Month{{Month: "2026-01", Joiners: 1, Active: 3}, {Month: "2026-02", Joiners: 2, Active: 5},
		{Month: "2026-03", Leavers: 1, Active: 4}, {Month: "2026-04", Joiners: 1, Leavers: 2, Active: 3}}, got)
	q.ByDepartment, q.Department, q.From = true, "Sales", q.To
	got, err = w.v.Headcount(t.Context(), q)
	w.ok(err)
	same(t, []views.Month{{Month: "2026-04", Department: "Sales", Active: 1}}, got)
	q.Department = "Board"
	q.ByDepartment = false
	got, err = w.v.Headcount(t.Context(), q)
	w.ok(err)
	same(t, []views.Month{{Month: "2026-04"}}, got)
}

func TestAudit(t *testing.T) {
	w := newWorld(t)
	w.people(staff(w, 12)...)
	for i := range int64(12) {
		p, err := w.Person(t.Context(), w.personID(i+1))
		w.ok(err)
		w.save(p)
	}
	var all []views.AuditRecord
	for r, err := range w.v.EachAudit(t.Context(), views.AuditQuery{}) {
		w.ok(err)
		all = append(all, r)
	}
	i := 0
	for e, err := range w.Audit(t.Context(), 0) {
		w.ok(err)
		same(t, []string{e.Actor, e.Event, e.Subject}, all[i].Columns()[2:5])
		if len(all[i].Hash) != 64 || !e.At.Equal(all[i].At) || e.Seq != all[i].Seq {
			t.Errorf("entry %d: %+v", i, all[i])
		}
		i++
	}
	if i != len(all) || len(view.AuditColumns()) != len(all[0].Columns()) {
		t.Fatalf("%d entries, %d exported", i, len(all))
	}
	for name, x := range map[string]struct {
		q    views.AuditQuery
		take func(views.AuditRecord) bool
	}{
		"all":     {views.AuditQuery{}, func(views.AuditRecord) bool { return true }},
		"event":   {views.AuditQuery{Event: "save_person"}, func(r views.AuditRecord) bool { return r.Event == "save_person" }},
		"actor":   {views.AuditQuery{Actor: "p_editor"}, func(r views.AuditRecord) bool { return r.Actor == "p_editor" }},
		"subject": {views.AuditQuery{Subject: w.personID(3)}, func(r views.AuditRecord) bool { return r.Subject == w.personID(3) }},
		"text":    {views.AuditQuery{Q: "PLAN_"}, func(r views.AuditRecord) bool { return strings.Contains(r.Subject, "plan_") }},
		"time": {views.AuditQuery{From: all[3].At, To: all[7].At}, func(r views.AuditRecord) bool {
			return !r.At.Before(all[3].At) && r.At.Before(all[7].At)
		}},
	} {
		var want []views.AuditRecord
		for _, r := range all {
			if x.take(r) {
				want = append(want, r)
			}
		}
		var each []views.AuditRecord
		for r, err := range w.v.EachAudit(t.Context(), x.q) {
			w.ok(err)
			each = append(each, r)
		}
		same(t, want, each)
		if slices.Reverse(want); len(want) == 0 {
			t.Errorf("%s: the test has no entry", name)
		}
		for limit := 1; limit < 15; limit++ {
			x.q.Limit = limit
			same(t, want, allPages(t, func(after string) (views.Page[views.AuditRecord], error) {
				x.q.After = after
				return w.v.Audit(t.Context(), x.q)
			}))
		}
	}
	events, err := w.v.AuditEvents(t.Context())
	w.ok(err)
	same(t, []views.Facet{{Value: "apply", Count: 1}, {Value: "save_person", Count: 12}}, events)
}
