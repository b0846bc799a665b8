package plan

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rollcall-hr/rollcall/directory"
)

var update = flag.Bool("update", false, "rewrite the golden plans")

// TestGolden plans every case of testdata: settings as in rollcall.yaml, one employee, person or other
// fact per line, and the plan as text.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { golden(t, file) })
	}
}

func golden(t *testing.T, file string) {
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	part := func(name string) string {
		for _, f := range a.Files {
			if f.Name == name {
				return string(f.Data)
			}
		}
		return ""
	}
	x := newWorld(testPolicy(t, part("settings")), day(t, "2026-11-21T12:00:00Z"))
	for line := range strings.Lines(part("hr")) {
		x.addEmployee(t, line)
	}
	for line := range strings.Lines(part("directory")) {
		x.addFact(t, line)
	}
	p := x.plan()
	got := render(p)
	if len(x.in.Only) == 0 {
		checkCounts(t, x, p)
	}
	if *update {
		a.Files[len(a.Files)-1].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(part("plan"), got); diff != "" {
		t.Errorf("plan differs (-want +got):\n%s", diff)
	}
}

// checkCounts holds the surface's formula: everybody is counted exactly once.
func checkCounts(t testing.TB, x *world, p Plan) {
	t.Helper()
	union := len(x.employees)
	present := map[int64]bool{}
	for _, e := range x.employees {
		present[e.id] = true
	}
	for _, q := range x.people {
		switch {
		case q.Link == nil:
			union++
			for i := range p.Items {
				// Somebody linked by this plan is one with the employee.
				if c := p.Items[i].Change; c != nil && c.PersonID == q.ID && c.Reason == Linked {
					union--
				}
			}
		case q.Link.Connection == testConnection && !present[sourceID(q.Link.SourceID)]:
			union++
		}
	}
	c := p.Header.Counts
	if sum := c.Create + c.Update + c.Deactivate + c.Reactivate + c.Link + c.Unchanged + c.Left + c.HeldPeople; sum != union {
		t.Errorf("the counts add up to %d, there are %d employees and people: %+v", sum, union, c)
	}
}

// tokens splits a line at spaces outside double quotes.
func tokens(line string) []string {
	quoted := false
	parts := strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\n')
	})
	for i := range parts {
		parts[i] = strings.ReplaceAll(parts[i], `"`, "")
	}
	return parts
}

func fieldsOf(value string) []directory.Field {
	var out []directory.Field
	for f := range strings.SplitSeq(value, ",") {
		out = append(out, directory.Field(f))
	}
	return out
}

func (x *world) addEmployee(t *testing.T, line string) {
	t.Helper()
	parts := tokens(line)
	if len(parts) == 0 {
		return
	}
	id, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	e := employee{id: id, status: "Active", employment: "Full-Time"}
	for _, p := range parts[1:] {
		key, value, _ := strings.Cut(p, "=")
		switch key {
		case "name":
			e.name = value
		case "number":
			e.number = value
		case "email":
			e.email = value
		case "home":
			e.home = value
		case "title":
			e.title = value
		case "department":
			e.department = value
		case "teams":
			e.teams = strings.Split(value, ",")
		case "phone":
			e.phone = value
		case "manager":
			e.manager = sourceID(value)
		case "manager_number":
			e.managerNo = value
		case "manager_email":
			e.managerMail = value
		case "status":
			e.status = value
		case "employment":
			e.employment = value
		case "termination":
			e.termination = value
		case "hire":
			e.hire = value
		case "scope":
			e.scope = value
		case "nostatus":
			e.noStatus = true
			x.visible[id] = value != "unconfirmed"
		case "futurerow":
			e.futureRow = true
		case "problem":
			e.problem = value
		case "unreadable":
			e.unreadable = fieldsOf(value)
		case "invalid":
			e.invalid = fieldsOf(value)
		case "warning":
			e.notes = append(e.notes, directory.Note{Detail: value})
		case "hidden":
			e.notes = append(e.notes, directory.Note{Reason: string(Unreadable), Detail: value})
		default:
			t.Fatalf("employee %d: unknown %q", id, key)
		}
	}
	x.employees = append(x.employees, e)
}

