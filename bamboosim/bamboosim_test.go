package bamboosim_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

const (
	narrowKey = "1111111111111111111111111111111111111111"
	ownKey    = "2222222222222222222222222222222222222222"
	acme      = `{"company":"acme","name":"Acme Inc","today":"2026-11-21","time_zone":"America/New_York",
 "custom_fields":[{"name":"alleo_access","alias":"customAlleoaccess","type":"checkbox"}],
 "access_levels":[{"name":"integration","fields":"*","people":"*"},
  {"name":"narrow","fields":["firstName","lastName","workEmail"],"people":{"location":["New York"]}},
  {"name":"own","fields":"*","people":"*","own_record":{"hidden":["status"]}}],
 "users":[{"id":"1","email":"integration@acme.test","access_level":"integration","employee_id":"0","api_keys":["` + bamboosim.DefaultKey + `"]},
  {"id":"2","email":"narrow@acme.test","access_level":"narrow","api_keys":["` + narrowKey + `"],"enabled":true},
  {"id":"3","email":"ann@acme.test","access_level":"own","employee_id":"4","api_keys":["` + ownKey + `"]}],
 "employees":[
  {"id":"9","employeeNumber":"6","firstName":"Bo","lastName":"Diaz","workEmail":"bo@acme.test","hireDate":"2020-01-06",
   "employmentStatus":[{"date":"2020-01-06","employmentStatus":"Full-Time"}],
   "jobInfo":[{"date":"2020-01-06","location":"New York","department":"Engineering","jobTitle":"VP Engineering","reportsTo":null}]},
  {"id":"4","employeeNumber":"1","firstName":"Ann","lastName":"Lee","preferredName":"Annie","workEmail":"Ann@acme.test","homeEmail":"ann@home.test",
   "hireDate":"2024-01-08","dateOfBirth":"1990-02-03","gender":"Female","city":"Utrecht",
   "employmentStatus":[{"date":"2024-01-08","employmentStatus":"Full-Time"}],
   "jobInfo":[{"date":"2024-01-08","location":"Utrecht","department":"Engineering","jobTitle":"Engineer","reportsTo":"9"},
              {"date":"2027-01-01","location":"Utrecht","department":"Engineering","jobTitle":"Lead Engineer","reportsTo":"9"}],
   "custom":{"customAlleoaccess":"yes"},"photo":"generated"},
  {"id":"11","firstName":"Cy","lastName":"Moss","employeeNumber":"9","hireDate":"2027-02-01","workEmail":null,"homeEmail":"cy@home.test",
   "employmentStatus":[{"date":"2027-02-01","employmentStatus":"Full-Time"}],
   "jobInfo":[{"date":"2027-02-01","location":"New York","department":"Sales","jobTitle":"Seller","reportsTo":"9"}]},
  {"id":"12","firstName":"Di","lastName":"Park","status":null},
  {"id":"13","firstName":"Ed","lastName":"Roe","workEmail":"ed@acme.test","hireDate":"2021-05-03","terminationDate":"2026-12-01","hidden_in_directory":true,
   "employmentStatus":[{"date":"2021-05-03","employmentStatus":"Full-Time"},{"date":"2026-12-01","employmentStatus":"Terminated"}],
   "jobInfo":[{"date":"2021-05-03","location":"New York","department":"Sales","division":"East","jobTitle":"Seller","reportsTo":"9"}]}]}`
)

// world is a simulator and ways to ask it.
type world struct {
	t   *testing.T
	sim *bamboosim.Server
}

func newWorld(t *testing.T, opts ...bamboosim.Option) *world {
	t.Helper()
	companies, err := bamboosim.ParseCompanyFile([]byte(acme))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(companies[0], opts...)
	if err != nil {
		t.Fatal(err)
	}
	return &world{t, sim}
}

// ask sends `METHOD /path body` with a key; headers are "Name: value". Blank Accept is replaced by JSON.
func (w *world) ask(key, request, body string, headers ...string) *httptest.ResponseRecorder {
	w.t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r := httptest.NewRequest(method, "http://127.0.0.1"+strings.NewReplacer("[", "%5B", "]", "%5D", "+", "%2B").Replace(path), strings.NewReader(body))
	if key != "" {
		r.SetBasicAuth(key, "x")
	}
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
		if value == "" {
			r.Header.Del(strings.TrimSuffix(name, ":"))
		}
	}
	rec := httptest.NewRecorder()
	w.sim.ServeHTTP(rec, r)
	return rec
}

// get asks with the full-access key and expects the status.
func (w *world) get(status int, request, body string, headers ...string) string {
	w.t.Helper()
	rec := w.ask(bamboosim.DefaultKey, request, body, headers...)
	if rec.Code != status {
		w.t.Fatalf("%s = %d %s %q, want %d", request, rec.Code, rec.Body, rec.Header().Get("X-BambooHR-Error-Message"), status)
	}
	return rec.Body.String()
}

// same compares JSON texts by value.
func same(t *testing.T, what, got, want string) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal([]byte(got), &g); err != nil {
		t.Fatalf("%s: %v in %q", what, err, got)
	}
	if err := json.Unmarshal([]byte(want), &w); err != nil {
		t.Fatalf("%s: bad test: %v", what, err)
	}
	if d := cmp.Diff(w, g); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

type report struct {
	Title  string
	Fields []struct{ ID, Type, Name string }
	Rows   []map[string]any `json:"employees"`
}

// report asks for a custom report.
func (w *world) report(key, query string, fields ...string) report {
	w.t.Helper()
	body, _ := json.Marshal(map[string]any{"fields": fields})
	rec := w.ask(key, "POST /api/v1/reports/custom?format=JSON"+query, string(body))
	var r report
	if err := json.Unmarshal(rec.Body.Bytes(), &r); err != nil || rec.Code != http.StatusOK {
		w.t.Fatalf("report = %d %v %q", rec.Code, err, rec.Body)
	}
	return r
}

