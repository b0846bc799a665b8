package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Freezes implements syncrun.Exceptions: all of them, also those that ended, by creation.
func (s *Store) Freezes(ctx context.Context, connection string) ([]directory.Freeze, error) {
	var out []directory.Freeze
	err := s.read(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		out, err = t.freezes(connection, conn)
		return err
	})
	return out, err
}

func (t tx) freezes(connection string, no int64) ([]directory.Freeze, error) {
	var out []directory.Freeze
	err := t.each(`select id, what, until, reason, created_by, created_at from freezes
		where org = $1 and connection = $2 order by created_at, id`, func(st stmt) error {
		f := directory.Freeze{ID: st.ColText(0), Connection: connection, Until: sqldb.Instant(st.ColInt(2)), Reason: st.ColText(3),
			CreatedBy: st.ColText(4), CreatedAt: sqldb.Instant(st.ColInt(5))}
		if err := json.Unmarshal([]byte(st.ColText(1)), &f.What); err != nil {
			return fmt.Errorf("fields of freeze %s: %w", f.ID, err)
		}
		out = append(out, f)
		return nil
	}, t.org, no)
	return out, err
}

// AddFreeze implements syncrun.Exceptions.
func (s *Store) AddFreeze(ctx context.Context, f directory.Freeze) error {
	what, err := json.Marshal(f.What)
	if err != nil {
		return err
	}
	until := any(nil)
	if !f.Until.IsZero() {
		until = f.Until
	}
	return s.write(ctx, func(t tx) error {
		conn, err := t.connection(f.Connection)
		if err != nil {
			return err
		}
		if _, err := t.exec(`insert into freezes (org, id, connection, what, until, reason, created_by, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`, t.org, f.ID, conn, string(what), until, f.Reason, f.CreatedBy, f.CreatedAt); err != nil {
			return err
		}
		return t.audit(AuditEntry{At: f.CreatedAt, Actor: f.CreatedBy, Event: "add_freeze", Subject: f.Connection, After: f.ID,
			Detail: frozenWords(f.What) + ": " + f.Reason})
	})
}

// EndFreeze implements syncrun.Exceptions.
func (s *Store) EndFreeze(ctx context.Context, connection, id, actor string, now time.Time) error {
	return s.write(ctx, func(t tx) error {
		conn, err := t.connection(connection)
		if err != nil {
			return err
		}
		var detail string
		ok, err := t.first("select what, reason from freezes where org = $1 and id = $2 and connection = $3", func(st stmt) {
			var what []string
			if json.Unmarshal([]byte(st.ColText(0)), &what) == nil { // else the reason alone tells which one it was
				detail = frozenWords(what) + ": "
			}
			detail += st.ColText(1)
		}, t.org, id, conn)
		if err == nil && !ok {
			err = fmt.Errorf("freeze %s: %w", id, directory.ErrNotFound)
		}
		if err != nil {
			return err
		}
		if _, err := t.exec("delete from freezes where org = $1 and id = $2 and connection = $3", t.org, id, conn); err != nil {
			return err
		}
		return t.audit(AuditEntry{At: now, Actor: actor, Event: "end_freeze", Subject: connection, Before: id, Detail: detail})
	})
}

// frozenWords lists what a freeze is about, for whoever reads the audit trail.
func frozenWords(what []string) string {
	return strings.ReplaceAll(strings.Join(what, ", "), "_", " ")
}
