//go:build unix

package views_test

import (
	"fmt"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/plan"
)

// BenchmarkPeopleList is every filter, search and sort of the list of a hundred thousand people, and what it costs
// when somebody changed in between. FirstLook reads everybody once.
func BenchmarkPeopleList(b *testing.B) {
	w, _, _ := bigCompany(b)
	now := w.clock
	page := func(q views.PeopleQuery) func() error {
		return func() error {
			q.Now = now
			_, err := w.v.People(b.Context(), q)
			return err
		}
	}
	measure(b, "FirstLook", benchPeople, func() error {
		_, err := w.db.Org("acme").Views().PeopleFacets(b.Context())
		return err
	})
	w.ok(page(views.PeopleQuery{Q: "zoe"})())
	filters := map[string]views.PeopleQuery{"all": {}, "status": {Status: directory.Deactivated}, "department": {Department: "Department 7"}, "location": {Location: "Utrecht"},
		"role": {Role: directory.RoleAdmin}, "manager": {Manager: w.personID(700)}, "team": {Team: "Red"}, "connection": {Connection: w.conn.ID},
		"unlinked": {Unlinked: true}, "held": {OnHold: true}, "none": {Q: "nobody has this"}, "many": {Q: "zoe"}, "both": {Q: "lee9", Department: "Department 7"}}
	for _, name := range []string{"all", "status", "department", "location", "role", "manager", "team", "connection", "unlinked", "held", "none", "many", "both"} {
		for _, by := range []views.Sort{views.ByName, views.ByEmail, views.ByDepartment, views.ByStatus, views.ByUpdated} {
			if q := filters[name]; by == views.ByName || name == "all" || name == "both" {
				q.Sort = by
				w.ok(page(q)()) // the first of each order sorts everybody
				measure(b, fmt.Sprintf("%s/%s", name, by), 50, page(q))
			}
		}
	}
	far, err := w.v.People(b.Context(), views.PeopleQuery{Q: "zoe", Sort: views.ByDepartment, Limit: 1000})
	w.ok(err)
	measure(b, "next", 50, page(views.PeopleQuery{Q: "zoe", Sort: views.ByDepartment, After: far.Next}))
	measure(b, "Count", 50, func() error { _, err := w.v.CountPeople(b.Context(), views.PeopleQuery{Q: "ann"}); return err })
	measure(b, "Facets", 50, func() error { _, err := w.v.PeopleFacets(b.Context()); return err })
	measure(b, "Groups", 50, func() error { _, err := w.v.Groups(b.Context(), directory.KindDepartment); return err })
	measure(b, "Overview", 50, func() error { _, err := w.v.Overview(b.Context(), now); return err })

	p, err := w.Person(b.Context(), w.personID(700))
	w.ok(err)
	edit := func() error {
		p.Values.Set(directory.JobTitle, directory.KindText, fmt.Sprint("Engineer ", p.Version))
		var err error
		p, err = w.SavePerson(b.Context(), p, plan.Change{Action: plan.Update, PersonID: p.ID, Version: p.Version}, "p_editor", w.now())
		return err
	}
	measure(b, "Edit", 50, edit)
	measure(b, "EditAndPage", 50, func() error {
		if err := edit(); err != nil {
			return err
		}
		return page(views.PeopleQuery{Q: "zoe", Sort: views.ByDepartment})()
	})
}
