package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

const testConnection = "c1"

// employee is a record of HR as the tests write it: what mapping would make of it is computed by
// wanted.
type employee struct {
	id          int64
	name        string // "First Last"
	number      string
	email       string
	title       string
	department  string
	teams       []string
	phone       string
	manager     int64
	managerNo   string
	managerMail string
	home        string
	status      string // "" blank, "hidden" unreadable
	employment  string
	termination string
	hire        string
	scope       string // in, out, unknown
	noStatus    bool
	futureRow   bool
	problem     string
	unreadable  []directory.Field
	invalid     []directory.Field
	notes       []directory.Note
}

// wanted maps the record the way package mapping does, in UTC.
func (x *employee) wanted(p *policy.Connection) directory.Wanted {
	w := directory.Wanted{SourceID: x.id, Name: x.name, Problem: x.problem, AccountText: x.status, Notes: slices.Clone(x.notes)}
	copy(w.Fingerprint[:], fmt.Sprintf("%x", fingerprint(*x)))
	if x.problem != "" {
		return w
	}
	x.mapFields(&w)
	x.mapManager(&w)
	for _, k := range p.Match {
		value := map[policy.MatchKey]string{policy.MatchEmployeeNumber: x.number, policy.MatchWorkEmail: x.email, policy.MatchHomeEmail: x.home}[k]
		w.Match = append(w.Match, directory.MatchKey{Name: string(k), Value: directory.EmailKey(value)})
	}
	x.mapLifecycle(&w, p)
	for _, f := range x.unreadable {
		x.put(&w, f, directory.Want{State: directory.WantUnreadable, From: aliasOf(f)})
	}
	for _, f := range x.invalid {
		x.put(&w, f, directory.Want{State: directory.WantInvalid, From: "x"})
		w.Notes = append(w.Notes, directory.Note{Field: f, Reason: string(InvalidValue), Detail: "cannot be understood"})
	}
	return w
}

func (x *employee) put(w *directory.Wanted, f directory.Field, want directory.Want) {
	if f == directory.Manager {
		w.Manager = directory.ManagerRef{State: want.State, From: want.From}
		return
	}
	w.Fields[f.Slot()] = want
}

// fingerprint stands for the hash of the raw record.
func fingerprint(x employee) uint64 { return hashName(fmt.Sprintf("%+v", x)) }

func (x *employee) mapFields(w *directory.Wanted) {
	first, last, _ := strings.Cut(x.name, " ")
	set := func(f directory.Field, text, from string) {
		want := directory.Want{State: directory.WantBlank, From: from}
		if text != "" {
			want = directory.Want{State: directory.WantSet, Text: text, From: from}
		}
		w.Fields[f.Slot()] = want
	}
	set(directory.EmployeeID, x.number, "employeeNumber")
	set(directory.Email, x.email, "workEmail")
	set(directory.FirstName, first, "firstName")
	set(directory.LastName, last, "lastName")
	set(directory.JobTitle, x.title, "jobTitle")
	set(directory.Department, x.department, "department")
	set(directory.Teams, directory.JoinList(x.teams), "customTeams")
	set(directory.Phone, x.phone, "workPhone")
	set(directory.HireDate, x.hire, "hireDate")
	set(directory.DeactivationDate, x.termination, "terminationDate")
}

func (x *employee) mapManager(w *directory.Wanted) {
	w.Manager = directory.ManagerRef{State: directory.WantBlank, From: "supervisorEId"}
	if x.manager != 0 || x.managerNo != "" || x.managerMail != "" {
		w.Manager = directory.ManagerRef{State: directory.WantSet, SourceID: x.manager, Number: x.managerNo, Email: x.managerMail, From: "supervisorEId"}
	}
}

