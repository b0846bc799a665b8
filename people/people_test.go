package people_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const company = `id,employeeNumber,firstName,lastName,workEmail,status,jobTitle,hireDate,terminationDate,employmentHistoryStatus
4,N1,Ann,Lee,ann@acme.test,Active,Engineer,2024-01-08,,Full-Time
9,N2,Bo,Diaz,bo@acme.test,Active,Cook,2023-05-01,,Full-Time
12,N3,Bo,Diaz,bo2@acme.test,Active,Cook,2023-05-01,,Full-Time
15,N4,Cy,Poe,,Active,Cook,2023-05-01,,Full-Time
16,N5,Di,Fox,di@acme.test,Inactive,Cook,2023-05-01,2024-01-31,Full-Time
`

// office is a directory after its first run: three people, one employee without an address, one who left.
type office struct {
	*people.Editor
	t      *testing.T
	engine *syncrun.Engine
}

func newOffice(t *testing.T) *office {
	t.Helper()
	conn, faults := policy.ParseSettings([]byte(`
name: Acme
bamboohr: { subdomain: acme }
mapping:
  last_name: { authority: locked }
  manager: null
  phone: null
  department: null
  division: null
  location: null
  preferred_name: null
  original_hire_date: null
`))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "data"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	n := 0
	now := func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }
	newID := func(prefix string) string { n++; return fmt.Sprintf("%s_%d", prefix, n) }
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(company)), nil }
	engine := &syncrun.Engine{Organisation: "acme", Policy: &conn, Store: db.Org("acme"), Source: source.NewCSV("employees.csv", open, source.Options{Now: now}),
		Now: now, NewID: newID, Actor: "cli:root", LeaseFor: time.Minute, Retryable: source.Retryable}
	o := &office{Editor: &people.Editor{Policy: &conn, Store: engine.Store, Now: now, NewID: newID, Actor: "olga"}, t: t, engine: engine}
	if n := o.sync(); n != 3 {
		t.Fatalf("the first run made %d people", n)
	}
	return o
}

// sync tells how many people a run made.
func (o *office) sync() int {
	o.t.Helper()
	res, err := o.engine.Sync(o.t.Context(), syncrun.PreviewOptions{Trigger: syncrun.TriggerManual})
	if err != nil {
		o.t.Fatal(err)
	}
	return res.Run.Counts.Create
}

// refused holds an error to be one of what was asked for, about a field.
func (o *office) refused(err error, field string, says ...string) {
	o.t.Helper()
	wrong, ok := errors.AsType[*syncrun.InputError](err)
	if !ok || wrong.Field != field {
		o.t.Errorf("not refused for %s: %v", field, err)
		return
	}
	for _, s := range says {
		if !strings.Contains(wrong.Text, s) {
			o.t.Errorf("refused with %q, want %q", wrong.Text, s)
		}
	}
}

func (o *office) find(who string) directory.Person {
	o.t.Helper()
	p, err := o.FindPerson(o.t.Context(), who)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

// TestFind: a WHO means a person, or an employee whom only the plan knows; never one of several.
func TestFind(t *testing.T) {
	o := newOffice(t)
	ann := o.find("ann@acme.test")
	for who, want := range map[string]people.Subject{
		"ANN@acme.test": {SourceID: 4, Name: "Ann Lee", Email: "ann@acme.test"},
		"id:" + ann.ID:  {SourceID: 4, Name: "Ann Lee", Email: "ann@acme.test"},
		"employee: 04":  {SourceID: 4, Name: "Ann Lee", Email: "ann@acme.test"},
		"number:N1":     {SourceID: 4, Name: "Ann Lee", Email: "ann@acme.test"},
		"ann  lee":      {SourceID: 4, Name: "Ann Lee", Email: "ann@acme.test"},
		"Cy Poe":        {SourceID: 15, Name: "Cy Poe"}, // held: no address
		"employee:15":   {SourceID: 15, Name: "Cy Poe"},
	} {
		want.Who = who
		got, err := o.Find(t.Context(), who)
		if person := got.Person; person != nil && person.ID != ann.ID || (person == nil) != (want.SourceID == 15) {
			t.Errorf("%s is person %v", who, person)
		}
		got.Person = nil
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", who, err, diff)
		}
	}
	_, err := o.Find(t.Context(), "Bo Diaz")
	if many, ok := errors.AsType[*people.AmbiguousError](err); !ok || len(many.Candidates) != 2 {
		t.Errorf("two of one name: %v", err)
	}
	for _, who := range []string{"nobody@acme.test", "employee:99", "number:99", "id:p_0", "No Body"} {
		_, err := o.Find(t.Context(), who)
		if _, ok := errors.AsType[*people.NobodyError](err); !ok || !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("%s: %v", who, err)
		}
	}
	_, err = o.FindPerson(t.Context(), "Cy Poe")
	o.refused(err, "who", "nobody in the directory", "rollcall explain")
}

