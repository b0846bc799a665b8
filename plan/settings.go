package plan

import (
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// statusField names a person's status where holds and field changes speak of it.
const statusField directory.Field = "status"

// rule is what the settings say about writing one field.
type rule struct {
	authority policy.Authority
	clear     bool // a blank source value clears it
}

// settings is the part of the policy that the planner asks for again and again.
type settings struct {
	std       [directory.StandardCount]rule
	extra     map[directory.Field]rule
	adopt     bool // match_mode adopt: people linked to existing accounts only get empty fields filled
	blockList bool // the status block list is not empty, so "no status" means something (promise BW22)
	noStatus  policy.NoStatus
}

func newSettings(p *policy.Connection) settings {
	s := settings{extra: map[directory.Field]rule{}, adopt: p.MatchMode == policy.MatchAdopt,
		blockList: len(p.Scope.BlockStatuses) > 0, noStatus: p.Scope.NoStatus}
	for i, f := range directory.Standard() {
		t, _ := policy.FindTarget(string(f))
		s.std[i] = rule{policy.AuthorityOverwrite, t.ClearWhenBlank}
	}
	for _, m := range p.Mapping {
		f := directory.Field(m.Target)
		r := rule{m.Authority, m.ClearWhenBlank}
		if r.authority == "" {
			r.authority = policy.AuthorityOverwrite
		}
		if i := f.Slot(); i >= 0 {
			s.std[i] = r
		} else {
			s.extra[f] = r
		}
	}
	return s
}

func (s *settings) rule(f directory.Field) rule {
	if i := f.Slot(); i >= 0 {
		return s.std[i]
	}
	if r, ok := s.extra[f]; ok {
		return r
	}
	return rule{authority: policy.AuthorityOverwrite}
}

// mode says how a record is written: as a new person, or filling empty fields only.
type mode struct {
	creating bool
	filling  bool
}

// writes tells whether a run may write a field that has the value before (product, "Mapping").
func (r rule) writes(before string, m mode) bool {
	switch {
	case r.authority == policy.AuthorityLocal:
		return false
	case m.creating:
		return true
	case r.authority == policy.AuthorityOnCreate:
		return false
	case m.filling, r.authority == policy.AuthorityFillEmpty:
		return before == ""
	}
	return true
}

// leads tells whether HR's value always wins, so that the directory's value is HR's.
func (r rule) leads() bool {
	return r.authority == policy.AuthorityOverwrite || r.authority == policy.AuthorityLocked
}
