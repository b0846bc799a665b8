package directory

import (
	"crypto/sha256"
	"encoding/base32"
	"hash"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Key names a record a change touches or depends on: "person:ID", "department:NAMEKEY" or
// "team:NAMEKEY".
type Key string

// PersonKey names a person.
func PersonKey(id string) Key { return Key("person:" + id) }

// GroupKey names a department or team by its normalised name.
func GroupKey(kind GroupKind, name string) Key { return Key(string(kind) + ":" + NameKey(name)) }

// PersonID derives the id of the person created for an employee, so that an apply repeated after a
// crash creates nobody twice and a manager can be named before it exists. Ids of one connection sort as
// the employees' numbers do (the first digit is the number's length), which keeps a first load's
// indexes in the order in which they are written.
func PersonID(organisation, connection, sourceID string) string {
	return new(IDs).PersonID(organisation, connection, sourceID)
}

// GroupID derives the id of a department or team created under a name.
func GroupID(organisation string, kind GroupKind, name string) string {
	return new(IDs).derive("g_", organisation, string(kind), NameKey(name))
}

// IDs derives the ids of very many people without garbage. The zero value is ready.
type IDs struct {
	digest hash.Hash
	text   []byte
}

// PersonID is the function of that name.
func (d *IDs) PersonID(organisation, connection, sourceID string) string {
	length := strconv.FormatInt(int64(min(len(sourceID), 35)), 36)
	return d.derive("p_"+length+sourceID+"_", organisation, connection, sourceID)
}

func (d *IDs) derive(prefix string, parts ...string) string {
	if d.digest == nil {
		d.digest = sha256.New()
	}
	text := d.text[:0]
	for _, p := range parts {
		text = append(append(text, p...), 0)
	}
	d.digest.Reset()
	d.digest.Write(text)
	sum := d.digest.Sum(text[:0])
	d.text = idText.AppendEncode(append(sum, prefix...), sum[:10])
	return string(d.text[len(sum):])
}

// idText writes digests with digits and the letters a to v.
var idText = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// EmailKey is the form in which addresses are compared: trimmed, ASCII lower-case, IDNA host; no
// folding across scripts (product "Matching", security §1.12). "" for a blank address.
func EmailKey(s string) string {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	if at < 0 {
		return asciiLower(s)
	}
	host := s[at+1:]
	if isLowerASCII(s) {
		return s
	}
	if !isASCII(host) {
		if h, err := idna.Lookup.ToASCII(host); err == nil {
			host = h
		}
	}
	return asciiLower(s[:at]) + "@" + asciiLower(host)
}

// NameKey is the form in which names of departments, teams, lists and people are compared: NFKC,
// lower-case, single spaces (promise BW13).
func NameKey(s string) string {
	if isNameKey(s) {
		return s
	}
	var b [64]byte
	return string(AppendNameKey(b[:0], s))
}

// AppendNameKey appends NameKey(s) to dst.
func AppendNameKey(dst []byte, s string) []byte {
	if !isASCII(s) {
		return append(dst, foldSpaces(strings.ToLower(norm.NFKC.String(s)))...)
	}
	start := len(dst)
	for i := range len(s) {
		switch c := s[i]; {
		case c == ' ' || '\t' <= c && c <= '\r':
			if n := len(dst); n > start && dst[n-1] != ' ' {
				dst = append(dst, ' ')
			}
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		default:
			dst = append(dst, c)
		}
	}
	if n := len(dst); n > start && dst[n-1] == ' ' {
		dst = dst[:n-1]
	}
	return dst
}

// isNameKey tells of the plainest names that they are their own NameKey: ASCII without capitals and space.
func isNameKey(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || 'A' <= c && c <= 'Z' || c >= 0x80 {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// isLowerASCII reports ASCII without capitals.
func isLowerASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

func asciiLower(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'A' <= c && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

func foldSpaces(s string) string {
	clean := true
	for i, r := range s {
		if unicode.IsSpace(r) && (r != ' ' || i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			clean = false
			break
		}
	}
	if clean {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}
