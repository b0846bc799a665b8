package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// The columns of a person, in the order in which personReader reads and bindPerson writes them; the
// standard fields stand in the order of directory.Standard. The address's compare form is written apart,
// because it must be unique.
const (
	fieldColumns = `employee_id, email, first_name, last_name, preferred_name, display_name, job_title, department, division,
		location, teams, manager, phone, gender, birthday, hire_date, original_hire_date, deactivation_date`
	personColumns = `id, version, status, previous_status, manual_lock, role, connection, source_id, created_at, updated_at,
		extras, edited, ` + fieldColumns
	firstField = 12 // column of the first standard field
)

// extraJSON is how a budget or custom field is stored.
type extraJSON struct {
	Field directory.Field `json:"field"`
	Kind  directory.Kind  `json:"kind"`
	Text  string          `json:"text"`
}

// personReader decodes people; connections holds the organisation's, by number.
type personReader struct {
	connections map[int64]string
	fields      [directory.StandardCount]directory.Field
}

func (t tx) personReader() (*personReader, error) {
	conns, err := t.connections()
	return &personReader{conns, directory.Standard()}, err
}

func (r *personReader) scan(st stmt, p *directory.Person) error {
	*p = directory.Person{ID: st.ColText(0), Version: st.ColInt(1), Status: directory.Status(st.ColText(2)),
		PreviousStatus: directory.Status(st.ColText(3)), ManualLock: st.ColInt(4) != 0, Role: directory.Role(st.ColText(5)),
		CreatedAt: sqldb.Instant(st.ColInt(8)), UpdatedAt: sqldb.Instant(st.ColInt(9))}
	if !st.ColNull(6) {
		p.Link = &directory.Link{Connection: r.connections[st.ColInt(6)], SourceID: strconv.FormatInt(st.ColInt(7), 10)}
	}
	for i, f := range r.fields {
		if text := st.ColText(firstField + i); text != "" {
			p.Values.Set(f, f.Kind(), text)
		}
	}
	if !st.ColNull(10) {
		var extras []extraJSON
		if err := json.Unmarshal([]byte(st.ColText(10)), &extras); err != nil {
			return fmt.Errorf("extras of person %s: %w", p.ID, err)
		}
		for _, x := range extras {
			p.Values.Set(x.Field, x.Kind, x.Text)
		}
	}
	if !st.ColNull(11) {
		if err := json.Unmarshal([]byte(st.ColText(11)), &p.Edited); err != nil {
			return fmt.Errorf("edited fields of person %s: %w", p.ID, err)
		}
	}
	return nil
}

// person returns one person; directory.ErrNotFound when there is none.
func (t tx) person(id string) (directory.Person, error) {
	r, err := t.personReader()
	if err != nil {
		return directory.Person{}, err
	}
	p, ok, err := r.byID(t, id)
	if err == nil && !ok {
		err = fmt.Errorf("person %s: %w", id, directory.ErrNotFound)
	}
	return p, err
}

func (r *personReader) byID(t tx, id string) (p directory.Person, ok bool, err error) {
	err = t.each("select "+personColumns+" from people where org = $1 and id = $2", func(st stmt) error {
		ok = true
		return r.scan(st, &p)
	}, t.org, id)
	return p, ok, err
}

// bindPerson binds everything but organisation, id and the address's compare form. conn is the number of
// the linked connection.
func bindPerson(st stmt, p *directory.Person, conn int64) error {
	st.Int(p.Version)
	st.Text(string(p.Status))
	sqldb.BindOptional(st, string(p.PreviousStatus))
	st.Int(sqldb.Int(p.ManualLock))
	st.Text(string(p.Role))
	if p.Link != nil {
		id, err := sourceNumber(p.Link.SourceID)
		if err != nil {
			return err
		}
		st.Int(conn)
		st.Int(id)
	} else {
		st.Null()
		st.Null()
	}
	st.Int(sqldb.Millis(p.CreatedAt))
	st.Int(sqldb.Millis(p.UpdatedAt))
	if err := bindJSON(st, extrasOf(p)); err != nil {
		return err
	}
	if err := bindJSON(st, p.Edited); err != nil {
		return err
	}
	for _, f := range directory.Standard() {
		sqldb.BindOptional(st, p.Values.Get(f))
	}
	sqldb.BindOptional(st, nameKey(&p.Values))
	return nil
}

func extrasOf(p *directory.Person) []extraJSON {
	var out []extraJSON
	for _, x := range p.Values.Extras() {
		out = append(out, extraJSON(x))
	}
	return out
}

// bindJSON stores a list, NULL when it is empty.
func bindJSON[T any](st stmt, list []T) error {
	if len(list) == 0 {
		st.Null()
		return nil
	}
	text, err := json.Marshal(list)
	if err == nil {
		st.Text(string(text))
	}
	return err
}

// sourceNumber reads BambooHR's internal id, which is a number (bamboohr-api §3.1).
func sourceNumber(id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("employee id %q is no number", id)
	}
	return n, nil
}

func nameKey(v *directory.Values) string {
	return directory.NameKey(v.Get(directory.FirstName) + " " + v.Get(directory.LastName))
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
		created_at, updated_at, extras, edited, ` + fieldColumns + `, name_key) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
		$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)`)
	st.Int(t.org)
	st.Text(p.ID)
	sqldb.BindOptional(st, directory.EmailKey(p.Values.Get(directory.Email)))
	if err := bindPerson(st, p, conn); err != nil {
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
	if err := bindPerson(st, p, conn); err != nil {
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
