package account

import (
	_ "embed"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/rollcall-hr/rollcall/directory"
)

const (
	minPassword = 12 // characters; length is worth more than odd signs
	maxPassword = 128
	// ownPart is how much of a password has to remain without what everybody knows of its person.
	ownPart = 6
)

// common are passwords of the needed length that everybody tries first.
//
//go:embed common.txt
var common string

// CheckPassword says what is wrong with a new password, as *InputError on field "password".
func CheckPassword(password, email, name string) error {
	bad := func(format string, a ...any) error { return &InputError{"password", fmt.Sprintf(format, a...)} }
	password = norm.NFC.String(password)
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password), strings.ContainsFunc(password, unicode.IsControl):
		return bad("use letters, digits, spaces and signs only")
	case n < minPassword:
		return bad("use at least %d characters; a few words are easy to remember", minPassword)
	case n > maxPassword:
		return bad("use at most %d characters", maxPassword)
	}
	folded := strings.ToLower(password)
	if slices.Contains(strings.Fields(common), strings.Join(strings.Fields(folded), "")) || distinct(folded) < 5 {
		return bad("this password is one of the first that anybody would try; use a few words that do not belong together")
	}
	if utf8.RuneCountInString(withoutKnown(folded, email, name)) < ownPart {
		return bad("do not build it from your name, your e-mail address or “rollcall”; use a few words that do not belong together")
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// withoutKnown takes out of a password what everybody knows: the address, its parts, the names, the
// product, and signs and digits between them.
func withoutKnown(folded, email, name string) string {
	apart := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }
	email, name = strings.ToLower(norm.NFC.String(email)), strings.ToLower(norm.NFC.String(name))
	known := append([]string{email, "rollcall"}, strings.FieldsFunc(email+" "+name, apart)...)
	slices.SortFunc(known, func(a, b string) int { return len(b) - len(a) })
	rest, found := folded, false
	for _, k := range known {
		if utf8.RuneCountInString(k) >= 3 && strings.Contains(rest, k) {
			rest, found = strings.ReplaceAll(rest, k, ""), true
		}
	}
	if !found {
		return folded
	}
	return strings.TrimFunc(rest, func(r rune) bool { return apart(r) || unicode.IsNumber(r) })
}

// checkEmail gives an address as it is stored, or *InputError on field "email".
func checkEmail(email string) (string, error) {
	email, _ = directory.CleanText(email)
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || utf8.RuneCountInString(email) > directory.MaxText {
		return "", &InputError{"email", fmt.Sprintf("%q is no e-mail address", email)}
	}
	return email, nil
}

// checkName gives a name as it is stored, or *InputError on the field.
func checkName(field, name string) (string, error) {
	name, _ = directory.CleanText(name)
	if utf8.RuneCountInString(name) > directory.MaxText {
		return "", &InputError{field, fmt.Sprintf("use at most %d characters", directory.MaxText)}
	}
	return name, nil
}
