package exporter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/exporter"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/plan"
)

const key = "0123456789abcdef0123456789abcdef01234567"

// hq is a company with two employees; its lists know what they use.
const hq = `{"company":"acme","name":"Acme","today":"2026-11-21","time_zone":"UTC",
 "access_levels":[{"name":"all","fields":"*","people":"*"},{"name":"narrow","fields":["firstName","lastName"],"people":"*"},
  {"name":"flat","fields":["firstName","lastName","workEmail","homeEmail","employeeNumber"],"people":"*"}],
 "users":[{"id":"1","email":"x@acme.test","access_level":"LEVEL","employee_id":"0","api_keys":["` + key + `"],"enabled":true}],
 "employees":[{"id":"4","employeeNumber":"7","firstName":"Joann","lastName":"Lee","workEmail":"joann@acme.test","homeEmail":"jo@home.test",
   "hireDate":"2024-01-08","jobInfo":[{"date":"2024-01-08","department":"Engineering"}]},
  {"id":"5","firstName":"Max","lastName":"Moor","workEmail":"m.moor@acme.test","hireDate":"2024-01-08"}]}`

// world is a simulated BambooHR beside a directory.
type world struct {
	t      *testing.T
	sim    http.Handler
	store  *store.Store
	conn   string
	people int
}

func newWorld(t *testing.T, level string) *world {
	t.Helper()
	companies, err := bamboosim.ParseCompanyFile([]byte(strings.Replace(hq, "LEVEL", level, 1)))
	if err != nil {
		t.Fatal(err)
	}
	sim, err := bamboosim.New(companies[0])
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, sim: sim, store: db.Org("default")}
	conn, err := w.store.EnsureConnection(t.Context(), "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	w.conn = conn.ID
	return w
}

// person adds somebody to the directory; values are field=text.
func (w *world) person(first, last, email string, values ...string) directory.Person {
	w.t.Helper()
	w.people++
	p := directory.Person{ID: fmt.Sprintf("p_%d", w.people), Status: directory.Active, Role: directory.RoleMember}
	for _, v := range append(values, "first_name="+first, "last_name="+last, "email="+email) {
		name, text, _ := strings.Cut(v, "=")
		f := directory.Field(name)
		p.Values.Set(f, f.Kind(), text)
	}
	return w.save(p)
}

func (w *world) save(p directory.Person) directory.Person {
	w.t.Helper()
	saved, err := w.store.SavePerson(w.t.Context(), p, plan.Change{Action: plan.Update, PersonID: p.ID}, "test", now())
	if err != nil {
		w.t.Fatal(err)
	}
	return saved
}

func now() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// exporter is one process; it dies when its life is over.
func (w *world) exporter(l *life) *exporter.Exporter {
	w.t.Helper()
	client, err := bamboohr.New("acme", key, bamboohr.WithBaseURL("http://sim.test"), bamboohr.WithTransport(line{w.sim, l}), bamboohr.WithRetry(1, 0))
	if err != nil {
		w.t.Fatal(err)
	}
	return &exporter.Exporter{BambooHR: client, People: w.store, Journal: journal{w.store, l}, Connection: w.conn, Targets: exporter.DefaultTargets(),
		Now: now, NewID: func(prefix string) string { w.people++; return fmt.Sprintf("%s_%d", prefix, w.people) }, Actor: "test"}
}

