package store

import (
	"fmt"

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

const briefColumns = `id, connection, source_id, status, email, employee_id, display_name, first_name, last_name, name_key, manager,
	role, manual_lock`

// briefReader decodes briefs. All texts of one share a string: a copy of each column would
// cost more than reading it.
type briefReader struct {
	connections map[int64]string
	brief       directory.Brief
	text, col   []byte
}

// each yields the people that a constant condition selects.
func (r *briefReader) each(t tx, condition string, yield func(*directory.Brief, error) bool, args ...any) error {
	return t.each("select "+briefColumns+" from people where "+condition, func(st stmt) error {
		if !yield(r.scan(st), nil) {
			return errStopped
		}
		return nil
	}, args...)
}

func (r *briefReader) scan(st stmt) *directory.Brief {
	b := &r.brief
	*b = directory.Brief{Connection: r.connections[st.ColInt(1)], SourceID: st.ColInt(2), ManualLock: st.ColInt(12) != 0}
	b.Status = directory.Status(r.word(st, 3, string(directory.Provisioned), string(directory.Active), string(directory.Deactivated)))
	b.Privileged = directory.Role(r.word(st, 11, string(directory.RoleMember))).Privileged()
	r.text = r.text[:0]
	var ends [6]int
	for i, column := range [...]int{0, 4, 5, 9, 10, 6} {
		r.col = st.ColBytes(column, r.col)
		r.text = append(r.text, r.col...)
		ends[i] = len(r.text)
	}
	text, from := string(r.text), 0
	for i, s := range [...]*string{&b.ID, &b.Email, &b.EmployeeID, &b.NameKey, &b.ManagerID, &b.Name} {
		*s = text[from:ends[i]]
		from = ends[i]
	}
	if b.Name == "" {
		b.Name = personrow.DisplayName("", st.ColText(7), st.ColText(8), b.Email)
	}
	return b
}

// word reads a column that mostly is one of a few words.
func (r *briefReader) word(st stmt, column int, words ...string) string {
	r.col = st.ColBytes(column, r.col)
	for _, w := range words {
		if string(r.col) == w {
			return w
		}
	}
	return string(r.col)
}

// newPeople inserts people. Its columns are all that there are, in the table's order: of others the engine would
// copy every value of a row once more.
func newPeople() sqldb.Bulk {
	return sqldb.NewBulk(`insert or fail into people (no, org, id, version, status, previous_status, manual_lock, role, connection, source_id,
		email_key, name_key, employee_id, email, first_name, last_name, preferred_name, display_name, job_title, department, division, location,
		teams, manager, phone, gender, birthday, hire_date, original_hire_date, deactivation_date, extras, edited, created_at, updated_at)
		values`, 34)
}

// insertPerson writes a new person; sqldb.ErrUnique when the id or the address is taken.
func (t tx) insertPerson(p *directory.Person, conn int64) (int, error) {
	bulk := newPeople()
	return t.insertPeople(&bulk, []newPerson{{Person: *p, conn: conn}})
}

// insertPeople writes the first of some new people and returns how many they were; on sqldb.ErrUnique the id or
// the address of the next one is taken.
func (t tx) insertPeople(bulk *sqldb.Bulk, people []newPerson) (int, error) {
	st, n := bulk.Prepare(t, len(people))
	for i := range people[:n] {
		if err := personrow.Bind(st, t.org, &people[i].Person, people[i].conn); err != nil {
			st.Close()
			return 0, err
		}
	}
	return st.Run()
}

// updatePerson writes a person of whom the transaction has checked the version; the address's compare
// form ($11) stays (see setEmailKey).
func (t tx) updatePerson(p *directory.Person, conn int64) (int, error) {
	st := t.Prepare(`update people set version = $4, status = $5, previous_status = $6, manual_lock = $7, role = $8, connection = $9,
		source_id = $10, name_key = $12, employee_id = $13, email = $14, first_name = $15, last_name = $16, preferred_name = $17,
		display_name = $18, job_title = $19, department = $20, division = $21, location = $22, teams = $23, manager = $24, phone = $25,
		gender = $26, birthday = $27, hire_date = $28, original_hire_date = $29, deactivation_date = $30, extras = $31, edited = $32,
		created_at = $33, updated_at = $34 where org = $2 and id = $3`)
	if err := personrow.Bind(st, t.org, p, conn); err != nil {
		st.Close()
		return 0, err
	}
	return st.Run()
}

// setEmailKey makes an address a person's; "" gives it free. sqldb.ErrUnique when it is another person's.
func (t tx) setEmailKey(id, key string) error {
	_, err := t.exec("update people set email_key = $1 where org = $2 and id = $3", sqldb.Optional(key), t.org, id)
	return err
}

// signsIn is a condition on people: somebody who has a password or an identity to sign in with.
const signsIn = `(exists (select 1 from passwords w where w.org = people.org and w.person_id = people.id)
	or exists (select 1 from identities i where i.org = people.org and i.person_id = people.id))`

// ownersLeft reports whether an active owner remains: one who can sign in, where any owner ever could.
func (t tx) ownersLeft() (bool, error) {
	return t.first(`select 1 from people where org = $1 and role = 'owner' and status = 'active' and (`+signsIn+`
		or not exists (select 1 from people where org = $1 and role = 'owner' and `+signsIn+`)) limit 1`, nil, t.org)
}
