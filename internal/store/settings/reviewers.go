package settings

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Reviewers implements connection.Settings. A token stands for the person it belongs to.
func (s *Store) Reviewers(ctx context.Context, planID string, actors []string, since time.Time) (release.Reviewers, error) {
	out := release.Reviewers{Behind: map[string]string{}}
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
		all, err := administrators(t)
		if err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(all)) {
			if c := all[id]; c.administers() {
				out.Administrators = append(out.Administrators, c.who)
			}
		}
		out.Turns, err = turns(t, all, since)
		return err
	})
	return out, err
}

// candidate is somebody who is or was an administrator, as they stand.
type candidate struct {
	who release.Administrator
	standing
}

// standing is what makes an administrator.
type standing struct {
	role   directory.Role
	status directory.Status
}

func (s standing) administers() bool { return s.role.Privileged() && s.status == directory.Active }

const candidateColumns = "p.id, p.display_name, p.first_name, p.last_name, p.email, p.role, p.status"

func candidateOf(st stmt) candidate {
	return candidate{release.Administrator{ID: st.ColText(0), Name: cmp.Or(st.ColText(1), strings.TrimSpace(st.ColText(2)+" "+st.ColText(3)), st.ColText(4))},
		standing{directory.Role(st.ColText(5)), directory.Status(st.ColText(6))}}
}

// administrators are all who have the role, also those who are not active, by their id.
func administrators(t orgtx.Tx) (map[string]candidate, error) {
	out := map[string]candidate{}
	err := t.Each("select "+candidateColumns+" from people p where p.org = $1 and p.role in ('owner', 'admin')", func(st stmt) error {
		c := candidateOf(st)
		out[c.who.ID] = c
		return nil
	}, t.Org)
	return out, err
}

// turning is an entry of the audit trail that may have made or unmade an administrator.
type turning struct {
	seq    int64
	id     string
	at     time.Time
	role   bool   // it changed the role, else the status
	before string // the one or the other
}

// turns reads from the audit trail who became or ceased to be an administrator after since; all are those who have the
// role now. The trail has no index by time, so it is read from its end.
func turns(t orgtx.Tx, all map[string]candidate, since time.Time) ([]release.Turn, error) {
	last := int64(0)
	if _, err := t.First("select seq from audit where org = $1 and at <= $2 order by seq desc limit 1", func(st stmt) { last = st.ColInt(0) }, t.Org, since); err != nil {
		return nil, err
	}
	var found []turning
	if err := t.Each("select "+candidateColumns+`, a.seq, a.at, a.before from audit a join people p on p.org = a.org and p.id = a.subject
		where a.org = $1 and a.seq > $2 and a.event in ('role_changed', 'owner_created')`, func(st stmt) error {
		c := candidateOf(st)
		all[c.who.ID] = c
		found = append(found, turning{st.ColInt(7), c.who.ID, sqldb.Instant(st.ColInt(8)), true, st.ColText(9)})
		return nil
	}, t.Org, last); err != nil {
		return nil, err
	}
	if err := t.Each(`select subject, seq, at, before from audit where org = $1 and seq > $2
		and event in ('save_person', 'deactivate', 'reactivate') and before <> after`, func(st stmt) error {
		if id := st.ColText(0); all[id].who.ID != "" {
			found = append(found, turning{st.ColInt(1), id, sqldb.Instant(st.ColInt(2)), false, st.ColText(3)})
		}
		return nil
	}, t.Org, last); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b turning) int { return cmp.Compare(a.seq, b.seq) })
	return turnsOf(all, found), nil
}

// turnsOf goes back from how everybody stands now: a role that somebody lost who was deactivated before is no turn, nor
// is one that was given to them.
func turnsOf(all map[string]candidate, found []turning) (out []release.Turn) {
	for _, e := range slices.Backward(found) {
		c := all[e.id]
		after := c.administers()
		if e.role {
			c.role = directory.Role(e.before)
		} else {
			c.status = directory.Status(e.before)
		}
		if all[e.id] = c; c.administers() != after {
			out = append(out, release.Turn{Administrator: c.who, At: e.at, Gained: after})
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
