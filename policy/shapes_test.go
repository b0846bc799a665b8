package policy

import (
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// What the checks by hand accept is what these patterns say; compiling them would cost every command more than
// it is worth.
func TestShapesAreThoseOfPatterns(t *testing.T) {
	shapes := []struct {
		pattern string
		is      func(string) bool
	}{
		{`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`, isSubdomain},
		{`^[A-Za-z_][A-Za-z0-9_]*$`, func(s string) bool { return isWord(s, letters+"_") }},
		{`^[A-Za-z][A-Za-z0-9_]{0,49}$`, isOwnName},
		{`^[0-9a-fA-F]{40}$`, isBambooKey},
		{`^([a-z][A-Za-z0-9]*|custom[A-Za-z0-9_]+)$`, isAliasName},
		{`^[A-Z]{3}$`, isCurrency},
		{`^([01]?[0-9]|2[0-3]):([0-5][0-9])$`, func(s string) bool { _, err := parseClock(s); return err == nil }},
	}
	near := rapid.StringMatching(`[a-z0-9-]{1,70}|[0-9a-fA-F]{39,41}|(custom)?[A-Za-z0-9_]{0,55}|[A-Z]{2,4}|[-+]?[0-9]{1,3}:[0-9]{1,3}|[a-f-]{40}\n?`)
	text := rapid.OneOf(near, rapid.String())
	for _, s := range shapes {
		pattern := regexp.MustCompile(s.pattern)
		rapid.Check(t, func(r *rapid.T) {
			if in := text.Draw(r, "text"); s.is(in) != pattern.MatchString(in) {
				r.Fatalf("%q and %s: %v", in, s.pattern, !pattern.MatchString(in))
			}
		})
	}
}
