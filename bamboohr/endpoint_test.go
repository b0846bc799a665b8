package bamboohr

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEndpoints holds, for each call, the request it makes and the value it
// makes of an answer in the shape of a recorded one.
func TestEndpoints(t *testing.T) {
	at := time.Date(2026, 11, 20, 0, 0, 0, 0, time.FixedZone("", 3600))
	ctx := context.Background()
	hook := WebhookSettings{Name: "Rollcall", URL: "https://rollcall.test/h", Format: "json", Events: []string{EventUpdated}, MonitorFields: []string{"firstName"}}
	for name, c := range map[string]struct {
		body    string
		call    func(*Client) (any, error)
		request string // method and URI below the company
		sent    string
		want    any
	}{
		"probe of an employee": {`{"id":"8"}`, func(c *Client) (any, error) { return c.Probe(ctx) }, "GET /v1/employees/0", "", Identity{"8"}},
		"probe of a user":      {`{"id":"0"}`, func(c *Client) (any, error) { return c.Probe(ctx) }, "GET /v1/employees/0", "", Identity{}},
		"probe, number":        {`{"id":8}`, func(c *Client) (any, error) { return c.Probe(ctx) }, "GET /v1/employees/0", "", Identity{"8"}},
		"employee": {`{"id":"8","firstName":"Ann","workEmail":null,"photoUploaded":true}`,
			func(c *Client) (any, error) {
				return c.Employee(ctx, "8", []string{"firstName", "workEmail", "4354.4"}, false)
			},
			"GET /v1/employees/8?fields=firstName%2CworkEmail%2C4354.4&onlyCurrent=false", "",
			Record{"id": {String, "8"}, "firstName": {String, "Ann"}, "workEmail": {Null, ""}, "photoUploaded": {Bool, "true"}}},
		"company": {`{"legalName":"Acme Inc","displayName":"Acme","address":{"line1":"1 Road","line2":null,"city":"Utrecht","state":"UT","zip":"84042"},"phone":"1"}`,
			func(c *Client) (any, error) { return c.CompanyInformation(ctx) }, "GET /v1/company_information", "",
			Company{LegalName: "Acme Inc", DisplayName: "Acme", Phone: "1", Address: Address{Line1: "1 Road", City: "Utrecht", State: "UT", Zip: "84042"}}},
		"fields": {`[{"id":"16.1","name":"A","type":"text"},{"id":-38,"name":"Termination Date","type":"date","alias":"terminationDate","deprecated":true}]`,
			func(c *Client) (any, error) { return c.Fields(ctx) }, "GET /v1/meta/fields", "",
			[]Field{{ID: "16.1", Name: "A", Type: "text"}, {ID: "-38", Name: "Termination Date", Type: "date", Alias: "terminationDate", Deprecated: true}}},
		"lists": {`[{"id":3440,"fieldId":16,"manageable":"yes","multiple":"no","name":"Employment Status","alias":"employmentHistoryStatus","options":[{"id":1,"archived":"no","name":"Full-Time","createdDate":null},{"id":"2","archived":"yes","name":"Old"}]}]`,
			func(c *Client) (any, error) { return c.Lists(ctx) }, "GET /v1/meta/lists", "",
			[]List{{FieldID: "16", Name: "Employment Status", Alias: "employmentHistoryStatus", Manageable: true, Options: []ListOption{{"1", "Full-Time", false}, {"2", "Old", true}}}}},
		"tables": {`[{"alias":"jobInfo","fields":[{"id":18,"name":"Location","alias":"location","type":"list"}]}]`,
			func(c *Client) (any, error) { return c.Tables(ctx) }, "GET /v1/meta/tables", "",
			[]Table{{"jobInfo", []Field{{ID: "18", Name: "Location", Alias: "location", Type: "list"}}}}},
		"users": {`{"2371":{"id":2371,"employeeId":0,"firstName":"Rollcall","lastName":"Key","email":"key@acme.test","status":"enabled"},"9":{"employeeId":"4","lastLogin":"2026-01-01T00:00:00+00:00"}}`,
			func(c *Client) (any, error) { return c.Users(ctx, "enabled", "disabled") }, "GET /v1/meta/users?status=enabled%2Cdisabled", "",
			[]User{{ID: "9", EmployeeID: "4", LastLogin: "2026-01-01T00:00:00+00:00"}, {ID: "2371", EmployeeID: "0", FirstName: "Rollcall", LastName: "Key", Email: "key@acme.test", Status: "enabled"}}},
		"users as a list": {`[{"id":"7"}]`, func(c *Client) (any, error) { return c.Users(ctx) }, "GET /v1/meta/users", "", []User{{ID: "7"}}},
		"changed": {`{"latest":"2026-11-20T14:02:11+00:00","employees":{"10":{"id":"10","action":"Deleted","lastChanged":"2026-11-18T08:00:00Z"},"9":{"action":"Updated","lastChanged":""}}}`,
			func(c *Client) (any, error) { return c.ChangedSince(ctx, at, "deleted") }, "GET /v1/employees/changed?since=2026-11-19T23%3A00%3A00Z&type=deleted", "",
			Changes{time.Date(2026, 11, 20, 14, 2, 11, 0, time.UTC), []Change{{ID: "9", Action: Updated}, {"10", Deleted, time.Date(2026, 11, 18, 8, 0, 0, 0, time.UTC)}}}},
		"nobody changed": {`{"latest":"2026-11-20T14:02:11+0000","employees":[]}`,
			func(c *Client) (any, error) { return c.ChangedSince(ctx, at, "") }, "GET /v1/employees/changed?since=2026-11-19T23%3A00%3A00Z", "",
			Changes{Latest: time.Date(2026, 11, 20, 14, 2, 11, 0, time.UTC)}},
		"changed tables": {`{"table":"jobInfo","employees":{"4":{"lastChanged":"2026-05-29T14:29:44Z","rows":[{"date":"2024-01-08","teams":null}]}}}`,
			func(c *Client) (any, error) { return c.ChangedTables(ctx, "jobInfo", at) }, "GET /v1/employees/changed/tables/jobInfo?since=2026-11-19T23%3A00%3A00Z", "",
			[]TableChange{{"4", time.Date(2026, 5, 29, 14, 29, 44, 0, time.UTC), []Record{{"date": {String, "2024-01-08"}, "teams": {Null, ""}}}}}},
		"table rows": {`[{"id":"1","employeeId":"4","teams":["A","B"]}]`,
			func(c *Client) (any, error) { return c.TableRows(ctx, "4", "jobInfo") }, "GET /v1/employees/4/tables/jobInfo", "",
			[]Record{{"id": {String, "1"}, "employeeId": {String, "4"}, "teams": {Composite, `["A","B"]`}}}},
		"no table rows": {`[]`, func(c *Client) (any, error) { return c.TableRows(ctx, "4", "jobInfo") }, "GET /v1/employees/4/tables/jobInfo", "", []Record{}},
		"create row": {``, func(c *Client) (any, error) {
			return nil, c.CreateTableRow(ctx, "4", "employmentStatus", map[string]any{"date": "2026-11-21", "employmentStatus": "Full-Time"})
		}, "POST /v1_1/employees/4/tables/employmentStatus", `{"date":"2026-11-21","employmentStatus":"Full-Time"}`, nil},
		"update row": {``, func(c *Client) (any, error) {
			return nil, c.UpdateTableRow(ctx, "4", "jobInfo", "38", map[string]any{"location": nil})
		}, "POST /v1_1/employees/4/tables/jobInfo/38", `{"location":null}`, nil},
		"delete row": {`{"success":true}`, func(c *Client) (any, error) { return nil, c.DeleteTableRow(ctx, "4", "jobInfo", "38") },
			"DELETE /v1/employees/4/tables/jobInfo/38", "", nil},
		"create employee": {`{"id":"121","firstName":"Test"}`, func(c *Client) (any, error) {
			return c.CreateEmployee(ctx, map[string]any{"firstName": "Test", "lastName": "Person"})
		}, "POST /v1/employees", `{"firstName":"Test","lastName":"Person"}`, "121"},
		"update employee": {`{"id":"4","workPhone":"1"}`, func(c *Client) (any, error) {
			return nil, c.UpdateEmployee(ctx, "4", map[string]any{"workPhone": "1", "homeEmail": nil})
		}, "POST /v1/employees/4", `{"homeEmail":null,"workPhone":"1"}`, nil},
		"saved reports": {`{"reports":[{"id":7,"name":"Leavers"}],"pagination":{"total_records":1,"current_page":1,"total_pages":1,"next_page":null}}`,
			func(c *Client) (any, error) { return c.SavedReports(ctx) }, "GET /v1/custom-reports", "", []SavedReport{{"7", "Leavers"}}},
		"datasets": {`{"datasets":[{"name":"employee","label":"Employee"}]}`, func(c *Client) (any, error) { return c.Datasets(ctx) },
			"GET /v1_2/datasets", "", []Dataset{{"employee", "Employee"}}},
		"dataset fields": {`{"pagination":{"total_records":1,"current_page":1,"total_pages":1},"name":"employee","fields":[{"name":"email","label":"Work Email","parentType":"page","parentName":"Basic","entityName":"e"}]}`,
			func(c *Client) (any, error) { return c.DatasetFields(ctx, "employee") }, "GET /v1_2/datasets/employee/fields", "",
			[]DatasetField{{"email", "Work Email", "page", "Basic", "e"}}},
		"webhooks": {`{"webhooks":[{"id":"21","name":"R","created":"2026-05-29 14:21:14","lastSent":null,"url":"https://x.test"}]}`,
			func(c *Client) (any, error) { return c.Webhooks(ctx) }, "GET /v1/webhooks", "",
			[]Webhook{{ID: "21", Created: "2026-05-29 14:21:14", WebhookSettings: WebhookSettings{Name: "R", URL: "https://x.test"}}}},
		"no webhooks": {`{"webhooks":[]}`, func(c *Client) (any, error) { return c.Webhooks(ctx) }, "GET /v1/webhooks", "", []Webhook{}},
		"webhook": {`{"id":21,"name":"R","events":["employee.updated"],"monitorFields":[1,"lastName"],"postFields":[],"format":"json","includeCompanyDomain":true}`,
			func(c *Client) (any, error) { return c.Webhook(ctx, "21") }, "GET /v1/webhooks/21", "",
			Webhook{ID: "21", WebhookSettings: WebhookSettings{Name: "R", Format: "json", Events: []string{EventUpdated}, MonitorFields: []string{"1", "lastName"}, IncludeCompanyDomain: true}}},
		"create webhook": {`{"id":"21","name":"Rollcall","postFields":{"firstName":"First Name"},"privateKey":"00112233445566778899aabbccddeeff"}`,
			func(c *Client) (any, error) { return c.CreateWebhook(ctx, hook) }, "POST /v1/webhooks",
			`{"name":"Rollcall","url":"https://rollcall.test/h","format":"json","events":["employee.updated"],"monitorFields":["firstName"],"includeCompanyDomain":false}`,
			Webhook{ID: "21", PrivateKey: "00112233445566778899aabbccddeeff", WebhookSettings: WebhookSettings{Name: "Rollcall", PostFields: map[string]string{"firstName": "First Name"}}}},
		"update webhook": {`{"id":"21","name":"Rollcall"}`, func(c *Client) (any, error) { return c.UpdateWebhook(ctx, "21", hook) }, "PUT /v1/webhooks/21",
			`{"name":"Rollcall","url":"https://rollcall.test/h","format":"json","events":["employee.updated"],"monitorFields":["firstName"],"includeCompanyDomain":false}`,
			Webhook{ID: "21", WebhookSettings: WebhookSettings{Name: "Rollcall"}}},
		"delete webhook": {`Web hook has been deleted.`, func(c *Client) (any, error) { return nil, c.DeleteWebhook(ctx, "21") }, "DELETE /v1/webhooks/21", "", nil},
		"webhook log": {`[{"webhookId":"21","url":"https://x.test","lastAttempted":"2026-01-01 00:00:00","lastSuccess":"Webhook Not Found","statusCode":"200","format":"json","employeeIds":["135"]}]`,
			func(c *Client) (any, error) { return c.WebhookLog(ctx, "21") }, "GET /v1/webhooks/21/log", "",
			[]Delivery{{"21", "https://x.test", "2026-01-01 00:00:00", "Webhook Not Found", "200", "json", []ID{"135"}}}},
		"monitor fields": {`{"fields":[{"id":"1","name":"First name","alias":"firstName"},{"id":"2","name":"X","alias":null}]}`,
			func(c *Client) (any, error) { return c.MonitorFields(ctx) }, "GET /v1/webhooks/monitor_fields", "",
			[]Field{{ID: "1", Name: "First name", Alias: "firstName"}, {ID: "2", Name: "X"}}},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, says(200, c.body))
			got, err := c.call(x.Client)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			r := x.requests[0]
			if got := r.Method + " " + strings.TrimPrefix(r.URL.RequestURI(), "/api/gateway.php/acme"); got != c.request {
				t.Errorf("request %s\nwant    %s", got, c.request)
			}
			if x.bodies[0] != c.sent || r.Header.Get("Accept") != "application/json" {
				t.Errorf("sent %s, want %s", x.bodies[0], c.sent)
			}
			if want := map[bool]string{true: "application/json"}[c.sent != ""]; r.Header.Get("Content-Type") != want {
				t.Errorf("content type %q", r.Header.Get("Content-Type"))
			}
		})
	}
}

