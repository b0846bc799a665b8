package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/internal/connection"
	"github.com/rollcall-hr/rollcall/plan"
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
	case reflect.TypeFor[connection.Origin]():
		return words(connection.FromWeb, connection.FromFile, connection.FromCLI)
	case reflect.TypeFor[connection.JobKind]():
		return words(connection.JobPreview, connection.JobApply, connection.JobSync, connection.JobUndo)
	case reflect.TypeFor[account.Permission]():
		return words(permissions()...)
	}
	return nil
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

type object = map[string]any

// schemas collects what a document's types look like.
type schemas struct {
	named map[string]object
	types map[string]reflect.Type
}

func newSchemas() *schemas { return &schemas{map[string]object{}, map[string]reflect.Type{}} }

// described is an answer whose JSON is written by hand, with the type that tells its form.
type described interface{ form() reflect.Type }

// of is the schema of a type as encoding/json writes it.
func (s *schemas) of(t reflect.Type) object {
	if d, ok := reflect.Zero(t).Interface().(described); ok && t.Kind() == reflect.Struct {
		return s.of(d.form())
	}
	switch t.Kind() {
	case reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case reflect.String:
		if t == reflect.TypeFor[json.Number]() {
			return object{"type": "number"}
		}
		if choices := choicesOf(t); choices != nil {
			return s.component(t, func() object { return object{"type": "string", "enum": choices} })
		}
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	case reflect.Slice:
		if t == reflect.TypeFor[json.RawMessage]() {
			return object{}
		}
		return object{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Interface:
		return object{}
	case reflect.Struct:
		return s.structure(t)
	}
	panic("api: no schema for " + t.String()) // the test of the document finds it
}

func nullable(of object) object {
	if kind, ok := of["type"].(string); ok {
		of["type"] = []string{kind, "null"}
		return of
	}
	if len(of) == 0 {
		return of
	}
	return object{"anyOf": []object{of, {"type": "null"}}}
}

// structure is a component when it has a name; pages stand where they are used.
func (s *schemas) structure(t reflect.Type) object {
	if nameOf(t) == "" {
		return s.fields(t)
	}
	return s.component(t, func() object { return s.fields(t) })
}

// component refers to a type by its name in the document, and describes it the first time.
func (s *schemas) component(t reflect.Type, describe func() object) object {
	name := nameOf(t)
	if known, ok := s.types[name]; ok && known != t {
		panic("api: " + known.String() + " and " + t.String() + " have one name in the document")
	} else if !ok {
		s.types[name] = t
		s.named[name] = describe()
	}
	return object{"$ref": "#/components/schemas/" + name}
}

// nameOf is a type's name in the document: RunView is Run.
func nameOf(t reflect.Type) string {
	name := t.Name()
	if name == "" || strings.ContainsRune(name, '[') {
		return ""
	}
	for _, end := range []string{"View", "JSON"} {
		name = strings.TrimSuffix(name, end)
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

func (s *schemas) fields(t reflect.Type) object {
	request := strings.HasSuffix(t.Name(), "Request")
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || name == "-" || name == "" {
			continue
		}
		properties[name] = s.property(f, name)
		if f.Tag.Get("required") != "" || !request && !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if request {
		out["additionalProperties"] = false // bind refuses other keys
	}
	return out
}

func (s *schemas) property(f reflect.StructField, name string) object {
	p := s.of(f.Type)
	if strings.HasSuffix(name, "_at") && f.Type.Kind() != reflect.Struct {
		p["format"] = "date-time"
	}
	if doc := f.Tag.Get("doc"); doc != "" {
		if _, isRef := p["$ref"]; isRef {
			p = object{"allOf": []object{p}}
		}
		p["description"] = doc
	}
	for _, bound := range []string{"min", "max", "default"} {
		if n, err := strconv.Atoi(f.Tag.Get(bound)); err == nil {
			p[map[string]string{"min": "minimum", "max": "maximum", "default": "default"}[bound]] = n
		}
	}
	return p
}
