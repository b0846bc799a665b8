package bamboohr

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Identity is who an API key belongs to.
type Identity struct {
	EmployeeID string // "" for a user who is not an employee
}

// Probe asks whether the key is good and whose it is, by employees/0: the
// cheapest question there is (bamboohr-api §2.2).
func (c *Client) Probe(ctx context.Context) (Identity, error) {
	r, err := c.employee(ctx, "0", nil, true)
	if err != nil {
		return Identity{}, err
	}
	id := r.Text("id")
	if id == "0" {
		id = ""
	}
	return Identity{EmployeeID: id}, nil
}

// Employee reads chosen fields of one employee by the internal id. A field
// that does not exist or may not be read is absent from the record without
// another sign (bamboohr-api §3.4). onlyCurrent is as in ReportQuery.
func (c *Client) Employee(ctx context.Context, id string, fields []string, onlyCurrent bool) (Record, error) {
	if id == "0" {
		return nil, &Error{Kind: ErrRejected, Company: c.company, Message: "employee 0 is the key's own user; use Probe", notSent: true}
	}
	return c.employee(ctx, id, fields, onlyCurrent)
}

func (c *Client) employee(ctx context.Context, id string, fields []string, onlyCurrent bool) (Record, error) {
	query := url.Values{}
	if len(fields) > 0 {
		query.Set("fields", strings.Join(fields, ","))
	}
	if !onlyCurrent {
		query.Set("onlyCurrent", "false")
	}
	var out Record
	err := c.json(ctx, c.get(query, "v1", "employees", id), "{", &out, func() error {
		if out.Text("id") == "" {
			return fault(ErrShape, "a record without an id")
		}
		if got := out.Text("id"); id != "0" && got != id {
			return fault(ErrShape, "employee %s came where %s was asked for", got, id)
		}
		return nil
	})
	return out, err
}

// CreateEmployee adds an employee from fields by alias; firstName and lastName
// are required. It answers the new internal id. The call is repeated only when
// it surely was not carried out; test the error for ErrUnsure, and then look
// for the person by exact e-mail before trying again (bamboohr-api §2.10).
func (c *Client) CreateEmployee(ctx context.Context, fields map[string]any) (id string, err error) {
	r, err := c.send(http.MethodPost, fields, "v1", "employees")
	if err != nil {
		return "", err
	}
	err = c.do(ctx, r, func(a *answer) error {
		raw, err := readAll(a)
		if err != nil {
			return err
		}
		var record Record
		if record.UnmarshalJSON(raw) == nil && record.Text("id") != "" {
			id = record.Text("id")
			return nil
		}
		location, _, _ := strings.Cut(a.header.Get("Location"), "&")
		id = location[strings.LastIndexAny(location, "/=")+1:]
		if _, err := strconv.ParseUint(id, 10, 64); err != nil {
			return fault(ErrShape, "the new employee's id is neither in the answer nor in Location")
		}
		return nil
	})
	return id, err
}

// UpdateEmployee changes fields of an employee by alias; nil or "" clears one.
// BambooHR answers success when at least one field was written, even if it
// left others out: read back what matters (bamboohr-api §2.10).
func (c *Client) UpdateEmployee(ctx context.Context, id string, fields map[string]any) error {
	return c.post(ctx, fields, "v1", "employees", id)
}

// post sends a write whose answer says no more than whether it was done.
func (c *Client) post(ctx context.Context, v any, parts ...string) error {
	r, err := c.send(http.MethodPost, v, parts...)
	if err != nil {
		return err
	}
	return c.do(ctx, r, written)
}

func (c *Client) delete(ctx context.Context, parts ...string) error {
	r := call{method: http.MethodDelete, parts: parts, limits: c.limits.plain, write: true}
	return c.do(ctx, r, written)
}

// written reads the answer to a write: nothing, a word, or an object that may
// yet say no. A web page is no answer.
func written(a *answer) error {
	raw, err := readAll(a)
	if err != nil {
		return err
	}
	raw = bytes.TrimSpace(raw)
	if bytes.HasPrefix(raw, []byte("<")) {
		return fault(ErrNotJSON, "it is a web page")
	}
	if !bytes.HasPrefix(raw, []byte("{")) {
		return nil
	}
	var verdict struct {
		Success *bool
		Error   json.RawMessage
	}
	if err := decode(raw, &verdict); err != nil {
		return err
	}
	if e := errorObject(verdict.Error); e != nil && verdict.Success == nil {
		return e
	}
	if verdict.Success != nil && !*verdict.Success {
		_, message := errorValue(verdict.Error)
		e := fault(ErrRejected, "%s", message)
		e.refused = true
		return e
	}
	return nil
}
