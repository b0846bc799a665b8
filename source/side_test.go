package source

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestParseID(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[-+]?[0-9]{0,21}`), rapid.StringMatching(`922337203685477580[5-9]`), rapid.StringN(0, 3, 9))
	rapid.Check(t, func(r *rapid.T) {
		in := text.Draw(r, "id")
		want, err := strconv.ParseUint(in, 10, 63)
		got, gotErr := parseID(in)
		if err != nil {
			want = 0
		}
		if uint64(got) != want || (gotErr == nil) != (want > 0) {
			r.Fatalf("%q is %d (%v), not %d", in, got, gotErr, want)
		}
	})
}
