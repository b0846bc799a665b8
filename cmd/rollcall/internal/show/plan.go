// Package show renders what commands answer with as text for a person: plans, runs, people, explanations, checks,
// undos and exports. Every function writes a value to a text.Page; reading it, and JSON, are left to the commands.
package show

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/plan/explain"
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
		{plan.Create, "+", text.Green, "create", "create", func(c plan.Counts) int { return c.Create }},
		{plan.Update, "~", text.Yellow, "update", "update", func(c plan.Counts) int { return c.Update }},
		{plan.Deactivate, "-", text.Red, "deactivate", "deactivate", func(c plan.Counts) int { return c.Deactivate }},
		{plan.Reactivate, "^", text.Green, "reactivate", "reactivate", func(c plan.Counts) int { return c.Reactivate }},
		{plan.LinkPerson, "=", text.Blue, "link", "link", func(c plan.Counts) int { return c.Link }},
		{plan.CreateDepartment, "#", text.Blue, "department", "departments", func(c plan.Counts) int { return c.CreateDepartment }},
		{plan.CreateTeam, "&", text.Blue, "team", "teams", func(c plan.Counts) int { return c.CreateTeam }},
	}
}

func markOf(a plan.Action) mark {
	all := marks()
	return all[slices.IndexFunc(all, func(m mark) bool { return m.action == a })]
}

// Tally names the kinds that occur: "+ 3 create   ~ 1 update".
func Tally(p *text.Page, c plan.Counts) string {
	var parts []string
	for _, m := range marks() {
		if n := m.count(c); n > 0 {
			parts = append(parts, p.Paint(m.colour, m.sign+" "+text.Count(n, m.one, m.many)))
		}
	}
	if len(parts) == 0 {
		return "no changes"
	}
	return strings.Join(parts, "   ")
}

// Bar draws the kinds by their share; every kind that occurs is seen.
func Bar(p *text.Page, c plan.Counts) string {
	total := c.Changes()
	if total == 0 {
		return ""
	}
	var b strings.Builder
	for _, m := range marks() {
		if n := m.count(c); n > 0 {
			b.WriteString(p.Paint(m.colour, strings.Repeat(m.sign, max(1, n*barWidth/total))))
		}
	}
	return "[" + b.String() + "]"
}

// PlanHead is a plan without its items.
func PlanHead(p *text.Page, connection string, info syncrun.PlanInfo) {
	h := &info.Header
	day := ""
	if h.AsOf != nil {
		day = " as of the end of " + h.AsOfDay
	}
	if h.WithoutFreezes {
		day += " if every freeze ended now"
	}
	p.Linef("%s%s", p.Paint(text.Bold, fmt.Sprintf("Plan of %s%s", connection, day)), p.Paint(text.Dim, fmt.Sprintf("  %s, %s read %s",
		info.ID, text.Count(h.Evidence.Employees, "employee", "employees"), text.Moment(h.Evidence.TakenAt))))
	PlanSummary(p, info)
}

// PlanSummary is the part of a plan that fits a screen: bar, counts, verdict.
func PlanSummary(p *text.Page, info syncrun.PlanInfo) {
	h := &info.Header
	if b := Bar(p, h.Counts); b != "" {
		p.Linef("  %s", b)
	}
	p.Linef("  %s", Tally(p, h.Counts))
	p.Linef("  %d unchanged, %d held, %d left before they were ever linked; billable seats %d → %d", h.Counts.Unchanged, h.Counts.Held, h.Counts.Left, h.SeatsBefore, h.SeatsAfter)
	p.Linef("%s", verdictLine(p, h.Verdict))
	Waiting(p, info)
	notes := h.Evidence.Warnings
	if len(h.Reasons) == 0 {
		notes = slices.Concat(h.Evidence.Doubts, notes) // of one person's plan; else the reasons tell them
	}
	for _, note := range notes {
		p.Linef("  %s %s", p.Paint(text.Yellow, "?"), note)
	}
	if len(h.Evidence.Unreadable) > 0 {
		p.Linef("  %s the key cannot read %s", p.Paint(text.Yellow, "?"), strings.Join(h.Evidence.Unreadable, ", "))
	}
}

func verdictLine(p *text.Page, v plan.Verdict) string {
	switch v {
	case plan.NothingToDo:
		return "Nothing to do: the directory agrees with BambooHR."
	case plan.Applies:
		return "Verdict: " + p.Paint(text.Green, "applies") + "; nothing waits."
	case plan.NeedsApproval:
		return "Verdict: " + p.Paint(text.Yellow, "needs approval") + "; the rest may be applied."
	}
	return "Verdict: " + p.Paint(text.Red, "refused") + "; the rest may be applied."
}

