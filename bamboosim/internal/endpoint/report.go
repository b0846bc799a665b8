package endpoint

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/hook"
)

// maxFields is the most fields one request may ask for ([D] bamboohr-api §2.2, §2.4).
const maxFields = 400

// reportRequest is the body of a custom report.
type reportRequest struct {
	Title   string
	Fields  []string
	Since   *time.Time // filters.lastChanged.value
	IDs     []int      // filters.employeeIds
	Limited bool       // whether IDs were given
}

// customReport is the bulk read most integrations use ([R] report-custom-*, [D] bamboohr-api §2.4).
func (c *call) customReport() {
	format, ok := c.reportFormat()
	if !ok {
		return
	}
	raw, ok := c.Read()
	if !ok {
		return
	}
	// [D]: JSON is recognised by the exact content type only; anything else is parsed as XML. Without any type both
	// work: [C] baton-bamboohr sends JSON so, PyBambooHR XML.
	req, problem := reportRequest{}, ""
	if kind := c.Request.Header.Get("Content-Type"); kind == "application/json" || kind == "" && !startsXML(raw) {
		req, problem = readReportJSON(raw)
	} else {
		req, problem = readReportXML(raw)
	}
	if problem == "" && len(req.Fields) > maxFields {
		problem = "Too many fields requested, the maximum is 400"
	}
	if problem != "" {
		c.Fail(http.StatusBadRequest, problem)
		return
	}
	if req.Title == "" {
		req.Title = "Report" // [R] report-custom-checkbox-supervisorEId
	}
	c.report(format, req)
}

// reportFormat reads ?format= or the exact Accept; false after it answered 404 ([D] bamboohr-api §1.4).
func (c *call) reportFormat() (string, bool) {
	format := strings.ToLower(c.Request.URL.Query().Get("format"))
	if format == "" {
		format = map[string]string{"application/json": "json", "text/xml": "xml", "text/csv": "csv",
			"application/pdf": "pdf", "application/vnd.ms-excel": "xls"}[c.Request.Header.Get("Accept")]
	}
	switch format {
	case "json", "xml", "csv":
		return format, true
	case "xls", "pdf":
		c.Fail(http.StatusNotImplemented, "The simulator makes no "+format+" files")
	default:
		c.Fail(http.StatusNotFound, "Report format not found")
	}
	return "", false
}

func readReportJSON(raw []byte) (req reportRequest, problem string) {
	var body struct {
		Title   string            `json:"title"`
		Fields  []json.RawMessage `json:"fields"`
		Filters json.RawMessage   `json:"filters"`
	}
	if json.Unmarshal(raw, &body) != nil {
		return req, "Malformed JSON"
	}
	req.Title = body.Title
	for _, f := range body.Fields { // names, or field ids as numbers
		req.Fields = append(req.Fields, strings.Trim(string(f), `"`))
	}
	var filters struct {
		LastChanged struct {
			Value string `json:"value"`
		} `json:"lastChanged"`
		EmployeeIDs []json.RawMessage `json:"employeeIds"`
	}
	if len(body.Filters) > 0 && body.Filters[0] == '{' { // PHP clients send [] for none
		if json.Unmarshal(body.Filters, &filters) != nil {
			return req, "Malformed JSON"
		}
	}
	req.Limited = filters.EmployeeIDs != nil
	for _, id := range filters.EmployeeIDs {
		if n, err := strconv.Atoi(strings.Trim(string(id), `"`)); err == nil {
			req.IDs = append(req.IDs, n)
		}
	}
	return req, req.since(filters.LastChanged.Value)
}

func readReportXML(raw []byte) (req reportRequest, problem string) {
	var body struct {
		XMLName xml.Name `xml:"report"`
		Title   string   `xml:"title"`
		Fields  []struct {
			ID string `xml:"id,attr"`
		} `xml:"fields>field"`
		Since string `xml:"filters>lastChanged"`
	}
	if xml.Unmarshal(raw, &body) != nil {
		return req, "Malformed XML"
	}
	req.Title = body.Title
	for _, f := range body.Fields {
		req.Fields = append(req.Fields, f.ID)
	}
	return req, req.since(body.Since)
}

