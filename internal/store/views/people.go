package views

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rollcall-hr/rollcall/directory"
	"github.com/rollcall-hr/rollcall/internal/store/internal/fold"
	"github.com/rollcall-hr/rollcall/internal/store/internal/personrow"
)

// nameKey orders people as they are called. The index people_names stands on exactly this text.
const nameKey = "lower(coalesce(p.display_name, p.name_key, p.email_key, p.id))"

// order is a part of a list that one query reads in the order of a key and the number of the row.
type order struct {
	condition string
	key       string // a number with ByUpdated, else text
}

// ordersOf returns how a list is ordered, part by part.
func ordersOf(q *PeopleQuery) ([]order, error) {
	name := nameKey
	if q.Department+q.Team+q.Location+q.Connection+string(q.Role)+q.Manager != "" || q.Unlinked || q.OnHold {
		// Few may pass such a filter: to look everybody up in the order of an index costs more than to
		// sort those who do. No index stands on this key.
		name += " || ''"
	}
	switch q.Sort {
	case "", ByName:
		return []order{{"", name}}, nil
	case ByEmail:
		return []order{{" and p.email_key is not null", "p.email_key"}, {" and p.email_key is null", "''"}}, nil
	case ByDepartment:
		return []order{{"", "coalesce(lower(p.department), '') || '\t' || " + nameKey}}, nil
	case ByStatus:
		return []order{{"", "case p.status when 'active' then '1' when 'provisioned' then '2' else '3' end || " + nameKey}}, nil
	case ByUpdated:
		return []order{{"", "-p.updated_at"}}, nil
	}
	return nil, fmt.Errorf("people cannot be sorted by %q; choose name, email, department, status or updated", q.Sort)
}

// searchOf decides what a query cannot ask of every database: accents, and items of lists.
type search struct {
	text string // folded
	team string
}

func searchOf(q *PeopleQuery) search { return search{text: fold.Text(q.Q), team: q.Team} }

// columns are what takes looks at; only teams stand in no index.
func (s search) columns() string {
	columns := nameKey + ", p.name_key, p.email_key, p.employee_id"
	if s.team != "" {
		columns += ", p.teams"
	}
	return columns
}

// takes looks at its columns, which stand from column at on.
func (s search) takes(st stmt, at int) bool {
	if s.team != "" && !slices.Contains(directory.SplitList(st.ColText(at+4)), s.team) {
		return false
	}
	return s.text == "" || strings.Contains(fold.Text(st.ColText(at)), s.text) || strings.Contains(fold.Accents(st.ColText(at+1)), s.text) ||
		strings.Contains(st.ColText(at+2), s.text) || strings.Contains(fold.Text(st.ColText(at+3)), s.text)
}

// peopleFilter narrows people down to those that search has to look at.
func peopleFilter(q *PeopleQuery, t tx) (*filter, error) {
	f := &filter{}
	if q.Connection != "" {
		conn, err := connectionNo(t, q.Connection)
		if err != nil {
			return nil, err
		}
		f.add("p.connection = $$", conn)
	}
	for _, x := range []struct{ condition, value string }{
		{"p.status = $$", string(q.Status)}, {"p.department = $$", q.Department}, {"p.location = $$", q.Location},
		{"p.role = $$", string(q.Role)}, {"p.manager = $$", q.Manager},
	} {
		if x.value != "" {
			f.add(x.condition, x.value)
		}
	}
	if q.Unlinked {
		f.add("p.connection is null")
	}
	if q.OnHold {
		f.add("p.id in (select person_id from holds where org = $1 and (until is null or until > $$))", q.Now)
	}
	if q.Team != "" {
		f.add("p.teams like $$ escape '!'", likePattern(q.Team))
	}
	if text := fold.Text(q.Q); text != "" {
		like := likePattern(text)
		f.add("("+nameKey+" like $$ escape '!' or p.name_key like $$ escape '!' or p.email_key like $$ escape '!' or lower(p.employee_id) like $$ escape '!'"+
			" or octet_length("+nameKey+") > length("+nameKey+") or octet_length(p.name_key) > length(p.name_key))", like, like, like, like)
	}
	return f, nil
}

