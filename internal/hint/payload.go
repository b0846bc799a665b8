package hint

import (
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// employees tells whom a delivery is about, ascending; none when it does not say, or not in a way that is known:
// then anybody may have changed. An error means that it cannot be read at all. Both generations of payloads are
// read, as JSON and as forms (bamboohr-api §4); no value in them is looked at.
func employees(contentType string, body []byte) ([]int64, error) {
	found := map[int64]bool{}
	all := true // every part names an employee
	add := func(text string) {
		id, err := strconv.ParseInt(text, 10, 64)
		if all = all && err == nil && id > 0; all {
			found[id] = true
		}
	}
	var err error
	if kind, _, _ := mime.ParseMediaType(contentType); kind == "application/x-www-form-urlencoded" {
		err = fromForm(body, add)
	} else {
		err = fromJSON(body, add)
	}
	if err != nil || !all {
		return nil, err
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// errUnreadable repeats nothing of the body.
var errUnreadable = errors.New("the delivery is neither JSON nor a form")

func fromJSON(body []byte, add func(string)) error {
	if !json.Valid(body) {
		return errUnreadable
	}
	var p struct {
		Type      string          `json:"type"` // 2026: employee.updated, …
		Data      json.RawMessage `json:"data"`
		Employees []struct {
			ID json.RawMessage `json:"id"`
		} `json:"employees"` // employee_with_fields, and what was sent before there were events
	}
	if json.Unmarshal(body, &p) != nil {
		add("")
		return nil
	}
	for _, e := range p.Employees {
		add(text(e.ID))
	}
	if p.Type == "" {
		return nil
	}
	var data struct {
		ID json.RawMessage `json:"employeeId"`
	}
	if !strings.HasPrefix(p.Type, "employee.") || json.Unmarshal(p.Data, &data) != nil {
		add("")
		return nil
	}
	add(text(data.ID))
	return nil
}

// text is an id, which is sent as text or as a number.
func text(raw json.RawMessage) string { return strings.Trim(string(raw), `"`) }

func fromForm(body []byte, add func(string)) error {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return errUnreadable
	}
	for key := range form {
		if id, ok := strings.CutPrefix(key, "employees["); ok {
			id, _, _ = strings.Cut(id, "]")
			add(id)
		}
	}
	if event := form.Get("type"); event != "" {
		if !strings.HasPrefix(event, "employee.") {
			add("")
			return nil
		}
		add(form.Get("data[employeeId]"))
	}
	return nil
}
