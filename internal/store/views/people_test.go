package views_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/views"
)

// staff is a company of people who differ in everything that a list can be filtered by.
func staff(w *world, n int) []person {
	list := make([]person, n)
	for i := range list {
		name, _, _ := strings.Cut(names()[i%len(names())][0], " ")
		p := person{first: name, last: fmt.Sprintf("Lee%d", i/3), email: fmt.Sprintf("p%d@acme.test", i*7919%1000), fields: map[directory.Field]string{
			directory.Department: []string{"Sales", "sales ops", "Care", ""}[i%4], directory.Location: []string{"Utrecht", "Oslo"}[i%2],
			directory.EmployeeID: fmt.Sprint("E-", 100+i), directory.Teams: directory.JoinList([]string{"Red", "Blue", "Red Two"}[i%3:]),
			directory.HireDate: "2024-01-08", directory.JobTitle: "Engineer"}}
		p.status = []directory.Status{directory.Active, directory.Active, directory.Provisioned, directory.Deactivated}[i%4]
		if i > 0 {
			p.fields[directory.Manager] = w.personID(int64((i-1)/5 + 1))
		}
		if i%6 == 1 {
			p.fields[directory.DisplayName] = fmt.Sprint("zz the ", i, "th")
		}
		list[i] = p
	}
	return list
}

// Lists agree with a plain reading of everybody, whatever the filter, the order and the size of a page.
func TestPeople(t *testing.T) {
	w := newWorld(t)
	w.people(staff(w, 60)...)
	for i := range 5 {
		p := directory.Person{ID: fmt.Sprint("p_hand", i), Status: directory.Active, Role: directory.RoleAdmin}
		if i > 0 {
			p.Values.Set(directory.Email, directory.KindText, fmt.Sprintf("HAND%d@acme.test", i))
		}
		w.save(p)
	}
	until := w.clock.Add(time.Hour)
	for i, h := range []directory.Hold{{PersonID: w.personID(3)}, {PersonID: w.personID(4), Until: until}, {PersonID: "p_hand1", Field: directory.Phone}} {
		h.ID, h.Reason, h.CreatedBy, h.CreatedAt = fmt.Sprint("h", i), "leave", "p_1", w.now()
		w.ok(w.AddHold(t.Context(), h))
	}
	holds := func(id string, now time.Time) bool {
		return id == w.personID(3) || id == "p_hand1" || (id == w.personID(4) && now.Before(until))
	}
	var all []directory.Person
	for p, err := range w.AllPeople(t.Context()) {
		w.ok(err)
		all = append(all, *p)
	}
	takes := func(q views.PeopleQuery, p *directory.Person) bool {
		get := p.Values.Get
		return (q.Status == "" || q.Status == p.Status) && (q.Department == "" || q.Department == get(directory.Department)) &&
			(q.Location == "" || q.Location == get(directory.Location)) && (q.Team == "" || slices.Contains(p.Values.List(directory.Teams), q.Team)) &&
			(q.Role == "" || q.Role == p.Role) && (q.Manager == "" || q.Manager == get(directory.Manager)) &&
			(q.Connection == "" || p.Link != nil) && (!q.Unlinked || p.Link == nil) && (!q.OnHold || holds(p.ID, q.Now)) &&
			(matches(q.Q, cmp.Or(get(directory.DisplayName), get(directory.Email), p.ID), "", 0) || matches(q.Q, get(directory.FirstName)+" "+get(directory.LastName), get(directory.Email), 0) ||
				strings.Contains(strings.ToLower(get(directory.EmployeeID)), strings.ToLower(q.Q)) ||
				strings.Contains(strings.ToLower(get(directory.Email)), strings.ToLower(q.Q)) ||
				(strings.ToLower(q.Q) == "elodie" && get(directory.FirstName) == "Élodie"))
	}
	name := func(r views.PersonRow) string { return strings.ToLower(r.Name) }
	order := map[views.Sort]func(a, b views.PersonRow) int{
		"": func(a, b views.PersonRow) int { return cmp.Compare(name(a), name(b)) },
		views.ByEmail: func(a, b views.PersonRow) int {
			return cmp.Compare(cmp.Or(strings.ToLower(a.Email), "~"), cmp.Or(strings.ToLower(b.Email), "~"))
		},
		views.ByStatus:  func(a, b views.PersonRow) int { return cmp.Compare(rank(a.Status), rank(b.Status)) },
		views.ByUpdated: func(a, b views.PersonRow) int { return 0 },
		views.ByDepartment: func(a, b views.PersonRow) int {
			return cmp.Compare(strings.ToLower(a.Department), strings.ToLower(b.Department))
		},
	}
	rapid.Check(t, func(rt *rapid.T) {
		q := views.PeopleQuery{
			Q:          rapid.SampledFrom([]string{"", "", "lee1", "ELODIE", "İb", "zz the", "e-10", "hand", "%", "_", "иван", "nobody"}).Draw(rt, "q"),
			Status:     rapid.SampledFrom([]directory.Status{"", "", directory.Active, directory.Deactivated}).Draw(rt, "status"),
			Department: rapid.SampledFrom([]string{"", "", "Sales", "Board"}).Draw(rt, "department"),
			Location:   rapid.SampledFrom([]string{"", "", "Oslo"}).Draw(rt, "location"),
			Team:       rapid.SampledFrom([]string{"", "", "Red", "Blue", "Red Two"}).Draw(rt, "team"),
			Role:       rapid.SampledFrom([]directory.Role{"", "", directory.RoleAdmin}).Draw(rt, "role"),
			Manager:    rapid.SampledFrom([]string{"", "", w.personID(2)}).Draw(rt, "manager"),
			Connection: rapid.SampledFrom([]string{"", "", w.conn.ID}).Draw(rt, "connection"),
			Unlinked:   rapid.IntRange(0, 5).Draw(rt, "unlinked") == 0,
			OnHold:     rapid.IntRange(0, 5).Draw(rt, "on hold") == 0,
			Sort:       rapid.SampledFrom([]views.Sort{"", views.ByEmail, views.ByDepartment, views.ByStatus, views.ByUpdated}).Draw(rt, "sort"),
			Now:        rapid.SampledFrom([]time.Time{w.clock, until}).Draw(rt, "now"),
			Limit:      rapid.IntRange(1, 70).Draw(rt, "limit"),
		}
		var want []string
		for i := range all {
			if takes(q, &all[i]) {
				want = append(want, all[i].ID)
			}
		}
		got := allPages(t, func(after string) (views.Page[views.PersonRow], error) {
			q.After = after
			return w.v.People(t.Context(), q)
		})
		if !slices.IsSortedFunc(got, order[q.Sort]) {
			t.Fatalf("not in order of %q: %v", q.Sort, got)
		}
		var ids []string
		for _, r := range got {
			ids = append(ids, r.ID)
			if r.Held != holds(r.ID, q.Now) {
				t.Fatalf("%s held: %v", r.ID, r.Held)
			}
		}
		q.After = ""
		var each []string
		for p, err := range w.v.EachPerson(t.Context(), q) {
			w.ok(err)
			each = append(each, p.ID)
		}
		same(t, ids, each)
		slices.Sort(ids)
		slices.Sort(want)
		same(t, want, ids)
		n, err := w.v.CountPeople(t.Context(), q)
		w.ok(err)
		same(t, len(want), n)
	})
	if _, err := w.v.People(t.Context(), views.PeopleQuery{Sort: "height"}); err == nil {
		t.Error("people were sorted by height")
	}
}