func (w *world) plan() exporter.Export {
	w.t.Helper()
	e, err := w.exporter(nil).Plan(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// control speaks to the simulator's control API.
func (w *world) control(method, path, body string) []byte {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.sim.ServeHTTP(rec, httptest.NewRequest(method, "/_sim"+path, strings.NewReader(body)))
	if rec.Code >= 300 {
		w.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
	return rec.Body.Bytes()
}

// employees gives the ids of BambooHR's employees by work address, joined when there are several.
func (w *world) employees() map[string]string {
	w.t.Helper()
	var c struct {
		Employees []struct {
			ID        string `json:"id"`
			WorkEmail string `json:"workEmail"`
		} `json:"employees"`
	}
	if err := json.Unmarshal(w.control("GET", "/company", ""), &c); err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range c.Employees {
		out[e.WorkEmail] = strings.TrimPrefix(out[e.WorkEmail]+"+"+e.ID, "+")
	}
	return out
}

func (w *world) decisions() []directory.Decision {
	w.t.Helper()
	out, err := w.store.Decisions(w.t.Context(), w.conn)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// life counts the moments at which a process can die; nil lives for ever.
type life struct {
	left int
	dead bool
}

var errDead = errors.New("the process is dead")

func (l *life) ends() bool {
	if l == nil || !l.dead && l.left > 0 {
		if l != nil {
			l.left--
		}
		return false
	}
	l.dead = true
	return true
}

// line carries requests to the simulator; the process may die before the request leaves and before the
// answer comes.
type line struct {
	sim http.Handler
	l   *life
}

func (c line) RoundTrip(r *http.Request) (*http.Response, error) {
	if c.l.ends() {
		return nil, errDead
	}
	rec := httptest.NewRecorder()
	if !c.serve(rec, r) {
		return nil, io.ErrUnexpectedEOF
	}
	if c.l.ends() {
		return nil, errDead
	}
	return rec.Result(), nil
}

// serve reports whether the simulator answered instead of dropping the connection.
func (c line) serve(w http.ResponseWriter, r *http.Request) (answered bool) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			panic(p)
		}
	}()
	c.sim.ServeHTTP(w, r)
	return true
}

// journal is the store; the process may die before and after each write.
type journal struct {
	*store.Store
	l *life
}

func (j journal) ClaimRow(ctx context.Context, export string, r exporter.Row) error {
	return j.around(func() error { return j.Store.ClaimRow(ctx, export, r) })
}

func (j journal) SettleRow(ctx context.Context, e exporter.Export, r exporter.Row, actor string, at time.Time) error {
	return j.around(func() error { return j.Store.SettleRow(ctx, e, r, actor, at) })
}

func (j journal) around(write func() error) error {
	if j.l.ends() {
		return errDead
	}
	if err := write(); err != nil {
		return err
	}
	if j.l.ends() {
		return errDead
	}
	return nil
}

// Wherever an export is killed, going on creates everybody exactly once and links each to the person
// they came from (bamboohr-api §2.10).
func TestKilledAnywhere(t *testing.T) {
	for moment := 0; ; moment++ {
		if moment > 200 {
			t.Fatal("an export of three people has more than 200 moments")
		}
		w := newWorld(t, "all")
		boss := w.person("Ann", "Lee", "ann@acme.test")
		w.person("Bo", "Diaz", "bo@acme.test", "manager="+boss.ID)
		w.person("Cy", "Park", "cy@acme.test", "manager=p_2")
		e := w.plan()
		l := &life{left: moment}
		_, err := w.exporter(l).Apply(t.Context(), e.ID)
		if (err != nil) != l.dead {
			t.Fatalf("died at moment %d: %v; error: %v", moment, l.dead, err)
		}
		if e, err = w.exporter(nil).Apply(t.Context(), e.ID); err != nil {
			t.Fatalf("going on after moment %d: %v", moment, err)
		}
		w.checkExported(e, moment)
		if t.Failed() || !l.dead {
			t.Logf("%d moments", moment)
			return
		}
	}
}

func (w *world) checkExported(e exporter.Export, moment int) {
	w.t.Helper()
	there := w.employees()
	var want []directory.Decision
	for _, r := range e.Rows {
		if r.State != exporter.Created || r.EmployeeID != there[r.Email] || !r.LineDone || r.Detail != "" {
			w.t.Errorf("killed at moment %d: %+v; BambooHR has %v", moment, r, there)
		}
		var id int64
		fmt.Sscan(r.EmployeeID, &id)
		want = append(want, directory.Decision{SourceID: id, Kind: directory.DecideLink, PersonID: r.PersonID})
	}
	slices.SortFunc(want, func(a, b directory.Decision) int { return int(a.SourceID - b.SourceID) })
	if strings.Contains(string(w.control("GET", "/requests", "")), `"status":409`) {
		w.t.Errorf("killed at moment %d: something was sent that BambooHR had already", moment)
	}
	if diff := cmp.Diff(want, w.decisions()); diff != "" || len(there) != 5 || e.Left() != 0 {
		w.t.Errorf("killed at moment %d: %d employees, %d left; decisions (-want +got):\n%s", moment, len(there), e.Left(), diff)
	}
}

// fault gives the next creation (after some) a fault of the simulator.
func (w *world) fault(name string, after int, args string) {
	w.t.Helper()
	w.control("POST", "/faults", fmt.Sprintf(`{"name":%q,"match":"POST /employees","count":1,"after":%d,"args":%s}`, name, after, args))
}

// An answer that is lost is not a reason to send again: the person is looked for.
func TestLostAnswer(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test")
	e := w.plan()
	w.fault("lost_answer", 0, "{}")
	e, err := w.exporter(nil).Apply(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if r := e.Rows[0]; r.State != exporter.Created || r.EmployeeID != w.employees()["ann@acme.test"] || r.Attempts != 1 {
		t.Errorf("after a lost answer: %+v; BambooHR has %v", r, w.employees())
	}
}

// When BambooHR does not say and nobody is there, the export stops, and a later one looks first.
func TestUnknownOutcome(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test")
	w.person("Bo", "Diaz", "bo@acme.test")
	e := w.plan()
	w.fault("status", 0, `{"code":502}`)
	e, err := w.exporter(nil).Apply(t.Context(), e.ID)
	if !errors.Is(err, bamboohr.ErrUnsure) || e.Rows[0].State != exporter.Sending || e.Rows[1].State != exporter.Planned || !e.Interrupted() {
		t.Fatalf("after a 502: %v; rows %+v", err, e.Rows)
	}
	if e, err = w.exporter(nil).Apply(t.Context(), e.ID); err != nil || e.Count(exporter.Created) != 2 || e.Rows[0].Attempts != 2 {
		t.Errorf("going on: %v; rows %+v", err, e.Rows)
	}
	if n := len(w.employees()); n != 4 {
		t.Errorf("BambooHR has %d employees, want 4", n)
	}
}

// Somebody else who got the address meanwhile is nobody whom we created.
func TestFoundSomebodyElse(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test")
	e := w.plan()
	w.fault("status", 0, `{"code":502}`)
	if _, err := w.exporter(nil).Apply(t.Context(), e.ID); err == nil {
		t.Fatal("a 502 was no error")
	}
	w.control("PUT", "/employees/77", `{"firstName":"Anna","lastName":"Leed","workEmail":"ANN@acme.test"}`)
	e, err := w.exporter(nil).Apply(t.Context(), e.ID)
	if err != nil || e.Rows[0].State != exporter.Exists || e.Rows[0].EmployeeID != "77" || len(w.decisions()) != 0 {
		t.Errorf("%v; row %+v, decisions %v", err, e.Rows[0], w.decisions())
	}
}

// A refusal of one person is told of that person; a refusal of everything stops.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, args string
		first      exporter.State
		created    int
		stops      error
	}{
		{"409", `{"code":409,"headers":{"X-BambooHR-Error-Message":"Duplicate email"}}`, exporter.Refused, 1, nil},
		{"400", `{"code":400}`, exporter.Refused, 1, nil},
		{"403", `{"code":403}`, exporter.Planned, 0, bamboohr.ErrForbidden},
		{"account full", `{"code":429}`, exporter.Planned, 0, bamboohr.ErrAccountLimit},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, "all")
			w.person("Ann", "Lee", "ann@acme.test")
			w.person("Bo", "Diaz", "bo@acme.test")
			e := w.plan()
			w.fault("status", 0, tt.args)
			e, err := w.exporter(nil).Apply(t.Context(), e.ID)
			if !errors.Is(err, tt.stops) || e.Rows[0].State != tt.first || e.Count(exporter.Created) != tt.created {
				t.Errorf("%v; rows %+v", err, e.Rows)
			}
			if e.Rows[0].State == exporter.Planned && e.Rows[0].Attempts != 0 {
				t.Errorf("a creation that was surely refused counts as an attempt: %+v", e.Rows[0])
			}
			if stored, err := w.store.Export(t.Context(), w.conn, e.ID); err != nil || cmp.Diff(e.Rows, stored.Rows) != "" {
				t.Errorf("%v; stored rows differ: %s", err, cmp.Diff(e.Rows, stored.Rows))
			}
		})
	}
}

