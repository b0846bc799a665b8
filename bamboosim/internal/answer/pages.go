package answer

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// queryCache remembers the ids of the last few queries, so that a walk over many pages filters and sorts once.
type queryCache struct {
	mu      sync.Mutex
	entries []cachedQuery
}

type cachedQuery struct {
	key string
	ids []int32
}

// cachedQueries bounds the cache: 4 MB each for a company of a million.
const cachedQueries = 4

func (q *queryCache) get(key string, compute func() []int32) []int32 {
	q.mu.Lock()
	for _, e := range q.entries {
		if e.key == key {
			q.mu.Unlock()
			return e.ids
		}
	}
	q.mu.Unlock()
	ids := compute()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.entries = append(q.entries, cachedQuery{key, ids})
	q.entries = q.entries[max(0, len(q.entries)-cachedQueries):]
	return ids
}

// Ordering is one rule of a sort.
type Ordering struct {
	Field *company.Field
	Desc  bool
}

// Matching lists the ids of the people that keep wants, by the ordering and then by id. The key names the query;
// a blank key, and any row fault, bypasses the cache.
func (c *Call) Matching(key string, order []Ordering, keep func(Person) bool) []int32 {
	v := c.Snapshot()
	compute := func() []int32 { return c.filtered(order, keep) }
	if key == "" || c.Plan.Rows.Any {
		return compute()
	}
	return c.queries.get(fmt.Sprintf("%d %s %s %s", c.version, v.Today, c.User.ID, key), compute)
}

func (c *Call) filtered(order []Ordering, keep func(Person) bool) []int32 {
	type candidate struct{ id, row int32 } // row: which of the keys are its own; a million sort in little memory so
	var ids []int32
	var found []candidate
	var keys []string
	for p := range c.Walk(c.view.All(), true) {
		id := int32(p.Person.ID)
		switch {
		case !keep(p):
		case len(order) == 0:
			if len(ids) == 0 || ids[len(ids)-1] != id { // a doubled row is doubled when written
				ids = append(ids, id)
			}
		default:
			found = append(found, candidate{id, int32(len(found))})
			for _, o := range order {
				keys = append(keys, strings.ToLower(p.Value(o.Field)))
			}
		}
	}
	if len(order) == 0 {
		return ids
	}
	slices.SortStableFunc(found, func(a, b candidate) int {
		n := int32(len(order))
		for i, o := range order {
			if d := CompareValues(o.Field, keys[a.row*n+int32(i)], keys[b.row*n+int32(i)]); d != 0 {
				if o.Desc {
					return -d
				}
				return d
			}
		}
		return 0
	})
	for _, f := range slices.CompactFunc(found, func(a, b candidate) bool { return a.id == b.id }) {
		ids = append(ids, f.id)
	}
	return ids
}

// CompareValues orders two values of a field: numbers as numbers, blank first.
func CompareValues(f *company.Field, a, b string) int {
	if f.Type == "int" || f.Type == "employee_number" {
		x, errX := strconv.Atoi(a)
		y, errY := strconv.Atoi(b)
		if errX == nil && errY == nil {
			return cmp.Compare(x, y)
		}
	}
	return strings.Compare(a, b)
}

// WalkIDs walks the people with these ids, in that order.
func (c *Call) WalkIDs(ids []int32) iter.Seq[Person] {
	return c.Walk(func(yield func(*company.Employee) bool) {
		var scratch company.Employee
		for _, id := range ids {
			if e, ok := c.view.Find(int(id), &scratch); ok && !yield(e) {
				return
			}
		}
	}, true)
}

// Page is a piece of a list and the links to its neighbours.
type Page struct {
	From, To int
	Links    PageLinks
}

// PageLinks describes a page as BambooHR writes it ([R] dataset-v12-employee-fields).
type PageLinks struct {
	Records int     `json:"total_records"`
	Current int     `json:"current_page"`
	Pages   int     `json:"total_pages"`
	Next    *string `json:"next_page"`
	Prev    *string `json:"prev_page"`
}

// LegacyPaging reads page and page_size: default 1 and 500, at most 1000, out of range clamped ([D] list-reports).
func (c *Call) LegacyPaging(path string, total int) Page {
	q := c.Request.URL.Query()
	size := Positive(q.Get("page_size"), 500)
	size = min(size, 1000)
	pages := max(1, (total+size-1)/size)
	at := min(Positive(q.Get("page"), 1), pages)
	link := func(p int) *string {
		if p < 1 || p > pages {
			return nil
		}
		s := fmt.Sprintf("https://%s.bamboohr.com/api/%s/%s?page=%d&page_size=%d",
			c.Store.Company.Subdomain, c.APIVersion(), path, p, size)
		return &s
	}
	return Page{(at - 1) * size, min(at*size, total), PageLinks{total, at, pages, link(at + 1), link(at - 1)}}
}

// Positive reads a number above 0, or takes the fallback.
func Positive(s string, fallback int) int {
	if n, err := strconv.Atoi(s); err == nil && n > 0 {
		return n
	}
	return fallback
}
