package views

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/fold"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
)

// nameKey orders people as they are called.
const nameKey = "lower(coalesce(p.display_name, p.name_key, p.email_key, p.id))"

// wanted is a query's filter as the index takes it.
type wanted struct {
	codes    [textColumns]func(code uint32) bool // nil: everybody
	conn     int64
	unlinked bool
	onHold   map[int64]bool // by the number of the row; nil: everybody
	search   string
}

// want looks up what a query filters by; directory.ErrNotFound when there is no such connection.
func (x *peopleIndex) want(t tx, q *PeopleQuery) (w wanted, err error) {
	for column, value := range map[int]string{statusColumn: string(q.Status), departmentColumn: q.Department, locationColumn: q.Location,
		roleColumn: string(q.Role), managerColumn: q.Manager} {
		if value != "" {
			want, ok := x.texts[column].codes[value]
			w.codes[column] = func(code uint32) bool { return ok && code == want }
		}
	}
	if q.Team != "" {
		in := make([]bool, len(x.texts[teamsColumn].list))
		for i, teams := range x.texts[teamsColumn].list {
			in[i] = slices.Contains(directory.SplitList(teams), q.Team)
		}
		w.codes[teamsColumn] = func(code uint32) bool { return in[code] }
	}
	if q.Connection != "" {
		if w.conn, err = connectionNo(t, q.Connection); err != nil {
			return w, err
		}
	}
	if q.OnHold {
		w.onHold = map[int64]bool{}
		if err := t.Each("select no from people where org = $1 and id in (select person_id from holds where org = $1 and (until is null or until > $2))",
			func(st stmt) error {
				w.onHold[st.ColInt(0)] = true
				return nil
			}, t.Org, q.Now); err != nil {
			return w, err
		}
	}
	w.unlinked, w.search = q.Unlinked, fold.Text(q.Q)
	return w, nil
}

func (w *wanted) takes(r *indexed) bool {
	for c, in := range w.codes {
		if in != nil && !in(r.codes[c]) {
			return false
		}
	}
	return (w.conn == 0 || r.conn == w.conn) && (!w.unlinked || r.conn == 0) && (w.onHold == nil || w.onHold[r.no]) &&
		(w.search == "" || strings.Contains(r.search, w.search))
}

// everybody calls f with the index of people as it is now, or a little later than the transaction sees.
func (s *Store) everybody(ctx context.Context, f func(tx, *peopleIndex) error) error {
	return s.org.Read(ctx, func(t tx) error {
		x := &s.people
		x.mu.Lock()
		defer x.mu.Unlock()
		if err := x.refresh(t); err != nil {
			return err
		}
		return f(t, x)
	})
}

// pickPeople returns the numbers of the rows that a query picks, in its order, from its cursor on, and the cursor after the
// last one if there are more; all of them with limit 0.
func (s *Store) pickPeople(ctx context.Context, q *PeopleQuery, limit int) (rows []int64, next string, err error) {
	err = s.everybody(ctx, func(t tx, x *peopleIndex) error {
		w, err := x.want(t, q)
		if err != nil {
			return err
		}
		order, err := x.order(q.Sort)
		if err != nil {
			return err
		}
		begin, err := x.begin(q, order)
		if err != nil {
			return err
		}
		taken := make([]bool, len(x.rows)) // looked at one after the other as they lie in memory, which takes a tenth of the time
		for i := range x.rows {
			taken[i] = w.takes(&x.rows[i])
		}
		var last *indexed
		for _, i := range order[begin:] {
			if !taken[i] {
				continue
			}
			if limit > 0 && len(rows) == limit {
				next, err = x.cursorAt(q, last)
				return err
			}
			last = &x.rows[i]
			rows = append(rows, last.no)
		}
		return nil
	})
	return rows, next, err
}

// list names the list to cursors.
func listName(q *PeopleQuery) string { return "people " + string(q.Sort) }

// People returns people whom a query picks; directory.ErrNotFound when there is no such connection.
func (s *Store) People(ctx context.Context, q PeopleQuery) (Page[PersonRow], error) {
	rows, next, err := s.pickPeople(ctx, &q, bounded(q.Limit))
	out := Page[PersonRow]{Next: next}
	if err == nil {
		err = s.org.Read(ctx, func(t tx) (err error) { // anew: nobody whom the index knows may be missing
			out.Items, err = personRows(t, rows, q.Now)
			return err
		})
	}
	if err != nil {
		return Page[PersonRow]{}, fmt.Errorf("list people: %w", err)
	}
	return out, nil
}