// Waiting tells what waits, why, and how it is let through.
func Waiting(p *text.Page, info syncrun.PlanInfo) {
	for _, r := range info.Header.Reasons {
		p.Linef("  %s %s", p.Paint(text.Red, "!"), r.Sentence)
		p.Linef("    if this is meant: rollcall apply %s %s", info.ID, explain.Permit(&info.Header, r))
	}
}

// heldGroups gathers held entries by reason, in the order of their first entry.
type heldGroups struct {
	order []plan.Reason
	lines map[plan.Reason][]string
	n     map[plan.Reason]int
}

func newHeld() *heldGroups {
	return &heldGroups{lines: map[plan.Reason][]string{}, n: map[plan.Reason]int{}}
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
	who := text.NameAndMail(h.Name, h.Email)
	if h.SourceID != 0 {
		who += fmt.Sprintf(" (employee:%d)", h.SourceID)
	}
	if h.Field != "" {
		who = strings.TrimSpace(who + " " + string(h.Field))
	}
	out := []string{fmt.Sprintf("%s: %s", who, h.Detail)}
	if f := h.Frozen; f != nil {
		out = append(out, fmt.Sprintf("    waits: %s → %s", shown(f.Change.Kind, f.Change.Before), shown(f.Change.Kind, f.Change.After)))
	}
	for _, c := range h.Candidates {
		out = append(out, fmt.Sprintf("    is it %s (id:%s)? %s", text.NameAndMail(c.Name, c.Email), c.PersonID, c.Why))
	}
	return out
}

func (g *heldGroups) print(p *text.Page, limit int) {
	for _, reason := range g.order {
		p.Linef("")
		p.Linef("%s", p.Paint(text.Bold, fmt.Sprintf("Held: %s (%d)", reason, g.n[reason])))
		for _, line := range g.lines[reason] {
			p.Linef("  %s", line)
		}
		if more := g.n[reason] - limit; limit > 0 && more > 0 {
			p.Linef("  … and %d more; --limit 0 shows all", more)
		}
	}
}

// Plan writes a stored plan with its items: the changes, then what is held by reason, at most limit of each; 0
// is all.
func Plan(p *text.Page, connection string, info syncrun.PlanInfo, items iter.Seq2[syncrun.StoredItem, error], limit int) error {
	PlanHead(p, connection, info)
	held := newHeld()
	shown := 0
	for it, err := range items {
		switch {
		case err != nil:
			return fmt.Errorf("read plan %s: %w", info.ID, err)
		case it.Held != nil:
			held.add(it.Held, limit)
		case it.Change != nil:
			if shown == 0 {
				p.Linef("")
			}
			if shown++; limit == 0 || shown <= limit {
				Change(p, it.Change, info.Header.Waiting(it.Change.Kinds))
			}
		}
	}
	if more := shown - limit; limit > 0 && more > 0 {
		p.Linef("… and %d more; --limit 0 shows all", more)
	}
	held.print(p, limit)
	planFoot(p, info)
	return nil
}

// Change writes one change: what, who, why, and each field before → after.
func Change(p *text.Page, c *plan.Change, waiting plan.Waiting) {
	m := markOf(c.Action)
	head := m.sign + " " + string(c.Action) + " " + text.NameAndMail(c.Name, c.Email)
	if c.Group != nil {
		head = m.sign + " " + string(c.Action) + " " + c.Group.Name
	}
	tail := ""
	switch waiting {
	case plan.WaitingApproval:
		tail = p.Paint(text.Yellow, "  [waits for approval]")
	case plan.WaitingRefused:
		tail = p.Paint(text.Red, "  [refused]")
	}
	if c.Reason != "" && c.Group == nil {
		tail = p.Paint(text.Dim, "  "+string(c.Reason)) + tail
	}
	if !c.EffectiveAt.IsZero() {
		tail += p.Paint(text.Dim, "  at "+text.Moment(c.EffectiveAt))
	}
	p.Linef("%s%s", p.Paint(m.colour, head), tail)
	for _, f := range c.Fields {
		if c.Action == plan.Create {
			p.Linef("    %s: %s", f.Field, shown(f.Kind, f.After))
			continue
		}
		p.Linef("    %s: %s → %s", f.Field, shown(f.Kind, f.Before), shown(f.Kind, f.After))
	}
}

func planFoot(p *text.Page, info syncrun.PlanInfo) {
	if !info.Header.Hypothetical() && info.Header.Verdict == plan.Applies {
		p.Linef("")
		p.Linef("To apply exactly this: rollcall apply %s", info.ID)
	}
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
