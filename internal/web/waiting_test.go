package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/internal/web/browsertest"
)

// Whoever applies a preview may tick that its new people are invited, sees how many that are, and finds exactly
// these mails in the outbox (promises SI23, AY13, contradiction C13).
func TestInvitedFromTheDialog(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, planID := s.connect()
	if _, err := s.connections.Save(t.Context(), s.owner, id, 0, []byte(`{"notify": {"welcome": "automatic_only"}}`)); err != nil {
		t.Fatal(err)
	}
	d, err := s.connections.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	invitees, err := s.mails.Invitees(t.Context(), planID, &d.Settings, nil)
	if err != nil || invitees.Now == 0 {
		t.Fatalf("nobody is new: %+v, %v", invitees, err)
	}
	tab := browsertest.Start(t).Open(t, s.url)
	signIn(tab, "owner@acme.test")
	tab.WaitPath("/connections")
	tab.Go("/plans/" + planID)
	tab.Click("#apply")
	tab.Wait("#modal[open] #f-invite")
	if dialog, want := tab.Text("#modal"), fmt.Sprintf("Invite the %d new people by mail now", invitees.People()); !strings.Contains(dialog, want) {
		t.Errorf("the dialog says %q, not %q", dialog, want)
	}
	tab.Sound()
	tab.Click("#modal #f-invite")
	tab.WaitText(fmt.Sprintf("and invite %d people", invitees.People()))
	tab.Click("#modal #apply-now")
	tab.WaitPath("/runs/")
	tab.WaitText(fmt.Sprintf("%d mails: %d queued", invitees.People(), invitees.Now))
	tab.Sound()
	tab.ClickText("See them in the outbox")
	tab.WaitPath("/outbox")
	tab.Sound()
	var rows int
	tab.Eval(`document.querySelectorAll("main tbody tr").length`, &rows)
	box, err := s.mails.Outbox(t.Context(), notify.Page{})
	if err != nil || rows != invitees.People() || len(box.Items) != rows {
		t.Errorf("the outbox shows %d mails and has %d, want %d: %v", rows, len(box.Items), invitees.People(), err)
	}
	for _, m := range box.Items {
		if m.Kind != notify.Welcome {
			t.Errorf("a mail of another kind: %s", m.Kind)
		}
	}
}

// A link in a mail about a plan that waits leads there after the sign-in; the page says who may release it, and
// the list of connections begins with it.
func TestWaitingForSomebody(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 40)
	s.person("ada@acme.test", "admin")
	id, planID := s.connect()
	s.apply(id, planID)
	s.clock.set(today().Add(48*time.Hour), 0)
	s.fault(`{"name":"all_inactive"}`)
	planID = s.preview(id) // by the owner
	tab := browsertest.Start(t).Open(t, s.url)
	tab.Go("/plans/" + planID)
	tab.WaitPath("/sign-in")
	tab.Type("#f-email", "owner@acme.test")
	tab.Type("#f-password", password)
	tab.Click("main form button[type=submit]")
	tab.WaitPath("/plans/" + planID)
	tab.WaitText("This plan waits")
	tab.WaitText("You asked for this plan yourself, so another administrator has to release what the guard refused.")
	tab.SoundEverywhere("a plan that waits")
	tab.Go("/connections")
	tab.Wait("#waits-for-you")
	tab.SoundEverywhere("what waits for somebody")
	tab.ClickText("Sync now…")
	tab.Wait("#modal[open] #sync-now")
	tab.Sound()
	tab.Go("/connections")
	tab.Click(`#waits-for-you a[href="/plans/` + planID + `"]`)
	tab.WaitPath("/plans/" + planID)
	s.clock.set(today().Add(73*time.Hour), 0)
	tab.Go("/plans/" + planID)
	tab.WaitText("This plan expired")
	tab.Click("#plan-again")
	tab.WaitText("This plan waits")
}
