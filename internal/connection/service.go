package connection

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/connection/live"
	"github.com/rollcall-hr/rollcall/internal/seal"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Options are what a Service works with. All but Sleep, BaseURL, Version, Observer, Recipients and Log must be set.
type Options struct {
	Organisation string
	Store        syncrun.Store
	Settings     Settings
	Keys         Keys
	Now          func() time.Time
	// Sleep is how the client waits between attempts where time does not pass by itself; nil: real time.
	Sleep    func(context.Context, time.Duration) error
	NewID    func(prefix string) string // unique ids such as "run_…"
	BaseURL  string                     // simulator for connections made on the web, by the operator's choice; "" for bamboohr.com
	Version  string                     // of the program, for BambooHR's logs
	LeaseFor time.Duration              // how long a silent run keeps its connection
	Observer Observer                   // is told what happened; nil: nobody
	// Recipients knows who agreed to be told; nil: whoever the settings name.
	Recipients Recipients
	// Leaving is called before a connection is deleted, while its key still works; nil: nothing is to be done.
	Leaving func(ctx context.Context, id string)
	Log     *slog.Logger // of what the observer could not do; nil: nowhere
}

// Keys seals API keys at rest (security §1.1); *seal.Keyring is one.
type Keys interface {
	Seal(plain []byte, at seal.Place) (string, error)
	Open(sealed string, at seal.Place) ([]byte, error)
}

// Service keeps one organisation's connections. It may be used by many goroutines.
type Service struct {
	o    Options
	ctx  context.Context // of everything in the background
	stop context.CancelCauseFunc

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup
	checks sync.WaitGroup            // of connections of the file, at the start
	files  map[string]fileConnection // by connection id
	jobs   map[string]*job           // by connection id: running, or the last one done
	live   *live.Cache               // what was read last, for screens
}

// fileConnection is a connection of the operator's file; neither its base URL nor its key is stored.
type fileConnection struct {
	policy policy.Connection
	key    func() (string, error)
}

// New makes the service; Close ends it.
func New(o Options) *Service {
	ctx, stop := context.WithCancelCause(context.Background())
	return &Service{o: o, ctx: ctx, stop: stop, files: map[string]fileConnection{}, jobs: map[string]*job{}, live: live.NewCache(o.Now)}
}

// errClosed is the cause of work that ends because the program does.
var errClosed = fmt.Errorf("Rollcall is shutting down: what was applied before stays, the rest can be applied later: %w", context.Canceled)

// Close ends what runs in the background between two batches, and waits for it until ctx ends.
func (s *Service) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop(errClosed)
	s.live.Clear()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.work.Wait()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for runs in the background: %w", context.Cause(ctx))
	}
}

// background runs f on its own goroutine, which Close waits for; false once the service is closed.
func (s *Service) background(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.work.Go(f)
	return true
}

// current is a connection with its settings in force.
type current struct {
	*Record
	policy policy.Connection
	known  bool // settings are stored
	file   *fileConnection

	audience *audience // nil: whoever the settings name has agreed
}

// current reads a connection.
func (s *Service) current(ctx context.Context, id string) (*current, error) {
	rec, err := s.o.Settings.Connection(ctx, id)
	if err != nil {
		return nil, err
	}
	asked, err := s.asked(ctx)
	if err != nil {
		return nil, err
	}
	return s.decode(&rec, asked)
}

// readable gives every connection to f whose settings can be read; the error says why others cannot.
func (s *Service) readable(ctx context.Context, f func(*current)) error {
	records, err := s.o.Settings.Connections(ctx)
	if err != nil {
		return fmt.Errorf("list the connections: %w", err)
	}
	asked, err := s.asked(ctx)
	if err != nil {
		return err
	}
	var broken []error
	for i := range records {
		c, err := s.decode(&records[i], asked)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		f(c)
	}
	return errors.Join(broken...)
}

// decode gives a record its settings, and who agreed to be told.
func (s *Service) decode(rec *Record, asked *audience) (*current, error) {
	c := &current{Record: rec, audience: asked}
	if rec.Origin == FromFile {
		s.mu.Lock()
		f, ok := s.files[rec.ID]
		s.mu.Unlock()
		if ok {
			c.file, c.policy, c.known = &f, f.policy, true
			return c, nil
		}
	}
	if rec.Version.Number == 0 {
		c.policy = policy.Defaults()
		c.policy.Name = rec.Name
		return c, nil
	}
	var err error
	c.policy, err = parseStored(rec.Version)
	if err != nil {
		return nil, fmt.Errorf("read the settings of %s: %w", rec.Name, err)
	}
	c.known = true
	c.policy.BambooHR.BaseURL = s.o.BaseURL
	return c, nil
}

