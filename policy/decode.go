package policy

import (
	"slices"
	"strings"
	"time"
)

const (
	year     = 365 * 24 * time.Hour
	maxCount = 1_000_000_000
)

// connection lays a section over settings: keys that are not given keep what is there.
func (s *section) connection(c *Connection) {
	s.text("name", &c.Name, checkName)
	s.boolean("enabled", &c.Enabled)
	choice(s, "approval", &c.Approval, ApprovalNotRequired, ApprovalRequired)
	s.bamboohr(&c.BambooHR)
	s.text("time_zone", &c.TimeZone, checkZone)
	s.locationZones(c)
	s.schedule(&c.Schedule)
	s.changes(&c.Changes)
	s.match(c)
	choice(s, "match_mode", &c.MatchMode, MatchNormal, MatchAdopt)
	s.mapping(c)
	choice(s, "departments", &c.Departments, GroupCreate, GroupMatchOnly, GroupAsk)
	choice(s, "teams", &c.Teams, GroupCreate, GroupMatchOnly, GroupAsk)
	s.scope(&c.Scope)
	s.lifecycle(&c.Lifecycle)
	s.guard(&c.Guard)
	s.duration("plan_expires", &c.PlanExpires, time.Minute, year)
	s.notify(&c.Notify)
	s.boolean("pictures", &c.Pictures)
	s.close()
}

func (s *section) bamboohr(b *BambooHR) {
	in := s.section("bamboohr")
	in.text("subdomain", &b.Subdomain, ParseSubdomain)
	in.operatorOnly("api_key_env", &b.APIKeyEnv, checkEnvName)
	in.operatorOnly("base_url", &b.BaseURL, checkBaseURL)
	choice(in, "reader", &b.Reader, ReaderAuto, ReaderReport, ReaderDataset)
	in.close()
}

// operatorOnly reads a key that could read the server's secrets or send a key elsewhere, and refuses
// it by name when it does not come from the operator (security §1 #2).
func (s *section) operatorOnly(key string, to *string, check func(string) (string, error)) {
	if s.r.origin == fromOperator {
		s.text(key, to, check)
	} else if s.child(key); s.has(key) {
		s.r.fault(s.place(key), "%s is accepted only from the operator's own file or command line; remove it", key)
	}
}

func (s *section) locationZones(c *Connection) {
	if !s.has("location_time_zones") {
		s.known = append(s.known, "location_time_zones")
		return
	}
	in := s.section("location_time_zones")
	zones := map[string]string{}
	seen := map[string]bool{}
	for _, location := range in.keys {
		if seen[textKey(location)] {
			s.r.fault(in.place(location), "names the same location as another line but for case or spaces; keep one")
		}
		seen[textKey(location)] = true
		var zone string
		in.text(location, &zone, checkZone)
		zones[location] = zone
	}
	c.LocationZones = zones
	if len(zones) == 0 {
		c.LocationZones = nil
	}
}

// schedule replaces the whole schedule: its keys are alternatives.
func (s *section) schedule(to *Schedule) {
	in := s.section("schedule")
	in.preferEnvironment("cron", "every", "daily", "weekly")
	var next Schedule
	in.text("cron", &next.Cron, checkCron)
	in.duration("every", &next.Every, time.Minute, 31*24*time.Hour)
	in.text("daily", &next.Daily, checkDaily)
	in.text("weekly", &next.Weekly, checkWeekly)
	in.close()
	given := 0
	for _, key := range []string{"cron", "every", "daily", "weekly"} {
		if _, override := in.overridden(key); override || in.has(key) {
			given++
		}
	}
	switch {
	case given > 1:
		s.r.fault(in.path, "several schedules are given; keep one of cron, every, daily or weekly")
	case given == 1:
		*to = next
	case s.has("schedule"):
		s.r.fault(in.path, "names no time; write one of cron, every, daily or weekly, e.g. { daily: \"03:00\" }")
	}
}

