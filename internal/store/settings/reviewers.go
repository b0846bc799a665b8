package settings

import (
	"cmp"
	"context"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
)

// Reviewers implements connection.Settings. A token stands for the person it belongs to.
func (s *Store) Reviewers(ctx context.Context, planID string, actors []string) (connection.Reviewers, error) {
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
		return t.Each(`select id, display_name, first_name, last_name, email from people where org = $1 and role in ('owner', 'admin')
			and status = 'active'`, func(st stmt) error {
			out.Administrators = append(out.Administrators, connection.Administrator{ID: st.ColText(0),
				Name: cmp.Or(st.ColText(1), strings.TrimSpace(st.ColText(2)+" "+st.ColText(3)), st.ColText(4))})
			return nil
		}, t.Org)
	})
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
