package plan

import (
	"fmt"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
)

const (
	lastOwnerDetail = "this is the last owner; without one nobody could manage the organisation"
	lastOwnerFix    = "make somebody else an owner first"
	notFromHRFix    = "nothing to do for somebody who is not in BambooHR; for an employee, enter this address in BambooHR, or decide with \"rollcall decide\""
	waitFix         = "nothing to do: it happens by itself when the day comes"
)

// sentence says why a change is made, for a reader who knows neither system.
func sentence(c *Change, l leaving) string {
	switch c.Action {
	case Create:
		return c.Name + " is new in BambooHR and gets an account (" + string(c.StatusAfter) + ")."
	case Deactivate:
		return leavingSentence(c, l)
	case Reactivate:
		if c.Reason == Linked {
			return fmt.Sprintf("%s is in BambooHR; the deactivated account is linked and becomes %s again.", c.Name, c.StatusAfter)
		}
		return fmt.Sprintf("Nothing in BambooHR says any more that %s left; the account becomes %s again.", c.Name, c.StatusAfter)
	case LinkPerson:
		return fmt.Sprintf("%s has an account already; it is linked to employee %d.", c.Name, c.SourceID)
	}
	for _, f := range c.Fields {
		if f.Field == statusField {
			return fmt.Sprintf("%s starts: the first day has come.", c.Name)
		}
	}
	return fmt.Sprintf("BambooHR differs in %s.", c.FieldNames())
}

func leavingSentence(c *Change, l leaving) string {
	value := func(what string) string {
		if l.signal.Value == "" {
			return what
		}
		return fmt.Sprintf("%s is %s", what, l.signal.Value)
	}
	var s string
	switch c.Reason {
	case StatusInactive:
		s = value("the account status in BambooHR")
	case Terminated:
		s = "the termination date is over"
		if l.signal.Date != "" {
			s = fmt.Sprintf("the termination date %s is over", l.signal.Date)
		}
	case StatusBlocked:
		s = value("the employment status") + ", which is on the block list"
	case StatusBlank:
		s = "the employment status in BambooHR is blank"
	case OutOfScope:
		s = "the employee is out of scope"
		if c.Trace.ScopeRule != "" {
			s += " (" + c.Trace.ScopeRule + ")"
		}
	case DeletedInHR:
		s = "the employee was deleted in BambooHR"
	case MissingInHR:
		s = "a complete reading of BambooHR does not contain this person"
	}
	return fmt.Sprintf("%s is deactivated: %s.", c.Name, s)
}

// leavingFix says what to do when a person should not have been deactivated.
func leavingFix(why Reason) string {
	switch why {
	case StatusInactive:
		return "if this is wrong, set the account status to Active in BambooHR"
	case Terminated:
		return "if this is wrong, correct the termination date in BambooHR"
	case StatusBlocked:
		return "if this is wrong, correct the employment status in BambooHR, or take it off the block list"
	case StatusBlank:
		return "if this is wrong, enter an employment status in BambooHR"
	case OutOfScope:
		return "if this is wrong, correct the value in BambooHR, or the scope"
	}
	return "if this is wrong, look for the employee in BambooHR, and whether the key may see the record"
}

// FieldNames lists the fields of a change, at most three.
func (c *Change) FieldNames() string {
	names := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		names[i] = string(f.Field)
	}
	return joinNames(names, len(names))
}

