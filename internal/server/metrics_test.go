package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rollcall-hr/rollcall/internal/store"
	"github.com/rollcall-hr/rollcall/syncrun"
)

func TestMetricsText(t *testing.T) {
	var answers requests
	h := answers.counted(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
		}
	}))
	for _, path := range []string{"/", "/", "/gone"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	}
	var b strings.Builder
	writeMetrics(&b, store.Measures{
		Connections: []store.ConnectionMeasures{
			{Name: "Acme \"HR\"\n", Runs: map[syncrun.Outcome]int{syncrun.OutcomeNoOp: 2, syncrun.OutcomeApplied: 1}, Succeeded: time.Unix(1795262400, 0)},
			{Name: "New", Runs: map[syncrun.Outcome]int{}}},
		Jobs: map[string]int{"running": 1}, Mails: map[string]int{"gave_up": 3, "queued": 1},
	}, &answers)
	want := `# HELP rollcall_runs Runs in the history, by connection and outcome.
# TYPE rollcall_runs gauge
rollcall_runs{connection="Acme \"HR\"\n",outcome="applied"} 1
rollcall_runs{connection="Acme \"HR\"\n",outcome="no_op"} 2
# HELP rollcall_last_success_timestamp_seconds When the last run ended that applied its plan or had nothing to do, by connection; absent before the first.
# TYPE rollcall_last_success_timestamp_seconds gauge
rollcall_last_success_timestamp_seconds{connection="Acme \"HR\"\n"} 1795262400
# HELP rollcall_queue_jobs Automatic runs that have not ended, by state.
# TYPE rollcall_queue_jobs gauge
rollcall_queue_jobs{state="running"} 1
# HELP rollcall_outbox_mails Mails that were not sent, by state.
# TYPE rollcall_outbox_mails gauge
rollcall_outbox_mails{state="gave_up"} 3
rollcall_outbox_mails{state="queued"} 1
# HELP rollcall_http_requests_total Answers to requests since the start, by class of their status.
# TYPE rollcall_http_requests_total counter
rollcall_http_requests_total{class="1xx"} 0
rollcall_http_requests_total{class="2xx"} 2
rollcall_http_requests_total{class="3xx"} 0
rollcall_http_requests_total{class="4xx"} 1
rollcall_http_requests_total{class="5xx"} 0
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}
