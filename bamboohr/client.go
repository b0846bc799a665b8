package bamboohr

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/guard"
)

// DialControl looks at an address after name resolution and before a
// connection is made, as in net.Dialer.Control; an error refuses it.
type DialControl = func(network, address string, c syscall.RawConn) error

// PublicOnly is a DialControl that refuses every address which is not on the
// public Internet: loopback, private, link-local, unique local, carrier-grade
// NAT, cloud metadata and reserved ranges, also where IPv6 carries them
// (security §1.2). It looks at the resolved address, so a name that is
// re-bound to an inner address is refused too. Each of except is an "ip:port"
// literal that is let through.
func PublicOnly(except ...string) DialControl { return guard.PublicOnly(except...) }

// maxConcurrent is how many requests a client has open at once; a stream
// counts until it is closed (bamboohr-api §9.15).
const maxConcurrent = 2

// Client speaks for one API key of one company. It is safe for use by several
// goroutines. At most two requests are open at a time, further calls wait; an
// open stream is an open request, so a caller that holds two streams must
// close one before it calls again.
type Client struct {
	company  string
	endpoint endpoint
	sign     func(http.Header)     // adds the key, which lives only in this closure
	redact   func(string) string   // removes the key
	refused  atomic.Pointer[Error] // the 401 after which nothing more is sent
	slots    chan struct{}
	options
}

type options struct {
	transport http.RoundTripper
	baseURL   string
	control   DialControl
	agent     string
	gunzip    func(io.Reader) (io.Reader, error)
	observe   func(Exchange)
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
	random    func() float64
	retry     retryPolicy
	limits    limitSet
}

// Option changes a Client when it is made.
type Option func(*options)

// WithTransport sends requests through rt instead of the guarded default
// transport; WithDialControl then has no effect. Redirects are not followed
// with any transport.
func WithTransport(rt http.RoundTripper) Option { return func(o *options) { o.transport = rt } }

// WithBaseURL sends requests to another address, with the key: the simulator,
// say. Only an operator may choose it, never a tenant (security §1.2). A bare
// http://host:port serves /api/gateway.php/{company}/v1…; a URL with a path
// such as /api/v1 or /api/gateway.php/acme/v1 is taken as written. Its
// host:port may be a private address.
func WithBaseURL(base string) Option { return func(o *options) { o.baseURL = base } }

// WithDialControl replaces PublicOnly as the judge of every address that the
// default transport is about to connect to.
func WithDialControl(control DialControl) Option { return func(o *options) { o.control = control } }

// WithVersion names the program's version in the User-Agent. Defaults to "dev".
func WithVersion(version string) Option {
	return func(o *options) { o.agent = userAgent(version) }
}

func userAgent(version string) string {
	return "rollcall/" + strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, version) + " (+https://github.com/rollcall-hr/rollcall)"
}

// WithObserver calls f after every attempt, from the calling goroutine.
func WithObserver(f func(Exchange)) Option { return func(o *options) { o.observe = f } }

// WithNow sets the clock that reads HTTP dates and limits retries. Defaults to time.Now.
func WithNow(now func() time.Time) Option { return func(o *options) { o.now = now } }

// WithSleep sets how the client waits between attempts; it must return early
// with the context's error. Defaults to a timer.
func WithSleep(sleep func(context.Context, time.Duration) error) Option {
	return func(o *options) { o.sleep = sleep }
}

// WithRand sets the source of jitter, a function of [0,1). Defaults to math/rand/v2.
func WithRand(random func() float64) Option { return func(o *options) { o.random = random } }

// WithRetry tries a call at most tries times, and starts no new attempt later
// than total after the first. Defaults to 5 tries in 30 minutes.
func WithRetry(tries int, total time.Duration) Option {
	return func(o *options) { o.retry = retryPolicy{tries: max(tries, 1), total: total} }
}

// Exchange is one attempt of one call, for counting and logging. It carries
// neither query nor body.
type Exchange struct {
	Method, Path string
	Status       int           // 0 when no answer came
	Attempt      int           // from 1
	Duration     time.Duration // until the answer was read, or a stream's first record
	RequestID    string
	Err          error // nil when the attempt succeeded
}

// New makes a client for a company, named by anything ParseSubdomain takes,
// and an API key. It sends nothing.
func New(company, key string, opts ...Option) (*Client, error) {
	name, err := ParseSubdomain(company)
	if err != nil {
		return nil, err
	}
	key = strings.TrimSpace(key)
	if key == "" || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		return nil, fmt.Errorf("the API key of %s is empty or holds characters that no key has; paste it again", name)
	}
	o := options{
		agent:  userAgent("dev"),
		now:    time.Now,
		sleep:  sleep,
		random: rand.Float64,
		retry:  retryPolicy{tries: 5, total: 30 * time.Minute},
		limits: defaultLimits(),
	}
	for _, opt := range opts {
		opt(&o)
	}
	at := vendorEndpoint(name)
	if o.baseURL != "" {
		if at, err = overrideEndpoint(o.baseURL, name); err != nil {
			return nil, err
		}
	}
	if o.transport == nil {
		exempt := at.exempt
		if o.control == nil {
			o.control = PublicOnly()
		} else {
			exempt = ""
		}
		o.transport = guard.Transport(o.control, exempt, maxConcurrent)
	}
	credentials := base64.StdEncoding.EncodeToString([]byte(key + ":x"))
	return &Client{
		company:  name,
		endpoint: at,
		sign:     func(h http.Header) { h.Set("Authorization", "Basic "+credentials) },
		redact:   strings.NewReplacer(key, "[key]", credentials, "[key]").Replace,
		slots:    make(chan struct{}, maxConcurrent),
		options:  o,
	}, nil
}

// Company is the sub-domain the client speaks to.
func (c *Client) Company() string { return c.company }

// String names the company, and never the key.
func (c *Client) String() string { return "BambooHR client of " + c.company }

// GoString is String, so that %#v shows no inner parts.
func (c *Client) GoString() string { return c.String() }

// Close lets go of idle connections. Open streams are closed by their own Close.
func (c *Client) Close() {
	if t, ok := c.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// acquire waits for one of the client's request slots.
func (c *Client) acquire(ctx context.Context) error {
	select {
	case c.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case c.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for a free request: %w", context.Cause(ctx))
	}
}

func (c *Client) release() { <-c.slots }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// errClosed is what a stream yields after Close.
var errClosed = errors.New("the stream is closed")
