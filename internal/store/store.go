package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Store is one organisation's part of a DB. It implements syncrun.Store.
type Store struct {
	db    *DB
	org   *orgtx.Organisation
	views *views.Store

	kept   atomic.Pointer[keptPlan] // nil: none
	arenas sync.Pool                // of *planrow.Arena, for batches
}

var _ syncrun.Store = (*Store)(nil)

type stmt = sqldb.Stmt

// tx is a transaction of one organisation; every statement takes org from it.
type tx struct {
	sqldb.Conn
	org   int64
	orgID string
	under *under // nil: it only reads
}

func (t tx) exec(sql string, args ...any) (int, error) { return sqldb.Exec(t, sql, args...) }

func (t tx) each(sql string, scan func(stmt) error, args ...any) error {
	return sqldb.Each(t, sql, scan, args...)
}

func (t tx) first(sql string, scan func(stmt), args ...any) (bool, error) {
	return sqldb.First(t, sql, scan, args...)
}

// write runs f in a transaction that holds the write lock.
func (s *Store) write(ctx context.Context, f func(tx) error) error {
	return s.org.Write(ctx, func(t orgtx.Tx) error {
		w := tx{t.Conn, t.Org, t.OrgID, &under{}}
		if err := f(w); err != nil {
			return err
		}
		if err := w.closeLinks(); err != nil {
			return err
		}
		return w.inTime()
	})
}

// read runs f on one state of the database.
func (s *Store) read(ctx context.Context, f func(tx) error) error {
	return s.org.Read(ctx, func(t orgtx.Tx) error { return f(tx{t.Conn, t.Org, t.OrgID, nil}) })
}

// connection returns the number of a connection; directory.ErrNotFound when there is none.
func (t tx) connection(id string) (no int64, err error) {
	ok, err := t.first("select no from connections where org = $1 and id = $2", func(st stmt) { no = st.ColInt(0) }, t.org, id)
	if err == nil && !ok {
		err = fmt.Errorf("connection %s: %w", id, directory.ErrNotFound)
	}
	return no, err
}

// connections returns the ids of the organisation's connections by number.
func (t tx) connections() (map[int64]string, error) {
	out := map[int64]string{}
	err := t.each("select no, id from connections where org = $1", func(st stmt) error {
		out[st.ColInt(0)] = st.ColText(1)
		return nil
	}, t.org)
	return out, err
}
