package fault

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGlobAgreesWithRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		glob := rapid.StringOfN(rapid.SampledFrom([]rune("ab/*")), 0, 8, -1).Draw(t, "glob")
		path := rapid.StringOfN(rapid.SampledFrom([]rune("ab/")), 0, 8, -1).Draw(t, "path")
		pattern := "^" + strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, ".*") + "$"
		if got, want := globMatch(glob, path), regexp.MustCompile(pattern).MatchString(path); got != want {
			t.Fatalf("globMatch(%q, %q) = %v", glob, path, got)
		}
	})
}

func TestDropsExactShare(t *testing.T) {
	for _, percent := range []float64{0, 1, 33, 50, 99.5, 100} {
		rows := Rows{DropPercent: percent}
		gone := 0
		for rank := range 1000 {
			if rows.Drops(rank+4, rank) {
				gone++
			}
		}
		if want := int(percent * 10); gone != want {
			t.Errorf("%v %%: %d of 1000 gone, want %d", percent, gone, want)
		}
	}
}

func TestBodySpoilers(t *testing.T) {
	var out bytes.Buffer
	plan := Plan{TruncateAt: 5, BOM: true, ResetAfter: -1}
	w := plan.Body(&out)
	for _, piece := range []string{"ab", "cd", "ef"} {
		if n, err := w.Write([]byte(piece)); n != 2 || err != nil {
			t.Fatalf("write: %d %v", n, err)
		}
	}
	if got := out.String(); got != "\xef\xbb\xbfab" {
		t.Errorf("body %q", got)
	}
	out.Reset()
	plan = Plan{TruncateAt: -1, ResetAfter: 3}
	w = plan.Wire(t.Context(), &out, func() {})
	if _, err := w.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("cd")); err != ErrReset || out.String() != "abc" {
		t.Errorf("reset: %v after %q", err, out.String())
	}
}
