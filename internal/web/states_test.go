package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
)

// fault makes the simulator misbehave until the test ends.
func (s *site) fault(text string) {
	s.t.Helper()
	res, err := http.Post(s.sim.URL+"/_sim/faults", "application/json", strings.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode >= 300 {
		s.t.Fatalf("fault %s: %s", text, res.Status)
	}
}

// Three readings in a row that failed put the connection into an error state that is shown, with what is
// wrong and what to do (promise BW11, contradiction C25); a good one ends it.
func TestErrorStateIsShown(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, _ := s.connect()
	cookie := s.cookie("owner@acme.test")
	s.fault(`{"name": "no_people"}`)
	const state = ">Error</span>"
	for n := range 3 {
		if got := s.ask(http.MethodGet, "/connections", cookie, nil); strings.Contains(got.body, state) {
			t.Errorf("after %d failures the list says error already", n)
		}
		job, err := s.connections.Preview(t.Context(), s.owner, id, connection.PreviewRequest{})
		if err == nil {
			job, err = s.connections.Wait(t.Context(), job.ID)
		}
		if err != nil || job.Err == nil {
			t.Fatalf("a company without people was planned: %v, %v", err, job.Err)
		}
	}
	for _, path := range []string{"/connections", "/connections/" + id} {
		got := s.ask(http.MethodGet, path, cookie, nil)
		if !strings.Contains(got.body, state) {
			t.Errorf("%s does not show the error state", path)
		}
	}
	request, err := http.NewRequest(http.MethodDelete, s.sim.URL+"/_sim/faults", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	s.preview(id)
	if got := s.ask(http.MethodGet, "/connections", cookie, nil); strings.Contains(got.body, state) {
		t.Error("a good reading does not end the error state")
	}
}

// The audit log names who switched automatic runs off (promise SI46).
func TestAuditTellsWhoSwitchedOff(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, _ := s.connect()
	ctx := t.Context()
	d, err := s.connections.Get(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.connections.Save(ctx, s.owner, id, d.Version.Number, []byte(`{"notify": {"errors": ["it@acme.test"]}}`)); err != nil {
		t.Fatal(err)
	}
	if err := s.connections.Enable(ctx, s.owner, id); err != nil {
		t.Fatal(err)
	}
	other := s.person("mallory@acme.test", "admin")
	if err := s.connections.Disable(ctx, other, id); err != nil {
		t.Fatal(err)
	}
	got := s.ask(http.MethodGet, "/audit?event=connection_disabled", s.cookie("owner@acme.test"), nil)
	if !strings.Contains(got.body, "Some admin") || strings.Count(got.body, "Acme HR") == 0 {
		t.Errorf("the audit log does not tell who switched the automatic runs off:\n%s", got.body)
	}
}

// A preview of unsaved settings tells nothing about anybody: why somebody is as they are is asked of plans
// made with settings that were saved.
func TestUnsavedPreviewSaysNothingOfPeople(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, planID := s.connect()
	s.apply(id, planID)
	s.preview(id)
	why := func() string {
		t.Helper()
		e, err := s.connections.Editor(t.Context(), s.owner, id)
		if err != nil {
			t.Fatal(err)
		}
		x, err := e.Explain(t.Context(), "employee:6", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		return x.Sentence
	}
	before := why()
	job, err := s.connections.Preview(t.Context(), s.owner, id, connection.PreviewRequest{Settings: []byte(`{"scope": {"exclude": [{"field": "firstName", "matches": "."}]}}`)})
	if err == nil {
		job, err = s.connections.Wait(t.Context(), job.ID)
	}
	if err != nil || job.Err != nil || job.Plan.Header.Counts.Deactivate == 0 {
		t.Fatalf("the unsaved settings deactivate nobody: %+v, %v", job, err)
	}
	if after := why(); after != before {
		t.Errorf("after a preview of unsaved settings it says %q, before %q", after, before)
	}
}
