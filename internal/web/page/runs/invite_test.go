package runs_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/notify"
)

// outbox counts the welcomes by their state.
func (w *world) outbox() map[notify.State]int {
	w.t.Helper()
	box, err := w.mails.Outbox(w.t.Context(), notify.Page{})
	if err != nil {
		w.t.Fatal(err)
	}
	return box.Counts
}

func (w *world) save(settings string) {
	w.t.Helper()
	if _, err := w.conns.Save(w.t.Context(), "p_owner", w.id, 0, []byte(settings)); err != nil {
		w.t.Fatal(err)
	}
}

// TestInvite: a run by hand mails nobody (promise SI23), unless whoever applies it ticks that it does, beside the
// exact number of people, of the part that is applied (contradiction C13, promise AY13).
func TestInvite(t *testing.T) {
	w := newWorld(t, office(12))
	w.save(`{"notify": {"welcome": "automatic_only"}}`)
	plan := w.preview()
	row := regexp.MustCompile(`name="only" form="pick" value="(\d+)" aria-label="Pick Given2 Family2"`).FindStringSubmatch(w.get(plan))
	confirm := w.get(plan + "/confirm")
	says(t, confirm, "Apply 15 changes?", "Invite the 12 new people by mail now", "One run invites 8 by itself. The other 4 wait in the outbox",
		"There is no mail server, so the mails stay in the outbox.")
	if regexp.MustCompile(`name="invite"[^>]*checked`).MatchString(confirm) {
		t.Error("the box is ticked")
	}
	says(t, w.get(plan+"/confirm?count=15&invite=on"), "Apply 15 changes and invite 12 people?", "0 → 12")
	says(t, w.get(plan+"/confirm?only="+row[1]), "Invite the 1 new person by mail now")

	part := w.post(plan+"/apply", url.Values{"only": {row[1]}, "count": {"2"}})
	quiet(t, w.get(w.done()), "Invitations")
	if n := w.outbox(); len(n) != 0 || part == "" {
		t.Fatalf("nobody asked for mails: %v", n)
	}
	for _, invites := range []string{"", "12"} {
		a := w.ask("admin", http.MethodPost, plan+"/apply", url.Values{"count": {"13"}, "invite": {"on"}, "invites": {invites}})
		if a.Code != http.StatusUnprocessableEntity {
			t.Errorf("another number of people than the form said: %d", a.Code)
		}
		says(t, a.body, "11 people are invited now")
	}
	if n := w.outbox(); len(n) != 0 {
		t.Fatalf("refused, but mailed: %v", n)
	}
	w.post(plan+"/apply", url.Values{"count": {"13"}, "invite": {"on"}, "invites": {"11"}})
	run := w.done()
	if n := w.outbox(); n[notify.Queued] != 8 || n[notify.Waiting] != 3 {
		t.Errorf("the outbox has %v", n)
	}
	page := w.get(run)
	says(t, page, "11 mails: 8 queued, 3 waiting for an administrator to release them.", "See and release them in the outbox")
	if id := strings.TrimPrefix(run, "/runs/"); !strings.Contains(page, `href="/outbox?run=`+id+`"`) {
		t.Error("the run does not lead to its mails")
	}
	quiet(t, w.ask("operator", http.MethodGet, run, nil).body, "in the outbox")
	says(t, w.waits("admin"), "3 invitations wait to be released")
	quiet(t, w.waits("operator"), "invitations")
}

// TestInviteBySettings: always means ticked, and can be taken away; never means that only the tick invites.
func TestInviteBySettings(t *testing.T) {
	w := newWorld(t, office(3))
	w.sends = true
	w.serve()
	w.save(`{"notify": {"welcome": "never"}}`)
	plan := w.preview()
	confirm := w.get(plan + "/confirm")
	says(t, confirm, "By itself this connection invites nobody; the tick invites this once.")
	if regexp.MustCompile(`name="invite"[^>]*checked`).MatchString(confirm) {
		t.Error("the box is ticked although the settings say never")
	}
	w.post(plan+"/apply", url.Values{"count": {"6"}})
	w.done()
	if n := w.outbox(); len(n) != 0 {
		t.Errorf("invited without the tick: %v", n)
	}

	w = newWorld(t, office(3))
	w.save(`{"notify": {"welcome": "always"}}`)
	plan = w.preview()
	confirm = w.get(plan + "/confirm")
	says(t, confirm, "Apply 6 changes and invite 3 people?", "always invite new people")
	if !regexp.MustCompile(`name="invite"[^>]*checked`).MatchString(confirm) {
		t.Error("the box is not ticked")
	}
	says(t, w.get(plan+"/confirm?count=6"), "Apply 6 changes?") // the tick was taken away
	w.post(plan+"/apply", url.Values{"count": {"6"}})
	w.done()
	if n := w.outbox(); len(n) != 0 {
		t.Errorf("invited although the tick was taken away: %v", n)
	}
}

