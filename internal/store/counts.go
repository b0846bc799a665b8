package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/plan"
)

// Counts implements syncrun.People. Everything that changes people leaves an audit entry, so what was
// counted is good until the next one: a run that follows a quiet one reads one row.
func (s *Store) Counts(ctx context.Context, connection string) (plan.LinkedCounts, error) {
	var out plan.LinkedCounts
	var conn, seq int64
	known := false
	err := s.read(ctx, func(t tx) (err error) {
		if conn, err = t.connection(connection); err != nil {
			return err
		}
		if seq, err = t.auditSeq(); err != nil {
			return err
		}
		if out, known, err = t.knownCounts(conn, seq); err != nil || known {
			return err
		}
		out, err = t.count(conn)
		return err
	})
	if err != nil || known {
		return out, err
	}
	return out, s.write(ctx, func(t tx) error { return t.putCounts(conn, seq, out) })
}

// knownCounts returns what was counted at an audit entry, false when nothing was.
func (t tx) knownCounts(conn, seq int64) (out plan.LinkedCounts, known bool, err error) {
	text := ""
	known, err = t.first("select counts from people_counts where org = $1 and connection = $2 and audit = $3",
		func(st stmt) { text = st.ColText(0) }, t.org, conn, seq)
	if err == nil && known {
		err = json.Unmarshal([]byte(text), &out)
	}
	return out, known, err
}

func (t tx) putCounts(conn, seq int64, c plan.LinkedCounts) error {
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = t.exec(`insert into people_counts (org, connection, audit, counts) values ($1, $2, $3, $4)
		on conflict (org, connection) do update set audit = excluded.audit, counts = excluded.counts`, t.org, conn, seq, string(text))
	return err
}

// running keeps known counts right while a batch changes people, so that the next run need not go through
// everybody again. Its zero value knows nothing and counts nothing.
type running struct {
	counts     plan.LinkedCounts
	standard   [directory.StandardCount]int // changes of counts.WithValue, in the order of directory.Standard
	known      bool
	connection string
}

// add counts a person once more, or with by -1 once less.
func (r *running) add(p *directory.Person, by int) {
	if !r.known {
		return
	}
	r.counts.ActiveSeats += by * p.Status.Seats()
	if p.Link == nil || p.Link.Connection != r.connection {
		return
	}
	r.counts.People += by
	if p.Status != directory.Deactivated {
		r.counts.Enabled += by
	}
	for i := range r.standard {
		if p.Values.At(i) != "" {
			r.standard[i] += by
		}
	}
	for _, x := range p.Values.Extras() {
		r.value(x.Field, by)
	}
}

func (r *running) value(f directory.Field, by int) {
	if r.counts.WithValue == nil {
		r.counts.WithValue = map[directory.Field]int{}
	}
	if r.counts.WithValue[f] += by; r.counts.WithValue[f] == 0 {
		delete(r.counts.WithValue, f)
	}
}

// beginCount takes up what was counted, if that is still good. The batch changes it along with the people.
func (b *batch) beginCount() error {
	seq, err := b.t.auditSeq()
	if err != nil {
		return err
	}
	b.count.connection = b.plan.Info.Connection
	b.count.counts, b.count.known, err = b.t.knownCounts(b.plan.Connection, seq)
	return err
}

// endCount makes the new counts good from the batch's last audit entry on.
func (b *batch) endCount() error {
	if !b.count.known {
		return nil
	}
	for i, f := range directory.Standard() {
		if n := b.count.standard[i]; n != 0 {
			b.count.value(f, n)
		}
	}
	seq, err := b.t.auditSeq()
	if err != nil {
		return err
	}
	return b.t.putCounts(b.plan.Connection, seq, b.count.counts)
}

// count goes through everybody of the organisation.
func (t tx) count(conn int64) (plan.LinkedCounts, error) {
	out := plan.LinkedCounts{WithValue: map[directory.Field]int{}}
	if _, err := t.first("select count(*) from people where org = $1 and status = 'active'", func(st stmt) {
		out.ActiveSeats = int(st.ColInt(0))
	}, t.org); err != nil {
		return out, fmt.Errorf("count people: %w", err)
	}
	if _, err := t.first(`select count(*), count(case when status <> 'deactivated' then 1 end), count(employee_id), count(email),
		count(first_name), count(last_name), count(preferred_name), count(display_name), count(job_title),
		count(department), count(division), count(location), count(teams), count(manager), count(phone), count(gender), count(birthday),
		count(hire_date), count(original_hire_date), count(deactivation_date) from people where org = $1 and connection = $2`, func(st stmt) {
		out.People, out.Enabled = int(st.ColInt(0)), int(st.ColInt(1))
		for i, f := range directory.Standard() {
			if n := int(st.ColInt(2 + i)); n > 0 {
				out.WithValue[f] = n
			}
		}
	}, t.org, conn); err != nil {
		return out, fmt.Errorf("count people: %w", err)
	}
	return out, t.each("select extras from people where org = $1 and connection = $2 and extras is not null", func(st stmt) error {
		return personrow.CountExtras(st.ColText(0), out.WithValue)
	}, t.org, conn)
}
