package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// barWidth is the width of the bar of kinds.
const barWidth = 50

// mark is how an action looks.
type mark struct {
	action plan.Action
	sign   string
	colour string
	one    string
	many   string
	count  func(plan.Counts) int
}

func marks() []mark {
	return []mark{
		{plan.Create, "+", green, "create", "create", func(c plan.Counts) int { return c.Create }},
		{plan.Update, "~", yellow, "update", "update", func(c plan.Counts) int { return c.Update }},
		{plan.Deactivate, "-", red, "deactivate", "deactivate", func(c plan.Counts) int { return c.Deactivate }},
		{plan.Reactivate, "^", green, "reactivate", "reactivate", func(c plan.Counts) int { return c.Reactivate }},
		{plan.LinkPerson, "=", blue, "link", "link", func(c plan.Counts) int { return c.Link }},
		{plan.CreateDepartment, "#", blue, "department", "departments", func(c plan.Counts) int { return c.CreateDepartment }},
		{plan.CreateTeam, "&", blue, "team", "teams", func(c plan.Counts) int { return c.CreateTeam }},
	}
}

func markOf(a plan.Action) mark {
	all := marks()
	return all[slices.IndexFunc(all, func(m mark) bool { return m.action == a })]
}

// tally names the kinds that occur: "+ 3 create   ~ 1 update".
func tally(p *page, c plan.Counts) string {
	var parts []string
	for _, m := range marks() {
		if n := m.count(c); n > 0 {
			parts = append(parts, p.paint(m.colour, m.sign+" "+count(n, m.one, m.many)))
		}
	}
	if len(parts) == 0 {
		return "no changes"
	}
	return strings.Join(parts, "   ")
}

// bar draws the kinds by their share; every kind that occurs is seen.
func bar(p *page, c plan.Counts) string {
	total := c.Changes()
	if total == 0 {
		return ""
	}
	var b strings.Builder
	for _, m := range marks() {
		if n := m.count(c); n > 0 {
			b.WriteString(p.paint(m.colour, strings.Repeat(m.sign, max(1, n*barWidth/total))))
		}
	}
	return "[" + b.String() + "]"
}

// printPlan writes a stored plan in one of the three formats, row by row.
func (a *app) printPlan(x *session, info syncrun.PlanInfo, format string, limit int) error {
	switch format {
	case "json":
		return a.planJSON(x, info)
	case "csv":
		return a.planCSV(x, info)
	}
	p := a.page()
	planHead(p, x.Policy.Name, info)
	held, err := a.planChanges(p, x, info, limit)
	if err != nil {
		return err
	}
	held.print(p, limit)
	planFoot(p, info)
	return p.flush()
}

func planHead(p *page, connection string, info syncrun.PlanInfo) {
	h := &info.Header
	day := ""
	if h.AsOf != nil {
		day = " as of the end of " + h.AsOfDay
	}
	p.linef("%s%s", p.paint(bold, fmt.Sprintf("Plan of %s%s", connection, day)), p.paint(dim, fmt.Sprintf("  %s, %s read %s",
		info.ID, count(h.Evidence.Employees, "employee", "employees"), moment(h.Evidence.TakenAt))))
	planSummary(p, info)
}

// planSummary is the part of a plan that fits a screen: bar, counts, verdict.
func planSummary(p *page, info syncrun.PlanInfo) {
	h := &info.Header
	if b := bar(p, h.Counts); b != "" {
		p.linef("  %s", b)
	}
	p.linef("  %s", tally(p, h.Counts))
	p.linef("  %d unchanged, %d held, %d left before they were ever linked; billable seats %d → %d", h.Counts.Unchanged, h.Counts.Held, h.Counts.Left, h.SeatsBefore, h.SeatsAfter)
	p.linef("%s", verdictLine(p, h.Verdict))
	planReasons(p, info)
	notes := h.Evidence.Warnings
	if len(h.Reasons) == 0 {
		notes = slices.Concat(h.Evidence.Doubts, notes) // of one person's plan; else the reasons tell them
	}
	for _, note := range notes {
		p.linef("  %s %s", p.paint(yellow, "?"), note)
	}
	if len(h.Evidence.Unreadable) > 0 {
		p.linef("  %s the key cannot read %s", p.paint(yellow, "?"), strings.Join(h.Evidence.Unreadable, ", "))
	}
}

