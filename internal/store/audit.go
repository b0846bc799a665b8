package store

import (
	"context"
	"fmt"
	"iter"

	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// AuditEntry is one row of the audit trail.
type AuditEntry = orgtx.Entry

// ChainError says that the audit trail was changed behind Rollcall's back.
type ChainError struct{ Seq int64 }

func (e *ChainError) Error() string {
	return fmt.Sprintf("the audit trail is broken at entry %d: it, or one before it, was changed or removed", e.Seq)
}

// FirstBroken is the number of the first entry that does not fit.
func (e *ChainError) FirstBroken() int64 { return e.Seq }

func (t tx) audit(e AuditEntry) error {
	return orgtx.Tx{Conn: t.Conn, Org: t.org, OrgID: t.orgID}.Audit(e)
}

// auditSeq is the number of the last entry: the organisation's clock of everything that people and runs
// changed.
func (t tx) auditSeq() (seq int64, err error) {
	_, err = t.first("select seq from audit where org = $1 order by seq desc limit 1", func(st stmt) { seq = st.ColInt(0) }, t.org)
	return seq, err
}

// Audit yields the audit trail from an entry (exclusive) on.
func (s *Store) Audit(ctx context.Context, after int64) iter.Seq2[AuditEntry, error] {
	return func(yield func(AuditEntry, error) bool) {
		err := s.read(ctx, func(t tx) error {
			return t.each(`select seq, at, actor, event, subject, before, after, run_id, detail, hash from audit
				where org = $1 and seq > $2 order by seq`, func(st stmt) error {
				e := AuditEntry{Seq: st.ColInt(0), At: sqldb.Instant(st.ColInt(1)), Actor: st.ColText(2), Event: st.ColText(3), Subject: st.ColText(4),
					Before: st.ColText(5), After: st.ColText(6), RunID: st.ColText(7), Detail: st.ColText(8)}
				copy(e.Hash[:], st.ColBytes(9, nil))
				if !yield(e, nil) {
					return errStopped
				}
				return nil
			}, t.org, after)
		})
		yieldError(err, yield)
	}
}

// VerifyAudit checks the chain of the whole trail; *ChainError names the first entry that does not fit.
// An entry cut off at the end shows only beside an exported hash.
func (s *Store) VerifyAudit(ctx context.Context) error {
	var last AuditEntry
	for e, err := range s.Audit(ctx, 0) {
		if err != nil {
			return err
		}
		if e.Seq != last.Seq+1 || e.Chain(s.org.ID(), last.Hash) != e.Hash {
			return &ChainError{last.Seq + 1}
		}
		last = e
	}
	return nil
}
