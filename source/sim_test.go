package source

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// simulated is a reader of a simulated company, and its control.
type simulated struct {
	*BambooHR
	url string
}

func simulate(t testing.TB, c bamboosim.Company, conn *policy.Connection, key string) simulated {
	t.Helper()
	sim, err := bamboosim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	counter := &Counter{}
	client, err := bamboohr.New(c.Subdomain, key, bamboohr.WithBaseURL(server.URL), bamboohr.WithObserver(counter.Observe),
		bamboohr.WithRetry(3, time.Hour), bamboohr.WithSleep(func(context.Context, time.Duration) error { return nil }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return simulated{NewBambooHR(client, conn, Options{Now: noon, Counter: counter, Secret: "of the simulator"}), server.URL}
}

func generated(t testing.TB, employees int) bamboosim.Company {
	t.Helper()
	c, err := bamboosim.Generate(bamboosim.GenerateOptions{Employees: employees, Today: "2026-11-21"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// control sends one request to the simulator's control API.
func (s simulated) control(t testing.TB, method, path string, body any) {
	t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+"/_sim/"+path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode > 299 {
		t.Fatalf("%s %s: %d %s", method, path, answer.StatusCode, text)
	}
}

func settings(t testing.TB, reader policy.Reader) *policy.Connection {
	t.Helper()
	conn := policy.Defaults()
	conn.BambooHR.Reader = reader
	return &conn
}

// TestFaults plays each fault of security §3 that a reading can meet, by both readers: the outcome is a
// certificate that says so, a record with a problem, or an error; never half a company.
func TestFaults(t *testing.T) {
	const bulk = "POST /*"
	tests := []struct {
		number  string // in security §3
		fault   string
		match   string
		after   int
		count   int
		args    string
		report  string // outcome by custom reports
		dataset string // outcome by datasets
	}{
		{"none", "", "", 0, 0, "", "complete", "complete"},
		{"1", "no_people", bulk, 0, 0, "", "failed no_employees", "failed no_employees"},
		{"1b", "no_people", bulk, 0, 1, "", "error drift", "failed no_employees"},
		{"2", "drop_people", bulk, 0, 0, `{"percent":50}`, "doubtful head_count", "doubtful head_count"},
		{"3", "drop_field", bulk, 0, 0, `{"field":"status"}`, "failed unreadable_column", "failed unreadable_column"},
		{"3b", "null_field", bulk, 0, 0, `{"field":"status"}`, "failed status_blank", "failed status_blank"},
		{"5", "all_inactive", bulk, 0, 0, "", "complete, nobody active", "complete, nobody active"},
		{"6", "drop_field", bulk, 0, 0, `{"field":"workEmail"}`, "failed unreadable_column", "failed unreadable_column"},
		{"6b", "null_field", bulk, 0, 0, `{"field":"workEmail"}`, "failed empty_column", "failed empty_column"},
		{"7", "drop_field", bulk, 0, 0, `{"field":"location"}`, "complete, unreadable location", "complete, unreadable location"},
		{"9", "truncate", bulk, 0, 0, `{"bytes":20000}`, "error truncated", "error truncated"},
		{"10", "html", bulk, 0, 0, "", "error not_json", "error not_json"},
		{"11", "redirect", "", 0, 0, `{"to":"https://elsewhere.test/"}`, "error redirect", "error redirect"},
		{"12", "empty_object", bulk, 0, 0, "", "error shape", "error shape"},
		{"12b", "null_body", bulk, 0, 0, "", "error shape", "error shape"},
		{"12c", "empty_body", bulk, 0, 0, "", "error shape", "error shape"},
		{"13", "status", bulk, 0, 0, `{"code":401}`, "error unauthorized", "error unauthorized"},
		{"13b", "status", bulk, 0, 0, `{"code":403}`, "error forbidden", "error forbidden"},
		{"14", "status", bulk, 0, 2, `{"code":429,"retry_after":"1"}`, "complete", "complete"},
		{"14b", "status", bulk, 0, 0, `{"code":429,"retry_after":"86400"}`, "error rate_limited", "error rate_limited"},
		{"15", "status", bulk, 0, 2, `{"code":503}`, "complete", "complete"},
		{"15b", "status", bulk, 0, 0, `{"code":502}`, "error unavailable", "error unavailable"},
		{"17", "reset", bulk, 0, 1, `{"after_bytes":0}`, "complete", "complete"},
		{"17b", "reset", bulk, 0, 0, `{"after_bytes":3000}`, "error truncated", "error truncated"},
		{"18", "gzip_bomb", bulk, 0, 0, "", "error too_large", "error too_large"},
		{"18b", "deep_json", bulk, 0, 0, "", "error too_deep", "error too_deep"},
		{"18c", "huge_name", bulk, 0, 0, `{"id":"9"}`, "complete, problem 9", "complete, problem 9"},
		{"20", "bad_utf8", bulk, 0, 0, "", "complete", "complete"},
		{"20b", "bom", bulk, 0, 0, "", "complete", "complete"},
		{"20c", "duplicate_keys", bulk, 0, 0, "", "complete", "complete"},
		{"22", "duplicate_row", bulk, 0, 0, `{"id":"9"}`, "complete", "complete"},
		{"22b", "duplicate_row", bulk, 0, 0, `{"id":"9","differs":true}`, "complete, problem 9", "complete, problem 9"},
		{"28", "id_type", bulk, 0, 0, "", "complete", "complete"},
	}
	for _, reader := range []policy.Reader{policy.ReaderReport, policy.ReaderDataset} {
		conn := settings(t, reader)
		fields, critical := policy.SourceFields(*conn), policy.CriticalFields(*conn)
		for _, tt := range tests {
			t.Run(string(reader)+" "+tt.number+" "+tt.fault, func(t *testing.T) {
				s := simulate(t, generated(t, 200), conn, bamboosim.DefaultKey)
				_, reading := mustRead(t, s.BambooHR, fields, nil)
				before := hr.BaselineOf(reading, noon())
				if tt.fault != "" {
					fault := map[string]any{"name": tt.fault, "match": tt.match, "count": tt.count, "after": tt.after}
					if tt.args != "" {
						fault["args"] = json.RawMessage(tt.args)
					}
					s.control(t, "POST", "faults", fault)
				}
				want := tt.report
				if reader == policy.ReaderDataset {
					want = tt.dataset
				}
				if got := outcome(t, s.BambooHR, fields, critical, before); got != want {
					t.Errorf("outcome %q, want %q", got, want)
				}
			})
		}
	}
}

// outcome reads once and sums up what came of it.
func outcome(t *testing.T, b *BambooHR, fields, critical []string, before hr.Baseline) string {
	snap, err := b.Read(t.Context(), fields, nil)
	var records []hr.Record
	var reading hr.Reading
	if err == nil {
		records, reading, err = drain(t, snap)
	}
	if e, ok := errors.AsType[*Error](err); ok {
		if strings.Contains(err.Error(), bamboosim.DefaultKey) {
			t.Errorf("the key is in the error %q", err)
		}
		return "error " + e.Code()
	}
	if err != nil {
		t.Fatal(err)
	}
	certificate := hr.Certify(reading, &before, critical)
	out := string(certificate.Grade)
	if certificate.Grade != hr.Complete {
		return out + " " + certificate.Doubts[0].Code
	}
	if columns := reading.UnreadableFields(); len(columns) > 0 {
		out += ", unreadable " + strings.Join(columns, " ")
	}
	if reading.Active == 0 {
		out += ", nobody active"
	}
	for _, r := range records {
		if r.Problem != "" {
			out += ", problem " + r.ID
		}
	}
	return out
}

// TestReadersAgree: reports and datasets give the same values of the same company, and a second read
// finds everything unchanged.
func TestReadersAgree(t *testing.T) {
	c := generated(t, 250)
	fields := append(policy.SourceFields(policy.Defaults()), "customShirtsize", "homeEmail", "gender", "dateOfBirth")
	var values [2]map[string]string
	for i, reader := range []policy.Reader{policy.ReaderReport, policy.ReaderDataset} {
		s := simulate(t, c, settings(t, reader), bamboosim.DefaultKey)
		records, reading := mustRead(t, s.BambooHR, fields, nil)
		values[i] = map[string]string{}
		for _, r := range records {
			values[i][r.ID] = showRecord(r)
		}
		again, second := mustRead(t, s.BambooHR, fields, remember(records))
		for _, r := range again {
			if !r.Unchanged {
				t.Errorf("%s: %s changed by itself", reader, showRecord(r))
			}
		}
		if second.Hash != reading.Hash || second.Employees != 250 {
			t.Errorf("%s: hash %s became %s, %d employees", reader, reading.Hash, second.Hash, second.Employees)
		}
	}
	if diff := cmp.Diff(values[0], values[1]); diff != "" {
		t.Errorf("(-report +dataset):\n%s", diff)
	}
}

// narrowCompany has a key that sees little, and one of an employee whose own status is hidden.
const narrowCompany = `{"company":"acme","name":"Acme Inc","today":"2026-11-21",
 "custom_fields":[{"name":"alleo_access","type":"checkbox"}],
 "access_levels":[{"name":"all","fields":"*","people":"*","own_record":{"hidden":["status","employmentHistoryStatus"]}},
  {"name":"narrow","fields":["firstName","lastName","workEmail"],"people":{"location":["Utrecht"]}}],
 "users":[{"id":"1","email":"a@acme.test","access_level":"all","employee_id":"4","api_keys":["aaaa456789abcdef0123456789abcdef01234567"],"enabled":true},
  {"id":"2","email":"b@acme.test","access_level":"narrow","employee_id":"0","api_keys":["bbbb456789abcdef0123456789abcdef01234567"],"enabled":true}],
 "employees":[%s]}`

func narrow(t *testing.T) bamboosim.Company {
	t.Helper()
	var people []string
	for id, city := range map[int]string{4: "Utrecht", 5: "Utrecht", 6: "Ghent"} {
		people = append(people, fmt.Sprintf(`{"id":"%d","firstName":"P%d","lastName":"Lee","workEmail":"p%d@acme.test","hireDate":"2024-01-08",
			"employmentStatus":[{"date":"2024-01-08","employmentStatus":"Full-Time"}],"jobInfo":[{"date":"2024-01-08","location":%q}]}`, id, id, id, city))
	}
	companies, err := bamboosim.ParseCompanyFile(fmt.Appendf(nil, narrowCompany, strings.Join(people, ",")))
	if err != nil {
		t.Fatal(err)
	}
	return companies[0]
}

// TestOwnStatusHidden: the key's owner has a blank status, is named, and is not confirmed as without
// status (fault 8, promise BW24).
func TestOwnStatusHidden(t *testing.T) {
	s := simulate(t, narrow(t), settings(t, policy.ReaderReport), "aaaa456789abcdef0123456789abcdef01234567")
	snap, err := s.Read(t.Context(), []string{"status", "employmentHistoryStatus"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	records, _, err := drain(t, snap)
	if err != nil || snap.KeyOwner != "4" || records[0].Values[0].IsSet() || !records[1].Values[0].IsSet() {
		t.Fatalf("owner %q, %v: %v", snap.KeyOwner, err, shown(records))
	}
	readable, err := s.StatusReadable(t.Context(), []int64{4})
	if err != nil || readable[4] {
		t.Errorf("the hidden status of 4 is confirmed as blank: %v, %v", readable, err)
	}
	report, err := s.Check(t.Context())
	if err != nil || !strings.Contains(strings.Join(report.Warnings, "\n"), "cannot see their own status and employmentHistoryStatus") {
		t.Errorf("%v: %q", err, report.Warnings)
	}
}

// TestCheckNarrowKey: a key with too little access is not good, and the report says what is missing
// (promises SI39, SI40, SI44).
func TestCheckNarrowKey(t *testing.T) {
	s := simulate(t, narrow(t), settings(t, policy.ReaderAuto), "bbbb456789abcdef0123456789abcdef01234567")
	report, err := s.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(report.Warnings, "\n")
	if report.OK || report.Employees.Total != 2 || !strings.Contains(text, `cannot read "status" for anybody`) || !strings.Contains(text, "counts 3 employees, but only 2") {
		t.Errorf("ok %t, %+v:\n%s", report.OK, report.Employees, text)
	}
	for _, f := range report.Fields {
		if want := f.From == "firstName" || f.From == "lastName" || f.From == "workEmail"; f.Readable != want {
			t.Errorf("%s from %s: readable %t, want %t", f.Name, f.From, f.Readable, want)
		}
	}
}

// TestResolveByName finds the vendor's optional field by its name (promise AL17).
func TestResolveByName(t *testing.T) {
	s := simulate(t, narrow(t), settings(t, policy.ReaderAuto), "aaaa456789abcdef0123456789abcdef01234567")
	conn := &policy.Connection{Scope: policy.Scope{Include: []policy.Rule{{Field: "name:alleo_access"}}}}
	aliases, err := s.Resolve(t.Context(), conn)
	if err != nil || !strings.HasPrefix(aliases["name:alleo_access"], "custom") {
		t.Fatalf("%v, %v", aliases, err)
	}
	records, _ := mustRead(t, s.BambooHR, []string{aliases["name:alleo_access"]}, nil)
	if records[0].Values[0].Text() != "0" {
		t.Errorf("a checkbox that is off reads %q, want 0", records[0].Values[0].Text())
	}
}

// TestDeletedEmployee: a removed record is told apart from one that is merely not shown.
func TestDeletedEmployee(t *testing.T) {
	s := simulate(t, narrow(t), settings(t, policy.ReaderAuto), "aaaa456789abcdef0123456789abcdef01234567")
	s.control(t, "DELETE", "employees/5", nil)
	got, err := s.Deleted(t.Context(), noon().Add(-time.Hour), []int64{5, 6})
	if diff := cmp.Diff(map[int64]bool{5: true}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestLostRight: a column that the key loses is noticed although no employee changed (fault 7).
func TestLostRight(t *testing.T) {
	s := simulate(t, generated(t, 20), settings(t, policy.ReaderReport), bamboosim.DefaultKey)
	fields := []string{"status", "location"}
	records, _ := mustRead(t, s.BambooHR, fields, nil)
	s.control(t, "POST", "faults", map[string]any{"name": "drop_field", "args": map[string]any{"field": "location"}})
	again, reading := mustRead(t, s.BambooHR, fields, remember(records))
	if f, _ := reading.Field("location"); f.Answered || f.Unreadable != 20 || again[0].Unchanged {
		t.Errorf("%+v, first record unchanged %t", f, again[0].Unchanged)
	}
	s.control(t, "POST", "faults", map[string]any{"name": "drop_field", "args": map[string]any{"field": "terminationDate"}})
	if _, reading := mustRead(t, s.BambooHR, fields, nil); !slices.Equal(reading.AheadLost, []string{"terminationDate"}) {
		t.Errorf("of the view with future rows %q is lost", reading.AheadLost)
	}
}
