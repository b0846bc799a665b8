// Package fold makes the form of a text in which it is searched. What is searched is left to its callers.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-hr/rollcall/directory"
)

// Text is the compare form of names (promise BW13), without accents.
func Text(s string) string { return Accents(directory.NameKey(s)) }

// Accents takes the accents off a text in compare form.
func Accents(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return strings.Map(baseLetter, s)
		}
	}
	return s
}

// baseLetter returns a letter without its accents, and -1 for an accent that stands alone.
func baseLetter(r rune) rune {
	if r < 0x80 {
		return r
	}
	if d := norm.NFD.PropertiesString(string(r)).Decomposition(); len(d) > 0 {
		r, _ = utf8.DecodeRune(d)
	}
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}
