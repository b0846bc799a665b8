package bamboohr

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
)

const (
	maxMessage   = 300      // characters of a server's message that are kept
	maxErrorBody = 64 << 10 // bytes of an error's body that are looked at

	errorBodyTime = 10 * time.Second // for reading it
)

// refusal turns an answer outside 2xx into an error (bamboohr-api §1.5).
func (c *Client) refusal(r call, resp *http.Response, b *body) *Error {
	e := &Error{Kind: statusKind(resp.StatusCode), transient: retryableStatus(resp.StatusCode)}
	e.RetryAfter, e.asked = parseRetryAfter(resp.Header.Get("Retry-After"), c.now())
	if e.Kind == ErrRedirect {
		if to, err := url.Parse(resp.Header.Get("Location")); err == nil && to.Host != "" {
			e.Message = "to " + to.Host
		}
		return e
	}
	b.watch.whole.Reset(errorBodyTime)
	text, _ := io.ReadAll(io.LimitReader(b, maxErrorBody)) // the status already says it; the body only explains
	e.Code, e.Message = explain(resp.Header, text)
	e.Fields = refusedFields(text)
	switch {
	case e.Code == "BadPage":
		e.Kind = ErrBadPage
	case resp.StatusCode == http.StatusServiceUnavailable && e.asked:
		e.Kind = ErrRateLimited
	case resp.StatusCode == http.StatusTooManyRequests && !e.asked && r.method == http.MethodPost && r.path() == "/v1/employees":
		e.Kind = ErrAccountLimit
	}
	return e
}

func statusKind(status int) Kind {
	switch status {
	case http.StatusUnauthorized:
		return ErrUnauthorized
	case http.StatusForbidden:
		return ErrForbidden
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusTooManyRequests:
		return ErrRateLimited
	case http.StatusRequestTimeout:
		return ErrUnavailable
	}
	switch {
	case status < 200:
		return ErrShape
	case status < 400:
		return ErrRedirect
	case status < 500:
		return ErrRejected
	}
	return ErrUnavailable
}

// explain finds the server's own words: a header on older endpoints, one of
// several JSON bodies on newer ones. A web page explains nothing.
func explain(h http.Header, text []byte) (code, message string) {
	code, message = explainBody(text)
	for _, name := range []string{"X-Bamboohr-Error-Message", "X-Bamboohr-Error-Messsage"} {
		if v := h.Get(name); v != "" {
			message = v
			break
		}
	}
	if first, second, ok := strings.Cut(message, ", "); ok && first == second {
		message = first // "Employee not found, Employee not found"
	}
	return code, message
}

func explainBody(text []byte) (code, message string) {
	var body struct {
		Error  json.RawMessage
		Errors json.RawMessage
		Code   ID
		Detail string
		Title  string
		Text   string `json:"message"`
	}
	if json.Unmarshal(text, &body) != nil {
		return "", ""
	}
	message = cmp.Or(body.Detail, body.Text, body.Title)
	code = string(body.Code)
	if c, m := errorValue(body.Error); c != "" || m != "" {
		code, message = cmp.Or(c, code), cmp.Or(m, message)
	}
	if len(body.Errors) > 0 {
		message = cmp.Or(message, string(bytes.TrimSpace(body.Errors)))
	}
	return code, message
}

// errorValue reads {"code":…,"message":…} or a bare text.
func errorValue(raw json.RawMessage) (code, message string) {
	var object struct {
		Code    ID
		Message string
	}
	if json.Unmarshal(raw, &object) == nil {
		return string(object.Code), object.Message
	}
	if json.Unmarshal(raw, &message) == nil {
		return "", message
	}
	return "", ""
}

// errorObject is the error that some endpoints send with status 200
// (bamboohr-api §1.6), or nil when raw holds none.
func errorObject(raw json.RawMessage) *Error {
	code, message := errorValue(raw)
	if code == "" && message == "" {
		return nil
	}
	e := fault(ErrShape, "%s", cmp.Or(message, "an error object"))
	e.Code, e.transient = code, true
	if code == "429" { // "please try again in 60 seconds"
		e.Kind, e.transient = ErrRateLimited, false
		e.RetryAfter = time.Minute
	}
	return e
}

// printable makes foreign text safe for a log or a page: one line, no control
// or direction characters, at most limit characters.
func printable(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			r = ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			continue
		}
		if n++; n > limit {
			b.WriteString("…")
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}
