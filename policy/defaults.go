package policy

import (
	"maps"
	"slices"
	"time"
)

// Defaults returns the settings of a connection that says nothing (product, "Presets": without preset).
func Defaults() Connection {
	return Connection{
		Approval:    ApprovalNotRequired,
		BambooHR:    BambooHR{Reader: ReaderAuto},
		TimeZone:    "UTC",
		Schedule:    Schedule{Daily: "03:00"},
		Match:       []MatchKey{MatchEmployeeNumber, MatchWorkEmail},
		MatchMode:   MatchNormal,
		Mapping:     defaultMapping(),
		Departments: GroupCreate,
		Teams:       GroupCreate,
		Scope:       Scope{NoStatus: NoStatusHold},
		Lifecycle: Lifecycle{
			Initial:            InitialProvisioned,
			Leaving:            leaving(SignalStatus, SignalTermination),
			Combine:            CombineLatest,
			Missing:            MissingKeep,
			ManualDeactivation: ManualSticks,
		},
		Guard: Guard{
			Window:         24 * time.Hour,
			Deactivate:     Limit{People: 5, Percent: 5, RefusePercent: 20},
			MoveEmail:      Limit{People: 5, Percent: 5},
			Blank:          Limit{People: 5, Percent: 5},
			NewDepartments: 20,
			IDChurnPercent: 20,
		},
		PlanExpires: 24 * time.Hour,
		Notify:      Notify{Welcome: WelcomeNever, Digest: DigestWeekly},
	}
}

// defaultMapping maps what identifies and places a person. Gender, birthday, teams and budgets are
// mapped only on request (security §1 #16); the display name is derived unless it is mapped.
func defaultMapping() []FieldRule {
	var rules []FieldRule
	for _, t := range Targets() {
		switch t.Name {
		case "display_name", "teams", "gender", "birthday", "photo":
			continue
		}
		r := newRule(t.Name)
		r.From = []SourceField{t.Alias}
		if t.Kind == KindManager {
			r.From = append(r.From, aliasSupervisorID, aliasSupervisorEmail)
		}
		rules = append(rules, r)
	}
	return sortRules(rules)
}

func sortRules(rules []FieldRule) []FieldRule {
	slices.SortFunc(rules, func(a, b FieldRule) int { return byTarget(a, b.Target) })
	return rules
}

// Signals returns the leaving signals in the order in which they are shown.
func Signals() []Signal {
	return []Signal{SignalStatus, SignalTermination, SignalStatusBlocked, SignalOutOfScope, SignalMissing, SignalDeleted}
}

// leaving returns what every signal does when only the given ones are listed. A status and a date are
// signals only when listed. Leaving the scope or entering the block list deactivates unless said
// otherwise, because somebody wrote that rule to take access away (promises AL17, BW18); absence alone
// never does.
func leaving(listed ...Signal) map[Signal]Leave {
	m := map[Signal]Leave{
		SignalStatus:        {Action: LeaveNone},
		SignalTermination:   {Action: LeaveNone},
		SignalStatusBlocked: {Action: LeaveDeactivate},
		SignalOutOfScope:    {Action: LeaveDeactivate},
		SignalMissing:       {Action: LeaveHold},
		SignalDeleted:       {Action: LeaveHold},
	}
	for _, s := range listed {
		m[s] = Leave{Action: LeaveDeactivate}
	}
	return m
}

// clone copies a connection so that changing the copy leaves the original alone.
func clone(c Connection) Connection {
	c.LocationZones = maps.Clone(c.LocationZones)
	c.Match = slices.Clone(c.Match)
	c.Mapping = slices.Clone(c.Mapping)
	c.Lifecycle.Leaving = maps.Clone(c.Lifecycle.Leaving)
	return c
}
