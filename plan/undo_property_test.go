package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// undoFields are what the companies of these tests change.
func undoFields() []directory.Field {
	return []directory.Field{directory.JobTitle, directory.Department, directory.Phone, directory.Teams, directory.Email, directory.Manager}
}

// genCurrent draws what HR says of an employee who works here; any value may be blank, hidden or unusable.
func genCurrent(t *rapid.T, id, n int64) employee {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	e := employee{id: id, name: "Ann Lee", number: fmt.Sprint("N", id), status: "Active", employment: "Full-Time",
		email:      pick("email", "", fmt.Sprintf("%d@a.test", id), fmt.Sprintf("%d@A.test", id), fmt.Sprintf("new%d@a.test", id)),
		title:      pick("title", "", "Lead", "Clerk"),
		department: pick("department", "", "Sales", "sales ", "Legal"),
		phone:      pick("phone", "", "1", "2"),
		manager:    rapid.Int64Range(0, n+1).Draw(t, "manager")}
	if teams := pick("teams", "", "red", "red,blue", "blue,red"); teams != "" {
		e.teams = strings.Split(teams, ",")
	}
	if e.manager == id {
		e.manager = 0
	}
	for _, f := range undoFields() {
		switch rapid.IntRange(0, 14).Draw(t, "see") {
		case 0:
			e.unreadable = append(e.unreadable, f)
		case 1:
			e.invalid = append(e.invalid, f)
		}
	}
	return e
}

// says is what an employee's record says of a field, told apart the way a reader would; ok is false when
// it says nothing.
func (x *employee) says(f directory.Field) (value string, ok bool) {
	if slices.Contains(x.unreadable, f) || slices.Contains(x.invalid, f) {
		return "", false
	}
	switch f {
	case directory.JobTitle:
		return x.title, true
	case directory.Department:
		return directory.NameKey(x.department), true
	case directory.Phone:
		return x.phone, true
	case directory.Teams:
		return directory.JoinList(slices.Sorted(slices.Values(x.teams))), true
	case directory.Email:
		return directory.EmailKey(x.email), true
	}
	if x.manager == 0 {
		return "", true
	}
	return fmt.Sprint("p", x.manager), true // of somebody who is not there for the unknown employee
}

// alike writes a person's value the way says does.
func alike(f directory.Field, value string) string {
	switch f {
	case directory.Department:
		return directory.NameKey(value)
	case directory.Teams:
		return directory.JoinList(slices.Sorted(slices.Values(directory.SplitList(value))))
	case directory.Email:
		return directory.EmailKey(value)
	}
	return value
}

// The hold that an undo puts on a value ends by the first run in which HR's value is the one that was put
// back, blank included; until then runs leave the value as it is (contradiction C23). What cannot be read ends nothing.
func TestPropertyUndoHoldsEndWhenHRAgrees(t *testing.T) {
	ended := map[bool]int{} // by whether the value was blank
	check(t, func(t *rapid.T, base *policy.Connection) {
		p := genPolicy(t, base, true)
		p.Mapping = append(p.Mapping, policy.FieldRule{Target: string(directory.Teams), From: []policy.SourceField{policy.SourceField(aliasOf(directory.Teams))},
			Authority: policy.AuthorityOverwrite, ClearWhenBlank: rapid.Bool().Draw(t, "clear teams")})
		x := newWorld(p, testNow)
		n := rapid.Int64Range(1, 4).Draw(t, "people")
		for id := int64(1); id <= n; id++ {
			before := genCurrent(t, id, 0)
			person := directory.Person{ID: fmt.Sprint("p", id), Version: 1, Role: directory.RoleMember, Status: directory.Active,
				CreatedAt: testNow.AddDate(-1, 0, 0), Link: &directory.Link{Connection: testConnection, SourceID: fmt.Sprint(id)}}
			for f, text := range map[directory.Field]string{directory.FirstName: "Ann", directory.LastName: "Lee", directory.EmployeeID: before.number,
				directory.Email: fmt.Sprintf("%d@a.test", id), directory.JobTitle: before.title, directory.Phone: before.phone} {
				person.Values.Set(f, "", text)
			}
			person.Values.Set(directory.Teams, directory.KindList, directory.JoinList(before.teams))
			x.people[person.ID] = person
			x.links[id] = directory.LinkState{SourceID: id, PersonID: person.ID, Outcome: directory.OutcomeLinked, Revision: "r1"}
		}
		turn := func() {
			x.employees = nil
			for id := int64(1); id <= n; id++ {
				x.employees = append(x.employees, genCurrent(t, id, n))
			}
		}
		turn()
		run := x.plan()
		x.apply(fatal{t: t}, run)
		var changes []Change
		for i := range run.Items {
			if c := run.Items[i].Change; c != nil && c.Group == nil {
				changes = append(changes, *c)
			}
		}
		x.apply(fatal{t: t}, x.undo(changes, "", "").Plan)
		for range 4 {
			turn()
			holds, people := slices.Clone(x.in.Holds), x.slices().People
			p := x.plan()
			x.apply(fatal{t: t}, p)
			for _, h := range holds {
				at := slices.IndexFunc(people, func(p directory.Person) bool { return p.ID == h.PersonID })
				held := people[at].Values.Get(h.Field)
				says, readable := x.employees[at].says(h.Field)
				want := readable && says == alike(h.Field, held)
				if got := slices.Contains(p.Header.EndedHolds, h.ID); got != want {
					t.Fatalf("%s of %s is %q, HR says %q (readable: %v): the hold ended: %v\n%s", h.Field, h.PersonID, held, says, readable, got, render(p))
				}
				ended[held == ""] += len(p.Header.EndedHolds)
				if now := x.people[h.PersonID].Values; now.Get(h.Field) != held && !want {
					t.Fatalf("%s of %s went from %q to %q under a hold\n%s", h.Field, h.PersonID, held, now.Get(h.Field), render(p))
				}
			}
		}
	})
	if ended[true] == 0 || ended[false] == 0 {
		t.Errorf("the companies drawn end no holds: %v", ended)
	}
}

// A reading that nobody trusts yet ends no hold, whatever it says.
func TestDoubtfulReadingEndsNoHold(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "1@a.test", "employee": "1"})
	x.in.Holds = []directory.Hold{{ID: "h1", PersonID: "p1", Field: directory.Phone, UntilHR: directory.UntilHRSays("")}}
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "1@a.test", status: "Active"}}
	if got := x.plan().Header.EndedHolds; len(got) != 1 {
		t.Fatalf("ended: %v", got)
	}
	x.evidence.Doubts = []string{"the number of employees fell from 300 to 1"}
	if got := x.plan().Header.EndedHolds; len(got) != 0 {
		t.Errorf("a doubtful reading ended %v", got)
	}
}
