// Package schedules keeps when each connection runs by itself, next to River's queue of jobs: both are
// written in one transaction, through database/sql, because River speaks nothing else. What is due when is
// left to package jobs, everything else in the database to package store.
package schedules

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"sync/atomic"
	"time"

	"modernc.org/sqlite" // on the engine that package store uses

	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
	"github.com/rollcall-hr/rollcall/internal/store/internal/proc"
)

// Queue implements jobs.Queue on a data folder.
type Queue struct {
	sql  *sql.DB
	lock string // file
	self proc.Identity
	term atomic.Int64 // in which this process works the queue, or did last; 0: it never did
}

var _ jobs.Queue = (*Queue)(nil)

// Open opens the queue of the database in a data folder, which package store has made.
func Open(dir string) (*Queue, error) {
	path, err := filepath.Abs(filepath.Join(dir, "rollcall.db"))
	if err != nil {
		return nil, err
	}
	// A transaction takes the write lock at its start, as in package store, whose other settings are kept too.
	dsn := "file:" + (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath() +
		"?_pragma=busy_timeout(20000)&_pragma=synchronous(normal)&_pragma=wal_autocheckpoint(4096)&_txlock=immediate"
	q := &Queue{lock: filepath.Join(dir, "worker.lock"), self: proc.Self()}
	base, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, fmt.Errorf("open the queue of jobs in %s: %w", dir, err)
	}
	q.sql = sql.OpenDB(connector{base, q})
	q.sql.SetMaxOpenConns(1) // River's advice for SQLite
	return q, nil
}

// DB implements jobs.Queue.
func (q *Queue) DB() *sql.DB { return q.sql }

// Lock implements jobs.Queue by a lock on a file, which ends with its process, however that ends.
func (q *Queue) Lock() (release func() error, err error) {
	f, err := lockFile(q.lock)
	if err != nil {
		return nil, err
	}
	return f.Close, nil
}

// Close closes the queue.
func (q *Queue) Close() error { return q.sql.Close() }

// Rows implements jobs.Queue.
func (q *Queue) Rows(ctx context.Context, tx *sql.Tx, organisation string) (rows []jobs.Row, err error) {
	found, err := tx.QueryContext(ctx, `select c.id, s.kind, s.spec, s.next_at, s.last_at from schedules s
		join organisations o on o.no = s.org join connections c on c.org = s.org and c.no = s.connection where o.id = $1`, organisation)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	for found.Next() {
		var r jobs.Row
		var next, last sql.NullInt64
		if err := found.Scan(&r.Connection, &r.Kind, &r.Spec, &next, &last); err != nil {
			return nil, err
		}
		r.Next, r.Last = instant(next), instant(last)
		rows = append(rows, r)
	}
	return rows, found.Err()
}

// Put implements jobs.Queue.
func (q *Queue) Put(ctx context.Context, tx *sql.Tx, organisation string, r jobs.Row) error {
	_, err := tx.ExecContext(ctx, `insert into schedules (org, connection, kind, spec, next_at, last_at)
		select c.org, c.no, $3, $4, $5, $6 from connections c join organisations o on o.no = c.org where o.id = $1 and c.id = $2
		on conflict (org, connection, kind) do update set spec = excluded.spec, next_at = excluded.next_at, last_at = excluded.last_at`,
		organisation, r.Connection, string(r.Kind), r.Spec, millis(r.Next), millis(r.Last))
	return err
}

// The instants of a connection after $3, and whether BambooHR has to be read for them: those of its employees
// (moments), and what the newest plan of everybody, and each later one, says beside them (looks; plan.Header.LookAt).
const (
	ofConnection = ` from connections c join organisations o on o.no = c.org `
	moments      = `select l.due_at as at, l.due_action is null as look` + ofConnection + `join dues l on l.org = c.org and l.connection = c.no
		where o.id = $1 and c.id = $2 and l.due_at > $3 `
	looks = `select json_extract(p.header, '$.LookAt') as at, 1 as look` + ofConnection + `join plans p on p.org = c.org and p.connection = c.no
		where o.id = $1 and c.id = $2 and p.finished = 1 and p.as_of = 0 and json_extract(p.header, '$.LookAt') > $3 and p.seq >= (
			select p.seq from plans p where p.org = c.org and p.connection = c.no and ` + planread.Whole + ` order by p.seq desc limit 1) `
)

// Moments implements jobs.Queue.
func (q *Queue) Moments(ctx context.Context, tx *sql.Tx, organisation, connection string, after, now time.Time) (jobs.Moments, error) {
	var m jobs.Moments
	var first, last sql.NullInt64
	err := tx.QueryRowContext(ctx, "select min(at) from (select * from ("+moments+"order by l.due_at limit 1) union all "+looks+")",
		organisation, connection, after.UnixMilli()).Scan(&first)
	if err != nil {
		return m, err
	}
	if m.Next = instant(first); !first.Valid || m.Next.After(now) {
		return m, nil
	}
	err = tx.QueryRowContext(ctx, "select max(at), coalesce(max(look), 0) from ("+moments+"and l.due_at <= $4 union all "+looks+") where at <= $4",
		organisation, connection, after.UnixMilli(), now.UnixMilli()).Scan(&last, &m.Look)
	m.Last = instant(last)
	return m, err
}

func instant(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

func millis(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()}
}
