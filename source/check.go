package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/rollcall-hr/rollcall/bamboohr"
	"github.com/rollcall-hr/rollcall/hr"
	"github.com/rollcall-hr/rollcall/policy"
)

// Report is what the permission doctor found (surface, "Check"; promises SI39, SI40, SI44).
type Report struct {
	OK        bool          `json:"ok"` // a run could plan: the reading would not be certified as failed
	Employees Headcount     `json:"employees"`
	Fields    []FieldReport `json:"fields"`
	Warnings  []string      `json:"warnings"` // sentences
	Recipe    []string      `json:"recipe"`   // steps, see Recipe
	Reader    string        `json:"-"`        // the endpoint used: report or dataset
}

// Headcount is how many employees the key sees, by account status; total also counts those without one.
type Headcount struct {
	Total    int `json:"total"`
	Active   int `json:"active"`
	Inactive int `json:"inactive"`
}

// FieldReport is one BambooHR field that the settings use.
type FieldReport struct {
	Name         string   `json:"name"` // the directory field it fills, or "scope", "match", "leaving"
	From         string   `json:"from"` // BambooHR alias
	Readable     bool     `json:"readable"`
	BlankPercent *float64 `json:"blank_percent"` // of the employees whose field can be read, one decimal; nil when nobody's can
	Restricted   *int     `json:"restricted"`    // employees in whose record the employee list hides it, or the dataset does; nil when neither tells
}

