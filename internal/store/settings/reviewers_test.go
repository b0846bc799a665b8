package settings_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/account"
	"github.com/rollcall-hr/rollcall/plan"
)

// TestTurns: somebody becomes an administrator, or ceases to be one, by the role and by the status together: a role that
// is taken from somebody who was deactivated long ago makes nobody the former second one, and one that is given to them
// counts from when they are back.
func TestTurns(t *testing.T) {
	for name, c := range map[string]struct{ did, want string }{ // what was done to an administrator how many hours ago
		"nothing":                             {"", ""},
		"long ago":                            {"member 25", ""},
		"taken":                               {"member 2", "lost 2"},
		"deactivated":                         {"off 2", "lost 2"},
		"deactivated, then taken":             {"off 3, member 2", "lost 3"},
		"taken, then deactivated":             {"member 3, off 2", "lost 3"},
		"deactivated long ago, then taken":    {"off 40, member 2", ""},
		"taken long ago, then deactivated":    {"member 40, off 2", ""},
		"deactivated long ago, then owner":    {"off 40, owner 2", ""},
		"deactivated long ago, then back":     {"off 40, on 2", "gained 2"},
		"given while deactivated, then back":  {"member 50, off 40, admin 3, on 2", "gained 2"},
		"taken and given while deactivated":   {"off 40, member 3, admin 2, on 1", "gained 1"},
		"back without the role":               {"off 40, member 3, on 2", ""},
		"given again":                         {"member 40, admin 2", "gained 2"},
		"an owner now":                        {"owner 2", ""},
		"taken and given":                     {"member 3, admin 2", "lost 3, gained 2"},
		"deactivated and back":                {"off 3, on 2", "lost 3, gained 2"},
		"back, and taken":                     {"off 40, on 3, member 2", "gained 3, lost 2"},
		"deactivated, taken, given, and back": {"off 5, member 4, admin 3, on 2", "lost 5, gained 2"},
	} {
		t.Run(name, func(t *testing.T) {
			org, ctx := open(t).Org("a"), t.Context()
			end := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
			now := end.Add(-72 * time.Hour)
			accounts := account.New(account.Options{Organisation: "a", Store: org.Accounts(), Now: func() time.Time { return now }})
			p := directory.Person{ID: "p_ben", Status: directory.Active, Role: directory.RoleAdmin}
			p.Values.Set(directory.Email, directory.KindText, "ben@acme.test")
			if _, err := org.SavePerson(ctx, p, plan.Change{Action: plan.Create, PersonID: p.ID}, "test", now); err != nil {
				t.Fatal(err)
			}
			for _, step := range strings.Split(c.did, ", ") {
				what, hours := "", 0
				if _, err := fmt.Sscan(step, &what, &hours); err != nil {
					break // nothing
				}
				now = end.Add(-time.Duration(hours) * time.Hour)
				if status, ok := map[string]directory.Status{"off": directory.Deactivated, "on": directory.Active}[what]; ok {
					p, err := org.Person(ctx, "p_ben")
					if err == nil {
						change := plan.Change{Action: plan.Update, PersonID: p.ID, Version: p.Version, StatusBefore: p.Status}
						p.Status = status
						_, err = org.SavePerson(ctx, p, change, "test", now)
					}
					if err != nil {
						t.Fatal(err)
					}
				} else if err := accounts.SetRole(ctx, account.Operator("test"), "p_ben", directory.Role(what)); err != nil {
					t.Fatal(err)
				}
			}
			r, err := org.Settings().Reviewers(ctx, "plan_1", nil, end.Add(-24*time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, turn := range r.Turns {
				word := map[bool]string{true: "gained", false: "lost"}[turn.Gained]
				if got = append(got, fmt.Sprintf("%s %d", word, end.Sub(turn.At)/time.Hour)); turn.ID != "p_ben" || turn.Name != "ben@acme.test" {
					t.Errorf("it is %s, %s", turn.ID, turn.Name)
				}
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("%q, want %q", strings.Join(got, ", "), c.want)
			}
		})
	}
}
