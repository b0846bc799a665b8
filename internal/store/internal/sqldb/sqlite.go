package sqldb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	// lockWait is how long a write waits for another process that writes.
	lockWait = 20 * time.Second
	// idleReaders is how many read connections are kept open; more are opened while they are needed, so
	// that a read inside the loop of another read never waits for itself.
	idleReaders = 4
	// readKiB is small, because what reads everybody goes through the cache once, and every page of it is new memory.
	readKiB = 2 << 10
	// pageSize halves the pages that random-order index inserts of a first load touch, beside 4 KiB;
	// walPages is how much of the log (32 MiB) is collected before it is copied into the file.
	pageSize = 8192
	walPages = 4096
	// cacheKiB holds what a batch of a first load touches at random, the pages of the index of addresses: all of
	// them, with 100,000 people. What is only added to goes through it once and would fill any cache.
	cacheKiB = 4 << 10
)

// sqliteDB is a SQLite file: one connection that writes, and some that only read. Who reads while nobody writes,
// and no reader is idle, is lent the writer: a connection that is opened reads the whole schema, which costs a
// short command more than all that it then asks. Whoever wants to write meanwhile opens another.
type sqliteDB struct {
	path  string
	write chan struct{} // holds one token while nobody writes

	mu      sync.Mutex
	writer  *sqliteConn   // nil while it is in use
	readers []*sqliteConn // idle ones
	closed  bool
}

// OpenSQLite opens a SQLite file, creating it (mode 0600) when it is not there.
func OpenSQLite(path string) (DB, error) {
	// SQLite would create the file with the process's umask; its companions inherit the mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	w, err := openWriter(path)
	if err != nil {
		return nil, err
	}
	db := &sqliteDB{path: path, write: make(chan struct{}, 1), writer: w}
	db.write <- struct{}{}
	return db, nil
}

func openWriter(path string) (*sqliteConn, error) {
	c, err := openConn(path, fmt.Sprintf(`pragma page_size = %d; pragma journal_mode = wal; pragma synchronous = normal;
		pragma foreign_keys = on; pragma cache_size = -%d; pragma temp_store = memory; pragma wal_autocheckpoint = %d`, pageSize, cacheKiB, walPages))
	if err != nil {
		return nil, err
	}
	c.writes = true
	return c, nil
}

func openConn(path, pragmas string) (*sqliteConn, error) {
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, explain(path, err)
	}
	// Switching a fresh file to WAL is a write that another process may be doing at this moment.
	c.SetBusyTimeout(lockWait)
	for p := range strings.SplitSeq(pragmas, ";") {
		if err := insist(c, p); err != nil {
			return nil, errors.Join(explain(path, err), c.Close())
		}
	}
	c.SetBlockOnBusy()
	return &sqliteConn{c: c, stmts: map[string]*sqliteStmt{}}, nil
}

// insist runs a pragma until no other process is in its way, at most for lockWait. Two processes that
// switch one file to WAL both hold a read lock and want to write: SQLite then answers one of them at
// once that the file is busy, whatever the busy timeout, because waiting would be a deadlock.
func insist(c *sqlite.Conn, pragma string) error {
	for end := time.Now().Add(lockWait); ; time.Sleep(5 * time.Millisecond) {
		err := sqlitex.ExecuteTransient(c, pragma, nil)
		if sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy || time.Now().After(end) {
			return err
		}
	}
}

