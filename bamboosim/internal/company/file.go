package company

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// ParseFile reads the simulator company file: one company, or several under "companies".
// Unknown keys, job fields at top level and wrong types are errors; all faults are named at once.
func ParseFile(raw []byte) ([]Company, error) {
	d := &decoder{}
	if !d.document(raw) {
		return nil, errors.Join(d.faults...)
	}
	var probe struct {
		Companies json.RawMessage `json:"companies"`
	}
	var companies []Company
	one := func(at string, raw json.RawMessage) {
		var c Company
		d.company(at, raw, &c)
		companies = append(companies, c)
	}
	if json.Unmarshal(raw, &probe) == nil && probe.Companies != nil {
		d.object("", raw, keys{"companies": func(at string, raw json.RawMessage) { d.list(at, raw, one) }}, unknownKey)
		if len(companies) == 0 {
			d.fault("companies", "is empty")
		}
	} else {
		one("", raw)
	}
	return companies, errors.Join(d.faults...)
}

func (d *decoder) company(at string, raw json.RawMessage, c *Company) {
	d.object(at, raw, keys{
		"company":   d.text(&c.Subdomain),
		"name":      d.text(&c.Name),
		"today":     d.text(&c.Today),
		"time_zone": d.text(&c.TimeZone),
		"directory": d.text(&c.Directory),
		"custom_fields": func(at string, raw json.RawMessage) {
			d.list(at, raw, func(at string, raw json.RawMessage) {
				var f CustomField
				d.object(at, raw, keys{"name": d.text(&f.Name), "alias": d.text(&f.Alias), "type": d.text(&f.Type)}, unknownKey)
				c.CustomFields = append(c.CustomFields, f)
			})
		},
		"access_levels": func(at string, raw json.RawMessage) {
			d.list(at, raw, func(at string, raw json.RawMessage) {
				c.AccessLevels = append(c.AccessLevels, d.accessLevel(at, raw))
			})
		},
		"users": func(at string, raw json.RawMessage) {
			c.Users = []User{}
			d.list(at, raw, func(at string, raw json.RawMessage) { c.Users = append(c.Users, d.user(at, raw)) })
		},
		"employees": func(at string, raw json.RawMessage) {
			d.list(at, raw, func(at string, raw json.RawMessage) {
				e := Employee{Status: Active}
				d.employee(at, raw, &e)
				if e.Status == "" {
					e.Status = BlankStatus
				}
				c.Employees = append(c.Employees, e)
			})
		},
	}, unknownKey)
}

func (d *decoder) accessLevel(at string, raw json.RawMessage) (l AccessLevel) {
	star := func(all *bool, other func(at string, raw json.RawMessage)) func(at string, raw json.RawMessage) {
		return func(at string, raw json.RawMessage) {
			if *all = string(raw) == `"*"`; !*all {
				other(at, raw)
			}
		}
	}
	p := &l.People
	people := keys{
		"location": d.texts(&p.Location), "department": d.texts(&p.Department), "division": d.texts(&p.Division),
		"employmentStatus": d.texts(&p.EmploymentStatus), "status": d.texts(&p.Status),
		"ids": func(at string, raw json.RawMessage) {
			p.IDs = []int{}
			d.list(at, raw, func(at string, raw json.RawMessage) {
				var id int
				d.id(&id)(at, raw)
				p.IDs = append(p.IDs, id)
			})
		},
	}
	d.object(at, raw, keys{
		"name":   d.text(&l.Name),
		"fields": star(&l.AllFields, d.texts(&l.Fields)),
		"people": star(&p.All, func(at string, raw json.RawMessage) { d.object(at, raw, people, unknownKey) }),
		"own_record": func(at string, raw json.RawMessage) {
			d.object(at, raw, keys{"hidden": d.texts(&l.OwnHidden)}, unknownKey)
		},
	}, unknownKey)
	return l
}

func (d *decoder) user(at string, raw json.RawMessage) (u User) {
	enabled := true
	d.object(at, raw, keys{
		"id": d.text(&u.ID), "email": d.text(&u.Email), "access_level": d.text(&u.AccessLevel),
		"employee_id": d.id(&u.EmployeeID), "api_keys": d.texts(&u.APIKeys), "enabled": d.flag(&enabled),
	}, unknownKey)
	u.Disabled = !enabled
	return u
}

