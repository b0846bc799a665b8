package plan

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Every text comes back as it was, whatever its length and whatever came after it.
func TestTexts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var kept texts
		var at []text
		var want []string
		for _, n := range rapid.SliceOf(rapid.SampledFrom([]int{0, 1, 30, 127, 128, 40_000, textBlock - 1, textBlock, textBlock + 1, 200_000})).Draw(t, "lengths") {
			s := strings.Repeat(string(rune('a'+len(want)%26)), n)
			at, want = append(at, kept.add(s)), append(want, s)
			if at[len(at)-1].blank() != (n == 0) {
				t.Fatalf("blank() of %d bytes", n)
			}
		}
		for i, s := range want {
			if got := kept.get(at[i]); got != s {
				t.Fatalf("text %d: %d bytes, want %d", i, len(got), len(s))
			}
		}
	})
}
