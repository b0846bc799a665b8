package bamboohr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for v, want := range map[string]struct {
		d  time.Duration
		ok bool
	}{
		"30": {30 * time.Second, true}, " 30 ": {30 * time.Second, true}, "0": {0, true}, "-5": {0, true}, "+7": {7 * time.Second, true},
		"86400": {24 * time.Hour, true}, "99999999999999999999": {math.MaxInt64, true}, "-99999999999999999999": {0, true},
		"9223372037":                    {math.MaxInt64, true},
		"Sat, 21 Nov 2026 12:01:00 GMT": {time.Minute, true}, "Sat, 21 Nov 2026 11:00:00 GMT": {0, true},
		"": {}, "soon": {}, "1.5": {}, "30 seconds": {}, "2026-11-21": {},
	} {
		if d, ok := parseRetryAfter(v, now); d != want.d || ok != want.ok {
			t.Errorf("%q: %s, %v; want %s, %v", v, d, ok, want.d, want.ok)
		}
	}
}

func TestBackoffGrowsWithinItsBounds(t *testing.T) {
	for retries := range 70 {
		low, high := backoff(retries, 0), backoff(retries, 0.999999)
		if low < firstBackoff/2 || high > longestDelay || low >= high {
			t.Fatalf("retry %d: %s to %s", retries, low, high)
		}
		if retries > 0 && low < backoff(retries-1, 0) {
			t.Fatalf("retry %d waits less than the one before", retries)
		}
	}
}

func TestRetriesOfReads(t *testing.T) {
	ok := says(200, `{"id":"8"}`)
	own := []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second}
	for name, c := range map[string]struct {
		h     http.HandlerFunc
		kind  Kind // "" for success
		tries int
		waits []time.Duration
	}{
		"429 with seconds":        {script(says(429, "", "Retry-After", "30"), ok), "", 2, []time.Duration{30 * time.Second}},
		"429 with date":           {script(says(429, "", "Retry-After", "Sat, 21 Nov 2026 12:02:00 GMT"), ok), "", 2, []time.Duration{2 * time.Minute}},
		"429 without":             {script(says(429, ""), ok), "", 2, own[:1]},
		"429 with junk":           {script(says(429, "", "Retry-After", "soon"), ok), "", 2, own[:1]},
		"429 in the past":         {script(says(429, "", "Retry-After", "Sat, 21 Nov 2020 12:02:00 GMT"), ok), "", 2, []time.Duration{0}},
		"429 negative":            {script(says(429, "", "Retry-After", "-7"), ok), "", 2, []time.Duration{0}},
		"429 of 15 minutes":       {script(says(429, "", "Retry-After", "900"), ok), "", 2, []time.Duration{15 * time.Minute}},
		"429 of 17 minutes":       {says(429, "", "Retry-After", "1020"), ErrRateLimited, 1, nil},
		"429 of a day":            {says(429, "", "Retry-After", "86400"), ErrRateLimited, 1, nil},
		"429 without end":         {says(429, "", "Retry-After", "99999999999999999999999"), ErrRateLimited, 1, nil},
		"429 for ever":            {says(429, ""), ErrRateLimited, 5, own},
		"503 as rate limit":       {says(503, "", "Retry-After", "86400"), ErrRateLimited, 1, nil},
		"503 for ever":            {says(503, ""), ErrUnavailable, 5, own},
		"408":                     {script(says(408, ""), ok), "", 2, own[:1]},
		"500":                     {script(says(500, `{"error":{"code":500,"message":"x"}}`), ok), "", 2, own[:1]},
		"502 as a page":           {script(says(502, "<html>Bad gateway</html>"), says(502, ""), ok), "", 3, own[:2]},
		"504":                     {script(says(504, ""), ok), "", 2, own[:1]},
		"598":                     {script(says(598, ""), ok), "", 2, own[:1]},
		"501 is not one of those": {says(501, ""), ErrUnavailable, 1, nil},
		"400":                     {says(400, ""), ErrRejected, 1, nil},
		"401":                     {says(401, ""), ErrUnauthorized, 1, nil},
		"403":                     {says(403, ""), ErrForbidden, 1, nil},
		"404":                     {says(404, ""), ErrNotFound, 1, nil},
		"409":                     {says(409, ""), ErrConflict, 1, nil},
		"422":                     {says(422, ""), ErrRejected, 1, nil},
		"302":                     {says(302, "", "Location", "https://evil.test/login"), ErrRedirect, 1, nil},
		"dropped, then good":      {script(drop, drop, ok), "", 3, own[:2]},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, c.h)
			_, err := x.Probe(t.Context())
			if c.kind == "" && err != nil || c.kind != "" && !errors.Is(err, c.kind) {
				t.Errorf("error %v, want %q", err, c.kind)
			}
			if len(x.requests) != c.tries {
				t.Errorf("%d requests, want %d", len(x.requests), c.tries)
			}
			if diff := cmp.Diff(c.waits, x.waits); diff != "" {
				t.Errorf("waits (-want +got):\n%s", diff)
			}
			if e, ok := errors.AsType[*Error](err); ok && (e.Attempts != c.tries || e.Company != "acme" || e.Path != "/v1/employees/0" || e.Method != "GET") {
				t.Errorf("the error does not say what was tried: %+v", *e)
			}
			if len(x.seen) != c.tries {
				t.Errorf("%d attempts were observed", len(x.seen))
			}
		})
	}
}

