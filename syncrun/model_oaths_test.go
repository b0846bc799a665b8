package syncrun_test

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/policy"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// kept holds that a run changed nothing that a human had forbidden at a moment, or had just changed, and nobody of another
// connection.
func (c *clerk) kept(what string, m *moment) {
	if m == nil {
		return
	}
	after := map[string]*directory.Person{}
	all := c.everybody()
	for i := range all {
		after[all[i].ID] = &all[i]
	}
	same := func(why any, p *directory.Person, fields ...directory.Field) {
		q := after[p.ID]
		for _, f := range fields {
			if was, is := p.Values.Get(f), q.Values.Get(f); was != is {
				c.fatalf("%s: %s of %s went from %q to %q: %+v", what, f, p.Name(), was, is, why)
			}
		}
	}
	status := func(why any, p *directory.Person) {
		if q := after[p.ID]; q.Status != p.Status {
			c.fatalf("%s: %s went from %s to %s: %+v", what, p.Name(), p.Status, q.Status, why)
		}
	}
	whole := func(why any, p *directory.Person) { same(why, p, c.fields()...); status(why, p) }
	for i := range m.people {
		p := &m.people[i]
		if c.mid != nil && c.mid != m && p.ID == c.mid.touched {
			continue
		}
		for _, h := range m.holds {
			if _, awaits := h.Awaits(); awaits || h.PersonID != p.ID || !h.Active(c.clock) {
				continue
			}
			switch h.Field {
			case "":
				whole(h, p)
			case "status":
				status(h, p)
			default:
				same(h, p, h.Field)
			}
		}
		for _, f := range m.freezes {
			if f.Active(c.clock) {
				same(f, p, slices.DeleteFunc(c.fields(), func(x directory.Field) bool { return !f.Covers(x) })...)
			}
		}
		if p.Link != nil && p.Link.Connection != c.conn && after[p.ID].Link != nil && *after[p.ID].Link == *p.Link {
			whole("is of the other connection", p)
		}
		if p.ID == m.touched {
			whole("was changed by hand meanwhile", p)
		}
	}
	c.obeyed(what, m, after)
}

// obeyed holds that nobody got an account, or is another employee, of whom an administrator had said otherwise.
func (c *clerk) obeyed(what string, m *moment, after map[string]*directory.Person) {
	linked := map[string]string{}
	for _, p := range m.people {
		if p.Link != nil && p.Link.Connection == c.conn {
			linked[p.Link.SourceID] = p.ID
		}
	}
	for _, id := range slices.Sorted(maps.Keys(after)) {
		link := after[id].Link
		if link == nil || link.Connection != c.conn || linked[link.SourceID] == id {
			continue
		}
		for _, d := range m.decided {
			if strconv.FormatInt(d.SourceID, 10) == link.SourceID && (d.Kind == directory.DecideIgnore || d.Kind == directory.DecideLink && d.PersonID != id) {
				c.fatalf("%s: %s became employee %s against %+v", what, after[id].Name(), link.SourceID, d)
			}
		}
	}
}

// fields are those that runs write here.
func (c *clerk) fields() []directory.Field {
	return []directory.Field{directory.FirstName, directory.LastName, directory.Email, directory.JobTitle, directory.Department, directory.Location,
		directory.Manager, directory.Phone}
}

// caused holds that nobody lost access for whom no reason stood in HR, in any of what it may have said, or who is on hold.
func (c *clerk) caused(what string, before []directory.Person, said ...map[int]fact) {
	holds, err := c.by.Holds(c.ctx())
	if err != nil {
		c.fatalf("%v", err)
	}
	for _, old := range before {
		p, err := c.e.Store.Person(c.ctx(), old.ID)
		if err != nil {
			c.fatalf("%v", err)
		}
		if old.Status == directory.Deactivated || p.Status != directory.Deactivated || c.mid != nil && p.ID == c.mid.touched {
			continue
		}
		reason := p.Link == nil && c.e.Policy.Lifecycle.Missing == policy.MissingDeactivateNotImported
		if p.Link != nil {
			id, _ := strconv.Atoi(p.Link.SourceID)
			reason = reason || slices.ContainsFunc(said, func(s map[int]fact) bool { return s[id].leaves(c.clock) })
		}
		if !reason {
			c.fatalf("%s: %s (%+v) was deactivated without a reason", what, p.Name(), p.Link)
		}
		for _, h := range holds {
			if h.PersonID == p.ID && (h.Field == "" || h.Field == "status") && (c.mid == nil || slices.Contains(c.mid.holds, h)) {
				c.fatalf("%s: %s was deactivated under %+v", what, p.Name(), h)
			}
		}
	}
}

