package mapping

import (
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// lifecycle is what decides when a person starts and leaves.
type lifecycle struct {
	status, employment, hire, termination source
	location                              source // slot -1: not read
	future                                int    // slot of the employment status in the view with future rows, -1: no such view
	leaving                               map[policy.Signal]policy.Leave
	blocked                               map[string]bool // by policy.StatusKey
	judged                                map[string]bool // by status as BambooHR writes it, see isBlocked
	noStatus                              policy.NoStatus
	preHireDays                           int
	zones                                 policy.Zones
}

func (c *compiler) lifecycle(m *Mapper) {
	m.life = lifecycle{
		status:      c.source(aliasStatus, "bamboohr"),
		employment:  c.source(aliasEmployment, "bamboohr"),
		hire:        c.source(aliasHire, "bamboohr"),
		termination: c.source(aliasTermination, "bamboohr"),
		location:    source{alias: aliasLocation, slot: -1, ahead: -1},
		future:      c.aheadSlot(aliasEmployment),
		leaving:     c.conn.Lifecycle.Leaving,
		blocked:     map[string]bool{},
		judged:      map[string]bool{},
		noStatus:    c.conn.Scope.NoStatus,
		preHireDays: c.conn.Lifecycle.PreHireDays,
		zones:       c.conn.Zones(),
	}
	if len(c.conn.LocationZones) > 0 {
		m.life.location = c.source(aliasLocation, "location_time_zones")
	}
	for _, s := range c.conn.Scope.BlockStatuses {
		m.life.blocked[policy.StatusKey(s)] = true
	}
}

// mapLifecycle reads this record's dates and statuses, never what the directory remembers of them
// (product, "Scope and lifecycle"); what is unreadable gives no signal.
func (m *Mapper) mapLifecycle(rec *hr.Record, w *directory.Wanted) {
	zone := m.zone(rec, w)
	m.start(rec, w, zone)
	m.account(rec, w)
	m.termination(rec, w, zone)
	m.employment(rec, w)
	if w.Scope.Verdict == directory.ScopeOut {
		m.signal(w, policy.SignalOutOfScope, directory.Signal{Kind: directory.SignalOutOfScope, Value: w.Scope.Value})
	}
}

// zone is the person's: by the mapped location, else by BambooHR's, else the connection's.
func (m *Mapper) zone(rec *hr.Record, w *directory.Wanted) *time.Location {
	if m.life.location.slot < 0 {
		return m.life.zones.Connection()
	}
	location, _ := m.life.location.read(rec)
	return m.life.zones.Of(w.Text(directory.Location), location)
}

func (m *Mapper) start(rec *hr.Record, w *directory.Wanted, zone *time.Location) {
	d, text, _ := m.date(rec, m.life.hire, directory.HireDate, w)
	if text == "" {
		return
	}
	w.HireDate = text
	w.StartsAt = startOf(d, 0, zone)
	w.ProvisionAt = w.StartsAt
	if m.life.preHireDays > 0 {
		w.ProvisionAt = startOf(d, -m.life.preHireDays, zone)
	}
}

// date reads a day that the lifecycle depends on; text is "" when it is blank or not known. One that
// cannot be used is noted at the field that shows it, once.
func (m *Mapper) date(rec *hr.Record, src source, f directory.Field, w *directory.Wanted) (d day, text string, known bool) {
	raw, state := src.read(rec)
	text, _ = directory.CleanText(raw)
	if state == hr.Unreadable || text == "" {
		return day{}, "", state != hr.Unreadable
	}
	d, ok := parseDay(text)
	if !ok {
		if !shows(w, f, src) {
			_, fault := fullDate(text)
			invalid(w, f, src.alias+": "+fault)
		}
		return day{}, "", false
	}
	return d, text, true
}

// shows reports that the field's want says already that the column is unreadable or unusable.
func shows(w *directory.Wanted, f directory.Field, src source) bool {
	want := w.Want(f)
	return want.From == src.alias && (want.State == directory.WantUnreadable || want.State == directory.WantInvalid)
}

// unknown notes that a leaving signal could not be judged: its absence must neither keep nor bring back
// anybody (product, "Scope and lifecycle").
func unknown(w *directory.Wanted, alias string) {
	w.Notes = append(w.Notes, directory.Note{Reason: unreadable,
		Detail: alias + ": cannot be read for this employee, and the settings decide by it who has left"})
}

// account reads the account status in any case; one that BambooHR does not have so far is kept as it
// is, and warned about (security §3 #4).
func (m *Mapper) account(rec *hr.Record, w *directory.Wanted) {
	raw, state := m.life.status.read(rec)
	if state == hr.Unreadable {
		return
	}
	w.AccountText, _ = directory.CleanText(raw)
	switch {
	case w.AccountText == "":
		w.Account = directory.AccountBlank
	case strings.EqualFold(w.AccountText, "active"):
		w.Account = directory.AccountActive
	case strings.EqualFold(w.AccountText, "inactive"):
		w.Account = directory.AccountInactive
		m.signal(w, policy.SignalStatus, directory.Signal{Kind: directory.SignalStatus, Value: w.AccountText})
	default:
		w.Account = directory.AccountOther
		w.Notes = append(w.Notes, directory.Note{Detail: aliasStatus + ": " + quote(w.AccountText) + " is neither Active nor Inactive"})
	}
}

// termination takes effect at the end of that day in the person's zone, days of grace later (promises
// AY18, AY22; security §3 #37).
func (m *Mapper) termination(rec *hr.Record, w *directory.Wanted, zone *time.Location) {
	d, text, known := m.date(rec, m.life.termination, directory.DeactivationDate, w)
	leave, listens := m.leave(policy.SignalTermination)
	switch {
	case !listens:
	case text != "":
		w.Signals = append(w.Signals, directory.Signal{Kind: directory.SignalTermination, Action: string(leave.Action),
			At: startOf(d, 1+leave.GraceDays, zone), Date: text, Value: text})
	case !known && !shows(w, directory.DeactivationDate, m.life.termination):
		unknown(w, aliasTermination)
	}
}

// employment reads the employment status against the block list (promises BW17, BW22).
func (m *Mapper) employment(rec *hr.Record, w *directory.Wanted) {
	raw, state := m.life.employment.read(rec)
	status, _ := directory.CleanText(raw)
	switch {
	case state == hr.Unreadable:
		if _, listens := m.leave(policy.SignalStatusBlocked); len(m.life.blocked) > 0 && (listens || m.life.noStatus != policy.NoStatusActive) {
			unknown(w, aliasEmployment)
		}
		return
	case status != "":
		if m.life.isBlocked(status) {
			m.signal(w, policy.SignalStatusBlocked, directory.Signal{Kind: directory.SignalStatusBlocked, Value: status})
		}
		return
	}
	future := hr.Blank
	if m.life.future >= 0 {
		_, future = valueAt(rec.Ahead, m.life.future)
	}
	w.FutureRow = future == hr.Set
	m.noStatus(rec, w, future)
}

// maxJudged bounds what isBlocked remembers; a company has a handful of statuses.
const maxJudged = 100

// isBlocked tells whether a status is on the block list, and remembers the answer: bringing a status into
// the form in which it is compared costs more than anything else that is done with it.
func (l *lifecycle) isBlocked(status string) bool {
	is, ok := l.judged[status]
	if !ok {
		is = l.blocked[policy.StatusKey(status)]
		if len(l.judged) < maxJudged {
			l.judged[strings.Clone(status)] = is
		}
	}
	return is
}

// noStatus marks an employee without employment status whom neither a coming row nor a coming hire
// date nor being the key's owner explains (product, "No status"; promises BW24, BW25). Whether the key
// may see the status at all is confirmed later, from the employee list.
func (m *Mapper) noStatus(rec *hr.Record, w *directory.Wanted, future hr.State) {
	if len(m.life.blocked) == 0 || m.life.noStatus == policy.NoStatusActive || w.KeyOwner || w.FutureRow || w.StartsAt.After(m.now) {
		return
	}
	if future == hr.Unreadable {
		unknown(w, aliasEmployment)
		return
	}
	if _, hire := m.life.hire.read(rec); hire != hr.Blank && w.HireDate == "" {
		unknown(w, aliasHire)
		return
	}
	w.NoStatus = true
	s := directory.Signal{Kind: directory.SignalNoStatus, Action: string(policy.LeaveHold)}
	if m.life.noStatus == policy.NoStatusDeactivate {
		s.Action = string(policy.LeaveDeactivate)
		s.GraceDays = m.life.leaving[policy.SignalStatusBlocked].GraceDays
	}
	w.Signals = append(w.Signals, s)
}

// signal adds an undated signal when the settings listen to it.
func (m *Mapper) signal(w *directory.Wanted, kind policy.Signal, s directory.Signal) {
	leave, listens := m.leave(kind)
	if !listens {
		return
	}
	s.Action, s.GraceDays = string(leave.Action), leave.GraceDays
	w.Signals = append(w.Signals, s)
}

func (m *Mapper) leave(kind policy.Signal) (policy.Leave, bool) {
	l := m.life.leaving[kind]
	return l, l.Action == policy.LeaveDeactivate || l.Action == policy.LeaveHold
}
