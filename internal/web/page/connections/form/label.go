package form

import (
	"strings"
	"unicode"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/words"
)

// Label names a directory field, or another part of the settings, on screen.
func Label(target string) string {
	switch target {
	case "match":
		return "Matching"
	case "leaving":
		return "Leaving signals"
	}
	return words.Field(directory.Field(target))
}

// Words splits an alias as people would write it: hireDate is Hire date.
func Words(alias string) string {
	var b strings.Builder
	for i, c := range alias {
		switch {
		case i == 0:
			b.WriteRune(unicode.ToUpper(c))
		case unicode.IsUpper(c):
			b.WriteRune(' ')
			b.WriteRune(unicode.ToLower(c))
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}
