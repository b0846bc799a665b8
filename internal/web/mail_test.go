package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
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

// An admin who comes from HR gets no reset by mail: the mapping decides about that address, and whoever sets
// the mapping up would decide who becomes that admin (security §1.5).
func TestNoResetForAdminsFromHR(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	id, planID := s.connect()
	s.apply(id, planID)
	ctx := t.Context()
	linked, email := "", ""
	for p, err := range s.store.AllPeople(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if p.Link != nil && p.Status == directory.Active {
			linked, email = p.ID, p.Values.Get(directory.Email)
			break
		}
	}
	asked := func() int {
		t.Helper()
		if err := s.accounts.RequestReset(ctx, email, "127.0.0.1"); err != nil {
			t.Fatal(err)
		}
		box, err := s.mails.Outbox(ctx, notify.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return len(box.Items)
	}
	if err := s.accounts.SetRole(ctx, account.Operator("test"), linked, directory.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if n := asked(); n != 0 {
		t.Errorf("%d mails went to an admin whom HR moves", n)
	}
	if err := s.accounts.SetRole(ctx, account.Operator("test"), linked, directory.RoleMember); err != nil {
		t.Fatal(err)
	}
	if n := asked(); n != 1 {
		t.Errorf("%d mails to a member, want one", n)
	}
}