// drop closes the connection instead of answering.
func drop(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

func TestRetryAfterOfADayIsTold(t *testing.T) {
	x := serve(t, says(429, "", "Retry-After", "86400"))
	_, err := x.Probe(t.Context())
	if e, ok := errors.AsType[*Error](err); !ok || e.RetryAfter != 24*time.Hour || !strings.Contains(err.Error(), "(after 24h0m0s)") {
		t.Errorf("%v", err)
	}
	x = serve(t, says(429, "", "Retry-After", "99999999999999999999999"))
	if _, err := x.Probe(t.Context()); !strings.Contains(err.Error(), "(after more than 30 days)") {
		t.Errorf("%v", err)
	}
}

func TestRetriesEndWithTheTotal(t *testing.T) {
	x := serve(t, says(429, "", "Retry-After", "600"), WithRetry(9, 25*time.Minute))
	if _, err := x.Probe(t.Context()); !errors.Is(err, ErrRateLimited) || len(x.requests) != 3 {
		t.Errorf("%d requests, %v", len(x.requests), err)
	}
	x = serve(t, says(500, ""), WithRetry(1, time.Hour))
	if _, err := x.Probe(t.Context()); !errors.Is(err, ErrUnavailable) || len(x.requests) != 1 {
		t.Errorf("%d requests, %v", len(x.requests), err)
	}
}

func TestCancelledWhileWaiting(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	x := serve(t, says(503, ""), WithSleep(func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }))
	if _, err := x.Probe(ctx); !errors.Is(err, ErrUnavailable) || len(x.requests) != 1 {
		t.Errorf("%d requests, %v", len(x.requests), err)
	}
	if _, err := x.Probe(ctx); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrCancelled) {
		t.Errorf("after the end: %v", err)
	}
}

// After a 401 nothing more leaves: repeated wrong keys lock the account out.
func TestNothingIsSentAfter401(t *testing.T) {
	x := serve(t, says(401, "", "X-BambooHR-Error-Message", "API key not provided or invalid"))
	for range 3 {
		if _, err := x.Probe(t.Context()); !errors.Is(err, ErrUnauthorized) || !strings.Contains(err.Error(), "API key not provided or invalid") {
			t.Fatal(err)
		}
	}
	if _, err := x.CustomReport(t.Context(), everybody()); !errors.Is(err, ErrUnauthorized) {
		t.Error(err)
	}
	if _, err := x.CreateEmployee(t.Context(), map[string]any{"firstName": "Ann"}); !errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrUnsure) {
		t.Error(err)
	}
	if len(x.requests) != 1 {
		t.Errorf("%d requests, want 1", len(x.requests))
	}
}

// A write is repeated only when it surely was not carried out.
func TestRetriesOfWrites(t *testing.T) {
	created := says(201, `{"id":"121","firstName":"Test","lastName":"Person","status":"Active"}`)
	for name, c := range map[string]struct {
		h      http.HandlerFunc
		kind   Kind
		unsure bool
		tries  int
	}{
		"created":             {created, "", false, 1},
		"429 with wait":       {script(says(429, "", "Retry-After", "5"), created), "", false, 2},
		"429 without: full":   {says(429, ""), ErrAccountLimit, false, 1},
		"503 with wait":       {says(503, "", "Retry-After", "5"), ErrRateLimited, true, 1},
		"500":                 {says(500, ""), ErrUnavailable, true, 1},
		"504":                 {says(504, ""), ErrUnavailable, true, 1},
		"answer lost":         {drop, ErrNetwork, true, 1},
		"answer not readable": {says(201, `{"id":"12`), ErrShape, true, 1},
		"a web page":          {says(200, `<html>`), ErrShape, true, 1},
		"409":                 {says(409, ""), ErrConflict, false, 1},
		"400":                 {says(400, ""), ErrRejected, false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			x := serve(t, c.h)
			id, err := x.CreateEmployee(t.Context(), map[string]any{"firstName": "Test", "lastName": "Person"})
			if c.kind == "" && (err != nil || id != "121") || c.kind != "" && !errors.Is(err, c.kind) {
				t.Errorf("%q, error %v, want %q", id, err, c.kind)
			}
			if errors.Is(err, ErrUnsure) != c.unsure {
				t.Errorf("unsure: %v", err)
			}
			if len(x.requests) != c.tries {
				t.Errorf("%d requests, want %d", len(x.requests), c.tries)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestWriteThatWasNotSentIsRepeated(t *testing.T) {
	n := 0
	x := serve(t, nil, WithTransport(roundTrip(func(*http.Request) (*http.Response, error) {
		if n++; n < 3 {
			return nil, fmt.Errorf("proxy: %w", &net.OpError{Op: "dial", Err: errors.New("connection refused")})
		}
		return &http.Response{StatusCode: 201, Body: io.NopCloser(strings.NewReader(`{"id":"7"}`))}, nil
	})))
	if id, err := x.CreateEmployee(t.Context(), nil); id != "7" || err != nil || n != 3 {
		t.Errorf("%q, %v after %d tries", id, err, n)
	}
}

func TestObserverSeesEveryAttempt(t *testing.T) {
	x := serve(t, script(says(500, "", "X-Request-Id", "1"), says(200, `{"id":"8"}`, "X-BambooHR-Request-Id", "2")))
	if _, err := x.Employee(t.Context(), "8", []string{"ssn"}, true); err != nil {
		t.Fatal(err)
	}
	for i := range x.seen {
		if x.seen[i].Err != nil {
			x.seen[i].Err = nil
		} else if i == 0 {
			t.Error("a failed attempt without an error")
		}
	}
	want := []Exchange{
		{Method: "GET", Path: "/v1/employees/8", Status: 500, Attempt: 1, RequestID: "1"},
		{Method: "GET", Path: "/v1/employees/8", Status: 200, Attempt: 2, RequestID: "2"},
	}
	if diff := cmp.Diff(want, x.seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