func rank(s directory.Status) int {
	return slices.Index([]directory.Status{directory.Active, directory.Provisioned, directory.Deactivated}, s)
}

func TestPersonRow(t *testing.T) {
	w := newWorld(t)
	w.people(person{first: "Ann", last: "Lee", email: "ann@acme.test", fields: map[directory.Field]string{directory.Manager: w.personID(2),
		directory.JobTitle: "Lead", directory.Department: "Sales", directory.Location: "Oslo", directory.HireDate: "2024-01-08", directory.DisplayName: "Annie Lee"}},
		person{first: "Bo", last: "Diaz", email: "bo@acme.test", fields: map[directory.Field]string{directory.Manager: "p_who_comes_later"}})
	got, err := w.v.People(t.Context(), views.PeopleQuery{Now: w.clock})
	w.ok(err)
	same(t, []views.PersonRow{
		{ID: w.personID(1), Name: "Annie Lee", Email: "ann@acme.test", Status: directory.Active, Role: directory.RoleMember, JobTitle: "Lead",
			Department: "Sales", Location: "Oslo", ManagerID: w.personID(2), ManagerName: "Bo Diaz", Connection: w.conn.ID, SourceID: "1", HireDate: "2024-01-08"},
		{ID: w.personID(2), Name: "Bo Diaz", Email: "bo@acme.test", Status: directory.Active, Role: directory.RoleMember, Connection: w.conn.ID, SourceID: "2"},
	}, got.Items)
	names, err := w.v.Names(t.Context(), []string{w.personID(1), "schedule", "", w.personID(1)})
	w.ok(err)
	same(t, map[string]string{w.personID(1): "Annie Lee"}, names)
	briefs, err := w.v.Briefs(t.Context(), []string{w.personID(2)})
	w.ok(err)
	same(t, map[string]views.PersonBrief{w.personID(2): {ID: w.personID(2), Name: "Bo Diaz", Email: "bo@acme.test", Status: directory.Active}}, briefs)
	facets, err := w.v.PeopleFacets(t.Context())
	w.ok(err)
	same(t, views.PeopleFacets{Departments: []views.Facet{{Value: "", Count: 1}, {Value: "Sales", Count: 1}},
		Locations: []views.Facet{{Value: "", Count: 1}, {Value: "Oslo", Count: 1}}, Statuses: []views.Facet{{Value: "active", Count: 2}},
		Roles: []views.Facet{{Value: "member", Count: 2}}}, facets)
	over, err := w.v.Overview(t.Context(), w.clock)
	w.ok(err)
	same(t, views.Overview{Seats: 2, People: 2, FromHR: 2, Statuses: map[directory.Status]int{directory.Active: 2}}, over)
}

