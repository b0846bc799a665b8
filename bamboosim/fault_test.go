package bamboosim_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// fault switches one fault on.
func (w *world) fault(spec string) {
	w.t.Helper()
	w.get(204, "DELETE /_sim/faults", "")
	w.get(201, "POST /_sim/faults", spec)
}

// over asks through a real connection; the report of first names unless told.
func (w *world) over(ctx context.Context, server *httptest.Server) (*http.Response, []byte, error) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(ctx, "POST", server.URL+"/api/v1/reports/custom?format=json", strings.NewReader(`{"fields":["firstName"]}`))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(bamboosim.DefaultKey, "x")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, body, err
}

func TestRowFaults(t *testing.T) {
	w := newWorld(t)
	const key = bamboosim.DefaultKey
	fields := []string{"firstName", "workEmail", "hireDate", "status", "employeeNumber"}
	for spec, check := range map[string]func(r report) bool{
		`{"name":"no_people"}`:                            func(r report) bool { return len(r.Rows) == 0 },
		`{"name":"drop_people","args":{"percent":40}}`:    func(r report) bool { return len(r.Rows) == 3 },
		`{"name":"drop_people","args":{"ids":["4",13]}}`:  func(r report) bool { return slices.Equal(r.ids(), []string{"9", "11", "12"}) },
		`{"name":"drop_field","args":{"field":"status"}}`: func(r report) bool { _, there := r.row("4")["status"]; return len(r.Fields) == 4 && !there },
		`{"name":"null_field","args":{"field":"status"}}`: func(r report) bool { return r.row("4")["status"] == nil && r.row("9")["status"] == nil },
		`{"name":"null_field","args":{"field":"hireDate","ids":[4]}}`: func(r report) bool {
			return r.row("4")["hireDate"] == "0000-00-00" && r.row("9")["hireDate"] == "2020-01-06"
		},
		`{"name":"all_inactive"}`:                    func(r report) bool { return r.row("4")["status"] == "Inactive" && r.row("12")["status"] == "Inactive" },
		`{"name":"duplicate_row","args":{"id":"4"}}`: func(r report) bool { return len(r.Rows) == 6 && r.Rows[0]["firstName"] == r.Rows[1]["firstName"] },
		`{"name":"duplicate_row","args":{"id":4,"differs":true}}`: func(r report) bool {
			return r.Rows[1]["id"] == "4" && r.Rows[0]["workEmail"] != r.Rows[1]["workEmail"]
		},
		`{"name":"huge_name","args":{"id":"9"}}`: func(r report) bool { return len(r.row("9")["firstName"].(string)) == 10<<20 },
		`{"name":"id_recycled","args":{"id":"9"}}`: func(r report) bool {
			row := r.row("9")
			return row["firstName"] != "Bo" && row["workEmail"] != "bo@acme.test" && row["hireDate"] != "2020-01-06" && row["employeeNumber"] != "6"
		},
	} {
		w.fault(spec)
		if r := w.report(key, "", fields...); !check(r) {
			t.Errorf("%s: %.300v", spec, r)
		}
	}
	body := `{"fields":["firstName"]}`
	for spec, want := range map[string]string{
		`{"name":"id_type"}`:        `{"id":4,"firstName":"Ann"}`,
		`{"name":"duplicate_keys"}`: `{"id":"4","firstName":"Duplicate","firstName":"Ann"}`,
		`{"name":"bom"}`:            "\xef\xbb\xbf{\"title\"",
	} {
		w.fault(spec)
		if got := w.get(200, "POST /api/v1/reports/custom?format=json", body); !strings.Contains(got, want) {
			t.Errorf("%s: %q lacks %q", spec, got, want)
		}
	}
	w.fault(`{"name":"bad_utf8"}`)
	if got := w.get(200, "POST /api/v1/reports/custom?format=json", body); utf8.ValidString(got) {
		t.Errorf("bad_utf8: %q", got)
	}
}