// TestEdit: what the settings lock is refused, what a run overwrites is warned of, and a wrong text changes nothing
// (promises SI4, SI45).
func TestEdit(t *testing.T) {
	o := newOffice(t)
	edit := func(who string, field directory.Field, text string) (people.EditResult, error) {
		return o.Edit(t.Context(), who, map[directory.Field]string{field: text})
	}
	_, err := edit("ann@acme.test", directory.LastName, "Long")
	if locked, ok := errors.AsType[*people.LockedError](err); !ok || locked.From != "lastName" {
		t.Errorf("a locked field: %v", err)
	}
	if res, err := edit("ann@acme.test", directory.JobTitle, " Chief "); err != nil || len(res.Warnings) != 1 || res.Person.Values.Get(directory.JobTitle) != "Chief" {
		t.Errorf("an overwritten field: %v, %v", err, res.Warnings)
	}
	for _, c := range []struct {
		field directory.Field
		text  string
	}{{directory.Email, "ann at acme"}, {directory.Email, ""}, {directory.Birthday, "8 Jan"}, {"shoe_size", "44"}, {"role", "king"}, {"budgets.travel", "500"}} {
		_, err := edit("ann@acme.test", c.field, c.text)
		o.refused(err, string(c.field))
	}
	if p := o.find("ann@acme.test"); p.Values.Get(directory.Email) != "ann@acme.test" || p.Role != directory.RoleMember {
		t.Errorf("a refused edit wrote: %v, %s", p.Values, p.Role)
	}
	if _, err := edit("ann@acme.test", directory.Manager, "bo@acme.test"); err != nil {
		t.Fatal(err)
	}
	_, err = edit("bo@acme.test", directory.Manager, "ann@acme.test")
	o.refused(err, "manager", "must not form a loop")
	_, err = edit("bo@acme.test", directory.Manager, "bo@acme.test")
	o.refused(err, "manager", "their own manager")
	o.MayGive = func(r directory.Role) bool { return !r.Privileged() }
	_, err = edit("ann@acme.test", "role", "admin")
	o.refused(err, "role", "only an owner")
}

// TestMoves: an account is invited, ended and given back by hand, never the last owner's.
func TestMoves(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	for i, c := range []struct {
		move     func(context.Context, string) (people.EditResult, error)
		status   directory.Status
		warnings int
	}{{o.Invite, directory.Active, 0}, {o.Invite, directory.Active, 1}, {o.Deactivate, directory.Deactivated, 0}, {o.Deactivate, directory.Deactivated, 1},
		{o.Reactivate, directory.Active, 0}, {o.Reactivate, directory.Active, 1}} {
		res, err := c.move(ctx, "ann@acme.test")
		if err != nil || res.Person.Status != c.status || len(res.Warnings) != c.warnings {
			t.Errorf("move %d: %v, %s, %v", i, err, res.Person.Status, res.Warnings)
		}
		if locked := res.Person.ManualLock; locked != (c.status == directory.Deactivated) {
			t.Errorf("move %d: a run may undo it: %v", i, !locked)
		}
	}
	if _, err := o.Edit(ctx, "ann@acme.test", map[directory.Field]string{"role": "owner"}); err != nil {
		t.Fatal(err)
	}
	_, err := o.Deactivate(ctx, "ann@acme.test")
	o.refused(err, "", "the last owner")
	if _, err := o.Deactivate(ctx, "bo@acme.test"); err != nil {
		t.Fatal(err)
	}
	_, err = o.Invite(ctx, "bo@acme.test")
	o.refused(err, "", "reactivate first")
}

