// Package answer is how BambooHR answers any request: keys and rights, headers and errors, XML or JSON, rows and pages,
// with the faults applied. It leaves the operations to package endpoint.
package answer

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/fault"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/hook"
)

// Site is one company being served. It is safe for concurrent use.
type Site struct {
	Store  *company.Store
	Faults fault.Set
	Log    Log
	Hooks  *hook.Hooks

	lock    lockout
	queries queryCache
	zips    zipPool
	served  atomic.Uint64
}

// NewSite loads a company; wall is the clock that a running simulator clock follows, transport carries webhooks.
func NewSite(c company.Company, wall func() time.Time, transport http.RoundTripper) (*Site, error) {
	store, err := company.NewStore(c, wall)
	if err != nil {
		return nil, err
	}
	return &Site{Store: store, Hooks: hook.New(store, transport)}, nil
}

// Serve answers one API request: it notes the request, applies faults, admits the key and lets dispatch do the rest.
// The path starts with the version.
func (s *Site) Serve(w http.ResponseWriter, r *http.Request, path string, dispatch func(*Call)) {
	c := &Call{Site: s, Request: r, Path: path, w: w}
	user, known := s.identify(r)
	entry := s.Log.add(c.Now(), r, user.ID)
	defer func() { s.Log.finish(entry, c.status) }()

	_, bare, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	c.Plan = s.Faults.Take(r.Method, path, "/"+bare)
	s.Log.fault(entry, c.Plan.Names)
	defer c.close()
	c.headers()
	if c.Plan.Hang || c.Plan.Rate > 0 {
		c.detach()
	}
	if c.Plan.Hang {
		if fault.Pause(r.Context(), time.Duration(c.Plan.HangFor*float64(time.Second))) != nil {
			panic(http.ErrAbortHandler) // the client has left, or will not get an answer
		}
	}
	if c.spoiled() || !s.admit(c, user, known) {
		return
	}
	c.User, c.Access = user, s.Store.Access(user)
	dispatch(c)
	s.Hooks.Notice()
}

// identify finds the key's owner. HTTP Basic: the key is the user name, the password is any text ([D] bamboohr-api §1.2).
func (s *Site) identify(r *http.Request) (company.User, bool) {
	key, _, ok := r.BasicAuth()
	if !ok {
		return company.User{}, false
	}
	return s.Store.Authenticate(key)
}

// admit refuses unknown keys, disabled owners and a company locked after bad keys.
func (s *Site) admit(c *Call, user company.User, known bool) bool {
	_, _, tried := c.Request.BasicAuth()
	if s.lock.locked(c.Now()) { // [D] bamboohr-api §1.2: 403 to any request
		c.Fail(http.StatusForbidden, "API access is temporarily disabled")
		return false
	}
	if !known { // [R] error-401
		if tried {
			s.lock.wrongKey(c.Now())
		}
		c.Header().Set("WWW-Authenticate", `Basic realm="https://api.bamboohr.com/`+s.Store.Company.Subdomain+`"`)
		c.Fail(http.StatusUnauthorized, "API key not provided or invalid")
		return false
	}
	if user.Disabled { // 403 is assumed, the text is [D] bamboohr-api §5
		c.Fail(http.StatusForbidden, "Please verify your API key belongs to an enabled user")
		return false
	}
	return true
}

// lockout disables API access for a while after repeated unknown keys. Its numbers are assumed:
// 10 within 10 minutes lock for 15 minutes of the simulator's clock.
type lockout struct {
	mu    sync.Mutex
	tries []time.Time
	until time.Time
}

const (
	lockTries  = 10
	lockWindow = 10 * time.Minute
	lockTime   = 15 * time.Minute
)

func (l *lockout) wrongKey(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tries = append(l.tries, now)
	if len(l.tries) > lockTries {
		l.tries = l.tries[1:]
	}
	if len(l.tries) == lockTries && now.Sub(l.tries[0]) <= lockWindow {
		l.until, l.tries = now.Add(lockTime), nil
	}
}

func (l *lockout) locked(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.until)
}

// Log keeps the last requests. It is safe for concurrent use.
type Log struct {
	mu      sync.Mutex
	entries []*Entry
}

// logSize is how many requests are kept.
const logSize = 10_000

// Entry is one API request as the control API shows it. It holds no key.
type Entry struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Query  string    `json:"query"`
	Status int       `json:"status"` // 0 while no answer was begun
	UserID *string   `json:"user_id"`
	Fault  *string   `json:"fault"`
}

func (l *Log) add(at time.Time, r *http.Request, userID string) *Entry {
	e := &Entry{At: at, Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery}
	if userID != "" {
		e.UserID = &userID
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	if len(l.entries) > 2*logSize { // drop in blocks, so that each request costs little
		l.entries = append([]*Entry(nil), l.entries[logSize:]...)
	}
	return e
}

func (l *Log) fault(e *Entry, names []string) {
	if len(names) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	all := strings.Join(names, ",")
	e.Fault = &all
}

func (l *Log) finish(e *Entry, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.Status = status
}

// Items are copies of the kept entries, oldest first.
func (l *Log) Items() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	kept := l.entries[max(0, len(l.entries)-logSize):]
	items := make([]Entry, len(kept))
	for i, e := range kept {
		items[i] = *e
	}
	return items
}

// Clear forgets them.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

// requestID is a 39-digit number as in [R] x-request-id, counting up instead of random.
func (s *Site) requestID() string { return fmt.Sprintf("141%036d", s.served.Add(1)) }
