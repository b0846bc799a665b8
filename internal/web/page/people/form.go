package people

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/a-h/templ"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
)

// formPage is a person to be typed in, new or not.
type formPage struct {
	ui.Page
	Action, Back string
	Version      int64 // of the person when the form was made; 0 for a new one
	Leads        string
	Groups       []fieldGroup
	Lists        []suggestions
	Errors       ui.Errors
	Order        []string
	Keep         bool // the box that holds what is changed is ticked
	MayKeep      bool
	Submit       string
}

// fieldGroup is a part of the form.
type fieldGroup struct {
	Title  string
	Inputs []formInput
}

// formInput is a field with what it said when the form was made, so that only what somebody typed counts.
type formInput struct {
	ui.Input
	Was string
}

// suggestions are what people here have in a field.
type suggestions struct {
	ID     string
	Values []string
}

// field is one field of a person with who leads for it.
type field struct {
	Name      directory.Field
	Kind      directory.Kind
	Authority policy.Authority
	From      string // BambooHR fields it comes from, in words; "" when it does not
	Text      string // canonical
}

// fieldsOf lists the standard fields, then the budgets and custom fields that the mapping or the person has.
func fieldsOf(e *people.Editor, p *directory.Person) []field {
	standard := directory.Standard()
	names := standard[:]
	var own []directory.Field
	for _, rule := range e.Policy.Mapping {
		if f := directory.Field(rule.Target); f.Slot() < 0 && (strings.HasPrefix(rule.Target, policy.CustomPrefix) || strings.HasPrefix(rule.Target, policy.BudgetPrefix)) {
			own = append(own, f)
		}
	}
	for _, x := range p.Values.Extras() {
		own = append(own, x.Field)
	}
	slices.Sort(own)
	out := make([]field, 0, len(names)+len(own))
	for _, name := range append(names, slices.Compact(own)...) {
		f := field{Name: name, Kind: p.Values.KindOf(name), Authority: e.AuthorityOf(p, name), Text: p.Values.Get(name)}
		if rule, ok := e.Policy.Rule(string(name)); ok {
			if rule.Type != "" {
				f.Kind = directory.Kind(rule.Type)
			}
			if p.Link != nil {
				f.From = sourceWords(rule)
			}
		} else if name == directory.DisplayName && p.Link != nil {
			f.From = "the name"
		}
		out = append(out, f)
	}
	return out
}

// sourceWords names the BambooHR fields of a mapping row.
func sourceWords(rule policy.FieldRule) string {
	if rule.Expr != "" {
		return "an expression"
	}
	names := make([]string, len(rule.From))
	for i, f := range rule.From {
		names[i] = strings.TrimPrefix(string(f), "name:")
	}
	return strings.Join(names, ", else ")
}

// typedText is a field's value as it is typed; people by address.
func (f *field) typedText(address func(id string) string) string {
	if f.Name == directory.Manager && f.Text != "" {
		return cmp.Or(address(f.Text), "id:"+f.Text)
	}
	if f.Kind == directory.KindList {
		return strings.Join(directory.SplitList(f.Text), ", ")
	}
	return f.Text
}

// input is a field of the form.
func (f *field) input(value string) ui.Input {
	in := ui.Input{Name: string(f.Name), Label: words.Field(f.Name), Value: value, Complete: "off", More: templ.Attributes{}}
	switch {
	case f.Name == directory.Email:
		in.Kind, in.Required = "email", true
	case f.Name == directory.Manager:
		in.Hint = "E-mail address or exact name. Leave it empty for nobody."
	case f.Name == directory.Department || f.Name == directory.Location:
		in.More["list"] = "known-" + string(f.Name)
	case f.Kind == directory.KindDate && !strings.HasPrefix(value, "--"):
		in.Kind = "date"
	case f.Kind == directory.KindList:
		in.Hint = "Separate with commas."
	case f.Kind == directory.KindBoolean:
		in.Options = []ui.Option{{Text: "–"}, {Value: "true", Text: "Yes"}, {Value: "false", Text: "No"}}
	case f.Kind == directory.KindMoney:
		in.Hint = "Amount and currency, e.g. 500.00 EUR."
	}
	switch {
	case f.Authority == policy.AuthorityLocked:
		in.More["disabled"], in.Hint, in.Required = true, fmt.Sprintf("Locked: it comes from %s. Change it in BambooHR.", f.From), false
	case f.Authority == policy.AuthorityOverwrite:
		in.Hint = strings.TrimSpace(in.Hint + " The next run overwrites this.")
	}
	return in
}

// groupOf tells in which part of the form a field stands.
func groupOf(f directory.Field) string {
	switch f {
	case directory.Email, directory.FirstName, directory.LastName, directory.PreferredName, directory.DisplayName:
		return "Name and address"
	case directory.EmployeeID, directory.JobTitle, directory.Department, directory.Division, directory.Location, directory.Teams, directory.Manager:
		return "Work"
	case directory.Phone, directory.Gender, directory.Birthday:
		return "Contact and personal"
	case directory.HireDate, directory.OriginalHireDate, directory.DeactivationDate:
		return "Dates"
	}
	return "Budgets and own fields"
}

