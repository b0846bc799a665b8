package bamboosim_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// foreignClient is another program that reads or writes a BambooHR account, and the requests it was seen to send when
// run against the simulator with nothing but its base URL changed.
type foreignClient struct {
	name  string // with the version or commit
	calls []foreignCall
}

// foreignCall is one request, with all headers but the key's, and what the client reads from the answer.
type foreignCall struct {
	request string
	headers []string
	body    string
	status  int
	want    []string // `path=value` in the JSON answer, `header Name=value`, or `has text`
	noKey   bool
}

const (
	wantJSON = "Accept: application/json"
	jsonBody = "Content-Type: application/json"
	gateway  = "/api/gateway.php/acme/v1/"
)

func foreignClients() []foreignClient {
	return []foreignClient{
		{"PyBambooHR 0.8.1 (Python)", pyBambooHR()},
		{"baton-bamboohr 4c37aa2 (Go)", []foreignCall{
			{request: "POST " + gateway + "reports/custom?format=json", status: 200, // neither Accept nor Content-Type
				body: `{"title":"ConductorOne Employees List Report","fields":["firstName","lastName","supervisor","supervisorEId","supervisorId","supervisorEmail","workEmail","status"]}`,
				want: []string{"title=ConductorOne Employees List Report", "fields.0.id=firstName", "employees.0.id=4", "employees.0.supervisor=Diaz, Bo",
					"employees.0.supervisorEId=9", "employees.0.supervisorId=6", "employees.0.supervisorEmail=bo@acme.test", "employees.0.status=Active"}},
		}},
		{"graph-bamboohr 0.8.2 (JupiterOne, TypeScript)", []foreignCall{
			{request: "GET " + gateway + "employees/0", headers: []string{wantJSON}, status: 200},
			{request: "GET " + gateway + "employees/182372", headers: []string{wantJSON}, status: 404}, // "the key works"
			{request: "GET " + gateway + "meta/users", headers: []string{wantJSON}, status: 200,
				want: []string{"1.employeeId=0", "1.status=enabled", "3.employeeId=4", "3.email=Ann@acme.test"}},
			{request: "POST " + gateway + "reports/custom?format=json&onlyCurrent=false", headers: []string{wantJSON, jsonBody}, status: 200,
				body: `{"title":"Employee Report for JupiterOne","filters":{},"fields":["displayName","supervisor","photoUploaded","terminationDate","hireDate"]}`,
				want: []string{"employees.0.displayName=Annie Lee", "employees.0.photoUploaded=true", "employees.4.terminationDate=2026-12-01"}},
			{request: "GET " + gateway + "employees/4/files/view", headers: []string{wantJSON}, status: 404}, // "no files"
		}},
		{"SGNL adapters a53a9c7 (Go)", []foreignCall{
			{request: "POST " + gateway + "reports/custom?format=JSON&onlyCurrent=true", headers: []string{wantJSON, jsonBody}, status: 200,
				body: `{"fields":["id","bestEmail","dateOfBirth","fullName1","isPhotoUploaded","customAlleoaccess","supervisorEId","lastChanged"]}`,
				// It takes strings and nulls only, booleans as words or 0 and 1, and a list of dates as empty.
				want: []string{"employees.0.id=4", "employees.0.isPhotoUploaded=true", "employees.0.customAlleoaccess=1",
					"employees.1.dateOfBirth=0000-00-00", "employees.0.lastChanged=2026-11-20T12:00:00+00:00"}},
		}},
		{"bamboohr-client-go 256c826 (Go)", []foreignCall{
			{request: "GET " + gateway + "employees/directory", headers: []string{wantJSON, jsonBody}, status: 200, want: []string{"employees.0.displayName=Annie Lee"}},
			{request: "POST " + gateway + "reports/custom?format=JSON&onlyCurrent=false", headers: []string{wantJSON, jsonBody}, status: 200,
				body: `{"filters":{"lastChanged":{"includeNull":"yes"}},"fields":["supervisorId","payRate","originalHireDate"]}`,
				want: []string{"employees.0.payRate= USD", "employees.0.originalHireDate=0000-00-00", "employees.0.supervisorId=6"}},
			{request: "GET " + gateway + "employees/4?fields=id,employmentHistoryStatus,jobTitle", headers: []string{wantJSON, jsonBody}, status: 200, want: []string{"id=4", "jobTitle=Engineer"}},
		}},
		{"bamboohr-sdk 1.0.0 (official, Python)", officialSDK()},
		{"PsBambooHr 9f8e251 (PowerShell)", []foreignCall{
			// It sends the key when challenged only.
			{request: "GET " + gateway + "employees/4/?fields=firstName%2clastName", headers: []string{wantJSON}, noKey: true, status: 401,
				want: []string{`header WWW-Authenticate=Basic realm="https://api.bamboohr.com/acme"`}},
			{request: "GET " + gateway + "employees/4/?fields=firstName%2clastName", headers: []string{wantJSON}, status: 200, want: []string{"firstName=Ann", "lastName=Lee"}},
			{request: "POST " + gateway + "reports/custom?format=json", headers: []string{wantJSON, jsonBody}, status: 200,
				body: `{"filters":{"lastChanged":{"includeNull":"yes","value":"2020-01-01T00:00:00Z"}},"fields":["firstName"]}`, want: []string{"employees.1.firstName=Bo"}},
			{request: "GET " + gateway + "employees/4/photo/small", headers: []string{wantJSON}, status: 200, want: []string{"mimeType=image/png"}},
			{request: "POST " + gateway + "employees/4/tables/jobInfo", headers: []string{jsonBody}, body: `{"date":"2026-10-01","jobTitle":"Seller"}`, status: 200},
		}},
		{"Bamboozled (Ruby, HTTParty)", []foreignCall{
			// Text bodies go out with the form type of Ruby's HTTP library.
			{request: "POST " + gateway + "employees/4/tables/jobInfo", headers: []string{wantJSON, "Content-Type: application/x-www-form-urlencoded"}, status: 200,
				body: "<row><field id='date'>2026-10-01</field><field id='jobTitle'>Seller</field></row>"},
			{request: "GET " + gateway + "reports/100?format=JSON&fd=yes", headers: []string{wantJSON}, status: 200, want: []string{"title=Headcount"}},
		}},
		{"yabhrg 97018ab (Ruby, Faraday)", []foreignCall{
			{request: "PUT " + gateway + "meta/lists/4", headers: []string{wantJSON, "Content-Type: application/x-www-form-urlencoded"}, status: 200,
				body: "<options>\n  <option id=\"18005\" archived=\"yes\">Engineering</option>\n  <option>Design</option>\n</options>",
				want: []string{`has <list fieldId="4" alias="department" manageable="yes" multiple="no">`, `has archived="yes"`, "has >Design</option>"}},
			{request: "POST " + gateway + "reports/custom?format=json", headers: []string{wantJSON, "Content-Type: application/x-www-form-urlencoded"}, status: 200,
				body: "<report>\n  <title>T</title>\n  <filters/>\n  <fields>\n    <field id=\"firstName\"/>\n  </fields>\n</report>", want: []string{"title=T", "employees.0.firstName=Ann"}},
			{request: "GET " + gateway + "employees/changed/tables/jobInfo?since=2020-01-01T00:00:00Z", status: 200,
				want: []string{`has <table id="jobInfo"><employee id="4" lastChanged="`, `has <field id="jobTitle">Engineer</field>`}},
		}},
		{"Nango bamboohr-basic employees 3.0.0 (TypeScript)", []foreignCall{
			{request: "POST /api/gateway.php/acme/v2/datasets/employee/data", headers: []string{wantJSON, jsonBody}, status: 200,
				body: `{"fields":["employeeNumber","firstName","lastChanged"],"filter":"lastChanged gt '2026-11-19T00:00:00+00:00'","page":1,"pageSize":1000}`,
				want: []string{"meta.totalItems=5", "data.0.fields.lastChanged=2026-11-20T12:00:00+00:00"}},
			{request: "POST /api/gateway.php/acme/v2/datasets/employee/data", headers: []string{wantJSON, jsonBody}, status: 200,
				body: `{"fields":["employeeNumber","lastChanged"],"filter":"lastChanged gt '2026-11-20T12:00:00+00:00'","page":1,"pageSize":1000}`, want: []string{"meta.totalItems=0"}},
		}},
	}
}