func TestRowFaultsReachEveryBulkAnswer(t *testing.T) {
	w := newWorld(t)
	w.fault(`{"name":"drop_people","args":{"ids":["9"]}}`)
	for request, body := range map[string]string{
		"GET /api/v1/employees": "", "GET /api/v1/employees/directory": "", "GET /api/v1/employees/all/tables/jobInfo": "",
		"POST /api/v2/datasets/employee/data": `{"fields":["eeid","firstName"]}`, "POST /api/v1/reports/custom?format=json": `{"fields":["firstName"]}`,
	} {
		got := w.get(200, request, body)
		if strings.Contains(got, `"9"`) && !strings.Contains(request, "tables") || strings.Contains(got, `"employeeId":"9"`) {
			t.Errorf("%s still has the person: %s", request, got)
		}
	}
	w.get(200, "GET /api/v1/employees/9", "") // not a bulk answer, like these two
	for _, request := range []string{"GET /api/v1/employees/9/tables/jobInfo", "GET /api/v1/employees/changed?since=2020-01-01T00:00:00Z"} {
		if got := w.get(200, request, ""); !strings.Contains(got, `"9"`) {
			t.Errorf("%s lost the person: %s", request, got)
		}
	}
	w.fault(`{"name":"drop_field","args":{"field":"workEmail"}}`)
	for request, body := range map[string]string{"GET /api/v1/employees?fields=workEmail": "", "GET /api/v1/employees/directory": "",
		"POST /api/v2/datasets/employee/data": `{"fields":["eeid","email"]}`} {
		if got := w.get(200, request, body); strings.Contains(got, "mail") && !strings.Contains(got, "fields=workEmail") {
			t.Errorf("%s still has the field: %s", request, got)
		}
	}
}

func TestAnswerFaults(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.sim)
	defer server.Close()
	ask := func(spec string) (*http.Response, []byte, error) {
		w.fault(spec)
		return w.over(t.Context(), server)
	}
	resp, body, err := ask(`{"name":"status","args":{"code":429,"retry_after":30,"headers":{"X-A":"b"},"body":"slow down"}}`)
	if err != nil || resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "30" || resp.Header.Get("X-A") != "b" || string(body) != "slow down" {
		t.Errorf("status: %v %v %s", err, resp, body)
	}
	resp, _, _ = ask(`{"name":"status","args":{"code":503,"retry_after":"Sat, 21 Nov 2026 12:01:00 GMT"}}`)
	if got := resp.Header.Get("Retry-After"); got != "Sat, 21 Nov 2026 12:01:00 GMT" {
		t.Errorf("retry_after as a date: %q", got)
	}
	for name, want := range map[string]string{"html": "<!DOCTYPE html>", "empty_body": "", "null_body": "null", "empty_object": "{}"} {
		if resp, body, err := ask(`{"name":"` + name + `"}`); err != nil || resp.StatusCode != 200 || !strings.HasPrefix(string(body), want) || want == "" && len(body) > 0 {
			t.Errorf("%s: %v %s", name, err, body)
		}
	}
	if resp, _, err := ask(`{"name":"redirect","args":{"to":"https://elsewhere.test/"}}`); err != nil || resp.StatusCode != 302 || resp.Header.Get("Location") != "https://elsewhere.test/" {
		t.Errorf("redirect: %v %v", err, resp)
	}
	if _, body, err := ask(`{"name":"truncate","args":{"bytes":40}}`); err != nil || len(body) != 40 || json.Valid(body) {
		t.Errorf("truncate: %v %q", err, body)
	}
	if _, body, err := ask(`{"name":"deep_json"}`); err != nil || bytes.Count(body, []byte("[")) < 1_000_000 {
		t.Errorf("deep_json: %v, %d bytes", err, len(body))
	}
	if _, _, err := ask(`{"name":"reset","args":{"after_bytes":20}}`); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("reset: %v", err)
	}
	if _, _, err := ask(`{"name":"reset"}`); err == nil {
		t.Error("reset before the first byte: no error")
	}
	if _, body, err := ask(`{"name":"slow","args":{"bytes_per_second":5000}}`); err != nil || !json.Valid(body) {
		t.Errorf("slow: %v %s", err, body)
	}
}

func TestHangEndsWithTheClient(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.sim)
	defer server.Close() // waits for the handler to end
	w.fault(`{"name":"hang","count":1}`)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := w.over(ctx, server); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: %v", err)
	}
	w.fault(`{"name":"hang","args":{"seconds":0.01}}`)
	if _, body, err := w.over(t.Context(), server); err != nil || !json.Valid(body) {
		t.Errorf("short hang: %v %s", err, body)
	}
}

