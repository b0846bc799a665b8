package store

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// EnsureConnection implements syncrun.Connections. The id is derived from organisation and name, so that
// the same set-up gives the same ids of people everywhere.
func (s *Store) EnsureConnection(ctx context.Context, name string) (syncrun.Connection, error) {
	var out syncrun.Connection
	find := func(t tx) (err error) {
		out, err = t.connectionByName(name)
		return err
	}
	err := s.read(ctx, find)
	if err == nil && out.ID == "" {
		err = s.write(ctx, func(t tx) error {
			id, err := t.freeConnectionID(name)
			if err != nil {
				return err
			}
			if _, err := t.exec(`insert into connections (org, id, name, state, failures) values ($1, $2, $3, 'draft', 0)
				on conflict (org, name) do nothing`, t.org, id, name); err != nil {
				return err
			}
			return find(t)
		})
	}
	if err != nil {
		return syncrun.Connection{}, fmt.Errorf("look up connection %q: %w", name, err)
	}
	return out, nil
}

// freeConnectionID derives an id from organisation and name. That of a deleted connection is not given
// again: its runs still bear it.
func (t tx) freeConnectionID(name string) (string, error) {
	for again := ""; ; again += "\x00" {
		sum := sha256.Sum256([]byte(t.orgID + "\x00" + name + again))
		id := "c_" + strings.ToLower(base32.HexEncoding.EncodeToString(sum[:10]))
		taken, err := t.first("select 1 from connections where org = $1 and id = $2 and name <> $3", nil, t.org, id, name)
		if err != nil || !taken {
			return id, err
		}
	}
}

// connectionByName returns the zero Connection when there is none.
func (t tx) connectionByName(name string) (syncrun.Connection, error) {
	var c syncrun.Connection
	var baseline string
	_, err := t.first("select id, name, state, failures, baseline from connections where org = $1 and name = $2", func(st stmt) {
		c = syncrun.Connection{ID: st.ColText(0), Name: st.ColText(1), State: st.ColText(2), Failures: int(st.ColInt(3))}
		baseline = st.ColText(4)
	}, t.org, name)
	if err == nil && baseline != "" {
		c.Baseline = &hr.Baseline{}
		err = json.Unmarshal([]byte(baseline), c.Baseline)
	}
	return c, err
}

// FinishReading implements syncrun.Connections.
func (s *Store) FinishReading(ctx context.Context, l syncrun.Lease, ok bool, baseline *hr.Baseline) error {
	return s.write(ctx, func(t tx) error {
		no, err := t.fenced(l)
		if err != nil {
			return err
		}
		if ok {
			_, err = t.exec("update connections set failures = 0 where org = $1 and no = $2 and failures <> 0", t.org, no)
		} else {
			_, err = t.exec("update connections set failures = failures + 1 where org = $1 and no = $2", t.org, no)
		}
		if err == nil && baseline != nil {
			err = t.setBaseline(no, *baseline)
		}
		return err
	})
}

// AcceptBaseline implements syncrun.Connections.
func (s *Store) AcceptBaseline(ctx context.Context, l syncrun.Lease, b hr.Baseline, actor string, now time.Time) error {
	return s.write(ctx, func(t tx) error {
		no, err := t.fenced(l)
		if err != nil {
			return err
		}
		if err := t.setBaseline(no, b); err != nil {
			return err
		}
		return t.audit(AuditEntry{At: now, Actor: actor, Event: "accept_baseline", Subject: l.Connection,
			Detail: fmt.Sprintf("%d employees", b.Employees)})
	})
}

func (t tx) setBaseline(conn int64, b hr.Baseline) error {
	text, err := json.Marshal(b)
	if err == nil {
		_, err = t.exec("update connections set baseline = $1 where org = $2 and no = $3", string(text), t.org, conn)
	}
	return err
}

// Holds implements syncrun.Exceptions: all of them, also those that ended, by creation.
func (s *Store) Holds(ctx context.Context) (out []directory.Hold, err error) {
	err = s.read(ctx, func(t tx) error {
		out, err = t.holds()
		return err
	})
	return out, err
}

func (t tx) holds() ([]directory.Hold, error) {
	var out []directory.Hold
	err := t.each(`select id, person_id, field, until, until_hr, reason, created_by, created_at from holds
		where org = $1 order by created_at, id`, func(st stmt) error {
		h := directory.Hold{ID: st.ColText(0), PersonID: st.ColText(1), Field: directory.Field(st.ColText(2)),
			Until: sqldb.Instant(st.ColInt(3)), Reason: st.ColText(5), CreatedBy: st.ColText(6), CreatedAt: sqldb.Instant(st.ColInt(7))}
		if !st.ColNull(4) {
			h.UntilHR = directory.UntilHRSays(st.ColText(4))
		}
		out = append(out, h)
		return nil
	}, t.org)
	return out, err
}

