package main

import (
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/simcontrol"
	"github.com/rollcall-hr/rollcall/internal/store"
)

// exportable is a simulated company and a directory with somebody whom it does not know.
func exportable(t *testing.T) (*call, *simcontrol.Control) {
	t.Helper()
	c, sim := company(t, "")
	if code := c.run(t, "person", "add", "zoe@x.test", "--set", "first_name=Zoe", "--set", "last_name=Quist"); code != 0 {
		t.Fatalf("person add: exit code %d: %s", code, &c.err)
	}
	return c, sim
}

// posts counts the creations that BambooHR was sent.
func posts(t *testing.T, sim *simcontrol.Control) int {
	t.Helper()
	var log struct {
		Items []struct{ Method, Path string } `json:"items"`
	}
	if err := sim.Do(t.Context(), "GET", "/requests", nil, &log); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, r := range log.Items {
		if r.Method == "POST" && strings.HasSuffix(r.Path, "/employees") {
			n++
		}
	}
	return n
}

// Only a yes creates, and the question states the count and that there is no way back.
func TestExportAsks(t *testing.T) {
	c, sim := exportable(t)
	c.terminal = true
	for _, answer := range []string{"n\n", ""} {
		c.in = answer
		if code := c.run(t, "export", "bamboohr", "--create"); code != 1 || !strings.Contains(c.err.String(), "nothing was created") {
			t.Errorf("answer %q: exit code %d, stderr %q", answer, code, &c.err)
		}
		if want := "Create 1 employee in BambooHR company acme? Rollcall cannot delete them again. [y/N] "; !strings.HasPrefix(c.err.String(), want) {
			t.Errorf("the question is %q, want %q", &c.err, want)
		}
	}
	if n := posts(t, sim); n != 0 {
		t.Fatalf("%d creations were sent without a yes", n)
	}
	c.in = "y\n"
	if code := c.run(t, "export", "bamboohr", "--create"); code != 0 || posts(t, sim) != 1 {
		t.Errorf("answer y: exit code %d, %d creations, stderr %q", code, posts(t, sim), &c.err)
	}
}

// An export and a run of the same connection never work at once.
func TestExportMeetsRun(t *testing.T) {
	c, sim := exportable(t)
	db, err := store.Open(t.Context(), c.env["ROLLCALL_DATA"], store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := db.Org(organisation)
	conn, err := s.EnsureConnection(t.Context(), "Acme HR")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Acquire(t.Context(), conn.ID, "run_under_way", time.Hour); err != nil {
		t.Fatal(err)
	}
	if code := c.run(t, "export", "bamboohr", "--create", "--yes", "-o", "json"); code != 1 || !strings.Contains(c.out.String(), `"run_id":"run_under_way"`) || posts(t, sim) != 0 {
		t.Errorf("exit code %d, %d creations, stdout %q", code, posts(t, sim), &c.out)
	}
}