// eachMatch calls do for people whom a query picks, in its order, from its cursor on: at least for limit of
// them if there are as many, or for all with limit 0.
func eachMatch(q *PeopleQuery, t tx, limit int, do func(no int64, key string) error) error {
	parts, err := ordersOf(q)
	if err != nil {
		return err
	}
	after, err := parseCursor(q.After, listName(q), 2)
	if err != nil {
		return err
	}
	s := searchOf(q)
	for i, part := range parts {
		if after != nil && after[0] == "" && i < len(parts)-1 {
			continue // only the last part has a blank key
		}
		f, err := peopleFilter(q, t)
		if err != nil {
			return err
		}
		if after != nil && (after[0] != "" || i == len(parts)-1) {
			if err := resume(q, f, part.key, after); err != nil {
				return err
			}
			after = nil
		}
		query := "select p.no, " + part.key + ", " + s.columns() + " from people p where p.org = $1" + part.condition + f.sql.String() + " order by 2, p.no"
		if s == (search{}) && limit > 0 {
			f.args = append(f.args, limit)
			query += fmt.Sprintf(" limit $%d", len(f.args)+1)
		}
		if err := t.Each(query, func(st stmt) error {
			if !s.takes(st, 2) {
				return nil
			}
			return do(st.ColInt(0), st.ColText(1))
		}, f.all(t)...); err != nil {
			return err
		}
	}
	return nil
}

// resume lets a query begin after the row that a cursor names.
func resume(q *PeopleQuery, f *filter, key string, after []string) error {
	no, err := strconv.ParseInt(after[1], 10, 64)
	value := any(after[0])
	if err == nil && q.Sort == ByUpdated {
		value, err = strconv.ParseInt(after[0], 10, 64)
	}
	if err != nil {
		return &CursorError{Cursor: q.After}
	}
	f.add(key+" >= $$ and ("+key+" > $$ or p.no > $$)", value, value, no)
	return nil
}

// list names the list to cursors.
func listName(q *PeopleQuery) string { return "people " + string(q.Sort) }

// People returns people whom a query picks; directory.ErrNotFound when there is no such connection.
func (s *Store) People(ctx context.Context, q PeopleQuery) (Page[PersonRow], error) {
	var out Page[PersonRow]
	limit := bounded(q.Limit)
	err := s.org.Read(ctx, func(t tx) error {
		var rows []int64
		last := ""
		err := eachMatch(&q, t, limit+1, func(no int64, key string) error {
			if len(rows) == limit {
				out.Next = cursor(listName(&q), last, strconv.FormatInt(rows[limit-1], 10))
				return errSeen
			}
			rows, last = append(rows, no), key
			return nil
		})
		if err != nil && !errors.Is(err, errSeen) {
			return err
		}
		out.Items, err = personRows(t, rows, q.Now)
		return err
	})
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
	err = s.org.Read(ctx, func(t tx) error {
		f, err := peopleFilter(&q, t)
		if err != nil {
			return err
		}
		if q.Q == "" && q.Team == "" {
			_, err := t.First("select count(*) from people p where p.org = $1"+f.sql.String(), func(st stmt) { n = int(st.ColInt(0)) }, f.all(t)...)
			return err
		}
		s := searchOf(&q)
		return t.Each("select "+s.columns()+" from people p where p.org = $1"+f.sql.String(), func(st stmt) error {
			if s.takes(st, 0) {
				n++
			}
			return nil
		}, f.all(t)...)
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
		var rows []int64
		err := s.org.Read(ctx, func(t tx) error {
			return eachMatch(&q, t, 0, func(no int64, _ string) error {
				rows = append(rows, no)
				return nil
			})
		})
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
func (s *Store) PeopleFacets(ctx context.Context) (PeopleFacets, error) {
	counts := [4]map[string]*int{{}, {}, {}, {}}
	var buf []byte
	err := s.org.Read(ctx, func(t tx) error {
		return t.Each("select department, location, status, role from people where org = $1", func(st stmt) error {
			for i, m := range counts {
				buf = st.ColBytes(i, buf)
				n := m[string(buf)] // does not copy the text
				if n == nil {
					n = new(int)
					m[string(buf)] = n
				}
				*n++
			}
			return nil
		}, t.Org)
	})
	if err != nil {
		return PeopleFacets{}, fmt.Errorf("count people: %w", err)
	}
	return PeopleFacets{Departments: facets(counts[0]), Locations: facets(counts[1]), Statuses: facets(counts[2]), Roles: facets(counts[3])}, nil
}

func facets(counts map[string]*int) []Facet {
	out := make([]Facet, 0, len(counts))
	for v, n := range counts {
		out = append(out, Facet{Value: v, Count: *n})
	}
	slices.SortFunc(out, func(a, b Facet) int { return strings.Compare(a.Value, b.Value) })
	return out
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
