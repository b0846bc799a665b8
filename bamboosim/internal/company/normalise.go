package company

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"sync"
	"time"
)

// DefaultKey is the API key of the full-access user that a company without users gets.
const DefaultKey = "0123456789abcdef0123456789abcdef01234567"

// subdomainPattern is that of a DNS label, which is also at most maxLabel long.
var subdomainPattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`) })

const maxLabel = 63

// normalise fills in defaults and names every fault at once.
func (c *Company) normalise() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(c.Subdomain) > maxLabel || !subdomainPattern().MatchString(c.Subdomain) {
		fault("company: %q is no subdomain (lower-case letters, digits and hyphens)", c.Subdomain)
	}
	if _, err := c.StartInstant(); err != nil {
		fault("today: %q is no date (YYYY-MM-DD)", c.Today)
	}
	c.Name = or(c.Name, c.Subdomain)
	c.TimeZone = or(c.TimeZone, "UTC")
	c.Directory = or(c.Directory, DirectoryShared)
	if _, err := time.LoadLocation(c.TimeZone); err != nil || c.TimeZone == "Local" {
		fault("time_zone: %q is unknown", c.TimeZone)
	}
	if !slices.Contains([]string{DirectoryShared, DirectoryOrgChart, DirectoryOff}, c.Directory) {
		fault("directory: %q is none of shared, org_chart, off", c.Directory)
	}
	if c.Users == nil {
		c.Users = []User{{ID: "1", Email: "integration@" + c.Subdomain + ".test", AccessLevel: "integration", APIKeys: []string{DefaultKey}}}
		if !slices.ContainsFunc(c.AccessLevels, func(l AccessLevel) bool { return l.Name == "integration" }) {
			c.AccessLevels = append(slices.Clone(c.AccessLevels), AccessLevel{Name: "integration", AllFields: true, People: People{All: true}})
		}
	}
	c.normaliseFields(fault)
	catalogue := NewCatalogue(c.CustomFields)
	c.checkAccess(catalogue, fault)
	c.normaliseEmployees(catalogue, fault)
	return errors.Join(faults...)
}

func (c *Company) normaliseFields(fault func(string, ...any)) {
	c.CustomFields = slices.Clone(c.CustomFields)
	builtin := NewCatalogue(nil)
	seen := map[string]bool{}
	for i := range c.CustomFields {
		f := &c.CustomFields[i]
		f.Alias = or(f.Alias, CustomAlias(f.Name))
		f.Type = or(f.Type, "text")
		switch {
		case f.Name == "":
			fault("custom_fields[%d].name: is blank", i)
		case builtin.ByAlias(f.Alias) != nil:
			fault("custom_fields[%d].alias: %q is a built-in field", i, f.Alias)
		case seen[f.Alias]:
			fault("custom_fields[%d].alias: %q is given twice", i, f.Alias)
		}
		seen[f.Alias] = true
	}
}

func (c *Company) checkAccess(catalogue *Catalogue, fault func(string, ...any)) {
	levels, users, keys := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, l := range c.AccessLevels {
		if levels[l.Name] {
			fault("access_levels[%d].name: %q is given twice", i, l.Name)
		}
		levels[l.Name] = true
		for _, alias := range append(slices.Clone(l.Fields), l.OwnHidden...) {
			if catalogue.ByAlias(alias) == nil {
				fault("access_levels[%d]: %q is no field of this company", i, alias)
			}
		}
	}
	for i, u := range c.Users {
		switch {
		case u.ID == "":
			fault("users[%d].id: is blank", i)
		case users[u.ID]:
			fault("users[%d].id: %q is given twice", i, u.ID)
		case !levels[u.AccessLevel]:
			fault("users[%d].access_level: there is no access level %q", i, u.AccessLevel)
		}
		users[u.ID] = true
		for _, k := range u.APIKeys {
			if k == "" || keys[k] {
				fault("users[%d].api_keys: a key is blank or given twice", i) // a key is never printed
			}
			keys[k] = true
		}
	}
	c.Users = slices.Clone(c.Users)
}

func (c *Company) normaliseEmployees(catalogue *Catalogue, fault func(string, ...any)) {
	seen := map[int]bool{}
	c.Employees = slices.Clone(c.Employees)
	for i := range c.Employees {
		e := &c.Employees[i]
		if e.ID <= 0 || e.ID > math.MaxInt32 {
			fault("employees[%d].id: must be a positive number of at most 31 bits", i)
		}
		if seen[e.ID] {
			fault("employees[%d].id: %d is given twice", i, e.ID)
		}
		seen[e.ID] = true
		for alias := range e.Custom {
			if f := catalogue.ByAlias(alias); f == nil || f.key == "" {
				fault("employees[%d].custom: %q is no custom field of this company", i, alias)
			}
		}
		switch e.Status {
		case "":
			e.Status = Active
		case BlankStatus:
			e.Status = ""
		}
	}
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