func verdictLine(p *page, v plan.Verdict) string {
	switch v {
	case plan.NothingToDo:
		return "Nothing to do: the directory agrees with BambooHR."
	case plan.Applies:
		return "Verdict: " + p.paint(green, "applies") + "; nothing waits."
	case plan.NeedsApproval:
		return "Verdict: " + p.paint(yellow, "needs approval") + "; the rest may be applied."
	}
	return "Verdict: " + p.paint(red, "refused") + "; the rest may be applied."
}

// planReasons tells what waits, why, and how it is let through.
func planReasons(p *page, info syncrun.PlanInfo) {
	for _, r := range info.Header.Reasons {
		p.linef("  %s %s", p.paint(red, "!"), r.Sentence)
		p.linef("    if this is meant: rollcall apply %s %s", info.ID, permit(&info.Header, r))
	}
}

// permit is the flag that lets a waiting kind through.
func permit(h *plan.Header, r plan.VerdictReason) string {
	if r.Waiting != plan.WaitingRefused {
		return fmt.Sprintf("--approve %s", r.Kind)
	}
	n := h.KindCounts[r.Kind]
	if r.Kind == plan.KindBaseline {
		n = h.Evidence.Employees
	}
	return fmt.Sprintf("--release %s=%d", r.Kind, n)
}

// heldGroups gathers held entries by reason, in the order of their first entry.
type heldGroups struct {
	order []plan.Reason
	lines map[plan.Reason][]string
	n     map[plan.Reason]int
}

func (g *heldGroups) add(h *plan.Held, limit int) {
	if g.n[h.Reason] == 0 {
		g.order = append(g.order, h.Reason)
	}
	if g.n[h.Reason]++; limit > 0 && g.n[h.Reason] > limit {
		return
	}
	g.lines[h.Reason] = append(g.lines[h.Reason], heldLines(h)...)
}

func heldLines(h *plan.Held) []string {
	who := nameAndMail(h.Name, h.Email)
	if h.SourceID != 0 {
		who += fmt.Sprintf(" (employee:%d)", h.SourceID)
	}
	if h.Field != "" {
		who = strings.TrimSpace(who + " " + string(h.Field))
	}
	out := []string{fmt.Sprintf("%s: %s", who, h.Detail)}
	for _, c := range h.Candidates {
		out = append(out, fmt.Sprintf("    is it %s (id:%s)? %s", nameAndMail(c.Name, c.Email), c.PersonID, c.Why))
	}
	return out
}

func (g *heldGroups) print(p *page, limit int) {
	for _, reason := range g.order {
		p.linef("")
		p.linef("%s", p.paint(bold, fmt.Sprintf("Held: %s (%d)", reason, g.n[reason])))
		for _, line := range g.lines[reason] {
			p.linef("  %s", line)
		}
		if more := g.n[reason] - limit; limit > 0 && more > 0 {
			p.linef("  … and %d more; --limit 0 shows all", more)
		}
	}
}

// planChanges writes the changes and gathers the held entries.
func (a *app) planChanges(p *page, x *session, info syncrun.PlanInfo, limit int) (*heldGroups, error) {
	held := &heldGroups{lines: map[plan.Reason][]string{}, n: map[plan.Reason]int{}}
	shown := 0
	for it, err := range x.Store.Items(a.ctx, info.ID, 0, false) {
		switch {
		case err != nil:
			return nil, fmt.Errorf("read plan %s: %w", info.ID, err)
		case it.Held != nil:
			held.add(it.Held, limit)
		case it.Change != nil:
			if shown == 0 {
				p.linef("")
			}
			if shown++; limit == 0 || shown <= limit {
				printChange(p, it.Change, info.Header.Waiting(it.Change.Kinds))
			}
		}
	}
	if more := shown - limit; limit > 0 && more > 0 {
		p.linef("… and %d more; --limit 0 shows all", more)
	}
	return held, nil
}

