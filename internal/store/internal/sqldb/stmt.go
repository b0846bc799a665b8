package sqldb

import (
	"slices"

	"zombiezen.com/go/sqlite"
)

// sqliteStmt is a prepared statement. It remembers what its parameters are bound to: most values of a
// row are those of the row before, and binding one costs more than comparing it.
type sqliteStmt struct {
	c      *sqlite.Conn
	s      *sqlite.Stmt // nil when the text could not be prepared
	values []bound      // by parameter number less 1
	bytes  []byte       // scratch of Bytes
	param  int
	open   bool
	begun  bool // a step was made since Prepare
	err    error
}

// bound is the value of a parameter.
type bound struct {
	kind boundKind
	num  int64
	text string
}

type boundKind uint8

const (
	boundNull boundKind = iota
	boundInt
	boundText
	boundBlob // not remembered
)

// next moves to the next parameter; nil when the statement cannot be bound, or has no more: the engine
// tells the latter.
func (st *sqliteStmt) next() *bound {
	st.param++
	switch {
	case st.err != nil:
		return nil
	case st.param > len(st.values):
		st.s.BindNull(st.param)
		return nil
	}
	return &st.values[st.param-1]
}

func (st *sqliteStmt) Int(v int64) {
	if b := st.next(); b != nil && (b.kind != boundInt || b.num != v) {
		*b = bound{kind: boundInt, num: v}
		st.s.BindInt64(st.param, v)
	}
}

func (st *sqliteStmt) Text(v string) {
	if b := st.next(); b != nil && (b.kind != boundText || b.text != v) {
		*b = bound{kind: boundText, text: v}
		st.s.BindText(st.param, v)
	}
}

func (st *sqliteStmt) Blob(v []byte) {
	if b := st.next(); b != nil {
		*b = bound{kind: boundBlob}
		st.s.BindBytes(st.param, v)
	}
}

func (st *sqliteStmt) Bytes(v Bytes) {
	st.bytes = append(st.bytes[:0], v...)
	st.Blob(st.bytes)
}

func (st *sqliteStmt) Null() {
	if b := st.next(); b != nil && b.kind != boundNull {
		*b = bound{}
		st.s.BindNull(st.param)
	}
}

func (st *sqliteStmt) Run() (int, error) {
	for {
		ok, err := st.Next()
		if err == ErrUnique {
			return st.c.Changes(), err
		}
		if err != nil {
			return 0, err
		}
		if !ok {
			return st.c.Changes(), nil
		}
	}
}

func (st *sqliteStmt) Next() (bool, error) {
	if st.err != nil {
		st.Close()
		return false, st.err
	}
	for !st.begun && st.param < len(st.values) {
		st.Null()
	}
	st.begun = true
	ok, err := st.s.Step()
	if !ok {
		st.Close()
	}
	if err != nil {
		st.forget()
	}
	if code := sqlite.ErrCode(err); code == sqlite.ResultConstraintUnique || code == sqlite.ResultConstraintPrimaryKey {
		err = ErrUnique
	}
	return ok, err
}

// forget unbinds everything: after an error nobody knows what is bound.
func (st *sqliteStmt) forget() {
	clear(st.values)
	if err := st.s.ClearBindings(); err != nil {
		st.values = slices.Repeat([]bound{{kind: boundBlob}}, len(st.values))
	}
}

// Close resets the statement, so that it holds no snapshot; what went wrong is what Step has told.
func (st *sqliteStmt) Close() {
	if st.open && st.s != nil {
		st.open = false
		_ = st.s.Reset()
	}
}

func (st *sqliteStmt) ColInt(i int) int64   { return st.s.ColumnInt64(i) }
func (st *sqliteStmt) ColText(i int) string { return st.s.ColumnText(i) }
func (st *sqliteStmt) ColNull(i int) bool   { return st.s.ColumnIsNull(i) }

func (st *sqliteStmt) ColBytes(i int, buf []byte) []byte {
	n := st.s.ColumnLen(i)
	if cap(buf) < n {
		buf = make([]byte, n, n+n/2)
	}
	buf = buf[:n]
	st.s.ColumnBytes(i, buf)
	return buf
}
