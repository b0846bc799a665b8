package views_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// names and how somebody without the right keyboard would type them.
func names() [][2]string {
	return [][2]string{{"Ann Lee", "ann lee"}, {"Élodie Søby", "elodie søby"}, {"Zoë Müller", "zoe muller"}, {"İbrahim Öz", "ibrahim oz"},
		{"Иван Петров", "иван петров"}, {"Bo  O'Neil", "bo o'neil"}}
}

// mixedHeader makes deactivations refused and new departments wait for an approval.
func mixedHeader() plan.Header {
	return plan.Header{Reasons: []plan.VerdictReason{{Kind: plan.KindDeactivate, Waiting: plan.WaitingRefused},
		{Kind: plan.KindNewDepartments, Waiting: plan.WaitingApproval}}}
}

// mixedPlan has rows of every kind, in an order that is not the plan's.
func mixedPlan(w *world, n int) []plan.Item {
	var items []plan.Item
	for i := range n {
		id := int64(n - i)
		name := names()[i%len(names())][0]
		email := fmt.Sprintf("p%d@acme.test", id)
		switch {
		case i%97 == 5:
			items = append(items, plan.Item{Change: &plan.Change{Action: plan.Deactivate, Reason: plan.Terminated, SourceID: id, PersonID: w.personID(id),
				Name: name, Email: email, Kinds: plan.KindSet(0).With(plan.KindDeactivate), StatusAfter: directory.Deactivated, Version: 1}})
		case i%11 == 3:
			h := &plan.Held{Kind: plan.HeldPerson, Reason: plan.NoEmail, SourceID: id, Name: name}
			if i%2 == 0 {
				h.Reason, h.Field, h.Email = plan.InvalidValue, "custom.shirt", email
			}
			items = append(items, plan.Item{Held: h})
		case i%13 == 4:
			items = append(items, plan.Item{Left: &plan.Left{SourceID: id, Name: name, Email: email}})
		case i%17 == 6:
			items = append(items, plan.Item{Refresh: &directory.LinkState{SourceID: id, PersonID: w.personID(id)}})
		case i%5 == 1:
			f := directory.JobTitle
			if i%3 == 0 {
				f = "budgets.learning"
			}
			items = append(items, plan.Item{Change: &plan.Change{Action: plan.Update, Reason: plan.FieldChanged, SourceID: id, PersonID: w.personID(id), Name: name,
				Email: email, Version: 1, Fields: []plan.FieldChange{{Field: f, Kind: f.Kind(), Before: "a", After: "b", From: "jobTitle"}}}})
		default:
			it := w.create(id, person{first: name, email: email, fields: map[directory.Field]string{directory.Department: "Sales"}})
			it.Change.Name = name
			it.Change.Kinds = it.Change.Kinds.With(plan.KindNewDepartments)
			items = append(items, it)
		}
	}
	for _, d := range []string{"Sales", "Care"} {
		items = append(items, plan.Item{Change: &plan.Change{Action: plan.CreateDepartment, Reason: plan.NewInHR, Name: d,
			Kinds: plan.KindSet(0).With(plan.KindNewDepartments), Group: &directory.Group{ID: "g_" + d, Kind: directory.KindDepartment, Name: d}}})
	}
	return items
}

// picks is a plain reading of what a query asks for.
func picks(q views.PlanQuery, h plan.Header, it syncrun.StoredItem) bool {
	if c := it.Change; c != nil {
		w := h.Waiting(c.Kinds)
		return q.Part != views.PartHeld && (len(q.Actions) == 0 || slices.Contains(q.Actions, c.Action)) && (q.Reason == "" || q.Reason == c.Reason) &&
			(len(q.Kinds) == 0 || slices.ContainsFunc(q.Kinds, c.Kinds.Has)) &&
			(q.Waiting == "" || q.Waiting == string(w) || (q.Waiting == views.WaitingAny && w != "") || (q.Waiting == views.WaitingNone && w == "")) &&
			(q.Field == "" || slices.ContainsFunc(c.Fields, func(f plan.FieldChange) bool { return f.Field == q.Field })) &&
			matches(q.Q, c.Name, c.Email, c.SourceID)
	}
	c := it.Held
	return q.Part != views.PartChanges && len(q.Actions) == 0 && len(q.Kinds) == 0 && q.Waiting == "" && (q.Reason == "" || q.Reason == c.Reason) &&
		(q.Field == "" || q.Field == c.Field) && matches(q.Q, c.Name, c.Email, c.SourceID)
}