func (x *employee) mapLifecycle(w *directory.Wanted, p *policy.Connection) {
	leave := func(s policy.Signal, signal directory.Signal) {
		l := p.Lifecycle.Leaving[s]
		if l.Action != policy.LeaveDeactivate && l.Action != policy.LeaveHold {
			return
		}
		signal.Action = string(l.Action)
		if signal.At.IsZero() {
			signal.GraceDays = l.GraceDays
		} else {
			signal.At = signal.At.AddDate(0, 0, l.GraceDays)
		}
		w.Signals = append(w.Signals, signal)
	}
	switch x.status {
	case "hidden":
		w.Account, w.AccountText = directory.AccountUnreadable, ""
	case "":
		w.Account = directory.AccountBlank
	case "Active":
		w.Account = directory.AccountActive
	case "Inactive":
		w.Account = directory.AccountInactive
		leave(policy.SignalStatus, directory.Signal{Kind: directory.SignalStatus, Value: x.status})
	default:
		w.Account = directory.AccountOther
	}
	if day, err := time.Parse(time.DateOnly, x.termination); err == nil {
		leave(policy.SignalTermination, directory.Signal{Kind: directory.SignalTermination, At: day.AddDate(0, 0, 1), Date: x.termination})
	}
	for _, s := range p.Scope.BlockStatuses {
		if policy.SameStatus(s, x.employment) {
			leave(policy.SignalStatusBlocked, directory.Signal{Kind: directory.SignalStatusBlocked, Value: x.employment})
		}
	}
	w.Scope.Verdict = directory.ScopeIn
	switch x.scope {
	case "out":
		w.Scope = directory.ScopeDecision{Verdict: directory.ScopeOut, Rule: "exclude location in [Mars]", Field: "location", Value: "Mars"}
		leave(policy.SignalOutOfScope, directory.Signal{Kind: directory.SignalOutOfScope, Value: "Mars"})
	case "unknown":
		w.Scope = directory.ScopeDecision{Verdict: directory.ScopeUnknown, Rule: "exclude location in [Mars]", Field: "location"}
	}
	w.NoStatus, w.FutureRow = x.noStatus, x.futureRow
	if day, err := time.Parse(time.DateOnly, x.hire); err == nil {
		w.HireDate, w.StartsAt = x.hire, day
		w.ProvisionAt = day.AddDate(0, 0, -p.Lifecycle.PreHireDays)
	}
}

// world is HR and directory together.
type world struct {
	in        Input
	employees []employee
	people    map[string]directory.Person
	links     map[int64]directory.LinkState
	groups    map[directory.Key]directory.Group
	visible   map[int64]bool
	deleted   map[int64]bool
	unlinked  []int64 // not read, and nobody here; of stream only
	evidence  Evidence
}

func newWorld(p *policy.Connection, now time.Time) *world {
	return &world{in: Input{Organisation: "o1", Connection: testConnection, Name: "Acme HR", Policy: p, Revision: "r1", Now: now, Recent: Recent{}},
		people: map[string]directory.Person{}, links: map[int64]directory.LinkState{}, groups: map[directory.Key]directory.Group{},
		visible: map[int64]bool{}, deleted: map[int64]bool{}, evidence: Evidence{SnapshotHash: "s1", Grade: "complete"}}
}

// input completes what the store would count.
func (x *world) input() Input {
	in := x.in
	in.Groups, in.Owners = nil, nil
	in.Linked = LinkedCounts{WithValue: map[directory.Field]int{}}
	for _, k := range slices.Sorted(maps.Keys(x.groups)) {
		in.Groups = append(in.Groups, x.groups[k])
	}
	for _, id := range slices.Sorted(maps.Keys(x.people)) {
		p := x.people[id]
		if p.Status == directory.Active {
			in.Linked.ActiveSeats++
			if p.Role == directory.RoleOwner {
				in.Owners = append(in.Owners, id)
			}
		}
		if p.Link == nil || p.Link.Connection != testConnection {
			continue
		}
		in.Linked.People++
		if p.Status != directory.Deactivated {
			in.Linked.Enabled++
		}
		for _, f := range directory.Standard() {
			if p.Values.Get(f) != "" {
				in.Linked.WithValue[f]++
			}
		}
	}
	return in
}

func (x *world) slices() World {
	out := World{StatusVisible: x.visible, Deleted: x.deleted}
	for i := range x.employees {
		out.Wanted = append(out.Wanted, x.employees[i].wanted(x.in.Policy))
	}
	for _, id := range slices.Sorted(maps.Keys(x.people)) {
		out.People = append(out.People, x.people[id])
	}
	for _, id := range slices.Sorted(maps.Keys(x.links)) {
		out.Links = append(out.Links, x.links[id])
	}
	return out
}

func (x *world) reading() Evidence {
	ev := x.evidence
	ev.Employees = len(x.employees)
	for _, f := range directory.Standard() {
		if !slices.ContainsFunc(x.employees, func(e employee) bool { return !slices.Contains(e.unreadable, f) }) {
			ev.Unreadable = append(slices.Clip(ev.Unreadable), aliasOf(f))
		}
	}
	return ev
}

