// Package people is what humans do to the people of a directory by hand: find who is meant, add, edit, invite, deactivate
// and import them, put holds, freezes and decisions in the way of runs, and ask why somebody is as they are. What a run
// does to them, and the store that both work on, is left to syncrun.
package people

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// Store is what of a syncrun.Store this work needs: people, the exceptions, and what was planned and decided.
type Store interface {
	syncrun.Directory
	syncrun.Exceptions
	// EnsureConnection returns the connection of that name, created in state draft when new.
	EnsureConnection(ctx context.Context, name string) (syncrun.Connection, error)
	// LinkStatesOf returns what is remembered of some employees; missing ones are left out.
	LinkStatesOf(ctx context.Context, connection string, ids []int64) (map[int64]directory.LinkState, error)
	// Plan returns a finished plan by id; id "" means the connection's latest.
	Plan(ctx context.Context, connection, id string) (syncrun.PlanInfo, error)
	// Items yields the rows of a plan in order from seq after (exclusive), changes and held only unless all is set.
	Items(ctx context.Context, planID string, after int64, all bool) iter.Seq2[syncrun.StoredItem, error]
	// RunList returns runs of a connection, newest first.
	RunList(ctx context.Context, connection string, limit int) ([]syncrun.Run, error)
	// History tells what was decided about a person or employee.
	History(ctx context.Context, personID, connection string, sourceID int64) (syncrun.History, error)
}

// Editor does the work of one person on one connection's people. All fields but MayGive and Zone must be set.
type Editor struct {
	Policy  *policy.Connection
	Store   Store
	Now     func() time.Time
	NewID   func(prefix string) string // unique ids such as "p_…"
	Actor   string                     // who asks, e.g. "cli:root"
	MayGive func(directory.Role) bool  // which roles the actor may give; nil: all, for the operator
	Zone    *time.Location             // of the times in explanations; nil: the connection's
}

// LockedError says that a field is controlled by BambooHR (promises SI4, SI36).
type LockedError struct {
	Field directory.Field
	From  string
	Name  string
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("%s of %s is locked: it comes from %s in BambooHR; change it there, or put a hold on the field with \"rollcall hold\"", e.Field, e.Name, e.From)
}

// EditResult is a person after a human edit, with warnings for whoever edits.
type EditResult struct {
	Person   directory.Person
	Warnings []string
}

// AuthorityOf tells who wins for a field of a person: the settings' authority for people of this
// connection, "" for fields that no run writes.
func (e *Editor) AuthorityOf(p *directory.Person, f directory.Field) policy.Authority {
	if p.Link == nil || f == directory.Email && p.Role.Privileged() { // no run moves an administrator's address
		return ""
	}
	for _, r := range e.Policy.Mapping {
		if r.Target == string(f) {
			return r.Authority
		}
	}
	if f == directory.DisplayName {
		return policy.AuthorityOverwrite
	}
	return ""
}

func (e *Editor) sourceOf(f directory.Field) string {
	for _, r := range e.Policy.Mapping {
		if r.Target == string(f) && len(r.From) > 0 {
			return string(r.From[0])
		}
	}
	return "an expression"
}

// Add creates a person who does not come from HR.
func (e *Editor) Add(ctx context.Context, email string, set map[directory.Field]string) (EditResult, error) {
	p := directory.Person{ID: e.NewID("p"), Status: directory.Provisioned, Role: directory.RoleMember, CreatedAt: e.Now()}
	if len(set) == 0 {
		set = map[directory.Field]string{}
	}
	set[directory.Email] = email
	return e.save(ctx, p, set, plan.Create)
}

// Edit changes fields of a person by hand: locked fields are refused, overwritten ones are warned of
// (promises AY21, BW10; contradiction C2).
func (e *Editor) Edit(ctx context.Context, who string, set map[directory.Field]string) (EditResult, error) {
	p, err := e.FindPerson(ctx, who)
	if err != nil {
		return EditResult{}, err
	}
	return e.save(ctx, p, set, plan.Update)
}

func (e *Editor) save(ctx context.Context, p directory.Person, set map[directory.Field]string, action plan.Action) (EditResult, error) {
	res := EditResult{}
	change := plan.Change{Action: action, Reason: plan.FieldChanged, PersonID: p.ID, Version: p.Version,
		StatusBefore: p.Status, StatusAfter: p.Status, Sentence: fmt.Sprintf("%s edited this person", e.Actor)}
	if action == plan.Create {
		change.Sentence = fmt.Sprintf("%s added this person", e.Actor)
	}
	for _, f := range sortedFields(set) {
		if err := e.setField(ctx, &p, f, set[f], &change, &res); err != nil {
			return EditResult{}, err
		}
	}
	if p.Values.Get(directory.Email) == "" {
		return EditResult{}, inputError(directory.Email, "a person needs an e-mail address")
	}
	change.Email, change.Name = p.Values.Get(directory.Email), p.Name()
	saved, err := e.Store.SavePerson(ctx, p, change, e.Actor, e.Now())
	res.Person = saved
	return res, err
}

