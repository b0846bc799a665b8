package views_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/plan"
)

// process is one of several on the same data folder.
func process(t *testing.T, dir string) *world {
	t.Helper()
	db, err := store.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{Store: db.Org("acme"), t: t, db: db, clock: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	w.v = w.Views()
	w.conn, err = w.EnsureConnection(t.Context(), "Acme HR")
	w.ok(err)
	return w
}

// changes makes random changes of people, each in one of the ways there are.
type changes struct {
	*world
	rand  *rand.Rand
	other *world   // another process
	came  []string // ids in the order in which people came
	hired int64    // BambooHR's ids in use
}

func (c *changes) one(list ...string) string { return list[c.rand.IntN(len(list))] }

// fields draws what an employee has; managers came earlier, so that no lines form a loop.
func (c *changes) fields(id int64) map[directory.Field]string {
	f := map[directory.Field]string{directory.Department: c.one("Sales", "sales ops", "Care", "Éclair", ""), directory.Location: c.one("Utrecht", "Oslo", ""),
		directory.EmployeeID: fmt.Sprint("E-", c.rand.IntN(900)), directory.Teams: directory.JoinList([]string{"Red", "Blue", "Red Two"}[c.rand.IntN(4)%3:])}
	if c.rand.IntN(3) == 0 {
		f[directory.DisplayName] = c.one("Zoë van Lee", "zz the last", "ann lee", "İbrahim", "Ann  Lee")
	}
	if id > 1 && c.rand.IntN(2) == 0 {
		f[directory.Manager] = c.personID(1 + c.rand.Int64N(id-1))
	}
	return f
}

func (c *changes) status() directory.Status {
	return directory.Status(c.one(string(directory.Active), string(directory.Active), string(directory.Provisioned), string(directory.Deactivated)))
}

// hire is a row that creates somebody.
func (c *changes) hire() plan.Item {
	c.hired++
	c.came = append(c.came, c.personID(c.hired))
	return c.create(c.hired, person{first: c.one("Ann", "Bo", "Élodie", "иван"), last: fmt.Sprint("Lee", c.rand.IntN(5)),
		email: fmt.Sprintf("p%d@acme.test", c.hired), status: c.status(), fields: c.fields(c.hired)})
}

// update is a row that changes somebody.
func (c *changes) update() plan.Item {
	id := 1 + c.rand.Int64N(c.hired)
	p, err := c.Person(c.t.Context(), c.personID(id))
	c.ok(err)
	ch := &plan.Change{Action: plan.Update, Reason: plan.FieldChanged, SourceID: id, PersonID: p.ID, Version: p.Version, Name: "x", StatusBefore: p.Status, StatusAfter: c.status()}
	for f, text := range c.fields(id) {
		fc := plan.FieldChange{Field: f, Kind: f.Kind(), Before: p.Values.Get(f), After: text, From: "hr.x"}
		if f == directory.Manager {
			fc.AfterID = text
		}
		ch.Fields = append(ch.Fields, fc)
	}
	slices.SortFunc(ch.Fields, func(a, b plan.FieldChange) int { return cmp.Compare(a.Field, b.Field) })
	return plan.Item{Change: ch}
}

// run applies rows in this process or another one.
func (c *changes) run(by *world, items ...plan.Item) {
	by.plans, by.runs, by.clock = c.plans+1000, c.runs+1000, c.clock // no id twice
	by.apply(by.store(plan.Header{}, items...).ID, everything)
	c.plans, c.runs, c.clock = by.plans+1, by.runs+1, by.clock
}

// change makes a change and says what it was.
func (c *changes) change() string {
	ctx := c.t.Context()
	switch c.rand.IntN(9) {
	case 0:
		c.run(c.world, c.hire(), c.hire())
		return "hired"
	case 1:
		c.run(c.other, c.hire())
		return "hired by another process"
	case 2:
		changed := c.update() // of somebody who is here already
		c.run(c.world, c.hire(), changed)
		return "hired and changed by a run"
	case 3:
		c.run(c.other, c.update())
		return "changed by a run of another process"
	case 4:
		by := c.world
		if c.rand.IntN(2) == 0 {
			by = c.other
		}
		p, err := c.Person(ctx, c.came[c.rand.IntN(len(c.came))])
		c.ok(err)
		id := int64(0) // nobody comes before whoever is not from HR
		if p.Link != nil {
			id, err = strconv.ParseInt(p.Link.SourceID, 10, 64)
			c.ok(err)
		}
		for f, text := range c.fields(id) {
			p.Values.Set(f, f.Kind(), text)
		}
		p.Values.Set(directory.Email, directory.KindText, c.one("", fmt.Sprintf("Q%d@acme.test", c.rand.IntN(1e6))))
		p.Status = c.status()
		by.clock = c.clock
		by.save(p)
		c.clock = by.clock
		return "edited"
	case 5:
		groups := c.groups(directory.KindDepartment)
		if _, ok := groups["Sales"]; !ok {
			return "nothing"
		}
		_, err := c.v.RenameGroup(ctx, groups["Sales"].Group.ID, fmt.Sprint("Sales ", c.rand.IntN(1000)), "p_1", c.now())
		c.ok(err)
		return "renamed a department"
	case 6:
		id := fmt.Sprint("p_hand", len(c.came))
		p := directory.Person{ID: id, Status: directory.Active, Role: directory.RoleMember, CreatedAt: c.now()}
		p.Values.Set(directory.Email, directory.KindText, id+"@acme.test")
		c.ok(c.Accounts().Write(ctx, func(t account.Tx) error { return t.CreatePerson(p, "p_1", "made") }))
		c.came = append(c.came, id)
		return "made an account"
	case 7:
		c.ok(c.Accounts().Write(ctx, func(t account.Tx) error {
			p, err := t.Person(c.came[c.rand.IntN(len(c.came))])
			if err != nil {
				return err
			}
			return t.ChangePerson(p, p.Status, directory.Role(c.one("admin", "member", "auditor")), "p_1", "role", c.now())
		}))
		return "gave a role"
	}
	c.ok(c.Accounts().Write(ctx, func(t account.Tx) error {
		return t.Audit(account.Event{At: c.now(), Actor: "p_1", Name: "sign_in", Subject: "p_1"})
	}))
	return "signed in"
}

// everyone is the directory as it is read without an index, in the order in which people came.
func (c *changes) everyone() []directory.Person {
	at := map[string]int{}
	for i, id := range c.came {
		at[id] = i
	}
	var all []directory.Person
	for p, err := range c.AllPeople(c.t.Context()) {
		c.ok(err)
		all = append(all, *p)
	}
	slices.SortFunc(all, func(a, b directory.Person) int { return cmp.Compare(at[a.ID], at[b.ID]) })
	return all
}

// plainly answers a query by looking at everybody.
func plainly(q views.PeopleQuery, all []directory.Person) []string {
	asciiLower := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
			return r
		}, s)
	}
	called := func(p *directory.Person) string {
		return asciiLower(cmp.Or(p.Values.Get(directory.DisplayName), personrow.NameKey(&p.Values), directory.EmailKey(p.Values.Get(directory.Email)), p.ID))
	}
	accents := strings.NewReplacer("é", "e", "ë", "e", "i̇", "i", "й", "и")
	found := func(p *directory.Person) bool {
		for _, text := range []string{called(p), personrow.NameKey(&p.Values), p.Values.Get(directory.Email), p.Values.Get(directory.EmployeeID)} {
			if strings.Contains(accents.Replace(directory.NameKey(text)), accents.Replace(directory.NameKey(q.Q))) {
				return true
			}
		}
		return false
	}
	key := func(p *directory.Person) (string, string) {
		switch email := directory.EmailKey(p.Values.Get(directory.Email)); q.Sort {
		case views.ByEmail:
			return cmp.Or(email, "\U0010ffff"), ""
		case views.ByDepartment:
			return strings.ToLower(p.Values.Get(directory.Department)), called(p)
		case views.ByStatus:
			return fmt.Sprint(rank(p.Status)), called(p)
		case views.ByUpdated:
			return fmt.Sprintf("%020d", 1<<60-p.UpdatedAt.UnixMilli()), ""
		}
		return "", called(p)
	}
	var out []directory.Person
	for _, p := range all {
		get := p.Values.Get
		if (q.Status == "" || q.Status == p.Status) && (q.Department == "" || q.Department == get(directory.Department)) &&
			(q.Location == "" || q.Location == get(directory.Location)) && (q.Team == "" || slices.Contains(p.Values.List(directory.Teams), q.Team)) &&
			(q.Role == "" || q.Role == p.Role) && (q.Manager == "" || q.Manager == get(directory.Manager)) &&
			(q.Connection == "" || p.Link != nil) && (!q.Unlinked || p.Link == nil) && found(&p) {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b directory.Person) int {
		a1, a2 := key(&a)
		b1, b2 := key(&b)
		return cmp.Or(strings.Compare(a1, b1), strings.Compare(a2, b2))
	})
	ids := make([]string, len(out))
	for i := range out {
		ids[i] = out[i].ID
	}
	return ids
}

