package api

import (
	"fmt"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// TestInvite: a run mails nobody unless the request says so, and tells how many it mails (promises SI23, AY13,
// contradiction C13), also when the settings never invite by themselves.
func TestInvite(t *testing.T) {
	w := newWorld(t, office(6))
	con := w.ok("POST", "/connections", fmt.Sprintf(`{"name":"Acme HR","subdomain":"acme","api_key":%q,"settings":{"lifecycle":{"initial":"active"}}}`, bamboosim.DefaultKey)).str("id")
	w.ok("POST", "/connections/"+con+"/check", "")
	planID := w.ok("POST", "/connections/"+con+"/plans", "").str("id")
	first := w.ok("GET", "/plans/"+planID+"/changes?action=create&limit=1", "").str("items.0.person_id")
	run := w.ok("POST", "/plans/"+planID+"/apply", fmt.Sprintf(`{"people":[%q]}`, first))
	if run.at("mails") != nil {
		t.Errorf("nobody asked for mails: %s", run.text)
	}
	run = w.ok("POST", "/plans/"+planID+"/apply", `{"invite":true}`)
	for _, a := range []answer{run, w.ok("GET", "/runs/"+run.str("id"), "")} {
		if a.str("mails.queued") != "4" || a.str("mails.later") != "0" || a.str("mails.waiting") != "0" || a.str("mails.sent") != "0" {
			t.Errorf("mails: %s", a.text)
		}
	}
	if n := len(w.ok("GET", "/outbox", "").items()); n != 4 {
		t.Errorf("%d mails in the outbox", n)
	}
	if run := w.ok("POST", "/connections/"+con+"/sync", `{"invite":true}`); run.at("mails") != nil {
		t.Errorf("nobody is new: %s", run.text)
	}
}
