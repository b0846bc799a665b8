package endpoint

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// tableColumn is a column of a history table; alias names the field whose rights it has, blank: always readable.
type tableColumn struct{ name, alias string }

// tableColumns are the columns of the two simulated tables ([R] tables-all-jobInfo, [D] bamboohr-api §2.8); comments
// bypass field rights ([D]). Other known tables have no rows; unknown ones are nil.
func tableColumns(table string) []tableColumn {
	switch table {
	case "jobInfo":
		return []tableColumn{{"date", ""}, {"location", "location"}, {"department", "department"}, {"division", "division"},
			{"jobTitle", "jobTitle"}, {"reportsTo", "reportsTo"}, {"teams", "teams"}}
	case "employmentStatus":
		return []tableColumn{{"date", ""}, {"employmentStatus", "employmentHistoryStatus"}, {"comment", ""},
			{"terminationTypeId", "employmentHistoryStatus"}, {"terminationReasonId", "employmentHistoryStatus"},
			{"terminationRehireId", "employmentHistoryStatus"}}
	case "compensation", "emergencyContacts":
		return []tableColumn{}
	}
	return nil
}

// tableRow is one row with its values by column name.
type tableRow struct {
	id, employee int
	values       map[string]string
}

func (c *call) tableRows(p answer.Person, table string) []tableRow {
	var rows []tableRow
	e := p.Person
	if table == "employmentStatus" {
		for _, r := range e.EmploymentStatus {
			rows = append(rows, tableRow{r.RowID, e.ID, map[string]string{"date": r.Date, "employmentStatus": r.Status, "comment": r.Comment}})
		}
	}
	if table == "jobInfo" {
		for _, r := range e.JobInfo {
			one := *e // the manager of this row, not of the effective one
			one.JobInfo = []company.JobRow{{ReportsTo: r.ReportsTo}}
			p.Stand(&one)
			rows = append(rows, tableRow{r.RowID, e.ID, map[string]string{"date": r.Date, "location": r.Location, "department": r.Department,
				"division": r.Division, "jobTitle": r.JobTitle, "reportsTo": p.Value(c.FieldOf("reportsTo"))}})
		}
		p.Stand(e)
	}
	return rows
}

// tableReadable are the columns the user sees on this person; others are missing ([D] bamboohr-api §3.4).
func (c *call) tableReadable(table string, id int) []tableColumn {
	return slices.DeleteFunc(tableColumns(table), func(col tableColumn) bool {
		f := c.FieldOf(col.alias)
		return f != nil && (!c.Access.Column(f) || !c.Access.Cell(f, id) || c.Dropped(f))
	})
}

func (c *call) appendRow(dst []byte, r tableRow, table string, ids bool) []byte {
	if ids {
		dst = c.AppendID(dst, "id", r.id)
		employee := c.AppendID(nil, "employeeId", r.employee)
		dst = append(append(dst, ','), employee[1:]...)
	} else {
		dst = append(dst, '{')
	}
	for _, col := range c.tableReadable(table, r.employee) {
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(company.AppendString(dst, col.name), ':')
		if col.name == "teams" { // [R]: null, while other unset columns are ""
			dst = append(dst, "null"...)
			continue
		}
		text := r.values[col.name]
		if c.Plan.Rows.Any && c.Plan.Rows.Nulls(col.alias, r.employee) {
			text = ""
		}
		dst = company.AppendString(dst, text)
	}
	return append(dst, '}')
}

// getTable lists rows, of one person or of all that may be seen; XML unless JSON is asked for ([R] tables-4-jobInfo-xml).
func (c *call) getTable() {
	table := c.Args["table"]
	if tableColumns(table) == nil {
		c.Fail(http.StatusNotFound, "Table not found")
		return
	}
	people := c.Snapshot().All()
	if c.Args["id"] != "all" {
		e, ok := c.employee()
		if !ok {
			return
		}
		people = just(e)
		c.KeepRows()
	}
	asJSON := c.WantsJSON()
	open, sep, end, kind := "<?xml version=\"1.0\"?>\n<table>\n", "", "</table>\n", answer.XMLType
	if asJSON {
		open, sep, end, kind = "[", ",", "]", "application/json"
	}
	w := c.Begin(http.StatusOK, kind)
	buf := []byte(open)
	first, ok := true, true
	for p := range c.Walk(people, true) {
		if !p.Visible {
			continue
		}
		for _, r := range c.tableRows(p, table) {
			if !first {
				buf = append(buf, sep...)
			}
			first = false
			if asJSON {
				buf = c.appendRow(buf, r, table, true)
			} else {
				buf = c.appendRowXML(buf, r, table)
			}
		}
		if buf, ok = answer.Spill(w, buf); !ok {
			return
		}
	}
	_, _ = w.Write(append(buf, end...))
}

