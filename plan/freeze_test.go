package plan

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

func genFreezes(t *rapid.T, more ...string) []directory.Freeze {
	words := append([]string{"reporting_lines", "departments", "jobs", "phone"}, more...)
	what := rapid.SliceOfNDistinct(rapid.SampledFrom(words), 1, 3, rapid.ID[string]).Draw(t, "what")
	out := []directory.Freeze{{ID: "f1", Connection: testConnection, What: what, Until: testNow.AddDate(0, 0, 24), Reason: "review"},
		{ID: "f2", Connection: "c2", What: words, Reason: "another connection's"},
		{ID: "f3", Connection: testConnection, What: words, Until: testNow, Reason: "over"}}
	if rapid.Bool().Draw(t, "two") {
		out = append(out, directory.Freeze{ID: "f4", Connection: testConnection, What: []string{"job_title"}, Reason: "open"})
	}
	return out
}

// clone gives a world of its own directory.
func (x *world) clone() *world {
	y := *x
	y.people, y.links, y.groups = maps.Clone(x.people), maps.Clone(x.links), maps.Clone(x.groups)
	y.in.Holds = slices.Clone(x.in.Holds)
	return &y
}

// settle plans and applies until nothing is left to do.
func (x *world) settle(t testing.TB) {
	t.Helper()
	for range 6 {
		p := x.plan()
		x.apply(t, p)
		if p.Header.Counts.Changes() == 0 {
			return
		}
	}
	t.Fatal("there is always something to do")
}

// directoryOf is what the people of a directory are, without how they came to be so.
func (x *world) directoryOf() map[string]map[string]string {
	out := map[string]map[string]string{}
	for id, p := range x.people {
		out[id] = map[string]string{"status": string(p.Status)}
		for _, f := range directory.Standard() {
			out[id][string(f)] = p.Values.Get(f)
		}
	}
	return out
}

// A frozen field of somebody who is in the directory is never written, whoever leaves is deactivated all
// the same, and whoever is held back is looked at again.
func TestPropertyFreezeHolds(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		free := x.plan()
		x.in.Freezes = genFreezes(t, "addresses")
		p := x.plan()
		unclean := map[int64]bool{}
		for i := range p.Items {
			it := &p.Items[i]
			switch {
			case it.Change != nil && it.Change.Action != Create:
				for _, f := range it.Change.Fields {
					if x.in.Freezes[0].Covers(f.Field) {
						t.Fatalf("%s of %s is frozen and changed:\n%s", f.Field, it.Change.PersonID, render(p))
					}
				}
			case it.Held != nil && it.Held.Frozen != nil:
				unclean[it.Held.SourceID] = true
				if f := it.Held.Frozen; f.Change.Field != it.Held.Field || f.Change.Before == f.Change.After && f.Change.BeforeID == f.Change.AfterID {
					t.Fatalf("nothing waits: %+v", f)
				}
			}
		}
		if diff := cmp.Diff(deactivated(free), deactivated(p)); diff != "" {
			t.Fatalf("the freeze keeps people from being deactivated (-free +frozen):\n%s\n%s", diff, render(p))
		}
		x.apply(fatal{t: t}, p)
		for id := range unclean {
			if x.links[id].Clean {
				t.Fatalf("employee %d would be skipped when the freeze ends:\n%s", id, render(p))
			}
		}
	})
}

func deactivated(p Plan) []string {
	var out []string
	for i := range p.Items {
		if c := p.Items[i].Change; c != nil && c.Action == Deactivate {
			out = append(out, c.PersonID)
		}
	}
	return out
}

// After the end of a freeze the directory is what it would be without one. Left out are addresses, because
// who waits for somebody else's is held as a whole while a freeze lets the rest of the record go ahead, and
// whoever is held as a whole by the time the freeze ends.
func TestPropertyFreezeCatchesUp(t *testing.T) {
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		y := x.clone()
		y.settle(fatal{t: t})
		x.in.Freezes = genFreezes(t)
		x.settle(fatal{t: t})
		frozen := render(x.plan())
		x.in.WithoutFreezes = true
		if h := x.plan().Header; !h.Hypothetical() || h.Freezes != nil {
			t.Fatalf("a plan without freezes: %+v", h)
		}
		x.in.WithoutFreezes = false
		x.in.Freezes = nil // ended by hand: what time alone changes is not compared
		x.settle(fatal{t: t})
		want, got := y.directoryOf(), x.directoryOf()
		for _, it := range x.plan().Items {
			if it.Held != nil && it.Held.Field == "" {
				delete(want, it.Held.PersonID)
				delete(got, it.Held.PersonID)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("-never frozen +caught up:\n%s\nwhile frozen:\n%s", diff, frozen)
		}
	})
}

