package api

import (
	"slices"

	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/web/api/draft"
	"github.com/rollcall-hr/rollcall/internal/web/api/organisation"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
)

// endpoints is the table of all addresses: what the server answers, what the document tells, and what the tests
// walk.
func (a *api) endpoints() []endpoint {
	return slices.Concat(a.meEndpoints(), a.connectionEndpoints(), draft.Endpoints(a.Connections, a.Now), a.planEndpoints(), a.peopleEndpoints(), a.figureEndpoints(), a.automationEndpoints(), organisation.Endpoints(organisation.Deps{
		Accounts: a.Accounts, Connections: a.Connections, Views: a.Views, Mails: a.Mails, Provider: a.Provider, Now: a.Now, Verify: a.Verify, URL: a.URL}))
}

const (
	get, post, put, patch, remove = "GET", "POST", "PUT", "PATCH", "DELETE"

	settingsNote = "Settings of a connection that comes from the operator's file are changed there."
	runNote      = "Waits up to ten minutes for the run, which goes on when the request ends."
)

func (a *api) meEndpoints() []endpoint {
	return []endpoint{
		on(get, "/openapi.json", gate.Public, "getDocument", "This document", a.getDocument),
		on(get, "/me", account.Own, "getMe", "Tells whose token this is and what it may do", a.getMe),
		on(get, "/me/person", account.Own, "getMyPerson", "Shows the person whose token this is", a.getMyPerson).Fails("not_found"),
	}
}

func (a *api) connectionEndpoints() []endpoint {
	return []endpoint{
		on(get, "/connections", account.Read, "listConnections", "Lists the connections by name", a.listConnections),
		on(post, "/connections", account.Configure, "createConnection", "Sets a connection up, as a draft", a.createConnection).
			Makes().Fails("settings", "conflict").Note("Sent again with the same name it answers conflict and makes no second one."),
		on(get, "/connections/{id}", account.Read, "getConnection", "Shows a connection with its settings in force", a.getConnection),
		on(patch, "/connections/{id}", account.Configure, "patchConnection", "Saves settings as a new version, or a new API key", a.patchConnection).
			Fails("settings", "changed_meanwhile", "read_only").Note(settingsNote),
		on(remove, "/connections/{id}", account.Configure, "deleteConnection", "Takes a connection out", a.deleteConnection).
			Fails("busy", "read_only").Note("Its people stay as they are and are no longer from HR; its runs stay."),
		on(post, "/connections/{id}/check", account.Configure, "checkConnection", "Tests key and settings by reading the company once", a.checkConnection).
			Fails("setup", "read_only", "changed_meanwhile"),
		on(post, "/connections/{id}/plans", account.Operate, "createPlan", "Reads BambooHR and plans what would change; nothing is applied", a.preview).
			Makes().Fails("settings", "read_only", "setup", "busy", "cancelled", "nobody", "ambiguous", "read").Note(runNote),
		on(post, "/connections/{id}/sync", account.Operate, "sync", "Plans, and applies what the guard lets through", a.sync).
			Fails("settings", "read_only", "setup", "busy", "cancelled", "read", "stale").Note(runNote),
		on(post, "/connections/{id}/cancel", account.Operate, "cancel", "Ends the run under way between two batches", a.cancelConnection).Fails("setup"),
		on(post, "/connections/{id}/pause", account.Configure, "pauseConnection", "Stops automatic runs for a while", a.pauseConnection).
			Fails("setup", "settings"),
		on(post, "/connections/{id}/resume", account.Configure, "resumeConnection", "Ends a pause", a.resumeConnection),
		on(post, "/connections/{id}/enable", account.Configure, "enableConnection", "Switches automatic runs on", a.enableConnection).Fails("setup", "read_only"),
		on(post, "/connections/{id}/disable", account.Configure, "disableConnection", "Switches automatic runs off", a.disableConnection).Fails("read_only"),
		on(post, "/connections/{id}/approve", account.Configure, "approveConnection", "Lets the settings in force run by themselves", a.approveConnection).Fails("setup"),
		on(get, "/connections/{id}/versions", account.Read, "listVersions", "Lists the stored settings, newest first", a.listVersions),
		on(get, "/connections/{id}/versions/{version}", account.Read, "getVersion", "Shows one of the stored settings", a.getVersion),
		on(get, "/connections/{id}/settings.yaml", account.Read, "exportSettings", "Gives the settings in force as a file, as rollcall.yaml has them", a.exportSettings).
			Fails("read_only").Note("The key is not in it."),
		on(put, "/connections/{id}/settings.yaml", account.Configure, "importSettings", "Replaces all settings by those of a file, as a new version", a.importSettings).
			Fails("settings", "read_only").Note("With any fault nothing changes. Whether the connection runs by itself stays as it is."),
		on(post, "/connections/{id}/restore", account.Configure, "restoreVersion", "Makes an older version's settings the newest", a.restoreVersion).
			Fails("settings", "read_only"),
	}
}

