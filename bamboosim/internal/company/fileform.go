package company

import (
	"encoding/json"
	"io"
	"strconv"
)

// AppendEmployee writes one record in file form, with every key.
func (c *Catalogue) AppendEmployee(dst []byte, e *Employee) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(strconv.AppendInt(dst, int64(e.ID), 10), '"')
	for _, f := range c.Fields {
		if f.ptr != nil {
			dst = append(AppendString(append(dst, ','), f.Alias), ':')
			dst = appendFileValue(dst, *f.ptr(e), f.Kind)
		}
	}
	dst = append(dst, `,"employmentStatus":[`...)
	for i, r := range e.EmploymentStatus {
		dst = appendPairs(dst, i, "date", r.Date, "employmentStatus", r.Status, "comment", r.Comment)
	}
	dst = append(dst, `],"jobInfo":[`...)
	for i, r := range e.JobInfo {
		manager := ""
		if r.ReportsTo != 0 {
			manager = strconv.Itoa(r.ReportsTo)
		}
		dst = appendPairs(dst, i, "date", r.Date, "location", r.Location, "department", r.Department,
			"division", r.Division, "jobTitle", r.JobTitle, "reportsTo", manager)
	}
	dst = append(dst, `],"custom":{`...)
	first := true
	for _, f := range c.Fields {
		value, given := e.Custom[f.key]
		if f.key == "" || !given {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(AppendString(dst, f.key), ':')
		dst = appendFileValue(dst, value, KindText)
	}
	dst = append(dst, `},"photo":`...)
	if e.HasPhoto() {
		dst = append(dst, `"generated"`...)
	} else {
		dst = append(dst, `null`...)
	}
	dst = append(dst, `,"hidden_in_directory":`...)
	return append(strconv.AppendBool(dst, e.HiddenInDirectory), '}')
}

// appendPairs writes one table row; the key named date has the empty form of dates.
func appendPairs(dst []byte, i int, pairs ...string) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	for n := 0; n < len(pairs); n += 2 {
		sep := byte(',')
		kind := KindText
		if n == 0 {
			sep, kind = '{', KindDate
		}
		dst = append(AppendString(append(dst, sep), pairs[n]), ':')
		dst = appendFileValue(dst, pairs[n+1], kind)
	}
	return append(dst, '}')
}

func appendFileValue(dst []byte, value string, kind Kind) []byte {
	switch {
	case value != "":
		return AppendString(dst, value)
	case kind == KindDate:
		return append(dst, `"`+EmptyDate+`"`...)
	}
	return append(dst, "null"...)
}

// WriteFile streams the company in file form, with the people of the view and the users as they are now.
func (s *Store) WriteFile(w io.Writer) error {
	v, _ := s.Snapshot()
	head := fileHead(s.Company, v.Today, s.Users())
	text, err := json.Marshal(head)
	if err != nil {
		return err
	}
	buf := append(text[:len(text)-1], `,"employees":[`...)
	first := true
	for e := range v.All() {
		if !first {
			buf = append(buf, ',', '\n')
		}
		first = false
		buf = s.Catalogue.AppendEmployee(buf, e)
		if len(buf) > 32<<10 {
			if _, err := w.Write(buf); err != nil {
				return err
			}
			buf = buf[:0]
		}
	}
	_, err = w.Write(append(buf, "]}\n"...))
	return err
}

func fileHead(c Company, today string, users []User) any {
	type object = map[string]any
	fields, levels, owners := []object{}, []object{}, []object{}
	for _, f := range c.CustomFields {
		fields = append(fields, object{"name": f.Name, "alias": f.Alias, "type": f.Type})
	}
	for _, l := range c.AccessLevels {
		level := object{"name": l.Name, "fields": any("*"), "people": any("*")}
		if !l.AllFields {
			level["fields"] = nonNil(l.Fields)
		}
		if !l.People.All {
			level["people"] = l.People.file()
		}
		if l.OwnHidden != nil {
			level["own_record"] = object{"hidden": l.OwnHidden}
		}
		levels = append(levels, level)
	}
	for _, u := range users {
		owners = append(owners, object{"id": u.ID, "email": u.Email, "access_level": u.AccessLevel,
			"employee_id": strconv.Itoa(u.EmployeeID), "api_keys": nonNil(u.APIKeys), "enabled": !u.Disabled})
	}
	return struct {
		Company      string   `json:"company"`
		Name         string   `json:"name"`
		Today        string   `json:"today"`
		TimeZone     string   `json:"time_zone"`
		Directory    string   `json:"directory"`
		CustomFields []object `json:"custom_fields"`
		AccessLevels []object `json:"access_levels"`
		Users        []object `json:"users"`
	}{c.Subdomain, c.Name, today, c.TimeZone, c.Directory, fields, levels, owners}
}

func (p *People) file() map[string]any {
	out := map[string]any{}
	for key, accepted := range map[string][]string{"location": p.Location, "department": p.Department, "division": p.Division,
		"employmentStatus": p.EmploymentStatus, "status": p.Status} {
		if accepted != nil {
			out[key] = accepted
		}
	}
	if p.IDs != nil {
		ids := []string{}
		for _, id := range p.IDs {
			ids = append(ids, strconv.Itoa(id))
		}
		out["ids"] = ids
	}
	return out
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// AppendString writes s as a JSON string. Bytes that are no UTF-8 go out as they are, so that broken answers can be made.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		from = i + 1
	}
	return append(append(dst, s[from:]...), '"')
}
