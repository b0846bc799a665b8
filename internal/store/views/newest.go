package views

import (
	"context"

	"github.com/rollcall-hr/rollcall/internal/store/internal/planread"
)

// NewestPlan returns the id of the newest plan of today's whole connection, "" when there is none.
func (s *Store) NewestPlan(ctx context.Context, connection string) (id string, err error) {
	err = s.org.Read(ctx, func(t tx) error {
		_, err := t.First(`select p.id from plans p join connections c on c.org = p.org and c.no = p.connection
			where p.org = $1 and c.id = $2 and `+planread.Whole+` order by p.seq desc limit 1`, func(st stmt) { id = st.ColText(0) }, t.Org, connection)
		return err
	})
	return id, err
}
