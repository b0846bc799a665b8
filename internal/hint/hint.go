// Package hint takes what BambooHR's webhooks tell as hints, kept until somebody has looked, and keeps the
// webhooks registered. What is read because of a hint is left to internal/jobs, internal/connection and syncrun:
// nothing that a delivery says about an employee is ever believed (security §1.17).
package hint

import (
	"context"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/internal/connection"
)

const (
	// oldest and newest bound the time in which a delivery is taken: BambooHR tries again for 2.6 hours
	// (security §1.17, bamboohr-api §4).
	oldest = 3 * time.Hour
	newest = 5 * time.Minute
	// MaxNamed is how many employees are kept by name; when more wait, everybody is read.
	MaxNamed = 1000
)

// Batch is what waits to be looked at.
type Batch struct {
	IDs        []int64 // employees, ascending
	Everything bool    // more than MaxNamed were named: read everybody
	Mark       int64   // tells Done what was looked at
}

// Hook is a connection's webhook as stored.
type Hook struct {
	Connection string
	ID         string   // BambooHR's; "" while there is none
	Owner      string   // company and API key that it was made with
	Spec       string   // what it was made from; another text means that it must be changed
	Tried      string   // Owner and Spec of the last attempt
	Fields     []string // that BambooHR watches
	LeftOut    []string // that a run reads, but a webhook cannot watch
	Sealed     string   // its private key
	Since      time.Time
	Checked    time.Time // when BambooHR was last seen to have it, real time
	Problem    string    // a sentence about the last attempt, "" when it went well
	Tries      int       // attempts in a row that failed
	NextAt     time.Time // not tried again before, real time
	Traffic
}

// Traffic counts deliveries by the clock of runs; days are those of UTC.
type Traffic struct {
	Last      time.Time // when the last one came; zero: none did
	Day       string    // YYYY-MM-DD
	Delivered int       // on that day
	Refused   int       // on that day, because they were forged, late or unreadable
}

// on returns the traffic of a day.
func (t Traffic) on(day string) Traffic {
	if t.Day != day {
		t.Day, t.Delivered, t.Refused = day, 0, 0
	}
	return t
}

// Delivery is one that was signed, on its way into the store.
type Delivery struct {
	Connection string
	Hook       string    // the id of the webhook whose key signed it; "": a hint of our own
	Signature  []byte    // 32 bytes; nil for a hint of our own
	Stamp      time.Time // as signed
	At         time.Time // when it came, by the clock of runs
	IDs        []int64   // empty: changes, but not of whom

	Known, New bool // set by Keep: the webhook is still registered; it was not taken before
}

// Store keeps hooks and hints of one organisation.
type Store interface {
	// Hooks returns the webhooks of all connections.
	Hooks(ctx context.Context) ([]Hook, error)
	// Claim makes sure that one process at a time works on a hook: false while another one does.
	Claim(ctx context.Context, connection string, now, until time.Time) (bool, error)
	// Save keeps a hook, but for its Traffic, and ends the claim. Without an ID its hints and deliveries go.
	Save(ctx context.Context, h Hook) error
	// Keep keeps hints in one transaction, each delivery once, and counts what was refused, by connection.
	Keep(ctx context.Context, now time.Time, list []*Delivery, day string, refused map[string]int) error
	// Prune forgets deliveries that were signed before an instant.
	Prune(ctx context.Context, before time.Time) error
	// Waiting tells since when hints wait, in real time, by connection.
	Waiting(ctx context.Context) (map[string]time.Time, error)
	// Take returns what waits for a connection; it waits until Done.
	Take(ctx context.Context, connection string) (Batch, error)
	// Done drops what had come when a batch was taken.
	Done(ctx context.Context, connection string, mark int64) error
}

// Connections are one organisation's connections; *connection.Service is one.
type Connections interface {
	Webhooks(ctx context.Context) ([]connection.Webhook, error)
	Client(ctx context.Context, id string) (*bamboohr.Client, error)
}

// Sealer seals a webhook's private key for a connection (internal/seal).
type Sealer interface {
	Seal(plain []byte, row string) (string, error)
	Open(sealed, row string) ([]byte, error)
}

// Options are the parts of a Service. All must be set, but for Every.
type Options struct {
	Store       Store
	Connections Connections
	Sealer      Sealer
	Now         func() time.Time // real time
	RunNow      func() time.Time // the clock of runs, which BambooHR's timestamps are held against
	// Base tells the address that BambooHR can reach this server at, nil for none.
	Base func() *url.URL
	Log  *slog.Logger
	// Every is how much real time passes between two looks at what has to be registered. Defaults to 15 s.
	Every time.Duration
}

// Service is one organisation's webhooks. It may be used by many goroutines.
type Service struct {
	o    Options
	keys keyring

	under atomic.Int64 // deliveries being answered

	mu      sync.Mutex
	waiting []*kept        // on their way into the store
	refused map[string]int // by connection, on the day counted, not yet in the store
	counted string         // that day
	later   *time.Timer    // writes them
	writing bool
	closed  bool
	work    sync.WaitGroup

	registering sync.Mutex // held during a look
	pruned      time.Time
	stop        context.CancelFunc // nil: not started
	done        chan struct{}
}

// New makes the service. It takes deliveries at once, and registers webhooks after Start.
func New(o Options) *Service {
	if o.Every == 0 {
		o.Every = 15 * time.Second
	}
	return &Service{o: o, refused: map[string]int{}}
}

// Start keeps the webhooks registered until Stop.
func (s *Service) Start(ctx context.Context) {
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.done = make(chan struct{})
	go s.run(ctx)
}

func (s *Service) run(ctx context.Context) {
	defer close(s.done)
	every := time.NewTicker(s.o.Every)
	defer every.Stop()
	for {
		if err := s.Register(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.Warn("webhooks: "+err.Error(), "next_try_in", s.o.Every)
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}

// Stop ends registering and writes what was counted. Deliveries that come later are answered with 503.
func (s *Service) Stop(ctx context.Context) error {
	if s.stop != nil {
		s.stop()
		<-s.done
		s.stop = nil
	}
	s.mu.Lock()
	s.closed = true
	if s.later != nil {
		s.later.Stop()
	}
	counts := len(s.refused) > 0
	s.mu.Unlock()
	s.work.Wait()
	if !counts {
		return nil
	}
	return s.flush(ctx, nil)
}