func (s *section) changes(to *Changes) {
	in := s.section("changes")
	if v, ok := in.value("every"); ok && slices.Contains([]string{"off", "0", "0s"}, v.text) {
		to.Every = 0
	} else if ok {
		in.duration("every", &to.Every, time.Minute, 24*time.Hour)
	}
	in.boolean("webhook", &to.Webhook)
	in.close()
}

func (s *section) match(c *Connection) {
	items, given := s.list("match")
	if !given {
		return
	}
	keys := []MatchKey{MatchEmployeeNumber, MatchWorkEmail, MatchHomeEmail}
	var match []MatchKey
	for _, v := range items {
		k := MatchKey(v.text)
		switch {
		case !slices.Contains(keys, k):
			s.r.fault(v.place, "%q is not a match key; use %s", v.text, oneOf(keys))
		case slices.Contains(match, k):
			s.r.fault(v.place, "%s is listed twice; keep one", k)
		default:
			match = append(match, k)
		}
	}
	if len(items) == 0 {
		s.r.fault(s.place("match"), "lists no key; without one nobody could be recognised: list at least one of %s", oneOf(keys))
	}
	c.Match = match
}

func (s *section) scope(to *Scope) {
	in := s.section("scope")
	in.rules("include", &to.Include)
	in.rules("exclude", &to.Exclude)
	in.texts("block_statuses", &to.BlockStatuses, checkStatus, StatusKey)
	choice(in, "no_status", &to.NoStatus, NoStatusHold, NoStatusActive, NoStatusDeactivate)
	in.close()
}

// rules reads a scope list. An empty one is refused except in a patch, where it is the way to remove
// the rules: somebody may mean "nobody" by it and would get everybody.
func (s *section) rules(key string, to *[]Rule) {
	list, given := s.sections(key)
	if !given {
		return
	}
	if len(list) == 0 && s.r.origin != fromPatch {
		s.r.fault(s.place(key), "lists no rule; remove the key, or write a rule such as { field: department, in: [Sales] }")
	}
	var rules []Rule
	for _, item := range list {
		rules = append(rules, item.rule())
	}
	*to = rules
}

func (s *section) rule() Rule {
	var r Rule
	s.text("field", (*string)(&r.Field), checkSource)
	if r.Field == "" && !s.has("field") {
		s.r.fault(s.path, "names no field; add one such as field: department")
	}
	var found []Operator
	for _, op := range operators() {
		if items, given := s.list(string(op)); given {
			found = append(found, op)
			r.Op, r.Values = op, nil
			for _, v := range items {
				r.Values = append(r.Values, v.text)
			}
		} else if s.has(string(op)) {
			found = append(found, op)
		}
	}
	s.close()
	switch {
	case len(found) == 0:
		s.r.fault(s.path, "has no operator; add one of %s", oneOf(operators()))
	case len(found) > 1:
		s.r.fault(s.path, "has several operators (%s); write one rule for each", oneOf(found))
	case r.Op != "":
		if err := r.check(); err != nil {
			s.r.fault(s.place(string(r.Op)), "%s", err)
		}
	}
	return r
}

func (s *section) lifecycle(l *Lifecycle) {
	in := s.section("lifecycle")
	choice(in, "initial", &l.Initial, InitialProvisioned, InitialActive)
	in.leaving(l)
	choice(in, "combine", &l.Combine, CombineLatest, CombineEarliest)
	choice(in, "missing", &l.Missing, MissingKeep, MissingDeactivateLinked, MissingDeactivateNotImported)
	in.whole("pre_hire_days", &l.PreHireDays, 0, 365)
	choice(in, "manual_deactivation", &l.ManualDeactivation, ManualSticks, ManualOverwrite)
	in.close()
	missing := l.Leaving[SignalMissing]
	missing.Action = LeaveDeactivate
	if l.Missing == MissingKeep {
		missing.Action = LeaveHold
	}
	l.Leaving[SignalMissing] = missing
}