func matches(q, name, email string, source int64) bool {
	if q = strings.ToLower(q); q == "" || strings.Contains(email, q) || q == fmt.Sprint(source) {
		return true
	}
	for _, n := range names() {
		if n[0] == name && (strings.Contains(n[1], q) || strings.Contains(strings.ToLower(name), q)) {
			return true
		}
	}
	return strings.Contains(strings.ToLower(name), q)
}

func drawQuery(t *rapid.T) views.PlanQuery {
	q := views.PlanQuery{
		Part:    rapid.SampledFrom([]string{"", views.PartChanges, views.PartHeld}).Draw(t, "part"),
		Waiting: rapid.SampledFrom([]string{"", "", views.WaitingAny, views.WaitingNone, "approval", "refused"}).Draw(t, "waiting"),
		Reason:  rapid.SampledFrom([]plan.Reason{"", "", "", plan.NewInHR, plan.Terminated, plan.NoEmail}).Draw(t, "reason"),
		Field:   rapid.SampledFrom([]directory.Field{"", "", "", directory.JobTitle, directory.Department, "budgets.learning", "custom.shirt"}).Draw(t, "field"),
		Q:       rapid.SampledFrom([]string{"", "", "", "elodie", "ZOE", "Иван", "bo o", "p7", "acme.test", "17", "nobody"}).Draw(t, "q"),
		Limit:   rapid.IntRange(1, 300).Draw(t, "limit"),
	}
	if rapid.Bool().Draw(t, "by action") {
		q.Actions = []plan.Action{plan.Deactivate, rapid.SampledFrom([]plan.Action{plan.Create, plan.Update, plan.CreateDepartment}).Draw(t, "action")}
	}
	if rapid.IntRange(0, 3).Draw(t, "by kind") == 0 {
		q.Kinds = []plan.Kind{rapid.SampledFrom([]plan.Kind{plan.KindDeactivate, plan.KindNewDepartments, plan.KindBlank}).Draw(t, "kind")}
	}
	return q
}

// Pages of any size, put together, are what a plain reading of the plan picks: none missing, none twice.
func TestPlanRows(t *testing.T) {
	for _, n := range []int{0, 40, 255, 2300} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newWorld(t)
			h := mixedHeader()
			info := w.store(h, mixedPlan(w, n)...)
			w.apply(info.ID, func(it syncrun.StoredItem) bool { return it.Change.Action == plan.CreateDepartment })
			var all []syncrun.StoredItem
			for it, err := range w.Items(t.Context(), info.ID, 0, false) {
				w.ok(err)
				all = append(all, it)
			}
			rapid.Check(t, func(rt *rapid.T) {
				q := drawQuery(rt)
				var want []syncrun.StoredItem
				for _, it := range all {
					if picks(q, h, it) {
						want = append(want, it)
					}
				}
				same(t, want, allPages(t, func(after string) (views.Page[syncrun.StoredItem], error) {
					q.After = after
					p, err := w.v.PlanRows(t.Context(), info.ID, q)
					if len(p.Items) > q.Limit {
						t.Fatalf("a page of %d rows, %d asked for", len(p.Items), q.Limit)
					}
					return p, err
				}))
			})
			for _, it := range all {
				if it.Seq%29 == 1 || it.Seq > int64(len(all)) {
					got, err := w.v.PlanRow(t.Context(), info.ID, it.Seq)
					w.ok(err)
					same(t, it, got)
				}
			}
			for _, seq := range []int64{-1, 0, int64(n + 3)} {
				_, err := w.v.PlanRow(t.Context(), info.ID, seq)
				missing(t, fmt.Sprint("row ", seq), err)
			}
		})
	}
}

