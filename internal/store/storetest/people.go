package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func testSavePerson(t *testing.T, w *world) {
	p := manual("p_1", "Ann.Lee@Acme.test")
	for i, f := range directory.Standard() {
		if f != directory.Email && f != directory.Manager {
			p.Values.Set(f, f.Kind(), string(f)+" "+string(rune('a'+i)))
		}
	}
	p.Values.Set(directory.Manager, directory.KindPerson, "p_not_there_yet")
	p.Values.Set(directory.Department, directory.KindText, "Night  Shift")
	p.Values.Set(directory.Teams, directory.KindList, directory.JoinList([]string{"Red", "Blue"}))
	p.Values.Set("budgets.learning", directory.KindMoney, "500.00 EUR")
	p.Values.Set("custom.shirt", directory.KindText, `M"'; drop table people; --`)
	p.Role, p.Edited = directory.RoleAdmin, []directory.Field{directory.JobTitle, "custom.shirt"}
	saved := w.save(p)
	p.Version, p.CreatedAt, p.UpdatedAt = 1, w.clock, w.clock
	w.same(p, saved)
	w.same(p, w.person("p_1"))

	groups, err := w.Groups(t.Context())
	w.ok(err)
	if len(groups) != 3 || groups[0].Name != "Night  Shift" || groups[1].Name != "Blue" || groups[2].Kind != directory.KindTeam {
		t.Errorf("a human's department and teams are %+v", groups)
	}

	w.apply(w.create(4, "bo@acme.test", "Bo", "Diaz"))
	bo := w.person(w.personID(4))
	bo.Status, bo.ManualLock = directory.Deactivated, true
	bo.Values.Set(directory.Department, directory.KindText, "night shift") // the same one
	bo = w.save(bo)
	if bo.Version != 2 || bo.PreviousStatus != directory.Provisioned {
		t.Errorf("deactivated by hand: version %d, previous status %q", bo.Version, bo.PreviousStatus)
	}
	if w.link(4).Clean {
		t.Error("the next run would skip a person whom a human edited")
	}
	again, err := w.Groups(t.Context())
	w.ok(err)
	w.same(groups, again)
}

func testSaveConflicts(t *testing.T, w *world) {
	w.save(manual("p_1", "ann@acme.test"))
	_, err := w.SavePerson(t.Context(), manual("p_2", " ANN@acme.test"), plan.Change{Action: plan.Create}, "p_editor", w.now())
	if c, ok := errors.AsType[*syncrun.ConflictError](err); !ok || c.Owner != "p_1" || c.Field != directory.Email {
		t.Errorf("a taken address: %v", err)
	}
	_, err = w.SavePerson(t.Context(), manual("p_1", "new@acme.test"), plan.Change{Action: plan.Create}, "p_editor", w.now())
	if _, ok := errors.AsType[*syncrun.StaleRecordError](err); !ok {
		t.Errorf("a taken id: %v", err)
	}
	p := w.person("p_1")
	w.save(p)
	_, err = w.SavePerson(t.Context(), p, plan.Change{Action: plan.Update}, "p_editor", w.now())
	if s, ok := errors.AsType[*syncrun.StaleRecordError](err); !ok || s.Key != directory.PersonKey("p_1") {
		t.Errorf("an old version: %v", err)
	}
	p = manual("p_9", "nine@acme.test")
	p.Version = 3
	_, err = w.SavePerson(t.Context(), p, plan.Change{Action: plan.Update}, "p_editor", w.now())
	w.notFound("SavePerson", err)
	several := []directory.Person{manual("p_7", "seven@acme.test"), manual("p_8", "ann@acme.test"), manual("p_9", "nine@acme.test")}
	failed, err := w.SavePeople(t.Context(), several, make([]plan.Change, 3), "p_editor", w.now())
	if c, ok := errors.AsType[*syncrun.ConflictError](err); !ok || c.Owner != "p_1" || failed != 1 || several[0].Version != 0 {
		t.Errorf("a taken address among several: %d, %v, %+v", failed, err, several[0])
	}
	if n := len(w.people()); n != 1 {
		t.Errorf("%d people, want 1", n)
	}
	for _, id := range []string{"p_3", "p_4"} { // several people without an address
		w.save(manual(id, ""))
	}
	_, err = w.Person(t.Context(), "p_9")
	w.notFound("Person", err)
}

