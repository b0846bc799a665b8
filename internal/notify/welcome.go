package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// inviter is who the audit trail names for links that the outbox makes.
const inviter = "rollcall:welcome"

// batch is how many mails one transaction adds.
const batch = 500

// PasswordLink implements account.Mailer: it seals the link, queues the mail, and returns.
func (s *Service) PasswordLink(ctx context.Context, to account.Link, secret string) error {
	sum := sha256.Sum256([]byte(secret))
	now := s.o.Now()
	m := Mail{ID: newID(), Key: "link/" + hex.EncodeToString(sum[:]), Kind: PasswordLink, State: Queued, To: to.Email, PersonID: to.PersonID,
		UselessAt: to.ExpiresAt, CreatedAt: now, NextAt: now, Content: Content{Name: to.Name, Purpose: to.Purpose}}
	if err := s.seal(&m, secret); err != nil {
		return err
	}
	err := s.write(ctx, "queue a link to set a password", func(tx Tx) error {
		_, err := tx.Add(&m)
		return err
	})
	s.nudge()
	return err
}

// AskedFor notes, before a run starts, whether whoever starts it chose to invite the people it makes
// accounts for (promises SI23, SI24, contradiction C13). Without it, the connection's settings decide.
func (s *Service) AskedFor(ctx context.Context, runID string, invite bool) error {
	return s.write(ctx, "note who is invited", func(tx Tx) error {
		m, err := tx.Run(runID)
		if err != nil || !m.Done.IsZero() {
			return err
		}
		m.Invite = &invite
		return tx.MarkRun(m)
	})
}

// Invitees is how many people a plan would invite if it were applied with invitations.
type Invitees struct {
	Now       int // as soon as the plan is applied
	Later     int // on their first day of work
	Waiting   int // of both, those above the cap, whom an administrator releases
	NoAddress int // get an account and cannot be invited
	Cap       int // how many one run invites by itself
}

// People counts everybody who gets a mail one day.
func (i Invitees) People() int { return i.Now + i.Later }

// Invitees counts whom applying a plan invites; takes narrows it to some of them, nil means all.
func (s *Service) Invitees(ctx context.Context, planID string, settings *policy.Connection, takes func(*syncrun.Newcomer) bool) (Invitees, error) {
	out := Invitees{Cap: s.o.MaxWelcomes}
	zones := settings.Zones()
	now := s.o.RunNow()
	for n, err := range s.o.Records.Newcomers(ctx, planID) {
		if err != nil {
			return out, s.explain("count whom plan "+planID+" invites", err)
		}
		if n.RunID != "" || takes != nil && !takes(&n) {
			continue
		}
		switch {
		case n.NoAddress:
			out.NoAddress++
		case n.Closed:
		case n.HireDate != "" && startOfDay(n.HireDate, zones.Of(n.Location)).After(now):
			out.Later++
		default:
			out.Now++
		}
	}
	out.Waiting = max(0, out.People()-out.Cap)
	return out, nil
}

// welcomes tells whether a run invites the people it makes accounts for.
func welcomes(run *syncrun.Run, choice *bool, w policy.Welcome) bool {
	switch {
	case run.Trigger == syncrun.TriggerUndo || run.Trigger == syncrun.TriggerHuman:
		return false
	case choice != nil:
		return *choice
	case w == policy.WelcomeAlways:
		return true
	}
	return w == policy.WelcomeAutomaticOnly && run.Trigger.Automatic()
}

// invitable reports a new account that somebody may use one day.
func invitable(c *plan.Change) bool {
	return c.Action == plan.Create && c.PersonID != "" && c.Email != "" && c.StatusAfter != directory.Deactivated
}

// after returns what a change makes of a field; ok is false when it leaves it alone.
func after(c *plan.Change, f directory.Field) (value string, ok bool) {
	for i := range c.Fields {
		if c.Fields[i].Field == f {
			return c.Fields[i].After, true
		}
	}
	return "", false
}

// firstDay is when the first day of work begins where the person works, zero when nobody knows it.
func firstDay(c *plan.Change, zones policy.Zones) time.Time {
	day, _ := after(c, directory.HireDate)
	location, _ := after(c, directory.Location)
	return startOfDay(day, zones.Of(location))
}

// startOfDay is the first instant of a day, zero for a day that is none. Where clocks jump over midnight,
// time.Date may answer with the day before (dependencies §10).
func startOfDay(day string, zone *time.Location) time.Time {
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}
	}
	t := time.Date(date.Year(), date.Month(), date.Day(), 0, 0, 0, 0, zone)
	if t.Format(time.DateOnly) < day {
		_, end := t.ZoneBounds()
		t = end
	}
	return t
}

