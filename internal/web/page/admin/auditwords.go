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
	aboutSomething // of a kind that is not known here
)

// event is an audit event in words.
type event struct {
	text  string
	about subject
}

// eventOf words an event; one that is not known here is shown as it is.
func eventOf(name string) event {
	if e, ok := events()[name]; ok {
		return e
	}
	return event{words.Capital(strings.ReplaceAll(name, "_", " ")), aboutSomething}
}

// events words what accounts, connections, runs and human edits write to the audit trail.
func events() map[string]event {
	return map[string]event{
		"sign_in":               {"Signed in", aboutPerson},
		"sign_in_failed":        {"Sign-in failed", aboutPerson},
		"sign_out":              {"Signed out", aboutPerson},
		"password_link":         {"Password link made", aboutPerson},
		"password_set":          {"Password set", aboutPerson},
		"identity_linked":       {"Sign-in account linked", aboutPerson},
		"identity_unlinked":     {"Sign-in account unlinked", aboutPerson},
		"owner_created":         {"Owner created", aboutPerson},
		"role_changed":          {"Role changed", aboutPerson},
		"token_created":         {"API token made", aboutToken},
		"token_revoked":         {"API token revoked", aboutToken},
		"sign_in_settings":      {"Sign-in settings changed", aboutNothing},
		"organisation_named":    {"Organisation renamed", aboutNothing},
		"organisation_language": {"Language of mails chosen", aboutNothing},

		"connection_created":   {"Connection created", aboutConnection},
		"connection_checked":   {"Connection checked", aboutConnection},
		"connection_approved":  {"Settings approved", aboutConnection},
		"connection_enabled":   {"Automatic runs switched on", aboutConnection},
		"connection_disabled":  {"Automatic runs switched off", aboutConnection},
		"connection_paused":    {"Automatic runs paused", aboutConnection},
		"connection_resumed":   {"Automatic runs resumed", aboutConnection},
		"add_freeze":           {"Fields frozen", aboutConnection},
		"end_freeze":           {"Freeze ended", aboutConnection},
		"connection_failing":   {"Connection in error", aboutConnection},
		"connection_recovered": {"Connection works again", aboutConnection},
		"connection_deleted":   {"Connection deleted", aboutConnection},
		"settings_saved":       {"Settings saved", aboutConnection},
		"key_set":              {"API key replaced", aboutConnection},
		"accept_baseline":      {"New head-count accepted", aboutConnection},

		"apply":         {"Changes applied", aboutPlan},
		"deactivate":    {"Deactivated by a run", aboutPerson},
		"reactivate":    {"Reactivated by a run", aboutPerson},
		"move_email":    {"E-mail address moved", aboutPerson},
		"export_person": {"Written to BambooHR", aboutPerson},
		"save_person":   {"Person edited", aboutPerson},
		"add_hold":      {"Hold added", aboutPerson},
		"remove_hold":   {"Hold removed", aboutPerson},
		"decide":        {"Match decided", aboutEmployee},
		"merge_groups":  {"Departments or teams merged", aboutGroup},
		"rename_group":  {"Department or team renamed", aboutGroup},
	}
}

// detailWords writes an entry's detail; that of applied changes is a count per action.
func detailWords(name, detail string) string {
	var counts map[string]int
	if name != "apply" || json.Unmarshal([]byte(detail), &counts) != nil {
		return detail
	}
	var parts []string
	for _, action := range slices.Sorted(maps.Keys(counts)) {
		if n := counts[action]; n > 0 {
			parts = append(parts, strings.ReplaceAll(action, "_", " ")+" "+ui.Number(n))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "no changes")
}
