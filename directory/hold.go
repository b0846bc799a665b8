package directory

import "time"

// Hold is a human's exception: the person (or one field) is not changed by runs until it ends.
type Hold struct {
	ID        string
	PersonID  string
	Field     Field     // "" for the whole person
	Until     time.Time // zero: until removed; the hold ends at this instant
	UntilHR   string    // as UntilHRSays writes it: what HR has to say for the hold to end (undo uses this); "" when nothing that HR says ends it
	Reason    string
	CreatedBy string
	CreatedAt time.Time
}

// blankInHR stands in Hold.UntilHR for a blank value; canonical text has no such character.
const blankInHR = "\x00"

// UntilHRSays is the Hold.UntilHR of a hold that ends as soon as HR's value is a canonical one, "" for blank.
func UntilHRSays(value string) string {
	if value == "" {
		return blankInHR
	}
	return value
}

// Awaits returns the canonical value, "" for blank, that HR has to have for the hold to end; ok is false
// when nothing that HR says ends it.
func (h *Hold) Awaits() (value string, ok bool) {
	if h.UntilHR == blankInHR {
		return "", true
	}
	return h.UntilHR, h.UntilHR != ""
}

// Distant reports an instant in the year 9999 or later, as a "forever" in figures is: its last day ends after the years
// that RFC 3339 has, and no program could read a list that names it. The end of the day before it is not distant.
func Distant(t time.Time) bool { return t.Add(-time.Nanosecond).Year() >= 9999 }

// WrongEnd says why nothing can be made now that ends at t, as "would end …; choose …", and "" when it can. The zero t is
// no end.
func WrongEnd(t, now time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case !t.After(now):
		return "would end in the past; choose a later day"
	case Distant(t):
		return "would end too far away; choose a day before the year 9999, or none"
	}
	return ""
}

// Active reports whether the hold is in force at t.
func (h *Hold) Active(t time.Time) bool { return h.Until.IsZero() || t.Before(h.Until) }