// TestSyncAsks: Sync now asks first, tells how many the newest preview would invite, and that nobody learns of
// failures (promises BW19, BW21).
func TestSyncAsks(t *testing.T) {
	w := newWorld(t, office(3))
	w.save(`{"notify": {"welcome": "automatic_only"}}`)
	ask := "/connections/" + w.id + "/sync"
	says(t, w.get(ask), "Sync now?", "Invite new people by mail", "No address learns about failures")
	w.preview()
	w.now = w.now.Add(time.Minute)
	w.save(`{"notify": {"errors": ["it@acme.test"]}}`)
	says(t, w.get(ask), "In the preview made 1 minute ago that would be 3 people.", "None of the addresses that are to learn about failures has confirmed yet.")
	if a := w.ask("auditor", http.MethodGet, ask, nil); a.Code != http.StatusForbidden {
		t.Errorf("an auditor: %d", a.Code)
	}
	w.post(ask, url.Values{"asked": {"1"}, "invite": {"on"}})
	says(t, w.get(w.done()), "6 changes were applied.", "3 mails: 3 queued.")
	if n := w.outbox(); n[notify.Queued] != 3+1 { // and the question to it@acme.test
		t.Errorf("the outbox has %v", n)
	}
}

// TestWaitingPlan: a plan that waits says since when, until when, who may release it and who was mailed; it is in
// the list of what waits, and when it expired it is planned again by a button.
func TestWaitingPlan(t *testing.T) {
	w := newWorld(t, office(30))
	w.admin("p_admin", "Ada Admin")
	w.admin("p_olga", "Olga <b>Owner</b>")
	w.applyAll(w.preview())
	w.now = w.now.Add(48 * time.Hour)
	if got := w.waits("admin"); got != "" {
		t.Errorf("nothing waits: %s", text(got))
	}
	for i := 11; i <= 30; i++ {
		w.put(i, `{"status":"Inactive"}`)
	}
	w.post("/connections/"+w.id+"/sync", nil) // by Ada
	run := w.get(w.done())
	plan := regexp.MustCompile(`/plans/[a-z_0-9]+`).FindString(run)
	says(t, run, "20 deactivations wait, refused by the guard. See what waits, and why")
	page := w.get(plan)
	says(t, page, "This plan waits", "Expires", "May release Olga <b>Owner</b>", "Told by mail nobody No address is named for notices. Name an address", "You asked for this plan yourself", "nothing of it is done")
	says(t, w.ask("operator", http.MethodGet, plan, nil).body, "An administrator names one in the configuration of the connection.",
		"If this is meant, Olga <b>Owner</b> releases it by typing the count.")
	quiet(t, w.ask("auditor", http.MethodGet, plan, nil).body, "you release")
	quiet(t, w.ask("operator", http.MethodGet, plan, nil).body, "You asked for this plan yourself")
	block := w.waits("auditor")
	says(t, w.waitsAt("auditor", "/x/"+w.id), "changes were refused") // on the page of the connection too
	if got := w.waitsAt("auditor", "/x/c_other"); got != "" {
		t.Errorf("on the page of another connection: %s", got)
	}
	says(t, block, "Waiting for somebody", "Acme HR Refused 20 changes were refused by the guard.", "expires", "Look at the plan")
	if !strings.Contains(block, `href="`+plan+`"`) || strings.Contains(block, "<b>") {
		t.Errorf("the block is %s", block)
	}
	says(t, w.get(plan+"/confirm"), "You cannot release this.", "That can be Olga")
	if strings.Contains(w.get(plan+"/confirm"), `name="release-deactivate"`) {
		t.Error("whoever may not release is asked for the count")
	}

	w.now = w.now.Add(25 * time.Hour)
	says(t, w.get(plan), "This plan expired: it was made 1 day ago", "Plan again")
	quiet(t, w.get(plan), "This plan waits")
	says(t, w.waits("operator"), "The plan expired, and nothing of it was done.", "Plan again Acme HR")
	quiet(t, w.waits("auditor"), "Plan again")
	w.preview()
	says(t, w.waits("operator"), "20 changes were refused")
	quiet(t, w.waits("operator"), "expired")
}

