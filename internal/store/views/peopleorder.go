package views

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/directory"
)

// place is where somebody stands in a list: two texts and the number of the row, compared in turn.
type place struct {
	first, name string
	no          int64
}

func (a place) compare(b place) int {
	return cmp.Or(strings.Compare(a.first, b.first), strings.Compare(a.name, b.name), cmp.Compare(a.no, b.no))
}

// placer returns where people stand in an order.
func (x *peopleIndex) placer(by Sort) (func(*indexed) place, error) {
	switch by {
	case "", ByName:
		return func(r *indexed) place { return place{"", r.name, r.no} }, nil
	case ByEmail:
		return func(r *indexed) place {
			if r.email == "" {
				return place{"1", "", r.no}
			}
			return place{"0", r.email, r.no}
		}, nil
	case ByDepartment:
		lower := make([]string, len(x.texts[departmentColumn].list))
		for i, text := range x.texts[departmentColumn].list {
			lower[i] = strings.ToLower(text)
		}
		return func(r *indexed) place { return place{lower[r.codes[departmentColumn]], r.name, r.no} }, nil
	case ByStatus:
		rank := make([]string, len(x.texts[statusColumn].list))
		for i, text := range x.texts[statusColumn].list {
			rank[i] = statusRank(directory.Status(text))
		}
		return func(r *indexed) place { return place{rank[r.codes[statusColumn]], r.name, r.no} }, nil
	}
	return nil, fmt.Errorf("people cannot be sorted by %q; choose name, email, department, status or updated", by)
}

func statusRank(s directory.Status) string {
	switch s {
	case directory.Active:
		return "1"
	case directory.Provisioned:
		return "2"
	}
	return "3"
}

// comparer returns how two people stand to each other in an order.
func (x *peopleIndex) comparer(by Sort) (func(a, b *indexed) int, error) {
	if by == ByUpdated {
		return func(a, b *indexed) int { return cmp.Or(cmp.Compare(b.updated, a.updated), cmp.Compare(a.no, b.no)) }, nil
	}
	at, err := x.placer(by)
	return func(a, b *indexed) int { return at(a).compare(at(b)) }, err
}

// order returns everybody's positions in an order.
func (x *peopleIndex) order(by Sort) ([]int32, error) {
	if by == "" {
		by = ByName
	}
	if have, ok := x.orders[by]; ok {
		return have, nil
	}
	compare, err := x.comparer(by)
	if err != nil {
		return nil, err
	}
	out := make([]int32, len(x.rows))
	for i := range out {
		out[i] = int32(i)
	}
	slices.SortFunc(out, func(a, b int32) int { return compare(&x.rows[a], &x.rows[b]) })
	if x.orders == nil {
		x.orders = map[Sort][]int32{}
	}
	x.orders[by] = out
	return out, nil
}

// move is somebody who is new, or was read anew.
type move struct {
	at  int32    // position
	old *indexed // as it was, nil for a new one
}

// reorder puts people where they belong by now, in every order that there is.
func (x *peopleIndex) reorder(moves []move) {
	for by, order := range x.orders {
		compare, err := x.comparer(by)
		if err != nil { // no order that is kept
			panic(err)
		}
		at := func(a, b int32) int { return compare(&x.rows[a], &x.rows[b]) }
		var movers []int32
		leave := make([]bool, len(x.rows))
		for _, m := range moves {
			if m.old == nil || compare(m.old, &x.rows[m.at]) != 0 {
				movers, leave[m.at] = append(movers, m.at), true
			}
		}
		if len(movers) == 0 {
			continue
		}
		slices.SortFunc(movers, at)
		stay := slices.DeleteFunc(order, func(i int32) bool { return leave[i] })
		out := make([]int32, 0, len(x.rows))
		for _, i := range movers {
			n, _ := slices.BinarySearchFunc(stay, i, at)
			out = append(append(out, stay[:n]...), i)
			stay = stay[n:]
		}
		x.orders[by] = append(out, stay...)
	}
}

// cursorAt names a person's place in a list to the next page.
func (x *peopleIndex) cursorAt(q *PeopleQuery, r *indexed) (string, error) {
	p := place{strconv.FormatInt(r.updated, 10), "", r.no}
	if q.Sort != ByUpdated {
		at, err := x.placer(q.Sort)
		if err != nil {
			return "", err
		}
		p = at(r)
	}
	return cursor(listName(q), p.first, p.name, strconv.FormatInt(p.no, 10)), nil
}

// begin returns the place in an order after that of a query's cursor.
func (x *peopleIndex) begin(q *PeopleQuery, order []int32) (int, error) {
	key, err := parseCursor(q.After, listName(q), 3)
	if err != nil || key == nil {
		return 0, err
	}
	after := indexed{}
	if after.no, err = strconv.ParseInt(key[2], 10, 64); err != nil {
		return 0, &CursorError{Cursor: q.After}
	}
	compare := func(r *indexed) int {
		return cmp.Or(cmp.Compare(after.updated, r.updated), cmp.Compare(r.no, after.no))
	}
	if q.Sort == ByUpdated {
		if after.updated, err = strconv.ParseInt(key[0], 10, 64); err != nil {
			return 0, &CursorError{Cursor: q.After}
		}
	} else {
		at, err := x.placer(q.Sort)
		if err != nil {
			return 0, err
		}
		compare = func(r *indexed) int { return at(r).compare(place{key[0], key[1], after.no}) }
	}
	n, found := slices.BinarySearchFunc(order, after, func(i int32, _ indexed) int { return compare(&x.rows[i]) })
	if found {
		n++
	}
	return n, nil
}
