// Package personrow reads and writes people as table rows. Which rows, and what may be written, is left
// to the store.
package personrow

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Columns are what Reader.Scan reads; the standard fields stand at the end, in the order of
// directory.Standard.
const Columns = `id, version, status, previous_status, manual_lock, role, connection, source_id, created_at, updated_at,
	extras, edited, employee_id, email, first_name, last_name, preferred_name, display_name, job_title, department, division,
	location, teams, manager, phone, gender, birthday, hire_date, original_hire_date, deactivation_date`

// firstField is the column of the first standard field.
const firstField = 12

// extraJSON is how a budget or custom field is stored.
type extraJSON struct {
	Field directory.Field `json:"field"`
	Kind  directory.Kind  `json:"kind"`
	Text  string          `json:"text"`
}

// Reader decodes people.
type Reader struct {
	connections map[int64]string
	fields      [directory.StandardCount]directory.Field
}

// NewReader takes the ids of the organisation's connections by number.
func NewReader(connections map[int64]string) *Reader {
	return &Reader{connections, directory.Standard()}
}

// Scan reads the row at which a query of Columns stands.
func (r *Reader) Scan(st sqldb.Stmt, p *directory.Person) error {
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

// Bind binds a row of the table, its columns in their order: NULL for its number, the organisation's number, the
// id and all the rest. conn is the number of the linked connection.
func Bind(st sqldb.Stmt, org int64, p *directory.Person, conn int64) error {
	st.Null()
	st.Int(org)
	st.Text(p.ID)
	st.Int(p.Version)
	st.Text(string(p.Status))
	sqldb.BindOptional(st, string(p.PreviousStatus))
	st.Int(sqldb.Int(p.ManualLock))
	st.Text(string(p.Role))
	if p.Link != nil {
		id, err := SourceNumber(p.Link.SourceID)
		if err != nil {
			return err
		}
		st.Int(conn)
		st.Int(id)
	} else {
		st.Null()
		st.Null()
	}
	sqldb.BindOptional(st, directory.EmailKey(p.Values.Get(directory.Email)))
	sqldb.BindOptional(st, NameKey(&p.Values))
	for slot := range directory.StandardCount {
		sqldb.BindOptional(st, p.Values.At(slot))
	}
	var extras []extraJSON
	for _, x := range p.Values.Extras() {
		extras = append(extras, extraJSON(x))
	}
	if err := bindJSON(st, extras); err != nil {
		return err
	}
	if err := bindJSON(st, p.Edited); err != nil {
		return err
	}
	st.Int(sqldb.Millis(p.CreatedAt))
	st.Int(sqldb.Millis(p.UpdatedAt))
	return nil
}

// bindJSON stores a list, NULL when it is empty.
func bindJSON[T any](st sqldb.Stmt, list []T) error {
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

// CountExtras adds, for a stored extras column, one to each field that it has a value of.
func CountExtras(column string, into map[directory.Field]int) error {
	var extras []extraJSON
	err := json.Unmarshal([]byte(column), &extras)
	for _, x := range extras {
		into[x.Field]++
	}
	return err
}

// SourceNumber reads BambooHR's internal id, which is a number (bamboohr-api §3.1).
func SourceNumber(id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("employee id %q is no number", id)
	}
	return n, nil
}

// NameKey is the compare form of first and last name.
func NameKey(v *directory.Values) string {
	var b [64]byte
	return string(directory.AppendNameKey(b[:0], v.Get(directory.FirstName)+" "+v.Get(directory.LastName)))
}

// DisplayName is how a person is called when shown.
func DisplayName(display, firstName, lastName, email string) string {
	if display != "" {
		return display
	}
	if n := strings.TrimSpace(firstName + " " + lastName); n != "" {
		return n
	}
	return email
}
