package source

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

const testKey = "00112233445566778899aabbccddeeff00112233"

// stub answers like BambooHR from functions by "METHOD path", without a network. It remembers what it
// was asked.
type stub struct {
	answers map[string]func(*http.Request, map[string]any) reply

	mu    sync.Mutex
	calls []string
}

// reply is an answer: JSON unless status or header say otherwise.
type reply struct {
	status int // 0: 200
	body   string
	reader io.Reader // instead of body
	header http.Header
}

func (s *stub) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(r.URL.Path, "/api")
	var body map[string]any
	if r.Body != nil {
		raw, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(raw, &body); err != nil {
			return nil, err
		}
	}
	name := r.Method + " " + path
	if v := r.URL.Query().Get("onlyCurrent"); v != "" {
		name += " " + v
	}
	s.mu.Lock()
	s.calls = append(s.calls, name)
	s.mu.Unlock()
	answer := s.answers[name]
	if answer == nil {
		answer = s.answers[r.Method+" "+path]
	}
	a := reply{status: 404}
	if answer != nil {
		a = answer(r, body)
	}
	if a.status == 0 {
		a.status = 200
	}
	if a.reader == nil {
		a.reader = strings.NewReader(a.body)
	}
	if a.header == nil {
		a.header = http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"4711"}}
	}
	return &http.Response{StatusCode: a.status, Header: a.header, Body: io.NopCloser(a.reader), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
}

func (s *stub) count(name string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if strings.HasPrefix(c, name) {
			n++
		}
	}
	return n
}

func fixed(body string) func(*http.Request, map[string]any) reply {
	return func(*http.Request, map[string]any) reply { return reply{body: body} }
}

func refuse(status int, message string) func(*http.Request, map[string]any) reply {
	return func(*http.Request, map[string]any) reply {
		return reply{status: status, header: http.Header{"X-Bamboohr-Error-Message": {message}, "X-Request-Id": {"4711"}}}
	}
}

// people answers both reports from one list of employees: what each row has under a requested field,
// and the columns as given (nil: those requested).
func people(fields []string, rows ...string) string {
	var head []string
	for _, f := range fields {
		head = append(head, fmt.Sprintf(`{"id":%q,"type":"text","name":%q}`, f, f))
	}
	return fmt.Sprintf(`{"title":"Rollcall","fields":[%s],"employees":[%s]}`, strings.Join(head, ","), strings.Join(rows, ","))
}

// The columns of the small companies in these tests, and those of the second read.
var (
	cols  = []string{"id", "status", "firstName", "workEmail"}
	later = []string{"id", "employmentHistoryStatus", "hireDate", "status", "terminationDate"}
)

func row(id any, first, mail string) string {
	return fmt.Sprintf(`{"id":%q,"status":"Active","firstName":%q,"workEmail":%q}`, fmt.Sprint(id), first, mail)
}

func ahead(id any) string {
	return fmt.Sprintf(`{"id":%q,"employmentHistoryStatus":"Full-Time","hireDate":"2024-01-08","status":"Active","terminationDate":"0000-00-00"}`, fmt.Sprint(id))
}

// company is a stub with a key of a non-employee user and two reports.
func company(current, future string) *stub {
	return &stub{answers: map[string]func(*http.Request, map[string]any) reply{
		"GET /v1/employees/0":           fixed(`{"id":"0"}`),
		"POST /v1/reports/custom true":  fixed(current),
		"POST /v1/reports/custom false": fixed(future),
	}}
}

// two is a good company of two employees.
func two() *stub {
	return company(people(cols, row(4, "Ann", "ann@acme.test"), row(5, "Bo", "bo@acme.test")), people(later, ahead(4), ahead(5)))
}

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func open(t testing.TB, s http.RoundTripper, conn *policy.Connection, opts ...bamboohr.Option) *BambooHR {
	t.Helper()
	counter := &Counter{}
	opts = append([]bamboohr.Option{bamboohr.WithTransport(s), bamboohr.WithObserver(counter.Observe), bamboohr.WithRetry(1, time.Minute)}, opts...)
	client, err := bamboohr.New("acme", testKey, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if conn == nil {
		conn = &policy.Connection{Name: "Acme HR"}
	}
	return NewBambooHR(client, conn, Options{Now: noon, Counter: counter, Secret: "of the stub"})
}

// copied is a record that outlives its reading.
func copied(r hr.Record) hr.Record {
	r.Values = append([]hr.Value(nil), r.Values...)
	r.Ahead = append([]hr.Value(nil), r.Ahead...)
	return r
}

// drain reads a snapshot to its end.
func drain(t testing.TB, s *hr.Snapshot) ([]hr.Record, hr.Reading, error) {
	t.Helper()
	var out []hr.Record
	for r, err := range s.Records {
		if err != nil {
			return out, hr.Reading{}, err
		}
		out = append(out, copied(r))
	}
	return out, s.Reading(), nil
}

func mustRead(t testing.TB, b *BambooHR, fields []string, known hr.KnownFunc) ([]hr.Record, hr.Reading) {
	t.Helper()
	s, err := b.Read(t.Context(), fields, known)
	if err != nil {
		t.Fatal(err)
	}
	records, reading, err := drain(t, s)
	if err != nil {
		t.Fatal(err)
	}
	return records, reading
}

// remember is what a store would know after a reading.
func remember(records []hr.Record) hr.KnownFunc {
	m := map[int64]hr.Known{}
	for _, r := range records {
		m[r.Num] = hr.Known{Fingerprint: r.Fingerprint, Coverage: r.Coverage}
	}
	return func(id int64) (hr.Known, bool) { k, ok := m[id]; return k, ok }
}

func zipped(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(body)
	w.Close()
	return out.Bytes()
}
