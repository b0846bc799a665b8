package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// branch is a company with a connection of its own.
type branch struct {
	name, zone, schedule string
	people               []bamboosim.Employee // beside those who stay
}

const (
	quarterFrom = "2028-02-01"
	quarterTo   = "2028-05-01"
	staying     = 5 // in every branch
)

// branches lie in five zones: in New York, Los Angeles and Berlin clocks go forward in the quarter, in Sydney back, in
// Kolkata never.
func branches() []branch {
	return []branch{
		{"berlin", "Europe/Berlin", `cron: "30 2 * * *"`, []bamboosim.Employee{
			leaver(10, "Anna", "2028-02-29"), leaver(11, "Bert", "2028-03-25"), // clocks go forward in the night after
			leaver(12, "Carl", "2028-03-26")}}, // a day of 23 hours
		{"boston", "America/New_York", `daily: "02:30"`, []bamboosim.Employee{
			leaver(10, "Dora", "2028-02-29"), leaver(11, "Emma", "2028-03-12")}}, // a day of 23 hours
		{"kolkata", "Asia/Kolkata", `every: 36h`, []bamboosim.Employee{
			leaver(10, "Finn", "2028-02-28"), // HR moves it to the 29th
			starter(11, "Gina", "2028-04-10")}},
		{"portland", "America/Los_Angeles", `weekly: "sun 02:30"`, []bamboosim.Employee{
			leaver(10, "Hans", "2028-02-29"), leaver(11, "Iris", "2028-03-31")}}, // HR takes Iris's date back
		{"sydney", "Australia/Sydney", `daily: "02:30"`, []bamboosim.Employee{
			starter(10, "Jack", "2028-02-29"), leaver(11, "Kate", "2028-04-02")}}, // a day of 25 hours
	}
}

func leaver(id int, name, day string) bamboosim.Employee {
	e := starter(id, name, "2020-01-06")
	e.TerminationDate = day
	return e
}

func starter(id int, name, day string) bamboosim.Employee {
	return bamboosim.Employee{ID: id, EmployeeNumber: fmt.Sprint(1000 + id), FirstName: name, LastName: "Moment", HireDate: day,
		JobInfo: []bamboosim.JobRow{{Date: "2020-01-06", Department: "Engineering", JobTitle: "Engineer"}}}
}

// company has the people of a branch, with addresses and numbers that nobody else has.
func (b branch) company(nth int) bamboosim.Company {
	c := bamboosim.Company{Subdomain: b.name, Today: quarterFrom}
	for i := range staying {
		c.Employees = append(c.Employees, starter(i+1, fmt.Sprintf("Given%d", i+1), "2020-01-06"))
	}
	c.Employees = append(c.Employees, b.people...)
	for i := range c.Employees {
		e := &c.Employees[i]
		e.EmployeeNumber = fmt.Sprint(10000*(nth+1) + e.ID)
		e.WorkEmail = strings.ToLower(e.FirstName) + "@" + b.name + ".test"
	}
	return c
}

// hrChanges are HR's changes during the quarter.
func hrChanges() map[string][3]string {
	return map[string][3]string{
		"2028-02-20 12:00": {http.MethodPost, "/kolkata/employees/10/terminate", `{"date":"2028-02-29"}`},
		"2028-02-28 12:00": {http.MethodPut, "/berlin/employees/20", `{"employeeNumber":"10020","firstName":"Lena","lastName":"Moment","workEmail":"lena@berlin.test","hireDate":"2028-03-13"}`},
		"2028-03-15 12:00": {http.MethodPut, "/portland/employees/11", `{"terminationDate":""}`},
	}
}

// lifecycleMoments are the lifecycle effects that must be, by branch: the local instant, and what happens to whom. Who gets an
// account before the first day gets it 14 days before, or by the next run when HR tells later.
func lifecycleMoments() map[string][]string {
	return map[string][]string{
		"berlin":   {"2028-02-29 02:30 create Lena", "2028-03-01 00:00 deactivate Anna", "2028-03-13 00:00 update Lena", "2028-03-26 00:00 deactivate Bert", "2028-03-27 00:00 deactivate Carl"},
		"boston":   {"2028-03-01 00:00 deactivate Dora", "2028-03-13 00:00 deactivate Emma"},
		"kolkata":  {"2028-03-01 00:00 deactivate Finn", "2028-03-27 00:00 create Gina", "2028-04-10 00:00 update Gina"},
		"portland": {"2028-03-01 00:00 deactivate Hans", "2028-03-21 00:00 hold of Given1 ends"},
		"sydney":   {"2028-02-15 00:00 create Jack", "2028-02-29 00:00 update Jack", "2028-04-03 00:00 deactivate Kate"},
	}
}

