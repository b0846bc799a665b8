package endpoint

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/answer"
	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// datasetFilter is a parsed OData-like expression: conditions joined by and, or by or, never both.
type datasetFilter struct {
	any   bool // joined by or
	conds []datasetCond
}

// datasetCond is `field op value`.
type datasetCond struct {
	field  *company.Field
	op     string
	values []string
}

// filterError is what is wrong with a filter: an unknown field (400) or anything else (422).
type filterError struct{ field, detail string }

// tokenise cuts an expression into words, quoted strings, and the signs ( ) and comma.
// Quoted strings keep their opening quote; a quote inside is doubled as in OData (assumed).
func tokenise(s string) (tokens []string, ok bool) {
	for i := 0; i < len(s); {
		switch ch := s[i]; {
		case ch == ' ' || ch == '\t' || ch == '\n':
			i++
		case ch == '(' || ch == ')' || ch == ',':
			tokens = append(tokens, string(ch))
			i++
		case ch == '\'':
			text := "'"
			for i++; ; i++ {
				if i >= len(s) {
					return nil, false
				}
				if s[i] == '\'' {
					if i++; i >= len(s) || s[i] != '\'' {
						break
					}
				}
				text += string(s[i])
			}
			tokens = append(tokens, text)
		default:
			end := i
			for end < len(s) && !strings.ContainsRune(" \t\n(),'", rune(s[end])) {
				end++
			}
			tokens = append(tokens, s[i:end])
			i = end
		}
	}
	return tokens, true
}

// parseFilter reads an expression ([D] bamboohr-api §2.6: operators, no mixing of and with or, no "not in").
func (c *call) parseFilter(s string) (f datasetFilter, err *filterError) {
	tokens, ok := tokenise(s)
	if !ok {
		return f, &filterError{detail: "unterminated string"}
	}
	joint := ""
	for len(tokens) > 0 {
		cond, rest, err := c.parseCond(tokens)
		if err != nil {
			return f, err
		}
		f.conds = append(f.conds, cond)
		if len(rest) == 0 {
			break
		}
		word := rest[0]
		if word != "and" && word != "or" || joint != "" && joint != word || len(rest) == 1 {
			return f, &filterError{detail: "expected one kind of and / or before " + word}
		}
		joint, tokens = word, rest[1:]
	}
	f.any = joint == "or"
	return f, nil
}

func (c *call) parseCond(tokens []string) (cond datasetCond, rest []string, err *filterError) {
	if len(tokens) < 3 {
		return cond, nil, &filterError{detail: "incomplete condition"}
	}
	named, ok := c.datasetFieldNamed(tokens[0])
	if !ok {
		return cond, nil, &filterError{field: tokens[0]}
	}
	cond = datasetCond{field: c.FieldOf(named.alias), op: tokens[1]}
	ordered := cond.field.Kind == company.KindDate || cond.field.Type == "int" || cond.field.Type == "timestamp"
	switch cond.op {
	case "eq", "ne":
	case "lt", "le", "gt", "ge":
		if !ordered {
			return cond, nil, &filterError{detail: cond.op + " is not supported on " + tokens[0]}
		}
	case "in":
		return c.parseIn(cond, tokens)
	default:
		return cond, nil, &filterError{detail: "unknown operator " + cond.op}
	}
	if tokens[2] == "duration" && len(tokens) > 3 {
		day, ok := c.duration(cond, strings.TrimPrefix(tokens[3], "'"))
		if !ok {
			return cond, nil, &filterError{detail: "invalid duration"}
		}
		cond.values = []string{day}
		return cond, tokens[4:], nil
	}
	cond.values = []string{strings.TrimPrefix(tokens[2], "'")}
	return cond, tokens[3:], nil
}

func (c *call) parseIn(cond datasetCond, tokens []string) (datasetCond, []string, *filterError) {
	end := slices.Index(tokens, ")")
	if tokens[2] != "(" || end < 0 {
		return cond, nil, &filterError{detail: "in needs a list in parentheses"}
	}
	for i, t := range tokens[3:end] {
		if (i%2 == 1) != (t == ",") {
			return cond, nil, &filterError{detail: "in needs values separated by commas"}
		}
		if i%2 == 0 {
			cond.values = append(cond.values, strings.TrimPrefix(t, "'"))
		}
	}
	// [D]: several values only on option fields.
	if len(cond.values) == 0 || len(cond.values) > 1 && !optionField(cond.field) {
		return cond, nil, &filterError{detail: "in is not supported with these values"}
	}
	return cond, tokens[end+1:], nil
}

// duration resolves P30D and the like: back from today with lt and le, forward with gt and ge ([D] datasets v2).
func (c *call) duration(cond datasetCond, s string) (string, bool) {
	sign := 1
	if rest, negative := strings.CutPrefix(s, "-"); negative {
		s, sign = rest, -1
	}
	if len(s) < 3 || s[0] != 'P' || cond.field.Kind != company.KindDate || cond.op == "eq" || cond.op == "ne" {
		return "", false
	}
	n, err := strconv.Atoi(s[1 : len(s)-1])
	if err != nil || n < 0 {
		return "", false
	}
	if n *= sign; cond.op[0] == 'l' {
		n = -n
	}
	today, err := time.Parse(time.DateOnly, c.Snapshot().Today)
	if err != nil {
		return "", false
	}
	switch s[len(s)-1] {
	case 'Y':
		today = today.AddDate(n, 0, 0)
	case 'M':
		today = today.AddDate(0, n, 0)
	case 'W':
		today = today.AddDate(0, 0, 7*n)
	case 'D':
		today = today.AddDate(0, 0, n)
	default:
		return "", false
	}
	return today.Format(time.DateOnly), true
}

// match tells whether a person fulfils the expression; what the key may not read never does (assumed).
func (f *datasetFilter) match(c *call, p answer.Person) bool {
	if len(f.conds) == 0 {
		return true
	}
	for _, cond := range f.conds {
		if ok := c.Readable(p, cond.field) && cond.holds(p.Value(cond.field)); ok == f.any {
			return ok
		}
	}
	return !f.any
}

func (cond *datasetCond) holds(value string) bool {
	if cond.op == "in" {
		return slices.Contains(cond.values, value)
	}
	order := answer.CompareValues(cond.field, value, cond.values[0])
	switch cond.op {
	case "eq":
		return order == 0
	case "ne":
		return order != 0
	}
	if value == "" {
		return false
	}
	switch cond.op {
	case "lt":
		return order < 0
	case "le":
		return order <= 0
	case "gt":
		return order > 0
	default:
		return order >= 0
	}
}
