package notify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/internal/account"
)

// Page asks for a part of the outbox.
type Page struct {
	State State  // "" for all
	After string // List.Next of the page before; "" for the newest
	Run   string // only mails of this run; "" for all
	Limit int    // defaults to 50
}

// List is a part of the outbox, the newest first.
type List struct {
	Items  []Listed
	Next   string        // "" at the end
	Counts map[State]int // of the whole outbox
}

// Listed is a mail in a list.
type Listed struct {
	Mail
	Subject string
}

// Shown is a mail as its recipient reads it; its link is left out unless the service shows mails instead of
// sending them (Options.Demo).
type Shown struct {
	Listed
	Text string
	HTML string // a whole document, to be shown in a sandbox
	// Language is the one that it is written in, of policy.Languages.
	Language string
}

// Outbox lists mails.
func (s *Service) Outbox(ctx context.Context, p Page) (List, error) {
	f := Filter{Limit: p.Limit, RunID: p.Run}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	if p.State != "" {
		f.States = []State{p.State}
	}
	if p.After != "" {
		n, err := strconv.ParseInt(p.After, 10, 64)
		if err != nil || n < 1 {
			return List{}, &account.InputError{Field: "after", Text: fmt.Sprintf("%q is not where a page of mails ended", p.After)}
		}
		f.Before = n
	}
	in, err := s.house(ctx)
	if err != nil {
		return List{}, err
	}
	var out List
	err = s.read(ctx, "list the outbox", func(tx Tx) error {
		if out.Counts, err = tx.Counts(); err != nil {
			return err
		}
		f.Limit++
		mails, err := tx.Mails(f)
		if err == nil && len(mails) == f.Limit {
			mails = mails[:len(mails)-1]
			out.Next = strconv.FormatInt(mails[len(mails)-1].No, 10)
		}
		for i := range mails {
			out.Items = append(out.Items, s.listed(&mails[i], in))
		}
		return err
	})
	return out, err
}

// listed leaves the sealed secret out.
func (s *Service) listed(m *Mail, in house) Listed {
	out := Listed{Mail: *m, Subject: s.letter(m, in, "").Subject}
	out.Sealed = ""
	return out
}

// Show returns one mail; directory.ErrNotFound for one that is unknown.
func (s *Service) Show(ctx context.Context, id string) (Shown, error) {
	return s.show(ctx, id, s.o.Demo && s.smtp == nil)
}

// ShowSealed is Show without the mail's link, whatever the service does with mails: for programs.
func (s *Service) ShowSealed(ctx context.Context, id string) (Shown, error) {
	return s.show(ctx, id, false)
}

func (s *Service) show(ctx context.Context, id string, reveal bool) (Shown, error) {
	in, err := s.house(ctx)
	if err != nil {
		return Shown{}, err
	}
	var m Mail
	if err := s.read(ctx, "show mail "+id, func(tx Tx) error {
		m, err = tx.Mail(id)
		return err
	}); err != nil {
		return Shown{}, err
	}
	if m.State == Queued { // as it would go out now
		if err := s.releasers(ctx, &m); err != nil {
			return Shown{}, err
		}
	}
	secret := ""
	if reveal && m.Sealed != "" {
		plain, err := s.o.Sealer.Open(m.Sealed, m.ID)
		if err != nil {
			return Shown{}, fmt.Errorf("open the link of mail %s: %w", id, err)
		}
		secret = string(plain)
	}
	out := Shown{Listed: s.listed(&m, in)}
	l := s.letter(&m, in, secret)
	out.Language = l.Language
	if l.Sealed {
		l.Closing, l.Link = append([]string{l.Button + ": " + l.Link + "."}, l.Closing...), ""
	}
	out.Text, out.HTML, err = l.render()
	return out, err
}

// Retry sends a mail again that was given up or waits for its next attempt; *account.InputError on field
// "mail" when it cannot be sent any more.
func (s *Service) Retry(ctx context.Context, actor, id string) error {
	return s.act(ctx, actor, id, "mail_retried", func(m *Mail, now time.Time) error {
		switch {
		case m.State != Queued && m.State != GaveUp:
			return errors.New("this mail is " + stateWord(m.State))
		case m.Kind != Welcome && !m.UselessAt.IsZero() && !now.Before(m.UselessAt):
			return errors.New("this mail is too old to say anything useful")
		case m.State == GaveUp && (m.Kind == PasswordLink || m.Kind == Confirmation):
			return errors.New("the link in this mail is gone; ask for a new one")
		}
		m.State, m.NextAt, m.FirstTry, m.Attempts, m.DoneAt, m.Problem = Queued, now, time.Time{}, 0, time.Time{}, ""
		return nil
	})
}

// Discard ends a mail that was not sent; *account.InputError on field "mail" when it was.
func (s *Service) Discard(ctx context.Context, actor, id string) error {
	return s.act(ctx, actor, id, "mail_discarded", func(m *Mail, now time.Time) error {
		if m.State == Sent || m.State == Discarded {
			return errors.New("this mail is " + stateWord(m.State))
		}
		m.State, m.DoneAt, m.Sealed, m.Problem = Discarded, now, "", ""
		return nil
	})
}

// act changes one mail because somebody asked for it.
func (s *Service) act(ctx context.Context, actor, id, event string, f func(m *Mail, now time.Time) error) error {
	err := s.write(ctx, "change mail "+id, func(tx Tx) error {
		m, err := tx.Mail(id)
		if err != nil {
			return err
		}
		before, now := m.State, s.o.Now()
		if err := f(&m, now); err != nil {
			return &account.InputError{Field: "mail", Text: err.Error()}
		}
		if err := tx.Save(&m); err != nil {
			return err
		}
		return tx.Audit(account.Event{At: now, Actor: actor, Name: event, Subject: id, Before: string(before), After: string(m.State)})
	})
	s.nudge()
	return err
}

// Release sends the welcomes of a run that wait because it made too many accounts, and counts them.
func (s *Service) Release(ctx context.Context, actor, runID string) (n int, err error) {
	err = s.write(ctx, "release the welcomes of run "+runID, func(tx Tx) error {
		now := s.o.Now()
		if n, err = tx.Release(runID, now); err != nil || n == 0 {
			return err
		}
		return tx.Audit(account.Event{At: now, Actor: actor, Name: "welcomes_released", Subject: runID, Detail: people(n)})
	})
	s.nudge()
	return n, err
}

func stateWord(s State) string {
	switch s {
	case Waiting:
		return "waiting for an administrator to release the welcomes of its run"
	case Kept:
		return "shown here instead of sent"
	case Sent:
		return "sent already"
	case Discarded:
		return "discarded"
	}
	return string(s)
}