// invite queues what a run's changes mean for welcomes: new ones, and first days that moved. Adding one
// again does nothing, so it may be repeated.
func (s *Service) invite(ctx context.Context, run *syncrun.Run, choice *bool, d *connection.Detail) error {
	wanted := welcomes(run, choice, d.Settings.Notify.Welcome)
	zones := d.Settings.Zones()
	var mails []Mail
	moved := map[string]string{} // person → first day
	n := 0
	flush := func() error {
		err := s.write(ctx, "queue welcomes", func(tx Tx) error { return s.addWelcomes(tx, mails, moved) })
		mails, moved = mails[:0], map[string]string{}
		return err
	}
	for it, err := range s.o.Records.AppliedItems(ctx, run.ID) {
		if err != nil {
			return s.explain("look for the new people of run "+run.ID, err)
		}
		c := it.Change
		if day, ok := after(c, directory.HireDate); ok && c.Action != plan.Create {
			moved[c.PersonID] = day
		}
		if wanted && invitable(c) {
			n++
			mails = append(mails, s.welcomeOf(run, c, zones, n > s.o.MaxWelcomes))
		}
		if len(mails)+len(moved) >= batch {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(mails)+len(moved) == 0 {
		return nil
	}
	return flush()
}

func (s *Service) welcomeOf(run *syncrun.Run, c *plan.Change, zones policy.Zones, over bool) Mail {
	location, _ := after(c, directory.Location)
	m := Mail{Key: "welcome/" + c.PersonID, Kind: Welcome, PersonID: c.PersonID, Connection: run.Connection, RunID: run.ID,
		NotBefore: firstDay(c, zones), Content: Content{Name: c.Name, Zone: zones.Of(location).String()}}
	if over {
		m.State = Waiting
	}
	return m
}

func (s *Service) addWelcomes(tx Tx, mails []Mail, moved map[string]string) error {
	for _, m := range mails {
		if err := s.queue(tx, m); err != nil {
			return err
		}
	}
	for person, day := range moved {
		open, err := tx.Mails(Filter{Kind: Welcome, PersonID: person, States: []State{Queued, Waiting}})
		if err != nil {
			return err
		}
		for i := range open {
			open[i].NotBefore = startOfDay(day, zone(open[i].Content.Zone))
			if err := tx.Save(&open[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// readyWelcome looks at the person again: an invitation never goes to somebody who left or signs in already,
// never before the first day of work, and to the address they have now. Its link is made the first time, and
// is the same in every attempt, so that two copies of the mail work alike.
func (s *Service) readyWelcome(ctx context.Context, m *Mail) (secret string, go_ bool, err error) {
	keep := context.WithoutCancel(ctx)
	p, err := s.o.Records.Person(ctx, m.PersonID)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return "", false, err
	}
	why := ""
	switch {
	case err != nil:
		why = "The account is gone."
	case p.Status == directory.Deactivated:
		why = "The account is deactivated."
	case p.Values.Get(directory.Email) == "":
		why = "The account has no e-mail address."
	default:
		if known, err := s.signsIn(ctx, p.ID); err != nil {
			return "", false, err
		} else if known {
			why = "The person signs in already."
		}
	}
	if why != "" {
		return "", false, s.settle(keep, m, Discarded, why)
	}
	if start := startOfDay(p.Values.Get(directory.HireDate), zone(m.Content.Zone)); start.After(s.o.RunNow()) {
		return "", false, s.postpone(keep, m, "", func(now *Mail) { now.NotBefore = start })
	}
	moved := m.To != p.Values.Get(directory.Email)
	m.To = p.Values.Get(directory.Email)
	return s.welcomeLink(ctx, m, moved)
}

func (s *Service) signsIn(ctx context.Context, personID string) (bool, error) {
	known, err := s.accounts.HasPassword(ctx, personID)
	if err != nil || known {
		return known, err
	}
	ids, err := s.accounts.Identities(ctx, personID)
	return len(ids) > 0, err
}

// welcomeLink returns the link of an earlier attempt while it works, else a new one.
func (s *Service) welcomeLink(ctx context.Context, m *Mail, moved bool) (secret string, go_ bool, err error) {
	keep := context.WithoutCancel(ctx)
	if m.Sealed != "" && !moved {
		if plain, err := s.o.Sealer.Open(m.Sealed, m.ID); err == nil {
			if _, err := s.accounts.Link(ctx, string(plain)); err == nil {
				return string(plain), true, nil
			}
		}
	}
	secret, expires, err := s.accounts.MakeLink(ctx, account.Operator(inviter), m.PersonID, account.Invite)
	if in, ok := errors.AsType[*account.InputError](err); ok { // not yet: the account is of tomorrow somewhere
		return "", false, s.postpone(keep, m, in.Text, func(now *Mail) { now.NextAt = s.o.Now().Add(time.Hour) })
	}
	if err != nil {
		return "", false, err
	}
	m.UselessAt = expires
	if err := s.seal(m, secret); err != nil {
		return "", false, err
	}
	return secret, true, s.write(keep, "keep the link of a mail", func(tx Tx) error {
		now, err := tx.Mail(m.ID)
		if err != nil {
			return err
		}
		now.To, now.Sealed, now.UselessAt = m.To, m.Sealed, m.UselessAt
		return tx.Save(&now)
	})
}

// redact takes a recipient's address out of what is logged.
func redact(err error, address string) string {
	text := briefly(err)
	if address == "" {
		return text
	}
	return strings.ReplaceAll(text, address, "[recipient]")
}
