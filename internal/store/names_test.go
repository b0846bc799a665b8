//go:build unix

package store

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/plan"
)

// namesIndex returns the text of the index of names, without its line breaks; "" when there is none.
func namesIndex(t *testing.T, db *DB) (text string) {
	t.Helper()
	if err := db.sql.Read(t.Context(), func(c sqldb.Conn) error {
		_, err := sqldb.First(c, "select sql from sqlite_master where name = 'people_names'", func(st stmt) {
			text = strings.Join(strings.Fields(st.ColText(0)), " ")
		})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return text
}

// TestNamesAreIndexedAfterAFirstLoad: a first load works without the index of names, and everybody has it
// back in the end, also when the run was killed.
func TestNamesAreIndexedAfterAFirstLoad(t *testing.T) {
	s := newBench(t)
	made := namesIndex(t, s.db)
	if made == "" {
		t.Fatal("a new database has no index of names")
	}
	s.apply(s.store(company(s.conn, loadSize)))
	if got := namesIndex(t, s.db); got != "" {
		t.Errorf("in the middle of a first load: %s", got)
	}
	list, err := s.Views().People(t.Context(), views.PeopleQuery{Q: "Lee499", Limit: 5, Now: testNow()})
	if err != nil || len(list.Items) != 1 {
		t.Errorf("search without the index: %d people, %v", len(list.Items), err)
	}

	reopen(t, s.db.dir)
	if diff := cmp.Diff(made, namesIndex(t, s.db)); diff != "" {
		t.Errorf("opened after a run that was killed (-made +mended):\n%s", diff)
	}
	s.exec(t, "drop index people_names")
	s.ok(s.FinishRun(t.Context(), s.lease, s.run))
	if diff := cmp.Diff(made, namesIndex(t, s.db)); diff != "" {
		t.Errorf("after the run (-made +built):\n%s", diff)
	}
}

func (s *bench) exec(t *testing.T, sql string) {
	s.ok(s.write(t.Context(), func(t tx) error {
		_, err := t.exec(sql)
		return err
	}))
}

// TestNamesStayIndexed: whoever has people, of whatever organisation, or loads a few, keeps the index.
func TestNamesStayIndexed(t *testing.T) {
	for name, prepare := range map[string]func(s *bench) []plan.Item{
		"few": func(s *bench) []plan.Item { return company(s.conn, loadSize-1) },
		"other": func(s *bench) []plan.Item {
			p := person("p_1", "ann@other.test")
			_, err := s.db.Org("other").SavePerson(t.Context(), p, plan.Change{}, "cli:test", testNow())
			s.ok(err)
			return company(s.conn, loadSize)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newBench(t)
			s.apply(s.store(prepare(s)))
			if namesIndex(t, s.db) == "" {
				t.Error("the index of names was dropped")
			}
		})
	}
}