func (req *reportRequest) since(value string) (problem string) {
	if value == "" {
		return ""
	}
	at, ok := parseInstant(value)
	if !ok {
		return "Invalid lastChanged filter"
	}
	req.Since = &at
	return ""
}

// people are those the filters let through, by ascending id.
func (req *reportRequest) people(v *company.View) iter.Seq[*company.Employee] {
	if req.Limited {
		slices.Sort(req.IDs)
		return func(yield func(*company.Employee) bool) {
			var scratch company.Employee
			for _, id := range slices.Compact(req.IDs) {
				e, ok := v.Find(id, &scratch)
				if ok && (req.Since == nil || e.Changed >= req.Since.Unix()) && !yield(e) {
					return
				}
			}
		}
	}
	if req.Since != nil {
		return v.ChangedSince(req.Since.Unix())
	}
	return v.All()
}

// report streams a report: everybody the key may see, company.Active and company.Inactive, by ascending id; fields that are unknown or
// not permitted are missing without a word ([R] report-custom-minimal, [D] bamboohr-api §2.4).
func (c *call) report(format string, req reportRequest) {
	h := c.Header()
	h.Set("Cache-Control", "must-revalidate, post-check=0,pre-check=0, no-cache, private")
	h.Set("Expires", "0")
	h.Set("Pragma", "public")
	cols := c.ColumnsFor(req.Fields)
	people := c.Walk(req.people(c.Snapshot()), c.OnlyCurrent())
	if len(req.Fields) == 0 { // [C] an empty list returns one employee only
		people = firstOnly(people)
	}
	switch format {
	case "json":
		c.reportJSON(c.Begin(http.StatusOK, "application/json"), req.Title, cols, people)
	case "xml":
		c.reportXML(c.Begin(http.StatusOK, answer.XMLType), req.Title, cols, people)
	case "csv":
		c.reportCSV(c.Begin(http.StatusOK, "text/csv; charset=UTF-8"), cols, people)
	}
}

func firstOnly(people iter.Seq[answer.Person]) iter.Seq[answer.Person] {
	return func(yield func(answer.Person) bool) {
		for p := range people {
			yield(p)
			return
		}
	}
}

func (c *call) reportJSON(w io.Writer, title string, cols []answer.Column, people iter.Seq[answer.Person]) {
	buf := company.AppendString([]byte(`{"title":`), title)
	buf = append(answer.AppendFields(append(buf, ','), cols, (*company.Field).ReportType), `,"employees":[`...)
	rest := cols // the id stands in every row already
	if i := slices.IndexFunc(cols, func(col answer.Column) bool { return col.Key == "id" }); i >= 0 {
		rest = slices.Delete(slices.Clone(cols), i, i+1)
	}
	c.Stream(w, buf, people, ",", func(buf []byte, p answer.Person, cells []answer.Cell) []byte {
		return append(c.AppendCells(c.AppendID(buf, "id", p.Person.ID), cells, answer.OwnForm), '}')
	}, rest, "]}")
}

func (c *call) reportXML(w io.Writer, title string, cols []answer.Column, people iter.Seq[answer.Person]) {
	buf := append(answer.AppendXML([]byte("<?xml version=\"1.0\"?>\n<report><title>"), title), "</title><fieldset>"...)
	for _, col := range cols {
		buf = append(answer.AppendXML(append(buf, `<field id="`...), col.Key), `" type="`...)
		buf = append(answer.AppendXML(append(buf, col.Field.ReportType()...), ""), `">`...)
		buf = append(answer.AppendXML(buf, col.Label), "</field>"...)
	}
	buf = append(buf, "</fieldset><employees>"...)
	c.Stream(w, buf, people, "", func(buf []byte, p answer.Person, cells []answer.Cell) []byte {
		return answer.AppendXMLRow(buf, "employee", p.Person.ID, cells)
	}, cols, "</employees></report>")
}