func testPeopleLists(t *testing.T, w *world) {
	w.apply(w.create(4, "Zoe@acme.test", "Zoë", "Müller", set(directory.EmployeeID, "104"),
		plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, After: "ann@acme.test", AfterID: "p_0"}))
	owner := manual("p_0", "ann@acme.test")
	owner.Role = directory.RoleOwner
	w.save(owner)
	w.save(manual("p_00", ""))
	zoe := w.personID(4)

	got := w.people()
	if len(got) != 3 || got[0].ID != "p_00" || got[1].ID != "p_0" || got[2].ID != zoe {
		t.Errorf("AllPeople is not by address: %+v", got)
	}
	list, err := w.PersonsByID(t.Context(), []string{zoe, "p_none", "p_0"})
	w.ok(err)
	w.same([]directory.Person{got[2], got[1]}, list)

	p, err := w.PersonBySource(t.Context(), w.conn.ID, "4")
	w.ok(err)
	w.same(got[2], p)
	w.same(&directory.Link{Connection: w.conn.ID, SourceID: "4"}, p.Link)
	for _, id := range []string{"5", "x"} {
		_, err = w.PersonBySource(t.Context(), w.conn.ID, id)
		w.notFound("PersonBySource "+id, err)
	}

	byID := func(all []directory.Brief) []directory.Brief {
		slices.SortFunc(all, func(a, b directory.Brief) int { return strings.Compare(a.ID, b.ID) })
		return all
	}
	briefs := byID(collectPointers(t, w.Briefs(t.Context(), false)))
	w.same([]directory.Brief{
		{ID: "p_0", Status: directory.Active, Email: "ann@acme.test", Name: "ann@acme.test", Privileged: true},
		{ID: "p_00", Status: directory.Active},
		{ID: zoe, Connection: w.conn.ID, SourceID: 4, Status: directory.Provisioned, Email: "Zoe@acme.test", EmployeeID: "104", Name: "Zoë Müller",
			NameKey: "zoë müller", ManagerID: "p_0"},
	}, briefs)
	w.same(briefs[:2], byID(collectPointers(t, w.Briefs(t.Context(), true))))

	// A reader that stops early must not keep the database.
	for range w.Briefs(t.Context(), false) {
		break
	}
	owners, err := w.Owners(t.Context())
	w.ok(err)
	w.same([]string{"p_0"}, owners)
}

// testBriefsOf finds people by what is known of them, and everybody above them, those without a link in between.
func testBriefsOf(t *testing.T, w *world) {
	boss := func(id string) plan.FieldChange {
		return plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, AfterID: id}
	}
	w.apply(w.create(1, "Ann@acme.test", "Ann", "Lee", boss(w.personID(2))),
		w.create(2, "bo@acme.test", "Bo", "Diaz", boss("p_unlinked"), set(directory.EmployeeID, "B-7")),
		w.create(3, "cy@acme.test", "Cy", "Park"), w.create(4, "dee@acme.test", "Dee", "Moe", set(directory.EmployeeID, "4")))
	unlinked := manual("p_unlinked", "eve@acme.test")
	unlinked.Values.Set(directory.Manager, directory.KindPerson, w.personID(3))
	w.save(unlinked)
	look := func(where string, o *world) {
		for _, c := range []struct {
			ask  []directory.PeopleQuery
			want []int64 // employees; whoever has no link comes in any case
		}{
			{nil, nil},
			{[]directory.PeopleQuery{{SourceIDs: []int64{1, 9}}}, []int64{1, 2, 3}},
			{[]directory.PeopleQuery{{IDs: []string{o.personID(2), "p_nobody", "p_unlinked"}}}, []int64{2, 3}},
			{[]directory.PeopleQuery{{Emails: []string{"ann@acme.test", "nobody@acme.test"}}}, []int64{1, 2, 3}},
			{[]directory.PeopleQuery{{Emails: []string{"eve@acme.test"}}}, []int64{3}},
			{[]directory.PeopleQuery{{Numbers: []string{"b-7", "8"}}}, []int64{2, 3}},
			{[]directory.PeopleQuery{{SourceIDs: []int64{4, 2}}, {Numbers: []string{"4"}}, {SourceIDs: []int64{1}}}, []int64{1, 2, 3, 4}},
		} {
			calls := 0
			ask := func() (q directory.PeopleQuery) {
				if calls < len(c.ask) {
					q = c.ask[calls]
				}
				calls++
				return q
			}
			want := []string{"p_unlinked"}
			for _, id := range c.want {
				want = append(want, o.personID(id))
			}
			var got []string
			for _, b := range collectPointers(t, o.BriefsOf(t.Context(), o.conn.ID, ask)) {
				got = append(got, b.ID)
			}
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(got, want) || calls != len(c.ask)+1 {
				t.Errorf("%s: %+v finds %v in %d calls, not %v", where, c.ask, got, calls, want)
			}
		}
	}
	look("alone", w)
	other := &world{Store: w.org("globex"), t: t, org: w.org, clock: w.clock}
	other.save(manual("p_x", "ann@acme.test"))
	look("beside another organisation", w)
	for range w.BriefsOf(t.Context(), w.conn.ID, once(directory.PeopleQuery{SourceIDs: []int64{1}})) {
		break // a reader that stops early must not keep the database
	}
	w.save(manual("p_after", ""))
}

