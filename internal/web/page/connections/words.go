package connections

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/web/page/connections/form"
	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/policy"
)

// addable lists the fields that have no row, and the two kinds that an organisation names itself.
func addable(rows []mapRow) []ui.Option {
	out := []ui.Option{{Value: "", Text: "Choose a field"}}
	for _, t := range policy.Targets() {
		if t.Kind != policy.KindPhoto && !slices.ContainsFunc(rows, func(r mapRow) bool { return r.Target == t.Name }) {
			out = append(out, ui.Option{Value: t.Name, Text: form.Label(t.Name)})
		}
	}
	return append(out, ui.Option{Value: policy.CustomPrefix, Text: "A custom field…"}, ui.Option{Value: policy.BudgetPrefix, Text: "A budget…"})
}

// operators are the comparisons of a rule as people read them.
func operators() []ui.Option {
	return []ui.Option{{Value: "in", Text: "is one of"}, {Value: "not_in", Text: "is none of"}, {Value: "is", Text: "is"}, {Value: "is_not", Text: "is not"},
		{Value: "is_true", Text: "is yes"}, {Value: "is_blank", Text: "is blank"}, {Value: "before", Text: "is before the day"},
		{Value: "after", Text: "is after the day"}, {Value: "matches", Text: "matches the pattern"}}
}

// signal is a leaving signal in words.
type signal struct {
	policy.Signal
	Title, Text string
}

// signals lists the leaving signals in the order of policy.Signals.
func signals() []signal {
	return []signal{
		{policy.SignalStatus, "Status is Inactive", "BambooHR’s own Active or Inactive."},
		{policy.SignalTermination, "Termination date is over", "At the end of that day where the person works."},
		{policy.SignalStatusBlocked, "Employment status is blocked", "One of the statuses ticked above. Leaving the list brings people back."},
		{policy.SignalOutOfScope, "No longer takes part", "The rules above leave somebody out who was in."},
		{policy.SignalMissing, "Missing in BambooHR", "A complete reading no longer has somebody who was linked."},
		{policy.SignalDeleted, "Deleted in BambooHR", "BambooHR says that the employee was deleted."},
	}
}

// labelled gives the fields of a form their labels, for ui.FormErrors. Those without one stand in a row that
// says what it is.
func labelled(fields []string) []string {
	labels := map[string]string{"name": "Connection name", "preset": "Preset", "bamboohr.subdomain": "BambooHR sub-domain", "api_key": "API key", "time_zone": "Time zone",
		"location_time_zones": "Time zones of locations", "schedule": "Schedule", "schedule.every": "Schedule", "schedule.daily": "Schedule", "schedule.weekly": "Schedule",
		"schedule.cron": "Schedule", "changes.every": "Look for changes every", "changes.webhook": "Let BambooHR tell of changes", "notify.errors": "Who learns about failures", "notify.welcome": "Password mails to new people", "departments": "A department that is not here yet",
		"teams": "A team that is not here yet", "approval": "Approval of settings", "bamboohr.reader": "How BambooHR is read", "guard.new_departments": "New departments at once",
		"guard.id_churn_percent": "Changed BambooHR ids", "guard.window": "Automatic changes count for", "plan_expires": "A plan is good for",
		"scope.block_statuses": "Employment statuses without access", "scope.no_status": "Employees without an employment status", "lifecycle.missing": "Missing in BambooHR",
		"lifecycle.combine": "When status and termination date disagree", "lifecycle.initial": "New people begin as", "lifecycle.pre_hire_days": "Days before the hire date",
		"lifecycle.manual_deactivation": "Whom an administrator deactivated by hand", "match": "Recognising people", "match_mode": "The first link writes"}
	for _, l := range form.GuardLimits() {
		for _, part := range []string{"", ".people", ".percent", ".refuse_percent"} {
			labels[l.Place()+part] = l.Title
		}
	}
	for _, s := range signals() {
		labels[form.SignalPlace(s.Signal)+".action"], labels[form.SignalPlace(s.Signal)+".grace_days"] = s.Title, s.Title
	}
	out := slices.Clone(fields)
	for i, name := range out {
		if label := labels[name]; label != "" {
			out[i] = name + ":" + label
		}
	}
	return out
}

// percentText writes a share with at most one decimal.
func percentText(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0") + " %"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
