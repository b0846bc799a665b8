package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// SignIn is what somebody brings who wants in. Address is the IP address, Through that of the proxy that says
// so ("" for none), Agent the browser's name.
type SignIn struct{ Email, Password, Address, Through, Agent string }

// SignIn opens a session and returns its secret for the cookie, always a new one. ErrSignIn, after the
// same work, for a wrong password, an unknown address, and an account that cannot sign in;
// *ThrottledError after too many failures. A provisioned person becomes active (promise AY13).
func (s *Service) SignIn(ctx context.Context, in SignIn) (secret string, v Viewer, err error) {
	now := s.o.Now()
	pair, net := signInCounters(in)
	var p Person
	counted := false
	err = s.write(ctx, "sign in", func(tx Tx) error {
		if s.failures.prune(now) {
			if err := tx.PruneTallies(now.Add(-knownFor)); err != nil {
				return err
			}
		}
		if counted, err = beginSignIn(tx, pair, net, now); err != nil {
			return err
		}
		p, err = tx.PersonByEmail(in.Email)
		return absent(err)
	})
	if err != nil {
		return "", Viewer{}, err
	}
	fits, stale, err := s.verify(ctx, in.Password, p.Hash)
	if errors.Is(err, ErrBusy) { // nothing was tried
		err = errors.Join(err, s.write(ctx, "sign in", func(tx Tx) error {
			if counted {
				return errors.Join(pair.forgive(tx), net.forgive(tx))
			}
			return pair.forgive(tx)
		}))
	}
	if err != nil {
		return "", Viewer{}, s.explain("sign in", err)
	}
	if !fits || !s.maySignIn(ctx, &p) {
		return "", Viewer{}, s.refuse(ctx, p.ID, "password, "+from(in.Address), now, ErrSignIn)
	}
	rehashed := ""
	if stale {
		if rehashed, err = s.hash(ctx, in.Password); err != nil {
			return "", Viewer{}, s.explain("sign in", err)
		}
	}
	err = s.write(ctx, "sign in", func(tx Tx) error {
		before := p.Hash
		if p, err = tx.Person(p.ID); err != nil {
			return err
		}
		if p.Hash != before || !s.maySignIn(ctx, &p) { // changed while the password was being checked
			return ErrSignIn
		}
		if rehashed != "" {
			if err := tx.SetPassword(p.ID, rehashed, now); err != nil {
				return err
			}
		}
		if err := pair.clear(tx, now); err != nil {
			return err
		}
		if counted {
			if err := net.forgive(tx); err != nil {
				return err
			}
		}
		secret, v, err = s.open(tx, p, "password", in.Address, in.Agent, now)
		return err
	})
	return secret, v, err
}

// absent takes a record that is missing for no error: the caller goes on with a blank one.
func absent(err error) error {
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	return err
}

// refuse records a failed sign-in and returns why; the person is "" when nobody is known to be meant.
func (s *Service) refuse(ctx context.Context, personID, how string, now time.Time, why error) error {
	ok, skipped := s.failures.take(now)
	if !ok {
		return why
	}
	if skipped > 0 {
		how += fmt.Sprintf("; %d more failures before this one are not listed", skipped)
	}
	err := s.write(ctx, "record a failed sign-in", func(tx Tx) error {
		return tx.Audit(Event{At: now, Actor: personID, Name: "sign_in_failed", Subject: personID, Detail: how})
	})
	if err != nil {
		return err
	}
	return why
}

// open starts a session of somebody who has proven who they are.
func (s *Service) open(tx Tx, p Person, method, address, agent string, now time.Time) (string, Viewer, error) {
	if err := activate(tx, &p, "signed in for the first time", now); err != nil {
		return "", Viewer{}, err
	}
	if err := tx.PruneSessions(now.Add(-absolute), now.Add(-idle)); err != nil {
		return "", Viewer{}, err
	}
	secret, h, err := s.webSecret()
	if err != nil {
		return "", Viewer{}, err
	}
	if err := tx.AddSession(h, Session{ID: Name(h), PersonID: p.ID, Role: p.Role, Method: method, Address: network(address),
		Agent: short(agent), CreatedAt: now, SeenAt: now}); err != nil {
		return "", Viewer{}, err
	}
	err = tx.Audit(Event{At: now, Actor: p.ID, Name: "sign_in", Subject: p.ID, Detail: method + ", " + from(address)})
	return secret, viewer(&p, Name(h)), err
}

func viewer(p *Person, id SessionID) Viewer {
	return Viewer{PersonID: p.ID, Name: p.Name, Email: p.Email, Role: p.Role, Session: id}
}
