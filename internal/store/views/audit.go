package views

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"math"
	"strconv"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

func auditFilter(q *AuditQuery) *filter {
	f := &filter{}
	for _, x := range []struct{ condition, value string }{{"actor = $$", q.Actor}, {"event = $$", q.Event}, {"subject = $$", q.Subject}} {
		if x.value != "" {
			f.add(x.condition, x.value)
		}
	}
	if !q.From.IsZero() {
		f.add("at >= $$", q.From)
	}
	if !q.To.IsZero() {
		f.add("at < $$", q.To)
	}
	if q.Q != "" {
		f.add(`lower(actor || '
' || event || '
' || subject || '
' || before || '
' || after || '
' || run_id || '
' || detail) like lower($$) escape '!'`, likePattern(q.Q))
	}
	return f
}

func scanAudit(st stmt) AuditRecord {
	return AuditRecord{Seq: st.ColInt(0), At: sqldb.Instant(st.ColInt(1)), Actor: st.ColText(2), Event: st.ColText(3), Subject: st.ColText(4),
		Before: st.ColText(5), After: st.ColText(6), RunID: st.ColText(7), Detail: st.ColText(8), Hash: hex.EncodeToString(st.ColBytes(9, nil))}
}

const auditColumns = "select seq, at, actor, event, subject, before, after, run_id, detail, hash from audit where org = $1"

// Audit returns entries of the audit trail, newest first.
func (s *Store) Audit(ctx context.Context, q AuditQuery) (Page[AuditRecord], error) {
	var out Page[AuditRecord]
	f := auditFilter(&q)
	before := int64(math.MaxInt64)
	key, err := parseCursor(q.After, "audit", 1)
	if err != nil {
		return out, err
	}
	if key != nil {
		if before, err = strconv.ParseInt(key[0], 10, 64); err != nil {
			return out, &CursorError{Cursor: q.After}
		}
	}
	f.add("seq < $$", before)
	limit := bounded(q.Limit)
	err = s.org.Read(ctx, func(t tx) error {
		return t.Each(auditColumns+f.sql.String()+" order by seq desc", func(st stmt) error {
			if len(out.Items) == limit {
				out.Next = cursor("audit", strconv.FormatInt(out.Items[limit-1].Seq, 10))
				return errSeen
			}
			out.Items = append(out.Items, scanAudit(st))
			return nil
		}, f.all(t)...)
	})
	if err != nil && !errors.Is(err, errSeen) {
		return Page[AuditRecord]{}, fmt.Errorf("read the audit trail: %w", err)
	}
	return out, nil
}

// EachAudit yields all entries that a query picks, oldest first, as the chain of hashes goes. It reads
// them a part at a time: whoever downloads the trail slowly keeps no transaction open.
func (s *Store) EachAudit(ctx context.Context, q AuditQuery) iter.Seq2[AuditRecord, error] {
	return func(yield func(AuditRecord, error) bool) {
		f := auditFilter(&q)
		f.add("seq > $$", int64(0))
		for after := int64(0); ; {
			var part []AuditRecord
			f.args[len(f.args)-1] = after
			err := s.org.Read(ctx, func(t tx) error {
				return t.Each(auditColumns+f.sql.String()+" order by seq", func(st stmt) error {
					if part = append(part, scanAudit(st)); len(part) == maxLimit {
						return errSeen
					}
					return nil
				}, f.all(t)...)
			})
			if err != nil && !errors.Is(err, errSeen) {
				yield(AuditRecord{}, fmt.Errorf("read the audit trail: %w", err))
				return
			}
			for _, r := range part {
				if !yield(r, nil) {
					return
				}
				after = r.Seq
			}
			if err == nil {
				return
			}
		}
	}
}

// AuditEvents returns the events in the audit trail and how many entries each has, by name.
func (s *Store) AuditEvents(ctx context.Context) ([]Facet, error) {
	var out []Facet
	err := s.org.Read(ctx, func(t tx) error {
		return t.Each("select event, count(*) from audit where org = $1 group by event order by event", func(st stmt) error {
			out = append(out, Facet{Value: st.ColText(0), Count: int(st.ColInt(1))})
			return nil
		}, t.Org)
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit trail: %w", err)
	}
	return out, nil
}
