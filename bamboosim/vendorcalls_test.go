package bamboosim_test

import (
	"bytes"
	"image"
	"image/png"
	"slices"
	"strings"
)

// vendorCall is one request whose answer is compared with the document. Each starts from the company of newWorld.
type vendorCall struct {
	status  int
	request string // the path after /api/
	body    string
	key     string   // default: the full-access key
	company []string // old and new texts of the company file
	first   []string // requests made before, as "METHOD /path body"
	headers []string
}

const isXML = "Accept: text/xml"

// vendorCalls are every simulated operation in its success and error forms.
func vendorCalls() []vendorCall {
	return slices.Concat(employeeCalls(), tableCalls(), reportCalls(), datasetCalls(), metaCalls(), webhookCalls())
}

func employeeCalls() []vendorCall {
	return []vendorCall{
		{status: 200, request: "GET v1/employees?page[limit]=2&sort=-lastName&fields=workEmail,hireDate,departmentId,reportsToId,bestEmail,birthDate"},
		{status: 200, request: "GET v1/employees", key: narrowKey},
		{status: 200, request: "GET v1/employees?filter[status]=active&filter[ids]=4,9"},
		{status: 400, request: "GET v1/employees?sort=hireDate"},
		{status: 400, request: "GET v1/employees?page[after]=nonsense"},
		{status: 401, request: "GET v1/employees", key: "wrong"},
		{status: 422, request: "GET v1/employees?filter[ssn]=1"},
		{status: 201, request: "POST v1/employees", body: `{"firstName":"Fi","lastName":"Ito"}`},
		{status: 400, request: "POST v1/employees", body: `{"firstName":"Fi"}`},
		{status: 403, request: "POST v1/employees", body: `{"firstName":"Fi","lastName":"Ito"}`, key: narrowKey,
			company: []string{`"fields":["firstName","lastName","workEmail"]`, `"fields":["hireDate"]`}},
		{status: 409, request: "POST v1/employees", body: `{"firstName":"Fi","lastName":"Ito","workEmail":"bo@acme.test"}`},
		{status: 200, request: "GET v1/employees/directory"},
		{status: 200, request: "GET v1/employees/directory", headers: []string{isXML}},
		{status: 403, request: "GET v1/employees/directory", company: []string{`"name":"Acme Inc"`, `"directory":"off"`}},
		{status: 404, request: "GET v1/employees/directory", first: []string{"DELETE /_sim/employees/4 ", "DELETE /_sim/employees/9 "}},
		{status: 200, request: "GET v1/employees/changed?since=2020-01-01T00:00:00Z", first: []string{"DELETE /_sim/employees/12 "}},
		{status: 200, request: "GET v1/employees/changed?since=2026-11-21T00:00:00Z", first: []string{`PUT /_sim/employees/9 {"city":"Gouda"}`}},
		{status: 200, request: "GET v1/employees/changed?since=2030-01-01T00:00:00Z"},
		{status: 200, request: "GET v1/employees/changed?since=2020-01-01T00:00:00Z", headers: []string{isXML}},
		{status: 400, request: "GET v1/employees/changed"},
		{status: 200, request: "GET v1/employees/changed/tables/jobInfo?since=2020-01-01T00:00:00Z"},
		{status: 200, request: "GET v1/employees/changed/tables/jobInfo?since=2030-01-01T00:00:00Z"},
		{status: 200, request: "GET v1/employees/changed/tables/jobInfo?since=2020-01-01T00:00:00Z", headers: []string{isXML}},
		{status: 400, request: "GET v1/employees/changed/tables/jobInfo"},
		{status: 404, request: "GET v1/employees/changed/tables/nonsense?since=2020-01-01T00:00:00Z"},
		{status: 200, request: "GET v1/employees/4?fields=firstName,lastName,workEmail,status,hireDate,photoUploaded,state,payRate,teams,customAlleoaccess"},
		{status: 200, request: "GET v1/employees/12?fields=firstName,status,hireDate,terminationDate,jobTitle"},
		{status: 200, request: "GET v1/employees/0"},
		{status: 200, request: "GET v1/employees/4?fields=firstName", headers: []string{isXML}},
		{status: 400, request: "GET v1/employees/4?fields=" + strings.Repeat("a,", 400) + "a"},
		{status: 403, request: "GET v1/employees/4", key: narrowKey},
		{status: 404, request: "GET v1/employees/99"},
		{status: 200, request: "POST v1/employees/9", body: `{"workPhone":"1"}`},
		{status: 400, request: "POST v1/employees/9", body: `{"workPhone"`},
		{status: 403, request: "POST v1/employees/9", body: `{"city":"X"}`, key: narrowKey},
		{status: 404, request: "POST v1/employees/99", body: `{"city":"X"}`},
		{status: 409, request: "POST v1/employees/9", body: `{"homeEmail":"ann@acme.test"}`},
		{status: 204, request: "DELETE v1/employees/9"},
		{status: 403, request: "DELETE v1/employees/9", key: narrowKey},
		{status: 404, request: "DELETE v1/employees/99"},
		{status: 200, request: "GET v1/employees/4/photo/small", headers: []string{"Accept: image/*"}},
		{status: 200, request: "GET v1/employees/4/photo/small"},
		{status: 403, request: "GET v1/employees/4/photo/small", key: narrowKey},
		{status: 404, request: "GET v1/employees/4/photo/huge"},
		{status: 201, request: "POST v1/employees/4/photo", body: upload(square(150)), headers: []string{multipartType}},
		{status: 400, request: "POST v1/employees/4/photo", body: "nothing"},
		{status: 403, request: "POST v1/employees/4/photo", body: upload(square(150)), headers: []string{multipartType}, key: narrowKey},
		{status: 404, request: "POST v1/employees/99/photo", body: upload(square(150)), headers: []string{multipartType}},
		{status: 413, request: "POST v1/employees/4/photo", body: upload(make([]byte, 20<<20+1)), headers: []string{multipartType}},
		{status: 415, request: "POST v1/employees/4/photo", body: upload(square(20)), headers: []string{multipartType}},
	}
}

