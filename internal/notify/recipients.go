package notify

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
)

const (
	// confirmFor is how long a link to confirm an address works.
	confirmFor = 7 * 24 * time.Hour
	// askAgain is how soon an address may be asked again.
	askAgain = 10 * time.Minute
)

// ErrLink says that a link to confirm an address was used, replaced, or is too old.
var ErrLink = errors.New("this link no longer works: it was used, replaced by a newer one, or is too old; ask an administrator to send a new one")

// Ask mails a link to an address that is to learn about failures: nothing else is sent there before whoever
// reads it has agreed (contradiction C24). An address that agreed is left alone. *account.InputError on field
// "email" for what is no address, or was asked a moment ago.
func (s *Service) Ask(ctx context.Context, actor, email string) error {
	if err := oneAddress(email); err != nil {
		return &account.InputError{Field: "email", Text: "this is no e-mail address such as it@acme.test"}
	}
	b := make([]byte, 32)
	rand.Read(b) // never fails: it ends the program instead
	secret := base64.RawURLEncoding.EncodeToString(b)
	hash := sha256.Sum256([]byte(secret))
	now := s.o.Now()
	m := Mail{ID: newID(), Key: "confirm/" + hex.EncodeToString(hash[:]), Kind: Confirmation, State: Queued, To: email, UselessAt: now.Add(confirmFor),
		CreatedAt: now, NextAt: now}
	if err := s.seal(&m, secret); err != nil {
		return err
	}
	err := s.write(ctx, "ask whether "+email+" wants to be told", func(tx Tx) error {
		r, err := tx.Recipient(email)
		switch {
		case err != nil && !errors.Is(err, directory.ErrNotFound):
			return err
		case !r.Confirmed.IsZero():
			return nil
		case !r.AskedAt.IsZero() && now.Before(r.AskedAt.Add(askAgain)):
			return &account.InputError{Field: "email", Text: "this address was asked a moment ago; wait ten minutes before you ask again"}
		}
		r = Recipient{Email: email, AskedAt: now, AskedBy: actor, ExpiresAt: m.UselessAt}
		if err := tx.SaveRecipient(r, &hash); err != nil {
			return err
		}
		if _, err := tx.Add(&m); err != nil {
			return err
		}
		return tx.Audit(account.Event{At: now, Actor: actor, Name: "recipient_asked", Subject: m.ID})
	})
	s.nudge()
	return err
}

// Asked implements connection.Recipients.
func (s *Service) Asked(ctx context.Context) (out []Recipient, err error) {
	err = s.read(ctx, "look up who was asked", func(tx Tx) error {
		out, err = tx.Recipients()
		return err
	})
	return out, err
}

// CanAsk implements connection.Recipients.
func (s *Service) CanAsk() bool { return s.smtp != nil || s.o.Demo }

// Recipients tells of every address whether it agreed, in the order given.
func (s *Service) Recipients(ctx context.Context, emails []string) ([]Recipient, error) {
	out := make([]Recipient, len(emails))
	err := s.read(ctx, "look up who agreed to be told", func(tx Tx) error {
		for i, e := range emails {
			r, err := tx.Recipient(e)
			if err != nil && !errors.Is(err, directory.ErrNotFound) {
				return err
			}
			r.Email = e
			out[i] = r
		}
		return nil
	})
	return out, err
}

// Confirmed reports whether somebody agreed to be told at one of the addresses: automatic runs need one.
func (s *Service) Confirmed(ctx context.Context, emails []string) (bool, error) {
	all, err := s.Recipients(ctx, emails)
	for _, r := range all {
		if !r.Confirmed.IsZero() {
			return true, err
		}
	}
	return false, err
}

// Confirmation returns whom a link is for, without using it up: mail scanners follow links (security §1.9).
// ErrLink when it no longer works.
func (s *Service) Confirmation(ctx context.Context, secret string) (r Recipient, err error) {
	err = s.read(ctx, "read the link", func(tx Tx) error {
		r, err = s.asked(tx, secret)
		return err
	})
	return r, err
}

func (s *Service) asked(tx Tx, secret string) (Recipient, error) {
	r, err := tx.RecipientByHash(sha256.Sum256([]byte(secret)))
	if errors.Is(err, directory.ErrNotFound) || err == nil && !s.o.Now().Before(r.ExpiresAt) {
		return Recipient{}, ErrLink
	}
	return r, err
}

// Confirm uses a link up: from now on notices are sent to its address. ErrLink when it no longer works.
func (s *Service) Confirm(ctx context.Context, secret string) error {
	return s.write(ctx, "confirm an address", func(tx Tx) error {
		r, err := s.asked(tx, secret)
		if err != nil {
			return err
		}
		now := s.o.Now()
		r.Confirmed = now
		if err := tx.SaveRecipient(r, nil); err != nil {
			return err
		}
		return tx.Audit(account.Event{At: now, Actor: "recipient", Name: "recipient_confirmed", Detail: fmt.Sprintf("asked by %s", r.AskedBy)})
	})
}
