package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// The BambooHR aliases whose meaning is fixed (bamboohr-api §2.6, §3.1, §3.5).
const (
	aliasStatus          = "status"
	aliasEmployment      = "employmentHistoryStatus"
	aliasHire            = "hireDate"
	aliasTermination     = "terminationDate"
	aliasLocation        = "location"
	aliasSupervisorEID   = "supervisorEId"   // the manager's internal id
	aliasSupervisorID    = "supervisorId"    // the manager's Employee #
	aliasSupervisorEmail = "supervisorEmail" // the manager's work e-mail
)

// source is one column of the reading.
type source struct {
	alias string
	slot  int // in hr.Record.Values
	ahead int // in hr.Record.Ahead, -1 when the view with future rows is not looked at
}

// read returns the column's text as BambooHR wrote it, "" unless Set. Where the view with future rows
// is looked at, its value wins; a column is blank only when every view says so.
func (s source) read(rec *hr.Record) (string, hr.State) {
	text, state := valueAt(rec.Values, s.slot)
	if s.ahead < 0 {
		return text, state
	}
	ahead, aheadState := valueAt(rec.Ahead, s.ahead)
	switch {
	case aheadState == hr.Set:
		return ahead, hr.Set
	case state == hr.Set:
		return text, hr.Set
	default:
		return "", min(state, aheadState) // unreadable before blank
	}
}

// valueAt also takes BambooHR's own empty forms for blank (bamboohr-api §3.3).
func valueAt(values []hr.Value, slot int) (string, hr.State) {
	if slot < 0 || slot >= len(values) {
		return "", hr.Unreadable
	}
	v := values[slot]
	if v.IsSet() && isEmptyForm(v.Text()) {
		return "", hr.Blank
	}
	return v.Text(), v.State()
}

func isEmptyForm(s string) bool {
	if s != "" && s[0] > '0' && s[0] < 0x80 {
		return false
	}
	s = strings.TrimSpace(s)
	return s == "" || s == "0000-00-00" || s == "0000-00-00T00:00:00+00:00"
}

// compiler turns settings into the parts of a Mapper and gathers the faults.
type compiler struct {
	conn    *policy.Connection
	aliases map[string]string
	schema  *hr.Schema
	ahead   *hr.Schema
	faults  []policy.Fault
}

func (c *compiler) fault(place, format string, args ...any) {
	c.faults = append(c.faults, policy.Fault{Place: "connection." + place, Message: fmt.Sprintf(format, args...)})
}

// source finds the column of a source field.
func (c *compiler) source(f policy.SourceField, place string) source {
	alias := string(f)
	if name, ok := f.Name(); ok {
		if alias = c.aliases[alias]; alias == "" {
			c.fault(place, "no BambooHR field named %q was found; correct the name or use the field's alias", name)
			return source{slot: -1, ahead: -1}
		}
	}
	slot, ok := c.schema.Slot(alias)
	if !ok {
		c.fault(place, "the reading has no column %s; read every field that mapping.Fields lists", alias)
		return source{alias: alias, slot: -1, ahead: -1}
	}
	s := source{alias: alias, slot: slot, ahead: -1}
	if alias == aliasTermination {
		s.ahead = c.aheadSlot(alias)
	}
	return s
}

func (c *compiler) aheadSlot(alias string) int {
	if c.ahead == nil {
		return -1
	}
	if slot, ok := c.ahead.Slot(alias); ok {
		return slot
	}
	return -1
}

// mapping compiles the field rules: those that read columns first, then the expressions, which may
// name them. A field that no run writes (authority local) is read only when an expression names it.
func (c *compiler) mapping(m *Mapper) {
	named := map[string]bool{}
	var later []field
	for _, r := range c.conn.Mapping {
		if r.Expr == "" || r.Authority == policy.AuthorityLocal {
			continue
		}
		f := newField(r)
		var err error
		if f.expr, err = policy.CompileExpr(r.Expr, c.conn.Mapping); err != nil {
			c.fault("mapping."+r.Target+".expr", "%s", err)
			continue
		}
		for _, t := range f.expr.Targets {
			named[t] = true
		}
		later = append(later, f)
	}
	for _, r := range c.conn.Mapping {
		local := r.Authority == policy.AuthorityLocal
		if r.Expr != "" || (local && !named[r.Target]) {
			continue
		}
		sources := c.sources(r)
		if r.Kind() == policy.KindManager {
			m.manager = c.manager(sources)
			continue
		}
		f := newField(r)
		f.sources, f.hidden = sources, local
		for _, s := range sources {
			if _, ok := m.targets[s.alias]; !ok {
				m.targets[s.alias] = f.target
			}
		}
		m.fields = append(m.fields, f)
	}
	for _, f := range later {
		c.inputs(&f, m.fields)
		m.fields = append(m.fields, f)
	}
	m.wants = make([]directory.Want, len(m.fields))
	for i, f := range m.fields {
		if f.slot < 0 && !f.hidden {
			m.extras = append(m.extras, i)
		}
	}
	slices.SortFunc(m.extras, func(a, b int) int { return cmp.Compare(m.fields[a].target, m.fields[b].target) })
}

func (c *compiler) sources(r policy.FieldRule) []source {
	out := make([]source, len(r.From))
	for i, f := range r.From {
		out[i] = c.source(f, fmt.Sprintf("mapping.%s.from[%d]", r.Target, i))
	}
	return out
}

// inputs finds the column or field behind each name of an expression.
func (c *compiler) inputs(f *field, fields []field) {
	f.inputs = map[string]input{}
	for _, alias := range f.expr.Fields {
		f.inputs[string(alias)] = input{src: c.source(alias, "mapping."+string(f.target)+".expr"), field: -1}
	}
	for _, t := range f.expr.Targets {
		i := slices.IndexFunc(fields, func(x field) bool { return string(x.target) == t })
		f.inputs[t] = input{field: i}
	}
}

func (c *compiler) matchKeys(m *Mapper) {
	for i, k := range c.conn.Match {
		src := c.source(policy.SourceField(k.Alias()), fmt.Sprintf("match[%d]", i))
		m.match = append(m.match, matchKey{name: string(k), src: src, email: k != policy.MatchEmployeeNumber})
	}
}
