package bamboohr

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr/internal/flatjson"
)

const testKey = "00112233445566778899aabbccddeeff00112233"

// tester is a client in front of a handler, which sleeps on paper only.
type tester struct {
	*Client
	mu       sync.Mutex // held while a request is noted, and after every attempt
	requests []*http.Request
	bodies   []string
	waits    []time.Duration
	seen     []Exchange
	now      time.Time
}

func serve(t *testing.T, h http.HandlerFunc, opts ...Option) *tester {
	t.Helper()
	x := &tester{now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		x.mu.Lock()
		x.requests = append(x.requests, r)
		x.bodies = append(x.bodies, string(body))
		x.mu.Unlock()
		h(w, r)
	}))
	opts = append([]Option{
		WithBaseURL(server.URL),
		WithNow(func() time.Time { return x.now }),
		WithRand(func() float64 { return 0 }),
		WithSleep(func(_ context.Context, d time.Duration) error {
			x.waits = append(x.waits, d)
			x.now = x.now.Add(d)
			return nil
		}),
		WithObserver(func(e Exchange) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.seen = append(x.seen, e)
		}),
	}, opts...)
	c, err := New("acme", testKey, opts...)
	if err != nil {
		t.Fatal(err)
	}
	x.Client = c
	t.Cleanup(func() { c.Close(); server.CloseClientConnections(); server.Close() })
	return x
}

// says answers every request with the same body.
func says(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// script answers one handler after the other; the last one stays.
func script(handlers ...http.HandlerFunc) http.HandlerFunc {
	var n atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		handlers[min(int(n.Add(1)), len(handlers))-1](w, r)
	}
}

// streamOf is a report's stream without the network.
func streamOf(src io.Reader) (*Stream, error) {
	doc := flatjson.NewDocument(src, "employees")
	if err := open(doc); err != nil {
		return nil, asError(err, ErrShape)
	}
	s := &Stream{shape: &rowShape{id: "id"}, locate: func(*Error) {}}
	s.show(doc)
	return s, nil
}

// ids ranges over a stream and returns the ids, with "!" for a bad record.
func ids(s *Stream) (string, error) {
	defer s.Close()
	var out []string
	for row, err := range s.Rows() {
		if err == nil {
			var id string
			if id, err = row.ID(); err == nil {
				out = append(out, id)
				continue
			}
		}
		if _, ok := err.(*RecordError); ok {
			out = append(out, "!")
			continue
		}
		return strings.Join(out, " "), err
	}
	return strings.Join(out, " "), nil
}

// report wraps records as a custom report does.
func report(records string) string {
	return `{"title":"Report","fields":[{"id":"id","type":"int","name":"EEID"},{"id":"firstName","type":"text","name":"First Name"}],"employees":` + records + `}`
}

func everybody() ReportQuery { return ReportQuery{Fields: []string{"id", "firstName"}} }
