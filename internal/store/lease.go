package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/internal/store/internal/linkpage"
	"github.com/rollcall-hr/rollcall/internal/store/internal/runrow"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Acquire implements syncrun.Connections. A process that is gone from the same host loses the lease at
// once, any other when its time is up.
func (s *Store) Acquire(ctx context.Context, connection, runID string, ttl time.Duration) (syncrun.Lease, error) {
	l := syncrun.Lease{Connection: connection, RunID: runID}
	err := s.write(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		now, err := t.Now()
		if err != nil {
			return err
		}
		var old runrow.Lease
		if _, err := t.first("select "+runrow.LeaseColumns+" from leases where org = $1 and connection = $2",
			func(st stmt) { old = runrow.ScanLease(st, 0) }, t.org, conn); err != nil {
			return err
		}
		if old.Held(now, s.db.self) {
			return &syncrun.BusyError{RunID: old.Run}
		}
		l.Fence = old.Fence + 1
		me := s.db.self
		if _, err := t.exec(`insert into leases (org, connection, run_id, fence, expires, host, pid, started)
			values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (org, connection) do update set run_id = excluded.run_id,
			fence = excluded.fence, expires = excluded.expires, host = excluded.host, pid = excluded.pid, started = excluded.started`,
			t.org, conn, runID, l.Fence, now+ttl.Milliseconds(), me.Host, me.PID, me.Started); err != nil {
			return err
		}
		_, err = t.exec("update runs set outcome = $1 where org = $2 and connection = $3 and outcome = '' and id <> $4",
			string(syncrun.OutcomeInterrupted), t.org, conn, runID)
		return err
	})
	if _, busy := errors.AsType[*syncrun.BusyError](err); busy {
		return syncrun.Lease{}, err
	}
	if err != nil {
		return syncrun.Lease{}, fmt.Errorf("take the lease of connection %s: %w", connection, err)
	}
	return l, nil
}

// Renew implements syncrun.Connections.
func (s *Store) Renew(ctx context.Context, l syncrun.Lease, ttl time.Duration) error {
	return s.write(ctx, func(t tx) error {
		conn, err := t.connection(l.Connection)
		if err != nil {
			return err
		}
		if err := runrow.Check(t.shared(), conn, l); err != nil {
			return err
		}
		now, err := t.Now()
		if err != nil {
			return err
		}
		_, err = t.exec("update leases set expires = $1 where org = $2 and connection = $3", now+ttl.Milliseconds(), t.org, conn)
		return err
	})
}

// Release implements syncrun.Connections.
func (s *Store) Release(ctx context.Context, l syncrun.Lease) error {
	s.kept.Store(nil)
	return s.write(ctx, func(t tx) error {
		conn, err := t.connection(l.Connection)
		if err != nil {
			return err
		}
		if err := runrow.Check(t.shared(), conn, l); err != nil {
			if errors.Is(err, syncrun.ErrLeaseLost) {
				return nil
			}
			return err
		}
		_, err = t.exec("update leases set run_id = '', expires = 0 where org = $1 and connection = $2", t.org, conn)
		return err
	})
}

// fenced checks inside a transaction that a lease is still the connection's last one and that its time is not up,
// and returns the connection's number; ErrLeaseLost otherwise (security §3 #42). A transaction that writes checks
// it once more before it commits: whoever stands still inside it has its lock, but no right to write any more.
func (t tx) fenced(l syncrun.Lease) (int64, error) {
	conn, err := t.connection(l.Connection)
	if err != nil {
		return 0, err
	}
	err = runrow.Check(t.shared(), conn, l)
	if err == nil && t.under != nil {
		t.under.conn, t.under.lease = conn, l
	}
	return conn, err
}

// under is the lease that a transaction writes under, if any, and the link states that it writes.
type under struct {
	conn  int64
	lease syncrun.Lease
	books map[int64]*linkpage.Book // by number of the connection
}

// inTime checks the lease that a transaction writes under once more.
func (t tx) inTime() error {
	if t.under.conn == 0 {
		return nil
	}
	return runrow.Check(t.shared(), t.under.conn, t.under.lease)
}
