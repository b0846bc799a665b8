package mapping

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDigits is the greatest number of digits before the decimal mark.
const maxDigits = 15

// number gives the canonical decimal, e.g. "-1500.5". A point alone is a decimal point, as BambooHR
// writes numbers; see decimal for the rest.
func number(s string) (string, string) {
	d, fault := parseDecimal(s, true)
	if fault != "" {
		return "", fault
	}
	text := d.whole
	if d.frac != "" {
		text += "." + d.frac
	}
	if d.negative && text != "0" {
		text = "-" + text
	}
	return text, ""
}

// money gives the canonical amount, e.g. "500.00 EUR". The currency may stand before or after the
// amount, as code or sign, and must be the one of the settings (promise AL20). A currency without an
// amount is blank: it is how BambooHR writes an empty pay rate (bamboohr-api §3.3).
func money(s, currency string) (string, string) {
	first := strings.IndexFunc(s, isDigit)
	if first < 0 {
		if fits(s, currency) || isCode(s) {
			return "", ""
		}
		return "", quote(s) + " is not an amount"
	}
	start := first
	if first > 0 && strings.ContainsRune("-+.,", rune(s[first-1])) {
		start = first - 1
	}
	end := strings.LastIndexFunc(s, isDigit) + 1
	after := strings.TrimSpace(s[end:])
	after = strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(after, ",-"), ".-"), "."))
	for _, sign := range []string{strings.TrimSpace(s[:start]), after} {
		if sign != "" && !fits(sign, currency) {
			return "", fmt.Sprintf("%s is not an amount in %s, the currency of the settings", quote(s), currency)
		}
	}
	d, fault := parseDecimal(s[start:end], false)
	switch {
	case fault != "":
		return "", fault
	case d.negative:
		return "", quote(s) + " is below zero"
	case len(d.frac) > 2:
		return "", quote(s) + " has more than two decimals"
	}
	return d.whole + "." + (d.frac + "00")[:2] + " " + currency, ""
}

// fits reports whether a code or sign beside an amount can mean the currency.
func fits(sign, currency string) bool {
	switch sign {
	case "€":
		return currency == "EUR"
	case "£":
		return currency == "GBP"
	case "¥":
		return currency == "JPY" || currency == "CNY"
	case "$":
		return slices.Contains([]string{"USD", "AUD", "CAD", "HKD", "MXN", "NZD", "SGD"}, currency)
	}
	return strings.EqualFold(sign, currency)
}

func isCode(s string) bool {
	return len(s) == 3 && !strings.ContainsFunc(s, func(r rune) bool { return r < 'A' || r > 'Z' })
}

// decimal is a number taken apart: whole without leading zeros but never empty, frac without trailing
// zeros.
type decimal struct {
	negative    bool
	whole, frac string
}

// separator is a mark between digits.
type separator struct {
	mark rune
	at   int // digits before it
}

// parseDecimal reads a number as people in any country type it, or says that it cannot tell:
//
//   - spaces and apostrophes group thousands;
//   - where point and comma both stand, the last of them is the decimal mark, the other groups;
//   - a mark that stands more than once groups;
//   - a single point or comma is the decimal mark, unless exactly three digits follow and one to three
//     that are not just zero precede: "1,500" and "1.500" mean different amounts in different
//     countries, and are refused. With pointIsDecimal a single point always is the decimal mark.
//
// Groups have three digits each, the first one to three.
func parseDecimal(s string, pointIsDecimal bool) (decimal, string) {
	var d decimal
	body := s
	switch r, n := utf8.DecodeRuneInString(s); r {
	case '-', '\u2212':
		d.negative, body = true, s[n:]
	case '+':
		body = s[n:]
	}
	digits, marks, ok := splitDigits(body)
	if !ok {
		return d, notNumber(s)
	}
	whole := len(digits)
	if len(marks) > 0 {
		last := marks[len(marks)-1]
		decimalMark, unsure := isDecimalMark(last, marks, digits, pointIsDecimal)
		if unsure {
			return d, quote(s) + " can be read as thousands or as decimals; write it without a mark for thousands and with two decimals"
		}
		if decimalMark {
			whole, marks = last.at, marks[:len(marks)-1]
		}
	}
	if !grouped(marks, whole) {
		return d, notNumber(s)
	}
	d.whole = strings.TrimLeft(digits[:whole], "0")
	d.frac = strings.TrimRight(digits[whole:], "0")
	if d.whole == "" {
		d.whole = "0"
	}
	if len(d.whole) > maxDigits || len(d.frac) > maxDigits {
		return d, quote(s) + " has too many digits"
	}
	return d, ""
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

func notNumber(s string) string { return quote(s) + " is not a number" }

// splitDigits takes digits and marks apart; a mark stands between two digits.
func splitDigits(s string) (digits string, marks []separator, ok bool) {
	var b strings.Builder
	between := false
	for _, r := range s {
		switch {
		case isDigit(r):
			b.WriteByte(byte(r))
			between = true
			continue
		case !between:
			return "", nil, false
		case r == '.', r == ',':
		case r == '\'', r == '\u2019':
			r = '\''
		case unicode.IsSpace(r):
			r = ' '
		default:
			return "", nil, false
		}
		marks = append(marks, separator{r, b.Len()})
		between = false
	}
	return b.String(), marks, between
}

func isDecimalMark(last separator, marks []separator, digits string, pointIsDecimal bool) (decimalMark, unsure bool) {
	if last.mark != '.' && last.mark != ',' {
		return false, false
	}
	for _, m := range marks[:len(marks)-1] {
		if m.mark == last.mark {
			return false, false
		}
	}
	if len(marks) > 1 || (last.mark == '.' && pointIsDecimal) {
		return true, false
	}
	thousands := len(digits)-last.at == 3 && last.at <= 3 && strings.Trim(digits[:last.at], "0") != ""
	return !thousands, thousands
}

// grouped reports whether the marks divide the first whole digits into thousands.
func grouped(marks []separator, whole int) bool {
	for i, m := range marks {
		if m.mark != marks[0].mark || (whole-m.at)%3 != 0 || whole-m.at != 3*(len(marks)-i) {
			return false
		}
	}
	return len(marks) == 0 || marks[0].at <= 3
}
