package endpoint

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"iter"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

const (
	noEmployee   = "Employee not found, Employee not found"         // the doubled text of [R] error-404-employee
	noPermission = "Insufficient Permissions to view this employee" // [D] bamboohr-api §2.2
)

// just is a walk over one employee.
func just(e *company.Employee) iter.Seq[*company.Employee] {
	return func(yield func(*company.Employee) bool) { yield(e) }
}

// employee finds the person of the path; false after it answered 404 or 403.
func (c *call) employee() (*company.Employee, bool) {
	id, err := strconv.Atoi(c.Args["id"])
	if err != nil {
		c.Fail(http.StatusNotFound, noEmployee)
		return nil, false
	}
	if id == 0 {
		id = c.Access.Own()
	}
	e, ok := c.Snapshot().Find(id, new(company.Employee))
	if !ok {
		c.Fail(http.StatusNotFound, noEmployee)
		return nil, false
	}
	if !c.sees(e) && e.ID != c.Access.Own() {
		c.Fail(http.StatusForbidden, noPermission)
		return nil, false
	}
	return e, true
}

func (c *call) sees(e *company.Employee) bool {
	who := company.NewReader(c.Snapshot(), true)
	who.Stand(e)
	return c.Access.Person(who)
}

// getEmployee answers one person: the id always, other fields only when asked for, and unknown or unreadable ones left
// out without a mark ([R] employee-get, employees-0; [D] bamboohr-api §2.2).
func (c *call) getEmployee() {
	var names []string
	if q := c.Request.URL.Query().Get("fields"); q != "" {
		names = strings.Split(q, ",")
	}
	if len(names) > maxFields {
		c.Fail(http.StatusBadRequest, "Too many fields requested, the maximum is 400")
		return
	}
	if c.Args["id"] == "0" && c.Access.Own() == 0 { // [D] employees-0-nonemployee
		c.writeEmployee(http.StatusOK, 0, nil)
		return
	}
	e, ok := c.employee()
	if !ok {
		return
	}
	c.answerEmployee(http.StatusOK, e, names, c.OnlyCurrent())
}

// answerEmployee writes the readable ones of the named fields.
func (c *call) answerEmployee(status int, e *company.Employee, names []string, onlyCurrent bool) {
	cols := c.ColumnsFor(slices.DeleteFunc(names, func(n string) bool { return n == "id" }))
	c.KeepRows()
	for p := range c.Walk(just(e), onlyCurrent) {
		p.Visible = true // checked by employee
		cells := slices.DeleteFunc(c.Cells(p, cols, nil), func(v answer.Cell) bool { return v.Hidden })
		c.writeEmployee(status, p.Person.ID, cells)
	}
}

func (c *call) writeEmployee(status, id int, cells []answer.Cell) {
	if c.WantsJSON() {
		c.Text(status, "application/json", append(c.AppendCells(c.AppendID(nil, "id", id), cells, answer.OwnForm), '}'))
		return
	}
	c.Text(status, answer.XMLType, append(answer.AppendXMLRow([]byte("<?xml version=\"1.0\"?>\n"), "employee", id, cells), '\n'))
}

// startsXML tells whether a body is XML rather than JSON.
func startsXML(raw []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("<")) }

// values reads the fields a client writes, as JSON or as <field id="…"> elements, told apart by their first character:
// [C] PyBambooHR sends XML without a Content-Type. False after it answered 400.
func (c *call) values() (map[string]string, bool) {
	raw, ok := c.Read()
	if !ok {
		return nil, false
	}
	values := map[string]string{}
	if startsXML(raw) {
		var body struct {
			Fields []struct {
				ID    string `xml:"id,attr"`
				Value string `xml:",chardata"`
			} `xml:"field"`
		}
		if xml.Unmarshal(raw, &body) != nil {
			c.Fail(http.StatusBadRequest, "Malformed XML")
			return nil, false
		}
		for _, f := range body.Fields {
			values[f.ID] = f.Value
		}
		return values, true
	}
	var body map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&body) != nil || body == nil {
		c.Fail(http.StatusBadRequest, "Malformed JSON")
		return nil, false
	}
	for k, v := range body {
		switch v := v.(type) {
		case nil:
			values[k] = ""
		case string:
			values[k] = v
		case json.Number:
			values[k] = v.String()
		case bool:
			values[k] = strconv.FormatBool(v)
		} // lists and objects belong to fields that are not simulated
	}
	return values, true
}

