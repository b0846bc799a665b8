package mapping

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// converter turns a set source value into canonical text, "" when nothing is left of it. fault says
// why a value cannot be used; stripped that characters were taken out.
type converter func(raw string) (text string, stripped bool, fault string)

// maxItems is the greatest number of items of a list.
const maxItems = 200

func converterFor(r policy.FieldRule) converter {
	switch r.Kind() {
	case policy.KindEmail:
		return checked(emailFault)
	case policy.KindDate:
		if r.Target == string(directory.Birthday) {
			return normalised(birthday)
		}
		return normalised(fullDate)
	case policy.KindBoolean:
		return booleans()
	case policy.KindNumber:
		return normalised(number)
	case policy.KindMoney:
		return normalised(func(s string) (string, string) { return money(s, r.Currency) })
	case policy.KindList:
		return lists(r.Split)
	default:
		return checked(tooLong)
	}
}

// checked keeps the cleaned text when it passes a check.
func checked(check func(string) string) converter {
	return func(raw string) (string, bool, string) {
		text, stripped := directory.CleanText(raw)
		if fault := check(text); fault != "" {
			return "", stripped, fault
		}
		return text, stripped, ""
	}
}

// normalised brings the cleaned text into another form.
func normalised(form func(string) (text, fault string)) converter {
	return func(raw string) (string, bool, string) {
		text, stripped := directory.CleanText(raw)
		if text == "" {
			return "", stripped, ""
		}
		text, fault := form(text)
		return text, stripped, fault
	}
}

// booleans uses the words of the scope operator is_true, so that a field means the same in a mapping
// and in a rule; everything else is no (bamboohr-api §3.6).
func booleans() converter {
	isTrue, err := policy.Rule{Field: "field", Op: policy.OpIsTrue, Values: []string{"true"}}.Predicate()
	return normalised(func(s string) (string, string) {
		if err != nil {
			return "", err.Error()
		}
		yes, _ := isTrue(s)
		return strconv.FormatBool(yes), ""
	})
}

// lists splits, cleans every item and drops blank items and repetitions (compared by NameKey); the
// order of the source stays (promise AY16).
func lists(separator string) converter {
	if separator == "" {
		separator = ","
	}
	return func(raw string) (text string, stripped bool, fault string) {
		items, keys := make([]string, 0, 8), make([]string, 0, 8)
		for more := true; more; {
			var part string
			part, raw, more = strings.Cut(raw, separator)
			item, removed := directory.CleanText(part)
			stripped = stripped || removed
			key := directory.NameKey(item)
			if key == "" || slices.Contains(keys, key) {
				continue
			}
			if fault := tooLong(item); fault != "" {
				return "", stripped, fault
			}
			if len(items) == maxItems {
				return "", stripped, fmt.Sprintf("a list of more than %d items, the most that can be kept", maxItems)
			}
			items, keys = append(items, item), append(keys, key)
		}
		return directory.JoinList(items), stripped, ""
	}
}

func tooLong(s string) string {
	if len(s) <= directory.MaxText {
		return ""
	}
	if n := utf8.RuneCountInString(s); n > directory.MaxText {
		return fmt.Sprintf("%s is %d characters long; at most %d can be kept", quote(s), n, directory.MaxText)
	}
	return ""
}

// The greatest lengths of an address and of its part before the @, in bytes (RFC 5321 §4.5.3.1).
const (
	maxAddress = 254
	maxLocal   = 64
)

// emailFault says why s cannot be used as an address: an account that signs in with it must be able to
// get mail, and it must never be read as two addresses or as a header. "" for a usable or blank one.
func emailFault(s string) string {
	if s == "" {
		return ""
	}
	local, host, _ := strings.Cut(s, "@")
	switch {
	case strings.Count(s, "@") != 1 || local == "" || host == "":
		return quote(s) + " is not an e-mail address"
	case len(s) > maxAddress || len(local) > maxLocal:
		return quote(s) + " is too long for an e-mail address"
	case badAddress(s):
		return quote(s) + " holds characters that an e-mail address cannot have"
	case strings.Trim(local, ".") != local || strings.Trim(host, ".-") != host || strings.Contains(s, ".."):
		return quote(s) + " has a dot or hyphen where an e-mail address cannot have one"
	}
	return ""
}

func badAddress(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= utf8.RuneSelf:
			return strings.ContainsAny(s, badSigns) || strings.ContainsFunc(s, badRune)
		case badASCII[c]:
			return true
		}
	}
	return false
}

const badSigns = `<>()[],;:\"`

// badASCII tells the characters that an address cannot have: badSigns, controls and spaces.
var badASCII = func() (bad [utf8.RuneSelf]bool) {
	for c := range bad {
		bad[c] = c <= ' ' || c == 0x7f || strings.IndexByte(badSigns, byte(c)) >= 0
	}
	return bad
}()

func badRune(r rune) bool {
	return r <= ' ' || r == 0x7f || !unicode.IsGraphic(r) || unicode.IsSpace(r)
}

// quote shows a value in a note, shortened.
func quote(s string) string {
	const most = 40
	n := 0
	for i := range s {
		if n++; n > most {
			return strconv.Quote(s[:i] + "…")
		}
	}
	return strconv.Quote(s)
}