// pyBambooHR writes XML without a Content-Type, under addresses that end in a slash.
func pyBambooHR() []foreignCall {
	return []foreignCall{
		{request: "POST " + gateway + "employees/", headers: []string{wantJSON}, body: "<employee>\n\t<field id=\"firstName\">Fi</field>\n\t<field id=\"lastName\">Ito &amp; Co</field>\n</employee>",
			status: 201, want: []string{"header Location=http://acme.test" + gateway + "employees/14"}}, // it takes its own address off
		{request: "POST " + gateway + "employees/14", headers: []string{wantJSON}, body: "<employee>\n\t<field id=\"city\">Delft</field>\n\t<field id=\"middleName\" />\n</employee>", status: 200},
		{request: "GET " + gateway + "employees/14?fields=lastName%2Ccity&onlyCurrent=false", headers: []string{wantJSON}, status: 200, want: []string{"lastName=Ito & Co", "city=Delft"}},
		{request: "POST " + gateway + "employees/4/tables/jobInfo/", headers: []string{wantJSON}, body: "<row>\n\t<field id=\"date\">2026-10-01</field>\n\t<field id=\"jobTitle\">Seller</field>\n</row>", status: 200},
		{request: "GET " + gateway + "employees/4/tables/jobInfo", status: 200, want: []string{`has <field id="jobTitle">Seller</field>`, `has employeeId="4"`}},
		{request: "POST " + gateway + "reports/custom/?format=json", headers: []string{wantJSON}, status: 200, want: []string{"title=My Custom Report", "employees.0.workEmail=Ann@acme.test"},
			body: "<report output=\"json\">\n\t<title>My Custom Report</title>\n\t<filters>\n<lastChanged includeNull=\"no\">2020-01-01T00:00:00Z</lastChanged>\n</filters>\n<fields>\n\t\t<field id=\"workEmail\" />\n\t</fields>\n</report>"},
		{request: "GET " + gateway + "reports/100?format=csv&fd=yes&onlyCurrent=False", headers: []string{wantJSON}, status: 200, want: []string{"has Last Name,First Name"}},
		{request: "GET " + gateway + "meta/users/", headers: []string{wantJSON}, status: 200, want: []string{"3.employeeId=4", "3.status=enabled"}},
		{request: "GET " + gateway + "meta/tables/", status: 200, want: []string{`has <table alias="jobInfo"><field id=`}},
		{request: "GET " + gateway + "employees/changed/?since=2020-01-01T00%3A00%3A00Z", headers: []string{wantJSON}, status: 200, want: []string{"employees.14.action=Inserted"}},
	}
}