// conflict is why a value cannot be written: 409 ([D] bamboohr-api §1.5).
type conflict struct{ text string }

func (e conflict) Error() string { return e.text }

// errForbidden means that none of the given fields may be written.
var errForbidden = errors.New("no field may be written")

// createEmployee adds a record: 201 with the Location in gateway form ([R] employee-create, [D] bamboohr-api §2.10).
// There is no idempotency key: two equal requests make two people.
func (c *call) createEmployee() {
	values, ok := c.values()
	if !ok {
		return
	}
	if values["firstName"] == "" || values["lastName"] == "" {
		c.Fail(http.StatusBadRequest, "First name and last name are required")
		return
	}
	if !c.Access.EveryField() && !(c.Access.Column(c.FieldOf("firstName")) && c.Access.Column(c.FieldOf("lastName"))) {
		c.Fail(http.StatusForbidden, "You do not have permission to add an employee")
		return
	}
	if !c.checkValues(values, 0) {
		return
	}
	c.Snapshot() // managers are looked up in it while the record is written
	e, err := c.Store.Create(func(e *company.Employee, today string) error {
		e.CreatedBy = c.User.ID
		_, err := c.apply(e, values, today)
		return err
	})
	if err != nil {
		c.writeError(err)
		return
	}
	c.Refresh()
	c.Header().Set("Location", c.gateway()+"/v1/employees/"+strconv.Itoa(e.ID))
	c.jsonDefault()
	c.answerEmployee(http.StatusCreated, e, []string{"firstName", "lastName", "status"}, true)
}

// gateway is the base of the Location of a new record: the gateway ([R] employee-create), by the address it was called
// under, because [C] PyBambooHR takes its own base off to find the id.
func (c *call) gateway() string {
	path := "/api/gateway.php/" + c.Store.Company.Subdomain
	switch {
	case !strings.HasPrefix(c.Request.URL.Path, path+"/"):
		return "https://api.bamboohr.com" + path
	case c.Request.TLS == nil:
		return "http://" + c.Request.Host + path
	}
	return "https://" + c.Request.Host + path
}

// jsonDefault makes the answer JSON also when the client did not ask: the writing endpoints were only seen so.
func (c *call) jsonDefault() {
	if c.Request.Header.Get("Accept") == "" || c.Request.Header.Get("Accept") == "*/*" {
		c.Request.Header.Set("Accept", "application/json")
	}
}

func (c *call) writeError(err error) {
	var bad conflict
	switch {
	case errors.As(err, &bad):
		c.Fail(http.StatusConflict, bad.text)
	case errors.Is(err, errForbidden):
		c.Fail(http.StatusForbidden, "You do not have permission to update these fields")
	case errors.Is(err, company.ErrNotFound):
		c.Fail(http.StatusNotFound, noEmployee)
	default:
		c.Fail(http.StatusInternalServerError, err.Error())
	}
}

// updateEmployee writes the given fields; null and "" clear. The answer has the changed fields ([R] employee-update).
func (c *call) updateEmployee() {
	e, ok := c.employee()
	if !ok {
		return
	}
	values, ok := c.values()
	if !ok || !c.checkValues(values, e.ID) {
		return
	}
	var written []string
	e, err := c.Store.Update(e.ID, func(e *company.Employee, today string) (err error) {
		written, err = c.apply(e, values, today)
		return err
	})
	if err != nil {
		c.writeError(err)
		return
	}
	c.Refresh()
	c.jsonDefault()
	c.answerEmployee(http.StatusOK, e, append([]string{"firstName", "lastName", "status"}, written...), true)
}

