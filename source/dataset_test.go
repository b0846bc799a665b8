package source

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/policy"
)

const (
	datasetPath = "POST /v2/datasets/employee/data"
	statusTable = "GET /v1/employees/all/tables/employmentStatus"
)

func datasetPage(rows ...string) string {
	return `{"data":[` + strings.Join(rows, ",") + `],"links":[],"meta":{"page":1,"pageSize":1000,"totalPages":1,"totalItems":` +
		string(rune('0'+len(rows))) + `}}`
}

// datasetCompany answers reports, the dataset and the employment status table of two employees: 4 stays,
// 5 has a termination ahead.
func datasetCompany() *stub {
	s := two()
	s.answers[datasetPath] = fixed(datasetPage(
		`{"fields":{"eeid":"4","status":"Active","email":"ann@acme.test","customField4337":"x","employmentStatus":"Full-Time","hireDate":"2024-01-08","terminationDate":""}}`,
		`{"fields":{"eeid":5,"status":"Active","email":null,"customField4337":"","employmentStatus":"Full-Time","hireDate":"2024-01-08","terminationDate":""},"_restrictedFields":["employee_email"]}`))
	s.answers[statusTable] = fixed(`[{"id":"3","employeeId":"5","date":"2026-12-31","employmentStatus":"Terminated"},
		{"id":"1","employeeId":"4","date":"2024-01-08","employmentStatus":"Full-Time"},{"id":"2","employeeId":"5","date":"2024-01-08","employmentStatus":"Full-Time"},
		{"id":"4","employeeId":"5","date":"","employmentStatus":""}]`)
	s.answers["GET /v1/meta/fields"] = fixed(fieldsJSON)
	return s
}

func datasetConn() *policy.Connection {
	return &policy.Connection{BambooHR: policy.BambooHR{Reader: policy.ReaderDataset}}
}

// TestReadDataset: the dataset's vocabulary is translated, hidden values are unreadable, future rows
// come from the table (bamboohr-api §2.6, §2.8, §3.4).
func TestReadDataset(t *testing.T) {
	s := datasetCompany()
	var asked []any
	page := s.answers[datasetPath]
	s.answers[datasetPath] = func(r *http.Request, body map[string]any) reply {
		asked = body["fields"].([]any)
		return page(r, body)
	}
	fields := []string{"status", "workEmail", "customNIN1", "bestEmail"}
	records, reading := mustRead(t, open(t, s, datasetConn()), fields, nil)
	want := []string{
		"4 Active ann@acme.test x <unreadable> | Full-Time 2024-01-08 4 Active <blank>",
		"5 Active <unreadable> <blank> <unreadable> | Terminated 2024-01-08 5 Active 2026-12-31",
	}
	if diff := cmp.Diff(want, shown(records)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if got, want := showReading(reading), "2 2/0 status:2/0/0 workEmail:1/0/1 customNIN1:1/1/0 bestEmail!:0/0/2"; got != want {
		t.Errorf("reading is %q, want %q", got, want)
	}
	if diff := cmp.Diff([]any{"eeid", "status", "email", "customField4337", "employmentStatus", "hireDate", "terminationDate"}, asked); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	if reading.Requests != 4 { // probe, field list for the custom field, table, one page
		t.Errorf("%d requests, want 4", reading.Requests)
	}
}

// TestReadDatasetUnchanged: the table is part of the fingerprint, and a record with a hidden value is
// always looked at again.
func TestReadDatasetUnchanged(t *testing.T) {
	fields := []string{"status", "workEmail"}
	records, _ := mustRead(t, open(t, datasetCompany(), datasetConn()), fields, nil)
	again, _ := mustRead(t, open(t, datasetCompany(), datasetConn()), fields, remember(records))
	if !again[0].Unchanged || again[1].Unchanged {
		t.Errorf("got %v, want 4 unchanged and 5 not", shown(again))
	}
	s := datasetCompany()
	s.answers[statusTable] = fixed(`[{"id":"9","employeeId":"4","date":"2027-01-31","employmentStatus":"Terminated"}]`)
	again, _ = mustRead(t, open(t, s, datasetConn()), fields, remember(records))
	if again[0].Unchanged || again[0].Ahead[4].Text() != "2027-01-31" {
		t.Errorf("a new row ahead: %v", shown(again))
	}
}

// TestReadDatasetWithoutTable: what lies ahead is then unreadable, not blank.
func TestReadDatasetWithoutTable(t *testing.T) {
	for name, a := range map[string]func(*http.Request, map[string]any) reply{
		"forbidden":        refuse(403, ""),
		"without a column": fixed(`[{"id":"1","employeeId":"4","employmentStatus":"Full-Time"}]`),
	} {
		s := datasetCompany()
		s.answers[statusTable] = a
		records, reading := mustRead(t, open(t, s, datasetConn()), []string{"status"}, nil)
		if got, want := showRecord(records[0]), "4 Active | <unreadable> 2024-01-08 4 Active <unreadable>"; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
		if len(reading.Warnings) != 1 || !strings.Contains(reading.Warnings[0], "future terminations") {
			t.Errorf("%s: warnings %q", name, reading.Warnings)
		}
	}
}

// TestReadDatasetUnknownField: the dataset refuses a whole request for one field; the field then counts
// as not answered.
func TestReadDatasetUnknownField(t *testing.T) {
	s := datasetCompany()
	page := s.answers[datasetPath]
	s.answers[datasetPath] = func(r *http.Request, body map[string]any) reply {
		for _, f := range body["fields"].([]any) {
			if f == "gender" {
				return reply{status: 400, body: `{"code":"INVALID_ARGUMENT","detail":"Invalid field name: employee_gender"}`}
			}
		}
		return page(r, body)
	}
	_, reading := mustRead(t, open(t, s, datasetConn()), []string{"status", "gender"}, nil)
	if got, want := showReading(reading), "2 2/0 status:2/0/0 gender!:0/0/2"; got != want {
		t.Errorf("reading is %q, want %q", got, want)
	}
	s.answers[datasetPath] = func(*http.Request, map[string]any) reply { return reply{status: 400, body: `{"detail":"no"}`} }
	readError(t, open(t, s, datasetConn()))
}

// TestReadDatasetDrift: pages that do not add up are no snapshot.
func TestReadDatasetDrift(t *testing.T) {
	s := datasetCompany()
	s.answers[datasetPath] = fixed(strings.Replace(datasetPage(`{"fields":{"eeid":"4"}}`), `"totalItems":1`, `"totalItems":2`, 1))
	if err := readError(t, open(t, s, datasetConn())); !Retryable(err) {
		t.Errorf("got %v, want an error that deserves another reading", err)
	}
}
