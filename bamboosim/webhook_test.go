package bamboosim_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// receiver takes webhooks and answers with the statuses in turn, the last one for ever; 0 is no answer.
type receiver struct {
	mu       sync.Mutex
	statuses []int
	got      []delivered
}

type delivered struct {
	header http.Header
	body   string
}

func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, delivered{req.Header, string(body)})
	status := r.statuses[0]
	if len(r.statuses) > 1 {
		r.statuses = r.statuses[1:]
	}
	if status == 0 {
		return nil, errors.New("no answer")
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(""))}, nil
}

// take returns what was delivered since the last call.
func (r *receiver) take() []delivered {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

const hook = `{"name":"Roster","url":"https://rollcall.test/hook","format":"json","monitorFields":["firstName","18","status"],"postFields":{"firstName":"First Name"},"includeCompanyDomain":true}`

// signature recomputes the recipe of the recorded delivery: hex HMAC-SHA256 of body and timestamp.
func signature(key, body, stamp string) string {
	mac := hmac.New(sha256.New, []byte(key))
	io.WriteString(mac, body+stamp)
	return hex.EncodeToString(mac.Sum(nil))
}

func TestWebhookDelivery(t *testing.T) {
	r := &receiver{statuses: []int{200}}
	w := newWorld(t, bamboosim.WithTransport(r))
	var created struct{ ID, PrivateKey, Created string }
	if err := json.Unmarshal([]byte(w.get(201, "POST /api/v1/webhooks", hook)), &created); err != nil || len(created.PrivateKey) != 32 || created.Created != "2026-11-21 12:00:00" {
		t.Fatalf("created %+v %v", created, err)
	}
	w.get(200, "PUT /_sim/employees/4", `{"firstName":"Anna","city":"Gouda"}`)
	got := r.take()
	if len(got) != 1 {
		t.Fatalf("%d deliveries, want 1", len(got))
	}
	same(t, "payload", got[0].body, `{"employees":[{"id":"4","action":"Updated","timestamp":"2026-11-21T12:00:00+0000","changedFields":["First Name"],"fields":{"First Name":"Anna"}}]}`)
	h := got[0].header
	if h.Get("X-BambooHR-Signature") != signature(created.PrivateKey, got[0].body, h.Get("X-BambooHR-Timestamp")) || h.Get("Company-Domain") != "acme" {
		t.Errorf("headers %v", h)
	}
	w.get(200, "PUT /_sim/employees/4", `{"city":"Delft"}`) // not monitored
	if n := len(r.take()); n != 0 {
		t.Errorf("%d deliveries of an unmonitored field", n)
	}
	w.get(201, "POST /api/v1/employees", `{"firstName":"Fi","lastName":"Ito"}`)
	w.sim.Wait()
	var actions []string
	for _, d := range r.take() {
		var p struct{ Employees []struct{ Action string } }
		if err := json.Unmarshal([]byte(d.body), &p); err != nil {
			t.Fatal(err)
		}
		actions = append(actions, p.Employees[0].Action)
	}
	if !slices.Equal(actions, []string{"Created", "Updated"}) {
		t.Errorf("a creation fired %v", actions)
	}
	w.get(204, "DELETE /_sim/employees/14", "")
	if got := r.take(); len(got) != 1 || !strings.Contains(got[0].body, `"action":"Deleted"`) {
		t.Errorf("deletion fired %v", got)
	}
	w.get(200, "POST /_sim/clock", `{"now":"2026-12-02T00:00:00Z"}`) // crosses a termination date
	if got := r.take(); len(got) != 1 || !strings.Contains(got[0].body, `"changedFields":["Status"]`) || !strings.Contains(got[0].body, "2026-12-01T05:00:00+0000") {
		t.Errorf("the clock fired %v", got)
	}
	w.get(200, "POST /_sim/users/1", `{"enabled":false}`)
	w.get(200, "PUT /_sim/employees/4", `{"firstName":"Ann"}`)
	if n := len(r.take()); n != 0 {
		t.Errorf("%d deliveries for a disabled owner", n)
	}
}

func TestWebhookRetries(t *testing.T) {
	r := &receiver{statuses: []int{500, 0, 503, 200}}
	w := newWorld(t, bamboosim.WithTransport(r))
	w.get(201, "POST /api/v1/webhooks", hook)
	w.get(200, "PUT /_sim/employees/4", `{"firstName":"Anna"}`)
	for _, step := range []struct {
		now  string
		want int
	}{{"12:04:59", 0}, {"12:05:00", 1}, {"12:14:59", 0}, {"12:15:00", 1}, {"12:35:00", 1}, {"23:00:00", 0}} {
		r.take()
		w.get(200, "POST /_sim/clock", `{"now":"2026-11-21T`+step.now+`Z"}`)
		if n := len(r.take()); n != step.want {
			t.Errorf("%s: %d tries, want %d", step.now, n, step.want)
		}
	}
	var log []struct{ LastAttempted, StatusCode string }
	if err := json.Unmarshal([]byte(w.get(200, "GET /api/v1/webhooks/1/log", "")), &log); err != nil {
		t.Fatal(err)
	}
	if len(log) != 4 || log[3].StatusCode != "200" || log[1].StatusCode != "0" || log[3].LastAttempted != "2026-11-21 12:35:00" {
		t.Errorf("log %+v", log)
	}
	// Six tries in all; a 4xx is never tried again.
	r.statuses = []int{500}
	w.get(200, "PUT /_sim/employees/4", `{"firstName":"Ann"}`)
	w.get(200, "POST /_sim/clock", `{"now":"2026-11-25T00:00:00Z"}`)
	if n := len(r.take()); n != 6 {
		t.Errorf("%d tries, want 6", n)
	}
	r.statuses = []int{410}
	w.get(200, "PUT /_sim/employees/4", `{"firstName":"Anna"}`)
	w.get(200, "POST /_sim/clock", `{"now":"2026-11-26T00:00:00Z"}`)
	if n := len(r.take()); n != 1 {
		t.Errorf("%d tries after 410, want 1", n)
	}
}

func TestWebhookEventsAndForms(t *testing.T) {
	r := &receiver{statuses: []int{200}}
	w := newWorld(t, bamboosim.WithTransport(r))
	w.get(201, "POST /api/v1/webhooks", `{"name":"e","url":"http://127.0.0.1:1/x","format":"json","events":["employee.updated"],"monitorFields":["jobTitle"]}`)
	w.get(201, "POST /api/v1/webhooks", `{"name":"f","url":"https://x.test","format":"form-encoded","events":["employee_with_fields.updated"],"monitorFields":["jobTitle"],"postFields":{"lastName":"Last"}}`)
	w.get(200, "POST /api/v1/employees/4", `{"jobTitle":"Seller"}`)
	w.sim.Wait()
	got := r.take()
	if len(got) != 2 {
		t.Fatalf("%d deliveries", len(got))
	}
	same(t, "event", got[0].body, `{"type":"employee.updated","timestamp":"2026-11-21T12:00:00+0000","data":{"companyId":"100001","employeeId":"4","changedFields":["jobTitle"]}}`)
	form, err := url.ParseQuery(got[1].body)
	if err != nil || form.Get("employees[4][Last]") != "Lee" || form.Get("employees[4][changedFields][0]") != "Job Title" {
		t.Errorf("form %v %v", form, err)
	}
}

func TestWebhookRules(t *testing.T) {
	w := newWorld(t)
	for body, want := range map[string]string{
		`{"name":"x","format":"json","url":"http://evil.test","monitorFields":["firstName"]}`:                                                            "https://",
		`{"name":"x","url":"https://x.test","monitorFields":["firstName"]}`:                                                                              "format",
		`{"name":"x","format":"json","url":"https://x.test"}`:                                                                                            "monitorFields is required",
		`{"name":"x","format":"json","url":"https://x.test","events":["employee.updated","employee_with_fields.created"],"monitorFields":["firstName"]}`: "mixed",
		`{"name":"x","format":"json","url":"https://x.test","events":["employee.hired"]}`:                                                                "unknown event",
		`{`: "malformed",
	} {
		if got := w.get(400, "POST /api/v1/webhooks", body); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
	rec := w.ask(narrowKey, "POST /api/v1/webhooks", `{"name":"x","format":"json","url":"https://x.test","monitorFields":["status","nope"],"postFields":{"gender":"G"}}`)
	same(t, "403", rec.Body.String(), `{"errors":[{"error":"Permission denied to the following fields","monitorFields":[{"id":387,"name":"status"}],"postFields":[{"id":154,"name":"gender"}],"unknownFields":[{"id":null,"name":"nope"}]}]}`)
	w.get(201, "POST /api/v1/webhooks", hook)
	if got := w.get(200, "GET /api/v1/webhooks/1", ""); strings.Contains(got, "privateKey") {
		t.Errorf("the key shows again: %s", got)
	}
	if rec := w.ask(narrowKey, "GET /api/v1/webhooks/1", ""); rec.Code != 403 {
		t.Errorf("another's webhook: %d", rec.Code)
	}
	if got := w.get(200, "PUT /api/v1/webhooks/1", strings.Replace(hook, "Roster", "Other", 1)); !strings.Contains(got, `"name":"Other"`) {
		t.Errorf("PUT %s", got)
	}
	same(t, "list", w.get(200, "GET /api/v1/webhooks", ""), `{"webhooks":[{"id":"1","name":"Other","created":"2026-11-21 12:00:00","lastSent":null,"url":"https://rollcall.test/hook"}]}`)
	same(t, "empty log", w.get(200, "GET /api/v1/webhooks/1/log", ""), `[]`)
	if got := w.get(200, "DELETE /api/v1/webhooks/1", ""); got != "Web hook has been deleted." {
		t.Errorf("DELETE %q", got)
	}
	w.get(404, "GET /api/v1/webhooks/1", "")
	if got := w.get(200, "GET /api/v1/webhooks/monitor_fields", ""); !strings.Contains(got, `{"id":"1","name":"First Name","alias":"firstName"}`) {
		t.Errorf("monitor fields %s", got)
	}
	if got := w.get(200, "GET /api/v1/webhooks/post-fields", ""); !strings.Contains(got, `"tables":[]`) {
		t.Errorf("post fields %s", got)
	}
}