func (db *sqliteDB) Write(ctx context.Context, f func(Conn) error) error {
	select {
	case <-db.write:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { db.write <- struct{}{} }()
	c, err := db.takeWriter()
	if err != nil {
		return err
	}
	defer func() {
		c.c.SetInterrupt(nil)
		db.put(c)
	}()
	wait, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	c.c.SetInterrupt(wait.Done())
	if _, err := Exec(c, "begin immediate"); err != nil {
		if wait.Err() != nil && ctx.Err() == nil {
			return fmt.Errorf("%s is busy: another process has been writing for %s; try again", db.path, lockWait)
		}
		return db.explain(ctx, err)
	}
	c.c.SetInterrupt(ctx.Done())
	return db.finish(ctx, c, f)
}

// finish runs f in the open transaction and ends it, also after a panic.
func (db *sqliteDB) finish(ctx context.Context, c *sqliteConn, f func(Conn) error) (err error) {
	committed := false
	defer func() {
		if !committed {
			err = errors.Join(err, db.rollback(c))
		}
	}()
	if err := f(c); err != nil {
		return db.explain(ctx, err)
	}
	if _, err := Exec(c, "commit"); err != nil {
		return db.explain(ctx, err)
	}
	committed = true
	return nil
}

// rollback must not be interrupted. Some failures SQLite has rolled back by itself, a full disk for one.
func (db *sqliteDB) rollback(c *sqliteConn) error {
	c.c.SetInterrupt(nil)
	c.closeAll()
	if c.c.AutocommitEnabled() {
		return nil
	}
	_, err := Exec(c, "rollback")
	return explain(db.path, err)
}

func (db *sqliteDB) Read(ctx context.Context, f func(Conn) error) error {
	c, err := db.reader()
	if err != nil {
		return err
	}
	defer db.release(c)
	c.c.SetInterrupt(ctx.Done())
	if _, err := Exec(c, "begin"); err != nil {
		return db.explain(ctx, err)
	}
	return db.explain(ctx, c.onlyRead(f))
}

// takeWriter is for who holds the token.
func (db *sqliteDB) takeWriter() (*sqliteConn, error) {
	db.mu.Lock()
	c := db.writer
	db.writer = nil
	db.mu.Unlock()
	if c == nil {
		return openWriter(db.path)
	}
	return c, nil
}

func (db *sqliteDB) reader() (*sqliteConn, error) {
	db.mu.Lock()
	var c *sqliteConn
	if n := len(db.readers); n > 0 {
		c, db.readers = db.readers[n-1], db.readers[:n-1]
	} else {
		c, db.writer = db.writer, nil
	}
	db.mu.Unlock()
	if c == nil {
		return openConn(db.path, fmt.Sprintf("pragma query_only = on; pragma temp_store = memory; pragma cache_size = -%d", readKiB))
	}
	return c, nil
}

// release ends a reader's transaction.
func (db *sqliteDB) release(c *sqliteConn) {
	if err := db.rollback(c); err != nil {
		_ = c.c.Close()
		return
	}
	db.put(c)
}

// put keeps a connection, or closes it when there are enough. A failed close of a connection that has nothing under
// way loses nothing.
func (db *sqliteDB) put(c *sqliteConn) {
	db.mu.Lock()
	defer db.mu.Unlock()
	switch {
	case db.closed:
		_ = c.c.Close()
	case c.writes && db.writer == nil:
		db.writer = c
	case len(db.readers) < idleReaders:
		db.readers = append(db.readers, c)
	default:
		_ = c.c.Close()
	}
}

func (db *sqliteDB) Backup(ctx context.Context, path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	// A connection of its own: VACUUM runs outside transactions and may take long.
	c, err := openConn(db.path, "pragma temp_store = memory")
	if err != nil {
		return err
	}
	c.c.SetInterrupt(ctx.Done())
	_, err = Exec(c, "vacuum into $1", path)
	if err = errors.Join(db.explain(ctx, err), c.c.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func (db *sqliteDB) Close() error {
	<-db.write
	db.mu.Lock()
	defer db.mu.Unlock()
	db.closed = true
	var errs []error
	for _, c := range append(db.readers, db.writer) {
		if c != nil { // lent to who still reads
			errs = append(errs, c.c.Close())
		}
	}
	db.readers, db.writer = nil, nil
	return errors.Join(errs...)
}

// explain tells the caller's cancellation from the engine's failures.
func (db *sqliteDB) explain(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultInterrupt {
		return context.Cause(ctx)
	}
	return explain(db.path, err)
}

// explain words the engine's failures for an operator.
func explain(path string, err error) error {
	var why string
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull:
		why = "the disk is full; free some space, what was written before is safe"
	case sqlite.ResultReadOnly, sqlite.ResultCantOpen, sqlite.ResultPerm:
		why = "it cannot be written; check the owner and the mode of the data folder"
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		why = "it is damaged or no database; restore a backup"
	case sqlite.ResultIOErr:
		why = "the disk failed or is full; free some space, or see what the system's log says of the disk"
	case sqlite.ResultBusy:
		why = "another process is writing; try again"
	default:
		return err
	}
	return fmt.Errorf("%s: %s: %w", path, why, err)
}

// sqliteConn is one SQLite connection with its statements.
type sqliteConn struct {
	c      *sqlite.Conn
	stmts  map[string]*sqliteStmt
	writes bool // may be used for writing
}

func (c *sqliteConn) Prepare(sql string) Stmt {
	st, ok := c.stmts[sql]
	if !ok {
		s, err := c.c.Prepare(numbered(sql))
		if err != nil {
			return &sqliteStmt{err: err}
		}
		st = &sqliteStmt{c: c.c, s: s, values: make([]bound, s.BindParamCount())}
		c.stmts[sql] = st
	}
	if st.open {
		return &sqliteStmt{err: fmt.Errorf("statement is in use: %s", sql)}
	}
	st.param, st.open, st.begun, st.err = 0, true, false, nil
	return st
}

// numbered writes $1 as ?1: SQLite takes $1 for a name and would number it by first appearance.
func numbered(sql string) string { return strings.ReplaceAll(sql, "$", "?") }

func (c *sqliteConn) Script(sql string) error { return sqlitex.ExecuteScript(c.c, sql, nil) }

func (c *sqliteConn) Has(name string) (bool, error) {
	return First(c, "select 1 from sqlite_master where type in ('table', 'index') and name = $1", nil, name)
}

func (c *sqliteConn) Now() (ms int64, err error) {
	_, err = First(c, "select cast(unixepoch('subsec') * 1000 as integer)", func(st Stmt) { ms = st.ColInt(0) })
	return ms, err
}

// onlyRead runs f, and tells of a write in it, which is undone with its transaction. A reader refuses to write; a
// writer that was lent is asked how many rows it has changed.
func (c *sqliteConn) onlyRead(f func(Conn) error) error {
	if !c.writes {
		return f(c)
	}
	changed := func() (n int64, err error) {
		_, err = First(c, "select total_changes()", func(st Stmt) { n = st.ColInt(0) })
		return n, err
	}
	before, err := changed()
	if err != nil {
		return err
	}
	if err := f(c); err != nil {
		return err
	}
	after, err := changed()
	if err == nil && after != before {
		err = errors.New("a read wrote; it was undone")
	}
	return err
}

// closeAll closes what an error or a panic left open.
func (c *sqliteConn) closeAll() {
	for _, st := range c.stmts {
		st.Close()
	}
}
