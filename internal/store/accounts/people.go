package accounts

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/store/internal/linkpage"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/planrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
	"github.com/rollcall-hr/rollcall/plan"
)

// selectPerson ends before the condition; its columns are what scanPerson reads.
const selectPerson = `select p.id, p.version, p.email, p.status, p.role, p.hire_date, p.display_name, p.first_name, p.last_name, w.hash,
	(select c.id from connections c where c.org = p.org and c.no = p.connection), p.location
	from people p left join passwords w on w.org = p.org and w.person_id = p.id where p.org = $1 and `

func scanPerson(st sqldb.Stmt) account.Person {
	p := account.Person{ID: st.ColText(0), Version: st.ColInt(1), Email: st.ColText(2), Status: directory.Status(st.ColText(3)),
		Role: directory.Role(st.ColText(4)), HireDate: st.ColText(5), Hash: st.ColText(9), Connection: st.ColText(10), Location: st.ColText(11)}
	p.Name = cmp.Or(st.ColText(6), strings.TrimSpace(st.ColText(7)+" "+st.ColText(8)), p.Email)
	return p
}

// onePerson returns the person that a query beginning with selectPerson finds.
func (t tx) onePerson(sql string, args ...any) (p account.Person, err error) {
	ok, err := t.First(sql, func(st sqldb.Stmt) { p = scanPerson(st) }, append([]any{t.Org}, args...)...)
	if err == nil && !ok {
		err = fmt.Errorf("person: %w", directory.ErrNotFound)
	}
	return p, err
}

// Person implements account.Tx.
func (t tx) Person(id string) (account.Person, error) {
	return t.onePerson(selectPerson+"p.id = $2", id)
}

// PersonByEmail implements account.Tx; nobody has a blank address.
func (t tx) PersonByEmail(email string) (account.Person, error) {
	return t.onePerson(selectPerson+"p.email_key = $2", sqldb.Optional(directory.EmailKey(email)))
}

// PersonByIdentity implements account.Tx.
func (t tx) PersonByIdentity(issuer, subject string) (account.Person, error) {
	return t.onePerson(selectPerson+"p.id = (select person_id from identities where org = $1 and issuer = $2 and subject = $3)", issuer, subject)
}

// Owners implements account.Tx.
func (t tx) Owners() ([]account.Person, error) {
	var out []account.Person
	err := t.Each(selectPerson+"p.role = 'owner' and p.status = 'active' order by p.id", func(st sqldb.Stmt) error {
		out = append(out, scanPerson(st))
		return nil
	}, t.Org)
	return out, err
}

// CreatePerson implements account.Tx.
func (t tx) CreatePerson(p directory.Person, actor, sentence string) error {
	email, name := p.Values.Get(directory.Email), p.Values.Get(directory.DisplayName)
	if err := t.run(`insert into people (org, id, email_key, version, status, manual_lock, role, email, display_name, name_key, created_at, updated_at)
		values ($1, $2, $3, 1, $4, 0, $5, $6, $7, $8, $9, $9)`, t.Org, p.ID, sqldb.Optional(directory.EmailKey(email)), string(p.Status), string(p.Role),
		email, sqldb.Optional(name), sqldb.Optional(personrow.NameKey(&p.Values)), p.CreatedAt); err != nil {
		return err
	}
	c := plan.Change{Action: plan.Create, Reason: plan.FieldChanged, PersonID: p.ID, Email: email, Name: cmp.Or(name, email),
		StatusBefore: p.Status, StatusAfter: p.Status, Sentence: sentence}
	c.Fields = append(c.Fields, plan.FieldChange{Field: directory.Email, Kind: directory.KindText, After: email})
	if name != "" {
		c.Fields = append(c.Fields, plan.FieldChange{Field: directory.DisplayName, Kind: directory.KindText, After: name})
	}
	c.Fields = append(c.Fields, changed("role", "", string(p.Role)))
	return t.recordEdit(&c, 1, actor, p.CreatedAt)
}

// ChangePerson implements account.Tx. The next run looks at the person again.
func (t tx) ChangePerson(p account.Person, status directory.Status, role directory.Role, actor, sentence string, now time.Time) error {
	n, err := t.Exec("update people set version = version + 1, status = $1, role = $2, updated_at = $3 where org = $4 and id = $5 and version = $6",
		string(status), string(role), now, t.Org, p.ID, p.Version)
	if err == nil && n == 0 {
		err = fmt.Errorf("person %s was changed meanwhile; try again", p.ID)
	}
	if err != nil {
		return err
	}
	c := plan.Change{Action: plan.Update, Reason: plan.FieldChanged, PersonID: p.ID, Version: p.Version, Email: p.Email, Name: p.Name,
		StatusBefore: p.Status, StatusAfter: status, Sentence: sentence}
	if status != p.Status {
		c.Fields = append(c.Fields, changed("status", string(p.Status), string(status)))
	}
	if role != p.Role {
		c.Fields = append(c.Fields, changed("role", string(p.Role), string(role)))
	}
	return t.recordEdit(&c, p.Version+1, actor, now)
}

func changed(f directory.Field, before, after string) plan.FieldChange {
	return plan.FieldChange{Field: f, Kind: directory.KindText, Before: before, After: after}
}

// recordEdit writes what goes with a human edit: audit, history, and the next run's second look.
func (t tx) recordEdit(c *plan.Change, version int64, actor string, now time.Time) error {
	if err := t.Audit(account.Event{At: now, Actor: actor, Name: "save_person", Subject: c.PersonID, Before: string(c.StatusBefore),
		After: string(c.StatusAfter), Detail: fmt.Sprintf("%s, version %d", c.Action, version)}); err != nil {
		return err
	}
	seq := int64(0)
	if _, err := t.First("select max(seq) from audit where org = $1", func(st sqldb.Stmt) { seq = st.ColInt(0) }, t.Org); err != nil {
		return err
	}
	if err := t.run("insert into edits (org, person_id, version, at, actor, audit, body) values ($1, $2, $3, $4, $5, $6, $7)",
		t.Org, c.PersonID, version, now, actor, seq, planrow.PackEdit(c)); err != nil {
		return err
	}
	conn, source := int64(0), int64(0)
	linked, err := t.First("select connection, source_id from people where org = $1 and id = $2 and source_id is not null",
		func(st sqldb.Stmt) { conn, source = st.ColInt(0), st.ColInt(1) }, t.Org, c.PersonID)
	if err != nil || !linked {
		return err
	}
	return linkpage.Unclean(t, t.Org, conn, source, seq)
}
