package bamboohr

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// call is one request before it is sent.
type call struct {
	method string
	parts  []string // of the path, with the version: v1, employees, 4
	query  url.Values
	body   []byte // JSON, nil without
	accept string // "" is application/json
	write  bool   // not to be repeated blindly
	limits limits
}

func (c *Client) get(query url.Values, parts ...string) call {
	return call{method: http.MethodGet, parts: parts, query: query, limits: c.limits.plain}
}

// path is the call's path for people: a part may still be bad.
func (r call) path() string { return printable("/"+strings.Join(r.parts, "/"), 200) }

// answer is a 2xx whose body is still to be read.
type answer struct {
	status int
	header http.Header
	body   *body
	kept   bool         // a stream took the body, with its request slot, and will close it
	finish func(*Error) // fills an error with what is known of the exchange
}

// do sends r until use accepts an answer, an error is final, or the retry
// policy is exhausted. use sees 2xx answers only.
func (c *Client) do(ctx context.Context, r call, use func(*answer) error) error {
	started := c.now()
	for try := 1; ; try++ {
		e := c.attempt(ctx, r, try, use)
		if e == nil {
			return nil
		}
		if e.Status == http.StatusUnauthorized {
			c.refused.CompareAndSwap(nil, e)
		}
		wait, again := c.delay(e, r.write, try+1, started)
		if !again || ctx.Err() != nil {
			return e
		}
		if err := c.sleep(ctx, wait); err != nil {
			return e
		}
	}
}

// attempt sends r once.
func (c *Client) attempt(ctx context.Context, r call, try int, use func(*answer) error) *Error {
	if e := c.refused.Load(); e != nil {
		return e
	}
	if err := c.acquire(ctx); err != nil {
		e := &Error{Kind: ErrCancelled, Message: err.Error(), cause: err, notSent: true}
		c.identify(e, r, try-1)
		return e
	}
	began := c.now()
	status, id, err := c.exchange(ctx, r, try, use)
	x := Exchange{Method: r.method, Path: r.path(), Status: status, Attempt: try, Duration: c.now().Sub(began), RequestID: id}
	var e *Error
	if err != nil {
		e = asError(err, ErrShape)
		c.identify(e, r, try)
		e.Status, e.RequestID = status, id
		e.Unsure = r.write && unsure(e)
		x.Err = e
	}
	if c.observe != nil {
		c.observe(x)
	}
	return e
}

// identify says which call an error belongs to, and takes the key out of it.
func (c *Client) identify(e *Error, r call, try int) {
	e.Company, e.Method, e.Path, e.Attempts = c.company, r.method, r.path(), try
	e.Message = printable(c.redact(e.Message), maxMessage)
	e.Code = printable(c.redact(e.Code), 60)
	if e.cause != nil && c.redact(e.cause.Error()) != e.cause.Error() {
		e.cause = nil
	}
}

// unsure tells whether a failed write may have been carried out: a 4xx was
// refused, what never left was not seen, all else is open.
func unsure(e *Error) bool {
	return !e.notSent && !e.refused && (e.Status < 300 || e.Status >= 500)
}

// exchange sends r and lets use read the answer. It holds a slot until the
// answer is read, or until the stream that kept it is closed.
func (c *Client) exchange(parent context.Context, r call, try int, use func(*answer) error) (status int, id string, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	watch := newWatch(r.limits, cancel)
	drop := func() { watch.stop(); c.release() }
	req, err := c.request(ctx, r)
	if err != nil {
		drop()
		return 0, "", err
	}
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		err = lost(ctx, err)
		drop()
		return 0, "", err
	}
	id = requestID(resp.Header)
	b := &body{ctx: ctx, src: &slotted{unpacked(resp, c.gunzip), c.release}, watch: watch}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		defer b.Close()
		return resp.StatusCode, id, c.refusal(r, resp, b)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, body: b}
	a.finish = func(e *Error) {
		c.identify(e, r, try)
		e.Status, e.RequestID = a.status, id
	}
	err = use(a)
	if !a.kept {
		b.Close()
	}
	return resp.StatusCode, id, err
}

func (c *Client) request(ctx context.Context, r call) (*http.Request, error) {
	path, ok := join(r.parts)
	if !ok {
		return nil, &Error{Kind: ErrRejected, Message: "an id or name that cannot be part of an address", notSent: true}
	}
	target := c.endpoint.root + path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	var content io.Reader
	if r.body != nil {
		content = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, content)
	if err != nil {
		return nil, &Error{Kind: ErrRejected, Message: "the address cannot be built", notSent: true}
	}
	accept := r.accept
	if accept == "" {
		accept = "application/json" // the default is XML (bamboohr-api §1.4)
	}
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", c.agent)
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json") // exactly, or reports parse it as XML (§1.4)
	}
	if c.gunzip != nil {
		req.Header.Set("Accept-Encoding", "gzip") // the transport then leaves the answer as it is
	}
	c.sign(req.Header)
	return req, nil
}

// lost explains a request without an answer.
func lost(ctx context.Context, err error) *Error {
	if cause := context.Cause(ctx); cause != nil {
		return cancelled(cause)
	}
	e := &Error{Kind: ErrNetwork, Message: err.Error(), cause: err, transient: true}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		e.notSent = true
	}
	return e
}

// slotted gives the request slot back when the body is closed, once.
type slotted struct {
	io.ReadCloser
	release func()
}

func (s *slotted) Close() error {
	if s.release != nil {
		s.release()
		s.release = nil
	}
	return s.ReadCloser.Close()
}

func requestID(h http.Header) string {
	for _, name := range []string{"X-Request-Id", "X-Bamboohr-Request-Id", "Request-Id"} {
		if v := h.Get(name); v != "" {
			return printable(v, 80)
		}
	}
	return ""
}

// join builds a path. Its parts may come from outside, so each must be a plain
// word: it cannot lead elsewhere.
func join(parts []string) (path string, ok bool) {
	for _, part := range parts {
		if part == "" || len(part) > 100 || strings.ContainsFunc(part, func(r rune) bool {
			return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
		}) {
			return "", false
		}
		path += "/" + part
	}
	return path, true
}

// since is how the API wants an instant: no "+" that would decode as a space
// (bamboohr-api §6.15).
func since(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
