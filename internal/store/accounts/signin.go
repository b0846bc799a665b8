package accounts

import (
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// SetPassword implements account.Tx.
func (t tx) SetPassword(personID, hash string, now time.Time) error {
	return t.run(`insert into passwords (org, person_id, hash, set_at) values ($1, $2, $3, $4)
		on conflict (org, person_id) do update set hash = excluded.hash, set_at = excluded.set_at`, t.Org, personID, hash, now)
}

// AnybodySignsIn implements account.Tx.
func (t tx) AnybodySignsIn() (bool, error) {
	return t.First("select 1 from passwords where org = $1 union all select 1 from identities where org = $1 limit 1", nil, t.Org)
}

// AddSession implements account.Tx.
func (t tx) AddSession(h account.Hash, s account.Session) error {
	return t.run("insert into sessions (hash, org, person_id, role, method, address, agent, created_at, seen_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
		h[:], t.Org, s.PersonID, string(s.Role), s.Method, s.Address, s.Agent, s.CreatedAt, s.SeenAt)
}

const selectSession = "select hash, person_id, role, method, address, agent, created_at, seen_at from sessions where "

// scanSession reads a row of selectSession; the full hash stays here.
func scanSession(st sqldb.Stmt) (h account.Hash, s account.Session) {
	copy(h[:], st.ColBytes(0, nil))
	return h, account.Session{ID: account.Name(h), PersonID: st.ColText(1), Role: directory.Role(st.ColText(2)), Method: st.ColText(3),
		Address: st.ColText(4), Agent: st.ColText(5), CreatedAt: sqldb.Instant(st.ColInt(6)), SeenAt: sqldb.Instant(st.ColInt(7))}
}

// Session implements account.Tx.
func (t tx) Session(h account.Hash) (s account.Session, err error) {
	ok, err := t.First(selectSession+"hash = $1 and org = $2", func(st sqldb.Stmt) { _, s = scanSession(st) }, h[:], t.Org)
	return s, found("session", ok, err)
}

// found words a record that is missing.
func found(what string, ok bool, err error) error {
	if err == nil && !ok {
		err = fmt.Errorf("%s: %w", what, directory.ErrNotFound)
	}
	return err
}

// SessionsOf implements account.Tx.
func (t tx) SessionsOf(personID string) ([]account.Session, error) {
	var out []account.Session
	err := t.Each(selectSession+"org = $1 and person_id = $2 order by created_at desc, hash", func(st sqldb.Stmt) error {
		_, s := scanSession(st)
		out = append(out, s)
		return nil
	}, t.Org, personID)
	return out, err
}

// SeeSession implements account.Tx.
func (t tx) SeeSession(h account.Hash, now time.Time) error {
	return t.run("update sessions set seen_at = $1 where hash = $2 and org = $3", now, h[:], t.Org)
}

// EndSession implements account.Tx.
func (t tx) EndSession(personID string, id account.SessionID) (bool, error) {
	n, err := t.endSessions(personID, func(x account.SessionID) bool { return x == id })
	return n > 0, err
}

// EndSessions implements account.Tx.
func (t tx) EndSessions(personID string, except account.SessionID) (int, error) {
	return t.endSessions(personID, func(x account.SessionID) bool { return x != except })
}

func (t tx) endSessions(personID string, ends func(account.SessionID) bool) (int, error) {
	var over []account.Hash
	if err := t.Each(selectSession+"org = $1 and person_id = $2", func(st sqldb.Stmt) error {
		if h, s := scanSession(st); ends(s.ID) {
			over = append(over, h)
		}
		return nil
	}, t.Org, personID); err != nil {
		return 0, err
	}
	for _, h := range over {
		if err := t.run("delete from sessions where hash = $1 and org = $2", h[:], t.Org); err != nil {
			return 0, err
		}
	}
	return len(over), nil
}

// PruneSessions implements account.Tx.
func (t tx) PruneSessions(created, seen time.Time) error {
	return t.run("delete from sessions where org = $1 and (created_at <= $2 or seen_at <= $3)", t.Org, created, seen)
}

// AddLink implements account.Tx.
func (t tx) AddLink(h account.Hash, l account.Link, by string, now time.Time) error {
	if err := t.DropLinks(l.PersonID); err != nil {
		return err
	}
	return t.run("insert into password_links (hash, org, person_id, purpose, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)",
		h[:], t.Org, l.PersonID, l.Purpose, by, now, l.ExpiresAt)
}

// Link implements account.Tx.
func (t tx) Link(h account.Hash) (l account.Link, err error) {
	ok, err := t.First("select person_id, purpose, expires_at from password_links where hash = $1 and org = $2", func(st sqldb.Stmt) {
		l = account.Link{PersonID: st.ColText(0), Purpose: st.ColText(1), ExpiresAt: sqldb.Instant(st.ColInt(2))}
	}, h[:], t.Org)
	return l, found("link", ok, err)
}

// DropLinks implements account.Tx.
func (t tx) DropLinks(personID string) error {
	return t.run("delete from password_links where org = $1 and person_id = $2", t.Org, personID)
}

// Tally implements account.Tx.
func (t tx) Tally(who account.Hash) (y account.Tally, err error) {
	_, err = t.First("select failures, last_at from sign_in_failures where org = $1 and who = $2", func(st sqldb.Stmt) {
		y = account.Tally{Failures: int(st.ColInt(0)), Last: sqldb.Instant(st.ColInt(1))}
	}, t.Org, who[:])
	return y, err
}

// SetTally implements account.Tx.
func (t tx) SetTally(who account.Hash, y account.Tally) error {
	return t.run(`insert into sign_in_failures (org, who, failures, last_at) values ($1, $2, $3, $4)
		on conflict (org, who) do update set failures = excluded.failures, last_at = excluded.last_at`, t.Org, who[:], y.Failures, y.Last)
}

// PruneTallies implements account.Tx.
func (t tx) PruneTallies(before time.Time) error {
	return t.run("delete from sign_in_failures where org = $1 and last_at < $2", t.Org, before)
}

// IdentitiesOf implements account.Tx.
func (t tx) IdentitiesOf(personID string) ([]account.LinkedIdentity, error) {
	var out []account.LinkedIdentity
	err := t.Each("select issuer, subject, linked_at from identities where org = $1 and person_id = $2 order by issuer, subject", func(st sqldb.Stmt) error {
		out = append(out, account.LinkedIdentity{Issuer: st.ColText(0), Subject: st.ColText(1), LinkedAt: sqldb.Instant(st.ColInt(2))})
		return nil
	}, t.Org, personID)
	return out, err
}

// AddIdentity implements account.Tx.
func (t tx) AddIdentity(personID, issuer, subject string, now time.Time) error {
	return t.run("insert into identities (org, issuer, subject, person_id, linked_at) values ($1, $2, $3, $4, $5)", t.Org, issuer, subject, personID, now)
}

// DropIdentity implements account.Tx.
func (t tx) DropIdentity(personID, issuer, subject string) error {
	return t.run("delete from identities where org = $1 and issuer = $2 and subject = $3 and person_id = $4", t.Org, issuer, subject, personID)
}
