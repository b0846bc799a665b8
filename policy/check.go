package policy

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxLabel = 63 // bytes of a DNS label
	maxAlias = 100
)

// Patterns are compiled when they are first needed: every command begins with reading its configuration.
var (
	baseURL = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/\-]*)?$|^https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?(/[A-Za-z0-9._~/\-]*)?$`)
	})
	mailAddress = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^\s@<>()\[\],;:"\\]+@[^\s@<>()\[\],;:"\\/]+$`) })
)

const (
	digits  = "0123456789"
	small   = "abcdefghijklmnopqrstuvwxyz"
	capital = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters = small + capital
)

// consists tells that a text is not empty and has no other signs.
func consists(text, of string) bool { return text != "" && strings.Trim(text, of) == "" }

// isWord tells that a text has letters, digits and _ only, and begins with one of first.
func isWord(text, first string) bool {
	return consists(text, letters+digits+"_") && strings.IndexByte(first, text[0]) >= 0
}

func isBambooKey(text string) bool { return len(text) == 40 && consists(text, digits+"abcdefABCDEF") }

func isCurrency(code string) bool { return len(code) == 3 && consists(code, capital) }

func isSubdomain(label string) bool {
	return len(label) <= maxLabel && consists(label, small+digits+"-") && strings.Trim(label, "-") == label
}

const bambooDomain = ".bamboohr.com"

// ParseSubdomain reads what people paste (acme, acme.bamboohr.com, https://acme.bamboohr.com/home)
// and returns the one label that names the company; anything that could lead to another host is
// refused (bamboohr-api §1.1, security §1 #2, promises AY5, BW14, SI9).
func ParseSubdomain(text string) (string, error) {
	host := strings.ToLower(strings.TrimSpace(text))
	for _, scheme := range []string{"https://", "http://"} {
		host = strings.TrimPrefix(host, scheme)
	}
	if cut := strings.IndexAny(host, "/?#"); cut >= 0 {
		host = host[:cut]
	}
	label := strings.TrimSuffix(host, bambooDomain)
	if strings.Contains(host, "@") {
		return "", errors.New("the sub-domain contains an @; write the part before .bamboohr.com, e.g. acme")
	}
	if isBambooKey(label) {
		return "", errors.New("this looks like the API key; write the part before .bamboohr.com, e.g. acme")
	}
	if !isSubdomain(label) {
		return "", fmt.Errorf("%q is not a BambooHR sub-domain; write the part before .bamboohr.com, e.g. acme", text)
	}
	if label == "api" || label == "www" || label == "app" {
		return "", fmt.Errorf("%q is BambooHR's own address, not a company's; write the part before .bamboohr.com that you see when signed in, e.g. acme", text)
	}
	return label, nil
}

func checkName(text string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", errors.New("the name is empty; write one, or remove the key to use the sub-domain")
	case len(text) > 200 || strings.ContainsFunc(text, unicode.IsControl):
		return "", errors.New("the name is too long or has control characters; use at most 200 bytes of plain text")
	}
	return text, nil
}

// checkEnvName never repeats its argument: people paste the key itself here.
func checkEnvName(text string) (string, error) {
	if isBambooKey(text) {
		return "", errors.New("this looks like the API key itself; put the key into an environment variable, and that variable's name here")
	}
	if !isWord(text, letters+"_") {
		return "", errors.New("this is not the name of an environment variable; write one such as BAMBOOHR_API_KEY")
	}
	return text, nil
}

func checkBaseURL(text string) (string, error) {
	if !baseURL().MatchString(text) {
		return "", errors.New("this is not a base URL; write http(s)://host:port, without sign-in, query or fragment")
	}
	return strings.TrimRight(text, "/"), nil
}

// checkZone refuses "" and Local, which mean another zone on another machine.
func checkZone(text string) (string, error) {
	if _, err := time.LoadLocation(text); err != nil || text == "" || text == "Local" {
		return "", fmt.Errorf("%q is not an IANA time zone; write one such as America/Los_Angeles", text)
	}
	return text, nil
}

func checkAddress(text string) (string, error) {
	text = strings.TrimSpace(text)
	// Lengths are checked apart: counted repeats would make the pattern costly for every start of the program.
	name, domain, _ := strings.Cut(text, "@")
	if !mailAddress().MatchString(text) || utf8.RuneCountInString(name) > 64 || utf8.RuneCountInString(domain) > 189 ||
		strings.ContainsFunc(text, unicode.IsControl) {
		return "", fmt.Errorf("%q is not an e-mail address; write one such as it@acme.test", text)
	}
	return text, nil
}

func checkHost(text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.ContainsAny(text, "/@ \t\r\n") {
		return "", fmt.Errorf("%q is not a host; write a name or an address, without port", text)
	}
	return text, nil
}

func checkCurrency(text string) (string, error) {
	code := strings.ToUpper(strings.TrimSpace(text))
	if !isCurrency(code) {
		return "", fmt.Errorf("%q is not a currency; write its three-letter ISO 4217 code such as EUR", text)
	}
	return code, nil
}

func checkSplit(text string) (string, error) {
	if text == "" || len(text) > 10 {
		return "", errors.New("the separator has no or too many characters; write one such as \",\"")
	}
	return text, nil
}

// checkSource refuses what BambooHR would silently drop, as far as one can know it without asking.
func checkSource(text string) (string, error) {
	if name, ok := SourceField(text).Name(); ok {
		if strings.TrimSpace(name) == "" {
			return "", errors.New("name: is followed by no name; write the field's name as BambooHR shows it, e.g. \"name:Shirt size\"")
		}
		return text, nil
	}
	if t, ok := FindTarget(text); ok && strings.Contains(text, "_") {
		return "", fmt.Errorf("%s is Rollcall's name; BambooHR calls the field %s", text, t.Alias)
	}
	if text == "employmentStatus" {
		return "", errors.New("employmentStatus is BambooHR's old word for the account status; use status, or employmentHistoryStatus for the employment status")
	}
	if len(text) > maxAlias || !isWord(text, letters) {
		return "", fmt.Errorf("%q is not a BambooHR field; write its alias such as workEmail, or \"name:…\" with the name BambooHR shows", text)
	}
	return text, nil
}

func checkStatus(text string) (string, error) {
	if text = strings.TrimSpace(text); text == "" {
		return "", errors.New("an empty status is not a status; use no_status for people without one")
	}
	return text, nil
}