func (a *api) planEndpoints() []endpoint {
	return []endpoint{
		on(get, "/plans/{id}", account.Read, "getPlan", "Shows a whole plan, as \"rollcall plan -o json\" does", a.getPlan),
		on(get, "/plans/{id}/summary", account.Read, "summarizePlan", "Counts what a plan changes, by kind and reason", a.summarizePlan),
		on(get, "/plans/{id}/changes.csv", account.Read, "exportChanges", "Gives a plan as CSV, a line per changed field and held entry", a.exportChanges),
		on(get, "/plans/{id}/changes", account.Read, "listChanges", "Lists changes of a plan", a.listChanges),
		on(get, "/plans/{id}/held", account.Read, "listHeld", "Lists what a plan leaves as it is, and why", a.listHeld),
		on(post, "/plans/{id}/approve", account.Configure, "approvePlan", "Applies exactly the changes that waited for this approval", a.approvePlan).
			Fails("setup", "stale", "busy", "cancelled", "release", "read_only").Note(runNote),
		on(post, "/plans/{id}/apply", account.Operate, "applyPlan", "Applies a plan, but for what waits", a.applyPlan).
			Fails("settings", "setup", "stale", "busy", "cancelled", "release", "second_person", "read_only").
			Note("Approvals, releases and undo plans are for owner and admin. " + runNote),

		on(get, "/runs", account.Read, "listRuns", "Lists runs, newest first", a.listRuns).Fails("not_found"),
		on(get, "/runs/{id}", account.Read, "getRun", "Shows a run", a.getRun),
		on(get, "/runs/{id}/changes", account.Read, "listRunChanges", "Lists what a run applied", a.listRunChanges),
		on(post, "/runs/{id}/undo", account.Configure, "undoRun", "Plans what takes a run back, and applies it when asked to", a.undoRun).
			Fails("busy", "cancelled", "stale", "read_only", "nobody", "ambiguous", "settings").Note(runNote),
	}
}

func (a *api) peopleEndpoints() []endpoint {
	return []endpoint{
		on(get, "/people", account.Read, "listPeople", "Lists people", a.listPeople).Fails("not_found"),
		on(get, "/people.csv", account.Read, "exportPeople", "Gives people as CSV, in the columns that an import reads", a.exportPeople).Fails("not_found"),
		on(post, "/people", account.People, "createPerson", "Adds somebody who does not come from HR", a.createPerson).
			Makes().Fails("conflict", "nobody", "ambiguous"),
		on(post, "/people/import", account.People, "importPeople", "Adds people from a CSV file whose header names the keys of a person", a.importPeople).
			Makes().Fails("conflict").Note("Every row, or none when anything is wrong."),
		on(get, "/people/{id}", account.Read, "getPerson", "Shows a person", a.getPerson),
		on(patch, "/people/{id}", account.People, "patchPerson", "Changes fields of a person by hand", a.patchPerson).
			Fails("locked", "conflict", "changed_meanwhile", "nobody", "ambiguous", "last_owner"),
		on(post, "/people/{id}/invite", account.People, "invitePerson", "Makes a provisioned person active", a.invitePerson).Fails("invalid", "changed_meanwhile"),
		on(post, "/people/{id}/deactivate", account.People, "deactivatePerson", "Ends somebody's access; runs leave it so", a.deactivatePerson).
			Fails("invalid", "last_owner", "changed_meanwhile"),
		on(post, "/people/{id}/reactivate", account.People, "reactivatePerson", "Returns somebody to the state before the deactivation", a.reactivatePerson).
			Fails("invalid", "changed_meanwhile"),
		on(get, "/people/{id}/timeline", account.Read, "listTimeline", "Lists what happened to a person, newest first", a.listTimeline),
		on(get, "/people/{id}/explain", account.Read, "explainPerson", "Tells why a person is as they are", a.explainPerson),
		on(get, "/explain", account.Read, "explain", "Tells why somebody is as they are, or is not there", a.explainWho).Fails("nobody", "ambiguous", "not_found"),

		on(get, "/holds", account.Read, "listHolds", "Lists the holds in force", a.listHolds),
		on(post, "/holds", account.People, "createHold", "Keeps runs off a person, or off one field", a.createHold).
			Makes().Fails("not_found", "nobody", "ambiguous"),
		on(remove, "/holds/{id}", account.People, "deleteHold", "Ends a hold", a.deleteHold),
		on(get, "/freezes", account.Read, "listFreezes", "Lists the freezes in force", a.listFreezes).Fails("not_found"),
		on(post, "/freezes", account.Configure, "createFreeze", "Keeps fields of everybody who is in the directory as they are for a while", a.createFreeze).
			Makes().Fails("not_found").Note("New people get all their fields, and whoever leaves is deactivated. What waits is caught up with when the freeze ends."),
		on(remove, "/freezes/{id}", account.Configure, "deleteFreeze", "Ends a freeze; the next run catches up", a.deleteFreeze),
		on(post, "/decisions", account.People, "decide", "Settles a held match; the next run acts on it", a.decide).
			Makes().Fails("not_found", "nobody", "ambiguous"),
	}
}
