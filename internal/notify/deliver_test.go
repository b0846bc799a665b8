package notify_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http/httptest"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/notify"
	"github.com/rollcall-hr/rollcall/policy"
)

// link queues a mail with a link, as a forgotten password does, and returns its secret.
func (w *world) link() string {
	w.t.Helper()
	p := w.person("p_ann", "ann@acme.test", directory.RoleMember)
	secret, expires, err := w.accounts.MakeLink(w.t.Context(), account.Operator("test"), p.ID, account.Invite)
	w.ok(err)
	w.ok(w.PasswordLink(w.t.Context(), account.Link{PersonID: p.ID, Email: "ann@acme.test", Name: "Ann Lee", Purpose: account.Invite, ExpiresAt: expires}, secret))
	return secret
}

func TestPasswordLink(t *testing.T) {
	w := newWorld(t)
	w.person("p_ann", "ann@acme.test", directory.RoleMember)
	w.ok(w.accounts.RequestReset(t.Context(), "ann@acme.test", "203.0.113.9"))
	if got := w.server.taken(); len(got) != 0 {
		t.Fatalf("queueing talked to the mail server: %v", got)
	}
	if m := w.only(); m.Sealed != "" || m.State != notify.Queued || m.Subject != "Choose a new password for Acme" {
		t.Errorf("in the outbox: %+v", m)
	}
	mails, err := w.deliver()
	w.ok(err)
	if len(mails) != 1 {
		t.Fatalf("%d mails", len(mails))
	}
	m := mails[0]
	id := w.only().ID
	for name, want := range map[string]string{"To": "<ann@acme.test>", "From": `"Acme" <rollcall@acme.test>`, "Message-ID": "<" + id + "@acme.test>",
		"Auto-Submitted": "auto-generated", "Subject": "Choose a new password for Acme"} {
		if got := m.header(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	text, html := body(t, m)
	golden(t, "reset.txt", text)
	golden(t, "reset.html", html)
	_, secret, _ := strings.Cut(text, "https://rollcall.acme.test/password/")
	secret, _, _ = strings.Cut(secret, "\n")
	if l, err := w.accounts.Link(t.Context(), secret); err != nil || l.PersonID != "p_ann" {
		t.Errorf("the link in the mail: %+v, %v", l, err)
	}
	// Delivered, the secret is nowhere any more.
	w.ok(w.opt.Store.Read(t.Context(), func(tx notify.Tx) error {
		m, err := tx.Mail(id)
		if m.Sealed != "" || m.State != notify.Sent {
			t.Errorf("after delivery: %+v", m)
		}
		return err
	}))
}

// A mail is sent once, whatever restarts in between.
func TestSentOnce(t *testing.T) {
	w := newWorld(t)
	w.link()
	if mails, err := w.deliver(); err != nil || len(mails) != 1 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	for range 3 {
		w.restart()
		w.at = w.at.Add(time.Hour)
		if mails, err := w.deliver(); err != nil || len(mails) != 0 {
			t.Fatalf("%d more mails, %v", len(mails), err)
		}
	}
}

// Security §3 #45: whatever the mail server does, the mail arrives once it works again, and every copy of it
// has the same Message-ID.
func TestMailServerTrouble(t *testing.T) {
	for _, c := range []struct {
		mode    mode
		reached bool // an answer came: the next mail may fare better
		copies  int  // that the server kept although it gave no answer
	}{{busy, true, 0}, {refuses, true, 0}, {closing, false, 0}, {mute, false, 0}, {dumb, false, 0}, {hangs, false, 0}, {drops, false, 1}, {forgetful, false, 0}} {
		t.Run(string(c.mode), func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w := newWorld(t)
			w.opt.Log = slog.New(slog.NewTextHandler(&log, nil))
			w.restart()
			secret := w.link()
			w.server.set(c.mode)
			if c.mode == mute || c.mode == dumb || c.mode == hangs {
				w.Patience(200 * time.Millisecond)
			}
			first, err := w.deliver()
			if (err == nil) != c.reached || len(first) != c.copies {
				t.Fatalf("%d mails, %v", len(first), err)
			}
			m := w.only()
			if m.State != notify.Queued || m.Attempts != 1 || m.Problem == "" || !m.NextAt.Equal(w.at.Add(time.Minute)) {
				t.Errorf("after the first attempt: %+v", m)
			}
			if strings.Contains(m.Problem+log.String(), secret) || strings.Contains(log.String(), "ann@acme.test") || !strings.Contains(log.String(), m.ID) {
				t.Errorf("problem %q, log %s", m.Problem, &log)
			}
			w.server.set(works)
			if mails, err := w.deliver(); err != nil || len(mails) != 0 {
				t.Fatalf("tried again at once: %d mails, %v", len(mails), err)
			}
			w.restart()
			w.at = w.at.Add(time.Minute)
			mails, err := w.deliver()
			w.ok(err)
			if len(mails) != 1 {
				t.Fatalf("%d mails once the server works", len(mails))
			}
			for _, copy := range append(first, mails...) {
				if id := copy.header("Message-ID"); id != "<"+m.ID+"@acme.test>" {
					t.Errorf("Message-ID %s", id)
				}
				if !strings.Contains(strings.ReplaceAll(copy.Raw, "=\n", ""), secret) {
					t.Error("another link than the one that was made")
				}
			}
		})
	}
}

// Security §3 #45: a server that is down costs an attempt, and nothing else.
func TestMailServerDown(t *testing.T) {
	w := newWorld(t)
	w.opt.SMTP.Port = 1
	w.restart()
	w.link()
	if _, err := w.deliver(); err == nil || !strings.Contains(err.Error(), "reach the mail server 127.0.0.1 port 1") {
		t.Errorf("got %v", err)
	}
	if got := w.state(); got != "password_link queued 1" {
		t.Error(got)
	}
}

// A server that falls silent costs one connection, which is closed.
func TestMuteServerIsLeft(t *testing.T) {
	for _, m := range []mode{mute, dumb} {
		w := newWorld(t)
		w.link()
		w.server.set(m)
		w.Patience(200 * time.Millisecond)
		if _, err := w.deliver(); err == nil {
			t.Error("no error")
		}
		select {
		case <-w.server.arrived:
		case <-time.After(5 * time.Second):
			t.Fatalf("a server that %s: the connection is still open", m)
		}
	}
}

// A server that says goodbye badly has the mail all the same.
func TestRudeServer(t *testing.T) {
	w := newWorld(t)
	w.link()
	w.server.set(rude)
	if mails, err := w.deliver(); err != nil || len(mails) != 1 {
		t.Errorf("%d mails, %v", len(mails), err)
	}
	if got := w.state(); got != "password_link sent 1" {
		t.Error(got)
	}
}

// A refused mail does not hold up the others; a server out of reach is left alone after the first.
func TestOneRefusalStopsNobody(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		w.ok(w.Ask(t.Context(), "test", fmt.Sprintf("r%d@acme.test", i)))
	}
	w.server.set(refuses)
	if _, err := w.deliver(); err != nil || w.server.dials != 3 {
		t.Errorf("%d dials, %v", w.server.dials, err)
	}
	w.at = w.at.Add(time.Minute)
	w.server.set(closing)
	if _, err := w.deliver(); err == nil || w.server.dials != 4 {
		t.Errorf("%d dials, %v", w.server.dials, err)
	}
}

