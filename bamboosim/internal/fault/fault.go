// Package fault is the catalogue of things that can go wrong with an answer, which request each one is meant for, and
// how it spoils the bytes. It leaves faults in single rows to whoever writes rows: those get a Rows value to obey.
package fault

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Spec is a fault as the control API takes it.
type Spec struct {
	Name  string          `json:"name"`
	Match string          `json:"match,omitempty"` // "METHOD /path-glob"; blank: every request
	Count int             `json:"count"`           // how many requests it spoils; 0: until deleted
	After int             `json:"after"`           // how many matching requests pass first
	Args  json.RawMessage `json:"args,omitempty"`
}

// UnknownError is an unknown fault name.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string { return fmt.Sprintf("there is no fault %q", e.Name) }

// builder applies a fault's arguments to a plan; it fails when they are wrong.
type builder func(raw json.RawMessage) (func(*Plan), error)

// Names lists the faults, sorted.
func Names() []string { return slices.Sorted(maps.Keys(catalogue())) }

// Plan is what shall go wrong with one answer. The zero Plan is an honest answer.
type Plan struct {
	Names []string // of the faults at work

	Status    *Status // answer this instead
	Canned    string  // answer a canned body: one of the Canned constants
	Redirect  string  // answer 302 to this address
	Hang      bool    // say nothing …
	HangFor   float64 // … for that many seconds, 0: until the client leaves
	LostReply bool    // do the work, then drop the connection

	TruncateAt int // cut the body after so many bytes; -1: do not
	BOM        bool
	Rate       int // bytes per second, 0: full speed
	ResetAfter int // reset the connection after so many bytes; -1: do not

	Rows Rows
}

// The canned bodies.
const (
	CannedHTML        = "html"
	CannedEmpty       = "empty_body"
	CannedNull        = "null_body"
	CannedEmptyObject = "empty_object"
	CannedGzipBomb    = "gzip_bomb"
	CannedEndless     = "endless"
	CannedDeep        = "deep_json"
)

// Status is an answer made up of its parts.
type Status struct {
	Code       int               `json:"code"`
	RetryAfter json.RawMessage   `json:"retry_after"` // a string or a number, sent as written
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

// Rows is what shall go wrong with single rows of bulk answers. The zero Rows changes nothing.
type Rows struct {
	Any           bool // whether there is anything to obey
	NoPeople      bool
	DropPercent   float64
	DropIDs       []int
	DropFields    []string // aliases of get-employee
	Null          []Null
	AllInactive   bool
	HugeName      []int // ids; 0: the first person
	Recycled      []int
	Duplicate     []int
	Differs       bool // the duplicate differs from the original
	BadUTF8       bool
	DuplicateKeys bool
	NumberIDs     bool
}

// Null blanks a field of some people, or of all when IDs is empty.
type Null struct {
	Field string
	IDs   []int
}

// Drops tells whether the row of the person with this rank (bamboohr ids in ascending order) is left out.
func (r *Rows) Drops(id, rank int) bool {
	if r.NoPeople || slices.Contains(r.DropIDs, id) {
		return true
	}
	// The n-th person goes when the share crosses a whole number, so that exactly that percentage is gone.
	before, after := float64(rank)*r.DropPercent/100, float64(rank+1)*r.DropPercent/100
	return int(after) > int(before)
}

// Nulls tells whether the field is blanked for the person.
func (r *Rows) Nulls(field string, id int) bool {
	return slices.ContainsFunc(r.Null, func(n Null) bool {
		return n.Field == field && (len(n.IDs) == 0 || slices.Contains(n.IDs, id))
	})
}

// Set holds the active faults. It is safe for concurrent use.
type Set struct {
	mu     sync.Mutex
	active []*active
}

type active struct {
	spec  Spec
	apply func(*Plan)
	seen  int
}

// Add checks and activates a fault. An unknown name is an *UnknownError.
func (s *Set) Add(spec Spec) error {
	build, ok := catalogue()[spec.Name]
	if !ok {
		return &UnknownError{spec.Name}
	}
	if spec.Count < 0 || spec.After < 0 {
		return fmt.Errorf("fault %s: count and after cannot be negative", spec.Name)
	}
	if method, path, ok := strings.Cut(spec.Match, " "); spec.Match != "" && (!ok || method == "" || !strings.HasPrefix(path, "/") && path != "*") {
		return fmt.Errorf("fault %s: match %q is not of the form METHOD /path", spec.Name, spec.Match)
	}
	apply, err := build(spec.Args)
	if err != nil {
		return fmt.Errorf("fault %s: args: %w", spec.Name, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = append(s.active, &active{spec: spec, apply: apply})
	return nil
}

// Clear removes all faults.
func (s *Set) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active = nil
}

// List returns the faults that are still to happen.
func (s *Set) List() []Spec {
	s.mu.Lock()
	defer s.mu.Unlock()
	specs := []Spec{}
	for _, a := range s.active {
		if !a.spent() {
			specs = append(specs, a.spec)
		}
	}
	return specs
}

func (a *active) spent() bool { return a.spec.Count > 0 && a.seen >= a.spec.After+a.spec.Count }

// Take counts a request and returns what shall go wrong with it. Paths are the ways to write the request's path.
func (s *Set) Take(method string, paths ...string) Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	plan := Plan{TruncateAt: -1, ResetAfter: -1}
	for _, a := range s.active {
		if a.spent() || !matches(a.spec.Match, method, paths) {
			continue
		}
		a.seen++
		if a.seen > a.spec.After {
			a.apply(&plan)
			plan.Names = append(plan.Names, a.spec.Name)
		}
	}
	return plan
}

func matches(match, method string, paths []string) bool {
	if match == "" {
		return true
	}
	m, glob, _ := strings.Cut(match, " ")
	if m != "*" && !strings.EqualFold(m, method) {
		return false
	}
	return slices.ContainsFunc(paths, func(p string) bool { return globMatch(glob, p) })
}

// globMatch matches a pattern in which * stands for any run of characters.
func globMatch(glob, s string) bool {
	parts := strings.Split(glob, "*")
	if len(parts) == 1 {
		return glob == s
	}
	if !strings.HasPrefix(s, parts[0]) {
		return false
	}
	s = s[len(parts[0]):]
	last := parts[len(parts)-1]
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, last)
}

// args decodes a fault's arguments strictly; none is the same as an empty object.
func args(raw json.RawMessage, into any) error {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return Decode(raw, into)
}

// ids reads internal ids written as strings or numbers.
type ids []int

func (l *ids) UnmarshalJSON(raw []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return err
	}
	for _, item := range items {
		var one id
		if err := one.UnmarshalJSON(item); err != nil {
			return err
		}
		*l = append(*l, int(one))
	}
	return nil
}

type id int

func (i *id) UnmarshalJSON(raw []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil {
		return fmt.Errorf("%s is no id", raw)
	}
	*i = id(n)
	return nil
}
