// Package settings keeps what people set on the connections of one organisation: settings with their
// versions, sealed keys, checks, approvals and pauses. What may be set when is left to package connection,
// runs and their leases to package store.
package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Store implements connection.Settings.
type Store struct{ org *orgtx.Organisation }

var _ connection.Settings = (*Store)(nil)

// New returns the settings of an organisation.
func New(org *orgtx.Organisation) *Store { return &Store{org} }

type stmt = sqldb.Stmt

const columns = `c.no, c.id, c.name, c.state, c.origin, c.failures, c.created_at, c.checked, c.checked_at, c.previewed_at,
	c.approved_by, c.approved_version, c.approved_at, a.revision, c.paused_by, c.paused_reason, c.paused_at, c.paused_until,
	s.version, s.at, s.actor, s.note, s.revision, s.settings, k.sealed, k.hint, k.fingerprint, k.set_at, k.set_by
	from connections c
	left join connection_settings s on s.org = c.org and s.connection = c.no
		and s.version = (select max(version) from connection_settings m where m.org = c.org and m.connection = c.no)
	left join connection_settings a on a.org = c.org and a.connection = c.no and a.version = c.approved_version
	left join connection_keys k on k.org = c.org and k.connection = c.no
	where c.org = $1 and c.deleted_at is null`

// row is a connection with its number.
type row struct {
	no int64
	connection.Record
}

func scan(st stmt) (row, error) {
	r := row{st.ColInt(0), connection.Record{ID: st.ColText(1), Name: st.ColText(2), State: connection.State(st.ColText(3)),
		Origin: connection.Origin(st.ColText(4)), Failures: int(st.ColInt(5)), CreatedAt: sqldb.Instant(st.ColInt(6)),
		Previewed: sqldb.Instant(st.ColInt(9))}}
	if !st.ColNull(11) {
		r.Approved = &connection.ApprovedVersion{Approval: connection.Approval{By: st.ColText(10), At: sqldb.Instant(st.ColInt(12))},
			Version: st.ColInt(11), Revision: st.ColText(13)}
	}
	if !st.ColNull(14) {
		r.Pause = &connection.Pause{By: st.ColText(14), Reason: st.ColText(15), At: sqldb.Instant(st.ColInt(16)), Until: sqldb.Instant(st.ColInt(17))}
	}
	if !st.ColNull(18) {
		r.Version = version(st, 18)
	}
	if !st.ColNull(24) {
		r.Key = &connection.SealedKey{Sealed: st.ColText(24), KeyHint: connection.KeyHint{Last4: st.ColText(25),
			Fingerprint: st.ColText(26), SetAt: sqldb.Instant(st.ColInt(27)), SetBy: st.ColText(28)}}
	}
	err := r.scanCheck(st.ColText(7), sqldb.Instant(st.ColInt(8)))
	return r, err
}

func version(st stmt, at int) connection.Version {
	return connection.Version{Number: st.ColInt(at), At: sqldb.Instant(st.ColInt(at + 1)), Actor: st.ColText(at + 2),
		Note: st.ColText(at + 3), Revision: st.ColText(at + 4), YAML: st.ColText(at + 5)}
}

// checkJSON is a check as stored.
type checkJSON struct {
	Report source.Report `json:"report"`
	Reader string        `json:"reader,omitempty"`
	Error  string        `json:"error,omitempty"`
	Passed int64         `json:"passed,omitempty"` // epoch milliseconds
}

func (r *row) scanCheck(text string, at time.Time) error {
	if text == "" {
		return nil
	}
	var c checkJSON
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return fmt.Errorf("the check of connection %s: %w", r.ID, err)
	}
	r.Passed = sqldb.Instant(c.Passed)
	if !at.IsZero() {
		r.Check = &connection.Check{At: at, Report: c.Report, Error: c.Error}
		r.Check.Report.Reader = c.Reader
	}
	return nil
}

// check returns the columns checked and checked_at.
func (r *row) check() (text any, at any, err error) {
	if r.Check == nil && r.Passed.IsZero() {
		return nil, nil, nil
	}
	c := checkJSON{Passed: sqldb.Millis(r.Passed)}
	if r.Check != nil {
		c.Report, c.Reader, c.Error, at = r.Check.Report, r.Check.Report.Reader, r.Check.Error, r.Check.At
	}
	b, err := json.Marshal(c)
	return string(b), at, err
}

// find returns one connection; directory.ErrNotFound when there is none.
func find(t orgtx.Tx, id string) (out row, err error) {
	found := false
	err = t.Each("select "+columns+" and c.id = $2", func(st stmt) (err error) {
		found = true
		out, err = scan(st)
		return err
	}, t.Org, id)
	if err == nil && !found {
		err = fmt.Errorf("connection %s: %w", id, directory.ErrNotFound)
	}
	return out, err
}

// Connections implements connection.Settings.
func (s *Store) Connections(ctx context.Context) ([]connection.Record, error) {
	var out []connection.Record
	err := s.org.Read(ctx, func(t orgtx.Tx) error {
		return t.Each("select "+columns+" order by c.name", func(st stmt) error {
			r, err := scan(st)
			out = append(out, r.Record)
			return err
		}, t.Org)
	})
	return out, err
}

