package fold

import (
	"testing"

	"pgregory.net/rapid"
)

func TestAppend(t *testing.T) {
	for text, want := range map[string]string{"": "", " Zoë  d'Été ": "zoe d'ete", "O'Neill-Smith\tJr": "o'neill-smith jr", "ＡＢ": "ab"} {
		if got := Text(text); got != want {
			t.Errorf("Text(%q) = %q, want %q", text, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		dst, text := rapid.String().Draw(t, "before"), rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z \t]*`)).Draw(t, "text")
		if got, want := string(Append([]byte(dst), text)), dst+Text(text); got != want {
			t.Errorf("Append(%q, %q) = %q, want %q", dst, text, got, want)
		}
	})
}