func TestCatalogueOfSeveralPages(t *testing.T) {
	page := func(n int) http.HandlerFunc {
		return says(200, fmt.Sprintf(`{"reports":[{"id":%d}],"pagination":{"current_page":%d,"total_pages":3}}`, n, n))
	}
	x := serve(t, script(page(1), page(2), page(3)))
	got, err := x.SavedReports(t.Context())
	if diff := cmp.Diff([]SavedReport{{ID: "1"}, {ID: "2"}, {ID: "3"}}, got); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if len(x.requests) != 3 || x.requests[2].URL.RawQuery != "page=3" {
		t.Errorf("%d requests, the last with %q", len(x.requests), x.requests[2].URL.RawQuery)
	}
}

func TestAnswersOfTheWrongShape(t *testing.T) {
	ctx := context.Background()
	for name, c := range map[string]struct {
		body string
		kind Kind
		call func(*Client) error
	}{
		"employee without id":    {`{"firstName":"Ann"}`, ErrShape, func(c *Client) error { _, err := c.Employee(ctx, "8", nil, true); return err }},
		"another employee":       {`{"id":"9"}`, ErrShape, func(c *Client) error { _, err := c.Employee(ctx, "8", nil, true); return err }},
		"fields as an object":    {`{"id":"1"}`, ErrShape, func(c *Client) error { _, err := c.Fields(ctx); return err }},
		"fields of another type": {`[{"id":"1","name":7}]`, ErrShape, func(c *Client) error { _, err := c.Fields(ctx); return err }},
		"id of another type":     {`[{"id":{}}]`, ErrShape, func(c *Client) error { _, err := c.Fields(ctx); return err }},
		"changed without list":   {`{"latest":"2026-11-20T14:02:11Z"}`, ErrShape, func(c *Client) error { _, err := c.ChangedSince(ctx, time.Time{}, ""); return err }},
		"changed list null":      {`{"latest":"2026-11-20T14:02:11Z","employees":null}`, ErrShape, func(c *Client) error { _, err := c.ChangedSince(ctx, time.Time{}, ""); return err }},
		"changed without latest": {`{"employees":{}}`, ErrShape, func(c *Client) error { _, err := c.ChangedSince(ctx, time.Time{}, ""); return err }},
		"rows of nobody":         {`{"employees":[{"rows":[]}]}`, ErrShape, func(c *Client) error { _, err := c.ChangedTables(ctx, "jobInfo", time.Time{}); return err }},
		"no reports":             {`{"pagination":{}}`, ErrShape, func(c *Client) error { _, err := c.SavedReports(ctx); return err }},
		"same page again":        {`{"reports":[],"pagination":{"current_page":1,"total_pages":3}}`, ErrShape, func(c *Client) error { _, err := c.SavedReports(ctx); return err }},
		"webhook without key":    {`{"id":"1"}`, ErrShape, func(c *Client) error { _, err := c.CreateWebhook(ctx, WebhookSettings{}); return err }},
		"webhook without id":     {`{"name":"x"}`, ErrShape, func(c *Client) error { _, err := c.Webhook(ctx, "1"); return err }},
		"log over its limit":     {`{"error":{"code":429,"message":"Over rate limit, please try again in 60 seconds"}}`, ErrRateLimited, func(c *Client) error { _, err := c.WebhookLog(ctx, "1"); return err }},
		"row not deleted":        {`{"success":false,"error":"row is in use"}`, ErrRejected, func(c *Client) error { return c.DeleteTableRow(ctx, "4", "jobInfo", "1") }},
		"page after a write":     {`<html>Sign in</html>`, ErrNotJSON, func(c *Client) error { return c.UpdateEmployee(ctx, "4", nil) }},
		"error after a write":    {`{"error":{"code":500,"message":"x"}}`, ErrShape, func(c *Client) error { return c.UpdateEmployee(ctx, "4", nil) }},
		"employee 0":             {`{"id":"8"}`, ErrRejected, func(c *Client) error { _, err := c.Employee(ctx, "0", nil, true); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, says(200, c.body))
			err := c.call(x.Client)
			if e, ok := errors.AsType[*Error](err); !ok || e.Kind != c.kind || e.Company != "acme" {
				t.Errorf("%v, want %q", err, c.kind)
			}
			if errors.Is(err, ErrRejected) && errors.Is(err, ErrUnsure) {
				t.Errorf("a plain no is called unsure: %v", err)
			}
		})
	}
}