// TestExceptions: a hold or freeze needs a reason and an end that is ahead, and nobody's status can be frozen; what was
// put can be seen, and taken away once.
func TestExceptions(t *testing.T) {
	o := newOffice(t)
	ctx, past := t.Context(), o.Now().Add(-time.Hour)
	hold := func(field directory.Field, until time.Time, reason string) error {
		_, err := o.AddHold(ctx, "ann@acme.test", field, until, reason)
		return err
	}
	o.refused(hold("", time.Time{}, " "), "reason")
	o.refused(hold("", time.Time{}, strings.Repeat("x", directory.MaxText+1)), "reason")
	o.refused(hold("", past, "leave"), "until")
	forever := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	o.refused(hold("", forever, "leave"), "until", "9999")
	o.refused(hold("shoe_size", time.Time{}, "leave"), "shoe_size")
	_, err := o.AddHoldUntilHR(ctx, "ann@acme.test", directory.Phone, "leave")
	o.refused(err, "until_hr_agrees", "from nothing in BambooHR")
	if err := hold("", o.Now().Add(time.Hour), "leave"); err != nil {
		t.Fatal(err)
	}
	h, err := o.AddHoldUntilHR(ctx, "bo@acme.test", directory.JobTitle, "promoted")
	if value, agrees := h.Awaits(); err != nil || !agrees || value != "Cook" {
		t.Errorf("a hold until BambooHR agrees: %v, %q", err, value)
	}
	if list, err := o.Holds(ctx); err != nil || len(list) != 2 {
		t.Errorf("holds: %v, %v", err, list)
	}
	for i := range 2 {
		if err := o.RemoveHold(ctx, h.ID); (err == nil) != (i == 0) || i == 1 && !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("removed %d times: %v", i+1, err)
		}
	}

	freeze := func(until time.Time, reason string, what ...string) error {
		_, err := o.AddFreeze(ctx, what, until, reason)
		return err
	}
	o.refused(freeze(time.Time{}, "review", "status"), "what", "cannot be frozen")
	o.refused(freeze(time.Time{}, "review", "shoe_size"), "what", "the groups are")
	o.refused(freeze(time.Time{}, "review"), "what", "at least one field")
	o.refused(freeze(time.Time{}, "", "jobs"), "reason")
	o.refused(freeze(past, "review", "jobs"), "until")
	o.refused(freeze(forever, "review", "jobs"), "until", "9999")
	if err := freeze(time.Time{}, "review", "jobs", "phone", "jobs"); err != nil {
		t.Fatal(err)
	}
	all, err := o.Freezes(ctx)
	if err != nil || len(all) != 1 || !cmp.Equal(all[0].What, []string{"jobs", "phone"}) {
		t.Fatalf("freezes: %v, %v", err, all)
	}
	if err := o.EndFreeze(ctx, all[0].ID); err != nil {
		t.Error(err)
	}
	later := o.Now().Add(time.Hour)
	if err := freeze(later, "review", "names"); err != nil {
		t.Fatal(err)
	}
	o.Now = func() time.Time { return later }
	if all, err = o.Freezes(ctx); err != nil || len(all) != 0 {
		t.Errorf("freezes after their end: %v, %v", err, all)
	}
	if list, err := o.Holds(ctx); err != nil || len(list) != 0 {
		t.Errorf("holds after their end: %v, %v", err, list)
	}
}

