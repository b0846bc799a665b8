package orgtx

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Entry is one row of the audit trail. It names ids, never values: what was written stands in the
// history, where it can be erased (security §1.15, §1.16).
type Entry struct {
	Seq     int64 // from 1, without gaps
	At      time.Time
	Actor   string
	Event   string // e.g. apply, deactivate, save_person, sign_in, save_settings
	Subject string // id of the plan, person, connection or employee it is about
	Before  string // id or state before: a status, a hold, the person who had the address
	After   string
	RunID   string
	Detail  string
	Hash    [sha256.Size]byte // over the row and the hash before it
}

// Chain returns the entry's hash; every part stands behind its length, so that none can lend the next
// one a letter.
func (e Entry) Chain(org string, before [sha256.Size]byte) [sha256.Size]byte {
	b := append(make([]byte, 0, 256), before[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Seq))
	b = binary.BigEndian.AppendUint64(b, uint64(sqldb.Millis(e.At)))
	for _, s := range []string{org, e.Actor, e.Event, e.Subject, e.Before, e.After, e.RunID, e.Detail} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return sha256.Sum256(b)
}

// Audit appends an entry.
func (t Tx) Audit(e Entry) error {
	var last Entry
	if _, err := t.First("select seq, hash from audit where org = $1 order by seq desc limit 1", func(st sqldb.Stmt) {
		last.Seq = st.ColInt(0)
		copy(last.Hash[:], st.ColBytes(1, nil))
	}, t.Org); err != nil {
		return err
	}
	e.Seq = last.Seq + 1
	e.Hash = e.Chain(t.OrgID, last.Hash)
	_, err := t.Exec(`insert into audit (org, seq, at, actor, event, subject, before, after, run_id, detail, hash)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		t.Org, e.Seq, e.At, e.Actor, e.Event, e.Subject, e.Before, e.After, e.RunID, e.Detail, e.Hash[:])
	return err
}
