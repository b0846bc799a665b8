package policy

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// SameStatus reports whether two employment statuses are the same whatever their case, spaces and
// hyphens: the Betterworks list says "Full Time" where BambooHR says "Full-Time" (promise BW17).
func SameStatus(a, b string) bool { return StatusKey(a) == StatusKey(b) }

// StatusKey is the form in which SameStatus compares.
func StatusKey(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(s)))
}

// textKey is the form in which other values are compared: NFKC, lower-case, single spaces.
func textKey(s string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(s))), " ")
}

// Zones answers in which time zone a person's day ends.
type Zones struct {
	base       *time.Location
	byLocation map[string]*time.Location
}

// Zones loads the connection's zones; make them once per run. A zone this machine does not know
// counts as UTC, which parsing has already refused.
func (c Connection) Zones() Zones {
	z := Zones{base: loadZone(c.TimeZone), byLocation: make(map[string]*time.Location, len(c.LocationZones))}
	for location, name := range c.LocationZones {
		z.byLocation[textKey(location)] = loadZone(name)
	}
	return z
}

// Connection returns the connection's own zone.
func (z Zones) Connection() *time.Location { return z.base }

// Of returns the zone of the first location that has one, else the connection's. Give the mapped
// location first, then BambooHR's. Names are compared without regard to case and spaces.
func (z Zones) Of(locations ...string) *time.Location {
	if len(z.byLocation) == 0 {
		return z.base
	}
	for _, l := range locations {
		if zone, ok := z.byLocation[textKey(l)]; ok {
			return zone
		}
	}
	return z.base
}

func loadZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	return zone
}
