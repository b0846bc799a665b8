package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Revision is a stable hash of the settings that a plan depends on. Name, schedule, changes, approval, mails,
// pictures and credentials are not among them: changing those leaves a stored plan valid.
func Revision(c Connection) string {
	return hash(struct {
		Mapped             mapped
		MatchMode          MatchMode
		Departments, Teams GroupMode
		Guard              Guard
	}{mappedOf(c), c.MatchMode, c.Departments, c.Teams, c.Guard})
}

// MappingRevision is a stable hash of the settings that decide what one employee's record means;
// fingerprints of mapped records are void when it changes.
func MappingRevision(c Connection) string { return hash(mappedOf(c)) }

// mapped is what package mapping reads.
type mapped struct {
	Subdomain     string
	TimeZone      string
	LocationZones map[string]string
	Match         []MatchKey
	Mapping       []FieldRule
	Scope         Scope
	Lifecycle     Lifecycle
}

func mappedOf(c Connection) mapped {
	return mapped{c.BambooHR.Subdomain, c.TimeZone, c.LocationZones, c.Match, c.Mapping, c.Scope, c.Lifecycle}
}

// hash relies on encoding/json writing maps in the order of their keys.
func hash(v any) string {
	text, err := json.Marshal(v)
	if err != nil { // plain data without NaN cannot fail to be written
		panic("hash settings: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
