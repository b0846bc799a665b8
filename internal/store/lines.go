package store

import (
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/plan"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// keepLines refuses changed reporting lines that close a loop. Whoever drew them looked first, but a plan and a human,
// or two humans, can close one together although neither meant to (promise SI45).
func (t tx) keepLines(changed []string) error {
	k := lineKeeper{t: t, safe: map[string]bool{}}
	for _, id := range changed {
		if loop, err := k.loop(id); err != nil {
			return err
		} else if slices.ContainsFunc(changed, func(id string) bool { return loop[id] }) {
			return &syncrun.StaleRecordError{Key: directory.PersonKey(id), Loop: true}
		}
	}
	return nil
}

// drawsLine reports whether a change gives somebody who may have reports another manager.
func drawsLine(c *plan.Change) bool {
	return slices.ContainsFunc(c.Fields, func(f plan.FieldChange) bool { return f.Field == directory.Manager && f.AfterID != "" })
}

// lineKeeper walks up reporting lines as they stand in a transaction.
type lineKeeper struct {
	t    tx
	safe map[string]bool // whose way up was walked
}

// loop returns the loop in which the lines above a person end, nil when they end at somebody without a manager.
func (k *lineKeeper) loop(id string) (map[string]bool, error) {
	var way []string
	for at := id; at != ""; {
		if i := slices.Index(way, at); i >= 0 {
			loop := map[string]bool{}
			for _, member := range way[i:] {
				loop[member] = true
			}
			return loop, nil
		}
		if k.safe[at] {
			return nil, nil
		}
		k.safe[at] = true
		way = append(way, at)
		manager := ""
		if _, err := k.t.first("select manager from people where org = $1 and id = $2",
			func(st stmt) { manager = st.ColText(0) }, k.t.org, at); err != nil {
			return nil, err
		}
		at = manager
	}
	return nil, nil
}
