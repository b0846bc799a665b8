package api

import (
	"fmt"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
)

// TestSentAgain: who sends a request again because its answer was lost, as a whole or by parts, does nothing twice. The
// first one did it, and the others change nobody, mail nobody and leave the plan as it is.
func TestSentAgain(t *testing.T) {
	w := newWorld(t, office(30))
	con := w.connect(`{"lifecycle":{"initial":"active"},"guard":{"deactivate":{"people":1,"percent":1,"refuse_percent":30}}}`)
	const times = 3
	state := func() string { // everybody as they are, with the version that every change raises, and who was mailed
		t.Helper()
		people := w.ok("GET", "/people?limit=500", "").items()
		if len(people) < 10 {
			t.Fatalf("%d people", len(people))
		}
		return fmt.Sprint(people, w.ok("GET", "/outbox?limit=500", "").items())
	}
	again := func(what, path, body, first, later string) string {
		t.Helper()
		said := func() (id, text string) {
			a := w.owner("POST", path, body)
			if what == "undo" && a.status == 200 {
				return a.str("run.id"), a.str("run.outcome")
			}
			return a.str("id"), a.str("outcome") + a.str("code")
		}
		run, text := said()
		if text != first {
			t.Fatalf("%s: %s, want %s", what, text, first)
		}
		after := state()
		for range times - 1 {
			if id, text := said(); text != later || id == run {
				t.Errorf("%s again: %s of %s, want %s", what, text, id, later)
			}
			if state() != after {
				t.Errorf("%s again changed somebody, or mailed them", what)
			}
		}
		return run
	}
	made := w.ok("POST", "/connections/"+con+"/plans", "")
	run := again("apply", "/plans/"+made.str("id")+"/apply", `{"invite":true}`, "applied", "no_op")
	if got := w.ok("GET", "/runs/"+run, "").str("mails.queued"); got == "" || got == "0" {
		t.Errorf("%s mails of the first", got)
	}
	if got := w.ok("GET", "/plans/"+made.str("id")+"/summary", ""); got.str("applied.0.run_id") != run || got.str("applied.1.run_id") != "" {
		t.Errorf("the plan names other runs than the first: %s", got.text)
	}
	again("sync", "/connections/"+con+"/sync", `{"invite":true}`, "no_op", "no_op")

	for i := 5; i < 9; i++ {
		w.simulate("PUT", fmt.Sprintf("employees/%d", i), `{"status":"Inactive"}`)
	}
	again("sync of what waits", "/connections/"+con+"/sync", "", "refused", "refused")
	made = w.ok("POST", "/connections/"+con+"/plans", "")
	run = again("approve", "/plans/"+made.str("id")+"/approve", `{"kinds":["deactivate"]}`, "applied", "setup")
	again("undo", "/runs/"+run+"/undo", `{"apply":true}`, "applied", "no_op")

	for i := 9; i < 24; i++ {
		w.simulate("PUT", fmt.Sprintf("employees/%d", i), `{"status":"Inactive"}`)
	}
	made = w.as(directory.RoleOperator, "POST", "/connections/"+con+"/plans", "")
	again("release", "/plans/"+made.str("id")+"/apply", `{"release":{"deactivate":`+made.str("counts.deactivate")+`}}`, "applied", "no_op")
}
