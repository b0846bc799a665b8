// Package outbox keeps mails, what was told already, and who agreed to be told, of one organisation in the
// store's database. What they say, and when they go out, is left to package notify.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/store/internal/orgtx"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Store implements notify.Store.
type Store struct{ org *orgtx.Organisation }

var _ notify.Store = (*Store)(nil)

// New returns the outbox of an organisation.
func New(org *orgtx.Organisation) *Store { return &Store{org} }

// Read implements notify.Store.
func (s *Store) Read(ctx context.Context, f func(notify.Tx) error) error {
	return s.org.Read(ctx, func(t orgtx.Tx) error { return f(tx{t}) })
}

// Write implements notify.Store.
func (s *Store) Write(ctx context.Context, f func(notify.Tx) error) error {
	return s.org.Write(ctx, func(t orgtx.Tx) error { return f(tx{t}) })
}

// tx implements notify.Tx; every statement takes the organisation from it.
type tx struct{ orgtx.Tx }

type stmt = sqldb.Stmt

// run executes a statement of which the number of rows does not matter.
func (t tx) run(sql string, args ...any) error {
	_, err := t.Exec(sql, args...)
	return err
}

const columns = `no, id, key, kind, state, recipient, person_id, connection, run_id, plan_id, content, sealed, not_before, next_at,
	claimed_until, useless_at, attempts, first_try, created_at, done_at, problem from outbox where org = $1 `

func scan(st stmt) (notify.Mail, error) {
	m := notify.Mail{No: st.ColInt(0), ID: st.ColText(1), Key: st.ColText(2), Kind: notify.Kind(st.ColText(3)), State: notify.State(st.ColText(4)),
		To: st.ColText(5), PersonID: st.ColText(6), Connection: st.ColText(7), RunID: st.ColText(8), PlanID: st.ColText(9), Sealed: st.ColText(11),
		NotBefore: sqldb.Instant(st.ColInt(12)), NextAt: sqldb.Instant(st.ColInt(13)), ClaimedUntil: sqldb.Instant(st.ColInt(14)),
		UselessAt: sqldb.Instant(st.ColInt(15)), Attempts: int(st.ColInt(16)), FirstTry: sqldb.Instant(st.ColInt(17)),
		CreatedAt: sqldb.Instant(st.ColInt(18)), DoneAt: sqldb.Instant(st.ColInt(19)), Problem: st.ColText(20)}
	if err := json.Unmarshal([]byte(st.ColText(10)), &m.Content); err != nil {
		return m, fmt.Errorf("content of mail %s: %w", m.ID, err)
	}
	return m, nil
}

// mails returns what a condition selects.
func (t tx) mails(condition string, args ...any) ([]notify.Mail, error) {
	var out []notify.Mail
	err := t.Each("select "+columns+condition, func(st stmt) error {
		m, err := scan(st)
		out = append(out, m)
		return err
	}, append([]any{t.Org}, args...)...)
	return out, err
}

// one returns the mail that a condition selects; directory.ErrNotFound when there is none.
func (t tx) one(what, condition string, args ...any) (notify.Mail, error) {
	found, err := t.mails(condition, args...)
	switch {
	case err != nil:
		return notify.Mail{}, err
	case len(found) == 0:
		return notify.Mail{}, fmt.Errorf("%s: %w", what, directory.ErrNotFound)
	}
	return found[0], nil
}

// Add implements notify.Tx.
func (t tx) Add(m *notify.Mail) (bool, error) {
	content, err := json.Marshal(m.Content)
	if err != nil {
		return false, err
	}
	n, err := t.Exec(`insert into outbox (org, id, key, kind, state, recipient, person_id, connection, run_id, plan_id, content, sealed,
		not_before, next_at, claimed_until, useless_at, attempts, first_try, created_at, done_at, problem)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, 0, 0, $16, 0, '') on conflict (org, key) do nothing`,
		t.Org, m.ID, m.Key, string(m.Kind), string(m.State), m.To, sqldb.Optional(m.PersonID), sqldb.Optional(m.Connection),
		sqldb.Optional(m.RunID), sqldb.Optional(m.PlanID), string(content), sqldb.Optional(m.Sealed), m.NotBefore, m.NextAt, m.UselessAt, m.CreatedAt)
	return n > 0, err
}

// Mail implements notify.Tx.
func (t tx) Mail(id string) (notify.Mail, error) { return t.one("mail "+id, "and id = $2", id) }