// employee reads the keys given into e: they replace, arrays whole, custom values one by one.
func (d *decoder) employee(at string, raw json.RawMessage, e *Employee) {
	k := keys{
		"id":                  d.id(&e.ID),
		"hidden_in_directory": d.flag(&e.HiddenInDirectory),
		"photo": func(at string, raw json.RawMessage) {
			d.text(&e.Photo)(at, raw)
			if e.Photo != "" && e.Photo != "generated" {
				d.fault(at, `must be "generated" or null`)
			}
			e.PhotoData = nil
		},
		"custom": func(at string, raw json.RawMessage) { d.custom(at, raw, e) },
		"employmentStatus": func(at string, raw json.RawMessage) {
			e.EmploymentStatus = nil
			d.list(at, raw, func(at string, raw json.RawMessage) {
				var r StatusRow
				d.object(at, raw, keys{"date": d.date(&r.Date), "employmentStatus": d.text(&r.Status), "comment": d.text(&r.Comment)}, unknownKey)
				e.EmploymentStatus = append(e.EmploymentStatus, r)
			})
		},
		"jobInfo": func(at string, raw json.RawMessage) {
			e.JobInfo = nil
			d.list(at, raw, func(at string, raw json.RawMessage) {
				var r JobRow
				d.object(at, raw, keys{
					"date": d.date(&r.Date), "location": d.text(&r.Location), "department": d.text(&r.Department),
					"division": d.text(&r.Division), "jobTitle": d.text(&r.JobTitle), "reportsTo": d.id(&r.ReportsTo),
				}, unknownKey)
				e.JobInfo = append(e.JobInfo, r)
			})
		},
	}
	for _, f := range storedFields() {
		if f.Kind == KindDate {
			k[f.Alias] = d.date(f.ptr(e))
		} else {
			k[f.Alias] = d.text(f.ptr(e))
		}
	}
	d.object(at, raw, k, unknownEmployeeKey)
}

// unknownEmployeeKey tells apart job values, which belong to dated rows.
func unknownEmployeeKey(key string) string {
	switch key {
	case "jobTitle", "department", "division", "location", "reportsTo":
		return "belongs in a row of jobInfo"
	case "employmentHistoryStatus":
		return "belongs in a row of employmentStatus"
	}
	if strings.HasPrefix(key, "supervisor") {
		return "belongs in a row of jobInfo as reportsTo"
	}
	return "unknown key"
}

func (d *decoder) custom(at string, raw json.RawMessage, e *Employee) {
	var values map[string]any
	if json.Unmarshal(raw, &values) != nil || values == nil {
		d.fault(at, "must be an object")
		return
	}
	custom := maps.Clone(e.Custom)
	if custom == nil {
		custom = map[string]string{}
	}
	for _, alias := range slices.Sorted(maps.Keys(values)) {
		switch v := values[alias].(type) {
		case nil:
			delete(custom, alias)
		case string:
			custom[alias] = v
		case bool:
			custom[alias] = checkbox(v)
		default:
			d.fault(at+"."+alias, "must be a string, true, false or null")
		}
	}
	e.Custom = custom
}

func checkbox(on bool) string {
	if on {
		return "1"
	}
	return "0"
}

// PatchEmployee reads an employee in file form over e: the keys given replace. All faults are named at once.
func PatchEmployee(raw []byte, e *Employee, c *Catalogue) error {
	d := &decoder{}
	if !d.document(raw) {
		return errors.Join(d.faults...)
	}
	id := e.ID
	d.employee("", raw, e)
	if e.ID != id {
		d.fault("id", "is not the id of the address")
	}
	for _, alias := range slices.Sorted(maps.Keys(e.Custom)) {
		if f := c.ByAlias(alias); f == nil || f.key == "" {
			d.fault("custom."+alias, "is no custom field of this company")
		}
	}
	return errors.Join(d.faults...)
}
