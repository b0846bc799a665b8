//go:build profile

package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim"
)

// TestProfile is what "make profile" records: first syncs of 10,000 employees, and syncs in which nothing changed.
func TestProfile(t *testing.T) {
	for range 24 {
		o := newOffice(t, invented(t, 10_000))
		env := map[string]string{"ROLLCALL_DATA": o.data, "BAMBOOHR_API_KEY": bamboosim.DefaultKey, "ROLLCALL_CONFIG": filepath.Join(o.dir, "rollcall.yaml")}
		for range 2 {
			code := run(t.Context(), surroundings{args: []string{"sync", "--yes", "-o", "json"}, in: strings.NewReader(""), out: io.Discard, err: os.Stderr,
				now: time.Now, lookupEnv: func(name string) (string, bool) { v, ok := env[name]; return v, ok }})
			if code != 0 {
				t.Fatalf("sync: exit code %d", code)
			}
		}
	}
}
