package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/directory"
)

func jsonWorld(t *testing.T) *world {
	x := newWorld(testPolicy(t, "departments: create"), testNow)
	x.addPerson(t, "p1", map[string]string{"name": "Ann Lee", "email": "ann@acme.test", "employee": "12", "title": "Engineer", "manager": "p2"})
	x.addPerson(t, "p2", map[string]string{"name": "Bo Diaz", "email": "bo@acme.test", "employee": "13"})
	x.addPerson(t, "q1", map[string]string{"name": "Ann Lee", "email": "ann.lee@old.test"})
	x.employees = []employee{
		{id: 12, name: "Ann Lee", email: "ann@acme.test", title: "Lead", manager: 13, status: "Active", teams: []string{"Red"}},
		{id: 13, name: "Bo Diaz", email: "bo@acme.test", department: "Sales", manager: 12, status: "Active", invalid: []directory.Field{directory.HireDate}},
		{id: 14, name: "Cy Park", status: "Active"},
		{id: 15, name: "Ann Lee", email: "ann15@acme.test", status: "Active"},
	}
	x.evidence = Evidence{SnapshotID: "s1", TakenAt: testNow, SnapshotHash: "h", Readable: []string{"workEmail", "firstName"}, Grade: "complete", Requests: 5}
	return x
}

func TestPlanAsJSON(t *testing.T) {
	p := jsonWorld(t).plan()
	var out bytes.Buffer
	e := NewEncoder(&out, "plan1", "Acme HR", &p.Header)
	for i := range p.Items {
		e.Item(&p.Items[i])
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, out.Bytes(), "", " "); err != nil {
		t.Fatalf("not JSON: %v\n%s", err, out.String())
	}
	const file = "testdata/plan.json"
	if *update {
		if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), pretty.String()); diff != "" {
		t.Errorf("plan as JSON (-want +got):\n%s", diff)
	}
}

func TestJSONValue(t *testing.T) {
	for _, c := range []struct {
		kind directory.Kind
		text string
		want string
	}{
		{directory.KindText, "", "null"},
		{directory.KindList, "", "null"},
		{directory.KindText, "a \"b\"", `"a \"b\""`},
		{directory.KindList, directory.JoinList([]string{"a", "b"}), `["a","b"]`},
		{directory.KindNumber, "12.50", "12.50"},
		{directory.KindBoolean, "false", "false"},
		{directory.KindMoney, "500.00 EUR", `{"amount":"500.00","currency":"EUR"}`},
		{directory.KindDate, "2026-11-21", `"2026-11-21"`},
	} {
		got, err := json.Marshal(JSONValue(c.kind, c.text))
		if err != nil || string(got) != c.want {
			t.Errorf("JSONValue(%s, %q) = %s, %v, want %s", c.kind, c.text, got, err, c.want)
		}
	}
}

type brokenWriter struct{ after int }

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.after--; w.after < 0 {
		return 0, errors.New("disk full")
	}
	return len(p), nil
}

func TestEncoderKeepsTheFirstError(t *testing.T) {
	p := jsonWorld(t).plan()
	e := NewEncoder(&brokenWriter{after: 3}, "plan1", "Acme HR", &p.Header)
	for i := range p.Items {
		e.Item(&p.Items[i])
	}
	if err := e.Close(); err == nil || err.Error() != "disk full" {
		t.Errorf("Close() = %v, want the writer's error", err)
	}
}

// The hash is the plan's content: not when it was made, nor by which snapshot or with how many requests.
func TestHash(t *testing.T) {
	x := jsonWorld(t)
	base := x.plan().Header.Hash
	x.in.Now = x.in.Now.AddDate(0, 0, 1)
	x.evidence.SnapshotID, x.evidence.Requests, x.evidence.TakenAt = "s2", 99, x.in.Now
	if got := x.plan().Header.Hash; got != base {
		t.Errorf("another instant gives another hash")
	}
	for name, change := range map[string]func(x *world){
		"settings": func(x *world) { x.in.Revision = "r2" },
		"snapshot": func(x *world) { x.evidence.SnapshotHash = "h2" },
		"version": func(x *world) {
			p := x.people["p1"]
			p.Version++
			x.people["p1"] = p
		},
		"value":  func(x *world) { x.employees[0].title = "Boss" },
		"as of":  func(x *world) { x.in.AsOf = &x.in.Now },
		"reason": func(x *world) { x.employees[2].status = "" },
	} {
		y := jsonWorld(t)
		change(y)
		if y.plan().Header.Hash == base {
			t.Errorf("another %s gives the same hash", name)
		}
	}
}
