package people

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

func trim(s string) string { return strings.TrimSpace(s) }

// sentence gives text a capital, unless it begins with an address, and a full stop.
func sentence(s string) string {
	s = trim(s)
	if first, _, _ := strings.Cut(s, " "); !strings.Contains(first, "@") {
		s = words.Capital(s)
	}
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// heldWord is what a hold is on: a field, or everything.
func heldWord(f directory.Field) string { return cmp.Or(words.Field(f), "The whole person") }

// inSentence is a field inside a sentence.
func inSentence(f directory.Field) string { return strings.ToLower(words.Field(f)) }

// statusTag is a status with its colour.
func statusTag(s directory.Status) (colour, text string) {
	switch s {
	case directory.Active:
		return "good", "Active"
	case directory.Provisioned:
		return "update", "Provisioned"
	case directory.Deactivated:
		return "deactivate", "Deactivated"
	}
	return "plain", "Not in the directory"
}

// statusMeaning says what a status means (product, "A person's states").
func statusMeaning(s directory.Status) string {
	switch s {
	case directory.Active:
		return "Can sign in. Takes a seat."
	case directory.Provisioned:
		return "Has an account but cannot sign in until invited. Takes no seat."
	}
	return "Cannot sign in. The record is kept. Takes no seat."
}

// actionTag is what a plan's action is called, and coloured, in somebody's story.
func actionTag(a plan.Action) (colour, text string) {
	switch a {
	case plan.Create:
		return "create", "Account made"
	case plan.Update:
		return "update", "Updated"
	case plan.Deactivate:
		return "deactivate", "Deactivated"
	case plan.Reactivate:
		return "reactivate", "Reactivated"
	case plan.LinkPerson:
		return "link", "Linked"
	}
	return "plain", words.Capital(strings.ReplaceAll(string(a), "_", " "))
}

// authorityWords says who leads for a field, in a few words and in a sentence (promises AY21, BW10, SI4).
func authorityWords(a policy.Authority) (short, long string) {
	switch a {
	case policy.AuthorityLocked:
		return "Locked", "BambooHR controls this field; it can only be changed there."
	case policy.AuthorityOverwrite:
		return "BambooHR leads", "It can be edited here, but the next run overwrites it."
	case policy.AuthorityOnCreate:
		return "Set once", "It came from BambooHR when the account was made; edits here stay."
	case policy.AuthorityFillEmpty:
		return "Filled while blank", "BambooHR fills it only while it is blank; edits here stay."
	}
	return "Kept here", "No run writes it; edits here stay."
}

// onScreen rewords what the planner, the engine and the editor say for the command line.
func onScreen(text string) string {
	text = words.Reword(text, rewordings)
	text = fieldNames().ReplaceAllStringFunc(text, func(name string) string { return inSentence(directory.Field(name)) })
	return sentence(text)
}

// ofFile rewords what is wrong with a file, whose columns keep their names.
func ofFile(text string) string { return sentence(words.Reword(text, rewordings)) }

// fieldNames finds standard fields by the names that only programs use.
var fieldNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\b(?:employee_id|first_name|last_name|preferred_name|display_name|job_title|(?:original_)?hire_date|deactivation_date)\b`)
})

// rewordings are a table in effect constant: a command, and where a screen does the same.
var rewordings = words.Table([][2]string{
	{`what run run_[a-z0-9]+ changed`, "what a run changed"},
	{`undo of run run_[a-z0-9]+`, "undo of a run"},
	{` (is not changed|has no account) \([a-z_]+\): `, " $1: "},
	{` \(run_[a-z0-9]+, by `, " (a run by "},
	{` \(run_[a-z0-9]+\)`, ""},
	{`\bRun run_[a-z0-9]+ `, "The run "},
	{`if this is meant: "rollcall apply [^"]*--release [^"]*"`, "if this is meant, an administrator releases it in the plan by typing the count"},
	{`if this is meant: "rollcall apply [^"]*--approve [^"]*"`, "if this is meant, an administrator approves it in the plan"},
	{`if this is meant: "rollcall apply [^"]*"`, "if this is meant, apply it on the page of the preview"},
	{`nothing to do: the next run does it; "rollcall sync" is one`, "nothing to do: the next run does it"},
	{`"rollcall holds" lists the hold; end it with "rollcall hold remove"`, "remove the hold on the person's page"},
	{`(?:end (?:the hold|it) with )?"rollcall hold remove [^"]*"`, "remove the hold on the person's page"},
	{`"rollcall hold remove"`, "remove the hold on the person's page"},
	{`(?:with )?"rollcall person (?:edit|reactivate|deactivate|invite)[^"]*"`, "on the person's page"},
	{`,? or decide with "rollcall decide[^"]*"(?:, or --new, or --ignore)?`, ", or decide in the preview who this is"},
	{`decide (?:again )?with "rollcall decide[^"]*"(?:, or --new, or --ignore)?`, "decide in the preview who this is"},
	{`, or put a hold on the field with "rollcall hold"`, ""},
	{`, for "clear_when_blank" clears no address`, ": the mapping’s “Blank: clear” clears no address"},
	{` \(authority overwrite\)`, " (“Overwritten” in the mapping)"},
	{` \(authority fill_empty\)`, " (“While empty” in the mapping)"},
	{` \(authority on_create\)`, " (“Only at first” in the mapping)"},
	{` \(authority local\)`, " (“Never written” in the mapping)"},
	{` \(match_mode adopt\)`, " (the account was there before BambooHR)"},
	{`(?:run )?"rollcall check"`, "run the check of the connection"},
	{`use an e-mail address, (?:id:PERSON, )?employee:BAMBOOHR_ID(?:, number:EMPLOYEE_NUMBER| or number:EMPLOYEE_NUMBER)(?: or an exact name)?`, "use an e-mail address, employee:ID with the id from BambooHR, or number: and the employee number"},
})

// party is whoever did something: a person, or a name without a page.
type party struct{ ID, Name string }

// parties names actors of history and audit by their ids.
func (p *pages) parties(ctx context.Context, ids ...string) (func(id string) party, error) {
	slices.Sort(ids)
	known, err := p.Views.Briefs(ctx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	return func(id string) party { return partyOf(id, known) }, nil
}

func partyOf(id string, known map[string]view.PersonBrief) party {
	if b, ok := known[id]; ok {
		return party{id, cmp.Or(b.Name, b.Email, id)}
	}
	return party{Name: directory.ActorWords(id)}
}

// byName puts the name of one of the actors where the editor's sentence begins with the id.
func byName(text string, actors []string, who func(string) party) string {
	for _, actor := range actors {
		if rest, ok := strings.CutPrefix(text, actor+" "); ok && actor != "" {
			return who(actor).Name + " " + rest
		}
	}
	return text
}

func orDash(s string) string { return cmp.Or(s, "–") }