func inputError(f directory.Field, format string, a ...any) error {
	return &syncrun.InputError{Field: string(f), Text: fmt.Sprintf(format, a...)}
}

func sortedFields(set map[directory.Field]string) []directory.Field {
	out := make([]directory.Field, 0, len(set))
	for f := range set {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

func (e *Editor) setField(ctx context.Context, p *directory.Person, f directory.Field, text string, change *plan.Change, res *EditResult) error {
	if f == "role" {
		return e.setRole(p, text, change)
	}
	switch e.AuthorityOf(p, f) {
	case policy.AuthorityLocked:
		return &LockedError{Field: f, From: e.sourceOf(f), Name: p.Name()}
	case policy.AuthorityOverwrite:
		res.Warnings = append(res.Warnings, fmt.Sprintf("%s comes from BambooHR: the next run overwrites it unless it is held", f))
	}
	canonical, kind, err := e.canonical(ctx, f, text)
	if err != nil {
		return err
	}
	before := p.Values.Get(f)
	if before == canonical {
		return nil
	}
	fc := plan.FieldChange{Field: f, Kind: kind, Before: before, After: canonical}
	if f == directory.Manager {
		if err := e.checkLine(ctx, p, canonical); err != nil {
			return err
		}
		if fc, err = e.managerChange(ctx, before, canonical); err != nil {
			return err
		}
	}
	p.Values.Set(f, kind, canonical)
	change.Fields = append(change.Fields, fc)
	if !slices.Contains(p.Edited, f) {
		p.Edited = append(p.Edited, f)
	}
	return nil
}

// checkLine refuses a manager who reports to the person, directly or through others: reporting lines
// never form a loop, whoever draws them (promise SI45).
func (e *Editor) checkLine(ctx context.Context, p *directory.Person, manager string) error {
	for seen := map[string]bool{}; manager != "" && !seen[manager]; {
		if manager == p.ID && len(seen) == 0 {
			return inputError(directory.Manager, "nobody is their own manager")
		}
		if manager == p.ID {
			return inputError(directory.Manager, "this manager reports to %s already; reporting lines must not form a loop", p.Name())
		}
		seen[manager] = true
		m, err := e.Store.Person(ctx, manager)
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		manager = m.Values.Get(directory.Manager)
	}
	return nil
}

// managerChange shows managers by address, with their ids beside.
func (e *Editor) managerChange(ctx context.Context, before, after string) (plan.FieldChange, error) {
	fc := plan.FieldChange{Field: directory.Manager, Kind: directory.KindPerson, BeforeID: before, AfterID: after}
	people, err := e.Store.PersonsByID(ctx, []string{before, after})
	for i := range people {
		mail := people[i].Values.Get(directory.Email)
		if people[i].ID == before {
			fc.Before = mail
		}
		if people[i].ID == after {
			fc.After = mail
		}
	}
	return fc, err
}

func (e *Editor) setRole(p *directory.Person, text string, change *plan.Change) error {
	role := directory.Role(text)
	if !slices.Contains([]directory.Role{directory.RoleOwner, directory.RoleAdmin, directory.RoleOperator, directory.RoleAuditor, directory.RoleMember}, role) {
		return inputError("role", "%q is no role; the roles are owner, admin, operator, auditor and member", text)
	}
	if e.MayGive != nil && !e.MayGive(role) {
		return inputError("role", "only an owner makes somebody an %s", role)
	}
	change.Fields = append(change.Fields, plan.FieldChange{Field: "role", Kind: directory.KindText, Before: string(p.Role), After: text})
	p.Role = role
	return nil
}

// canonical checks what a human typed and gives its canonical text.
func (e *Editor) canonical(ctx context.Context, f directory.Field, text string) (string, directory.Kind, error) {
	kind := e.kindOf(f)
	text, _ = directory.CleanText(text)
	if f.Slot() < 0 && !strings.HasPrefix(string(f), "custom.") && !strings.HasPrefix(string(f), "budgets.") {
		return "", "", inputError(f, "there is no field %q; the fields are %s, budgets.NAME and custom.NAME", f, fieldList())
	}
	switch {
	case text == "":
		return "", kind, nil
	case f == directory.Email:
		a, err := mail.ParseAddress(text)
		if err != nil || a.Address != text {
			return "", "", inputError(f, "%q is no e-mail address", text)
		}
	case f == directory.Manager:
		m, err := e.FindPerson(ctx, text)
		if err != nil {
			return "", "", fmt.Errorf("find the manager: %w", err)
		}
		return m.ID, kind, nil
	case kind == directory.KindDate:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return "", "", inputError(f, "%q is no date for %s; write YYYY-MM-DD", text, f)
		}
	case kind == directory.KindList:
		var items []string
		for _, it := range strings.Split(text, ",") {
			if it = strings.TrimSpace(it); it != "" {
				items = append(items, it)
			}
		}
		return directory.JoinList(items), kind, nil
	case kind == directory.KindNumber:
		if !number().MatchString(text) {
			return "", "", inputError(f, "%q is no number for %s; write 12 or 12.5", text, f)
		}
	case kind == directory.KindBoolean:
		truth, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return "", "", inputError(f, "%q is neither true nor false for %s", text, f)
		}
		return strconv.FormatBool(truth), kind, nil
	case kind == directory.KindMoney:
		if !money().MatchString(text) {
			return "", "", inputError(f, "%q is no amount for %s; write it as 500.00 EUR", text, f)
		}
	}
	return text, kind, nil
}

