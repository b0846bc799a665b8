package form

import (
	"strings"
	"unicode"

	"github.com/rollcall-hr/rollcall/policy"
)

// Label names a directory field on screen, as the pages of people and runs do.
func Label(target string) string {
	if own, ok := strings.CutPrefix(target, policy.BudgetPrefix); ok {
		target = "budget " + own
	}
	target = strings.TrimPrefix(target, policy.CustomPrefix)
	switch target {
	case "employee_id":
		return "Employee number"
	case "email":
		return "E-mail"
	case "match":
		return "Matching"
	case "leaving":
		return "Leaving signals"
	}
	text := strings.ReplaceAll(target, "_", " ")
	return strings.ToUpper(text[:min(1, len(text))]) + text[min(1, len(text)):]
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