// Whatever changes people, in this process or another one, every list is right afterwards: each filter, search and
// order, page by page, equals the answer that is found by looking at everybody; and so do the counts.
func TestPeopleAfterChanges(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := &changes{world: process(t, dir), other: process(t, dir), rand: rand.New(rand.NewPCG(7, 7))}
	for range 3 {
		c.run(c.world, c.hire(), c.hire(), c.hire(), c.hire())
	}
	sorts := []views.Sort{"", views.ByName, views.ByEmail, views.ByDepartment, views.ByStatus, views.ByUpdated}
	var done []string
	for range 80 {
		for range 1 + c.rand.IntN(3) {
			done = append(done, c.change())
		}
		if c.rand.IntN(2) == 0 {
			c.ok(c.v.Warm(t.Context(), 1000))
		}
		all := c.everyone()
		for _, by := range sorts {
			q := views.PeopleQuery{Sort: by, Limit: 1 + c.rand.IntN(len(all)), Now: c.clock}
			switch c.rand.IntN(11) {
			case 0:
				q.Status = c.status()
			case 1:
				q.Department = c.one("Sales", "Care", "Éclair", "Board")
			case 2:
				q.Location, q.Q = "Oslo", "lee"
			case 3:
				q.Team = c.one("Red", "Blue", "Red Two")
			case 4:
				q.Role = directory.RoleAdmin
			case 5:
				q.Manager = c.personID(1 + c.rand.Int64N(c.hired))
			case 6:
				q.Connection, q.Unlinked = c.conn.ID, c.rand.IntN(2) == 0
			case 7:
				q.Unlinked = true
			case 8, 9:
				q.Q = c.one("ELODIE", "zoe", "İb", "lee3", "e-1", "acme", "ИВАН", "nobody")
			}
			v := c.v
			if c.rand.IntN(3) == 0 {
				v = c.other.v
			}
			var got []string
			for _, r := range allPages(t, func(after string) (views.Page[views.PersonRow], error) {
				q.After = after
				return v.People(t.Context(), q)
			}) {
				got = append(got, r.ID)
			}
			q.After = ""
			want := plainly(q, all)
			if !slices.Equal(want, got) {
				t.Fatalf("after %v\n%+v\nwant %v\ngot  %v", done[max(0, len(done)-4):], q, want, got)
			}
			n, err := v.CountPeople(t.Context(), q)
			c.ok(err)
			if n != len(want) {
				t.Fatalf("after %v: %d of %d are counted by %+v", done[max(0, len(done)-4):], n, len(want), q)
			}
		}
		facets, err := c.v.PeopleFacets(t.Context())
		c.ok(err)
		for _, f := range facets.Departments {
			n := 0
			for i := range all {
				if all[i].Values.Get(directory.Department) == f.Value {
					n++
				}
			}
			if n != f.Count {
				t.Fatalf("after %v: %d people in %q, counted %d", done[max(0, len(done)-4):], n, f.Value, f.Count)
			}
		}
	}
	conn := c.conn.ID
	lease, err := c.Acquire(t.Context(), conn, "run_delete", time.Minute)
	c.ok(err)
	c.ok(c.Settings().Delete(t.Context(), lease, "p_1", c.now()))
	if n, err := c.v.CountPeople(t.Context(), views.PeopleQuery{Unlinked: true}); err != nil || n != len(c.came) {
		t.Errorf("the connection is gone, and %d of %d people are not from HR (%v)", n, len(c.came), err)
	}
}