// Connection implements connection.Settings.
func (s *Store) Connection(ctx context.Context, id string) (connection.Record, error) {
	var out row
	err := s.org.Read(ctx, func(t orgtx.Tx) (err error) {
		out, err = find(t, id)
		return err
	})
	return out.Record, err
}

// Row implements connection.Settings.
func (s *Store) Row(ctx context.Context, id string) (syncrun.Connection, error) {
	var out syncrun.Connection
	err := s.org.Read(ctx, func(t orgtx.Tx) error {
		var baseline string
		ok, err := t.First("select id, name, state, failures, baseline from connections where org = $1 and id = $2 and deleted_at is null", func(st stmt) {
			out = syncrun.Connection{ID: st.ColText(0), Name: st.ColText(1), State: st.ColText(2), Failures: int(st.ColInt(3))}
			baseline = st.ColText(4)
		}, t.Org, id)
		if err == nil && !ok {
			err = fmt.Errorf("connection %s: %w", id, directory.ErrNotFound)
		}
		if err == nil && baseline != "" {
			out.Baseline = &hr.Baseline{}
			err = json.Unmarshal([]byte(baseline), out.Baseline)
		}
		return err
	})
	return out, err
}

// Versions implements connection.Settings.
func (s *Store) Versions(ctx context.Context, id string) ([]connection.Version, error) {
	var out []connection.Version
	err := s.org.Read(ctx, func(t orgtx.Tx) error {
		r, err := find(t, id)
		if err != nil {
			return err
		}
		return t.Each(`select version, at, actor, note, revision, settings from connection_settings
			where org = $1 and connection = $2 order by version desc`, func(st stmt) error {
			out = append(out, version(st, 0))
			return nil
		}, t.Org, r.no)
	})
	return out, err
}

// Change implements connection.Settings.
func (s *Store) Change(ctx context.Context, id, actor string, now time.Time, f func(*connection.Record) ([]connection.Event, error)) (connection.Record, error) {
	var out connection.Record
	err := s.org.Write(ctx, func(t orgtx.Tx) error {
		r, err := find(t, id)
		if err != nil {
			return err
		}
		before := r.Record
		events, err := f(&r.Record)
		if err != nil {
			return err
		}
		if err := write(t, &before, &r); err != nil {
			return err
		}
		out = r.Record
		for _, e := range events {
			if err := t.Audit(orgtx.Entry{At: now, Actor: actor, Event: e.Name, Subject: id, Before: e.Before, After: e.After, Detail: e.Detail}); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// write stores a connection that was changed.
func write(t orgtx.Tx, before *connection.Record, r *row) error {
	checked, at, err := r.check()
	if err != nil {
		return err
	}
	approval, pause := connection.ApprovedVersion{}, connection.Pause{}
	if r.Approved != nil {
		approval = *r.Approved
	}
	if r.Pause != nil {
		pause = *r.Pause
	}
	_, err = t.Exec(`update connections set name = $1, state = $2, origin = $3, failures = $4, created_at = $5, checked = $6, checked_at = $7,
		previewed_at = $8, approved_by = $9, approved_version = $10, approved_at = $11, paused_by = $12, paused_reason = $13, paused_at = $14,
		paused_until = $15 where org = $16 and no = $17`,
		r.Name, string(r.State), string(r.Origin), r.Failures, r.CreatedAt, checked, at, optional(r.Previewed),
		when(r.Approved != nil, approval.By), when(r.Approved != nil, approval.Version), optional(approval.At),
		when(r.Pause != nil, pause.By), when(r.Pause != nil, pause.Reason), optional(pause.At), optional(pause.Until), t.Org, r.no)
	if errors.Is(err, sqldb.ErrUnique) {
		return &connection.NameError{Name: r.Name}
	}
	if err == nil && r.Version.Number != before.Version.Number {
		v := r.Version
		_, err = t.Exec(`insert into connection_settings (org, connection, version, at, actor, note, revision, settings)
			values ($1, $2, $3, $4, $5, $6, $7, $8)`, t.Org, r.no, v.Number, v.At, v.Actor, v.Note, v.Revision, v.YAML)
	}
	if err == nil && r.Key != before.Key {
		err = writeKey(t, r)
	}
	return err
}

func writeKey(t orgtx.Tx, r *row) error {
	if _, err := t.Exec("delete from connection_keys where org = $1 and connection = $2", t.Org, r.no); err != nil || r.Key == nil {
		return err
	}
	_, err := t.Exec(`insert into connection_keys (org, connection, sealed, hint, fingerprint, set_at, set_by) values ($1, $2, $3, $4, $5, $6, $7)`,
		t.Org, r.no, r.Key.Sealed, r.Key.Last4, r.Key.Fingerprint, r.Key.SetAt, r.Key.SetBy)
	return err
}

// when is a value that is stored only if there is one.
func when(ok bool, v any) any {
	if !ok {
		return nil
	}
	return v
}

// optional is an instant that is stored as NULL when zero.
func optional(t time.Time) any { return when(!t.IsZero(), t) }
