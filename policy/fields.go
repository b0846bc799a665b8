package policy

import (
	"maps"
	"slices"
	"strings"
)

// The BambooHR aliases that Rollcall itself depends on (bamboohr-api §2.6, §3).
const (
	aliasID              = "id"
	aliasStatus          = "status"
	aliasEmployment      = "employmentHistoryStatus"
	aliasHireDate        = "hireDate"
	aliasTerminationDate = "terminationDate"
	aliasEmployeeNumber  = "employeeNumber"
	aliasWorkEmail       = "workEmail"
	aliasHomeEmail       = "homeEmail"
	aliasLocation        = "location"
	aliasSupervisorEID   = "supervisorEId" // internal id of the manager
	aliasSupervisorID    = "supervisorId"  // Employee # of the manager (bamboohr-api §3.1)
	aliasSupervisorEmail = "supervisorEmail"
)

const namePrefix = "name:"

// Name returns the field name of a "name:…" reference.
func (f SourceField) Name() (name string, ok bool) {
	return strings.CutPrefix(string(f), namePrefix)
}

// LifecycleFields returns the aliases that are read a second time with onlyCurrent=false, where
// future-dated terminations and statuses show (bamboohr-api §3.5). Sorted.
func LifecycleFields() []string {
	return []string{aliasEmployment, aliasHireDate, aliasID, aliasStatus, aliasTerminationDate}
}

// SourceFields returns every BambooHR alias (and "name:…" reference) that a run of this connection
// asks for, sorted, without duplicates: what mapping, scope, matching and lifecycle use and no more
// (security §1 #16, field minimisation). A field that is never written is not asked for.
func SourceFields(c Connection) []string {
	want := set(LifecycleFields()...)
	for _, r := range c.Mapping {
		if r.Authority == AuthorityLocal {
			continue
		}
		for _, f := range RuleFields(r, c.Mapping) {
			want[string(f)] = true
		}
		if r.Target == "manager" {
			for _, alias := range managerAliases() {
				want[alias] = true
			}
		}
	}
	for _, r := range slices.Concat(c.Scope.Include, c.Scope.Exclude) {
		want[string(r.Field)] = true
	}
	for _, k := range c.Match {
		want[k.Alias()] = true
	}
	if len(c.LocationZones) > 0 {
		want[aliasLocation] = true
	}
	return slices.Sorted(maps.Keys(want))
}

// CriticalFields returns the aliases (and "name:…" references) without which no plan is made, because
// matching, scope or a leaving signal depends on them (product, "Reading"). Sorted. homeEmail is left
// out beside another match key: it is the fallback of people without a work address, and the rights
// that the vendors ask for do not include it (promises AL7, AL15).
func CriticalFields(c Connection) []string {
	want := map[string]bool{}
	for _, k := range c.Match {
		if k != MatchHomeEmail || len(c.Match) == 1 {
			want[k.Alias()] = true
		}
	}
	for _, r := range slices.Concat(c.Scope.Include, c.Scope.Exclude) {
		want[string(r.Field)] = true
	}
	if len(c.Scope.BlockStatuses) > 0 {
		want[aliasEmployment] = true
	}
	if c.Lifecycle.Leaving[SignalStatus].listens() {
		want[aliasStatus] = true
	}
	if c.Lifecycle.Leaving[SignalTermination].listens() {
		want[aliasTerminationDate] = true
	}
	return slices.Sorted(maps.Keys(want))
}

// Alias returns the BambooHR alias that holds the employee's side of the key.
func (k MatchKey) Alias() string {
	switch k {
	case MatchEmployeeNumber:
		return aliasEmployeeNumber
	case MatchHomeEmail:
		return aliasHomeEmail
	default:
		return aliasWorkEmail
	}
}

func (l Leave) listens() bool { return l.Action != LeaveNone && l.Action != "" }

// RuleFields returns the BambooHR fields that a rule of mapping reads, also through its expression. An
// expression that does not compile reads none: parsing has already refused it.
func RuleFields(r FieldRule, mapping []FieldRule) []SourceField {
	if r.Expr == "" {
		return r.From
	}
	e, err := CompileExpr(r.Expr, mapping)
	if err != nil {
		return nil
	}
	fields := slices.Clone(e.Fields)
	for _, t := range e.Targets {
		if i, ok := slices.BinarySearchFunc(mapping, t, byTarget); ok {
			fields = append(fields, mapping[i].From...)
		}
	}
	return fields
}

func managerAliases() []string {
	return []string{aliasSupervisorEID, aliasSupervisorID, aliasSupervisorEmail}
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
