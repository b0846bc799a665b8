package planrow

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSpans(t *testing.T) {
	if got := FormatSeqs([]int64{1, 2, 3, 7, 9, 10}); got != "1-3,7,9-10" {
		t.Errorf("FormatSeqs = %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		seqs := rapid.SliceOfNDistinct(rapid.Int64Range(1, 60), 1, 40, rapid.ID[int64]).Draw(t, "seqs")
		slices.Sort(seqs)
		got, err := ParseSpans(FormatSeqs(seqs), "run")
		if err != nil {
			t.Fatal(err)
		}
		for seq := int64(0); seq < 62; seq++ {
			if _, in := slices.BinarySearch(seqs, seq); in != (got.Of(seq) == "run") {
				t.Fatalf("%q says of %d: %q", FormatSeqs(seqs), seq, got.Of(seq))
			}
		}
	})
	for _, bad := range []string{"", "x", "1-", "-1", "1,,2"} {
		if _, err := ParseSpans(bad, "run"); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
