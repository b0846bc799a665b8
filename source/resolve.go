package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/adrg/strutil/metrics"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/policy"
)

// reference is a BambooHR field that the settings name, and where they do.
type reference struct {
	place   string
	purpose string // the directory field it fills, or "scope"
	field   policy.SourceField
}

// references lists the fields of mapping and scope in the order of the settings. What is never written
// is not read (security §1 #16).
func references(c *policy.Connection) []reference {
	var out []reference
	for _, r := range c.Mapping {
		if r.Authority == policy.AuthorityLocal {
			continue
		}
		place := "connection.mapping." + r.Target
		if r.Expr != "" {
			e, err := policy.CompileExpr(r.Expr, c.Mapping)
			if err != nil {
				continue // parsing the settings has refused it
			}
			for _, f := range e.Fields {
				out = append(out, reference{place + ".expr", r.Target, f})
			}
		}
		for i, f := range r.From {
			out = append(out, reference{fmt.Sprintf("%s.from[%d]", place, i), r.Target, f})
		}
	}
	for _, list := range []struct {
		name  string
		rules []policy.Rule
	}{{"include", c.Scope.Include}, {"exclude", c.Scope.Exclude}} {
		for i, r := range list.rules {
			out = append(out, reference{fmt.Sprintf("connection.scope.%s[%d].field", list.name, i), "scope", r.Field})
		}
	}
	return out
}

// Resolve answers which alias each "name:…" reference of the settings means, and refuses, all at once
// and each with its place, references that BambooHR does not have, has several times, or that must not
// be read. The field list is asked for only when the settings name something outside the standard
// fields, and then once; a reference it does not have makes it be asked for again.
func (b *BambooHR) Resolve(ctx context.Context, conn *policy.Connection) (map[string]string, error) {
	const doing = "look up the fields"
	refs := references(conn)
	known := columnsByAlias()
	standard := func(r reference) bool {
		_, named := r.field.Name()
		_, ok := known[string(r.field)]
		return !named && (ok || slices.Contains(computed(), string(r.field)))
	}
	if !slices.ContainsFunc(refs, func(r reference) bool { return !standard(r) && !isRefused(r) }) {
		_, faults := resolveAll(refs, standard, nil)
		return map[string]string{}, b.wrap(doing, settingsError(faults))
	}
	cached := b.cachedFields()
	fields, err := b.fieldList(ctx)
	if err != nil && hasNames(refs) || err != nil && !errors.Is(err, bamboohr.ErrForbidden) {
		return nil, b.wrap(doing, err)
	}
	if err != nil { // aliases are taken as they are; a wrong one shows as unreadable in the first read
		return map[string]string{}, nil
	}
	aliases, faults := resolveAll(refs, standard, fields)
	if len(faults) > 0 && cached {
		b.forgetFields()
		if fields, err = b.fieldList(ctx); err != nil {
			return nil, b.wrap(doing, err)
		}
		aliases, faults = resolveAll(refs, standard, fields)
	}
	return aliases, b.wrap(doing, settingsError(faults))
}

func isRefused(r reference) bool { _, yes := refused(string(r.field)); return yes }

func hasNames(refs []reference) bool {
	return slices.ContainsFunc(refs, func(r reference) bool { _, ok := r.field.Name(); return ok })
}

// settingsError is one line with every fault, nil without any.
func settingsError(faults []policy.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	texts := make([]string, len(faults))
	for i, f := range faults {
		texts[i] = f.String()
	}
	return fmt.Errorf("%w: %s", ErrSettings, strings.Join(texts, "; "))
}

func resolveAll(refs []reference, standard func(reference) bool, fields []bamboohr.Field) (map[string]string, []policy.Fault) {
	aliases := map[string]string{}
	var faults []policy.Fault
	for _, r := range refs {
		alias, why := string(r.field), ""
		if name, named := r.field.Name(); named {
			alias, why = resolveName(name, fields)
		} else if refusal, yes := refused(alias); yes {
			why = alias + " " + refusal
		} else if !standard(r) && !slices.ContainsFunc(fields, func(f bamboohr.Field) bool { return f.Alias == alias }) {
			why = fmt.Sprintf("unknown BambooHR field %q%s", alias, similar(alias, fields))
		}
		if why != "" {
			faults = append(faults, policy.Fault{Place: r.place, Message: why})
			continue
		}
		if string(r.field) != alias {
			aliases[string(r.field)] = alias
		}
	}
	return aliases, faults
}

// resolveName finds the alias of the field with that name: deprecated twins do not count, and a field
// without an alias cannot be read (bamboohr-api §2.9).
func resolveName(name string, fields []bamboohr.Field) (alias, why string) {
	var found []string
	nameless := false
	for _, f := range fields {
		if nameKey(f.Name) != nameKey(name) || bool(f.Deprecated) {
			continue
		}
		if f.Alias == "" {
			nameless = true
		} else if !slices.Contains(found, f.Alias) {
			found = append(found, f.Alias)
		}
	}
	switch {
	case len(found) == 1:
		if refusal, yes := refused(found[0]); yes {
			return "", found[0] + " " + refusal
		}
		return found[0], ""
	case len(found) > 1:
		return "", fmt.Sprintf("%d BambooHR fields are called %q; write the alias of the one you mean: %s", len(found), name, strings.Join(found, ", "))
	case nameless:
		return "", fmt.Sprintf("the BambooHR field %q has no alias, so it cannot be read; use a custom field of the employee", name)
	}
	return "", fmt.Sprintf("no BambooHR field is called %q%s", name, similar(name, fields))
}

// similar names up to three fields whose name or alias is like the one that was not found.
func similar(name string, fields []bamboohr.Field) string {
	type match struct {
		text  string
		score float64
	}
	alike := metrics.NewJaroWinkler()
	var matches []match
	for _, f := range fields {
		if f.Alias == "" || bool(f.Deprecated) {
			continue
		}
		score := max(alike.Compare(nameKey(name), nameKey(f.Name)), alike.Compare(nameKey(name), nameKey(f.Alias)))
		if score >= 0.85 {
			matches = append(matches, match{fmt.Sprintf("%q (%s)", f.Name, f.Alias), score})
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return cmp.Compare(b.score, a.score) })
	if len(matches) == 0 {
		return "; BambooHR lists them under Settings > Employee Fields"
	}
	texts := make([]string, 0, 3)
	for _, m := range matches[:min(len(matches), 3)] {
		texts = append(texts, m.text)
	}
	return "; similar: " + strings.Join(texts, ", ")
}

// fieldList is BambooHR's field list, asked for once.
func (b *BambooHR) fieldList(ctx context.Context) ([]bamboohr.Field, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.meta != nil {
		return b.meta, nil
	}
	fields, err := b.client.Fields(ctx)
	if err != nil {
		return nil, err
	}
	b.meta = fields
	return fields, nil
}

func (b *BambooHR) cachedFields() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.meta != nil
}

func (b *BambooHR) forgetFields() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meta = nil
}
