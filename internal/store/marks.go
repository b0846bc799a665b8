package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Mark implements syncrun.Marks; the zero Mark when none is kept.
func (s *Store) Mark(ctx context.Context, connection string, people bool) (syncrun.Mark, error) {
	var m syncrun.Mark
	var seen, reading, open string
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		columns := "n, since, seen, reading"
		if people {
			columns += ", people"
		}
		_, err = t.first("select "+columns+" from changes where org = $1 and connection = $2", func(st stmt) {
			m.N, m.Since, seen, reading = st.ColInt(0), sqldb.Instant(st.ColInt(1)), st.ColText(2), st.ColText(3)
			if people {
				open = st.ColText(4)
			}
		}, t.org, conn)
		return err
	})
	for _, part := range []struct {
		text string
		to   any
	}{{seen, &m.Seen}, {reading, &m.Reading}, {open, &m.People}} {
		if err == nil && part.text != "" {
			err = json.Unmarshal([]byte(part.text), part.to)
		}
	}
	if err != nil {
		return syncrun.Mark{}, fmt.Errorf("read up to where %s knows what changed: %w", connection, err)
	}
	return m, nil
}

// PutMark implements syncrun.Marks.
func (s *Store) PutMark(ctx context.Context, l syncrun.Lease, m syncrun.Mark) error {
	texts := make([]string, 3)
	for i, part := range []any{m.Seen, m.Reading, m.People} {
		b, err := json.Marshal(part)
		if err != nil {
			return err
		}
		texts[i] = string(b)
	}
	return s.write(ctx, func(t tx) error {
		conn, err := t.fenced(l)
		if err != nil {
			return err
		}
		_, err = t.exec(`insert into changes (org, connection, n, since, seen, reading, people) values ($1, $2, 1, $3, $4, $5, $6)
			on conflict (org, connection) do update set n = n + 1, since = excluded.since, seen = excluded.seen, reading = excluded.reading,
			people = excluded.people`, t.org, conn, sqldb.Millis(m.Since), texts[0], texts[1], texts[2])
		return err
	})
}

// MoveMark implements syncrun.Marks.
func (s *Store) MoveMark(ctx context.Context, connection string, m syncrun.Mark) error {
	seen, err := json.Marshal(m.Seen)
	if err != nil {
		return err
	}
	return s.write(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		_, err = t.exec("update changes set n = n + 1, since = $1, seen = $2 where org = $3 and connection = $4 and n = $5",
			sqldb.Millis(m.Since), string(seen), t.org, conn, m.N)
		return err
	})
}