// lay puts fields into the form's parts, with what was typed where something was.
func (page *formPage) lay(fields []field, address func(string) string, typed url.Values, emailFixed string) {
	for _, title := range []string{"Name and address", "Work", "Contact and personal", "Dates", "Budgets and own fields"} {
		g := fieldGroup{Title: title}
		for i := range fields {
			f := &fields[i]
			if groupOf(f.Name) != title {
				continue
			}
			was := f.typedText(address)
			in := formInput{Input: f.input(was), Was: was}
			if f.Name == directory.Email && emailFixed != "" {
				in.More["disabled"], in.Hint, in.Required = true, emailFixed, false
			}
			if typed.Has(in.Name) {
				in.Value = typed.Get(in.Name)
			}
			in.Error = page.Errors[in.Name]
			g.Inputs = append(g.Inputs, in)
			page.Order = append(page.Order, ui.Labelled(in.Input)...)
		}
		if len(g.Inputs) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
}

var (
	decimal = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,6})?$`) })
	money   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,6})? [A-Z]{3}$`) })
)

// fault says why a value cannot be taken, "" when it can.
func (f *field) fault(text string) string {
	if text == "" {
		if f.Name == directory.Email {
			return "A person needs an e-mail address."
		}
		return ""
	}
	if utf8.RuneCountInString(text) > directory.MaxText && f.Kind != directory.KindList {
		return fmt.Sprintf("Write at most %d characters.", directory.MaxText)
	}
	switch {
	case f.Name == directory.Email:
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return fmt.Sprintf("%q is no e-mail address.", text)
		}
	case f.Kind == directory.KindDate:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return fmt.Sprintf("%q is no date. Write it as 2026-11-21.", text)
		}
	case f.Kind == directory.KindMoney && !money().MatchString(text):
		return fmt.Sprintf("%q is no amount. Write it as 500.00 EUR.", text)
	case f.Kind == directory.KindNumber && !decimal().MatchString(text):
		return fmt.Sprintf("%q is no number.", text)
	case f.Kind == directory.KindBoolean && text != "true" && text != "false":
		return "Choose yes or no."
	case f.Kind == directory.KindList:
		for item := range strings.SplitSeq(text, ",") {
			if utf8.RuneCountInString(trim(item)) > directory.MaxText {
				return fmt.Sprintf("Write at most %d characters between two commas.", directory.MaxText)
			}
		}
	}
	return ""
}

// changes are the fields in which a form says something else than when it was made, in the editor's words.
func changes(ctx context.Context, e *people.Editor, fields []field, typed url.Values) (map[directory.Field]string, ui.Errors, error) {
	set, wrong := map[directory.Field]string{}, ui.Errors{}
	for i := range fields {
		f := &fields[i]
		name := string(f.Name)
		text := trim(typed.Get(name))
		if !typed.Has(name) || text == trim(typed.Get("was:"+name)) {
			continue
		}
		if fault := f.fault(text); fault != "" {
			wrong[name] = fault
			continue
		}
		if f.Name == directory.Manager && text != "" {
			id, fault, err := manager(ctx, e, text)
			if err != nil {
				return nil, nil, err
			}
			if fault != "" {
				wrong[name] = fault
				continue
			}
			text = "id:" + id
		}
		set[f.Name] = text
	}
	return set, wrong, nil
}

// manager finds the person whom somebody names as a manager.
func manager(ctx context.Context, e *people.Editor, who string) (id, fault string, err error) {
	s, err := e.Find(ctx, who)
	many, _ := errors.AsType[*people.AmbiguousError](err)
	nobody, _ := errors.AsType[*people.NobodyError](err)
	switch {
	case many != nil:
		return "", "Several people are called this. Write the e-mail address.", nil
	case nobody != nil:
		return "", fmt.Sprintf("Nobody here is known as %q. Write an e-mail address or the exact name.", who), nil
	case err != nil:
		return "", "", err
	case s.Person == nil:
		return "", s.Name + " is an employee in BambooHR but not in the directory yet.", nil
	}
	return s.Person.ID, "", nil
}

// known lists what people here have as department and location.
func (p *pages) known(ctx context.Context) ([]suggestions, error) {
	facets, err := p.Views.PeopleFacets(ctx)
	if err != nil {
		return nil, err
	}
	values := func(list []view.Facet) (out []string) {
		for _, f := range list {
			if f.Value != "" {
				out = append(out, f.Value)
			}
		}
		return out
	}
	return []suggestions{{"known-department", values(facets.Departments)}, {"known-location", values(facets.Locations)}}, nil
}