func TestLostAnswer(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.sim)
	defer server.Close()
	w.fault(`{"name":"lost_answer","match":"POST /employees","count":1}`)
	req, err := http.NewRequest("POST", server.URL+"/api/v1/employees", strings.NewReader(`{"firstName":"Fi","lastName":"Ito"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(bamboosim.DefaultKey, "x")
	if resp, err := http.DefaultTransport.RoundTrip(req); err == nil {
		resp.Body.Close()
		t.Fatal("the answer was not lost")
	}
	same(t, "the write happened", w.get(200, "GET /api/v1/employees/14?fields=firstName", ""), `{"id":"14","firstName":"Fi"}`)
}

func TestGzipBombAndEndless(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(w.sim)
	defer server.Close()
	get := func(spec string, encoding string) io.ReadCloser {
		w.fault(spec)
		req, err := http.NewRequest("GET", server.URL+"/api/v1/employees", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept-Encoding", encoding)
		resp, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Body
	}
	body := get(`{"name":"gzip_bomb"}`, "gzip")
	packed, err := io.ReadAll(body)
	body.Close()
	if err != nil || len(packed) > 8<<20 {
		t.Fatalf("%d bytes of gzip, %v", len(packed), err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, z, 200<<20); err != nil { // the rest is more of the same
		t.Errorf("only %d bytes unpack: %v", n, err)
	}
	body = get(`{"name":"endless"}`, "identity")
	defer body.Close()
	if n, err := io.CopyN(io.Discard, body, 64<<20); err != nil {
		t.Errorf("endless ended after %d: %v", n, err)
	}
}

func TestFaultMatching(t *testing.T) {
	w := newWorld(t)
	codes := func(n int, request string) (out []int) {
		for range n {
			out = append(out, w.ask(bamboosim.DefaultKey, request, "").Code)
		}
		return out
	}
	for _, c := range []struct {
		match string
		hits  bool
	}{{"", true}, {"GET /employees/*", true}, {"GET /v1/employees/4", true}, {"get /v1/*/4", true}, {"* *", true}, {"* /*4", true},
		{"POST /employees/4", false}, {"GET /employees", false}, {"GET /employees/4/*", false}, {"GET /v2/*", false}} {
		w.fault(`{"name":"status","match":"` + c.match + `","args":{"code":500}}`)
		if got := codes(1, "GET /api/v1/employees/4")[0] == 500; got != c.hits {
			t.Errorf("match %q: %v, want %v", c.match, got, c.hits)
		}
	}
	w.fault(`{"name":"status","after":2,"count":1,"match":"GET /employees/4","args":{"code":500}}`)
	if got := codes(4, "GET /api/v1/employees/4"); !slices.Equal(got, []int{200, 200, 500, 200}) {
		t.Errorf("after 2, count 1: %v", got)
	}
	w.get(200, "GET /_sim/clock", "") // control is never spoiled
	same(t, "spent", w.get(200, "GET /_sim/faults", ""), `{"items":[]}`)
	for spec, want := range map[string]string{
		`{"name":"nope"}`:                               `"names":["all_inactive","bad_utf8","bom",`,
		`{"name":"status","args":{"kode":1}}`:           "unknown key",
		`{"name":"status","args":{"code":99}}`:          "code 99",
		`{"name":"drop_field"}`:                         "field is missing",
		`{"name":"html","args":{"x":1}}`:                "unknown key",
		`{"name":"html","match":"/employees"}`:          "METHOD /path",
		`{"name":"html","count":-1}`:                    "negative",
		`{"name":"truncate","args":{"size":1}}`:         "only bytes",
		`{"name":"drop_people","args":{"percent":101}}`: "percent",
		`{"name":"huge_name","args":{"id":"x"}}`:        "no id",
		`{"name":"html","nope":1}`:                      "unknown key",
	} {
		if got := w.get(400, "POST /_sim/faults", spec); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", spec, got, want)
		}
	}
}

func TestEveryNamedFaultExists(t *testing.T) {
	w := newWorld(t)
	args := map[string]string{"drop_field": `{"field":"status"}`, "null_field": `{"field":"status"}`}
	for _, name := range strings.Fields(`status drop_people no_people drop_field null_field all_inactive truncate html redirect empty_body null_body
		empty_object hang slow reset gzip_bomb endless deep_json huge_name duplicate_row bad_utf8 bom duplicate_keys id_type id_recycled lost_answer`) {
		arg := args[name]
		if arg == "" {
			arg = "null"
		}
		w.get(201, "POST /_sim/faults", `{"name":"`+name+`","args":`+arg+`}`)
	}
}
