package server

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/rollcall-hr/rollcall/internal/store"
)

// requests counts answers by the first digit of their status.
type requests [6]atomic.Int64

// counted counts what a handler answers.
func (c *requests) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() { c[min(max(s.status/100, 0), 5)].Add(1) }()
		next.ServeHTTP(s, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

// Unwrap lets http.ResponseController find the server's own writer.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// ServeMetrics serves /metrics at an address of its own until the server closes: numbers and names of connections, for
// monitoring, without a sign-in.
func (s *Server) ServeMetrics(l net.Listener) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", s.showMetrics)
	s.metrics = newHTTPServer(mux, s.log)
	go func() {
		if err := s.metrics.Serve(limited(l)); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("metrics", "error", err)
		}
	}()
}

func (s *Server) showMetrics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	m, err := s.db.Org(s.o.Organisation).Measures(r.Context())
	if err != nil {
		s.log.ErrorContext(r.Context(), "metrics", "error", err)
		http.Error(w, "the database cannot be read", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	writeMetrics(w, m, &s.answers)
}

// writeMetrics writes Prometheus' text format, always in the same order.
func writeMetrics(w io.Writer, m store.Measures, answers *requests) {
	metric := func(name, kind, help string) {
		fmt.Fprintf(w, "# HELP rollcall_%s %s\n# TYPE rollcall_%s %s\n", name, help, name, kind)
	}
	metric("runs", "gauge", "Runs in the history, by connection and outcome.")
	for _, c := range m.Connections {
		for _, o := range slices.Sorted(maps.Keys(c.Runs)) {
			fmt.Fprintf(w, "rollcall_runs{connection=%s,outcome=%s} %d\n", label(c.Name), label(string(o)), c.Runs[o])
		}
	}
	metric("last_success_timestamp_seconds", "gauge", "When the last run ended that applied its plan or had nothing to do, by connection; absent before the first.")
	for _, c := range m.Connections {
		if !c.Succeeded.IsZero() {
			fmt.Fprintf(w, "rollcall_last_success_timestamp_seconds{connection=%s} %d\n", label(c.Name), c.Succeeded.Unix())
		}
	}
	states := func(name, help string, by map[string]int) {
		metric(name, "gauge", help)
		for _, state := range slices.Sorted(maps.Keys(by)) {
			fmt.Fprintf(w, "rollcall_%s{state=%s} %d\n", name, label(state), by[state])
		}
	}
	states("queue_jobs", "Automatic runs that have not ended, by state.", m.Jobs)
	states("outbox_mails", "Mails that were not sent, by state.", m.Mails)
	metric("http_requests_total", "counter", "Answers to requests since the start, by class of their status.")
	for class := 1; class < len(answers); class++ {
		fmt.Fprintf(w, "rollcall_http_requests_total{class=\"%sxx\"} %d\n", strconv.Itoa(class), answers[class].Load())
	}
}

// label quotes the value of a label.
func label(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text) + `"`
}
