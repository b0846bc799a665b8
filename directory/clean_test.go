package directory_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
)

func TestCleanText(t *testing.T) {
	tests := []struct {
		name, in, want string
		stripped       bool
	}{
		{"plain", "Ann Lee", "Ann Lee", false},
		{"empty", "", "", false},
		{"only space", " \u00a0 ", "", false},
		{"trimmed without a warning", "  Ann\u00a0", "Ann", false},
		{"double space inside stays", "Ann  Lee", "Ann  Lee", false},
		{"no-break space inside stays", "Ann\u00a0Lee", "Ann\u00a0Lee", false},
		{"NUL (illegal in PostgreSQL text)", "An\x00n", "Ann", true},
		{"C0 and DEL", "A\x01n\x7fn", "Ann", true},
		{"C1", "A\u0090nn", "Ann", true},
		{"list separator", "A" + directory.ListSeparator + "B", "AB", true},
		{"CRLF becomes one space", "Ann\r\nLee", "Ann Lee", true},
		{"CRLF among spaces becomes one space", "Ann \r\n Lee", "Ann Lee", true},
		{"tab", "Ann\tLee", "Ann Lee", true},
		{"line break at the end", "Ann\n", "Ann", true},
		{"line separator", "Ann\u2028Lee", "Ann Lee", true},
		{"mail header injection", "Ann\r\nBcc: x@evil.test", "Ann Bcc: x@evil.test", true},
		{"right-to-left override", "Ann\u202eeeL", "AnneeL", true},
		{"isolates", "\u2066Ann\u2069", "Ann", true},
		{"zero-width space", "An\u200bn", "Ann", true},
		{"byte order mark", "\ufeffAnn", "Ann", true},
		{"soft hyphen", "An\u00adn", "Ann", true},
		{"tag characters", "Ann\U000e0041", "Ann", true},
		{"joiner in Latin", "An\u200dn", "Ann", true},
		{"joiner at the end", "\u0646\u200c", "\u0646", true},
		{"joiner in Persian stays", "\u0646\u06cc\u200c\u0646", "\u0646\u06cc\u200c\u0646", false},
		{"joined emoji stays", "\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c", false},
		{"NFD becomes NFC", "Jose\u0301", "Jos\u00e9", false},
		{"parts of a letter meet when a control goes", "e\u200b\u0301", "\u00e9", true},
		{"broken UTF-8", "A\xffnn", "A\ufffdnn", true},
		{"HTML is text", "<b>Ann</b>", "<b>Ann</b>", false},
		{"formula is text", "=1+1", "=1+1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, stripped := directory.CleanText(tt.in)
			if got != tt.want || stripped != tt.stripped {
				t.Errorf("CleanText(%+q) = %+q, %v; want %+q, %v", tt.in, got, stripped, tt.want, tt.stripped)
			}
		})
	}
}

// nasty draws text full of what CleanText has to deal with.
func nasty() *rapid.Generator[string] {
	special := []rune("aZ \u00a0\t\n\r\x00\x1f\u0085\u200b\u200c\u200d\u202e\u2028\ufeff\u0301\u0338<\u00e9e\u0646\U0001f469\u212b\u2000\ufb01\U000e0041")
	r := rapid.OneOf(rapid.SampledFrom(special), rapid.Rune())
	return rapid.OneOf(rapid.StringOfN(r, 0, 20, -1),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 20), func(b []byte) string { return string(b) }))
}

func TestCleanTextProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := nasty().Draw(t, "in")
		out, _ := directory.CleanText(in)
		again, stripped := directory.CleanText(out)
		if again != out || stripped {
			t.Fatalf("not idempotent: %+q, then %+q (stripped %v)", out, again, stripped)
		}
		if !utf8.ValidString(out) || !norm.NFC.IsNormalString(out) || out != strings.TrimSpace(out) {
			t.Fatalf("%+q is not trimmed NFC", out)
		}
		for _, r := range out {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == 0xfeff {
				t.Fatalf("%+q still holds %U", out, r)
			}
		}
	})
}

// Two spellings of one name in Unicode are one value, or every run would find a change.
func TestCleanTextNFDEqualsNFC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ToValidUTF8(nasty().Draw(t, "s"), "")
		nfc, _ := directory.CleanText(norm.NFC.String(s))
		nfd, _ := directory.CleanText(norm.NFD.String(s))
		if nfc != nfd {
			t.Fatalf("NFC %+q, NFD %+q", nfc, nfd)
		}
	})
}
