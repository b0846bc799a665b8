package plan

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// packDate must take what time.Parse takes and nothing else.
func TestPackDate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.StringMatching(`[0-9]{4}-[01][0-9]-[0-3][0-9]`), rapid.StringMatching(`[0-9-]{8,11}`),
			rapid.SampledFrom([]string{"", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "0000-01-01", "2024-4-1", "2024-04-31", "２０２４-1"})).Draw(t, "date")
		var want int32
		if at, err := time.Parse(time.DateOnly, s); err == nil {
			y, m, d := at.Date()
			want = int32(y*10000 + int(m)*100 + d)
		}
		if got := packDate(s); got != want {
			t.Fatalf("packDate(%q) = %d, want %d", s, got, want)
		}
	})
}