// TestDecide: a held employee is settled by hand, and nobody gets two employees.
func TestDecide(t *testing.T) {
	o := newOffice(t)
	ctx := t.Context()
	_, err := o.Decide(ctx, "employee:15", directory.DecideLink, "ann@acme.test")
	o.refused(err, "person", "one person has one employee")
	if _, err := o.Add(ctx, "cy@acme.test", nil); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []directory.DecisionKind{directory.DecideNew, directory.DecideIgnore, directory.DecideLink} {
		_, err := o.Decide(ctx, "ann@acme.test", kind, "cy@acme.test")
		o.refused(err, "kind", "has the account id:"+o.find("ann@acme.test").ID+" already", "a hold keeps runs off")
	}
	want := directory.Decision{SourceID: 15, Kind: directory.DecideLink, PersonID: o.find("cy@acme.test").ID}
	if d, err := o.Decide(ctx, "Cy Poe", directory.DecideLink, "cy@acme.test"); err != nil || d != want {
		t.Errorf("decided %+v: %v", d, err)
	}
}

// TestExplain answers from stored decisions, also for a day before them and for who never came, whom later plans leave out.
func TestExplain(t *testing.T) {
	o := newOffice(t)
	if n := o.sync(); n != 0 {
		t.Errorf("the second run made %d people", n)
	}
	for _, c := range []struct {
		who  string
		at   time.Time
		says string
	}{
		{"ann@acme.test", time.Time{}, "Ann Lee"},
		{"ann@acme.test", o.Now().AddDate(0, -1, 0), "no stored run"},
		{"Cy Poe", time.Time{}, "e-mail"},
		{"employee:16", time.Time{}, "left"},
	} {
		x, err := o.Explain(t.Context(), c.who, c.at)
		if err != nil || !strings.Contains(strings.ToLower(x.Sentence), strings.ToLower(c.says)) {
			t.Errorf("%s at %s: %v, %q", c.who, c.at, err, x.Sentence)
		}
	}
}

// TestImportPeople: a user base comes in whole or not at all, with everything that is wrong told at once (promise SI28).
func TestImportPeople(t *testing.T) {
	o := newOffice(t)
	_, err := o.ImportPeople(t.Context(), strings.NewReader(`email,first_name,manager_email,status,role,hire_date
eve@acme.test,Eve,flo@acme.test,,,
flo@acme.test,Flo,eve@acme.test,,,
ann@acme.test,Ann,,,,
gus@acme.test,Gus,nobody@acme.test,gone,king,soon
GUS@acme.test,Gus,,,,
,Nameless,,,,
`))
	wrong, ok := errors.AsType[*people.ImportError](err)
	if !ok {
		t.Fatal(err)
	}
	var got []string
	for _, f := range wrong.Faults {
		got = append(got, fmt.Sprintf("%d %s", f.Line, f.Column))
	}
	want := []string{"2 manager_email", "4 email", "5 hire_date", "5 role", "5 status", "5 manager_email", "6 email", "7 email"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	if _, err := o.Find(t.Context(), "eve@acme.test"); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("half a file came in: %v", err)
	}

	in, err := o.ImportPeople(t.Context(), strings.NewReader("email,manager_email,status\neve@acme.test,flo@acme.test,\nflo@acme.test,ann@acme.test,provisioned\n"))
	if err != nil || len(in) != 2 {
		t.Fatal(err, in)
	}
	eve, flo := o.find("eve@acme.test"), o.find("flo@acme.test")
	if eve.Values.Get(directory.Manager) != flo.ID || flo.Values.Get(directory.Manager) != o.find("ann@acme.test").ID {
		t.Errorf("managers: %v, %v", eve.Values, flo.Values)
	}
	if eve.Status != directory.Active || flo.Status != directory.Provisioned {
		t.Errorf("they are %s and %s", eve.Status, flo.Status)
	}
}

