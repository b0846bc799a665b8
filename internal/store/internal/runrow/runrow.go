// Package runrow reads runs and the leases that tell whether they are still under way. Taking leases and
// writing runs is left to the store.
package runrow

import (
	"encoding/json"
	"fmt"

	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/proc"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Lease is a connection's lease as stored.
type Lease struct {
	Run     string // "" while nobody holds it
	Fence   int64
	Expires int64 // by the database's clock
	Holder  proc.Identity
}

// LeaseColumns are what ScanLease reads.
const LeaseColumns = "run_id, fence, expires, host, pid, started"

// ScanLease reads LeaseColumns, which stand from column at on.
func ScanLease(st sqldb.Stmt, at int) Lease {
	return Lease{st.ColText(at), st.ColInt(at + 1), st.ColInt(at + 2),
		proc.Identity{Host: st.ColText(at + 3), PID: int(st.ColInt(at + 4)), Started: st.ColInt(at + 5)}}
}

// Held reports whether a run holds the lease at an instant of the database's clock, as far as process me
// can tell.
func (l Lease) Held(now int64, me proc.Identity) bool {
	return l.Run != "" && now < l.Expires && !me.Gone(l.Holder)
}

// Check tells, inside a transaction, whether a run may write under a lease: nil, syncrun.ErrLeaseLost when it is no
// longer the last one of the connection with that number, or syncrun.ErrLeaseExpired.
func Check(t orgtx.Tx, connection int64, l syncrun.Lease) error {
	var have Lease
	if _, err := t.First("select "+LeaseColumns+" from leases where org = $1 and connection = $2",
		func(st sqldb.Stmt) { have = ScanLease(st, 0) }, t.Org, connection); err != nil {
		return err
	}
	if have.Run != l.RunID || have.Fence != l.Fence {
		return syncrun.ErrLeaseLost
	}
	now, err := t.Now()
	if err == nil && now >= have.Expires {
		err = syncrun.ErrLeaseExpired
	}
	return err
}

const columns = `r.id, c.id, r.name, r.cause, r.actor, r.outcome, r.plan_id, r.undo_of, r.started_at, r.finished_at, r.counts, r.kind_counts,
	r.released, r.revision, r.requests, r.rows_written, r.errors, l.run_id, l.fence, l.expires, l.host, l.pid, l.started, r.no from runs r
	join connections c on c.no = r.connection left join leases l on l.org = r.org and l.connection = r.connection where r.org = $1 `

// Each yields the runs that a condition on $2, $3, … and order select, with their number in runs.no. One
// that never ended, and whose lease is gone, is interrupted.
func Each(t orgtx.Tx, me proc.Identity, yield func(no int64, r *syncrun.Run) error, condition string, args ...any) error {
	now, err := t.Now()
	if err != nil {
		return err
	}
	return t.Each("select "+columns+condition, func(st sqldb.Stmt) error {
		r := syncrun.Run{ID: st.ColText(0), Connection: st.ColText(1), Name: st.ColText(2), Trigger: syncrun.Trigger(st.ColText(3)),
			Actor: st.ColText(4), Outcome: syncrun.Outcome(st.ColText(5)), PlanID: st.ColText(6), UndoOf: st.ColText(7),
			StartedAt: sqldb.Instant(st.ColInt(8)), FinishedAt: sqldb.Instant(st.ColInt(9)), Released: st.ColInt(12) != 0, Revision: st.ColText(13),
			Requests: int(st.ColInt(14)), RowsWritten: int(st.ColInt(15))}
		for i, into := range map[int]any{10: &r.Counts, 11: &r.KindCounts, 16: &r.Errors} {
			if err := json.Unmarshal([]byte(st.ColText(i)), into); err != nil {
				return fmt.Errorf("run %s: %w", r.ID, err)
			}
		}
		if r.Outcome == "" {
			if l := ScanLease(st, 17); l.Run != r.ID || !l.Held(now, me) {
				r.Outcome = syncrun.OutcomeInterrupted
			}
		}
		return yield(st.ColInt(23), &r)
	}, append([]any{t.Org}, args...)...)
}
