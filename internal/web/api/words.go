package api

import (
	"reflect"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/internal/hint"
	"github.com/rollcall-hr/rollcall/internal/jobs"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/api/organisation"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/explain"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// choicesOf lists the words that a type of text knows, nil when it knows any.
func choicesOf(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[directory.Status]():
		return words(directory.Provisioned, directory.Active, directory.Deactivated)
	case reflect.TypeFor[directory.Role]():
		return words(account.Roles()...)
	case reflect.TypeFor[directory.DecisionKind]():
		return words(directory.DecideLink, directory.DecideNew, directory.DecideIgnore)
	case reflect.TypeFor[plan.Action]():
		return words(plan.Create, plan.Update, plan.Deactivate, plan.Reactivate, plan.LinkPerson, plan.CreateDepartment, plan.CreateTeam)
	case reflect.TypeFor[plan.Reason]():
		return reasons()
	case reflect.TypeFor[plan.Kind]():
		kinds := plan.Kinds()
		return words(kinds[:]...)
	case reflect.TypeFor[plan.Waiting]():
		return words(plan.WaitingApproval, plan.WaitingRefused)
	case reflect.TypeFor[peopleSort]():
		return words[peopleSort]("name", "email", "department", "status", "updated")
	case reflect.TypeFor[waitingFilter]():
		return words[waitingFilter]("any", "none", "approval", "refused")
	case reflect.TypeFor[undoKind]():
		return words[undoKind]("create", "update", "deactivate", "reactivate", "link", "move_email", "blank")
	case reflect.TypeFor[explain.ExplainResult]():
		return words(explain.ResultNothing, explain.ResultNotRead, explain.ResultGone, explain.ResultLeft, explain.ResultHeld, explain.ResultDecided,
			explain.ResultPlanned, explain.ResultApproval, explain.ResultRefused, explain.ResultInterrupted)
	case reflect.TypeFor[plan.HeldKind]():
		return words(plan.HeldPerson, plan.HeldField)
	case reflect.TypeFor[plan.Verdict]():
		return words(plan.Refused, plan.NeedsApproval, plan.Applies, plan.NothingToDo)
	case reflect.TypeFor[syncrun.Outcome]():
		return words(syncrun.OutcomePreview, syncrun.OutcomeNoOp, syncrun.OutcomeApplied, syncrun.OutcomePartial, syncrun.OutcomeFailed,
			syncrun.OutcomeRefused, syncrun.OutcomeUndone, syncrun.OutcomeInterrupted)
	case reflect.TypeFor[syncrun.Trigger]():
		return words(syncrun.TriggerManual, syncrun.TriggerSchedule, syncrun.TriggerWebhook, syncrun.TriggerPerson, syncrun.TriggerUndo, syncrun.TriggerHuman)
	case reflect.TypeFor[connection.State]():
		return words(connection.Draft, connection.Checked, connection.AwaitingApproval, connection.Enabled, connection.Paused, connection.Failing)
	case reflect.TypeFor[jobs.State]():
		return words(jobs.Waiting, jobs.Running, jobs.Retrying, jobs.Done, jobs.Failed)
	case reflect.TypeFor[jobs.Kind]():
		return words(jobs.Run, jobs.Effects, jobs.Changes)
	case reflect.TypeFor[view.EffectKind]():
		return words(view.EffectKinds()...)
	case reflect.TypeFor[hint.State]():
		return words(hint.Off, hint.Waiting, hint.Registered, hint.Refused)
	case reflect.TypeFor[connection.Origin]():
		return words(connection.FromWeb, connection.FromFile, connection.FromCLI)
	case reflect.TypeFor[connection.JobKind]():
		return words(connection.JobPreview, connection.JobApply, connection.JobSync, connection.JobUndo)
	case reflect.TypeFor[account.Permission]():
		return words(permissions()...)
	}
	return organisation.Words(t)
}

// reasons are those of changes and of held entries.
func reasons() []string {
	return words(plan.NewInHR, plan.FieldChanged, plan.StatusInactive, plan.Terminated, plan.StatusBlocked, plan.StatusBlank, plan.OutOfScope,
		plan.MissingInHR, plan.DeletedInHR, plan.Returned, plan.Linked, plan.Undone, plan.NoEmail, plan.DuplicateEmail, plan.AmbiguousMatch,
		plan.IdentityConflict, plan.EmailTaken, plan.ManagerLoop, plan.ManagerMissing, plan.Unreadable, plan.InactiveUnknown, plan.NotStarted,
		plan.OnHold, plan.LockedByAdmin, plan.NotFromHR, plan.InvalidValue, plan.LastOwner)
}

func permissions() []account.Permission {
	return []account.Permission{account.Own, account.Read, account.Operate, account.People, account.Configure, account.Accounts, account.Organise}
}

func words[T ~string](list ...T) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}