// Save implements notify.Tx.
func (t tx) Save(m *notify.Mail) error {
	content, err := json.Marshal(m.Content)
	if err != nil {
		return err
	}
	n, err := t.Exec(`update outbox set state = $1, recipient = $2, person_id = $3, connection = $4, run_id = $5, plan_id = $6, content = $7,
		sealed = $8, not_before = $9, next_at = $10, claimed_until = $11, useless_at = $12, attempts = $13, first_try = $14, done_at = $15,
		problem = $16 where org = $17 and id = $18`,
		string(m.State), m.To, sqldb.Optional(m.PersonID), sqldb.Optional(m.Connection), sqldb.Optional(m.RunID), sqldb.Optional(m.PlanID),
		string(content), sqldb.Optional(m.Sealed), m.NotBefore, m.NextAt, m.ClaimedUntil, m.UselessAt, m.Attempts, m.FirstTry, m.DoneAt,
		m.Problem, t.Org, m.ID)
	if err == nil && n == 0 {
		err = fmt.Errorf("mail %s: %w", m.ID, directory.ErrNotFound)
	}
	return err
}

// Due implements notify.Tx.
func (t tx) Due(now, runNow time.Time) (notify.Mail, error) {
	return t.one("a mail that is due", `and state = 'queued' and next_at <= $2 and not_before <= $3 and claimed_until <= $2
		order by next_at, no limit 1`, now, runNow)
}

// Mails implements notify.Tx.
func (t tx) Mails(f notify.Filter) ([]notify.Mail, error) {
	var where strings.Builder
	var args []any
	add := func(column, value string) {
		if value != "" {
			args = append(args, value)
			fmt.Fprintf(&where, "and %s = $%d ", column, len(args)+1)
		}
	}
	add("kind", string(f.Kind))
	add("connection", f.Connection)
	add("person_id", f.PersonID)
	add("run_id", f.RunID)
	add("plan_id", f.PlanID)
	if len(f.States) > 0 {
		var list []string
		for _, s := range f.States {
			args = append(args, string(s))
			list = append(list, fmt.Sprintf("$%d", len(args)+1))
		}
		where.WriteString("and state in (" + strings.Join(list, ", ") + ") ")
	}
	if f.Before != 0 {
		args = append(args, f.Before)
		fmt.Fprintf(&where, "and no < $%d ", len(args)+1)
	}
	where.WriteString("order by no desc")
	if f.Limit > 0 {
		args = append(args, f.Limit)
		fmt.Fprintf(&where, " limit $%d", len(args)+1)
	}
	return t.mails(where.String(), args...)
}

// Counts implements notify.Tx.
func (t tx) Counts() (map[notify.State]int, error) {
	out := map[notify.State]int{}
	err := t.Each("select state, count(*) from outbox where org = $1 group by state", func(st stmt) error {
		out[notify.State(st.ColText(0))] = int(st.ColInt(1))
		return nil
	}, t.Org)
	return out, err
}

// Welcomes implements notify.Tx.
func (t tx) Welcomes(runID string, runNow time.Time) (states map[notify.State]int, later int, err error) {
	states = map[notify.State]int{}
	err = t.Each(`select state, count(*), sum(case when not_before > $2 then 1 else 0 end) from outbox
		where org = $1 and run_id = $3 and kind = 'welcome' group by state`, func(st stmt) error {
		state := notify.State(st.ColText(0))
		if states[state] = int(st.ColInt(1)); state == notify.Queued {
			later = int(st.ColInt(2))
		}
		return nil
	}, t.Org, runNow, runID)
	return states, later, err
}

// Release implements notify.Tx.
func (t tx) Release(runID string, now time.Time) (int, error) {
	return t.Exec("update outbox set state = 'queued', next_at = $1, problem = '' where org = $2 and run_id = $3 and state = 'waiting'", now, t.Org, runID)
}

// Prune implements notify.Tx.
func (t tx) Prune(before time.Time) error {
	if err := t.run("delete from outbox where org = $1 and kind <> 'welcome' and done_at > 0 and done_at < $2", t.Org, before); err != nil {
		return err
	}
	if err := t.run(`update outbox set recipient = '', content = '{}', sealed = null, problem = ''
		where org = $1 and kind = 'welcome' and done_at > 0 and done_at < $2 and content <> '{}'`, t.Org, before); err != nil {
		return err
	}
	return t.run("delete from told_runs where org = $1 and done_at > 0 and done_at < $2", t.Org, before)
}

