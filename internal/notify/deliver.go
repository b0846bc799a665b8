package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/policy"
)

const (
	// keepTrying is how long a mail is offered to a server that does not take it (security §3 #45).
	keepTrying = 24 * time.Hour
	// claimFor is how long a mail belongs to the sender that works on it, unless it says that it still does; a
	// sender that died with it has lost it by then (security §3 #41).
	claimFor = 20 * time.Second
	// keepDone is how long mails that are done are shown.
	keepDone = 90 * 24 * time.Hour
)

// backoff is the wait after the n-th attempt, from 1.
func backoff(n int) time.Duration {
	waits := [...]time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 3 * time.Hour}
	return waits[min(n, len(waits))-1]
}

// Deliver sends every mail that is due and tells how many the server took. It stops with an error when the
// mail server cannot be reached, because the next mail would fare no better.
func (s *Service) Deliver(ctx context.Context) (sent int, err error) {
	for {
		m, err := s.claim(ctx)
		if errors.Is(err, directory.ErrNotFound) {
			return sent, nil
		}
		if err != nil {
			return sent, err
		}
		took, err := s.deliver(ctx, m)
		if took {
			sent++
		}
		if err != nil {
			return sent, err
		}
	}
}

// deliverAll is Deliver that ends between two mails.
func (s *Service) deliverAll(ctx context.Context, quit <-chan struct{}) error {
	for {
		select {
		case <-quit:
			return nil
		default:
		}
		m, err := s.claim(ctx)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		if err == nil {
			_, err = s.deliver(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

// claim takes the next mail that is due; directory.ErrNotFound when there is none, or nowhere to send it.
func (s *Service) claim(ctx context.Context) (m Mail, err error) {
	if s.smtp == nil && !s.o.Demo {
		return m, directory.ErrNotFound
	}
	due := func(tx Tx) error {
		m, err = tx.Due(s.o.Now(), s.o.RunNow())
		return err
	}
	if err := s.read(ctx, "look for mails that are due", due); err != nil {
		return m, err // without taking the write lock from a run
	}
	err = s.write(ctx, "take a mail that is due", func(tx Tx) error {
		if err := due(tx); err != nil {
			return err
		}
		m.ClaimedUntil = s.o.Now().Add(claimFor)
		return tx.Save(&m)
	})
	return m, err
}

// deliver does one claimed mail.
func (s *Service) deliver(ctx context.Context, m Mail) (took bool, err error) {
	keep := context.WithoutCancel(ctx) // what happened is written down even when the program ends
	secret, go_, err := s.ready(ctx, &m)
	if err != nil || !go_ {
		return false, err
	}
	in, err := s.house(ctx)
	if err != nil {
		return false, err
	}
	m.Content.Language = cmp.Or(m.Content.Language, in.language) // of every copy from now on
	msg, err := message(&m, s.letter(&m, in, secret), s.sender(), in.name, s.o.Now())
	if err != nil {
		return false, s.settle(keep, &m, GaveUp, briefly(err))
	}
	if s.smtp == nil {
		return false, s.settle(keep, &m, Kept, "")
	}
	sendErr := s.send(ctx, &m, msg)
	if sendErr == nil {
		return true, s.settle(keep, &m, Sent, "")
	}
	s.o.Log.Warn("a mail was not taken", "mail", m.ID, "kind", m.Kind, "attempt", m.Attempts+1, "reason", redact(sendErr, m.To))
	err = s.missed(keep, &m, sendErr)
	if unreachable, ok := errors.AsType[*unreachableError](sendErr); ok {
		err = errors.Join(err, unreachable)
	}
	return false, err
}

// send hands a mail to the server, and keeps it claimed while that takes.
func (s *Service) send(ctx context.Context, m *Mail, msg *mail.Msg) error {
	done := make(chan struct{})
	var keeping sync.WaitGroup
	keeping.Go(func() {
		again := time.NewTicker(claimFor / 3)
		defer again.Stop()
		for {
			select {
			case <-done:
				return
			case <-again.C:
				if err := s.renew(ctx, m.ID); err != nil {
					s.o.Log.Warn("a mail under way may go out twice", "mail", m.ID, "reason", err)
				}
			}
		}
	})
	err := s.smtp.send(ctx, msg)
	close(done)
	keeping.Wait()
	return err
}

// renew keeps a mail claimed.
func (s *Service) renew(ctx context.Context, id string) error {
	return s.write(ctx, "keep mail "+id, func(tx Tx) error {
		m, err := tx.Mail(id)
		if err != nil || m.ClaimedUntil.IsZero() {
			return err
		}
		m.ClaimedUntil = s.o.Now().Add(claimFor)
		return tx.Save(&m)
	})
}

// sender is the address that mails are from.
func (s *Service) sender() string {
	if s.smtp == nil {
		return "rollcall@localhost" // of a mail that is only shown
	}
	return s.smtp.From
}

// house is the organisation as its mails name it, and the language it writes them in.
type house struct{ name, language string }

func (s *Service) house(ctx context.Context) (house, error) {
	name, err := s.accounts.OrganisationName(ctx)
	if err != nil {
		return house{}, err
	}
	language, err := s.accounts.OrganisationLanguage(ctx)
	return house{cmp.Or(name, product), cmp.Or(language, s.o.Language, policy.Languages()[0])}, err
}

// ready looks whether a claimed mail still makes sense, and gets what it needs: the secret of its link. When
// it does not go out now, that is written down and go_ is false.
func (s *Service) ready(ctx context.Context, m *Mail) (secret string, go_ bool, err error) {
	keep := context.WithoutCancel(ctx)
	if !m.UselessAt.IsZero() && !s.o.Now().Before(m.UselessAt) && m.Kind != Welcome {
		return "", false, s.settle(keep, m, GaveUp, cmp.Or(m.Problem, "It could not be sent in time, and says nothing useful any more."))
	}
	if m.Kind == Welcome {
		return s.readyWelcome(ctx, m)
	}
	if m.Sealed == "" {
		return "", true, s.releasers(ctx, m)
	}
	plain, err := s.o.Sealer.Open(m.Sealed, m.ID)
	if err != nil {
		return "", false, s.settle(keep, m, GaveUp, "Its link cannot be opened: "+briefly(err))
	}
	secret = string(plain)
	if m.Kind != PasswordLink {
		return secret, true, nil
	}
	if _, err := s.accounts.Link(ctx, secret); errors.Is(err, account.ErrLink) {
		return "", false, s.settle(keep, m, Discarded, "Its link was used or replaced before it could be sent.")
	} else if err != nil {
		return "", false, err
	}
	return secret, true, nil
}

// settle writes down how a mail ended. A mail that went out has no secret any more.
func (s *Service) settle(ctx context.Context, m *Mail, state State, problem string) error {
	return s.after(ctx, m, func(now *Mail) {
		if state != Sent && now.State != Queued {
			return // somebody discarded it meanwhile
		}
		now.State, now.Problem, now.DoneAt = state, problem, s.o.Now()
		if state == Sent {
			now.Attempts++
		}
		if state != Kept {
			now.Sealed = ""
		}
	})
}

// missed writes down an attempt that went wrong, and when the next one is.
func (s *Service) missed(ctx context.Context, m *Mail, cause error) error {
	return s.after(ctx, m, func(now *Mail) {
		if now.State != Queued {
			return
		}
		t := s.o.Now()
		if now.FirstTry.IsZero() {
			now.FirstTry = t
		}
		now.Attempts++
		now.Problem = briefly(cause)
		end := now.FirstTry.Add(keepTrying)
		if !t.Before(end) {
			now.State, now.DoneAt, now.Sealed = GaveUp, t, ""
			return
		}
		now.NextAt = t.Add(backoff(now.Attempts))
		if now.NextAt.After(end) {
			now.NextAt = end
		}
	})
}

// postpone puts a mail off without counting an attempt.
func (s *Service) postpone(ctx context.Context, m *Mail, problem string, f func(now *Mail)) error {
	return s.after(ctx, m, func(now *Mail) {
		now.Problem = problem
		f(now)
	})
}

// after changes a claimed mail as it stands by now, and gives the claim back.
func (s *Service) after(ctx context.Context, m *Mail, f func(now *Mail)) error {
	return s.write(ctx, "write down what became of mail "+m.ID, func(tx Tx) error {
		now, err := tx.Mail(m.ID)
		if err != nil {
			return err
		}
		now.ClaimedUntil, now.Content = time.Time{}, m.Content // as it was written, so that it is shown alike
		f(&now)
		return tx.Save(&now)
	})
}

// Prune drops mails that were done 90 days ago.
func (s *Service) Prune(ctx context.Context) error {
	before := s.o.Now().Add(-keepDone)
	return s.write(ctx, "drop old mails", func(tx Tx) error { return tx.Prune(before) })
}

// queue adds a mail to the outbox, with what every mail has.
func (s *Service) queue(tx Tx, m Mail) error {
	now := s.o.Now()
	m.ID, m.CreatedAt, m.NextAt, m.State = newID(), now, now, cmp.Or(m.State, Queued)
	_, err := tx.Add(&m)
	return err
}

// seal gives a mail that is about to be added a secret; it needs its id before.
func (s *Service) seal(m *Mail, secret string) error {
	sealed, err := s.o.Sealer.Seal([]byte(secret), m.ID)
	if err != nil {
		return fmt.Errorf("seal the link of a mail: %w", err)
	}
	m.Sealed = sealed
	return nil
}
