package accounts

import (
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// AddToken implements account.Tx.
func (t tx) AddToken(h account.Hash, k account.Token) error {
	return t.run(`insert into tokens (org, id, hash, name, role, person_id, created_by, created_at, expires_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, t.Org, k.ID, h[:], k.Name, string(k.Role), sqldb.Optional(k.PersonID), k.CreatedBy,
		k.CreatedAt, never(k.ExpiresAt))
}

// never stores the zero instant as NULL.
func never(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at
}

const selectToken = "select id, name, role, person_id, created_by, created_at, expires_at, used_at from tokens where org = $1"

func scanToken(st sqldb.Stmt) account.Token {
	return account.Token{ID: st.ColText(0), Name: st.ColText(1), Role: directory.Role(st.ColText(2)), PersonID: st.ColText(3), CreatedBy: st.ColText(4),
		CreatedAt: sqldb.Instant(st.ColInt(5)), ExpiresAt: sqldb.Instant(st.ColInt(6)), UsedAt: sqldb.Instant(st.ColInt(7))}
}

// TokenByHash implements account.Tx.
func (t tx) TokenByHash(h account.Hash) (k account.Token, err error) {
	ok, err := t.First(selectToken+" and hash = $2", func(st sqldb.Stmt) { k = scanToken(st) }, t.Org, h[:])
	return k, found("token", ok, err)
}

// Token implements account.Tx.
func (t tx) Token(id string) (k account.Token, err error) {
	ok, err := t.First(selectToken+" and id = $2", func(st sqldb.Stmt) { k = scanToken(st) }, t.Org, id)
	return k, found("token", ok, err)
}

// Tokens implements account.Tx.
func (t tx) Tokens() ([]account.Token, error) {
	var out []account.Token
	err := t.Each(selectToken+" order by created_at desc, id", func(st sqldb.Stmt) error {
		out = append(out, scanToken(st))
		return nil
	}, t.Org)
	return out, err
}

// UseToken implements account.Tx.
func (t tx) UseToken(id string, now time.Time) error {
	return t.run("update tokens set used_at = $1 where org = $2 and id = $3", now, t.Org, id)
}

// DropToken implements account.Tx.
func (t tx) DropToken(id string) error {
	return t.run("delete from tokens where org = $1 and id = $2", t.Org, id)
}

// Preference implements account.Tx.
func (t tx) Preference(name string) (value string, ok bool, err error) {
	ok, err = t.First("select value from preferences where org = $1 and name = $2", func(st sqldb.Stmt) { value = st.ColText(0) }, t.Org, name)
	return value, ok, err
}

// SetPreference implements account.Tx.
func (t tx) SetPreference(name, value, by string, now time.Time) error {
	return t.run(`insert into preferences (org, name, value, set_at, set_by) values ($1, $2, $3, $4, $5)
		on conflict (org, name) do update set value = excluded.value, set_at = excluded.set_at, set_by = excluded.set_by`, t.Org, name, value, now, by)
}

// DropPreference implements account.Tx.
func (t tx) DropPreference(name string) error {
	return t.run("delete from preferences where org = $1 and name = $2", t.Org, name)
}