func TestPlanSummary(t *testing.T) {
	w := newWorld(t)
	h := mixedHeader()
	info := w.store(h, mixedPlan(w, 1500)...)
	run := w.apply(info.ID, func(it syncrun.StoredItem) bool { return it.Change.Action == plan.CreateDepartment })
	want := views.PlanSummary{Actions: map[plan.Action]int{}, Waiting: map[plan.Waiting]int{}, Kinds: map[plan.Kind]int{}, Reasons: map[plan.Reason]int{},
		HeldReasons: map[plan.Reason]int{}, Applied: []views.AppliedPart{{RunID: run.ID, Rows: 2}}}
	var err error
	want.Info, err = w.Plan(t.Context(), "", info.ID)
	w.ok(err)
	open := map[views.OpenPart]int{}
	for it, err := range w.Items(t.Context(), info.ID, 0, false) {
		w.ok(err)
		if it.Held != nil {
			want.Held++
			want.HeldReasons[it.Held.Reason]++
			continue
		}
		want.Changes++
		want.Actions[it.Change.Action]++
		want.Reasons[it.Change.Reason]++
		want.Waiting[h.Waiting(it.Change.Kinds)]++
		if it.RunID == "" {
			o := views.OpenPart{Action: it.Change.Action, Kinds: it.Change.Kinds}
			if it.Change.StatusAfter == directory.Active {
				o.Seats++
			}
			if it.Change.StatusBefore == directory.Active {
				o.Seats--
			}
			open[o]++
		}
		for _, k := range plan.Kinds() {
			if it.Change.Kinds.Has(k) {
				want.Kinds[k]++
			}
		}
	}
	got, err := w.v.PlanSummary(t.Context(), info.ID)
	w.ok(err)
	gotOpen := map[views.OpenPart]int{}
	for _, o := range got.Open {
		n := o.Rows
		o.Rows = 0
		gotOpen[o] = n
	}
	same(t, open, gotOpen)
	got.Open = nil
	same(t, want, got)
}

func TestBrokenCursors(t *testing.T) {
	w := newWorld(t)
	info := w.store(plan.Header{}, mixedPlan(w, 20)...)
	run := w.apply(info.ID, func(it syncrun.StoredItem) bool { return it.Change.Action == plan.CreateDepartment })
	rows, err := w.v.PlanRows(t.Context(), info.ID, views.PlanQuery{Limit: 1})
	w.ok(err)
	ctx := t.Context()
	for _, after := range []string{"x", "!", "cGxhbg", "cGxhbgB4", "cGxhbgAtMQ", rows.Next} {
		got := map[string]error{}
		if after != rows.Next {
			_, got["plan"] = w.v.PlanRows(ctx, info.ID, views.PlanQuery{After: after})
		}
		_, got["run rows"] = w.v.RunRows(ctx, run.ID, views.PlanQuery{After: after})
		_, got["runs"] = w.v.Runs(ctx, views.RunQuery{After: after})
		_, got["people"] = w.v.People(ctx, views.PeopleQuery{After: after})
		_, got["updated"] = w.v.People(ctx, views.PeopleQuery{After: after, Sort: views.ByUpdated})
		_, got["audit"] = w.v.Audit(ctx, views.AuditQuery{After: after})
		_, got["pending"] = w.v.Effects(ctx, views.EffectQuery{After: after})
		for list, err := range got {
			if broken := (*views.CursorError)(nil); !errors.As(err, &broken) {
				t.Errorf("%s after %q: %v, want a CursorError", list, after, err)
			}
		}
	}
}