func (x *world) addFact(t *testing.T, line string) {
	t.Helper()
	parts := tokens(line)
	if len(parts) < 2 {
		return
	}
	set := map[string]string{}
	for _, p := range parts[1:] {
		key, value, _ := strings.Cut(p, "=")
		set[key] = value
	}
	switch parts[0] {
	case "now":
		x.in.Now = day(t, parts[1])
	case "department", "team":
		g := directory.Group{ID: "g-" + parts[1], Kind: directory.GroupKind(parts[0]), Name: parts[1]}
		if a := set["alias"]; a != "" {
			g.Aliases = strings.Split(a, ",")
		}
		x.groups[directory.GroupKey(g.Kind, g.Name)] = g
	case "hold":
		h := directory.Hold{ID: set["id"], PersonID: parts[1], Field: directory.Field(set["field"]), UntilHR: set["until_hr"], Reason: set["reason"]}
		if u := set["until"]; u != "" {
			h.Until = day(t, u)
		}
		x.in.Holds = append(x.in.Holds, h)
	case "freeze":
		f := directory.Freeze{ID: set["id"], Connection: testConnection, What: strings.Split(set["what"], ","), Reason: set["reason"]}
		if u := set["until"]; u != "" {
			f.Until = day(t, u)
		}
		x.in.Freezes = append(x.in.Freezes, f)
	case "decide":
		x.in.Decisions = append(x.in.Decisions, directory.Decision{SourceID: sourceID(parts[1]), Kind: directory.DecisionKind(parts[2]), PersonID: set["to"]})
	case "evidence":
		x.evidence.Grade = "complete"
		if parts[1] == "doubtful" {
			x.evidence.Grade, x.evidence.HeadBefore = "doubtful", 100
			x.evidence.Doubts = []string{"BambooHR shows 3 employees, 97 fewer than the 100 of the last good read"}
		}
		if u := set["unreadable"]; u != "" {
			x.evidence.Unreadable = strings.Split(u, ",")
		}
	case "recent":
		n, _ := strconv.Atoi(parts[2])
		x.in.Recent[Kind(parts[1])] = n
	case "only":
		x.in.Only = append(x.in.Only, sourceID(parts[1]))
	case "deleted":
		x.deleted[sourceID(parts[1])] = true
	case "state":
		x.addState(t, sourceID(parts[1]), set)
	case "person":
		x.addPerson(t, parts[1], set)
	default:
		t.Fatalf("unknown fact %q", line)
	}
}

func (x *world) addState(t *testing.T, id int64, set map[string]string) {
	s := x.links[id]
	_, s.Adopted = set["adopted"]
	_, s.Clean = set["clean"]
	if due := set["due"]; due != "" {
		s.Due = &directory.Due{At: day(t, due), Action: string(Deactivate), Reason: set["reason"], Date: set["date"]}
	}
	if since := set["since"]; since != "" {
		kind, at, _ := strings.Cut(since, "@")
		s.Since = map[directory.SignalKind]time.Time{directory.SignalKind(kind): day(t, at)}
	}
	x.links[id] = s
}

func (x *world) addPerson(t *testing.T, id string, set map[string]string) {
	p := directory.Person{ID: id, Version: 1, Status: directory.Active, Role: directory.RoleMember, CreatedAt: day(t, "2025-01-01")}
	first, last, _ := strings.Cut(set["name"], " ")
	for f, text := range map[directory.Field]string{directory.FirstName: first, directory.LastName: last, directory.Email: set["email"],
		directory.JobTitle: set["title"], directory.Department: set["department"], directory.Manager: set["manager"],
		directory.EmployeeID: set["number"], directory.HireDate: set["hire"], directory.Phone: set["phone"],
		directory.DeactivationDate: set["deactivation_date"]} {
		p.Values.Set(f, "", text)
	}
	if teams := set["teams"]; teams != "" {
		p.Values.Set(directory.Teams, directory.KindList, directory.JoinList(strings.Split(teams, ",")))
	}
	if s := set["status"]; s != "" {
		p.Status = directory.Status(s)
		p.PreviousStatus = directory.Status(set["previous"])
	}
	if r := set["role"]; r != "" {
		p.Role = directory.Role(r)
	}
	_, p.ManualLock = set["locked"]
	if c := set["created"]; c != "" {
		p.CreatedAt = day(t, c)
	}
	if e := set["employee"]; e != "" {
		p.Link = &directory.Link{Connection: testConnection, SourceID: e}
		if c := set["connection"]; c != "" {
			p.Link.Connection = c
		} else {
			n := sourceID(e)
			x.links[n] = directory.LinkState{SourceID: n, PersonID: id, Outcome: directory.OutcomeLinked, Revision: "r1"}
		}
	}
	x.people[id] = p
}

