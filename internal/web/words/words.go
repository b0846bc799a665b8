// Package words holds the words that several pages use for what programs name otherwise: fields, values,
// reasons, people. What only one page says is left to that page, and mails to internal/notify/words.
package words

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
)

// Capital begins a text with a capital.
func Capital(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[n:]
}

// InSentence is a label inside a sentence: "Job title" becomes "job title".
func InSentence(label string) string {
	n := min(1, len(label))
	return strings.ToLower(label[:n]) + label[n:]
}

// Field is how a field is called on screens, "" for no field.
func Field(f directory.Field) string {
	switch f {
	case directory.EmployeeID:
		return "Employee number"
	case directory.Email:
		return "E-mail"
	}
	name := string(f)
	if own, ok := strings.CutPrefix(name, policy.BudgetPrefix); ok {
		name = "budget " + own
	}
	return Capital(strings.ReplaceAll(strings.TrimPrefix(name, policy.CustomPrefix), "_", " "))
}

// Fields lists fields, or groups of them, as a freeze names them: "Reporting lines and job title".
func Fields(names []string) string {
	out := make([]string, len(names))
	for i, name := range names {
		if out[i] = Field(directory.Field(name)); i > 0 {
			out[i] = InSentence(out[i])
		}
	}
	if n := len(out) - 1; n > 0 {
		return strings.Join(out[:n], ", ") + " and " + out[n]
	}
	return strings.Join(out, "")
}

// Value is a canonical value for a reader; "" is blank.
func Value(kind directory.Kind, text string) string {
	switch kind {
	case directory.KindList:
		return strings.Join(directory.SplitList(text), ", ")
	case directory.KindBoolean:
		return cmp.Or(map[string]string{"true": "yes", "false": "no"}[text], text)
	}
	return text
}

// Name is how somebody is called, as in lists: by the display name, else by first and last name, the address,
// the id.
func Name(p *directory.Person) string {
	return cmp.Or(p.Name(), p.ID)
}

// Reason says why something is changed or not, or why somebody is not in the directory, in a few words for
// filters and rows.
func Reason(r plan.Reason) string {
	known := map[plan.Reason]string{
		plan.NewInHR: "New in BambooHR", plan.FieldChanged: "Differs in BambooHR", plan.StatusInactive: "Inactive in BambooHR",
		plan.Terminated: "Termination date is over", plan.StatusBlocked: "Blocked employment status", plan.StatusBlank: "No employment status",
		plan.OutOfScope: "Out of scope", plan.MissingInHR: "Missing in BambooHR", plan.DeletedInHR: "Deleted in BambooHR",
		plan.Returned: "Back in BambooHR", plan.Linked: "Has an account already", plan.Undone: "Undo",
		plan.NoEmail: "No work e-mail", plan.DuplicateEmail: "Two employees share an e-mail", plan.AmbiguousMatch: "Several people fit",
		plan.IdentityConflict: "Looks like somebody else", plan.EmailTaken: "E-mail belongs to somebody else", plan.ManagerLoop: "Reporting lines form a loop",
		plan.ManagerMissing: "Manager not found", plan.Unreadable: "The key may not see it", plan.InactiveUnknown: "No account status",
		plan.NotStarted: "Not started yet", plan.OnHold: "On hold", plan.LockedByAdmin: "Deactivated by hand", plan.NotFromHR: "Not from BambooHR",
		plan.InvalidValue: "Value cannot be used", plan.LastOwner: "Last owner",
	}
	return cmp.Or(known[r], Capital(strings.ReplaceAll(string(r), "_", " ")))
}
