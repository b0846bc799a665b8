package views

import (
	"errors"
	"slices"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/view"
	"github.com/rollcall-hr/rollcall/syncrun"
)

// maxFrozen bounds how many fields are counted that wait for one freeze.
const maxFrozen = 5000

// waits counts what waits for the end of a freeze or pause.
func waits(e *effects, conn int64, x *view.Effect) error {
	switch x.Kind {
	case view.FreezeEnd:
		return frozen(e.t, conn, x)
	case view.PauseEnd:
		x.Waits = &view.EffectWaits{}
		f := (&effects{q: &EffectQuery{Now: e.q.Now, Rules: e.q.Rules}, conns: e.conns}).filter()
		f.add(ranked("e.cancelled = 0 and e.rank in ({deactivation}, {start}) and e.conn = $$ and e.at < $$"), conn, x.At)
		_, err := e.t.First("select count(distinct e.person) from ("+ranked(stored)+") e left join people p on p.org = $1 and p.id = e.person where true"+f.sql.String(),
			func(st stmt) { x.Waits.People = int(st.ColInt(0)) }, f.all(e.t)...)
		return err
	}
	return nil
}

// frozen counts the people and fields that the newest plan of a connection holds back for a freeze.
func frozen(t tx, conn int64, x *view.Effect) error {
	p, err := newestPlan(t, conn)
	if errors.Is(err, directory.ErrNotFound) || err == nil && !slices.Contains(p.Info.Header.Freezes, x.Freeze) {
		return nil // no plan yet since the freeze began
	}
	if err != nil {
		return err
	}
	var rows Page[syncrun.StoredItem]
	more, err := pick(t, &p, nil, newRowFilter(PlanQuery{Part: PartHeld, Freeze: x.Freeze}, &p.Info.Header), 0, maxFrozen, &rows.Items)
	if err != nil {
		return err
	}
	x.Waits = &view.EffectWaits{Fields: len(rows.Items), More: more}
	people := map[string]bool{}
	for i := range rows.Items {
		people[rows.Items[i].Held.PersonID] = true
	}
	x.Waits.People = len(people)
	return nil
}
