package settings

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Reviewers implements connection.Settings. A token stands for the person it belongs to.
func (s *Store) Reviewers(ctx context.Context, planID string, actors []string, since time.Time) (connection.Reviewers, error) {
	out := connection.Reviewers{Behind: map[string]string{}}
	err := s.org.Read(ctx, func(t orgtx.Tx) error {
		if _, err := t.First("select actor from runs where org = $1 and plan_id = $2 order by no limit 1",
			func(st stmt) { out.Asker = st.ColText(0) }, t.Org, planID); err != nil {
			return err
		}
		for _, actor := range append([]string{out.Asker}, actors...) {
			who, err := principal(t, actor)
			if err != nil {
				return err
			}
			out.Behind[actor] = who
		}
		if err := t.Each(`select id, display_name, first_name, last_name, email from people where org = $1 and role in ('owner', 'admin')
			and status = 'active'`, func(st stmt) error {
			out.Administrators = append(out.Administrators, administrator(st, 0))
			return nil
		}, t.Org); err != nil {
			return err
		}
		all, err := turns(t, since)
		out.Turns = all
		return err
	})
	return out, err
}

func administrator(st stmt, at int) connection.Administrator {
	return connection.Administrator{ID: st.ColText(at), Name: cmp.Or(st.ColText(at+1), strings.TrimSpace(st.ColText(at+2)+" "+st.ColText(at+3)), st.ColText(at+4))}
}

// turns reads from the audit trail who became or ceased to be an administrator after since. The trail has no index by
// time, so it is read from its end.
func turns(t orgtx.Tx, since time.Time) (out []connection.Turn, err error) {
	last := int64(0)
	if _, err := t.First("select seq from audit where org = $1 and at <= $2 order by seq desc limit 1", func(st stmt) { last = st.ColInt(0) }, t.Org, since); err != nil {
		return nil, err
	}
	err = t.Each(`select p.id, p.display_name, p.first_name, p.last_name, p.email, a.at, a.event, a.before, a.after from audit a
		join people p on p.org = a.org and p.id = a.subject where a.org = $1 and a.seq > $2 and (a.event in ('role_changed', 'owner_created')
		or a.event in ('save_person', 'deactivate', 'reactivate') and p.role in ('owner', 'admin')) order by a.seq`, func(st stmt) error {
		is := func(text string) bool { return directory.Status(text) == directory.Active }
		if event := st.ColText(6); event == "role_changed" || event == "owner_created" {
			is = func(text string) bool { return directory.Role(text).Privileged() }
		}
		if before, after := is(st.ColText(7)), is(st.ColText(8)); before != after {
			out = append(out, connection.Turn{Administrator: administrator(st, 0), At: sqldb.Instant(st.ColInt(5)), Gained: after})
		}
		return nil
	}, t.Org, last)
	return out, err
}

// principal is the person behind an actor, or the actor itself; "" for a token that is gone.
func principal(t orgtx.Tx, actor string) (who string, err error) {
	id, token := strings.CutPrefix(actor, "token:")
	if !token {
		return actor, nil
	}
	_, err = t.First("select person_id from tokens where org = $1 and id = $2", func(st stmt) {
		if who = actor; !st.ColNull(0) { // else it is the operator's
			who = st.ColText(0)
		}
	}, t.Org, id)
	return who, err
}
