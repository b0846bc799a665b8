package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// ParseFile reads a whole rollcall.yaml (YAML 1.2 or JSON) and returns it with defaults and presets
// merged, or every fault by line; with faults the File is not to be used.
//
// env, which may be nil, answers for the environment: it is asked for each key that holds one value or
// a list of values by its place, e.g. connection.bamboohr.subdomain, and its answer wins over the file.
// The caller turns places into names of variables. An unset key of an absent section is asked for too,
// so a connection can be given by the environment alone.
func ParseFile(data []byte, env func(place string) (string, bool)) (File, []Fault) {
	r := newReader(fromOperator, env)
	root := r.open(r.document(data), "")
	var f File
	for _, s := range root.connections() {
		f.Connections = append(f.Connections, s.settings())
	}
	if root.wants("smtp", "host") {
		f.SMTP = root.section("smtp").smtp()
	}
	network := root.section("network")
	network.texts("trusted_proxies", &f.Network.TrustedProxies, nil, strings.ToLower)
	network.texts("allow", &f.Network.Allow, checkHost, strings.ToLower)
	network.close()
	root.text("language", &f.Language, checkLanguage)
	root.text("clock", &f.Clock, checkClock)
	root.close()
	r.checkFile(f)
	return f, r.sorted()
}

// ParseSettings reads the settings of one connection that a tenant hands in by web or API, bare or
// under connection:. Keys that only the operator may set (bamboohr.base_url, bamboohr.api_key_env,
// *_file, clock) are faults that name them (security §1 #2).
func ParseSettings(data []byte) (Connection, []Fault) {
	r := newReader(fromTenant, nil)
	s := r.settingsRoot(data)
	return s.settings(), r.sorted()
}

// Patch lays settings over those of an existing connection: keys that are not given stay, mapping
// merges per target (null removes one), lists replace. The preset cannot be changed, and what only
// the operator may set is kept.
func Patch(base Connection, data []byte) (Connection, []Fault) {
	r := newReader(fromPatch, nil)
	s := r.settingsRoot(data)
	c := clone(base)
	preset := base.Preset
	s.text("preset", &preset, nil)
	if preset != base.Preset {
		r.fault(s.place("preset"), "the preset of a connection cannot be changed; import its settings anew")
	}
	s.connection(&c)
	s.check(c)
	return c, r.sorted()
}

// settingsRoot opens the settings themselves, whether bare or under connection:.
func (r *reader) settingsRoot(data []byte) *section {
	root := r.open(r.document(data), "")
	if !root.has("connection") {
		return root
	}
	s := root.section("connection")
	root.close()
	return s
}

// connections opens connection: or every entry of connections:.
func (s *section) connections() []*section {
	list, several := s.sections("connections")
	if !s.wants("connection", "bamboohr.subdomain") {
		return list
	}
	one := s.section("connection")
	if several {
		s.r.fault(s.place("connection"), "both connection and connections are given; move this one into the list")
	}
	return append([]*section{one}, list...)
}

// wants reports whether a section is given by the document, or at least begun by the environment.
func (s *section) wants(key, within string) bool {
	if s.has(key) {
		return true
	}
	if s.r.env != nil {
		if _, ok := s.r.env(s.place(key) + "." + within); ok {
			return true
		}
	}
	s.known = append(s.known, key) // opening the section would note it
	return false
}

// settings reads one connection over its preset and checks it as a whole.
func (s *section) settings() Connection {
	var preset string
	s.text("preset", &preset, func(text string) (string, error) {
		if !slices.Contains(PresetNames(), text) {
			return "", fmt.Errorf("%q is not a preset; use %s", text, oneOf(PresetNames()))
		}
		return text, nil
	})
	c, err := Base(preset)
	if err != nil {
		s.r.fault(s.place("preset"), "%s", err)
	}
	s.connection(&c)
	if c.Name == "" {
		c.Name = c.BambooHR.Subdomain
	}
	s.check(c)
	return c
}