// testReportsOf finds who reports to an employee's person, in one connection and one organisation.
func testReportsOf(t *testing.T, w *world) {
	boss := func(id string) plan.FieldChange {
		return plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, AfterID: id}
	}
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee"), w.create(2, "bo@acme.test", "Bo", "Diaz", boss(w.personID(1))),
		w.create(9, "cy@acme.test", "Cy", "Park", boss(w.personID(1))), w.create(3, "dee@acme.test", "Dee", "Moe", boss(w.personID(2))),
		w.create(4, "flo@acme.test", "Flo", "Ray", boss("p_gone")))
	unlinked := manual("p_unlinked", "eve@acme.test")
	unlinked.Values.Set(directory.Manager, directory.KindPerson, w.personID(1))
	w.save(unlinked)
	look := func(where string) {
		for _, c := range []struct{ of, want []int64 }{{nil, nil}, {[]int64{3, 7}, nil}, {[]int64{1}, []int64{2, 9}}, {[]int64{2, 1, 8}, []int64{2, 3, 9}}} {
			if got, err := w.ReportsOf(t.Context(), w.conn.ID, c.of); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%s: %v report to %v, not %v (%v)", where, got, c.of, c.want, err)
			}
		}
	}
	look("alone")
	conn, err := w.EnsureConnection(t.Context(), "Another")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := w.ReportsOf(t.Context(), conn.ID, []int64{1}); err != nil || got != nil {
		t.Errorf("another connection: %v report to its employee 1 (%v)", got, err)
	}
	other := &world{Store: w.org("globex"), t: t, org: w.org, clock: w.clock}
	other.save(manual("p_x", "ann@acme.test"))
	look("beside another organisation")
}

// once asks one question.
func once(q directory.PeopleQuery) func() directory.PeopleQuery {
	return func() directory.PeopleQuery {
		asked := q
		q = directory.PeopleQuery{}
		return asked
	}
}

func testFind(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee", set(directory.EmployeeID, "007")),
		w.create(2, "ann.lee@acme.test", "Ann", "Lee"), w.create(3, "bo@acme.test", "Bo", "Diaz", set(directory.DisplayName, "Ann Lee")))
	for _, c := range []struct {
		by, value string
		limit     int
		want      int
	}{
		{"email", " ANN@acme.test ", 5, 1}, {"email", "nobody@acme.test", 5, 0}, {"employee_id", "007", 5, 1}, {"employee_id", "7", 5, 0},
		{"name", "ann  LEE", 5, 3}, {"name", "Ann Lee", 2, 2}, {"name", "", 5, 0}, {"email", "' or 1=1 --", 5, 0},
	} {
		got, err := w.FindPeople(t.Context(), c.by, c.value, c.limit)
		w.ok(err)
		if len(got) != c.want {
			t.Errorf("FindPeople(%q, %q, %d) finds %d people, want %d", c.by, c.value, c.limit, len(got), c.want)
		}
	}
	if _, err := w.FindPeople(t.Context(), "shoe size", "42", 1); err == nil {
		t.Error("an unknown way to look is no error")
	}
}

func testCounts(t *testing.T, w *world) {
	w.apply(w.create(1, "ann@acme.test", "Ann", "Lee", set(directory.Phone, "1"), plan.FieldChange{Field: "custom.shirt", Kind: directory.KindText, After: "M"}),
		w.create(2, "bo@acme.test", "Bo", "Diaz"), w.create(3, "cy@acme.test", "Cy", "Ng", set(directory.Phone, "2")))
	count := func(enabled, seats int) {
		t.Helper()
		for range 2 { // counted, then remembered
			got, err := w.Counts(t.Context(), w.conn.ID)
			w.ok(err)
			w.same(plan.LinkedCounts{People: 3, Enabled: enabled, ActiveSeats: seats, WithValue: map[directory.Field]int{directory.Email: 3,
				directory.FirstName: 3, directory.LastName: 3, directory.Phone: 2, "custom.shirt": 1}}, got)
		}
	}
	count(3, 0)
	w.apply(w.status(2, plan.Deactivate, directory.Deactivated), w.status(3, plan.Update, directory.Active))
	count(2, 1)
	w.save(manual("p_1", "manual@acme.test"))
	count(2, 2)
	// Counts that are known are kept right by what is applied; a human edit has them counted anew. Both agree.
	phone := func(id int64, before, after string) plan.Item {
		return w.update(id, plan.FieldChange{Field: directory.Phone, Kind: directory.KindText, Before: before, After: after})
	}
	w.apply(phone(1, "1", ""), phone(3, "2", "3"), w.create(4, "di@acme.test", "Di", "Oh", set(directory.Phone, "4")))
	kept, err := w.Counts(t.Context(), w.conn.ID)
	w.ok(err)
	w.same(2, kept.WithValue[directory.Phone])
	w.apply(phone(3, "3", ""), phone(4, "4", ""), w.status(2, plan.Reactivate, directory.Provisioned))
	kept, err = w.Counts(t.Context(), w.conn.ID)
	w.ok(err)
	w.save(directory.Person{ID: "p_2", Status: directory.Provisioned, Role: directory.RoleMember})
	anew, err := w.Counts(t.Context(), w.conn.ID)
	w.ok(err)
	w.same(anew, kept)
	other, err := w.EnsureConnection(t.Context(), "Other HR")
	w.ok(err)
	got, err := w.Counts(t.Context(), other.ID)
	w.ok(err)
	w.same(plan.LinkedCounts{ActiveSeats: 2}, got)
	_, err = w.Counts(t.Context(), "c_none")
	w.notFound("Counts", err)
}
