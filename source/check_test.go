package source

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/policy"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestRecipe: the access level names exactly the fields that each preset reads (promises AY7, AL7–AL9,
// SI6, PM1–PM10).
func TestRecipe(t *testing.T) {
	for _, preset := range append([]string{""}, policy.PresetNames()...) {
		conn, err := policy.Base(preset)
		if err != nil {
			t.Fatal(err)
		}
		name := preset
		if name == "" {
			name = "default"
		}
		t.Run(name, func(t *testing.T) {
			golden(t, "recipe-"+name+".txt", strings.Join(Recipe(&conn, nil), "\n")+"\n")
		})
	}
}

func TestRecipeOfOwnFields(t *testing.T) {
	conn := mapping("name:Learning budget", "name:First name", "customShirtsize", "displayName", "bestEmail")
	got := strings.Join(Recipe(conn, map[string]string{"name:Learning budget": "customLearningbudget", "name:First name": "firstName"}), "\n")
	for _, part := range []string{"customShirtsize, Learning budget.", "First Name", "Last Name, Preferred Name", "Work Email, Home Email"} {
		if !strings.Contains(got, part) {
			t.Errorf("the recipe does not say %q:\n%s", part, got)
		}
	}
}

func checkConn() *policy.Connection {
	conn := policy.Defaults()
	conn.Name = "Acme HR"
	conn.Mapping = []policy.FieldRule{
		{Target: "email", From: []policy.SourceField{"workEmail", "homeEmail"}, Authority: policy.AuthorityOverwrite},
		{Target: "gender", From: []policy.SourceField{"gender"}, Authority: policy.AuthorityOverwrite},
	}
	conn.Match = []policy.MatchKey{policy.MatchWorkEmail}
	return &conn
}

// checkCompany: three employees; gender cannot be read, 6 is the key's owner and blank, the list counts
// one more.
func checkCompany() *stub {
	fields := []string{"id", "status", "employmentHistoryStatus", "hireDate", "terminationDate", "workEmail", "homeEmail"}
	person := func(id int, status, mail string) string {
		return fmt.Sprintf(`{"id":"%d","status":%s,"employmentHistoryStatus":"Full-Time","hireDate":"2024-01-08","terminationDate":"0000-00-00","workEmail":%s,"homeEmail":null}`, id, status, mail)
	}
	s := company(people(fields, person(4, `"Active"`, `"ann@acme.test"`), person(5, `"Active"`, "null"), person(6, "null", `"di@acme.test"`)),
		people(later, ahead(4), ahead(5), ahead(6)))
	s.answers["GET /v1/employees/0"] = fixed(`{"id":"6"}`)
	s.answers["GET /v1/employees"] = fixed(listPage(4,
		`{"employeeId":"4","status":"Active","workEmail":"ann@acme.test","gender":null,"employmentStatusName":"Full-Time","_restrictedFields":["gender"]}`,
		`{"employeeId":"5","status":"Active","workEmail":null,"gender":null,"employmentStatusName":"Full-Time","_restrictedFields":["gender"]}`,
		`{"employeeId":"6","status":null,"workEmail":"di@acme.test","gender":null,"employmentStatusName":null,"_restrictedFields":["gender","status","employmentStatusName"]}`,
		`{"employeeId":"7","status":null,"workEmail":null,"gender":null,"employmentStatusName":null,"_restrictedFields":["gender","workEmail","status","employmentStatusName"]}`))
	return s
}

// TestCheck: the whole report as the command prints it.
func TestCheck(t *testing.T) {
	s := checkCompany()
	b := open(t, s, checkConn())
	b.oddKey = true
	report, err := b.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.MarshalIndent(report, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "check.json", string(raw)+"\n")
	if s.count("POST") != 2 || len(s.calls) != 4 || report.Reader != "report" {
		t.Errorf("requests %v by %s, want probe, two reports, list", s.calls, report.Reader)
	}
}

