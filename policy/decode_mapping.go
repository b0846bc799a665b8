package policy

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// mapping merges rule by rule; null removes a field from the mapping.
func (s *section) mapping(c *Connection) {
	in := s.section("mapping")
	rules := slices.Clone(c.Mapping)
	for _, target := range in.keys {
		place := in.place(target)
		node := in.child(target)
		if _, ok := FindTarget(target); !ok || target == "photo" {
			in.r.fault(place, "%s", unknownTarget(target))
			continue
		}
		i, found := slices.BinarySearchFunc(rules, target, byTarget)
		switch {
		case isNull(node) && found:
			rules = slices.Delete(rules, i, i+1)
		case isNull(node):
		case found:
			rules[i] = in.r.openRule(node, place).fieldRule(rules[i])
		default:
			rules = slices.Insert(rules, i, in.r.openRule(node, place).fieldRule(newRule(target)))
		}
	}
	c.Mapping = rules
}

// openRule reads one rule; a single value or a list is short for from.
func (r *reader) openRule(n *yaml.Node, path string) *section {
	n = resolve(n)
	if isMapping(n) {
		return r.open(n, path)
	}
	s := &section{r: r, path: path, nodes: map[string]*yaml.Node{"from": n}, keys: []string{"from"}}
	r.lines[path], r.lines[s.place("from")] = n.Line, n.Line
	return s
}

func unknownTarget(target string) string {
	if target == "photo" {
		return "pictures are not mapped; set pictures: true"
	}
	if strings.HasPrefix(target, BudgetPrefix) || strings.HasPrefix(target, CustomPrefix) {
		return "after the dot comes a name of letters, digits and _, e.g. budgets.learning or custom.shirt"
	}
	var names []string
	for _, t := range Targets() {
		if t.Kind != KindPhoto {
			names = append(names, t.Name)
		}
	}
	return "not a field of the directory; " + suggest(target, append(names, "budgets.NAME", "custom.NAME"))
}

// fieldRule lays a section over a rule. From and Expr are alternatives: giving one drops the other.
func (s *section) fieldRule(r FieldRule) FieldRule {
	if s.has("from") && s.has("expr") {
		s.r.fault(s.path, "has both from and expr; keep one")
	}
	var from []string
	if listed := s.texts("from", &from, checkSource, strings.TrimSpace); listed == 0 {
		s.r.fault(s.place("from"), "lists no field; name one, or write null in place of the rule to leave the field out")
	}
	if len(from) > 0 {
		r.From, r.Expr = nil, ""
		for _, f := range from {
			r.From = append(r.From, SourceField(f))
		}
	}
	if s.text("expr", &r.Expr, nil); s.has("expr") {
		r.From = nil
	}
	s.text("split", &r.Split, checkSplit)
	s.text("currency", &r.Currency, checkCurrency)
	choice(s, "type", &r.Type, customTypes()...)
	choice(s, "authority", &r.Authority, AuthorityLocked, AuthorityOverwrite, AuthorityOnCreate, AuthorityFillEmpty, AuthorityLocal)
	s.boolean("clear_when_blank", &r.ClearWhenBlank)
	s.close()
	switch isList := r.Kind() == KindList; {
	case isList && r.Split == "":
		r.Split = "," // promise AY16
	case !isList && !s.has("split"):
		r.Split = ""
	}
	return r
}
