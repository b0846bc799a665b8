package views_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// calendar is an organisation in which everything is to come that a calendar lists.
func calendar(t testing.TB) (w *world, rules map[string]view.EffectRule) {
	w = newWorld(t)
	var items []plan.Item
	due := func(source int64, last string, status directory.Status, d *directory.Due) {
		it := w.create(source, person{first: "Ann", last: last, email: fmt.Sprintf("p%d@acme.test", source), status: status,
			fields: map[directory.Field]string{directory.Location: "Oslo"}})
		it.Change.Link.Due = d
		items = append(items, it)
	}
	leaves := func(day string) *directory.Due {
		return &directory.Due{At: end(day), Action: "deactivate", Reason: "terminated", Date: day}
	}
	due(1, "Leaves", "", leaves("2026-03-31"))
	due(2, "Gone", directory.Deactivated, leaves("2026-03-31"))
	due(3, "Starts", directory.Provisioned, &directory.Due{At: end("2026-03-31"), Reason: "not_started", Date: "2026-04-01"})
	due(4, "Started", directory.Active, &directory.Due{At: end("2026-03-31"), Reason: "not_started", Date: "2026-04-01"})
	due(5, "Asked", "", &directory.Due{At: end("2026-03-31"), Reason: "on_hold", Date: "2026-03-31"})
	due(6, "Held", "", &directory.Due{At: end("2026-04-02"), Reason: "on_hold"}) // the hold itself is listed
	due(7, "Moves", "", leaves("2026-04-03"))
	due(8, "Stays", "", leaves("2026-04-04"))
	due(9, "Waits", "", leaves("2026-03-01")) // came due before today
	due(10, "Short", directory.Provisioned, leaves("2026-06-30"))
	items[9].Change.Link.HireDate = "2026-04-05"
	w.apply(w.store(plan.Header{}, items...).ID, everything)
	for i, h := range []directory.Hold{{PersonID: w.personID(6), Until: end("2026-04-02")}, {PersonID: w.personID(1), Field: directory.JobTitle, Until: end("2026-02-01")},
		{PersonID: w.personID(7)}} {
		h.ID, h.Reason, h.CreatedBy, h.CreatedAt = fmt.Sprint("hold_", i), "leave", "p_1", w.now()
		w.ok(w.AddHold(t.Context(), h))
	}
	newer := []plan.Item{
		{Held: &plan.Held{Reason: plan.NotStarted, SourceID: 20, Name: "New Comer", Trace: plan.Trace{Hire: "2026-04-10", Effective: end("2026-04-06")}}},
		{Held: &plan.Held{Reason: plan.NotStarted, SourceID: 21, Name: "Some Day"}}, // only an employment row is in the future
		{Refresh: &directory.LinkState{SourceID: 7, PersonID: w.personID(7), Outcome: directory.OutcomeLinked, Due: leaves("2026-04-20")}},
		{Refresh: &directory.LinkState{SourceID: 8, PersonID: w.personID(8), Outcome: directory.OutcomeLinked}},
		{Refresh: &directory.LinkState{SourceID: 9, PersonID: w.personID(9), Outcome: directory.OutcomeLinked, Due: leaves("2026-03-01")}},
	}
	p := w.store(plan.Header{}, newer...)
	r, l := w.begin(syncrun.TriggerSchedule)
	_, err := w.ApplyRefreshes(t.Context(), l, p.ID)
	w.ok(err)
	w.end(r, l, syncrun.OutcomeNoOp)
	return w, map[string]view.EffectRule{w.conn.ID: {Zone: func(string) *time.Location { return time.UTC }, Activates: true}}
}

// end is the end of a day.
func end(day string) time.Time {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		panic(err)
	}
	return at.AddDate(0, 0, 1)
}

func line(e view.Effect) string {
	s := fmt.Sprintf("%s %s %s", e.At.Format("01-02"), e.Kind, e.Name)
	if e.WithRun {
		s += " with a run"
	}
	if e.Held {
		s += " held"
	}
	if e.Cancelled {
		s += " cancelled"
	}
	if e.Moved != nil {
		s += " was " + e.Moved.WasDate
	}
	return s
}

