package form

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/policy"
)

// The two ways a row says where its value comes from.
const (
	ByField = "from"
	ByExpr  = "expr"
)

// MapRow is one row of the mapping form.
type MapRow struct {
	Target, Label    string
	Kind             policy.Kind
	How              string // ByField or ByExpr
	From             []string
	Expr             string
	Authority, Clear string
	Split, Currency  string
	Type             string
	Own              bool // custom field or budget
}

// Place is where the row stands in settings; the ids of its inputs begin with it.
func (r MapRow) Place() string { return "mapping." + r.Target }

// Name is the name of one of the row's inputs.
func (r MapRow) Name(part string) string { return r.Target + "." + part }

// Slug is the target as an id that needs no quoting.
func (r MapRow) Slug() string { return strings.ReplaceAll(r.Target, ".", "-") }

// MappingValues writes a mapping as the form shows it.
func MappingValues(c policy.Connection) url.Values {
	v := url.Values{}
	rules := slices.Clone(c.Mapping)
	slices.SortStableFunc(rules, func(a, b policy.FieldRule) int { return cmp.Compare(order(a.Target), order(b.Target)) })
	for _, r := range rules {
		v.Add("rows", r.Target)
		name := MapRow{Target: r.Target}.Name
		v.Set(name("how"), ByField)
		for _, f := range r.From {
			v.Add(name("from"), string(f))
		}
		if r.Expr != "" {
			v.Set(name("how"), ByExpr)
			v.Set(name("expr"), r.Expr)
		}
		v.Set(name("authority"), string(r.Authority))
		v.Set(name("clear"), clearWord(r.ClearWhenBlank))
		v.Set(name("split"), r.Split)
		v.Set(name("currency"), r.Currency)
		v.Set(name("type"), string(r.Type))
	}
	return v
}

// order puts the standard fields as people read them, and those that an organisation names itself after them.
func order(target string) int {
	all := policy.Targets()
	if i := slices.IndexFunc(all, func(t policy.Target) bool { return t.Name == target }); i >= 0 {
		return i
	}
	return len(all)
}

func clearWord(clear bool) string {
	if clear {
		return "yes"
	}
	return "no"
}

// MapRows reads the rows of the form; names that are no fields, which no browser sends, are left out.
func MapRows(v url.Values) []MapRow {
	var out []MapRow
	for _, target := range v["rows"] {
		t, ok := policy.FindTarget(target)
		if !ok || target == "photo" || slices.ContainsFunc(out, func(r MapRow) bool { return r.Target == target }) {
			continue
		}
		r := MapRow{Target: target, Label: Label(target), Kind: t.Kind, Own: strings.Contains(target, ".")}
		get := func(part string) string { return v.Get(r.Name(part)) }
		r.How, r.Expr, r.Authority, r.Clear = cmp.Or(get("how"), ByField), get("expr"), get("authority"), get("clear")
		r.Split, r.Currency, r.Type = get("split"), get("currency"), get("type")
		for _, f := range v[r.Name("from")] {
			if f != "" {
				r.From = append(r.From, f)
			}
		}
		if strings.HasPrefix(target, policy.CustomPrefix) {
			r.Type = cmp.Or(r.Type, string(policy.KindText))
			r.Kind = policy.Kind(r.Type)
		}
		out = append(out, r)
	}
	return out
}

// MappingPatch turns the form into a patch: every row in full, and null for what is mapped but has no row.
func MappingPatch(v url.Values, inForce []policy.FieldRule) Document {
	rows := MapRows(v)
	mapping := Document{}
	for _, r := range inForce {
		mapping[r.Target] = nil
	}
	for _, r := range rows {
		rule := Document{"authority": cmp.Or(r.Authority, string(policy.AuthorityOverwrite)), "clear_when_blank": Yes(r.Clear)}
		if r.How == ByExpr {
			rule["expr"] = r.Expr
		} else {
			rule["from"] = append([]string{}, r.From...)
		}
		if r.Kind == policy.KindList {
			rule["split"] = cmp.Or(r.Split, ",")
		}
		if r.Kind == policy.KindMoney {
			rule["currency"] = r.Currency
		}
		if strings.HasPrefix(r.Target, policy.CustomPrefix) {
			rule["type"] = r.Type
		}
		mapping[r.Target] = rule
	}
	return Document{"mapping": mapping}
}

// Without leaves rows out of a patch, so that the settings in force stand for them.
func (d Document) Without(targets func(string) bool) Document {
	mapping := Document{}
	for target, rule := range d["mapping"].(Document) {
		if !targets(target) {
			mapping[target] = rule
		}
	}
	return Document{"mapping": mapping}
}

// RowFields are the fields of a row that faults may name.
func RowFields(rows []MapRow) []string {
	var out []string
	for _, r := range rows {
		for _, part := range []string{"from", "expr", "split", "currency", "type", "authority"} {
			out = append(out, r.Place()+"."+part)
		}
		out = append(out, r.Place())
	}
	return out
}

// AddRow adds the row that the form asks for; it says what is wrong with the new name.
func AddRow(v url.Values) (added, fault string) {
	target := v.Get("add.target")
	if target == policy.BudgetPrefix || target == policy.CustomPrefix {
		name := v.Get("add.name")
		if name == "" {
			return "", "Name the new field, e.g. shirt_size."
		}
		target += name
	}
	t, ok := policy.FindTarget(target)
	switch {
	case !ok && strings.Contains(target, "."):
		return "", "Use letters, digits and _ for the name, beginning with a letter, e.g. shirt_size."
	case !ok || target == "photo":
		return "", "Choose the field to add."
	case slices.Contains(v["rows"], target):
		return "", Label(target) + " is in the list already."
	}
	v.Add("rows", target)
	row := MapRow{Target: target}
	v.Set(row.Name("how"), ByField)
	v.Set(row.Name("from"), string(t.Alias))
	v.Set(row.Name("authority"), string(policy.AuthorityOverwrite))
	v.Set(row.Name("clear"), clearWord(t.ClearWhenBlank))
	v.Del("add.target")
	v.Del("add.name")
	return target, ""
}

// RemoveRow takes a field out of the form.
func RemoveRow(v url.Values, target string) {
	v["rows"] = slices.DeleteFunc(slices.Clone(v["rows"]), func(t string) bool { return t == target })
}

var columnOf = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`at column (\d+)`) })

// Caret points at the column that an expression's error names; "" when it names none.
func Caret(expr, message string) string {
	m := columnOf().FindStringSubmatch(message)
	if m == nil || expr == "" || strings.Contains(expr, "\n") {
		return ""
	}
	column, err := strconv.Atoi(m[1])
	runes := []rune(expr)
	if err != nil || column < 1 || column > len(runes)+1 {
		return ""
	}
	from := max(0, column-40) // the part around it, so that a long one needs no scrolling
	to := min(len(runes), from+60)
	return fmt.Sprintf("%s\n%s^", string(runes[from:to]), strings.Repeat(" ", column-1-from))
}
