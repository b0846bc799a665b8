package mapping

import (
	"fmt"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// scopeRule is one include or exclude rule.
type scopeRule struct {
	src     source
	text    string // e.g. `exclude department in [Board]`
	exclude bool
	holds   func(value string) (holds, known bool)
}

func (c *compiler) scope(m *Mapper) {
	c.scopeRules(m, c.conn.Scope.Include, false)
	c.scopeRules(m, c.conn.Scope.Exclude, true)
}

func (c *compiler) scopeRules(m *Mapper, rules []policy.Rule, exclude bool) {
	list := "include"
	if exclude {
		list = "exclude"
	}
	for i, r := range rules {
		place := fmt.Sprintf("scope.%s[%d]", list, i)
		rule := scopeRule{src: c.source(r.Field, place), text: list + " " + r.String(), exclude: exclude}
		r.Field = policy.SourceField(rule.src.alias) // the employment status has its own way to compare
		var err error
		if rule.holds, err = r.Predicate(); err != nil {
			c.fault(place, "%s", err)
			continue
		}
		m.rules = append(m.rules, rule)
	}
}

// scope answers Out as soon as one rule that can be judged says so, whatever the others say; else
// Unknown when a rule cannot be judged, because its field is unreadable or no date; else In.
func (m *Mapper) scope(rec *hr.Record) directory.ScopeDecision {
	decision := directory.ScopeDecision{Verdict: directory.ScopeIn}
	for i := range m.rules {
		r := &m.rules[i]
		raw, state := r.src.read(rec)
		value, _ := directory.CleanText(raw)
		holds, known := false, false
		if state != hr.Unreadable {
			holds, known = r.holds(value)
		}
		switch {
		case known && holds == r.exclude:
			return directory.ScopeDecision{Verdict: directory.ScopeOut, Rule: r.text, Field: r.src.alias, Value: value}
		case !known && decision.Verdict == directory.ScopeIn:
			decision = directory.ScopeDecision{Verdict: directory.ScopeUnknown, Rule: r.text, Field: r.src.alias, Value: value}
		}
	}
	return decision
}