// printChange writes one change: what, who, why, and each field before → after.
func printChange(p *page, c *plan.Change, waiting plan.Waiting) {
	m := markOf(c.Action)
	head := m.sign + " " + string(c.Action) + " " + nameAndMail(c.Name, c.Email)
	if c.Group != nil {
		head = m.sign + " " + string(c.Action) + " " + c.Group.Name
	}
	tail := ""
	switch waiting {
	case plan.WaitingApproval:
		tail = p.paint(yellow, "  [waits for approval]")
	case plan.WaitingRefused:
		tail = p.paint(red, "  [refused]")
	}
	if c.Reason != "" && c.Group == nil {
		tail = p.paint(dim, "  "+string(c.Reason)) + tail
	}
	if !c.EffectiveAt.IsZero() {
		tail += p.paint(dim, "  at "+moment(c.EffectiveAt))
	}
	p.linef("%s%s", p.paint(m.colour, head), tail)
	for _, f := range c.Fields {
		if c.Action == plan.Create {
			p.linef("    %s: %s", f.Field, shown(f.Kind, f.After))
			continue
		}
		p.linef("    %s: %s → %s", f.Field, shown(f.Kind, f.Before), shown(f.Kind, f.After))
	}
}

func planFoot(p *page, info syncrun.PlanInfo) {
	if info.Header.AsOf == nil && info.Header.Verdict == plan.Applies {
		p.linef("")
		p.linef("To apply exactly this: rollcall apply %s", info.ID)
	}
}

// nameAndMail is "Ann Lee <ann@acme.test>" with what is known.
func nameAndMail(name, email string) string {
	switch {
	case email == "":
		return name
	case name == "":
		return email
	}
	return name + " <" + email + ">"
}

// shown is a canonical value for a person.
func shown(kind directory.Kind, text string) string {
	if text == "" {
		return "–"
	}
	if kind == directory.KindList {
		return strings.Join(directory.SplitList(text), ", ")
	}
	return text
}

// moment is an instant for a person, in UTC.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// planJSON writes the plan as surface, "Plan as JSON".
func (a *app) planJSON(x *session, info syncrun.PlanInfo) error {
	e := plan.NewEncoder(a.out, info.ID, x.Policy.Name, &info.Header)
	for it, err := range x.Store.Items(a.ctx, info.ID, 0, false) {
		if err != nil {
			return fmt.Errorf("read plan %s: %w", info.ID, err)
		}
		e.Item(&it.Item)
	}
	return e.Close()
}

// planCSV writes one row per changed field, and one per held entry.
func (a *app) planCSV(x *session, info syncrun.PlanInfo) error {
	var broken error
	header := []string{"action", "reason", "waiting", "source_id", "person_id", "email", "name", "effective_at", "field", "before", "after", "from", "detail"}
	err := a.printCSV(header, func(yield func([]string) bool) {
		for it, err := range x.Store.Items(a.ctx, info.ID, 0, false) {
			if err != nil {
				broken = err
				return
			}
			for _, row := range planRows(&info.Header, &it.Item) {
				if !yield(row) {
					return
				}
			}
		}
	})
	if broken != nil {
		return fmt.Errorf("read plan %s: %w", info.ID, broken)
	}
	return err
}

func planRows(h *plan.Header, it *plan.Item) [][]string {
	if held := it.Held; held != nil {
		return [][]string{{"held", string(held.Reason), "", sourceID(held.SourceID), held.PersonID, held.Email, held.Name, "", string(held.Field), "", "", "", held.Detail}}
	}
	c := it.Change
	if c == nil {
		return nil
	}
	at := ""
	if t := syncrun.Timestamp(c.EffectiveAt); t != nil {
		at = *t
	}
	name := c.Name
	if c.Group != nil {
		name = c.Group.Name
	}
	row := func(f plan.FieldChange) []string {
		return []string{string(c.Action), string(c.Reason), string(h.Waiting(c.Kinds)), sourceID(c.SourceID), c.PersonID, c.Email, name, at,
			string(f.Field), csvValue(f.Kind, f.Before), csvValue(f.Kind, f.After), f.From, c.Sentence}
	}
	if len(c.Fields) == 0 {
		return [][]string{row(plan.FieldChange{})}
	}
	var out [][]string
	for _, f := range c.Fields {
		out = append(out, row(f))
	}
	return out
}

func csvValue(kind directory.Kind, text string) string {
	if kind == directory.KindList {
		return strings.Join(directory.SplitList(text), ",")
	}
	return text
}

func sourceID(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprint(id)
}
