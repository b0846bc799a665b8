package connections

import (
	"cmp"
	"slices"

	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/source"
)

// preset is a set of settings to begin with, in a sentence.
type preset struct{ Name, Title, Text string }

// presets lists none first, then those of package policy.
func presets() []preset {
	texts := map[string][2]string{
		"ally":               {"Ally", "Daily at midnight in Los Angeles. Matches by e-mail, creates provisioned people, and people leave at the end of their termination date."},
		"alleo":              {"Alleo", "Daily. Reads few fields with birthdays and anniversaries, takes the private address where the work one is blank, and needs an approval."},
		"betterworks":        {"Betterworks", "Daily at 03:00 in Los Angeles. The twelve-row mapping by employee number; a list of blocked employment statuses decides who has no access."},
		"small-improvements": {"Small Improvements", "Every three hours once it is switched on. Adopts an existing user base and locks the fields that come from BambooHR."},
		"paymasters":         {"PayMasters", "Daily. Creates provisioned people, and people leave at the end of their termination date."},
	}
	out := []preset{{"", "No preset", "Sensible defaults: daily at 03:00, matched by employee number and work e-mail, created as provisioned. Change anything later."}}
	for _, name := range policy.PresetNames() {
		out = append(out, preset{name, cmp.Or(texts[name][0], name), texts[name][1]})
	}
	return out
}

// presetTitle names a preset on screen.
func presetTitle(name string) string {
	all := presets()
	if i := slices.IndexFunc(all, func(p preset) bool { return p.Name == name }); i >= 0 {
		return all[i].Title
	}
	return name
}

// guide is how to make the key, in the three steps of the vendors' documents (promise PM1).
type guide struct {
	Preset string // title
	Parts  []guidePart
	Fields []string // everything that is read (promise AL14)
}

type guidePart struct {
	Title string
	Steps []string
}

// guideFor tells how to make a key for settings that nobody has changed yet.
func guideFor(name string) guide {
	conn, err := policy.Base(name)
	if err != nil {
		conn, name = policy.Defaults(), ""
	}
	return guide{Preset: presetTitle(name), Parts: guideParts(source.Recipe(&conn, nil)), Fields: policy.SourceFields(conn)}
}

// The recipe ends with one step for the user and three for the key; what comes before decides what the key
// may see.
const (
	userSteps = 1
	keySteps  = 3
)

func guideParts(recipe []string) []guidePart {
	user := max(0, len(recipe)-userSteps-keySteps)
	key := max(0, len(recipe)-keySteps)
	return []guidePart{
		{"Decide what the key may see", recipe[:user]},
		{"Create a non-employee user", recipe[user:key]},
		{"Make the API key", recipe[key:]},
	}
}

// commonZones is what a time zone field proposes; any IANA name is taken.
func commonZones() []string {
	return []string{"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Anchorage", "America/Argentina/Buenos_Aires",
		"America/Bogota", "America/Chicago", "America/Denver", "America/Halifax", "America/Los_Angeles", "America/Mexico_City", "America/New_York",
		"America/Phoenix", "America/Sao_Paulo", "America/Toronto", "America/Vancouver", "Asia/Bangkok", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jakarta",
		"Asia/Jerusalem", "Asia/Karachi", "Asia/Kolkata", "Asia/Manila", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo",
		"Australia/Adelaide", "Australia/Brisbane", "Australia/Melbourne", "Australia/Perth", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens",
		"Europe/Berlin", "Europe/Brussels", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Lisbon", "Europe/London",
		"Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Stockholm", "Europe/Vienna", "Europe/Warsaw",
		"Europe/Zurich", "Pacific/Auckland", "Pacific/Honolulu"}
}