func tableCalls() (calls []vendorCall) {
	row := `{"date":"2026-11-01","department":"Sales"}`
	for _, v := range []string{"v1", "v1_1"} {
		calls = append(calls, []vendorCall{
			{status: 200, request: "GET " + v + "/employees/4/tables/jobInfo"},
			{status: 200, request: "GET " + v + "/employees/all/tables/employmentStatus"},
			{status: 200, request: "GET " + v + "/employees/4/tables/compensation"},
			{status: 200, request: "GET " + v + "/employees/4/tables/jobInfo", headers: []string{isXML}},
			{status: 404, request: "GET " + v + "/employees/4/tables/nonsense"},
			{status: 200, request: "POST " + v + "/employees/9/tables/jobInfo", body: row},
			{status: 400, request: "POST " + v + "/employees/9/tables/jobInfo", body: `{"date":"soon"}`},
			{status: 403, request: "POST " + v + "/employees/9/tables/jobInfo", body: `{"department":"Sales"}`, key: narrowKey},
			{status: 404, request: "POST " + v + "/employees/99/tables/jobInfo", body: row},
			{status: 406, request: "POST " + v + "/employees/9/tables/jobInfo", body: `{"date":"2026-11-01","department":"Nowhere"}`},
			{status: 200, request: "POST " + v + "/employees/9/tables/jobInfo/{row}", body: `{"department":"Sales"}`},
			{status: 400, request: "POST " + v + "/employees/9/tables/jobInfo/{row}", body: `{"date":"soon"}`},
			{status: 403, request: "POST " + v + "/employees/9/tables/jobInfo/{row}", body: `{"department":"Sales"}`, key: narrowKey},
			{status: 404, request: "POST " + v + "/employees/9/tables/jobInfo/777", body: `{"department":"Sales"}`},
			{status: 406, request: "POST " + v + "/employees/9/tables/jobInfo/{row}", body: `{"department":"Nowhere"}`},
			{status: 200, request: "DELETE " + v + "/employees/9/tables/jobInfo/{row}"},
			{status: 200, request: "DELETE " + v + "/employees/9/tables/jobInfo/777"},
			{status: 400, request: "DELETE " + v + "/employees/99/tables/jobInfo/777"},
			{status: 400, request: "DELETE " + v + "/employees/9/tables/nonsense/777"},
			{status: 403, request: "DELETE " + v + "/employees/9/tables/jobInfo/{row}", key: narrowKey},
			{status: 401, request: "DELETE " + v + "/employees/9/tables/jobInfo/777", key: "wrong"},
			{status: 403, request: "DELETE " + v + "/employees/4/tables/jobInfo/{row}", key: narrowKey},
		}...)
	}
	return calls
}