// parseStored reads a stored settings version.
func parseStored(v Version) (policy.Connection, error) {
	p, faults := policy.ParseSettings([]byte(v.YAML))
	if len(faults) > 0 {
		return p, fmt.Errorf("version %d: %w", v.Number, settingsError(faults))
	}
	return p, nil
}

// change lets f change a connection in one transaction, and keeps the state that follows.
func (s *Service) change(ctx context.Context, actor, id string, f func(*current) ([]Event, error)) (*current, error) {
	asked, err := s.asked(ctx) // before the transaction, which nothing else must read beside
	if err != nil {
		return nil, err
	}
	var changed *current
	rec, err := s.o.Settings.Change(ctx, id, actor, s.o.Now(), func(rec *Record) ([]Event, error) {
		c, err := s.decode(rec, asked)
		if err != nil {
			return nil, err
		}
		events, err := f(c)
		if err != nil {
			return nil, err
		}
		rec.State = c.state(s.o.Now())
		changed = c
		return events, nil
	})
	if err != nil {
		return nil, err
	}
	changed.Record = &rec
	return changed, nil
}

// writable refuses settings that are the operator's file's.
func (c *current) writable() error {
	if c.Origin != FromWeb {
		return &ReadOnlyError{Name: c.Name, Origin: c.Origin, Absent: c.absent()}
	}
	return nil
}

// reachable refuses a connection of which nobody here knows how to reach it.
func (c *current) reachable() error {
	if !c.known || c.absent() {
		return &ReadOnlyError{Name: c.Name, Origin: c.Origin, Absent: c.absent()}
	}
	return nil
}

// key is the connection's API key in the clear; it is used and forgotten.
func (s *Service) key(c *current) (string, error) {
	if c.file != nil {
		key, err := c.file.key()
		if err != nil {
			return "", &KeyError{err}
		}
		return key, nil
	}
	if c.Key == nil {
		return "", &SetupError{Missing: c.Name + " has no API key yet; paste the key that BambooHR shows"}
	}
	plain, err := s.o.Keys.Open(c.Key.Sealed, s.place(c.ID))
	if err != nil {
		return "", fmt.Errorf("open the API key of %s: %w", c.Name, err)
	}
	return string(plain), nil
}

func (s *Service) place(id string) seal.Place {
	return seal.Place{Organisation: s.o.Organisation, Purpose: "bamboohr_api_key", Row: id}
}

// hint is what is shown of a key. The fingerprint covers the organisation too, so that two of them cannot
// find out that they use the same key.
func (s *Service) hint(key string) KeyHint {
	sum := sha256.Sum256([]byte(s.o.Organisation + key))
	last := []rune(key)
	return KeyHint{Last4: string(last[max(0, len(last)-4):]), Fingerprint: hex.EncodeToString(sum[:4])}
}

// sealKey makes a key fit for the store.
func (s *Service) sealKey(id, actor, key string) (*SealedKey, error) {
	sealed, err := s.o.Keys.Seal([]byte(key), s.place(id))
	if err != nil {
		return nil, fmt.Errorf("seal the API key: %w", err)
	}
	k := &SealedKey{KeyHint: s.hint(key), Sealed: sealed}
	k.SetAt, k.SetBy = s.o.Now(), actor
	return k, nil
}

// settingsError names the places as a form does, without the document around them; nil without faults.
func settingsError(faults []policy.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	out := make([]policy.Fault, len(faults))
	for i, f := range faults {
		f.Place = strings.TrimPrefix(strings.TrimPrefix(f.Place, "connection."), "connection")
		out[i] = f
	}
	return &SettingsError{Faults: out}
}

func fault(place, message string) error {
	return &SettingsError{Faults: []policy.Fault{{Place: place, Message: message}}}
}

// notFound is the error for a connection that is not there.
func notFound(err error) bool { return errors.Is(err, directory.ErrNotFound) }