func TestBackOffEndsAfterADay(t *testing.T) {
	w := newWorld(t)
	w.ok(w.Ask(t.Context(), "test", "it@acme.test"))
	w.server.set(busy)
	start := w.at
	var after []time.Duration
	for w.only().State == notify.Queued {
		w.at = w.only().NextAt
		after = append(after, w.at.Sub(start))
		if mails, err := w.deliver(); err != nil || len(mails) != 0 {
			t.Fatalf("%v, %v", mails, err)
		}
	}
	want := "[0s 1m0s 6m0s 21m0s 1h21m0s 4h21m0s 7h21m0s 10h21m0s 13h21m0s 16h21m0s 19h21m0s 22h21m0s 24h0m0s]"
	if got := fmt.Sprint(after); got != want {
		t.Errorf("attempts after %s, want %s", got, want)
	}
	m := w.only()
	if m.State != notify.GaveUp || !strings.Contains(m.Problem, "451") {
		t.Errorf("%+v", m)
	}
	w.input(w.Retry(t.Context(), "test", m.ID), "mail") // its link is gone
	w.ok(w.Discard(t.Context(), "test", m.ID))
	w.input(w.Discard(t.Context(), "test", m.ID), "mail")
}

func TestRetryAndDiscard(t *testing.T) {
	w := newWorld(t)
	w.link()
	w.server.set(busy)
	if _, err := w.deliver(); err != nil {
		t.Fatal(err)
	}
	w.server.set(works)
	w.ok(w.Retry(t.Context(), "p_ann", w.only().ID))
	if got := w.arrive(); got != "ann@acme.test Set your password for Acme" {
		t.Error(got)
	}
	w.input(w.Retry(t.Context(), "p_ann", w.only().ID), "mail")
	if err := w.Retry(t.Context(), "p_ann", "mail_unknown"); err == nil {
		t.Error("an unknown mail was tried again")
	}
	w.ok(w.Ask(t.Context(), "p_ann", "it@acme.test"))
	l, err := w.Outbox(t.Context(), notify.Page{State: notify.Queued})
	w.ok(err)
	w.ok(w.Discard(t.Context(), "p_ann", l.Items[0].ID))
	if got := w.arrive(); got != "" {
		t.Errorf("discarded, and sent: %s", got)
	}
	var events []string
	for e, err := range w.kept.Audit(t.Context(), 0) {
		w.ok(err)
		if strings.HasPrefix(e.Event, "mail_") {
			events = append(events, e.Actor+" "+e.Event+" "+e.Before+" "+e.After)
		}
	}
	if got := strings.Join(events, ", "); got != "p_ann mail_retried queued queued, p_ann mail_discarded queued discarded" {
		t.Error(got)
	}
}

