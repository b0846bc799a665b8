// Package notify tells people by mail what a run did or needs, and keeps trying: links to set a password,
// welcomes, notices of failures and of plans that wait, all through an outbox, and the sender that empties
// it. What a run does is left to syncrun, who may sign in to internal/account, and keeping the outbox to the
// store.
package notify

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/connection/release"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Options are the parts of a Service. All but RunNow, SMTP, Demo, Language, MaxWelcomes and Log must be set.
type Options struct {
	Organisation string // id
	Store        Store
	Records      Records
	Now          func() time.Time // decides about attempts and links; the clock that accounts use
	// RunNow is the clock of runs, which decides about first days of work. Defaults to Now.
	RunNow  func() time.Time
	BaseURL *url.URL // of the server, as the operator gave it
	Sealer  Sealer
	// SMTP is the mail server. Without one mails stay in the outbox until there is.
	SMTP *policy.SMTP
	// Demo shows mails on the outbox page instead of sending them, their links too. It is for a demo or
	// development without SMTP, never for a server that people sign in to.
	Demo bool
	// Language is that of mails until the organisation chooses one (policy.Languages). Defaults to English.
	Language string
	// MaxWelcomes is how many people one run invites by itself; the others wait for an administrator.
	// Defaults to 500.
	MaxWelcomes int
	// Missed asks every minute whose automatic runs do not happen, and whether no process makes any; nil: nobody
	// looks.
	Missed func(ctx context.Context) (missed []MissedRun, idle bool, err error)
	// Every is how much real time passes between two looks for what RunNow brings, such as weekly digests. Defaults to
	// a minute; less is for a clock that jumps.
	Every time.Duration
	Log   *slog.Logger // defaults to none
}

// Sealer seals the secret of a link for one row of the outbox (internal/seal).
type Sealer interface {
	Seal(plain []byte, row string) (string, error)
	Open(sealed, row string) ([]byte, error)
}

// Accounts makes links when an invitation goes out, and says who needs none; *account.Service is one.
type Accounts interface {
	MakeLink(ctx context.Context, by account.Viewer, personID, purpose string) (secret string, expires time.Time, err error)
	Link(ctx context.Context, secret string) (account.Link, error)
	HasPassword(ctx context.Context, personID string) (bool, error)
	Identities(ctx context.Context, personID string) ([]account.LinkedIdentity, error)
	OrganisationName(ctx context.Context) (string, error)
	OrganisationLanguage(ctx context.Context) (string, error)
}

// Connections shows connections; *connection.Service is one.
type Connections interface {
	Get(ctx context.Context, id string) (connection.Detail, error)
	List(ctx context.Context) ([]connection.Summary, error)
	Releasers(ctx context.Context, actor, id, planID string) (release.Decision, error)
}

// Records is what is read of runs, plans and people; the store's syncrun.Store is one.
type Records interface {
	Person(ctx context.Context, id string) (directory.Person, error)
	Plan(ctx context.Context, connection, id string) (syncrun.PlanInfo, error)
	Items(ctx context.Context, planID string, after int64, all bool) iter.Seq2[syncrun.StoredItem, error]
	Newcomers(ctx context.Context, planID string) iter.Seq2[syncrun.Newcomer, error]
	AppliedItems(ctx context.Context, runID string) iter.Seq2[syncrun.StoredItem, error]
	RunList(ctx context.Context, connection string, limit int) ([]syncrun.Run, error)
	Holds(ctx context.Context) ([]directory.Hold, error)
	Freezes(ctx context.Context, connection string) ([]directory.Freeze, error)
}

const (
	// poll is how often the sender looks for mails that became due, rest how long it leaves a mail server
	// alone that could not be reached.
	poll = 5 * time.Second
	rest = time.Minute
	// sweep is how often the sender looks for runs that nobody told it about.
	sweep = time.Minute
)

// Service is one organisation's outbox. It may be used by many goroutines, once Connect was called.
type Service struct {
	o           Options
	smtp        *transport // nil: no mail server
	accounts    Accounts
	connections Connections

	wake chan struct{} // a mail was queued
	mu   sync.Mutex
	quit chan struct{} // closed by Stop; nil while the sender does not run
	done chan struct{}
	kill context.CancelFunc
}

