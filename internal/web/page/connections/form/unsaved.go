package form

import (
	"bytes"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/policy"
)

// Form is one of the forms that settings are changed with.
type Form struct {
	Name   string
	Values func(policy.Connection) url.Values                      // settings as the form shows them
	Patch  func(v url.Values, inForce []policy.FieldRule) Document // a form as a change of settings
	fields func(url.Values) []string                               // the names of its fields
	parts  func(url.Values) map[string]part                        // what is changed as one
}

// part is fields of a form that only make sense together.
type part struct {
	fields []string
	says   string // the same for the same meaning
}

// Mapping is the form with a row for every field.
func Mapping() Form {
	return Form{Name: "mapping", Values: MappingValues, Patch: MappingPatch, fields: mappingFields, parts: mappingParts}
}

// Scope is the form that decides who takes part, comes and leaves.
func Scope() Form {
	return Form{Name: "scope", Values: ScopeValues, Patch: func(v url.Values, _ []policy.FieldRule) Document { return ScopePatch(v) },
		fields: scopeFields, parts: scopeParts}
}

// Configuration is the form with everything else.
func Configuration() Form {
	return Form{Name: "configuration", Values: ConfigValues, Patch: func(v url.Values, _ []policy.FieldRule) Document { return ConfigPatch(v) },
		fields: configFields, parts: configParts}
}

// Forms lists them.
func Forms() []Form { return []Form{Mapping(), Scope(), Configuration()} }

// Changes tells whether a form says anything else than the settings do.
func (f Form) Changes(v url.Values, c policy.Connection) bool {
	p, faults := policy.Patch(c, f.Patch(v, c.Mapping).Bytes())
	return len(faults) > 0 || !bytes.Equal(policy.Export(p), policy.Export(c))
}

// Kept returns the fields of the form, and nothing else that was sent with them: what is kept of a form can have
// no key in it.
func (f Form) Kept(v url.Values) url.Values {
	out := url.Values{}
	for _, name := range f.fields(v) {
		if values, ok := v[name]; ok {
			out[name] = values
		}
	}
	return out
}

// Merged lays what was changed in a form, beginning with some values, over the values of now. Where both changed the
// same, the form wins.
func (f Form) Merged(began, typed, now url.Values) url.Values {
	out := url.Values{}
	was, mine, theirs := f.parts(began), f.parts(typed), f.parts(now)
	take := func(p part, from url.Values) {
		for _, name := range p.fields {
			if values, ok := from[name]; ok {
				out[name] = values
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(theirs)) {
		if m, ok := mine[name]; ok && m.says != was[name].says {
			take(m, typed)
		} else if _, had := was[name]; ok || !had { // else I took it out
			take(theirs[name], now)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(mine)) {
		if _, there := theirs[name]; !there && mine[name].says != was[name].says {
			take(mine[name], typed)
		}
	}
	if f.Name == "mapping" {
		out["rows"] = rowsOf(out, now, typed)
	}
	return out
}

// rowsOf lists the rows that a merged mapping has, in the order of the forms it was made of.
func rowsOf(merged url.Values, forms ...url.Values) []string {
	var out []string
	for _, v := range forms {
		for _, r := range MapRows(v) {
			if merged.Has(r.Name("how")) && !slices.Contains(out, r.Target) {
				out = append(out, r.Target)
			}
		}
	}
	return out
}

var rowParts = []string{"how", "from", "expr", "authority", "clear", "split", "currency", "type"}

func mappingFields(v url.Values) []string {
	out := []string{"rows", "setup"}
	for _, r := range MapRows(v) {
		for _, p := range rowParts {
			out = append(out, r.Name(p))
		}
	}
	return out
}

func mappingParts(v url.Values) map[string]part {
	out := map[string]part{}
	rules := MappingPatch(v, nil)["mapping"].(Document)
	for _, r := range MapRows(v) {
		p := part{says: string(rules[r.Target].(Document).Bytes())}
		for _, name := range rowParts {
			p.fields = append(p.fields, r.Name(name))
		}
		out[r.Target] = p
	}
	return out
}

func scopeFields(v url.Values) []string {
	return slices.Concat(slices.Collect(maps.Keys(ScopeValues(policy.Defaults()))), ScopeFields(v), scopeRules("include"), scopeRules("exclude"),
		[]string{"scope.block_statuses", "scope.more_statuses"})
}

func scopeRules(list string) []string {
	return []string{list + ".field", list + ".op", list + ".values"}
}

func scopeParts(v url.Values) map[string]part {
	out := map[string]part{
		"statuses": {[]string{"scope.block_statuses", "scope.more_statuses"}, strings.Join(Blocked(v), "\n")},
		"match":    {[]string{"match"}, strings.Join(v["match"], "\n")},
	}
	for _, list := range RuleLists() {
		out[list] = part{scopeRules(list), string(Document{"rules": ScopePatch(v)["scope"].(Document)[list]}.Bytes())}
	}
	return alone(out, v, scopeFields(nil))
}

func configFields(url.Values) []string {
	return append(ConfigFields(), "zones.location", "zones.zone", "schedule.weekday", "schedule.weekly_at")
}

func configParts(v url.Values) map[string]part {
	var schedule []string
	for _, name := range configFields(nil) {
		if name == "schedule" || strings.HasPrefix(name, "schedule.") {
			schedule = append(schedule, name)
		}
	}
	return alone(map[string]part{
		"zones":    {[]string{"zones.location", "zones.zone"}, string(zonesPatch(v).Bytes())},
		"schedule": {schedule, string(SchedulePatch(v)["schedule"].(Document).Bytes())},
	}, v, configFields(nil))
}

// alone makes a part of every field that is in none.
func alone(parts map[string]part, v url.Values, fields []string) map[string]part {
	in := map[string]bool{}
	for _, p := range parts {
		for _, name := range p.fields {
			in[name] = true
		}
	}
	for _, name := range fields {
		if !in[name] {
			parts[name] = part{[]string{name}, strings.Join(v[name], "\n")}
		}
	}
	return parts
}
