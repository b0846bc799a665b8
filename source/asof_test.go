package source

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/policy"
)

// forecastCompany: 4 moves and gets another manager, 5 leaves, 6 starts, 7 moves twice, 8 comes back,
// 9 has a termination date without a row.
func forecastCompany() *stub {
	columns := []string{"id", "status", "terminationDate", "employmentHistoryStatus", "hireDate", "department", "supervisorEId"}
	both := func(id int, status, ends, work, department, boss string) string {
		return fmt.Sprintf(`{"id":"%d","status":%q,"terminationDate":%q,"employmentHistoryStatus":%q,"hireDate":"2024-01-08","department":%q,"supervisorEId":%q}`,
			id, status, ends, work, department, boss)
	}
	const never = "0000-00-00"
	s := company(people(columns,
		both(4, "Active", never, "Full-Time", "Sales", "40"), both(5, "Active", never, "Full-Time", "Sales", "40"),
		both(6, "Active", never, "", "", ""), both(7, "Active", never, "Full-Time", "Sales", "40"),
		both(8, "Inactive", "2026-01-31", "Terminated", "Sales", "40"), both(9, "Active", never, "Full-Time", "Sales", "40")),
		people(columns,
			both(4, "Active", never, "Full-Time", "Legal", "50"), both(5, "Inactive", "2026-12-15", "Terminated", "Sales", "40"),
			both(6, "Active", never, "Intern", "Sales", "60"), both(7, "Active", never, "Full-Time", "Board", "70"),
			both(8, "Active", never, "Full-Time", "Sales", "40"), both(9, "Active", "2026-12-15", "Full-Time", "Sales", "40")))
	job := func(id int, date, department, boss string) string {
		return fmt.Sprintf(`{"id":"1","employeeId":"%d","date":%q,"location":"","department":%q,"division":"","jobTitle":"","reportsTo":%q}`, id, date, department, boss)
	}
	s.answers["GET /v1/employees/all/tables/jobInfo"] = fixed("[" + strings.Join([]string{
		job(7, "2027-06-01", "Board", "Gus Roe"), job(4, "2026-12-01", "Legal", "Flo Poe"), job(4, "2024-01-08", "Sales", "Eve Doe"),
		job(6, "2026-12-01", "Sales", "Hal Coe"), job(7, "2024-01-08", "Sales", "Eve Doe"), job(7, "2026-12-01", "Legal", "Flo Poe")}, ",") + "]")
	s.answers[statusTable] = fixed(`[{"id":"1","employeeId":"5","date":"2024-01-08","employmentStatus":"Full-Time"},{"id":"2","employeeId":"5","date":"2026-12-15","employmentStatus":"Terminated"},
		{"id":"3","employeeId":"6","date":"2026-12-01","employmentStatus":"Intern"},
		{"id":"4","employeeId":"8","date":"2026-01-31","employmentStatus":"Terminated"},{"id":"5","employeeId":"8","date":"2026-12-10","employmentStatus":"Full-Time"}]`)
	return s
}

var forecastFields = []string{"status", "terminationDate", "employmentHistoryStatus", "department", "supervisorEId"}

func TestReadAsOf(t *testing.T) {
	read := func(day string) []string {
		s := forecastCompany()
		snap, err := open(t, s, nil).ReadAsOf(t.Context(), forecastFields, day)
		if err != nil {
			t.Fatal(err)
		}
		records, reading, err := drain(t, snap)
		if err != nil {
			t.Fatal(err)
		}
		if reading.Requests != 5 || len(records[0].Ahead) != len(policy.LifecycleFields()) {
			t.Errorf("%d requests, want 5; %d values ahead", reading.Requests, len(records[0].Ahead))
		}
		var out []string
		for _, line := range shown(records) {
			now, _, _ := strings.Cut(line, " |")
			out = append(out, now)
		}
		return out
	}
	present := []string{
		"4 Active <blank> Full-Time Sales 40", "5 Active <blank> Full-Time Sales 40", "6 Active <blank> <blank> <blank> <blank>",
		"7 Active <blank> Full-Time Sales 40", "8 Inactive 2026-01-31 Terminated Sales 40", "9 Active <blank> Full-Time Sales 40",
	}
	if diff := cmp.Diff(present, read("2026-11-30")); diff != "" {
		t.Errorf("before anything takes effect (-want +got):\n%s", diff)
	}
	want := []string{
		"4 Active <blank> Full-Time Legal 50", "5 Inactive 2026-12-15 Terminated Sales 40", "6 Active <blank> Intern Sales 60",
		"7 Active <blank> Full-Time Legal <unreadable>", // not the last row: its manager's id is not known
		"8 Active <blank> Full-Time Sales 40", "9 Inactive 2026-12-15 Full-Time Sales 40",
	}
	if diff := cmp.Diff(want, read("2026-12-15")); diff != "" {
		t.Errorf("at the end of the day (-want +got):\n%s", diff)
	}
	want[3] = "7 Active <blank> Full-Time Board 70"
	if diff := cmp.Diff(want, read("2027-06-01")); diff != "" {
		t.Errorf("after everything (-want +got):\n%s", diff)
	}
	if got := read("2026-12-14")[1]; got != present[1] {
		t.Errorf("the day before the last day: %s", got)
	}
}

