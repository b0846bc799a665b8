//go:build unix

package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// inPlanOrder is what a plan has of rows, in whatever order they came.
func inPlanOrder(items []plan.Item) []plan.Item {
	out := slices.Clone(items)
	key := func(it plan.Item) planrow.Key {
		h := planrow.HeadOf(&it)
		return h.Key()
	}
	slices.SortStableFunc(out, func(a, b plan.Item) int { return key(a).Compare(key(b)) })
	return out
}

func (s *bench) rows(id string, after int64) []plan.Item {
	s.b.Helper()
	var out []plan.Item
	for it, err := range s.Items(s.b.Context(), id, after, true) {
		s.ok(err)
		if after++; it.Seq != after {
			s.b.Fatalf("position %d, want %d", it.Seq, after)
		}
		out = append(out, it.Item)
	}
	return out
}

// TestRowsInPlanOrder: rows stand in plan order however they came, in memory as in the database, from whatever
// position on.
func TestRowsInPlanOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	shuffle := func(items []plan.Item) {
		random.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	}
	department := func(name string) plan.Item {
		return plan.Item{Change: &plan.Change{Action: plan.Create, Name: name, Group: &directory.Group{Kind: directory.KindDepartment, Name: name}}}
	}
	for name, mix := range map[string]func([]plan.Item) []plan.Item{
		"in order":      func(items []plan.Item) []plan.Item { return items },
		"backwards":     func(items []plan.Item) []plan.Item { slices.Reverse(items); return items },
		"a part late":   func(items []plan.Item) []plan.Item { return slices.Concat(items[:700], items[900:], items[700:900]) },
		"any order":     func(items []plan.Item) []plan.Item { shuffle(items); return items },
		"early at last": func(items []plan.Item) []plan.Item { return append(slices.Clone(items[1:]), items[0]) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newBench(t)
			items := mix(company(s.conn, flushRows+3*planrow.ChunkRows+1))
			for _, i := range []int{7, 800, 801, 2500} { // behind what stands of them already
				items = append(items, plan.Item{Held: &plan.Held{SourceID: items[i].Change.SourceID, PersonID: items[i].Change.PersonID, Detail: fmt.Sprint(i)}})
			}
			for i := range planrow.ChunkRows + 2 {
				items = append(items, department(fmt.Sprint("Team ", i)))
			}
			want := inPlanOrder(items)
			id := s.store(items)
			if s.keptChunks(id) == nil {
				t.Error("the plan is not kept")
			}
			if d := cmp.Diff(want, s.rows(id, 0)); d != "" {
				t.Fatalf("kept (-want +got):\n%.1000s", d)
			}
			s.kept.Store(nil)
			for _, after := range []int64{0, 1, 255, 256, 257, 1500, int64(len(want)) - 1, int64(len(want))} {
				if d := cmp.Diff(want[after:], s.rows(id, after), cmp.Transformer("nil", func(i []plan.Item) int { return len(i) })); d != "" {
					t.Errorf("after %d: %s", after, d)
				}
			}
			if d := cmp.Diff(want, s.rows(id, 0)); d != "" {
				t.Fatalf("stored (-want +got):\n%.1000s", d)
			}
			chunks := int64(0)
			s.ok(s.read(t.Context(), func(t tx) error {
				p, err := t.planByID(id)
				if err != nil {
					return err
				}
				_, err = t.first("select count(*) from plan_chunks where org = $1", func(st stmt) { chunks = st.ColInt(0) }, t.org)
				chunks -= int64(len(p.Chunks))
				return err
			}))
			if chunks != 0 {
				t.Errorf("%d chunks more than the plan has", chunks)
			}
		})
	}
}

// TestNewcomers: what a plan keeps ready of new people is what its rows say.
func TestNewcomers(t *testing.T) {
	s := newBench(t)
	items := company(s.conn, planrow.ChunkRows+20)
	set := func(i int, day string) {
		c := items[i].Change
		c.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f plan.FieldChange) bool { return f.Field == directory.HireDate })
		c.Fields = append(c.Fields, plan.FieldChange{Field: directory.HireDate, After: day}, plan.FieldChange{Field: directory.Location, After: "Rome"})
	}
	today := testNow().Format(time.DateOnly)
	set(3, "")
	set(4, "1999-12-31")
	set(5, today)
	set(200, "2999-01-01")
	items[6].Change.Email = ""
	items[7].Change.StatusAfter = directory.Deactivated
	items[8].Change.Action = plan.Update
	items[260], items[3] = items[3], items[260] // late, and so packed anew
	id := s.store(items)
	want := map[int64]syncrun.Newcomer{}
	for it, err := range s.Items(t.Context(), id, 0, true) {
		s.ok(err)
		if c := it.Change; c.Action == plan.Create {
			n := syncrun.Newcomer{Seq: it.Seq, Kinds: c.Kinds, NoAddress: c.Email == "", Closed: c.StatusAfter == directory.Deactivated}
			for _, f := range c.Fields {
				if f.Field == directory.HireDate && f.After >= today && !n.NoAddress && !n.Closed {
					n.HireDate, n.Location = f.After, "Rome"
				}
			}
			want[it.Seq] = n
		}
	}
	got := map[int64]syncrun.Newcomer{}
	for n, err := range s.Newcomers(t.Context(), id) {
		s.ok(err)
		got[n.Seq] = n
	}
	if d := cmp.Diff(want, got); d != "" || len(want) != len(items)-1 {
		t.Errorf("%d newcomers (-want +got):\n%s", len(want), d)
	}
}

