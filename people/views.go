package people

import (
	"cmp"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan/planjson"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// PersonView is a person as the surface shows it: blank is null, lists are never null.
type PersonView struct {
	ID               string               `json:"id"`
	Status           directory.Status     `json:"status"`
	Role             directory.Role       `json:"role"`
	EmployeeID       *string              `json:"employee_id"`
	Email            *string              `json:"email"`
	FirstName        *string              `json:"first_name"`
	LastName         *string              `json:"last_name"`
	PreferredName    *string              `json:"preferred_name"`
	DisplayName      *string              `json:"display_name"`
	JobTitle         *string              `json:"job_title"`
	Department       *string              `json:"department"`
	Division         *string              `json:"division"`
	Location         *string              `json:"location"`
	Teams            []string             `json:"teams"`
	ManagerID        *string              `json:"manager_id"`
	ManagerEmail     *string              `json:"manager_email"`
	Phone            *string              `json:"phone"`
	Gender           *string              `json:"gender"`
	Birthday         *string              `json:"birthday"`
	HireDate         *string              `json:"hire_date"`
	OriginalHireDate *string              `json:"original_hire_date"`
	DeactivationDate *string              `json:"deactivation_date"`
	Budgets          map[string]MoneyView `json:"budgets"`
	Custom           map[string]any       `json:"custom"`
	Source           *SourceView          `json:"source"`
	Authority        map[string]string    `json:"authority"`
	Holds            []HoldView           `json:"holds"`
}

// MoneyView is an amount of money; the amount is text, so that no digit is lost.
type MoneyView struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// SourceView names the employee behind a person.
type SourceView struct {
	Connection string `json:"connection"`
	EmployeeID string `json:"employee_id"` // BambooHR's internal id
}

// HoldView is a hold as the surface shows it.
type HoldView struct {
	ID        string  `json:"id"`
	PersonID  string  `json:"person_id"`
	Person    string  `json:"person,omitempty"`
	Field     *string `json:"field"`
	Until     *string `json:"until"`           // RFC 3339
	Agrees    bool    `json:"until_hr_agrees"` // it ends when BambooHR says until_hr, which is null for a blank value
	UntilHR   *string `json:"until_hr"`
	Says      string  `json:"-"` // until_hr for a reader
	Reason    string  `json:"reason"`
	CreatedBy string  `json:"created_by"`
	CreatedAt string  `json:"created_at"`
}

// FreezeView is a freeze as the surface shows it.
type FreezeView struct {
	ID         string   `json:"id"`
	Connection string   `json:"connection"`
	What       []string `json:"what"`
	Until      *string  `json:"until"` // RFC 3339; null: until somebody ends it
	Reason     string   `json:"reason"`
	CreatedBy  string   `json:"created_by"`
	CreatedAt  string   `json:"created_at"`
}

// View shows a person. email looks a manager's address up, "" when the manager is not there (yet);
// holds are those in force.
func (e *Editor) View(p *directory.Person, connectionName string, email func(id string) string, holds []directory.Hold) PersonView {
	get := func(f directory.Field) *string { return syncrun.Optional(p.Values.Get(f)) }
	v := PersonView{ID: p.ID, Status: p.Status, Role: p.Role, EmployeeID: get(directory.EmployeeID), Email: get(directory.Email),
		FirstName: get(directory.FirstName), LastName: get(directory.LastName), PreferredName: get(directory.PreferredName),
		DisplayName: get(directory.DisplayName), JobTitle: get(directory.JobTitle), Department: get(directory.Department),
		Division: get(directory.Division), Location: get(directory.Location), Phone: get(directory.Phone),
		Gender: get(directory.Gender), Birthday: get(directory.Birthday), HireDate: get(directory.HireDate),
		OriginalHireDate: get(directory.OriginalHireDate), DeactivationDate: get(directory.DeactivationDate),
		Teams: append([]string{}, p.Values.List(directory.Teams)...), Budgets: map[string]MoneyView{}, Custom: map[string]any{},
		Authority: map[string]string{}, Holds: []HoldView{}}
	if id := p.Values.Get(directory.Manager); id != "" {
		if mail := email(id); mail != "" {
			v.ManagerID, v.ManagerEmail = &id, &mail
		}
	}
	for _, x := range p.Values.Extras() {
		if name, ok := strings.CutPrefix(string(x.Field), "budgets."); ok {
			amount, currency, _ := strings.Cut(x.Text, " ")
			v.Budgets[name] = MoneyView{amount, currency}
			continue
		}
		v.Custom[strings.TrimPrefix(string(x.Field), "custom.")] = planjson.Value(x.Kind, x.Text)
	}
	if p.Link != nil {
		v.Source = &SourceView{Connection: connectionName, EmployeeID: p.Link.SourceID}
		for _, r := range e.Policy.Mapping {
			v.Authority[r.Target] = string(r.Authority)
		}
		if _, ok := v.Authority[string(directory.DisplayName)]; !ok {
			v.Authority[string(directory.DisplayName)] = string(policy.AuthorityOverwrite)
		}
	}
	for _, h := range holds {
		hold := ViewHold(h)
		if h.Field == directory.Manager && hold.Says != "" {
			hold.Says = cmp.Or(email(hold.Says), hold.Says)
		}
		v.Holds = append(v.Holds, hold)
	}
	return v
}

// SaysOfStatus words what BambooHR has to say for a hold on a status to end; it knows no provisioned people.
func SaysOfStatus(s directory.Status) string {
	if s == directory.Deactivated {
		return "that they left"
	}
	return "that they work here"
}

// ViewHold shows a hold.
func ViewHold(h directory.Hold) HoldView {
	value, agrees := h.Awaits()
	says := strings.ReplaceAll(value, directory.ListSeparator, ", ")
	if agrees && (h.Field == "" || h.Field == "status") {
		says = SaysOfStatus(directory.Status(value))
	}
	return HoldView{ID: h.ID, PersonID: h.PersonID, Field: syncrun.Optional(string(h.Field)), Until: syncrun.Timestamp(h.Until),
		Agrees: agrees, UntilHR: syncrun.Optional(value), Says: says, Reason: h.Reason, CreatedBy: h.CreatedBy, CreatedAt: instant(h.CreatedAt)}
}

// ViewFreeze shows a freeze; connection is the connection's name.
func ViewFreeze(f *directory.Freeze, connection string) FreezeView {
	return FreezeView{ID: f.ID, Connection: connection, What: append([]string{}, f.What...), Until: syncrun.Timestamp(f.Until), Reason: f.Reason,
		CreatedBy: f.CreatedBy, CreatedAt: instant(f.CreatedAt)}
}

// instant is RFC 3339 in UTC; "" for the zero instant.
func instant(t time.Time) string {
	if s := syncrun.Timestamp(t); s != nil {
		return *s
	}
	return ""
}
