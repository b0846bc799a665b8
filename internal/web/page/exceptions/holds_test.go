package exceptions_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/web/page/pagetest"
)

func TestHolds(t *testing.T) {
	w, path := connected(t)
	w.says(path+"/holds", "No holds", "Add a hold")
	pagetest.Says(t, w.Refused(path+"/holds", url.Values{"who": {"nobody@acme.test"}, "reason": {"Leave"}}), "Nobody is known as")
	pagetest.Says(t, w.Refused(path+"/holds", url.Values{"who": {""}, "field": {"salary"}, "end": {"day"}, "until": {"soon"}}),
		"4 things need a look", "Write an e-mail address", "Choose one of the fields", "Choose the last day", "Say why")
	pagetest.Says(t, w.Refused(path+"/holds", url.Values{"who": {"given2@acme.test"}, "end": {"day"}, "until": {"2026-01-01"}, "reason": {"Leave"}}),
		"The hold would end in the past; choose a later day.")
	hold := url.Values{"who": {"given2@acme.test"}, "field": {"job_title"}, "end": {"day"}, "until": {"2026-12-24"}, "reason": {"Acting manager \u202eاسم"}}
	w.Post(path+"/holds", hold)
	page := w.status(http.StatusOK, "auditor", http.MethodGet, path+"/holds", nil).Page
	pagetest.Says(t, page, "<script>alert(1)</script>", "Job title", "25 Dec 2026, 00:00", "Acting manager", "person p_admin")
	pagetest.Quiet(t, page, "Add a hold")
	w.status(http.StatusForbidden, "operator", http.MethodPost, path+"/holds", hold)
	remove := regexp.MustCompile(`action="([^"]+/remove)"`).FindStringSubmatch(w.Get(path + "/holds"))
	w.Post(remove[1], nil)
	agrees := url.Values{"who": {"given3@acme.test"}, "field": {"job_title"}, "end": {"hr"}, "reason": {"HR corrects it"}}
	w.Post(path+"/holds", agrees)
	w.says(path+"/holds", "until BambooHR says Engineer")
	w.Sync() // BambooHR says so already, and the hold is over
	w.says(path+"/holds", "No holds")
	w.status(http.StatusNotFound, "admin", http.MethodPost, path+"/holds/hold_nope/remove", nil)
}

// What an undo put is removed together; other holds stay.
func TestHoldsOfAnUndo(t *testing.T) {
	w, path := connected(t)
	w.Post(path+"/holds", url.Values{"who": {"given2@acme.test"}, "field": {"job_title"}, "reason": {"Acting manager"}})
	for _, who := range []string{"given3@acme.test", "given4@acme.test"} {
		w.Post(path+"/holds", url.Values{"who": {who}, "field": {"job_title"}, "end": {"hr"}, "reason": {"undo of run run_1"}})
	}
	w.says(path+"/holds", "2 holds keep what the undo of this run took back", "Undo of a run", "Remove all 2", "Acting manager")
	w.quiet(path+"/holds", "run_1")
	w.status(http.StatusForbidden, "operator", http.MethodPost, path+"/undone/run_1/release", nil)
	release := func() (said string) {
		t.Helper()
		for _, c := range w.status(http.StatusSeeOther, "admin", http.MethodPost, path+"/undone/run_1/release", nil).Result().Cookies() {
			text, err := base64.RawURLEncoding.DecodeString(c.Value)
			if err != nil {
				t.Fatal(err)
			}
			said += string(text)
		}
		return said
	}
	if said := release(); !strings.Contains(said, "2 holds are removed.") {
		t.Errorf("said %q", said)
	}
	w.says(path+"/holds", "Acting manager")
	w.quiet(path+"/holds", "Undo of a run", "took back, since")
	if said := release(); !strings.Contains(said, "No hold of that undo") {
		t.Errorf("said %q", said)
	}
}