// Who changed, was linked or was removed after the plan is not created as planned.
func TestChangedSincePlan(t *testing.T) {
	w := newWorld(t, "all")
	p := w.person("Ann", "Lee", "ann@acme.test")
	e := w.plan()
	p.Values.Set(directory.JobTitle, directory.KindText, "Lead")
	w.save(p)
	e, err := w.exporter(nil).Apply(t.Context(), e.ID)
	if err != nil || e.Rows[0].State != exporter.Changed || len(w.employees()) != 2 {
		t.Errorf("%v; row %+v, employees %v", err, e.Rows[0], w.employees())
	}
}

// An export is for the company it was shown for.
func TestOtherCompany(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test")
	e := w.plan()
	x := w.exporter(nil)
	other, err := bamboohr.New("globex", key, bamboohr.WithTransport(line{w.sim, nil}))
	if err != nil {
		t.Fatal(err)
	}
	x.BambooHR = other
	if _, err := x.Apply(t.Context(), e.ID); err == nil || !strings.Contains(err.Error(), "globex") {
		t.Errorf("error %v", err)
	}
}

// A key that does not see every address cannot prove that somebody is missing (bamboohr-api §3.4).
func TestHiddenAddresses(t *testing.T) {
	w := newWorld(t, "narrow")
	w.person("Ann", "Lee", "ann@acme.test")
	_, err := w.exporter(nil).Plan(t.Context())
	if hidden, ok := errors.AsType[*exporter.HiddenError](err); !ok || hidden.Employees != 2 {
		t.Errorf("error %v", err)
	}
}