// told notes whom the plan of a reading held.
func (c *clerk) told(r syncrun.SyncResult) {
	if r.Full != "" || r.Plan.Person == "" || c.held == nil {
		c.held = map[string]bool{}
	}
	for it, err := range c.e.Store.Items(c.ctx(), r.Plan.ID, 0, false) {
		if err != nil {
			c.fatalf("%v", err)
		}
		if it.Held != nil && it.Held.Frozen == nil {
			c.held[it.Held.PersonID] = true
		}
	}
	holds, err := c.by.Holds(c.ctx())
	if err != nil {
		c.fatalf("%v", err)
	}
	for _, h := range holds {
		if h.Field == "" || h.Field == "status" {
			c.held[h.PersonID] = true
		}
	}
}

// last holds that a day that HR had announced, and that came, is acted on without a reading.
func (c *clerk) last(r syncrun.ApplyResult) {
	date := c.e.Policy.Lifecycle.Leaving[policy.SignalTermination]
	if c.sure == nil || r.Waiting > 0 || date.Action != policy.LeaveDeactivate {
		return
	}
	for _, p := range c.everybody() {
		if p.Link == nil || p.Link.Connection != c.conn || p.Status == directory.Deactivated || c.held[p.ID] {
			continue
		}
		id, _ := strconv.Atoi(p.Link.SourceID)
		f := c.sure[id]
		ahead := f.end > c.at.AddDate(0, 0, 1).Format(time.DateOnly) && !f.sales && !f.inactive && !f.gone
		if ahead && f.end < c.clock.AddDate(0, 0, -date.GraceDays-1).Format(time.DateOnly) {
			c.fatalf("%s (employee %d) left on %s, as was known, and is still %s", p.Name(), id, f.end, p.Status)
		}
	}
}

// left holds that a full reading leaves nobody active whose time is over, unless it says so or leaving itself waits.
func (c *clerk) left(r syncrun.SyncResult) {
	told, waits := map[string]bool{}, map[string]bool{}
	own := plan.KindSet(0).With(plan.KindDeactivate).With(plan.KindBaseline)
	for it, err := range c.e.Store.Items(c.ctx(), r.Plan.ID, 0, false) {
		if err != nil {
			c.fatalf("%v", err)
		}
		if it.Held != nil && it.Held.Frozen == nil {
			told[it.Held.PersonID] = true
		}
		if x := it.Change; x != nil && (x.Reason == plan.Linked || len(x.DependsOn) > 0 || r.Plan.Header.Waiting(x.Kinds&own) != plan.NotWaiting) {
			waits[x.PersonID] = true
		}
	}
	leave := c.e.Policy.Lifecycle.Leaving
	for _, p := range c.everybody() {
		if p.Link == nil || p.Link.Connection != c.conn || p.Status == directory.Deactivated || told[p.ID] || waits[p.ID] {
			continue
		}
		id, _ := strconv.Atoi(p.Link.SourceID)
		f := c.facts[id]
		status, date := leave[policy.SignalStatus], leave[policy.SignalTermination]
		over := f.end != "" && date.Action == policy.LeaveDeactivate && f.end < c.clock.AddDate(0, 0, -date.GraceDays).Format(time.DateOnly)
		off := f.inactive && f.end == "" && status.Action == policy.LeaveDeactivate && status.GraceDays == 0
		if f.gone || over || off {
			c.fatalf("%s (employee %d, %s) is still %s, and the plan does not say why", p.Name(), id, f, p.Status)
		}
	}
}