// Since when a field is held back is remembered from run to run, and forgotten with the freeze.
func TestFreezeSince(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "1@a.test", title: "Lead", status: "Active"}}
	x.settle(t)
	x.in.Freezes = []directory.Freeze{{ID: "f1", Connection: testConnection, What: []string{"jobs"}, Until: testNow.AddDate(0, 1, 0), Reason: "review"}}
	x.employees[0].title = "Boss"
	for day := range 3 {
		x.in.Now = testNow.AddDate(0, 0, day)
		p := x.plan()
		if len(p.Items) == 0 || p.Items[0].Held == nil || p.Items[0].Held.Frozen == nil {
			t.Fatalf("nothing is held back:\n%s", render(p))
		}
		want := &Frozen{Freeze: "f1", Since: testNow, Change: FieldChange{Field: directory.JobTitle, Kind: directory.KindText, Before: "Lead", After: "Boss", From: "jobTitle"}}
		if diff := cmp.Diff(want, p.Items[0].Held.Frozen); diff != "" {
			t.Errorf("day %d: %s", day, diff)
		}
		x.apply(t, p)
		if due := x.links[1].Due; due == nil || !due.At.Equal(x.in.Freezes[0].Until) || due.Action != "" {
			t.Errorf("day %d: the end of the freeze is no moment to read at: %+v", day, due)
		}
	}
	x.in.Now = testNow.AddDate(0, 1, 0)
	p := x.plan()
	x.apply(t, p)
	ann := x.people[x.links[1].PersonID]
	if got := ann.Values.Get(directory.JobTitle); got != "Boss" || len(x.links[1].Since) > 0 || !x.links[1].Clean {
		t.Errorf("after the freeze: %q, %+v", got, x.links[1])
	}
}

// Of two freezes on one field the one that ends last is named, and that there is another.
func TestTwoFreezesOnAField(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "1@a.test", title: "Lead", phone: "1", status: "Active"}}
	x.settle(t)
	x.employees[0].title, x.employees[0].phone = "Boss", "2"
	for _, f := range []directory.Freeze{{ID: "f1", What: []string{"jobs", "phone"}, Until: testNow.AddDate(0, 0, 3), Reason: "short"},
		{ID: "f2", What: []string{"job_title"}, Reason: "open"}, {ID: "f3", What: []string{"jobs"}, Until: testNow.AddDate(0, 0, 9), Reason: "long"}} {
		f.Connection = testConnection
		x.in.Freezes = append(x.in.Freezes, f)
	}
	got := map[directory.Field]string{}
	for _, it := range x.plan().Items {
		if it.Held != nil {
			got[it.Held.Field] = it.Held.Frozen.Freeze + " " + it.Held.Detail
		}
	}
	want := map[directory.Field]string{directory.JobTitle: "f2 frozen: open (and by 2 more)", directory.Phone: "f1 frozen until 2026-11-24 12:00 UTC: short"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A plan's bytes are the same as before where no freeze is in force.
func TestNoFreezeSameHash(t *testing.T) {
	x := newWorld(testPolicy(t, "approval: not_required"), testNow)
	x.employees = []employee{{id: 1, name: "Ann Lee", email: "1@a.test", title: "Lead", status: "Active"}}
	hash := x.plan().Header.Hash
	x.in.Freezes = []directory.Freeze{{ID: "f1", Connection: testConnection, What: []string{"jobs"}, Until: testNow.Add(-time.Hour)}}
	if got := x.plan().Header.Hash; got != hash {
		t.Errorf("a freeze that is over changes the hash")
	}
	x.in.WithoutFreezes = true
	if got := x.plan().Header.Hash; got == hash {
		t.Errorf("a plan that can never be applied has the hash of one that can")
	}
}
