package api

import (
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// endpoints is the table of all addresses: what the server answers, what the document tells, and what the tests
// walk.
func (a *api) endpoints() []endpoint {
	get, post, patch, remove := "GET", "POST", "PATCH", "DELETE"
	const settingsNote = "Settings of a connection that comes from the operator's file are changed there."
	const runNote = "Waits up to ten minutes for the run, which goes on when the request ends."
	return []endpoint{
		on(get, "/openapi.json", gate.Public, "getDocument", "This document", a.getDocument),
		on(get, "/me", account.Own, "getMe", "Tells whose token this is and what it may do", a.getMe),

		on(get, "/connections", account.Read, "listConnections", "Lists the connections by name", a.listConnections),
		on(post, "/connections", account.Configure, "createConnection", "Sets a connection up, as a draft", a.createConnection).
			makes().fails("settings", "conflict").note("Sent again with the same name it answers conflict and makes no second one."),
		on(get, "/connections/{id}", account.Read, "getConnection", "Shows a connection with its settings in force", a.getConnection),
		on(patch, "/connections/{id}", account.Configure, "patchConnection", "Saves settings as a new version, or a new API key", a.patchConnection).
			fails("settings", "changed_meanwhile", "read_only").note(settingsNote),
		on(remove, "/connections/{id}", account.Configure, "deleteConnection", "Takes a connection out", a.deleteConnection).
			fails("busy", "read_only").note("Its people stay as they are and are no longer from HR; its runs stay."),
		on(post, "/connections/{id}/check", account.Configure, "checkConnection", "Tests key and settings by reading the company once", a.checkConnection).
			fails("setup", "read_only", "changed_meanwhile"),
		on(post, "/connections/{id}/plans", account.Operate, "createPlan", "Reads BambooHR and plans what would change; nothing is applied", a.preview).
			makes().fails("settings", "read_only", "setup", "busy", "cancelled", "nobody", "ambiguous", "read").note(runNote),
		on(post, "/connections/{id}/sync", account.Operate, "sync", "Plans, and applies what the guard lets through", a.sync).
			fails("read_only", "setup", "busy", "cancelled", "read", "stale").note(runNote),
		on(post, "/connections/{id}/cancel", account.Operate, "cancel", "Ends the run under way between two batches", a.cancelConnection).fails("setup"),
		on(post, "/connections/{id}/pause", account.Configure, "pauseConnection", "Stops automatic runs for a while", a.pauseConnection).
			fails("setup", "settings"),
		on(post, "/connections/{id}/resume", account.Configure, "resumeConnection", "Ends a pause", a.resumeConnection),
		on(post, "/connections/{id}/enable", account.Configure, "enableConnection", "Switches automatic runs on", a.enableConnection).fails("setup", "read_only"),
		on(post, "/connections/{id}/disable", account.Configure, "disableConnection", "Switches automatic runs off", a.disableConnection).fails("read_only"),
		on(post, "/connections/{id}/approve", account.Configure, "approveConnection", "Lets the settings in force run by themselves", a.approveConnection).fails("setup"),
		on(get, "/connections/{id}/versions", account.Read, "listVersions", "Lists the stored settings, newest first", a.listVersions),
		on(post, "/connections/{id}/restore", account.Configure, "restoreVersion", "Makes an older version's settings the newest", a.restoreVersion).
			fails("settings", "read_only"),

		on(get, "/plans/{id}", account.Read, "getPlan", "Shows a whole plan, as \"rollcall plan -o json\" does", a.getPlan),
		on(get, "/plans/{id}/changes", account.Read, "listChanges", "Lists changes of a plan", a.listChanges),
		on(get, "/plans/{id}/held", account.Read, "listHeld", "Lists what a plan leaves as it is, and why", a.listHeld),
		on(post, "/plans/{id}/approve", account.Configure, "approvePlan", "Applies exactly the changes that waited for this approval", a.approvePlan).
			fails("setup", "stale", "busy", "cancelled", "release", "read_only").note(runNote),
		on(post, "/plans/{id}/apply", account.Operate, "applyPlan", "Applies a plan, but for what waits", a.applyPlan).
			fails("setup", "stale", "busy", "cancelled", "release", "second_person", "read_only").
			note("Approvals, releases and undo plans are for owner and admin. " + runNote),

		on(get, "/runs", account.Read, "listRuns", "Lists runs, newest first", a.listRuns).fails("not_found"),
		on(get, "/runs/{id}", account.Read, "getRun", "Shows a run", a.getRun),
		on(get, "/runs/{id}/changes", account.Read, "listRunChanges", "Lists what a run applied", a.listRunChanges),
		on(post, "/runs/{id}/undo", account.Configure, "undoRun", "Plans what takes a run back, and applies it when asked to", a.undoRun).
			fails("busy", "cancelled", "stale", "read_only", "nobody", "ambiguous", "settings").note(runNote),

		on(get, "/people", account.Read, "listPeople", "Lists people", a.listPeople).fails("not_found"),
		on(post, "/people", account.People, "createPerson", "Adds somebody who does not come from HR", a.createPerson).
			makes().fails("conflict", "nobody", "ambiguous"),
		on(post, "/people/import", account.People, "importPeople", "Adds people from a CSV file whose header names the keys of a person", a.importPeople).
			makes().fails("conflict").note("Every row, or none when anything is wrong."),
		on(get, "/people/{id}", account.Read, "getPerson", "Shows a person", a.getPerson),
		on(patch, "/people/{id}", account.People, "patchPerson", "Changes fields of a person by hand", a.patchPerson).
			fails("locked", "conflict", "changed_meanwhile", "nobody", "ambiguous", "last_owner"),
		on(post, "/people/{id}/invite", account.People, "invitePerson", "Makes a provisioned person active", a.invitePerson).fails("invalid", "changed_meanwhile"),
		on(post, "/people/{id}/deactivate", account.People, "deactivatePerson", "Ends somebody's access; runs leave it so", a.deactivatePerson).
			fails("invalid", "last_owner", "changed_meanwhile"),
		on(post, "/people/{id}/reactivate", account.People, "reactivatePerson", "Returns somebody to the state before the deactivation", a.reactivatePerson).
			fails("invalid", "changed_meanwhile"),
		on(get, "/people/{id}/timeline", account.Read, "listTimeline", "Lists what happened to a person, newest first", a.listTimeline),
		on(get, "/people/{id}/explain", account.Read, "explainPerson", "Tells why a person is as they are", a.explainPerson),
		on(get, "/explain", account.Read, "explain", "Tells why somebody is as they are, or is not there", a.explainWho).fails("nobody", "ambiguous", "not_found"),

		on(get, "/holds", account.Read, "listHolds", "Lists the holds in force", a.listHolds),
		on(post, "/holds", account.People, "createHold", "Keeps runs off a person, or off one field", a.createHold).
			makes().fails("not_found", "nobody", "ambiguous"),
		on(remove, "/holds/{id}", account.People, "deleteHold", "Ends a hold", a.deleteHold),
		on(post, "/decisions", account.People, "decide", "Settles a held match; the next run acts on it", a.decide).
			makes().fails("not_found", "nobody", "ambiguous"),

		on(get, "/departments", account.Read, "listDepartments", "Lists the departments by name", a.listDepartments),
		on(get, "/teams", account.Read, "listTeams", "Lists the teams by name", a.listTeams),
		on(get, "/audit", account.Read, "listAudit", "Lists the audit trail, newest first", a.listAudit),
		on(get, "/tokens", account.Accounts, "listTokens", "Lists the API tokens, newest first", a.listTokens),
		on(remove, "/tokens/{id}", account.Accounts, "revokeToken", "Ends a token at once", a.revokeToken).
			note("No token makes another: new ones are made under Settings, or with \"rollcall tokens create\"."),
	}
}
