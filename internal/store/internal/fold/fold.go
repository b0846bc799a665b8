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

// Append appends Text(s) to dst.
func Append(dst []byte, s string) []byte {
	if isASCII(s) {
		return directory.AppendNameKey(dst, s)
	}
	return append(dst, Text(s)...)
}

// Accents takes the accents off a text in compare form.
func Accents(s string) string {
	if isASCII(s) {
		return s
	}
	return strings.Map(baseLetter, s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
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
