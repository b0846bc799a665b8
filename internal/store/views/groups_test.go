package views_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/views"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
	"github.com/rollcall-hr/rollcall/syncrun"
)

const company = `id,employeeNumber,firstName,lastName,workEmail,status,hireDate,terminationDate,employmentHistoryStatus,department,customTeams
4,1,Ann,Lee,ann@acme.test,Active,2024-01-08,,Full-Time,Engineering,"Red, Blue"
9,2,Bo,Diaz,bo@acme.test,Active,2023-05-01,,Full-Time,Enginering,"Blues, Blue"
10,3,Cy,Doe,cy@acme.test,Active,2023-05-01,,Full-Time,ENGINERING,Blues
11,4,Di,Fox,di@acme.test,Active,2023-05-01,,Full-Time,Sales,Red
`

// engine syncs the company of a file into the world.
func (w *world) engine(t *testing.T) *syncrun.Engine {
	t.Helper()
	conn, faults := policy.ParseSettings([]byte(`
name: Acme HR
bamboohr: { subdomain: acme }
mapping:
  teams: { from: customTeams, split: "," }
  manager: null
  phone: null
  job_title: null
  division: null
  location: null
  preferred_name: null
  original_hire_date: null
`))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	n := 0
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(company)), nil }
	return &syncrun.Engine{Organisation: "acme", Policy: &conn, Store: w.Store, Source: source.NewCSV("employees.csv", open, source.Options{Now: w.now}),
		Now: w.now, Actor: "cli:test", LeaseFor: time.Minute, Retryable: source.Retryable,
		NewID: func(prefix string) string { n++; return fmt.Sprintf("%s_sync%d", prefix, n) }}
}

// synced is a world after a first sync, and what another one must find: nothing, though it looks at
// everybody again.
func synced(t *testing.T) (w *world, nothingToDo func()) {
	t.Helper()
	w = newWorld(t)
	e := w.engine(t)
	sync := func() syncrun.SyncResult {
		t.Helper()
		r, err := e.Sync(t.Context(), syncrun.PreviewOptions{Trigger: syncrun.TriggerManual})
		w.ok(err)
		return r
	}
	if r := sync(); r.Run.Counts.Create != 4 {
		t.Fatalf("first sync: %+v", r.Run)
	}
	return w, func() {
		t.Helper()
		r := sync()
		if r.Run.Outcome != syncrun.OutcomeNoOp || r.Run.Counts.Changes() != 0 || r.Run.Counts.Held != 0 {
			t.Errorf("the next sync did %s: %+v", r.Run.Outcome, r.Run.Counts)
		}
	}
}

func (w *world) groups(kind directory.GroupKind) map[string]views.GroupRow {
	w.t.Helper()
	list, err := w.v.Groups(w.t.Context(), kind)
	w.ok(err)
	out := map[string]views.GroupRow{}
	for _, g := range list {
		out[g.Name] = g
	}
	return out
}

// of returns a field of everybody by BambooHR id.
func (w *world) of(f directory.Field) map[string]string {
	w.t.Helper()
	out := map[string]string{}
	for p, err := range w.AllPeople(w.t.Context()) {
		w.ok(err)
		out[p.Link.SourceID] = strings.Join(directory.SplitList(p.Values.Get(f)), "+")
	}
	return out
}

func TestMergeDepartments(t *testing.T) {
	w, nothingToDo := synced(t)
	before := w.groups(directory.KindDepartment)
	same(t, []int{1, 2, 1}, []int{before["Engineering"].People, before["Enginering"].People, before["Sales"].People})
	pairs, ok, err := w.v.NearDuplicates(t.Context(), directory.KindDepartment)
	w.ok(err)
	if !ok || len(pairs) != 1 || pairs[0][0].Name != "Engineering" || pairs[0][1].Name != "Enginering" {
		t.Errorf("near-duplicates: %v", pairs)
	}
	bo, err := w.PersonBySource(t.Context(), w.conn.ID, "9")
	w.ok(err)
	got, err := w.v.MergeGroups(t.Context(), before["Enginering"].ID, before["Engineering"].ID, "p_admin", w.now())
	w.ok(err)
	same(t, views.Regrouped{Moved: 2, Group: directory.Group{ID: before["Engineering"].ID, Kind: directory.KindDepartment, Name: "Engineering",
		Aliases: []string{"Enginering"}, Version: before["Engineering"].Version + 1}}, got)
	same(t, map[string]string{"4": "Engineering", "9": "Engineering", "10": "Engineering", "11": "Sales"}, w.of(directory.Department))
	after := w.groups(directory.KindDepartment)
	same(t, []int{2, 3, 0}, []int{len(after), after["Engineering"].People, after["Engineering"].Active})

	moved, err := w.Person(t.Context(), bo.ID)
	w.ok(err)
	if moved.Version != bo.Version+1 || len(moved.Edited) != 0 {
		t.Errorf("version %d, edited %v", moved.Version, moved.Edited)
	}
	links, err := w.LinkStatesOf(t.Context(), w.conn.ID, []int64{9})
	w.ok(err)
	if links[9].Clean {
		t.Error("the next run would not look at somebody who moved")
	}
	h, err := w.History(t.Context(), bo.ID, "", 0)
	w.ok(err)
	last := h.Entries[len(h.Entries)-1]
	if c := last.Item.Change; last.Actor != "p_admin" || c == nil || len(c.Fields) != 1 || c.Fields[0].Before != "Enginering" || c.Fields[0].After != "Engineering" {
		t.Errorf("history ends with %+v", last)
	}
	trail, err := w.v.Audit(t.Context(), views.AuditQuery{Event: "merge_groups"})
	w.ok(err)
	if len(trail.Items) != 1 || trail.Items[0].Actor != "p_admin" || trail.Items[0].Before != before["Enginering"].ID || trail.Items[0].Subject != got.Group.ID {
		t.Errorf("audit: %+v", trail.Items)
	}
	w.ok(w.VerifyAudit(t.Context()))
	nothingToDo()
	nothingToDo()
}