// Everything that a date brings is listed once, in order, on pages of every size.
func TestEffects(t *testing.T) {
	w, rules := calendar(t)
	all := []string{"03-02 deactivation Ann Waits", "04-01 deactivation Ann Leaves", "04-01 decision Ann Asked", "04-01 start Ann Starts",
		"04-03 hold_end Ann Held", "04-05 deactivation Ann Stays cancelled was 2026-04-04", "04-05 start Ann Short with a run", "04-07 arrival New Comer with a run",
		"04-21 deactivation Ann Moves held was 2026-04-03", "07-01 deactivation Ann Short"}
	list := func(q views.EffectQuery) (out []string) {
		q.Now, q.Rules = w.clock, rules
		for _, e := range allPages(t, func(after string) (views.Page[views.Effect], error) {
			q.After = after
			return w.v.Effects(t.Context(), q)
		}) {
			out = append(out, line(e))
		}
		return out
	}
	for limit := 1; limit < 12; limit++ {
		same(t, all, list(views.EffectQuery{Limit: limit}))
		same(t, all, list(views.EffectQuery{Limit: limit, Connection: w.conn.ID}))
	}
	same(t, all[4:9], list(views.EffectQuery{From: end("2026-04-01"), To: end("2026-04-30")}))
	for _, k := range view.EffectKinds() {
		want := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s[6:6+len(k)+1] != string(k)+" " })
		same(t, want, list(views.EffectQuery{Kind: k, Limit: 1}))
	}
	counts, err := w.v.EffectCounts(t.Context(), views.EffectQuery{Now: w.clock, Rules: rules, From: end("2026-03-30"), To: end("2026-04-01")})
	w.ok(err)
	day := end("2026-03-31")
	last := day.Add(-time.Millisecond) // what ends a day belongs to it
	same(t, []views.EffectCount{{Place: last, Kind: view.Deactivation, Count: 1}, {Place: last, Kind: view.Decision, Count: 1}, {Place: day, Kind: view.Start, Count: 1}}, counts)
	same(t, all[1:3], list(views.EffectQuery{From: end("2026-03-30"), To: end("2026-03-31")}))
	counts, err = w.v.EffectCounts(t.Context(), views.EffectQuery{Now: w.clock, Rules: rules})
	w.ok(err)
	if len(counts) != len(all)-1 { // what was taken away does not count
		t.Errorf("counted %+v", counts)
	}
	rules = nil // nobody is brought in where no settings say so
	same(t, []string{"03-02 deactivation Ann Waits", "04-01 deactivation Ann Leaves", "04-01 decision Ann Asked"}, list(views.EffectQuery{To: end("2026-04-01")}))
	_, err = w.v.Effects(t.Context(), views.EffectQuery{Connection: "c_unknown"})
	missing(t, "an unknown connection", err)
	if _, err := w.v.Effects(t.Context(), views.EffectQuery{After: "nonsense"}); err == nil {
		t.Error("a made-up cursor is taken")
	}
}

// What a run did is told with the run; a date that came is not one that was taken away.
func TestEffectsMoved(t *testing.T) {
	w, rules := calendar(t)
	got, err := w.v.Effects(t.Context(), views.EffectQuery{Now: w.clock, Rules: rules, From: end("2026-04-10"), Limit: 1})
	w.ok(err)
	m := got.Items[0].Moved
	if m == nil || m.RunID != fmt.Sprint("run_", w.runs) || !m.WasAt.Equal(end("2026-04-03")) || m.At.IsZero() {
		t.Fatalf("moved: %+v", m)
	}
	w.clock = end("2026-04-25")
	p := w.store(plan.Header{}, plan.Item{Refresh: &directory.LinkState{SourceID: 7, PersonID: w.personID(7), Outcome: directory.OutcomeLinked}})
	r, l := w.begin(syncrun.TriggerSchedule)
	_, err = w.ApplyRefreshes(t.Context(), l, p.ID)
	w.ok(err)
	w.end(r, l, syncrun.OutcomeNoOp)
	got, err = w.v.Effects(t.Context(), views.EffectQuery{Now: end("2026-04-19"), Rules: rules, From: end("2026-04-10"), To: end("2026-05-01")})
	w.ok(err)
	if len(got.Items) != 0 {
		t.Errorf("after its instant is over: %+v", got.Items)
	}
}

