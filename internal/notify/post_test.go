package notify_test

import (
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/policy"
)

// A command's mail goes to each recipient alone.
func TestPost(t *testing.T) {
	s := newMailServer(t, nil)
	if err := notify.Post(t.Context(), s.SMTP, []string{"it@acme.test", "hr@acme.test"}, "Rollcall: sync of Acme failed", "No access was changed.\n"); err != nil {
		t.Fatal(err)
	}
	mails := s.taken()
	if len(mails) != 2 {
		t.Fatalf("%d mails", len(mails))
	}
	for i, to := range []string{"it@acme.test", "hr@acme.test"} {
		if m := mails[i]; m.To != to || strings.Contains(m.Raw, mails[1-i].To) || m.header("Subject") != "Rollcall: sync of Acme failed" ||
			m.header("Auto-Submitted") != "auto-generated" || !strings.Contains(m.Raw, "No access was changed.") {
			t.Errorf("to %s: %s", m.To, m.Raw)
		}
	}
}

// What goes wrong names the recipient or the server, and never the password; a server that is not there is asked once.
func TestPostFails(t *testing.T) {
	s := newMailServer(t, nil)
	both := []string{"it@acme.test", "hr@acme.test"}
	s.set(refuses)
	if err := notify.Post(t.Context(), s.SMTP, both, "x", "x"); err == nil || !strings.Contains(err.Error(), "it@acme.test: ") || !strings.Contains(err.Error(), "hr@acme.test: ") {
		t.Errorf("refused: %v", err)
	}
	s.set(works)
	if err := notify.Post(t.Context(), s.SMTP, []string{"it@acme.test\r\nBcc: eve@acme.test", "hr@acme.test"}, "x", "x"); err == nil || len(s.taken()) != 1 {
		t.Errorf("an address that breaks the header: %v", err)
	}
	if err := notify.Post(t.Context(), s.SMTP, both, "x\r\nBcc: eve@acme.test", "x"); err == nil || len(s.taken()) != 0 {
		t.Errorf("a subject that breaks the header: %v", err)
	}
	s.demand("AHJvbGxjYWxsAGh1c2gtaHVzaA==", nil)
	s.Username, s.Password = "rollcall", "wrong-hush"
	if err := notify.Post(t.Context(), s.SMTP, both, "x", "x"); err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("a password without an encrypted connection: %v", err)
	}
	err := notify.Post(t.Context(), policy.SMTP{Host: "127.0.0.1", Port: 1, From: "rollcall@acme.test", TLS: policy.TLSNone}, both, "x", "x")
	if err == nil || strings.Count(err.Error(), "127.0.0.1:1") != 1 {
		t.Errorf("nobody there: %v", err)
	}
}