func reportCalls() []vendorCall {
	body := `{"fields":["id","firstName","workEmail","hireDate","status","photoUploaded","customAlleoaccess","4"]}`
	return []vendorCall{
		{status: 200, request: "POST v1/reports/custom?format=JSON", body: body},
		{status: 200, request: "POST v1/reports/custom?format=xml", body: body},
		{status: 200, request: "POST v1/reports/custom?format=csv", body: body},
		{status: 400, request: "POST v1/reports/custom?format=JSON", body: `{"fields":`},
		{status: 404, request: "POST v1/reports/custom", body: body, headers: []string{"Accept: */*"}},
		{status: 200, request: "GET v1/reports/100?format=JSON"},
		{status: 200, request: "GET v1/reports/100?format=xml"},
		{status: 200, request: "GET v1/reports/100?format=csv"},
		{status: 404, request: "GET v1/reports/7?format=JSON"},
		{status: 200, request: "GET v1/custom-reports"},
		{status: 200, request: "GET v1/custom-reports/100?page_size=2"},
		{status: 404, request: "GET v1/custom-reports/7"},
		{status: 400, request: "GET v1/custom-reports/headcount"},
	}
}

func datasetCalls() (calls []vendorCall) {
	for _, v := range []string{"v1", "v1_2"} {
		calls = append(calls, []vendorCall{
			{status: 200, request: "GET " + v + "/datasets"},
			{status: 200, request: "GET " + v + "/datasets/employee/fields?page_size=10"},
			{status: map[string]int{"v1": 400, "v1_2": 422}[v], request: "GET " + v + "/datasets/nonsense/fields"},
			{status: 200, request: "POST " + v + "/datasets/employee/field-options", body: `{"fields":["status","jobInformationDepartment"]}`},
			{status: 400, request: "POST " + v + "/datasets/employee/field-options", body: `{}`},
			{status: 500, request: "POST " + v + "/datasets/employee/field-options", body: `{"fields":["nonsense"]}`},
		}...)
	}
	data := "POST v2/datasets/employee/data"
	return append(calls, []vendorCall{
		{status: 200, request: data, body: `{"fields":["eeid","email","employeeNumber","hireDate"],"orderBy":"eeid asc"}`},
		{status: 200, request: data, body: `{"fields":["eeid","email"],"orderBy":"eeid asc","pageSize":2,"page":2}`},
		{status: 200, request: data, body: `{"fields":["eeid","status"]}`, key: narrowKey},
		{status: 400, request: data, body: `{"fields":["nonsense"]}`},
		{status: 401, request: data, body: `{"fields":["eeid"]}`, key: "wrong"},
		{status: 404, request: "POST v2/datasets/nonsense/data", body: `{"fields":["eeid"]}`},
		{status: 422, request: data, body: `{"fields":["eeid"],"filter":"eeid near '4'"}`},
	}...)
}

