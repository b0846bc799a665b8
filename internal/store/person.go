package store

import (
	"fmt"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// personReader decodes the organisation's people.
type personReader struct {
	*personrow.Reader
	t tx
}

func (t tx) personReader() (personReader, error) {
	conns, err := t.connections()
	return personReader{personrow.NewReader(conns), t}, err
}

func (r personReader) byID(id string) (p directory.Person, ok bool, err error) {
	err = r.t.each("select "+personrow.Columns+" from people where org = $1 and id = $2", func(st stmt) error {
		ok = true
		return r.Scan(st, &p)
	}, r.t.org, id)
	return p, ok, err
}

// each yields the people that a constant condition on $2, $3, … and order select.
func (r personReader) each(condition string, yield func(*directory.Person, error) bool, args ...any) error {
	var p directory.Person
	return r.t.each("select "+personrow.Columns+" from people where org = $1 and "+condition, func(st stmt) error {
		if err := r.Scan(st, &p); err != nil {
			return err
		}
		if !yield(&p, nil) {
			return errStopped
		}
		return nil
	}, append([]any{r.t.org}, args...)...)
}

// person returns one person; directory.ErrNotFound when there is none.
func (t tx) person(id string) (directory.Person, error) {
	r, err := t.personReader()
	if err != nil {
		return directory.Person{}, err
	}
	p, ok, err := r.byID(id)
	if err == nil && !ok {
		err = fmt.Errorf("person %s: %w", id, directory.ErrNotFound)
	}
	return p, err
}

// displayName is how a person is called when shown.
func displayName(display, firstName, lastName, email string) string {
	if display != "" {
		return display
	}
	if n := strings.TrimSpace(firstName + " " + lastName); n != "" {
		return n
	}
	return email
}

// insertPerson writes a new person; sqldb.ErrUnique when the id or the address is taken.
func (t tx) insertPerson(p *directory.Person, conn int64) (int, error) {
	st := t.Prepare(`insert into people (org, id, email_key, version, status, previous_status, manual_lock, role, connection, source_id,
		created_at, updated_at, extras, edited, employee_id, email, first_name, last_name, preferred_name, display_name, job_title, department,
		division, location, teams, manager, phone, gender, birthday, hire_date, original_hire_date, deactivation_date, name_key)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
		$28, $29, $30, $31, $32, $33)`)
	st.Int(t.org)
	st.Text(p.ID)
	sqldb.BindOptional(st, directory.EmailKey(p.Values.Get(directory.Email)))
	if err := personrow.Bind(st, p, conn); err != nil {
		st.Close()
		return 0, err
	}
	return st.Run()
}

// updatePerson writes a person of whom the transaction has checked the version; the address's compare
// form stays (see setEmailKey).
func (t tx) updatePerson(p *directory.Person, conn int64) (int, error) {
	st := t.Prepare(`update people set version = $1, status = $2, previous_status = $3, manual_lock = $4, role = $5, connection = $6,
		source_id = $7, created_at = $8, updated_at = $9, extras = $10, edited = $11, employee_id = $12, email = $13, first_name = $14,
		last_name = $15, preferred_name = $16, display_name = $17, job_title = $18, department = $19, division = $20, location = $21,
		teams = $22, manager = $23, phone = $24, gender = $25, birthday = $26, hire_date = $27, original_hire_date = $28,
		deactivation_date = $29, name_key = $30 where org = $31 and id = $32`)
	if err := personrow.Bind(st, p, conn); err != nil {
		st.Close()
		return 0, err
	}
	st.Int(t.org)
	st.Text(p.ID)
	return st.Run()
}

// setEmailKey makes an address a person's; "" gives it free. sqldb.ErrUnique when it is another person's.
func (t tx) setEmailKey(id, key string) error {
	_, err := t.exec("update people set email_key = $1 where org = $2 and id = $3", sqldb.Optional(key), t.org, id)
	return err
}

// ownersLeft reports whether an active owner remains.
func (t tx) ownersLeft() (bool, error) {
	return t.first("select 1 from people where org = $1 and role = 'owner' and status = 'active' limit 1", nil, t.org)
}
