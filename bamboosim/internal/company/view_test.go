package company

import (
	"iter"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func newTestStore(t interface{ Fatal(...any) }, ids ...int) *Store {
	c := Company{Subdomain: "acme", Today: "2026-11-21"}
	for _, id := range ids {
		c.Employees = append(c.Employees, Employee{ID: id, FirstName: "P" + strconv.Itoa(id)})
	}
	s, err := NewStore(c, func() time.Time { return time.Time{} })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ids(people iter.Seq[*Employee]) []int {
	list := []int{}
	for e := range people {
		list = append(list, e.ID)
	}
	return list
}

// Whatever is created, edited and deleted, a view walks exactly the people there are, in order, and a view taken
// before does not change.
func TestViewsFollowEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := rapid.SliceOfDistinct(rapid.IntRange(1, 40), rapid.ID).Draw(t, "start")
		s := newTestStore(t, start...)
		want := map[int]string{}
		for _, id := range start {
			want[id] = "P" + strconv.Itoa(id)
		}
		var old *View
		var oldIDs []int
		for step := range rapid.IntRange(1, 30).Draw(t, "steps") {
			id := rapid.IntRange(1, 50).Draw(t, "id")
			switch rapid.SampledFrom([]string{"put", "create", "delete", "look"}).Draw(t, "op") {
			case "put":
				name := "N" + strconv.Itoa(step)
				if _, err := s.Put(id, func(e *Employee, _ string) error { e.FirstName = name; return nil }); err != nil {
					t.Fatal(err)
				}
				want[id] = name
			case "create":
				e, err := s.Create(func(e *Employee, _ string) error { e.FirstName = "C"; return nil })
				if err != nil || want[e.ID] != "" {
					t.Fatalf("created %v over %q: %v", e, want[e.ID], err)
				}
				want[e.ID] = "C"
			case "delete":
				if _, there := want[id]; s.Delete(id) != there {
					t.Fatalf("delete %d: was there: %v", id, there)
				}
				delete(want, id)
			case "look":
				old, _ = s.Snapshot()
				oldIDs = ids(old.All())
			}
		}
		v, _ := s.Snapshot()
		all := slices.Sorted(maps.Keys(want))
		if d := cmp.Diff(all, ids(v.All())); d != "" && len(all) > 0 {
			t.Fatal(d)
		}
		if v.Count() != len(want) {
			t.Fatalf("count %d, want %d", v.Count(), len(want))
		}
		for id, name := range want {
			if e, ok := v.Find(id, new(Employee)); !ok || e.FirstName != name {
				t.Fatalf("find %d: %v %v, want %s", id, e, ok, name)
			}
		}
		first := rapid.IntRange(1, 60).Draw(t, "first")
		if got, want := ids(v.From(first)), slices.DeleteFunc(slices.Clone(all), func(id int) bool { return id < first }); !slices.Equal(got, want) {
			t.Fatalf("from %d: %v, want %v", first, got, want)
		}
		ranks := map[int]bool{}
		for _, id := range all {
			ranks[v.Rank(id)] = true
		}
		if len(ranks) != len(all) {
			t.Fatalf("ranks are shared: %v of %v", ranks, all)
		}
		var changed []int
		for e := range v.All() {
			if e.Changed >= v.Now.Unix() {
				changed = append(changed, e.ID)
			}
		}
		if got := ids(v.ChangedSince(v.Now.Unix())); !slices.Equal(got, changed) {
			t.Fatalf("changed %v, want %v", got, changed)
		}
		if old != nil && !slices.Equal(ids(old.All()), oldIDs) {
			t.Fatalf("an old view changed: %v, was %v", ids(old.All()), oldIDs)
		}
	})
}

func TestMailTaken(t *testing.T) {
	s := newTestStore(t, 4, 9)
	set := func(id int, mail string) {
		t.Helper()
		if _, err := s.Update(id, func(e *Employee, _ string) error { e.WorkEmail = mail; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	set(4, "Ann@acme.test")
	for _, c := range []struct {
		mail   string
		except int
		want   bool
	}{{"ann@ACME.test ", 9, true}, {"ann@acme.test", 4, false}, {"bo@acme.test", 9, false}} {
		if got := s.MailTaken(c.mail, c.except); got != c.want {
			t.Errorf("MailTaken(%q, %d) = %v", c.mail, c.except, got)
		}
	}
	set(4, "new@acme.test")
	if s.MailTaken("ann@acme.test", 0) || !s.MailTaken("new@acme.test", 0) {
		t.Error("the index did not follow the edit")
	}
}

func TestEffectiveRow(t *testing.T) {
	e := &Employee{JobInfo: []JobRow{{Date: "2025-01-01", JobTitle: "b"}, {Date: "2024-01-01", JobTitle: "a"},
		{Date: "2025-01-01", JobTitle: "c"}, {Date: "2030-01-01", JobTitle: "d"}}}
	for day, want := range map[string]string{"2023-12-31": "", "2024-06-01": "a", "2025-01-01": "c", "2031-01-01": "d"} {
		got := ""
		if row := e.jobOn(day); row != nil {
			got = row.JobTitle
		}
		if got != want {
			t.Errorf("on %s: %q, want %q", day, got, want)
		}
	}
}

func TestCustomAlias(t *testing.T) {
	for name, want := range map[string]string{"Shirt size": "customShirtsize", "customBoolField": "customcustomBoolField", "T-Shirt (EU)": "customTShirtEU"} {
		if got := CustomAlias(name); got != want {
			t.Errorf("CustomAlias(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestAppendStringIsJSON(t *testing.T) {
	if got := string(AppendString(nil, "a\"b\\c\n\x01é\u202e")); got != `"a\"b\\c\n\u0001é`+"\u202e"+`"` {
		t.Errorf("%s", got)
	}
}