func metaCalls() []vendorCall {
	return []vendorCall{
		{status: 200, request: "GET v1/meta/fields"},
		{status: 200, request: "GET v1/meta/fields", headers: []string{isXML}},
		{status: 200, request: "GET v1/meta/lists"},
		{status: 200, request: "GET v1/meta/lists", headers: []string{isXML}},
		{status: 200, request: "PUT v1/meta/lists/4", body: `{"options":[{"value":"New dept"}]}`},
		{status: 400, request: "PUT v1/meta/lists/4", body: `{"options":`},
		{status: 403, request: "PUT v1/meta/lists/4", body: `{"options":[{"value":"New dept"}]}`, key: narrowKey},
		{status: 404, request: "PUT v1/meta/lists/999", body: `{"options":[{"value":"New dept"}]}`},
		{status: 409, request: "PUT v1/meta/lists/4", body: `{"options":[{"value":"Sales"}]}`},
		{status: 200, request: "GET v1/meta/tables"},
		{status: 200, request: "GET v1/meta/tables", headers: []string{isXML}},
		{status: 200, request: "GET v1/meta/users"},
		{status: 200, request: "GET v1/meta/users", headers: []string{isXML}},
		{status: 401, request: "GET v1/meta/users", key: "wrong"},
		{status: 403, request: "GET v1/meta/users", key: narrowKey},
		{status: 200, request: "GET v1/company_information"},
	}
}

func webhookCalls() []vendorCall {
	hook := `{"name":"n","url":"https://hooks.test/x","format":"json","monitorFields":["firstName"],"postFields":{"firstName":"First Name"},"includeCompanyDomain":true}`
	made := []string{"POST /api/v1/webhooks " + hook}
	return []vendorCall{
		{status: 200, request: "GET v1/webhooks", first: made},
		{status: 201, request: "POST v1/webhooks", body: hook},
		{status: 400, request: "POST v1/webhooks", body: `{"name":"n","url":"http://hooks.test","format":"json"}`},
		{status: 403, request: "POST v1/webhooks", key: narrowKey, body: strings.Replace(hook, `["firstName"]`, `["hireDate","nonsense"]`, 1)},
		{status: 200, request: "GET v1/webhooks/monitor_fields"},
		{status: 200, request: "GET v1/webhooks/post-fields"},
		{status: 200, request: "GET v1/webhooks/1", first: made},
		{status: 403, request: "GET v1/webhooks/1", first: made, key: narrowKey},
		{status: 404, request: "GET v1/webhooks/1"},
		{status: 200, request: "PUT v1/webhooks/1", first: made, body: hook},
		{status: 400, request: "PUT v1/webhooks/1", first: made, body: `{}`},
		{status: 403, request: "PUT v1/webhooks/1", first: made, body: hook, key: narrowKey},
		{status: 404, request: "PUT v1/webhooks/1", body: hook},
		{status: 200, request: "DELETE v1/webhooks/1", first: made},
		{status: 403, request: "DELETE v1/webhooks/1", first: made, key: narrowKey},
		{status: 404, request: "DELETE v1/webhooks/1"},
		{status: 200, request: "GET v1/webhooks/1/log", first: made},
		{status: 403, request: "GET v1/webhooks/1/log", first: made, key: narrowKey},
		{status: 404, request: "GET v1/webhooks/1/log"},
		{status: 401, request: "GET v1/webhooks", key: "wrong"},
		{status: 401, request: "POST v1/webhooks", body: hook, key: "wrong"},
		{status: 401, request: "GET v1/webhooks/monitor_fields", key: "wrong"},
		{status: 401, request: "GET v1/webhooks/1", key: "wrong"},
		{status: 401, request: "PUT v1/webhooks/1", body: hook, key: "wrong"},
		{status: 401, request: "DELETE v1/webhooks/1", key: "wrong"},
	}
}

const multipartType = "Content-Type: multipart/form-data; boundary=b"

// upload is a form with a photo.
func upload(picture []byte) string {
	return "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"p\"\r\n\r\n" + string(picture) + "\r\n--b--\r\n"
}

// square is a picture.
func square(side int) []byte {
	var buf bytes.Buffer
	_ = png.Encode(&buf, image.NewGray(image.Rect(0, 0, side, side))) // a buffer takes everything
	return buf.Bytes()
}