// What humans write for a decimal number, and for an amount with its ISO 4217 currency.
var (
	number = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`) })
	money  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)? [A-Z]{3}$`) })
)

func (e *Editor) kindOf(f directory.Field) directory.Kind {
	for _, r := range e.Policy.Mapping {
		if r.Target == string(f) && r.Type != "" {
			return directory.Kind(r.Type)
		}
	}
	return f.Kind()
}

func fieldList() string { return strings.Join(fieldNames(), ", ") }

func fieldNames() []string {
	std := directory.Standard()
	names := make([]string, len(std))
	for i, f := range std {
		names[i] = string(f)
	}
	return names
}

// Deactivate ends somebody's access by hand; a run does not undo it while manual_deactivation sticks.
func (e *Editor) Deactivate(ctx context.Context, who string) (EditResult, error) {
	p, err := e.FindPerson(ctx, who)
	if err != nil {
		return EditResult{}, err
	}
	if p.Status == directory.Deactivated {
		return EditResult{Person: p, Warnings: []string{p.Name() + " is deactivated already"}}, nil
	}
	owners, err := e.Store.Owners(ctx)
	if err != nil {
		return EditResult{}, err
	}
	if len(owners) == 1 && owners[0] == p.ID {
		return EditResult{}, inputError("", "%s is the last owner and cannot be deactivated; make another owner first", p.Name())
	}
	p.PreviousStatus, p.ManualLock = p.Status, true
	return e.setStatus(ctx, p, directory.Deactivated, plan.Deactivate, "deactivated this person by hand")
}

// Reactivate returns somebody to the state before the deactivation.
func (e *Editor) Reactivate(ctx context.Context, who string) (EditResult, error) {
	p, err := e.FindPerson(ctx, who)
	if err != nil {
		return EditResult{}, err
	}
	if p.Status != directory.Deactivated {
		return EditResult{Person: p, Warnings: []string{p.Name() + " is not deactivated"}}, nil
	}
	to := p.PreviousStatus
	if to == "" || to == directory.Deactivated {
		to = directory.Provisioned
	}
	p.ManualLock = false
	return e.setStatus(ctx, p, to, plan.Reactivate, "reactivated this person by hand")
}

// Invite makes a provisioned person active (promise AY13).
func (e *Editor) Invite(ctx context.Context, who string) (EditResult, error) {
	p, err := e.FindPerson(ctx, who)
	if err != nil {
		return EditResult{}, err
	}
	switch p.Status {
	case directory.Active:
		return EditResult{Person: p, Warnings: []string{p.Name() + " is active already"}}, nil
	case directory.Deactivated:
		return EditResult{}, inputError("", "%s is deactivated and cannot be invited; reactivate first", p.Name())
	}
	if start := p.Values.Get(directory.HireDate); start > e.Now().UTC().Format(time.DateOnly) {
		return EditResult{}, inputError("", "%s starts on %s and is not invited before", p.Name(), start)
	}
	return e.setStatus(ctx, p, directory.Active, plan.Update, "invited this person")
}

func (e *Editor) setStatus(ctx context.Context, p directory.Person, to directory.Status, action plan.Action, what string) (EditResult, error) {
	change := plan.Change{Action: action, Reason: plan.FieldChanged, PersonID: p.ID, Version: p.Version, Name: p.Name(),
		Email: p.Values.Get(directory.Email), StatusBefore: p.Status, StatusAfter: to, Sentence: e.Actor + " " + what,
		Fields: []plan.FieldChange{{Field: "status", Kind: directory.KindText, Before: string(p.Status), After: string(to)}}}
	p.Status = to
	saved, err := e.Store.SavePerson(ctx, p, change, e.Actor, e.Now())
	return EditResult{Person: saved}, err
}
