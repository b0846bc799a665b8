package jobs_test

import (
	"testing"
	"time"
)

// TestEndOfAFreeze: what a freeze held back is caught up with at the moment at which it ends, guarded as ever.
func TestEndOfAFreeze(t *testing.T) {
	t.Parallel()
	w := newWorld(t, utc("2026-11-21 12:00"), office("2026-11-21", 10))
	p := w.start()
	id := p.enabled("Acme", `{"schedule": {"weekly": "mon 03:00"}, "notify": {"errors": ["hr@acme.test"]}}`)
	e, err := p.Editor(t.Context(), actor, id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.AddFreeze(t.Context(), []string{"names"}, utc("2026-11-25 09:00"), "review cycle"); err != nil {
		t.Fatal(err)
	}
	w.control("/employees/3", `{"lastName":"Newname"}`)
	p.good(p.Sync(t.Context(), actor, id))
	for now := utc("2026-11-24 12:00"); now.Before(utc("2026-11-26 00:00")); now = now.Add(time.Hour) {
		p.at(now)
	}
	wantRuns(t, p, id, "11-25 09:00 applied")
	for person, err := range p.store.AllPeople(t.Context()) {
		if err != nil || person.Link != nil && person.Link.SourceID == "3" && person.Values.Get("last_name") != "Newname" {
			t.Errorf("%v did not catch up, %v", person, err)
		}
	}
}
