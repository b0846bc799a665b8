package web_test

import (
	"net/http"
	"strings"
	"testing"
)

// What asks whether the server lives gets an answer that no browser takes for a page, and that nobody keeps.
func TestHealthAnswers(t *testing.T) {
	s := newSite(t, openStore(t), "acme", 20)
	for _, path := range []string{"/healthz", "/readyz"} {
		res, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Type": "text/plain; charset=utf-8",
			"Referrer-Policy": "same-origin"} {
			if got := res.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if csp := res.Header.Get("Content-Security-Policy"); res.StatusCode != http.StatusOK || !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "self") {
			t.Errorf("%s: %d, policy %q", path, res.StatusCode, csp)
		}
	}
}
