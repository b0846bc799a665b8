package views

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/sqldb"
)

// Overview counts people and the holds in force at an instant.
func (s *Store) Overview(ctx context.Context, now time.Time) (Overview, error) {
	out := Overview{Statuses: map[directory.Status]int{}}
	err := s.everybody(ctx, func(t tx, x *peopleIndex) error {
		statuses := x.texts[statusColumn].list
		for i := range x.rows {
			r := &x.rows[i]
			out.Statuses[directory.Status(statuses[r.codes[statusColumn]])]++
			if r.conn != 0 {
				out.FromHR++
			}
		}
		out.People = len(x.rows)
		_, err := t.First("select count(*), count(distinct person_id) from holds where org = $1 and (until is null or until > $2)", func(st stmt) {
			out.Holds, out.OnHold = int(st.ColInt(0)), int(st.ColInt(1))
		}, t.Org, now)
		return err
	})
	if err != nil {
		return Overview{}, fmt.Errorf("count people: %w", err)
	}
	out.Seats = out.Statuses[directory.Active]
	return out, nil
}

// maxMonths bounds a headcount.
const maxMonths = 120

// Headcount counts joiners, leavers and active people month by month, oldest first; at most 120 months.
func (s *Store) Headcount(ctx context.Context, q HeadcountQuery) ([]Month, error) {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	months := monthsBetween(q.From.In(q.Zone), q.To.In(q.Zone))
	counts := map[string][]Month{}
	err := s.org.Read(ctx, func(t tx) error {
		off, err := lastDeactivations(t)
		if err != nil {
			return err
		}
		f := &filter{}
		if q.Department != "" {
			f.add("department = $$", q.Department)
		}
		if q.LinkedOnly {
			f.add("connection is not null")
		}
		return t.Each("select id, status, department, hire_date, deactivation_date, created_at, updated_at from people where org = $1"+f.sql.String(), func(st stmt) error {
			department := ""
			if q.ByDepartment {
				department = st.ColText(2)
			}
			rows, ok := counts[department]
			if !ok {
				rows = make([]Month, len(months))
				counts[department] = rows
			}
			joined, left := employment(st, off, q.Zone)
			for i, m := range months {
				if joined[:7] == m {
					rows[i].Joiners++
				}
				if left != "" && left[:7] == m {
					rows[i].Leavers++
				}
				if joined[:7] <= m && (left == "" || left[:7] > m) {
					rows[i].Active++
				}
			}
			return nil
		}, f.all(t)...)
	})
	if err != nil {
		return nil, fmt.Errorf("count people by month: %w", err)
	}
	if !q.ByDepartment && len(counts) == 0 {
		counts[""] = make([]Month, len(months))
	}
	out := make([]Month, 0, len(months)*len(counts))
	for department, rows := range counts {
		for i := range rows {
			rows[i].Month, rows[i].Department = months[i], department
			out = append(out, rows[i])
		}
	}
	slices.SortFunc(out, func(a, b Month) int {
		return strings.Compare(a.Month+a.Department, b.Month+b.Department)
	})
	return out, nil
}

// monthsBetween lists the months from one instant's to another's, as YYYY-MM.
func monthsBetween(from, to time.Time) []string {
	var out []string
	at := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	last := to.Format("2006-01")
	for ; at.Format("2006-01") <= last && len(out) < maxMonths; at = at.AddDate(0, 1, 0) {
		out = append(out, at.Format("2006-01"))
	}
	return out
}

// employment returns the days on which a person of Headcount's query joined and left, the latter "" for
// never.
func employment(st stmt, off map[string]int64, zone *time.Location) (joined, left string) {
	day := func(ms int64) string { return sqldb.Instant(ms).In(zone).Format(time.DateOnly) }
	joined, left = st.ColText(3), st.ColText(4)
	gone := directory.Status(st.ColText(1)) == directory.Deactivated
	if len(joined) != len(time.DateOnly) {
		joined = day(st.ColInt(5))
	}
	if len(left) != len(time.DateOnly) {
		left = ""
		if gone {
			at, known := off[st.ColText(0)]
			if !known {
				at = st.ColInt(6)
			}
			left = day(at)
		}
	}
	if left != "" && left < joined && !gone {
		left = ""
	}
	return joined, left
}

// lastDeactivations returns when people without a deactivation date, who are deactivated, last were.
func lastDeactivations(t tx) (map[string]int64, error) {
	out := map[string]int64{}
	need, err := t.First("select 1 from people where org = $1 and status = 'deactivated' and deactivation_date is null limit 1", nil, t.Org)
	if err != nil || !need {
		return out, err
	}
	return out, t.Each(`select subject, max(at) from audit where org = $1
		and (event = 'deactivate' or (event = 'save_person' and after = 'deactivated' and before <> 'deactivated')) group by subject`, func(st stmt) error {
		out[st.ColText(0)] = st.ColInt(1)
		return nil
	}, t.Org)
}