// A link that was used, or is too old, is not sent.
func TestDeadLinksStayHome(t *testing.T) {
	w := newWorld(t)
	secret := w.link()
	w.ok(w.accounts.SetPassword(t.Context(), secret, "a violin in the rain"))
	if got := w.arrive() + w.state(); got != "password_link discarded 0" {
		t.Error(got)
	}
	w.ok(w.accounts.RequestReset(t.Context(), "ann@acme.test", "203.0.113.9"))
	w.at = w.at.Add(time.Hour)
	if got := w.arrive() + w.state(); got != "password_link discarded 0, password_link gave_up 0" {
		t.Error(got)
	}
}

// A sender that dies with a mail loses it to the next one after 20 seconds; nobody sends it meanwhile, nor while a
// slow server takes it (security §3 #41).
func TestClaim(t *testing.T) {
	w := newWorld(t)
	w.ok(w.Ask(t.Context(), "test", "it@acme.test"))
	w.ok(w.opt.Store.Write(t.Context(), func(tx notify.Tx) error {
		m, err := tx.Due(w.at, w.at)
		w.ok(err)
		m.ClaimedUntil = w.at.Add(20 * time.Second)
		return tx.Save(&m)
	}))
	if got := w.arrive(); got != "" {
		t.Errorf("sent what another sends: %s", got)
	}
	w.at = w.at.Add(10 * time.Second)
	w.ok(w.Renew(t.Context(), w.only().ID))
	w.at = w.at.Add(19 * time.Second)
	if got := w.arrive(); got != "" {
		t.Errorf("sent what a slow server takes from another: %s", got)
	}
	w.at = w.at.Add(time.Second)
	if got := w.arrive(); got == "" {
		t.Error("the mail of a dead sender is not sent")
	}
}

// Without a mail server mails stay; in the demo they are shown, with their links.
func TestWithoutMailServer(t *testing.T) {
	w := newWorld(t)
	w.opt.SMTP = nil
	w.restart()
	secret := w.link()
	if got := w.arrive() + w.state(); got != "password_link queued 0" {
		t.Error(got)
	}
	show := func() notify.Shown {
		m, err := w.Show(t.Context(), w.only().ID)
		w.ok(err)
		return m
	}
	if m := show(); strings.Contains(m.Text+m.HTML, secret) || !strings.Contains(m.Text, "only its recipient sees the link") || strings.Contains(m.HTML, "href") {
		t.Errorf("the outbox shows:\n%s\n%s", m.Text, m.HTML)
	}
	w.opt.Demo = true
	w.restart()
	if got := w.arrive() + w.state(); got != "password_link kept 0" {
		t.Error(got)
	}
	if m := show(); !strings.Contains(m.Text, "https://rollcall.acme.test/password/"+secret) || !strings.Contains(m.HTML, secret) || m.Sealed != "" {
		t.Errorf("the demo's outbox shows:\n%s", m.Text)
	}
}