func (c *call) appendRowXML(dst []byte, r tableRow, table string) []byte {
	dst = append(strconv.AppendInt(append(dst, ` <row id="`...), int64(r.id), 10), `" employeeId="`...)
	dst = append(strconv.AppendInt(dst, int64(r.employee), 10), "\">\n"...)
	return append(c.appendRowFields(dst, r, table), " </row>\n"...)
}

func (c *call) appendRowFields(dst []byte, r tableRow, table string) []byte {
	for _, col := range c.tableReadable(table, r.employee) {
		dst = append(answer.AppendXMLField(append(dst, "  "...), col.name, r.values[col.name]), '\n')
	}
	return dst
}

// setJob writes one column of a job row; an unknown option or manager is an error.
func (c *call) setJob(row *company.JobRow, name, value string) error {
	if value != "" && !c.Store.Lists.Knows(name, value) {
		return errors.New("Invalid list value: " + name)
	}
	switch name {
	case "date":
		row.Date = value
	case "location":
		row.Location = value
	case "department":
		row.Department = value
	case "division":
		row.Division = value
	case "jobTitle":
		row.JobTitle = value
	case "reportsTo":
		id, ok := c.managerID(value)
		if !ok {
			return errors.New("Invalid employee: reportsTo")
		}
		row.ReportsTo = id
	}
	return nil
}

// managerID understands an internal id or a full name (assumed; blank is nobody).
func (c *call) managerID(value string) (int, bool) {
	if value == "" {
		return 0, true
	}
	v := c.Snapshot()
	if id, err := strconv.Atoi(value); err == nil {
		_, ok := v.Find(id, new(company.Employee))
		return id, ok
	}
	for e := range v.All() {
		if strings.EqualFold(e.FirstName+" "+e.LastName, value) {
			return e.ID, true
		}
	}
	return 0, false
}

// createRow adds a row: 200 without a body ([R] tables-row-create).
func (c *call) createRow() { c.changeRow("") }

// updateRow changes the given columns of a row ([R] tables-row-update).
func (c *call) updateRow() { c.changeRow(c.Args["row"]) }

// rowError is an error of a table row with its status.
type rowError struct {
	status int
	text   string
}

func (e rowError) Error() string { return e.text }

func (c *call) changeRow(row string) {
	table := c.Args["table"]
	if len(tableColumns(table)) == 0 { // the empty tables take no rows (assumed)
		c.Fail(http.StatusNotFound, "Table not found")
		return
	}
	e, ok := c.employee()
	if !ok {
		return
	}
	values, ok := c.values()
	if !ok {
		return
	}
	if err := c.checkRow(table, values, row == ""); err != nil {
		c.Fail(err.status, err.text)
		return
	}
	rowID, _ := strconv.Atoi(row)
	_, err := c.Store.Update(e.ID, func(e *company.Employee, today string) error {
		if table == "jobInfo" {
			return c.changeJobRow(e, rowID, row == "", values)
		}
		return c.changeStatusRow(e, rowID, row == "", values, today)
	})
	var bad rowError
	switch {
	case errors.As(err, &bad):
		c.Fail(bad.status, bad.text)
	case err != nil:
		c.writeError(err)
	default:
		c.Begin(http.StatusOK, "text/html; charset=UTF-8")
	}
}

// checkRow refuses missing rights (403), dates that are none (400) and, in v1_1, status rows without their required
// columns (400) ([D] bamboohr-api §2.8).
func (c *call) checkRow(table string, values map[string]string, create bool) *rowError {
	allowed := false
	for _, col := range tableColumns(table) {
		f := c.FieldOf(col.alias)
		if f != nil && !c.Access.Column(f) {
			delete(values, col.name) // skipped; 200 as long as one column is left
		} else if _, given := values[col.name]; given && col.alias != "" {
			allowed = true
		}
	}
	if !allowed && values["comment"] == "" && values["date"] == "" {
		return &rowError{http.StatusForbidden, "Permission denied"}
	}
	if date, given := values["date"]; given || create {
		if _, err := time.Parse(time.DateOnly, date); err != nil {
			return &rowError{http.StatusBadRequest, "Invalid or missing date"}
		}
	}
	if table != "employmentStatus" || c.APIVersion() != "v1_1" || !create {
		return nil
	}
	required := []string{"employmentStatus"}
	if values["employmentStatus"] == company.Terminated {
		required = append(required, "terminationTypeId", "terminationReasonId", "terminationRehireId")
	}
	for _, name := range required {
		if values[name] == "" {
			return &rowError{http.StatusBadRequest, "Missing required field: " + name}
		}
	}
	return nil
}

