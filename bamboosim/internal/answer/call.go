package answer

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/fault"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/hook"
)

// Call is one API request on its way to an answer.
type Call struct {
	*Site
	Request *http.Request
	Path    string            // from the version on
	Args    map[string]string // values of the {names} in the route
	User    company.User
	Access  *company.Access
	Plan    fault.Plan

	w       http.ResponseWriter
	status  int // of the answer, 0 before it
	view    *company.View
	version uint64    // of the view's people
	body    io.Writer // nil before the first byte
	zip     *gzip.Writer
	reset   bool
}

// Header is the header of the answer.
func (c *Call) Header() http.Header { return c.w.Header() }

// Now is the simulated time.
func (c *Call) Now() time.Time {
	now, _ := c.Store.Clock()
	return now
}

// Snapshot is the company as this request sees it.
func (c *Call) Snapshot() *company.View {
	if c.view == nil {
		c.view, c.version = c.Store.Snapshot()
	}
	return c.view
}

// Refresh makes the next Snapshot see what this request wrote.
func (c *Call) Refresh() { c.view = nil }

// headers sets what every answer carries ([R] bamboohr-api §1.7).
func (c *Call) headers() {
	h := c.Header()
	h.Set("X-Request-Id", c.requestID())
	h.Set("Cache-Control", "no-cache, private")
	h.Set("Vary", "Authorization,User-Agent")
	h.Set("Strict-Transport-Security", "max-age=31536000; includeSubdomains;")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Server", "nginx")
	h.Set("Set-Cookie", "AWSALBTG=simulated; Expires=Tue, 01 Dec 2037 00:00:00 GMT; Path=/")
	h.Set("Date", c.Now().UTC().Format(http.TimeFormat))
}

// Begin starts an answer and returns where its body goes.
func (c *Call) Begin(status int, contentType string) io.Writer {
	c.status = status
	c.Header().Set("Content-Type", contentType)
	if strings.HasPrefix(contentType, "text/") { // [R] error-404-employee, tables-4-jobInfo-xml
		c.Header().Set("Vary", "Accept-Encoding, Authorization,User-Agent")
	}
	if c.Plan.LostReply {
		return io.Discard
	}
	return answerBody{c}
}

// answerBody sends the header before the first byte, and notices when a fault asks for a reset.
type answerBody struct{ c *Call }

func (b answerBody) Write(p []byte) (int, error) {
	if b.c.body == nil {
		b.c.open(strings.Contains(b.c.Request.Header.Get("Accept-Encoding"), "gzip"))
	}
	n, err := b.c.body.Write(p)
	if errors.Is(err, fault.ErrReset) {
		b.c.reset = true
	}
	return n, err
}

// open sends the header, and puts compression and faults between the body and the connection.
func (c *Call) open(compress bool) {
	wire := c.Plan.Wire(c.Request.Context(), c.w, func() { _ = http.NewResponseController(c.w).Flush() })
	if compress {
		c.Header().Set("Content-Encoding", "gzip")
		c.Header().Add("Vary", "Accept-Encoding")
		c.zip = c.zips.get(wire)
		wire = c.zip
	}
	c.w.WriteHeader(c.status)
	c.body = c.Plan.Body(wire)
}

// close ends the answer, or the connection when a fault says so.
func (c *Call) close() {
	if c.status == 0 {
		return // the handler has panicked
	}
	if c.body == nil && !c.Plan.LostReply {
		c.open(false) // an empty body, which is not compressed
		if c.Plan.BOM {
			_, _ = c.body.Write(nil) // but gets its mark
		}
	}
	if c.zip != nil {
		if err := c.zip.Close(); errors.Is(err, fault.ErrReset) {
			c.reset = true
		}
		c.zips.put(c.zip)
	}
	switch {
	case c.reset || c.Plan.ResetAfter == 0:
		c.drop(true)
	case c.Plan.LostReply:
		c.drop(false)
	}
}

