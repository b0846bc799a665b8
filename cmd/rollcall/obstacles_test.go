package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/store"
)

// setPause keeps a pause of the only connection the way the server does, nil for none.
func setPause(t *testing.T, c *call, p *connection.Pause) {
	t.Helper()
	db, err := store.Open(t.Context(), c.env["ROLLCALL_DATA"], store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	kept := db.Org(organisation).Settings()
	all, err := kept.Connections(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if _, err := kept.Change(t.Context(), all[0].ID, "cli:test", time.Now(), func(r *connection.Record) ([]connection.Event, error) {
		r.Pause = p
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
}

// The command line tells that automatic runs are paused, why, by whom and until when, and what is frozen; a run
// by hand goes on (promise SI46).
func TestPauseIsToldAtTheCommandLine(t *testing.T) {
	c, _ := company(t, "")
	c.run(t, "person", "add", "zoe@x.test", "--set", "first_name=Zoe", "--set", "last_name=Quist", "-o", "json")
	var zoe struct{ ID string }
	if err := json.Unmarshal(c.out.Bytes(), &zoe); err != nil || zoe.ID == "" {
		t.Fatalf("person add: %s %s", &c.out, &c.err)
	}
	if code := c.run(t, "sync", "--yes"); code != 0 || strings.Contains(c.err.String(), "pause") {
		t.Fatalf("sync without a pause: %d %s", code, &c.err)
	}
	type told struct {
		By     string `json:"by"`
		ByName string `json:"by_name"`
		Reason string
		Until  *string
	}
	asks := func() (check struct {
		OK      bool
		Pause   *told
		Freezes []struct{ What []string }
	}, runs []struct {
		ID    string
		Pause *told `json:"connection_pause"`
	}) {
		c.run(t, "check", "-o", "json")
		if err := json.Unmarshal(c.out.Bytes(), &check); err != nil {
			t.Fatalf("check: %v: %s", err, &c.out)
		}
		c.run(t, "runs", "-o", "json")
		if err := json.Unmarshal(c.out.Bytes(), &runs); err != nil || len(runs) == 0 {
			t.Fatalf("runs: %v: %s", err, &c.out)
		}
		return check, runs
	}
	if check, runs := asks(); check.Pause != nil || check.Freezes == nil || len(check.Freezes) != 0 || runs[0].Pause != nil {
		t.Fatalf("without a pause: %+v, %+v", check, runs)
	}
	until := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	setPause(t, c, &connection.Pause{By: zoe.ID, Reason: "payroll week", At: until.AddDate(0, 0, -20), Until: until})
	if code := c.run(t, "freeze", "reporting_lines", "--reason", "review cycle"); code != 0 {
		t.Fatalf("freeze: %s", &c.err)
	}
	check, runs := asks()
	for what, p := range map[string]*told{"check": check.Pause, "runs": runs[0].Pause} {
		if p == nil || p.By != zoe.ID || p.ByName != "Zoe Quist <zoe@x.test>" || p.Reason != "payroll week" || p.Until == nil || *p.Until != "2026-12-01T00:00:00Z" {
			t.Errorf("%s tells of the pause: %+v", what, p)
		}
	}
	if len(check.Freezes) != 1 || check.Freezes[0].What[0] != "reporting_lines" {
		t.Errorf("check tells of freezes: %+v", check.Freezes)
	}
	const paused = "paused until 2026-12-01 00:00 UTC by Zoe Quist <zoe@x.test>: payroll week"
	for _, args := range [][]string{{"check"}, {"runs"}, {"plan"}, {"plan", "-o", "json"}, {"sync", "--yes"}, {"sync", "--changes", "--yes"}} {
		code := c.run(t, args...)
		if all := c.out.String() + c.err.String(); strings.Count(all, paused) != 1 || code != 0 {
			t.Errorf("%q: code %d, does not tell once of the pause:\n%s", args, code, all)
		}
	}
	for _, args := range [][]string{{"undo", runs[len(runs)-1].ID, "--yes"}, {"undo", runs[len(runs)-1].ID, "--yes", "-o", "json"}} {
		c.run(t, args...)
		if told := c.err.String(); strings.Count(told, paused) != 1 || strings.Count(told, "Frozen until somebody ends it: reporting_lines: review cycle") != 1 ||
			!strings.Contains(told, "an undo changes that all the same") {
			t.Errorf("%q does not tell once of the pause and the freeze:\n%s", args, told)
		}
	}
	c.run(t, "check")
	if want := "Frozen until somebody ends it: reporting_lines: review cycle"; !strings.Contains(c.out.String(), want) {
		t.Errorf("check does not say %q:\n%s", want, &c.out)
	}
	setPause(t, c, &connection.Pause{By: "cli:root", Reason: "over", At: until.AddDate(-1, 0, 0), Until: until.AddDate(0, 0, -30)})
	if check, runs := asks(); check.Pause != nil || runs[0].Pause != nil {
		t.Errorf("a pause that is over: %+v, %+v", check, runs)
	}
}
