package runs_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/view"
)

// A freeze is told on the preview, what it holds back stands with its rows, and a plan from before is stale.
func TestFreezeOnPreview(t *testing.T) {
	w := newWorld(t, office(6))
	w.applyAll(w.preview())
	w.put(3, `{"jobInfo":[{"date":"2024-01-08","department":"Engineering","jobTitle":"Lead"}]}`)
	before := w.preview()
	e, err := w.conns.Editor(t.Context(), "p_admin", w.id)
	if err != nil {
		t.Fatal(err)
	}
	f, err := e.AddFreeze(t.Context(), []string{"jobs"}, w.now.AddDate(0, 0, 20), "review <cycle>")
	if err != nil {
		t.Fatal(err)
	}
	says(t, w.get(before), "This plan is stale: jobs was frozen since it was made.", "Jobs: frozen until 11 Dec 2026", "Review <cycle>")
	quiet(t, w.get(before), "Apply 1 change")
	held := w.get(w.preview() + "?part=held")
	says(t, held, "Jobs: frozen until 11 Dec 2026", "What waits", "Frozen until 2026-12-11 12:00 UTC: review <cycle>", "Engineer", "Lead", "end it on the page Holds of the connection")
	quiet(t, held, "rollcall ")

	j, err := w.conns.Preview(t.Context(), "p_admin", w.id, connection.PreviewRequest{WithoutFreezes: true})
	if err != nil {
		t.Fatal(err)
	}
	if j, err = w.conns.Wait(t.Context(), j.ID); err != nil {
		t.Fatal(err)
	}
	catchUp := w.get("/plans/" + j.PlanID)
	says(t, catchUp, "What would change if every freeze ended now", "it can never be applied", "Go to the freezes", "1 change")
	quiet(t, catchUp, "Apply 1 change")
	_, err = w.conns.Apply(t.Context(), "p_admin", w.id, connection.ApplyRequest{PlanID: j.PlanID})
	if err == nil {
		var job connection.Job
		if job, err = w.conns.Wait(t.Context(), w.conns.Job(t.Context(), w.id).ID); err == nil {
			err = job.Err
		}
	}
	if err == nil || !strings.Contains(err.Error(), "never be applied") {
		t.Errorf("a plan without freezes is applied: %v", err)
	}
	w.now = w.now.Add(time.Minute)
	if err := e.EndFreeze(t.Context(), f.ID); err != nil {
		t.Fatal(err)
	}
	history := w.get("/connections/" + w.id + "/history")
	says(t, history, "Fields frozen Jobs: review <cycle>.", "Freeze ended")
}

// Who paused and resumed automatic runs stands between the runs, on whichever page it belongs (promise SI46).
func TestHistoryTellsOfPauses(t *testing.T) {
	w := newWorld(t, office(3))
	w.applyAll(w.preview())
	if _, err := w.conns.Save(t.Context(), "p_admin", w.id, 0, []byte(`{"notify":{"errors":["it@acme.test"]}}`)); err != nil {
		t.Fatal(err)
	}
	w.preview()
	if err := w.conns.Enable(t.Context(), "p_admin", w.id); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	if err := w.conns.Pause(t.Context(), "p_admin", w.id, "review <cycle>", w.now.Add(48*time.Hour)); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	says(t, w.get(w.preview()), "Automatic runs are paused until 23 Nov 2026", "What somebody applies by hand is applied all the same. Reason: Review <cycle>.", "Who paused them")
	newest, err := w.store.Views().Runs(t.Context(), view.RunQuery{Connection: w.id, Limit: 1})
	if err != nil || len(newest.Items) == 0 {
		t.Fatal(newest, err)
	}
	for _, page := range []string{"/runs/" + newest.Items[0].ID, "/connections/" + w.id + "/preview?person="} {
		says(t, w.get(page), "Automatic runs are paused until 23 Nov 2026", "Reason: Review <cycle>.", "Who paused them")
	}
	for range 50 { // a page of the history
		w.preview()
	}
	w.now = w.now.Add(time.Hour)
	if err := w.conns.Resume(t.Context(), "p_admin", w.id); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"/history", "/connections/" + w.id + "/history"} {
		first := w.get(base)
		says(t, first, "Resumed")
		quiet(t, first, "Paused")
		if strings.Contains(first, `data-label="Why"`) {
			t.Errorf("%s: a label stands where nobody said why", base)
		}
		next := html.UnescapeString(nextPage.FindStringSubmatch(first)[1])
		second := w.get(next)
		says(t, second, "Paused", "Review <cycle>. Until 23 Nov 2026, 13:00 ", "Switched on", "By hand")
		says(t, w.ask("admin", http.MethodGet, next, nil, "Cookie", "tz=Asia/Tokyo").body, "Review <cycle>. Until 23 Nov 2026, 22:00 ") // as every other time
		quiet(t, second, "Resumed")
		quiet(t, w.get(base+"?outcome=preview"), "Resumed")
	}
}

var nextPage = regexp.MustCompile(`rel="next" href="([^"]+)"`)