// drop closes the connection, with a TCP reset or quietly.
func (c *Call) drop(reset bool) {
	conn, _, err := http.NewResponseController(c.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // closes it the way other servers can
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// Fail answers an error the way the older endpoints do: no body, the text in a header and its misspelt twin
// ([R] error-404-employee).
func (c *Call) Fail(status int, message string) {
	c.Header().Set("X-BambooHR-Error-Message", message)
	c.Header().Set("X-BambooHR-Error-Messsage", message)
	c.Begin(status, "text/html; charset=UTF-8")
}

// NotFound answers for an address or method that does not exist ([D] bamboohr-api §1.5).
func (c *Call) NotFound() { c.Begin(http.StatusNotFound, "text/html; charset=UTF-8") }

// JSON answers with a small document.
func (c *Call) JSON(status int, v any) { c.Document(status, "application/json", v) }

// Document answers with a small JSON document of another type.
func (c *Call) Document(status int, contentType string, v any) {
	_, _ = c.Begin(status, contentType).Write(hook.Marshal(v))
}

// Text answers with ready bytes.
func (c *Call) Text(status int, contentType string, body []byte) {
	_, _ = c.Begin(status, contentType).Write(body)
}

// XMLType is the type of XML answers ([R] tables-4-jobInfo-xml).
const XMLType = "text/xml; charset=UTF-8"

// WantsJSON tells whether the client asked for JSON; XML is the default ([R] bamboohr-api §1.4).
func (c *Call) WantsJSON() bool {
	return strings.Contains(c.Request.Header.Get("Accept"), "application/json") || strings.EqualFold(c.Request.URL.Query().Get("format"), "json")
}

// OnlyCurrent reads the parameter of that name; it defaults to true.
func (c *Call) OnlyCurrent() bool {
	v := strings.ToLower(c.Request.URL.Query().Get("onlyCurrent"))
	return v != "false" && v != "0" && v != "no"
}

// MaxBody bounds what a client may send.
const MaxBody = 21 << 20

// Read returns the request body; false after it answered 413.
func (c *Call) Read() ([]byte, bool) {
	raw, err := io.ReadAll(http.MaxBytesReader(c.w, c.Request.Body, MaxBody))
	if err != nil {
		c.Fail(http.StatusRequestEntityTooLarge, "Request body too large")
		return nil, false
	}
	return raw, true
}

// detach reads the body ahead: the server notices that a client left only when it waits for no more of the request.
func (c *Call) detach() {
	raw, err := io.ReadAll(io.LimitReader(c.Request.Body, MaxBody+1))
	if err != nil {
		panic(http.ErrAbortHandler) // the client has left already
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(raw))
}

// spoiled answers instead of the endpoint when a fault says so.
func (c *Call) spoiled() bool {
	p := &c.Plan
	switch {
	case p.Status != nil:
		for k, v := range p.Status.Headers {
			c.Header().Set(k, v)
		}
		if raw := string(p.Status.RetryAfter); raw != "" && raw != "null" {
			if unquoted, err := strconv.Unquote(raw); err == nil {
				raw = unquoted
			}
			c.Header().Set("Retry-After", raw)
		}
		kind := c.Header().Get("Content-Type")
		if kind == "" {
			kind = "text/html; charset=UTF-8"
		}
		c.Text(p.Status.Code, kind, []byte(p.Status.Body))
	case p.Redirect != "":
		c.Header().Set("Location", p.Redirect)
		c.Begin(http.StatusFound, "text/html; charset=UTF-8")
	case p.Canned != "":
		c.canned(p.Canned)
	default:
		return false
	}
	return true
}

func (c *Call) canned(name string) {
	const jsonType = "application/json"
	switch name {
	case fault.CannedHTML:
		c.Text(http.StatusOK, "text/html; charset=UTF-8", []byte("<!DOCTYPE html>\n<title>Log in</title>\n<h1>Log in to BambooHR</h1>\n"))
	case fault.CannedEmpty:
		c.Begin(http.StatusOK, jsonType)
	case fault.CannedNull:
		c.Text(http.StatusOK, jsonType, []byte("null"))
	case fault.CannedEmptyObject:
		c.Text(http.StatusOK, jsonType, []byte("{}"))
	case fault.CannedDeep:
		_ = fault.Deep(c.Begin(http.StatusOK, jsonType))
	case fault.CannedEndless:
		_ = fault.Endless(c.Begin(http.StatusOK, jsonType))
	case fault.CannedGzipBomb:
		c.Request.Header.Del("Accept-Encoding") // it is compressed already
		c.Header().Set("Content-Encoding", "gzip")
		_ = fault.GzipBomb(c.Begin(http.StatusOK, jsonType))
	}
}

// zipPool reuses compressors; the fastest level, because the simulator also stands in benchmarks.
type zipPool struct{ pool sync.Pool }

func (p *zipPool) get(w io.Writer) *gzip.Writer {
	if z, ok := p.pool.Get().(*gzip.Writer); ok {
		z.Reset(w)
		return z
	}
	z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed) // the level is valid
	return z
}

func (p *zipPool) put(z *gzip.Writer) { p.pool.Put(z) }

// APIVersion is the first segment of the path, e.g. "v1_1".
func (c *Call) APIVersion() string {
	v, _, _ := strings.Cut(strings.TrimPrefix(c.Path, "/"), "/")
	return v
}