func personRows(t tx, rows []int64, now time.Time) ([]PersonRow, error) {
	conns, err := connections(t)
	if err != nil {
		return nil, err
	}
	held, err := onHold(t, now)
	if err != nil {
		return nil, err
	}
	out := make([]PersonRow, 0, len(rows))
	for _, no := range rows {
		if err := t.Each(`select p.id, p.display_name, p.first_name, p.last_name, p.email, p.status, p.role, p.job_title, p.department, p.location,
			m.id, m.display_name, m.first_name, m.last_name, m.email, p.connection, p.source_id, p.hire_date
			from people p left join people m on m.org = p.org and m.id = p.manager where p.org = $1 and p.no = $2`, func(st stmt) error {
			r := PersonRow{ID: st.ColText(0), Name: cmp.Or(nameAt(st, 1), st.ColText(0)), Email: st.ColText(4), Status: directory.Status(st.ColText(5)),
				Role: directory.Role(st.ColText(6)), JobTitle: st.ColText(7), Department: st.ColText(8), Location: st.ColText(9),
				ManagerID: st.ColText(10), ManagerName: nameAt(st, 11), HireDate: st.ColText(17), Held: held[st.ColText(0)]}
			if !st.ColNull(15) {
				r.Connection, r.SourceID = conns[st.ColInt(15)], st.ColText(16)
			}
			out = append(out, r)
			return nil
		}, t.Org, no); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// nameAt reads display, first and last name and address, which stand from a column on.
func nameAt(st stmt, at int) string {
	return personrow.DisplayName(st.ColText(at), st.ColText(at+1), st.ColText(at+2), st.ColText(at+3))
}

// onHold returns who has a hold in force, on the person or a field.
func onHold(t tx, now time.Time) (map[string]bool, error) {
	out := map[string]bool{}
	err := t.Each("select distinct person_id from holds where org = $1 and (until is null or until > $2)", func(st stmt) error {
		out[st.ColText(0)] = true
		return nil
	}, t.Org, now)
	return out, err
}

// CountPeople returns how many people a query picks, wherever its cursor stands.
func (s *Store) CountPeople(ctx context.Context, q PeopleQuery) (n int, err error) {
	err = s.everybody(ctx, func(t tx, x *peopleIndex) error {
		w, err := x.want(t, &q)
		for i := range x.rows {
			if err == nil && w.takes(&x.rows[i]) {
				n++
			}
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count people: %w", err)
	}
	return n, nil
}

// exportRows is how many people EachPerson reads at once.
const exportRows = 500

// EachPerson yields everybody whom a query picks, in its order, without a limit; it reuses the value it
// yields. Who comes or goes meanwhile may be missing.
func (s *Store) EachPerson(ctx context.Context, q PeopleQuery) iter.Seq2[*directory.Person, error] {
	return func(yield func(*directory.Person, error) bool) {
		rows, _, err := s.pickPeople(ctx, &q, 0)
		for part := range slices.Chunk(rows, exportRows) {
			var people []directory.Person
			if err == nil {
				people, err = s.peopleAt(ctx, part)
			}
			for i := range people {
				if !yield(&people[i], nil) {
					return
				}
			}
		}
		if err != nil {
			yield(nil, fmt.Errorf("read people: %w", err))
		}
	}
}

// peopleAt reads people in a transaction of their own: a slow reader must not keep one open.
func (s *Store) peopleAt(ctx context.Context, rows []int64) ([]directory.Person, error) {
	out := make([]directory.Person, 0, len(rows))
	err := s.org.Read(ctx, func(t tx) error {
		conns, err := connections(t)
		if err != nil {
			return err
		}
		r := personrow.NewReader(conns)
		for _, no := range rows {
			if err := t.Each("select "+personrow.Columns+" from people where org = $1 and no = $2", func(st stmt) error {
				out = append(out, directory.Person{})
				return r.Scan(st, &out[len(out)-1])
			}, t.Org, no); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// PeopleFacets counts everybody of the organisation.
func (s *Store) PeopleFacets(ctx context.Context) (out PeopleFacets, err error) {
	err = s.everybody(ctx, func(_ tx, x *peopleIndex) error {
		counts := [textColumns][]Facet{}
		for c := range counts {
			counts[c] = make([]Facet, len(x.texts[c].list))
			for i, text := range x.texts[c].list {
				counts[c][i].Value = text
			}
		}
		for i := range x.rows {
			for c, code := range x.rows[i].codes {
				counts[c][code].Count++
			}
		}
		out = PeopleFacets{Departments: facets(counts[departmentColumn]), Locations: facets(counts[locationColumn]),
			Statuses: facets(counts[statusColumn]), Roles: facets(counts[roleColumn])}
		return nil
	})
	if err != nil {
		return PeopleFacets{}, fmt.Errorf("count people: %w", err)
	}
	return out, nil
}

// facets sorts the values that somebody has.
func facets(list []Facet) []Facet {
	list = slices.DeleteFunc(list, func(f Facet) bool { return f.Count == 0 })
	slices.SortFunc(list, func(a, b Facet) int { return strings.Compare(a.Value, b.Value) })
	return list
}

// Briefs returns the people that exist among ids, by id.
func (s *Store) Briefs(ctx context.Context, ids []string) (map[string]PersonBrief, error) {
	out := make(map[string]PersonBrief, len(ids))
	err := s.org.Read(ctx, func(t tx) error {
		for _, id := range ids {
			if _, seen := out[id]; seen || id == "" {
				continue
			}
			if _, err := t.First("select display_name, first_name, last_name, email, status from people where org = $1 and id = $2", func(st stmt) {
				out[id] = PersonBrief{ID: id, Name: nameAt(st, 0), Email: st.ColText(3), Status: directory.Status(st.ColText(4))}
			}, t.Org, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look people up: %w", err)
	}
	return out, nil
}

// Names returns what the people that exist among ids are called, by id. Actors that are no people, such
// as "schedule", have no name.
func (s *Store) Names(ctx context.Context, ids []string) (map[string]string, error) {
	briefs, err := s.Briefs(ctx, ids)
	out := make(map[string]string, len(briefs))
	for id, b := range briefs {
		out[id] = b.Name
	}
	return out, err
}
