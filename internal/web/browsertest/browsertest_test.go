package browsertest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The kit finds what it is there to find, so that a clean page means something.
func TestFindsFaults(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path != "/bad" {
			_, _ = w.Write([]byte(`<!DOCTYPE html><html lang="en"><title>Good</title><main><h1>Good</h1><p>All is well.</p></main></html>`))
			return
		}
		_, _ = w.Write([]byte(`<!DOCTYPE html><html lang="en"><title>Bad</title><main><h1>Bad</h1><img src="data:,"><div style="width:3000px">wide</div><script>console.error("boom")</script></main></html>`))
	}))
	defer server.Close()
	tab := Start(t).Open(t, server.URL)
	tab.Go("/")
	tab.Sound()
	tab.Go("/bad")
	if got := strings.Join(tab.Faults(), "\n"); !strings.Contains(got, "boom") {
		t.Errorf("the console's error was missed: %q", got)
	}
	if got := strings.Join(tab.violations(), "\n"); !strings.Contains(got, "image-alt") {
		t.Errorf("the picture without a text was missed: %q", got)
	}
	if got := tab.widest(); !strings.Contains(got, "3000px") {
		t.Errorf("what sticks out was missed: %q", got)
	}
}
