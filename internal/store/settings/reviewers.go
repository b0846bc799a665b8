package settings

import (
	"cmp"
	"context"
	"slices"
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
func turns(t orgtx.Tx, since time.Time) ([]connection.Turn, error) {
	last := int64(0)
	if _, err := t.First("select seq from audit where org = $1 and at <= $2 order by seq desc limit 1", func(st stmt) { last = st.ColInt(0) }, t.Org, since); err != nil {
		return nil, err
	}
	const ofRoles = "('role_changed', 'owner_created')"
	var all []turning
	err := t.Each(`select p.id, p.display_name, p.first_name, p.last_name, p.email, p.role, p.status, a.at, a.event, a.before from audit a
		join people p on p.org = a.org and p.id = a.subject where a.org = $1 and a.seq > $2 and (a.event in `+ofRoles+`
		or a.event in ('save_person', 'deactivate', 'reactivate') and a.before <> a.after and (p.role in ('owner', 'admin')
			or p.id in (select subject from audit where org = $1 and seq > $2 and event in `+ofRoles+`))) order by a.seq`, func(st stmt) error {
		e := turning{who: administrator(st, 0), now: standing{directory.Role(st.ColText(5)), directory.Status(st.ColText(6))}, at: sqldb.Instant(st.ColInt(7)),
			before: st.ColText(9)}
		e.role = st.ColText(8) == "role_changed" || st.ColText(8) == "owner_created"
		all = append(all, e)
		return nil
	}, t.Org, last)
	return turnsOf(all), err
}

// standing is what makes an administrator.
type standing struct {
	role   directory.Role
	status directory.Status
}

func (s standing) administers() bool { return s.role.Privileged() && s.status == directory.Active }

// turning is an entry of the audit trail that may have made or unmade an administrator.
type turning struct {
	who    connection.Administrator
	now    standing // after all entries
	at     time.Time
	role   bool   // it changed the role, else the status
	before string // the one or the other
}

// turnsOf goes back from how everybody stands now: a role that somebody lost who was deactivated before is no turn, nor
// is one that was given to them.
func turnsOf(all []turning) (out []connection.Turn) {
	after := map[string]standing{}
	for _, e := range slices.Backward(all) {
		is, known := after[e.who.ID]
		if !known {
			is = e.now
		}
		was := standing{is.role, directory.Status(e.before)}
		if e.role {
			was = standing{directory.Role(e.before), is.status}
		}
		if after[e.who.ID] = was; was.administers() != is.administers() {
			out = append(out, connection.Turn{Administrator: e.who, At: e.at, Gained: is.administers()})
		}
	}
	slices.Reverse(out)
	return out
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