func TestOutboxPages(t *testing.T) {
	w := newWorld(t)
	for i := range 7 {
		w.ok(w.Ask(t.Context(), "test", fmt.Sprintf("r%d@acme.test", i)))
	}
	var got []string
	p := notify.Page{Limit: 3, State: notify.Queued}
	for pages := 0; pages < 5; pages++ {
		l, err := w.Outbox(t.Context(), p)
		w.ok(err)
		for _, m := range l.Items {
			got = append(got, m.To[:2])
		}
		if p.After = l.Next; l.Counts[notify.Queued] != 7 || p.After == "" {
			break
		}
	}
	if s := strings.Join(got, " "); s != "r6 r5 r4 r3 r2 r1 r0" {
		t.Error(s)
	}
	_, err := w.Outbox(t.Context(), notify.Page{After: "x"})
	w.input(err, "after")
}

func TestPrune(t *testing.T) {
	w := newWorld(t)
	w.link()
	w.arrive()
	w.at = w.at.Add(89 * 24 * time.Hour)
	w.ok(w.Prune(t.Context()))
	if got := w.state(); got != "password_link sent 1" {
		t.Errorf("after 89 days: %s", got)
	}
	w.at = w.at.Add(2 * 24 * time.Hour)
	w.ok(w.Prune(t.Context()))
	if got := w.state(); got != "" {
		t.Errorf("after 91 days: %s", got)
	}
}

// Start sends by itself, Stop lets the mail under way end.
func TestStartStop(t *testing.T) {
	w := newWorld(t)
	w.ok(w.Start(t.Context()))
	w.ok(w.Start(t.Context()))
	w.ok(w.Ask(t.Context(), "test", "it@acme.test"))
	select {
	case <-w.server.arrived:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was sent")
	}
	w.ok(w.Stop(t.Context()))
	w.ok(w.Stop(t.Context()))
	if got := w.state(); got != "confirm sent 1" {
		t.Error(got)
	}
}