func TestRuns(t *testing.T) {
	w := newWorld(t)
	other, err := w.EnsureConnection(t.Context(), "Other HR")
	w.ok(err)
	var all []syncrun.Run
	for i := range 7 {
		trigger, outcome := syncrun.TriggerManual, syncrun.OutcomeNoOp
		if i%2 == 0 {
			trigger, outcome = syncrun.TriggerSchedule, syncrun.OutcomeFailed
		}
		r, l := w.begin(trigger)
		w.end(r, l, outcome)
	}
	crashed, l := w.begin(syncrun.TriggerSchedule)
	w.ok(w.Release(t.Context(), l)) // and never ended
	running, _ := w.begin(syncrun.TriggerManual)
	all, err = w.RunList(t.Context(), "", 100)
	w.ok(err)
	slices.SortFunc(all, func(a, b syncrun.Run) int { return b.StartedAt.Compare(a.StartedAt) })
	pages := func(q views.RunQuery) []syncrun.Run {
		return allPages(t, func(after string) (views.Page[syncrun.Run], error) {
			q.After = after
			return w.v.Runs(t.Context(), q)
		})
	}
	keep := func(f func(syncrun.Run) bool) []syncrun.Run {
		return slices.DeleteFunc(slices.Clone(all), func(r syncrun.Run) bool { return !f(r) })
	}
	for limit := 1; limit < 11; limit++ {
		same(t, all, pages(views.RunQuery{Limit: limit}))
		same(t, keep(func(r syncrun.Run) bool { return r.Outcome == syncrun.OutcomeFailed }), pages(views.RunQuery{Limit: limit, Outcome: syncrun.OutcomeFailed}))
	}
	same(t, keep(func(r syncrun.Run) bool { return r.ID == crashed.ID }), pages(views.RunQuery{Outcome: syncrun.OutcomeInterrupted}))
	same(t, keep(func(r syncrun.Run) bool { return r.ID == running.ID }), pages(views.RunQuery{Running: true}))
	same(t, keep(func(r syncrun.Run) bool { return r.Trigger == syncrun.TriggerManual }), pages(views.RunQuery{Trigger: syncrun.TriggerManual}))
	same(t, all, pages(views.RunQuery{Connection: w.conn.ID}))
	same(t, []syncrun.Run(nil), pages(views.RunQuery{Connection: other.ID}))
	from, to := all[5].StartedAt, all[2].StartedAt
	same(t, keep(func(r syncrun.Run) bool { return !r.StartedAt.Before(from) && r.StartedAt.Before(to) }), pages(views.RunQuery{From: from, To: to}))
	_, err = w.v.Runs(t.Context(), views.RunQuery{Connection: "c_none"})
	missing(t, "runs of no connection", err)
	got, err := w.v.Run(t.Context(), crashed.ID)
	w.ok(err)
	if got.Outcome != syncrun.OutcomeInterrupted {
		t.Errorf("a run that crashed is %q", got.Outcome)
	}
}

// A run that applied parts of two plans shows both, whatever the size of the pages.
func TestRunRows(t *testing.T) {
	w := newWorld(t)
	creates := func(from, to int64) (items []plan.Item) {
		for id := from; id <= to; id++ {
			items = append(items, w.create(id, person{first: "Ann", last: fmt.Sprint("Lee", id), email: fmt.Sprintf("p%d@acme.test", id)}))
		}
		return items
	}
	one, two := w.store(plan.Header{}, creates(1, 20)...), w.store(plan.Header{}, creates(21, 30)...)
	odd := func(it syncrun.StoredItem) bool { return it.Seq%2 == 1 }
	r, l := w.begin(syncrun.TriggerManual)
	w.applyAs(r, l, one.ID, odd)
	w.applyAs(r, l, two.ID, odd)
	w.end(r, l, syncrun.OutcomeApplied)
	w.apply(one.ID, func(it syncrun.StoredItem) bool { return it.Seq == 2 })
	var want []syncrun.StoredItem
	for it, err := range w.AppliedItems(t.Context(), r.ID) {
		w.ok(err)
		want = append(want, it)
	}
	if len(want) != 15 {
		t.Fatalf("%d rows applied", len(want))
	}
	for limit := 1; limit < 17; limit++ {
		same(t, want, allPages(t, func(after string) (views.Page[syncrun.StoredItem], error) {
			return w.v.RunRows(t.Context(), r.ID, views.PlanQuery{Limit: limit, After: after})
		}))
	}
	found, err := w.v.RunRows(t.Context(), r.ID, views.PlanQuery{Q: "lee25"})
	w.ok(err)
	if len(found.Items) != 1 || found.Items[0].Change.SourceID != 25 {
		t.Errorf("found %v", found.Items)
	}
	_, err = w.v.RunRows(t.Context(), "run_none", views.PlanQuery{})
	missing(t, "rows of no run", err)
}