func TestMergeTeams(t *testing.T) {
	w, nothingToDo := synced(t)
	g := w.groups(directory.KindTeam)
	got, err := w.v.MergeGroups(t.Context(), g["Blues"].ID, g["Blue"].ID, "p_admin", w.now())
	w.ok(err)
	same(t, 2, got.Moved)
	same(t, map[string]string{"4": "Red+Blue", "9": "Blue", "10": "Blue", "11": "Red"}, w.of(directory.Teams))
	same(t, 3, w.groups(directory.KindTeam)["Blue"].People)
	nothingToDo()
}

func TestRenameGroup(t *testing.T) {
	w, nothingToDo := synced(t)
	g := w.groups(directory.KindDepartment)
	got, err := w.v.RenameGroup(t.Context(), g["Sales"].ID, " Revenue ", "p_admin", w.now())
	w.ok(err)
	same(t, views.Regrouped{Moved: 1, Group: directory.Group{ID: g["Sales"].ID, Kind: directory.KindDepartment, Name: "Revenue", Aliases: []string{"Sales"}, Version: 2}}, got)
	same(t, "Revenue", w.of(directory.Department)["11"])
	nothingToDo()
	if _, err := w.v.MergeGroups(t.Context(), got.Group.ID, g["Engineering"].ID, "p_admin", w.now()); err != nil {
		t.Fatal(err)
	}
	same(t, []string{"Revenue", "Sales"}, sorted(w.groups(directory.KindDepartment)["Engineering"].Aliases))
	nothingToDo()
	// A name in other letters is the same name, and an old name may come back.
	got, err = w.v.RenameGroup(t.Context(), g["Engineering"].ID, "ENGINEERING", "p_admin", w.now())
	w.ok(err)
	same(t, []string{"Revenue", "Sales"}, sorted(got.Group.Aliases))
	got, err = w.v.RenameGroup(t.Context(), g["Engineering"].ID, "Sales", "p_admin", w.now())
	w.ok(err)
	same(t, []string{"ENGINEERING", "Revenue"}, sorted(got.Group.Aliases))
	same(t, "Sales", w.of(directory.Department)["4"])
	nothingToDo()
}

func TestRegroupRefused(t *testing.T) {
	w, _ := synced(t)
	d, team := w.groups(directory.KindDepartment), w.groups(directory.KindTeam)
	seq := func() int64 {
		p, err := w.v.Audit(t.Context(), views.AuditQuery{Limit: 1})
		w.ok(err)
		return p.Items[0].Seq
	}
	before := seq()
	for _, pair := range [][2]string{{d["Sales"].ID, d["Sales"].ID}, {d["Sales"].ID, team["Red"].ID}} {
		if _, err := w.v.MergeGroups(t.Context(), pair[0], pair[1], "p_admin", w.now()); err == nil {
			t.Errorf("merged %v", pair)
		}
	}
	_, err := w.v.MergeGroups(t.Context(), d["Sales"].ID, "g_none", "p_admin", w.now())
	missing(t, "merge into nothing", err)
	_, err = w.v.RenameGroup(t.Context(), "g_none", "X", "p_admin", w.now())
	missing(t, "rename nothing", err)
	for _, name := range []string{"", " \u200b", strings.Repeat("x", directory.MaxText+1)} {
		if _, err := w.v.RenameGroup(t.Context(), d["Sales"].ID, name, "p_admin", w.now()); err == nil {
			t.Errorf("renamed to %q", name)
		}
	}
	_, err = w.v.RenameGroup(t.Context(), d["Sales"].ID, "enginering", "p_admin", w.now())
	if taken := (*views.NameTakenError)(nil); !errors.As(err, &taken) || taken.Group.ID != d["Enginering"].ID {
		t.Errorf("renamed to a name that is taken: %v", err)
	}
	same(t, d, w.groups(directory.KindDepartment))
	same(t, before, seq())
}
