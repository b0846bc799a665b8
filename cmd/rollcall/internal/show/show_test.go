package show_test

import (
	"strings"
	"testing"

	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/show"
	"github.com/rollcall-hr/rollcall/cmd/rollcall/internal/text"
	"github.com/rollcall-hr/rollcall/plan"
)

func TestCounts(t *testing.T) {
	for _, x := range []struct {
		c    plan.Counts
		want string
	}{
		{plan.Counts{}, "no changes"}, {plan.Counts{Create: 1}, "1 creation"},
		{plan.Counts{Create: 3, Deactivate: 1, CreateDepartment: 2}, "3 creations, 1 deactivation and 2 new departments"},
	} {
		if got := show.Counts(x.c); got != x.want {
			t.Errorf("Counts(%+v) = %q, want %q", x.c, got, x.want)
		}
	}
}

func TestBarShowsEveryKind(t *testing.T) {
	got := show.Bar(&text.Page{}, plan.Counts{Create: 1000, Deactivate: 1})
	if !strings.HasPrefix(got, "[+++") || !strings.HasSuffix(got, "+-]") {
		t.Errorf("Bar = %s", got)
	}
}
