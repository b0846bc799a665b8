package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"time"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// AuditEntry is one row of the audit trail. It names ids, never values: what was written stands in the
// history, where it can be erased (security §1.15, §1.16).
type AuditEntry struct {
	Seq     int64 // from 1, without gaps
	At      time.Time
	Actor   string
	Event   string // apply, deactivate, reactivate, move_email, save_person, add_hold, remove_hold, decide, accept_baseline, export_person
	Subject string // id of the plan, person, connection or employee it is about
	Before  string // id or state before: a status, a hold, the person who had the address
	After   string
	RunID   string
	Detail  string
	Hash    [sha256.Size]byte // over the row and the hash before it
}

// ChainError says that the audit trail was changed behind Rollcall's back.
type ChainError struct{ Seq int64 }

func (e *ChainError) Error() string {
	return fmt.Sprintf("the audit trail is broken at entry %d: it, or one before it, was changed or removed", e.Seq)
}

// chain returns the entry's hash; every part stands behind its length, so that none can lend the next
// one a letter.
func (e AuditEntry) chain(org string, before [sha256.Size]byte) [sha256.Size]byte {
	b := append(make([]byte, 0, 256), before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(sqldb.Millis(e.At)))
	for _, s := range []string{org, e.Actor, e.Event, e.Subject, e.Before, e.After, e.RunID, e.Detail} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return sha256.Sum256(b)
}

// audit appends an entry.
func (t tx) audit(e AuditEntry) error {
	var last AuditEntry
	if _, err := t.first("select seq, hash from audit where org = $1 order by seq desc limit 1", func(st stmt) {
		last.Seq = st.ColInt(0)
		copy(last.Hash[:], st.ColBytes(1, nil))
	}, t.org); err != nil {
		return err
	}
	e.Seq = last.Seq + 1
	e.Hash = e.chain(t.orgID, last.Hash)
	_, err := t.exec(`insert into audit (org, seq, at, actor, event, subject, before, after, run_id, detail, hash)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		t.org, e.Seq, e.At, e.Actor, e.Event, e.Subject, e.Before, e.After, e.RunID, e.Detail, e.Hash[:])
	return err
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
		if e.Seq != last.Seq+1 || e.chain(s.id, last.Hash) != e.Hash {
			return &ChainError{last.Seq + 1}
		}
		last = e
	}
	return nil
}
