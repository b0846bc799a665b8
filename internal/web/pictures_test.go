//go:build pictures

package web_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/internal/web/browsertest"
)

// TestPictures takes the pictures that README and docs show (make pictures), of an invented company on an ordinary day:
// after a first sync somebody is promoted, somebody moves, somebody leaves, somebody joins.
func TestPictures(t *testing.T) {
	dir := os.Getenv("ROLLCALL_PICTURES")
	s := newSite(t, openStore(t), "acme", 250)
	s.clock.set(today().Add(-28*time.Hour), 23*time.Millisecond)
	id, planID := s.connect()
	s.clock.set(today().Add(-27*time.Hour), 31*time.Millisecond)
	s.apply(id, planID)
	s.clock.set(today().Add(-3*time.Hour), 41*time.Millisecond)
	for path, body := range map[string]string{
		"/employees/12":           `{"jobInfo": [{"date": "2026-11-20", "jobTitle": "Team Lead", "department": "Engineering", "location": "Utrecht", "reportsTo": "5"}]}`,
		"/employees/23":           `{"workEmail": "petra.lindqvist@acme.test", "lastName": "Lindqvist"}`,
		"/employees/31":           `{"workPhone": "+31 30 555 0199"}`,
		"/employees/44":           `{"jobInfo": [{"date": "2026-11-20", "jobTitle": "Recruiter", "department": "Human Resources", "location": "Berlin", "reportsTo": "6"}]}`,
		"/employees/58/terminate": `{"date": "2026-11-19"}`,
		"/employees/901":          `{"employeeNumber": "901", "firstName": "Noor", "lastName": "van Dijk", "workEmail": "noor.vandijk@acme.test", "status": "Active", "hireDate": "2026-11-16", "jobInfo": [{"date": "2026-11-16", "jobTitle": "Designer", "department": "Design", "location": "Utrecht", "reportsTo": "5"}]}`,
	} {
		method := http.MethodPut
		if strings.HasSuffix(path, "/terminate") {
			method = http.MethodPost
		}
		r, err := http.NewRequestWithContext(t.Context(), method, s.sim.URL+"/_sim"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode >= 300 {
			t.Fatalf("%s: %s", path, res.Status)
		}
	}
	planID = s.preview(id)
	person, err := s.store.PersonBySource(t.Context(), id, "12")
	if err != nil {
		t.Fatal(err)
	}
	s.clock.set(today(), 0)
	tab := browsertest.Start(t).Open(t, s.url)
	signIn(tab, "owner@acme.test")
	tab.WaitPath("/connections")
	tab.Size(1280, 1000)
	for _, p := range []struct{ name, path string }{
		{"preview", "/plans/" + planID}, {"mapping", "/connections/" + id + "/mapping"}, {"history", "/history"}, {"person", "/people/" + person.ID},
	} {
		tab.Go(p.path)
		switch p.name {
		case "preview":
			tab.Click("#rows details:has(.k-update) summary")
		case "mapping":
			tab.Wait(".examples")
		}
		tab.Picture(filepath.Join(dir, fmt.Sprintf("%s.png", p.name)))
	}
}
