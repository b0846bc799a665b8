package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// The purposes of a link to set a password.
const (
	Invite = "invite" // somebody's first password: 72 hours
	Reset  = "reset"  // a forgotten one: 60 minutes
)

func lifetime(purpose string) (time.Duration, error) {
	switch purpose {
	case Invite:
		return 72 * time.Hour, nil
	case Reset:
		return time.Hour, nil
	}
	return 0, fmt.Errorf("a link is for %q or %q, not for %q", Invite, Reset, purpose)
}

// MakeLink makes a link to set a password and ends the person's older ones. ErrForbidden unless the
// viewer may reach the account: an admin's or owner's takes an owner, also before its first sign-in.
// *InputError on field "person" for somebody deactivated, or provisioned before the first day of work.
func (s *Service) MakeLink(ctx context.Context, by Viewer, personID, purpose string) (secret string, expires time.Time, err error) {
	err = s.write(ctx, "make a link to set a password", func(tx Tx) error {
		p, err := tx.Person(personID)
		if err != nil {
			return err
		}
		if !by.MayGive(p.Role) {
			return ErrForbidden
		}
		secret, expires, err = s.link(ctx, tx, &p, purpose, by.Actor())
		return err
	})
	return secret, expires, err
}

// MakeLinkByOperator makes a reset link for whoever has an address, so that nobody stays locked out;
// directory.ErrNotFound when nobody has it.
func (s *Service) MakeLinkByOperator(ctx context.Context, by Viewer, email string) (secret string, expires time.Time, err error) {
	if by.Operator == "" {
		return "", time.Time{}, ErrForbidden
	}
	err = s.write(ctx, "make a link to set a password", func(tx Tx) error {
		p, err := tx.PersonByEmail(email)
		if err == nil {
			secret, expires, err = s.link(ctx, tx, &p, Reset, by.Actor())
		}
		return err
	})
	return secret, expires, err
}

// link stores a new link.
func (s *Service) link(ctx context.Context, tx Tx, p *Person, purpose, by string) (secret string, expires time.Time, err error) {
	now := s.o.Now()
	life, err := lifetime(purpose)
	if err != nil {
		return "", expires, err
	}
	switch {
	case p.Status == directory.Deactivated:
		return "", expires, &InputError{"person", "this person is deactivated; reactivate them first"}
	case p.Status == directory.Provisioned && !s.mayBecomeActive(ctx, p):
		return "", expires, &InputError{"person", fmt.Sprintf("this person starts on %s and is not invited before", p.HireDate)}
	}
	secret, h, err := s.webSecret()
	if err != nil {
		return "", expires, err
	}
	expires = now.Add(life)
	if err := tx.AddLink(h, Link{PersonID: p.ID, Purpose: purpose, ExpiresAt: expires}, by, now); err != nil {
		return "", expires, err
	}
	return secret, expires, tx.Audit(Event{At: now, Actor: by, Name: "password_link", Subject: p.ID, Detail: purpose})
}

// signsIn reports whether somebody has a password or an identity.
func signsIn(tx Tx, p *Person) (bool, error) {
	if p.Hash != "" {
		return true, nil
	}
	ids, err := tx.IdentitiesOf(p.ID)
	return len(ids) > 0, err
}

// Link returns what a link is for, without using it up: mail scanners follow links (security §1.9).
// ErrLink when it no longer works.
func (s *Service) Link(ctx context.Context, secret string) (Link, error) {
	var l Link
	err := s.read(ctx, "read the link", func(tx Tx) (err error) {
		l, _, err = s.usable(ctx, tx, secret)
		return err
	})
	return l, err
}

func (s *Service) usable(ctx context.Context, tx Tx, secret string) (Link, Person, error) {
	h, ok := hashed(secret)
	if !ok {
		return Link{}, Person{}, ErrLink
	}
	l, err := tx.Link(h)
	if err != nil {
		return Link{}, Person{}, noLink(err)
	}
	p, err := tx.Person(l.PersonID)
	if err != nil {
		return Link{}, Person{}, noLink(err)
	}
	now := s.o.Now()
	if !now.Before(l.ExpiresAt) || !s.maySignIn(ctx, &p) {
		return Link{}, Person{}, ErrLink
	}
	l.Email, l.Name = p.Email, p.Name
	return l, p, nil
}

func noLink(err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return ErrLink
	}
	return err
}

