package main

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// Metrics are served where the operator says, and nowhere else; a run is counted.
func TestServeMetrics(t *testing.T) {
	c, _ := company(t, "")
	if code := c.run(t, "sync", "--yes"); code != 0 {
		t.Fatal(c.err.String())
	}
	s := c.start(t, "--metrics", "127.0.0.1:0")
	body := func(url string) string {
		t.Helper()
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if text := body(s.url + "/metrics"); strings.Contains(text, "rollcall_runs") {
		t.Error("strangers see metrics")
	}
	text := body(s.metrics)
	for _, want := range []string{"rollcall_runs{connection=\"Acme HR\",outcome=\"applied\"} 1\n", "rollcall_last_success_timestamp_seconds{connection=\"Acme HR\"} ",
		"rollcall_http_requests_total{class=\"4xx\"} 1\n", "# TYPE rollcall_queue_jobs gauge\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

// An address that is taken is a matter of the flag that chose it.
func TestMetricsAddressIsTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	a := call{env: map[string]string{"ROLLCALL_DATA": t.TempDir() + "/data"}}
	if code := a.run(t, "serve", "--listen", "127.0.0.1:0", "--metrics", l.Addr().String()); code != 1 || !strings.Contains(a.err.String(), "choose another address with --metrics") {
		t.Errorf("exit %d, %s", code, a.err.String())
	}
}