// TestView: blank is null, who is not from HR has no source and no authority, and a manager who is not there is nobody.
func TestView(t *testing.T) {
	o := newOffice(t)
	res, err := o.Add(t.Context(), "eve@acme.test", map[directory.Field]string{directory.Manager: "ann@acme.test", "budgets.travel": "500.00 EUR", "custom.shirt": "L"})
	if err != nil {
		t.Fatal(err)
	}
	ann := o.find("ann@acme.test")
	mails := func(id string) string { return map[string]string{ann.ID: "ann@acme.test"}[id] }
	eve := o.View(&res.Person, "", mails, []directory.Hold{{ID: "hold_x", Field: directory.Manager, UntilHR: directory.UntilHRSays(ann.ID)}})
	if eve.FirstName != nil || eve.Source != nil || len(eve.Authority) != 0 || eve.Teams == nil {
		t.Errorf("not from HR: %+v", eve)
	}
	if *eve.ManagerEmail != "ann@acme.test" || eve.Budgets["travel"] != (people.MoneyView{Amount: "500.00", Currency: "EUR"}) || eve.Custom["shirt"] != "L" {
		t.Errorf("her values: %+v", eve)
	}
	if h := eve.Holds[0]; !h.Agrees || h.Says != "ann@acme.test" {
		t.Errorf("her hold: %+v", h)
	}
	if gone := o.View(&res.Person, "", func(string) string { return "" }, nil); gone.ManagerID != nil || gone.ManagerEmail != nil {
		t.Errorf("a manager who is not there: %v", gone.ManagerID)
	}
	if v := o.View(&ann, "Acme", mails, nil); v.Source.EmployeeID != "4" || v.Authority["last_name"] != "locked" || v.Authority["display_name"] != "overwrite" {
		t.Errorf("from HR: %+v, %v", v.Source, v.Authority)
	}
}

// TestExplainInterrupted: whoever a run did not come to, because it ended, is told so; whom it came to is as it says.
func TestExplainInterrupted(t *testing.T) {
	o := newOffice(t)
	ctx, kept := t.Context(), o.engine.Store
	for _, who := range []string{"ann@acme.test", "bo@acme.test"} {
		if _, err := o.Edit(ctx, who, map[directory.Field]string{directory.JobTitle: "Chief"}); err != nil {
			t.Fatal(err)
		}
	}
	info, _, err := o.engine.Preview(ctx, syncrun.PreviewOptions{Trigger: syncrun.TriggerManual})
	if err != nil || info.Header.Counts.Update != 2 {
		t.Fatalf("%+v, %v", info.Header.Counts, err)
	}
	l, err := kept.Acquire(ctx, info.Connection, "run_x", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	r := syncrun.Run{ID: "run_x", Connection: info.Connection, Trigger: syncrun.TriggerManual, Actor: "cli:root", StartedAt: o.Now(), PlanID: info.ID}
	if err := kept.StartRun(ctx, l, r); err != nil {
		t.Fatal(err)
	}
	var seqs []int64
	for it, err := range kept.Outline(ctx, info.ID) {
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, it.Seq)
	}
	if _, err := kept.ApplyBatch(ctx, l, r, info.ID, seqs[:1], o.Now()); err != nil {
		t.Fatal(err)
	}
	if err := kept.Renew(ctx, l, time.Nanosecond); err != nil { // its time is up
		t.Fatal(err)
	}
	if _, err := kept.Acquire(ctx, info.Connection, "run_y", time.Minute); err != nil {
		t.Fatal(err)
	}
	for who, want := range map[string]string{
		"ann@acme.test": "BambooHR differed in job_title (run_x, by root at the command line). The latest reading of BambooHR, of 2026-11-21 12:00 UTC, asks for nothing else.",
		"bo@acme.test":  "olga edited this person (job_title). Planned, not applied: BambooHR differs in job_title. Run run_x was interrupted before it came to this.",
	} {
		x, err := o.Explain(ctx, who, time.Time{})
		if err != nil || !strings.HasSuffix(x.Sentence, want) {
			t.Errorf("%s: %v\n%s\nwant\n%s", who, err, x.Sentence, want)
		}
	}
}