// AddHold implements syncrun.Exceptions. The person is looked at again by the next run.
func (s *Store) AddHold(ctx context.Context, h directory.Hold) error {
	return s.write(ctx, func(t tx) error {
		p, err := t.person(h.PersonID)
		if err != nil {
			return err
		}
		if _, err := t.addHold(h); err != nil {
			return err
		}
		if err := t.audit(AuditEntry{At: h.CreatedAt, Actor: h.CreatedBy, Event: "add_hold", Subject: h.PersonID, After: h.ID, Detail: string(h.Field)}); err != nil {
			return err
		}
		return t.unclean(p.Link)
	})
}

// addHold writes a hold; one that is there already stays as it is.
func (t tx) addHold(h directory.Hold) (int, error) {
	var until, untilHR any // until_hr is NULL for what HR cannot end, and blank for a blank value
	if !h.Until.IsZero() {
		until = h.Until
	}
	if value, ok := h.Awaits(); ok {
		untilHR = value
	}
	return t.exec(`insert into holds (org, id, person_id, field, until, until_hr, reason, created_by, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (org, id) do nothing`,
		t.org, h.ID, h.PersonID, sqldb.Optional(h.Field), until, untilHR, h.Reason, h.CreatedBy, h.CreatedAt)
}

// RemoveHold implements syncrun.Exceptions.
func (s *Store) RemoveHold(ctx context.Context, id, actor string, now time.Time) error {
	return s.write(ctx, func(t tx) error { return t.removeHold(id, actor, now) })
}

// EndHolds implements syncrun.Runs.
func (s *Store) EndHolds(ctx context.Context, l syncrun.Lease, ids []string, actor string, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	return s.write(ctx, func(t tx) error {
		if _, err := t.fenced(l); err != nil {
			return err
		}
		for _, id := range ids {
			if err := t.removeHold(id, actor, now); err != nil && !errors.Is(err, directory.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}

func (t tx) removeHold(id, actor string, now time.Time) error {
	var person, field string
	ok, err := t.first("select person_id, field from holds where org = $1 and id = $2",
		func(st stmt) { person, field = st.ColText(0), st.ColText(1) }, t.org, id)
	if err == nil && !ok {
		err = fmt.Errorf("hold %s: %w", id, directory.ErrNotFound)
	}
	if err != nil {
		return err
	}
	if _, err := t.exec("delete from holds where org = $1 and id = $2", t.org, id); err != nil {
		return err
	}
	if err := t.audit(AuditEntry{At: now, Actor: actor, Event: "remove_hold", Subject: person, Before: id, Detail: field}); err != nil {
		return err
	}
	p, err := t.person(person)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.unclean(p.Link)
}

// Decisions implements syncrun.Exceptions, by employee.
func (s *Store) Decisions(ctx context.Context, connection string) ([]directory.Decision, error) {
	var out []directory.Decision
	err := s.read(ctx, func(t tx) error {
		no, err := t.connection(connection)
		if err != nil {
			return err
		}
		out, err = t.decisions(no)
		return err
	})
	return out, err
}

func (t tx) decisions(conn int64) ([]directory.Decision, error) {
	var out []directory.Decision
	err := t.each("select source_id, kind, person_id from decisions where org = $1 and connection = $2 order by source_id", func(st stmt) error {
		out = append(out, directory.Decision{SourceID: st.ColInt(0), Kind: directory.DecisionKind(st.ColText(1)), PersonID: st.ColText(2)})
		return nil
	}, t.org, conn)
	return out, err
}

// Decide implements syncrun.Exceptions; a later decision about the same employee replaces the first.
func (s *Store) Decide(ctx context.Context, connection string, d directory.Decision, actor string, now time.Time) error {
	return s.write(ctx, func(t tx) error {
		no, err := t.connection(connection)
		if err != nil {
			return err
		}
		return t.decide(connection, no, d, actor, now)
	})
}

func (t tx) decide(connection string, no int64, d directory.Decision, actor string, now time.Time) error {
	if _, err := t.exec(`insert into decisions (org, connection, source_id, kind, person_id) values ($1, $2, $3, $4, $5)
		on conflict (org, connection, source_id) do update set kind = excluded.kind, person_id = excluded.person_id`,
		t.org, no, d.SourceID, string(d.Kind), sqldb.Optional(d.PersonID)); err != nil {
		return err
	}
	if err := t.audit(AuditEntry{At: now, Actor: actor, Event: "decide", Subject: fmt.Sprintf("%s/%d", connection, d.SourceID),
		After: d.PersonID, Detail: string(d.Kind)}); err != nil {
		return err
	}
	return t.uncleanSource(no, d.SourceID)
}
