package runs

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/internal/web/words"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// row is one change or held entry, ready to be shown.
type row struct {
	ID        string // of the element, stable for links: row-12
	Seq       int64
	Open      bool
	Tick      bool // may be picked to be applied alone
	Colour    string
	Tag       string
	Name      string
	Email     string
	Short     string // why, in a few words
	Hints     string // names of the fields that change
	Waiting   plan.Waiting
	Sentence  string
	Status    *fieldRow
	Fields    []fieldRow
	Effective time.Time
	Holds     []string // that the change puts
	Notes     []string // what was put right, or could not be used
	AppliedBy string   // run id
	Person    string   // link, "" when there is nobody yet
	Why       string   // link to the explanation
	Link      string   // to this row alone
	Undo      string   // link to take back what a run did to this person
	Held      *heldRow
}

// fieldRow is one value that changes.
type fieldRow struct {
	Field, Before, After string
	Blank                bool   // of a new person: there was nothing before
	Source               string // where the value comes from, "" when Rollcall itself decides
}

// heldRow is what only held entries have.
type heldRow struct {
	Fix        string
	Candidates []plan.Candidate
	Decide     string // address to settle it at; "" when nobody can, or nobody here may
	Employee   string // WHO of the employee
	Decided    string // what somebody has decided already
}

// rowMaker turns stored rows into shown ones.
type rowMaker struct {
	header    *plan.Header
	base      string // page the rows stand on
	ticks     bool   // changes may be picked
	waiting   bool   // also those that wait, to be let through on the page that asks
	undo      string // of a run: where taking back begins
	decide    string
	decisions map[int64]directory.Decision
	open      int64
}

func (m *rowMaker) rows(items []syncrun.StoredItem) []row {
	out := make([]row, 0, len(items))
	for i := range items {
		switch it := &items[i]; {
		case it.Change != nil:
			out = append(out, m.change(it))
		case it.Held != nil:
			out = append(out, m.held(it))
		}
	}
	return out
}

func (m *rowMaker) start(it *syncrun.StoredItem) row {
	seq := strconv.FormatInt(it.Seq, 10)
	return row{ID: "row-" + seq, Seq: it.Seq, Open: it.Seq == m.open, Link: m.base + "?seq=" + seq}
}

func (m *rowMaker) change(it *syncrun.StoredItem) row {
	c := it.Change
	w := wordOf(c.Action)
	r := m.start(it)
	r.Colour, r.Tag, r.Name, r.Email, r.Short = w.colour, w.tag, c.Name, c.Email, words.Reason(c.Reason)
	r.Sentence, r.Effective, r.AppliedBy = onScreen(c.Sentence), c.EffectiveAt, it.RunID
	if it.RunID == "" {
		r.Waiting = m.header.Waiting(c.Kinds)
		r.Tick = m.ticks && (r.Waiting == plan.NotWaiting || m.waiting)
	}
	if c.Group != nil {
		r.Name, r.Short = c.Group.Name, "Named in BambooHR"
		r.Sentence = fmt.Sprintf("BambooHR has a %s that is not here yet.", c.Group.Kind)
		return r
	}
	r.Person, r.Why = explainLinks(c.PersonID, c.SourceID, c.Action != plan.Create || it.RunID != "")
	r.Notes = slices.Clone(c.Trace.Notes)
	if c.StatusBefore != c.StatusAfter {
		r.Status = &fieldRow{Field: "Status", Before: string(c.StatusBefore), After: string(c.StatusAfter), Blank: c.Action == plan.Create}
	}
	r.Fields = fieldRows(c)
	r.Hints = hints(r.Fields)
	if c.Reason == plan.FieldChanged && r.Status == nil {
		r.Sentence = "" // "BambooHR differs in …", which the table below tells field by field
	}
	for _, h := range c.Holds {
		r.Holds = append(r.Holds, holdWords(h))
	}
	if m.undo != "" {
		r.Undo = m.undo + "?person=" + url.QueryEscape("id:"+c.PersonID)
	}
	return r
}

func fieldRows(c *plan.Change) []fieldRow {
	var out []fieldRow
	for i := range c.Fields {
		f := &c.Fields[i]
		if f.Field == "status" {
			continue
		}
		out = append(out, fieldRow{Field: words.Field(f.Field), Before: words.Value(f.Kind, f.Before), After: words.Value(f.Kind, f.After),
			Blank: c.Action == plan.Create, Source: sourceWords(f.From)})
	}
	return out
}

// sourceWords says where a value comes from.
func sourceWords(from string) string {
	switch from {
	case "":
		return ""
	case "expr":
		return "Worked out by the expression in the mapping."
	}
	return "From the BambooHR field " + from + "."
}

// hints names the fields that change, three at most (promise SI13).
func hints(fields []fieldRow) string {
	var names []string
	for _, f := range fields {
		if f.Blank {
			return ""
		}
		names = append(names, words.InSentence(f.Field))
	}
	if n := len(names) - 3; n > 0 {
		names = append(names[:3], fmt.Sprintf("%d more", n))
	}
	return strings.Join(names, ", ")
}