// Security §1.11: nothing that somebody enters or HR says gives a mail another header or recipient.
func TestHeaderInjection(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		nasty := rapid.SampledFrom([]string{"\r\n", "\n", "\r", "\x00", "Bcc: evil@evil.test", "<evil@evil.test>", `"`, `\`, ",", ";", ":", "é", "\u202e", "\xff", "=?utf-8?q?x?=",
			" ", "\t", "a", "@", "\r\n\r\nbody", "\u2028", "\u0085"})
		text := func(label string) string {
			return strings.Join(rapid.SliceOfN(nasty, 1, 6).Draw(rt, label), "")
		}
		to, name, organisation := "ann@acme.test", text("name"), text("organisation")
		if rapid.Bool().Draw(rt, "bad address") {
			to += text("address")
		}
		raw, err := notify.Raw(w.Service, to, name, organisation)
		if err != nil {
			if to == "ann@acme.test" && !strings.ContainsAny(organisation, "\r\n\x00\xff") {
				rt.Fatalf("organisation %q: refused: %v", organisation, err)
			}
			return
		}
		m, err := netmail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			rt.Fatalf("%v:\n%s", err, raw)
		}
		for k := range m.Header {
			switch k {
			case "Date", "Message-Id", "Mime-Version", "From", "To", "Subject", "Content-Type", "Auto-Submitted", "X-Auto-Response-Suppress", "User-Agent", "X-Mailer":
			default:
				rt.Fatalf("a header %s of its own:\n%s", k, raw)
			}
		}
		got, err := m.Header.AddressList("To")
		if err != nil || len(got) != 1 || got[0].Address != to {
			rt.Fatalf("to %v, %v, want %s", got, err, to)
		}
		from, err := m.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != "rollcall@acme.test" {
			rt.Fatalf("from %v, %v:\n%s", from, err, raw)
		}
	})
}

// Names that are unusual and harmless arrive as they are.
func TestSenderName(t *testing.T) {
	w := newWorld(t)
	for organisation, want := range map[string]string{"Acme": "Acme", `Acme "& Sons", Inc. <evil@evil.test>`: `Acme "& Sons", Inc. <evil@evil.test>`,
		"Müller & Zoë": "Müller & Zoë", `C:\Acme`: `C:\Acme`, `É\Acme`: "É/Acme", "株式会社": "株式会社", "=?utf-8?q?x?=": "=?utf-8?q?x?="} {
		raw, err := notify.Raw(w.Service, "ann@acme.test", "Ann", organisation)
		w.ok(err)
		m, err := netmail.ReadMessage(strings.NewReader(raw))
		w.ok(err)
		from, err := m.Header.AddressList("From")
		if err != nil || from[0].Name != want {
			t.Errorf("%q arrives as %v, %v", organisation, from, err)
		}
	}
}

// What cannot be a header is refused for good, and shown.
func TestRefusedForGood(t *testing.T) {
	w := newWorld(t)
	expires := w.at.Add(time.Hour)
	p := w.person("p_ann", "ann@acme.test", directory.RoleMember)
	secret, _, err := w.accounts.MakeLink(t.Context(), account.Operator("test"), p.ID, account.Invite)
	w.ok(err)
	w.ok(w.PasswordLink(t.Context(), account.Link{PersonID: p.ID, Email: "ann@acme.test\r\nBcc: evil@evil.test", Purpose: account.Reset, ExpiresAt: expires}, secret))
	if got := w.arrive() + w.state(); got != "password_link gave_up 0" {
		t.Error(got)
	}
	if m := w.only(); !strings.Contains(m.Problem, "line break") {
		t.Errorf("problem %q", m.Problem)
	}
	w.input(w.Ask(t.Context(), "test", "it@acme.test, evil@evil.test"), "email")
	w.input(w.Ask(t.Context(), "test", "IT <it@acme.test>"), "email")
}

// Two processes on one database never send the same mail.
func TestTwoSenders(t *testing.T) {
	w := newWorld(t)
	for i := range 30 {
		w.ok(w.Ask(t.Context(), "test", fmt.Sprintf("r%d@acme.test", i)))
	}
	other := notify.New(w.opt)
	other.Connect(w.accounts, w)
	var senders sync.WaitGroup
	for _, s := range []*notify.Service{w.Service, other} {
		senders.Go(func() {
			if _, err := s.Deliver(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	seen := map[string]int{}
	for _, m := range w.server.taken() {
		seen[m.To]++
	}
	for i := range 30 {
		if n := seen[fmt.Sprintf("r%d@acme.test", i)]; n != 1 {
			t.Errorf("r%d got %d mails", i, n)
		}
	}
}

// certificate makes the mail server's certificate for 127.0.0.1.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, MinVersion: tls.VersionTLS12}, roots
}

// The password travels on an encrypted connection only, and to a server with a good certificate; otherwise
// nothing is sent, and neither the outbox nor the log has it.
func TestTransportSecurity(t *testing.T) {
	serve, roots := certificate(t)
	const login = "AHJvbGxjYWxsAGh1c2gtaHVzaA==" // rollcall, hush-hush
	for _, c := range []struct {
		name            string
		tls             policy.TLSMode
		implicit, start bool // what the server does
		trusted         bool
		password        string
		sent            bool
	}{
		{"implicit", policy.TLSImplicit, true, false, true, "hush-hush", true},
		{"implicit, unknown certificate", policy.TLSImplicit, true, false, false, "hush-hush", false},
		{"implicit, server without", policy.TLSImplicit, false, false, true, "hush-hush", false},
		{"required", policy.TLSRequired, false, true, true, "hush-hush", true},
		{"required, unknown certificate", policy.TLSRequired, false, true, false, "hush-hush", false},
		{"required, server without", policy.TLSRequired, false, false, true, "hush-hush", false},
		{"opportunistic", policy.TLSOpportunistic, false, true, true, "hush-hush", true},
		{"opportunistic, server without", policy.TLSOpportunistic, false, false, true, "hush-hush", false},
		{"wrong password", policy.TLSRequired, false, true, true, "wrong-hush", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			w := newWorld(t)
			if c.implicit {
				w.server = newMailServer(t, serve)
			}
			var offered *tls.Config
			if c.start {
				offered = serve
			}
			w.server.demand(login, offered)
			w.server.TLS, w.server.Username, w.server.Password = c.tls, "rollcall", c.password
			w.opt.SMTP, w.opt.Log = &w.server.SMTP, slog.New(slog.NewTextHandler(&log, nil))
			w.restart()
			if c.trusted {
				w.Trust(roots)
			}
			w.ok(w.Ask(t.Context(), "test", "it@acme.test"))
			mails, err := w.deliver()
			if (len(mails) == 1) != c.sent || (err == nil) != c.sent {
				t.Errorf("%d mails, %v", len(mails), err)
			}
			wire := base64.StdEncoding.EncodeToString([]byte("\x00rollcall\x00" + c.password))
			if all := fmt.Sprint(err, w.only().Problem, &log); strings.Contains(all, "hush") || strings.Contains(all, wire) {
				t.Errorf("the password is told: %s", all)
			}
		})
	}
}