// leaving reads a list of signals, or signals with their action and grace; both replace what was there.
func (s *section) leaving(l *Lifecycle) {
	n := s.child("leaving")
	if _, override := s.overridden("leaving"); override || n != nil && !isMapping(n) {
		items, given := s.list("leaving")
		if !given {
			return
		}
		var listed []Signal
		for _, v := range items {
			if sig := Signal(v.text); !slices.Contains(settableSignals(), sig) {
				s.r.fault(v.place, "%q is not a leaving signal; use %s", v.text, oneOf(settableSignals()))
			} else {
				listed = append(listed, sig)
			}
		}
		l.Leaving = leaving(listed...)
		return
	}
	if n == nil {
		return
	}
	l.Leaving = leaving()
	in := s.section("leaving")
	for _, sig := range Signals() {
		if !in.has(string(sig)) {
			in.known = append(in.known, string(sig))
			continue
		}
		l.Leaving[sig] = in.leave(sig)
	}
	in.close()
}

func (s *section) leave(sig Signal) Leave {
	in := s.section(string(sig))
	leave := Leave{Action: LeaveDeactivate}
	if sig == SignalMissing {
		if in.has("action") {
			s.r.fault(in.place("action"), "the action for missing people is lifecycle.missing; set it there")
			in.known = append(in.known, "action")
		}
	} else {
		choice(in, "action", &leave.Action, LeaveDeactivate, LeaveHold, LeaveNone)
	}
	in.whole("grace_days", &leave.GraceDays, 0, 3650)
	in.close()
	return leave
}

// settableSignals are the signals that a list may name; what missing does is lifecycle.missing.
func settableSignals() []Signal {
	return slices.DeleteFunc(Signals(), func(s Signal) bool { return s == SignalMissing })
}

func (s *section) guard(g *Guard) {
	in := s.section("guard")
	in.duration("window", &g.Window, 0, 31*24*time.Hour)
	in.limit("deactivate", &g.Deactivate)
	in.limit("move_email", &g.MoveEmail)
	in.limit("blank", &g.Blank)
	in.whole("new_departments", &g.NewDepartments, 0, maxCount)
	in.percent("id_churn_percent", &g.IDChurnPercent)
	in.close()
}

func (s *section) limit(key string, l *Limit) {
	in := s.section(key)
	in.whole("people", &l.People, 0, maxCount)
	in.percent("percent", &l.Percent)
	in.percent("refuse_percent", &l.RefusePercent)
	in.close()
	if l.RefusePercent > 0 && l.RefusePercent < l.Percent {
		s.r.fault(in.path, "refuse_percent (%g) is below percent (%g): a plan would be refused before it waits; raise refuse_percent", l.RefusePercent, l.Percent)
	}
}

func (s *section) notify(n *Notify) {
	in := s.section("notify")
	in.texts("errors", &n.Errors, checkAddress, strings.ToLower)
	choice(in, "welcome", &n.Welcome, WelcomeNever, WelcomeAutomaticOnly, WelcomeAlways)
	choice(in, "digest", &n.Digest, DigestWeekly, DigestOff)
	in.close()
}

func (s *section) smtp() *SMTP {
	m := &SMTP{Port: 25, TLS: TLSOpportunistic}
	s.text("host", &m.Host, checkHost)
	s.whole("port", &m.Port, 1, 65535)
	s.text("from", &m.From, checkAddress)
	s.text("username", &m.Username, nil)
	if v, ok := s.value("password"); ok {
		m.Password = v.text
	}
	choice(s, "tls", &m.TLS, TLSOpportunistic, TLSRequired, TLSImplicit, TLSNone)
	s.close()
	for _, need := range []struct{ key, value string }{{"host", m.Host}, {"from", m.From}} {
		if need.value == "" && !s.has(need.key) {
			s.r.fault(s.place(need.key), "is missing; mail cannot be sent without it")
		}
	}
	if (m.Username == "") != (m.Password == "") {
		s.r.fault(s.path, "username and password belong together; give both or neither")
	}
	return m
}
