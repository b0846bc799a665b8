// Package orgtx gives the store's packages transactions of one organisation, and the audit trail that
// all of them write to. Which other tables there are is left to them.
package orgtx

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Organisation is one organisation's part of a database.
type Organisation struct {
	db sqldb.DB
	id string
	no atomic.Int64 // organisations.no, 0 until the row is known to be committed
}

// New names an organisation; its row is made when it is first used.
func New(db sqldb.DB, id string) *Organisation { return &Organisation{db: db, id: id} }

// ID is the organisation's id.
func (o *Organisation) ID() string { return o.id }

// Tx is a transaction of one organisation; every statement takes Org from it.
type Tx struct {
	sqldb.Conn
	Org   int64
	OrgID string
}

// Exec runs a statement with values and returns the number of rows it changed.
func (t Tx) Exec(sql string, args ...any) (int, error) { return sqldb.Exec(t, sql, args...) }

// Each calls scan for every row of a query.
func (t Tx) Each(sql string, scan func(sqldb.Stmt) error, args ...any) error {
	return sqldb.Each(t, sql, scan, args...)
}

// First calls scan for the first row of a query and reports whether there was one.
func (t Tx) First(sql string, scan func(sqldb.Stmt), args ...any) (bool, error) {
	return sqldb.First(t, sql, scan, args...)
}

// Write runs f in a transaction that holds the write lock.
func (o *Organisation) Write(ctx context.Context, f func(Tx) error) error {
	if err := o.ensure(ctx); err != nil {
		return err
	}
	return o.db.Write(ctx, func(c sqldb.Conn) error { return f(Tx{c, o.no.Load(), o.id}) })
}

// Read runs f on one state of the database.
func (o *Organisation) Read(ctx context.Context, f func(Tx) error) error {
	if err := o.ensure(ctx); err != nil {
		return err
	}
	return o.db.Read(ctx, func(c sqldb.Conn) error { return f(Tx{c, o.no.Load(), o.id}) })
}

// ensure learns the organisation's number, and gives it one the first time.
func (o *Organisation) ensure(ctx context.Context) error {
	if o.no.Load() != 0 {
		return nil
	}
	if o.id == "" {
		return fmt.Errorf("an organisation needs an id")
	}
	var no int64
	find := func(c sqldb.Conn) error {
		_, err := sqldb.First(c, "select no from organisations where id = $1", func(st sqldb.Stmt) { no = st.ColInt(0) }, o.id)
		return err
	}
	err := o.db.Read(ctx, find)
	if err == nil && no == 0 {
		err = o.db.Write(ctx, func(c sqldb.Conn) error {
			if _, err := sqldb.Exec(c, "insert into organisations (id) values ($1) on conflict (id) do nothing", o.id); err != nil {
				return err
			}
			return find(c)
		})
	}
	if err == nil {
		o.no.Store(no) // only now is the row sure to stay
	}
	return err
}
