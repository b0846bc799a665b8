// Package sqldb is the little that the store needs of a database: transactions, numbered parameters and
// typed columns, on SQLite's low-level API (which costs less than half of database/sql on the same
// engine), and migrations. Which tables there are is left to the store.
package sqldb

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrUnique says that a row with the same unique value exists already.
var ErrUnique = errors.New("value is not unique")

// DB is a database. Its transactions are serialisable.
type DB interface {
	// Write runs f in a transaction that holds the database's write lock from its start, and commits
	// unless f fails. It waits at most 20 s for another process that writes.
	Write(ctx context.Context, f func(Conn) error) error
	// Read runs f on one state of the database. Reads may be nested in each other and in writes.
	Read(ctx context.Context, f func(Conn) error) error
	// Backup writes a consistent copy to a new file, readable by its owner only.
	Backup(ctx context.Context, path string) error
	// Close waits for the write under way.
	Close() error
}

// Conn is one session inside a transaction, used by one goroutine at a time.
type Conn interface {
	// Prepare returns the statement of a constant SQL text with nothing bound (every parameter NULL).
	// Statements are kept for the session; one that yields rows must be closed before it is prepared again.
	Prepare(sql string) Stmt
	// Script runs several statements without parameters.
	Script(sql string) error
	// Has tells whether the schema has a table or an index of that name.
	Has(name string) (bool, error)
	// Now returns the database's clock in epoch milliseconds.
	Now() (int64, error)
}

// Stmt is a prepared statement. The binding methods fill $1, $2, … in turn; the columns count from 0.
// A NULL column reads as 0 or "". A fault in preparing or binding is told by Run or Next.
type Stmt interface {
	Int(v int64)
	Text(v string)
	Blob(v []byte)
	Bytes(v Bytes)
	Null()

	// Run executes the statement and returns the number of rows it changed; ErrUnique when a row with the
	// same unique value is in the way, with the number of rows that stay all the same.
	Run() (int, error)
	// Next moves to the next row; after false or an error the statement is closed.
	Next() (bool, error)
	Close()

	ColInt(i int) int64
	ColText(i int) string
	// ColBytes returns the column's bytes in buf, or in a larger slice when they do not fit.
	ColBytes(i int, buf []byte) []byte
	ColNull(i int) bool
}

// Bytes are bound as a blob, without a copy of each value's own.
type Bytes string

// Optional is text that is stored as NULL when blank.
type Optional string

// BindOptional binds text, NULL when it is blank.
func BindOptional(st Stmt, s string) {
	if s == "" {
		st.Null()
		return
	}
	st.Text(s)
}

// bind fills the parameters from values; it is for statements that run a few times per transaction,
// the others use the binding methods, which allocate nothing.
func bind(st Stmt, args []any) {
	for _, a := range args {
		switch v := a.(type) {
		case nil:
			st.Null()
		case int64:
			st.Int(v)
		case int:
			st.Int(int64(v))
		case bool:
			st.Int(Int(v))
		case string:
			st.Text(v)
		case Optional:
			BindOptional(st, string(v))
		case []byte:
			st.Blob(v)
		case Bytes:
			st.Bytes(v)
		case time.Time:
			st.Int(Millis(v))
		default:
			panic(fmt.Sprintf("sqldb: cannot bind a %T", a))
		}
	}
}

// Exec runs a statement with values and returns the number of rows it changed.
func Exec(c Conn, sql string, args ...any) (int, error) {
	st := c.Prepare(sql)
	bind(st, args)
	return st.Run()
}

// Each calls scan for every row of a query.
func Each(c Conn, sql string, scan func(Stmt) error, args ...any) error {
	st := c.Prepare(sql)
	bind(st, args)
	defer st.Close()
	for {
		ok, err := st.Next()
		if err != nil || !ok {
			return err
		}
		if err := scan(st); err != nil {
			return err
		}
	}
}

// First calls scan for the first row of a query and reports whether there was one.
func First(c Conn, sql string, scan func(Stmt), args ...any) (bool, error) {
	st := c.Prepare(sql)
	bind(st, args)
	defer st.Close()
	ok, err := st.Next()
	if ok && scan != nil {
		scan(st)
	}
	return ok, err
}

// Int stores a truth value: 1 or 0.
func Int(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Millis stores an instant; the zero instant is 0.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Instant reads what Millis stored, in UTC.
func Instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
