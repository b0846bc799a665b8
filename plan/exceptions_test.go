package plan

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/policy"
)

// No change of a plan is one that a hold or a decision forbids: what forbids one when the plan is applied came later.
func TestPropertyChangesRespectExceptions(t *testing.T) {
	seen := 0
	check(t, func(t *rapid.T, base *policy.Connection) {
		x := genWorld(t, base, true)
		for range 2 {
			x.apply(fatal{t: t}, x.plan())
		}
		x.disturbHR(t)
		x.disturbPeople(t)
		x.disturbInput(t)
		if rapid.Bool().Draw(t, "doubtful") {
			x.evidence.Grade, x.evidence.Doubts = gradeDoubtful, []string{"fewer employees"}
		}
		p := x.plan()
		for i := range p.Items {
			c := p.Items[i].Change
			if c == nil {
				continue
			}
			for _, h := range x.in.Holds {
				seen++
				if h.Active(x.in.Now) && !p.Header.EndsHold(&h) && c.HeldBy(&h) {
					t.Fatalf("%s is changed in spite of %+v:\n%s", c.Key(), h, render(p))
				}
			}
			for _, d := range x.in.Decisions {
				if b := last(x.in.Decisions, d.SourceID); b == d && c.Contradicts(d) {
					t.Fatalf("%s is changed in spite of %+v:\n%s", c.Key(), d, render(p))
				}
			}
		}
	})
	if seen == 0 {
		t.Error("the companies drawn have no holds")
	}
}

// last is the decision that counts: a later one takes the place of an earlier one.
func last(all []directory.Decision, id int64) (out directory.Decision) {
	for _, d := range all {
		if d.SourceID == id {
			out = d
		}
	}
	return out
}