// Another organisation sees nothing of all this.
func TestIsolation(t *testing.T) {
	w := newWorld(t)
	items := mixedPlan(w, 30)
	info := w.store(mixedHeader(), items...)
	run := w.apply(info.ID, func(it syncrun.StoredItem) bool { return it.Change.Version == 0 })
	w.ok(w.AddHold(t.Context(), directory.Hold{ID: "h1", PersonID: w.personID(30), Reason: "leave", CreatedBy: "p_1", CreatedAt: w.now()}))
	group := directory.GroupID("acme", directory.KindDepartment, "Sales")
	if groups, err := w.v.Groups(t.Context(), directory.KindDepartment); err != nil || len(groups) == 0 {
		t.Fatal(groups, err)
	} else {
		group = groups[0].ID
	}
	v, ctx := w.db.Org("globex").Views(), t.Context()
	year := views.HeadcountQuery{From: w.clock, To: w.clock}
	_, err := v.PlanRows(ctx, info.ID, views.PlanQuery{})
	missing(t, "PlanRows", err)
	_, err = v.PlanRow(ctx, info.ID, 1)
	missing(t, "PlanRow", err)
	_, err = v.PlanSummary(ctx, info.ID)
	missing(t, "PlanSummary", err)
	_, err = v.Run(ctx, run.ID)
	missing(t, "Run", err)
	_, err = v.RunRows(ctx, run.ID, views.PlanQuery{})
	missing(t, "RunRows", err)
	_, err = v.Runs(ctx, views.RunQuery{Connection: w.conn.ID})
	missing(t, "Runs", err)
	_, err = v.People(ctx, views.PeopleQuery{Connection: w.conn.ID})
	missing(t, "People", err)
	_, err = v.Effects(ctx, views.EffectQuery{Connection: w.conn.ID})
	missing(t, "Pending", err)
	_, err = v.OrgChart(ctx, w.personID(30), 1)
	missing(t, "OrgChart", err)
	_, err = v.MergeGroups(ctx, group, "g_Care", "p_1", w.now())
	missing(t, "MergeGroups", err)
	_, err = v.RenameGroup(ctx, group, "Revenue", "p_1", w.now())
	missing(t, "RenameGroup", err)
	see := map[string]func() (int, error){
		"Runs":        func() (int, error) { p, err := v.Runs(ctx, views.RunQuery{}); return len(p.Items), err },
		"People":      func() (int, error) { p, err := v.People(ctx, views.PeopleQuery{Q: "e"}); return len(p.Items), err },
		"CountPeople": func() (int, error) { return v.CountPeople(ctx, views.PeopleQuery{}) },
		"OnHold":      func() (int, error) { return v.CountPeople(ctx, views.PeopleQuery{OnHold: true, Now: w.clock}) },
		"EachPerson": func() (n int, err error) {
			for _, err = range v.EachPerson(ctx, views.PeopleQuery{}) {
				n++
			}
			return n, err
		},
		"PeopleFacets": func() (int, error) { f, err := v.PeopleFacets(ctx); return len(f.Statuses), err },
		"Names":        func() (int, error) { m, err := v.Names(ctx, []string{w.personID(30)}); return len(m), err },
		"OrgChart":     func() (int, error) { c, err := v.OrgChart(ctx, "", -1); return len(c.Nodes), err },
		"Groups":       func() (int, error) { g, err := v.Groups(ctx, directory.KindDepartment); return len(g), err },
		"NearDuplicates": func() (int, error) {
			p, _, err := v.NearDuplicates(ctx, directory.KindDepartment)
			return len(p), err
		},
		"Headcount":   func() (int, error) { m, err := v.Headcount(ctx, year); return m[0].Active, err },
		"Audit":       func() (int, error) { p, err := v.Audit(ctx, views.AuditQuery{}); return len(p.Items), err },
		"AuditEvents": func() (int, error) { f, err := v.AuditEvents(ctx); return len(f), err },
		"EachAudit": func() (n int, err error) {
			for _, err = range v.EachAudit(ctx, views.AuditQuery{}) {
				n++
			}
			return n, err
		},
		"Overview": func() (int, error) { o, err := v.Overview(ctx, w.clock); return o.People + o.Holds, err },
		"Pending": func() (int, error) {
			p, err := v.Effects(ctx, views.EffectQuery{To: w.clock.Add(1e6 * time.Hour)})
			return len(p.Items), err
		},
	}
	for name, f := range see {
		if n, err := f(); n != 0 || err != nil {
			t.Errorf("%s: another organisation sees %d: %v", name, n, err)
		}
	}
}
