package notify

import (
	"context"
	"crypto/x509"
	"strings"
	"time"
)

// Patience sets how long a mail server may take.
func (s *Service) Patience(d time.Duration) { s.smtp.timeout = d }

// Trust sets whose certificate a mail server may have.
func (s *Service) Trust(roots *x509.CertPool) { s.smtp.roots = roots }

// StartOfDay is startOfDay.
func StartOfDay(day string, zone *time.Location) time.Time { return startOfDay(day, zone) }

// Letter writes a mail in a language, as its recipient reads it.
func Letter(s *Service, m Mail, language, secret string) (subject, text, html string, err error) {
	l := s.letter(&m, house{"Acme", language}, secret)
	text, html, err = l.render()
	return l.Subject, text, html, err
}

// Raw writes an invitation as it goes over the wire.
func Raw(s *Service, to, name, organisation string) (string, error) {
	m := &Mail{ID: "mail_1", Kind: PasswordLink, To: to, Content: Content{Name: name}, UselessAt: s.o.Now()}
	msg, err := message(m, s.letter(m, house{organisation, "en"}, "secret"), s.sender(), organisation, s.o.Now())
	if err != nil {
		return "", err
	}
	var raw strings.Builder
	_, err = msg.WriteTo(&raw)
	return raw.String(), err
}

// Renew keeps a mail claimed.
func (s *Service) Renew(ctx context.Context, id string) error { return s.renew(ctx, id) }
