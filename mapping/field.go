package mapping

import (
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// The held reasons that a note can give (surface, "Plan as JSON").
const (
	invalidValue = "invalid_value"
	unreadable   = "unreadable"
)

// fromExpr is the From of a value that an expression gave.
const fromExpr = "expr"

// The slots of the fields that other values are made from.
const (
	slotFirst     = 2
	slotLast      = 3
	slotPreferred = 4
	slotDisplay   = 5
)

// field is one mapped directory field.
type field struct {
	target  directory.Field
	slot    int // of a standard field, else -1
	kind    directory.Kind
	hidden  bool // only an expression looks at it
	sources []source
	expr    *policy.Expression // nil: the first of sources
	inputs  map[string]input   // what the names in expr stand for
	convert converter
}

// input is what a name of an expression stands for: a column, or a field compiled before.
type input struct {
	src   source
	field int // index in Mapper.fields, -1 for a column
}

func newField(r policy.FieldRule) field {
	target := directory.Field(r.Target)
	return field{target: target, slot: target.Slot(), kind: shownKind(r.Kind()), convert: converterFor(r)}
}

// shownKind is the directory's kind for the policy's.
func shownKind(k policy.Kind) directory.Kind {
	switch k {
	case policy.KindNumber:
		return directory.KindNumber
	case policy.KindDate:
		return directory.KindDate
	case policy.KindBoolean:
		return directory.KindBoolean
	case policy.KindList:
		return directory.KindList
	case policy.KindMoney:
		return directory.KindMoney
	default:
		return directory.KindText
	}
}

// firstSet takes the first source that is not blank, see Map.
func (f *field) firstSet(rec *hr.Record, w *directory.Wanted) directory.Want {
	for _, s := range f.sources {
		text, state := s.read(rec)
		switch state {
		case hr.Unreadable:
			return directory.Want{State: directory.WantUnreadable, From: s.alias}
		case hr.Blank:
			continue
		}
		if want := f.use(text, s.alias, w); want.State != directory.WantBlank {
			return want
		}
	}
	return f.blank(f.sources[0].alias)
}

// use converts a set value.
func (f *field) use(raw, from string, w *directory.Wanted) directory.Want {
	text, stripped, fault := f.convert(raw)
	if fault != "" {
		if !f.hidden {
			invalid(w, f.target, from+": "+fault)
		}
		return directory.Want{State: directory.WantInvalid, From: from}
	}
	if stripped && !f.hidden {
		w.Notes = append(w.Notes, directory.Note{Field: f.target, Detail: from + ": invisible or control characters were taken out"})
	}
	if text == "" {
		return f.blank(from)
	}
	return directory.Want{State: directory.WantSet, Text: text, From: from}
}

// blank is the want of a blank source. For a yes-or-no field blank means no (bamboohr-api §3.6).
func (f *field) blank(from string) directory.Want {
	if f.kind == directory.KindBoolean {
		return directory.Want{State: directory.WantSet, Text: "false", From: from}
	}
	return directory.Want{State: directory.WantBlank, From: from}
}

// evaluate runs the field's expression. It gives nothing while one of its inputs is unreadable or
// could not be used: "" in its place would be another person's value.
func (m *Mapper) evaluate(f *field, rec *hr.Record, w *directory.Wanted) directory.Want {
	worst := directory.WantSet
	out, err := f.expr.Run(func(name string) string {
		in := f.inputs[name]
		if in.field >= 0 {
			want := &m.wants[in.field]
			worst = worse(worst, want.State)
			return want.Text
		}
		raw, state := in.src.read(rec)
		if state == hr.Unreadable {
			worst = directory.WantUnreadable
		}
		text, _ := directory.CleanText(raw)
		return text
	})
	switch {
	case worst != directory.WantSet:
		return directory.Want{State: worst, From: fromExpr}
	case err != nil:
		invalid(w, f.target, err.Error())
		return directory.Want{State: directory.WantInvalid, From: fromExpr}
	}
	return f.use(out, fromExpr, w)
}

// worse keeps what stops an expression: unreadable before invalid; set and blank do not.
func worse(a, b directory.WantState) directory.WantState {
	if b == directory.WantUnreadable || (b == directory.WantInvalid && a != directory.WantUnreadable) {
		return b
	}
	return a
}