// Neither can a company that does not show those who are linked already.
func TestDoubtfulRoster(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test")
	for i := range 6 {
		p := w.person("Di", fmt.Sprint("Ross", i), fmt.Sprintf("di%d@acme.test", i))
		p.Link = &directory.Link{Connection: w.conn, SourceID: fmt.Sprint(100 + i)}
		w.save(p)
	}
	_, err := w.exporter(nil).Plan(t.Context())
	if doubt, ok := errors.AsType[*exporter.DoubtfulError](err); !ok || doubt.Missing != 6 || doubt.Linked != 6 {
		t.Errorf("error %v", err)
	}
}

// What is created, what is left out, and why.
func TestPlan(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test", "gender=female", "department=engineering", "division=Moon", "birthday=1990-02-03",
		"hire_date=2026-12-01", "employee_id=8") // "joann@acme.test" contains her address and is somebody else
	w.person("Bo", "Diaz", "bo@acme.test", "gender=x", "birthday=--02-03", "employee_id=7")
	w.person("Joann", "Lee", "JOANN@acme.test")
	w.person("Jo", "Lee", "jo@home.test")
	w.person("Max", "Moor", "max@acme.test")
	w.person("", "Solo", "solo@acme.test")
	gone := w.person("Eve", "Moss", "eve@acme.test")
	gone.Status = directory.Deactivated
	w.save(gone)
	e := w.plan()

	got := map[string]string{}
	for _, r := range e.Rows {
		for _, f := range r.Fields {
			got[r.Name] += f.Alias + "=" + f.Value + " "
		}
	}
	want := map[string]string{
		"Ann Lee": "employeeNumber=8 workEmail=ann@acme.test firstName=Ann lastName=Lee department=Engineering gender=Female dateOfBirth=1990-02-03 hireDate=2026-12-01 ",
		"Bo Diaz": "workEmail=bo@acme.test firstName=Bo lastName=Diaz ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
	var held []string
	for _, h := range e.Held {
		held = append(held, strings.TrimSpace(fmt.Sprintf("%s %s %s", h.Name, h.Reason, h.Field)))
	}
	slices.Sort(held)
	wantHeld := []string{"Ann Lee invalid_value division", "Bo Diaz invalid_value birthday", "Bo Diaz invalid_value employee_id",
		"Bo Diaz invalid_value gender", "Jo Lee email_taken", "Joann Lee email_taken", "Max Moor ambiguous_match", "Solo invalid_value"}
	if diff := cmp.Diff(wantHeld, held); diff != "" {
		t.Errorf("held (-want +got):\n%s", diff)
	}
	if e.Employees != 2 || e.Count(exporter.Planned) != 2 {
		t.Errorf("export %+v", e)
	}
}

