package schedules

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/store/internal/proc"
)

// Worker implements jobs.Queue.
func (q *Queue) Worker(ctx context.Context) (w jobs.Worker, err error) {
	var host string
	var pid int
	var started, since, seen int64
	err = q.sql.QueryRowContext(ctx, "select term, host, pid, started, locked, since, seen, beats from queue_worker").
		Scan(&w.Term, &host, &pid, &started, &w.Locked, &since, &seen, &w.Beats)
	if errors.Is(err, sql.ErrNoRows) {
		return w, nil
	}
	if err != nil {
		return w, fmt.Errorf("look who works the queue of jobs: %w", err)
	}
	w.PID, w.Since, w.Seen = pid, time.UnixMilli(since).UTC(), time.UnixMilli(seen).UTC()
	w.Host, _, _ = strings.Cut(host, " ")
	w.Gone = pid == 0 || q.self.Gone(proc.Identity{Host: host, PID: pid, Started: started})
	return w, nil
}

// Take implements jobs.Queue.
func (q *Queue) Take(ctx context.Context, was jobs.Worker, locked bool, now time.Time) (jobs.Worker, error) {
	w := jobs.Worker{Term: was.Term + 1, PID: q.self.PID, Since: now, Seen: now, Beats: was.Beats + 1, Locked: locked}
	w.Host, _, _ = strings.Cut(q.self.Host, " ")
	err := q.write(ctx, func(tx *sql.Tx) error {
		var before proc.Identity
		var term, beats int64
		err := tx.QueryRowContext(ctx, "select term, beats, host, pid, started from queue_worker").
			Scan(&term, &beats, &before.Host, &before.PID, &before.Started)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if term != was.Term || beats != was.Beats {
			return jobs.ErrLocked
		}
		if _, err := tx.ExecContext(ctx, `insert into queue_worker (one, term, host, pid, started, locked, since, seen, beats)
			values (1, $1, $2, $3, $4, $5, $6, $6, $7) on conflict (one) do update set term = excluded.term, host = excluded.host,
			pid = excluded.pid, started = excluded.started, locked = excluded.locked, since = excluded.since, seen = excluded.seen,
			beats = excluded.beats`, w.Term, q.self.Host, q.self.PID, q.self.Started, locked, now.UnixMilli(), w.Beats); err != nil {
			return err
		}
		if err := fence(ctx, tx, w.Term); err != nil {
			return err
		}
		return revive(ctx, tx, before)
	})
	if err != nil {
		return w, fmt.Errorf("take over the queue of jobs: %w", err)
	}
	q.term.Store(w.Term)
	return w, nil
}

// revive makes the jobs of the worker before wait again, and ends the leases of its runs of them; one that was begun
// as often as it may is given up.
func revive(ctx context.Context, tx *sql.Tx, before proc.Identity) error {
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`update leases set expires = 0 where host = $1 and pid = $2 and started = $3 and exists (
			select 1 from river_job j join organisations o on o.id = json_extract(j.args, '$.organisation')
			join connections c on c.org = o.no and c.id = json_extract(j.args, '$.connection')
			where j.state = 'running' and c.org = leases.org and c.no = leases.connection)`, []any{before.Host, before.PID, before.Started}},
		{`update river_job set finalized_at = case when attempt < max_attempts then null else datetime('now', 'subsec') end,
			state = case when attempt < max_attempts then 'available' else 'discarded' end where state = 'running'`, nil},
		{"delete from river_leader", nil},
	} {
		if _, err := tx.ExecContext(ctx, step.sql, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// Beat implements jobs.Queue.
func (q *Queue) Beat(ctx context.Context, term int64, locked bool, now time.Time) error {
	return q.inTerm(ctx, "say that this process works the queue of jobs",
		"update queue_worker set locked = $2, seen = $3, beats = beats + 1 where term = $1", term, locked, now.UnixMilli())
}

// Leave implements jobs.Queue.
func (q *Queue) Leave(ctx context.Context, term int64) error {
	return q.inTerm(ctx, "give back the queue of jobs", "update queue_worker set host = '', pid = 0, started = 0 where term = $1", term)
}

// inTerm changes the row of a term that is not over.
func (q *Queue) inTerm(ctx context.Context, what, sql string, args ...any) error {
	changed, err := q.sql.ExecContext(ctx, sql, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if n, err := changed.RowsAffected(); err != nil || n == 0 {
		return errors.Join(jobs.ErrTakenOver, err)
	}
	return nil
}

// Working implements jobs.Queue.
func (q *Queue) Working(ctx context.Context, tx *sql.Tx, term int64) error {
	var one int
	err := tx.QueryRowContext(ctx, "select 1 from queue_worker where term = $1", term).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return jobs.ErrTakenOver
	}
	return err
}

// write runs f in a transaction that holds the write lock.
func (q *Queue) write(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := q.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// fence makes River's writes on this connection do nothing in any term but one, inside the statement that would
// write: what a process that stood still would fetch is not there, and what it says of a job is not heard. River knows
// no such fence. The triggers are the connection's own and end with it.
func fence(ctx context.Context, tx *sql.Tx, term int64) error {
	for _, sql := range fences(term) {
		if _, err := tx.ExecContext(ctx, sql); err != nil {
			return fmt.Errorf("fence the queue of jobs: %w", err)
		}
	}
	return nil
}

func fences(term int64) (out []string) {
	for _, table := range []string{"river_job", "river_leader"} {
		for _, write := range []string{"insert", "update", "delete"} {
			name := "fence_" + table + "_" + write
			out = append(out, "drop trigger if exists temp."+name,
				fmt.Sprintf("create temp trigger %s before %s on main.%s when not exists (select 1 from queue_worker where term = %d) begin select raise(ignore); end",
					name, write, table, term))
		}
	}
	return out
}

// connector fences every connection that database/sql opens, also in place of one that it closed.
type connector struct {
	driver.Connector
	q *Queue
}

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	term := c.q.term.Load()
	if err != nil || term == 0 {
		return conn, err
	}
	for _, sql := range fences(term) {
		if _, err := conn.(driver.ExecerContext).ExecContext(ctx, sql, nil); err != nil {
			return nil, errors.Join(fmt.Errorf("fence the queue of jobs: %w", err), conn.Close())
		}
	}
	return conn, nil
}
