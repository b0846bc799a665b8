package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/web/gate"
	"github.com/rollcall-hr/rollcall/people"
	"github.com/rollcall-hr/rollcall/policy"
)

// optional is a key that may be left out, and that null makes blank.
type optional[T any] struct {
	set   bool
	value T
}

func (optional[T]) Form() reflect.Type { return reflect.TypeFor[*T]() }

// UnmarshalJSON implements json.Unmarshaler.
func (o *optional[T]) UnmarshalJSON(text []byte) error {
	o.set = true
	return json.Unmarshal(text, &o.value)
}

// personRequest has the keys of the person JSON that people may change.
type personRequest struct {
	EmployeeID       optional[string]             `json:"employee_id"`
	Email            optional[string]             `json:"email"`
	FirstName        optional[string]             `json:"first_name"`
	LastName         optional[string]             `json:"last_name"`
	PreferredName    optional[string]             `json:"preferred_name"`
	DisplayName      optional[string]             `json:"display_name"`
	JobTitle         optional[string]             `json:"job_title"`
	Department       optional[string]             `json:"department"`
	Division         optional[string]             `json:"division"`
	Location         optional[string]             `json:"location"`
	Teams            optional[[]string]           `json:"teams"`
	ManagerID        optional[string]             `json:"manager_id"`
	ManagerEmail     optional[string]             `json:"manager_email" doc:"Instead of manager_id."`
	Phone            optional[string]             `json:"phone"`
	Gender           optional[string]             `json:"gender"`
	Birthday         optional[string]             `json:"birthday" doc:"YYYY-MM-DD"`
	HireDate         optional[string]             `json:"hire_date" doc:"YYYY-MM-DD"`
	OriginalHireDate optional[string]             `json:"original_hire_date" doc:"YYYY-MM-DD"`
	DeactivationDate optional[string]             `json:"deactivation_date" doc:"YYYY-MM-DD"`
	Budgets          map[string]*people.MoneyView `json:"budgets" doc:"Those that are not given stay; null takes one away."`
	Custom           map[string]json.RawMessage   `json:"custom" doc:"Those that are not given stay; null takes one away."`
	Role             directory.Role               `json:"role" doc:"In a request of its own; never above your own."`
	Version          int64                        `json:"version" doc:"The version you began with: refused when somebody changed the person meanwhile."`
}

var (
	decimal  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?[0-9]{1,15}(\.[0-9]{1,6})?$`) })
	currency = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z]{3}$`) })
)

// fields gives what is to be written in the text that the editor takes.
func (b *personRequest) fields(e *people.Editor) (map[directory.Field]string, error) {
	set := map[directory.Field]string{}
	v := reflect.ValueOf(*b)
	for i := range v.NumField() {
		if o, ok := v.Field(i).Interface().(optional[string]); ok && o.set {
			set[directory.Field(v.Type().Field(i).Tag.Get("json"))] = strings.TrimSpace(o.value)
		}
	}
	if err := b.manager(set); err != nil {
		return nil, err
	}
	if b.Teams.set {
		for _, t := range b.Teams.value {
			if strings.Contains(t, ",") {
				return nil, &gate.InputError{Field: "teams", Text: fmt.Sprintf("%q has a comma, which no team may have", t)}
			}
		}
		set[directory.Teams] = strings.Join(b.Teams.value, ",")
	}
	for name, m := range b.Budgets {
		field := policy.BudgetPrefix + name
		if _, ok := policy.FindTarget(field); !ok {
			return nil, &gate.InputError{Field: field, Text: "a budget's name has letters, digits and _ only"}
		}
		if m == nil {
			set[directory.Field(field)] = ""
			continue
		}
		if !decimal().MatchString(m.Amount) || !currency().MatchString(m.Currency) {
			return nil, &gate.InputError{Field: field, Text: `this is no amount; write {"amount":"500.00","currency":"EUR"}`}
		}
		set[directory.Field(field)] = m.Amount + " " + m.Currency
	}
	for name, raw := range b.Custom {
		text, err := customText(e.Policy, policy.CustomPrefix+name, raw)
		if err != nil {
			return nil, err
		}
		set[directory.Field(policy.CustomPrefix+name)] = text
	}
	return set, nil
}

// manager turns both ways to name a manager into a WHO.
func (b *personRequest) manager(set map[directory.Field]string) error {
	delete(set, "manager_id")
	delete(set, "manager_email")
	switch id, mail := b.ManagerID, b.ManagerEmail; {
	case id.set && mail.set:
		return &gate.InputError{Field: "manager_email", Text: "give manager_id or manager_email, not both"}
	case id.set && id.value != "":
		set[directory.Manager] = "id:" + id.value
	case mail.set && mail.value != "" && !strings.Contains(mail.value, "@"):
		return &gate.InputError{Field: "manager_email", Text: fmt.Sprintf("%q is no e-mail address", mail.value)}
	case id.set || mail.set:
		set[directory.Manager] = strings.TrimSpace(mail.value)
	}
	return nil
}

// customText is a custom field's JSON value as text: of the kind that the mapping gives the field, else text.
func customText(c *policy.Connection, field string, raw json.RawMessage) (string, error) {
	target, ok := policy.FindTarget(field)
	if !ok {
		return "", &gate.InputError{Field: field, Text: "a custom field's name has letters, digits and _ only"}
	}
	kind := target.Kind
	if rule, ok := c.Rule(field); ok {
		kind = rule.Kind()
	}
	if string(raw) == "null" {
		return "", nil
	}
	var err error
	var text string
	switch kind {
	case policy.KindNumber:
		if text = string(raw); !decimal().MatchString(text) {
			err = fmt.Errorf("%s is no number", text)
		}
	case policy.KindBoolean:
		var b bool
		err = json.Unmarshal(raw, &b)
		text = fmt.Sprint(b)
	case policy.KindList:
		var list []string
		err = json.Unmarshal(raw, &list)
		text = strings.Join(list, ",")
	default:
		err = json.Unmarshal(raw, &text)
	}
	if err != nil {
		return "", &gate.InputError{Field: field, Text: fmt.Sprintf("%s does not fit here: the field is a %s", raw, kind)}
	}
	return text, nil
}