// Memory implements notify.Tx.
func (t tx) Memory(connection string) (value string, err error) {
	_, err = t.First("select value from told where org = $1 and connection = $2", func(st stmt) { value = st.ColText(0) }, t.Org, connection)
	return value, err
}

// Remember implements notify.Tx.
func (t tx) Remember(connection, value string) error {
	return t.run(`insert into told (org, connection, value) values ($1, $2, $3)
		on conflict (org, connection) do update set value = excluded.value`, t.Org, connection, value)
}

// Run implements notify.Tx.
func (t tx) Run(id string) (notify.RunMark, error) {
	m := notify.RunMark{RunID: id}
	_, err := t.First("select invite, done_at from told_runs where org = $1 and run_id = $2", func(st stmt) {
		if !st.ColNull(0) {
			invite := st.ColInt(0) != 0
			m.Invite = &invite
		}
		m.Done = sqldb.Instant(st.ColInt(1))
	}, t.Org, id)
	return m, err
}

// MarkRun implements notify.Tx.
func (t tx) MarkRun(m notify.RunMark) error {
	var invite any
	if m.Invite != nil {
		invite = *m.Invite
	}
	return t.run(`insert into told_runs (org, run_id, invite, done_at) values ($1, $2, $3, $4)
		on conflict (org, run_id) do update set invite = excluded.invite, done_at = excluded.done_at`, t.Org, m.RunID, invite, m.Done)
}

const selectRecipient = "select email, asked_at, asked_by, expires_at, confirmed_at from recipients where org = $1 and "

func (t tx) recipient(sql string, arg any) (r notify.Recipient, err error) {
	ok, err := t.First(sql, func(st stmt) { r = scanRecipient(st) }, t.Org, arg)
	if err == nil && !ok {
		err = fmt.Errorf("recipient: %w", directory.ErrNotFound)
	}
	return r, err
}

// Recipient implements notify.Tx.
func (t tx) Recipient(email string) (notify.Recipient, error) {
	return t.recipient(selectRecipient+"email_key = $2", directory.EmailKey(email))
}

// Recipients implements notify.Tx.
func (t tx) Recipients() (out []notify.Recipient, err error) {
	err = t.Each("select email, asked_at, asked_by, expires_at, confirmed_at from recipients where org = $1 order by email_key", func(st stmt) error {
		out = append(out, scanRecipient(st))
		return nil
	}, t.Org)
	return out, err
}

func scanRecipient(st stmt) notify.Recipient {
	return notify.Recipient{Email: st.ColText(0), AskedAt: sqldb.Instant(st.ColInt(1)), AskedBy: st.ColText(2),
		ExpiresAt: sqldb.Instant(st.ColInt(3)), Confirmed: sqldb.Instant(st.ColInt(4))}
}

// RecipientByHash implements notify.Tx.
func (t tx) RecipientByHash(h notify.Hash) (notify.Recipient, error) {
	return t.recipient(selectRecipient+"hash = $2", h[:])
}

// SaveRecipient implements notify.Tx.
func (t tx) SaveRecipient(r notify.Recipient, h *notify.Hash) error {
	var hash any
	if h != nil {
		hash = h[:]
	}
	return t.run(`insert into recipients (org, email_key, email, hash, expires_at, asked_at, asked_by, confirmed_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (org, email_key) do update set email = excluded.email, hash = excluded.hash,
		expires_at = excluded.expires_at, asked_at = excluded.asked_at, asked_by = excluded.asked_by, confirmed_at = excluded.confirmed_at`,
		t.Org, directory.EmailKey(r.Email), r.Email, hash, r.ExpiresAt, r.AskedAt, r.AskedBy, r.Confirmed)
}

// AdministratorAddresses implements notify.Tx.
func (t tx) AdministratorAddresses() (out []string, err error) {
	err = t.Each(`select email from people where org = $1 and role in ('owner', 'admin') and status = 'active' and email <> '' order by id`,
		func(st stmt) error {
			out = append(out, st.ColText(0))
			return nil
		}, t.Org)
	return out, err
}

// Audit implements notify.Tx.
func (t tx) Audit(e account.Event) error {
	return t.Tx.Audit(orgtx.Entry{At: e.At, Actor: e.Actor, Event: e.Name, Subject: e.Subject, Before: e.Before, After: e.After, Detail: e.Detail})
}