// TestOlderThanTheFailure: a plan below a reading that failed says that it is older.
func TestOlderThanTheFailure(t *testing.T) {
	w := newWorld(t, office(3))
	w.preview()
	at := "/connections/" + w.id + "/preview"
	quiet(t, w.get(at), "from before that")
	w.now = w.now.Add(time.Hour)
	w.sim.Close()
	w.post(at, nil)
	w.done()
	says(t, w.get(at), "The last preview did not work.", "The plan below is from before that: it was made", "Good to apply")
	w.serve() // what runs in the background is forgotten when the program starts again; history is not
}

// TestSeatsOfInvited: whoever is invited takes a seat once the mail is out (promise AY14), so the question before
// an apply counts them.
func TestSeatsOfInvited(t *testing.T) {
	w := newWorld(t, office(3))
	w.save(`{"lifecycle": {"initial": "provisioned"}}`)
	plan := w.preview()
	confirm := w.get(plan + "/confirm")
	says(t, confirm, "0 → 0")
	quiet(t, confirm, "once all invitations are out")
	says(t, w.get(plan+"/confirm?count=6&invite=on"), "0 → 0 , and 3 once all invitations are out")

	// A version that plans the same, saved later, is not what this plan was made with.
	w.now = w.now.Add(time.Minute)
	w.save(`{"notify": {"welcome": "always"}}`)
	says(t, w.get(plan), "Settings version 2")
}

// TestMailNamesWhomThePageNames: the mail about a plan that waits names exactly those as releasers whom its page does,
// and where nobody may, both say what helps.
func TestMailNamesWhomThePageNames(t *testing.T) {
	w := newWorld(t, office(30))
	w.admin("p_admin", "Ada Admin")
	w.admin("p_olga", "Olga Owner")
	w.save(`{"notify": {"errors": ["it@acme.test"]}}`)
	if err := w.store.Outbox().Write(t.Context(), func(tx notify.Tx) error {
		return tx.SaveRecipient(notify.Recipient{Email: "it@acme.test", AskedAt: w.now, Confirmed: w.now}, nil)
	}); err != nil {
		t.Fatal(err)
	}
	w.applyAll(w.preview())
	w.now = w.now.Add(48 * time.Hour)
	w.admin("p_cy", "Cy New")
	for i := 11; i <= 30; i++ {
		w.put(i, `{"status":"Inactive"}`)
	}
	sync := func() (page, mail string) { // by Ada
		t.Helper()
		w.post("/connections/"+w.id+"/sync", nil)
		plan := regexp.MustCompile(`/plans/[a-z_0-9]+`).FindString(w.get(w.done()))
		box, err := w.mails.Outbox(t.Context(), notify.Page{Limit: 1})
		if err != nil || len(box.Items) != 1 || box.Items[0].Kind != notify.PlanWaits {
			t.Fatalf("the newest mail: %+v, %v", box.Items, err)
		}
		shown, err := w.mails.Show(t.Context(), box.Items[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		return w.ask("auditor", http.MethodGet, plan, nil).body, shown.Text
	}
	page, mail := sync()
	says(t, page, "May release Olga Owner Told by mail it@acme.test")
	says(t, mail, "It can be released by an owner or administrator (Olga Owner), by entering")
	quiet(t, mail, "Ada", "Cy New")

	w.now = w.now.Add(time.Hour)
	if _, err := w.conns.Save(t.Context(), "p_olga", w.id, 0, []byte(`{"guard": {"deactivate": {"people": 3}}, "notify": {"errors": ["it@acme.test"]}}`)); err != nil {
		t.Fatal(err)
	}
	w.put(10, `{"status":"Inactive"}`) // something else waits
	page, mail = sync()
	says(t, page, "May release nobody right now", "got the role in the last 24 hours; if somebody other than Ada Admin makes a new preview, Ada Admin can release that one.")
	says(t, mail, "Nobody may release it right now", "Once somebody other than Ada Admin makes a new preview, it can be released by Ada Admin.")
}
