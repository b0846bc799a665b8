package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Unsaved implements connection.Settings.
func (s *Store) Unsaved(ctx context.Context, id, person, form string, since time.Time) (out *connection.Unsaved, err error) {
	err = s.org.Read(ctx, func(t orgtx.Tx) error {
		r, err := find(t, id)
		if err != nil {
			return err
		}
		out, err = unsaved(t, r.no, person, form, since)
		return err
	})
	return out, err
}

// unsaved returns what a person typed into a form, nil for nothing that is still kept.
func unsaved(t orgtx.Tx, connectionNo int64, person, form string, since time.Time) (*connection.Unsaved, error) {
	u, fields := connection.Unsaved{Form: form}, ""
	ok, err := t.First("select version, tab, at, replaced, fields from unsaved where org = $1 and connection = $2 and person_id = $3 and form = $4 and at >= $5",
		func(st stmt) {
			u.Version, u.Tab, u.At, u.Over, fields = st.ColInt(0), st.ColText(1), sqldb.Instant(st.ColInt(2)), sqldb.Instant(st.ColInt(3)), st.ColText(4)
		}, t.Org, connectionNo, person, form, since)
	if err != nil || !ok {
		return nil, err
	}
	if err := json.Unmarshal([]byte(fields), &u.Fields); err != nil {
		return nil, fmt.Errorf("what is unsaved of the %s: %w", form, err)
	}
	return &u, nil
}

// KeepUnsaved implements connection.Settings.
func (s *Store) KeepUnsaved(ctx context.Context, id, person string, u connection.Unsaved, known, since time.Time) (connection.Unsaved, error) {
	fields, err := json.Marshal(u.Fields)
	if err != nil {
		return u, err
	}
	err = s.org.Write(ctx, func(t orgtx.Tx) error {
		r, err := find(t, id)
		if err != nil {
			return err
		}
		before, err := unsaved(t, r.no, person, u.Form, since)
		if err != nil {
			return err
		}
		if before != nil {
			u.After(before, known)
		}
		if _, err := t.Exec("delete from unsaved where org = $1 and at < $2", t.Org, since); err != nil {
			return err
		}
		_, err = t.Exec(`insert into unsaved (org, connection, person_id, form, version, tab, at, replaced, fields) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			on conflict (org, connection, person_id, form) do update set version = excluded.version, tab = excluded.tab, at = excluded.at,
			replaced = excluded.replaced, fields = excluded.fields`, t.Org, r.no, person, u.Form, u.Version, u.Tab, u.At, u.Over, string(fields))
		return err
	})
	return u, err
}

// DropUnsaved implements connection.Settings.
func (s *Store) DropUnsaved(ctx context.Context, id, person, form string) error {
	return s.org.Write(ctx, func(t orgtx.Tx) error {
		r, err := find(t, id)
		if err == nil {
			_, err = t.Exec("delete from unsaved where org = $1 and connection = $2 and person_id = $3 and form = $4", t.Org, r.no, person, form)
		}
		return err
	})
}
