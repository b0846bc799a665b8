package bamboosim_test

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

func TestCompanyFileRoundTrip(t *testing.T) {
	w := newWorld(t)
	first := w.get(200, "GET /_sim/company", "")
	companies, err := bamboosim.ParseCompanyFile([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(companies[0])
	if err != nil {
		t.Fatal(err)
	}
	again := (&world{t, sim}).get(200, "GET /_sim/company", "")
	if d := cmp.Diff(strings.Split(first, "\n"), strings.Split(again, "\n")); d != "" {
		t.Error(d)
	}
}

func TestCompanyFileFaults(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"syntax":         {`{"company":`, "read JSON"},
		"trailing":       {`{"company":"a"} {}`, "something follows"},
		"unknown key":    {`{"company":"a","employee":[]}`, "employee: unknown key"},
		"twice":          {`{"company":"a","company":"b"}`, "company: is given twice"},
		"job fields":     {`{"company":"a","employees":[{"id":"4","department":"X"}]}`, "employees[0].department: belongs in a row of jobInfo"},
		"status field":   {`{"company":"a","employees":[{"id":"4","employmentHistoryStatus":"X"}]}`, "belongs in a row of employmentStatus"},
		"supervisor":     {`{"company":"a","employees":[{"id":"4","supervisorEId":"9"}]}`, "as reportsTo"},
		"row key":        {`{"company":"a","employees":[{"id":"4","jobInfo":[{"day":"x"}]}]}`, "employees[0].jobInfo[0].day: unknown key"},
		"types":          {`{"company":"a","employees":[{"id":"x","firstName":1,"hidden_in_directory":"no"}]}`, "employees[0].firstName: must be a string"},
		"photo":          {`{"company":"a","employees":[{"id":"4","photo":"me.jpg"}]}`, `must be "generated" or null`},
		"people key":     {`{"company":"a","access_levels":[{"name":"l","people":{"city":["x"]}}]}`, "people.city: unknown key"},
		"no companies":   {`{"companies":[]}`, "companies: is empty"},
		"companies rest": {`{"companies":[{"company":"a"}],"today":"x"}`, "today: unknown key"},
	} {
		if _, err := bamboosim.ParseCompanyFile([]byte(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	_, err := bamboosim.ParseCompanyFile([]byte(`{"nope":1,"employees":[{"id":"x","location":"y"}]}`))
	for _, want := range []string{"nope", "employees[0].id", "employees[0].location"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("all faults at once: %v lacks %s", err, want)
		}
	}
}

func TestNewFaults(t *testing.T) {
	const key = "3333333333333333333333333333333333333333"
	_, err := bamboosim.New(bamboosim.Company{Subdomain: "Acme!", Today: "soon", TimeZone: "Mars", Directory: "some",
		CustomFields: []bamboosim.CustomField{{Alias: "firstName"}},
		AccessLevels: []bamboosim.AccessLevel{{Name: "l", Fields: []string{"nope"}}},
		Users:        []bamboosim.User{{ID: "1", AccessLevel: "l", APIKeys: []string{key}}, {ID: "1", AccessLevel: "m", APIKeys: []string{key}}},
		Employees:    []bamboosim.Employee{{ID: 4}, {ID: 4, Custom: map[string]string{"customX": "1"}}, {}}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"company:", "today:", "time_zone:", "directory:", "custom_fields[0].name", "access_levels[0]", "users[1].id",
		"users[1].api_keys", "employees[1].id: 4 is given twice", "customX", "employees[2].id"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), key) {
		t.Error("the error shows an API key")
	}
}

func TestPutEmployee(t *testing.T) {
	w := newWorld(t)
	got := w.get(200, "PUT /_sim/employees/4", `{"lastName":"Lee-Diaz","preferredName":null,"custom":{"customAlleoaccess":"0"}}`)
	for _, want := range []string{`"firstName":"Ann","middleName":null,"lastName":"Lee-Diaz","preferredName":null`, `"customAlleoaccess":"0"`, `"jobTitle":"Lead Engineer"`, `"photo":"generated"`} {
		if !strings.Contains(got, want) {
			t.Errorf("PUT answered %s, want %s", got, want)
		}
	}
	// Arrays replace whole; an unknown id creates, Active and blank.
	got = w.get(200, "PUT /_sim/employees/50", `{"firstName":"New","jobInfo":[{"date":"2026-01-01","department":"New Department","reportsTo":"4"}]}`)
	if !strings.Contains(got, `"id":"50","employeeNumber":null,"firstName":"New"`) || !strings.Contains(got, `"status":"Active"`) {
		t.Errorf("created %s", got)
	}
	if got := w.get(200, "GET /api/v1/meta/lists", ""); !strings.Contains(got, "New Department") {
		t.Error("the new department is no option")
	}
	for body, want := range map[string]string{`{"nope":1,"department":"x"}`: "nope: unknown key", `{"id":"5"}`: "id: is not", `{"custom":{"customNope":"1"}}`: "customNope", `[]`: "must be an object"} {
		if got := w.get(400, "PUT /_sim/employees/4", body); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	w.get(404, "PUT /_sim/employees/x", `{}`)
	w.get(404, "DELETE /_sim/employees/77", "")
	w.get(404, "POST /_sim/nothing", "")
	same(t, "status can be blank", w.get(200, "PUT /_sim/employees/4", `{"status":null}`)[:0]+w.get(200, "GET /api/v1/employees/4?fields=status", ""), `{"id":"4","status":null}`)
}

func TestClockFlipsStatusInTheCompanysZone(t *testing.T) {
	w := newWorld(t)
	status := func() string { return w.get(200, "GET /api/v1/employees/13?fields=status,lastChanged", "") }
	same(t, "clock", w.get(200, "GET /_sim/clock", ""), `{"now":"2026-11-21T12:00:00Z","running":false}`)
	w.get(200, "POST /_sim/clock", `{"now":"2026-12-01T04:59:59Z"}`) // 23:59:59 in New York
	same(t, "before midnight", status(), `{"id":"13","status":"Active","lastChanged":"2026-11-20T12:00:00+00:00"}`)
	w.get(200, "POST /_sim/clock", `{"now":"2027-02-10T00:00:00Z"}`)
	same(t, "after", status(), `{"id":"13","status":"Inactive","lastChanged":"2026-12-01T05:00:00+00:00"}`)
	same(t, "future rows have come", w.get(200, "GET /api/v1/employees/4?fields=jobTitle", ""), `{"id":"4","jobTitle":"Lead Engineer"}`)
	same(t, "future hire has come", w.get(200, "GET /api/v1/employees/11?fields=jobTitle,supervisorEId", ""), `{"id":"11","jobTitle":"Seller","supervisorEId":"9"}`)
	w.get(200, "POST /_sim/clock", `{"now":"2026-11-21T12:00:00Z"}`)
	same(t, "back", status(), `{"id":"13","status":"Inactive","lastChanged":"2026-12-01T05:00:00+00:00"}`)
}

// TestControlFaults wants the place and the way out in words of JSON, and no types of Go.
func TestControlFaults(t *testing.T) {
	w := newWorld(t)
	before := w.get(200, "GET /_sim/company", "")
	for _, c := range []struct{ request, body, want string }{
		{"POST /_sim/clock", `{"now":"tomorrow"}`, `now: "tomorrow" is no RFC 3339 time such as 2026-12-01T00:00:00Z`},
		{"POST /_sim/clock", `{"now":5}`, `now: must be a string`},
		{"POST /_sim/clock", `{"when":1}`, `when: unknown key`},
		{"POST /_sim/clock", `{"running":"yes"}`, `running: must be true or false`},
		{"POST /_sim/clock", `{} {}`, `read JSON: something follows the JSON value`},
		{"POST /_sim/clock", `[]`, `must be an object`},
		{"POST /_sim/clock", ``, `there is no body; send a JSON object`},
		{"POST /_sim/clock", `{`, `read JSON: unexpected EOF`},
		{"POST /_sim/users/1", `{"enabled":1}`, `enabled: must be true or false`},
		{"POST /_sim/employees/4/terminate", `{"day":"2026-12-01"}`, `day: unknown key`},
		{"PUT /_sim/employees/4", `[]`, `must be an object`},
		{"POST /_sim/faults", `{"name":"bom","count":"1"}`, `count: must be a whole number`},
		{"POST /_sim/faults", `{"name":"bom","args":{"x":1}}`, `fault bom: args: x: unknown key`},
		{"POST /_sim/faults", `{"name":"bom","args":[]}`, `fault bom: args: must be an object`},
		{"POST /_sim/faults", `{"name":"status","args":{"headers":"x"}}`, `fault status: args: headers: must be an object`},
		{"POST /_sim/faults", `{"name":"drop_people","args":{"ids":4}}`, `fault drop_people: args: ids: must be an array`},
		{"POST /_sim/faults", `{"name":"drop_people","args":{"percent":"5"}}`, `fault drop_people: args: percent: must be a number`},
	} {
		var got struct{ Error string }
		if err := json.Unmarshal([]byte(w.get(400, c.request, c.body)), &got); err != nil || got.Error != c.want {
			t.Errorf("%s %s: %q (%v), want %q", c.request, c.body, got.Error, err, c.want)
		}
	}
	same(t, "nothing changed", w.get(200, "GET /_sim/company", ""), before)
	same(t, "no fault", w.get(200, "GET /_sim/faults", ""), `{"items":[]}`)
}

func TestFlagMayDisagreeWithDate(t *testing.T) {
	w := newWorld(t)
	w.get(200, "PUT /_sim/employees/9", `{"terminationDate":"2026-01-01"}`)
	same(t, "past date by PUT", w.get(200, "GET /api/v1/employees/9?fields=status", ""), `{"id":"9","status":"Active"}`)
	w.get(200, "POST /_sim/clock", `{"now":"2027-01-01T00:00:00Z"}`)
	same(t, "never crossed", w.get(200, "GET /api/v1/employees/9?fields=status", ""), `{"id":"9","status":"Active"}`)
}

func TestTerminate(t *testing.T) {
	w := newWorld(t)
	w.get(200, "POST /_sim/employees/9/terminate", `{"date":"2026-11-21"}`)
	same(t, "at once", w.get(200, "GET /api/v1/employees/9?fields=status,employmentHistoryStatus,terminationDate", ""),
		`{"id":"9","status":"Inactive","employmentHistoryStatus":"Terminated","terminationDate":"2026-11-21"}`)
	w.get(200, "POST /_sim/employees/4/terminate", `{"date":"2026-11-30"}`)
	same(t, "later", w.get(200, "GET /api/v1/employees/4?fields=status,employmentHistoryStatus", ""), `{"id":"4","status":"Active","employmentHistoryStatus":"Full-Time"}`)
	w.get(200, "POST /_sim/clock", `{"now":"2026-12-05T00:00:00Z"}`)
	same(t, "then", w.get(200, "GET /api/v1/employees/4?fields=status", ""), `{"id":"4","status":"Inactive"}`)
	w.get(200, "PUT /_sim/employees/12", `{"status":null}`)
	w.get(200, "POST /_sim/employees/12/terminate", `{"date":"2026-12-10"}`)
	w.get(200, "POST /_sim/clock", `{"now":"2026-12-10T05:00:00Z"}`) // midnight in New York
	same(t, "a blank status flips, too", w.get(200, "GET /api/v1/employees/12?fields=status", ""), `{"id":"12","status":"Inactive"}`)
	w.get(400, "POST /_sim/employees/4/terminate", `{"date":"30/11/2026"}`)
	w.get(404, "POST /_sim/employees/77/terminate", `{"date":"2026-11-30"}`)
}

func TestRunningClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.get(200, "POST /_sim/clock", `{"now":"2026-12-01T04:59:30Z","running":true}`)
		time.Sleep(29 * time.Second)
		same(t, "before", w.get(200, "GET /api/v1/employees/13?fields=status", ""), `{"id":"13","status":"Active"}`)
		time.Sleep(2 * time.Second)
		same(t, "after", w.get(200, "GET /api/v1/employees/13?fields=status", ""), `{"id":"13","status":"Inactive"}`)
		same(t, "stop", w.get(200, "POST /_sim/clock", `{"running":false}`), `{"now":"2026-12-01T05:00:01Z","running":false}`)
		time.Sleep(time.Hour)
		same(t, "stands still", w.get(200, "GET /_sim/clock", ""), `{"now":"2026-12-01T05:00:01Z","running":false}`)
	})
}

func TestRequestLog(t *testing.T) {
	w := newWorld(t)
	w.get(201, "POST /_sim/faults", `{"name":"status","match":"GET /v1/employees/9","args":{"code":502}}`)
	w.get(200, "GET /api/v1/employees/4?fields=firstName", "")
	w.get(502, "GET /api/gateway.php/acme/v1/employees/9", "")
	w.ask("wrong", "GET /api/v1/employees/4", "")
	var log struct{ Items []map[string]any }
	text := w.get(200, "GET /_sim/requests", "")
	if err := json.Unmarshal([]byte(text), &log); err != nil {
		t.Fatal(err)
	}
	at := "2026-11-21T12:00:00Z"
	want := []map[string]any{
		{"at": at, "method": "GET", "path": "/api/v1/employees/4", "query": "fields=firstName", "status": 200.0, "user_id": "1", "fault": nil},
		{"at": at, "method": "GET", "path": "/api/gateway.php/acme/v1/employees/9", "query": "", "status": 502.0, "user_id": "1", "fault": "status"},
		{"at": at, "method": "GET", "path": "/api/v1/employees/4", "query": "", "status": 401.0, "user_id": nil, "fault": nil},
	}
	if d := cmp.Diff(want, log.Items); d != "" {
		t.Error(d)
	}
	if strings.Contains(text, bamboosim.DefaultKey) {
		t.Error("the log shows a key")
	}
	w.get(204, "DELETE /_sim/requests", "")
	same(t, "cleared", w.get(200, "GET /_sim/requests", ""), `{"items":[]}`)
}

func TestControlPage(t *testing.T) {
	w := newWorld(t)
	w.get(200, "PUT /_sim/employees/4", `{"firstName":"<script>"}`)
	w.get(200, "HEAD /_sim/", "")
	page := w.get(200, "GET /_sim/", "")
	if !strings.Contains(page, "5 employees. The clock stands still at 2026-11-21T12:00:00Z.") || strings.Contains(page, "<script") || strings.Contains(page, bamboosim.DefaultKey) {
		t.Errorf("page %s", page)
	}
}

func TestAnswersAreTheSameBytes(t *testing.T) {
	w := newWorld(t)
	for _, request := range []string{"GET /api/v1/employees?fields=workEmail", "GET /api/v1/employees/directory", "GET /api/v1/meta/fields", "GET /api/v1/meta/lists",
		"GET /api/v1/employees/all/tables/jobInfo", "GET /api/v1/employees/changed?since=2020-01-01T00:00:00Z", "GET /api/v1/meta/users", "GET /_sim/company"} {
		if a, b := w.get(200, request, ""), w.get(200, request, ""); a != b {
			t.Errorf("%s differs between calls", request)
		}
	}
}