// heldWords says why an employee is held when nothing but the record is needed to tell, and the fix.
func heldWords(why Reason, e *entry, w *directory.Wanted) (detail, fix string) {
	switch why {
	case Unreadable:
		return unreadableWords(e, w)
	case NoEmail:
		return noEmailWords(w)
	case InactiveUnknown:
		if w.Account == directory.AccountOther {
			return fmt.Sprintf("the account status in BambooHR is %q, which is neither Active nor Inactive", w.AccountText), "set the status in BambooHR"
		}
		return "the account status in BambooHR is blank", "set the status in BambooHR, or let the key's access level see it"
	case StatusBlank:
		return "the employment status in BambooHR is blank", "add an employment status in BambooHR, or set \"no_status\""
	case NotStarted:
		if e.has(fFutureRow) && !e.has(fBeforeStart) {
			return "the first employment status in BambooHR is in the future", waitFix
		}
		return fmt.Sprintf("the hire date %s has not come", w.HireDate), waitFix
	case OutOfScope:
		if e.has(fBlocked) {
			return "the employment status is on the block list", "change the status in BambooHR, or the block list"
		}
		return "the scope leaves this employee out: " + scopeWords(w), "change the value in BambooHR, or the scope"
	case LockedByAdmin:
		return "an administrator deactivated this person by hand", "re-activate the person by hand"
	case LastOwner:
		return lastOwnerDetail, lastOwnerFix
	case OnHold:
		return "BambooHR says that this employee left; the settings leave that to a human", "deactivate the person by hand, or change what the signal does"
	}
	return "", ""
}

// fieldFix says what to do about one field that is left as it is.
func fieldFix(why Reason) string {
	switch why {
	case Unreadable:
		return "let the key's access level see the value"
	case InvalidValue:
		return "correct the value in BambooHR"
	case EmailTaken:
		return "give one of them another work e-mail in BambooHR"
	case ManagerMissing:
		return "nothing to do if the manager gets an account by a later run; else correct the manager in BambooHR"
	case ManagerLoop:
		return "correct the reporting lines in BambooHR"
	case LastOwner:
		return lastOwnerFix
	}
	return ""
}

// HoldFix says how a hold ends.
func HoldFix(h directory.Hold) string {
	end := fmt.Sprintf("\"rollcall hold remove %s\"", h.ID)
	_, waits := h.Awaits()
	switch {
	case !h.Until.IsZero():
		return "nothing to do: the hold ends by itself; before that, " + end
	case waits:
		return "nothing to do: the hold ends when BambooHR agrees; before that, " + end
	}
	return "end the hold with " + end
}

func unreadableWords(e *entry, w *directory.Wanted) (detail, fix string) {
	switch {
	case w.Problem != "":
		return "the record cannot be used: " + w.Problem, "look at the employee in BambooHR"
	case e.has(fAccountUnreadable):
		return "the key may not see the account status of this employee", "let the key's access level see the status"
	case e.has(fRecordUnreadable):
		for _, n := range w.Notes {
			if n.Field == "" && n.Reason == string(Unreadable) {
				return n.Detail, "let the key's access level see the value"
			}
		}
	case e.has(fScopeUnknown):
		return "the scope cannot be decided: " + scopeWords(w), "let the key's access level see the field"
	case e.has(fNoStatus):
		return "the employment status is blank, and the key may not be allowed to see it", "let the key's access level see the employment status"
	case e.has(fEndUnreadable) && w.Want(directory.DeactivationDate).State == directory.WantInvalid:
		for _, n := range w.Notes {
			if n.Field == directory.DeactivationDate && n.Reason != "" {
				return "nobody can tell whether this person may come back: " + n.Detail, "correct the termination date in BambooHR"
			}
		}
	case e.has(fEndUnreadable):
		return "the key may not see the termination date of this employee", "let the key's access level see the termination date"
	}
	return "the key may not see the work e-mail of this employee", "let the key's access level see the work e-mail"
}

func noEmailWords(w *directory.Wanted) (detail, fix string) {
	for _, n := range w.Notes {
		if n.Field == directory.Email && n.Reason != "" {
			return "BambooHR has no usable work e-mail for this employee: " + n.Detail, "correct the work e-mail in BambooHR"
		}
	}
	return "BambooHR has no work e-mail for this employee", "enter a work e-mail in BambooHR"
}

func scopeWords(w *directory.Wanted) string {
	words := w.Scope.Rule
	if words == "" {
		words = w.Scope.Field
	}
	if w.Scope.Value != "" {
		words += fmt.Sprintf(" (%s is %q)", w.Scope.Field, w.Scope.Value)
	}
	return strings.TrimSpace(words)
}
