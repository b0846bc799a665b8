package bamboosim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

func generated(t testing.TB, o bamboosim.GenerateOptions) *bamboosim.Server {
	t.Helper()
	if o.Today == "" {
		o.Today = "2026-11-21"
	}
	c, err := bamboosim.Generate(o)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return sim
}

func TestGenerateIsSeeded(t *testing.T) {
	file := func(o bamboosim.GenerateOptions) string {
		return (&world{t, generated(t, o)}).get(200, "GET /_sim/company", "")
	}
	base := file(bamboosim.GenerateOptions{Employees: 60, Seed: 7})
	if base != file(bamboosim.GenerateOptions{Employees: 60, Seed: 7}) {
		t.Error("the same seed gives other people")
	}
	if base == file(bamboosim.GenerateOptions{Employees: 60, Seed: 8}) {
		t.Error("another seed gives the same people")
	}
	if _, err := bamboosim.ParseCompanyFile([]byte(base)); err != nil {
		t.Errorf("the file form cannot be read: %v", err)
	}
	for _, o := range []bamboosim.GenerateOptions{{Employees: 9, Today: "2026-11-21"}, {Employees: 1_000_001, Today: "2026-11-21"}, {}} {
		if _, err := bamboosim.Generate(o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestGeneratedCompanyIsRealistic(t *testing.T) {
	for _, n := range []int{10, 50, 250, 30_000} {
		w := &world{t, generated(t, bamboosim.GenerateOptions{Employees: n})}
		r := w.report(bamboosim.DefaultKey, "&onlyCurrent=false", "employeeNumber", "workEmail", "homeEmail", "status", "hireDate", "supervisorEId",
			"terminationDate", "employmentHistoryStatus", "department", "preferredName", "dateOfBirth", "location")
		if len(r.Rows) != n {
			t.Fatalf("%d people, want %d", len(r.Rows), n)
		}
		mails, count := map[string]bool{}, map[string]int{}
		roots := 0
		for _, row := range r.Rows {
			if row["employeeNumber"] == row["id"] {
				t.Errorf("Employee # equals the id: %v", row)
			}
			if m, _ := row["workEmail"].(string); m != "" {
				if mails[m] || !strings.HasSuffix(m, "@acme.test") {
					t.Errorf("address %q is used twice or of another domain", m)
				}
				mails[m] = true
			} else {
				count["no work e-mail"]++
			}
			if _, err := time.Parse(time.DateOnly, row["hireDate"].(string)); err != nil && row["hireDate"] != "0000-00-00" {
				t.Errorf("hire date: %v", err)
			}
			switch {
			case row["hireDate"] == "0000-00-00":
				count["blank record"]++
				continue
			case row["supervisorEId"] == nil:
				roots++
			}
			count[row["employmentHistoryStatus"].(string)]++
			count["department "+row["department"].(string)]++
			if row["hireDate"].(string) > "2026-11-21" {
				count["future hire"]++
			}
			if row["status"] == "Inactive" {
				count["leaver"]++
			}
			if row["terminationDate"].(string) > "2026-11-21" {
				count["future leaver"]++
			}
			if row["employeeNumber"] == nil {
				count["no number"]++
			}
			if row["preferredName"] != nil {
				count["preferred name"]++
			}
		}
		if roots != 1 {
			t.Errorf("%d people: %d without a manager, want 1", n, roots)
		}
		if n < 250 {
			continue
		}
		for _, kind := range []string{"no work e-mail", "blank record", "future hire", "leaver", "future leaver", "no number", "preferred name",
			"Contractor", "Intern", "Part-Time", "department Engineering", "department Legal"} {
			if count[kind] == 0 {
				t.Errorf("%d people: no %s", n, kind)
			}
		}
		if active := n - count["leaver"]; active < n*85/100 {
			t.Errorf("%d people: only %d active", n, active)
		}
	}
}

func TestGeneratedPeopleCanBeEdited(t *testing.T) {
	w := &world{t, generated(t, bamboosim.GenerateOptions{Employees: 1000})}
	w.get(200, "PUT /_sim/employees/500", `{"firstName":"Edited"}`)
	w.get(204, "DELETE /_sim/employees/501", "")
	w.get(201, "POST /api/v1/employees", `{"firstName":"New","lastName":"Person"}`)
	w.get(409, "POST /api/v1/employees", `{"firstName":"New","lastName":"Person","workEmail":"`+strings.ToUpper(mailOf(t, w, "700"))+`"}`)
	r := w.report(bamboosim.DefaultKey, "", "firstName")
	if len(r.Rows) != 1000 || r.row("500")["firstName"] != "Edited" || r.row("501") != nil || r.Rows[999]["id"] != "1004" {
		t.Errorf("%d rows, %v, %v, %v", len(r.Rows), r.row("500"), r.row("501"), r.Rows[999])
	}
	got := w.get(200, "GET /api/v1/employees/changed?since=2026-11-21T00:00:00Z", "")
	same(t, "changed", got, `{"latest":"2026-11-21T12:00:00+00:00","employees":{"500":{"id":"500","action":"Updated","lastChanged":"2026-11-21T12:00:00+00:00"},
		"501":{"id":"501","action":"Deleted","lastChanged":"2026-11-21T12:00:00+00:00"},"1004":{"id":"1004","action":"Inserted","lastChanged":"2026-11-21T12:00:00+00:00"}}}`)
}

func mailOf(t *testing.T, w *world, id string) string {
	var e struct{ WorkEmail string }
	if err := json.Unmarshal([]byte(w.get(200, "GET /api/v1/employees/"+id+"?fields=workEmail", "")), &e); err != nil {
		t.Fatal(err)
	}
	return e.WorkEmail
}

// meter counts what is written and samples the heap on the way.
type meter struct {
	header http.Header
	n      int64
	peak   uint64
	next   int64
}

func (m *meter) Header() http.Header { return m.header }
func (m *meter) WriteHeader(int)     {}
func (m *meter) Write(b []byte) (int, error) {
	m.n += int64(len(b))
	if m.n >= m.next {
		m.next += 16 << 20
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		m.peak = max(m.peak, stats.HeapAlloc)
	}
	return len(b), nil
}

var _ io.Writer = (*meter)(nil)

const wideReport = `{"fields":["employeeNumber","firstName","lastName","preferredName","dateOfBirth","address1","bestEmail","workEmail","jobTitle",
"hireDate","originalHireDate","terminationDate","supervisorId","supervisorEId","supervisor","department","division","employmentHistoryStatus",
"gender","country","city","location","state","workPhone","mobilePhone","status"]}`

func stream(sim http.Handler, request, body string) *meter {
	method, target, _ := strings.Cut(request, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Accept", "application/json")
	r.Header.Set("Content-Type", "application/json")
	r.SetBasicAuth(bamboosim.DefaultKey, "x")
	m := &meter{header: http.Header{}}
	sim.ServeHTTP(m, r)
	return m
}

// Memory does not grow with the company: a full million would stream in the same bound.
func TestHugeCompanyStreams(t *testing.T) {
	sim := generated(t, bamboosim.GenerateOptions{Employees: 200_000})
	for request, least := range map[string]int64{"POST /api/v1/reports/custom?format=json": 100 << 20,
		"GET /api/v1/employees/changed?since=2020-01-01T00:00:00Z": 16 << 20} {
		runtime.GC() // what earlier tests left is not ours
		m := stream(sim, request, wideReport)
		if m.n < least {
			t.Errorf("%s: only %d bytes", request, m.n)
		}
		if m.peak > 24<<20 {
			t.Errorf("%s: heap peaked at %d MiB, want at most 24", request, m.peak>>20)
		}
	}
}

func BenchmarkReport(b *testing.B) {
	sim := generated(b, bamboosim.GenerateOptions{Employees: 100_000})
	for b.Loop() {
		b.SetBytes(stream(sim, "POST /api/v1/reports/custom?format=json", wideReport).n)
	}
}