func holdWords(h directory.Hold) string {
	what := "the whole person"
	if h.Field != "" {
		what = words.InSentence(words.Field(h.Field))
	}
	if _, waits := h.Awaits(); waits {
		return fmt.Sprintf("Puts a hold on %s until BambooHR agrees.", what)
	}
	return fmt.Sprintf("Puts a hold on %s until somebody removes it.", what)
}

// explainLinks leads to a person, and to why they are as they are.
func explainLinks(personID string, sourceID int64, exists bool) (person, why string) {
	switch {
	case personID != "" && exists:
		person = "/people/" + url.PathEscape(personID)
		return person, person + "/explain"
	case sourceID != 0:
		return "", "/explain?who=" + url.QueryEscape(employee(sourceID))
	}
	return "", ""
}

// employee is the WHO of an employee.
func employee(sourceID int64) string { return "employee:" + strconv.FormatInt(sourceID, 10) }

func (m *rowMaker) held(it *syncrun.StoredItem) row {
	h := it.Held
	r := m.start(it)
	r.Colour, r.Tag, r.Name, r.Email, r.Notes = "held", words.Reason(h.Reason), h.Name, h.Email, h.Trace.Notes
	r.Short = sentence(h.Detail)
	if h.Field != "" {
		r.Hints = words.InSentence(words.Field(h.Field))
	}
	if r.Name == "" && h.Kind == plan.HeldField {
		r.Name, r.Hints = "Everybody's "+r.Hints, ""
	}
	r.Person, r.Why = explainLinks(h.PersonID, h.SourceID, true)
	r.Held = &heldRow{Fix: onScreen(h.Trace.Fix), Candidates: h.Candidates}
	r.Fields = frozenRows(h.Frozen)
	if d, ok := m.decisions[h.SourceID]; ok && h.SourceID != 0 {
		r.Held.Decided = decisionWords(d, h.Candidates)
	}
	// The planner itself says which entries a human can settle.
	if m.decide != "" && h.SourceID != 0 && h.Field == "" && strings.Contains(h.Trace.Fix, `"rollcall decide`) && h.Reason != plan.NotFromHR {
		r.Held.Decide, r.Held.Employee = m.decide, employee(h.SourceID)
	}
	return r
}

func decisionWords(d directory.Decision, candidates []plan.Candidate) string {
	switch d.Kind {
	case directory.DecideNew:
		return "Decided: a new person. The next run creates it."
	case directory.DecideIgnore:
		return "Decided: left out."
	}
	name := "the chosen person"
	for _, c := range candidates {
		if c.PersonID == d.PersonID {
			name = c.Name
		}
	}
	return "Decided: this is " + name + ". The next run links them."
}

// rowFilter is what a list of rows is narrowed to, as it stands in the address.
type rowFilter struct {
	Part, Action, Kind, Waiting, Reason, Q, After string
	Seq                                           int64
}

// The parts of a plan's page beside view.PartChanges and view.PartHeld.
const (
	partUnchanged  = "unchanged"
	partKept       = "kept"       // of an undo: changed since
	partImpossible = "impossible" // of an undo
)

func readFilter(v url.Values) rowFilter {
	f := rowFilter{Part: v.Get("part"), Action: v.Get("action"), Kind: v.Get("kind"), Waiting: v.Get("waiting"), Reason: v.Get("reason"),
		Q: strings.TrimSpace(v.Get("q")), After: v.Get("after")}
	f.Seq, _ = strconv.ParseInt(v.Get("seq"), 10, 64) // what is no number is no row
	if !slices.Contains([]string{view.PartHeld, partUnchanged, partKept, partImpossible}, f.Part) {
		f.Part = view.PartChanges
	}
	return f
}

// query is the filter for the views.
func (f rowFilter) query() view.PlanQuery {
	q := view.PlanQuery{Part: f.Part, Reason: plan.Reason(f.Reason), Q: f.Q, After: f.After, Limit: rowsPerPage}
	if f.Part == view.PartHeld {
		return q
	}
	q.Waiting = f.Waiting
	if f.Action != "" {
		q.Actions = []plan.Action{plan.Action(f.Action)}
	}
	if f.Kind != "" {
		q.Kinds = []plan.Kind{plan.Kind(f.Kind)}
	}
	return q
}

// values is the filter for an address.
func (f rowFilter) values() url.Values {
	v := url.Values{}
	for name, text := range map[string]string{"action": f.Action, "kind": f.Kind, "waiting": f.Waiting, "reason": f.Reason, "q": f.Q, "after": f.After} {
		if text != "" {
			v.Set(name, text)
		}
	}
	if f.Part != view.PartChanges {
		v.Set("part", f.Part)
	}
	return v
}

func (f rowFilter) at(base string) string {
	if v := f.values(); len(v) > 0 {
		return base + "?" + v.Encode()
	}
	return base
}

// narrowed tells whether rows may be left out.
func (f rowFilter) narrowed() bool {
	return f.Action+f.Kind+f.Waiting+f.Reason+f.Q != ""
}

// actors names whoever is behind runs and plans.
func (p *pages) actors(ctx context.Context, ids ...string) (map[string]string, error) {
	slices.Sort(ids)
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return id == "" })
	names, err := p.Views.Names(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("look up names: %w", err)
	}
	out := map[string]string{}
	for _, id := range ids {
		out[id] = cmp.Or(names[id], directory.ActorWords(id))
	}
	return out, nil
}