// A cursor goes on where it was although the person it names moved elsewhere, and nonsense is refused.
func TestPeopleCursor(t *testing.T) {
	w := newWorld(t)
	w.people(staff(w, 20)...)
	q := views.PeopleQuery{Sort: views.ByDepartment, Limit: 7}
	first, err := w.v.People(t.Context(), q)
	w.ok(err)
	last, err := w.Person(t.Context(), first.Items[6].ID)
	w.ok(err)
	want := plainly(q, (&changes{world: w}).everyone())
	last.Values.Set(directory.Department, directory.KindText, "Aaa")
	w.save(last)
	q.After, q.Limit = first.Next, 100
	rest, err := w.v.People(t.Context(), q)
	w.ok(err)
	if len(rest.Items) != 13 || rest.Items[0].ID != want[7] {
		t.Errorf("it goes on with %d people", len(rest.Items))
	}
	for _, by := range []views.Sort{"", views.ByEmail, views.ByUpdated} {
		for _, after := range []string{first.Next, "x", "cGVvcGxlIA"} {
			if _, err := w.v.People(t.Context(), views.PeopleQuery{Sort: by, After: after}); err == nil {
				t.Errorf("%q takes the cursor %q", by, after)
			}
		}
	}
}

// What a list begins with is read ahead: at once after a start, of what was added since only once nothing was added between two calls,
// and of more people than may be only where somebody looked already.
func TestWarm(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := &changes{world: process(t, dir), other: process(t, dir), rand: rand.New(rand.NewPCG(3, 3))}
	warm := func(most int64) int {
		t.Helper()
		c.ok(c.v.Warm(t.Context(), most))
		n, _ := views.Ready(c.v)
		return n
	}
	c.run(c.world, c.hire(), c.hire(), c.hire())
	if n := warm(2); n != 0 {
		t.Errorf("%d are read where 2 may be", n)
	}
	c.run(c.other, c.hire(), c.hire()) // by another process
	if n := warm(10); n != 0 {
		t.Errorf("%d are read while people are added", n)
	}
	if n := warm(4); n != 0 {
		t.Errorf("%d are read where 4 may be", n)
	}
	if n := warm(5); n != 5 {
		t.Errorf("%d of 5 are read", n)
	}
	_, before := views.Ready(c.v)
	c.run(c.other, c.hire())
	if n := warm(5); n != 5 {
		t.Errorf("%d are read at once", n)
	}
	if n := warm(5); n != 6 { // they are in memory anyway
		t.Errorf("%d of 6 are read", n)
	}
	_, after := views.Ready(c.v)
	page, err := c.v.People(t.Context(), views.PeopleQuery{})
	c.ok(err)
	if _, now := views.Ready(c.v); len(page.Items) != 6 || now != after || after <= before {
		t.Errorf("a list shows %d, and is good for entry %d, %d and %d", len(page.Items), before, after, now)
	}
	restarted := process(t, dir)
	c.ok(restarted.v.Warm(t.Context(), 6))
	if n, _ := views.Ready(restarted.v); n != 6 {
		t.Errorf("after a start %d of 6 are read", n)
	}
}

// Many look while people change: nobody sees a list that never was, and nothing is raced for.
func TestPeopleAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := &changes{world: process(t, dir), other: process(t, dir), rand: rand.New(rand.NewPCG(1, 1))}
	c.run(c.world, c.hire(), c.hire(), c.hire())
	ctx, stop := context.WithCancel(t.Context())
	var looking sync.WaitGroup
	for i := range 3 {
		looking.Go(func() {
			for ctx.Err() == nil {
				page, err := c.v.People(t.Context(), views.PeopleQuery{Sort: []views.Sort{views.ByStatus, views.ByEmail, views.ByUpdated}[i], Limit: 1000})
				if err != nil {
					t.Error(err)
					return
				}
				seen := map[string]bool{}
				for _, r := range page.Items {
					seen[r.ID] = true
				}
				if len(seen) != len(page.Items) || len(seen) < 3 {
					t.Errorf("%d rows of %d people", len(page.Items), len(seen))
				}
			}
		})
	}
	for range 15 {
		c.change()
		c.ok(c.v.Warm(t.Context(), 1000))
	}
	stop()
	looking.Wait()
}
