package notify

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// sendTimeout is how long one mail may take from the first packet to the server's answer.
const sendTimeout = 30 * time.Second

// transport talks to the mail server.
type transport struct {
	policy.SMTP
	timeout time.Duration
	roots   *x509.CertPool // nil: the system's
}

func newTransport(s policy.SMTP) *transport { return &transport{SMTP: s, timeout: sendTimeout} }

// unreachableError says that the next mail would fare no better.
type unreachableError struct{ error }

func (e *unreachableError) Unwrap() error { return e.error }

// send hands one message over. A server that took it and then fell silent, or said goodbye badly, has taken
// it: only an answer that never came leaves in doubt whether it did, and then the Message-ID tells the
// second copy (security §3 #45).
func (t *transport) send(ctx context.Context, m *mail.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	client, err := t.client(ctx)
	if err != nil {
		return fmt.Errorf("set up the mail server: %w", err)
	}
	c, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return &unreachableError{fmt.Errorf("reach the mail server %s port %d: %w", t.Host, t.Port, t.hide(err))}
	}
	err = client.SendWithSMTPClient(c, m)
	delivered := m.IsDelivered()
	t.hangUp(client, c)
	switch {
	case delivered || err == nil:
		return nil
	case ctx.Err() != nil:
		return &unreachableError{fmt.Errorf("the mail server %s did not answer within %s", t.Host, t.timeout)}
	}
	err = t.hide(err)
	if code := answered(err); code == 0 || code == 421 { // 421: the server is closing for everybody
		return &unreachableError{fmt.Errorf("talk to the mail server %s: %w", t.Host, err)}
	}
	return fmt.Errorf("the mail server %s refused the mail: %w", t.Host, err)
}

// answered is the code of the server's refusal, 0 when it gave none.
func answered(err error) int {
	if refused, ok := errors.AsType[*mail.SendError](err); ok && refused.ErrorCode() != 0 {
		return refused.ErrorCode()
	}
	if refused, ok := errors.AsType[*textproto.Error](err); ok {
		return refused.Code
	}
	return 0
}

// hangUp says goodbye; what the server makes of it does not matter any more. The connection itself is
// closed when the context of send ends.
func (t *transport) hangUp(client *mail.Client, c *smtp.Client) { _ = client.CloseWithSMTPClient(c) }

// client makes a client that dials by itself: so the connection is closed whatever happens on it, and as
// soon as the context ends.
func (t *transport) client(ctx context.Context) (*mail.Client, error) {
	secure := &tls.Config{ServerName: t.Host, MinVersion: tls.VersionTLS12, RootCAs: t.roots}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(dialing, network, address)
		if err != nil {
			return nil, err
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		if t.TLS != policy.TLSImplicit {
			return conn, nil
		}
		c := tls.Client(conn, secure)
		return c, c.HandshakeContext(dialing)
	}
	options := []mail.Option{mail.WithPort(t.Port), mail.WithTimeout(t.timeout), mail.WithDialContextFunc(dial), mail.WithTLSConfig(secure), mail.WithoutNoop()}
	switch t.TLS {
	case policy.TLSRequired:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case policy.TLSNone:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	default: // over a connection that is encrypted already, the client asks for no second layer
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	}
	if t.Username != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(t.Username), mail.WithPassword(t.Password))
	}
	return mail.NewClient(t.Host, options...)
}

// hide keeps the password, also as it goes over the wire, out of an error that a careless server repeated it in.
func (t *transport) hide(err error) error {
	if t.Password == "" {
		return err
	}
	text := err.Error()
	for _, secret := range []string{t.Password, "\x00" + t.Username + "\x00" + t.Password} {
		text = strings.ReplaceAll(text, secret, "[hidden]")
		text = strings.ReplaceAll(text, base64.StdEncoding.EncodeToString([]byte(secret)), "[hidden]")
	}
	if text == err.Error() {
		return err
	}
	return errors.New(text)
}

// message writes a mail. What could break a header is refused, not mended (security §1.11).
func message(m *Mail, l letter, from, organisation string, now time.Time) (*mail.Msg, error) {
	for _, h := range []struct{ what, value string }{{"the recipient", m.To}, {"the sender", from}, {"the organisation's name", organisation}, {"the subject", l.Subject}} {
		if err := headerValue(h.value); err != nil {
			return nil, fmt.Errorf("%s %w", h.what, err)
		}
	}
	for _, a := range []string{m.To, from} {
		if err := oneAddress(a); err != nil {
			return nil, err
		}
	}
	text, html, err := l.render()
	if err != nil {
		return nil, err
	}
	msg := mail.NewMsg()
	msg.FromMailAddress(&netmail.Address{Name: displayName(organisation), Address: from})
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	_, domain, _ := strings.Cut(from, "@")
	msg.SetMessageIDWithValue(m.ID + "@" + domain)
	msg.SetDateWithValue(now)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.Subject(l.Subject)
	msg.SetBodyString(mail.TypeTextPlain, text)
	msg.AddAlternativeString(mail.TypeTextHTML, html)
	return msg, nil
}

// displayName is a name as the standard library can write and read it: beside a letter beyond ASCII it leaves
// a backslash as it is, where RFC 2047 section 5.3 allows none.
func displayName(name string) string {
	if strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) < 0 {
		return name
	}
	return strings.ReplaceAll(name, `\`, "/")
}

// headerValue refuses what could end a header line.
func headerValue(v string) error {
	if strings.ContainsAny(v, "\r\n\x00") || !utf8.ValidString(v) {
		return errors.New("has a line break or another character that no mail header may have")
	}
	return nil
}

// oneAddress refuses everything but one plain address.
func oneAddress(address string) error {
	a, err := netmail.ParseAddress(address)
	if err != nil || a.Name != "" || a.Address != address {
		return fmt.Errorf("%q is no e-mail address", address)
	}
	return nil
}

// briefly keeps a server's words fit to be stored and shown.
func briefly(err error) string {
	text, _ := directory.CleanText(strings.Join(strings.Fields(err.Error()), " "))
	if r := []rune(text); len(r) > 300 {
		text = string(r[:300]) + "…"
	}
	return text
}
