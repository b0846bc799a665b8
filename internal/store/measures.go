package store

import (
	"context"
	"time"

	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Measures are the numbers by which an operator's monitoring tells that an organisation's runs and mails go on.
type Measures struct {
	Connections []ConnectionMeasures // by name
	Jobs        map[string]int       // automatic runs in the queue by state, those that ended left out
	Mails       map[string]int       // in the outbox by state, those that were sent or discarded left out
}

// ConnectionMeasures are those of one connection that was not deleted.
type ConnectionMeasures struct {
	ID, Name string
	Runs     map[syncrun.Outcome]int // kept in the history
	// Succeeded is when the last run ended that applied its plan or had nothing to do; zero: none did.
	Succeeded time.Time
}

// Measures counts.
func (s *Store) Measures(ctx context.Context) (out Measures, err error) {
	out = Measures{Jobs: map[string]int{}, Mails: map[string]int{}}
	err = s.read(ctx, func(t tx) error {
		at := map[string]int{}
		if err := t.each("select id, name from connections where org = $1 and deleted_at is null order by name, id", func(st stmt) error {
			at[st.ColText(0)] = len(out.Connections)
			out.Connections = append(out.Connections, ConnectionMeasures{ID: st.ColText(0), Name: st.ColText(1), Runs: map[syncrun.Outcome]int{}})
			return nil
		}, t.org); err != nil {
			return err
		}
		if err := t.each(`select c.id, r.outcome, count(*), max(r.finished_at) from runs r join connections c on c.org = r.org and c.no = r.connection
			where r.org = $1 and c.deleted_at is null and r.outcome <> '' group by c.id, r.outcome`, func(st stmt) error {
			c := &out.Connections[at[st.ColText(0)]]
			outcome := syncrun.Outcome(st.ColText(1))
			c.Runs[outcome] = int(st.ColInt(2))
			if end := sqldb.Instant(st.ColInt(3)); (outcome == syncrun.OutcomeApplied || outcome == syncrun.OutcomeNoOp) && end.After(c.Succeeded) {
				c.Succeeded = end
			}
			return nil
		}, t.org); err != nil {
			return err
		}
		count := func(to map[string]int) func(stmt) error {
			return func(st stmt) error { to[st.ColText(0)] = int(st.ColInt(1)); return nil }
		}
		if err := t.each("select state, count(*) from outbox where org = $1 and state not in ('sent', 'discarded') group by state", count(out.Mails), t.org); err != nil {
			return err
		}
		if there, err := t.Has("river_job"); err != nil || !there { // made with the queue
			return err
		}
		return t.each(`select state, count(*) from river_job where finalized_at is null and json_extract(args, '$.organisation') = $1 group by state`, count(out.Jobs), t.orgID)
	})
	return out, err
}
