package policy

import (
	"maps"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// Export writes the effective settings of a connection as YAML that ParseSettings reads back to the
// same settings, and that may stand in a rollcall.yaml. What only the operator may set (base_url,
// api_key_env) is left out.
func Export(c Connection) []byte {
	out := tree{}
	out.text("name", c.Name)
	if c.Preset != "" {
		out.text("preset", c.Preset)
	}
	out.plain("enabled", "!!bool", strconv.FormatBool(c.Enabled))
	out.text("approval", string(c.Approval))
	out.put("bamboohr", tree{}.with("subdomain", c.BambooHR.Subdomain).with("reader", string(c.BambooHR.Reader)))
	out.text("time_zone", c.TimeZone)
	if len(c.LocationZones) > 0 {
		zones := tree{}
		for _, location := range slices.Sorted(maps.Keys(c.LocationZones)) {
			zones.text(location, c.LocationZones[location])
		}
		out.put("location_time_zones", zones)
	}
	out.put("schedule", scheduleTree(c.Schedule))
	out.put("changes", changesTree(c.Changes))
	out.list("match", words(c.Match))
	out.text("match_mode", string(c.MatchMode))
	out.put("mapping", mappingTree(c))
	out.text("departments", string(c.Departments))
	out.text("teams", string(c.Teams))
	out.put("scope", scopeTree(c.Scope))
	out.put("lifecycle", lifecycleTree(c.Lifecycle))
	out.put("guard", guardTree(c.Guard))
	out.text("plan_expires", short(c.PlanExpires))
	notify := tree{}
	notify.list("errors", c.Notify.Errors)
	notify.text("welcome", string(c.Notify.Welcome))
	notify.text("digest", string(c.Notify.Digest))
	out.put("notify", notify)
	out.plain("pictures", "!!bool", strconv.FormatBool(c.Pictures))

	document := tree{}
	document.put("connection", out)
	text, err := yaml.Dump(document.node())
	if err != nil { // a tree of texts cannot fail to be written
		panic("write settings: " + err.Error())
	}
	return text
}

func scheduleTree(s Schedule) tree {
	switch {
	case s.Cron != "":
		return tree{}.with("cron", s.Cron)
	case s.Every > 0:
		return tree{}.with("every", short(s.Every))
	case s.Weekly != "":
		return tree{}.with("weekly", s.Weekly)
	default:
		return tree{}.with("daily", s.Daily)
	}
}

func changesTree(c Changes) tree {
	every := "off"
	if c.Every > 0 {
		every = short(c.Every)
	}
	out := tree{}.with("every", every)
	out.plain("webhook", "!!bool", strconv.FormatBool(c.Webhook))
	return out
}

// mappingTree writes every rule in full, and null for what the base maps and these settings do not.
func mappingTree(c Connection) tree {
	out := tree{}
	for _, r := range c.Mapping {
		rule := tree{}
		if r.Expr != "" {
			rule.text("expr", r.Expr)
		} else {
			rule.list("from", words(r.From))
		}
		for _, part := range []struct{ key, value string }{
			{"split", r.Split}, {"currency", r.Currency}, {"type", string(r.Type)}, {"authority", string(r.Authority)},
		} {
			if part.value != "" {
				rule.text(part.key, part.value)
			}
		}
		rule.plain("clear_when_blank", "!!bool", strconv.FormatBool(r.ClearWhenBlank))
		out.put(r.Target, rule)
	}
	base, err := Base(c.Preset)
	if err != nil {
		return out
	}
	for _, r := range base.Mapping {
		if _, kept := c.Rule(r.Target); !kept {
			out.plain(r.Target, "!!null", "null")
		}
	}
	return out
}

func scopeTree(s Scope) tree {
	out := tree{}
	for _, part := range []struct {
		key   string
		rules []Rule
	}{{"include", s.Include}, {"exclude", s.Exclude}} {
		if len(part.rules) == 0 {
			continue
		}
		list := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, r := range part.rules {
			rule := tree{}.with("field", string(r.Field))
			if r.Op == OpIn || r.Op == OpNotIn {
				rule.list(string(r.Op), r.Values)
			} else {
				rule.text(string(r.Op), r.Values[0])
			}
			list.Content = append(list.Content, rule.node())
		}
		out.add(part.key, list)
	}
	out.list("block_statuses", s.BlockStatuses)
	out.text("no_status", string(s.NoStatus))
	return out
}

func lifecycleTree(l Lifecycle) tree {
	signals := tree{}
	for _, sig := range Signals() {
		leave := tree{}
		if sig != SignalMissing {
			leave.text("action", string(l.Leaving[sig].Action))
		}
		leave.whole("grace_days", l.Leaving[sig].GraceDays)
		signals.put(string(sig), leave)
	}
	out := tree{}.with("initial", string(l.Initial))
	out.put("leaving", signals)
	out.text("combine", string(l.Combine))
	out.text("missing", string(l.Missing))
	out.whole("pre_hire_days", l.PreHireDays)
	out.text("manual_deactivation", string(l.ManualDeactivation))
	return out
}

func guardTree(g Guard) tree {
	out := tree{}.with("window", short(g.Window))
	for _, part := range []struct {
		key   string
		limit Limit
	}{{"deactivate", g.Deactivate}, {"move_email", g.MoveEmail}, {"blank", g.Blank}} {
		limit := tree{}
		limit.whole("people", part.limit.People)
		limit.percent("percent", part.limit.Percent)
		limit.percent("refuse_percent", part.limit.RefusePercent)
		out.put(part.key, limit)
	}
	out.whole("new_departments", g.NewDepartments)
	out.percent("id_churn_percent", g.IDChurnPercent)
	return out
}

// tree is a YAML mapping that grows in order: keys and values in turn.
type tree []*yaml.Node

func (t *tree) add(key string, value *yaml.Node) { *t = append(*t, leaf("!!str", key), value) }

func (t *tree) plain(key, tag, value string) { t.add(key, leaf(tag, value)) }
func (t *tree) text(key, value string)       { t.plain(key, "!!str", value) }
func (t *tree) whole(key string, value int)  { t.plain(key, "!!int", strconv.Itoa(value)) }
func (t *tree) put(key string, value tree)   { t.add(key, value.node()) }
func (t *tree) percent(key string, value float64) {
	t.plain(key, "", strconv.FormatFloat(value, 'f', -1, 64))
}

func (t tree) with(key, value string) tree {
	t.text(key, value)
	return t
}

func (t *tree) list(key string, values []string) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for _, v := range values {
		n.Content = append(n.Content, leaf("!!str", v))
	}
	t.add(key, n)
}

func (t tree) node() *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: t}
}

func leaf(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