// check finds what is wrong with settings as a whole.
func (s *section) check(c Connection) {
	bamboo := s.place("bamboohr.subdomain")
	if c.BambooHR.Subdomain == "" && !s.r.faulty(bamboo) {
		s.r.fault(bamboo, "is missing; write the part before .bamboohr.com, e.g. acme")
	}
	mapping := s.place("mapping")
	if _, ok := c.Rule("email"); !ok {
		s.r.fault(mapping+".email", "email is not mapped; map it, e.g. from: workEmail: a person without an address cannot be created")
	}
	for _, rule := range c.Mapping {
		s.r.checkRule(mapping+"."+rule.Target, rule, c.Mapping)
	}
}

// checkRule finds what is wrong with a mapping rule after merging.
func (r *reader) checkRule(place string, rule FieldRule, mapping []FieldRule) {
	kind := rule.Kind()
	if len(rule.From) == 0 && rule.Expr == "" && !r.faulty(place) {
		r.fault(place, "says not where the value comes from; add from or expr")
	}
	if rule.Expr != "" {
		if kind == KindManager {
			r.fault(place+".expr", "a manager is a reference, not a text; use from: %s", aliasSupervisorEID)
		} else if _, err := CompileExpr(rule.Expr, mapping); err != nil {
			r.fault(place+".expr", "%s", err)
		}
	}
	if kind == KindManager {
		for i, f := range rule.From {
			if !slices.Contains(managerAliases(), string(f)) {
				r.fault(fmt.Sprintf("%s.from[%d]", place, i), "%q does not name the manager; use %s", f, oneOf(managerAliases()))
			}
		}
	}
	if budget := kind == KindMoney; budget && rule.Currency == "" && !r.faulty(place+".currency") {
		r.fault(place+".currency", "is missing; write the budget's ISO 4217 code such as EUR")
	} else if !budget && rule.Currency != "" {
		r.fault(place+".currency", "only budgets have a currency; remove it")
	}
	if kind != KindList && rule.Split != "" {
		r.fault(place+".split", "only lists are split; remove it")
	}
	if rule.Type != "" && !strings.HasPrefix(rule.Target, CustomPrefix) {
		r.fault(place+".type", "only custom fields have a type; remove it")
	}
}

// faulty reports whether a place or something within it has a fault already.
func (r *reader) faulty(place string) bool {
	return slices.ContainsFunc(r.faults, func(f Fault) bool {
		rest, within := strings.CutPrefix(f.Place, place)
		return within && (rest == "" || rest[0] == '.' || rest[0] == '[')
	})
}

// checkFile finds what is wrong between the connections of a file.
func (r *reader) checkFile(f File) {
	first := map[string]string{}
	for i, c := range f.Connections {
		place := "connection"
		if len(f.Connections) > 1 || r.lines["connections"] > 0 {
			place = fmt.Sprintf("connections[%d]", i)
		}
		if c.Name == "" {
			continue
		}
		if other, twice := first[textKey(c.Name)]; twice {
			r.fault(place+".name", "%q is also the name of %s; give each connection its own", c.Name, other)
		} else {
			first[textKey(c.Name)] = place
		}
		if f.Clock != "" && c.BambooHR.BaseURL == "" {
			r.fault("clock", "a clock is accepted only with a simulator; set %s.bamboohr.base_url or remove it", place)
		}
	}
}

func checkLanguage(text string) (string, error) {
	if !slices.Contains(Languages(), text) {
		return "", fmt.Errorf("%q is not a language that mails are written in; use %s", text, oneOf(Languages()))
	}
	return text, nil
}

func checkClock(text string) (string, error) {
	if _, err := time.Parse(time.RFC3339, text); err != nil && text != "follow" {
		return "", fmt.Errorf("%q is not a clock; write follow or an instant such as 2026-11-21T12:00:00Z", text)
	}
	return text, nil
}
