// Package gen invents companies: a seeded organisation of 10 to 1,000,000 people, each computed from its position
// alone, so that any size costs no memory. It leaves reading, editing and time to package company.
package gen

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/rollcall-hr/rollcall/bamboosim/internal/company"
)

// Options choose a company.
type Options struct {
	Employees int    // 10 to 1,000,000; defaults to 250
	Seed      uint64 // the same seed and size give the same people; defaults to 1
	Company   string // subdomain; defaults to "acme"
	Name      string // defaults to "Acme Inc"
	Today     string // YYYY-MM-DD, required: hire and termination dates lie around it
	TimeZone  string // defaults to UTC
}

// Sizes a company may have.
const (
	MinEmployees = 10
	MaxEmployees = 1_000_000
)

// firstID is the id of the first person, and numberOffset what Employee # falls short of the id:
// the two differ, and one person's number is another's id (bamboohr-api §3.1).
const (
	firstID      = 4
	numberOffset = 3
)

// Generate makes the company. It fails when the size is out of range or Today is no date.
func Generate(o Options) (company.Company, error) {
	if o.Employees == 0 {
		o.Employees = 250
	}
	if o.Seed == 0 {
		o.Seed = 1
	}
	if o.Company == "" {
		o.Company, o.Name = "acme", or(o.Name, "Acme Inc")
	}
	if o.Employees < MinEmployees || o.Employees > MaxEmployees {
		return company.Company{}, fmt.Errorf("generate company %s: %d employees are not between %d and %d",
			o.Company, o.Employees, MinEmployees, MaxEmployees)
	}
	today, err := time.Parse(time.DateOnly, o.Today)
	if err != nil {
		return company.Company{}, errors.Join(fmt.Errorf("generate company %s: today %q is no date (YYYY-MM-DD)", o.Company, o.Today), err)
	}
	return company.Company{
		Subdomain: o.Company, Name: o.Name, Today: o.Today, TimeZone: o.TimeZone,
		CustomFields: []company.CustomField{
			{Name: "alleo_access", Alias: "customAlleoaccess", Type: "checkbox"},
			{Name: "Shirt size", Alias: "customShirtsize", Type: "list"},
			{Name: "Teams", Alias: "customTeams", Type: "text"},
		},
		People: newPeople(o, today),
	}, nil
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// people computes each person from its index.
type people struct {
	n       int
	seed    uint64
	domain  string
	today   int // days since 1970
	tables  *tables
	firstOf []int // by slot: the index of the department's head
	step    int   // walks all pairs of names once, in scattered order
}

func newPeople(o Options, today time.Time) *people {
	t := newTables()
	p := &people{n: o.Employees, seed: o.Seed, domain: o.Company + ".test", today: int(today.Unix() / 86400), tables: t}
	p.firstOf = make([]int, len(t.slots))
	head := map[string]int{}
	for s, department := range t.slots {
		if _, known := head[department]; !known {
			head[department] = 1 + s
		}
		p.firstOf[s] = head[department]
	}
	// Neighbours shall share neither name: golden steps through both tables.
	pairs := len(t.first) * len(t.last)
	for p.step = len(t.first)*618/1000*len(t.last) + len(t.last)*382/1000; gcd(p.step, pairs) != 1; p.step++ {
	}
	return p
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (p *people) Len() int     { return p.n }
func (p *people) ID(i int) int { return firstID + i }
func (p *people) Index(id int) (int, bool) {
	return id - firstID, id >= firstID && id < firstID+p.n
}

// Changed spreads the last changes over the 400 days before today.
func (p *people) Changed(i int) int64 {
	r := p.random(i, 2)
	return int64(p.today)*86400 - int64(r.below(400*86400)) - 1
}

// Lists are the values of the tables, whether or not somebody has them.
func (p *people) Lists() map[string][]string { return p.tables.lists() }

// random is a small seeded sequence for one person; streams do not influence each other.
func (p *people) random(i int, stream uint64) random {
	return random{p.seed*0x9E3779B97F4A7C15 ^ uint64(i)<<8 ^ stream<<56}
}

// random is splitmix64.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// below is a number from 0 to n-1.
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// percent is true in p of 100 cases.
func (r *random) percent(p int) bool { return r.below(100) < p }

// place is where somebody stands: the slot (a team of a department), the rank in it, and who is above.
type place struct {
	slot, rank int
	manager    int // index, -1 for the head of the company
	leads      bool
}

// span is how many people report to one manager.
const span = 6

func (p *people) placeOf(i int) place {
	if i == 0 {
		return place{manager: -1, leads: true}
	}
	width := len(p.tables.slots)
	at := place{slot: (i - 1) % width, rank: (i - 1) / width}
	index := func(rank int) int { return 1 + rank*width + at.slot }
	switch {
	case at.rank > 0:
		at.manager = index((at.rank - 1) / span)
	case p.firstOf[at.slot] == i:
		at.manager = 0
	default:
		at.manager = p.firstOf[at.slot]
	}
	at.leads = at.rank == 0 || index(at.rank*span+1) < p.n
	return at
}

// kind is what is special about somebody who leads nobody.
type kind int

const (
	ordinary kind = iota
	bare          // the record holds a name only
	futureHire
	futureLeaver
	leaver
	noWorkEmail
	noNumber
	oddName
	contractor
	intern
	partTime
)

// kindOf draws the kind; the last people of a company of 50 or more show one of each rare kind.
func (p *people) kindOf(i int, leads bool, r *random) kind {
	draw := r.below(1000)
	if leads {
		return ordinary
	}
	if rare := p.n - i; p.n >= 50 && rare <= int(oddName) {
		return kind(rare)
	}
	for _, share := range []struct {
		k        kind
		perMille int
	}{{bare, 3}, {futureHire, 10}, {futureLeaver, 10}, {leaver, 70}, {noWorkEmail, 12}, {noNumber, 12}, {oddName, 8},
		{contractor, 50}, {intern, 30}, {partTime, 60}} {
		if draw -= share.perMille; draw < 0 {
			return share.k
		}
	}
	return ordinary
}

// appendDate writes days since 1970 as YYYY-MM-DD. It is most of the cost of a person, hence no time.Time
// (days to civil date by eras of 400 years, which have 146,097 days).
func appendDate(dst []byte, day int) []byte {
	z := day + 719_468 // since 0000-03-01
	era := z / 146_097
	ofEra := z - era*146_097
	year := (ofEra - ofEra/1460 + ofEra/36_524 - ofEra/146_096) / 365
	ofYear := ofEra - (365*year + year/4 - year/100)
	m := (5*ofYear + 2) / 153 // months from March
	d := ofYear - (153*m+2)/5 + 1
	year += era * 400
	if m += 3; m > 12 {
		m -= 12
		year++
	}
	return append(dst, byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+m/10), byte('0'+m%10), '-', byte('0'+d/10), byte('0'+d%10))
}

func appendPadded(dst []byte, n, width int) []byte {
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], int64(n), 10)
	for range width - len(text) {
		dst = append(dst, '0')
	}
	return append(dst, text...)
}
