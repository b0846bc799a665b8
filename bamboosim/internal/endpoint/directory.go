package endpoint

import (
	"net/http"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// directoryColumns are the full form of the directory with its own types and labels, or the reduced one of companies
// that share the org chart only ([R] employees-directory, [D] bamboohr-api §2.3).
func (c *call) directoryColumns() []answer.Column {
	full := `displayName/Display name firstName/First name lastName/Last name preferredName/Preferred name jobTitle/Job title
workPhone/Work Phone mobilePhone/Mobile Phone workEmail/Work Email department/Department location/Location division/Division
facebook/Facebook URL linkedIn/LinkedIn URL twitterFeed/Twitter Feed pinterest/Pinterest URL instagram/Instagram URL
pronouns/Pronouns workPhoneExtension/Work Ext. supervisor/Manager photoUploaded/Employee photo exists photoUrl/Employee photo url`
	if c.Store.Company.Directory == company.DirectoryOrgChart {
		full = `displayName/Display name firstName/First name lastName/Last name preferredName/Preferred name jobTitle/Job title
pronouns/Pronouns photoUploaded/Employee photo exists photoUrl/Employee photo url`
	}
	var cols []answer.Column
	for alias, label := range labelled(full) {
		f := c.FieldOf(alias)
		if alias == "supervisor" { // here "First Last", unlike in reports ([R])
			f = c.FieldOf("reportsTo")
		}
		if !c.Dropped(c.FieldOf(alias)) {
			cols = append(cols, answer.NewColumn(f, alias, label))
		}
	}
	return cols
}

// labelled cuts "alias/Label alias/Label", where labels may have spaces.
func labelled(s string) func(yield func(alias, label string) bool) {
	return func(yield func(alias, label string) bool) {
		words := strings.Fields(s)
		for i := 0; i < len(words); {
			alias, label, _ := strings.Cut(words[i], "/")
			for i++; i < len(words) && !strings.Contains(words[i], "/"); i++ {
				label += " " + words[i]
			}
			if !yield(alias, label) {
				return
			}
		}
	}
}

// directory shows the colleagues: company.Active, with a hire date, that is here unless onlyCurrent=false, and not hidden by
// the company. It is governed by sharing, not by the key's field rights ([R] employees-directory, [D] bamboohr-api §2.3).
func (c *call) directory() {
	if c.Store.Company.Directory == company.DirectoryOff {
		c.Fail(http.StatusForbidden, "Directory disabled for this account")
		return
	}
	c.Access = c.Store.FullAccess() // sharing decides instead of rights
	v := c.Snapshot()
	cols := c.directoryColumns()
	current := c.OnlyCurrent()
	asJSON := c.WantsJSON()
	buf := []byte("<?xml version=\"1.0\"?>\n<directory><fieldset>")
	if asJSON {
		buf = answer.AppendFields([]byte{'{'}, cols, directoryType)
		buf = append(buf[:len(buf)-1], `,{"type":"bool","name":"","id":"canUploadPhoto"}],"employees":[`...)
	} else {
		for _, col := range cols {
			buf = answer.AppendXMLField(buf, col.Key, col.Label)
		}
		buf = append(buf, "</fieldset><employees>"...)
	}
	var w interface{ Write([]byte) (int, error) }
	var cells []answer.Cell
	ok := true
	for p := range c.Walk(v.All(), current) {
		e := p.Person
		if e.Status != company.Active || e.HireDate == "" || e.HiddenInDirectory || current && e.HireDate > v.Today {
			continue
		}
		if w == nil {
			w = c.Begin(http.StatusOK, directoryKind(asJSON))
		} else if asJSON {
			buf = append(buf, ',')
		}
		cells = c.Cells(p, cols, cells)
		if asJSON {
			buf = append(c.AppendCells(c.AppendID(buf, "id", e.ID), cells, answer.AllNull), `,"canUploadPhoto":1}`...)
		} else {
			buf = answer.AppendXMLRow(buf, "employee", e.ID, cells)
		}
		if buf, ok = answer.Spill(w, buf); !ok {
			return
		}
	}
	switch {
	case w == nil: // [D]: an empty directory is 404
		c.Fail(http.StatusNotFound, "No employees found")
	case asJSON:
		_, _ = w.Write(append(buf, "]}"...))
	default:
		_, _ = w.Write(append(buf, "</employees></directory>"...))
	}
}

func directoryKind(asJSON bool) string {
	if asJSON {
		return "application/json"
	}
	return answer.XMLType
}

// directoryType is a field's type in the directory ([R] employees-directory).
func directoryType(f *company.Field) string {
	if f.Alias == "reportsTo" {
		return "employee"
	}
	return f.ReportType()
}
