package runs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// actionWord is how an action is called and coloured.
type actionWord struct {
	action    plan.Action
	colour    string // see ui.Tag
	tag       string // of one row
	done      string // in the chart of a run and a plan
	one, many string // counted in sentences
	count     func(plan.Counts) int
}

func actionWords() []actionWord {
	return []actionWord{
		{plan.Create, "create", "New person", "created", "new person", "new people", func(c plan.Counts) int { return c.Create }},
		{plan.Update, "update", "Update", "updated", "update", "updates", func(c plan.Counts) int { return c.Update }},
		{plan.Deactivate, "deactivate", "Deactivate", "deactivated", "deactivation", "deactivations", func(c plan.Counts) int { return c.Deactivate }},
		{plan.Reactivate, "reactivate", "Reactivate", "reactivated", "reactivation", "reactivations", func(c plan.Counts) int { return c.Reactivate }},
		{plan.LinkPerson, "link", "Link", "linked", "link", "links", func(c plan.Counts) int { return c.Link }},
		{plan.CreateDepartment, "group", "New department", "departments", "new department", "new departments", func(c plan.Counts) int { return c.CreateDepartment }},
		{plan.CreateTeam, "group", "New team", "teams", "new team", "new teams", func(c plan.Counts) int { return c.CreateTeam }},
	}
}

func wordOf(a plan.Action) actionWord {
	all := actionWords()
	if i := slices.IndexFunc(all, func(w actionWord) bool { return w.action == a }); i >= 0 {
		return all[i]
	}
	return actionWord{action: a, colour: "plain", tag: string(a)}
}

// tally counts changes in words, one entry per kind that occurs.
func tally(c plan.Counts) []string {
	var out []string
	for _, w := range actionWords() {
		if n := w.count(c); n > 0 {
			out = append(out, ui.Count(n, w.one, w.many))
		}
	}
	return out
}

// tallyText is tally on one line, for lists of runs.
func tallyText(c plan.Counts) string {
	if parts := tally(c); len(parts) > 0 {
		return strings.Join(parts, ", ")
	}
	return "no changes"
}

// kindWord names what a guarded kind holds back.
func kindWord(k plan.Kind) string {
	switch k {
	case plan.KindDeactivate:
		return "Deactivations"
	case plan.KindMoveEmail:
		return "E-mail changes"
	case plan.KindBlank:
		return "Cleared values"
	case plan.KindNewDepartments:
		return "New departments, and the people in them"
	case plan.KindIDChurn:
		return "New people, links and missing people"
	case plan.KindBaseline:
		return "What the doubtful reading would take away"
	}
	return string(k)
}

// outcomeWord is an outcome with its colour.
func outcomeWord(o syncrun.Outcome) (colour, text string) {
	switch o {
	case "":
		return "update", "Running"
	case syncrun.OutcomePreview:
		return "plain", "Preview"
	case syncrun.OutcomeNoOp:
		return "same", "Nothing to do"
	case syncrun.OutcomeApplied:
		return "good", "Applied"
	case syncrun.OutcomePartial:
		return "warn", "Partly applied"
	case syncrun.OutcomeFailed:
		return "bad", "Failed"
	case syncrun.OutcomeRefused:
		return "bad", "Refused"
	case syncrun.OutcomeUndone:
		return "held", "Undone"
	case syncrun.OutcomeInterrupted:
		return "bad", "Interrupted"
	}
	return "plain", string(o)
}

func outcomes() []syncrun.Outcome {
	return []syncrun.Outcome{syncrun.OutcomePreview, syncrun.OutcomeNoOp, syncrun.OutcomeApplied, syncrun.OutcomePartial, syncrun.OutcomeFailed,
		syncrun.OutcomeRefused, syncrun.OutcomeUndone, syncrun.OutcomeInterrupted}
}

// triggerWord says what started a run.
func triggerWord(t syncrun.Trigger) string {
	switch t {
	case syncrun.TriggerManual:
		return "By hand"
	case syncrun.TriggerSchedule:
		return "Schedule"
	case syncrun.TriggerWebhook:
		return "Webhook"
	case syncrun.TriggerPerson:
		return "One person"
	case syncrun.TriggerUndo:
		return "Undo"
	case syncrun.TriggerHuman:
		return "Edit by hand"
	}
	return string(t)
}

func triggers() []syncrun.Trigger {
	return []syncrun.Trigger{syncrun.TriggerManual, syncrun.TriggerSchedule, syncrun.TriggerWebhook, syncrun.TriggerPerson, syncrun.TriggerUndo}
}

// jobWord says what is under way.
func jobWord(k connection.JobKind) string {
	switch k {
	case connection.JobApply:
		return "Applying changes"
	case connection.JobSync:
		return "Syncing"
	case connection.JobUndo:
		return "Undoing a run"
	}
	return "Making a preview"
}

// progressWords says how far work is.
func progressWords(k connection.JobKind, p syncrun.Progress) string {
	switch p.Phase {
	case "reading":
		return "Reading " + ui.Count(p.Done, "employee", "employees") + " from BambooHR"
	case "planning":
		return fmt.Sprintf("Comparing %s of %s", ui.Number(p.Done), ui.Count(p.Total, "employee", "employees"))
	case "applying":
		return fmt.Sprintf("Applied %s of %s", ui.Number(p.Done), ui.Count(p.Total, "change", "changes"))
	}
	if k == connection.JobPreview || k == connection.JobSync {
		return "Reading employees from BambooHR"
	}
	return "Getting ready"
}

// onScreen rewords what the planner and the engine say for the command line.
func onScreen(text string) string {
	return sentence(words.Reword(ui.Said(text), rewordings))
}

// rewordings are a table in effect constant: a command, and where a screen does the same.
var rewordings = words.Table([][2]string{
	{`what run run_[a-z0-9]+ changed`, "what that run changed"},
	{`plan plan_[a-z0-9]+ is stale`, "the plan is stale"},
	{`hold hold_[a-z0-9]+ was put on`, "a hold was put on"},
	{`(is stale: [^;]*) \(id:p_[a-z0-9_]+\)`, "$1"},
	{`decide with "rollcall decide [^"]*", or --new, or --ignore`, "decide below who this is"},
	{`,? or decide with "rollcall decide"`, ""},
	{`decide again with "rollcall decide"`, "decide again below"},
	{`"rollcall holds" lists the hold; end it with "rollcall hold remove"`, "the page Holds of the connection lists the hold and ends it"},
	{`end the hold with "rollcall hold remove [^"]*"`, "end the hold on the page Holds of the connection"},
	{`"rollcall hold remove [^"]*"`, "end it on the page Holds of the connection"},
	{`with "rollcall person edit"`, "on the person's page"},
	{`make a new one with "rollcall plan"`, "make a new preview"},
	{`wait until it is done, or see it with "rollcall runs [^"]*"`, "wait until it is done"},
	{`; "rollcall (holds|runs|freezes)" lists them`, ""},
	{`put a hold on the field with "rollcall hold"`, "put a hold on the field on the page Holds of the connection"},
	{`; "rollcall explain [^"]*"+ tells why`, ""},
	{`make one without --as-of`, "make a preview of today"},
	{`--release (\S+)=(\d+) does not match`, "the count $2 does not match"},
})

// sentence gives text a capital and a full stop.
func sentence(s string) string {
	s = words.Capital(strings.TrimSpace(s))
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

func took(r syncrun.Run) string {
	if r.FinishedAt.IsZero() {
		return ""
	}
	return ui.Span(max(r.FinishedAt.Sub(r.StartedAt), time.Millisecond))
}
