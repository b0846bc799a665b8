package live

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// maxNames is how many people a count names.
const maxNames = 5

// Scope counts what the scope and leaving rules of settings do. A rule is counted by itself, whatever the
// others say, and a leaving signal also where the settings do not listen to it, so that people see what it would
// do; a date counts once it has come. linked are the link states of the connection.
func (m *Sample) Scope(p *policy.Connection, now time.Time, linked iter.Seq2[*directory.LinkState, error]) (ScopeView, error) {
	t := &tally{m: m, p: p, now: now, view: ScopeView{Employees: len(m.records), ReadAt: m.takenAt, More: m.more}}
	for _, count := range []func() error{t.whole, t.rules, t.blocked, t.signals} {
		if err := count(); err != nil {
			return ScopeView{}, err
		}
	}
	err := t.missing(linked)
	return t.view, err
}

// tally counts the employees of a sample under settings.
type tally struct {
	m    *Sample
	p    *policy.Connection
	now  time.Time
	view ScopeView
}

// each maps every usable record under settings.
func (t *tally) each(p policy.Connection, f func(w *directory.Wanted)) error {
	mapper, err := t.m.mapper(&p, t.now)
	if err != nil {
		return err
	}
	var w directory.Wanted
	for i := range t.m.records {
		if t.m.records[i].Problem == "" {
			mapper.Map(&t.m.records[i], &w)
			f(&w)
		}
	}
	return nil
}

// bare is the settings without what a count does not need.
func (t *tally) bare() policy.Connection {
	p := *t.p
	p.Match, p.Scope = nil, policy.Scope{NoStatus: policy.NoStatusHold}
	p.Mapping = slices.DeleteFunc(slices.Clone(p.Mapping), func(r policy.FieldRule) bool {
		return r.Target != "first_name" && r.Target != "last_name" || r.Expr != ""
	})
	return p
}

func (r *RuleCount) add(w *directory.Wanted) {
	if r.People++; len(r.Names) < maxNames {
		r.Names = append(r.Names, w.Name)
	}
}

// whole counts who takes part.
func (t *tally) whole() error {
	p := t.bare()
	p.Scope.Include, p.Scope.Exclude = t.p.Scope.Include, t.p.Scope.Exclude
	unusable := len(t.m.records)
	err := t.each(p, func(w *directory.Wanted) {
		unusable--
		switch w.Scope.Verdict {
		case directory.ScopeIn:
			t.view.In++
		case directory.ScopeOut:
			t.view.Out++
		default:
			t.view.Unknown++
		}
	})
	t.view.Unknown += unusable
	return err
}

// rules counts each include and exclude rule by itself: as the only include rule, it says for whom it holds.
func (t *tally) rules() error {
	for _, list := range []struct {
		name  string
		rules []policy.Rule
	}{{"include", t.p.Scope.Include}, {"exclude", t.p.Scope.Exclude}} {
		for i, rule := range list.rules {
			p := t.bare()
			p.Scope.Include = []policy.Rule{rule}
			n := RuleCount{Place: fmt.Sprintf("scope.%s[%d]", list.name, i)}
			if err := t.each(p, func(w *directory.Wanted) {
				switch w.Scope.Verdict {
				case directory.ScopeIn:
					n.add(w)
				case directory.ScopeUnknown:
					n.Unknown++
				}
			}); err != nil {
				return err
			}
			t.view.Rules = append(t.view.Rules, n)
		}
	}
	return nil
}

// blocked counts each blocked status, and those without one.
func (t *tally) blocked() error {
	if len(t.p.Scope.BlockStatuses) == 0 {
		return nil
	}
	p := t.bare()
	p.Scope.BlockStatuses = t.p.Scope.BlockStatuses
	p.Lifecycle.Leaving = listening()
	unknown := 0
	for i := range t.m.records {
		if t.m.value(&t.m.records[i], employmentStatus).IsUnreadable() {
			unknown++
		}
	}
	rows, at := make([]RuleCount, len(p.Scope.BlockStatuses)), map[string]int{}
	for i, status := range p.Scope.BlockStatuses {
		rows[i] = RuleCount{Place: fmt.Sprintf("scope.block_statuses[%d]", i), Unknown: unknown}
		at[policy.StatusKey(status)] = i
	}
	none := RuleCount{Place: "scope.no_status", Unknown: unknown}
	err := t.each(p, func(w *directory.Wanted) {
		if w.NoStatus {
			none.add(w)
		}
		for _, sig := range w.Signals {
			if i, ok := at[policy.StatusKey(sig.Value)]; ok && sig.Kind == directory.SignalStatusBlocked {
				rows[i].add(w)
			}
		}
	})
	t.view.Rules = append(append(t.view.Rules, rows...), none)
	return err
}

// employmentStatus is the field that the block list looks at.
const employmentStatus policy.SourceField = "employmentHistoryStatus"

// listening makes every leaving signal one.
func listening() map[policy.Signal]policy.Leave {
	all := map[policy.Signal]policy.Leave{}
	for _, sig := range policy.Signals() {
		all[sig] = policy.Leave{Action: policy.LeaveDeactivate}
	}
	return all
}

// shownSignal is a leaving signal that a record can show, and the column that tells it.
type shownSignal struct {
	signal policy.Signal
	kind   directory.SignalKind
	column policy.SourceField
}

// signals counts each leaving signal that a record can show.
func (t *tally) signals() error {
	p := t.bare()
	p.Scope = t.p.Scope
	p.Lifecycle.Leaving = listening()
	kinds := []shownSignal{
		{policy.SignalStatus, directory.SignalStatus, "status"},
		{policy.SignalTermination, directory.SignalTermination, "terminationDate"},
		{policy.SignalStatusBlocked, directory.SignalStatusBlocked, employmentStatus},
		{policy.SignalOutOfScope, directory.SignalOutOfScope, ""},
	}
	rows := make([]RuleCount, len(kinds))
	for i, k := range kinds {
		rows[i].Place = leavingPlace(k.signal)
		for j := range t.m.records {
			if k.column != "" && t.m.value(&t.m.records[j], k.column).IsUnreadable() {
				rows[i].Unknown++
			}
		}
	}
	rows[3].Unknown = t.view.Unknown
	err := t.each(p, func(w *directory.Wanted) {
		for _, sig := range w.Signals {
			i := slices.IndexFunc(kinds, func(k shownSignal) bool { return k.kind == sig.Kind })
			if i >= 0 && !sig.At.After(t.now) {
				rows[i].add(w)
			}
		}
	})
	t.view.Rules = append(t.view.Rules, rows...)
	return err
}

func leavingPlace(sig policy.Signal) string { return "lifecycle.leaving." + string(sig) }

// missing counts linked people whom the reading did not show; it can only be told from a whole one.
func (t *tally) missing(linked iter.Seq2[*directory.LinkState, error]) error {
	if t.m.more {
		return nil
	}
	read := make(map[int64]bool, len(t.m.records))
	for i := range t.m.records {
		read[t.m.records[i].Num] = true
	}
	n := RuleCount{Place: leavingPlace(policy.SignalMissing)}
	for link, err := range linked {
		if err != nil {
			return fmt.Errorf("look up who is linked: %w", err)
		}
		if link.Outcome == directory.OutcomeLinked && !read[link.SourceID] {
			n.People++
		}
	}
	t.view.Rules = append(t.view.Rules, n)
	return nil
}