func (r report) ids() (ids []string) {
	for _, row := range r.Rows {
		ids = append(ids, row["id"].(string))
	}
	return ids
}

func (r report) row(id string) map[string]any {
	for _, row := range r.Rows {
		if row["id"] == id {
			return row
		}
	}
	return nil
}

func TestGetEmployee(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		name, key, request string
		status             int
		want               string
	}{
		{"own of a non-employee", bamboosim.DefaultKey, "/0", 200, `{"id":"0"}`},
		{"own record", ownKey, "/0?fields=firstName", 200, `{"id":"4","firstName":"Ann"}`},
		{"own record hides status", ownKey, "/4?fields=status,employmentStatus,gender", 200, `{"id":"4","gender":"Female"}`},
		{"only the id by default", bamboosim.DefaultKey, "/9", 200, `{"id":"9"}`},
		{"unknown fields are dropped", bamboosim.DefaultKey, "/9?fields=nonsense,isManager,lastName", 200, `{"id":"9","lastName":"Diaz"}`},
		{"empty values", bamboosim.DefaultKey, "/12?fields=status,hireDate,state,payRate,birthday,customAlleoaccess,supervisorEId,photoUploaded,isPhotoUploaded,teams", 200,
			`{"id":"12","status":null,"hireDate":"0000-00-00","state":"","payRate":" USD","birthday":"","customAlleoaccess":"0","supervisorEId":null,"photoUploaded":false,"isPhotoUploaded":"false","teams":null}`},
		{"computed", bamboosim.DefaultKey, "/4?fields=displayName,fullName1,fullName2,fullName3,supervisor,reportsTo,supervisorId,supervisorEId,supervisorEmail,birthday,age,bestEmail,photoUploaded,customAlleoaccess", 200,
			`{"id":"4","displayName":"Annie Lee","fullName1":"Ann Lee","fullName2":"Lee, Ann","fullName3":"Lee, Ann (Annie)","supervisor":"Diaz, Bo","reportsTo":"Bo Diaz","supervisorId":"6","supervisorEId":"9","supervisorEmail":"bo@acme.test","birthday":"02-03","age":"36","bestEmail":"Ann@acme.test","photoUploaded":true,"customAlleoaccess":"1"}`},
		{"current rows", bamboosim.DefaultKey, "/13?fields=jobTitle,terminationDate,employmentHistoryStatus,status", 200,
			`{"id":"13","jobTitle":"Seller","terminationDate":"0000-00-00","employmentHistoryStatus":"Full-Time","status":"Active"}`},
		{"future rows", bamboosim.DefaultKey, "/13?fields=terminationDate,employmentHistoryStatus,status&onlyCurrent=false", 200,
			`{"id":"13","terminationDate":"2026-12-01","employmentHistoryStatus":"Terminated","status":"Active"}`},
		{"future hire", bamboosim.DefaultKey, "/11?fields=jobTitle,department,location,supervisorEId,employmentHistoryStatus,status", 200,
			`{"id":"11","jobTitle":null,"department":null,"location":null,"supervisorEId":null,"employmentHistoryStatus":null,"status":"Active"}`},
		{"numeric id", bamboosim.DefaultKey, "/4?fields=17", 200, `{"id":"4","17.0":"Engineer"}`},
		{"narrow omits", narrowKey, "/9?fields=firstName,hireDate,displayName,bestEmail", 200, `{"id":"9","firstName":"Bo","displayName":"Bo Diaz","bestEmail":"bo@acme.test"}`},
		{"narrow may not see Utrecht", narrowKey, "/4?fields=firstName", 403, ""},
		{"unknown", bamboosim.DefaultKey, "/182372", 404, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			rec := w.ask(c.key, "GET /api/gateway.php/acme/v1/employees"+c.request, "")
			if rec.Code != c.status {
				t.Fatalf("status %d, want %d: %s", rec.Code, c.status, rec.Body)
			}
			if c.want != "" {
				same(t, "body", rec.Body.String(), c.want)
			}
		})
	}
	got := w.get(200, "GET /api/v1/employees/4?fields=firstName,jobTitle", "", "Accept: ")
	if want := "<?xml version=\"1.0\"?>\n<employee id=\"4\"><field id=\"firstName\">Ann</field><field id=\"jobTitle\">Engineer</field></employee>\n"; got != want {
		t.Errorf("XML = %q, want %q", got, want)
	}
}