// A reporting line that BambooHR does not take costs the line, and the person says so.
func TestReportingLineMissing(t *testing.T) {
	for _, tt := range []struct{ name, level, fault, want string }{
		{"refused", "flat", "", "created without a reporting line to employee:4: BambooHR said no (403)"},
		{"not seen afterwards", "all", `{"name":"drop_field","match":"GET /employees/6","args":{"field":"supervisorEId"}}`, "cannot be seen"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.level)
			boss := w.person("Joann", "Lee", "joann@acme.test")
			w.person("Ann", "Lee", "ann@acme.test", "manager="+boss.ID)
			e := w.plan()
			if tt.fault != "" {
				w.control("POST", "/faults", tt.fault)
			}
			e, err := w.exporter(nil).Apply(t.Context(), e.ID)
			if err != nil || e.Left() != 0 || e.Rows[0].State != exporter.Created || !strings.Contains(e.Rows[0].Detail, tt.want) {
				t.Errorf("%v; row %+v", err, e.Rows)
			}
		})
	}
}

// Somebody with the same name is another person once that is settled.
func TestSameNameSettled(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Max", "Moor", "max@acme.test")
	if e := w.plan(); len(e.Rows) != 0 {
		t.Fatalf("a namesake is created without a word: %+v", e.Rows)
	}
	if err := w.store.Decide(t.Context(), w.conn, directory.Decision{SourceID: 5, Kind: directory.DecideNew}, "test", now()); err != nil {
		t.Fatal(err)
	}
	if e := w.plan(); len(e.Rows) != 1 {
		t.Errorf("after the decision: %+v", e.Held)
	}
}

// A person whom an earlier export created is not created again, also when HR moved the address.
func TestNotTwice(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test")
	e := w.plan()
	if _, err := w.exporter(nil).Apply(t.Context(), e.ID); err != nil {
		t.Fatal(err)
	}
	w.control("PUT", "/employees/"+w.employees()["ann@acme.test"], `{"workEmail":"a.lee@acme.test"}`)
	if e := w.plan(); len(e.Rows) != 0 || len(e.Held) != 1 || e.Held[0].Reason != plan.NotFromHR {
		t.Errorf("second export: %+v", e)
	}
}

// Of two processes that hold the same row, one may send.
func TestClaim(t *testing.T) {
	w := newWorld(t, "all")
	w.person("Ann", "Lee", "ann@acme.test")
	e := w.plan()
	if err := w.store.ClaimRow(t.Context(), e.ID, e.Rows[0]); err != nil {
		t.Fatal(err)
	}
	if err := w.store.ClaimRow(t.Context(), e.ID, e.Rows[0]); !errors.As(err, new(*exporter.TakenError)) {
		t.Errorf("the second claim: %v", err)
	}
}
