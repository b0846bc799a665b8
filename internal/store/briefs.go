package store

import (
	"context"
	"iter"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
)

// BriefsOf implements syncrun.Directory.
func (s *Store) BriefsOf(ctx context.Context, connection string, ask func() directory.PeopleQuery) iter.Seq2[*directory.Brief, error] {
	return func(yield func(*directory.Brief, error) bool) {
		err := s.read(ctx, func(t tx) error {
			conn, err := t.connection(connection)
			if err != nil {
				return err
			}
			conns, err := t.connections()
			if err != nil {
				return err
			}
			f := finder{t: t, conn: conn, reader: briefReader{connections: conns}, seen: map[string]bool{}, yield: yield}
			if err := f.reader.each(t, "org = $1 and connection is null", yield, t.org); err != nil {
				return err
			}
			for q := ask(); !q.Empty(); q = ask() {
				if err := f.find(&q); err != nil {
					return err
				}
			}
			return nil
		})
		yieldError(err, yield)
	}
}

// finder looks people up one by one and yields those with a link, each once. People without one were yielded before;
// it only follows their reporting lines.
type finder struct {
	t      tx
	conn   int64
	reader briefReader
	seen   map[string]bool // looked up by id
	above  []string        // managers to look up
	yield  func(*directory.Brief, error) bool
}

// find yields the people whom q names and everybody above them.
func (f *finder) find(q *directory.PeopleQuery) error {
	for _, id := range q.SourceIDs {
		person, err := f.t.personOf(f.conn, id)
		if err != nil {
			return err
		}
		if err := f.byID(person); err != nil {
			return err
		}
	}
	for _, id := range q.IDs {
		if err := f.byID(id); err != nil {
			return err
		}
	}
	for _, key := range q.Emails {
		person := ""
		if _, err := f.t.first("select id from people where org = $1 and email_key = $2",
			func(st stmt) { person = st.ColText(0) }, f.t.org, key); err != nil {
			return err
		}
		if err := f.byID(person); err != nil {
			return err
		}
	}
	if err := f.byNumber(q.Numbers); err != nil {
		return err
	}
	for len(f.above) > 0 {
		id := f.above[len(f.above)-1]
		f.above = f.above[:len(f.above)-1]
		if err := f.byID(id); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) byID(id string) error {
	if id == "" || f.seen[id] {
		return nil
	}
	f.seen[id] = true
	return f.reader.each(f.t, "org = $1 and id = $2", func(b *directory.Brief, _ error) bool {
		if b.ManagerID != "" && !f.seen[b.ManagerID] {
			f.above = append(f.above, b.ManagerID)
		}
		return b.Connection == "" || f.yield(b, nil)
	}, f.t.org, id)
}

// byNumber looks through everybody's Employee #: an index of them would cost every first load more than this costs
// the few runs that need it.
func (f *finder) byNumber(numbers []string) error {
	if len(numbers) == 0 {
		return nil
	}
	wanted := make(map[string]bool, len(numbers))
	for _, n := range numbers {
		wanted[n] = true
	}
	where, err := f.t.asTheyLie()
	if err != nil {
		return err
	}
	var ids []string
	var number []byte
	if err := f.t.each("select id, employee_id from people where "+where+" and employee_id is not null", func(st stmt) error {
		number = st.ColBytes(1, number)
		if wanted[directory.EmailKey(string(number))] {
			ids = append(ids, st.ColText(0))
		}
		return nil
	}, f.t.org); err != nil {
		return err
	}
	for _, id := range ids {
		if err := f.byID(id); err != nil {
			return err
		}
	}
	return nil
}

// ReportsOf implements syncrun.Directory. It looks through everybody's manager, as byNumber does for its reason.
func (s *Store) ReportsOf(ctx context.Context, connection string, employees []int64) ([]int64, error) {
	var out []int64
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		bosses := map[string]bool{}
		for _, id := range employees {
			person, err := t.personOf(conn, id)
			if err != nil {
				return err
			}
			if person != "" {
				bosses[person] = true
			}
		}
		where, err := t.asTheyLie()
		if err != nil || len(bosses) == 0 {
			return err
		}
		var manager []byte
		return t.each("select source_id, manager from people where "+where+" and connection = $2 and manager is not null", func(st stmt) error {
			if manager = st.ColBytes(1, manager); bosses[string(manager)] {
				out = append(out, st.ColInt(0))
			}
			return nil
		}, t.org, conn)
	})
	slices.Sort(out)
	return out, err
}