func (c *call) reportCSV(w io.Writer, cols []answer.Column, people iter.Seq[answer.Person]) {
	buf := []byte{}
	for i, col := range cols {
		buf = appendCSV(buf, i, col.Label)
	}
	c.Stream(w, append(buf, '\n'), people, "", func(buf []byte, _ answer.Person, cells []answer.Cell) []byte {
		for i, v := range cells {
			text := v.Text
			if text == "" && !v.Hidden {
				text = answer.BlankText(v.Col.Field.Kind)
			}
			buf = appendCSV(buf, i, text)
		}
		return append(buf, '\n')
	}, cols, "")
}

func appendCSV(dst []byte, i int, s string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	if !strings.ContainsAny(s, "\",\r\n") {
		return append(dst, s...)
	}
	return append(append(append(dst, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}

// savedReports are the reports somebody saved in the company; which ones is assumed.
type savedReportDef struct {
	id     int
	name   string
	fields []string
}

func savedReportDefs() []savedReportDef {
	return []savedReportDef{
		{100, "Headcount", []string{"lastName", "firstName", "employeeNumber", "workEmail", "jobTitle", "department", "location", "status"}},
		{101, "Birthdays and anniversaries", []string{"firstName", "lastName", "birthday", "hireDate"}},
	}
}

func (c *call) savedReportDef() (savedReportDef, bool) {
	for _, d := range savedReportDefs() {
		if strconv.Itoa(d.id) == c.Args["id"] {
			return d, true
		}
	}
	return savedReportDef{}, false
}

// legacyReport runs a saved report in the shape of a custom one ([R] report-saved-legacy).
func (c *call) legacyReport() {
	d, ok := c.savedReportDef()
	if !ok {
		c.Fail(http.StatusNotFound, "Report not found")
		return
	}
	if format, ok := c.reportFormat(); ok {
		c.report(format, reportRequest{Title: d.name, Fields: d.fields})
	}
}

// listReports names the saved reports, in pages ([D] bamboohr-api §2.5).
func (c *call) listReports() {
	reports := []map[string]any{}
	defs := savedReportDefs()
	pg := c.LegacyPaging("custom-reports", len(defs))
	for _, d := range defs[pg.From:pg.To] {
		reports = append(reports, map[string]any{"id": d.id, "name": d.name})
	}
	c.JSON(http.StatusOK, map[string]any{"reports": reports, "pagination": pg.Links})
}

// savedReport runs a saved report with dataset names, in pages ([D] bamboohr-api §2.5).
func (c *call) savedReport() {
	d, ok := c.savedReportDef()
	if _, err := strconv.Atoi(c.Args["id"]); err != nil {
		c.errorObject(http.StatusBadRequest, "Invalid report id")
		return
	}
	if !ok {
		c.errorObject(http.StatusNotFound, "Report not found")
		return
	}
	type field struct {
		Name  string `json:"name"`
		Label string `json:"label"`
	}
	cols, fields := []answer.Column{}, []field{}
	for _, f := range c.datasetFieldList() {
		if slices.Contains(d.fields, f.alias) {
			if col, ok := c.ColumnFor(f.alias); ok {
				cols = append(cols, answer.NewColumn(col.Field, f.name, f.label))
				fields = append(fields, field{f.name, f.label})
			}
		}
	}
	ids := c.Matching("", nil, func(p answer.Person) bool { return p.Visible })
	pg := c.LegacyPaging("custom-reports/"+c.Args["id"], len(ids))
	tail := fmt.Sprintf(`],"fields":%s,"aggregations":[],"pagination":%s}`, hook.Marshal(fields), hook.Marshal(pg.Links))
	c.Stream(c.Begin(http.StatusOK, "application/json"), []byte(`{"data":[`), c.WalkIDs(ids[pg.From:pg.To]), ",",
		func(buf []byte, _ answer.Person, cells []answer.Cell) []byte {
			return append(c.AppendCells(append(buf, '{'), cells, answer.AllNull), '}')
		}, cols, tail)
}