// checkValues refuses duplicate addresses, unknown list options and impossible dates with 409
// (duplicates: [D], whatever the case of letters; dates assumed); false after it answered.
func (c *call) checkValues(values map[string]string, id int) bool {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value := values[name]
		f := c.writable(name)
		if f == nil || value == "" {
			continue
		}
		_, dateErr := time.Parse(time.DateOnly, value)
		switch {
		case f.Type == "email" && c.Store.MailTaken(value, id):
			c.Fail(http.StatusConflict, "Duplicate email: "+f.Alias)
		case !c.Store.Lists.Knows(f.Alias, value):
			c.Fail(http.StatusConflict, "Invalid list value: "+f.Alias)
		case f.Kind == company.KindDate && dateErr != nil && value != company.EmptyDate:
			c.Fail(http.StatusConflict, "Invalid date: "+f.Alias)
		case f.Alias == "status" && value != company.Active && value != company.Inactive:
			c.Fail(http.StatusConflict, "Invalid status")
		default:
			continue
		}
		return false
	}
	return true
}

// writable finds the field a client writes, by alias or id. Computed fields, photos and unknown names are nil:
// they are ignored ([D] create-employee for photos, else assumed).
func (c *call) writable(name string) *company.Field {
	f := c.FieldOf(name)
	if f == nil {
		f = c.Store.Catalogue.ByID(name)
	}
	if f == nil || !f.Stored() && !slices.Contains([]string{"jobTitle", "department", "division", "location", "reportsTo", "employmentHistoryStatus"}, f.Alias) {
		return nil
	}
	return f
}

// apply writes the values the user may write into e and names them. Values of the history tables become a row dated
// today, or on the hire date of a new record ([D] bamboohr-api §2.10).
func (c *call) apply(e *company.Employee, values map[string]string, today string) (written []string, err error) {
	names := slices.Sorted(maps.Keys(values))
	rowValues := map[string]string{}
	refused := 0
	for _, name := range names {
		f := c.writable(name)
		if f == nil {
			continue
		}
		if !c.Access.Column(f) || !c.Access.Cell(f, e.ID) {
			refused++
			continue
		}
		value := values[name]
		switch {
		case !f.Stored():
			rowValues[f.Alias] = value
		case f.Kind == company.KindCheckbox:
			f.Set(e, company.Checkbox(value))
		case value == company.EmptyDate && f.Kind == company.KindDate:
			f.Set(e, "")
		default:
			f.Set(e, value)
		}
		written = append(written, f.Alias)
	}
	if refused > 0 && len(written) == 0 {
		return nil, errForbidden
	}
	day := today
	if e.Changed == 0 { // a new record
		day = or(e.HireDate, today)
	}
	return written, c.applyRows(e, rowValues, day, today)
}

func (c *call) applyRows(e *company.Employee, values map[string]string, day, today string) error {
	if status, given := values["employmentHistoryStatus"]; given {
		e.EmploymentStatus = append(e.EmploymentStatus, company.StatusRow{Date: day, Status: status})
		e.ApplyStatus(status, day, today, false)
		delete(values, "employmentHistoryStatus")
	}
	if len(values) == 0 {
		return nil
	}
	r := company.NewReader(c.Snapshot(), true)
	r.Stand(e)
	row := *r.Job
	row.RowID, row.Date = 0, day
	for alias, value := range values {
		if err := c.setJob(&row, alias, value); err != nil {
			return conflict{err.Error()}
		}
	}
	if n := len(e.JobInfo); n > 0 && e.JobInfo[n-1].Date == day { // a second write on a day corrects the first
		row.RowID = e.JobInfo[n-1].RowID
		e.JobInfo[n-1] = row
		return nil
	}
	e.JobInfo = append(e.JobInfo, row)
	return nil
}

// deleteEmployee removes a record for good ([R] employee-delete: 204).
func (c *call) deleteEmployee() {
	e, ok := c.employee()
	if !ok {
		return
	}
	if !c.Access.EveryField() { // which right it takes is assumed
		c.Fail(http.StatusForbidden, "You do not have permission to delete this employee")
		return
	}
	c.Store.Delete(e.ID)
	c.Begin(http.StatusNoContent, "text/html; charset=UTF-8")
}