func (x *world) plan() Plan { return Make(x.input(), x.slices(), x.reading()) }

// apply writes the changes of a plan that do not wait, and refreshes, the way a store does.
func (x *world) apply(t testing.TB, p Plan) {
	t.Helper()
	changed := map[int64]bool{}
	for i := range p.Items {
		switch it := &p.Items[i]; {
		case it.Change != nil && p.Header.Waiting(it.Change.Kinds) == NotWaiting:
			x.write(t, it.Change)
			changed[it.Change.SourceID] = true
		case it.Refresh != nil && !changed[it.Refresh.SourceID]:
			x.links[it.Refresh.SourceID] = *it.Refresh
		case it.Left != nil:
			x.links[it.Left.SourceID] = it.Left.Link
		}
	}
	x.in.Holds = slices.DeleteFunc(slices.Clone(x.in.Holds), func(h directory.Hold) bool { return slices.Contains(p.Header.EndedHolds, h.ID) })
	x.checkUnique(t)
}

func (x *world) write(t testing.TB, c *Change) {
	t.Helper()
	if c.Group != nil {
		x.groups[c.Key()] = *c.Group
		return
	}
	p, exists := x.people[c.PersonID]
	switch {
	case c.Action == Create && exists:
		t.Fatalf("person %s is created twice", c.PersonID)
	case c.Action == Create:
		p = directory.Person{ID: c.PersonID, Role: directory.RoleMember, CreatedAt: x.in.Now}
	case !exists || p.Version != c.Version || p.Status != c.StatusBefore:
		t.Fatalf("change of %s was planned on something else: %+v", c.PersonID, c)
	}
	for _, f := range c.Fields {
		if f.Field == statusField {
			continue
		}
		before, after := f.Before, f.After
		if f.Field == directory.Manager {
			before, after = f.BeforeID, f.AfterID
		}
		if p.Values.Get(f.Field) != before {
			t.Fatalf("%s of %s is %q, not %q", f.Field, c.PersonID, p.Values.Get(f.Field), before)
		}
		p.Values.Set(f.Field, f.Kind, after)
	}
	if c.StatusAfter == directory.Deactivated && p.Status != directory.Deactivated {
		p.PreviousStatus = p.Status
	}
	p.Status = c.StatusAfter
	p.Version++
	if c.Link != nil {
		p.Link = &directory.Link{Connection: testConnection, SourceID: fmt.Sprint(c.SourceID)}
		x.links[c.SourceID] = *c.Link
	}
	x.in.Holds = append(x.in.Holds, c.Holds...)
	x.people[p.ID] = p
}

// checkUnique holds what the store's indexes hold: one person per address.
func (x *world) checkUnique(t testing.TB) {
	t.Helper()
	seen := map[string]string{}
	for id, p := range x.people {
		key := directory.EmailKey(p.Values.Get(directory.Email))
		if other, ok := seen[key]; ok && key != "" {
			t.Fatalf("%s and %s both have %s", id, other, key)
		}
		seen[key] = id
	}
}

// loop returns the people of a reporting loop in the directory.
func (x *world) loop() []string {
	for id := range x.people {
		var path []string
		for at := id; at != ""; {
			if slices.Contains(path, at) {
				return append(path, at)
			}
			path = append(path, at)
			p := x.people[at]
			at = p.Values.Get(directory.Manager)
		}
	}
	return nil
}

func testPolicy(t testing.TB, settings string) *policy.Connection {
	t.Helper()
	text := "connection:\n  name: Acme HR\n  bamboohr: { subdomain: acme }\n"
	for line := range strings.Lines(settings) {
		text += "  " + line
	}
	f, faults := policy.ParseFile([]byte(text), func(string) (string, bool) { return "", false })
	if len(faults) > 0 {
		t.Fatalf("settings: %v", faults)
	}
	return &f.Connections[0]
}

func day(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no instant", text)
	return time.Time{}
}

// aliasOf is the column of HR from which the tests fill a field.
func aliasOf(f directory.Field) string {
	t, _ := policy.FindTarget(string(f))
	return string(t.Alias)
}

func instant(t time.Time) string { return t.UTC().Format(time.RFC3339) }