func TestErrorsAndHeaders(t *testing.T) {
	w := newWorld(t)
	rec := w.ask("wrong", "GET /api/v1/employees/0", "")
	for name, want := range map[string]string{"X-Bamboohr-Error-Message": "API key not provided or invalid",
		"X-Bamboohr-Error-Messsage": "API key not provided or invalid", "Www-Authenticate": `Basic realm="https://api.bamboohr.com/acme"`,
		"Content-Type": "text/html; charset=UTF-8", "Cache-Control": "no-cache, private", "Etag": ""} {
		if got := rec.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if rec.Code != 401 || rec.Body.Len() != 0 || len(rec.Header().Get("X-Request-Id")) != 39 {
		t.Errorf("wrong key: %d %q id %q", rec.Code, rec.Body, rec.Header().Get("X-Request-Id"))
	}
	rec = w.ask(bamboosim.DefaultKey, "GET /api/v1/employees/99", "")
	if got := rec.Header().Get("X-BambooHR-Error-Message"); rec.Code != 404 || got != "Employee not found, Employee not found" {
		t.Errorf("unknown employee: %d %q", rec.Code, got)
	}
	for _, request := range []string{"GET /api/v1/nothing", "PATCH /api/v1/employees/4", "GET /api/gateway.php/other/v1/employees/0", "GET /elsewhere"} {
		w.get(404, request, "")
	}
	if rec := w.ask(bamboosim.DefaultKey, "POST /api/v2/datasets/employee/data", `{"fields":["eeid"]}`, "X-Request-ID: mine"); rec.Header().Get("X-Request-Id") != "mine" {
		t.Errorf("dataset did not echo the request id: %v", rec.Header())
	}
}

func TestCompression(t *testing.T) {
	w := newWorld(t)
	rec := w.ask(bamboosim.DefaultKey, "GET /api/v1/employees/9?fields=firstName", "", "Accept-Encoding: gzip")
	z, err := gzip.NewReader(rec.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil || rec.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("%v %v", err, rec.Header())
	}
	same(t, "unpacked", string(text), `{"id":"9","firstName":"Bo"}`)
	if rec := w.ask("", "GET /api/v1/employees/9", "", "Accept-Encoding: gzip"); rec.Body.Len() != 0 || rec.Header().Get("Content-Encoding") != "" {
		t.Errorf("an empty body is compressed: %v", rec.Header())
	}
}

func TestLockOutAndDisabledUser(t *testing.T) {
	w := newWorld(t)
	w.get(200, "POST /_sim/users/2", `{"enabled":false}`)
	if rec := w.ask(narrowKey, "GET /api/v1/employees/0", ""); rec.Code != 403 {
		t.Errorf("disabled user: %d", rec.Code)
	}
	w.get(200, "POST /_sim/users/2", `{"enabled":true}`)
	for range 10 {
		if rec := w.ask("wrong", "GET /api/v1/employees/0", ""); rec.Code != 401 {
			t.Fatalf("wrong key: %d", rec.Code)
		}
	}
	w.get(403, "GET /api/v1/employees/0", "")
	w.get(200, "POST /_sim/clock", `{"now":"2026-11-21T12:20:00Z"}`)
	w.get(200, "GET /api/v1/employees/0", "")
}

func TestReport(t *testing.T) {
	w := newWorld(t)
	r := w.report(bamboosim.DefaultKey, "", "id", "firstName", "nonsense", "workPhone", "4")
	if got, want := r.ids(), []string{"4", "9", "11", "12", "13"}; !slices.Equal(got, want) {
		t.Errorf("ids %v, want %v", got, want)
	}
	if got, want := len(r.Fields), 4; got != want || r.Title != "Report" {
		t.Errorf("%d fields of %q, want %d: %v", got, r.Title, want, r.Fields)
	}
	if d := cmp.Diff(map[string]any{"id": "4", "firstName": "Ann", "workPhone": nil, "4.0": "Engineering"}, r.row("4")); d != "" {
		t.Error(d)
	}
	// A field the level cannot see is missing everywhere; a person outside it has no row.
	r = w.report(narrowKey, "", "firstName", "hireDate", "status")
	if d := cmp.Diff([]map[string]any{{"id": "9", "firstName": "Bo"}, {"id": "13", "firstName": "Ed"}}, r.Rows); d != "" {
		t.Error(d)
	}
	// Hidden on the own record only: the column stays, the value is null.
	r = w.report(ownKey, "", "status")
	if r.row("4")["status"] != nil || r.row("9")["status"] != "Active" {
		t.Errorf("own record: %v", r.Rows)
	}
	r = w.report(bamboosim.DefaultKey, "&onlyCurrent=false", "jobTitle", "terminationDate")
	if r.row("4")["jobTitle"] != "Lead Engineer" || r.row("13")["terminationDate"] != "2026-12-01" || r.row("11")["jobTitle"] != "Seller" {
		t.Errorf("onlyCurrent=false: %v", r.Rows)
	}
	if n := len(w.report(bamboosim.DefaultKey, "").Rows); n != 1 {
		t.Errorf("no fields gave %d rows, want 1", n)
	}
}

func TestReportRules(t *testing.T) {
	w := newWorld(t)
	const body = `{"fields":["firstName"]}`
	path := "POST /api/v1/reports/custom"
	w.get(200, path, body)
	w.get(404, path, body, "Accept: */*")
	w.get(404, path, body, "Accept: application/xml")
	w.get(404, path+"?format=bogus", body)
	w.get(200, path+"?format=Json", body, "Accept: */*")
	w.get(400, path+"?format=json", body, "Content-Type: application/json; charset=UTF-8")
	w.get(400, path+"?format=json", `{"fields":`)
	w.get(501, path+"?format=pdf", body)
	if got := w.get(200, path, body, "Accept: text/csv"); !strings.HasPrefix(got, "First Name\nAnn\n") {
		t.Errorf("csv %q", got)
	}
	xml := w.get(200, path, `<report><title>T</title><fields><field id="firstName"/></fields></report>`, "Content-Type: text/xml", "Accept: text/xml")
	if !strings.Contains(xml, `<title>T</title>`) || !strings.Contains(xml, `<employee id="4"><field id="firstName">Ann</field></employee>`) {
		t.Errorf("xml %q", xml)
	}
	many := `{"fields":["a"` + strings.Repeat(`,"a"`, 400) + `]}`
	w.get(400, path+"?format=json", many)
	got := w.get(200, path+"?format=json", `{"fields":["firstName"],"filters":{"employeeIds":[9,"4",77]}}`)
	same(t, "employeeIds", got, `{"title":"Report","fields":[{"id":"firstName","type":"text","name":"First Name"}],"employees":[{"id":"4","firstName":"Ann"},{"id":"9","firstName":"Bo"}]}`)
	w.get(200, "PUT /_sim/employees/9", `{"city":"Gouda"}`)
	got = w.get(200, path+"?format=json", `{"fields":["city"],"filters":{"lastChanged":{"value":"2026-11-21T00:00:00Z"}}}`)
	if !strings.Contains(got, `"employees":[{"id":"9","city":"Gouda"}]`) {
		t.Errorf("lastChanged: %s", got)
	}
	same(t, "legacy report", w.get(200, "GET /api/v1/reports/101?format=json", ""), w.get(200, "GET /api/v1/reports/101", ""))
	w.get(404, "GET /api/v1/reports/7?format=json", "")
	if got := w.get(200, "GET /api/v1/custom-reports/101?page=9&page_size=2", ""); !strings.Contains(got, `"current_page":3`) {
		t.Errorf("page is not clamped: %s", got)
	}
	if got := w.get(200, "GET /api/v1/custom-reports", ""); !strings.Contains(got, `{"id":100,"name":"Headcount"}`) {
		t.Errorf("reports: %s", got)
	}
}

type list struct {
	Data []map[string]any
	Meta struct {
		Total int
		Page  struct {
			NextCursor, PrevCursor *string
		}
	}
	Links map[string]struct{ Href string } `json:"_links"`
}

func (w *world) list(key, query string) list {
	w.t.Helper()
	rec := w.ask(key, "GET /api/gateway.php/acme/v1/employees?"+query, "")
	var l list
	if err := json.Unmarshal(rec.Body.Bytes(), &l); err != nil || rec.Code != 200 {
		w.t.Fatalf("list %s = %d %v %s", query, rec.Code, err, rec.Body)
	}
	return l
}

func TestListPages(t *testing.T) {
	w := newWorld(t)
	first := w.list(bamboosim.DefaultKey, "page[limit]=2&sort=employeeId")
	if first.Meta.Total != 5 || first.Meta.Page.PrevCursor != nil || *first.Meta.Page.NextCursor != "eyJuZXh0RW1wbG95ZWUiOjExfQ==" {
		t.Fatalf("first page: %+v", first.Meta)
	}
	if d := cmp.Diff(map[string]any{"employeeId": "4", "firstName": "Ann", "lastName": "Lee", "preferredName": "Annie", "status": "Active",
		"jobTitleName": "Engineer", "photoUrl": first.Data[0]["photoUrl"], "_restrictedFields": []any{}}, first.Data[0]); d != "" {
		t.Error(d)
	}
	if href := first.Links["next"].Href; !strings.HasPrefix(href, "https://acme.bamboohr.com/api/v1/employees?") {
		t.Errorf("next link %q is not on the company host", href)
	}
	second := w.list(bamboosim.DefaultKey, "page[limit]=2&page[after]="+*first.Meta.Page.NextCursor)
	third := w.list(bamboosim.DefaultKey, "page[limit]=2&page[after]="+*second.Meta.Page.NextCursor)
	if third.Meta.Page.NextCursor != nil || third.Data[0]["employeeId"] != "13" || len(third.Data) != 1 {
		t.Errorf("third page: %+v", third)
	}
	back := w.list(bamboosim.DefaultKey, "page[limit]=2&page[before]="+*third.Meta.Page.PrevCursor)
	if back.Data[0]["employeeId"] != "11" {
		t.Errorf("back: %+v", back.Data)
	}
	for _, bad := range []string{"page[before]=" + *first.Meta.Page.NextCursor, "page[after]=junk"} {
		if got := w.get(400, "GET /api/v1/employees?"+bad, ""); !strings.Contains(got, "BadPage") {
			t.Errorf("%s: %s", bad, got)
		}
	}
	w.get(204, "DELETE /_sim/employees/11", "")
	w.get(400, "GET /api/v1/employees?page[limit]=2&page[after]="+*first.Meta.Page.NextCursor, "")
}

func TestListFiltersAndRights(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string]string{
		"filter[workEmail]=ANN":                "4",
		"filter[status]=active":                "4 9 11 13",
		"filter[ids][]=13&filter[ids][]=4":     "4 13",
		"filter[ids]=9,4":                      "4 9",
		"filter[hireDate]=2024-01-08":          "4",
		"filter[isManager]=true":               "9",
		"filter[firstName]=n&filter[city]=utr": "4",
		"filter[jacketSize]=x":                 "",
		"sort=-firstName":                      "13 12 11 9 4",
		"sort=status,-employeeId":              "12 13 11 9 4",
	} {
		var ids []string
		for _, row := range w.list(bamboosim.DefaultKey, query).Data {
			ids = append(ids, row["employeeId"].(string))
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for query, status := range map[string]int{"filter[ssn]=1": 422, "filter[status]=all": 422, "filter[bestEmail]=x": 422, "sort=city": 400, "page[limit]=2501": 400} {
		w.get(status, "GET /api/v1/employees?"+query, "")
	}
	all := w.list(narrowKey, "fields=workEmail,hireDate,nonsense")
	if d := cmp.Diff(map[string]any{"employeeId": "9", "firstName": "Bo", "lastName": "Diaz", "preferredName": nil, "photoUrl": nil, "jobTitleName": nil,
		"status": nil, "workEmail": "bo@acme.test", "hireDate": nil, "_restrictedFields": []any{"preferredName", "photoUrl", "jobTitleName", "status", "hireDate"}}, all.Data[1]); d != "" {
		t.Error(d)
	}
	// Nobody is dropped from an unfiltered list: an invisible person is all null.
	if all.Meta.Total != 5 || all.Data[0]["employeeId"] != "4" || all.Data[0]["firstName"] != nil {
		t.Errorf("invisible person: %v", all.Data[0])
	}
	if n := w.list(narrowKey, "sort=firstName").Meta.Total; n != 2 {
		t.Errorf("sorted on a field unreadable for three: %d, want 2", n)
	}
	if n := w.list(narrowKey, "filter[city]=u").Meta.Total; n != 0 {
		t.Errorf("filtered on an unreadable field: %d, want 0", n)
	}
}

func TestDataset(t *testing.T) {
	w := newWorld(t)
	data := func(body string) string {
		return w.get(200, "POST /api/v2/datasets/employee/data", body)
	}
	same(t, "ordered", data(`{"fields":["eeid","firstName","jobInformationJobTitle","supervisorEid"],"orderBy":"eeid desc","pageSize":2,"filter":"status eq 'Active' and hireDate le '2026-11-21'"}`),
		`{"data":[{"fields":{"eeid":"13","firstName":"Ed","jobInformationJobTitle":"Seller","supervisorEid":"9"}},{"fields":{"eeid":"9","firstName":"Bo","jobInformationJobTitle":"VP Engineering","supervisorEid":null}}],
		 "links":{"next":"https://acme.bamboohr.com/api/v2/datasets/employee/data?page=2"},"meta":{"page":1,"pageSize":2,"totalPages":2,"totalItems":3}}`)
	same(t, "no links", data(`{"fields":["firstName"],"filter":"firstName in ('Ann')"}`),
		`{"data":[{"fields":{"firstName":"Ann"}}],"links":[],"meta":{"page":1,"pageSize":100,"totalPages":1,"totalItems":1}}`)
	unordered := data(`{"fields":["eeid"]}`)
	if strings.HasPrefix(unordered, `{"data":[{"fields":{"eeid":"4"`) || unordered != data(`{"fields":["eeid"]}`) {
		t.Errorf("order without orderBy: %s", unordered)
	}
	for filter, want := range map[string]int{
		"hireDate ge duration'P30D'":                                1,
		"hireDate lt duration'P2Y'":                                 3,
		"employmentStatus in ('Full-Time','Part-Time')":             3,
		"jobInformationDepartment eq 'Sales' or firstName eq 'Ann'": 2,
		"eeid gt 10":            3,
		"status ne 'Active'":    1,
		"firstName eq 'O''Key'": 0,
	} {
		var got struct{ Meta struct{ TotalItems int } }
		if err := json.Unmarshal([]byte(data(`{"fields":["eeid"],"filter":"`+filter+`"}`)), &got); err != nil || got.Meta.TotalItems != want {
			t.Errorf("%s: %d, want %d (%v)", filter, got.Meta.TotalItems, want, err)
		}
	}
	for body, want := range map[string]string{
		`{"fields":["workEmail"]}`:                                            "400 Invalid field name: employee_workEmail",
		`{"fields":["eeid"],"filter":"nope eq 1"}`:                            "400 INVALID_ARGUMENT",
		`{"fields":["firstName"],"orderBy":"eeid asc"}`:                       "400 UE-1001",
		`{"fields":["eeid"],"filter":"eeid eq 1 and eeid eq 2 or eeid eq 3"}`: "422 INVALID_FILTER",
		`{"fields":["eeid"],"filter":"status not in ('Active')"}`:             "422 INVALID_FILTER",
		`{"fields":["eeid"],"filter":"firstName in ('a','b')"}`:               "422 INVALID_FILTER",
		`{"fields":["eeid"],"filter":"firstName gt 'a'"}`:                     "422 INVALID_FILTER",
		`{"fields":["eeid"],"filter":"hireDate eq duration'P1D'"}`:            "422 INVALID_FILTER",
		`{"fields":["eeid"],"filter":"firstName eq 'open"}`:                   "422 INVALID_FILTER",
		`{"fields":["eeid"],"filter":"hireDate ge duration'P1Y6M'"}`:          "422 INVALID_FILTER",
		`{"fields":["eeid"],"pageSize":1001}`:                                 "422 page",
		`{"fields":[]}`:                                                       "400 INVALID_ARGUMENT",
	} {
		rec := w.ask(bamboosim.DefaultKey, "POST /api/v2/datasets/employee/data", body)
		status, text, _ := strings.Cut(want, " ")
		if got := rec.Body.String(); !strings.Contains(got, `"status":`+status) || !strings.Contains(got, text) {
			t.Errorf("%s: %d %s, want %s", body, rec.Code, got, want)
		}
	}
	rec := w.ask(narrowKey, "POST /api/v2/datasets/employee/data", `{"fields":["eeid","firstName","employeeNumber"],"orderBy":"eeid asc","pageSize":1}`)
	same(t, "restricted", rec.Body.String(), `{"data":[{"fields":{"eeid":"9","firstName":"Bo","employeeNumber":""},"_restrictedFields":["employee_employeeNumber"]}],
		"links":{"next":"https://acme.bamboohr.com/api/v2/datasets/employee/data?page=2"},"meta":{"page":1,"pageSize":1,"totalPages":2,"totalItems":2}}`)
	w.get(404, "POST /api/v2/datasets/goals/data", `{"fields":["eeid"]}`)
	w.get(422, "GET /api/v1_2/datasets/goals/fields", "")
	if got := w.get(200, "GET /api/v1_2/datasets/employee/fields?page_size=2", ""); !strings.Contains(got, `"next_page":"https://acme.bamboohr.com/api/v1_2/datasets/employee/fields?page=2&page_size=2"`) {
		t.Errorf("fields: %s", got)
	}
	same(t, "options", w.get(200, "POST /api/v1_2/datasets/employee/field-options", `{"fields":["status"]}`), `{"status":[{"id":"Active","value":"Active"},{"id":"Inactive","value":"Inactive"}]}`)
	w.get(500, "POST /api/v1_2/datasets/employee/field-options", `{"fields":["nope"]}`)
}

func TestDirectory(t *testing.T) {
	w := newWorld(t)
	var d struct {
		Fields    []map[string]any
		Employees []map[string]any
	}
	ids := func(query string) (out []string) {
		if err := json.Unmarshal([]byte(w.get(200, "GET /api/v1/employees/directory"+query, "")), &d); err != nil {
			t.Fatal(err)
		}
		for _, e := range d.Employees {
			out = append(out, e["id"].(string))
		}
		return out
	}
	// 11 starts later, 12 has no hire date and no status, 13 is hidden.
	if got := ids(""); !slices.Equal(got, []string{"4", "9"}) {
		t.Errorf("directory %v", got)
	}
	w.get(200, "PUT /_sim/employees/12", `{"status":"Active"}`)
	if got := ids(""); !slices.Equal(got, []string{"4", "9"}) {
		t.Errorf("somebody without a hire date is shown: %v", got)
	}
	if len(d.Fields) != 22 || d.Employees[0]["supervisor"] != "Bo Diaz" || d.Employees[0]["canUploadPhoto"] != 1.0 || d.Employees[0]["photoUploaded"] != true {
		t.Errorf("%d fields, %v", len(d.Fields), d.Employees[0])
	}
	if got := ids("?onlyCurrent=false"); !slices.Equal(got, []string{"4", "9", "11"}) {
		t.Errorf("with future hires %v", got)
	}
	if rec := w.ask(narrowKey, "GET /api/v1/employees/directory", ""); !strings.Contains(rec.Body.String(), `"displayName":"Annie Lee"`) {
		t.Errorf("sharing, not rights, governs the directory: %s", rec.Body)
	}
	if got := w.get(200, "GET /api/v1/employees/directory", "", "Accept: "); !strings.Contains(got, `<employee id="9"><field id="displayName">Bo Diaz</field>`) {
		t.Errorf("xml %s", got)
	}
	w.get(200, "PUT /_sim/employees/4", `{"status":"Inactive"}`)
	w.get(200, "PUT /_sim/employees/9", `{"hidden_in_directory":true}`)
	w.get(404, "GET /api/v1/employees/directory", "")
	companies, _ := bamboosim.ParseCompanyFile([]byte(strings.Replace(acme, `"name":"Acme Inc"`, `"directory":"off"`, 1)))
	sim, err := bamboosim.New(companies[0])
	if err != nil {
		t.Fatal(err)
	}
	off := &world{t, sim}
	if rec := off.ask(bamboosim.DefaultKey, "GET /api/v1/employees/directory", ""); rec.Code != 403 || rec.Header().Get("X-BambooHR-Error-Message") != "Directory disabled for this account" {
		t.Errorf("off: %d %v", rec.Code, rec.Header())
	}
}

func TestTables(t *testing.T) {
	w := newWorld(t)
	same(t, "jobInfo", w.get(200, "GET /api/v1/employees/13/tables/jobInfo", ""), `[{"id":"`+rowID(t, w, "13")+`","employeeId":"13","date":"2021-05-03","location":"New York","department":"Sales","division":"East","jobTitle":"Seller","reportsTo":"Bo Diaz","teams":null}]`)
	if got := w.get(200, "GET /api/v1/employees/4/tables/jobInfo", "", "Accept: "); !strings.Contains(got, "  <field id=\"reportsTo\">Bo Diaz</field>\n") {
		t.Errorf("xml %s", got)
	}
	var rows []map[string]any
	if err := json.Unmarshal([]byte(w.get(200, "GET /api/v1/employees/all/tables/employmentStatus", "")), &rows); err != nil || len(rows) != 5 {
		t.Errorf("all: %d rows, %v", len(rows), err)
	}
	rec := w.ask(narrowKey, "GET /api/v1/employees/all/tables/jobInfo", "")
	if got := rec.Body.String(); strings.Contains(got, "jobTitle") || !strings.Contains(got, `"employeeId":"9","date":"2020-01-06"}`) || strings.Contains(got, `"employeeId":"4"`) {
		t.Errorf("narrow rows %s", got)
	}
	w.get(404, "GET /api/v1/employees/4/tables/nothing", "")
	same(t, "empty table", w.get(200, "GET /api/v1/employees/4/tables/compensation", ""), `[]`)
	got := w.get(200, "GET /api/v1/employees/changed/tables/jobInfo?since=2026-11-20T00:00:00Z", "")
	if !strings.HasPrefix(got, `{"table":"jobInfo","employees":{"4":{"lastChanged":"2026-11-20T12:00:00Z","rows":[{"date":"2024-01-08"`) {
		t.Errorf("changed tables %s", got)
	}
}

func rowID(t *testing.T, w *world, employee string) string {
	t.Helper()
	var rows []struct{ ID string }
	if err := json.Unmarshal([]byte(w.get(200, "GET /api/v1/employees/"+employee+"/tables/jobInfo", "")), &rows); err != nil {
		t.Fatal(err)
	}
	return rows[0].ID
}

func TestTableRows(t *testing.T) {
	w := newWorld(t)
	w.get(200, "POST /api/v1/employees/9/tables/jobInfo", `{"date":"2026-11-01","jobTitle":"Engineer","reportsTo":"Ann Lee"}`)
	same(t, "new row", w.get(200, "GET /api/v1/employees/9?fields=jobTitle,supervisorEId,department", ""), `{"id":"9","jobTitle":"Engineer","supervisorEId":"4","department":null}`)
	w.get(406, "POST /api/v1/employees/9/tables/jobInfo", `{"date":"2026-11-01","department":"Nowhere"}`)
	w.get(400, "POST /api/v1/employees/9/tables/jobInfo", `{"jobTitle":"Engineer"}`)
	w.get(404, "POST /api/v1/employees/9/tables/jobInfo/777", `{"jobTitle":"Engineer"}`)
	w.get(200, "POST /api/v1/employees/9/tables/jobInfo/"+rowID(t, w, "9"), `{"department":"Sales"}`)
	w.get(400, "POST /api/v1_1/employees/9/tables/employmentStatus", `{"date":"2026-11-20","employmentStatus":"Terminated"}`)
	w.get(200, "POST /api/v1/employees/9/tables/employmentStatus", `{"date":"2026-11-20","employmentStatus":"Terminated"}`)
	same(t, "terminated", w.get(200, "GET /api/v1/employees/9?fields=status,terminationDate", ""), `{"id":"9","status":"Inactive","terminationDate":"2026-11-20"}`)
	w.get(200, "POST /api/v1_1/employees/9/tables/employmentStatus", `{"date":"2026-11-21","employmentStatus":"Full-Time"}`)
	same(t, "rehired", w.get(200, "GET /api/v1/employees/9?fields=status,terminationDate,hireDate,originalHireDate", ""),
		`{"id":"9","status":"Active","terminationDate":"0000-00-00","hireDate":"2026-11-21","originalHireDate":"2020-01-06"}`)
	row := rowID(t, w, "4")
	same(t, "delete", w.get(200, "DELETE /api/v1/employees/4/tables/jobInfo/"+row, ""), `{"success":true}`)
	same(t, "delete again", w.get(200, "DELETE /api/v1/employees/4/tables/jobInfo/"+row, ""), `{"success":false,"error":"Row not found"}`)
	if rec := w.ask(narrowKey, "POST /api/v1/employees/9/tables/jobInfo", `{"department":"Sales"}`); rec.Code != 403 {
		t.Errorf("narrow row: %d", rec.Code)
	}
}

func TestWriteEmployees(t *testing.T) {
	w := newWorld(t)
	w.get(400, "POST /api/v1/employees", `{"firstName":"Fi"}`)
	w.get(409, "POST /api/v1/employees", `{"firstName":"Fi","lastName":"Ito","workEmail":"ANN@acme.test "}`)
	w.get(409, "POST /api/v1/employees", `{"firstName":"Fi","lastName":"Ito","department":"Nowhere"}`)
	rec := w.ask(bamboosim.DefaultKey, "POST /api/v1/employees", `{"firstName":"Fi","lastName":"Ito","workEmail":"fi@acme.test","hireDate":"2026-10-01","department":"Sales","reportsTo":"9","photoUrl":"x","customAlleoaccess":"yes"}`)
	if rec.Code != 201 || rec.Header().Get("Location") != "https://api.bamboohr.com/api/gateway.php/acme/v1/employees/14" {
		t.Fatalf("create: %d %v", rec.Code, rec.Header())
	}
	same(t, "created", rec.Body.String(), `{"id":"14","firstName":"Fi","lastName":"Ito","status":"Active"}`)
	same(t, "read back", w.get(200, "GET /api/v1/employees/14?fields=department,supervisorEId,createdByUserId,customAlleoaccess,hireDate,isPhotoUploaded", ""),
		`{"id":"14","department":"Sales","supervisorEId":"9","createdByUserId":"1","customAlleoaccess":"1","hireDate":"2026-10-01","isPhotoUploaded":"false"}`)
	same(t, "update", w.get(200, "POST /api/v1/employees/14", `{"workPhone":"1","jobTitle":"Seller","preferredName":null}`),
		`{"id":"14","firstName":"Fi","lastName":"Ito","status":"Active","jobTitle":"Seller","preferredName":null,"workPhone":"1"}`)
	same(t, "history kept", w.get(200, "GET /api/v1/employees/14?fields=department,jobTitle", ""), `{"id":"14","department":"Sales","jobTitle":"Seller"}`)
	w.get(409, "POST /api/v1/employees/14", `{"homeEmail":"bo@acme.test"}`)
	w.get(200, "POST /api/v1/employees/14", `<employee><field id="city">Delft</field></employee>`, "Content-Type: text/xml")
	if rec := w.ask(narrowKey, "POST /api/v1/employees/9", `{"city":"X"}`); rec.Code != 403 {
		t.Errorf("narrow update: %d", rec.Code)
	}
	if got := w.get(200, "GET /api/v1/employees/changed?since=2026-11-21T00:00:00+00:00&type=inserted", ""); !strings.Contains(got, `"14":{"id":"14","action":"Inserted"`) {
		t.Errorf("changed: %s", got)
	}
	w.get(204, "DELETE /api/v1/employees/14", "")
	same(t, "changed", w.get(200, "GET /api/v1/employees/changed?since=2026-11-21T00:00:00Z", ""),
		`{"latest":"2026-11-21T12:00:00+00:00","employees":{"14":{"id":"14","action":"Deleted","lastChanged":"2026-11-21T12:00:00+00:00"}}}`)
	same(t, "nothing", w.get(200, "GET /api/v1/employees/changed?since=2026-11-21T12:00:01Z", ""), `{"latest":"2026-11-21T12:00:01+00:00","employees":{}}`)
	if got := w.get(200, "GET /api/v1/employees/changed?since=2026-11-21T00:00:00Z", "", "Accept: "); got != `<changeList><latest>2026-11-21T12:00:00+00:00</latest><employee id="14" action="Deleted" lastChanged="2026-11-21T12:00:00+00:00"/></changeList>` {
		t.Errorf("xml %s", got)
	}
	for _, since := range []string{"", "yesterday", "2026-11-21T00:00:00%2000:00"} {
		w.get(400, "GET /api/v1/employees/changed?since="+since, "")
	}
}

func TestMeta(t *testing.T) {
	w := newWorld(t)
	fields := w.get(200, "GET /api/v1/meta/fields", "")
	for _, want := range []string{`{"id":387,"name":"Employment Status","type":"status","alias":"employmentStatus","deprecated":true}`,
		`{"id":-38,"name":"Termination Date","type":"date","alias":"terminationDate"}`, `{"id":5000,"name":"alleo_access","type":"checkbox","alias":"customAlleoaccess"}`} {
		if !strings.Contains(fields, want) {
			t.Errorf("meta/fields lacks %s", want)
		}
	}
	if strings.Contains(fields, "displayName") || strings.Contains(fields, "isManager") {
		t.Error("computed fields are listed")
	}
	if got := w.get(200, "GET /api/v1/meta/fields", "", "Accept: "); !strings.Contains(got, `<field id="1" type="text" alias="firstName">First Name</field>`) {
		t.Errorf("xml %s", got)
	}
	var lists []struct {
		FieldID int
		Alias   string
		Options []struct {
			ID   int
			Name string
		}
	}
	if err := json.Unmarshal([]byte(w.get(200, "GET /api/v1/meta/lists?format=json", "", "Accept: ")), &lists); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(lists, func(l struct {
		FieldID int
		Alias   string
		Options []struct {
			ID   int
			Name string
		}
	}) bool {
		return l.Alias == "department"
	})
	if len(lists[i].Options) != 2 || lists[i].FieldID != 4 {
		t.Errorf("departments %+v", lists[i])
	}
	if got := w.get(200, "PUT /api/v1/meta/lists/4", `{"options":[{"value":"Legal"}]}`); !strings.Contains(got, ">Legal</option>") {
		t.Errorf("PUT list %s", got)
	}
	w.get(409, "PUT /api/v1/meta/lists/4", `{"options":[{"value":"Legal"}]}`)
	w.get(404, "PUT /api/v1/meta/lists/4", `{"options":[{"id":1,"archived":"yes"}]}`)
	w.get(403, "PUT /api/v1/meta/lists/18", `{"options":[{"value":"Mars"}]}`)
	w.get(200, "POST /api/v1/employees/9", `{"department":"Legal"}`)
	if got := w.get(200, "GET /api/v1/meta/tables", ""); !strings.Contains(got, `{"id":91,"name":"Reporting to","alias":"reportsTo","type":"employee"}`) {
		t.Errorf("tables %s", got)
	}
	if got := w.get(200, "GET /api/v1/meta/users?status=enabled", ""); !strings.Contains(got, `"3":{"id":3,"employeeId":4,"firstName":"Ann"`) {
		t.Errorf("users %s", got)
	}
	if rec := w.ask(narrowKey, "GET /api/v1/meta/users", ""); rec.Code != 403 {
		t.Errorf("users for a narrow key: %d", rec.Code)
	}
	if got := w.get(200, "GET /api/v1/company_information", ""); !strings.Contains(got, `"displayName":"Acme Inc"`) {
		t.Errorf("company %s", got)
	}
}

func TestPhotos(t *testing.T) {
	w := newWorld(t)
	rec := w.ask(bamboosim.DefaultKey, "GET /api/v1/employees/4/photo/small", "", "Accept: image/*")
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "image/jpeg" || http.DetectContentType(rec.Body.Bytes()) != "image/png" {
		t.Errorf("photo: %d %v", rec.Code, rec.Header())
	}
	if got := w.get(200, "GET /api/v1/employees/4/photo/tiny", ""); !strings.HasPrefix(got, `{"fileBase64":"`) {
		t.Errorf("json form %s", got)
	}
	for path, want := range map[string]string{"9/photo/small": "Employee photo not found", "99/photo/small": "Employee not found",
		"4/photo/huge": `Size: "huge" is not a valid size option. Valid sizes are: xs, small, tiny, original, medium and large.`} {
		rec := w.ask(bamboosim.DefaultKey, "GET /api/v1/employees/"+path, "")
		if got := rec.Header().Get("X-BambooHR-Error-Message"); rec.Code != 404 || got != want {
			t.Errorf("%s: %d %q", path, rec.Code, got)
		}
	}
	square := rec.Body.Bytes()
	if got := w.upload("9", square); got != 201 {
		t.Errorf("upload %d", got)
	}
	if got := w.ask(bamboosim.DefaultKey, "GET /api/v1/employees/9/photo/large", "", "Accept: image/*").Body.Bytes(); !bytes.Equal(got, square) {
		t.Error("the uploaded photo is not shown")
	}
	if got := w.upload("9", []byte("<svg/>")); got != 415 {
		t.Errorf("svg %d", got)
	}
	if got := w.upload("9", nil); got != 400 {
		t.Errorf("empty %d", got)
	}
}

func (w *world) upload(id string, picture []byte) int {
	body := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n" + string(picture) + "\r\n--b--\r\n"
	return w.ask(bamboosim.DefaultKey, "POST /api/v1/employees/"+id+"/photo", body, "Content-Type: multipart/form-data; boundary=b").Code
}

func TestHostPicksCompany(t *testing.T) {
	companies, err := bamboosim.ParseCompanyFile([]byte(`{"companies":[{"company":"acme","today":"2026-11-21"},{"company":"beta","today":"2026-11-22"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.NewCompanies(companies)
	if err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]int{"http://beta.localhost:9090/api/v1/employees/0": 200, "http://127.0.0.1/api/v1/employees/0": 404,
		"http://127.0.0.1/api/gateway.php/beta/v1/employees/0": 200, "http://127.0.0.1/_sim/beta/clock": 200, "http://127.0.0.1/_sim/clock": 404, "http://127.0.0.1/_sim/": 200} {
		r := httptest.NewRequest("GET", target, nil)
		r.SetBasicAuth(bamboosim.DefaultKey, "x")
		rec := httptest.NewRecorder()
		sim.ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("%s: %d, want %d", target, rec.Code, want)
		}
	}
}

func TestBehavioursHaveSources(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range bamboosim.Behaviours() {
		if b.ID == "" || b.Text == "" || seen[b.ID] {
			t.Errorf("behaviour %+v is blank or listed twice", b)
		}
		seen[b.ID] = true
		if !slices.ContainsFunc([]string{"[R] ", "[D] ", "[C] ", "assumed: "}, func(p string) bool { return strings.HasPrefix(b.Source, p) }) {
			t.Errorf("behaviour %s has no source: %q", b.ID, b.Source)
		}
	}
}
