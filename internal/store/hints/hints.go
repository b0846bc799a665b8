// Package hints keeps BambooHR's webhooks, what they told and nobody has looked at yet, and which deliveries were
// taken, of one organisation in the store's database. What is registered, and what becomes of a hint, is left to
// package hint.
package hints

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Store implements hint.Store.
type Store struct{ org *orgtx.Organisation }

var _ hint.Store = (*Store)(nil)

// New returns the hints of an organisation.
func New(org *orgtx.Organisation) *Store { return &Store{org} }

type stmt = sqldb.Stmt

// The hints that name nobody.
const (
	somebody  = 0
	everybody = -1
)

// Hooks implements hint.Store.
func (s *Store) Hooks(ctx context.Context) (out []hint.Hook, err error) {
	err = s.org.Read(ctx, func(t orgtx.Tx) error {
		return t.Each(`select c.id, h.hook_id, h.owner, h.spec, h.tried, h.fields, h.left_out, h.sealed, h.since, h.checked_at, h.problem, h.tries,
			h.next_at, h.last_at, h.day, h.delivered, h.refused from hooks h join connections c on c.org = h.org and c.no = h.connection
			where h.org = $1 order by h.connection`, func(st stmt) error {
			h, err := scan(st)
			out = append(out, h)
			return err
		}, t.Org)
	})
	return out, err
}

func scan(st stmt) (hint.Hook, error) {
	h := hint.Hook{Connection: st.ColText(0), ID: st.ColText(1), Owner: st.ColText(2), Spec: st.ColText(3), Tried: st.ColText(4), Sealed: st.ColText(7),
		Since: sqldb.Instant(st.ColInt(8)), Checked: sqldb.Instant(st.ColInt(9)), Problem: st.ColText(10), Tries: int(st.ColInt(11)),
		NextAt:  sqldb.Instant(st.ColInt(12)),
		Traffic: hint.Traffic{Last: sqldb.Instant(st.ColInt(13)), Day: st.ColText(14), Delivered: int(st.ColInt(15)), Refused: int(st.ColInt(16))}}
	for i, to := range []*[]string{&h.Fields, &h.LeftOut} {
		if err := json.Unmarshal([]byte(st.ColText(5+i)), to); err != nil {
			return h, fmt.Errorf("the webhook of connection %s: %w", h.Connection, err)
		}
	}
	return h, nil
}

// ensure makes the row of a connection that exists.
const ensure = `insert into hooks (org, connection, hook_id, owner, spec, tried, fields, left_out, sealed, since, checked_at, problem, tries, next_at,
	claimed_until, seq, last_at, day, delivered, refused)
	select org, no, '', '', '', '', '[]', '[]', null, 0, 0, '', 0, 0, 0, 0, 0, '', 0, 0 from connections
	where org = $1 and id = $2 and deleted_at is null on conflict (org, connection) do nothing`

// Claim implements hint.Store.
func (s *Store) Claim(ctx context.Context, connection string, now, until time.Time) (claimed bool, err error) {
	err = s.org.Write(ctx, func(t orgtx.Tx) error {
		if _, err := t.Exec(ensure, t.Org, connection); err != nil {
			return err
		}
		n, err := t.Exec(`update hooks set claimed_until = $1 where org = $2 and claimed_until <= $3
			and connection = (select no from connections where org = $2 and id = $4)`, until, t.Org, now, connection)
		claimed = n > 0
		return err
	})
	return claimed, err
}

// Save implements hint.Store.
func (s *Store) Save(ctx context.Context, h hint.Hook) error {
	fields, err := json.Marshal(append([]string{}, h.Fields...))
	if err != nil {
		return err
	}
	leftOut, err := json.Marshal(append([]string{}, h.LeftOut...))
	if err != nil {
		return err
	}
	return s.org.Write(ctx, func(t orgtx.Tx) error {
		if _, err := t.Exec(ensure, t.Org, h.Connection); err != nil {
			return err
		}
		no, err := number(t, h.Connection)
		if err != nil || no == 0 {
			return err
		}
		if _, err := t.Exec(`update hooks set hook_id = $1, owner = $2, spec = $3, tried = $4, fields = $5, left_out = $6, sealed = $7, since = $8,
			checked_at = $9, problem = $10, tries = $11, next_at = $12, claimed_until = 0 where org = $13 and connection = $14`,
			h.ID, h.Owner, h.Spec, h.Tried, string(fields), string(leftOut), sqldb.Optional(h.Sealed), h.Since, h.Checked, h.Problem, h.Tries,
			h.NextAt, t.Org, no); err != nil || h.ID != "" {
			return err
		}
		for _, table := range []string{"hints", "hook_deliveries"} {
			if _, err := t.Exec("delete from "+table+" where org = $1 and connection = $2", t.Org, no); err != nil {
				return err
			}
		}
		return nil
	})
}

// number is a connection's, 0 for one that is gone.
func number(t orgtx.Tx, connection string) (no int64, err error) {
	_, err = t.First("select no from connections where org = $1 and id = $2 and deleted_at is null", func(st stmt) { no = st.ColInt(0) }, t.Org, connection)
	return no, err
}

// Prune implements hint.Store.
func (s *Store) Prune(ctx context.Context, before time.Time) error {
	return s.org.Write(ctx, func(t orgtx.Tx) error {
		_, err := t.Exec("delete from hook_deliveries where org = $1 and at < $2", t.Org, before)
		return err
	})
}

// Waiting implements hint.Store.
func (s *Store) Waiting(ctx context.Context) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	err := s.org.Read(ctx, func(t orgtx.Tx) error {
		return t.Each(`select c.id, min(h.at) from hints h join connections c on c.org = h.org and c.no = h.connection
			where h.org = $1 group by h.connection`, func(st stmt) error {
			out[st.ColText(0)] = sqldb.Instant(st.ColInt(1))
			return nil
		}, t.Org)
	})
	return out, err
}

// Take implements hint.Store.
func (s *Store) Take(ctx context.Context, connection string) (b hint.Batch, err error) {
	err = s.org.Read(ctx, func(t orgtx.Tx) error {
		return t.Each(`select h.employee, h.seq from hints h join connections c on c.org = h.org and c.no = h.connection
			where h.org = $1 and c.id = $2 order by h.employee`, func(st stmt) error {
			switch id := st.ColInt(0); id {
			case everybody:
				b.Everything = true
			case somebody:
			default:
				b.IDs = append(b.IDs, id)
			}
			b.Mark = max(b.Mark, st.ColInt(1))
			return nil
		}, t.Org, connection)
	})
	return b, err
}

// Done implements hint.Store.
func (s *Store) Done(ctx context.Context, connection string, mark int64) error {
	if mark == 0 {
		return nil
	}
	return s.org.Write(ctx, func(t orgtx.Tx) error {
		_, err := t.Exec(`delete from hints where org = $1 and seq <= $2
			and connection = (select no from connections where org = $1 and id = $3)`, t.Org, mark, connection)
		return err
	})
}