// officialSDK sends no Accept where it expects no body, fractions of seconds, and names of versions.
func officialSDK() []foreignCall {
	return []foreignCall{
		{request: "POST /api/v1/employees", headers: []string{jsonBody}, body: `{"firstName": "Fi", "lastName": "Ito"}`, status: 201, want: []string{"id=14", "header Content-Type=application/json"}},
		{request: "POST /api/v1/employees/9", headers: []string{jsonBody}, body: `{"workPhone": "1"}`, status: 200, want: []string{"workPhone=1"}},
		{request: "GET /api/v1/employees/changed?since=2020-01-01T00%3A00%3A00.000000%2B0000", headers: []string{wantJSON}, status: 200, want: []string{"employees.9.action=Inserted"}},
		{request: "GET /api/v1/employees/changed?since=2030-01-01T00%3A00%3A00.000000%2B0000", headers: []string{wantJSON}, status: 200, want: []string{"employees=map[]"}}, // a list breaks it
		{request: "GET /api/v1/employees/4/photo/small", headers: []string{"Accept: image/jpeg"}, status: 200, want: []string{"header Content-Type=image/jpeg"}},
		{request: "GET /api/v1_2/datasets/employee/fields", headers: []string{wantJSON}, status: 200, want: []string{"pagination.current_page=1", "fields.0.parentType=page"}},
		{request: "POST /api/v1_1/employees/9/tables/employmentStatus", headers: []string{jsonBody}, body: `{"date": "2026-10-01", "employmentStatus": "Full-Time"}`, status: 200},
		{request: "DELETE /api/v1/employees/9/tables/jobInfo/777", headers: []string{wantJSON}, status: 200, want: []string{"success=false", "error=Row not found"}},
		{request: "GET /api/v1/webhooks/1", headers: []string{wantJSON}, status: 404, want: []string{"errors.0.error=No webhook was found with ID: 1."}},
	}
}

// Other people's programs work against the simulator: the same requests get answers with the parts they read.
func TestForeignClients(t *testing.T) {
	for _, client := range foreignClients() {
		t.Run(client.name, func(t *testing.T) {
			w := newWorld(t)
			for _, c := range client.calls {
				method, target, _ := strings.Cut(c.request, " ")
				r := httptest.NewRequest(method, "http://acme.test"+target, strings.NewReader(c.body))
				for _, h := range c.headers {
					name, value, _ := strings.Cut(h, ": ")
					r.Header.Set(name, value)
				}
				if !c.noKey {
					r.SetBasicAuth(bamboosim.DefaultKey, "x")
				}
				rec := httptest.NewRecorder()
				w.sim.ServeHTTP(rec, r)
				if rec.Code != c.status {
					t.Fatalf("%s = %d %s %s, want %d", c.request, rec.Code, rec.Header().Get("X-BambooHR-Error-Message"), rec.Body, c.status)
				}
				for _, want := range c.want {
					if got, ok := partOf(rec, want); !ok {
						t.Errorf("%s: want %s, got %s", c.request, want, got)
					}
				}
			}
		})
	}
}

// partOf finds what a client reads from an answer.
func partOf(rec *httptest.ResponseRecorder, want string) (got string, ok bool) {
	if text, found := strings.CutPrefix(want, "has "); found {
		return rec.Body.String(), strings.Contains(rec.Body.String(), text)
	}
	path, value, _ := strings.Cut(want, "=")
	if name, found := strings.CutPrefix(path, "header "); found {
		got = rec.Header().Get(name)
		return got, got == value
	}
	var at any
	if err := json.Unmarshal(rec.Body.Bytes(), &at); err != nil {
		return err.Error(), false
	}
	for step := range strings.SplitSeq(path, ".") {
		switch node := at.(type) {
		case map[string]any:
			at = node[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(node) {
				return fmt.Sprint(node), false
			}
			at = node[i]
		}
	}
	got = fmt.Sprint(at)
	return got, got == value
}
