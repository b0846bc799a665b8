package settings

import (
	"context"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/runrow"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Delete implements connection.Settings. The settings' versions stay with the runs that were made under them.
func (s *Store) Delete(ctx context.Context, l syncrun.Lease, actor string, now time.Time) error {
	return s.org.Write(ctx, func(t orgtx.Tx) error {
		r, err := find(t, l.Connection)
		if err != nil {
			return err
		}
		if err := runrow.Check(t, r.no, l); err != nil {
			return err
		}
		people, err := unlink(t, r.no, now)
		if err != nil {
			return err
		}
		// A name that nobody can give: settings refuse control characters.
		if _, err := t.Exec(`update connections set name = $1, state = 'draft', baseline = null, failures = 0, checked = null, checked_at = null,
			previewed_at = null, paused_by = null, paused_reason = null, paused_at = null, paused_until = null, deleted_at = $2
			where org = $3 and no = $4`, "\x1fdeleted "+r.ID, now, t.Org, r.no); err != nil {
			return err
		}
		return t.Audit(orgtx.Entry{At: now, Actor: actor, Event: "connection_deleted", Subject: r.ID, Before: r.Name,
			Detail: fmt.Sprintf("%d people are no longer from HR", people)})
	})
}

// unlink makes the people of a connection ones who are not from HR, and forgets its employees and key. History
// still finds what was decided about them.
func unlink(t orgtx.Tx, no int64, now time.Time) (people int, err error) {
	if _, err := t.Exec(`insert into former_links (org, person_id, connection, source_id)
		select org, id, connection, source_id from people where org = $1 and connection = $2 and source_id is not null
		on conflict do nothing`, t.Org, no); err != nil {
		return 0, err
	}
	people, err = t.Exec("update people set connection = null, source_id = null, version = version + 1, updated_at = $1 where org = $2 and connection = $3",
		now, t.Org, no)
	for _, table := range []string{"link_pages", "dues", "changes", "due_moves", "decisions", "freezes", "people_counts", "connection_keys", "hints", "hook_deliveries", "hooks", "unsaved"} {
		if err == nil {
			_, err = t.Exec("delete from "+table+" where org = $1 and connection = $2", t.Org, no)
		}
	}
	return people, err
}