// render writes a plan for the eye. New people's derived ids are left out.
func render(p Plan) string {
	var s strings.Builder
	h := &p.Header
	fmt.Fprintf(&s, "verdict %s, seats %d to %d\n", h.Verdict, h.SeatsBefore, h.SeatsAfter)
	for _, r := range h.Reasons {
		fmt.Fprintf(&s, "  %s %s %d of %d limit %d waits for %s: %s\n", r.Code, r.Kind, r.Count, r.Of, r.Limit, r.Waiting, r.Sentence)
	}
	c := h.Counts
	fmt.Fprintf(&s, "create %d update %d deactivate %d reactivate %d link %d department %d team %d held %d unchanged %d left %d\n",
		c.Create, c.Update, c.Deactivate, c.Reactivate, c.Link, c.CreateDepartment, c.CreateTeam, c.Held, c.Unchanged, c.Left)
	if len(h.EndedHolds) > 0 {
		fmt.Fprintf(&s, "ended holds %v\n", h.EndedHolds)
	}
	if len(h.Freezes) > 0 {
		fmt.Fprintf(&s, "freezes %v\n", h.Freezes)
	}
	for i := range p.Items {
		renderItem(&s, h, &p.Items[i])
	}
	return s.String()
}

func renderItem(s *strings.Builder, h *Header, it *Item) {
	switch {
	case it.Change != nil:
		renderChange(s, h, it.Change)
	case it.Held != nil:
		renderHeld(s, it.Held)
	case it.Left != nil:
		fmt.Fprintf(s, "left %d %s\n", it.Left.SourceID, it.Left.Name)
	default:
		fmt.Fprintf(s, "refresh %s\n", stateText(it.Refresh))
	}
}

func renderChange(s *strings.Builder, h *Header, c *Change) {
	fmt.Fprintf(s, "%s %s %s", c.Action, employeeText(c.SourceID), c.Name)
	if c.Group == nil {
		fmt.Fprintf(s, " %s %s>%s", c.Reason, c.StatusBefore, c.StatusAfter)
	}
	if w := h.Waiting(c.Kinds); w != NotWaiting {
		fmt.Fprintf(s, " WAITS %s", w)
	}
	fmt.Fprintf(s, "\n  %s\n", c.Sentence)
	for _, f := range c.Fields {
		fmt.Fprintf(s, "  %s: %s > %s", f.Field, Shown(f.Before), Shown(f.After))
		if f.From != "" {
			fmt.Fprintf(s, " (%s)", f.From)
		}
		s.WriteByte('\n')
	}
	if !c.EffectiveAt.IsZero() {
		fmt.Fprintf(s, "  effective %s\n", instant(c.EffectiveAt))
	}
	for _, k := range c.DependsOn {
		if !strings.HasPrefix(string(k), "person:p_") {
			fmt.Fprintf(s, "  needs %s\n", k)
		}
	}
	for _, k := range Kinds() {
		if c.Kinds.Has(k) {
			fmt.Fprintf(s, "  kind %s\n", k)
		}
	}
	if c.Link != nil {
		fmt.Fprintf(s, "  state %s\n", stateText(c.Link))
	}
}

func renderHeld(s *strings.Builder, h *Held) {
	fmt.Fprintf(s, "held %s %s %s", employeeText(h.SourceID), h.Name, h.Reason)
	if h.Kind == HeldField {
		s.WriteString(" column")
	}
	if h.Field != "" {
		fmt.Fprintf(s, " %s", h.Field)
	}
	fmt.Fprintf(s, ": %s\n", h.Detail)
	if f := h.Frozen; f != nil {
		fmt.Fprintf(s, "  waits %s > %s since %s\n", f.Change.Before, f.Change.After, instant(f.Since))
	}
	for _, c := range h.Candidates {
		fmt.Fprintf(s, "  candidate %s %s <%s> %s\n", c.PersonID, c.Name, c.Email, c.Why)
	}
	if h.Trace.Fix != "" {
		fmt.Fprintf(s, "  fix %s\n", h.Trace.Fix)
	}
}

func employeeText(id int64) string {
	if id == 0 {
		return "-"
	}
	return strconv.FormatInt(id, 10)
}

func stateText(s *directory.LinkState) string {
	text := strconv.FormatInt(s.SourceID, 10)
	if s.Adopted {
		text += " adopted"
	}
	if s.Clean {
		text += " clean"
	}
	if s.Due != nil {
		text += fmt.Sprintf(" due %s %s %s", instant(s.Due.At), s.Due.Action, s.Due.Reason)
	}
	for _, k := range slices.Sorted(maps.Keys(s.Since)) {
		text += fmt.Sprintf(" %s since %s", k, instant(s.Since[k]))
	}
	return text
}