// What comes from outside cannot change where a request goes.
func TestPathsCannotBeBent(t *testing.T) {
	x := serve(t, says(200, `{"id":"8"}`))
	for _, id := range []string{"", "..", ".", "4/photo", "4?x=1", "4#", "%2e%2e", "4 5", "4\n", "é", strings.Repeat("4", 101)} {
		_, err := x.Employee(t.Context(), id, nil, true)
		if !errors.Is(err, ErrRejected) || errors.Is(err, ErrUnsure) {
			t.Errorf("%q: %v", id, err)
		}
		if err := x.UpdateEmployee(t.Context(), id, nil); !errors.Is(err, ErrRejected) || errors.Is(err, ErrUnsure) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", id, err)
		}
	}
	if len(x.requests) != 0 || len(x.slots) != 0 {
		t.Errorf("%d requests were sent", len(x.requests))
	}
}

func TestIDOfACreatedEmployee(t *testing.T) {
	for location, want := range map[string]string{
		"https://api.bamboohr.com/api/gateway.php/acme/v1/employees/121": "121",
		"https://acme.bamboohr.com/employees/employee.php?id=121&page=1": "121",
		"/v1/employees/": "", "": "", "https://acme.bamboohr.com/home": "",
	} {
		x := serve(t, says(201, "", "Location", location))
		id, err := x.CreateEmployee(t.Context(), map[string]any{"firstName": "Test"})
		if want == "" && !errors.Is(err, ErrUnsure) || want != "" && (id != want || err != nil) {
			t.Errorf("%s: %q, %v", location, id, err)
		}
	}
}