// TestOlderLinks: what an older version remembered of employees, a row each, is remembered after the migration.
func TestOlderLinks(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	older := oneByOneOnly(t)
	maps.DeleteFunc(older, func(name string, _ *fstest.MapFile) bool { return name > fmt.Sprintf("%04d", pagedSince) })
	db, err := open(t.Context(), dir, Options{}, older)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 17, 0, 0, 0, time.UTC)
	left := directory.LinkState{SourceID: 3, Outcome: directory.OutcomeLeft, Revision: "rev-0", Fingerprint: [16]byte{9, 8, 7}, Coverage: 1<<63 | 5}
	full := directory.LinkState{SourceID: 1 << 40, PersonID: "p_1", Outcome: directory.OutcomeLinked, Adopted: true, Revision: "rev-1", Clean: true, HireDate: "2020-01-01",
		Due: &directory.Due{At: at, Action: "deactivate", Reason: "terminated", Date: "2026-03-02"}, Since: map[directory.SignalKind]time.Time{directory.SignalStatus: at}}
	err = db.Org("acme").write(t.Context(), func(t tx) error {
		return t.Script(`insert into connections (no, org, id, name, state, failures) values (1, 1, 'c', 'Acme', 'enabled', 0), (2, 1, 'd', 'Beta', 'enabled', 0);
			insert into links (org, connection, source_id, person_id, outcome, adopted, fingerprint, coverage, revision, clean, due_at, due_action, due_reason, due_date,
				since, hire_date, touched) values
			(1, 1, 3, null, 'left', 0, x'09080700000000000000000000000000', -9223372036854775803, 'rev-0', 0, null, null, null, null, null, null, 0),
			(1, 1, 1099511627776, 'p_1', 'linked', 1, x'00000000000000000000000000000000', 0, 'rev-1', 1, ` + fmt.Sprint(at.UnixMilli()) + `, 'deactivate', 'terminated',
				'2026-03-02', '{"status":` + fmt.Sprint(at.UnixMilli()) + `}', '2020-01-01', 42),
			(1, 2, 3, 'p_2', 'linked', 0, x'00000000000000000000000000000000', 0, 'rev-2', 1, null, null, null, null, null, null, 7);
			insert into due_moves (org, connection, source_id, was_at, was_action, was_reason, was_date, run) values
				(1, 1, 1099511627776, 5, 'deactivate', 'terminated', '2026-03-02', 1)`)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got []directory.LinkState
	for ls, err := range db.Org("acme").LinkStates(t.Context(), "c", true) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, *ls)
	}
	if d := cmp.Diff([]directory.LinkState{left, full}, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	beside, err := db.Org("acme").LinkStatesOf(t.Context(), "d", []int64{3})
	if ls := beside[3]; ls.PersonID != "p_2" || ls.Revision != "rev-2" || err != nil {
		t.Errorf("the other connection: %+v, %v", beside, err)
	}
	err = db.Org("acme").write(t.Context(), func(w tx) error {
		book, err := w.links(1)
		if err != nil {
			return err
		}
		if e, err := book.Find(1 << 40); err != nil || e.Touched != 42 {
			t.Errorf("touched: %+v, %v", e, err)
		}
		moved, person := 0, ""
		_, err = w.first("select count(*), max(person_id) from due_moves", func(st stmt) { moved, person = int(st.ColInt(0)), st.ColText(1) })
		if moved != 1 || person != "p_1" {
			t.Errorf("%d moves of %s", moved, person)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOlderPlans: plans that an older version stored a row at a time have the same rows after the migration.
func TestOlderPlans(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	older := oneByOneOnly(t)
	maps.DeleteFunc(older, func(name string, _ *fstest.MapFile) bool { return name > fmt.Sprintf("%04d", chunkedSince) })
	db, err := open(t.Context(), dir, Options{}, older)
	if err != nil {
		t.Fatal(err)
	}
	items := inPlanOrder(append(company("c", 2*planrow.ChunkRows+5), plan.Item{Held: &plan.Held{SourceID: 3, Reason: plan.NoEmail, Detail: "x"}}))
	err = db.Org("acme").write(t.Context(), func(t tx) error {
		if err := t.Script(`insert into connections (no, org, id, name, state, failures) values (1, 1, 'c', 'Acme', 'enabled', 0);
			insert into plans (no, org, id, connection, created_at, mark, finished, as_of, seq, header, baseline, anchors) values
			(1, 1, 'plan_1', 1, 0, 0, 1, 0, 1, '{}', '{}', x'0102'), (2, 1, 'plan_2', 1, 0, 0, 0, 0, null, null, null, null)`); err != nil {
			return err
		}
		words := planrow.NewWords()
		planrow.Append(nil, &plan.Item{Held: &plan.Held{Kind: "a word that no row has"}}, words)
		for i := range items {
			h := planrow.HeadOf(&items[i])
			if _, err := t.exec(`insert into plan_items (org, plan, rank, source_id, person_id, n, kind, action, reason, name, email, kinds, version, body)
				values (1, 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, h.Rank, h.Source, h.Person, int64(i), h.Kind, h.Action, h.Reason,
				h.Name, h.Email, h.Kinds, h.Version, planrow.Append(nil, &items[i], words)); err != nil {
				return err
			}
		}
		_, err := t.exec("update plans set words = $1 where no = 1", words.Pack())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db, err = Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var got []plan.Item
	for it, err := range db.Org("acme").Items(t.Context(), "plan_1", 0, true) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, it.Item)
	}
	if d := cmp.Diff(items, got); d != "" {
		t.Errorf("(-want +got):\n%.1000s", d)
	}
}
