package source

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func listPage(total int, rows ...string) string {
	return fmt.Sprintf(`{"data":[%s],"meta":{"total":%d,"page":{"limit":2500,"nextCursor":null,"prevCursor":null}},"_links":{}}`, strings.Join(rows, ","), total)
}

// TestStatusReadable: only a column that is answered, empty and not restricted is really blank (product,
// "No status").
func TestStatusReadable(t *testing.T) {
	s := two()
	s.answers["GET /v1/employees"] = fixed(listPage(6,
		`{"employeeId":"4","employmentStatusName":null,"_restrictedFields":[]}`,
		`{"employeeId":"5","employmentStatusName":null,"_restrictedFields":["employmentStatusName"]}`,
		`{"employeeId":"6","_restrictedFields":[]}`,
		`{"employeeId":"7","employmentStatusName":"Full-Time","_restrictedFields":[]}`,
		`{"employeeId":"99","employmentStatusName":null,"_restrictedFields":[]}`))
	got, err := open(t, s, nil).StatusReadable(t.Context(), []int64{4, 5, 6, 7, 8})
	want := map[int64]bool{4: true, 5: false, 6: false, 7: false}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestStatusReadableChunks(t *testing.T) {
	s := two()
	var sizes []int
	s.answers["GET /v1/employees"] = func(r *http.Request, _ map[string]any) reply {
		sizes = append(sizes, len(strings.Split(r.URL.Query().Get("filter[ids]"), ",")))
		return reply{body: listPage(0)}
	}
	ids := make([]int64, 250)
	for i := range ids {
		ids[i] = int64(i + 1)
	}
	b := open(t, s, nil)
	got, err := b.StatusReadable(t.Context(), ids)
	if diff := cmp.Diff([]int{100, 100, 50}, sizes); diff != "" || err != nil || len(got) != 0 {
		t.Errorf("%v, %v (-want +got):\n%s", err, got, diff)
	}
	s.answers["GET /v1/employees"] = refuse(403, "")
	if _, err := b.StatusReadable(t.Context(), ids); err == nil || !strings.Contains(err.Error(), "250 employees of acme") {
		t.Errorf("got %v, want an error", err)
	}
}

func TestDeleted(t *testing.T) {
	s := two()
	var since, kind string
	s.answers["GET /v1/employees/changed"] = func(r *http.Request, _ map[string]any) reply {
		since, kind = r.URL.Query().Get("since"), r.URL.Query().Get("type")
		return reply{body: `{"latest":"2026-11-21T12:00:00+00:00","employees":{
			"4":{"id":"4","action":"Deleted","lastChanged":"2026-11-21T11:00:00+00:00"},
			"5":{"id":"5","action":"Updated"},"6":{"id":"6","action":"Deleted"}}}`}
	}
	b := open(t, s, nil)
	got, err := b.Deleted(t.Context(), noon(), []int64{4, 5, 7})
	if diff := cmp.Diff(map[int64]bool{4: true}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if since != "2026-11-21T12:00:00Z" || kind != "deleted" {
		t.Errorf("asked for %q since %q", kind, since)
	}
	before := len(s.calls)
	if got, err := b.Deleted(t.Context(), noon(), nil); len(got) != 0 || err != nil || len(s.calls) != before {
		t.Errorf("nobody to ask about: %v, %v", got, err)
	}
}
