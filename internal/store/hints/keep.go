package hints

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// box is a connection's hints during one transaction.
type box struct {
	orgtx.Tx
	no    int64 // 0: the connection is gone
	hook  string
	seq   int64
	named int  // hints that wait
	all   bool // everybody is to be read
	came  int  // deliveries that were taken
	last  time.Time
}

// Keep implements hint.Store.
func (s *Store) Keep(ctx context.Context, now time.Time, list []*hint.Delivery, day string, refused map[string]int) error {
	return s.org.Write(ctx, func(t orgtx.Tx) error {
		boxes := map[string]*box{}
		for _, d := range list {
			d.Known, d.New = false, false // an attempt before may have failed
			b, err := open(t, boxes, d.Connection)
			if err != nil {
				return err
			}
			if err := b.keep(d, now); err != nil {
				return err
			}
		}
		for connection := range refused {
			if _, err := open(t, boxes, connection); err != nil {
				return err
			}
		}
		for _, connection := range slices.Sorted(maps.Keys(boxes)) {
			if err := boxes[connection].close(day, refused[connection]); err != nil {
				return err
			}
		}
		return nil
	})
}

func open(t orgtx.Tx, boxes map[string]*box, connection string) (*box, error) {
	if b := boxes[connection]; b != nil {
		return b, nil
	}
	b := &box{Tx: t}
	boxes[connection] = b
	_, err := t.First(`select h.connection, h.hook_id, h.seq, (select count(*) from hints w where w.org = h.org and w.connection = h.connection),
		exists (select 1 from hints w where w.org = h.org and w.connection = h.connection and w.employee = -1), h.last_at
		from hooks h join connections c on c.org = h.org and c.no = h.connection where h.org = $1 and c.id = $2 and c.deleted_at is null`,
		func(st stmt) {
			b.no, b.hook, b.seq, b.named, b.all, b.last = st.ColInt(0), st.ColText(1), st.ColInt(2)+1, int(st.ColInt(3)), st.ColInt(4) != 0, sqldb.Instant(st.ColInt(5))
		}, t.Org, connection)
	return b, err
}

// keep keeps what one delivery tells, unless it was taken before.
func (b *box) keep(d *hint.Delivery, now time.Time) error {
	if d.Known = b.no != 0 && (d.Signature == nil || d.Hook == b.hook); !d.Known {
		return nil
	}
	if d.Signature != nil {
		n, err := b.Exec("insert into hook_deliveries (org, connection, signature, at) values ($1, $2, $3, $4) on conflict do nothing",
			b.Org, b.no, d.Signature, d.Stamp)
		if err != nil || n == 0 {
			return err
		}
		b.came++
		if d.At.After(b.last) {
			b.last = d.At
		}
	}
	d.New = true
	if len(d.IDs) == 0 {
		return b.hint(somebody, now)
	}
	if len(d.IDs) > hint.MaxNamed {
		return b.everybody(now)
	}
	for _, id := range d.IDs {
		if err := b.hint(id, now); err != nil {
			return err
		}
	}
	return nil
}

// hint keeps one. An employee who waits already is looked at after this hint too: its number is the new one.
func (b *box) hint(employee int64, now time.Time) error {
	if b.all {
		employee = everybody
	}
	n, err := b.Exec("update hints set seq = $1 where org = $2 and connection = $3 and employee = $4", b.seq, b.Org, b.no, employee)
	if err != nil || n > 0 {
		return err
	}
	if b.named >= hint.MaxNamed {
		return b.everybody(now)
	}
	b.named++
	_, err = b.Exec("insert into hints (org, connection, employee, seq, at) values ($1, $2, $3, $4, $5)", b.Org, b.no, employee, b.seq, now)
	return err
}

// everybody puts one hint in the place of all.
func (b *box) everybody(now time.Time) error {
	first := now
	if _, err := b.First("select min(at) from hints where org = $1 and connection = $2", func(st stmt) {
		if !st.ColNull(0) {
			first = sqldb.Instant(st.ColInt(0))
		}
	}, b.Org, b.no); err != nil {
		return err
	}
	if _, err := b.Exec("delete from hints where org = $1 and connection = $2", b.Org, b.no); err != nil {
		return err
	}
	b.all, b.named = true, 1
	_, err := b.Exec("insert into hints (org, connection, employee, seq, at) values ($1, $2, $3, $4, $5)", b.Org, b.no, int64(everybody), b.seq, first)
	return err
}

// close counts, and keeps the number of the last hint, which never comes again.
func (b *box) close(day string, refused int) error {
	if b.no == 0 {
		return nil
	}
	_, err := b.Exec(`update hooks set seq = $1, last_at = $2, delivered = $3 + case when day = $4 then delivered else 0 end,
		refused = $5 + case when day = $4 then refused else 0 end, day = $4 where org = $6 and connection = $7`,
		b.seq, b.last, b.came, day, refused, b.Org, b.no)
	return err
}
