package directory

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// MaxText is the greatest length of one text value or list item, in runes (security §1.12).
const MaxText = 200

// CleanText returns s as it may be stored and shown anywhere: valid UTF-8 in NFC, trimmed, without
// controls, bidi controls or invisible characters. A line break or tab, with the spaces around it,
// becomes one space; a joiner stays only between two characters of a script that needs it (Arabic,
// Indic, emoji). stripped reports that something other than surrounding space was taken out, which
// deserves a warning (security §3 #19, #21). CleanText(CleanText(s)) equals CleanText(s).
func CleanText(s string) (text string, stripped bool) {
	if isCleanASCII(s) {
		return s, false
	}
	if !utf8.ValidString(s) {
		s, stripped = strings.ToValidUTF8(s, "\uFFFD"), true
	}
	s = norm.NFC.String(s)
	if isClean(s) {
		return s, stripped
	}
	out, removed := stripUnsafe(s)
	return norm.NFC.String(out), stripped || removed
}

// isCleanASCII and isClean are the common case: nothing to do, nothing allocated.
func isCleanASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || (s[0] != ' ' && s[len(s)-1] != ' ')
}

func isClean(s string) bool {
	for _, r := range s {
		if r != ' ' && classOf(r) != classPlain {
			return false
		}
	}
	return isTrimmed(s)
}

func isTrimmed(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	return !unicode.IsSpace(first) && !unicode.IsSpace(last)
}

// stripUnsafe works on NFC text. Spaces and joiners wait until the next kept rune shows whether they
// stay, so that the result does not depend on what stood between.
func stripUnsafe(s string) (text string, stripped bool) {
	var b strings.Builder
	b.Grow(len(s))
	var (
		last   rune // last rune written
		joiner rune // waits
		spaces []rune
		broken bool // the waiting spaces hold a line break or tab
	)
	for _, r := range s {
		switch classOf(r) {
		case classUnsafe:
			stripped = true
			continue
		case classBreak:
			broken, stripped = true, true
			continue
		case classSpace:
			spaces = append(spaces, r)
			continue
		case classJoiner:
			if joiner != 0 || !takesJoiner(last) {
				stripped = true
				continue
			}
			joiner = r
			continue
		}
		if joiner != 0 {
			if !broken && len(spaces) == 0 && takesJoiner(r) {
				b.WriteRune(joiner)
			} else {
				stripped = true
			}
			joiner = 0
		}
		switch {
		case b.Len() == 0:
		case broken:
			b.WriteByte(' ')
		default:
			for _, sp := range spaces {
				b.WriteRune(sp)
			}
		}
		spaces, broken = spaces[:0], false
		b.WriteRune(r)
		last = r
	}
	return b.String(), stripped || joiner != 0
}

type runeClass uint8

const (
	classPlain  runeClass = iota
	classSpace            // kept inside, trimmed outside
	classBreak            // becomes a space
	classJoiner           // ZWNJ and ZWJ
	classUnsafe           // dropped
)

// classOf sorts runes by what security §1.12 says of them. Beside the controls and bidi controls named
// there, the characters that show nothing at all are unsafe: with them two equal names differ.
func classOf(r rune) runeClass {
	switch {
	case r >= '!' && r <= '~':
		return classPlain
	case r == '\t', r == '\n', r == '\v', r == '\f', r == '\r', r == 0x85, r == 0x2028, r == 0x2029:
		return classBreak
	case r == 0x200C, r == 0x200D:
		return classJoiner
	case unicode.IsSpace(r):
		return classSpace
	case r < 0xA0, // C0, DEL, C1
		r == 0xAD, r == 0x34F, r == 0x61C, r == 0x180E,
		r == 0x200B, r == 0x200E, r == 0x200F,
		0x202A <= r && r <= 0x202E,
		0x2060 <= r && r <= 0x206F,
		r == 0xFEFF, 0xFFF9 <= r && r <= 0xFFFB,
		r&0xFFFE == 0xFFFE, // not characters
		0xFDD0 <= r && r <= 0xFDEF,
		0xE0000 <= r && r <= 0xE0FFF: // tags
		return classUnsafe
	}
	return classPlain
}

// takesJoiner reports runes beside which a joiner changes what one sees; in Latin, Greek and Cyrillic
// it is only a way to make two equal names differ.
func takesJoiner(r rune) bool {
	return r >= 0x80 && !unicode.IsSpace(r) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic)
}