func TestPhoto(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	wrapped := `{"mimeType":"image/jpeg","fileBase64":"` + base64.StdEncoding.EncodeToString(b.Bytes()) + `"}`
	for _, body := range []string{b.String(), wrapped} {
		x := serve(t, says(200, body, "Content-Type", "image/jpeg"))
		p, err := x.Photo(t.Context(), "4", PhotoSmall)
		if err != nil || p.Type != "image/png" || !bytes.Equal(p.Data, b.Bytes()) {
			t.Errorf("%s, %d bytes, %v", p.Type, len(p.Data), err)
		}
		if r := x.requests[0]; r.Header.Get("Accept") != "image/*" || !strings.HasSuffix(r.URL.Path, "/v1/employees/4/photo/small") {
			t.Errorf("%s %s", r.URL, r.Header)
		}
	}
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		kind Kind
	}{
		"none":       {says(404, "", "X-BambooHR-Error-Message", "Employee photo not found"), ErrNotFound},
		"HTML":       {says(200, "<html><script>alert(1)</script>", "Content-Type", "image/jpeg"), ErrShape},
		"SVG":        {says(200, `<svg xmlns="http://www.w3.org/2000/svg"/>`), ErrShape},
		"nothing":    {says(200, ""), ErrShape},
		"bad base64": {says(200, `{"fileBase64":"%%"}`), ErrShape},
		"bad JSON":   {says(200, `{"fileBase64":"`), ErrTruncated},
		"too large":  {says(200, b.String()+strings.Repeat("x", maxPhoto)), ErrTooLarge},
		"far larger": {says(200, b.String()+strings.Repeat("x", 2*maxPhoto)), ErrTooLarge},
	} {
		x := serve(t, c.h)
		if _, err := x.Photo(t.Context(), "4", PhotoLarge); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A delivery that BambooHR signed in 2022, with its headers.
func TestVerifySignature(t *testing.T) {
	const (
		key       = "123b929362d51613054f71e5e5d4bf2c"
		timestamp = "1658248023"
		signature = "56491dd9c2b352bc5f4fc627159aae20ddff9c8cb19f239a6de6771dc5310bac"
	)
	body := []byte(`{"employees":[{"changedFields":["First name"],"fields":{"Employee #":{"value":"300"},"First name":{"value":"Tefi"},"Last name":{"value":"Adams"}},"id":"5"}]}`)
	if !VerifySignature(key, body, timestamp, signature) {
		t.Error("a real delivery was refused")
	}
	for name, ok := range map[string]bool{
		"other body":      VerifySignature(key, append([]byte(" "), body...), timestamp, signature),
		"other time":      VerifySignature(key, body, "1658248024", signature),
		"other key":       VerifySignature(key[1:], body, timestamp, signature),
		"no key":          VerifySignature("", body, timestamp, "448415e730d6a20650848112bd5e8be515ee4a0927660f5bdbda6761b62c4185"),
		"no signature":    VerifySignature(key, body, timestamp, ""),
		"short signature": VerifySignature(key, body, timestamp, signature[:63]),
	} {
		if ok {
			t.Errorf("%s was taken", name)
		}
	}
}

func TestIsEmpty(t *testing.T) {
	for v, want := range map[string]bool{
		"": true, " \t": true, "0000-00-00": true, "0000-00-00T00:00:00+00:00": true, "0000-00-00T00:00:00Z": true, "0000-00-00 00:00:00": true,
		"0": false, "2026-01-01": false, "null": false, "0000-00-01": false,
	} {
		if IsEmpty(v) != want {
			t.Errorf("IsEmpty(%q)", v)
		}
	}
	for s, want := range map[Scalar]bool{{}: true, {Null, ""}: true, {String, " "}: true, {Number, "0"}: false, {Bool, "false"}: false, {Composite, "[]"}: false} {
		if s.Empty() != want {
			t.Errorf("%+v", s)
		}
	}
}

// The server's words, in each of the forms it uses (bamboohr-api §1.5).
func TestErrorMessages(t *testing.T) {
	for name, c := range map[string]struct {
		h       http.HandlerFunc
		message string
		code    string
	}{
		"header":         {says(404, "", "X-BambooHR-Error-Message", "Size is not valid"), "Size is not valid", ""},
		"misspelt":       {says(404, "", "X-BambooHR-Error-Messsage", "Unknown"), "Unknown", ""},
		"doubled":        {says(404, "", "X-BambooHR-Error-Message", "Employee not found, Employee not found"), "Employee not found", ""},
		"error object":   {says(400, `{"error":{"code":"BadRequest","message":"Invalid sort field"}}`), "Invalid sort field", "BadRequest"},
		"number as code": {says(400, `{"error":{"code":400,"message":"x"}}`), "x", "400"},
		"error text":     {says(400, `{"error":"no"}`), "no", ""},
		"problem":        {says(422, `{"title":"Unprocessable Entity","status":422,"detail":"mixed and/or","code":"INVALID_FILTER"}`), "mixed and/or", "INVALID_FILTER"},
		"title only":     {says(422, `{"title":"Unprocessable Entity"}`), "Unprocessable Entity", ""},
		"errors":         {says(403, `{"errors":[{"error":"no access","monitorFields":["ssn"]}]}`), `[{"error":"no access","monitorFields":["ssn"]}]`, ""},
		"web page":       {says(400, "<html>secret page</html>"), "", ""},
		"dirty":          {says(400, `{"message":"a\r\nb\u0000\u202ec\u001b[31m"}`), "a  bc[31m", ""},
		"long":           {says(400, `{"message":"`+strings.Repeat("é", 400)+`"}`), strings.Repeat("é", 300) + "…", ""},
		"redirect":       {says(302, "", "Location", "https://login.evil.test/?token=1"), "to login.evil.test", ""},
	} {
		x := serve(t, c.h)
		_, err := x.Probe(t.Context())
		if e, ok := errors.AsType[*Error](err); !ok || e.Message != c.message || e.Code != c.code {
			t.Errorf("%s: %q %q, want %q %q", name, e.Code, e.Message, c.code, c.message)
		}
	}
	x := serve(t, says(403, "", "X-BambooHR-Error-Message", "Insufficient Permissions to view this employee", "X-Request-Id", "141031221507079800235645425015274966902"))
	_, err := x.Employee(t.Context(), "8", nil, true)
	want := "BambooHR acme GET /v1/employees/8: 403 the key's user may not do this: Insufficient Permissions to view this employee [request 141031221507079800235645425015274966902]"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// However it is printed, the key does not come out, even if the server says it.
func TestTheKeyStaysInside(t *testing.T) {
	credentials := base64.StdEncoding.EncodeToString([]byte(testKey + ":x"))
	echo := fmt.Sprintf(`{"error":{"code":%q,"message":"bad key %s, header Basic %s"}}`, testKey, testKey, credentials)
	x := serve(t, says(400, echo, "X-Request-Id", "7"))
	_, err := x.Probe(t.Context())
	failing, newErr := New("acme", testKey, WithRetry(1, 0), WithTransport(roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, fmt.Errorf("proxy says no to %s", r.Header.Get("Authorization"))
	})))
	if newErr != nil {
		t.Fatal(newErr)
	}
	_, lost := failing.Probe(t.Context())
	hook := Webhook{ID: "1", PrivateKey: testKey}

	var printed strings.Builder
	log := slog.New(slog.NewJSONHandler(&printed, nil))
	for _, v := range []any{x.Client, err, errors.Unwrap(lost), lost, hook, x.seen} {
		fmt.Fprintf(&printed, "%v %+v %#v %s\n", v, v, v, v)
		log.Info("x", "v", v)
	}
	if text, e := json.Marshal(x.Client); e == nil {
		printed.Write(text)
	}
	if s := printed.String(); strings.Contains(s, testKey) || strings.Contains(s, credentials) {
		t.Errorf("the key was printed:\n%s", s)
	}
	if !strings.Contains(err.Error(), "bad key [key]") {
		t.Errorf("%v", err)
	}
}
