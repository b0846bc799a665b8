package admin

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/internal/web/ui"
	"github.com/rollcall-hr/rollcall/internal/web/words"
)

// subject tells what an entry of the audit trail is about.
type subject int

const (
	aboutNothing subject = iota
	aboutPerson
	aboutConnection
	aboutPlan
	aboutToken
	aboutEmployee // CONNECTION/EMPLOYEE
	aboutGroup
	aboutMail
	aboutRun
	aboutSomething // of a kind that is not known here
)

// event is an audit event in words.
type event struct {
	text  string
	about subject
	ids   bool // before and after are ids of what has no page
}

// changeWords counts a kind of change as the history does.
func changeWords(action string) (one, many string) {
	switch action {
	case "create":
		return "new person", "new people"
	case "deactivate":
		return "deactivation", "deactivations"
	case "reactivate":
		return "reactivation", "reactivations"
	case "create_department":
		return "new department", "new departments"
	case "create_team":
		return "new team", "new teams"
	}
	one = strings.ReplaceAll(action, "_", " ")
	if action == "update" || action == "link" {
		return one, one + "s"
	}
	return one, one // "11 held"
}

// eventOf words an event; one that is not known here is shown as it is.
func eventOf(name string) event {
	if e, ok := events()[name]; ok {
		return e
	}
	return event{words.Capital(strings.ReplaceAll(name, "_", " ")), aboutSomething, false}
}

// events words what accounts, connections, runs and human edits write to the audit trail.
func events() map[string]event {
	return map[string]event{
		"sign_in":               {"Signed in", aboutPerson, false},
		"sign_in_failed":        {"Sign-in failed", aboutPerson, false},
		"sign_out":              {"Signed out", aboutPerson, false},
		"password_link":         {"Password link made", aboutPerson, false},
		"password_set":          {"Password set", aboutPerson, false},
		"identity_linked":       {"Sign-in account linked", aboutPerson, false},
		"identity_unlinked":     {"Sign-in account unlinked", aboutPerson, false},
		"owner_created":         {"Owner created", aboutPerson, false},
		"role_changed":          {"Role changed", aboutPerson, false},
		"token_created":         {"API token made", aboutToken, false},
		"token_revoked":         {"API token revoked", aboutToken, false},
		"sign_in_settings":      {"Sign-in settings changed", aboutNothing, false},
		"organisation_named":    {"Organisation renamed", aboutNothing, false},
		"organisation_language": {"Language of mails chosen", aboutNothing, false},

		"recipient_asked":     {"Address asked whether it takes notices", aboutMail, false},
		"recipient_confirmed": {"Address agreed to notices", aboutNothing, false},
		"welcomes_released":   {"Invitations released", aboutRun, false},
		"mail_retried":        {"Mail sent again", aboutMail, false},
		"mail_discarded":      {"Mail discarded", aboutMail, false},

		"connection_created":   {"Connection created", aboutConnection, false},
		"connection_checked":   {"Connection checked", aboutConnection, false},
		"connection_approved":  {"Settings approved", aboutConnection, false},
		"connection_enabled":   {"Automatic runs switched on", aboutConnection, false},
		"connection_disabled":  {"Automatic runs switched off", aboutConnection, false},
		"connection_paused":    {"Automatic runs paused", aboutConnection, false},
		"connection_resumed":   {"Automatic runs resumed", aboutConnection, false},
		"add_freeze":           {"Fields frozen", aboutConnection, true},
		"end_freeze":           {"Freeze ended", aboutConnection, true},
		"connection_failing":   {"Connection in error", aboutConnection, false},
		"connection_recovered": {"Connection works again", aboutConnection, false},
		"connection_deleted":   {"Connection deleted", aboutConnection, false},
		"settings_saved":       {"Settings saved", aboutConnection, false},
		"key_set":              {"API key replaced", aboutConnection, false},
		"accept_baseline":      {"New head-count accepted", aboutConnection, false},

		"apply":         {"Changes applied", aboutPlan, false},
		"deactivate":    {"Deactivated by a run", aboutPerson, false},
		"reactivate":    {"Reactivated by a run", aboutPerson, false},
		"move_email":    {"E-mail address moved", aboutPerson, false},
		"export_person": {"Written to BambooHR", aboutPerson, false},
		"save_person":   {"Person edited", aboutPerson, false},
		"add_hold":      {"Hold added", aboutPerson, true},
		"remove_hold":   {"Hold removed", aboutPerson, true},
		"decide":        {"Match decided", aboutEmployee, false},
		"merge_groups":  {"Departments or teams merged", aboutGroup, true},
		"rename_group":  {"Department or team renamed", aboutGroup, true},
	}
}

// savedAs is what was done to a person by hand, by the action that the entry's detail begins with.
func savedAs(detail string) string {
	action, _, _ := strings.Cut(detail, ",")
	switch action {
	case "create":
		return "Person added"
	case "deactivate":
		return "Deactivated by hand"
	case "reactivate":
		return "Reactivated by hand"
	}
	return eventOf("save_person").text
}

// detailWords writes an entry's detail; that of applied changes is a count per action.
func detailWords(name, detail string) string {
	if name == "save_person" {
		return "" // savedAs says it
	}
	if rest, ok := strings.CutPrefix(detail, "oidc, "); ok && strings.HasPrefix(name, "sign_in") {
		return "at the sign-in provider, " + rest
	}
	var counts map[string]int
	if name != "apply" || json.Unmarshal([]byte(detail), &counts) != nil {
		return detail
	}
	var parts []string
	for _, action := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[action]; n > 0 {
			one, many := changeWords(action)
			parts = append(parts, ui.Count(n, one, many))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "no changes")
}