func TestCheckVerdict(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*stub, *policy.Connection)
		ok      bool
		warning string
	}{
		{"a mapped field that nothing depends on", func(*stub, *policy.Connection) {}, true, `cannot read "gender" for anybody`},
		{"a field that scope depends on", func(_ *stub, c *policy.Connection) {
			c.Scope.Exclude = []policy.Rule{{Field: "gender", Op: policy.OpIs, Values: []string{"x"}}}
		}, false, `"gender"`},
		{"nobody", func(s *stub, _ *policy.Connection) {
			s.answers["POST /v1/reports/custom true"], s.answers["POST /v1/reports/custom false"] = fixed(people(cols)), fixed(people(later))
		}, false, "returned 0"},
		{"no employee list", func(s *stub, _ *policy.Connection) { s.answers["GET /v1/employees"] = refuse(403, "") }, true, "restricted fields are not counted"},
		{"a list that changes once", func(s *stub, _ *policy.Connection) {
			page, first := s.answers["GET /v1/employees"], true
			s.answers["GET /v1/employees"] = func(r *http.Request, b map[string]any) reply {
				if first {
					first = false
					return reply{status: 400, body: `{"error":{"code":"BadPage","message":"x"}}`}
				}
				return page(r, b)
			}
		}, true, "counts 4 employees, but only 3"},
		{"no inactive employees", func(*stub, *policy.Connection) {}, true, "sees no inactive employees"},
		{"the key's owner", func(*stub, *policy.Connection) {}, true, "belongs to employee 6"},
		{"their own status", func(*stub, *policy.Connection) {}, true, "Employee 6 cannot see their own status and employmentHistoryStatus"},
		{"blank account status", func(*stub, *policy.Connection) {}, true, "without an account status: 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, conn := checkCompany(), checkConn()
			tt.change(s, conn)
			report, err := open(t, s, conn).Check(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if report.OK != tt.ok || !strings.Contains(strings.Join(report.Warnings, "\n"), tt.warning) {
				t.Errorf("ok %t, want %t with %q among:\n%s", report.OK, tt.ok, tt.warning, strings.Join(report.Warnings, "\n"))
			}
		})
	}
}

// TestCheckNonEmployee: the recommended key owner gives no warning about itself (promise AY7).
func TestCheckNonEmployee(t *testing.T) {
	s := checkCompany()
	s.answers["GET /v1/employees/0"] = fixed(`{"id":"0"}`)
	report, err := open(t, s, checkConn()).Check(t.Context())
	if err != nil || strings.Contains(strings.Join(report.Warnings, "\n"), "belongs to") {
		t.Errorf("%v: %q", err, report.Warnings)
	}
}

func TestCheckError(t *testing.T) {
	s := checkCompany()
	s.answers["GET /v1/employees/0"] = refuse(401, "")
	if _, err := open(t, s, checkConn()).Check(t.Context()); err == nil {
		t.Error("a refused key was checked")
	}
}

func TestUsualKey(t *testing.T) {
	for key, want := range map[string]bool{testKey: true, testKey[1:]: false, strings.ToUpper("a") + testKey[1:]: false, "": false} {
		if UsualKey(key) != want {
			t.Errorf("UsualKey(%q) is %t", key, !want)
		}
	}
}

func TestLists(t *testing.T) {
	s := two()
	s.answers["GET /v1/meta/lists"] = fixed(`[{"fieldId":16,"name":"Employment Status","alias":"employmentHistoryStatus","options":[
		{"id":1,"archived":"no","name":"Full-Time"},{"id":2,"archived":"yes","name":"Old"},{"id":3,"archived":"no","name":"Contractor"}]},
		{"fieldId":99,"name":"No alias","options":[{"id":1,"archived":"no","name":"x"}]}]`)
	got, err := open(t, s, nil).Lists(t.Context())
	if diff := cmp.Diff(map[string][]string{"employmentHistoryStatus": {"Full-Time", "Contractor"}}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
