package web_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/notify"
)

// Whoever is to learn of failures is asked first: saving the settings mails a link, looking at it changes
// nothing (mail scanners do), agreeing does, once (contradiction C24, security §1.9). The outbox shows the
// mails to administrators only.
func TestRecipientsAreAsked(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	s.person("audrey@acme.test", directory.RoleAuditor)
	id, _ := s.connect()
	ctx := t.Context()
	if _, err := s.connections.Save(ctx, s.owner, id, 0, []byte(`{"notify": {"errors": ["it@acme.test"]}}`)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.mails.Deliver(ctx); err != nil {
		t.Fatal(err)
	}
	box, err := s.mails.Outbox(ctx, notify.Page{})
	if err != nil || len(box.Items) != 1 || box.Items[0].To != "it@acme.test" {
		t.Fatalf("the outbox has %+v, %v", box.Items, err)
	}
	cookie := s.cookie("owner@acme.test")
	if got := s.ask(http.MethodGet, "/outbox", cookie, nil); got.status != http.StatusOK || !strings.Contains(got.body, "it@acme.test") {
		t.Errorf("the outbox page: %d", got.status)
	}
	if got := s.ask(http.MethodGet, "/outbox", s.cookie("audrey@acme.test"), nil); got.status != http.StatusForbidden {
		t.Errorf("an auditor at the outbox: %d", got.status)
	}
	shown, err := s.mails.Show(ctx, box.Items[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	_, link, found := strings.Cut(shown.Text, "http://rollcall.test")
	link, _, _ = strings.Cut(link, "\n")
	if !found || !strings.HasPrefix(link, "/recipients/") {
		t.Fatalf("the mail has no link:\n%s", shown.Text)
	}
	for range 3 {
		got := s.ask(http.MethodGet, link, nil, nil)
		if got.status != http.StatusOK || !strings.Contains(got.body, "it@acme.test") || got.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("the link's page: %d %v", got.status, got.header)
		}
	}
	if ok, err := s.mails.Confirmed(ctx, []string{"it@acme.test"}); ok || err != nil {
		t.Errorf("looking at the page agreed: %v", err)
	}
	if got := s.ask(http.MethodPost, link, nil, url.Values{}); got.status != http.StatusOK {
		t.Errorf("agreeing: %d", got.status)
	}
	if ok, err := s.mails.Confirmed(ctx, []string{"it@acme.test"}); !ok || err != nil {
		t.Errorf("agreeing did not count: %v", err)
	}
	if got := s.ask(http.MethodPost, link, nil, url.Values{}); got.status != http.StatusGone {
		t.Errorf("agreeing twice: %d", got.status)
	}
}

// Automatic runs begin by themselves once an address that was asked agrees; until then the connection's page
// says who was asked, and asks again, that address and no other (contradiction C24, promise BW21).
func TestAutomaticRunsBeginOnceSomebodyAgrees(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	s.person("audrey@acme.test", directory.RoleAuditor)
	id, _ := s.connect()
	ctx, owner, page := t.Context(), s.cookie("owner@acme.test"), "/connections/"+id
	if _, err := s.connections.Save(ctx, s.owner, id, 0, []byte(`{"notify": {"errors": ["it@acme.test"]}}`)); err != nil {
		t.Fatal(err)
	}
	if got := s.ask(http.MethodPost, page+"/enable", owner, url.Values{}); got.status != http.StatusSeeOther {
		t.Fatalf("switching on: %d", got.status)
	}
	shows := func(want ...string) {
		t.Helper()
		got := s.ask(http.MethodGet, page, owner, nil)
		for _, text := range want {
			if !strings.Contains(got.body, text) {
				t.Errorf("the page does not say %q:\n%s", text, got.body)
			}
		}
	}
	shows("Automatic runs begin once somebody confirms an address for notices: it@acme.test was asked on", "Ask again", "no answer yet",
		"Automatic runs wait for a confirmed address.")
	for _, list := range []string{"/connections", "/automation"} {
		if got := s.ask(http.MethodGet, list, owner, nil); !strings.Contains(got.body, "once an address for notices is confirmed") || strings.Contains(got.body, "only by hand") {
			t.Errorf("%s does not say why no run starts", list)
		}
	}
	if err := s.connections.Pause(ctx, s.owner, id, "stocktaking", time.Time{}); err != nil {
		t.Fatal(err)
	}
	shows("Awaiting an address", "Automatic runs wait for a confirmed address. Automatic runs are stopped for now.", "stocktaking")
	if got := s.ask(http.MethodGet, "/automation", owner, nil).body; !strings.Contains(got, "after the pause, once an address for notices is confirmed") {
		t.Errorf("a connection that is paused and waits for an address runs next\n%s", got)
	}
	if got := s.ask(http.MethodGet, "/connections", owner, nil).body; strings.Contains(got, ">Connected<") || !strings.Contains(got, ">Awaiting an address<") ||
		!strings.Contains(got, ">Paused<") || !strings.Contains(got, "after the pause, once an address for notices is confirmed") {
		t.Errorf("a connection that is paused and waits for an address is listed as\n%s", got)
	}
	if err := s.connections.Resume(ctx, s.owner, id); err != nil {
		t.Fatal(err)
	}
	mails := func() []notify.Listed {
		t.Helper()
		if _, err := s.mails.Deliver(ctx); err != nil {
			t.Fatal(err)
		}
		box, err := s.mails.Outbox(ctx, notify.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return box.Items
	}
	if n := len(mails()); n != 1 {
		t.Fatalf("%d mails", n)
	}
	again := func(cookie *http.Cookie, email string) answer {
		return s.ask(http.MethodPost, page+"/recipients/ask", cookie, url.Values{"email": {email}})
	}
	if got := again(s.cookie("audrey@acme.test"), "it@acme.test"); got.status != http.StatusForbidden {
		t.Errorf("an auditor asks again: %d", got.status)
	}
	again(owner, "it@acme.test")       // a moment ago, which is too soon
	again(owner, "stranger@evil.test") // no address of the connection
	if n := len(mails()); n != 1 {
		t.Errorf("%d mails", n)
	}
	err := s.store.Outbox().Write(ctx, func(tx notify.Tx) error {
		r, err := tx.Recipient("it@acme.test")
		if err != nil {
			return err
		}
		r.AskedAt = r.AskedAt.Add(-time.Hour)
		return tx.SaveRecipient(r, nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := again(owner, "it@acme.test"); got.status != http.StatusSeeOther {
		t.Errorf("asking again: %d", got.status)
	}
	box := mails()
	if len(box) != 2 {
		t.Fatalf("%d mails", len(box))
	}
	shown, err := s.mails.Show(ctx, box[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	_, link, _ := strings.Cut(shown.Text, "http://rollcall.test")
	link, _, _ = strings.Cut(link, "\n")
	if got := s.ask(http.MethodPost, link, nil, url.Values{}); got.status != http.StatusOK {
		t.Fatalf("agreeing: %d", got.status)
	}
	d, err := s.connections.Get(ctx, id)
	if err != nil || d.State != connection.Enabled || !d.Automatic {
		t.Errorf("after somebody agreed: %s, %v", d.State, err)
	}
	shows("agreed", "On, daily")
}

// Whoever may write in BambooHR cannot become an administrator: the address of an admin stays through every run, and
// the link for a forgotten password goes there (security §1.5).
func TestAnotherAddressInBambooHRTakesNoAdmin(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, planID := s.connect()
	s.apply(id, planID)
	ctx := t.Context()
	var admin directory.Person
	for p, err := range s.store.AllPeople(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Link != nil && p.Status == directory.Active {
			admin = *p
			break
		}
	}
	email := admin.Values.Get(directory.Email)
	if err := s.accounts.SetRole(ctx, account.Operator("test"), admin.ID, directory.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	s.simulate(http.MethodPut, "/employees/"+admin.Link.SourceID, `{"workEmail":"mallory@acme.test","lastName":"Newname"}`)
	s.apply(id, s.preview(id))
	after, err := s.store.Person(ctx, admin.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := after.Values.Get(directory.Email); got != email || after.Values.Get(directory.LastName) != "Newname" {
		t.Errorf("the run left address %s, last name %s", got, after.Values.Get(directory.LastName))
	}
	for _, asked := range []string{"mallory@acme.test", email} {
		if err := s.accounts.RequestReset(ctx, asked, "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
	}
	box, err := s.mails.Outbox(ctx, notify.Page{})
	if err != nil {
		t.Fatal(err)
	}
	if len(box.Items) != 1 || box.Items[0].To != email {
		t.Errorf("mails: %+v, want one to %s", box.Items, email)
	}
}

// Whether somebody's first day has come is decided where the connection is, by the clock of runs.
func TestFirstDayIsTheConnections(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	ctx := t.Context()
	s.simulate(http.MethodPut, "/employees/5", `{"hireDate":"2026-11-22"}`)
	s.simulate(http.MethodPut, "/employees/6", `{"hireDate":"2026-11-23"}`)
	d, err := s.connections.Create(ctx, s.owner, connection.NewConnection{Name: "Acme HR", Subdomain: "acme", Key: bamboosim.DefaultKey,
		Settings: []byte(`{"time_zone": "Pacific/Auckland", "lifecycle": {"pre_hire_days": 30}}`)})
	if err == nil {
		_, err = s.connections.Check(ctx, s.owner, d.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.apply(d.ID, s.preview(d.ID)) // noon in UTC of 21 November: the 22nd has begun in Auckland
	begins := func(source string) error {
		for p, err := range s.store.AllPeople(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Link != nil && p.Link.SourceID == source {
				_, _, err := s.accounts.MakeLink(ctx, account.Operator("test"), p.ID, account.Invite)
				return err
			}
		}
		t.Fatalf("employee %s has no account", source)
		return nil
	}
	if err := begins("5"); err != nil {
		t.Errorf("on the first day: %v", err)
	}
	if in, ok := errors.AsType[*account.InputError](begins("6")); !ok || in.Field != "person" {
		t.Errorf("the day before: %v", in)
	}
}