func TestOrgChart(t *testing.T) {
	w := newWorld(t)
	boss := func(n int64) map[directory.Field]string {
		return map[directory.Field]string{directory.Manager: w.personID(n)}
	}
	off := directory.Deactivated
	w.people(
		person{first: "Ann", email: "1@acme.test"},
		person{first: "Bo", email: "2@acme.test", fields: boss(1)},
		person{first: "Cy", email: "3@acme.test", fields: boss(1), status: off}, // nobody active below: left out
		person{first: "Di", email: "4@acme.test", fields: boss(2), status: off}, // stays for Ed
		person{first: "Ed", email: "5@acme.test", fields: boss(4)},
		person{first: "Fay", email: "6@acme.test", fields: boss(7)}, // a ring of two, with a report
		person{first: "Gus", email: "7@acme.test", fields: boss(6)},
		person{first: "Hal", email: "8@acme.test", fields: boss(7)},
		person{first: "Ida", email: "9@acme.test", fields: boss(99)}, // the manager is not there
		person{first: "Jo", email: "10@acme.test", fields: boss(3), status: off},
	)
	line := func(c views.Chart) (out []string) {
		for _, n := range c.Nodes {
			out = append(out, fmt.Sprintf("%s%s %d/%d", strings.Repeat(" ", n.Level), n.Name, n.Reports, n.Below))
		}
		return out
	}
	c, err := w.v.OrgChart(t.Context(), "", -1)
	w.ok(err)
	same(t, []string{"Ann 1/3", " Bo 1/2", "  Di 1/1", "   Ed 0/0", "Fay 1/2", " Gus 1/1", "  Hal 0/0", "Ida 0/0"}, line(c))
	same(t, [][]string{{w.personID(6), w.personID(7)}}, c.Loops)
	c, err = w.v.OrgChart(t.Context(), "", 0)
	w.ok(err)
	same(t, []string{"Ann 1/3", "Fay 1/2", "Ida 0/0"}, line(c))
	c, err = w.v.OrgChart(t.Context(), w.personID(2), 1)
	w.ok(err)
	same(t, []string{"Bo 1/2", " Di 1/1"}, line(c))
	same(t, views.ChartNode{ID: w.personID(4), Name: "Di", Status: off, ManagerID: w.personID(2), Level: 1, Reports: 1, Below: 1}, c.Nodes[1])
	for _, id := range []string{"p_none", w.personID(3)} {
		_, err := w.v.OrgChart(t.Context(), id, 1)
		missing(t, "chart below "+id, err)
	}
}

// A line of managers as long as the company is drawn, too (security §3 #33).
func TestOrgChartDeep(t *testing.T) {
	w := newWorld(t)
	list := make([]person, 3000)
	for i := range list {
		list[i] = person{first: fmt.Sprint("P", i), email: fmt.Sprintf("%d@acme.test", i), fields: map[directory.Field]string{directory.Manager: w.personID(int64(i))}}
	}
	w.people(list...)
	c, err := w.v.OrgChart(t.Context(), "", -1)
	w.ok(err)
	if len(c.Nodes) != len(list) || c.Nodes[0].Below != len(list)-1 || c.Nodes[len(list)-1].Level != len(list)-1 {
		t.Errorf("%d nodes, first %+v", len(c.Nodes), c.Nodes[0])
	}
}