func (c *call) changeJobRow(e *company.Employee, rowID int, create bool, values map[string]string) error {
	i := len(e.JobInfo)
	if create {
		e.JobInfo = append(e.JobInfo, company.JobRow{})
	} else if i = slices.IndexFunc(e.JobInfo, func(r company.JobRow) bool { return r.RowID == rowID }); i < 0 {
		return rowError{http.StatusNotFound, "Row not found"}
	}
	for name, value := range values {
		if err := c.setJob(&e.JobInfo[i], name, value); err != nil {
			return rowError{http.StatusNotAcceptable, err.Error()} // [D]: 406 for an invalid value in a row
		}
	}
	return nil
}

func (c *call) changeStatusRow(e *company.Employee, rowID int, create bool, values map[string]string, today string) error {
	if status := values["employmentStatus"]; status != "" && !c.Store.Lists.Knows("employmentHistoryStatus", status) {
		return rowError{http.StatusNotAcceptable, "Invalid list value: employmentStatus"}
	}
	i := len(e.EmploymentStatus)
	if create {
		e.EmploymentStatus = append(e.EmploymentStatus, company.StatusRow{})
	} else if i = slices.IndexFunc(e.EmploymentStatus, func(r company.StatusRow) bool { return r.RowID == rowID }); i < 0 {
		return rowError{http.StatusNotFound, "Row not found"}
	}
	row := &e.EmploymentStatus[i]
	for name, to := range map[string]*string{"date": &row.Date, "employmentStatus": &row.Status, "comment": &row.Comment} {
		if value, given := values[name]; given {
			*to = value
		}
	}
	_, status := values["employmentStatus"]
	_, date := values["date"]
	if status || date {
		e.ApplyStatus(row.Status, row.Date, today, c.APIVersion() == "v1_1")
	}
	return nil
}

// deleteRow removes a row, or says why not, with 200 both times ([R] tables-row-delete, [D] bamboohr-api §2.8).
// Deleting the row of a termination takes the termination back (assumed).
func (c *call) deleteRow() {
	id, _ := strconv.Atoi(c.Args["id"])
	columns := tableColumns(c.Args["table"])
	if _, found := c.Snapshot().Find(id, new(company.Employee)); !found || columns == nil { // [D]: 400 for both
		c.Fail(http.StatusBadRequest, "Invalid employee or table")
		return
	}
	e, ok := c.employee()
	if !ok {
		return
	}
	if len(columns) > 0 && !slices.ContainsFunc(columns, func(col tableColumn) bool { return col.alias != "" && c.Access.Column(c.FieldOf(col.alias)) }) {
		c.Fail(http.StatusForbidden, "Permission denied")
		return
	}
	rowID, _ := strconv.Atoi(c.Args["row"])
	found := false
	_, err := c.Store.Update(e.ID, func(e *company.Employee, _ string) error {
		switch c.Args["table"] {
		case "jobInfo":
			n := len(e.JobInfo)
			e.JobInfo = slices.DeleteFunc(e.JobInfo, func(r company.JobRow) bool { return r.RowID == rowID })
			found = len(e.JobInfo) < n
		case "employmentStatus":
			e.EmploymentStatus = slices.DeleteFunc(e.EmploymentStatus, func(r company.StatusRow) bool {
				match := r.RowID == rowID
				if match && r.Status == company.Terminated && r.Date == e.TerminationDate {
					e.TerminationDate, e.Status = "", company.Active
				}
				found = found || match
				return match
			})
		}
		if !found {
			return rowError{http.StatusOK, "Row not found"}
		}
		return nil
	})
	if err != nil {
		c.JSON(http.StatusOK, map[string]any{"success": false, "error": err.Error()})
		return
	}
	c.JSON(http.StatusOK, map[string]any{"success": true})
}
