package mapping

import (
	"slices"
	"strconv"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
)

// manager returns the columns that name the manager, those of the settings first. BambooHR's three
// supervisor columns describe one person, so a mapping from any of them carries all that were read, and
// package plan looks for the internal id first, then the Employee #, then the e-mail (bamboohr-api
// §3.1; promises AY17, BW6).
func (c *compiler) manager(named []source) []source {
	columns := slices.Clone(named)
	for _, alias := range []string{aliasSupervisorEID, aliasSupervisorID, aliasSupervisorEmail} {
		known := slices.ContainsFunc(named, func(s source) bool { return s.alias == alias })
		if slot, ok := c.schema.Slot(alias); ok && !known {
			columns = append(columns, source{alias: alias, slot: slot, ahead: -1})
		}
	}
	return columns
}

// managerRef gathers what the columns say. One that is set is enough. Only when every column is
// readable and blank is there no manager: a missing right must not take anybody's manager away.
func managerRef(columns []source, rec *hr.Record, w *directory.Wanted) directory.ManagerRef {
	ref := directory.ManagerRef{State: directory.WantBlank, From: columns[0].alias}
	var fault string
	for _, s := range columns {
		state := directory.WantBlank
		text, read := s.read(rec)
		switch read {
		case hr.Unreadable:
			state = directory.WantUnreadable
		case hr.Set:
			var problem string
			if state, problem = setManager(&ref, s.alias, text); problem != "" && fault == "" {
				fault = s.alias + ": " + problem
			}
		}
		if rank(state) > rank(ref.State) {
			ref.State, ref.From = state, s.alias
		}
	}
	if ref.State == directory.WantInvalid {
		invalid(w, directory.Manager, fault)
	}
	return ref
}

// rank orders what the columns of one manager say: set, unreadable, invalid, blank.
func rank(s directory.WantState) int {
	switch s {
	case directory.WantSet:
		return 3
	case directory.WantUnreadable:
		return 2
	case directory.WantInvalid:
		return 1
	default:
		return 0
	}
}

// setManager stores one reference.
func setManager(ref *directory.ManagerRef, alias, raw string) (state directory.WantState, fault string) {
	text, _ := directory.CleanText(raw)
	if text == "" {
		return directory.WantBlank, ""
	}
	switch alias {
	case aliasSupervisorEID:
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil || id < 0 {
			return directory.WantInvalid, quote(text) + " is not the id of an employee"
		}
		if id == 0 {
			return directory.WantBlank, ""
		}
		ref.SourceID = id
	case aliasSupervisorEmail:
		if fault := emailFault(text); fault != "" {
			return directory.WantInvalid, fault
		}
		ref.Email = directory.EmailKey(text)
	default:
		ref.Number = directory.EmailKey(text)
	}
	return directory.WantSet, ""
}