// here is how many people work there from the first day of the quarter on.
func (b branch) here() int {
	n := staying
	for i := range b.people {
		if b.people[i].HireDate < quarterFrom {
			n++
		}
	}
	return n
}

// wall is the first instant at which the clocks of a zone show a time of a day, or a later one where they skip it;
// found by looking at every minute, unlike the program does.
func wall(t *testing.T, zone, day, at string) time.Time {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	start, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	for now := start.Add(-15 * time.Hour); ; now = now.Add(time.Minute) {
		if here := now.In(z); here.Format(time.DateOnly) == day && here.Format("15:04") >= at {
			return now
		}
	}
}

// starts are when the runs of a branch are due in the quarter.
func (b branch) starts(t *testing.T) (out []time.Time) {
	from, to := at(t, quarterFrom+" 00:00"), at(t, quarterTo+" 00:00")
	if b.name == "kolkata" {
		for now := from.Truncate(36 * time.Hour).Add(36 * time.Hour); now.Before(to); now = now.Add(36 * time.Hour) {
			out = append(out, now)
		}
		return out
	}
	for day := from.AddDate(0, 0, -1); day.Before(to.AddDate(0, 0, 2)); day = day.AddDate(0, 0, 1) {
		due := wall(t, b.zone, day.Format(time.DateOnly), "02:30")
		if due.After(from) && due.Before(to) && (b.name != "portland" || day.Weekday() == time.Sunday) {
			out = append(out, due)
		}
	}
	return out
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// quarter is five companies behind one simulator, and one server that runs their connections.
type quarter struct {
	*office
	clockAt atomic.Int64
}

func newQuarter(t *testing.T) (*quarter, *postOffice) {
	t.Helper()
	var companies []bamboosim.Company
	for i, b := range branches() {
		companies = append(companies, b.company(i))
	}
	sim, err := bamboosim.NewCompanies(companies)
	if err != nil {
		t.Fatal(err)
	}
	q := &quarter{office: newOffice(t, sim)}
	text, err := os.ReadFile(filepath.Join(q.dir, "rollcall.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "base_url: ")
	base, _, _ := strings.Cut(rest, " }")
	file := "clock: follow\nconnections:\n"
	for _, b := range branches() {
		file += fmt.Sprintf("  - { name: %s, enabled: true, bamboohr: { subdomain: %s, base_url: %s }, time_zone: %s, schedule: { %s },\n"+
			"      lifecycle: { initial: active, pre_hire_days: 14 }, notify: { errors: [hr@acme.test], welcome: automatic_only, digest: \"off\" } }\n", b.name, b.name, base, b.zone, b.schedule)
	}
	write(t, q.dir, "rollcall.yaml", file)
	q.move(at(t, quarterFrom+" 00:00"))
	p := q.posts(fine)
	p.now = func() string { return time.UnixMilli(q.clockAt.Load()).UTC().Format("2006-01-02 15:04") }
	return q, p
}

// move sets every company's clock, last the one that the server follows.
func (q *quarter) move(now time.Time) {
	q.t.Helper()
	q.clockAt.Store(now.UnixMilli())
	for _, b := range slices.Backward(branches()) {
		q.control(http.MethodPost, "/"+b.name+"/clock", fmt.Sprintf(`{"now":%q}`, now.UTC().Format(time.RFC3339)))
	}
}

// made is a job as the queue remembers it.
type made struct {
	branch, kind, state, run string
	attempt                  int
	Due, Found               time.Time
	Missed                   int
	Moment                   bool
}

// TestQuarterThroughServe lets a server live through a quarter with two changes of clocks and a leap day, with five
// connections in five zones: every scheduled run is made exactly once, every lifecycle effect happens at its instant,
// and no mail is sent twice (security §3 #37, #38; promises AY22, AL2, SI24). testdata/quarter.txt is its table; -v
// prints it.
func TestQuarterThroughServe(t *testing.T) {
	t.Parallel()
	q, post := newQuarter(t)
	due := map[time.Time]map[string]bool{} // instant → branches
	add := func(at time.Time, name string) {
		if due[at.UTC()] == nil {
			due[at.UTC()] = map[string]bool{}
		}
		due[at.UTC()][name] = true
	}
	welcomes := map[time.Time]int{}
	for _, b := range branches() {
		for i, start := range b.starts(t) {
			if add(start, b.name); i == 0 {
				welcomes[start.UTC()] += b.here()
			}
		}
		for _, m := range lifecycleMoments()[b.name] {
			day := wall(t, b.zone, m[:10], m[11:16])
			if add(day, b.name); strings.Contains(m, "update") {
				welcomes[day.UTC()]++
			}
		}
	}
	var steps []time.Time
	for at := range due {
		steps = append(steps, at, at.Add(-time.Minute))
	}
	for text := range hrChanges() {
		steps = append(steps, at(t, text))
	}
	held := at(t, "2028-03-10 12:00")
	steps = append(steps, held)
	slices.SortFunc(steps, time.Time.Compare)

	server := q.start("serve", "--listen", "127.0.0.1:0", "--every", "50ms")
	q.until(server, "scheduled", scheduled, len(branches()))
	progress, err := sqlite.OpenConn(filepath.Join(q.data, "rollcall.db"), sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer progress.Close()
	runs, mails, jobs := 0, 0, map[string]int{}
	for _, now := range slices.CompactFunc(steps, time.Time.Equal) {
		for name := range due[now] { // the queue takes a moment to note that a job is done
			q.reaches(server, progress, jobs[name], "select count(*) from river_job j join connections c on c.id = j.args->>'connection' where j.state = 'completed' and c.name = '"+name+"'")
			jobs[name]++
		}
		q.move(now)
		if c, ok := hrChanges()[now.Format("2006-01-02 15:04")]; ok {
			q.control(c[0], c[1], c[2])
		}
		if now.Equal(held) {
			q.exits(0, "hold", "given1@portland.test", "--connection", "portland", "--until", "2028-03-20", "--reason", "review")
			q.control(http.MethodPut, "/portland/employees/1", `{"lastName":"Later"}`)
		}
		runs, mails = runs+len(due[now]), mails+welcomes[now]
		q.reaches(server, progress, runs, "select count(*) from runs where outcome <> ''")
		q.reaches(server, progress, mails, "select count(*) from outbox where state = 'sent'")
	}
	server.interrupt()
	if server.err.Len() > 0 {
		t.Errorf("stderr: %s", &server.err)
	}

	table := q.table(t, post)
	t.Logf("\n%s", table)
	golden := filepath.Join("testdata", "quarter.txt")
	if *update {
		write(t, "testdata", "quarter.txt", table)
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), table); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	q.intact()
}

// reaches waits until a query counts so many, and not more. It keeps its connection, because it asks thousands of times.
func (q *quarter) reaches(p *process, c *sqlite.Conn, want int, query string) {
	q.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		got := 0
		if err := sqlitex.Execute(c, query, &sqlitex.ExecOptions{ResultFunc: func(st *sqlite.Stmt) error {
			got = st.ColumnInt(0)
			return nil
		}}); err != nil {
			q.t.Fatal(err)
		}
		if got == want {
			return
		}
		if got > want || time.Now().After(end) {
			_ = p.Process.Kill()
			p.wait()
			q.t.Fatalf("at %s %s is %d, want %d\n%s%s", time.UnixMilli(q.clockAt.Load()).UTC(), query, got, want, &p.out, &p.err)
		}
	}
}

// table holds what happened against what was due, and shows it.
func (q *quarter) table(t *testing.T, post *postOffice) string {
	t.Helper()
	var b strings.Builder
	runs, effects := q.lived(t)
	fmt.Fprintf(&b, "%-9s %-20s %-19s %8s %5s %6s %5s\n", "branch", "zone", "schedule", "expected", "made", "missed", "late")
	for _, br := range branches() {
		want, got := br.starts(t), []time.Time{}
		missed, late := 0, 0
		for _, r := range runs {
			if r.branch != br.name || r.Moment {
				continue
			}
			got = append(got, r.Due.UTC())
			missed += r.Missed
			if !r.Found.Equal(r.Due) || r.attempt != 1 {
				late++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("scheduled runs of %s (-want +got):\n%s", br.name, diff)
		}
		fmt.Fprintf(&b, "%-9s %-20s %-19s %8d %5d %6d %5d\n", br.name, br.zone, br.schedule, len(want), len(got), missed, late)
	}
	b.WriteString("\nscheduled starts around the changes of clocks, where people are\n")
	for _, br := range branches() {
		offset := ""
		for i, start := range br.starts(t) {
			z, err := time.LoadLocation(br.zone)
			if err != nil {
				t.Fatal(err)
			}
			if now := start.In(z).Format("-07:00"); now != offset {
				offset = now
				if i > 0 {
					fmt.Fprintf(&b, "%-9s %s\n", br.name, br.starts(t)[i-1].In(z).Format("Mon 2006-01-02 15:04 MST"))
				}
				fmt.Fprintf(&b, "%-9s %s\n", br.name, start.In(z).Format("Mon 2006-01-02 15:04 MST"))
			}
		}
	}
	b.WriteString("\nlifecycle effects, UTC and where people are\n")
	for _, br := range branches() {
		var want []string
		for _, m := range lifecycleMoments()[br.name] {
			want = append(want, fmt.Sprintf("%-9s %s  %s", br.name, wall(t, br.zone, m[:10], m[11:16]).UTC().Format("2006-01-02 15:04"), m))
		}
		if diff := cmp.Diff(want, effects[br.name]); diff != "" {
			t.Errorf("lifecycle effects of %s (-want +got):\n%s", br.name, diff)
		}
		for _, line := range effects[br.name] {
			b.WriteString(line + "\n")
		}
	}
	b.WriteString("\nmails, UTC\n")
	b.WriteString(postmarks(t, post))
	return b.String()
}

// lived reads what the server did out of its database: scheduled runs, and what others did to whom.
func (q *quarter) lived(t *testing.T) (runs []made, effects map[string][]string) {
	t.Helper()
	db, err := store.Open(t.Context(), q.data, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	kept := db.Org(organisation)
	byRun := map[string]made{}
	for _, line := range q.lines(`select json_object('Due', j.args->>'due', 'Found', j.args->>'found', 'Missed', j.args->>'missed', 'Moment', j.args->'moment') || char(9) ||
		c.name || char(9) || j.kind || char(9) || j.state || char(9) || j.attempt || char(9) || coalesce(j.metadata->>'$.output.run', '') from river_job j
		join connections c on c.id = j.args->>'connection' order by j.id`) {
		f := strings.Split(line, "\t")
		m := made{branch: f[1], kind: f[2], state: f[3], run: f[5]}
		if _, err := fmt.Sscan(f[4], &m.attempt); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(f[0]), &m); err != nil {
			t.Fatalf("%v in %s", err, f[0])
		}
		if m.state != "completed" || byRun[m.run].run != "" {
			t.Errorf("a job without a run of its own: %+v", m)
		}
		byRun[m.run] = m
		runs = append(runs, m)
	}
	effects = map[string][]string{}
	for _, br := range branches() {
		ran, err := kept.RunList(t.Context(), "", 10000)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range slices.Backward(ran) {
			m := byRun[r.ID]
			if m.branch != br.name {
				if m.run == "" {
					t.Errorf("a run that nobody asked for: %+v", r)
				}
				continue
			}
			if !r.StartedAt.Equal(m.Due) || r.Outcome != syncrun.OutcomeApplied && r.Outcome != syncrun.OutcomeNoOp {
				t.Errorf("%s: a run of %s started %s and is %s", br.name, m.Due, r.StartedAt, r.Outcome)
			}
			effects[br.name] = append(effects[br.name], q.did(t, kept, br, r)...)
		}
	}
	return runs, effects
}

// did is what a run did to whom, a line each. The first run of a branch makes everybody's account.
func (q *quarter) did(t *testing.T, kept *store.Store, br branch, r syncrun.Run) (out []string) {
	t.Helper()
	z, err := time.LoadLocation(br.zone)
	if err != nil {
		t.Fatal(err)
	}
	for it, err := range kept.AppliedItems(t.Context(), r.ID) {
		if err != nil {
			t.Fatal(err)
		}
		c := it.Change
		if c.Action == plan.Create && r.StartedAt.Equal(br.starts(t)[0]) {
			continue
		}
		name := strings.Fields(c.Name)[0]
		what := string(c.Action) + " " + name
		if c.Action != plan.Create && c.StatusAfter == c.StatusBefore {
			if what = "hold of " + name + " ends"; len(c.Fields) == 0 || name != "Given1" {
				continue // a date that HR moved
			}
		}
		out = append(out, fmt.Sprintf("%-9s %s  %s %s", br.name, r.StartedAt.UTC().Format("2006-01-02 15:04"), r.StartedAt.In(z).Format("2006-01-02 15:04"), what))
	}
	return out
}

// lines asks the database for text.
func (q *quarter) lines(query string) (out []string) {
	q.t.Helper()
	q.each(query, func(text string) { out = append(out, text) })
	return out
}

// postmarks shows the mails by moment, and holds each to having been sent once.
func postmarks(t *testing.T, post *postOffice) string {
	t.Helper()
	counts, seen := map[string]int{}, map[string]bool{}
	for _, m := range post.taken() {
		_, domain, _ := strings.Cut(m.To, "@")
		counts[fmt.Sprintf("%s  %-13s %s", m.At, domain, m.Subject)]++
		for _, same := range []string{m.ID, m.To + m.Subject + m.Text, m.To + m.Subject} {
			if seen[same] {
				t.Errorf("sent twice: %+v", m)
			}
			seen[same] = true
		}
	}
	var lines []string
	for line, n := range counts {
		lines = append(lines, fmt.Sprintf("%s × %d\n", line, n))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}
