package policy

import "math"

// Stricter is a guard that trips, and refuses, whenever g or h does: of every limit the smaller one, of the
// windows the longer one.
func (g Guard) Stricter(h Guard) Guard {
	return Guard{
		Window:         max(g.Window, h.Window),
		Deactivate:     g.Deactivate.stricter(h.Deactivate),
		MoveEmail:      g.MoveEmail.stricter(h.MoveEmail),
		Blank:          g.Blank.stricter(h.Blank),
		NewDepartments: min(g.NewDepartments, h.NewDepartments),
		IDChurnPercent: min(g.IDChurnPercent, h.IDChurnPercent),
	}
}

func (l Limit) stricter(m Limit) Limit {
	refuse := min(l.refusing(), m.refusing())
	if math.IsInf(refuse, 1) {
		refuse = 0
	}
	return Limit{People: min(l.People, m.People), Percent: min(l.Percent, m.Percent), RefusePercent: refuse}
}

// refusing is the percentage above which the limit refuses; 0 means that it never does.
func (l Limit) refusing() float64 {
	if l.RefusePercent == 0 {
		return math.Inf(1)
	}
	return l.RefusePercent
}