// The ends of freezes and pauses stand where they come, with what waits for them.
func TestEffectsOfConnections(t *testing.T) {
	w, rules := calendar(t)
	review := directory.Freeze{ID: "freeze_1", Connection: w.conn.ID, What: []string{"reporting_lines", "phone"}, Until: end("2026-04-04"), Reason: "review", CreatedBy: "p_1", CreatedAt: w.now()}
	young, open, over := review, review, review
	young.ID, young.Until, young.What = "freeze_2", end("2026-05-01"), []string{"phone"}
	open.ID, open.Until, over.ID, over.Until = "freeze_3", time.Time{}, "freeze_4", end("2026-01-01")
	for _, f := range []directory.Freeze{review, open, over} {
		w.ok(w.AddFreeze(t.Context(), f))
	}
	held := func(source int64, f directory.Field, freeze string) plan.Item {
		return plan.Item{Held: &plan.Held{Reason: plan.OnHold, SourceID: source, PersonID: w.personID(source), Field: f,
			Frozen: &plan.Frozen{Freeze: freeze, Change: plan.FieldChange{Field: f, Before: "1", After: "2"}}}}
	}
	w.store(plan.Header{Freezes: []string{"freeze_1", "freeze_3"}}, held(1, directory.Manager, "freeze_1"), held(1, directory.Phone, "freeze_3"),
		held(2, directory.Manager, "freeze_1"), held(2, directory.Phone, "freeze_1"))
	w.ok(w.AddFreeze(t.Context(), young)) // nobody has planned since
	list := func(q views.EffectQuery) (out []view.Effect) {
		q.Now, q.Rules = w.clock, rules
		return allPages(t, func(after string) (views.Page[views.Effect], error) {
			q.After = after
			return w.v.Effects(t.Context(), q)
		})
	}
	got := list(views.EffectQuery{Kind: view.FreezeEnd, Limit: 1})
	conn := w.conn.ID
	same(t, []view.Effect{
		{At: review.Until, Kind: view.FreezeEnd, Connection: conn, Freeze: "freeze_1", What: review.What, Note: "review", Waits: &view.EffectWaits{People: 2, Fields: 3}},
		{At: young.Until, Kind: view.FreezeEnd, Connection: conn, Freeze: "freeze_2", What: young.What, Note: "review"},
	}, got)
	pause := func(p *connection.Pause) {
		_, err := w.Settings().Change(t.Context(), conn, "p_1", w.clock, func(r *connection.Record) ([]connection.Event, error) {
			r.Pause = p
			return nil, nil
		})
		w.ok(err)
	}
	if got := list(views.EffectQuery{Kind: view.PauseEnd}); len(got) != 0 {
		t.Errorf("not paused: %+v", got)
	}
	pause(&connection.Pause{By: "p_1", Reason: "payroll", At: w.clock})
	if got := list(views.EffectQuery{Kind: view.PauseEnd}); len(got) != 0 {
		t.Errorf("a pause without an end: %+v", got)
	}
	pause(&connection.Pause{By: "p_1", Reason: "payroll", At: w.clock, Until: end("2026-04-02")})
	// Waits and Leaves are to be deactivated before, Starts becomes active; Asked is left to a human, and Stays was cancelled.
	same(t, []view.Effect{{At: end("2026-04-02"), Kind: view.PauseEnd, Connection: conn, Note: "payroll", Waits: &view.EffectWaits{People: 3}}},
		list(views.EffectQuery{From: end("2026-04-01"), To: end("2026-04-02"), Kind: view.PauseEnd, Connection: conn}))
	var order []string
	for _, e := range list(views.EffectQuery{From: end("2026-04-01"), To: end("2026-04-04"), Limit: 1}) {
		order = append(order, string(e.Kind))
	}
	same(t, []string{"hold_end", "pause_end", "deactivation", "freeze_end"}, order)
	counts, err := w.v.EffectCounts(t.Context(), views.EffectQuery{Now: w.clock, Rules: rules, From: end("2026-04-01"), To: end("2026-04-03")})
	w.ok(err)
	last := end("2026-04-02").Add(-time.Millisecond)
	same(t, []views.EffectCount{{Place: last, Kind: view.HoldEnd, Count: 1}, {Place: last, Kind: view.PauseEnd, Count: 1}}, counts)
}
