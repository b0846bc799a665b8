// Package holdform is the form of a hold, which the pages of a person and of a connection share: what it asks
// and what was typed. Finding the person and drawing the page are left to them.
package holdform

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// The ends that a hold can have, as the form calls them.
const (
	untilRemoved = "removed"
	untilDay     = "day"
	untilHR      = "hr"
)

// Inputs are the form's inputs, for the settings that the hold keeps runs of: what, until when (contradiction
// C2), why. typed is what was typed so far, wrong what of it cannot be taken.
func Inputs(p *policy.Connection, typed url.Values, wrong ui.Errors) []ui.Input {
	what := append([]ui.Option{{Text: "The whole person"}, {Value: "status", Text: "Status: no deactivation, no reactivation"}}, Fields(p)...)
	return []ui.Input{
		{Name: "field", Label: "What", Value: typed.Get("field"), Error: wrong["field"], Options: what},
		{Name: "end", Label: "Until", Value: typed.Get("end"), Error: wrong["end"], Options: []ui.Option{{Value: untilRemoved, Text: "somebody removes it"},
			{Value: untilDay, Text: "the end of a day"}, {Value: untilHR, Text: "BambooHR says what is here now"}}},
		{Name: "until", Label: "Last day", Kind: "date", Value: typed.Get("until"), Error: wrong["until"], Optional: true,
			Hint: "For the end of a day, in " + p.Zones().Connection().String() + "."},
		{Name: "reason", Label: "Reason", Value: typed.Get("reason"), Error: wrong["reason"], Required: true, Hint: "For whoever finds the hold later."}}
}

// Fields lists the fields that runs of a connection may write, standard ones first.
func Fields(p *policy.Connection) []ui.Option {
	var names, own []string
	for _, f := range directory.Standard() {
		if _, mapped := p.Rule(string(f)); mapped || f == directory.DisplayName {
			names = append(names, string(f))
		}
	}
	for _, rule := range p.Mapping {
		if strings.Contains(rule.Target, ".") {
			own = append(own, rule.Target)
		}
	}
	slices.Sort(own)
	var out []ui.Option
	for _, name := range append(names, own...) {
		out = append(out, ui.Option{Value: name, Text: form.Label(name)})
	}
	return out
}

// Hold is a hold as it was typed.
type Hold struct {
	Field  directory.Field
	Until  time.Time // zero: until it is removed, or with Agrees until BambooHR agrees
	Agrees bool
	Reason string
}

// Read reads the form, and says what of it cannot be taken.
func Read(e *people.Editor, typed url.Values) (Hold, ui.Errors) {
	h, wrong := Hold{Field: directory.Field(typed.Get("field"))}, ui.Errors{}
	if h.Field != "" && h.Field != "status" && !slices.ContainsFunc(Fields(e.Policy), func(o ui.Option) bool { return o.Value == string(h.Field) }) {
		wrong["field"] = "Choose one of the fields."
	}
	if h.Reason, _ = directory.CleanText(typed.Get("reason")); h.Reason == "" {
		wrong["reason"] = "Say why, for whoever finds the hold later."
	} else if utf8.RuneCountInString(h.Reason) > directory.MaxText {
		wrong["reason"] = "Write at most 200 characters."
	}
	end, err := syncrun.EndOfDay(typed.Get("until"), e.Policy.Zones().Connection())
	switch typed.Get("end") {
	case untilDay:
		h.Until = end
		if err != nil {
			wrong["until"] = "Choose the last day, as 2026-11-21."
		}
	case untilHR:
		h.Agrees = true
	case untilRemoved, "":
		if typed.Get("until") != "" {
			wrong["end"] = "Choose the end of a day, or leave the day empty."
		}
	default:
		wrong["end"] = "Choose when the hold ends."
	}
	return h, wrong
}

// Add puts the hold on a person, or says why this person cannot have it, or not until then.
func (h Hold) Add(ctx context.Context, e *people.Editor, person *directory.Person) (ui.Errors, error) {
	var err error
	switch who := "id:" + person.ID; {
	case h.Agrees:
		_, err = e.AddHoldUntilHR(ctx, who, h.Field, h.Reason)
	default:
		_, err = e.AddHold(ctx, who, h.Field, h.Until, h.Reason)
	}
	if input, ok := errors.AsType[*syncrun.InputError](err); ok {
		switch input.Field {
		case "until":
			return ui.Errors{"until": form.Sentence(input.Text)}, nil
		case "until_hr_agrees":
			return ui.Errors{"end": form.Sentence(input.Text)}, nil
		}
	}
	return nil, err
}
