// Package endpoint is the operations of the BambooHR API that are simulated, one file per family, each behaviour with
// its evidence. It leaves what all answers have in common to package answer, and the data to package company.
package endpoint

import (
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
)

// route is one operation. A segment in braces takes any value.
type route struct {
	method   string
	versions []string
	segments []string
	handle   func(*call)
}

// routes lists the operations in order of precedence: words before values.
func routes() []route {
	v1 := []string{"v1"}
	tables := []string{"v1", "v1_1"}    // [D] OpenAPI: table rows exist in both
	catalogue := []string{"v1", "v1_2"} // [D] OpenAPI: the v1 catalogue is deprecated and has the same shape
	var all []route
	add := func(versions []string, method, pattern string, handle func(*call)) {
		all = append(all, route{method, versions, strings.Split(pattern, "/"), handle})
	}
	add(v1, "GET", "employees", (*call).listEmployees)
	add(v1, "POST", "employees", (*call).createEmployee)
	add(v1, "GET", "employees/directory", (*call).directory)
	add(v1, "GET", "employees/changed", (*call).changed)
	add(v1, "GET", "employees/changed/tables/{table}", (*call).changedTable)
	add(v1, "GET", "employees/{id}", (*call).getEmployee)
	add(v1, "POST", "employees/{id}", (*call).updateEmployee)
	add(v1, "DELETE", "employees/{id}", (*call).deleteEmployee)
	add(v1, "GET", "employees/{id}/photo/{size}", (*call).getPhoto)
	add(v1, "POST", "employees/{id}/photo", (*call).uploadPhoto)
	add(tables, "GET", "employees/{id}/tables/{table}", (*call).getTable)
	add(tables, "POST", "employees/{id}/tables/{table}", (*call).createRow)
	add(tables, "POST", "employees/{id}/tables/{table}/{row}", (*call).updateRow)
	add(tables, "DELETE", "employees/{id}/tables/{table}/{row}", (*call).deleteRow)
	add(v1, "POST", "reports/custom", (*call).customReport)
	add(v1, "GET", "reports/{id}", (*call).legacyReport)
	add(v1, "GET", "custom-reports", (*call).listReports)
	add(v1, "GET", "custom-reports/{id}", (*call).savedReport)
	add(catalogue, "GET", "datasets", (*call).listDatasets)
	add(catalogue, "GET", "datasets/{name}/fields", (*call).datasetFields)
	add(catalogue, "POST", "datasets/{name}/field-options", (*call).fieldOptions)
	add([]string{"v2"}, "POST", "datasets/{name}/data", (*call).datasetData)
	add(v1, "GET", "meta/fields", (*call).metaFields)
	add(v1, "GET", "meta/lists", (*call).metaLists)
	add(v1, "PUT", "meta/lists/{id}", (*call).updateList)
	add(v1, "GET", "meta/tables", (*call).metaTables)
	add(v1, "GET", "meta/users", (*call).metaUsers)
	add(v1, "GET", "company_information", (*call).companyInformation)
	add(v1, "GET", "webhooks", (*call).listWebhooks)
	add(v1, "POST", "webhooks", (*call).createWebhook)
	add(v1, "GET", "webhooks/monitor_fields", (*call).monitorFields)
	add(v1, "GET", "webhooks/post-fields", (*call).postFields)
	add(v1, "GET", "webhooks/{id}", (*call).getWebhook)
	add(v1, "PUT", "webhooks/{id}", (*call).updateWebhook)
	add(v1, "DELETE", "webhooks/{id}", (*call).deleteWebhook)
	add(v1, "GET", "webhooks/{id}/log", (*call).webhookLog)
	return all
}

// API knows the operations.
type API struct{ routes []route }

// New lists the operations.
func New() *API { return &API{routes()} }

// Operations names what is simulated, one entry a version: "GET v1/employees/{id}".
func (a *API) Operations() []string {
	var names []string
	for _, r := range a.routes {
		for _, v := range r.versions {
			names = append(names, r.method+" "+v+"/"+strings.Join(r.segments, "/"))
		}
	}
	return names
}

// call is a request to an operation.
type call struct{ *answer.Call }

// Dispatch runs the operation; an unknown path or method is 404 without a body ([D] bamboohr-api §1.5).
func (a *API) Dispatch(request *answer.Call) {
	c := &call{request}
	segments := strings.Split(strings.Trim(c.Path, "/"), "/")
	for i := range a.routes {
		r := &a.routes[i]
		if r.method == c.Request.Method && len(segments) == len(r.segments)+1 && slices.Contains(r.versions, segments[0]) &&
			r.match(segments[1:], c) {
			r.handle(c)
			return
		}
	}
	c.NotFound()
}

func (r *route) match(segments []string, c *call) bool {
	args := map[string]string{}
	for i, want := range r.segments {
		if name, ok := strings.CutPrefix(want, "{"); ok {
			args[strings.TrimSuffix(name, "}")] = segments[i]
		} else if want != segments[i] {
			return false
		}
	}
	c.Args = args
	return true
}