func TestReadAsOfErrors(t *testing.T) {
	for _, day := range []string{"2026-11-21", "2020-01-01", "tomorrow", "2026-02-30"} {
		if _, err := open(t, forecastCompany(), nil).ReadAsOf(t.Context(), forecastFields, day); err == nil {
			t.Errorf("%s was read", day)
		}
	}
	// Today is the connection's: at noon in UTC it is tomorrow already in Kiritimati, and tomorrow can be asked for
	// west of Greenwich although it has begun in UTC.
	far := &policy.Connection{Name: "Acme HR", TimeZone: "Pacific/Kiritimati"}
	if _, err := open(t, forecastCompany(), far).ReadAsOf(t.Context(), forecastFields, "2026-11-22"); err == nil || errors.Is(err, ErrSettings) || !strings.Contains(err.Error(), "after today, 2026-11-22") {
		t.Errorf("today in Kiritimati: %v", err)
	}
	for name, a := range map[string]string{"forbidden": "", "without dates": `[{"id":"1","employeeId":"4"}]`} {
		s := forecastCompany()
		s.answers["GET /v1/employees/all/tables/jobInfo"] = refuse(403, "")
		if a != "" {
			s.answers["GET /v1/employees/all/tables/jobInfo"] = fixed(a)
		}
		if _, err := open(t, s, nil).ReadAsOf(t.Context(), forecastFields, "2027-01-01"); err == nil || !strings.Contains(err.Error(), "job information table") {
			t.Errorf("%s: got %v, want an error", name, err)
		}
	}
}

// TestReadAsOfDataset: without a view of the last state, a new manager is unreadable and an old one stays.
func TestReadAsOfDataset(t *testing.T) {
	s := forecastCompany()
	s.answers[datasetPath] = fixed(datasetPage(
		`{"fields":{"eeid":"4","status":"Active","jobInformationDepartment":"Sales","supervisorEid":"40","employmentStatus":"Full-Time","hireDate":"","terminationDate":""}}`,
		`{"fields":{"eeid":"5","status":"Active","jobInformationDepartment":"Sales","supervisorEid":"40","employmentStatus":"Full-Time","hireDate":"","terminationDate":""}}`))
	snap, err := open(t, s, datasetConn()).ReadAsOf(t.Context(), []string{"status", "department", "supervisorEId"}, "2026-12-31")
	if err != nil {
		t.Fatal(err)
	}
	records, _, err := drain(t, snap)
	want := []string{"4 Active Legal <unreadable> | Full-Time <blank> 4 Active <blank>", "5 Inactive Sales 40 | Terminated <blank> 5 Active 2026-12-15"}
	if diff := cmp.Diff(want, shown(records)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestCSVAsOf(t *testing.T) {
	c := file("id,status,terminationDate\n4,Active,2026-12-15\n5,Active,2027-12-15\n")
	snap, err := c.ReadAsOf(t.Context(), []string{"status"}, "2026-12-15")
	if err != nil {
		t.Fatal(err)
	}
	records, _, err := drain(t, snap)
	if err != nil || records[0].Values[0].Text() != "Inactive" || records[1].Values[0].Text() != "Active" {
		t.Errorf("%v: %v", err, shown(records))
	}
	if _, err := c.ReadAsOf(t.Context(), nil, "2026-11-21"); err == nil {
		t.Error("today was read as a future day")
	}
}