var _ account.Mailer = (*Service)(nil)

// New makes the service. It queues from the first moment on, and sends once it is started.
func New(o Options) *Service {
	if o.RunNow == nil {
		o.RunNow = o.Now
	}
	if o.Every == 0 {
		o.Every = sweep
	}
	if o.MaxWelcomes == 0 {
		o.MaxWelcomes = 500
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Service{o: o, wake: make(chan struct{}, 1)}
	if o.SMTP != nil {
		s.smtp = newTransport(*o.SMTP)
	}
	return s
}

// Connect gives the service the two that themselves need it; call it before Start.
func (s *Service) Connect(a Accounts, c Connections) { s.accounts, s.connections = a, c }

// Start sends what is due in the background, until Stop. It also looks for runs that ended without
// RunFinished being called, because the process ended between the two.
func (s *Service) Start(ctx context.Context) error {
	err := s.write(ctx, "begin the outbox", func(tx Tx) error {
		m, err := recall(tx, "")
		if err != nil || !m.Since.IsZero() {
			return err
		}
		m.Since = s.o.RunNow() // runs before the first mail are history
		return m.keep(tx, "")
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quit != nil {
		return nil
	}
	work, kill := context.WithCancel(context.WithoutCancel(ctx))
	s.quit, s.done, s.kill = make(chan struct{}), make(chan struct{}), kill
	go s.loop(work, s.quit, s.done)
	return nil
}

// Stop lets the mail under way come to an end, until ctx does.
func (s *Service) Stop(ctx context.Context) error {
	s.mu.Lock()
	quit, done, kill := s.quit, s.done, s.kill
	s.quit = nil
	s.mu.Unlock()
	if quit == nil {
		return nil
	}
	defer kill()
	close(quit)
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	kill()
	<-done
	return fmt.Errorf("wait for the mail under way: %w", context.Cause(ctx))
}

// loop sends until quit is closed. Its own troubles are logged: no run ever hears of them.
func (s *Service) loop(ctx context.Context, quit <-chan struct{}, done chan<- struct{}) {
	defer close(done)
	due, swept, passed := time.NewTimer(0), time.NewTicker(sweep), time.NewTicker(s.o.Every)
	defer due.Stop()
	defer swept.Stop()
	defer passed.Stop()
	s.tidy(ctx)
	for {
		select {
		case <-quit:
			return
		case <-swept.C:
			s.tidy(ctx)
			continue
		case <-passed.C:
			s.report(s.OnTime(ctx))
			continue
		case <-s.wake:
		case <-due.C:
		}
		wait := poll
		if err := s.deliverAll(ctx, quit); err != nil {
			wait = rest
			s.o.Log.Warn("mails wait", "reason", err)
		}
		due.Reset(wait)
	}
}

// tidy finds runs that were not told about, queues what the clock brings, and drops what is old.
func (s *Service) tidy(ctx context.Context) {
	s.report(errors.Join(s.CatchUp(ctx), s.watch(ctx), s.OnTime(ctx), s.Prune(ctx)))
}

// report logs what kept the outbox from being brought up to date.
func (s *Service) report(err error) {
	if err != nil {
		s.o.Log.Warn("the outbox could not be brought up to date", "reason", err)
	}
}

// nudge wakes the sender.
func (s *Service) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Service) read(ctx context.Context, what string, f func(Tx) error) error {
	return s.explain(what, s.o.Store.Read(ctx, f))
}

func (s *Service) write(ctx context.Context, what string, f func(Tx) error) error {
	return s.explain(what, s.o.Store.Write(ctx, f))
}

// explain says of an error what was tried, unless a screen tells it as it is.
func (s *Service) explain(what string, err error) error {
	if errors.Is(err, ErrLink) {
		return ErrLink
	}
	if _, ok := errors.AsType[*account.InputError](err); ok || err == nil {
		return err
	}
	return fmt.Errorf("%s at organisation %s: %w", what, s.o.Organisation, err)
}

// newID makes a unique id such as mail_7k2m….
func newID() string {
	b := make([]byte, 10)
	rand.Read(b) // never fails: it ends the program instead
	return "mail_" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// link is an address on this server.
func (s *Service) link(parts ...string) string {
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return s.o.BaseURL.JoinPath(parts...).String()
}
