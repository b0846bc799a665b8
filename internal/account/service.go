package account

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
)

// Options are the parts of a Service.
type Options struct {
	Organisation string // id
	Store        Store
	Now          func() time.Time
	Rand         io.Reader // of secrets and salts. Defaults to crypto/rand
	// Today is the day where somebody works, by the clock that decides about first days of work: of a connection,
	// "" for none, and a location. Defaults to Now in UTC.
	Today  func(ctx context.Context, connection, location string) string
	Mailer Mailer // nil: links are handed out by administrators and the operator alone
	Sealer Sealer // of the OpenID Connect client secret; nil: none can be stored
	// LoopbackIssuer lets an OpenID Connect issuer be plain http on this machine; it is for tests and
	// never a setting of an organisation.
	LoopbackIssuer bool
}

// Mailer takes a link to set a password to its person. It queues and returns at once: how long it takes
// must not tell a stranger whether an address is known.
type Mailer interface {
	PasswordLink(ctx context.Context, to Link, secret string) error
}

// Sealer seals a secret for one row of this organisation's preferences (internal/seal).
type Sealer interface {
	Seal(plain []byte, row string) (string, error)
	Open(sealed, row string) ([]byte, error)
}

// Service answers for one organisation. It may be used by many goroutines.
type Service struct {
	o        Options
	argon    argon
	slots    chan struct{} // bounds how many passwords are hashed at the same time
	queue    chan struct{} // bounds how many wait for that, and so the requests that a flood keeps in memory
	failures failureLog
}

// New builds the service of an organisation.
func New(o Options) *Service {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Today == nil {
		o.Today = func(context.Context, string, string) string { return o.Now().UTC().Format(time.DateOnly) }
	}
	return &Service{o: o, argon: current(), slots: make(chan struct{}, max(2, runtime.GOMAXPROCS(0))), queue: make(chan struct{}, hashQueue)}
}

// read and write run one transaction and say what for.
func (s *Service) read(ctx context.Context, what string, f func(Tx) error) error {
	return s.explain(what, s.o.Store.Read(ctx, f))
}

func (s *Service) write(ctx context.Context, what string, f func(Tx) error) error {
	return s.explain(what, s.o.Store.Write(ctx, f))
}

// explain leaves alone what a screen tells the user, and says of everything else what was tried.
func (s *Service) explain(what string, err error) error {
	for _, known := range []error{ErrSignIn, ErrNoSession, ErrLink, ErrOwnerExists, ErrLastOwner, ErrForbidden, ErrBusy} {
		if errors.Is(err, known) {
			return err
		}
	}
	if _, ok := errors.AsType[*InputError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*ThrottledError](err); ok {
		return err
	}
	if _, ok := errors.AsType[*RefusedError](err); ok {
		return err
	}
	if err != nil {
		return fmt.Errorf("%s at organisation %s: %w", what, s.o.Organisation, err)
	}
	return nil
}

// secret makes 256 random bits.
func (s *Service) secret() ([]byte, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(s.o.Rand, b); err != nil {
		return nil, fmt.Errorf("draw a secret: %w", err)
	}
	return b, nil
}

// webSecret makes a secret for a cookie or a path, and what is stored of it.
func (s *Service) webSecret() (string, Hash, error) {
	b, err := s.secret()
	text := base64.RawURLEncoding.EncodeToString(b)
	return text, sha256.Sum256([]byte(text)), err
}

// tokenSecret makes a secret that people copy and scanners find by its prefix.
func (s *Service) tokenSecret() (string, Hash, error) {
	b, err := s.secret()
	text := tokenPrefix + lowerBase32(b)
	return text, sha256.Sum256([]byte(text)), err
}

// id makes a unique id such as tok_7k2m….
func (s *Service) id(prefix string) (string, error) {
	b, err := s.secret()
	if err != nil {
		return "", err
	}
	return prefix + "_" + lowerBase32(b[:10]), nil
}

func lowerBase32(b []byte) string {
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// hashed is what is stored of a secret that somebody brings; ok is false when it cannot be one of ours.
func hashed(secret string) (h Hash, ok bool) {
	if len(secret) < 40 || len(secret) > 80 {
		return h, false
	}
	return sha256.Sum256([]byte(secret)), true
}

// Name is the public name of the session whose secret has this hash.
func Name(h Hash) SessionID { return SessionID(hex.EncodeToString(h[:8])) }

// mayBecomeActive reports whether a provisioned person may start using the account: not before the
// first day of work (product, "Scope and lifecycle").
func (s *Service) mayBecomeActive(ctx context.Context, p *Person) bool {
	return p.HireDate == "" || p.HireDate <= s.o.Today(ctx, p.Connection, p.Location)
}

// maySignIn reports whether the person's state lets them in; a provisioned person comes to life by
// signing in (promise AY13).
func (s *Service) maySignIn(ctx context.Context, p *Person) bool {
	return p.Status == directory.Active || p.Status == directory.Provisioned && s.mayBecomeActive(ctx, p)
}

// activate makes a provisioned person active.
func activate(tx Tx, p *Person, why string, now time.Time) error {
	if p.Status != directory.Provisioned {
		return nil
	}
	err := tx.ChangePerson(*p, directory.Active, p.Role, p.ID, why, now)
	p.Status = directory.Active
	return err
}

// from words a network address for the audit trail.
func from(address string) string { return "from " + cmp.Or(network(address), "an unknown address") }

// network is the part of an address that one customer of a provider has: a whole IPv4 address, or the
// first half of an IPv6 address.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return short(address)
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}

// short keeps what a browser says of itself fit to be stored and shown.
func short(s string) string {
	s, _ = directory.CleanText(s)
	if r := []rune(s); len(r) > directory.MaxText {
		return string(r[:directory.MaxText])
	}
	return s
}