// SetPassword uses a link up: it sets the password, ends all sessions and other links of the person,
// and makes a provisioned person active. ErrLink when it no longer works; *InputError on field
// "password", which leaves the link as it is.
func (s *Service) SetPassword(ctx context.Context, secret, password string) error {
	l, err := s.Link(ctx, secret)
	if err != nil {
		return err
	}
	if err := CheckPassword(password, l.Email, l.Name); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	now := s.o.Now()
	return s.write(ctx, "set the password", func(tx Tx) error {
		_, p, err := s.usable(ctx, tx, secret) // two posts of one link: the second finds it used
		if err != nil {
			return err
		}
		if err := setPassword(tx, p.ID, hash, "", now); err != nil {
			return err
		}
		if err := tx.Audit(Event{At: now, Actor: p.ID, Name: "password_set", Subject: p.ID, Detail: l.Purpose + " link"}); err != nil {
			return err
		}
		return activate(tx, &p, "set a password for the first time", now)
	})
}

// setPassword writes a password and ends what the old one opened, but for one session.
func setPassword(tx Tx, personID, hash string, except SessionID, now time.Time) error {
	if err := tx.SetPassword(personID, hash, now); err != nil {
		return err
	}
	if _, err := tx.EndSessions(personID, except); err != nil {
		return err
	}
	return tx.DropLinks(personID)
}

// ChangePassword sets the viewer's own password, who shows the old one, and ends their other sessions.
// *InputError on "current" or "password"; *ThrottledError after too many wrong ones.
func (s *Service) ChangePassword(ctx context.Context, v Viewer, old, password string) error {
	now := s.o.Now()
	tries := countOf(accountLimit(), "change", v.PersonID)
	var p Person
	err := s.write(ctx, "change the password", func(tx Tx) (err error) {
		if v.Session == "" {
			return ErrForbidden
		}
		if p, err = tx.Person(v.PersonID); err != nil {
			return err
		}
		return tries.begin(tx, now)
	})
	if err != nil {
		return err
	}
	fits, _, err := s.verify(ctx, old, p.Hash)
	if err != nil {
		return s.explain("change the password", err)
	}
	if !fits {
		return &InputError{"current", "this is not your password"}
	}
	if err := CheckPassword(password, p.Email, p.Name); err != nil {
		return err
	}
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.write(ctx, "change the password", func(tx Tx) error {
		still, err := tx.Person(p.ID)
		if err != nil {
			return err
		}
		if still.Hash != p.Hash || still.Status != directory.Active { // changed while the old one was being checked
			return ErrNoSession
		}
		if err := errors.Join(tries.clear(tx, now), setPassword(tx, p.ID, hash, v.Session, now)); err != nil {
			return err
		}
		return tx.Audit(Event{At: now, Actor: v.Actor(), Name: "password_set", Subject: p.ID, Detail: "by the person"})
	})
}

// HasPassword reports whether somebody can sign in with a password.
func (s *Service) HasPassword(ctx context.Context, personID string) (bool, error) {
	var p Person
	err := s.read(ctx, "read the account", func(tx Tx) (err error) {
		p, err = tx.Person(personID)
		return err
	})
	return p.Hash != "", err
}

// RequestReset mails a link to whoever has an address, and answers the same when nobody has, when the
// account cannot sign in, and when that account was sent several already. Owners and admins get one
// like everybody: no run moves their address (security §1.5). *ThrottledError when this network address asked
// too often. Without a Mailer it does nothing.
func (s *Service) RequestReset(ctx context.Context, email, address string) error {
	now := s.o.Now()
	net := countOf(mailLimit(), "reset-address", network(address))
	net.free = 10 // an office
	account := countOf(mailLimit(), "reset-account", directory.EmailKey(email))
	var l Link
	secret := ""
	err := s.write(ctx, "ask for a link", func(tx Tx) error {
		if err := net.begin(tx, now); err != nil {
			return err
		}
		if err := account.begin(tx, now); err != nil {
			if _, often := errors.AsType[*ThrottledError](err); often {
				return nil
			}
			return err
		}
		p, err := tx.PersonByEmail(email)
		if err != nil {
			return absent(err)
		}
		if s.o.Mailer == nil || !s.maySignIn(ctx, &p) {
			return nil
		}
		secret, l.ExpiresAt, err = s.link(ctx, tx, &p, Reset, p.ID)
		l.PersonID, l.Email, l.Name, l.Purpose = p.ID, p.Email, p.Name, Reset
		return err
	})
	if err != nil || secret == "" {
		return err
	}
	return s.explain("send the link", s.o.Mailer.PasswordLink(ctx, l, secret))
}