// UsualKey tells whether a key looks like BambooHR's: 40 hexadecimal characters (bamboohr-api §1.2).
// Another form is worth a warning, never a refusal.
func UsualKey(key string) bool {
	if len(key) != 40 {
		return false
	}
	for _, c := range key {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Check tests the connection: it reads the whole company once, without changing anything, and walks the
// employee list to see what the key is denied. An error means that not even that was possible, and
// says what to do.
func (b *BambooHR) Check(ctx context.Context) (Report, error) {
	aliases, err := b.Resolve(ctx, b.conn)
	if err != nil {
		return Report{}, err
	}
	snap, reader, err := b.read(ctx, resolved(policy.SourceFields(*b.conn), aliases), hr.NewSchema(policy.LifecycleFields()...), nil)
	if err != nil {
		return Report{}, err
	}
	d := &doctor{conn: b.conn, owner: snap.KeyOwner}
	for r, err := range snap.Records {
		if err != nil {
			return Report{}, err
		}
		d.see(r, snap.Schema)
	}
	d.reading = snap.Reading()
	listed, err := b.restrictions(ctx)
	if isCancelled(err) {
		return Report{}, b.wrap("read the employee list", err)
	}
	d.listed, d.listErr = listed, err
	critical := resolved(policy.CriticalFields(*b.conn), aliases)
	report := Report{
		OK:        true,
		Employees: Headcount{d.reading.Employees, d.reading.Active, d.reading.Inactive},
		Fields:    d.fields(aliases),
		Recipe:    Recipe(b.conn, aliases),
		Reader:    reader,
		Warnings:  []string{},
	}
	certificate := hr.Certify(d.reading, nil, critical)
	report.OK = certificate.Grade != hr.Failed
	for _, doubt := range certificate.Doubts {
		report.Warnings = append(report.Warnings, doubt.Text)
	}
	report.Warnings = append(append(report.Warnings, d.warnings(critical)...), d.reading.Warnings...)
	if err := b.conn.MayRunAlone(); b.conn.Enabled && err != nil {
		report.Warnings = append(report.Warnings, "The connection is enabled, but "+err.Error()+".")
	}
	if b.oddKey {
		report.Warnings = append(report.Warnings, "The key does not look like a BambooHR key (40 characters 0-9 and a-f). It works, but check that it is the whole key.")
	}
	return report, nil
}

// resolved replaces "name:…" references by aliases.
func resolved(fields []string, aliases map[string]string) []string {
	out := make([]string, 0, len(fields))
	for _, f := range fields {
		if f = cmp.Or(aliases[f], f); !slices.Contains(out, f) {
			out = append(out, f)
		}
	}
	return out
}

func isCancelled(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// listing is what the employee list told about what the key may see.
type listing struct {
	total  int
	hidden map[string]int     // employees whose column is hidden, by alias; absent: the list does not know it
	by     map[int64][]string // hidden columns of the key's own employee
}

// restrictions walks the employee list with every column that it shares with the reports. A list that
// changed under the walk is walked once more.
func (b *BambooHR) restrictions(ctx context.Context) (*listing, error) {
	var names, aliases []string
	for _, c := range columns() {
		if c.list != "" && c.alias != aliasID {
			names, aliases = append(names, c.list), append(aliases, c.alias)
		}
	}
	walk := func() (*listing, error) {
		l := &listing{hidden: map[string]int{}, by: map[int64][]string{}}
		total, err := b.list(ctx, bamboohr.ListQuery{Fields: names}, names,
			func(id int64, values []bamboohr.Scalar, restricted []string) {
				for i, name := range names {
					if slices.Contains(restricted, name) {
						l.hidden[aliases[i]]++
						l.by[id] = append(l.by[id], aliases[i])
					} else if _, ok := l.hidden[aliases[i]]; !ok && values[i].Kind != bamboohr.Absent {
						l.hidden[aliases[i]] = 0
					}
				}
			})
		l.total = total
		return l, err
	}
	l, err := walk()
	if errors.Is(err, bamboohr.ErrBadPage) {
		l, err = walk()
	}
	return l, err
}

// doctor gathers what one reading shows.
type doctor struct {
	conn     *policy.Connection
	owner    string
	reading  hr.Reading
	listed   *listing
	listErr  error
	ownBlank []string // lifecycle fields that the key's own employee shows blank
	noStatus int      // employees with a blank account status
	noWork   int      // active employees with a blank employment status
	broken   int      // records that could not be used
}

func (d *doctor) see(r hr.Record, schema *hr.Schema) {
	if r.Problem != "" {
		d.broken++
		return
	}
	for _, alias := range []string{aliasStatus, aliasEmployment} {
		slot, ok := schema.Slot(alias)
		if !ok || r.Values[slot].IsSet() {
			continue
		}
		if r.ID == d.owner {
			d.ownBlank = append(d.ownBlank, alias)
		}
		switch {
		case !r.Values[slot].IsBlank():
		case alias == aliasStatus:
			d.noStatus++
		case r.Coverage.Active():
			d.noWork++
		}
	}
}

// fields reports on every use of a BambooHR field, mapping first.
func (d *doctor) fields(aliases map[string]string) []FieldReport {
	var out []FieldReport
	add := func(name string, alias string) {
		alias = cmp.Or(aliases[alias], alias)
		if !slices.ContainsFunc(out, func(f FieldReport) bool { return f.Name == name && f.From == alias }) {
			out = append(out, d.field(name, alias))
		}
	}
	for _, use := range uses(d.conn) {
		add(use.name, string(use.field))
	}
	return out
}

func (d *doctor) field(name, alias string) FieldReport {
	n, _ := d.reading.Field(alias)
	f := FieldReport{Name: name, From: alias, Readable: n.Answered && (n.Set+n.Blank > 0 || n.Unreadable == 0)}
	if n.Set+n.Blank > 0 {
		percent := math.Round(float64(n.Blank)*1000/float64(n.Set+n.Blank)) / 10
		f.BlankPercent = &percent
	}
	if d.listErr == nil {
		if hidden, ok := d.listed.hidden[alias]; ok {
			f.Restricted = &hidden
		}
	}
	if f.Restricted == nil && f.Readable && n.Unreadable > 0 { // the dataset tells per record too
		f.Restricted = &n.Unreadable
	}
	return f
}

// warnings puts into words what will go wrong, worst first.
func (d *doctor) warnings(critical []string) []string {
	var out []string
	warn := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	for _, alias := range d.reading.UnreadableFields() {
		if !slices.Contains(critical, alias) {
			warn("The key cannot read %q for anybody: the fields it fills keep their values. Grant it in the access level (see the recipe), or take it out of the mapping.", alias)
		}
	}
	if d.reading.Employees > 0 && d.reading.Inactive == 0 {
		warn("The key sees no inactive employees: leavers will disappear, not turn inactive. Let the access level see all employees, or set lifecycle.missing.")
	}
	d.warnOwner(warn)
	if d.noStatus > 0 {
		warn("Employees without an account status: %d. They are held (inactive_unknown) until the key can see it.", d.noStatus)
	}
	if d.noWork > 0 && len(d.conn.Scope.BlockStatuses) > 0 {
		warn("Active employees without an employment status: %d. Because scope.block_statuses is set, scope.no_status (%s) says what becomes of them.", d.noWork, d.conn.Scope.NoStatus)
	}
	if d.broken > 0 {
		warn("Records that could not be used: %d. These people are held.", d.broken)
	}
	if d.listErr != nil {
		warn("The employee list could not be read, so restricted fields are not counted: %v", d.listErr)
	} else if d.listed.total > d.reading.Employees {
		warn("The employee list counts %d employees, but only %d can be read: the access level does not cover all employees.", d.listed.total, d.reading.Employees)
	}
	return out
}

// warnOwner speaks about a key that belongs to an employee (promises AY7, BW24, SI43).
func (d *doctor) warnOwner(warn func(string, ...any)) {
	if d.owner == "" {
		return
	}
	warn("The key belongs to employee %s, not to a non-employee user: it stops working when that employee leaves.", d.owner)
	hidden := d.ownBlank
	if d.listErr == nil {
		id, _ := strconv.ParseInt(d.owner, 10, 64) // keyOwner made it of a number
		for _, alias := range d.listed.by[id] {
			if (alias == aliasStatus || alias == aliasEmployment) && !slices.Contains(hidden, alias) {
				hidden = append(hidden, alias)
			}
		}
	}
	if len(hidden) > 0 {
		warn("Employee %s cannot see their own %s; that person is held. Use a non-employee user, or \"See about themselves\" in the access level.", d.owner, strings.Join(hidden, " and "))
	}
}

// use is a purpose that a BambooHR field serves.
type use struct {
	name  string
	field policy.SourceField
}

// uses lists mapping, scope, match and leaving, in this order.
func uses(c *policy.Connection) []use {
	var out []use
	for _, r := range references(c) {
		out = append(out, use{r.purpose, r.field})
	}
	for _, k := range c.Match {
		out = append(out, use{"match", policy.SourceField(k.Alias())})
	}
	for _, alias := range []policy.SourceField{aliasStatus, aliasEmployment, aliasHireDate, aliasTerminationDate} {
		out = append(out, use{"leaving", alias})
	}
	return out
}

// Lists answers the options of BambooHR's lists, such as employment statuses, departments and
// locations, by alias and in BambooHR's order; archived ones are left out.
func (b *BambooHR) Lists(ctx context.Context) (map[string][]string, error) {
	lists, err := b.client.Lists(ctx)
	if err != nil {
		return nil, b.wrap("read the lists", err)
	}
	out := map[string][]string{}
	for _, l := range lists {
		if l.Alias == "" {
			continue
		}
		for _, o := range l.Options {
			if !bool(o.Archived) && !slices.Contains(out[l.Alias], o.Name) {
				out[l.Alias] = append(out[l.Alias], o.Name)
			}
		}
	}
	return out, nil
}
