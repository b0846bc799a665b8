package api

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/jobs"
)

// queue prepares the queue of an organisation; nobody works it.
func (w *world) queue(org string, connections *connection.Service) Queue {
	w.t.Helper()
	queue, err := w.db.OpenQueue()
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := queue.Close(); err != nil {
			w.t.Error(err)
		}
	})
	s, err := jobs.New(w.t.Context(), jobs.Options{Queue: queue, Organisations: []jobs.Organisation{{ID: org, Connections: connections}},
		Now: func() time.Time { return w.now }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Of(org)
}

// automationStory looks at what happens by itself: nobody works the queue, and a hold ends.
func (w *world) automationStory(con string) {
	w.t.Helper()
	health := w.ok("GET", "/automation", "")
	if health.at("idle") != false || len(health.at("missed").([]any)) != 0 {
		w.t.Errorf("automation of a connection that does not run by itself: %s", health.text)
	}
	if list := w.ok("GET", "/jobs?limit=5", ""); len(list.items()) != 0 {
		w.t.Errorf("jobs: %s", list.text)
	}
	w.refused("bad_query", "GET", "/jobs?limit=0", "")
	hold := w.ok("POST", "/holds", `{"who":"employee:7","field":"job_title","until":"2026-12-24","reason":"not announced yet"}`)
	list := w.ok("GET", "/effects?kind=hold_end&connection="+con, "")
	if len(list.items()) != 1 || list.str("items.0.field") != "job_title" || list.str("items.0.at") != hold.str("until") || list.at("items.0.reason") != nil {
		w.t.Errorf("effects: %s", list.text)
	}
	if none := w.ok("GET", "/effects?kind=hold_end&to=2026-12-01T00:00:00Z", ""); len(none.items()) != 0 {
		w.t.Errorf("effects before it: %s", none.text)
	}
	freeze := w.ok("POST", "/freezes", fmt.Sprintf(`{"connection":%q,"what":["phone"],"until":"2026-12-24","reason":"new numbers"}`, con))
	list = w.ok("GET", "/effects?kind=freeze_end&connection="+con, "")
	if len(list.items()) != 1 || list.str("items.0.freeze_id") != freeze.str("id") || list.str("items.0.at") != freeze.str("until") ||
		list.str("items.0.what.0") != "phone" || list.str("items.0.note") != "new numbers" || list.at("items.0.person_id") != nil || list.at("items.0.waits") != nil {
		w.t.Errorf("the end of a freeze: %s", list.text)
	}
	w.ok("DELETE", "/freezes/"+freeze.str("id"), "")
	w.refused("not_found", "GET", "/effects?connection=c_unknown", "")
	w.refused("bad_query", "GET", "/effects?kind=party", "")
	w.ok("DELETE", "/holds/"+hold.str("id"), "")
}
