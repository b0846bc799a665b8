package plan

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// Skipping unchanged records, and knowing only the people asked for, changes nothing but the work: the Builder with
// and without either, and Make, give the same rows.
func TestPropertySkippingIsSafe(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		for range 2 {
			x.apply(fatal{t: t}, x.plan())
		}
		x.in.Policy.Guard = genPolicy(t, base, false).Guard
		x.disturbHR(t)
		x.disturbPeople(t)
		x.disturbInput(t)
		all := x.plan()
		for _, asking := range []bool{false, true} {
			some := x.stream(fatal{t: t}, asking)
			if diff := cmp.Diff(all, some, cmpopts.IgnoreTypes(Trace{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("another plan:\n%s\nwithout skipping:\n%s\nwith skipping (asking: %t):\n%s", diff, render(all), asking, render(some))
			}
		}
		x.leaveOut(t)
		if diff := cmp.Diff(render(x.stream(fatal{t: t}, false)), render(x.stream(fatal{t: t}, true))); diff != "" {
			t.Fatalf("another plan when %v are not read and only some people are known:\n%s", x.unlinked, diff)
		}
	})
}

// disturbHR draws what changed in HR since the last run.
func (x *world) disturbHR(t *rapid.T) {
	for i := range x.employees {
		if rapid.IntRange(0, 2).Draw(t, "changes") == 0 {
			x.employees[i] = genEmployee(t, x.employees[i].id)
		}
	}
	if rapid.IntRange(0, 3).Draw(t, "one goes") == 0 {
		x.employees = x.employees[1:]
	}
	if len(x.employees) > 0 && rapid.IntRange(0, 4).Draw(t, "one comes twice") == 0 {
		twice := rapid.SampledFrom(x.employees).Draw(t, "twice")
		x.employees = append(x.employees, employee{id: twice.id, problem: "two records with this id differ"})
	}
	x.in.Now = x.in.Now.AddDate(0, 0, rapid.SampledFrom([]int{0, 0, 2, 60}).Draw(t, "days"))
}

// disturbPeople draws what humans did since the last run: edits, each of which makes the next run look again, and holds.
func (x *world) disturbPeople(t *rapid.T) {
	ids := slices.Sorted(maps.Keys(x.people))
	for _, id := range ids {
		what := rapid.SampledFrom([]string{"", "", "", "", "", "manager", "address", "number", "name", "off", "hold"}).Draw(t, "edit")
		p := x.people[id]
		switch what {
		case "":
			continue
		case "manager":
			boss := rapid.SampledFrom(append(ids, "", "p_gone")).Draw(t, "boss")
			if x.above(boss)[id] {
				continue // nobody closes a loop by hand
			}
			p.Values.Set(directory.Manager, "", boss)
		case "address":
			p.Values.Set(directory.Email, "", rapid.SampledFrom([]string{"", "free-" + id + "@a.test"}).Draw(t, "address"))
		case "number":
			p.Values.Set(directory.EmployeeID, "", fmt.Sprint("N", rapid.IntRange(1, 9).Draw(t, "number")))
		case "name":
			p.Values.Set(directory.FirstName, "", "Eve")
			p.Values.Set(directory.LastName, "", "Ung")
		case "off":
			p.Status, p.PreviousStatus, p.ManualLock = directory.Deactivated, directory.Active, true
		case "hold":
			until := directory.UntilHRSays(rapid.SampledFrom(append(ids, "")).Draw(t, "until HR says"))
			x.in.Holds = append(x.in.Holds, directory.Hold{ID: "until" + id, PersonID: id, Field: directory.Manager, UntilHR: until})
		}
		p.Version++
		x.people[id] = p
		if p.Link != nil && p.Link.Connection == testConnection {
			ls := x.links[sourceID(p.Link.SourceID)]
			ls.Clean = false
			x.links[ls.SourceID] = ls
		}
	}
}

// above returns somebody and everybody above, as the reporting lines are.
func (x *world) above(id string) map[string]bool {
	out := map[string]bool{}
	for id != "" && !out[id] {
		out[id] = true
		p := x.people[id]
		id = p.Values.Get(directory.Manager)
	}
	return out
}

// disturbInput draws what else a run may be told: decisions, freezes, a later day, a part of the company.
func (x *world) disturbInput(t *rapid.T) {
	people := append(slices.Sorted(maps.Keys(x.people)), "p_gone")
	for _, e := range x.employees {
		if rapid.IntRange(0, 9).Draw(t, "is decided") == 0 {
			d := directory.Decision{SourceID: e.id, Kind: rapid.SampledFrom([]directory.DecisionKind{directory.DecideLink, directory.DecideLink, directory.DecideNew, directory.DecideIgnore}).Draw(t, "decision")}
			if d.Kind == directory.DecideLink {
				d.PersonID = rapid.SampledFrom(people).Draw(t, "chosen")
			}
			x.in.Decisions = append(x.in.Decisions, d)
		}
	}
	switch rapid.IntRange(0, 9).Draw(t, "besides") {
	case 0, 1:
		what := rapid.SampledFrom([]directory.Field{directory.Manager, directory.Email, directory.JobTitle}).Draw(t, "frozen")
		x.in.Freezes = append(x.in.Freezes, directory.Freeze{ID: "f1", Connection: testConnection, What: []string{string(what)}, Reason: "review"})
		x.in.WithoutFreezes = rapid.Bool().Draw(t, "without freezes")
	case 2:
		later := x.in.Now.AddDate(0, 0, 30)
		x.in.AsOf = &later
	case 3:
		x.in.Only = rapid.SliceOfNDistinct(rapid.Int64Range(1, 9), 1, 3, rapid.ID[int64]).Draw(t, "only")
	}
}

// leaveOut takes some employees who are nobody here out of the reading, as a look does with those who are so for a
// reason of their own record.
func (x *world) leaveOut(t *rapid.T) {
	x.employees = slices.DeleteFunc(x.employees, func(e employee) bool {
		out := x.links[e.id].Outcome == "" && e.problem == "" && rapid.Bool().Draw(t, "is left out")
		if out {
			x.unlinked = append(x.unlinked, e.id)
		}
		return out
	})
	slices.Sort(x.unlinked)
	x.unlinked = slices.Compact(x.unlinked)
}
